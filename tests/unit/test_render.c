/* test_render.c - what is left of a template when the known parts are resolved, and how values
 * are written. */
#include "tests/unit/template_fixture.h"

#include <string.h>

#include "templates/normalize.h"
#include "templates/render.h"
#include "templates/value_write.h"

static const struct eval_target nowhere = {
	.account = "-", .region = "us-east-1", .aws_region = "us-east-1"};

static const char *rendered(struct template_fixture *f, const char *text, enum render_form form)
{
	const struct eval_input in = {
		.target = &nowhere, .parameters = &f->parameters, .partial = true};
	struct str out = STR_INIT;
	const char *kept;

	if (!fixture_load(f, text))
		fail_msg("does not load: %s", fixture_said(f));
	f->doc = document_eval(f->a, f->tpl, &in, &f->d);
	if (!f->doc)
		fail_msg("does not evaluate: %s", fixture_said(f));
	assert_true(template_render(f->doc, form, &out));
	kept = arena_text(f->a, str_text(&out));
	str_release(&out);
	return kept;
}

/* The rendered template in normal form and without blanks: what is compared is what it says. */
static const char *compact(struct template_fixture *f, const char *text)
{
	const struct node *root = fixture_parse(f, text, NODE_TEMPLATE);
	struct str out = STR_INIT, tight = STR_INIT;
	const char *kept;

	assert_non_null(root);
	assert_true(node_normalize(root, NORMAL_JSON, &out));
	for (size_t i = 0; i < out.len; i++) {
		if (out.ptr[i] == '\n')
			while (i + 1 < out.len && out.ptr[i + 1] == ' ')
				i++;
		else
			str_add_char(&tight, out.ptr[i] == '"' ? '\'' : out.ptr[i]);
	}
	kept = arena_text(f->a, str_text(&tight));
	str_release(&out);
	str_release(&tight);
	return kept;
}

#define HEAD                                                    \
	"Parameters:\n"                                         \
	"  Env: {Type: String}\n"                               \
	"  Size: {Type: Number, Default: 3}\n"                  \
	"  Pw: {Type: String, NoEcho: true, Default: geheim}\n" \
	"Conditions:\n"                                         \
	"  Open: !Equals [!Ref Env, dev]\n"                     \
	"  Yes: !Equals [!Ref Size, '3']\n"                     \
	"  Mixed: !And [!Condition Open, !Condition Yes, !Not [!Condition Open]]\n"

/* The property P of a resource, as it is left in JSON and in YAML; both are rendered again. */
static const char *left(struct template_fixture *f, const char *value)
{
	const char *text = arena_printf(
		f->a, "%sResources:\n  B: {Type: T}\n  R: {Type: T, Properties: {P: %s}}\n", HEAD,
		value);
	const char *json = rendered(f, text, RENDER_JSON);
	const char *yaml = rendered(f, text, RENDER_YAML);
	const char *at, *end;
	char *kept;

	map_release(&f->parameters);
	f->parameters = MAP_INIT;
	assert_string_equal(rendered(f, json, RENDER_JSON), json);
	assert_string_equal(rendered(f, yaml, RENDER_JSON), json);
	json = compact(f, json);
	at = strstr(json, "'P': ");
	if (!at)
		return "";
	end = strstr(at, "},'Type': 'T'}");
	kept = arena_strndup(f->a, at + 5, (size_t)(end - at) - 5);
	return kept;
}

static void functions_keep_what_is_unknown(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(left(f, "!Ref Env"), "{'Ref': 'Env'}");
	assert_string_equal(left(f, "!Ref Size"), "'3'");
	assert_string_equal(left(f, "!GetAtt B.Arn.X"), "{'Fn::GetAtt': ['B','Arn.X']}");
	assert_string_equal(left(f, "!Join ['-', [a, !Ref Size, !Ref B]]"),
			    "{'Fn::Join': ['-',['a','3',{'Ref': 'B'}]]}");
	assert_string_equal(left(f, "!Select ['1', [!Ref Env, !Ref B, c]]"), "{'Ref': 'B'}");
	assert_string_equal(left(f, "!Select [0, !GetAZs '']"),
			    "{'Fn::Select': ['0',{'Fn::GetAZs': ''}]}");
	assert_string_equal(left(f, "!If [Yes, !Ref B, b]"), "{'Ref': 'B'}");
	assert_string_equal(left(f, "!If [Open, !Ref 'AWS::NoValue', !Ref Size]"),
			    "{'Fn::If': ['Open',{'Ref': 'AWS::NoValue'},'3']}");
}

