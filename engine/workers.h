/*
 * workers.h - threads that run provider calls, and nothing else.
 *
 * The coordinator submits work and takes it back done; in between it does not touch it.
 * Two queues behind one mutex and one condition variable; workers_fd becomes readable
 * when something can be taken.  Threads are made when there is more work than idle
 * threads, up to the number given; signals are blocked in them.
 */
#ifndef ENGINE_WORKERS_H
#define ENGINE_WORKERS_H

#include "engine/call.h"

struct workers;

/* Embedded by the owner. */
struct work {
	struct work *next; /* the queues' */
	const struct call *call;
	struct outcome outcome; /* valid once taken back; the owner releases it */
};

/* context: clock, interrupts and cancel; its progress and sink are the workers' own. */
struct workers *workers_new(size_t thread_limit, const struct call_context *context);
/* Waits for the calls that are out; queued work is dropped.  Accepts NULL. */
void workers_free(struct workers *w);

void workers_submit(struct workers *w, struct work *x);
/* The next that is done; NULL when none is. */
struct work *workers_take(struct workers *w);
size_t workers_out(const struct workers *w); /* submitted and not taken back */

/* What providers say meanwhile; the oldest first.  False when there is nothing. */
struct progress {
	struct work *work; /* may be done already, but not taken back before this */
	char text[CALL_PROGRESS_LEN + 1];
};
bool workers_take_progress(struct workers *w, struct progress *out);

/* For poll(): readable when there is something to take. */
int workers_fd(const struct workers *w);
/* Makes it unreadable again; call before taking. */
void workers_drain_fd(struct workers *w);

#endif
