/*
 * state_order.c - in which order processes took executions up, whatever their clocks said.
 *
 * The number of the latest is a row of meta: the schema stays what it is.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/runbook/journal.h"
#include "engine/state_history.h"

#define NAME "execution_order"
#define NUMBER_SIZE 24

/* 0 when none was given out yet. */
static int read_number(struct state *s, struct arena *a, int64_t *out, struct diags *d)
{
	struct row row = {state_query(s, QUERY_META, d), 1, a};
	unsigned char sum[STATE_CHECKSUM_LEN];
	struct text value, stored;
	int got;

	*out = 0;
	if (!row.stmt)
		return -1;
	row_put_text(&row, NAME);
	got = state_step(s, row.stmt, d);
	if (got != 1)
		return got;
	row.next = 0;
	value = row_bytes(&row);
	stored = row_bytes(&row);
	meta_checksum(NAME, value, sum);
	if (!text_eq(stored, (struct text){(char *)sum, sizeof(sum)})) {
		state_reset(row.stmt);
		return state_corrupt(s, d, "meta row '%s' is changed", NAME);
	}
	*out = strtoll(arena_text(a, value), NULL, 10);
	state_reset(row.stmt);
	return 0;
}

static int write_number(struct state *s, int64_t number, struct diags *d)
{
	struct row row = {state_query(s, QUERY_META_PUT, d), 1, NULL};
	unsigned char sum[STATE_CHECKSUM_LEN];
	char text[NUMBER_SIZE];

	if (!row.stmt)
		return -1;
	snprintf(text, sizeof(text), "%lld", (long long)number);
	meta_checksum(NAME, text_of(text), sum);
	row_put_text(&row, NAME);
	row_put_bytes(&row, text, text_of(text).len);
	row_put_bytes(&row, sum, sizeof(sum));
	return state_step(s, row.stmt, d);
}

int journal_take_order(struct state *s, int64_t *out, struct diags *d)
{
	struct arena *a = arena_new();
	int result;

	assert(s->mode == STATE_WRITE);
	result = state_begin(s, QUERY_BEGIN_WRITE, d);
	if (result == 0) {
		result = read_number(s, a, out, d);
		*out += 1;
		if (result == 0)
			result = write_number(s, *out, d);
		if (result != 0)
			state_rollback(s);
		else
			result = state_end(s, d);
	}
	arena_free(a);
	return result;
}
