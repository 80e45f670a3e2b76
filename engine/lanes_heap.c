/* lanes_heap.c - the heaps of items and of lanes. */
#include "engine/lanes_parts.h"

#include <assert.h>
#include <stdlib.h>

static bool item_before(const struct lane_item *x, const struct lane_item *y)
{
	if (x->urgent != y->urgent)
		return x->urgent;
	if (x->attempts != y->attempts)
		return x->attempts > y->attempts;
	if (x->priority != y->priority)
		return x->priority > y->priority;
	return x->order < y->order;
}

bool lane_before(const struct lane *x, const struct lane *y)
{
	if (x->in_flight != y->in_flight)
		return x->in_flight < y->in_flight;
	return item_before(x->heap[0], y->heap[0]);
}

static void item_rise(struct lane *l, size_t at)
{
	struct lane_item *x = l->heap[at];

	for (; at > 0 && item_before(x, l->heap[(at - 1) / 2]); at = (at - 1) / 2) {
		l->heap[at] = l->heap[(at - 1) / 2];
		l->heap[at]->slot = at + 1;
	}
	l->heap[at] = x;
	x->slot = at + 1;
}

static void item_sink(struct lane *l, size_t at)
{
	struct lane_item *x = l->heap[at];

	for (size_t child; (child = 2 * at + 1) < l->count; at = child) {
		if (child + 1 < l->count && item_before(l->heap[child + 1], l->heap[child]))
			child++;
		if (!item_before(l->heap[child], x))
			break;
		l->heap[at] = l->heap[child];
		l->heap[at]->slot = at + 1;
	}
	l->heap[at] = x;
	x->slot = at + 1;
}

void lane_add_item(struct lane *l, struct lane_item *x)
{
	assert(!x->slot);
	if (l->count == l->capacity) {
		l->capacity = l->capacity ? 2 * l->capacity : 8;
		l->heap = xrealloc(l->heap, l->capacity, sizeof(l->heap[0]));
	}
	l->heap[l->count] = x;
	item_rise(l, l->count++);
}

void lane_remove_item(struct lane *l, struct lane_item *x)
{
	size_t at = x->slot - 1;
	struct lane_item *last = l->heap[--l->count];

	assert(x->slot);
	x->slot = 0;
	if (last == x)
		return;
	l->heap[at] = last;
	last->slot = at + 1;
	item_rise(l, at);
	item_sink(l, last->slot - 1);
}

static void lane_rise(struct lane_session *s, size_t at)
{
	struct lane *x = s->heap[at];

	for (; at > 0 && lane_before(x, s->heap[(at - 1) / 2]); at = (at - 1) / 2) {
		s->heap[at] = s->heap[(at - 1) / 2];
		s->heap[at]->slot = at + 1;
	}
	s->heap[at] = x;
	x->slot = at + 1;
}

static void lane_sink(struct lane_session *s, size_t at)
{
	struct lane *x = s->heap[at];

	for (size_t child; (child = 2 * at + 1) < s->count; at = child) {
		if (child + 1 < s->count && lane_before(s->heap[child + 1], s->heap[child]))
			child++;
		if (!lane_before(s->heap[child], x))
			break;
		s->heap[at] = s->heap[child];
		s->heap[at]->slot = at + 1;
	}
	s->heap[at] = x;
	x->slot = at + 1;
}

void lane_leave(struct lane *l)
{
	struct lane_session *s = l->session;
	size_t at = l->slot - 1;
	struct lane *last;

	if (!l->slot)
		return;
	last = s->heap[--s->count];
	l->slot = 0;
	if (last == l)
		return;
	s->heap[at] = last;
	last->slot = at + 1;
	lane_rise(s, at);
	lane_sink(s, last->slot - 1);
}

void lane_join(struct lane *l)
{
	struct lane_session *s = l->session;

	assert(!l->slot);
	if (s->count == s->capacity) {
		s->capacity = s->capacity ? 2 * s->capacity : 8;
		s->heap = xrealloc(s->heap, s->capacity, sizeof(struct lane *));
	}
	s->heap[s->count] = l;
	lane_rise(s, s->count++);
}
