/* test_eval_outside.c - exports, outputs of other stacks and dynamic references, with a world
 * outside that the test makes up. */
#include "tests/unit/template_fixture.h"

#include <string.h>

#include "base/str.h"

struct world {
	struct str asked; /* one line per question */
};

static enum outside_answer give(struct arena *a, const char *text, const struct value **out)
{
	*out = value_string(a, text_of(text), NULL);
	return OUTSIDE_KNOWN;
}

static enum outside_answer ask(void *context, struct arena *a, const struct outside_question *q,
			       const struct value **out, struct diags *d)
{
	static const char *const kinds[] = {
		[ASK_EXPORT] = "export", [ASK_STACK_OUTPUT] = "output", [ASK_RESOLVE] = "resolve"};
	struct world *w = context;

	str_printf(&w->asked, "%s %s", kinds[q->kind], q->name);
	if (q->stack)
		str_printf(&w->asked, " of %s in %s", q->stack, q->region ? q->region : "-");
	str_printf(&w->asked, " at %u:%u\n", (unsigned)q->where.start.line,
		   (unsigned)q->where.start.column);
	if (!strcmp(q->name, "later") || !strcmp(q->name, "ssm:later"))
		return OUTSIDE_LATER;
	if (!strcmp(q->name, "never") || !strcmp(q->name, "env:UNSET")) {
		diag_add(d, DIAG_EXPORT_UNKNOWN, q->where, "nobody has 'never'");
		return OUTSIDE_FAILED;
	}
	if (!strcmp(q->name, "env:QUOTED"))
		return give(a, "a \"b\"", out);
	if (!strcmp(q->name, "env:PLAIN"))
		return give(a, "plain", out);
	return give(a, strchr(q->name, ':') ? "{{resolve:env:AGAIN}}" : "known", out);
}

static struct world world;
static const struct eval_outside outside = {ask, &world};

static int setup(void **state)
{
	int rc = template_setup(state);

	world.asked = STR_INIT;
	((struct template_fixture *)*state)->outside = &outside;
	return rc;
}

static int teardown(void **state)
{
	str_release(&world.asked);
	return template_teardown(state);
}

/* The property P of a resource R of type T, at 4:20. */
static const struct value *evaluate(struct template_fixture *f, const char *expression)
{
	const char *text = arena_printf(
		f->a,
		"Parameters: {Env: {Type: String, Default: prod}, Name: {Type: String, "
		"Default: PLAIN}, Own: {Type: String, Default: "
		"'{{resolve:env:PLAIN}}'}}\nResources:\n"
		"  S: {Type: AWS::RDS::DBInstance, Properties: {}}\n"
		"  R: {Type: AWS::RDS::DBInstance, Properties: {P: %s}}\n",
		expression);

	str_clear(&world.asked);
	return fixture_eval(f, text) ? value_find(f->doc->resources[1].properties, text_of("P"))
				     : NULL;
}

static void exports_and_outputs_are_asked_for(void **state)
{
	struct template_fixture *f = *state;
	const struct value *v =
		evaluate(f, "!Sub ['${X}/', {X: !ImportValue {'Fn::Sub': '${Env}-net'}}]");

	assert_string_equal(v->text.ptr, "known/");
	assert_string_equal(str_cstr(&world.asked), "export prod-net at 4:70\n");
	v = evaluate(
		f, "!GetStackOutput {StackName: net, OutputName: !Sub 'Url${Env}', Region: west}");
	assert_string_equal(v->text.ptr, "known");
	assert_string_equal(str_cstr(&world.asked), "output Urlprod of net in west at 4:51\n");
	v = evaluate(f, "!GetStackOutput {StackName: net, OutputName: later}");
	assert_int_equal(v->kind, VALUE_UNKNOWN);
	assert_false(v->sensitive);
	assert_null(evaluate(f, "!ImportValue never"));
	assert_string_equal(fixture_said(f), "4:51 HD2016 nobody has 'never'\n");
}

static void names_are_known_before_anything_is_made(void **state)
{
	struct template_fixture *f = *state;

	assert_null(evaluate(f, "!ImportValue {'Fn::GetAtt': S.Endpoint}"));
	assert_string_equal(fixture_said(f),
			    "4:65 HD1308 the export of 'Fn::ImportValue' must be known before "
			    "anything is created; hint: use a plain string, a parameter or a "
			    "mapping\n");
}

