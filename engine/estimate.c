#include "engine/estimate.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "engine/executor_build.h"
#include "engine/schedule.h"

static int compare_ms(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

	return (a > b) - (a < b);
}

struct estimate estimate_of(const int64_t *samples_ms, size_t count)
{
	int64_t sorted[DURATION_SAMPLES];

	if (count > DURATION_SAMPLES) {
		samples_ms += count - DURATION_SAMPLES;
		count = DURATION_SAMPLES;
	}
	if (!count)
		return ESTIMATE_NONE;
	memcpy(sorted, samples_ms, count * sizeof(sorted[0]));
	qsort(sorted, count, sizeof(sorted[0]), compare_ms);
	return (struct estimate){
		.typical_ms = sorted[(count - 1) / 2],
		.slow_ms = sorted[(95 * count + 99) / 100 - 1],
		.samples = count,
	};
}

int64_t estimate_slow_after_ms(const struct estimate *e)
{
	if (e->samples < ESTIMATE_SLOW_SAMPLES)
		return INT64_MAX;
	return e->slow_ms < ESTIMATE_SLOW_MS ? ESTIMATE_SLOW_MS : e->slow_ms;
}

static size_t fewer(size_t x, size_t y)
{
	return x < y ? x : y;
}

struct estimate estimate_part(const struct change *c, enum estimate_part part)
{
	const struct estimate *whole = &c->estimate, *removal = &c->removal;

	if (c->action != ACTION_REPLACE || whole->typical_ms < 0 || removal->typical_ms < 0)
		return c->action == ACTION_REPLACE && part == ESTIMATE_REMOVING ? *removal : *whole;
	if (part == ESTIMATE_REMOVING)
		return *removal;
	return (struct estimate){whole->typical_ms - removal->typical_ms,
				 whole->slow_ms - removal->slow_ms, whole->samples};
}

/* --- durations by what they are of --------------------------------------------------- */

struct known_times {
	struct arena *a; /* of the lookups */
	struct map own, of_type;
	struct str key;
};

static struct text key_of(struct known_times *k, const char *type, const char *action,
			  const char *address)
{
	str_clear(&k->key);
	str_printf(&k->key, "%s\n%s\n%s", type, action, address);
	return str_text(&k->key);
}

static void index_times(struct known_times *k, const struct duration_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct duration *d = &list->items[i];
		struct estimate *e;

		if (*d->address && d->count < ESTIMATE_OWN_SAMPLES)
			continue;
		e = ARENA_NEW(k->a, struct estimate);
		*e = estimate_of(d->samples_ms, d->count);
		map_set(*d->address ? &k->own : &k->of_type,
			key_of(k, d->type, d->action, d->address), e);
	}
}

static struct estimate time_of(struct known_times *k, const struct address *addr, const char *type,
			       enum operation_action action)
{
	const char *name = operation_action_name(action);
	const struct estimate *e = NULL;

	if (k->own.live_count)
		e = map_find(&k->own, key_of(k, type, name, address_key(k->a, addr)));
	if (!e)
		e = map_find(&k->of_type, key_of(k, type, name, ""));
	return e ? *e : ESTIMATE_NONE;
}

/* The old one goes as what it was made as. */
static struct estimate removal_time(struct known_times *k, const struct change *c)
{
	return time_of(k, &c->addr, c->before ? c->before->type : c->type, OPERATION_DELETE);
}

static void time_replacement(struct known_times *k, struct change *c)
{
	struct estimate made = time_of(k, &c->addr, c->type, OPERATION_CREATE);

	c->estimate = made;
	if (change_retains_old(c))
		return;
	c->removal = removal_time(k, c);
	if (made.typical_ms < 0 || c->removal.typical_ms < 0) {
		c->estimate = ESTIMATE_NONE;
		c->removal = ESTIMATE_NONE;
		return;
	}
	c->estimate.typical_ms += c->removal.typical_ms;
	c->estimate.slow_ms += c->removal.slow_ms;
	c->estimate.samples = fewer(made.samples, c->removal.samples);
}

static void time_change(struct known_times *k, struct change *c)
{
	c->estimate = c->removal = ESTIMATE_NONE;
	switch (c->action) {
	case ACTION_CREATE:
		c->estimate = time_of(k, &c->addr, c->type, OPERATION_CREATE);
		return;
	case ACTION_UPDATE:
	case ACTION_ADOPT:
		c->estimate = time_of(k, &c->addr, c->type, OPERATION_UPDATE);
		return;
	case ACTION_DELETE:
		c->estimate = removal_time(k, c);
		return;
	case ACTION_REPLACE:
		time_replacement(k, c);
		return;
	case ACTION_NONE:
	case ACTION_RETAIN:
	case ACTION_IMPORT: /* nothing happens in the world */
		return;
	}
}

static bool takes_time(const struct change *c)
{
	return c->action != ACTION_NONE && c->action != ACTION_RETAIN && c->action != ACTION_IMPORT;
}

/* --- the plan as a schedule ----------------------------------------------------------- */

/* Which of the two figures is laid out in time. */
enum pace { PACE_TYPICAL, PACE_SLOW };

struct layout {
	const struct plan *plan;
	struct arena *a; /* scratch */
	struct building b;
	struct executor x; /* only its arena: what building looks at */
	size_t *changes;   /* by step */
	struct step_time *times;
	struct estimate *parts; /* by step */
	size_t lane_count;
	struct map lanes;
};

