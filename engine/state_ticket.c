/*
 * state_ticket.c - the queue of those who wait for locks.
 *
 *	blocked, willing to wait --> ticket --> nobody holds, nobody earlier wants it --> locks
 *	                               |
 *	                               \--> gave up, died, slept for longer than a lease: it counts
 *	                                    for nothing, and whoever looks next drops it
 *
 * Numbers are never used again (AUTOINCREMENT), so who slept so long that his ticket was dropped
 * never takes another one's for his own: he goes to the end.  All of it happens in the
 * transaction that looks at the locks, and so does the taking: nobody gets between.
 */
#include "engine/result.h"
#include "engine/state_lock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define RUN_ID_RANDOM_LEN 2

struct ticket_row {
	struct ticket ticket;
	struct holder_mark mark;
};
struct rows_vec {
	VEC_OF(struct ticket_row)
};
struct tickets_vec {
	VEC_OF(struct ticket)
};

/* Sorts by time: date, time of day, three hex digits of milliseconds; then three random ones. */
void state_new_run_id(struct clock *clock, int64_t now_ms, char out[RUN_ID_SIZE])
{
	char stamp[RUN_ID_SIZE], random[2 * RUN_ID_RANDOM_LEN + 1];
	time_t seconds = (time_t)(now_ms / 1000);
	struct tm parts;

	gmtime_r(&seconds, &parts);
	if (!strftime(stamp, sizeof(stamp) - 8, "%Y%m%d-%H%M%S", &parts))
		stamp[0] = '\0';
	clock_random_hex(clock, RUN_ID_RANDOM_LEN, random);
	snprintf(out, RUN_ID_SIZE, "%.23s-%03x%.3s", stamp, (unsigned)(now_ms % 1000), random);
}

/* --- rows ---------------------------------------------------------------------------- */

static void take_ticket(struct row *row, struct ticket_row *out)
{
	struct ticket *t = &out->ticket;

	row->next = 0;
	t->number = row_int(row);
	t->run = row_text(row);
	t->owner.user = row_text(row);
	t->owner.host = row_text(row);
	t->owner.command = row_text(row);
	t->owner.pid = row_int(row);
	t->owner.since_ms = row_int(row);
	t->since_ms = t->owner.since_ms;
	t->lease_until_ms = row_int(row);
	holder_mark_set(out->mark.machine, sizeof(out->mark.machine), row_bytes(row));
	holder_mark_set(out->mark.started, sizeof(out->mark.started), row_bytes(row));
	t->instances = row_text(row);
	t->waits_for = row_text(row);
}

static int load_rows(struct state *s, struct arena *a, struct rows_vec *out, struct diags *d)
{
	struct row row = {state_query(s, QUERY_TICKETS, d), 0, a};
	int got = row.stmt ? 1 : -1;

	while (row.stmt && (got = state_step(s, row.stmt, d)) == 1)
		take_ticket(&row, arena_vec_add(a, out));
	return got;
}

static bool counts(struct state *s, const struct ticket_row *row)
{
	return row->ticket.lease_until_ms > s->clock->wall_ms(s->clock) &&
	       !holder_gone(row->ticket.owner.pid, &row->mark);
}

int state_load_tickets(struct state *s, struct arena *a, struct ticket_list *out, struct diags *d)
{
	struct rows_vec rows = {NULL, 0, 0};
	struct tickets_vec found = {NULL, 0, 0};

	*out = (struct ticket_list){NULL, 0};
	if (!s->db)
		return 0;
	if (!state_usable(s, d) || load_rows(s, a, &rows, d) != 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++)
		if (counts(s, &rows.items[i]))
			*arena_vec_add(a, &found) = rows.items[i].ticket;
	*out = (struct ticket_list){found.items, found.count};
	return 0;
}

static int drop(struct state *s, int64_t number, struct diags *d)
{
	struct row row = {state_query(s, QUERY_TICKET_DROP, d), 1, NULL};

	if (!row.stmt)
		return -1;
	row_put_int(&row, number);
	return state_step(s, row.stmt, d);
}

/* What was asked of a run that will never be. */
static int drop_request(struct state *s, const char *run, struct diags *d)
{
	struct row row = {state_query(s, QUERY_PRUNE_CONTROL, d), 1, NULL};

	if (!row.stmt)
		return -1;
	row_put_text(&row, run);
	return state_step(s, row.stmt, d);
}

/* --- whose turn it is ---------------------------------------------------------------- */

/* Made when the first ticket has to be compared: most of the time there is none. */
static void fill_wanted(struct lock_try *t)
{
	if (t->wanted.entry_count)
		return;
	for (size_t i = 0; i < t->count; i++)
		map_set(&t->wanted, text_of(instance_id_text(t->a, &t->ids[i])),
			(void *)(uintptr_t)&t->ids[i]);
}

static bool holds(struct state *s, const char *name, struct arena *a)
{
	for (size_t i = 0; i < s->held.count; i++)
		if (strcmp(instance_id_text(a, &s->held.items[i].id), name) == 0)
			return true;
	return false;
}

/*
 * The first instance that both want; NULL: they do not meet.  A ticket that itself waits for
 * something that this handle has is no reason to wait: each would wait for the other.
 */
