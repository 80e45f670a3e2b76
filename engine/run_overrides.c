/*
 * run_overrides.c - parameters that runbooks have set, in a run: what the project was read with is
 * what holds, and what is given up is forgotten.
 */
#include "engine/run_parts.h"

#include <string.h>

#include "base/vec.h"
#include "engine/runbook/journal.h"

/* What is recorded of the selection now. */
static int load(struct run *r, struct override_list *out)
{
	struct engine *e = r->e;
	size_t kept = 0;

	if (journal_load_overrides(e->state, e->arena, out, r->d))
		return -1;
	for (size_t i = 0; i < out->count; i++) {
		if (planner_covers(e->project, &e->options.selection, &out->items[i].instance))
			out->items[kept++] = out->items[i];
	}
	out->count = kept;
	return 0;
}

static bool same(const struct parameter_override *x, const struct parameter_override *y)
{
	return !instance_id_compare(&x->instance, &y->instance) &&
	       !strcmp(x->parameter, y->parameter) && !strcmp(x->value, y->value);
}

/* The next at or behind `at` that the run is about. */
static size_t next_used(const struct run *r, size_t at)
{
	const struct selection *sel = &r->e->options.selection;

	while (at < sel->set_count && !planner_covers(r->e->project, sel, &sel->set[at].instance))
		at++;
	return at;
}

static bool still_hold(const struct run *r, const struct override_list *now)
{
	const struct selection *sel = &r->e->options.selection;
	size_t at = next_used(r, 0);

	for (size_t i = 0; i < now->count; i++, at = next_used(r, at + 1)) {
		if (at >= sel->set_count || !same(&sel->set[at], &now->items[i]))
			return false;
	}
	return at >= sel->set_count;
}

int run_check_overrides(struct run *r)
{
	struct override_list now = {0};
	struct diag *g;

	if (load(r, &now))
		return -1;
	if (still_hold(r, &now))
		return 0;
	g = diag_add(r->d, DIAG_OVERRIDE_CHANGED, RANGE_NONE,
		     "a runbook has set parameters of these stacks meanwhile");
	diag_detail(r->d, g, "The project was read before that, so nothing was changed.");
	diag_hint(r->d, g, "run the same command again");
	return -1;
}

static int forget(struct run *r, const struct override_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		list->items[i].value = NULL;
	return journal_put_overrides(r->e->state, list->items, list->count, r->d);
}

int run_drop_overrides(struct run *r)
{
	struct override_list now = {0};

	if (r->e->options.selection.overrides != OVERRIDES_DROPPED)
		return 0;
	return load(r, &now) ? -1 : forget(r, &now);
}

static bool was_destroyed(const struct run *r, const struct instance_id *id)
{
	for (size_t i = 0; i < r->plan->instance_count; i++) {
		const struct instance_plan *p = &r->plan->instances[i];

		if (!instance_id_compare(&p->id, id))
			return !p->partial && (r->plan->destroy || !p->instance);
	}
	return false;
}

/* What is made anew one day is made as the manifest says. */
int run_forget_overrides(struct run *r)
{
	struct override_list now = {0};
	size_t kept = 0;

	if (load(r, &now))
		return -1;
	for (size_t i = 0; i < now.count; i++) {
		if (was_destroyed(r, &now.items[i].instance))
			now.items[kept++] = now.items[i];
	}
	now.count = kept;
	return forget(r, &now);
}
