/*
 * recreate.h - what `recreate` is asked for, in the engine: which recreations hold, which one
 * begins with this run, and what is left over when a lost region answers again.
 *
 *	engine_open     recreate_open, when the manifest is read: what holds is laid over it
 *	engine_load     recreate_hide: what is recorded of a region that is to be recreated is not
 *			seen, so that the plan makes all of it anew; recreate_show: what is
 *			aside is seen as left over
 *	engine_run      recreate_begin, with the locks and after the question: it is so recorded
 */
#ifndef ENGINE_RECREATE_H
#define ENGINE_RECREATE_H

#include "engine/engine_private.h"
#include "engine/recreation.h"

struct run;

/* Reads what holds from `s` (NULL: nothing), and applies it with what is asked for to manifest and
 * selection.  Errors keep the project from opening. */
void recreate_open(struct engine *e, struct state *s, struct manifest *m, struct diags *d);
/* What goes on with it: "hadeploy recreate --region east --into south". */
const char *recreate_command(struct arena *a, const struct recreation *r);
/* What is recorded of this instance is about to move aside. */
bool recreate_hides(const struct engine *e, const struct instance_id *id);
/* Takes what is hidden out of *r, and keeps its instances in r->hidden, for locks. */
void recreate_hide(const struct engine *e, struct arena *a, struct recorded *r);
/* Adds what is aside to the records when the region answers again.  0 or -1. */
int recreate_show(struct engine *e, struct arena *a, struct recorded *r, struct diags *d);
/* Those of the records that were aside and that are seen to be gone, or are the same thing as a
 * live one: not planned.  Behind run_observe. */
void recreate_sort_out(struct run *r);
/* Those of `of` that are the same thing as one `among` these, as far as that is known. */
void recreate_find_same(const struct engine *e, const struct record_list *of,
			const struct record_list *among, struct recreation_undo *out);
/* In notes, what will be ABANDONED. */
void recreate_tell(const struct run *r);
/* Something is to be recorded though the plan may be empty. */
bool recreate_is_due(const struct engine *e);
/* A region that was lost answers again, and this run clears up. */
bool recreate_reconciles(const struct engine *e);
/* Records what recreate_sort_out has found.  0 or -1. */
int recreate_clear_up(struct run *r);
/* Records that the recreation begins, or that the region answers again.  0 or -1. */
int recreate_begin(struct run *r);

#endif
