#include "cli/view_operation.h"

#include <string.h>

#include "base/arena.h"
#include "cli/json_plan.h"
#include "cli/request.h"
#include "cli/view_table.h"
#include "cli/view_text.h"

#define MESSAGE_INDENT 11
#define INSTANCES_NAMED 8

/* --- words --------------------------------------------------------------------------- */

static const char *safe(struct arena *a, const char *text)
{
	struct str shown = STR_INIT;
	const char *copy;

	shown_text(&shown, text_of(text));
	copy = arena_strdup(a, str_cstr(&shown));
	str_release(&shown);
	return copy;
}

/* "8 created, 1 failed"; of one without an end how far it is. */
static const char *done_text(struct arena *a, const struct run_row *row)
{
	static const struct {
		const char *key, *word;
	} words[] = {
		{"create", "created"}, {"update", "updated"},  {"replace", "replaced"},
		{"delete", "deleted"}, {"retain", "retained"}, {"import", "imported"},
		{"adopt", "adopted"},  {"failed", "failed"},   {"skipped", "skipped"},
		{"open", "left open"},
	};
	json_t *counts = json_parse(text_of(row->run->counts), a, NULL);
	const struct operation_count *n = &row->operations;
	const char *text = "";

	if (row->waits_for)
		text = safe(a, row->waits_for);
	else if (!row->run->ended_ms || strcmp(row->run->status, "LOST") == 0)
		text = arena_printf(a, "%zu done, %zu open, %lld planned", n->begun - n->open,
				    n->open, (long long)json_int(counts, "changes", 0));
	for (size_t i = 0; row->run->ended_ms && i < ARRAY_LEN(words); i++) {
		int64_t count = json_int(counts, words[i].key, 0);

		if (count)
			text = arena_printf(a, "%s%s%lld %s", text, *text ? ", " : "",
					    (long long)count, words[i].word);
	}
	json_decref(counts);
	return *text ? text : "nothing";
}

/* "12.3s"; "" when nobody knows. */
static const char *took_text(struct arena *a, int64_t from_ms, int64_t to_ms)
{
	char text[CLOCK_TEXT_LEN];

	if (!to_ms)
		return "";
	clock_format_duration(to_ms > from_ms ? to_ms - from_ms : 0, text);
	return arena_strdup(a, text);
}

static const char *time_text(struct arena *a, int64_t wall_ms)
{
	char text[CLOCK_TEXT_LEN];

	clock_format_rfc3339(wall_ms, text);
	return arena_strdup(a, text);
}

/* What is lost ended when nobody looked. */
static int64_t end_of(const struct run_row *row)
{
	if (row->run->ended_ms)
		return row->run->ended_ms;
	return row->run->gone ? 0 : row->now_ms;
}

/* An open operation is going on as long as its run is. */
static int64_t still_ms(const struct run_row *row)
{
	return row->run->ended_ms ? 0 : end_of(row);
}

static const char *done_or_resumed(struct arena *a, const struct run_row *row)
{
	const char *text = done_text(a, row);

	return row->run->resumes && *row->run->resumes
		       ? arena_printf(a, "%s; resumes %s", text, safe(a, row->run->resumes))
		       : text;
}

/* --- runs ---------------------------------------------------------------------------- */

void view_runs(struct str *out, const struct run_rows *rows, const struct style *st)
{
	static const char *const titles[] = {"RUN",  "STATUS",  "STARTED", "TOOK",
					     "USER", "COMMAND", "DONE"};
	struct table t;

	if (!rows->count)
		return;
	table_open(&t, ARRAY_LEN(titles), rows->count + 1);
	table_set(&t, 0, titles);
	for (size_t i = 0; i < rows->count; i++) {
		const struct run_row *row = &rows->items[i];
		const char *const cells[] = {
			row->run->id,
			row->status,
			time_text(t.a, row->run->started_ms),
			took_text(t.a, row->run->started_ms, end_of(row)),
			safe(t.a, row->run->owner.user),
			safe(t.a, row->run->command),
			done_or_resumed(t.a, row),
		};

		table_set(&t, i + 1, cells);
	}
	for (size_t i = 0; i < t.rows; i++)
		table_row(&t, i, 1, out, st);
	table_close(&t);
}

