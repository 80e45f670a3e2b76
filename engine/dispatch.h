/*
 * dispatch.h - jobs: provider calls with their waiting, retrying and fairness.
 *
 * Joins workers, lanes, timers and the retry table for whoever has calls to make
 * (executor, refresh, recovery).  The owner enrolls a job, asks for a call, and gets
 * events one by one:
 *
 *	dispatch_next gives   the owner then
 *	START                 fills job->call and calls dispatch_submit (after committing BEGIN),
 *	                      or dispatch_drop when there is nothing to call after all
 *	ENDED                 looks at job->outcome: final, all attempts are over
 *	DUE                   the pause asked for with dispatch_rest is over
 *	SLOW                  the job was not retired by the time told to dispatch_watch
 *	PROGRESS              tells the observer (text)
 *	INTERRUPTED           the user asked to stop (level)
 *	LOCKS_LOST            somebody took the lock over: nothing may be written any more
 *	QUIET                 nothing now: commits what it has, then dispatch_wait
 *
 * A job that was submitted is called again by itself when the answer says so and nothing
 * had changed; EVENT_RETRY tells of it.  All of it is the coordinator's.
 */
#ifndef ENGINE_DISPATCH_H
#define ENGINE_DISPATCH_H

#include "engine/engine_private.h"
#include "engine/lanes.h"
#include "engine/timers.h"
#include "engine/workers.h"

enum job_state {
	JOB_IDLE,    /* nothing asked for */
	JOB_QUEUED,  /* waits for a worker */
	JOB_STARTED, /* START was given: holds a worker */
	JOB_CALLING,
	JOB_RETRYING, /* waits before the same call again; outcome is the last one */
	JOB_RESTING   /* dispatch_rest */
};

/* Whose it is, for an owner that has several kinds. */
enum job_owner { JOB_OF_TASK, JOB_OF_CHECK, JOB_OF_STEP };

struct job {
	enum job_owner owner;
	struct work work;
	struct lane_item lane;
	struct timer timer;
	struct timer watch; /* when it is slower than usual */
	struct call call;
	enum job_state state;
	int recalled;               /* atomic: the call that is out is to end */
	bool prepared;              /* call is filled in: no START */
	bool unseen;                /* it answered that the thing is not there: too soon to tell */
	const struct address *addr; /* for events */
	const char *type;
	int attempts, waits; /* at this call */
	int64_t sent_ms;     /* wall clock, of this call */
	int64_t deadline_ms; /* monotonic, of the operation; set before submitting */
	struct job *next;    /* ended, in order */
};

enum dispatch_kind {
	DISPATCH_START,
	DISPATCH_ENDED,
	DISPATCH_DUE,
	DISPATCH_SLOW,
	DISPATCH_PROGRESS,
	DISPATCH_INTERRUPTED,
	DISPATCH_LOCKS_LOST,
	DISPATCH_QUIET
};
struct dispatch_event {
	enum dispatch_kind kind;
	struct job *job;
	int level; /* INTERRUPTED */
	struct progress progress;
};

struct dispatch;

/* d: where state_renew_locks complains. */
struct dispatch *dispatch_new(struct engine *e, struct diags *d);
/* Waits for the calls that are out. */
void dispatch_free(struct dispatch *x);

/* Once per job, before anything else. */
void dispatch_enroll(struct dispatch *x, struct job *j, const struct instance_id *id,
		     const char *provider, const char *endpoint);
/* No more calls; the job is IDLE. */
void dispatch_retire(struct dispatch *x, struct job *j);
/* Asks for a call: START comes when a worker is free. */
void dispatch_ask(struct dispatch *x, struct job *j);
/* Asks for a call that is filled in already: no START, it goes before new work. */
void dispatch_call(struct dispatch *x, struct job *j);
/* The same call again after the wait that the outcome deserves; false when its attempts
 * or its time are used up, or the user asked to stop. */
bool dispatch_again(struct dispatch *x, struct job *j);
/* After START. */
void dispatch_submit(struct dispatch *x, struct job *j);
void dispatch_drop(struct dispatch *x, struct job *j);
/* Takes back a job that waits (QUEUED, RETRYING, RESTING). */
void dispatch_withdraw(struct dispatch *x, struct job *j);
/* The call that is out is asked to end as soon as it can: ENDED comes as ever. */
void dispatch_recall(struct job *j);
/* DUE comes after wait_ms. */
void dispatch_rest(struct dispatch *x, struct job *j, int64_t wait_ms);

/* SLOW comes at that time, once, unless the job is retired before. */
void dispatch_watch(struct dispatch *x, struct job *j, int64_t due_ms);

void dispatch_next(struct dispatch *x, struct dispatch_event *ev);
/* Until something happens; only while something can. */
void dispatch_wait(struct dispatch *x);
bool dispatch_expects(const struct dispatch *x);
int64_t dispatch_now_ms(const struct dispatch *x);
/* Calls that are out are asked to end as soon as they can, for good. */
void dispatch_cancel(struct dispatch *x);
/* The user asked to stop this often. */
int dispatch_level(const struct dispatch *x);

#endif
