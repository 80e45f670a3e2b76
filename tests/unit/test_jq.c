/* test_jq.c - jq programs in their children: answers, and everything that a program may try. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "providers/rest/jq.h"

struct bench {
	struct arena *arena;
	struct jq_pool *pool;
	struct jq_program program;
	struct jq_answer answer;
};

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->arena = arena_new();
	b->pool = jq_pool_hold();
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	jq_pool_release(b->pool);
	arena_free(b->arena);
	free(b);
	return 0;
}

static const struct jq_answer *run(struct bench *b, const char *program, const char *input)
{
	jq_program_init(&b->program, text_of(program));
	jq_run(b->pool, b->arena, &b->program, text_of(input), &b->answer);
	return &b->answer;
}

static void gives(struct bench *b, const char *program, const char *input, const char *wanted)
{
	const struct jq_answer *answer = run(b, program, input);

	assert_string_equal(answer->text.ptr, wanted);
	assert_int_equal(answer->result, JQ_VALUE);
	assert_int_equal(answer->text.len, strlen(wanted));
}

/* The pool works as before after whatever happened. */
static void still_works(struct bench *b)
{
	gives(b, ".a + 1", "{\"a\": 1}", "2");
}

static void the_first_value_is_the_answer(void **state)
{
	struct bench *b = *state;

	gives(b, ".", "{\"b\":[1,null,true],\"a\":\"\\u00e9\\\"\"}",
	      "{\"b\":[1,null,true],\"a\":\"é\\\"\"}");
	gives(b, ".[] | select(. > 1)", "[1,2,3]", "2");
	gives(b, "repeat(1)", "null", "1");
	gives(b, ".[] | select(. > 1)", "[5,2,3]", "5");
}

static void a_program_may_give_nothing(void **state)
{
	assert_int_equal(run(*state, "empty", "1")->result, JQ_EMPTY);
	assert_int_equal(run(*state, "error(null)", "1")->result, JQ_EMPTY);
}

static void an_error_is_told_in_its_words(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, "error(\"no such \\(.)\")", "\"zone\"")->result, JQ_RAISED);
	assert_string_equal(b->answer.text.ptr, "no such zone");
	assert_int_equal(run(b, "error({a: 1})", "1")->result, JQ_RAISED);
	assert_string_equal(b->answer.text.ptr, "{\"a\":1}");
	still_works(b);
}

/* What libjq quotes of a value could be a password. */
static void errors_quote_no_values(void **state)
{
	struct bench *b = *state;
	static const char *const programs[] = {". + 1",
					       ".[]",
					       "tonumber",
					       "fromjson",
					       "{} + .",
					       "strptime(\"%Y\")",
					       "-.",
					       ". as [$a] | $a",
					       "{(1): .}",
					       ". - {}",
					       "has(0)",
					       "join(1)",
					       "ltrimstr(1) + 1",
					       "test(1)",
					       "explode + .",
					       "split(1)",
					       "implode",
					       "@base64d | fromjson",
					       ". * {}"};

	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		run(b, programs[i], "\"s3cr(3t) hu(nt)er2\"");
		assert_null(strstr(b->answer.text.ptr, "s3c"));
		assert_null(strstr(b->answer.text.ptr, "er2"));
	}
	run(b, ". + 1", "\"s3cret\"");
	assert_string_equal(b->answer.text.ptr, "string and number cannot be added");
}

static void input_that_is_no_json_is_an_error(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, ".", "{\"password\": s3cret")->result, JQ_RAISED);
	assert_null(strstr(b->answer.text.ptr, "s3c"));
	assert_int_equal(run(b, ".", "")->result, JQ_RAISED);
	still_works(b);
}

static void a_program_that_does_not_compile_has_a_line(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, ".a\n|\n nosuch(1)", "1")->result, JQ_INVALID);
	assert_string_equal(b->answer.text.ptr, "nosuch/1 is not defined");
	assert_int_equal(b->answer.line, 3);
	assert_int_equal(run(b, ". |\n{a: 1 2}\n", "1")->result, JQ_INVALID);
	assert_string_equal(b->answer.text.ptr, "syntax error, unexpected LITERAL, expecting '}'");
	assert_int_equal(b->answer.line, 2);
	assert_int_equal(run(b, "$x", "1")->result, JQ_INVALID);
	assert_string_equal(b->answer.text.ptr, "$x is not defined");
	assert_int_equal(run(b, "\"abc", "1")->result, JQ_INVALID);
	still_works(b);
}

