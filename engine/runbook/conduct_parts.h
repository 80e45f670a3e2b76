/*
 * conduct_parts.h - what the conductor's files share.  Only they and their tests include it.
 *
 *	conduct.c         the requests of conduct.h: lock, loop, end
 *	conduct_begin.c   a new execution, or one to go on with, and what speaks against it
 *	preflight.c       what is known to fail before the first step (preflight.h)
 *	conduct_choose.c  the region that is gone to, when any healthy one will do
 *	conduct_give_up.c the end of one that cannot be gone on with
 *	conduct_resume.c  events of an earlier process to states of steps
 *	conduct_record.c  events to the journal and to observers; answers of checks; durations
 *	conduct_tree.c    whose turn it is: lists, Parallel, Sequence, Runbook
 *	conduct_step.c    one step from its turn to its end, with its tries
 *	conduct_drive.c   what driver.h promises to drivers; jobs
 *	conduct_kinds.c   Wait, Approval, Check
 *	conduct_fence.c   Fence
 *	conduct_guard.c   what may not be done without one that holds
 *	conduct_regions.c whether enough other regions are healthy
 *	conduct_primary.c  where the primary is, before the first step
 *	conduct_overtaken.c  whether a later execution has worked where it does
 *	conduct_recreated.c  whether a region that it names is being recreated
 *	conduct_loss.c    how much would be lost, and was
 *	conduct_ask.c     requests of other terminals
 *	conduct_back.c    undoing what was done, the last first
 *	conduct_goal.c    until the application is healthy; objectives
 *	conduct_keep.c    what a simulated drill leaves
 *	forecast.c        what it would take
 *	forecasts.c       the same of all runbooks
 *
 * A step:
 *
 *	NEW -> BEFORE -> WORK -> AFTER -> OVER
 *	          |        |       |
 *	          +--------+-------+-> RESTING -> BEFORE ... (Retries)
 *	                           +-> HELD -> skip: OVER, retry: BEFORE, abort
 *
 * Every event is on disk before what it announces.  When the journal cannot be written nothing is
 * begun any more (broken); the next process goes on with what is on disk.
 */
#ifndef ENGINE_RUNBOOK_CONDUCT_PARTS_H
#define ENGINE_RUNBOOK_CONDUCT_PARTS_H

#include "engine/check_set.h"
#include "engine/runbook/conduct.h"
#include "engine/runbook/driver.h"

#define CONDUCT_LOOK_MS 250 /* between two looks at what is asked of the execution */
#define CONDUCT_KEY_BYTES 16
#define CONDUCT_LOCK_STACK "@runbook"

enum phase {
	PHASE_NEW,
	PHASE_BEFORE,
	PHASE_WORK,
	PHASE_AFTER,
	PHASE_RESTING, /* before the next try */
	PHASE_HELD,    /* failed; somebody says skip, retry or abort */
	PHASE_OVER
};

enum stage { STAGE_FORWARD, STAGE_MONITORING, STAGE_BACK, STAGE_OVER };

struct attempt;
struct errand;

