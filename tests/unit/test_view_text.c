/* test_view_text.c - text that is safe on a terminal, paragraphs, and values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/view_text.h"
#include "cli/view_value.h"

static void shows(const char *text, const char *expected)
{
	struct str out = STR_INIT;

	shown_text(&out, text_of(text));
	assert_string_equal(str_cstr(&out), expected);
	str_release(&out);
}

static void plain_text_stays_as_it_is(void **state)
{
	(void)state;
	shows("", "");
	shows("Grüße, 東京", "Grüße, 東京");
}

static void control_characters_become_escapes(void **state)
{
	(void)state;
	shows("a\x1b[31mred\a", "a\\x1b[31mred\\x07");
	shows("one\ntwo\tthree\r", "one\\ntwo\\tthree\\r");
	shows("\x7f\xc2\x9b"
	      "31m",
	      "\\x7f\\x9b31m");
}

static void bytes_that_are_not_utf8_become_escapes(void **state)
{
	(void)state;
	shows("a\xff"
	      "b\xc3",
	      "a\\xffb\\xc3");
	shows("\xe2\x82", "\\xe2\\x82");
	shows("\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80");
}

static void marks_that_turn_text_around_become_escapes(void **state)
{
	(void)state;
	shows("a\xe2\x80\xae"
	      "b",
	      "a\\u{202e}b");
}

static void lines_keep_their_newlines_and_are_indented(void **state)
{
	struct str out = STR_INIT;

	(void)state;
	shown_lines(&out, text_of("one\n\ttwo\n\nthree\x1b"), 2);
	assert_string_equal(str_cstr(&out), "one\n  \ttwo\n\n  three\\x1b");
	str_release(&out);
}

static void texts_are_cut_between_code_points(void **state)
{
	struct text t = text_of("äöü");

	(void)state;
	assert_int_equal(cut_to_columns(t, 2).len, 4);
	assert_int_equal(cut_to_columns(t, 3).len, 6);
	assert_int_equal(cut_to_columns(t, 0).len, 0);
	assert_int_equal(shown_columns(t), 3);
}

static void paragraphs_are_wrapped(void **state)
{
	struct str out = STR_INIT;

	(void)state;
	wrapped(&out, text_of("one two three four\n\nfive"), 2, 12);
	assert_string_equal(str_cstr(&out), "  one two\n  three four\n\n  five\n");
	str_release(&out);
}

static void a_word_longer_than_the_line_stands_alone(void **state)
{
	struct str out = STR_INIT;

	(void)state;
	wrapped(&out, text_of("a abcdefghijkl b"), 0, 8);
	assert_string_equal(str_cstr(&out), "a\nabcdefghijkl\nb\n");
	str_release(&out);
}

static void value_shows(const char *json, const char *expected)
{
	json_t *j = json_parse(text_of(json), NULL, NULL);
	struct str out = STR_INIT;

	value_line(&out, j);
	assert_string_equal(str_cstr(&out), expected);
	str_release(&out);
	json_decref(j);
}

static void values_are_shown_on_one_line(void **state)
{
	(void)state;
	value_shows("\"8080\"", "\"8080\"");
	value_shows("8080", "8080");
	value_shows("{\"A\":[1,true,null],\"B\":{}}", "{A: [1, true, null], B: {}}");
	value_shows("\"a\\u009b\\n\"", "\"a\\x9b\\n\"");
}

static void secrets_are_named_and_not_shown(void **state)
{
	(void)state;
	value_shows("{\"$secret\":\"abc\"}", "(sensitive)");
	value_shows("[{\"Token\":{\"$secret\":\"abc\"}}]", "[{Token: (sensitive)}]");
}

static void block_shows(const char *json, const char *expected)
{
	json_t *j = json_parse(text_of(json), NULL, NULL);
	struct str out = STR_INIT, pointer = STR_INIT;
	struct marks marks;

	marks_init(&marks, "[\"/K/U\",\"/K/L/1\"]", "[\"/K/S\"]");
	str_add(&pointer, "/K");
	value_block(&out, "K", j, (struct value_place){&marks, &pointer, 2});
	assert_string_equal(str_cstr(&out), expected);
	assert_string_equal(str_cstr(&pointer), "/K");
	marks_release(&marks);
	str_release(&pointer);
	str_release(&out);
	json_decref(j);
}

static void what_is_marked_is_not_shown(void **state)
{
	(void)state;
	block_shows("{\"S\":\"hunter2\",\"U\":null,\"V\":1}",
		    "  K: {S: (sensitive), U: (known after apply), V: 1}\n");
	block_shows("{\"L\":[1,null]}", "  K: {L: [1, (known after apply)]}\n");
}

static void long_texts_show_their_first_lines(void **state)
{
	(void)state;
	block_shows("\"1\\n2\\n3\\n4\\n5\\n6\\n\"",
		    "  K:\n    | 1\n    | 2\n    | 3\n    | 4\n    | 5\n    | 6\n");
	block_shows("\"1\\n2\\n3\\n4\\n5\\n6\\n7\\n8\"",
		    "  K:\n    | 1\n    | 2\n    | 3\n    | 4\n    | 5\n    ... 3 more lines\n");
}

static void maps_that_do_not_fit_get_a_line_per_member(void **state)
{
	(void)state;
	block_shows("{\"First\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
		    "\"Second\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\",\"S\":\"x\"}",
		    "  K:\n    First: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n"
		    "    Second: \"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"\n"
		    "    S: (sensitive)\n");
	block_shows("[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
		    "\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"]",
		    "  K:\n    - \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n"
		    "    - \"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_stays_as_it_is),
		cmocka_unit_test(control_characters_become_escapes),
		cmocka_unit_test(bytes_that_are_not_utf8_become_escapes),
		cmocka_unit_test(marks_that_turn_text_around_become_escapes),
		cmocka_unit_test(lines_keep_their_newlines_and_are_indented),
		cmocka_unit_test(texts_are_cut_between_code_points),
		cmocka_unit_test(paragraphs_are_wrapped),
		cmocka_unit_test(a_word_longer_than_the_line_stands_alone),
		cmocka_unit_test(values_are_shown_on_one_line),
		cmocka_unit_test(secrets_are_named_and_not_shown),
		cmocka_unit_test(what_is_marked_is_not_shown),
		cmocka_unit_test(long_texts_show_their_first_lines),
		cmocka_unit_test(maps_that_do_not_fit_get_a_line_per_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
