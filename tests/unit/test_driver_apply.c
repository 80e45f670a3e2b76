/* test_driver_apply.c - steps Apply and Action: an engine beside the conductor's. */
#include "tests/unit/driver_bench.h"

#include <sys/resource.h>

/* --- Apply -------------------------------------------------------------------------------- */

#define APPLY "{\"Stack\":[\"web\"],\"Parameters\":{\"Capacity\":3}}"

static const struct parameter_override * override(struct conduct *x, size_t *count)
{
	struct override_list list = {0};
	struct state *s = engine_state_open(x->b->dir, STATE_READ, NULL, &x->b->d);

	assert_int_equal(journal_load_overrides(s, x->a, &list, &x->b->d), 0);
	state_close(s);
	*count = list.count;
	return list.items;
}

TEST(apply_sets_parameters_that_stay)
{
	const struct parameter_override *o;
	size_t count;

	in_real_time(x);
	load(x, STEP_APPLY, "west", APPLY);
	run(x, STEP_FORWARD);
	if (x->how != STEP_ENDED_WELL_DONE)
		bench_show(x->b);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_string_equal(cloud_property("a-west", "Size"), "3");
	assert_false(cloud_has("a-east"));
	assert_string_equal(result_at(x, "/Created"), "1");
	assert_int_equal(x->b->succeeded, 1);
	o = override(x, &count);
	assert_int_equal(count, 1);
	assert_string_equal(o->value, "3");
	assert_string_equal(o->execution, "20261121-1-abc");
	assert_string_equal(o->instance.region, "west");
}

TEST(an_apply_is_undone_with_its_parameters)
{
	size_t count;

	in_real_time(x);
	load(x, STEP_APPLY, "west", APPLY);
	run(x, STEP_FORWARD);
	run(x, STEP_BACK);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_string_equal(cloud_property("a-west", "Size"), "1");
	override(x, &count);
	assert_int_equal(count, 0);
}

TEST(an_apply_that_is_killed_runs_again_and_knows_what_was_before)
{
	size_t count;

	in_real_time(x);
	load(x, STEP_APPLY, "west", APPLY);
	run_killed(x, 1);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	run(x, STEP_BACK);
	assert_string_equal(cloud_property("a-west", "Size"), "1");
	override(x, &count);
	assert_int_equal(count, 0);
}

TEST(an_apply_that_fails_says_why)
{
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE, .status = HD_FATAL});
	in_real_time(x);
	load(x, STEP_APPLY, "west", APPLY);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(result_at(x, "/Failed"), "1");
	assert_int_equal(x->b->failed, 1);
}

TEST(a_secret_is_not_recorded_as_a_parameter)
{
	size_t count;

	in_real_time(x);
	load(x, STEP_APPLY, "west", "{\"Stack\":\"web\",\"Parameters\":{\"Pw\":\"tiger7\"}}");
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(x->reason, "parameter 'Pw' is a secret");
	assert_true(bench_said(x->b, DIAG_STEP_SECRET));
	override(x, &count);
	assert_int_equal(count, 0);
}

TEST(a_parameter_that_no_stack_has_is_a_failure)
{
	in_real_time(x);
	load(x, STEP_APPLY, "west", "{\"Stack\":\"web\",\"Parameters\":{\"Size\":1}}");
	run(x, STEP_FORWARD);
	assert_string_equal(x->reason, "no stack of the step has a parameter 'Size'");
	assert_false(cloud_has("a-west"));
}

/* The step is given up while a call is out; what runs ends by itself. */
TEST(an_apply_that_is_stopped_is_waited_for_at_the_end)
{
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE, .trick = CLOUD_WAITS_CANCEL});
	in_real_time(x);
	load(x, STEP_APPLY, "west", APPLY);
	begin(x, STEP_FORWARD);
	assert_false(x->over);
	x->driver->stop(&x->run);
	assert_non_null(x->ends);
	assert_false(x->over);
	forget_memory(x);
}

/* --- Action ------------------------------------------------------------------------------- */

#define ACTION "{\"Resource\":\"web/west/A\",\"Action\":\"snapshot\",\"With\":{\"Why\":\"drill\"}}"

