/* test_executor_gates.c - bake times, checks between waves and of targets, healthy regions. */
#include "tests/unit/run_bench.h"

#include <string.h>

#include "tests/unit/fake_checks.h"

#define PLACES                                                             \
	"Resources:\n  A: {Type: 'Cloud::Thing', Properties: {Name: !Sub " \
	"'${AWS::Region}', Size: %d}}\n"
#define WAVES "Waves: [{Name: canary, Regions: [east], Bake: 5m, HealthChecks: [shop]}, {}]"

static void project(struct bench *b, const char *rollout, const char *more)
{
	bench_manifest(b,
		       arena_printf(b->a,
				    "Project: shop\nRegions: {east: {}, west: {}, north: {}}\n"
				    "HealthChecks: {shop: {Type: HTTP, Url: 'http://x/', "
				    "Interval: 10s, HealthyThreshold: 2, UnhealthyThreshold: 3}}\n"
				    "%sStacks: {web: {Template: web.yaml, Targets: [east, west], "
				    "Rollout: {%s}}}\n",
				    more, rollout));
	bench_template(b, arena_printf(b->a, PLACES, 1));
}

static void update(struct bench *b)
{
	bench_template(b, arena_printf(b->a, PLACES, 2));
}

static int apply(struct bench *b)
{
	__atomic_add_fetch(&b->clock.now_ms, 1000, __ATOMIC_RELAXED);
	return bench_apply(b);
}

static bool stepped(struct bench *b, const char *step)
{
	return strstr(str_cstr(&b->steps), step) != NULL;
}

static const char *reason_of(struct bench *b, const char *region)
{
	struct result_list list;

	assert_int_equal(state_load_last_results(bench_state(b), b->a, &list, &b->d), 0);
	for (size_t i = 0; i < list.count; i++) {
		if (!strcmp(list.items[i].id.region, region))
			return list.items[i].reason;
	}
	return NULL;
}

/* --- between waves -------------------------------------------------------------------- */

static void a_wave_bakes_before_the_next(void **state)
{
	struct bench *b = *state;
	int64_t began_ms;

	project(b, WAVES, "");
	began_ms = b->clock.now_ms;
	assert_int_equal(apply(b), 0);
	assert_true(b->clock.now_ms - began_ms >= 300000);
	assert_true(checks_made("shop", "east") >= 30);
	assert_int_equal(checks_made("shop", "west"), 0);
	assert_true(stepped(b, "end web/east SUCCEEDED|bake|check web/east shop (east) is healthy: "
			       "200|bake|"));
	assert_true(stepped(b, "gate passed|wave wave 2|start web/west|"));
}

static void an_unhealthy_check_fails_the_gate_at_once(void **state)
{
	struct bench *b = *state;
	int64_t began_ms;

	project(b, WAVES, "");
	checks_script("shop", "east", "111000");
	began_ms = b->clock.now_ms;
	assert_int_equal(apply(b), -1);
	assert_true(b->clock.now_ms - began_ms < 100000);
	assert_int_equal(b->result.faults[0], ROLLOUT_GATE_FAILS);
	assert_true(bench_said(b, DIAG_ROLLOUT_GATE));
	assert_string_equal(bench_diag(b, DIAG_ROLLOUT_GATE)->detail, "shop (east): 503");
	assert_true(stepped(b, "gate shop (east): 503|end web/west CANCELLED|"));
	assert_false(b->result.refused);
	assert_true(cloud_has("east"));
	assert_false(cloud_has("west"));
	assert_string_equal(reason_of(b, "west"), "the health gate before it was not passed");
}

static void a_failed_gate_takes_all_back(void **state)
{
	struct bench *b = *state;

	project(b, WAVES ", OnFailure: all", "");
	b->on_failure = ON_FAILURE_DEFAULT;
	assert_int_equal(apply(b), 0);
	update(b);
	checks_script("shop", "east", "0");
	assert_int_equal(apply(b), -1);
	assert_string_equal(cloud_property("east", "Size"), "1");
	assert_string_equal(bench_instance(b, "east")->status, "ROLLED_BACK");
	assert_string_equal(bench_instance(b, "west")->status, "CURRENT");
	assert_int_equal(b->result.targets_rolled_back, 1);
}

