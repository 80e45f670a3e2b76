/*
 * state_journal.c - executions of runbooks and their events in the store.
 *
 *	look where the chain ends --> as the writer knows it --> events behind it, row up to date
 *	                         \--> somebody else has written --> refused, nothing is written
 *
 * All in one transaction: two conductors of one execution cannot both go on.  Events carry the
 * checksum of every row of the store, against damage, and the chain of hashes, against change.
 */
#include <assert.h>
#include <string.h>

#include "engine/runbook/journal_names.h"
#include "engine/state_edit.h"
#include "engine/state_history.h"

struct rows_vec {
	VEC_OF(struct execution_row)
};
struct entries_vec {
	VEC_OF(struct journal_entry)
};

static const char *or_text(const char *value, const char *fallback)
{
	return value ? value : fallback;
}

/* --- executions ----------------------------------------------------------------------- */

static void sum_execution(struct state *s, const struct execution_row *r,
			  const struct holder_mark *mark)
{
	const char *const texts[] = {r->id,
				     r->runbook,
				     execution_kind_name(r->kind),
				     execution_status_name(r->status),
				     r->parameters,
				     r->owner.user,
				     r->owner.host,
				     r->owner.command,
				     mark->machine,
				     mark->started,
				     r->head};
	const int64_t numbers[] = {r->owner.pid, r->owner.since_ms, r->started_ms, r->ended_ms,
				   r->entries};
	struct str *sum = row_sum_start(s, "execution");

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		row_sum_text(sum, texts[i]);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		row_sum_int(sum, numbers[i]);
}

static void fill_execution(struct execution_row *r)
{
	r->runbook = or_text(r->runbook, "");
	r->parameters = or_text(r->parameters, "{}");
	r->owner.user = or_text(r->owner.user, "");
	r->owner.host = or_text(r->owner.host, "");
	r->owner.command = or_text(r->owner.command, "");
	if (!r->owner.since_ms)
		r->owner.since_ms = r->started_ms;
}

static int put_execution(struct state *s, const struct execution_row *row, struct diags *d)
{
	struct row q = {state_query(s, QUERY_EXECUTION_PUT, d), 1, NULL};
	struct execution_row r = *row;
	struct holder_mark mark;

	if (!q.stmt)
		return -1;
	fill_execution(&r);
	holder_mark(r.owner.pid, &mark);
	row_put_text(&q, r.id);
	row_put_text(&q, r.runbook);
	row_put_text(&q, execution_kind_name(r.kind));
	row_put_text(&q, execution_status_name(r.status));
	row_put_text(&q, r.parameters);
	row_put_text(&q, r.owner.user);
	row_put_text(&q, r.owner.host);
	row_put_text(&q, r.owner.command);
	row_put_int(&q, r.owner.pid);
	row_put_int(&q, r.owner.since_ms);
	row_put_copy(&q, mark.machine);
	row_put_copy(&q, mark.started);
	row_put_int(&q, r.started_ms);
	row_put_int(&q, r.ended_ms);
	row_put_int(&q, r.entries);
	row_put_copy(&q, r.head);
	sum_execution(s, &r, &mark);
	row_put_checksum(s, &q);
	return state_step(s, q.stmt, d);
}

/* A hash, or "" when it is none. */
static void take_hash(struct row *row, char out[65])
{
	struct text t = row_bytes(row);

	if (t.len != 64)
		t.len = 0;
	memcpy(out, t.ptr, t.len);
	out[t.len] = '\0';
}

static bool take_execution(struct state *s, struct row *row, struct execution_row *out)
{
	struct holder_mark mark;
	bool known;

	out->id = row_text(row);
	out->runbook = row_text(row);
	known = execution_kind_parse(row_text(row), &out->kind);
	known = execution_status_parse(row_text(row), &out->status) && known;
	out->parameters = row_text(row);
	out->owner.user = row_text(row);
	out->owner.host = row_text(row);
	out->owner.command = row_text(row);
	out->owner.pid = row_int(row);
	out->owner.since_ms = row_int(row);
	holder_mark_set(mark.machine, sizeof(mark.machine), row_bytes(row));
	holder_mark_set(mark.started, sizeof(mark.started), row_bytes(row));
	out->started_ms = row_int(row);
	out->ended_ms = row_int(row);
	out->entries = row_int(row);
	take_hash(row, out->head);
	out->gone = !out->ended_ms && holder_gone(out->owner.pid, &mark);
	sum_execution(s, out, &mark);
	return row_take_checksum(s, row) && known;
}

