/*
 * executor_parts.h - what the executor's files share.  Only they include it.
 *
 *	executor.c         the loop, commits, interrupts
 *	executor_plan.c    a plan to steps and tasks
 *	executor_order.c   which step waits for which
 *	executor_start.c   a task gets a worker: evaluate, BEGIN
 *	executor_changed.c what differs from the record, once all is known
 *	executor_snapshot.c  a copy is kept before a delete
 *	executor_wanted.c  the same of a record that shall be again: rollback
 *	executor_halt.c    an instance of which a change failed
 *	executor_rollout.c which instance may start (executor_rollout.h)
 *	executor_check.c   health checks on the way
 *	executor_call.c    the arguments of a call
 *	executor_end.c     an answer: what it means for the task
 *	executor_look.c    nobody knows what happened: ask, then decide
 *	executor_record.c  END and the record that goes with it
 *	recover.c          open operations to tasks
 *	executor_intent.c  what will be created, told to the mirror
 *
 * A task is one operation:
 *
 *	NEW -> CHANGE -> POLL -> OVER
 *	          |        |
 *	          +-> FIND +-> READ -> OVER, or CHANGE again
 */
#ifndef ENGINE_EXECUTOR_PARTS_H
#define ENGINE_EXECUTOR_PARTS_H

#include "base/vec.h"
#include "engine/holders.h"
#include "engine/dispatch.h"
#include "engine/executor.h"
#include "engine/executor_record.h"
#include "engine/history.h"
#include "engine/known.h"
#include "engine/outside.h"
#include "engine/session.h"
#include "engine/walk.h"

enum task_kind {
	TASK_CREATE,
	TASK_UPDATE,
	TASK_DELETE,
	TASK_SNAPSHOT, /* what a delete is until a copy is kept */
	TASK_FORGET,   /* drops the record, asks nobody */
	TASK_LEARN     /* ACTION_NONE with secrets: evaluated, so that others may refer to them */
};

enum task_phase {
	PHASE_NEW,
	PHASE_CHANGE, /* create, update or remove is out */
	PHASE_POLL,
	PHASE_FIND,
	PHASE_READ,
	PHASE_OVER
};

struct executor;

struct task {
	struct job job;
	struct executor *x;
	enum task_kind kind;
	enum task_phase phase;
	size_t step;                 /* in the walk */
	size_t change_index;         /* in the plan */
	const struct change *change; /* NULL: an operation of an earlier run */
	const struct record *before; /* the record it is about; NULL for a plain create */
	const char *fresh_outputs;   /* of `before` as a refresh saw them; NULL */
	struct task *creates;        /* the delete of a replacement: the task that created */
	struct task *remade_by;      /* the delete of a replacement that deletes first */
	bool keeps_old;              /* a create that replaces: `before` is deleted later */
	bool stays;                  /* the replacement proved needless: an update instead */
	struct address addr;
	const char *type;
	const struct provider_entry *provider; /* NULL: no longer configured */
	const struct schema *schema;           /* NULL likewise */

	struct arena *arena; /* from start to end */
	struct operation op;
	bool recovered;  /* begun by an earlier run */
	bool kept;       /* a delete: the copy that was asked for is there */
	bool doubtful;   /* there, but perhaps not complete */
	bool found;      /* by the key of this create; read() is asked what it is like */
	bool same_thing; /* what replaced it has the same id */

	const struct value *properties; /* evaluated again; or the document's */
	const char *desired;            /* in clear */
	const char *changed;            /* update: JSON array of pointers */
	const struct secrets *secrets;

	const char *id, *state; /* handed over so far; state in clear */
	struct text private_bytes;
	bool has_private;

	enum hd_status lost; /* status of the call nobody knows the effect of */
	bool exists;         /* looking because create said so */
	int tries;           /* changing calls made after looking */
	struct diags errors; /* of the call that made us look */
	/* Rebuilt from a mirror: what of the inputs nobody knew then, a JSON array; else NULL. */
	const char *unknown;
	int64_t started_ms;
	bool watched; /* dispatch tells when it is slower than usual */
};

/* What is done once the edits of a turn are on disk. */
enum follow_kind { FOLLOW_SUBMIT, FOLLOW_REST, FOLLOW_TELL, FOLLOW_EVENT };
struct follow {
	enum follow_kind kind;
	struct task *task;         /* EVENT: NULL */
	const struct event *event; /* EVENT: in the arena of the run */
	int64_t wait_ms;           /* REST */
	bool tell;                 /* REST: observers hear that it waits */
};

struct executor {
	struct engine *e;
	struct diags *d;
	const struct plan *plan; /* NULL: recovery */
	const struct executor_observed *observed;
	struct arena *arena; /* of the run */
	struct dispatch *dispatch;
	struct walk *walk;
	struct known *known;
	struct holders *holders; /* NULL when the plan takes nothing away */
	struct task *tasks;
	size_t task_count;
	struct task **by_step;            /* NULL for gates and doors */
	size_t *doors;                    /* by instance; STEP_NONE: it has none */
	struct rollouts *rollouts;        /* NULL: everything goes side by side */
	struct change_progress *progress; /* by change */
	size_t changes_over, changes_total;
	struct {
		VEC_OF(struct state_edit)
	} edits;
	size_t commits; /* so many times the edits were written */
	struct {
		VEC_OF(struct follow)
	} follows;
	size_t failures;     /* tasks that failed */
	bool *halted;        /* by instance; in the plan's arena; NULL: recovery */
	const char *lineage; /* of the state; NULL: it has no mirror */
	bool stopping;       /* nothing new starts */
	bool broken;         /* nothing can be written any more */
};

