#include "engine/lanes.h"

#include <assert.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"
#include "engine/call.h"

/*
 * Two levels of heaps: each lane has a heap of its waiting items, each region a heap of the
 * lanes that may start one.  Regions are few and looked at one by one.  A lane leaves its
 * region's heap whenever something about it changes and comes back when it may start an
 * item, so the heaps are never out of order.
 */

struct region {
	const char *name;
	struct lane **heap; /* lanes that may start an item */
	size_t count, capacity;
	size_t in_flight;
	size_t enrolled; /* items with work left */
};

struct lane {
	struct region *region;
	const char *endpoint;
	struct lane_item **heap; /* items that wait */
	size_t count, capacity;
	size_t slot; /* in the region's heap, from 1; 0: may not start an item */
	size_t in_flight;
	size_t limit;   /* now */
	size_t ceiling; /* without throttling */
	int faults;     /* time-outs in a row */
	bool open;      /* the breaker */
	int64_t given_up_until_ms;
	struct outcome cause; /* why it was given up last */
	struct timer pause;
};

struct lanes {
	struct arena *arena;
	struct map regions, lanes; /* by name; by region, provider and endpoint */
	struct timers pauses;
	size_t parallelism;
	size_t in_flight;
	size_t active_regions;
};

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

static bool lane_before(const struct lane *x, const struct lane *y)
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

static void item_add(struct lane *l, struct lane_item *x)
{
	assert(!x->slot);
	if (l->count == l->capacity) {
		l->capacity = l->capacity ? 2 * l->capacity : 8;
		l->heap = xrealloc(l->heap, l->capacity, sizeof(l->heap[0]));
	}
	l->heap[l->count] = x;
	item_rise(l, l->count++);
}

static void item_remove(struct lane *l, struct lane_item *x)
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

static void lane_rise(struct region *r, size_t at)
{
	struct lane *x = r->heap[at];

	for (; at > 0 && lane_before(x, r->heap[(at - 1) / 2]); at = (at - 1) / 2) {
		r->heap[at] = r->heap[(at - 1) / 2];
		r->heap[at]->slot = at + 1;
	}
	r->heap[at] = x;
	x->slot = at + 1;
}

static void lane_sink(struct region *r, size_t at)
{
	struct lane *x = r->heap[at];

	for (size_t child; (child = 2 * at + 1) < r->count; at = child) {
		if (child + 1 < r->count && lane_before(r->heap[child + 1], r->heap[child]))
			child++;
		if (!lane_before(r->heap[child], x))
			break;
		r->heap[at] = r->heap[child];
		r->heap[at]->slot = at + 1;
	}
	r->heap[at] = x;
	x->slot = at + 1;
}

static void lane_leave(struct lane *l)
{
	struct region *r = l->region;
	size_t at = l->slot - 1;
	struct lane *last;

	if (!l->slot)
		return;
	last = r->heap[--r->count];
	l->slot = 0;
	if (last == l)
		return;
	r->heap[at] = last;
	last->slot = at + 1;
	lane_rise(r, at);
	lane_sink(r, last->slot - 1);
}

static void lane_return(struct lane *l)
{
	struct region *r = l->region;
	size_t limit = l->open ? 1 : l->limit;

	assert(!l->slot);
	if (!l->count || l->in_flight >= limit || timer_is_set(&l->pause))
		return;
	if (r->count == r->capacity) {
		r->capacity = r->capacity ? 2 * r->capacity : 8;
		r->heap = xrealloc(r->heap, r->capacity, sizeof(struct lane *));
	}
	r->heap[r->count] = l;
	lane_rise(r, r->count++);
}

struct lanes *lanes_new(size_t parallelism)
{
	struct lanes *l = xcalloc(1, sizeof(*l));

	assert(parallelism > 0);
	l->arena = arena_new();
	l->parallelism = parallelism;
	return l;
}

void lanes_free(struct lanes *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->lanes.entry_count; i++) {
		struct lane *lane = l->lanes.entries[i].value;

		outcome_release(&lane->cause);
		free(lane->heap);
	}
	for (size_t i = 0; i < l->regions.entry_count; i++)
		free(((struct region *)l->regions.entries[i].value)->heap);
	map_release(&l->lanes);
	map_release(&l->regions);
	timers_release(&l->pauses);
	arena_free(l->arena);
	free(l);
}

static struct region *find_region(struct lanes *l, const char *name)
{
	struct region *r = map_find(&l->regions, text_of(name));

	if (r)
		return r;
	r = ARENA_NEW(l->arena, struct region);
	r->name = arena_strdup(l->arena, name);
	map_set(&l->regions, text_of(name), r);
	return r;
}

static struct lane *find_lane(struct lanes *l, struct region *region, const char *provider,
			      const char *endpoint)
{
	struct str key = STR_INIT;
	struct lane *lane;

	str_printf(&key, "%s/%s/%s", region->name, provider, endpoint);
	lane = map_find(&l->lanes, str_text(&key));
	if (!lane) {
		lane = ARENA_NEW(l->arena, struct lane);
		lane->region = region;
		lane->endpoint = arena_strdup(l->arena, endpoint);
		lane->ceiling = *endpoint ? LANE_CALLS : SIZE_MAX;
		lane->limit = lane->ceiling;
		map_set(&l->lanes, str_text(&key), lane);
	}
	str_release(&key);
	return lane;
}

