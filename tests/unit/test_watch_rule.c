/* test_watch_rule.c - when a watch acts, and what keeps it from acting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/watch/rule.h"

#define S 1000

static const struct manifest_check shop = {.name = "shop",
					   .interval_ms = 1 * S,
					   .timeout_ms = 1 * S,
					   .healthy_threshold = 2,
					   .unhealthy_threshold = 3};
static const struct manifest_check *const checks[] = {&shop};
static const struct manifest_region east = {.name = "east"};

struct table {
	struct manifest_watch watch;
	struct outlook items[3]; /* two hosts of east, and west */
	struct outlooks all;
	struct watch_entry entry;
	struct watch_facts facts;
	int64_t now_ms;
};

static int begin(void **state)
{
	static struct table t;

	t = (struct table){
		.watch = {.name = "w",
			  .checks = checks,
			  .check_count = 1,
			  .region = &east,
			  .for_ms = 10 * S,
			  .cool_down_ms = 3600 * S},
		.items = {{.check = &shop, .region = "east", .endpoint = "e1"},
			  {.check = &shop, .region = "east", .endpoint = "e2"},
			  {.check = &shop, .region = "west", .endpoint = "w1"}},
		.now_ms = 1000000,
	};
	t.all = (struct outlooks){t.items, 3, t.now_ms, 0};
	t.entry = (struct watch_entry){.watch = &t.watch, .armed = true, .well_ms = 1};
	*state = &t;
	return 0;
}

/* One answer of each, a second later: "+" good, "-" bad, "." none. */
static void hear(struct table *t, const char *answers)
{
	t->now_ms += S;
	for (size_t i = 0; answers[i]; i++) {
		struct outlook *o = &t->items[i];
		bool good = answers[i] == '+';

		if (answers[i] == '.')
			continue;
		outlook_hear(&t->all, o, good ? ANSWER_GOOD : ANSWER_BAD, t->now_ms);
		if (good)
			outlook_state(o, GAUGE_HEALTHY, t->now_ms);
		else if (o->bad >= shop.unhealthy_threshold)
			outlook_state(o, GAUGE_UNHEALTHY, t->now_ms);
	}
}

static void hear_for(struct table *t, const char *answers, size_t seconds)
{
	for (size_t i = 0; i < seconds; i++)
		hear(t, answers);
}

static struct judgement judge(struct table *t)
{
	return entry_judge(&t->entry, &t->all, t->now_ms);
}

static enum hold hold(struct table *t)
{
	struct judgement v = judge(t);

	assert_int_equal(v.standing, STANDING_DUE);
	return entry_hold(&t->entry, &v, &t->all, &t->facts, t->now_ms);
}

/* Unhealthy, certain, and For is over. */
static void fall(struct table *t)
{
	hear(t, "+++");
	hear_for(t, "--+", 13);
}

static void it_is_due_behind_thresholds_and_for(void **state)
{
	struct table *t = *state;

	assert_int_equal(judge(t).standing, STANDING_UNKNOWN);
	hear(t, "+++");
	assert_int_equal(judge(t).standing, STANDING_HEALTHY);
	hear_for(t, "--+", 2);
	assert_int_equal(judge(t).standing, STANDING_DOUBTFUL);
	hear(t, "--+");
	assert_int_equal(judge(t).standing, STANDING_UNHEALTHY);
	hear_for(t, "--+", 9);
	assert_int_equal(judge(t).standing, STANDING_UNHEALTHY);
	hear(t, "--+");
	assert_int_equal(hold(t), HOLD_NOTHING);
	/* The clock of the RTO: the first of them. */
	assert_int_equal(judge(t).since_ms, 1000000 + 2 * S);
}

static void the_clock_begins_with_the_first_host_of_this_outage(void **state)
{
	struct table *t = *state;

	hear(t, "+++");
	hear(t, "-++");
	hear_for(t, "--+", 14);
	assert_int_equal(judge(t).since_ms, 1000000 + 2 * S);
}

