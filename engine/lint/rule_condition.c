/*
 * rule_condition.c - conditions that always have the same answer, branches that make no
 * difference, and references to what the branch does not have.
 */
#include "engine/lint/rules.h"

#include <string.h>

#include "engine/lint/rule_logic.h"
#include "engine/lint/rule_parts.h"

struct walker {
	struct lint *l;
	struct logic *logic;
	const struct lint_resource *from; /* NULL: an output */
	const struct lint_loop *loops;    /* around an output; else those of `from` */
	struct text name;
	bool looks_at_refs; /* some resource has a condition */
	struct map told;    /* resources that a warning was given for, per `from` */
};

/* Conditions that never change */

static void report_constant(struct lint *l, const struct node *at, enum logic_constant answer)
{
	const char *word = answer == LOGIC_ALWAYS ? "true" : "false";
	struct diag *g = diag_warn(l->d, DIAG_CONDITION_CONSTANT, at->where,
				   "this condition is always %s", word);

	if (node_is_call(at, "Fn::Equals"))
		diag_detail(l->d, g, "what is compared is %s whatever the parameters are",
			    answer == LOGIC_ALWAYS ? "the same" : "different");
	diag_hint(l->d, g, "compare a parameter, or remove the condition");
}

/* The innermost parts that never change are named, not what follows from them. */
static bool check_constant(struct lint *l, struct logic *logic, const struct node *n)
{
	enum logic_constant answer;
	bool told = false;

	if (n->kind != NODE_CALL)
		return false;
	if (text_is(n->text, "Condition"))
		return true;
	for (size_t i = 0;
	     !text_is(n->text, "Fn::Equals") && n->arg->kind == NODE_LIST && i < n->arg->count; i++)
		told |= check_constant(l, logic, n->arg->items[i]);
	answer = told ? LOGIC_VARIES : logic_constant(logic, n);
	if (answer == LOGIC_VARIES)
		return told;
	report_constant(l, n, answer);
	return true;
}

/* One that joins others by name: only when it is false or true because of how they relate. */
static bool joins_names(const struct node *n)
{
	for (size_t i = 0; n->kind == NODE_CALL && n->arg->kind == NODE_LIST && i < n->arg->count;
	     i++) {
		if (!node_is_call(n->arg->items[i], "Condition"))
			return false;
	}
	return n->kind == NODE_CALL && n->arg->kind == NODE_LIST && n->arg->count > 1;
}

static bool parts_vary(struct logic *logic, const struct node *n)
{
	for (size_t i = 0; i < n->arg->count; i++) {
		if (logic_constant(logic, n->arg->items[i]) != LOGIC_VARIES)
			return false;
	}
	return true;
}

void rule_condition_constant(struct lint *l)
{
	const struct node *section = l->t->conditions;
	struct logic *logic = section ? logic_new(l->a, l->t) : NULL;

	for (size_t i = 0; section && i < section->count; i++) {
		const struct node *n = section->entries[i].value;
		enum logic_constant answer;

		if (text_starts(section->entries[i].key->text, "Fn::"))
			continue;
		if (!joins_names(n)) {
			check_constant(l, logic, n);
			continue;
		}
		answer = parts_vary(logic, n) ? logic_constant(logic, n) : LOGIC_VARIES;
		if (answer != LOGIC_VARIES)
			report_constant(l, n, answer);
	}
}

/* References */

static const char *describe_given(struct lint *l, const struct assumption *given)
{
	struct str out = STR_INIT;
	const char *text;

	for (; given; given = given->outer)
		str_printf(&out, "'%.*s' is %s%s", TEXT_ARG(given->condition),
			   given->holds ? "true" : "false", given->outer ? " and " : "");
	text = arena_text(l->a, str_text(&out));
	str_release(&out);
	return text;
}

struct referring {
	struct walker *w;
	const struct assumption *given;
};

static void report_conditional(struct walker *w, const struct ref *ref,
			       const struct lint_resource *target, const struct assumption *given)
{
	struct text condition = target->given->condition;
	struct diag *g = diag_warn(w->l->d, DIAG_REF_CONDITIONAL, ref->where,
				   "'%.*s' exists only when condition '%.*s' is true, and '%.*s' "
				   "refers to it in any case",
				   TEXT_ARG(target->id), TEXT_ARG(condition), TEXT_ARG(w->name));

	if (given)
		diag_detail(w->l->d, g, "here %s, which does not make '%.*s' true",
			    describe_given(w->l, given), TEXT_ARG(condition));
	diag_related(w->l->d, g, target->key->where, "'%.*s' is declared here",
		     TEXT_ARG(target->id));
	diag_hint(w->l->d, g,
		  "write !If [%.*s, the reference, !Ref AWS::NoValue], or give '%.*s' "
		  "the same Condition",
		  TEXT_ARG(condition), TEXT_ARG(w->name));
}

