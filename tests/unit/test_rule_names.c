/* Rules about what is declared: unused, too much, or twice. */
#include "tests/unit/rule_fixture.h"

#define RESOURCE "Resources: {R: {Type: X::Y::Z, Properties: {P: !Ref Used}}}\n"

static void unused_parameters_are_named(void **state)
{
	assert_rules(*state, "Parameters: {Used: {Type: String}, Spare: {Type: String}}\n" RESOURCE,
		     "1:36 warning HD2420 parameter 'Spare' is never used\n");
}

static void a_parameter_is_used_by_sub_and_conditions(void **state)
{
	assert_rules(*state,
		     "Parameters:\n"
		     "  B: {Type: String}\n"
		     "  C: {Type: String}\n"
		     "  Used: {Type: String}\n"
		     "Conditions: {Same: !Equals [!Ref B, x]}\n" RESOURCE
		     "Outputs: {O: {Condition: Same, Value: !Sub '${C}'}}\n",
		     "");
}

static void a_name_is_a_parameter_or_a_resource(void **state)
{
	assert_rules(*state,
		     "Parameters: {R: {Type: String}}\n"
		     "Resources: {R: {Type: X::Y::Z, Properties: {P: !Ref R}}}\n",
		     "2:13 HD2425 'R' is a parameter and a resource\n");
}

static void a_loop_may_complete_the_name(void **state)
{
	assert_rules(*state,
		     "Parameters: {PortA: {Type: String}, Other: {Type: String}}\n"
		     "Resources:\n"
		     "  Fn::ForEach::Each:\n"
		     "    - X\n"
		     "    - [A]\n"
		     "    - R${X}: {Type: X::Y::Z, Properties: {P: !Ref 'Port${X}'}}\n",
		     "1:37 warning HD2420 parameter 'Other' is never used\n");
}

static void unused_conditions_and_mappings_are_named(void **state)
{
	assert_rules(*state,
		     "Conditions:\n"
		     "  Spare: !Equals [!Ref AWS::Region, x]\n"
		     "Mappings:\n"
		     "  Idle: {a: {b: c}}\n"
		     "  Busy: {a: {b: c}}\n"
		     "Resources: {R: {Type: X::Y::Z, Properties: {P: !FindInMap [Busy, a, b]}}}\n",
		     "2:3 warning HD2421 condition 'Spare' is never used\n"
		     "4:3 warning HD2422 mapping 'Idle' is never used\n");
}

static void a_computed_lookup_may_use_any_mapping(void **state)
{
	assert_rules(*state,
		     "Mappings: {Idle: {a: {b: c}}}\n"
		     "Resources:\n"
		     "  R: {Type: X::Y::Z, Properties: {P: !FindInMap [!Ref AWS::Region, a, b]}}\n",
		     "");
}

static void the_interface_fits_the_parameters(void **state)
{
	assert_rules(
		*state,
		"Metadata:\n"
		"  AWS::CloudFormation::Interface:\n"
		"    ParameterGroups:\n"
		"      - Label: {default: Net}\n"
		"        Parameters: [Used, Usd]\n"
		"      - Label: Net\n"
		"        Parameters: Used\n"
		"    ParameterLabels:\n"
		"      Used: {default: U}\n"
		"      Gone: {Default: G}\n"
		"Parameters: {Used: {Type: String}}\n" RESOURCE,
		"5:28 warning HD2423 the interface names parameter 'Usd', which the template "
		"does not have\n"
		"6:16 warning HD2423 a label is a map with the key 'default', and this is a "
		"string: the console shows the parameters without it\n"
		"7:21 warning HD2423 'Parameters' of a group is a list of names, and this is a "
		"string: the console shows the parameters without it\n"
		"10:7 warning HD2423 the interface names parameter 'Gone', which the template "
		"does not have\n"
		"10:13 warning HD2423 a label is a map with the one key 'default', and this is a "
		"map: the console shows the parameters without it\n");
}

