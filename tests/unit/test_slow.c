/* test_slow.c - how long things took is kept, foretold, and told when it is much longer. */
#include "engine/estimate.h"
#include "tests/unit/run_bench.h"

#include <string.h>

static void takes_about(int64_t ms)
{
	cloud_drop_rules();
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .status = HD_PENDING, .polls = 1, .wait_ms = ms});
}

static struct duration_list durations(struct bench *b)
{
	struct duration_list list;

	assert_int_equal(state_load_durations(bench_state(b), b->a, &list, &b->d), 0);
	return list;
}

static const struct duration *duration_of(struct bench *b, const char *action, const char *address)
{
	struct duration_list list = durations(b);

	for (size_t i = 0; i < list.count; i++)
		if (!strcmp(list.items[i].action, action) &&
		    !strcmp(list.items[i].address, address))
			return &list.items[i];
	return NULL;
}

static void what_succeeds_is_timed_by_type_and_when_long_by_address(void **state)
{
	struct bench *b = *state;
	const struct duration *d;

	bench_many(b, 2, 2);
	takes_about(10000);
	assert_int_equal(bench_apply(b), 0);
	d = duration_of(b, "create", "");
	assert_non_null(d);
	assert_string_equal(d->type, "Cloud::Thing");
	assert_int_equal(d->count, 2);
	assert_in_range(d->samples_ms[0], 9000, 12000);
	assert_int_equal(duration_of(b, "create", "web/-/east/T0")->count, 1);
	assert_int_equal(bench_destroy(b), 0);
	assert_int_equal(duration_of(b, "delete", "")->count, 2);
	assert_null(duration_of(b, "delete", "web/-/east/T0"));
}

static void failures_are_not_timed(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE, .status = HD_FATAL});
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(durations(b).count, 0);
}

static void samples_add_up_and_the_latest_stay(void **state)
{
	struct bench *b = *state;

	bench_many(b, DURATION_SAMPLES - 2, 4);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(duration_of(b, "create", "")->count, DURATION_SAMPLES - 2);
	bench_many(b, DURATION_SAMPLES + 2, 4);
	takes_about(5000);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(duration_of(b, "create", "")->count, DURATION_SAMPLES);
	assert_true(duration_of(b, "create", "")->samples_ms[0] < 1000);
	assert_true(duration_of(b, "create", "")->samples_ms[DURATION_SAMPLES - 1] > 1000);
}

static void the_next_plan_foretells(void **state)
{
	struct bench *b = *state;
	const struct plan *p;

	bench_many(b, 1, 1);
	assert_int_equal(bench_plan(b, REFRESH_NO)->estimate.samples, 0);
	takes_about(10000);
	assert_int_equal(bench_apply(b), 0);
	bench_many(b, 3, 1);
	p = bench_plan(b, REFRESH_NO);
	assert_int_equal(p->estimate.samples, 2);
	assert_in_range(p->estimate.typical_ms, 9000, 12000);
	assert_int_equal(p->critical_count, 1);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.plan->estimate.samples, 2);
}

static void four_of(struct bench *b, int64_t ms)
{
	bench_many(b, 4, 4);
	takes_about(ms);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->slow, 0);
}

static void what_takes_longer_than_ever_is_told_once(void **state)
{
	struct bench *b = *state;

	four_of(b, 10000);
	bench_many(b, 5, 5);
	takes_about(60000);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->slow, 1);
	assert_in_range(b->slow_after_ms, 9000, 13000);
}

static void what_is_as_fast_as_usual_is_not_told(void **state)
{
	struct bench *b = *state;

	four_of(b, 10000);
	bench_many(b, 5, 5);
	takes_about(9000);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->slow, 0);
}

static void seconds_are_nothing_to_tell_of(void **state)
{
	struct bench *b = *state;

	four_of(b, 1000);
	bench_many(b, 5, 5);
	takes_about(ESTIMATE_SLOW_MS - 2000);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->slow, 0);
}

static void an_interrupt_while_it_is_slow_ends_as_ever(void **state)
{
	struct bench *b = *state;

	four_of(b, 10000);
	bench_many(b, 5, 5);
	takes_about(60000);
	b->stop_after = 1;
	b->stop_level = 2;
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(bench_open_operations(b), 1);
	b->stop_after = b->interrupts = 0;
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	/* A recovered operation may have waited for days. */
	assert_int_equal(duration_of(b, "create", "")->count, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(what_succeeds_is_timed_by_type_and_when_long_by_address),
		RUN_TEST(failures_are_not_timed),
		RUN_TEST(samples_add_up_and_the_latest_stay),
		RUN_TEST(the_next_plan_foretells),
		RUN_TEST(what_takes_longer_than_ever_is_told_once),
		RUN_TEST(what_is_as_fast_as_usual_is_not_told),
		RUN_TEST(seconds_are_nothing_to_tell_of),
		RUN_TEST(an_interrupt_while_it_is_slow_ends_as_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
