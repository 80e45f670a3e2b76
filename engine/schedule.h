/*
 * schedule.h - how long a walk will take, from how long each of its steps takes.
 *
 * Pure: the walk is only looked at, nothing is run.  Works as the executor does: of the
 * steps that may start the one with the longest way behind it first, so many calls at the
 * same time, at most LANE_CALLS of them at one endpoint.  What is accepted and waits to be
 * polled takes no place.  O((V + E) log V).
 */
#ifndef ENGINE_SCHEDULE_H
#define ENGINE_SCHEDULE_H

#include "base/arena.h"
#include "engine/walk.h"

#define SCHEDULE_NO_LANE SIZE_MAX

struct step_time {
	int64_t ms;   /* 0: a gate, or what is done at once */
	size_t lane;  /* endpoint: 0, 1, ...; SCHEDULE_NO_LANE */
	bool pending; /* nearly all of it is waiting */
};

struct schedule {
	const struct walk *walk;       /* sealed */
	const struct step_time *times; /* by step */
	size_t step_count, lane_count;
	size_t parallelism;
};

/* When the last step ends. */
int64_t schedule_span(const struct schedule *s);

/* The steps that take time on the longest way, in order; how long it is, however many calls
 * there may be at the same time.  `steps` is in the arena. */
struct longest_way {
	const size_t *steps;
	size_t count;
	int64_t ms;
};
void schedule_longest(const struct schedule *s, struct arena *a, struct longest_way *out);

#endif
