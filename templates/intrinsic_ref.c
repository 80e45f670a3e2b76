/* intrinsic_ref.c - Ref and Fn::GetAtt. */
#include "templates/intrinsic.h"

#include <string.h>

#include "templates/document.h"
#include "templates/nested.h"
#include "templates/parameter.h"
#include "templates/refs.h"
#include "templates/resolve.h"

void note_ref(struct eval *e, struct range where, const char *logical_id, const char *attribute)
{
	const char *key;

	if (!e->refs)
		return;
	key = attribute ? arena_printf(e->a, "%s.%s", logical_id, attribute) : logical_id;
	if (names_add(e->a, &e->refs->seen, text_of(key), (void *)(uintptr_t)key))
		return;
	*arena_vec_add(e->a, e->refs) = (struct doc_ref){logical_id, attribute, where};
}

static const struct value *not_known(struct eval *e, const struct node *at, const char *logical_id,
				     const char *attribute)
{
	struct value_ref ref = {logical_id, attribute, NULL};
	struct value waiting = {.kind = VALUE_UNKNOWN, .refs = &ref};
	const struct value *values[] = {&waiting};

	return eval_unknown(e, at, values, 1);
}

/* A value that comes from elsewhere has the place where it was asked for. */
static const struct value *placed(struct eval *e, const struct node *at, const struct value *from)
{
	struct value *v;

	if (!from || !eval_charge(e, at, sizeof(*v)))
		return NULL;
	v = ARENA_NEW(e->a, struct value);
	*v = *from;
	v->from = at;
	return v;
}

static const struct value *looked_up(struct eval *e, const struct node *at, const char *logical_id,
				     const char *attribute)
{
	const struct value *found = NULL;

	if (e->lookup)
		found = e->lookup->attribute(e->lookup->context, e->a, logical_id, attribute);
	return found ? eval_foreign(e, at, found) : not_known(e, at, logical_id, attribute);
}

/* Without a target it may exist with other values than the defaults. */
const struct value *report_absent(struct eval *e, const struct node *at, struct range where,
				  const struct section_item *item, const char *what)
{
	const struct node *condition = node_find(item->body, "Condition");
	struct diag *g = (e->st->partial ? diag_warn : diag_add)(
		e->d, DIAG_REF_ABSENT, where, "%s '%s' does not exist for this target", what,
		item->name);

	diag_detail(e->d, g, "its condition '%s' is false in %s", condition->text.ptr,
		    eval_target_name(e));
	diag_related(e->d, g, item->key->where, "the %s", what);
	diag_hint(e->d, g, "wrap the reference: !If [%s, <the reference>, !Ref AWS::NoValue]",
		  condition->text.ptr);
	return e->st->partial ? eval_unknown(e, at, NULL, 0) : NULL;
}

static const struct value *early(struct eval *e, struct range where, const char *name)
{
	report_early(e->d, where, e->st->tpl->thing, text_of(name));
	return NULL;
}

static const struct value *resource_value(struct eval *e, const struct node *at, struct range where,
					  const struct section_item *item, const char *attribute)
{
	if (e->place != PLACE_VALUE)
		return early(e, where, item->name);
	if (item->broken)
		return NULL;
	if (!item->present)
		return report_absent(e, at, where, item, e->st->tpl->thing);
	note_ref(e, where, item->id, item->stack ? NULL : attribute);
	if (item->stack)
		return placed(e, at, nested_value(e, at, where, item, attribute));
	return looked_up(e, at, item->id, attribute);
}

struct candidates {
	struct arena *a;
	VEC_OF(const char *)
};

static void add_resources(struct eval *e, struct candidates *c)
{
	for (size_t i = 0; i < e->st->resource_list.count; i++)
		*arena_vec_add(c->a, c) = e->st->resource_list.items[i]->name;
}

/* A loop that could not be unrolled may have made the name: nothing more is said then. */
static const struct value *report_nothing(struct eval *e, struct range where, struct text name)
{
	const struct template *tpl = e->st->tpl;
	struct candidates c = {.a = arena_new()};

	for (size_t i = 0; i < tpl->parameter_count; i++)
		*arena_vec_add(c.a, &c) = tpl->parameters[i].name;
	add_resources(e, &c);
	for (size_t i = 0; i < pseudo_count; i++)
		*arena_vec_add(c.a, &c) = pseudo_names[i];
	for (const struct scope *s = e->scope; s; s = s->outer)
		*arena_vec_add(c.a, &c) = arena_text(c.a, s->name);
	if (!e->st->incomplete)
		report_ref_unknown(e->d, where, name,
				   (struct name_list){c.items, c.count, tpl->thing});
	arena_free(c.a);
	return NULL;
}

/*
 * A stored value is looked up during the apply.  One text goes on as a dynamic reference, so
 * that functions can work on it and records know where it came from; a list as a whole.
 */
static const struct value *stored(struct eval *e, const struct node *at, const struct parameter *p,
				  const struct value *name)
{
	const struct value *v;

	if (e->place != PLACE_VALUE || !e->st->outside || !name->text.len)
		return placed(e, at, name);
	if (p->kind == PARAM_STRING) {
		v = eval_text(e, text_of(arena_printf(e->a, "{{resolve:ssm:%s}}", name->text.ptr)),
			      at);
		return eval_tainted(e, v, &name, 1);
	}
	v = parameter_look_up(e->a, p, name, e->st->outside, e->d);
	return v ? placed(e, at, v) : NULL;
}

