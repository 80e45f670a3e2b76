/*
 * recreate_guard.h - what a recreation must not do: restore over what is there, delete the only
 * copy of data that are not back, take a region away from under a runbook; and the way back from
 * one that was begun by mistake.
 */
#ifndef ENGINE_RECREATE_GUARD_H
#define ENGINE_RECREATE_GUARD_H

#include "engine/recreate.h"
#include "engine/runbook/journal.h"

struct due;

/* Reads into c->restored what it will have to bring back, by what is recorded in s (NULL: nothing)
 * before it begins.  0 or -1. */
int guard_find_due(struct engine *e, struct state *s, const struct manifest *m,
		   struct recreation *c, struct diags *d);
/* A restore is due, and this would delete what it may need: -1 with an error.  Of a closed one
 * too: what a Restore had filled was deleted since. */
int guard_data_back(struct engine *e, const struct recreation *c, struct diags *d);
/* An execution of a runbook is not over, other than the restores of the recreation that is asked
 * for: -1 with an error. */
int guard_no_execution(struct engine *e, struct state *s, const struct manifest *m,
		       struct diags *d);
/* It is one of a Restore that c has still to do. */
bool guard_owns(struct arena *a, const struct manifest *m, const struct recreation *c,
		const struct execution_row *x);
/* It is a Restore of this instance. */
bool guard_is_restore(struct arena *a, const struct manifest *m, const struct due *x,
		      const struct execution_row *row);
/* The plan deletes another copy of what is still to be restored, or a stack instance that a
 * Restore has filled: -1 with an error. */
int guard_deletes(struct run *r, const struct run_request *q);
/* recreate_filled.c: the second of these. */
int guard_filled(struct run *r, const struct run_request *q);
/* In warnings, which instances that a Restore has filled the plan deletes.  0 or -1. */
int guard_tell_filled(struct run *r);
/* With the locks, before the first change: what is taken over is left as it is, what was given up
 * is recorded.  0 or -1. */
int guard_record(struct run *r);
/* recreate_filled.c.  What is deleted with a reason has no data from then on.  0 or -1. */
int guard_record_lost(struct run *r);
/* The instance has data that a Restore has brought back, or that were taken over. */
bool guard_is_filled(struct engine *e, const struct recreation *c, const struct due *x,
		     const struct execution_list *ran);
/* Some instance of c is so.  0, 1, or -1. */
int guard_any_filled(struct engine *e, struct state *s, const struct recreation *c,
		     struct diags *d);
/* Writes the closed row, or forgets it: nothing is aside, and it has filled nothing.  0 or -1. */
int guard_settle(struct engine *e, struct state *s, const struct recreation *c, struct diags *d);

#endif
