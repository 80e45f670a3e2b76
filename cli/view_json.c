/* view_json.c - everything as JSON objects, one per line, on stdout (docs/json.md). */
#include <stdlib.h>
#include <string.h>

#include "cli/json_plan.h"
#include "cli/view_compare.h"
#include "cli/view_execution.h"
#include "cli/view_lock.h"
#include "cli/view_operation.h"
#include "cli/view_watch.h"

struct view_json {
	struct view view; /* must be first */
	struct term *out;
	const char *command;
	struct clock *clock;
};

static struct view_json *json_view_of(struct view *v)
{
	return container_of(v, struct view_json, view);
}

/* Steals j. */
static void write_line(struct view *v, json_t *j)
{
	struct str line = STR_INIT;

	json_canonical(j, &line);
	str_add_char(&line, '\n');
	term_write(json_view_of(v)->out, &line);
	str_release(&line);
	json_decref(j);
}

static void set_integer(json_t *j, const char *key, int64_t value)
{
	json_object_set_new(j, key, json_integer(value));
}

static void add_times(json_t *j, const struct event *e)
{
	switch (e->kind) {
	case EVENT_SUCCEEDED:
	case EVENT_FAILED:
		set_integer(j, "elapsed_ms", e->elapsed_ms);
		return;
	case EVENT_RETRY:
		set_integer(j, "attempt", e->attempt);
		set_integer(j, "wait_ms", e->wait_ms);
		return;
	case EVENT_SLOW:
		set_integer(j, "elapsed_ms", e->elapsed_ms);
		set_integer(j, "usual_ms", e->usual_ms);
		return;
	case EVENT_WAITING:
		set_integer(j, "wait_ms", e->wait_ms);
		return;
	case EVENT_REFRESH_STARTED:
	case EVENT_APPLY_STARTED:
	case EVENT_ROLLING_BACK:
		set_integer(j, "total", (int64_t)e->total);
		return;
	case EVENT_REFRESHED:
	case EVENT_FINISHED:
		set_integer(j, "done", (int64_t)e->done);
		set_integer(j, "total", (int64_t)e->total);
		return;
	case EVENT_WAVE:
		set_integer(j, "total", (int64_t)e->total);
		return;
	case EVENT_INSTANCE_STARTED:
	case EVENT_INSTANCE_ENDED:
		set_integer(j, "done", (int64_t)e->done);
		set_integer(j, "total", (int64_t)e->total);
		return;
	case EVENT_BAKING:
		set_integer(j, "wait_ms", e->wait_ms);
		return;
	case EVENT_RECALLED:
	case EVENT_JOURNAL: /* json_journal */
	case EVENT_CHECK:
	case EVENT_GATE:
	case EVENT_LOCK_WAIT:
	case EVENT_RECOVERING:
	case EVENT_RECOVERED:
	case EVENT_PLANNED:
	case EVENT_STARTED:
	case EVENT_PROGRESS:
	case EVENT_LEFT_OPEN:
	case EVENT_SKIPPED:
	case EVENT_BREAKER_OPEN:
	case EVENT_BREAKER_CLOSED:
	case EVENT_CANCELLING:
		return;
	}
}

/* A wave is the stack's, whichever instance comes first. */
static void add_instance(json_t *j, const struct event *e)
{
	const struct instance_id *id = e->instance;
	struct str text = STR_INIT;

	json_set_text(j, "stack", id->stack);
	if (e->kind != EVENT_WAVE && e->kind != EVENT_BAKING && id->region && *id->region) {
		instance_id_format(id, &text);
		json_set_text(j, "instance", str_cstr(&text));
	}
	str_release(&text);
}

static void on_event(struct observer *o, const struct event *e)
{
	struct view *v = container_of(o, struct view, observer);
	json_t *j;

	/* The plan itself is shown, and the journal is read from the state. */
	if (e->kind == EVENT_PLANNED || e->kind == EVENT_RECALLED)
		return;
	if (e->kind == EVENT_JOURNAL) {
		write_line(v, json_journal(e->execution, e->entry));
		return;
	}
	j = json_line(event_kind_name(e->kind));
	json_object_set_new(j, "time", json_time(e->wall_ms));
	if (e->addr)
		json_object_set_new(j, "address", json_address(e->addr));
	json_set_text(j, "resource_type", e->type);
	json_set_text(j, "action", e->action);
	json_set_text(j, "endpoint", e->endpoint);
	json_set_text(j, "text", e->text);
	if (e->instance)
		add_instance(j, e);
	json_set_text(j, "wave", e->wave);
	json_set_text(j, "execution", e->execution);
	json_set_text(j, "step", e->step);
	add_times(j, e);
	write_line(v, j);
}

