/* test_recover.c - a process that died in the middle of a run, and the next one. */
#include "tests/unit/run_bench.h"

#include <string.h>

static void die(enum cloud_op op, enum cloud_trick when, int skip)
{
	cloud_add_rule(
		&(struct cloud_rule){.op = op, .skip = skip, .status = HD_OK, .trick = when});
}

static void expect_whole(struct bench *b, size_t count)
{
	if (bench_apply(b))
		bench_show(b);
	assert_int_equal(b->d.error_count, 0);
	assert_int_equal(cloud_count(), count);
	assert_int_equal(bench_records(b), count);
	assert_int_equal(bench_open_operations(b), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(cloud_made(arena_printf(b->a, "t%zu", i)), 1);
	assert_int_equal(bench_apply(b), 0);
	assert_true(plan_empty(b->result.plan));
}

static void a_create_that_never_happened_is_made_by_the_next_run(void **state)
{
	struct bench *b = *state;

	bench_many(b, 3, 3);
	die(CLOUD_CREATE, CLOUD_DIES_BEFORE, 0);
	bench_apply_dying(b);
	assert_true(bench_open_operations(b) >= 1);
	expect_whole(b, 3);
}

static void a_create_that_happened_is_found_and_recorded(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	die(CLOUD_CREATE, CLOUD_DIES_AFTER, 0);
	bench_apply_dying(b);
	assert_int_equal(bench_records(b), 0);
	assert_int_equal(cloud_count(), 1);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->recovered, 1);
	assert_true(plan_empty(b->result.plan));
	assert_false(bench_record(b, "T0")->tainted);
	expect_whole(b, 1);
}

/* A person is asked once, and the next run goes on. */
static void a_create_of_which_nobody_can_tell_ends_the_run_that_recovers(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	die(CLOUD_CREATE, CLOUD_DIES_BEFORE, 0);
	bench_apply_dying(b);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_FIND, .times = 1, .status = HD_NOTFOUND, .effect = HD_EFFECT_UNKNOWN});
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(bench_diag(b, DIAG_RUN_UNKNOWABLE)->severity, DIAG_ERROR);
	assert_int_equal(cloud_count(), 0);
	assert_int_equal(bench_open_operations(b), 0);
	expect_whole(b, 1);
}

/* The key finds it, and it is not whole: that it is there is recorded, and no more. */
static void a_create_that_happened_in_part_is_completed_by_the_next_run(void **state)
{
	struct bench *b = *state;

	bench_template(b, "Resources:\n  T0:\n    Type: Cloud::Thing\n    Properties:\n"
			  "      Name: t0\n      Host: h0\n      Note: whole\n");
	die(CLOUD_CREATE, CLOUD_DIES_AFTER, 0);
	bench_apply_dying(b);
	cloud_meddle("t0", "Note", NULL);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->recovered, 1);
	assert_string_equal(cloud_property("t0", "Note"), "whole");
	assert_false(bench_record(b, "T0")->tainted);
	expect_whole(b, 1);
}

static void dying_at_any_create_loses_and_doubles_nothing(void **state)
{
	struct bench *b = *state;

	for (int skip = 0; skip < 6; skip++) {
		bench_close(b);
		bench_open(b);
		bench_many(b, 6, 2);
		die(CLOUD_CREATE, skip % 2 ? CLOUD_DIES_BEFORE : CLOUD_DIES_AFTER, skip);
		bench_apply_dying(b);
		expect_whole(b, 6);
	}
}

/* kill -9 in the middle of a five-second command. */
static void a_pending_create_is_polled_to_its_end_by_the_next_run(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .status = HD_PENDING, .polls = 3, .wait_ms = 1000});
	die(CLOUD_POLL, CLOUD_DIES_BEFORE, 1);
	bench_apply_dying(b);
	assert_int_equal(bench_open_operations(b), 1);
	assert_int_equal(bench_apply(b), 0);
	assert_true(plan_empty(b->result.plan));
	assert_int_equal(cloud_calls(CLOUD_CREATE, "*"), 1);
	assert_int_equal(cloud_calls(CLOUD_FIND, "*"), 0);
	assert_int_equal(cloud_made("t0"), 1);
	assert_false(bench_record(b, "T0")->tainted);
}

