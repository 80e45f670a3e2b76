/* eval.c - scalars, lists and maps to values; operands of functions. */
#include "templates/eval.h"

#include <string.h>

#include "base/limits.h"
#include "templates/foreach.h"
#include "templates/intrinsic.h"
#include "templates/refs.h"
#include "templates/scalar.h"

const struct value value_absent = {.kind = VALUE_NULL};

const char *eval_target_name(struct eval *e)
{
	const struct eval_target *t = e->st->target;

	if (!*t->region)
		return "this runbook";
	if (strcmp(t->account, "-") == 0)
		return arena_printf(e->a, "region '%s'", t->region);
	return arena_printf(e->a, "account '%s', region '%s'", t->account, t->region);
}

const char *value_describe(const struct value *v)
{
	switch (v->kind) {
	case VALUE_NULL:
		return "nothing";
	case VALUE_BOOL:
		return "a boolean";
	case VALUE_NUMBER:
		return "a number";
	case VALUE_STRING:
		return "a string";
	case VALUE_LIST:
		return "a list";
	case VALUE_MAP:
		return "a map";
	case VALUE_UNKNOWN:
		return "not known yet";
	}
	return "";
}

bool eval_charge(struct eval *e, const struct node *at, size_t len)
{
	struct diag *g;

	if (e->used_len > LIMIT_EVAL_LEN)
		return false;
	if (len <= LIMIT_EVAL_LEN - e->used_len) {
		e->used_len += len;
		return true;
	}
	e->used_len = (size_t)LIMIT_EVAL_LEN + 1;
	g = diag_add(e->d, DIAG_EVAL_SIZE, at ? at->where : RANGE_NONE,
		     "the values of this template grow beyond %u MiB here", LIMIT_EVAL_LEN >> 20);
	diag_hint(e->d, g, "look for functions that repeat each other's results");
	return false;
}

static struct value *value_make(struct eval *e, enum value_kind kind, const struct node *from)
{
	struct value *v;

	if (!eval_charge(e, from, sizeof(*v)))
		return NULL;
	v = ARENA_NEW(e->a, struct value);
	v->kind = kind;
	v->from = from;
	return v;
}

const struct value *eval_text(struct eval *e, struct text t, const struct node *from)
{
	struct value *v = value_make(e, VALUE_STRING, from);

	if (v)
		v->text = t;
	return v;
}

const struct value *eval_strings(struct eval *e, const char *const *names, size_t count,
				 const struct node *from)
{
	struct value *list = value_make(e, VALUE_LIST, from);
	const struct value **items;

	if (!list || !eval_charge(e, from, count * sizeof(*items)))
		return NULL;
	items = ARENA_ARRAY(e->a, count, const struct value *);
	for (size_t i = 0; i < count; i++) {
		items[i] = eval_text(e, text_of(names[i]), from);
		if (!items[i])
			return NULL;
	}
	list->items = items;
	list->count = count;
	return list;
}

/* Unknown and sensitive */

struct unknown_refs {
	struct eval *e;
	VEC_OF(struct value_ref)
	bool sensitive;
};

static void gather_refs(struct unknown_refs *u, const struct value *v)
{
	u->sensitive |= v->sensitive;
	for (const struct value_ref *ref = v->kind == VALUE_UNKNOWN ? v->refs : NULL; ref;
	     ref = ref->next)
		*vec_add(u) = *ref;
	for (size_t i = 0; i < v->count; i++)
		gather_refs(u, v->kind == VALUE_LIST ? v->items[i] : v->entries[i].value);
}

static int compare_refs(const void *x, const void *y)
{
	const struct value_ref *a = x, *b = y;
	int order = strcmp(a->logical_id, b->logical_id);

	if (order)
		return order;
	return strcmp(a->attribute ? a->attribute : "", b->attribute ? b->attribute : "");
}

/* In order of name and without doubles, however they were met. */
static const struct value_ref *chain_refs(struct unknown_refs *u)
{
	const struct value_ref *next = NULL;
	struct value_ref *ref;

	if (u->count)
		qsort(u->items, u->count, sizeof(*u->items), compare_refs);
	for (size_t i = u->count; i-- > 0;) {
		if (next && compare_refs(&u->items[i], next) == 0)
			continue;
		ref = ARENA_NEW(u->e->a, struct value_ref);
		*ref = u->items[i];
		ref->next = next;
		next = ref;
	}
	return next;
}

const struct value *eval_unknown(struct eval *e, const struct node *from,
				 const struct value *const *values, size_t count)
{
	struct unknown_refs u = {.e = e};
	struct value *v = NULL;

	for (size_t i = 0; i < count; i++)
		gather_refs(&u, values[i]);
	if (eval_charge(e, from, u.count * sizeof(*u.items)))
		v = value_make(e, VALUE_UNKNOWN, from);
	if (v) {
		v->refs = chain_refs(&u);
		v->sensitive = u.sensitive;
	}
	vec_release(&u);
	return v;
}

