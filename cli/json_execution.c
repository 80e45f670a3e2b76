/* json_execution.c - runbooks and executions as JSON (docs/json.md). */
#include "base/arena.h"
#include "cli/json_plan.h"
#include "cli/view_execution.h"

static void set_number(json_t *j, const char *key, int64_t value)
{
	json_object_set_new(j, key, json_integer(value));
}

static void set_true(json_t *j, const char *key, bool value)
{
	if (value)
		json_object_set_new(j, key, json_true());
}

static void set_span(json_t *j, int64_t from_ms, int64_t to_ms)
{
	if (!from_ms)
		return;
	json_object_set_new(j, "started", json_time(from_ms));
	if (!to_ms)
		return;
	json_object_set_new(j, "ended", json_time(to_ms));
	set_number(j, "elapsed_ms", to_ms > from_ms ? to_ms - from_ms : 0);
}

json_t *json_execution(const struct execution_row *r, int64_t now_ms)
{
	json_t *j = json_line("execution");

	json_set_text(j, "execution", r->id);
	json_set_text(j, "runbook", r->runbook);
	json_set_text(j, "kind", execution_kind_name(r->kind));
	json_set_text(j, "status", execution_shown_status(r));
	json_set_json(j, "parameters", r->parameters);
	set_span(j, r->started_ms, r->ended_ms);
	if (!r->ended_ms && !r->gone && r->started_ms)
		set_number(j, "elapsed_ms", now_ms > r->started_ms ? now_ms - r->started_ms : 0);
	json_set_text(j, "user", r->owner.user);
	json_set_text(j, "host", r->owner.host);
	set_number(j, "pid", r->owner.pid);
	set_number(j, "entries", r->entries);
	set_true(j, "process_gone", r->gone);
	return j;
}

static void set_objective(json_t *j, const char *key, const struct objective_story *o)
{
	json_t *one;

	if (!o->known && !o->objective_ms)
		return;
	one = json_object();
	if (o->known)
		set_number(one, "actual_ms", o->actual_ms);
	if (o->objective_ms)
		set_number(one, "objective_ms", o->objective_ms);
	if (o->known && o->objective_ms)
		json_object_set_new(one, "met", json_boolean(o->met));
	json_set_text(one, "text", o->detail);
	json_object_set_new(j, key, one);
}

static json_t *step_json(const struct step_story *s)
{
	json_t *j = json_object();

	json_set_text(j, "step", s->path);
	json_set_text(j, "kind", s->kind);
	json_set_text(j, "status", step_status_name(s->status));
	if (s->attempts)
		set_number(j, "attempts", (int64_t)s->attempts);
	set_true(j, "ungraceful", s->ungraceful);
	set_span(j, s->started_ms, s->ended_ms);
	json_set_text(j, "reason", s->reason);
	json_set_text(j, "text", s->text);
	json_set_json(j, "result", s->result);
	return j;
}

json_t *json_execution_story(const struct execution_story *s, int64_t now_ms)
{
	json_t *j = json_execution(&s->row, now_ms), *steps = json_array();

	if (s->since_ms)
		json_object_set_new(j, "since", json_time(s->since_ms));
	if (s->healthy_ms)
		json_object_set_new(j, "healthy", json_time(s->healthy_ms));
	set_true(j, "ungraceful", s->ungraceful);
	set_true(j, "paused", s->paused);
	if (s->paused)
		json_set_text(j, "pause_reason", s->pause_reason);
	set_true(j, "reversing", s->reversing);
	set_true(j, "fenced", s->fenced);
	set_true(j, "data_loss_accepted", s->data_loss_accepted);
	json_set_text(j, "overtaken_by", s->overtaken);
	set_objective(j, "rto", &s->rto);
	set_objective(j, "rpo", &s->rpo);
	for (size_t i = 0; i < s->step_count; i++)
		json_array_append_new(steps, step_json(&s->steps[i]));
	json_object_set_new(j, "steps", steps);
	return j;
}

static json_t *parameters_json(const struct procedure *p)
{
	static const char *const words[] = {
		[PARAMETER_REGION] = "Region",
		[PARAMETER_STRING] = "String",
		[PARAMETER_NUMBER] = "Number",
	};
	json_t *list = json_array();

	for (size_t i = 0; i < p->parameter_count; i++) {
		json_t *one = json_object();

		json_set_text(one, "name", p->parameters[i].name);
		json_set_text(one, "kind", words[p->parameters[i].kind]);
		json_set_text(one, "default", p->parameters[i].initial);
		json_set_text(one, "description", p->parameters[i].description);
		json_array_append_new(list, one);
	}
	return list;
}

void json_set_objectives(json_t *j, const struct runbook_objectives *o)
{
	if (o->rto_ms)
		set_number(j, "rto_objective_ms", o->rto_ms);
	if (o->rpo_ms)
		set_number(j, "rpo_objective_ms", o->rpo_ms);
}

json_t *json_runbook(const struct runbook_row *r)
{
	json_t *j = json_line("runbook");

	json_set_text(j, "runbook", r->name);
	json_set_text(j, "path", r->path);
	if (r->procedure) {
		json_set_text(j, "description", r->procedure->description);
		json_object_set_new(j, "parameters", parameters_json(r->procedure));
		json_set_objectives(j, &r->procedure->objectives);
		set_number(j, "steps", (int64_t)r->procedure->step_count);
	} else {
		set_true(j, "broken", true);
	}
	if (r->last) {
		json_t *last = json_object();

		json_set_text(last, "execution", r->last->row.id);
		json_set_text(last, "kind", execution_kind_name(r->last->row.kind));
		json_set_text(last, "status", execution_shown_status(&r->last->row));
		set_span(last, r->last->row.started_ms, r->last->row.ended_ms);
		set_objective(last, "rto", &r->last->rto);
		set_objective(last, "rpo", &r->last->rpo);
		json_object_set_new(j, "last", last);
	}
	return j;
}

json_t *json_journal(const char *execution, const struct journal_entry *e)
{
	json_t *j = json_line("journal");

	json_object_set_new(j, "time", json_time(e->at_ms));
	set_number(j, "at_ms", e->at_ms);
	json_set_text(j, "execution", execution);
	set_number(j, "number", e->number);
	json_set_text(j, "event", entry_kind_name(e->kind));
	json_set_text(j, "step", e->step);
	json_set_json(j, "data", e->data);
	json_set_text(j, "hash", e->hash);
	return j;
}
