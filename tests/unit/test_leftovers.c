/* test_leftovers.c - what an earlier run left behind (old ones of replacements above all) and
 * what a later one makes of it. */
#include <string.h>

#include "tests/unit/run_bench.h"

#define THING(id, name, more) \
	"  " id ": {Type: 'Cloud::Thing', Properties: {Name: " name ", Host: h" more "}}\n"

static void break_call(enum cloud_op op, const char *name)
{
	cloud_add_rule(&(struct cloud_rule){
		.op = op, .name = name, .status = HD_FATAL, .effect = HD_EFFECT_NONE});
}

/* A has a successor, and the old one could not be deleted. */
static void leave_old_one(struct bench *b)
{
	bench_template(b, "Resources:\n" THING("A", "old", ", Size: 1"));
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, "Resources:\n" THING("A", "new", ", Size: 1"));
	break_call(CLOUD_REMOVE, "old");
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(bench_records(b), 2);
	cloud_drop_rules();
}

static void the_name_of_a_leftover_may_be_taken_again(void **state)
{
	struct bench *b = *state;

	leave_old_one(b);
	bench_template(b, "Resources:\n" THING("A", "old", ", Size: 2"));
	if (bench_apply(b))
		bench_show(b);
	assert_string_equal(bench_instance(b, "east")->status, "CURRENT");
	assert_int_equal(cloud_count(), 1);
	assert_string_equal(cloud_property("old", "Size"), "2");
	assert_int_equal(bench_records(b), 1);
}

static void another_resource_may_take_the_name_of_a_leftover(void **state)
{
	struct bench *b = *state;

	leave_old_one(b);
	bench_template(b, "Resources:\n" THING("A", "new", ", Size: 1")
				  THING("B", "old", ", Note: !Ref A"));
	if (bench_apply(b))
		bench_show(b);
	assert_string_equal(bench_instance(b, "east")->status, "CURRENT");
	assert_int_equal(cloud_count(), 2);
	assert_int_equal(bench_records(b), 2);
}

/* All that was wanted is there: a later failure goes back to that, not to before it. */
static void a_failed_cleanup_is_not_gone_back_over(void **state)
{
	struct bench *b = *state;

	b->on_failure = ON_FAILURE_DEFAULT;
	leave_old_one(b);
	bench_template(b, "Resources:\n" THING("A", "new", ", Size: 7")
				  THING("C", "c", ", Note: !Ref A"));
	break_call(CLOUD_CREATE, "c");
	assert_int_equal(bench_apply(b), -1);
	assert_true(cloud_has("new"));
	assert_string_equal(cloud_property("new", "Size"), "1");
	assert_string_equal(bench_record(b, "A")->id, "new@h");
	assert_string_equal(bench_instance(b, "east")->status, "ROLLED_BACK");
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	assert_false(cloud_has("old"));
	assert_int_equal(cloud_count(), 2);
}

/* A leftover of one run, and another replacement that goes back. */
static void a_leftover_is_no_good_state(void **state)
{
	struct bench *b = *state;

	b->on_failure = ON_FAILURE_DEFAULT;
	leave_old_one(b);
	bench_template(b, "Resources:\n" THING("A", "third", "") THING("C", "c", ", Note: !Ref A"));
	break_call(CLOUD_CREATE, "c");
	assert_int_equal(bench_apply(b), -1);
	assert_string_equal(bench_record(b, "A")->id, "new@h");
	assert_true(cloud_has("new"));
	assert_false(cloud_has("third"));
	cloud_drop_rules();
	bench_template(b, "Resources:\n" THING("A", "new", ", Size: 1"));
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 1);
	assert_int_equal(bench_records(b), 1);
}

/* A part of a good instance is good; going back over a later failure stops there. */
static void a_part_is_not_gone_back_over(void **state)
{
	struct bench *b = *state;
	static const char *const only[] = {"A"};

	b->on_failure = ON_FAILURE_DEFAULT;
	bench_template(b, "Resources:\n" THING("A", "a", ", Size: 1") THING("B", "b", ", Size: 1"));
	assert_int_equal(bench_apply(b), 0);
	bench_template(b,
		       "Resources:\n" THING("A", "a2", ", Size: 2") THING("B", "b", ", Size: 2"));
	b->wishes.only.items = only;
	b->wishes.only.count = 1;
	assert_int_equal(bench_apply(b), 0);
	b->wishes.only.count = 0;
	bench_template(b, "Resources:\n" THING("A", "a2", ", Size: 3") THING("B", "b", ", Size: 3")
				  THING("C", "c", ", Note: !Sub '${A}${B}'"));
	break_call(CLOUD_CREATE, "c");
	assert_int_equal(bench_apply(b), -1);
	assert_string_equal(bench_instance(b, "east")->status, "ROLLED_BACK");
	assert_string_equal(cloud_property("a2", "Size"), "2");
	assert_string_equal(cloud_property("b", "Size"), "1");
	assert_int_equal(cloud_count(), 2);
}

