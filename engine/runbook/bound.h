/*
 * bound.h - a procedure with values for its parameters, between bind.c and spec.c.
 *
 * Every use of a file (frame.h's struct frame) has a document for each way its step may be run.
 * The one of a frame whose parameters wait for results is made again for every question.
 */
#ifndef ENGINE_RUNBOOK_BOUND_H
#define ENGINE_RUNBOOK_BOUND_H

#include "engine/runbook/making.h"

struct frame_document {
	const struct document *doc;
	bool absent; /* the step that runs it does not apply: no document */
	bool known;  /* no parameter waits for a result */
};

struct bound_frame {
	struct frame_document docs[STEP_UNGRACEFUL + 1];
};

/* Whether references to secrets are resolved: only when a step is run. */
enum secret_wish { SECRETS_LATER, SECRETS_NOW };

/* What references to secrets have stood for so far: a text that has one in its middle is a secret
 * as a whole, and what comes back may have the one alone. */
struct resolved_texts {
	struct arena *a;
	VEC_OF(const char *)
};

struct frame_outside {
	const struct manifest *m;
	const struct runbook_world *world;
	enum secret_wish secrets;
	struct resolved_texts resolved;
	struct eval_outside face;
};

struct bound_procedure {
	const struct procedure *p;
	struct arena *a;
	const struct parameter_given *given; /* as the procedure's parameters; no value is NULL */
	const struct runbook_world *world;   /* may be NULL */
	struct frame_outside *outside;
	struct eval_target target;
	struct bound_frame *frames;
};

struct frame_question {
	struct arena *a;
	const struct bound_procedure *b;
	enum step_grace grace;
	struct diags *d;
};
/* The document of a frame with the results that are there now; false after errors. */
bool bound_frame_document(const struct frame_question *q, size_t frame, struct frame_document *out);

/* Results of the steps of a frame. */
struct frame_lookup {
	const struct bound_procedure *b;
	size_t frame;
	struct eval_lookup face;
};
void frame_lookup_init(struct frame_lookup *l, const struct bound_procedure *b, size_t frame);

#endif
