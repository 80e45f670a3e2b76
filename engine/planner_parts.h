/*
 * planner_parts.h - what the planner's files share: planner.c joins them.
 *
 *	planner.c          instances and their records, the order of work, counts
 *	planner_moved.c    records under the logical ids that the template has now
 *	planner_order.c    resources of a document in dependency order, cycles
 *	planner_desired.c  one resource of a document: its change
 *	planner_paths.c    the paths of that change: template, world, provider
 *	planner_commit.c   changes in which nothing but the commit differs
 *	planner_deletes.c  records that nobody wants any more
 *	planner_needs.c    which changes wait for which
 *	planner_causes.c   which change is behind another
 *	planner_stacks.c   which instances wait for which, outputs
 *	planner_wishes.c   what --only and --exclude leave out
 *
 * Only these files include it.
 */
#ifndef ENGINE_PLANNER_PARTS_H
#define ENGINE_PLANNER_PARTS_H

#include "base/vec.h"
#include "engine/known.h"
#include "engine/planner.h"

struct planning {
	struct arena *a; /* the plan's */
	const struct planner_input *in;
	struct plan *plan;
	struct known *known; /* what the changes planned so far leave certain */
	struct map recorded; /* instance_id_text to struct instance_record */
	struct diags *d;
	struct {
		VEC_OF(struct change)
	} changes;
	struct {
		VEC_OF(struct output_change)
	} outputs;
	struct {
		VEC_OF(struct record_move)
	} moves;
	struct map moved_from; /* address_key to the logical id before */
};

/* One stack instance with all that is recorded of it. */
struct planning_instance {
	struct instance_id id;
	const struct instance *instance;     /* NULL: not in the manifest any more */
	const struct record *const *records; /* by logical id, the live one first */
	size_t record_count;
	struct map live;            /* logical id to struct record */
	size_t first, change_count; /* its changes */
	size_t first_output, output_count;
	bool partial; /* something of it was left out */
};

/* A path with what is forgotten when the change is complete. */
struct draft_path {
	struct path_change change;
	bool from_template; /* not only the world moved */
};

/* The change of one resource of a document in the making. */
struct draft {
	struct planning *p;
	const struct planning_instance *w;
	struct arena *scratch; /* dropped with the draft: secrets in clear */
	struct change *c;
	const struct value *properties;
	const struct record *record; /* compared with; NULL when there is nothing */
	const char *outputs;         /* the world's when it was seen, else recorded; "" */
	json_t *desired, *masked;
	json_t *unknown, *sensitive; /* arrays of pointers */
	bool drifted;
	struct refinement foreseen; /* what the provider's plan() said */
	struct {
		VEC_OF(struct draft_path)
	} paths;               /* in the scratch arena */
	struct map by_pointer; /* pointer to index + 1 */
};

/* planner_moved.c: before anything looks at the records. */
void planner_move_records(struct planning *p);

/* planner_desired.c: 0, or -1 with errors. */
int planner_desired(struct planning *p, const struct planning_instance *w, size_t resource_index);

/* planner_paths.c */
void draft_compare_inputs(struct draft *f);
void draft_compare_world(struct draft *f);
int draft_refine(struct draft *f);
/* The provider may know more than its schema says. */
bool draft_offers_plan(const struct draft *f);
/* The pointer is the property that names the endpoint. */
bool draft_is_endpoint(const struct draft *f, const char *pointer);
/* The value with the sensitive parts masked, as text in the plan's arena.  Pointers are
 * relative to the value. */
const char *planner_masked_text(struct planning *p, const json_t *value, const json_t *sensitive);
/* The pointer is `parent` or lies below it. */
bool pointer_within(struct text pointer, struct text parent);

/* planner_commit.c, once it is decided: nothing but HA::GitCommit is behind it, as far as can be
 * seen: a commit that something was computed from (Fn::Base64) cannot. */
bool draft_only_commit(const struct draft *f);
/* The document with what is recorded where that is so.  New reference. */
json_t *draft_with_old_commit(const struct draft *f, const json_t *document);

/* planner_deletes.c: changes for records that the documents do not want. */
void planner_deletes(struct planning *p, const struct planning_instance *w);
/* Whether a copy of it is to be kept when it is deleted. */
bool planner_wants_snapshot(const struct planning_instance *w, const struct record *r);

/* planner_needs.c: fills needs of the instance's changes, which are sorted. */
void planner_needs(struct planning *p, const struct planning_instance *w);

/* planner_causes.c: with the needs known. */
void planner_causes(struct planning *p, const struct planning_instance *w);

/* Notes for replacements that may not be needed. */
void planner_note_uncertain(struct planning *p);

/* planner_stacks.c: 0, or -1 when instances wait for each other in a circle. */
int planner_stack_needs(struct planning *p, const struct instance_plans *plans);
/* Indexes of the plans, each behind those that it needs. */
const size_t *planner_instance_order(struct planning *p, const struct instance_plans *plans);
int planner_outputs(struct planning *p, const struct planning_instance *w);

/* planner_wishes.c: one of the patterns names it. */
bool planner_named(const struct patterns *p, const struct address *x);
/* When all needs are known: leaves out what is not wanted.  0, or -1 when a pattern names
 * nothing. */
int planner_wishes(struct planning *p, struct planning_instance *instances,
		   const struct instance_plans *plans);

/* What was seen of a record, or NULL. */
const struct observation *planner_observation(const struct planning *p, const struct record *r);

#endif
