/* rule_logic.c - conditions as expressions over comparisons, tried with every value. */
#include "engine/lint/rule_logic.h"

#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/vec.h"
#include "templates/names.h"

#define LOGIC_CASES_MAX 16384
/* Parts of one question; a condition used twice counts twice. */
#define LOGIC_STEPS_MAX 4096
/* Steps in all cases of all questions together; afterwards every answer is "unknown". */
#define LOGIC_WORK_MAX 200000000

enum expression_kind { EXPR_CONSTANT, EXPR_COMPARED, EXPR_AND, EXPR_OR, EXPR_NOT };

/* Something that is compared: its value is an index into literals, or their count for
 * "another one". */
struct variable {
	const char *text; /* canonical */
	struct {
		VEC_OF(struct text)
	} literals;
	const struct node *allowed; /* all it can be, as a list; NULL: anything */
	size_t now;
	bool listed; /* in the question at hand */
};

struct expression {
	enum expression_kind kind;
	bool value;           /* EXPR_CONSTANT */
	struct variable *var; /* EXPR_COMPARED */
	size_t literal;
	const struct expression *const *parts;
	size_t count;
};

struct logic {
	struct arena *a;
	const struct template *tpl;
	struct names conditions; /* name to expression; to itself while being read */
	struct names variables;  /* canonical text to struct variable */
	size_t fresh;
	size_t work; /* steps so far */
};

/* What one question is about. */
struct question {
	struct arena *a;
	struct {
		VEC_OF(struct variable *)
	} vars;
	size_t cases, steps;
};

struct logic *logic_new(struct arena *a, const struct template *t)
{
	struct logic *l = ARENA_NEW(a, struct logic);

	l->a = a;
	l->tpl = t;
	return l;
}

/* Canonical text */

void logic_text(const struct node *n, struct str *out)
{
	switch (n->kind) {
	case NODE_SCALAR:
		json_quote(out, n->text);
		break;
	case NODE_LIST:
		str_add_char(out, '[');
		for (size_t i = 0; i < n->count; i++) {
			logic_text(n->items[i], out);
			str_add_char(out, ',');
		}
		str_add_char(out, ']');
		break;
	case NODE_MAP:
		str_add_char(out, '{');
		for (size_t i = 0; i < n->count; i++) {
			json_quote(out, n->entries[i].key->text);
			str_add_char(out, ':');
			logic_text(n->entries[i].value, out);
			str_add_char(out, ',');
		}
		str_add_char(out, '}');
		break;
	case NODE_CALL:
		str_add_text(out, n->text);
		str_add_char(out, '(');
		logic_text(n->arg, out);
		str_add_char(out, ')');
		break;
	}
}

static bool same_entries(const struct node *a, const struct node *b)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct node_entry *other = node_find_entry(b, a->entries[i].key->text);

		if (!other || !logic_same(a->entries[i].value, other->value))
			return false;
	}
	return true;
}

bool logic_same(const struct node *a, const struct node *b)
{
	if (a->kind != b->kind || a->count != b->count)
		return false;
	switch (a->kind) {
	case NODE_SCALAR:
		return text_eq(a->text, b->text);
	case NODE_LIST:
		for (size_t i = 0; i < a->count; i++) {
			if (!logic_same(a->items[i], b->items[i]))
				return false;
		}
		return true;
	case NODE_MAP:
		return same_entries(a, b);
	case NODE_CALL:
		return text_eq(a->text, b->text) && logic_same(a->arg, b->arg);
	}
	return false;
}

/* Reading conditions */

static const struct expression *constant(struct logic *l, bool value)
{
	struct expression *e = ARENA_NEW(l->a, struct expression);

	*e = (struct expression){.kind = EXPR_CONSTANT, .value = value};
	return e;
}

static struct variable *variable_of(struct logic *l, const char *text)
{
	struct variable *v = names_find(&l->variables, text_of(text));

