/* test_mem.c - allocation that cannot fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

/* Runs f in a child; what it wrote to stderr goes to `said`; returns the wait status. */
static int run_apart(void (*f)(void), char *said, size_t room)
{
	const struct rlimit no_core = {0, 0};
	ssize_t len = 0, got;
	int ends[2], status;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		signal(SIGABRT, SIG_DFL);
		dup2(ends[1], STDERR_FILENO);
		f();
		_exit(0);
	}
	close(ends[1]);
	while ((got = read(ends[0], said + len, room - 1 - (size_t)len)) > 0)
		len += got;
	said[len] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void overflowing_array(void)
{
	free(xrealloc(NULL, SIZE_MAX / 2, 3));
}

static void stop_at_once(void)
{
	fail_fast("the sky fell");
}

static void an_overflowing_size_aborts_with_one_line(void **state)
{
	char said[200];
	int status = run_apart(overflowing_array, said, sizeof(said));

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_string_equal(said, "hadeploy: out of memory\n");
}

static void fail_fast_says_why(void **state)
{
	char said[200];
	int status = run_apart(stop_at_once, said, sizeof(said));

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_string_equal(said, "hadeploy: the sky fell\n");
}

static void memory_is_zeroed(void **state)
{
	unsigned char *p = xcalloc(3, 5);

	(void)state;
	for (size_t i = 0; i < 15; i++)
		assert_int_equal(p[i], 0);
	free(p);
}

static void nothing_asked_for_is_still_a_pointer(void **state)
{
	void *p = xcalloc(0, 8), *q = xrealloc(NULL, 0, 8);

	(void)state;
	assert_non_null(p);
	assert_non_null(q);
	free(p);
	free(q);
}

static void growing_keeps_the_content(void **state)
{
	char *p = xstrdup("keep");

	(void)state;
	p = xrealloc(p, 100, 10);
	assert_string_equal(p, "keep");
	free(p);
}

static void a_part_of_a_string_is_copied_and_ended(void **state)
{
	char *p = xstrndup("abcdef", 3), *empty = xstrndup(NULL, 0);

	(void)state;
	assert_string_equal(p, "abc");
	assert_string_equal(empty, "");
	free(p);
	free(empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_overflowing_size_aborts_with_one_line),
		cmocka_unit_test(fail_fast_says_why),
		cmocka_unit_test(memory_is_zeroed),
		cmocka_unit_test(nothing_asked_for_is_still_a_pointer),
		cmocka_unit_test(growing_keeps_the_content),
		cmocka_unit_test(a_part_of_a_string_is_copied_and_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
