/* test_executor_pace.c - throttling, limits of provider entries, and runs that repeat. */
#include "tests/unit/run_bench.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- limits --------------------------------------------------------------------------- */

/* Calls begun in each second of the bench's clock. */
#define SECONDS_MAX 120
static struct {
	struct bench *b;
	size_t calls[SECONDS_MAX];
	size_t count;
} seen;

static void note_time(enum cloud_op op, const char *name)
{
	int64_t now_ms = __atomic_load_n(&seen.b->clock.now_ms, __ATOMIC_RELAXED);
	size_t second = (size_t)(now_ms / 1000);

	(void)op;
	(void)name;
	__atomic_add_fetch(&seen.count, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&seen.calls[second < SECONDS_MAX ? second : SECONDS_MAX - 1], 1,
			   __ATOMIC_RELAXED);
}

static void watch_time(struct bench *b)
{
	memset(&seen, 0, sizeof(seen));
	seen.b = b;
	cloud_set_hook(note_time);
}

static void use_entry(struct bench *b, const char *settings)
{
	struct str text = STR_INIT;

	str_printf(&text,
		   "Project: shop\n"
		   "Regions: {east: {}, west: {}}\n"
		   "Providers: {sim: {%s}}\n"
		   "Stacks: {web: {Template: web.yaml, Targets: [east]}}\n",
		   settings);
	bench_manifest(b, str_cstr(&text));
	str_release(&text);
}

static void a_rate_of_the_entry_is_kept(void **state)
{
	struct bench *b = *state;

	use_entry(b, "RateLimit: 10/s");
	bench_many(b, 45, 45);
	watch_time(b);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 45);
	for (size_t s = 0; s < SECONDS_MAX; s++)
		assert_true(seen.calls[s] <= 12);
	assert_true(b->result.elapsed_ms >= 4000);
	assert_true(b->result.elapsed_ms < 6000);
}

static void slow_down(enum cloud_op op, const char *name)
{
	(void)op;
	(void)name;
	usleep(500);
}

static void no_more_calls_at_once_than_the_entry_allows(void **state)
{
	struct bench *b = *state;

	use_entry(b, "Concurrency: 3");
	bench_many(b, 60, 60);
	cloud_set_hook(slow_down);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 60);
	assert_true(cloud_most_at_once() <= 3);
}

static void a_throttled_session_goes_slower_and_all_comes_to_its_end(void **state)
{
	struct bench *b = *state;

	b->parallelism = 4;
	bench_many(b, 60, 60);
	watch_time(b);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .name = "t0", .times = 1, .status = HD_THROTTLED});
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 60);
	assert_int_equal(seen.count, 61);
	assert_int_equal(b->retried, 1);
	/* Not all in the second in which it was throttled. */
	assert_true(b->result.elapsed_ms >= 2000);
}

static void what_one_call_is_asked_to_wait_all_of_the_session_waits(void **state)
{
	struct bench *b = *state;

	b->parallelism = 1;
	bench_many(b, 20, 20);
	watch_time(b);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE,
					    .name = "t0",
					    .times = 1,
					    .status = HD_THROTTLED,
					    .wait_ms = 30000});
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 20);
	assert_int_equal(seen.calls[1], 1);
	for (size_t s = 2; s < 31; s++)
		assert_int_equal(seen.calls[s], 0);
}

/* --- the same answers, the same run ---------------------------------------------------- */

static struct str story;
static void (*observe_too)(struct observer *o, const struct event *e);

static const char *or_dash(const char *s)
{
	return s ? s : "-";
}

static void write_down(struct observer *o, const struct event *e)
{
	str_printf(&story, "%lld %s %s %s %s %s %lld %lld %d/%d %zu/%zu\n", (long long)e->wall_ms,
		   event_kind_name(e->kind), e->addr ? e->addr->logical_id : "-",
		   or_dash(e->action), or_dash(e->text), or_dash(e->endpoint),
		   (long long)e->elapsed_ms, (long long)e->wait_ms, e->attempt, e->attempt_max,
		   e->done, e->total);
	observe_too(o, e);
}

static void script(void)
{
	static const struct cloud_rule rules[] = {
		{.op = CLOUD_CREATE, .name = "t1*", .times = 7, .status = HD_RETRY},
		{.op = CLOUD_CREATE, .name = "t2*", .times = 5, .status = HD_THROTTLED},
		{.op = CLOUD_CREATE, .name = "t2*", .times = 3, .status = HD_CONFLICT},
		{.op = CLOUD_CREATE, .host = "h3", .times = 3, .status = HD_UNREACHABLE},
		{.op = CLOUD_CREATE,
		 .name = "t4",
		 .times = 2,
		 .status = HD_THROTTLED,
		 .wait_ms = 900},
		{.op = CLOUD_CREATE,
		 .name = "t3*",
		 .status = HD_PENDING,
		 .polls = 3,
		 .wait_ms = 70},
		{.op = CLOUD_CREATE, .name = "t5", .status = HD_FATAL},
		{.op = CLOUD_CREATE,
		 .name = "t6",
		 .times = 1,
		 .status = HD_RETRY,
		 .effect = HD_EFFECT_UNKNOWN,
		 .happens = true},
		{.op = CLOUD_CREATE, .host = "h8", .status = HD_UNREACHABLE},
	};

	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		cloud_add_rule(&rules[i]);
}

static void tell_story(struct bench *b, struct str *out)
{
	bench_open(b);
	b->parallelism = 1;
	observe_too = b->observer.event;
	b->observer.event = write_down;
	bench_many(b, 60, 10);
	script();
	str_clear(&story);
	assert_int_equal(bench_apply(b), -1);
	assert_true(b->retried > 10);
	assert_true(b->waiting >= 5);
	assert_true(b->failed > 1);
	str_add(out, str_cstr(&story));
	str_release(&story);
	bench_close(b);
}

static void the_same_answers_make_the_same_run(void **state)
{
	static struct bench b;
	struct str first = STR_INIT, second = STR_INIT;

	(void)state;
	tell_story(&b, &first);
	tell_story(&b, &second);
	assert_true(first.len > 5000);
	assert_string_equal(str_cstr(&first), str_cstr(&second));
	str_release(&first);
	str_release(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(a_rate_of_the_entry_is_kept),
		RUN_TEST(no_more_calls_at_once_than_the_entry_allows),
		RUN_TEST(a_throttled_session_goes_slower_and_all_comes_to_its_end),
		RUN_TEST(what_one_call_is_asked_to_wait_all_of_the_session_waits),
		cmocka_unit_test(the_same_answers_make_the_same_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