static void keys_of_stack_outputs_are_checked(void **state)
{
	assert_string_equal(
		fixture_check(*state, "Resources: {R: {Type: T, Properties: {A: !GetStackOutput "
				      "{StackNam: x, OutputName: y}, B: !GetStackOutput {}}}}"),
		"1:59 HD1211 'Fn::GetStackOutput' has no 'StackNam'; hint: did you mean "
		"'StackName'?\n"
		"1:58 HD1211 'Fn::GetStackOutput' needs 'StackName'; hint: write !GetStackOutput "
		"{StackName: network, OutputName: Url}, with Region: west when it is another one\n"
		"1:107 HD1211 'Fn::GetStackOutput' needs 'StackName'; hint: write "
		"!GetStackOutput {StackName: network, OutputName: Url}, with Region: west when it "
		"is another one\n"
		"1:107 HD1211 'Fn::GetStackOutput' needs 'OutputName'; hint: write "
		"!GetStackOutput {StackName: network, OutputName: Url}, with Region: west when it "
		"is another one\n");
}

static void list_secret(void *context, struct text secret)
{
	str_printf(context, "[%.*s]", TEXT_ARG(secret));
}

static const char *secrets_in(struct template_fixture *f, const char *property)
{
	struct str all = STR_INIT;
	const char *text;

	value_secrets(evaluate(f, property), list_secret, &all);
	text = arena_text(f->a, str_text(&all));
	str_release(&all);
	return text;
}

/* What somebody repeats of a text is the part that is secret. */
static void a_text_knows_the_secrets_that_it_is_made_of(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(secrets_in(f, "'a {{resolve:env:X}} b'"),
			    "[a {{resolve:env:AGAIN}} b][{{resolve:env:AGAIN}}]");
	assert_string_equal(secrets_in(f, "!Sub ['x ${V} y', {V: '{{resolve:env:X}}'}]"),
			    "[x {{resolve:env:AGAIN}} y][{{resolve:env:AGAIN}}]");
	assert_string_equal(secrets_in(f, "!Base64 '{{resolve:env:X}}'"),
			    "[e3tyZXNvbHZlOmVudjpBR0FJTn19][{{resolve:env:AGAIN}}]");
	assert_string_equal(secrets_in(f, "'open'"), "");
}

static void references_become_secrets(void **state)
{
	struct template_fixture *f = *state;
	const struct value *v = evaluate(f, "'a {{resolve:env:X}} b'");

	assert_string_equal(v->text.ptr, "a {{resolve:env:AGAIN}} b"); /* once only */
	assert_string_equal(fixture_property(f, "R", "P"), "(sensitive)");
	assert_null(value_source(v));
	assert_string_equal(str_cstr(&world.asked), "resolve env:X at 4:54\n");
	v = evaluate(f, "!Join ['', ['{{resolve:', 'ssm:', !Ref Env, '}}']]");
	assert_true(v->sensitive);
	assert_string_equal(value_source(v), "{{resolve:ssm:prod}}");
	assert_string_equal(str_cstr(&world.asked), "resolve ssm:prod at 4:51\n");
}

static void what_is_not_known_yet_keeps_its_source(void **state)
{
	struct template_fixture *f = *state;
	const struct value *v = evaluate(f, "['{{resolve:ssm:later}}', x]");

	assert_int_equal(v->items[0]->kind, VALUE_UNKNOWN);
	assert_true(v->items[0]->sensitive);
	assert_string_equal(value_source(v->items[0]), "{{resolve:ssm:later}}");
	assert_string_equal(v->items[1]->text.ptr, "x");
	f->outside = NULL;
	v = evaluate(f, "[!Sub '{{resolve:env:${Env}}}', !ImportValue x]");
	assert_int_equal(v->items[0]->kind, VALUE_UNKNOWN);
	assert_int_equal(v->items[1]->kind, VALUE_UNKNOWN);
	assert_true(v->items[0]->sensitive && !v->items[1]->sensitive);
}

