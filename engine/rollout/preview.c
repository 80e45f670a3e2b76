/*
 * preview.c - the rollouts of a plan as they go if all goes well: their schedulers run against a
 * clock of rounds.  All that starts in a round ends with it, and so do the gates asked in it.
 *
 * Where they stop before the end, each waits for another: an instance for one that it needs, or
 * for one of its own stack whose turn is before.  Following that from any of them leads into the
 * circle.
 */
#include "engine/rollout/preview.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "engine/plan.h"

/* Of a longer circle the rest is only counted. */
#define CIRCLE_SHOWN 12

struct place {
	size_t rollout, member;
	bool takes_part;
};

struct preview {
	struct arena *a; /* of the steps */
	struct arena *scratch;
	const struct plan *plan;
	const struct rollout_list *list;
	struct rollout **rollouts;
	struct rollout_spec *specs;
	struct rollout_preferences *preferences;
	bool *queued;    /* by rollout, as the next */
	size_t *pending; /* members before it are not PENDING */
	struct {
		VEC_OF(size_t)
	} queue, next;        /* rollouts to be looked at in this round and the one behind */
	struct place *places; /* by instance of the plan, as the next four */
	size_t *missing;      /* needs that are not done */
	bool *done;
	size_t *first_user, *users; /* who needs it */
	struct {
		VEC_OF(size_t)
	} ended; /* instances whose users are to be told */
	struct {
		VEC_OF(struct rollout_step)
	} steps;
};

/* --- who needs whom ------------------------------------------------------------------------ */

static void group_users(struct preview *v)
{
	const struct plan *p = v->plan;
	size_t *fill = ARENA_ARRAY(v->scratch, p->instance_count + 1, size_t), total = 0;

	v->first_user = ARENA_ARRAY(v->scratch, p->instance_count + 1, size_t);
	for (size_t i = 0; i < p->instance_count; i++) {
		v->missing[i] = p->instances[i].need_count;
		total += v->missing[i];
		for (size_t k = 0; k < p->instances[i].need_count; k++)
			v->first_user[p->instances[i].needs[k] + 1]++;
	}
	for (size_t i = 0; i < p->instance_count; i++)
		v->first_user[i + 1] += v->first_user[i];
	memcpy(fill, v->first_user, (p->instance_count + 1) * sizeof(size_t));
	v->users = ARENA_ARRAY(v->scratch, total, size_t);
	for (size_t i = 0; i < p->instance_count; i++)
		for (size_t k = 0; k < p->instances[i].need_count; k++)
			v->users[fill[p->instances[i].needs[k]]++] = i;
}

static void place_members(struct preview *v)
{
	for (size_t r = 0; r < v->list->count; r++) {
		const struct stack_rollout *s = &v->list->items[r];

		for (size_t m = 0; m < s->spec.member_count; m++)
			v->places[s->instances[m]] = (struct place){r, m, true};
	}
}

/* MinHealthyRegions that can never be kept are another matter than the order. */
static void new_rollout(struct preview *v, size_t r)
{
	v->specs[r] = v->list->items[r].spec;
	v->preferences[r] = *v->specs[r].preferences;
	v->specs[r].preferences = &v->preferences[r];
	if (v->preferences[r].min_healthy_regions >= v->specs[r].region_count)
		v->preferences[r].min_healthy_regions = v->specs[r].region_count - 1;
	v->rollouts[r] = rollout_new(&v->specs[r]);
}

static void enqueue(struct preview *v, size_t rollout)
{
	if (v->queued[rollout])
		return;
	v->queued[rollout] = true;
	*(size_t *)arena_vec_add(v->scratch, &v->next) = rollout;
}

/* Nothing is missing any more: its turn, or done at once when there is nothing to do. */
static void release(struct preview *v, size_t instance)
{
	const struct place *at = &v->places[instance];

	if (at->takes_part) {
		rollout_ready(v->rollouts[at->rollout], at->member);
		enqueue(v, at->rollout);
		return;
	}
	v->done[instance] = true;
	*(size_t *)arena_vec_add(v->scratch, &v->ended) = instance;
}

static void tell_users(struct preview *v)
{
	while (v->ended.count) {
		size_t instance = v->ended.items[--v->ended.count];

		for (size_t u = v->first_user[instance]; u < v->first_user[instance + 1]; u++)
			if (--v->missing[v->users[u]] == 0)
				release(v, v->users[u]);
	}
}

