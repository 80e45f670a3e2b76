/* test_driver.c - steps Command, Http, Notify and Traffic, killed at each point. */
#include "tests/unit/driver_bench.h"

/* --- Command ------------------------------------------------------------------------------ */

#define COMMAND "{\"Command\":\"id\",\"Roles\":[\"web\"]}"

TEST(a_command_runs_on_each_host_of_its_roles)
{
	load(x, STEP_COMMAND, "east", COMMAND);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_int_equal(hands_done("command", "e1"), 1);
	assert_int_equal(hands_done("command", "e2"), 1);
	assert_int_equal(hands_done("command", "d1"), 0);
	assert_int_equal(hands_done("command", "w1"), 0);
	assert_string_equal(result_at(x, "/ExitCode"), "0");
	assert_string_equal(result_at(x, "/Stdout"), "\"on e1\\non e2\\n\"");
	assert_string_equal(result_at(x, "/Hosts/e2/Stdout"), "\"on e2\\n\"");
}

TEST(a_command_that_fails_on_one_host_fails_when_all_are_over)
{
	hands_script("command", "e1", "F");
	load(x, STEP_COMMAND, "east", COMMAND);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(x->reason, "e1: command failed");
	assert_string_equal(result_at(x, "/ExitCode"), "3");
	assert_int_equal(hands_done("command", "e2"), 1);
	assert_true(bench_said(x->b, DIAG_PROVIDER_FAILED) || x->b->d.error_count);
}

TEST(a_command_for_one_goes_to_the_next_host_when_one_is_not_reached)
{
	hands_script("command", "e1", "U");
	load(x, STEP_COMMAND, "east", "{\"Command\":\"id\",\"Roles\":[\"web\"],\"Run\":\"one\"}");
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_int_equal(hands_done("command", "e1"), 0);
	assert_int_equal(hands_done("command", "e2"), 1);
}

TEST(a_command_for_one_that_fails_is_not_run_elsewhere)
{
	hands_script("command", "e1", "F");
	load(x, STEP_COMMAND, "east", "{\"Command\":\"id\",\"Roles\":[\"web\"],\"Run\":\"one\"}");
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_int_equal(hands_asked("command", "e2"), 0);
}

TEST(a_command_without_hosts_is_a_failure)
{
	load(x, STEP_COMMAND, "west", "{\"Command\":\"id\",\"Roles\":[\"db\"]}");
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(x->reason, "no host of west is meant");
	forget_end(x);
	json_decref(x->spec.values);
	load(x, STEP_COMMAND, "west", "{\"Command\":\"id\",\"Hosts\":[\"w1\",\"e1\"]}");
	run(x, STEP_FORWARD);
	assert_string_equal(x->reason, "there is no host 'e1' in west");
	assert_string_equal(hands_log(), "");
}

TEST(a_command_that_cannot_be_recorded_is_not_begun)
{
	x->unwritable = true;
	load(x, STEP_COMMAND, "east", COMMAND);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(hands_log(), "");
}

/* Killed at each point where something was remembered: never a second run on any host. */
TEST(a_command_is_not_run_twice_after_a_kill)
{
	for (size_t after = 1; after <= 4; after++) {
		hands_reset();
		free(x->memory);
		x->memory = NULL;
		x->remembered = 0;
		hands_script("command", "e1", "P.");
		hands_script("command", "e2", "P.");
		load(x, STEP_COMMAND, "east", COMMAND);
		run_killed(x, after);
		assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
		assert_int_equal(hands_done("command", "e1"), 1);
		assert_int_equal(hands_done("command", "e2"), 1);
		assert_string_equal(result_at(x, "/Hosts/e1/ExitCode"), "0");
		assert_string_equal(result_at(x, "/Hosts/e2/ExitCode"), "0");
		if (after < 4)
			json_decref(x->spec.values);
	}
}

