/* test_normalize.c - the one form of a template, in JSON and in YAML. */
#include "tests/unit/template_fixture.h"

#include <string.h>

#include "base/limits.h"
#include "templates/normalize.h"

static const char *normal(struct template_fixture *f, const char *text, enum normal_form form)
{
	const struct node *n = fixture_parse(f, text, NODE_TEMPLATE);
	struct str out = STR_INIT;
	const char *result;

	if (!n)
		return fixture_said(f);
	assert_true(node_normalize(n, form, &out));
	result = arena_text(f->a, str_text(&out));
	str_release(&out);
	return result;
}

static void short_tags_become_long_and_keys_are_sorted(void **state)
{
	assert_string_equal(normal(*state,
				   "b: !Ref x\na: !Sub ['${y}', {z: 1, y: true}]\n"
				   "d: !GetAtt A.B.C\nc: {}\ne: []\n",
				   NORMAL_JSON),
			    "{\n"
			    "  \"a\": {\n"
			    "    \"Fn::Sub\": [\n"
			    "      \"${y}\",\n"
			    "      {\n"
			    "        \"y\": \"true\",\n"
			    "        \"z\": \"1\"\n"
			    "      }\n"
			    "    ]\n"
			    "  },\n"
			    "  \"b\": {\n"
			    "    \"Ref\": \"x\"\n"
			    "  },\n"
			    "  \"c\": {},\n"
			    "  \"d\": {\n"
			    "    \"Fn::GetAtt\": [\n"
			    "      \"A\",\n"
			    "      \"B.C\"\n"
			    "    ]\n"
			    "  },\n"
			    "  \"e\": []\n"
			    "}\n");
}

static void twins_are_equal(void **state)
{
	static const struct {
		const char *yaml, *json;
	} rows[] = {
		{"a: !GetAtt b.C\n", "{\"a\": {\"Fn::GetAtt\": [\"b\", \"C\"]}}"},
		{"a:\n  Fn::GetAtt: b.C.D\n", "{\"a\": {\"Fn::GetAtt\": [\"b\", \"C.D\"]}}"},
		{"a: !GetAtt [b, C]\n", "{\"a\": {\"Fn::GetAtt\": \"b.C\"}}"},
		{"a: !GetAtt b\n", "{\"a\": {\"Fn::GetAtt\": \"b\"}}"},
		{"Conditions: {a: !Condition b}\n",
		 "{\"Conditions\":{\"a\":{\"Condition\":\"b\"}}}"},
		{"a: !And [!Condition b, !Equals [c, d]]\n",
		 "{\"a\":{\"Fn::And\":[{\"Condition\":\"b\"},{\"Fn::Equals\":[\"c\",\"d\"]}]}}"},
		{"a: !GetAZs\n", "{\"a\": {\"Fn::GetAZs\": \"\"}}"},
		{"a: !GetAZs\n", "{\"a\": {\"Fn::GetAZs\": null}}"},
		{"a: ~\nb:\n", "{\"a\": null, \"b\": null}"},
		{"a: ''\n", "{\"a\": \"\"}"},
		{"a: 10\nb: true\nc: 2012-10-17\nd: 1.10\n",
		 "{\"d\": 1.10, \"c\": \"2012-10-17\", \"b\": true, \"a\": \"10\"}"},
		{"a: &x {b: c}\nd: {<<: *x, e: f}\n",
		 "{\"a\": {\"b\": \"c\"}, \"d\": {\"e\": \"f\", \"b\": \"c\"}}"},
		{"a: !Rain::Embed b\n", "{\"a\": {\"Rain::Embed\": \"b\"}}"},
		{"a: !Foo b\n", "{\"a\": {\"Fn::Foo\": \"b\"}}"},
		{"Fn::ForEach::X: [a, [b], {c: d}]\n",
		 "{\"Fn::ForEach::X\": [\"a\", [\"b\"], {\"c\": \"d\"}]}"},
		{"a: |\n  b\n  c\n", "{\"a\": \"b\\nc\\n\"}"},
	};
	struct template_fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(normal(f, rows[i].yaml, NORMAL_JSON),
				    normal(f, rows[i].json, NORMAL_JSON));
}

