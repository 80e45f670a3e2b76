/* Runbooks, routes, failover and watch of the manifest: what they give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/health/health.h"
#include "templates/node.h"
#include "tests/unit/manifest_fixture.h"

#define HEAD                                                                               \
	"Project: p\n"                                                                     \
	"Regions: {east: {Hosts: {e1: {Address: 10.0.0.1}}}, west: , g: {Global: true}}\n" \
	"HealthChecks: {shop: {Type: HTTP, Url: 'http://x/', From: [local, e1, east]},\n"  \
	"  disk: {Type: SSH, Command: test -w /data}}\n"                                   \
	"Runbooks: {failover: r/f.yaml, back: r/b.yaml}\n"

static void without_sections_there_are_defaults(void **state)
{
	struct reading r = read_good("Project: p\n");

	(void)state;
	assert_string_equal(r.m->failover.runbook, "failover");
	assert_string_equal(r.m->failover.failback, "failover");
	assert_int_equal(r.m->failover.cool_down_ms, 3600000);
	assert_null(r.m->failover.where.src);
	assert_int_equal(r.m->runbook_count + r.m->route_count + r.m->watch_count, 0);
	forget(&r);
}

static void names_lead_to_things(void **state)
{
	struct reading r = read_good(
		HEAD
		"Routes: {shop: {Type: X::Route, Region: g, Provider: ssh, Values: {east: [a]}},\n"
		"  lb: {Type: Y::Route}}\n"
		"Failover: {Failback: back, Prefer: [west, east], CoolDown: 0s, Healthy: shop}\n"
		"Stacks: {db: {Template: t, Targets: [east], Restore: back}}\n");

	(void)state;
	assert_string_equal(manifest_runbook(r.m, "back")->path, "r/b.yaml");
	assert_null(manifest_runbook(r.m, "other"));
	assert_string_equal(manifest_route(r.m, "shop")->region->name, "g");
	assert_string_equal(manifest_route(r.m, "shop")->provider, "ssh");
	assert_null(manifest_route(r.m, "lb")->region);
	assert_null(manifest_route(r.m, "lb")->provider);
	assert_string_equal(r.m->failover.runbook, "failover");
	assert_string_equal(r.m->failover.failback, "back");
	assert_int_equal(r.m->failover.prefer_count, 2);
	assert_string_equal(r.m->failover.prefer[0]->name, "west");
	assert_int_equal(r.m->failover.cool_down_ms, 0);
	assert_string_equal(r.m->failover.healthy[0]->name, "shop");
	assert_string_equal(manifest_stack(r.m, "db")->restore, "back");
	forget(&r);
}

static void watches_have_names(void **state)
{
	struct reading r = read_good(
		HEAD "Watch:\n"
		     "- {Check: [shop, disk], Region: east, Runbook: failover, For: 30s,\n"
		     "   Parameters: {From: east, To: best}, Mode: ungraceful}\n"
		     "- {Check: shop, Region: west, Runbook: back, Name: w, CoolDown: 2h}\n");
	const struct manifest_watch *w = r.m->watches;

	(void)state;
	assert_int_equal(r.m->watch_count, 2);
	assert_string_equal(w[0].name, "shop, disk in east");
	assert_int_equal(w[0].check_count, 2);
	assert_int_equal(w[0].for_ms, 30000);
	assert_int_equal(w[0].cool_down_ms, 3600000);
	assert_true(w[0].ungraceful);
	assert_int_equal(w[0].parameter_count, 2);
	assert_string_equal(w[0].parameters[1].value.node->text.ptr, "best");
	assert_string_equal(w[1].name, "w");
	assert_int_equal(w[1].cool_down_ms, 7200000);
	forget(&r);
}

static void checks_are_asked_from_places(void **state)
{
	struct reading r = read_good(HEAD);
	const struct manifest_check *shop = manifest_check(r.m, "shop");

	(void)state;
	assert_int_equal(shop->from_count, 3);
	assert_string_equal(shop->from[1], "e1");
	assert_int_equal(shop->quorum, 2);
	assert_string_equal(manifest_check(r.m, "disk")->provider, "ssh");
	assert_true(manifest_check(r.m, "disk")->per_host);
	forget(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_sections_there_are_defaults),
		cmocka_unit_test(names_lead_to_things),
		cmocka_unit_test(watches_have_names),
		cmocka_unit_test(checks_are_asked_from_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
