/* test_node_json.c - JSON, by the book and nearly so. */
#include "tests/unit/template_fixture.h"

#include <string.h>

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

static void json_is_read_with_its_escapes_and_tabs(void **state)
{
	assert_string_equal(
		dumped(*state, "{\n\t\"a\": \"x\\/y\\u00e9\\n\\\"\",\n\t\"b\": [null]\n}\n"),
		"map 2 1:1-4:2\n"
		"  key scalar q \"a\" 2:2-2:5\n"
		"    scalar q \"x/yé\\n\\\"\" 2:7-2:23\n"
		"  key scalar q \"b\" 3:2-3:5\n"
		"    list 1 3:7-3:13\n"
		"      - scalar p \"null\" 3:8-3:12\n");
}

static void columns_count_code_points_and_values_may_follow_on_a_later_line(void **state)
{
	assert_string_equal(dumped(*state, "\xef\xbb\xbf{\"é\"\r\n:\"ü\",\"b\" : {}}"),
			    "map 2 1:1-2:15\n"
			    "  key scalar q \"é\" 1:2-1:5\n"
			    "    scalar q \"ü\" 2:2-2:5\n"
			    "  key scalar q \"b\" 2:6-2:9\n"
			    "    map 0 2:12-2:14\n");
}

static void surrogate_pairs_are_one_character(void **state)
{
	assert_string_equal(dumped(*state, "[\"\\ud83d\\ude00\", \"\\u20AC\", \"\\u0041\"]"),
			    "list 3 1:1-1:37\n"
			    "  - scalar q \"😀\" 1:2-1:16\n"
			    "  - scalar q \"€\" 1:18-1:26\n"
			    "  - scalar q \"A\" 1:28-1:36\n");
}

static void half_a_pair_is_no_character(void **state)
{
	struct template_fixture *f = *state;

	assert_null(fixture_parse(f, "{\"a\": \"\\ud83dx\"}", NODE_TEMPLATE));
	assert_non_null(strstr(fixture_said(f), "HD1004"));
	assert_null(fixture_parse(f, "{\"a\": \"\\ude00\"}", NODE_TEMPLATE));
	assert_non_null(strstr(fixture_said(f), "HD1004"));
}

static void scalars_stay_as_written(void **state)
{
	static const char *const words[] = {
		"0", "-1", "12345678901234567890123", "1.50", "1E+10", "true", "false", "null"};
	struct template_fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const char *text = arena_printf(f->a, "[%s]", words[i]);
		const struct node *n = fixture_parse(f, text, NODE_TEMPLATE);

		assert_non_null(n);
		assert_string_equal(n->items[0]->text.ptr, words[i]);
		assert_int_equal(n->items[0]->style, SCALAR_PLAIN);
	}
}

static void long_forms_are_calls(void **state)
{
	assert_string_equal(dumped(*state, "{\"a\": {\"Fn::Sub\": \"x\"}, \"b\":{\"Ref\":\"c\"}}"),
			    "map 2 1:1-1:41\n"
			    "  key scalar q \"a\" 1:2-1:5\n"
			    "    call Fn::Sub 1:8-1:22\n"
			    "      scalar q \"x\" 1:19-1:22\n"
			    "  key scalar q \"b\" 1:25-1:28\n"
			    "    call Ref 1:30-1:39\n"
			    "      scalar q \"c\" 1:36-1:39\n");
}

static void duplicate_keys_name_both_places(void **state)
{
	assert_string_equal(dumped(*state, "{\"a\": 1,\n \"b\": 2,\n \"a\": 3}"),
			    "3:2 HD1005 key 'a' appears twice in this map; hint: rename or remove "
			    "one of them; 1:2 first defined here\n");
}

static void long_keys_are_fine(void **state)
{
	struct template_fixture *f = *state;
	struct str text = STR_INIT;
	const struct node *n;

	str_add(&text, "{\"");
	str_repeat(&text, 'k', 5000);
	str_add(&text, "\": 1}");
	n = fixture_parse(f, str_cstr(&text), NODE_TEMPLATE);
	assert_non_null(n);
	assert_int_equal(n->entries[0].key->text.len, 5000);
	assert_int_equal(n->entries[0].value->where.start.column, 5006);
	str_release(&text);
}

static void trailing_commas_are_told_of_in_json_files(void **state)
{
	static const char *const names[] = {"t.json", "t.yaml"};
	static const char *const said[] = {"t.json:1:12 HD1014 nothing follows this comma, and "
					   "CloudFormation refuses such JSON; "
					   "hint: remove the comma\n",
					   ""};
	struct template_fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct source src = *fixture_source(f, "{\"a\": [1, 2, ], \"b\": 1}");

		src.name = names[i];
		assert_non_null(node_parse(f->a, &src, NODE_TEMPLATE, &f->d));
		assert_string_equal(fixture_said(f), said[i]);
	}
}

static void what_is_nearly_json_is_read_as_yaml(void **state)
{
	static const char *const rows[] = {
		"{\"a\": 1, # why\n \"b\": c}",
		"{\"a\": 1,}",
		"{'a': [1, 2,]}",
		"{a: 1}",
		"{\"a\": 01}",
		"{\"a\": yes}",
	};
	struct template_fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct node *n = fixture_parse(f, rows[i], NODE_TEMPLATE);

		assert_non_null(n);
		assert_string_equal(n->entries[0].key->text.ptr, "a");
		assert_string_equal(fixture_said(f), "");
	}
}

static void broken_json_says_where(void **state)
{
	assert_string_equal(dumped(*state, "{\"a\": [1, 2}\n"),
			    "1:12 HD1004 not valid YAML: did not find expected ',' or ']'; while "
			    "parsing a flow sequence that began at 1:7; hint: check the "
			    "indentation and the brackets and quotes up to this place\n");
	assert_string_equal(dumped(*state, "{\"a\": 1\n"),
			    "1:1 HD1004 not valid YAML: what begins here is not closed before the "
			    "end of the file; while parsing a flow mapping: did not find expected "
			    "',' or '}'; hint: close the quote or bracket\n");
}

static void nul_escapes_are_refused(void **state)
{
	assert_string_equal(dumped(*state, "{\"a\": \"x\\u0000y\"}"),
			    "1:7 HD1013 the text holds a NUL character; hint: remove the escape "
			    "\\0\n");
}

static void depth_is_limited(void **state)
{
	struct template_fixture *f = *state;
	struct str text = STR_INIT;

	str_repeat(&text, '[', 100000);
	assert_null(fixture_parse(f, str_cstr(&text), NODE_TEMPLATE));
	assert_string_equal(fixture_said(f),
			    "1:102 HD1008 lists and maps are nested more than 100 deep\n");
	str_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, template_setup, template_teardown)
		TEST(json_is_read_with_its_escapes_and_tabs),
		TEST(columns_count_code_points_and_values_may_follow_on_a_later_line),
		TEST(surrogate_pairs_are_one_character),
		TEST(half_a_pair_is_no_character),
		TEST(scalars_stay_as_written),
		TEST(long_forms_are_calls),
		TEST(duplicate_keys_name_both_places),
		TEST(long_keys_are_fine),
		TEST(trailing_commas_are_told_of_in_json_files),
		TEST(what_is_nearly_json_is_read_as_yaml),
		TEST(broken_json_says_where),
		TEST(nul_escapes_are_refused),
		TEST(depth_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
