/* intrinsic_text.c - Fn::Sub, Fn::Join, Fn::Select, Fn::Split, Fn::Base64 and their like. */
#include "templates/intrinsic.h"

#include <string.h>

#include "base/limits.h"
#include "templates/refs.h"
#include "templates/resolve.h"
#include "templates/sub.h"

struct span {
	size_t start, end;
};

/* Text that is put together of values, some of which may be unknown or sensitive. */
struct joining {
	struct str text;
	bool failed;
	struct {
		VEC_OF(struct span)
	} foreign; /* where others than the template have their words, or will have them */
	VEC_OF(const struct value *) /* what went in */
};

static void joining_add(struct eval *e, struct joining *j, const struct value *v)
{
	struct text t;

	*vec_add(j) = v;
	if (!value_scalar_text(v, &t)) {
		*vec_add(&j->foreign) = (struct span){j->text.len, j->text.len};
		return;
	}
	if (!eval_charge(e, v->from, t.len)) {
		j->failed = true;
		return;
	}
	if (v->foreign && t.len)
		*vec_add(&j->foreign) = (struct span){j->text.len, j->text.len + t.len};
	str_add_text(&j->text, t);
}

static bool any_unknown(const struct joining *j)
{
	for (size_t i = 0; i < j->count; i++) {
		if (value_has_unknown(j->items[i]))
			return true;
	}
	return false;
}

/*
 * Beside foreign words nobody can tell later which references are the template's own, so those
 * are resolved here.  What is foreign itself, or reaches into it, stays and is refused.
 */
static bool resolve_between(struct eval *e, struct joining *j, const struct node *call)
{
	struct text all = str_text(&j->text);
	struct resolved_parts parts = {.failed = false};
	struct str out = STR_INIT;
	size_t at = 0;
	bool resolved;

	for (size_t i = 0; i <= j->foreign.count; i++) {
		bool last = i == j->foreign.count;
		struct span next = last ? (struct span){all.len, all.len} : j->foreign.items[i];
		struct text own = {all.ptr + at, next.start - at};

		eval_add_resolved(e, call, own, &out, &parts);
		str_add_len(&out, all.ptr + next.start, next.end - next.start);
		at = next.end;
	}
	str_release(&j->text);
	j->text = out;
	for (size_t i = 0; i < parts.count; i++)
		*vec_add(j) = parts.items[i];
	resolved = parts.count > 0;
	j->failed |= parts.failed;
	vec_release(&parts);
	return resolved;
}

static const struct value *joined(struct eval *e, struct joining *j, const struct node *call)
{
	const struct value *v;
	bool secret = false;
	struct text t;

	if (j->foreign.count && resolve_occurs(str_text(&j->text)))
		secret = resolve_between(e, j, call);
	if (j->failed)
		return NULL;
	t = str_text(&j->text);
	v = eval_tainted(e, eval_text(e, (struct text){arena_text(e->a, t), t.len}, call), j->items,
			 j->count);
	return v && secret ? value_sensitive(e->a, v) : v;
}

/* A variable of the environment that is not set is an error now, and not when others are made. */
static const struct value *awaiting(struct eval *e, struct joining *j, const struct node *call)
{
	bool secret = resolve_occurs(str_text(&j->text)) && resolve_between(e, j, call);
	const struct value *v = j->failed ? NULL : eval_unknown(e, call, j->items, j->count);

	return v && secret ? value_sensitive(e->a, v) : v;
}

/* The value, and the end of the joining. */
static const struct value *joining_finish(struct eval *e, struct joining *j,
					  const struct node *call)
{
	const struct value *v = NULL;

	if (!j->failed)
		v = any_unknown(j) ? awaiting(e, j, call) : joined(e, j, call);
	if (j->text.ptr)
		explicit_bzero(j->text.ptr, j->text.cap);
	str_release(&j->text);
	vec_release(&j->foreign);
	vec_release(j);
	return v;
}

/* Fn::Sub */

struct substitution {
	struct eval *e;
	const struct node *call, *template; /* the text's node */
	const struct node *own;             /* the map of variables, or NULL */
	const struct value **own_values;    /* evaluated once each, however often used */
	struct joining j;
};

static const struct value *sub_reference(struct substitution *s, struct range where,
					 struct text name)
{
	const char *dot = memchr(name.ptr, '.', name.len);
	const char *names[2];

	if (!dot || scope_find(s->e->scope, name))
		return eval_ref(s->e, s->call, where, name);
	names[0] = arena_strndup(s->e->a, name.ptr, (size_t)(dot - name.ptr));
	names[1] = arena_strndup(s->e->a, dot + 1, name.len - (size_t)(dot - name.ptr) - 1);
	return eval_attribute(s->e, s->call, where, names);
}

