/* What functions can give, references, types, and circles. */
#include "tests/unit/lint_fixture.h"

#define NAME "Name: name, D: d, "

static void values_of_parameters_are_warnings(void **state)
{
	assert_properties(*state, NAME "Mode: !Ref Choice",
			  "8:73 warning HD2007 property 'Mode' cannot be 'Medium'; it is one of "
			  "Fast, Slow\n");
	assert_properties(*state, NAME "Lower: !Ref Text",
			  "8:74 warning HD2008 property 'Lower' cannot be 'Text'\n");
}

static void secret_values_are_not_shown(void **state)
{
	assert_properties(*state, NAME "Mode: !Ref Secret", "");
}

static void values_of_mappings_are_warnings(void **state)
{
	assert_properties(*state, NAME "Mode: !FindInMap [Map, east, Mode]", "");
	assert_properties(*state, NAME "Mode: !FindInMap [Map, !Ref AWS::Region, Mode]",
			  "8:73 warning HD2007 property 'Mode' cannot be 'Lazy'; it is one of "
			  "Fast, Slow\n");
	assert_properties(*state, NAME "Names: !FindInMap [Map, !Ref AWS::Region, List]", "");
	assert_properties(*state, NAME "Mode: !FindInMap [Map, west, List]",
			  "8:73 warning HD2006 property 'Mode' is a list; it takes a string\n");
}

static void texts_that_are_put_together_are_not_known(void **state)
{
	assert_properties(*state,
			  NAME "Mode: !Sub '${Text}', Lower: !Join ['', [A, B]],"
			       " Size: !Select [0, !Split [',', !Ref Text]],"
			       " On: '{{resolve:ssm:on}}', Names: !Split [',', !Ref Text]",
			  "");
	assert_properties(*state, NAME "Mode: !Sub Fats",
			  "8:78 error HD2007 property 'Mode' cannot be 'Fats'; it is one of Fast, "
			  "Slow\n");
	assert_properties(*state, NAME "Mode: !Select [1, [Fast, Fats]]",
			  "8:92 error HD2007 property 'Mode' cannot be 'Fats'; it is one of Fast, "
			  "Slow\n");
}

static void lists_and_scalars_are_told_apart(void **state)
{
	assert_properties(*state, NAME "Names: !Ref List, Mode: !Ref List",
			  "8:91 warning HD2006 property 'Mode' is a list from parameter 'List'; it "
			  "takes a string\n");
	assert_properties(*state, NAME "Names: !Ref Text, Rules: !Ref List",
			  "8:74 warning HD2006 property 'Names' is a string from parameter 'Text'; "
			  "it takes a list\n"
			  "8:92 warning HD2006 the items of property 'Rules' are a string from "
			  "parameter 'List'; they are to be a map\n");
}

static void what_resources_give_has_a_shape(void **state)
{
	assert_properties(*state,
			  NAME "Names: !GetAtt Thing.All, Lower: !GetAtt Thing.Endpoint.Port,"
			       " Free: !GetAtt Thing.Free",
			  "");
	assert_properties(*state, NAME "Lower: !GetAtt Thing.All, Free: !Ref Thing",
			  "8:74 warning HD2006 property 'Lower' is a list from !GetAtt; it takes a "
			  "string\n"
			  "8:99 warning HD2006 property 'Free' is a string from !Ref; it takes a "
			  "map\n");
}

static void ids_of_other_things_are_told(void **state)
{
	assert_properties(*state, NAME "Vpc: vpc-12345678", "");
	assert_properties(*state, NAME "Vpc: !Ref Vpc", "");
	assert_properties(*state, NAME "Vpc: subnet-12345678",
			  "8:72 warning HD2401 property 'Vpc' is 'subnet-12345678'; ids of this "
			  "kind begin with 'vpc-'\n");
	assert_properties(*state, NAME "Vpc: !Ref Subnet",
			  "8:72 warning HD2401 property 'Vpc' takes an AWS::EC2::VPC.Id, and "
			  "parameter 'Subnet' gives an AWS::EC2::Subnet::Id\n");
	assert_properties(*state, NAME "Vpc: !Ref Net",
			  "8:72 warning HD2401 property 'Vpc' takes an AWS::EC2::VPC.Id, and !Ref "
			  "gives an AWS::EC2::Subnet.Id\n");
}

