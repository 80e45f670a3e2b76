/*
 * forecasts.c - what each runbook with an RTO is predicted to take, for `plan`.
 *
 * Durations are those of a runbook whatever its direction: conditions alone make one direction
 * slower than another.  A runbook that was never tried is not even read.
 */
#include "engine/runbook/conduct_parts.h"
#include "engine/runbook/readiness.h"

/* More directions of one runbook are not looked at: `runbook check` does. */
#define DIRECTIONS_MAX 12

struct forecasts {
	struct engine *e;
	const struct manifest *m;
	struct duration_list durations;
	struct {
		VEC_OF(struct runbook_forecast)
	} all;
};

/* NULL: its parameters have no values that could be taken for an example. */
static struct bound_procedure *bind(const struct forecasts *f, const struct procedure *p,
				    const struct direction *at)
{
	static const struct runbook_world nothing;
	struct arena *a = f->e->arena;
	const struct parameter_given given[] = {{"From", at ? at->from : ""},
						{"To", at ? at->to : ""}};
	const struct given_list some = {given, at ? ARRAY_LEN(given) : 0};
	struct diags ignored = DIAGS_INIT;
	struct given_list whole;
	struct bound_procedure *b;

	runbook_given_for_look(a, f->m, p, &some, &whole);
	b = runbook_bind(a, p, &whole, &nothing, &ignored);
	diags_release(&ignored);
	return b;
}

static void look(const struct forecasts *f, const struct procedure *p, const struct direction *at,
		 struct runbook_forecast *slowest)
{
	struct bound_procedure *b = bind(f, p, at);
	struct conduct_forecast one;

	if (!b)
		return;
	conduct_forecast_of(f->e->arena, b, &f->durations, &one);
	if (!one.measured || (slowest->time.measured && one.p95_ms <= slowest->time.p95_ms))
		return;
	slowest->time = one;
	slowest->from = at ? at->from : NULL;
	slowest->to = at ? at->to : NULL;
}

static void look_at_runbook(struct forecasts *f, const struct manifest_runbook *r)
{
	struct diags ignored = DIAGS_INIT;
	const struct procedure *p = runbook_load(f->e->arena, f->m, r->name, &ignored);
	struct runbook_forecast slowest = {.name = r->name};
	struct direction_list ways;

	diags_release(&ignored);
	if (!p || !p->objectives.rto_ms)
		return;
	slowest.rto_ms = p->objectives.rto_ms;
	runbook_directions(f->e->arena, f->m, p, &ways);
	for (size_t i = 0; i < ways.count && i < DIRECTIONS_MAX; i++)
		look(f, p, &ways.items[i], &slowest);
	if (!ways.count)
		look(f, p, NULL, &slowest);
	if (slowest.time.measured)
		*(struct runbook_forecast *)arena_vec_add(f->e->arena, &f->all) = slowest;
}

static void warn(const struct forecasts *f, const struct runbook_forecast *r, struct diags *d)
{
	char slow[CLOCK_TEXT_LEN], rto[CLOCK_TEXT_LEN];
	const struct manifest_runbook *entry = manifest_runbook(f->m, r->name);
	struct diag *g;

	if (!runbook_forecast_is_late(r))
		return;
	clock_format_duration(r->time.p95_ms, slow);
	clock_format_duration(r->rto_ms, rto);
	g = diag_warn(d, DIAG_READY_FORECAST, entry ? entry->where : RANGE_NONE,
		      "predicted RTO of runbook '%s' is %s in 95 of 100, and the objective %s",
		      r->name, slow, rto);
	diag_hint(d, g, "`hadeploy runbook check %s` shows the steps that decide it", r->name);
}

bool runbook_forecast_is_late(const struct runbook_forecast *r)
{
	return r->time.p95_ms > r->rto_ms;
}

int engine_forecasts(struct engine *e, struct runbook_forecast_list *out, struct diags *d)
{
	struct forecasts f = {.e = e, .m = e->project->manifest};
	struct state *s;

	*out = (struct runbook_forecast_list){NULL, 0};
	if (!f.m->runbook_count)
		return 0;
	s = engine_state(e, STATE_READ, d);
	if (!s || state_load_step_durations(s, e->arena, &f.durations, d))
		return -1;
	for (size_t i = 0; i < f.m->runbook_count; i++) {
		if (conduct_was_measured(&f.durations, f.m->runbooks[i].name))
			look_at_runbook(&f, &f.m->runbooks[i]);
	}
	for (size_t i = 0; i < f.all.count; i++)
		warn(&f, &f.all.items[i], d);
	*out = (struct runbook_forecast_list){f.all.items, f.all.count};
	return 0;
}
