/* value.c - what a node can be. */
#include "engine/lint/value.h"

#include <string.h>

/* Values of one mapping that are looked at when its keys are not known. */
#define MAPPED_MAX 100

/* One question: the alternative that is being put together is its template. */
struct asking {
	struct lint *l;
	alternative_fn *visit;
	void *context;
	struct alternative alt;
};

static void ask(struct asking *a, const struct node *n);

static void tell(struct asking *a, enum alternative_kind kind)
{
	a->alt.kind = kind;
	a->visit(a->context, &a->alt);
}

static void tell_node(struct asking *a, enum alternative_kind kind, const struct node *n)
{
	const struct node *outer = a->alt.node;

	a->alt.node = n;
	tell(a, kind);
	a->alt.node = outer;
}

/* A text that is completed later: by a loop, by a dynamic reference. */
static bool is_open(struct text t)
{
	for (size_t i = 0; i + 1 < t.len; i++) {
		if (t.ptr[i + 1] == '{' && (t.ptr[i] == '$' || t.ptr[i] == '&' || t.ptr[i] == '{'))
			return true;
	}
	return false;
}

struct text literal_of(const struct node *n)
{
	if (n->kind == NODE_SCALAR && !is_open(n->text))
		return n->text;
	return (struct text){NULL, 0};
}

static void ask_scalar(struct asking *a, const struct node *n)
{
	if (node_is_null(n))
		tell(a, ALTERNATIVE_ANY);
	else
		tell_node(a, is_open(n->text) ? ALTERNATIVE_TEXT : ALTERNATIVE_SCALAR, n);
}

/* Parameters */

static enum alternative_kind kind_of_parameter(const struct parameter *p)
{
	switch (p->kind) {
	case PARAM_STRING:
		return ALTERNATIVE_TEXT;
	case PARAM_NUMBER:
		return ALTERNATIVE_NUMBER;
	case PARAM_STRING_LIST:
	case PARAM_NUMBER_LIST:
		return ALTERNATIVE_TEXTS;
	}
	return ALTERNATIVE_ANY;
}

static void tell_derived(struct asking *a, const struct node *n)
{
	bool outer = a->alt.derived;

	if (n->kind != NODE_SCALAR || !n->text.len || is_open(n->text))
		return;
	a->alt.derived = true;
	tell_node(a, ALTERNATIVE_SCALAR, n);
	a->alt.derived = outer;
}

/* An empty default says that there is none, and a condition asks for it; a secret one is not
 * shown. */
static void ask_parameter(struct asking *a, const struct parameter *p)
{
	const struct node *allowed = node_find(p->body, "AllowedValues");
	bool stored = strncmp(p->type, "AWS::SSM::", 10) == 0; /* values are names */

	a->alt.parameter = p;
	tell(a, kind_of_parameter(p));
	if (!stored && !p->no_echo && (p->kind == PARAM_STRING || p->kind == PARAM_NUMBER)) {
		for (size_t i = 0; allowed && allowed->kind == NODE_LIST && i < allowed->count; i++)
			tell_derived(a, allowed->items[i]);
		if (!allowed && p->initial)
			tell_derived(a, p->initial);
	}
	a->alt.parameter = NULL;
}

/* Resources */

static void tell_shape(struct asking *a, const struct lint_resource *r, const struct shape *s)
{
	a->alt.resource = r;
	a->alt.shape = s;
	tell(a, s ? ALTERNATIVE_SHAPE : ALTERNATIVE_ANY);
	a->alt.resource = NULL;
	a->alt.shape = NULL;
}

static void ask_resource(struct asking *a, const struct lint_resource *r)
{
	const struct shape *s = r->schema ? shape_of_ref(r->schema) : NULL;

	if (s) {
		tell_shape(a, r, s);
		return;
	}
	a->alt.resource = r;
	tell(a, r->schema ? ALTERNATIVE_TEXT : ALTERNATIVE_ANY);
	a->alt.resource = NULL;
}

static void ask_name(struct asking *a, struct text name)
{
	const struct parameter *p = template_parameter(a->l->t, name);
	const struct lint_resource *r = p ? NULL : lint_find(a->l, name);

	if (p)
		ask_parameter(a, p);
	else if (r)
		ask_resource(a, r);
	else if (text_is(name, "AWS::NoValue"))
		tell(a, ALTERNATIVE_ABSENT);
	else if (text_is(name, "AWS::NotificationARNs"))
		tell(a, ALTERNATIVE_TEXTS);
	else if (text_starts(name, "AWS::") || text_starts(name, "HA::"))
		tell(a, ALTERNATIVE_TEXT);
	else
		tell(a, ALTERNATIVE_ANY);
}

static void ask_ref(struct asking *a, const struct node *call)
{
	if (call->arg->kind == NODE_SCALAR)
		ask_name(a, call->arg->text);
	else
		tell(a, ALTERNATIVE_ANY);
}

