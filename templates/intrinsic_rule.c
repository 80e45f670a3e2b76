/* intrinsic_rule.c - the functions that only Rules have. */
#include "templates/intrinsic.h"

#include <string.h>

/* True when every one, or when any one, of the strings is among the others. */
enum quantity { EVERY, ANY };

static bool among(const struct value *list, const struct value *v)
{
	for (size_t i = 0; i < list->count; i++) {
		if (value_equal(list->items[i], v))
			return true;
	}
	return false;
}

static const struct value *compare(struct eval *e, const struct node *call, enum quantity quantity,
				   const struct value *const both[2])
{
	const struct value *checked = both[0], *one = both[1];
	bool result = quantity == EVERY;

	if (value_has_unknown(both[0]) || value_has_unknown(both[1]))
		return eval_unknown(e, call, both, 2);
	for (size_t i = 0; i < checked->count; i++) {
		bool found = one->kind == VALUE_LIST ? among(one, checked->items[i])
						     : value_equal(one, checked->items[i]);

		if (found != (quantity == EVERY))
			result = found;
	}
	return value_bool(e->a, result, call);
}

/* [[value, value], value] */
static const struct value *list_and_text(struct eval *e, const struct node *call,
					 enum quantity quantity)
{
	const struct node *const *args = call->arg->items;
	const struct value *both[] = {eval_list(e, call, args[0], "the list"),
				      eval_scalar(e, call, args[1], "the value")};

	return both[0] && both[1] ? compare(e, call, quantity, both) : NULL;
}

const struct value *intrinsic_contains(struct eval *e, const struct node *call)
{
	return list_and_text(e, call, ANY);
}

const struct value *intrinsic_each_equals(struct eval *e, const struct node *call)
{
	return list_and_text(e, call, EVERY);
}

const struct value *intrinsic_each_in(struct eval *e, const struct node *call)
{
	const struct node *const *args = call->arg->items;
	const struct value *both[] = {eval_list(e, call, args[0], "the list"),
				      eval_list(e, call, args[1], "the allowed values")};

	return both[0] && both[1] ? compare(e, call, EVERY, both) : NULL;
}

/* Fn::RefAll, Fn::ValueOf and Fn::ValueOfAll ask the account what it holds. */
const struct value *intrinsic_ask_account(struct eval *e, const struct node *call)
{
	return eval_unknown(e, call, NULL, 0);
}
