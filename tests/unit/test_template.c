/* test_template.c - loading templates, and checking them without a target. */
#include "tests/unit/template_fixture.h"

#include <string.h>

static void a_good_template_says_nothing(void **state)
{
	assert_string_equal(
		fixture_check(*state,
			      "AWSTemplateFormatVersion: 2010-09-09\n"
			      "Description: all that is allowed\n"
			      "Transform: AWS::LanguageExtensions\n"
			      "Metadata: {Anything: [~, {Ref: x}]}\n"
			      "Parameters: {E: {Type: String}}\n"
			      "Mappings: {M: {a: {b: c, d: [e]}}}\n"
			      "Conditions: {C: !Equals [!Ref E, x], D: {Condition: C}}\n"
			      "Resources:\n"
			      "  A:\n"
			      "    Type: T\n"
			      "    Condition: C\n"
			      "    DependsOn: [B]\n"
			      "    DeletionPolicy: Retain\n"
			      "    UpdateReplacePolicy: !Ref E\n"
			      "    Metadata: {x: ~}\n"
			      "    Properties: {P: !If [D, !GetAtt B.Arn, !Ref AWS::NoValue]}\n"
			      "  B: {Type: T, Properties: {Z: !GetAZs , H: !Hosts }}\n"
			      "  Fn::ForEach::L: [X, !Hosts {}, {'Page&{X}': {Type: T}}]\n"
			      "Outputs:\n"
			      "  O: {Value: !Ref Pageanything, Description: d, Export: {Name: !Ref "
			      "E}}\n"),
		"");
}

static void sections_are_known_and_shaped(void **state)
{
	assert_string_equal(
		fixture_check(*state, "AWSTemplateFormatVersion: 2011-09-09\n"
				      "Resorces: {}\n"
				      "Description: [x]\n"
				      "Rules: {}\n"
				      "Outputs: [x]\n"
				      "Resources: {A: {Type: T}}\n"),
		"5:10 HD1202 Outputs is a map, and this is a list\n"
		"1:27 HD1226 AWSTemplateFormatVersion is 2010-09-09, and nothing else; hint: write "
		"2010-09-09, or remove the line\n"
		"2:1 HD1201 a template has no section 'Resorces'; hint: did you mean 'Resources'?\n"
		"3:14 HD1202 Description is a string, and this is a list\n");
}

static void a_template_has_resources(void **state)
{
	assert_string_equal(
		fixture_check(*state, "Description: x\n"),
		"1:1 HD1225 the template has no section Resources; hint: add it with at "
		"least one resource\n");
	assert_string_equal(fixture_check(*state, "[a]\n"),
			    "1:1 HD1202 a template is a map, and this is a list\n");
}

static void other_transforms_are_refused_alone(void **state)
{
	assert_string_equal(
		fixture_check(*state, "Transform: AWS::Serverless-2016-10-31\n"
				      "Globals: {}\n"
				      "Resources: {A: {Sort: T}}\n"),
		"1:12 HD1228 transform 'AWS::Serverless-2016-10-31' runs in AWS only; what the "
		"template means is known when that has rewritten it; nothing else of it was "
		"checked; hint: use the template that CloudFormation makes of it: aws "
		"cloudformation get-template --template-stage Processed\n");
}

static void resources_have_known_attributes(void **state)
{
	assert_string_equal(
		fixture_check(*state, "Resources:\n"
				      "  A: {Typ: T}\n"
				      "  B: {Type: T, Path: /x}\n"
				      "  C: {Type: !Ref A, DependsOn: {a: b}}\n"
				      "  D-1: {Type: T}\n"
				      "  E: x\n"
				      "  F: {Type: T, Properties: [a], Condition: [x]}\n"
				      "  G: {Type: T, UpdatePolicy: {}, Version: 1}\n"),
		"2:3 HD1208 resource 'A' has no Type; hint: add, for example, 'Type: SSH::File'\n"
		"4:13 HD1208 Type is a plain string, and this is !Ref\n"
		"4:32 HD1202 DependsOn is a string, and this is a map\n"
		"5:3 HD1203 'D-1' is no name for a resource: letters and digits only; hint: remove "
		"the other characters\n"
		"6:6 HD1202 a resource is a map, and this is a string\n"
		"7:44 HD1202 Condition is a string, and this is a list\n"
		"2:7 HD1207 a resource has no attribute 'Typ'; hint: did you mean 'Type'?\n"
		"3:16 HD1207 a resource has no attribute 'Path'; hint: what belongs to the type "
		"itself goes under Properties\n"
		"7:28 HD1202 Properties is a map, and this is a list\n");
}

static void outputs_have_known_attributes(void **state)
{
	assert_string_equal(fixture_check(*state, "Resources: {A: {Type: T}}\n"
						  "Outputs:\n"
						  "  X: {Valu: 1}\n"
						  "  Y: {Value: 1, Export: {Nam: x}}\n"),
			    "3:3 HD1209 output 'X' has no Value; hint: add 'Value: ...'\n"
			    "3:7 HD1209 an output has no attribute 'Valu'; hint: did you mean "
			    "'Value'?\n"
			    "4:25 HD1209 Export has one key, Name; hint: write 'Export: {Name: "
			    "...}'\n");
}