static void attributes_that_a_type_lacks(void **state)
{
	assert_lint(
		*state,
		"Resources:\n"
		"  A: {Type: Test::Thing, Properties: {Name: name, D: !GetAtt B.Endpoint.Prt}}\n"
		"  B: {Type: AWS::Test::Thing, Properties: {Name: name, D: d}}\n"
		"Outputs:\n"
		"  O: {Value: !GetAtt [A, Endpoint.Port]}\n"
		"  P: {Value: !Sub 'is ${A.Nothing}'}\n",
		"2:62 warning HD2011 'B' of type AWS::Test::Thing has no attribute "
		"'Endpoint.Prt'\n"
		"6:23 error HD2011 'A' of type Test::Thing has no attribute 'Nothing'\n");
}

static void types_that_nobody_knows(void **state)
{
	assert_lint(*state,
		    "Resources:\n"
		    "  A: {Type: AWS::Test::Thong}\n"
		    "  B: {Type: AWS::CDK::Metadata}\n"
		    "  C: {Type: Custom::Any, Properties: {P: !GetAtt D.Any}}\n"
		    "  D: {Type: AWS::CloudFormation::CustomResource}\n"
		    "  E: {Type: Acme::Deep::Thing}\n"
		    "  F: {Type: Acme::Deep::Thing}\n",
		    "2:13 error HD2001 unknown resource type 'AWS::Test::Thong'\n"
		    "6:13 warning HD2001 unknown resource type 'Acme::Deep::Thing'\n");
}

#define THING(id, value) "  " id ": {Type: Test::Thing, Properties: {Name: name, D: " value "}}\n"

static void circles_are_told_once_each(void **state)
{
	assert_lint(*state,
		    "Resources:\n" THING("A", "!Ref B") THING("B", "!Sub '${C.D}'")
			    THING("C", "!GetAtt A.D") THING("E", "!Ref E"),
		    "2:59 error HD2050 3 resources depend on each other in a circle, 'A' among "
		    "them\n"
		    "5:59 error HD2050 'E' depends on itself\n");
}

static void depends_on_closes_circles_too(void **state)
{
	assert_lint(
		*state,
		"Resources:\n"
		"  A: {Type: Test::Thing, DependsOn: [B], Properties: {Name: name, D: d}}\n" THING(
			"B", "!Ref A"),
		"2:38 error HD2050 2 resources depend on each other in a circle, 'A' among "
		"them\n");
}

static void a_circle_through_a_branch_is_a_warning(void **state)
{
	assert_lint(*state,
		    "Conditions: {Yes: !Equals [!Ref AWS::Region, a]}\n"
		    "Resources:\n" THING("A", "!If [Yes, !Ref B, b]") THING("B", "!Ref A"),
		    "3:69 warning HD2050 2 resources depend on each other in a circle, 'A' among "
		    "them\n");
}

static void metadata_and_names_that_loops_make_close_no_circle(void **state)
{
	assert_lint(
		*state,
		"Resources:\n"
		"  A: {Type: Test::Thing, Metadata: {Me: !Ref A}, Properties: {Name: name, D: d}}\n"
		"  'Fn::ForEach::X':\n"
		"    - X\n"
		"    - [a, b]\n"
		"    - 'Page${X}': {Type: Test::Thing, Properties: {Name: name,"
		" D: !Ref 'Page${X}'}}\n",
		"");
}

static void a_template_of_another_tool_gets_nothing(void **state)
{
	struct template_fixture *f = *state;
	struct template *t;

	assert_non_null(fixture_load(f, "Resources: {A: {Type: AWS::Test::Thong}}\n"));
	t = (struct template *)(uintptr_t)f->tpl;
	t->foreign = "AWS::Serverless-2016-10-31";
	assert_int_equal(lint_loaded(f), 0);
	assert_null(f->d.first);
	t->foreign = NULL;
	assert_int_equal(lint_loaded(f), -1);
	assert_int_equal(f->d.first->code, DIAG_TYPE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LINT_TEST(values_of_parameters_are_warnings),
		LINT_TEST(secret_values_are_not_shown),
		LINT_TEST(values_of_mappings_are_warnings),
		LINT_TEST(texts_that_are_put_together_are_not_known),
		LINT_TEST(lists_and_scalars_are_told_apart),
		LINT_TEST(what_resources_give_has_a_shape),
		LINT_TEST(ids_of_other_things_are_told),
		LINT_TEST(attributes_that_a_type_lacks),
		LINT_TEST(types_that_nobody_knows),
		LINT_TEST(circles_are_told_once_each),
		LINT_TEST(depends_on_closes_circles_too),
		LINT_TEST(a_circle_through_a_branch_is_a_warning),
		LINT_TEST(metadata_and_names_that_loops_make_close_no_circle),
		LINT_TEST(a_template_of_another_tool_gets_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
