/* test_run_locks.c - locks while somebody thinks about a plan. */
#include <string.h>

#include "base/limits.h"
#include "tests/unit/run_bench.h"

struct thinking {
	struct bench *b;
	struct state *other; /* somebody else's handle */
	int answer;
	int kept;  /* what engine_keep_locks said last */
	int steps; /* how often a third of a lease passes */
	int64_t pause_ms;
	bool other_tries, other_locked;
	int64_t lease_ms[2]; /* until when, before and after */
};

static int64_t lease_until_ms(struct thinking *t)
{
	struct lock_list locks = {NULL, 0};

	assert_int_equal(state_load_locks(t->other, t->b->a, &locks, &t->b->d), 0);
	assert_int_equal(locks.count, 1);
	return locks.items[0].lease_until_ms;
}

static int lock_as_another(struct thinking *t)
{
	const struct instance_id east = {"web", "-", "east"};
	struct lock_owner owner = {
		.user = "ann", .host = "elsewhere", .command = "apply", .pid = 1};
	struct diags ignored = DIAGS_INIT;
	int rc = state_lock(t->other, &(struct lock_request){&east, 1, &owner, NULL}, &ignored);

	diags_release(&ignored);
	return rc;
}

static int think(void *context, const struct plan *plan)
{
	struct thinking *t = context;

	(void)plan;
	t->other = state_open(t->b->e->project->manifest->state_path, STATE_WRITE,
			      &t->b->clock.base, &t->b->d);
	assert_non_null(t->other);
	t->lease_ms[0] = lease_until_ms(t);
	for (int i = 0; i < t->steps; i++) {
		t->b->clock.now_ms += LOCK_RENEW_MS;
		t->kept = engine_keep_locks(t->b->e, &t->b->d);
	}
	t->b->clock.now_ms += t->pause_ms;
	if (t->other_tries)
		t->other_locked = lock_as_another(t) == 0;
	if (t->pause_ms)
		t->kept = engine_keep_locks(t->b->e, &t->b->d);
	t->lease_ms[1] = lease_until_ms(t);
	state_close(t->other);
	return t->answer;
}

static int apply(struct bench *b, struct thinking *t)
{
	const struct run_request q = {.mode = RUN_APPLY, .confirm = think, .context = t};

	bench_many(b, 1, 1);
	assert_non_null(bench_plan(b, REFRESH_NO)); /* opens the engine */
	t->b = b;
	return engine_run(b->e, &q, &b->result, &b->d);
}

static void locks_outlive_their_lease_while_they_are_kept(void **state)
{
	struct bench *b = *state;
	struct thinking t = {.answer = 1, .steps = 6, .other_tries = true};

	assert_int_equal(apply(b, &t), 0);
	assert_int_equal(t.kept, 0);
	assert_false(t.other_locked);
	assert_int_equal(cloud_count(), 1);
	assert_true(b->result.elapsed_ms < LOCK_RENEW_MS); /* thinking is no work */
}

static void a_lost_lock_is_told_while_there_is_still_a_question(void **state)
{
	struct bench *b = *state;
	struct thinking t = {.pause_ms = LOCK_LEASE_MS, .other_tries = true};

	assert_int_equal(apply(b, &t), -1);
	assert_true(t.other_locked);
	assert_int_equal(t.kept, -1);
	assert_true(bench_said(b, DIAG_LOCK_LOST));
	assert_true(b->result.declined);
	assert_int_equal(cloud_count(), 0);
}

static void a_lock_lost_unnoticed_is_noticed_before_anything_begins(void **state)
{
	struct bench *b = *state;
	struct thinking t = {.answer = 1, .pause_ms = LOCK_LEASE_MS, .other_tries = true};

	assert_int_equal(apply(b, &t), -1);
	assert_true(bench_said(b, DIAG_LOCK_LOST));
	assert_int_equal(b->started, 0);
	assert_int_equal(cloud_count(), 0);
}

static void before_it_is_time_nothing_is_renewed(void **state)
{
	struct bench *b = *state;
	struct thinking t = {.answer = 0, .pause_ms = LOCK_RENEW_MS - 1};

	assert_int_equal(apply(b, &t), -1);
	assert_int_equal(t.kept, 0);
	assert_int_equal(t.lease_ms[1], t.lease_ms[0]);
	t.pause_ms = LOCK_RENEW_MS;
	assert_int_equal(apply(b, &t), -1);
	assert_true(t.lease_ms[1] > t.lease_ms[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(locks_outlive_their_lease_while_they_are_kept),
		RUN_TEST(a_lost_lock_is_told_while_there_is_still_a_question),
		RUN_TEST(a_lock_lost_unnoticed_is_noticed_before_anything_begins),
		RUN_TEST(before_it_is_time_nothing_is_renewed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