static void report_no_text(struct substitution *s, struct range where, struct text name,
			   const struct value *v)
{
	struct diag *g =
		diag_add(s->e->d, DIAG_VALUE_TYPE, where,
			 "'%.*s' is %s, and only a string can be put into a text", TEXT_ARG(name),
			 v == &value_absent ? "AWS::NoValue" : value_describe(v));

	if (v->kind == VALUE_LIST)
		diag_hint(s->e->d, g, "join it: !Sub ['...${%.*s}...', {%.*s: !Join [',', ...]}]",
			  TEXT_ARG(name), TEXT_ARG(name));
}

/* Inside of a loop the name itself may hold the loop's variable: "${Page&{Host}.Path}". */
static const struct value *sub_value(struct substitution *s, struct range where, struct text name)
{
	const struct node_entry *own = s->own ? node_find_entry(s->own, name) : NULL;

	if (own)
		return s->own_values[own - s->own->entries];
	return sub_reference(s, where, eval_loop_text(s->e, name));
}

static void sub_variable(struct substitution *s, const struct sub_piece *p, struct range where)
{
	const struct value *v = sub_value(s, where, p->text);
	struct text t;

	if (v && (v->kind == VALUE_UNKNOWN || value_scalar_text(v, &t))) {
		joining_add(s->e, &s->j, v);
		return;
	}
	s->j.failed = true;
	if (v)
		report_no_text(s, where, p->text, v);
}

static void sub_literal(struct substitution *s, struct text t)
{
	t = eval_loop_text(s->e, t);
	if (eval_charge(s->e, s->call, t.len))
		str_add_text(&s->j.text, t);
	else
		s->j.failed = true;
}

static const struct value *substitute(struct substitution *s)
{
	struct sub_scan scan = sub_start(s->template->text);
	struct sub_places places = sub_places_start(s->template);
	struct sub_piece p;

	s->j.failed = resolve_refused(s->template, RESOLVE_PART, s->e->d) ||
		      s->e->d->error_count >= LIMIT_DIAGS;
	while (s->e->d->error_count < LIMIT_DIAGS && sub_next(&scan, &p)) {
		struct range where = sub_places_next(&places, &p);

		switch (p.kind) {
		case SUB_TEXT:
			sub_literal(s, p.text);
			break;
		case SUB_VARIABLE:
			sub_variable(s, &p, where);
			break;
		case SUB_BAD:
			report_sub(where, &p, s->e->d);
			s->j.failed = true;
			break;
		}
	}
	return joining_finish(s->e, &s->j, s->call);
}

const struct value *intrinsic_sub(struct eval *e, const struct node *call)
{
	struct substitution s = {.e = e, .call = call, .template = call->arg};

	if (sub_shape(call, &s.template, &s.own, e->d))
		return NULL;
	if (s.own && !eval_charge(e, call, s.own->count * sizeof(*s.own_values)))
		return NULL;
	s.own_values = ARENA_ARRAY(e->a, s.own ? s.own->count : 0, const struct value *);
	for (size_t i = 0; s.own && i < s.own->count; i++)
		s.own_values[i] = eval_node(e, s.own->entries[i].value);
	return substitute(&s);
}

/* Fn::Join */

static void join_items(struct eval *e, struct joining *j, const struct value *delimiter,
		       const struct value *list)
{
	struct diag *g;
	struct text t;

	for (size_t i = 0; i < list->count && !j->failed; i++) {
		const struct value *item = list->items[i];

		if (i)
			joining_add(e, j, delimiter);
		if (item->kind == VALUE_UNKNOWN || value_scalar_text(item, &t)) {
			joining_add(e, j, item);
			continue;
		}
		g = diag_add(e->d, DIAG_VALUE_TYPE, value_where(item),
			     "'Fn::Join' joins strings, and this is %s", value_describe(item));
		diag_hint(e->d, g, "its list holds strings only; nested lists are joined first");
		j->failed = true;
	}
}

const struct value *intrinsic_join(struct eval *e, const struct node *call)
{
	const struct node *const *args = call->arg->items;
	const struct value *delimiter = eval_scalar(e, call, args[0], "the delimiter");
	const struct value *list = eval_list(e, call, args[1], "the values");
	struct joining j = {0};

	if (!delimiter || !list)
		return NULL;
	if (list->kind == VALUE_LIST) {
		join_items(e, &j, delimiter, list);
	} else {
		joining_add(e, &j, delimiter);
		joining_add(e, &j, list);
	}
	return joining_finish(e, &j, call);
}

