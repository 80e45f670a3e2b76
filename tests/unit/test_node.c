/* test_node.c - reading YAML and JSON into nodes. */
#include "tests/unit/template_fixture.h"

#include <string.h>

#include "base/limits.h"

static const char *dumped(struct template_fixture *f, const char *text, enum node_dialect dialect)
{
	const struct node *n = fixture_parse(f, text, dialect);
	struct str out = STR_INIT;
	const char *result;

	if (!n)
		return fixture_said(f);
	node_dump(n, &out);
	result = arena_text(f->a, str_text(&out));
	str_release(&out);
	return result;
}

static void scalars_keep_their_text_and_style(void **state)
{
	assert_string_equal(
		dumped(*state, "a: 0644\nb: 'x y'\nc: |\n  l1\n  l2\n\nd: yes\n", NODE_TEMPLATE),
		"map 4 1:1-7:7\n"
		"  key scalar p \"a\" 1:1-1:2\n"
		"    scalar p \"0644\" 1:4-1:8\n"
		"  key scalar p \"b\" 2:1-2:2\n"
		"    scalar q \"x y\" 2:4-2:9\n"
		"  key scalar p \"c\" 3:1-3:2\n"
		"    scalar b \"l1\\nl2\\n\" 3:4-5:5\n"
		"  key scalar p \"d\" 7:1-7:2\n"
		"    scalar p \"yes\" 7:4-7:7\n");
}

static void short_and_long_forms_are_one_kind(void **state)
{
	const char *short_form = dumped(*state, "a: !Sub x\n", NODE_TEMPLATE);
	const char *long_form = dumped(*state, "a: {'Fn::Sub': x}\n", NODE_TEMPLATE);

	assert_string_equal(short_form, "map 1 1:1-1:10\n"
					"  key scalar p \"a\" 1:1-1:2\n"
					"    call Fn::Sub 1:4-1:10\n"
					"      scalar p \"x\" 1:9-1:10\n");
	assert_string_equal(long_form, "map 1 1:1-1:18\n"
				       "  key scalar p \"a\" 1:1-1:2\n"
				       "    call Fn::Sub 1:5-1:17\n"
				       "      scalar p \"x\" 1:16-1:17\n");
}

static void tagged_collections_have_the_place_of_their_content(void **state)
{
	assert_string_equal(dumped(*state, "a: &x !Join # why\n  - ','\n  - [b]\n", NODE_TEMPLATE),
			    "map 1 1:1-3:8\n"
			    "  key scalar p \"a\" 1:1-1:2\n"
			    "    call Fn::Join 1:7-3:8\n"
			    "      list 2 2:3-3:8\n"
			    "        - scalar q \",\" 2:5-2:8\n"
			    "        - list 1 3:5-3:8\n"
			    "          - scalar p \"b\" 3:6-3:7\n");
}

static void columns_count_code_points(void **state)
{
	assert_string_equal(dumped(*state, "{é: \"ü\", b: c}\n", NODE_TEMPLATE),
			    "map 2 1:1-1:15\n"
			    "  key scalar p \"é\" 1:2-1:3\n"
			    "    scalar q \"ü\" 1:5-1:8\n"
			    "  key scalar p \"b\" 1:10-1:11\n"
			    "    scalar p \"c\" 1:13-1:14\n");
}

static void lines_are_those_of_the_source_whatever_yaml_calls_a_break(void **state)
{
	struct template_fixture *f = *state;
	const struct node *n =
		fixture_parse(f, "a: 'x\xe2\x80\xa8y'\r\nb: !Ref c\r\n", NODE_TEMPLATE);

	assert_non_null(n);
	assert_int_equal(n->entries[1].key->where.start.line, 2);
	assert_int_equal(n->entries[1].value->where.start.column, 4);
	assert_int_equal(n->entries[1].value->arg->where.start.column, 9);
}

