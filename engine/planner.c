/*
 * planner.c - every stack instance with its records, one after the other; see
 * planner_parts.h for who does what.
 */
#include "engine/planner.h"

#include <stdlib.h>
#include <string.h>

#include "engine/outside.h"
#include "engine/planner_parts.h"

static bool names_it(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(names[i], name))
			return true;
	}
	return count == 0;
}

static bool in_manifest(const struct manifest *m, const struct instance_id *id)
{
	const struct manifest_stack *s = manifest_stack(m, id->stack);

	return s && manifest_target(s, id->account, id->region);
}

bool planner_covers(const struct project *p, const struct selection *sel,
		    const struct instance_id *id)
{
	if (project_instance(p, id))
		return true;
	if (in_manifest(p->manifest, id))
		return false;
	return !sel || (names_it(sel->stacks, sel->stack_count, id->stack) &&
			names_it(sel->regions, sel->region_count, id->region) &&
			(!sel->account || !strcmp(sel->account, id->account)));
}

const struct observation *planner_observation(const struct planning *p, const struct record *r)
{
	return p->in->observations ? &p->in->observations[r - p->in->records->items] : NULL;
}

static int compare_records(const void *x, const void *y)
{
	const struct record *a = *(const struct record *const *)x;
	const struct record *b = *(const struct record *const *)y;
	int order = address_compare(&a->addr, &b->addr);

	return order ? order : strcmp(a->deposed, b->deposed);
}

static const struct record **sort_records(struct arena *a, const struct record_list *list)
{
	const struct record **sorted = ARENA_ARRAY(a, list->count, const struct record *);

	for (size_t i = 0; i < list->count; i++)
		sorted[i] = &list->items[i];
	if (list->count)
		qsort(sorted, list->count, sizeof(*sorted), compare_records);
	return sorted;
}

struct grouping {
	struct planning *p;
	struct {
		VEC_OF(struct planning_instance)
	} instances; /* in the plan's arena */
};

static struct planning_instance *add_instance(struct grouping *g, const struct instance_id *id,
					      const struct instance *instance)
{
	struct planning_instance *w = arena_vec_add(g->p->a, &g->instances);

	w->id = *id;
	w->instance = instance;
	return w;
}

/* Records of one instance, from `at`: how many. */
static size_t run_length(const struct record *const *sorted, size_t at, size_t count)
{
	size_t end = at + 1;

	while (end < count &&
	       !instance_id_compare(&sorted[end]->addr.instance, &sorted[at]->addr.instance))
		end++;
	return end - at;
}

/* Both lists are sorted: instances of the project without records are put in between. */
static void add_groups(struct grouping *g, const struct record *const *sorted, size_t count)
{
	const struct project *project = g->p->in->project;
	size_t next = 0;

	for (size_t at = 0, len; at < count; at += len) {
		const struct instance_id *id = &sorted[at]->addr.instance;
		const struct instance *instance = project_instance(project, id);
		struct planning_instance *w;

		len = run_length(sorted, at, count);
		if (!planner_covers(project, g->p->in->selection, id))
			continue;
		for (; next < project->instance_count &&
		       instance_id_compare(&project->instances[next].id, id) < 0;
		     next++)
			add_instance(g, &project->instances[next].id, &project->instances[next]);
		w = add_instance(g, id, instance);
		w->records = &sorted[at];
		w->record_count = len;
		next += instance != NULL;
	}
	for (; next < project->instance_count; next++)
		add_instance(g, &project->instances[next].id, &project->instances[next]);
}

static int compare_changes(const void *x, const void *y)
{
	const struct change *a = x, *b = y;
	int order = address_compare(&a->addr, &b->addr);

	if (order)
		return order;
	return strcmp(a->before ? a->before->deposed : "", b->before ? b->before->deposed : "");
}

static int plan_resources(struct planning *p, const struct planning_instance *w)
{
	const struct document *doc = w->instance->doc;
	struct arena *scratch = arena_new();
	const size_t *order = planner_order(scratch, doc, p->d);
	int rc = order ? 0 : -1;

	for (size_t i = 0; order && i < doc->resource_count; i++) {
		if (planner_desired(p, w, order[i]))
			rc = -1;
	}
	arena_free(scratch);
	return rc;
}

static size_t most_changes(const struct planning *p, const struct planning_instance *w)
{
	bool wanted = w->instance && !p->in->destroy;

	return w->record_count + (wanted ? w->instance->doc->resource_count : 0);
}

static int plan_instance(struct planning *p, struct planning_instance *w)
{
	int rc = 0;

	for (size_t i = 0; i < w->record_count; i++) {
		const struct record *r = w->records[i];

		if (!*r->deposed)
			map_set(&w->live, text_of(r->addr.logical_id), (void *)r);
	}
	w->first = p->changes.count;
	arena_vec_reserve(p->a, &p->changes, most_changes(p, w));
	if (w->instance && !p->in->destroy)
		rc = plan_resources(p, w);
	planner_deletes(p, w);
	map_release(&w->live);
	w->change_count = p->changes.count - w->first;
	if (w->change_count)
		qsort(&p->changes.items[w->first], w->change_count, sizeof(*p->changes.items),
		      compare_changes);
	w->first_output = p->outputs.count;
	if (!rc)
		rc = planner_outputs(p, w);
	w->output_count = p->outputs.count - w->first_output;
	return rc;
}

