/* test_sub.c - the pieces of Fn::Sub's text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "templates/sub.h"

/* "'text' <variable> !bad" */
static void assert_pieces(const char *text, const char *expected)
{
	static const char *const marks[] = {
		[SUB_TEXT] = "''", [SUB_VARIABLE] = "<>", [SUB_BAD] = "!!"};
	struct sub_scan s = sub_start(text_of(text));
	struct str out = STR_INIT;
	struct sub_piece p;

	while (sub_next(&s, &p)) {
		const char *mark = marks[p.kind];

		str_printf(&out, "%s%c%.*s%c", out.len ? " " : "", mark[0], TEXT_ARG(p.text),
			   mark[1]);
	}
	assert_string_equal(str_cstr(&out), expected);
	str_release(&out);
}

static void text_and_variables_alternate(void **state)
{
	(void)state;
	assert_pieces("a${B}c${D.E}", "'a' <B> 'c' <D.E>");
	assert_pieces("${AWS::Region}", "<AWS::Region>");
	assert_pieces("plain $ { } $5 $$", "'plain $ { } $5 $$'");
	assert_pieces("", "");
}

static void blanks_around_a_name_are_dropped(void **state)
{
	(void)state;
	assert_pieces("${ A.B }", "<A.B>");
}

static void exclamation_keeps_the_text(void **state)
{
	(void)state;
	assert_pieces("x${!Lit}y", "'x' '${' 'Lit}y'");
	assert_pieces("${!", "'${'");
}

static void bad_names_are_told_apart(void **state)
{
	(void)state;
	assert_pieces("a${b-c}d", "'a' !b-c! 'd'");
	assert_pieces("${}", "!!");
	assert_pieces("${x:-y z}", "!x:-y z!");
}

/* What follows is part of it: many of them are one fault, found in one look. */
static void one_that_is_never_closed_ends_the_text(void **state)
{
	(void)state;
	assert_pieces("a${b", "'a' !${!");
	assert_pieces("a${b ${c ${!d", "'a' !${!");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_variables_alternate),
		cmocka_unit_test(blanks_around_a_name_are_dropped),
		cmocka_unit_test(exclamation_keeps_the_text),
		cmocka_unit_test(bad_names_are_told_apart),
		cmocka_unit_test(one_that_is_never_closed_ends_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
