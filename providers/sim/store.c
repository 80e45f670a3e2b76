/*
 * store.c - the file is a SQLite database in WAL mode that never syncs: what was committed is
 * in the kernel's hands, so killing this process loses nothing, and a commit costs
 * microseconds.  One connection with one lock per session: two sessions of a process, or two
 * processes, wait for each other as SQLite does it.
 */
#include "providers/sim/store.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define APPLICATION_ID "1396264269" /* "S9SM"; never changes */
#define FILE_VERSION 1
#define BUSY_TIMEOUT_MS 60000

#define THING_COLUMNS                                                                       \
	"serial, type, id, key, last_key, name, properties, secrets, busy, busy_until_ms, " \
	"visible_ms, created_ms, changed_ms, changes"
#define IN_PLACE " AND type = ?1 AND account = ?3 AND region = ?4"
#define FIND "SELECT " THING_COLUMNS " FROM resource WHERE "

static const char tables[] =
	"PRAGMA application_id = " APPLICATION_ID ";"
	"PRAGMA user_version = 1;"
	"CREATE TABLE resource (serial INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, "
	"region TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL, "
	"last_key TEXT NOT NULL, name TEXT NOT NULL, properties TEXT NOT NULL, "
	"secrets TEXT NOT NULL, busy TEXT NOT NULL, busy_until_ms INTEGER NOT NULL, "
	"visible_ms INTEGER NOT NULL, created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL, "
	"changes INTEGER NOT NULL);"
	"CREATE UNIQUE INDEX resource_id ON resource (id, type, account, region);"
	"CREATE INDEX resource_key ON resource (key);"
	"CREATE UNIQUE INDEX resource_name ON resource (name, type, account, region) "
	"WHERE name <> '';"
	"CREATE TABLE log (serial INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, "
	"action TEXT NOT NULL, effect TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, "
	"type TEXT NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL, resource INTEGER NOT NULL, "
	"address TEXT NOT NULL, made TEXT NOT NULL, properties TEXT NOT NULL, "
	"secrets TEXT NOT NULL);"
	"CREATE INDEX log_made ON log (resource, key) WHERE made <> '';"
	"CREATE TABLE fault (name TEXT PRIMARY KEY, seen INTEGER NOT NULL, used INTEGER NOT NULL) "
	"WITHOUT ROWID;";

enum query {
	QUERY_BEGIN,
	QUERY_COMMIT,
	QUERY_ROLLBACK,
	QUERY_BY_ID,
	QUERY_BY_KEY,
	QUERY_BY_NAME,
	QUERY_NEXT,
	QUERY_ADD,
	QUERY_CHANGE,
	QUERY_DROP,
	QUERY_LOG,
	QUERY_SNAPSHOT,
	QUERY_READ_COUNTER,
	QUERY_WRITE_COUNTER,
	QUERY_COUNT
};

static const char *const texts[QUERY_COUNT] = {
	[QUERY_BEGIN] = "BEGIN IMMEDIATE",
	[QUERY_COMMIT] = "COMMIT",
	[QUERY_ROLLBACK] = "ROLLBACK",
	[QUERY_BY_ID] = FIND "id = ?2" IN_PLACE,
	[QUERY_BY_KEY] = FIND "key = ?2" IN_PLACE " ORDER BY serial LIMIT 1",
	[QUERY_BY_NAME] = FIND "name = ?2 AND name <> ''" IN_PLACE,
	[QUERY_NEXT] = FIND "serial > ?2" IN_PLACE " ORDER BY serial LIMIT 1",
	[QUERY_ADD] = "INSERT INTO resource (type, id, key, last_key, name, properties, secrets, "
		      "busy, busy_until_ms, visible_ms, created_ms, changed_ms, changes, account, "
		      "region) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[QUERY_CHANGE] = "UPDATE resource SET type = ?, id = ?, key = ?, last_key = ?, name = ?, "
			 "properties = ?, secrets = ?, busy = ?, busy_until_ms = ?, "
			 "visible_ms = ?, created_ms = ?, changed_ms = ?, changes = ? "
			 "WHERE serial = ?",
	[QUERY_DROP] = "DELETE FROM resource WHERE serial = ?",
	[QUERY_LOG] = "INSERT INTO log (at_ms, action, effect, account, region, type, id, key, "
		      "resource, address, made, properties, secrets) "
		      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[QUERY_SNAPSHOT] = "SELECT made FROM log WHERE resource = ? AND key = ? AND made <> ''",
	[QUERY_READ_COUNTER] = "SELECT seen, used FROM fault WHERE name = ?",
	[QUERY_WRITE_COUNTER] = "INSERT OR REPLACE INTO fault (name, seen, used) VALUES (?, ?, ?)",
};

/*
 * One connection to a file serves all sessions of the process: thousands of regions and accounts
 * would else have as many page caches, and wait for each other in SQLite's busy handler, which
 * sleeps.
 */