static void a_create_that_turned_pending_unseen_is_found_and_polled(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .status = HD_PENDING, .polls = 3, .trick = CLOUD_DIES_AFTER});
	bench_apply_dying(b);
	assert_int_equal(bench_apply(b), 0);
	assert_true(plan_empty(b->result.plan));
	assert_int_equal(cloud_calls(CLOUD_FIND, "*"), 1);
	assert_true(cloud_calls(CLOUD_POLL, "*") >= 3);
	assert_int_equal(cloud_made("t0"), 1);
}

static void use_size(struct bench *b, int size)
{
	bench_template(b, arena_printf(b->a,
				       "Resources: {T0: {Type: 'Cloud::Thing', Properties: {Name: "
				       "t0, Size: %d}}}\n",
				       size));
}

static void an_update_that_happened_is_taken_as_done(void **state)
{
	struct bench *b = *state;

	use_size(b, 1);
	assert_int_equal(bench_apply(b), 0);
	use_size(b, 2);
	die(CLOUD_UPDATE, CLOUD_DIES_AFTER, 0);
	bench_apply_dying(b);
	assert_int_equal(bench_apply(b), 0);
	assert_true(plan_empty(b->result.plan));
	assert_int_equal(cloud_calls(CLOUD_UPDATE, "t0"), 1);
	assert_non_null(strstr(bench_record(b, "T0")->inputs, "\"Size\":2"));
}

static void an_update_that_never_happened_is_planned_again(void **state)
{
	struct bench *b = *state;

	use_size(b, 1);
	assert_int_equal(bench_apply(b), 0);
	use_size(b, 2);
	die(CLOUD_UPDATE, CLOUD_DIES_BEFORE, 0);
	bench_apply_dying(b);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.done.update, 1);
	assert_string_equal(cloud_property("t0", "Size"), "2");
	assert_false(bench_record(b, "T0")->tainted);
}

static void an_update_that_went_astray_is_read_and_put_right(void **state)
{
	struct bench *b = *state;

	use_size(b, 1);
	assert_int_equal(bench_apply(b), 0);
	use_size(b, 2);
	die(CLOUD_UPDATE, CLOUD_DIES_BEFORE, 0);
	bench_apply_dying(b);
	cloud_meddle("t0", "Note", "somebody else");
	use_size(b, 1);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(bench_open_operations(b), 0);
	assert_false(bench_record(b, "T0")->tainted);
}

static void a_delete_that_happened_drops_the_record(void **state)
{
	struct bench *b = *state;

	bench_template(b, "Resources:\n"
			  "  T0: {Type: 'Cloud::Thing', Properties: {Name: t0}}\n"
			  "  T1: {Type: 'Cloud::Thing', Properties: {Name: t1}}\n");
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, "Resources: {T0: {Type: 'Cloud::Thing', Properties: {Name: t0}}}\n");
	die(CLOUD_REMOVE, CLOUD_DIES_AFTER, 0);
	bench_apply_dying(b);
	assert_int_equal(bench_records(b), 2);
	assert_int_equal(bench_apply(b), 0);
	assert_true(plan_empty(b->result.plan));
	assert_int_equal(bench_records(b), 1);
	assert_int_equal(cloud_calls(CLOUD_REMOVE, "*"), 1);
}

static void a_delete_that_never_happened_is_planned_again(void **state)
{
	struct bench *b = *state;

	bench_template(b, "Resources:\n"
			  "  T0: {Type: 'Cloud::Thing', Properties: {Name: t0}}\n"
			  "  T1: {Type: 'Cloud::Thing', Properties: {Name: t1}}\n");
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, "Resources: {T0: {Type: 'Cloud::Thing', Properties: {Name: t0}}}\n");
	die(CLOUD_REMOVE, CLOUD_DIES_BEFORE, 0);
	bench_apply_dying(b);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.done.remove, 1);
	assert_false(cloud_has("t1"));
	assert_int_equal(bench_records(b), 1);
}

static void use_name(struct bench *b, const char *name)
{
	bench_template(b, arena_printf(b->a,
				       "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: "
				       "%s}}}\n",
				       name));
}