static int take_executions(struct state *s, struct row *row, struct execution_list *out,
			   struct diags *d)
{
	struct rows_vec found = {NULL, 0, 0};
	int got;

	while ((got = history_next_row(s, row, d)) == 1) {
		struct execution_row *r = arena_vec_add(row->a, &found);

		if (!take_execution(s, row, r))
			return history_fail_row(s, row, "execution", r->id, d);
	}
	*out = (struct execution_list){found.items, found.count};
	return got;
}

int journal_load_executions(struct state *s, size_t limit, struct arena *a,
			    struct execution_list *out, struct diags *d)
{
	struct row row = {NULL, 1, a};

	*out = (struct execution_list){NULL, 0};
	if (history_start(s, QUERY_EXECUTIONS, &row, d) != 0)
		return -1;
	if (row.stmt)
		row_put_int(&row, limit && limit < INT64_MAX ? (int64_t)limit : -1);
	return take_executions(s, &row, out, d);
}

/* By one of the queries that have an id, or a part of it, as their parameter. */
struct execution_query {
	enum state_query query;
	const char *id;
};

static int load_by(struct state *s, const struct execution_query *q, struct arena *a,
		   struct execution_list *out, struct diags *d)
{
	struct row row = {NULL, 1, a};

	*out = (struct execution_list){NULL, 0};
	if (history_start(s, q->query, &row, d) != 0)
		return -1;
	if (row.stmt)
		row_put_text(&row, q->id);
	return take_executions(s, &row, out, d);
}

int journal_load_execution(struct state *s, const char *id, struct arena *a,
			   struct execution_list *out, struct diags *d)
{
	const struct execution_query whole = {QUERY_EXECUTION, id},
				     part = {QUERY_EXECUTIONS_LIKE, id};
	struct diag *g;

	if (load_by(s, &whole, a, out, d) != 0)
		return -1;
	if (out->count || !*id)
		return 0;
	if (load_by(s, &part, a, out, d) != 0)
		return -1;
	if (out->count < 2)
		return 0;
	g = diag_add(d, DIAG_JOURNAL_AMBIGUOUS, RANGE_NONE, "more than one execution begins '%s'",
		     id);
	diag_hint(d, g, "say more of it: '%s' or '%s'", out->items[0].id, out->items[1].id);
	out->count = 0;
	return -1;
}

int journal_has(struct state *s, const char *execution, struct diags *d)
{
	struct row row = {state_query(s, QUERY_EXECUTION, d), 1, NULL};
	int got;

	if (!row.stmt)
		return -1;
	row_put_text(&row, execution);
	got = state_step(s, row.stmt, d);
	if (got == 1)
		state_reset(row.stmt);
	return got;
}

int journal_fail_unknown(const char *execution, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_JOURNAL_UNKNOWN, RANGE_NONE, "there is no execution '%s'",
				  execution);

	diag_hint(d, g, "`hadeploy runbook status` lists them");
	return -1;
}

/* --- events --------------------------------------------------------------------------- */

static void sum_event(struct state *s, const char *execution, const struct journal_entry *e)
{
	const char *const texts[] = {execution, e->word, e->step, e->data, e->previous, e->hash};
	struct str *sum = row_sum_start(s, "execution_event");

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		row_sum_text(sum, texts[i]);
	row_sum_int(sum, e->number);
	row_sum_int(sum, e->at_ms);
}

static int add_event(struct state *s, const char *execution, const struct journal_entry *e,
		     struct diags *d)
{
	struct row row = {state_query(s, QUERY_EVENT_ADD, d), 1, NULL};

	if (!row.stmt)
		return -1;
	row_put_text(&row, execution);
	row_put_int(&row, e->number);
	row_put_int(&row, e->at_ms);
	row_put_text(&row, e->word);
	row_put_text(&row, e->step);
	row_put_text(&row, e->data);
	row_put_text(&row, e->previous);
	row_put_text(&row, e->hash);
	sum_event(s, execution, e);
	row_put_checksum(s, &row);
	return state_step(s, row.stmt, d);
}

