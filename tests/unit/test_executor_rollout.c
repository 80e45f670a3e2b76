/* test_executor_rollout.c - the order in which instances start, and what stops it. */
#include "tests/unit/run_bench.h"

#include <string.h>

/* One thing for each instance, called after its place. */
#define PLACES                                                             \
	"Resources:\n  A: {Type: 'Cloud::Thing', Properties: {Name: !Sub " \
	"'${HA::Account}${AWS::Region}', Size: 1}}\n"

#define HEAD                                                                                    \
	"Project: shop\nRegions: {east: {}, west: {}, north: {}}\nAccounts: {a: {}, b: {}, c: " \
	"{}}\n"

#define AT(region, account) "{Region: " region ", Account: " account "}"
#define TWO "[" AT("east", "a") ", " AT("east", "b") "]"
#define FOUR "[" AT("east", "a") ", " AT("east", "b") ", " AT("west", "a") ", " AT("west", "b") "]"
#define SIX                                                                    \
	"[" AT("east", "a") ", " AT("east", "b") ", " AT("east", "c") ", " AT( \
		"west", "a") ", " AT("west", "b") ", " AT("west", "c") "]"

static void project(struct bench *b, const char *targets, const char *rollout)
{
	const char *text = arena_printf(b->a,
					HEAD "Stacks: {web: {Template: web.yaml, Targets: %s, "
					     "Rollout: {%s}}}\n",
					targets, rollout);

	bench_manifest(b, text);
	bench_template(b, PLACES);
}

static void break_create(const char *name)
{
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .name = name, .status = HD_FATAL, .effect = HD_EFFECT_NONE});
}

/* Runs are told apart by when they began. */
static int apply(struct bench *b)
{
	__atomic_add_fetch(&b->clock.now_ms, 1000, __ATOMIC_RELAXED);
	return bench_apply(b);
}

static void assert_steps(const struct bench *b, const char *steps)
{
	assert_string_equal(str_cstr((struct str *)&b->steps), steps);
}

static void assert_begins(struct bench *b, const char *steps)
{
	if (strncmp(str_cstr(&b->steps), steps, strlen(steps)) != 0)
		assert_steps(b, steps);
}

static const struct instance_result *result_of(struct bench *b, const char *region,
					       const char *account)
{
	struct result_list list;

	assert_int_equal(state_load_last_results(bench_state(b), b->a, &list, &b->d), 0);
	for (size_t i = 0; i < list.count; i++) {
		if (!strcmp(list.items[i].id.region, region) &&
		    !strcmp(list.items[i].id.account, account))
			return &list.items[i];
	}
	return NULL;
}

/* --- order ---------------------------------------------------------------------------- */

static void regions_go_one_after_the_other_in_the_order_of_targets(void **state)
{
	struct bench *b = *state;

	project(b, "[west, east]", "");
	assert_int_equal(apply(b), 0);
	assert_steps(b, "wave -|start web/west|end web/west SUCCEEDED|start web/east|"
			"end web/east SUCCEEDED|");
	assert_true(cloud_first_call(CLOUD_CREATE, "-west") <
		    cloud_first_call(CLOUD_CREATE, "-east"));
	assert_int_equal(b->result.targets_succeeded, 2);
	assert_string_equal(b->result.statuses[0], "SUCCEEDED");
	/* What is there has nothing to wait for. */
	assert_int_equal(apply(b), 0);
	assert_steps(b, "");
}

static void a_destroy_goes_the_other_way_round(void **state)
{
	struct bench *b = *state;

	project(b, "[west, east]", "");
	assert_int_equal(apply(b), 0);
	assert_int_equal(bench_destroy(b), 0);
	assert_steps(b, "wave -|start web/east|end web/east SUCCEEDED|start web/west|"
			"end web/west SUCCEEDED|");
	assert_int_equal(cloud_count(), 0);
}

static void accounts_of_a_region_go_side_by_side_up_to_max_concurrent(void **state)
{
	struct bench *b = *state;

	project(b, SIX, "MaxConcurrent: 2");
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .status = HD_PENDING, .polls = 3, .wait_ms = 50});
	assert_int_equal(apply(b), 0);
	assert_int_equal(cloud_count(), 6);
	assert_begins(b, "wave -|start web/a/east|start web/b/east|end");
	assert_true(cloud_first_call(CLOUD_CREATE, "awest") >
		    cloud_first_call(CLOUD_CREATE, "ceast"));
}

static void parallel_regions_start_together(void **state)
{
	struct bench *b = *state;

	project(b, "[east, west]", "RegionConcurrency: PARALLEL");
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .status = HD_PENDING, .polls = 3, .wait_ms = 50});
	assert_int_equal(apply(b), 0);
	assert_begins(b, "wave -|start web/east|start web/west|end");
}

