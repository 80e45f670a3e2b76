/*
 * executor_plan.c - a plan to steps and tasks, and the run as a whole.
 */
#include "engine/executor_build.h"

#include <string.h>

static bool has_secrets(const struct change *c)
{
	return c->sensitive_pointers && strcmp(c->sensitive_pointers, "[]") != 0;
}

static const char *fresh_outputs(const struct executor *x, const struct record *r)
{
	const struct executor_observed *o = x->observed;
	size_t at;

	if (!r || !o || !o->items || r < o->records->items ||
	    r >= o->records->items + o->records->count)
		return NULL;
	at = (size_t)(r - o->records->items);
	return o->items[at].seen == SEEN_PRESENT ? o->items[at].outputs : NULL;
}

/* --- tasks ----------------------------------------------------------------------- */

static void fill_call(struct task *t, const struct change *c, const char *endpoint)
{
	struct call *call = &t->job.call;

	call->address = address_text(t->x->arena, &t->addr);
	call->type = t->type;
	call->endpoint = endpoint;
	call->where = c->where;
	t->job.addr = &t->addr;
	t->job.type = t->type;
}

static struct task *new_task(struct building *b, const struct change *c, enum task_kind kind)
{
	struct task *t = b->next++;
	struct executor *x = b->x;

	t->x = x;
	t->kind = kind;
	t->change = c;
	t->change_index = (size_t)(c - b->plan->changes);
	t->before = c->before;
	t->fresh_outputs = fresh_outputs(x, c->before);
	t->addr = c->addr;
	t->type = c->type;
	t->provider = c->provider;
	t->schema = c->schema;
	x->progress[t->change_index].left++;
	t->step = walk_add(b->walk, STEP_WORK);
	executor_weigh(b, c, t->step);
	return t;
}

static const char *provider_name(const struct task *t)
{
	if (t->provider)
		return t->provider->name;
	return t->before && t->before->provider ? t->before->provider : "";
}

static void enroll(struct task *t)
{
	dispatch_enroll(t->x->dispatch, &t->job, &t->addr.instance, provider_name(t),
			t->job.call.endpoint);
}

void executor_enroll_instance(struct executor *x, size_t instance)
{
	const struct instance_plan *p = &x->plan->instances[instance];
	size_t end = executor_first_task(x, p->first_change + p->change_count);

	for (size_t n = executor_first_task(x, p->first_change); n < end; n++)
		enroll(&x->tasks[n]);
}

/* A region that waits for its turn takes nothing from those that have theirs. */
static void set_out(struct building *b, struct task *t, const char *endpoint)
{
	fill_call(t, t->change, endpoint);
	if (!b->members || !b->members[executor_instance_of(b->plan, t->change_index)])
		enroll(t);
}

static size_t add_wanted(struct building *b, const struct change *c, enum task_kind kind)
{
	struct task *t = new_task(b, c, kind);

	set_out(b, t, c->endpoint ? c->endpoint : "");
	return t->step;
}

/* What is recorded is deleted the way it was made, whatever the template says now. */
static struct task *add_removal(struct building *b, const struct change *c, enum task_kind kind)
{
	struct task *t = new_task(b, c, kind);

	t->type = c->before->type;
	t->provider = registry_entry(b->plan->project->registry, c->before->provider);
	t->schema = t->provider ? registry_schema(b->plan->project->registry, t->provider, t->type)
				: NULL;
	set_out(b, t, c->before->endpoint ? c->before->endpoint : "");
	return t;
}

static struct change_steps add_replacement(struct building *b, const struct change *c)
{
	struct task *removal, *creation;