	if (v)
		return v;
	v = ARENA_NEW(l->a, struct variable);
	v->text = arena_strdup(l->a, text);
	names_add(l->a, &l->variables, text_of(v->text), v);
	return v;
}

static size_t literal_of(struct logic *l, struct variable *v, struct text literal)
{
	for (size_t i = 0; i < v->literals.count; i++) {
		if (text_eq(v->literals.items[i], literal))
			return i;
	}
	*arena_vec_add(l->a, &v->literals) = literal;
	return v->literals.count - 1;
}

static const struct expression *compared(struct logic *l, const char *text, struct text literal,
					 const struct node *allowed)
{
	struct expression *e = ARENA_NEW(l->a, struct expression);

	e->kind = EXPR_COMPARED;
	e->var = variable_of(l, text);
	e->literal = literal_of(l, e->var, literal);
	e->var->allowed = allowed;
	return e;
}

/* A yes or no of its own, the same wherever the text is. */
static const struct expression *either(struct logic *l, const char *text)
{
	return compared(l, text, TEXT_LIT("yes"), NULL);
}

static const struct expression *unknown(struct logic *l)
{
	char text[32];

	snprintf(text, sizeof(text), "?%zu", l->fresh++);
	return either(l, text);
}

/* All that a parameter can be; NULL: anything. */
static const struct node *allowed_values(const struct logic *l, const struct node *n)
{
	const struct parameter *p;
	const struct node *allowed;

	if (!node_is_call(n, "Ref") || n->arg->kind != NODE_SCALAR)
		return NULL;
	p = template_parameter(l->tpl, n->arg->text);
	if (!p || p->kind == PARAM_STRING_LIST || p->kind == PARAM_NUMBER_LIST)
		return NULL;
	/* The value of an SSM parameter is not among the names that are allowed. */
	if (text_starts(text_of(p->type), "AWS::SSM::"))
		return NULL;
	allowed = node_find(p->body, "AllowedValues");
	if (!allowed || allowed->kind != NODE_LIST || !allowed->count)
		return NULL;
	for (size_t i = 0; i < allowed->count; i++) {
		if (allowed->items[i]->kind != NODE_SCALAR)
			return NULL;
	}
	return allowed;
}

/* What each of them is does not matter, only whether they are the same. */
static const struct expression *both_computed(struct logic *l, const struct node *a,
					      const struct node *b)
{
	struct str left = STR_INIT, right = STR_INIT, text = STR_INIT;
	const struct expression *e;
	bool swap;

	logic_text(a, &left);
	logic_text(b, &right);
	swap = strcmp(str_cstr(&left), str_cstr(&right)) > 0;
	str_add_text(&text, str_text(swap ? &right : &left));
	str_add(&text, "==");
	str_add_text(&text, str_text(swap ? &left : &right));
	e = logic_same(a, b) ? constant(l, true) : either(l, str_cstr(&text));
	str_release(&left);
	str_release(&right);
	str_release(&text);
	return e;
}

static const struct expression *read_equals(struct logic *l, const struct node *arg)
{
	const struct node *a, *b, *swap;
	const struct expression *e;
	struct str text = STR_INIT;

	if (arg->kind != NODE_LIST || arg->count != 2)
		return unknown(l);
	a = arg->items[0];
	b = arg->items[1];
	if (a->kind == NODE_SCALAR && b->kind == NODE_SCALAR)
		return constant(l, text_eq(a->text, b->text));
	if (a->kind == NODE_SCALAR) {
		swap = a;
		a = b;
		b = swap;
	}
	if (b->kind != NODE_SCALAR)
		return both_computed(l, a, b);
	/* A text with a dynamic reference becomes another one. */
	if (a->kind != NODE_CALL || (b->text.len && strstr(b->text.ptr, "{{resolve:")))
		return unknown(l);
	logic_text(a, &text);
	e = compared(l, str_cstr(&text), b->text, allowed_values(l, a));
	str_release(&text);
	return e;
}

