/*
 * readiness_parts.h - what the files behind readiness.h share.
 *
 *	readiness.c    findings, score, directions, a world that notices what is asked of it
 *	dependence.c   what lies in the region that is lost
 *	gaps.c         what nobody fences, gates, measures; what the standby lacks
 *	ready_state.c  what recorded state tells
 *	ready_recreated.c  regions whose stacks are elsewhere, what was set aside of them
 *	ready_begin.c  what an execution begun now would be refused for
 *	ready_routes.c whether the services of its routes answer
 *	ready_live.c   what checks and hosts say now
 *	ready_fence.c  whether fences would believe their checks
 */
#ifndef ENGINE_RUNBOOK_READINESS_PARTS_H
#define ENGINE_RUNBOOK_READINESS_PARTS_H

#include "engine/recreation.h"
#include "engine/runbook/readiness.h"

/* One step as it is run when From is lost. */
struct lost_step {
	const struct procedure_step *p;
	const struct step_spec *spec; /* NULL: it, or what it is in, is not run */
	bool soft;                    /* it, or what it is in, may fail */
	const char *who;              /* "step 4 'drain'" */
};

/* What an expression took of another stack instance while a step was worked out. */
struct taken_output {
	const char *stack, *name, *region;
	size_t step; /* STEP_TOP: before any */
};

struct readiness_walk {
	struct readiness *r;
	const struct readiness_question *q;
	const struct procedure *p;
	const struct manifest_region *from, *to; /* NULL: it has no such parameters */
	struct lost_step *steps;                 /* as procedure.steps */
	size_t now;                              /* the step that is worked out */
	struct {
		VEC_OF(struct taken_output)
	} taken;
};

/* Adds one; the same code with the same words is there once.  what and todo are in the arena or
 * static. */
void finding_add(struct readiness *r, const struct finding *f);

void dependence_find(struct readiness_walk *w);
void gaps_find(struct readiness_walk *w);
/* ready_recreated.c */
struct recreated_look {
	const struct recreation_list *all;
	const struct record_list *aside;
	int64_t now_ms; /* wall clock */
};
void recreated_find(const struct recreated_look *l, struct readiness *r);
/* "3 days", "2m12s" */
const char *readiness_age(struct arena *a, int64_t ms);
/* ready_begin.c: as preflight.h knows it, run either way. */
void begin_find(struct engine *e, struct readiness *r);
struct preflight_question;
/* As an ungraceful execution would be begun. */
void begin_question(struct engine *e, const struct readiness *r, struct preflight_question *out);
/* ready_routes.c: routes of Traffic steps are asked for their weights; those that lie in the region
 * that is left are not. */
void routes_find(struct engine *e, struct readiness *r);

/* Asks the checks of fences where they are asked: blockers and warnings; 0 or -1. */
int ready_fences(struct engine *e, struct readiness *r, struct diags *d);

/* The host or the AWS region that the text names, when it lies in that region; NULL. */
const char *region_named_in(const struct manifest_region *r, struct text t);

#endif
