/*
 * state_rows.h - rows of recorded state as JSON, and back: what the mirror keeps (mirror.h).
 *
 * A row is an object of its columns.  Documents are JSON inside of it, bytes are
 * {"$hex": "00ff"}, everything else is a text or an integer; so a row comes back bit by bit, and
 * with it the checksum that it had.  A file is the canonical form of
 *
 *	{"format": 1, "schema": 3, "rows": {"instance": [ROW], "record": [ROW, ...], ...}}
 *
 * and the same rows give the same bytes.  Locks, tickets, requests to runs, durations, and the
 * operations that have ended stay behind.
 */
#ifndef ENGINE_STATE_ROWS_H
#define ENGINE_STATE_ROWS_H

#include "engine/state.h"

#define ROWS_FORMAT 1

/* What one file is about. */
enum rows_of {
	ROWS_INSTANCE,   /* a stack instance: its row, records, what is kept, open operations */
	ROWS_RUN,        /* a run that has ended, with the results of its instances */
	ROWS_RUNNING,    /* one that has no end yet */
	ROWS_EXECUTION,  /* of a runbook, with its events and requests */
	ROWS_META,       /* salt, lineage and the like */
	ROWS_OVERRIDES,  /* parameters that runbooks have set */
	ROWS_RECREATION, /* regions that were lost, and what was in them */
	ROWS_SAMPLES     /* what checks said last */
};
#define ROWS_OF_COUNT (ROWS_SAMPLES + 1)

struct rows_key {
	enum rows_of of;
	struct instance_id instance; /* ROWS_INSTANCE */
	const char *name;            /* a run, an execution; else NULL */
	const char *mark;            /* of an execution in a list: differs when it has moved on */
};

/* Everything that follows is read from one moment of the state, until rows_end.  0 or -1. */
int rows_begin(struct state *s, struct diags *d);
void rows_end(struct state *s);
/* A number that changes when another connection has committed something. */
int64_t rows_data_version(struct state *s);

struct rows_list {
	struct rows_key *items;
	size_t count;
};
/* All that there is of one kind, in the arena; ROWS_META and those behind it: one each. */
int rows_list(struct state *s, enum rows_of of, struct arena *a, struct rows_list *out,
	      struct diags *d);
/* The file; a new reference, NULL with an error.  *empty: no row is in it. */
json_t *rows_file(struct state *s, const struct rows_key *key, bool *empty, struct diags *d);
/* Text of a file as it is stored: canonical, with a line end. */
void rows_text(const json_t *file, struct str *out);

/* The bytes of a column as text; "" when they are none.  In the arena. */
const char *rows_bytes(const json_t *column, struct arena *a);
/* The latest moment that a row of the file tells of; 0: none does. */
int64_t rows_changed_ms(const json_t *file);

/*
 * Back: into a state that was just made, in one transaction of the caller's (rows_fill_begin,
 * rows_fill_end).  Every row must be about `key`, be whole and fit its checksum.  0, or -1 with
 * *why, in the arena.
 */
int rows_fill_begin(struct state *s, struct diags *d);
int rows_fill_end(struct state *s, struct diags *d);
int rows_fill(struct state *s, const struct rows_key *key, const json_t *file, struct arena *a,
	      const char **why);
/* Adds an open operation unless one is open on the same thing, or has this id.  0 or -1. */
int rows_fill_operation(struct state *s, const struct operation *op, struct diags *d);

/* Made by a restore: not compared with the world yet.  1, 0, or -1 with an error. */
int state_is_unverified(struct state *s, struct diags *d);
int state_set_unverified(struct state *s, bool unverified, struct diags *d);
/* Random hex, the same in all copies; in the arena. */
const char *state_lineage(struct state *s, struct arena *a, struct diags *d);

#endif
