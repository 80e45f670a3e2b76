/*
 * layout.c - who takes part in the rollouts of a plan, in which waves and regions.
 *
 * Instances of a stack lie side by side in the plan, sorted by account and region; here they are
 * brought into the order in which they would start: wave, region, place among the Targets.
 */
#include "engine/rollout/layout.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/vec.h"
#include "engine/graph.h"
#include "engine/plan.h"
#include "engine/rollout/preview.h"

#define REST_NAME "the rest"

/* One instance that takes part. */
struct part {
	size_t instance; /* in the plan */
	size_t region;   /* number in laying.regions */
	size_t target;   /* place among the Targets; those that left them come last */
	size_t wave;
	bool fresh;
};

struct parts {
	VEC_OF(struct part)
};

/* The rollout of one stack, in the making. */
struct laying {
	struct arena *a, *scratch;
	const struct plan *plan;
	const struct manifest_stack *stack; /* NULL: it left the manifest */
	size_t first, end;                  /* its instances in the plan */
	struct map numbers;                 /* name of a region to its place in regions */
	struct {
		VEC_OF(const char *)
	} regions; /* in the order of going forward */
	struct parts parts;
	size_t *region_of; /* by instance from `first` on */
	/* The other way round: everything goes. */
	bool backward;
	struct stack_rollout *out;
};

/* --- preferences ------------------------------------------------------------------------ */

static void overlay(struct rollout_preferences *p, const struct rollout_wishes *w)
{
	p->given = p->given || w->has_regions || w->has_mode || w->max_concurrent.given ||
		   w->tolerance.given || w->region_order_count;
	if (w->has_regions)
		p->regions = w->regions;
	if (w->has_mode)
		p->mode = w->mode;
	if (w->max_concurrent.given)
		p->max_concurrent = w->max_concurrent;
	if (w->tolerance.given)
		p->tolerance = w->tolerance;
	if (w->on_failure != ON_FAILURE_DEFAULT)
		p->on_failure = w->on_failure;
	if (w->region_order_count) {
		p->region_order = w->region_order;
		p->region_order_count = w->region_order_count;
	}
}

/* Reading does no harm: what is there against it falls away. */
static void only_read(struct rollout_preferences *p)
{
	if (!p->given) {
		*p = rollout_defaults();
		p->regions = REGIONS_PARALLEL;
		p->tolerance = (struct rollout_amount){100, true, true};
	}
	p->waves = NULL;
	p->wave_count = 0;
	p->checks = NULL;
	p->check_count = 0;
	p->gate = NULL;
	p->min_healthy_regions = 0;
}

/* --- regions ---------------------------------------------------------------------------- */

/* Places are kept from 1 on: NULL is nothing. */
static size_t place_of(const struct laying *l, const char *region)
{
	return (uintptr_t)map_find(&l->numbers, text_of(region));
}

static void add_region(struct laying *l, const char *region)
{
	if (place_of(l, region))
		return;
	*(const char **)arena_vec_add(l->scratch, &l->regions) = region;
	map_set(&l->numbers, text_of(region), (void *)(uintptr_t)l->regions.count);
}

