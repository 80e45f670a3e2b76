/*
 * cycle.c - resources that depend on each other in a circle.
 *
 * First what is needed in any case, then with what branches of Fn::If need: a circle that only
 * branches close may never be there, so it is a warning.  Circles that share a reference are
 * told once.
 */
#include <string.h>

#include "base/str.h"
#include "engine/graph.h"
#include "engine/lint/lint_parts.h"

#define CYCLES_MAX 20
#define STEPS_SHOWN_MAX 20

struct vertex {
	const struct lint_resource *resource;
};

struct edge {
	size_t from, to;
	const struct lint_ref *ref;
	bool told; /* part of a circle that was told */
};

struct search {
	struct lint *l;
	struct {
		VEC_OF(struct edge)
	} edges;
};

/* In the order in which planning takes resources, so that both tell the same. */
static int compare_vertices(const void *x, const void *y)
{
	struct text a = ((const struct vertex *)x)->resource->id;
	struct text b = ((const struct vertex *)y)->resource->id;
	int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Turns the edges' ends from places in the template to places among the sorted. */
static void sort_vertices(struct search *s)
{
	struct lint *l = s->l;
	struct vertex *sorted = ARENA_ARRAY(l->a, l->resource_count, struct vertex);
	size_t *places = ARENA_ARRAY(l->a, l->resource_count, size_t);

	for (size_t i = 0; i < l->resource_count; i++)
		sorted[i].resource = &l->resources[i];
	qsort(sorted, l->resource_count, sizeof(*sorted), compare_vertices);
	for (size_t i = 0; i < l->resource_count; i++)
		places[sorted[i].resource - l->resources] = i;
	for (size_t i = 0; i < s->edges.count; i++) {
		s->edges.items[i].from = places[s->edges.items[i].from];
		s->edges.items[i].to = places[s->edges.items[i].to];
	}
}

static bool is_dependency(const struct lint_ref *ref)
{
	return ref->from && !ref->made_by_loop &&
	       (ref->ref.kind == REF_NAME || ref->ref.kind == REF_ATTRIBUTE) && ref->part &&
	       (strcmp(ref->part, "Properties") == 0 || strcmp(ref->part, "DependsOn") == 0);
}

static void collect_edges(struct search *s)
{
	struct lint *l = s->l;

	for (size_t i = 0; i < l->refs.count; i++) {
		const struct lint_ref *ref = &l->refs.items[i];
		const struct lint_resource *to =
			is_dependency(ref) ? lint_find(l, ref->ref.name) : NULL;

		if (to && !template_parameter(l->t, ref->ref.name))
			*(struct edge *)arena_vec_add(l->a, &s->edges) =
				(struct edge){(size_t)(ref->from - l->resources),
					      (size_t)(to - l->resources), ref, false};
	}
}

static const char *form_of(const struct ref *ref)
{
	return ref->call ? ref->call->text.ptr : "DependsOn";
}

static void add_step(struct str *chain, const struct edge *e)
{
	const struct ref *ref = &e->ref->ref;

	str_printf(chain, " -> %.*s (%s", TEXT_ARG(ref->name), form_of(ref));
	if (ref->where.src)
		str_printf(chain, " at %s:%u:%u", ref->where.src->name,
			   (unsigned)ref->where.start.line, (unsigned)ref->where.start.column);
	str_add_char(chain, ')');
}

static struct diag *add_cycle(struct search *s, const struct graph_cycle *cycle,
			      enum diag_severity severity)
{
	const struct edge *first = cycle->steps[0].tag;
	struct text id = first->ref->from->id;
	struct str what = STR_INIT;
	struct diag *g;

	if (cycle->count == 1)
		str_printf(&what, "'%.*s' depends on itself", TEXT_ARG(id));
	else
		str_printf(&what,
			   "%zu resources depend on each other in a circle, '%.*s' among them",
			   cycle->count, TEXT_ARG(id));
	if (severity == DIAG_ERROR)
		g = diag_add(s->l->d, DIAG_GRAPH_CYCLE, first->ref->ref.where, "%s",
			     str_cstr(&what));
	else
		g = diag_warn(s->l->d, DIAG_GRAPH_CYCLE, first->ref->ref.where, "%s",
			      str_cstr(&what));
	str_release(&what);
	return g;
}

static void tell_cycle(struct search *s, const struct graph_cycle *cycle,
		       enum diag_severity severity)
{
	const struct edge *first = cycle->steps[0].tag;
	size_t shown = cycle->count < STEPS_SHOWN_MAX ? cycle->count : STEPS_SHOWN_MAX;
	struct diag *g = add_cycle(s, cycle, severity);
	struct str chain = STR_INIT;

	str_add_text(&chain, first->ref->from->id);
	for (size_t i = 0; i < shown; i++)
		add_step(&chain, cycle->steps[i].tag);
	if (shown < cycle->count)
		str_printf(&chain, " -> ... %zu more", cycle->count - shown);
	diag_detail(s->l->d, g, "%s", str_cstr(&chain));
	diag_hint(s->l->d, g, "take out one of these references or DependsOn entries");
	for (size_t i = 1; i < shown; i++) {
		const struct edge *e = cycle->steps[i].tag;

		diag_related(s->l->d, g, e->ref->ref.where, "'%.*s' needs '%.*s' here",
			     TEXT_ARG(e->ref->from->id), TEXT_ARG(e->ref->ref.name));
	}
	str_release(&chain);
}

/* One circle of what is left. */
static bool find_cycle(struct search *s, struct arena *scratch, enum diag_severity severity,
		       struct graph_cycle *cycle)
{
	struct graph *g = graph_new(scratch, s->l->resource_count);
	size_t *order = ARENA_ARRAY(scratch, s->l->resource_count, size_t);

	for (size_t i = 0; i < s->edges.count; i++) {
		const struct edge *e = &s->edges.items[i];

		if (!e->told && (severity == DIAG_WARNING || !e->ref->in_branch))
			graph_need(g, e->from, e->to, e);
	}
	return !graph_order(g, order, cycle);
}

/* Its references are left out from then on. */
static bool tell_one(struct search *s, enum diag_severity severity)
{
	struct arena *scratch = arena_new();
	struct graph_cycle cycle;
	bool found = find_cycle(s, scratch, severity, &cycle);

	if (found) {
		tell_cycle(s, &cycle, severity);
		for (size_t i = 0; i < cycle.count; i++)
			((struct edge *)(uintptr_t)cycle.steps[i].tag)->told = true;
	}
	arena_free(scratch);
	return found;
}

void lint_cycles(struct lint *l)
{
	struct search s = {.l = l};
	struct arena *scratch = arena_new();
	struct graph_cycle any;
	size_t found = 0;
	bool is_one;

	collect_edges(&s);
	is_one = find_cycle(&s, scratch, DIAG_WARNING, &any);
	arena_free(scratch);
	if (!is_one)
		return;
	sort_vertices(&s);
	while (found < CYCLES_MAX && tell_one(&s, DIAG_ERROR))
		found++;
	while (found < CYCLES_MAX && tell_one(&s, DIAG_WARNING))
		found++;
}