struct sim_file {
	pthread_mutex_t lock; /* of what is below; the list has its own */
	sqlite3 *db;
	sqlite3_stmt *queries[QUERY_COUNT];
	char *path;
	size_t users;
	struct sim_file *next;
};

static pthread_mutex_t files_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sim_file *files;

struct sim_store {
	struct sim_file *file;
	char *account, *region;
};

static const char *const busy_words[] = {[SIM_READY] = "",
					 [SIM_CREATING] = "creating",
					 [SIM_UPDATING] = "updating",
					 [SIM_DELETING] = "deleting"};
static const char *const deed_words[] = {[SIM_CREATE] = "create",
					 [SIM_UPDATE] = "update",
					 [SIM_DELETE] = "delete",
					 [SIM_SNAPSHOT] = "snapshot",
					 [SIM_ACT] = "act"};
static const char *const effect_words[] = {[HD_EFFECT_NONE] = "none",
					   [HD_EFFECT_DONE] = "done",
					   [HD_EFFECT_PARTIAL] = "partial",
					   [HD_EFFECT_UNKNOWN] = "unknown"};

static int fail(const struct sim_file *s, int code, struct fault *f)
{
	fault_set(f, HD_FATAL, DIAG_SIM_FILE, "the simulated cloud's file cannot be used");
	fault_detail(f, "%s: %s", s->path, s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(code));
	fault_hint(f, "see that there is room and permission; or remove it, and the cloud is "
		      "empty again");
	return -1;
}

/* --- statements ------------------------------------------------------------------ */

static sqlite3_stmt *query_of(struct sim_file *s, enum query q, struct fault *f)
{
	int code;

	if (s->queries[q])
		return s->queries[q];
	code = sqlite3_prepare_v3(s->db, texts[q], -1, SQLITE_PREPARE_PERSISTENT, &s->queries[q],
				  NULL);
	if (code == SQLITE_OK)
		return s->queries[q];
	fail(s, code, f);
	return NULL;
}

static void reset(sqlite3_stmt *q)
{
	sqlite3_reset(q);
	sqlite3_clear_bindings(q);
}

/* Runs a statement that has no rows. */
static int run_in(struct sim_file *s, sqlite3_stmt *q, struct fault *f)
{
	int code = sqlite3_step(q);

	if (code != SQLITE_DONE)
		fail(s, code, f);
	reset(q);
	return code == SQLITE_DONE ? 0 : -1;
}

static int run_query(struct sim_file *s, enum query which, struct fault *f)
{
	sqlite3_stmt *q = query_of(s, which, f);

	return q ? run_in(s, q, f) : -1;
}

static sqlite3_stmt *query(const struct sim_store *s, enum query q, struct fault *f)
{
	return query_of(s->file, q, f);
}

static int run(const struct sim_store *s, sqlite3_stmt *q, struct fault *f)
{
	return run_in(s->file, q, f);
}

static void bind(sqlite3_stmt *q, int at, const char *text)
{
	sqlite3_bind_text(q, at, text ? text : "", -1, SQLITE_STATIC);
}

static void bind_text(sqlite3_stmt *q, int at, struct text t)
{
	sqlite3_bind_text(q, at, t.ptr ? t.ptr : "", (int)t.len, SQLITE_STATIC);
}

/* --- the file --------------------------------------------------------------------- */

/* Two processes may meet here: the first one makes the tables. */
static int settle(struct sim_file *s)
{
	sqlite3_stmt *q = NULL;
	int version = -1, code = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (code != SQLITE_OK)
		return code;
	if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &q, NULL) == SQLITE_OK &&
	    sqlite3_step(q) == SQLITE_ROW)
		version = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	if (version == 0)
		code = sqlite3_exec(s->db, tables, NULL, NULL, NULL);
	else if (version != FILE_VERSION)
		code = SQLITE_MISMATCH;
	if (code == SQLITE_OK)
		return sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return code;
}

static int open_database(struct sim_file *s)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	int code = sqlite3_open_v2(s->path, &s->db, flags, NULL);

	if (code != SQLITE_OK)
		return code;
	sqlite3_busy_timeout(s->db, BUSY_TIMEOUT_MS);
	code = sqlite3_exec(s->db,
			    "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
			    "PRAGMA wal_autocheckpoint = 8000; PRAGMA cache_size = -65536;"
			    "PRAGMA temp_store = MEMORY",
			    NULL, NULL, NULL);
	return code == SQLITE_OK ? settle(s) : code;
}

/* The folder, and the file with its mode, for nobody else.  Only a descriptor of a file that
 * nobody had open may be closed: that drops the locks of the whole process on it. */
