/*
 * planner.h - documents, records and, after a refresh, the world, to a plan.
 *
 * Pure but for the refine callback, which asks a provider's optional plan(): that makes
 * no connection.  Works in dependency order: a resource is evaluated once the actions of
 * what it refers to are known: of something to be created or replaced the wanted
 * properties are known and everything the provider makes up is not; of something
 * unchanged all that is recorded is known.
 *
 * What differs (STYLE.md 7.3): desired against recorded inputs under the schema; plus,
 * when observed, paths of desired where the world's state differs from the recorded
 * state (drift); plus computed paths that the provider foresees to differ.  Any
 * create-only path means replace.
 *
 * Records that the template has moved get their new logical ids in the list given.
 */
#ifndef ENGINE_PLANNER_H
#define ENGINE_PLANNER_H

#include "engine/plan.h"

/* What a refresh saw of one record. */
enum seen { SEEN_NOT_ASKED, SEEN_PRESENT, SEEN_GONE, SEEN_FAILED };
struct observation {
	enum seen seen;
	const char *outputs; /* canonical JSON, masked; SEEN_PRESENT */
};

/* What a provider's plan() said. */
struct computed_path {
	const char *pointer, *json;
};
struct refinement {
	const char *const *same;
	size_t same_count;
	const char *const *replace;
	size_t replace_count;
	const struct computed_path *computed;
	size_t computed_count;
};
struct refine_request {
	const struct instance *instance;
	const struct provider_entry *provider;
	const struct doc_resource *resource;
	const struct record *before; /* NULL for a create */
	const char *address;
	const char *desired; /* canonical JSON with secrets in clear: pass on only */
	const char *unknown_pointers, *sensitive_pointers;
};

struct outside;

/* Address patterns as people write them: shell wildcards over "web/east/Db*"; a bare logical
 * id fits it in every instance (address_match). */
struct patterns {
	const char *const *items;
	size_t count;
};

/* A thing that exists and is to be recorded. */
struct import_wish {
	const char *address; /* as written; address_match */
	const char *id;      /* as the provider gives it; NULL: by the name that is wanted */
	struct range where;  /* in the file of wishes; RANGE_NONE for arguments */
};

struct import_wishes {
	const struct import_wish *items;
	size_t count;
};
/* A YAML or JSON map of addresses to ids; an empty id: by its name.  0, or -1 with errors. */
int import_file_load(struct arena *a, const char *path, struct import_wishes *out, struct diags *d);

/* What a plan is made with beside templates and records; zero: nothing special. */
struct plan_wishes {
	struct patterns only;    /* these, with what they need; none: everything */
	struct patterns exclude; /* not these, nor what needs them */
	struct patterns replace; /* even though nothing asks for it */
	struct patterns skip;    /* rollback: left as they are */
	const struct import_wish *imports;
	size_t import_count;
	bool adopt; /* a creation takes over what is there under its name */
};

struct planner_input {
	const struct project *project;          /* evaluated */
	const struct record_list *records;      /* of every instance the selection names, and of
						    orphans (stack or target left the manifest) */
	const struct instance_list *instances;  /* recorded instances: outputs before */
	const struct observation *observations; /* parallel to records; NULL: not refreshed */
	struct state *state;                    /* for masking and secret digests */
	const struct selection *selection;      /* decides about orphans; NULL: everything */
	struct outside *outside;                /* links between instances; NULL: there are none */
	bool check; /* nothing outside is asked: the plan is thrown away */
	bool destroy;
	const struct plan_wishes *wishes; /* NULL: none */
	/* NULL when there is nothing to ask.  0 or -1 with errors. */
	int (*refine)(void *context, const struct refine_request *q, struct arena *a,
		      struct refinement *out, struct diags *d);
	void *context;
};

/*
 * What tells a thing in the world from others of its region before it has an id, from the
 * property that Ref gives; nothing is appended when that is not known.
 */
void planner_identity(const struct schema *s, const char *endpoint, const char *document,
		      struct str *out);

/* Records of other instances than those planner_covers names are left alone.
 * NULL on failure. */
const struct plan *planner_make(struct arena *a, const struct planner_input *in, struct diags *d);

/* Errors for changes that the manifest forbids (Policy, DeletionProtection) and for snapshots that
 * nobody can take: such a plan may be shown, and not run.  instances: as recorded; what was
 * protected at the last apply stays so without its stack in the manifest.  How many. */
size_t planner_refuse(const struct plan *plan, const struct instance_list *instances,
		      struct diags *d);

/* Indexes of doc->resources, each behind what it refers to; NULL when they depend on each
 * other in a circle (the same circle of several targets is told once). */
const size_t *planner_order(struct arena *a, const struct document *doc, struct diags *d);

/* Fills `needs` of instance plans that have their id and instance, sorted by id: which of them
 * wait for which when the project is applied. */
struct instance_plans {
	struct instance_plan *items;
	size_t count;
};
void planner_order_instances(struct arena *a, const struct project *p, struct outside *o,
			     const struct instance_plans *plans);

/*
 * Whether a plan for this selection (NULL: everything) has to do with the instance: one of
 * the project's, or an orphan (its stack or target left the manifest) that the selection
 * does not rule out.  For choosing which records to load and which locks to take.
 */
bool planner_covers(const struct project *p, const struct selection *sel,
		    const struct instance_id *id);

#endif
