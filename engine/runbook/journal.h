/*
 * journal.h - executions of runbooks as recorded: an append-only chain of events, what was asked
 * of them from other terminals, and what the events amount to.
 *
 * Every event names the hash of the one before it, so that a changed or missing event shows.  The
 * events alone say how an execution stands: after a crash, for another terminal and for the
 * report.  An event is on disk before what it announces.  Part of the store behind state.h; needs
 * no lock of instances; one writer at a time (the lock of executions), any number of readers.
 */
#ifndef ENGINE_RUNBOOK_JOURNAL_H
#define ENGINE_RUNBOOK_JOURNAL_H

#include "engine/state.h"

/* What happened.  `data` of each kind is in docs/reports.md. */
enum entry_kind {
	ENTRY_STARTED,      /* data: Runbook, Kind, Mode, Parameters, Digest, Command, By, Since,
			  Version, Objectives, Steps (paths with kinds), Reason, Detected, Order,
			  Exclusive */
	ENTRY_RESUMED_BY,   /* another process goes on: By, Reason, Order, Overtaken */
	ENTRY_DETECTED,     /* At, Detail: when the outage began to count */
	ENTRY_STEP_STARTED, /* Attempt, Grace, Key (idempotency), Slow (p95 ms), Region, Promotes */
	ENTRY_STEP_MEMORY,  /* what the step must know after a crash: free form */
	ENTRY_STEP_PROGRESS,  /* Text; Data */
	ENTRY_STEP_WAITING,   /* pending approval: Message, Approvers, Confirm; or Text */
	ENTRY_STEP_SLOW,      /* Millis, Usual */
	ENTRY_STEP_RETRY,     /* Attempt, Reason, Wait */
	ENTRY_STEP_SUCCEEDED, /* Result, Millis */
	ENTRY_STEP_FAILED,    /* Reason, Millis, Result; Begun: false when its work was not */
	ENTRY_STEP_SKIPPED,   /* Reason, By; Begun: false when its work was not */
	ENTRY_STEP_REVERSING, /* its undoing began: Key */
	ENTRY_STEP_REVERSED,
	ENTRY_STEP_REVERSE_FAILED, /* Reason */
	ENTRY_CHECK,               /* Check, Region, Healthy, Detail, Values */
	ENTRY_ASKED,               /* a request was taken: Request, Step, Reason, By */
	ENTRY_PAUSED,              /* Reason: "operator" | "step failed" */
	ENTRY_RESUMED,
	ENTRY_UNGRACEFUL, /* Step or whole execution; By, Reason */
	ENTRY_DATA_LOSS,  /* LagSeconds, LagBytes, Objective, Reason, By: accepted */
	ENTRY_FENCED,     /* Region, How: "verified" | "lease" | "gone", Detail */
	ENTRY_REVERSING,  /* the whole execution goes back: Reason */
	ENTRY_MONITORING, /* steps are over, waits until the application is healthy */
	ENTRY_OBJECTIVE,  /* Name: "RTO" | "RPO", Actual, Objective (ms), Met, Detail */
	ENTRY_ENDED       /* Status, Reason, Exit */
};
#define ENTRY_KIND_COUNT (ENTRY_ENDED + 1)
/* When loaded: a kind of a newer version. */
#define ENTRY_UNKNOWN ((enum entry_kind)ENTRY_KIND_COUNT)
const char *entry_kind_name(enum entry_kind k); /* "step-started": the JSON stream's word */

struct journal_entry {
	int64_t number; /* from 1 */
	int64_t at_ms;  /* wall clock */
	enum entry_kind kind;
	const char *step;            /* path; "" of the execution */
	const char *data;            /* JSON object, secrets masked; stored in canonical form */
	const char *word;            /* the kind as stored; filled in when loaded */
	char previous[65], hash[65]; /* SHA-256 over previous, number, at, kind, step, data */
};
struct journal_list {
	struct journal_entry *items;
	size_t count;
};

