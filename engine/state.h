/*
 * state.h - recorded state: what exists, what is being changed, who holds what.
 *
 * A store of records behind open, lock, load, commit, unlock.  The default is SQLite
 * (WAL, synchronous=FULL, mode 0600).  The interface is a batch of puts and deletes, so
 * that other stores fit it; the cost of a commit does not depend on how much is
 * recorded.  Used by one thread (the coordinator).
 *
 * Rules (DESIGN.md section 5): a provider call that changes the world starts only after
 * its BEGIN was committed; a dependent starts only after the END of what it needs was
 * committed; commits are durable when state_commit returns.  Writing needs the lock of
 * the instance, whose epoch is checked inside the same transaction: a holder whose lease
 * ran out and was taken over cannot write.
 *
 * A row that does not fit its checksum, or a file that SQLite finds broken, ends the use of
 * the handle: from then on nothing is read or written through it (DIAG_STATE_CORRUPT).
 *
 * Values marked sensitive never come here: `inputs` and `outputs` hold {"$secret":
 * "<salted digest>"} in their place (state_mask).
 */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/json.h"
#include "engine/address.h"

#define STATE_SCHEMA_VERSION 4

#define BORN_BEFORE (-1) /* older than all generations: no rollback deletes it */

/* What is recorded of one resource.  When writing, a NULL text means "", "{}" or "[]". */
struct record {
	struct address addr;
	const char *deposed; /* "" for the live one; else the operation that replaced it and
				     has yet to delete it */
	const char *type;
	const char *provider; /* name of the provider entry */
	uint32_t schema_version;
	const char *id;
	const char *inputs;  /* canonical JSON: desired properties as last applied, masked */
	const char *outputs; /* canonical JSON: the state the provider handed over, masked */
	struct text private_bytes;
	const char *sensitive;  /* JSON array of pointers */
	const char *depends_on; /* JSON array of addresses (four parts), for the order of deletes */
	const char *endpoint;   /* "" or the value of the endpoint property */
	const char
		*deletion_policy; /* "", "Delete", "Retain", "RetainExceptOnCreate", "Snapshot" */
	bool tainted;             /* a change ended in error or nobody knows how: refresh first */
	int64_t born;             /* generation of its instance in which it was made; the store
				     fills it in when it first writes the record, and BORN_BEFORE
				     where an older version has written it, or whoever writes it
				     says so: it was there before (import, adopt) */
	int64_t version;          /* counts its writes */
	int64_t created_ms, updated_ms; /* wall clock; writing 0 means now, and what was first
					   written as created_ms stays */
};

enum operation_action {
	OPERATION_CREATE,
	OPERATION_UPDATE,
	OPERATION_DELETE,
	OPERATION_SNAPSHOT, /* a copy is kept before a delete; its id is in the message */
	OPERATION_ACT       /* a named action (act.h): open, its message has name and arguments */
};
#define OPERATION_ACTION_COUNT (OPERATION_ACT + 1)

enum operation_result {
	OPERATION_OPEN, /* no END yet */
	OPERATION_SUCCEEDED,
	OPERATION_FAILED,
	OPERATION_ABANDONED /* recovery found that it had not happened */
};

/* One provider call sequence for one change. */
struct operation {
	const char *id;  /* random hex; also the idempotency key of every attempt */
	const char *run; /* the run that began it: run_record.id; "" from older versions */
	struct address addr;
	const char *deposed; /* which record a delete is about */
	enum operation_action action;
	const char *desired_digest; /* salted */
	struct record intended;     /* the record to be written when it succeeds; id, outputs and
				     private_bytes are not known yet */
	const char *token;          /* "" until PENDING */
	int64_t poll_at_ms;         /* wall clock */
	int64_t begun_ms, ended_ms;
	enum operation_result result;
	const char *message; /* of the first error; "" */
	int attempts;
};

/* What is recorded of one stack instance. */
struct instance_record {
	struct instance_id id;
	const char *parameters; /* canonical JSON, masked */
	const char *outputs;    /* canonical JSON, masked; of the last finished apply */
	const char *template_name;
	const char *template_digest;
	const char *status; /* "CURRENT", "FAILED", "INCOMPLETE" (interrupted), "PARTIAL" (changes
				were left out), "APPLYING" */
	int64_t applied_ms;
	/* Of the last finished apply: JSON object of export names to output names, and JSON array
	 * of what its templates took from others (outside.h); "" from older versions. */
	const char *exports, *imports;
	/* Counts how often the instance was brought to a good state (EDIT_GOOD); the store's, what
	 * EDIT_PUT_INSTANCE says of it does not matter.  What was made in the current generation
	 * (record.born equals it) is new since the last good state, and what was changed in it is
	 * kept as it was (state_load_kept): together they are what a rollback goes back over.
	 * 0: it never was good, or an older version wrote it. */
	int64_t generation;
	/* DeletionProtection as of the last apply: holds when the stack has left the manifest. */
	bool protected;
	/* What it was made from at the last whole apply: canonical JSON (version.h); "" when an
	 * older program wrote it. */
	const char *version;
};

