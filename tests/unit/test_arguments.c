/* test_arguments.c - arguments of functions, judged without values. */
#include "tests/unit/template_fixture.h"

#include <string.h>

#define HEAD                                                   \
	"Parameters:\n"                                        \
	"  Text: {Type: String, Default: a}\n"                 \
	"  List: {Type: CommaDelimitedList, Default: 'a,b'}\n" \
	"Mappings: {M: {a: {b: c}}}\n"                         \
	"Conditions: {Yes: !Equals [a, a]}\n"                  \
	"Resources:\n"                                         \
	"  Other: {Type: T}\n"

/* What is said of the value, which stands at 8:33, without its hint. */
static const char *said_of(struct template_fixture *f, const char *value)
{
	const char *said = fixture_check(
		f, arena_printf(f->a, HEAD "  R: {Type: T, Properties: {P: %s}}\n", value));
	const char *end = strstr(said, "; hint");

	return end ? arena_strndup(f->a, said, (size_t)(end - said)) : said;
}

static void functions_nest(void **state)
{
	static const char *const good[] = {
		"!Join ['', [a, !Ref Text, !Sub '${Text}', !Select [0, !Ref List]]]",
		"!Join [',', !Ref List]",
		"!Join [',', !Split ['-', !Ref Text]]",
		"!Join [',', !If [Yes, [a], !Ref List]]",
		"!Join [',', !If [Yes, !Ref List, !Ref AWS::NoValue]]",
		"!Join [',', !FindInMap [M, !Ref Text, b]]",
		"!Join [',', !GetAtt Other.Names]",
		"!Join [',', !Ref AWS::NotificationARNs]",
		"!Select [!Ref Text, !GetAZs {Ref: AWS::Region}]",
		"!Select ['1', [a, !If [Yes, b, !Ref AWS::NoValue]]]",
		"!Select [!FindInMap [M, a, b], !Cidr [!GetAtt Other.CidrBlock, 6, 8]]",
		"!Split [',', !ImportValue x]",
		"!Base64 {'Fn::Sub': ['${A}', {A: !Join ['', [a]]}]}",
		"!GetAZs ''",
		"!GetAZs ",
		("!FindInMap [!Ref Text, !FindInMap [M, a, b], !Sub '${Text}', "
		 "{DefaultValue: []}]"),
		"!If [Yes, !Ref Other, {A: !Ref List}]",
		"{'Fn::Length': !Ref List}",
		"{'Fn::ToJsonString': {A: [!Ref List]}}",
		"!Cidr [!Select [0, !Ref List], !Ref Text, !Ref Text]",
		"!Sub ['${A}', {A: !GetAtt Other.Arn}]",
	};

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		const char *said = said_of(*state, good[i]);

		if (*said && !strstr(said, "HD1213"))
			fail_msg("%s: %s", good[i], said);
	}
}

