/* Rules about loops: the names that each turn makes. */
#include "tests/unit/rule_fixture.h"

static void a_fixed_key_is_made_by_every_turn(void **state)
{
	assert_rules(*state,
		     "Resources:\n"
		     "  Fn::ForEach::L:\n"
		     "    - X\n"
		     "    - [a, b]\n"
		     "    - Topic: {Type: X::Y::Z}\n"
		     "      Topic${X}: {Type: X::Y::Z}\n"
		     "Outputs:\n"
		     "  Fn::ForEach::L:\n"
		     "    - X\n"
		     "    - [a, b]\n"
		     "    - Out: {Value: a}\n",
		     "5:7 HD2425 every turn of the loop makes the same 'Topic'\n"
		     "11:7 HD2425 every turn of the loop makes the same 'Out'\n");
}

static void a_collection_of_unknown_length_is_a_doubt(void **state)
{
	assert_rules(*state,
		     "Parameters: {P: {Type: CommaDelimitedList}}\n"
		     "Resources:\n"
		     "  Fn::ForEach::L: [X, !Ref P, {Topic: {Type: X::Y::Z}}]\n",
		     "3:32 warning HD2425 every turn of the loop makes the same 'Topic', if there "
		     "are several\n");
}

static void one_item_turns_once(void **state)
{
	assert_rules(*state,
		     "Resources:\n"
		     "  Fn::ForEach::L: [X, [a], {Topic: {Type: X::Y::Z}}]\n",
		     "");
}

static void loops_in_loops_need_each_variable(void **state)
{
	assert_rules(*state,
		     "Resources:\n"
		     "  Fn::ForEach::L:\n"
		     "    - X\n"
		     "    - [a, b]\n"
		     "    - Fn::ForEach::M:\n"
		     "        - Y\n"
		     "        - [c, d]\n"
		     "        - Topic${Y}: {Type: X::Y::Z}\n"
		     "          Topic${X}${Y}: {Type: X::Y::Z}\n",
		     "8:11 HD2425 every turn of the loop makes the same 'Topic${Y}'\n");
}

static void an_inner_collection_may_follow_the_outer_item(void **state)
{
	assert_rules(*state,
		     "Mappings: {M: {a: {k: [c]}, b: {k: [d]}}}\n"
		     "Resources:\n"
		     "  Fn::ForEach::L:\n"
		     "    - X\n"
		     "    - [a, b]\n"
		     "    - Fn::ForEach::M:\n"
		     "        - Y\n"
		     "        - !FindInMap [M, !Ref X, k]\n"
		     "        - Topic${Y}: {Type: X::Y::Z}\n",
		     "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE_TEST(a_fixed_key_is_made_by_every_turn),
		RULE_TEST(a_collection_of_unknown_length_is_a_doubt),
		RULE_TEST(one_item_turns_once),
		RULE_TEST(loops_in_loops_need_each_variable),
		RULE_TEST(an_inner_collection_may_follow_the_outer_item),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
