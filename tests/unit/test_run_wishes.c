/* Runs of a part of a plan, and of plans that are forbidden. */
#include "tests/unit/run_bench.h"

#include <string.h>

#define TWO(size)                                                                              \
	"Resources:\n"                                                                         \
	"  A: {Type: 'Cloud::Thing', Properties: {Name: a, Size: " size "}}\n"                 \
	"  B: {Type: 'Cloud::Thing', Properties: {Name: b, Size: " size ", Secret: !Ref A}}\n" \
	"  C: {Type: 'Cloud::Thing', Properties: {Name: c, Size: " size "}}\n"                 \
	"Outputs:\n"                                                                           \
	"  Serial: {Value: !GetAtt A.Serial}\n"                                                \
	"  Kind: {Value: 'size " size "'}\n"

#define STACK(keys)                                      \
	"Project: shop\nRegions: {east: {}, west: {}}\n" \
	"Stacks:\n  web:\n    Template: web.yaml\n    Targets: [east]\n" keys

static const char *const a_alone[] = {"A"};
static const char *const c_alone[] = {"C"};

static void a_part_leaves_the_rest_for_later(void **state)
{
	struct bench *b = *state;

	bench_template(b, TWO("1"));
	b->wishes.only = (struct patterns){c_alone, 1};
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.done.create, 1);
	assert_int_equal(b->result.targets_succeeded, 1);
	assert_int_equal(cloud_count(), 1);
	assert_string_equal(bench_instance(b, "east")->status, "PARTIAL");
	assert_string_equal(bench_instance(b, "east")->outputs, "{\"Kind\":\"size 1\"}");
	assert_string_equal(bench_instance(b, "east")->template_digest, "");
	b->wishes.only.count = 0;
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.done.create, 2);
	assert_string_equal(bench_instance(b, "east")->status, "CURRENT");
	assert_non_null(strstr(bench_instance(b, "east")->outputs, "Serial"));
}

static void what_is_left_out_stays_as_it_is_recorded(void **state)
{
	struct bench *b = *state;
	const char *digest;

	bench_template(b, TWO("1"));
	assert_int_equal(bench_apply(b), 0);
	digest = arena_strdup(b->a, bench_instance(b, "east")->template_digest);
	bench_template(b, TWO("2"));
	b->wishes.exclude = (struct patterns){a_alone, 1};
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.done.update, 1);
	assert_string_equal(cloud_property("a", "Size"), "1");
	assert_string_equal(cloud_property("b", "Size"), "1");
	assert_string_equal(cloud_property("c", "Size"), "2");
	assert_string_equal(bench_instance(b, "east")->status, "PARTIAL");
	assert_string_equal(bench_instance(b, "east")->template_digest, digest);
	assert_non_null(strstr(bench_record(b, "B")->inputs, "\"Size\":1"));
}

static void leaving_everything_out_writes_nothing(void **state)
{
	static const char *const all[] = {"*"};
	struct bench *b = *state;

	bench_template(b, TWO("1"));
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, TWO("2"));
	b->wishes.exclude = (struct patterns){all, 1};
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.plan->counts.left_out, 3);
	assert_string_equal(bench_instance(b, "east")->status, "CURRENT");
	assert_string_equal(cloud_property("c", "Size"), "1");
}

static void a_part_is_destroyed_with_what_depends_on_it(void **state)
{
	struct bench *b = *state;

	bench_template(b, TWO("1"));
	assert_int_equal(bench_apply(b), 0);
	b->wishes.only = (struct patterns){a_alone, 1};
	assert_int_equal(bench_destroy(b), 0);
	assert_int_equal(b->result.done.remove, 2);
	assert_true(cloud_has("c"));
	assert_int_equal(cloud_count(), 1);
	assert_string_equal(bench_instance(b, "east")->status, "PARTIAL");
	b->wishes.only.count = 0;
	assert_int_equal(bench_destroy(b), 0);
	assert_null(bench_instance(b, "east"));
}

