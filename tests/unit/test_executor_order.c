/* test_executor_order.c - replacements, barriers between stacks, secrets, what is retained. */
#include "tests/unit/run_bench.h"

#include <string.h>

static void use_pair(struct bench *b, const char *name)
{
	struct str text = STR_INIT;

	str_printf(&text,
		   "Resources:\n"
		   "  A: {Type: 'Cloud::Thing', Properties: {Name: %s, Host: h1}}\n"
		   "  B: {Type: 'Cloud::Thing', Properties: {Name: b, Host: h2, Note: !Ref A}}\n",
		   name);
	bench_template(b, str_cstr(&text));
	str_release(&text);
}

static void the_new_one_is_there_before_the_old_one_goes(void **state)
{
	struct bench *b = *state;

	use_pair(b, "old");
	assert_int_equal(bench_apply(b), 0);
	use_pair(b, "new");
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.done.replace, 1);
	assert_int_equal(b->result.done.update, 1);
	assert_int_equal(b->started, 2);
	assert_int_equal(b->succeeded, 2);
	/* Created, those that use it moved, and only then the old one goes. */
	assert_true(cloud_first_call(CLOUD_CREATE, "new") < cloud_first_call(CLOUD_UPDATE, "b"));
	assert_true(cloud_first_call(CLOUD_UPDATE, "b") < cloud_first_call(CLOUD_REMOVE, "old"));
	assert_false(cloud_has("old"));
	assert_string_equal(cloud_property("b", "Note"), "new");
	assert_int_equal(bench_records(b), 2);
}

static void a_failed_dependent_keeps_the_old_one_alive_and_recorded(void **state)
{
	struct bench *b = *state;

	use_pair(b, "old");
	assert_int_equal(bench_apply(b), 0);
	use_pair(b, "new");
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_UPDATE, .name = "b", .status = HD_FATAL});
	assert_int_equal(bench_apply(b), -1);
	assert_true(cloud_has("old"));
	assert_int_equal(bench_records(b), 3);
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.done.remove, 1);
	assert_false(cloud_has("old"));
	assert_int_equal(bench_records(b), 2);
}

static void a_replacement_of_the_same_name_does_not_delete_itself(void **state)
{
	struct bench *b = *state;

	bench_template(b,
		       "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Kind: x}}}\n");
	assert_int_equal(bench_apply(b), 0);
	bench_template(b,
		       "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Kind: y}}}\n");
	/* The cloud takes the second create for the same thing. */
	cloud_lose("a");
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.done.replace, 1);
	assert_int_equal(cloud_calls(CLOUD_REMOVE, "*"), 0);
	assert_true(cloud_has("a"));
	assert_int_equal(bench_records(b), 1);
	assert_non_null(strstr(bench_record(b, "A")->inputs, "\"Kind\":\"y\""));
}

/* Before is to be After under its name, which waits for Before to go; Gone used Before, and User,
 * which is to use After, used Gone. */
static void what_is_renamed_hands_its_value_on_whatever_else_goes(void **state)
{
	struct bench *b = *state;

	bench_template(b,
		       "Resources:\n"
		       "  Before: {Type: 'Cloud::Thing', Properties: {Name: same}}\n"
		       "  Gone: {Type: 'Cloud::Thing', Properties: {Name: g, Note: !Ref Before}}\n"
		       "  User: {Type: 'Cloud::Thing', Properties: {Name: u, Note: !Ref Gone}}\n");
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, "Resources:\n"
			  "  After: {Type: 'Cloud::Thing', Properties: {Name: same}}\n"
			  "  User: {Type: 'Cloud::Thing', Properties: {Name: u, Note: !GetAtt "
			  "After.Serial}}\n");
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_made("same"), 2);
	assert_string_equal(cloud_property("u", "Note"), cloud_property("same", "Serial"));
	assert_true(cloud_first_call(CLOUD_UPDATE, "u") < cloud_first_call(CLOUD_REMOVE, "g"));
	assert_int_equal(cloud_count(), 2);
	assert_int_equal(bench_records(b), 2);
}

