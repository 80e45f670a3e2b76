/*
 * state_history.c - runs, and what is asked of them.
 *
 * None of it needs a lock: whoever may write the file may ask a run to stop, and a run writes
 * no other run's row but to close one whose process is gone.
 */
#include "engine/state_history.h"

#include <assert.h>

struct runs_vec {
	VEC_OF(struct run_record)
};

static const char *or_text(const char *value, const char *fallback)
{
	return value ? value : fallback;
}

int history_next_row(struct state *s, struct row *row, struct diags *d)
{
	row->next = 0;
	return row->stmt ? state_step(s, row->stmt, d) : 0;
}

int history_start(struct state *s, enum state_query query, struct row *row, struct diags *d)
{
	if (!s->db)
		return 0;
	if (!state_usable(s, d))
		return -1;
	row->stmt = state_query(s, query, d);
	row->next = 1;
	return row->stmt ? 0 : -1;
}

int history_fail_row(struct state *s, struct row *row, const char *what, const char *of,
		     struct diags *d)
{
	state_reset(row->stmt);
	return state_corrupt(s, d, "the %s of '%s' does not fit its checksum", what, of);
}

/* --- runs ---------------------------------------------------------------------------- */

static void sum_run(struct state *s, const struct run_record *r, const struct holder_mark *mark)
{
	const char *const texts[] = {r->id,         r->command,   r->owner.user, r->owner.host,
				     r->status,     r->instances, r->counts,     mark->machine,
				     mark->started, r->request,   r->resumes};
	const int64_t numbers[] = {r->owner.pid, r->started_ms, r->ended_ms};
	struct str *sum = row_sum_start(s, "run");

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		row_sum_text(sum, texts[i]);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		row_sum_int(sum, numbers[i]);
	if (*r->version) /* rows of before version 4 have none */
		row_sum_text(sum, r->version);
}

static void run_put(struct state *s, struct row *row, const struct run_record *r)
{
	struct run_record summed = *r;
	char digest[VERSION_DIGEST_SIZE];
	struct holder_mark mark;

	version_digest(r->version, digest);
	summed.version = digest;
	holder_mark(r->owner.pid, &mark);
	row_put_text(row, r->id);
	row_put_text(row, r->command);
	row_put_text(row, r->owner.user);
	row_put_text(row, r->owner.host);
	row_put_int(row, r->owner.pid);
	row_put_int(row, r->started_ms);
	row_put_int(row, r->ended_ms);
	row_put_text(row, r->status);
	row_put_text(row, r->instances);
	row_put_text(row, r->counts);
	row_put_copy(row, mark.machine);
	row_put_copy(row, mark.started);
	row_put_text(row, r->request);
	row_put_text(row, r->resumes);
	row_put_copy(row, digest);
	sum_run(s, &summed, &mark);
	row_put_checksum(s, row);
}

static bool run_take(struct state *s, struct row *row, struct run_record *out)
{
	struct holder_mark mark;

	out->id = row_text(row);
	out->command = row_text(row);
	out->owner.user = row_text(row);
	out->owner.host = row_text(row);
	out->owner.pid = row_int(row);
	out->started_ms = row_int(row);
	out->ended_ms = row_int(row);
	out->status = row_text(row);
	out->instances = row_text(row);
	out->counts = row_text(row);
	holder_mark_set(mark.machine, sizeof(mark.machine), row_bytes(row));
	holder_mark_set(mark.started, sizeof(mark.started), row_bytes(row));
	out->request = row_text(row);
	out->resumes = row_text(row);
	out->version = row_text(row);
	out->owner.command = out->command;
	out->owner.since_ms = out->started_ms;
	out->gone = !out->ended_ms && holder_gone(out->owner.pid, &mark);
	sum_run(s, out, &mark);
	return row_take_checksum(s, row);
}

