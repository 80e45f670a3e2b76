/* test_foreach.c - loops in sections and properties. */
#include "tests/unit/template_fixture.h"

#include <string.h>

static void hosts_make_one_resource_each(void **state)
{
	struct template_fixture *f = *state;

	fixture_eval(f, "Resources:\n"
			"  Fn::ForEach::Pages:\n"
			"    - Host\n"
			"    - !Hosts {Roles: [web]}\n"
			"    - Page&{Host}:\n"
			"        Type: SSH::File\n"
			"        Properties: {Host: !Ref Host, Path: '/x/${Host}/&{Host}'}\n");
	assert_non_null(f->doc);
	assert_int_equal(f->doc->resource_count, 2);
	assert_string_equal(fixture_property(f, "Pagewebe1", "Host"), "\"web-e1\"");
	assert_string_equal(fixture_property(f, "Pagewebe2", "Path"), "\"/x/web-e2/webe2\"");
}

static void names_of_a_loop_reach_references(void **state)
{
	struct template_fixture *f = *state;

	fixture_eval(f,
		     "Parameters: {L: {Type: CommaDelimitedList, Default: 'a,b'}}\n"
		     "Conditions: {Fn::ForEach::C: [X, !Ref L, {'Is${X}': !Equals [!Ref X, a]}]}\n"
		     "Resources:\n"
		     "  Fn::ForEach::R:\n"
		     "    - X\n"
		     "    - !Ref L\n"
		     "    - Base${X}: {Type: T}\n"
		     "      Top${X}:\n"
		     "        Type: T\n"
		     "        Condition: Is${X}\n"
		     "        DependsOn: Base${X}\n"
		     "        Properties:\n"
		     "          A: !GetAtt Base${X}.Arn\n"
		     "          B: !Sub '${Base&{X}.Path}-${X}-${!X}'\n"
		     "          C: !Ref Base${X}\n"
		     "          D: !GetAtt [!Sub 'Base${X}', !Ref X]\n"
		     "          E: !If ['Is${X}', 1, 2]\n"
		     "Outputs:\n"
		     "  Fn::ForEach::O: [X, !Ref L, {'Out${X}': {Value: !Ref X, Description: 'd "
		     "${X}'}}]\n");
	assert_non_null(f->doc);
	assert_int_equal(f->doc->resource_count, 3);
	assert_string_equal(fixture_refs(f, "Topa"), "Basea.Arn Basea.Path Basea.Ref Basea.a");
	assert_string_equal(fixture_property(f, "Topa", "E"), "1");
	assert_int_equal(f->doc->output_count, 2);
	assert_string_equal(f->doc->outputs[1].name, "Outb");
	assert_string_equal(f->doc->outputs[1].description, "d b");
}

static void loops_nest_and_work_in_properties(void **state)
{
	struct template_fixture *f = *state;

	fixture_eval(f, "Resources:\n"
			"  Fn::ForEach::A:\n"
			"    - X\n"
			"    - [a, b]\n"
			"    - Fn::ForEach::B:\n"
			"        - Y\n"
			"        - ['1', !Ref X]\n"
			"        - R${X}${Y}:\n"
			"            Type: T\n"
			"            Properties:\n"
			"              First: 0\n"
			"              Fn::ForEach::P: [Z, [p, q], {'K${Z}': '${X}${Y}${Z}'}]\n"
			"              Last: 9\n");
	assert_non_null(f->doc);
	assert_int_equal(f->doc->resource_count, 4);
	assert_string_equal(f->doc->resources[3].logical_id, "Rbb");
	assert_string_equal(fixture_property(f, "Ra1", "Kq"), "\"a1q\"");
	assert_string_equal(f->doc->resources[0].properties->entries[3].key.ptr, "Last");
}

static void what_is_evaluated_again_keeps_its_loop(void **state)
{
	struct template_fixture *f = *state;
	const struct value *v;
	struct text t;

	fixture_eval(
		f,
		"Resources:\n"
		"  Fn::ForEach::A: [X, [a, b], {'R${X}': {Type: T, Properties: {P: 'x${X}'}}}]\n");
	v = document_eval_resource(f->doc, 1, NULL, f->a, &f->d);
	assert_true(value_scalar_text(value_find(v, TEXT_LIT("P")), &t));
	assert_string_equal(t.ptr, "xb");
}

static void equal_names_are_told_with_both_values(void **state)
{
	struct template_fixture *f = *state;

	assert_null(fixture_eval(f, "Resources:\n"
				    "  Fn::ForEach::A: [X, [web-1, web1], {'R&{X}': {Type: T}}]\n"
				    "  Fn::ForEach::B: [X, [c, d], {Same: {Type: T}}]\n"));
	assert_string_equal(
		fixture_said(f),
		"2:39 HD1312 resource 'Rweb1' is made twice; for X = 'web-1' and for X "
		"= 'web1'; hint: make the names differ in letters or digits; 2:39 made "
		"here first\n"
		"3:32 HD1312 resource 'Same' is made twice; for X = 'c' and for X = 'd'; "
		"hint: make the names differ in letters or digits; 3:32 made here first\n");
}

static void equal_keys_in_properties_are_told(void **state)
{
	assert_string_equal(fixture_expression(*state, "{Fn::ForEach::A: [X, [a, b], {k: 1}]}"),
			    "15:40 HD1312 key 'k' is made twice; hint: put the variable of "
			    "Fn::ForEach into the key; 15:40 made here too\n");
}

