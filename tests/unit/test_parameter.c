/* test_parameter.c - declared parameters and the values that are given. */
#include "tests/unit/template_fixture.h"

#include <string.h>

#define RESOURCES "Resources: {R: {Type: T, Properties: {P: !Ref P}}}\n"

/* The value of parameter P with this body, formatted; or what is said about it. */
static const char *value_of(struct template_fixture *f, const char *body, const char *given)
{
	const char *text = arena_printf(f->a, "Parameters:\n  P: %s\n" RESOURCES, body);

	map_release(&f->parameters);
	f->parameters = MAP_INIT;
	if (given)
		fixture_parameter(f, "P", given);
	if (!fixture_load(f, text))
		return fixture_said(f);
	f->doc = document_eval(
		f->a, f->tpl,
		&(struct eval_input){.target = &f->target, .parameters = &f->parameters}, &f->d);
	return f->doc ? fixture_property(f, "R", "P") : fixture_said(f);
}

static void types_give_kinds(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(value_of(f, "{Type: String, Default: 8080}", NULL), "\"8080\"");
	assert_string_equal(value_of(f, "{Type: String, Default: true}", NULL), "\"true\"");
	assert_string_equal(value_of(f, "{Type: Number, Default: '8080'}", NULL), "8080");
	assert_string_equal(value_of(f, "{Type: CommaDelimitedList, Default: 'a, b ,c'}", NULL),
			    "[\"a\", \"b\", \"c\"]");
	assert_string_equal(value_of(f, "{Type: List<Number>, Default: '1,2'}", NULL), "[1, 2]");
	assert_string_equal(value_of(f, "{Type: List<String>, Default: ''}", NULL), "[]");
	assert_string_equal(value_of(f, "{Type: 'AWS::EC2::VPC::Id', Default: vpc-1}", NULL),
			    "\"vpc-1\"");
	assert_string_equal(
		value_of(f, "{Type: 'List<AWS::EC2::Subnet::Id>', Default: 'a,b'}", NULL),
		"[\"a\", \"b\"]");
}

static void given_values_win_over_defaults(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(value_of(f, "{Type: String, Default: a}", "b"), "\"b\"");
	assert_string_equal(value_of(f, "{Type: CommaDelimitedList}", "x,y"), "[\"x\", \"y\"]");
}

static void lists_of_the_manifest_are_taken(void **state)
{
	struct template_fixture *f = *state;
	struct parameter_value given = {.origin = "hadeploy.yaml"};

	given.node = fixture_parse(f, "[a, 'b,c']", NODE_MANIFEST);
	map_set(&f->parameters, TEXT_LIT("P"), &given);
	fixture_eval(f, "Parameters: {P: {Type: CommaDelimitedList}}\n" RESOURCES);
	assert_string_equal(fixture_property(f, "R", "P"), "[\"a\", \"b,c\"]");
}

static void missing_values_say_how_to_give_them(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(value_of(f, "{Type: String}", NULL),
			    "2:3 HD1301 parameter 'P' has no value; hint: give it under Parameters "
			    "of the stack in the manifest, or with --param P=VALUE\n");
	assert_string_equal(
		value_of(f, "{Type: String, NoEcho: true}", NULL),
		"2:3 HD1301 parameter 'P' has no value; hint: give it in the environment "
		"(HADEPLOY_PARAM_P) or with --param-file\n");
}

static void constraints_hold_for_given_values(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(value_of(f, "{Type: Number, MinValue: 2}", "1"),
			    "2:3 HD1302 the value from --param '1' of parameter 'P' is below "
			    "MinValue 2\n");
	assert_string_equal(value_of(f, "{Type: Number, MaxValue: 2}", "2.5"),
			    "2:3 HD1302 the value from --param '2.5' of parameter 'P' is above "
			    "MaxValue 2\n");
	assert_string_equal(value_of(f, "{Type: Number}", "x"),
			    "2:3 HD1302 the value from --param 'x' of parameter 'P' is not a "
			    "number\n");
	assert_string_equal(value_of(f, "{Type: String, MinLength: 3}", "ä"),
			    "2:3 HD1302 the value from --param 'ä' of parameter 'P' has 1 "
			    "characters, and at least 3 are asked\n");
	assert_string_equal(value_of(f, "{Type: String, MaxLength: 2}", "äää"),
			    "2:3 HD1302 the value from --param 'äää' of parameter 'P' has 3 "
			    "characters, and at most 2 are allowed\n");
	assert_string_equal(value_of(f, "{Type: String, AllowedValues: [red, green]}", "gren"),
			    "2:3 HD1302 the value from --param 'gren' of parameter 'P' is none of "
			    "'red', 'green'; hint: did you mean 'green'?\n");
	assert_string_equal(
		value_of(f,
			 "{Type: String, AllowedPattern: '[a-z]+', "
			 "ConstraintDescription: small letters}",
			 "A1"),
		"2:3 HD1302 the value from --param 'A1' of parameter 'P' does not match "
		"the pattern '[a-z]+'; small letters\n");
	assert_string_equal(value_of(f, "{Type: List<Number>, MaxValue: 5}", "1,7"),
			    "2:3 HD1302 the value from --param '7' of parameter 'P' is above "
			    "MaxValue 5\n");
	assert_string_equal(value_of(f, "{Type: Number, AllowedValues: [1, 2]}", "2.0"), "2.0");
}

