/* Rules about functions: idle, missing, or without an answer. */
#include "tests/unit/rule_fixture.h"

#define HEAD                                                             \
	"Parameters:\n"                                                  \
	"  Env: {Type: String, AllowedValues: [dev, prod, '']}\n"        \
	"  Nets: {Type: CommaDelimitedList}\n"                           \
	"Mappings: {M: {dev: {Size: 1}}}\n"                              \
	"Resources:\n"                                                   \
	"  R: {Type: X::Y::Z, Properties: {P: !Ref Env, Q: !Ref Nets,\n" \
	"    X: !FindInMap [M, dev, Size]}}\n"

static void sub_without_variables(void **state)
{
	assert_rules(
		*state,
		HEAD "  A: {Type: X::Y::Z, Properties: {P: !Sub text, Q: !Sub '${!Kept}'}}\n"
		     "  B: {Type: X::Y::Z, Properties: {P: !Sub ['${A} ${B}', {A: 1, C: 2}]}}\n",
		"8:38 warning HD2435 'Fn::Sub' has nothing to substitute: there is no '${...}' "
		"in the text\n"
		"9:64 warning HD2435 variable 'C' of 'Fn::Sub' is not in its text\n");
}

static void texts_that_want_sub(void **state)
{
	assert_rules(
		*state,
		HEAD
		"  A: {Type: X::Y::Z, Properties: {P: 'a ${Env}', Q: '${R.Arn}', S: '${Other}'}}\n"
		"  B: {Type: X::Y::Z, Properties: {P: {Fn::Base64: 'echo ${Env}'}, Q: "
		"AWS::Region,\n"
		"      S: !Join ['', ['arn:${AWS::Partition}:x', '${!Env}']]}}\n"
		"  C: {Type: X::Y::Z, Properties: {P: '${Env}', DefinitionSubstitutions: {Env: "
		"x}}}\n",
		"8:38 warning HD2436 '${Env}' stays as it is: this text is not in 'Fn::Sub'\n"
		"8:53 warning HD2436 '${R.Arn}' stays as it is: this text is not in 'Fn::Sub'\n"
		"9:70 warning HD2437 'AWS::Region' is a text here, not the value of the pseudo "
		"parameter\n"
		"10:22 warning HD2436 '${AWS::Partition}' stays as it is: this text is not in "
		"'Fn::Sub'\n");
}

static void lists_are_no_texts(void **state)
{
	assert_rules(*state,
		     HEAD "  A: {Type: X::Y::Z, Condition: C, Properties: {P: !Sub '${Nets}'}}\n"
			  "  B: {Type: X::Y::Z, Properties: {P: !Sub ['${Nets}', {Nets: a}]}}\n"
			  "Conditions: {C: !Equals [!Ref Nets, '']}\n",
		     "8:57 warning HD2440 parameter 'Nets' is a list, and 'Fn::Sub' takes texts\n"
		     "10:26 warning HD2440 parameter 'Nets' is a list, and 'Fn::Equals' compares "
		     "texts\n");
}

static void mappings_have_what_is_looked_up(void **state)
{
	assert_rules(
		*state,
		HEAD
		"  A: {Type: X::Y::Z, Properties: {P: !FindInMap [M, !Ref Env, Size]}}\n"
		"  B: {Type: X::Y::Z, Properties: {P: !FindInMap [M, !Ref AWS::Region, Siz]}}\n",
		"8:53 warning HD2439 mapping 'M' has no key 'prod', which parameter 'Env' may be\n"
		"9:71 warning HD2439 no key of mapping 'M' has a value 'Siz'\n");
}

static void user_data_is_base64(void **state)
{
	assert_rules(
		*state,
		HEAD
		"  A: {Type: AWS::EC2::Instance, Properties: {ImageId: a, UserData: '#!/bin/sh'}}\n"
		"  B: {Type: AWS::EC2::Instance, Properties: {ImageId: a, UserData: "
		"IyEvYmluL3No}}\n"
		"  C: {Type: AWS::EC2::Instance, Properties: {ImageId: a, UserData: !Sub 'echo "
		"${Env}'}}\n"
		"  D: {Type: AWS::EC2::Instance, Properties: {ImageId: a, UserData: !Base64 'a "
		"b'}}\n",
		"8:68 warning HD2441 user data is not encoded in base64\n"
		"10:68 warning HD2441 user data is not encoded in base64\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE_TEST(sub_without_variables), RULE_TEST(texts_that_want_sub),
		RULE_TEST(lists_are_no_texts),    RULE_TEST(mappings_have_what_is_looked_up),
		RULE_TEST(user_data_is_base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