/* What app takes from web is not there without A. */
static void a_stack_goes_with_the_one_whose_output_it_takes(void **state)
{
	static const char *const page[] = {"app/east/Page"};
	struct bench *b = *state;

	bench_manifest(b, "Project: shop\nRegions: {east: {}, west: {}}\n"
			  "Stacks:\n"
			  "  web: {Template: web.yaml, Targets: [east]}\n"
			  "  app: {Template: app.yaml, Targets: [east]}\n");
	bench_file(b, "app.yaml",
		   "Resources:\n"
		   "  Page:\n    Type: Cloud::Thing\n    Properties:\n      Name: p\n"
		   "      Note: !GetStackOutput {StackName: web, OutputName: Serial}\n");
	bench_template(b, TWO("1"));
	b->wishes.exclude = (struct patterns){a_alone, 1};
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 1);
	assert_true(cloud_has("c"));
	b->wishes.exclude.count = 0;
	b->wishes.only = (struct patterns){page, 1};
	if (bench_apply(b))
		bench_show(b);
	assert_int_equal(cloud_count(), 4);
	assert_string_equal(cloud_property("p", "Note"), "s-2");
	b->wishes.only = (struct patterns){a_alone, 1};
	assert_int_equal(bench_destroy(b), 0);
	assert_false(cloud_has("p"));
	assert_true(cloud_has("c"));
}

static void what_a_policy_denies_is_not_done(void **state)
{
	struct bench *b = *state;
	const struct diag *g;

	bench_manifest(b, STACK("    Policy: [{Deny: [Update], Resources: ['A*']}]\n"));
	bench_template(b, TWO("1"));
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, TWO("2"));
	assert_int_equal(bench_apply(b), -1);
	assert_null(b->result.plan);
	assert_string_equal(cloud_property("c", "Size"), "1");
	g = bench_diag(b, DIAG_POLICY_DENIES);
	assert_string_equal(g->summary, "'web/east/A' may not be updated");
	assert_string_equal(g->address, "web/east/A");
	assert_int_equal(g->related->where.start.line, 7);
	assert_int_equal(b->d.error_count, 1);
	assert_non_null(bench_plan(b, REFRESH_NO));
	assert_true(bench_said(b, DIAG_POLICY_DENIES));
	b->wishes.exclude = (struct patterns){a_alone, 1};
	assert_int_equal(bench_apply(b), 0);
	assert_string_equal(cloud_property("c", "Size"), "2");
}

static void a_policy_may_be_about_types(void **state)
{
	struct bench *b = *state;

	bench_manifest(b, STACK("    Policy: [{Deny: [Replace, Delete], Types: ['Cloud::*'], "
				"Resources: [C]}]\n"));
	bench_template(b, TWO("1"));
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, "Resources:\n"
			  "  A: {Type: 'Cloud::Thing', Properties: {Name: a2}}\n");
	assert_int_equal(bench_apply(b), -1);
	assert_string_equal(bench_diag(b, DIAG_POLICY_DENIES)->summary,
			    "'web/east/C' may not be deleted");
	assert_int_equal(b->d.error_count, 1);
}

static void a_protected_stack_is_not_destroyed(void **state)
{
	struct bench *b = *state;
	const struct diag *g;

	bench_manifest(b, STACK("    DeletionProtection: true\n"));
	bench_template(b, TWO("1"));
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(bench_destroy(b), -1);
	g = bench_diag(b, DIAG_STACK_PROTECTED);
	assert_string_equal(g->summary, "'web/east' is protected from deletion");
	assert_non_null(g->related->where.src);
	assert_int_equal(cloud_count(), 3);
	/* Resources of it may go, and be replaced. */
	bench_template(b, "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a2}}}\n");
	assert_int_equal(bench_apply(b), 0);
	bench_manifest(b, "Project: shop\nRegions: {east: {}, west: {}}\n"
			  "Stacks: {web: {Template: web.yaml, Targets: [west], "
			  "DeletionProtection: true}}\n");
	assert_int_equal(bench_apply(b), -1);
	assert_true(bench_said(b, DIAG_STACK_PROTECTED));
	assert_int_equal(cloud_count(), 1);
}

static void what_a_stack_retains_stays_where_it_was(void **state)
{
	struct bench *b = *state;

	bench_manifest(b, STACK("    DeletionProtection: true\n"));
	bench_template(b, TWO("1"));
	assert_int_equal(bench_apply(b), 0);
	bench_manifest(b, "Project: shop\nRegions: {east: {}, west: {}}\n"
			  "Stacks: {web: {Template: web.yaml, Targets: [west], "
			  "RetainInstances: true, DeletionProtection: true}}\n");
	bench_template(b, "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: other}}}\n");
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 4);
	/* It is not ours any more: nothing is left to do, and it can be made anew. */
	assert_int_equal(bench_apply(b), 0);
	assert_true(plan_empty(b->result.plan));
	assert_int_equal(cloud_count(), 4);
}

