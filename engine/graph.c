/*
 * graph.c - a depth-first walk with its own stack, so that depth costs no stack.
 *
 * A vertex is NEW, OPEN (on the stack) or DONE.  Meeting an OPEN one closes a circle,
 * whose steps are the part of the stack above it.  Where the circle is cut at one of these
 * steps, what was opened behind that is NEW again.
 */
#include "engine/graph.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

struct need {
	size_t from, to;
	const void *tag;
	enum graph_weight weight;
	bool cut;
};

struct graph {
	struct arena *a;
	size_t vertex_count;
	struct {
		VEC_OF(struct need)
	} needs;
	size_t *first;       /* index of a vertex's first need in `sorted`; one more at the end */
	struct need *sorted; /* by from, then as added */
};

enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

struct frame {
	size_t vertex, next; /* next need to look at */
};

struct search {
	struct graph *g;
	unsigned char *marks;
	struct frame *stack;
	size_t depth;
	size_t *order;
	size_t done;
	struct graph_cycle *cycle;
};

struct graph *graph_new(struct arena *a, size_t vertex_count)
{
	struct graph *g = ARENA_NEW(a, struct graph);

	g->a = a;
	g->vertex_count = vertex_count;
	return g;
}

void graph_expect(struct graph *g, size_t need_count)
{
	assert(!g->needs.count);
	g->needs.items = ARENA_ARRAY(g->a, need_count, struct need);
	g->needs.capacity = need_count;
}

void graph_need(struct graph *g, size_t from, size_t to, const void *tag)
{
	*(struct need *)arena_vec_add(g->a, &g->needs) =
		(struct need){.from = from, .to = to, .tag = tag, .weight = GRAPH_MUST};
}

void graph_need_weighed(struct graph *g, size_t from, size_t to, enum graph_weight weight)
{
	*(struct need *)arena_vec_add(g->a, &g->needs) =
		(struct need){.from = from, .to = to, .weight = weight};
}

static bool in_order(const struct graph *g)
{
	for (size_t i = 1; i < g->needs.count; i++) {
		if (g->needs.items[i].from < g->needs.items[i - 1].from)
			return false;
	}
	return true;
}

/* Counting sort: linear, and it keeps the order in which needs were added. */
static void move_needs(struct graph *g)
{
	size_t *at = xcalloc(g->vertex_count + 1, sizeof(*at));

	g->sorted = ARENA_ARRAY(g->a, g->needs.count, struct need);
	memcpy(at, g->first, (g->vertex_count + 1) * sizeof(*at));
	for (size_t i = 0; i < g->needs.count; i++)
		g->sorted[at[g->needs.items[i].from]++] = g->needs.items[i];
	free(at);
}

static void sort_needs(struct graph *g)
{
	g->first = ARENA_ARRAY(g->a, g->vertex_count + 1, size_t);
	for (size_t i = 0; i < g->needs.count; i++)
		g->first[g->needs.items[i].from + 1]++;
	for (size_t v = 0; v < g->vertex_count; v++)
		g->first[v + 1] += g->first[v];
	if (in_order(g))
		g->sorted = g->needs.items;
	else
		move_needs(g);
}

static void push(struct search *s, size_t vertex)
{
	s->marks[vertex] = MARK_OPEN;
	s->stack[s->depth++] = (struct frame){vertex, s->g->first[vertex]};
}

/* Turns the steps so that the lowest vertex comes first. */
static void rotate_steps(struct graph_step *steps, const struct graph_step *raw, size_t count)
{
	size_t lowest = 0;

	for (size_t i = 1; i < count; i++) {
		if (raw[i].from < raw[lowest].from)
			lowest = i;
	}
	for (size_t i = 0; i < count; i++)
		steps[i] = raw[(lowest + i) % count];
}

/* Where on the stack the circle begins that leads back to an open vertex. */
static size_t circle_start(const struct search *s, size_t back_to)
{
	size_t start = s->depth - 1;

	while (s->stack[start].vertex != back_to)
		start--;
	return start;
}

/* The need that is being looked at. */
static struct need *need_at(const struct search *s, size_t depth)
{
	return &s->g->sorted[s->stack[depth].next - 1];
}

/* Leaves out a need of the circle and goes on from where that was met. */
static void cut_circle(struct search *s, size_t back_to)
{
	size_t start = circle_start(s, back_to), at = s->depth - 1;

	for (size_t i = s->depth - 1; i-- > start;)
		at = need_at(s, i)->weight > need_at(s, at)->weight ? i : at;
	need_at(s, at)->cut = true;
	while (s->depth - 1 > at)
		s->marks[s->stack[--s->depth].vertex] = MARK_NEW;
}

static void note_cycle(struct search *s, size_t back_to)
{
	size_t start = circle_start(s, back_to), count = s->depth - start;
	struct graph_step *raw = xcalloc(count, sizeof(*raw)), *steps;

	for (size_t i = 0; i < count; i++) {
		const struct need *n = need_at(s, start + i);

		raw[i] = (struct graph_step){n->from, n->to, n->tag};
	}
	steps = ARENA_ARRAY(s->g->a, count, struct graph_step);
	rotate_steps(steps, raw, count);
	free(raw);
	*s->cycle = (struct graph_cycle){steps, count};
}

/* False when a circle was found and is to be told. */
static bool search_step(struct search *s)
{
	struct frame *top = &s->stack[s->depth - 1];
	const struct need *n;

	if (top->next == s->g->first[top->vertex + 1]) {
		s->marks[top->vertex] = MARK_DONE;
		s->order[s->done++] = top->vertex;
		s->depth--;
		return true;
	}
	n = &s->g->sorted[top->next++];
	if (n->cut || s->marks[n->to] == MARK_DONE)
		return true;
	if (s->marks[n->to] == MARK_OPEN && s->cycle) {
		note_cycle(s, n->to);
		return false;
	}
	if (s->marks[n->to] == MARK_OPEN)
		cut_circle(s, n->to);
	else
		push(s, n->to);
	return true;
}

static bool search_all(struct search *s)
{
	for (size_t v = 0; v < s->g->vertex_count; v++) {
		if (s->marks[v] != MARK_NEW)
			continue;
		push(s, v);
		while (s->depth) {
			if (!search_step(s))
				return false;
		}
	}
	return true;
}

bool graph_order(struct graph *g, size_t *order, struct graph_cycle *cycle)
{
	struct search s = {.g = g, .order = order, .cycle = cycle};
	bool ok;

	sort_needs(g);
	s.marks = xcalloc(g->vertex_count + 1, 1);
	s.stack = xcalloc(g->vertex_count + 1, sizeof(*s.stack));
	ok = search_all(&s);
	free(s.marks);
	free(s.stack);
	return ok;
}
