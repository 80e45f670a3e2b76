#include "engine/timers.h"

#include <assert.h>
#include <stdlib.h>

/* A binary heap; each timer knows its slot, so that moving and clearing cost O(log n). */

static bool earlier(const struct timer *x, const struct timer *y)
{
	if (x->due_ms != y->due_ms)
		return x->due_ms < y->due_ms;
	return x->order < y->order;
}

static void place(struct timers *t, size_t at, struct timer *x)
{
	t->heap[at] = x;
	x->slot = at + 1;
}

static void rise(struct timers *t, size_t at)
{
	struct timer *x = t->heap[at];

	while (at > 0 && earlier(x, t->heap[(at - 1) / 2])) {
		place(t, at, t->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	place(t, at, x);
}

static void sink(struct timers *t, size_t at)
{
	struct timer *x = t->heap[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= t->count)
			break;
		if (child + 1 < t->count && earlier(t->heap[child + 1], t->heap[child]))
			child++;
		if (!earlier(t->heap[child], x))
			break;
		place(t, at, t->heap[child]);
		at = child;
	}
	place(t, at, x);
}

void timers_release(struct timers *t)
{
	free(t->heap);
	*t = TIMERS_INIT;
}

void timers_set(struct timers *t, struct timer *x, int64_t due_ms)
{
	timers_clear(t, x);
	if (t->count == t->capacity) {
		t->capacity = t->capacity ? 2 * t->capacity : 16;
		t->heap = xrealloc(t->heap, t->capacity, sizeof(t->heap[0]));
	}
	x->due_ms = due_ms;
	x->order = ++t->settings;
	place(t, t->count++, x);
	rise(t, x->slot - 1);
}

void timers_clear(struct timers *t, struct timer *x)
{
	size_t at = x->slot;
	struct timer *last;

	if (!at)
		return;
	assert(at <= t->count && t->heap[at - 1] == x);
	last = t->heap[--t->count];
	x->slot = 0;
	if (last == x)
		return;
	place(t, at - 1, last);
	rise(t, at - 1);
	sink(t, last->slot - 1);
}

bool timer_is_set(const struct timer *x)
{
	return x->slot != 0;
}

int64_t timers_next_ms(const struct timers *t)
{
	return t->count ? t->heap[0]->due_ms : TIMERS_NEVER;
}

struct timer *timers_pop(struct timers *t, int64_t now_ms)
{
	struct timer *first = t->count ? t->heap[0] : NULL;

	if (!first || first->due_ms > now_ms)
		return NULL;
	timers_clear(t, first);
	return first;
}
