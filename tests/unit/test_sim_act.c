/* Named actions of types in the simulated cloud. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/unit/sim_fixture.h"

static void an_action_of_the_type_is_carried_out(void **state)
{
	struct sim_fixture f;
	char id[100];

	(void)state;
	sim_start(&f, "{}");
	assert_int_equal(sim_call_create(&f, &(struct sim_call){.key = "1"}), HD_OK);
	strncat(memset(id, 0, sizeof(id)), str_cstr(&f.op.id), sizeof(id) - 1);
	assert_int_equal(
		sim_call_act(&f, &(struct sim_call){.id = id, .key = "2", .action = "promote"}),
		HD_OK);
	assert_string_equal(str_cstr(&f.op.result), "{}");
	assert_int_equal(sim_count(&f, "SELECT count(*) FROM log WHERE action = 'promote'"), 1);
	assert_int_equal(
		sim_call_act(&f, &(struct sim_call){.id = id, .key = "3", .action = "explode"}),
		HD_FATAL);
	assert_int_equal(
		sim_call_act(&f, &(struct sim_call){.id = "none", .key = "4", .action = "restart"}),
		HD_NOTFOUND);
	sim_stop(&f);
}

static void an_action_takes_its_time(void **state)
{
	struct sim_call act = {.key = "2", .action = "failover"};
	struct sim_fixture f;
	char id[100], token[1000];

	(void)state;
	sim_start(&f, "{\"Latency\": {\"*\": {\"action\": {\"Pending\": \"1h\"}}}}");
	assert_int_equal(sim_call_create(&f, &(struct sim_call){.key = "1"}), HD_OK);
	strncat(memset(id, 0, sizeof(id)), str_cstr(&f.op.id), sizeof(id) - 1);
	act.id = id;
	assert_int_equal(sim_call_act(&f, &act), HD_PENDING);
	strncat(memset(token, 0, sizeof(token)), str_cstr(&f.op.token), sizeof(token) - 1);
	act.token = token;
	assert_int_equal(sim_call_poll(&f, &act), HD_PENDING);
	sim_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_action_of_the_type_is_carried_out),
		cmocka_unit_test(an_action_takes_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
