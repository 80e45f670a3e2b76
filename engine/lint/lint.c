/* lint.c - a template's resources, types and references, looked up once; then every check. */
#include "engine/lint/lint.h"

#include <string.h>

#include "base/limits.h"
#include "engine/lint/rules.h"

/* What all checks together may look at: a template of the largest size needs a tenth of it. */
#define LINT_STEPS_MAX 50000000

bool lint_made_by_loop(const struct lint_loop *loops, struct text name)
{
	if (loops && name.len && memchr(name.ptr, '{', name.len))
		return true;
	for (; loops; loops = loops->outer) {
		if (text_eq(loops->name, name))
			return true;
	}
	return false;
}

bool lint_function_key(struct text key)
{
	return key.len > 4 && key.ptr[0] == 'F' && text_starts(key, "Fn::");
}

bool lint_is(const struct lint_resource *r, const char *type)
{
	return r->type && strcmp(r->type, type) == 0;
}

const struct lint_resource *lint_find(const struct lint *l, struct text id)
{
	return map_find(&l->by_id, id);
}

const struct node *lint_condition(const struct lint *l, struct text name)
{
	const struct node_entry *e =
		l->t->conditions ? node_find_entry(l->t->conditions, name) : NULL;

	return e ? e->value : NULL;
}

const struct node *lint_mapped(const struct lint *l, struct text mapping, struct text top,
			       struct text second)
{
	const struct node *n = l->t->mappings;
	const struct text path[] = {mapping, top, second};

	for (size_t i = 0; n && i < ARRAY_LEN(path); i++) {
		const struct node_entry *e =
			n->kind == NODE_MAP ? node_find_entry(n, path[i]) : NULL;

		n = e ? e->value : NULL;
	}
	return n;
}

/* Resources */

static const struct assumption *given_of(struct lint *l, const struct node *body)
{
	const struct node *n = node_find(body, "Condition");
	struct assumption *given;

	if (!n || n->kind != NODE_SCALAR)
		return NULL;
	given = ARENA_NEW(l->a, struct assumption);
	*given = (struct assumption){n->text, true, NULL};
	return given;
}

static void add_resource(struct lint *l, const struct node_entry *e, const struct lint_loop *loops)
{
	struct lint_resource *r = &l->resources[l->resource_count];
	const struct node *type = node_find(e->value, "Type");
	const struct node *properties = node_find(e->value, "Properties");
	const struct provider_entry *entry;

	*r = (struct lint_resource){.id = e->key->text, .key = e->key, .body = e->value};
	r->loops = loops;
	r->given = given_of(l, e->value);
	if (type && type->kind == NODE_SCALAR) {
		r->type_node = type;
		r->type = type->text.ptr;
		if (registry_find(l->types, r->type, &entry, &r->schema))
			r->catalogued = registry_doubts(entry, r->schema);
	}
	if (properties && !node_is_null(properties))
		r->properties = properties;
	if (!map_has(&l->by_id, r->id))
		map_set(&l->by_id, r->id, r);
	l->resource_count++;
}

/* Most keys are told apart by their first letter. */
const struct node *lint_loop(const struct node_entry *e)
{
	return e->key->text.len && e->key->text.ptr[0] == 'F' &&
			       text_starts(e->key->text, "Fn::ForEach::") &&
			       e->value->kind == NODE_LIST && e->value->count == 3 &&
			       e->value->items[2]->kind == NODE_MAP
		       ? e->value
		       : NULL;
}

static const struct lint_loop *enter_loop(struct lint *l, const struct node *loop,
					  const struct lint_loop *outer)
{
	struct lint_loop *inner = ARENA_NEW(l->a, struct lint_loop);

	*inner = (struct lint_loop){loop->items[0]->text, outer};
	return inner;
}

static size_t count_entries(const struct node *section)
{
	size_t count = 0;

	for (size_t i = 0; section && i < section->count; i++) {
		const struct node *loop = lint_loop(&section->entries[i]);

		count += loop ? count_entries(loop->items[2]) : 1;
	}
	return count;
}

static void add_resources(struct lint *l, const struct node *section, const struct lint_loop *loops)
{
	for (size_t i = 0; section && i < section->count; i++) {
		const struct node_entry *e = &section->entries[i];
		const struct node *loop = lint_loop(e);

		if (loop)
			add_resources(l, loop->items[2], enter_loop(l, loop, loops));
		else if (e->value->kind == NODE_MAP)
			add_resource(l, e, loops);
	}
}

/* Walking */

struct walking {
	struct lint *l;
	lint_node_fn *visit;
	void *context;
	struct lint_site site;
	size_t resource; /* the next one */
};

static void walk_node(struct walking *w, const struct node *n);

static void walk_map(struct walking *w, const struct node *map)
{
	const struct lint_loop *outer = w->site.loops;

	for (size_t i = 0; i < map->count; i++) {
		const struct node *loop = lint_loop(&map->entries[i]);

		if (!loop) {
			walk_node(w, map->entries[i].value);
			continue;
		}
		walk_node(w, loop->items[1]);
		w->site.loops = enter_loop(w->l, loop, outer);
		walk_node(w, loop->items[2]);
		w->site.loops = outer;
	}
}

static void walk_call(struct walking *w, const struct node *call)
{
	bool branches = text_is(call->text, "Fn::If");

	w->site.branches += branches;
	walk_node(w, call->arg);
	w->site.branches -= branches;
}

