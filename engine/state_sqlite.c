/* state_sqlite.c - the store's statements, and SQLite's result codes as diagnostics. */
#include "engine/state_sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KEY "stack = ?1 AND account = ?2 AND region = ?3"
#define RECORD_KEY KEY " AND logical_id = ?4 AND deposed = ?5"
#define AT KEY " AND logical_id = ?4"
#define BY_INSTANCE " ORDER BY stack, account, region"
#define BY_ADDRESS " ORDER BY stack, account, region, logical_id, deposed"
#define OPERATIONS                                                                       \
	"SELECT " STATE_RECORD_COLUMNS ", " STATE_OPERATION_COLUMNS ", begin_checksum, " \
	"progress_checksum FROM operation"
#define BY_OPERATION BY_ADDRESS ", begun_ms, operation"
#define RECORDS "SELECT " STATE_RECORD_COLUMNS ", born, checksum FROM record"
#define KEPT "SELECT " STATE_RECORD_COLUMNS ", born, checksum FROM kept"
#define ABANDONED "SELECT " STATE_RECORD_COLUMNS ", born, checksum FROM abandoned"
#define NAMING " WHERE " KEY " AND instr(depends_on, ?4) > 0"
#define RUNS "SELECT " STATE_RUN_COLUMNS ", checksum FROM run"
#define RESULTS "SELECT " STATE_RESULT_COLUMNS ", checksum FROM result"
#define EXECUTIONS "SELECT " STATE_EXECUTION_COLUMNS ", checksum FROM execution"
#define ENDED " AND result <> 'open'"
#define LOCK_FREE_COLUMNS                                                           \
	"lock_id = '', user = '', host = '', command = '', pid = 0, since_ms = 0, " \
	"lease_until_ms = 0, machine = '', started = ''"
#define UNUSED(table) " AND NOT EXISTS (SELECT 1 FROM " table " WHERE made_from = ?1)"
#define LOCK_OURS KEY " AND lock_id = ?4 AND epoch = ?5"

