/* test_text.c - pieces of text and numbers in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void comparing_looks_at_length_and_bytes(void **state)
{
	(void)state;
	assert_true(text_is(TEXT_LIT("ab"), "ab"));
	assert_false(text_is(TEXT_LIT("ab"), "abc"));
	assert_false(text_is(TEXT_LIT("abc"), "ab"));
	assert_true(text_eq(text_of(NULL), TEXT_LIT("")));
	assert_true(text_starts(TEXT_LIT("AWS::S3"), "AWS::"));
	assert_false(text_starts(TEXT_LIT("AW"), "AWS::"));
	assert_true(text_ends(TEXT_LIT("a.yaml"), ".yaml"));
	assert_false(text_ends(TEXT_LIT("yaml"), ".yaml"));
	assert_true(text_ends(TEXT_LIT("x"), ""));
}

static void trimming_takes_blanks_off_both_ends(void **state)
{
	(void)state;
	assert_true(text_is(text_trim(TEXT_LIT(" \t a b\r\n")), "a b"));
	assert_true(text_is(text_trim(TEXT_LIT(" \n ")), ""));
	assert_true(text_is(text_trim(TEXT_LIT("")), ""));
}

static void splitting_keeps_empty_pieces(void **state)
{
	const char *expected[] = {"a", "", "b", ""};
	struct text_split s = text_split_start(TEXT_LIT("a,,b,"));
	struct text piece;
	size_t count = 0;

	(void)state;
	while (text_next(&s, ',', &piece)) {
		assert_true(count < ARRAY_LEN(expected));
		assert_true(text_is(piece, expected[count++]));
	}
	assert_int_equal(count, ARRAY_LEN(expected));
}

static void splitting_nothing_gives_one_empty_piece(void **state)
{
	struct text_split s = text_split_start(text_of(NULL));
	struct text piece;

	(void)state;
	assert_true(text_next(&s, ',', &piece));
	assert_int_equal(piece.len, 0);
	assert_false(text_next(&s, ',', &piece));
}

static void integers_are_read_up_to_both_ends(void **state)
{
	const struct {
		const char *text;
		int64_t value;
	} rows[] = {{"0", 0},
		    {"-0", 0},
		    {"007", 7},
		    {"-12", -12},
		    {"9223372036854775807", INT64_MAX},
		    {"-9223372036854775808", INT64_MIN}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t n = 99;

		assert_true(text_to_int64(text_of(rows[i].text), INT64_MIN, INT64_MAX, &n));
		assert_true(n == rows[i].value);
	}
}

static void what_is_no_integer_is_refused_and_nothing_is_written(void **state)
{
	const char *rows[] = {"",
			      "-",
			      "+1",
			      " 1",
			      "1 ",
			      "1.0",
			      "0x1",
			      "1e3",
			      "--1",
			      "9223372036854775808",
			      "12a",
			      "-9223372036854775809",
			      "99999999999999999999999"};
	int64_t n = 99;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_false(text_to_int64(text_of(rows[i]), INT64_MIN, INT64_MAX, &n));
	assert_false(text_to_int64(TEXT_LIT("5"), 6, 10, &n));
	assert_false(text_to_int64(TEXT_LIT("11"), 6, 10, &n));
	assert_int_equal(n, 99);
	assert_true(text_to_int64(TEXT_LIT("6"), 6, 10, &n));
	assert_true(text_to_int64((struct text){"123", 2}, 6, 20, &n));
	assert_int_equal(n, 12);
}

static void decimal_numbers_are_read(void **state)
{
	const struct {
		const char *text;
		double value;
	} rows[] = {{"1", 1},  {"-1.5", -1.5}, {"+2", 2},        {".5", 0.5},
		    {"3.", 3}, {"1e3", 1000},  {"2.5E-1", 0.25}, {"0.1", 0.1}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		double x = 99;

		assert_true(text_to_double(text_of(rows[i].text), &x));
		assert_true(x == rows[i].value);
	}
}

static void what_is_no_finite_decimal_number_is_refused(void **state)
{
	const char *rows[] = {"",    ".",     "-",  "e5", "1e",  "1e+",   "inf",
			      "nan", "0x1p3", " 1", "1 ", "1,5", "1e999", "1.2.3"};
	char digits[1000];
	double x = 99;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_false(text_to_double(text_of(rows[i]), &x));
	memset(digits, '1', sizeof(digits));
	assert_false(text_to_double((struct text){digits, sizeof(digits)}, &x));
	assert_true(x == 99);
}

static void durations_have_units_and_seconds_without(void **state)
{
	const struct {
		const char *text;
		int64_t ms;
	} rows[] = {{"250ms", 250},   {"10s", 10000}, {"5m", 300000}, {"2h", 7200000},
		    {"1d", 86400000}, {"30", 30000},  {"0", 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t ms = -1;

		assert_true(text_to_duration_ms(text_of(rows[i].text), &ms));
		assert_true(ms == rows[i].ms);
	}
}

static void what_is_no_duration_is_refused(void **state)
{
	const char *rows[] = {"",
			      "s",
			      "ms",
			      "-1s",
			      "-0",
			      "1.5s",
			      "1w",
			      "5 s",
			      "1h30m",
			      "9223372036854775807d",
			      "106751991168d"};
	int64_t ms = 99;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_false(text_to_duration_ms(text_of(rows[i]), &ms));
	assert_int_equal(ms, 99);
}

static void patterns_match_whole_texts(void **state)
{
	const struct {
		const char *pattern, *text;
		bool match;
	} rows[] = {
		{"web", "web", true},
		{"web", "webs", false},
		{"*", "", true},
		{"", "", true},
		{"", "a", false},
		{"web/*/Page", "web/-/east/Page", true},
		{"*.yaml", "a.yaml.yaml", true},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"a?c",
		 "a\xc3\xa9"
		 "c",
		 true},
		{"a*b*c", "aXbYbZc", true},
		{"a*b*c", "aXcYb", false},
		{"**", "x", true},
		{"*?", "\xc3\xa9", true},
		{"Web", "web", false},
		{"?", "", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(text_glob(text_of(rows[i].pattern), text_of(rows[i].text)),
				 rows[i].match);
}