TEST(a_command_whose_answer_is_lost_is_asked_with_the_same_key)
{
	hands_script("command", "e1", "L.");
	load(x, STEP_COMMAND, "east", "{\"Command\":\"id\",\"Hosts\":[\"e1\"]}");
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_int_equal(hands_asked("command", "e1"), 2);
	assert_int_equal(hands_done("command", "e1"), 1);
}

TEST(the_secrets_of_a_step_are_in_no_result)
{
	const char *value = "on e1";
	struct secrets secrets = {&value, 1};

	load(x, STEP_COMMAND, "east", "{\"Command\":\"id\",\"Hosts\":[\"e1\"]}");
	x->spec.secrets = &secrets;
	run(x, STEP_FORWARD);
	assert_string_equal(result_at(x, "/Stdout"), "\"(sensitive)\\n\"");
}

/* --- Http, Notify ------------------------------------------------------------------------- */

TEST(a_request_is_one_act_with_its_keys)
{
	load(x, STEP_HTTP, "",
	     "{\"Url\":\"http://x/\",\"Method\":\"POST\",\"Body\":{\"a\":1},\"Status\":201}");
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_string_equal(result_at(x, "/Status"), "200");
	assert_non_null(strstr(hands_args(), "\"Body\":{\"a\":1}"));
	assert_non_null(strstr(hands_args(), "\"Timeout\":600000"));
}

TEST(a_request_that_fails_is_a_failure_with_its_reason)
{
	hands_script("http", "", "F");
	load(x, STEP_HTTP, "", "{\"Url\":\"http://x/\"}");
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(x->reason, "http failed");
}

TEST(a_request_goes_on_with_its_token_after_a_kill)
{
	hands_script("http", "", "P.");
	load(x, STEP_HTTP, "", "{\"Url\":\"http://x/\"}");
	run_killed(x, 2);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_int_equal(hands_asked("http", ""), 1);
}

TEST(a_message_says_which_step_it_comes_from)
{
	load(x, STEP_NOTIFY, "", "{\"Url\":\"http://x/\",\"Message\":\"moved\"}");
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_non_null(strstr(hands_args(), "\"Message\":\"moved\""));
	assert_non_null(strstr(hands_args(), "\"Step\":\"data/it\""));
	assert_non_null(strstr(hands_args(), "\"Runbook\":\"failover\""));
}

TEST(a_provider_that_cannot_act_is_named)
{
	close_process(x);
	engine_close(x->b->e);
	x->b->e = NULL;
	x->builtins[1] = cloud_builtins[1];
	open_process(x);
	load(x, STEP_HTTP, "", "{\"Url\":\"http://x/\"}");
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(x->reason, "provider 'probe' cannot act");
	assert_true(bench_said(x->b, DIAG_STEP_NO_ACT));
}

/* --- weights ------------------------------------------------------------------------------ */

static void check_towards(const char *before, const char *to, int64_t percent, const char *after)
{
	struct arena *a = arena_new();
	json_t *from = json_parse(text_of(before), NULL, NULL);
	json_t *got = weights_towards(from, to, percent);

	assert_string_equal(got ? json_text(a, got) : "NULL", after);
	json_decref(from);
	json_decref(got);
	arena_free(a);
}

static void weights_keep_the_proportions_of_the_others(void **state)
{
	(void)state;
	check_towards("{\"east\":100,\"west\":0}", "west", 5, "{\"east\":95,\"west\":5}");
	check_towards("{\"east\":100,\"west\":0}", "west", 100, "{\"east\":0,\"west\":100}");
	check_towards("{\"a\":50,\"b\":50,\"c\":0}", "c", 25, "{\"a\":38,\"b\":37,\"c\":25}");
	check_towards("{\"a\":60,\"b\":30,\"c\":10}", "c", 40, "{\"a\":40,\"b\":20,\"c\":40}");
	check_towards("{\"a\":0,\"b\":100}", "b", 5, "{\"a\":0,\"b\":100}");
	check_towards("{\"a\":100}", "b", 5, "NULL");
	check_towards("{\"a\":33.3,\"b\":66.7}", "b", 90, "{\"a\":10,\"b\":90}");
}

