/*
 * property_group.c - members of maps and items of lists: which are required, what they have to
 * do with each other, how many there are.
 *
 * A member can be there always, never, or in some branches.  Only what is sure in a branch is
 * held against the template.
 */
#include <string.h>

#include "engine/lint/property.h"

/* Lists longer than this are not searched for doubles of maps and lists. */
#define COMPARED_MAX 64

enum presence { NEVER, SOMETIMES, ALWAYS };

struct presence_seen {
	bool there, absent;
};

static void see(void *context, const struct alternative *alt)
{
	struct presence_seen *seen = context;

	if (alt->kind == ALTERNATIVE_ABSENT)
		seen->absent = true;
	else
		seen->there = true;
}

static enum presence presence_of(struct property_check *c, const struct node *n,
				 const struct assumption *given)
{
	struct presence_seen seen = {false, false};

	alternatives(c->l, n, given, see, &seen);
	if (!seen.absent)
		return ALWAYS;
	return seen.there ? SOMETIMES : NEVER;
}

static enum presence member_presence(struct property_check *c, const struct node *map,
				     const char *name, const struct assumption *given)
{
	const struct node_entry *e = node_find_entry(map, text_of(name));

	return e ? presence_of(c, e->value, given) : NEVER;
}

/* Required members */

static void report_missing(struct property_check *c, const struct alternative *map,
			   const char *name, const struct node_entry *e, enum property_doubt doubt)
{
	size_t before = c->path.len;
	struct str what = STR_INIT;
	struct range where = e ? e->key->where : map->node->where;
	struct diag *g;

	if (before)
		str_add_char(&c->path, '.');
	str_add(&c->path, name);
	str_printf(&what, "'%.*s' has no property '%s', which %s requires", TEXT_ARG(c->r->id),
		   str_cstr(&c->path), c->r->type);
	g = property_report(c, DIAG_PROPERTY_MISSING, e || before ? where : c->r->key->where, doubt,
			    &what);
	if (e)
		diag_detail(c->l->d, g, "AWS::NoValue removes it");
	diag_hint(c->l->d, g, "add '%s' %s", name, before ? "here" : "to its Properties");
	str_release(&what);
	str_truncate(&c->path, before);
}

/* What lies in a branch of Fn::If is there when the condition says so. */
static bool in_branch(const struct property_check *c, const struct alternative *alt)
{
	return alt->conditional || alt->given != c->r->given;
}

static void check_required(struct property_check *c, const struct shape *s,
			   const struct alternative *map)
{
	for (size_t i = 0; i < s->required_count; i++) {
		const struct node_entry *e = node_find_entry(map->node, text_of(s->required[i]));
		enum presence there = e ? presence_of(c, e->value, map->given) : NEVER;

		if (there == ALWAYS)
			continue;
		report_missing(c, map, s->required[i], e,
			       e || in_branch(c, map) ? PROPERTY_DOUBTFUL : PROPERTY_SURE);
	}
}

/* Groups */

static void report_group(struct property_check *c, const struct shape_group *g, struct range where,
			 enum property_doubt doubt)
{
	struct str what = STR_INIT;

	shape_add_group(&what, g, str_text(&c->path));
	property_report(c, DIAG_PROPERTY_GROUP, where, doubt, &what);
	str_release(&what);
}

/* The first member of a group in one of the branches in which it is there. */
struct group_first {
	struct property_check *c;
	const struct shape_group *g;
	const struct node *map;
	size_t index; /* of what is the first one here */
	const struct node_entry *entry;
	bool told;
};

/* The member that breaks the group when the first one is there; NULL: none does for sure. */
static const struct node_entry *breaker(const struct group_first *f, const struct alternative *alt,
					bool *found)
{
	enum presence wrong = f->g->kind == GROUP_NEEDS ? NEVER : ALWAYS;

	for (size_t i = f->index + 1; i < f->g->count; i++) {
		*found = member_presence(f->c, f->map, f->g->names[i], alt->given) == wrong;
		if (*found)
			return node_find_entry(f->map, text_of(f->g->names[i]));
	}
	return NULL;
}

static void check_with_first(void *context, const struct alternative *alt)
{
	struct group_first *f = context;
	const struct node_entry *other;
	bool found = false;

	if (alt->kind == ALTERNATIVE_ABSENT || f->told)
		return;
	other = breaker(f, alt, &found);
	if (!found)
		return;
	f->told = true;
	report_group(f->c, f->g,
		     f->g->kind == GROUP_NEEDS ? f->entry->key->where : other->key->where,
		     in_branch(f->c, alt) ? PROPERTY_DOUBTFUL : PROPERTY_SURE);
}

static bool check_from(struct property_check *c, const struct shape_group *g,
		       const struct alternative *map, size_t index)
{
	struct group_first f = {c, g, map->node, index, NULL, false};

	f.entry = node_find_entry(map->node, text_of(g->names[index]));
	if (f.entry)
		alternatives(c->l, f.entry->value, map->given, check_with_first, &f);
	return f.told;
}