static void kinds_are_told(void **state)
{
	static const struct {
		const char *value, *said;
	} rows[] = {
		{"!Join [',', text]",
		 "8:44 HD1211 the list of values of 'Fn::Join' is a list, and this is a string"},
		{"!Join [',', !Ref Text]",
		 "8:44 HD1211 the list of values of 'Fn::Join' is a list, and !Ref gives a string"},
		{"!Join [',', [a, !Ref List]]",
		 "8:48 HD1211 a value of 'Fn::Join' is a string, and !Ref gives a list"},
		{"!Join [',', [{A: b}]]",
		 "8:45 HD1211 a value of 'Fn::Join' is a string, and this is a map"},
		{"!Select [0, !Ref Other]",
		 "8:44 HD1211 the list of values of 'Fn::Select' is a list, and !Ref gives a "
		 "string"},
		{"!Select [x, [a]]",
		 "8:41 HD1211 the index of 'Fn::Select' is a whole number from 0"},
		{"!Select [2, [a, b]]", "8:41 HD1306 there is no item '2' in a list of 2"},
		{"!Split ['', !Ref Text]", "8:40 HD1211 the delimiter of 'Fn::Split' is empty"},
		{"!Split [',', !Ref List]",
		 "8:45 HD1211 the text of 'Fn::Split' is a string, and !Ref gives a list"},
		{"!Base64 [a]", "8:40 HD1211 the text of 'Fn::Base64' is a string, and this is a "
				"list"},
		{"{'Fn::Length': abc}",
		 "8:47 HD1211 the argument of 'Fn::Length' is a list, and this is a string"},
		{"!GetAZs [a]",
		 "8:40 HD1211 the region of 'Fn::GetAZs' is a string, and this is a list"},
		{"!Cidr [10.0.0.0, 1, 8]",
		 "8:39 HD1211 the block of 'Fn::Cidr' is an address and a prefix: 10.0.0.0/16"},
		{"!Cidr [10.0.0.0/8, 257, 8]",
		 "8:51 HD1211 the count of 'Fn::Cidr' is a whole number from 1 to 256"},
		{"!Cidr [10.0.0.0/8, 1, 0]",
		 "8:54 HD1211 the number of bits of 'Fn::Cidr' is a whole number from 1 to 128"},
		{"!FindInMap [M, a, [b]]",
		 "8:50 HD1211 the second-level key of 'Fn::FindInMap' is a string, and this is a "
		 "list"},
		{"!FindInMap [M, a, x, {Default: y}]",
		 "8:53 HD1211 the fourth item of 'Fn::FindInMap' is {DefaultValue: ...}"},
		{"!Sub ['${A}', {A: [x]}]",
		 "8:50 HD1211 a value of 'Fn::Sub' is a string, and this is a list"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(said_of(*state, rows[i].value), rows[i].said);
}

static void some_arguments_are_written_out(void **state)
{
	assert_string_equal(said_of(*state, "!Join [!Ref Text, [a]]"),
			    "8:39 HD1231 the delimiter of 'Fn::Join' is written out, and this is "
			    "a function");
	assert_string_equal(said_of(*state, "!Split [!Ref Text, a]"),
			    "8:40 HD1231 the delimiter of 'Fn::Split' is written out, and this is "
			    "a function");
	assert_string_equal(said_of(*state, "!If [!Ref Text, a, b]"),
			    "8:37 HD1231 the name of the condition of 'Fn::If' is written out, "
			    "and this is a function");
}

static void conditions_compare_what_is_known(void **state)
{
	static const char *const refused[] = {
		"!GetAZs ''",      "!GetAtt Other.A",          "{'Fn::Base64': a}",
		"!If [Yes, a, b]", "!Cidr [10.0.0.0/8, 1, 8]",
	};
	struct template_fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		const char *said = fixture_check(
			f, arena_printf(f->a,
					"Conditions: {Yes: !Equals [a, a], No: !Equals [a, %s]}\n"
					"Resources: {Other: {Type: T}}\n",
					refused[i]));

		if (!strstr(said, "HD1212"))
			fail_msg("%s: %s", refused[i], said);
	}
	assert_string_equal(
		fixture_check(f, "Parameters: {L: {Type: CommaDelimitedList}}\n"
				 "Conditions:\n"
				 "  A: !Equals [!Ref L, '']\n"
				 "  B: !Equals [[a], {b: c}]\n"
				 "Resources: {R: {Type: T}}\n"),
		"3:15 HD1211 the first value of 'Fn::Equals' is a string, and !Ref gives a list; "
		"hint: write !Equals [value, value]\n"
		"4:15 HD1211 the first value of 'Fn::Equals' is a string, and this is a list; "
		"hint: write !Equals [value, value]\n"
		"4:20 HD1211 the second value of 'Fn::Equals' is a string, and this is a map; "
		"hint: write !Equals [value, value]\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, template_setup, template_teardown)
		TEST(functions_nest),
		TEST(kinds_are_told),
		TEST(some_arguments_are_written_out),
		TEST(conditions_compare_what_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
