/*
 * executor_build.h - a plan becomes a walk: executor_plan.c makes the steps and tasks,
 * executor_order.c the edges between them; estimate.c makes the same steps without tasks.
 *
 * A change has three steps, often the same: its entry waits for what the change needs; once
 * its core is done others may use the resource; its tail ends the change.  A replacement
 * that creates first has the delete of the old one as its tail, which waits until those that
 * used the old one have moved.  Changes of ACTION_NONE are gates: order passes through them.
 */
#ifndef ENGINE_EXECUTOR_BUILD_H
#define ENGINE_EXECUTOR_BUILD_H

#include "engine/executor_parts.h"

struct change_steps {
	size_t entry, core, tail;
};

struct building {
	struct executor *x;
	const struct plan *plan;
	struct walk *walk;
	struct change_steps *steps; /* by change */
	const bool *members;        /* by instance: it gets a door; NULL: none does */
	struct task *next;          /* of x->tasks */
	size_t typical_ms;          /* of a change of which nothing is known */
	/* Edges that only keep a good order: left out when they would close a circle. */
	bool strict_only;
};

/* executor_order.c: all edges, once every change has its steps. */
void executor_order(struct building *b);

/* What its calls are expected to take, by what is known of the change or of others. */
size_t plan_mean_ms(const struct plan *p);
void executor_weigh(struct building *b, const struct change *c, size_t step);

/* Kinds of change. */
bool change_retains_old(const struct change *c);   /* the old one of a replacement stays */
bool change_creates_first(const struct change *c); /* a replacement whose old one goes later */
bool change_deletes_first(const struct change *c); /* a replacement whose old one goes before */
bool change_removes(const struct change *c);       /* nothing of it is wanted any more */
/* Something may be deleted, so that what others hold counts. */
bool plan_takes_away(const struct plan *p);

#endif