enum execution_kind {
	EXECUTION_REAL,
	EXECUTION_DRILL_SIMULATED, /* in the rehearsal's state (simulation.h) */
	EXECUTION_DRILL_ISOLATED,  /* real, without traffic, fence, promotion; undone at the end */
	EXECUTION_DRILL_FULL
};
const char *execution_kind_name(
	enum execution_kind k); /* "real", "simulated", "isolated", "full" */

enum execution_status {
	EXECUTION_RUNNING,
	EXECUTION_PAUSED,
	EXECUTION_WAITING, /* for an approval */
	EXECUTION_MONITORING,
	EXECUTION_REVERSING,
	EXECUTION_COMPLETED,
	EXECUTION_COMPLETED_WITH_EXCEPTIONS, /* steps were skipped, or failed and that is let */
	EXECUTION_REVERSED, /* it failed or was aborted, and what was done is undone */
	EXECUTION_ABORTED,
	EXECUTION_FAILED /* may be resumed: `runbook run --resume` */
};
#define EXECUTION_STATUS_COUNT (EXECUTION_FAILED + 1)
const char *execution_status_name(enum execution_status s); /* "RUNNING", "WAITING_APPROVAL", ... */
bool execution_status_is_over(enum execution_status s);

/* One execution, for lists: as its latest event left it. */
struct execution_row {
	const char *id; /* as run ids: state_new_run_id */
	const char *runbook;
	enum execution_kind kind;
	enum execution_status status;
	const char *parameters;       /* JSON object */
	struct lock_owner owner;      /* who runs it, or ran it last */
	int64_t started_ms, ended_ms; /* 0: no end */
	int64_t entries;
	char head[65]; /* hash of the last event */
	bool gone; /* when loaded: no end, and its process is not running any more for certain */
};
/* As people read it: one whose process is gone is "LOST", unless it had paused before. */
const char *execution_shown_status(const struct execution_row *r);

struct execution_list {
	struct execution_row *items;
	size_t count;
};

/* Adds it with its first event, whose data get "Execution": the id.  Entries, head and status of
 * the row are filled in.  0 or -1. */
int journal_begin(struct state *s, struct execution_row *row, const char *data, struct diags *d);
/* Appends behind the last one, in one durable transaction, and brings the row up to date (owner
 * as in row, status and end as the events say).  Number, previous and hash are filled in, and a
 * time of 0.  -1, and nothing is written: somebody else appended since (DIAG_JOURNAL_MOVED),
 * there is no such execution, data are no JSON object. */
int journal_append(struct state *s, struct execution_row *row, struct journal_entry *entries,
		   size_t count, struct diags *d);
/* The latest first; limit 0: all. */
int journal_load_executions(struct state *s, size_t limit, struct arena *a,
			    struct execution_list *out, struct diags *d);
/* By id, or by its beginning when that is clear; out->count 0: there is none.  -1 also when more
 * than one begins so (DIAG_JOURNAL_AMBIGUOUS). */
int journal_load_execution(struct state *s, const char *id, struct arena *a,
			   struct execution_list *out, struct diags *d);
/* What is behind an event, or a request, of an execution; 0: all. */
struct journal_part {
	const char *execution;
	int64_t after;
};
/* In order. */
int journal_load_entries(struct state *s, const struct journal_part *part, struct arena *a,
			 struct journal_list *out, struct diags *d);
/* 0 when the chain holds; else the number of the first event that does not fit.  The list is the
 * whole of it, and head its row's; a head that the last event does not have: one behind it. */
int64_t journal_broken_at(const struct journal_list *list, const char *head);
/* What previous of the first event is. */
#define JOURNAL_ORIGIN "0000000000000000000000000000000000000000000000000000000000000000"
/* SHA-256 of the canonical JSON array [previous, number, at, kind, step, data]. */
void journal_hash(const struct journal_entry *e, char out[65]);