struct lock_owner {
	const char *user, *host, *command;
	int64_t pid;
	int64_t since_ms; /* wall clock */
};

/*
 * One run of a command that changes something, for the history.  Its operations name it.  A run
 * without an end whose process is gone was killed; the next run writes its end, "LOST".
 */
struct run_record {
	const char *id;               /* "20261120-153229-9f2c0a": sorts by time */
	const char *command;          /* "apply" */
	struct lock_owner owner;      /* its command and since_ms are those of the run */
	int64_t started_ms, ended_ms; /* wall clock; 0: no end */
	const char *status; /* "RUNNING", "SUCCEEDED", "FAILED", "STOPPED", "ROLLED_BACK", "LOST" */
	const char *instances; /* JSON array of instance texts */
	const char *request;   /* JSON array: the command line, without the program; "" from older
				versions */
	const char *resumes;   /* the run that it goes on with; "" */
	const char *counts;    /* JSON object: "changes" as planned; with the end "create" ... as
				  done, "failed", "skipped", "open" */
	bool gone;             /* when loaded: it has no end, and its process is not running any
				  more for certain */
	const char *version;   /* what it was made from: as in instance_record */
};

/* What somebody asked of a run, from any process and without any lock. */
enum run_control {
	CONTROL_NONE,
	CONTROL_STOP, /* as the first Ctrl-C: nothing new starts */
	CONTROL_ABORT /* as the second: what runs is cancelled */
};

/* How long things took: the latest ones that succeeded, at most DURATION_SAMPLES. */
#define DURATION_SAMPLES 32
struct duration {
	const char *type, *action; /* "AWS::RDS::DBInstance", operation_action_name */
	const char *address;       /* four parts; "": of the type as a whole */
	const int64_t *samples_ms; /* oldest first */
	size_t count;
};

struct lock_info {
	struct instance_id id;
	const char *lock_id;
	struct lock_owner owner;
	int64_t epoch;
	int64_t lease_until_ms; /* wall clock */
	bool gone;              /* when loaded: its process is not running any more, so that who
				   asks for it has it at once */
};

struct state;

/* STATE_WRITE makes the file when it is absent, and converts one of an older version (with a
 * note, after keeping a copy).  STATE_READ changes nothing: an absent file is an empty
 * state, an older one is converted in memory; a read-only medium is fine.  NULL on failure:
 * corrupt (named, untouched), newer version, no permission, network file system.
 * Closing releases the locks; accepts NULL. */
enum state_open_mode { STATE_READ, STATE_WRITE };
struct state *state_open(const char *path, enum state_open_mode mode, struct clock *clock,
			 struct diags *d);
void state_close(struct state *s);

/* Loading; results in the arena.  instance NULL: everything.  Sorted by address. */
struct record_list {
	struct record *items;
	size_t count;
};
struct operation_list {
	struct operation *items;
	size_t count;
};
struct instance_list {
	struct instance_record *items;
	size_t count;
};
struct lock_list {
	struct lock_info *items;
	size_t count;
};
int state_load_records(struct state *s, const struct instance_id *instance, struct arena *a,
		       struct record_list *out, struct diags *d);
/* Only those without END. */
int state_load_open_operations(struct state *s, const struct instance_id *instance, struct arena *a,
			       struct operation_list *out, struct diags *d);
/* Sorted by id. */
int state_load_instances(struct state *s, struct arena *a, struct instance_list *out,
			 struct diags *d);
int state_load_locks(struct state *s, struct arena *a, struct lock_list *out, struct diags *d);
/*
 * A number that stays the same until another process has committed something, whatever it was;
 * what this one commits does not count.  Taken before loading, and equal later: what was loaded
 * still holds.  -1 with an error.
 */
int64_t state_foreign_commits(struct state *s, struct diags *d);

#define RUN_ID_SIZE 32

