/* test_json.c - JSON in, out, canonical, and pointers into it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/limits.h"

static int set_up(void **state)
{
	*state = arena_new();
	return 0;
}

static int tear_down(void **state)
{
	arena_free(*state);
	return 0;
}

static json_t *parsed(struct arena *a, const char *text)
{
	const char *why;
	json_t *j = json_parse(text_of(text), a, &why);

	assert_null(why);
	assert_non_null(j);
	return j;
}

/* The canonical form of a JSON text. */
static const char *canonical(struct arena *a, const char *text)
{
	json_t *j = parsed(a, text);
	const char *out = json_text(a, j);

	json_decref(j);
	return out;
}

static void any_value_may_be_at_the_top(void **state)
{
	const char *rows[] = {"null", "true", "false", "0", "-7", "\"x\"", "[]", "{}"};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(canonical(*state, rows[i]), rows[i]);
}

static void the_canonical_form_sorts_and_has_no_blanks(void **state)
{
	assert_string_equal(canonical(*state, " { \"b\" : [ 1 , { } ], \"a\\u00e9\": null,\n\"a\": "
					      "true, \"B\": \"x\\/y\" } "),
			    "{\"B\":\"x/y\",\"a\":true,\"a\xc3\xa9\":null,\"b\":[1,{}]}");
}

