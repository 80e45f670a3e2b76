#include "base/heap.h"

#include <assert.h>
#include <stdlib.h>

static void place(struct heap *h, size_t at, struct heap_slot *x)
{
	h->items[at] = x;
	x->at = at + 1;
}

static void rise(struct heap *h, size_t at)
{
	struct heap_slot *x = h->items[at];

	for (; at > 0 && h->before(x, h->items[(at - 1) / 2]); at = (at - 1) / 2)
		place(h, at, h->items[(at - 1) / 2]);
	place(h, at, x);
}

static void sink(struct heap *h, size_t at)
{
	struct heap_slot *x = h->items[at];

	for (size_t child; (child = 2 * at + 1) < h->count; at = child) {
		if (child + 1 < h->count && h->before(h->items[child + 1], h->items[child]))
			child++;
		if (!h->before(h->items[child], x))
			break;
		place(h, at, h->items[child]);
	}
	place(h, at, x);
}

void heap_release(struct heap *h)
{
	free(h->items);
	h->items = NULL;
	h->count = h->capacity = 0;
}

void heap_add(struct heap *h, struct heap_slot *x)
{
	assert(!x->at);
	if (h->count == h->capacity) {
		h->capacity = h->capacity ? 2 * h->capacity : 8;
		h->items = xrealloc(h->items, h->capacity, sizeof(h->items[0]));
	}
	place(h, h->count++, x);
	rise(h, x->at - 1);
}

void heap_remove(struct heap *h, struct heap_slot *x)
{
	size_t at = x->at;
	struct heap_slot *last;

	if (!at)
		return;
	assert(at <= h->count && h->items[at - 1] == x);
	last = h->items[--h->count];
	x->at = 0;
	if (last == x)
		return;
	place(h, at - 1, last);
	rise(h, at - 1);
	sink(h, last->at - 1);
}

struct heap_slot *heap_first(const struct heap *h)
{
	return h->count ? h->items[0] : NULL;
}
