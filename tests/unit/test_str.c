/* test_str.c - the growable string. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static void an_empty_string_is_still_text(void **state)
{
	struct str s = STR_INIT;
	char *stolen;

	(void)state;
	assert_string_equal(str_cstr(&s), "");
	assert_int_equal(str_text(&s).len, 0);
	str_clear(&s);
	stolen = str_steal(&s);
	assert_string_equal(stolen, "");
	free(stolen);
	str_release(&s);
}

static void every_way_to_append_appends(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	str_add(&s, "a");
	str_add_len(&s, "bcd", 2);
	str_add_text(&s, TEXT_LIT("d"));
	str_add_char(&s, 'e');
	str_repeat(&s, '-', 3);
	str_repeat(&s, '+', 0);
	str_printf(&s, "%d%s", 42, "!");
	memcpy(str_reserve(&s, 3), "xyz", 3);
	str_grown(&s, 2);
	assert_string_equal(str_cstr(&s), "abcde---42!xy");
	assert_int_equal(s.len, 13);
	str_release(&s);
}

static void it_ends_in_nul_after_every_step_of_growth(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	for (size_t len = 1; len < 5000; len++) {
		str_add_char(&s, 'x');
		assert_int_equal(s.len, len);
		assert_int_equal(s.ptr[len], '\0');
	}
	assert_int_equal(strlen(s.ptr), 4999);
	str_release(&s);
}

static void formatting_fits_every_length(void **state)
{
	(void)state;
	for (int len = 0; len < 300; len++) {
		struct str s = STR_INIT;

		str_add(&s, "ab");
		str_printf(&s, "%0*d", len, 5);
		assert_int_equal(s.len, (size_t)(len ? len : 1) + 2);
		assert_int_equal(strlen(s.ptr), s.len);
		str_release(&s);
	}
}

static void truncating_only_shortens(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	str_add(&s, "abcdef");
	str_truncate(&s, 9);
	assert_string_equal(str_cstr(&s), "abcdef");
	str_truncate(&s, 2);
	assert_string_equal(str_cstr(&s), "ab");
	str_clear(&s);
	assert_string_equal(str_cstr(&s), "");
	str_release(&s);
}

static void stealing_leaves_it_empty_and_usable(void **state)
{
	struct str s = STR_INIT;
	char *stolen;

	(void)state;
	str_add(&s, "mine");
	stolen = str_steal(&s);
	assert_string_equal(stolen, "mine");
	assert_int_equal(s.len, 0);
	str_add(&s, "new");
	assert_string_equal(stolen, "mine");
	assert_string_equal(str_cstr(&s), "new");
	free(stolen);
	str_release(&s);
}

static void nul_bytes_are_kept(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	str_add_len(&s, "a\0b", 3);
	assert_int_equal(s.len, 3);
	assert_memory_equal(s.ptr, "a\0b", 4);
	str_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_string_is_still_text),
		cmocka_unit_test(every_way_to_append_appends),
		cmocka_unit_test(it_ends_in_nul_after_every_step_of_growth),
		cmocka_unit_test(formatting_fits_every_length),
		cmocka_unit_test(truncating_only_shortens),
		cmocka_unit_test(stealing_leaves_it_empty_and_usable),
		cmocka_unit_test(nul_bytes_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