static const char *const query_texts[] = {
	[QUERY_BEGIN_READ] = "BEGIN",
	[QUERY_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[QUERY_COMMIT] = "COMMIT",
	[QUERY_ROLLBACK] = "ROLLBACK",
	[QUERY_RECORDS] = RECORDS BY_ADDRESS,
	[QUERY_RECORDS_OF] = RECORDS " WHERE " KEY BY_ADDRESS,
	[QUERY_RECORD] = RECORDS " WHERE " RECORD_KEY,
	[QUERY_RECORD_VERSION] = "SELECT version, created_ms, born FROM record WHERE " RECORD_KEY,
	[QUERY_RECORD_PUT] =
		"INSERT INTO record (" STATE_RECORD_COLUMNS ", born, checksum) VALUES (?, ?, ?, ?, "
		"?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (stack, "
		"account, region, "
		"logical_id, deposed) DO UPDATE SET type = excluded.type, "
		"provider = excluded.provider, schema_version = excluded.schema_version, "
		"id = excluded.id, inputs = excluded.inputs, outputs = excluded.outputs, "
		"private = excluded.private, sensitive = excluded.sensitive, "
		"depends_on = excluded.depends_on, endpoint = excluded.endpoint, "
		"deletion_policy = excluded.deletion_policy, tainted = excluded.tainted, "
		"version = excluded.version, created_ms = excluded.created_ms, "
		"updated_ms = excluded.updated_ms, checksum = excluded.checksum",
	[QUERY_RECORD_DROP] = "DELETE FROM record WHERE " RECORD_KEY,
	[QUERY_RECORDS_AT] = RECORDS " WHERE " AT " ORDER BY deposed",
	[QUERY_RECORDS_NAMING] = RECORDS NAMING,
	[QUERY_KEPT] = KEPT BY_ADDRESS,
	[QUERY_KEPT_OF] = KEPT " WHERE " KEY BY_ADDRESS,
	[QUERY_KEPT_AT] = KEPT " WHERE " AT,
	[QUERY_KEPT_NAMING] = KEPT NAMING,
	/* As it is, with its checksum: damage stays visible. */
	[QUERY_KEPT_COPY] = "INSERT INTO kept (" STATE_RECORD_COLUMNS ", born, checksum) " RECORDS
			    " WHERE " AT " AND deposed = '' AND born <> ?5 ON CONFLICT DO NOTHING",
	[QUERY_KEPT_PUT] =
		"INSERT OR REPLACE INTO kept (" STATE_RECORD_COLUMNS ", born, checksum) VALUES (?, "
		"?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[QUERY_KEPT_DROP] = "DELETE FROM kept WHERE " AT,
	[QUERY_KEPT_FORGET] = "DELETE FROM kept WHERE " KEY,
	[QUERY_OPERATIONS] = OPERATIONS BY_OPERATION,
	[QUERY_OPERATIONS_OPEN] = OPERATIONS " WHERE result = 'open'" BY_OPERATION,
	[QUERY_OPERATIONS_OPEN_OF] = OPERATIONS " WHERE result = 'open' AND " KEY BY_OPERATION,
	[QUERY_OPERATIONS_OF_RUN] = OPERATIONS " WHERE run = ? ORDER BY rowid",
	[QUERY_OPERATIONS_OPEN_AT] = OPERATIONS " WHERE result = 'open' AND " AT,
	[QUERY_OPERATIONS_COUNT] = "SELECT count(*), count(*) FILTER (WHERE result = 'open'), "
				   "coalesce(max(begun_ms), 0) FROM operation "
				   "WHERE run = ?",
	[QUERY_OPERATION_PROGRESS] =
		"SELECT stack, account, region, token, poll_at_ms, result FROM operation "
		"WHERE operation = ?",
	[QUERY_OPERATION_BEGIN] =
		"INSERT INTO operation (" STATE_RECORD_COLUMNS ", operation, action, "
		"desired_digest, begun_ms, begin_checksum, token, poll_at_ms, ended_ms, result, "
		"message, attempts, progress_checksum, run) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
		"?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[QUERY_OPERATION_UPDATE] =
		"UPDATE operation SET token = ?, poll_at_ms = ?, ended_ms = ?, result = ?, "
		"message = ?, attempts = ?, progress_checksum = ? WHERE operation = ?",
	[QUERY_INSTANCES] = "SELECT " STATE_INSTANCE_COLUMNS ", checksum FROM instance" BY_INSTANCE,
	[QUERY_INSTANCE] = "SELECT " STATE_INSTANCE_COLUMNS ", checksum FROM instance WHERE " KEY,
	[QUERY_INSTANCE_PUT] = "INSERT OR REPLACE INTO instance (" STATE_INSTANCE_COLUMNS
			       ", checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[QUERY_INSTANCE_DROP] = "DELETE FROM instance WHERE " KEY,
	[QUERY_LOCKS] = "SELECT " STATE_LOCK_COLUMNS " FROM lock WHERE lock_id <> ''" BY_INSTANCE,
	[QUERY_LOCK] = "SELECT " STATE_LOCK_COLUMNS " FROM lock WHERE " KEY,
	[QUERY_LOCK_TAKE] =
		"INSERT INTO lock (stack, account, region, lock_id, user, host, command, pid, "
		"since_ms, lease_until_ms, machine, started, epoch) VALUES (?, ?, ?, ?, ?, ?, ?, "
		"?, ?, ?, ?, ?, 1) ON CONFLICT (stack, account, region) DO UPDATE SET "
		"lock_id = excluded.lock_id, user = excluded.user, host = excluded.host, "
		"command = excluded.command, pid = excluded.pid, since_ms = excluded.since_ms, "
		"lease_until_ms = excluded.lease_until_ms, machine = excluded.machine, "
		"started = excluded.started, epoch = epoch + 1 RETURNING epoch",
	[QUERY_LOCK_RENEW] = "UPDATE lock SET lease_until_ms = ?6 WHERE " LOCK_OURS,
	[QUERY_LOCK_RELEASE] = "UPDATE lock SET " LOCK_FREE_COLUMNS " WHERE " LOCK_OURS,
	[QUERY_LOCK_BREAK] = "UPDATE lock SET " LOCK_FREE_COLUMNS " WHERE lock_id = ?",
	[QUERY_RUNS] = RUNS " ORDER BY run DESC LIMIT ?",
	[QUERY_RUN] = RUNS " WHERE run = ?",
	[QUERY_RUNS_OPEN] = RUNS " WHERE ended_ms = 0 ORDER BY run DESC",
	[QUERY_RUN_PUT] = "INSERT OR REPLACE INTO run (" STATE_RUN_COLUMNS
			  ", checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[QUERY_RESULTS] = RESULTS " WHERE run = ? ORDER BY turn, stack, account, region",
	/* The latest one of the first instance behind these names. */
	[QUERY_RESULT_NEXT] = RESULTS " WHERE (stack, account, region) > (?1, ?2, ?3) ORDER BY "
				      "stack, account, region, run DESC LIMIT 1",
	[QUERY_RESULT_PUT] = "INSERT OR REPLACE INTO result (" STATE_RESULT_COLUMNS
			     ", checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[QUERY_TICKETS] = "SELECT number, " STATE_TICKET_COLUMNS " FROM ticket ORDER BY number",
	[QUERY_TICKET_PUT] = "INSERT INTO ticket (" STATE_TICKET_COLUMNS
			     ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[QUERY_TICKET_RENEW] =
		"UPDATE ticket SET lease_until_ms = ?2, waits_for = ?3 WHERE number = ?1",
	[QUERY_TICKET_DROP] = "DELETE FROM ticket WHERE number = ?",
	[QUERY_CONTROL] = "SELECT " STATE_CONTROL_COLUMNS ", checksum FROM control WHERE run = ?",
	[QUERY_CONTROL_PUT] = "INSERT OR REPLACE INTO control (" STATE_CONTROL_COLUMNS
			      ", checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	[QUERY_DURATIONS] = "SELECT " STATE_DURATION_COLUMNS
			    ", checksum FROM duration ORDER BY type, action, address",
	/* By the primary key. */
	[QUERY_STEP_DURATIONS] = "SELECT " STATE_DURATION_COLUMNS
				 ", checksum FROM duration WHERE type >= '@runbook/' AND type < "
				 "'@runbook0' ORDER BY type, action, address",
	[QUERY_DURATION] = "SELECT " STATE_DURATION_COLUMNS ", checksum FROM duration WHERE "
			   "type = ? AND action = ? AND address = ?",
	[QUERY_DURATION_PUT] = "INSERT OR REPLACE INTO duration (" STATE_DURATION_COLUMNS
			       ", checksum) VALUES (?, ?, ?, ?, ?, ?)",
	[QUERY_EXECUTIONS] = EXECUTIONS " ORDER BY execution DESC LIMIT ?",
	[QUERY_EXECUTIONS_LIKE] = EXECUTIONS
	" WHERE substr(execution, 1, length(?1)) = ?1 ORDER BY execution LIMIT 2",
	[QUERY_EXECUTION] = EXECUTIONS " WHERE execution = ?",
	[QUERY_EXECUTION_PUT] =
		"INSERT OR REPLACE INTO execution (" STATE_EXECUTION_COLUMNS
		", checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[QUERY_EVENTS] = "SELECT " STATE_EVENT_COLUMNS ", checksum FROM execution_event WHERE "
			 "execution = ? AND number > ? ORDER BY number",
	[QUERY_EVENT_ADD] = "INSERT INTO execution_event (" STATE_EVENT_COLUMNS
			    ", checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[QUERY_META] = "SELECT value, checksum FROM meta WHERE name = ?",
	[QUERY_META_PUT] = "INSERT OR REPLACE INTO meta (name, value, checksum) VALUES (?, ?, ?)",
	[QUERY_REQUESTS] = "SELECT number, " STATE_REQUEST_COLUMNS ", checksum FROM "
			   "execution_request WHERE execution = ? AND number > ? ORDER BY number",
	[QUERY_REQUEST_ADD] = "INSERT INTO execution_request (" STATE_REQUEST_COLUMNS
			      ", checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[QUERY_REQUEST_DROP] = "DELETE FROM execution_request WHERE execution = ? AND number = ?",
	[QUERY_OVERRIDES] = "SELECT " STATE_OVERRIDE_COLUMNS ", checksum FROM override ORDER BY "
			    "stack, account, region, parameter",
	[QUERY_OVERRIDE_PUT] = "INSERT OR REPLACE INTO override (" STATE_OVERRIDE_COLUMNS
			       ", checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[QUERY_OVERRIDE_DROP] = "DELETE FROM override WHERE " KEY " AND parameter = ?4",
	[QUERY_SAMPLES] = "SELECT " STATE_SAMPLE_COLUMNS ", checksum FROM check_sample WHERE "
			  "slot = ? ORDER BY name, region",
	[QUERY_SAMPLE_PUT] = "INSERT OR REPLACE INTO check_sample (" STATE_SAMPLE_COLUMNS
			     ", checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	[QUERY_RECREATIONS] =
		"SELECT " STATE_RECREATION_COLUMNS ", checksum FROM recreation ORDER BY since_ms, "
		"id, region",
	[QUERY_RECREATION_PUT] = "INSERT OR REPLACE INTO recreation (" STATE_RECREATION_COLUMNS
				 ", checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	[QUERY_RECREATION_DROP] = "DELETE FROM recreation WHERE region = ?",
	[QUERY_ABANDONED] = ABANDONED BY_ADDRESS,
	[QUERY_ABANDONED_IN] = ABANDONED " WHERE region = ?" BY_ADDRESS,
	[QUERY_ABANDONED_PUT] =
		"INSERT INTO abandoned (" STATE_RECORD_COLUMNS ", born, checksum) VALUES (?, "
		"?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[QUERY_ABANDONED_DROP] = "DELETE FROM abandoned WHERE " RECORD_KEY,
	[QUERY_VERSION] = "SELECT document FROM version WHERE digest = ?",
	[QUERY_VERSION_PUT] =
		"INSERT INTO version (digest, document) VALUES (?, ?) ON CONFLICT DO NOTHING",
	[QUERY_VERSION_DROP] = "DELETE FROM version WHERE digest = ?1" UNUSED("instance")
		UNUSED("run") UNUSED("result"),
	[QUERY_VERSION_OF_INSTANCE] = "SELECT made_from FROM instance WHERE " KEY,
	[QUERY_VERSIONS_OF_RUN] = "SELECT made_from FROM run WHERE run = ?1 UNION SELECT made_from "
				  "FROM result WHERE run = ?1",
	/* The first run that is one too many, counted from the latest. */
	[QUERY_PRUNE_LATEST] = "SELECT run, started_ms FROM run ORDER BY run DESC LIMIT 1 OFFSET ?",
	/* The oldest first; whoever asks stops at the first that is not due. */
	[QUERY_PRUNE_RUNS] = "SELECT run, started_ms, ended_ms FROM run ORDER BY run",
	[QUERY_PRUNE_STRAY] =
		"SELECT rowid, begun_ms FROM operation WHERE run = ''" ENDED " ORDER BY rowid",
	[QUERY_PRUNE_OPERATION] = "DELETE FROM operation WHERE rowid = ?",
	[QUERY_PRUNE_OPERATIONS] = "DELETE FROM operation WHERE run = ?" ENDED,
	[QUERY_PRUNE_RUN] = "DELETE FROM run WHERE run = ?1 AND NOT EXISTS (SELECT 1 FROM "
			    "operation WHERE operation.run = ?1)",
	[QUERY_PRUNE_CONTROL] = "DELETE FROM control WHERE run = ?",
	/* Results go with their run; one with an open operation keeps both. */
	[QUERY_PRUNE_RESULTS] = "DELETE FROM result WHERE run = ?1 AND NOT EXISTS (SELECT 1 FROM "
				"run WHERE run.run = ?1)",
	[QUERY_PRUNE_DURATIONS] = "DELETE FROM duration WHERE updated_ms < ? AND address <> ''",
	[QUERY_PRUNE_LAST_EXECUTION] =
		"SELECT execution FROM execution ORDER BY execution DESC LIMIT 1 OFFSET ?",
	[QUERY_PRUNE_EXECUTIONS] = "SELECT execution, started_ms, ended_ms, pid, machine, started "
				   "FROM execution ORDER BY execution",
	[QUERY_PRUNE_EXECUTION] = "DELETE FROM execution WHERE execution = ?",
	[QUERY_PRUNE_EVENTS] = "DELETE FROM execution_event WHERE execution = ?",
	[QUERY_PRUNE_REQUESTS] = "DELETE FROM execution_request WHERE execution = ?",
	[QUERY_FINGERPRINT_INSTANCE] = "SELECT checksum FROM instance WHERE " KEY,
	[QUERY_FINGERPRINT_RECORDS] = "SELECT logical_id, deposed, checksum FROM record WHERE " KEY
				      " ORDER BY logical_id, deposed",
	[QUERY_FINGERPRINT_OPERATIONS] =
		"SELECT begin_checksum, progress_checksum FROM operation WHERE result = 'open' "
		"AND " KEY " ORDER BY operation",
	[QUERY_FINGERPRINT_OVERRIDES] =
		"SELECT parameter, checksum FROM override WHERE " KEY " ORDER BY parameter",
	[QUERY_DATA_VERSION] = "PRAGMA data_version",
};
_Static_assert(ARRAY_LEN(query_texts) == QUERY_COUNT, "a text per query");

int sqlite_open_file(const char *path, int flags, sqlite3 **out)
{
	sqlite3 *db = NULL;
	int code = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL);

	if (!db)
		fail_fast("out of memory");
	*out = db;
	sqlite3_busy_timeout(db, STATE_BUSY_TIMEOUT_MS);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return code;
}

