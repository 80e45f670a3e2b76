/*
 * rule_states.c - state machines in the Amazon States Language: every state that is named is
 * there, and every state leads somewhere.
 *
 * A definition that is a text is read as what it is, JSON; what is wrong with it is told at
 * the text.
 */
#include "engine/lint/rules.h"

#include <string.h>

#include "engine/lint/rule_parts.h"
#include "engine/lint/value.h"

struct machine {
	struct lint *l;
	const struct node *at; /* where to point at; NULL: at the parts themselves */
	size_t depth;
};

#define MACHINE_DEPTH_MAX 20

struct state_kind {
	const char *name;
	bool leads; /* has Next or End */
};

static const struct state_kind kinds[] = {
	{"Choice", false}, {"Fail", false},    {"Map", true},  {"Parallel", true},
	{"Pass", true},    {"Succeed", false}, {"Task", true}, {"Wait", true},
};

/* "there is no state 'x'" */
static struct diag *complain(const struct machine *m, const struct node *part, const char *before,
			     struct text name, const char *after)
{
	return diag_warn(m->l->d, DIAG_STATES, (m->at ? m->at : part)->where, "%s '%.*s'%s", before,
			 TEXT_ARG(name), after);
}

static void check_machine(const struct machine *m, const struct node *machine);

static void check_target(const struct machine *m, const struct node *states,
			 const struct node *holder, const char *name)
{
	const struct node *n = holder->kind == NODE_MAP ? node_find(holder, name) : NULL;
	struct diag *g;

	if (!n || !literal_of(n).ptr || node_find_entry(states, n->text))
		return;
	g = complain(m, n, "there is no state", n->text, "");
	diag_hint(m->l->d, g, "write the name of a state of the same States");
}

static void check_targets(const struct machine *m, const struct node *states,
			  const struct node *state, const char *list)
{
	const struct node *n = node_find(state, list);

	for (size_t i = 0; n && n->kind == NODE_LIST && i < n->count; i++)
		check_target(m, states, n->items[i], "Next");
}

static const struct state_kind *kind_of(struct text name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (text_is(name, kinds[i].name))
			return &kinds[i];
	}
	return NULL;
}

static void check_inner(const struct machine *m, const struct node *state)
{
	static const char *const names[] = {"Iterator", "ItemProcessor"};
	const struct node *branches = node_find(state, "Branches");
	const struct machine inner = {m->l, m->at, m->depth + 1};

	for (size_t i = 0; branches && branches->kind == NODE_LIST && i < branches->count; i++) {
		if (branches->items[i]->kind == NODE_MAP)
			check_machine(&inner, branches->items[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct node *n = node_find(state, names[i]);

		if (n && n->kind == NODE_MAP)
			check_machine(&inner, n);
	}
}

static void check_end(const struct machine *m, const struct node_entry *e,
		      const struct state_kind *kind)
{
	const struct field next = field_of(e->value, "Next"), end = field_of(e->value, "End");
	struct diag *g;

	if (kind->leads && next.state == FIELD_ABSENT && end.state == FIELD_ABSENT) {
		g = complain(m, e->key, "state", e->key->text, " leads nowhere");
		diag_hint(m->l->d, g, "add 'Next', or 'End: true'");
	} else if (!kind->leads && (next.key || end.key)) {
		g = complain(m, next.key ? next.key : end.key, "state", e->key->text,
			     " is of a type that has neither 'Next' nor 'End'");
		diag_hint(m->l->d, g, "remove it");
	}
}

static void check_state(const struct machine *m, const struct node *states,
			const struct node_entry *e)
{
	const struct state_kind *kind;
	struct field type;
	struct diag *g;

	if (e->value->kind != NODE_MAP || text_starts(e->key->text, "Fn::"))
		return;
	type = field_of(e->value, "Type");
	kind = type.literal.ptr ? kind_of(type.literal) : NULL;
	if (type.state == FIELD_ABSENT) {
		g = complain(m, e->key, "state", e->key->text, " has no 'Type'");
		diag_hint(m->l->d, g, "write one such as Task, Pass or Choice");
	} else if (type.literal.ptr && literal_of(type.value).ptr && !kind) {
		g = complain(m, type.value, "there is no type of state", type.literal, "");
		diag_hint(m->l->d, g, "write one such as Task, Pass or Choice");
	}
	if (kind)
		check_end(m, e, kind);
	check_target(m, states, e->value, "Next");
	check_target(m, states, e->value, "Default");
	check_targets(m, states, e->value, "Choices");
	check_targets(m, states, e->value, "Catch");
	check_inner(m, e->value);
}

static void check_machine(const struct machine *m, const struct node *machine)
{
	static const char *const needed[] = {"StartAt", "States"};
	const struct node *states = node_find(machine, "States");
	struct diag *g;

	if (m->depth > MACHINE_DEPTH_MAX)
		return;
	for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
		if (field_of(machine, needed[i]).state != FIELD_ABSENT)
			continue;
		g = complain(m, machine, "the state machine has no", text_of(needed[i]), "");
		diag_hint(m->l->d, g, "add '%s'", needed[i]);
	}
	if (!states || states->kind != NODE_MAP || node_find(states, "Fn::Transform"))
		return;
	check_target(m, states, machine, "StartAt");
	for (size_t i = 0; i < states->count; i++)
		check_state(m, states, &states->entries[i]);
}

static void check_definition(struct lint *l, const struct object *o)
{
	const struct machine m = {l, NULL, 0};

	check_machine(&m, o->map);
}

/* "${Name}" stands for what only DefinitionSubstitutions or Fn::Sub know. */
static void check_text(struct lint *l, const struct object *o, const struct node *n)
{
	const struct machine m = {l, n, 0};
	const struct source *src;
	const struct node *root = NULL;
	struct diags silent = DIAGS_INIT;

	(void)o;
	if (!literal_of(n).ptr || !text_starts(text_trim(n->text), "{"))
		return;
	src = source_from(l->a, "definition", n->text, &silent);
	if (src)
		root = node_parse(l->a, src, NODE_MANIFEST, &silent);
	if (root && root->kind == NODE_MAP)
		check_machine(&m, root);
	diags_release(&silent);
}

void rule_states(struct lint *l, const struct lint_resource *r)
{
	each_object(l, r, "Definition", check_definition, NULL);
	each_value(l, r, "DefinitionString", check_text, NULL);
}