static int make_file(const char *path)
{
	struct arena *a = arena_new();
	int rc = file_make_dirs(path_dir(a, path));
	int fd = rc < 0 ? -1 : open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	arena_free(a);
	return rc;
}

static void close_file(struct sim_file *s)
{
	for (size_t i = 0; i < QUERY_COUNT; i++)
		sqlite3_finalize(s->queries[i]);
	sqlite3_close(s->db);
	pthread_mutex_destroy(&s->lock);
	free(s->path);
	free(s);
}

static struct sim_file *open_file(const char *path, struct fault *f)
{
	struct sim_file *s = xcalloc(1, sizeof(*s));
	int code;

	pthread_mutex_init(&s->lock, NULL);
	s->path = xstrdup(path);
	code = make_file(path) < 0 ? SQLITE_CANTOPEN : open_database(s);
	if (code == SQLITE_OK)
		return s;
	fail(s, code, f);
	close_file(s);
	return NULL;
}

/* The open file of this path, or it is opened. */
static struct sim_file *take_file(const char *path, struct fault *f)
{
	struct sim_file *s;

	pthread_mutex_lock(&files_lock);
	for (s = files; s && strcmp(s->path, path) != 0; s = s->next)
		continue;
	if (!s) {
		s = open_file(path, f);
		if (s) {
			s->next = files;
			files = s;
		}
	}
	if (s)
		s->users++;
	pthread_mutex_unlock(&files_lock);
	return s;
}

static void leave_file(struct sim_file *s)
{
	struct sim_file **at = &files;

	pthread_mutex_lock(&files_lock);
	if (--s->users == 0) {
		while (*at != s)
			at = &(*at)->next;
		*at = s->next;
		close_file(s);
	}
	pthread_mutex_unlock(&files_lock);
}

struct sim_store *store_open(const char *path, const struct sim_place *place, struct fault *f)
{
	struct sim_file *file = take_file(path, f);
	struct sim_store *s;

	if (!file)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->file = file;
	s->account = xstrdup(place->account);
	s->region = xstrdup(place->region);
	return s;
}

void store_close(struct sim_store *s)
{
	if (!s)
		return;
	leave_file(s->file);
	free(s->account);
	free(s->region);
	free(s);
}

/* --- transactions ------------------------------------------------------------------ */

int store_begin(struct sim_store *s, struct fault *f)
{
	pthread_mutex_lock(&s->file->lock);
	if (run_query(s->file, QUERY_BEGIN, f) == 0)
		return 0;
	pthread_mutex_unlock(&s->file->lock);
	return -1;
}

static void roll_back(struct sim_file *s)
{
	struct fault ignored = FAULT_INIT;

	if (!sqlite3_get_autocommit(s->db))
		run_query(s, QUERY_ROLLBACK, &ignored);
	fault_release(&ignored);
}

int store_commit(struct sim_store *s, struct fault *f)
{
	int rc = run_query(s->file, QUERY_COMMIT, f);

	if (rc < 0)
		roll_back(s->file);
	pthread_mutex_unlock(&s->file->lock);
	return rc;
}

void store_rollback(struct sim_store *s)
{
	roll_back(s->file);
	pthread_mutex_unlock(&s->file->lock);
}

/* --- things ------------------------------------------------------------------------- */

static const char *column(sqlite3_stmt *q, int at, struct arena *a)
{
	const char *text = (const char *)sqlite3_column_text(q, at);

	return arena_strndup(a, text ? text : "", (size_t)sqlite3_column_bytes(q, at));
}

static enum sim_busy busy_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(busy_words); i++) {
		if (strcmp(word, busy_words[i]) == 0)
			return (enum sim_busy)i;
	}
	return SIM_READY;
}

static void read_thing(sqlite3_stmt *q, struct arena *a, struct sim_thing *out)
{
	*out = (struct sim_thing){
		.serial = sqlite3_column_int64(q, 0),
		.type = column(q, 1, a),
		.id = column(q, 2, a),
		.key = column(q, 3, a),
		.last_key = column(q, 4, a),
		.name = column(q, 5, a),
		.properties = column(q, 6, a),
		.secrets = column(q, 7, a),
		.busy = busy_of(column(q, 8, a)),
		.busy_until_ms = sqlite3_column_int64(q, 9),
		.visible_ms = sqlite3_column_int64(q, 10),
		.created_ms = sqlite3_column_int64(q, 11),
		.changed_ms = sqlite3_column_int64(q, 12),
		.changes = sqlite3_column_int64(q, 13),
	};
}

int store_find(struct sim_store *s, struct arena *a, const struct sim_search *q,
	       struct sim_thing *out, struct fault *f)
{
	static const enum query queries[] = {
		[SIM_BY_ID] = QUERY_BY_ID,
		[SIM_BY_KEY] = QUERY_BY_KEY,
		[SIM_BY_NAME] = QUERY_BY_NAME,
		[SIM_NEXT] = QUERY_NEXT,
	};
	sqlite3_stmt *row = query(s, queries[q->by], f);
	int code;

