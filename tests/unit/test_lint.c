/* Properties against schemas, in every branch. */
#include "tests/unit/lint_fixture.h"

#define NAME "Name: name, D: d, "

static void what_is_right_passes(void **state)
{
	assert_properties(*state,
			  NAME "Mode: Fast, Size: '10', On: 'true', Names: [a, b], Lower: abc,"
			       " Rules: [{Port: 1, Next: {Port: 2, Next: {Port: 3}}}],"
			       " Free: {Any: [thing]}, A: a, B: b",
			  "");
}

static void unknown_properties_have_the_place_of_their_key(void **state)
{
	assert_properties(*state, NAME "Nme: x, Rules: [{Prot: 1, Port: 1}]",
			  "8:67 error HD2004 Test::Thing has no property 'Nme'\n"
			  "8:84 error HD2004 Test::Thing has no property 'Rules.0.Prot'\n");
}

static void missing_properties_are_told_at_every_depth(void **state)
{
	assert_properties(
		*state, "D: d, Rules: [{Port: 1, Next: {}}]",
		"8:13 error HD2005 'R' has no property 'Name', which Test::Thing requires\n"
		"8:79 error HD2005 'R' has no property 'Rules.0.Next.Port', which "
		"Test::Thing requires\n");
}

static void without_properties_the_required_ones_are_missing(void **state)
{
	assert_lint(*state, "Resources: {R: {Type: Test::Thing}}",
		    "1:13 error HD2005 'R' has no property 'Name', which Test::Thing requires\n"
		    "1:13 error HD2026 there must be exactly one of 'D' or 'E'\n");
}

static void a_branch_that_removes_a_required_property_is_a_warning(void **state)
{
	assert_properties(*state, "D: d, Name: !If [Prod, name, !Ref AWS::NoValue]",
			  "8:55 warning HD2005 'R' has no property 'Name', which Test::Thing "
			  "requires\n");
	assert_properties(*state, NAME "Rules: [!If [Prod, {Next: {Port: 1}}, {Port: 2}]]",
			  "8:86 warning HD2005 'R' has no property 'Rules.0.Port', which "
			  "Test::Thing requires\n");
}

static void kinds_are_those_of_cloudformation(void **state)
{
	assert_properties(*state,
			  NAME
			  "Names: a, Mode: [Fast], Size: ten, On: maybe, Lower: {a: b}, Free: text",
			  "8:74 error HD2006 property 'Names' is 'a'; it takes a list\n"
			  "8:83 error HD2006 property 'Mode' is a list; it takes a string\n"
			  "8:97 error HD2006 property 'Size' is 'ten'; it takes a whole number\n"
			  "8:106 error HD2006 property 'On' is 'maybe'; it takes true or false\n"
			  "8:120 error HD2006 property 'Lower' is a map; it takes a string\n"
			  "8:134 warning HD2006 property 'Free' is 'text'; it takes a map\n");
}

static void scalars_are_written_in_several_ways(void **state)
{
	assert_properties(*state, NAME "Size: 2.0, On: Yes, Lower: abc", "");
	assert_properties(*state, NAME "On: 'Yes', Size: 2.5",
			  "8:71 warning HD2006 property 'On' is 'Yes'; it takes true or false\n"
			  "8:84 error HD2006 property 'Size' is '2.5'; it takes a whole number\n");
}

static void choices_patterns_and_sizes(void **state)
{
	assert_properties(*state, "D: d, Name: n, Mode: Fats, Lower: Abc, Size: 11, Names: []",
			  "8:61 error HD2025 property 'Name' has 1 characters; the least is 2\n"
			  "8:70 error HD2007 property 'Mode' cannot be 'Fats'; it is one of Fast, "
			  "Slow\n"
			  "8:83 error HD2008 property 'Lower' cannot be 'Abc'\n"
			  "8:94 error HD2009 property 'Size' is '11'; the greatest is 10\n"
			  "8:105 error HD2025 property 'Names' has 0 items; the least is 1\n");
	assert_properties(*state, NAME "Mode: FAST",
			  "8:73 warning HD2007 property 'Mode' cannot be 'FAST'; it is one of "
			  "Fast, Slow\n");
}

static void items_that_may_be_absent_count_for_the_most_only(void **state)
{
	assert_properties(*state, NAME "Names: [a, b, c, !If [Prod, d, !Ref AWS::NoValue]]", "");
	assert_properties(*state, NAME "Names: [a, b, c, d]",
			  "8:74 error HD2025 property 'Names' has 4 items; the most is 3\n");
}

static void doubles_are_found_in_literals_and_references(void **state)
{
	assert_properties(*state, NAME "Names: [a, b, a]",
			  "8:81 error HD2402 item 3 of property 'Names' is there twice\n");
	assert_properties(*state, NAME "Names: [!Ref Text, !Ref Text]",
			  "8:86 error HD2402 item 2 of property 'Names' is there twice\n");
	assert_properties(
		*state,
		NAME "Names: [!If [Prod, a, !Ref AWS::NoValue], !If [Prod, a, !Ref AWS::NoValue]]",
		"8:109 warning HD2402 item 2 of property 'Names' is there twice\n");
}

