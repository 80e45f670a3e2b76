/* nested.c - opening nested stacks, and what their parents may ask of them. */
#include "templates/nested.h"

#include <string.h>

#include "base/limits.h"
#include "templates/document.h"
#include "templates/nested_shape.h"
#include "templates/parameter.h"
#include "templates/template_files.h"

/* An evaluation in another scope on behalf of e: what it uses up counts for both. */
static struct eval enter(const struct eval *e, const struct eval_state *st)
{
	struct eval inner = *e;

	inner.st = st;
	inner.scope = NULL;
	inner.deciding = NULL;
	inner.place = PLACE_VALUE;
	return inner;
}

static void leave(struct eval *e, const struct eval *inner)
{
	e->used_len = inner->used_len;
	e->loop_count = inner->loop_count;
	e->stack_count = inner->stack_count;
}

/* The template */

static const struct value *property(struct eval *e, const struct section_item *item,
				    const char *name, enum eval_place place)
{
	const struct node *properties = node_find(item->body, "Properties");
	const struct node *n =
		properties && properties->kind == NODE_MAP ? node_find(properties, name) : NULL;
	enum eval_place outer = e->place;
	const struct value *v;

	if (!n || node_is_null(n))
		return &value_absent;
	e->place = place;
	v = eval_node(e, n);
	e->place = outer;
	return v;
}

static void refuse_url(struct eval *e, const struct section_item *item, const struct value *v)
{
	struct range where = v && v->from ? v->from->where : item->key->where;
	struct diag *g;

	if (!v)
		return;
	if (v == &value_absent)
		g = diag_add(e->d, DIAG_NESTED_PROPERTY, where,
			     "nested stack '%s' has no TemplateURL", item->name);
	else if (v->kind == VALUE_UNKNOWN)
		g = diag_add(e->d, DIAG_NESTED_PROPERTY, where,
			     "the TemplateURL of '%s' is not known before something is created",
			     item->name);
	else
		g = diag_add(e->d, DIAG_NESTED_PROPERTY, where,
			     "TemplateURL is the path of a file, and this is %s",
			     v->sensitive ? "a secret" : value_describe(v));
	diag_hint(e->d, g, "name a file beside the template: 'TemplateURL: ./FILE.yaml'");
}

static const struct template *load_file(struct eval *e, const struct value *url, struct text path,
					const struct template_file *from)
{
	struct template_file *file = template_file_open(from, path, url->from->where, e->d);
	size_t errors = e->d->error_count;
	const struct template *t = file ? nested_template(file, from, e->d) : NULL;

	if (file && !t && e->d->error_count == errors)
		diag_add(e->d, DIAG_NESTED_PROPERTY, url->from->where,
			 "the template '%s' has errors", file->src->name);
	return t;
}

static const struct template *load(struct eval *e, const struct section_item *item)
{
	const struct value *v = property(e, item, "TemplateURL", PLACE_STATIC);
	struct text path;

	if (v && v != &value_absent && !v->sensitive && value_scalar_text(v, &path) && path.len)
		return load_file(e, v, path, sections_of(item->st->tpl)->file);
	refuse_url(e, item, v);
	return NULL;
}

static int refuse_itself(struct eval *e, const struct nested_stack *s, const struct template *t)
{
	const struct eval_state *st = s->outer;
	const char *path = t->src->name;
	struct diag *g;

	for (; st->tpl != t && st->stack; st = st->stack->outer)
		path = arena_printf(e->a, "%s -> %s", st->tpl->src->name, path);
	if (st->tpl != t)
		return 0;
	g = diag_add(e->d, DIAG_NESTED_CIRCLE, s->item->key->where,
		     "nested stack '%s' is made of the template it is in", s->item->id);
	diag_detail(e->d, g, "%s -> %s", t->src->name, path);
	return -1;
}

