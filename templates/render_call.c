/* render_call.c - functions that stay, with their known parts resolved. */
#include <string.h>

#include "templates/refs.h"
#include "templates/render_parts.h"
#include "templates/sub.h"

static const struct value *no_value(struct rendering *r)
{
	return render_long(r, "Ref", render_text(r, TEXT_LIT("AWS::NoValue"), NULL));
}

/* Operands keep their places, so that nothing is written as AWS::NoValue. */
static const struct value *render_operand(struct rendering *r, const struct node *n)
{
	const struct value *v = render_node(r, n);

	return v == &value_absent ? no_value(r) : v;
}

static const struct value *render_operands(struct rendering *r, const struct node *list)
{
	const struct value **items = ARENA_ARRAY(r->e.a, list->count, const struct value *);

	for (size_t i = 0; i < list->count; i++)
		items[i] = render_operand(r, list->items[i]);
	return render_list(r, items, list->count);
}

static const struct value *render_arguments(struct rendering *r, const struct node *arg)
{
	return arg->kind == NODE_LIST ? render_operands(r, arg) : render_operand(r, arg);
}

static const struct value *plain_call(struct rendering *r, const struct node *call)
{
	return render_long(r, call->text.ptr, render_arguments(r, call->arg));
}

static const struct value *ref_call(struct rendering *r, const struct node *call)
{
	const struct value *name = render_operand(r, call->arg);

	if (name->kind == VALUE_STRING)
		mark_name(r, name->text);
	return render_long(r, "Ref", name);
}

/* "Page.Path" becomes [Page, Path]. */
static const struct value *getatt_call(struct rendering *r, const struct node *call)
{
	const struct value *arg = render_arguments(r, call->arg);
	const struct value **pair;
	const char *dot;

	if (arg->kind == VALUE_STRING)
		mark_name(r, arg->text);
	else if (arg->kind == VALUE_LIST && arg->count && arg->items[0]->kind == VALUE_STRING)
		mark_name(r, arg->items[0]->text);
	if (arg->kind != VALUE_STRING || !getatt_cut(arg->text))
		return render_long(r, "Fn::GetAtt", arg);
	pair = ARENA_ARRAY(r->e.a, 2, const struct value *);
	dot = memchr(arg->text.ptr, '.', arg->text.len);
	pair[0] = render_text(r, (struct text){arg->text.ptr, (size_t)(dot - arg->text.ptr)},
			      arg->from);
	pair[1] = render_text(r, text_of(dot + 1), arg->from);
	return render_long(r, "Fn::GetAtt", render_list(r, pair, 2));
}

/* What is known and yet gives nothing: with another region it may, so it stays as written. */
static bool names_are_known(const struct value *arg)
{
	struct text t;
	size_t known = 0;

	for (size_t i = 0; arg->kind == VALUE_LIST && i < arg->count; i++)
		known += i < 3 && value_scalar_text(arg->items[i], &t);
	return known == 3;
}

static const struct value *find_in_map_call(struct rendering *r, const struct node *call)
{
	const struct value *arg = render_arguments(r, call->arg);

	if (names_are_known(arg))
		return render_raw(r, call);
	if (arg->kind == VALUE_LIST && arg->count && arg->items[0]->kind == VALUE_STRING)
		mark(r, &r->mappings, arg->items[0]->text);
	else
		r->every_mapping = true;
	return render_long(r, "Fn::FindInMap", arg);
}

/* The condition's name, with the loops' variables; false when it is none. */
static bool condition_name(struct rendering *r, const struct node *n, struct text *name)
{
	if (node_is_call(n, "Condition"))
		n = n->arg;
	if (n->kind != NODE_SCALAR)
		return false;
	*name = eval_loop_text(&r->e, n->text);
	return true;
}

static const struct value *if_call(struct rendering *r, const struct node *call)
{
	const struct node *const *args = call->arg->items;
	const struct value **items;
	struct text name;
	bool result = false;

	if (call->arg->kind != NODE_LIST || call->arg->count != 3 ||
	    !condition_name(r, args[0], &name))
		return plain_call(r, call);
	if (eval_condition_named(&r->e, args[0], name, &result) == 0)
		return render_node(r, args[result ? 1 : 2]);
	mark(r, &r->conditions, name);
	items = ARENA_ARRAY(r->e.a, 3, const struct value *);
	items[0] = render_text(r, name, args[0]);
	items[1] = render_operand(r, args[1]);
	items[2] = render_operand(r, args[2]);
	return render_long(r, "Fn::If", render_list(r, items, 3));
}

