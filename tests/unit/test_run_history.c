/* test_run_history.c - what a run leaves in the history, and what may stop it. */
#include "tests/unit/run_bench.h"

#include <string.h>

static struct run_list runs(struct bench *b)
{
	struct run_list list;

	assert_int_equal(state_load_runs(bench_state(b), 0, b->a, &list, &b->d), 0);
	return list;
}

static struct operation_list operations(struct bench *b, const char *run)
{
	struct operation_list list;

	assert_int_equal(state_load_run_operations(bench_state(b), run, b->a, &list, &b->d), 0);
	return list;
}

static void a_run_and_its_operations_are_recorded(void **state)
{
	struct bench *b = *state;
	struct run_record r;

	bench_many(b, 3, 1);
	assert_int_equal(bench_apply(b), 0);
	r = runs(b).items[0];
	assert_string_equal(b->result.run, r.id);
	assert_int_equal(strlen(r.id), strlen("20261120-153229-9f2c0a"));
	assert_string_equal(r.status, "SUCCEEDED");
	assert_string_equal(r.command, "apply");
	assert_string_equal(r.instances, "[\"web/east\"]");
	assert_string_equal(r.counts, "{\"changes\":3,\"create\":3}");
	assert_true(r.ended_ms > r.started_ms);
	assert_int_equal(operations(b, r.id).count, 3);
}

static void what_changes_nothing_leaves_nothing(void **state)
{
	struct bench *b = *state;

	bench_many(b, 2, 1);
	b->declines = true;
	assert_int_equal(bench_apply(b), -1);
	assert_null(b->result.run);
	assert_int_equal(runs(b).count, 0);
	b->declines = false;
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(bench_apply(b), 0);
	assert_null(b->result.run);
	assert_non_null(bench_plan(b, REFRESH_NO));
	assert_int_equal(runs(b).count, 1);
}

static void a_failed_run_says_how_much_of_it(void **state)
{
	struct bench *b = *state;

	bench_many(b, 2, 1);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE, .name = "t0", .status = HD_FATAL});
	assert_int_equal(bench_apply(b), -1);
	assert_string_not_equal(runs(b).items[0].status, "SUCCEEDED");
	assert_non_null(strstr(runs(b).items[0].counts, "\"failed\":1"));
}

static void a_run_that_died_is_closed_by_the_next(void **state)
{
	struct bench *b = *state;
	struct run_record lost;

	bench_many(b, 2, 1);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .skip = 1, .status = HD_OK, .trick = CLOUD_DIES_AFTER});
	bench_apply_dying(b);
	lost = runs(b).items[0];
	assert_string_equal(lost.status, "RUNNING");
	assert_true(lost.gone);
	assert_int_equal(bench_apply(b), 0);
	lost = runs(b).items[runs(b).count - 1];
	assert_string_equal(lost.status, "LOST");
	assert_true(lost.ended_ms >= lost.started_ms && lost.ended_ms);
	assert_int_equal(operations(b, lost.id).count, 2);
	assert_int_equal(operations(b, lost.id).items[1].result, OPERATION_SUCCEEDED);
}

/* --- asked to stop ------------------------------------------------------------------- */

static struct {
	struct bench *b;
	enum run_control control;
	enum cloud_op at;
} asking;

/* Another process asks, in the middle of a call. */
static void ask(enum cloud_op op, const char *name)
{
	struct control_request q = {asking.control, {"ann", "ci-7", "operation stop", 7, 0}};
	struct arena *a = arena_new();
	struct diags d = DIAGS_INIT;
	struct bench *b = asking.b;
	struct run_list open;
	struct state *s;

	(void)name;
	if (op == asking.at && b) {
		asking.b = NULL;
		s = engine_state_open(b->dir, STATE_WRITE, &b->clock.base, &d);
		assert_non_null(s);
		assert_int_equal(state_load_open_runs(s, a, &open, &d), 0);
		assert_int_equal(open.count, 1);
		assert_int_equal(state_put_control(s, open.items[0].id, &q, &d), 0);
		state_close(s);
		__atomic_add_fetch(&b->clock.now_ms, 1500, __ATOMIC_RELAXED);
	}
	diags_release(&d);
	arena_free(a);
}

static void ask_at(struct bench *b, enum cloud_op at, enum run_control control)
{
	asking.b = b;
	asking.control = control;
	asking.at = at;
	cloud_set_hook(ask);
}