static void more_than_cloudformation_takes(void **state)
{
	struct template_fixture *f = *state;
	struct str text = STR_INIT;

	str_add(&text, "Resources:\n");
	for (size_t i = 0; i < 501; i++)
		str_printf(&text, "  R%zu: {Type: X::Y::Z}\n", i);
	assert_rules(f, str_cstr(&text),
		     "1:1 warning HD2424 501 resources, and CloudFormation takes at most 500\n");
	assert_rules(f,
		     "Resources:\n"
		     "  Fn::ForEach::A:\n"
		     "  - X\n"
		     "  - [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]\n"
		     "  - Fn::ForEach::B:\n"
		     "    - Y\n"
		     "    - [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]\n"
		     "    - T${X}x${Y}: {Type: X::Y::Z}\n"
		     "      U${X}x${Y}: {Type: X::Y::Z}\n",
		     "1:1 warning HD2424 520 resources, and CloudFormation takes at most 500\n");
	str_clear(&text);
	str_add(&text, "Resources: {R: {Type: X::Y::Z}}\nDescription: ");
	str_repeat(&text, 'x', 1025);
	assert_rules(f, str_cstr(&text),
		     "2:14 warning HD2424 the template's Description has 1025 bytes, and "
		     "CloudFormation takes at most 1024\n");
	str_release(&text);
}

static void exports_have_names_of_their_own(void **state)
{
	assert_rules(*state,
		     "Conditions: {C: !Equals [!Ref AWS::Region, x], N: !Not [!Condition C]}\n"
		     "Resources: {R: {Type: X::Y::Z}}\n"
		     "Outputs:\n"
		     "  A: {Value: a, Export: {Name: !Sub '${AWS::StackName}-x'}}\n"
		     "  B: {Value: b, Export: {Name: !Sub '${AWS::StackName}-x'}}\n"
		     "  C: {Value: c, Export: {Name: y}, Condition: C}\n"
		     "  D: {Value: d, Export: {Name: y}, Condition: N}\n"
		     "  E: {Value: e, Export: {Name: y}}\n",
		     "5:32 HD2425 outputs 'A' and 'B' export the same name\n"
		     "8:32 warning HD2425 outputs 'D' and 'E' can export the same name together\n");
}

static void resources_have_identifiers_of_their_own(void **state)
{
	assert_rules(*state,
		     "Conditions: {C: !Equals [!Ref AWS::Region, x]}\n"
		     "Resources:\n"
		     "  A: {Type: SSH::File, Properties: {Host: h, Path: /a}}\n"
		     "  B: {Type: SSH::File, Properties: {Host: h, Path: /b}}\n"
		     "  C: {Type: SSH::File, Properties: {Host: h, Path: /a}}\n"
		     "  D: {Type: SSH::File, Properties: {Path: /b, Host: h}, Condition: C}\n"
		     "  E: {Type: SSH::Directory, Properties: {Host: h, Path: /a}}\n",
		     "5:52 HD2425 'A' and 'C' are the same SSH::File\n"
		     "6:43 warning HD2425 'B' and 'D' can be the same SSH::File together\n");
}

static void items_are_there_once(void **state)
{
	assert_rules(*state,
		     "Parameters: {Used: {Type: String, AllowedValues: [a, b, a]}}\n"
		     "Resources:\n"
		     "  A: {Type: X::Y::Z, Properties: {P: !Ref Used}}\n"
		     "  B: {Type: X::Y::Z, DependsOn: [A, A]}\n",
		     "1:57 warning HD2426 'a' is allowed twice\n"
		     "4:37 warning HD2426 DependsOn names 'A' twice\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE_TEST(unused_parameters_are_named),
		RULE_TEST(a_parameter_is_used_by_sub_and_conditions),
		RULE_TEST(a_name_is_a_parameter_or_a_resource),
		RULE_TEST(a_loop_may_complete_the_name),
		RULE_TEST(unused_conditions_and_mappings_are_named),
		RULE_TEST(a_computed_lookup_may_use_any_mapping),
		RULE_TEST(the_interface_fits_the_parameters),
		RULE_TEST(more_than_cloudformation_takes),
		RULE_TEST(exports_have_names_of_their_own),
		RULE_TEST(resources_have_identifiers_of_their_own),
		RULE_TEST(items_are_there_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
