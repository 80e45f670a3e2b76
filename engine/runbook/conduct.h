/*
 * conduct.h - an execution of a runbook: engine_conduct runs it from its first event to its
 * last, or goes on where another process left it.
 *
 * The coordinator's loop for runbooks: steps in order, each in exactly one state, every event in
 * the journal before what it announces, requests of other terminals looked at several times a
 * second.  Holds the lock of executions; Apply steps take the locks of their instances
 * themselves.
 */
#ifndef ENGINE_RUNBOOK_CONDUCT_H
#define ENGINE_RUNBOOK_CONDUCT_H

#include "engine/runbook/journal.h"
#include "engine/runbook/runbook.h"

struct engine;

struct conduct_request {
	const char *runbook;
	const struct parameter_given *parameters;
	size_t parameter_count;
	enum execution_kind kind;
	enum step_grace grace;
	const char *resume; /* id of an execution to go on with; NULL: a new one */
	/* Of `resume`: it is gone on with only to be aborted, as this asks.  NULL: it is not. */
	const struct execution_ask *abort;
	/* Of `resume`: skip and retry of steps, ungraceful of all that follow; refused as a whole,
	 * and nothing begun, when one does not fit. */
	const struct execution_ask *asks;
	size_t ask_count;
	int64_t since_ms;     /* wall clock: when the outage began; 0: now */
	const char *detected; /* what detected it: "check shop of east: ..."; NULL: nobody */
	const char *reason;   /* why it is run; may be NULL */
	const char *accept_data_loss; /* reason; NULL: it is not accepted */
	/* Why it is begun although steps of it are known to fail; NULL: then it is refused. */
	const char *override_blockers;
	/* Why its Apply steps may deploy what the manifest's Policy does not allow; NULL: they may
	 * not. */
	const char *override_policy;
	/* Why it is gone on with although a later execution has overtaken it; NULL: it is not. */
	const char *override_execution;
	const char *const *approve; /* paths or names approved beforehand */
	size_t approve_count;
	bool strict;          /* a missed objective is exit 4 */
	bool hold_on_failure; /* a failed step pauses for skip or retry instead of ending the
				 execution: on a terminal */
	const char *request;  /* JSON array: the command line */
	/* Called now and then while approval is awaited on a terminal; nonzero: *out is filled with
	 * what the person said.  NULL: nobody is there. */
	int (*ask)(void *context, const struct step_story *step, const char *message,
		   const char *confirm, struct execution_ask *out);
	/* Called once before its first event when something was found that it goes on without: the
	 * diagnostics say so by then, and may be shown and released.  May be NULL. */
	void (*begins)(void *context);
	/* Asks before the first step whether something is meant; NULL: nobody is there. */
	bool (*confirm)(void *context, const char *question);
	/* Called several times a second as long as it runs; may be NULL. */
	void (*tick)(void *context);
	void *context;
};

struct conduct_result {
	struct execution_story story; /* as it ended, in the engine's arena; empty: not begun */
	bool declined, interrupted, refused;
	int64_t overhead_ms; /* of the time from start to end what no step, wait or check took */
};

/* 0: COMPLETED; -1 otherwise, with errors; *out says how it ended.  The engine's exit code is
 * cli/'s to choose from the status. */
int engine_conduct(struct engine *e, const struct conduct_request *q, struct conduct_result *out,
		   struct diags *d);

/* What it would take, from recorded durations along the critical path; 0: never measured. */
struct conduct_forecast {
	int64_t p50_ms, p95_ms;
	size_t measured, steps;      /* so many of so many steps were measured */
	const char *const *critical; /* paths of the steps that decide it */
	size_t critical_count;
};
int engine_forecast(struct engine *e, const struct bound_procedure *b, struct conduct_forecast *out,
		    struct diags *d);

/* Of a runbook with an RTO, in the slowest of its directions. */
struct runbook_forecast {
	const char *name;
	const char *from, *to; /* NULL: it has no such parameters */
	struct conduct_forecast time;
	int64_t rto_ms;
};
struct runbook_forecast_list {
	const struct runbook_forecast *items;
	size_t count;
};
/* Of every runbook that has an RTO and was tried; a warning of each that would miss it.  Cheap
 * where there is none.  0, or -1 with errors. */
int engine_forecasts(struct engine *e, struct runbook_forecast_list *out, struct diags *d);
/* 5 of 100 executions would miss the objective. */
bool runbook_forecast_is_late(const struct runbook_forecast *r);

#endif
