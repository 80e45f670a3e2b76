/* test_conduct_return.c - the point of no return, references before the first step, how long steps
 * took over a kill. */
#include "tests/unit/conduct_bench.h"

#include <stdlib.h>
#include <string.h>

#include "engine/runbook/preflight.h"
#include "engine/state.h"

#define AT "Region: east, Roles: [web]"
#define COMMAND(name, command, more) \
	"  - {Name: " name ", Type: Command, " AT ", Command: '" command "'" more "}\n"
#define BACK ", Reverse: {Type: Command, " AT ", Command: ok}"
#define HEAD "Parameters: {From: {Type: Region}, To: {Type: Region}}\nSteps:\n"
#define FENCE(more)                                                                           \
	"  - {Name: fence, Type: Fence, Region: !Ref From, Check: primary, "                  \
	"By: [{Name: stop, Type: Command, Region: !Ref From, Roles: [db], Command: ok}]" more \
	"}\n"
#define PROMOTE(more)                                                                       \
	"  - {Name: promote, Type: Command, Promotes: true, Region: !Ref To, Roles: [db], " \
	"Command: ok" more "}\n"
#define BAD COMMAND("d", "fail", ", OnFailure: reverse")

static void east_to_west(struct conduct_bench *c, const char *steps)
{
	static const struct parameter_given both[] = {{"From", "east"}, {"To", "west"}};

	conduct_runbook(c, arena_printf(c->b.a, HEAD "%s", steps));
	c->q.parameters = both;
	c->q.parameter_count = 2;
	checks_script("primary", "east", "10");
}

/* Of the last event. */
static const char *reason(struct conduct_bench *c)
{
	struct journal_list list = conduct_journal(c);
	json_t *data = json_parse(text_of(list.items[list.count - 1].data), c->b.a, NULL);
	const char *text = arena_strdup(c->b.a, json_str(data, "Reason", ""));

	json_decref(data);
	return text;
}

static void ends_with(struct conduct_bench *c, const char *end)
{
	const char *text = reason(c);
	size_t len = strlen(text), wanted = strlen(end);

	assert_true(len >= wanted);
	assert_string_equal(text + len - wanted, end);
}

/* --- no way back ------------------------------------------------------------------------- */

static void behind_a_fence_nothing_is_undone(void **state)
{
	struct conduct_bench *c = *state;

	east_to_west(c, COMMAND("a", "ok", BACK) FENCE("") BAD);
	assert_int_equal(conduct_go(c), -1);
	assert_string_equal(world_order(c), "a fence/stop");
	assert_int_equal(conduct_status(c), EXECUTION_FAILED);
	assert_int_equal(conduct_step_status(c, "a"), STEP_SUCCEEDED);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_NO_RETURN));
	ends_with(c, "not undone: a, fence, d");
}

static void behind_a_promotion_nothing_is_undone(void **state)
{
	struct conduct_bench *c = *state;

	east_to_west(c, COMMAND("a", "ok", BACK) FENCE(BACK) PROMOTE("") BAD);
	assert_int_equal(conduct_go(c), -1);
	assert_string_equal(world_order(c), "a fence/stop promote");
	assert_int_equal(conduct_status(c), EXECUTION_FAILED);
	ends_with(c, "not undone: a, fence, promote, d");
}

static void with_a_reverse_for_both_all_is_undone(void **state)
{
	struct conduct_bench *c = *state;

	east_to_west(c, COMMAND("a", "ok", BACK) FENCE(BACK) PROMOTE(BACK) BAD);
	assert_int_equal(conduct_go(c), -1);
	assert_string_equal(world_order(c), "a fence/stop promote promote/reverse fence/reverse "
					    "a/reverse");
	assert_int_equal(conduct_status(c), EXECUTION_REVERSED);
}

static void abort_when_hanging(struct conduct_bench *c, const struct journal_entry *e)
{
	if (e->kind != ENTRY_STEP_MEMORY || strcmp(e->step, "h") != 0)
		return;
	c->on_entry = NULL;
	conduct_ask(c, REQUEST_ABORT, "", "");
}

