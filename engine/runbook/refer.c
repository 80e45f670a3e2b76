/*
 * refer.c - what steps say of each other: results of steps that are over by then and were run,
 * and parameters of the runbooks that they run.
 */
#include <string.h>

#include "base/limits.h"
#include "engine/runbook/making.h"
#include "templates/refs.h"

/* Conditions that hold where a node is evaluated: those of !If around it. */
struct held {
	const struct held *outer;
	struct text name;
};

struct referring {
	struct runbook_reader *r;
	const struct file_step *user; /* NULL: no step */
	const struct held *held;
	const char *key;            /* of the step */
	const struct step_key *row; /* the same; NULL: it is of no step */
	bool ungraceful;            /* it counts when the runbook is run ungracefully */
};

static const struct file_step *step_at(const struct referring *x, size_t index)
{
	return index == STEP_TOP ? NULL : &x->r->file->steps.items[index];
}

static const struct file_step *parent_of(const struct referring *x, const struct file_step *s)
{
	return step_at(x, s->parent);
}

static const struct file_step *find_step(const struct referring *x, struct text id)
{
	for (size_t i = 0; i < x->r->file->steps.count; i++) {
		const struct file_step *s = &x->r->file->steps.items[i];

		if (text_is(id, s->id))
			return s;
	}
	return NULL;
}

/* What undoes a step comes after it. */
static const struct file_step *user_of(const struct referring *x)
{
	return x->user->role == ROLE_REVERSE ? parent_of(x, x->user) : x->user;
}

static bool stands_in(const struct file_step *s, const struct file_step *group,
		      const struct referring *x)
{
	size_t at = (size_t)(s - x->r->file->steps.items);
	size_t first = (size_t)(group - x->r->file->steps.items);

	return at >= first && at < group->end;
}

/* The innermost group that both stand in; NULL: the runbook. */
static const struct file_step *common_group(const struct referring *x, const struct file_step *a,
					    const struct file_step *b)
{
	const struct file_step *g = parent_of(x, a);

	while (g && !stands_in(b, g, x))
		g = parent_of(x, g);
	return g;
}

/* --- order ------------------------------------------------------------------------------- */

static void report_order(const struct referring *x, const struct ref *ref,
			 const struct file_step *s, const char *how)
{
	struct diag *g = diag_add(x->r->d, DIAG_STEP_ORDER, ref->where,
				  "%s uses a result of %s, %s", x->user->who, s->who, how);

	diag_related(x->r->d, g, s->where, "the step");
	diag_hint(x->r->d, g, "use results of steps that are over by then");
}

static bool is_over(const struct referring *x, const struct ref *ref, const struct file_step *s)
{
	const struct file_step *user = user_of(x), *group;

	if (user == s) {
		if (x->user->role != ROLE_REVERSE)
			report_order(x, ref, s, "which is itself");
		return x->user->role == ROLE_REVERSE;
	}
	group = common_group(x, s, user);
	if (group && group->kind == STEP_PARALLEL)
		report_order(x, ref, s, "which runs beside it");
	else if (s > user)
		report_order(x, ref, s, "which comes later");
	else
		return true;
	return false;
}

/* --- whether it was run -------------------------------------------------------------------- */

static bool holds(const struct referring *x, struct text condition)
{
	for (const struct held *h = x->held; h; h = h->outer) {
		if (text_eq(h->name, condition))
			return true;
	}
	for (const struct file_step *s = user_of(x); s; s = parent_of(x, s)) {
		if (s->condition && text_eq(s->condition->text, condition))
			return true;
	}
	return false;
}

static bool is_left_out(const struct referring *x)
{
	for (const struct file_step *s = user_of(x); s; s = parent_of(x, s)) {
		if (s->left_out)
			return true;
	}
	return false;
}

static void check_condition(const struct referring *x, const struct ref *ref,
			    const struct file_step *s)
{
	struct text name = s->condition->text;
	struct diag *g;

	if (holds(x, name))
		return;
	g = diag_add(x->r->d, DIAG_STEP_MAY_NOT_RUN, ref->where,
		     "%s uses a result that is not there when condition '%.*s' is false",
		     x->user->who, TEXT_ARG(name));
	diag_related(x->r->d, g, s->condition->where, "%s has the condition", s->who);
	diag_hint(x->r->d, g, "give this step the same Condition, or write !If [%.*s, ..., ...]",
		  TEXT_ARG(name));
}

