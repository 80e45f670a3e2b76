#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/timers.h"

static void due_timers_come_in_the_order_of_time(void **state)
{
	struct timers t = TIMERS_INIT;
	struct timer late = {0}, early = {0};

	(void)state;
	timers_set(&t, &late, 20);
	timers_set(&t, &early, 10);
	assert_int_equal(timers_next_ms(&t), 10);
	assert_null(timers_pop(&t, 9));
	assert_ptr_equal(timers_pop(&t, 20), &early);
	assert_ptr_equal(timers_pop(&t, 20), &late);
	assert_null(timers_pop(&t, 1000));
	assert_int_equal(timers_next_ms(&t), TIMERS_NEVER);
	timers_release(&t);
}

static void equal_times_come_in_the_order_they_were_set(void **state)
{
	struct timers t = TIMERS_INIT;
	struct timer x[5] = {{0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(x); i++)
		timers_set(&t, &x[i], 7);
	timers_set(&t, &x[0], 7);
	for (size_t i = 1; i < ARRAY_LEN(x); i++)
		assert_ptr_equal(timers_pop(&t, 7), &x[i]);
	assert_ptr_equal(timers_pop(&t, 7), &x[0]);
	timers_release(&t);
}

static void a_cleared_timer_never_comes(void **state)
{
	struct timers t = TIMERS_INIT;
	struct timer x = {0}, y = {0};

	(void)state;
	timers_set(&t, &x, 1);
	timers_set(&t, &y, 2);
	assert_true(timer_is_set(&x));
	timers_clear(&t, &x);
	timers_clear(&t, &x);
	assert_false(timer_is_set(&x));
	assert_ptr_equal(timers_pop(&t, 5), &y);
	assert_null(timers_pop(&t, 5));
	timers_release(&t);
}

static void many_timers_set_moved_and_cleared_stay_in_order(void **state)
{
	struct timers t = TIMERS_INIT;
	struct timer x[500] = {{0}};
	uint32_t seed = 12345;
	size_t set = 0, got = 0;
	int64_t last = -1;
	struct timer *p;

	(void)state;
	for (size_t i = 0; i < 3 * ARRAY_LEN(x); i++) {
		seed = seed * 1664525u + 1013904223u;
		if (seed % 5 == 0)
			timers_clear(&t, &x[(seed >> 8) % ARRAY_LEN(x)]);
		else
			timers_set(&t, &x[(seed >> 8) % ARRAY_LEN(x)], (seed >> 4) % 100);
	}
	for (size_t i = 0; i < ARRAY_LEN(x); i++)
		set += timer_is_set(&x[i]);
	while ((p = timers_pop(&t, 1000))) {
		assert_true(p->due_ms >= last);
		last = p->due_ms;
		got++;
	}
	assert_int_equal(got, set);
	timers_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(due_timers_come_in_the_order_of_time),
		cmocka_unit_test(equal_times_come_in_the_order_they_were_set),
		cmocka_unit_test(a_cleared_timer_never_comes),
		cmocka_unit_test(many_timers_set_moved_and_cleared_stay_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
