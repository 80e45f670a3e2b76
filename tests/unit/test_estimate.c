/* From durations and a plan to what it will take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/estimate.h"
#include "tests/unit/planner_fixture.h"

#define THING(id, rest) "  " id ": {Type: Fake::Thing, Properties: {Name: " id rest "}}\n"

static const int64_t minute[] = {60000, 61000, 59000, 60000};
static const int64_t second[] = {1000, 1000, 900, 1100};
static const int64_t single[] = {7000};

#define TIMES(type, action, address, samples)                      \
	{                                                          \
		type, action, address, samples, ARRAY_LEN(samples) \
	}

static void estimated(struct fixture *f, struct duration *items, size_t count)
{
	struct duration_list list = {items, count};
	const struct plan *p = fixture_plan(f);

	assert_non_null(p);
	/* The fixture's plan is nobody else's. */
	estimate_plan((struct plan *)p, &(struct estimate_input){&list, 64});
}

static void percentiles_of_samples(void **state)
{
	int64_t many[DURATION_SAMPLES + 8];
	struct estimate e;

	(void)state;
	assert_int_equal(estimate_of(NULL, 0).typical_ms, -1);
	e = estimate_of(single, 1);
	assert_int_equal(e.typical_ms, 7000);
	assert_int_equal(e.slow_ms, 7000);
	e = estimate_of(minute, ARRAY_LEN(minute));
	assert_int_equal(e.typical_ms, 60000);
	assert_int_equal(e.slow_ms, 61000);
	/* More than are kept: the latest count. */
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = i < 8 ? 1000000 : (int64_t)i - 7;
	e = estimate_of(many, ARRAY_LEN(many));
	assert_int_equal(e.typical_ms, 16);
	assert_int_equal(e.slow_ms, 31);
	assert_int_equal(e.samples, DURATION_SAMPLES);
}

static void few_or_short_samples_make_nothing_slow(void **state)
{
	struct estimate e = {60000, 61000, ESTIMATE_SLOW_SAMPLES - 1};

	(void)state;
	assert_true(estimate_slow_after_ms(&e) == INT64_MAX);
	e.samples++;
	assert_int_equal(estimate_slow_after_ms(&e), 61000);
	e.slow_ms = 20;
	assert_int_equal(estimate_slow_after_ms(&e), ESTIMATE_SLOW_MS);
}

static void without_history_nothing_is_known(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n" THING("A", ""));
	estimated(&f, NULL, 0);
	assert_int_equal(f.plan->estimate.typical_ms, -1);
	assert_int_equal(f.plan->untimed, 1);
	assert_int_equal(f.plan->critical_count, 0);
	fixture_close(&f);
}

static void a_chain_and_what_runs_beside_it(void **state)
{
	struct duration times[] = {
		TIMES("Fake::Plain", "create", "", second),
		TIMES("Fake::Thing", "create", "", minute),
	};
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n" THING("Db", "") THING("App", ", Note: !Ref Db") THING(
				 "Other",
				 "") "  Z: {Type: Fake::Plain, Properties: {Name: !Ref App}}\n");
	estimated(&f, times, ARRAY_LEN(times));
	assert_int_equal(f.plan->estimate.typical_ms, 121000);
	assert_int_equal(f.plan->estimate.slow_ms, 123100);
	assert_int_equal(f.plan->untimed, 0);
	assert_int_equal(f.plan->critical_count, 3);
	assert_string_equal(f.plan->changes[f.plan->critical[0]].addr.logical_id, "Db");
	assert_string_equal(f.plan->changes[f.plan->critical[1]].addr.logical_id, "App");
	assert_string_equal(f.plan->changes[f.plan->critical[2]].addr.logical_id, "Z");
	fixture_close(&f);
}