struct lock_wait {
	int64_t timeout_ms;
	int (*waiting)(void *context, const struct lock_info *holder); /* may be NULL */
	void *context;
	char *run; /* RUN_ID_SIZE bytes: gets the id that its run will have when it had to queue,
		      before `waiting` is called; else "".  May be NULL */
};
struct lock_request {
	const struct instance_id *ids;
	size_t count;
	const struct lock_owner *owner;
	const struct lock_wait *wait; /* NULL: do not wait */
};
/*
 * Locks.  Takes all instances or none (in order, so two processes cannot deadlock).
 * Who may wait takes a ticket and is served in order (result.h): also a lock that nobody holds is
 * not to be had when somebody who came earlier waits for it.
 * Waits up to timeout_ms; *waiting is called with the holder (or, lock_id "", with who came
 * earlier) when it has to wait, and between tries: nonzero gives up.  An expired lease is taken
 * over with a note, and so is at once the lock of a process of this machine (same host, boot
 * and pid namespace) that is not running any more.  Locking again what is held is fine.
 * All that one call takes has one lock_id.  owner->since_ms 0: now.
 * -1: DIAG_LOCK_HELD names the holder, DIAG_LOCK_QUEUED who came earlier.
 */
int state_lock(struct state *s, const struct lock_request *q, struct diags *d);
/* Call every LOCK_RENEW_MS.  -1 when somebody took a lock over: stop writing. */
int state_renew_locks(struct state *s, struct diags *d);
void state_unlock(struct state *s); /* all that this handle holds */
/* By force, `state unlock LOCK_ID`: -1 when there is no such lock. */
int state_break_lock(struct state *s, const char *lock_id, struct diags *d);

/* One thing a commit does. */
enum state_edit_kind {
	EDIT_BEGIN,         /* op: everything; one open operation per address and deposed */
	EDIT_PENDING,       /* op: id, token, poll_at_ms, attempts */
	EDIT_END,           /* op: id, result, message, ended_ms (0: now), attempts */
	EDIT_PUT_RECORD,    /* record (version is counted by the store) */
	EDIT_DROP_RECORD,   /* record: addr and deposed.  A live one without `keep` is forgotten:
			       what is kept of it goes, too */
	EDIT_DEPOSE,        /* record: live record at addr moves to record->deposed, and gets its
			       deletion_policy unless that is NULL */
	EDIT_PUT_INSTANCE,  /* instance */
	EDIT_DROP_INSTANCE, /* and what was kept of it */
	EDIT_GOOD,          /* instance: its state is good now; nothing kept is needed any more.
			       Refused when there is no such instance: put it first */
	EDIT_RESTORE,       /* record: the deposed one at addr (addr and deposed) is live again; a
			       live one becomes deposed under `as`, and is in the way when that
			       is NULL */
	EDIT_PUT_RESULT,    /* result: needs no lock (result.h) */
	EDIT_MOVE           /* record: all that is recorded and kept at addr moves to the logical id
			       `as` of the same instance, with what others' depends_on say of it;
			       the history keeps the old name.  Refused when something is recorded,
			       kept or being changed there, or an operation is open on addr.
			       Costs a look at every record of the instance */
};
struct instance_result;
struct state_edit {
	enum state_edit_kind kind;
	const struct operation *op;
	const struct record *record;
	const struct instance_record *instance;
	const struct instance_result *result;
	const char *as;
	/* PUT, DROP, DEPOSE of a live record: what it was before this edit is kept for a
	 * rollback, unless it was made in this generation or something is kept of it already.
	 * For every edit by which a run changes the world; not for one that says what was seen. */
	bool keep;
};
/* All or nothing, durable on return. -1: DIAG_LOCK_LOST, disk full, an edit that does not fit
 * (DIAG_STATE_EDIT).  The instances must have been locked by this handle: it asserts. */
int state_commit(struct state *s, const struct state_edit *edits, size_t count, struct diags *d);

/*
 * Who wants to know what changes: called behind each commit of this handle, once per instance that
 * it wrote something of.  settled: it was the row of the instance itself, so something of it has
 * begun or ended.  May not use the handle.  NULL: nobody.
 */
typedef void state_changed_fn(void *context, const struct instance_id *id, bool settled);
void state_on_change(struct state *s, state_changed_fn *changed, void *context);

/* Replaces the values at `pointers` (JSON array) by {"$secret": salted digest}; what is
 * masked already stays. */
void state_mask(struct state *s, json_t *document, const json_t *pointers);
/*
 * A value that only a provider can look up keeps beside its digest the text it came from
 * ("{{resolve:ssm:/db/host:3}}"; a digest of it when that is sensitive): {"$secret": "DIGEST
 * TEXT"}.  Without asking anybody the text tells whether something else is wanted now.
 */
struct mask_source {
	const char *text;
	bool sensitive;
};
void state_mask_source(struct state *s, json_t *mask, const struct mask_source *source);
bool state_mask_has_source(struct state *s, const json_t *mask, const struct mask_source *source);
/* The same digest for one value, 64 hex digits: tells whether a secret changed. */
void state_secret_digest(struct state *s, const json_t *value, char out[65]);

