#include "cli/export_journal.h"

#include "cli/json_plan.h"
#include "engine/engine_runbook.h"

static json_t *event(const struct journal_entry *e)
{
	json_t *j = json_object();

	json_object_set_new(j, "number", json_integer(e->number));
	json_object_set_new(j, "at_ms", json_integer(e->at_ms));
	json_object_set_new(j, "kind", json_string(e->word));
	json_object_set_new(j, "step", json_string(e->step));
	json_set_json(j, "data", e->data);
	json_object_set_new(j, "previous", json_string(e->previous));
	json_object_set_new(j, "hash", json_string(e->hash));
	return j;
}

static json_t *events(const struct journal_list *entries)
{
	json_t *list = json_array();

	for (size_t i = 0; i < entries->count; i++)
		json_array_append_new(list, event(&entries->items[i]));
	return list;
}

static json_t *execution(const struct execution_row *r)
{
	json_t *j = json_object();

	json_set_text(j, "id", r->id);
	json_set_text(j, "runbook", r->runbook);
	json_set_text(j, "kind", execution_kind_name(r->kind));
	json_set_text(j, "status", execution_status_name(r->status));
	json_set_json(j, "parameters", r->parameters);
	json_set_text(j, "user", r->owner.user);
	json_set_text(j, "host", r->owner.host);
	json_object_set_new(j, "started", json_time(r->started_ms));
	if (r->ended_ms)
		json_object_set_new(j, "ended", json_time(r->ended_ms));
	json_set_text(j, "head", r->head);
	return j;
}

static int add_executions(struct invocation *in, json_t *all)
{
	struct execution_list rows = {NULL, 0};
	json_t *list = json_array();
	int result = journal_load_executions(in->state, 0, in->arena, &rows, &in->diags);

	/* The oldest first, as everything else that grows. */
	for (size_t i = rows.count; result == 0 && i > 0; i--) {
		const struct execution_row *r = &rows.items[i - 1];
		struct journal_list entries = {NULL, 0};
		json_t *j = execution(r);

		result = journal_load_entries(in->state, &(struct journal_part){r->id, 0},
					      in->arena, &entries, &in->diags);
		json_object_set_new(j, "events", events(&entries));
		json_array_append_new(list, j);
	}
	if (rows.count)
		json_object_set(all, "executions", list);
	json_decref(list);
	return result;
}

static int add_overrides(struct invocation *in, json_t *all)
{
	struct override_list found = {NULL, 0};
	json_t *list;

	if (journal_load_overrides(in->state, in->arena, &found, &in->diags) != 0)
		return -1;
	if (!found.count)
		return 0;
	list = json_array();
	for (size_t i = 0; i < found.count; i++) {
		const struct parameter_override *o = &found.items[i];
		json_t *j = json_object();

		json_set_text(j, "instance", instance_id_text(in->arena, &o->instance));
		json_set_text(j, "parameter", o->parameter);
		json_object_set_new(j, "value", json_string(o->value));
		json_set_text(j, "execution", o->execution);
		json_set_text(j, "runbook", o->runbook);
		json_object_set_new(j, "since", json_time(o->since_ms));
		json_array_append_new(list, j);
	}
	json_object_set_new(all, "overrides", list);
	return 0;
}

static void add_samples(json_t *list, const struct sample_list *samples, const char *slot)
{
	for (size_t i = 0; i < samples->count; i++) {
		const struct check_sample *c = &samples->items[i];
		json_t *j = json_object();

		json_set_text(j, "slot", slot);
		json_set_text(j, "check", c->check);
		json_set_text(j, "region", c->region);
		json_object_set_new(j, "at", json_time(c->at_ms));
		json_object_set_new(j, "healthy", json_boolean(c->healthy));
		json_set_text(j, "detail", c->detail);
		json_set_json(j, "values", c->values);
		json_array_append_new(list, j);
	}
}

static int add_all_samples(struct invocation *in, json_t *all)
{
	struct sample_list latest = {NULL, 0}, healthy = {NULL, 0};
	json_t *list;

	if (journal_load_samples(in->state, SAMPLE_LATEST, in->arena, &latest, &in->diags) != 0 ||
	    journal_load_samples(in->state, SAMPLE_HEALTHY, in->arena, &healthy, &in->diags) != 0)
		return -1;
	if (!latest.count)
		return 0;
	list = json_array();
	add_samples(list, &latest, "latest");
	add_samples(list, &healthy, "healthy");
	json_object_set_new(all, "check_samples", list);
	return 0;
}

int export_journal(struct invocation *in, json_t *all)
{
	if (add_executions(in, all) != 0 || add_overrides(in, all) != 0)
		return -1;
	return add_all_samples(in, all);
}
