/*
 * making.h - one step, worked out of its document.
 *
 * Between spec.c, which is asked for steps, and values.c, which evaluates their keys; used when a
 * file is loaded (nothing is known), when a procedure is bound (its parameters are), and when a
 * step's turn comes.
 */
#ifndef ENGINE_RUNBOOK_MAKING_H
#define ENGINE_RUNBOOK_MAKING_H

#include "engine/runbook/language.h"

struct step_making {
	struct arena *a;
	const struct manifest *m;
	const struct document *doc;
	const struct eval_lookup *lookup; /* NULL: no result is known */
	const struct file_step *step;
	enum step_grace grace;
	struct diags *d;
	/* Filled in. */
	json_t *values;  /* of the arena: every key that is known, whole */
	json_t *secrets; /* pointers into values */
	bool known;      /* and there is none that is not */
};

/* Evaluates and checks every key of the step.  -1 after errors. */
int step_make_values(struct step_making *k);
/* The error for a key that step_key_may_hide says no of. */
void step_report_secret(const char *what, struct range where, struct diags *d);
/* Neither values nor secrets. */
void step_no_values(struct step_making *k);
/* What only several keys together can show, as far as they are known. */
void step_check_values(struct step_making *k);
/* The node of the key as the step is run, or NULL. */
const struct node *step_key_node(const struct file_step *s, enum step_grace grace,
				 const struct step_key *key);
/* Keys that must be there, and alternatives: what can be said of the file alone. */
void step_check_keys(struct arena *a, const struct file_step *s, enum step_grace grace,
		     struct diags *d);
/* Where the key's value stands; the step when there is none. */
struct range step_key_where(const struct step_making *k, const char *key);

/* A new document of the file: parameters may be NULL. */
struct document_wish {
	const struct runbook_file *file;
	const struct eval_target *target;
	const struct map *parameters;
	const struct eval_outside *outside; /* NULL */
	bool partial;
};
const struct document *runbook_document(struct arena *a, const struct document_wish *w,
					struct diags *d);
void runbook_target(struct eval_target *t, const struct manifest *m, const char *name);

#endif
