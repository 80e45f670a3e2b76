/* parameter_value.c - one parameter's value for one target. */
#include "templates/parameter.h"

#include <string.h>

#include "base/pattern.h"
#include "templates/intrinsic.h"
#include "templates/resolve.h"
#include "templates/scalar.h"

struct checking {
	struct arena *a;
	const struct parameter *p;
	const struct parameter_value *given; /* NULL: the default */
	struct constraints c;
	bool sensitive;
	struct diags *d;
};

/* The place of the value, or the parameter's when it came from no file. */
static struct range value_place(const struct checking *k)
{
	if (!k->given)
		return k->p->initial->where;
	return k->given->node ? k->given->node->where : k->p->where->where;
}

static const char *origin(const struct checking *k)
{
	if (!k->given)
		return "the default";
	if (k->given->node || !k->given->origin)
		return "the value";
	return arena_printf(k->a, "the value from %s", k->given->origin);
}

/* "the value '7' of parameter 'Size' is above 5" */
static int refuse(const struct checking *k, struct text t, const char *problem)
{
	struct diag *g;

	if (k->sensitive)
		g = diag_add(k->d, DIAG_PARAMETER_VALUE, value_place(k), "%s of parameter '%s' %s",
			     origin(k), k->p->name, problem);
	else
		g = diag_add(k->d, DIAG_PARAMETER_VALUE, value_place(k),
			     "%s '%.*s' of parameter '%s' %s", origin(k), TEXT_ARG(t), k->p->name,
			     problem);
	if (k->p->constraint_text)
		diag_detail(k->d, g, "%s", k->p->constraint_text);
	if (k->given && k->given->node)
		diag_related(k->d, g, k->p->where->where, "the parameter");
	return -1;
}

static const char *allowed_words(const struct checking *k)
{
	struct str words = STR_INIT;
	const struct node *list = k->c.allowed;
	const size_t shown = 12;
	const char *text;

	for (size_t i = 0; i < list->count && i < shown; i++)
		str_printf(&words, "%s'%.*s'", i ? ", " : "", TEXT_ARG(list->items[i]->text));
	if (list->count > shown)
		str_printf(&words, " and %zu more", list->count - shown);
	text = arena_text(k->a, str_text(&words));
	str_release(&words);
	return text;
}

static bool is_allowed(const struct checking *k, struct text t)
{
	double x, y;

	for (size_t i = 0; i < k->c.allowed->count; i++) {
		struct text allowed = k->c.allowed->items[i]->text;

		if (text_eq(allowed, t))
			return true;
		if ((k->p->kind == PARAM_NUMBER || k->p->kind == PARAM_NUMBER_LIST) &&
		    text_to_double(t, &x) && text_to_double(allowed, &y) && x == y)
			return true;
	}
	return false;
}

static void mean_allowed(const struct checking *k, struct text t)
{
	const struct node *list = k->c.allowed;
	const char **names = ARENA_ARRAY(k->a, list->count, const char *);

	for (size_t i = 0; i < list->count; i++)
		names[i] = list->items[i]->text.ptr;
	if (!k->sensitive)
		diag_did_you_mean(k->d, k->d->last, t, names, list->count);
}

static int check_allowed(const struct checking *k, struct text t)
{
	if (!k->c.allowed || is_allowed(k, t))
		return 0;
	refuse(k, t, arena_printf(k->a, "is none of %s", allowed_words(k)));
	mean_allowed(k, t);
	return -1;
}

static int check_pattern(const struct checking *k, struct text t)
{
	const char *problem;

	if (!k->c.pattern ||
	    pattern_match(k->a, k->c.pattern->text, t, &problem) != PATTERN_DIFFERS)
		return 0;
	return refuse(
		k, t,
		arena_printf(k->a, "does not match the pattern '%s'", k->c.pattern->text.ptr));
}

static int64_t code_points(struct text t)
{
	int64_t count = 0;

	for (size_t i = 0; i < t.len; i++)
		count += ((unsigned char)t.ptr[i] & 0xc0) != 0x80;
	return count;
}

static int check_length(const struct checking *k, struct text t)
{
	int64_t len = code_points(t);

	if (k->c.has_min_len && len < k->c.min_len)
		return refuse(k, t,
			      arena_printf(k->a, "has %lld characters, and at least %lld are asked",
					   (long long)len, (long long)k->c.min_len));
	if (k->c.has_max_len && len > k->c.max_len)
		return refuse(k, t,
			      arena_printf(k->a,
					   "has %lld characters, and at most %lld are allowed",
					   (long long)len, (long long)k->c.max_len));
	return 0;
}

