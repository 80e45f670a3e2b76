#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/call.h"
#include "engine/lanes.h"

static void place(struct lanes *l, struct lane_item *x, const char *region, const char *host)
{
	lanes_enroll(l, x, &(struct lane_place){"ssh", "-", region, host, 0, 0});
}

static void enroll(struct lanes *l, struct lane_item *x, const char *region, const char *host)
{
	place(l, x, region, host);
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
	lanes_done(l, &x[0], LANE_ANSWERED, 0);
	assert_ptr_equal(lanes_pop(l, 0), &x[LANE_CALLS]);
	/* Calls that name no endpoint have no such limit. */
	for (size_t i = 0; i < ARRAY_LEN(any); i++)
		enroll(l, &any[i], "east", "");
	for (size_t i = 0; i < ARRAY_LEN(any); i++)
		assert_non_null(lanes_pop(l, 0));
	lanes_free(l);
}

static void a_few_more_than_the_workers_are_begun_when_there_are_many(void **state)
{
	struct lanes *few = lanes_new(LANES_AHEAD - 1), *many = lanes_new(2 * LANES_AHEAD);
	struct lane_item x[2][3 * LANES_AHEAD] = {{{0}}};
	size_t begun[2] = {0, 0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(x[0]); i++) {
		enroll(few, &x[0][i], "east", "");
		enroll(many, &x[1][i], "east", "");
	}
	while (lanes_pop(few, 0))
		begun[0]++;
	while (lanes_pop(many, 0))
		begun[1]++;
	assert_int_equal(begun[0], LANES_AHEAD - 1);
	assert_int_equal(begun[1], 2 * LANES_AHEAD + 2);
	lanes_free(few);
	lanes_free(many);
}

static void a_region_gets_half_of_the_workers_while_another_has_work(void **state)
{
	struct lanes *l = lanes_new(4);
	struct lane_item east[6] = {{0}}, west = {0};
	static const char *const hosts[] = {"a", "b", "c", "d", "e", "f"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(east); i++) {
		east[i].order = i;
		place(l, &east[i], "east", hosts[i]);
	}
	place(l, &west, "west", "w");
	for (size_t i = 0; i < ARRAY_LEN(east); i++)
		lanes_push(l, &east[i], 0);
	assert_non_null(lanes_pop(l, 0));
	assert_non_null(lanes_pop(l, 0));
	assert_null(lanes_pop(l, 0));
	lanes_push(l, &west, 0);
	assert_ptr_equal(lanes_pop(l, 0), &west);
	assert_null(lanes_pop(l, 0));
	lanes_done(l, &west, LANE_ANSWERED, 0);
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
	assert_int_equal(lanes_done(l, &x[0], LANE_UNREACHABLE, 0), LANE_AS_BEFORE);
	assert_int_equal(lanes_done(l, &x[1], LANE_UNREACHABLE, 0), LANE_OPENED);
	x[1].attempts = 1;
	assert_true(lanes_push(l, &x[1], 0));
	/* One probe at a time: the one that was tried before. */
	assert_ptr_equal(lanes_pop(l, 0), &x[1]);
	assert_null(lanes_pop(l, 0));
	assert_int_equal(lanes_done(l, &x[1], LANE_UNREACHABLE, 0), LANE_AS_BEFORE);
	assert_ptr_equal(lanes_pop(l, 0), &x[2]);
	assert_int_equal(lanes_done(l, &x[2], LANE_ANSWERED, 0), LANE_CLOSED);
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
	lanes_done(l, &x[0], LANE_UNREACHABLE, 0);
	lanes_done(l, &x[1], LANE_ANSWERED, 0);
	assert_int_equal(lanes_done(l, &x[2], LANE_UNREACHABLE, 0), LANE_AS_BEFORE);
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

/* When the pace of the session is no limit any more. */
#define LATER_MS 60000

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
	lanes_done(l, &x[0], LANE_THROTTLED, 0);
	for (size_t i = 1; i < 4; i++)
		lanes_done(l, &x[i], LANE_NOT_CALLED, 0);
	assert_null(lanes_pop(l, LATER_MS)); /* four are out, and four may be */
	lanes_done(l, &x[4], LANE_ANSWERED, 0);
	assert_non_null(lanes_pop(l, LATER_MS));
	assert_non_null(lanes_pop(l, LATER_MS));
	assert_null(lanes_pop(l, LATER_MS));
	lanes_free(l);
}

static struct lane_place in_east(const char *account)
{
	return (struct lane_place){"aws", account, "east", "", 0, 0};
}

