/* test_snapshot.c - DeletionPolicy and UpdateReplacePolicy Snapshot during apply. */
#include "tests/unit/run_bench.h"

#include <string.h>

static const char guarded[] = "Resources:\n"
			      "  A: {Type: 'Cloud::Thing', DeletionPolicy: Snapshot,"
			      " Properties: {Name: a}}\n";
static const char without[] = "Resources:\n"
			      "  N: {Type: 'Cloud::Thing', Properties: {Name: n}}\n";

static void make_and_drop(struct bench *b)
{
	bench_template(b, guarded);
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, without);
}

static void check_copied_once(struct bench *b)
{
	const struct diag *g = bench_diag(b, DIAG_SNAPSHOT_KEPT);

	assert_non_null(g);
	assert_string_equal(g->summary, "snapshot 'snap-1' is kept");
	assert_int_equal(cloud_snapshots("a"), 1);
	assert_false(cloud_has("a"));
	assert_null(bench_record(b, "A"));
	assert_int_equal(bench_open_operations(b), 0);
}

static void a_copy_is_kept_before_the_thing_goes(void **state)
{
	struct bench *b = *state;

	make_and_drop(b);
	if (bench_apply(b))
		bench_show(b);
	check_copied_once(b);
	assert_int_equal(b->result.done.remove, 1);
	assert_int_equal(b->result.done.create, 1);
	assert_true(cloud_first_call(CLOUD_CREATE, "n") < cloud_first_call(CLOUD_ACT, "a"));
	assert_true(cloud_first_call(CLOUD_ACT, "a") < cloud_first_call(CLOUD_REMOVE, "a"));
	assert_true(bench_state_holds(b, "snapshot snap-1"));
	assert_string_equal(str_cstr(&b->said), "snapshot snap-1\n");
}

static void one_that_takes_its_time_is_waited_for(void **state)
{
	struct bench *b = *state;

	make_and_drop(b);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_ACT, .status = HD_PENDING, .polls = 3, .wait_ms = 5000});
	if (bench_apply(b))
		bench_show(b);
	check_copied_once(b);
	assert_int_equal(cloud_calls(CLOUD_POLL, "*"), 4);
}

static void without_the_copy_nothing_is_deleted(void **state)
{
	struct bench *b = *state;

	make_and_drop(b);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_ACT, .status = HD_FATAL});
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(cloud_calls(CLOUD_REMOVE, "*"), 0);
	assert_true(cloud_has("a"));
	assert_false(bench_record(b, "A")->tainted);
	assert_int_equal(bench_open_operations(b), 0);
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	check_copied_once(b);
}

static void one_without_an_id_is_none(void **state)
{
	struct bench *b = *state;

	make_and_drop(b);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_ACT, .trick = CLOUD_NO_ID});
	assert_int_equal(bench_apply(b), -1);
	assert_true(bench_said(b, DIAG_PROVIDER_CONTRACT));
	assert_true(cloud_has("a"));
}

static void a_lost_answer_is_asked_for_again_with_the_same_key(void **state)
{
	struct bench *b = *state;

	make_and_drop(b);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_ACT,
					    .times = 2,
					    .status = HD_RETRY,
					    .effect = HD_EFFECT_UNKNOWN,
					    .happens = true});
	if (bench_apply(b))
		bench_show(b);
	check_copied_once(b);
	assert_int_equal(cloud_calls(CLOUD_ACT, "a"), 3);
}

static void what_is_gone_needs_no_copy(void **state)
{
	struct bench *b = *state;

	make_and_drop(b);
	cloud_lose("a");
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_snapshots("a"), 0);
	assert_null(bench_record(b, "A"));
}

static void use_one(struct bench *b, const char *type, const char *name)
{
	bench_template(b, arena_printf(b->a,
				       "Resources: {A: {Type: '%s', UpdateReplacePolicy: Snapshot,"
				       " Properties: {Name: %s, Kind: x}}}\n",
				       type, name));
}

static void the_old_one_of_a_replacement_is_copied_too(void **state)
{
	struct bench *b = *state;
	static const char *const types[] = {"Cloud::Thing", "Cloud::Slot"};

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		bench_close(b);
		bench_open(b);
		use_one(b, types[i], "old");
		assert_int_equal(bench_apply(b), 0);
		use_one(b, types[i], "new");
		if (bench_apply(b))
			bench_show(b);
		assert_int_equal(b->result.done.replace, 1);
		assert_int_equal(cloud_snapshots("old"), 1);
		assert_int_equal(bench_records(b), 1);
		assert_true(cloud_has("new"));
		assert_false(cloud_has("old"));
	}
}

static void stopping_meanwhile_keeps_the_copy_and_the_thing(void **state)
{
	struct bench *b = *state;

	make_and_drop(b);
	bench_template(b, "Resources: {}\n");
	b->stop_after = 1;
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_ACT, .status = HD_PENDING, .polls = 3, .wait_ms = 5000});
	assert_int_equal(bench_apply(b), -1);
	assert_true(b->result.interrupted);
	assert_int_equal(cloud_snapshots("a"), 1);
	assert_true(cloud_has("a"));
	assert_int_equal(bench_open_operations(b), 0);
	assert_non_null(bench_record(b, "A"));
}

/* The process dies in the call, before or after the copy was made: one is enough. */
static void a_crash_meanwhile_neither_loses_nor_repeats_the_copy(void **state)
{
	struct bench *b = *state;
	static const enum cloud_trick tricks[] = {CLOUD_DIES_BEFORE, CLOUD_DIES_AFTER};

	for (size_t i = 0; i < ARRAY_LEN(tricks); i++) {
		bench_close(b);
		bench_open(b);
		make_and_drop(b);
		cloud_add_rule(&(struct cloud_rule){.op = CLOUD_ACT, .trick = tricks[i]});
		bench_apply_dying(b);
		if (bench_apply(b))
			bench_show(b);
		check_copied_once(b);
	}
}

static void a_crash_while_it_is_pending_waits_for_the_same_copy(void **state)
{
	struct bench *b = *state;

	make_and_drop(b);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_ACT, .status = HD_PENDING, .polls = 3, .wait_ms = 5000});
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_POLL, .trick = CLOUD_DIES_BEFORE});
	bench_apply_dying(b);
	if (bench_apply(b))
		bench_show(b);
	check_copied_once(b);
	assert_int_equal(cloud_calls(CLOUD_ACT, "a"), 1);
}

static void a_crash_in_the_delete_has_its_copy_already(void **state)
{
	struct bench *b = *state;

	make_and_drop(b);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_REMOVE, .trick = CLOUD_DIES_AFTER});
	bench_apply_dying(b);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_snapshots("a"), 1);
	assert_null(bench_record(b, "A"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(a_copy_is_kept_before_the_thing_goes),
		RUN_TEST(one_that_takes_its_time_is_waited_for),
		RUN_TEST(without_the_copy_nothing_is_deleted),
		RUN_TEST(one_without_an_id_is_none),
		RUN_TEST(a_lost_answer_is_asked_for_again_with_the_same_key),
		RUN_TEST(what_is_gone_needs_no_copy),
		RUN_TEST(the_old_one_of_a_replacement_is_copied_too),
		RUN_TEST(stopping_meanwhile_keeps_the_copy_and_the_thing),
		RUN_TEST(a_crash_meanwhile_neither_loses_nor_repeats_the_copy),
		RUN_TEST(a_crash_while_it_is_pending_waits_for_the_same_copy),
		RUN_TEST(a_crash_in_the_delete_has_its_copy_already),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
