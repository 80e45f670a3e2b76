/* intrinsic_cond.c - conditions: deciding them once each, and the functions for them. */
#include "templates/intrinsic.h"

#include <string.h>

#include "templates/refs.h"

/* Deciding */

/* From the condition that is asked for again, along who asked whom, back to it. */
static const char *cycle_path(struct eval *e, const struct condition *again)
{
	const char *path = arena_text(e->a, again->name);

	for (const struct condition *c = e->deciding; c != again; c = c->asked_by)
		path = arena_printf(e->a, "%.*s -> %s", TEXT_ARG(c->name), path);
	return arena_printf(e->a, "%.*s -> %s", TEXT_ARG(again->name), path);
}

static int report_unknown(struct eval *e, const struct node *at, struct text name)
{
	struct arena *scratch = arena_new();
	size_t count = e->st->condition_list.count;
	const char **names = ARENA_ARRAY(scratch, count, const char *);

	for (size_t i = 0; i < count; i++)
		names[i] = arena_text(scratch, e->st->condition_list.items[i]->name);
	if (!e->st->conditions_incomplete)
		report_condition_unknown(e->d, at->where, name, (struct name_list){names, count});
	arena_free(scratch);
	return -1;
}

static int decide(struct eval *e, struct condition *c)
{
	const struct scope *scope = e->scope;
	enum eval_place place = e->place;
	int result;

	c->state = CONDITION_RUNNING;
	c->asked_by = e->deciding;
	e->deciding = c;
	e->scope = c->scope;
	result = eval_condition(e, c->body, &c->result);
	e->deciding = c->asked_by;
	e->scope = scope;
	e->place = place;
	c->state = result ? CONDITION_BROKEN : CONDITION_DONE;
	return result;
}

int eval_condition_named(struct eval *e, const struct node *at, struct text name, bool *out)
{
	struct condition *c = names_find(&e->st->conditions, name);

	if (!c)
		return report_unknown(e, at, name);
	switch (c->state) {
	case CONDITION_NEW:
		if (decide(e, c))
			return -1;
		break;
	case CONDITION_RUNNING:
		report_condition_cycle(e->d, at->where, cycle_path(e, c), c->key->where);
		return -1;
	case CONDITION_BROKEN:
		return -1;
	case CONDITION_DONE:
		break;
	}
	*out = c->result;
	return 0;
}

int eval_condition(struct eval *e, const struct node *n, bool *out)
{
	enum eval_place outer = e->place;
	const struct value *v;

	if (n->kind != NODE_CALL) {
		report_no_condition(n, e->d);
		return -1;
	}
	e->place = PLACE_CONDITION;
	v = eval_node(e, n);
	e->place = outer;
	if (!v)
		return -1;
	*out = v->boolean;
	return 0;
}

/* Functions */

const struct value *intrinsic_condition(struct eval *e, const struct node *call)
{
	struct text name;
	bool result = false;

	if (!eval_name(e, call, call->arg, "the name", &name) ||
	    eval_condition_named(e, call->arg, name, &result))
		return NULL;
	return value_bool(e->a, result, call);
}

static const struct value *report_undecidable(struct eval *e, const struct node *call)
{
	diag_add(e->d, DIAG_VALUE_NOT_KNOWN, call->where,
		 "a condition must be known before anything is created");
	return NULL;
}

const struct value *intrinsic_equals(struct eval *e, const struct node *call)
{
	const struct value *x = eval_operand(e, call, call->arg->items[0]);
	const struct value *y = eval_operand(e, call, call->arg->items[1]);

	if (!x || !y)
		return NULL;
	if (value_has_unknown(x) || value_has_unknown(y))
		return report_undecidable(e, call);
	return value_bool(e->a, value_equal(x, y), call);
}

/* All operands are decided, so that all errors show. */
static int count_true(struct eval *e, const struct node *call, size_t *count)
{
	int failed = 0;
	bool result = false;

	*count = 0;
	for (size_t i = 0; i < call->arg->count; i++) {
		if (eval_condition(e, call->arg->items[i], &result))
			failed = -1;
		else
			*count += result;
	}
	return failed;
}

const struct value *intrinsic_and(struct eval *e, const struct node *call)
{
	size_t count;

	if (count_true(e, call, &count))
		return NULL;
	return value_bool(e->a, count == call->arg->count, call);
}

const struct value *intrinsic_or(struct eval *e, const struct node *call)
{
	size_t count;

	return count_true(e, call, &count) ? NULL : value_bool(e->a, count > 0, call);
}

const struct value *intrinsic_not(struct eval *e, const struct node *call)
{
	size_t count;

	return count_true(e, call, &count) ? NULL : value_bool(e->a, count == 0, call);
}

/* The branch that is not taken is not looked at: what it refers to need not exist. */
const struct value *intrinsic_if(struct eval *e, const struct node *call)
{
	const struct node *const *args = call->arg->items;
	const struct node *condition = args[0];
	struct text name;
	bool result = false;

	if (node_is_call(condition, "Condition"))
		condition = condition->arg;
	if (!eval_name(e, call, condition, "the condition", &name) ||
	    eval_condition_named(e, condition, name, &result))
		return NULL;
	return eval_node(e, args[result ? 1 : 2]);
}