sqlite3_stmt *state_query(struct state *s, enum state_query query, struct diags *d)
{
	sqlite3_stmt **slot = &s->queries[query];
	int code;

	if (*slot)
		return *slot;
	code = sqlite3_prepare_v3(s->db, query_texts[query], -1, SQLITE_PREPARE_PERSISTENT, slot,
				  NULL);
	if (code == SQLITE_OK)
		return *slot;
	if (code == SQLITE_ERROR) /* a table or a column is not there */
		state_corrupt(s, d, "%s", sqlite3_errmsg(s->db));
	else
		state_fail(s, code, d);
	return NULL;
}

void state_reset(sqlite3_stmt *q)
{
	sqlite3_reset(q);
	sqlite3_clear_bindings(q);
}

int state_step(struct state *s, sqlite3_stmt *q, struct diags *d)
{
	int code = sqlite3_step(q);

	if (code == SQLITE_ROW)
		return 1;
	if (code != SQLITE_DONE)
		state_fail(s, code, d);
	state_reset(q);
	return code == SQLITE_DONE ? 0 : -1;
}

int state_run(struct state *s, enum state_query query, struct diags *d)
{
	sqlite3_stmt *q = state_query(s, query, d);

	return q ? state_step(s, q, d) : -1;
}

/* SQLite would go on with a file that has no name any more: nobody would ever read what it says,
 * and the next run would make everything once more. */
