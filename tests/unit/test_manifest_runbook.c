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
		"Failover: {Failback: back, Prefer: [west, east], CoolDown: 0s, Healthy: shop,\n"
		"  MinHealthyRegions: 2}\n"
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
	assert_int_equal(r.m->failover.min_healthy_regions, 2);
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

static const char *output(void *context, const char *stack, const char *name, const char *region)
{
	return arena_printf(context, "%s.%s@%s", stack, name, region);
}

static const char *no_output(void *context, const char *stack, const char *name, const char *region)
{
	(void)context;
	(void)stack;
	(void)name;
	(void)region;
	return NULL;
}

#define FILLED                                                                        \
	HEAD "Routes:\n"                                                              \
	     "  www: {Type: X::Route, Zone: '${db.Zone}', Socket: 'tcp:${Host}:1',\n" \
	     "        Values: {east: ['a ${db.Ip}'], west: {To: '${db.Ip}${!x}'}}}\n" \
	     "Stacks: {db: {Template: t, Targets: [east]}}\n"

static void routes_have_outputs_of_the_region_that_they_lead_to(void **state)
{
	struct reading r = read_good(FILLED);
	struct route_place place = {r.m, "g", output, r.a};
	const struct secrets *secrets;
	const struct manifest_route *route = manifest_route(r.m, "www");

	(void)state;
	assert_string_equal(manifest_route_config(r.a, &place, route, &secrets, &r.d),
			    "{\"RouteName\":\"www\",\"Socket\":\"tcp:${Host}:1\",\"Type\":"
			    "\"X::Route\",\"Values\":{\"east\":[\"a db.Ip@east\"],"
			    "\"west\":{\"To\":\"db.Ip@west${x}\"}},\"Zone\":\"db.Zone@g\"}");
	place.output = no_output;
	assert_null(manifest_route_config(r.a, &place, route, &secrets, &r.d));
	assert_int_equal(r.d.error_count, 3);
	assert_int_equal(r.d.first->code, DIAG_CHECK_OUTPUT);
	assert_string_equal(r.d.first->summary,
			    "a route needs output 'Zone' of stack 'db', and there is none");
	forget(&r);
}

static void an_output_of_no_stack_is_found_out(void **state)
{
	(void)state;
	check_fault(&(struct fault){HEAD "Routes: {www: {Type: X::Route, Zone: '${bd.Zone}'}}\n"
					 "Stacks: {db: {Template: t, Targets: [east]}}\n",
				    DIAG_STACK_UNKNOWN, 6, 38, "route 'www' names no stack: 'bd'",
				    "db"});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_sections_there_are_defaults),
		cmocka_unit_test(names_lead_to_things),
		cmocka_unit_test(watches_have_names),
		cmocka_unit_test(checks_are_asked_from_places),
		cmocka_unit_test(an_output_of_no_stack_is_found_out),
		cmocka_unit_test(routes_have_outputs_of_the_region_that_they_lead_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
