/*
 * state_schema.c - the schema of recorded state, version by version.
 *
 * application_id says that the file is ours, user_version which schema it has.  Step N of
 * the history leads from version N to N + 1; a new file is version 0 with nothing in it.
 * Steps run in one transaction, so a file has one version or the next and nothing between.
 * A released step is never edited: databases that went through it exist.
 */
#include "engine/state_row.h"

#include <stdlib.h>
#include <string.h>

#define LINEAGE_LEN 16

/* Columns are explained in docs/state.md. */
#define V1_RECORD                                                                             \
	"stack TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, "                  \
	"logical_id TEXT NOT NULL, deposed TEXT NOT NULL, type TEXT NOT NULL, "               \
	"provider TEXT NOT NULL, schema_version INTEGER NOT NULL, id TEXT NOT NULL, "         \
	"inputs TEXT NOT NULL, outputs TEXT NOT NULL, private BLOB NOT NULL, "                \
	"sensitive TEXT NOT NULL, depends_on TEXT NOT NULL, endpoint TEXT NOT NULL, "         \
	"deletion_policy TEXT NOT NULL, tainted INTEGER NOT NULL, version INTEGER NOT NULL, " \
	"created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, "
static const char schema_v1[] =
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL, checksum BLOB NOT NULL) "
	"STRICT, WITHOUT ROWID;"
	"CREATE TABLE instance (stack TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, "
	"parameters TEXT NOT NULL, outputs TEXT NOT NULL, template_name TEXT NOT NULL, "
	"template_digest TEXT NOT NULL, status TEXT NOT NULL, applied_ms INTEGER NOT NULL, "
	"checksum BLOB NOT NULL, PRIMARY KEY (stack, account, region)) STRICT;"
	"CREATE TABLE record (" V1_RECORD "checksum BLOB NOT NULL, "
	"PRIMARY KEY (stack, account, region, logical_id, deposed)) STRICT;"
	"CREATE TABLE operation (" V1_RECORD "operation TEXT NOT NULL PRIMARY KEY, "
	"action TEXT NOT NULL, desired_digest TEXT NOT NULL, begun_ms INTEGER NOT NULL, "
	"begin_checksum BLOB NOT NULL, token TEXT NOT NULL, poll_at_ms INTEGER NOT NULL, "
	"ended_ms INTEGER NOT NULL, result TEXT NOT NULL, message TEXT NOT NULL, "
	"attempts INTEGER NOT NULL, progress_checksum BLOB NOT NULL) STRICT;"
	"CREATE UNIQUE INDEX operation_open ON operation (stack, account, region, logical_id, "
	"deposed) WHERE result = 'open';"
	"CREATE TABLE lock (stack TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, "
	"lock_id TEXT NOT NULL, epoch INTEGER NOT NULL, user TEXT NOT NULL, host TEXT NOT NULL, "
	"command TEXT NOT NULL, pid INTEGER NOT NULL, since_ms INTEGER NOT NULL, "
	"lease_until_ms INTEGER NOT NULL, machine TEXT NOT NULL, started TEXT NOT NULL, "
	"PRIMARY KEY (stack, account, region)) STRICT, WITHOUT ROWID;";

static int put_meta(sqlite3 *db, const char *name, struct text value)
{
	unsigned char checksum[STATE_CHECKSUM_LEN];
	struct row row = {NULL, 1, NULL};
	int code;

	code = sqlite3_prepare_v2(db, "INSERT INTO meta VALUES (?, ?, ?)", -1, &row.stmt, NULL);
	if (code != SQLITE_OK)
		return code;
	meta_checksum(name, value, checksum);
	row_put_text(&row, name);
	row_put_bytes(&row, value.ptr, value.len);
	row_put_bytes(&row, checksum, sizeof(checksum));
	sqlite3_step(row.stmt);
	return sqlite3_finalize(row.stmt);
}

/* What makes this database itself: the salt of its secrets, and a name for its line of
 * copies, so that two states can be told apart. */
static int fill_v1(sqlite3 *db, struct clock *clock)
{
	char lineage[2 * LINEAGE_LEN + 1];
	char salt[STATE_SALT_LEN];
	int code;

	clock->random(clock, salt, sizeof(salt));
	clock_random_hex(clock, LINEAGE_LEN, lineage);
	code = put_meta(db, "salt", (struct text){salt, sizeof(salt)});
	return code == SQLITE_OK ? put_meta(db, "lineage", text_of(lineage)) : code;
}

