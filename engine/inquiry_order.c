/*
 * inquiry_order.c - see inquiry_order.h.
 *
 * Reading is a rollout (rollout/rollout.h) in which starting an instance is asking all of its
 * questions.  Its members come from a plan in which every instance that is asked has something
 * to do.
 */
#include "engine/inquiry_order.h"

#include <stdlib.h>
#include <string.h>

#include "engine/plan.h"
#include "engine/rollout/layout.h"

/* The questions of one instance; its place is that in the plan. */
struct group {
	size_t first, count; /* in `sorted` */
	size_t left;         /* that were not answered yet */
	size_t run, member;
	bool failed;
};

struct inquiry_order {
	struct arena *arena;
	const struct inquiries *list;
	size_t *sorted; /* places in the list, by instance */
	struct plan plan;
	struct group *groups;
	size_t *group_of; /* by place in the list */
	struct rollout_list rollouts;
	struct rollout **runs; /* parallel to rollouts */
	size_t at;             /* run that is looked at first */
};

/* --- instances ------------------------------------------------------------------------ */

struct placed {
	const struct instance_id *id;
	size_t item;
};

static int compare_placed(const void *x, const void *y)
{
	const struct placed *p = x, *q = y;
	int order = instance_id_compare(p->id, q->id);

	return order ? order : (p->item > q->item) - (p->item < q->item);
}

static const struct placed *sort_items(struct inquiry_order *o)
{
	size_t count = o->list->count;
	struct placed *placed = ARENA_ARRAY(o->arena, count, struct placed);

	for (size_t i = 0; i < count; i++)
		placed[i] = (struct placed){&o->list->items[i].addr->instance, i};
	if (count)
		qsort(placed, count, sizeof(*placed), compare_placed);
	return placed;
}

static void add_item(struct inquiry_order *o, size_t at, const struct placed *x,
		     struct instance_plan *instances)
{
	struct plan *p = &o->plan;
	struct group *g;

	if (!at || instance_id_compare(x[-1].id, x->id) != 0) {
		o->groups[p->instance_count].first = at;
		instances[p->instance_count++] = (struct instance_plan){
			.id = *x->id,
			.instance = project_instance(p->project, x->id),
			.change_count = 1,
		};
	}
	g = &o->groups[p->instance_count - 1];
	g->count++;
	if (o->list->items[x->item].arena)
		g->left++;
	else
		g->failed = true;
	o->sorted[at] = x->item;
	o->group_of[x->item] = p->instance_count - 1;
}

/* One change stands for all: it is not looked at but for being there. */
static void make_groups(struct inquiry_order *o)
{
	static const struct change something = {.action = ACTION_UPDATE};
	size_t count = o->list->count;
	const struct placed *placed = sort_items(o);
	struct instance_plan *instances = ARENA_ARRAY(o->arena, count, struct instance_plan);

	o->groups = ARENA_ARRAY(o->arena, count, struct group);
	o->sorted = ARENA_ARRAY(o->arena, count, size_t);
	o->group_of = ARENA_ARRAY(o->arena, count, size_t);
	for (size_t i = 0; i < count; i++)
		add_item(o, i, &placed[i], instances);
	o->plan.instances = instances;
	o->plan.changes = &something;
	o->plan.change_count = 1;
}

static void make_runs(struct inquiry_order *o)
{
	o->runs = ARENA_ARRAY(o->arena, o->rollouts.count, struct rollout *);
	for (size_t r = 0; r < o->rollouts.count; r++) {
		const struct stack_rollout *s = &o->rollouts.items[r];

		o->runs[r] = rollout_new(&s->spec);
		for (size_t m = 0; m < s->spec.member_count; m++) {
			o->groups[s->instances[m]].run = r;
			o->groups[s->instances[m]].member = m;
			rollout_ready(o->runs[r], m);
		}
	}
}

struct inquiry_order *inquiry_order_new(struct engine *e, const struct inquiries *list,
					struct diags *d)
{
	struct arena *a = arena_new();
	struct inquiry_order *o = ARENA_NEW(a, struct inquiry_order);
	struct rollout_wishes wishes = *list->wishes;