void view_run_instances(struct str *out, const struct run_record *r)
{
	struct arena *a = arena_new();
	json_t *list = json_parse(text_of(r->instances), a, NULL);
	size_t count = json_array_size(list);
	const json_t *one;
	size_t i;

	if (count > INSTANCES_NAMED)
		str_printf(out, "%zu of them", count);
	json_array_foreach(list, i, one)
	{
		if (count > INSTANCES_NAMED)
			break;
		str_add(out, i ? ", " : "");
		shown_text(out, text_of(json_string_value(one)));
	}
	json_decref(list);
	arena_free(a);
}

static void add_instances(struct str *out, const struct run_record *r)
{
	struct str names = STR_INIT;

	view_run_instances(&names, r);
	if (names.len)
		str_printf(out, "  stack instances: %s\n", str_cstr(&names));
	str_release(&names);
}

static void add_version(struct str *out, const struct run_record *r, struct arena *a)
{
	const struct version *v = version_parse(a, r->version ? r->version : "");

	if (!v)
		return;
	str_add(out, "  made from ");
	view_version(out, v);
	str_add_char(out, '\n');
}

static void add_head(struct str *out, const struct run_row *row, const struct style *st)
{
	const struct run_record *r = row->run;
	struct arena *a = arena_new();
	const char *took = took_text(a, r->started_ms, end_of(row));

	paint_text(out, st, PAINT_BOLD, r->id);
	str_printf(out, "  %s  ", safe(a, r->command));
	paint_status(out, st, row->status);
	str_printf(out, "\n  %s %s by %s@%s (process %lld)%s%s\n",
		   row->waits_for ? "waiting since" : "started", time_text(a, r->started_ms),
		   safe(a, r->owner.user), safe(a, r->owner.host), (long long)r->owner.pid,
		   *took ? r->ended_ms      ? ", took "
			   : row->waits_for ? ", for "
					    : ", running for "
			 : "",
		   took);
	add_instances(out, r);
	add_version(out, r, a);
	if (r->request && *r->request)
		str_printf(out, "  asked for: %s\n", request_line(a, r->request));
	if (r->resumes && *r->resumes)
		str_printf(out, "  goes on with run %s\n", safe(a, r->resumes));
	str_printf(out, "  %s\n", done_text(a, row));
	if (row->asked.control != CONTROL_NONE)
		str_printf(out, "  %s@%s asked it to stop%s at %s\n", safe(a, row->asked.by.user),
			   safe(a, row->asked.by.host),
			   row->asked.control == CONTROL_ABORT ? " at once" : "",
			   time_text(a, row->asked.by.since_ms));
	arena_free(a);
}

static const char *tries_text(struct arena *a, const struct operation *op)
{
	return op->result == OPERATION_OPEN && !op->attempts
		       ? ""
		       : arena_printf(a, "%d", op->attempts ? op->attempts : 1);
}

void view_run(struct str *out, const struct run_row *row, const struct operation_list *changes,
	      const struct style *st)
{
	static const char *const titles[] = {"ACTION", "OUTCOME", "BEGUN",
					     "TOOK",   "TRIES",   "ADDRESS"};
	struct table t;

	add_head(out, row, st);
	view_results(out, &row->results, st);
	if (!changes->count)
		return;
	table_open(&t, ARRAY_LEN(titles), changes->count + 1);
	table_set(&t, 0, titles);
	for (size_t i = 0; i < changes->count; i++) {
		const struct operation *op = &changes->items[i];
		bool open = op->result == OPERATION_OPEN;
		const char *const cells[] = {
			operation_action_name(op->action),
			operation_result_name(op->result),
			time_text(t.a, op->begun_ms),
			took_text(t.a, op->begun_ms, open ? still_ms(row) : op->ended_ms),
			tries_text(t.a, op),
			address_text(t.a, &op->addr),
		};

		table_set(&t, i + 1, cells);
	}
	str_add_char(out, '\n');
	for (size_t i = 0; i < t.rows; i++) {
		const char *message = i ? changes->items[i - 1].message : "";

		table_row(&t, i, 1, out, st);
		if (!*message)
			continue;
		str_repeat(out, ' ', MESSAGE_INDENT);
		shown_lines(out, text_of(message), MESSAGE_INDENT);
		str_add_char(out, '\n');
	}
	table_close(&t);
}

