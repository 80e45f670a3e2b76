/* test_node_yaml.c - YAML as people write it in templates. */
#include "tests/unit/template_fixture.h"

#include <string.h>

#include "base/limits.h"

static const char *dumped(struct template_fixture *f, const char *text)
{
	const struct node *n = fixture_parse(f, text, NODE_TEMPLATE);
	struct str out = STR_INIT;
	const char *result;

	if (!n)
		return fixture_said(f);
	node_dump(n, &out);
	result = arena_text(f->a, str_text(&out));
	str_release(&out);
	return result;
}

/* The value of the key a, in the short notation below. */
struct row {
	const char *yaml, *value;
};

/* "text", [items], {key: value}, Name(argument) */
static void show(const struct node *n, struct str *out)
{
	switch (n->kind) {
	case NODE_SCALAR:
		str_printf(out, n->style == SCALAR_PLAIN ? "%.*s" : "\"%.*s\"", TEXT_ARG(n->text));
		break;
	case NODE_LIST:
		str_add_char(out, '[');
		for (size_t i = 0; i < n->count; i++) {
			str_add(out, i ? ", " : "");
			show(n->items[i], out);
		}
		str_add_char(out, ']');
		break;
	case NODE_MAP:
		str_add_char(out, '{');
		for (size_t i = 0; i < n->count; i++) {
			str_printf(out, "%s%s: ", i ? ", " : "", n->entries[i].key->text.ptr);
			show(n->entries[i].value, out);
		}
		str_add_char(out, '}');
		break;
	case NODE_CALL:
		str_printf(out, "%s(", n->text.ptr);
		show(n->arg, out);
		str_add_char(out, ')');
		break;
	}
}

static void expect(struct template_fixture *f, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct node *n = fixture_parse(f, rows[i].yaml, NODE_TEMPLATE);
		struct str out = STR_INIT;

		if (!n)
			print_error("%s\n%s", rows[i].yaml, fixture_said(f));
		assert_non_null(n);
		show(node_find(n, "a"), &out);
		assert_string_equal(str_cstr(&out), rows[i].value);
		assert_string_equal(fixture_said(f), "");
		str_release(&out);
	}
}

static void sequences(void **state)
{
	static const struct row rows[] = {
		{"a:\n- b\n- c\nd: e\n", "[b, c]"},
		{"a:\n  - b\n  - c\n", "[b, c]"},
		{"a:\n- - b\n  - c\n- - - d\n", "[[b, c], [[d]]]"},
		{"a:\n- b:\n  - c\n- d\n", "[{b: [c]}, d]"},
		{"a:\n-\n  b: c\n-\n  d: e\n", "[{b: c}, {d: e}]"},
		{"a:\n- -\n    b\n", "[[b]]"},
		{"a: [b, c,]\n", "[b, c]"},
		{"a: [\n\tb,\n\tc\n]\n", "[b, c]"},
		{"a: [b c, d\n  e]\n", "[b c, d e]"},
		{"a:\n  -   b: c\n      d: e\n", "[{b: c, d: e}]"},
		{"a: []\nb: {}\n", "[]"},
	};

	expect(*state, rows, ARRAY_LEN(rows));
}

