/*
 * plan.h - what is to be done: one change per resource, with its reason.
 *
 * Pure data in an arena, made by the planner (planner.h), shown by the views, run by the
 * executor.  Documents are canonical JSON text; sensitive values are in `desired_secret`
 * only, which is never shown or recorded.
 */
#ifndef ENGINE_PLAN_H
#define ENGINE_PLAN_H

#include "base/arena.h"
#include "engine/project.h"
#include "engine/rollout/layout.h"
#include "engine/state.h"

enum action {
	ACTION_NONE,
	ACTION_CREATE,
	ACTION_UPDATE,
	ACTION_REPLACE,
	ACTION_DELETE,
	ACTION_RETAIN, /* leaves the record, the thing stays */
	ACTION_IMPORT, /* exists already: recorded as it is; nothing changes in the world */
	ACTION_ADOPT   /* exists already under its name: recorded, then updated to the template */
};
#define ACTION_COUNT (ACTION_ADOPT + 1)

/* Why; `cause` completes the sentence. */
enum reason {
	REASON_NONE,
	REASON_NEW,             /* not recorded yet */
	REASON_CHANGED,         /* inputs differ */
	REASON_CREATE_ONLY,     /* a property that cannot be changed in place differs */
	REASON_DRIFTED,         /* the world differs from what was recorded */
	REASON_GONE,            /* recorded, but not there any more */
	REASON_NOT_IN_TEMPLATE, /* recorded, not wanted any more */
	REASON_NOT_IN_MANIFEST, /* nor is its stack, or the stack's target */
	REASON_CONDITION_FALSE,
	REASON_DESTROY,
	REASON_TAINTED,   /* an earlier change of it ended in error */
	REASON_DEPOSED,   /* left over from a replacement */
	REASON_ABANDONED, /* left over in a region that was lost and answers again */
	REASON_MOVED,     /* nothing but its logical id differs */
	REASON_REQUESTED, /* --replace, or an import that was asked for */
	REASON_FOUND,     /* adopt: something of this name is there */
	REASON_ROLLBACK   /* back to the last good state */
};
#define REASON_COUNT (REASON_ROLLBACK + 1)

/* How long it will take, from recorded history; -1: nothing is known. */
struct estimate {
	int64_t typical_ms; /* median */
	int64_t slow_ms;    /* 95 of 100 were faster: past it, it is slower than usual */
	size_t samples;     /* that it was made of; 0: unknown */
};
#define ESTIMATE_NONE ((struct estimate){-1, -1, 0})

struct path_change {
	const char *pointer;        /* "/Content" */
	const char *before, *after; /* canonical JSON, masked; NULL: not there */
	bool replaces;              /* create-only */
	bool unknown;               /* after is known only during apply; see waits_for */
	bool sensitive;
	bool drift;           /* the world moved, not the template */
	bool conflict;        /* drift: both moved, to different ends */
	bool settled;         /* both moved, to the same end: only to be recorded */
	const char *recorded; /* drift: what was recorded of it, `before` is what is there; NULL */
	bool computed;        /* a read-only output that the provider foresees */
	struct range where;   /* in the template */
};

/* How the world is to what is recorded; in a comparison with it. */
enum drift_status {
	DRIFT_NOT_CHECKED, /* not asked */
	DRIFT_IN_SYNC,
	DRIFT_CHANGED,
	DRIFT_DELETED,
	DRIFT_FAILED /* asked, and it could not be read */
};
#define DRIFT_STATUS_COUNT (DRIFT_FAILED + 1)

struct change {
	struct address addr;
	enum action action;
	enum reason reason;
	const char *cause;   /* property or reference that caused it; NULL */
	const char *because; /* logical id in the same instance whose change is behind it; NULL */
	const char *type;
	const struct provider_entry *provider; /* NULL: entry no longer configured (delete) */
	const struct schema *schema;           /* NULL likewise */
	const struct instance *instance;       /* NULL: stack or target left the manifest */
	const struct doc_resource *resource;   /* NULL for deletes */
	size_t resource_index;
	const struct record *before;     /* NULL for creates */
	const char *desired;             /* canonical JSON, masked, unknown as null; NULL */
	const char *unknown_pointers;    /* JSON array */
	const char *sensitive_pointers;  /* JSON array */
	const char *endpoint;            /* "" when there is none or it is unknown */
	const struct path_change *paths; /* use change_paths */
	size_t path_count;
	const size_t *needs; /* indexes of changes that must end first; those
						  of ACTION_NONE too, which end when their own
						  needs have: order passes through them */
	size_t need_count;
	struct range where; /* in the template, or RANGE_NONE */

