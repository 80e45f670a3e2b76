/*
 * rule_duplicate.c - what is said twice and can be there once: exports, the name of a thing,
 * dependencies, allowed values.
 *
 * Two texts are the same when they are written the same way: !Sub '${Env}-data' twice is one
 * name, whatever Env is.  What can never exist together under its conditions is no duplicate.
 */
#include "engine/lint/rules.h"

#include <string.h>

#include "engine/lint/rule_logic.h"
#include "engine/lint/rule_parts.h"

/* Several resources may have the same name when they exist under different conditions, so
 * each name has a list. */
struct named_thing {
	const struct node *at;
	const struct assumption *given;
	struct text id;
	const struct named_thing *next;
};

struct things {
	struct lint *l;
	struct logic *logic;
	struct map by_text;
};

/* The one that can exist together with it, or NULL. */
static const struct named_thing *add_thing(struct things *all, const char *text,
					   const struct named_thing *thing)
{
	const struct named_thing *first = map_find(&all->by_text, text_of(text));
	struct named_thing *mine = ARENA_NEW(all->l->a, struct named_thing);

	*mine = *thing;
	mine->next = first;
	map_set(&all->by_text, text_of(text), mine);
	for (; first; first = first->next) {
		if (logic_compatible(all->logic, first->given, mine->given))
			return first;
	}
	return NULL;
}

/* Nothing in it depends on which branch is taken, or on a loop. */
static bool is_fixed(const struct node *n, const struct lint_loop *loops)
{
	if (n->kind == NODE_SCALAR)
		return n->text.len && !lint_made_by_loop(loops, n->text);
	if (n->kind == NODE_CALL && (text_is(n->text, "Fn::If") || node_is_no_value(n) ||
				     text_is(n->text, "Fn::Transform")))
		return false;
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++) {
		if (!is_fixed(n->items[i], loops))
			return false;
	}
	for (size_t i = 0; n->kind == NODE_MAP && i < n->count; i++) {
		if (!is_fixed(n->entries[i].value, loops))
			return false;
	}
	return n->kind != NODE_CALL || is_fixed(n->arg, loops);
}

/* Exports */

static const struct assumption *condition_of(struct lint *l, const struct node *body)
{
	const struct node *n = node_find(body, "Condition");
	struct assumption *given;

	if (!n || n->kind != NODE_SCALAR)
		return NULL;
	given = ARENA_NEW(l->a, struct assumption);
	*given = (struct assumption){n->text, true, NULL};
	return given;
}

static void check_export(struct things *all, const struct node_entry *output)
{
	const struct node *name = node_find(node_find(output->value, "Export"), "Name");
	const struct named_thing *other;
	struct named_thing mine;
	struct str text = STR_INIT;
	struct diag *g;

	if (!name || !is_fixed(name, NULL))
		return;
	mine = (struct named_thing){name, condition_of(all->l, output->value), output->key->text,
				    NULL};
	logic_text(name, &text);
	other = add_thing(all, str_cstr(&text), &mine);
	str_release(&text);
	if (!other)
		return;
	if (mine.given || other->given)
		g = diag_warn(all->l->d, DIAG_DUPLICATE_NAME, name->where,
			      "outputs '%.*s' and '%.*s' can export the same name together",
			      TEXT_ARG(other->id), TEXT_ARG(mine.id));
	else
		g = diag_add(all->l->d, DIAG_DUPLICATE_NAME, name->where,
			     "outputs '%.*s' and '%.*s' export the same name", TEXT_ARG(other->id),
			     TEXT_ARG(mine.id));
	diag_related(all->l->d, g, other->at->where, "the name is given here as well");
	diag_hint(all->l->d, g, "export each value under a name of its own");
}

void rule_duplicate_exports(struct lint *l)
{
	struct things all = {.l = l};
	const struct node *outputs = l->t->outputs;

	if (!outputs)
		return;
	all.logic = logic_new(l->a, l->t);
	for (size_t i = 0; i < outputs->count; i++) {
		if (!text_starts(outputs->entries[i].key->text, "Fn::"))
			check_export(&all, &outputs->entries[i]);
	}
	map_release(&all.by_text);
}

/* Identifiers */

/* Every part of the type's primary identifier is written out: their text, and the node of
 * the last one; NULL otherwise. */
static const struct node *identifier_of(const struct lint_resource *r, struct str *text)
{
	const struct node *n = NULL;

	str_add(text, r->type);
	for (size_t i = 0; i < r->schema->identifier.count; i++) {
		const char *pointer = r->schema->identifier.pointers[i];

		if (pointer[0] != '/' || strchr(pointer + 1, '/') ||
		    schema_is_read_only(r->schema, text_of(pointer)))
			return NULL;
		n = node_find(r->properties, pointer + 1);
		if (!n || !is_fixed(n, r->loops))
			return NULL;
		str_add_char(text, '|');
		logic_text(n, text);
	}
	return n;
}

