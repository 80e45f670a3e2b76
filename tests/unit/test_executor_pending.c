/* test_executor_pending.c - what waits in the cloud takes no worker here. */
#include "tests/unit/run_bench.h"

#include <stdio.h>
#include <unistd.h>

#define OPERATIONS 10000
#define WORKERS 4
/* Of each operation that waits, its plan and its record included; sanitizers take more. */
#define BYTES_EACH (64u << 10)

static struct {
	void (*observe)(struct observer *o, const struct event *e);
	int waiting, most_waiting;
	size_t most_bytes;
	int threads; /* that made a call */
} seen;

static size_t resident_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	unsigned long size = 0, resident = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu %lu", &size, &resident), 2);
	fclose(f);
	return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static void count_waiting(struct observer *o, const struct event *e)
{
	seen.waiting += e->kind == EVENT_WAITING;
	seen.waiting -= e->kind == EVENT_SUCCEEDED;
	if (seen.waiting > seen.most_waiting) {
		seen.most_waiting = seen.waiting;
		if (seen.waiting % 1000 == 0)
			seen.most_bytes = resident_bytes();
	}
	seen.observe(o, e);
}

static void count_threads(enum cloud_op op, const char *name)
{
	static __thread bool counted;

	(void)op;
	(void)name;
	if (!counted)
		__atomic_add_fetch(&seen.threads, 1, __ATOMIC_RELAXED);
	counted = true;
}

static void ten_thousand_that_wait_need_no_more_than_the_workers(void **state)
{
	struct bench *b = *state;
	size_t before;

	b->parallelism = WORKERS;
	seen.observe = b->observer.event;
	b->observer.event = count_waiting;
	bench_many(b, OPERATIONS, 50);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .status = HD_PENDING, .polls = 1, .wait_ms = 20000});
	cloud_set_hook(count_threads);
	before = resident_bytes();
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(seen.most_waiting, OPERATIONS);
	assert_int_equal(cloud_calls(CLOUD_POLL, "*"), 2 * OPERATIONS);
	assert_int_equal(cloud_count(), OPERATIONS);
	assert_int_equal(b->result.done.create, OPERATIONS);
	assert_true(cloud_most_at_once() <= WORKERS);
	assert_true(seen.threads <= WORKERS);
	print_message("%zu bytes for each that waits\n", (seen.most_bytes - before) / OPERATIONS);
	assert_true(seen.most_bytes - before < (size_t)OPERATIONS * BYTES_EACH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(ten_thousand_that_wait_need_no_more_than_the_workers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