static void functions_encode_what_references_stand_for(void **state)
{
	struct template_fixture *f = *state;
	const struct value *v = evaluate(f, "!Base64 'x{{resolve:env:PLAIN}}'");

	assert_string_equal(v->text.ptr, "eHBsYWlu");
	assert_true(v->sensitive);
	assert_null(value_source(v));
	v = evaluate(f, "!ToJsonString {a: '{{resolve:env:QUOTED}}'}");
	assert_string_equal(v->text.ptr, "{\"a\":\"a \\\"b\\\"\"}");
	assert_true(v->sensitive);
	v = evaluate(f, "!Base64 '{{resolve:ssm:other}}'");
	assert_string_equal(value_source(v), "Fn::Base64: {{resolve:ssm:other}}");
	v = evaluate(f, "!Base64 '{{resolve:ssm:later}}'");
	assert_int_equal(v->kind, VALUE_UNKNOWN);
	assert_true(v->sensitive);
	assert_string_equal(value_source(v), "Fn::Base64: {{resolve:ssm:later}}");
	v = evaluate(f, "!ToJsonString [1, '{{resolve:ssm:later}}']");
	assert_string_equal(value_source(v), "[1,\"{{resolve:ssm:later}}\"]");
}

static void references_beside_unknown_values_are_asked_for(void **state)
{
	struct template_fixture *f = *state;

	assert_null(evaluate(f, "!Sub '${S.Endpoint} {{resolve:env:UNSET}}'"));
	assert_string_equal(fixture_said(f), "4:71 HD2016 nobody has 'never'\n");
	assert_null(evaluate(f, "!Join ['', ['{{resolve:env:UNSET}}', !Ref S]]"));
	diags_release(&f->d);
	assert_int_equal(evaluate(f, "!Sub '{{resolve:env:PLAIN}} ${S}'")->kind, VALUE_UNKNOWN);
	assert_string_equal(fixture_property(f, "R", "P"), "(sensitive)");
	assert_int_equal(evaluate(f, "!Sub '{{resolve:env:UNSET${S}}}'")->kind, VALUE_UNKNOWN);
	assert_string_equal(str_cstr(&world.asked), "");
}

static void an_open_reference_is_found_without_values(void **state)
{
	static const char template[] = "Resources: {A: {Type: X::Y::Z, Properties: {P: %s}}}\n";
	struct template_fixture *f = *state;

	assert_non_null(strstr(fixture_check(f, arena_printf(f->a, template, "'{{resolve:ssm:x'")),
			       "HD1120 '{{resolve:' has no '}}' at its end"));
	assert_string_equal(fixture_check(f, arena_printf(f->a, template,
							  "!Join ['', ['{{resolve:ssm:x', '}}']]")),
			    "");
	assert_string_equal(fixture_check(f, arena_printf(f->a, template, "'see {{resolve:'")), "");
}

static void composed_references_are_checked_whole(void **state)
{
	struct template_fixture *f = *state;

	assert_null(evaluate(f, "!Sub '{{resolve:ssm:x:${Env}}}'"));
	assert_string_equal(fixture_said(f),
			    "4:51 HD1120 'prod' is no version: a version is a number; hint: write "
			    "{{resolve:ssm:NAME}} or {{resolve:ssm:NAME:VERSION}}\n");
	assert_null(evaluate(f, "!Join [':', ['{{resolve:env', x]]"));
	assert_string_equal(fixture_said(f),
			    "4:51 HD1120 '{{resolve:' has no '}}' at its end; hint: the services "
			    "are env, file, ssm, ssm-secure and secretsmanager: "
			    "{{resolve:env:NAME}}\n");
}

#define SECURE_HINT                                                                              \
	"; Only some passwords are, such as MasterUserPassword of AWS::RDS::DBInstance.; hint: " \
	"keep the value in Secrets Manager: {{resolve:secretsmanager:SECRET}}\n"