static void secrets_do_not_appear_in_messages(void **state)
{
	struct template_fixture *f = *state;
	const char *said = value_of(f, "{Type: String, NoEcho: true, MinLength: 9}", "geheim");

	assert_string_equal(said, "2:3 HD1302 the value from --param of parameter 'P' has 6 "
				  "characters, and at least 9 are asked\n");
	assert_string_equal(value_of(f, "{Type: String, NoEcho: true}", "geheim"), "(sensitive)");
}

static void sensitive_values_stay_so_without_no_echo(void **state)
{
	struct template_fixture *f = *state;
	struct parameter_value given = {.text = "geheim", .sensitive = true};

	map_set(&f->parameters, TEXT_LIT("P"), &given);
	fixture_eval(f, "Parameters: {P: {Type: String}}\n" RESOURCES);
	assert_string_equal(fixture_property(f, "R", "P"), "(sensitive)");
}

static void undeclared_values_are_errors(void **state)
{
	struct template_fixture *f = *state;
	struct parameter_value given = {.origin = "hadeploy.yaml"};
	const struct node_entry *entry;

	entry = fixture_parse(f, "{Siez: 5}", NODE_MANIFEST)->entries;
	given.node = entry->value;
	given.name_where = entry->key->where;
	map_set(&f->parameters, TEXT_LIT("Siez"), &given);
	fixture_parameter(f, "Other", "x");
	assert_null(fixture_eval(f, "Parameters: {Size: {Type: Number, Default: 1}}\n"
				    "Resources: {R: {Type: T}}\n"));
	assert_string_equal(
		fixture_said(f),
		"1:2 HD1303 the template 't.yaml' has no parameter 'Siez'; hint: did you "
		"mean 'Size'?\n"
		"0:0 HD1303 the template 't.yaml' has no parameter 'Other'; the value "
		"comes from --param\n");
}

static const char *checked(struct template_fixture *f, const char *declaration)
{
	return fixture_check(f, arena_printf(f->a,
					     "Parameters:\n"
					     "  P: %s\n"
					     "Resources:\n"
					     "  R: {Type: T}\n",
					     declaration));
}

static void declarations_are_checked(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(checked(f, "{Type: Strng}"),
			    "2:13 HD1204 there is no parameter type 'Strng'; hint: did you mean "
			    "'String'? If not, use String, Number, CommaDelimitedList or "
			    "List<Number>\n");
	assert_string_equal(checked(f, "{Default: x}"),
			    "2:3 HD1204 parameter 'P' has no Type; hint: add 'Type: String'\n");
	assert_string_equal(checked(f, "{Type: String, MinLenght: 2}"),
			    "2:21 HD1205 a parameter has no attribute 'MinLenght'; hint: did you "
			    "mean 'MinLength'?\n");
	assert_string_equal(checked(f, "{Type: Number, MinLength: 2}"),
			    "2:32 HD1206 only strings have a length to limit; 2:3 the parameter\n");
	assert_string_equal(checked(f, "{Type: Number, MinValue: 3, MaxValue: 2}"),
			    "2:31 HD1206 MinValue is above MaxValue; 2:3 the parameter\n");
	assert_string_equal(checked(f, "{Type: String, AllowedPattern: '[a'}"),
			    "2:37 HD1206 the pattern cannot be used: missing terminating ] for "
			    "character class, behind character 2; hint: write it as a Java regular "
			    "expression; it is matched against the whole value\n");
	assert_string_equal(checked(f, "{Type: Number, Default: x}"),
			    "2:30 HD1302 the default 'x' of parameter 'P' is not a number\n");
	assert_string_equal(checked(f, "{Type: String, Default: !Ref Other}"),
			    "2:30 HD1302 parameter 'P' takes one value, and this is !Ref; hint: "
			    "functions cannot be used in Parameters\n");
	assert_string_equal(checked(f, "{Type: !Ref Other}"),
			    "2:13 HD1202 a type is a string, and this is !Ref; hint: functions "
			    "cannot be used in Parameters\n");
	assert_string_equal(checked(f, "{Type: String, AllowedValues: [[a]]}"),
			    "2:37 HD1206 an allowed value is a plain value; 2:3 the parameter\n");
	assert_string_equal(checked(f, "{Type: String, NoEcho: maybe}"),
			    "2:29 HD1202 NoEcho is true or false\n");
	assert_string_equal(checked(f, "{Type: String, MaxValue: 3}"),
			    "2:31 HD1206 only numbers have a smallest and a largest value; 2:3 the "
			    "parameter\n");
}