static void lists_at_the_indent_of_their_key_end_with_their_last_item(void **state)
{
	assert_string_equal(dumped(*state, "a:\n- - x\n  - y\nb: 1\n", NODE_TEMPLATE),
			    "map 2 1:1-4:5\n"
			    "  key scalar p \"a\" 1:1-1:2\n"
			    "    list 1 2:1-3:6\n"
			    "      - list 2 2:3-3:6\n"
			    "        - scalar p \"x\" 2:5-2:6\n"
			    "        - scalar p \"y\" 3:5-3:6\n"
			    "  key scalar p \"b\" 4:1-4:2\n"
			    "    scalar p \"1\" 4:4-4:5\n");
}

static void condition_is_a_call_only_where_one_is_expected(void **state)
{
	struct template_fixture *f = *state;
	const struct node *n = fixture_parse(f,
					     "Conditions: {A: {Condition: B}, "
					     "C: !And [{Condition: A}, !Not [{Condition: B}]]}\n"
					     "Policy: [{Condition: {Bool: x}}, {Condition: y}]\n",
					     NODE_TEMPLATE);
	const struct node *c = node_find(n, "Conditions"), *policy = node_find(n, "Policy");

	assert_true(node_is_call(node_find(c, "A"), "Condition"));
	assert_true(node_is_call(node_find(c, "C")->arg->items[0], "Condition"));
	assert_true(node_is_call(node_find(c, "C")->arg->items[1]->arg->items[0], "Condition"));
	assert_int_equal(policy->items[0]->kind, NODE_MAP);
	assert_int_equal(policy->items[1]->kind, NODE_MAP);
}

static void loops_stay_entries_of_their_map(void **state)
{
	struct template_fixture *f = *state;
	const struct node *n =
		fixture_parse(f, "Fn::ForEach::A: [x, [y], {z: w}]\n", NODE_TEMPLATE);

	assert_int_equal(n->kind, NODE_MAP);
	assert_string_equal(n->entries[0].key->text.ptr, "Fn::ForEach::A");
}

static void aliases_and_merge_keys_repeat_values(void **state)
{
	assert_string_equal(
		dumped(*state, "a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\nc: *x\n", NODE_MANIFEST),
		"map 3 1:1-3:6\n"
		"  key scalar p \"a\" 1:1-1:2\n"
		"    map 2 1:7-1:19\n"
		"      key scalar p \"p\" 1:8-1:9\n"
		"        scalar p \"1\" 1:11-1:12\n"
		"      key scalar p \"q\" 1:14-1:15\n"
		"        scalar p \"2\" 1:17-1:18\n"
		"  key scalar p \"b\" 2:1-2:2\n"
		"    map 2 2:4-2:18\n"
		"      key scalar p \"q\" 2:13-2:14\n"
		"        scalar p \"3\" 2:16-2:17\n"
		"      key scalar p \"p\" 1:8-1:9\n"
		"        scalar p \"1\" 1:11-1:12\n"
		"  key scalar p \"c\" 3:1-3:2\n"
		"    map 2 3:4-3:6\n"
		"      key scalar p \"p\" 1:8-1:9\n"
		"        scalar p \"1\" 1:11-1:12\n"
		"      key scalar p \"q\" 1:14-1:15\n"
		"        scalar p \"2\" 1:17-1:18\n");
}

static void an_empty_document_is_an_empty_map(void **state)
{
	assert_string_equal(dumped(*state, "# nothing\n", NODE_MANIFEST), "map 0 1:1-1:1\n");
	assert_string_equal(dumped(*state, "---\n", NODE_MANIFEST), "map 0 1:1-1:1\n");
}

static void duplicate_keys_name_both_places(void **state)
{
	assert_string_equal(dumped(*state, "a: 1\nb: {c: 1, c: 2}\na: 3\n", NODE_MANIFEST),
			    "2:11 HD1005 key 'c' appears twice in this map; hint: rename or remove "
			    "one of them; 2:5 first defined here\n"
			    "3:1 HD1005 key 'a' appears twice in this map; hint: rename or remove "
			    "one of them; 1:1 first defined here\n");
}

static void duplicate_keys_are_found_in_large_maps(void **state)
{
	struct template_fixture *f = *state;
	struct str text = STR_INIT;

	for (int i = 0; i < 100; i++)
		str_printf(&text, "k%d: 1\n", i);
	str_add(&text, "k50: 2\n");
	assert_null(fixture_parse(f, str_cstr(&text), NODE_MANIFEST));
	assert_string_equal(fixture_said(f), "101:1 HD1005 key 'k50' appears twice in this map; "
					     "hint: rename or remove one of them; 51:1 first "
					     "defined here\n");
	str_release(&text);
}

