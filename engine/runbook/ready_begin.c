/* ready_begin.c - what an execution that is begun now would be refused for, or go on without. */
#include <string.h>

#include "engine/runbook/preflight.h"
#include "engine/runbook/readiness_parts.h"

static struct given_list given_of(const struct readiness *r)
{
	const struct procedure *p = r->procedure;
	struct parameter_given *all = ARENA_ARRAY(r->a, p->parameter_count, struct parameter_given);
	size_t count = 0;

	for (size_t i = 0; i < p->parameter_count; i++) {
		const char *name = p->parameters[i].name;
		const char *value = bound_parameter(r->bound, name);

		if (value)
			all[count++] = (struct parameter_given){name, value};
	}
	return (struct given_list){all, count};
}

/* A variable that is not set says something of this machine, and not of the project. */
static enum finding_severity severity_of(const struct blocker *b)
{
	if (b->spared)
		return b->here ? FINDING_NOTE : FINDING_WARNING;
	return b->here ? FINDING_WARNING : FINDING_BLOCKER;
}

static void add(struct readiness *r, const struct blocker *b, const char *way)
{
	finding_add(r, &(struct finding){
			       .code = DIAG_PREFLIGHT_STEP,
			       .severity = severity_of(b),
			       .where = b->step->where,
			       .step = b->step->path,
			       .what = arena_printf(r->a, "%sstep '%s' would fail: %s", way,
						    b->step->path, b->why),
			       .todo = b->here ? "it has to be there where the runbook is run"
					       : b->todo,
			       .here = b->here && !b->spared,
		       });
}

static bool is_known(const struct preflight *f, const struct blocker *b)
{
	for (size_t i = 0; i < f->found.count; i++) {
		const struct blocker *one = &f->found.items[i];

		if (one->step == b->step && !strcmp(one->why, b->why))
			return true;
	}
	return false;
}

static void add_refusal(struct readiness *r, const struct diags *d)
{
	const struct diag *g = d->first;

	while (g && g->severity != DIAG_ERROR)
		g = g->next;
	finding_add(r, &(struct finding){
			       .code = g ? g->code : DIAG_PREFLIGHT_REFUSED,
			       .severity = FINDING_BLOCKER,
			       .where = g ? g->where : RANGE_NONE,
			       .what = arena_printf(r->a, "it cannot be begun: %s",
						    g ? g->summary : "its parameters do not fit"),
			       .todo = g && g->hint ? arena_strdup(r->a, g->hint) : "",
		       });
}

void begin_question(struct engine *e, const struct readiness *r, struct preflight_question *out)
{
	*out = (struct preflight_question){
		.e = e,
		.a = r->a,
		.procedure = r->procedure,
		.given = given_of(r),
		.grace = STEP_UNGRACEFUL,
	};
}

void begin_find(struct engine *e, struct readiness *r)
{
	struct preflight_question q;
	struct preflight lost, all;
	struct diags found = DIAGS_INIT;

	begin_question(e, r, &q);
	if (preflight_look(&q, &lost, &found))
		add_refusal(r, &found);
	for (size_t i = 0; i < lost.found.count; i++)
		add(r, &lost.found.items[i], "");
	q.grace = STEP_GRACEFUL;
	preflight_look(&q, &all, &found);
	for (size_t i = 0; i < all.found.count; i++) {
		if (!is_known(&lost, &all.found.items[i]))
			add(r, &all.found.items[i], "run gracefully, ");
	}
	diags_release(&found);
}
