/* test_textdiff.c - differences of texts by lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "cli/textdiff.h"

/* One line per line of the difference: sign, text, "!" when it has no newline. */
static char *dump(const char *before, const char *after)
{
	static const char signs[] = {' ', '-', '+', '@'};
	struct arena *a = arena_new();
	struct str out = STR_INIT;
	struct textdiff diff;

	textdiff_make(a, text_of(before), text_of(after), &diff);
	for (size_t i = 0; i < diff.count; i++) {
		const struct textdiff_line *l = &diff.lines[i];

		str_add_char(&out, signs[l->kind]);
		if (l->kind == TEXTDIFF_LEFT_OUT)
			str_printf(&out, "%zu", l->count);
		str_add_text(&out, l->text);
		str_add(&out, l->unended ? "!\n" : "\n");
	}
	arena_free(a);
	return str_steal(&out);
}

static void differs(const char *before, const char *after, const char *expected)
{
	char *got = dump(before, after);

	assert_string_equal(got, expected);
	free(got);
}

static void equal_texts_leave_everything_out(void **state)
{
	(void)state;
	differs("", "", "");
	differs("a\nb\n", "a\nb\n", "@2\n");
}

static void a_changed_line_is_removed_and_added(void **state)
{
	(void)state;
	differs("a\nb\nc\n", "a\nX\nc\n", " a\n-b\n+X\n c\n");
}

static void lines_are_added_and_removed_at_both_ends(void **state)
{
	(void)state;
	differs("b\n", "a\nb\nc\n", "+a\n b\n+c\n");
	differs("a\nb\nc\n", "b\n", "-a\n b\n-c\n");
	differs("", "a\n", "+a\n");
	differs("a\n", "", "-a\n");
}

static void the_edit_is_a_shortest_one(void **state)
{
	(void)state;
	differs("a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n",
		"-a\n-b\n c\n-a\n b\n+a\n b\n a\n+c\n");
}

static void three_lines_around_a_difference_are_kept(void **state)
{
	(void)state;
	differs("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n",
		"1\n2\n3\n4\n5\nsix\n7\n8\n9\n10\n11\n12\n",
		"@2\n 3\n 4\n 5\n-6\n+six\n 7\n 8\n 9\n@3\n");
}

static void a_single_line_is_not_left_out(void **state)
{
	(void)state;
	differs("1\n2\n3\n4\n5\n", "1\n2\n3\n4\nfive\n", " 1\n 2\n 3\n 4\n-5\n+five\n");
}

static void a_missing_newline_counts_as_a_difference(void **state)
{
	(void)state;
	differs("a\nb", "a\nb\n", " a\n-b!\n+b\n");
	differs("a\nb", "a\nc", " a\n-b\n+c\n");
}

static char *many_lines(const char *word, size_t count)
{
	struct str s = STR_INIT;

	for (size_t i = 0; i < count; i++)
		str_printf(&s, "%s %zu\n", word, i);
	return str_steal(&s);
}

static void large_texts_that_differ_everywhere_are_not_searched(void **state)
{
	char *before = many_lines("old", 3000), *after = many_lines("new", 3000);
	struct arena *a = arena_new();
	struct textdiff diff;

	(void)state;
	textdiff_make(a, text_of(before), text_of(after), &diff);
	assert_int_equal(diff.count, 6000);
	assert_int_equal(diff.lines[0].kind, TEXTDIFF_REMOVED);
	assert_int_equal(diff.lines[2999].kind, TEXTDIFF_REMOVED);
	assert_int_equal(diff.lines[3000].kind, TEXTDIFF_ADDED);
	arena_free(a);
	free(before);
	free(after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_texts_leave_everything_out),
		cmocka_unit_test(a_changed_line_is_removed_and_added),
		cmocka_unit_test(lines_are_added_and_removed_at_both_ends),
		cmocka_unit_test(the_edit_is_a_shortest_one),
		cmocka_unit_test(three_lines_around_a_difference_are_kept),
		cmocka_unit_test(a_single_line_is_not_left_out),
		cmocka_unit_test(a_missing_newline_counts_as_a_difference),
		cmocka_unit_test(large_texts_that_differ_everywhere_are_not_searched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