static void walk_node(struct walking *w, const struct node *n)
{
	if (!w->l->left)
		return;
	w->l->left--;
	w->visit(w->context, &w->site, n);
	if (n->kind == NODE_MAP)
		walk_map(w, n);
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++)
		walk_node(w, n->items[i]);
	if (n->kind == NODE_CALL)
		walk_call(w, n);
}

/* The body of a resource or output, part by part. */
static void walk_parts(struct walking *w, const struct node *body)
{
	for (size_t i = 0; i < body->count; i++) {
		w->site.part = body->entries[i].key->text.ptr;
		walk_node(w, body->entries[i].value);
	}
	w->site.part = NULL;
}

static void walk_entry(struct walking *w, const struct node_entry *e)
{
	bool has_parts = w->site.section == LINT_RESOURCES || w->site.section == LINT_OUTPUTS;

	w->site.entry = e;
	if (e->value->kind != NODE_MAP || !has_parts) {
		walk_node(w, e->value);
		return;
	}
	if (w->site.section == LINT_RESOURCES)
		w->site.resource = &w->l->resources[w->resource++];
	walk_parts(w, e->value);
	w->site.resource = NULL;
}

static void walk_section(struct walking *w, const struct node *section)
{
	const struct lint_loop *outer = w->site.loops;

	for (size_t i = 0; section && i < section->count; i++) {
		const struct node_entry *e = &section->entries[i];
		const struct node *loop = lint_loop(e);

		if (!loop) {
			walk_entry(w, e);
			continue;
		}
		w->site.entry = e;
		walk_node(w, loop->items[1]);
		w->site.loops = enter_loop(w->l, loop, outer);
		walk_section(w, loop->items[2]);
		w->site.loops = outer;
	}
}

void lint_walk(struct lint *l, lint_node_fn *visit, void *context)
{
	const struct {
		enum lint_section section;
		const struct node *node;
	} sections[] = {
		{LINT_CONDITIONS, l->t->conditions},
		{LINT_RULES, l->t->rules},
		{LINT_RESOURCES, l->t->resources},
		{LINT_OUTPUTS, l->t->outputs},
	};
	struct walking w = {.l = l, .visit = visit, .context = context};

	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		w.site = (struct lint_site){.section = sections[i].section};
		walk_section(&w, sections[i].node);
	}
}

/* References */

struct collecting {
	struct lint *l;
	const struct lint_site *site;
};

static void note_ref(void *context, const struct ref *ref)
{
	const struct collecting *c = context;
	struct lint *l = c->l;
	const struct lint_site *site = c->site;

	*(struct lint_ref *)arena_vec_add(l->a, &l->refs) = (struct lint_ref){
		.ref = *ref,
		.section = site->section,
		.from = site->resource,
		.entry = site->entry,
		.part = site->part,
		.in_branch = site->branches > 0,
		.made_by_loop = lint_made_by_loop(site->loops, ref->name),
	};
}

static void note_name(struct collecting *c, enum ref_kind kind, const struct node *n)
{
	struct ref ref = {kind, n->text, {NULL, 0}, n->where, NULL};

	if (n->kind == NODE_SCALAR)
		note_ref(c, &ref);
}

/* Names that stand in a resource or output without a function; of a list its items come by
 * themselves. */
static void note_part(struct collecting *c, const struct node *n)
{
	const char *part = c->site->part;

	if (strcmp(part, "Condition") == 0)
		note_name(c, REF_CONDITION, n);
	else if (c->site->section == LINT_RESOURCES && strcmp(part, "DependsOn") == 0)
		note_name(c, REF_NAME, n);
}

static void collect_refs(void *context, const struct lint_site *site, const struct node *n)
{
	struct collecting c = {context, site};

	if (n->kind == NODE_CALL)
		refs_of_call(n, note_ref, &c);
	else if (n->kind == NODE_SCALAR && site->part)
		note_part(&c, n);
}

/* Checks */

static void prepare(struct lint *l)
{
	l->left = LINT_STEPS_MAX;
	l->resources = ARENA_ARRAY(l->a, count_entries(l->t->resources), struct lint_resource);
	add_resources(l, l->t->resources, NULL);
	lint_walk(l, collect_refs, l);
}

static void lint_one(const struct template *t, const struct registry *types, struct diags *d)
{
	struct lint l = {.t = t, .types = types, .d = d};

	if (t->foreign)
		return;
	l.a = arena_new();
	prepare(&l);
	lint_types(&l);
	for (size_t i = 0; i < l.resource_count; i++)
		lint_properties(&l, &l.resources[i]);
	lint_references(&l);
	lint_outputs(&l);
	lint_cycles(&l);
	lint_rules_run(&l);
	map_release(&l.by_id);
	lint_conditions_release(&l);
	arena_free(l.a);
}

int lint_template(const struct template *t, const struct registry *types, struct diags *d)
{
	struct arena *scratch = arena_new();
	size_t errors = d->error_count, count;
	const struct template *const *nested = template_nested(t, scratch, &count);

	lint_one(t, types, d);
	for (size_t i = 0; i < count; i++)
		lint_one(nested[i], types, d);
	arena_free(scratch);
	return d->error_count == errors ? 0 : -1;
}
