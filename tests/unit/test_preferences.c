/*
 * test_preferences.c - the arithmetic of operation preferences, with the examples that AWS
 * documents for StackSets (User Guide: "Stack set operation options", "Concurrency Mode
 * parameter"; API Reference: StackSetOperationPreferences).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "engine/rollout/preferences.h"

/* "20%", "3"; NULL: nobody said. */
static struct rollout_amount amount(const char *text)
{
	struct rollout_amount a = {0};

	if (text)
		assert_true(rollout_amount_parse(text_of(text), &a));
	return a;
}

static struct rollout_preferences preferences(const char *max_concurrent, const char *tolerance,
					      enum concurrency_mode mode)
{
	struct rollout_preferences p = rollout_defaults();

	p.max_concurrent = amount(max_concurrent);
	p.tolerance = amount(tolerance);
	p.mode = mode;
	return p;
}

static void max_concurrent_is_floored_and_at_least_one(void **state)
{
	const struct {
		const char *amount;
		size_t accounts, wanted;
	} rows[] = {
		{"50%", 10, 5}, /* five accounts of a region, then the other five */
		{"25%", 10, 2}, /* 2.5 */
		{"25%", 3, 1},  /* 0.75: where the floor is zero it is one */
		{"1%", 99, 1},  {"1%", 100, 1},    {"1%", 199, 1}, {"1%", 200, 2},
		{"33%", 6, 1},  {"34%", 6, 2},     {"100%", 7, 7}, {"99%", 100, 99},
		{"0%", 10, 1},  {"0", 10, 1},      {"1", 10, 1},   {"10", 10, 10},
		{"11", 10, 10}, {"1000000", 3, 3}, {NULL, 12, 12}, /* all, unless somebody says */
		{"5", 1, 1},    {"5", 0, 1},       {"50%", 0, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rollout_preferences p = preferences(rows[i].amount, "0", CONCURRENCY_SOFT);

		print_message("%s of %zu\n", rows[i].amount ? rows[i].amount : "-",
			      rows[i].accounts);
		assert_int_equal(rollout_max_concurrent(&p, rows[i].accounts), rows[i].wanted);
	}
}

static void tolerance_is_floored_and_may_be_zero(void **state)
{
	const struct {
		const char *amount;
		size_t accounts, wanted;
	} rows[] = {
		{"20%", 10, 2}, /* of 10 accounts in each of 3 regions: the third failure stops */
		{"20%", 4, 0},  /* 0.8 */
		{"20%", 5, 1},  {"33%", 3, 0}, {"34%", 3, 1},  {"99%", 1, 0},
		{"100%", 1, 1}, {"0%", 50, 0}, {"100%", 8, 8}, {"0", 9, 0},
		{"3", 9, 3},    {"3", 2, 3},   {NULL, 9, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rollout_preferences p = preferences("1", rows[i].amount, CONCURRENCY_SOFT);

		print_message("%s of %zu\n", rows[i].amount ? rows[i].amount : "-",
			      rows[i].accounts);
		assert_int_equal(rollout_tolerance(&p, rows[i].accounts), rows[i].wanted);
	}
}

static void the_mode_decides_how_many_run_after_failures(void **state)
{
	const struct {
		enum concurrency_mode mode;
		const char *max_concurrent, *tolerance;
		size_t accounts, failures, wanted;
	} rows[] = {
		/* Tolerance 5, ten at a time asked for: six, and one less with each failure. */
		{CONCURRENCY_STRICT, "10", "5", 20, 0, 6},
		{CONCURRENCY_STRICT, "10", "5", 20, 1, 5},
		{CONCURRENCY_STRICT, "10", "5", 20, 4, 2},
		{CONCURRENCY_STRICT, "10", "5", 20, 5, 1},
		{CONCURRENCY_STRICT, "10", "5", 20, 6, 0},
		/* The same, SOFT: ten until it stops. */
		{CONCURRENCY_SOFT, "10", "5", 20, 0, 10},
		{CONCURRENCY_SOFT, "10", "5", 20, 5, 10},
		{CONCURRENCY_SOFT, "10", "5", 20, 6, 0},
		/* The lower of both; MaxConcurrent may be the lower one for a while. */
		{CONCURRENCY_STRICT, "2", "5", 20, 0, 2},
		{CONCURRENCY_STRICT, "2", "5", 20, 4, 2},
		{CONCURRENCY_STRICT, "2", "5", 20, 5, 1},
		/* Nothing tolerated: one at a time, whatever MaxConcurrent says. */
		{CONCURRENCY_STRICT, "100%", "0", 50, 0, 1},
		{CONCURRENCY_STRICT, "100%", "0", 50, 1, 0},
		{CONCURRENCY_STRICT, "40%", "20%", 10, 0, 3},
		{CONCURRENCY_STRICT, "40%", "20%", 10, 2, 1},
		{CONCURRENCY_STRICT, "40%", "20%", 10, 3, 0},
		{CONCURRENCY_SOFT, "40%", "20%", 10, 2, 4},
		/* More tolerated than there are. */
		{CONCURRENCY_STRICT, "100%", "100", 3, 2, 3},
		{CONCURRENCY_SOFT, NULL, NULL, 8, 0, 8},
		{CONCURRENCY_SOFT, NULL, NULL, 8, 1, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rollout_preferences p =
			preferences(rows[i].max_concurrent, rows[i].tolerance, rows[i].mode);

		print_message("row %zu\n", i);
		assert_int_equal(rollout_allowed(&p, rows[i].accounts, rows[i].failures),
				 rows[i].wanted);
	}
}

static void a_wave_tolerates_nothing_unless_it_says_so_or_is_the_last(void **state)
{
	struct rollout_wave waves[3] = {{.name = "canary"}, {.name = "half"}, {.name = "all"}};
	struct rollout_preferences p = rollout_defaults();

	(void)state;
	waves[1].tolerance = amount("10%");
	p.waves = waves;
	p.wave_count = 3;
	assert_int_equal(rollout_wave_tolerance(&p, 0, WAVE_BEFORE_OTHERS, 10), 0);
	assert_int_equal(rollout_wave_tolerance(&p, 1, WAVE_BEFORE_OTHERS, 19), 1);
	assert_true(rollout_wave_tolerance(&p, 2, WAVE_LAST, 10) == ROLLOUT_ANY);
	assert_true(rollout_wave_tolerance(&p, 3, WAVE_LAST, 10) == ROLLOUT_ANY);
	waves[2].tolerance = amount("0");
	assert_int_equal(rollout_wave_tolerance(&p, 2, WAVE_LAST, 10), 0);
}

static void the_defaults_stop_at_the_first_failure(void **state)
{
	struct rollout_preferences p = rollout_defaults();

	(void)state;
	assert_int_equal(p.regions, REGIONS_SEQUENTIAL);
	assert_int_equal(p.mode, CONCURRENCY_SOFT);
	assert_int_equal(p.on_failure, ON_FAILURE_DEFAULT);
	assert_false(p.given);
	assert_int_equal(rollout_max_concurrent(&p, 40), 40);
	assert_int_equal(rollout_tolerance(&p, 40), 0);
}

static void amounts_are_numbers_or_percentages(void **state)
{
	const char *const wrong[] = {"",           "%",    "-1",  "+1",   "1.5",
				     "101%",       "20 %", " 20", "20%%", "half",
				     "1e3",        "0x10", "-0%", "%20",  "99999999999999999999",
				     "10000000000"};
	struct rollout_amount a = amount("20%");

	(void)state;
	assert_true(a.given && a.percent && a.value == 20);
	a = amount("3");
	assert_true(a.given && !a.percent && a.value == 3);
	a = amount("007");
	assert_int_equal(a.value, 7);
	a = amount("100%");
	assert_int_equal(a.value, 100);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		print_message("'%s'\n", wrong[i]);
		assert_false(rollout_amount_parse(text_of(wrong[i]), &a));
	}
	assert_int_equal(rollout_amount_of(amount("100%"), 1000000000, 0), 1000000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(max_concurrent_is_floored_and_at_least_one),
		cmocka_unit_test(tolerance_is_floored_and_may_be_zero),
		cmocka_unit_test(the_mode_decides_how_many_run_after_failures),
		cmocka_unit_test(a_wave_tolerates_nothing_unless_it_says_so_or_is_the_last),
		cmocka_unit_test(the_defaults_stop_at_the_first_failure),
		cmocka_unit_test(amounts_are_numbers_or_percentages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
