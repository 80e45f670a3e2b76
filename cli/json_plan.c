/* json_plan.c - plans, diagnostics and recorded state as JSON. */
#include "cli/json_plan.h"

#include <string.h>

#define STREAM_SCHEMA 1

json_t *json_line(const char *type)
{
	return json_pack("{s:i, s:s}", "schema", STREAM_SCHEMA, "type", type);
}

json_t *json_time(int64_t wall_ms)
{
	char text[CLOCK_TEXT_LEN];

	clock_format_rfc3339(wall_ms, text);
	return json_string(text);
}

void json_set_text(json_t *object, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(object, key, json_string(text));
}

void json_set_json(json_t *object, const char *key, const char *json)
{
	json_t *value = json && *json ? json_parse(text_of(json), NULL, NULL) : NULL;

	if (value)
		json_object_set_new(object, key, value);
}

static void set_number(json_t *object, const char *key, size_t number)
{
	json_object_set_new(object, key, json_integer((json_int_t)number));
}

static void set_some(json_t *object, const char *key, size_t number)
{
	if (number)
		set_number(object, key, number);
}

/* Only what holds: a reader takes what is missing as false. */
static void set_flag(json_t *object, const char *key, bool flag)
{
	if (flag)
		json_object_set_new(object, key, json_true());
}

json_t *json_counts(const struct plan_counts *c)
{
	json_t *j = json_object();

	set_number(j, "create", c->create);
	set_number(j, "update", c->update);
	set_number(j, "replace", c->replace);
	set_number(j, "delete", c->remove);
	set_number(j, "retain", c->retain);
	set_number(j, "none", c->none);
	set_some(j, "import", c->import);
	set_some(j, "adopt", c->adopt);
	set_some(j, "conditional", c->conditional);
	set_some(j, "left_out", c->left_out);
	set_some(j, "moved", c->moved);
	return j;
}

json_t *json_address(const struct address *addr)
{
	struct str text = STR_INIT;
	json_t *j;

	address_format(addr, &text);
	j = json_string(str_cstr(&text));
	str_release(&text);
	return j;
}

static json_t *instance_json(const struct instance_id *id)
{
	struct str text = STR_INIT;
	json_t *j;

	instance_id_format(id, &text);
	j = json_string(str_cstr(&text));
	str_release(&text);
	return j;
}

static void set_place(json_t *object, const struct range *where)
{
	if (!where->src)
		return;
	json_set_text(object, "file", where->src->name);
	if (!where->start.line)
		return;
	set_number(object, "line", where->start.line);
	set_number(object, "column", where->start.column);
	set_number(object, "end_line", where->end.line);
	set_number(object, "end_column", where->end.column);
}

static void set_estimate(json_t *object, const struct estimate *e)
{
	if (!e->samples)
		return;
	json_object_set_new(object, "estimate",
			    json_pack("{s:I, s:I}", "typical_ms", (json_int_t)e->typical_ms,
				      "slow_ms", (json_int_t)e->slow_ms));
}

static void set_critical(json_t *object, const struct plan *p)
{
	json_t *way = json_array();

	for (size_t i = 0; i < p->critical_count; i++)
		json_array_append_new(way, json_address(&p->changes[p->critical[i]].addr));
	json_object_set_new(object, "critical", way);
	set_number(object, "untimed", p->untimed);
}

json_t *json_not_restored(const struct plan *p)
{
	json_t *all = json_array();

	for (size_t i = 0; i < p->change_count; i++) {
		const struct change *c = &p->changes[i];
		json_t *j;

		if (!c->not_restored && !c->left_out)
			continue;
		j = json_object();
		json_object_set_new(j, "address", json_address(&c->addr));
		json_set_text(j, "properties", c->not_restored);
		set_flag(j, "skipped", c->left_out != ACTION_NONE);
		json_array_append_new(all, j);
	}
	return all;
}

json_t *json_plan_head(const struct plan *p)
{
	json_t *j = json_line("plan");

	json_set_text(j, "project", p->project->manifest->project);
	if (p->project->version_known)
		json_object_set_new(j, "version", version_json(p->project->version));
	json_object_set_new(j, "destroy", json_boolean(p->destroy));
	set_flag(j, "rollback", p->rollback);
	json_object_set_new(j, "refreshed", json_boolean(p->refreshed));
	json_object_set_new(j, "counts", json_counts(&p->counts));
	set_number(j, "drifted", p->drifted);
	if (p->unread)
		set_number(j, "unread", p->unread);
	if (p->settled)
		set_number(j, "settled", p->settled);
	set_estimate(j, &p->estimate);
	if (p->estimate.samples)
		set_critical(j, p);
	if (p->rollback)
		json_object_set_new(j, "not_restored", json_not_restored(p));
	return j;
}