static void waves_go_one_after_the_other(void **state)
{
	struct bench *b = *state;

	project(b, "[east, west, north]",
		"RegionConcurrency: PARALLEL, Waves: [{Name: canary, Regions: [north]}, {Name: "
		"all}]");
	assert_int_equal(apply(b), 0);
	assert_begins(b, "wave canary|start web/north|end web/north SUCCEEDED|wave all|start");
	assert_string_equal(result_of(b, "north", "-")->wave, "canary");
	assert_string_equal(result_of(b, "east", "-")->wave, "all");
	assert_int_equal(result_of(b, "north", "-")->order, 0);
}

static void stacks_wait_for_each_other_place_by_place(void **state)
{
	struct bench *b = *state;

	bench_manifest(b, "Project: shop\nRegions: {east: {}, west: {}}\nStacks:\n"
			  "  net: {Template: net.yaml, Targets: [east, west]}\n"
			  "  web: {Template: web.yaml, Targets: [east, west], DependsOn: [net]}\n");
	bench_template(b, PLACES);
	bench_file(b, "net.yaml",
		   "Resources:\n  A: {Type: 'Cloud::Thing', Properties: {Name: !Sub "
		   "'net-${AWS::Region}'}}\n");
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE,
					    .name = "net-west",
					    .status = HD_PENDING,
					    .polls = 3,
					    .wait_ms = 50});
	assert_int_equal(apply(b), 0);
	/* web/east waits for net/east alone, and web/west for its region and for net/west. */
	assert_true(strstr(str_cstr(&b->steps), "end web/east SUCCEEDED|") <
		    strstr(str_cstr(&b->steps), "end net/west SUCCEEDED|"));
	assert_true(strstr(str_cstr(&b->steps), "start web/west|") >
		    strstr(str_cstr(&b->steps), "end net/west SUCCEEDED|"));
}

/* --- failures ------------------------------------------------------------------------- */

static void the_first_failure_keeps_other_regions_as_they_are(void **state)
{
	struct bench *b = *state;

	project(b, "[east, west]", "");
	break_create("-east");
	assert_int_equal(apply(b), -1);
	assert_steps(b, "wave -|start web/east|end web/east FAILED|end web/west CANCELLED|");
	assert_true(bench_said(b, DIAG_ROLLOUT_FAILED));
	assert_int_equal(b->result.targets_failed, 2);
	assert_int_equal(b->result.targets_cancelled, 1);
	assert_int_equal(b->result.faults[0], ROLLOUT_TOLERANCE);
	assert_null(bench_instance(b, "west"));
	assert_string_equal(bench_instance(b, "east")->status, "FAILED");
	assert_string_equal(result_of(b, "east", "-")->status, "FAILED");
	assert_non_null(strstr(result_of(b, "east", "-")->reason, "A: "));
	assert_string_equal(result_of(b, "west", "-")->status, "CANCELLED");
	assert_string_equal(result_of(b, "west", "-")->reason,
			    "more failed in region 'east' than is tolerated");
	cloud_drop_rules();
	assert_int_equal(apply(b), 0);
	assert_int_equal(cloud_count(), 2);
	assert_string_equal(result_of(b, "west", "-")->status, "SUCCEEDED");
}

static void a_cancelled_update_leaves_what_was_current(void **state)
{
	struct bench *b = *state;

	project(b, "[east, west]", "");
	assert_int_equal(apply(b), 0);
	bench_template(b, "Resources:\n  A: {Type: 'Cloud::Thing', Properties: {Name: !Sub "
			  "'${HA::Account}${AWS::Region}', Size: 2}}\n");
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_UPDATE, .name = "-east", .status = HD_FATAL, .effect = HD_EFFECT_NONE});
	b->on_failure = ON_FAILURE_INSTANCE;
	assert_int_equal(apply(b), -1);
	assert_string_equal(bench_instance(b, "east")->status, "ROLLED_BACK");
	assert_string_equal(bench_instance(b, "west")->status, "CURRENT");
	assert_string_equal(result_of(b, "east", "-")->status, "ROLLED_BACK");
	assert_string_equal(b->result.statuses[0], "ROLLED_BACK");
	assert_string_equal(b->result.statuses[1], "CANCELLED");
	assert_int_equal(cloud_calls(CLOUD_UPDATE, "-west"), 0);
}

