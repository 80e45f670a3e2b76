/*
 * watch.h - `hadeploy watch`: asks the checks of the manifest's Watch again and again, and starts
 * the runbook of an entry when its region is certainly out of order.
 *
 * rule.h has the decisions.  One watch of a project acts at a time: it holds a lock, and others
 * stand by until it is free.  An execution that a watch began, and that lost its process, is gone
 * on with.  What was seen is recorded, so that a restart counts on.
 */
#ifndef ENGINE_WATCH_WATCH_H
#define ENGINE_WATCH_WATCH_H

#include "engine/runbook/journal.h"
#include "engine/watch/rule.h"

struct engine;

enum watch_event_kind {
	WATCH_STANDS_BY,  /* another one acts: text says who */
	WATCH_ACTS,       /* the lock is its own */
	WATCH_LOST,       /* somebody took the lock over */
	WATCH_STANDING,   /* an entry stands otherwise than before */
	WATCH_HOLDS,      /* an entry is due, and `hold` speaks against its runbook */
	WATCH_STARTS,     /* it begins an execution */
	WATCH_RESUMES,    /* it goes on with one */
	WATCH_ENDS,       /* text: how that ended; diags */
	WATCH_BROKEN,     /* the project was changed and is broken: text, diags */
	WATCH_READ,       /* a new version of it is watched from here on */
	WATCH_GIVES_UP,   /* it ends an execution that nobody runs, to begin its own */
	WATCH_BLOCKED,    /* an execution keeps it from acting: text is how that stands; diags */
	WATCH_FREE,       /* and that is over: text is how it ended */
	WATCH_UNWRITABLE, /* nothing can be recorded: text, diags */
	WATCH_WRITABLE,   /* it can again */
	WATCH_UNREADY,    /* the runbook of an entry would be refused: text, diags */
	WATCH_READY       /* and now it would not */
};
#define WATCH_EVENT_COUNT (WATCH_READY + 1)
const char *watch_event_name(enum watch_event_kind k); /* "stands-by" */

struct watch_event {
	enum watch_event_kind kind;
	int64_t at_ms;                      /* wall clock */
	const struct manifest_watch *watch; /* NULL: of no entry */
	enum standing standing;
	enum hold hold;
	int64_t since_ms;      /* of an outage; 0 */
	int64_t until_ms;      /* of a hold; 0: nobody knows */
	const char *text;      /* "" */
	const char *runbook;   /* NULL */
	const char *execution; /* its id; NULL */
	struct diags *diags;   /* more about it; NULL */
};

enum watch_mode {
	WATCH_ON,  /* until the user asks to stop */
	WATCH_ONCE /* until every entry is certain, and what is due was done */
};
struct watch_request {
	enum watch_mode mode;
	const char *const *names; /* of entries; none: all */
	size_t name_count;
	const char *request; /* JSON array: the command line */
	void (*tell)(void *context, const struct watch_event *ev);
	void *context;
};
struct watch_result {
	bool stopped;     /* the user asked */
	bool interrupted; /* an execution was */
	bool busy;        /* WATCH_ONCE: another watch acts */
	size_t unwell;    /* entries that are not healthy */
	bool executed;
	bool refused;                 /* the last execution was */
	enum execution_status status; /* of the last one */
};

/* 0, or -1 with errors: nothing is to be watched, a name or a check does not fit, the state
 * cannot be written. */
int engine_watch(struct engine *e, const struct watch_request *q, struct watch_result *out,
		 struct diags *d);

#endif
