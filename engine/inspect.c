/*
 * inspect.c - looks at a project that touch nothing: validate, the graph, recorded outputs.
 */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "engine/engine_private.h"
#include "engine/lint/lint.h"
#include "engine/planner.h"
#include "engine/project_parts.h"
#include "engine/runbook/actions.h"
#include "engine/runbook/readiness.h"
#include "templates/node.h"

/* What a first plan would say: providers look at what schemas cannot express, such as
 * a host that is not in the manifest.  No record is needed for that. */
static int check_with_providers(struct engine *e, struct arena *scratch, struct diags *d)
{
	struct diags unreadable = DIAGS_INIT;
	struct record_list none = {0};
	struct instance_list never = {0};
	const struct planner_input in = {
		.project = e->project,
		.records = &none,
		.instances = &never,
		.state = engine_state(e, STATE_READ, &unreadable),
		.selection = &e->options.selection,
		.outside = e->outside,
		.check = true,
		.refine = engine_refine,
		.context = e,
	};

	diags_release(&unreadable);
	if (!in.state || !project_deployable(e->project))
		return 0;
	return planner_make(scratch, &in, d) ? 0 : -1;
}

/* Each template once, however many stacks and targets use it. */
static void lint_all(struct engine *e, struct diags *d)
{
	const struct project *p = e->project;

	for (size_t i = 0; i < p->instance_count; i++) {
		const struct template *t = p->instances[i].tpl;
		bool seen = false;

		for (size_t k = 0; k < i && !seen; k++)
			seen = p->instances[k].tpl == t;
		if (!seen)
			lint_template(t, p->registry, d);
	}
}

/* Values that are wrong for a target are mostly wrong for all of them; then the template is to
 * blame, and what was said of it is enough. */
int engine_validate(struct engine *e, struct diags *d)
{
	struct arena *scratch = arena_new();
	struct diags found = DIAGS_INIT, of_targets = DIAGS_INIT;
	int rc;

	lint_all(e, &found);
	rc = engine_evaluate(e, PROJECT_LOOK, &of_targets);
	project_drop_doubles(&of_targets);
	for (size_t i = 0; i < e->project->instance_count; i++) {
		const struct document *doc = e->project->instances[i].doc;

		if (doc && !planner_order(scratch, doc, &of_targets))
			rc = -1;
	}
	diags_take_new(&found, &of_targets);
	if (!runbook_check_all(e->arena, e->project->manifest, &found) &&
	    !runbook_check_actions(e->arena, e->project, &found))
		readiness_warn_all(e->arena, e->project->manifest, &found);
	if (!rc && !diags_failed(&found))
		check_with_providers(e, scratch, &found);
	rc = diags_failed(&found) ? -1 : 0;
	diags_take(d, &found);
	arena_free(scratch);
	return rc;
}

/* A vertex of the graph while it is sorted. */
struct graph_vertex {
	struct address addr;
	const struct doc_resource *resource;
};

struct graph_making {
	struct arena *a;
	struct {
		VEC_OF(struct graph_vertex)
	} vertices;
	struct {
		VEC_OF(struct graph_edge)
	} edges;
};

static int compare_vertices(const void *x, const void *y)
{
	return address_compare(&((const struct graph_vertex *)x)->addr,
			       &((const struct graph_vertex *)y)->addr);
}

static void add_vertices(struct graph_making *g, const struct instance *i)
{
	size_t first = g->vertices.count;

	for (size_t r = 0; r < i->doc->resource_count; r++)
		*(struct graph_vertex *)arena_vec_add(g->a, &g->vertices) = (struct graph_vertex){
			{i->id, i->doc->resources[r].logical_id}, &i->doc->resources[r]};
	if (g->vertices.count > first)
		qsort(&g->vertices.items[first], g->vertices.count - first,
		      sizeof(*g->vertices.items), compare_vertices);
}

static void add_edges_of(struct graph_making *g, size_t vertex, const struct map *index)
{
	const struct doc_resource *r = g->vertices.items[vertex].resource;
	struct map seen = MAP_INIT;

	for (size_t i = 0; i < r->ref_count; i++) {
		struct text id = text_of(r->refs[i].logical_id);
		size_t to = (size_t)(uintptr_t)map_find(index, id);

		if (to && !map_set(&seen, id, g))
			*(struct graph_edge *)arena_vec_add(g->a, &g->edges) =
				(struct graph_edge){vertex, to - 1};
	}
	map_release(&seen);
}

static void add_edges(struct graph_making *g, size_t first)
{
	struct map index = MAP_INIT; /* logical id to vertex + 1 */

	for (size_t v = first; v < g->vertices.count; v++)
		map_set(&index, text_of(g->vertices.items[v].addr.logical_id),
			(void *)(uintptr_t)(v + 1));
	for (size_t v = first; v < g->vertices.count; v++)
		add_edges_of(g, v, &index);
	map_release(&index);
}