static void check_ref(void *context, const struct ref *ref)
{
	const struct referring *c = context;
	struct walker *w = c->w;
	const struct lint_resource *target;

	if (ref->kind != REF_NAME && ref->kind != REF_ATTRIBUTE)
		return;
	target = lint_find(w->l, ref->name);
	if (!target || !target->given || target == w->from ||
	    lint_made_by_loop(w->loops, ref->name) || map_has(&w->told, target->id))
		return;
	if (logic_implies(w->logic, c->given, target->given->condition) ||
	    !logic_possible(w->logic, c->given))
		return;
	map_set(&w->told, target->id, w);
	report_conditional(w, ref, target, c->given);
}

/* Branches */

static void report_dead(struct walker *w, const struct node *call, bool first,
			const struct assumption *given)
{
	struct text condition = call->arg->items[0]->text;
	struct diag *g =
		diag_warn(w->l->d, DIAG_BRANCH_DEAD, call->arg->items[first ? 1 : 2]->where,
			  "this branch is never taken: here '%.*s' is always %s",
			  TEXT_ARG(condition), first ? "false" : "true");

	diag_detail(w->l->d, g, "around it %s", describe_given(w->l, given));
	diag_hint(w->l->d, g, "write the other branch without !If");
}

static void walk(struct walker *w, const struct node *n, const struct assumption *given);

static void walk_if(struct walker *w, const struct node *call, const struct assumption *given)
{
	const struct node *const *items = call->arg->items;
	struct diag *g;

	if (logic_same(items[1], items[2])) {
		g = diag_warn(w->l->d, DIAG_BRANCH_DEAD, call->where,
			      "both branches of this 'Fn::If' are the same");
		diag_hint(w->l->d, g, "write the value without !If, or the one that was meant");
	}
	for (size_t i = 1; i <= 2; i++) {
		const struct assumption inner = {items[0]->text, i == 1, given};

		if (logic_possible(w->logic, &inner))
			walk(w, items[i], &inner);
		else if (given && logic_possible(w->logic, given))
			report_dead(w, call, i == 1, given);
	}
}

static void walk_call(struct walker *w, const struct node *call, const struct assumption *given)
{
	struct referring c = {w, given};

	if (text_is(call->text, "Fn::If") && call->arg->kind == NODE_LIST &&
	    call->arg->count == 3 && call->arg->items[0]->kind == NODE_SCALAR) {
		walk_if(w, call, given);
		return;
	}
	if (w->looks_at_refs)
		refs_of_call(call, check_ref, &c);
	walk(w, call->arg, given);
}

static void walk(struct walker *w, const struct node *n, const struct assumption *given)
{
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++)
		walk(w, n->items[i], given);
	for (size_t i = 0; n->kind == NODE_MAP && i < n->count; i++)
		walk(w, n->entries[i].value, given);
	if (n->kind == NODE_CALL)
		walk_call(w, n, given);
}

static void walk_resource(struct walker *w, const struct lint_resource *r)
{
	static const char *const parts[] = {"Properties", "Metadata", "UpdatePolicy",
					    "CreationPolicy"};

	w->from = r;
	w->loops = r->loops;
	w->name = r->id;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const struct node *n = node_find(r->body, parts[i]);

		if (n)
			walk(w, n, r->given);
	}
	map_release(&w->told);
	w->told = MAP_INIT;
}

static void walk_output(struct walker *w, const struct node_entry *e)
{
	const struct node *condition = node_find(e->value, "Condition");
	const struct assumption own = {condition ? condition->text : (struct text){NULL, 0}, true,
				       NULL};
	const bool guarded = condition && condition->kind == NODE_SCALAR;

	w->from = NULL;
	w->loops = NULL;
	w->name = e->key->text;
	walk(w, e->value, guarded ? &own : NULL);
	map_release(&w->told);
	w->told = MAP_INIT;
}

void rule_condition_branches(struct lint *l)
{
	const struct node *outputs = l->t->outputs;
	struct walker w = {.l = l};

	if (!l->t->conditions)
		return;
	w.logic = logic_new(l->a, l->t);
	for (size_t i = 0; i < l->resource_count; i++)
		w.looks_at_refs |= l->resources[i].given != NULL;
	for (size_t i = 0; i < l->resource_count; i++)
		walk_resource(&w, &l->resources[i]);
	for (size_t i = 0; outputs && i < outputs->count; i++) {
		if (!text_starts(outputs->entries[i].key->text, "Fn::") &&
		    outputs->entries[i].value->kind == NODE_MAP)
			walk_output(&w, &outputs->entries[i]);
	}
}