/* What a stack instance exports, and what it takes from others. */
static const char schema_v2[] = "ALTER TABLE instance ADD COLUMN exports TEXT NOT NULL DEFAULT '';"
				"ALTER TABLE instance ADD COLUMN imports TEXT NOT NULL DEFAULT '';";

/*
 * Generations, what a rollback needs, the history with how each instance fared, and the queue.
 * Records of before are older than any generation: an instance whose last apply failed under
 * version 2 has no good state to go back to but the one it is in.
 */
static const char schema_v3[] =
	"ALTER TABLE record ADD COLUMN born INTEGER NOT NULL DEFAULT -1;"
	"ALTER TABLE instance ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE instance ADD COLUMN protected INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE operation ADD COLUMN run TEXT NOT NULL DEFAULT '';"
	"CREATE INDEX operation_run ON operation (run);"
	"CREATE TABLE kept (" V1_RECORD "born INTEGER NOT NULL, checksum BLOB NOT NULL, "
	"PRIMARY KEY (stack, account, region, logical_id)) STRICT;"
	"CREATE TABLE run (run TEXT NOT NULL PRIMARY KEY, command TEXT NOT NULL, "
	"user TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL, "
	"started_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL, "
	"status TEXT NOT NULL, instances TEXT NOT NULL, counts TEXT NOT NULL, "
	"machine TEXT NOT NULL, started TEXT NOT NULL, request TEXT NOT NULL, "
	"resumes TEXT NOT NULL, checksum BLOB NOT NULL) "
	"STRICT, WITHOUT ROWID;"
	"CREATE INDEX run_open ON run (run) WHERE ended_ms = 0;"
	"CREATE TABLE control (run TEXT NOT NULL PRIMARY KEY, request TEXT NOT NULL, "
	"user TEXT NOT NULL, host TEXT NOT NULL, command TEXT NOT NULL, pid INTEGER NOT NULL, "
	"asked_ms INTEGER NOT NULL, checksum BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE duration (type TEXT NOT NULL, action TEXT NOT NULL, address TEXT NOT NULL, "
	"samples TEXT NOT NULL, updated_ms INTEGER NOT NULL, checksum BLOB NOT NULL, "
	"PRIMARY KEY (type, action, address)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX duration_age ON duration (updated_ms);"
	"CREATE TABLE result (run TEXT NOT NULL, stack TEXT NOT NULL, account TEXT NOT NULL, "
	"region TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, wave TEXT NOT NULL, "
	"turn INTEGER NOT NULL, started_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL, "
	"checksum BLOB NOT NULL, PRIMARY KEY (run, stack, account, region)) "
	"STRICT, WITHOUT ROWID;"
	"CREATE INDEX result_latest ON result (stack, account, region, run DESC);"
	"CREATE TABLE ticket (number INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL, "
	"user TEXT NOT NULL, host TEXT NOT NULL, command TEXT NOT NULL, pid INTEGER NOT NULL, "
	"since_ms INTEGER NOT NULL, lease_until_ms INTEGER NOT NULL, machine TEXT NOT NULL, "
	"started TEXT NOT NULL, instances TEXT NOT NULL, waits_for TEXT NOT NULL) STRICT;";

/* Of version 3, too: executions of runbooks (engine/runbook/journal.h). */
static const char schema_v3_journal[] =
	"CREATE TABLE execution (execution TEXT NOT NULL PRIMARY KEY, runbook TEXT NOT NULL, "
	"kind TEXT NOT NULL, status TEXT NOT NULL, parameters TEXT NOT NULL, "
	"user TEXT NOT NULL, host TEXT NOT NULL, command TEXT NOT NULL, pid INTEGER NOT NULL, "
	"since_ms INTEGER NOT NULL, machine TEXT NOT NULL, started TEXT NOT NULL, "
	"started_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL, entries INTEGER NOT NULL, "
	"head TEXT NOT NULL, checksum BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE execution_event (execution TEXT NOT NULL, number INTEGER NOT NULL, "
	"at_ms INTEGER NOT NULL, kind TEXT NOT NULL, step TEXT NOT NULL, data TEXT NOT NULL, "
	"previous TEXT NOT NULL, hash TEXT NOT NULL, checksum BLOB NOT NULL, "
	"PRIMARY KEY (execution, number)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE execution_request (number INTEGER PRIMARY KEY AUTOINCREMENT, "
	"execution TEXT NOT NULL, request TEXT NOT NULL, step TEXT NOT NULL, "
	"reason TEXT NOT NULL, typed TEXT NOT NULL, user TEXT NOT NULL, host TEXT NOT NULL, "
	"command TEXT NOT NULL, pid INTEGER NOT NULL, asked_ms INTEGER NOT NULL, "
	"checksum BLOB NOT NULL) STRICT;"
	"CREATE INDEX execution_request_of ON execution_request (execution, number);"
	"CREATE TABLE override (stack TEXT NOT NULL, account TEXT NOT NULL, "
	"region TEXT NOT NULL, parameter TEXT NOT NULL, value TEXT NOT NULL, "
	"execution TEXT NOT NULL, runbook TEXT NOT NULL, since_ms INTEGER NOT NULL, "
	"checksum BLOB NOT NULL, PRIMARY KEY (stack, account, region, parameter)) "
	"STRICT, WITHOUT ROWID;"
	"CREATE TABLE check_sample (name TEXT NOT NULL, region TEXT NOT NULL, "
	"slot TEXT NOT NULL, at_ms INTEGER NOT NULL, healthy INTEGER NOT NULL, "
	"detail TEXT NOT NULL, facts TEXT NOT NULL, checksum BLOB NOT NULL, "
	"PRIMARY KEY (slot, name, region)) STRICT, WITHOUT ROWID;";

