/* render_node.c - nodes to what is left of them when the known parts are resolved. */
#include <string.h>

#include "templates/foreach.h"
#include "templates/refs.h"
#include "templates/render_parts.h"
#include "templates/scalar.h"

void mark(struct rendering *r, struct marks *m, struct text name)
{
	if (names_add(r->e.a, &m->names, name, m))
		return;
	*arena_vec_add(r->e.a, m) = name;
}

void mark_name(struct rendering *r, struct text name)
{
	const char *dot = memchr(name.ptr, '.', name.len);
	const struct text id = {name.ptr, dot ? (size_t)(dot - name.ptr) : name.len};
	const struct section_item *item = names_find(&r->e.st->resources, id);

	mark(r, &r->parameters, name);
	if (item && !item->present)
		mark(r, &r->gone, id);
}

bool marked(const struct marks *m, struct text name)
{
	return names_find(&m->names, name) != NULL;
}

static struct value *make(struct rendering *r, enum value_kind kind, const struct node *from)
{
	struct value *v = ARENA_NEW(r->e.a, struct value);

	v->kind = kind;
	v->from = from;
	return v;
}

const struct value *render_text(struct rendering *r, struct text t, const struct node *from)
{
	struct value *v = make(r, VALUE_STRING, from);

	v->text = t;
	return v;
}

const struct value *render_list(struct rendering *r, const struct value *const *items, size_t count)
{
	struct value *v = make(r, VALUE_LIST, NULL);

	v->items = items;
	v->count = count;
	return v;
}

const struct value *render_map(struct rendering *r, const struct entry_list *entries)
{
	struct value *v = make(r, VALUE_MAP, NULL);

	v->entries = entries->items;
	v->count = entries->count;
	return v;
}

void add_entry(struct rendering *r, struct entry_list *list, struct text key, const struct value *v)
{
	if (v != &value_absent)
		*arena_vec_add(r->e.a, list) = (struct value_entry){key, v};
}

const struct value *render_long(struct rendering *r, const char *name, const struct value *arg)
{
	struct entry_list one = {0};

	add_entry(r, &one, text_of(name), arg);
	return render_map(r, &one);
}

/* References to secrets are texts here, and stay what they are. */
static const struct value *render_scalar(struct rendering *r, const struct node *n)
{
	struct value *v = make(r, scalar_kind(n), n);

	if (v->kind == VALUE_NULL)
		return v;
	v->text = eval_loop_text(&r->e, n->text);
	v->boolean = v->kind == VALUE_BOOL && scalar_is_true(v->text);
	return v;
}

static const struct value *render_items(struct rendering *r, const struct node *n)
{
	const struct value **items = ARENA_ARRAY(r->e.a, n->count, const struct value *);
	size_t count = 0;

	for (size_t i = 0; i < n->count; i++) {
		const struct value *v = render_node(r, n->items[i]);

		if (v != &value_absent)
			items[count++] = v;
	}
	return render_list(r, items, count);
}

struct unrolling {
	struct rendering *r;
	render_visit_fn *visit;
	struct entry_list *out;
};

static int visit_entry(void *context, const struct loop_entry *entry)
{
	struct unrolling *u = context;
	const struct scope *outer = u->r->e.scope;

	u->r->e.scope = entry->scope;
	u->visit(u->r, entry->key_node, entry->key, entry->value, u->out);
	u->r->e.scope = outer;
	return 0;
}

void render_forget_errors(struct rendering *r)
{
	if (r->ignored.arena)
		diags_release(&r->ignored);
}

static void unroll(struct unrolling *u, const struct node_entry *loop)
{
	const struct node one = {.kind = NODE_MAP, .count = 1, .entries = loop};
	size_t count = u->out->count;

	if (foreach_expand(&u->r->e, &one, visit_entry, u)) {
		u->out->count = count;
		add_entry(u->r, u->out, loop->key->text, render_raw(u->r, loop->value));
	}
	render_forget_errors(u->r);
}

void render_entries(struct rendering *r, const struct node *map, render_visit_fn *visit,
		    struct entry_list *out)
{
	struct unrolling u = {r, visit, out};

	if (!out->capacity) {
		out->items = ARENA_ARRAY(r->e.a, map->count, struct value_entry);
		out->capacity = map->count;
	}
	for (size_t i = 0; i < map->count; i++) {
		const struct node_entry *entry = &map->entries[i];

		if (foreach_key(entry->key->text))
			unroll(&u, entry);
		else
			visit(r, entry->key, eval_loop_text(&r->e, entry->key->text), entry->value,
			      out);
	}
}

static void add_rendered(struct rendering *r, const struct node *key, struct text name,
			 const struct node *value, struct entry_list *out)
{
	(void)key;
	add_entry(r, out, name, render_node(r, value));
}

static const struct value *render_members(struct rendering *r, const struct node *n)
{
	struct entry_list members = {0};

	render_entries(r, n, add_rendered, &members);
	return render_map(r, &members);
}

const struct value *render_known(struct rendering *r, const struct node *n)
{
	const struct value *v = eval_node(&r->e, n);

	render_forget_errors(r);
	if (!v || value_has_unknown(v) || value_has_sensitive(v))
		return NULL;
	return v;
}

const struct value *render_node(struct rendering *r, const struct node *n)
{
	const struct value *known;

	switch (n->kind) {
	case NODE_SCALAR:
		return render_scalar(r, n);
	case NODE_LIST:
		return render_items(r, n);
	case NODE_MAP:
		return render_members(r, n);
	case NODE_CALL:
		known = render_known(r, n);
		return known ? known : render_call(r, n);
	}
	return &value_absent;
}

/* As it is */

static void mark_ref(void *context, const struct ref *ref)
{
	struct rendering *r = context;

	switch (ref->kind) {
	case REF_NAME:
		mark_name(r, ref->name);
		return;
	case REF_CONDITION:
		mark(r, &r->conditions, ref->name);
		return;
	case REF_MAPPING:
		mark(r, &r->mappings, ref->name);
		return;
	case REF_ATTRIBUTE:
		mark_name(r, ref->name);
		return;
	}
}

static const struct value *raw(struct rendering *r, const struct node *n);

static const struct value *raw_items(struct rendering *r, const struct node *n)
{
	const struct value **items = ARENA_ARRAY(r->e.a, n->count, const struct value *);

	for (size_t i = 0; i < n->count; i++)
		items[i] = raw(r, n->items[i]);
	return render_list(r, items, n->count);
}

/* A resource of a loop names its condition under a plain key. */
static const struct value *raw_members(struct rendering *r, const struct node *n)
{
	struct entry_list members = {0};

	for (size_t i = 0; i < n->count; i++) {
		const struct node_entry *entry = &n->entries[i];

		if (text_is(entry->key->text, "Condition") && entry->value->kind == NODE_SCALAR)
			mark(r, &r->conditions, entry->value->text);
		add_entry(r, &members, entry->key->text, raw(r, entry->value));
	}
	return render_map(r, &members);
}

static const struct value *raw(struct rendering *r, const struct node *n)
{
	switch (n->kind) {
	case NODE_SCALAR:
		return render_scalar(r, n);
	case NODE_LIST:
		return raw_items(r, n);
	case NODE_MAP:
		return raw_members(r, n);
	case NODE_CALL:
		return render_long(r, n->text.ptr, raw(r, n->arg));
	}
	return &value_absent;
}

const struct value *render_raw(struct rendering *r, const struct node *n)
{
	refs_walk(n, mark_ref, r);
	return raw(r, n);
}
