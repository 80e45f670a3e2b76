/* test_pattern.c - people's regular expressions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/pattern.h"

static enum pattern_result result(const char *pattern, const char *text)
{
	struct arena *a = arena_new();
	const char *problem;
	enum pattern_result r = pattern_match(a, text_of(pattern), text_of(text), &problem);

	assert_true((r == PATTERN_INVALID || r == PATTERN_UNAVAILABLE) == (problem != NULL));
	arena_free(a);
	return r;
}

static void matches(const char *pattern, const char *text)
{
	assert_int_equal(result(pattern, text), PATTERN_MATCHES);
}

static void differs(const char *pattern, const char *text)
{
	assert_int_equal(result(pattern, text), PATTERN_DIFFERS);
}

static void the_whole_value_must_match(void **state)
{
	(void)state;
	matches("[a-z]+", "abc");
	differs("[a-z]+", "abc1");
	matches("a|b", "b");
	differs("a|b", "ab");
	matches("^x$|^y$", "y");
	matches("^$|^arn:.*$", "");
}

static void classes_of_other_dialects_work(void **state)
{
	(void)state;
	matches("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})/(\\d{1,2})", "10.0.0.0/16");
	differs("\\d+", "12a");
	matches("\\w+\\s\\W", "a_1 -");
	matches("[\\w.-]+", "a_b.c-d");
	matches("[\\w-.]+", "a-.");
	matches("[a-z\\d]+", "abc123");
	matches("[^\\s]+", "abc");
	differs("[^\\s]+", "a c");
	matches("[a-zA-Z0-9\\-]+", "a-b");
	differs("[a-zA-Z0-9\\-]+", "a]b");
	matches("[\\]x]+", "]x");
	matches("[\\[\\]]+", "[]");
	matches("[+\\-*/]+", "+-*/");
	matches("[^^]", "a");
	differs("[^^]", "^");
	matches("[\\^]", "^");
	matches("[[:alpha:]]+", "abc");
	matches("[\\.\\\\]+", ".\\");
	matches("\\/path\\-x", "/path-x");
}

static void groups_and_lazy_quantifiers_are_read(void **state)
{
	(void)state;
	matches("(?:ab)+?c*+", "ababcc");
	matches("(a|(b)){2}", "ab");
	matches("x{0,3}?", "xx");
	differs("x{2,}", "x");
}

static void what_other_dialects_have_works(void **state)
{
	(void)state;
	matches("(?!x)a", "a");
	differs("(?!a)a", "a");
	matches("(?i)a", "A");
	matches("(a)\\1", "aa");
	matches("\\p{L}+", "\xc3\xa9t\xc3\xa9");
	matches("[\\u0020-\\uD7FF]+", "caf\xc3\xa9");
	matches("(?<name>x)y", "xy");
	matches("\\d{1,3}(?=x)x", "12x");
}

static void what_is_wrong_is_told(void **state)
{
	(void)state;
	assert_int_equal(result("[a-", "a"), PATTERN_INVALID);
	assert_int_equal(result("(a", "a"), PATTERN_INVALID);
	assert_int_equal(result("a)", "a"), PATTERN_INVALID);
	assert_int_equal(result("a{2,1}", "a"), PATTERN_INVALID);
	assert_int_equal(result("a\\", "a"), PATTERN_INVALID);
	assert_int_equal(result("[]", "a"), PATTERN_INVALID);
	assert_int_equal(result("*a", "a"), PATTERN_INVALID);
}

static void nothing_grows_without_bound(void **state)
{
	(void)state;
	assert_int_equal(result("((a{1,100}){1,100}){1,100}", "a"), PATTERN_INVALID);
	assert_int_equal(result("(a{60000}){60000}", "a"), PATTERN_INVALID);
	assert_int_equal(result("(a|aa)+", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"),
			 PATTERN_UNAVAILABLE);
	matches("([0-9]{1,3}\\.){3}[0-9]{1,3}", "10.0.0.1");
}

static void a_part_is_enough_where_schemas_say_so(void **state)
{
	struct arena *a = arena_new();
	struct pattern *p = pattern_compile(a, TEXT_LIT("b+"), PATTERN_SOMEWHERE, NULL);

	(void)state;
	assert_non_null(p);
	assert_int_equal(pattern_try(p, TEXT_LIT("abc")), PATTERN_MATCHES);
	assert_int_equal(pattern_try(p, TEXT_LIT("ac")), PATTERN_DIFFERS);
	pattern_free(p);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_value_must_match),
		cmocka_unit_test(classes_of_other_dialects_work),
		cmocka_unit_test(groups_and_lazy_quantifiers_are_read),
		cmocka_unit_test(what_other_dialects_have_works),
		cmocka_unit_test(what_is_wrong_is_told),
		cmocka_unit_test(nothing_grows_without_bound),
		cmocka_unit_test(a_part_is_enough_where_schemas_say_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
