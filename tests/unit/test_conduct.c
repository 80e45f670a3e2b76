/* test_conduct.c - executions of runbooks: order, conditions, checks, tries, failures. */
#include "tests/unit/conduct_bench.h"

#include <string.h>

#define COMMAND(name, command)                                                                    \
	"  - {Name: " name ", Type: Command, Region: east, Roles: [web], Command: '" command "'}" \
	"\n"

static void steps_run_in_order(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(
		c,
		"Steps:\n" COMMAND("a", "ok") "  - {Name: w, Type: Wait, Duration: 30s}\n" COMMAND(
			"b", "ok"));
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "a b");
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED);
	assert_true(c->b.clock.now_ms >= 31000);
	assert_string_equal(str_cstr(&c->told),
			    "started|step-started a|step-memory a|step-succeeded a|"
			    "step-started w|step-memory w|step-succeeded w|"
			    "step-started b|step-memory b|step-succeeded b|ended|");
	conduct_journal(c);
	assert_true(c->result.overhead_ms < 1000);
}

static void parallel_steps_run_together(void **state)
{
	struct conduct_bench *c = *state;
	int64_t began_ms;

	conduct_runbook(c, "Steps:\n  - Name: all\n    Parallel:\n"
			   "      - {Name: x, Type: Command, Region: east, Roles: [web], Command: "
			   "'take 20s'}\n"
			   "      - Name: two\n        Steps:\n"
			   "          - {Name: y, Type: Command, Region: east, Roles: [web], "
			   "Command: 'take 5s'}\n"
			   "          - {Name: z, Type: Command, Region: east, Roles: [web], "
			   "Command: 'take 5s'}\n" COMMAND("b", "ok"));
	began_ms = c->b.clock.now_ms;
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "all/two/y all/two/z all/x b");
	assert_true(c->b.clock.now_ms - began_ms < 25000);
	assert_int_equal(conduct_step_status(c, "all"), STEP_SUCCEEDED);
}

static void a_false_condition_skips(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Parameters: {Go: {Type: String, Default: 'no'}}\n"
			   "Conditions: {Yes: !Equals [!Ref Go, 'yes']}\n"
			   "Steps:\n"
			   "  - {Name: a, Type: Command, Condition: Yes, Region: east, Roles: "
			   "[web], Command: ok}\n" COMMAND("b", "ok"));
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "b");
	assert_int_equal(conduct_step_status(c, "a"), STEP_SKIPPED);
	/* It is as the runbook says: no exception. */
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED);
}

static void results_are_passed_on(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(
		c, "Steps:\n" COMMAND(
			   "a", "result take 7s") "  - {Name: b, Type: Command, Region: east, "
						  "Roles: [web], Command: !GetAtt a.Stdout}\n");
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "a b");
	assert_true(c->b.clock.now_ms >= 8000);
}

static void a_failure_stops(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n" COMMAND("a", "ok") COMMAND("b", "fail") COMMAND("d", "ok"));
	assert_int_equal(conduct_go(c), -1);
	assert_string_equal(world_order(c), "a");
	assert_int_equal(conduct_status(c), EXECUTION_FAILED);
	assert_int_equal(conduct_step_status(c, "b"), STEP_FAILED);
	assert_int_equal(conduct_step_status(c, "d"), STEP_NOT_STARTED);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_FAILED));
	assert_false(c->result.refused);
}

static void a_failed_execution_is_gone_on_with(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n" COMMAND("a", "ok") COMMAND("b", "fail 1") COMMAND("d", "ok"));
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_resume(c), 0);
	assert_string_equal(world_order(c), "a b d");
	assert_int_equal(world_begun("a"), 1);
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED);
	assert_int_equal(conduct_resume(c), -1);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_RESUME));
}

static void a_failure_may_be_passed_over(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n"
			   "  - {Name: a, Type: Command, OnFailure: continue, Region: east, Roles: "
			   "[web], Command: fail}\n" COMMAND("b", "ok"));
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "b");
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED_WITH_EXCEPTIONS);
}

static void what_failed_beside_lets_the_rest_finish(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(
		c, "Steps:\n  - Name: all\n    Parallel:\n"
		   "      - {Name: x, Type: Command, Region: east, Roles: [web], Command: fail}\n"
		   "      - Name: two\n        Steps:\n"
		   "          - {Name: y, Type: Command, Region: east, Roles: [web], Command: "
		   "'take 5s'}\n"
		   "          - {Name: z, Type: Command, Region: east, Roles: [web], Command: "
		   "ok}\n" COMMAND("b", "ok"));
	assert_int_equal(conduct_go(c), -1);
	assert_string_equal(world_order(c), "all/two/y");
	assert_int_equal(conduct_step_status(c, "all/two/z"), STEP_NOT_STARTED);
	assert_int_equal(conduct_step_status(c, "all"), STEP_FAILED);
}

