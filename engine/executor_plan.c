/*
 * executor_plan.c - a plan to steps and tasks.
 *
 * A change has three steps, often the same: its entry waits for what the change needs; once
 * its core is done others may use the resource; its tail ends the change.  A replacement
 * that creates first has the delete of the old one as its tail, which waits until those that
 * used the old one have moved.  Changes of ACTION_NONE are gates: order passes through them.
 */
#include "engine/executor_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct change_steps {
	size_t entry, core, tail;
};

struct building {
	struct executor *x;
	const struct plan *plan;
	struct walk *walk;
	struct change_steps *steps; /* by change */
	struct task *next;          /* of x->tasks */
	/* Edges that only keep a good order: left out when they would close a circle. */
	bool strict_only;
};

static bool retains_old(const struct change *c)
{
	return c->resource &&
	       (c->resource->update_replace_policy == DELETION_RETAIN ||
		c->resource->update_replace_policy == DELETION_RETAIN_EXCEPT_ON_CREATE);
}

static bool creates_first(const struct change *c)
{
	return c->action == ACTION_REPLACE && !retains_old(c) &&
	       schema_replacement_order(c->schema) == CREATE_THEN_DELETE;
}

static bool deletes_first(const struct change *c)
{
	return c->action == ACTION_REPLACE && !retains_old(c) && !creates_first(c);
}

static bool removes(const struct change *c)
{
	return c->action == ACTION_DELETE || c->action == ACTION_RETAIN;
}

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
	return t;
}

static const char *provider_name(const struct task *t)
{
	if (t->provider)
		return t->provider->name;
	return t->before && t->before->provider ? t->before->provider : "";
}

static void enroll(struct task *t, const char *endpoint)
{
	fill_call(t, t->change, endpoint);
	dispatch_enroll(t->x->dispatch, &t->job, &t->addr.instance, provider_name(t), endpoint);
}

static size_t add_wanted(struct building *b, const struct change *c, enum task_kind kind)
{
	struct task *t = new_task(b, c, kind);

	enroll(t, c->endpoint ? c->endpoint : "");
	return t->step;
}

/* What is recorded is deleted the way it was made, whatever the template says now. */
static struct task *add_removal(struct building *b, const struct change *c, enum task_kind kind)
{
	struct task *t = new_task(b, c, kind);

	t->type = c->before->type;
	t->provider = registry_entry(b->plan->project->registry, c->before->provider);
	t->schema = t->provider ? map_find(&t->provider->schemas, text_of(t->type)) : NULL;
	enroll(t, c->before->endpoint ? c->before->endpoint : "");
	return t;
}

static struct change_steps add_replacement(struct building *b, const struct change *c)
{
	struct task *removal, *creation;

