/* test_conduct_primary.c - where the primary is, before the first step. */
#include "tests/unit/conduct_bench.h"

#include <string.h>

#define GO                                                                                     \
	"Parameters: {From: {Type: Region}, To: {Type: Region}}\n"                             \
	"Steps:\n"                                                                             \
	"  - {Name: fence, Type: Fence, Region: !Ref From, Check: primary, By: [{Name: stop, " \
	"Type: Command, Region: !Ref From, Roles: [db], Command: ok}]}\n"                      \
	"  - {Name: promote, Type: Command, Promotes: true, Region: !Ref To, Roles: [db], "    \
	"Command: ok}\n"

static void three_regions(struct conduct_bench *c, const char *more)
{
	c->primary = conduct_check_primary;
	bench_manifest(&c->b,
		       arena_printf(c->b.a,
				    "Project: shop\n"
				    "Regions:\n"
				    "  east: {Hosts: {e1: {Address: 127.0.0.1, Roles: [db]}}}\n"
				    "  west: {Hosts: {w1: {Address: 127.0.0.2, Roles: [db]}}}\n"
				    "  south: {Hosts: {s1: {Address: 127.0.0.3, Roles: [db]}}}\n"
				    "HealthChecks:\n"
				    "  primary: {Type: HTTP, Url: 'http://${Host}/', Roles: [db], "
				    "Interval: 1s}\n"
				    "Runbooks: {go: go.yaml}\n"
				    "Stacks: {web: {Template: web.yaml, Targets: [east]}}\n%s",
				    more));
	conduct_runbook(c, GO);
	checks_script("primary", "east", "1");
	checks_script("primary", "west", "0");
	checks_script("primary", "south", "0");
}

static int go(struct conduct_bench *c, const char *from, const char *to)
{
	const struct parameter_given given[] = {{"From", from}, {"To", to}};
	int rc;

	c->q.parameters = given;
	c->q.parameter_count = ARRAY_LEN(given);
	rc = conduct_go(c);
	c->q.parameter_count = 0;
	return rc;
}

/* --- another region ---------------------------------------------------------------------- */

static void a_primary_elsewhere_refuses_it(void **state)
{
	struct conduct_bench *c = *state;

	three_regions(c, "");
	assert_int_equal(go(c, "south", "west"), -1);
	assert_true(c->result.refused);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_ELSEWHERE));
	assert_int_equal(world_begun("fence/stop"), 0);
	assert_null(conduct_id(c));
}

static void a_reason_lifts_it(void **state)
{
	struct conduct_bench *c = *state;

	three_regions(c, "");
	c->q.reason = "south has another one";
	conduct_saw_healthy(c, "primary", "south");
	assert_int_equal(go(c, "south", "west"), 0);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_ELSEWHERE));
}

/* Healthy wherever a host lives: in an outage nobody is held up by it. */
static void a_check_that_tells_nothing_holds_nobody_up(void **state)
{
	struct conduct_bench *c = *state;

	three_regions(c, "");
	checks_script("primary", "west", "1");
	conduct_saw_healthy(c, "primary", "south");
	assert_int_equal(go(c, "south", "west"), 0);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_ELSEWHERE));
}

static void who_does_not_answer_proves_nothing(void **state)
{
	struct conduct_bench *c = *state;

	three_regions(c, "");
	checks_script("primary", "west", "?");
	conduct_saw_healthy(c, "primary", "south");
	assert_int_equal(go(c, "south", "west"), 0);
}

static void where_it_is_left_nothing_is_said(void **state)
{
	struct conduct_bench *c = *state;

	three_regions(c, "");
	checks_script("primary", "east", "10");
	checks_script("primary", "south", "1");
	assert_int_equal(go(c, "east", "west"), 0);
	assert_false(bench_said(&c->b, DIAG_CONDUCT_ELSEWHERE));
}

/* --- the same way again ------------------------------------------------------------------ */

static void gone_once(struct conduct_bench *c)
{
	three_regions(c, "Failover: {Runbook: go, CoolDown: 0s}\n");
	checks_script("primary", "east", "10");
	assert_int_equal(go(c, "east", "west"), 0);
	assert_false(bench_said(&c->b, DIAG_CONDUCT_GONE));
	checks_script("primary", "east", "0");
	checks_script("primary", "west", "1");
	checks_values("primary", "west", "{\"Writable\": true}");
}

static void what_has_gone_for_certain_is_refused(void **state)
{
	struct conduct_bench *c = *state;

	gone_once(c);
	assert_int_equal(go(c, "east", "west"), -1);
	assert_true(c->result.refused);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_GONE));
	assert_int_equal(world_begun("promote"), 1);
	c->q.reason = "once more";
	assert_int_equal(go(c, "east", "west"), 0);
	assert_int_equal(world_begun("promote"), 2);
}

static void in_doubt_it_is_gone_again(void **state)
{
	struct conduct_bench *c = *state;

	gone_once(c);
	checks_values("primary", "west", "{}");
	assert_int_equal(go(c, "east", "west"), 0);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_GONE));
}

/* East is the primary again: somebody has led it back by other means. */
static void when_it_came_back_nothing_is_said(void **state)
{
	struct conduct_bench *c = *state;

	gone_once(c);
	checks_script("primary", "east", "10");
	assert_int_equal(go(c, "east", "west"), 0);
	assert_false(bench_said(&c->b, DIAG_CONDUCT_GONE));
}

static bool answers(void *context, const char *question)
{
	(void)context;
	assert_non_null(strstr(question, "from 'east' to 'west' already"));
	return false;
}

static void who_is_there_is_asked(void **state)
{
	struct conduct_bench *c = *state;

	gone_once(c);
	c->q.confirm = answers;
	c->q.context = c;
	assert_int_equal(go(c, "east", "west"), -1);
	assert_true(c->result.declined);
	assert_int_equal(world_begun("promote"), 1);
}

static void the_way_back_is_another_way(void **state)
{
	struct conduct_bench *c = *state;

	gone_once(c);
	checks_script("primary", "west", "10");
	checks_values("primary", "west", "{}");
	assert_int_equal(go(c, "west", "east"), 0);
	assert_false(bench_said(&c->b, DIAG_CONDUCT_GONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONDUCT_TEST(a_primary_elsewhere_refuses_it),
		CONDUCT_TEST(a_reason_lifts_it),
		CONDUCT_TEST(a_check_that_tells_nothing_holds_nobody_up),
		CONDUCT_TEST(who_does_not_answer_proves_nothing),
		CONDUCT_TEST(where_it_is_left_nothing_is_said),
		CONDUCT_TEST(what_has_gone_for_certain_is_refused),
		CONDUCT_TEST(in_doubt_it_is_gone_again),
		CONDUCT_TEST(when_it_came_back_nothing_is_said),
		CONDUCT_TEST(who_is_there_is_asked),
		CONDUCT_TEST(the_way_back_is_another_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
