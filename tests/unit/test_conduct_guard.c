/* test_conduct_guard.c - undoing, guards of data, objectives, cool-down, drills. */
#include "tests/unit/conduct_fence.h"

#include <string.h>

#define COMMAND(name, command) \
	"  - {Name: " name ", Type: Command, " AT ", Command: '" command "'}\n"
#define REVERSIBLE(name, command)                                        \
	"  - {Name: " name ", Type: Command, " AT ", Command: '" command \
	"', Reverse: {Type: Command, " AT ", Command: ok}}\n"

/* --- undoing ----------------------------------------------------------------------------- */

static void a_failure_may_undo_all(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n" REVERSIBLE("a", "ok") COMMAND("x", "ok")
				   REVERSIBLE("b", "ok") "  - {Name: d, Type: Command, " AT
							 ", OnFailure: reverse, Command: fail}\n");
	assert_int_equal(conduct_go(c), -1);
	assert_string_equal(world_order(c), "a x b b/reverse a/reverse");
	assert_int_equal(conduct_status(c), EXECUTION_REVERSED);
	assert_int_equal(conduct_step_status(c, "x"), STEP_SUCCEEDED);
	assert_int_equal(conduct_step_status(c, "b"), STEP_REVERSED);
}

static void a_driver_undoes_by_itself(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n"
			   "  - {Name: h, Type: Http, Url: 'http://x/', Method: GET}\n"
			   "  - {Name: d, Type: Command, " AT
			   ", OnFailure: reverse, Command: fail}\n");
	assert_int_equal(conduct_go(c), -1);
	assert_string_equal(world_order(c), "h h-back");
	assert_int_equal(conduct_step_status(c, "h"), STEP_REVERSED);
}

static void what_cannot_be_undone_is_told_and_the_rest_goes_on(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(
		c, "Steps:\n" REVERSIBLE("a", "ok") "  - {Name: b, Type: Command, " AT
						    ", Command: ok, Reverse: {Type: Command, " AT
						    ", Command: fail}}\n"
						    "  - {Name: d, Type: Command, " AT
						    ", OnFailure: reverse, Command: fail}\n");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_step_status(c, "b"), STEP_REVERSE_FAILED);
	assert_int_equal(conduct_step_status(c, "a"), STEP_REVERSED);
	assert_int_equal(conduct_status(c), EXECUTION_FAILED);
}

/* --- loss of data ---------------------------------------------------------------------------- */

#define OBJECTIVES "Objectives: {RTO: 5m, RPO: 60s, Healthy: shop, Lag: standby}\n"

static void objectives(struct conduct_bench *c, const char *lag)
{
	conduct_runbook(
		c, arena_printf(c->b.a, FROM_TO OBJECTIVES "Steps:\n" FENCE("") PROMOTE, "ok"));
	east_to_west(c);
	checks_script("primary", "east", "10");
	checks_values("standby", "west", lag);
}

static void more_lag_than_the_rpo_stops(void **state)
{
	struct conduct_bench *c = *state;

	objectives(c, "{\"LagSeconds\":120.5,\"LagBytes\":4096}");
	assert_int_equal(conduct_go(c), -1);
	assert_true(c->result.refused);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_LOSS));
	assert_non_null(strstr(bench_diag(&c->b, DIAG_CONDUCT_LOSS)->detail, "4096 bytes"));
	/* The old primary is not cut off either. */
	assert_int_equal(world_begun("fence/stop"), 0);
	c->q.accept_data_loss = "the region burns";
	assert_int_equal(conduct_resume(c), 0);
	assert_true(conduct_told(c, "data-loss|"));
	assert_string_equal(world_order(c), "fence/stop promote");
	assert_true(c->result.story.data_loss_accepted);
}

static void accept(struct conduct_bench *c, const struct journal_entry *e)
{
	if (e->kind == ENTRY_STEP_FAILED)
		conduct_ask(c, REQUEST_ACCEPT_DATA_LOSS, "", "");
}

