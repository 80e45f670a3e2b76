/* rules.c - deciding the assertions of the section Rules. */
#include "templates/rules.h"

#include <string.h>

#include "base/limits.h"
#include "templates/refs.h"

struct rule {
	struct eval *e;
	const struct node *key, *condition; /* RuleCondition, or NULL */
};

/* What a diagnostic names: the parameters that an assertion looks at. */
struct involved {
	struct eval *e;
	struct names seen;
	struct str text;
	bool given; /* one of them has another value than its default */
};

static void add_parameter(void *context, const struct ref *ref)
{
	struct involved *i = context;
	const struct parameter *p = template_parameter(i->e->st->tpl, ref->name);
	const struct value *v;

	if (ref->kind != REF_NAME || !p ||
	    names_add(i->e->a, &i->seen, ref->name, (void *)(uintptr_t)p))
		return;
	v = i->e->st->parameter_values[p - i->e->st->tpl->parameters];
	if (!v)
		return;
	i->given |= !v->from || v->from != p->initial;
	str_printf(&i->text, "%s%s = ", i->text.len ? ", " : "", p->name);
	value_format(v, &i->text);
}

static const struct value *truth(struct eval *e, const struct node *n)
{
	enum eval_place outer = e->place;
	const struct value *v;

	e->place = PLACE_RULE;
	v = eval_node(e, n);
	e->place = outer;
	return v;
}

static bool asks_account(const struct node *n)
{
	bool asks = false;

	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++)
		asks |= asks_account(n->items[i]);
	if (n->kind != NODE_CALL)
		return asks;
	return text_is(n->text, "Fn::RefAll") || text_is(n->text, "Fn::ValueOf") ||
	       text_is(n->text, "Fn::ValueOfAll") || asks_account(n->arg);
}

/* Values that nobody gave yet are nothing to warn of. */
static void warn_unchecked(struct rule *r, const struct node *n)
{
	struct diag *g;

	if (r->e->st->partial && !asks_account(n))
		return;
	g = diag_warn(r->e->d, DIAG_RULE_UNCHECKED, n->where, "rule '%.*s' cannot be checked here",
		      TEXT_ARG(r->key->text));
	diag_detail(r->e->d, g, "%s; in %s",
		    asks_account(n) ? "what it asks for is known in the account only"
				    : "a value in it is not known yet, so nothing is "
				      "refused",
		    eval_target_name(r->e));
}

static const char *text_member(const struct node *map, const char *key)
{
	const struct node *n = node_find(map, key);

	return n && n->kind == NODE_SCALAR ? n->text.ptr : NULL;
}

static struct involved involved(struct rule *r, const struct node *assertion)
{
	struct involved i = {.e = r->e};

	refs_walk(assertion, add_parameter, &i);
	if (r->condition)
		refs_walk(r->condition, add_parameter, &i);
	return i;
}

/* Where nobody gave values yet, defaults may contradict each other: they ask for values. */
static int report_failed(struct rule *r, const struct node *n, const char *description)
{
	struct involved i = involved(r, n);
	bool soft = r->e->st->partial && !i.given;
	struct diag *g = (soft ? diag_warn : diag_add)(
		r->e->d, DIAG_RULE_FAILED, n->where, "rule '%.*s' does not hold%s%s",
		TEXT_ARG(r->key->text), description ? ": " : "", description ? description : "");

	if (i.text.len)
		diag_detail(r->e->d, g, "%s, in %s", str_cstr(&i.text), eval_target_name(r->e));
	else
		diag_detail(r->e->d, g, "in %s", eval_target_name(r->e));
	diag_hint(r->e->d, g, "give the parameters values that fit together");
	str_release(&i.text);
	return soft ? 0 : -1;
}

static int check_assertion(struct rule *r, const struct node *assertion)
{
	const struct node *n = node_find(assertion, "Assert");
	const struct value *v = n ? truth(r->e, n) : NULL;

	if (!v)
		return -1;
	if (v->kind == VALUE_UNKNOWN)
		warn_unchecked(r, n);
	if (v->kind == VALUE_UNKNOWN || v->boolean)
		return 0;
	return report_failed(r, n, text_member(assertion, "AssertDescription"));
}

static int check_rule(struct eval *e, const struct node_entry *entry)
{
	struct rule r = {e, entry->key, node_find(entry->value, "RuleCondition")};
	const struct node *assertions = node_find(entry->value, "Assertions");
	const struct value *v = NULL;
	int result = 0;

	if (r.condition) {
		v = truth(e, r.condition);
		if (!v)
			return -1;
	}
	if (v && v->kind == VALUE_UNKNOWN)
		warn_unchecked(&r, r.condition);
	if (v && (v->kind == VALUE_UNKNOWN || !v->boolean))
		return 0;
	for (size_t i = 0; assertions && assertions->kind == NODE_LIST && i < assertions->count;
	     i++)
		result |= check_assertion(&r, assertions->items[i]);
	return result;
}

int rules_check(struct eval *e)
{
	const struct node *rules = e->st->tpl->rules;
	int result = 0;

	if (!rules || rules->kind != NODE_MAP)
		return 0;
	for (size_t i = 0; i < rules->count && e->d->error_count < LIMIT_DIAGS; i++)
		result |= check_rule(e, &rules->entries[i]);
	return result;
}
