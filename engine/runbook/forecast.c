/*
 * forecast.c - what a runbook would take: recorded durations of its steps, added up along lists,
 * the longest of what goes on side by side.
 */
#include <string.h>

#include "engine/estimate.h"
#include "engine/runbook/conduct_parts.h"

struct forecasting {
	struct arena *a;
	const struct bound_procedure *b;
	const struct procedure *p;
	const struct duration_list *durations;
	struct conduct_forecast *out;
};

struct span {
	int64_t p50_ms, p95_ms;
};

struct way {
	VEC_OF(const char *)
};

static void append(struct forecasting *f, struct way *to, const struct way *from)
{
	for (size_t i = 0; i < from->count; i++)
		*(const char **)arena_vec_add(f->a, to) = from->items[i];
}

/* Not at all when its condition is false; what cannot be known yet counts. */
static bool is_left_out(struct forecasting *f, size_t step, const struct step_spec **spec)
{
	struct diags ignored = DIAGS_INIT;
	bool known;

	*spec = step_spec(f->a, f->b, (struct step_wish){step, STEP_GRACEFUL}, &known, &ignored);
	diags_release(&ignored);
	return *spec && !(*spec)->applies;
}

static struct span leaf_span(struct forecasting *f, size_t step, const struct step_spec *spec)
{
	const struct procedure_step *p = &f->p->steps[step];
	const struct duration *d = conduct_duration(f->durations, f->p->name, p->path);
	struct estimate e;
	int64_t ms = 0;

	f->out->steps++;
	if (d && d->count) {
		e = estimate_of(d->samples_ms, d->count);
		f->out->measured++;
		return (struct span){e.typical_ms, e.slow_ms};
	}
	if (p->kind != STEP_WAIT || !spec ||
	    !duration_of(json_object_get(spec->values, "Duration"), &ms))
		return (struct span){0, 0};
	f->out->measured++;
	return (struct span){ms, ms};
}

static bool is_group(enum step_kind k)
{
	return k == STEP_RUNBOOK || k == STEP_SEQUENCE || k == STEP_PARALLEL;
}

static struct span step_span(struct forecasting *f, size_t step, struct way *way);

static void widen(struct forecasting *f, struct span *all, const struct span *one, struct way *way,
		  const struct way *its)
{
	if (one->p50_ms > all->p50_ms || !way->count) {
		way->count = 0;
		append(f, way, its);
	}
	all->p50_ms = one->p50_ms > all->p50_ms ? one->p50_ms : all->p50_ms;
	all->p95_ms = one->p95_ms > all->p95_ms ? one->p95_ms : all->p95_ms;
}

static struct span children_span(struct forecasting *f, size_t parent, struct way *way)
{
	bool beside = parent != STEP_TOP && f->p->steps[parent].kind == STEP_PARALLEL;
	struct span all = {0, 0}, one;

	for (size_t i = 0; i < f->p->step_count; i++) {
		struct way its = {0};

		if (f->p->steps[i].parent != parent || f->p->steps[i].role != ROLE_STEP)
			continue;
		one = step_span(f, i, &its);
		if (beside) {
			widen(f, &all, &one, way, &its);
			continue;
		}
		append(f, way, &its);
		all.p50_ms += one.p50_ms;
		all.p95_ms += one.p95_ms;
	}
	return all;
}

static struct span step_span(struct forecasting *f, size_t step, struct way *way)
{
	const struct procedure_step *p = &f->p->steps[step];
	const struct step_spec *spec;

	if (is_left_out(f, step, &spec))
		return (struct span){0, 0};
	if (is_group(p->kind))
		return children_span(f, step, way);
	*(const char **)arena_vec_add(f->a, way) = p->path;
	return leaf_span(f, step, spec);
}

void conduct_forecast_of(struct arena *a, const struct bound_procedure *b,
			 const struct duration_list *durations, struct conduct_forecast *out)
{
	struct forecasting f = {
		.a = a, .b = b, .p = bound_procedure_of(b), .durations = durations, .out = out};
	struct way way = {0};
	struct span all;

	*out = (struct conduct_forecast){0};
	all = children_span(&f, STEP_TOP, &way);
	out->critical = way.items;
	out->critical_count = way.count;
	if (out->measured) {
		out->p50_ms = all.p50_ms;
		out->p95_ms = all.p95_ms;
	}
}

int engine_forecast(struct engine *e, const struct bound_procedure *b, struct conduct_forecast *out,
		    struct diags *d)
{
	struct state *s = engine_state(e, STATE_READ, d);
	struct duration_list durations;

	*out = (struct conduct_forecast){0};
	if (!s || state_load_step_durations(s, e->arena, &durations, d))
		return -1;
	conduct_forecast_of(e->arena, b, &durations, out);
	return 0;
}
