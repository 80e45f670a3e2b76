/* Rollout, its waves, tags and health checks of the manifest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
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

/* "2026-12-20T00:00:00Z 2027-01-03T00:00:00Z 0 0-0 1": what is read of one window. */
static void check_window(const char *window, const char *wanted)
{
	struct str yaml = STR_INIT;
	char from[CLOCK_TEXT_LEN], to[CLOCK_TEXT_LEN], got[256];
	const struct freeze_window *w;
	struct reading r;

	str_printf(&yaml, HEAD "FreezeWindows: [%s]\n", window);
	r = read_good(str_cstr(&yaml));
	assert_int_equal(r.m->freezes.count, 1);
	w = r.m->freezes.items;
	clock_format_rfc3339(w->from_ms, from);
	clock_format_rfc3339(w->to_ms, to);
	snprintf(got, sizeof(got), "%s: %s %s %x %d-%d %zu", w->name, w->to_ms ? from : "",
		 w->to_ms ? to : "", w->days, w->from_minute, w->to_minute, w->region_count);
	assert_string_equal(got, wanted);
	str_release(&yaml);
	forget(&r);
}

static void freeze_windows_are_read(void **state)
{
	(void)state;
	check_window("{Name: holidays, From: 2026-12-20, To: 2027-01-02}",
		     "holidays: 2026-12-20T00:00:00Z 2027-01-03T00:00:00Z 0 0-0 0");
	check_window("{From: 2028-02-29, To: 2028-02-29, Regions: [east, west]}",
		     "2028-02-29 to 2028-02-29: 2028-02-29T00:00:00Z 2028-03-01T00:00:00Z 0 0-0 2");
	check_window("{Name: n, From: '2026-11-27T06:30:15+01:30', To: '2026-11-27T23:00Z'}",
		     "n: 2026-11-27T05:00:15Z 2026-11-27T23:00:00Z 0 0-0 0");
	check_window("{Days: [Sat, Sun], Regions: east}", "Sat, Sun:   60 0-0 1");
	check_window("{Days: Mon, Daily: '22:00-06:00'}", "Mon 22:00-06:00:   1 1320-360 0");
	check_window("{Daily: '00:00-24:00'}", "00:00-24:00:   0 0-0 0");
	check_window("{Daily: '18:30-24:00'}", "18:30-24:00:   0 1110-0 0");
	check_window("{Name: old, From: 1970-01-01, To: 2100-12-31}",
		     "old: 1970-01-01T00:00:00Z 2101-01-01T00:00:00Z 0 0-0 0");
}

#define FREEZE(window) "Project: p\nRegions: {e: }\nFreezeWindows: [" window "]\n"

static void faults_of_freeze_windows_are_named(void **state)
{
	static const struct fault faults[] = {
		{FREEZE("{From: 2026-12-20, To: 2026-12-19}"), DIAG_FREEZE_SPAN, 3, 40,
		 "freeze window 1 ends before it begins", "from '2026-12-20' to '2026-12-19'"},
		{FREEZE("{From: 2026-02-29, To: 2026-12-19}"), DIAG_MANIFEST_VALUE, 3, 24,
		 "'From' of freeze window 1 cannot be '2026-02-29'", "such as 2026-12-20"},
		{FREEZE("{From: '2026-02-28T10:00', To: 2026-12-19}"), DIAG_MANIFEST_VALUE, 3, 24,
		 "'From' of freeze window 1 cannot be '2026-02-28T10:00'", "with its zone"},
		{FREEZE("{From: 2026-02-28}"), DIAG_MANIFEST_KEY_MISSING, 3, 17,
		 "freeze window 1 has no 'To'", "the last day"},
		{FREEZE("{Name: n}"), DIAG_MANIFEST_KEY_MISSING, 3, 17,
		 "freeze window 1 has no 'From'", "'Days' and 'Daily'"},
		{FREEZE("{Daily: 22-6}"), DIAG_MANIFEST_VALUE, 3, 25,
		 "'Daily' of freeze window 1 cannot be '22-6'", "'22:00-06:00'"},
		{FREEZE("{Daily: '06:00-06:00'}"), DIAG_MANIFEST_VALUE, 3, 25,
		 "'Daily' of freeze window 1 cannot be '06:00-06:00'", NULL},
		{FREEZE("{Days: [Sad]}"), DIAG_MANIFEST_VALUE, 3, 25,
		 "'Days' of freeze window 1 cannot be 'Sad'", "did you mean"},
		{FREEZE("{Days: []}"), DIAG_MANIFEST_VALUE, 3, 24,
		 "'Days' of freeze window 1 is an empty list", NULL},
		{FREEZE("{Days: Sat, Regions: [f]}"), DIAG_REGION_UNKNOWN, 3, 39,
		 "'Regions' of freeze window 1 names no region: 'f'", NULL},
		{FREEZE("{From: 2026-12-20, To: 2026-12-21, Days: Sat}"), DIAG_KEYS_EXCLUSIVE, 3,
		 52, "freeze window 1 has both 'From' and 'Days'", NULL},
		{FREEZE("weekend"), DIAG_MANIFEST_SHAPE, 3, 17,
		 "freeze window 1 is a string; it takes a map", NULL},
		{FREEZE("{Day: Sat, Daily: '01:00-02:00'}"), DIAG_MANIFEST_KEY_UNKNOWN, 3, 18,
		 "'Day' is not a key of freeze window 1", "did you mean"},
	};

	(void)state;
	check_faults(faults, ARRAY_LEN(faults));
}