static void what_was_down_for_long_is_another_outage(void **state)
{
	struct table *t = *state;

	hear(t, "+++");
	hear_for(t, "-++", 100);
	assert_int_equal(judge(t).standing, STANDING_DOUBTFUL);
	hear_for(t, "--+", 14);
	assert_int_equal(judge(t).since_ms, 1000000 + 102 * S);
}

static void one_host_that_lives_is_enough(void **state)
{
	struct table *t = *state;

	hear(t, "+++");
	hear_for(t, "-++", 60);
	assert_int_equal(judge(t).standing, STANDING_DOUBTFUL);
}

static void what_goes_up_and_down_is_never_due(void **state)
{
	struct table *t = *state;

	hear(t, "+++");
	for (size_t i = 0; i < 100; i++) {
		hear_for(t, "--+", 9);
		assert_int_not_equal(judge(t).standing, STANDING_DUE);
		hear(t, "+++");
	}
}

static void no_answer_is_no_bad_answer(void **state)
{
	struct table *t = *state;

	hear(t, "+++");
	hear_for(t, "--+", 4);
	hear_for(t, "..+", 60);
	assert_int_not_equal(judge(t).standing, STANDING_DUE);
}

/* Of two vantage points, one right behind the other. */
static void hear_twice(struct table *t, const char *answers)
{
	hear(t, answers);
	for (size_t i = 0; i < 2; i++) {
		t->now_ms += 1;
		outlook_hear(&t->all, &t->items[i], ANSWER_BAD, t->now_ms);
	}
}

static void the_second_voice_of_a_look_needs_nobody_in_between(void **state)
{
	struct table *t = *state;

	hear(t, "+++");
	for (size_t i = 0; i < 13; i++) {
		hear(t, "..+");
		t->now_ms -= S - 1;
		hear_twice(t, "--.");
		/* Three looks, not six answers. */
		assert_int_equal(t->items[0].vouched, i + 1);
	}
	assert_int_equal(hold(t), HOLD_NOTHING);
}

static void two_voices_of_one_look_do_not_vouch_for_each_other(void **state)
{
	struct table *t = *state;

	fall(t);
	for (size_t i = 0; i < 2; i++)
		hear_twice(t, "--.");
	assert_int_not_equal(hold(t), HOLD_NOTHING);
}

static void who_hears_nobody_is_cut_off(void **state)
{
	struct table *t = *state;

	hear(t, "+++");
	hear_for(t, "---", 60);
	assert_int_equal(hold(t), HOLD_CUT_OFF);
	/* What answered meanwhile was this place's own silence: all begins anew. */
	hear(t, "--+");
	assert_int_not_equal(judge(t).standing, STANDING_DUE);
	hear_for(t, "--+", 13);
	assert_int_equal(hold(t), HOLD_NOTHING);
	assert_true(judge(t).since_ms > 1000000 + 60 * S);
}

static void a_short_cut_of_this_place_counts_for_nothing(void **state)
{
	struct table *t = *state;

	t->watch.for_ms = 0;
	hear(t, "+++");
	hear_for(t, "---", 4);
	/* The other region is back first. */
	hear(t, "..+");
	assert_int_equal(hold(t), HOLD_WAIT);
	hear(t, "--+");
	assert_int_equal(hold(t), HOLD_WAIT);
	hear(t, "--+");
	assert_int_equal(hold(t), HOLD_NOTHING);
}

static void a_cut_at_the_end_of_for_is_waited_out(void **state)
{
	struct table *t = *state;

	hear(t, "+++");
	hear_for(t, "--+", 11);
	hear_for(t, "---", 3);
	hear(t, "..+");
	assert_int_equal(hold(t), HOLD_WAIT);
	hear(t, "+++");
	assert_int_not_equal(judge(t).standing, STANDING_DUE);
}

static void a_wrong_answer_is_an_answer(void **state)
{
	struct table *t = *state;

	t->watch.for_ms = 0;
	hear(t, "+++");
	for (size_t i = 0; i < 3; i++) {
		hear(t, "---");
		outlook_hear(&t->all, &t->items[2], ANSWER_WRONG, t->now_ms);
	}
	assert_int_equal(hold(t), HOLD_NOTHING);
}

