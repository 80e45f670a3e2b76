/*
 * rollout_table.h - the rollouts of a plan as rows: which wave goes over which region in which
 * steps, and the gates between.  For the views.
 *
 * Steps are counted from 1 over the whole plan: what has the same number may go on at the same
 * time, also of several stacks.
 */
#ifndef CLI_ROLLOUT_TABLE_H
#define CLI_ROLLOUT_TABLE_H

#include "base/vec.h"
#include "engine/engine.h"

/* The members of one wave in one region. */
struct rollout_cell {
	size_t wave, region;
	size_t first, count; /* members */
	size_t first_step, last_step;
};

struct rollout_table {
	const struct stack_rollout *rollout;
	size_t first_step;
	size_t *gate_steps;         /* by wave; 0: nothing is waited for behind it */
	VEC_OF(struct rollout_cell) /* in order */
};

struct rollout_tables {
	VEC_OF(struct rollout_table *) /* in the order of their first steps */
};

/* In the arena; the plan stays borrowed. */
struct rollout_tables rollout_tables_of(struct arena *a, const struct plan *p);

/* More than one instance takes part, or somebody wrote how: there is something to tell. */
bool rollout_is_worth_telling(const struct stack_rollout *r);
/* Its name; "" when there is only one. */
const char *rollout_wave_name(const struct stack_rollout *r, size_t wave);
/* What goes before its name in a sentence: "wave ", or nothing where it says so itself. */
const char *rollout_wave_word(const char *name);
/* How long it bakes. */
int64_t rollout_wave_bake(const struct stack_rollout *r, size_t wave);
/* The checks that must be healthy behind it, each once: the wave's own, and behind the last one
 * those of the whole rollout.  In the arena. */
const struct manifest_check *const *rollout_wave_checks(struct arena *a,
							const struct stack_rollout *r, size_t wave,
							size_t *count);

#endif
