/*
 * layout.h - from a plan to the rollouts of its stacks: who takes part, in which waves and
 * regions, and what can happen at worst.  Pure; the plan's views show it, the executor runs it.
 *
 *	layout.c      members, regions, waves
 *	preview.c     how it goes if all goes well; orders that can never be met
 *	worst_case.c  how much of it can fail
 *	words.c       all of it in words
 *
 * An instance takes part when the plan has a change for it that is not ACTION_NONE.  One that the
 * manifest has lost takes part in its stack's rollout, in its region; stacks that have left the
 * manifest go by the defaults.
 *
 * Regions: those that RegionOrder names, then the others in the order of Targets, then those that
 * only recorded instances are in, by name.  Where nobody gave a RegionOrder, a region whose
 * instances take outputs of others of the stack comes behind their regions.  In a region the
 * order of Targets holds.
 *
 * Waves take instances one wave after the other, each in that order what fits it and is not
 * taken yet; what fits none is a last wave, "the rest".  A share in percent counts from all
 * instances that take part.
 *
 * A destroy, and a stack that has left the manifest, go through waves, regions and accounts the
 * other way round, without bake times and checks: what is taken away is not to be healthy.
 */
#ifndef ENGINE_ROLLOUT_LAYOUT_H
#define ENGINE_ROLLOUT_LAYOUT_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"
#include "engine/rollout/rollout.h"

struct plan;

/* The rollout of one stack. */
struct stack_rollout {
	const char *stack;
	struct rollout_preferences preferences; /* as they hold: command line over manifest */
	struct rollout_spec spec;
	const size_t *instances;    /* by member: index in plan->instances */
	const char *const *regions; /* by number: names, in order */
	size_t wave_count;          /* at least 1 */
	size_t worst_case;          /* rollout_worst_case */
	size_t untouched;           /* instances of the stack that have nothing to do */
};

struct rollout_list {
	const struct stack_rollout *items; /* sorted by stack; only stacks with members */
	size_t count;
};

/* What the command line says instead of the manifest, for all stacks of the run. */
struct rollout_wishes {
	bool has_regions, has_mode;
	enum region_concurrency regions;
	enum concurrency_mode mode;
	struct rollout_amount max_concurrent, tolerance;
	const char *const *region_order;
	size_t region_order_count;
	enum on_failure on_failure; /* ON_FAILURE_DEFAULT: as the manifest says */
	/* Nothing is changed, it is only read: waves, gates, checks and MinHealthyRegions hold for
	 * nothing, and a stack of which nobody said anything is read all at once, whatever
	 * fails. */
	bool reads;
};

/*
 * Fills *out in the arena.  An error when the orders of stacks and what they need of each other
 * can never be met (each waits for the other): it names who waits for whom.  0 or -1.
 */
int rollout_layout(struct arena *a, const struct plan *plan, const struct rollout_wishes *wishes,
		   struct rollout_list *out, struct diags *d);

/*
 * In the order in which members would start if all went well: "start" (member), "gate" (wave),
 * as a list for views and tests; the needs between stacks are obeyed.
 */
struct rollout_step {
	size_t stack; /* index in the list */
	enum { ROLLOUT_STEP_START, ROLLOUT_STEP_GATE } kind;
	size_t at;    /* member or wave */
	size_t round; /* those of one round may go on at the same time */
};
size_t rollout_preview(struct arena *a, const struct plan *plan, const struct rollout_list *list,
		       const struct rollout_step **out);

/*
 * In words, a sentence a line: "4 instances: east, then west; in a region one at a time (STRICT,
 * FailureTolerance 0).", "The first failure stops it: what is under way ends, nothing more
 * starts.", "At most 1 of 4 instances can fail before it stops."
 */
void rollout_words(const struct stack_rollout *s, struct str *out);

#endif
