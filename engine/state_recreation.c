/*
 * state_recreation.c - regions that were lost and built anew: the row, and what is aside.
 *
 * A record that goes aside is its row in another table, with `deposed` changed: one transaction
 * for the region, so that it is recorded as it was or as lost, and nothing between.
 */
#include "engine/recreation.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "engine/state_edit.h"
#include "engine/state_history.h"
#include "engine/state_lock.h"

struct recreations_vec {
	VEC_OF(struct recreation)
};

static const char *or_empty(const char *value)
{
	return value ? value : "";
}

bool recreation_abandoned(const struct record *r)
{
	return text_starts(text_of(r->deposed), ABANDONED_PREFIX);
}

bool recreation_relocates(const struct recreation *r)
{
	return strcmp(r->region, r->into) != 0;
}

const struct recreation *recreation_find(const struct recreation_list *list, const char *region)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i].region, region) == 0)
			return &list->items[i];
	}
	return NULL;
}

/* --- rows ------------------------------------------------------------------------------ */

static void sum_recreation(struct state *s, const struct recreation *r)
{
	const char *const texts[] = {r->region, r->into, r->id, r->user, r->host, r->restored};
	struct str *sum = row_sum_start(s, "recreation");

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		row_sum_text(sum, texts[i]);
	row_sum_int(sum, r->since_ms);
}

static int write_row(struct state *s, const struct recreation *r, struct diags *d)
{
	struct row row = {state_query(s, QUERY_RECREATION_PUT, d), 1, NULL};
	struct recreation filled = *r;

	if (!row.stmt)
		return -1;
	filled.user = or_empty(r->user);
	filled.host = or_empty(r->host);
	filled.restored = r->restored ? r->restored : "[]";
	row_put_text(&row, filled.region);
	row_put_text(&row, filled.into);
	row_put_text(&row, filled.id);
	row_put_text(&row, filled.user);
	row_put_text(&row, filled.host);
	row_put_int(&row, filled.since_ms);
	row_put_text(&row, filled.restored);
	sum_recreation(s, &filled);
	row_put_checksum(s, &row);
	return state_step(s, row.stmt, d);
}

static bool take_row(struct state *s, struct row *row, struct recreation *out)
{
	out->region = row_text(row);
	out->into = row_text(row);
	out->id = row_text(row);
	out->user = row_text(row);
	out->host = row_text(row);
	out->since_ms = row_int(row);
	out->restored = row_text(row);
	sum_recreation(s, out);
	return row_take_checksum(s, row);
}

int recreation_load(struct state *s, struct arena *a, struct recreation_list *out, struct diags *d)
{
	struct recreations_vec found = {NULL, 0, 0};
	struct row row = {NULL, 1, a};
	int got;

	*out = (struct recreation_list){NULL, 0};
	if (history_start(s, QUERY_RECREATIONS, &row, d) != 0)
		return -1;
	while ((got = history_next_row(s, &row, d)) == 1) {
		struct recreation *r = arena_vec_add(a, &found);

		if (!take_row(s, &row, r))
			return history_fail_row(s, &row, "recreation of", r->region, d);
	}
	*out = (struct recreation_list){found.items, found.count};
	return got;
}

/* --- aside ----------------------------------------------------------------------------- */

int recreation_load_abandoned(struct state *s, const char *region, struct arena *a,
			      struct record_list *out, struct diags *d)
{
	struct record_query q = {region ? QUERY_ABANDONED_IN : QUERY_ABANDONED, NULL, region};

	return state_query_records(s, &q, a, out, d);
}

static int write_aside(struct state *s, const struct record *r, struct diags *d)
{
	struct row row = {state_query(s, QUERY_ABANDONED_PUT, d), 1, NULL};

	if (!row.stmt)
		return -1;
	record_put(s, &row, r);
	return state_step(s, row.stmt, d);
}

static int drop_aside(struct state *s, const struct record *r, struct diags *d)
{
	struct row row = {state_query(s, QUERY_ABANDONED_DROP, d), 1, NULL};

	if (!row.stmt)
		return -1;
	row_put_address(&row, &r->addr);
	row_put_text(&row, r->deposed);
	return state_step(s, row.stmt, d);
}