static void secure_parameters_have_their_places(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(
		fixture_check(f, "Parameters: {S: {Type: String}}\n"
				 "Conditions: {C: !Equals ['{{resolve:env:X}}', x]}\n"
				 "Resources:\n"
				 "  R:\n"
				 "    Type: AWS::RDS::DBInstance\n"
				 "    Properties:\n"
				 "      MasterUserPassword: !Sub '{{resolve:ssm-secure:${S}}}'\n"
				 "      MasterUsername: !If [C, 'x{{resolve:ssm-secure:u}}', u]\n"
				 "Outputs:\n"
				 "  A: {Value: '{{resolve:ssm:fine}}'}\n"
				 "  B: {Value: '{{resolve:secretsmanager:no}}'}\n"),
		"2:26 HD1125 dynamic references are not resolved here; hint: give the value as a "
		"parameter\n"
		"8:33 HD1125 'ssm-secure' is not taken by this property" SECURE_HINT
		"11:15 HD1125 an output cannot have a value of 'secretsmanager'; hint: have the "
		"one that needs the value resolve it by itself\n");
	assert_null(evaluate(f, "!Join ['', ['{{resolve:ssm-secure', ':x}}']]"));
	assert_string_equal(fixture_said(f), "4:51 HD1125 'ssm-secure' is not taken by this "
					     "property" SECURE_HINT);
}

static const struct value *hostile(void *context, struct arena *a, const char *logical_id,
				   const char *attribute)
{
	(void)context;
	(void)logical_id;
	return value_string(a, text_of(attribute ? attribute : "{{resolve:file:/etc/shadow}}"),
			    NULL);
}

static void attributes_bring_no_references_along(void **state)
{
	struct template_fixture *f = *state;
	const struct eval_lookup lookup = {hostile, NULL};
	static const char *const refused[] = {
		"!Ref S",
		"!Sub 'x ${S} y'",
		"!Join ['', [a, !Ref S]]",
		"!Sub '{{resolve:file:${S.Endpoint}}}'",
		"!Sub '{{resolve:file:/etc/shadow}} ${S}'",
		"!Base64 {Ref: S}",
		"[!Select [0, !Split [',', !Ref S]]]",
	};
	static const char *const taken[] = {
		"!Sub '{{resolve:env:PLAIN}} ${S.Endpoint}'",
		"!Sub ['${P} ${S.Endpoint}', {P: !Sub '{{resolve:env:${Name}}}'}]",
		"!Join [' ', [!Ref Own, !GetAtt S.Endpoint]]",
		("!Base64 {'Fn::Join': ['', ['{{resolve:env:', !Ref Name, '}}', !GetAtt "
		 "S.Endpoint]]}"),
		"!Sub '{{resolve:secretsmanager:${S.Endpoint}}}'",
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		evaluate(f, refused[i]);
		assert_null(document_eval_resource(f->doc, 1, &lookup, f->a, &f->d));
		assert_int_equal(f->d.last->code, DIAG_RESOLVE_PLACE);
		assert_int_equal(f->d.last->where.start.line, 4);
		diags_release(&f->d);
	}
	for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
		evaluate(f, taken[i]);
		if (!document_eval_resource(f->doc, 1, &lookup, f->a, &f->d))
			fail_msg("%s: %s", taken[i], fixture_said(f));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(exports_and_outputs_are_asked_for, setup, teardown),
		cmocka_unit_test_setup_teardown(names_are_known_before_anything_is_made, setup,
						teardown),
		cmocka_unit_test_setup_teardown(keys_of_stack_outputs_are_checked, setup, teardown),
		cmocka_unit_test_setup_teardown(references_become_secrets, setup, teardown),
		cmocka_unit_test_setup_teardown(a_text_knows_the_secrets_that_it_is_made_of, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_not_known_yet_keeps_its_source, setup,
						teardown),
		cmocka_unit_test_setup_teardown(functions_encode_what_references_stand_for, setup,
						teardown),
		cmocka_unit_test_setup_teardown(references_beside_unknown_values_are_asked_for,
						setup, teardown),
		cmocka_unit_test_setup_teardown(an_open_reference_is_found_without_values, setup,
						teardown),
		cmocka_unit_test_setup_teardown(composed_references_are_checked_whole, setup,
						teardown),
		cmocka_unit_test_setup_teardown(attributes_bring_no_references_along, setup,
						teardown),
		cmocka_unit_test_setup_teardown(secure_parameters_have_their_places, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