static void checking_runs_nothing(void **state)
{
	struct bench *b = *state;

	jq_program_init(&b->program, TEXT_LIT("def f: f; f"));
	jq_check(b->pool, b->arena, &b->program, &b->answer);
	assert_int_equal(b->answer.result, JQ_VALUE);
	jq_program_init(&b->program, TEXT_LIT("1 +"));
	jq_check(b->pool, b->arena, &b->program, &b->answer);
	assert_int_equal(b->answer.result, JQ_INVALID);
}

static void the_environment_is_not_there(void **state)
{
	assert_int_equal(setenv("HADEPLOY_SECRET", "s3cret", 1), 0);
	gives(*state, "$ENV", "1", "{}");
	gives(*state, "env", "1", "{}");
	assert_int_equal(unsetenv("HADEPLOY_SECRET"), 0);
}

/* ~/.jq would be read as a library by every compilation. */
static void a_file_at_home_is_not_read(void **state)
{
	char home[] = "/tmp/hadeploy-jq-XXXXXX", path[64];
	const char *before = getenv("HOME");
	FILE *f;

	assert_non_null(mkdtemp(home));
	snprintf(path, sizeof(path), "%s/.jq", home);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("def from_home: 1;", f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(setenv("HOME", home, 1), 0);
	assert_int_equal(run(*state, "from_home", "1")->result, JQ_INVALID);
	if (before)
		setenv("HOME", before, 1);
	unlink(path);
	rmdir(home);
}

static void no_file_can_be_opened(void **state)
{
	struct bench *b = *state;
	char folder[] = "/tmp/hadeploy-jq-XXXXXX", path[64], program[128];
	FILE *f;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/m.json", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("{\"secret\": 1}", f);
	assert_int_equal(fclose(f), 0);
	snprintf(program, sizeof(program), "import \"m\" as $m {\"search\": \"%s\"}; $m", folder);
	assert_int_not_equal(run(b, program, "1")->result, JQ_VALUE);
	assert_null(strstr(b->answer.text.ptr, "secret"));
	unlink(path);
	rmdir(folder);
	still_works(b);
}

static void a_program_that_never_ends_is_stopped(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, "def f: f; f", "1")->result, JQ_RUNAWAY);
	assert_string_equal(b->answer.text.ptr, "it takes longer than 5 s");
	still_works(b);
}

/* The library of regular expressions has a limit of its own. */
static void a_regular_expression_may_be_such_a_program(void **state)
{
	struct bench *b = *state;

	run(b, "test(\"^(a+)+(a+)+(a+)+(a+)+$\")",
	    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"");
	assert_true(b->answer.result == JQ_RUNAWAY || b->answer.result == JQ_RAISED);
	still_works(b);
}

static void memory_is_bounded(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, ".[500000000] = 1 | length", "[]")->result, JQ_RUNAWAY);
	assert_string_equal(b->answer.text.ptr, "it needs more memory than 1 GiB");
	assert_int_equal(run(b, "reduce range(40) as $i (\"x\"; . + .) | length", "1")->result,
			 JQ_RUNAWAY);
	still_works(b);
}

/* libjq asserts, and recurses: with either its process ends. */
static void a_process_that_ends_is_replaced(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, ".[nan:]", "\"abc\"")->result, JQ_BROKEN);
	assert_string_equal(b->answer.text.ptr, "jq gave up (a check of its own did not hold)");
	still_works(b);
	assert_int_equal(run(b, "reduce range(2000000) as $i (0; [.]) | 1", "1")->result,
			 JQ_BROKEN);
	still_works(b);
}

/* Processes that are children of this one. */
static size_t children(pid_t *out, size_t room)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	size_t count = 0;

	assert_non_null(d);
	while (e = readdir(d), e) {
		char path[300], line[256] = "", state = 0;
		int pid, parent = 0;
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%s/stat", e->d_name);
		f = e->d_name[0] >= '1' && e->d_name[0] <= '9' ? fopen(path, "r") : NULL;
		if (!f)
			continue;
		if (fgets(line, sizeof(line), f) &&
		    sscanf(line, "%d (%*[^)]) %c %d", &pid, &state, &parent) == 3 &&
		    parent == getpid() && state != 'Z' && count < room)
			out[count++] = pid;
		fclose(f);
	}
	closedir(d);
	return count;
}

