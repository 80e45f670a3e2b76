/*
 * steps.c - steps as written: their names and kinds, which stands in which, and which keys they
 * have.  What keys hold is shape.c's, when it is known.
 */
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "engine/runbook/making.h"

/* Where a step stands. */
struct step_place {
	size_t parent;
	enum step_role role;
	const char *name; /* of one without a name: "reverse", "by-1" */
	const char *who;
};

static void read_step(struct runbook_reader *r, const struct node *body,
		      const struct step_place *place);

static bool full(const struct runbook_reader *r)
{
	return r->d->error_count >= LIMIT_DIAGS;
}

static void wrong_shape(struct runbook_reader *r, const char *what, const struct node *n,
			const char *wanted)
{
	if (node_is_null(n))
		diag_add(r->d, DIAG_RUNBOOK_SHAPE, n->where, "%s is empty; it takes %s", what,
			 wanted);
	else
		diag_add(r->d, DIAG_RUNBOOK_SHAPE, n->where, "%s is %s; it takes %s", what,
			 node_describe(n), wanted);
}

/* --- kinds ----------------------------------------------------------------------------- */

static const struct node *group_of(const struct node *body, enum step_kind *kind)
{
	const struct node *list = node_find(body, "Parallel");

	*kind = list ? STEP_PARALLEL : STEP_SEQUENCE;
	return list ? list : node_find(body, "Steps");
}

static void report_kind(struct runbook_reader *r, const char *who, const struct node *type)
{
	const char *names[STEP_KIND_COUNT], *list = "";
	struct diag *g = diag_add(r->d, DIAG_STEP_KIND, type->where, "'Type' of %s cannot be '%s'",
				  who, type->text.ptr);

	for (int k = 0; k < STEP_KIND_COUNT; k++) {
		names[k] = step_kind_name(k);
		list = arena_printf(r->a, "%s%s%s", list, *list ? ", " : "", names[k]);
	}
	diag_did_you_mean(r->d, g, type->text, names, STEP_KIND_COUNT);
	if (!g->hint)
		diag_hint(r->d, g, "it is one of %s", list);
}

/* 'type' instead of 'Type'; false: there is none. */
static bool hint_at_case(struct runbook_reader *r, struct diag *g, const struct node *body,
			 const char *key)
{
	for (size_t i = 0; i < body->count; i++) {
		if (strcasecmp(body->entries[i].key->text.ptr, key) != 0)
			continue;
		diag_hint(r->d, g, "write '%s', and not '%s'", key, body->entries[i].key->text.ptr);
		return true;
	}
	return false;
}

static void report_no_kind(struct runbook_reader *r, const char *who, struct range where,
			   const struct node *body)
{
	struct diag *g = diag_add(r->d, DIAG_RUNBOOK_KEY_MISSING, where, "%s has no 'Type'", who);

	if (!hint_at_case(r, g, body, "Type"))
		diag_hint(r->d, g,
			  "add 'Type: Command', or another kind of step; groups have 'Parallel' or "
			  "'Steps' instead");
}

/* -1 after an error. */
static int kind_of(struct runbook_reader *r, const char *who, struct range where,
		   const struct node *body)
{
	const struct node *type = node_find(body, "Type");
	enum step_kind group;
	int kind;

	if (!type && group_of(body, &group))
		return (int)group;
	if (!type) {
		report_no_kind(r, who, where, body);
		return -1;
	}
	if (type->kind != NODE_SCALAR || node_is_null(type)) {
		wrong_shape(r, arena_printf(r->a, "'Type' of %s", who), type, "the kind of step");
		return -1;
	}
	kind = step_kind_find(type->text);
	if (kind < 0)
		report_kind(r, who, type);
	return kind;
}

/* What stands for a parent that is only run when something is undone, or to fence. */
static void check_role(struct runbook_reader *r, const struct file_step *s)
{
	const unsigned ways = KIND_BIT(STEP_COMMAND) | KIND_BIT(STEP_HTTP) | KIND_BIT(STEP_ACTION) |
			      KIND_BIT(STEP_APPLY);
	const unsigned undoing = ways | KIND_BIT(STEP_CHECK) | KIND_BIT(STEP_WAIT) |
				 KIND_BIT(STEP_TRAFFIC) | KIND_BIT(STEP_NOTIFY);
	struct diag *g;

	if (s->role == ROLE_BY && !(ways & KIND_BIT(s->kind))) {
		g = diag_add(r->d, DIAG_STEP_BY, s->where, "%s cannot be a step of type %s", s->who,
			     step_kind_name(s->kind));
		diag_hint(r->d, g, "fence by Command, Http, Action or Apply");
	}
	if (s->role == ROLE_REVERSE && !(undoing & KIND_BIT(s->kind))) {
		g = diag_add(r->d, DIAG_STEP_REVERSE, s->where, "%s cannot be a step of type %s",
			     s->who, step_kind_name(s->kind));
		diag_hint(r->d, g,
			  "undo by Command, Http, Action, Apply, Traffic, Notify, Check or Wait");
	}
}

