/*
 * heap.h - a binary heap of things that know their slot, so that any of them can be taken out.
 *
 * The owner embeds a struct heap_slot, zeroed, in each thing and gives the heap an order; what
 * decides that order may change only while the thing is out of the heap (heap_remove, change,
 * heap_add).  Adding and removing cost O(log n).  No thread.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include "base/base.h"

struct heap_slot {
	size_t at; /* from 1; 0: in no heap */
};

typedef bool heap_before_fn(const struct heap_slot *x, const struct heap_slot *y);

struct heap {
	heap_before_fn *before; /* a strict order; set before the first heap_add */
	struct heap_slot **items;
	size_t count, capacity;
};

void heap_release(struct heap *h); /* what is in it is not touched */
/* x is in no heap. */
void heap_add(struct heap *h, struct heap_slot *x);
/* Nothing happens when it is in none. */
void heap_remove(struct heap *h, struct heap_slot *x);
/* The first; NULL when there is none. */
struct heap_slot *heap_first(const struct heap *h);

#endif
