/* test_driver_apply.c - steps Apply: an engine beside the conductor's. */
#include "tests/unit/driver_bench.h"

/* --- Apply -------------------------------------------------------------------------------- */

#define APPLY "{\"Stack\":\"web\",\"Parameters\":{\"Capacity\":3}}"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