/* A tool that is gone, a password that was changed: that is no outage. */
static void what_cannot_be_asked_is_no_outage(void **state)
{
	struct table *t = *state;

	fall(t);
	assert_int_equal(hold(t), HOLD_NOTHING);
	outlook_hear(&t->all, &t->items[1], ANSWER_MUTE, t->now_ms);
	assert_int_equal(hold(t), HOLD_MUTE);
	assert_ptr_equal(entry_judge(&t->entry, &t->all, t->now_ms).worst, &t->items[1]);
	outlook_hear(&t->all, &t->items[1], ANSWER_BAD, t->now_ms);
	assert_int_equal(hold(t), HOLD_NOTHING);
}

static void what_was_never_healthy_is_a_wrong_check(void **state)
{
	struct table *t = *state;

	t->entry.armed = false;
	fall(t);
	assert_int_equal(hold(t), HOLD_NOT_ARMED);
}

static void the_last_execution_cools_down(void **state)
{
	struct table *t = *state;

	fall(t);
	t->facts.last_ended_ms = t->now_ms - 3599 * S;
	assert_int_equal(hold(t), HOLD_COOL_DOWN);
	t->facts.last_ended_ms = t->now_ms - 3600 * S;
	assert_int_equal(hold(t), HOLD_NOTHING);
}

static void an_outage_is_acted_on_once(void **state)
{
	struct table *t = *state;

	fall(t);
	t->entry.well_ms = 1000000 + S;
	t->facts.last_done_ms = 1000000 + 5 * S;
	t->facts.last_ended_ms = 1000000 - 7200 * S;
	assert_int_equal(hold(t), HOLD_DONE);
	/* It was well since. */
	t->entry.well_ms = 1000000 + 6 * S;
	assert_int_equal(hold(t), HOLD_NOTHING);
}

static void others_are_waited_for(void **state)
{
	struct table *t = *state;

	fall(t);
	t->facts.running[0] = 'x';
	assert_int_equal(hold(t), HOLD_RUNNING);
	*t->facts.running = '\0';
	t->facts.away[0] = 'y';
	assert_int_equal(hold(t), HOLD_AWAY);
	*t->facts.away = '\0';
	t->entry.not_before_ms = t->now_ms + 1;
	assert_int_equal(hold(t), HOLD_REFUSED);
}

/* An earlier process saw it; this one must be certain by itself, but For and the clock go on. */
static void a_restart_counts_on(void **state)
{
	struct table *t = *state;

	t->entry.carried_since_ms = 1000000 - 8 * S;
	t->entry.carried_sure_ms = 1000000 - 7 * S;
	hear_for(t, "--+", 2);
	assert_int_equal(judge(t).standing, STANDING_UNKNOWN);
	hear(t, "--+");
	assert_int_equal(hold(t), HOLD_NOTHING);
	assert_int_equal(judge(t).since_ms, 1000000 - 8 * S);
}

/* --- an execution in the way ------------------------------------------------------------- */

static enum obstacle_news look(struct obstacle *o, const char *id, enum obstacle_state s,
			       int64_t now_ms)
{
	return obstacle_hear(o, id, s, now_ms);
}

static void what_is_left_is_told_now_and_then(void **state)
{
	struct obstacle o = {.id = ""};

	(void)state;
	assert_int_equal(look(&o, "", OBSTACLE_RUNS, 1 * S), NEWS_NONE);
	assert_int_equal(look(&o, "a", OBSTACLE_LEFT, 2 * S), NEWS_NONE);
	assert_int_equal(look(&o, "a", OBSTACLE_LEFT, 4 * S), NEWS_BLOCKED);
	assert_int_equal(look(&o, "a", OBSTACLE_LEFT, 6 * S), NEWS_NONE);
	assert_int_equal(look(&o, "a", OBSTACLE_LEFT, 603 * S), NEWS_NONE);
	assert_int_equal(look(&o, "a", OBSTACLE_LEFT, 604 * S), NEWS_BLOCKED);
	assert_int_equal(look(&o, "", OBSTACLE_RUNS, 606 * S), NEWS_FREE);
	assert_int_equal(look(&o, "", OBSTACLE_RUNS, 608 * S), NEWS_NONE);
}