static void begin(struct preview *v)
{
	size_t count = v->plan->instance_count, rollouts = v->list->count;

	v->scratch = arena_new();
	v->rollouts = ARENA_ARRAY(v->scratch, rollouts, struct rollout *);
	v->specs = ARENA_ARRAY(v->scratch, rollouts, struct rollout_spec);
	v->preferences = ARENA_ARRAY(v->scratch, rollouts, struct rollout_preferences);
	v->queued = ARENA_ARRAY(v->scratch, rollouts, bool);
	v->pending = ARENA_ARRAY(v->scratch, rollouts, size_t);
	v->places = ARENA_ARRAY(v->scratch, count, struct place);
	v->missing = ARENA_ARRAY(v->scratch, count, size_t);
	v->done = ARENA_ARRAY(v->scratch, count, bool);
	group_users(v);
	place_members(v);
	for (size_t r = 0; r < rollouts; r++)
		new_rollout(v, r);
	for (size_t i = 0; i < count; i++)
		if (!v->missing[i])
			release(v, i);
	tell_users(v);
}

static void end(struct preview *v)
{
	for (size_t r = 0; r < v->list->count; r++)
		rollout_free(v->rollouts[r]);
	arena_free(v->scratch);
}

/* --- rounds --------------------------------------------------------------------------------- */

static void start_all(struct preview *v, size_t r, size_t round)
{
	struct rollout_order o = rollout_next(v->rollouts[r]);

	v->queued[r] = false;
	for (; o.kind == ROLLOUT_START || o.kind == ROLLOUT_GATE; o = rollout_next(v->rollouts[r]))
		*(struct rollout_step *)arena_vec_add(v->a, &v->steps) = (struct rollout_step){
			.stack = r,
			.kind = o.kind == ROLLOUT_GATE ? ROLLOUT_STEP_GATE : ROLLOUT_STEP_START,
			.at = o.kind == ROLLOUT_GATE ? o.wave : o.member,
			.round = round,
		};
}

static void end_step(struct preview *v, const struct rollout_step *s)
{
	struct rollout *r = v->rollouts[s->stack];
	size_t instance;

	enqueue(v, s->stack);
	if (s->kind == ROLLOUT_STEP_GATE) {
		rollout_gate(r, s->at, GATE_PASSED);
		return;
	}
	instance = v->list->items[s->stack].instances[s->at];
	rollout_ended(r, s->at, MEMBER_ENDED_WELL);
	v->done[instance] = true;
	*(size_t *)arena_vec_add(v->scratch, &v->ended) = instance;
}

static int compare_numbers(const void *x, const void *y)
{
	const size_t *p = x, *q = y;

	return (*p > *q) - (*p < *q);
}

/* Stacks in their order, so that the same plan always reads the same. */
static void swap_queues(struct preview *v)
{
	size_t *items = v->queue.items, capacity = v->queue.capacity;

	v->queue.items = v->next.items;
	v->queue.count = v->next.count;
	v->queue.capacity = v->next.capacity;
	v->next.items = items;
	v->next.count = 0;
	v->next.capacity = capacity;
	if (v->queue.count)
		qsort(v->queue.items, v->queue.count, sizeof(size_t), compare_numbers);
}

static void run(struct preview *v)
{
	for (size_t round = 0; v->next.count; round++) {
		size_t first = v->steps.count;

		swap_queues(v);
		for (size_t i = 0; i < v->queue.count; i++)
			start_all(v, v->queue.items[i], round);
		for (size_t i = first, count = v->steps.count; i < count; i++)
			end_step(v, &v->steps.items[i]);
		tell_users(v);
	}
}

size_t rollout_preview(struct arena *a, const struct plan *plan, const struct rollout_list *list,
		       const struct rollout_step **out)
{
	struct preview v = {.a = a, .plan = plan, .list = list};

	begin(&v);
	run(&v);
	end(&v);
	*out = v.steps.items;
	return v.steps.count;
}

/* --- circles --------------------------------------------------------------------------------- */

/* Kept from call to call: all stand still now. */
static size_t first_pending(const struct preview *v, size_t rollout)
{
	size_t *member = &v->pending[rollout];

	while (rollout_state(v->rollouts[rollout], *member) != MEMBER_PENDING)
		(*member)++;
	return v->list->items[rollout].instances[*member];
}

/* What an instance waits for that does not go on. */
static size_t waits_for(const struct preview *v, size_t instance)
{
	const struct instance_plan *p = &v->plan->instances[instance];

	for (size_t k = 0; k < p->need_count; k++)
		if (!v->done[p->needs[k]])
			return p->needs[k];
	return first_pending(v, v->places[instance].rollout);
}

