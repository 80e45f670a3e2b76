/*
 * planner_deletes.c - records that the documents do not want, and what is left over from
 * replacements.
 */
#include "engine/planner_parts.h"

#include <string.h>

#include "engine/recreation.h"
#include "templates/node.h"

static bool wanted(const struct planning *p, const struct planning_instance *w,
		   const struct record *r)
{
	return !p->in->destroy && w->instance && w->instance->doc &&
	       document_find(w->instance->doc, r->addr.logical_id);
}

/* Where the template has the resource still.  What is destroyed needs no template without
 * mistakes: then what is written out is enough. */
static bool in_template(const struct planning_instance *w, const struct record *r,
			struct range *where)
{
	const struct template *t = w->instance ? w->instance->tpl : NULL;
	const struct node_entry *entry = NULL;

	if (t && w->instance->doc)
		return document_declares(w->instance->doc, r->addr.logical_id, where);
	if (t && t->resources && t->resources->kind == NODE_MAP)
		entry = node_find_entry(t->resources, text_of(r->addr.logical_id));
	if (entry)
		*where = entry->key->where;
	return entry != NULL;
}

static bool policy_text_retains(const char *policy)
{
	return !strcmp(policy, "Retain") || !strcmp(policy, "RetainExceptOnCreate");
}

/* Its stack keeps what goes to a target that is no longer named.  Then nothing of it is touched,
 * not even what a replacement left over: the place may not be ours any more. */
static bool leaves_instance(const struct planning *p, const struct planning_instance *w,
			    const struct record *r)
{
	const struct manifest_stack *stack;

	if (p->in->destroy || w->instance)
		return false;
	stack = manifest_stack(p->in->project->manifest, r->addr.instance.stack);
	return stack && stack->retain_instances;
}

/* What the template says now wins over what was recorded at the last apply. */
static bool retains(const struct planning *p, const struct planning_instance *w,
		    const struct record *r)
{
	const struct document *doc = w->instance ? w->instance->doc : NULL;
	const struct doc_resource *now = doc ? document_find(doc, r->addr.logical_id) : NULL;

	if (leaves_instance(p, w, r))
		return true;
	if (*r->deposed)
		return false;
	if (now)
		return now->deletion_policy == DELETION_RETAIN ||
		       now->deletion_policy == DELETION_RETAIN_EXCEPT_ON_CREATE;
	return r->deletion_policy && policy_text_retains(r->deletion_policy);
}

/* What is left over from a replacement goes by the policy for replaced things. */
bool planner_wants_snapshot(const struct planning_instance *w, const struct record *r)
{
	const struct document *doc = w->instance ? w->instance->doc : NULL;
	const struct doc_resource *now = doc ? document_find(doc, r->addr.logical_id) : NULL;

	if (now)
		return (*r->deposed ? now->update_replace_policy : now->deletion_policy) ==
		       DELETION_SNAPSHOT;
	return r->deletion_policy && !strcmp(r->deletion_policy, "Snapshot");
}

static void set_reason(const struct planning *p, const struct planning_instance *w,
		       struct change *c)
{
	/* It is not wanted: so a condition leaves it out. */
	bool left_out = in_template(w, c->before, &c->where);

	if (recreation_abandoned(c->before))
		c->reason = REASON_ABANDONED;
	else if (*c->before->deposed)
		c->reason = REASON_DEPOSED;
	else if (p->in->destroy)
		c->reason = REASON_DESTROY;
	else if (!w->instance)
		c->reason = REASON_NOT_IN_MANIFEST;
	else if (left_out)
		c->reason = REASON_CONDITION_FALSE;
	else
		c->reason = REASON_NOT_IN_TEMPLATE;
}

static void set_provider(const struct planning *p, struct change *c)
{
	c->provider = registry_entry(p->in->project->registry, c->before->provider);
	if (c->provider)
		c->schema = registry_schema(p->in->project->registry, c->provider, c->type);
}

static void add_delete(struct planning *p, const struct planning_instance *w,
		       const struct record *r)
{
	struct change *c = arena_vec_add(p->a, &p->changes);

	c->addr = r->addr;
	c->type = r->type;
	c->before = r;
	c->action = retains(p, w, r) ? ACTION_RETAIN : ACTION_DELETE;
	c->snapshot = c->action == ACTION_DELETE && planner_wants_snapshot(w, r);
	c->instance = w->instance;
	c->endpoint = r->endpoint ? r->endpoint : "";
	c->unknown_pointers = "[]";
	c->sensitive_pointers = r->sensitive && *r->sensitive ? r->sensitive : "[]";
	set_reason(p, w, c);
	set_provider(p, c);
}

void planner_deletes(struct planning *p, const struct planning_instance *w)
{
	for (size_t i = 0; i < w->record_count; i++) {
		const struct record *r = w->records[i];

		if (*r->deposed || !wanted(p, w, r))
			add_delete(p, w, r);
	}
}
