/*
 * check_set.h - a set of health checks, asked again and again through dispatch until it is certain
 * that all are as wanted, or that one is not.
 *
 * check_set_add for each use, then check_set_begin; events of its jobs (JOB_OF_CHECK) go to
 * check_set_event; `over` is told once, perhaps from within check_set_begin, and not after
 * check_set_stop.  check_set_release when no call is out any more.  The coordinator's.
 *
 * Without `within` the thresholds of each check decide, and an answer that goes up and down for
 * too long counts as not as wanted.  With it there is that much time to become so.
 *
 * What cannot be asked (no such command, wrong password) is unhealthy where health is wanted.
 * Where the opposite is wanted it is no answer: who waits for something to be gone learns nothing.
 */
#ifndef ENGINE_CHECK_SET_H
#define ENGINE_CHECK_SET_H

#include "base/vec.h"
#include "engine/dispatch.h"
#include "engine/health/health.h"

enum check_set_end { CHECK_SET_FINE, CHECK_SET_FAULTY };

struct check_answer {
	bool healthy;
	const char *detail;
	const char *values; /* JSON object of scalars, or "" */
	bool said_no;       /* unhealthy, as an answer to what was asked: no silence */
	bool unasked;       /* unhealthy, and that says nothing of what was asked about */
};

struct check_set;
struct asking; /* one probe, or the timer of the bake time */

/* What its owner hears; all but `over` may be NULL. */
struct check_listener {
	void (*over)(struct check_set *c, enum check_set_end end);
	/* Its gauge has another state than before. */
	void (*changed)(struct check_set *c, const struct check_probe *p,
			const struct check_answer *answer);
	void (*answered)(struct check_set *c, const struct check_probe *p,
			 const struct check_answer *answer);
	void (*baking)(struct check_set *c, int64_t left_ms); /* now and then */
};

/* How often it is asked. */
enum check_pace {
	CHECK_PACE_OWN, /* by the check's Interval */
	CHECK_PACE_SOON /* somebody waits: every second, if its Interval is longer */
};

struct check_set {
	struct engine *e;
	struct dispatch *dispatch;
	struct arena *a; /* lives as long as its jobs */
	struct diags *d;
	const char *stack; /* for whom sessions are opened; "" */
	enum check_pace pace;
	const struct check_listener *listener;
	void *context;
	const char *fault; /* why it is not as wanted */
	bool mute;         /* because it could not be asked */
	struct {
		VEC_OF(struct asking *)
	} asked;
	struct asking *timer; /* NULL: no bake time */
	int64_t bake_until_ms;
	bool ended;
};

struct check_wanted {
	const struct manifest_check *check;
	bool unhealthy;    /* that is what is wanted */
	int64_t within_ms; /* 0: thresholds decide */
};
void check_set_add(struct check_set *c, const struct check_wanted *w,
		   const struct check_place *place);
/* The same of probes that were made already (health.h). */
void check_set_add_probes(struct check_set *c, const struct check_wanted *w,
			  const struct check_probe_list *probes);
/* Also when all are as wanted it goes on until the bake time is over. */
void check_set_begin(struct check_set *c, int64_t bake_ms);
void check_set_stop(struct check_set *c);
void check_set_release(struct check_set *c);

/* Any event of a job with JOB_OF_CHECK. */
void check_set_event(const struct dispatch_event *ev);

#endif