static void a_run_that_is_asked_to_stop_begins_nothing_new(void **state)
{
	struct bench *b = *state;

	b->parallelism = 1;
	bench_many(b, 20, 1);
	ask_at(b, CLOUD_CREATE, CONTROL_STOP);
	assert_int_equal(bench_apply(b), -1);
	assert_true(b->result.interrupted);
	assert_true(b->result.done.create >= 1 && b->result.done.create <= 2);
	assert_int_equal(b->result.failed, 0);
	assert_non_null(strstr(bench_diag(b, DIAG_RUN_STOPPED)->detail, "ann@ci-7"));
	assert_string_equal(runs(b).items[0].status, "STOPPED");
	assert_int_equal(bench_open_operations(b), 0);
	cloud_set_hook(NULL);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 20);
}

static void one_that_waits_hears_it_too(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .status = HD_PENDING, .polls = 5, .wait_ms = 60000});
	ask_at(b, CLOUD_CREATE, CONTROL_ABORT);
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(cloud_calls(CLOUD_POLL, "*"), 0); /* a minute was not waited for */
	assert_int_equal(bench_open_operations(b), 1);
	assert_string_equal(runs(b).items[0].status, "STOPPED");
	cloud_set_hook(NULL);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_calls(CLOUD_CREATE, "*"), 1);
}

/* Only the flag reaches a call that is out. */
static void a_call_that_is_out_is_cancelled(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE,
					    .status = HD_OK,
					    .effect = HD_EFFECT_NONE,
					    .trick = CLOUD_WAITS_CANCEL});
	ask_at(b, CLOUD_CREATE, CONTROL_ABORT);
	assert_int_equal(bench_apply(b), -1);
	assert_true(b->result.interrupted);
	assert_int_equal(bench_open_operations(b), 0);
	cloud_set_hook(NULL);
}

/* --- durations and bounds ------------------------------------------------------------ */

static struct duration_list durations(struct bench *b)
{
	struct duration_list list;

	assert_int_equal(state_load_durations(bench_state(b), b->a, &list, &b->d), 0);
	return list;
}

static void durations_of_what_succeeded_are_kept(void **state)
{
	struct bench *b = *state;
	struct duration_list list;

	bench_many(b, 3, 1);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE,
					    .name = "t0",
					    .status = HD_PENDING,
					    .polls = 1,
					    .wait_ms = 2000});
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .name = "t1", .times = 1, .status = HD_FATAL});
	bench_apply(b);
	list = durations(b);
	assert_true(list.count >= 2);
	assert_string_equal(list.items[0].type, "Cloud::Thing");
	assert_string_equal(list.items[0].action, "create");
	assert_string_equal(list.items[0].address, "");
	assert_int_equal(list.items[0].count, 2);
	assert_string_equal(list.items[1].address, "web/-/east/T0");
	assert_int_equal(list.items[1].count, 1);
	assert_true(list.items[1].samples_ms[0] >= 2000);
	assert_true(list.items[1].samples_ms[0] < 10000);
}

static void samples_of_runs_add_up_to_the_latest(void **state)
{
	struct bench *b = *state;
	struct duration_list list;

	bench_many(b, 20, 1);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(bench_destroy(b), 0);
	assert_int_equal(bench_apply(b), 0);
	list = durations(b);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0].count, DURATION_SAMPLES);
	assert_string_equal(list.items[1].action, "delete");
	assert_int_equal(list.items[1].count, 20);
}

static void the_history_is_bounded_by_the_manifest(void **state)
{
	struct bench *b = *state;

	bench_manifest(b, "Project: shop\n"
			  "State: {History: {Runs: 2}}\n"
			  "Regions: {east: {}, west: {}}\n"
			  "Stacks: {web: {Template: web.yaml, Targets: [east]}}\n");
	bench_many(b, 1, 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(bench_apply(b), 0);
		assert_int_equal(bench_destroy(b), 0);
		__atomic_add_fetch(&b->clock.now_ms, 5000, __ATOMIC_RELAXED);
	}
	assert_int_equal(runs(b).count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(a_run_and_its_operations_are_recorded),
		RUN_TEST(what_changes_nothing_leaves_nothing),
		RUN_TEST(a_failed_run_says_how_much_of_it),
		RUN_TEST(a_run_that_died_is_closed_by_the_next),
		RUN_TEST(a_run_that_is_asked_to_stop_begins_nothing_new),
		RUN_TEST(one_that_waits_hears_it_too),
		RUN_TEST(a_call_that_is_out_is_cancelled),
		RUN_TEST(durations_of_what_succeeded_are_kept),
		RUN_TEST(samples_of_runs_add_up_to_the_latest),
		RUN_TEST(the_history_is_bounded_by_the_manifest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