static void a_protected_stack_may_not_leave_the_manifest(void **state)
{
	static const char none[] = "Project: shop\nRegions: {east: {}}\nStacks: {}\n";
	struct bench *b = *state;

	bench_manifest(b, STACK(""));
	bench_template(b, TWO("1"));
	assert_int_equal(bench_apply(b), 0);
	/* Nothing else changes: it is recorded all the same. */
	bench_manifest(b, STACK("    DeletionProtection: true\n"));
	assert_int_equal(bench_apply(b), 0);
	bench_manifest(b, none);
	assert_int_equal(bench_apply(b), -1);
	assert_non_null(strstr(bench_diag(b, DIAG_STACK_PROTECTED)->detail,
			       "the stack is not in the manifest any more"));
	assert_int_equal(bench_destroy(b), -1);
	assert_int_equal(cloud_count(), 3);
	bench_manifest(b, STACK(""));
	assert_int_equal(bench_apply(b), 0);
	bench_manifest(b, none);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 0);
}

static void without_snapshots_nothing_is_deleted_that_wants_one(void **state)
{
	struct bench *b = *state;

	bench_template(b, "Resources: {A: {Type: 'Cloud::Bare', DeletionPolicy: Snapshot, "
			  "Properties: {Name: a}}}\n");
	assert_int_equal(bench_apply(b), -1);
	assert_true(bench_said(b, DIAG_NO_SNAPSHOT));
	assert_int_equal(bench_destroy(b), 0);
}

static void a_renamed_resource_only_moves_its_record(void **state)
{
	struct bench *b = *state;

	bench_template(b, TWO("1"));
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, "Moved: [{From: A, To: First}]\n"
			  "Resources:\n"
			  "  First: {Type: 'Cloud::Thing', Properties: {Name: a, Size: 1}}\n"
			  "  B: {Type: 'Cloud::Thing', Properties: {Name: b, Size: 1, "
			  "Secret: !Ref First}}\n"
			  "  C: {Type: 'Cloud::Thing', Properties: {Name: c, Size: 1}}\n");
	b->declines = true;
	assert_int_equal(bench_apply(b), -1);
	assert_non_null(bench_record(b, "A"));
	b->declines = false;
	if (bench_apply(b))
		bench_show(b);
	assert_int_equal(b->result.plan->counts.moved, 1);
	assert_null(bench_record(b, "A"));
	assert_string_equal(bench_record(b, "First")->id, "a@");
	assert_string_equal(bench_record(b, "B")->depends_on, "[\"web/-/east/First\"]");
	assert_int_equal(cloud_calls(CLOUD_CREATE, "*"), 3);
	assert_int_equal(cloud_calls(CLOUD_UPDATE, "*"), 0);
	assert_int_equal(cloud_calls(CLOUD_REMOVE, "*"), 0);
	assert_string_equal(bench_instance(b, "east")->status, "CURRENT");
	assert_int_equal(bench_apply(b), 0);
	assert_true(plan_empty(b->result.plan));
}

/* The record is where it belongs before the first call, so a crash in it does no harm. */
static void a_crash_after_the_move_goes_on_under_the_new_id(void **state)
{
	struct bench *b = *state;

	bench_template(b,
		       "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Size: 1}}}\n");
	assert_int_equal(bench_apply(b), 0);
	bench_template(b,
		       "Moved: [{From: A, To: B}]\n"
		       "Resources: {B: {Type: 'Cloud::Thing', Properties: {Name: a, Size: 2}}}\n");
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_UPDATE, .trick = CLOUD_DIES_BEFORE});
	bench_apply_dying(b);
	assert_int_equal(bench_apply(b), 0);
	assert_null(bench_record(b, "A"));
	assert_non_null(strstr(bench_record(b, "B")->inputs, "\"Size\":2"));
	assert_string_equal(cloud_property("a", "Size"), "2");
	assert_int_equal(cloud_count(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(a_part_leaves_the_rest_for_later),
		RUN_TEST(what_is_left_out_stays_as_it_is_recorded),
		RUN_TEST(leaving_everything_out_writes_nothing),
		RUN_TEST(a_part_is_destroyed_with_what_depends_on_it),
		RUN_TEST(a_stack_goes_with_the_one_whose_output_it_takes),
		RUN_TEST(what_a_policy_denies_is_not_done),
		RUN_TEST(a_policy_may_be_about_types),
		RUN_TEST(a_protected_stack_is_not_destroyed),
		RUN_TEST(what_a_stack_retains_stays_where_it_was),
		RUN_TEST(a_protected_stack_may_not_leave_the_manifest),
		RUN_TEST(a_renamed_resource_only_moves_its_record),
		RUN_TEST(a_crash_after_the_move_goes_on_under_the_new_id),
		RUN_TEST(without_snapshots_nothing_is_deleted_that_wants_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
