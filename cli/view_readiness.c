/* view_readiness.c - what `runbook check` found, for people. */
#include "cli/view_execution.h"
#include "cli/view_text.h"

#define DECIDING_MAX 5

static void add_forecast(struct str *out, const struct readiness *r, const struct style *st)
{
	const struct runbook_objectives *o = &r->procedure->objectives;
	const struct conduct_forecast *f = &r->forecast;

	if (!r->bound)
		return;
	if (!r->forecast_known || !f->measured) {
		str_add(out, "    RTO not predicted: no step was measured yet\n");
		return;
	}
	str_add(out, "    predicted RTO ");
	add_span(out, f->p50_ms);
	str_add(out, ", at most ");
	add_span(out, f->p95_ms);
	str_printf(out, " in 95 of 100 (%zu of %zu steps measured)", f->measured, f->steps);
	if (o->rto_ms && f->p95_ms > o->rto_ms) {
		str_add(out, ": ");
		paint_text(out, st, PAINT_RED, "misses the objective");
	}
	str_add_char(out, '\n');
	if (!f->critical_count)
		return;
	str_add(out, "    decided by ");
	for (size_t i = 0; i < f->critical_count && i < DECIDING_MAX; i++) {
		str_add(out, i ? ", " : "");
		shown_text(out, text_of(f->critical[i]));
	}
	if (f->critical_count > DECIDING_MAX)
		str_printf(out, " and %zu more", f->critical_count - DECIDING_MAX);
	str_add_char(out, '\n');
}

static void add_finding(struct str *out, const struct finding *f, const struct style *st)
{
	static const enum paint paints[] = {
		[FINDING_BLOCKER] = PAINT_RED,
		[FINDING_WARNING] = PAINT_YELLOW,
		[FINDING_NOTE] = PAINT_DIM,
	};

	str_add(out, "    ");
	paint_text(out, st, paints[f->severity], finding_severity_name(f->severity));
	str_printf(out, "[HD%u]: ", (unsigned)f->code);
	shown_text(out, text_of(f->what));
	str_add_char(out, '\n');
	if (f->where.src) {
		str_add(out, "      at ");
		shown_text(out, text_of(f->where.src->name));
		str_printf(out, ":%u\n", (unsigned)f->where.start.line);
	}
	if (*f->todo) {
		str_add(out, "      ");
		shown_text(out, text_of(f->todo));
		str_add_char(out, '\n');
	}
}

static void add_counts(struct str *out, const struct readiness *r)
{
	static const char *const names[][2] = {
		[FINDING_BLOCKER] = {"blocker", "blockers"},
		[FINDING_WARNING] = {"warning", "warnings"},
		[FINDING_NOTE] = {"note", "notes"},
	};
	const char *between = " (";

	for (int s = 0; s < FINDING_SEVERITY_COUNT; s++) {
		size_t count = readiness_count(r, (enum finding_severity)s);

		if (!count)
			continue;
		str_add(out, between);
		counted(out, count, names[s][0], names[s][1]);
		between = ", ";
	}
	str_add(out, *between == ',' ? ")\n" : "\n");
}

static void add_direction(struct str *out, const struct readiness *r, const struct style *st)
{
	str_add(out, "  ");
	if (r->from && r->to) {
		shown_text(out, text_of(r->from));
		str_add(out, " -> ");
		shown_text(out, text_of(r->to));
		str_add(out, ": ");
	}
	str_printf(out, "readiness %u of %d", readiness_score(r), READY_POINTS);
	add_counts(out, r);
	add_forecast(out, r, st);
	for (int s = 0; s < FINDING_SEVERITY_COUNT; s++) {
		for (size_t i = 0; i < r->found.count; i++) {
			if (r->found.items[i].severity == (enum finding_severity)s)
				add_finding(out, &r->found.items[i], st);
		}
	}
}

void view_runbook_check(struct str *out, const struct runbook_check *c, const struct style *st)
{
	str_add(out, "Runbook ");
	shown_text(out, text_of(c->name));
	str_add(out, " is valid: ");
	counted(out, c->procedure->step_count, "step", "steps");
	str_add(out, ".\n");
	add_wanted(out, &c->procedure->objectives);
	if (c->inner)
		str_add(out, "  looked at in the runbooks that run it\n");
	if (c->wants) {
		str_add(out, "  not looked at: its parameter ");
		shown_text(out, text_of(c->wants));
		str_add(out, " has no value (name the runbook, and give it with --param)\n");
	}
	for (size_t i = 0; i < c->direction_count; i++)
		add_direction(out, c->directions[i], st);
}