static int refuse_more(struct eval *e, const struct nested_stack *s)
{
	const char *limit = NULL;
	struct diag *g;

	if (s->depth > LIMIT_NESTED_DEPTH)
		limit = arena_printf(e->a, "stacks nest deeper than %d here", LIMIT_NESTED_DEPTH);
	else if (++e->stack_count == LIMIT_NESTED_STACKS + 1)
		limit = arena_printf(e->a, "this stack has more than %d nested stacks",
				     LIMIT_NESTED_STACKS);
	if (!limit)
		return e->stack_count > LIMIT_NESTED_STACKS ? -1 : 0;
	g = diag_add(e->d, DIAG_NESTED_LIMIT, s->item->key->where, "%s", limit);
	diag_hint(e->d, g, "divide it into several stacks of the manifest");
	return -1;
}

/* Parameters */

/* As the parent would hand it over: text, lists with commas. */
static bool as_text(struct eval *e, const struct value *v, const char **out)
{
	struct text t;
	const char *list = "";

	if (value_scalar_text(v, &t)) {
		*out = arena_text(e->a, t);
		return true;
	}
	for (size_t i = 0; v->kind == VALUE_LIST && i < v->count; i++) {
		if (!value_scalar_text(v->items[i], &t) || !eval_charge(e, v->from, t.len + 1))
			return false;
		list = arena_printf(e->a, "%s%s%.*s", list, i ? "," : "", TEXT_ARG(t));
	}
	*out = list;
	return v->kind == VALUE_LIST;
}

static const struct value *fitted(struct eval *e, const struct parameter *p, const struct value *v)
{
	struct parameter_value given = {.node = v->from, .sensitive = value_has_sensitive(v)};
	const struct value *unknown;

	if (v == &value_absent && p->initial)
		return parameter_value(e->a, p, NULL, e->d);
	if (v == &value_absent)
		return NULL;
	if (value_has_unknown(v)) {
		unknown = eval_unknown(e, v->from, &v, 1);
		return unknown && p->no_echo ? value_sensitive(e->a, unknown) : unknown;
	}
	if (as_text(e, v, &given.text))
		return parameter_value(e->a, p, &given, e->d);
	diag_add(e->d, DIAG_PARAMETER_VALUE, value_where(v),
		 "parameter '%s' takes text or a list of texts, and this is %s", p->name,
		 v->kind == VALUE_LIST ? "a list of something else" : value_describe(v));
	return NULL;
}

/* &value_absent when the parent says nothing of it. */
static const struct value *given_value(struct eval *e, const struct nested_stack *s,
				       const struct parameter *p)
{
	const struct node *properties = node_find(s->item->body, "Properties");
	const struct node *all = properties && properties->kind == NODE_MAP
					 ? node_find(properties, "Parameters")
					 : NULL;
	const struct node *n = all && all->kind == NODE_MAP ? node_find(all, p->name) : NULL;
	const struct value *v;

	if (n)
		return eval_node(e, n);
	v = property(e, s->item, "Parameters", PLACE_VALUE);
	v = v ? value_find(v, text_of(p->name)) : NULL;
	return v ? v : &value_absent;
}

static void check_given(struct eval *e, const struct nested_stack *s, const struct template *t,
			const struct value *given)
{
	for (size_t i = 0; given->kind == VALUE_MAP && i < given->count; i++) {
		const struct value_entry *entry = &given->entries[i];

		if (!template_parameter(t, entry->key))
			nested_report_undeclared(t, given->from, entry, e->d);
	}
	for (size_t i = 0; i < t->parameter_count; i++) {
		const struct parameter *p = &t->parameters[i];

		if (!p->initial && !value_find(given, text_of(p->name)))
			nested_report_missing(
				&(struct nested_missing){s->item->name, p,
							 given->from ? given->from : s->item->key,
							 false},
				e->d);
	}
}