static bool take_event(struct state *s, struct row *row, struct journal_entry *out)
{
	const char *execution = row_text(row);

	out->number = row_int(row);
	out->at_ms = row_int(row);
	out->word = row_text(row);
	out->kind = entry_kind_parse(out->word);
	out->step = row_text(row);
	out->data = row_text(row);
	take_hash(row, out->previous);
	take_hash(row, out->hash);
	sum_event(s, execution, out);
	return row_take_checksum(s, row);
}

int journal_load_entries(struct state *s, const struct journal_part *part, struct arena *a,
			 struct journal_list *out, struct diags *d)
{
	struct entries_vec found = {NULL, 0, 0};
	struct row row = {NULL, 1, a};
	int got;

	*out = (struct journal_list){NULL, 0};
	if (history_start(s, QUERY_EVENTS, &row, d) != 0)
		return -1;
	if (row.stmt) {
		row_put_text(&row, part->execution);
		row_put_int(&row, part->after);
	}
	while ((got = history_next_row(s, &row, d)) == 1) {
		if (!take_event(s, &row, arena_vec_add(a, &found)))
			return history_fail_row(s, &row, "event of execution", part->execution, d);
	}
	*out = (struct journal_list){found.items, found.count};
	return got;
}

/* --- appending ------------------------------------------------------------------------ */

/* In canonical form; NULL when it is no JSON object. */
static const char *canonical(struct arena *a, const char *data)
{
	json_t *object = json_parse(text_of(data && *data ? data : "{}"), a, NULL);
	const char *text = json_is_object(object) ? json_text(a, object) : NULL;

	json_decref(object);
	return text;
}

/* The number, the link to the one before, the hash. */
static int link_entry(struct state *s, const struct execution_row *row, struct journal_entry *e,
		      struct arena *a, struct diags *d)
{
	e->data = canonical(a, e->data);
	if (!e->data)
		return edit_fail(
			d, "an event of this execution has data that are no JSON object:", row->id);
	e->number = row->entries + 1;
	e->word = entry_kind_name(e->kind);
	e->step = or_text(e->step, "");
	if (!e->at_ms)
		e->at_ms = s->clock->wall_ms(s->clock);
	memcpy(e->previous, row->head, sizeof(e->previous));
	journal_hash(e, e->hash);
	return 0;
}

static int add_entries(struct state *s, struct execution_row *row, struct journal_entry *entries,
		       size_t count, struct diags *d)
{
	struct arena *a = arena_new();
	int result = 0;

	for (size_t i = 0; result == 0 && i < count; i++) {
		const char *data = entries[i].data;

		result = link_entry(s, row, &entries[i], a, d);
		if (result == 0)
			result = add_event(s, row->id, &entries[i], d);
		row->entries++;
		memcpy(row->head, entries[i].hash, sizeof(row->head));
		entries[i].data = data; /* the canonical text goes with this arena */
	}
	arena_free(a);
	return result;
}

static int fail_moved(const struct execution_row *row, const struct execution_row *there,
		      struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_JOURNAL_MOVED, RANGE_NONE,
				  "execution '%s' goes on elsewhere", row->id);

	diag_detail(d, g,
		    "%s@%s (pid %lld) has written to its journal: it has %lld events, and %lld are "
		    "known here",
		    there->owner.user, there->owner.host, (long long)there->owner.pid,
		    (long long)there->entries, (long long)row->entries);
	diag_hint(d, g, "`hadeploy runbook status %s` shows how it stands", row->id);
	return -1;
}

/* Is the end of the chain where the writer thinks it is? */
static int check_end(struct state *s, const struct execution_row *row, struct arena *a,
		     struct diags *d)
{
	const struct execution_query q = {QUERY_EXECUTION, row->id};
	struct execution_list there;

	if (load_by(s, &q, a, &there, d) != 0)
		return -1;
	if (!there.count)
		return journal_fail_unknown(row->id, d);
	if (there.items[0].entries != row->entries || strcmp(there.items[0].head, row->head) != 0)
		return fail_moved(row, &there.items[0], d);
	return 0;
}