/* At a terminal it is held until somebody accepts it, from wherever, and goes on by itself. */
static void more_lag_is_held_for_whoever_accepts_it(void **state)
{
	struct conduct_bench *c = *state;

	objectives(c, "{\"LagSeconds\":120.5}");
	c->q.hold_on_failure = true;
	c->on_entry = accept;
	assert_int_equal(conduct_go(c), 0);
	assert_false(c->result.refused);
	assert_string_equal(world_order(c), "fence/stop promote");
}

/* It answers, and cannot say. */
static void a_lag_that_nobody_knows_stops(void **state)
{
	struct conduct_bench *c = *state;

	objectives(c, "{\"LagBytes\":4096}");
	assert_int_equal(conduct_go(c), -1);
	assert_true(c->result.refused);
	assert_non_null(strstr(bench_diag(&c->b, DIAG_CONDUCT_LOSS)->detail, "nobody knows"));
	c->q.accept_data_loss = "the region burns";
	assert_int_equal(conduct_resume(c), 0);
}

static void less_lag_is_measured(void **state)
{
	struct conduct_bench *c = *state;

	objectives(c, "{\"LagSeconds\":1.5,\"LastCommit\":\"2025-11-24T15:59:50Z\"}");
	c->q.since_ms = 1764000000000; /* 2025-11-24T16:00:00Z */
	assert_int_equal(conduct_go(c), 0);
	assert_true(c->result.story.rpo.known);
	assert_true(c->result.story.rpo.met);
	assert_int_equal(c->result.story.rpo.actual_ms, 10000);
	assert_true(c->result.story.rto.known);
	assert_true(c->result.story.rto.met);
	assert_true(c->result.story.rto.actual_ms > 0);
	assert_true(conduct_told(c, "monitoring|"));
}

/* The standby has what the old primary had: that nothing was committed since is no loss. */
static void what_arrived_is_not_lost(void **state)
{
	struct conduct_bench *c = *state;

	objectives(c, "{\"LagSeconds\":500,\"LastCommit\":\"2025-11-24T12:00:00Z\","
		      "\"Lsn\":\"0/16B3748\"}");
	checks_values("primary", "east", "{\"Writable\":true,\"Lsn\":\"0/16B3700\"}");
	/* It is seen by the fence first. */
	conduct_runbook(c, arena_printf(c->b.a,
					FROM_TO OBJECTIVES
					"Steps:\n"
					"  - {Name: see, Type: Check, Check: primary, Region: !Ref "
					"From}\n" FENCE("") PROMOTE,
					"ok"));
	checks_script("primary", "east", "11-");
	assert_int_equal(conduct_go(c), 0);
	assert_int_equal(c->result.story.rpo.actual_ms, 0);
}

/* It was seen when all was well, and wrote on until the cut. */
static void what_was_seen_long_ago_proves_nothing(void **state)
{
	struct conduct_bench *c = *state;

	what_arrived_is_not_lost(state);
	objectives(c, "{\"LagSeconds\":1,\"LastCommit\":\"2025-11-24T16:59:50Z\","
		      "\"Lsn\":\"0/16B3748\"}");
	checks_script("primary", "east", "-");
	c->q.since_ms = 1764000000000 + 3600000; /* 2025-11-24T17:00:00Z */
	assert_int_equal(conduct_go(c), 0);
	assert_int_equal(c->result.story.rpo.actual_ms, 10000);
}

/* All had arrived at the last look: only what came after it can be missing, however long nobody had
 * committed anything. */
static void what_had_arrived_at_the_last_look_is_not_lost(void **state)
{
	struct conduct_bench *c = *state;

	what_arrived_is_not_lost(state);
	objectives(c, "{\"LagSeconds\":1,\"LastCommit\":\"2025-11-24T12:00:00Z\","
		      "\"Lsn\":\"0/16B3748\"}");
	checks_script("primary", "east", "-");
	c->q.since_ms = 1764000000000 + 50000;
	assert_int_equal(conduct_go(c), 0);
	assert_true(c->result.story.rpo.actual_ms > 30000);
	assert_true(c->result.story.rpo.actual_ms <= 50000);
}

