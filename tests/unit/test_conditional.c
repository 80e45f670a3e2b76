/* test_conditional.c - replacements that hang on values which are known only during apply. */
#include "tests/unit/run_bench.h"

#include <stdio.h>
#include <string.h>

/* B's Kind cannot be changed in place, and waits for what A says when it was updated. */
static void use(struct bench *b, const char *type, const char *a, const char *rest)
{
	struct str text = STR_INIT;

	str_printf(&text,
		   "Resources:\n"
		   "  A: {Type: 'Cloud::Thing', Properties: {Name: a, %s}}\n"
		   "  B:\n"
		   "    Type: %s\n"
		   "    Properties: {Name: b, Kind: !GetAtt A.Echo%s}\n"
		   "  C: {Type: 'Cloud::Thing', Properties: {Name: c, Note: !GetAtt B.Kind}}\n",
		   a, type, rest);
	bench_template(b, str_cstr(&text));
	str_release(&text);
}

static void change_to(struct bench *b, const char *type, const char *a, const char *rest)
{
	use(b, type, "Size: 1, Secret: hush", "");
	assert_int_equal(bench_apply(b), 0);
	use(b, type, a, rest);
	if (bench_apply(b))
		bench_show(b);
	assert_int_equal(b->result.plan->counts.replace, 1);
	assert_int_equal(b->result.plan->counts.conditional, 1);
	assert_int_equal(b->result.failed + b->result.skipped, 0);
}

static void check_left_alone(struct bench *b)
{
	assert_int_equal(b->result.done.replace, 0);
	assert_int_equal(b->result.done.update, 1);
	assert_int_equal(cloud_calls(CLOUD_REMOVE, "*"), 0);
	assert_int_equal(cloud_calls(CLOUD_CREATE, "b"), 1);
	assert_int_equal(cloud_calls(CLOUD_UPDATE, "b"), 0);
	assert_int_equal(bench_records(b), 3);
	assert_int_equal(bench_open_operations(b), 0);
	assert_int_equal(bench_apply(b), 0);
	assert_true(plan_empty(b->result.plan));
}

static void a_value_that_proves_the_same_replaces_nothing(void **state)
{
	struct bench *b = *state;

	change_to(b, "Cloud::Thing", "Size: 2, Secret: hush", "");
	check_left_alone(b);
}

static void nor_is_anything_deleted_first(void **state)
{
	struct bench *b = *state;

	change_to(b, "Cloud::Slot", "Size: 2, Secret: hush", "");
	check_left_alone(b);
}

static void check_updated(struct bench *b)
{
	assert_int_equal(b->result.done.replace, 0);
	assert_int_equal(b->result.done.update, 2);
	assert_int_equal(cloud_calls(CLOUD_REMOVE, "*"), 0);
	assert_int_equal(cloud_calls(CLOUD_CREATE, "b"), 1);
	assert_string_equal(cloud_last_changed(), "[\"/Size\"]");
	assert_string_equal(cloud_property("b", "Size"), "7");
	assert_int_equal(bench_records(b), 3);
	assert_int_equal(bench_apply(b), 0);
	assert_true(plan_empty(b->result.plan));
}

static void what_else_differs_is_updated(void **state)
{
	struct bench *b = *state;

	change_to(b, "Cloud::Thing", "Size: 2, Secret: hush", ", Size: 7");
	check_updated(b);
}

static void what_else_differs_is_updated_in_a_slot_too(void **state)
{
	struct bench *b = *state;

	change_to(b, "Cloud::Slot", "Size: 2, Secret: hush", ", Size: 7");
	check_updated(b);
}

static void a_value_that_differs_replaces(void **state)
{
	struct bench *b = *state;

	use(b, "Cloud::Slot", "Size: 1, Secret: hush", "");
	assert_int_equal(bench_apply(b), 0);
	use(b, "Cloud::Slot", "Size: 2, Secret: loud", "");
	if (bench_apply(b))
		bench_show(b);
	assert_int_equal(b->result.plan->counts.conditional, 1);
	assert_int_equal(b->result.done.replace, 1);
	assert_int_equal(cloud_calls(CLOUD_REMOVE, "b"), 1);
	assert_int_equal(cloud_calls(CLOUD_CREATE, "b"), 2);
	assert_string_equal(cloud_property("b", "Kind"), "<loud>");
	assert_string_equal(cloud_property("c", "Note"), "<loud>");
	assert_int_equal(bench_records(b), 3);
}

static void a_value_that_cannot_be_had_deletes_nothing(void **state)
{
	struct bench *b = *state;

	use(b, "Cloud::Slot", "Size: 1, Secret: hush", "");
	assert_int_equal(bench_apply(b), 0);
	use(b, "Cloud::Slot", "Size: 2, Secret: loud", "");
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_UPDATE, .name = "a", .status = HD_FATAL});
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(cloud_calls(CLOUD_REMOVE, "*"), 0);
	assert_int_equal(b->result.skipped, 2);
}

/* Both go first, the user before what it uses: its value comes too late to be waited for. */
static void slots_that_wait_for_slots_are_replaced_as_planned(void **state)
{
	struct bench *b = *state;
	static const char text[] =
		"Resources:\n"
		"  A: {Type: 'Cloud::Slot', Properties: {Name: a, Kind: %s, Secret: s}}\n"
		"  B: {Type: 'Cloud::Slot', Properties: {Name: b, Kind: !GetAtt A.Echo}}\n";
	char filled[sizeof(text) + 8];

	snprintf(filled, sizeof(filled), text, "x");
	bench_template(b, filled);
	assert_int_equal(bench_apply(b), 0);
	snprintf(filled, sizeof(filled), text, "y");
	bench_template(b, filled);
	if (bench_apply(b))
		bench_show(b);
	assert_int_equal(b->result.plan->counts.conditional, 1);
	assert_int_equal(b->result.done.replace, 2);
	assert_true(cloud_first_call(CLOUD_REMOVE, "b") < cloud_first_call(CLOUD_REMOVE, "a"));
	assert_int_equal(cloud_count(), 2);
}

static void one_that_keeps_its_old_one_is_updated_as_well(void **state)
{
	struct bench *b = *state;

	change_to(b, "Cloud::Thing\n    UpdateReplacePolicy: Retain", "Size: 2, Secret: hush",
		  ", Size: 7");
	check_updated(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(a_value_that_proves_the_same_replaces_nothing),
		RUN_TEST(nor_is_anything_deleted_first),
		RUN_TEST(what_else_differs_is_updated),
		RUN_TEST(what_else_differs_is_updated_in_a_slot_too),
		RUN_TEST(a_value_that_differs_replaces),
		RUN_TEST(a_value_that_cannot_be_had_deletes_nothing),
		RUN_TEST(slots_that_wait_for_slots_are_replaced_as_planned),
		RUN_TEST(one_that_keeps_its_old_one_is_updated_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
