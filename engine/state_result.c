/*
 * state_result.c - how each stack instance fares in a run.
 *
 * Rows of one run are written again and again while it goes on; the latest one of an instance is
 * found by an index, so it costs the same however many runs are kept.
 */
#include "engine/state_history.h"

#include <assert.h>

struct results_vec {
	VEC_OF(struct instance_result)
};

static const char *or_empty(const char *value)
{
	return value ? value : "";
}

static void sum_result(struct state *s, const struct instance_result *r)
{
	const char *const texts[] = {r->run,    r->id.stack, r->id.account, r->id.region,
				     r->status, r->reason,   r->wave};
	const int64_t numbers[] = {(int64_t)r->order, r->started_ms, r->ended_ms};
	struct str *sum = row_sum_start(s, "result");

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		row_sum_text(sum, texts[i]);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		row_sum_int(sum, numbers[i]);
	if (*r->version) /* rows of before version 4 have none */
		row_sum_text(sum, r->version);
}

int history_write_result(struct state *s, const struct instance_result *r, struct diags *d)
{
	struct row row = {state_query(s, QUERY_RESULT_PUT, d), 1, NULL};
	struct instance_result filled = *r;
	char digest[VERSION_DIGEST_SIZE];

	if (!row.stmt || version_keep(s, r->version, d) != 0)
		return -1;
	version_digest(r->version, digest);
	filled.version = digest;
	assert(r->run && r->run[0] && r->status);
	filled.reason = or_empty(r->reason);
	filled.wave = or_empty(r->wave);
	row_put_text(&row, filled.run);
	row_put_instance_id(&row, &filled.id);
	row_put_text(&row, filled.status);
	row_put_text(&row, filled.reason);
	row_put_text(&row, filled.wave);
	row_put_int(&row, (int64_t)filled.order);
	row_put_int(&row, filled.started_ms);
	row_put_int(&row, filled.ended_ms);
	row_put_copy(&row, digest);
	sum_result(s, &filled);
	row_put_checksum(s, &row);
	return state_step(s, row.stmt, d);
}

static bool take_result(struct state *s, struct row *row, struct instance_result *out)
{
	out->run = row_text(row);
	out->id = row_instance_id(row);
	out->status = row_text(row);
	out->reason = row_text(row);
	out->wave = row_text(row);
	out->order = (size_t)row_int(row);
	out->started_ms = row_int(row);
	out->ended_ms = row_int(row);
	out->version = row_text(row);
	sum_result(s, out);
	return row_take_checksum(s, row);
}

/* The next row into *found.  As state_step. */
static int next_result(struct state *s, struct row *row, struct results_vec *found, struct diags *d)
{
	int got = history_next_row(s, row, d);
	struct instance_result *r;

	if (got != 1)
		return got;
	r = arena_vec_add(row->a, found);
	if (!take_result(s, row, r))
		return history_fail_row(s, row, "result of a run", instance_id_text(row->a, &r->id),
					d);
	if (version_take(s, &r->version, row->a, d) == 0)
		return 1;
	state_reset(row->stmt);
	return -1;
}

int state_put_results(struct state *s, const struct instance_result *items, size_t count,
		      struct diags *d)
{
	assert(s->mode == STATE_WRITE);
	if (!count)
		return 0;
	if (state_begin(s, QUERY_BEGIN_WRITE, d) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (history_write_result(s, &items[i], d) != 0) {
			state_rollback(s);
			return -1;
		}
	}
	return state_end(s, d);
}

int state_load_results(struct state *s, const char *run, struct arena *a, struct result_list *out,
		       struct diags *d)
{
	struct results_vec found = {NULL, 0, 0};
	struct row row = {NULL, 1, a};
	int got;

	if (history_start(s, QUERY_RESULTS, &row, d) != 0)
		return -1;
	if (row.stmt)
		row_put_text(&row, run);
	while ((got = next_result(s, &row, &found, d)) == 1)
		;
	*out = (struct result_list){found.items, found.count};
	return got;
}

/* From one instance to the next, over the index: a row each, however many runs there are. */
static int load_last(struct state *s, struct arena *a, struct results_vec *found, struct diags *d)
{
	struct instance_id last = {"", "", ""};
	int got;

	do {
		struct row row = {NULL, 1, a};

		if (history_start(s, QUERY_RESULT_NEXT, &row, d) != 0)
			return -1;
		if (row.stmt)
			row_put_instance_id(&row, &last);
		got = next_result(s, &row, found, d);
		if (got == 1) {
			last = found->items[found->count - 1].id;
			state_reset(row.stmt);
		}
	} while (got == 1);
	return got;
}

int state_load_last_results(struct state *s, struct arena *a, struct result_list *out,
			    struct diags *d)
{
	struct results_vec found = {NULL, 0, 0};
	int result;

	*out = (struct result_list){NULL, 0};
	if (!s->db)
		return 0;
	/* One snapshot for all of them. */
	if (state_begin(s, QUERY_BEGIN_READ, d) != 0)
		return -1;
	result = load_last(s, a, &found, d);
	state_rollback(s);
	*out = (struct result_list){found.items, found.count};
	return result;
}
