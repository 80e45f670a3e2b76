/*
 * planner_order.c - the resources of one document, each behind what it refers to.
 */
#include "engine/planner_parts.h"

#include <stdlib.h>
#include <string.h>

#include "engine/graph.h"

/* Of a longer circle the rest is only counted. */
#define CYCLE_STEPS_SHOWN 20

struct vertex {
	const char *logical_id;
	size_t resource; /* index in the document */
};

static int compare_vertices(const void *x, const void *y)
{
	const struct vertex *a = x, *b = y;

	return strcmp(a->logical_id, b->logical_id);
}

static struct vertex *vertices_of(struct arena *a, const struct document *doc)
{
	struct vertex *v = ARENA_ARRAY(a, doc->resource_count, struct vertex);

	for (size_t i = 0; i < doc->resource_count; i++)
		v[i] = (struct vertex){doc->resources[i].logical_id, i};
	if (doc->resource_count)
		qsort(v, doc->resource_count, sizeof(*v), compare_vertices);
	return v;
}

static struct graph *graph_of(struct arena *a, const struct document *doc, struct vertex *vertices)
{
	struct graph *g = graph_new(a, doc->resource_count);
	struct map index = MAP_INIT;

	for (size_t v = 0; v < doc->resource_count; v++)
		map_set(&index, text_of(vertices[v].logical_id), &vertices[v]);
	for (size_t v = 0; v < doc->resource_count; v++) {
		const struct doc_resource *r = &doc->resources[vertices[v].resource];

		for (size_t i = 0; i < r->ref_count; i++) {
			const struct vertex *to = map_find(&index, text_of(r->refs[i].logical_id));

			if (to)
				graph_need(g, v, (size_t)(to - vertices), &r->refs[i]);
		}
	}
	map_release(&index);
	return g;
}

/* What the source has between two offsets. */
static struct text slice(const struct source *src, size_t start, size_t end)
{
	return (struct text){src->bytes.ptr + start, end > start ? end - start : 0};
}

/* The function's name stands before its argument, with blanks, quotes, a colon between. */
static bool follows_ref(const struct source *src, size_t offset)
{
	while (offset && strchr(" \t\r\n\"':", src->bytes.ptr[offset - 1]))
		offset--;
	return text_ends(slice(src, 0, offset), "Ref");
}

/* How the reference was made, in the user's words. */
static const char *ref_form(const struct doc_ref *ref)
{
	const struct source *src = ref->where.src;
	size_t start = src ? source_offset(src, ref->where.start) : 0;
	size_t end = src ? source_offset(src, ref->where.end) : 0;
	struct text written = src ? slice(src, start, end) : text_of("");

	if (written.len && memchr(written.ptr, '$', written.len))
		return "Fn::Sub";
	if (ref->attribute)
		return "Fn::GetAtt";
	return src && follows_ref(src, start) ? "Ref" : "DependsOn";
}

static bool already_told(const struct diags *d, const struct range *where)
{
	for (const struct diag *g = d->first; g; g = g->next) {
		if (g->code == DIAG_GRAPH_CYCLE && g->where.src == where->src &&
		    g->where.start.line == where->start.line &&
		    g->where.start.column == where->start.column)
			return true;
	}
	return false;
}

static void add_step(struct str *chain, const struct vertex *v, const struct graph_step *s)
{
	const struct doc_ref *ref = s->tag;

	str_printf(chain, " -> %s (%s", v[s->to].logical_id, ref_form(ref));
	if (ref->where.src)
		str_printf(chain, " at %s:%u:%u", ref->where.src->name,
			   (unsigned)ref->where.start.line, (unsigned)ref->where.start.column);
	str_add_char(chain, ')');
}

static void tell_cycle(const struct graph_cycle *c, const struct vertex *v, struct diags *d)
{
	const struct doc_ref *first = c->steps[0].tag;
	size_t shown = c->count < CYCLE_STEPS_SHOWN ? c->count : CYCLE_STEPS_SHOWN;
	struct str chain = STR_INIT;
	struct diag *g;

	if (already_told(d, &first->where))
		return;
	if (c->count == 1)
		g = diag_add(d, DIAG_GRAPH_CYCLE, first->where, "'%s' depends on itself",
			     v[c->steps[0].from].logical_id);
	else
		g = diag_add(d, DIAG_GRAPH_CYCLE, first->where,
			     "%zu resources depend on each other in a circle, '%s' among them",
			     c->count, v[c->steps[0].from].logical_id);
	str_add(&chain, v[c->steps[0].from].logical_id);
	for (size_t i = 0; i < shown; i++)
		add_step(&chain, v, &c->steps[i]);
	if (shown < c->count)
		str_printf(&chain, " -> ... %zu more", c->count - shown);
	diag_detail(d, g, "%s", str_cstr(&chain));
	diag_hint(d, g, "take out one of these references or DependsOn entries");
	for (size_t i = 1; i < shown; i++) {
		const struct doc_ref *ref = c->steps[i].tag;

		diag_related(d, g, ref->where, "'%s' needs '%s' here",
			     v[c->steps[i].from].logical_id, v[c->steps[i].to].logical_id);
	}
	str_release(&chain);
}

const size_t *planner_order(struct arena *a, const struct document *doc, struct diags *d)
{
	struct vertex *vertices = vertices_of(a, doc);
	struct graph *g = graph_of(a, doc, vertices);
	size_t *order = ARENA_ARRAY(a, doc->resource_count, size_t);
	struct graph_cycle cycle;

	if (!graph_order(g, order, &cycle)) {
		tell_cycle(&cycle, vertices, d);
		return NULL;
	}
	for (size_t i = 0; i < doc->resource_count; i++)
		order[i] = vertices[order[i]].resource;
	return order;
}