/* --- what is asked of a running execution ---------------------------------------------- */

enum execution_request {
	REQUEST_PAUSE,
	REQUEST_RESUME,
	REQUEST_SKIP,  /* a step that waits, runs or failed */
	REQUEST_RETRY, /* a failed step */
	REQUEST_APPROVE,
	REQUEST_DECLINE,
	REQUEST_UNGRACEFUL, /* a step, or with step "" all that follow */
	REQUEST_ABORT,      /* what can be undone is, unless reason data says keep */
	REQUEST_ACCEPT_DATA_LOSS
};
#define REQUEST_COUNT (REQUEST_ACCEPT_DATA_LOSS + 1)
const char *request_name(enum execution_request r); /* "pause", ... "accept-data-loss" */

struct execution_ask {
	int64_t number; /* the store's */
	enum execution_request request;
	const char *step;   /* path, or "" */
	const char *reason; /* "" */
	const char *text;   /* what was typed for Confirm; "" */
	struct lock_owner by;
};
struct ask_list {
	struct execution_ask *items;
	size_t count;
};
/* -1 also when there is no such execution (DIAG_JOURNAL_UNKNOWN).  by.since_ms 0: now. */
int journal_ask(struct state *s, const char *execution, const struct execution_ask *q,
		struct diags *d);
/* Takes a request back that nobody can take, since nobody runs the execution: whoever goes on with
 * it finds it no more.  1; 0: somebody runs it, and may take it; -1. */
int journal_withdraw(struct state *s, const char *execution, int64_t number, struct diags *d);
/* In order.  Cheap: by key. */
int journal_load_asks(struct state *s, const struct journal_part *part, struct arena *a,
		      struct ask_list *out, struct diags *d);

/* --- what the events amount to ----------------------------------------------------------- */

enum step_status {
	STEP_NOT_STARTED,
	STEP_RUNNING,
	STEP_PENDING_APPROVAL,
	STEP_SUCCEEDED,
	STEP_FAILED,
	STEP_SKIPPED,
	STEP_REVERSED,
	STEP_REVERSE_FAILED
};
#define STEP_STATUS_COUNT (STEP_REVERSE_FAILED + 1)
const char *step_status_name(enum step_status s); /* "NOT_STARTED", ... */

struct step_story {
	const char *path;
	const char *kind; /* "Action" */
	enum step_status status;
	size_t attempts;
	bool ungraceful;
	bool begun;                   /* its work may have been */
	bool promotes;                /* after it another primary accepts writes */
	const char *region;           /* where its latest try works; "": it does not say */
	const char *fenced;           /* Fence: the region that accepts no writes since; "" */
	const char *key;              /* of the latest attempt */
	const char *memory;           /* JSON of that attempt; "" */
	const char *result;           /* JSON object; "" */
	const char *reason;           /* why it failed, was skipped; "" */
	const char *text;             /* latest progress; "" */
	int64_t started_ms, ended_ms; /* of the first attempt; 0: not yet */
};
struct objective_story {
	bool known, met;
	int64_t actual_ms, objective_ms; /* objective 0: none */
	const char *detail;
};
struct execution_story {
	struct execution_row row;
	struct step_story *steps; /* in the order of the procedure as it was started */
	size_t step_count;
	bool ungraceful, paused, reversing;
	bool beside;        /* others may go on beside it (Exclusive: false) */
	int64_t order;      /* of its latest process among those of all executions; 0: not known */
	const char *digest; /* of the procedure */
	const char *pause_reason;
	int64_t paused_ms;      /* since when; 0 */
	const char *end_reason; /* ""  */
	int64_t heard_ms;       /* of its latest event */
	const char *overtaken;  /* no event says it: a later real one, as who looks knows; NULL */
	int64_t since_ms;       /* where the clock of the RTO starts */
	int64_t healthy_ms;     /* when the application was healthy again; 0 */
	struct objective_story rto, rpo;
	bool data_loss_accepted;
	bool fenced;
	int64_t asks_taken; /* number of the last request that was taken */
};
/* Pure.  Unknown entries of a newer version are passed over. */
void execution_story(struct arena *a, const struct execution_row *row,
		     const struct journal_list *entries, struct execution_story *out);
