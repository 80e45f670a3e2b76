/* document.c - a template evaluated for one target. */
#include "templates/document.h"

#include <string.h>

#include "base/limits.h"
#include "templates/foreach.h"
#include "templates/nested.h"
#include "templates/parameter.h"
#include "templates/rules.h"
#include "templates/sections.h"

/* Parameters */

static void refuse_undeclared(const struct template *t, const char *name,
			      const struct parameter_value *given, struct diags *d)
{
	struct range value_where = given->node ? given->node->where : RANGE_NONE;
	struct range where = given->name_where.src ? given->name_where : value_where;
	struct arena *scratch = arena_new();
	const char **names = ARENA_ARRAY(scratch, t->parameter_count, const char *);
	struct diag *g = diag_add(d, DIAG_PARAMETER_UNDECLARED, where,
				  "the template '%s' has no parameter '%s'", t->src->name, name);

	for (size_t i = 0; i < t->parameter_count; i++)
		names[i] = t->parameters[i].name;
	if (!given->node && given->origin)
		diag_detail(d, g, "the value comes from %s", given->origin);
	diag_did_you_mean(d, g, text_of(name), names, t->parameter_count);
	arena_free(scratch);
}

static void check_declared(const struct template *t, const struct map *given, struct diags *d)
{
	for (size_t i = 0; given && i < given->entry_count; i++) {
		const struct map_entry *entry = &given->entries[i];

		if (entry->key && !template_parameter(t, (struct text){entry->key, entry->key_len}))
			refuse_undeclared(t, entry->key, entry->value, d);
	}
}

static const struct value *eval_parameter(struct arena *a, const struct eval_state *st,
					  const struct parameter *p,
					  const struct parameter_value *given, struct diags *d)
{
	struct value *unknown;

	if (!(given && given->unknown) && (!st->partial || given || p->initial))
		return parameter_value(a, p, given, d);
	unknown = ARENA_NEW(a, struct value);
	unknown->kind = VALUE_UNKNOWN;
	unknown->sensitive = p->no_echo || (given && given->sensitive);
	return unknown;
}

static void eval_parameters(struct arena *a, struct eval_state *st, const struct map *given,
			    struct diags *d)
{
	const struct template *t = st->tpl;

	st->parameter_values = ARENA_ARRAY(a, t->parameter_count, const struct value *);
	check_declared(t, given, d);
	for (size_t i = 0; i < t->parameter_count; i++) {
		const struct parameter *p = &t->parameters[i];

		st->parameter_values[i] = eval_parameter(
			a, st, p, given ? map_find(given, text_of(p->name)) : NULL, d);
	}
}

/* Expanding sections */

struct collecting {
	struct eval *e;
	struct eval_state *st;
	struct names *names;
	const char *what; /* "resource" */
};

static int collision(struct collecting *c, const struct loop_entry *entry, const struct node *first)
{
	struct diag *g = diag_add(c->e->d, DIAG_NAME_COLLISION, entry->key_node->where,
				  "%s '%.*s' is made twice", c->what, TEXT_ARG(entry->key));
	const struct scope *s = entry->scope;

	if (s)
		diag_detail(c->e->d, g, "the second time for %.*s = '%.*s'", TEXT_ARG(s->name),
			    TEXT_ARG(s->value));
	diag_related(c->e->d, g, first->where, "made here first");
	diag_hint(c->e->d, g, "make the names differ in letters or digits");
	return -1;
}

static struct section_item *item_new(struct collecting *c, const struct loop_entry *entry)
{
	struct section_item *item = ARENA_NEW(c->e->a, struct section_item);

	item->name = entry->scope ? arena_text(c->e->a, entry->key) : entry->key.ptr;
	item->id = *c->st->prefix ? arena_printf(c->e->a, "%s%s", c->st->prefix, item->name)
				  : item->name;
	item->st = c->st;
	item->key = entry->key_node;
	item->body = entry->value;
	item->scope = entry->scope;
	return item;
}