/* Of version 3, too: regions that were lost (engine/recreation.h). */
static const char schema_v3_recreation[] =
	"CREATE TABLE recreation (region TEXT NOT NULL PRIMARY KEY, into_region TEXT NOT NULL, "
	"id TEXT NOT NULL, user TEXT NOT NULL, host TEXT NOT NULL, since_ms INTEGER NOT NULL, "
	"restored TEXT NOT NULL, checksum BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE abandoned (" V1_RECORD "born INTEGER NOT NULL, checksum BLOB NOT NULL, "
	"PRIMARY KEY (stack, account, region, logical_id, deposed)) STRICT;";

static int fill_v3(sqlite3 *db, struct clock *clock)
{
	int code = sqlite3_exec(db, schema_v3_journal, NULL, NULL, NULL);

	(void)clock;
	return code == SQLITE_OK ? sqlite3_exec(db, schema_v3_recreation, NULL, NULL, NULL) : code;
}

/*
 * What runs were made from.  A thousand instances of one run share a row, whose key is the SHA-256
 * of its document and so its checksum, too.
 */
static const char schema_v4[] =
	"CREATE TABLE version (digest TEXT NOT NULL PRIMARY KEY, document TEXT NOT NULL) "
	"STRICT, WITHOUT ROWID;"
	"ALTER TABLE instance ADD COLUMN made_from TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE run ADD COLUMN made_from TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE result ADD COLUMN made_from TEXT NOT NULL DEFAULT '';"
	"CREATE INDEX instance_made_from ON instance (made_from);"
	"CREATE INDEX run_made_from ON run (made_from);"
	"CREATE INDEX result_made_from ON result (made_from);";

static const struct migration steps[] = {
	{schema_v1, fill_v1},
	{schema_v2, NULL},
	{schema_v3, fill_v3},
	{schema_v4, NULL},
};
_Static_assert(ARRAY_LEN(steps) == STATE_SCHEMA_VERSION, "a step per schema version");

const struct schema_history *state_schema(void)
{
	static const struct schema_history history = {steps, STATE_SCHEMA_VERSION};

	return &history;
}

int schema_apply(sqlite3 *db, const struct schema_history *h, int from, struct clock *clock)
{
	struct str version = STR_INIT;
	int code = SQLITE_OK;

	for (int i = from; code == SQLITE_OK && i < h->count; i++) {
		code = sqlite3_exec(db, h->steps[i].sql, NULL, NULL, NULL);
		if (code == SQLITE_OK && h->steps[i].fill)
			code = h->steps[i].fill(db, clock);
	}
	str_printf(&version, "PRAGMA user_version = %d", h->count);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db, str_cstr(&version), NULL, NULL, NULL);
	str_release(&version);
	return code;
}

/* One number, such as a PRAGMA answers.  A result code. */
static int read_number(sqlite3 *db, const char *sql, int *out)
{
	sqlite3_stmt *q = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &q, NULL);

	if (code == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
		*out = sqlite3_column_int(q, 0);
	return code == SQLITE_OK ? sqlite3_finalize(q) : code;
}

