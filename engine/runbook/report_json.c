/* report_json.c - a report as JSON: what was worked out, and all that it was worked out from. */
#include <string.h>

#include "engine/runbook/report.h"

#define REPORT_SCHEMA 1

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(object, key, json_string(text));
}

static void set_int(json_t *object, const char *key, int64_t value)
{
	json_object_set_new(object, key, json_integer(value));
}

/* Milliseconds, so that nothing is lost; 0: it never was. */
static void set_time(json_t *object, const char *key, int64_t ms)
{
	if (ms)
		set_int(object, key, ms);
}

static void set_object(json_t *object, const char *key, const char *text, struct arena *a)
{
	json_t *value = *text ? json_parse(text_of(text), a, NULL) : NULL;

	if (value)
		json_object_set_new(object, key, value);
}

/* Met is not said of what nothing proves. */
static json_t *objective(const struct report *r, const char *name, const struct objective_story *o)
{
	json_t *j = json_object();

	set_text(j, "name", name);
	if (o->objective_ms)
		set_int(j, "objective_ms", o->objective_ms);
	if (o->known)
		set_int(j, "actual_ms", o->actual_ms);
	if ((o->known || o->met) && !(o->met && r->broken_at))
		json_object_set_new(j, "met", json_boolean(o->met));
	set_text(j, "detail", o->detail);
	return j;
}

static json_t *objectives(const struct report *r)
{
	json_t *list = json_array();

	json_array_append_new(list, objective(r, "RTO", &r->story.rto));
	json_array_append_new(list, objective(r, "RPO", &r->story.rpo));
	return list;
}

static json_t *breakdown(const struct report *r)
{
	json_t *j = json_object();

	set_int(j, "from_ms", r->from_ms);
	set_int(j, "to_ms", r->to_ms);
	for (int i = 0; i < REPORT_PART_COUNT; i++)
		set_int(j, report_part_name((enum report_part)i), r->parts_ms[i]);
	return j;
}

static json_t *step(const struct report_row *r, struct arena *a)
{
	json_t *j = json_object();

	set_text(j, "path", r->step->path);
	set_text(j, "kind", r->step->kind);
	set_text(j, "status", step_status_name(r->step->status));
	set_int(j, "attempts", (int64_t)r->step->attempts);
	set_text(j, "region", r->region);
	set_time(j, "from_ms", r->from_ms);
	set_time(j, "to_ms", r->to_ms);
	set_time(j, "waited_ms", r->waited_ms);
	set_time(j, "usual_ms", r->usual_ms);
	json_object_set_new(j, "critical", json_boolean(r->critical));
	if (r->slow)
		json_object_set_new(j, "slow", json_true());
	if (r->step->ungraceful)
		json_object_set_new(j, "ungraceful", json_true());
	set_text(j, "reason", r->step->reason);
	set_object(j, "result", r->step->result, a);
	return j;
}

static json_t *check(const struct report_check *c)
{
	json_t *j = json_object();

	set_text(j, "check", c->check);
	set_text(j, "region", c->region);
	set_int(j, "healthy", (int64_t)c->healthy_count);
	set_int(j, "unhealthy", (int64_t)c->unhealthy_count);
	set_int(j, "first_ms", c->first_ms);
	json_object_set_new(j, "first_healthy", json_boolean(c->first_healthy));
	set_text(j, "first_detail", c->first_detail);
	set_int(j, "last_ms", c->last_ms);
	json_object_set_new(j, "last_healthy", json_boolean(c->last_healthy));
	set_text(j, "last_detail", c->last_detail);
	return j;
}

static json_t *notes(const struct report_notes *n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n->count; i++) {
		const struct report_note *one = &n->items[i];
		json_t *j = json_object();

		set_int(j, "event", one->entry->number);
		set_int(j, "at_ms", one->at_ms);
		set_text(j, "what", one->what);
		set_text(j, "step", one->step);
		set_text(j, "who", one->who);
		set_text(j, "why", one->why);
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *event(const struct journal_entry *e, struct arena *a)
{
	json_t *j = json_object(), *data = json_parse(text_of(e->data), a, NULL);

	set_int(j, "number", e->number);
	set_int(j, "at_ms", e->at_ms);
	json_object_set_new(j, "kind", json_string(e->word ? e->word : entry_kind_name(e->kind)));
	json_object_set_new(j, "step", json_string(e->step));
	json_object_set_new(j, "data", data ? data : json_object());
	json_object_set_new(j, "previous", json_string(e->previous));
	json_object_set_new(j, "hash", json_string(e->hash));
	return j;
}

static void set_head(json_t *j, const struct report *r, struct arena *a)
{
	const struct execution_row *row = &r->story.row;

	set_int(j, "schema", REPORT_SCHEMA);
	set_text(j, "type", "execution_report");
	set_text(j, "execution", row->id);
	set_text(j, "runbook", row->runbook);
	set_text(j, "kind", execution_kind_name(row->kind));
	set_text(j, "mode", r->mode);
	set_text(j, "status", execution_status_name(row->status));
	set_text(j, "reason", r->reason);
	set_text(j, "detected", r->detected);
	if (*r->version)
		set_text(j, "version", r->version);
	set_text(j, "end_reason", r->end_reason);
	set_text(j, "by", r->by);
	set_text(j, "command", r->command);
	set_text(j, "digest", r->story.digest);
	set_object(j, "parameters", row->parameters, a);
	set_time(j, "since_ms", r->story.since_ms);
	set_time(j, "started_ms", row->started_ms);
	set_time(j, "healthy_ms", r->story.healthy_ms);
	set_time(j, "ended_ms", row->ended_ms);
	set_int(j, "made_ms", r->made_ms);
	if (r->broken_at)
		set_int(j, "broken_at", r->broken_at);
}

static void set_lists(json_t *j, const struct report *r, struct arena *a)
{
	json_t *steps = json_array(), *checks = json_array(), *events = json_array();

	for (size_t i = 0; i < r->row_count; i++)
		json_array_append_new(steps, step(&r->rows[i], a));
	for (size_t i = 0; i < r->check_count; i++)
		json_array_append_new(checks, check(&r->checks[i]));
	for (size_t i = 0; i < r->entries.count; i++)
		json_array_append_new(events, event(&r->entries.items[i], a));
	json_object_set_new(j, "steps", steps);
	json_object_set_new(j, "checks", checks);
	json_object_set_new(j, "requests", notes(&r->requests));
	json_object_set_new(j, "fences", notes(&r->fences));
	json_object_set_new(j, "data_loss", notes(&r->losses));
	json_object_set_new(j, "events", events);
}

json_t *report_json(const struct report *r)
{
	struct arena *a = arena_new();
	json_t *j = json_object();

	set_head(j, r, a);
	json_object_set_new(j, "objectives", objectives(r));
	json_object_set_new(j, "breakdown", breakdown(r));
	if (r->lag_seconds >= 0) {
		json_object_set_new(j, "lag_seconds", json_real(r->lag_seconds));
		set_int(j, "lag_at_ms", r->lag_at_ms);
	}
	set_lists(j, r, a);
	set_text(j, "head", r->head);
	arena_free(a);
	return j;
}