static void numbers_are_the_shortest_that_read_back_equal(void **state)
{
	const struct {
		const char *in, *out;
	} rows[] = {
		{"1.0", "1"},
		{"-0.0", "0"},
		{"0.1", "0.1"},
		{"0.30000000000000004", "0.30000000000000004"},
		{"100.50", "100.5"},
		{"1e3", "1000"},
		{"1.5e300", "1.5e+300"},
		{"1e21", "1e+21"},
		{"1e20", "100000000000000000000"},
		{"123456789.125", "123456789.125"},
		{"0.000001", "0.000001"},
		{"0.0000001", "1e-7"},
		{"-1.25e-9", "-1.25e-9"},
		{"5e-324", "5e-324"},
		{"2.2250738585072014e-308", "2.2250738585072014e-308"},
		{"1.7976931348623157e308", "1.7976931348623157e+308"},
		{"9007199254740993", "9007199254740993"},
		{"9223372036854775807", "9223372036854775807"},
		{"-9223372036854775808", "-9223372036854775808"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *out = canonical(*state, rows[i].in);

		assert_string_equal(out, rows[i].out);
		assert_string_equal(canonical(*state, out), out);
	}
}

static void a_huge_integer_becomes_real_and_spares_the_others(void **state)
{
	json_t *j = parsed(*state, "{\"18446744073709551616\": \"-99999999999999999999\", \"big\": "
				   "[18446744073709551615, -9223372036854775809], "
				   "\"exact\": 9007199254740993}");

	assert_true(json_real_value(json_at(j, TEXT_LIT("/big/0"))) == 18446744073709551615.0);
	assert_true(json_real_value(json_at(j, TEXT_LIT("/big/1"))) == -9223372036854775809.0);
	assert_true(json_int(j, "exact", 0) == 9007199254740993);
	assert_string_equal(json_str(j, "18446744073709551616", ""), "-99999999999999999999");
	assert_string_equal(json_text(*state, json_at(j, TEXT_LIT("/big"))),
			    "[18446744073709552000,-9223372036854776000]");
	json_decref(j);
}

static void what_is_not_json_is_refused_with_a_place(void **state)
{
	const struct {
		const char *text, *why;
	} rows[] = {
		{"", "the text ends too early (line 1, column 0)"},
		{"{\"a\": 1", "the text ends too early (line 1, column 7)"},
		{"[1]\n[2]", "something follows the end of the value (line 2, column 1)"},
		{"[1,]", "not JSON (line 1, column 4)"},
		{"{\"a\": 1, \"a\": 2}", "a key occurs twice in one object (line 1, column 12)"},
		{"[1e999]", "a number is too large (line 1, column 6)"},
		{"[\"a\\u0000b\"]", "a NUL character (line 1, column 11)"},
		{"nul", "not JSON (line 1, column 3)"},
		{"[\"\xff\"]", "text that is not UTF-8 (line 1, column 2)"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *why = NULL;

		assert_null(json_parse(text_of(rows[i].text), *state, &why));
		assert_string_equal(why, rows[i].why);
		assert_null(json_parse(text_of(rows[i].text), *state, NULL));
	}
	assert_null(json_parse(text_of(NULL), *state, NULL));
}

static void the_reason_never_quotes_the_text(void **state)
{
	const char *why = NULL;

	assert_null(json_parse(TEXT_LIT("{\"password\": \"hunter2\" hunter2}"), *state, &why));
	assert_null(strstr(why, "hunter2"));
	assert_null(json_parse(TEXT_LIT("{\"hunter2\":1,\"hunter2\":2}"), *state, &why));
	assert_null(strstr(why, "hunter2"));
}

static struct text nested(struct arena *a, size_t depth)
{
	char *text = arena_alloc(a, 2 * depth);

	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	return (struct text){text, 2 * depth};
}

static void depth_is_bounded(void **state)
{
	const char *why;
	json_t *j = json_parse(nested(*state, LIMIT_JSON_DEPTH), *state, &why);

	assert_non_null(j);
	json_decref(j);
	assert_null(json_parse(nested(*state, LIMIT_JSON_DEPTH + 1), *state, &why));
	assert_string_equal(why, "nested too deeply");
	assert_null(json_parse(nested(*state, 100000), *state, &why));
}

static void brackets_in_strings_are_not_nesting(void **state)
{
	struct str s = STR_INIT;
	json_t *j;

	str_add(&s, "\"\\\"");
	str_repeat(&s, '[', 1000);
	str_add_char(&s, '"');
	j = json_parse(str_text(&s), *state, NULL);
	assert_non_null(j);
	json_decref(j);
	str_release(&s);
}

static void the_pretty_form_is_indented_and_sorted(void **state)
{
	json_t *j = parsed(*state, "{\"b\":[1,{}],\"a\":{\"x\":[]}}");
	struct str out = STR_INIT;

	json_pretty(j, &out);
	assert_string_equal(str_cstr(&out), "{\n  \"a\": {\n    \"x\": []\n  },\n  \"b\": [\n"
					    "    1,\n    {}\n  ]\n}");
	str_release(&out);
	json_decref(j);
}

static void quoting_always_gives_json(void **state)
{
	struct str out = STR_INIT;

	json_quote(&out, TEXT_LIT("a\"\\/\b\f\n\r\t\x01\x7f\0\xc3\xa9\xff!"));
	assert_string_equal(str_cstr(&out),
			    "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7f\\u0000\xc3\xa9\xef\xbf\xbd!\"");
	str_release(&out);
	json_quote(&out, text_of(NULL));
	assert_string_equal(str_cstr(&out), "\"\"");
	str_release(&out);
	(void)state;
}

static void pointers_find_as_the_rfc_says(void **state)
{
	const char *text =
		"{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"m~n\":8,\" \":7}";
	const struct {
		const char *pointer, *value; /* NULL: nothing there */
	} rows[] = {
		{"/foo", "[\"bar\",\"baz\"]"},
		{"/foo/0", "\"bar\""},
		{"/", "0"},
		{"/a~1b", "1"},
		{"/c%d", "2"},
		{"/m~0n", "8"},
		{"/ ", "7"},
		{"/foo/2", NULL},
		{"/foo/-", NULL},
		{"/foo/00", NULL},
		{"/foo/+1", NULL},
		{"/foo/", NULL},
		{"/foo/0/x", NULL},
		{"/nope", NULL},
		{"foo", NULL},
		{"/foo/4294967296", NULL},
	};
	json_t *root = parsed(*state, text);

	assert_ptr_equal(json_at(root, TEXT_LIT("")), root);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *found = json_at(root, text_of(rows[i].pointer));

		if (rows[i].value)
			assert_string_equal(json_text(*state, found), rows[i].value);
		else
			assert_null(found);
	}
	assert_null(json_at(NULL, TEXT_LIT("/a")));
	json_decref(root);
}

static void putting_sets_replaces_appends_and_makes_objects(void **state)
{
	json_t *root = parsed(*state, "{\"a\":[1,2]}");

	assert_int_equal(json_put(root, TEXT_LIT("/a/0"), json_integer(9)), 0);
	assert_int_equal(json_put(root, TEXT_LIT("/a/2"), json_integer(3)), 0);
	assert_int_equal(json_put(root, TEXT_LIT("/a/-"), json_integer(4)), 0);
	assert_int_equal(json_put(root, TEXT_LIT("/a/-/k"), json_integer(5)), 0);
	assert_int_equal(json_put(root, TEXT_LIT("/x/y~1z/w"), json_true()), 0);
	assert_int_equal(json_put(root, TEXT_LIT("/"), json_null()), 0);
	assert_string_equal(json_text(*state, root), "{\"\":null,\"a\":[9,2,3,4,{\"k\":5}],"
						     "\"x\":{\"y/z\":{\"w\":true}}}");
	json_decref(root);
}

static void putting_where_no_way_leads_changes_nothing(void **state)
{
	const char *rows[] = {"", "a", "/a/9", "/a/x", "/a/0/x", "/n/x", "/a/9/x"};
	json_t *root = parsed(*state, "{\"a\":[1],\"n\":null}");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(json_put(root, text_of(rows[i]), json_string("v")), -1);
	assert_string_equal(json_text(*state, root), "{\"a\":[1],\"n\":null}");
	json_decref(root);
}

static void dropping_removes_what_is_there(void **state)
{
	const char *refused[] = {"", "b", "/b", "/a/2", "/a/-", "/a/0/x"};
	json_t *root = parsed(*state, "{\"a\":[1,2],\"c\":{\"d\":1}}");

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		assert_int_equal(json_drop(root, text_of(refused[i])), -1);
	assert_int_equal(json_drop(root, TEXT_LIT("/a/0")), 0);
	assert_int_equal(json_drop(root, TEXT_LIT("/c/d")), 0);
	assert_string_equal(json_text(*state, root), "{\"a\":[2],\"c\":{}}");
	json_decref(root);
}

static void pointers_are_built_with_escapes(void **state)
{
	struct str pointer = STR_INIT;

	(void)state;
	json_pointer_add(&pointer, TEXT_LIT("a/b"));
	json_pointer_add(&pointer, TEXT_LIT("m~n"));
	json_pointer_add(&pointer, TEXT_LIT(""));
	assert_string_equal(str_cstr(&pointer), "/a~1b/m~0n/");
	str_release(&pointer);
}

static void members_of_another_type_give_the_fallback(void **state)
{
	json_t *j = parsed(*state, "{\"s\":\"x\",\"i\":-5,\"t\":true,\"f\":false,\"r\":1.5}");

	assert_string_equal(json_str(j, "s", "no"), "x");
	assert_string_equal(json_str(j, "i", "no"), "no");
	assert_null(json_str(j, "absent", NULL));
	assert_int_equal(json_int(j, "i", 1), -5);
	assert_int_equal(json_int(j, "r", 1), 1);
	assert_true(json_flag(j, "t", false));
	assert_false(json_flag(j, "f", true));
	assert_true(json_flag(j, "s", true));
	assert_string_equal(json_str(NULL, "s", "no"), "no");
	json_decref(j);
}

static void the_digest_is_of_the_canonical_form(void **state)
{
	json_t *a = parsed(*state, "{\"b\": 1.0, \"a\": []}"),
	       *b = parsed(*state, "{\"a\":[],\"b\":1}");
	char of_a[65], of_b[65];

	json_digest(a, of_a);
	json_digest(b, of_b);
	assert_string_equal(of_a, of_b);
	json_object_set_new(b, "b", json_integer(2));
	json_digest(b, of_b);
	assert_string_not_equal(of_a, of_b);
	json_decref(a);
	a = json_object();
	json_digest(a, of_a); /* of "{}" */
	assert_string_equal(of_a,
			    "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
	json_decref(a);
	json_decref(b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(any_value_may_be_at_the_top),
		TEST(the_canonical_form_sorts_and_has_no_blanks),
		TEST(numbers_are_the_shortest_that_read_back_equal),
		TEST(a_huge_integer_becomes_real_and_spares_the_others),
		TEST(what_is_not_json_is_refused_with_a_place),
		TEST(the_reason_never_quotes_the_text),
		TEST(depth_is_bounded),
		TEST(brackets_in_strings_are_not_nesting),
		TEST(the_pretty_form_is_indented_and_sorted),
		TEST(quoting_always_gives_json),
		TEST(pointers_find_as_the_rfc_says),
		TEST(putting_sets_replaces_appends_and_makes_objects),
		TEST(putting_where_no_way_leads_changes_nothing),
		TEST(dropping_removes_what_is_there),
		TEST(pointers_are_built_with_escapes),
		TEST(members_of_another_type_give_the_fallback),
		TEST(the_digest_is_of_the_canonical_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