/* A parameter that cannot have a value stays NULL, and who uses it is silent. */
static int give_parameters(struct eval *e, struct nested_stack *s)
{
	const struct value *given = property(e, s->item, "Parameters", PLACE_VALUE), *v;
	const struct template *t = s->st.tpl;
	size_t errors = e->d->error_count;

	s->st.parameter_values = ARENA_ARRAY(e->a, t->parameter_count, const struct value *);
	if (!given)
		return -1;
	if (given != &value_absent && given->kind != VALUE_MAP) {
		diag_add(e->d, DIAG_NESTED_PROPERTY, given->from->where,
			 "Parameters is a map, and this is %s", value_describe(given));
		return -1;
	}
	check_given(e, s, t, given);
	for (size_t i = 0; i < t->parameter_count; i++) {
		v = value_find(given, text_of(t->parameters[i].name));
		s->st.parameter_values[i] = fitted(e, &t->parameters[i], v ? v : &value_absent);
	}
	parameters_look_up(e->a, t, s->st.parameter_values, s->st.outside, e->d);
	return e->d->error_count > errors ? -1 : 0;
}

/* Opening */

/* Everything that the parent says, in the parent's scope. */
static int open_outside(struct eval *e, struct nested_stack *s)
{
	const struct template *t;
	int result;

	nested_check_properties(node_find(s->item->body, "Properties"), e->d);
	result = resource_dependencies(e, s->item);
	result |= resource_policy(e, s->item, "DeletionPolicy", &s->deletion_policy);
	result |= resource_policy(e, s->item, "UpdateReplacePolicy", &s->update_replace_policy);
	t = load(e, s->item);
	if (!t || refuse_itself(e, s, t) || refuse_more(e, s))
		return -1;
	s->st.tpl = t;
	return result | give_parameters(e, s);
}

static int open_stack(struct eval *e, struct nested_stack *s)
{
	struct eval outside = enter(e, s->outer), inside;
	size_t errors = e->d->error_count;
	int result;

	outside.scope = s->item->scope;
	outside.refs = &s->refs;
	outside.opening = s;
	result = open_outside(&outside, s);
	leave(e, &outside);
	if (!s->st.tpl)
		return -1;
	inside = enter(e, &s->st);
	inside.refs = NULL;
	inside.opening = s;
	document_prepare(&inside, &s->st);
	leave(e, &inside);
	return result || e->d->error_count > errors ? -1 : 0;
}

static void report_cycle(struct eval *e, struct range where, const struct nested_stack *again)
{
	const char *path = again->item->id;
	const struct nested_stack *s = e->opening;
	struct diag *g;

	for (; s && s != again; s = s->asked_by)
		path = arena_printf(e->a, "%s -> %s", s->item->id, path);
	g = diag_add(e->d, DIAG_NESTED_CYCLE, where, "nested stack '%s' waits for its own outputs",
		     again->item->name);
	diag_detail(e->d, g, "%s -> %s", again->item->id, path);
	diag_hint(e->d, g, "give one of the parameters another value");
}

static int open_once(struct eval *e, struct range where, struct nested_stack *s)
{
	int result;

	switch (s->progress) {
	case NESTED_NEW:
		break;
	case NESTED_RUNNING:
		report_cycle(e, where, s);
		return -1;
	case NESTED_DONE:
		return 0;
	case NESTED_BROKEN:
		return -1;
	}
	s->progress = NESTED_RUNNING;
	s->asked_by = e->opening;
	result = open_stack(e, s);
	s->progress = result ? NESTED_BROKEN : NESTED_DONE;
	return result;
}

static bool is_stack(struct eval *e, const struct section_item *item)
{
	const struct node *type = node_find(item->body, "Type");

	return item->present && !item->broken && type && type->text.len == strlen(NESTED_TYPE) &&
	       text_is(type->text, NESTED_TYPE) && !e->st->partial;
}

static struct nested_stack *stack_new(struct eval *e, const struct section_item *item)
{
	struct nested_stack *s = ARENA_NEW(e->a, struct nested_stack);
	const struct eval_state *outer = item->st;
	struct eval_target *target = ARENA_NEW(e->a, struct eval_target);

	*target = *outer->target;
	target->stack = arena_printf(e->a, "%s-%s", outer->target->stack, item->name);
	s->item = item;
	s->outer = outer;
	s->depth = outer->stack ? outer->stack->depth + 1 : 1;
	s->deletion_policy = outer->stack ? outer->stack->deletion_policy : DELETION_DEFAULT;
	s->update_replace_policy =
		outer->stack ? outer->stack->update_replace_policy : DELETION_DEFAULT;
	s->st.target = target;
	s->st.outside = outer->outside;
	s->st.partial = outer->partial;
	s->st.stack = s;
	s->st.prefix = arena_printf(e->a, "%s.", item->id);
	return s;
}