static void what_goes_on_is_no_news(void **state)
{
	struct obstacle o = {.id = ""};

	(void)state;
	for (int64_t at = 1; at < 2000; at += 2)
		assert_int_equal(look(&o, "a", OBSTACLE_RUNS, at * S), NEWS_NONE);
	/* One look alone: it waited for what is approved beforehand. */
	assert_int_equal(look(&o, "a", OBSTACLE_WAITS, 2001 * S), NEWS_NONE);
	assert_int_equal(look(&o, "a", OBSTACLE_RUNS, 2003 * S), NEWS_NONE);
	assert_int_equal(look(&o, "", OBSTACLE_RUNS, 2005 * S), NEWS_NONE);
}

static void what_stands_otherwise_is_told_anew(void **state)
{
	struct obstacle o = {.id = ""};

	(void)state;
	look(&o, "a", OBSTACLE_PAUSED, 1 * S);
	assert_int_equal(look(&o, "a", OBSTACLE_PAUSED, 3 * S), NEWS_BLOCKED);
	/* Somebody resumed it: once. */
	assert_int_equal(look(&o, "a", OBSTACLE_RUNS, 5 * S), NEWS_NONE);
	assert_int_equal(look(&o, "a", OBSTACLE_RUNS, 7 * S), NEWS_BLOCKED);
	assert_int_equal(look(&o, "a", OBSTACLE_RUNS, 2000 * S), NEWS_NONE);
	/* It is over, and there was another one. */
	assert_int_equal(look(&o, "b", OBSTACLE_LEFT, 2002 * S), NEWS_NONE);
	assert_int_equal(look(&o, "b", OBSTACLE_LEFT, 2004 * S), NEWS_BLOCKED);
	assert_int_equal(look(&o, "", OBSTACLE_RUNS, 2006 * S), NEWS_FREE);
}

static void a_hold_ends_by_itself_or_not(void **state)
{
	struct table *t = *state;

	fall(t);
	t->facts.last_ended_ms = t->now_ms - 10 * S;
	assert_int_equal(entry_held_until(&t->entry, &t->facts, HOLD_COOL_DOWN),
			 t->now_ms - 10 * S + 3600 * S);
	assert_int_equal(entry_held_until(&t->entry, &t->facts, HOLD_RUNNING), 0);
	assert_int_equal(entry_outlook(&t->entry, &t->facts, t->now_ms), HOLD_COOL_DOWN);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_due_behind_thresholds_and_for),
		TEST(the_clock_begins_with_the_first_host_of_this_outage),
		TEST(what_was_down_for_long_is_another_outage),
		TEST(one_host_that_lives_is_enough),
		TEST(what_goes_up_and_down_is_never_due),
		TEST(no_answer_is_no_bad_answer),
		TEST(the_second_voice_of_a_look_needs_nobody_in_between),
		TEST(two_voices_of_one_look_do_not_vouch_for_each_other),
		TEST(who_hears_nobody_is_cut_off),
		TEST(a_short_cut_of_this_place_counts_for_nothing),
		TEST(a_cut_at_the_end_of_for_is_waited_out),
		TEST(a_wrong_answer_is_an_answer),
		TEST(what_cannot_be_asked_is_no_outage),
		TEST(what_was_never_healthy_is_a_wrong_check),
		TEST(the_last_execution_cools_down),
		TEST(an_outage_is_acted_on_once),
		TEST(others_are_waited_for),
		TEST(a_restart_counts_on),
		TEST(what_is_left_is_told_now_and_then),
		TEST(what_goes_on_is_no_news),
		TEST(what_stands_otherwise_is_told_anew),
		TEST(a_hold_ends_by_itself_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
