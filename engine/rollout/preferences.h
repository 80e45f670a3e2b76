/*
 * preferences.h - how the change of a stack goes over its targets: operation preferences with
 * the names and the arithmetic of CloudFormation StackSets, and what those lack.
 *
 * Pure data, from the manifest's Rollout (manifest_rollout.c) and the command line, and the
 * arithmetic over it.  What StackSets do is told in their User Guide, docs.aws.amazon.com/
 * AWSCloudFormation/latest/UserGuide/stacksets-concepts.html (Stack set operation options) and
 * concurrency-mode.html, and in the API Reference under StackSetOperationPreferences:
 *	- both amounts are counted for each region, from the instances that take part there;
 *	- a percentage is rounded down; MaxConcurrent is at least 1, FailureTolerance may be 0
 *	  (25% of 10 at a time are 2; 20% of 10 may fail: the third failure stops the region);
 *	- a region that has stopped stops the whole operation: no later one is tried;
 *	- STRICT with tolerance 5 and ten at a time starts six, and one less with each failure.
 * Where we do more, or choose another default, it says so.
 *
 * Defaults: regions one after the other (SEQUENTIAL) in the order of the stack's Targets, all
 * accounts of a region side by side (MaxConcurrent 100%, SOFT), and the first failure is the
 * last (FailureTolerance 0): one bad change never reaches a second region.  StackSets' own
 * defaults are the same but for MaxConcurrent 1 and STRICT.
 */
#ifndef ENGINE_ROLLOUT_PREFERENCES_H
#define ENGINE_ROLLOUT_PREFERENCES_H

#include "base/source.h"

/* A number, or a percentage of something; `given` false: nobody said. */
struct rollout_amount {
	size_t value;
	bool percent, given;
};

enum region_concurrency { REGIONS_SEQUENTIAL, REGIONS_PARALLEL };

/*
 * STRICT: never more at the same time than failures are still allowed, plus one: failures never
 * exceed tolerance + 1.  SOFT: MaxConcurrent holds whatever failed, so that what is under way
 * may fail too.
 */
enum concurrency_mode { CONCURRENCY_STRICT, CONCURRENCY_SOFT };

/* What becomes of what a failed rollout has changed. */
enum on_failure {
	ON_FAILURE_DEFAULT,  /* as the manifest says of the stack; else INSTANCE */
	ON_FAILURE_INSTANCE, /* an instance that failed is brought back to its last good state */
	ON_FAILURE_KEEP,     /* it stays as it is; what does not depend on the failure goes on */
	ON_FAILURE_WAVE,     /* INSTANCE; and when the rollout fails, all of the wave goes back */
	ON_FAILURE_ALL /* INSTANCE; and when the rollout fails, all that it changed goes back */
};

/* Keys that must be there with one of these values: `{tier: [prod, canary]}`.  None: fits all. */
struct tag_wish {
	const char *key;
	const char *const *values;
	size_t value_count;
};
struct tag_filter {
	const struct tag_wish *wishes;
	size_t count;
};

/* Instances that go before those of the next wave.  Without where, regions and share: the rest. */
struct rollout_wave {
	const char *name;         /* "canary"; "wave 2" when it has none */
	struct tag_filter filter; /* over the tags of region and account together */
	const char *const *regions;
	size_t region_count;
	struct rollout_amount share;     /* of the stack's instances that take part, in order, at
					least one; a percentage counts from all of them, those of
					earlier waves too */
	struct rollout_amount tolerance; /* failures in it after which no later wave starts;
					    default 0 */
	int64_t bake_ms; /* how long it is watched after its last instance, before the next */
	const struct manifest_check *const *checks; /* healthy before the next wave starts, and
						       all the while it bakes */
	size_t check_count;
	struct range where;
};

struct rollout_preferences {
	enum region_concurrency regions;
	const char *const *region_order; /* those that are not named come after, in the order of
					    the Targets; NULL: that of the Targets */
	size_t region_order_count;
	struct rollout_amount max_concurrent; /* of the instances of a region at the same time */
	struct rollout_amount tolerance;      /* failures in a region that do not stop it */
	enum concurrency_mode mode;
	enum on_failure on_failure;
	size_t min_healthy_regions; /* no instance starts in a region unless so many others are
				       healthy and not being changed; 0: no matter */
	const struct manifest_check *const *checks; /* what a healthy region is; also looked at
						       behind the last wave */
	size_t check_count;
	const struct manifest_check *gate; /* per target, before it starts; NULL */
	const struct rollout_wave *waves;  /* none: one wave of all */
	size_t wave_count;
	bool given; /* somebody wrote Rollout, or said something on the command line */
	struct range where;
};

/* What holds where nobody says anything; see above. */
struct rollout_preferences rollout_defaults(void);
/* floor(percent * base / 100), or the number; nothing given: `otherwise`. */
size_t rollout_amount_of(struct rollout_amount a, size_t base, size_t otherwise);
/* How many of `base` instances of a region may run at once: at least 1, at most base. */
size_t rollout_max_concurrent(const struct rollout_preferences *p, size_t base);
/* How many of them may fail: a percentage is floored, and may be 0. */
size_t rollout_tolerance(const struct rollout_preferences *p, size_t base);
/*
 * How many may run at once after so many failures; 0 when the region has stopped.
 * SOFT: MaxConcurrent.  STRICT: at most tolerance + 1 - failures.
 */
size_t rollout_allowed(const struct rollout_preferences *p, size_t base, size_t failures);

/*
 * How many of the `base` members of a wave may fail; more, and the rollout has failed, as with a
 * region's.  Default 0, and no limit of its own for the last wave: ROLLOUT_ANY.  A wave that the
 * preferences do not name takes the rest, and is the last.
 */
#define ROLLOUT_ANY SIZE_MAX
enum wave_place { WAVE_BEFORE_OTHERS, WAVE_LAST };
size_t rollout_wave_tolerance(const struct rollout_preferences *p, size_t wave, enum wave_place at,
			      size_t base);

/* "3", "20%": reads an amount as people write it; false: neither, or over 100%. */
bool rollout_amount_parse(struct text t, struct rollout_amount *out);

#endif