static void show_diags(struct view *v, struct diags *d)
{
	diags_sort(d);
	for (const struct diag *g = d->first; g; g = g->next)
		write_line(v, json_diag(g));
}

static void write_plan_line(void *context, json_t *line)
{
	write_line(context, line);
}

static void show_plan(struct view *v, const struct plan *p, enum plan_view kind)
{
	struct clock *clock = json_view_of(v)->clock;

	json_plan_each(p, kind, write_plan_line, v);
	if (kind != PLAN_FOR_DRIFT)
		json_freezes_each(p, clock->wall_ms(clock), write_plan_line, v);
}

/* The lines are there as they were written. */
static void show_saved_plan(struct view *v, const struct saved_plan *s)
{
	json_t *j = json_line("saved_plan");
	struct str lines = STR_INIT;

	json_object_update_missing(j, (json_t *)saved_plan_header(s));
	write_line(v, j);
	saved_plan_lines(s, &lines);
	term_write(json_view_of(v)->out, &lines);
	str_release(&lines);
}

static void set_simulated(json_t *j, const struct run_result *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->longest_count; i++) {
		json_t *one = json_object();

		json_set_text(one, "address", r->longest[i].address);
		json_set_text(one, "action", r->longest[i].action);
		set_integer(one, "elapsed_ms", r->longest[i].elapsed_ms);
		json_array_append_new(list, one);
	}
	json_object_set_new(j, "simulated", json_true());
	json_object_set_new(j, "longest", list);
}

static json_t *rollback_json(const struct run_result *r)
{
	json_t *j = json_object();

	json_object_set_new(j, "done", json_counts(&r->rolled_back));
	set_integer(j, "instances_rolled_back", (int64_t)r->targets_rolled_back);
	set_integer(j, "instances_failed", (int64_t)r->targets_rollback_failed);
	if (r->rollback)
		json_object_set_new(j, "not_restored", json_not_restored(r->rollback));
	return j;
}

static void show_result(struct view *v, const struct run_result *r, enum run_mode mode)
{
	json_t *j = json_line("result");

	json_set_text(j, "mode", run_mode_name(mode));
	json_object_set_new(j, "done", json_counts(&r->done));
	if (r->next)
		json_object_set_new(j, "next", json_counts(&r->next->counts));
	set_integer(j, "failed", (int64_t)r->failed);
	set_integer(j, "left_open", (int64_t)r->left_open);
	set_integer(j, "skipped", (int64_t)r->skipped);
	set_integer(j, "instances_failed", (int64_t)r->targets_failed);
	set_integer(j, "instances_succeeded", (int64_t)r->targets_succeeded);
	if (r->rollback || r->targets_rollback_failed)
		json_object_set_new(j, "rollback", rollback_json(r));
	set_integer(j, "elapsed_ms", r->elapsed_ms);
	if (r->plan && r->plan->estimate.samples)
		set_integer(j, "predicted_ms", r->plan->estimate.typical_ms);
	json_object_set_new(j, "interrupted", json_boolean(r->interrupted));
	if (r->simulated)
		set_simulated(j, r);
	if (!r->simulated) /* of which two are the same, word for word */
		json_set_text(j, "run", r->run);
	if (r->statuses)
		json_object_set_new(j, "stacks", json_outcomes(r));
	write_line(v, j);
}

static void show_validation(struct view *v, const struct validation *all)
{
	json_t *j = json_line("validation");

	json_set_text(j, "project", all->project);
	if (all->project) {
		set_integer(j, "stacks", (int64_t)all->stack_count);
		set_integer(j, "instances", (int64_t)all->instance_count);
	} else {
		set_integer(j, "templates", (int64_t)all->template_count);
		set_integer(j, "warnings", (int64_t)all->warning_count);
	}
	set_integer(j, "resources", (int64_t)all->resource_count);
	write_line(v, j);
}