static void failures_within_tolerance_do_not_fail_the_run(void **state)
{
	struct bench *b = *state;

	project(b, FOUR, "FailureTolerance: 1, MaxConcurrent: 1");
	break_create("aeast");
	assert_int_equal(apply(b), 0);
	assert_int_equal(b->result.targets_failed, 1);
	assert_int_equal(b->result.targets_tolerated, 1);
	assert_int_equal(b->result.targets_succeeded, 3);
	assert_int_equal(b->result.faults[0], ROLLOUT_WELL);
	assert_false(bench_said(b, DIAG_ROLLOUT_FAILED));
	assert_int_equal(cloud_count(), 3);
	/* Only what is missing is done by the next run. */
	cloud_drop_rules();
	assert_int_equal(apply(b), 0);
	assert_steps(b, "wave -|start web/a/east|end web/a/east SUCCEEDED|");
}

static void when_all_fail_no_tolerance_helps(void **state)
{
	struct bench *b = *state;

	project(b, "[east, west]", "FailureTolerance: 100%");
	break_create("*");
	assert_int_equal(apply(b), -1);
	assert_int_equal(b->result.targets_tolerated, 2);
	assert_int_equal(b->result.faults[0], ROLLOUT_WELL);
}

static void the_failure_too_many_cancels_what_is_left(void **state)
{
	struct bench *b = *state;

	project(b, SIX, "FailureTolerance: 1, ConcurrencyMode: STRICT");
	break_create("aeast");
	break_create("beast");
	assert_int_equal(apply(b), -1);
	assert_int_equal(b->result.targets_cancelled, 4);
	assert_int_equal(b->result.targets_failed, 6);
	assert_int_equal(b->result.targets_tolerated, 0);
	assert_int_equal(cloud_count(), 0);
}

static void what_needs_a_failed_instance_is_skipped(void **state)
{
	struct bench *b = *state;

	bench_manifest(b, "Project: shop\nRegions: {east: {}, west: {}}\nStacks:\n"
			  "  net: {Template: net.yaml, Targets: [east, west], Rollout: "
			  "{FailureTolerance: 1}}\n"
			  "  web: {Template: web.yaml, Targets: [east, west], DependsOn: [net], "
			  "Rollout: {FailureTolerance: 1}}\n");
	bench_template(b, PLACES);
	bench_file(b, "net.yaml",
		   "Resources:\n  A: {Type: 'Cloud::Thing', Properties: {Name: !Sub "
		   "'net-${AWS::Region}'}}\n");
	break_create("net-east");
	assert_int_equal(apply(b), 0);
	assert_int_equal(b->result.targets_skipped, 1);
	assert_int_equal(b->result.targets_tolerated, 2);
	assert_int_equal(cloud_count(), 2);
	assert_null(cloud_has("-east") ? "there" : NULL);
	assert_string_equal(result_of(b, "east", "-")->status, "FAILED");
}

static void a_wave_fails_by_its_own_tolerance(void **state)
{
	struct bench *b = *state;

	project(b, "[east, west, north]",
		"FailureTolerance: 100%, Waves: [{Name: canary, Regions: [north]}, {}]");
	break_create("-north");
	assert_int_equal(apply(b), -1);
	assert_int_equal(b->result.faults[0], ROLLOUT_WAVE_FAILS);
	assert_int_equal(b->result.targets_cancelled, 2);
	assert_string_equal(result_of(b, "east", "-")->reason,
			    "more failed in wave 'canary' than is tolerated");
}

/* The status of the latest run. */
static const char *run_status(struct bench *b)
{
	struct run_list list;

	assert_int_equal(state_load_runs(bench_state(b), 1, b->a, &list, &b->d), 0);
	assert_int_equal(list.count, 1);
	return list.items[0].status;
}

/* --- what goes back ------------------------------------------------------------------- */

static void update_to_two(struct bench *b)
{
	bench_template(b, "Resources:\n  A: {Type: 'Cloud::Thing', Properties: {Name: !Sub "
			  "'${HA::Account}${AWS::Region}', Size: 2}}\n");
}

static void break_update(const char *name)
{
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_UPDATE, .name = name, .status = HD_FATAL, .effect = HD_EFFECT_NONE});
}

static void all_go_back_when_the_rollout_fails(void **state)
{
	struct bench *b = *state;

	b->on_failure = ON_FAILURE_DEFAULT;
	project(b, "[east, west, north]", "OnFailure: all");
	assert_int_equal(apply(b), 0);
	update_to_two(b);
	break_update("-west");
	assert_int_equal(apply(b), -1);
	assert_string_equal(cloud_property("-east", "Size"), "1");
	assert_string_equal(cloud_property("-west", "Size"), "1");
	assert_string_equal(cloud_property("-north", "Size"), "1");
	assert_string_equal(bench_instance(b, "east")->status, "ROLLED_BACK");
	assert_string_equal(bench_instance(b, "north")->status, "CURRENT");
	assert_int_equal(b->result.targets_rolled_back, 2);
	assert_string_equal(run_status(b), "ROLLED_BACK");
	assert_string_equal(result_of(b, "east", "-")->status, "ROLLED_BACK");
	/* From here it goes forward again. */
	cloud_drop_rules();
	assert_int_equal(apply(b), 0);
	assert_string_equal(cloud_property("-east", "Size"), "2");
	assert_string_equal(cloud_property("-north", "Size"), "2");
}

