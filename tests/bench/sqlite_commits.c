/*
 * sqlite_commits.c - the floor of an apply: how many single-row transactions SQLite commits in a
 * second here, durable on return (WAL, synchronous=FULL), as recorded state needs them.
 *
 * sqlite_commits FILE COUNT prints transactions per second.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROW_LEN 400

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int prepare(sqlite3 *db, sqlite3_stmt **insert)
{
	static const char sql[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
				  "CREATE TABLE t (id INTEGER PRIMARY KEY, row TEXT NOT NULL);";

	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return -1;
	return sqlite3_prepare_v2(db, "INSERT INTO t (row) VALUES (?)", -1, insert, NULL) ==
			       SQLITE_OK
		       ? 0
		       : -1;
}

int main(int argc, char **argv)
{
	char row[ROW_LEN + 1];
	sqlite3 *db = NULL;
	sqlite3_stmt *insert = NULL;
	long count = argc == 3 ? strtoll(argv[2], NULL, 10) : 0;
	double started_s;

	memset(row, 'x', ROW_LEN);
	row[ROW_LEN] = '\0';
	if (count <= 0 || sqlite3_open(argv[1], &db) != SQLITE_OK || prepare(db, &insert) != 0) {
		fprintf(stderr, "usage: sqlite_commits NEW-FILE COUNT\n");
		return 1;
	}
	started_s = now_s();
	for (long i = 0; i < count; i++) {
		sqlite3_bind_text(insert, 1, row, ROW_LEN, SQLITE_STATIC);
		if (sqlite3_step(insert) != SQLITE_DONE)
			return 1;
		sqlite3_reset(insert);
	}
	printf("%.0f\n", (double)count / (now_s() - started_s));
	sqlite3_finalize(insert);
	sqlite3_close(db);
	return 0;
}