static void a_replacement_that_died_is_finished(void **state)
{
	static const struct cloud_rule rules[] = {
		{.op = CLOUD_CREATE, .trick = CLOUD_DIES_BEFORE},
		{.op = CLOUD_CREATE, .trick = CLOUD_DIES_AFTER},
		{.op = CLOUD_REMOVE, .trick = CLOUD_DIES_BEFORE},
		{.op = CLOUD_REMOVE, .trick = CLOUD_DIES_AFTER},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		bench_close(b);
		bench_open(b);
		use_name(b, "old");
		assert_int_equal(bench_apply(b), 0);
		use_name(b, "new");
		cloud_add_rule(&rules[i]);
		bench_apply_dying(b);
		if (bench_apply(b))
			bench_show(b);
		assert_true(cloud_has("new"));
		assert_false(cloud_has("old"));
		assert_int_equal(cloud_made("new"), 1);
		assert_int_equal(bench_records(b), 1);
		assert_int_equal(bench_open_operations(b), 0);
		assert_string_equal(bench_record(b, "A")->id, "new@");
	}
}

static void what_an_interrupted_operation_failed_with_is_a_warning(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .status = HD_PENDING, .polls = 3, .wait_ms = 1000});
	die(CLOUD_POLL, CLOUD_DIES_BEFORE, 0);
	bench_apply_dying(b);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_POLL, .times = 1, .status = HD_FATAL, .trick = CLOUD_HANDS_ID});
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->d.error_count, 0);
	assert_int_equal(bench_diag(b, DIAG_PROVIDER_FAILED)->severity, DIAG_WARNING);
	assert_int_equal(b->result.done.update, 1);
	assert_false(bench_record(b, "T0")->tainted);
}

static void a_plan_recovers_too(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	die(CLOUD_CREATE, CLOUD_DIES_AFTER, 0);
	bench_apply_dying(b);
	assert_non_null(bench_plan(b, REFRESH_NO));
	assert_int_equal(b->recovered, 1);
	assert_int_equal(bench_records(b), 1);
}

static void a_plan_beside_the_holder_of_the_lock_says_what_is_open(void **state)
{
	struct bench *b = *state;
	struct lock_owner owner = {"anna", "laptop", "apply", 1, 0};
	struct instance_id id = {"web", "-", "east"};
	struct lock_wait wait = {0};
	struct state *s;

	bench_many(b, 1, 1);
	die(CLOUD_CREATE, CLOUD_DIES_AFTER, 0);
	bench_apply_dying(b);
	s = engine_state_open(b->dir, STATE_WRITE, &b->clock.base, &b->d);
	assert_int_equal(state_lock(s, &(struct lock_request){&id, 1, &owner, &wait}, &b->d), 0);
	assert_non_null(bench_plan(b, REFRESH_NO));
	assert_int_equal(bench_diag(b, DIAG_RECOVER_LOCKED)->severity, DIAG_NOTE);
	assert_int_equal(bench_records(b), 0);
	state_unlock(s);
	state_close(s);
}

/* --- refresh and drift -------------------------------------------------------------- */

static void a_refresh_mends_what_somebody_changed(void **state)
{
	struct bench *b = *state;
	const struct plan *p;

	use_size(b, 1);
	assert_int_equal(bench_apply(b), 0);
	cloud_meddle("t0", "Size", "5");
	assert_int_equal(bench_apply(b), 0);
	assert_true(plan_empty(b->result.plan));
	p = bench_drift(b);
	assert_non_null(p);
	assert_int_equal(p->drifted, 1);
	assert_int_equal(bench_refresh(b), 0);
	assert_int_equal(b->result.done.update, 1);
	assert_string_equal(cloud_property("t0", "Size"), "1");
}

static void a_refresh_creates_what_somebody_removed(void **state)
{
	struct bench *b = *state;

	bench_many(b, 3, 3);
	assert_int_equal(bench_apply(b), 0);
	cloud_lose("t1");
	assert_int_equal(bench_refresh(b), 0);
	assert_int_equal(b->result.done.create, 1);
	assert_int_equal(cloud_count(), 3);
}

static void what_a_refresh_sees_of_unchanged_things_is_recorded(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	assert_int_equal(bench_apply(b), 0);
	cloud_meddle("t0", "Serial", "s-new");
	assert_int_equal(bench_refresh(b), 0);
	assert_true(plan_empty(b->result.plan));
	assert_non_null(strstr(bench_record(b, "T0")->outputs, "s-new"));
}