struct step {
	struct conduct *x;
	size_t index;
	const struct procedure_step
		*p; /* NULL: the root, whose children are the steps at the top */
	struct step **children;
	size_t child_count;
	enum phase phase;
	enum step_status status;
	size_t attempts;  /* begun so far */
	size_t granted;   /* tries that may follow; SIZE_MAX: as many as its spec says */
	bool ungraceful;  /* somebody asked for it */
	bool again;       /* begun by an earlier process, which did not see its end */
	bool was_begun;   /* this try goes on with such a one */
	bool begun;       /* its work was, once */
	bool undoing;     /* STEP_REVERSING is written, and nothing after it */
	bool promotes;    /* of the latest try, in whatever process */
	bool straddles;   /* this try was begun by an earlier process: nobody knows what it takes */
	bool is_policy;   /* spec says what follows of a failure, and no more */
	bool passed_over; /* failed in an earlier process, and the steps behind it had their turn */
	bool stopped;     /* with the group that it is in, which was not done with it */
	bool given_up;    /* it is skipped as soon as the execution is gone on with */
	bool waived;      /* somebody said that it is left out */
	bool refused;     /* its latest try: a guard or a person said no */
	const char *fenced; /* Fence: the region that accepts no writes since; NULL */
	int64_t fenced_ms;  /* wall clock: it was looked at in this process; 0: not yet */
	enum step_grace grace;
	const struct step_spec *spec;   /* of the latest try; NULL: none yet */
	struct attempt *now;            /* NULL: none going on */
	const char *key;                /* of the latest try */
	const char *memory;             /* JSON; NULL */
	const char *done;               /* JSON: what it remembered when it was done; NULL */
	const char *result, *reason;    /* JSON object or NULL; one line or NULL */
	int64_t started_ms, began_ms;   /* wall clock; monotonic, of this process; 0 */
	int64_t tried_ms;               /* wall clock: its latest try began, in whatever process */
	int64_t carried_ms;             /* earlier processes have carried that try so long */
	int64_t millis;                 /* it took; 0 */
	int64_t ended;                  /* number of the event that ended it, for the way back */
	struct execution_ask *approval; /* said before it was its turn, or now; NULL */
	size_t at;                      /* Fence: the way that is tried */
	bool wants_reverse;             /* it failed, and all shall go back */
};

struct measured {
	const struct check_probe *probe;
	struct check_answer answer;
};

/* One try of a step, forward or back.  Kept until the end: jobs may come back late. */
struct attempt {
	struct step_run run;
	struct step *s;
	const struct step_driver *driver; /* NULL: a kind of the conductor's */
	bool over;                        /* nothing that comes of it counts any more */
	bool said;                        /* step_over was called */
	bool settled;                     /* what it said was acted upon */
	bool final;                       /* no other try would help */
	bool refused;                     /* a guard or a person said no */
	enum step_ended how;
	const char *reason;
	json_t *result, *memory, *done; /* owned */
	struct check_set *checks;       /* being asked; NULL */
	struct fence_asking *fence;     /* Fence: what the old primary last said; NULL */
	struct region_asking *regions;  /* being asked; NULL */
	void (*checked)(struct attempt *at, enum check_set_end end, const char *why);
	void (*gate)(struct step_run *s, bool healthy, const char *why);
	struct {
		VEC_OF(struct measured)
	} measured;              /* by probe: its last answer */
	void (*ends)(void *own); /* step_outlives */
	void *ends_own;
	struct errand *timeout, *slow, *timer;
	struct attempt *next;
};

/* A job of JOB_OF_STEP: a driver's, or a timer of the conductor's. */
struct errand {
	struct job job;
	struct conduct *x;
	struct attempt *at;            /* NULL: of the execution */
	void (*due)(struct errand *r); /* NULL: the driver's */
	struct errand *next;
};

/* What checks last said of data: before the cut and at it. */
struct lag {
	bool known;
	int64_t at_ms; /* wall clock */
	double seconds;
	int64_t bytes;          /* -1: not known */
	int64_t last_commit_ms; /* 0: not known */
	uint64_t lsn;           /* 0: not known */
};

struct conduct_setup {
	const struct step_driver *(*driver)(enum step_kind k);
	int (*preflight)(struct conduct *x); /* preflight.h; NULL: nothing is looked at before */
	int (*primary)(struct conduct *x);   /* where it is, before the first step; may be NULL */
};

