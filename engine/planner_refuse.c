/*
 * planner_refuse.c - changes of a finished plan that may not be done: what the manifest
 * forbids, and what would lose data that the template wants to keep.
 */
#include "engine/planner.h"

#include <string.h>

struct refusing {
	const struct plan *plan;
	const struct instance_list *instances;
	struct arena *scratch;
	struct diags *d;
	size_t count;
};

static bool fits_any(const char *const *patterns, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		if (text_glob(text_of(patterns[i]), text_of(text)))
			return true;
	}
	return count == 0;
}

/* DENY_COUNT: nothing that a policy speaks of.  What only leaves the record is not deleted. */
static enum deny kind_of(const struct change *c)
{
	switch (c->action) {
	case ACTION_REPLACE:
		return DENY_REPLACE;
	case ACTION_DELETE:
		return DENY_DELETE;
	case ACTION_UPDATE:
	case ACTION_ADOPT:
		return DENY_UPDATE;
	case ACTION_NONE:
	case ACTION_CREATE:
	case ACTION_RETAIN:
	case ACTION_IMPORT:
		break;
	}
	return DENY_COUNT;
}

/* The old one of a finished replacement goes in any case: the replacing was allowed. */
static const struct manifest_policy *denying(const struct manifest_stack *s, const struct change *c)
{
	bool leftover = c->reason == REASON_DEPOSED || c->reason == REASON_ABANDONED;
	enum deny kind = leftover ? DENY_COUNT : kind_of(c);
	const char *type = c->before ? c->before->type : c->type;

	for (size_t i = 0; kind != DENY_COUNT && i < s->policy_count; i++) {
		const struct manifest_policy *p = &s->policies[i];

		if (p->denies[kind] &&
		    fits_any(p->resources, p->resource_count, c->addr.logical_id) &&
		    fits_any(p->types, p->type_count, type))
			return p;
	}
	return NULL;
}

static const char *const doings[] = {
	[DENY_REPLACE] = "replaced",
	[DENY_DELETE] = "deleted",
	[DENY_UPDATE] = "updated",
	[DENY_COUNT] = "touched", /* no policy speaks of it */
};

static void detail_reason(struct refusing *r, struct diag *g, const struct change *c)
{
	const char *maybe = c->conditional ? "It may be replaced: " : "";

	if (c->cause && c->reason == REASON_CREATE_ONLY)
		diag_detail(r->d, g, "%s'%s' %s.", maybe, c->cause, reason_text(c->reason));
	else if (c->cause)
		diag_detail(r->d, g, "Because: %s ('%s').", reason_text(c->reason), c->cause);
	else
		diag_detail(r->d, g, "Because: %s.", reason_text(c->reason));
}

static void refuse_denied(struct refusing *r, const struct change *c,
			  const struct manifest_policy *p)
{
	const char *address = address_text(r->scratch, &c->addr);
	struct diag *g = diag_add(r->d, DIAG_POLICY_DENIES, c->where, "'%s' may not be %s", address,
				  doings[kind_of(c)]);

	detail_reason(r, g, c);
	diag_related(r->d, g, p->where, "this policy denies it");
	diag_hint(r->d, g,
		  "leave it as it is (--exclude '%s' goes on with the rest), or take the policy "
		  "away for this run",
		  address);
	diag_address(r->d, g, address);
	r->count++;
}

/* Nothing tells how the data could be kept. */
static void refuse_without_snapshot(struct refusing *r, const struct change *c)
{
	const char *address = address_text(r->scratch, &c->addr);
	struct diag *g =
		diag_add(r->d, DIAG_NO_SNAPSHOT, c->where,
			 "'%s' is to be kept as a snapshot, and %s has none", address, c->type);

	diag_detail(r->d, g, "Its DeletionPolicy, as recorded or written, is Snapshot.");
	diag_hint(r->d, g, "write 'DeletionPolicy: Retain' and apply that first");
	diag_address(r->d, g, address);
	r->count++;
}

static void check_change(struct refusing *r, const struct manifest_stack *s, const struct change *c)
{
	const struct manifest_policy *p = s ? denying(s, c) : NULL;

	if (p)
		refuse_denied(r, c, p);
	if (c->snapshot && c->schema && !schema_has_action(c->schema, "snapshot"))
		refuse_without_snapshot(r, c);
}

static size_t count_removals(const struct plan *plan, const struct instance_plan *i)
{
	size_t count = 0;

	for (size_t k = i->first_change; k < i->first_change + i->change_count; k++)
		count += plan->changes[k].action == ACTION_DELETE ||
			 plan->changes[k].action == ACTION_RETAIN;
	return count;
}

static bool was_protected(const struct refusing *r, const struct instance_id *id)
{
	for (size_t i = 0; i < r->instances->count; i++) {
		if (instance_id_compare(&r->instances->items[i].id, id) == 0)
			return r->instances->items[i].protected;
	}
	return false;
}

static const char *way_out(const struct refusing *r, const struct manifest_stack *s)
{
	if (!s)
		return "put the stack back; to give it up, apply it with 'DeletionProtection: "
		       "false' first";
	return r->plan->destroy ? "write 'DeletionProtection: false' to give it up"
				: "put the target back, or write 'DeletionProtection: false' "
				  "to give it up";
}

/* The whole instance goes: destroy, or its target left the manifest and nothing retains it. */
static bool is_protected(struct refusing *r, const struct manifest_stack *s,
			 const struct instance_plan *i)
{
	bool retained = s && s->retain_instances && !r->plan->destroy;
	bool goes = r->plan->destroy || (!i->instance && !retained);
	bool kept = s ? s->protected : was_protected(r, &i->id);
	size_t count = kept && goes ? count_removals(r->plan, i) : 0;
	struct diag *g;

	if (!count)
		return false;
	g = diag_add(r->d, DIAG_STACK_PROTECTED, RANGE_NONE, "'%s' is protected from deletion",
		     instance_id_text(r->scratch, &i->id));
	diag_detail(r->d, g, "%zu of its resources would go, because %s.", count,
		    r->plan->destroy ? "the stack is to be destroyed"
		    : s              ? "the target is not in the manifest any more"
				     : "the stack is not in the manifest any more");
	if (s)
		diag_related(r->d, g, s->protected_where, "it is protected here");
	diag_hint(r->d, g, "%s", way_out(r, s));
	r->count++;
	return true;
}

size_t planner_refuse(const struct plan *plan, const struct instance_list *instances,
		      struct diags *d)
{
	struct refusing r = {plan, instances, arena_new(), d, 0};

	for (size_t n = 0; n < plan->instance_count; n++) {
		const struct instance_plan *i = &plan->instances[n];
		const struct manifest_stack *s =
			manifest_stack(plan->project->manifest, i->id.stack);

		if (is_protected(&r, s, i))
			continue;
		for (size_t k = 0; k < i->change_count; k++)
			check_change(&r, s, &plan->changes[i->first_change + k]);
	}
	arena_free(r.scratch);
	return r.count;
}