static void dashes_need_the_alphanumeric_form(void **state)
{
	struct template_fixture *f = *state;

	assert_null(fixture_eval(f, "Resources:\n"
				    "  Fn::ForEach::A: [X, [web-1], {'R${X}': {Type: T}}]\n"));
	assert_string_equal(fixture_said(f),
			    "2:33 HD1203 'Rweb-1' is no name for a resource: letters and digits "
			    "only; hint: write &{...} instead of ${...}: it takes the letters and "
			    "digits only\n");
}

static void collections_must_be_known_lists(void **state)
{
	assert_string_equal(fixture_expression(*state, "{Fn::ForEach::A: [X, !Ref Env, {k: 1}]}"),
			    "15:31 HD1308 the loop's collection is not a list; hint: loop over a "
			    "list of strings, a list parameter, a mapping or Fn::Hosts\n");
	assert_string_equal(
		fixture_expression(*state, "{Fn::ForEach::A: [X, [!Ref Other], {k: 1}]}"),
		"15:37 HD1212 resource 'Other' cannot be referred to here; this must be "
		"known before anything is created; hint: use a parameter, a mapping or a "
		"pseudo parameter instead\n");
	assert_string_equal(
		fixture_expression(*state, "{Fn::ForEach::A: [X, [!Ref Secret], {k: 1}]}"),
		"15:31 HD1308 the loop's collection is secret, and its items become names; hint: "
		"loop over a list of strings, a list parameter, a mapping or Fn::Hosts\n");
}

static void malformed_loops_are_told(void **state)
{
	assert_string_equal(
		fixture_check(*state, "Resources:\n"
				      "  Fn::ForEach::: [X, [a], {}]\n"
				      "  Fn::ForEach::A: [X, [a]]\n"
				      "  Fn::ForEach::B: x\n"
				      "  Fn::ForEach::C: ['X-', [a], {}]\n"
				      "  Fn::ForEach::D: [X, a, {}]\n"
				      "  Fn::ForEach::E: [X, [a], []]\n"),
		"2:3 HD1221 the loop has no name behind 'Fn::ForEach::'; hint: write "
		"'Fn::ForEach::Name: [Variable, Collection, {Key: Value}]'\n"
		"3:3 HD1221 a loop is a list of three: variable, collection, body; "
		"hint: write 'Fn::ForEach::Name: [Variable, Collection, {Key: "
		"Value}]'\n"
		"4:19 HD1221 a loop is a list of three: variable, collection, body; "
		"hint: write 'Fn::ForEach::Name: [Variable, Collection, {Key: "
		"Value}]'\n"
		"5:20 HD1221 the loop's variable is a plain word of letters and digits; "
		"hint: write 'Fn::ForEach::Name: [Variable, Collection, {Key: "
		"Value}]'\n"
		"6:23 HD1221 the loop's collection is a list, or a function that gives "
		"one; hint: write 'Fn::ForEach::Name: [Variable, Collection, {Key: "
		"Value}]'\n"
		"7:28 HD1221 the loop's body is a map of keys and values; hint: write "
		"'Fn::ForEach::Name: [Variable, Collection, {Key: Value}]'\n");
}

static void variables_hide_nothing(void **state)
{
	assert_string_equal(
		fixture_expression(*state, "{Fn::ForEach::A: [Env, [a], {'${Env}': "
					   "1}]}"),
		"15:28 HD1221 the loop's variable 'Env' hides the parameter of the same "
		"name; hint: rename the variable; 2:3 the parameter\n");
}

static void loops_that_explode_are_stopped(void **state)
{
	struct template_fixture *f = *state;
	const char *list = "[a, b, c, d, e, f, g, h, i, j]";
	const char *body = "{k: 1}";

	for (int i = 0; i < 8; i++)
		body = arena_printf(f->a, "{Fn::ForEach::L: [X%d, %s, %s]}", i, list, body);
	assert_non_null(strstr(fixture_expression(f, body), "HD1"));
	body = "{}";
	for (int i = 0; i < 8; i++)
		body = arena_printf(f->a, "{Fn::ForEach::L: [X%d, %s, %s]}", i, list, body);
	assert_non_null(strstr(fixture_expression(f, body),
			       "HD1311 the loops of this template turn more than 100000 times"));
}

static void a_broken_loop_causes_no_further_errors(void **state)
{
	struct template_fixture *f = *state;

	assert_null(fixture_eval(f, "Resources:\n"
				    "  Fn::ForEach::A: [X, !GetAZs north, {'R${X}': {Type: T}}]\n"
				    "  B: {Type: T, DependsOn: Ra, Properties: {P: !Ref Ra}}\n"));
	assert_string_equal(
		fixture_said(f),
		"2:31 HD1310 the zones of region 'north' are not known; hint: list them "
		"under its Zones in the manifest, or use !GetAZs '' for the region of "
		"the target\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, template_setup, template_teardown)
		TEST(hosts_make_one_resource_each),
		TEST(names_of_a_loop_reach_references),
		TEST(loops_nest_and_work_in_properties),
		TEST(what_is_evaluated_again_keeps_its_loop),
		TEST(equal_names_are_told_with_both_values),
		TEST(equal_keys_in_properties_are_told),
		TEST(dashes_need_the_alphanumeric_form),
		TEST(collections_must_be_known_lists),
		TEST(malformed_loops_are_told),
		TEST(variables_hide_nothing),
		TEST(loops_that_explode_are_stopped),
		TEST(a_broken_loop_causes_no_further_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
