/*
 * executor_rollout.h - the rollouts of a plan, carried out: whoever says which instance of a
 * stack may start (rollout/rollout.h), joined with the one walk of the executor.
 *
 *	executor_rollout.c  doors, the scheduler, what observers hear
 *	executor_gate.c     what has to say yes before: gates, healthy regions, no freeze
 *	executor_check.c    checks that are made until they are certain, and bake times
 *	executor_result.c   how each instance fares, recorded
 *
 * Each instance that takes part has a door in the walk, behind which all its steps are.  A door
 * becomes ready when what its instance needs in others is done, and is opened when the scheduler
 * says so; an instance is over when all its tasks are.  Instances with nothing to do, and all
 * of a plan without rollouts (a rollback), have no doors.  Only the executor's files include it.
 */
#ifndef ENGINE_EXECUTOR_ROLLOUT_H
#define ENGINE_EXECUTOR_ROLLOUT_H

#include "engine/check_set.h"
#include "engine/executor_parts.h"
#include "engine/health/health.h"

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
	size_t written; /* that many commits were there when it is written, + 1 */
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
	size_t checked;              /* sets of checks being made that are no gate */
	bool gate_failed;            /* that of a wave which had nothing to do */
	const char **sick;           /* by region: why it is not healthy; NULL: it is.  With
					MinHealthyRegions, as the next */
	size_t *left;                /* by region: members that are not over */
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
	struct checking *checkings;    /* all there were */
	struct instance_list recorded; /* of all instances, once it is loaded */
	bool loaded;
	bool refused; /* a gate, a freeze or MinHealthyRegions said no */
};

/* Something happened that its scheduler was told of. */
void rollouts_look_at(struct rollouts *a, struct stack_run *s);
void member_over(struct member_run *m, enum member_state end);
void member_begin(struct member_run *m); /* its gate said yes */
/* It was its turn, and it may not begin. */
void member_refuse(struct member_run *m, enum member_state end, const char *reason);
/* Behind the ends of the changes before it, which are told once they are on disk. */
void rollouts_tell(struct executor *x, const struct event *ev);
/* The name of a wave; NULL when there is one. */
const char *stack_run_wave(const struct stack_run *s, size_t wave);

/* executor_check.c: a set of checks; `over` is told when all are healthy and the bake time is
 * over, or as soon as one is unhealthy; not after checking_stop. */
enum checking_end { CHECKED_HEALTHY, CHECKED_UNHEALTHY };
struct checking {
	struct check_set set;
	struct stack_run *s;
	size_t at; /* wave, member or region: the owner knows */
	void (*over)(struct checking *c, enum checking_end end);
	const char *wave; /* for events */
	struct checking *next;
};
struct checking *checking_new(struct stack_run *s, size_t at,
			      void (*over)(struct checking *c, enum checking_end end));
void checking_add(struct checking *c, const struct manifest_check *check,
		  const struct check_place *place);
void checking_begin(struct checking *c, int64_t bake_ms); /* may be over at once */
void checking_stop(struct checking *c);
void checkings_release(struct rollouts *a); /* no call is out any more */

/* executor_gate.c */
bool gate_exists(const struct stack_run *s, size_t wave); /* it bakes or checks something */
void gate_open(struct stack_run *s, size_t wave);         /* rollout_gate answers */
void gates_begin(struct stack_run *s);  /* of waves with nothing to do before the first with some */
void target_gate(struct member_run *m); /* then member_begin or member_refuse */
void regions_begin(struct stack_run *s); /* MinHealthyRegions: before anything starts */
void regions_member_over(const struct member_run *m);
void regions_starved(struct stack_run *s);
/* True: it was stopped, because nothing of this wave may start now. */
bool freeze_begins(struct stack_run *s, size_t wave);

/* executor_result.c */
void result_pending(struct member_run *m, size_t order);
void result_running(struct member_run *m);
void result_over(struct member_run *m);
const char *reason_of_task(const struct task *t);
const char *reason_of_skip(const struct member_run *m);
const char *reason_of_cancel(const struct stack_run *s);
const char *reason_of_stop(const struct executor *x);

#endif