static void checks_are_made_behind_the_last_wave(void **state)
{
	struct bench *b = *state;

	project(b, "HealthChecks: [shop]", "");
	checks_script("shop", "west", "0");
	assert_int_equal(apply(b), -1);
	assert_int_equal(b->result.done.create, 2);
	assert_true(bench_said(b, DIAG_ROLLOUT_GATE));
	assert_true(checks_made("shop", "east") >= 1);
	/* There is nothing to do and nobody to ask. */
	assert_int_equal(apply(b), 0);
}

/* What an earlier run has done is looked at before this one goes on behind it. */
static void gates_of_waves_with_nothing_to_do_are_asked_again(void **state)
{
	struct bench *b = *state;

	project(b, WAVES, "");
	checks_script("shop", "east", "0");
	assert_int_equal(apply(b), -1);
	assert_int_equal(apply(b), -1);
	assert_true(b->result.refused);
	assert_int_equal(b->result.faults[0], ROLLOUT_GATE_FAILS);
	assert_int_equal(b->result.fault_at[0], 0);
	assert_false(cloud_has("west"));
	assert_true(bench_said(b, DIAG_ROLLOUT_GATE));
	checks_script("shop", "east", "1");
	assert_int_equal(apply(b), 0);
	assert_true(cloud_has("west"));
	/* Asked, not baked. */
	assert_int_equal(checks_made("shop", "east"), 2);
	assert_false(stepped(b, "bake"));
}

static void a_check_that_nobody_carries_out_is_unhealthy(void **state)
{
	struct bench *b = *state;

	project(b, "HealthChecks: [shop]", "");
	checks_script("shop", "east", "!");
	assert_int_equal(apply(b), -1);
	assert_true(bench_said(b, DIAG_ROLLOUT_GATE));
}

static void what_goes_up_and_down_for_ever_is_not_healthy(void **state)
{
	struct bench *b = *state;
	static const char up_and_down[] =
		"101010101010101010101010101010101010101010101010101010101010";

	project(b, "HealthChecks: [shop], RegionConcurrency: PARALLEL", "");
	checks_script("shop", "east", up_and_down);
	assert_int_equal(apply(b), -1);
	assert_non_null(strstr(bench_diag(b, DIAG_ROLLOUT_GATE)->detail, "up and down"));
}

static void stop_when_baking(struct bench *b, const struct event *e)
{
	if (e->kind == EVENT_BAKING)
		__atomic_store_n(&b->interrupts, 1, __ATOMIC_RELAXED);
}

static void a_stop_ends_the_bake_at_once(void **state)
{
	struct bench *b = *state;
	int64_t began_ms;

	project(b, WAVES, "");
	b->on_step = stop_when_baking;
	began_ms = b->clock.now_ms;
	assert_int_equal(apply(b), -1);
	assert_true(b->result.interrupted);
	assert_true(b->clock.now_ms - began_ms < 20000);
	assert_string_equal(bench_instance(b, "east")->status, "CURRENT");
	assert_string_equal(reason_of(b, "west"), "the run was stopped");
	b->on_step = NULL;
	b->interrupts = 0;
	assert_int_equal(apply(b), 0);
	assert_true(cloud_has("west"));
}

static void a_stop_in_the_last_bake_is_said(void **state)
{
	struct bench *b = *state;

	project(b, "Waves: [{Bake: 5m}]", "");
	b->on_step = stop_when_baking;
	assert_int_equal(apply(b), -1);
	assert_true(b->result.interrupted);
	assert_true(bench_said(b, DIAG_RUN_STOPPED));
	assert_int_equal(b->result.done.create, 2);
}