static void recorded_thing(struct conduct *x)
{
	in_real_time(x);
	load(x, STEP_APPLY, "west", "{\"Stack\":\"web\"}");
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	json_decref(x->spec.values);
	free(x->memory);
	x->memory = NULL;
	x->remembered = 0;
}

static struct operation_list operations(struct conduct *x, size_t *open)
{
	struct operation_list all = {0}, list = {0};
	struct state *s = engine_state_open(x->b->dir, STATE_READ, NULL, &x->b->d);

	assert_int_equal(state_load_run_operations(s, x->row.id, x->a, &all, &x->b->d), 0);
	assert_int_equal(state_load_open_operations(s, NULL, x->a, &list, &x->b->d), 0);
	state_close(s);
	*open = list.count;
	return all;
}

TEST(an_action_is_an_operation_of_the_resource)
{
	struct operation_list all;
	size_t open;

	recorded_thing(x);
	load(x, STEP_ACTION, "", ACTION);
	run(x, STEP_FORWARD);
	if (x->how != STEP_ENDED_WELL_DONE)
		bench_show(x->b);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_string_equal(result_at(x, "/SnapshotId"), "\"snap-1\"");
	assert_int_equal(cloud_calls(CLOUD_ACT, "a-west"), 1);
	all = operations(x, &open);
	assert_int_equal(open, 0);
	assert_int_equal(all.count, 1);
	assert_int_equal(all.items[0].action, OPERATION_ACT);
	assert_int_equal(all.items[0].result, OPERATION_SUCCEEDED);
}

TEST(an_action_that_fails_has_its_end)
{
	size_t open;

	recorded_thing(x);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_ACT, .status = HD_FATAL});
	load(x, STEP_ACTION, "", ACTION);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_int_equal(operations(x, &open).items[0].result, OPERATION_FAILED);
	assert_int_equal(open, 0);
}

TEST(an_action_whose_answer_is_lost_is_asked_with_the_same_key)
{
	recorded_thing(x);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_ACT,
					    .times = 1,
					    .status = HD_RETRY,
					    .effect = HD_EFFECT_UNKNOWN,
					    .happens = true});
	load(x, STEP_ACTION, "", ACTION);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_string_equal(result_at(x, "/SnapshotId"), "\"snap-1\"");
}

TEST(an_action_that_was_done_is_not_done_again)
{
	recorded_thing(x);
	load(x, STEP_ACTION, "", ACTION);
	run(x, STEP_FORWARD);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_int_equal(cloud_calls(CLOUD_ACT, "a-west"), 1);
}

/* The process ended while it was pending: the next one polls; so does the next plan. */
TEST(an_open_action_is_seen_to_its_end)
{
	struct run_request q = {.mode = RUN_APPLY};
	struct operation_list all = {0};
	size_t open;

	recorded_thing(x);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_ACT, .status = HD_PENDING, .polls = 20, .wait_ms = 10});
	load(x, STEP_ACTION, "", ACTION);
	begin(x, STEP_FORWARD);
	while (!all.count || !*all.items[0].token)
		all = operations(x, &open);
	x->driver->stop(&x->run);
	close_process(x);
	forget_memory(x);
	operations(x, &open);
	assert_int_equal(open, 1);
	cloud_drop_rules();
	open_process(x);
	assert_int_equal(engine_run(x->b->e, &q, &x->b->result, &x->b->d), 0);
	operations(x, &open);
	assert_int_equal(open, 0);
	assert_int_equal(cloud_calls(CLOUD_ACT, "a-west"), 1);
}

TEST(an_action_of_what_is_not_recorded_is_refused)
{
	recorded_thing(x);
	load(x, STEP_ACTION, "", "{\"Resource\":\"web/west/B\",\"Action\":\"snapshot\"}");
	run(x, STEP_FORWARD);
	assert_string_equal(x->reason, "'web/west/B' is not recorded");
	assert_true(bench_said(x->b, DIAG_ACT_NO_RECORD));
	json_decref(x->spec.values);
	load(x, STEP_ACTION, "", "{\"Resource\":\"web/west/A\",\"Action\":\"promote\"}");
	run(x, STEP_FORWARD);
	assert_string_equal(x->reason, "Cloud::Thing has no action 'promote'");
	assert_true(bench_said(x->b, DIAG_ACT_UNKNOWN));
	assert_int_equal(cloud_calls(CLOUD_ACT, "a-west"), 0);
}

