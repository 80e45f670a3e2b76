/*
 * conduct_recreated.c - no runbook works in a region that is just being recreated: what it would
 * lead the application to may be empty.
 */
#include <string.h>

#include "engine/due.h"
#include "engine/recreate_guard.h"
#include "engine/runbook/conduct_parts.h"

static bool is_of(const struct recreation *c, const char *region)
{
	return region && (!strcmp(region, c->region) || !strcmp(region, c->into));
}

static bool names_it(struct conduct *x, const struct recreation *c)
{
	struct diags ignored = DIAGS_INIT;
	bool names = false;

	for (size_t i = 0; i < x->p->parameter_count; i++) {
		const struct runbook_parameter *p = &x->p->parameters[i];

		names = names || (p->kind == PARAMETER_REGION &&
				  is_of(c, bound_parameter(x->bound, p->name)));
	}
	for (size_t i = 0; !names && i < x->p->step_count; i++) {
		const struct step_spec *s = step_spec(
			x->a, x->bound, (struct step_wish){i, STEP_GRACEFUL}, NULL, &ignored);

		names = s && is_of(c, s->region);
	}
	diags_release(&ignored);
	return names;
}

static int refuse(struct conduct *x, const struct recreation *c)
{
	struct diag *g = diag_add(x->d, DIAG_RUNBOOK_RECREATION, RANGE_NONE,
				  "the recreation of region '%s' is not over, and runbook '%s' "
				  "names %s",
				  c->region, x->p->name,
				  recreation_relocates(c)
					  ? arena_printf(x->a, "'%s' or '%s'", c->region, c->into)
					  : "it");

	diag_detail(x->d, g, "Not all of it is there, or data are not back. Nothing was done.");
	diag_hint(x->d, g, "go on with it: %s; or say why it cannot wait: --reason TEXT",
		  recreate_command(x->e->arena, c));
	x->out->refused = true;
	return -1;
}

/* One that is given up leads nobody anywhere; one that was begun before is gone on with. */
static bool is_free(const struct conduct *x)
{
	return x->rehearsal || x->q->kind == EXECUTION_DRILL_SIMULATED || x->q->abort ||
	       (x->q->resume && !execution_status_is_over(x->row.status));
}

const struct recreation *conduct_recreating(struct conduct *x, const char *region)
{
	struct recreation_list list = {NULL, 0};
	struct diags ignored = DIAGS_INIT;

	/* What is wrong with the rows is told when it is begun. */
	if (is_free(x) || x->q->reason || recreation_load(x->state, x->a, &list, &ignored) != 0)
		list.count = 0;
	diags_release(&ignored);
	for (size_t i = 0; i < list.count; i++) {
		const struct recreation *r = list.items + i;

		if (!due_is_over(r) && is_of(r, region))
			return r;
	}
	return NULL;
}

int conduct_check_recreations(struct conduct *x)
{
	const struct manifest *m = x->e->project->manifest;
	struct recreation_list list;
	struct execution_row row = x->row;

	if (is_free(x))
		return 0;
	if (recreation_load(x->state, x->a, &list, x->d) != 0)
		return -1;
	if (!x->q->resume) {
		row.runbook = x->p->name;
		row.parameters = conduct_parameters(x);
		row.started_ms = conduct_wall_ms(x);
	}
	for (size_t i = 0; i < list.count; i++) {
		const struct recreation *c = &list.items[i];

		if (!due_is_over(c) && !x->q->reason && !guard_owns(x->a, m, c, &row) &&
		    names_it(x, c))
			return refuse(x, c);
	}
	return 0;
}