static void health_checks_have_defaults(void **state)
{
	struct reading r = read_good(HEAD);
	const struct manifest_check *c = manifest_check(r.m, "up");

	(void)state;
	assert_string_equal(c->type, "TCP");
	assert_string_equal(c->provider, "probe");
	assert_int_equal(c->interval_ms, 10000);
	assert_int_equal(c->timeout_ms, 5000);
	assert_int_equal(c->healthy_threshold, 2);
	assert_int_equal(c->unhealthy_threshold, 3);
	assert_null(manifest_check(r.m, "down"));
	forget(&r);
}

#define CHECK(body) "Project: p\nRegions: {e: }\nHealthChecks: {c: {" body "}}\n"

static void faults_of_health_checks_are_named(void **state)
{
	static const struct fault faults[] = {
		{CHECK(""), DIAG_MANIFEST_KEY_MISSING, 3, 16, "health check 'c' has no 'Type'",
		 "Type: HTTP"},
		{CHECK("Type: POSTGRES"), DIAG_MANIFEST_KEY_MISSING, 3, 16,
		 "health check 'c' has no 'Host'", NULL},
		{CHECK("Type: DNS"), DIAG_MANIFEST_KEY_MISSING, 3, 16,
		 "health check 'c' has no 'Name'", NULL},
		{CHECK("Type: HTP"), DIAG_MANIFEST_VALUE, 3, 26,
		 "'Type' of health check 'c' cannot be 'HTP'", "did you mean 'HTTP'?"},
		{CHECK("Type: HTTP"), DIAG_MANIFEST_KEY_MISSING, 3, 16,
		 "health check 'c' has no 'Url'", NULL},
		{CHECK("Type: HTTP, Url: example.org"), DIAG_MANIFEST_VALUE, 3, 37,
		 "'Url' of health check 'c' cannot be 'example.org'", "http://"},
		{CHECK("Type: HTTP, Url: 'http://x', Status: [200, 399-200]"), DIAG_MANIFEST_VALUE,
		 3, 63, "'Status' of health check 'c' cannot be '399-200'", "200-399"},
		{CHECK("Type: HTTP, Url: 'http://x', Method: get"), DIAG_MANIFEST_VALUE, 3, 57,
		 "'Method' of health check 'c' cannot be 'get'", NULL},
		{CHECK("Type: HTTP, Url: 'http://x', Headers: {A: [b]}"), DIAG_MANIFEST_SHAPE, 3,
		 62, "'A' of 'Headers' of health check 'c' is a list; it takes a text", NULL},
		{CHECK("Type: TCP, Port: 22"), DIAG_MANIFEST_KEY_MISSING, 3, 16,
		 "health check 'c' has no 'Address'", "${Host}"},
		{CHECK("Type: TCP, Address: a, Port: 0"), DIAG_MANIFEST_VALUE, 3, 49,
		 "'Port' of health check 'c' cannot be '0'", "65535"},
		{CHECK("Type: TCP, Address: a, Host: b, Port: 1"), DIAG_KEYS_EXCLUSIVE, 3, 43,
		 "health check 'c' has both 'Address' and 'Host'", NULL},
		{CHECK("Type: TCP, Address: a, Port: 1, Url: b"), DIAG_MANIFEST_KEY_UNKNOWN, 3, 52,
		 "'Url' is not a key of health check 'c'", "the keys here are"},
		{CHECK("Type: COMMAND, Command: []"), DIAG_MANIFEST_VALUE, 3, 44,
		 "'Command' of health check 'c' is an empty list", "sh -c"},
		{CHECK("Type: COMMAND, Command: x, Timeout: 2m"), DIAG_MANIFEST_VALUE, 3, 56,
		 "'Timeout' of health check 'c' cannot be '2m'", "a minute"},
		{CHECK("Type: COMMAND, Command: x, HealthyThreshold: 0"), DIAG_MANIFEST_VALUE, 3,
		 65, "'HealthyThreshold' of health check 'c' cannot be '0'", NULL},
		{CHECK("Type: COMMAND, Command: x, Provider: prob"), DIAG_PROVIDER_UNKNOWN, 3, 57,
		 "there is no provider 'prob' to carry out health check 'c'",
		 "did you mean 'probe'?"},
	};

	(void)state;
	check_faults(faults, ARRAY_LEN(faults));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(preferences_are_read),
		cmocka_unit_test(without_rollout_the_defaults_hold),
		cmocka_unit_test(waves_are_read),
		cmocka_unit_test(an_accounts_tags_go_before_a_regions),
		cmocka_unit_test(freeze_windows_are_read),
		cmocka_unit_test(faults_of_freeze_windows_are_named),
		cmocka_unit_test(health_checks_have_defaults),
		cmocka_unit_test(faults_of_health_checks_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