/* Items that are left out move the others. */
static bool all_are_there(struct rendering *r, const struct node *list)
{
	bool there = true;

	for (size_t i = 0; i < list->count && there; i++)
		there = list->items[i]->kind != NODE_CALL ||
			eval_node(&r->e, list->items[i]) != &value_absent;
	render_forget_errors(r);
	return there;
}

/* An item of a list that is written out may be known, or say more than the whole call. */
static const struct value *select_call(struct rendering *r, const struct node *call)
{
	const struct node *const *args = call->arg->items;
	const struct value **items;
	int64_t at;

	if (call->arg->kind != NODE_LIST || call->arg->count != 2 || args[1]->kind != NODE_LIST)
		return plain_call(r, call);
	items = ARENA_ARRAY(r->e.a, 2, const struct value *);
	items[0] = render_operand(r, args[0]);
	if ((items[0]->kind == VALUE_STRING || items[0]->kind == VALUE_NUMBER) &&
	    text_to_int64(items[0]->text, 0, (int64_t)args[1]->count - 1, &at) &&
	    all_are_there(r, args[1]))
		return render_node(r, args[1]->items[at]);
	items[1] = render_operand(r, args[1]);
	return render_long(r, "Fn::Select", render_list(r, items, 2));
}

/* Conditions */

static bool is_decided(struct rendering *r, const struct node *n, bool *result)
{
	return eval_condition(&r->e, n, result) == 0;
}

/* Operands that cannot change the result go: true ones of Fn::And, false ones of Fn::Or. */
static const struct value *combined(struct rendering *r, const struct node *call)
{
	const struct node *arg = call->arg;
	const struct value **items = ARENA_ARRAY(r->e.a, arg->count, const struct value *);
	bool idle = text_is(call->text, "Fn::And"), result;
	bool whole_decided = is_decided(r, call, &result);
	size_t count = 0;

	for (size_t i = 0; i < arg->count; i++) {
		if (whole_decided || !is_decided(r, arg->items[i], &result) || result != idle)
			items[count++] = render_condition(r, arg->items[i]);
	}
	if (count == 1)
		return items[0];
	return render_long(r, call->text.ptr, render_list(r, items, count));
}

static const struct value *negated(struct rendering *r, const struct node *call)
{
	const struct value **one = ARENA_ARRAY(r->e.a, 1, const struct value *);

	one[0] = render_condition(r, call->arg->items[0]);
	return render_long(r, "Fn::Not", render_list(r, one, 1));
}

const struct value *render_condition(struct rendering *r, const struct node *n)
{
	bool has_list = n->kind == NODE_CALL && n->arg->kind == NODE_LIST && n->arg->count;
	struct text name;

	if (node_is_call(n, "Condition") && condition_name(r, n, &name)) {
		mark(r, &r->conditions, name);
		return render_long(r, "Condition", render_text(r, name, n->arg));
	}
	if (has_list && (node_is_call(n, "Fn::And") || node_is_call(n, "Fn::Or")))
		return combined(r, n);
	if (has_list && node_is_call(n, "Fn::Not"))
		return negated(r, n);
	return n->kind == NODE_CALL ? plain_call(r, n) : render_raw(r, n);
}

/* Fn::Sub */

struct sub_left {
	struct rendering *r;
	const struct node *call;
	const struct node *own; /* the variables of its own, or NULL */
	const struct value **own_values;
	struct str literal; /* since the last variable that stayed */
	struct str text;    /* what is left, escaped */
	struct entry_list own_left;
};

/* "${" of a literal text must not become a variable. */
static void flush_literal(struct sub_left *s)
{
	struct text t = str_text(&s->literal);

	for (size_t i = 0; i < t.len; i++) {
		str_add_char(&s->text, t.ptr[i]);
		if (t.ptr[i] == '{' && i && t.ptr[i - 1] == '$')
			str_add_char(&s->text, '!');
	}
	str_clear(&s->literal);
}