static void its_own_samples_count_when_there_are_enough(void **state)
{
	struct duration times[] = {
		TIMES("Fake::Thing", "create", "", minute),
		TIMES("Fake::Thing", "create", "web/-/east/A", second),
		TIMES("Fake::Thing", "create", "web/-/east/B", single),
	};
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n" THING("A", "") THING("B", ""));
	estimated(&f, times, ARRAY_LEN(times));
	assert_int_equal(fixture_change(&f, "A")->estimate.typical_ms, 1000);
	assert_int_equal(fixture_change(&f, "B")->estimate.typical_ms, 60000);
	fixture_close(&f);
}

static void a_replacement_is_two_calls(void **state)
{
	struct duration times[] = {
		TIMES("Fake::Thing", "create", "", minute),
		TIMES("Fake::Thing", "delete", "", second),
	};
	struct estimate made, gone;
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n  A: {Type: Fake::Thing, Properties: {Name: a2}}\n");
	fixture_record(&f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"a\"}", NULL);
	estimated(&f, times, ARRAY_LEN(times));
	assert_int_equal(f.plan->counts.replace, 1);
	assert_int_equal(f.plan->estimate.typical_ms, 61000);
	assert_int_equal(f.plan->critical_count, 2);
	made = estimate_part(fixture_change(&f, "A"), ESTIMATE_MAKING);
	gone = estimate_part(fixture_change(&f, "A"), ESTIMATE_REMOVING);
	assert_int_equal(made.typical_ms, 60000);
	assert_int_equal(gone.typical_ms, 1000);
	fixture_close(&f);
}

static void stacks_wait_for_each_other(void **state)
{
	static const char manifest[] = "Project: shop\nRegions: {east: {}}\nStacks:\n"
				       "  net: {Template: web.yaml, Targets: [east]}\n"
				       "  web: {Template: web.yaml, DependsOn: [net], "
				       "Targets: [east]}\n";
	struct duration times[] = {TIMES("Fake::Thing", "create", "", minute)};
	struct fixture f;

	(void)state;
	fixture_open_project(&f, manifest, "Resources:\n" THING("A", "") THING("B", ""), NULL);
	estimated(&f, times, ARRAY_LEN(times));
	assert_int_equal(f.plan->estimate.typical_ms, 120000);
	assert_int_equal(f.plan->critical_count, 2);
	fixture_close(&f);
}

static void what_was_never_timed_is_counted(void **state)
{
	struct duration times[] = {TIMES("Fake::Thing", "create", "", minute)};
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n" THING(
				 "A", "") "  Z: {Type: Fake::Plain, Properties: {Name: z}}\n");
	estimated(&f, times, ARRAY_LEN(times));
	assert_int_equal(f.plan->estimate.typical_ms, 60000);
	assert_int_equal(f.plan->untimed, 1);
	fixture_close(&f);
}

static void what_is_deleted_is_timed_as_recorded(void **state)
{
	struct duration times[] = {TIMES("Fake::Thing", "delete", "", second)};
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n  Z: {Type: Fake::Plain, Properties: {Name: z}}\n");
	fixture_record(&f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"a\"}", NULL);
	fixture_record(&f, "web/-/east/B", "Fake::Thing", "{\"Name\":\"b\"}", "[\"web/-/east/A\"]");
	estimated(&f, times, ARRAY_LEN(times));
	assert_int_equal(f.plan->counts.remove, 2);
	assert_int_equal(f.plan->estimate.typical_ms, 2000);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles_of_samples),
		cmocka_unit_test(few_or_short_samples_make_nothing_slow),
		cmocka_unit_test(without_history_nothing_is_known),
		cmocka_unit_test(a_chain_and_what_runs_beside_it),
		cmocka_unit_test(its_own_samples_count_when_there_are_enough),
		cmocka_unit_test(a_replacement_is_two_calls),
		cmocka_unit_test(stacks_wait_for_each_other),
		cmocka_unit_test(what_was_never_timed_is_counted),
		cmocka_unit_test(what_is_deleted_is_timed_as_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
