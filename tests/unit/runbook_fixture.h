/* runbook_fixture.h - runbooks from texts, with a manifest around them. */
#ifndef TESTS_UNIT_RUNBOOK_FIXTURE_H
#define TESTS_UNIT_RUNBOOK_FIXTURE_H

#include "engine/runbook/runbook.h"

struct runbook_reading {
	struct arena *a;
	struct diags d;
	const struct manifest *m;
	const struct procedure *p; /* NULL: it has mistakes */
	struct bound_procedure *b;
	struct runbook_world world;
	json_t *results; /* {"path": {"Name": value}}: of steps that are over */
};

/* The runbook `main`; others are `inner` and `third`; NULL: an empty one. */
struct runbook_reading read_runbook(const char *main, const char *inner, const char *third);
/* With parameters such as "From=east To=west"; r->b is NULL after errors. */
void bind_runbook(struct runbook_reading *r, const char *parameters);
/* As "step: JSON values", or the reason why it is not run, or "?" in front when it waits. */
const char *spec_text(struct runbook_reading *r, const char *path, enum step_grace grace);
const struct step_spec *spec_of(struct runbook_reading *r, const char *path, enum step_grace grace,
				bool *known);
void set_result(struct runbook_reading *r, const char *path, const char *name, const char *json);
/* Everything that was said, one line each: "HD2601 main.yaml:3: summary | detail". */
const char *said(struct runbook_reading *r);
void forget_runbook(struct runbook_reading *r);

#endif
