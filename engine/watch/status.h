/*
 * status.h - whether somebody watches, who, what, and whether it could act: from recorded state
 * alone, as watches leave it there (keep.c), also when the project is broken.
 */
#ifndef ENGINE_WATCH_STATUS_H
#define ENGINE_WATCH_STATUS_H

#include "engine/state.h"

struct watch_status_entry {
	const char *name, *region, *runbook;
	const char *standing;  /* standing_name; "UNKNOWN" until it is certain */
	const char *detail;    /* its worst answer; "" */
	int64_t since_ms;      /* of an outage; 0 */
	const char *hold;      /* hold_name: what speaks against its runbook; "" */
	int64_t until_ms;      /* of that; 0: nobody knows */
	const char *execution; /* which; "" */
	const char *unready;   /* what its runbook would be refused for; "" */
};

enum watch_life {
	WATCH_LIFE_NEVER, /* nothing is recorded of any */
	WATCH_LIFE_OVER,  /* nobody watches any more */
	WATCH_LIFE_GOES_ON
};
struct watch_status {
	enum watch_life life;
	const char *user, *host;
	int64_t pid;
	int64_t since_ms, looked_ms; /* wall clock: it acts since; it recorded something last */
	const char *broken;          /* the project's first fault; "" */
	const char *doing;           /* "runs 'failover'": it asks nothing meanwhile; "" */
	const struct watch_status_entry *items;
	size_t count;
};

/* Results in the arena.  0, or -1 with errors. */
int watch_status_load(struct state *s, int64_t now_ms, struct arena *a, struct watch_status *out,
		      struct diags *d);

#endif