/* Instances are planned behind those that they take values from; a plan has them sorted. */
static void sort_parts(struct planning *p, struct planning_instance *instances, size_t count)
{
	struct change *changes = ARENA_ARRAY(p->a, p->changes.count, struct change);
	struct output_change *outputs = ARENA_ARRAY(p->a, p->outputs.count, struct output_change);
	size_t c = 0, o = 0;

	for (size_t i = 0; i < count; i++) {
		struct planning_instance *w = &instances[i];

		if (w->change_count)
			memcpy(&changes[c], &p->changes.items[w->first],
			       w->change_count * sizeof(*changes));
		if (w->output_count)
			memcpy(&outputs[o], &p->outputs.items[w->first_output],
			       w->output_count * sizeof(*outputs));
		w->first = c;
		c += w->change_count;
		o += w->output_count;
	}
	p->changes.items = changes;
	p->outputs.items = outputs;
}

static bool is_sorted(const size_t *order, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (order[i] != i)
			return false;
	}
	return true;
}

static int plan_in_order(struct planning *p, struct planning_instance *instances,
			 const struct instance_plans *plans)
{
	const size_t *order = planner_instance_order(p, plans);
	int rc = 0;

	for (size_t i = 0; i < plans->count; i++) {
		if (plan_instance(p, &instances[order[i]]))
			rc = -1;
	}
	if (!is_sorted(order, plans->count))
		sort_parts(p, instances, plans->count);
	return rc;
}

static void index_recorded(struct planning *p)
{
	const struct instance_list *list = p->in->instances;

	for (size_t i = 0; list && i < list->count; i++)
		map_set(&p->recorded, text_of(instance_id_text(p->a, &list->items[i].id)),
			&list->items[i]);
}

static int plan_all(struct planning *p)
{
	const struct record_list *records = p->in->records;
	const struct record **sorted;
	struct grouping g = {.p = p};
	struct instance_plans plans = {NULL, 0};

	planner_move_records(p);
	sorted = sort_records(p->a, records);
	add_groups(&g, sorted, records->count);
	plans.count = g.instances.count;
	plans.items = ARENA_ARRAY(p->a, plans.count, struct instance_plan);
	for (size_t i = 0; i < plans.count; i++)
		plans.items[i] = (struct instance_plan){.id = g.instances.items[i].id,
							.instance = g.instances.items[i].instance};
	p->plan->instances = plans.items;
	p->plan->instance_count = plans.count;
	if (planner_stack_needs(p, &plans) || plan_in_order(p, g.instances.items, &plans))
		return -1;
	for (size_t i = 0; i < plans.count; i++) {
		planner_needs(p, &g.instances.items[i]);
		planner_causes(p, &g.instances.items[i]);
		plans.items[i].first_change = g.instances.items[i].first;
		plans.items[i].change_count = g.instances.items[i].change_count;
	}
	if (planner_wishes(p, g.instances.items, &plans))
		return -1;
	planner_note_uncertain(p);
	return p->in->outside ? outside_check_use(p->in->outside, p->plan, p->d) : 0;
}

static void finish(struct planning *p)
{
	struct plan *plan = p->plan;

	plan->changes = p->changes.items;
	plan->change_count = p->changes.count;
	plan->moves = p->moves.items;
	plan->move_count = p->moves.count;
	plan->outputs = p->outputs.items;
	plan->output_count = p->outputs.count;
	for (size_t i = 0; i < plan->change_count; i++) {
		plan_count(&plan->counts, plan->changes[i].action);
		plan->counts.conditional += plan->changes[i].conditional;
		plan->counts.moved += plan->changes[i].moved_from != NULL;
		plan->counts.left_out += plan->changes[i].left_out != ACTION_NONE;
	}
}

/* What a validation makes stays a check: no secret is needed for it. */
static enum outside_phase enter(struct planning *p)
{
	struct outside *o = p->in->outside;

	if (!o || p->in->check)
		return OUTSIDE_CHECK;
	return outside_enter(o, OUTSIDE_PLAN, p->known);
}

const struct plan *planner_make(struct arena *a, const struct planner_input *in, struct diags *d)
{
	struct planning p = {.a = a, .in = in, .d = d};
	enum outside_phase phase;
	int rc;

	p.plan = ARENA_NEW(a, struct plan);
	p.plan->arena = a;
	p.plan->project = in->project;
	p.plan->refreshed = in->observations != NULL;
	p.plan->destroy = in->destroy;
	if (in->wishes) {
		struct plan_wishes *wishes = ARENA_NEW(a, struct plan_wishes);

		*wishes = *in->wishes;
		p.plan->wishes = wishes;
	}
	p.known = known_new(in->project->registry);
	index_recorded(&p);
	phase = enter(&p);
	rc = plan_all(&p);
	if (in->outside)
		outside_enter(in->outside, phase, NULL);
	finish(&p);
	map_release(&p.recorded);
	map_release(&p.moved_from);
	known_free(p.known);
	return rc ? NULL : p.plan;
}