/* Fn::Select */

static const struct value *report_index(struct eval *e, const struct node *call,
					const struct value *index, const struct value *list)
{
	struct diag *g;

	if (index->sensitive)
		g = diag_add(e->d, DIAG_SELECT_RANGE, call->arg->items[0]->where,
			     "index (sensitive) is not in the list");
	else
		g = diag_add(e->d, DIAG_SELECT_RANGE, call->arg->items[0]->where,
			     "there is no item '%.*s' in a list of %zu", TEXT_ARG(index->text),
			     list->count);
	diag_detail(e->d, g, "in %s", eval_target_name(e));
	if (list->count)
		diag_hint(e->d, g, "indices run from 0 to %zu", list->count - 1);
	else
		diag_hint(e->d, g, "the list is empty for this target");
	return NULL;
}

/* A parameter's list without items is an empty text to CloudFormation, and templates ask for
 * its first item to see that nothing was given: !Equals [!Select [0, !Ref Names], '']. */
static bool is_empty_text(const struct node *list, int64_t index)
{
	return !index && node_is_call(list, "Ref") && list->arg->kind == NODE_SCALAR &&
	       !text_starts(list->arg->text, "AWS::");
}

const struct value *intrinsic_select(struct eval *e, const struct node *call)
{
	const struct node *const *args = call->arg->items;
	const struct value *index = eval_scalar(e, call, args[0], "the index");
	const struct value *list = eval_list(e, call, args[1], "the values");
	const struct value *both[] = {index, list};
	int64_t at;

	if (!index || !list)
		return NULL;
	if (index->kind == VALUE_UNKNOWN || list->kind == VALUE_UNKNOWN)
		return eval_unknown(e, call, both, ARRAY_LEN(both));
	if (!text_to_int64(index->text, 0, INT64_MAX, &at))
		return report_index(e, call, index, list);
	if (!list->count && is_empty_text(args[1], at))
		return eval_tainted(e, eval_text(e, TEXT_LIT(""), call), both, ARRAY_LEN(both));
	if ((uint64_t)at >= list->count)
		return report_index(e, call, index, list);
	return eval_tainted(e, list->items[at], both, 1);
}

/* Fn::Split */

static size_t pieces_in(struct text t, struct text delimiter)
{
	size_t count = 1;

	for (size_t i = 0; i + delimiter.len <= t.len;) {
		bool found = memcmp(t.ptr + i, delimiter.ptr, delimiter.len) == 0;

		count += found;
		i += found ? delimiter.len : 1;
	}
	return count;
}

static struct text next_piece(struct text *rest, struct text delimiter)
{
	char *at = memmem(rest->ptr, rest->len, delimiter.ptr, delimiter.len);
	struct text piece = *rest;

	if (!at)
		return piece;
	piece.len = (size_t)(at - rest->ptr);
	*rest = (struct text){at + delimiter.len, rest->len - piece.len - delimiter.len};
	return piece;
}

static const struct value *split(struct eval *e, const struct node *call, struct text delimiter,
				 struct text t)
{
	size_t count = pieces_in(t, delimiter);
	const struct value *list;
	const char **pieces;

	if (!eval_charge(e, call, count * sizeof(*pieces) + t.len + count))
		return NULL;
	pieces = ARENA_ARRAY(e->a, count, const char *);
	for (size_t i = 0; i < count; i++)
		pieces[i] = arena_text(e->a, next_piece(&t, delimiter));
	list = eval_strings(e, pieces, count, call);
	return list;
}

const struct value *intrinsic_split(struct eval *e, const struct node *call)
{
	const struct node *const *args = call->arg->items;
	const struct value *delimiter = eval_scalar(e, call, args[0], "the delimiter");
	const struct value *text = eval_scalar(e, call, args[1], "the text");
	const struct value *both[] = {delimiter, text};
	struct diag *g;

	if (!delimiter || !text)
		return NULL;
	if (delimiter->kind == VALUE_UNKNOWN || text->kind == VALUE_UNKNOWN)
		return eval_unknown(e, call, both, ARRAY_LEN(both));
	if (!delimiter->text.len) {
		g = diag_add(e->d, DIAG_VALUE_TYPE, args[0]->where,
			     "the delimiter of 'Fn::Split' is empty");
		intrinsic_hint(e->d, g, call);
		return NULL;
	}
	return eval_tainted(e, split(e, call, delimiter->text, text->text), both, ARRAY_LEN(both));
}

/* Fn::Base64, Fn::Length, Fn::ToJsonString */