/* Records of the instance as they were when it was last good, of those that were changed,
 * replaced or deleted since; the others are still as they were, or new (born). */
int state_load_kept(struct state *s, const struct instance_id *instance, struct arena *a,
		    struct record_list *out, struct diags *d);

/* --- history: needs STATE_WRITE to write, and no lock --------------------------------- */

/* Adds the run, or writes its end: all of it, each time.  NULL texts as in records. */
int state_put_run(struct state *s, const struct run_record *r, struct diags *d);
struct run_list {
	struct run_record *items;
	size_t count;
};
/* The latest first; at most limit (0: all). */
int state_load_runs(struct state *s, size_t limit, struct arena *a, struct run_list *out,
		    struct diags *d);
/* One of them: out->count is 1, or 0 when there is none of this id. */
int state_load_run(struct state *s, const char *id, struct arena *a, struct run_list *out,
		   struct diags *d);
/* Those without an end. */
int state_load_open_runs(struct state *s, struct arena *a, struct run_list *out, struct diags *d);
/* Of one run, open ones included, in the order they began. */
int state_load_run_operations(struct state *s, const char *run, struct arena *a,
			      struct operation_list *out, struct diags *d);
/* How many of them there are; cheaper than loading. */
struct operation_count {
	size_t begun, open;
	int64_t last_begun_ms; /* 0: none */
};
int state_count_run_operations(struct state *s, const char *run, struct operation_count *out,
			       struct diags *d);

/* A request; a weaker one than was asked before changes nothing. */
struct control_request {
	enum run_control control;
	struct lock_owner by; /* since_ms: when; 0: now */
};
int state_put_control(struct state *s, const char *run, const struct control_request *q,
		      struct diags *d);
/* The strongest that was asked.  Cheap: one row by key. */
int state_load_control(struct state *s, const char *run, enum run_control *out, struct diags *d);
/* The same, with who asked. */
int state_load_control_request(struct state *s, const char *run, struct arena *a,
			       struct control_request *out, struct diags *d);

struct duration_list {
	struct duration *items;
	size_t count;
};
/* Sorted by type, action, address. */
int state_load_durations(struct state *s, struct arena *a, struct duration_list *out,
			 struct diags *d);
/* Those of runbooks' steps alone: of type "@runbook/NAME". */
int state_load_step_durations(struct state *s, struct arena *a, struct duration_list *out,
			      struct diags *d);
/* Replaces what is there of the same type, action and address; one transaction.  Of more samples
 * than DURATION_SAMPLES the latest stay. */
int state_put_durations(struct state *s, const struct duration_list *list, struct diags *d);

/* How much history is kept; an open operation, and a run with one, always.  So is a run without
 * an end, until its age counts. */
struct history_bounds {
	int64_t age_ms;   /* 0: any */
	size_t run_count; /* 0: any */
};
/* Drops what is over the bounds, in one transaction: runs with their operations, operations of no
 * run, durations of addresses that were not measured for age_ms.  Costs what is dropped, and a
 * look at run_count keys. */
int state_prune(struct state *s, const struct history_bounds *b, struct diags *d);
/* The end of a run in one transaction: state_put_run, `more` behind the durations that are there,
 * state_prune. */
int state_finish_run(struct state *s, const struct run_record *r, const struct duration_list *more,
		     const struct history_bounds *b, struct diags *d);

/*
 * What tells whether anything recorded of these instances has changed: 64 hex digits over the
 * checksums of their records, instance records and open operations, in any order of ids; reads
 * no document.  The same for an absent file and one with nothing in it.
 */
int state_fingerprint(struct state *s, const struct instance_id *ids, size_t count, char out[65],
		      struct diags *d);
/* HMAC-SHA-256 under a key made from the state's salt: 64 hex digits that nobody without the file
 * can make.  An absent file has no salt: with STATE_READ and no file it is different each time. */
void state_seal(struct state *s, struct text bytes, char out[65]);

/* All of it into a new file, without locks and open operations: for a rehearsal.  Nothing is
 * made of an empty state.  0 or -1. */
int state_copy(struct state *s, const char *path, struct diags *d);
/* From here on commits survive the process, not the machine: a rehearsal's state is thrown away
 * anyway. */
void state_relax(struct state *s);

/* `state check`: integrity of file, schema, records, open operations.  0 or -1. */
int state_check(struct state *s, struct diags *d);

const char *operation_action_name(enum operation_action a);
const char *operation_result_name(enum operation_result r);

#endif
