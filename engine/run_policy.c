/* run_policy.c - whether this version may change what the plan changes. */
#include "engine/run_parts.h"
#include "engine/version_check.h"

static bool has_work(const struct plan *p, const struct instance_plan *i)
{
	for (size_t c = i->first_change; c < i->first_change + i->change_count; c++) {
		if (p->changes[c].action != ACTION_NONE)
			return true;
	}
	return p->rollback;
}

static int check(struct run *r, const struct run_request *q, enum policy_use use)
{
	struct arena *a = r->e->arena;
	const struct instance_id **items =
		ARENA_ARRAY(a, r->plan->instance_count, const struct instance_id *);
	struct version_question v = {.a = a,
				     .project = r->e->project,
				     .items = items,
				     .use = use,
				     .reason = q->policy_reason};

	for (size_t i = 0; i < r->plan->instance_count; i++) {
		if (has_work(r->plan, &r->plan->instances[i]))
			items[v.count++] = &r->plan->instances[i].id;
	}
	return version_check(&v, r->d);
}

int run_check_policy(struct run *r, const struct run_request *q)
{
	return check(r, q, r->e->simulation ? POLICY_TOLD : POLICY_REFUSES);
}

int run_tell_policy(struct run *r, const struct run_request *q)
{
	return q->mode == RUN_IMPORT ? 0 : check(r, q, POLICY_TOLD);
}