static void tries_are_made_again(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n"
			   "  - {Name: a, Type: Command, Retries: 2, RetryInterval: 10s, Region: "
			   "east, Roles: [web], Command: 'fail 2'}\n");
	assert_int_equal(conduct_go(c), 0);
	assert_int_equal(world_begun("a"), 3);
	assert_int_equal(world_done("a"), 1);
	assert_true(c->b.clock.now_ms >= 21000);
	assert_true(conduct_told(c, "step-retry a|step-started a|"));
}

static void tries_are_used_up(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n"
			   "  - {Name: a, Type: Command, Retries: 1, RetryInterval: 10s, Region: "
			   "east, Roles: [web], Command: 'fail 2'}\n");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(world_begun("a"), 2);
}

static void a_step_has_its_time(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n"
			   "  - {Name: a, Type: Command, Timeout: 30s, Region: east, Roles: [web], "
			   "Command: hang}\n");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_step_status(c, "a"), STEP_FAILED);
	assert_true(c->b.clock.now_ms < 40000);
}

static void checks_come_before_and_after(void **state)
{
	struct conduct_bench *c = *state;

	checks_script("shop", "west", "0");
	conduct_runbook(c, "Steps:\n"
			   "  - {Name: a, Type: Command, Before: {Check: shop, Region: west}, "
			   "Region: east, Roles: [web], Command: ok}\n");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(world_begun("a"), 0);
	checks_script("shop", "west", "00011");
	conduct_runbook(c, "Steps:\n"
			   "  - {Name: a, Type: Command, After: {Check: shop, Region: west, "
			   "Within: 30s}, Region: east, Roles: [web], Command: ok}\n");
	assert_int_equal(conduct_go(c), 0);
	assert_int_equal(world_done("a"), 1);
	checks_script("shop", "west", "0");
	assert_int_equal(conduct_go(c), -1);
	assert_true(conduct_told(c, "check a|step-failed a|"));
}

static void a_check_step_is_a_gate(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(
		c, "Steps:\n  - {Name: gate, Type: Check, Check: shop, Region: west}\n" COMMAND(
			   "a", "ok"));
	assert_int_equal(conduct_go(c), 0);
	checks_script("shop", "west", "10");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_step_status(c, "gate"), STEP_FAILED);
	assert_int_equal(world_done("a"), 1);
}

static void a_value_is_compared(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c,
			"Steps:\n" COMMAND("a", "result 17") "  - {Name: few, Type: Check, Value: "
							     "!GetAtt a.Stdout, AtMost: 17}\n"
							     "  - {Name: many, Type: Check, Value: "
							     "!GetAtt a.Stdout, AtLeast: 18}\n");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_step_status(c, "few"), STEP_SUCCEEDED);
	assert_int_equal(conduct_step_status(c, "many"), STEP_FAILED);
}

static void ungraceful_leaves_out_or_lays_over(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n"
			   "  - {Name: a, Type: Command, Ungraceful: skip, Region: east, Roles: "
			   "[web], Command: ok}\n"
			   "  - {Name: b, Type: Command, Ungraceful: {Command: 'take 9s'}, Region: "
			   "east, Roles: [web], Command: fail}\n");
	c->q.grace = STEP_UNGRACEFUL;
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "b");
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED);
}

static void a_slow_step_is_announced(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Parameters: {T: {Type: String, Default: 10s}}\nSteps:\n"
			   "  - {Name: a, Type: Command, Region: east, Roles: [web], Command: !Sub "
			   "'take ${T}'}\n");
	for (int i = 0; i < 5; i++)
		assert_int_equal(conduct_go(c), 0);
	assert_false(conduct_told(c, "step-slow"));
	c->q.parameters = (struct parameter_given[]){{"T", "60s"}};
	c->q.parameter_count = 1;
	assert_int_equal(conduct_go(c), 0);
	assert_true(conduct_told(c, "step-slow a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONDUCT_TEST(steps_run_in_order),
		CONDUCT_TEST(parallel_steps_run_together),
		CONDUCT_TEST(a_false_condition_skips),
		CONDUCT_TEST(results_are_passed_on),
		CONDUCT_TEST(a_failure_stops),
		CONDUCT_TEST(a_failed_execution_is_gone_on_with),
		CONDUCT_TEST(a_failure_may_be_passed_over),
		CONDUCT_TEST(what_failed_beside_lets_the_rest_finish),
		CONDUCT_TEST(tries_are_made_again),
		CONDUCT_TEST(tries_are_used_up),
		CONDUCT_TEST(a_step_has_its_time),
		CONDUCT_TEST(checks_come_before_and_after),
		CONDUCT_TEST(a_check_step_is_a_gate),
		CONDUCT_TEST(a_value_is_compared),
		CONDUCT_TEST(ungraceful_leaves_out_or_lays_over),
		CONDUCT_TEST(a_slow_step_is_announced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
