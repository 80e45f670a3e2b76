/* json_readiness.c - what `runbook check` found as JSON (docs/json.md). */
#include "base/arena.h"
#include "cli/json_plan.h"
#include "cli/view_execution.h"

static json_t *finding_json(const struct finding *f)
{
	json_t *j = json_pack("{s:o, s:s, s:i}", "code", json_sprintf("HD%u", (unsigned)f->code),
			      "severity", finding_severity_name(f->severity), "points",
			      (int)finding_points(f->severity));

	json_set_text(j, "what", f->what);
	if (*f->step)
		json_set_text(j, "step", f->step);
	if (*f->todo)
		json_set_text(j, "todo", f->todo);
	if (f->where.src) {
		json_set_text(j, "file", f->where.src->name);
		json_object_set_new(j, "line", json_integer(f->where.start.line));
	}
	return j;
}

static void set_forecast(json_t *j, const struct readiness *r)
{
	const struct conduct_forecast *f = &r->forecast;
	json_t *critical = json_array();

	for (size_t i = 0; i < f->critical_count; i++)
		json_array_append_new(critical, json_string(f->critical[i]));
	if (r->forecast_known && f->measured) {
		json_object_set_new(j, "p50_ms", json_integer(f->p50_ms));
		json_object_set_new(j, "p95_ms", json_integer(f->p95_ms));
	}
	if (r->forecast_known) {
		json_object_set_new(j, "measured", json_integer((json_int_t)f->measured));
		json_object_set_new(j, "steps", json_integer((json_int_t)f->steps));
	}
	json_object_set_new(j, "critical", critical);
}

static json_t *direction_json(const struct readiness *r)
{
	json_t *j = json_object(), *findings = json_array();

	json_set_text(j, "from", r->from);
	json_set_text(j, "to", r->to);
	set_forecast(j, r);
	json_object_set_new(j, "score", json_integer(readiness_score(r)));
	json_object_set_new(j, "ready", json_boolean(!readiness_refuses(r)));
	for (size_t i = 0; i < r->found.count; i++)
		json_array_append_new(findings, finding_json(&r->found.items[i]));
	json_object_set_new(j, "findings", findings);
	return j;
}

json_t *json_runbook_check(const struct runbook_check *c)
{
	json_t *j = json_line("runbook_check"), *list = json_array();
	unsigned score = READY_POINTS;

	json_set_text(j, "runbook", c->name);
	json_object_set_new(j, "steps", json_integer((json_int_t)c->procedure->step_count));
	json_set_objectives(j, &c->procedure->objectives);
	for (size_t i = 0; i < c->direction_count; i++) {
		unsigned one = readiness_score(c->directions[i]);

		score = one < score ? one : score;
		json_array_append_new(list, direction_json(c->directions[i]));
	}
	if (c->direction_count)
		json_object_set_new(j, "score", json_integer(score));
	if (c->inner)
		json_object_set_new(j, "inner", json_true());
	json_set_text(j, "wants", c->wants);
	json_object_set_new(j, "directions", list);
	return j;
}
