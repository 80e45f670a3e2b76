/* test_map.c - strings to pointers in order of insertion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>

#include "base/map.h"

#define MANY 5000

static char values[MANY];

static struct text key_of(int i, char room[32])
{
	snprintf(room, 32, "web/-/east/Page%d", i);
	return text_of(room);
}

static void fill(struct map *m, int from, int to)
{
	char room[32];

	for (int i = from; i < to; i++)
		assert_null(map_set(m, key_of(i, room), &values[i]));
}

static void an_empty_map_has_nothing(void **state)
{
	struct map m = MAP_INIT;

	(void)state;
	assert_null(map_find(&m, TEXT_LIT("x")));
	assert_false(map_has(&m, TEXT_LIT("")));
	assert_null(map_remove(&m, TEXT_LIT("x")));
	map_release(&m);
}

static void what_was_set_is_found(void **state)
{
	struct map m = MAP_INIT;
	char room[32];

	(void)state;
	fill(&m, 0, MANY);
	assert_int_equal(m.live_count, MANY);
	for (int i = 0; i < MANY; i++)
		assert_ptr_equal(map_find(&m, key_of(i, room)), &values[i]);
	assert_null(map_find(&m, TEXT_LIT("web/-/east/Page")));
	map_release(&m);
}

static void iteration_follows_insertion(void **state)
{
	struct map m = MAP_INIT;
	char room[32];

	(void)state;
	fill(&m, 0, MANY);
	for (int i = 0; i < MANY; i++)
		assert_string_equal(m.entries[i].key, key_of(i, room).ptr);
	map_release(&m);
}

static void setting_again_replaces_and_returns_the_old_value(void **state)
{
	struct map m = MAP_INIT;

	(void)state;
	map_set(&m, TEXT_LIT("a"), &values[1]);
	map_set(&m, TEXT_LIT("b"), &values[2]);
	assert_ptr_equal(map_set(&m, TEXT_LIT("a"), &values[3]), &values[1]);
	assert_ptr_equal(map_find(&m, TEXT_LIT("a")), &values[3]);
	assert_int_equal(m.live_count, 2);
	assert_string_equal(m.entries[0].key, "a");
	map_release(&m);
}

static void keys_are_copied_and_compared_by_all_their_bytes(void **state)
{
	struct map m = MAP_INIT;
	char key[] = "change";

	(void)state;
	map_set(&m, text_of(key), &values[1]);
	key[0] = 'X';
	assert_true(map_has(&m, TEXT_LIT("change")));
	map_set(&m, TEXT_LIT("a\0b"), &values[2]);
	assert_false(map_has(&m, TEXT_LIT("a")));
	assert_false(map_has(&m, TEXT_LIT("a\0c")));
	assert_ptr_equal(map_find(&m, TEXT_LIT("a\0b")), &values[2]);
	map_set(&m, text_of(NULL), &values[3]);
	assert_ptr_equal(map_find(&m, TEXT_LIT("")), &values[3]);
	map_release(&m);
}

static void a_null_value_is_there_but_not_found(void **state)
{
	struct map m = MAP_INIT;

	(void)state;
	map_set(&m, TEXT_LIT("a"), NULL);
	assert_true(map_has(&m, TEXT_LIT("a")));
	assert_null(map_find(&m, TEXT_LIT("a")));
	map_release(&m);
}

static void removal_keeps_the_order_of_the_rest(void **state)
{
	struct map m = MAP_INIT;
	char room[32];
	int expected = 1;

	(void)state;
	fill(&m, 0, MANY / 2);
	for (int i = 0; i < MANY / 2; i += 2)
		assert_ptr_equal(map_remove(&m, key_of(i, room)), &values[i]);
	assert_null(map_remove(&m, key_of(0, room)));
	fill(&m, MANY / 2, MANY);
	for (size_t i = 0; i < m.entry_count; i++) {
		if (!m.entries[i].key)
			continue;
		assert_string_equal(m.entries[i].key, key_of(expected, room).ptr);
		assert_ptr_equal(map_find(&m, key_of(expected, room)), &values[expected]);
		expected += expected < MANY / 2 - 1 ? 2 : 1;
	}
	assert_int_equal(expected, MANY);
	assert_false(map_has(&m, key_of(0, room)));
	map_release(&m);
}

static void setting_and_removing_for_ever_does_not_grow(void **state)
{
	struct map m = MAP_INIT;
	char room[32];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		map_set(&m, key_of(i, room), &values[i]);
		if (i >= 3)
			assert_non_null(map_remove(&m, key_of(i - 3, room)));
	}
	assert_int_equal(m.live_count, 3);
	assert_true(m.entry_capacity <= 16);
	map_release(&m);
}

static void removing_while_iterating_visits_the_rest(void **state)
{
	struct map m = MAP_INIT;
	size_t visited = 0;

	(void)state;
	fill(&m, 0, 100);
	for (size_t i = 0; i < m.entry_count; i++) {
		if (!m.entries[i].key)
			continue;
		visited++;
		map_remove(&m, text_of(m.entries[i].key));
	}
	assert_int_equal(visited, 100);
	assert_int_equal(m.live_count, 0);
	map_release(&m);
}

static void *fill_own_map(void *unused)
{
	struct map m = MAP_INIT;
	char room[32];

	(void)unused;
	for (int i = 0; i < 100; i++)
		map_set(&m, key_of(i, room), &values[i]);
	for (int i = 0; i < 100; i++) {
		if (map_find(&m, key_of(i, room)) != &values[i])
			abort();
	}
	map_release(&m);
	return NULL;
}

static void threads_may_each_use_maps_of_their_own(void **state)
{
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fill_own_map, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_may_each_use_maps_of_their_own),
		cmocka_unit_test(an_empty_map_has_nothing),
		cmocka_unit_test(what_was_set_is_found),
		cmocka_unit_test(iteration_follows_insertion),
		cmocka_unit_test(setting_again_replaces_and_returns_the_old_value),
		cmocka_unit_test(keys_are_copied_and_compared_by_all_their_bytes),
		cmocka_unit_test(a_null_value_is_there_but_not_found),
		cmocka_unit_test(removal_keeps_the_order_of_the_rest),
		cmocka_unit_test(setting_and_removing_for_ever_does_not_grow),
		cmocka_unit_test(removing_while_iterating_visits_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