	if (retains_old(c)) {
		size_t step = add_wanted(b, c, TASK_CREATE);

		return (struct change_steps){step, step, step};
	}
	creation = b->next;
	add_wanted(b, c, TASK_CREATE);
	removal = add_removal(b, c, TASK_DELETE);
	if (creates_first(c)) {
		removal->creates = creation;
		creation->keeps_old = true;
		walk_need(b->walk, removal->step, creation->step);
		return (struct change_steps){creation->step, creation->step, removal->step};
	}
	creation->before = NULL;
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
		if (c->resource && has_secrets(c)) {
			step = add_wanted(b, c, TASK_LEARN);
			break;
		}
		learn_unchanged(b, c);
		step = walk_add(b->walk, STEP_GATE);
		break;
	case ACTION_CREATE:
	case ACTION_IMPORT:
	case ACTION_ADOPT:
		step = add_wanted(b, c, TASK_CREATE);
		break;
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

/* --- edges ----------------------------------------------------------------------- */

static void add_needs(struct building *b, size_t i)
{
	const struct change *c = &b->plan->changes[i];

	for (size_t k = 0; k < c->need_count; k++) {
		size_t n = c->needs[k];
		const struct change *need = &b->plan->changes[n];

		/* Of two that are deleted first the user's old one goes first, so only its
		 * creation waits. */
		if (!b->strict_only && deletes_first(c) && deletes_first(need))
			walk_need(b->walk, b->steps[i].core, b->steps[n].core);
		else
			walk_need(b->walk, b->steps[i].entry, b->steps[n].core);
		if (b->strict_only)
			continue;
		/* What is deleted may have been used by the old one of a replacement. */
		if (removes(c))
			walk_need(b->walk, b->steps[i].entry, b->steps[n].tail);
		/* The old one goes when those that used it have moved. */
		else if (creates_first(need))
			walk_need(b->walk, b->steps[n].tail, b->steps[i].tail);
	}
}

/* Changes of replacements by stored address. */
static void index_replacements(const struct building *b, struct map *out)
{
	for (size_t i = 0; i < b->plan->change_count; i++) {
		const struct change *c = &b->plan->changes[i];

		if (c->action == ACTION_REPLACE && !retains_old(c))
			map_set(out, text_of(address_key(b->x->arena, &c->addr)), (void *)c);
	}
}

/* User i, as recorded, used what `replaced` replaces. */
static void hold_removal(struct building *b, size_t i, const struct change *replaced)
{
	const struct change *user = &b->plan->changes[i];
	size_t r = (size_t)(replaced - b->plan->changes);

	if (r == i)
		return;
	if (creates_first(replaced))
		walk_need(b->walk, b->steps[r].tail, b->steps[i].tail);
	else if (removes(user) || deletes_first(user))
		walk_need(b->walk, b->steps[r].entry, b->steps[i].entry);
}

static void add_recorded_needs(struct building *b, const struct map *replacements)
{
	for (size_t i = 0; i < b->plan->change_count; i++) {
		const struct record *r = b->plan->changes[i].before;
		json_t *keys =
			r && r->depends_on ? json_parse(text_of(r->depends_on), NULL, NULL) : NULL;

		for (size_t k = 0; k < json_array_size(keys); k++) {
			const char *key = json_string_value(json_array_get(keys, k));
			const struct change *c = map_find(replacements, text_of(key));

			if (c)
				hold_removal(b, i, c);
		}
		json_decref(keys);
	}
}

static void add_place(struct str *key, const struct address *x)
{
	if (key->len)
		str_printf(key, "\n%s\n%s", x->instance.account, x->instance.region);
}

/* Creations by what they will make. */
static void index_creations(const struct building *b, struct map *out)
{
	for (size_t i = 0; i < b->plan->change_count; i++) {
		const struct change *c = &b->plan->changes[i];
		struct str key = STR_INIT;

		if (c->action == ACTION_CREATE || c->action == ACTION_REPLACE)
			planner_identity(c->schema, c->endpoint, c->desired, &key);
		add_place(&key, &c->addr);
		if (key.len)
			map_set(out, str_text(&key), (void *)c);
		str_release(&key);
	}
}

static const struct instance_plan *instance_of(const struct plan *p, const struct change *c)
{
	size_t at = (size_t)(c - p->changes), low = 0, high = p->instance_count;

	while (low + 1 < high) {
		size_t mid = low + (high - low) / 2;

		if (p->instances[mid].first_change <= at)
			low = mid;
		else
			high = mid;
	}
	return &p->instances[low];
}

/* All of the heir's instance waits for all of the other's anyway. */
static bool waits_for(const struct plan *p, const struct change *heir, const struct change *c)
{
	const struct instance_plan *later = instance_of(p, heir), *sooner = instance_of(p, c);

	for (size_t i = 0; i < later->need_count; i++) {
		if (&p->instances[later->needs[i]] == sooner)
			return true;
	}
	return false;
}

/* The old one of a replacement, or what moves to another stack: inside of one instance
 * the planner has a creation wait for the deletion. */
static bool may_be_inherited(const struct change *c)
{
	if (c->action == ACTION_REPLACE)
		return creates_first(c) && !strcmp(c->type, c->before->type);
	return c->action == ACTION_DELETE && c->schema;
}

/*
 * When resources pass what they hold on to each other (two files that swap their paths),
 * the old holder goes after the new one has come: it is then seen that nothing may be
 * deleted (holders.h).
 */
static void add_successions(struct building *b)
{
	const struct plan *p = b->plan;
	struct map creations = MAP_INIT;

	index_creations(b, &creations);
	for (size_t i = 0; creations.live_count && i < p->change_count; i++) {
		const struct change *c = &p->changes[i], *heir;
		struct str key = STR_INIT;

		if (may_be_inherited(c))
			planner_identity(c->schema, c->before->endpoint, c->before->inputs, &key);
		add_place(&key, &c->addr);
		heir = key.len ? map_find(&creations, str_text(&key)) : NULL;
		if (heir && heir != c && !waits_for(p, heir, c) &&
		    (c->action == ACTION_REPLACE || instance_of(p, heir) != instance_of(p, c)))
			walk_need(b->walk, b->steps[i].tail, b->steps[heir - p->changes].core);
		str_release(&key);
	}
	map_release(&creations);
}

static bool takes_away(const struct plan *p)
{
	return p->counts.remove || p->counts.replace;
}

/* Gates between instances: `end` of one opens when all its changes are over. */
static void add_barriers(struct building *b)
{
	const struct plan *p = b->plan;
	size_t *ends = xcalloc(p->instance_count + 1, sizeof(size_t));

	for (size_t i = 0; i < p->instance_count; i++) {
		const struct instance_plan *in = &p->instances[i];

		ends[i] = walk_add(b->walk, STEP_GATE);
		for (size_t c = in->first_change; c < in->first_change + in->change_count; c++) {
			walk_need(b->walk, ends[i], b->steps[c].core);
			walk_need(b->walk, ends[i], b->steps[c].tail);
		}
	}
	for (size_t i = 0; i < p->instance_count; i++) {
		const struct instance_plan *in = &p->instances[i];
		size_t start;

		if (!in->need_count)
			continue;
		start = walk_add(b->walk, STEP_GATE);
		for (size_t k = 0; k < in->need_count; k++)
			walk_need(b->walk, start, ends[in->needs[k]]);
		for (size_t c = in->first_change; c < in->first_change + in->change_count; c++)
			walk_need(b->walk, b->steps[c].entry, start);
	}
	free(ends);
}

static bool build(struct building *b)
{
	struct map replacements = MAP_INIT;

	for (size_t i = 0; i < b->plan->change_count; i++)
		b->steps[i] = add_change(b, &b->plan->changes[i]);
	for (size_t i = 0; i < b->plan->change_count; i++)
		add_needs(b, i);
	if (!b->strict_only)
		index_replacements(b, &replacements);
	if (replacements.live_count)
		add_recorded_needs(b, &replacements);
	if (!b->strict_only && takes_away(b->plan))
		add_successions(b);
	map_release(&replacements);
	add_barriers(b);
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

	if (!takes_away(x->plan))
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
	struct building b = {.x = x, .plan = x->plan};
	size_t most = most_tasks(x->plan);

	x->tasks = ARENA_ARRAY(x->arena, most, struct task);
	x->progress = ARENA_ARRAY(x->arena, x->plan->change_count, struct change_progress);
	b.steps = ARENA_ARRAY(x->arena, x->plan->change_count, struct change_steps);
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
	x->by_step =
		ARENA_ARRAY(x->arena, 2 * most + 2 * x->plan->instance_count + 1, struct task *);
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
	return c->action == ACTION_NONE || p->needless ? CHANGE_NOTHING : CHANGE_DONE;
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

	x.dispatch = dispatch_new(e, d);
	executor_build(&x);
	blind = find_holders(&x) != 0;
	x.stopping = blind;
	engine_tell(e, (struct event){.kind = EVENT_APPLY_STARTED, .total = x.changes_total});
	outside_enter(e->outside, OUTSIDE_APPLY, x.known);
	rc = executor_loop(&x);
	if (blind)
		rc = -1;
	*out = (struct execution){
		.ends = ARENA_ARRAY(plan->arena, plan->change_count, enum change_end),
		.known = x.known,
		.interrupted = dispatch_level(x.dispatch) > 0,
		.writable = !x.broken,
	};
	for (size_t i = 0; i < plan->change_count; i++)
		out->ends[i] = end_of(&plan->changes[i], &x.progress[i]);
	if (walk_count(x.walk, STEP_SKIPPED))
		rc = -1;
	executor_release(&x);
	return rc;
}