static void check_left_out(const struct referring *x, const struct ref *ref,
			   const struct file_step *s)
{
	struct diag *g;

	if (!x->ungraceful || is_left_out(x))
		return;
	g = diag_add(x->r->d, DIAG_STEP_MAY_NOT_RUN, ref->where,
		     "%s uses a result that is not there when the runbook is run ungracefully",
		     x->user->who);
	diag_related(x->r->d, g, s->where, "%s is left out then", s->who);
	diag_hint(x->r->d, g,
		  "give 'Ungraceful' another '%s', or leave this step out too: "
		  "'Ungraceful: skip'",
		  x->key);
}

/* It, and the groups around it that do not stand around the user too. */
static void check_was_run(const struct referring *x, const struct ref *ref,
			  const struct file_step *s)
{
	const struct file_step *user = user_of(x);

	for (const struct file_step *g = s; g && !(g != s && stands_in(user, g, x));
	     g = parent_of(x, g)) {
		if (g->condition)
			check_condition(x, ref, g);
		if (g->left_out)
			check_left_out(x, ref, g);
	}
}

/* --- names ----------------------------------------------------------------------------- */

static void report_no_result(const struct referring *x, const struct ref *ref,
			     const struct file_step *s)
{
	struct diag *g;

	if (ref->kind == REF_NAME) {
		g = diag_add(x->r->d, DIAG_STEP_RESULT, ref->where, "%s has no value of its own",
			     s->who);
		diag_hint(x->r->d, g, "name one of its results: !GetAtt %s.RESULT", s->name);
		return;
	}
	g = diag_add(x->r->d, DIAG_STEP_RESULT, ref->where, "%s has no results", s->who);
	diag_related(x->r->d, g, s->where, "the step");
	diag_hint(x->r->d, g,
		  s->kind == STEP_RUNBOOK ? "results of a runbook's steps are known in it alone"
					  : "name one of the steps in it");
}

/* Who undoes or fences is not run at all when all goes well. */
static void report_role(const struct referring *x, const struct ref *ref, const struct file_step *s)
{
	struct diag *g = diag_add(x->r->d, DIAG_STEP_RESULT, ref->where,
				  "results of %s cannot be used", s->who);

	diag_related(x->r->d, g, s->where, "it is written here");
	diag_hint(x->r->d, g, "use a result of %s, or of a step before it",
		  parent_of(x, s)->kind == STEP_FENCE ? "a Check step behind the fence"
						      : parent_of(x, s)->who);
}

/* These tell what they found also when they fail. */
static bool fails_with_result(enum step_kind k)
{
	return k == STEP_COMMAND || k == STEP_APPLY || k == STEP_TRAFFIC;
}

/* It fails, the runbook goes on, and nobody has the result. */
static void check_let(const struct referring *x, const struct ref *ref, const struct file_step *s)
{
	const struct node *n = node_find(s->body, "OnFailure");
	struct diag *g;

	if (!n || !text_is(n->text, "continue") || fails_with_result(s->kind) || s == user_of(x))
		return;
	g = diag_add(x->r->d, DIAG_STEP_MAY_NOT_RUN, ref->where,
		     "%s uses a result that is not there when %s fails", x->user->who, s->who);
	diag_related(x->r->d, g, n->where, "the runbook goes on then");
	diag_hint(x->r->d, g, "let it stop the runbook, or do without the result");
}

static void check_result(const struct referring *x, const struct ref *ref,
			 const struct file_step *s)
{
	check_was_run(x, ref, s);
	check_let(x, ref, s);
	if (ref->attribute.len)
		step_check_result(x->r, s, ref->attribute, ref->where);
}

/* A runbook works in several places at once. */
static void check_pseudo(const struct referring *x, const struct ref *ref)
{
	static const char *const known[] = {"AWS::NoValue", "HA::Project"};
	struct diag *g;

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (text_is(ref->name, known[i]))
			return;
	}
	if (!memmem(ref->name.ptr, ref->name.len, "::", 2))
		return;
	g = diag_add(x->r->d, DIAG_RUNBOOK_PSEUDO, ref->where, "'%.*s' has no value in a runbook",
		     TEXT_ARG(ref->name));
	diag_detail(x->r->d, g, "A runbook is not in one region or account.");
	diag_hint(x->r->d, g, "use a parameter of Type: Region");
}

