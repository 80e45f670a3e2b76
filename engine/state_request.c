/*
 * state_request.c - what is asked of an execution, from any process and without any lock.
 *
 * The conductor takes them in the order of their numbers, which are never used again, and says in
 * the journal which it has taken.  Rows are only added; one that nobody took, because nobody ran
 * the execution any more, is taken back by whoever asked.
 */
#include <assert.h>

#include "engine/runbook/journal_names.h"
#include "engine/state_history.h"

struct asks_vec {
	VEC_OF(struct execution_ask)
};

static const char *or_empty(const char *value)
{
	return value ? value : "";
}

static void sum_ask(struct state *s, const char *execution, const struct execution_ask *q)
{
	const char *const texts[] = {execution,  request_name(q->request),
				     q->step,    q->reason,
				     q->text,    q->by.user,
				     q->by.host, q->by.command};
	struct str *sum = row_sum_start(s, "execution_request");

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		row_sum_text(sum, texts[i]);
	row_sum_int(sum, q->by.pid);
	row_sum_int(sum, q->by.since_ms);
}

static int add_ask(struct state *s, const char *execution, const struct execution_ask *q,
		   struct diags *d)
{
	struct row row = {state_query(s, QUERY_REQUEST_ADD, d), 1, NULL};

	if (!row.stmt)
		return -1;
	row_put_text(&row, execution);
	row_put_text(&row, request_name(q->request));
	row_put_text(&row, q->step);
	row_put_text(&row, q->reason);
	row_put_text(&row, q->text);
	row_put_text(&row, q->by.user);
	row_put_text(&row, q->by.host);
	row_put_text(&row, q->by.command);
	row_put_int(&row, q->by.pid);
	row_put_int(&row, q->by.since_ms);
	sum_ask(s, execution, q);
	row_put_checksum(s, &row);
	return state_step(s, row.stmt, d);
}

static int ask(struct state *s, const char *execution, const struct execution_ask *q,
	       struct diags *d)
{
	int has = journal_has(s, execution, d);

	if (has == 0)
		journal_fail_unknown(execution, d);
	return has == 1 ? add_ask(s, execution, q, d) : -1;
}

int journal_ask(struct state *s, const char *execution, const struct execution_ask *q,
		struct diags *d)
{
	struct execution_ask filled = *q;

	assert(s->mode == STATE_WRITE);
	filled.step = or_empty(q->step);
	filled.reason = or_empty(q->reason);
	filled.text = or_empty(q->text);
	filled.by.user = or_empty(q->by.user);
	filled.by.host = or_empty(q->by.host);
	filled.by.command = or_empty(q->by.command);
	if (!filled.by.since_ms)
		filled.by.since_ms = s->clock->wall_ms(s->clock);
	if (state_begin(s, QUERY_BEGIN_WRITE, d) != 0)
		return -1;
	if (ask(s, execution, &filled, d) != 0) {
		state_rollback(s);
		return -1;
	}
	return state_end(s, d);
}

/* Whoever goes on with it says so in its journal before it looks for requests: in the transaction
 * in which nobody runs it nobody has seen the request. */
static int withdraw(struct state *s, const char *execution, int64_t number, struct diags *d)
{
	struct arena *a = arena_new();
	struct execution_list found = {NULL, 0};
	int result = journal_load_execution(s, execution, a, &found, d);
	struct row row = {NULL, 1, NULL};

	if (result == 0 && found.count && !found.items[0].gone &&
	    !execution_status_is_over(found.items[0].status)) {
		arena_free(a);
		return 0;
	}
	if (result == 0)
		row.stmt = state_query(s, QUERY_REQUEST_DROP, d);
	arena_free(a);
	if (!row.stmt)
		return -1;
	row_put_text(&row, execution);
	row_put_int(&row, number);
	return state_step(s, row.stmt, d) == 0 ? 1 : -1;
}

int journal_withdraw(struct state *s, const char *execution, int64_t number, struct diags *d)
{
	int result;

	assert(s->mode == STATE_WRITE);
	if (state_begin(s, QUERY_BEGIN_WRITE, d) != 0)
		return -1;
	result = withdraw(s, execution, number, d);
	if (result < 1) {
		state_rollback(s);
		return result;
	}
	return state_end(s, d) == 0 ? 1 : -1;
}

static bool take_ask(struct state *s, struct row *row, struct execution_ask *out)
{
	const char *execution;
	bool known;

	out->number = row_int(row);
	execution = row_text(row);
	known = request_parse(row_text(row), &out->request);
	out->step = row_text(row);
	out->reason = row_text(row);
	out->text = row_text(row);
	out->by.user = row_text(row);
	out->by.host = row_text(row);
	out->by.command = row_text(row);
	out->by.pid = row_int(row);
	out->by.since_ms = row_int(row);
	sum_ask(s, execution, out);
	return row_take_checksum(s, row) && known;
}

int journal_load_asks(struct state *s, const struct journal_part *part, struct arena *a,
		      struct ask_list *out, struct diags *d)
{
	struct asks_vec found = {NULL, 0, 0};
	struct row row = {NULL, 1, a};
	int got;

	*out = (struct ask_list){NULL, 0};
	if (history_start(s, QUERY_REQUESTS, &row, d) != 0)
		return -1;
	if (row.stmt) {
		row_put_text(&row, part->execution);
		row_put_int(&row, part->after);
	}
	while ((got = history_next_row(s, &row, d)) == 1) {
		if (!take_ask(s, &row, arena_vec_add(a, &found)))
			return history_fail_row(s, &row, "request of execution", part->execution,
						d);
	}
	*out = (struct ask_list){found.items, found.count};
	return got;
}
