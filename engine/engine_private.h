/*
 * engine_private.h - what the files that implement engine.h share: the engine itself and
 * the few steps every request starts with.
 *
 * engine.c opens and closes; run.c plans and runs; status.c answers from what is recorded.
 * Nobody outside engine/ includes this.
 */
#ifndef ENGINE_ENGINE_PRIVATE_H
#define ENGINE_ENGINE_PRIVATE_H

#include "engine/call.h"
#include "engine/engine.h"
#include "engine/recreation.h"

struct history;
struct mirror;
struct outside;
struct sessions;
struct simulation;

/* What tests replace: how the coordinator passes the time when no call is out. */
struct engine_idle {
	/* Instead of waiting wait_ms (-1: for ever); a test moves its clock.  NULL: poll(). */
	void (*pass)(void *context, int64_t wait_ms);
	void *context;
};

struct engine {
	struct engine_options options; /* as given; clock is never NULL, parallelism never 0 */
	struct arena *arena;           /* plans, rows and whatever lives until engine_close */
	struct project *project;       /* selection only; documents once evaluated is true */
	bool evaluated;
	enum project_purpose purpose; /* of that evaluation */
	/* What holds, and what begins with the run (recreate.h). */
	struct recreation_list recreations;
	const struct recreation *recreation; /* the one that was asked for; NULL */
	bool recreating;                     /* it is not recorded yet */
	struct state *state;                 /* NULL until engine_state */
	enum state_open_mode state_mode;
	struct mirror *mirror;         /* follows `state`; NULL */
	size_t mirror_plans;           /* that were told to it as intended */
	struct outside *outside;       /* what templates take from outside of themselves */
	struct simulation *simulation; /* NULL: the world is real */
	struct sessions *sessions;     /* opened one by one when first needed */
	struct engine_idle idle;
	/* Copies that recovery saw to their end: "ADDRESS\nDEPOSED" to id, in the arena. */
	struct map snapshots;
	int64_t renew_ms;         /* monotonic: when the locks of a run are to be renewed */
	struct history *history;  /* of the run that is going on (history.h); NULL */
	char run_id[RUN_ID_SIZE]; /* of the run that waits for its turn, or comes; "" */
	int asked;                /* as interrupts, by way of the recorded state */
	const char *asked_by;     /* who; in the arena */
};

/*
 * The recorded state, opened on first use and kept until engine_close.  Asking for
 * STATE_WRITE after STATE_READ opens it again.  NULL on failure.
 */
struct state *engine_state(struct engine *e, enum state_open_mode mode, struct diags *d);
/* Evaluates the documents once, with nothing known of what exists.  0 or -1. */
int engine_evaluate(struct engine *e, enum project_purpose purpose, struct diags *d);
/* The selection names this instance (recorded ones too; the manifest is not asked). */
bool engine_selects(const struct engine *e, const struct instance_id *id);

/* What is recorded of the selection, in the arena given, sorted. */
struct recorded {
	struct record_list records;
	struct operation_list operations; /* without END */
	struct instance_list instances;
	/* Of these something is recorded that is not in the lists: it moves aside. */
	const struct instance_id *hidden;
	size_t hidden_count, hidden_records, hidden_operations;
};
int engine_load(struct engine *e, struct arena *a, struct recorded *out, struct diags *d);

/* planner_input.refine: asks the provider's plan() through a session of the engine's, without
 * any connection; context is the struct engine. */
struct refine_request;
struct refinement;
int engine_refine(void *context, const struct refine_request *q, struct arena *a,
		  struct refinement *out, struct diags *d);

/* What is around every call of the engine's; a caller adds what is its own. */
struct call_context engine_call_context(const struct engine *e);

/* Tells the observer, if there is one; fills in wall_ms. */
void engine_tell(struct engine *e, struct event ev);
/* How often somebody asked to stop, here or from another process. */
int engine_interrupts(const struct engine *e);

#endif