static void keys_must_be_scalars(void **state)
{
	assert_string_equal(dumped(*state, "? [a]\n: 1\n!Ref x: 2\n", NODE_TEMPLATE),
			    "1:3 HD1006 a key is a plain word, and this is a list; hint: put text "
			    "that begins with '[', '{', '!' or '*' in quotes\n"
			    "3:1 HD1006 a key is a plain word, and this is !Ref; hint: put text "
			    "that begins with '[', '{', '!' or '*' in quotes\n");
}

static void the_manifest_has_no_functions(void **state)
{
	assert_string_equal(dumped(*state, "a: !Ref b\nRef: x\n", NODE_MANIFEST),
			    "1:4 HD1007 tag '!Ref' has no meaning here; hint: functions belong "
			    "into templates; put a value that begins with '!' in quotes\n");
	assert_non_null(fixture_parse(*state, "Ref: x\n", NODE_MANIFEST));
}

static void yaml_tags_are_known_or_refused(void **state)
{
	struct template_fixture *f = *state;
	const struct node *n = fixture_parse(f, "a: !!str 5\nb: !!int 5\n", NODE_TEMPLATE);

	assert_int_equal(node_find(n, "a")->style, SCALAR_QUOTED);
	assert_int_equal(node_find(n, "b")->style, SCALAR_PLAIN);
	assert_null(fixture_parse(f, "a: !!binary aGVsbG8=\nb: !Fn::Sub x\n", NODE_TEMPLATE));
	assert_string_equal(fixture_said(f),
			    "1:4 HD1007 tag 'tag:yaml.org,2002:binary' has no meaning here; hint: "
			    "a function has one '!' (!Sub); a value in quotes needs no tag\n"
			    "2:4 HD1007 tag '!Fn::Sub' has no meaning here; hint: write !Sub\n");
}

static void a_wrong_tag_is_shown_whole_and_nothing_else(void **state)
{
	static const struct {
		const char *yaml;
		unsigned start, end; /* columns in line 1 */
	} rows[] = {
		{"a: !Ref b\n", 4, 8},
		{"a: &anchor !Sub b\n", 12, 16},
		{"a: !Sub &anchor b\n", 4, 8},
		{"[!Ref, b]\n", 2, 6},
		{"a: !<tag:yaml.org,2002:binary> b\n", 4, 31},
		{"!Ref\n", 1, 5},
	};
	struct template_fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_null(fixture_parse(f, rows[i].yaml, NODE_MANIFEST));
		assert_int_equal(f->d.first->code, DIAG_YAML_TAG);
		assert_int_equal(f->d.first->where.start.column, rows[i].start);
		assert_int_equal(f->d.first->where.end.column, rows[i].end);
		diags_release(&f->d);
	}
}

static void syntax_errors_say_what_to_do(void **state)
{
	assert_string_equal(dumped(*state, "a:\n\tb: 1\n", NODE_MANIFEST),
			    "2:1 HD1004 not valid YAML: found character that cannot start any "
			    "token; while scanning for the next token that began at 2:1; hint: "
			    "indent with blanks; YAML allows no tabs there\n");
	assert_string_equal(dumped(*state, "a: 'x\n", NODE_MANIFEST),
			    "1:4 HD1004 not valid YAML: what begins here is not closed before the "
			    "end of the file; while scanning a quoted scalar: found unexpected end "
			    "of stream; hint: close the quote or bracket\n");
	assert_string_equal(dumped(*state, "a: !Base64 !Sub x\n", NODE_TEMPLATE),
			    "1:12 HD1004 not valid YAML: did not find expected key; while parsing "
			    "a block mapping that began at 1:1; hint: a value has one tag: write "
			    "the inner function in its long form, as in !Base64 {'Fn::Sub': "
			    "text}\n");
	assert_string_equal(dumped(*state, "a: b: c\n", NODE_MANIFEST),
			    "1:5 HD1004 not valid YAML: mapping values are not allowed in this "
			    "context; hint: check the indentation, and put a value that holds ': ' "
			    "in quotes\n");
	assert_string_equal(
		dumped(*state, "a: {R${X}: 1}\n", NODE_TEMPLATE),
		"1:7 HD1004 not valid YAML: did not find expected ',' or '}'; while "
		"parsing a flow mapping that began at 1:4; hint: inside of brackets put "
		"text that holds '${...}' or '&{...}' in quotes\n");
}

