/* test_conduct_midway.c - what is asked, set and killed while a step is going on. */
#include "tests/unit/conduct_bench.h"

#include <string.h>

#define AT "Region: east, Roles: [web]"
#define COMMAND(name, command) \
	"  - {Name: " name ", Type: Command, " AT ", Command: '" command "'}\n"
#define REVERSIBLE(name, command)                                        \
	"  - {Name: " name ", Type: Command, " AT ", Command: '" command \
	"', Reverse: {Type: Command, " AT ", Command: ok}}\n"

/* What is asked when the journal says something for the first time. */
struct ask {
	const char *when; /* entry kind and step */
	enum execution_request request;
	const char *step;
	bool asked;
};

static struct ask asks[4];

static void ask_when(struct conduct_bench *c, const struct journal_entry *e)
{
	const char *what = arena_printf(c->b.a, "%s %s", entry_kind_name(e->kind), e->step);

	for (size_t i = 0; i < ARRAY_LEN(asks) && asks[i].when; i++) {
		if (asks[i].asked || strcmp(what, asks[i].when) != 0)
			continue;
		asks[i].asked = true;
		conduct_ask(c, asks[i].request, asks[i].step, "");
	}
}

static void will_ask(struct conduct_bench *c, const struct ask *all, size_t count)
{
	memset(asks, 0, sizeof(asks));
	memcpy(asks, all, count * sizeof(*all));
	c->on_entry = ask_when;
}

/* --- ungraceful ---------------------------------------------------------------------- */

static void what_has_no_other_form_goes_on(void **state)
{
	struct conduct_bench *c = *state;
	const struct ask ask = {"step-memory a", REQUEST_UNGRACEFUL, "a", false};

	conduct_runbook(c, "Steps:\n" COMMAND("a", "take 5s"));
	will_ask(c, &ask, 1);
	assert_int_equal(conduct_go(c), 0);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_REQUEST));
	assert_int_equal(world_begun("a"), 1);
}

/* Of a group that which has one begins anew, and the rest goes on. */
static void a_group_goes_on_ungracefully(void **state)
{
	struct conduct_bench *c = *state;
	const struct ask ask = {"step-memory g/b", REQUEST_UNGRACEFUL, "g", false};

	conduct_runbook(c, "Steps:\n"
			   "  - Name: g\n"
			   "    Parallel:\n"
			   "    - {Name: a, Type: Command, " AT
			   ", Command: hang, Ungraceful: {Command: ok}}\n"
			   "    - {Name: b, Type: Command, " AT ", Command: take 5s}\n"
			   "    - {Name: c, Type: Command, " AT
			   ", Command: hang, Ungraceful: skip}\n");
	will_ask(c, &ask, 1);
	assert_int_equal(conduct_go(c), 0);
	assert_int_equal(world_begun("g/a"), 2);
	assert_int_equal(world_done("g/a"), 1);
	assert_int_equal(world_begun("g/b"), 1);
	assert_int_equal(conduct_step_status(c, "g/c"), STEP_SKIPPED);
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED);
}

/* One of its ways hangs in the region that does not answer. */
static void a_fence_goes_on_ungracefully(void **state)
{
	struct conduct_bench *c = *state;
	const struct ask ask = {"step-memory fence/by-1", REQUEST_UNGRACEFUL, "fence", false};

	conduct_runbook(c, "Steps:\n"
			   "  - Name: fence\n"
			   "    Type: Fence\n"
			   "    Region: east\n"
			   "    Check: primary\n"
			   "    Ungraceful: skip\n"
			   "    By: [{Type: Command, " AT ", Command: hang}]\n" COMMAND("a", "ok"));
	will_ask(c, &ask, 1);
	assert_int_equal(conduct_go(c), 0);
	assert_int_equal(conduct_step_status(c, "fence"), STEP_SKIPPED);
	assert_string_equal(world_order(c), "a");
}

static void a_held_step_goes_on_ungracefully(void **state)
{
	struct conduct_bench *c = *state;
	const struct ask ask = {"paused ", REQUEST_UNGRACEFUL, "a", false};

	conduct_runbook(c, "Steps:\n  - {Name: a, Type: Command, " AT
			   ", Command: fail, Ungraceful: {Command: ok}}\n");
	c->q.hold_on_failure = true;
	will_ask(c, &ask, 1);
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "a");
}

