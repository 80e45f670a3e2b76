/* test_clock.c - time, random bytes, and times as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

#define YEAR_2020_MS 1577836800000

static void the_real_clock_goes_forward(void **state)
{
	struct clock *c = clock_real();
	int64_t before = c->monotonic_ms(c);

	(void)state;
	assert_true(c->monotonic_ms(c) >= before);
	assert_true(c->wall_ms(c) > YEAR_2020_MS);
	assert_ptr_equal(clock_real(), c);
}

static void real_random_bytes_differ(void **state)
{
	struct clock *c = clock_real();
	char a[65], b[65];

	(void)state;
	clock_random_hex(c, 32, a);
	clock_random_hex(c, 32, b);
	assert_int_equal(strlen(a), 64);
	assert_int_equal(strspn(a, "0123456789abcdef"), 64);
	assert_string_not_equal(a, b);
}

static void the_fake_clock_moves_only_when_told(void **state)
{
	struct clock_fake f;
	struct clock *c = &f.base;

	(void)state;
	clock_fake_init(&f, YEAR_2020_MS, 1);
	assert_true(c->wall_ms(c) == YEAR_2020_MS);
	assert_true(c->monotonic_ms(c) == 0);
	clock_fake_advance(&f, 1500);
	assert_true(c->wall_ms(c) == YEAR_2020_MS + 1500);
	assert_true(c->monotonic_ms(c) == 1500);
}

static void fake_random_bytes_follow_the_seed(void **state)
{
	struct clock_fake f, same, other;
	char a[41], b[41], c[41], next[41];

	(void)state;
	clock_fake_init(&f, 0, 1);
	clock_fake_init(&same, 0, 1);
	clock_fake_init(&other, 0, 2);
	clock_random_hex(&f.base, 20, a);
	clock_random_hex(&same.base, 20, b);
	clock_random_hex(&other.base, 20, c);
	clock_random_hex(&f.base, 20, next);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	assert_string_not_equal(a, next);
	assert_int_equal(strlen(a), 40);
}

static void hex_of_no_bytes_is_empty(void **state)
{
	char out[1] = {'x'};

	(void)state;
	clock_random_hex(clock_real(), 0, out);
	assert_string_equal(out, "");
}

static void times_are_read_back(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} rows[] = {{"1970-01-01T00:00:00Z", 0},
		    {"2026-11-20T09:20:24Z", 1795166424000},
		    {"2026-11-20T10:20:24+01:00", 1795166424000},
		    {"2026-11-20T08:50:24.5-00:30", 1795166424500},
		    {"2024-02-29T00:00:00.1239Z", 1709164800123}};
	static const char *const none[] = {"",
					   "now",
					   "2026-11-20",
					   "2026-11-20T09:20:24",
					   "2026-11-20T09:20:24Zulu",
					   "2026-13-20T09:20:24Z",
					   "2026-11-20T09:20:24+1"};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(clock_parse_rfc3339(rows[i].text, &ms));
		assert_int_equal(ms, rows[i].ms);
	}
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_false(clock_parse_rfc3339(none[i], &ms));
}

static void wall_times_are_rfc3339_in_utc(void **state)
{
	const struct {
		int64_t ms;
		const char *text;
	} rows[] = {{0, "1970-01-01T00:00:00Z"},
		    {999, "1970-01-01T00:00:00Z"},
		    {-1, "1969-12-31T23:59:59Z"},
		    {-1000, "1969-12-31T23:59:59Z"},
		    {1795166424000, "2026-11-20T09:20:24Z"},
		    {1709164799999, "2024-02-28T23:59:59Z"},
		    {1709164800000, "2024-02-29T00:00:00Z"}};
	char out[CLOCK_TEXT_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		clock_format_rfc3339(rows[i].ms, out);
		assert_string_equal(out, rows[i].text);
	}
	clock_format_rfc3339(INT64_MAX, out);
	clock_format_rfc3339(INT64_MIN, out);
	assert_true(strlen(out) > 0);
}

static void durations_have_the_precision_people_want(void **state)
{
	const struct {
		int64_t ms;
		const char *text;
	} rows[] = {{0, "0ms"},
		    {850, "850ms"},
		    {1000, "1.0s"},
		    {12345, "12.3s"},
		    {59999, "59.9s"},
		    {60000, "1m00s"},
		    {245000, "4m05s"},
		    {3599999, "59m59s"},
		    {3600000, "1h00m"},
		    {3720000, "1h02m"},
		    {360000000, "100h00m"},
		    {-850, "-850ms"},
		    {INT64_MIN, "-2562047788015h12m"}};
	char out[CLOCK_TEXT_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		clock_format_duration(rows[i].ms, out);
		assert_string_equal(out, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_real_clock_goes_forward),
		cmocka_unit_test(real_random_bytes_differ),
		cmocka_unit_test(the_fake_clock_moves_only_when_told),
		cmocka_unit_test(fake_random_bytes_follow_the_seed),
		cmocka_unit_test(hex_of_no_bytes_is_empty),
		cmocka_unit_test(wall_times_are_rfc3339_in_utc),
		cmocka_unit_test(times_are_read_back),
		cmocka_unit_test(durations_have_the_precision_people_want),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
