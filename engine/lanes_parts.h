/*
 * lanes_parts.h - what lanes.c and lanes_heap.c share.
 *
 * A lane is a heap of its waiting items, each session a heap of the lanes that may start
 * one.  Regions, providers and sessions are few and looked at one by one.  A lane leaves its
 * session's heap whenever something about it changes and comes back when it may start an
 * item, so the heaps are never out of order.
 */
#ifndef ENGINE_LANES_PARTS_H
#define ENGINE_LANES_PARTS_H

#include "engine/call.h"
#include "engine/lanes.h"
#include "engine/pace.h"

struct region {
	size_t in_flight;
	size_t enrolled; /* items with work left */
};

/* A provider entry, over all regions and accounts. */
struct provider_load {
	size_t in_flight, limit;
};

/* A provider entry with an account and a region: what the other side counts calls by. */
struct lane_session {
	struct region *region;
	struct provider_load *provider;
	struct pace pace;
	struct lane **heap; /* lanes that may start an item */
	size_t count, capacity;
};

struct lane {
	struct lane_session *session;
	const char *endpoint;
	struct lane_item **heap; /* items that wait */
	size_t count, capacity;
	size_t slot; /* in the session's heap, from 1; 0: may not start an item */
	size_t in_flight;
	size_t limit;   /* now */
	size_t ceiling; /* without throttling */
	int faults;     /* time-outs in a row */
	bool open;      /* the breaker */
	int64_t given_up_until_ms;
	struct outcome cause; /* why it was given up last */
	struct timer pause;
};

bool lane_before(const struct lane *x, const struct lane *y);
void lane_add_item(struct lane *l, struct lane_item *x);
void lane_remove_item(struct lane *l, struct lane_item *x);
/* Out of its session's heap, if it is there. */
void lane_leave(struct lane *l);
/* Back into it, which it must have left. */
void lane_join(struct lane *l);

#endif
