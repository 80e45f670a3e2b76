/*
 * run_parts.h - what the files behind engine_plan and engine_run share.
 *
 *	run.c         the requests, from locks to unlock
 *	run_plan.c    what is recorded, seen and wanted to a plan
 *	run_moved.c   logical ids that the template has changed
 *	run_settle.c  what is recorded of instances, before and after
 *	run_rollback.c  back to the last good state
 *	run_rollout.c  what a rollout that failed means
 *	run_freeze.c  whether anything may be changed now
 *	run_policy.c  whether this version may change it
 *	run_execution.c  whether a runbook is at work there
 *	run_import.c  what exists to records, without a change in the world
 *	run_adopt.c   creations that find what is there already
 *	recreate.c    regions that are lost (recreate.h)
 *	run_overrides.c  parameters that runbooks have set
 */
#ifndef ENGINE_RUN_PARTS_H
#define ENGINE_RUN_PARTS_H

#include "engine/executor.h"
#include "engine/refresh.h"

/* Things that were found and are to be recorded before anything is changed. */
struct adopted {
	const struct record **items; /* in recorded.records */
	size_t count;
};

struct recreation;

/* A stack instance that a Restore has filled, and that the plan deletes. */
struct run_loss {
	const struct recreation *by;
	const char *instance;
	const struct change *change; /* one of its deletes */
};

struct run {
	struct engine *e;
	struct diags *d;
	struct recorded recorded;
	int64_t loaded_at;                /* state_foreign_commits then */
	struct observation *observations; /* parallel to recorded.records; NULL */
	const struct plan *plan;
	const struct plan *next; /* import: what is left to do when it is recorded */
	size_t left_out;         /* import: instances that could not be read, no more than may */
	struct adopted adopted;
	const struct plan *failed_plan;  /* while what failed goes back: whose results these are */
	struct instance_result *results; /* by its instances; NULL */
	struct rollback *back;           /* what plan is of, when it is a rollback */
	/* Of what was aside: what is forgotten, and what is left over and goes (recreate.h). */
	const struct record *const *forget, *const *left;
	size_t forget_count, left_count;
	const struct run_loss *losses; /* with a reason */
	size_t loss_count;
	bool stays_aside;    /* some of it could not be read */
	bool unread;         /* something could not be read */
	bool refused;        /* the plan has changes that are forbidden: it is only shown */
	int64_t thinking_ms; /* how long the question about the plan took */
};

/* Every instance that the selection has to do with, sorted. */
const struct instance_id *run_instances(const struct run *r, size_t *count);
/* observations according to `refresh`; tainted records are read in any case. */
int run_observe(struct run *r, enum run_refresh refresh);
/* All of them, by operation preferences. */
int run_observe_in_order(struct run *r, const struct rollout_wishes *wishes);
int run_make_plan(struct run *r, const struct run_request *q);
/* The plan with these records beside what is recorded (one of the same address gives way to
 * them); from then on they are part of r->recorded.  NULL on failure. */
const struct plan *run_plan_with(struct run *r, const struct run_request *q,
				 const struct record *const *more, size_t count);

/* run_import.c: r->plan and r->next from the wishes; then, confirmed, writes the records. */
int run_import_plan(struct run *r, const struct run_request *q);
int run_import_record(struct run *r, struct run_result *out);

/* run_adopt.c: looks for what r->plan would create, and plans again with what is there. */
int run_adopt_found(struct run *r, const struct run_request *q);
/* Recorded first, so that nothing is changed that is not recorded. */
int run_record_adopted(struct run *r);
/* Writes records in as few commits as reasonable. */
int run_put_records(struct run *r, const struct record *const *items, size_t count);

/* Records get the logical ids that the plan has for them.  0 or -1. */
int run_move_records(struct run *r);

/* All that is recorded of the selection, as it is now. */
int run_load(struct run *r, enum state_open_mode mode);

/* run_rollback.c: a plan for the selected instances that are not good; r->back too. */
int run_make_rollback(struct run *r, const struct run_request *q);
/* Runs it: commits what comes back without a call, executes, settles. */
int run_rollback(struct run *r, struct execution *out);
/* By instance of the plan: whether it goes back when one of its changes fails; NULL: none. */
const bool *run_halting(struct run *r, const struct run_request *q);
/* After a run that was settled: the failed ones go back.  0 when there was nothing to do or all
 * was done. */
int run_undo_failed(struct run *r, const struct execution *x, struct run_result *out);
bool run_status_is_good(const char *status);

/* run_rollout.c: marks in x->halted what goes back because its rollout failed, and what was done
 * in this run with what goes back. */
void run_take_back(const struct run *r, struct execution *x);
void run_complain_rollouts(struct run *r, const struct execution *x);
/* How each instance fared, and how many of which kind. */
void run_count_members(const struct run *r, const struct execution *x, struct run_result *out);
/* Some failed, and no more than may; where none is left that is well, that is no success. */
bool run_is_tolerated(const struct run_result *out);

/* run_overrides.c.  With the locks: what the project was read with still holds.  0 or -1. */
int run_check_overrides(struct run *r);
/* Forgets those of the selection, when it was asked for; of instances that were destroyed. */
int run_drop_overrides(struct run *r);
int run_forget_overrides(struct run *r);

/* Refused: -1 with an error.  An overridden window is told in a note. */
int run_check_freeze(struct run *r, const struct run_request *q);

/* What the manifest's Policy requires of the version: version_check.h.  Refused: -1 with errors; in
 * a rehearsal, and by run_tell_policy, they are warnings. */
int run_check_policy(struct run *r, const struct run_request *q);
int run_tell_policy(struct run *r, const struct run_request *q);

/* An execution of a runbook that goes on where the plan changes something.  -1, refused with an
 * error, when nobody is there to be asked and nobody said why it does not matter; one that lost its
 * process is a warning.  run_tell_execution only warns. */
int run_check_execution(struct run *r, const struct run_request *q);
int run_tell_execution(struct run *r, const struct run_request *q);

/* Marks the instances about to be changed; of those that take part in a rollout *later gets, by
 * instance of the plan, what the executor writes when it is their turn.  0 or -1. */
int run_mark_applying(struct run *r, const struct instance_record *const **later);
/* Instance records, unchanged resources' observations.  x NULL: the plan was empty. */
int run_settle(struct run *r, const struct execution *x);
/* How the changes of one instance ended. */
enum run_instance_end { INSTANCE_CURRENT, INSTANCE_FAILED, INSTANCE_INCOMPLETE };
enum run_instance_end run_instance_end(const struct instance_plan *p, const struct execution *x);

#endif
