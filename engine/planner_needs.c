/*
 * planner_needs.c - which changes of one instance wait for which.
 *
 * What is wanted waits for what it refers to.  What is deleted waits for the deletes of
 * those that were recorded to depend on it, and for the updates that drop the reference.
 * Changes of ACTION_NONE take part, so that order passes through them.
 *
 * A resource that only got another logical id shows as a create and a delete of the same
 * thing in the world (same type, endpoint and Ref): then the delete comes first, else it
 * would remove what was just created.  The same holds for what is left over from a replacement
 * when its name is wanted again.
 *
 * In a rollback what is wanted is a record, and its dependencies are those recorded in it.
 *
 * Where this goes in a circle (Old is to be New; Gone used it, and is used by User, who is to use
 * New) some needs are wishes: a delete does without its turn before a value that is waited for
 * is never told, and that of a renamed thing first, as it comes back.  Recorded dependencies, too,
 * may contradict each other when an apply ended half-way.
 */
#include "engine/planner_parts.h"

#include <stdlib.h>
#include <string.h>

#include "engine/graph.h"

struct edge {
	size_t from, to; /* counted from the instance's first change; `from` waits */
	enum graph_weight weight;
};

struct needs {
	struct planning *p;
	struct change *changes; /* of the instance */
	size_t count;
	struct map wanted;  /* logical id to change with a resource */
	struct map deletes; /* logical id to struct slot of its first delete */
	struct map doomed;  /* identity to change that deletes it */
	bool *renamed;      /* by change: a delete that a create waits for */
	struct {
		VEC_OF(struct edge)
	} edges;
};

static void add_edge(struct needs *n, const struct change *from, const struct change *to,
		     enum graph_weight weight)
{
	if (from != to)
		*(struct edge *)vec_add(&n->edges) = (struct edge){
			(size_t)(from - n->changes), (size_t)(to - n->changes), weight};
}

static bool removes(const struct change *c)
{
	return c->action == ACTION_DELETE || c->action == ACTION_RETAIN;
}

static void index_changes(struct needs *n)
{
	for (size_t i = 0; i < n->count; i++) {
		struct change *c = &n->changes[i];
		struct text key = text_of(c->addr.logical_id);

		if (c->resource || c->wanted)
			map_set(&n->wanted, key, c);
		else if (!map_has(&n->deletes, key))
			map_set(&n->deletes, key, c);
	}
}

void planner_identity(const struct schema *s, const char *endpoint, const char *document,
		      struct str *out)
{
	const char *pointer = s ? schema_ref_pointer(s) : NULL;
	json_t *j = pointer && document ? json_parse(text_of(document), NULL, NULL) : NULL;
	const json_t *name = j ? json_at(j, text_of(pointer)) : NULL;

	if (json_is_string(name) && !schema_is_read_only(s, text_of(pointer)))
		str_printf(out, "%s\n%s\n%s", schema_type(s), endpoint ? endpoint : "",
			   json_string_value(name));
	json_decref(j);
}

static void identity(const struct change *c, const char *document, struct str *out)
{
	planner_identity(c->schema, c->endpoint, document, out);
}

static void index_doomed(struct needs *n)
{
	for (size_t i = 0; i < n->count; i++) {
		struct change *c = &n->changes[i];
		struct str key = STR_INIT;

		if (c->action == ACTION_DELETE)
			identity(c, c->before->inputs, &key);
		if (key.len)
			map_set(&n->doomed, str_text(&key), c);
		str_release(&key);
	}
}

static void find_renamed(struct needs *n)
{
	index_doomed(n);
	for (size_t i = 0; n->doomed.live_count && i < n->count; i++) {
		const struct change *c = &n->changes[i], *old;
		struct str key = STR_INIT;

		if (c->action == ACTION_CREATE || c->action == ACTION_REPLACE)
			identity(c, c->desired, &key);
		old = key.len ? map_find(&n->doomed, str_text(&key)) : NULL;
		if (old) {
			add_edge(n, c, old, GRAPH_MUST);
			n->renamed[old - n->changes] = true;
		}
		str_release(&key);
	}
}

static void need_references(struct needs *n, const struct change *c)
{
	for (size_t i = 0; i < c->resource->ref_count; i++) {
		const struct change *to =
			map_find(&n->wanted, text_of(c->resource->refs[i].logical_id));

		if (to)
			add_edge(n, c, to, GRAPH_MUST);
	}
}

