/*
 * run_parts.h - what the files behind engine_plan and engine_run share.
 *
 *	run.c         the requests, from locks to unlock
 *	run_plan.c    what is recorded, seen and wanted to a plan
 *	run_moved.c   logical ids that the template has changed
 *	run_settle.c  what is recorded of instances, before and after
 */
#ifndef ENGINE_RUN_PARTS_H
#define ENGINE_RUN_PARTS_H

#include "engine/executor.h"
#include "engine/refresh.h"

struct run {
	struct engine *e;
	struct diags *d;
	struct recorded recorded;
	struct observation *observations; /* parallel to recorded.records; NULL */
	const struct plan *plan;
	bool unread;         /* something could not be read */
	bool refused;        /* the plan has changes that are forbidden: it is only shown */
	int64_t thinking_ms; /* how long the question about the plan took */
};

/* Every instance that the selection has to do with, sorted. */
const struct instance_id *run_instances(const struct run *r, size_t *count);
/* observations according to `refresh`; tainted records are read in any case. */
int run_observe(struct run *r, enum run_refresh refresh);
int run_make_plan(struct run *r, const struct run_request *q);

/* Records get the logical ids that the plan has for them.  0 or -1. */
int run_move_records(struct run *r);
/* Marks the instances about to be changed.  0 or -1. */
int run_mark_applying(struct run *r);
/* Instance records, unchanged resources' observations.  x NULL: the plan was empty. */
int run_settle(struct run *r, const struct execution *x);
/* How the changes of one instance ended. */
enum run_instance_end { INSTANCE_CURRENT, INSTANCE_FAILED, INSTANCE_INCOMPLETE };
enum run_instance_end run_instance_end(const struct instance_plan *p, const struct execution *x);

#endif