static void an_abort_behind_the_fence_keeps_what_there_is(void **state)
{
	struct conduct_bench *c = *state;

	east_to_west(c, COMMAND("a", "ok", BACK) FENCE("") PROMOTE("") COMMAND("h", "hang", ""));
	c->on_entry = abort_when_hanging;
	assert_int_equal(conduct_go(c), -1);
	assert_string_equal(world_order(c), "a fence/stop promote");
	assert_int_equal(conduct_status(c), EXECUTION_ABORTED);
	ends_with(c, "not undone: a, fence, promote, h");
}

/* Killed behind each event: what was known of the fence is known to the next process. */
static void the_point_of_no_return_outlives_crashes(void **state)
{
	struct conduct_bench *c = *state;
	size_t n;

	east_to_west(c, COMMAND("a", "ok", BACK) FENCE("") PROMOTE("") BAD);
	assert_true(conduct_dies(c, 1, false));
	for (n = 0; n < 12; n++)
		conduct_dies(c, 3, true);
	assert_int_equal(conduct_resume(c), -1);
	assert_int_equal(world_done("promote"), 1);
	assert_int_equal(world_begun("a/reverse"), 0);
	assert_int_equal(conduct_status(c), EXECUTION_FAILED);
}

/* Refused before its work it has promoted nothing, and is no reason to keep anything. */
static void a_promotion_that_was_refused_is_none(void **state)
{
	struct conduct_bench *c = *state;

	east_to_west(c, COMMAND("a", "ok", BACK) PROMOTE(", OnFailure: reverse"));
	assert_int_equal(conduct_go(c), -1);
	assert_string_equal(world_order(c), "a a/reverse");
	assert_int_equal(conduct_status(c), EXECUTION_REVERSED);
}

static void commands_without_a_reverse_are_named(void **state)
{
	struct conduct_bench *c = *state;

	east_to_west(c, COMMAND("a", "ok", BACK) COMMAND("b", "ok", "") BAD);
	assert_int_equal(conduct_go(c), -1);
	assert_string_equal(world_order(c), "a b a/reverse");
	assert_int_equal(conduct_status(c), EXECUTION_REVERSED);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_LEFT));
	ends_with(c, "not undone: b, d");
}

static void a_drill_is_undone_all_the_same(void **state)
{
	struct conduct_bench *c = *state;

	east_to_west(c, COMMAND("a", "ok", BACK) FENCE(", Drill: run"));
	c->q.kind = EXECUTION_DRILL_ISOLATED;
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "a fence/stop a/reverse");
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED_WITH_EXCEPTIONS);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_LEFT));
}

/* --- references -------------------------------------------------------------------------- */

#define WANTS(more) \
	COMMAND("w", "ok", ", Environment: {K: \"{{resolve:env:HADEPLOY_RETURN}}\"}" more)

static void what_cannot_be_resolved_is_found_out_first(void **state)
{
	struct conduct_bench *c = *state;

	unsetenv("HADEPLOY_RETURN");
	east_to_west(c, COMMAND("a", "ok", "") WANTS(""));
	c->preflight = conduct_preflight;
	assert_int_equal(conduct_go(c), -1);
	assert_true(c->result.refused);
	assert_true(bench_said(&c->b, DIAG_PREFLIGHT_REFUSED));
	assert_int_equal(world_begun("a"), 0);
	assert_null(conduct_id(c));
}

static size_t warnings(const struct conduct_bench *c, enum diag_code code)
{
	size_t count = 0;

	for (const struct diag *g = c->b.d.first; g; g = g->next)
		count += g->severity == DIAG_WARNING && g->code == code;
	return count;
}

static void goes_on_with_a_warning(struct conduct_bench *c, const char *steps, int status)
{
	unsetenv("HADEPLOY_RETURN");
	east_to_west(c, steps);
	c->preflight = conduct_preflight;
	assert_int_equal(conduct_go(c), 0);
	assert_int_equal((int)conduct_status(c), status);
	assert_int_equal(warnings(c, DIAG_PREFLIGHT_STEP), 1);
	assert_false(bench_said(&c->b, DIAG_PREFLIGHT_REFUSED));
}