static void report_identifier(struct lint *l, const struct named_thing *other,
			      const struct named_thing *mine, const char *type)
{
	struct diag *g;

	if (mine->given || other->given)
		g = diag_warn(l->d, DIAG_DUPLICATE_NAME, mine->at->where,
			      "'%.*s' and '%.*s' can be the same %s together", TEXT_ARG(other->id),
			      TEXT_ARG(mine->id), type);
	else
		g = diag_add(l->d, DIAG_DUPLICATE_NAME, mine->at->where,
			     "'%.*s' and '%.*s' are the same %s", TEXT_ARG(other->id),
			     TEXT_ARG(mine->id), type);
	diag_detail(l->d, g, "what identifies them has the same value in both");
	diag_related(l->d, g, other->at->where, "the value is given here as well");
	diag_hint(l->d, g, "give each a value of its own");
}

static void check_identifier(struct things *all, const struct lint_resource *r)
{
	struct str text = STR_INIT;
	const struct node *at = identifier_of(r, &text);
	const struct named_thing mine = {at, r->given, r->id, NULL};
	const struct named_thing *other = at ? add_thing(all, str_cstr(&text), &mine) : NULL;

	if (other)
		report_identifier(all->l, other, &mine, r->type);
	str_release(&text);
}

void rule_duplicate_identifiers(struct lint *l)
{
	struct things all = {.l = l, .logic = logic_new(l->a, l->t)};

	for (size_t i = 0; i < l->resource_count; i++) {
		const struct lint_resource *r = &l->resources[i];

		if (r->schema && r->schema->identifier.count && r->properties &&
		    r->properties->kind == NODE_MAP)
			check_identifier(&all, r);
	}
	map_release(&all.by_text);
}

/* Logical ids: Ref could mean either of them. */

void rule_duplicate_logical_ids(struct lint *l)
{
	for (size_t i = 0; i < l->t->parameter_count; i++) {
		const struct parameter *p = &l->t->parameters[i];
		const struct lint_resource *r = lint_find(l, text_of(p->name));
		const struct node_entry *e;
		struct diag *g;

		if (!r)
			continue;
		g = diag_add(l->d, DIAG_DUPLICATE_NAME, r->key->where,
			     "'%s' is a parameter and a resource", p->name);
		e = node_find_entry(node_find(l->t->root, "Parameters"), text_of(p->name));
		if (e)
			diag_related(l->d, g, e->key->where, "the parameter");
		diag_hint(l->d, g, "rename one of them: Ref could mean both");
	}
}

/* Dependencies */

static void report_dependency(struct lint *l, const struct node *n, const struct node *first)
{
	struct diag *g = diag_warn(l->d, DIAG_DUPLICATE_ITEM, n->where,
				   "DependsOn names '%.*s' twice", TEXT_ARG(n->text));

	diag_related(l->d, g, first->where, "first named here");
	diag_hint(l->d, g, "remove one of them");
}

void rule_duplicate_dependencies(struct lint *l, const struct lint_resource *r)
{
	const struct node *list = node_find(r->body, "DependsOn");

	if (!list || list->kind != NODE_LIST || list->count > 200)
		return;
	for (size_t i = 1; i < list->count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (list->items[i]->kind == NODE_SCALAR &&
			    logic_same(list->items[i], list->items[j])) {
				report_dependency(l, list->items[i], list->items[j]);
				break;
			}
		}
	}
}

/* Allowed values */

static void check_allowed(struct lint *l, const struct node *list)
{
	struct map seen = MAP_INIT;

	for (size_t i = 0; i < list->count; i++) {
		const struct node *n = list->items[i], *first;
		struct diag *g;

		if (n->kind != NODE_SCALAR)
			continue;
		first = map_find(&seen, n->text);
		if (!first) {
			map_set(&seen, n->text, (void *)(uintptr_t)n);
			continue;
		}
		g = diag_warn(l->d, DIAG_DUPLICATE_ITEM, n->where, "'%.*s' is allowed twice",
			      TEXT_ARG(n->text));
		diag_related(l->d, g, first->where, "first allowed here");
		diag_hint(l->d, g, "remove one, or write the value that was meant");
	}
	map_release(&seen);
}

void rule_duplicate_allowed(struct lint *l)
{
	for (size_t i = 0; i < l->t->parameter_count; i++) {
		const struct node *list = node_find(l->t->parameters[i].body, "AllowedValues");

		if (list && list->kind == NODE_LIST)
			check_allowed(l, list);
	}
}
