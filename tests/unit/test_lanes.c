#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/call.h"
#include "engine/lanes.h"

static void enroll(struct lanes *l, struct lane_item *x, const char *region, const char *host)
{
	lanes_enroll(l, x, region, "ssh", host);
	assert_true(lanes_push(l, x, 0));
}

static void every_endpoint_gets_its_first_call_before_one_gets_a_second(void **state)
{
	struct lanes *l = lanes_new(8);
	struct lane_item x[6] = {{0}};
	static const char *const hosts[] = {"a", "a", "a", "b", "b", "c"};
	struct lane_item *first[3];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(x); i++) {
		x[i].order = i;
		enroll(l, &x[i], "east", hosts[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(first); i++)
		first[i] = lanes_pop(l, 0);
	assert_ptr_equal(first[0], &x[0]);
	assert_ptr_equal(first[1], &x[3]);
	assert_ptr_equal(first[2], &x[5]);
	assert_ptr_equal(lanes_pop(l, 0), &x[1]);
	assert_ptr_equal(lanes_pop(l, 0), &x[4]);
	assert_ptr_equal(lanes_pop(l, 0), &x[2]);
	assert_null(lanes_pop(l, 0));
	assert_int_equal(lanes_in_flight(l), 6);
	lanes_free(l);
}

static void priority_and_urgency_decide_within_an_endpoint(void **state)
{
	struct lanes *l = lanes_new(8);
	struct lane_item low = {.order = 1}, high = {.order = 2, .priority = 3};
	struct lane_item begun = {.order = 3, .urgent = true};

	(void)state;
	enroll(l, &low, "east", "a");
	enroll(l, &high, "east", "a");
	enroll(l, &begun, "east", "a");
	assert_ptr_equal(lanes_pop(l, 0), &begun);
	assert_ptr_equal(lanes_pop(l, 0), &high);
	assert_ptr_equal(lanes_pop(l, 0), &low);
	lanes_free(l);
}

static void one_endpoint_never_has_more_calls_than_it_takes(void **state)
{
	struct lanes *l = lanes_new(64);
	struct lane_item x[LANE_CALLS + 1] = {{0}}, any[20] = {{0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(x); i++) {
		x[i].order = i;
		enroll(l, &x[i], "east", "a");
	}
	for (size_t i = 0; i < LANE_CALLS; i++)
		assert_non_null(lanes_pop(l, 0));
	assert_null(lanes_pop(l, 0));
	lanes_done(l, &x[0], LANE_ANSWERED);
	assert_ptr_equal(lanes_pop(l, 0), &x[LANE_CALLS]);
	/* Calls that name no endpoint have no such limit. */
	for (size_t i = 0; i < ARRAY_LEN(any); i++)
		enroll(l, &any[i], "east", "");
	for (size_t i = 0; i < ARRAY_LEN(any); i++)
		assert_non_null(lanes_pop(l, 0));
	lanes_free(l);
}

static void a_region_gets_half_of_the_workers_while_another_has_work(void **state)
{
	struct lanes *l = lanes_new(4);
	struct lane_item east[6] = {{0}}, west = {0};
	static const char *const hosts[] = {"a", "b", "c", "d", "e", "f"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(east); i++) {
		east[i].order = i;
		lanes_enroll(l, &east[i], "east", "ssh", hosts[i]);
	}
	lanes_enroll(l, &west, "west", "ssh", "w");
	for (size_t i = 0; i < ARRAY_LEN(east); i++)
		lanes_push(l, &east[i], 0);
	assert_non_null(lanes_pop(l, 0));
	assert_non_null(lanes_pop(l, 0));
	assert_null(lanes_pop(l, 0));
	lanes_push(l, &west, 0);
	assert_ptr_equal(lanes_pop(l, 0), &west);
	assert_null(lanes_pop(l, 0));
	lanes_done(l, &west, LANE_ANSWERED);
	assert_null(lanes_pop(l, 0));
	lanes_retire(l, &west);
	assert_non_null(lanes_pop(l, 0));
	assert_non_null(lanes_pop(l, 0));
	assert_null(lanes_pop(l, 0));
	lanes_free(l);
}

static void two_timeouts_open_the_breaker_and_an_answer_closes_it(void **state)
{
	struct lanes *l = lanes_new(8);
	struct lane_item x[4] = {{0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(x); i++) {
		x[i].order = i;
		enroll(l, &x[i], "east", "a");
	}
	assert_ptr_equal(lanes_pop(l, 0), &x[0]);
	assert_ptr_equal(lanes_pop(l, 0), &x[1]);
	assert_int_equal(lanes_done(l, &x[0], LANE_UNREACHABLE), LANE_AS_BEFORE);
	assert_int_equal(lanes_done(l, &x[1], LANE_UNREACHABLE), LANE_OPENED);
	x[1].attempts = 1;
	assert_true(lanes_push(l, &x[1], 0));
	/* One probe at a time: the one that was tried before. */
	assert_ptr_equal(lanes_pop(l, 0), &x[1]);
	assert_null(lanes_pop(l, 0));
	assert_int_equal(lanes_done(l, &x[1], LANE_UNREACHABLE), LANE_AS_BEFORE);
	assert_ptr_equal(lanes_pop(l, 0), &x[2]);
	assert_int_equal(lanes_done(l, &x[2], LANE_ANSWERED), LANE_CLOSED);
	assert_ptr_equal(lanes_pop(l, 0), &x[3]);
	lanes_free(l);
}

static void an_answer_between_two_timeouts_keeps_the_breaker_closed(void **state)
{
	struct lanes *l = lanes_new(8);
	struct lane_item x[3] = {{0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(x); i++) {
		enroll(l, &x[i], "east", "a");
		lanes_pop(l, 0);
	}
	lanes_done(l, &x[0], LANE_UNREACHABLE);
	lanes_done(l, &x[1], LANE_ANSWERED);
	assert_int_equal(lanes_done(l, &x[2], LANE_UNREACHABLE), LANE_AS_BEFORE);
	lanes_free(l);
}

static void a_paused_endpoint_holds_its_own_items_only(void **state)
{
	struct lanes *l = lanes_new(8);
	struct lane_item a = {0}, b = {0};

	(void)state;
	enroll(l, &a, "east", "a");
	enroll(l, &b, "east", "b");
	lanes_pause(l, &a, 100);
	assert_int_equal(lanes_next_ms(l), 100);
	assert_ptr_equal(lanes_pop(l, 99), &b);
	assert_null(lanes_pop(l, 99));
	assert_ptr_equal(lanes_pop(l, 100), &a);
	assert_int_equal(lanes_next_ms(l), TIMERS_NEVER);
	lanes_free(l);
}

static void throttling_halves_what_an_endpoint_gets_and_answers_restore_it(void **state)
{
	struct lanes *l = lanes_new(64);
	struct lane_item x[20] = {{0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(x); i++) {
		x[i].order = i;
		enroll(l, &x[i], "east", "a");
	}
	for (size_t i = 0; i < LANE_CALLS; i++)
		lanes_pop(l, 0);
	lanes_done(l, &x[0], LANE_THROTTLED);
	for (size_t i = 1; i < 4; i++)
		lanes_done(l, &x[i], LANE_NOT_CALLED);
	assert_null(lanes_pop(l, 0)); /* four are out, and four may be */
	lanes_done(l, &x[4], LANE_ANSWERED);
	assert_non_null(lanes_pop(l, 0));
	assert_non_null(lanes_pop(l, 0));
	assert_null(lanes_pop(l, 0));
	lanes_free(l);
}

static void giving_up_abandons_what_waits_and_what_comes_soon(void **state)
{
	struct lanes *l = lanes_new(8);
	struct lane_item x = {0}, y = {.order = 1}, late = {0}, later = {0};
	struct outcome cause = {.status = HD_UNREACHABLE};

	(void)state;
	diag_add(&cause.diags, DIAG_PROVIDER_FAILED, RANGE_NONE, "no route");
	enroll(l, &x, "east", "a");
	enroll(l, &y, "east", "a");
	assert_ptr_equal(lanes_pop(l, 0), &x);
	lanes_done(l, &x, LANE_UNREACHABLE);
	lanes_give_up(l, &x, &cause, 1000);
	assert_ptr_equal(lanes_abandoned(l, &x), &y);
	assert_null(lanes_abandoned(l, &x));
	lanes_enroll(l, &late, "east", "ssh", "a");
	assert_false(lanes_push(l, &late, 1000 + LANE_GIVEN_UP_MS - 1));
	assert_string_equal(outcome_error(lane_cause(&late))->summary, "no route");
	lanes_enroll(l, &later, "east", "ssh", "a");
	assert_true(lanes_push(l, &later, 1000 + LANE_GIVEN_UP_MS));
	assert_ptr_equal(lanes_pop(l, 1000 + LANE_GIVEN_UP_MS), &later);
	outcome_release(&cause);
	lanes_free(l);
}

static void a_withdrawn_item_does_not_come(void **state)
{
	struct lanes *l = lanes_new(8);
	struct lane_item x = {0}, y = {.order = 1};

	(void)state;
	enroll(l, &x, "east", "a");
	enroll(l, &y, "east", "a");
	lanes_withdraw(l, &x);
	assert_ptr_equal(lanes_pop(l, 0), &y);
	assert_null(lanes_pop(l, 0));
	lanes_free(l);
}

static void many_endpoints_in_random_order_each_end_once(void **state)
{
	struct lanes *l = lanes_new(16);
	struct lane_item x[400] = {{0}}, *out[16];
	size_t out_count = 0, ended = 0;
	uint32_t seed = 99;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(x); i++) {
		char host[2] = {(char)('a' + i % 23), 0};

		x[i].order = i;
		x[i].priority = i * 7 % 5;
		enroll(l, &x[i], i % 3 ? "east" : "west", host);
	}
	while (ended < ARRAY_LEN(x)) {
		struct lane_item *item;
		size_t at;

		while ((item = lanes_pop(l, 0)))
			out[out_count++] = item;
		assert_true(out_count > 0 && out_count <= 16);
		seed = seed * 1664525u + 1013904223u;
		at = (seed >> 8) % out_count;
		lanes_done(l, out[at], LANE_ANSWERED);
		lanes_retire(l, out[at]);
		out[at] = out[--out_count];
		ended++;
	}
	assert_int_equal(lanes_in_flight(l), 0);
	assert_null(lanes_pop(l, 0));
	lanes_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_endpoint_gets_its_first_call_before_one_gets_a_second),
		cmocka_unit_test(priority_and_urgency_decide_within_an_endpoint),
		cmocka_unit_test(one_endpoint_never_has_more_calls_than_it_takes),
		cmocka_unit_test(a_region_gets_half_of_the_workers_while_another_has_work),
		cmocka_unit_test(two_timeouts_open_the_breaker_and_an_answer_closes_it),
		cmocka_unit_test(an_answer_between_two_timeouts_keeps_the_breaker_closed),
		cmocka_unit_test(a_paused_endpoint_holds_its_own_items_only),
		cmocka_unit_test(throttling_halves_what_an_endpoint_gets_and_answers_restore_it),
		cmocka_unit_test(giving_up_abandons_what_waits_and_what_comes_soon),
		cmocka_unit_test(a_withdrawn_item_does_not_come),
		cmocka_unit_test(many_endpoints_in_random_order_each_end_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