static void a_wave_goes_back_and_the_one_before_stays(void **state)
{
	struct bench *b = *state;

	b->on_failure = ON_FAILURE_WAVE;
	project(b, "[east, west, north]", "Waves: [{Regions: [east]}, {}]");
	assert_int_equal(apply(b), 0);
	update_to_two(b);
	break_update("-north");
	assert_int_equal(apply(b), -1);
	assert_string_equal(cloud_property("-east", "Size"), "2");
	assert_string_equal(cloud_property("-west", "Size"), "1");
	assert_string_equal(cloud_property("-north", "Size"), "1");
	assert_int_equal(b->result.targets_rolled_back, 2);
	/* Not all is as it was before. */
	assert_string_equal(run_status(b), "FAILED");
	assert_string_equal(bench_instance(b, "east")->status, "CURRENT");
}

static void a_tolerated_failure_goes_back_alone(void **state)
{
	struct bench *b = *state;

	b->on_failure = ON_FAILURE_ALL;
	project(b, TWO, "FailureTolerance: 1");
	assert_int_equal(apply(b), 0);
	update_to_two(b);
	break_update("aeast");
	assert_int_equal(apply(b), 0);
	assert_string_equal(cloud_property("aeast", "Size"), "1");
	assert_string_equal(cloud_property("beast", "Size"), "2");
	assert_int_equal(b->result.targets_rolled_back, 1);
}

/* --- stops and crashes ---------------------------------------------------------------- */

static void a_stop_begins_no_other_instance(void **state)
{
	struct bench *b = *state;

	project(b, "[east, west]", "");
	b->stop_after = 1;
	assert_int_equal(apply(b), -1);
	assert_true(b->result.interrupted);
	assert_steps(b, "wave -|start web/east|end web/west CANCELLED|end web/east SUCCEEDED|");
	assert_int_equal(cloud_count(), 1);
	assert_string_equal(result_of(b, "west", "-")->reason, "the run was stopped");
	assert_int_equal(b->result.faults[0], ROLLOUT_STOPPED);
	b->stop_after = b->interrupts = 0;
	assert_int_equal(apply(b), 0);
	assert_steps(b, "wave -|start web/west|end web/west SUCCEEDED|");
}

static void a_crash_in_the_middle_is_gone_on_with(void **state)
{
	struct bench *b = *state;

	project(b, "[east, west, north]", "");
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .name = "-west", .trick = CLOUD_DIES_AFTER});
	bench_apply_dying(b);
	assert_string_equal(result_of(b, "east", "-")->status, "SUCCEEDED");
	assert_string_equal(result_of(b, "west", "-")->status, "RUNNING");
	assert_string_equal(result_of(b, "north", "-")->status, "PENDING");
	assert_null(bench_instance(b, "north"));
	assert_int_equal(apply(b), 0);
	assert_int_equal(b->recovered, 1);
	assert_int_equal(cloud_made("-east"), 1);
	assert_int_equal(cloud_made("-west"), 1);
	assert_int_equal(cloud_count(), 3);
	assert_string_equal(result_of(b, "north", "-")->status, "SUCCEEDED");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(regions_go_one_after_the_other_in_the_order_of_targets),
		RUN_TEST(a_destroy_goes_the_other_way_round),
		RUN_TEST(accounts_of_a_region_go_side_by_side_up_to_max_concurrent),
		RUN_TEST(parallel_regions_start_together),
		RUN_TEST(waves_go_one_after_the_other),
		RUN_TEST(stacks_wait_for_each_other_place_by_place),
		RUN_TEST(the_first_failure_keeps_other_regions_as_they_are),
		RUN_TEST(a_cancelled_update_leaves_what_was_current),
		RUN_TEST(failures_within_tolerance_do_not_fail_the_run),
		RUN_TEST(when_all_fail_no_tolerance_helps),
		RUN_TEST(the_failure_too_many_cancels_what_is_left),
		RUN_TEST(what_needs_a_failed_instance_is_skipped),
		RUN_TEST(a_wave_fails_by_its_own_tolerance),
		RUN_TEST(all_go_back_when_the_rollout_fails),
		RUN_TEST(a_wave_goes_back_and_the_one_before_stays),
		RUN_TEST(a_tolerated_failure_goes_back_alone),
		RUN_TEST(a_stop_begins_no_other_instance),
		RUN_TEST(a_crash_in_the_middle_is_gone_on_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