int history_write_run(struct state *s, const struct run_record *r, struct diags *d)
{
	struct run_record filled = *r;
	struct row row = {state_query(s, QUERY_RUN_PUT, d), 1, NULL};

	if (!row.stmt)
		return -1;
	filled.command = or_text(r->command, or_text(r->owner.command, ""));
	filled.owner.user = or_text(r->owner.user, "");
	filled.owner.host = or_text(r->owner.host, "");
	filled.status = or_text(r->status, "RUNNING");
	filled.instances = or_text(r->instances, "[]");
	filled.counts = or_text(r->counts, "{}");
	filled.request = or_text(r->request, "");
	filled.resumes = or_text(r->resumes, "");
	filled.version = or_text(r->version, "");
	if (version_keep(s, filled.version, d) != 0)
		return -1;
	run_put(s, &row, &filled);
	return state_step(s, row.stmt, d);
}

int state_put_run(struct state *s, const struct run_record *r, struct diags *d)
{
	assert(s->mode == STATE_WRITE);
	return state_usable(s, d) ? history_write_run(s, r, d) : -1;
}

int state_finish_run(struct state *s, const struct run_record *r, const struct duration_list *more,
		     const struct history_bounds *b, struct diags *d)
{
	assert(s->mode == STATE_WRITE);
	if (state_begin(s, QUERY_BEGIN_WRITE, d) != 0)
		return -1;
	if (history_write_run(s, r, d) != 0 || history_add_durations(s, more, d) != 0 ||
	    history_prune(s, b, d) != 0) {
		state_rollback(s);
		return -1;
	}
	return state_end(s, d);
}

static int take_runs(struct state *s, struct row *row, struct run_list *out, struct diags *d)
{
	struct runs_vec found = {NULL, 0, 0};
	int got;

	while ((got = history_next_row(s, row, d)) == 1) {
		struct run_record *r = arena_vec_add(row->a, &found);

		if (!run_take(s, row, r))
			return history_fail_row(s, row, "run", r->id, d);
		if (version_take(s, &r->version, row->a, d) != 0) {
			state_reset(row->stmt);
			return -1;
		}
	}
	*out = (struct run_list){found.items, found.count};
	return got;
}

int state_load_runs(struct state *s, size_t limit, struct arena *a, struct run_list *out,
		    struct diags *d)
{
	struct row row = {NULL, 1, a};

	if (history_start(s, QUERY_RUNS, &row, d) != 0)
		return -1;
	if (row.stmt)
		row_put_int(&row, limit && limit < INT64_MAX ? (int64_t)limit : -1);
	return take_runs(s, &row, out, d);
}

int state_load_run(struct state *s, const char *id, struct arena *a, struct run_list *out,
		   struct diags *d)
{
	struct row row = {NULL, 1, a};

	if (history_start(s, QUERY_RUN, &row, d) != 0)
		return -1;
	if (row.stmt)
		row_put_text(&row, id);
	return take_runs(s, &row, out, d);
}

int state_load_open_runs(struct state *s, struct arena *a, struct run_list *out, struct diags *d)
{
	struct row row = {NULL, 1, a};

	return history_start(s, QUERY_RUNS_OPEN, &row, d) == 0 ? take_runs(s, &row, out, d) : -1;
}

int state_load_run_operations(struct state *s, const char *run, struct arena *a,
			      struct operation_list *out, struct diags *d)
{
	struct operation_query q = {QUERY_OPERATIONS_OF_RUN, NULL, run};

	return state_load_operations(s, &q, a, out, d);
}

int state_count_run_operations(struct state *s, const char *run, struct operation_count *out,
			       struct diags *d)
{
	struct row row = {NULL, 1, NULL};

	*out = (struct operation_count){0, 0, 0};
	if (history_start(s, QUERY_OPERATIONS_COUNT, &row, d) != 0)
		return -1;
	if (!row.stmt)
		return 0;
	row_put_text(&row, run);
	if (history_next_row(s, &row, d) != 1)
		return -1;
	out->begun = (size_t)row_int(&row);
	out->open = (size_t)row_int(&row);
	out->last_begun_ms = row_int(&row);
	state_reset(row.stmt);
	return 0;
}

