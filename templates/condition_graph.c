/* condition_graph.c - depth first along the names, with a stack of our own: chains may be long. */
#include "templates/condition_graph.h"

#include "base/limits.h"
#include "base/vec.h"
#include "templates/names.h"
#include "templates/refs.h"

enum visit_state { VISIT_NEW, VISIT_OPEN, VISIT_DONE };

struct edge {
	struct vertex *to;
	struct range where;
};

struct vertex {
	const struct node_entry *entry;
	enum visit_state state;
	size_t next; /* of edges, to be followed */
	VEC_OF(struct edge)
};

struct condition_graph {
	struct arena *a;
	struct names by_name;
	struct vertex *vertices;
	size_t count;
	struct vertex **path;
	size_t path_len;
	struct vertex *filling;
};

static void add_edge(void *context, const struct ref *ref)
{
	struct condition_graph *g = context;
	struct vertex *to = ref->kind == REF_CONDITION ? names_find(&g->by_name, ref->name) : NULL;

	if (to)
		*arena_vec_add(g->a, g->filling) = (struct edge){to, ref->where};
}

static void build(struct condition_graph *g, const struct node *section)
{
	g->vertices = ARENA_ARRAY(g->a, section->count, struct vertex);
	g->path = ARENA_ARRAY(g->a, section->count, struct vertex *);
	g->count = section->count;
	for (size_t i = 0; i < g->count; i++) {
		g->vertices[i].entry = &section->entries[i];
		names_add(g->a, &g->by_name, section->entries[i].key->text, &g->vertices[i]);
	}
	for (size_t i = 0; i < g->count; i++) {
		g->filling = &g->vertices[i];
		refs_walk(section->entries[i].value, add_edge, g);
	}
}

static void report(const struct condition_graph *g, const struct edge *edge, struct diags *d)
{
	struct str path = STR_INIT;
	size_t first = g->path_len;

	while (g->path[first - 1] != edge->to)
		first--;
	for (size_t i = first - 1; i < g->path_len; i++)
		str_printf(&path, "%.*s -> ", TEXT_ARG(g->path[i]->entry->key->text));
	str_add_text(&path, edge->to->entry->key->text);
	report_condition_cycle(d, edge->where, str_cstr(&path), edge->to->entry->key->where);
	str_release(&path);
}

static void open_vertex(struct condition_graph *g, struct vertex *v)
{
	v->state = VISIT_OPEN;
	g->path[g->path_len++] = v;
}

/* Invariant: the path holds the open vertices, each named by the one before it. */
static void search(struct condition_graph *g, struct vertex *start, struct diags *d)
{
	open_vertex(g, start);
	while (g->path_len && d->error_count < LIMIT_DIAGS) {
		struct vertex *v = g->path[g->path_len - 1];
		const struct edge *edge;

		if (v->next == v->count) {
			v->state = VISIT_DONE;
			g->path_len--;
			continue;
		}
		edge = &v->items[v->next++];
		if (edge->to->state == VISIT_OPEN)
			report(g, edge, d);
		else if (edge->to->state == VISIT_NEW)
			open_vertex(g, edge->to);
	}
}

void condition_cycles(const struct node *section, struct diags *d)
{
	struct condition_graph g = {.a = arena_new()};

	if (section)
		build(&g, section);
	for (size_t i = 0; i < g.count && d->error_count < LIMIT_DIAGS; i++) {
		if (g.vertices[i].state == VISIT_NEW)
			search(&g, &g.vertices[i], d);
	}
	arena_free(g.a);
}