static bool is_secret(const json_t *j)
{
	return json_is_object(j) && json_object_size(j) == 1 && json_object_get(j, "$secret");
}

/* The value to show instead of j; takes j over. */
static json_t *without_secrets(json_t *j, bool *found);

static void hide_members(json_t *j, bool *found)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(j, next, key, value)
		json_object_set_new(j, key, without_secrets(json_incref(value), found));
	for (size_t i = 0; i < json_array_size(j); i++)
		json_array_set_new(j, i, without_secrets(json_incref(json_array_get(j, i)), found));
}

static json_t *without_secrets(json_t *j, bool *found)
{
	if (!is_secret(j)) {
		hide_members(j, found);
		return j;
	}
	*found = true;
	json_decref(j);
	return json_string("(sensitive)");
}

/* Sets key to the value of a JSON text without secrets, like json_set_json; whether there
 * were some. */
static bool set_shown(json_t *object, const char *key, const char *json)
{
	json_t *value = json && *json ? json_parse(text_of(json), NULL, NULL) : NULL;
	bool found = false;

	if (value)
		json_object_set_new(object, key, without_secrets(value, &found));
	return found;
}

static json_t *path_json(const struct path_change *p)
{
	json_t *j = json_object();
	bool sensitive = p->sensitive;

	json_object_set_new(j, "path", json_string(p->pointer));
	if (!p->sensitive) {
		sensitive |= set_shown(j, "before", p->before);
		sensitive |= set_shown(j, "after", p->after);
		sensitive |= set_shown(j, "recorded", p->recorded);
	}
	set_flag(j, "forces_replacement", p->replaces);
	set_flag(j, "unknown", p->unknown);
	set_flag(j, "sensitive", sensitive);
	set_flag(j, "drift", p->drift);
	set_flag(j, "conflict", p->conflict);
	set_flag(j, "settled", p->settled);
	set_flag(j, "computed", p->computed);
	set_place(j, &p->where);
	return j;
}

static json_t *paths_json(const struct change *c)
{
	struct arena *a = arena_new();
	json_t *list = json_array();
	size_t count;
	const struct path_change *paths = change_paths(c, a, &count);

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, path_json(&paths[i]));
	arena_free(a);
	return list;
}

static json_t *because_json(const struct change *c)
{
	const struct address addr = {c->addr.instance, c->because};

	return json_address(&addr);
}

json_t *json_plan_change(const struct change *c)
{
	json_t *j = json_line("change");

	json_object_set_new(j, "address", json_address(&c->addr));
	json_object_set_new(j, "instance", instance_json(&c->addr.instance));
	json_set_text(j, "resource_type", c->type);
	json_set_text(j, "action", action_name(c->action));
	if (c->reason != REASON_NONE)
		json_set_text(j, "reason", reason_text(c->reason));
	json_set_text(j, "cause", c->cause);
	if (c->because)
		json_object_set_new(j, "because", because_json(c));
	set_flag(j, "conditional", c->conditional);
	set_flag(j, "only_commit", c->only_commit);
	set_flag(j, "snapshot", c->snapshot);
	json_set_text(j, "moved_from", c->moved_from);
	if (c->left_out != ACTION_NONE)
		json_set_text(j, "left_out", action_name(c->left_out));
	json_set_text(j, "endpoint", c->endpoint);
	if (c->before) {
		json_set_text(j, "id", c->before->id);
		json_set_text(j, "deposed", c->before->deposed);
	} else {
		json_set_text(j, "id", c->import_id);
	}
	json_object_set_new(j, "paths", paths_json(c));
	set_estimate(j, &c->estimate);
	set_place(j, &c->where);
	return j;
}