static const struct instance_id *meets(struct state *s, struct lock_try *t, const struct ticket *k)
{
	json_t *list = json_parse(text_of(k->instances), t->a, NULL);
	const struct instance_id *found = NULL;
	bool waits_for_us = false;
	const json_t *one;
	size_t i;

	fill_wanted(t);
	json_array_foreach(list, i, one)
	{
		const char *name = json_string_value(one);

		if (!name)
			continue;
		if (!found)
			found = map_find(&t->wanted, text_of(name));
		if (s->held.count && holds(s, name, t->a))
			waits_for_us = true;
	}
	json_decref(list);
	return waits_for_us ? NULL : found;
}

int ticket_look(struct state *s, struct lock_try *t, struct diags *d)
{
	struct rows_vec rows = {NULL, 0, 0};

	if (load_rows(s, t->a, &rows, d) != 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		const struct ticket *k = &rows.items[i].ticket;
		const struct instance_id *at;

		if (t->place->number && k->number >= t->place->number)
			break;
		if (!counts(s, &rows.items[i])) {
			if (drop(s, k->number, d) != 0 || drop_request(s, k->run, d) != 0)
				return -1;
			continue;
		}
		at = meets(s, t, k);
		if (!at)
			continue;
		t->holder = (struct lock_info){.id = *at,
					       .lock_id = "",
					       .owner = k->owner,
					       .lease_until_ms = k->lease_until_ms};
		return 0;
	}
	return 1;
}

/* --- one's own ticket ---------------------------------------------------------------- */

void lock_describe_wait(const struct lock_info *holder, struct str *out)
{
	instance_id_format(&holder->id, out);
	str_add(out, holder->lock_id[0] ? " is locked by " : " is waited for earlier by ");
	lock_describe_holder(&holder->owner, out);
}

static const char *instances_text(const struct lock_try *t)
{
	json_t *list = json_array();
	const char *text;

	for (size_t i = 0; i < t->count; i++)
		json_array_append_new(list, json_string(instance_id_text(t->a, &t->ids[i])));
	text = json_text(t->a, list);
	json_decref(list);
	return text;
}

static int insert(struct state *s, struct lock_try *t, const char *waits_for, struct diags *d)
{
	struct row row = {state_query(s, QUERY_TICKET_PUT, d), 1, NULL};
	int64_t now_ms = s->clock->wall_ms(s->clock);
	struct holder_mark mark;

	if (!row.stmt)
		return -1;
	if (!t->place->run[0])
		state_new_run_id(s->clock, now_ms, t->place->run);
	holder_mark(t->owner->pid, &mark);
	row_put_text(&row, t->place->run);
	row_put_text(&row, t->owner->user);
	row_put_text(&row, t->owner->host);
	row_put_text(&row, t->owner->command);
	row_put_int(&row, t->owner->pid);
	row_put_int(&row, now_ms);
	row_put_int(&row, now_ms + LOCK_LEASE_MS);
	row_put_text(&row, mark.machine);
	row_put_text(&row, mark.started);
	row_put_text(&row, instances_text(t));
	row_put_text(&row, waits_for);
	if (state_step(s, row.stmt, d) != 0)
		return -1;
	t->place->number = sqlite3_last_insert_rowid(s->db);
	return 0;
}

/* Zero rows: it was dropped while this process slept. */
static int renew(struct state *s, struct lock_try *t, const char *waits_for, struct diags *d)
{
	struct row row = {state_query(s, QUERY_TICKET_RENEW, d), 1, NULL};

	if (!row.stmt)
		return -1;
	row_put_int(&row, t->place->number);
	row_put_int(&row, s->clock->wall_ms(s->clock) + LOCK_LEASE_MS);
	row_put_text(&row, waits_for);
	if (state_step(s, row.stmt, d) != 0)
		return -1;
	if (sqlite3_changes(s->db) == 0)
		t->place->number = 0;
	return 0;
}

int ticket_wait(struct state *s, struct lock_try *t, struct diags *d)
{
	int64_t now_ms = s->clock->monotonic_ms(s->clock);
	struct lock_place *place = t->place;
	struct str text = STR_INIT;
	int result = 0;

	lock_describe_wait(&t->holder, &text);
	if (place->number && now_ms < place->renew_ms &&
	    text_eq(str_text(&place->said), str_text(&text)))
		goto out;
	if (place->number)
		result = renew(s, t, str_cstr(&text), d);
	if (result == 0 && !place->number)
		result = insert(s, t, str_cstr(&text), d);
	place->renew_ms = now_ms + LOCK_RENEW_MS;
	str_clear(&place->said);
	str_add_text(&place->said, str_text(&text));
	result = result == 0 ? 1 : -1;
out:
	str_release(&text);
	return result;
}

int ticket_served(struct state *s, const struct lock_place *place, struct diags *d)
{
	return place->number ? drop(s, place->number, d) : 0;
}

void ticket_leave(struct state *s, const struct lock_place *place)
{
	struct diags ignored = DIAGS_INIT;

	if (place->number && !s->broken && state_begin(s, QUERY_BEGIN_WRITE, &ignored) == 0) {
		if (drop(s, place->number, &ignored) != 0 ||
		    drop_request(s, place->run, &ignored) != 0 || state_end(s, &ignored) != 0)
			state_rollback(s);
	}
	diags_release(&ignored);
}