/* --- JSON ---------------------------------------------------------------------------- */

static void set_number(json_t *j, const char *key, int64_t value)
{
	json_object_set_new(j, key, json_integer(value));
}

static void set_span(json_t *j, const char *began, int64_t from_ms, int64_t to_ms)
{
	json_object_set_new(j, began, json_time(from_ms));
	if (!to_ms)
		return;
	json_object_set_new(j, "ended", json_time(to_ms));
	set_number(j, "elapsed_ms", to_ms > from_ms ? to_ms - from_ms : 0);
}

static json_t *json_request(const struct control_request *q)
{
	json_t *j = json_object();

	json_set_text(j, "control", q->control == CONTROL_ABORT ? "abort" : "stop");
	json_set_text(j, "user", q->by.user);
	json_set_text(j, "host", q->by.host);
	json_object_set_new(j, "time", json_time(q->by.since_ms));
	return j;
}

json_t *json_run(const struct run_row *row)
{
	const struct run_record *r = row->run;
	json_t *j = json_line("run");

	json_set_text(j, "run", r->id);
	json_set_text(j, "command", r->command);
	json_set_text(j, "status", row->status);
	set_span(j, "started", r->started_ms, r->ended_ms);
	json_set_text(j, "user", r->owner.user);
	json_set_text(j, "host", r->owner.host);
	set_number(j, "pid", r->owner.pid);
	json_set_json(j, "instances", r->instances);
	json_set_json(j, "counts", r->counts);
	if (r->request && *r->request)
		json_set_json(j, "request", r->request);
	if (r->resumes && *r->resumes)
		json_set_text(j, "resumes", r->resumes);
	json_set_json(j, "version", r->version);
	json_set_text(j, "waits_for", row->waits_for);
	set_number(j, "operations", (int64_t)row->operations.begun);
	set_number(j, "open_operations", (int64_t)row->operations.open);
	if (row->asked.control != CONTROL_NONE)
		json_object_set_new(j, "asked_to_stop", json_request(&row->asked));
	return j;
}

json_t *json_run_operation(const char *run, const struct operation *op)
{
	json_t *j = json_line("operation");

	json_set_text(j, "run", run);
	json_set_text(j, "id", op->id);
	json_object_set_new(j, "address", json_address(&op->addr));
	json_set_text(j, "resource_type", op->intended.type);
	json_set_text(j, "endpoint", op->intended.endpoint);
	json_set_text(j, "action", operation_action_name(op->action));
	json_set_text(j, "outcome", operation_result_name(op->result));
	set_span(j, "begun", op->begun_ms, op->ended_ms);
	set_number(j, "attempts", op->attempts);
	json_set_text(j, "message", op->message);
	return j;
}

json_t *json_instance_result(const struct instance_result *r)
{
	json_t *j = json_line("instance_result");

	json_set_text(j, "run", r->run);
	json_set_text(j, "stack", r->id.stack);
	json_set_text(j, "account", r->id.account);
	json_set_text(j, "region", r->id.region);
	json_set_text(j, "status", r->status);
	if (*r->reason)
		json_set_text(j, "reason", r->reason);
	if (*r->wave)
		json_set_text(j, "wave", r->wave);
	if (r->started_ms)
		set_span(j, "started", r->started_ms, r->ended_ms);
	json_set_json(j, "version", r->version);
	return j;
}
