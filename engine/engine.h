/*
 * engine.h - the engine's face for the command line: open, plan, apply, look.
 *
 * engine_open reads the project (manifest, templates of the selection, schemas; no
 * network, no lock).  Then any of the requests below; engine_close frees all.  Calls come
 * from one thread, the coordinator; workers are the engine's own.  Nothing is printed:
 * events go to the observer, errors to the diags.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/clock.h"
#include "base/diag.h"
#include "engine/compare.h"
#include "engine/data_bearing.h"
#include "engine/estimate.h"
#include "engine/event.h"
#include "engine/health/health.h"
#include "engine/lock.h"
#include "engine/mirror.h"
#include "engine/mirror_restore.h"
#include "engine/plan.h"
#include "engine/planner.h"
#include "engine/previous.h"
#include "engine/project.h"
#include "engine/result.h"
#include "engine/saved_plan.h"
#include "engine/state.h"
#include "engine/version.h"
#include "templates/render.h"

struct engine;

/* Whom the engine deals with. */
enum engine_world {
	WORLD_REAL,
	WORLD_SIMULATED,       /* a rehearsal that starts from what is recorded; simulation.h */
	WORLD_SIMULATED_ON,    /* one that starts where the last one ended */
	WORLD_SIMULATED_WITHIN /* a part of the rehearsal of `within`, with a time of its own that
				  starts now */
};

struct engine_options {
	const char *dir;                            /* of the manifest */
	const struct hd_provider *const *providers; /* built-in tables, NULL at the end */
	struct clock *clock;
	struct observer *observer; /* may be NULL */
	const int *interrupts;     /* how often the user asked to stop: 1 starts nothing new, 2
				  cancels; read with __atomic_load_n; may be NULL */
	int wake_fd;               /* readable when *interrupts changed; -1 when there is none */
	size_t parallelism;        /* 0: DEFAULT_PARALLELISM */
	int64_t lock_timeout_ms;
	const char *command; /* "apply": for the lock's owner */
	struct selection selection;
	enum engine_world world;
	struct engine *within; /* WORLD_SIMULATED_WITHIN: stays open longer */
};

struct engine *engine_open(const struct engine_options *o, struct diags *d);
void engine_close(struct engine *e);
const struct project *engine_project(const struct engine *e);
/* The commit whose files are read (selection.ref): 40 digits.  NULL: the folder's are. */
const char *engine_commit(const struct engine *e);

/* Everything that can be checked without network.  0 or -1. */
int engine_validate(struct engine *e, struct diags *d);

enum run_mode {
	RUN_APPLY,
	RUN_DESTROY,
	RUN_ROLLBACK, /* back to the last good state of the instances */
	RUN_IMPORT    /* records what exists; changes nothing in the world */
};
#define RUN_MODE_COUNT (RUN_IMPORT + 1)
const char *run_mode_name(enum run_mode m); /* "apply", ... */
enum run_refresh { REFRESH_NO, REFRESH_YES };

struct run_request {
	enum run_mode mode;
	enum run_refresh refresh;
	struct plan_wishes wishes;
	enum on_failure on_failure;    /* rollout/preferences.h */
	struct rollout_wishes rollout; /* zero: as the manifest says */
	const char *request; /* JSON array: the command line that asks for this, for a resume */
	const char *resumes; /* run that this goes on with; NULL */
	const char *freeze_reason;      /* why a freeze does not hold now; NULL: it holds */
	const char *policy_reason;      /* why the manifest's Policy of versions does not hold;
					   NULL: it holds */
	const char *execution_reason;   /* why an execution of a runbook that goes on does not keep
					   it; NULL: it does */
	const char *loss_reason;        /* why what a Restore has brought back may be deleted;
					   NULL: it may not */
	const char *execution;          /* the one that it is a step of; NULL: of none */
	bool attended;                  /* confirm reaches somebody who reads what is said */
	const struct saved_plan *saved; /* saved_plan.h: only what it promises is done; NULL */
	/* engine_plan: gets what the plan was made from, for saved_plan_write; NULL: not needed. */
	const char **made_from;
	/* Asked once with the plan while the locks are held; nonzero: go on.  NULL: go on.
	 * Not called for an empty plan. */
	int (*confirm)(void *context, const struct plan *plan);
	void *context;
};

/* A plan without touching anything, with errors when some of it is forbidden (planner_refuse);
 * recovers open operations first when their locks are
 * free, else says so in a note.  The plan lives until engine_close.  NULL on failure. */
const struct plan *engine_plan(struct engine *e, const struct run_request *r, struct diags *d);

/* Of a rehearsal: what took, or would take, longest. */
#define LONG_CHANGES 5
struct long_change {
	const char *address, *action;
	int64_t elapsed_ms;
};