static int compare_names(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static bool is_region_of(const struct laying *l, const struct map *all, const char *region)
{
	return l->stack && map_has(all, text_of(region));
}

/* Those that RegionOrder names, then those of the Targets in their order, then what only recorded
 * instances are in, by name. */
static void find_regions(struct laying *l)
{
	const struct rollout_preferences *p = &l->out->preferences;
	struct map all = MAP_INIT;
	size_t known;

	for (size_t i = 0; l->stack && i < l->stack->target_count; i++)
		map_set(&all, text_of(l->stack->targets[i].region->name), l);
	for (size_t i = l->first; i < l->end; i++)
		map_set(&all, text_of(l->plan->instances[i].id.region), l);
	for (size_t i = 0; i < p->region_order_count; i++)
		if (is_region_of(l, &all, p->region_order[i]))
			add_region(l, p->region_order[i]);
	map_release(&all);
	for (size_t i = 0; l->stack && i < l->stack->target_count; i++)
		add_region(l, l->stack->targets[i].region->name);
	known = l->regions.count;
	for (size_t i = l->first; i < l->end; i++)
		add_region(l, l->plan->instances[i].id.region);
	if (l->regions.count > known)
		qsort(l->regions.items + known, l->regions.count - known, sizeof(const char *),
		      compare_names);
	for (size_t i = known; i < l->regions.count; i++)
		map_set(&l->numbers, text_of(l->regions.items[i]), (void *)(uintptr_t)(i + 1));
	for (size_t i = l->first; i < l->end; i++)
		l->region_of[i - l->first] = place_of(l, l->plan->instances[i].id.region) - 1;
}

static void need_regions(struct laying *l, struct graph *g)
{
	for (size_t i = l->first; i < l->end; i++) {
		const struct instance_plan *p = &l->plan->instances[i];
		size_t region = l->region_of[i - l->first];

		for (size_t k = 0; k < p->need_count; k++) {
			size_t need = p->needs[k], other;

			if (need < l->first || need >= l->end)
				continue;
			other = l->region_of[need - l->first];
			if (other == region)
				continue;
			graph_need(g, l->backward ? other : region, l->backward ? region : other,
				   NULL);
		}
	}
}

/* Where nobody gave an order, a region goes behind those whose outputs its instances take. */
static void order_by_links(struct laying *l)
{
	size_t count = l->regions.count, *order = ARENA_ARRAY(l->scratch, count, size_t);
	size_t *place = ARENA_ARRAY(l->scratch, count, size_t);
	const char **names = ARENA_ARRAY(l->scratch, count, const char *);
	struct graph *g = graph_new(l->scratch, count);

	need_regions(l, g);
	graph_order(g, order, NULL);
	for (size_t i = 0; i < count; i++) {
		place[order[i]] = i;
		names[i] = l->regions.items[order[i]];
	}
	for (size_t i = 0; i < count; i++) {
		l->regions.items[i] = names[i];
		map_set(&l->numbers, text_of(names[i]), (void *)(uintptr_t)(i + 1));
	}
	for (size_t i = l->first; i < l->end; i++)
		l->region_of[i - l->first] = place[l->region_of[i - l->first]];
}

/* --- who takes part ---------------------------------------------------------------------- */

static bool has_work(const struct plan *plan, const struct instance_plan *p)
{
	for (size_t c = p->first_change; c < p->first_change + p->change_count; c++)
		if (plan->changes[c].action != ACTION_NONE)
			return true;
	return false;
}

static bool is_fresh(const struct plan *plan, const struct instance_plan *p)
{
	for (size_t c = p->first_change; c < p->first_change + p->change_count; c++)
		if (plan->changes[c].before)
			return false;
	return true;
}

static int compare_parts(const void *x, const void *y)
{
	const struct part *p = x, *q = y;

	if (p->region != q->region)
		return p->region < q->region ? -1 : 1;
	if (p->target != q->target)
		return p->target < q->target ? -1 : 1;
	return (p->instance > q->instance) - (p->instance < q->instance);
}

static void find_parts(struct laying *l)
{
	for (size_t i = l->first; i < l->end; i++) {
		const struct instance_plan *p = &l->plan->instances[i];

		if (!has_work(l->plan, p))
			continue;
		*(struct part *)arena_vec_add(l->scratch, &l->parts) = (struct part){
			.instance = i,
			.region = l->region_of[i - l->first],
			.target = p->instance ? (size_t)(p->instance->target - l->stack->targets)
					      : SIZE_MAX,
			.fresh = is_fresh(l->plan, p),
		};
	}
	if (l->parts.count)
		qsort(l->parts.items, l->parts.count, sizeof(struct part), compare_parts);
}

/* --- waves ------------------------------------------------------------------------------- */

/* Regions that the wave names, by place; NULL: it names none. */
static const bool *regions_of_wave(const struct laying *l, const struct rollout_wave *w)
{
	bool *named;

	if (!w->region_count)
		return NULL;
	named = ARENA_ARRAY(l->scratch, l->regions.count, bool);
	for (size_t i = 0; i < w->region_count; i++) {
		size_t place = place_of(l, w->regions[i]);

		if (place)
			named[place - 1] = true;
	}
	return named;
}

struct placing {
	const struct rollout_wave *wave;
	const bool *regions;
	/* Many in a row are of the same account. */
	const char *account_name;
	const struct manifest_account *account;
};

static bool belongs(const struct laying *l, struct placing *at, const struct part *p)
{
	const struct manifest *m = l->plan->project->manifest;
	const struct instance_plan *i = &l->plan->instances[p->instance];
	const struct manifest_region *region;

	if (at->regions && !at->regions[p->region])
		return false;
	if (!at->wave->filter.count)
		return true;
	if (!at->account_name || strcmp(at->account_name, i->id.account) != 0) {
		at->account_name = i->id.account;
		at->account = manifest_account(m, i->id.account);
	}
	region = i->instance ? i->instance->target->region : manifest_region(m, i->id.region);
	return manifest_tags_fit(&at->wave->filter, region, at->account);
}

/* Parts that belong to no wave yet, in order. */
struct rest {
	struct part **items;
	size_t count;
};

static void fill_wave(struct laying *l, size_t wave, struct rest *rest, struct parts *placed)
{
	const struct rollout_wave *w = &l->out->preferences.waves[wave];
	struct placing at = {.wave = w, .regions = regions_of_wave(l, w)};
	size_t most = rollout_amount_of(w->share, l->parts.count, SIZE_MAX), taken = 0, left = 0;

	if (!most)
		most = 1;
	for (size_t i = 0; i < rest->count; i++) {
		if (taken == most || !belongs(l, &at, rest->items[i])) {
			rest->items[left++] = rest->items[i];
			continue;
		}
		rest->items[i]->wave = wave;
		placed->items[placed->count++] = *rest->items[i];
		taken++;
	}
	rest->count = left;
}

/* Instances that fit no wave are one of their own, the last. */
static void add_rest(struct laying *l, const struct rest *rest, struct parts *placed)
{
	struct rollout_preferences *p = &l->out->preferences;
	struct rollout_wave *waves = ARENA_ARRAY(l->a, p->wave_count + 1, struct rollout_wave);

	memcpy(waves, p->waves, p->wave_count * sizeof(*waves));
	waves[p->wave_count] = (struct rollout_wave){.name = REST_NAME};
	for (size_t i = 0; i < rest->count; i++) {
		rest->items[i]->wave = p->wave_count;
		placed->items[placed->count++] = *rest->items[i];
	}
	p->waves = waves;
	p->wave_count++;
}

static void fill_waves(struct laying *l)
{
	size_t count = l->parts.count, waves = l->out->preferences.wave_count;
	struct rest rest = {ARENA_ARRAY(l->scratch, count, struct part *), count};
	struct parts placed = {ARENA_ARRAY(l->scratch, count, struct part), 0, 0};

	l->out->wave_count = 1;
	if (!waves)
		return;
	for (size_t i = 0; i < count; i++)
		rest.items[i] = &l->parts.items[i];
	for (size_t w = 0; w < waves; w++)
		fill_wave(l, w, &rest, &placed);
	if (rest.count)
		add_rest(l, &rest, &placed);
	l->parts = placed;
	l->out->wave_count = l->out->preferences.wave_count;
}

/* --- the other way round ------------------------------------------------------------------ */

/* What is taken away is not watched: nothing of it is to be healthy afterwards. */
static void turn_waves(struct laying *l)
{
	struct rollout_preferences *p = &l->out->preferences;
	struct rollout_wave *waves = ARENA_ARRAY(l->a, p->wave_count, struct rollout_wave);

	for (size_t i = 0; i < p->wave_count; i++) {
		waves[i] = p->waves[p->wave_count - 1 - i];
		waves[i].bake_ms = 0;
		waves[i].checks = NULL;
		waves[i].check_count = 0;
	}
	p->waves = waves;
	p->checks = NULL;
	p->check_count = 0;
}

static void turn_round(struct laying *l)
{
	size_t count = l->parts.count, regions = l->regions.count;

	turn_waves(l);
	for (size_t i = 0; i < count / 2; i++) {
		struct part p = l->parts.items[i];

		l->parts.items[i] = l->parts.items[count - 1 - i];
		l->parts.items[count - 1 - i] = p;
	}
	for (size_t i = 0; i < count; i++) {
		l->parts.items[i].region = regions - 1 - l->parts.items[i].region;
		l->parts.items[i].wave = l->out->wave_count - 1 - l->parts.items[i].wave;
	}
	for (size_t i = 0; i < regions / 2; i++) {
		const char *name = l->regions.items[i];

		l->regions.items[i] = l->regions.items[regions - 1 - i];
		l->regions.items[regions - 1 - i] = name;
	}
}

/* --- one stack ---------------------------------------------------------------------------- */

static void write_out(struct laying *l)
{
	size_t count = l->parts.count, regions = l->regions.count;
	struct rollout_member *members = ARENA_ARRAY(l->a, count, struct rollout_member);
	size_t *instances = ARENA_ARRAY(l->a, count, size_t);
	const char **names = ARENA_ARRAY(l->a, regions, const char *);

	for (size_t i = 0; i < count; i++) {
		const struct part *p = &l->parts.items[i];

		instances[i] = p->instance;
		members[i] = (struct rollout_member){p->wave, p->region, p->fresh};
	}
	memcpy(names, l->regions.items, regions * sizeof(*names));
	l->out->instances = instances;
	l->out->regions = names;
	l->out->untouched = l->end - l->first - count;
	l->out->spec = (struct rollout_spec){&l->out->preferences, members, count, regions};
	l->out->worst_case = rollout_worst_case(&l->out->spec);
}

static void lay_stack(struct laying *l, const struct rollout_wishes *wishes)
{
	struct rollout_preferences *p = &l->out->preferences;

	l->out->stack = l->plan->instances[l->first].id.stack;
	l->stack = manifest_stack(l->plan->project->manifest, l->out->stack);
	l->backward = l->plan->destroy || (!l->stack && !wishes->reads);
	*p = l->stack ? l->stack->rollout : rollout_defaults();
	overlay(p, wishes);
	if (wishes->reads)
		only_read(p);
	l->region_of = ARENA_ARRAY(l->scratch, l->end - l->first, size_t);
	find_regions(l);
	if (!p->region_order_count)
		order_by_links(l);
	find_parts(l);
	fill_waves(l);
	if (l->backward)
		turn_round(l);
	write_out(l);
}

static bool any_work(const struct plan *plan, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		if (has_work(plan, &plan->instances[i]))
			return true;
	return false;
}

static size_t end_of_stack(const struct plan *plan, size_t first)
{
	const char *stack = plan->instances[first].id.stack;
	size_t end = first;

	while (end < plan->instance_count && !strcmp(plan->instances[end].id.stack, stack))
		end++;
	return end;
}

static size_t count_rollouts(const struct plan *plan)
{
	size_t count = 0;

	for (size_t i = 0, end; i < plan->instance_count; i = end) {
		end = end_of_stack(plan, i);
		count += any_work(plan, i, end);
	}
	return count;
}

int rollout_layout(struct arena *a, const struct plan *plan, const struct rollout_wishes *wishes,
		   struct rollout_list *out, struct diags *d)
{
	struct stack_rollout *items = ARENA_ARRAY(a, count_rollouts(plan), struct stack_rollout);
	size_t count = 0;

	for (size_t i = 0, end; i < plan->instance_count; i = end) {
		struct laying l = {.a = a, .plan = plan, .first = i, .numbers = MAP_INIT};

		end = l.end = end_of_stack(plan, i);
		if (!any_work(plan, i, end))
			continue;
		l.scratch = arena_new();
		l.out = &items[count++];
		lay_stack(&l, wishes);
		map_release(&l.numbers);
		arena_free(l.scratch);
	}
	*out = (struct rollout_list){items, count};
	return rollout_check_order(plan, out, d);
}