static const struct expression *read_expression(struct logic *l, const struct node *n);

static const struct expression *read_joined(struct logic *l, enum expression_kind kind,
					    const struct node *list)
{
	struct expression *e = ARENA_NEW(l->a, struct expression);
	const struct expression **parts;

	if (list->kind != NODE_LIST || !list->count || (kind == EXPR_NOT && list->count != 1))
		return unknown(l);
	parts = ARENA_ARRAY(l->a, list->count, const struct expression *);
	for (size_t i = 0; i < list->count; i++)
		parts[i] = read_expression(l, list->items[i]);
	*e = (struct expression){.kind = kind, .parts = parts, .count = list->count};
	return e;
}

static const struct expression *named(struct logic *l, struct text name)
{
	const struct node *body = NULL;
	const struct node_entry *entry;
	const struct expression *e = names_find(&l->conditions, name);

	/* Of itself; reported as a cycle elsewhere. */
	if ((const void *)e == l)
		return unknown(l);
	if (e)
		return e;
	entry = node_find_entry(l->tpl->conditions, name);
	if (entry)
		body = entry->value;
	names_add(l->a, &l->conditions, name, l);
	e = body ? read_expression(l, body) : either(l, arena_text(l->a, name));
	names_replace(l->a, &l->conditions, name, (void *)(uintptr_t)e);
	return e;
}

static const struct expression *read_expression(struct logic *l, const struct node *n)
{
	/* {Condition: Name} is a call where a condition is expected, else a map. */
	if (n->kind == NODE_MAP && n->count == 1 && node_find(n, "Condition") &&
	    n->entries[0].value->kind == NODE_SCALAR)
		return named(l, n->entries[0].value->text);
	if (n->kind != NODE_CALL)
		return unknown(l);
	if (text_is(n->text, "Condition") && n->arg->kind == NODE_SCALAR)
		return named(l, n->arg->text);
	if (text_is(n->text, "Fn::Equals"))
		return read_equals(l, n->arg);
	if (text_is(n->text, "Fn::And"))
		return read_joined(l, EXPR_AND, n->arg);
	if (text_is(n->text, "Fn::Or"))
		return read_joined(l, EXPR_OR, n->arg);
	if (text_is(n->text, "Fn::Not"))
		return read_joined(l, EXPR_NOT, n->arg);
	return unknown(l);
}

/* Asking */

static bool allows(const struct variable *v, struct text literal)
{
	for (size_t i = 0; v->allowed && i < v->allowed->count; i++) {
		if (text_eq(v->allowed->items[i]->text, literal))
			return true;
	}
	return !v->allowed;
}

/* Some value is none of the literals. */
static bool has_other(const struct variable *v)
{
	for (size_t i = 0; v->allowed && i < v->allowed->count; i++) {
		bool mentioned = false;

		for (size_t j = 0; j < v->literals.count && !mentioned; j++)
			mentioned = text_eq(v->literals.items[j], v->allowed->items[i]->text);
		if (!mentioned)
			return true;
	}
	return !v->allowed;
}

/* False when there is too much to try. */
static bool list_variables(struct question *q, const struct expression *e)
{
	if (++q->steps > LOGIC_STEPS_MAX)
		return false;
	for (size_t i = 0; i < e->count; i++) {
		if (!list_variables(q, e->parts[i]))
			return false;
	}
	if (e->kind != EXPR_COMPARED || e->var->listed)
		return true;
	q->cases *= e->var->literals.count + 1;
	if (q->cases > LOGIC_CASES_MAX)
		return false;
	e->var->listed = true;
	*arena_vec_add(q->a, &q->vars) = e->var;
	return true;
}