const struct value *eval_tainted(struct eval *e, const struct value *v,
				 const struct value *const *values, size_t count)
{
	bool sensitive = false, foreign = false;

	for (size_t i = 0; i < count; i++) {
		sensitive |= value_has_sensitive(values[i]);
		foreign |= value_has_foreign(values[i]);
	}
	if (v && foreign)
		v = value_foreign(e->a, v);
	return v && sensitive ? value_secret_of(e->a, v, values, count) : v;
}

/* Scopes */

const struct scope *scope_find(const struct scope *s, struct text name)
{
	while (s && !text_eq(s->name, name))
		s = s->outer;
	return s;
}

void scope_add_alphanumeric(struct str *out, struct text value)
{
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
			str_add_char(out, c);
	}
}

/* The length of "${Name}" or "&{Name}" at the offset when Name is a loop's variable, else 0. */
static size_t loop_variable(const struct scope *scope, struct text t, size_t at,
			    const struct scope **found)
{
	const char *close;
	struct text name;

	if (at + 2 >= t.len || (t.ptr[at] != '$' && t.ptr[at] != '&') || t.ptr[at + 1] != '{')
		return 0;
	close = memchr(t.ptr + at + 2, '}', t.len - at - 2);
	if (!close)
		return 0;
	name = (struct text){t.ptr + at + 2, (size_t)(close - t.ptr) - at - 2};
	*found = scope_find(scope, text_trim(name));
	return *found ? (size_t)(close - t.ptr) + 1 - at : 0;
}

struct text eval_loop_text(struct eval *e, struct text t)
{
	struct str out = STR_INIT;
	const struct scope *found;
	struct text result = t;
	size_t len;

	if (!e->scope || !memchr(t.ptr, '{', t.len))
		return t;
	for (size_t at = 0; at < t.len; at += len ? len : 1) {
		len = loop_variable(e->scope, t, at, &found);
		if (!len)
			str_add_char(&out, t.ptr[at]);
		else if (t.ptr[at] == '&')
			scope_add_alphanumeric(&out, found->value);
		else
			str_add_text(&out, found->value);
	}
	if (eval_charge(e, NULL, out.len))
		result = (struct text){arena_text(e->a, str_text(&out)), out.len};
	str_release(&out);
	return result;
}

/* Nodes */

static const struct value *eval_scalar_node(struct eval *e, const struct node *n)
{
	enum value_kind kind = scalar_kind(n);
	struct text t = eval_loop_text(e, n->text);
	struct value *v;

	if (kind == VALUE_NULL) {
		report_null(n, e->d);
		return NULL;
	}
	v = value_make(e, kind, n);
	if (!v)
		return NULL;
	v->text = t;
	v->boolean = kind == VALUE_BOOL && scalar_is_true(t);
	return v;
}

static const struct value *eval_items(struct eval *e, const struct node *n)
{
	struct value *list = value_make(e, VALUE_LIST, n);
	const struct value **items, *item;
	bool failed = false;

	if (!list || !eval_charge(e, n, n->count * sizeof(*items)))
		return NULL;
	items = ARENA_ARRAY(e->a, n->count, const struct value *);
	for (size_t i = 0; i < n->count; i++) {
		item = eval_node(e, n->items[i]);
		failed |= !item;
		if (item && item != &value_absent)
			items[list->count++] = item;
	}
	list->items = items;
	return failed ? NULL : list;
}

struct map_fill {
	struct eval *e;
	VEC_OF(struct value_entry)
	struct names seen; /* keys to the nodes that made them */
	bool loops;        /* only loops can make a key twice */
};

static int refuse_double(struct map_fill *f, const struct loop_entry *entry)
{
	const struct node *first;
	struct diag *g;

	if (!f->loops)
		return 0;
	first = names_add(f->e->a, &f->seen, entry->key, (void *)(uintptr_t)entry->key_node);
	if (!first)
		return 0;
	g = diag_add(f->e->d, DIAG_NAME_COLLISION, entry->key_node->where,
		     "key '%.*s' is made twice", TEXT_ARG(entry->key));
	diag_related(f->e->d, g, first->where, "made here too");
	diag_hint(f->e->d, g, "put the variable of Fn::ForEach into the key");
	return -1;
}

/* The shape of Fn:: beside other keys: it would pass for a property. */
static int refuse_function_key(struct eval *e, const struct loop_entry *entry)
{
	if (entry->key.ptr[0] != 'F' || !text_starts(entry->key, "Fn::"))
		return 0;
	report_mixed_function(entry->key_node, e->d);
	return -1;
}

static int fill_entry(void *context, const struct loop_entry *entry)
{
	struct map_fill *f = context;
	const struct scope *outer = f->e->scope;
	struct value_entry *added;
	const struct value *v;

	if (refuse_function_key(f->e, entry) || refuse_double(f, entry))
		return -1;
	f->e->scope = entry->scope;
	v = eval_node(f->e, entry->value);
	f->e->scope = outer;
	if (!v)
		return -1;
	if (v == &value_absent)
		return 0;
	if (!eval_charge(f->e, entry->value, sizeof(*added)))
		return -1;
	added = arena_vec_add(f->e->a, f);
	*added = (struct value_entry){entry->key, v};
	return 0;
}

