/*
 * graph.h - what needs what: order, and cycles with their whole path.  Pure.
 *
 * Vertices are the numbers 0..count-1; the caller numbers them in the order of their
 * addresses, and that order decides wherever the needs leave a choice, so runs repeat
 * exactly.  graph_new, graph_need for every edge, then graph_order.  Everything lives in
 * the arena; time and memory are linear in vertices and edges (and a circle that is cut costs
 * its length).
 */
#ifndef ENGINE_GRAPH_H
#define ENGINE_GRAPH_H

#include "base/arena.h"

struct graph;

struct graph *graph_new(struct arena *a, size_t vertex_count);
/* Before the first need, where there may be millions: room for so many, so that none is moved. */
void graph_expect(struct graph *g, size_t need_count);
/* `from` needs `to`: `to` comes first.  `tag` comes back in a cycle's steps.  Doubles do
 * no harm. */
void graph_need(struct graph *g, size_t from, size_t to, const void *tag);
/* How much it matters that a need is met, where not all can be; graph_need's is the greatest. */
enum graph_weight { GRAPH_MUST, GRAPH_SHOULD, GRAPH_MAY };
void graph_need_weighed(struct graph *g, size_t from, size_t to, enum graph_weight weight);

/* One edge of a cycle: `from` needs `to` because of `tag`. */
struct graph_step {
	size_t from, to;
	const void *tag;
};
struct graph_cycle {
	const struct graph_step *steps; /* the last one leads back to steps[0].from */
	size_t count;
};
/*
 * Fills order[0..vertex_count): every vertex behind all that it needs.  When needs go in a
 * circle, false and *cycle is one of them, beginning at its lowest vertex; with cycle
 * NULL, of every circle a need that matters least is left out instead (of several such, that
 * which closed it), and the result is true.
 */
bool graph_order(struct graph *g, size_t *order, struct graph_cycle *cycle);

#endif