static void an_objective_is_missed(void **state)
{
	struct conduct_bench *c = *state;

	objectives(c, "{\"LagSeconds\":0}");
	c->q.since_ms = 1764000000000 - 600000;
	assert_int_equal(conduct_go(c), 0);
	assert_false(c->result.story.rto.met);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_OBJECTIVE));
	assert_false(c->result.refused);
	c->q.strict = true;
	checks_script("primary", "east", "10");
	assert_int_equal(conduct_go(c), -1);
	assert_true(c->result.refused);
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED);
}

static void an_application_that_stays_ill_is_a_failure(void **state)
{
	struct conduct_bench *c = *state;

	objectives(c, "{\"LagSeconds\":0}");
	checks_script("shop", "west", "0");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_status(c), EXECUTION_FAILED);
	checks_script("shop", "west", "1");
	assert_int_equal(conduct_resume(c), 0);
	assert_string_equal(world_order(c), "fence/stop promote");
}

static void what_a_check_measured_is_a_result(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, FROM_TO "Steps:\n"
				   "  - {Name: lag, Type: Check, Check: standby, Region: !Ref To}\n"
				   "  - {Name: few, Type: Check, Value: !GetAtt lag.LagSeconds, "
				   "AtMost: 60}\n");
	east_to_west(c);
	checks_values("standby", "west", "{\"LagSeconds\":59.5}");
	assert_int_equal(conduct_go(c), 0);
	checks_values("standby", "west", "{\"LagSeconds\":60.5}");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_step_status(c, "few"), STEP_FAILED);
}

/* --- around it -------------------------------------------------------------------------------- */

static void a_failover_cools_down(void **state)
{
	struct conduct_bench *c = *state;

	conduct_manifest(c, "Failover: {Runbook: go, CoolDown: 1h}\n");
	conduct_runbook(c, "Steps:\n" COMMAND("a", "ok"));
	assert_int_equal(conduct_go(c), 0);
	assert_int_equal(conduct_go(c), -1);
	assert_true(c->result.refused);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_COOL_DOWN));
	c->q.kind = EXECUTION_DRILL_FULL;
	assert_int_equal(conduct_go(c), 0);
	c->q.kind = EXECUTION_REAL;
	c->q.reason = "it came back";
	assert_int_equal(conduct_go(c), 0);
	c->q.reason = NULL;
	c->b.clock.now_ms += 3600000;
	assert_int_equal(conduct_go(c), 0);
}

static void two_at_a_time_are_one_too_many(void **state)
{
	struct conduct_bench *c = *state;
	struct state *s;
	const struct instance_id id = {CONDUCT_LOCK_STACK, "-", "-"};
	const struct lock_owner bob = {.user = "bob", .host = "h", .command = "x", .pid = 1};

	conduct_runbook(c, "Steps:\n" COMMAND("a", "ok"));
	assert_int_equal(conduct_go(c), 0);
	s = engine_state_open(c->b.dir, STATE_WRITE, &c->b.clock.base, &c->b.d);
	assert_int_equal(state_lock(s, &(struct lock_request){&id, 1, &bob, NULL}, &c->b.d), 0);
	assert_int_equal(conduct_go(c), -1);
	assert_true(c->result.refused);
	assert_int_equal(world_done("a"), 1);
	state_close(s);
	assert_int_equal(conduct_go(c), 0);
}

static void another_runbook_is_not_gone_on_with(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n" COMMAND("a", "ok") COMMAND("b", "fail"));
	assert_int_equal(conduct_go(c), -1);
	conduct_runbook(c, "Steps:\n" COMMAND("a", "ok") COMMAND("b", "ok"));
	assert_int_equal(conduct_resume(c), -1);
	assert_true(c->result.refused);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_RESUME));
}

static void an_isolated_drill_leaves_users_alone_and_cleans_up(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, arena_printf(c->b.a,
					FROM_TO OBJECTIVES "Steps:\n" FENCE("")
						PROMOTE REVERSIBLE("a", "ok"),
					"ok"));
	east_to_west(c);
	c->q.kind = EXECUTION_DRILL_ISOLATED;
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "a a/reverse");
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED);
	assert_int_equal(conduct_step_status(c, "promote"), STEP_SKIPPED);
}