static void a_step_that_may_fail_holds_nobody_up(void **state)
{
	goes_on_with_a_warning(*state, COMMAND("a", "ok", "") WANTS(", OnFailure: continue"),
			       EXECUTION_COMPLETED_WITH_EXCEPTIONS);
	assert_string_equal(world_order(*state), "a");
}

#define LACKS "Environment: {K: \"{{resolve:env:HADEPLOY_RETURN}}\"}"

static void what_is_only_needed_to_go_back_holds_nobody_up(void **state)
{
	goes_on_with_a_warning(
		*state,
		COMMAND("a", "ok", ", Reverse: {Type: Command, " AT ", Command: ok, " LACKS "}"),
		EXECUTION_COMPLETED);
}

static void another_form_of_a_step_holds_nobody_up(void **state)
{
	goes_on_with_a_warning(*state, COMMAND("a", "ok", ", Ungraceful: {" LACKS "}"),
			       EXECUTION_COMPLETED);
}

static void one_way_to_fence_holds_nobody_up(void **state)
{
	goes_on_with_a_warning(
		*state,
		"  - {Name: fence, Type: Fence, Region: !Ref From, Check: primary, By: ["
		"{Name: power, Type: Command, Region: !Ref From, Roles: [db], Command: ok, " LACKS
		"}, {Name: stop, Type: Command, Region: !Ref From, Roles: [db], Command: ok}]}\n",
		EXECUTION_COMPLETED);
	assert_string_equal(world_order(*state), "fence/stop");
}

static void unset_behind_a(struct conduct_bench *c, const struct journal_entry *e)
{
	(void)c;
	if (e->kind == ENTRY_STEP_SUCCEEDED && !strcmp(e->step, "a"))
		unsetenv("HADEPLOY_RETURN");
}

static void its_failure_is_passed_over_where_it_may(void **state)
{
	struct conduct_bench *c = *state;

	setenv("HADEPLOY_RETURN", "x", 1);
	east_to_west(c,
		     COMMAND("a", "ok", "") WANTS(", OnFailure: continue") COMMAND("z", "ok", ""));
	c->on_entry = unset_behind_a;
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "a z");
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED_WITH_EXCEPTIONS);
}

static void its_failure_undoes_where_it_shall(void **state)
{
	struct conduct_bench *c = *state;

	setenv("HADEPLOY_RETURN", "x", 1);
	east_to_west(c, COMMAND("a", "ok", BACK) WANTS(", OnFailure: reverse"));
	c->on_entry = unset_behind_a;
	assert_int_equal(conduct_go(c), -1);
	assert_string_equal(world_order(c), "a a/reverse");
	assert_int_equal(conduct_status(c), EXECUTION_REVERSED);
}

static void it_is_tried_again_by_who_goes_on(void **state)
{
	struct conduct_bench *c = *state;

	setenv("HADEPLOY_RETURN", "x", 1);
	east_to_west(c, COMMAND("a", "ok", "") WANTS("") COMMAND("z", "ok", ""));
	c->on_entry = unset_behind_a;
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_status(c), EXECUTION_FAILED);
	/* Refused at once as long as it is not there. */
	c->preflight = conduct_preflight;
	assert_int_equal(conduct_resume(c), -1);
	assert_true(c->result.refused);
	assert_true(bench_said(&c->b, DIAG_PREFLIGHT_REFUSED));
	setenv("HADEPLOY_RETURN", "x", 1);
	assert_int_equal(conduct_resume(c), 0);
	assert_string_equal(world_order(c), "a w z");
}

/* Passed over when it was its turn; who goes on for another reason gives it what it lacked. */
static void it_is_tried_again_although_it_may_fail(void **state)
{
	struct conduct_bench *c = *state;

	setenv("HADEPLOY_RETURN", "x", 1);
	east_to_west(c, COMMAND("a", "ok", "") WANTS(", OnFailure: continue") COMMAND(
				"f", "fail", ", OnFailure: continue") COMMAND("z", "fail 1", ""));
	c->on_entry = unset_behind_a;
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_status(c), EXECUTION_FAILED);
	assert_string_equal(world_order(c), "a");
	setenv("HADEPLOY_RETURN", "x", 1);
	assert_int_equal(conduct_resume(c), 0);
	assert_string_equal(world_order(c), "a w z");
	/* Its work was done, and failed: that stays passed over. */
	assert_int_equal(world_begun("f"), 1);
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED_WITH_EXCEPTIONS);
}

