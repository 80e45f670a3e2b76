/* test_include.c - AWS::Include on the syntax tree. */
#include <string.h>

#include "tests/unit/template_fixture.h"

#define INCLUDE(path) "{Name: AWS::Include, Parameters: {Location: " path "}}"
#define THING "Resources: {R: {Type: T}}\n"

static void included_keys_join_those_of_the_map(void **state)
{
	struct template_fixture *f = *state;
	static const char text[] = "Resources:\n"
				   "  R:\n"
				   "    Type: T\n"
				   "    Properties:\n"
				   "      Own: 1\n"
				   "      Fn::Transform: " INCLUDE("./a.yaml") "\n";

	fixture_file(f, "a.yaml", "# a comment\nMemory: 5\nName: !Sub '${AWS::Region}-x'\n");
	assert_non_null(fixture_eval(f, text));
	assert_string_equal(fixture_property(f, "R", "Own"), "1");
	assert_string_equal(fixture_property(f, "R", "Memory"), "5");
	assert_string_equal(fixture_property(f, "R", "Name"), "\"us-east-1-x\"");
}

static void alone_the_content_takes_the_place(void **state)
{
	struct template_fixture *f = *state;
	static const char text[] = "Resources:\n"
				   "  Fn::Transform: " INCLUDE("file://more.yaml") "\n";

	fixture_file(f, "list.json", "[\"a\", {\"Ref\": \"AWS::Region\"}]");
	fixture_file(
		f, "more.yaml",
		"R:\n"
		"  Type: T\n"
		"  Properties:\n"
		"    List: !Transform " INCLUDE(
			"list.json") "\n"
				     "    In: [x, {Fn::Transform: " INCLUDE(
					     "list.json") "}]\n"
							  "    Text: !Join [',', "
							  "!Transform " INCLUDE("list.json") "]\n");
	assert_non_null(fixture_eval(f, text));
	assert_string_equal(fixture_property(f, "R", "List"), "[\"a\", \"us-east-1\"]");
	assert_string_equal(fixture_property(f, "R", "In"), "[\"x\", [\"a\", \"us-east-1\"]]");
	assert_string_equal(fixture_property(f, "R", "Text"), "\"a,us-east-1\"");
}

static void sections_are_included_at_the_top(void **state)
{
	struct template_fixture *f = *state;
	static const char several[] =
		"Transform:\n"
		"- AWS::LanguageExtensions\n"
		"- " INCLUDE("p.yaml") "\n"
				       "- " INCLUDE("c.yaml") "\n"
							      "Resources:\n"
							      "  R: {Type: T, Condition: Same, "
							      "Properties: {P: !Ref Env}}\n";
	static const char one[] = "Transform: " INCLUDE(
		"p.yaml") "\n"
			  "Resources: {R: {Type: T, Properties: {P: !Ref Env}}}\n";

	fixture_file(f, "p.yaml", "Parameters: {Env: {Type: String, Default: prod}}\n");
	fixture_file(f, "c.yaml",
		     "Conditions: {Prod: !Equals [!Ref Env, prod], Same: {Condition: Prod}}\n");
	assert_non_null(fixture_eval(f, several));
	assert_string_equal(fixture_property(f, "R", "P"), "\"prod\"");
	assert_non_null(fixture_eval(f, one));
	assert_string_equal(fixture_property(f, "R", "P"), "\"prod\"");
}

static void conditions_of_a_snippet_are_conditions(void **state)
{
	struct template_fixture *f = *state;
	static const char text[] = "Conditions: {Fn::Transform: " INCLUDE(
		"c.yaml") "}\n"
			  "Resources: {R: {Type: T, Condition: Too}}\n";

	fixture_file(f, "c.yaml", "Yes: !Equals [a, a]\nToo: {Condition: Yes}\n");
	assert_non_null(fixture_eval(f, text));
	assert_non_null(document_find(f->doc, "R"));
}

static void snippets_include_snippets(void **state)
{
	struct template_fixture *f = *state;
	static const char text[] = "Resources: {R: {Type: T, Properties: {\n"
				   "  Fn::Transform: " INCLUDE("a.yaml") ", C: 3}}}\n";

	fixture_file(f, "a.yaml", "A: 1\nFn::Transform: " INCLUDE("b.yaml") "\n");
	fixture_file(f, "b.yaml", "B: 2\n");
	assert_non_null(fixture_eval(f, text));
	assert_string_equal(fixture_property(f, "R", "B"), "2");
}

/* As the only content of Metadata, and what is said then. */
static const char *said_of(struct template_fixture *f, const char *location)
{
	return fixture_check(f, arena_printf(f->a,
					     "Parameters: {L: {Type: String, Default: x}}\n"
					     "Metadata: {Fn::Transform: {Name: AWS::Include, "
					     "Parameters: {Location: %s}}}\n" THING,
					     location));
}

static void mistakes_stand_in_the_file_they_are_in(void **state)
{
	struct template_fixture *f = *state;
	static const char text[] = "Resources: {R: {Type: T, Properties: {\n"
				   "  Fn::Transform: " INCLUDE("a.yaml") "}}}\n";

	fixture_file(f, "a.yaml", "P:\n  Q: !Ref Nothing\n");
	assert_non_null(strstr(fixture_check(f, text), "a.yaml:2:11 HD1214"));
}

