/* test_vec.c - typed growable arrays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/vec.h"

struct item {
	int number;
	const char *name;
};

struct items {
	VEC_OF(struct item)
};

static void new_items_are_zeroed_and_old_ones_stay(void **state)
{
	struct items v = {0};

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct item *item = vec_add(&v);

		assert_int_equal(item->number, 0);
		assert_null(item->name);
		*item = (struct item){i, "x"};
	}
	assert_int_equal(v.count, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(v.items[i].number, i);
	vec_release(&v);
}

static void a_slot_used_before_is_zeroed_again(void **state)
{
	struct items v = {0};

	(void)state;
	vec_add(&v)->number = 7;
	v.count--;
	assert_int_equal(vec_add(&v)->number, 0);
	vec_release(&v);
}

static void the_arena_kind_does_the_same(void **state)
{
	struct arena *a = arena_new();
	struct items v = {0};

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct item *item = arena_vec_add(a, &v);

		assert_int_equal(item->number, 0);
		item->number = i;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(v.items[i].number, i);
	arena_free(a);
}

static void releasing_leaves_it_empty_and_usable(void **state)
{
	struct items v = {0};

	(void)state;
	vec_add(&v)->number = 1;
	vec_release(&v);
	assert_null(v.items);
	assert_int_equal(v.count, 0);
	vec_add(&v)->number = 2;
	assert_int_equal(v.items[0].number, 2);
	vec_release(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_items_are_zeroed_and_old_ones_stay),
		cmocka_unit_test(a_slot_used_before_is_zeroed_again),
		cmocka_unit_test(the_arena_kind_does_the_same),
		cmocka_unit_test(releasing_leaves_it_empty_and_usable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
