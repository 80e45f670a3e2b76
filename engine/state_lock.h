/*
 * state_lock.h - what taking a lock (state_lock.c) and keeping it (state_lease.c) share.
 * Private to the SQLite store.
 */
#ifndef ENGINE_STATE_LOCK_H
#define ENGINE_STATE_LOCK_H

#include "base/map.h"
#include "engine/state_row.h"

/* Where one stands in the queue. */
struct lock_place {
	int64_t number; /* of the ticket; 0: none */
	char run[RUN_ID_SIZE];
	int64_t renew_ms; /* monotonic: when the ticket's lease is due */
	struct str said;  /* whom it was recorded to wait for */
};

/* One state_lock: what it wants, and what one try found. */
struct lock_try {
	const struct instance_id *ids; /* sorted, each once */
	size_t count;
	const struct lock_owner *owner;
	bool patient;             /* it waits when it has to */
	struct lock_place *place; /* of all tries */
	struct arena *a;          /* of this try */
	struct map wanted;        /* ids by their texts; filled when needed */
	struct lock_info holder;  /* who is in the way; lock_id "": an earlier ticket */
	struct diags notes;       /* of takings; worth telling only when the try succeeds */
};

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

/* state_ticket.c: the queue.  All but the last inside a write transaction of state_lock. */
/* 1: nobody who came earlier wants any of it; 0: t->holder does; -1. */
int ticket_look(struct state *s, struct lock_try *t, struct diags *d);
/* Behind t->holder: takes a ticket, or renews it.  1: something was written; 0: nothing is due;
 * -1. */
int ticket_wait(struct state *s, struct lock_try *t, struct diags *d);
int ticket_served(struct state *s, const struct lock_place *place, struct diags *d);
/* Who gives up leaves the queue. */
void ticket_leave(struct state *s, const struct lock_place *place);

#endif
