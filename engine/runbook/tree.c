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
	if (s->condition)
		entries[count++] =
			(struct node_entry){scalar(a, "Condition", s->where), s->condition};
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

const struct template *runbook_template(struct runbook_reader *r)
{
	static const char *const sections[] = {"Parameters", "Mappings", "Conditions"};
	const struct node *root = r->file->root, *n;
	struct node_entry *entries = ARENA_ARRAY(r->a, 4, struct node_entry);
	const struct template *t;
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		n = node_find(root, sections[i]);
		if (!n || node_is_null(n))
			continue;
		entries[count].key = node_find_entry(root, text_of(sections[i]))->key;
		entries[count++].value = i ? n : parameters_of(r->a, n);
	}
	entries[count++] = (struct node_entry){scalar(r->a, "Resources", root->where),
					       resources_of(r->a, r->file)};
	t = template_from_tree(r->a, r->file->src, map_of(r->a, entries, count, root->where),
			       "step", r->d);
	return t && !template_check(t, r->d) ? t : NULL;
}
