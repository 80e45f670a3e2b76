/*
 * store.h - the simulated cloud's file: what exists in it, and all that ever happened.
 *
 * store_open, then transactions (store_begin ... store_commit or store_rollback) from any
 * thread, then store_close.  A transaction holds the store's lock, so it is short; everything
 * else here is called inside one.  Several processes may use a file at once.  What a committed
 * transaction did survives the process (not the machine: nothing is synced).
 *
 * docs/sim.md describes the tables: tests and people read them with any SQLite.
 */
#ifndef PROVIDERS_SIM_STORE_H
#define PROVIDERS_SIM_STORE_H

#include "base/arena.h"
#include "providers/kit/fault.h"

struct sim_store;

/* Where a session's things are. */
struct sim_place {
	const char *account, *region;
};

/* What is under way with a thing. */
enum sim_busy { SIM_READY, SIM_CREATING, SIM_UPDATING, SIM_DELETING };

struct sim_thing {
	int64_t serial;
	const char *type, *id;
	const char *key;        /* idempotency key of its creation */
	const char *last_key;   /* and of what was last done with it */
	const char *name;       /* its natural name; "": it has none */
	const char *properties; /* JSON object; without secrets */
	const char *secrets;    /* JSON object: pointer to digest of what was not kept */
	enum sim_busy busy;
	int64_t busy_until_ms, visible_ms; /* wall clock */
	int64_t created_ms, changed_ms, changes;
};

enum sim_deed { SIM_CREATE, SIM_UPDATE, SIM_DELETE, SIM_SNAPSHOT, SIM_ACT };

/* One thing that happened, for the log. */
struct sim_event {
	enum sim_deed deed;
	enum hd_effect effect;
	const char *key, *address;
	const char *made; /* id of the snapshot; NULL or "" otherwise */
	const char *act;  /* SIM_ACT: the word for it */
	int64_t at_ms;
};

/* NULL with a fault. */
struct sim_store *store_open(const char *path, const struct sim_place *place, struct fault *f);
void store_close(struct sim_store *s); /* accepts NULL */

/* 0, or -1 with a fault and nothing to end. */
int store_begin(struct sim_store *s, struct fault *f);
/* Ends a transaction; -1 with a fault when nothing of it happened. */
int store_commit(struct sim_store *s, struct fault *f);
void store_rollback(struct sim_store *s);

enum sim_find {
	SIM_BY_ID,
	SIM_BY_KEY, /* of its creation */
	SIM_BY_NAME,
	SIM_NEXT /* the first whose serial is greater */
};
struct sim_search {
	enum sim_find by;
	struct text type;
	struct text word; /* the id, key or name */
	int64_t serial;   /* SIM_NEXT */
};
/* 1 and *out (texts in the arena), 0: there is none, -1 with a fault. */
int store_find(struct sim_store *s, struct arena *a, const struct sim_search *q,
	       struct sim_thing *out, struct fault *f);

/* Adds one whose serial is 0 (and fills it in), else rewrites it.  0 or -1 with a fault. */
int store_put(struct sim_store *s, struct sim_thing *t, struct fault *f);
int store_drop(struct sim_store *s, const struct sim_thing *t, struct fault *f);
int store_log(struct sim_store *s, const struct sim_thing *t, const struct sim_event *e,
	      struct fault *f);
/* Of a thing, made with a key. */
struct sim_snapshot {
	int64_t serial;
	struct text key;
};
/* 1 when there is one; its id in *id. */
int store_find_snapshot(struct sim_store *s, struct arena *a, const struct sim_snapshot *q,
			const char **id, struct fault *f);

/* How often a fault could have fired, and how often it did; kept under the name. */
struct sim_counter {
	const char *name;
	int64_t seen, used;
};
int store_read_counter(struct sim_store *s, struct sim_counter *c, struct fault *f);
int store_write_counter(struct sim_store *s, const struct sim_counter *c, struct fault *f);

#endif