static void the_best_region_is_chosen(void **state)
{
	static const struct parameter_given best[] = {{"From", "east"}, {"To", "best"}};
	struct conduct_bench *c = *state;

	bench_manifest(&c->b, "Project: shop\nRegions: {east: {}, north: {}, west: {}}\n"
			      "HealthChecks: {shop: {Type: HTTP, Url: 'http://x/', Interval: 1s}}\n"
			      "Failover: {Runbook: go, Prefer: [north, west], Healthy: [shop]}\n"
			      "Runbooks: {go: go.yaml}\n");
	conduct_runbook(c, FROM_TO
			"Steps:\n"
			"  - {Name: h, Type: Http, Url: !Sub 'http://${To}/', Method: GET}\n");
	c->q.parameters = best;
	c->q.parameter_count = 2;
	checks_script("shop", "north", "0");
	assert_int_equal(conduct_go(c), 0);
	assert_non_null(strstr(c->result.story.row.parameters, "\"To\":\"west\""));
	checks_script("shop", "west", "0");
	assert_int_equal(conduct_go(c), -1);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_BEST));
	assert_true(c->result.refused);
}

static void what_it_would_take_is_known_afterwards(void **state)
{
	struct conduct_bench *c = *state;
	struct conduct_forecast f;
	const struct procedure *p;
	struct bound_procedure *b;
	struct engine *e;

	conduct_runbook(c, "Steps:\n" COMMAND(
				   "a", "take 10s") "  - Name: all\n    Parallel:\n"
						    "      - {Name: x, Type: Command, " AT
						    ", Command: 'take 20s'}\n"
						    "      - {Name: y, Type: Command, " AT
						    ", Command: 'take 5s'}\n"
						    "  - {Name: w, Type: Wait, Duration: 30s}\n");
	assert_int_equal(conduct_go(c), 0);
	e = bench_engine(&c->b);
	p = runbook_load(e->arena, e->project->manifest, "go", &c->b.d);
	b = runbook_bind(e->arena, p, &(struct given_list){NULL, 0}, &(struct runbook_world){0},
			 &c->b.d);
	assert_int_equal(engine_forecast(e, b, &f, &c->b.d), 0);
	assert_int_equal(f.steps, 4);
	assert_int_equal(f.measured, 4);
	assert_int_equal(f.p50_ms / 1000, 60);
	assert_int_equal(f.critical_count, 3);
	assert_string_equal(f.critical[1], "all/x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONDUCT_TEST(a_failure_may_undo_all),
		CONDUCT_TEST(a_driver_undoes_by_itself),
		CONDUCT_TEST(what_cannot_be_undone_is_told_and_the_rest_goes_on),
		CONDUCT_TEST(more_lag_than_the_rpo_stops),
		CONDUCT_TEST(more_lag_is_held_for_whoever_accepts_it),
		CONDUCT_TEST(a_lag_that_nobody_knows_stops),
		CONDUCT_TEST(less_lag_is_measured),
		CONDUCT_TEST(what_arrived_is_not_lost),
		CONDUCT_TEST(what_was_seen_long_ago_proves_nothing),
		CONDUCT_TEST(what_had_arrived_at_the_last_look_is_not_lost),
		CONDUCT_TEST(an_objective_is_missed),
		CONDUCT_TEST(an_application_that_stays_ill_is_a_failure),
		CONDUCT_TEST(what_a_check_measured_is_a_result),
		CONDUCT_TEST(a_failover_cools_down),
		CONDUCT_TEST(two_at_a_time_are_one_too_many),
		CONDUCT_TEST(another_runbook_is_not_gone_on_with),
		CONDUCT_TEST(an_isolated_drill_leaves_users_alone_and_cleans_up),
		CONDUCT_TEST(the_best_region_is_chosen),
		CONDUCT_TEST(what_it_would_take_is_known_afterwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
