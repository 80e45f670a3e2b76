/* Health checks by commands on this machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/unit/probe_fixture.h"

static int set_up(void **state)
{
	struct probe_fixture *f = xcalloc(1, sizeof(*f));

	probe_start(f, "{}");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	probe_stop(*state);
	free(*state);
	return 0;
}

/* Arguments behind the type, healthy or not, detail. */
static const struct {
	const char *args;
	bool healthy;
	const char *detail;
} commands[] = {
	{"\"Command\": [\"true\"]", true, "exit 0 in * ms"},
	{"\"Command\": [\"false\"]", false, "exit 1 in * ms"},
	{"\"Command\": \"echo one; echo two >&2; exit 3\"", false, "exit 3 in * ms: two"},
	{"\"Command\": [\"printf\", \"%s\", \"$HOME; a  b\"]", true, "exit 0 in * ms: $HOME; a  b"},
	{"\"Command\": \"kill -SEGV $$\"", false, "ended by SIGSEGV in * ms"},
	{"\"Command\": \"printf 'last\\n\\n  \\n'\"", true, "exit 0 in * ms: last"},
	{"\"Command\": \"printf 'a\\\\tb\\\\033[1mc\\\\377'\"", true, "exit 0 in * ms: a b [1mc?"},
	{"\"Command\": \"read x; echo \\\"got '$x' $?\\\"\"", true, "exit 0 in * ms: got '' 1"},
	{"\"Command\": \"ls /proc/self/fd | tr '\\\\n' ' '\"", true, "exit 0 in * ms: 0 1 2 3"},
	{"\"Command\": \"echo $HADEPLOY_PROJECT $HADEPLOY_REGION $HADEPLOY_ACCOUNT\"", true,
	 "exit 0 in * ms: shop east prod"},
	{"\"Command\": \"echo $COLOUR $N\", \"Environment\": {\"COLOUR\": \"red\", \"N\": 5}", true,
	 "exit 0 in * ms: red 5"},
	{"\"Command\": \"env | grep -v -e ^PATH= -e ^HOME= -e ^HADEPLOY_ -e ^PWD= -e ^_= "
	 "-e ^SHLVL= -e ^OLDPWD= | head -1\"",
	 true, "exit 0 in * ms"},
	{"\"Command\": \"echo key=$KEY\", \"Environment\": {\"KEY\": \"tulips-in-may\"}", true,
	 "exit 0 in * ms: key=***"},
	{"\"Command\": [\"./check.sh\", \"x\"]", true, "exit 0 in * ms: here x"},
	{"\"Command\": [\"check.sh\", \"x\"], \"Environment\": {\"PATH\": \"none::/bin\"}", true,
	 "exit 0 in * ms: here x"},
};

static void the_exit_code_says_it(void **state)
{
	struct probe_fixture *f = *state;

	probe_write(f, "check.sh", "#!/bin/sh\ntest -f check.sh && echo here $1\n");
	setenv("TULIP", "secret", 1);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		assert_int_equal(probe_check(f, "{\"Type\": \"COMMAND\", \"Timeout\": 20000, %s}",
					     commands[i].args),
				 HD_OK);
		assert_string_equal(probe_detail(f), commands[i].detail);
		assert_int_equal(probe_healthy(f), commands[i].healthy);
	}
}

/* A check whose program is gone says nothing of the server that it was about. */
static void what_is_not_there_asks_nothing(void **state)
{
	static const struct {
		const char *command, *detail;
		bool asked;
	} ends[] = {
		{"exit 1", "exit 1 in * ms", true},
		{"/no/such/check", "exit 127 in * ms: ", false},
		{"./plain", "exit 126 in * ms: ", false},
		{"kill -SEGV $$", "ended by SIGSEGV in * ms", false},
	};
	struct probe_fixture *f = *state;

	probe_write(f, "plain", "");
	assert_int_equal(chmod(arena_printf(f->arena, "%s/plain", f->folder), 0644), 0);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		assert_int_equal(probe_check(f, "{\"Type\": \"COMMAND\", \"Command\": \"%s\"}",
					     ends[i].command),
				 HD_OK);
		assert_int_equal(strncmp(probe_detail(f), ends[i].detail, strlen(ends[i].detail)),
				 0);
		assert_false(probe_healthy(f));
		assert_int_equal(probe_asked(f), ends[i].asked);
	}
}

/* What the test itself has open, without asking for it to be closed, is not there. */
static void no_descriptor_is_inherited(void **state)
{
	struct probe_fixture *f = *state;
	int fd = open("/dev/null", O_RDONLY), high = fcntl(fd, F_DUPFD, 200);

	assert_true(high >= 200);
	probe_check(f, "{\"Type\": \"COMMAND\", \"Command\": \"ls /proc/$$/fd | sort -n | "
		       "tail -1\"}");
	assert_true(probe_healthy(f));
	assert_null(strstr(probe_detail(f), "200"));
	close(high);
	close(fd);
}