/* --- of one target --------------------------------------------------------------------- */

static void a_gate_keeps_a_target_from_being_touched(void **state)
{
	struct bench *b = *state;

	project(b, "Gate: shop, FailureTolerance: 100%", "");
	checks_script("shop", "east", "0");
	assert_int_equal(apply(b), 0);
	assert_false(cloud_has("east"));
	assert_true(cloud_has("west"));
	assert_true(bench_said(b, DIAG_ROLLOUT_TARGET));
	assert_string_equal(reason_of(b, "east"), "its gate said no: shop (east): 503");
	assert_null(bench_instance(b, "east"));
	assert_int_equal(b->result.targets_tolerated, 1);
	assert_true(stepped(b, "gate web/east shop (east): 503|"));
	assert_true(stepped(b, "gate web/west passed|start web/west|"));
}

static void a_gate_that_says_no_first_refuses_the_run(void **state)
{
	struct bench *b = *state;

	project(b, "Gate: shop", "");
	b->on_failure = ON_FAILURE_INSTANCE;
	checks_script("shop", "east", "0");
	assert_int_equal(apply(b), -1);
	assert_true(b->result.refused);
	assert_null(b->result.rollback);
	assert_int_equal(cloud_count(), 0);
}

static struct bench *asked;

static void stop_when_checked(const char *check, const char *region)
{
	(void)check;
	(void)region;
	__atomic_store_n(&asked->interrupts, 1, __ATOMIC_RELAXED);
}

static void a_stop_while_a_target_is_asked_touches_nothing(void **state)
{
	struct bench *b = *state;

	project(b, "Gate: shop", "");
	asked = b;
	checks_set_hook(stop_when_checked);
	assert_int_equal(apply(b), -1);
	assert_true(b->result.interrupted);
	assert_int_equal(b->result.targets_cancelled, 2);
	assert_int_equal(cloud_count(), 0);
}

/* --- healthy regions ------------------------------------------------------------------- */

#define MINIMUM "HealthChecks: [shop], MinHealthyRegions: 1"

static void a_first_deployment_needs_no_healthy_region(void **state)
{
	struct bench *b = *state;

	project(b, MINIMUM, "");
	assert_int_equal(apply(b), 0);
	assert_int_equal(cloud_count(), 2);
}

static void too_few_healthy_regions_refuse_the_run(void **state)
{
	struct bench *b = *state;

	project(b, MINIMUM, "");
	assert_int_equal(apply(b), 0);
	update(b);
	checks_script("shop", "west", "0");
	assert_int_equal(apply(b), -1);
	assert_true(b->result.refused);
	assert_int_equal(cloud_calls(CLOUD_UPDATE, "*"), 0);
	assert_non_null(
		strstr(bench_diag(b, DIAG_ROLLOUT_STARVED)->detail, "west: shop (west): 503"));
	assert_string_equal(reason_of(b, "east"), "too few other regions are healthy");
	assert_string_equal(bench_instance(b, "east")->status, "CURRENT");
}

static void a_region_that_is_sick_after_its_change_keeps_the_others(void **state)
{
	struct bench *b = *state;

	project(b, MINIMUM, "");
	assert_int_equal(apply(b), 0);
	update(b);
	checks_script("shop", "east", "11000");
	assert_int_equal(apply(b), -1);
	assert_false(b->result.refused);
	assert_string_equal(cloud_property("east", "Size"), "2");
	assert_string_equal(cloud_property("west", "Size"), "1");
	assert_true(bench_said(b, DIAG_ROLLOUT_STARVED));
}

static void a_destroy_that_leaves_too_little_does_not_begin(void **state)
{
	struct bench *b = *state;

	project(b, "MinHealthyRegions: 1", "");
	assert_int_equal(apply(b), 0);
	assert_int_equal(bench_destroy(b), -1);
	assert_int_equal(cloud_count(), 2);
	assert_true(b->result.refused);
	assert_string_equal(bench_diag(b, DIAG_ROLLOUT_STARVED)->detail,
			    "MinHealthyRegions: 1 region must be left, and 0 would be.");
}