static int fail_foreign(struct state *s, struct diags *d, const char *why)
{
	struct diag *g = diag_add(d, DIAG_STATE_FOREIGN, RANGE_NONE,
				  "'%s' is not recorded state of hadeploy", s->path);

	diag_detail(d, g, "%s; nothing was changed in the file", why);
	diag_hint(d, g,
		  "if it was recorded state once, move the file aside, keep it, and put a backup "
		  "copy in its place");
	/* It may be somebody else's: leave it as it is, with its log. */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return -1;
}

static int fail_newer(struct state *s, int version, int known, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_STATE_NEWER, RANGE_NONE,
				  "recorded state '%s' was written by a newer hadeploy", s->path);

	diag_detail(d, g, "it has schema version %d; this hadeploy knows versions up to %d",
		    version, known);
	diag_hint(d, g, "use a hadeploy that is at least as new; nothing was changed in the file");
	return -1;
}

/* Ours?  Then its version, which is known here. */
static int identify(struct state *s, const struct schema_history *h, int *version, struct diags *d)
{
	int application_id = 0;
	int code = read_number(s->db, "PRAGMA application_id", &application_id);

	if (code == SQLITE_OK)
		code = read_number(s->db, "PRAGMA user_version", version);
	if (code == SQLITE_NOTADB)
		return fail_foreign(s, d, "it does not begin as a SQLite database does");
	if (code != SQLITE_OK)
		return state_fail(s, code, d);
	if (application_id != STATE_APPLICATION_ID)
		return fail_foreign(s, d, "it is a SQLite database of another program");
	if (*version < 0)
		return state_corrupt(s, d, "its schema version is %d", *version);
	if (*version > h->count)
		return fail_newer(s, *version, h->count, d);
	return 0;
}

static int fail_migration(struct state *s, int from, const struct str *backup, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_STATE_MIGRATION, RANGE_NONE,
				  "recorded state '%s' cannot be converted from schema version %d",
				  s->path, from);

	diag_detail(d, g, "%s", sqlite3_errmsg(s->db));
	if (backup)
		diag_hint(d, g,
			  "the file is unchanged, and '%s' is a copy of it; use the hadeploy that "
			  "wrote it until this is solved",
			  str_cstr(backup));
	else
		diag_hint(d, g, "the file is unchanged; use the hadeploy that wrote it");
	state_rollback(s);
	return -1;
}

/* Inside BEGIN IMMEDIATE: nobody else writes between the copy and the conversion. */
static int convert_locked(struct state *s, const struct schema_history *h, struct diags *d)
{
	struct str backup = STR_INIT;
	int version = 0, result = -1;

	if (identify(s, h, &version, d) != 0)
		goto out;
	result = 0; /* another process was faster */
	if (version == h->count)
		goto out;
	result = state_file_backup(s, version, &backup, d);
	if (result != 0)
		goto out;
	if (schema_apply(s->db, h, version, s->clock) != SQLITE_OK) {
		result = fail_migration(s, version, &backup, d);
		goto out;
	}
	diag_note(d, DIAG_STATE_MIGRATION, RANGE_NONE,
		  "recorded state was converted from schema version %d to %d; the old file is "
		  "kept as '%s'",
		  version, h->count, str_cstr(&backup));
out:
	str_release(&backup);
	return result;
}

static int convert_file(struct state *s, const struct schema_history *h, struct diags *d)
{
	int code = sqlite3_exec(s->db, "PRAGMA synchronous = FULL", NULL, NULL, NULL);

	if (code != SQLITE_OK)
		return state_fail(s, code, d);
	if (state_begin(s, QUERY_BEGIN_WRITE, d) != 0)
		return -1;
	if (convert_locked(s, h, d) != 0) {
		state_rollback(s);
		return -1;
	}
	return state_end(s, d);
}

/* Readers change no file: they work on a converted copy in memory. */
static int convert_copy(struct state *s, const struct schema_history *h, int version,
			struct diags *d)
{
	sqlite3 *memory;
	sqlite3_backup *copy;
	int code =
		sqlite_open_file(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &memory);

	if (code != SQLITE_OK)
		fail_fast("out of memory");
	copy = sqlite3_backup_init(memory, "main", s->db, "main");
	if (!copy)
		fail_fast("out of memory");
	sqlite3_backup_step(copy, -1);
	code = sqlite3_backup_finish(copy);
	if (code != SQLITE_OK) {
		sqlite3_close(memory);
		return state_fail(s, code, d);
	}
	sqlite3_close(s->db);
	s->db = memory;
	if (schema_apply(s->db, h, version, s->clock) != SQLITE_OK)
		return fail_migration(s, version, NULL, d);
	return 0;
}