/* Its end is what is shown of much. */
static void output_is_read_and_mostly_dropped(void **state)
{
	struct probe_fixture *f = *state;

	probe_check(f, "{\"Type\": \"COMMAND\", \"Timeout\": 60000, "
		       "\"Command\": \"seq 1 300000; printf '%%0300d' 7\"}");
	assert_true(probe_healthy(f));
	assert_int_equal(strlen(probe_detail(f)), strlen("exit 0 in * ms: ") + 200);
	assert_true(f->op.result.len < 400);
}

static bool is_alive(struct probe_fixture *f, const char *pid_file)
{
	struct str text = STR_INIT;
	int64_t pid = 0;
	bool read;

	read = file_read(path_join(f->arena, f->folder, pid_file), 100, &text) == 0 &&
	       text_to_int64(text_trim(str_text(&text)), 2, INT32_MAX, &pid);
	str_release(&text);
	assert_true(read);
	return kill((pid_t)pid, 0) == 0;
}

/* Killed children of ours are waited for by whoever adopts them; that may take a moment. */
static void assert_gone(struct probe_fixture *f, const char *pid_file)
{
	for (int i = 0; i < 1000 && is_alive(f, pid_file); i++)
		usleep(10000);
	assert_false(is_alive(f, pid_file));
}

static void what_takes_too_long_is_killed(void **state)
{
	struct probe_fixture *f = *state;

	assert_int_equal(probe_check(f, "{\"Type\": \"COMMAND\", \"Timeout\": 300, \"Command\": "
					"\"echo $$ >pid; echo waiting; sleep 600\"}"),
			 HD_OK);
	assert_false(probe_healthy(f));
	assert_string_equal(probe_detail(f), "not over within 300ms, killed: waiting");
	assert_gone(f, "pid");
}

/* It ignores SIGTERM, and so does what it started. */
static void what_does_not_listen_is_killed(void **state)
{
	struct probe_fixture *f = *state;

	assert_int_equal(probe_check(f, "{\"Type\": \"COMMAND\", \"Timeout\": 300, \"Command\": "
					"\"trap '' TERM; (echo $$ >pid; sleep 600) & "
					"sleep 600 & echo $! >child; wait; wait; wait\"}"),
			 HD_OK);
	assert_string_equal(probe_detail(f), "not over within 300ms, killed");
	assert_gone(f, "pid");
	assert_gone(f, "child");
}

/* One that ends leaves nothing behind; what holds on to its output is not waited for. */
static void nothing_is_left_behind(void **state)
{
	struct probe_fixture *f = *state;

	assert_int_equal(probe_check(f, "{\"Type\": \"COMMAND\", \"Timeout\": 60000, "
					"\"Command\": \"sleep 600 & echo $! >child; echo done\"}"),
			 HD_OK);
	assert_string_equal(probe_detail(f), "exit 0 in * ms: done");
	assert_gone(f, "child");
}

static void *stop_soon(void *context)
{
	struct probe_fixture *f = context;

	while (!file_exists(path_join(f->arena, f->folder, "pid")))
		usleep(1000);
	__atomic_store_n(&f->op.cancelled, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void a_stop_kills_at_once(void **state)
{
	struct probe_fixture f;
	pthread_t thread;

	(void)state;
	probe_start(&f, "{}");
	assert_int_equal(pthread_create(&thread, NULL, stop_soon, &f), 0);
	assert_int_equal(probe_check(&f, "{\"Type\": \"COMMAND\", \"Timeout\": 60000, "
					 "\"Command\": \"trap '' TERM; echo $$ >.pid; mv .pid pid; "
					 "sleep 600; sleep 600\"}"),
			 HD_CANCELLED);
	pthread_join(thread, NULL);
	assert_string_equal(str_cstr(&f.op.code), "HD5504 ");
	assert_gone(&f, "pid");
	probe_stop(&f);
}

static void what_cannot_run_is_no_answer(void **state)
{
	struct probe_fixture *f = *state;

	probe_write(f, "no-line", "exit 0\n");
	probe_write(f, "no-shell", "#!/no/such/shell\nexit 0\n");
	assert_int_equal(probe_check(f, "{\"Type\": \"COMMAND\", \"Command\": [\"./no-line\"]}"),
			 HD_FATAL);
	assert_string_equal(str_cstr(&f->op.code), "HD5505 ");
	assert_string_equal(str_cstr(&f->op.detail), "Exec format error ");
	assert_int_equal(probe_check(f, "{\"Type\": \"COMMAND\", \"Command\": [\"./no-shell\"]}"),
			 HD_FATAL);
	assert_non_null(strstr(str_cstr(&f->op.hint), "#!/bin/sh"));
	assert_int_equal(f->op.result.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_exit_code_says_it),
		cmocka_unit_test(what_is_not_there_asks_nothing),
		cmocka_unit_test(no_descriptor_is_inherited),
		cmocka_unit_test(output_is_read_and_mostly_dropped),
		cmocka_unit_test(what_takes_too_long_is_killed),
		cmocka_unit_test(what_does_not_listen_is_killed),
		cmocka_unit_test(nothing_is_left_behind),
		cmocka_unit_test(a_stop_kills_at_once),
		cmocka_unit_test(what_cannot_run_is_no_answer),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
