/* outline.c - resources and what they refer to. */
#include "templates/outline.h"

#include <stdlib.h>
#include <string.h>

#include "templates/eval.h"
#include "templates/refs.h"
#include "templates/sections.h"

struct outlined {
	struct outline_resource face;
	const struct node *body;
	const struct scope *scope;
	struct names seen; /* what it needs */
	VEC_OF(size_t)
};

struct outlining {
	struct eval e; /* for the variables of loops, nothing else */
	struct names by_name;
	struct outlined *at; /* whose references are looked at */
	struct {
		VEC_OF(struct outlined)
	} all;
};

static void add(struct outlining *o, const char *name, const struct node *body,
		const struct scope *scope)
{
	struct outlined *added = arena_vec_add(o->e.a, &o->all);

	added->face.logical_id = name;
	added->body = body;
	added->scope = scope;
}

static void add_written(void *context, const struct node_entry *entry, size_t loops)
{
	(void)loops;
	add(context, entry->key->text.ptr, entry->value, NULL);
}

static void add_all(struct outlining *o, const struct template *t, const struct document *doc)
{
	const struct eval_state *st = doc ? doc->state : NULL;

	if (!st || st->incomplete) {
		section_walk(t->resources, add_written, o);
		return;
	}
	for (size_t i = 0; i < st->resource_list.count; i++) {
		const struct section_item *item = st->resource_list.items[i];

		add(o, item->name, item->body, item->scope);
	}
}

static int compare(const void *x, const void *y)
{
	const struct outlined *a = x, *b = y;

	return strcmp(a->face.logical_id, b->face.logical_id);
}

static void need(struct outlining *o, struct text name)
{
	const size_t *to = names_find(&o->by_name, eval_loop_text(&o->e, name));
	struct text key;

	if (!to)
		return;
	key = text_of(o->all.items[*to].face.logical_id);
	if (!names_add(o->e.a, &o->at->seen, key, o))
		*(size_t *)arena_vec_add(o->e.a, o->at) = *to;
}

static void need_ref(void *context, const struct ref *ref)
{
	if (ref->kind == REF_NAME || ref->kind == REF_ATTRIBUTE)
		need(context, ref->name);
}

static void need_dependencies(struct outlining *o, const struct node *n)
{
	for (size_t i = 0; n && n->kind == NODE_LIST && i < n->count; i++) {
		if (n->items[i]->kind == NODE_SCALAR)
			need(o, n->items[i]->text);
	}
	if (n && n->kind == NODE_SCALAR)
		need(o, n->text);
}

static void fill(struct outlining *o, struct outlined *r)
{
	const struct node *type = node_find(r->body, "Type");
	bool typed = type && type->kind == NODE_SCALAR;

	o->at = r;
	o->e.scope = r->scope;
	refs_walk(r->body, need_ref, o);
	need_dependencies(o, node_find(r->body, "DependsOn"));
	r->face.type = typed ? arena_text(o->e.a, eval_loop_text(&o->e, type->text)) : "";
	r->face.needs = r->items;
	r->face.need_count = r->count;
}

void template_outline(struct arena *a, const struct template *t, const struct document *doc,
		      struct outline *out)
{
	struct diags ignored = DIAGS_INIT;
	struct outlining o = {.e = {.a = a, .d = &ignored}};
	struct outline_resource *resources;
	size_t *indices;

	add_all(&o, t, doc);
	if (o.all.count)
		qsort(o.all.items, o.all.count, sizeof(*o.all.items), compare);
	resources = ARENA_ARRAY(a, o.all.count, struct outline_resource);
	indices = ARENA_ARRAY(a, o.all.count, size_t);
	for (size_t i = 0; i < o.all.count; i++) {
		indices[i] = i;
		names_add(a, &o.by_name, text_of(o.all.items[i].face.logical_id), &indices[i]);
	}
	for (size_t i = 0; i < o.all.count; i++) {
		fill(&o, &o.all.items[i]);
		resources[i] = o.all.items[i].face;
	}
	*out = (struct outline){resources, o.all.count};
	diags_release(&ignored);
}
