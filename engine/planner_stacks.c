/*
 * planner_stacks.c - which stack instances wait for which, and what their outputs will be.
 */
#include "engine/planner_parts.h"

#include <stdlib.h>
#include <string.h>

#include "engine/graph.h"
#include "engine/outside.h"

/* Of a longer circle the rest is only counted. */
#define CYCLE_STEPS_SHOWN 20

/* One waits for the other because of the link, or of DependsOn. */
struct stack_edge {
	size_t to;
	const struct outside_link *link; /* NULL: DependsOn */
};

struct stack_needs {
	struct planning *p;
	struct instance_plan *plans;
	size_t count;
	bool linked;
	struct {
		VEC_OF(struct stack_edge)
	} * of; /* by instance */
};

static bool goes(const struct stack_needs *n, size_t i)
{
	return n->p->in->destroy || !n->plans[i].instance;
}

/* i is to be there after j; when both go, the other way round. */
static void order(struct stack_needs *n, size_t i, size_t j, const struct outside_link *link)
{
	size_t from = goes(n, i) ? j : i, to = goes(n, i) ? i : j;

	*(struct stack_edge *)vec_add(&n->of[from]) = (struct stack_edge){to, link};
}

/* The first instance plan that is not before this one; count when there is none. */
static size_t place_of(const struct stack_needs *n, const struct instance_id *id)
{
	size_t low = 0, high = n->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (instance_id_compare(&n->plans[mid].id, id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* In the same region and account when it is there, else everywhere. */
static void order_after(struct stack_needs *n, size_t i, const char *stack)
{
	const struct instance_id *mine = &n->plans[i].id;
	const struct instance_id here = {stack, mine->account, mine->region};
	const struct instance_id start = {stack, "", ""};
	size_t same = place_of(n, &here);

	if (same < n->count && !instance_id_compare(&n->plans[same].id, &here) &&
	    goes(n, same) == goes(n, i)) {
		order(n, i, same, NULL);
		return;
	}
	for (size_t j = place_of(n, &start); j < n->count && !strcmp(n->plans[j].id.stack, stack);
	     j++) {
		if (goes(n, j) == goes(n, i))
			order(n, i, j, NULL);
	}
}

static void order_by_links(struct stack_needs *n, size_t i)
{
	struct outside *o = n->p->in->outside;
	struct outside_links links =
		goes(n, i) ? outside_past_links(o, &n->plans[i]) : outside_links(o, &n->plans[i]);

	for (size_t k = 0; k < links.count; k++) {
		size_t j =
			outside_supplier(o, n->plans, n->count, &links.items[k], &n->plans[i].id);

		if (j == n->count || goes(n, i) != goes(n, j))
			continue;
		order(n, i, j, &links.items[k]);
		n->linked = true;
	}
}

/* --- circles ------------------------------------------------------------------------- */

static void add_step(struct arena *a, struct str *chain, const struct stack_needs *n,
		     const struct graph_step *s)
{
	const struct outside_link *l = s->tag;

	str_printf(chain, " -> %s", instance_id_text(a, &n->plans[s->to].id));
	if (!l)
		str_add(chain, " (DependsOn)");
	else if (l->export)
		str_printf(chain, " (export '%s')", l->export);
	else
		str_printf(chain, " (output '%s')", l->output);
}

static struct range first_place(const struct graph_cycle *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct outside_link *l = c->steps[i].tag;

		if (l && l->where.src)
			return l->where;
	}
	return RANGE_NONE;
}

static void tell_circle(const struct stack_needs *n, const struct graph_cycle *c, struct diags *d)
{
	struct arena *scratch = arena_new();
	const char *first = instance_id_text(scratch, &n->plans[c->steps[0].from].id);
	struct str chain = STR_INIT;
	struct diag *g;

	if (c->count == 1)
		g = diag_add(d, DIAG_INSTANCE_CYCLE, first_place(c), "'%s' waits for itself",
			     first);
	else
		g = diag_add(d, DIAG_INSTANCE_CYCLE, first_place(c),
			     "%zu stack instances wait for each other in a circle, '%s' among them",
			     c->count, first);
	str_add(&chain, first);
	for (size_t i = 0; i < c->count && i < CYCLE_STEPS_SHOWN; i++)
		add_step(scratch, &chain, n, &c->steps[i]);
	if (c->count > CYCLE_STEPS_SHOWN)
		str_printf(&chain, " -> ... %zu more", c->count - CYCLE_STEPS_SHOWN);
	diag_detail(d, g, "%s", str_cstr(&chain));
	diag_hint(d, g, "take out one of these, or move what both need into another stack");
	str_release(&chain);
	arena_free(scratch);
}

static struct graph *graph_of(struct arena *a, const struct stack_needs *n)
{
	struct graph *g = graph_new(a, n->count);
	size_t count = 0;

	for (size_t i = 0; i < n->count; i++)
		count += n->of[i].count;
	graph_expect(g, count);
	for (size_t i = 0; i < n->count; i++) {
		for (size_t k = 0; k < n->of[i].count; k++)
			graph_need(g, i, n->of[i].items[k].to, n->of[i].items[k].link);
	}
	return g;
}

/* DependsOn alone goes in no circle: the manifest was checked. */
static int check_circles(const struct stack_needs *n)
{
	struct arena *scratch = arena_new();
	size_t *sorted = ARENA_ARRAY(scratch, n->count, size_t);
	struct graph_cycle cycle;
	int rc = 0;

	if (n->linked && n->p->d && !graph_order(graph_of(scratch, n), sorted, &cycle)) {
		tell_circle(n, &cycle, n->p->d);
		rc = -1;
	}
	arena_free(scratch);
	return rc;
}

/* --- the needs ----------------------------------------------------------------------- */

/* Several links may lead to the same. */
static void store(struct stack_needs *n)
{
	size_t *met = xcalloc(n->count + 1, sizeof(*met)); /* by instance: last who needs it, + 1 */

	for (size_t i = 0; i < n->count; i++) {
		size_t *needs = ARENA_ARRAY(n->p->a, n->of[i].count, size_t), used = 0;

		for (size_t k = 0; k < n->of[i].count; k++) {
			size_t to = n->of[i].items[k].to;

			if (met[to] != i + 1)
				needs[used++] = to;
			met[to] = i + 1;
		}
		n->plans[i].needs = needs;
		n->plans[i].need_count = used;
		vec_release(&n->of[i]);
	}
	free(met);
}

int planner_stack_needs(struct planning *p, const struct instance_plans *plans)
{
	struct stack_needs n = {.p = p, .plans = plans->items, .count = plans->count};
	int rc;

	n.of = xcalloc(n.count + 1, sizeof(*n.of));
	for (size_t i = 0; i < n.count; i++) {
		const struct manifest_stack *s =
			manifest_stack(p->in->project->manifest, n.plans[i].id.stack);

		for (size_t d = 0; s && d < s->depends_on_count; d++)
			order_after(&n, i, s->depends_on[d]);
		if (p->in->outside)
			order_by_links(&n, i);
	}
	rc = check_circles(&n);
	store(&n);
	free(n.of);
	return rc;
}

const size_t *planner_instance_order(struct planning *p, const struct instance_plans *plans)
{
	struct arena *scratch = arena_new();
	struct graph *g = graph_new(scratch, plans->count);
	size_t *sorted = ARENA_ARRAY(p->a, plans->count, size_t), count = 0;

	for (size_t i = 0; i < plans->count; i++)
		count += plans->items[i].need_count;
	graph_expect(g, count);
	for (size_t i = 0; i < plans->count; i++) {
		for (size_t k = 0; k < plans->items[i].need_count; k++)
			graph_need(g, i, plans->items[i].needs[k], NULL);
	}
	graph_order(g, sorted, NULL);
	arena_free(scratch);
	return sorted;
}

void planner_order_instances(struct arena *a, const struct project *p, struct outside *o,
			     const struct instance_plans *plans)
{
	const struct planner_input in = {.project = p, .outside = o};
	struct planning planning = {.a = a, .in = &in};

	planner_stack_needs(&planning, plans);
}

static json_t *outputs_before(const struct planning *p, const struct planning_instance *w)
{
	const struct instance_record *r =
		map_find(&p->recorded, text_of(instance_id_text(p->a, &w->id)));

	return r && r->outputs && *r->outputs ? json_parse(text_of(r->outputs), NULL, NULL) : NULL;
}

static void add_output(struct planning *p, const struct output_change *o)
{
	bool same = o->before && o->after && !strcmp(o->before, o->after);

	if (!same && (o->before || o->after || o->unknown))
		*(struct output_change *)arena_vec_add(p->a, &p->outputs) = *o;
}

static const char *value_text(struct planning *p, const struct value *v)
{
	json_t *j = value_to_json(v), *sensitive = value_sensitive_pointers(v);
	const char *text = planner_masked_text(p, j, sensitive);

	json_decref(j);
	json_decref(sensitive);
	return text;
}

/* When nothing of the instance changes, what is not known now never will be: the resource
 * hands over no such attribute, which the apply has told. */
static bool may_become_known(const struct planning *p, const struct planning_instance *w)
{
	for (size_t i = w->first; i < w->first + w->change_count; i++) {
		if (p->changes.items[i].action != ACTION_NONE)
			return true;
	}
	return false;
}

static bool is_left_out(const struct planning *p, const struct planning_instance *w,
			const char *logical_id)
{
	size_t low = w->first, high = w->first + w->change_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct change *c = &p->changes.items[mid];
		int order = strcmp(c->addr.logical_id, logical_id);

		if (!order && c->resource)
			return c->left_out != ACTION_NONE;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* It hangs on something that --only or --exclude left out. */
static bool hangs_on_left_out(const struct planning *p, const struct planning_instance *w,
			      const struct value *v)
{
	bool found = false;

	for (const struct value_ref *r = v->kind == VALUE_UNKNOWN ? v->refs : NULL; r && !found;
	     r = r->next)
		found = is_left_out(p, w, r->logical_id);
	for (size_t i = 0; i < v->count && !found; i++) {
		if (v->kind == VALUE_LIST)
			found = hangs_on_left_out(p, w, v->items[i]);
		else if (v->kind == VALUE_MAP)
			found = hangs_on_left_out(p, w, v->entries[i].value);
	}
	return found;
}

/* What is not known now will be known when the plan was applied. */
static bool will_be_known(const struct planning *p, const struct planning_instance *w,
			  const struct value *v)
{
	return may_become_known(p, w) && (!w->partial || !hangs_on_left_out(p, w, v));
}

/* Takes the output out of `before`: what stays there is not wanted any more. */
static int plan_output(struct planning *p, const struct planning_instance *w, size_t index,
		       json_t *before)
{
	const struct document *doc = w->instance->doc;
	const struct doc_output *out = &doc->outputs[index];
	const json_t *was = json_object_get(before, out->name);
	struct output_change o = {.id = w->id, .instance = w->instance, .name = out->name};
	struct arena *scratch = arena_new();
	const struct value *v =
		document_eval_output(doc, index, known_lookup(p->known, &w->id), scratch, p->d);

	if (v && (!value_has_unknown(v) || will_be_known(p, w, v))) {
		o.unknown = value_has_unknown(v);
		o.before = was ? json_text(p->a, was) : NULL;
		o.after = o.unknown ? NULL : value_text(p, v);
		add_output(p, &o);
	}
	if (was)
		json_object_del(before, out->name);
	arena_free(scratch);
	return v ? 0 : -1;
}

static void drop_outputs(struct planning *p, const struct planning_instance *w,
			 const json_t *before)
{
	const char *name;
	json_t *was;

	json_object_foreach((json_t *)before, name, was)
	{
		struct output_change o = {.id = w->id,
					  .instance = w->instance,
					  .name = arena_strdup(p->a, name),
					  .before = json_text(p->a, was)};

		add_output(p, &o);
	}
}

int planner_outputs(struct planning *p, const struct planning_instance *w)
{
	json_t *before = outputs_before(p, w);
	size_t wanted = w->instance && !p->in->destroy ? w->instance->doc->output_count : 0;
	int rc = 0;

	for (size_t i = 0; i < wanted; i++) {
		if (plan_output(p, w, i, before))
			rc = -1;
	}
	/* Of an instance in part all of them stay recorded: others may still use them. */
	if (!w->partial)
		drop_outputs(p, w, before);
	json_decref(before);
	return rc;
}