static void a_slot_is_emptied_before_it_is_filled_again(void **state)
{
	struct bench *b = *state;

	bench_template(b,
		       "Resources: {A: {Type: 'Cloud::Slot', Properties: {Name: a, Kind: x}}}\n");
	assert_int_equal(bench_apply(b), 0);
	bench_template(b,
		       "Resources: {A: {Type: 'Cloud::Slot', Properties: {Name: a, Kind: y}}}\n");
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.done.replace, 1);
	assert_int_equal(cloud_calls(CLOUD_REMOVE, "a"), 1);
	assert_int_equal(cloud_calls(CLOUD_CREATE, "a"), 2);
	assert_string_equal(cloud_property("a", "Kind"), "y");
	assert_int_equal(bench_records(b), 1);
}

static void slots_that_depend_on_each_other_are_emptied_from_the_end(void **state)
{
	struct bench *b = *state;

	bench_template(b,
		       "Resources:\n"
		       "  A: {Type: 'Cloud::Slot', Properties: {Name: a, Kind: x}}\n"
		       "  B: {Type: 'Cloud::Slot', Properties: {Name: b, Kind: !GetAtt A.Kind}}\n");
	assert_int_equal(bench_apply(b), 0);
	bench_template(b,
		       "Resources:\n"
		       "  A: {Type: 'Cloud::Slot', Properties: {Name: a, Kind: y}}\n"
		       "  B: {Type: 'Cloud::Slot', Properties: {Name: b, Kind: !GetAtt A.Kind}}\n");
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.done.replace, 2);
	assert_true(cloud_first_call(CLOUD_REMOVE, "b") < cloud_first_call(CLOUD_REMOVE, "a"));
	assert_string_equal(cloud_property("b", "Kind"), "y");
}

static void a_retained_old_one_is_forgotten_not_deleted(void **state)
{
	struct bench *b = *state;

	bench_template(
		b, "Resources:\n"
		   "  A: {Type: 'Cloud::Thing', UpdateReplacePolicy: Retain, Properties: "
		   "{Name: a}}\n"
		   "  B: {Type: 'Cloud::Thing', DeletionPolicy: Retain, Properties: {Name: b}}\n");
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, "Resources:\n"
			  "  A: {Type: 'Cloud::Thing', UpdateReplacePolicy: Retain, Properties: "
			  "{Name: a2}}\n");
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.done.replace, 1);
	assert_int_equal(b->result.done.retain, 1);
	assert_int_equal(cloud_calls(CLOUD_REMOVE, "*"), 0);
	assert_int_equal(cloud_count(), 3);
	assert_int_equal(bench_records(b), 1);
}

static void an_update_that_turns_out_to_be_none_calls_nobody(void **state)
{
	struct bench *b = *state;

	bench_template(
		b, "Resources:\n"
		   "  A: {Type: 'Cloud::Thing', Properties: {Name: a, Size: 1, Secret: hush}}\n"
		   "  B: {Type: 'Cloud::Thing', Properties: {Name: b, Note: !GetAtt A.Echo}}\n");
	assert_int_equal(bench_apply(b), 0);
	bench_template(
		b, "Resources:\n"
		   "  A: {Type: 'Cloud::Thing', Properties: {Name: a, Size: 2, Secret: hush}}\n"
		   "  B: {Type: 'Cloud::Thing', Properties: {Name: b, Note: !GetAtt A.Echo}}\n");
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.plan->counts.update, 2);
	assert_int_equal(b->result.done.update, 1);
	assert_int_equal(b->result.done.none, 1);
	assert_int_equal(cloud_calls(CLOUD_UPDATE, "b"), 0);
}

/* --- stacks ------------------------------------------------------------------------- */

static void use_two_stacks(struct bench *b)
{
	bench_manifest(b, "Project: shop\n"
			  "Regions: {east: {}, west: {}}\n"
			  "Stacks:\n"
			  "  net: {Template: net.yaml, Targets: [east, west]}\n"
			  "  web: {Template: web.yaml, Targets: [east, west], DependsOn: [net]}\n");
}