/* --- names ----------------------------------------------------------------------------- */

static bool step_name_valid(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		char c = t.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_' || c == '-'))
			return false;
	}
	return t.len && t.len <= STEP_NAME_LEN_MAX && t.ptr[0] != '-';
}

static const char *name_of(struct runbook_reader *r, const struct node *body,
			   const struct step_place *place)
{
	const struct node *n = node_find(body, "Name");
	struct diag *g;

	if (!n && place->name)
		return place->name;
	if (!n) {
		g = diag_add(r->d, DIAG_RUNBOOK_KEY_MISSING, body->where, "a step has no 'Name'");
		if (!hint_at_case(r, g, body, "Name"))
			diag_hint(r->d, g,
				  "add 'Name: ...': reports, 'skip' and 'retry' call it by that");
		return NULL;
	}
	if (n->kind != NODE_SCALAR || node_is_null(n)) {
		wrong_shape(r, "'Name' of a step", n, "a plain name");
		return NULL;
	}
	if (step_name_valid(n->text))
		return n->text.ptr;
	g = diag_add(r->d, DIAG_STEP_NAME, n->where, "a step cannot have the name '%s'",
		     n->text.ptr);
	diag_hint(r->d, g, "letters, digits, '-' and '_', at most %d of them", STEP_NAME_LEN_MAX);
	return NULL;
}

/* In the whole file, so that !GetAtt can tell them apart. */
static bool is_first(struct runbook_reader *r, const struct file_step *s)
{
	struct diag *g;

	for (size_t i = 0; i < r->file->steps.count; i++) {
		const struct file_step *other = &r->file->steps.items[i];

		if (strcmp(other->id, s->id) != 0)
			continue;
		g = diag_add(r->d, DIAG_STEP_NAME_REPEATED, s->where,
			     "two steps have the name '%s'", s->name);
		diag_related(r->d, g, other->where, "the first");
		diag_hint(r->d, g, "rename one of them: names are unique in a runbook");
		return false;
	}
	return true;
}

/* --- keys ------------------------------------------------------------------------------ */

static void report_key(struct runbook_reader *r, const struct file_step *s, const struct node *key)
{
	const char *owners = step_key_owners(r->a, key->text);
	struct diag *g = diag_add(r->d, DIAG_RUNBOOK_KEY_UNKNOWN, key->where,
				  "'%s' is not a key of %s", key->text.ptr, s->who);
	const char **names = ARENA_ARRAY(r->a, step_key_count, const char *);
	const char *list = "";
	size_t count = 0;

	for (size_t i = 0; i < step_key_count; i++) {
		if (!(step_keys[i].kinds & KIND_BIT(s->kind)))
			continue;
		names[count++] = step_keys[i].name;
		list = arena_printf(r->a, "%s%s%s", list, *list ? ", " : "", step_keys[i].name);
	}
	if (*owners)
		diag_detail(r->d, g, "It is %s, and this is a step of type %s.",
			    arena_printf(r->a, "a key of %s", owners), step_kind_name(s->kind));
	else
		diag_did_you_mean(r->d, g, key->text, names, count);
	if (!g->hint)
		diag_hint(r->d, g, "the keys here are %s", list);
}

static void check_keys(struct runbook_reader *r, const struct file_step *s)
{
	for (size_t i = 0; i < s->body->count && !full(r); i++) {
		const struct node *key = s->body->entries[i].key;

		if (!step_key_find(s->kind, key->text))
			report_key(r, s, key);
	}
}

static void check_overlay(struct runbook_reader *r, const struct file_step *s)
{
	for (size_t i = 0; s->ungraceful && i < s->ungraceful->count && !full(r); i++) {
		const struct node *key = s->ungraceful->entries[i].key;
		const struct step_key *row = step_key_find(s->kind, key->text);
		struct diag *g;

		if (!row) {
			report_key(r, s, key);
			continue;
		}
		if (!row->steady)
			continue;
		g = diag_add(r->d, DIAG_STEP_UNGRACEFUL, key->where,
			     "'Ungraceful' of %s cannot change '%s'", s->who, key->text.ptr);
		diag_hint(r->d, g,
			  "let 'Ungraceful: skip' leave the step out, and give another one what "
			  "is to be done instead");
	}
}

