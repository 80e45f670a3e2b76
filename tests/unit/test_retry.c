#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/retry.h"

struct row {
	enum hd_status status;
	enum verdict none, done, partial, unknown;
};

/* The contract of providers/api/provider.h, written down a second time. */
static const struct row rows[] = {
	{HD_OK, VERDICT_DONE, VERDICT_DONE, VERDICT_DONE, VERDICT_DONE},
	{HD_PENDING, VERDICT_PENDING, VERDICT_PENDING, VERDICT_PENDING, VERDICT_PENDING},
	{HD_RETRY, VERDICT_AGAIN, VERDICT_LOOK, VERDICT_PARTIAL, VERDICT_LOOK},
	{HD_THROTTLED, VERDICT_AGAIN, VERDICT_LOOK, VERDICT_PARTIAL, VERDICT_LOOK},
	{HD_CONFLICT, VERDICT_LATER, VERDICT_LOOK, VERDICT_PARTIAL, VERDICT_LOOK},
	{HD_NOTFOUND, VERDICT_GONE, VERDICT_GONE, VERDICT_PARTIAL, VERDICT_LOOK},
	{HD_EXISTS, VERDICT_EXISTS, VERDICT_EXISTS, VERDICT_PARTIAL, VERDICT_LOOK},
	{HD_CANCELLED, VERDICT_FAIL, VERDICT_LOOK, VERDICT_PARTIAL, VERDICT_LOOK},
	{HD_FATAL, VERDICT_FAIL, VERDICT_PARTIAL, VERDICT_PARTIAL, VERDICT_LOOK},
	{HD_UNREACHABLE, VERDICT_AGAIN, VERDICT_LOOK, VERDICT_PARTIAL, VERDICT_LOOK},
};

static void every_status_and_effect_has_the_verdict_of_the_contract(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_LEN(rows), HD_STATUS_COUNT);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];

		assert_int_equal(retry_verdict(r->status, HD_EFFECT_NONE, CALL_CHANGES), r->none);
		assert_int_equal(retry_verdict(r->status, HD_EFFECT_DONE, CALL_CHANGES), r->done);
		assert_int_equal(retry_verdict(r->status, HD_EFFECT_PARTIAL, CALL_CHANGES),
				 r->partial);
		assert_int_equal(retry_verdict(r->status, HD_EFFECT_UNKNOWN, CALL_CHANGES),
				 r->unknown);
	}
}

static void a_question_whose_answer_was_lost_is_asked_again(void **state)
{
	(void)state;
	assert_int_equal(retry_verdict(HD_RETRY, HD_EFFECT_UNKNOWN, CALL_ASKS), VERDICT_AGAIN);
	assert_int_equal(retry_verdict(HD_UNREACHABLE, HD_EFFECT_PARTIAL, CALL_ASKS),
			 VERDICT_AGAIN);
	assert_int_equal(retry_verdict(HD_FATAL, HD_EFFECT_UNKNOWN, CALL_ASKS), VERDICT_LOOK);
}

static struct retry_request request(enum hd_status status, int attempts)
{
	return (struct retry_request){.status = status,
				      .attempts = attempts,
				      .deadline_ms = 1000000,
				      .random = UINT64_MAX};
}

static void attempts_at_an_unreachable_endpoint_are_four(void **state)
{
	struct retry_request r;

	(void)state;
	for (int i = 1; i < RETRY_ATTEMPTS; i++) {
		r = request(HD_UNREACHABLE, i);
		assert_true(retry_wait_ms(&r) > 0);
	}
	r = request(HD_UNREACHABLE, RETRY_ATTEMPTS);
	assert_int_equal(retry_wait_ms(&r), -1);
}

static int64_t longest_wait(enum hd_status status, int attempts)
{
	int64_t longest = 0;

	for (uint64_t i = 0; i < 70000; i++) {
		struct retry_request r = request(status, attempts);
		int64_t ms;

		r.random = i;
		ms = retry_wait_ms(&r);
		assert_true(ms > 0);
		longest = ms > longest ? ms : longest;
	}
	return longest;
}

static void the_ceiling_of_the_wait_doubles_and_has_a_cap(void **state)
{
	(void)state;
	assert_int_equal(longest_wait(HD_RETRY, 1), 500);
	assert_int_equal(longest_wait(HD_RETRY, 2), 1000);
	assert_int_equal(longest_wait(HD_RETRY, 3), 2000);
	assert_int_equal(longest_wait(HD_THROTTLED, 9), 30000);
}

static void the_wait_may_be_anything_below_its_ceiling(void **state)
{
	struct retry_request r = request(HD_RETRY, 3);

	(void)state;
	r.random = 0;
	assert_int_equal(retry_wait_ms(&r), 1);
	r.random = 1234;
	assert_int_equal(retry_wait_ms(&r), 1235);
}

static void what_the_provider_asks_for_is_waited_at_least(void **state)
{
	struct retry_request r = request(HD_THROTTLED, 1);

	(void)state;
	r.retry_after_ms = 60000;
	assert_int_equal(retry_wait_ms(&r), 60000);
	r.retry_after_ms = INT64_MAX;
	assert_int_equal(retry_wait_ms(&r), 300000);
}

static void nothing_is_tried_again_beyond_the_deadline(void **state)
{
	struct retry_request r = request(HD_RETRY, 1);

	(void)state;
	r.random = 99;
	r.now_ms = 1000;
	r.deadline_ms = 1100;
	assert_int_equal(retry_wait_ms(&r), -1);
	r.deadline_ms = 1101;
	assert_int_equal(retry_wait_ms(&r), 100);
}

static void a_conflict_is_waited_for_until_the_deadline(void **state)
{
	struct retry_request r = request(HD_CONFLICT, 1000);

	(void)state;
	r.waits = 500;
	assert_true(retry_wait_ms(&r) > 0);
	r.deadline_ms = 0;
	assert_int_equal(retry_wait_ms(&r), -1);
}

static void only_passing_faults_are_tried_again(void **state)
{
	struct retry_request r = request(HD_FATAL, 1);

	(void)state;
	assert_int_equal(retry_wait_ms(&r), -1);
	assert_false(retry_is_passing(HD_FATAL));
	assert_false(retry_is_passing(HD_NOTFOUND));
	assert_true(retry_is_passing(HD_UNREACHABLE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_status_and_effect_has_the_verdict_of_the_contract),
		cmocka_unit_test(a_question_whose_answer_was_lost_is_asked_again),
		cmocka_unit_test(attempts_at_an_unreachable_endpoint_are_four),
		cmocka_unit_test(the_ceiling_of_the_wait_doubles_and_has_a_cap),
		cmocka_unit_test(the_wait_may_be_anything_below_its_ceiling),
		cmocka_unit_test(what_the_provider_asks_for_is_waited_at_least),
		cmocka_unit_test(nothing_is_tried_again_beyond_the_deadline),
		cmocka_unit_test(a_conflict_is_waited_for_until_the_deadline),
		cmocka_unit_test(only_passing_faults_are_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