static int check_place(struct state *s, struct diags *d)
{
	int moved = 0;
	struct diag *g;

	if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK ||
	    !moved)
		return 0;
	g = diag_add(d, DIAG_STATE_IO, RANGE_NONE,
		     "recorded state '%s' was removed or replaced while it was in use", s->path);
	diag_detail(d, g, "What is done from now on could not be found again, so nothing is.");
	diag_hint(
		d, g,
		"put the file back; without a copy, `hadeploy import` or `hadeploy apply --adopt` "
		"record what was made");
	return -1;
}

int state_begin(struct state *s, enum state_query begin, struct diags *d)
{
	if (!state_usable(s, d) || (begin == QUERY_BEGIN_WRITE && check_place(s, d) != 0))
		return -1;
	return state_run(s, begin, d);
}

static void tell_changes(struct state *s)
{
	for (size_t i = 0; s->changed && i < s->touched.count; i++)
		s->changed(s->changed_context, s->touched.items[i], s->settles);
	s->touched.count = 0;
	s->settles = false;
}

int state_end(struct state *s, struct diags *d)
{
	if (state_run(s, QUERY_COMMIT, d) == 0) {
		tell_changes(s);
		return 0;
	}
	state_rollback(s);
	return -1;
}

/* SQLite has rolled back by itself after some errors; then there is nothing to end. */
void state_rollback(struct state *s)
{
	struct diags ignored = DIAGS_INIT;

	s->touched.count = 0;
	s->settles = false;
	if (!sqlite3_get_autocommit(s->db))
		state_run(s, QUERY_ROLLBACK, &ignored);
	diags_release(&ignored);
}

