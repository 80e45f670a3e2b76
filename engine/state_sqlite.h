/*
 * state_sqlite.h - what the files of the SQLite store share.  Private: only engine/state*.c
 * and their tests include it, and only they see <sqlite3.h>.
 *
 * The store never opens its database past SQLite: closing any other descriptor of the file
 * would drop the POSIX locks that SQLite holds on it in this process.
 */
#ifndef ENGINE_STATE_SQLITE_H
#define ENGINE_STATE_SQLITE_H

#include <sqlite3.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"
#include "engine/state.h"

#define STATE_APPLICATION_ID 0x48414450 /* "HADP"; never changes */
#define STATE_SALT_LEN 32
#define STATE_CHECKSUM_LEN 16       /* bytes of SHA-256 kept per row */
#define STATE_LOCK_ID_LEN 16        /* hex digits */
#define STATE_BUSY_TIMEOUT_MS 10000 /* another process's commit takes milliseconds */
#define STATE_FAULTS_SHOWN 20       /* of one `state check` */

/* Columns of a record but `born`, in the order of state_row.c; an operation has them too. */
#define STATE_RECORD_COLUMNS                                                                \
	"stack, account, region, logical_id, deposed, type, provider, schema_version, id, " \
	"inputs, outputs, private, sensitive, depends_on, endpoint, deletion_policy, "      \
	"tainted, version, created_ms, updated_ms"
#define STATE_OPERATION_COLUMNS                                                      \
	"operation, action, desired_digest, begun_ms, token, poll_at_ms, ended_ms, " \
	"result, message, attempts, run"
#define STATE_INSTANCE_COLUMNS                                                                  \
	"stack, account, region, parameters, outputs, template_name, template_digest, status, " \
	"applied_ms, exports, imports, generation, protected, made_from"
#define STATE_RUN_COLUMNS                                                                  \
	"run, command, user, host, pid, started_ms, ended_ms, status, instances, counts, " \
	"machine, started, request, resumes, made_from"
#define STATE_RESULT_COLUMNS \
	"run, stack, account, region, status, reason, wave, turn, started_ms, ended_ms, made_from"
#define STATE_TICKET_COLUMNS                                                                     \
	"run, user, host, command, pid, since_ms, lease_until_ms, machine, started, instances, " \
	"waits_for"
#define STATE_CONTROL_COLUMNS "run, request, user, host, command, pid, asked_ms"
#define STATE_DURATION_COLUMNS "type, action, address, samples, updated_ms"
#define STATE_EXECUTION_COLUMNS                                                              \
	"execution, runbook, kind, status, parameters, user, host, command, pid, since_ms, " \
	"machine, started, started_ms, ended_ms, entries, head"
#define STATE_EVENT_COLUMNS "execution, number, at_ms, kind, step, data, previous, hash"
#define STATE_REQUEST_COLUMNS \
	"execution, request, step, reason, typed, user, host, command, pid, asked_ms"
#define STATE_OVERRIDE_COLUMNS \
	"stack, account, region, parameter, value, execution, runbook, since_ms"
#define STATE_SAMPLE_COLUMNS "slot, name, region, at_ms, healthy, detail, facts"
#define STATE_RECREATION_COLUMNS "region, into_region, id, user, host, since_ms, restored"
#define STATE_LOCK_COLUMNS                                                             \
	"stack, account, region, lock_id, epoch, user, host, command, pid, since_ms, " \
	"lease_until_ms, machine, started"

