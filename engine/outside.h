/*
 * outside.h - what the templates of a project take from outside of themselves: exports and
 * outputs of other stacks, and dynamic references.
 *
 * One per engine.  In the order of a run:
 *
 *	documents are evaluated    OUTSIDE_CHECK: every answer is "later"; what is asked of
 *	                           other stacks is noted as the instance's links
 *	outside_check              links that lead nowhere, exports with two makers
 *	outside_load               what is recorded of all instances
 *	outside_enter(PLAN)        the environment, files, and other stacks answer
 *	outside_enter(APPLY)       providers too
 *
 * Another stack answers with its planned outputs when it is planned in the same run, else
 * with those of its last apply.  Plans ask no provider: what only a provider can look up is
 * unknown until the apply.
 *
 * Records: instance_record.exports is {EXPORT: OUTPUT}, instance_record.imports a list of
 * {"Export": NAME}, {"Stack": S, "Region": R, "Output": O}, and for what was looked up of the place
 * {"Lookup": "availability-zones", "Region": R, "Value": [...]}.
 *
 *	outside.c         the questions
 *	outside_locate.c  where the answer of another stack is
 *	outside_links.c   which instance takes what from which
 *	outside_facts.c   zones and account numbers, which a cloud knows
 *	outside_lookup.c  what providers are asked
 */
#ifndef ENGINE_OUTSIDE_H
#define ENGINE_OUTSIDE_H

#include "engine/engine_private.h"
#include "engine/known.h"
#include "engine/plan.h"

struct outside;

struct outside *outside_new(struct engine *e);
void outside_free(struct outside *o); /* accepts NULL */

/* What evaluation of this instance asks; lives as long as o. */
const struct eval_outside *outside_of(struct outside *o, const struct instance *i);

enum outside_phase {
	OUTSIDE_CHECK,
	OUTSIDE_PLAN,
	OUTSIDE_APPLY,
	OUTSIDE_APPLY_ALONE /* as APPLY, but no provider is asked */
};
/* known: of the plan or run; NULL in OUTSIDE_CHECK.  Gives the phase until now. */
enum outside_phase outside_enter(struct outside *o, enum outside_phase phase, struct known *known);

/* With all documents evaluated; again when they were again.  0, or -1 with errors. */
int outside_check(struct outside *o, struct diags *d);
/* What is recorded of every instance, selected or not.  Refuses exports that somebody outside
 * of the selection has already.  0, or -1 with errors. */
int outside_load(struct outside *o, struct state *s, struct diags *d);
/* Looks up what the plan's changes will need from providers, before anything is changed. */
int outside_prefetch(struct outside *o, const struct plan *plan, struct diags *d);

/* Something that an instance takes from another one. */
struct outside_link {
	const char *export; /* Fn::ImportValue; else NULL */
	const char *stack, *region, *output;
	struct range where; /* RANGE_NONE: as recorded */
};
struct outside_links {
	const struct outside_link *items;
	size_t count;
};
/* As asked by the instance's document; when it has none, as recorded. */
struct outside_links outside_links(struct outside *o, const struct instance_plan *p);
/* As recorded; of one that was not recorded, as asked. */
struct outside_links outside_past_links(struct outside *o, const struct instance_plan *p);
/* The plan of the instance that has it; `count` when it is not among them. */
size_t outside_supplier(struct outside *o, const struct instance_plan *plans, size_t count,
			const struct outside_link *l, const struct instance_id *of);
/* Refuses a plan that takes away what a recorded instance outside of it uses. */
int outside_check_use(struct outside *o, const struct plan *plan, struct diags *d);

/* For the instance's record; in arena a. */
const char *outside_exports_json(struct arena *a, const struct instance *i);
const char *outside_imports_json(struct outside *o, struct arena *a, const struct instance *i);

#endif