static void check_ref(void *context, const struct ref *ref)
{
	const struct referring *x = context;
	const struct file_step *s;

	if (ref->kind == REF_NAME && runbook_parameter(x->r->file, ref->name))
		return;
	if (ref->kind == REF_NAME)
		check_pseudo(x, ref);
	if (!x->user || (ref->kind != REF_NAME && ref->kind != REF_ATTRIBUTE))
		return;
	s = find_step(x, ref->name);
	if (!s)
		return;
	if (s->role != ROLE_STEP)
		report_role(x, ref, s);
	else if (ref->kind == REF_NAME || (KINDS_OUTER & KIND_BIT(s->kind)))
		report_no_result(x, ref, s);
	else if (is_over(x, ref, s))
		check_result(x, ref, s);
}

/* Of functions that need a place, or somebody else's exports. */
static void check_function(const struct referring *x, const struct node *call)
{
	static const struct {
		const char *name, *hint;
	} refused[] = {
		{"Fn::Hosts", "name hosts by 'Region' and 'Roles' of the step"},
		{"Fn::ImportValue", "write !GetStackOutput {StackName: ..., OutputName: ..., "
				    "Region: ...}"},
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		if (!text_is(call->text, refused[i].name))
			continue;
		diag_hint(x->r->d,
			  diag_add(x->r->d, DIAG_RUNBOOK_PSEUDO, call->where,
				   "'%s' has no meaning in a runbook", refused[i].name),
			  "%s", refused[i].hint);
	}
}

/* --- walking --------------------------------------------------------------------------- */

static void walk(struct referring *x, const struct node *n);

/* Before it is run: then it would be too late. */
static void check_secret(const struct referring *x, const struct node *n)
{
	if (x->row && !step_key_may_hide(x->row) && manifest_has_reference(n->text))
		step_report_secret(arena_printf(x->r->a, "'%s' of %s", x->key, x->user->who),
				   n->where, x->r->d);
}

/* A parameter, or a result of a step; not what the command has in its environment. */
static bool is_of_runbook(const struct referring *x, struct text name)
{
	const char *dot = name.len ? memchr(name.ptr, '.', name.len) : NULL;
	const struct node *own = node_find(x->user->body, "Environment");

	if (dot)
		return find_step(x, (struct text){name.ptr, (size_t)(dot - name.ptr)}) != NULL;
	return runbook_parameter(x->r->file, name) &&
	       !(own && own->kind == NODE_MAP && node_find_entry(own, name));
}

/* "Move to ${To}?" would be asked like that. */
static void check_braces(const struct referring *x, const struct node *n)
{
	struct sub_scan scan = sub_start(n->text);
	struct sub_piece p;
	struct diag *g;

	while (x->user && sub_next(&scan, &p)) {
		if (p.kind != SUB_VARIABLE || !is_of_runbook(x, p.text))
			continue;
		g = diag_warn(x->r->d, DIAG_SUB_MISSING, n->where,
			      "'${%.*s}' stays as it is: this text is not in 'Fn::Sub'",
			      TEXT_ARG(p.text));
		diag_hint(x->r->d, g, "write !Sub before the text");
		return;
	}
}

/* The first branch of !If is only evaluated when its condition holds. */
static void walk_if(struct referring *x, const struct node *arg)
{
	const struct held here = {x->held, arg->items[0]->text};

	x->held = &here;
	walk(x, arg->items[1]);
	x->held = here.outer;
	walk(x, arg->items[2]);
}

static bool is_plain_if(const struct node *call)
{
	const struct node *arg = call->arg;

	return text_is(call->text, "Fn::If") && arg->kind == NODE_LIST && arg->count == 3 &&
	       arg->items[0]->kind == NODE_SCALAR;
}

static void walk_sub(struct referring *x, const struct node *call)
{
	const struct node *text, *own;

	if (sub_shape(call, &text, &own, NULL))
		return;
	check_secret(x, text);
	if (own)
		walk(x, own);
}

static void walk_call(struct referring *x, const struct node *call)
{
	check_function(x, call);
	refs_of_call(call, check_ref, x);
	if (is_plain_if(call))
		walk_if(x, call->arg);
	else if (text_is(call->text, "Fn::Sub"))
		walk_sub(x, call);
	else
		walk(x, call->arg);
}

/* Bounded by LIMIT_NODE_DEPTH. */
static void walk(struct referring *x, const struct node *n)
{
	if (x->r->d->error_count >= LIMIT_DIAGS)
		return;
	if (n->kind == NODE_SCALAR) {
		check_secret(x, n);
		check_braces(x, n);
	}
	if (n->kind == NODE_CALL)
		walk_call(x, n);
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++)
		walk(x, n->items[i]);
	for (size_t i = 0; n->kind == NODE_MAP && i < n->count; i++)
		walk(x, n->entries[i].value);
}

