/*
 * lanes_parts.h - what lanes.c and lanes_heap.c share.
 *
 * Heaps in three stages, so that the next call is found without a look at all that wait: a lane
 * is a heap of its waiting items, a session one of its lanes that may start an item, a group one
 * of its sessions that have such a lane and are not held back by their pace.  Groups are few and
 * looked at one by one.  What a heap orders leaves it before anything about it changes and comes
 * back afterwards, so none is ever out of order.
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

/* A provider entry in a region: the sessions of all accounts. */
struct lane_group {
	struct region *region;
	struct provider_load *provider;
	struct heap sessions;
};

/* A provider entry with an account and a region: what the other side counts calls by. */
struct lane_session {
	struct lane_group *group;
	struct pace pace;
	struct heap lanes;
	struct heap_slot slot; /* in the group's heap */
	struct timer rest;     /* until its pace lets it go on */
};

struct lane {
	struct lane_session *session;
	const char *endpoint;
	struct heap items;
	struct heap_slot slot; /* in the session's heap */
	size_t in_flight;
	size_t limit;   /* now */
	size_t ceiling; /* without throttling */
	int faults;     /* time-outs in a row */
	bool open;      /* the breaker */
	int64_t given_up_until_ms;
	struct outcome cause; /* why it was given up last */
	struct timer pause;
};

/* The first of what may start; NULL when there is nothing. */
struct lane_item *lane_first(const struct lane *l);
struct lane *session_first(const struct lane_session *s);
struct lane_session *group_first(const struct lane_group *g);
bool lane_before(const struct lane *x, const struct lane *y);
void lane_add_item(struct lane *l, struct lane_item *x);
void lane_remove_item(struct lane *l, struct lane_item *x);
/* Out of its session's heap, if it is there. */
void lane_leave(struct lane *l);
/* Back into it, which it must have left. */
void lane_join(struct lane *l);
/* The same of a session and its group; it joins when it has a lane and does not rest. */
void session_leave(struct lane_session *s);
void session_join(struct lane_session *s);

#endif
