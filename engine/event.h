/*
 * event.h - what observers are told while the engine runs.  The engine prints nothing.
 *
 * Events come from the coordinator thread, in order.  Pointers are borrowed for the
 * duration of the call.
 */
#ifndef ENGINE_EVENT_H
#define ENGINE_EVENT_H

#include "base/diag.h"
#include "engine/address.h"

struct plan;

enum event_kind {
	EVENT_LOCK_WAIT,       /* text: who holds it */
	EVENT_RECOVERING,      /* addr: an operation of an earlier run is looked after */
	EVENT_RECOVERED,       /* text: what became of it */
	EVENT_REFRESH_STARTED, /* total */
	EVENT_REFRESHED,       /* addr; done of total */
	EVENT_PLANNED,         /* plan */
	EVENT_APPLY_STARTED,   /* total */
	EVENT_STARTED,         /* addr, action */
	EVENT_PROGRESS,        /* addr, text: what the provider says */
	EVENT_WAITING,         /* addr: accepted, polled until it is done */
	EVENT_RETRY,           /* addr, attempt, attempt_max, wait_ms, text: why */
	EVENT_SLOW,            /* addr, action, elapsed_ms, usual_ms: slower than usual */
	EVENT_SUCCEEDED,       /* addr, action, elapsed_ms */
	EVENT_FAILED,          /* addr, action, elapsed_ms; its diagnostics come at the end */
	EVENT_LEFT_OPEN,       /* addr, action: nobody knows yet; the next run asks first */
	EVENT_SKIPPED,         /* addr, action: something it needs failed or the run was stopped */
	EVENT_BREAKER_OPEN,    /* endpoint: does not answer; others wait for a probe */
	EVENT_BREAKER_CLOSED,
	EVENT_WAVE, /* instance.stack, wave: its first instance may start; total: members */
	EVENT_INSTANCE_STARTED, /* instance, wave; done of total members of the rollout are over */
	EVENT_INSTANCE_ENDED,   /* instance, wave, text: "SUCCEEDED", "FAILED", "SKIPPED",
				   "CANCELLED"; done of total */
	EVENT_BAKING,           /* instance.stack, wave, wait_ms: before the next wave starts */
	EVENT_CHECK,            /* instance (its region), text: a health check changed its mind;
				   total: of a healthy one, as of INSTANCE_ENDED */
	EVENT_GATE,             /* instance, or its stack alone: text: "passed", or why not */
	EVENT_ROLLING_BACK,     /* total: instances that go back after a failure */
	EVENT_CANCELLING,       /* text: first or second interrupt */
	EVENT_JOURNAL,          /* entry of the runbook's execution, once it is recorded */
	EVENT_RECALLED, /* entry of an execution that is gone on with, from before: no news */
	EVENT_FINISHED  /* counts in done/total */
};

struct journal_entry; /* runbook/journal.h */

struct event {
	enum event_kind kind;
	const struct address *addr;         /* or NULL */
	const struct instance_id *instance; /* of a rollout; else NULL */
	const char *wave;                   /* its name; NULL: there is one */
	const char *type;                   /* resource type or NULL */
	const char *action;      /* "create", "update", "replace", "delete", "read", "none" (an
				       update that turned out to be none) or NULL */
	const char *text;        /* masked; or NULL */
	const char *endpoint;    /* or NULL */
	const struct plan *plan; /* EVENT_PLANNED */
	const struct journal_entry *entry; /* EVENT_JOURNAL, EVENT_RECALLED */
	const char *execution;             /* its id; of the events of an Apply step too; or NULL */
	const char *step;                  /* path of the step whose Apply it comes from; or NULL */
	int64_t elapsed_ms, wait_ms;
	int64_t usual_ms; /* EVENT_SLOW: what 95 of 100 took at most */
	int64_t wall_ms;  /* when */
	int attempt;      /* the one that will follow; the first one is 1 */
	int attempt_max;  /* 0: until the operation's deadline */
	size_t done, total;
};

struct observer {
	void (*event)(struct observer *o, const struct event *e);
};

const char *event_kind_name(enum event_kind k); /* "started": the JSON stream's word */

#endif
