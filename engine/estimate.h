/*
 * estimate.h - how long a plan will take, from how long such changes took before.
 *
 * Pure: durations in, the estimates of a plan out (plan.h).  A change is timed by what its
 * own address took when that is known well enough, else by what its type took.
 */
#ifndef ENGINE_ESTIMATE_H
#define ENGINE_ESTIMATE_H

#include "engine/plan.h"

#define ESTIMATE_OWN_SAMPLES 3   /* of an address, before they count more than the type's */
#define ESTIMATE_SLOW_SAMPLES 4  /* before anything is called slower than usual */
#define ESTIMATE_SLOW_MS 5000    /* what is over sooner is never called so */
#define ESTIMATE_PENDING_MS 5000 /* what takes longer is mostly polled: it holds no worker */

struct estimate_input {
	const struct duration_list *durations;
	size_t parallelism;
};

/*
 * Fills the estimates of all changes and of the plan, and its critical way: all unknown when
 * nothing that the plan does was timed before.
 */
void estimate_plan(struct plan *p, const struct estimate_input *in);

/* Median and 95th percentile; ESTIMATE_NONE without samples. */
struct estimate estimate_of(const int64_t *samples_ms, size_t count);

/* What one of the two calls of a replacement takes, or the one of any other change. */
enum estimate_part { ESTIMATE_MAKING, ESTIMATE_REMOVING };
struct estimate estimate_part(const struct change *c, enum estimate_part part);

/* After how long a call is slower than usual; INT64_MAX: never. */
int64_t estimate_slow_after_ms(const struct estimate *e);

#endif