/* In a nested stack the parent may have given what nobody knew at first. */
static const struct value *parameter_now(struct eval *e, struct range where,
					 const struct parameter *p)
{
	const struct value *v = e->st->parameter_values[p - e->st->tpl->parameters];

	if (!v || !e->st->stack || !value_has_unknown(v))
		return v;
	if (e->place & (PLACE_RULE | PLACE_RULE_OPERAND))
		return v;
	if (e->place != PLACE_VALUE)
		return nested_report_waiting(e, where, p, v);
	return e->again ? nested_parameter(e, p) : v;
}

/* Before anything is created its value is nobody's to know: the text of its reference would be
 * compared instead. */
static const struct value *report_looked_up(struct eval *e, struct range where,
					    const struct parameter *p)
{
	struct diag *g = diag_add(e->d, DIAG_VALUE_NOT_KNOWN, where,
				  "the value of parameter '%s' is looked up during the apply, and "
				  "this must be known before",
				  p->name);

	diag_related(e->d, g, p->where->where, "parameter '%s' is declared here", p->name);
	diag_hint(e->d, g, "decide by a parameter that is given its value");
	return NULL;
}

static bool decides(const struct eval *e)
{
	return e->place != PLACE_VALUE && !(e->place & (PLACE_RULE | PLACE_RULE_OPERAND)) &&
	       !e->st->partial;
}

static bool looked_up_later(const struct parameter *p, const struct value *v)
{
	struct text t;

	if (p->looked_up)
		return v->kind == VALUE_UNKNOWN;
	return value_scalar_text(v, &t) && resolve_occurs(t);
}

static const struct value *parameter_ref(struct eval *e, const struct node *at, struct range where,
					 const struct parameter *p)
{
	const struct value *v = parameter_now(e, where, p);

	if (v && decides(e) && looked_up_later(p, v))
		return report_looked_up(e, where, p);
	/* A rule that cannot be decided passes, with a warning. */
	if (v && (e->place & (PLACE_RULE | PLACE_RULE_OPERAND)) && looked_up_later(p, v))
		return eval_unknown(e, at, NULL, 0);
	if (v && p->looked_up && v->kind == VALUE_UNKNOWN)
		return stored(e, at, p, v);
	return placed(e, at, v);
}

const struct value *eval_ref(struct eval *e, const struct node *at, struct range where,
			     struct text name)
{
	const struct scope *variable = scope_find(e->scope, name);
	const struct parameter *p;
	const struct section_item *item;
	const struct value *v;
	bool failed;

	if (variable)
		return eval_text(e, variable->value, at);
	p = template_parameter(e->st->tpl, name);
	if (p)
		return parameter_ref(e, at, where, p);
	v = pseudo_value(e, at, name, &failed);
	if (v || failed)
		return v;
	item = names_find(&e->st->resources, name);
	if (item)
		return resource_value(e, at, where, item, NULL);
	return report_nothing(e, where, name);
}

const struct value *intrinsic_ref(struct eval *e, const struct node *call)
{
	struct asked_name name = {.what = "the name"};

	if (!eval_asked_name(e, call, call->arg, &name))
		return NULL;
	if (name.waits)
		return eval_unknown(e, call, &name.waits, 1);
	return eval_ref(e, call, call->arg->where, name.text);
}

static const struct value *report_no_resource(struct eval *e, struct range where, const char *name)
{
	struct candidates c = {.a = arena_new()};

	add_resources(e, &c);
	report_resource_unknown(e->d, where, text_of(name),
				(struct name_list){c.items, c.count, e->st->tpl->thing});
	if (template_parameter(e->st->tpl, text_of(name)))
		diag_hint(e->d, e->d->last,
			  "it is a parameter, and parameters have no attributes: use !Ref %s",
			  name);
	arena_free(c.a);
	return NULL;
}

const struct value *eval_attribute(struct eval *e, const struct node *at, struct range where,
				   const char *const names[2])
{
	const struct section_item *item = names_find(&e->st->resources, text_of(names[0]));

	if (item)
		return resource_value(e, at, where, item, names[1]);
	return e->st->incomplete ? NULL : report_no_resource(e, where, names[0]);
}

/* "Page.Path.Owner" is the attribute "Path.Owner" of Page. */
static int split_attribute(struct eval *e, const struct node *call, struct text t,
			   const char *names[2])
{
	const char *dot = memchr(t.ptr, '.', t.len);

	if (!getatt_cut(t)) {
		report_getatt(e->d, call, t);
		return -1;
	}
	names[0] = arena_strndup(e->a, t.ptr, (size_t)(dot - t.ptr));
	names[1] = arena_strndup(e->a, dot + 1, t.len - (size_t)(dot - t.ptr) - 1);
	return 0;
}

static const struct value *attribute_of_text(struct eval *e, const struct node *call)
{
	struct asked_name name = {.what = "the attribute"};
	const char *names[2];

	if (!eval_asked_name(e, call, call->arg, &name))
		return NULL;
	if (name.waits)
		return eval_unknown(e, call, &name.waits, 1);
	if (split_attribute(e, call, name.text, names))
		return NULL;
	return eval_attribute(e, call, call->arg->where, names);
}

const struct value *intrinsic_getatt(struct eval *e, const struct node *call)
{
	struct asked_name id = {.what = "the resource"}, attribute = {.what = "the attribute"};
	const struct node *arg = call->arg;
	const char *names[2];

	if (arg->kind != NODE_LIST)
		return attribute_of_text(e, call);
	if (!eval_asked_name(e, call, arg->items[0], &id) ||
	    !eval_asked_name(e, call, arg->items[1], &attribute))
		return NULL;
	if (id.waits || attribute.waits)
		return eval_unknown(e, call, id.waits ? &id.waits : &attribute.waits, 1);
	names[0] = arena_text(e->a, id.text);
	names[1] = arena_text(e->a, attribute.text);
	return eval_attribute(e, call, arg->items[0]->where, names);
}