static bool holds(const struct expression *e)
{
	switch (e->kind) {
	case EXPR_CONSTANT:
		return e->value;
	case EXPR_COMPARED:
		return e->var->now == e->literal;
	case EXPR_NOT:
		return !holds(e->parts[0]);
	case EXPR_AND:
		for (size_t i = 0; i < e->count; i++) {
			if (!holds(e->parts[i]))
				return false;
		}
		return true;
	case EXPR_OR:
		for (size_t i = 0; i < e->count; i++) {
			if (holds(e->parts[i]))
				return true;
		}
		return false;
	}
	return false;
}

static bool can_be_now(const struct variable *v)
{
	if (v->now == v->literals.count)
		return has_other(v);
	return allows(v, v->literals.items[v->now]);
}

/* The next combination; false after the last. */
static bool advance(struct question *q)
{
	for (size_t i = 0; i < q->vars.count; i++) {
		struct variable *v = q->vars.items[i];

		if (v->now++ < v->literals.count)
			return true;
		v->now = 0;
	}
	return false;
}

static bool real_case(const struct question *q)
{
	for (size_t i = 0; i < q->vars.count; i++) {
		if (!can_be_now(q->vars.items[i]))
			return false;
	}
	return true;
}

struct wanted {
	const struct expression *expression;
	bool holds;
};

static bool case_fits(const struct wanted *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (holds(all[i].expression) != all[i].holds)
			return false;
	}
	return true;
}

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_UNKNOWN };

/* All of them in one combination; unknown when there is too much to try. */
static enum answer satisfiable(struct logic *l, const struct wanted *all, size_t count)
{
	struct question q = {.a = arena_new(), .cases = 1};
	bool known = true, found = false;

	for (size_t i = 0; i < count && known; i++)
		known = list_variables(&q, all[i].expression);
	known = known && l->work + q.cases * q.steps <= LOGIC_WORK_MAX;
	for (size_t i = 0; i < q.vars.count; i++)
		q.vars.items[i]->now = 0;
	while (known && !found) {
		l->work += q.steps;
		found = real_case(&q) && case_fits(all, count);
		if (!found && !advance(&q))
			break;
	}
	for (size_t i = 0; i < q.vars.count; i++)
		q.vars.items[i]->listed = false;
	arena_free(q.a);
	if (!known)
		return ANSWER_UNKNOWN;
	return found ? ANSWER_YES : ANSWER_NO;
}

#define WANTED_MAX 64

/* What does not fit is left out, which makes more combinations possible. */
static size_t add_assumptions(struct logic *l, const struct assumption *given, struct wanted *all,
			      size_t count)
{
	for (; given && count < WANTED_MAX - 1; given = given->outer)
		all[count++] = (struct wanted){named(l, given->condition), given->holds};
	return count;
}

bool logic_compatible(struct logic *l, const struct assumption *given,
		      const struct assumption *other)
{
	struct wanted all[WANTED_MAX];
	size_t count = add_assumptions(l, other, all, add_assumptions(l, given, all, 0));

	return !count || satisfiable(l, all, count) != ANSWER_NO;
}

bool logic_possible(struct logic *l, const struct assumption *given)
{
	return logic_compatible(l, given, NULL);
}

bool logic_implies(struct logic *l, const struct assumption *given, struct text condition)
{
	struct wanted all[WANTED_MAX];
	size_t count;

	for (const struct assumption *at = given; at; at = at->outer) {
		if (at->holds && text_eq(at->condition, condition))
			return true;
	}
	count = add_assumptions(l, given, all, 0);
	if (count == WANTED_MAX - 1)
		return true;
	all[count++] = (struct wanted){named(l, condition), false};
	return satisfiable(l, all, count) != ANSWER_YES;
}

enum logic_constant logic_constant(struct logic *l, const struct node *expression)
{
	struct wanted wanted = {read_expression(l, expression), true};

	if (satisfiable(l, &wanted, 1) == ANSWER_NO)
		return LOGIC_NEVER;
	wanted.holds = false;
	return satisfiable(l, &wanted, 1) == ANSWER_NO ? LOGIC_ALWAYS : LOGIC_VARIES;
}