static bool has_loop(const struct node *n)
{
	for (size_t i = 0; i < n->count; i++) {
		if (foreach_key(n->entries[i].key->text))
			return true;
	}
	return false;
}

static const struct value *eval_entries(struct eval *e, const struct node *n)
{
	struct map_fill f = {.e = e, .loops = has_loop(n) || e->scope};
	struct value *map = value_make(e, VALUE_MAP, n);

	f.capacity = map ? n->count : 0;
	f.items = ARENA_ARRAY(e->a, f.capacity, struct value_entry);
	if (!map || foreach_expand(e, n, fill_entry, &f))
		return NULL;
	map->entries = f.items;
	map->count = f.count;
	return map;
}

static const struct value *eval_call(struct eval *e, const struct node *n)
{
	const struct intrinsic *row = intrinsic_check(n, e->place, e->d);
	enum eval_place outer = e->place;
	const struct value *v;

	if (!row)
		return NULL;
	e->place = intrinsic_inner_place(n, outer);
	v = row->eval(e, n);
	e->place = outer;
	return v;
}

static const struct value *dispatch(struct eval *e, const struct node *n)
{
	switch (n->kind) {
	case NODE_SCALAR:
		return eval_scalar_node(e, n);
	case NODE_LIST:
		return eval_items(e, n);
	case NODE_MAP:
		return eval_entries(e, n);
	case NODE_CALL:
		return eval_call(e, n);
	}
	return NULL;
}

const struct value *eval_node(struct eval *e, const struct node *n)
{
	const struct value *v = NULL;

	if (e->d->error_count >= LIMIT_DIAGS)
		return NULL;
	if (++e->depth > LIMIT_EVAL_DEPTH)
		diag_add(e->d, DIAG_EVAL_DEPTH, n->where,
			 "conditions name each other too deep here");
	else
		v = dispatch(e, n);
	e->depth--;
	return v;
}

/* Operands */

const struct value *eval_operand(struct eval *e, const struct node *call, const struct node *n)
{
	const struct value *v = eval_node(e, n);
	struct diag *g;

	if (v != &value_absent)
		return v;
	g = diag_add(e->d, DIAG_NO_VALUE_HERE, n->where, "'%.*s' cannot work on AWS::NoValue",
		     TEXT_ARG(call->text));
	intrinsic_hint(e->d, g, call);
	return NULL;
}

struct operand {
	const struct node *call, *at;
	const char *what; /* "the delimiter" */
};

static const struct value *wrong_kind(struct eval *e, const struct operand *o,
				      const struct value *v, const char *kind)
{
	struct diag *g = diag_add(e->d, DIAG_VALUE_TYPE, o->at->where,
				  "%s of '%.*s' must be %s, and this is %s", o->what,
				  TEXT_ARG(o->call->text), kind, value_describe(v));

	intrinsic_hint(e->d, g, o->call);
	return NULL;
}

const struct value *eval_scalar(struct eval *e, const struct node *call, const struct node *n,
				const char *what)
{
	const struct value *v = eval_operand(e, call, n);
	struct text t;

	if (!v || v->kind == VALUE_UNKNOWN || value_scalar_text(v, &t))
		return v;
	return wrong_kind(e, &(struct operand){call, n, what}, v, "a string");
}

const struct value *eval_list(struct eval *e, const struct node *call, const struct node *n,
			      const char *what)
{
	const struct value *v = eval_operand(e, call, n);

	if (!v || v->kind == VALUE_UNKNOWN || v->kind == VALUE_LIST)
		return v;
	return wrong_kind(e, &(struct operand){call, n, what}, v, "a list");
}

bool eval_name(struct eval *e, const struct node *call, const struct node *n, const char *what,
	       struct text *out)
{
	const struct value *v;
	struct diag *g;

	if (n->kind == NODE_SCALAR && !node_is_null(n)) {
		*out = eval_loop_text(e, n->text);
		return true;
	}
	v = eval_scalar(e, call, n, what);
	if (!v)
		return false;
	if (value_scalar_text(v, out) && !v->sensitive)
		return true;
	g = diag_add(e->d, DIAG_VALUE_NOT_KNOWN, n->where, "%s of '%.*s' %s", what,
		     TEXT_ARG(call->text),
		     v->sensitive ? "is a name, and names cannot be secret"
				  : "must be known before anything is created");
	diag_hint(e->d, g, "use a plain string, a parameter or a mapping");
	return false;
}

/* Evaluates once: a name may be a function whose own name is one, and so on. */
bool eval_asked_name(struct eval *e, const struct node *call, const struct node *n,
		     struct asked_name *name)
{
	const struct value *v;

	if (!e->st->partial || n->kind != NODE_CALL)
		return eval_name(e, call, n, name->what, &name->text);
	v = eval_scalar(e, call, n, name->what);
	if (v && v->kind == VALUE_UNKNOWN)
		name->waits = v;
	else if (v && (v->sensitive || !value_scalar_text(v, &name->text)))
		return eval_name(e, call, n, name->what, &name->text);
	return v != NULL;
}