/* What leaves the status as it is, whatever it is; of the others the events are asked. */
static bool keeps_status(enum execution_status before, enum entry_kind k)
{
	static const bool never[ENTRY_KIND_COUNT] = {
		[ENTRY_DETECTED] = true,   [ENTRY_STEP_MEMORY] = true, [ENTRY_STEP_PROGRESS] = true,
		[ENTRY_STEP_SLOW] = true,  [ENTRY_CHECK] = true,       [ENTRY_ASKED] = true,
		[ENTRY_UNGRACEFUL] = true, [ENTRY_DATA_LOSS] = true,   [ENTRY_FENCED] = true,
		[ENTRY_OBJECTIVE] = true,
	};
	static const bool running[ENTRY_KIND_COUNT] = {
		[ENTRY_STEP_STARTED] = true,   [ENTRY_STEP_RETRY] = true,
		[ENTRY_STEP_SUCCEEDED] = true, [ENTRY_STEP_FAILED] = true,
		[ENTRY_STEP_SKIPPED] = true,
	};

	return never[k] || (before == EXECUTION_RUNNING && running[k]);
}

static bool keep_status(const struct execution_row *row, const struct journal_entry *entries,
			size_t count)
{
	size_t kept = 0;

	while (kept < count && keeps_status(row->status, entries[kept].kind))
		kept++;
	return kept == count;
}

static int settle_status(struct state *s, struct execution_row *row, struct arena *a,
			 struct diags *d)
{
	struct execution_story story;
	struct journal_list all;

	if (journal_load_entries(s, &(struct journal_part){row->id, 0}, a, &all, d) != 0)
		return -1;
	execution_story(a, row, &all, &story);
	row->status = story.row.status;
	row->ended_ms = story.row.ended_ms;
	return 0;
}

static int append(struct state *s, struct execution_row *row, struct journal_entry *entries,
		  size_t count, struct diags *d)
{
	struct arena *a = arena_new();
	int result = check_end(s, row, a, d);

	if (result == 0)
		result = add_entries(s, row, entries, count, d);
	if (result == 0 && !keep_status(row, entries, count))
		result = settle_status(s, row, a, d);
	if (result == 0)
		result = put_execution(s, row, d);
	arena_free(a);
	return result;
}

int journal_append(struct state *s, struct execution_row *row, struct journal_entry *entries,
		   size_t count, struct diags *d)
{
	struct execution_row next = *row;

	assert(s->mode == STATE_WRITE);
	if (!count)
		return 0;
	if (state_begin(s, QUERY_BEGIN_WRITE, d) != 0)
		return -1;
	if (append(s, &next, entries, count, d) != 0) {
		state_rollback(s);
		return -1;
	}
	if (state_end(s, d) != 0)
		return -1;
	*row = next;
	return 0;
}

/* The first event names its execution, so that no journal passes for another's. */
static const char *first_data(struct arena *a, const char *id, const char *data)
{
	json_t *object = json_parse(text_of(data && *data ? data : "{}"), a, NULL);
	const char *text;

	if (json_is_object(object))
		json_object_set_new(object, "Execution", json_string(id));
	text = object ? json_text(a, object) : data;
	json_decref(object);
	return text;
}

static int begin(struct state *s, struct execution_row *row, const char *data, struct diags *d)
{
	struct arena *a = arena_new();
	struct journal_entry first = {.at_ms = row->started_ms,
				      .kind = ENTRY_STARTED,
				      .data = first_data(a, row->id, data)};
	int result = journal_has(s, row->id, d);

	if (result == 1)
		result = edit_fail(d, "there is an execution already with the id", row->id);
	if (result == 0)
		result = add_entries(s, row, &first, 1, d);
	if (result == 0)
		result = put_execution(s, row, d);
	arena_free(a);
	return result;
}

int journal_begin(struct state *s, struct execution_row *row, const char *data, struct diags *d)
{
	struct execution_row next = *row;

	assert(s->mode == STATE_WRITE);
	next.entries = 0;
	next.status = EXECUTION_RUNNING;
	next.ended_ms = 0;
	memcpy(next.head, JOURNAL_ORIGIN, sizeof(next.head));
	if (!next.started_ms)
		next.started_ms = s->clock->wall_ms(s->clock);
	if (state_begin(s, QUERY_BEGIN_WRITE, d) != 0)
		return -1;
	if (begin(s, &next, data, d) != 0) {
		state_rollback(s);
		return -1;
	}
	if (state_end(s, d) != 0)
		return -1;
	*row = next;
	return 0;
}
