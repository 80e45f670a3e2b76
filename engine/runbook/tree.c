/*
 * tree.c - a runbook as a template: its steps are the resources, so that everything about
 * expressions is templates/'s to say.
 */
#include <string.h>

#include "engine/runbook/language.h"

static const struct node *scalar(struct arena *a, const char *text, struct range where)
{
	struct node *n = ARENA_NEW(a, struct node);

	n->kind = NODE_SCALAR;
	n->text = text_of(text);
	n->style = SCALAR_QUOTED;
	n->where = where;
	return n;
}

static const struct node *map_of(struct arena *a, const struct node_entry *entries, size_t count,
				 struct range where)
{
	struct node *n = ARENA_NEW(a, struct node);

	n->kind = NODE_MAP;
	n->entries = entries;
	n->count = (uint32_t)count;
	n->where = where;
	return n;
}

/* Regions are texts to a template. */
static const struct node *parameter_body(struct arena *a, const struct node *body)
{
	struct node_entry *entries = ARENA_ARRAY(a, body->count, struct node_entry);

	for (size_t i = 0; i < body->count; i++) {
		entries[i] = body->entries[i];
		if (text_is(entries[i].key->text, "Type") &&
		    text_is(entries[i].value->text, "Region"))
			entries[i].value = scalar(a, "String", entries[i].value->where);
	}
	return map_of(a, entries, body->count, body->where);
}

static const struct node *parameters_of(struct arena *a, const struct node *map)
{
	struct node_entry *entries = ARENA_ARRAY(a, map->count, struct node_entry);

	for (size_t i = 0; i < map->count; i++)
		entries[i] = (struct node_entry){map->entries[i].key,
						 parameter_body(a, map->entries[i].value)};
	return map_of(a, entries, map->count, map->where);
}

/* What it asks for: without what the file says about its structure. */
static const struct node *properties_of(struct arena *a, const struct file_step *s)
{
	struct node_entry *entries = ARENA_ARRAY(a, s->body->count, struct node_entry);
	size_t count = 0;

	for (size_t i = 0; i < s->body->count; i++) {
		const struct node *key = s->body->entries[i].key;
		const struct step_key *row = step_key_find(s->kind, key->text);

		if (row->shape != SHAPE_STRUCTURE || text_is(key->text, "Ungraceful"))
			entries[count++] = s->body->entries[i];
	}
	return map_of(a, entries, count, s->body->where);
}

static const struct node *resource_of(struct arena *a, const struct file_step *s)
{
	struct node_entry *entries = ARENA_ARRAY(a, 3, struct node_entry);
	size_t count = 0;

	entries[count++] = (struct node_entry){scalar(a, "Type", s->where),
					       scalar(a, step_kind_name(s->kind), s->where)};
	entries[count++] =
		(struct node_entry){scalar(a, "Properties", s->where), properties_of(a, s)};
	if (s->presence)
		entries[count++] =
			(struct node_entry){scalar(a, "Condition", s->where), s->presence};
	return map_of(a, entries, count, s->where);
}

static const struct node *resources_of(struct arena *a, const struct runbook_file *f)
{
	struct node_entry *entries = ARENA_ARRAY(a, f->steps.count, struct node_entry);

	for (size_t i = 0; i < f->steps.count; i++) {
		const struct file_step *s = &f->steps.items[i];

		entries[i] = (struct node_entry){scalar(a, s->id, s->where), resource_of(a, s)};
	}
	return map_of(a, entries, f->steps.count, f->root->where);
}

/* --- conditions ------------------------------------------------------------------------ */

struct conditions {
	struct arena *a;
	VEC_OF(struct node_entry)
};

static const struct node *call(struct arena *a, const char *name, const struct node *arg)
{
	struct node *n = ARENA_NEW(a, struct node);

	n->kind = NODE_CALL;
	n->text = text_of(name);
	n->arg = arg;
	n->where = arg->where;
	return n;
}

/* "Outer and Inner", made once. */
static const struct node *both(struct conditions *c, const struct node *outer,
			       const struct node *inner)
{
	const char *name = arena_printf(c->a, "%s and %s", outer->text.ptr, inner->text.ptr);
	const struct node **operands;
	struct node *list;

	for (size_t i = 0; i < c->count; i++) {
		if (text_is(c->items[i].key->text, name))
			return c->items[i].key;
	}
	operands = ARENA_ARRAY(c->a, 2, const struct node *);
	operands[0] = call(c->a, "Condition", outer);
	operands[1] = call(c->a, "Condition", inner);
	list = ARENA_NEW(c->a, struct node);
	*list = (struct node){.kind = NODE_LIST, .count = 2, .where = inner->where};
	list->items = operands;
	*arena_vec_add(c->a, c) =
		(struct node_entry){scalar(c->a, name, inner->where), call(c->a, "Fn::And", list)};
	return c->items[c->count - 1].key;
}

/* A step is there when the groups around it are. */
static void find_presence(struct conditions *c, struct runbook_file *f)
{
	for (size_t i = 0; i < f->steps.count; i++) {
		struct file_step *s = &f->steps.items[i];
		const struct node *outer =
			s->parent == STEP_TOP ? NULL : f->steps.items[s->parent].presence;

		s->presence = outer ? outer : s->condition;
		if (outer && s->condition)
			s->presence = both(c, outer, s->condition);
	}
}

static const struct node *conditions_of(struct arena *a, struct runbook_file *f,
					const struct node *map)
{
	struct conditions c = {.a = a};

	for (size_t i = 0; map && i < map->count; i++)
		*arena_vec_add(a, &c) = map->entries[i];
	find_presence(&c, f);
	return map_of(a, c.items, c.count, map ? map->where : f->root->where);
}

/* NULL after an error, when it is no map. */
static const struct node *section(struct runbook_reader *r, const char *name)
{
	const struct node *n = node_find(r->file->root, name);

	if (!n || node_is_null(n) || n->kind == NODE_MAP)
		return n && n->kind == NODE_MAP ? n : NULL;
	diag_add(r->d, DIAG_RUNBOOK_SHAPE, n->where, "'%s' is %s; it takes a map", name,
		 node_describe(n));
	return NULL;
}

const struct template *runbook_template(struct runbook_reader *r)
{
	const struct node *root = r->file->root;
	const struct node *parameters = node_find(root, "Parameters");
	const struct node *mappings = section(r, "Mappings");
	struct node_entry *entries = ARENA_ARRAY(r->a, 4, struct node_entry);
	size_t count = 0;

	if (r->file->parameter_count)
		entries[count++] = (struct node_entry){scalar(r->a, "Parameters", root->where),
						       parameters_of(r->a, parameters)};
	if (mappings)
		entries[count++] =
			(struct node_entry){scalar(r->a, "Mappings", root->where), mappings};
	entries[count].key = scalar(r->a, "Conditions", root->where);
	entries[count++].value = conditions_of(r->a, r->file, section(r, "Conditions"));
	entries[count].key = scalar(r->a, "Resources", root->where);
	entries[count++].value = resources_of(r->a, r->file);
	return template_from_tree(r->a, r->file->src, map_of(r->a, entries, count, root->where),
				  "step", r->d);
}
