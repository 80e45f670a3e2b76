/*
 * rule_loop.c - keys in the body of Fn::ForEach that are the same in every turn.
 *
 * Each turn makes a resource or output of each key, so a key needs the variable of every loop
 * around it; one whose variable the collection of a loop further in takes is not looked at.
 */
#include "engine/lint/rules.h"

#include "engine/lint/rule_parts.h"
#include "engine/lint/value.h"

/* "Page${Host}", "Page&{Host}", or the variable alone. */
static bool holds_variable(struct text t, struct text variable)
{
	if (text_eq(t, variable))
		return true;
	for (size_t i = 0; i + variable.len + 3 <= t.len; i++) {
		const struct text inner = {t.ptr + i + 2, variable.len};

		if ((t.ptr[i] == '$' || t.ptr[i] == '&') && t.ptr[i + 1] == '{' &&
		    t.ptr[i + 2 + variable.len] == '}' && text_eq(inner, variable))
			return true;
	}
	return false;
}

/* True when in doubt: the linter has looked at enough. */
static bool names_variable(struct lint *l, const struct node *n, struct text variable)
{
	if (!l->left)
		return true;
	l->left--;
	if (n->kind == NODE_SCALAR)
		return holds_variable(n->text, variable);
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++) {
		if (names_variable(l, n->items[i], variable))
			return true;
	}
	for (size_t i = 0; n->kind == NODE_MAP && i < n->count; i++) {
		if (names_variable(l, n->entries[i].value, variable))
			return true;
	}
	return n->kind == NODE_CALL && names_variable(l, n->arg, variable);
}

enum turns { TURNS_ONCE, TURNS_PERHAPS, TURNS_SURELY };

/* A loop that is being looked into, innermost first. */
struct looping {
	const struct node *loop; /* [Variable, Collection, Body] */
	enum turns turns;
	const struct looping *outer;
};

/* Items that are functions may be nothing, or the same. */
static enum turns turns_of(const struct node *collection)
{
	size_t literals = 0;

	if (collection->kind != NODE_LIST)
		return TURNS_PERHAPS;
	for (size_t i = 0; i < collection->count; i++)
		literals += literal_of(collection->items[i]).ptr != NULL;
	if (literals > 1)
		return TURNS_SURELY;
	return collection->count > literals && collection->count > 1 ? TURNS_PERHAPS : TURNS_ONCE;
}

static void report(struct lint *l, const struct node *key, const struct node *loop,
		   enum turns turns)
{
	const struct node *variable = loop->items[0];
	struct diag *g;

	if (turns == TURNS_SURELY)
		g = diag_add(l->d, DIAG_DUPLICATE_NAME, key->where,
			     "every turn of the loop makes the same '%.*s'", TEXT_ARG(key->text));
	else
		g = diag_warn(l->d, DIAG_DUPLICATE_NAME, key->where,
			      "every turn of the loop makes the same '%.*s', if there are several",
			      TEXT_ARG(key->text));
	diag_related(l->d, g, variable->where, "the loop's variable");
	diag_hint(l->d, g, "put the variable into the name: '%.*s${%.*s}'", TEXT_ARG(key->text),
		  TEXT_ARG(variable->text));
}

static void check_key(struct lint *l, const struct node *key, const struct looping *inner)
{
	for (const struct looping *at = inner; at; at = at->outer) {
		const struct text variable = at->loop->items[0]->text;
		bool used = at->turns == TURNS_ONCE || holds_variable(key->text, variable);

		for (const struct looping *in = inner; in != at; in = in->outer)
			used = used || names_variable(l, in->loop->items[1], variable);
		if (used)
			continue;
		report(l, key, at->loop, at->turns);
		return;
	}
}

static void look(struct lint *l, const struct node *map, const struct looping *outer)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct node_entry *e = &map->entries[i];
		const struct node *loop = lint_loop(e);
		struct looping inner = {.loop = loop, .outer = outer};

		if (loop && loop->items[0]->kind == NODE_SCALAR) {
			inner.turns = turns_of(loop->items[1]);
			look(l, loop->items[2], &inner);
		} else if (outer && !lint_function_key(e->key->text)) {
			check_key(l, e->key, outer);
		}
	}
}

void rule_loop_keys(struct lint *l)
{
	if (l->t->resources)
		look(l, l->t->resources, NULL);
	if (l->t->outputs)
		look(l, l->t->outputs, NULL);
}
