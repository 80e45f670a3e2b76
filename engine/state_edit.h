/*
 * state_edit.h - what the files behind state_commit share: rows of records, and the edits that
 * have to do with generations.  Private to the SQLite store.
 *
 *	state_commit.c      the transaction; operations, records, instances
 *	state_generation.c  what is kept for a rollback, EDIT_GOOD, EDIT_RESTORE
 *	state_move.c        EDIT_MOVE
 *
 * All of them run inside the transaction of state_commit and return 0 or -1 with an error.
 */
#ifndef ENGINE_STATE_EDIT_H
#define ENGINE_STATE_EDIT_H

#include "engine/state_row.h"

/* "WHAT 'WHICH'" as DIAG_STATE_EDIT; always -1. */
int edit_fail(struct diags *d, const char *what, const char *which);
int edit_fail_record(struct diags *d, const char *what, const struct address *addr);

/* What the store counts and keeps of r's row: version (0: not there), created_ms, born. */
int edit_find_version(struct state *s, struct record *r, struct diags *d);
/* *r has an address and `deposed`, and gets the row of these, whole; when there is none: -1 with
 * `missing`. */
int edit_read_record(struct state *s, struct record *r, const char *missing, struct arena *a,
		     struct diags *d);
int edit_write_record(struct state *s, const struct record *filled, struct diags *d);
int edit_drop_row(struct state *s, const struct record *filled, struct diags *d);
int edit_write_instance(struct state *s, const struct instance_record *filled, struct diags *d);
/* Its row alone. */
int edit_drop_instance(struct state *s, const struct instance_id *id, struct diags *d);

/* The generation of an instance that is locked; 0 when nothing is recorded of it. */
int edit_generation(struct state *s, const struct instance_id *id, int64_t *out, struct diags *d);
/* To be read again: when the record of an instance that is locked changes, and all of them after a
 * roll-back. */
void edit_forget_generation(struct state *s, const struct instance_id *id);
void edit_forget_generations(struct state *s);
/* Keeps the live record at addr as it is, when a rollback would need it and nothing is kept. */
int edit_keep(struct state *s, const struct address *addr, struct diags *d);
/* Drops what is kept of an address; of an instance. */
int edit_drop_kept(struct state *s, const struct address *addr, struct diags *d);
int edit_forget_kept(struct state *s, const struct instance_id *id, struct diags *d);

int edit_good(struct state *s, const struct state_edit *e, struct diags *d);
int edit_restore(struct state *s, const struct state_edit *e, struct diags *d);
int edit_move(struct state *s, const struct state_edit *e, struct diags *d);

#endif