static void a_key_that_is_there_is_not_replaced(void **state)
{
	struct template_fixture *f = *state;
	static const char property[] = "Resources: {R: {Type: T, Properties: {\n"
				       "  Fn::Transform: " INCLUDE("a.yaml") ",\n"
									     "  P: 2}}}\n";
	static const char section[] = "Transform: " INCLUDE("r.yaml") "\n" THING;

	fixture_file(f, "a.yaml", "P: 1\n");
	assert_string_equal(fixture_check(f, property),
			    "a.yaml:1:1 HD1244 key 'P' is there already; "
			    "hint: remove one of them, or rename it; 3:3 here\n");
	fixture_file(f, "r.yaml", "Resources: {S: {Type: T}}\n");
	assert_string_equal(fixture_check(f, section),
			    "r.yaml:1:1 HD1244 key 'Resources' is there already; "
			    "hint: remove one of them, or rename it; 2:1 here\n");
}

static void circles_are_told_with_the_chain(void **state)
{
	struct template_fixture *f = *state;

	fixture_file(f, "a.yaml", "Fn::Transform: " INCLUDE("b.yaml") "\nA: 1\n");
	fixture_file(f, "b.yaml", "Fn::Transform: " INCLUDE("a.yaml") "\nB: 1\n");
	assert_string_equal(said_of(f, "a.yaml"),
			    "b.yaml:1:60 HD1245 'a.yaml' includes itself; "
			    "a.yaml -> b.yaml -> a.yaml; hint: take out one of these includes\n");
}

static void what_is_no_include_is_told(void **state)
{
	struct template_fixture *f = *state;
	static const char beside[] = "Metadata: {A: 1, Fn::Transform: " INCLUDE("list.yaml") "}\n";

	fixture_file(f, "list.yaml", "[a]\n");
	assert_non_null(strstr(fixture_check(f, beside),
			       "list.yaml:1:1 HD1243 beside other keys a map is included"));
	assert_non_null(strstr(said_of(f, "!Ref L"),
			       "2:71 HD1243 the Location of AWS::Include is not plain text; files "
			       "are included before"));
	assert_non_null(strstr(said_of(f, "''"), "HD1243 the Location of AWS::Include is not"));
	assert_non_null(strstr(said_of(f, "gone.yaml"), "2:71 HD1001 cannot read 'gone.yaml'"));
	assert_non_null(
		strstr(fixture_check(f, "Metadata: {Fn::Transform: {Name: AWS::Include}}\n"),
		       "1:27 HD1243 AWS::Include has no Location"));
}

static void what_lies_elsewhere_is_refused_once(void **state)
{
	struct template_fixture *f = *state;
	static const char text[] =
		"Metadata:\n"
		"  Fn::Transform: " INCLUDE(
			"'s3://bucket/a.yaml'") "\n"
						"Transform: " INCLUDE(
							"'s3://bucket/b.yaml'") "\n" THING;

	assert_string_equal(
		fixture_check(f, text),
		"2:62 HD1240 's3://bucket/a.yaml' is not fetched; files that a template "
		"names are read from the folder it is in; hint: put the file beside the "
		"template, and name it './a.yaml'\n");
}

static void without_a_folder_nothing_is_included(void **state)
{
	struct template_fixture *f = *state;
	static const char text[] = "Metadata: {Fn::Transform: " INCLUDE("a.yaml") "}\n" THING;

	assert_null(template_load(f->a, fixture_source(f, text), NULL, &f->d));
	assert_non_null(strstr(fixture_said(f), "HD1241 'a.yaml' cannot be read from here"));
}

/* Every file holds the next one ten times. */
static void a_bomb_of_includes_is_stopped(void **state)
{
	struct template_fixture *f = *state;

	for (int i = 0; i < 10; i++) {
		const char *text = "";

		for (int k = 0; k < 10; k++)
			text = arena_printf(f->a,
					    "%sK%d: {Fn::Transform: {Name: AWS::Include, "
					    "Parameters: {Location: f%d.yaml}}}\n",
					    text, k, i + 1);
		fixture_file(f, arena_printf(f->a, "f%d.yaml", i), text);
	}
	fixture_file(f, "f10.yaml", "end\n");
	assert_non_null(
		strstr(said_of(f, "f0.yaml"), "HD1242 what this template includes has more than"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, template_setup, template_teardown)
	const struct CMUnitTest tests[] = {
		TEST(included_keys_join_those_of_the_map),
		TEST(alone_the_content_takes_the_place),
		TEST(sections_are_included_at_the_top),
		TEST(conditions_of_a_snippet_are_conditions),
		TEST(snippets_include_snippets),
		TEST(mistakes_stand_in_the_file_they_are_in),
		TEST(a_key_that_is_there_is_not_replaced),
		TEST(circles_are_told_with_the_chain),
		TEST(what_is_no_include_is_told),
		TEST(what_lies_elsewhere_is_refused_once),
		TEST(without_a_folder_nothing_is_included),
		TEST(a_bomb_of_includes_is_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
