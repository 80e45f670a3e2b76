/* test_partial.c - evaluation where a target's facts and parameters' values may be missing. */
#include "tests/unit/template_fixture.h"

static const struct eval_target nowhere = {
	.account = "-", .region = "us-east-1", .aws_region = "us-east-1"};

#define HEAD                                                \
	"Parameters:\n"                                     \
	"  Env: {Type: String}\n"                           \
	"  Names: {Type: CommaDelimitedList}\n"             \
	"  Size: {Type: Number, Default: 3}\n"              \
	"Mappings: {M: {dev: {Size: 1}}}\n"                 \
	"Conditions:\n"                                     \
	"  Open: !Equals [!Ref Env, dev]\n"                 \
	"  Yes: !Equals [!Ref Size, '3']\n"                 \
	"  No: !Not [!Condition Yes]\n"                     \
	"  Either: !Or [!Condition Open, !Condition Yes]\n" \
	"  Both: !And [!Condition Open, !Condition No]\n"   \
	"  Hangs: !And [!Condition Open, !Condition Yes]\n"

static bool eval(struct template_fixture *f, const char *resources)
{
	const char *text = arena_printf(f->a, "%sResources:\n%s", HEAD, resources);
	const struct eval_input in = {
		.target = &nowhere, .parameters = &f->parameters, .partial = true};

	if (!fixture_load(f, text))
		fail_msg("does not load: %s", fixture_said(f));
	f->doc = document_eval(f->a, f->tpl, &in, &f->d);
	return f->doc != NULL;
}

static const char *value(struct template_fixture *f, const char *text)
{
	if (!eval(f, arena_printf(f->a, "  R: {Type: T, Properties: {P: %s}}\n", text)))
		return fixture_said(f);
	return fixture_property(f, "R", "P");
}

#define UNKNOWN "(known after apply)"

static void what_nobody_gave_is_unknown(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(value(f, "!Ref Env"), UNKNOWN);
	assert_string_equal(value(f, "!Sub '${Env}-x'"), UNKNOWN);
	assert_string_equal(value(f, "!Ref Size"), "3");
	assert_string_equal(value(f, "!Ref AWS::AccountId"), UNKNOWN);
	assert_string_equal(value(f, "!Ref AWS::StackName"), UNKNOWN);
	assert_string_equal(value(f, "!Ref AWS::StackId"), UNKNOWN);
	assert_string_equal(value(f, "!Ref AWS::NotificationARNs"), UNKNOWN);
	assert_string_equal(value(f, "!Ref AWS::Region"), "\"us-east-1\"");
	assert_string_equal(value(f, "!GetAZs ''"), UNKNOWN);
	assert_string_equal(value(f, "!FindInMap [M, !Ref Env, Size]"), UNKNOWN);
	assert_string_equal(value(f, "!FindInMap [M, dev, Size]"), "1");
	assert_string_equal(value(f, "!Select [0, !Ref Names]"), UNKNOWN);
}

static void a_given_value_is_known(void **state)
{
	struct template_fixture *f = *state;

	fixture_parameter(f, "Env", "dev");
	assert_string_equal(value(f, "!If [Open, a, b]"), "\"a\"");
	assert_string_equal(value(f, "!FindInMap [M, !Ref Env, Size]"), "1");
}

static void conditions_are_decided_where_that_can_be(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(value(f, "!If [Yes, a, b]"), "\"a\"");
	assert_string_equal(value(f, "!If [Open, a, b]"), UNKNOWN);
	assert_string_equal(value(f, "!If [Either, a, b]"), "\"a\"");
	assert_string_equal(value(f, "!If [Both, a, b]"), "\"b\"");
	assert_string_equal(value(f, "!If [Hangs, a, b]"), UNKNOWN);
}

static void resources_stay_unless_they_are_surely_gone(void **state)
{
	struct template_fixture *f = *state;

	assert_true(eval(f,
			 "  A: {Type: T, Condition: Open, DeletionPolicy: !If [Open, Retain, "
			 "Delete]}\n"
			 "  B: {Type: T, Condition: No}\n"
			 "  C: {Type: T, Properties: {'Fn::ForEach::L': [N, !Ref Names, {'${N}': "
			 "1}]}}\n"
			 "Outputs: {O: {Value: 1, Export: {Name: !Sub '${AWS::StackName}-o'}}}"));
	assert_non_null(document_find(f->doc, "A"));
	assert_null(document_find(f->doc, "B"));
	assert_non_null(document_find(f->doc, "C"));
}

static void a_key_that_a_value_makes_is_a_warning(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(value(f, "!FindInMap [M, !Ref Size, Size]"), UNKNOWN);
	assert_int_equal(f->d.error_count, 0);
	assert_string_equal(fixture_said(f),
			    "14:47 HD1305 mapping 'M' has no key '3'; in region 'us-east-1'\n");
}

static void mistakes_stay_mistakes(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(
		value(f, "!Select [2, [a, b]]"),
		"14:41 HD1306 there is no item '2' in a list of 2; in region 'us-east-1'; "
		"hint: indices run from 0 to 1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_nobody_gave_is_unknown, template_setup,
						template_teardown),
		cmocka_unit_test_setup_teardown(a_given_value_is_known, template_setup,
						template_teardown),
		cmocka_unit_test_setup_teardown(conditions_are_decided_where_that_can_be,
						template_setup, template_teardown),
		cmocka_unit_test_setup_teardown(resources_stay_unless_they_are_surely_gone,
						template_setup, template_teardown),
		cmocka_unit_test_setup_teardown(a_key_that_a_value_makes_is_a_warning,
						template_setup, template_teardown),
		cmocka_unit_test_setup_teardown(mistakes_stay_mistakes, template_setup,
						template_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