static void an_alias_needs_its_anchor(void **state)
{
	assert_string_equal(dumped(*state, "a: *x\nb: &y [*y]\n", NODE_MANIFEST),
			    "1:4 HD1010 no value is marked '&x' above; hint: mark it, or put text "
			    "that begins with '*' in quotes\n"
			    "2:8 HD1010 no value is marked '&y' above; hint: mark it, or put text "
			    "that begins with '*' in quotes\n");
}

static void merging_takes_maps_only(void **state)
{
	assert_string_equal(dumped(*state, "a: {<<: x}\n", NODE_MANIFEST),
			    "1:9 HD1011 '<<' merges maps, and this is a string; hint: name a map "
			    "with an alias: '<<: *name'\n");
}

static void one_document_per_file(void **state)
{
	assert_string_equal(dumped(*state, "a: 1\n---\nb: 2\n", NODE_MANIFEST),
			    "2:1 HD1012 a second document begins here; hint: put it in a file of "
			    "its own\n");
}

static void nul_escapes_are_refused(void **state)
{
	assert_string_equal(dumped(*state, "a: \"x\\0y\"\n", NODE_MANIFEST),
			    "1:4 HD1013 the text holds a NUL character; hint: remove the escape "
			    "\\0\n");
}

static void depth_is_limited(void **state)
{
	struct template_fixture *f = *state;
	struct str text = STR_INIT;

	str_repeat(&text, '[', LIMIT_NODE_DEPTH + 2);
	str_repeat(&text, ']', LIMIT_NODE_DEPTH + 2);
	assert_null(fixture_parse(f, str_cstr(&text), NODE_MANIFEST));
	assert_string_equal(fixture_said(f),
			    "1:102 HD1008 lists and maps are nested more than 100 deep\n");
	str_release(&text);
}

static void alias_bombs_are_refused_quickly(void **state)
{
	struct template_fixture *f = *state;
	struct str text = STR_INIT;

	str_add(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 12; i++) {
		str_printf(&text, "a%d: &a%d [", i, i);
		for (int j = 0; j < 10; j++)
			str_printf(&text, "%s*a%d", j ? ", " : "", i - 1);
		str_add(&text, "]\n");
	}
	assert_null(fixture_parse(f, str_cstr(&text), NODE_MANIFEST));
	assert_non_null(strstr(fixture_said(f), "HD1009 the document is too large from here on"));
	str_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, template_setup, template_teardown)
		TEST(scalars_keep_their_text_and_style),
		TEST(short_and_long_forms_are_one_kind),
		TEST(tagged_collections_have_the_place_of_their_content),
		TEST(columns_count_code_points),
		TEST(lines_are_those_of_the_source_whatever_yaml_calls_a_break),
		TEST(lists_at_the_indent_of_their_key_end_with_their_last_item),
		TEST(condition_is_a_call_only_where_one_is_expected),
		TEST(loops_stay_entries_of_their_map),
		TEST(aliases_and_merge_keys_repeat_values),
		TEST(an_empty_document_is_an_empty_map),
		TEST(duplicate_keys_name_both_places),
		TEST(duplicate_keys_are_found_in_large_maps),
		TEST(keys_must_be_scalars),
		TEST(the_manifest_has_no_functions),
		TEST(yaml_tags_are_known_or_refused),
		TEST(a_wrong_tag_is_shown_whole_and_nothing_else),
		TEST(syntax_errors_say_what_to_do),
		TEST(an_alias_needs_its_anchor),
		TEST(merging_takes_maps_only),
		TEST(one_document_per_file),
		TEST(nul_escapes_are_refused),
		TEST(depth_is_limited),
		TEST(alias_bombs_are_refused_quickly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
