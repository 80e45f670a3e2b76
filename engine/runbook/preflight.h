/*
 * preflight.h - what every step of an execution will need and what can be known without changing
 * or asking anything: looked at before the first step, so that no failover stops half way for
 * something that was known before it began.
 *
 * Only what is certain to fail counts.  Not looked at: steps that are not run in this way, what a
 * result that is not there yet decides, what an earlier Apply of the same execution may make, and
 * in an ungraceful one checks of the region that is left.  What the execution can go on without -
 * steps that may fail, ways to fence, bodies of Reverse, another form of a step - is told, and
 * refuses nothing.
 */
#ifndef ENGINE_RUNBOOK_PREFLIGHT_H
#define ENGINE_RUNBOOK_PREFLIGHT_H

#include "engine/runbook/conduct_parts.h"

/* A step that cannot work. */
struct blocker {
	const struct procedure_step *step;
	const char *why;    /* one line */
	const char *todo;   /* "" */
	const char *spared; /* a sentence: why the execution goes on without it; NULL: it cannot */
	bool here;          /* a variable or a file of this machine is not there */
};

struct look;

struct preflight {
	struct conduct *x;
	struct arena *a;
	enum step_grace grace; /* of a new execution */
	struct look *looks;    /* by step */
	struct recorded recorded;
	bool loaded;
	bool read;         /* the project as it lies there now: */
	const char *fault; /* what is wrong with it; NULL: nothing */
	struct {
		VEC_OF(struct blocker)
	} found;
	struct diags said; /* what is behind the blockers */
};

/* 0; or -1, refused with errors: some step that is to come cannot work, and nobody said why that
 * does not matter (conduct_request.override_blockers). */
int conduct_preflight(struct conduct *x);

/* preflight_back.c: the same of one that goes back: what bodies of Reverse refer to is there. */
int preflight_back(struct conduct *x);

/* What an execution begun now would be told, without a lock or an entry of a journal.  0, or -1
 * with errors: it could not be begun at all; *out is what was found all the same. */
struct preflight_question {
	struct engine *e;
	struct arena *a;
	const struct procedure *procedure;
	struct given_list given; /* its parameters */
	enum step_grace grace;
};
int preflight_look(const struct preflight_question *q, struct preflight *out, struct diags *d);
/* Such an execution, for its steps and what they know of the world.  NULL with errors. */
struct conduct *preflight_conduct(const struct preflight_question *q, struct diags *d);

/* preflight_apply.c: what an Apply step will read and work out.  0; or -1 with errors: it fails. */
struct apply_question {
	struct conduct *x;
	struct arena *a;
	const struct procedure_step *step;
	const struct step_spec *spec;
	bool known; /* all its values are */
	bool whole; /* and nothing before it changes what it finds */
};
int preflight_apply(const struct apply_question *q, struct diags *found);

#endif
