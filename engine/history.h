/*
 * history.h - a run of the engine in the history, from its first change to its end.
 *
 * history_begin, then the executor names history_run in each operation and says how long those
 * took that succeeded; dispatch looks about once a second whether somebody asked the run to
 * stop (history_look); history_finish writes the end, the durations, and drops what is over the
 * manifest's bounds, all in one commit.  One run at a time; the coordinator's.
 */
#ifndef ENGINE_HISTORY_H
#define ENGINE_HISTORY_H

#include "engine/engine_private.h"

/* Adds the run, about to do what the plan says for this request; e->history is not NULL from here
 * on.  0 or -1. */
int history_begin(struct engine *e, const struct run_request *q, const struct plan *p,
		  struct diags *d);
/* Its id, in e->arena; "" when there is none. */
const char *history_run(const struct engine *e);

/* An operation that succeeded, begun by this run. */
struct history_sample {
	const char *type, *action;
	const struct address *addr;
	int64_t elapsed_ms;
};
void history_measure(struct engine *e, const struct history_sample *q);

/* Looks at what is asked of the run, when a look is due at `now_ms` (monotonic); what it finds
 * counts in engine_interrupts from then on.  What cannot be read is looked for again later. */
void history_look(struct engine *e, int64_t now_ms);
/* The same of a run that waits for its turn (e->run_id). */
void history_look_queued(struct engine *e);
/* When the next look is due; INT64_MAX: never. */
int64_t history_look_ms(const struct engine *e);
/* "ann@ci-7", who asked the run to stop from outside; NULL: nobody. */
const char *history_asked_by(const struct engine *e);

/* rc: of the run.  0 or -1. */
int history_finish(struct engine *e, const struct run_result *r, int rc, struct diags *d);

/* Writes the end of runs that have none and cannot come to it: their process is gone, or what they
 * worked on is locked by this handle (`ids`). */
int history_close_lost(struct engine *e, const struct instance_id *ids, size_t count,
		       struct diags *d);

#endif