static void many_stars_do_not_explode(void **state)
{
	char text[5000];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_false(text_glob(TEXT_LIT("a*a*a*a*a*a*a*a*a*a*a*a*b"),
			       (struct text){text, sizeof(text)}));
}

static size_t distance(const char *a, const char *b)
{
	size_t there = text_distance(text_of(a), text_of(b), 10);

	assert_int_equal(text_distance(text_of(b), text_of(a), 10), there);
	return there;
}

static void distance_counts_edits_and_swaps(void **state)
{
	(void)state;
	assert_int_equal(distance("", ""), 0);
	assert_int_equal(distance("Type", "Type"), 0);
	assert_int_equal(distance("Tpye", "Type"), 1);
	assert_int_equal(distance("Typ", "Type"), 1);
	assert_int_equal(distance("type", "Type"), 1);
	assert_int_equal(distance("kitten", "sitting"), 3);
	assert_int_equal(distance("", "abc"), 3);
	assert_int_equal(distance("abcdefghijklmnop", "ABCDEFGHIJKLMNOP"), 10);
	assert_int_equal(text_distance(TEXT_LIT("kitten"), TEXT_LIT("sitting"), 2), 2);
}

static void very_long_words_are_far_from_each_other(void **state)
{
	char a[5000], b[5000];

	(void)state;
	memset(a, 'a', sizeof(a));
	memset(b, 'b', sizeof(b));
	assert_int_equal(text_distance((struct text){a, sizeof(a)}, (struct text){b, sizeof(b)}, 7),
			 7);
	b[0] = 'a';
	memset(b, 'a', sizeof(b));
	b[2500] = 'x';
	assert_int_equal(text_distance((struct text){a, sizeof(a)}, (struct text){b, sizeof(b)}, 7),
			 1);
}

