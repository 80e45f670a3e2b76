/*
 * planner_wishes.c - --only and --exclude, over the finished plan.
 *
 * What is left out becomes ACTION_NONE and remembers in left_out what it was, so that all of it
 * stays as recorded and order still passes through it.  What goes on never stands on something
 * that was left out:
 *
 *	a change needs          because
 *	what it waits for       the values and the order that the plan shows come from there
 *	users of what it        the old one may go only when they have moved to the new one;
 *	replaces                so does a delete, which waits for them anyway
 *	all of another stack    it takes an output of it that changes
 *	instance
 *
 * DependsOn of stacks alone takes nothing in, as selecting a stack by name does not.
 *
 * Whole instances are nodes of their own behind those of the changes: an instance of which
 * something is left out is not as its template says afterwards, nor is one that takes from it.
 * A record that only gets another logical id (Moved) does so in any case: nothing in the world
 * changes by that.
 */
#include "engine/planner_parts.h"

#include <stdlib.h>
#include <string.h>

#include "engine/outside.h"

struct edge {
	size_t from, to; /* nodes; `from` needs `to` */
};

struct choice {
	struct planning *p;
	struct planning_instance *instances;
	const struct instance_plans *plans;
	struct arena *scratch;
	size_t change_count, node_count;
	struct {
		VEC_OF(struct edge)
	} edges;
};

/* --- patterns ------------------------------------------------------------------------- */

bool planner_named(const struct patterns *p, const struct address *x)
{
	for (size_t i = 0; i < p->count; i++) {
		if (address_match(x, p->items[i]))
			return true;
	}
	return false;
}

/* What the pattern could have meant: addresses, or logical ids when it has no slash. */
static void hint_nearest(struct planning *p, struct diag *g, const char *pattern)
{
	struct arena *scratch = arena_new();
	const char **names = ARENA_ARRAY(scratch, p->changes.count + 1, const char *);
	bool short_form = !strchr(pattern, '/');

	for (size_t i = 0; i < p->changes.count; i++) {
		const struct address *x = &p->changes.items[i].addr;

		names[i] = short_form ? x->logical_id : address_text(scratch, x);
	}
	diag_did_you_mean(p->d, g, text_of(pattern), names, p->changes.count);
	if (!g->hint)
		diag_hint(p->d, g,
			  "a pattern is an address ('web/east/Db*') or a logical id ('Db*'); "
			  "'hadeploy graph' shows all of them");
	arena_free(scratch);
}

static int check_pattern(struct planning *p, const char *option, const char *pattern)
{
	struct diag *g;

	for (size_t i = 0; i < p->changes.count; i++) {
		if (address_match(&p->changes.items[i].addr, pattern))
			return 0;
	}
	g = diag_add(p->d, DIAG_PATTERN_NAMES_NOTHING, RANGE_NONE,
		     "no resource of this plan is named by '%s %s'", option, pattern);
	hint_nearest(p, g, pattern);
	return -1;
}

static int check_patterns(struct planning *p, const char *option, const struct patterns *all)
{
	int rc = 0;

	for (size_t i = 0; i < all->count; i++) {
		if (check_pattern(p, option, all->items[i]))
			rc = -1;
	}
	return rc;
}

/* --- who needs whom ------------------------------------------------------------------- */

static struct change *change_at(const struct choice *c, size_t i)
{
	return &c->p->changes.items[i];
}

static void add_edge(struct choice *c, size_t from, size_t to)
{
	*(struct edge *)vec_add(&c->edges) = (struct edge){from, to};
}

/* Its old one is deleted by the same change. */
static bool drops_old(const struct change *c)
{
	enum deletion_policy policy =
		c->resource ? c->resource->update_replace_policy : DELETION_DEFAULT;

	return c->action == ACTION_REPLACE && policy != DELETION_RETAIN &&
	       policy != DELETION_RETAIN_EXCEPT_ON_CREATE;
}

static void need_what_is_waited_for(struct choice *c, size_t i)
{
	const struct change *change = change_at(c, i);

	for (size_t k = 0; k < change->need_count; k++) {
		size_t n = change->needs[k];

		add_edge(c, i, n);
		if (change->action != ACTION_NONE && drops_old(change_at(c, n)))
			add_edge(c, n, i);
	}
}

