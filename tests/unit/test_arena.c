/* test_arena.c - memory that is dropped together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static void memory_is_zeroed_and_aligned_whatever_was_asked_before(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t len = 0; len < 3000; len += 7) {
		unsigned char *p = arena_alloc(a, len);

		assert_int_equal((uintptr_t)p % ARENA_ALIGN, 0);
		for (size_t i = 0; i < len; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, len);
	}
	arena_free(a);
}

static void allocations_do_not_overlap(void **state)
{
	struct arena *a = arena_new();
	char *texts[500];

	(void)state;
	for (int i = 0; i < 500; i++)
		texts[i] = arena_printf(a, "%d-%0*d", i, i, 7);
	for (int i = 0; i < 500; i++) {
		char *expected = arena_printf(a, "%d-%0*d", i, i, 7);

		assert_string_equal(texts[i], expected);
	}
	arena_free(a);
}

static void nothing_asked_for_gives_pointers_that_differ(void **state)
{
	struct arena *a = arena_new();
	void *p = arena_alloc(a, 0), *q = arena_alloc(a, 0);

	(void)state;
	assert_non_null(p);
	assert_ptr_not_equal(p, q);
	arena_free(a);
}

static void a_large_block_leaves_the_current_one_in_use(void **state)
{
	struct arena *a = arena_new();
	char *small = arena_strdup(a, "small");
	char *large = arena_alloc(a, (size_t)4 << 20);

	(void)state;
	large[((size_t)4 << 20) - 1] = 'x';
	assert_string_equal(arena_strdup(a, "next"), "next");
	assert_string_equal(small, "small");
	arena_free(a);
}

static void texts_need_not_end_in_nul(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(arena_text(a, (struct text){"abcdef", 2}), "ab");
	assert_string_equal(arena_strndup(a, "abcdef", 4), "abcd");
	assert_string_equal(arena_text(a, text_of(NULL)), "");
	arena_free(a);
}

static void arrays_have_room_for_every_item(void **state)
{
	struct arena *a = arena_new();
	int64_t *items = ARENA_ARRAY(a, 1000, int64_t);

	(void)state;
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(items[i], 0);
		items[i] = i;
	}
	assert_int_equal(items[999], 999);
	arena_free(a);
}

static void freeing_nothing_is_allowed(void **state)
{
	(void)state;
	arena_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_aligned_whatever_was_asked_before),
		cmocka_unit_test(allocations_do_not_overlap),
		cmocka_unit_test(nothing_asked_for_gives_pointers_that_differ),
		cmocka_unit_test(a_large_block_leaves_the_current_one_in_use),
		cmocka_unit_test(texts_need_not_end_in_nul),
		cmocka_unit_test(arrays_have_room_for_every_item),
		cmocka_unit_test(freeing_nothing_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
