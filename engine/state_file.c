/*
 * state_file.c - the file of recorded state among other files: is it there, may it be
 * used, a new one, a copy.
 *
 * A new database is made under a temporary name and then linked to its own, so an empty or
 * half-made file in its place is never "new": it is damage.
 */
#include "engine/state_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define COPIES_MAX 1000

static int fail_open(const char *path, int error, struct diags *d)
{
	enum diag_code code = error == EACCES || error == EPERM || error == EROFS
				      ? DIAG_STATE_PERMISSION
				      : DIAG_STATE_OPEN;

	if (error == ENOSPC || error == EDQUOT)
		code = DIAG_STATE_DISK_FULL;
	diag_add(d, code, RANGE_NONE, "recorded state '%s' cannot be opened: %s", path,
		 strerror(error));
	return -1;
}

/* Its log without the file: a new file would take the log's pages for its own. */
static enum state_presence look_for_log(const char *path, struct diags *d)
{
	struct str log = STR_INIT;
	struct stat st;
	struct diag *g;
	bool alone;

	str_printf(&log, "%s-wal", path);
	alone = stat(str_cstr(&log), &st) == 0 && st.st_size > 0;
	if (alone) {
		g = diag_add(d, DIAG_STATE_CORRUPT, RANGE_NONE,
			     "recorded state '%s' is missing, but its log '%s' is there", path,
			     str_cstr(&log));
		diag_hint(d, g,
			  "put '%s' back beside its log; move the log aside only when the file "
			  "was removed on purpose",
			  path);
	}
	str_release(&log);
	return alone ? STATE_REFUSED : STATE_ABSENT;
}

enum state_presence state_file_look(const char *path, struct diags *d)
{
	struct stat st;
	struct diag *g;

	if (stat(path, &st) != 0) {
		if (errno == ENOENT)
			return look_for_log(path, d);
		fail_open(path, errno, d);
		return STATE_REFUSED;
	}
	if (!S_ISREG(st.st_mode)) {
		fail_open(path, S_ISDIR(st.st_mode) ? EISDIR : EINVAL, d);
		return STATE_REFUSED;
	}
	if (st.st_size == 0) {
		g = diag_add(d, DIAG_STATE_CORRUPT, RANGE_NONE,
			     "recorded state '%s' is damaged: the file is empty", path);
		diag_hint(d, g,
			  "put the newest backup copy in its place; remove the file only when "
			  "nothing was ever deployed from this project");
		return STATE_REFUSED;
	}
	return STATE_PRESENT;
}

static int fail_access(const char *path, const char *verb, struct diags *d)
{
	int error = errno;
	struct stat st;
	struct diag *g;

	if (error != EACCES && error != EPERM && error != EROFS)
		return fail_open(path, error, d);
	g = diag_add(d, DIAG_STATE_PERMISSION, RANGE_NONE, "recorded state '%s' cannot be %s: %s",
		     path, verb, strerror(error));
	if (error != EROFS && stat(path, &st) == 0)
		diag_detail(d, g,
			    "it belongs to uid %lu and has mode %04o; this process has uid "
			    "%lu",
			    (unsigned long)st.st_uid, (unsigned)st.st_mode & 07777,
			    (unsigned long)geteuid());
	if (error == EROFS)
		diag_hint(d, g,
			  "reading commands work here (plan, status, state list); to change "
			  "something, mount it writable");
	else
		diag_hint(d, g, "run as the user it belongs to");
	return -1;
}

int state_file_access(const char *path, enum state_open_mode mode, struct diags *d)
{
	struct arena *a = arena_new();
	const char *folder = path_dir(a, path);
	int result = state_network_refuse(path, folder, d);

	if (result == 0 && faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) != 0)
		result = fail_access(path, "read", d);
	else if (result == 0 && mode == STATE_WRITE &&
		 faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0)
		result = fail_access(path, "written", d);
	else if (result == 0 && mode == STATE_WRITE &&
		 faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0)
		result = fail_access(folder, "written", d);
	arena_free(a);
	return result;
}

static int sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result, error;

	if (fd < 0)
		return -1;
	result = fsync(fd);
	error = errno;
	close(fd);
	errno = error;
	return result;
}

/* The new name must not exist.  0, or -1 with errno. */
static int give_name(const char *temporary, const char *path)
{
	if (link(temporary, path) == 0)
		return unlink(temporary);
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
		return -1;
	return renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE);
}

/* An empty file of mode 0600 with a name of its own, for SQLite to fill.  0, or -1 with
 * errno. */
static int make_temporary(const char *path, struct str *out)
{
	char *name;
	int fd;

	str_printf(out, "%s.new-XXXXXX", path);
	name = str_steal(out);
	fd = mkostemp(name, O_CLOEXEC);
	str_add(out, name);
	free(name);
	if (fd < 0) {
		str_clear(out);
		return -1;
	}
	return close(fd);
}