/* --- Traffic ------------------------------------------------------------------------------ */

#define TRAFFIC                                                                  \
	"{\"Routes\":[\"shop\",\"api\"],\"To\":\"west\",\"Weights\":[5,50,100]," \
	"\"Bake\":\"10s\"}"

TEST(traffic_moves_by_steps_with_a_gate_after_each)
{
	load(x, STEP_TRAFFIC, "west", TRAFFIC);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_int_equal(x->gate_count, 3);
	assert_int_equal(x->bake_ms, 10000);
	assert_int_equal(hands_done("set-weights", "shop"), 3);
	assert_string_equal(hands_weights("shop"), "{\"east\":0,\"west\":100}");
	assert_string_equal(hands_weights("api"), "{\"east\":0,\"west\":100}");
	assert_string_equal(result_at(x, "/Before/shop"), "{\"east\":100,\"west\":0}");
	assert_string_equal(result_at(x, "/Weights/api"), "{\"east\":0,\"west\":100}");
}

TEST(a_gate_that_fails_sets_the_weights_back)
{
	x->gates = "10";
	load(x, STEP_TRAFFIC, "west", TRAFFIC);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(x->reason, "at 50% shop of w1 (west) is unhealthy: 503; the weights "
				       "are as they were before");
	assert_string_equal(hands_weights("shop"), "{\"east\":100,\"west\":0}");
	assert_string_equal(hands_weights("api"), "{\"east\":100,\"west\":0}");
}

TEST(no_weights_go_back_to_a_region_that_is_fenced)
{
	x->gates = "10";
	x->fenced = "east";
	load(x, STEP_TRAFFIC, "west", TRAFFIC);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(x->reason, "at 50% shop of w1 (west) is unhealthy: 503; the weights "
				       "stay as they are, since region 'east' is fenced");
	assert_string_equal(hands_weights("shop"), "{\"east\":50,\"west\":50}");
	run(x, STEP_BACK);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(hands_weights("shop"), "{\"east\":50,\"west\":50}");
}

TEST(a_route_that_fails_sets_all_of_them_back)
{
	hands_script("set-weights", "api", ".F.");
	load(x, STEP_TRAFFIC, "west", TRAFFIC);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(x->reason, "api: set-weights failed; the weights are as they were "
				       "before");
	assert_string_equal(hands_weights("shop"), "{\"east\":100,\"west\":0}");
	assert_string_equal(hands_weights("api"), "{\"east\":100,\"west\":0}");
}

TEST(weights_that_cannot_be_set_back_are_told)
{
	x->gates = "0";
	hands_script("set-weights", "api", ".F");
	load(x, STEP_TRAFFIC, "west", TRAFFIC);
	run(x, STEP_FORWARD);
	assert_string_equal(x->reason,
			    "at 5% shop of w1 (west) is unhealthy: 503; and the weights could not "
			    "be set back: api: set-weights failed");
}

TEST(traffic_goes_back_before_its_time_is_up)
{
	x->gates = "1-";
	load(x, STEP_TRAFFIC, "west", TRAFFIC);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(x->reason, "its time ran out; the weights are as they were before");
	assert_string_equal(hands_weights("shop"), "{\"east\":100,\"west\":0}");
}

TEST(traffic_goes_on_after_a_kill_at_any_percentage)
{
	for (size_t after = 1; after <= 3; after++) {
		hands_reset();
		free(x->memory);
		x->memory = NULL;
		x->remembered = 0;
		load(x, STEP_TRAFFIC, "west", TRAFFIC);
		run_killed(x, after);
		assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
		assert_string_equal(hands_weights("shop"), "{\"east\":0,\"west\":100}");
		assert_string_equal(result_at(x, "/Before/shop"), "{\"east\":100,\"west\":0}");
		if (after < 3)
			json_decref(x->spec.values);
	}
}