	bool conditional;       /* REPLACE: hangs on a value that is not known yet and may prove the
				   same; then it is an update or nothing */
	bool only_commit;       /* UPDATE, REPLACE: nothing but HA::GitCommit differs */
	bool snapshot;          /* DELETE, REPLACE: a snapshot is taken before the old one goes */
	const char *moved_from; /* logical id under which `before` is recorded; NULL: its own */
	/* NONE: what would be done, were it not left out by --only or --exclude. */
	enum action left_out;
	enum drift_status drift;
	const char *import_id; /* IMPORT, ADOPT: of the thing that is there */
	/* Rollback: what is to be recorded when it is done; then resource is NULL and `desired`
	 * are its inputs.  Import: what is to be recorded; `paths` are what differs then. */
	const struct record *wanted;
	const char *not_restored; /* rollback: what stays as it is, for a person; NULL: nothing */
	struct estimate estimate; /* of all of it */
	struct estimate removal;  /* REPLACE: of deleting the old one alone */
};

struct plan_counts {
	size_t create, update, replace, remove, retain, none, import, adopt;
	size_t conditional; /* of replace */
	size_t left_out;    /* of none */
	size_t moved;       /* records that get another logical id; the rest of it counts too */
};

/* A record that gets another logical id before anything is done. */
struct record_move {
	struct address from;
	const char *to;
};

struct output_change {
	struct instance_id id;
	const struct instance *instance; /* NULL: stack or target left the manifest */
	const char *name;
	const char *before, *after; /* canonical JSON, masked; NULL: none / unknown */
	bool unknown;
};

/*
 * The changes of one stack instance: changes[first_change .. + change_count).  `needs` are
 * indexes of instances whose changes must all have ended well before any of these starts
 * (stacks named in DependsOn: their instances in the same region and account when there
 * are any, else all of them; the other way round when destroying).
 */
struct instance_plan {
	struct instance_id id;
	const struct instance *instance; /* NULL: no longer in the manifest */
	size_t first_change, change_count;
	const size_t *needs;
	size_t need_count;
	/* Something of it, or of what it takes its values from, was left out: it will not be as
	 * its template says. */
	bool partial;
};

/* How many resources are how. */
struct drift_counts {
	size_t of[DRIFT_STATUS_COUNT];
};

struct plan_wishes;

struct plan {
	struct arena *arena;
	const struct project *project;
	const struct change *changes; /* sorted by address; ACTION_NONE included */
	size_t change_count;
	const struct instance_plan *instances; /* sorted by id */
	size_t instance_count;
	const struct output_change *outputs;
	size_t output_count;
	const struct record_move *moves; /* of the whole plan, also of what is left out */
	size_t move_count;
	struct plan_counts counts;
	bool refreshed; /* compared with the world, not only with what was recorded */
	bool destroy;
	bool rollback;
	const struct plan_wishes *wishes; /* NULL: none */
	/* The whole plan at the parallelism given, without `untimed` changes of which nothing is
	 * known; samples count the others.  `critical` are indexes of the changes on the longest
	 * way, in order; a replacement may be there twice. */
	struct estimate estimate;
	size_t untimed;
	const size_t *critical;
	size_t critical_count;
	struct rollout_list rollouts; /* how it goes over the targets; none before it is laid out */
	size_t settled; /* of none: the world has what the template changed to; only recorded */
	size_t drifted; /* resources whose state in the world differs from the record */
	size_t unread;  /* recorded resources that a refresh asked for and could not read */
};

/* The paths of a change, sorted by pointer.  A creation has as many as its resource has
 * properties: these are made when they are asked for, in the arena given. */
const struct path_change *change_paths(const struct change *c, struct arena *a, size_t *count);
/* The change of a resource that the template has; NULL. */
const struct change *plan_find(const struct plan *p, const struct address *addr);
bool plan_empty(const struct plan *p); /* nothing to do */
void plan_count(struct plan_counts *n, enum action a);
size_t plan_counts_changes(const struct plan_counts *n); /* all but none */
const char *action_name(enum action a);                  /* "create", ... */
const char *reason_text(enum reason r);                  /* "not recorded yet", ... */
/*
 * How a stack instance is to what is recorded, of a comparison: FAILED when something of it could
 * not be read, else CHANGED when something differs or is gone, else NOT_CHECKED when something
 * was not asked.  *counts: of its resources; or NULL.
 */
enum drift_status plan_drift_of(const struct plan *p, const struct instance_plan *i,
				struct drift_counts *counts);
/* The instances: never DELETED. */
struct drift_counts plan_drift(const struct plan *p);
/* One line per change and path: the station's dump for golden tests. */
void plan_dump(const struct plan *p, struct str *out);

#endif