static void the_nearest_name_is_what_was_meant(void **state)
{
	static const char *const names[] = {"Project", "Regions", "Stacks", "State", "Providers"};
	const struct {
		const char *word, *meant;
	} rows[] = {{"Regoins", "Regions"},
		    {"regions", "Regions"},
		    {"Stack", "Stacks"},
		    {"STATE", "State"},
		    {"Provider", "Providers"},
		    {"Banana", NULL},
		    {"", NULL},
		    {"X", NULL}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *got = text_nearest(text_of(rows[i].word), names, ARRAY_LEN(names));

		if (rows[i].meant)
			assert_string_equal(got, rows[i].meant);
		else
			assert_null(got);
	}
	assert_null(text_nearest(TEXT_LIT("Regions"), names, 0));
}

static void short_words_are_misspelt_by_one_letter_and_else_they_are_others(void **state)
{
	static const char *const names[] = {"east", "Host", "Page", "south", "web"};

	(void)state;
	assert_null(text_nearest(TEXT_LIT("west"), names, ARRAY_LEN(names)));
	assert_null(text_nearest(TEXT_LIT("Path"), names, ARRAY_LEN(names)));
	assert_null(text_nearest(TEXT_LIT("north"), names, ARRAY_LEN(names)));
	assert_null(text_nearest(TEXT_LIT("db"), names, ARRAY_LEN(names)));
	assert_string_equal(text_nearest(TEXT_LIT("eats"), names, ARRAY_LEN(names)), "east");
	assert_string_equal(text_nearest(TEXT_LIT("Pag"), names, ARRAY_LEN(names)), "Page");
	assert_string_equal(text_nearest(TEXT_LIT("wbe"), names, ARRAY_LEN(names)), "web");
	assert_string_equal(text_nearest(TEXT_LIT("soutth"), names, ARRAY_LEN(names)), "south");
}

static void utf8_is_told_from_other_bytes(void **state)
{
	const struct {
		struct text text;
		size_t bad; /* SIZE_MAX: valid */
	} rows[] = {
		{TEXT_LIT(""), SIZE_MAX},
		{TEXT_LIT("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), SIZE_MAX},
		{TEXT_LIT("\xf4\x8f\xbf\xbf"), SIZE_MAX},
		{TEXT_LIT("ab\0c"), 2},
		{TEXT_LIT("ab\xff"), 2},
		{TEXT_LIT("\x80"), 0},
		{TEXT_LIT("\xc0\xaf"), 0},         /* overlong */
		{TEXT_LIT("a\xe0\x80\xaf"), 1},    /* overlong */
		{TEXT_LIT("\xed\xa0\x80"), 0},     /* surrogate */
		{TEXT_LIT("\xf4\x90\x80\x80"), 0}, /* beyond U+10FFFF */
		{TEXT_LIT("abc\xe2\x82"), 3},      /* cut off */
		{TEXT_LIT("\xc3\x28"), 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t bad = SIZE_MAX;

		assert_int_equal(text_utf8_valid(rows[i].text, &bad), rows[i].bad == SIZE_MAX);
		assert_int_equal(bad, rows[i].bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparing_looks_at_length_and_bytes),
		cmocka_unit_test(trimming_takes_blanks_off_both_ends),
		cmocka_unit_test(splitting_keeps_empty_pieces),
		cmocka_unit_test(splitting_nothing_gives_one_empty_piece),
		cmocka_unit_test(integers_are_read_up_to_both_ends),
		cmocka_unit_test(what_is_no_integer_is_refused_and_nothing_is_written),
		cmocka_unit_test(decimal_numbers_are_read),
		cmocka_unit_test(what_is_no_finite_decimal_number_is_refused),
		cmocka_unit_test(durations_have_units_and_seconds_without),
		cmocka_unit_test(what_is_no_duration_is_refused),
		cmocka_unit_test(patterns_match_whole_texts),
		cmocka_unit_test(many_stars_do_not_explode),
		cmocka_unit_test(distance_counts_edits_and_swaps),
		cmocka_unit_test(very_long_words_are_far_from_each_other),
		cmocka_unit_test(the_nearest_name_is_what_was_meant),
		cmocka_unit_test(short_words_are_misspelt_by_one_letter_and_else_they_are_others),
		cmocka_unit_test(utf8_is_told_from_other_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