const struct step_story *story_step(const struct execution_story *s, const char *path);

struct path_list {
	const char **items;
	size_t count, capacity;
};
const char *path_list_text(struct arena *a, const struct path_list *list); /* "a, b" */

/*
 * What going back would undo.  Behind a fence, or a promotion, that has no Reverse, nothing: to
 * take traffic and capacity back to a region whose primary is cut off would leave nobody serving.
 * An isolated drill, which sends nobody anywhere, is undone all the same.
 */
struct way_back {
	const char
		*point; /* why nothing is undone: "'fence' has fenced region 'east', ..."; NULL */
	struct path_list undone, stays; /* steps that are done, and would be undone or stay so */
	size_t decisive;                /* fences and promotions among those that stay */
};
/* Pure. */
void execution_way_back(struct arena *a, const struct execution_story *s, struct way_back *out);

/*
 * Who has overtaken an execution: a later one has changed something where it works.  Going on with
 * the earlier one, or undoing it, would work on top of that: traffic to the wrong region, a second
 * primary.  docs/executions.md ("Overtaken") says what counts.
 */
struct overtaker {
	const char *id, *runbook;
	enum execution_status status;
	const char *parameters; /* JSON object */
	bool gone;
	int64_t at_ms;     /* it was begun, or gone on with */
	const char *where; /* "region 'east'", "routes" */
};
/* 1: the latest of those that have; 0: nobody has; -1. */
int journal_find_overtaker(struct state *s, const struct execution_story *of, struct arena *a,
			   struct overtaker *out, struct diags *d);
/* What to do with the overtaken one, in one line: "`hadeploy ...` ..., `hadeploy ...` ...". */
const char *overtaker_hint(struct arena *a, const char *overtaken, const struct overtaker *by);
/* Of a process that takes an execution up: later ones have greater numbers, whatever clocks say. */
int journal_take_order(struct state *s, int64_t *out, struct diags *d);

/* --- parameters that runbooks have set ---------------------------------------------------- */

/*
 * What an Apply step sets stays in force: every later plan of the instance takes it instead of the
 * manifest's value, and says so, until the step is reversed, another runbook sets it, or
 * `apply --drop-overrides` gives it up.  Otherwise the next apply from CI would undo a failover.
 */
struct parameter_override {
	struct instance_id instance;
	const char *parameter, *value; /* as a command line would give it */
	const char *execution, *runbook;
	int64_t since_ms;
};
struct override_list {
	struct parameter_override *items;
	size_t count;
};
/* Sorted by instance and parameter. */
int journal_load_overrides(struct state *s, struct arena *a, struct override_list *out,
			   struct diags *d);
/* value NULL: takes it away.  One transaction. */
int journal_put_overrides(struct state *s, const struct parameter_override *items, size_t count,
			  struct diags *d);

/* --- what checks said ------------------------------------------------------------------- */

/* The latest answer of each check in each region, and the latest healthy one: what was known last
 * before a cut. */
struct check_sample {
	const char *check, *region;
	int64_t at_ms;
	bool healthy;
	const char *detail;
	const char *values; /* JSON object: LagSeconds, LagBytes, Role, LastCommit; "" */
};
struct sample_list {
	struct check_sample *items;
	size_t count;
};
/* One transaction. */
int journal_put_samples(struct state *s, const struct check_sample *items, size_t count,
			struct diags *d);
/* healthy: the latest healthy one of each, else the latest. */
enum sample_wanted { SAMPLE_LATEST, SAMPLE_HEALTHY };
int journal_load_samples(struct state *s, enum sample_wanted wanted, struct arena *a,
			 struct sample_list *out, struct diags *d);

#endif
