/*
 * conduct_choose.c - `To: best`: the first region by Failover's Prefer, else by the manifest, in
 * which its Healthy checks are well.  All are asked at the same time.
 */
#include <string.h>

#include "engine/runbook/conduct_parts.h"

#define BEST "best"
/* Who chooses in an outage cannot wait for those that do not answer. */
#define WITHIN_MS 10000

struct candidate {
	const struct manifest_region *region;
	struct check_set *set;
	bool over, healthy;
};

struct choosing {
	struct conduct *x;
	struct candidate *items;
	size_t count;
};

static void on_over(struct check_set *c, enum check_set_end end)
{
	struct candidate *one = c->context;

	one->over = true;
	one->healthy = end == CHECK_SET_FINE;
}

static const struct check_listener listener = {.over = on_over};

static bool is_given(const struct conduct *x, const char *value)
{
	for (size_t i = 0; i < x->q->parameter_count; i++)
		if (!strcmp(x->q->parameters[i].value, value))
			return true;
	return false;
}

static void add_candidate(struct choosing *c, const struct manifest_region *r)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->items[i].region == r)
			return;
	if (!r->global && !is_given(c->x, r->name))
		c->items[c->count++].region = r;
}

static void collect(struct choosing *c)
{
	const struct manifest *m = c->x->e->project->manifest;

	c->items =
		ARENA_ARRAY(c->x->a, m->region_count + m->failover.prefer_count, struct candidate);
	for (size_t i = 0; i < m->failover.prefer_count; i++)
		add_candidate(c, m->failover.prefer[i]);
	for (size_t i = 0; !m->failover.prefer_count && i < m->region_count; i++)
		add_candidate(c, &m->regions[i]);
}

/* The first of those before which no other may still turn out to be healthy. */
static const struct candidate *chosen(const struct choosing *c, bool *over)
{
	*over = false;
	for (size_t i = 0; i < c->count; i++) {
		if (!c->items[i].over)
			return NULL;
		if (c->items[i].healthy) {
			*over = true;
			return &c->items[i];
		}
	}
	*over = true;
	return NULL;
}

static void begin(struct choosing *c)
{
	const struct manifest_failover *f = &c->x->e->project->manifest->failover;
	const struct runbook_objectives *o = &c->x->p->objectives;
	const struct manifest_check *const *checks = f->healthy_count ? f->healthy : o->healthy;
	size_t count = f->healthy_count ? f->healthy_count : o->healthy_count;

	for (size_t i = 0; i < c->count; i++) {
		struct candidate *one = &c->items[i];

		one->set = conduct_check_set(c->x, &listener, one);
		for (size_t k = 0; k < count; k++)
			conduct_add_check(c->x, one->set,
					  &(struct check_use){.check = checks[k],
							      .region = one->region->name,
							      .within_ms = WITHIN_MS});
		check_set_begin(one->set, 0);
	}
}

static const struct candidate *wait(struct choosing *c)
{
	const struct candidate *best = NULL;
	struct dispatch_event ev;
	bool over;

	for (best = chosen(c, &over); !over && !dispatch_level(c->x->dispatch);
	     best = chosen(c, &over)) {
		dispatch_next(c->x->dispatch, &ev);
		if (ev.job)
			check_set_event(&ev);
		else if (ev.kind == DISPATCH_QUIET)
			dispatch_wait(c->x->dispatch);
	}
	for (size_t i = 0; i < c->count; i++)
		check_set_stop(c->items[i].set);
	return best;
}

static const struct candidate *choose(struct conduct *x)
{
	struct choosing c = {.x = x};
	const struct candidate *best;

	x->dispatch = dispatch_new(x->e, x->d);
	collect(&c);
	begin(&c);
	best = wait(&c);
	dispatch_cancel(x->dispatch);
	dispatch_free(x->dispatch);
	x->dispatch = NULL;
	conduct_release(x);
	x->sets.count = 0;
	if (best)
		diag_note(x->d, DIAG_CONDUCT_BEST, RANGE_NONE, "region '%s' was chosen",
			  best->region->name);
	return best;
}

const struct parameter_given *conduct_choose(struct conduct *x)
{
	size_t count = x->q->parameter_count;
	struct parameter_given *given = ARENA_ARRAY(x->a, count + 1, struct parameter_given);
	const struct candidate *best = NULL;
	struct diag *g;

	for (size_t i = 0; i < count; i++) {
		const struct runbook_parameter *p = NULL;

		given[i] = x->q->parameters[i];
		for (size_t k = 0; !p && k < x->p->parameter_count; k++)
			if (!strcmp(x->p->parameters[k].name, given[i].name))
				p = &x->p->parameters[k];
		if (!p || p->kind != PARAMETER_REGION || strcmp(given[i].value, BEST) != 0)
			continue;
		if (!best && !(best = choose(x))) {
			g = diag_add(x->d, DIAG_CONDUCT_BEST, RANGE_NONE,
				     "no region is healthy enough for '%s'", given[i].name);
			diag_hint(x->d, g, "name the region: --to REGION");
			x->out->refused = true;
			return NULL;
		}
		given[i].value = best->region->name;
	}
	return given;
}