static void tags(void **state)
{
	static const struct row rows[] = {
		{"a: !GetAZs\nb: c\n", "Fn::GetAZs()"},
		{"a: !GetAZs ''\n", "Fn::GetAZs(\"\")"},
		{"a: !Ref ''\n", "Ref(\"\")"},
		{"a: [!GetAZs, b]\n", "[Fn::GetAZs(), b]"},
		{"a: !Select [0, !GetAZs]\n", "Fn::Select([0, Fn::GetAZs()])"},
		{"a: {b: !GetAZs}\n", "{b: Fn::GetAZs()}"},
		{"a: !Select [0, !GetAZs {Ref: 'AWS::Region'}]\n",
		 "Fn::Select([0, Fn::GetAZs(Ref(\"AWS::Region\"))])"},
		{"a: [!Ref b, !GetAtt c.D, !Sub '${e}']\n",
		 "[Ref(b), Fn::GetAtt(c.D), Fn::Sub(\"${e}\")]"},
		{"a: !If [b, !Ref c, !Ref AWS::NoValue]\n",
		 "Fn::If([b, Ref(c), Ref(AWS::NoValue)])"},
		{"a: !Sub |\n  b\n  ${c}\nd: e\n", "Fn::Sub(\"b\n${c}\n\")"},
		{"a: !Base64\n  Fn::Sub: >-\n    b\n    c\n", "Fn::Base64(Fn::Sub(\"b c\"))"},
		{"a: !Sub\n  - b\n  - c: d\n", "Fn::Sub([b, {c: d}])"},
		{"a: !Sub\n- b\n- {}\n", "Fn::Sub([b, {}])"},
		{"a: !Transform\n  Name: b\n", "Fn::Transform({Name: b})"},
		{"a: !Sub # why\n\n  b\n", "Fn::Sub(b)"},
		{"a:\n  !Ref b\n", "Ref(b)"},
		{"a:\n- !Ref b\n- !If [c, !Ref d, e]\n", "[Ref(b), Fn::If([c, Ref(d), e])]"},
		{"a: !Condition b\n", "Condition(b)"},
		{"a: !!str 5\n", "\"5\""},
		{"a: ! 5\n", "\"5\""},
		{"a: !!timestamp 2012-10-17\n", "\"2012-10-17\""},
		{"a: !<tag:yaml.org,2002:int> 5\n", "5"},
	};

	expect(*state, rows, ARRAY_LEN(rows));
}

static void tags_and_keys_of_other_tools_are_read(void **state)
{
	static const struct row rows[] = {
		{"a: !Rain::Embed b.txt\n", "Rain::Embed(b.txt)"},
		{"a: !Rain::Module {b: c}\n", "Rain::Module({b: c})"},
		{"a: {Rain::Embed: b.txt}\n", "{Rain::Embed: b.txt}"},
		{"a: !Foo b\n", "Fn::Foo(b)"},
		{"a: {'Fn::Foo': b}\n", "Fn::Foo(b)"},
	};

	expect(*state, rows, ARRAY_LEN(rows));
}

static void block_scalars(void **state)
{
	static const struct row rows[] = {
		{"a: |2\n    b\n  c\n", "\"  b\nc\n\""},
		{"a: |1-\n  b\n", "\" b\""},
		{"a: >-2\n    b\n  c\n", "\"  b\nc\""},
		{"a: |+\n  b\n\n\nc: d\n", "\"b\n\n\n\""},
		{"a: |-\n  b\n\n\nc: d\n", "\"b\""},
		{"a: >\n  b\n  c\n\n  d\n   e\n", "\"b c\nd\n e\n\""},
		{"a: | # why\n  # b\n", "\"# b\n\""},
		{"a: |\n  #!/bin/bash\n  c: d\n\te\n", NULL},
		{"a: |\n\n\n  b\n", "\"\n\nb\n\""},
		{"a: |\nb: c\n", "\"\""},
		{"a: |\n  b\n  \tc\n \nd: e\n", "\"b\n\tc\n\""},
		{"a: |\r\n  b\r\n  c\r\nd: e\r\n", "\"b\nc\n\""},
	};
	struct template_fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].value) {
			expect(f, &rows[i], 1);
			continue;
		}
		assert_null(fixture_parse(f, rows[i].yaml, NODE_TEMPLATE));
		fixture_said(f);
	}
}

