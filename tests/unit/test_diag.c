/* test_diag.c - lists of diagnostics and the table of codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/diag.h"

static struct range at(const struct source *src, uint32_t line, uint32_t column)
{
	return (struct range){src, {line, column}, {line, column + 1}};
}

static void an_empty_list_has_not_failed(void **state)
{
	struct diags d = DIAGS_INIT;

	(void)state;
	assert_false(diags_failed(&d));
	diags_sort(&d);
	assert_null(d.first);
	diags_release(&d);
}

static void only_errors_fail(void **state)
{
	struct diags d = DIAGS_INIT;

	(void)state;
	diag_warn(&d, DIAG_FILE_OPEN, RANGE_NONE, "odd");
	diag_note(&d, DIAG_FILE_OPEN, RANGE_NONE, "by the way");
	assert_false(diags_failed(&d));
	assert_int_equal(d.warning_count, 1);
	diag_add(&d, DIAG_FILE_OPEN, RANGE_NONE, "wrong");
	assert_true(diags_failed(&d));
	assert_int_equal(d.error_count, 1);
	diags_release(&d);
}

static void everything_said_is_copied(void **state)
{
	char word[] = "word";
	struct diags d = DIAGS_INIT;
	struct diag *g = diag_add(&d, DIAG_NOT_UTF8, RANGE_NONE, "'%s' %d", word, 7);

	(void)state;
	diag_detail(&d, g, "because\n%s", word);
	diag_hint(&d, g, "use %s", word);
	diag_address(&d, g, word);
	diag_endpoint(&d, g, word);
	diag_foreign_code(&d, g, word);
	memset(word, 'X', 4);
	assert_int_equal(g->severity, DIAG_ERROR);
	assert_int_equal(g->code, DIAG_NOT_UTF8);
	assert_string_equal(g->summary, "'word' 7");
	assert_string_equal(g->detail, "because\nword");
	assert_string_equal(g->hint, "use word");
	assert_string_equal(g->address, "word");
	assert_string_equal(g->endpoint, "word");
	assert_string_equal(g->foreign_code, "word");
	diags_release(&d);
}

static void terminal_controls_become_visible(void **state)
{
	struct diags d = DIAGS_INIT;
	struct diag *g = diag_add(&d, DIAG_FILE_OPEN, RANGE_NONE, "'%s'",
				  "a\x1b[31m\n\t\x7f\xc2\x9b\xc3\xa9");

	(void)state;
	diag_detail(&d, g, "two\nlines\tand \x07");
	assert_string_equal(g->summary, "'a\\x1b[31m\\n\\t\\x7f\\xc2\\x9b\xc3\xa9'");
	assert_string_equal(g->detail, "two\nlines\tand \\x07");
	diags_release(&d);
}

static void bytes_that_are_not_utf8_become_visible(void **state)
{
	struct diags d = DIAGS_INIT;
	struct diag *g = diag_add(&d, DIAG_FILE_OPEN, RANGE_NONE, "%s", "a\xff\xc3(\xe2\x82");

	(void)state;
	assert_string_equal(g->summary, "a\\xff\\xc3(\\xe2\\x82");
	diags_release(&d);
}

static void a_near_name_becomes_the_hint(void **state)
{
	static const char *const names[] = {"Regions", "Stacks"};
	struct diags d = DIAGS_INIT;
	struct diag *g = diag_add(&d, DIAG_FILE_OPEN, RANGE_NONE, "unknown key 'Regoins'");
	struct diag *far = diag_add(&d, DIAG_FILE_OPEN, RANGE_NONE, "unknown key 'Banana'");

	(void)state;
	diag_did_you_mean(&d, g, TEXT_LIT("Regoins"), names, 2);
	diag_did_you_mean(&d, far, TEXT_LIT("Banana"), names, 2);
	assert_string_equal(g->hint, "did you mean 'Regions'?");
	assert_null(far->hint);
	diags_release(&d);
}

static void a_near_name_leaves_the_hint_that_is_there(void **state)
{
	static const char *const names[] = {"Regions", "Stacks"};
	struct diags d = DIAGS_INIT;
	struct diag *g = diag_add(&d, DIAG_FILE_OPEN, RANGE_NONE, "no key 'Regoins'");
	struct diag *far = diag_add(&d, DIAG_FILE_OPEN, RANGE_NONE, "no key 'Banana'");

	(void)state;
	diag_hint(&d, g, "add the key");
	diag_hint(&d, far, "add the key");
	diag_did_you_mean(&d, g, TEXT_LIT("Regoins"), names, 2);
	diag_did_you_mean(&d, far, TEXT_LIT("Banana"), names, 2);
	assert_string_equal(g->hint, "did you mean 'Regions'? If not, add the key");
	assert_string_equal(far->hint, "add the key");
	diags_release(&d);
}

static void a_copied_list_is_as_long_as_both(void **state)
{
	struct diags d = DIAGS_INIT, more = DIAGS_INIT;

	(void)state;
	diag_hint(&more, diag_add(&more, DIAG_FILE_OPEN, RANGE_NONE, "one"), "mend it");
	diag_warn(&more, DIAG_FILE_OPEN, RANGE_NONE, "two");
	diags_copy(&d, &more);
	diags_copy(&d, &more);
	diags_release(&more);
	assert_int_equal(d.error_count, 2);
	assert_int_equal(d.warning_count, 2);
	assert_string_equal(d.first->hint, "mend it");
	assert_string_equal(d.last->summary, "two");
	diags_release(&d);
}

static void related_places_keep_their_order(void **state)
{
	struct diags d = DIAGS_INIT;
	struct diag *g = diag_add(&d, DIAG_FILE_OPEN, RANGE_NONE, "twice");

	(void)state;
	diag_related(&d, g, RANGE_NONE, "first here");
	diag_related(&d, g, RANGE_NONE, "then here");
	assert_string_equal(g->related->summary, "first here");
	assert_int_equal(g->related->severity, DIAG_NOTE);
	assert_string_equal(g->related->related->summary, "then here");
	assert_null(g->related->related->related);
	assert_int_equal(d.error_count, 1);
	diags_release(&d);
}

static void taking_moves_all_and_counts(void **state)
{
	struct diags d = DIAGS_INIT, from = DIAGS_INIT;
	struct diag *g;

	(void)state;
	diag_add(&d, DIAG_FILE_OPEN, RANGE_NONE, "one");
	g = diag_add(&from, DIAG_NOT_UTF8, RANGE_NONE, "two");
	diag_hint(&from, g, "do");
	diag_related(&from, g, RANGE_NONE, "there");
	diag_warn(&from, DIAG_NOT_UTF8, RANGE_NONE, "three");
	diags_take(&d, &from);
	assert_null(from.first);
	assert_null(from.arena);
	assert_int_equal(d.error_count, 2);
	assert_int_equal(d.warning_count, 1);
	assert_string_equal(d.first->next->summary, "two");
	assert_string_equal(d.first->next->hint, "do");
	assert_string_equal(d.first->next->related->summary, "there");
	assert_string_equal(d.last->summary, "three");
	assert_null(d.last->next);
	diags_release(&d);
}

static void taking_into_and_from_an_empty_list_works(void **state)
{
	struct diags d = DIAGS_INIT, from = DIAGS_INIT;

	(void)state;
	diags_take(&d, &from);
	assert_null(d.first);
	diag_add(&from, DIAG_FILE_OPEN, RANGE_NONE, "one");
	diags_take(&d, &from);
	diags_take(&d, &from);
	assert_int_equal(d.error_count, 1);
	assert_string_equal(d.last->summary, "one");
	diag_add(&d, DIAG_FILE_OPEN, RANGE_NONE, "two");
	assert_string_equal(d.first->next->summary, "two");
	diags_release(&d);
}

static void sorting_is_by_place_and_stable(void **state)
{
	static const char *const expected[] = {"a1", "a2",       "a2 again",   "a10",
					       "b1", "no place", "none either"};
	const struct source a = {.name = "a.yaml"}, b = {.name = "b.yaml"};
	struct diags d = DIAGS_INIT;
	size_t i = 0;

	(void)state;
	diag_add(&d, DIAG_FILE_OPEN, RANGE_NONE, "no place");
	diag_add(&d, DIAG_FILE_OPEN, at(&b, 1, 1), "b1");
	diag_add(&d, DIAG_FILE_OPEN, at(&a, 10, 1), "a10");
	diag_warn(&d, DIAG_FILE_OPEN, at(&a, 2, 5), "a2");
	diag_add(&d, DIAG_FILE_OPEN, at(&a, 2, 5), "a2 again");
	diag_add(&d, DIAG_FILE_OPEN, RANGE_NONE, "none either");
	diag_add(&d, DIAG_FILE_OPEN, at(&a, 2, 4), "a1");
	diags_sort(&d);
	for (const struct diag *g = d.first; g; g = g->next)
		assert_string_equal(g->summary, expected[i++]);
	assert_int_equal(i, ARRAY_LEN(expected));
	assert_string_equal(d.last->summary, "none either");
	diags_release(&d);
}

static void sorting_many_keeps_all(void **state)
{
	const struct source a = {.name = "a.yaml"};
	struct diags d = DIAGS_INIT;
	uint32_t seed = 3, last = 0;
	size_t count = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		seed = seed * 1664525 + 1013904223;
		diag_add(&d, DIAG_FILE_OPEN, at(&a, seed >> 22, 1), "x%d", i);
	}
	diags_sort(&d);
	for (const struct diag *g = d.first; g; g = g->next, count++) {
		assert_true(g->where.start.line >= last);
		last = g->where.start.line;
	}
	assert_int_equal(count, 1000);
	diags_release(&d);
}

static void what_repeats_word_for_word_is_told_once(void **state)
{
	struct diags d = DIAGS_INIT;
	struct diag *g;

	(void)state;
	for (int i = 0; i < 3; i++) {
		g = diag_add(&d, DIAG_FILE_OPEN, RANGE_NONE, "same");
		diag_address(&d, g, i < 2 ? "web/east/A" : "web/east/B");
	}
	diags_sort(&d);
	assert_int_equal(d.error_count, 2);
	assert_string_equal(d.first->address, "web/east/A");
	assert_ptr_equal(d.first->next, d.last);
	assert_string_equal(d.last->address, "web/east/B");
	diags_release(&d);
}

static void every_code_is_explained_in_ascending_order(void **state)
{
	size_t count;
	const struct diag_info *all = diag_info_all(&count);

	(void)state;
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) {
		assert_true(all[i].number >= 1000 && all[i].number <= 9999);
		assert_true(i == 0 || all[i].number > all[i - 1].number);
		assert_true(all[i].title[0] && all[i].title[strlen(all[i].title) - 1] != '.');
		assert_true(text_ends(text_of(all[i].text), "."));
		assert_ptr_equal(diag_info_find(all[i].number), &all[i]);
	}
	assert_null(diag_info_find(999));
	assert_string_equal(diag_info_find(DIAG_FILE_OPEN)->symbol, "FILE_OPEN");
}

static void codes_are_read_with_and_without_letters(void **state)
{
	const char *refused[] = {"", "HD", "X1203", "HD12x", "0", "HD-1", "99999", "HDHD1203"};
	unsigned number = 0;

	(void)state;
	assert_true(diag_code_parse(TEXT_LIT("HD1203"), &number));
	assert_int_equal(number, 1203);
	assert_true(diag_code_parse(TEXT_LIT("hd1001"), &number));
	assert_int_equal(number, 1001);
	assert_true(diag_code_parse(TEXT_LIT("5001"), &number));
	assert_int_equal(number, 5001);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		assert_false(diag_code_parse(text_of(refused[i]), &number));
	assert_int_equal(number, 5001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_list_has_not_failed),
		cmocka_unit_test(only_errors_fail),
		cmocka_unit_test(everything_said_is_copied),
		cmocka_unit_test(terminal_controls_become_visible),
		cmocka_unit_test(bytes_that_are_not_utf8_become_visible),
		cmocka_unit_test(a_near_name_becomes_the_hint),
		cmocka_unit_test(a_near_name_leaves_the_hint_that_is_there),
		cmocka_unit_test(a_copied_list_is_as_long_as_both),
		cmocka_unit_test(related_places_keep_their_order),
		cmocka_unit_test(taking_moves_all_and_counts),
		cmocka_unit_test(taking_into_and_from_an_empty_list_works),
		cmocka_unit_test(sorting_is_by_place_and_stable),
		cmocka_unit_test(sorting_many_keeps_all),
		cmocka_unit_test(what_repeats_word_for_word_is_told_once),
		cmocka_unit_test(every_code_is_explained_in_ascending_order),
		cmocka_unit_test(codes_are_read_with_and_without_letters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
