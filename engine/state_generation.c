/*
 * state_generation.c - the good state of an instance, and what leads back to it.
 *
 *	generation N              the instance was good N times
 *	record.born == N          made since: a rollback deletes it
 *	kept row of an address    changed, replaced or deleted since: what it was
 *	EDIT_GOOD                 N + 1, and nothing is kept any more
 *
 * A record is kept by a copy of its row, checksum included, in one statement; a create finds no
 * row and costs nothing more than before.
 */
#include "engine/state_edit.h"

#include <string.h>

#include "engine/state_lock.h"

/* 1: there; 0: not; -1. */
static int read_instance(struct state *s, const struct instance_id *id, struct arena *a,
			 struct instance_record *out, struct diags *d)
{
	struct row row = {state_query(s, QUERY_INSTANCE, d), 1, a};
	bool whole;
	int got;

	if (!row.stmt)
		return -1;
	row_put_instance_id(&row, id);
	got = state_step(s, row.stmt, d);
	if (got != 1)
		return got;
	row.next = 0;
	whole = instance_take(s, &row, out);
	state_reset(row.stmt);
	if (!whole)
		return state_corrupt(s, d, "the stack instance of '%s' does not fit its checksum",
				     instance_id_text(a, id));
	if (version_take(s, &out->version, a, d) != 0)
		return -1;
	return 1;
}

int edit_generation(struct state *s, const struct instance_id *id, int64_t *out, struct diags *d)
{
	struct held_lock *held = lock_find_held(s, id);
	struct instance_record instance = {.generation = 0};
	struct arena *a;
	int got;

	if (!held->generation_known) {
		a = arena_new();
		got = read_instance(s, id, a, &instance, d);
		arena_free(a);
		if (got < 0)
			return -1;
		held->generation = instance.generation;
		held->generation_known = true;
	}
	*out = held->generation;
	return 0;
}

void edit_forget_generation(struct state *s, const struct instance_id *id)
{
	lock_find_held(s, id)->generation_known = false;
}

void edit_forget_generations(struct state *s)
{
	for (size_t i = 0; i < s->held.count; i++)
		s->held.items[i].generation_known = false;
}

int edit_keep(struct state *s, const struct address *addr, struct diags *d)
{
	int64_t generation;
	struct row row;

	if (edit_generation(s, &addr->instance, &generation, d) != 0)
		return -1;
	row = (struct row){state_query(s, QUERY_KEPT_COPY, d), 1, NULL};
	if (!row.stmt)
		return -1;
	row_put_address(&row, addr);
	row_put_int(&row, generation);
	return state_step(s, row.stmt, d);
}

int edit_drop_kept(struct state *s, const struct address *addr, struct diags *d)
{
	struct row row = {state_query(s, QUERY_KEPT_DROP, d), 1, NULL};

	if (!row.stmt)
		return -1;
	row_put_address(&row, addr);
	return state_step(s, row.stmt, d);
}

int edit_forget_kept(struct state *s, const struct instance_id *id, struct diags *d)
{
	struct row row = {state_query(s, QUERY_KEPT_FORGET, d), 1, NULL};

	if (!row.stmt)
		return -1;
	row_put_instance_id(&row, id);
	return state_step(s, row.stmt, d);
}

static int count_generation(struct state *s, const struct instance_id *id, struct arena *a,
			    struct diags *d)
{
	struct instance_record instance = {.generation = 0};
	int got = read_instance(s, id, a, &instance, d);

	if (got < 0)
		return -1;
	if (got == 0)
		return edit_fail(d, "nothing is recorded of stack instance",
				 instance_id_text(a, id));
	instance.generation++;
	return edit_write_instance(s, &instance, d);
}

int edit_good(struct state *s, const struct state_edit *e, struct diags *d)
{
	struct arena *a = arena_new();
	int result = count_generation(s, &e->instance->id, a, d);

	arena_free(a);
	edit_forget_generation(s, &e->instance->id);
	return result == 0 ? edit_forget_kept(s, &e->instance->id, d) : -1;
}

/* Writes a record that was read under another `deposed`. */
static int rename_record(struct state *s, struct record *r, const char *deposed, struct diags *d)
{
	if (edit_drop_row(s, r, d) != 0)
		return -1;
	r->deposed = deposed;
	r->version++;
	r->updated_ms = s->clock->wall_ms(s->clock);
	return edit_write_record(s, r, d);
}

/* The live one gives way. */
static int step_aside(struct state *s, const struct address *addr, const char *as, struct arena *a,
		      struct diags *d)
{
	struct record live = {.addr = *addr, .deposed = ""};
	struct record there = {.addr = *addr, .deposed = as ? as : ""};
	int result;

	if (edit_find_version(s, &live, d) != 0)
		return -1;
	if (!live.version)
		return 0;
	if (!*there.deposed)
		return edit_fail_record(d, "a record is in the way of the one to be restored of",
					addr);
	if (edit_find_version(s, &there, d) != 0)
		return -1;
	if (there.version)
		return edit_fail_record(d, "this operation has replaced one record already of",
					addr);
	result = edit_read_record(s, &live, "there is no record to be replaced of", a, d);
	return result == 0 ? rename_record(s, &live, as, d) : -1;
}

static int restore(struct state *s, const struct record *key, const char *as, struct arena *a,
		   struct diags *d)
{
	struct record old = *key;

	if (edit_read_record(s, &old, "there is no record to be restored of", a, d) != 0 ||
	    step_aside(s, &key->addr, as, a, d) != 0)
		return -1;
	return rename_record(s, &old, "", d);
}

int edit_restore(struct state *s, const struct state_edit *e, struct diags *d)
{
	struct record key = record_filled(e->record);
	struct arena *a = arena_new();
	int result = restore(s, &key, e->as, a, d);

	arena_free(a);
	return result;
}
