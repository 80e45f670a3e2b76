/*
 * driver_call.h - one act of a provider on behalf of a step: called, polled while it is pending,
 * and asked again with the same key while nobody knows what became of it.
 *
 * Fill in a struct step_act, step_act_begin, then give it every event of its job until
 * step_act_event says that it is over.  Nothing here is remembered: that is the driver's.
 */
#ifndef ENGINE_RUNBOOK_DRIVER_CALL_H
#define ENGINE_RUNBOOK_DRIVER_CALL_H

#include "engine/runbook/driver.h"

/* Of a result that goes into the journal. */
#define STEP_OUTPUT_LEN ((size_t)4096) /* bytes of one text, their end */

struct step_act {
	struct step_run *s;
	const char *action, *args; /* JSON */
	const char *type;          /* "PowerDNS::Route"; NULL: none */
	const char *key;           /* the same after a crash */
	const char *endpoint;      /* for messages; NULL */
	const char *token;         /* pending since an earlier process; NULL: it is to be begun */
	struct job *job;           /* step_act_prepare's, unless there is one of another act */
	bool tried;                /* once more because nobody knew what became of it */
	bool over;
};

enum act_step {
	ACT_GOES_ON,
	ACT_PENDING, /* goes on; `token` is new and to be remembered */
	ACT_DONE,    /* the outcome is in job->work.outcome */
	ACT_FAILED   /* the same; with an error */
};

/* Its job, without calling yet.  -1 after step_over: its provider cannot be had or cannot act. */
int step_act_prepare(struct step_act *a, const struct step_place *place);
void step_act_begin(struct step_act *a);
/* An event of its job. */
enum act_step step_act_event(struct step_act *a, const struct dispatch_event *ev);
/* It is not waited for any more: what was not called yet will not be. */
void step_act_stop(struct step_act *a);

/* Takes back a job that waits; nothing when it is calling. */
void step_withdraw(struct step_run *s, struct job *j);
/* step_over(STEP_ENDED_FAILED) with a reason made like printf's. */
void step_fail(struct step_run *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* "NAME: REASON" of the outcome (outcome_reason), in the step's arena; name "" leaves it out. */
const char *step_reason(const struct step_run *s, const char *name, const struct outcome *o);
/* The result as a JSON object, new reference; {} when there is none.  Secrets of the step are
 * masked in its texts, and of long ones the end is there. */
json_t *step_result(const struct step_run *s, const struct outcome *o);
/* A key of one part of the step: the same for the same part and attempt. */
const char *step_part_key(const struct step_run *s, const char *part);
/* A parameter of an Apply step as a command line would give it. */
const char *step_given_text(struct arena *a, const json_t *value);
/* Copies the members of `from` named here into a new object. */
json_t *step_pick(const json_t *from, const char *const *names, size_t count);

#endif