static void throttling_slows_the_whole_session_and_no_other(void **state)
{
	struct lanes *l = lanes_new(64);
	struct lane_item x[4] = {{0}}, other = {0};
	struct lane_place here = in_east("prod"), there = in_east("test");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(x); i++) {
		x[i].order = i;
		lanes_enroll(l, &x[i], &here);
	}
	lanes_enroll(l, &other, &there);
	lanes_push(l, &x[0], 1000);
	assert_ptr_equal(lanes_pop(l, 1000), &x[0]);
	lanes_done(l, &x[0], LANE_THROTTLED, 1000);
	for (size_t i = 1; i < ARRAY_LEN(x); i++)
		lanes_push(l, &x[i], 1000);
	/* One call a second is left of it. */
	assert_null(lanes_pop(l, 1000));
	assert_int_equal(lanes_next_ms(l), 2000);
	lanes_push(l, &other, 1000);
	assert_ptr_equal(lanes_pop(l, 1000), &other);
	assert_ptr_equal(lanes_pop(l, 2000), &x[1]);
	assert_null(lanes_pop(l, 2000));
	lanes_free(l);
}

static void a_session_is_held_until_its_provider_will_hear_of_it(void **state)
{
	struct lanes *l = lanes_new(64);
	struct lane_item x = {0};
	struct lane_place here = in_east("prod");

	(void)state;
	lanes_enroll(l, &x, &here);
	lanes_push(l, &x, 1000);
	lanes_hold(&x, 7000);
	assert_null(lanes_pop(l, 1000));
	assert_int_equal(lanes_next_ms(l), 7000);
	assert_ptr_equal(lanes_pop(l, 7000), &x);
	assert_null(lanes_pop(l, 7000));
	assert_int_equal(lanes_next_ms(l), TIMERS_NEVER);
	lanes_free(l);
}

static void a_provider_has_no_more_calls_than_its_entry_allows(void **state)
{
	struct lanes *l = lanes_new(64);
	struct lane_item east[3] = {{0}}, west[3] = {{0}}, free_one = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(east); i++) {
		lanes_enroll(l, &east[i], &(struct lane_place){"aws", "-", "east", "", 2, 0});
		lanes_enroll(l, &west[i], &(struct lane_place){"aws", "-", "west", "", 2, 0});
		lanes_push(l, &east[i], 0);
		lanes_push(l, &west[i], 0);
	}
	lanes_enroll(l, &free_one, &(struct lane_place){"ssh", "-", "east", "a", 0, 0});
	assert_non_null(lanes_pop(l, 0));
	assert_non_null(lanes_pop(l, 0));
	assert_null(lanes_pop(l, 0));
	lanes_push(l, &free_one, 0);
	assert_ptr_equal(lanes_pop(l, 0), &free_one);
	lanes_done(l, &east[0], LANE_ANSWERED, 0);
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
	lanes_done(l, &x, LANE_UNREACHABLE, 0);
	lanes_give_up(l, &x, &cause, 1000);
	assert_ptr_equal(lanes_abandoned(l, &x), &y);
	assert_null(lanes_abandoned(l, &x));
	place(l, &late, "east", "a");
	assert_false(lanes_push(l, &late, 1000 + LANE_GIVEN_UP_MS - 1));
	assert_string_equal(outcome_error(lane_cause(&late))->summary, "no route");
	place(l, &later, "east", "a");
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
	struct lanes *l = lanes_new(15);
	struct lane_item x[400] = {{0}}, *out[15];
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
		assert_true(out_count > 0 && out_count <= 15);
		seed = seed * 1664525u + 1013904223u;
		at = (seed >> 8) % out_count;
		lanes_done(l, out[at], LANE_ANSWERED, 0);
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
		cmocka_unit_test(a_few_more_than_the_workers_are_begun_when_there_are_many),
		cmocka_unit_test(a_region_gets_half_of_the_workers_while_another_has_work),
		cmocka_unit_test(two_timeouts_open_the_breaker_and_an_answer_closes_it),
		cmocka_unit_test(an_answer_between_two_timeouts_keeps_the_breaker_closed),
		cmocka_unit_test(a_paused_endpoint_holds_its_own_items_only),
		cmocka_unit_test(throttling_halves_what_an_endpoint_gets_and_answers_restore_it),
		cmocka_unit_test(throttling_slows_the_whole_session_and_no_other),
		cmocka_unit_test(a_session_is_held_until_its_provider_will_hear_of_it),
		cmocka_unit_test(a_provider_has_no_more_calls_than_its_entry_allows),
		cmocka_unit_test(giving_up_abandons_what_waits_and_what_comes_soon),
		cmocka_unit_test(a_withdrawn_item_does_not_come),
		cmocka_unit_test(many_endpoints_in_random_order_each_end_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