	if (!row)
		return -1;
	bind_text(row, 1, q->type);
	if (q->by == SIM_NEXT)
		sqlite3_bind_int64(row, 2, q->serial);
	else
		bind_text(row, 2, q->word);
	bind(row, 3, s->account);
	bind(row, 4, s->region);
	code = sqlite3_step(row);
	if (code == SQLITE_ROW)
		read_thing(row, a, out);
	else if (code != SQLITE_DONE)
		fail(s->file, code, f);
	reset(row);
	return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : -1;
}

static int bind_thing(sqlite3_stmt *q, const struct sim_thing *t)
{
	bind(q, 1, t->type);
	bind(q, 2, t->id);
	bind(q, 3, t->key);
	bind(q, 4, t->last_key);
	bind(q, 5, t->name);
	bind(q, 6, t->properties);
	bind(q, 7, t->secrets);
	bind(q, 8, busy_words[t->busy]);
	sqlite3_bind_int64(q, 9, t->busy_until_ms);
	sqlite3_bind_int64(q, 10, t->visible_ms);
	sqlite3_bind_int64(q, 11, t->created_ms);
	sqlite3_bind_int64(q, 12, t->changed_ms);
	sqlite3_bind_int64(q, 13, t->changes);
	return 14;
}

int store_put(struct sim_store *s, struct sim_thing *t, struct fault *f)
{
	sqlite3_stmt *q = query(s, t->serial ? QUERY_CHANGE : QUERY_ADD, f);
	int next;

	if (!q)
		return -1;
	next = bind_thing(q, t);
	if (t->serial) {
		sqlite3_bind_int64(q, next, t->serial);
		return run(s, q, f);
	}
	bind(q, next, s->account);
	bind(q, next + 1, s->region);
	if (run(s, q, f) < 0)
		return -1;
	t->serial = sqlite3_last_insert_rowid(s->file->db);
	return 0;
}

int store_drop(struct sim_store *s, const struct sim_thing *t, struct fault *f)
{
	sqlite3_stmt *q = query(s, QUERY_DROP, f);

	if (!q)
		return -1;
	sqlite3_bind_int64(q, 1, t->serial);
	return run(s, q, f);
}

int store_log(struct sim_store *s, const struct sim_thing *t, const struct sim_event *e,
	      struct fault *f)
{
	sqlite3_stmt *q = query(s, QUERY_LOG, f);

	if (!q)
		return -1;
	sqlite3_bind_int64(q, 1, e->at_ms);
	bind(q, 2, e->deed == SIM_ACT ? e->act : deed_words[e->deed]);
	bind(q, 3, effect_words[e->effect]);
	bind(q, 4, s->account);
	bind(q, 5, s->region);
	bind(q, 6, t->type);
	bind(q, 7, t->id);
	bind(q, 8, e->key);
	sqlite3_bind_int64(q, 9, t->serial);
	bind(q, 10, e->address);
	bind(q, 11, e->made);
	bind(q, 12, t->properties);
	bind(q, 13, t->secrets);
	return run(s, q, f);
}

int store_find_snapshot(struct sim_store *s, struct arena *a, const struct sim_snapshot *q,
			const char **id, struct fault *f)
{
	sqlite3_stmt *row = query(s, QUERY_SNAPSHOT, f);
	int code;

	if (!row)
		return -1;
	sqlite3_bind_int64(row, 1, q->serial);
	bind_text(row, 2, q->key);
	code = sqlite3_step(row);
	if (code == SQLITE_ROW)
		*id = column(row, 0, a);
	else if (code != SQLITE_DONE)
		fail(s->file, code, f);
	reset(row);
	return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : -1;
}

/* --- counters ------------------------------------------------------------------------ */

int store_read_counter(struct sim_store *s, struct sim_counter *c, struct fault *f)
{
	sqlite3_stmt *q = query(s, QUERY_READ_COUNTER, f);
	int code;

	c->seen = c->used = 0;
	if (!q)
		return -1;
	bind(q, 1, c->name);
	code = sqlite3_step(q);
	if (code == SQLITE_ROW) {
		c->seen = sqlite3_column_int64(q, 0);
		c->used = sqlite3_column_int64(q, 1);
	} else if (code != SQLITE_DONE) {
		fail(s->file, code, f);
	}
	reset(q);
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : -1;
}

int store_write_counter(struct sim_store *s, const struct sim_counter *c, struct fault *f)
{
	sqlite3_stmt *q = query(s, QUERY_WRITE_COUNTER, f);

	if (!q)
		return -1;
	bind(q, 1, c->name);
	sqlite3_bind_int64(q, 2, c->seen);
	sqlite3_bind_int64(q, 3, c->used);
	return run(s, q, f);
}
