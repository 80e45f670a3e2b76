/*
 * actions.c - Action and Apply steps against the templates: the resource is there, its type has the
 * action, the action answers what others use of it; parameters that are set are declared, and no
 * secrets.
 *
 * Only what is written out is looked at: `!Sub 'db/${To}/Global'` names stack and resource whatever
 * the region is.
 */
#include "engine/runbook/actions.h"

#include <string.h>

#include "engine/registry.h"
#include "engine/runbook/making.h"
#include "templates/refs.h"

struct acting {
	struct arena *a;
	const struct project *p;
	const struct runbook_file *file;
	const struct file_step *step;
	struct diags *d;
};

/* The text of a scalar, or that of !Sub; NULL: who knows. */
static const struct node *text_node(const struct node *n)
{
	if (n && n->kind == NODE_CALL && text_is(n->text, "Fn::Sub"))
		n = n->arg->kind == NODE_LIST && n->arg->count ? n->arg->items[0] : n->arg;
	return n && n->kind == NODE_SCALAR ? n : NULL;
}

/* A part that is the same whatever the parameters are. */
static bool is_written(struct text t)
{
	return t.len && !memchr(t.ptr, '$', t.len) && !memchr(t.ptr, '{', t.len);
}

/* "db/${To}/Global": stack and resource. */
static bool cut_address(struct text t, struct text *stack, struct text *resource)
{
	struct text_split rest = text_split_start(t);
	struct text part;
	size_t count = 0;

	while (text_next(&rest, '/', &part)) {
		if (!count++)
			*stack = part;
		*resource = part;
	}
	return (count == 3 || count == 4) && is_written(*stack) && is_written(*resource);
}

/* --- the resource ---------------------------------------------------------------------- */

struct resource_names {
	VEC_OF(const char *)
};

/* In any of the stack's instances; *absent: some were looked at, and none declares it. */
static const struct doc_resource *find_resource(const struct acting *x, struct text stack,
						const char *id, struct resource_names *names,
						bool *absent)
{
	bool declared = false;
	const struct doc_resource *found = NULL;
	struct range where;

	for (size_t i = 0; i < x->p->instance_count && !found; i++) {
		const struct instance *at = &x->p->instances[i];

		if (!at->doc || !text_is(stack, at->stack->name))
			continue;
		found = document_find(at->doc, id);
		/* A condition may leave it out here. */
		declared |= document_declares(at->doc, id, &where);
		*absent = !declared;
		for (size_t k = 0; k < at->doc->resource_count; k++)
			*arena_vec_add(x->a, names) = at->doc->resources[k].logical_id;
	}
	return found;
}

static const char *type_of(const struct acting *x, const struct node *at)
{
	struct text stack, resource;
	struct resource_names names = {0};
	const struct doc_resource *r;
	const char *id;
	bool absent = false;
	struct diag *g;

	if (!at || !cut_address(at->text, &stack, &resource))
		return NULL;
	id = arena_text(x->a, resource);
	r = find_resource(x, stack, id, &names, &absent);
	if (r || !absent)
		return r ? r->type : NULL;
	g = diag_add(x->d, DIAG_STEP_RESOURCE, at->where,
		     "'Resource' of %s names no resource of stack '%.*s': '%s'", x->step->who,
		     TEXT_ARG(stack), id);
	diag_did_you_mean(x->d, g, resource, names.items, names.count);
	if (!g->hint)
		diag_hint(x->d, g, "write stack/region/LogicalId, as in the stack's template");
	return NULL;
}

/* --- the action, and what it answers ------------------------------------------------------- */

static void report_action(const struct acting *x, const struct node *at, const char *type,
			  const struct schema *schema)
{
	size_t count;
	const char *const *names = schema_actions(schema, &count);
	struct diag *g = diag_add(x->d, DIAG_STEP_ACTION, at->where, "%s has no action '%s'", type,
				  at->text.ptr);

	if (count)
		diag_detail(x->d, g, "Its actions are %s.", diag_listed(x->a, names, count));
	diag_did_you_mean(x->d, g, at->text, names, count);
	if (!g->hint)
		diag_hint(x->d, g, "%s",
			  count ? "use one of these, or a step of another type"
				: "it has none: use a step of another type");
}

struct using
{
	const struct acting *x;
	const char *type, *action;
	const char *const *names;
	size_t count;
};

static void check_use(void *context, const struct ref *ref)
{
	const struct using *u = context;
	const struct file_step *s = u->x->step;
	const struct result_wanted w = {
		s->who, arena_printf(u->x->a, "action '%s' of %s", u->action, u->type),
		ref->attribute, ref->where, s->where};
	struct text_split rest = text_split_start(ref->attribute);
	struct text first;

	if (ref->kind != REF_ATTRIBUTE || !text_is(ref->name, s->id) || !ref->attribute.len)
		return;
	text_next(&rest, '.', &first);
	for (size_t i = 0; i < u->count; i++) {
		if (text_is(first, u->names[i]))
			return;
	}
	report_result(u->x->a, &w, u->names, u->count, u->x->d);
}

static void check_uses(const struct using *u)
{
	const struct node *steps = node_find(u->x->file->root, "Steps");

	if (u->names && steps)
		refs_walk(steps, check_use, (void *)(uintptr_t)u);
}

static const struct node *node_of(const struct acting *x, enum step_grace grace, const char *key)
{
	return text_node(step_key_node(x->step, grace, step_key_find(STEP_ACTION, text_of(key))));
}