static int check_number(const struct checking *k, struct text t)
{
	double x;

	if (!text_to_double(t, &x))
		return refuse(k, t, "is not a number");
	if (k->c.has_min && x < k->c.min)
		return refuse(k, t,
			      arena_printf(k->a, "is below MinValue %s",
					   node_find(k->p->body, "MinValue")->text.ptr));
	if (k->c.has_max && x > k->c.max)
		return refuse(k, t,
			      arena_printf(k->a, "is above MaxValue %s",
					   node_find(k->p->body, "MaxValue")->text.ptr));
	return 0;
}

/* What a dynamic reference stands for is known when it is used; constraints are not about the
 * text of the reference. */
static int check(const struct checking *k, struct text t, bool number)
{
	if (resolve_occurs(t))
		return 0;
	if (number ? check_number(k, t) : check_length(k, t))
		return -1;
	return check_allowed(k, t) || check_pattern(k, t) ? -1 : 0;
}

static const struct value *scalar(const struct checking *k, struct text t, const struct node *from)
{
	bool number = k->p->kind == PARAM_NUMBER || k->p->kind == PARAM_NUMBER_LIST;
	struct value *v;

	if (check(k, t, number))
		return NULL;
	v = ARENA_NEW(k->a, struct value);
	v->kind = number && scalar_is_number(t) ? VALUE_NUMBER : VALUE_STRING;
	v->text = (struct text){arena_text(k->a, t), t.len};
	v->from = from;
	v->sensitive = k->sensitive;
	return v;
}

/* Lists */

struct list_fill {
	VEC_OF(const struct value *)
	bool failed;
};

static void fill(const struct checking *k, struct list_fill *f, struct text t,
		 const struct node *from)
{
	const struct value *v = scalar(k, t, from);

	if (v)
		*arena_vec_add(k->a, f) = v;
	else
		f->failed = true;
}

static const struct value *filled(const struct checking *k, const struct list_fill *f,
				  const struct node *from)
{
	struct value *v = ARENA_NEW(k->a, struct value);

	v->kind = VALUE_LIST;
	v->from = from;
	v->sensitive = k->sensitive;
	v->items = f->items;
	v->count = f->count;
	return f->failed ? NULL : v;
}

/* Constraints may be meant for the text with all its commas: what that text keeps holds for its
 * items too. */
static struct checking for_items(const struct checking *k, struct text whole)
{
	struct checking items = *k;
	int64_t len = code_points(whole);
	const char *problem;

	if (k->c.allowed && is_allowed(k, whole))
		items.c.allowed = NULL;
	if (k->c.pattern &&
	    pattern_match(k->a, k->c.pattern->text, whole, &problem) == PATTERN_MATCHES)
		items.c.pattern = NULL;
	items.c.has_min_len = k->c.has_min_len && len < k->c.min_len;
	items.c.has_max_len = k->c.has_max_len && len > k->c.max_len;
	return items;
}

/* "a, b" has two items; the empty text has none. */
static const struct value *list_of_text(const struct checking *k, struct text t,
					const struct node *from)
{
	struct text_split rest = text_split_start(t);
	struct list_fill f = {0};
	const struct checking items = for_items(k, t);
	struct text piece;

	while (text_trim(t).len && text_next(&rest, ',', &piece))
		fill(&items, &f, text_trim(piece), from);
	return filled(k, &f, from);
}

static const struct value *list_of_node(const struct checking *k, const struct node *n)
{
	struct list_fill f = {0};

	for (size_t i = 0; i < n->count; i++) {
		if (n->items[i]->kind == NODE_SCALAR) {
			fill(k, &f, n->items[i]->text, n->items[i]);
			continue;
		}
		refuse(k, TEXT_LIT("..."), "has an item that is no plain value");
		f.failed = true;
	}
	return filled(k, &f, n);
}

static bool takes_list(const struct parameter *p)
{
	return !p->looked_up && (p->kind == PARAM_STRING_LIST || p->kind == PARAM_NUMBER_LIST);
}

static const struct value *from_text(const struct checking *k, struct text t,
				     const struct node *from)
{
	return takes_list(k->p) ? list_of_text(k, t, from) : scalar(k, t, from);
}