/* --- pauses -------------------------------------------------------------------------- */

/* What somebody has paused goes on when somebody says so, whatever else is asked meanwhile. */
static void a_pause_outlives_other_requests(void **state)
{
	struct conduct_bench *c = *state;
	const struct ask all[] = {{"step-memory a", REQUEST_PAUSE, "", false},
				  {"paused ", REQUEST_SKIP, "b", false},
				  {"step-skipped b", REQUEST_RESUME, "", false}};

	conduct_runbook(c,
			"Steps:\n" COMMAND("a", "take 5s") COMMAND("b", "ok") COMMAND("d", "ok"));
	will_ask(c, all, ARRAY_LEN(all));
	assert_int_equal(conduct_go(c), 0);
	assert_true(conduct_told(c, "step-skipped b|"));
	assert_true(conduct_told(c, "resumed|"));
	assert_false(conduct_told(c, "step-skipped b|resumed|"));
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED_WITH_EXCEPTIONS);
}

/* One of two that run side by side fails: the other one is finished meanwhile. */
static void a_held_step_of_a_group_is_tried_again_or_skipped(void **state)
{
	static const char group[] = "Steps:\n"
				    "  - Name: g\n"
				    "    Parallel:\n"
				    "    - {Name: a, Type: Command, " AT ", Command: fail 1}\n"
				    "    - {Name: b, Type: Command, " AT ", Command: take 5s}\n"
				    "    - Name: s\n"
				    "      Steps:\n"
				    "      - {Name: x, Type: Command, " AT ", Command: fail}\n"
				    "      - {Name: y, Type: Command, " AT ", Command: ok}\n";
	struct conduct_bench *c = *state;
	const struct ask all[] = {{"step-succeeded g/b", REQUEST_RETRY, "g/a", false},
				  {"step-retry g/a", REQUEST_SKIP, "x", false}};

	conduct_runbook(c, group);
	c->q.hold_on_failure = true;
	will_ask(c, all, ARRAY_LEN(all));
	assert_int_equal(conduct_go(c), 0);
	assert_int_equal(conduct_step_status(c, "g/a"), STEP_SUCCEEDED);
	assert_int_equal(world_begun("g/a"), 2);
	assert_int_equal(world_begun("g/b"), 1);
	assert_int_equal(conduct_step_status(c, "g/s/x"), STEP_SKIPPED);
	assert_int_equal(conduct_step_status(c, "g/s/y"), STEP_SUCCEEDED);
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED_WITH_EXCEPTIONS);
}

/* Nothing new begins beside what failed for good, and nobody is told that it still goes on. */
static void a_try_that_will_not_come_ends_with_its_group(void **state)
{
	struct conduct_bench *c = *state;
	const struct ask ask = {"step-failed g/b", REQUEST_RETRY, "g/b", false};

	conduct_runbook(c, "Steps:\n"
			   "  - Name: g\n"
			   "    Parallel:\n"
			   "      - {Name: a, Type: Command, " AT
			   ", Command: fail, OnFailure: reverse}\n"
			   "      - {Name: b, Type: Command, " AT ", Command: fail}\n");
	will_ask(c, &ask, 1);
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(world_begun("g/b"), 1);
	assert_int_equal(conduct_step_status(c, "g/b"), STEP_FAILED);
}

/* Who was killed behind any event goes on with the group, and does not try it anew. */
static void what_was_passed_over_in_a_group_stays_so_when_it_is_gone_on_with(void **state)
{
	struct conduct_bench *c = *state;
	size_t n;

	conduct_runbook(c, "Steps:\n"
			   "  - Name: g\n"
			   "    Parallel:\n"
			   "      - Name: s\n"
			   "        Steps:\n"
			   "          - {Name: x, Type: Command, " AT
			   ", Command: fail, OnFailure: continue}\n"
			   "          - {Name: y, Type: Command, " AT ", Command: ok}\n");
	assert_true(conduct_dies(c, 1, false));
	for (n = 0; n < 40 && conduct_dies(c, 2, true); n++)
		;
	assert_true(n > 5 && n < 40);
	assert_int_equal(world_begun("g/s/x"), 1);
	assert_int_equal(world_done("g/s/y"), 1);
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED_WITH_EXCEPTIONS);
}

