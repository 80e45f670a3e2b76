/* document_items.c - resources and outputs to values. */
#include "templates/document.h"

#include <string.h>

#include "base/limits.h"
#include "templates/nested.h"
#include "templates/refs.h"
#include "templates/retention.h"

/* Resources */

static const struct value *empty_map(struct arena *a, const struct node *from)
{
	struct value *v = ARENA_NEW(a, struct value);

	v->kind = VALUE_MAP;
	v->from = from;
	return v;
}

static const char *resource_type(struct eval *e, const struct section_item *item)
{
	return arena_text(e->a, eval_loop_text(e, node_find(item->body, "Type")->text));
}

const struct value *resource_properties(struct eval *e, const struct section_item *item)
{
	const struct node *n = node_find(item->body, "Properties");

	const struct value *v;

	if (!n || node_is_null(n))
		return empty_map(e->a, n ? n : item->key);
	v = eval_node(e, n);
	if (v == &value_absent)
		return empty_map(e->a, n);
	if (!v || v->kind == VALUE_MAP)
		return v ? eval_resolved(e, v, resource_type(e, item)) : NULL;
	diag_add(e->d, DIAG_SHAPE, n->where, "Properties is a map, and this is %s",
		 value_describe(v));
	return NULL;
}

static void report_dependency(struct eval *e, const struct node *n, struct text name)
{
	struct arena *scratch = arena_new();
	size_t count = e->st->resource_list.count;
	const char **names = ARENA_ARRAY(scratch, count, const char *);

	for (size_t i = 0; i < count; i++)
		names[i] = e->st->resource_list.items[i]->name;
	if (!e->st->incomplete)
		report_dependency_unknown(e->d, n->where, name,
					  (struct name_list){names, count, NULL});
	arena_free(scratch);
}

/* On a resource that its condition leaves out nothing depends. */
static int add_dependency(struct eval *e, const struct node *n)
{
	struct text name = eval_loop_text(e, n->text);
	const struct section_item *item = names_find(&e->st->resources, name);

	if (!item) {
		report_dependency(e, n, name);
		return -1;
	}
	if (!item->present ||
	    names_add(e->a, &e->refs->seen, text_of(item->id), (void *)(uintptr_t)item))
		return 0;
	*arena_vec_add(e->a, e->refs) = (struct doc_ref){item->id, NULL, n->where};
	return 0;
}

int resource_dependencies(struct eval *e, const struct section_item *item)
{
	const struct node *n = node_find(item->body, "DependsOn");
	int result = 0;

	if (!n)
		return 0;
	if (n->kind != NODE_LIST)
		return add_dependency(e, n);
	for (size_t i = 0; i < n->count; i++)
		result |= add_dependency(e, n->items[i]);
	return result;
}

static const struct value *policy_value(struct eval *e, const struct node *n)
{
	enum eval_place outer = e->place;
	const struct value *v;

	e->place = PLACE_STATIC;
	v = eval_node(e, n);
	e->place = outer;
	return v;
}

int resource_policy(struct eval *e, const struct section_item *item, const char *key,
		    enum deletion_policy *out)
{
	const struct node *n = node_find(item->body, key);
	struct text word = TEXT_LIT("");
	const struct value *v;

	if (!n)
		return 0;
	v = policy_value(e, n);
	if (!v || v == &value_absent)
		return v ? 0 : -1;
	if (e->st->partial && v->kind == VALUE_UNKNOWN)
		return 0;
	value_scalar_text(v, &word);
	if (retention_find(key, word, out))
		return 0;
	retention_report(key, n->where, v->sensitive ? TEXT_LIT("(sensitive)") : word, e->d);
	return -1;
}

/* The resource's name where a nested stack says it for all that is inside. */
static struct range attribute_where(const struct section_item *item, const char *key)
{
	const struct node *n = node_find(item->body, key);

	return n ? n->where : item->key->where;
}

/* What the nested stack says holds inside, where nothing else is said. */
static int read_policies(struct eval *e, const struct section_item *item, struct doc_resource *out)
{
	int result;

	if (e->st->stack) {
		out->deletion_policy = e->st->stack->deletion_policy;
		out->update_replace_policy = e->st->stack->update_replace_policy;
	}
	result = resource_policy(e, item, "DeletionPolicy", &out->deletion_policy) |
		 resource_policy(e, item, "UpdateReplacePolicy", &out->update_replace_policy);
	if (out->update_replace_policy == DELETION_SNAPSHOT)
		out->policy_where = attribute_where(item, "UpdateReplacePolicy");
	if (out->deletion_policy == DELETION_SNAPSHOT)
		out->policy_where = attribute_where(item, "DeletionPolicy");
	return result;
}

static int eval_resource(struct eval *e, const struct section_item *item, struct doc_resource *out)
{
	const struct node *type = node_find(item->body, "Type");
	struct ref_list refs = {0};
	int result;

	e->scope = item->scope;
	e->refs = &refs;
	out->logical_id = item->id;
	out->type = arena_text(e->a, eval_loop_text(e, type->text));
	out->where = item->key->where;
	out->type_where = type->where;
	out->expansion = item;
	out->properties = resource_properties(e, item);
	result = resource_dependencies(e, item);
	result |= read_policies(e, item, out);
	out->refs = refs.items;
	out->ref_count = refs.count;
	e->refs = NULL;
	e->scope = NULL;
	return out->properties ? result : -1;
}

