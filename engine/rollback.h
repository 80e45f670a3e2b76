/*
 * rollback.h - from what is recorded now and what was kept of the last good state to a plan
 * that goes back.
 *
 * Pure.  What was made since is deleted; what was changed since gets the inputs it had; what
 * was replaced and is still there (deposed) is live again, which changes nothing but records;
 * what is gone is created again from its kept inputs.  Templates are not needed: they only
 * give the values of secrets, which are not recorded, where their digests still fit.
 *
 *	rollback.c         what becomes of each resource
 *	rollback_reset.c   whose record comes back without a call
 *	rollback_values.c  secrets: where their values come from
 *	rollback_warn.c    what could not be restored
 *	run_rollback.c     asks, runs and settles
 *
 * A rollback that was interrupted or failed is simply made again from what is recorded then.
 */
#ifndef ENGINE_ROLLBACK_H
#define ENGINE_ROLLBACK_H

#include "engine/planner.h"

struct known;

/* Which of the records are about the same thing in the world. */
bool rollback_same_thing(const struct record *x, const struct record *y);

struct rollback_request {
	const struct project *project; /* documents, where there are some, are evaluated */
	struct outside *outside;       /* may be NULL */
	struct state *state;
	const struct instance_id *ids; /* which instances, sorted */
	size_t id_count;
	const struct record_list *records;      /* as they are; sorted */
	const struct observation *observations; /* parallel to records; NULL */
	const struct record_list *kept;         /* as they were; sorted */
	const struct observation *lost;         /* parallel to kept: rollback_lost; NULL */
	const struct instance_list *instances;
	const struct patterns *skip; /* left as they are; NULL */
};

struct rollback {
	/* Only records change: before anything else, in one commit, in this order. */
	struct state_edit *edits;
	size_t edit_count;
	/* What is recorded then, and what was seen of it. */
	struct record_list records;
	struct observation *observations; /* NULL when nothing was */
	const struct plan *plan;
};

/* Kept ones of which no record tells that the thing is there still: what is to be read before
 * the plan is made.  Indexes into kept. */
const size_t *rollback_lost(struct arena *a, const struct rollback_request *q, size_t *count);
/* Everything lives in the arena; texts are borrowed from the request.  0 or -1. */
int rollback_make(struct arena *a, const struct rollback_request *q, struct rollback *out,
		  struct diags *d);

/* rollback_reset.c: fills edits, records and observations of out. */
void rollback_reset(struct arena *a, const struct rollback_request *q, struct rollback *out);

/* Where a plan finds the values of secrets: the resource as its template has it now. */
struct rollback_source {
	const struct instance *instance; /* NULL: nowhere */
	const struct schema *schema;     /* NULL likewise */
	const struct eval_lookup *lookup;
	struct state *state;
};
/* The resource's properties by its template, in clear; NULL when it has none.  New reference.
 * *made (may be NULL) gets them as evaluation made them. */
json_t *rollback_template_inputs(struct arena *a, const struct rollback_source *s,
				 const struct record *r, const struct value **made);
/* Puts values from `clear` (may be NULL) where `inputs` holds digests of just these values.
 * New reference: pointers to digests that are left. */
json_t *rollback_fill(struct state *s, json_t *inputs, const json_t *clear);

/*
 * What a rollback of this plan could not restore: one note for each kind, with the count and
 * the first few.  halting: by instance, whether it would go back at all.
 */
void rollback_warn(const struct plan *plan, const bool *halting, struct diags *d);

#endif
