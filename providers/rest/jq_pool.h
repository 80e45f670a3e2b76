/*
 * jq_pool.h - one child of the pool, as jq_pool.c lends it and jq.c talks to it.
 *
 * A child belongs to one thread from jq_pool_borrow to jq_pool_return.  Its process is started when
 * it is first asked and after it has died.
 */
#ifndef PROVIDERS_REST_JQ_POOL_H
#define PROVIDERS_REST_JQ_POOL_H

#include <sys/types.h>

#include "providers/rest/jq_child.h"

struct jq_slot {
	char digest[65]; /* "": free; written under the pool's lock */
	uint64_t used;   /* when, in runs of this child */
};

struct jq_child {
	pid_t pid; /* 0: none */
	int socket;
	uint64_t runs;
	bool busy;
	struct jq_slot slots[JQ_CHILD_SLOTS];
};

/* Waits until a child is free; prefers one that has the program, also to one that would be free. */
struct jq_child *jq_pool_borrow(struct jq_pool *p, const char *digest);
void jq_pool_return(struct jq_pool *p, struct jq_child *child);

/* It has a program in this slot now, or ("") none; or none at all, because it is a new one. */
void jq_pool_learned(struct jq_pool *p, struct jq_child *child, unsigned slot, const char *digest);
void jq_pool_forgotten(struct jq_pool *p, struct jq_child *child);

/* The slot of a program; else the least used one, with *known false. */
unsigned jq_child_slot(const struct jq_child *child, const char *digest, bool *known);

/* jq_process.c: starts the process, 0 or an errno; ends it at once and gives its wait status. */
int jq_child_start(struct jq_child *child);
int jq_child_end(struct jq_child *child);

#endif