/* Values are dropped this often when nobody wants them. */
#define DROPPED_AT_ONCE 256

struct filling {
	struct eval *e;
	struct arena *dropped; /* values that only errors were wanted of; may be NULL */
	struct evaluated *doc;
	struct {
		VEC_OF(struct doc_resource)
	} resources;
	struct {
		VEC_OF(struct doc_output)
	} outputs;
};

/* For its errors: what it becomes is forgotten. */
static void try_resource(struct filling *f, const struct section_item *item)
{
	struct doc_resource *out = arena_vec_add(f->e->a, &f->resources);
	struct arena *kept = f->e->a;

	if (f->resources.count % DROPPED_AT_ONCE == 1) {
		arena_free(f->dropped);
		f->dropped = arena_new();
	}
	f->e->a = f->dropped;
	eval_resource(f->e, item, out);
	f->e->a = kept;
	*out = (struct doc_resource){.logical_id = item->id, .where = item->key->where};
}

static void fill_resources(struct filling *f, const struct eval_state *st);

/* Its resources stand where the nested stack stands. */
static void fill_stack(struct filling *f, struct section_item *item)
{
	item->stack->first = f->resources.count;
	fill_resources(f, &item->stack->st);
	item->stack->end = f->resources.count;
}

static void fill_resources(struct filling *f, const struct eval_state *st)
{
	const struct eval_state *outer = f->e->st;

	f->e->st = st;
	arena_vec_reserve(f->e->a, &f->resources, st->resource_list.count);
	names_reserve(f->e->a, &f->doc->ids, f->doc->ids.used + st->resource_list.count);
	for (size_t i = 0; i < st->resource_list.count; i++) {
		struct section_item *item = st->resource_list.items[i];

		if (f->e->d->error_count >= LIMIT_DIAGS)
			break;
		if (!item->present || item->broken)
			continue;
		names_add(f->e->a, &f->doc->ids, text_of(item->id), item);
		item->index = f->resources.count;
		if (item->stack)
			fill_stack(f, item);
		else if (f->doc->st.only_errors)
			try_resource(f, item);
		else
			eval_resource(f->e, item, arena_vec_add(f->e->a, &f->resources));
	}
	f->e->st = outer;
}

/* Outputs */

const struct value *output_value(struct eval *e, const struct section_item *item)
{
	const struct node *n = node_find(item->body, "Value");
	const struct value *v;
	struct diag *g;

	e->scope = item->scope;
	v = eval_node(e, n);
	e->scope = NULL;
	if (v != &value_absent)
		return v ? eval_resolved(e, v, NULL) : NULL;
	g = diag_add(e->d, DIAG_NO_VALUE_HERE, n->where, "the output '%s' has no value",
		     item->name);
	diag_hint(e->d, g, "give the output a Condition");
	return NULL;
}

static void read_export(struct eval *e, const struct section_item *item, struct doc_output *out)
{
	const struct node *n = node_find(item->body, "Export");
	const struct value *v;
	struct text name;

	n = n ? node_find(n, "Name") : NULL;
	if (!n)
		return;
	e->scope = item->scope;
	v = policy_value(e, n);
	e->scope = NULL;
	if (!v || (e->st->partial && v->kind == VALUE_UNKNOWN))
		return;
	if (value_scalar_text(v, &name) && name.len)
		out->export_name = arena_text(e->a, name);
	else
		diag_add(e->d, DIAG_VALUE_TYPE, n->where, "the name of an export is a string");
}

static void eval_output(struct eval *e, const struct section_item *item, struct doc_output *out)
{
	const struct node *description = node_find(item->body, "Description");

	out->name = item->id;
	out->where = item->key->where;
	out->expansion = item;
	e->scope = item->scope;
	if (description)
		out->description = arena_text(e->a, eval_loop_text(e, description->text));
	out->value = output_value(e, item);
	read_export(e, item, out);
}

/* Of a nested stack those that others may import: the rest is for the parent alone. */
static void fill_outputs(struct filling *f, const struct eval_state *st)
{
	const struct eval_state *outer = f->e->st;

	f->e->st = st;
	for (size_t i = 0; i < st->output_list.count; i++) {
		const struct section_item *item = st->output_list.items[i];

		if (f->e->d->error_count >= LIMIT_DIAGS)
			break;
		if (item->present && !item->broken &&
		    (!st->stack || node_find(item->body, "Export")))
			eval_output(f->e, item, arena_vec_add(f->e->a, &f->outputs));
	}
	for (size_t i = 0; i < st->resource_list.count; i++) {
		if (st->resource_list.items[i]->stack)
			fill_outputs(f, &st->resource_list.items[i]->stack->st);
	}
	f->e->st = outer;
}

void document_eval_items(struct eval *e, struct evaluated *doc)
{
	struct filling f = {.e = e, .doc = doc};

	fill_resources(&f, &doc->st);
	arena_free(f.dropped);
	nested_join(e->a, &doc->st, &doc->ids, f.resources.items);
	fill_outputs(&f, &doc->st);
	doc->face.resources = f.resources.items;
	doc->face.resource_count = f.resources.count;
	doc->face.outputs = f.outputs.items;
	doc->face.output_count = f.outputs.count;
}
