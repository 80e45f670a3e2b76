/* test_rules.c - the section Rules: its shape, its functions, and what fails. */
#include "tests/unit/template_fixture.h"

#include <string.h>

#define IN_EAST "in account '123456789012', region 'east'"

#define HEAD                                                                    \
	"Parameters:\n"                                                         \
	"  Env: {Type: String, Default: dev}\n"                                 \
	"  Names: {Type: CommaDelimitedList, Default: 'a,b,a'}\n"               \
	"  Secret: {Type: String, NoEcho: true, Default: geheim}\n"             \
	"  Stored: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /a}\n" \
	"  Vpcs: {Type: 'List<AWS::EC2::VPC::Id>', Default: 'vpc-1'}\n"         \
	"Conditions: {IsDev: !Equals [!Ref Env, dev]}\n"                        \
	"Resources: {R: {Type: T}}\n"

/* What is said about the assertion, which stands at 12:15; "" when it holds. */
static const char *asserted(struct template_fixture *f, const char *assertion)
{
	fixture_eval(f, arena_printf(f->a,
				     HEAD "Rules:\n"
					  "  X:\n"
					  "    Assertions:\n"
					  "    - Assert: %s\n"
					  "      AssertDescription: why\n",
				     assertion));
	return fixture_said(f);
}

static const char *checked(struct template_fixture *f, const char *rules)
{
	return fixture_check(f, arena_printf(f->a, HEAD "Rules: %s\n", rules));
}

static void assert_holds(struct template_fixture *f, const char *assertion)
{
	const char *said = asserted(f, assertion);

	if (*said)
		fail_msg("%s: %s", assertion, said);
}

static void assert_fails(struct template_fixture *f, const char *assertion)
{
	const char *said = asserted(f, assertion);

	if (!strstr(said, "HD1317 rule 'X' does not hold: why"))
		fail_msg("%s: %s", assertion, said);
}

static void functions_of_rules_compare(void **state)
{
	assert_holds(*state, "!Contains [[dev, prod], !Ref Env]");
	assert_fails(*state, "!Contains [[test, prod], !Ref Env]");
	assert_fails(*state, "!Contains [[], !Ref Env]");
	assert_fails(*state, "!EachMemberEquals [!Ref Names, a]");
	assert_holds(*state, "!EachMemberEquals [[a, a], a]");
	assert_holds(*state, "!EachMemberIn [!Ref Names, [a, b, c]]");
	assert_fails(*state, "!EachMemberIn [!Ref Names, [a, c]]");
	assert_holds(*state, "!And [!Contains [[a], a], !Not [!Equals [!Ref Env, prod]]]");
	assert_fails(*state, "!Or [!Equals [!Ref Env, prod], !Contains [[a], b]]");
	assert_holds(*state, "!Condition IsDev");
}

static void what_the_account_knows_is_not_checked(void **state)
{
	const char *warned = "12:15 HD1318 rule 'X' cannot be checked here; what it asks for is "
			     "known in the account only; " IN_EAST "\n";

	assert_string_equal(asserted(*state,
				     "!EachMemberIn [{'Fn::ValueOfAll': ['AWS::EC2::Subnet::Id', "
				     "VpcId]}, {'Fn::RefAll': 'AWS::EC2::VPC::Id'}]"),
			    warned);
	assert_string_equal(asserted(*state, "!Equals [!Ref Stored, x]"),
			    "12:15 HD1318 rule 'X' cannot be checked here; a value in it is not "
			    "known yet, so nothing is refused; " IN_EAST "\n");
	assert_string_equal(asserted(*state, "!Equals [{'Fn::ValueOf': [Vpcs, Tags.Name]}, x]"),
			    warned);
	assert_fails(*state, "!And [!Equals [!Ref Stored, x], !Equals [a, b]]");
	assert_holds(*state, "!Or [!Equals [!Ref Stored, x], !Equals [a, a]]");
}

static void failures_name_the_values_but_no_secrets(void **state)
{
	assert_string_equal(
		asserted(*state, "!Equals [!Sub '${Env}${Env}${Secret}', !Ref Secret]"),
		"12:15 HD1317 rule 'X' does not hold: why; Env = \"dev\", Secret = (sensitive), "
		"" IN_EAST "; hint: give the parameters values that fit together\n");
}

static void a_condition_decides_whether_a_rule_asks(void **state)
{
	struct template_fixture *f = *state;

	assert_non_null(fixture_eval(f, HEAD "Rules:\n"
					     "  X:\n"
					     "    RuleCondition: !Equals [!Ref Env, prod]\n"
					     "    Assertions: [{Assert: !Equals [a, b]}]\n"));
	assert_null(fixture_eval(f, HEAD "Rules:\n"
					 "  X:\n"
					 "    RuleCondition: !Equals [!Ref Env, dev]\n"
					 "    Assertions: [{Assert: !Equals [a, b]}]\n"));
	assert_string_equal(fixture_said(f),
			    "12:27 HD1317 rule 'X' does not hold; Env = \"dev\", " IN_EAST
			    "; hint: give the parameters values that fit together\n");
}

