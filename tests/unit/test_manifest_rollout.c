/* Rollout, its waves, tags and health checks of the manifest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/address.h"
#include "engine/health/health.h"
#include "tests/unit/manifest_fixture.h"

#define HEAD                                                                     \
	"Project: shop\n"                                                        \
	"Accounts: {a: {Tags: {tier: prod, cost: 7}}, b: {Tags: {tier: dev}}}\n" \
	"Regions: {east: {Tags: {stage: canary, tier: lab}}, west: }\n"          \
	"HealthChecks: {up: {Type: TCP, Address: '${Host}', Port: 22}}\n"
#define STACK HEAD "Stacks: {s: {Template: t, Targets: [east, west], Rollout: "

static void preferences_are_read(void **state)
{
	struct reading r =
		read_good(STACK "{RegionConcurrency: PARALLEL, RegionOrder: [west, east], "
				"MaxConcurrent: 3, FailureTolerance: 20%, ConcurrencyMode: "
				"STRICT, OnFailure: wave, MinHealthyRegions: 1, "
				"HealthChecks: up, Gate: up}}}\n");
	const struct rollout_preferences *p = &r.m->stacks[0].rollout;

	(void)state;
	assert_true(p->given);
	assert_int_equal(p->regions, REGIONS_PARALLEL);
	assert_int_equal(p->region_order_count, 2);
	assert_string_equal(p->region_order[0], "west");
	assert_int_equal(p->max_concurrent.value, 3);
	assert_false(p->max_concurrent.percent);
	assert_true(p->max_concurrent.given);
	assert_int_equal(p->tolerance.value, 20);
	assert_true(p->tolerance.percent);
	assert_int_equal(p->mode, CONCURRENCY_STRICT);
	assert_int_equal(p->on_failure, ON_FAILURE_WAVE);
	assert_int_equal(p->min_healthy_regions, 1);
	assert_int_equal(p->check_count, 1);
	assert_ptr_equal(p->checks[0], manifest_check(r.m, "up"));
	assert_ptr_equal(p->gate, manifest_check(r.m, "up"));
	assert_int_equal(p->where.start.line, 5);
	forget(&r);
}

static void without_rollout_the_defaults_hold(void **state)
{
	struct reading r = read_good(HEAD "Stacks: {s: {Template: t, Targets: [east]}}\n");
	const struct rollout_preferences *p = &r.m->stacks[0].rollout;

	(void)state;
	assert_false(p->given);
	assert_int_equal(p->regions, REGIONS_SEQUENTIAL);
	assert_int_equal(p->mode, CONCURRENCY_SOFT);
	assert_int_equal(p->on_failure, ON_FAILURE_DEFAULT);
	assert_int_equal(p->wave_count, 0);
	assert_null(p->gate);
	forget(&r);
}

static void waves_are_read(void **state)
{
	struct reading r =
		read_good(STACK "{Waves: [{Name: canary, Regions: east, Bake: 5m, HealthChecks: "
				"[up], FailureTolerance: 1}, {Where: {stage: [canary, beta], "
				"tier: lab}}, {Percentage: 10}, {Count: 2}, {}]}}}\n");
	const struct rollout_wave *w = r.m->stacks[0].rollout.waves;

	(void)state;
	assert_int_equal(r.m->stacks[0].rollout.wave_count, 5);
	assert_string_equal(w[0].name, "canary");
	assert_int_equal(w[0].region_count, 1);
	assert_string_equal(w[0].regions[0], "east");
	assert_int_equal(w[0].bake_ms, 300000);
	assert_ptr_equal(w[0].checks[0], manifest_check(r.m, "up"));
	assert_int_equal(w[0].tolerance.value, 1);
	assert_string_equal(w[1].name, "wave 2");
	assert_int_equal(w[1].filter.count, 2);
	assert_int_equal(w[1].filter.wishes[0].value_count, 2);
	assert_string_equal(w[1].filter.wishes[0].values[1], "beta");
	assert_true(w[2].share.percent && w[2].share.value == 10);
	assert_true(!w[3].share.percent && w[3].share.value == 2);
	assert_false(w[4].share.given);
	forget(&r);
}

static void an_accounts_tags_go_before_a_regions(void **state)
{
	struct reading r = read_good(STACK "{Waves: [{Where: {tier: [lab, dev]}}, {}]}}}\n");
	const struct tag_filter *f = &r.m->stacks[0].rollout.waves[0].filter;
	const struct manifest_region *east = manifest_region(r.m, "east");
	const struct manifest_region *west = manifest_region(r.m, "west");

	(void)state;
	assert_string_equal(manifest_account(r.m, "a")->tags[1].value, "7");
	assert_true(manifest_tags_fit(f, east, NULL));
	assert_false(manifest_tags_fit(f, west, NULL));
	assert_false(manifest_tags_fit(f, east, manifest_account(r.m, "a")));
	assert_true(manifest_tags_fit(f, west, manifest_account(r.m, "b")));
	forget(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(preferences_are_read),
		cmocka_unit_test(without_rollout_the_defaults_hold),
		cmocka_unit_test(waves_are_read),
		cmocka_unit_test(an_accounts_tags_go_before_a_regions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
