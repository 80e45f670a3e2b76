/*
 * planner_stacks.c - which stack instances wait for which, and what their outputs will be.
 */
#include "engine/planner_parts.h"

#include <string.h>

struct stack_needs {
	struct planning *p;
	struct instance_plan *plans;
	size_t count;
	struct {
		VEC_OF(size_t)
	} * of; /* by instance */
};

static bool goes(const struct stack_needs *n, size_t i)
{
	return n->p->in->destroy || !n->plans[i].instance;
}

static bool same_place(const struct instance_id *x, const struct instance_id *y)
{
	return !strcmp(x->account, y->account) && !strcmp(x->region, y->region);
}

/* i is to be there after j; when both go, the other way round. */
static void order(struct stack_needs *n, size_t i, size_t j)
{
	size_t from = goes(n, i) ? j : i, to = goes(n, i) ? i : j;

	*(size_t *)vec_add(&n->of[from]) = to;
}

/* The first instance plan of a stack; count when there is none. */
static size_t first_of(const struct stack_needs *n, const char *stack)
{
	size_t low = 0, high = n->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(n->plans[mid].id.stack, stack) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* In the same region and account when it is there, else everywhere. */
static void order_after(struct stack_needs *n, size_t i, const char *stack)
{
	size_t first = first_of(n, stack), end = first, same = n->count;

	for (; end < n->count && !strcmp(n->plans[end].id.stack, stack); end++) {
		if (goes(n, end) == goes(n, i) && same_place(&n->plans[end].id, &n->plans[i].id))
			same = end;
	}
	if (same < n->count) {
		order(n, i, same);
		return;
	}
	for (size_t j = first; j < end; j++) {
		if (goes(n, j) == goes(n, i))
			order(n, i, j);
	}
}

static void store(struct stack_needs *n)
{
	for (size_t i = 0; i < n->count; i++) {
		size_t *needs = ARENA_ARRAY(n->p->a, n->of[i].count, size_t);

		if (n->of[i].count)
			memcpy(needs, n->of[i].items, n->of[i].count * sizeof(*needs));
		n->plans[i].needs = needs;
		n->plans[i].need_count = n->of[i].count;
		vec_release(&n->of[i]);
	}
}

void planner_stack_needs(struct planning *p, struct instance_plan *plans, size_t count)
{
	struct stack_needs n = {.p = p, .plans = plans, .count = count};

	n.of = xcalloc(count + 1, sizeof(*n.of));
	for (size_t i = 0; i < count; i++) {
		const struct manifest_stack *s =
			manifest_stack(p->in->project->manifest, plans[i].id.stack);

		for (size_t d = 0; s && d < s->depends_on_count; d++)
			order_after(&n, i, s->depends_on[d]);
	}
	store(&n);
	free(n.of);
}

void planner_order_instances(struct arena *a, const struct project *p, struct instance_plan *plans,
			     size_t count)
{
	const struct planner_input in = {.project = p};
	struct planning planning = {.a = a, .in = &in};

	planner_stack_needs(&planning, plans, count);
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
	for (size_t i = w->first; i < p->changes.count; i++) {
		if (p->changes.items[i].action != ACTION_NONE)
			return true;
	}
	return false;
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

	if (v && (!value_has_unknown(v) || may_become_known(p, w))) {
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
	drop_outputs(p, w, before);
	json_decref(before);
	return rc;
}
