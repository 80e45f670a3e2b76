/*
 * pace.h - how many calls a session may start in a second.
 *
 * Unlimited, or as fast as the provider entry's RateLimit says, until the other side asks
 * for less.  Then half of what was seen in the last seconds, at least one call a second;
 * from there it gains a twentieth of what was seen with every second, so that without more
 * complaints the old pace is back after 10 seconds and the limit is gone after 30.  Answers
 * to calls that had started before the pace was cut say nothing about the new one.
 *
 * Pure: the caller says what time it is.  pace_init, then pace_ready_ms before a call,
 * pace_start when it starts, pace_throttled when it came back throttled.
 */
#ifndef ENGINE_PACE_H
#define ENGINE_PACE_H

#include "base/base.h"

#define PACE_SECONDS 4 /* looked back over */
/* Rates are calls in 1000 seconds, so that slow ones have no fractions. */
#define PACE_ONE 1000
#define PACE_UNLIMITED 0

struct pace {
	int64_t top;  /* as configured; PACE_UNLIMITED */
	int64_t base; /* what it was cut to at cut_ms; PACE_UNLIMITED: not cut */
	int64_t gain; /* with every second since */
	int64_t goal; /* reaching it, the cut is over */
	int64_t cut_ms;
	int64_t next_us; /* when the next call may start */
	int64_t hold_until_ms;
	uint64_t started;  /* calls so far */
	uint64_t cut_mark; /* how many had started when it was cut */
	uint32_t seconds[PACE_SECONDS];
	int64_t newest_s, first_ms;
};

void pace_init(struct pace *p, int64_t top);
/* The rate now; PACE_UNLIMITED. */
int64_t pace_limit(const struct pace *p, int64_t now_ms);
/* When the next call may start; not after now_ms: at once. */
int64_t pace_ready_ms(const struct pace *p, int64_t now_ms);
/* Gives the call's ticket. */
uint64_t pace_start(struct pace *p, int64_t now_ms);
/* True when the pace was cut. */
bool pace_throttled(struct pace *p, uint64_t ticket, int64_t now_ms);
/* The other side asked for silence until then. */
void pace_hold(struct pace *p, int64_t until_ms);

#endif
