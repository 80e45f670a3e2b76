/* test_pace.c - how many calls a session may start in a second. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/pace.h"

/* Starts what may start from `from` up to `until`, looking every millisecond. */
static size_t run(struct pace *p, int64_t from, int64_t until)
{
	size_t count = 0;

	for (int64_t now = from; now < until; now++)
		for (; count < 1000000 && pace_ready_ms(p, now) <= now; count++) {
			pace_start(p, now);
			if (!pace_limit(p, now))
				return SIZE_MAX;
		}
	return count;
}

/* `count` calls over one second: what the other side saw. */
static uint64_t start_many(struct pace *p, int64_t now_ms, int count)
{
	uint64_t ticket = 0;

	for (int i = 0; i < count; i++)
		ticket = pace_start(p, now_ms + INT64_C(1000) * i / count);
	return ticket;
}

static void without_a_complaint_nothing_is_held_back(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, PACE_UNLIMITED);
	for (int i = 0; i < 10000; i++) {
		assert_true(pace_ready_ms(&p, 5000) <= 5000);
		pace_start(&p, 5000);
	}
	assert_int_equal(pace_limit(&p, 5000), PACE_UNLIMITED);
}

static void a_configured_rate_is_kept(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, 50 * PACE_ONE);
	/* A tenth of a second's worth at once, then fifty in each second. */
	assert_in_range(run(&p, 1000, 1001), 5, 6);
	assert_in_range(run(&p, 1001, 2001), 49, 51);
	assert_in_range(run(&p, 2001, 12001), 499, 501);
}

static void a_slow_rate_has_no_burst(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, PACE_ONE / 2);
	assert_int_equal(run(&p, 1000, 1001), 1);
	assert_int_equal(run(&p, 1001, 11001), 5);
}

static void throttling_halves_what_was_seen(void **state)
{
	struct pace p;
	uint64_t ticket;

	(void)state;
	pace_init(&p, PACE_UNLIMITED);
	ticket = start_many(&p, 10000, 200);
	assert_true(pace_throttled(&p, ticket, 11000));
	assert_int_equal(pace_limit(&p, 11000), 100 * PACE_ONE);
	assert_true(pace_ready_ms(&p, 11000) > 11000);
}

static void calls_from_before_the_cut_do_not_cut_again(void **state)
{
	struct pace p;
	uint64_t ticket;

	(void)state;
	pace_init(&p, PACE_UNLIMITED);
	ticket = start_many(&p, 10000, 200);
	assert_true(pace_throttled(&p, ticket, 11000));
	for (uint64_t t = 1; t <= ticket; t++)
		assert_false(pace_throttled(&p, t, 11001));
	assert_int_equal(pace_limit(&p, 11000), 100 * PACE_ONE);
	ticket = pace_start(&p, 11010);
	assert_true(pace_throttled(&p, ticket, 11020));
	assert_in_range(pace_limit(&p, 11020), 49 * PACE_ONE, 51 * PACE_ONE);
}

static void it_never_stops_altogether(void **state)
{
	struct pace p;
	int64_t now_ms = 1000;

	(void)state;
	pace_init(&p, PACE_UNLIMITED);
	for (int i = 0; i < 20; i++) {
		now_ms = pace_ready_ms(&p, now_ms);
		pace_throttled(&p, pace_start(&p, now_ms), now_ms);
	}
	assert_int_equal(pace_limit(&p, now_ms), PACE_ONE);
	assert_true(pace_ready_ms(&p, now_ms) <= now_ms + 1000);
}

static void the_old_pace_comes_back_and_then_the_limit_goes(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, PACE_UNLIMITED);
	pace_throttled(&p, start_many(&p, 10000, 200), 11000);
	assert_int_equal(pace_limit(&p, 16000), 150 * PACE_ONE);
	assert_int_equal(pace_limit(&p, 21000), 200 * PACE_ONE);
	assert_true(pace_limit(&p, 40999) > 0);
	assert_int_equal(pace_limit(&p, 41000), PACE_UNLIMITED);
	assert_true(pace_ready_ms(&p, 41000) <= 41000);
}

static void it_comes_back_to_what_is_configured_and_not_above(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, 30 * PACE_ONE);
	run(&p, 10000, 12000);
	assert_true(pace_throttled(&p, p.started, 12000));
	assert_in_range(pace_limit(&p, 12000), 14 * PACE_ONE, 16 * PACE_ONE);
	assert_int_equal(pace_limit(&p, 60000), 30 * PACE_ONE);
}

static void silence_that_is_asked_for_is_kept(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, PACE_UNLIMITED);
	pace_hold(&p, 9000);
	pace_hold(&p, 4000);
	assert_int_equal(pace_ready_ms(&p, 1000), 9000);
	assert_true(pace_ready_ms(&p, 9000) <= 9000);
}

/* What was seen long ago does not count. */
static void only_the_last_seconds_are_looked_at(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, PACE_UNLIMITED);
	start_many(&p, 10000, 1000);
	pace_throttled(&p, start_many(&p, 100000, 20), 101000);
	assert_int_equal(pace_limit(&p, 101000), 10 * PACE_ONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_complaint_nothing_is_held_back),
		cmocka_unit_test(a_configured_rate_is_kept),
		cmocka_unit_test(a_slow_rate_has_no_burst),
		cmocka_unit_test(throttling_halves_what_was_seen),
		cmocka_unit_test(calls_from_before_the_cut_do_not_cut_again),
		cmocka_unit_test(it_never_stops_altogether),
		cmocka_unit_test(the_old_pace_comes_back_and_then_the_limit_goes),
		cmocka_unit_test(it_comes_back_to_what_is_configured_and_not_above),
		cmocka_unit_test(silence_that_is_asked_for_is_kept),
		cmocka_unit_test(only_the_last_seconds_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
