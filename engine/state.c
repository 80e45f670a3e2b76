/*
 * state.c - opening and closing recorded state.
 *
 * Three ways to open the file.  Shared: with write permission for file and folder, readers
 * too, because SQLite's log has an index in shared memory that readers take part in.
 * Reading: without it; works while a writer keeps those files there.  Frozen: when nobody
 * can be writing (no log in a folder that we cannot write, such as a read-only medium).
 */
#include "engine/state.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/state_sqlite.h"

static bool may_write(const char *path)
{
	struct arena *a = arena_new();
	bool may = faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 &&
		   faccessat(AT_FDCWD, path_dir(a, path), W_OK | X_OK, AT_EACCESS) == 0;

	arena_free(a);
	return may;
}

static bool has_log(const char *path)
{
	struct str log = STR_INIT;
	struct stat st;
	bool has;

	str_printf(&log, "%s-wal", path);
	has = stat(str_cstr(&log), &st) == 0 && st.st_size > 0;
	str_release(&log);
	return has;
}

/* "file:PATH?immutable=1" with what means something in a URI escaped. */
static void frozen_uri(const char *path, struct str *out)
{
	str_add(out, "file:");
	for (const char *at = path; *at; at++) {
		if (strchr("%?#", *at))
			str_printf(out, "%%%02X", (unsigned char)*at);
		else
			str_add_char(out, *at);
	}
	str_add(out, "?immutable=1");
}

static int open_reading(struct state *s)
{
	struct str uri = STR_INIT;
	int code;

	if (may_write(s->path))
		return sqlite_open_file(s->path, SQLITE_OPEN_READWRITE, &s->db);
	if (has_log(s->path))
		return sqlite_open_file(s->path, SQLITE_OPEN_READONLY, &s->db);
	frozen_uri(s->path, &uri);
	code = sqlite_open_file(str_cstr(&uri), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, &s->db);
	str_release(&uri);
	return code;
}

static int open_connection(struct state *s, struct diags *d)
{
	int code = s->mode == STATE_READ ? open_reading(s)
					 : sqlite_open_file(s->path, SQLITE_OPEN_READWRITE, &s->db);

	return code == SQLITE_OK ? 0 : state_fail(s, code, d);
}

/* The answer is the mode that is in force now. */
static bool log_mode_is_wal(sqlite3 *db, int *code)
{
	sqlite3_stmt *q = NULL;
	bool wal = false;

	*code = sqlite3_prepare_v2(db, "PRAGMA journal_mode = WAL", -1, &q, NULL);
	if (*code == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
		wal = text_is(text_of((const char *)sqlite3_column_text(q, 0)), "wal");
	if (*code == SQLITE_OK)
		*code = sqlite3_finalize(q);
	return wal;
}

static int prepare_writing(struct state *s, struct diags *d)
{
	struct diag *g;
	int code;

	if (!log_mode_is_wal(s->db, &code)) {
		if (code != SQLITE_OK)
			return state_fail(s, code, d);
		g = diag_add(d, DIAG_STATE_NETWORK, RANGE_NONE,
			     "the file system of recorded state '%s' offers no shared memory",
			     s->path);
		diag_hint(d, g, "move the project to a local disk");
		return -1;
	}
	code = sqlite3_exec(s->db, "PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON", NULL,
			    NULL, NULL);
	return code == SQLITE_OK ? 0 : state_fail(s, code, d);
}

static int prepare_reading(struct state *s, struct diags *d)
{
	int code = sqlite3_exec(s->db, "PRAGMA query_only = ON; PRAGMA cell_size_check = ON", NULL,
				NULL, NULL);

	return code == SQLITE_OK ? 0 : state_fail(s, code, d);
}

static int open_present(struct state *s, const struct schema_history *h, struct diags *d)
{
	if (state_file_access(s->path, s->mode, d) != 0)
		return -1;
	if (open_connection(s, d) != 0 || schema_settle(s, h, d) != 0)
		return -1;
	return s->mode == STATE_WRITE ? prepare_writing(s, d) : prepare_reading(s, d);
}

/* Nothing recorded: nothing to compare digests with, so any salt serves. */
static int open_absent(struct state *s)
{
	s->clock->random(s->clock, s->salt, sizeof(s->salt));
	return 0;
}

static int open_any(struct state *s, const struct schema_history *h, struct diags *d)
{
	enum state_presence presence = state_file_look(s->path, d);

	if (presence == STATE_ABSENT && s->mode == STATE_READ)
		return open_absent(s);
	if (presence == STATE_ABSENT && state_file_create(s->path, h, s->clock, d) == 0)
		presence = STATE_PRESENT;
	return presence == STATE_PRESENT ? open_present(s, h, d) : -1;
}

struct state *state_open_as(const char *path, enum state_open_mode mode, struct clock *clock,
			    const struct schema_history *h, struct diags *d)
{
	struct state *s = xcalloc(1, sizeof(*s));

	s->path = xstrdup(path);
	s->mode = mode;
	s->clock = clock;
	s->lock_arena = arena_new();
	if (open_any(s, h, d) == 0)
		return s;
	state_close(s);
	return NULL;
}

struct state *state_open(const char *path, enum state_open_mode mode, struct clock *clock,
			 struct diags *d)
{
	return state_open_as(path, mode, clock, state_schema(), d);
}

void state_close(struct state *s)
{
	if (!s)
		return;
	state_unlock(s);
	for (size_t i = 0; i < QUERY_COUNT; i++)
		sqlite3_finalize(s->queries[i]);
	if (sqlite3_close(s->db) != SQLITE_OK)
		fail_fast("a statement of recorded state was left open");
	vec_release(&s->held);
	vec_release(&s->touched);
	arena_free(s->lock_arena);
	map_release(&s->versions);
	arena_free(s->version_arena);
	str_release(&s->scratch);
	explicit_bzero(s->salt, sizeof(s->salt));
	free(s->path);
	free(s);
}

void state_on_change(struct state *s, state_changed_fn *changed, void *context)
{
	s->changed = changed;
	s->changed_context = context;
}

const char *operation_action_name(enum operation_action a)
{
	static const char *const names[] = {
		[OPERATION_CREATE] = "create", [OPERATION_UPDATE] = "update",
		[OPERATION_DELETE] = "delete", [OPERATION_SNAPSHOT] = "snapshot",
		[OPERATION_ACT] = "act",
	};
	_Static_assert(ARRAY_LEN(names) == OPERATION_ACTION_COUNT, "a name per action");

	assert((size_t)a < ARRAY_LEN(names));
	return names[a];
}

const char *operation_result_name(enum operation_result r)
{
	static const char *const names[] = {
		[OPERATION_OPEN] = "open",
		[OPERATION_SUCCEEDED] = "succeeded",
		[OPERATION_FAILED] = "failed",
		[OPERATION_ABANDONED] = "abandoned",
	};
	_Static_assert(ARRAY_LEN(names) == OPERATION_ABANDONED + 1, "a name per result");

	assert((size_t)r < ARRAY_LEN(names));
	return names[r];
}