static void a_stack_waits_for_the_stack_it_depends_on(void **state)
{
	struct bench *b = *state;

	use_two_stacks(b);
	bench_file(b, "net.yaml",
		   "Resources: {N: {Type: 'Cloud::Thing', Properties: {Name: !Sub "
		   "'net-${AWS::Region}', Host: n}}}\n");
	bench_template(b, "Resources: {W: {Type: 'Cloud::Thing', Properties: {Name: !Sub "
			  "'web-${AWS::Region}', Host: w}}}\n");
	cloud_add_rule(
		&(struct cloud_rule){.op = CLOUD_CREATE, .name = "net-west", .status = HD_FATAL});
	assert_int_equal(bench_apply(b), -1);
	assert_true(cloud_has("net-east"));
	assert_true(cloud_has("web-east"));
	assert_false(cloud_has("web-west"));
	assert_true(cloud_first_call(CLOUD_CREATE, "net-east") <
		    cloud_first_call(CLOUD_CREATE, "web-east"));
	assert_int_equal(b->result.targets_succeeded, 2);
	assert_int_equal(b->result.targets_failed, 2);
	assert_string_equal(bench_instance(b, "east")->status, "CURRENT");
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(bench_destroy(b), 0);
	assert_true(cloud_first_call(CLOUD_REMOVE, "web-east") <
		    cloud_first_call(CLOUD_REMOVE, "net-east"));
	assert_int_equal(cloud_count(), 0);
}

static void a_region_that_is_dead_does_not_keep_the_other_from_working(void **state)
{
	struct bench *b = *state;
	struct str text = STR_INIT;

	b->parallelism = 4;
	bench_manifest(b, "Project: shop\n"
			  "Regions: {east: {}, west: {}}\n"
			  "Stacks: {web: {Template: web.yaml, Targets: [east, west]}}\n");
	str_add(&text, "Resources:\n");
	for (int i = 0; i < 12; i++)
		str_printf(&text,
			   "  T%d: {Type: 'Cloud::Thing', Properties: {Name: !Sub "
			   "'${AWS::Region}-%d', Host: !Sub '${AWS::Region}-h%d'}}\n",
			   i, i, i % 3);
	bench_template(b, str_cstr(&text));
	str_release(&text);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .name = "west-*", .status = HD_UNREACHABLE});
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(cloud_count(), 12);
	assert_int_equal(b->result.failed, 12);
	assert_int_equal(b->result.targets_succeeded, 1);
	assert_int_equal(b->opened, 3);
}

/* --- secrets ------------------------------------------------------------------------ */

static const char secretive[] =
	"Parameters: {Password: {Type: String, NoEcho: true}}\n"
	"Resources:\n"
	"  A: {Type: 'Cloud::Thing', Properties: {Name: a, Secret: !Ref Password, Size: 1}}\n"
	"  B: {Type: 'Cloud::Thing', Properties: {Name: b, Note: !GetAtt A.Secret}}\n"
	"Outputs: {Password: {Value: !GetAtt A.Secret}}\n";

static void a_secret_reaches_the_provider_and_nothing_else(void **state)
{
	struct bench *b = *state;

	bench_template(b, secretive);
	bench_param(b, "Password", "correct-horse-7");
	if (bench_apply(b))
		bench_show(b);
	assert_string_equal(cloud_property("a", "Secret"), "correct-horse-7");
	assert_string_equal(cloud_property("b", "Note"), "correct-horse-7");
	assert_non_null(strstr(bench_record(b, "A")->inputs, "$secret"));
	/* Echoed by the cloud at another place. */
	assert_null(strstr(bench_record(b, "A")->outputs, "correct-horse"));
	assert_non_null(strstr(bench_record(b, "A")->sensitive, "/Echo"));
	assert_non_null(strstr(bench_instance(b, "east")->outputs, "$secret"));
	assert_false(bench_state_holds(b, "correct-horse-7"));
	assert_int_equal(bench_apply(b), 0);
	assert_true(plan_empty(b->result.plan));
	assert_int_equal(bench_refresh(b), 0);
	assert_true(plan_empty(b->result.plan));
	assert_false(bench_state_holds(b, "correct-horse-7"));
}