/* The log mode is kept in the file; SQLite removes its own files when it closes. */
static int fill_new(sqlite3 *db, const struct schema_history *h, struct clock *clock)
{
	struct str begin = STR_INIT;
	int code;

	str_printf(&begin, "PRAGMA synchronous = FULL; BEGIN; PRAGMA application_id = %d",
		   STATE_APPLICATION_ID);
	code = sqlite3_exec(db, str_cstr(&begin), NULL, NULL, NULL);
	str_release(&begin);
	if (code == SQLITE_OK)
		code = schema_apply(db, h, 0, clock);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db, "COMMIT; PRAGMA journal_mode = WAL", NULL, NULL, NULL);
	return code;
}

/* A struct state around a connection, so that its errors are worded as the others. */
static int make_database(const char *name, const char *path, const struct schema_history *h,
			 struct clock *clock, struct diags *d)
{
	struct state making = {.clock = clock, .mode = STATE_WRITE};
	int code, result = 0;

	code = sqlite_open_file(name, SQLITE_OPEN_READWRITE, &making.db);
	making.path = xstrdup(path);
	if (code == SQLITE_OK)
		code = fill_new(making.db, h, clock);
	if (code != SQLITE_OK)
		result = state_fail(&making, code, d);
	sqlite3_close(making.db);
	free(making.path);
	return result;
}

/* Gives the finished database its name; somebody else's is as good. */
static int publish(const char *temporary, const char *path, const char *folder, struct diags *d)
{
	int result = give_name(temporary, path);

	if (result != 0 && errno == EEXIST)
		return 0;
	if (result == 0)
		result = sync_folder(folder);
	return result == 0 ? 0 : fail_open(path, errno, d);
}

int state_file_create(const char *path, const struct schema_history *h, struct clock *clock,
		      struct diags *d)
{
	struct arena *a = arena_new();
	const char *folder = path_dir(a, path);
	struct str temporary = STR_INIT;
	int result = 0;

	if (file_make_dirs(folder) != 0)
		result = fail_open(path, errno, d);
	else if (state_network_refuse(path, folder, d) != 0)
		result = -1;
	else if (make_temporary(path, &temporary) != 0)
		result = fail_open(path, errno, d);
	else if (make_database(str_cstr(&temporary), path, h, clock, d) != 0)
		result = -1;
	if (result == 0)
		result = publish(str_cstr(&temporary), path, folder, d);
	if (temporary.len)
		unlink(str_cstr(&temporary));
	str_release(&temporary);
	arena_free(a);
	return result;
}

/* Copies from a second connection: the first holds the write lock, which a source of a
 * copy must not. */
static int copy_database(struct state *s, const char *to_path)
{
	sqlite3 *from, *to;
	sqlite3_backup *copy = NULL;
	int code;

	code = sqlite_open_file(s->path, SQLITE_OPEN_READWRITE, &from);
	sqlite_open_file(to_path, SQLITE_OPEN_READWRITE, &to);
	if (code == SQLITE_OK) {
		copy = sqlite3_backup_init(to, "main", from, "main");
		code = copy ? SQLITE_OK : sqlite3_errcode(to);
	}
	if (copy) {
		sqlite3_backup_step(copy, -1);
		code = sqlite3_backup_finish(copy);
	}
	sqlite3_close(to);
	sqlite3_close(from);
	return code;
}

/* The first name that is free; 0, or -1 with errno. */
static int keep_copy(struct state *s, int version, const char *temporary, struct str *out)
{
	for (int i = 1; i < COPIES_MAX; i++) {
		str_clear(out);
		str_printf(out, "%s.bak-v%d", s->path, version);
		if (i > 1)
			str_printf(out, "-%d", i);
		if (give_name(temporary, str_cstr(out)) == 0)
			return 0;
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

int state_file_backup(struct state *s, int version, struct str *out, struct diags *d)
{
	struct arena *a = arena_new();
	struct str temporary = STR_INIT;
	int code, result = -1;

	if (make_temporary(s->path, &temporary) != 0) {
		fail_open(s->path, errno, d);
		goto out;
	}
	code = copy_database(s, str_cstr(&temporary));
	if (code != SQLITE_OK) {
		state_fail(s, code, d);
		goto out;
	}
	if (keep_copy(s, version, str_cstr(&temporary), out) != 0 ||
	    sync_folder(path_dir(a, s->path)) != 0) {
		fail_open(s->path, errno, d);
		goto out;
	}
	result = 0;
out:
	if (temporary.len)
		unlink(str_cstr(&temporary));
	str_release(&temporary);
	arena_free(a);
	return result;
}