/* None at all is wrong for sure; one that is there in some branches is enough to be silent, for
 * what rules out the other branches may not be seen from here. */
static void check_any(struct property_check *c, const struct shape_group *g,
		      const struct alternative *map)
{
	for (size_t i = 0; i < g->count; i++) {
		if (member_presence(c, map->node, g->names[i], map->given) != NEVER)
			return;
	}
	report_group(c, g, map->node->where.src ? map->node->where : c->r->key->where,
		     PROPERTY_SURE);
}

static void check_group(struct property_check *c, const struct shape_group *g,
			const struct alternative *map)
{
	bool told = false;

	switch (g->kind) {
	case GROUP_NEEDS:
	case GROUP_EXCLUDES:
		check_from(c, g, map, 0);
		break;
	case GROUP_ONE:
		for (size_t i = 0; i + 1 < g->count && !told; i++)
			told = check_from(c, g, map, i);
		check_any(c, g, map);
		break;
	case GROUP_ANY:
		check_any(c, g, map);
		break;
	}
}

/* Counts */

static void report_count(struct property_check *c, const struct shape *s,
			 const struct alternative *alt, size_t count)
{
	struct str what = STR_INIT;

	str_printf(&what, "property '%s' has %zu %s; %s %zu", str_cstr(&c->path), count,
		   alt->kind == ALTERNATIVE_LIST ? "items" : "members",
		   count < s->least ? "the least is" : "the most is",
		   count < s->least ? s->least : s->most);
	property_report_value(c, DIAG_PROPERTY_SIZE, alt, &what);
	str_release(&what);
}

/* What may be absent counts for the least and not for the most. */
static void check_count(struct property_check *c, const struct shape *s,
			const struct alternative *alt)
{
	const struct node *n = alt->node;
	size_t sure = 0;

	if (n->count < s->least) {
		report_count(c, s, alt, n->count);
		return;
	}
	if (n->count <= s->most)
		return;
	for (size_t i = 0; i < n->count; i++) {
		const struct node *one =
			alt->kind == ALTERNATIVE_LIST ? n->items[i] : n->entries[i].value;

		sure += presence_of(c, one, alt->given) == ALWAYS;
	}
	if (sure > s->most)
		report_count(c, s, alt, sure);
}

/* Doubles */

static bool same(const struct node *x, const struct node *y);

static bool same_map(const struct node *x, const struct node *y)
{
	for (size_t i = 0; i < x->count; i++) {
		const struct node_entry *e = node_find_entry(y, x->entries[i].key->text);

		if (!e || !same(x->entries[i].value, e->value))
			return false;
	}
	return true;
}

static bool same(const struct node *x, const struct node *y)
{
	if (x == y)
		return true;
	if (x->kind != y->kind || x->count != y->count || !text_eq(x->text, y->text))
		return false;
	for (size_t i = 0; x->kind == NODE_LIST && i < x->count; i++) {
		if (!same(x->items[i], y->items[i]))
			return false;
	}
	if (x->kind == NODE_MAP)
		return same_map(x, y);
	return x->kind != NODE_CALL || same(x->arg, y->arg);
}

static const struct node *first_same(const struct node *list, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (same(list->items[i], list->items[index]))
			return list->items[i];
	}
	return NULL;
}

static void check_doubles(struct property_check *c, const struct alternative *alt)
{
	const struct node *list = alt->node;

	for (size_t i = 1; i < list->count && i < COMPARED_MAX; i++) {
		const struct node *first = first_same(list, i);
		enum presence there;
		struct str what = STR_INIT;
		struct diag *g;

		there = first ? presence_of(c, first, alt->given) : NEVER;
		if (there == NEVER)
			continue;
		str_printf(&what, "item %zu of property '%s' is there twice", i + 1,
			   str_cstr(&c->path));
		g = property_report(c, DIAG_PROPERTY_DOUBLE, list->items[i]->where,
				    alt->derived || there == SOMETIMES ? PROPERTY_DOUBTFUL
								       : PROPERTY_SURE,
				    &what);
		diag_related(c->l->d, g, first->where, "the first one");
		str_release(&what);
	}
}

/* With a loop or a transform in it a map has members that are not seen here. */
static bool is_whole(const struct node *map)
{
	for (size_t i = 0; i < map->count; i++) {
		if (lint_function_key(map->entries[i].key->text))
			return false;
	}
	return true;
}

void property_check_members(struct property_check *c, const struct shape *s,
			    const struct alternative *alt)
{
	if (alt->kind == ALTERNATIVE_LIST) {
		check_count(c, s, alt);
		if (s->unique)
			check_doubles(c, alt);
		return;
	}
	if (!is_whole(alt->node))
		return;
	check_required(c, s, alt);
	for (size_t i = 0; i < s->group_count; i++)
		check_group(c, &s->groups[i], alt);
	check_count(c, s, alt);
}
