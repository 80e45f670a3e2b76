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
		report_condition_unknown(e->d, at->where, name,
					 (struct name_list){names, count, NULL});
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
	e->place = PLACE_CONDITION;
	result = eval_condition(e, c->body, &c->result);
	e->deciding = c->asked_by;
	e->scope = scope;
	e->place = place;
	c->state = result == UNDECIDED ? CONDITION_UNDECIDED
		   : result            ? CONDITION_BROKEN
				       : CONDITION_DONE;
	return result;
}

int eval_condition_named(struct eval *e, const struct node *at, struct text name, bool *out)
{
	struct condition *c = names_find(&e->st->conditions, name);
	int result;

	if (!c)
		return report_unknown(e, at, name);
	switch (c->state) {
	case CONDITION_NEW:
		result = decide(e, c);
		if (result)
			return result;
		break;
	case CONDITION_RUNNING:
		report_condition_cycle(e->d, at->where, cycle_path(e, c), c->key->where);
		return -1;
	case CONDITION_UNDECIDED:
		return UNDECIDED;
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
	if (outer != PLACE_RULE)
		e->place = PLACE_CONDITION;
	v = eval_node(e, n);
	e->place = outer;
	if (!v)
		return -1;
	if (v->kind == VALUE_UNKNOWN)
		return UNDECIDED;
	*out = v->boolean;
	return 0;
}

/* Functions */

/* The value of what was decided, or not. */
static const struct value *decided(struct eval *e, const struct node *call, int status, bool result)
{
	if (status == UNDECIDED)
		return eval_unknown(e, call, NULL, 0);
	return status ? NULL : value_bool(e->a, result, call);
}

const struct value *intrinsic_condition(struct eval *e, const struct node *call)
{
	struct text name;
	bool result = false;
	int status;

	if (!eval_name(e, call, call->arg, "the name", &name))
		return NULL;
	status = eval_condition_named(e, call->arg, name, &result);
	return decided(e, call, status, result);
}

static const struct value *undecidable(struct eval *e, const struct node *call)
{
	if (e->st->partial || !e->lookup || e->place == PLACE_RULE_OPERAND)
		return eval_unknown(e, call, NULL, 0);
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
		return undecidable(e, call);
	return value_bool(e->a, value_equal(x, y), call);
}

struct tally {
	size_t yes, no, undecided;
};

/* All operands are decided, so that all errors show. */
static int tally(struct eval *e, const struct node *call, struct tally *t)
{
	int failed = 0;
	bool result = false;

	for (size_t i = 0; i < call->arg->count; i++) {
		int status = eval_condition(e, call->arg->items[i], &result);

		if (status < 0)
			failed = -1;
		t->undecided += status == UNDECIDED;
		t->yes += !status && result;
		t->no += !status && !result;
	}
	return failed;
}

const struct value *intrinsic_and(struct eval *e, const struct node *call)
{
	struct tally t = {0};

	if (tally(e, call, &t))
		return NULL;
	return decided(e, call, t.undecided && !t.no ? UNDECIDED : 0, !t.no);
}

const struct value *intrinsic_or(struct eval *e, const struct node *call)
{
	struct tally t = {0};

	if (tally(e, call, &t))
		return NULL;
	return decided(e, call, t.undecided && !t.yes ? UNDECIDED : 0, t.yes > 0);
}

const struct value *intrinsic_not(struct eval *e, const struct node *call)
{
	struct tally t = {0};

	if (tally(e, call, &t))
		return NULL;
	return decided(e, call, t.undecided ? UNDECIDED : 0, !t.yes);
}

/* The branch that is not taken is not looked at: what it refers to need not exist. */
const struct value *intrinsic_if(struct eval *e, const struct node *call)
{
	const struct node *const *args = call->arg->items;
	const struct node *condition = args[0];
	struct text name;
	bool result = false;
	int status;

	if (node_is_call(condition, "Condition"))
		condition = condition->arg;
	if (!eval_name(e, call, condition, "the condition", &name))
		return NULL;
	status = eval_condition_named(e, condition, name, &result);
	if (status)
		return decided(e, call, status, result);
	return eval_node(e, args[result ? 1 : 2]);
}