static void defaults_alone_only_warn_without_a_target(void **state)
{
	struct template_fixture *f = *state;
	const struct eval_input in = {
		.target = &f->target, .parameters = &f->parameters, .partial = true};
	const char *text = HEAD "Rules: {X: {Assertions: [{Assert: !Equals [!Ref Env, prod]}]}}\n";

	assert_non_null(fixture_load(f, text));
	assert_non_null(document_eval(f->a, f->tpl, &in, &f->d));
	assert_int_equal(f->d.warning_count, 1);
	fixture_said(f);
	fixture_parameter(f, "Env", "test");
	assert_null(document_eval(f->a, f->tpl, &in, &f->d));
}

static void values_that_nobody_gave_are_nothing_to_warn_of(void **state)
{
	struct template_fixture *f = *state;
	const struct eval_input in = {
		.target = &f->target, .parameters = &f->parameters, .partial = true};

	assert_non_null(
		fixture_load(f, "Parameters: {P: {Type: String}}\n"
				"Resources: {R: {Type: T}}\n"
				"Rules: {X: {Assertions: [{Assert: !Equals [!Ref P, a]}]}}\n"));
	assert_non_null(document_eval(f->a, f->tpl, &in, &f->d));
	assert_string_equal(fixture_said(f), "");
}

static void shapes_are_checked(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(checked(f, "[x]"), "9:8 HD1202 Rules is a map, and this is a list\n");
	assert_string_equal(checked(f, "{X: x}"),
			    "9:12 HD1202 a rule is a map, and this is a string\n");
	assert_string_equal(checked(f, "{X: {}}"),
			    "9:9 HD1229 rule 'X' has no Assertions; hint: add 'Assertions: "
			    "[{Assert: ..., AssertDescription: ...}]'\n");
	assert_string_equal(checked(f, "{X: {Assertions: [{AssertDescription: x}]}}"),
			    "9:26 HD1229 the assertion has no Assert; hint: write 'Assert: "
			    "{Fn::Equals: [value, value]}'\n");
	assert_string_equal(
		checked(f, "{X: {RuleCondition: yes, Assertions: []}}"),
		"9:28 HD1229 RuleCondition is a function that is true or false, and this is "
		"a string; hint: write, for example, Fn::Equals: [!Ref Stage, prod]\n");
	assert_string_equal(
		checked(f, "{X: {Assertions: [{Assert: !Equals [a, a], AssertDescripton: x}]}}"),
		"9:51 HD1229 an assertion has no attribute 'AssertDescripton'; hint: did you mean "
		"'AssertDescription'?\n");
}

static void functions_stay_in_their_place(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(
		checked(f, "{X: {Assertions: [{Assert: !Sub x}]}}"),
		"9:35 HD1212 'Fn::Sub' cannot be used here; what is true or false in Rules comes "
		"from Fn::Equals, Fn::And, Fn::Or, Fn::Not, Fn::Contains, Fn::EachMemberEquals and "
		"Fn::EachMemberIn; hint: compare its result: !Equals [value, value]\n");
	assert_string_equal(
		checked(f, "{X: {Assertions: [{Assert: !Equals [!Ref R, a]}]}}"),
		"9:49 HD1212 resource 'R' cannot be referred to here; this must be known before "
		"anything is created; hint: use a parameter, a mapping or a pseudo parameter "
		"instead\n");
	assert_string_equal(
		checked(f, "{X: {Assertions: [{Assert: !Equals ["
			   "{'Fn::ValueOf': [Vpsc, A]}, a]}]}}"),
		"9:61 HD1214 'Vpsc' names no parameter and no resource; hint: did you mean "
		"'Vpcs'?\n");
	assert_string_equal(
		fixture_check(f, "Resources: {R: {Type: T, Properties: "
				 "{P: !Contains [[a], a], Q: {'Fn::RefAll': x}}}}\n"),
		"1:42 HD1212 'Fn::Contains' cannot be used here; hint: it is a function of the "
		"section Rules only\n"
		"1:66 HD1212 'Fn::RefAll' cannot be used here; hint: it is a function of the "
		"section Rules only\n");
}

static void hooks_have_no_effect(void **state)
{
	assert_string_equal(
		fixture_check(*state,
			      "Resources: {R: {Type: T}}\n"
			      "Hooks: {H: {Type: T, Properties: {a: b}}, I: {Typ: T}, J: x}\n"),
		"2:8 HD1222 hooks have no effect here\n"
		"2:47 HD1234 a hook has no attribute 'Typ'; hint: did you mean 'Type'?\n"
		"2:59 HD1202 a hook is a map, and this is a string\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, template_setup, template_teardown)
		TEST(functions_of_rules_compare),
		TEST(what_the_account_knows_is_not_checked),
		TEST(failures_name_the_values_but_no_secrets),
		TEST(a_condition_decides_whether_a_rule_asks),
		TEST(defaults_alone_only_warn_without_a_target),
		TEST(values_that_nobody_gave_are_nothing_to_warn_of),
		TEST(shapes_are_checked),
		TEST(functions_stay_in_their_place),
		TEST(hooks_have_no_effect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