static void all_is_said_of_what_does_not_load(void **state)
{
	assert_string_equal(fixture_check(*state, "Parameters: {P: [x], Q: {Type: Strng}}\n"
						  "Resources: {R: {Type: T}}\n"),
			    "1:17 HD1202 a parameter is a map, and this is a list\n"
			    "1:32 HD1204 there is no parameter type 'Strng'; hint: did you mean "
			    "'String'? If not, use String, Number, CommaDelimitedList or "
			    "List<Number>\n");
}

static void lists_may_be_allowed_as_a_whole(void **state)
{
	struct template_fixture *f = *state;
	const char *declaration =
		"{Type: CommaDelimitedList, AllowedValues: [one, two, 'three,four']}";

	assert_string_equal(value_of(f, declaration, "three,four"), "[\"three\", \"four\"]");
	assert_string_equal(value_of(f, declaration, "one, two"), "[\"one\", \"two\"]");
	assert_string_equal(value_of(f, "{Type: CommaDelimitedList, AllowedPattern: 'a,b'}", "a,b"),
			    "[\"a\", \"b\"]");
	assert_string_equal(value_of(f, "{Type: CommaDelimitedList, MinLength: 3}", "a,b"),
			    "[\"a\", \"b\"]");
	assert_string_equal(value_of(f, declaration, "three"),
			    "2:3 HD1302 the value from --param 'three' of parameter 'P' is none of "
			    "'one', 'two', 'three,four'\n");
}

static void stored_parameters_are_looked_up_later(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(
		value_of(f, "{Type: 'AWS::SSM::Parameter::Value<String>', Default: /a}", NULL),
		"(known after apply)");
	assert_string_equal(
		value_of(f, "{Type: 'AWS::SSM::Parameter::Value<List<AWS::EC2::Subnet::Id>>'}",
			 "/subnets"),
		"(known after apply)");
	assert_string_equal(
		value_of(f, "{Type: 'AWS::SSM::Parameter::Value<String>', MaxLength: 1}", "/long"),
		"2:3 HD1302 the value from --param '/long' of parameter 'P' has 5 characters, and "
		"at most 1 are allowed\n");
	assert_string_equal(
		checked(f, "{Type: 'AWS::SSM::Parameter::Value<Number>'}"),
		"2:13 HD1204 there is no parameter type 'AWS::SSM::Parameter::Value<Number>'; "
		"hint: between < and > stands String, List<String>, CommaDelimitedList, a type "
		"such as AWS::EC2::Image::Id, or a List<> of such a type\n");
}

static void patterns_may_look_ahead(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(value_of(f, "{Type: String, AllowedPattern: '(?!x).*'}", "abc"),
			    "\"abc\"");
	assert_string_equal(
		value_of(f, "{Type: String, AllowedPattern: '(?!x).*'}", "xyz"),
		"2:3 HD1302 the value from --param 'xyz' of parameter 'P' does not match "
		"the pattern '(?!x).*'\n");
}

static void one_value_where_a_list_is_given_is_told(void **state)
{
	struct template_fixture *f = *state;
	struct parameter_value given = {.origin = "hadeploy.yaml"};

	given.node = fixture_parse(f, "[a, b]", NODE_MANIFEST);
	map_set(&f->parameters, TEXT_LIT("P"), &given);
	assert_null(fixture_eval(f, "Parameters: {P: {Type: String}}\n" RESOURCES));
	assert_string_equal(fixture_said(f),
			    "1:1 HD1302 parameter 'P' takes one value, and this is a list\n");
}

static void references_are_no_values_yet(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(value_of(f, "{Type: String, MaxLength: 3, AllowedPattern: '[a-z]+'}",
				     "{{resolve:ssm:/db/password}}"),
			    "(sensitive)");
	assert_string_equal(value_of(f, "{Type: Number, MaxValue: 3}", "{{resolve:ssm:/size}}"),
			    "(sensitive)");
	assert_string_equal(
		value_of(f, "{Type: String, AllowedValues: [a, b]}", "{{resolve"),
		"2:3 HD1302 the value from --param '{{resolve' of parameter 'P' is none "
		"of 'a', 'b'\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, template_setup, template_teardown)
		TEST(types_give_kinds),
		TEST(given_values_win_over_defaults),
		TEST(lists_of_the_manifest_are_taken),
		TEST(missing_values_say_how_to_give_them),
		TEST(constraints_hold_for_given_values),
		TEST(secrets_do_not_appear_in_messages),
		TEST(sensitive_values_stay_so_without_no_echo),
		TEST(undeclared_values_are_errors),
		TEST(declarations_are_checked),
		TEST(all_is_said_of_what_does_not_load),
		TEST(lists_may_be_allowed_as_a_whole),
		TEST(stored_parameters_are_looked_up_later),
		TEST(patterns_may_look_ahead),
		TEST(references_are_no_values_yet),
		TEST(one_value_where_a_list_is_given_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