static void flow_scalars(void **state)
{
	static const struct row rows[] = {
		{"a: b\n  c\n  d\n", "b c d"},
		{"a:\n  b\n\n  c\n", "b\nc"},
		{"a: 'b\n\n  c'\n", "\"b\nc\""},
		{"a: \"b \\\n   c\"\n", "\"b c\""},
		{"a: \"b\n  c\"\n", "\"b c\""},
		{"a: 'it''s'\n", "\"it's\""},
		{"a: \"\\/\\t\\x41\\u00e9\"\n", "\"/\tAé\""},
		{"a: \"\\ud83d\\ude00 \\ud83d\\ude00\"\n", "\"😀 😀\""},
		{"a: \"\\U0001f600\"\n", "\"😀\""},
		{"a: arn:aws:s3:::b/*\n", "arn:aws:s3:::b/*"},
		{"a: http://b/#c\n", "http://b/#c"},
		{"a: b#c # d\n", "b#c"},
		{"a: -b\n", "-b"},
		{"a: --b=c\n", "--b=c"},
		{"a: ::b\n", "::b"},
		{"a: ?b\n", "?b"},
		{"a: b]c}d,\n", "b]c}d,"},
		{"a: [arn:aws:s3:::b/*, c:d, -e]\n", "[arn:aws:s3:::b/*, c:d, -e]"},
		{"a: {b: arn:aws:s3:::c}\n", "{b: arn:aws:s3:::c}"},
		{"a: ${b}\n", "${b}"},
		{"a:\tb\n", "b"},
		{"a: b\t# c\n", "b"},
	};

	expect(*state, rows, ARRAY_LEN(rows));
}

static void plain_scalars_stay_as_written(void **state)
{
	static const char *const words[] = {
		"Yes",  "no",    "on",       "2012-10-17", "123456789012345678901234567890",
		"0777", "1_000", "12:30:45", "1e3",        "0x1F",
		".5",   "+1",    "1.10",     "TRUE",       "~",
		"null", "=",     "-",        ".inf",
	};
	struct template_fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const char *text = arena_printf(f->a, "a: %s\n", words[i]);

		if (strcmp(words[i], "-") != 0)
			expect(f, &(struct row){text, words[i]}, 1);
	}
}

static void documents(void **state)
{
	static const struct row rows[] = {
		{"---\na: b\n...\n", "b"},
		{"--- # why\na: b\n", "b"},
		{"%YAML 1.1\n---\na: b\n", "b"},
		{"%YAML 1.2\n---\na: b\n", "b"},
		{"\n# why\n\n---\na: b\n# end", "b"},
		{"---\na: b\n---\n", "b"},
		{"a: b\n...\n---\n# end\n", "b"},
		{"\xef\xbb\xbf"
		 "a: b\n",
		 "b"},
		{"a: b", "b"},
		{"? a\n: b\n", "b"},
		{"a: b\n\t\nc: d\n", "b"},
		{"a: b\n \t \t# why\nc: d\n", "b"},
		{"a: b\n\n   # why\n# not\nc: d\n", "b"},
		{"{? a : b}\n", "b"},
		{"b: c\n\"a\": 'd'\n", "\"d\""},
		{"80: x\na: b\n", "b"},
	};

	expect(*state, rows, ARRAY_LEN(rows));
}

static void anchors(void **state)
{
	static const struct row rows[] = {
		{"b: &x c\na: *x\n", "c"},
		{"b: &x c\na: [*x, *x ]\n", "[c, c]"},
		{"b: &x !Ref c\na: *x\n", "Ref(c)"},
		{"b: !Sub &x c\na: *x\n", "Fn::Sub(c)"},
		{"b: &x\n  c: d\na:\n  <<: *x\n  e: f\n", "{e: f, c: d}"},
		{"b: &x {c: d}\ne: &y {c: z, g: h}\na:\n  <<: [*x, *y]\n", "{c: d, g: h}"},
		{"b: &x {c: d}\ne: &y {f: g}\na: {<<: *x, <<: *y}\n", "{c: d, f: g}"},
		{"b: &x |\n  c\na: !Sub\n  - *x\n  - {}\n", "Fn::Sub([\"c\n\", {}])"},
		{"b: &x\na: *x\n", ""},
		{"b: &x c\nd: &x e\na: *x\n", "e"},
		{"a: {<<: {b: c}, d: e}\n", "{d: e, b: c}"},
		{"a: {'<<': b}\n", "{<<: b}"},
	};

	expect(*state, rows, ARRAY_LEN(rows));
}