static void variables_of_sub_that_are_known_are_replaced(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(left(f, "!Sub '${Size} ${Env} ${!Size} ${B.Arn}'"),
			    "{'Fn::Sub': '3 ${Env} ${!Size} ${B.Arn}'}");
	assert_string_equal(left(f, "!Sub '${Size} ${!Size}'"), "'3 ${Size}'");
	assert_string_equal(left(f, "!Sub ['${X}${Y}$${!Z}', {X: '${', Y: !Ref Env}]"),
			    "{'Fn::Sub': ['${!${Y}$${!Z}',{'Y': {'Ref': 'Env'}}]}");
	assert_string_equal(left(f, "!Sub ['${X} ${Env}', {X: !Ref Size}]"),
			    "{'Fn::Sub': '3 ${Env}'}");
}

static void secrets_stay_references(void **state)
{
	struct template_fixture *f = *state;
	const char *value = "[!Ref Pw, !Sub 'x${Pw}', !Join ['', [a, !Ref Pw]], "
			    "!If [Yes, !Ref Pw, '']]";
	const char *text = left(f, value);

	assert_string_equal(text, "[{'Ref': 'Pw'},{'Fn::Sub': 'x${Pw}'},{'Fn::Join': ['',['a',"
				  "{'Ref': 'Pw'}]]},{'Ref': 'Pw'}]");
	fixture_parameter(f, "Pw", "leise");
	text = rendered(
		f,
		arena_printf(f->a, "%sResources: {R: {Type: T, Properties: {P: %s}}}", HEAD, value),
		RENDER_JSON);
	assert_null(strstr(text, "geheim"));
	assert_null(strstr(text, "leise"));
}

static void operands_that_decide_nothing_go(void **state)
{
	struct template_fixture *f = *state;
	const char *text = compact(
		f, rendered(f, HEAD "Resources: {R: {Type: T, Condition: Mixed}}", RENDER_JSON));

	assert_non_null(strstr(
		text, "'Mixed': {'Fn::And': [{'Condition': 'Open'},{'Fn::Not': [{'Condition': "
		      "'Open'}]}]}"));
	assert_null(strstr(text, "'Yes'"));
	assert_null(strstr(text, "Size"));
}

static const char *in_yaml(struct template_fixture *f, const char *text)
{
	struct value key = {.kind = VALUE_STRING, .text = text_of(text)};
	const struct value_entry entry = {TEXT_LIT("K"), &key};
	const struct value map = {.kind = VALUE_MAP, .count = 1, .entries = &entry};
	struct str out = STR_INIT;
	const struct node *n;
	const char *kept;

	assert_true(value_write_yaml(&map, &out));
	kept = arena_text(f->a, str_text(&out));
	str_release(&out);
	n = node_find(fixture_parse(f, kept, NODE_TEMPLATE), "K");
	assert_string_equal(n->text.ptr, text);
	return kept;
}

static void yaml_reads_back(void **state)
{
	struct template_fixture *f = *state;
	static const char *const texts[] = {
		"",
		" ",
		"a: b",
		"a #b",
		"- x",
		"yes",
		"No",
		"0644",
		"1e3",
		"~",
		"{x}",
		"a\tb",
		"it's",
		"\"q\"",
		"a\n",
		"a\n\n",
		"a\n\nb",
		"\na",
		"a \nb",
		" a\nb",
		"a\n b\n",
		"\ta\nb",
		"a\n\tb",
		"a\n\n\n",
		"\n",
		"a\rb",
		"\x7f",
		"\xc2\x85x",
		"x\xe2\x80\xa8y",
		"\xef\xbb\xbfx",
		"\xc3\xbc",
		"\xf0\x9f\x98\x80",
		"a\n#b\n",
		"|",
		"%a",
		"a:",
		"http://x/y?z",
		"key: |",
		"---",
		"...",
		"a\n---\nb",
		"!Ref x",
		"&a",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		in_yaml(f, texts[i]);
	assert_string_equal(in_yaml(f, "plain text"), "K: plain text\n");
	assert_string_equal(in_yaml(f, "a\nb\n"), "K: |\n  a\n  b\n");
	assert_string_equal(in_yaml(f, "it's"), "K: 'it''s'\n");
}

static void numbers_keep_their_digits(void **state)
{
	struct template_fixture *f = *state;

	assert_non_null(strstr(rendered(f,
					"Resources: {R: {Type: T, Properties: {A: 5.10, B: 7, C: "
					"-0, D: 0.5, E: 123456789012345678}}}",
					RENDER_JSON),
			       "\"A\": \"5.10\",\n        \"B\": 7,\n        \"C\": \"-0\",\n"
			       "        \"D\": 0.5,\n        \"E\": 123456789012345678\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(functions_keep_what_is_unknown, template_setup,
						template_teardown),
		cmocka_unit_test_setup_teardown(variables_of_sub_that_are_known_are_replaced,
						template_setup, template_teardown),
		cmocka_unit_test_setup_teardown(secrets_stay_references, template_setup,
						template_teardown),
		cmocka_unit_test_setup_teardown(operands_that_decide_nothing_go, template_setup,
						template_teardown),
		cmocka_unit_test_setup_teardown(yaml_reads_back, template_setup, template_teardown),
		cmocka_unit_test_setup_teardown(numbers_keep_their_digits, template_setup,
						template_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
