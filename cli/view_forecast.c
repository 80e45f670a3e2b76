/* view_forecast.c - what runbooks are predicted to take, behind a plan. */
#include "cli/json_plan.h"
#include "cli/view_execution.h"
#include "cli/view_text.h"

static void add_forecast(struct str *out, const struct runbook_forecast *r, const struct style *st)
{
	str_add(out, "runbook ");
	shown_text(out, text_of(r->name));
	if (r->from && r->to) {
		str_add(out, " (");
		shown_text(out, text_of(r->from));
		str_add(out, " -> ");
		shown_text(out, text_of(r->to));
		str_add_char(out, ')');
	}
	str_add(out, ": predicted RTO p50 ");
	add_span(out, r->time.p50_ms);
	str_add(out, ", p95 ");
	add_span(out, r->time.p95_ms);
	str_add(out, ", objective ");
	add_span(out, r->rto_ms);
	if (runbook_forecast_is_late(r)) {
		str_add(out, ": ");
		paint_text(out, st, PAINT_RED, "misses it");
	}
	if (r->time.measured < r->time.steps)
		str_printf(out, " (%zu of %zu steps measured)", r->time.measured, r->time.steps);
	str_add_char(out, '\n');
}

void view_forecasts(struct str *out, const struct runbook_forecast_list *all,
		    const struct style *st)
{
	if (all->count)
		str_add_char(out, '\n');
	for (size_t i = 0; i < all->count; i++)
		add_forecast(out, &all->items[i], st);
}

json_t *json_forecast(const struct runbook_forecast *r)
{
	json_t *j = json_line("forecast"), *critical = json_array();

	json_set_text(j, "runbook", r->name);
	json_set_text(j, "from", r->from);
	json_set_text(j, "to", r->to);
	json_object_set_new(j, "p50_ms", json_integer((json_int_t)r->time.p50_ms));
	json_object_set_new(j, "p95_ms", json_integer((json_int_t)r->time.p95_ms));
	json_object_set_new(j, "rto_objective_ms", json_integer((json_int_t)r->rto_ms));
	json_object_set_new(j, "late", json_boolean(runbook_forecast_is_late(r)));
	json_object_set_new(j, "measured", json_integer((json_int_t)r->time.measured));
	json_object_set_new(j, "steps", json_integer((json_int_t)r->time.steps));
	for (size_t i = 0; i < r->time.critical_count; i++)
		json_array_append_new(critical, json_string(r->time.critical[i]));
	json_object_set_new(j, "critical", critical);
	return j;
}