/* Both 'web-1' and 'web1' become Pageweb1: the two values are what a person looks for. */
static int item_collision(struct collecting *c, const struct loop_entry *entry,
			  const struct section_item *first)
{
	const struct scope *s = entry->scope, *other = first->scope;

	collision(c, entry, first->key);
	if (s && other)
		diag_detail(c->e->d, c->e->d->last, "for %.*s = '%.*s' and for %.*s = '%.*s'",
			    TEXT_ARG(other->name), TEXT_ARG(other->value), TEXT_ARG(s->name),
			    TEXT_ARG(s->value));
	return -1;
}

static int collect_item(struct collecting *c, const struct loop_entry *entry,
			struct section_item **made)
{
	const struct section_item *first;
	struct section_item *item;

	if (!sections_of(c->st->tpl)->from_tree &&
	    logical_id_check(entry->key, entry->key_node, c->what, c->e->d))
		return -1;
	item = item_new(c, entry);
	first = names_add(c->e->a, c->names, text_of(item->name), item);
	if (first)
		return item_collision(c, entry, first);
	*made = item;
	return 0;
}

static int collect_resource(void *context, const struct loop_entry *entry)
{
	struct collecting *c = context;
	struct section_item *item;

	if (collect_item(c, entry, &item))
		return -1;
	*arena_vec_add(c->e->a, &c->st->resource_list) = item;
	return 0;
}

static int collect_output(void *context, const struct loop_entry *entry)
{
	struct collecting *c = context;
	struct section_item *item;

	if (collect_item(c, entry, &item))
		return -1;
	*arena_vec_add(c->e->a, &c->st->output_list) = item;
	return 0;
}

static int collect_condition(void *context, const struct loop_entry *entry)
{
	struct collecting *c = context;
	struct condition *made = ARENA_NEW(c->e->a, struct condition), *first;

	made->name = entry->key;
	made->key = entry->key_node;
	made->body = entry->value;
	made->scope = entry->scope;
	first = names_add(c->e->a, c->names, entry->key, made);
	if (first)
		return collision(c, entry, first->key);
	*arena_vec_add(c->e->a, &c->st->condition_list) = made;
	return 0;
}

static void decide_all(struct eval *e)
{
	bool result;

	for (size_t i = 0; i < e->st->condition_list.count; i++) {
		struct condition *c = e->st->condition_list.items[i];

		if (e->d->error_count < LIMIT_DIAGS)
			eval_condition_named(e, c->key, c->name, &result);
	}
}

/* An item without Condition is there. */
static void decide_items(struct eval *e, struct section_item *const *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct node *condition = node_find(items[i]->body, "Condition");
		int status;

		items[i]->present = true;
		if (!condition)
			continue;
		e->scope = items[i]->scope;
		status = eval_condition_named(e, condition, eval_loop_text(e, condition->text),
					      &items[i]->present);
		items[i]->undecided = status == UNDECIDED;
		items[i]->broken = status < 0;
	}
	e->scope = NULL;
}

/* For what is written; loops may make more. */
static void make_room(struct eval *e, struct eval_state *st, size_t count)
{
	arena_vec_reserve(e->a, &st->resource_list, count);
	names_reserve(e->a, &st->resources, count);
}

static void expand_sections(struct eval *e, struct eval_state *st)
{
	struct collecting conditions = {e, st, &st->conditions, "condition"};
	struct collecting resources = {e, st, &st->resources, "resource"};
	struct collecting outputs = {e, st, &st->outputs, "output"};

	if (st->tpl->conditions)
		st->conditions_incomplete =
			foreach_expand(e, st->tpl->conditions, collect_condition, &conditions) != 0;
	if (st->tpl->resources) {
		make_room(e, st, st->tpl->resources->count);
		st->incomplete =
			foreach_expand(e, st->tpl->resources, collect_resource, &resources) != 0;
	}
	if (st->tpl->outputs)
		foreach_expand(e, st->tpl->outputs, collect_output, &outputs);
}

