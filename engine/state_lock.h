/*
 * state_lock.h - what taking a lock (state_lock.c) and keeping it (state_lease.c) share.
 * Private to the SQLite store.
 */
#ifndef ENGINE_STATE_LOCK_H
#define ENGINE_STATE_LOCK_H

#include "engine/state_row.h"

/* Order of state.held. */
int lock_compare_held(const void *x, const void *y);
struct held_lock *lock_find_held(struct state *s, const struct instance_id *id); /* or NULL */
/* 1: read; 0: this instance was never locked, *out is zero; -1. */
int lock_read(struct state *s, const struct instance_id *id, struct arena *a, struct lock_row *out,
	      struct diags *d);
/* held may be NULL. */
bool lock_is_ours(const struct held_lock *held, const struct lock_info *lock);
/* Appends "ann@ci-7 (pid 4242, 'apply')". */
void lock_describe_holder(const struct lock_owner *o, struct str *out);
/* Inside a write transaction of state_commit: is the lock of this instance still ours?
 * Once per instance and commit.  0 or -1. */
int lock_check(struct state *s, const struct instance_id *id, struct diags *d);

#endif