struct conduct {
	struct engine *e;
	const struct conduct_request *q;
	const struct conduct_setup *setup;
	struct conduct_result *out;
	struct diags *d;
	struct arena *a;
	struct state *state;
	struct dispatch *dispatch;
	const struct procedure *p;
	struct bound_procedure *bound;
	struct execution_row row;
	struct lock_owner owner;
	struct step root, *steps; /* by index */
	enum stage stage;
	const char *abort_taken; /* of an earlier process: why; NULL: nobody asked for an abort */
	bool broken, paused, stopping, aborting, keeps, failed, rehearsal;
	bool finished;       /* nothing is left to be done here */
	bool turned;         /* something changed: look again */
	bool ungraceful;     /* all that follows */
	bool pause_asked;    /* somebody asked for the pause that there is */
	const char *why;     /* it failed, is aborted, goes back */
	const char *outlook; /* what an abort would do; "" */
	bool ends_as_it_is;  /* it is gone on with to be aborted, and nothing is undone */
	json_t *overtaken;   /* By, Reason: it is gone on with all the same; NULL */
	json_t *blockers;    /* texts: what was known to fail and is begun all the same; NULL */
	const char *missing; /* the result that a step asked for last and that is not there */
	int64_t asks_taken;
	int64_t since_ms, started_ms; /* wall clock */
	int64_t booted_ms; /* wall clock of the machine's start, when this process began */
	int64_t began_ms, waited_ms; /* monotonic: of this process; spent waiting for others */
	int64_t taken_ms, heard_ms;  /* wall clock: an earlier process began; its latest event */
	struct errand *errands, *look;
	struct attempt *attempts;
	struct {
		VEC_OF(struct check_set *)
	} sets;
	struct {
		VEC_OF(struct execution_ask)
	} early; /* approvals of steps whose turn has not come */
	struct {
		VEC_OF(struct step *)
	} back; /* steps to be undone, in order */
	size_t back_at;
	size_t exceptions; /* steps that were skipped by somebody, or failed and were passed over */
	struct duration_list durations;
	struct instance_list recorded; /* of all instances */
	bool loaded;
	/* Guards and objectives. */
	bool fenced, data_loss_accepted, rto_known, rpo_known, missed;
	struct lag lag; /* of the standby, at the guard */
	struct check_set *goal;
	int64_t green_ms; /* wall clock: first of the healthy answers in a row */
};

/* conduct.c */
int conduct_with(struct engine *e, const struct conduct_request *q,
		 const struct conduct_setup *setup, struct conduct_result *out, struct diags *d);
int64_t conduct_wall_ms(const struct conduct *x);
void conduct_tell_story(struct conduct *x);
/* Somebody said no, or a guard did: exit 4. */
void conduct_refuse(struct conduct *x);

/* conduct_begin.c: 0, or -1 with errors; *out says when it is refused. */
int conduct_open(struct conduct *x);
int conduct_lock(struct conduct *x);
/* As it is now that nobody else can write. */
int conduct_look_again(struct conduct *x);
int conduct_prepare(struct conduct *x);
/* Of conduct_prepare: the steps of p, and its parameters. */
int conduct_lay_out(struct conduct *x);
int conduct_start(struct conduct *x);

/* The parameters that it is begun with, as JSON. */
const char *conduct_parameters(struct conduct *x);

/* conduct_recreated.c: 0, or -1 with an error: refused. */
int conduct_check_recreations(struct conduct *x);
/* The one that keeps it from going to this region, as that would say; NULL: none. */
const struct recreation *conduct_recreating(struct conduct *x, const char *region);

/* conduct_primary.c: 0, or -1: refused or declined.  Of a new one. */
int conduct_check_primary(struct conduct *x);
/* conduct_begin.c: it is that of Failover: {Runbook, Failback}. */
bool conduct_is_failover(const struct conduct *x, const char *runbook);

/* conduct_overtaken.c: 0, or -1 with an error: refused.  Of one that is to be gone on with. */
int conduct_check_overtaken(struct conduct *x);

/* conduct_choose.c: the parameters as given, "best" replaced by a healthy region.  NULL with errors
 * when there is none. */
const struct parameter_given *conduct_choose(struct conduct *x);
/* What tells whether a region is healthy: those of Failover, else of the runbook's Objectives. */
const struct manifest_check *const *conduct_region_checks(const struct conduct *x, size_t *count);

