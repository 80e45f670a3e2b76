/* state_check.c - `state check`: everything that can be verified, in one snapshot. */
#include "engine/recreation.h"
#include "engine/result.h"
#include "engine/runbook/journal.h"
#include "engine/state_row.h"

#include <stdio.h>
#include <string.h>

/* SQLite's own: pages, order of keys, indexes against tables. */
static int check_file(struct state *s, struct diags *d)
{
	char sql[64];
	sqlite3_stmt *q = NULL;
	int result = 0, code;

	snprintf(sql, sizeof(sql), "PRAGMA integrity_check(%d)", STATE_FAULTS_SHOWN);
	code = sqlite3_prepare_v2(s->db, sql, -1, &q, NULL);
	if (code != SQLITE_OK)
		return state_fail(s, code, d);
	while ((code = sqlite3_step(q)) == SQLITE_ROW) {
		const char *fault = (const char *)sqlite3_column_text(q, 0);

		if (strcmp(fault, "ok") != 0)
			result = state_corrupt(s, d, "SQLite says: %s", fault);
	}
	if (code != SQLITE_DONE)
		result = state_fail(s, code, d);
	sqlite3_finalize(q);
	return result;
}

static int check_json(struct state *s, const char *value, const char *what, const char *of,
		      struct diags *d)
{
	struct arena *a = arena_new();
	json_t *parsed = json_parse(text_of(value), a, NULL);
	int result = parsed ? 0 : state_corrupt(s, d, "%s of '%s' are not JSON", what, of);

	json_decref(parsed);
	arena_free(a);
	return result;
}

static int check_document(struct state *s, const struct record *r, struct diags *d)
{
	const struct {
		const char *value, *what;
	} rows[] = {
		{r->inputs, "inputs"},
		{r->outputs, "outputs"},
		{r->sensitive, "sensitive pointers"},
		{r->depends_on, "dependencies"},
	};
	struct str of = STR_INIT;
	int result = 0;

	address_format(&r->addr, &of);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (check_json(s, rows[i].value, rows[i].what, str_cstr(&of), d) != 0)
			result = -1;
	str_release(&of);
	return result;
}

static int check_documents(struct state *s, const struct record_list *list, struct diags *d)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < list->count; i++)
		result = check_document(s, &list->items[i], d);
	return result;
}

static int check_records(struct state *s, struct arena *a, struct diags *d)
{
	struct record_list records, kept, aside;
	struct recreation_list recreations;

	if (state_load_records(s, NULL, a, &records, d) != 0 ||
	    state_load_kept(s, NULL, a, &kept, d) != 0 ||
	    recreation_load_abandoned(s, NULL, a, &aside, d) != 0 ||
	    recreation_load(s, a, &recreations, d) != 0 || check_documents(s, &records, d) != 0 ||
	    check_documents(s, &kept, d) != 0)
		return -1;
	return check_documents(s, &aside, d);
}

static int check_instances(struct state *s, struct arena *a, struct diags *d)
{
	struct instance_list instances;
	int result = state_load_instances(s, a, &instances, d);

	for (size_t i = 0; result == 0 && i < instances.count; i++) {
		const struct instance_record *r = &instances.items[i];
		const char *of = instance_id_text(a, &r->id);

		result = check_json(s, r->parameters, "parameters", of, d);
		if (result == 0)
			result = check_json(s, r->outputs, "outputs", of, d);
	}
	return result;
}

static void note_open(const struct operation *op, struct arena *a, struct diags *d)
{
	char begun[CLOCK_TEXT_LEN];

	clock_format_rfc3339(op->begun_ms, begun);
	diag_note(d, DIAG_STATE_UNFINISHED, RANGE_NONE, "%s of '%s' was begun at %s and has no end",
		  operation_action_name(op->action), address_text(a, &op->addr), begun);
}

/* Ended ones too: they are history, and damage there is damage of the file. */
static int check_operations(struct state *s, struct arena *a, struct diags *d)
{
	struct operation_query q = {QUERY_OPERATIONS, NULL, NULL};
	struct operation_list operations;
	int result = state_load_operations(s, &q, a, &operations, d);

	for (size_t i = 0; result == 0 && i < operations.count; i++) {
		const struct operation *op = &operations.items[i];

		if (op->result == OPERATION_OPEN)
			note_open(op, a, d);
		result = check_document(s, &op->intended, d);
	}
	return result;
}