/* What fails to be undone would stay done for good. */
static void what_undoing_lacks_is_told_before_it(void **state)
{
	struct conduct_bench *c = *state;
	const struct execution_ask abort = {
		.request = REQUEST_ABORT, .step = "", .text = "", .reason = ""};

	unsetenv("HADEPLOY_RETURN");
	east_to_west(
		c, COMMAND("a", "ok", ", Reverse: {Type: Command, " AT ", Command: ok, " LACKS "}")
			   COMMAND("b", "fail", ""));
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_status(c), EXECUTION_FAILED);
	c->preflight = conduct_preflight;
	c->q.abort = &abort;
	assert_int_equal(conduct_resume(c), -1);
	assert_true(c->result.refused);
	assert_true(bench_said(&c->b, DIAG_PREFLIGHT_REFUSED));
	assert_int_equal(conduct_status(c), EXECUTION_FAILED);
	setenv("HADEPLOY_RETURN", "x", 1);
	conduct_resume(c);
	assert_string_equal(world_order(c), "a a/reverse");
	assert_int_equal(conduct_status(c), EXECUTION_REVERSED);
}

/* --- how long steps took ----------------------------------------------------------------- */

static size_t samples(struct conduct_bench *c, const char *path)
{
	struct state *s = engine_state(c->b.e, STATE_READ, &c->b.d);
	struct duration_list list = {NULL, 0};
	size_t count = 0;

	assert_non_null(s);
	assert_int_equal(state_load_step_durations(s, c->b.a, &list, &c->b.d), 0);
	for (size_t i = 0; i < list.count; i++)
		if (!strcmp(list.items[i].address, path))
			count = list.items[i].count;
	return count;
}

static void what_a_kill_cut_in_two_is_no_sample(void **state)
{
	struct conduct_bench *c = *state;

	east_to_west(c, COMMAND("a", "take 5s", "") COMMAND("b", "take 5s", "")
				COMMAND("z", "take 5s", ""));
	/* Behind what b remembers when it begins. */
	assert_true(conduct_dies(c, 6, false));
	assert_int_equal(conduct_resume(c), 0);
	assert_int_equal(samples(c, "a"), 1);
	assert_int_equal(samples(c, "b"), 0);
	assert_int_equal(samples(c, "z"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONDUCT_TEST(behind_a_fence_nothing_is_undone),
		CONDUCT_TEST(behind_a_promotion_nothing_is_undone),
		CONDUCT_TEST(with_a_reverse_for_both_all_is_undone),
		CONDUCT_TEST(an_abort_behind_the_fence_keeps_what_there_is),
		CONDUCT_TEST(the_point_of_no_return_outlives_crashes),
		CONDUCT_TEST(a_promotion_that_was_refused_is_none),
		CONDUCT_TEST(commands_without_a_reverse_are_named),
		CONDUCT_TEST(a_drill_is_undone_all_the_same),
		CONDUCT_TEST(what_cannot_be_resolved_is_found_out_first),
		CONDUCT_TEST(a_step_that_may_fail_holds_nobody_up),
		CONDUCT_TEST(what_is_only_needed_to_go_back_holds_nobody_up),
		CONDUCT_TEST(another_form_of_a_step_holds_nobody_up),
		CONDUCT_TEST(one_way_to_fence_holds_nobody_up),
		CONDUCT_TEST(its_failure_is_passed_over_where_it_may),
		CONDUCT_TEST(its_failure_undoes_where_it_shall),
		CONDUCT_TEST(it_is_tried_again_by_who_goes_on),
		CONDUCT_TEST(it_is_tried_again_although_it_may_fail),
		CONDUCT_TEST(what_undoing_lacks_is_told_before_it),
		CONDUCT_TEST(what_a_kill_cut_in_two_is_no_sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