/* What a replacement had left over is told from the live one by its old name. */
static int set_aside(struct state *s, const struct recreation *c, struct record r, struct arena *a,
		     struct diags *d)
{
	if (lock_check(s, &r.addr.instance, d) != 0 || edit_drop_row(s, &r, d) != 0)
		return -1;
	r.deposed =
		arena_printf(a, ABANDONED_PREFIX "%s%s%s", c->id, *r.deposed ? "-" : "", r.deposed);
	return write_aside(s, &r, d);
}

static int close_operation(struct state *s, const struct operation *open, struct diags *d)
{
	struct row row = {state_query(s, QUERY_OPERATION_UPDATE, d), 1, NULL};
	struct operation op = *open;

	if (!row.stmt || lock_check(s, &op.addr.instance, d) != 0)
		return -1;
	op.result = OPERATION_ABANDONED;
	op.message = "the region was lost; nobody asked what became of it";
	op.ended_ms = s->clock->wall_ms(s->clock);
	operation_progress_put(s, &row, &op);
	row_put_text(&row, op.id);
	return state_step(s, row.stmt, d);
}

static int drop_instance(struct state *s, const struct instance_id *id, struct diags *d)
{
	if (lock_check(s, id, d) != 0 || edit_drop_instance(s, id, d) != 0)
		return -1;
	edit_forget_generation(s, id);
	return edit_forget_kept(s, id, d);
}

static bool is_in(const struct instance_id *id, const char *region)
{
	return strcmp(id->region, region) == 0;
}

static int leave_region(struct state *s, const struct recreation *c, struct arena *a,
			struct diags *d)
{
	struct record_list records;
	struct operation_list open;
	struct instance_list instances;

	if (state_load_records(s, NULL, a, &records, d) != 0 ||
	    state_load_open_operations(s, NULL, a, &open, d) != 0 ||
	    state_load_instances(s, a, &instances, d) != 0)
		return -1;
	for (size_t i = 0; i < records.count; i++) {
		if (is_in(&records.items[i].addr.instance, c->region) &&
		    set_aside(s, c, records.items[i], a, d) != 0)
			return -1;
	}
	for (size_t i = 0; i < open.count; i++) {
		if (is_in(&open.items[i].addr.instance, c->region) &&
		    close_operation(s, &open.items[i], d) != 0)
			return -1;
	}
	for (size_t i = 0; i < instances.count; i++) {
		if (is_in(&instances.items[i].id, c->region) &&
		    drop_instance(s, &instances.items[i].id, d) != 0)
			return -1;
	}
	return write_row(s, c, d);
}

/* --- transactions ------------------------------------------------------------------------ */

static int begin(struct state *s, struct diags *d)
{
	assert(s->mode == STATE_WRITE);
	s->commit_count++;
	return state_begin(s, QUERY_BEGIN_WRITE, d);
}

static int end(struct state *s, int result, struct diags *d)
{
	if (result == 0 && state_end(s, d) == 0)
		return 0;
	if (result != 0)
		state_rollback(s);
	edit_forget_generations(s);
	return -1;
}

int recreation_begin(struct state *s, const struct recreation *r, struct diags *d)
{
	struct arena *a = arena_new();
	int result = begin(s, d);

	if (result == 0)
		result = end(s, leave_region(s, r, a, d), d);
	arena_free(a);
	return result;
}

int recreation_put(struct state *s, const struct recreation *r, struct diags *d)
{
	return begin(s, d) != 0 ? -1 : end(s, write_row(s, r, d), d);
}

static int drop_row(struct state *s, const char *region, struct diags *d)
{
	struct row row = {state_query(s, QUERY_RECREATION_DROP, d), 1, NULL};

	if (!row.stmt)
		return -1;
	row_put_text(&row, region);
	return state_step(s, row.stmt, d);
}

int recreation_end(struct state *s, const char *region, struct diags *d)
{
	return begin(s, d) != 0 ? -1 : end(s, drop_row(s, region, d), d);
}

int recreation_forget(struct state *s, const struct record *const *records, size_t count,
		      struct diags *d)
{
	int result = 0;

	if (!count)
		return 0;
	if (begin(s, d) != 0)
		return -1;
	for (size_t i = 0; result == 0 && i < count; i++)
		result = drop_aside(s, records[i], d);
	return end(s, result, d);
}