static const struct value *from_node(const struct checking *k, const struct node *n)
{
	struct diag *g;

	if (n->kind == NODE_SCALAR && !node_is_null(n))
		return from_text(k, n->text, n);
	if (n->kind == NODE_LIST && takes_list(k->p) && k->given)
		return list_of_node(k, n);
	g = diag_add(k->d, DIAG_PARAMETER_VALUE, n->where,
		     "parameter '%s' takes %s, and this is %s", k->p->name,
		     !takes_list(k->p) ? "one value"
		     : k->given        ? "a list"
				       : "one text as its default",
		     node_describe(n));
	if (node_is_null(n))
		diag_hint(k->d, g, "an empty text is written ''");
	else if (n->kind == NODE_CALL)
		diag_hint(k->d, g, "functions cannot be used in Parameters");
	else if (takes_list(k->p))
		diag_hint(k->d, g, "write the items with commas: 'a,b'");
	return NULL;
}

static const struct value *report_missing(const struct parameter *p, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_PARAMETER_MISSING, p->where->where,
				  "parameter '%s' has no value", p->name);

	if (p->no_echo)
		diag_hint(d, g,
			  "give it in the environment (HADEPLOY_PARAM_%s) or with "
			  "--param-file",
			  p->name);
	else
		diag_hint(d, g,
			  "give it under Parameters of the stack in the manifest, or with "
			  "--param %s=VALUE",
			  p->name);
	return NULL;
}

static const struct value *checked_value(struct checking *k, struct diags *d)
{
	const struct parameter *p = k->p;

	if (k->given && k->given->text)
		return from_text(k, text_of(k->given->text), k->given->node);
	if (k->given && k->given->node)
		return from_node(k, k->given->node);
	k->given = NULL;
	if (!p->initial)
		return report_missing(p, d);
	if (p->initial->kind == NODE_SCALAR && resolve_refused(p->initial, RESOLVE_PART, d))
		return NULL;
	return from_node(k, p->initial);
}

/* The name of the stored parameter stays as the text of what is not known yet. */
static const struct value *not_looked_up(struct arena *a, const struct value *name)
{
	struct value *v = ARENA_NEW(a, struct value);

	v->kind = VALUE_UNKNOWN;
	v->text = name->text;
	v->from = name->from;
	v->sensitive = name->sensitive;
	return v;
}

const struct value *parameter_value(struct arena *a, const struct parameter *p,
				    const struct parameter_value *given, struct diags *d)
{
	struct checking k = {.a = a, .p = p, .given = given, .d = d};
	const struct value *v;

	k.sensitive = p->no_echo || (given && given->sensitive);
	if (constraints_read(p, &k.c, d))
		return NULL;
	v = checked_value(&k, d);
	return v && p->looked_up ? not_looked_up(a, v) : v;
}

/* The parameter store */

static const struct value *list_from_store(struct arena *a, const struct value *stored)
{
	struct text_split rest = text_split_start(stored->text);
	struct value *list = ARENA_NEW(a, struct value);
	struct list_fill f = {0};
	struct text piece;

	while (stored->text.len && text_next(&rest, ',', &piece)) {
		struct value *item = ARENA_NEW(a, struct value);

		*item = *stored;
		piece = text_trim(piece);
		item->text = (struct text){arena_text(a, piece), piece.len};
		*arena_vec_add(a, &f) = item;
	}
	list->kind = VALUE_LIST;
	list->from = stored->from;
	list->sensitive = stored->sensitive;
	list->items = f.items;
	list->count = f.count;
	return list;
}

const struct value *parameter_look_up(struct arena *a, const struct parameter *p,
				      const struct value *name, const struct eval_outside *outside,
				      struct diags *d)
{
	const struct outside_question question = {.kind = ASK_PARAMETER_STORE,
						  .name = name->text.ptr,
						  .where = name->from ? name->from->where
								      : p->where->where};
	const struct value *found = NULL;

	switch (outside->ask(outside->context, a, &question, &found, d)) {
	case OUTSIDE_KNOWN:
		break;
	case OUTSIDE_LATER:
		return name;
	case OUTSIDE_FAILED:
		return NULL;
	}
	if (p->no_echo)
		found = value_sensitive(a, found);
	return p->kind == PARAM_STRING_LIST && found->kind == VALUE_STRING
		       ? list_from_store(a, found)
		       : found;
}

void parameters_look_up(struct arena *a, const struct template *t, const struct value **values,
			const struct eval_outside *outside, struct diags *d)
{
	for (size_t i = 0; outside && i < t->parameter_count; i++) {
		const struct value *v = values[i];

		if (v && v->kind == VALUE_UNKNOWN && t->parameters[i].looked_up && v->text.ptr)
			values[i] = parameter_look_up(a, &t->parameters[i], v, outside, d);
	}
}