static void leave_open(struct conduct *x, const char *values)
{
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_ACT, .status = HD_FATAL, .effect = HD_EFFECT_UNKNOWN});
	load(x, STEP_ACTION, "", values);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_true(bench_said(x->b, DIAG_ACT_OPEN));
	cloud_drop_rules();
	diags_release(&x->b->d);
}

static int apply(struct conduct *x)
{
	struct run_request q = {.mode = RUN_APPLY};

	return engine_run(x->b->e, &q, &x->b->result, &x->b->d);
}

TEST(another_try_goes_on_with_what_was_left_open)
{
	struct operation_list all;
	size_t open;

	recorded_thing(x);
	leave_open(x, ACTION);
	json_decref(x->spec.values);
	load(x, STEP_ACTION, "", ACTION);
	run(x, STEP_BACK); /* the same with another key */
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	all = operations(x, &open);
	assert_int_equal(all.count, 1);
	assert_string_equal(all.items[0].id, "a1a1");
	assert_int_equal(all.items[0].result, OPERATION_SUCCEEDED);
}

TEST(an_action_that_failed_meanwhile_stops_no_plan)
{
	size_t open;

	recorded_thing(x);
	leave_open(x, ACTION);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_ACT, .status = HD_FATAL});
	assert_int_equal(apply(x), 0);
	assert_true(bench_said(x->b, DIAG_ACT_FAILED_BEFORE));
	assert_int_equal(operations(x, &open).items[0].result, OPERATION_FAILED);
}

/* Its arguments are not recorded, so that nobody can ask again. */
TEST(an_action_with_secrets_is_read_and_not_asked_again)
{
	const char *value = "drill";
	struct secrets secrets = {&value, 1};
	size_t open, reads;

	recorded_thing(x);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_ACT, .status = HD_FATAL, .effect = HD_EFFECT_UNKNOWN});
	load(x, STEP_ACTION, "", ACTION);
	x->spec.secrets = &secrets;
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_false(bench_state_holds(x->b, "drill"));
	cloud_drop_rules();
	reads = cloud_calls(CLOUD_READ, "a-west");
	assert_int_equal(apply(x), 0);
	assert_true(bench_said(x->b, DIAG_ACT_ABANDONED));
	assert_int_equal(operations(x, &open).items[0].result, OPERATION_ABANDONED);
	assert_true(cloud_calls(CLOUD_READ, "a-west") > reads);
	assert_int_equal(cloud_calls(CLOUD_ACT, "a-west"), 1);
}

TEST(a_step_without_files_left_is_a_failure)
{
	struct rlimit limit, none;

	recorded_thing(x);
	load(x, STEP_ACTION, "", ACTION);
	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &none);
	run(x, STEP_FORWARD);
	setrlimit(RLIMIT_NOFILE, &limit);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_true(bench_said(x->b, DIAG_STEP_THREAD));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(apply_sets_parameters_that_stay),
		RUN_TEST(an_apply_is_undone_with_its_parameters),
		RUN_TEST(an_apply_that_is_killed_runs_again_and_knows_what_was_before),
		RUN_TEST(an_apply_that_fails_says_why),
		RUN_TEST(a_secret_is_not_recorded_as_a_parameter),
		RUN_TEST(a_parameter_that_no_stack_has_is_a_failure),
		RUN_TEST(an_apply_that_is_stopped_is_waited_for_at_the_end),
		RUN_TEST(an_action_is_an_operation_of_the_resource),
		RUN_TEST(an_action_that_fails_has_its_end),
		RUN_TEST(an_action_whose_answer_is_lost_is_asked_with_the_same_key),
		RUN_TEST(an_action_that_was_done_is_not_done_again),
		RUN_TEST(an_open_action_is_seen_to_its_end),
		RUN_TEST(another_try_goes_on_with_what_was_left_open),
		RUN_TEST(an_action_that_failed_meanwhile_stops_no_plan),
		RUN_TEST(an_action_with_secrets_is_read_and_not_asked_again),
		RUN_TEST(a_step_without_files_left_is_a_failure),
		RUN_TEST(an_action_of_what_is_not_recorded_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
