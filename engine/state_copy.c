/* state_copy.c - the whole of recorded state in another file, for a rehearsal. */
#include <fcntl.h>
#include <unistd.h>

#include "engine/state_sqlite.h"

/* Nobody holds the copy, and nothing is under way in it.  What runbooks have set is still set. */
static const char settle_copy[] = "DELETE FROM lock; DELETE FROM ticket; "
				  "DELETE FROM operation WHERE result = 'open'; "
				  "DELETE FROM execution; DELETE FROM execution_event; "
				  "DELETE FROM execution_request";

static int copy_to(sqlite3 *from, sqlite3 *to)
{
	sqlite3_backup *copy = sqlite3_backup_init(to, "main", from, "main");

	if (!copy)
		return sqlite3_errcode(to);
	sqlite3_backup_step(copy, -1);
	return sqlite3_backup_finish(copy);
}

int state_copy(struct state *s, const char *path, struct diags *d)
{
	sqlite3 *to;
	int code, fd;

	if (!state_usable(s, d))
		return -1;
	if (!s->db)
		return 0;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	code = sqlite_open_file(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &to);
	if (code == SQLITE_OK)
		code = copy_to(s->db, to);
	if (code == SQLITE_OK)
		code = sqlite3_exec(to, settle_copy, NULL, NULL, NULL);
	sqlite3_close(to);
	return code == SQLITE_OK ? 0 : state_fail(s, code, d);
}

void state_relax(struct state *s)
{
	/* What cannot be relaxed is only slower. */
	if (s->db)
		sqlite3_exec(s->db, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
}