/* East is there, west went back to nothing: west first. */
static void a_region_that_went_back_to_nothing_is_not_healthy(void **state)
{
	struct bench *b = *state;
	struct run_request q = {.mode = RUN_APPLY, .on_failure = ON_FAILURE_INSTANCE};

	project(b, "MinHealthyRegions: 1", "");
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .name = "west", .status = HD_FATAL, .effect = HD_EFFECT_NONE});
	assert_int_equal(bench_run(b, &q), -1);
	assert_int_equal(cloud_count(), 1);
	cloud_drop_rules();
	update(b);
	assert_int_equal(apply(b), -1);
	assert_true(b->result.refused);
	assert_string_equal(cloud_property("east", "Size"), "1");
	assert_non_null(strstr(bench_diag(b, DIAG_ROLLOUT_STARVED)->hint,
			       "'hadeploy apply web --region west'"));
}

/* --- freezes --------------------------------------------------------------------------- */

static void a_freeze_refuses_a_run(void **state)
{
	struct bench *b = *state;
	struct run_request q = {.mode = RUN_APPLY, .freeze_reason = "the shop is down"};

	project(b, "", "FreezeWindows: [{Name: always, From: 2025-11-01, To: 2026-11-01}]\n");
	assert_int_equal(apply(b), -1);
	assert_true(b->result.refused);
	assert_true(bench_said(b, DIAG_ROLLOUT_FREEZE));
	assert_int_equal(cloud_count(), 0);
	assert_int_equal(bench_run(b, &q), 0);
	assert_int_equal(cloud_count(), 2);
	/* Nothing to do is no change. */
	assert_int_equal(apply(b), 0);
}

/* The bench's time begins at 2025-11-24T16:00:00Z. */
static void a_freeze_that_begins_stops_before_the_next_wave(void **state)
{
	struct bench *b = *state;

	project(b, "Waves: [{Regions: [east], Bake: 2h}, {}]",
		"FreezeWindows: [{Name: evening, Daily: '17:00-23:00', Regions: [west]}]\n");
	assert_int_equal(apply(b), -1);
	assert_true(cloud_has("east"));
	assert_false(cloud_has("west"));
	assert_true(bench_said(b, DIAG_ROLLOUT_FREEZE_BEGAN));
	assert_string_equal(reason_of(b, "west"), "freeze window 'evening'");
	assert_int_equal(b->result.targets_cancelled, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(a_wave_bakes_before_the_next),
		RUN_TEST(an_unhealthy_check_fails_the_gate_at_once),
		RUN_TEST(a_failed_gate_takes_all_back),
		RUN_TEST(checks_are_made_behind_the_last_wave),
		RUN_TEST(gates_of_waves_with_nothing_to_do_are_asked_again),
		RUN_TEST(a_check_that_nobody_carries_out_is_unhealthy),
		RUN_TEST(what_goes_up_and_down_for_ever_is_not_healthy),
		RUN_TEST(a_stop_ends_the_bake_at_once),
		RUN_TEST(a_stop_in_the_last_bake_is_said),
		RUN_TEST(a_gate_keeps_a_target_from_being_touched),
		RUN_TEST(a_gate_that_says_no_first_refuses_the_run),
		RUN_TEST(a_stop_while_a_target_is_asked_touches_nothing),
		RUN_TEST(a_first_deployment_needs_no_healthy_region),
		RUN_TEST(too_few_healthy_regions_refuse_the_run),
		RUN_TEST(a_region_that_is_sick_after_its_change_keeps_the_others),
		RUN_TEST(a_destroy_that_leaves_too_little_does_not_begin),
		RUN_TEST(a_region_that_went_back_to_nothing_is_not_healthy),
		RUN_TEST(a_freeze_refuses_a_run),
		RUN_TEST(a_freeze_that_begins_stops_before_the_next_wave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
