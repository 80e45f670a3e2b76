/*
 * vec.h - typed growable arrays.
 *
 *	struct { VEC_OF(struct vertex *) } v = {0};
 *	*vec_add(&v) = vertex;
 *	for (size_t i = 0; i < v.count; i++) use(v.items[i]);
 *	vec_release(&v);
 *
 * vec_add returns a pointer to a new zeroed last item, valid until the next
 * vec_add.  arena_vec_add does the same with the memory in an arena (old blocks
 * stay there until the arena goes; growth is by doubling).
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stdlib.h>

#include "base/arena.h"
#include "base/base.h"

#define VEC_OF(type)  \
	type *items;  \
	size_t count; \
	size_t capacity;

void *vec_grow_(void *items, size_t count, size_t *capacity, size_t size);
void *vec_grow_arena_(struct arena *a, void *items, size_t count, size_t *capacity, size_t size);
/* Twice as much as there was, or exactly what is wanted when that is more. */
size_t vec_capacity_(size_t wanted, size_t before);
void *vec_move_arena_(struct arena *a, const void *items, size_t count, size_t capacity,
		      size_t size);

#define vec_add(v)                                                                            \
	((v)->items = vec_grow_((v)->items, (v)->count, &(v)->capacity, sizeof(*(v)->items)), \
	 &(v)->items[(v)->count++])
#define arena_vec_add(a, v)                                                        \
	((v)->items = vec_grow_arena_((a), (v)->items, (v)->count, &(v)->capacity, \
				      sizeof(*(v)->items)),                        \
	 &(v)->items[(v)->count++])
/* Room for `more` without growing: what grows in an arena leaves its old self behind. */
#define arena_vec_reserve(a, v, more)                                                            \
	do {                                                                                     \
		if ((v)->capacity - (v)->count < (more)) {                                       \
			(v)->capacity = vec_capacity_((v)->count + (more), (v)->capacity);       \
			(v)->items = vec_move_arena_((a), (v)->items, (v)->count, (v)->capacity, \
						     sizeof(*(v)->items));                       \
		}                                                                                \
	} while (0)
#define vec_release(v) (free((v)->items), (v)->items = NULL, (v)->count = 0, (v)->capacity = 0)

#endif