void document_prepare(struct eval *e, struct eval_state *st)
{
	e->place = PLACE_STATIC;
	expand_sections(e, st);
	decide_all(e);
	rules_check(e);
	decide_items(e, st->resource_list.items, st->resource_list.count);
	decide_items(e, st->output_list.items, st->output_list.count);
	nested_open_all(e, st);
}

/* The face */

const struct document *document_eval(struct arena *a, const struct template *t,
				     const struct eval_input *in, struct diags *d)
{
	struct evaluated *doc = ARENA_NEW(a, struct evaluated);
	struct eval e = {.a = a, .st = &doc->st, .lookup = in->lookup, .d = d};
	size_t errors = d->error_count;

	if (t->foreign) {
		foreign_report(&sections_of(t)->foreign, d);
		return NULL;
	}
	doc->face.tpl = t;
	doc->face.state = &doc->st;
	doc->st.tpl = t;
	doc->st.target = in->target;
	doc->st.partial = in->partial;
	doc->st.only_errors = in->only_errors;
	doc->st.outside = in->outside;
	doc->st.prefix = "";
	e.place = PLACE_STATIC;
	eval_parameters(a, &doc->st, in->parameters, d);
	parameters_look_up(a, t, doc->st.parameter_values, in->outside, d);
	document_prepare(&e, &doc->st);
	e.place = PLACE_VALUE;
	document_eval_items(&e, doc);
	return d->error_count > errors ? NULL : &doc->face;
}

static const struct evaluated *evaluated_of(const struct document *doc)
{
	return container_of(doc, const struct evaluated, face);
}

static struct eval eval_again(const struct section_item *item, const struct eval_lookup *lookup,
			      struct arena *a, struct diags *d)
{
	return (struct eval){.a = a,
			     .st = item->st,
			     .lookup = lookup,
			     .place = PLACE_VALUE,
			     .again = true,
			     .d = d};
}

const struct value *document_eval_resource(const struct document *doc, size_t index,
					   const struct eval_lookup *lookup, struct arena *a,
					   struct diags *d)
{
	const struct section_item *item = doc->resources[index].expansion;
	struct eval e = eval_again(item, lookup, a, d);

	e.scope = item->scope;
	return resource_properties(&e, item);
}

const struct value *document_eval_output(const struct document *doc, size_t index,
					 const struct eval_lookup *lookup, struct arena *a,
					 struct diags *d)
{
	const struct section_item *item = doc->outputs[index].expansion;
	struct eval e = eval_again(item, lookup, a, d);

	return output_value(&e, item);
}

const struct value *document_eval_node(const struct document *doc, const struct node *n,
				       const struct eval_lookup *lookup, struct arena *a,
				       struct diags *d)
{
	const struct section_item item = {.st = doc->state};
	struct eval e = eval_again(&item, lookup, a, d);
	const struct value *v = eval_node(&e, n);

	return v && v != &value_absent ? eval_resolved(&e, v, NULL) : v;
}

const struct doc_resource *document_find(const struct document *doc, const char *logical_id)
{
	const struct section_item *item = names_find(&evaluated_of(doc)->ids, text_of(logical_id));

	return item && !item->stack ? &doc->resources[item->index] : NULL;
}

bool document_declares(const struct document *doc, const char *logical_id, struct range *where)
{
	struct text_split rest = text_split_start(text_of(logical_id));
	const struct eval_state *st = &evaluated_of(doc)->st;
	const struct section_item *item = NULL;
	struct text name;

	while (st && text_next(&rest, '.', &name)) {
		item = names_find(&st->resources, name);
		st = item && item->stack ? &item->stack->st : NULL;
	}
	if (!item || item->stack || (!rest.done && item->present))
		return false;
	*where = item->key->where;
	return true;
}

json_t *document_parameters_json(const struct document *doc)
{
	const struct eval_state *st = &evaluated_of(doc)->st;
	json_t *all = json_object();

	for (size_t i = 0; i < doc->tpl->parameter_count; i++) {
		const struct value *v = st->parameter_values[i];

		json_object_set_new(all, doc->tpl->parameters[i].name,
				    v->sensitive ? json_string("(sensitive)") : value_to_json(v));
	}
	return all;
}