bool state_usable(struct state *s, struct diags *d)
{
	if (!s->broken)
		return true;
	diag_add(d, DIAG_STATE_CORRUPT, RANGE_NONE,
		 "recorded state '%s' is damaged and not used any more", s->path);
	return false;
}

int state_corrupt(struct state *s, struct diags *d, const char *fmt, ...)
{
	struct str why = STR_INIT;
	struct diag *g;
	va_list ap;

	va_start(ap, fmt);
	str_vprintf(&why, fmt, ap);
	va_end(ap);
	g = diag_add(d, DIAG_STATE_CORRUPT, RANGE_NONE, "recorded state '%s' is damaged", s->path);
	diag_detail(d, g, "%s; nothing was changed in the file", str_cstr(&why));
	diag_hint(d, g,
		  "keep the file and its '-wal' (move both aside), put the newest backup copy in "
		  "its place, then run `hadeploy state check`");
	str_release(&why);
	/* Not even the log is copied into a file that cannot be trusted. */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	s->broken = true;
	return -1;
}

static int fail_full(struct state *s, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_STATE_DISK_FULL, RANGE_NONE,
				  "no space left for recorded state '%s'", s->path);

	diag_hint(d, g,
		  "free some space on its file system and run the command again; everything "
		  "recorded before is kept");
	return -1;
}