/* Cheap on purpose: rows are checked when they are loaded, the rest by `state check`. */
static int check_tables(struct state *s, struct diags *d)
{
	int count = 0;
	int code = read_number(s->db,
			       "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name "
			       "IN ('meta', 'instance', 'record', 'operation', 'lock', 'kept', "
			       "'run', 'control', 'duration', 'result', 'ticket', 'execution', "
			       "'execution_event', 'execution_request', 'override', "
			       "'check_sample', 'recreation', 'abandoned')",
			       &count);

	if (code != SQLITE_OK)
		return state_fail(s, code, d);
	if (count != 18)
		return state_corrupt(s, d, "it lacks tables that every recorded state has");
	return 0;
}

/* 0 when `name` is there, whole and (for the salt) of the right length. */
static int check_meta(struct state *s, const char *name, struct text *out, struct row *row)
{
	unsigned char checksum[STATE_CHECKSUM_LEN];
	struct text stored;

	row_put_text(row, name);
	if (sqlite3_step(row->stmt) != SQLITE_ROW)
		return -1;
	row->next = 0;
	*out = row_bytes(row);
	stored = row_bytes(row);
	meta_checksum(name, *out, checksum);
	if (!text_eq(stored, (struct text){(char *)checksum, sizeof(checksum)}))
		return -1;
	if (strcmp(name, "salt") != 0)
		return 0;
	if (out->len != sizeof(s->salt))
		return -1;
	memcpy(s->salt, out->ptr, sizeof(s->salt));
	return 0;
}

static int load_meta(struct state *s, struct diags *d)
{
	static const char *const names[] = {"salt", "lineage"};
	struct row row = {NULL, 1, arena_new()};
	int code = sqlite3_prepare_v2(s->db, "SELECT value, checksum FROM meta WHERE name = ?", -1,
				      &row.stmt, NULL);
	int result = code == SQLITE_OK ? 0 : state_fail(s, code, d);

	for (size_t i = 0; result == 0 && i < ARRAY_LEN(names); i++) {
		struct text value;

		row.next = 1;
		if (check_meta(s, names[i], &value, &row) != 0)
			result = state_corrupt(s, d, "meta row '%s' is missing or changed",
					       names[i]);
		sqlite3_reset(row.stmt);
	}
	sqlite3_finalize(row.stmt);
	arena_free(row.a);
	return result;
}

int schema_settle(struct state *s, const struct schema_history *h, struct diags *d)
{
	int version = 0, result;

	if (identify(s, h, &version, d) != 0)
		return -1;
	if (version < h->count) {
		result = s->mode == STATE_WRITE ? convert_file(s, h, d)
						: convert_copy(s, h, version, d);
		if (result != 0)
			return -1;
	}
	if (check_tables(s, d) != 0)
		return -1;
	return load_meta(s, d);
}

/* type and name, then the text; SQLite's own tables and indexes left out. */
static const char objects_sql[] =
	"SELECT type || ' ' || name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite~_%' "
	"ESCAPE '~' ORDER BY 1";

static int compare_objects(struct state *s, sqlite3 *model, struct diags *d)
{
	static const char sql[] = "SELECT sql FROM sqlite_schema WHERE type || ' ' || name = ?";
	sqlite3_stmt *wanted = NULL, *found = NULL;
	int result = 0;

	sqlite3_prepare_v2(model, objects_sql, -1, &wanted, NULL);
	sqlite3_prepare_v2(s->db, sql, -1, &found, NULL);
	while (sqlite3_step(wanted) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(wanted, 0);
		const char *text = (const char *)sqlite3_column_text(wanted, 1);

		sqlite3_bind_text(found, 1, name, -1, SQLITE_TRANSIENT);
		if (sqlite3_step(found) != SQLITE_ROW)
			result = state_corrupt(s, d, "its %s is missing", name);
		else if (!text_is(text_of((const char *)sqlite3_column_text(found, 0)), text))
			result = state_corrupt(s, d, "its %s is not as it was made", name);
		state_reset(found);
	}
	sqlite3_finalize(wanted);
	sqlite3_finalize(found);
	return result;
}

int schema_compare(struct state *s, const struct schema_history *h, struct diags *d)
{
	sqlite3 *model;
	int result;

	if (sqlite_open_file(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &model) !=
		    SQLITE_OK ||
	    schema_apply(model, h, 0, s->clock) != SQLITE_OK)
		fail_fast("the schema of recorded state cannot be made in memory");
	result = compare_objects(s, model, d);
	sqlite3_close(model);
	return result;
}