static void what_cannot_be_read_fails_the_run_and_not_the_others(void **state)
{
	struct bench *b = *state;

	bench_many(b, 4, 2);
	assert_int_equal(bench_apply(b), 0);
	cloud_lose("t0");
	cloud_add_rule(
		&(struct cloud_rule){.op = CLOUD_READ, .host = "h1", .status = HD_UNREACHABLE});
	assert_int_equal(bench_refresh(b), -1);
	assert_int_equal(b->result.done.create, 1);
	assert_true(cloud_has("t0"));
	assert_int_equal(b->d.error_count, 2);
}

/* --- what was made a moment ago ------------------------------------------------------- */

static void hide(enum cloud_op op, int times)
{
	cloud_add_rule(&(struct cloud_rule){
		.op = op, .times = times, .status = HD_NOTFOUND, .wait_ms = 60000});
}

static void a_young_thing_that_is_not_seen_is_waited_for(void **state)
{
	struct bench *b = *state;

	use_size(b, 1);
	assert_int_equal(bench_apply(b), 0);
	hide(CLOUD_READ, 2);
	assert_int_equal(bench_refresh(b), 0);
	assert_true(plan_empty(b->result.plan));
	assert_non_null(strstr(str_cstr(&b->said), "not seen"));
	use_size(b, 2);
	hide(CLOUD_UPDATE, 1);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_made("t0"), 1);
	assert_string_equal(cloud_property("t0", "Size"), "2");
}

static void a_young_thing_that_is_not_seen_is_deleted_all_the_same(void **state)
{
	struct bench *b = *state;

	use_size(b, 1);
	assert_int_equal(bench_apply(b), 0);
	hide(CLOUD_REMOVE, 2);
	assert_int_equal(bench_destroy(b), 0);
	assert_int_equal(cloud_count(), 0);
	assert_int_equal(cloud_calls(CLOUD_REMOVE, "t0"), 3);
}

static void absence_is_believed_when_the_thing_is_old_enough(void **state)
{
	struct bench *b = *state;
	int64_t made_ms;

	use_size(b, 1);
	assert_int_equal(bench_apply(b), 0);
	made_ms = b->clock.now_ms;
	cloud_lose("t0");
	hide(CLOUD_READ, 0);
	assert_int_equal(bench_refresh(b), 0);
	assert_true(b->clock.now_ms - made_ms >= 60000);
	assert_int_equal(cloud_made("t0"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(a_create_that_never_happened_is_made_by_the_next_run),
		RUN_TEST(a_create_that_happened_is_found_and_recorded),
		RUN_TEST(a_create_of_which_nobody_can_tell_ends_the_run_that_recovers),
		RUN_TEST(a_create_that_happened_in_part_is_completed_by_the_next_run),
		RUN_TEST(dying_at_any_create_loses_and_doubles_nothing),
		RUN_TEST(a_pending_create_is_polled_to_its_end_by_the_next_run),
		RUN_TEST(a_create_that_turned_pending_unseen_is_found_and_polled),
		RUN_TEST(an_update_that_happened_is_taken_as_done),
		RUN_TEST(an_update_that_never_happened_is_planned_again),
		RUN_TEST(an_update_that_went_astray_is_read_and_put_right),
		RUN_TEST(a_delete_that_happened_drops_the_record),
		RUN_TEST(a_delete_that_never_happened_is_planned_again),
		RUN_TEST(a_replacement_that_died_is_finished),
		RUN_TEST(what_an_interrupted_operation_failed_with_is_a_warning),
		RUN_TEST(a_plan_recovers_too),
		RUN_TEST(a_plan_beside_the_holder_of_the_lock_says_what_is_open),
		RUN_TEST(a_refresh_mends_what_somebody_changed),
		RUN_TEST(a_refresh_creates_what_somebody_removed),
		RUN_TEST(what_a_refresh_sees_of_unchanged_things_is_recorded),
		RUN_TEST(what_cannot_be_read_fails_the_run_and_not_the_others),
		RUN_TEST(a_young_thing_that_is_not_seen_is_waited_for),
		RUN_TEST(a_young_thing_that_is_not_seen_is_deleted_all_the_same),
		RUN_TEST(absence_is_believed_when_the_thing_is_old_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