/* One change of the plan: a replacement has two tasks. */
struct change_progress {
	size_t left; /* tasks that are not over */
	bool told_start, told_slow, failed, open, skipped, needless;
	bool updated; /* a replacement became an update */
	int64_t started_ms;
};

/* executor.c */
void executor_edit(struct executor *x, const struct state_edit *edit);
void executor_follow(struct executor *x, const struct follow *f);
/* The walk hears of the end at once, observers after the commit. */
void task_over(struct task *t, enum step_end end);
int executor_loop(struct executor *x);
void executor_release(struct executor *x);
bool executor_may_start(const struct executor *x);

/* executor_plan.c: fills walk and tasks. */
void executor_build(struct executor *x);
/* The tasks of an instance may soon be called: from now on its region gets its share. */
void executor_enroll_instance(struct executor *x, size_t instance);

/* executor_rollout.c; rollouts NULL: nothing is to be done. */
struct rollouts *rollouts_new(struct executor *x); /* NULL: the plan has none */
void rollouts_free(struct rollouts *a);
/* Does what may be done now. */
void rollouts_turn(struct rollouts *a);
bool rollouts_over(const struct rollouts *a);
void rollouts_stop(struct rollouts *a); /* before walk_stop */
enum task_fate { TASK_WENT_WELL, TASK_FAILED, TASK_SKIPPED };
/* Once for each task. */
void rollouts_task_over(struct rollouts *a, const struct task *t, enum task_fate fate);
/* The instance takes part, and its door never opened. */
bool rollouts_held_back(const struct rollouts *a, size_t instance);
void rollouts_report(const struct rollouts *a, const struct plan *p, struct execution *out);

/* executor_start.c */
void task_start(struct task *t);   /* has a worker */
void task_at_once(struct task *t); /* FORGET and LEARN */
void executor_set_deadline(struct task *t);
struct evaluated;
/* BEGIN, and the call once that is on disk. */
void task_begin(struct task *t, const struct evaluated *v);
void task_remove(struct task *t); /* begins the delete */
/* Finds provider and session; false with errors. */
bool executor_can_call(struct task *t);
void executor_learn(struct task *t, const char *id, const char *outputs, const char *sensitive);

/* The documents of one evaluation. */
struct evaluated {
	json_t *desired, *masked, *sensitive;
};
/* 0, or -1 with errors; either way *v is to be released. */
int task_evaluate(struct task *t, struct evaluated *v);
void evaluated_release(struct evaluated *v);

/* executor_changed.c */
/* Fills t->changed; true when the update turned out to be none. */
bool task_find_changed(struct task *t, const struct evaluated *v);
/* The creation of a conditional replacement becomes an update when nothing forces it. */
void task_settle_doubt(struct task *t, const struct evaluated *v);
enum removal_doubt { REMOVAL_NEEDED, REMOVAL_NEEDLESS, REMOVAL_REFUSED /* with errors */ };
/* Of a replacement that deletes first: decided before anything is deleted. */
enum removal_doubt task_doubt_removal(struct task *t);

/* executor_snapshot.c */
/* The delete is to keep a copy first, and has not yet. */
bool task_wants_copy(const struct task *t);
void task_keep_copy(struct task *t);
/* An answer of kind TASK_SNAPSHOT. */
void task_copy_ended(struct task *t);
bool task_can_copy(const struct task *t);

/* executor_wanted.c: the documents of change->wanted, in clear and as they are to be recorded.
 * 0, or -1 with errors. */
int wanted_evaluate(struct task *t, json_t **desired, json_t **masked);

/* executor_halt.c */
size_t executor_instance_of(const struct plan *p, size_t change);
/* Tasks are in the order of their changes: the first that belongs to this one, or one behind it. */
size_t executor_first_task(const struct executor *x, size_t change);
bool executor_only_cleanup(const struct executor *x, size_t instance); /* is left of it */
void executor_halt(const struct task *failed);                         /* the walk knows of it */
/* What could not start because of a failure counts too. */
void executor_halt_skipped(struct executor *x);

/* executor_call.c */
void task_prepare(struct task *t, enum call_kind kind);
bool task_can_find(const struct task *t);

/* executor_end.c */
void task_ended(struct task *t);
void task_stop_waiting(struct task *t); /* interrupted while waiting to be called again */
void task_wait(struct task *t);         /* the outcome is PENDING */
void task_absorb(struct task *t, const struct outcome *o);

/* executor_look.c */
void task_look(struct task *t);
void task_looked(struct task *t);

/* executor_intent.c */
int executor_intend(struct executor *x);
/* The operation's id of the create at this address, when there is a mirror. */
const char *executor_create_key(const struct executor *x, const struct address *addr);
/* `inputs` with what the thing that was found shows in place of what was not known. */
const char *executor_found_inputs(struct task *t, const char *inputs, const char *outputs);

/* recover.c */
void recover_start(struct task *t); /* an open operation has a worker */

/* executor_record.c */
void task_succeed(struct task *t);
void task_distrust(struct task *t, const char *missing); /* fails it: half an answer */
void task_end_operation(struct task *t, enum operation_result result); /* END alone */
void task_fail(struct task *t);                                        /* nothing changed */
/* It may be there: the run that finds this out ends with the error, also one that recovers. */
void task_fail_unknown(struct task *t);
void task_fail_partly(struct task *t); /* what was handed over is recorded, tainted */
void task_fail_gone(struct task *t);   /* the record is tainted, so that it is read first */
void task_leave_open(struct task *t);  /* no END: the next run looks after it */
void task_abandon(struct task *t);     /* recovery: it had not happened */
void task_refuse(struct task *t);      /* failed before BEGIN */
void task_skip(struct task *t);        /* after BEGIN was found needless, or before it */
/* The state handed over, masked, as canonical text; "{}" when there is none. */
const char *task_masked_state(struct task *t, const char **sensitive);

#endif