static void note_attribute(void *context, const struct ref *ref)
{
	*(struct ref *)context = *ref;
}

static void ask_getatt(struct asking *a, const struct node *call)
{
	struct ref ref = {.kind = REF_NAME};
	const struct lint_resource *r;

	refs_of_call(call, note_attribute, &ref);
	r = ref.kind == REF_ATTRIBUTE ? lint_find(a->l, ref.name) : NULL;
	if (r && r->schema && ref.attribute.len)
		tell_shape(a, r, shape_of_attribute(r->schema, ref.attribute));
	else
		tell(a, ALTERNATIVE_ANY);
}

/* Functions */

/* The name of Fn::If's condition; ptr NULL when it is none. */
static struct text condition_name(const struct node *n)
{
	if (node_is_call(n, "Condition"))
		n = n->arg;
	return n->kind == NODE_SCALAR ? n->text : (struct text){NULL, 0};
}

static void ask_branch(struct asking *a, const struct node *branch, struct text condition,
		       bool holds)
{
	const struct alternative outer = a->alt;
	const struct assumption assumed = {condition, holds, outer.given};

	if (condition.ptr && !lint_consistent(a->l, outer.given, condition, holds))
		return;
	if (condition.ptr)
		a->alt.given = &assumed;
	a->alt.conditional = true;
	a->alt.at = branch;
	ask(a, branch);
	a->alt = outer;
}

static void ask_if(struct asking *a, const struct node *call)
{
	const struct node *arg = call->arg;
	struct text condition;

	if (arg->kind != NODE_LIST || arg->count != 3) {
		tell(a, ALTERNATIVE_ANY);
		return;
	}
	condition = condition_name(arg->items[0]);
	ask_branch(a, arg->items[1], condition, true);
	ask_branch(a, arg->items[2], condition, false);
}

static void ask_sub(struct asking *a, const struct node *call)
{
	const struct node *text, *own;

	if (!sub_shape(call, &text, &own, NULL) && !is_open(text->text))
		tell_node(a, ALTERNATIVE_SCALAR, text);
	else
		tell(a, ALTERNATIVE_TEXT);
}

static bool gives_texts(const struct asking *a, const struct node *n)
{
	const struct parameter *p;

	if (node_is_call(n, "Ref") && n->arg->kind == NODE_SCALAR) {
		p = template_parameter(a->l->t, n->arg->text);
		return (p && kind_of_parameter(p) == ALTERNATIVE_TEXTS) ||
		       text_is(n->arg->text, "AWS::NotificationARNs");
	}
	return node_is_call(n, "Fn::Split") || node_is_call(n, "Fn::GetAZs") ||
	       node_is_call(n, "Fn::Cidr");
}

static void ask_select(struct asking *a, const struct node *call)
{
	const struct node *arg = call->arg;
	int64_t index;

	if (arg->kind != NODE_LIST || arg->count != 2)
		tell(a, ALTERNATIVE_ANY);
	else if (gives_texts(a, arg->items[1]))
		tell(a, ALTERNATIVE_TEXT);
	else if (arg->items[1]->kind == NODE_LIST && arg->items[1]->count &&
		 arg->items[0]->kind == NODE_SCALAR &&
		 text_to_int64(arg->items[0]->text, 0, (int64_t)arg->items[1]->count - 1, &index))
		ask(a, arg->items[1]->items[index]);
	else
		tell(a, ALTERNATIVE_ANY);
}

/* Mappings */

struct mapped_key {
	struct text literal; /* ptr NULL: not known */
};

/* Every value that the keys can lead to. */
static void ask_mapped(struct asking *a, const struct node *n, const struct mapped_key *keys,
		       size_t level)
{
	const struct node_entry *e;

	if (level == 2) {
		ask(a, n);
		return;
	}
	if (n->kind != NODE_MAP)
		return;
	if (keys[level].literal.ptr) {
		e = node_find_entry(n, keys[level].literal);
		if (e)
			ask_mapped(a, e->value, keys, level + 1);
		return;
	}
	for (size_t i = 0; i < n->count && i < MAPPED_MAX; i++)
		ask_mapped(a, n->entries[i].value, keys, level + 1);
}

static void ask_find_in_map(struct asking *a, const struct node *call)
{
	const struct node *arg = call->arg, *given;
	const struct alternative outer = a->alt;
	const struct node_entry *mapping = NULL;
	struct text name = {NULL, 0};

	if (arg->kind == NODE_LIST && arg->count >= 3)
		name = literal_of(arg->items[0]);
	if (name.ptr && a->l->t->mappings)
		mapping = node_find_entry(a->l->t->mappings, name);
	if (!mapping) {
		tell(a, ALTERNATIVE_ANY);
		return;
	}
	a->alt.derived = true;
	ask_mapped(a, mapping->value,
		   (struct mapped_key[]){{literal_of(arg->items[1])}, {literal_of(arg->items[2])}},
		   0);
	a->alt = outer;
	given = arg->count > 3 && arg->items[3]->kind == NODE_MAP
			? node_find(arg->items[3], "DefaultValue")
			: NULL;
	if (given)
		ask(a, given);
}