/* All deletes of this logical id (a live record's and deposed ones') wait for `dependent`. */
static void hold_deletes(struct needs *n, const struct change *dependent, const char *logical_id)
{
	const struct change *end = n->changes + n->count;
	const struct change *c = map_find(&n->deletes, text_of(logical_id));

	for (; c && c < end && !strcmp(c->addr.logical_id, logical_id); c++) {
		if (removes(c))
			add_edge(n, c, dependent,
				 n->renamed[c - n->changes] ? GRAPH_MAY : GRAPH_SHOULD);
	}
}

/* The logical id of a four-part address in this instance, or NULL. */
static const char *local_id(const struct change *c, const char *address)
{
	const struct instance_id *i = &c->addr.instance;
	const char *const parts[] = {i->stack, i->account, i->region};

	for (size_t p = 0; p < ARRAY_LEN(parts); p++) {
		size_t len = strlen(parts[p]);

		if (strncmp(address, parts[p], len) != 0 || address[len] != '/')
			return NULL;
		address += len + 1;
	}
	return address;
}

/* Calls `found` with every logical id of this instance that was recorded as needed. */
static void each_recorded(struct needs *n, const struct change *c, const struct record *r,
			  void (*found)(struct needs *n, const struct change *c, const char *id))
{
	json_t *addresses = r->depends_on && *r->depends_on
				    ? json_parse(text_of(r->depends_on), NULL, NULL)
				    : NULL;

	for (size_t i = 0; i < json_array_size(addresses); i++) {
		const char *address = json_string_value(json_array_get(addresses, i));
		const char *id = address ? local_id(c, address) : NULL;

		if (id)
			found(n, c, id);
	}
	json_decref(addresses);
}

static void need_wanted(struct needs *n, const struct change *c, const char *id)
{
	const struct change *to = map_find(&n->wanted, text_of(id));

	if (to)
		add_edge(n, c, to, GRAPH_MUST);
}

static void collect(struct needs *n)
{
	index_changes(n);
	if (n->deletes.live_count)
		find_renamed(n);
	for (size_t i = 0; i < n->count; i++) {
		if (n->changes[i].resource)
			need_references(n, &n->changes[i]);
		else if (n->changes[i].wanted)
			each_recorded(n, &n->changes[i], n->changes[i].wanted, need_wanted);
		if (n->deletes.live_count && n->changes[i].before)
			each_recorded(n, &n->changes[i], n->changes[i].before, hold_deletes);
	}
}

static size_t *places(struct needs *n, struct arena *scratch)
{
	struct graph *g = graph_new(scratch, n->count);
	size_t *order = ARENA_ARRAY(scratch, n->count, size_t);
	size_t *place = ARENA_ARRAY(scratch, n->count, size_t);

	for (size_t e = 0; e < n->edges.count; e++)
		graph_need_weighed(g, n->edges.items[e].from, n->edges.items[e].to,
				   n->edges.items[e].weight);
	graph_order(g, order, NULL);
	for (size_t i = 0; i < n->count; i++)
		place[order[i]] = i;
	return place;
}

static int compare_edges(const void *x, const void *y)
{
	const struct edge *a = x, *b = y;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return (a->to > b->to) - (a->to < b->to);
}

static bool same_edge(const struct edge *x, const struct edge *y)
{
	return x->from == y->from && x->to == y->to;
}

static void store(struct needs *n, const size_t *place, size_t first)
{
	size_t *needs = ARENA_ARRAY(n->p->a, n->edges.count, size_t), used = 0;

	for (size_t e = 0; e < n->edges.count; e++) {
		const struct edge *x = &n->edges.items[e];
		struct change *c = &n->changes[x->from];

		if ((e && same_edge(x, x - 1)) || place[x->to] > place[x->from])
			continue;
		if (!c->need_count)
			c->needs = &needs[used];
		needs[used++] = first + x->to;
		c->need_count++;
	}
}

void planner_needs(struct planning *p, const struct planning_instance *w)
{
	struct arena *scratch = arena_new();
	struct needs n = {.p = p};

	n.count = w->change_count;
	n.changes = n.count ? &p->changes.items[w->first] : NULL;
	n.renamed = ARENA_ARRAY(scratch, n.count, bool);
	collect(&n);
	if (n.edges.count) {
		qsort(n.edges.items, n.edges.count, sizeof(*n.edges.items), compare_edges);
		store(&n, places(&n, scratch), w->first);
	}
	vec_release(&n.edges);
	map_release(&n.wanted);
	map_release(&n.deletes);
	map_release(&n.doomed);
	arena_free(scratch);
}