static void keep_variable(struct sub_left *s, struct text name)
{
	flush_literal(s);
	str_add(&s->text, "${");
	str_add_text(&s->text, name);
	str_add_char(&s->text, '}');
}

/* The value of a name, as one that stands in a Fn::Sub of its own. */
static const struct value *variable_value(struct sub_left *s, struct text name)
{
	const char *whole = arena_printf(s->r->e.a, "${%.*s}", TEXT_ARG(name));
	struct node text = {.kind = NODE_SCALAR,
			    .style = SCALAR_QUOTED,
			    .where = s->call->where,
			    .text = text_of(whole)};
	struct node sub = {
		.kind = NODE_CALL, .where = s->call->where, .text = s->call->text, .arg = &text};

	return render_known(s->r, &sub);
}

static void own_variable(struct sub_left *s, const struct node_entry *own)
{
	const struct value *v = s->own_values[own - s->own->entries];
	struct text t;

	if (value_scalar_text(v, &t))
		str_add_text(&s->literal, t);
	else
		keep_variable(s, own->key->text);
}

static void outer_variable(struct sub_left *s, struct text written)
{
	struct text name = eval_loop_text(&s->r->e, written), t;
	const struct value *v = variable_value(s, name);

	if (v && value_scalar_text(v, &t)) {
		str_add_text(&s->literal, t);
		return;
	}
	mark_name(s->r, name);
	keep_variable(s, name);
}

static void substitute(struct sub_left *s, const struct node *text)
{
	struct sub_scan scan = sub_start(text->text);
	struct sub_piece p;

	while (sub_next(&scan, &p)) {
		const struct node_entry *own = s->own ? node_find_entry(s->own, p.text) : NULL;

		if (p.kind != SUB_VARIABLE)
			str_add_text(&s->literal, eval_loop_text(&s->r->e, p.text));
		else if (own)
			own_variable(s, own);
		else
			outer_variable(s, p.text);
	}
	flush_literal(s);
}

static void render_own(struct sub_left *s)
{
	struct text t;

	if (!s->own)
		return;
	s->own_values = ARENA_ARRAY(s->r->e.a, s->own->count, const struct value *);
	for (size_t i = 0; i < s->own->count; i++) {
		const struct node_entry *own = &s->own->entries[i];

		s->own_values[i] = render_operand(s->r, own->value);
		if (!value_scalar_text(s->own_values[i], &t))
			add_entry(s->r, &s->own_left, own->key->text, s->own_values[i]);
	}
}

static const struct value *sub_finish(struct sub_left *s, const struct node *text)
{
	struct rendering *r = s->r;
	const struct value **pair = ARENA_ARRAY(r->e.a, 2, const struct value *);
	struct text left = {arena_text(r->e.a, str_text(&s->text)), s->text.len};

	pair[0] = render_text(r, left, text);
	str_release(&s->text);
	str_release(&s->literal);
	if (!s->own_left.count)
		return render_long(r, "Fn::Sub", pair[0]);
	pair[1] = render_map(r, &s->own_left);
	return render_long(r, "Fn::Sub", render_list(r, pair, 2));
}

static const struct value *sub_call(struct rendering *r, const struct node *call)
{
	struct sub_left s = {.r = r, .call = call};
	const struct node *text = call->arg;

	if (sub_shape(call, &text, &s.own, NULL))
		return plain_call(r, call);
	render_own(&s);
	substitute(&s, text);
	return sub_finish(&s, text);
}

/* The table */

static const struct {
	const char *name;
	const struct value *(*render)(struct rendering *r, const struct node *call);
} calls[] = {
	{"Ref", ref_call},   {"Fn::GetAtt", getatt_call}, {"Fn::Sub", sub_call},
	{"Fn::If", if_call}, {"Fn::Select", select_call}, {"Fn::FindInMap", find_in_map_call},
};

const struct value *render_call(struct rendering *r, const struct node *call)
{
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		if (text_is(call->text, calls[i].name))
			return calls[i].render(r, call);
	}
	return plain_call(r, call);
}
