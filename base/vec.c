/* vec.c - growth of typed arrays by doubling. */
#include "base/vec.h"

#include <string.h>

#define FIRST_CAPACITY 8
/* In an arena nothing is given back, and most lists there are of one or two. */
#define FIRST_CAPACITY_ARENA 2

static size_t next_capacity(size_t capacity, size_t first)
{
	if (capacity > SIZE_MAX / 2)
		fail_fast("out of memory");
	return capacity ? capacity * 2 : first;
}

static void zero_item(void *items, size_t index, size_t size)
{
	memset((char *)items + index * size, 0, size);
}

void *vec_grow_(void *items, size_t count, size_t *capacity, size_t size)
{
	if (count == *capacity) {
		*capacity = next_capacity(*capacity, FIRST_CAPACITY);
		items = xrealloc(items, *capacity, size);
	}
	zero_item(items, count, size);
	return items;
}

size_t vec_capacity_(size_t wanted, size_t before)
{
	return wanted > next_capacity(before, 0) ? wanted : 2 * before;
}

void *vec_move_arena_(struct arena *a, const void *items, size_t count, size_t capacity,
		      size_t size)
{
	void *moved = arena_array(a, capacity, size);

	if (count)
		memcpy(moved, items, count * size);
	return moved;
}

void *vec_grow_arena_(struct arena *a, void *items, size_t count, size_t *capacity, size_t size)
{
	if (count == *capacity) {
		*capacity = next_capacity(*capacity, FIRST_CAPACITY_ARENA);
		items = vec_move_arena_(a, items, count, *capacity, size);
	}
	zero_item(items, count, size);
	return items;
}
