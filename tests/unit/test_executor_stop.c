/* test_executor_stop.c - interrupts, lost locks, what cannot be written. */
#include "tests/unit/run_bench.h"

static void the_first_interrupt_finishes_what_was_started(void **state)
{
	struct bench *b = *state;

	b->parallelism = 4;
	bench_many(b, 40, 4);
	b->stop_after = 1;
	assert_int_equal(bench_apply(b), -1);
	assert_true(b->result.interrupted);
	assert_true(bench_said(b, DIAG_RUN_STOPPED));
	assert_true(b->result.done.create >= 1 && b->result.done.create <= 8);
	assert_int_equal(b->result.failed, 0);
	assert_int_equal(b->result.done.create + b->result.skipped, 40);
	assert_int_equal(cloud_count(), b->result.done.create);
	assert_int_equal(bench_open_operations(b), 0);
	assert_string_equal(bench_instance(b, "east")->status, "INCOMPLETE");
	b->stop_after = 0;
	b->interrupts = 0;
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 40);
	assert_string_equal(bench_instance(b, "east")->status, "CURRENT");
}

static void the_first_interrupt_lets_pending_operations_end(void **state)
{
	struct bench *b = *state;

	bench_many(b, 2, 2);
	b->stop_after = 2;
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .status = HD_PENDING, .polls = 5, .wait_ms = 100});
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.done.create, 2);
	assert_false(b->result.interrupted);
	assert_int_equal(bench_open_operations(b), 0);
}

static void the_first_interrupt_ends_what_would_be_tried_again(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	b->stop_after = 1;
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE, .status = HD_CONFLICT});
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(cloud_calls(CLOUD_CREATE, "*"), 1);
	assert_int_equal(b->result.failed, 1);
	assert_int_equal(bench_open_operations(b), 0);
}

static void the_second_interrupt_leaves_pending_operations_to_the_next_run(void **state)
{
	struct bench *b = *state;

	bench_many(b, 3, 3);
	b->stop_after = 3;
	b->stop_level = 2;
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .status = HD_PENDING, .polls = 5, .wait_ms = 100});
	assert_int_equal(bench_apply(b), -1);
	assert_true(b->result.interrupted);
	assert_int_equal(bench_open_operations(b), 3);
	b->stop_after = 0;
	b->interrupts = 0;
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->recovered, 3);
	assert_int_equal(cloud_calls(CLOUD_CREATE, "*"), 3);
	assert_int_equal(bench_records(b), 3);
	assert_int_equal(bench_open_operations(b), 0);
}

static void the_second_interrupt_reaches_a_running_call(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	b->stop_after = 1;
	b->stop_level = 2;
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE,
					    .status = HD_OK,
					    .effect = HD_EFFECT_NONE,
					    .trick = CLOUD_WAITS_CANCEL});
	assert_int_equal(bench_apply(b), -1);
	assert_true(b->result.interrupted);
	assert_int_equal(b->result.failed, 1);
	assert_int_equal(bench_open_operations(b), 0);
}

/* --- the disk and the lock ---------------------------------------------------------- */

static struct bench *robbed;

/* Somebody breaks the lock and takes it, in the middle of a call. */
static void rob(enum cloud_op op, const char *name)
{
	struct lock_owner owner = {"thief", "elsewhere", "apply", 1, 0};
	struct instance_id id = {"web", "-", "east"};
	struct arena *a = arena_new();
	struct diags d = DIAGS_INIT;
	struct lock_list locks = {NULL, 0};
	struct lock_wait wait = {.timeout_ms = 0};
	struct state *s;

	(void)name;
	if (op != CLOUD_CREATE || !robbed)
		return;
	s = engine_state_open(robbed->dir, STATE_WRITE, &robbed->clock.base, &d);
	robbed = NULL;
	assert_non_null(s);
	assert_int_equal(state_load_locks(s, a, &locks, &d), 0);
	assert_int_equal(locks.count, 1);
	assert_int_equal(state_break_lock(s, locks.items[0].lock_id, &d), 0);
	assert_int_equal(state_lock(s, &(struct lock_request){&id, 1, &owner, &wait}, &d), 0);
	state_unlock(s);
	state_close(s);
	diags_release(&d);
	arena_free(a);
}

static void who_lost_the_lock_writes_nothing_more(void **state)
{
	struct bench *b = *state;

	b->parallelism = 1;
	bench_many(b, 5, 1);
	robbed = b;
	cloud_set_hook(rob);
	assert_int_equal(bench_apply(b), -1);
	cloud_set_hook(NULL);
	assert_true(bench_said(b, DIAG_LOCK_LOST));
	assert_int_equal(cloud_count(), 1);
	assert_int_equal(bench_records(b), 0);
	assert_int_equal(bench_open_operations(b), 1);
	/* Nothing that exists stays unrecorded, nothing is made twice. */
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 5);
	assert_int_equal(cloud_made("t0"), 1);
	assert_int_equal(bench_records(b), 5);
}

static void a_held_lock_is_told_and_nothing_is_done(void **state)
{
	struct bench *b = *state;
	struct lock_owner owner = {"anna", "laptop", "apply", 1, 0};
	struct instance_id id = {"web", "-", "east"};
	struct lock_wait wait = {.timeout_ms = 0};
	struct state *s;

	bench_many(b, 1, 1);
	s = engine_state_open(b->dir, STATE_WRITE, &b->clock.base, &b->d);
	assert_non_null(s);
	assert_int_equal(state_lock(s, &(struct lock_request){&id, 1, &owner, &wait}, &b->d), 0);
	assert_int_equal(bench_apply(b), -1);
	assert_true(bench_said(b, DIAG_LOCK_HELD));
	assert_int_equal(cloud_count(), 0);
	state_unlock(s);
	state_close(s);
	assert_int_equal(bench_apply(b), 0);
}

static void a_declined_plan_changes_nothing(void **state)
{
	struct bench *b = *state;

	bench_many(b, 3, 1);
	b->declines = true;
	assert_int_equal(bench_apply(b), -1);
	assert_true(b->result.declined);
	assert_int_equal(b->d.error_count, 0);
	assert_int_equal(cloud_count(), 0);
	assert_null(bench_instance(b, "east"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(the_first_interrupt_finishes_what_was_started),
		RUN_TEST(the_first_interrupt_lets_pending_operations_end),
		RUN_TEST(the_first_interrupt_ends_what_would_be_tried_again),
		RUN_TEST(the_second_interrupt_leaves_pending_operations_to_the_next_run),
		RUN_TEST(the_second_interrupt_reaches_a_running_call),
		RUN_TEST(who_lost_the_lock_writes_nothing_more),
		RUN_TEST(a_held_lock_is_told_and_nothing_is_done),
		RUN_TEST(a_declined_plan_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