/* Why is told behind the request, which is forgotten by then. */
static void a_way_back_that_is_skipped_says_why(void **state)
{
	struct conduct_bench *c = *state;
	const struct ask ask = {"step-memory a/reverse", REQUEST_SKIP, "a/reverse", false};
	struct journal_list list;
	const char *why = NULL;

	conduct_runbook(c,
			"Steps:\n" REVERSIBLE("a", "ok") "  - {Name: b, Type: Command, " AT
							 ", Command: fail, OnFailure: reverse}\n");
	will_ask(c, &ask, 1);
	assert_int_equal(conduct_go(c), -1);
	list = conduct_journal(c);
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].kind == ENTRY_STEP_REVERSE_FAILED)
			why = list.items[i].data;
	assert_non_null(why);
	assert_non_null(strstr(why, "because"));
}

/* --- drills -------------------------------------------------------------------------- */

/* Killed behind any event of its way back it is a drill that went well. */
static void an_isolated_drill_ends_as_one_when_it_is_killed(void **state)
{
	struct conduct_bench *c = *state;
	size_t n;

	conduct_runbook(c, "Steps:\n" REVERSIBLE("a", "ok") REVERSIBLE("b", "ok"));
	c->q.kind = EXECUTION_DRILL_ISOLATED;
	assert_true(conduct_dies(c, 1, false));
	for (n = 0; n < 40 && conduct_dies(c, 2, true); n++)
		;
	assert_true(n > 5 && n < 40);
	assert_int_equal(world_done("a/reverse"), 1);
	assert_int_equal(world_done("b/reverse"), 1);
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED);
}

/* --- the clock is set ---------------------------------------------------------------- */

static void set_clock(struct conduct_bench *c, const struct journal_entry *e)
{
	if (e->kind == ENTRY_STEP_MEMORY)
		__atomic_add_fetch(&c->b.clock.set_ms, 3600000, __ATOMIC_RELAXED);
}

static void the_rto_is_what_passed(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Objectives: {RTO: 5m}\nSteps:\n" COMMAND("a", "take 5s"));
	c->on_entry = set_clock;
	assert_int_equal(conduct_go(c), 0);
	assert_true(c->result.story.rto.met);
	assert_in_range(c->result.story.rto.actual_ms, 5000, 20000);
}

/* The next process finds the time at which the wait is over a day away. */
static void a_wait_takes_no_longer_than_it_says(void **state)
{
	struct conduct_bench *c = *state;
	int64_t began_ms;

	conduct_runbook(c, "Steps:\n  - {Name: w, Type: Wait, Duration: 10s}\n");
	assert_true(conduct_dies(c, 3, false));
	c->b.clock.set_ms -= 86400000;
	began_ms = c->b.clock.now_ms;
	assert_int_equal(conduct_resume(c), 0);
	assert_in_range(c->b.clock.now_ms - began_ms, 1, 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONDUCT_TEST(what_has_no_other_form_goes_on),
		CONDUCT_TEST(a_group_goes_on_ungracefully),
		CONDUCT_TEST(a_fence_goes_on_ungracefully),
		CONDUCT_TEST(a_held_step_goes_on_ungracefully),
		CONDUCT_TEST(a_pause_outlives_other_requests),
		CONDUCT_TEST(a_held_step_of_a_group_is_tried_again_or_skipped),
		CONDUCT_TEST(a_try_that_will_not_come_ends_with_its_group),
		CONDUCT_TEST(what_was_passed_over_in_a_group_stays_so_when_it_is_gone_on_with),
		CONDUCT_TEST(a_way_back_that_is_skipped_says_why),
		CONDUCT_TEST(an_isolated_drill_ends_as_one_when_it_is_killed),
		CONDUCT_TEST(the_rto_is_what_passed),
		CONDUCT_TEST(a_wait_takes_no_longer_than_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