void nested_open_all(struct eval *e, struct eval_state *st)
{
	for (size_t i = 0; i < st->resource_list.count; i++) {
		struct section_item *item = st->resource_list.items[i];

		if (is_stack(e, item))
			item->stack = stack_new(e, item);
	}
	for (size_t i = 0; i < st->resource_list.count; i++) {
		struct section_item *item = st->resource_list.items[i];

		if (item->stack && e->d->error_count < LIMIT_DIAGS)
			open_once(e, item->key->where, item->stack);
	}
}

/* Values */

static const struct value *report_no_output(struct eval *e, struct range where,
					    const struct section_item *item, const char *attribute)
{
	const struct eval_state *st = &item->stack->st;
	struct arena *scratch = arena_new();
	const char **names = ARENA_ARRAY(scratch, st->output_list.count, const char *);

	for (size_t i = 0; i < st->output_list.count; i++)
		names[i] = st->output_list.items[i]->name;
	nested_report_output(e->d, where, item->name, attribute,
			     (struct name_list){names, st->output_list.count, NULL});
	arena_free(scratch);
	return NULL;
}

static const struct value *output(struct eval *e, const struct section_item *stack,
				  const struct section_item *item)
{
	struct eval inner = enter(e, &stack->stack->st);
	const struct value *v = output_value(&inner, item);

	leave(e, &inner);
	return v;
}

static const struct value *stack_id(struct eval *e, const struct node *at,
				    const struct section_item *item)
{
	struct eval inner = enter(e, &item->stack->st);
	bool failed;

	return pseudo_value(&inner, at, TEXT_LIT("AWS::StackId"), &failed);
}

const struct value *nested_value(struct eval *e, const struct node *at, struct range where,
				 const struct section_item *item, const char *attribute)
{
	const struct section_item *found = NULL;

	if (!attribute)
		return stack_id(e, at, item);
	if (open_once(e, where, item->stack))
		return NULL;
	if (text_starts(text_of(attribute), NESTED_OUTPUTS))
		found = names_find(&item->stack->st.outputs,
				   text_of(attribute + strlen(NESTED_OUTPUTS)));
	if (!found)
		return report_no_output(e, where, item, attribute);
	if (found->broken)
		return NULL;
	return found->present ? output(e, item, found)
			      : report_absent(e, at, where, found, "output");
}

const struct value *nested_parameter(struct eval *e, const struct parameter *p)
{
	const struct nested_stack *s = e->st->stack;
	struct eval outside = enter(e, s->outer);
	const struct value *v;

	outside.scope = s->item->scope;
	v = given_value(&outside, s, p);
	if (v)
		v = fitted(&outside, p, v);
	leave(e, &outside);
	return v;
}

/* The first reference of the first unknown part. */
static const struct value_ref *awaited(const struct value *v)
{
	const struct value_ref *ref = v->kind == VALUE_UNKNOWN ? v->refs : NULL;

	for (size_t i = 0; !ref && i < v->count; i++)
		ref = awaited(v->kind == VALUE_LIST ? v->items[i] : v->entries[i].value);
	return ref;
}

const struct value *nested_report_waiting(struct eval *e, struct range where,
					  const struct parameter *p, const struct value *v)
{
	const struct value_ref *ref = awaited(v);
	struct diag *g = diag_add(e->d, DIAG_NESTED_WAITING, where,
				  "parameter '%s' of nested stack '%s' is not known yet", p->name,
				  e->st->stack->item->id);

	if (ref)
		diag_detail(e->d, g,
			    "this is needed before anything is created, and it waits for '%s%s%s'",
			    ref->logical_id, ref->attribute ? "." : "",
			    ref->attribute ? ref->attribute : "");
	if (v->from)
		diag_related(e->d, g, v->from->where, "the value it is given");
	diag_hint(e->d, g, "give it a value that is known, or decide by another parameter");
	return NULL;
}
