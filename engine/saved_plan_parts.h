/*
 * saved_plan_parts.h - what the files behind saved_plan.h share.
 *
 *	saved_plan.c        the file: written, read, sealed
 *	saved_plan_basis.c  what a plan is made from, as digests
 *	saved_plan_check.c  what of that is different now
 *	saved_plan_rollout.c  how it goes over the targets
 */
#ifndef ENGINE_SAVED_PLAN_PARTS_H
#define ENGINE_SAVED_PLAN_PARTS_H

#include "engine/run_parts.h"

struct saved_plan {
	struct arena *arena;
	const char *path;
	json_t *head; /* all but the lines: header, made_from, shown */
	struct str bytes;
	struct text lines; /* in bytes */
};

/* Bounds of files that are digested once more. */
void saved_plan_digest_source(const struct source *src, char out[65]);

/* What is known before anything is evaluated: {"program", "manifest", "files", "parameters",
 * "commits"}.  Needs the recorded state, for the salt.  New reference. */
json_t *basis_inputs(struct engine *e);
/* {"ssh": "ssh 0.1.0"}: of the entries named; those that are gone are left out. */
json_t *basis_providers(const struct project *p, const json_t *names);
/* The entries that the plan uses. */
json_t *basis_used_providers(const struct plan *p);
/* Fingerprint by instance; NULL with errors. */
json_t *basis_state(struct run *r);
/* What of the world went into the plan, by instance; only those where something differs. */
json_t *basis_world(const struct plan *p);
/* Of the whole plan: what is done, to what, why, and with which values. */
void basis_plan(const struct plan *p, char out[65]);

/* All of it, as canonical JSON in the engine's arena; NULL with errors. */
const char *saved_plan_made_from(struct run *r);

/* What the command line said of rollouts.  New reference. */
json_t *saved_rollout_json(const struct run_request *q);
/* The same into `out`; an on_failure that is there already is stronger. */
void saved_rollout_read(const struct saved_plan *s, struct run_request *out);
/* What there is of a rollout, as text to be digested. */
void basis_rollout(const struct stack_rollout *r, struct str *out);

/* In this order.  Each 0, or -1 with an error for each thing that differs. */
int saved_plan_check_inputs(struct engine *e, const struct saved_plan *s, struct diags *d);
int saved_plan_check_state(struct run *r, const struct saved_plan *s);
int saved_plan_check_plan(struct run *r, const struct saved_plan *s);

#endif