void lanes_enroll(struct lanes *l, struct lane_item *x, const char *region, const char *provider,
		  const char *endpoint)
{
	struct region *r = find_region(l, region);

	assert(!x->lane);
	x->lane = find_lane(l, r, provider, endpoint);
	if (r->enrolled++ == 0)
		l->active_regions++;
}

void lanes_retire(struct lanes *l, struct lane_item *x)
{
	struct region *r;

	if (!x->lane)
		return;
	r = x->lane->region;
	assert(!x->slot && r->enrolled > 0);
	if (--r->enrolled == 0)
		l->active_regions--;
	x->lane = NULL;
}

bool lanes_push(struct lanes *l, struct lane_item *x, int64_t now_ms)
{
	struct lane *lane = x->lane;

	(void)l;
	if (now_ms < lane->given_up_until_ms)
		return false;
	lane_leave(lane);
	item_add(lane, x);
	lane_return(lane);
	return true;
}

void lanes_withdraw(struct lanes *l, struct lane_item *x)
{
	(void)l;
	if (!x->lane || !x->slot)
		return;
	lane_leave(x->lane);
	item_remove(x->lane, x);
	lane_return(x->lane);
}

static size_t region_limit(const struct lanes *l)
{
	size_t half = l->parallelism / 2;

	if (l->active_regions < 2)
		return l->parallelism;
	return half ? half : 1;
}

struct lane_item *lanes_pop(struct lanes *l, int64_t now_ms)
{
	struct lane *best = NULL;
	struct lane_item *x;
	struct timer *t;

	while ((t = timers_pop(&l->pauses, now_ms)))
		lane_return(container_of(t, struct lane, pause));
	if (l->in_flight >= l->parallelism)
		return NULL;
	for (size_t i = 0; i < l->regions.entry_count; i++) {
		struct region *r = l->regions.entries[i].value;

		if (r->count && r->in_flight < region_limit(l) &&
		    (!best || lane_before(r->heap[0], best)))
			best = r->heap[0];
	}
	if (!best)
		return NULL;
	lane_leave(best);
	x = best->heap[0];
	item_remove(best, x);
	best->in_flight++;
	best->region->in_flight++;
	l->in_flight++;
	lane_return(best);
	return x;
}

int64_t lanes_next_ms(const struct lanes *l)
{
	return timers_next_ms(&l->pauses);
}

static void throttle(struct lane *lane)
{
	size_t now = lane->limit < lane->in_flight + 1 ? lane->limit : lane->in_flight + 1;

	lane->limit = now > 1 ? now / 2 : 1;
}

static enum lane_change answered(struct lane *lane)
{
	bool was_open = lane->open;

	if (lane->limit < lane->ceiling)
		lane->limit++;
	lane->faults = 0;
	lane->open = false;
	lane->given_up_until_ms = 0;
	return was_open ? LANE_CLOSED : LANE_AS_BEFORE;
}

enum lane_change lanes_done(struct lanes *l, struct lane_item *x, enum lane_answer answer)
{
	struct lane *lane = x->lane;
	enum lane_change change = LANE_AS_BEFORE;

	assert(lane->in_flight > 0);
	lane_leave(lane);
	lane->in_flight--;
	lane->region->in_flight--;
	l->in_flight--;
	switch (answer) {
	case LANE_ANSWERED:
		change = answered(lane);
		break;
	case LANE_THROTTLED:
		change = answered(lane);
		throttle(lane);
		break;
	case LANE_UNREACHABLE:
		if (++lane->faults >= LANE_BREAKER_FAULTS && !lane->open) {
			lane->open = true;
			change = LANE_OPENED;
		}
		break;
	case LANE_NOT_CALLED:
		break;
	}
	lane_return(lane);
	return change;
}

void lanes_pause(struct lanes *l, struct lane_item *x, int64_t until_ms)
{
	struct lane *lane = x->lane;

	if (timer_is_set(&lane->pause) && lane->pause.due_ms >= until_ms)
		return;
	lane_leave(lane);
	timers_set(&l->pauses, &lane->pause, until_ms);
}

void lanes_give_up(struct lanes *l, struct lane_item *x, const struct outcome *cause,
		   int64_t now_ms)
{
	struct lane *lane = x->lane;
	const struct call anyone = {.where = RANGE_NONE};

	(void)l;
	outcome_release(&lane->cause);
	outcome_copy_fault(cause, &anyone, &lane->cause);
	lane->open = true;
	lane->given_up_until_ms = now_ms + LANE_GIVEN_UP_MS;
}

struct lane_item *lanes_abandoned(struct lanes *l, struct lane_item *x)
{
	struct lane *lane = x->lane;
	struct lane_item *first;

	(void)l;
	if (!lane->count)
		return NULL;
	lane_leave(lane);
	first = lane->heap[0];
	item_remove(lane, first);
	lane_return(lane);
	return first;
}

const struct outcome *lane_cause(const struct lane_item *x)
{
	return &x->lane->cause;
}

const char *lane_endpoint(const struct lane_item *x)
{
	return x->lane ? x->lane->endpoint : "";
}

size_t lanes_in_flight(const struct lanes *l)
{
	return l->in_flight;
}