/* The rest */

typedef void ask_fn(struct asking *a, const struct node *call);

static const struct {
	const char *name;
	ask_fn *ask; /* NULL: `kind` */
	enum alternative_kind kind;
} functions[] = {
	{"Ref", ask_ref, ALTERNATIVE_ANY},
	{"Fn::GetAtt", ask_getatt, ALTERNATIVE_ANY},
	{"Fn::Sub", ask_sub, ALTERNATIVE_ANY},
	{"Fn::If", ask_if, ALTERNATIVE_ANY},
	{"Fn::Select", ask_select, ALTERNATIVE_ANY},
	{"Fn::FindInMap", ask_find_in_map, ALTERNATIVE_ANY},
	{"Fn::Join", NULL, ALTERNATIVE_TEXT},
	{"Fn::Base64", NULL, ALTERNATIVE_TEXT},
	{"Fn::ImportValue", NULL, ALTERNATIVE_TEXT},
	{"Fn::ToJsonString", NULL, ALTERNATIVE_TEXT},
	{"Fn::Split", NULL, ALTERNATIVE_TEXTS},
	{"Fn::GetAZs", NULL, ALTERNATIVE_TEXTS},
	{"Fn::Cidr", NULL, ALTERNATIVE_TEXTS},
	{"Fn::Length", NULL, ALTERNATIVE_NUMBER},
};

static void ask_call(struct asking *a, const struct node *call)
{
	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		if (!text_is(call->text, functions[i].name))
			continue;
		if (functions[i].ask)
			functions[i].ask(a, call);
		else
			tell(a, functions[i].kind);
		return;
	}
	tell(a, ALTERNATIVE_ANY);
}

static void ask(struct asking *a, const struct node *n)
{
	if (!a->l->left)
		return;
	a->l->left--;
	switch (n->kind) {
	case NODE_SCALAR:
		ask_scalar(a, n);
		break;
	case NODE_LIST:
		tell_node(a, ALTERNATIVE_LIST, n);
		break;
	case NODE_MAP:
		tell_node(a, ALTERNATIVE_MAP, n);
		break;
	case NODE_CALL:
		ask_call(a, n);
		break;
	}
}

void alternatives(struct lint *l, const struct node *n, const struct assumption *given,
		  alternative_fn *visit, void *context)
{
	struct asking a = {l, visit, context, {.at = n, .given = given}};

	ask(&a, n);
}

/* Paths */

struct descent {
	struct lint *l;
	struct text rest; /* of the path */
	alternative_fn *visit;
	void *context;
	bool conditional, derived; /* of what lies around */
};

static void descend(void *context, const struct alternative *alt);

static void descend_into(const struct descent *d, const struct node *n, struct text rest,
			 const struct alternative *around)
{
	struct descent inner = {d->l,           rest, d->visit, d->context, around->conditional,
				around->derived};

	alternatives(d->l, n, around->given, descend, &inner);
}

static void descend_map(const struct descent *d, struct text name, struct text rest,
			const struct alternative *alt)
{
	const struct node_entry *e = node_find_entry(alt->node, name);
	struct alternative absent = *alt;

	if (e) {
		descend_into(d, e->value, rest, alt);
		return;
	}
	if (rest.len)
		return;
	absent.kind = ALTERNATIVE_ABSENT;
	absent.at = alt->node;
	d->visit(d->context, &absent);
}

static void descend(void *context, const struct alternative *alt)
{
	const struct descent *d = context;
	const char *dot = d->rest.len ? memchr(d->rest.ptr, '.', d->rest.len) : NULL;
	size_t len = dot ? (size_t)(dot - d->rest.ptr) : d->rest.len;
	struct text name = {d->rest.ptr, len}, rest = {d->rest.ptr + len, d->rest.len - len};
	struct alternative here = *alt;

	here.conditional |= d->conditional;
	here.derived |= d->derived;
	if (rest.len)
		rest = (struct text){rest.ptr + 1, rest.len - 1};
	if (!d->rest.len)
		d->visit(d->context, &here);
	else if (here.kind == ALTERNATIVE_LIST && here.node && text_is(name, "*"))
		for (size_t i = 0; i < here.node->count; i++)
			descend_into(d, here.node->items[i], rest, &here);
	else if (here.kind == ALTERNATIVE_MAP && here.node)
		descend_map(d, name, rest, &here);
}

void alternatives_at(struct lint *l, const struct lint_resource *r, const char *path,
		     alternative_fn *visit, void *context)
{
	struct descent d = {l, text_of(path), visit, context, false, false};

	if (r->properties)
		alternatives(l, r->properties, r->given, descend, &d);
}
