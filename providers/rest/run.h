/*
 * run.h - an operation of a definition carried out: its steps in order, waits, and what follows
 * from a failure.
 *
 * run_open (or run_resume, from a token), run_steps, then run_end for what the operation gives when
 * all steps are done, and run_close.  Between steps it looks at the clock and at cancelled().
 *
 * A failure before anything was changed is told with effect NONE: the engine repeats the call.
 * Once the thing exists under an id, what fails in passing is not lost with the call: the run
 * waits (RUN_WAIT) and takes up at the same step in poll(), in this process or the next one.  So a
 * step behind the one that made the thing may be sent twice.
 */
#ifndef PROVIDERS_REST_RUN_H
#define PROVIDERS_REST_RUN_H

#include "providers/rest/call.h"
#include "providers/rest/send.h"

/* How long a new thing may not be seen, and how often one looks. */
#define UNSEEN_MS 120000
#define UNSEEN_WAIT_MS 2000

enum run_kind { RUN_CREATE, RUN_UPDATE, RUN_DELETE, RUN_ACT, RUN_ASK };

enum run_result {
	RUN_DONE,
	RUN_WAIT,  /* run_wait() hands over the token */
	RUN_FAILED /* the call's fault has status and effect */
};

/* Where a run is: what a token keeps. */
struct run_place {
	size_t step, item; /* step_count: all are done, and the thing is to be read */
};

struct run {
	struct rest_call *c;
	const struct operation *op;
	enum run_kind kind;
	const char *name;           /* of the action, in tokens; "" */
	json_t *v;                  /* variables; id, kept and steps change */
	json_t *in;                 /* `.` of request programs */
	json_t *last;               /* answer of the last step */
	json_t *end;                /* what the operation gives, asked with the last answer; NULL */
	struct run_place at, token; /* token: where the poll began */
	bool polled;
	bool begun;             /* the step at hand was begun before: When held then */
	bool changed;           /* by this operation, here or before a wait */
	bool failed;            /* the service says that it went wrong for good */
	int64_t since_ms;       /* wall clock: first wait at this place; 0: none */
	int64_t wait_ms;        /* RUN_WAIT */
	int64_t retry_after_ms; /* that the service asked for; 0 */
};

/* 0, or -1 with a fault. */
int run_open(struct run *x, struct rest_call *c, const struct operation *op, enum run_kind kind);
/* Refuses, before anything is sent, an operation that would need a secret after a wait. */
int run_check_secrets(struct run *x);
void run_close(struct run *x);

enum run_result run_steps(struct run *x);
/* Waits at the place where the run is; RUN_WAIT. */
enum run_result run_pause(struct run *x, int64_t wait_ms);
/* What State, Items or Result of the operation gives; null without one.  New reference, NULL with
 * a fault. */
json_t *run_end(struct run *x);
/* The fault of the call becomes what the engine is to do, given what has been changed. */
enum run_result run_failed(struct run *x);

const char *run_id(const struct run *x);
void run_set_id(struct run *x, const char *id);

/* step.c */
enum step_result { STEP_DONE, STEP_AGAIN, STEP_FAILED };
/* The step at x->at. */
enum step_result step_carry_out(struct run *x, const struct step *step);
/* 0 while the call may go on; -1 with a fault when it is cancelled or out of time. */
int step_may_go_on(struct run *x);

/* token.c */
/* Hands it over; HD_PENDING. */
int token_give(struct run *x);
/* Fills the call from a token (id, what was wanted) and *x from it; x->op stays to be set.  0, or
 * -1 with a fault. */
struct token {
	enum run_kind kind;
	const char *name;
	json_t *json; /* borrowed by run_resume */
};
int token_read(struct rest_call *c, struct hd_span text, struct token *out);
/* As run_open, at the place of the token. */
int run_resume(struct run *x, struct rest_call *c, const struct operation *op,
	       const struct token *token);

#endif