static void mappings_have_two_levels_without_functions(void **state)
{
	assert_string_equal(
		fixture_check(*state, "Mappings:\n"
				      "  M: {a: {b: !Ref X, c: {d: e}}, f: g}\n"
				      "  N: [x]\n"
				      "Resources: {A: {Type: T}}\n"),
		"2:14 HD1218 a mapping gives a string or a list of strings, and this is "
		"!Ref; hint: functions cannot be used in Mappings; use a parameter or a "
		"condition\n"
		"2:25 HD1218 a mapping gives a string or a list of strings, and this is "
		"a map\n"
		"2:37 HD1218 the top-level key 'f' of a mapping is a map, and this is a "
		"string\n"
		"3:6 HD1202 a mapping is a map, and this is a list\n");
}

static void every_branch_is_checked(void **state)
{
	assert_string_equal(
		fixture_check(*state, "Conditions: {C: !Equals [a, b]}\n"
				      "Mappings: {M: {a: {b: c}}}\n"
				      "Resources:\n"
				      "  Res:\n"
				      "    Type: T\n"
				      "    Condition: D\n"
				      "    DependsOn: Ras\n"
				      "    DeletionPolicy: !Ref Res\n"
				      "    Properties:\n"
				      "      A: !If [C, !Ref Rse, !FindInMap [M, a, x]]\n"
				      "      B: !GetAtt Res\n"
				      "      C: !Sub ['${x} ${Res.A} ${Nowhere}', {x: !Ref y}]\n"
				      "      D: {'Fn::Equals': [a, b]}\n"
				      "      E: !If [X, 1]\n"),
		"6:16 HD1216 there is no condition 'D'\n"
		"7:16 HD1214 'Ras' in DependsOn names no resource; hint: did you mean 'Res'?\n"
		"8:26 HD1212 resource 'Res' cannot be referred to here; this must be known before "
		"anything is created; hint: use a parameter, a mapping or a pseudo parameter "
		"instead\n"
		"10:23 HD1214 'Rse' names no parameter and no resource; hint: did you mean 'Res'?\n"
		"10:46 HD1305 'a' in mapping 'M' has no key 'x'; hint: add the key, or give "
		"{DefaultValue: ...} as fourth item; 2:12 the mapping\n"
		"11:18 HD1211 'Fn::GetAtt' takes a resource and an attribute, and 'Res' is not "
		"both; "
		"hint: write !GetAtt Resource.Attribute\n"
		"12:31 HD1214 'Nowhere' names no parameter and no resource\n"
		"12:53 HD1214 'y' names no parameter and no resource\n"
		"13:11 HD1212 'Fn::Equals' cannot be used here; hint: name a condition in the "
		"section "
		"Conditions, and use it with !If [Name, value, value]\n"
		"14:14 HD1211 'Fn::If' takes a list of 3, and this one has 2; hint: write !If "
		"[ConditionName, value if true, value if false]\n");
}

static void conditions_are_checked(void **state)
{
	assert_string_equal(
		fixture_check(*state, "Conditions:\n"
				      "  A: !Not [!Condition B]\n"
				      "  B: !Or [{Condition: A}, !Equals [!Ref R, x]]\n"
				      "  C: true\n"
				      "  D: !Sub x\n"
				      "  E: !Condition F\n"
				      "  G: !Condition G\n"
				      "Resources: {R: {Type: T}}\n"),
		"3:41 HD1212 resource 'R' cannot be referred to here; this must be known before "
		"anything is created; hint: use a parameter, a mapping or a pseudo parameter "
		"instead\n"
		"4:6 HD1202 a condition is expected here, and this is a string; hint: to use "
		"another "
		"condition write !Condition true\n"
		"5:6 HD1212 'Fn::Sub' cannot be used here; what is true or false comes from "
		"Fn::Equals, Fn::And, Fn::Or, Fn::Not and Condition; hint: compare its result: "
		"!Equals [value, value]\n"
		"6:17 HD1216 there is no condition 'F'\n"
		"3:23 HD1217 conditions depend on each other in a circle: A -> B -> A; hint: let "
		"one "
		"of them compare parameters instead; 2:3 the circle begins here\n"
		"7:17 HD1217 conditions depend on each other in a circle: G -> G; hint: let one of "
		"them compare parameters instead; 7:3 the circle begins here\n");
}

static void names_in_loops_are_checked_where_they_can_be(void **state)
{
	assert_string_equal(fixture_check(*state, "Resources:\n"
						  "  Fn::ForEach::L:\n"
						  "    - X\n"
						  "    - !Hosts {}\n"
						  "    - Page&{X}:\n"
						  "        Type: T\n"
						  "        Properties:\n"
						  "          A: !Ref X\n"
						  "          B: !GetAtt Page&{X}.Path\n"
						  "          C: !Sub '${X} ${Page&{X}.Path} ${Y}'\n"
						  "          D: !Ref Pagewebe1\n"
						  "          E: !Ref Pgae\n"
						  "  Z: {Type: T, Properties: {P: !Ref X}}\n"),
			    "10:42 HD1214 'Y' names no parameter and no resource\n"
			    "12:19 HD1214 'Pgae' names no parameter and no resource\n"
			    "13:37 HD1214 'X' names no parameter and no resource\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, template_setup, template_teardown)
		TEST(a_good_template_says_nothing),
		TEST(sections_are_known_and_shaped),
		TEST(a_template_has_resources),
		TEST(other_transforms_are_refused_alone),
		TEST(resources_have_known_attributes),
		TEST(outputs_have_known_attributes),
		TEST(mappings_have_two_levels_without_functions),
		TEST(every_branch_is_checked),
		TEST(conditions_are_checked),
		TEST(names_in_loops_are_checked_where_they_can_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