static void places_of_tags_aliases_and_block_scalars(void **state)
{
	assert_string_equal(dumped(*state, "é: &x !Sub |-\n  b\n\nc: [é, *x, !GetAZs]\nd: *x\n"),
			    "map 3 1:1-5:6\n"
			    "  key scalar p \"é\" 1:1-1:2\n"
			    "    call Fn::Sub 1:7-2:4\n"
			    "      scalar b \"b\" 1:12-2:4\n"
			    "  key scalar p \"c\" 4:1-4:2\n"
			    "    list 3 4:4-4:20\n"
			    "      - scalar p \"é\" 4:5-4:6\n"
			    "      - call Fn::Sub 4:8-4:10\n"
			    "        scalar b \"b\" 1:12-2:4\n"
			    "      - call Fn::GetAZs 4:12-4:19\n"
			    "        scalar p \"\" 4:19-4:19\n"
			    "  key scalar p \"d\" 5:1-5:2\n"
			    "    call Fn::Sub 5:4-5:6\n"
			    "      scalar b \"b\" 1:12-2:4\n");
}

static void places_are_those_of_the_source_where_the_text_was_repaired(void **state)
{
	assert_string_equal(
		dumped(*state, "a: [!GetAZs]\n\t\nb: {c: \"\\ud83d\\ude00\", d: !GetAZs}\ne: f\n"),
		"map 3 1:1-4:5\n"
		"  key scalar p \"a\" 1:1-1:2\n"
		"    list 1 1:4-1:13\n"
		"      - call Fn::GetAZs 1:5-1:12\n"
		"        scalar p \"\" 1:12-1:12\n"
		"  key scalar p \"b\" 3:1-3:2\n"
		"    map 2 3:4-3:35\n"
		"      key scalar p \"c\" 3:5-3:6\n"
		"        scalar q \"😀\" 3:8-3:22\n"
		"      key scalar p \"d\" 3:24-3:25\n"
		"        call Fn::GetAZs 3:27-3:34\n"
		"          scalar p \"\" 3:34-3:34\n"
		"  key scalar p \"e\" 4:1-4:2\n"
		"    scalar p \"f\" 4:4-4:5\n");
}

static void errors_behind_a_repair_have_their_place(void **state)
{
	assert_string_equal(dumped(*state, "a: [!GetAZs]\nb: [!GetAZs], c\n"),
			    "2:13 HD1004 not valid YAML: did not find expected key; while parsing "
			    "a block mapping that began at 1:1; hint: check the indentation and "
			    "the brackets and quotes up to this place\n");
	assert_string_equal(dumped(*state, "a: 1\nb: [!GetAZs]\na: 2\n"),
			    "3:1 HD1005 key 'a' appears twice in this map; hint: rename or remove "
			    "one of them; 1:1 first defined here\n");
}

static void repairs_end(void **state)
{
	struct template_fixture *f = *state;
	struct str text = STR_INIT;

	for (int i = 0; i < 100; i++)
		str_add(&text, "- [!GetAZs]\n");
	assert_non_null(fixture_parse(f, str_cstr(&text), NODE_TEMPLATE));
	for (int i = 0; i < 50000; i++)
		str_add(&text, "- [!GetAZs]\n");
	assert_null(fixture_parse(f, str_cstr(&text), NODE_TEMPLATE));
	assert_non_null(strstr(fixture_said(f), ":11 HD1004 not valid YAML"));
	str_release(&text);
}

static void places_are_exact_where_lines_end_unusually(void **state)
{
	assert_string_equal(dumped(*state, "é: [a, \"\xe2\x80\xa8\", !Ref é]\rb: c\n'ü': d\n"),
			    "map 3 1:1-2:7\n"
			    "  key scalar p \"é\" 1:1-1:2\n"
			    "    list 3 1:4-1:20\n"
			    "      - scalar p \"a\" 1:5-1:6\n"
			    "      - scalar q \"\xe2\x80\xa8\" 1:8-1:11\n"
			    "      - call Ref 1:13-1:19\n"
			    "        scalar p \"é\" 1:18-1:19\n"
			    "  key scalar p \"b\" 1:21-1:22\n"
			    "    scalar p \"c\" 1:24-1:25\n"
			    "  key scalar q \"ü\" 2:1-2:4\n"
			    "    scalar p \"d\" 2:6-2:7\n");
}