/* --- what is asked of a run ---------------------------------------------------------- */

static const char *const control_names[] = {
	[CONTROL_NONE] = "none",
	[CONTROL_STOP] = "stop",
	[CONTROL_ABORT] = "abort",
};
_Static_assert(ARRAY_LEN(control_names) == CONTROL_ABORT + 1, "a name per request");

/* A word of a later version asks for nothing that this one knows. */
static enum run_control control_parse(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(control_names); i++)
		if (text_is(text_of(name), control_names[i]))
			return (enum run_control)i;
	return CONTROL_NONE;
}

static void sum_control(struct state *s, const char *run, const char *request,
			const struct lock_owner *by)
{
	struct str *sum = row_sum_start(s, "control");

	row_sum_text(sum, run);
	row_sum_text(sum, request);
	row_sum_text(sum, by->user);
	row_sum_text(sum, by->host);
	row_sum_text(sum, by->command);
	row_sum_int(sum, by->pid);
	row_sum_int(sum, by->since_ms);
}

int state_load_control_request(struct state *s, const char *run, struct arena *a,
			       struct control_request *out, struct diags *d)
{
	struct row row = {NULL, 1, a};
	const char *stored, *request;
	bool whole;
	int got;

	*out = (struct control_request){.control = CONTROL_NONE};
	if (history_start(s, QUERY_CONTROL, &row, d) != 0)
		return -1;
	if (row.stmt)
		row_put_text(&row, run);
	got = history_next_row(s, &row, d);
	if (got != 1)
		return got;
	stored = row_text(&row);
	request = row_text(&row);
	out->control = control_parse(request);
	out->by.user = row_text(&row);
	out->by.host = row_text(&row);
	out->by.command = row_text(&row);
	out->by.pid = row_int(&row);
	out->by.since_ms = row_int(&row);
	sum_control(s, stored, request, &out->by);
	whole = row_take_checksum(s, &row);
	state_reset(row.stmt);
	return whole ? 0
		     : state_corrupt(s, d, "what is asked of run '%s' does not fit its checksum",
				     stored);
}

int state_load_control(struct state *s, const char *run, enum run_control *out, struct diags *d)
{
	struct control_request request;
	struct arena *a = arena_new();
	int result = state_load_control_request(s, run, a, &request, d);

	*out = request.control;
	arena_free(a);
	return result;
}

static int write_control(struct state *s, const char *run, const struct control_request *q,
			 struct diags *d)
{
	struct row row = {state_query(s, QUERY_CONTROL_PUT, d), 1, NULL};
	struct lock_owner by = q->by;

	if (!row.stmt)
		return -1;
	by.user = or_text(by.user, "");
	by.host = or_text(by.host, "");
	by.command = or_text(by.command, "");
	if (!by.since_ms)
		by.since_ms = s->clock->wall_ms(s->clock);
	row_put_text(&row, run);
	row_put_text(&row, control_names[q->control]);
	row_put_text(&row, by.user);
	row_put_text(&row, by.host);
	row_put_text(&row, by.command);
	row_put_int(&row, by.pid);
	row_put_int(&row, by.since_ms);
	sum_control(s, run, control_names[q->control], &by);
	row_put_checksum(s, &row);
	return state_step(s, row.stmt, d);
}

int state_put_control(struct state *s, const char *run, const struct control_request *q,
		      struct diags *d)
{
	enum run_control before;

	assert(s->mode == STATE_WRITE);
	if (state_begin(s, QUERY_BEGIN_WRITE, d) != 0)
		return -1;
	if (state_load_control(s, run, &before, d) != 0 ||
	    (q->control > before && write_control(s, run, q, d) != 0)) {
		state_rollback(s);
		return -1;
	}
	return state_end(s, d);
}
