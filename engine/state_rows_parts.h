/*
 * state_rows_parts.h - what the files behind state_rows.h share.  Private to the SQLite store.
 *
 *	state_rows.c       rows to JSON
 *	state_rows_fill.c  and back
 */
#ifndef ENGINE_STATE_ROWS_PARTS_H
#define ENGINE_STATE_ROWS_PARTS_H

#include "engine/state_row.h"
#include "engine/state_rows.h"

#define ROWS_HEX "$hex"
#define META_UNVERIFIED "unverified"

struct rows_table {
	const char *name, *where, *order;
};
/* Of one kind of file; name NULL at the end. */
const struct rows_table *rows_tables(enum rows_of of);
/* NULL with an error. */
sqlite3_stmt *rows_prepare(struct state *s, const char *sql, struct diags *d);
void rows_bind_key(struct state *s, sqlite3_stmt *q, const struct rows_key *key);

#endif
