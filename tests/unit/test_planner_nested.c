/* test_planner_nested.c - plans with nested stacks: dotted ids, what waits, what goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "tests/unit/planner_fixture.h"

#define NET(attributes)                             \
	"  Net:\n"                                  \
	"    Type: AWS::CloudFormation::Stack\n"    \
	"    Properties: {TemplateURL: net.yaml}\n" \
	"    " attributes "\n"

/* Read when the project is evaluated. */
static void put_net(struct fixture *f, const char *text)
{
	assert_int_equal(file_write_atomic(path_join(f->a, f->dir, "net.yaml"), text_of(text)), 0);
}

static void a_nested_stack_is_planned_with_its_parent(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n"
			 "  A: {Type: Fake::Thing, Properties: {Name: a}}\n"
			 "  Net:\n"
			 "    Type: AWS::CloudFormation::Stack\n"
			 "    Properties:\n"
			 "      TemplateURL: net.yaml\n"
			 "      Parameters: {N: !Ref A, S: !GetAtt A.Serial}\n"
			 "  B:\n"
			 "    Type: Fake::Thing\n"
			 "    Properties: {Name: b, Note: !GetAtt Net.Outputs.Serial}\n");
	put_net(&f, "Parameters: {N: {Type: String}, S: {Type: String}}\n"
		    "Resources:\n"
		    "  X: {Type: Fake::Thing, Properties: {Name: !Sub '${N}-x', Note: !Ref S}}\n"
		    "Outputs: {Serial: {Value: !GetAtt X.Serial}}\n");
	assert_non_null(fixture_plan(&f));
	assert_string_equal(str_cstr(&f.text),
			    "instance web/east\n"
			    "create web/east/A Fake::Thing reason=new\n"
			    "\t/Name: (none) -> \"a\"\n"
			    "create web/east/B Fake::Thing reason=new\n"
			    "\tneeds create web/east/Net.X\n"
			    "\t/Name: (none) -> \"b\"\n"
			    "\t/Note: (none) -> (unknown)\n"
			    "create web/east/Net.X Fake::Thing reason=new\n"
			    "\tneeds create web/east/A\n"
			    "\t/Name: (none) -> \"a-x\"\n"
			    "\t/Note: (none) -> (unknown)\n"
			    "create=3 update=0 replace=0 delete=0 retain=0 none=0\n\n");
	fixture_close(&f);
}

/* What is recorded and stays is known to parameters and through outputs. */
static void recorded_values_reach_the_inside(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n"
			 "  A: {Type: Fake::Thing, Properties: {Name: a}}\n"
			 "  Net:\n"
			 "    Type: AWS::CloudFormation::Stack\n"
			 "    Properties:\n"
			 "      TemplateURL: net.yaml\n"
			 "      Parameters: {S: !GetAtt A.Serial}\n");
	put_net(&f, "Parameters: {S: {Type: String}}\n"
		    "Resources:\n"
		    "  X: {Type: Fake::Thing, Properties: {Name: x, Note: !Ref S}}\n");
	fixture_record(&f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"a\"}", NULL)->outputs =
		"{\"Serial\":\"s7\"}";
	fixture_record(&f, "web/-/east/Net.X", "Fake::Thing", "{\"Name\":\"x\",\"Note\":\"s6\"}",
		       NULL);
	assert_non_null(fixture_plan(&f));
	assert_true(fixture_has_line(&f, "none web/east/A Fake::Thing reason=none"));
	assert_true(fixture_has_line(&f, "\t/Note: \"s6\" -> \"s7\""));
	fixture_close(&f);
}

static void record_net(struct fixture *f)
{
	fixture_record(f, "web/-/east/Net.X", "Fake::Thing", "{\"Name\":\"x\"}", NULL);
	fixture_record(f, "web/-/east/Net.Y", "Fake::Thing", "{\"Name\":\"y\"}",
		       "[\"web/-/east/Net.X\"]");
	fixture_record(f, "web/-/east/B", "Fake::Thing", "{\"Name\":\"b\"}",
		       "[\"web/-/east/Net.Y\"]");
}

static void what_was_inside_goes_with_the_stack(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n"
			 "  B: {Type: Fake::Thing, Properties: {Name: b}}\n");
	record_net(&f);
	assert_non_null(fixture_plan(&f));
	assert_string_equal(str_cstr(&f.text),
			    "instance web/east\n"
			    "none web/east/B Fake::Thing reason=none\n"
			    "delete web/east/Net.X Fake::Thing reason=not-in-template\n"
			    "\tneeds delete web/east/Net.Y\n"
			    "delete web/east/Net.Y Fake::Thing reason=not-in-template\n"
			    "\tneeds none web/east/B\n"
			    "create=0 update=0 replace=0 delete=2 retain=0 none=1\n\n");
	fixture_close(&f);
}

static void a_false_condition_of_the_stack_is_the_reason(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f,
		     "Conditions: {Never: !Equals [a, b]}\n"
		     "Resources:\n"
		     "  B: {Type: Fake::Thing, Properties: {Name: b}}\n" NET("Condition: Never"));
	put_net(&f, "Resources: {X: {Type: Fake::Thing, Properties: {Name: x}}}\n");
	record_net(&f);
	assert_non_null(fixture_plan(&f));
	assert_true(
		fixture_has_line(&f, "delete web/east/Net.X Fake::Thing reason=condition-false"));
	assert_int_equal(fixture_change(&f, "Net.X")->where.start.line, 4);
	fixture_close(&f);
}

static void circles_through_a_nested_stack_are_told(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n"
			 "  B:\n"
			 "    Type: Fake::Thing\n"
			 "    Properties: {Name: b, Note: !GetAtt Net.Outputs.Serial}\n" NET(
				 "DependsOn: B"));
	put_net(&f, "Resources: {X: {Type: Fake::Thing, Properties: {Name: x}}}\n"
		    "Outputs: {Serial: {Value: !GetAtt X.Serial}}\n");
	assert_null(fixture_plan(&f));
	assert_int_equal(f.d.last->code, DIAG_GRAPH_CYCLE);
	assert_non_null(strstr(f.d.last->detail, "B -> Net.X"));
	assert_non_null(strstr(f.d.last->detail, "-> B (DependsOn at"));
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_nested_stack_is_planned_with_its_parent),
		cmocka_unit_test(recorded_values_reach_the_inside),
		cmocka_unit_test(what_was_inside_goes_with_the_stack),
		cmocka_unit_test(a_false_condition_of_the_stack_is_the_reason),
		cmocka_unit_test(circles_through_a_nested_stack_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