static int check_run(struct state *s, const struct run_record *r, struct diags *d)
{
	struct arena *a = arena_new();
	struct control_request asked;
	struct result_list results;
	int result = state_load_control_request(s, r->id, a, &asked, d);

	if (result == 0)
		result = check_json(s, r->instances, "instances of run", r->id, d);
	if (result == 0)
		result = check_json(s, r->counts, "counts of run", r->id, d);
	if (result == 0 && *r->request)
		result = check_json(s, r->request, "words of run", r->id, d);
	if (result == 0)
		result = state_load_results(s, r->id, a, &results, d);
	arena_free(a);
	return result;
}

static int check_history(struct state *s, struct arena *a, struct diags *d)
{
	struct duration_list durations;
	struct run_list runs;
	int result = state_load_runs(s, 0, a, &runs, d);

	for (size_t i = 0; result == 0 && i < runs.count; i++)
		result = check_run(s, &runs.items[i], d);
	return result == 0 ? state_load_durations(s, a, &durations, d) : -1;
}

/* A journal that was changed on purpose has checksums that fit: the rest of the file is as good as
 * it was, and stays in use. */
static int fail_chain(const struct execution_row *r, const struct journal_list *entries, int64_t at,
		      struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_JOURNAL_BROKEN, RANGE_NONE,
				  "the journal of execution '%s' was changed at event %lld", r->id,
				  (long long)at);

	if (at > (int64_t)entries->count)
		diag_detail(d, g, "its last %zu events are there, and it ended with another hash",
			    entries->count);
	else
		diag_detail(d, g, "the event does not follow from the one before it");
	diag_hint(d, g,
		  "compare with a report that was saved: `hadeploy runbook report --verify "
		  "FILE`; a backup copy of the state has the journal as it was");
	return -1;
}

static int check_execution(struct state *s, const struct execution_row *r, struct diags *d)
{
	struct arena *a = arena_new();
	struct journal_list entries;
	struct ask_list asks;
	int64_t at = 0;
	int result = check_json(s, r->parameters, "parameters of execution", r->id, d);

	if (result == 0)
		result = journal_load_entries(s, &(struct journal_part){r->id, 0}, a, &entries, d);
	if (result == 0)
		result = journal_load_asks(s, &(struct journal_part){r->id, 0}, a, &asks, d);
	if (result == 0)
		at = journal_broken_at(&entries, r->head);
	if (at)
		result = fail_chain(r, &entries, at, d);
	arena_free(a);
	return result;
}

/* All of them: one that was changed says nothing of the next. */
static int check_executions(struct state *s, struct arena *a, struct diags *d)
{
	struct execution_list list;
	struct override_list overrides;
	struct sample_list samples;
	int result = journal_load_executions(s, 0, a, &list, d);

	for (size_t i = 0; i < list.count && !s->broken; i++)
		if (check_execution(s, &list.items[i], d) != 0)
			result = -1;
	if (s->broken || journal_load_overrides(s, a, &overrides, d) != 0 ||
	    journal_load_samples(s, SAMPLE_LATEST, a, &samples, d) != 0 ||
	    journal_load_samples(s, SAMPLE_HEALTHY, a, &samples, d) != 0)
		return -1;
	return result;
}

static int check_all(struct state *s, struct diags *d)
{
	struct arena *a = arena_new();
	int result = check_file(s, d);

	if (result == 0)
		result = schema_compare(s, state_schema(), d);
	if (result == 0)
		result = check_instances(s, a, d);
	if (result == 0)
		result = check_records(s, a, d);
	if (result == 0)
		result = check_operations(s, a, d);
	if (result == 0)
		result = check_history(s, a, d);
	if (result == 0)
		result = check_executions(s, a, d);
	arena_free(a);
	return result;
}

int state_check(struct state *s, struct diags *d)
{
	int result;

	if (!s->db)
		return 0;
	if (state_begin(s, QUERY_BEGIN_READ, d) != 0)
		return -1;
	result = check_all(s, d);
	state_rollback(s);
	return result;
}
