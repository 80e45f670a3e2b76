/*
 * test_freeze.c - freeze windows: when they hold, for whom, and until when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/clock.h"
#include "engine/rollout/freeze.h"

enum { MON = 1, TUE = 2, FRI = 16, SAT = 32, SUN = 64 };

/* "2026-11-20 09:30", in UTC. */
static int64_t at(const char *text)
{
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%d %H:%M", &tm);

	assert_non_null(rest);
	assert_string_equal(rest, "");
	return (int64_t)timegm(&tm) * 1000;
}

static const char *const east_only[] = {"east"};

struct row {
	const char *now, *until; /* until "": it does not hold */
};

static void check_rows(const struct freeze_window *w, const struct row *rows, size_t count)
{
	struct freeze_list l = {w, 1};

	for (size_t i = 0; i < count; i++) {
		int64_t until = -1, now = at(rows[i].now);
		const struct freeze_window *found = freeze_at(&l, "east", now, &until);
		char text[CLOCK_TEXT_LEN] = "";

		if (found)
			clock_format_rfc3339(until, text);
		text[text[0] ? 16 : 0] = 0;
		if (text[0])
			text[10] = ' ';
		print_message("%s -> '%s'\n", rows[i].now, text);
		assert_string_equal(text, rows[i].until);
		assert_ptr_equal(found, *rows[i].until ? w : NULL);
	}
}

static void a_span_holds_from_its_beginning_to_just_before_its_end(void **state)
{
	struct freeze_window w = {.from_ms = at("2026-12-20 00:00"),
				  .to_ms = at("2027-01-02 00:00")};
	const struct row rows[] = {
		{"2026-12-19 23:59", ""},
		{"2026-12-20 00:00", "2027-01-02 00:00"},
		{"2027-01-01 23:59", "2027-01-02 00:00"},
		{"2027-01-02 00:00", ""},
	};

	(void)state;
	check_rows(&w, rows, ARRAY_LEN(rows));
}

static void a_weekend_ends_on_monday(void **state)
{
	struct freeze_window w = {.days = SAT | SUN};
	const struct row rows[] = {
		{"2026-11-20 23:59", ""}, /* a Friday */
		{"2026-11-21 00:00", "2026-11-23 00:00"},
		{"2026-11-22 23:59", "2026-11-23 00:00"},
		{"2026-11-23 00:00", ""},
	};

	(void)state;
	check_rows(&w, rows, ARRAY_LEN(rows));
}

static void a_night_passes_midnight(void **state)
{
	struct freeze_window w = {.from_minute = 22 * 60, .to_minute = 6 * 60};
	const struct row rows[] = {
		{"2026-11-20 21:59", ""},
		{"2026-11-20 22:00", "2026-11-21 06:00"},
		{"2026-11-21 00:00", "2026-11-21 06:00"},
		{"2026-11-21 05:59", "2026-11-21 06:00"},
		{"2026-11-21 06:00", ""},
	};

	(void)state;
	check_rows(&w, rows, ARRAY_LEN(rows));
}

static void the_day_of_a_night_is_the_one_it_begins_on(void **state)
{
	struct freeze_window w = {.days = FRI, .from_minute = 22 * 60, .to_minute = 6 * 60};
	const struct row rows[] = {
		{"2026-11-20 05:00", ""},
		{"2026-11-20 23:00", "2026-11-21 06:00"},
		{"2026-11-21 05:00", "2026-11-21 06:00"},
		{"2026-11-21 23:00", ""},
	};

	(void)state;
	check_rows(&w, rows, ARRAY_LEN(rows));
}

static void hours_of_some_days(void **state)
{
	struct freeze_window w = {
		.days = MON | TUE, .from_minute = 9 * 60, .to_minute = 17 * 60 + 30};
	const struct row rows[] = {
		{"2026-11-23 08:59", ""},
		{"2026-11-23 09:00", "2026-11-23 17:30"},
		{"2026-11-24 17:29", "2026-11-24 17:30"},
		{"2026-11-24 17:30", ""},
		{"2026-11-25 10:00", ""},
	};

	(void)state;
	check_rows(&w, rows, ARRAY_LEN(rows));
}

static void to_midnight_and_from_midnight_meet(void **state)
{
	struct freeze_window w = {.days = SUN, .from_minute = 20 * 60, .to_minute = 0};
	const struct row rows[] = {
		{"2026-11-22 19:59", ""},
		{"2026-11-22 23:59", "2026-11-23 00:00"},
		{"2026-11-23 00:00", ""},
	};

	(void)state;
	check_rows(&w, rows, ARRAY_LEN(rows));
}

static void every_day_all_day_has_no_end(void **state)
{
	struct freeze_window w = {.name = "closed"};
	struct freeze_list l = {&w, 1};
	int64_t until = 0;

	(void)state;
	assert_ptr_equal(freeze_at(&l, "east", at("2026-11-20 12:00"), &until), &w);
	assert_true(until == FREEZE_FOR_EVER);
	w.days = 127;
	assert_ptr_equal(freeze_at(&l, "east", at("2026-11-20 12:00"), &until), &w);
	assert_true(until == FREEZE_FOR_EVER);
	w.from_minute = w.to_minute = 12 * 60;
	assert_ptr_equal(freeze_at(&l, "east", at("2026-11-20 11:00"), &until), &w);
	assert_true(until == FREEZE_FOR_EVER);
}

static void a_window_holds_for_the_regions_it_names(void **state)
{
	struct freeze_window w = {.days = SAT, .regions = east_only, .region_count = 1};
	struct freeze_list l = {&w, 1}, none = {NULL, 0};
	int64_t until, now = at("2026-11-21 12:00");

	(void)state;
	assert_ptr_equal(freeze_at(&l, "east", now, &until), &w);
	assert_null(freeze_at(&l, "west", now, &until));
	assert_null(freeze_at(&none, "east", now, &until));
}

static void of_several_the_one_that_ends_last_counts(void **state)
{
	struct freeze_window w[] = {
		{.name = "night", .from_minute = 22 * 60, .to_minute = 6 * 60},
		{.name = "holidays",
		 .from_ms = at("2026-12-20 00:00"),
		 .to_ms = at("2027-01-02 00:00")},
		{.name = "sunday", .days = SUN},
	};
	struct freeze_list l = {w, ARRAY_LEN(w)};
	int64_t until;

	(void)state;
	assert_ptr_equal(freeze_at(&l, "east", at("2026-12-20 23:00"), &until), &w[1]);
	assert_true(until == at("2027-01-02 00:00"));
	assert_ptr_equal(freeze_at(&l, "east", at("2027-01-01 23:00"), &until), &w[0]);
	assert_true(until == at("2027-01-02 06:00"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_span_holds_from_its_beginning_to_just_before_its_end),
		cmocka_unit_test(a_weekend_ends_on_monday),
		cmocka_unit_test(a_night_passes_midnight),
		cmocka_unit_test(the_day_of_a_night_is_the_one_it_begins_on),
		cmocka_unit_test(hours_of_some_days),
		cmocka_unit_test(to_midnight_and_from_midnight_meet),
		cmocka_unit_test(every_day_all_day_has_no_end),
		cmocka_unit_test(a_window_holds_for_the_regions_it_names),
		cmocka_unit_test(of_several_the_one_that_ends_last_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