	if (change_retains_old(c)) {
		size_t step = add_wanted(b, c, TASK_CREATE);

		return (struct change_steps){step, step, step};
	}
	creation = b->next;
	add_wanted(b, c, TASK_CREATE);
	removal = add_removal(b, c, TASK_DELETE);
	if (change_creates_first(c)) {
		removal->creates = creation;
		creation->keeps_old = true;
		walk_need(b->walk, removal->step, creation->step);
		return (struct change_steps){creation->step, creation->step, removal->step};
	}
	creation->before = NULL;
	removal->remade_by = creation;
	walk_need(b->walk, creation->step, removal->step);
	return (struct change_steps){removal->step, creation->step, creation->step};
}

static void learn_unchanged(struct building *b, const struct change *c)
{
	const char *fresh = fresh_outputs(b->x, c->before);
	struct record r;

	if (!c->before)
		return;
	r = *c->before;
	if (fresh)
		r.outputs = fresh;
	known_put(b->x->known, &r, KNOWN_ALL);
}

static struct change_steps add_change(struct building *b, const struct change *c)
{
	size_t step = STEP_NONE;

	switch (c->action) {
	case ACTION_NONE:
		if (c->resource && has_secrets(c) && !c->left_out) {
			step = add_wanted(b, c, TASK_LEARN);
			break;
		}
		learn_unchanged(b, c);
		step = walk_add(b->walk, STEP_GATE);
		break;
	case ACTION_CREATE:
		step = add_wanted(b, c, TASK_CREATE);
		break;
	case ACTION_IMPORT: /* run_import.c records it: there is nothing to run */
		step = walk_add(b->walk, STEP_GATE);
		break;
	case ACTION_ADOPT: /* recorded before the run */
	case ACTION_UPDATE:
		step = add_wanted(b, c, TASK_UPDATE);
		break;
	case ACTION_DELETE:
		step = add_removal(b, c, TASK_DELETE)->step;
		break;
	case ACTION_RETAIN:
		step = add_removal(b, c, TASK_FORGET)->step;
		break;
	case ACTION_REPLACE:
		return add_replacement(b, c);
	}
	return (struct change_steps){step, step, step};
}

/* --- building ---------------------------------------------------------------------- */

static bool build(struct building *b)
{
	for (size_t i = 0; i < b->plan->change_count; i++)
		b->steps[i] = add_change(b, &b->plan->changes[i]);
	executor_order(b);
	return walk_seal(b->walk);
}

static void forget_tasks(struct building *b)
{
	struct executor *x = b->x;

	for (struct task *t = x->tasks; t < b->next; t++)
		dispatch_retire(x->dispatch, &t->job);
	memset(x->tasks, 0, (size_t)(b->next - x->tasks) * sizeof(*x->tasks));
	memset(x->progress, 0, b->plan->change_count * sizeof(*x->progress));
	walk_free(b->walk);
}

static size_t most_tasks(const struct plan *p)
{
	size_t count = 0;

	for (size_t i = 0; i < p->change_count; i++)
		count += p->changes[i].action == ACTION_REPLACE ? 2 : 1;
	return count;
}

/* Every record counts, not only those of the plan: stacks may share a thing. */
static int find_holders(struct executor *x)
{
	struct record_list all;
	struct arena *a;
	int rc;

	if (!plan_takes_away(x->plan))
		return 0;
	a = arena_new();
	x->holders = holders_new();
	rc = state_load_records(x->e->state, NULL, a, &all, x->d);
	for (size_t i = 0; !rc && i < all.count; i++) {
		if (!*all.items[i].deposed)
			holders_put(x->holders, &all.items[i]);
	}
	arena_free(a);
	return rc;
}