static void read_ungraceful(struct runbook_reader *r, struct file_step *s)
{
	const struct node *n = node_find(s->body, "Ungraceful");

	if (!n)
		return;
	s->left_out = n->kind == NODE_SCALAR && text_is(n->text, "skip");
	if (n->kind == NODE_MAP && !(KINDS_GROUP & KIND_BIT(s->kind)))
		s->ungraceful = n;
	else if (!s->left_out)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_STEP_UNGRACEFUL, n->where, "'Ungraceful' of %s is %s",
				   s->who,
				   n->kind == NODE_SCALAR ? arena_printf(r->a, "'%s'", n->text.ptr)
							  : node_describe(n)),
			  KINDS_GROUP & KIND_BIT(s->kind)
				  ? "groups take 'skip' alone; steps in them other values too"
				  : "it takes 'skip', or a map of keys that are laid over the "
				    "step's");
	check_overlay(r, s);
}

static void read_condition(struct runbook_reader *r, struct file_step *s)
{
	const struct node *n = node_find(s->body, "Condition");

	if (!n)
		return;
	if (n->kind == NODE_SCALAR && !node_is_null(n) && n->text.len)
		s->condition = n;
	else
		wrong_shape(r, arena_printf(r->a, "'Condition' of %s", s->who), n,
			    "the name of a condition");
}

/* --- what stands in a step ------------------------------------------------------------- */

static void read_group(struct runbook_reader *r, size_t at, const struct node *list,
		       const char *key)
{
	const char *who = r->file->steps.items[at].who;
	const struct step_place place = {at, ROLE_STEP, NULL, NULL};

	if (!list || list->kind != NODE_LIST) {
		if (list)
			wrong_shape(r, arena_printf(r->a, "'%s' of %s", key, who), list,
				    "a list of steps");
		return;
	}
	if (!list->count)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_RUNBOOK_SHAPE, list->where, "'%s' of %s has no step",
				   key, who),
			  "remove it, or write its steps as '- {Name: ..., Type: ...}'");
	for (size_t i = 0; i < list->count && !full(r); i++)
		read_step(r, list->items[i], &place);
}

static void read_ways(struct runbook_reader *r, size_t at, const struct node *list)
{
	const char *who = r->file->steps.items[at].who;

	if (list->kind != NODE_LIST || !list->count) {
		wrong_shape(r, arena_printf(r->a, "'By' of %s", who), list,
			    "a list of steps, tried in order");
		return;
	}
	for (size_t i = 0; i < list->count && !full(r); i++) {
		struct step_place place = {at, ROLE_BY, arena_printf(r->a, "by-%zu", i + 1),
					   arena_printf(r->a, "way %zu of 'By' of %s", i + 1, who)};

		read_step(r, list->items[i], &place);
	}
}

static void read_reverse(struct runbook_reader *r, size_t at, const struct node *n)
{
	const struct file_step *s = &r->file->steps.items[at];
	struct step_place place = {at, ROLE_REVERSE, "reverse",
				   arena_printf(r->a, "'Reverse' of %s", s->who)};
	struct diag *g;

	if (s->role == ROLE_STEP) {
		read_step(r, n, &place);
		return;
	}
	g = diag_add(r->d, DIAG_STEP_REVERSE, n->where, "%s has a 'Reverse' of its own", s->who);
	diag_hint(r->d, g,
		  s->role == ROLE_BY ? "give it to the Fence step itself"
				     : "what undoes a step is not undone: remove it");
}

static void read_inner(struct runbook_reader *r, size_t at)
{
	const struct file_step *s = &r->file->steps.items[at];
	const struct node *by = s->kind == STEP_FENCE ? node_find(s->body, "By") : NULL;
	const struct node *reverse =
		KINDS_PLAIN & KIND_BIT(s->kind) ? node_find(s->body, "Reverse") : NULL;
	const char *group = s->kind == STEP_PARALLEL ? "Parallel" : "Steps";

	if (KINDS_GROUP & KIND_BIT(s->kind))
		read_group(r, at, node_find(s->body, group), group);
	if (by)
		read_ways(r, at, by);
	if (reverse)
		read_reverse(r, at, reverse);
}

