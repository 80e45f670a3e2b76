/*
 * preflight_back.c - what undoing an execution will need, before anything is undone: a body of
 * Reverse that fails is over for good, and what it should have undone stays done.
 */
#include <string.h>

#include "engine/runbook/preflight.h"

static bool is_undone(const struct way_back *way, const char *path)
{
	for (size_t i = 0; i < way->undone.count; i++) {
		if (!strcmp(way->undone.items[i], path))
			return true;
	}
	return false;
}

/* Its own, or that of the step that it undoes. */
static bool is_needed(const struct conduct *x, const struct way_back *way, size_t step)
{
	for (size_t i = step; i != STEP_TOP; i = x->p->steps[i].parent) {
		const struct procedure_step *p = &x->p->steps[i];

		if (p->role == ROLE_REVERSE)
			return x->steps[i].status != STEP_SUCCEEDED && p->parent != STEP_TOP &&
			       is_undone(way, x->p->steps[p->parent].path);
	}
	return false;
}

static int look_at(struct conduct *x, size_t step)
{
	const struct procedure_step *p = &x->p->steps[step];
	struct diags found = DIAGS_INIT;
	const struct diag *first;
	struct diag *g;
	bool known;

	if (step_spec(x->a, x->bound, (struct step_wish){step, x->steps[step].grace}, &known,
		      &found)) {
		diags_release(&found);
		return 0;
	}
	for (first = found.first; first && first->severity != DIAG_ERROR;)
		first = first->next;
	g = diag_add(x->d, DIAG_PREFLIGHT_STEP, p->where, "step '%s' would fail: %s", p->path,
		     first ? first->summary : "it cannot be worked out");
	if (first && first->hint)
		diag_hint(x->d, g, "%s", first->hint);
	diags_release(&found);
	return -1;
}

static bool is_going_back(const struct conduct *x)
{
	const struct execution_ask *q = x->q->abort;

	if (q)
		return q->request == REQUEST_ABORT && !(q->text && !strcmp(q->text, "keep"));
	return !x->keeps && (x->abort_taken || x->stage == STAGE_BACK);
}

int preflight_back(struct conduct *x)
{
	struct way_back way;
	struct diag *g;
	int rc = 0;

	if (x->rehearsal || !is_going_back(x))
		return 0;
	conduct_tell_story(x);
	execution_way_back(x->a, &x->out->story, &way);
	for (size_t i = 0; !way.point && i < x->p->step_count; i++) {
		if (is_needed(x, &way, i) && look_at(x, i))
			rc = -1;
	}
	if (!rc)
		return 0;
	g = diag_add(x->d, DIAG_PREFLIGHT_REFUSED, RANGE_NONE,
		     "nothing was done: what execution %s did cannot all be undone", x->row.id);
	diag_hint(x->d, g,
		  "provide it and ask again; `hadeploy runbook abort %s --keep` ends it with "
		  "nothing undone",
		  x->row.id);
	x->out->refused = true;
	return -1;
}