static int take_back(struct state *s, const struct record *r, struct diags *d)
{
	if (lock_check(s, &r->addr.instance, d) != 0 || drop_aside(s, r, d) != 0)
		return -1;
	return edit_write_record(s, r, d);
}

int recreation_take_back(struct state *s, const struct record *const *records, size_t count,
			 struct diags *d)
{
	int result = 0;

	if (!count)
		return 0;
	if (begin(s, d) != 0)
		return -1;
	for (size_t i = 0; result == 0 && i < count; i++)
		result = take_back(s, records[i], d);
	return end(s, result, d);
}

/* --- as if it had never been ------------------------------------------------------------- */

static bool is_same(const struct record *r, const struct recreation_undo *u)
{
	for (size_t i = 0; i < u->same_count; i++) {
		if (address_compare(&u->same[i]->addr, &r->addr) == 0 &&
		    strcmp(u->same[i]->deposed, r->deposed) == 0)
			return true;
	}
	return false;
}

static int forget(struct state *s, const struct record *r, struct diags *d)
{
	return lock_check(s, &r->addr.instance, d) != 0 ? -1 : edit_drop_row(s, r, d);
}

/* What was made since is no longer named: the next plan takes it away. */
static int give_up(struct state *s, const struct recreation *c, struct record r, struct arena *a,
		   struct diags *d)
{
	if (forget(s, &r, d) != 0)
		return -1;
	r.deposed =
		arena_printf(a, UNDONE_PREFIX "%s%s%s", c->id, *r.deposed ? "-" : "", r.deposed);
	return edit_write_record(s, &r, d);
}

static int bring_back(struct state *s, const struct recreation *c, struct record r, struct diags *d)
{
	const char *mark = r.deposed + strlen(ABANDONED_PREFIX) + strlen(c->id);

	if (lock_check(s, &r.addr.instance, d) != 0 || drop_aside(s, &r, d) != 0)
		return -1;
	r.deposed = *mark == '-' ? mark + 1 : mark;
	return edit_write_record(s, &r, d);
}

static int drop_made(struct state *s, const struct recreation *c, struct arena *a, struct diags *d)
{
	struct instance_list all;

	if (state_load_instances(s, a, &all, d) != 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		if (is_in(&all.items[i].id, c->region) &&
		    drop_instance(s, &all.items[i].id, d) != 0)
			return -1;
	}
	return 0;
}

struct undoing {
	const struct recreation *c;
	const struct recreation_undo *u;
	struct arena *a;
};

/* What was made elsewhere nothing names any more, which is enough. */
static int leave(struct state *s, const struct undoing *x, const struct record *r, struct diags *d)
{
	bool here = is_in(&r->addr.instance, x->c->region);

	if ((!here && !is_in(&r->addr.instance, x->c->into)) || recreation_abandoned(r))
		return 0;
	if (is_same(r, x->u))
		return forget(s, r, d);
	return here ? give_up(s, x->c, *r, x->a, d) : 0;
}

static int undo(struct state *s, const struct recreation *c, const struct recreation_undo *u,
		struct arena *a, struct diags *d)
{
	const struct undoing x = {c, u, a};
	struct record_list since, aside;

	if (state_load_records(s, NULL, a, &since, d) != 0 ||
	    recreation_load_abandoned(s, c->region, a, &aside, d) != 0)
		return -1;
	for (size_t i = 0; i < since.count; i++) {
		if (leave(s, &x, &since.items[i], d) != 0)
			return -1;
	}
	if (drop_made(s, c, a, d) != 0)
		return -1;
	for (size_t i = 0; i < aside.count; i++) {
		if (bring_back(s, c, aside.items[i], d) != 0)
			return -1;
	}
	return u->closed ? write_row(s, u->closed, d) : drop_row(s, c->region, d);
}

int recreation_undo(struct state *s, const struct recreation *c, const struct recreation_undo *u,
		    struct diags *d)
{
	struct arena *a = arena_new();
	int result = begin(s, d);

	if (result == 0)
		result = end(s, undo(s, c, u, a, d), d);
	arena_free(a);
	return result;
}