/* conduct_give_up.c */
bool conduct_must_give_up(struct conduct *x);
int conduct_give_up(struct conduct *x);

/* conduct_resume.c */
int conduct_restore(struct conduct *x);

/* conduct_wishes.c: conduct_request.asks.  0, or -1 with errors, and nothing is taken. */
int wishes_check(struct conduct *x);
void wishes_take(struct conduct *x);

/* conduct_record.c: data is stolen.  False: it could not be written, and nothing may be begun. */
bool conduct_write(struct conduct *x, enum entry_kind kind, const char *step, json_t *data);
bool step_write(struct step *s, enum entry_kind kind, json_t *data);
json_t *conduct_by(const struct lock_owner *by);
const char *conduct_by_text(struct arena *a, const struct lock_owner *by);
void conduct_sample(struct conduct *x, const struct check_probe *p,
		    const struct check_answer *answer);
/* An ENTRY_CHECK with what was measured. */
void conduct_tell_check(struct conduct *x, const char *step, const struct check_probe *p,
			const struct check_answer *answer);
/* How long its step took before; NULL: never measured. */
const struct duration *conduct_duration(const struct duration_list *all, const char *runbook,
					const char *path);
bool conduct_was_measured(const struct duration_list *all, const char *runbook);
int conduct_load_durations(struct conduct *x);
/* Of a step that has just succeeded: who is killed later has kept it. */
void conduct_put_duration(struct step *s);
/* Strings of it in which secrets occur are masked. */
void conduct_mask(const struct secrets *secrets, json_t *j);

/* conduct_tree.c */
enum tree_way { TREE_GO, TREE_HALT /* nothing new begins */ };
void tree_turn(struct step *container, enum tree_way way);
/* Users stay where they are in an isolated drill, and so does the primary, unless the step says
 * that it may. */
bool conduct_drill_leaves_out(const struct conduct *x, const struct procedure_step *p,
			      const struct step_spec *spec);
bool step_is_container(const struct step *s);
bool step_went_badly(const struct step *s); /* and that is not to be passed over */
/* A driver is at work: not to be interrupted without need. */
bool conduct_is_busy(const struct conduct *x);
/* Calls are out that nobody waits for any more. */
bool conduct_is_draining(const struct conduct *x);
bool conduct_may_begin(const struct conduct *x);
struct step *conduct_step(struct conduct *x, const char *path); /* NULL: there is none */
/* By path, or by a name that only one has. */
struct step *conduct_find(struct conduct *x, const char *path_or_name);

/* conduct_step.c */
void step_begin(struct step *s);
void step_settle(struct step *s); /* its try has said something */
/* Ends the try that goes on: said is not waited for. */
void attempt_end(struct attempt *at, enum step_ended how, const char *reason);
void attempt_refuse(struct attempt *at, const char *reason);
/* Of a step that goes on or is held: it, and all in it. */
void step_stop(struct step *s, const char *reason);
void step_skip(struct step *s, const char *reason, const struct lock_owner *by);
void step_again(struct step *s, const char *reason); /* a failed or held one, as if new */
/* Its try starts from its beginning in the other way. */
void step_restart_ungraceful(struct step *s);
/* A try of undoing it by the driver. */
void step_begin_back(struct step *s);

/* conduct_drive.c */
struct attempt *attempt_new(struct step *s, enum step_direction direction);
void attempt_close(struct attempt *at); /* nothing that comes of it counts any more */
struct errand *errand_rest(struct conduct *x, struct attempt *at, int64_t wait_ms,
			   void (*due)(struct errand *r));
void errand_again(struct errand *r, int64_t wait_ms);
void errand_cancel(struct errand *r); /* accepts NULL */
void errand_event(const struct dispatch_event *ev);
/* Asks these; then `checked`, unless the try is closed before. */
void attempt_ask(struct attempt *at, const struct check_use *uses, size_t count, int64_t bake_ms,
		 void (*checked)(struct attempt *at, enum check_set_end end, const char *why));
