/* test_cleanup.c - what goes goes last, so that a failure before leaves all in place. */
#include "tests/unit/run_bench.h"

#include <string.h>

#define THING(id, rest) "  " id ": {Type: 'Cloud::Thing', Properties: {" rest "}}\n"
#define SLOT(id, rest) "  " id ": {Type: 'Cloud::Slot', Properties: {" rest "}}\n"

static void fault(enum cloud_op op, const char *name)
{
	cloud_add_rule(&(struct cloud_rule){.op = op, .name = name, .status = HD_FATAL});
}

static void apply_first(struct bench *b, const char *template)
{
	bench_template(b, template);
	if (bench_apply(b))
		bench_show(b);
	assert_non_null(b->result.plan);
	assert_int_equal(b->result.failed, 0);
}

static void deletes_wait_for_all_that_is_made(void **state)
{
	struct bench *b = *state;

	b->parallelism = 1;
	apply_first(b, "Resources:\n" THING("A", "Name: a") THING("B", "Name: b"));
	bench_template(b, "Resources:\n" THING("C", "Name: c") THING("D", "Name: d"));
	assert_int_equal(bench_apply(b), 0);
	assert_true(cloud_first_call(CLOUD_CREATE, "d") < cloud_first_call(CLOUD_REMOVE, "a"));
	assert_true(cloud_first_call(CLOUD_CREATE, "d") < cloud_first_call(CLOUD_REMOVE, "b"));
	assert_int_equal(cloud_count(), 2);
}

static void a_failure_before_leaves_what_was_to_go(void **state)
{
	struct bench *b = *state;

	apply_first(b, "Resources:\n" THING("A", "Name: a") THING("B", "Name: b"));
	bench_template(b, "Resources:\n" THING("C", "Name: c") THING("D", "Name: d"));
	fault(CLOUD_CREATE, "d");
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(cloud_calls(CLOUD_REMOVE, "*"), 0);
	assert_int_equal(b->result.failed, 1);
	assert_int_equal(b->result.skipped, 2);
	assert_int_equal(bench_records(b), 3);
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(bench_records(b), 2);
	assert_int_equal(cloud_count(), 2);
}

static void an_old_one_waits_for_updates_that_have_nothing_to_do_with_it(void **state)
{
	struct bench *b = *state;

	apply_first(b, "Resources:\n" THING("A", "Name: old") THING("B", "Name: b, Size: 1"));
	bench_template(b, "Resources:\n" THING("A", "Name: new") THING("B", "Name: b, Size: 2"));
	fault(CLOUD_UPDATE, "b");
	assert_int_equal(bench_apply(b), -1);
	assert_true(cloud_has("old"));
	assert_true(cloud_has("new"));
	assert_int_equal(bench_records(b), 3);
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	assert_false(cloud_has("old"));
	assert_int_equal(bench_records(b), 2);
}

static void what_is_given_up_waits_too(void **state)
{
	struct bench *b = *state;

	apply_first(b, "Resources:\n"
		       "  A: {Type: 'Cloud::Thing', DeletionPolicy: Retain,"
		       " Properties: {Name: a}}\n");
	bench_template(b, "Resources:\n" THING("B", "Name: b"));
	fault(CLOUD_CREATE, "b");
	assert_int_equal(bench_apply(b), -1);
	assert_non_null(bench_record(b, "A"));
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	assert_null(bench_record(b, "A"));
	assert_true(cloud_has("a"));
}

/* The same name under another logical id: what used it has to go before as well. */
static void a_delete_that_makes_room_does_not_wait_nor_what_it_needs(void **state)
{
	struct bench *b = *state;

	apply_first(b, "Resources:\n" THING("A", "Name: a") THING("U", "Name: u, Note: !Ref A")
			       THING("X", "Name: x"));
	bench_template(b, "Resources:\n" THING("A2", "Name: a") THING("N", "Name: n"));
	if (bench_apply(b))
		bench_show(b);
	assert_int_equal(b->result.done.remove, 3);
	assert_true(cloud_first_call(CLOUD_REMOVE, "u") < cloud_first_call(CLOUD_REMOVE, "a"));
	assert_true(cloud_first_call(CLOUD_REMOVE, "a") < cloud_first_call(CLOUD_REMOVE, "x"));
	assert_true(cloud_first_call(CLOUD_CREATE, "n") < cloud_first_call(CLOUD_REMOVE, "x"));
	assert_int_equal(cloud_calls(CLOUD_CREATE, "a"), 2);
	assert_int_equal(cloud_count(), 2);
}

static void what_used_a_slot_goes_before_the_slot_is_emptied(void **state)
{
	struct bench *b = *state;

	apply_first(b, "Resources:\n" SLOT("S", "Name: s, Kind: x")
			       SLOT("U", "Name: u, Note: !Ref S") THING("X", "Name: x"));
	bench_template(b, "Resources:\n" SLOT("S", "Name: s, Kind: y"));
	assert_int_equal(bench_apply(b), 0);
	assert_true(cloud_first_call(CLOUD_REMOVE, "u") < cloud_first_call(CLOUD_REMOVE, "s"));
	assert_true(cloud_first_call(CLOUD_REMOVE, "s") < cloud_first_call(CLOUD_REMOVE, "x"));
	assert_string_equal(cloud_property("s", "Kind"), "y");
	assert_int_equal(cloud_count(), 1);
}

static void each_instance_cleans_up_for_itself(void **state)
{
	struct bench *b = *state;

	bench_manifest(b, "Project: shop\n"
			  "Regions: {east: {}, west: {}}\n"
			  "Stacks: {web: {Template: web.yaml, Targets: [east, west]}}\n");
	apply_first(b, "Resources:\n" THING("A", "Name: !Sub '${AWS::Region}-a'"));
	bench_template(b, "Resources:\n" THING("B", "Name: !Sub '${AWS::Region}-b'"));
	fault(CLOUD_CREATE, "west-b");
	assert_int_equal(bench_apply(b), -1);
	assert_false(cloud_has("east-a"));
	assert_true(cloud_has("west-a"));
	assert_int_equal(b->result.targets_succeeded, 1);
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 2);
	assert_int_equal(bench_destroy(b), 0);
	assert_int_equal(cloud_count(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(deletes_wait_for_all_that_is_made),
		RUN_TEST(a_failure_before_leaves_what_was_to_go),
		RUN_TEST(an_old_one_waits_for_updates_that_have_nothing_to_do_with_it),
		RUN_TEST(what_is_given_up_waits_too),
		RUN_TEST(a_delete_that_makes_room_does_not_wait_nor_what_it_needs),
		RUN_TEST(what_used_a_slot_goes_before_the_slot_is_emptied),
		RUN_TEST(each_instance_cleans_up_for_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
