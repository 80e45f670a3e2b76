/* test_conduct_regions.c - Failover: {MinHealthyRegions}: nothing is taken away while too few other
 * regions are healthy. */
#include "tests/unit/conduct_bench.h"

#include <string.h>

#define FROM_TO "Parameters: {From: {Type: Region}, To: {Type: Region}}\nSteps:\n"
#define DRAIN "  - {Name: drain, Type: Command, Region: !Ref From, Roles: [web], Command: ok%s}\n"
#define WARM "  - {Name: warm, Type: Command, Region: !Ref To, Roles: [web], Command: ok}\n"
#define FENCE                                                                                  \
	"  - {Name: fence, Type: Fence, Region: !Ref From, Check: primary, By: [{Name: stop, " \
	"Type: Command, Region: !Ref From, Roles: [db], Command: ok}]}\n"

static void project(struct conduct_bench *c, const char *failover, const char *steps)
{
	static const struct parameter_given both[] = {{"From", "east"}, {"To", "west"}};

	bench_manifest(
		&c->b,
		arena_printf(
			c->b.a,
			"Project: shop\n"
			"Regions:\n"
			"  east: {Hosts: {e1: {Address: 127.0.0.1, Roles: [web, db]},\n"
			"                 e2: {Address: 127.0.0.4, Roles: [web]}}}\n"
			"  west: {Hosts: {w1: {Address: 127.0.0.2, Roles: [web, db]}}}\n"
			"  south: {Hosts: {s1: {Address: 127.0.0.3, Roles: [web]}}}\n"
			"  bare: {}\n"
			"  global: {Global: true}\n"
			"HealthChecks:\n"
			"  shop: {Type: HTTP, Url: 'http://${Host}/', Roles: [web], Interval: 1s}\n"
			"  primary: {Type: HTTP, Url: 'http://${Host}/', Roles: [db], Interval: "
			"1s}\n"
			"Routes: {www: {Type: PowerDNS::Route, Values: {east: [192.0.2.1], west: "
			"[192.0.2.2]}}}\n"
			"Runbooks: {go: go.yaml}\n"
			"Failover: {Runbook: go, CoolDown: 0s, %s}\n",
			failover));
	conduct_runbook(c, arena_printf(c->b.a, FROM_TO "%s", steps));
	c->q.parameters = both;
	c->q.parameter_count = 2;
}

static void one_other(struct conduct_bench *c, const char *steps)
{
	project(c, "Healthy: [shop], MinHealthyRegions: 1", steps);
}

static const char *drain(struct conduct_bench *c, const char *more)
{
	return arena_printf(c->b.a, WARM DRAIN, more);
}

static void enough_others_let_it_go_on(void **state)
{
	struct conduct_bench *c = *state;

	one_other(c, drain(c, ""));
	checks_script("shop", "west", "0");
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "warm drain");
	assert_true(checks_made("shop", "south") > 0);
	/* Nothing tells of a region without hosts. */
	assert_int_equal(checks_made("shop", "bare"), 0);
}

static void too_few_others_stop_it(void **state)
{
	struct conduct_bench *c = *state;

	one_other(c, drain(c, ""));
	checks_script("shop", "west", "0");
	checks_script("shop", "south", "0");
	assert_int_equal(conduct_go(c), -1);
	assert_true(c->result.refused);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_REGIONS));
	assert_string_equal(world_order(c), "warm");
	/* Mended, it goes on where it was. */
	checks_script("shop", "south", "1");
	assert_int_equal(conduct_resume(c), 0);
	assert_string_equal(world_order(c), "warm drain");
}

static void so_many_are_wanted(void **state)
{
	struct conduct_bench *c = *state;

	project(c, "Healthy: [shop], MinHealthyRegions: 2", drain(c, ""));
	assert_int_equal(conduct_go(c), 0);
	checks_script("shop", "south", "0");
	assert_int_equal(conduct_go(c), -1);
	assert_true(c->result.refused);
}

static void more_than_there_are_are_never_there(void **state)
{
	struct conduct_bench *c = *state;

	project(c, "Healthy: [shop], MinHealthyRegions: 3", drain(c, ""));
	assert_int_equal(conduct_go(c), -1);
	assert_true(c->result.refused);
}