/* Its runbook, and all that it runs. */
static void read_run(struct runbook_reader *r, struct file_step *s)
{
	const struct node *n = node_find(s->body, "Runbook");
	const struct manifest_runbook *entry;
	const char *what = arena_printf(r->a, "'Runbook' of %s", s->who);
	struct diag *g;

	if (!n) {
		g = diag_add(r->d, DIAG_RUNBOOK_KEY_MISSING, s->where, "%s has no 'Runbook'",
			     s->who);
		diag_hint(r->d, g, "add 'Runbook: NAME', one of the manifest's Runbooks");
		return;
	}
	if (n->kind != NODE_SCALAR || node_is_null(n)) {
		g = diag_add(r->d, DIAG_RUNBOOK_CONSTANT, n->where, "%s is %s", what,
			     node_describe(n));
		diag_hint(r->d, g,
			  "write the name itself: which steps there are is known before anything "
			  "runs; choose between two by Condition");
		return;
	}
	entry = runbook_named(r->m, THING_RUNBOOK, what, (struct placed_text){n->text, n->where},
			      r->d);
	if (entry)
		s->runs = runbook_file_read(r->lib, entry, r->file, n, r->d);
	r->file->broken |= !s->runs;
}

/* --- a step ---------------------------------------------------------------------------- */

static bool too_deep(struct runbook_reader *r, const struct file_step *s)
{
	if (s->depth < STEP_DEPTH_MAX)
		return false;
	diag_hint(r->d,
		  diag_add(r->d, DIAG_RUNBOOK_LIMIT, s->where,
			   "steps stand deeper than %d in "
			   "each other here",
			   STEP_DEPTH_MAX),
		  "put some of them into a runbook of their own");
	return true;
}

static bool too_many(struct runbook_reader *r, const struct file_step *s)
{
	if (r->file->steps.count < STEP_COUNT_MAX)
		return false;
	if (!r->crowded)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_RUNBOOK_LIMIT, s->where,
				   "the runbook has more than %d steps", STEP_COUNT_MAX),
			  "let one step do more");
	r->crowded = true;
	return true;
}

static const char *id_of(struct runbook_reader *r, const char *name, const struct step_place *place)
{
	if (place->role == ROLE_STEP)
		return name;
	return arena_printf(r->a, "%s/%s", r->file->steps.items[place->parent].id, name);
}

static void fill_step(struct runbook_reader *r, struct file_step *s, const struct node *body,
		      const struct step_place *place)
{
	const struct node *name = node_find(body, "Name");

	*s = (struct file_step){.parent = place->parent, .role = place->role, .body = body};
	s->where = name ? name->where : body->where;
	if (place->parent != STEP_TOP)
		s->depth = r->file->steps.items[place->parent].depth + 1;
}

static void read_step(struct runbook_reader *r, const struct node *body,
		      const struct step_place *place)
{
	size_t at = r->file->steps.count;
	struct file_step s;
	int kind;

	if (body->kind != NODE_MAP) {
		wrong_shape(r, place->who ? place->who : "a step", body,
			    "a map such as {Name: ..., Type: ...}");
		return;
	}
	fill_step(r, &s, body, place);
	s.name = name_of(r, body, place);
	if (!s.name || too_deep(r, &s) || too_many(r, &s))
		return;
	s.who = place->who ? place->who : arena_printf(r->a, "step '%s'", s.name);
	s.id = id_of(r, s.name, place);
	kind = kind_of(r, s.who, s.where, body);
	if (kind < 0 || !is_first(r, &s))
		return;
	s.kind = (enum step_kind)kind;
	check_role(r, &s);
	check_keys(r, &s);
	read_ungraceful(r, &s);
	read_condition(r, &s);
	step_check_keys(r->a, &s, STEP_GRACEFUL, r->d);
	if (s.ungraceful)
		step_check_keys(r->a, &s, STEP_UNGRACEFUL, r->d);
	*arena_vec_add(r->a, &r->file->steps) = s;
	read_inner(r, at);
	r->file->steps.items[at].end = r->file->steps.count;
	if (s.kind == STEP_RUNBOOK)
		read_run(r, &r->file->steps.items[at]);
}

void runbook_read_steps(struct runbook_reader *r, const struct node *list)
{
	const struct step_place top = {STEP_TOP, ROLE_STEP, NULL, NULL};

	if (list->kind != NODE_LIST || !list->count) {
		wrong_shape(r, "'Steps'", list,
			    "a list of steps, such as '- {Name: ..., Type: "
			    "...}'");
		return;
	}
	for (size_t i = 0; i < list->count && !full(r); i++)
		read_step(r, list->items[i], &top);
}
