/* foreach.c - unrolling loops. */
#include "templates/foreach.h"

#include <string.h>

#include "base/limits.h"
#include "templates/sections.h"

struct expansion {
	struct eval *e;
	foreach_visit_fn *visit;
	void *context;
};

bool foreach_key(struct text key)
{
	return key.len > 4 && key.ptr[0] == 'F' && text_starts(key, FOREACH_PREFIX);
}

static const struct node *misshapen(const struct node *at, const char *what, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_FOREACH_SHAPE, at->where, "%s", what);

	diag_hint(d, g, "write 'Fn::ForEach::Name: [Variable, Collection, {Key: Value}]'");
	return NULL;
}

static bool variable_name(const struct node *n)
{
	if (n->kind != NODE_SCALAR || !n->text.len)
		return false;
	for (size_t i = 0; i < n->text.len; i++) {
		char c = n->text.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
			return false;
	}
	return true;
}

const struct node *foreach_shape(const struct node_entry *entry, struct diags *d)
{
	const struct node *loop = entry->value;

	if (entry->key->text.len == sizeof(FOREACH_PREFIX) - 1)
		return misshapen(entry->key, "the loop has no name behind 'Fn::ForEach::'", d);
	if (loop->kind != NODE_LIST || loop->count != 3)
		return misshapen(loop->kind == NODE_LIST ? entry->key : loop,
				 "a loop is a list of three: variable, collection, body", d);
	if (!variable_name(loop->items[0]))
		return misshapen(loop->items[0],
				 "the loop's variable is a plain word of letters and digits", d);
	if (loop->items[1]->kind != NODE_LIST && loop->items[1]->kind != NODE_CALL)
		return misshapen(loop->items[1],
				 "the loop's collection is a list, or a function that gives one",
				 d);
	if (loop->items[2]->kind != NODE_MAP)
		return misshapen(loop->items[2], "the loop's body is a map of keys and values", d);
	return loop;
}

/* A variable that hides something else makes its loop unreadable. */
static int check_variable(struct eval *e, const struct node *variable)
{
	const struct parameter *p = template_parameter(e->st->tpl, variable->text);
	struct diag *g;

	if (!p && !scope_find(e->scope, variable->text))
		return 0;
	g = diag_add(e->d, DIAG_FOREACH_SHAPE, variable->where,
		     "the loop's variable '%.*s' hides %s of the same name",
		     TEXT_ARG(variable->text), p ? "the parameter" : "the outer loop's variable");
	if (p)
		diag_related(e->d, g, p->where->where, "the parameter");
	diag_hint(e->d, g, "rename the variable");
	return -1;
}

#define COLLECTION_HINT "loop over a list of strings, a list parameter, a mapping or Fn::Hosts"

static const struct value *report_collection(struct eval *e, const struct node *n,
					     const char *problem)
{
	struct diag *g =
		diag_add(e->d, DIAG_VALUE_NOT_KNOWN, n->where, "the loop's collection %s", problem);

	diag_hint(e->d, g, COLLECTION_HINT);
	return NULL;
}

/* A list in the parameter store looks like any other list parameter in the template. */
static const struct value *report_unknown(struct eval *e, const struct node *n,
					  const struct value *v)
{
	struct diag *g = diag_add(e->d, DIAG_VALUE_NOT_KNOWN, n->where,
				  "the loop's collection is not known yet");

	if (value_source(v)) {
		diag_detail(e->d, g,
			    "It is looked up during the apply, and loops are unrolled "
			    "before.");
		diag_hint(e->d, g,
			  "declare a parameter of Type: CommaDelimitedList, and give it "
			  "the items");
		return NULL;
	}
	diag_hint(e->d, g,
		  node_is_call(n, "Fn::GetAZs") ? "list the region's Zones in the manifest"
						: COLLECTION_HINT);
	return NULL;
}

static const struct value *collection(struct eval *e, const struct node *n)
{
	enum eval_place outer = e->place;
	const struct value *v;

	e->place = PLACE_STATIC;
	v = eval_node(e, n);
	e->place = outer;
	if (!v || (e->st->partial && v->kind == VALUE_UNKNOWN))
		return NULL;
	if (v->kind == VALUE_UNKNOWN)
		return report_unknown(e, n, v);
	if (v->kind != VALUE_LIST)
		return report_collection(e, n, "is not a list");
	if (value_has_sensitive(v))
		return report_collection(e, n, "is secret, and its items become names");
	return v;
}

static int expand(struct expansion *x, const struct node *map, const struct scope *scope);

static int count_turn(struct eval *e, const struct node *at)
{
	struct diag *g;

	if (e->loop_count > LIMIT_FOREACH_ITEMS)
		return -1;
	if (++e->loop_count <= LIMIT_FOREACH_ITEMS)
		return 0;
	g = diag_add(e->d, DIAG_FOREACH_LIMIT, at->where,
		     "the loops of this template turn more than %d times", LIMIT_FOREACH_ITEMS);
	diag_hint(e->d, g, "shorten the collections, or nest fewer loops");
	return -1;
}

static int turn(struct expansion *x, const struct node *loop, const struct value *item,
		const struct scope *outer)
{
	struct scope *inner;
	struct text t;

	if (!value_scalar_text(item, &t)) {
		report_collection(x->e, item->from ? item->from : loop->items[1],
				  "has items that are not strings");
		return -1;
	}
	if (count_turn(x->e, loop->items[1]) || !eval_charge(x->e, loop, sizeof(*inner)))
		return -1;
	inner = ARENA_NEW(x->e->a, struct scope);
	*inner = (struct scope){loop->items[0]->text, t, outer};
	return expand(x, loop->items[2], inner);
}

static int unroll(struct expansion *x, const struct node_entry *entry, const struct scope *outer)
{
	const struct node *loop = foreach_shape(entry, x->e->d);
	const struct scope *saved = x->e->scope;
	const struct value *items;
	int result = 0;

	if (!loop)
		return -1;
	x->e->scope = outer;
	items = check_variable(x->e, loop->items[0]) ? NULL : collection(x->e, loop->items[1]);
	x->e->scope = saved;
	if (!items)
		return -1;
	for (size_t i = 0; i < items->count; i++) {
		if (turn(x, loop, items->items[i], outer))
			result = -1;
		if (x->e->loop_count > LIMIT_FOREACH_ITEMS || x->e->d->error_count >= LIMIT_DIAGS)
			break;
	}
	return result;
}

static struct text key_text(struct eval *e, const struct node *key, const struct scope *scope)
{
	const struct scope *saved = e->scope;
	struct text t;

	e->scope = scope;
	t = eval_loop_text(e, key->text);
	e->scope = saved;
	return t;
}

static int expand(struct expansion *x, const struct node *map, const struct scope *scope)
{
	int result = 0;

	for (size_t i = 0; i < map->count; i++) {
		const struct node_entry *entry = &map->entries[i];
		struct loop_entry made = {
			.key_node = entry->key, .value = entry->value, .scope = scope};

		if (foreach_key(entry->key->text)) {
			result |= unroll(x, entry, scope);
			continue;
		}
		made.key = key_text(x->e, entry->key, scope);
		result |= x->visit(x->context, &made);
		if (x->e->d->error_count >= LIMIT_DIAGS)
			return -1;
	}
	return result;
}

int foreach_expand(struct eval *e, const struct node *map, foreach_visit_fn *visit, void *context)
{
	struct expansion x = {e, visit, context};

	return expand(&x, map, e->scope);
}
