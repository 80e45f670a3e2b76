/*
 * state_duration.c - how long things took: the latest samples of a type and of an address.
 */
#include "engine/state_history.h"

#include <assert.h>

struct durations_vec {
	VEC_OF(struct duration)
};

static void sum_duration(struct state *s, const struct duration *t, const char *samples,
			 int64_t updated_ms)
{
	struct str *sum = row_sum_start(s, "duration");

	row_sum_text(sum, t->type);
	row_sum_text(sum, t->action);
	row_sum_text(sum, t->address);
	row_sum_text(sum, samples);
	row_sum_int(sum, updated_ms);
}

static int write_duration(struct state *s, const struct duration *t, struct diags *d)
{
	struct row row = {state_query(s, QUERY_DURATION_PUT, d), 1, NULL};
	size_t skip = t->count > DURATION_SAMPLES ? t->count - DURATION_SAMPLES : 0;
	int64_t now_ms = s->clock->wall_ms(s->clock);
	struct str samples = STR_INIT;
	int result;

	if (!row.stmt)
		return -1;
	str_add_char(&samples, '[');
	for (size_t i = skip; i < t->count; i++)
		str_printf(&samples, "%s%lld", i > skip ? "," : "", (long long)t->samples_ms[i]);
	str_add_char(&samples, ']');
	row_put_text(&row, t->type);
	row_put_text(&row, t->action);
	row_put_text(&row, t->address);
	row_put_text(&row, str_cstr(&samples));
	row_put_int(&row, now_ms);
	sum_duration(s, t, str_cstr(&samples), now_ms);
	row_put_checksum(s, &row);
	result = state_step(s, row.stmt, d);
	str_release(&samples);
	return result;
}

/* "[120,95]": of whole numbers only, or there is none. */
static void take_samples(struct arena *a, const char *text, struct duration *out)
{
	json_t *list = json_parse(text_of(text), a, NULL);
	int64_t *samples = ARENA_ARRAY(a, json_array_size(list) + 1, int64_t);
	const json_t *one;
	size_t i;

	out->count = 0;
	json_array_foreach(list, i, one)
	{
		if (json_is_integer(one))
			samples[out->count++] = json_integer_value(one);
	}
	out->samples_ms = samples;
	json_decref(list);
}

static bool duration_take(struct state *s, struct row *row, struct duration *out)
{
	const char *samples;

	out->type = row_text(row);
	out->action = row_text(row);
	out->address = row_text(row);
	samples = row_text(row);
	sum_duration(s, out, samples, row_int(row));
	take_samples(row->a, samples, out);
	return row_take_checksum(s, row);
}

int state_put_durations(struct state *s, const struct duration_list *list, struct diags *d)
{
	assert(s->mode == STATE_WRITE);
	if (!list->count)
		return 0;
	if (state_begin(s, QUERY_BEGIN_WRITE, d) != 0)
		return -1;
	for (size_t i = 0; i < list->count; i++) {
		if (write_duration(s, &list->items[i], d) != 0) {
			state_rollback(s);
			return -1;
		}
	}
	return state_end(s, d);
}

/* What is there already comes first. */
static int join_samples(struct state *s, struct duration *t, struct arena *a, struct diags *d)
{
	struct row row = {state_query(s, QUERY_DURATION, d), 1, a};
	struct duration before;
	int64_t *all;
	bool whole;
	int got;

	if (!row.stmt)
		return -1;
	row_put_text(&row, t->type);
	row_put_text(&row, t->action);
	row_put_text(&row, t->address);
	got = history_next_row(s, &row, d);
	if (got != 1)
		return got;
	whole = duration_take(s, &row, &before);
	state_reset(row.stmt);
	if (!whole)
		return state_corrupt(s, d, "the durations of '%s' do not fit their checksum",
				     t->type);
	all = ARENA_ARRAY(a, before.count + t->count + 1, int64_t);
	for (size_t i = 0; i < before.count; i++)
		all[i] = before.samples_ms[i];
	for (size_t i = 0; i < t->count; i++)
		all[before.count + i] = t->samples_ms[i];
	t->samples_ms = all;
	t->count += before.count;
	return 0;
}

int history_add_durations(struct state *s, const struct duration_list *more, struct diags *d)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < more->count; i++) {
		struct duration joined = more->items[i];
		struct arena *a = arena_new();

		result = join_samples(s, &joined, a, d);
		if (result == 0)
			result = write_duration(s, &joined, d);
		arena_free(a);
	}
	return result;
}

static int load(struct state *s, enum state_query query, struct arena *a, struct duration_list *out,
		struct diags *d)
{
	struct durations_vec found = {NULL, 0, 0};
	struct row row = {NULL, 1, a};
	int got;

	if (history_start(s, query, &row, d) != 0)
		return -1;
	while ((got = history_next_row(s, &row, d)) == 1) {
		struct duration *t = arena_vec_add(a, &found);

		if (!duration_take(s, &row, t))
			return history_fail_row(s, &row, "durations", t->type, d);
	}
	*out = (struct duration_list){found.items, found.count};
	return got;
}

int state_load_durations(struct state *s, struct arena *a, struct duration_list *out,
			 struct diags *d)
{
	return load(s, QUERY_DURATIONS, a, out, d);
}

int state_load_step_durations(struct state *s, struct arena *a, struct duration_list *out,
			      struct diags *d)
{
	return load(s, QUERY_STEP_DURATIONS, a, out, d);
}
