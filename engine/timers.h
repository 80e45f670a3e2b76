/*
 * timers.h - what is due when: a heap of points in time.
 *
 * The owner embeds struct timer, sets it, and takes due ones with timers_pop.  Timers
 * due at the same time come in the order they were set.  No thread, no clock: the caller
 * says what time it is.
 */
#ifndef ENGINE_TIMERS_H
#define ENGINE_TIMERS_H

#include "base/heap.h"

struct timer {
	int64_t due_ms;
	uint64_t order; /* counts settings, for equal times */
	struct heap_slot slot;
};

struct timers {
	struct heap heap;
	uint64_t settings;
};

#define TIMERS_INIT ((struct timers){0})
#define TIMERS_NEVER INT64_MAX

void timers_release(struct timers *t);
/* Sets or moves. */
void timers_set(struct timers *t, struct timer *x, int64_t due_ms);
/* Nothing happens when it is not set. */
void timers_clear(struct timers *t, struct timer *x);
bool timer_is_set(const struct timer *x);
/* When the first one is due; TIMERS_NEVER when there is none. */
int64_t timers_next_ms(const struct timers *t);
/* The first that is due at now_ms, no longer set; NULL when none is. */
struct timer *timers_pop(struct timers *t, int64_t now_ms);

#endif