/* Recorded by hand under the address whose old one waits for its deletion. */
static void a_leftover_that_is_live_again_is_not_deleted(void **state)
{
	struct bench *b = *state;
	struct state *s;
	struct record_list all;
	struct record live;
	struct lock_owner owner = {.user = "u", .host = "h", .command = "import", .pid = 1};

	leave_old_one(b);
	s = bench_state(b);
	assert_int_equal(state_load_records(s, NULL, b->a, &all, &b->d), 0);
	assert_int_equal(all.count, 2);
	assert_string_equal(all.items[1].id, "old@h");
	live = all.items[1];
	live.deposed = "";
	live.born = BORN_BEFORE;
	assert_int_equal(
		state_lock(s, &(struct lock_request){&live.addr.instance, 1, &owner, NULL}, &b->d),
		0);
	assert_int_equal(state_commit(s,
				      (struct state_edit[]){
					      {.kind = EDIT_DROP_RECORD, .record = &all.items[0]},
					      {.kind = EDIT_PUT_RECORD, .record = &live},
				      },
				      2, &b->d),
			 0);
	state_unlock(s);
	bench_template(b, "Resources:\n" THING("A", "old", ", Size: 1"));
	assert_int_equal(bench_apply(b), 0);
	assert_true(cloud_has("old"));
	assert_int_equal(bench_records(b), 1);
	assert_string_equal(bench_record(b, "A")->id, "old@h");
}

#define GUARDED(name, size)                                                                   \
	"  A: {Type: 'Cloud::Thing', UpdateReplacePolicy: Snapshot, Properties: {Name: " name \
	", Host: h, Size: " size "}}\n"

/* Deleted on the way back, it is deleted as the apply would have done it. */
static void a_rollback_keeps_a_copy_of_a_leftover(void **state)
{
	struct bench *b = *state;

	b->on_failure = ON_FAILURE_DEFAULT;
	bench_template(b, "Resources:\n" GUARDED("old", "1"));
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, "Resources:\n" GUARDED("new", "1"));
	break_call(CLOUD_REMOVE, "old");
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(cloud_snapshots("old"), 1);
	cloud_drop_rules();
	bench_template(b, "Resources:\n" GUARDED("new", "2") THING("C", "c", ", Note: !Ref A"));
	break_call(CLOUD_CREATE, "c");
	assert_int_equal(bench_apply(b), -1);
	assert_false(cloud_has("old"));
	assert_int_equal(cloud_snapshots("old"), 2);
	assert_string_equal(cloud_property("new", "Size"), "1");
}

/* The copy comes before a delete of the cleanup, and belongs to it. */
static void a_copy_that_fails_is_no_reason_to_go_back(void **state)
{
	struct bench *b = *state;

	b->on_failure = ON_FAILURE_DEFAULT;
	bench_template(b, "Resources:\n" GUARDED("old", "1"));
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, "Resources:\n" GUARDED("new", "1"));
	break_call(CLOUD_ACT, "old");
	assert_int_equal(bench_apply(b), -1);
	assert_null(b->result.rollback);
	assert_string_equal(bench_instance(b, "east")->status, "FAILED");
	assert_string_equal(bench_record(b, "A")->id, "new@h");
	assert_true(cloud_has("old"));
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 1);
	assert_int_equal(cloud_snapshots("old"), 1);
}

/* The process dies when the new one is made, and the old one stays in the world. */
static void a_retained_one_comes_back_after_a_crash(void **state)
{
	struct bench *b = *state;

	b->on_failure = ON_FAILURE_DEFAULT;
	bench_template(b, "Resources:\n  A: {Type: 'Cloud::Thing', UpdateReplacePolicy: Retain, "
			  "Properties: {Name: old, Host: h}}\n");
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, "Resources:\n  A: {Type: 'Cloud::Thing', UpdateReplacePolicy: Retain, "
			  "Properties: {Name: new, Host: h}}\n" THING("C", "c", ", Note: !Ref A"));
	cloud_add_rule(
		&(struct cloud_rule){.op = CLOUD_CREATE, .name = "new", .trick = CLOUD_DIES_AFTER});
	bench_apply_dying(b);
	cloud_repair();
	cloud_drop_rules();
	break_call(CLOUD_CREATE, "c");
	assert_int_equal(bench_apply(b), -1);
	assert_string_equal(bench_instance(b, "east")->status, "ROLLED_BACK");
	assert_string_equal(bench_record(b, "A")->id, "old@h");
	assert_false(cloud_has("new"));
	assert_int_equal(bench_records(b), 1);
	assert_int_equal(cloud_count(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(the_name_of_a_leftover_may_be_taken_again),
		RUN_TEST(another_resource_may_take_the_name_of_a_leftover),
		RUN_TEST(a_failed_cleanup_is_not_gone_back_over),
		RUN_TEST(a_leftover_is_no_good_state),
		RUN_TEST(a_part_is_not_gone_back_over),
		RUN_TEST(a_leftover_that_is_live_again_is_not_deleted),
		RUN_TEST(a_rollback_keeps_a_copy_of_a_leftover),
		RUN_TEST(a_copy_that_fails_is_no_reason_to_go_back),
		RUN_TEST(a_retained_one_comes_back_after_a_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