struct run_result {
	const struct plan *plan; /* NULL when it did not come that far */
	struct plan_counts done; /* what was done */
	const struct plan *next; /* import: what a plan shows from now on; else NULL */
	size_t failed, skipped;
	size_t left_open; /* nobody knows yet: the next run asks what became of them */
	size_t targets_failed, targets_succeeded; /* instances */
	/* Of those that failed: not begun, because the rollout failed or was stopped; not begun,
	 * because what they need failed; within the FailureTolerance of a rollout that went on. */
	size_t targets_cancelled, targets_skipped, targets_tolerated;
	const struct plan *rollback; /* what was done after a failure; NULL */
	struct plan_counts rolled_back;
	size_t targets_rolled_back, targets_rollback_failed; /* of those that failed */
	const char *run;    /* its id in the history; NULL when nothing was begun */
	bool saved;         /* it carried out a saved plan, so that nobody resumes it */
	int64_t elapsed_ms; /* without the time that confirm took */
	/* By instance of `plan`: its status as in result.h; NULL: it had nothing to do.  NULL: it
	 * did not come that far. */
	const char *const *statuses;
	/* By rollout of `plan`: what stopped it, and where (rollout.h); NULL likewise. */
	const enum rollout_fault *faults;
	const size_t *fault_at;
	bool refused;  /* a policy, freeze, MinHealthyRegions or gate said no before any change */
	bool declined; /* confirm said no */
	bool interrupted;
	bool not_begun;                    /* errors came before the first change */
	bool simulated;                    /* a rehearsal: elapsed_ms is what it would have taken */
	const struct long_change *longest; /* the longest first */
	size_t longest_count;
	const char *again; /* the command that goes on with it; NULL: the one of its mode */
};

/*
 * Locks, recovers, (refreshes,) plans, confirms, applies, unlocks.  0 when everything
 * planned was done; -1 otherwise, with errors, and *out says how far it came.
 */
int engine_run(struct engine *e, const struct run_request *r, struct run_result *out,
	       struct diags *d);

/* While confirm thinks: call it every few seconds.  Renews the locks when that is due.  0, or -1
 * with an error when they were lost; then nothing may be confirmed any more. */
int engine_keep_locks(struct engine *e, struct diags *d);

/* What the end of the recreation that the selection names would leave to the next apply: instances,
 * in the engine's arena; NULL: nothing.  0, or -1 with an error: it may be in use, and nobody has
 * said why it is not. */
int engine_end_means(struct engine *e, const char **left, struct diags *d);
/* That recreation holds no more: its stacks are where the manifest says.
 * Nothing else is changed.  request: as of a run, for the history.  0 or -1. */
int engine_end_recreation(struct engine *e, const char *request, struct diags *d);
/* The recreation that the selection names is not recorded yet. */
bool engine_recreation_begins(const struct engine *e);
/* All that it makes is there, and all data are back: runbooks may name its region.  0 or -1. */
int engine_recreation_over(struct engine *e, struct diags *d);
/* Takes back what is aside of it, and gives up what was made since: the next apply deletes that,
 * but for what is the same thing.  Counts of both.  0 or -1, and nothing is changed. */
int engine_undo_recreation(struct engine *e, const char *request, size_t *back, size_t *given_up,
			   struct diags *d);

/*
 * Drift: records compared with the world; writes nothing and reads no template.  One change per
 * live record, with its `drift`; paths lead from what is there (`before`) to what was applied.
 * Stacks are read by their operation preferences with what `wishes` says instead of them (all
 * zero: nothing): behind too many failures the rest is not asked.  plan_drift tells how each
 * instance is.  NULL on failure; what could not be read is in d.
 */
const struct plan *engine_drift(struct engine *e, const struct rollout_wishes *wishes,
				struct diags *d);

struct instance_result;
/* The matrix of stacks and regions. */
struct status_row {
	struct instance_id id;
	/* CURRENT, OUTDATED, FAILED, INCOMPLETE, PARTIAL, ROLLED_BACK, ROLLBACK_FAILED,
	 * INOPERABLE (its destroy failed), NOT_DEPLOYED, ORPHANED (recorded, not in the manifest),
	 * LOCKED */
	const char *status;
	const char *error; /* what failed last: "web/east/Page: it broke"; NULL */
	size_t recorded, pending_changes, open_operations;
	int64_t applied_ms;                 /* 0: never */
	const struct lock_info *lock;       /* NULL: free */
	const struct instance_result *last; /* of the latest run that had to do with it; NULL */
	const char *made_from; /* what it was last applied from: canonical JSON (version.h); "" */
};
struct status_rows {
	const struct status_row *rows;
	size_t count;
	bool each; /* stacks were named: instance by instance */
};
int engine_status(struct engine *e, struct status_rows *out, struct diags *d);
/* The same without reading templates, for when engine_open cannot: manifest and recorded
 * state alone, with a note; never OUTDATED.  Rows live in the arena. */
int engine_status_recorded(const struct engine_options *o, struct arena *a, struct status_rows *out,
			   struct diags *d);

