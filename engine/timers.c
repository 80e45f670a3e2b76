#include "engine/timers.h"

static bool earlier(const struct heap_slot *a, const struct heap_slot *b)
{
	const struct timer *x = container_of(a, struct timer, slot);
	const struct timer *y = container_of(b, struct timer, slot);

	if (x->due_ms != y->due_ms)
		return x->due_ms < y->due_ms;
	return x->order < y->order;
}

void timers_release(struct timers *t)
{
	heap_release(&t->heap);
	*t = TIMERS_INIT;
}

void timers_set(struct timers *t, struct timer *x, int64_t due_ms)
{
	heap_remove(&t->heap, &x->slot);
	x->due_ms = due_ms;
	x->order = ++t->settings;
	t->heap.before = earlier;
	heap_add(&t->heap, &x->slot);
}

void timers_clear(struct timers *t, struct timer *x)
{
	heap_remove(&t->heap, &x->slot);
}

bool timer_is_set(const struct timer *x)
{
	return x->slot.at != 0;
}

static struct timer *first_of(const struct timers *t)
{
	struct heap_slot *x = heap_first(&t->heap);

	return x ? container_of(x, struct timer, slot) : NULL;
}

int64_t timers_next_ms(const struct timers *t)
{
	const struct timer *x = first_of(t);

	return x ? x->due_ms : TIMERS_NEVER;
}

struct timer *timers_pop(struct timers *t, int64_t now_ms)
{
	struct timer *x = first_of(t);

	if (!x || x->due_ms > now_ms)
		return NULL;
	timers_clear(t, x);
	return x;
}
