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

/* Its template may be gone by the time that it is deleted. */
static void a_leftover_keeps_the_policy_it_was_replaced_by(void **state)
{
	struct bench *b = *state;

	bench_template(b, "Resources:\n" GUARDED("old", "1"));
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, "Resources:\n" GUARDED("new", "1"));
	break_call(CLOUD_REMOVE, "old");
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(cloud_snapshots("old"), 1);
	cloud_drop_rules();
	bench_template(b, "Resources:\n" THING("B", "b", ""));
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 1);
	assert_int_equal(cloud_snapshots("old"), 2);
	assert_int_equal(cloud_snapshots("new"), 0);
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

/* It failed half-way before there was an id: nothing can be deleted by one. */
static void a_creation_without_an_id_goes_back(void **state)
{
	struct bench *b = *state;

	b->on_failure = ON_FAILURE_DEFAULT;
	bench_template(b, "Resources:\n" THING("A", "a", ""));
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, "Resources:\n" THING("A", "a", ", Size: 2") THING("C", "c", ""));
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE,
					    .name = "c",
					    .status = HD_FATAL,
					    .effect = HD_EFFECT_PARTIAL,
					    .trick = CLOUD_NO_ID});
	assert_int_equal(bench_apply(b), -1);
	if (strcmp(bench_instance(b, "east")->status, "ROLLED_BACK") != 0)
		bench_show(b);
	assert_string_equal(bench_instance(b, "east")->status, "ROLLED_BACK");
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 2);
	assert_int_equal(bench_records(b), 2);
}

/* Put under an address of which something else is kept: a rollback may not delete it. */
static void what_was_imported_since_is_not_replaced_by_what_was_kept(void **state)
{
	struct bench *b = *state;
	struct import_wish wish = {.address = "web/east/B", .id = "mine@h", .where = RANGE_NONE};

	bench_template(b, "Resources:\n" THING("A", "a", ", Size: 1") THING("B", "b", ""));
	assert_int_equal(bench_apply(b), 0);
	/* B goes, and then A's deletion fails. */
	break_call(CLOUD_REMOVE, "a");
	bench_template(b, "Resources: {}\n");
	assert_int_equal(bench_apply(b), -1);
	assert_false(cloud_has("b"));
	cloud_drop_rules();
	cloud_place("{\"Name\":\"mine\",\"Host\":\"h\",\"Serial\":\"s9\"}");
	bench_template(b, "Resources:\n" THING("A", "a", ", Size: 1") THING("B", "mine", ""));
	assert_int_equal(bench_run(b, &(struct run_request){.mode = RUN_IMPORT,
							    .wishes = {.imports = &wish,
								       .import_count = 1}}),
			 0);
	assert_string_equal(bench_record(b, "B")->id, "mine@h");
	if (bench_rollback(b))
		bench_show(b);
	assert_true(cloud_has("mine"));
	assert_true(cloud_has("a"));
	assert_string_equal(bench_record(b, "B")->id, "mine@h");
}

/* As a create leaves it that ended half-way before there was an id. */
static void lose_id(struct bench *b, const char *logical_id)
{
	struct lock_owner owner = {.user = "u", .host = "h", .command = "test", .pid = 1};
	struct record r = *bench_record(b, logical_id);
	struct state *s = bench_state(b);
	const struct state_edit e = {.kind = EDIT_PUT_RECORD, .record = &r};

	r.id = "";
	r.tainted = true;
	assert_int_equal(
		state_lock(s, &(struct lock_request){&r.addr.instance, 1, &owner, NULL}, &b->d), 0);
	assert_int_equal(state_commit(s, &e, 1, &b->d), 0);
	state_unlock(s);
}

/* A create without an id left a record: what is adopted in its place was there before. */
static void what_was_adopted_over_a_failed_creation_is_not_deleted(void **state)
{
	struct bench *b = *state;

	bench_template(b, "Resources:\n" THING("A", "a", ""));
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, "Resources:\n" THING("A", "a", "") THING("C", "c", "")
				  THING("D", "d", ", Note: !Ref C"));
	break_call(CLOUD_CREATE, "d");
	assert_int_equal(bench_apply(b), -1);
	cloud_drop_rules();
	lose_id(b, "C");
	cloud_lose("c");
	cloud_place("{\"Name\":\"c\",\"Host\":\"h\",\"Serial\":\"s9\",\"Size\":1}");
	bench_template(b, "Resources:\n" THING("A", "a", "") THING("C", "c", ", Size: 2")
				  THING("D", "d", ", Note: !Ref C"));
	break_call(CLOUD_CREATE, "d");
	b->on_failure = ON_FAILURE_DEFAULT;
	assert_int_equal(
		bench_run(b, &(struct run_request){.mode = RUN_APPLY, .wishes = {.adopt = true}}),
		-1);
	assert_string_equal(bench_instance(b, "east")->status, "ROLLED_BACK");
	assert_true(cloud_has("c"));
	assert_string_equal(cloud_property("c", "Size"), "1");
	assert_string_equal(bench_record(b, "C")->id, "c@h");
}

/* What was renamed stays renamed, and goes back and forward under its new id. */
static void a_move_that_failed_goes_on_either_way(void **state)
{
	struct bench *b = *state;

	b->on_failure = ON_FAILURE_DEFAULT;
	bench_template(b, "Resources:\n" THING("A", "a", ", Size: 1")
				  THING("B", "b", ", Size: 1, Note: !Ref A"));
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, "Moved: [{From: A, To: N}]\nResources:\n" THING("N", "a2", ", Size: 2")
				  THING("B", "b", ", Size: 2, Note: !Ref N")
					  THING("C", "c", ", Note: !Ref B"));
	break_call(CLOUD_CREATE, "c");
	assert_int_equal(bench_apply(b), -1);
	assert_string_equal(bench_instance(b, "east")->status, "ROLLED_BACK");
	assert_string_equal(bench_record(b, "N")->id, "a@h");
	assert_string_equal(cloud_property("b", "Note"), "a");
	assert_string_equal(cloud_property("b", "Size"), "1");
	assert_int_equal(cloud_count(), 2);
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 3);
	assert_int_equal(bench_records(b), 3);
	assert_string_equal(cloud_property("b", "Note"), "a2");
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
		RUN_TEST(a_leftover_keeps_the_policy_it_was_replaced_by),
		RUN_TEST(a_copy_that_fails_is_no_reason_to_go_back),
		RUN_TEST(a_retained_one_comes_back_after_a_crash),
		RUN_TEST(a_creation_without_an_id_goes_back),
		RUN_TEST(what_was_imported_since_is_not_replaced_by_what_was_kept),
		RUN_TEST(what_was_adopted_over_a_failed_creation_is_not_deleted),
		RUN_TEST(a_move_that_failed_goes_on_either_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