static void without_checks_nobody_knows(void **state)
{
	struct conduct_bench *c = *state;

	project(c, "MinHealthyRegions: 1", drain(c, ""));
	assert_int_equal(conduct_go(c), -1);
	assert_true(c->result.refused);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_REGIONS));
}

static void a_reason_is_not_enough(void **state)
{
	struct conduct_bench *c = *state;

	one_other(c, drain(c, ""));
	c->q.reason = "because";
	checks_script("shop", "west", "0");
	checks_script("shop", "south", "0");
	assert_int_equal(conduct_go(c), -1);
	assert_true(c->result.refused);
}

static void a_lost_region_holds_nothing_up(void **state)
{
	struct conduct_bench *c = *state;

	one_other(c, drain(c, ""));
	c->q.grace = STEP_UNGRACEFUL;
	checks_script("shop", "west", "0");
	checks_script("shop", "south", "0");
	assert_int_equal(conduct_go(c), 0);
	assert_int_equal(checks_made("shop", NULL), 0);
}

static void a_region_that_is_down_holds_nothing_up(void **state)
{
	struct conduct_bench *c = *state;

	one_other(c, drain(c, ""));
	checks_script("shop", "east", "0");
	checks_script("shop", "west", "0");
	checks_script("shop", "south", "0");
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "warm drain");
}

static void fences_are_guarded_and_what_is_behind_them_is_not(void **state)
{
	struct conduct_bench *c = *state;
	const char *steps = arena_printf(c->b.a, FENCE DRAIN, "");
	size_t made;

	one_other(c, steps);
	checks_script("shop", "west", "0");
	checks_script("shop", "south", "0");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(world_begun("fence/stop"), 0);
	checks_script("shop", "south", "1");
	checks_values("primary", "east", "{\"Writable\":false,\"Role\":\"standby\"}");
	made = checks_made("shop", "south");
	assert_int_equal(conduct_resume(c), 0);
	assert_true(checks_made("shop", "south") > made);
	checks_script("shop", "south", "0");
	assert_string_equal(world_order(c), "drain");
}

static void users_are_not_led_away(void **state)
{
	struct conduct_bench *c = *state;

	one_other(c, "  - {Name: traffic, Type: Traffic, Routes: [www], To: !Ref To}\n");
	checks_script("shop", "west", "0");
	checks_script("shop", "south", "0");
	assert_int_equal(conduct_go(c), -1);
	assert_true(c->result.refused);
	assert_int_equal(world_begun("traffic"), 0);
}

static void where_users_come_back_nothing_is_taken(void **state)
{
	struct conduct_bench *c = *state;

	one_other(c, "  - {Name: h, Type: Http, Url: 'http://x/', Method: GET}\n" WARM);
	checks_script("shop", "west", "0");
	checks_script("shop", "south", "0");
	assert_int_equal(conduct_go(c), 0);
	assert_int_equal(checks_made("shop", NULL), 0);
}

static void a_step_that_is_stopped_asks_no_more(void **state)
{
	struct conduct_bench *c = *state;

	one_other(c, drain(c, ", Timeout: 1s"));
	/* Down or not: nobody knows in time. */
	checks_script("shop", "east", "010101010101010101010101");
	checks_script("shop", "west", "010101010101010101010101");
	checks_script("shop", "south", "010101010101010101010101");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_step_status(c, "drain"), STEP_FAILED);
	assert_int_equal(world_begun("drain"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONDUCT_TEST(enough_others_let_it_go_on),
		CONDUCT_TEST(too_few_others_stop_it),
		CONDUCT_TEST(so_many_are_wanted),
		CONDUCT_TEST(more_than_there_are_are_never_there),
		CONDUCT_TEST(without_checks_nobody_knows),
		CONDUCT_TEST(a_reason_is_not_enough),
		CONDUCT_TEST(a_lost_region_holds_nothing_up),
		CONDUCT_TEST(a_region_that_is_down_holds_nothing_up),
		CONDUCT_TEST(fences_are_guarded_and_what_is_behind_them_is_not),
		CONDUCT_TEST(users_are_not_led_away),
		CONDUCT_TEST(where_users_come_back_nothing_is_taken),
		CONDUCT_TEST(a_step_that_is_stopped_asks_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
