/*
 * driver.h - what carries out one kind of step, and what the conductor (conduct.h) does for it.
 *
 * A driver is a table; driver_of gives that of a kind.  The conductor calls begin when the step's
 * turn has come and its Before checks are healthy; the driver starts jobs (dispatch.h), remembers
 * what it must know after a crash, and says step_over once.  Timeouts, retries, Before and After,
 * OnFailure and requests from other terminals are the conductor's.  All on the coordinator's
 * thread; nothing here waits.
 */
#ifndef ENGINE_RUNBOOK_DRIVER_H
#define ENGINE_RUNBOOK_DRIVER_H

#include "engine/dispatch.h"
#include "engine/runbook/journal.h"
#include "engine/runbook/runbook.h"

struct conduct; /* one execution, going on */

enum step_direction { STEP_FORWARD, STEP_BACK };

struct step_run {
	struct conduct *x;
	size_t index; /* in the procedure */
	const struct procedure_step *step;
	const struct step_spec *spec;
	enum step_direction direction;
	const char *key;      /* idempotency key of this attempt (hex); the same after a crash */
	const json_t *memory; /* what step_remember wrote in an earlier process; NULL: nothing */
	/* What the step had remembered when it was done, or when an earlier try failed; NULL. */
	const json_t *done;
	struct arena *arena; /* as long as the attempt */
	void *own;           /* the driver's */
};

struct step_driver {
	/* May say step_over at once.  After a crash with what was remembered: it must find out
	 * what became of it, not do it twice. */
	void (*begin)(struct step_run *s);
	/* One of its jobs: DISPATCH_ENDED, DISPATCH_DUE or DISPATCH_PROGRESS. */
	void (*event)(struct step_run *s, struct job *j, const struct dispatch_event *ev);
	/* Timeout, skip or abort: withdraws what waits, asks what runs to end.  step_over is not
	 * waited for; jobs still out are the conductor's from here on. */
	void (*stop)(struct step_run *s);
	/* begin with STEP_BACK undoes what the step did (Traffic, Apply); false: only a `Reverse:`
	 * can. */
	bool undoes;
};
const struct step_driver *driver_of(enum step_kind k); /* NULL: the conductor's own kind */

/* --- what the conductor does for drivers --------------------------------------------------- */

struct engine *step_engine(const struct step_run *s);
struct dispatch *step_dispatch(const struct step_run *s);
const struct manifest *step_manifest(const struct step_run *s);
/* Its id, runbook and kind. */
const struct execution_row *step_execution(const struct step_run *s);
/* Why the manifest's Policy of versions does not hold for it; NULL: it holds. */
const char *step_policy_reason(const struct step_run *s);
/* The execution's: errors, warnings and notes that are no reason for anything. */
struct diags *step_diags(const struct step_run *s);
/* An output of a stack's instance in a region, as it was recorded; NULL: there is none. */
const char *step_output(const struct step_run *s, const char *stack, const char *name,
			const char *region);

/* A call to a provider in a region ("" : none in particular), enrolled and ready for
 * dispatch_call; its events come to `event`.  call's kind, texts and deadline are the driver's to
 * fill in.  NULL, after step_over(STEP_ENDED_FAILED), when the provider cannot be had. */
struct step_place {
	const char *provider, *region, *account; /* account "-": none */
	const char *endpoint;                    /* a host, for breakers; "" */
};
struct job *step_job(struct step_run *s, const struct step_place *place);
/* A job that only rests (dispatch_rest). */
struct job *step_timer(struct step_run *s);

/* On disk when it returns 0; -1: nothing may be begun. Replaces what was remembered before. */
int step_remember(struct step_run *s, const json_t *memory);
/* For observers and the journal; text is masked. */
void step_progress(struct step_run *s, const char *text);

enum step_ended { STEP_ENDED_WELL_DONE, STEP_ENDED_FAILED };
/* result: JSON object for !GetAtt, stolen; may be NULL.  reason: one line, masked. */
void step_over(struct step_run *s, enum step_ended how, json_t *result, const char *reason);
/* The first error of an outcome as the reason, and its diagnostics to the execution's. */
void step_over_outcome(struct step_run *s, const struct outcome *o);

/* In a rehearsal: how long the step took in the world before; 0: never measured. */
int64_t step_rehearsed_ms(const struct step_run *s);

/* What goes on behind `stop` (a thread): end(own) waits for it, once, on the coordinator's thread
 * before engine_conduct returns.  own is not in s->arena. */
void step_outlives(struct step_run *s, void (*end)(void *own), void *own);

/* Whether a fence of this execution keeps the region from serving. */
bool step_is_fenced(const struct step_run *s, const char *region);

/* Gates within a step (Traffic): asks these checks until they are certain. */
void step_checks(struct step_run *s, const struct check_use *uses, size_t count, int64_t bake_ms,
		 void (*over)(struct step_run *s, bool healthy, const char *why));

#endif