void executor_build(struct executor *x)
{
	struct building b = {.x = x, .plan = x->plan, .typical_ms = plan_mean_ms(x->plan)};
	size_t most = most_tasks(x->plan);

	x->tasks = ARENA_ARRAY(x->arena, most, struct task);
	x->progress = ARENA_ARRAY(x->arena, x->plan->change_count, struct change_progress);
	b.steps = ARENA_ARRAY(x->arena, x->plan->change_count, struct change_steps);
	if (x->plan->rollouts.count)
		b.members = executor_members(x->arena, x->plan);
	x->doors = ARENA_ARRAY(x->arena, x->plan->instance_count, size_t);
	for (size_t i = 0; i < x->plan->instance_count; i++)
		x->doors[i] = STEP_NONE;
	b.next = x->tasks;
	b.walk = walk_new();
	if (!build(&b)) {
		forget_tasks(&b);
		b.strict_only = true;
		b.next = x->tasks;
		b.walk = walk_new();
		if (!build(&b))
			fail_fast("the plan's changes wait for each other in a circle");
	}
	x->walk = b.walk;
	x->task_count = (size_t)(b.next - x->tasks);
	x->by_step = ARENA_ARRAY(x->arena, walk_size(x->walk), struct task *);
	for (size_t i = 0; i < x->task_count; i++) {
		struct task *t = &x->tasks[i];

		x->by_step[t->step] = t;
		t->job.lane.priority = walk_priority(x->walk, t->step);
		t->job.lane.order = t->step;
		x->changes_total += t->kind != TASK_LEARN && (!i || t->change != t[-1].change);
	}
}

/* --- running a plan ----------------------------------------------------------------- */

static enum change_end end_of(const struct change *c, const struct change_progress *p)
{
	if (p->open)
		return CHANGE_OPEN;
	if (p->failed)
		return CHANGE_FAILED;
	if (p->skipped)
		return CHANGE_SKIPPED;
	if (c->action == ACTION_NONE || p->needless)
		return CHANGE_NOTHING;
	return p->updated ? CHANGE_UPDATED : CHANGE_DONE;
}

/* A gate at the end may fail when nothing else has. */
static bool any_fault(const struct execution *x, const struct plan *p)
{
	for (size_t i = 0; x->faults && i < p->rollouts.count; i++) {
		if (x->faults[i] != ROLLOUT_WELL)
			return true;
	}
	return false;
}

/* Nothing of it begins. */
static void begin_stopped(struct executor *x)
{
	x->stopping = true;
	rollouts_stop(x->rollouts);
	walk_stop(x->walk);
}

int executor_run(struct engine *e, const struct plan *plan,
		 const struct executor_observed *observed, struct execution *out, struct diags *d)
{
	struct executor x = {
		.e = e,
		.d = d,
		.plan = plan,
		.observed = observed,
		.arena = arena_new(),
		.known = known_new(plan->project->registry),
	};
	bool blind;
	int rc;

	x.halted = ARENA_ARRAY(plan->arena, plan->instance_count, bool);
	x.dispatch = dispatch_new(e, d);
	executor_build(&x);
	blind = executor_intend(&x) != 0;
	x.rollouts = rollouts_new(&x);
	blind = find_holders(&x) != 0 || blind;
	if (blind)
		begin_stopped(&x);
	engine_tell(e, (struct event){.kind = EVENT_APPLY_STARTED, .total = x.changes_total});
	outside_enter(e->outside, OUTSIDE_APPLY, x.known);
	rc = executor_loop(&x);
	if (blind)
		rc = -1;
	*out = (struct execution){
		.ends = ARENA_ARRAY(plan->arena, plan->change_count, enum change_end),
		.known = x.known,
		.halted = x.halted,
		.reached = ARENA_ARRAY(plan->arena, plan->instance_count, bool),
		.interrupted = dispatch_level(x.dispatch) > 0,
		.writable = !x.broken,
	};
	for (size_t i = 0; i < plan->change_count; i++)
		out->ends[i] = end_of(&plan->changes[i], &x.progress[i]);
	for (size_t i = 0; i < plan->instance_count; i++)
		out->reached[i] = executor_only_cleanup(&x, i);
	executor_halt_skipped(&x);
	rollouts_report(x.rollouts, plan, out);
	if (walk_count(x.walk, STEP_SKIPPED) || any_fault(out, plan))
		rc = -1;
	executor_release(&x);
	return rc;
}
