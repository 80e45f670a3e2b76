/* test_term.c - the question that waits for an answer, and what goes on meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/term.h"

struct fixture {
	int in[2];      /* what is typed */
	int wake[2];    /* readable after an interrupt */
	int ticks, end; /* how often it was called; at which call it ends the question */
	int answer_at;  /* at which call somebody types */
	const char *answer;
};

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){.end = -1, .answer_at = -1};
	if (pipe(f.in) != 0 || pipe(f.wake) != 0)
		return -1;
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 2; i++) {
		close(f->in[i]);
		close(f->wake[i]);
	}
	return 0;
}

static void type(struct fixture *f, const char *text)
{
	assert_int_equal(write(f->in[1], text, strlen(text)), (ssize_t)strlen(text));
}

static int tick(void *context)
{
	struct fixture *f = context;

	f->ticks++;
	if (f->ticks == f->answer_at)
		type(f, f->answer);
	return f->ticks == f->end;
}

static bool ask(struct fixture *f, int every_ms)
{
	const struct term_wait wait = {tick, f, every_ms, f->wake[0]};

	return term_read_yes(f->in[0], &wait);
}

static void yes_alone_is_yes(void **state)
{
	static const struct {
		const char *typed;
		bool yes;
	} rows[] = {
		{"yes\n", true},  {"  yes \n", true}, {"y\n", false},
		{"YES\n", false}, {"yes!\n", false},  {"\n", false},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		type(f, rows[i].typed);
		assert_int_equal(ask(f, -1), rows[i].yes);
	}
	assert_int_equal(f->ticks, 0);
}

static void what_follows_far_behind_counts(void **state)
{
	struct fixture *f = *state;
	char line[200];

	snprintf(line, sizeof(line), "yes%*s", (int)sizeof(line) - 4, "no\n");
	type(f, line);
	assert_false(ask(f, -1));
}

static void it_ticks_until_somebody_answers(void **state)
{
	struct fixture *f = *state;

	f->answer_at = 3;
	f->answer = "yes\n";
	assert_true(ask(f, 1));
	assert_int_equal(f->ticks, 3);
}

static void half_a_line_is_no_answer_yet(void **state)
{
	struct fixture *f = *state;

	type(f, "ye");
	f->answer_at = 2;
	f->answer = "s\n";
	assert_true(ask(f, 1));
	assert_int_equal(f->ticks, 2);
}

static void a_tick_ends_the_question(void **state)
{
	struct fixture *f = *state;

	f->end = 4;
	assert_false(ask(f, 1));
	assert_int_equal(f->ticks, 4);
}

static void an_interrupt_is_looked_at_before_the_answer(void **state)
{
	struct fixture *f = *state;

	type(f, "yes\n");
	assert_int_equal(write(f->wake[1], "", 1), 1);
	f->end = 1;
	assert_false(ask(f, -1));
}

static void the_end_of_input_is_no(void **state)
{
	struct fixture *f = *state;

	type(f, "yes");
	close(f->in[1]);
	assert_false(ask(f, -1));
	f->in[1] = dup(f->in[0]);
}

static void without_a_tick_it_only_reads(void **state)
{
	const struct term_wait wait = {0};
	struct fixture *f = *state;

	type(f, "yes\n");
	assert_true(term_read_yes(f->in[0], &wait));
}

int main(void)
{
#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		ROW(yes_alone_is_yes),
		ROW(what_follows_far_behind_counts),
		ROW(it_ticks_until_somebody_answers),
		ROW(half_a_line_is_no_answer_yet),
		ROW(a_tick_ends_the_question),
		ROW(an_interrupt_is_looked_at_before_the_answer),
		ROW(the_end_of_input_is_no),
		ROW(without_a_tick_it_only_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