static void yaml_quotes_what_could_be_more_than_a_string(void **state)
{
	assert_string_equal(
		normal(*state,
		       "Description: a b\nVersion: 2010-09-09\nYes: no\nn: ~\nport: 10\n"
		       "arn: arn:aws:s3:::b/*\nsub: !Sub '${x}'\nend: 'x:'\nspace: 'x '\n"
		       "é: ü\nlist: [[a, b], {c: d, e: []}, null]\ntext: |\n  a: b\n\n   #c\n"
		       "cut: |-\n  a\n  b\nmore: |+\n  a\n\nlead: \" a\\nb\"\nctl: "
		       "\"\\x01\\\"\\\\\"\n",
		       NORMAL_YAML),
		"Description: a b\n"
		"Version: \"2010-09-09\"\n"
		"\"Yes\": \"no\"\n"
		"arn: arn:aws:s3:::b/*\n"
		"ctl: \"\\u0001\\\"\\\\\"\n"
		"cut: |-\n"
		"  a\n"
		"  b\n"
		"end: \"x:\"\n"
		"lead: \" a\\nb\"\n"
		"list:\n"
		"  - - a\n"
		"    - b\n"
		"  - c: d\n"
		"    e: []\n"
		"  - null\n"
		"more: |+\n"
		"  a\n"
		"\n"
		"\"n\": null\n"
		"port: \"10\"\n"
		"space: \"x \"\n"
		"sub:\n"
		"  Fn::Sub: \"${x}\"\n"
		"text: |\n"
		"  a: b\n"
		"\n"
		"   #c\n"
		"\"é\": \"ü\"\n");
}

static void both_forms_read_back_to_the_same(void **state)
{
	static const char *const rows[] = {
		"{}",
		"[]",
		"a",
		"\"a\\n b\\n\"",
		"[\"a\\nb\\n\\n\", \"\\n\", \"a\\n\\n\\nb\", \"a\\n  \\n\", \"a\\n\\t\\n\"]",
		"a: \"\\u2028\\u0085\\x7f\\ufeff\\ufffe\\U0001f600\\r\\n\"\n",
		"\"a\\nb\": c\n'-': '?'\n'? x': '- y'\n'#': '&a'\n'*': '!x'\n'%': '@'\n'': ''\n",
		"a: [[[]], {}, {b: {}}, [{c: [d]}]]\n",
		"a: ! 'null'\nb: \"~\"\nc: '<<'\n'<<': d\n",
		"a: 'x #y'\nb: 'x: y'\nc: \"x\\ty\"\nd: \"\\tx\\ny\"\ne: ' '\n",
		"- !Ref a\n- !GetAZs\n- !Foo [b]\n",
	};
	struct template_fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *json = normal(f, rows[i], NORMAL_JSON);
		const char *yaml = normal(f, rows[i], NORMAL_YAML);

		assert_string_equal(normal(f, json, NORMAL_JSON), json);
		assert_string_equal(normal(f, yaml, NORMAL_JSON), json);
		assert_string_equal(normal(f, yaml, NORMAL_YAML), yaml);
	}
}

static void long_keys_read_back(void **state)
{
	struct template_fixture *f = *state;
	struct str text = STR_INIT;
	const char *json;

	str_add(&text, "{\"");
	str_repeat(&text, 'k', 3000);
	str_add(&text, "\": {\"a\": \"b\"}}");
	json = normal(f, str_cstr(&text), NORMAL_JSON);
	assert_string_equal(normal(f, normal(f, json, NORMAL_YAML), NORMAL_JSON), json);
	str_release(&text);
}

/* 200 blanks in front of each of a million values. */
static void what_grows_without_end_is_cut_off(void **state)
{
	struct template_fixture *f = *state;
	struct str text = STR_INIT, out = STR_INIT;
	const struct node *n;

	str_repeat(&text, '[', 99);
	for (int i = 0; i < 1000000; i++)
		str_add(&text, "1,");
	str_add(&text, "1");
	str_repeat(&text, ']', 99);
	n = fixture_parse(f, str_cstr(&text), NODE_TEMPLATE);
	assert_non_null(n);
	assert_false(node_normalize(n, NORMAL_JSON, &out));
	assert_in_range(out.len, LIMIT_NORMAL_LEN, LIMIT_NORMAL_LEN + 100000);
	str_release(&out);
	str_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, template_setup, template_teardown)
		TEST(short_tags_become_long_and_keys_are_sorted),
		TEST(twins_are_equal),
		TEST(yaml_quotes_what_could_be_more_than_a_string),
		TEST(both_forms_read_back_to_the_same),
		TEST(long_keys_read_back),
		TEST(what_grows_without_end_is_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
