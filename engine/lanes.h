/*
 * lanes.h - which call gets a worker next: fair between endpoints, and no dead region
 * starves a living one.
 *
 * A lane is one endpoint (a host, an API of a region).  Items wait in their lane;
 * lanes_pop gives the next that may be called, lanes_done says how it went.
 *
 *	order       the lane with the fewest calls in flight first, so that fifty hosts are
 *	            connected side by side before a second call of the same host starts;
 *	            then urgent items, those tried before, priority, order
 *	per lane    at most LANE_CALLS in flight (a named endpoint), fewer when throttled
 *	session     a provider entry with an account and a region starts no more calls in a
 *	            second than its pace allows (pace.h), which is cut when it is throttled
 *	provider    no more calls in flight than its entry's Concurrency, over all regions
 *	per region  at most half of the workers while more than one region has work left
 *	breaker     two time-outs in a row open it: then one call at a time (the probe) until
 *	            the endpoint answers
 *	given up    when a probe has used up its attempts, what waits is abandoned with it,
 *	            and so is what comes within LANE_GIVEN_UP_MS
 *
 * Pure: no thread, no clock.  Items and lanes are the coordinator's.
 */
#ifndef ENGINE_LANES_H
#define ENGINE_LANES_H

#include "engine/timers.h"

#define LANE_CALLS 8 /* SSH servers allow ten channels of one connection */
/* One more than the workers for each this many: it is begun while they work, so that nobody
 * who comes back waits for a disk. */
#define LANES_AHEAD 16
#define LANE_BREAKER_FAULTS 2  /* time-outs in a row */
#define LANE_GIVEN_UP_MS 30000 /* a host that reboots gets another chance after this */

struct lanes;
struct lane;
struct outcome;

/* Embedded by the owner; lane and slot are the lanes' own. */
struct lane_item {
	struct lane *lane;
	struct heap_slot slot; /* in the lane's heap */
	size_t priority;       /* larger first */
	size_t order;          /* smaller first */
	uint64_t ticket;       /* of its session's pace */
	int attempts;          /* made so far: the item nearest to giving up is the probe */
	bool urgent;           /* begun already: goes before what has not begun */
};

struct lanes *lanes_new(size_t parallelism);
void lanes_free(struct lanes *l);

/* Where an item's calls go. */
struct lane_place {
	const char *provider, *account, *region;
	/* "": the calls of this session that name none; not limited per lane. */
	const char *endpoint;
	size_t concurrency; /* of the provider entry; 0: any */
	int64_t rate;       /* of each of its sessions, see pace.h; PACE_UNLIMITED */
};
/* Puts the item's lane down for it; texts are copied. */
void lanes_enroll(struct lanes *l, struct lane_item *x, const struct lane_place *at);
/* The item needs no more calls. */
void lanes_retire(struct lanes *l, struct lane_item *x);

/* False when its endpoint has been given up: the item does not wait. */
bool lanes_push(struct lanes *l, struct lane_item *x, int64_t now_ms);
/* Takes back an item that waits. */
void lanes_withdraw(struct lanes *l, struct lane_item *x);
/* The next item, now in flight; NULL when none may start. */
struct lane_item *lanes_pop(struct lanes *l, int64_t now_ms);
/* When lanes_pop may give more without anything being done; TIMERS_NEVER when not. */
int64_t lanes_next_ms(const struct lanes *l);

enum lane_answer {
	LANE_ANSWERED,    /* whatever the answer was */
	LANE_THROTTLED,   /* it asks for less */
	LANE_UNREACHABLE, /* no answer in time */
	LANE_NOT_CALLED   /* the call was not made after all */
};
enum lane_change { LANE_AS_BEFORE, LANE_OPENED, LANE_CLOSED };
/* The item is no longer in flight.  Says what became of the breaker. */
enum lane_change lanes_done(struct lanes *l, struct lane_item *x, enum lane_answer answer,
			    int64_t now_ms);
/* Nothing of this item's session starts before: its provider asked for it. */
void lanes_hold(struct lane_item *x, int64_t until_ms);
/* Nothing of this item's lane starts before. */
void lanes_pause(struct lanes *l, struct lane_item *x, int64_t until_ms);
/* The lane's probe used up its attempts; what of its outcome explains that is copied. */
void lanes_give_up(struct lanes *l, struct lane_item *x, const struct outcome *cause,
		   int64_t now_ms);
/* Why the item's lane was given up. */
const struct outcome *lane_cause(const struct lane_item *x);
/* The next item that waited in the lane of x, which was given up; NULL at the end. */
struct lane_item *lanes_abandoned(struct lanes *l, struct lane_item *x);

const char *lane_endpoint(const struct lane_item *x); /* "" when it has none */
size_t lanes_in_flight(const struct lanes *l);

#endif