/* Every statement, prepared on first use and kept as long as the handle lives. */
enum state_query {
	QUERY_BEGIN_READ,
	QUERY_BEGIN_WRITE,
	QUERY_COMMIT,
	QUERY_ROLLBACK,
	QUERY_RECORDS,
	QUERY_RECORDS_OF,
	QUERY_RECORD,
	QUERY_RECORD_VERSION,
	QUERY_RECORD_PUT,
	QUERY_RECORD_DROP,
	QUERY_RECORDS_AT,
	QUERY_RECORDS_NAMING,
	QUERY_KEPT,
	QUERY_KEPT_OF,
	QUERY_KEPT_AT,
	QUERY_KEPT_NAMING,
	QUERY_KEPT_COPY,
	QUERY_KEPT_PUT,
	QUERY_KEPT_DROP,
	QUERY_KEPT_FORGET,
	QUERY_OPERATIONS,
	QUERY_OPERATIONS_OPEN,
	QUERY_OPERATIONS_OPEN_OF,
	QUERY_OPERATIONS_OF_RUN,
	QUERY_OPERATIONS_OPEN_AT,
	QUERY_OPERATIONS_COUNT,
	QUERY_OPERATION_PROGRESS,
	QUERY_OPERATION_BEGIN,
	QUERY_OPERATION_UPDATE,
	QUERY_INSTANCES,
	QUERY_INSTANCE,
	QUERY_INSTANCE_PUT,
	QUERY_INSTANCE_DROP,
	QUERY_LOCKS,
	QUERY_LOCK,
	QUERY_LOCK_TAKE,
	QUERY_LOCK_RENEW,
	QUERY_LOCK_RELEASE,
	QUERY_LOCK_BREAK,
	QUERY_RUNS,
	QUERY_RUN,
	QUERY_RUNS_OPEN,
	QUERY_RUN_PUT,
	QUERY_RESULTS,
	QUERY_RESULT_NEXT,
	QUERY_RESULT_PUT,
	QUERY_TICKETS,
	QUERY_TICKET_PUT,
	QUERY_TICKET_RENEW,
	QUERY_TICKET_DROP,
	QUERY_CONTROL,
	QUERY_CONTROL_PUT,
	QUERY_DURATIONS,
	QUERY_STEP_DURATIONS,
	QUERY_DURATION,
	QUERY_DURATION_PUT,
	QUERY_EXECUTIONS,
	QUERY_EXECUTIONS_LIKE,
	QUERY_EXECUTION,
	QUERY_EXECUTION_PUT,
	QUERY_EVENTS,
	QUERY_EVENT_ADD,
	QUERY_META,
	QUERY_META_PUT,
	QUERY_REQUESTS,
	QUERY_REQUEST_ADD,
	QUERY_REQUEST_DROP,
	QUERY_OVERRIDES,
	QUERY_OVERRIDE_PUT,
	QUERY_OVERRIDE_DROP,
	QUERY_SAMPLES,
	QUERY_SAMPLE_PUT,
	QUERY_RECREATIONS,
	QUERY_RECREATION_PUT,
	QUERY_RECREATION_DROP,
	QUERY_ABANDONED,
	QUERY_ABANDONED_IN,
	QUERY_ABANDONED_PUT,
	QUERY_ABANDONED_DROP,
	QUERY_VERSION,
	QUERY_VERSION_PUT,
	QUERY_VERSION_DROP,
	QUERY_VERSION_OF_INSTANCE,
	QUERY_VERSIONS_OF_RUN,
	QUERY_PRUNE_LATEST,
	QUERY_PRUNE_RUNS,
	QUERY_PRUNE_STRAY,
	QUERY_PRUNE_OPERATION,
	QUERY_PRUNE_OPERATIONS,
	QUERY_PRUNE_RUN,
	QUERY_PRUNE_CONTROL,
	QUERY_PRUNE_RESULTS,
	QUERY_PRUNE_DURATIONS,
	QUERY_PRUNE_LAST_EXECUTION,
	QUERY_PRUNE_EXECUTIONS,
	QUERY_PRUNE_EXECUTION,
	QUERY_PRUNE_EVENTS,
	QUERY_PRUNE_REQUESTS,
	QUERY_FINGERPRINT_INSTANCE,
	QUERY_FINGERPRINT_RECORDS,
	QUERY_FINGERPRINT_OPERATIONS,
	QUERY_FINGERPRINT_OVERRIDES,
	QUERY_DATA_VERSION,
	QUERY_COUNT
};

/* A lock that this handle took; it is ours as long as the row has both. */
struct held_lock {
	struct instance_id id; /* in lock_arena */
	char lock_id[STATE_LOCK_ID_LEN + 1];
	int64_t epoch;
	uint64_t checked_in; /* the last commit that looked at the row */
	/* Of the instance.  While the lock is ours nobody else changes it, so it is read once;
	 * a commit that was rolled back makes it unknown. */
	int64_t generation;
	bool generation_known;
};

