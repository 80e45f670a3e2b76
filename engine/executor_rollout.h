/*
 * executor_rollout.h - the rollouts of a plan, carried out: whoever says which instance of a
 * stack may start (rollout/rollout.h), joined with the one walk of the executor.
 *
 *	executor_rollout.c  doors, the scheduler, what observers hear
 *	executor_gate.c     bake times and checks
 *	executor_result.c   how each instance fares, recorded
 *
 * Each instance that takes part has a door in the walk, behind which all its steps are.  A door
 * becomes ready when what its instance needs in others is done, and is opened when the scheduler
 * says so; an instance is over when all its tasks are.  Instances with nothing to do, and all
 * of a plan without rollouts (a rollback), have no doors.  Only the executor's files include it.
 */
#ifndef ENGINE_EXECUTOR_ROLLOUT_H
#define ENGINE_EXECUTOR_ROLLOUT_H

#include "engine/executor_parts.h"
#include "engine/result.h"

struct stack_run;

/* One instance of the plan. */
struct member_run {
	struct stack_run *s; /* NULL: it takes no part */
	size_t instance;     /* in the plan */
	size_t member;       /* of s->r */
	size_t door;         /* its step */
	size_t left;         /* tasks that are not over */
	bool begun;          /* its door is open */
	bool failed;         /* one of its changes, or its gate */
	bool cut;            /* some of it was not started */
	enum member_state end;
	const char *reason; /* of its first error, masked; NULL */
	struct instance_result result;
};

/* The rollout of one stack. */
struct stack_run {
	struct executor *x;
	const struct stack_rollout *plan;
	struct rollout *r;
	struct member_run **members; /* by member */
	size_t wave;                 /* the one that was told last; SIZE_MAX: none */
	size_t over;                 /* members that are over */
	bool waits;                  /* in the queue of those to be looked at */
	bool ended;                  /* nothing more will come of it */
	const char *reason;          /* why it was stopped, when that is its own; NULL */
};

struct rollouts {
	struct executor *x;
	struct stack_run *runs;
	size_t run_count;
	struct member_run *members; /* by instance of the plan */
	size_t *by_door;            /* instance by step, from first_door on */
	size_t first_door;
	struct {
		VEC_OF(struct stack_run *)
	} queue;
};

/* Something happened that its scheduler was told of. */
void rollouts_look_at(struct rollouts *a, struct stack_run *s);
void member_over(struct member_run *m, enum member_state end);
/* The name of a wave; NULL when there is one. */
const char *stack_run_wave(const struct stack_run *s, size_t wave);

/* executor_result.c */
void result_pending(struct member_run *m, size_t order);
void result_running(struct member_run *m);
void result_over(struct member_run *m);
const char *reason_of_task(const struct task *t);
const char *reason_of_skip(const struct member_run *m);
const char *reason_of_cancel(const struct stack_run *s);
const char *reason_of_stop(const struct executor *x);

#endif