/* Users as recorded: they may not refer to it any more. */
static void need_recorded_users(struct choice *c, const struct map *replaced, size_t i)
{
	const struct change *user = change_at(c, i);
	const char *text =
		user->before && user->action != ACTION_NONE ? user->before->depends_on : NULL;
	json_t *keys = text && *text ? json_parse(text_of(text), NULL, NULL) : NULL;

	for (size_t k = 0; k < json_array_size(keys); k++) {
		const char *key = json_string_value(json_array_get(keys, k));
		const struct change *used = key ? map_find(replaced, text_of(key)) : NULL;

		if (used && used != user)
			add_edge(c, (size_t)(used - c->p->changes.items), i);
	}
	json_decref(keys);
}

static void need_users(struct choice *c)
{
	struct map replaced = MAP_INIT;

	for (size_t i = 0; i < c->change_count; i++) {
		struct change *change = change_at(c, i);

		if (drops_old(change))
			map_set(&replaced, text_of(address_key(c->scratch, &change->addr)), change);
	}
	for (size_t i = 0; replaced.live_count && i < c->change_count; i++)
		need_recorded_users(c, &replaced, i);
	map_release(&replaced);
}

static bool output_changes(const struct choice *c, size_t j, const struct outside_link *l)
{
	const struct planning_instance *w = &c->instances[j];

	for (size_t k = w->first_output; k < w->first_output + w->output_count; k++) {
		const char *name = c->p->outputs.items[k].name;

		if (!l->output || !strcmp(name, l->output))
			return true;
	}
	return false;
}

/* All of `user` needs all of `used`. */
static void need_instance(struct choice *c, size_t user, size_t used)
{
	const struct planning_instance *w = &c->instances[user];

	for (size_t k = w->first; k < w->first + w->change_count; k++)
		add_edge(c, k, c->change_count + used);
	add_edge(c, c->change_count + user, c->change_count + used);
}

static void need_suppliers(struct choice *c, size_t i)
{
	struct outside *o = c->p->in->outside;
	bool goes = c->p->in->destroy || !c->instances[i].instance;
	const struct instance_plan *plan = &c->plans->items[i];
	struct outside_links links = goes ? outside_past_links(o, plan) : outside_links(o, plan);

	for (size_t k = 0; k < links.count; k++) {
		size_t j = outside_supplier(o, c->plans->items, c->plans->count, &links.items[k],
					    &plan->id);

		if (j == c->plans->count || j == i)
			continue;
		if (goes)
			need_instance(c, j, i);
		else if (output_changes(c, j, &links.items[k]))
			need_instance(c, i, j);
	}
}

static void collect_edges(struct choice *c)
{
	for (size_t i = 0; i < c->change_count; i++)
		need_what_is_waited_for(c, i);
	need_users(c);
	for (size_t i = 0; i < c->plans->count; i++) {
		const struct planning_instance *w = &c->instances[i];

		for (size_t k = w->first; k < w->first + w->change_count; k++)
			add_edge(c, c->change_count + i, k);
		if (c->p->in->outside)
			need_suppliers(c, i);
	}
}

/* --- spreading ------------------------------------------------------------------------ */

enum direction { TO_WHAT_IS_NEEDED, TO_WHO_NEEDS };

/* Neighbours of each node, one behind the other: those of n from first[n] to first[n + 1]. */
struct neighbours {
	size_t *first, *items;
};

static struct neighbours neighbours_of(const struct choice *c, enum direction way)
{
	struct neighbours n = {ARENA_ARRAY(c->scratch, c->node_count + 2, size_t),
			       ARENA_ARRAY(c->scratch, c->edges.count, size_t)};

	for (size_t e = 0; e < c->edges.count; e++) {
		const struct edge *x = &c->edges.items[e];

		n.first[(way == TO_WHAT_IS_NEEDED ? x->from : x->to) + 2]++;
	}
	for (size_t i = 2; i < c->node_count + 2; i++)
		n.first[i] += n.first[i - 1];
	for (size_t e = 0; e < c->edges.count; e++) {
		const struct edge *x = &c->edges.items[e];
		size_t at = way == TO_WHAT_IS_NEEDED ? x->from : x->to;

		n.items[n.first[at + 1]++] = way == TO_WHAT_IS_NEEDED ? x->to : x->from;
	}
	return n;
}