static void one_that_was_killed_meanwhile_is_not_missed(void **state)
{
	struct bench *b = *state;
	pid_t pids[8];
	size_t count;

	still_works(b);
	count = children(pids, 8);
	assert_int_equal(count, 1);
	assert_int_equal(kill(pids[0], SIGKILL), 0);
	still_works(b);
	assert_int_equal(children(pids, 8), 1);
}

static void the_last_release_ends_the_processes(void **state)
{
	struct bench *b = *state;
	struct jq_pool *again = jq_pool_hold();
	pid_t pids[8];

	assert_ptr_equal(again, b->pool);
	still_works(b);
	jq_pool_release(again);
	assert_int_equal(children(pids, 8), 1);
	jq_pool_release(b->pool);
	assert_int_equal(children(pids, 8), 0);
	b->pool = jq_pool_hold();
}

/* What the child may do, as the kernel tells it. */
static void a_child_holds_nothing(void **state)
{
	char path[64], text[8192];
	pid_t pids[8];
	size_t n;
	FILE *f;
	int fd = open("/dev/null", O_RDONLY); /* not closed on exec */

	assert_true(fd >= 0);
	still_works(*state);
	assert_int_equal(children(pids, 8), 1);
	for (int i = 1; i < 64; i++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pids[0], i);
		assert_int_not_equal(access(path, F_OK), 0);
	}
	snprintf(path, sizeof(path), "/proc/%d/limits", pids[0]);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	assert_non_null(strstr(text, "Max core file size        0                    0 "));
	assert_non_null(strstr(text, "Max open files            1                    1 "));
	snprintf(path, sizeof(path), "/proc/%d/environ", pids[0]);
	assert_int_not_equal(getpgid(pids[0]), getpgrp());
	close(fd);
}

static bool has_ended(pid_t pid)
{
	struct timespec pause = {0, 10000000};

	for (int i = 0; i < 3000; i++) {
		if (kill(pid, 0))
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

/* The parent is killed while its child is idle: a grandchild tells the child's id. */
static void no_child_outlives_its_parent(void **state)
{
	int ends[2], status;
	pid_t parent, child = 0;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	parent = fork();
	assert_true(parent >= 0);
	if (parent == 0) {
		struct bench b = {arena_new(), jq_pool_hold(), {{NULL, 0}, ""}, {0}};
		pid_t pids[8];

		run(&b, "1", "1");
		if (children(pids, 8) == 1 &&
		    write(ends[1], pids, sizeof(pids[0])) == sizeof(pids[0]))
			pause();
		_exit(1);
	}
	assert_int_equal(read(ends[0], &child, sizeof(child)), sizeof(child));
	assert_int_equal(kill(child, 0), 0);
	assert_int_equal(kill(parent, SIGKILL), 0);
	assert_int_equal(waitpid(parent, &status, 0), parent);
	assert_true(has_ended(child));
	close(ends[0]);
	close(ends[1]);
}

static void deep_values_are_refused_and_shallow_ones_kept(void **state)
{
	struct bench *b = *state;
	char deep[4001], shallow[401];

	memset(shallow, '[', 200);
	memset(shallow + 200, ']', 200);
	shallow[400] = '\0';
	gives(b, ".", shallow, shallow);
	memset(deep, '[', 2000);
	memset(deep + 2000, ']', 2000);
	deep[4000] = '\0';
	assert_int_equal(run(b, ".", deep)->result, JQ_RAISED);
	still_works(b);
}

static void large_values_come_and_go(void **state)
{
	struct bench *b = *state;
	const struct jq_answer *answer;
	size_t len = 3000000;
	char *input = malloc(len + 3);

	assert_non_null(input);
	memset(input, 'x', len + 2);
	input[0] = input[len + 1] = '"';
	input[len + 2] = '\0';
	answer = run(b, ".", input);
	assert_int_equal(answer->result, JQ_VALUE);
	assert_int_equal(answer->text.len, len + 2);
	assert_memory_equal(answer->text.ptr, input, len + 2);
	free(input);
	assert_int_equal(run(b, "reduce range(26) as $i (\"x\"; . + .)", "1")->result, JQ_RAISED);
	assert_string_equal(b->answer.text.ptr, "the result is too long");
	still_works(b);
}

static void large_integers_survive_as_texts(void **state)
{
	struct bench *b = *state;
	struct text safe = jq_safe_numbers(
		b->arena, TEXT_LIT("{\"a\": 9007199254740993, \"b\": [-123456789012345678901]}"));

	gives(b, "[.a, .b[0]]", safe.ptr, "[\"9007199254740993\",\"-123456789012345678901\"]");
}

/* More programs than a child keeps. */
static void forgotten_programs_are_compiled_again(void **state)
{
	struct bench *b = *state;
	char program[32], wanted[16];

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 140; i += 1) {
			snprintf(program, sizeof(program), ". + %d", i);
			snprintf(wanted, sizeof(wanted), "%d", i);
			gives(b, program, "0", wanted);
		}
	}
}

