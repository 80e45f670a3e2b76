/*
 * aside.h - an engine of its own that works for a step, beside the conductor's.
 *
 * aside_open, then aside_start with what it is to do; aside_look now and then from the
 * coordinator's thread, until it is over; aside_close.  In the world the work runs in a thread,
 * so that several steps are done side by side; in a rehearsal it is done at once, within
 * aside_start, and the coordinator lets as much of its time pass.
 *
 * Events of the work are told to the observer of the conductor's engine, from the coordinator's
 * thread, with the execution and the step.
 */
#ifndef ENGINE_RUNBOOK_ASIDE_H
#define ENGINE_RUNBOOK_ASIDE_H

#include "engine/runbook/driver.h"

#define ASIDE_LOOK_MS 50

struct aside;

/* Of which stacks, regions and account. */
struct aside_request {
	struct selection selection;
	/* In the thread: what is to be done; its errors in d. */
	int (*work)(struct engine *e, void *context, struct diags *d);
	void *context; /* not in s->arena: the work may go on behind the step's end */
	void (*release)(void *context); /* when it is closed */
};

/* Opens the engine.  NULL with errors in step_diags; context is released then. */
struct aside *aside_open(struct step_run *s, const struct aside_request *q);
/* That of the request. */
void *aside_context(const struct aside *a);
/* What came of it is to be looked at from now on.  0, or -1: it could not be started. */
int aside_start(struct aside *a);
/* Tells what happened meanwhile, and passes on how often the user asked to stop.  True once: when
 * it is over. */
bool aside_look(struct aside *a);
/* When it is over: what work returned, and its errors (stay the aside's). */
int aside_result(const struct aside *a);
const struct diags *aside_diags(const struct aside *a);
/* Copies them to the execution's. */
void aside_report(struct aside *a);
/* How much simulated time it took, as long as in the world where that is recorded; 0 in the
 * world. */
int64_t aside_passed_ms(const struct aside *a);
/* The observer hears no more of it, and it is asked to end as soon as it can. */
void aside_cancel(struct aside *a);
/* Waits for its end; accepts NULL. */
void aside_close(struct aside *a);
/* Both: for step_outlives. */
void aside_end(void *a);

#endif