static bool is_need(const struct preview *v, size_t instance, size_t other)
{
	const struct instance_plan *p = &v->plan->instances[instance];

	for (size_t k = 0; k < p->need_count; k++)
		if (p->needs[k] == other)
			return true;
	return false;
}

/* "east goes before west in 'net'", or the waves that do. */
static void add_turn(const struct preview *v, size_t later, size_t sooner, struct str *out)
{
	const struct place *x = &v->places[sooner], *y = &v->places[later];
	const struct stack_rollout *s = &v->list->items[x->rollout];
	const struct rollout_member *m = &s->spec.members[x->member];
	const struct rollout_member *n = &s->spec.members[y->member];

	if (m->wave != n->wave)
		str_printf(out, "wave '%s' of '%s' goes before '%s'",
			   s->preferences.waves[m->wave].name, s->stack,
			   s->preferences.waves[n->wave].name);
	else
		str_printf(out, "in '%s' region %s goes before %s", s->stack, s->regions[m->region],
			   s->regions[n->region]);
}

static void add_link(const struct preview *v, size_t from, size_t to, struct str *out)
{
	const struct instance_plan *p = v->plan->instances;

	instance_id_format(&p[from].id, out);
	str_add(out, " waits for ");
	instance_id_format(&p[to].id, out);
	str_add(out, ": ");
	if (is_need(v, from, to))
		str_add(out, strcmp(p[from].id.stack, p[to].id.stack) != 0
				     ? "DependsOn, or an output that it takes"
				     : "an output that it takes");
	else
		add_turn(v, from, to, out);
}

/* An instance in the circle. */
static size_t find_circle(const struct preview *v, size_t rollout)
{
	size_t instance = first_pending(v, rollout);
	bool *seen = ARENA_ARRAY(v->scratch, v->plan->instance_count, bool);

	for (; !seen[instance]; instance = waits_for(v, instance))
		seen[instance] = true;
	return instance;
}

static struct range place_of_order(const struct preview *v, size_t instance)
{
	const struct stack_rollout *s;
	const struct manifest_stack *m;

	if (!v->places[instance].takes_part)
		return RANGE_NONE;
	s = &v->list->items[v->places[instance].rollout];
	m = manifest_stack(v->plan->project->manifest, s->stack);
	if (s->preferences.where.src || !m)
		return s->preferences.where;
	return m->where;
}

static void tell_circle(const struct preview *v, size_t first, struct diags *d)
{
	struct str chain = STR_INIT;
	size_t count = 0, at = first;
	const char *stack = v->plan->instances[first].id.stack, *other = NULL;
	struct diag *g;

	do {
		size_t next = waits_for(v, at);

		if (count++ < CIRCLE_SHOWN) {
			str_add(&chain, count > 1 ? "\n" : "");
			add_link(v, at, next, &chain);
		}
		if (!other && strcmp(v->plan->instances[next].id.stack, stack) != 0)
			other = v->plan->instances[next].id.stack;
		at = next;
	} while (at != first);
	if (count > CIRCLE_SHOWN)
		str_printf(&chain, "\n... and %zu more", count - CIRCLE_SHOWN);
	if (other)
		g = diag_add(d, DIAG_ROLLOUT_CIRCLE, place_of_order(v, first),
			     "the rollouts of '%s' and '%s' wait for each other", stack, other);
	else
		g = diag_add(d, DIAG_ROLLOUT_CIRCLE, place_of_order(v, first),
			     "the rollout of '%s' waits for itself", stack);
	diag_detail(d, g, "%s", str_cstr(&chain));
	diag_hint(d, g,
		  "give one of them another RegionOrder or RegionConcurrency: PARALLEL, or take "
		  "out the DependsOn or the output that closes the circle");
	str_release(&chain);
}

int rollout_check_order(const struct plan *plan, const struct rollout_list *list, struct diags *d)
{
	struct preview v = {.plan = plan, .list = list};
	int rc = 0;

	begin(&v);
	v.a = v.scratch;
	run(&v);
	for (size_t r = 0; !rc && r < list->count; r++) {
		if (!rollout_count(v.rollouts[r], MEMBER_PENDING))
			continue;
		tell_circle(&v, find_circle(&v, r), d);
		rc = -1;
	}
	end(&v);
	return rc;
}