static void set_instance(json_t *j, const struct instance_id *id)
{
	json_set_text(j, "stack", id->stack);
	json_set_text(j, "account", id->account);
	json_set_text(j, "region", id->region);
}

static json_t *lock_json(const struct lock_info *lock)
{
	json_t *j = json_object();

	json_set_text(j, "id", lock->lock_id);
	json_set_text(j, "user", lock->owner.user);
	json_set_text(j, "host", lock->owner.host);
	json_set_text(j, "command", lock->owner.command);
	set_integer(j, "pid", lock->owner.pid);
	json_object_set_new(j, "since", json_time(lock->owner.since_ms));
	return j;
}

static json_t *last_json(const struct instance_result *r)
{
	json_t *j = json_object();

	json_set_text(j, "run", r->run);
	json_set_text(j, "status", r->status);
	if (*r->reason)
		json_set_text(j, "reason", r->reason);
	if (*r->wave)
		json_set_text(j, "wave", r->wave);
	if (r->started_ms)
		json_object_set_new(j, "started", json_time(r->started_ms));
	if (r->ended_ms)
		json_object_set_new(j, "ended", json_time(r->ended_ms));
	return j;
}

static void show_status(struct view *v, const char *project, const struct status_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct status_row *row = &rows->rows[i];
		json_t *j = json_line("status");

		json_set_text(j, "project", project);
		set_instance(j, &row->id);
		json_set_text(j, "status", row->status);
		set_integer(j, "recorded", (int64_t)row->recorded);
		set_integer(j, "pending_changes", (int64_t)row->pending_changes);
		set_integer(j, "open_operations", (int64_t)row->open_operations);
		json_set_text(j, "error", row->error);
		if (row->applied_ms)
			json_object_set_new(j, "applied", json_time(row->applied_ms));
		json_set_json(j, "version", row->made_from);
		if (row->lock)
			json_object_set_new(j, "lock", lock_json(row->lock));
		if (row->last)
			json_object_set_new(j, "last_operation", last_json(row->last));
		write_line(v, j);
	}
}

static void put_health(struct view *v, const struct health_row *row)
{
	json_t *j = json_line("health");

	json_set_text(j, "check", row->check->name);
	json_set_text(j, "region", row->region);
	if (strcmp(row->account, ACCOUNT_NONE) != 0)
		json_set_text(j, "account", row->account);
	json_set_text(j, "endpoint", row->endpoint);
	json_set_text(j, "state", health_state_name(row->state));
	json_set_text(j, "detail", row->detail);
	if (*row->values)
		json_object_set_new(j, "values", json_parse(text_of(row->values), NULL, NULL));
	if (row->since_ms)
		json_object_set_new(j, "since", json_time(row->since_ms));
	write_line(v, j);
}

static void show_health(struct view *v, const struct health_result *all)
{
	for (size_t i = 0; i < all->count; i++)
		put_health(v, &all->rows[i]);
}

static void show_health_change(struct view *v, const struct health_row *row,
			       const struct health_result *all)
{
	(void)all;
	put_health(v, row);
}

static void show_watch(struct view *v, const struct watch_event *ev)
{
	write_line(v, json_watch(ev));
}

static void show_watch_status(struct view *v, const struct watch_status *w, int64_t now_ms)
{
	(void)now_ms;
	write_line(v, json_watch_status(w));
}

static void show_outputs(struct view *v, const struct output_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct output_row *row = &rows->rows[i];
		json_t *j = json_line("output");

		set_instance(j, &row->id);
		json_set_text(j, "name", row->name);
		json_set_text(j, "description", row->description);
		if (row->sensitive)
			json_object_set_new(j, "sensitive", json_true());
		else
			json_set_json(j, "value", row->value);
		write_line(v, j);
	}
}

static void show_records(struct view *v, const struct record_list *records)
{
	for (size_t i = 0; i < records->count; i++)
		write_line(v, json_record(&records->items[i]));
}

static void show_runs(struct view *v, const struct run_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		write_line(v, json_run(&rows->items[i]));
}

static void show_deployments(struct view *v, const struct deployment_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		write_line(v, json_deployment(&rows->items[i]));
}

