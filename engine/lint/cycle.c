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
	size_t index; /* among the sorted ones */
};

struct edge {
	size_t from, to;
	const struct lint_ref *ref;
	bool told; /* part of a circle that was told */
};

struct search {
	struct lint *l;
	struct vertex *sorted;
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

/* Index of a resource, by its place in the template, to its vertex. */
static size_t *sort_vertices(struct search *s)
{
	struct lint *l = s->l;
	size_t *places = ARENA_ARRAY(l->a, l->resource_count, size_t);

	s->sorted = ARENA_ARRAY(l->a, l->resource_count, struct vertex);
	for (size_t i = 0; i < l->resource_count; i++)
		s->sorted[i].resource = &l->resources[i];
	if (l->resource_count)
		qsort(s->sorted, l->resource_count, sizeof(*s->sorted), compare_vertices);
	for (size_t i = 0; i < l->resource_count; i++)
		places[s->sorted[i].resource - l->resources] = i;
	return places;
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
	const size_t *places = sort_vertices(s);

	for (size_t i = 0; i < l->refs.count; i++) {
		const struct lint_ref *ref = &l->refs.items[i];
		const struct lint_resource *to =
			is_dependency(ref) ? lint_find(l, ref->ref.name) : NULL;

		if (to && !template_parameter(l->t, ref->ref.name))
			*(struct edge *)arena_vec_add(l->a, &s->edges) =
				(struct edge){places[ref->from - l->resources],
					      places[to - l->resources], ref, false};
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

/* One circle of what is left; its references are left out from then on. */
static bool search_once(struct search *s, enum diag_severity severity)
{
	struct arena *scratch = arena_new();
	struct graph *g = graph_new(scratch, s->l->resource_count);
	size_t *order = ARENA_ARRAY(scratch, s->l->resource_count, size_t);
	struct graph_cycle cycle;
	bool found;

	for (size_t i = 0; i < s->edges.count; i++) {
		const struct edge *e = &s->edges.items[i];

		if (!e->told && (severity == DIAG_WARNING || !e->ref->in_branch))
			graph_need(g, e->from, e->to, e);
	}
	found = !graph_order(g, order, &cycle);
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
	size_t found = 0;

	collect_edges(&s);
	while (found < CYCLES_MAX && search_once(&s, DIAG_ERROR))
		found++;
	while (found < CYCLES_MAX && search_once(&s, DIAG_WARNING))
		found++;
}
