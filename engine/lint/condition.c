/*
 * condition.c - which branches can be taken together.
 *
 * A condition that has a certain value implies facts: other conditions' values, and that
 * a parameter is or is not a certain text.  Two branches whose facts contradict each other are
 * never taken together.  Whatever is more complicated counts as possible.
 */
#include <string.h>

#include "engine/lint/lint_parts.h"

/* Facts of one condition; more are left out. */
#define FACTS_MAX 32

struct fact {
	struct text name;  /* a condition, or what is compared with `value` */
	struct text value; /* ptr NULL: `name` is a condition */
	bool holds;
};

struct facts {
	struct fact items[FACTS_MAX];
	size_t count;
};

/* What is known of a condition by its value. */
struct implied {
	struct facts *when[2]; /* NULL: not asked for */
	bool busy;             /* it is being asked: it depends on itself */
};

static void gather(struct lint *l, const struct node *n, bool holds, struct facts *out);

static void add_fact(struct facts *out, struct fact fact)
{
	if (out->count < FACTS_MAX)
		out->items[out->count++] = fact;
}

/* Nothing new can come of the condition: it is there already, or no more are taken.  Without
 * that, conditions that name others twice would be followed along every path. */
static bool is_settled(const struct facts *out, struct text condition, bool holds)
{
	for (size_t i = 0; i < out->count; i++) {
		const struct fact *f = &out->items[i];

		if (!f->value.ptr && f->holds == holds && text_eq(f->name, condition))
			return true;
	}
	return out->count == FACTS_MAX;
}

static void gather_named(struct lint *l, struct text name, bool holds, struct facts *out)
{
	struct implied *known = map_find(&l->conditions, name);
	const struct node *body = lint_condition(l, name);
	const bool settled = is_settled(out, name, holds);

	add_fact(out, (struct fact){name, {NULL, 0}, holds});
	if (!known) {
		known = ARENA_NEW(l->a, struct implied);
		map_set(&l->conditions, name, known);
	}
	if (!body || settled || known->busy)
		return;
	known->busy = true;
	gather(l, body, holds, out);
	known->busy = false;
}

/* A parameter with two allowed values that is not the one is the other. */
static struct fact other_value(const struct lint *l, struct fact fact)
{
	const struct parameter *p = template_parameter(l->t, fact.name);
	const struct node *allowed = p ? node_find(p->body, "AllowedValues") : NULL;

	if (fact.holds || !allowed || allowed->kind != NODE_LIST || allowed->count != 2)
		return fact;
	for (size_t i = 0; i < 2; i++) {
		if (allowed->items[i]->kind == NODE_SCALAR &&
		    text_eq(allowed->items[i]->text, fact.value) &&
		    allowed->items[1 - i]->kind == NODE_SCALAR)
			return (struct fact){fact.name, allowed->items[1 - i]->text, true};
	}
	return fact;
}

static void gather_equals(const struct lint *l, const struct node *pair, bool holds,
			  struct facts *out)
{
	const struct node *name = pair->items[0], *value = pair->items[1];

	if (name->kind == NODE_SCALAR) {
		name = pair->items[1];
		value = pair->items[0];
	}
	if (value->kind != NODE_SCALAR || !node_is_call(name, "Ref") ||
	    name->arg->kind != NODE_SCALAR)
		return;
	add_fact(out, other_value(l, (struct fact){name->arg->text, value->text, holds}));
}

static void gather(struct lint *l, const struct node *n, bool holds, struct facts *out)
{
	const struct node *arg = n->kind == NODE_CALL ? n->arg : NULL;

	if (!arg)
		return;
	if (arg->kind == NODE_SCALAR && text_is(n->text, "Condition"))
		gather_named(l, arg->text, holds, out);
	if (arg->kind != NODE_LIST || !arg->count)
		return;
	if (text_is(n->text, "Fn::Not"))
		gather(l, arg->items[0], !holds, out);
	else if (text_is(n->text, "Fn::Equals") && arg->count == 2)
		gather_equals(l, arg, holds, out);
	else if ((text_is(n->text, "Fn::And") && holds) || (text_is(n->text, "Fn::Or") && !holds))
		for (size_t i = 0; i < arg->count; i++)
			gather(l, arg->items[i], holds, out);
}

static const struct facts *facts_of(struct lint *l, struct text name, bool holds)
{
	struct implied *known = map_find(&l->conditions, name);
	struct facts *facts;

	if (known && known->when[holds])
		return known->when[holds];
	facts = ARENA_NEW(l->a, struct facts);
	gather_named(l, name, holds, facts);
	known = map_find(&l->conditions, name);
	known->when[holds] = facts;
	return facts;
}

static bool contradict(const struct fact *x, const struct fact *y)
{
	if (!text_eq(x->name, y->name) || !x->value.ptr != !y->value.ptr)
		return false;
	if (!x->value.ptr || text_eq(x->value, y->value))
		return x->holds != y->holds;
	return x->holds && y->holds;
}

static bool possible(const struct facts *x, const struct facts *y)
{
	for (size_t i = 0; i < x->count; i++) {
		for (size_t k = 0; k < y->count; k++) {
			if (contradict(&x->items[i], &y->items[k]))
				return false;
		}
	}
	return true;
}

bool lint_consistent(struct lint *l, const struct assumption *given, struct text condition,
		     bool holds)
{
	const struct facts *facts = facts_of(l, condition, holds);

	for (; given; given = given->outer) {
		if (!possible(facts_of(l, given->condition, given->holds), facts))
			return false;
	}
	return possible(facts, facts);
}

void lint_conditions_release(struct lint *l)
{
	map_release(&l->conditions);
}