TEST(traffic_goes_back_where_a_kill_had_found_it_going_back)
{
	x->gates = "0";
	load(x, STEP_TRAFFIC, "west", TRAFFIC);
	run_killed(x, 2);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(hands_weights("shop"), "{\"east\":100,\"west\":0}");
	assert_non_null(strstr(x->reason, "are as they were before"));
	/* What it had been before the gate failed is not tried again. */
	assert_null(strstr(hands_log(), "\"west\":50"));
}

TEST(traffic_is_undone_to_what_was_before)
{
	hands_set_weights("shop", "{\"east\":70,\"west\":30}");
	load(x, STEP_TRAFFIC, "west", TRAFFIC);
	run(x, STEP_FORWARD);
	assert_string_equal(hands_weights("shop"), "{\"east\":0,\"west\":100}");
	run(x, STEP_BACK);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_string_equal(hands_weights("shop"), "{\"east\":70,\"west\":30}");
	assert_string_equal(hands_weights("api"), "{\"east\":100,\"west\":0}");
}

TEST(percentages_below_what_goes_there_already_are_passed_over)
{
	hands_set_weights("shop", "{\"east\":40,\"west\":60}");
	hands_set_weights("api", "{\"east\":30,\"west\":70}");
	load(x, STEP_TRAFFIC, "west", TRAFFIC);
	run(x, STEP_FORWARD);
	assert_int_equal(hands_done("set-weights", "shop"), 1);
	assert_string_equal(hands_weights("shop"), "{\"east\":0,\"west\":100}");
}

TEST(a_route_that_does_not_lead_there_is_a_failure)
{
	hands_set_weights("api", "{\"east\":100}");
	load(x, STEP_TRAFFIC, "west", TRAFFIC);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(x->reason, "route 'api' does not lead to region 'west'");
	assert_string_equal(hands_log(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(a_command_runs_on_each_host_of_its_roles),
		RUN_TEST(a_command_that_fails_on_one_host_fails_when_all_are_over),
		RUN_TEST(a_command_for_one_goes_to_the_next_host_when_one_is_not_reached),
		RUN_TEST(a_command_for_one_that_fails_is_not_run_elsewhere),
		RUN_TEST(a_command_without_hosts_is_a_failure),
		RUN_TEST(a_command_that_cannot_be_recorded_is_not_begun),
		RUN_TEST(a_command_is_not_run_twice_after_a_kill),
		RUN_TEST(a_command_whose_answer_is_lost_is_asked_with_the_same_key),
		RUN_TEST(the_secrets_of_a_step_are_in_no_result),
		RUN_TEST(a_request_is_one_act_with_its_keys),
		RUN_TEST(a_request_that_fails_is_a_failure_with_its_reason),
		RUN_TEST(a_request_goes_on_with_its_token_after_a_kill),
		RUN_TEST(a_message_says_which_step_it_comes_from),
		RUN_TEST(a_provider_that_cannot_act_is_named),
		cmocka_unit_test(weights_keep_the_proportions_of_the_others),
		RUN_TEST(traffic_moves_by_steps_with_a_gate_after_each),
		RUN_TEST(a_gate_that_fails_sets_the_weights_back),
		RUN_TEST(no_weights_go_back_to_a_region_that_is_fenced),
		RUN_TEST(a_route_that_fails_sets_all_of_them_back),
		RUN_TEST(weights_that_cannot_be_set_back_are_told),
		RUN_TEST(traffic_goes_back_before_its_time_is_up),
		RUN_TEST(traffic_goes_on_after_a_kill_at_any_percentage),
		RUN_TEST(traffic_goes_back_where_a_kill_had_found_it_going_back),
		RUN_TEST(traffic_is_undone_to_what_was_before),
		RUN_TEST(percentages_below_what_goes_there_already_are_passed_over),
		RUN_TEST(a_route_that_does_not_lead_there_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