json_t *json_output_change(const struct output_change *o)
{
	json_t *j = json_line("output_change");
	bool sensitive;

	json_object_set_new(j, "instance", instance_json(&o->id));
	json_set_text(j, "name", o->name);
	sensitive = set_shown(j, "before", o->before);
	sensitive |= set_shown(j, "after", o->after);
	set_flag(j, "unknown", o->unknown);
	set_flag(j, "sensitive", sensitive);
	return j;
}

static bool is_settled(const struct change *c)
{
	for (size_t i = 0; i < c->path_count; i++) {
		if (c->paths[i].settled)
			return true;
	}
	return false;
}

/* Drift is about what differs in the world, and what could not be read; what was not asked is
 * only counted.  Of other plans also what is only recorded. */
static bool belongs(const struct change *c, enum plan_view kind)
{
	if (kind == PLAN_FOR_DRIFT)
		return c->drift != DRIFT_IN_SYNC && c->drift != DRIFT_NOT_CHECKED;
	return c->action != ACTION_NONE || c->moved_from || c->left_out || is_settled(c);
}

static json_t *change_line(const struct change *c, enum plan_view kind)
{
	json_t *j = json_plan_change(c);

	if (kind == PLAN_FOR_DRIFT)
		json_set_text(j, "status", json_drift_word(c->drift));
	return j;
}

void json_plan_each(const struct plan *p, enum plan_view kind, void (*line)(void *, json_t *),
		    void *context)
{
	json_t *head = json_plan_head(p);

	if (kind == PLAN_FOR_DRIFT)
		json_object_set_new(head, "instances", json_drift_counts(p));
	line(context, head);
	for (size_t i = 0; i < p->change_count; i++) {
		if (belongs(&p->changes[i], kind))
			line(context, change_line(&p->changes[i], kind));
	}
	for (size_t i = 0; i < p->instance_count && kind == PLAN_FOR_DRIFT; i++)
		line(context, json_drift(p, &p->instances[i]));
	for (size_t i = 0; i < p->output_count && kind != PLAN_FOR_DRIFT; i++)
		line(context, json_output_change(&p->outputs[i]));
	if (kind != PLAN_FOR_DRIFT)
		json_rollouts_each(p, line, context);
}

static const char *const severities[] = {
	[DIAG_ERROR] = "error",
	[DIAG_WARNING] = "warning",
	[DIAG_NOTE] = "note",
};

static json_t *related_json(const struct diag *g)
{
	json_t *list = json_array();

	for (const struct diag *r = g->related; r; r = r->related) {
		json_t *j = json_pack("{s:s}", "summary", r->summary);

		set_place(j, &r->where);
		json_array_append_new(list, j);
	}
	return list;
}

json_t *json_diag(const struct diag *g)
{
	json_t *j = json_line("diagnostic");

	json_set_text(j, "severity", severities[g->severity]);
	json_object_set_new(j, "code", json_sprintf("HD%04d", (int)g->code));
	json_set_text(j, "summary", g->summary);
	json_set_text(j, "detail", g->detail);
	json_set_text(j, "hint", g->hint);
	json_set_text(j, "address", g->address);
	json_set_text(j, "endpoint", g->endpoint);
	json_set_text(j, "provider_code", g->foreign_code);
	set_place(j, &g->where);
	if (g->related)
		json_object_set_new(j, "related", related_json(g));
	return j;
}

json_t *json_record_raw(const struct record *r)
{
	json_t *j = json_line("record");

	json_object_set_new(j, "address", json_address(&r->addr));
	json_set_text(j, "deposed", r->deposed);
	json_set_text(j, "resource_type", r->type);
	json_set_text(j, "id", r->id);
	json_set_text(j, "provider", r->provider);
	json_set_text(j, "endpoint", r->endpoint);
	set_number(j, "schema_version", r->schema_version);
	json_set_json(j, "inputs", r->inputs);
	json_set_json(j, "outputs", r->outputs);
	json_set_json(j, "sensitive", r->sensitive);
	json_set_json(j, "depends_on", r->depends_on);
	json_set_text(j, "deletion_policy", r->deletion_policy);
	json_object_set_new(j, "tainted", json_boolean(r->tainted));
	json_object_set_new(j, "version", json_integer(r->version));
	json_object_set_new(j, "created", json_time(r->created_ms));
	json_object_set_new(j, "updated", json_time(r->updated_ms));
	return j;
}

json_t *json_record(const struct record *r)
{
	bool found = false;

	return without_secrets(json_record_raw(r), &found);
}