static void a_changed_secret_is_an_update(void **state)
{
	struct bench *b = *state;

	bench_template(b, secretive);
	bench_param(b, "Password", "correct-horse-7");
	assert_int_equal(bench_apply(b), 0);
	bench_param(b, "Password", "battery-staple-8");
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.done.update, 2);
	assert_string_equal(cloud_property("b", "Note"), "battery-staple-8");
	assert_false(bench_state_holds(b, "battery-staple-8"));
}

static void an_unchanged_resource_can_pass_its_secret_on(void **state)
{
	struct bench *b = *state;
	struct str text = STR_INIT;

	bench_template(b, secretive);
	bench_param(b, "Password", "correct-horse-7");
	assert_int_equal(bench_apply(b), 0);
	str_add(&text, secretive);
	str_truncate(&text, (size_t)(strstr(secretive, "Outputs:") - secretive));
	str_add(&text,
		"  C: {Type: 'Cloud::Thing', Properties: {Name: c, Note: !GetAtt A.Secret}}\n");
	bench_template(b, str_cstr(&text));
	str_release(&text);
	if (bench_apply(b))
		bench_show(b);
	assert_int_equal(b->result.done.create, 1);
	assert_string_equal(cloud_property("c", "Note"), "correct-horse-7");
}

static void a_secret_in_a_providers_words_is_masked(void **state)
{
	struct bench *b = *state;

	bench_template(b, secretive);
	bench_param(b, "Password", "correct-horse-7");
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .name = "a", .status = HD_FATAL, .trick = CLOUD_LEAKS});
	assert_int_equal(bench_apply(b), -1);
	assert_string_equal(bench_diag(b, DIAG_PROVIDER_FAILED)->summary,
			    "bad password '(sensitive)' given");
	assert_string_equal(str_cstr(&b->said), "bad password '(sensitive)' given\n");
	assert_false(bench_state_holds(b, "correct-horse-7"));
}

static void an_error_points_at_the_property_in_the_template(void **state)
{
	struct bench *b = *state;
	const struct diag *g;

	bench_template(b, "Resources:\n"
			  "  A:\n"
			  "    Type: Cloud::Thing\n"
			  "    Properties:\n"
			  "      Name: a\n"
			  "      Size: 7\n");
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE, .status = HD_FATAL});
	assert_int_equal(bench_apply(b), -1);
	g = bench_diag(b, DIAG_PROVIDER_FAILED);
	assert_int_equal(g->where.start.line, 6);
	assert_int_equal(g->where.start.column, 13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(the_new_one_is_there_before_the_old_one_goes),
		RUN_TEST(a_failed_dependent_keeps_the_old_one_alive_and_recorded),
		RUN_TEST(a_replacement_of_the_same_name_does_not_delete_itself),
		RUN_TEST(what_is_renamed_hands_its_value_on_whatever_else_goes),
		RUN_TEST(a_slot_is_emptied_before_it_is_filled_again),
		RUN_TEST(slots_that_depend_on_each_other_are_emptied_from_the_end),
		RUN_TEST(a_retained_old_one_is_forgotten_not_deleted),
		RUN_TEST(an_update_that_turns_out_to_be_none_calls_nobody),
		RUN_TEST(a_stack_waits_for_the_stack_it_depends_on),
		RUN_TEST(a_region_that_is_dead_does_not_keep_the_other_from_working),
		RUN_TEST(a_secret_reaches_the_provider_and_nothing_else),
		RUN_TEST(a_changed_secret_is_an_update),
		RUN_TEST(an_unchanged_resource_can_pass_its_secret_on),
		RUN_TEST(a_secret_in_a_providers_words_is_masked),
		RUN_TEST(an_error_points_at_the_property_in_the_template),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
