/*
 * executor.h - runs a plan, or brings operations of an earlier run to their end.
 *
 * The coordinator's loop: takes steps from the walk, commits BEGIN, has workers call the
 * provider, commits PENDING and END, and only then lets others start.  Edits that come
 * together are committed together.  Needs the state open for writing and the locks of all
 * instances concerned.
 */
#ifndef ENGINE_EXECUTOR_H
#define ENGINE_EXECUTOR_H

#include "engine/engine_private.h"
#include "engine/planner.h"
#include "engine/result.h"

struct known;

/* What a refresh saw, for what is called "recorded" when a provider is asked; and what a
 * failure stops. */
struct executor_observed {
	const struct record_list *records;
	const struct observation *items; /* parallel to records; NULL: not refreshed */
	/* By instance of the plan: after a failure nothing more of it starts, unless it was in the
	 * cleanup.  NULL: whatever does not depend on the failure goes on. */
	const bool *halting;
	/* By instance: what is recorded of it when it is its turn in a rollout.  NULL: nothing. */
	const struct instance_record *const *turns;
	bool heeds_freezes; /* freeze windows hold where a wave starts */
};

enum change_end {
	CHANGE_NOTHING, /* ACTION_NONE, or an update that turned out to be none */
	CHANGE_DONE,
	CHANGE_UPDATED, /* a replacement that was not needed in the end: updated in place */
	CHANGE_FAILED,
	CHANGE_OPEN, /* its operation has no END: the next run asks what became of it */
	CHANGE_SKIPPED
};

struct execution {
	enum change_end *ends; /* by change; in the plan's arena */
	struct known *known;   /* what is certain now; known_free */
	/* By instance: of the halting ones those that shall go back. */
	bool *halted;
	/* By instance: all that was wanted of it is there, and something was; at most what is to
	 * go is not gone. */
	bool *reached;
	/* By instance of the plan: how it ended; PENDING: it had nothing to do. */
	enum member_state *members;
	/* By instance: what was recorded of how it fared; status NULL: nothing. */
	struct instance_result *results;
	/* By instance: it was its turn; false: nothing of it was touched. */
	bool *begun;
	/* By rollout of the plan: what stopped it, and where (rollout.h). */
	enum rollout_fault *faults;
	size_t *fault_at;
	bool interrupted;
	bool refused;  /* a gate, a freeze or MinHealthyRegions said no before anything began */
	bool writable; /* false: locks lost or the disk full, nothing more may be written */
};

/* run_freeze.c: until when a freeze window holds, and what to do about it. */
void run_freeze_detail(struct diags *d, struct diag *g, const char *region, int64_t until_ms);

/* By instance of the plan: it takes part in a rollout. */
const bool *executor_members(struct arena *a, const struct plan *p);

/* 0 when everything was done; -1 with errors (or interrupted). */
int executor_run(struct engine *e, const struct plan *plan,
		 const struct executor_observed *observed, struct execution *out, struct diags *d);

/*
 * Brings every open operation to its end (DESIGN section 5 rule 2): with a token by
 * polling, without by asking what is there.  0 when nothing is open any more.
 */
int executor_recover(struct engine *e, const struct recorded *recorded, struct diags *d);

#endif