static void name_vertices(const struct graph_making *g, struct graph_view *out)
{
	const char **names = ARENA_ARRAY(g->a, g->vertices.count, const char *);
	const char **types = ARENA_ARRAY(g->a, g->vertices.count, const char *);

	for (size_t v = 0; v < g->vertices.count; v++) {
		names[v] = address_text(g->a, &g->vertices.items[v].addr);
		types[v] = g->vertices.items[v].resource->type;
	}
	out->names = names;
	out->types = types;
	out->name_count = g->vertices.count;
	out->edges = g->edges.items;
	out->edge_count = g->edges.count;
}

static void add_instances(struct graph_making *g, const struct project *p, struct graph_view *out)
{
	struct graph_instance *all = ARENA_ARRAY(g->a, p->instance_count, struct graph_instance);

	for (size_t i = 0; i < p->instance_count; i++) {
		size_t first = g->vertices.count;

		add_vertices(g, &p->instances[i]);
		add_edges(g, first);
		all[i] = (struct graph_instance){instance_id_text(g->a, &p->instances[i].id), first,
						 g->vertices.count - first};
	}
	out->instances = all;
	out->instance_count = p->instance_count;
}

/* As a plan would order them. */
static void add_instance_edges(struct arena *a, const struct project *p, struct outside *o,
			       struct graph_view *out)
{
	struct instance_plan *plans = ARENA_ARRAY(a, p->instance_count, struct instance_plan);
	struct {
		VEC_OF(struct graph_edge)
	} edges = {0};

	for (size_t i = 0; i < p->instance_count; i++)
		plans[i] = (struct instance_plan){.id = p->instances[i].id,
						  .instance = &p->instances[i]};
	planner_order_instances(a, p, o, &(struct instance_plans){plans, p->instance_count});
	for (size_t i = 0; i < p->instance_count; i++)
		for (size_t n = 0; n < plans[i].need_count; n++)
			*(struct graph_edge *)arena_vec_add(a, &edges) =
				(struct graph_edge){i, plans[i].needs[n]};
	out->instance_edges = edges.items;
	out->instance_edge_count = edges.count;
}

int engine_graph(struct engine *e, struct graph_view *out, struct diags *d)
{
	struct graph_making g = {.a = e->arena};

	if (engine_evaluate(e, PROJECT_LOOK, d))
		return -1;
	*out = (struct graph_view){0};
	add_instances(&g, e->project, out);
	name_vertices(&g, out);
	add_instance_edges(e->arena, e->project, e->outside, out);
	return 0;
}

struct output_list {
	VEC_OF(struct output_row)
};

static const struct template *template_of(const struct engine *e, const struct instance_id *id)
{
	for (size_t i = 0; i < e->project->instance_count; i++) {
		if (!instance_id_compare(&e->project->instances[i].id, id))
			return e->project->instances[i].tpl;
	}
	return NULL;
}

static const char *description_of(const struct template *t, const char *name)
{
	const struct node *output = t && t->outputs ? node_find(t->outputs, name) : NULL;
	const struct node *text =
		output && output->kind == NODE_MAP ? node_find(output, "Description") : NULL;

	return text && text->kind == NODE_SCALAR ? text->text.ptr : NULL;
}

static void add_outputs(struct engine *e, const struct instance_record *r, struct output_list *list)
{
	json_t *outputs = json_parse(text_of(r->outputs), NULL, NULL), *value;
	const struct template *t = template_of(e, &r->id);
	const char *name;

	json_object_foreach(outputs, name, value)
	{
		struct output_row *row = arena_vec_add(e->arena, list);

		row->id = r->id;
		row->name = arena_strdup(e->arena, name);
		row->value = json_text(e->arena, value);
		row->description = description_of(t, name);
		row->sensitive = strstr(row->value, "{\"$secret\":") != NULL;
	}
	json_decref(outputs);
}

static int compare_outputs(const void *x, const void *y)
{
	const struct output_row *a = x, *b = y;
	int order = instance_id_compare(&a->id, &b->id);

	return order ? order : strcmp(a->name, b->name);
}

int engine_outputs(struct engine *e, struct output_rows *out, struct diags *d)
{
	struct state *s = engine_state(e, STATE_READ, d);
	struct output_list list = {0};
	struct instance_list instances;

	if (!s || state_load_instances(s, e->arena, &instances, d))
		return -1;
	for (size_t i = 0; i < instances.count; i++) {
		const struct instance_record *r = &instances.items[i];

		if (r->outputs && *r->outputs && engine_selects(e, &r->id))
			add_outputs(e, r, &list);
	}
	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), compare_outputs);
	*out = (struct output_rows){list.items, list.count};
	return 0;
}