struct state {
	sqlite3 *db; /* NULL: the file is not there, an empty state */
	char *path;
	struct clock *clock;
	enum state_open_mode mode;
	bool broken; /* an integrity check failed: nothing is read or written any more */
	sqlite3_stmt *queries[QUERY_COUNT];
	struct str scratch; /* the content of a row while its checksum is made */
	unsigned char salt[STATE_SALT_LEN];
	struct arena *lock_arena;
	struct {
		VEC_OF(struct held_lock)
	} held; /* sorted by instance */
	uint64_t commit_count;
	struct map versions; /* of table version: digest to text, as far as they were read */
	struct arena *version_arena;
	/* Who is told of changes, and the held locks whose instances a transaction has changed. */
	state_changed_fn *changed;
	void *changed_context;
	struct {
		VEC_OF(const struct instance_id *)
	} touched;
	bool settles;
};

/* state_schema.c: one step per schema version, from nothing to the first included. */
struct migration {
	const char *sql;
	int (*fill)(sqlite3 *db, struct clock *clock); /* a result code; NULL: nothing to do */
};
struct schema_history {
	const struct migration *steps;
	int count; /* the schema version they lead to */
};
const struct schema_history *state_schema(void);
/* Steps `from` and later, inside the caller's transaction.  A result code. */
int schema_apply(sqlite3 *db, const struct schema_history *h, int from, struct clock *clock);
/* Identifies the file, brings it to the version of `h`, reads meta.  0 or -1. */
int schema_settle(struct state *s, const struct schema_history *h, struct diags *d);
/* Tables and indexes as they should be; each difference is an error.  0 or -1. */
int schema_compare(struct state *s, const struct schema_history *h, struct diags *d);

/* state.c: as state_open, with a history of one's own. */
struct state *state_open_as(const char *path, enum state_open_mode mode, struct clock *clock,
			    const struct schema_history *h, struct diags *d);

/* state_file.c */
enum state_presence { STATE_ABSENT, STATE_PRESENT, STATE_REFUSED };
enum state_presence state_file_look(const char *path, struct diags *d);
/* May this process write (or only read) it?  0 or -1 with the reason. */
int state_file_access(const char *path, enum state_open_mode mode, struct diags *d);
/* A complete new database appears under its name in one step; one that another process made
 * meanwhile is left alone.  0 or -1. */
int state_file_create(const char *path, const struct schema_history *h, struct clock *clock,
		      struct diags *d);
/* A copy beside it that is never overwritten: state.db.bak-v3, state.db.bak-v3-2, ...
 * The copy's path in *out.  0 or -1. */
int state_file_backup(struct state *s, int version, struct str *out, struct diags *d);

/* state_network.c */
/* The kind of a network file system that is refused, or NULL.  `type` is its name in
 * /proc/self/mountinfo, needed for FUSE alone; may be NULL. */
const char *state_network_kind(unsigned long magic, const char *type);
/* -1, with an error, when the folder is on one. */
int state_network_refuse(const char *path, const char *folder, struct diags *d);

/* state_sqlite.c: statements and errors. */
int sqlite_open_file(const char *path, int flags, sqlite3 **out); /* a result code */
/* NULL, with an error, when it cannot be prepared. */
sqlite3_stmt *state_query(struct state *s, enum state_query query, struct diags *d);
/* 1: a row; 0: no more, and reset; -1: an error was added, and reset. */
int state_step(struct state *s, sqlite3_stmt *q, struct diags *d);
/* For a statement without rows.  0 or -1. */
int state_run(struct state *s, enum state_query query, struct diags *d);
void state_reset(sqlite3_stmt *q);
int state_begin(struct state *s, enum state_query begin, struct diags *d);
int state_end(struct state *s, struct diags *d); /* commits; rolls back when it cannot */
void state_rollback(struct state *s);
/* Turns a result code into an error; always -1. */
int state_fail(struct state *s, int code, struct diags *d);
/* The content is damaged: nothing is used or written from here on; always -1. */
int state_corrupt(struct state *s, struct diags *d, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* False, with an error, when damage was found before. */
bool state_usable(struct state *s, struct diags *d);

/* state_holder.c: who is running on this machine.  Texts are "" when it cannot be known. */
struct holder_mark {
	char machine[96]; /* boot and pid namespace: where a pid means the same */
	char started[24]; /* clock ticks since boot; tells a reused pid */
};
void holder_mark(int64_t pid, struct holder_mark *out);
/* Copies what fits; else "", which is never taken for proof. */
void holder_mark_set(char *out, size_t out_len, struct text value);
/* True only when it is certain: same machine, and no such process any more. */
bool holder_gone(int64_t pid, const struct holder_mark *then);

#endif