struct output_row {
	struct instance_id id;
	const char *name, *value; /* canonical JSON; "(sensitive)" shown by the view */
	const char *description;
	bool sensitive;
};
struct output_rows {
	const struct output_row *rows;
	size_t count;
};
/* As recorded by the last apply. */
int engine_outputs(struct engine *e, struct output_rows *out, struct diags *d);

/* The dependency graph of the selection, for DOT and Mermaid. */
struct graph_edge {
	size_t from, to; /* to must exist before from */
};
struct graph_instance {
	const char *name;    /* "web/east" */
	size_t first, count; /* its resources in names */
};
struct graph_view {
	const char *const *names; /* people's addresses, sorted */
	const char *const *types;
	size_t name_count;
	const struct graph_edge *edges; /* between resources of one instance */
	size_t edge_count;
	const struct graph_instance *instances; /* sorted by id */
	size_t instance_count;
	const struct graph_edge *instance_edges; /* DependsOn of stacks */
	size_t instance_edge_count;
};
int engine_graph(struct engine *e, struct graph_view *out, struct diags *d);

enum render_depth {
	RENDER_RESOLVED,
	RENDER_NORMALIZED /* only brought to long form, keys sorted, scalars as written */
};

/* What a template is rendered with. */
struct render_request {
	enum render_form form;
	enum render_depth depth;
	const char *region; /* AWS::Region of a template alone; NULL: us-east-1 */
	const struct param_override *params;
	size_t param_count;
};

/* The template of the one stack instance that is selected, as templates/render.h says, with
 * the manifest's values.  0, or -1 with errors. */
int engine_render(struct engine *e, const struct render_request *q, struct str *out,
		  struct diags *d);

/*
 * Template files without a project: the types of the built-in providers, and no manifest, no
 * zones, no hosts, no account.  "-" is standard input, and "REV:path" a file of a commit as
 * `git show` names it, in the repository of the current folder, with all that it names.
 * Diagnostics point into what single_close frees.
 */
struct single;
/* The name has the form of a file of a commit, and no file has that name. */
bool single_is_of_commit(const char *name);
struct single *single_open(const struct hd_provider *const *builtins, struct diags *d);
void single_close(struct single *s); /* accepts NULL */
/* Everything that can be said without a value: 0, or -1 with errors.  *resource_count: as
 * many as the file has. */
int single_validate(struct single *s, const char *path, size_t *resource_count, struct diags *d);
int single_render(struct single *s, const char *path, const struct render_request *q,
		  struct str *out, struct diags *d);
/* All branches, whatever the conditions say; one instance with the file's name. */
int single_graph(struct single *s, const char *path, struct graph_view *out, struct diags *d);
/* Whether a word of a command line is a stack of the project in `dir`. */
bool engine_has_stack(const char *dir, const char *name);

/*
 * Resource types that providers know: of the project in `dir`, or with dir NULL of the
 * built-in providers.  names are sorted; types_schema gives a type's schema as JSON text
 * (providers/api/provider.h) that lives as long as the catalogue, NULL when it is unknown.
 */
struct types;
struct types *types_open(const char *dir, const struct hd_provider *const *builtins,
			 struct diags *d);
void types_close(struct types *t); /* accepts NULL */
const char *const *types_names(const struct types *t, size_t *count);
const char *types_schema(struct types *t, const char *name);

/*
 * Recorded state alone, without reading templates: `state ...` must work when the
 * manifest's templates are broken.  dir: of the manifest.
 */
struct state *engine_state_open(const char *dir, enum state_open_mode mode, struct clock *clock,
				struct diags *d);
/* What was recorded is committed to the mirror and pushed, as far as that goes in a short time;
 * warnings say what is missing.  Before the diags are shown.  e may be NULL. */
void engine_mirror_end(struct engine *e, struct diags *d);
/* The mirror of a state that was opened by engine_state_open for writing; NULL: there is none.
 * mirror_close ends it. */
struct mirror *engine_mirror_follow(const char *dir, const char *command, struct state *s);
/* What is known of the mirror, without any connection.  0 or -1; texts in the arena. */
struct mirror_view {
	bool on;
	const char *ref, *repository; /* NULL: there is none yet */
	const char *commit;           /* its newest; NULL: none yet */
	int64_t commit_ms;
	const struct mirror_view_remote {
		const char *name, *pushed, *why; /* "" for none */
		int64_t pushed_ms, failing_since_ms, tried_ms;
		bool current; /* it has the newest commit */
	} * remotes;
	size_t remote_count;
};
int engine_mirror_look(const char *dir, struct arena *a, struct mirror_view *out, struct diags *d);
/* Commits what is missing and pushes to all remotes, however long that takes.  0 or -1. */
int engine_mirror_push(const char *dir, const char *other_project, struct state *s,
		       struct diags *d);
/* This process, now, as locks and the history name it. */
struct lock_owner engine_owner(struct arena *a, struct clock *clock, const char *command);

#endif