static int fail_busy(struct state *s, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_STATE_BUSY, RANGE_NONE,
				  "recorded state '%s' is busy: another program has been writing "
				  "it for %d seconds",
				  s->path, STATE_BUSY_TIMEOUT_MS / 1000);

	diag_hint(d, g, "find it with `fuser '%s'`; stop it or wait, then run the command again",
		  s->path);
	return -1;
}

/* The code may come from another connection, such as a copy's. */
static const char *sqlite_reason(struct state *s, int code)
{
	return sqlite3_errcode(s->db) == (code & 0xff) ? sqlite3_errmsg(s->db)
						       : sqlite3_errstr(code);
}

static int fail_denied(struct state *s, int code, struct diags *d)
{
	struct diag *g =
		diag_add(d, DIAG_STATE_PERMISSION, RANGE_NONE,
			 "recorded state '%s' cannot be used: %s", s->path, sqlite_reason(s, code));

	diag_hint(d, g,
		  "this user must be able to write the file, the files '%s-wal' and '%s-shm' "
		  "beside it, and the folder",
		  s->path, s->path);
	return -1;
}

static int fail_io(struct state *s, int code, struct diags *d)
{
	int error = sqlite3_system_errno(s->db);
	struct diag *g;

	if (error == ENOSPC || error == EDQUOT)
		return fail_full(s, d);
	g = diag_add(d, DIAG_STATE_IO, RANGE_NONE,
		     "recorded state '%s' cannot be read or written: %s", s->path,
		     error ? strerror(error) : sqlite_reason(s, code));
	diag_hint(d, g,
		  "look at the disk (`dmesg`), then run `hadeploy state check`; everything "
		  "recorded before is kept");
	return -1;
}

int state_fail(struct state *s, int code, struct diags *d)
{
	switch (code & 0xff) {
	case SQLITE_NOMEM:
		fail_fast("out of memory");
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return state_corrupt(s, d, "SQLite says: %s", sqlite_reason(s, code));
	case SQLITE_FULL:
		return fail_full(s, d);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return fail_busy(s, d);
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		return fail_denied(s, code, d);
	default: /* result codes are numbers, no enum */
		return fail_io(s, code, d);
	}
}