static void members_that_need_or_exclude_each_other(void **state)
{
	assert_properties(*state, NAME "A: a", "8:67 error HD2026 'A' needs 'B'\n");
	assert_properties(*state, NAME "A: a, B: b, C: c", "8:79 error HD2026 'B' excludes 'C'\n");
	assert_properties(*state, NAME "E: e",
			  "8:67 error HD2026 there must be exactly one of 'D' or 'E'\n");
	assert_properties(*state, NAME "A: !If [Prod, a, !Ref AWS::NoValue]",
			  "8:67 warning HD2026 'A' needs 'B'\n");
}

static void branches_that_exclude_each_other_are_not_mixed(void **state)
{
	assert_properties(*state,
			  NAME "B: !If [Prod, b, !Ref AWS::NoValue],"
			       " C: !If [NotProd, c, !Ref AWS::NoValue]",
			  "");
	assert_properties(*state,
			  "Name: name, D: !If [Prod, d, !Ref AWS::NoValue],"
			  " E: !If [Prod, !Ref AWS::NoValue, e]",
			  "");
	assert_properties(*state,
			  NAME "B: !If [Prod, b, !Ref AWS::NoValue],"
			       " C: !If [NotProd, !Ref AWS::NoValue, c]",
			  "8:104 warning HD2026 'B' excludes 'C'\n");
	assert_properties(*state, NAME "Mode: !If [Prod, !If [NotProd, Wrong, Fast], Slow]", "");
}

/* Each names the next one twice: 2 to the power of 60 paths. */
static void conditions_that_share_others_are_followed_once(void **state)
{
	struct str text = STR_INIT;

	str_add(&text, "Conditions:\n");
	for (int i = 0; i < 60; i++)
		str_printf(&text, "  C%d: !Or [!Condition C%d, !Condition C%d]\n", i, i + 1, i + 1);
	str_add(&text, "  C60: !Equals [a, !Ref AWS::Region]\n"
		       "Resources:\n"
		       "  R: {Type: Test::Thing, Condition: C0, Properties: {Name: !If [C0, aa, "
		       "!If [C1, bb, cc]], D: d}}\n");
	assert_lint(*state, str_cstr(&text), "");
	str_release(&text);
}

static void what_a_loop_gives_is_left_alone(void **state)
{
	assert_properties(*state,
			  NAME "Rules: [{'Fn::ForEach::X': [X, [a], {'Po${X}': 1, Port: x}]}]",
			  "8:123 error HD2006 property 'Rules.0.Port' is 'x'; it takes a whole "
			  "number\n");
}

static void a_catalogue_warns_where_it_may_be_behind(void **state)
{
	assert_lint(*state,
		    "Resources:\n"
		    "  R:\n"
		    "    Type: AWS::Test::Thing\n"
		    "    Properties:\n"
		    "      Name: n\n"
		    "      Mode: Fats\n"
		    "      Lower: Abc\n"
		    "      Size: 11\n"
		    "      A: a\n"
		    "      Arn: x\n"
		    "      Other: x\n"
		    "      On: [1]\n",
		    "5:7 warning HD2026 there must be exactly one of 'D' or 'E'\n"
		    "5:13 warning HD2025 property 'Name' has 1 characters; the least is 2\n"
		    "6:13 error HD2007 property 'Mode' cannot be 'Fats'; it is one of Fast, Slow\n"
		    "7:14 warning HD2008 property 'Lower' cannot be 'Abc'\n"
		    "8:13 warning HD2009 property 'Size' is '11'; the greatest is 10\n"
		    "9:7 warning HD2026 'A' needs 'B'\n"
		    "10:7 warning HD2010 property 'Arn' of AWS::Test::Thing cannot be set\n"
		    "11:7 error HD2004 AWS::Test::Thing has no property 'Other'\n"
		    "12:11 error HD2006 property 'On' is a list; it takes true or false\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LINT_TEST(what_is_right_passes),
		LINT_TEST(unknown_properties_have_the_place_of_their_key),
		LINT_TEST(missing_properties_are_told_at_every_depth),
		LINT_TEST(without_properties_the_required_ones_are_missing),
		LINT_TEST(a_branch_that_removes_a_required_property_is_a_warning),
		LINT_TEST(kinds_are_those_of_cloudformation),
		LINT_TEST(scalars_are_written_in_several_ways),
		LINT_TEST(choices_patterns_and_sizes),
		LINT_TEST(items_that_may_be_absent_count_for_the_most_only),
		LINT_TEST(doubles_are_found_in_literals_and_references),
		LINT_TEST(members_that_need_or_exclude_each_other),
		LINT_TEST(branches_that_exclude_each_other_are_not_mixed),
		LINT_TEST(conditions_that_share_others_are_followed_once),
		LINT_TEST(what_a_loop_gives_is_left_alone),
		LINT_TEST(a_catalogue_warns_where_it_may_be_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