static void base64_group(const unsigned char *in, size_t len, struct str *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t group = (uint32_t)in[0] << 16;

	if (len > 1)
		group |= (uint32_t)in[1] << 8;
	if (len > 2)
		group |= in[2];
	str_add_char(out, digits[group >> 18]);
	str_add_char(out, digits[group >> 12 & 63]);
	str_add_char(out, len > 1 ? digits[group >> 6 & 63] : '=');
	str_add_char(out, len > 2 ? digits[group & 63] : '=');
}

static bool has_source(const struct value *v)
{
	if (value_source(v))
		return true;
	for (size_t i = 0; i < v->count; i++) {
		if (has_source(v->kind == VALUE_LIST ? v->items[i] : v->entries[i].value))
			return true;
	}
	return false;
}

/*
 * What a function made of `resolved`, which was `written` before its dynamic references were
 * resolved.  It is not searched for references again, and it has a source when a part of it has.
 */
static const struct value *made_of(struct eval *e, const struct value *made,
				   const struct value *written, const struct value *resolved,
				   const char *source)
{
	struct value_origin *origin;
	struct value *v;

	if (!made || resolved == written)
		return made;
	made = value_foreign(e->a, made);
	if (!source || !has_source(resolved) || !eval_charge(e, made->from, sizeof(*v)))
		return made;
	v = ARENA_NEW(e->a, struct value);
	*v = *made;
	v->sensitive = true;
	v->source_sensitive = value_has_sensitive(written);
	if (v->kind == VALUE_UNKNOWN) {
		v->text = text_of(source);
		return v;
	}
	origin = ARENA_NEW(e->a, struct value_origin);
	if (made->kind == VALUE_STRING && made->origin)
		*origin = *made->origin;
	origin->source = source;
	v->origin = origin;
	return v;
}

static const struct value *base64_of(struct eval *e, const struct node *call, const struct value *v)
{
	const struct value *made;
	struct str out = STR_INIT;
	struct text t;

	if (!value_scalar_text(v, &t))
		return eval_unknown(e, call, &v, 1);
	if (!eval_charge(e, call, t.len / 3 * 4 + 4))
		return NULL;
	for (size_t i = 0; i < t.len; i += 3)
		base64_group((const unsigned char *)t.ptr + i, t.len - i, &out);
	made = eval_text(e, (struct text){arena_text(e->a, str_text(&out)), out.len}, call);
	str_release(&out);
	return eval_tainted(e, made, &v, 1);
}

const struct value *intrinsic_base64(struct eval *e, const struct node *call)
{
	const struct value *written = eval_scalar(e, call, call->arg, "the text");
	const struct value *v = written ? eval_resolved_operand(e, written) : NULL;
	const char *source = NULL;

	if (!v)
		return NULL;
	if (v != written)
		source = arena_printf(e->a, "Fn::Base64: %s", written->text.ptr);
	return made_of(e, base64_of(e, call, v), written, v, source);
}

const struct value *intrinsic_length(struct eval *e, const struct node *call)
{
	const struct value *list = eval_list(e, call, call->arg, "the argument");
	struct value *v;

	if (!list)
		return NULL;
	if (list->kind == VALUE_UNKNOWN)
		return eval_unknown(e, call, &list, 1);
	v = ARENA_NEW(e->a, struct value);
	v->kind = VALUE_NUMBER;
	v->from = call;
	v->text = text_of(arena_printf(e->a, "%zu", list->count));
	return list->sensitive ? value_sensitive(e->a, v) : v;
}

static const char *json_of(struct eval *e, const struct node *call, const struct value *v)
{
	json_t *j = value_to_json(v);
	char *text = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);
	const char *copy = NULL;

	json_decref(j);
	if (text && eval_charge(e, call, strlen(text)))
		copy = arena_strdup(e->a, text);
	free(text);
	return copy;
}

const struct value *intrinsic_to_json(struct eval *e, const struct node *call)
{
	const struct value *written = eval_operand(e, call, call->arg), *v, *made = NULL;
	const char *text;

	if (!written)
		return NULL;
	if (value_has_unknown(written))
		return eval_unknown(e, call, &written, 1);
	v = eval_resolved_operand(e, written);
	text = v ? json_of(e, call, v) : NULL;
	if (!text)
		return NULL;
	if (value_has_unknown(v))
		made = eval_unknown(e, call, &v, 1);
	else
		made = eval_tainted(e, eval_text(e, text_of(text), call), &v, 1);
	return made_of(e, made, written, v, v == written ? NULL : json_of(e, call, written));
}