static size_t lane_of(struct layout *l, const struct change *c, const char *endpoint)
{
	struct str key = STR_INIT;
	void *found;

	if (!endpoint || !*endpoint)
		return SCHEDULE_NO_LANE;
	str_printf(&key, "%s\n%s\n%s", c->addr.instance.region,
		   c->provider ? c->provider->name : "", endpoint);
	found = map_find(&l->lanes, str_text(&key));
	if (!found) {
		found = ARENA_NEW(l->a, size_t);
		*(size_t *)found = l->lane_count++;
		map_set(&l->lanes, str_text(&key), found);
	}
	str_release(&key);
	return *(const size_t *)found;
}

static size_t add_step(struct layout *l, size_t change, enum estimate_part part)
{
	const struct change *c = &l->plan->changes[change];
	size_t step = walk_add(l->b.walk, STEP_WORK);

	executor_weigh(&l->b, c, step);
	l->changes[step] = change;
	l->parts[step] = estimate_part(c, part);
	if (takes_time(c))
		l->times[step].lane = lane_of(
			l, c, part == ESTIMATE_REMOVING ? c->before->endpoint : c->endpoint);
	return step;
}

/* As executor_plan.c makes them. */
static struct change_steps add_change(struct layout *l, size_t i)
{
	const struct change *c = &l->plan->changes[i];
	size_t made, gone;

	if (c->action != ACTION_REPLACE || change_retains_old(c)) {
		made = add_step(l, i, change_removes(c) ? ESTIMATE_REMOVING : ESTIMATE_MAKING);
		return (struct change_steps){made, made, made};
	}
	made = add_step(l, i, ESTIMATE_MAKING);
	gone = add_step(l, i, ESTIMATE_REMOVING);
	if (change_creates_first(c)) {
		walk_need(l->b.walk, gone, made);
		return (struct change_steps){made, made, gone};
	}
	walk_need(l->b.walk, made, gone);
	return (struct change_steps){gone, made, made};
}

static bool build(struct layout *l)
{
	l->b.walk = walk_new();
	for (size_t i = 0; i < l->plan->change_count; i++)
		l->b.steps[i] = add_change(l, i);
	executor_order(&l->b);
	return walk_seal(l->b.walk);
}

/* Steps of changes, gates before and behind each instance, and of its cleanup. */
static size_t most_steps(const struct plan *p)
{
	return 2 * p->change_count + 3 * p->instance_count + 1;
}

static bool open_layout(struct layout *l, const struct plan *p)
{
	size_t most = most_steps(p);

	*l = (struct layout){.plan = p, .a = arena_new()};
	l->x.arena = l->a;
	l->b = (struct building){.x = &l->x, .plan = p, .typical_ms = plan_mean_ms(p)};
	l->b.steps = ARENA_ARRAY(l->a, p->change_count, struct change_steps);
	l->changes = ARENA_ARRAY(l->a, most, size_t);
	l->times = ARENA_ARRAY(l->a, most, struct step_time);
	l->parts = ARENA_ARRAY(l->a, most, struct estimate);
	for (size_t i = 0; i < most; i++)
		l->times[i].lane = SCHEDULE_NO_LANE;
	if (build(l))
		return true;
	walk_free(l->b.walk);
	l->b.strict_only = true;
	return build(l);
}

static void close_layout(struct layout *l)
{
	walk_free(l->b.walk);
	map_release(&l->lanes);
	arena_free(l->a);
}

static struct schedule paced(struct layout *l, enum pace pace, size_t parallelism)
{
	size_t count = walk_size(l->b.walk);

	for (size_t i = 0; i < count; i++) {
		const struct estimate *e = &l->parts[i];
		int64_t ms = pace == PACE_SLOW ? e->slow_ms : e->typical_ms;

		l->times[i].ms = ms > 0 ? ms : 0;
		l->times[i].pending = e->typical_ms >= ESTIMATE_PENDING_MS;
	}
	return (struct schedule){
		.walk = l->b.walk,
		.times = l->times,
		.step_count = count,
		.lane_count = l->lane_count,
		.parallelism = parallelism,
	};
}

static void find_critical(struct plan *p, const struct layout *l, const struct schedule *s)
{
	struct longest_way way;
	size_t *critical;

	schedule_longest(s, l->a, &way);
	critical = ARENA_ARRAY(p->arena, way.count, size_t);
	for (size_t i = 0; i < way.count; i++)
		critical[i] = l->changes[way.steps[i]];
	p->critical = critical;
	p->critical_count = way.count;
}

static void lay_out(struct plan *p, size_t parallelism)
{
	struct layout l;
	struct schedule s;

	if (open_layout(&l, p)) {
		s = paced(&l, PACE_SLOW, parallelism);
		p->estimate.slow_ms = schedule_span(&s);
		s = paced(&l, PACE_TYPICAL, parallelism);
		p->estimate.typical_ms = schedule_span(&s);
		find_critical(p, &l, &s);
	}
	close_layout(&l);
}

void estimate_plan(struct plan *p, const struct estimate_input *in)
{
	struct known_times k = {.a = arena_new()};

	p->estimate = ESTIMATE_NONE;
	p->untimed = 0;
	index_times(&k, in->durations);
	for (size_t i = 0; i < p->change_count; i++) {
		/* The planner made them in the plan's own arena. */
		struct change *c = (struct change *)&p->changes[i];

		time_change(&k, c);
		p->estimate.samples += c->estimate.typical_ms >= 0;
		p->untimed += takes_time(c) && c->estimate.typical_ms < 0;
	}
	map_release(&k.own);
	map_release(&k.of_type);
	str_release(&k.key);
	arena_free(k.a);
	if (p->estimate.samples)
		lay_out(p, in->parallelism);
}