static void check_action(const struct acting *x, enum step_grace grace)
{
	const struct node *action = node_of(x, grace, "Action");
	const char *type = type_of(x, node_of(x, grace, "Resource"));
	const struct provider_entry *entry;
	const struct schema *schema;
	struct using u = {.x = x, .type = type};

	if (!type || !action || !is_written(action->text) ||
	    !registry_find(x->p->registry, type, &entry, &schema) || !schema)
		return;
	u.action = action->text.ptr;
	if (!schema_has_action(schema, u.action)) {
		report_action(x, action, type, schema);
		return;
	}
	u.names = schema_action_results(schema, u.action, &u.count);
	/* Run in two ways, it answers what either does. */
	if (!x->step->ungraceful)
		check_uses(&u);
}

/* --- what Apply steps set ------------------------------------------------------------------ */

struct declared {
	const struct acting *x;
	struct resource_names names;
	struct resource_names secrets; /* of these, which are NoEcho */
	bool looked;                   /* at a template of the stacks, and all of them are known */
};

static void look_at_stack(struct declared *all, struct text stack)
{
	for (size_t i = 0; i < all->x->p->instance_count; i++) {
		const struct instance *at = &all->x->p->instances[i];

		if (!at->tpl || !text_is(stack, at->stack->name))
			continue;
		for (size_t k = 0; k < at->tpl->parameter_count; k++) {
			const struct parameter *p = &at->tpl->parameters[k];

			*arena_vec_add(all->x->a, &all->names) = p->name;
			if (p->no_echo)
				*arena_vec_add(all->x->a, &all->secrets) = p->name;
		}
		all->looked = true;
		return;
	}
}

/* False: they are not written out. */
static bool look_at_stacks(struct declared *all, const struct node *n)
{
	if (n->kind == NODE_SCALAR)
		look_at_stack(all, n->text);
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++) {
		if (!look_at_stacks(all, n->items[i]))
			return false;
	}
	return n->kind == NODE_SCALAR || n->kind == NODE_LIST;
}

static bool is_among(const struct resource_names *names, struct text t)
{
	for (size_t i = 0; i < names->count; i++) {
		if (text_is(t, names->items[i]))
			return true;
	}
	return false;
}

/* What a runbook refers to so is masked wherever it is seen, and is never recorded. */
static bool refers(const struct node *n)
{
	if (n->kind == NODE_SCALAR)
		return strstr(n->text.ptr, "{{resolve:") != NULL;
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++) {
		if (refers(n->items[i]))
			return true;
	}
	return n->kind == NODE_CALL && refers(n->arg);
}

static void check_secret(const struct declared *all, const struct node_entry *e)
{
	const struct acting *x = all->x;
	struct diag *g;

	if (!is_among(&all->secrets, e->key->text) && !refers(e->value))
		return;
	g = diag_add(x->d, DIAG_STEP_SECRET, e->key->where,
		     "%s would record parameter '%s', which is a secret", x->step->who,
		     e->key->text.ptr);
	diag_hint(x->d, g,
		  "give it in the manifest as '{{resolve:...}}'; a runbook can set all others");
}

static void check_parameter(struct declared *all, const struct node *key)
{
	const struct acting *x = all->x;
	struct diag *g;

	if (is_among(&all->names, key->text))
		return;
	g = diag_add(x->d, DIAG_STEP_PARAMETER, key->where,
		     "%s sets parameter '%s', which its stacks do not declare", x->step->who,
		     key->text.ptr);
	diag_did_you_mean(x->d, g, key->text, all->names.items, all->names.count);
	if (!g->hint && all->names.count)
		diag_hint(x->d, g, "they declare: %s",
			  diag_listed(x->a, all->names.items, all->names.count));
	else if (!g->hint)
		diag_hint(x->d, g, "declare it in the template, or remove it");
}

static void check_apply(const struct acting *x, enum step_grace grace)
{
	static const char *const keys[] = {"Stack", "Stacks"};
	const struct node *map =
		step_key_node(x->step, grace, step_key_find(STEP_APPLY, TEXT_LIT("Parameters")));
	struct declared all = {.x = x};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const struct node *n =
			step_key_node(x->step, grace, step_key_find(STEP_APPLY, text_of(keys[i])));

		if (n && !look_at_stacks(&all, n))
			return;
	}
	for (size_t i = 0; all.looked && map && map->kind == NODE_MAP && i < map->count; i++) {
		check_parameter(&all, map->entries[i].key);
		check_secret(&all, &map->entries[i]);
	}
}

static void check_one(const struct acting *x)
{
	for (int grace = 0; grace <= (x->step->ungraceful ? STEP_UNGRACEFUL : 0); grace++) {
		if (x->step->kind == STEP_ACTION)
			check_action(x, (enum step_grace)grace);
		else if (x->step->kind == STEP_APPLY)
			check_apply(x, (enum step_grace)grace);
	}
}

int runbook_check_actions(struct arena *a, const struct project *p, struct diags *d)
{
	struct runbook_library *lib = runbook_library_new(a, p->manifest);
	struct diags told = DIAGS_INIT;
	size_t errors = d->error_count;

	runbook_library_check(lib, &told);
	for (size_t i = 0; i < p->manifest->runbook_count; i++) {
		const struct runbook_file *f = &lib->files[i];

		for (size_t n = 0; f->state == RUNBOOK_GOOD && n < f->steps.count; n++) {
			const struct acting x = {a, p, f, &f->steps.items[n], d};

			check_one(&x);
		}
	}
	diags_release(&told);
	return d->error_count > errors ? -1 : 0;
}