static void places_lie_behind_comments_and_properties(void **state)
{
	assert_string_equal(dumped(*state, "a: &x # !why\n  !Sub # &why\n  b\n"),
			    "map 1 1:1-3:4\n"
			    "  key scalar p \"a\" 1:1-1:2\n"
			    "    call Fn::Sub 2:3-3:4\n"
			    "      scalar p \"b\" 3:3-3:4\n");
	assert_string_equal(dumped(*state, "a: !Sub # why\r  b\n"),
			    "map 1 1:1-1:18\n"
			    "  key scalar p \"a\" 1:1-1:2\n"
			    "    call Fn::Sub 1:4-1:18\n"
			    "      scalar p \"b\" 1:17-1:18\n");
}

static void hostile_texts_end_quickly(void **state)
{
	struct template_fixture *f = *state;
	struct str text = STR_INIT;

	for (int i = 0; i < 200000; i++)
		str_printf(&text, "%%TAG !%d! tag:x:\n", i);
	str_add(&text, "---\na: b\n");
	assert_null(fixture_parse(f, str_cstr(&text), NODE_TEMPLATE));
	assert_string_equal(fixture_said(f), "101:1 HD1009 the document is too large from here "
					     "on; more than 100 %TAG directives\n");
	str_clear(&text);
	for (int i = 0; i < 200000; i++)
		str_add(&text, "a: b\n");
	assert_null(fixture_parse(f, str_cstr(&text), NODE_TEMPLATE));
	assert_int_equal(f->d.error_count, LIMIT_DIAGS);
	diags_release(&f->d);
	str_clear(&text);
	str_repeat(&text, '{', 200000);
	assert_null(fixture_parse(f, str_cstr(&text), NODE_TEMPLATE));
	assert_int_equal(f->d.first->code, DIAG_YAML_DEPTH);
	diags_release(&f->d);
	str_clear(&text);
	str_add(&text, "- [!GetAZs]\n- ");
	str_repeat(&text, '[', 200000);
	assert_null(fixture_parse(f, str_cstr(&text), NODE_TEMPLATE));
	assert_int_equal(f->d.first->code, DIAG_YAML_DEPTH);
	diags_release(&f->d);
	str_release(&text);
}

static void common_mistakes_get_their_hint(void **state)
{
	static const struct {
		const char *yaml, *hint;
	} rows[] = {
		{"a: *\n", "1:5 HD1004 not valid YAML: did not find expected alphabetic or numeric "
			   "character; while scanning an alias that began at 1:4; hint: put text "
			   "that begins with '*' or '&' in quotes\n"},
		{"a: {{resolve:ssm:x}}\n", "1:5 HD1006 a key is a plain word, and this is a map; "
					   "hint: put text that begins with '{{' in quotes\n"},
		{"a: {b: c\n",
		 "1:4 HD1004 not valid YAML: what begins here is not closed before the "
		 "end of the file; while parsing a flow mapping: did not find expected "
		 "',' or '}'; hint: close the quote or bracket\n"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(dumped(*state, rows[i].yaml), rows[i].hint);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, template_setup, template_teardown)
		TEST(sequences),
		TEST(tags),
		TEST(tags_and_keys_of_other_tools_are_read),
		TEST(block_scalars),
		TEST(flow_scalars),
		TEST(plain_scalars_stay_as_written),
		TEST(documents),
		TEST(anchors),
		TEST(places_of_tags_aliases_and_block_scalars),
		TEST(places_are_those_of_the_source_where_the_text_was_repaired),
		TEST(errors_behind_a_repair_have_their_place),
		TEST(repairs_end),
		TEST(places_are_exact_where_lines_end_unusually),
		TEST(places_lie_behind_comments_and_properties),
		TEST(hostile_texts_end_quickly),
		TEST(common_mistakes_get_their_hint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
