/* Rules about conditions: constant ones, dead branches, what may not exist. */
#include "tests/unit/rule_fixture.h"

#define PARAMETERS                                             \
	"Parameters:\n"                                        \
	"  Env: {Type: String}\n"                              \
	"  Size: {Type: String, AllowedValues: [big, tiny]}\n" \
	"Conditions:\n"                                        \
	"  Prod: !Equals [!Ref Env, prod]\n"                   \
	"  Test: !Equals [!Ref Env, test]\n"                   \
	"  Big: !Equals [!Ref Size, big]\n"                    \
	"  Tiny: !Equals [!Ref Size, tiny]\n"                  \
	"  ProdBig: !And [!Condition Prod, !Condition Big]\n"

/* All four conditions are used; line 11 comes next. */
#define USED                                                                      \
	"Outputs: {A: {Value: !If [Prod, 1, 2]}, B: {Value: !If [Test, 1, 2]},\n" \
	"  C: {Value: !If [Big, 1, 2]}, D: {Value: !If [Tiny, 1, 2]},\n"          \
	"  E: {Value: !If [ProdBig, 1, 2]}}\n"

static void conditions_that_never_change(void **state)
{
	assert_rules(
		*state,
		PARAMETERS
		"  A: !Equals [a, b]\n"
		"  B: !Not [!Equals [!Ref Env, !Ref Env]]\n"
		"  C: !Equals [!Ref Size, large]\n"
		"  D: !And [!Condition Prod, !Condition Test]\n"
		"  E: !Or [!Condition Big, !Condition Tiny]\n"
		"  F: !And [!Condition Prod, !Condition Tiny]\n"
		"Resources: {R: {Type: X::Y::Z, Properties: {P: [!If [A, 1, 2], !If [B, 1, 2],\n"
		"  !If [C, 1, 2], !If [D, 1, 2], !If [E, 1, 2], !If [F, 1, 2]]}}}\n" USED,
		"10:6 warning HD2430 this condition is always false\n"
		"11:12 warning HD2430 this condition is always true\n"
		"12:6 warning HD2430 this condition is always false\n"
		"13:6 warning HD2430 this condition is always false\n"
		"14:6 warning HD2430 this condition is always true\n");
}

static void branches_that_make_no_difference(void **state)
{
	assert_rules(*state,
		     PARAMETERS "Resources: {R: {Type: X::Y::Z, Properties: {\n"
				"  A: !If [Prod, !If [Test, 1, 2], 3],\n"
				"  B: !If [ProdBig, !If [Prod, 1, 2], 3],\n"
				"  C: !If [Prod, !If [Big, 1, 2], !If [Test, 1, 2]],\n"
				"  D: !If [Prod, {a: [1]}, {a: [1]}]}}}\n" USED,
		     "11:28 warning HD2431 this branch is never taken: here 'Test' is always "
		     "false\n"
		     "12:34 warning HD2431 this branch is never taken: here 'Prod' is always true\n"
		     "14:6 warning HD2431 both branches of this 'Fn::If' are the same\n");
}

static void references_to_what_may_not_exist(void **state)
{
	assert_rules(
		*state,
		PARAMETERS
		"Resources:\n"
		"  P: {Type: X::Y::Z, Condition: Prod}\n"
		"  B: {Type: X::Y::Z, Condition: Big, Properties: {P: !GetAtt P.Arn}}\n"
		"  C: {Type: X::Y::Z, Condition: ProdBig, Properties: {P: !Ref P, Q: !Ref B}}\n"
		"  D: {Type: X::Y::Z, Properties: {P: !If [Prod, !Ref P, x], Q: !If [Tiny, x, !Ref "
		"B]}}\n"
		"  E: {Type: X::Y::Z, Properties: {P: !Sub '${P}', Q: !If [Tiny, !Ref B, x]}}\n"
		"  F: {Type: X::Y::Z, DependsOn: P}\n" USED,
		"12:62 warning HD2432 'P' exists only when condition 'Prod' is true, and 'B' "
		"refers "
		"to it in any case\n"
		"15:44 warning HD2432 'P' exists only when condition 'Prod' is true, and 'E' "
		"refers "
		"to it in any case\n"
		"15:70 warning HD2432 'B' exists only when condition 'Big' is true, and 'E' refers "
		"to it in any case\n");
}

static void outputs_refer_under_their_condition(void **state)
{
	assert_rules(*state,
		     PARAMETERS "Resources:\n"
				"  P: {Type: X::Y::Z, Condition: Prod}\n"
				"Outputs:\n"
				"  A: {Value: !Ref P, Condition: ProdBig}\n"
				"  B: {Value: !Ref P, Condition: Test}\n"
				"  C: {Value: !If [Tiny, a, b]}\n",
		     "14:19 warning HD2432 'P' exists only when condition 'Prod' is true, and 'B' "
		     "refers to it in any case\n");
}

/* 2 to the 20th cases are not tried, and nothing is said. */
static void too_many_cases_are_silent(void **state)
{
	struct str text = STR_INIT;

	str_add(&text, "Parameters:\n");
	for (int i = 0; i < 20; i++)
		str_printf(&text, "  P%d: {Type: String}\n", i);
	str_add(&text, "Conditions:\n  Low: !Equals [!Ref P0, x]\n  All:\n    !Or\n");
	for (int i = 0; i < 10; i++)
		str_printf(&text, "    - !And [!Equals [!Ref P%d, x], !Equals [!Ref P%d, x]]\n", i,
			   i + 10);
	str_add(&text, "Resources:\n"
		       "  A: {Type: X::Y::Z, Condition: Low}\n"
		       "  B: {Type: X::Y::Z, Condition: All, Properties: {P: !Ref A}}\n");
	assert_rules(*state, str_cstr(&text), "");
	str_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE_TEST(conditions_that_never_change),
		RULE_TEST(branches_that_make_no_difference),
		RULE_TEST(references_to_what_may_not_exist),
		RULE_TEST(outputs_refer_under_their_condition),
		RULE_TEST(too_many_cases_are_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