	*o = (struct inquiry_order){.arena = a, .list = list};
	o->plan.arena = a;
	o->plan.project = e->project;
	make_groups(o);
	wishes.reads = true;
	if (rollout_layout(a, &o->plan, &wishes, &o->rollouts, d)) {
		arena_free(a);
		return NULL;
	}
	make_runs(o);
	return o;
}

void inquiry_order_free(struct inquiry_order *o)
{
	if (!o)
		return;
	for (size_t r = 0; r < o->rollouts.count; r++)
		rollout_free(o->runs[r]);
	arena_free(o->arena);
}

/* --- whose turn it is ----------------------------------------------------------------- */

static void end_group(struct inquiry_order *o, const struct group *g)
{
	rollout_ended(o->runs[g->run], g->member,
		      g->failed ? MEMBER_ENDED_BADLY : MEMBER_ENDED_WELL);
}

static bool next_of(struct inquiry_order *o, size_t run, struct inquiry_turn *out)
{
	const struct group *g;
	struct rollout_order next;

	for (;;) {
		next = rollout_next(o->runs[run]);
		if (next.kind == ROLLOUT_WAIT || next.kind == ROLLOUT_OVER)
			return false;
		/* Nothing bakes, and nobody is asked how it is. */
		if (next.kind == ROLLOUT_GATE) {
			rollout_gate(o->runs[run], next.wave, GATE_PASSED);
			continue;
		}
		g = &o->groups[o->rollouts.items[run].instances[next.member]];
		*out = (struct inquiry_turn){
			.kind = next.kind == ROLLOUT_START ? INQUIRY_START : INQUIRY_CANCEL,
			.items = o->sorted + g->first,
			.count = g->count,
		};
		if (next.kind == ROLLOUT_START && !g->left)
			end_group(o, g);
		return true;
	}
}

/* A run that has nothing to say is looked at again when something of it has ended. */
bool inquiry_order_next(struct inquiry_order *o, struct inquiry_turn *out)
{
	for (; o->at < o->rollouts.count; o->at++) {
		if (next_of(o, o->at, out))
			return true;
	}
	return false;
}

void inquiry_order_ended(struct inquiry_order *o, size_t item, enum inquiry_end end)
{
	struct group *g = &o->groups[o->group_of[item]];

	g->failed = g->failed || end == INQUIRY_BADLY;
	if (--g->left)
		return;
	end_group(o, g);
	if (g->run < o->at)
		o->at = g->run;
}

/* --- how it went ---------------------------------------------------------------------- */

static void complain(const struct stack_rollout *s, const struct rollout *r, const char *what,
		     struct diags *d)
{
	size_t region = rollout_fault_at(r), members = 0, failed = 0;
	size_t cancelled = rollout_count(r, MEMBER_CANCELLED);
	struct diag *g;

	for (size_t m = 0; m < s->spec.member_count; m++) {
		members += s->spec.members[m].region == region;
		failed +=
			s->spec.members[m].region == region && rollout_state(r, m) == MEMBER_FAILED;
	}
	g = diag_add(d, DIAG_READING_STOPPED, s->preferences.where,
		     "%s stopped for '%s': %zu of %zu instance%s failed in region '%s'", what,
		     s->stack, failed, members, members == 1 ? "" : "s", s->regions[region]);
	diag_detail(d, g, "That is more than its FailureTolerance. %zu instance%s not asked.",
		    cancelled, cancelled == 1 ? " was" : "s were");
	diag_hint(d, g, "with --failure-tolerance 100%% all are asked, whatever fails");
}

/* Where all were asked the failures speak for themselves. */
int inquiry_order_complain(const struct inquiry_order *o, const char *what, struct diags *d)
{
	int rc = 0;

	for (size_t r = 0; r < o->rollouts.count; r++) {
		if (rollout_fault(o->runs[r]) != ROLLOUT_TOLERANCE)
			continue;
		rc = -1;
		if (rollout_count(o->runs[r], MEMBER_CANCELLED))
			complain(&o->rollouts.items[r], o->runs[r], what, d);
	}
	return rc;
}

bool inquiry_order_tolerates(const struct inquiry_order *o, size_t item)
{
	const struct group *g = &o->groups[o->group_of[item]];

	return g->failed && o->rollouts.items[g->run].preferences.given &&
	       rollout_fault(o->runs[g->run]) == ROLLOUT_WELL;
}