struct check_set *conduct_check_set(struct conduct *x, const struct check_listener *l,
				    void *context);
void conduct_add_check(struct conduct *x, struct check_set *set, const struct check_use *use);
const char *conduct_output(void *context, const char *stack, const char *name, const char *region);
void conduct_release(struct conduct *x); /* jobs, tries, sets */

/* conduct_kinds.c: of kinds that no driver has.  Nothing of it needs to be finished before the
 * execution pauses. */
void kind_begin(struct attempt *at);
/* "30s" or a number of seconds. */
bool duration_of(const json_t *j, int64_t *out_ms);
/* Somebody answers an approval: NULL, or why it does not count. */
const char *approval_answer(struct step *s, const struct execution_ask *q);
void approval_look(struct step *s);      /* now and then: whoever sits at the terminal */
void rehearse_begin(struct attempt *at); /* instead of a driver, in a simulated drill */

/* conduct_fence.c */
void fence_begin(struct attempt *at);
void fence_turn(struct step *s, enum tree_way way);
void fence_note(struct conduct *x, const char *region); /* it is fenced from here on */
/* Somebody says that the old primary is off.  NULL, or why that does not count. */
const char *fence_by_person(struct step *s, const struct execution_ask *q);

/* conduct_guard.c */
/* NULL, or why the step may not be begun. */
const char *guard_step(struct step *s, const struct step_spec *spec);
/* NULL, or why it is not left out without a word: it, or a step in it, promotes. */
const char *guard_skip(struct step *s, const struct execution_ask *q);
/* It is tried again, and before it the fences that were left out. */
void guard_again(struct step *s, const char *reason);
/* Before a promotion the old primary is looked for, when its fence is not fresh; one that is back
 * is fenced again, and the step has its turn after that.  Else `then`. */
void guard_look(struct attempt *at, void (*then)(struct attempt *at));

bool step_is_way_back(const struct step *s); /* it, or what it is in, is a Reverse */

/* conduct_regions.c */
/* Asks the other regions before a step that takes something away from the one that is left. */
void regions_ask(struct attempt *at, void (*then)(struct attempt *at, const char *refusal));
void regions_stop(struct attempt *at);

/* conduct_loss.c */
/* Asks for the lag before a step that cuts off the old primary or promotes; `then` goes on. */
void loss_ask(struct attempt *at, void (*then)(struct attempt *at, const char *refusal));
void loss_promoted(struct conduct *x);
/* What an ENTRY_CHECK of an earlier process says of it. */
void loss_heard(struct conduct *x, const json_t *data, int64_t at_ms);
void loss_accept(struct conduct *x, const char *reason, const struct lock_owner *by);

/* conduct_ask.c */
void asks_look(struct conduct *x);
void asks_take(struct conduct *x, const struct execution_ask *q);
void conduct_pause(struct conduct *x, const char *reason, const struct lock_owner *by);
void conduct_abort(struct conduct *x, const char *reason);

/* conduct_back.c */
/* Unless that would leave nobody serving: then it ends so, and all stays as it is. */
void back_or_keep(struct conduct *x, enum execution_status kept, const char *reason);
void back_begin(struct conduct *x, const char *reason);
/* What an abort would undo, and what would stay, in one line; "" when nothing was done. */
const char *back_outlook(struct conduct *x);
void back_turn(struct conduct *x);

/* conduct_keep.c: 0 or -1; nothing when it is no simulated drill. */
int conduct_keep(struct conduct *x);

/* forecast.c */
void conduct_forecast_of(struct arena *a, const struct bound_procedure *b,
			 const struct duration_list *durations, struct conduct_forecast *out);

/* conduct_goal.c */
void goal_begin(struct conduct *x);
/* RPO as it turned out; once.  actual_ms -1: not known. */
void goal_loss(struct conduct *x, int64_t actual_ms, const char *detail);
void goal_end(struct conduct *x, enum execution_status status, const char *reason);

#endif