static void show_run(struct view *v, const struct run_row *row,
		     const struct operation_list *changes)
{
	write_line(v, json_run(row));
	for (size_t i = 0; i < row->results.count; i++)
		write_line(v, json_instance_result(&row->results.items[i]));
	for (size_t i = 0; i < changes->count; i++)
		write_line(v, json_run_operation(row->run->id, &changes->items[i]));
}

static void show_instance(struct view *v, const struct instance_result *r)
{
	write_line(v, json_instance_result(r));
}

static void show_runbooks(struct view *v, const struct runbook_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		write_line(v, json_runbook(&rows->items[i]));
}

static void show_runbook_check(struct view *v, const struct runbook_check *c)
{
	write_line(v, json_runbook_check(c));
}

static void show_comparison(struct view *v, const struct comparison *c)
{
	for (size_t i = 0; i < c->count; i++)
		write_line(v, json_compared_instance(&c->instances[i]));
	write_line(v, json_comparison_end(c));
}

static void show_forecasts(struct view *v, const struct runbook_forecast_list *all)
{
	for (size_t i = 0; i < all->count; i++)
		write_line(v, json_forecast(&all->items[i]));
}

static void show_executions(struct view *v, const struct execution_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		write_line(v, json_execution(&rows->items[i], rows->now_ms));
}

static void show_execution(struct view *v, const struct execution_story *s)
{
	struct clock *clock = json_view_of(v)->clock;

	write_line(v, json_execution_story(s, clock->wall_ms(clock)));
}

/* Nobody can be asked. */
static void ask(struct view *v, const char *step, const char *question)
{
	(void)v;
	(void)step;
	(void)question;
}

static void show_type(struct view *v, const char *name, const json_t *schema)
{
	json_t *j = json_line("resource_type");

	json_set_text(j, "name", name);
	json_object_set_new(j, "facts", json_deep_copy(schema));
	write_line(v, j);
}

static void show_lock(struct view *v, const struct lock_changes *all, bool future)
{
	(void)future;
	for (size_t i = 0; i < all->count; i++) {
		json_t *j = json_line("lock");

		json_lock_change(j, &all->items[i]);
		write_line(v, j);
	}
}

static void show_type_names(struct view *v, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		json_t *j = json_line("resource_type");

		json_set_text(j, "name", names[i]);
		write_line(v, j);
	}
}

static void show_done(struct view *v, const char *subject, const char *sentence)
{
	json_t *j = json_line("done");

	json_set_text(j, "subject", subject);
	json_set_text(j, "text", sentence);
	write_line(v, j);
}

static void pause_view(struct view *v)
{
	(void)v;
}

static void finish(struct view *v, int exit_code)
{
	json_t *j = json_line("end");

	json_set_text(j, "command", json_view_of(v)->command);
	set_integer(j, "exit_code", exit_code);
	write_line(v, j);
}

static void close_view(struct view *v)
{
	free(json_view_of(v));
}

struct view *view_json_new(const struct view_setup *setup)
{
	struct view_json *j = xcalloc(1, sizeof(*j));

	j->view = (struct view){
		.observer = {on_event},
		.show_diags = show_diags,
		.show_plan = show_plan,
		.show_saved_plan = show_saved_plan,
		.show_result = show_result,
		.show_validation = show_validation,
		.show_status = show_status,
		.show_health = show_health,
		.show_health_change = show_health_change,
		.show_watch = show_watch,
		.show_watch_status = show_watch_status,
		.show_outputs = show_outputs,
		.show_records = show_records,
		.show_runs = show_runs,
		.show_deployments = show_deployments,
		.show_run = show_run,
		.show_instance = show_instance,
		.show_runbooks = show_runbooks,
		.show_runbook_check = show_runbook_check,
		.show_comparison = show_comparison,
		.show_forecasts = show_forecasts,
		.show_executions = show_executions,
		.show_execution = show_execution,
		.show_execution_end = show_execution,
		.ask = ask,
		.show_type = show_type,
		.show_lock = show_lock,
		.show_type_names = show_type_names,
		.show_done = show_done,
		.pause = pause_view,
		.finish = finish,
		.close = close_view,
	};
	j->out = setup->out;
	j->command = setup->command;
	j->clock = setup->clock;
	return &j->view;
}