/* Marks everything that leads from what is marked. */
static void spread(const struct choice *c, bool *marked, enum direction way)
{
	struct neighbours n = neighbours_of(c, way);
	size_t *open = ARENA_ARRAY(c->scratch, c->node_count, size_t), count = 0;

	for (size_t i = 0; i < c->node_count; i++) {
		if (marked[i])
			open[count++] = i;
	}
	while (count) {
		size_t i = open[--count];

		for (size_t k = n.first[i]; k < n.first[i + 1]; k++) {
			size_t to = n.items[k];

			if (marked[to])
				continue;
			marked[to] = true;
			open[count++] = to;
		}
	}
}

/* --- leaving out ---------------------------------------------------------------------- */

static bool *mark_named(const struct choice *c, const struct patterns *p)
{
	bool *marked = ARENA_ARRAY(c->scratch, c->node_count, bool);

	for (size_t i = 0; i < c->change_count; i++)
		marked[i] = planner_named(p, &change_at(c, i)->addr);
	return marked;
}

/* By node: left out, or stands on what is. */
static const bool *find_left_out(const struct choice *c, const struct plan_wishes *wishes)
{
	bool *taken = NULL, *out = mark_named(c, &wishes->exclude);

	if (wishes->only.count) {
		taken = mark_named(c, &wishes->only);
		spread(c, taken, TO_WHAT_IS_NEEDED);
	}
	for (size_t i = 0; i < c->change_count; i++)
		out[i] = change_at(c, i)->action != ACTION_NONE && (out[i] || (taken && !taken[i]));
	spread(c, out, TO_WHO_NEEDS);
	return out;
}

/* What others may know of it is what is recorded. */
static void leave_out(const struct choice *c, struct change *change)
{
	struct known *known = c->p->known;

	change->left_out = change->action;
	change->action = ACTION_NONE;
	change->conditional = change->snapshot = false;
	if (!change->resource)
		return;
	if (change->before)
		known_put(known, change->before, KNOWN_ALL);
	else
		known_drop(known, &change->addr);
}

static void leave_out_all(const struct choice *c, const bool *out)
{
	for (size_t i = 0; i < c->change_count; i++) {
		if (out[i] && change_at(c, i)->action != ACTION_NONE)
			leave_out(c, change_at(c, i));
	}
	for (size_t i = 0; i < c->plans->count; i++)
		c->plans->items[i].partial = c->instances[i].partial = out[c->change_count + i];
}

static bool any_work(const struct planning *p, const struct planning_instance *w)
{
	for (size_t i = w->first; i < w->first + w->change_count; i++) {
		if (p->changes.items[i].action != ACTION_NONE)
			return true;
	}
	return false;
}

/* Of an instance in part: what cannot be known stays as it is recorded, and all of it where
 * nothing is left to do. */
static int plan_outputs_again(const struct choice *c)
{
	struct planning *p = c->p;
	const struct output_change *before = p->outputs.items;
	int rc = 0;

	memset(&p->outputs, 0, sizeof(p->outputs));
	for (size_t i = 0; i < c->plans->count; i++) {
		struct planning_instance *w = &c->instances[i];
		size_t first = p->outputs.count;

		for (size_t k = 0; !w->partial && k < w->output_count; k++)
			*(struct output_change *)arena_vec_add(p->a, &p->outputs) =
				before[w->first_output + k];
		if (w->partial && any_work(p, w) && planner_outputs(p, w))
			rc = -1;
		w->first_output = first;
		w->output_count = p->outputs.count - first;
	}
	return rc;
}

static int choose(struct planning *p, struct planning_instance *instances,
		  const struct instance_plans *plans)
{
	struct choice c = {
		.p = p,
		.instances = instances,
		.plans = plans,
		.scratch = arena_new(),
		.change_count = p->changes.count,
		.node_count = p->changes.count + plans->count,
	};
	int rc;

	collect_edges(&c);
	leave_out_all(&c, find_left_out(&c, p->in->wishes));
	rc = plan_outputs_again(&c);
	vec_release(&c.edges);
	arena_free(c.scratch);
	return rc;
}

int planner_wishes(struct planning *p, struct planning_instance *instances,
		   const struct instance_plans *plans)
{
	const struct plan_wishes *w = p->in->wishes;
	int rc = 0;

	if (!w)
		return 0;
	rc |= check_patterns(p, "--only", &w->only);
	rc |= check_patterns(p, "--exclude", &w->exclude);
	rc |= check_patterns(p, "--replace", &w->replace);
	if (rc || (!w->only.count && !w->exclude.count))
		return rc;
	return choose(p, instances, plans);
}