static void walk_keys(struct referring *x, const struct node *map)
{
	const struct file_step *s = x->user;

	for (size_t i = 0; map && i < map->count; i++) {
		const struct node *key = map->entries[i].key;
		const struct step_key *row = step_key_find(s->kind, key->text);

		if (!row || row->shape == SHAPE_STRUCTURE)
			continue;
		x->key = row->name;
		x->row = row;
		x->ungraceful = step_key_node(s, STEP_UNGRACEFUL, row) == map->entries[i].value;
		walk(x, map->entries[i].value);
	}
}

/* --- parameters of runbooks that are run ------------------------------------------------- */

static void report_parameter(struct runbook_reader *r, const struct file_step *s,
			     const struct node *key)
{
	const struct runbook_file *f = s->runs;
	const char **names = ARENA_ARRAY(r->a, f->parameter_count, const char *);
	struct diag *g =
		diag_add(r->d, DIAG_RUNBOOK_GIVEN, key->where, "runbook '%s' has no parameter '%s'",
			 f->entry->name, key->text.ptr);

	for (size_t i = 0; i < f->parameter_count; i++)
		names[i] = f->parameters[i].name;
	diag_did_you_mean(r->d, g, key->text, names, f->parameter_count);
	if (!g->hint && f->parameter_count)
		diag_hint(r->d, g, "declare it there, or remove it; names there are: %s",
			  diag_listed(r->a, names, f->parameter_count));
	else if (!g->hint)
		diag_hint(r->d, g, "declare it there, or remove it");
}

static void check_given(struct runbook_reader *r, const struct file_step *s, const struct node *map)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct node *value = map->entries[i].value;
		const struct runbook_parameter *p =
			runbook_parameter(s->runs, map->entries[i].key->text);

		if (!p)
			report_parameter(r, s, map->entries[i].key);
		else if (value->kind == NODE_SCALAR && !node_is_null(value) &&
			 !manifest_has_reference(value->text))
			runbook_parameter_takes(r->m, p, value->text, value->where, r->d);
	}
}

static void check_missing(struct runbook_reader *r, const struct file_step *s,
			  const struct node *map)
{
	for (size_t i = 0; i < s->runs->parameter_count; i++) {
		const struct runbook_parameter *p = &s->runs->parameters[i];
		struct diag *g;

		if (p->initial || (map && node_find(map, p->name)))
			continue;
		g = diag_add(r->d, DIAG_RUNBOOK_GIVEN, map ? map->where : s->where,
			     "%s gives runbook '%s' no parameter '%s'", s->who,
			     s->runs->entry->name, p->name);
		diag_related(r->d, g, p->where, "declared here");
		diag_hint(r->d, g, "add 'Parameters: {%s: ...}'", p->name);
	}
}

static void check_run(struct runbook_reader *r, const struct file_step *s, enum step_grace grace)
{
	const struct step_key *key = step_key_find(STEP_RUNBOOK, TEXT_LIT("Parameters"));
	const struct node *map = step_key_node(s, grace, key);
	struct diag *g;

	if (grace == STEP_UNGRACEFUL && map == step_key_node(s, STEP_GRACEFUL, key))
		return;
	if (map && map->kind != NODE_MAP) {
		g = diag_add(r->d, DIAG_RUNBOOK_CONSTANT, map->where, "'Parameters' of %s is %s",
			     s->who, node_describe(map));
		diag_hint(r->d, g, "write it as a map: its values may be functions");
		return;
	}
	if (map)
		check_given(r, s, map);
	check_missing(r, s, map);
}

/* --- all ------------------------------------------------------------------------------- */

void runbook_check_references(struct runbook_reader *r)
{
	struct referring x = {.r = r};
	const struct node *conditions = node_find(r->file->root, "Conditions");

	if (conditions)
		walk(&x, conditions);
	for (size_t i = 0; i < r->file->steps.count; i++) {
		x.user = &r->file->steps.items[i];
		walk_keys(&x, x.user->body);
		walk_keys(&x, x.user->ungraceful);
		if (!x.user->runs)
			continue;
		check_run(r, x.user, STEP_GRACEFUL);
		check_run(r, x.user, STEP_UNGRACEFUL);
	}
}