struct worker {
	pthread_t thread;
	struct jq_pool *pool;
	int number, wrong;
};

/* A child is busy with another program for a second or more; what only it knows is learnt by
 * another. */
static void *keep_busy(void *context)
{
	struct worker *w = context;
	struct arena *a = arena_new();
	struct jq_program program;
	struct jq_answer answer;

	jq_program_init(&program, TEXT_LIT("reduce range(5000000) as $i (0; . + 1)"));
	jq_run(w->pool, a, &program, TEXT_LIT("1"), &answer);
	w->wrong = answer.result != JQ_VALUE && answer.result != JQ_RUNAWAY;
	arena_free(a);
	return NULL;
}

static void nobody_waits_for_ever_for_the_one_that_knows(void **state)
{
	struct bench *b = *state;
	struct worker w = {0, b->pool, 0, 0};
	struct timespec pause = {0, 200000000};

	gives(b, "[., 1]", "0", "[0,1]");
	assert_int_equal(pthread_create(&w.thread, NULL, keep_busy, &w), 0);
	nanosleep(&pause, NULL);
	gives(b, "[., 1]", "0", "[0,1]");
	assert_int_equal(pthread_join(w.thread, NULL), 0);
	assert_int_equal(w.wrong, 0);
}

static void *work(void *context)
{
	struct worker *w = context;
	struct arena *a = arena_new();
	struct jq_program program;
	char source[32], input[32], wanted[64];

	for (int i = 0; i < 1000; i++) {
		struct jq_answer answer;

		snprintf(source, sizeof(source), "[., %d]", (w->number + i) % 4);
		snprintf(input, sizeof(input), "%d", w->number * 1000 + i);
		snprintf(wanted, sizeof(wanted), "[%s,%d]", input, (w->number + i) % 4);
		jq_program_init(&program, text_of(source));
		jq_run(w->pool, a, &program, text_of(input), &answer);
		w->wrong += answer.result != JQ_VALUE || strcmp(answer.text.ptr, wanted) != 0;
	}
	arena_free(a);
	return NULL;
}

static void threads_share_the_pool(void **state)
{
	struct bench *b = *state;
	struct worker workers[8];

	for (int i = 0; i < 8; i++) {
		workers[i] = (struct worker){0, b->pool, i, 0};
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < 8; i++) {
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
		assert_int_equal(workers[i].wrong, 0);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_value_is_the_answer),
		TEST(a_program_may_give_nothing),
		TEST(an_error_is_told_in_its_words),
		TEST(errors_quote_no_values),
		TEST(input_that_is_no_json_is_an_error),
		TEST(a_program_that_does_not_compile_has_a_line),
		TEST(checking_runs_nothing),
		TEST(the_environment_is_not_there),
		TEST(a_file_at_home_is_not_read),
		TEST(no_file_can_be_opened),
		TEST(a_program_that_never_ends_is_stopped),
		TEST(a_regular_expression_may_be_such_a_program),
		TEST(memory_is_bounded),
		TEST(a_process_that_ends_is_replaced),
		TEST(one_that_was_killed_meanwhile_is_not_missed),
		TEST(the_last_release_ends_the_processes),
		TEST(a_child_holds_nothing),
		TEST(no_child_outlives_its_parent),
		TEST(deep_values_are_refused_and_shallow_ones_kept),
		TEST(large_values_come_and_go),
		TEST(large_integers_survive_as_texts),
		TEST(forgotten_programs_are_compiled_again),
		TEST(nobody_waits_for_ever_for_the_one_that_knows),
		TEST(threads_share_the_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
