/*
 * state_override.c - parameters that runbooks have set, and what checks said last.
 */
#include <assert.h>
#include <string.h>

#include "engine/runbook/journal.h"
#include "engine/state_history.h"

struct overrides_vec {
	VEC_OF(struct parameter_override)
};
struct samples_vec {
	VEC_OF(struct check_sample)
};

static const char *or_empty(const char *value)
{
	return value ? value : "";
}

/* --- overrides ------------------------------------------------------------------------ */

static void sum_override(struct state *s, const struct parameter_override *o)
{
	const char *const texts[] = {
		o->instance.stack, o->instance.account, o->instance.region, o->parameter,
		o->value,          o->execution,        o->runbook};
	struct str *sum = row_sum_start(s, "override");

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		row_sum_text(sum, texts[i]);
	row_sum_int(sum, o->since_ms);
}

static int drop_override(struct state *s, const struct parameter_override *o, struct diags *d)
{
	struct row row = {state_query(s, QUERY_OVERRIDE_DROP, d), 1, NULL};

	if (!row.stmt)
		return -1;
	row_put_instance_id(&row, &o->instance);
	row_put_text(&row, o->parameter);
	return state_step(s, row.stmt, d);
}

static int put_override(struct state *s, const struct parameter_override *o, struct diags *d)
{
	struct row row = {state_query(s, QUERY_OVERRIDE_PUT, d), 1, NULL};
	struct parameter_override filled = *o;

	if (!row.stmt)
		return -1;
	filled.execution = or_empty(o->execution);
	filled.runbook = or_empty(o->runbook);
	if (!filled.since_ms)
		filled.since_ms = s->clock->wall_ms(s->clock);
	row_put_instance_id(&row, &filled.instance);
	row_put_text(&row, filled.parameter);
	row_put_text(&row, filled.value);
	row_put_text(&row, filled.execution);
	row_put_text(&row, filled.runbook);
	row_put_int(&row, filled.since_ms);
	sum_override(s, &filled);
	row_put_checksum(s, &row);
	return state_step(s, row.stmt, d);
}

int journal_put_overrides(struct state *s, const struct parameter_override *items, size_t count,
			  struct diags *d)
{
	assert(s->mode == STATE_WRITE);
	if (!count)
		return 0;
	if (state_begin(s, QUERY_BEGIN_WRITE, d) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct parameter_override *o = &items[i];

		if ((o->value ? put_override(s, o, d) : drop_override(s, o, d)) != 0) {
			state_rollback(s);
			return -1;
		}
	}
	return state_end(s, d);
}

static bool take_override(struct state *s, struct row *row, struct parameter_override *out)
{
	out->instance = row_instance_id(row);
	out->parameter = row_text(row);
	out->value = row_text(row);
	out->execution = row_text(row);
	out->runbook = row_text(row);
	out->since_ms = row_int(row);
	sum_override(s, out);
	return row_take_checksum(s, row);
}

int journal_load_overrides(struct state *s, struct arena *a, struct override_list *out,
			   struct diags *d)
{
	struct overrides_vec found = {NULL, 0, 0};
	struct row row = {NULL, 1, a};
	int got;

	*out = (struct override_list){NULL, 0};
	if (history_start(s, QUERY_OVERRIDES, &row, d) != 0)
		return -1;
	while ((got = history_next_row(s, &row, d)) == 1) {
		struct parameter_override *o = arena_vec_add(a, &found);

		if (!take_override(s, &row, o))
			return history_fail_row(s, &row, "override of", o->parameter, d);
	}
	*out = (struct override_list){found.items, found.count};
	return got;
}

/* --- samples -------------------------------------------------------------------------- */

static const char *const slot_names[] = {
	[SAMPLE_LATEST] = "latest",
	[SAMPLE_HEALTHY] = "healthy",
};

static void sum_sample(struct state *s, const struct check_sample *c, const char *slot)
{
	const char *const texts[] = {slot, c->check, c->region, c->detail, c->values};
	struct str *sum = row_sum_start(s, "check_sample");

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		row_sum_text(sum, texts[i]);
	row_sum_int(sum, c->at_ms);
	row_sum_int(sum, c->healthy);
}

static int write_sample(struct state *s, const struct check_sample *c, enum sample_wanted slot,
			struct diags *d)
{
	struct row row = {state_query(s, QUERY_SAMPLE_PUT, d), 1, NULL};

	if (!row.stmt)
		return -1;
	row_put_text(&row, slot_names[slot]);
	row_put_text(&row, c->check);
	row_put_text(&row, c->region);
	row_put_int(&row, c->at_ms);
	row_put_int(&row, c->healthy);
	row_put_text(&row, c->detail);
	row_put_text(&row, c->values);
	sum_sample(s, c, slot_names[slot]);
	row_put_checksum(s, &row);
	return state_step(s, row.stmt, d);
}

static int put_sample(struct state *s, const struct check_sample *c, struct diags *d)
{
	struct check_sample filled = *c;

	filled.detail = or_empty(c->detail);
	filled.values = or_empty(c->values);
	if (write_sample(s, &filled, SAMPLE_LATEST, d) != 0)
		return -1;
	return filled.healthy ? write_sample(s, &filled, SAMPLE_HEALTHY, d) : 0;
}

int journal_put_samples(struct state *s, const struct check_sample *items, size_t count,
			struct diags *d)
{
	assert(s->mode == STATE_WRITE);
	if (!count)
		return 0;
	if (state_begin(s, QUERY_BEGIN_WRITE, d) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (put_sample(s, &items[i], d) != 0) {
			state_rollback(s);
			return -1;
		}
	}
	return state_end(s, d);
}

static bool take_sample(struct state *s, struct row *row, struct check_sample *out)
{
	const char *slot = row_text(row);

	out->check = row_text(row);
	out->region = row_text(row);
	out->at_ms = row_int(row);
	out->healthy = row_int(row) != 0;
	out->detail = row_text(row);
	out->values = row_text(row);
	sum_sample(s, out, slot);
	return row_take_checksum(s, row);
}

int journal_load_samples(struct state *s, enum sample_wanted wanted, struct arena *a,
			 struct sample_list *out, struct diags *d)
{
	struct samples_vec found = {NULL, 0, 0};
	struct row row = {NULL, 1, a};
	int got;

	*out = (struct sample_list){NULL, 0};
	if (history_start(s, QUERY_SAMPLES, &row, d) != 0)
		return -1;
	if (row.stmt)
		row_put_text(&row, slot_names[wanted]);
	while ((got = history_next_row(s, &row, d)) == 1) {
		struct check_sample *c = arena_vec_add(a, &found);

		if (!take_sample(s, &row, c))
			return history_fail_row(s, &row, "answer of check", c->check, d);
	}
	*out = (struct sample_list){found.items, found.count};
	return got;
}
