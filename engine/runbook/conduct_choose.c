/*
 * conduct_choose.c - `To: best`: the first region by Failover's Prefer, else by the manifest, in
 * which its Healthy checks are well.  All are asked at the same time; why those before the chosen
 * one were not is told.
 */
#include <string.h>

#include "engine/recreation.h"
#include "engine/runbook/conduct_parts.h"

#define BEST "best"
/* Who chooses in an outage cannot wait for those that do not answer. */
#define WITHIN_MS 10000

struct candidate {
	const struct manifest_region *region;
	struct check_set *set;
	bool over, healthy;
	const char *why; /* it is not chosen */
};

struct choosing {
	struct conduct *x;
	const struct runbook_parameter *parameter;
	struct candidate *items;
	size_t count;
};

static void on_over(struct check_set *c, enum check_set_end end)
{
	struct candidate *one = c->context;

	one->over = true;
	one->healthy = end == CHECK_SET_FINE;
	one->why = c->fault;
}

/* What is certainly unhealthy now is not waited for. */
static void on_change(struct check_set *c, const struct check_probe *p,
		      const struct check_answer *answer)
{
	struct candidate *one = c->context;

	if (answer->healthy)
		return;
	one->over = true;
	one->why = arena_printf(c->a, "%s: %s", p->endpoint, answer->detail);
	check_set_stop(c);
}

static const struct check_listener listener = {.over = on_over, .changed = on_change};

/* It is left, or has another part in what is done. */
static bool is_given(const struct conduct *x, const char *value)
{
	for (size_t i = 0; i < x->q->parameter_count; i++)
		if (!strcmp(x->q->parameters[i].value, value))
			return true;
	return false;
}

/* What speaks against it before it is asked; NULL: nothing. */
static const char *objection(const struct choosing *c, const struct manifest_region *r)
{
	const struct recreation *recreating = conduct_recreating(c->x, r->name);

	if (is_given(c->x, r->name))
		return "another parameter names it";
	if (!runbook_parameter_allows(c->parameter, r->name))
		return arena_printf(c->x->a, "AllowedValues of '%s' do not name it",
				    c->parameter->name);
	if (recreating)
		return arena_printf(c->x->a, "the recreation of region '%s' is not over",
				    recreating->region);
	return NULL;
}

static void add_candidate(struct choosing *c, const struct manifest_region *r)
{
	struct candidate *one = &c->items[c->count];

	for (size_t i = 0; i < c->count; i++)
		if (c->items[i].region == r)
			return;
	if (r->global)
		return;
	c->count++;
	one->region = r;
	one->why = objection(c, r);
	one->over = one->why != NULL;
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

const struct manifest_check *const *conduct_region_checks(const struct conduct *x, size_t *count)
{
	return runbook_region_checks(x->e->project->manifest, x->p, count);
}

static void ask(struct choosing *c, struct candidate *one)
{
	size_t count;
	const struct manifest_check *const *checks = conduct_region_checks(c->x, &count);

	for (size_t i = 0; i < count && !one->over; i++) {
		if (check_has_hosts(checks[i], one->region))
			continue;
		one->over = true;
		one->why = arena_printf(c->x->a, "it has no host for health check '%s'",
					checks[i]->name);
	}
	if (one->over)
		return;
	one->set = conduct_check_set(c->x, &listener, one);
	for (size_t i = 0; i < count; i++)
		conduct_add_check(c->x, one->set,
				  &(struct check_use){.check = checks[i],
						      .region = one->region->name,
						      .within_ms = WITHIN_MS});
	check_set_begin(one->set, 0);
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
		if (c->items[i].set)
			check_set_stop(c->items[i].set);
	return best;
}

/* Those that come before the chosen one; all of them when there is none. */
static const char *why_not(const struct choosing *c, const struct candidate *best)
{
	struct str text = STR_INIT;
	const char *copy;

	for (size_t i = 0; i < c->count && &c->items[i] != best; i++)
		str_printf(&text, "%s'%s' was not: %s", text.len ? "; " : "",
			   c->items[i].region->name,
			   c->items[i].why ? c->items[i].why : "it did not answer in time");
	copy = text.len ? arena_strdup(c->x->a, str_cstr(&text)) : NULL;
	str_release(&text);
	return copy;
}

static void hint_region(struct diags *d, struct diag *g, const char *parameter)
{
	const char *option = runbook_parameter_option(parameter);

	if (option)
		diag_hint(d, g, "name the region: %s REGION", option);
	else
		diag_hint(d, g, "name the region: --param %s=REGION", parameter);
}

static void report(const struct choosing *c, const struct candidate *best)
{
	struct conduct *x = c->x;
	const char *why = why_not(c, best);
	struct diag *g;

	if (best) {
		g = diag_note(x->d, DIAG_CONDUCT_BEST, RANGE_NONE, "region '%s' was chosen",
			      best->region->name);
	} else {
		g = diag_add(x->d, DIAG_CONDUCT_BEST, RANGE_NONE,
			     "no region is healthy enough for '%s'", c->parameter->name);
		hint_region(x->d, g, c->parameter->name);
	}
	if (why)
		diag_detail(x->d, g, "%s.", why);
}

static const char *refuse_blind(struct conduct *x, const struct runbook_parameter *p)
{
	struct diag *g = diag_add(x->d, DIAG_CONDUCT_BEST, RANGE_NONE,
				  "nothing tells which region is healthy enough for '%s'", p->name);

	diag_hint(x->d, g,
		  "name health checks in the manifest (Failover: {Healthy: [...]}) or the region");
	return NULL;
}

/* NULL with errors. */
static const char *choose(struct conduct *x, const struct runbook_parameter *p)
{
	struct choosing c = {.x = x, .parameter = p};
	const struct candidate *best;
	size_t count;

	conduct_region_checks(x, &count);
	if (!count)
		return refuse_blind(x, p);
	x->dispatch = dispatch_new(x->e, x->d);
	collect(&c);
	for (size_t i = 0; i < c.count; i++)
		ask(&c, &c.items[i]);
	best = wait(&c);
	dispatch_cancel(x->dispatch);
	dispatch_free(x->dispatch);
	x->dispatch = NULL;
	report(&c, best);
	conduct_release(x);
	x->sets.count = 0;
	return best ? best->region->name : NULL;
}

static const struct runbook_parameter *parameter_of(const struct conduct *x, const char *name)
{
	for (size_t k = 0; k < x->p->parameter_count; k++)
		if (!strcmp(x->p->parameters[k].name, name))
			return &x->p->parameters[k];
	return NULL;
}

const struct parameter_given *conduct_choose(struct conduct *x)
{
	size_t count = x->q->parameter_count;
	struct parameter_given *given = ARENA_ARRAY(x->a, count + 1, struct parameter_given);

	for (size_t i = 0; i < count; i++) {
		const struct runbook_parameter *p = parameter_of(x, x->q->parameters[i].name);

		given[i] = x->q->parameters[i];
		if (!p || p->kind != PARAMETER_REGION || strcmp(given[i].value, BEST) != 0)
			continue;
		given[i].value = choose(x, p);
		if (!given[i].value) {
			x->out->refused = true;
			return NULL;
		}
	}
	return given;
}
