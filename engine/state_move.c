/*
 * state_move.c - EDIT_MOVE: everything recorded at one address goes to another logical id of
 * the same instance, and what others say of it follows.
 *
 * It looks through the records of the instance for those that name the address; every other
 * edit costs the same however much is recorded.  The history keeps the old address.
 */
#include "engine/state_edit.h"

#include <stdlib.h>
#include <string.h>

struct move {
	struct state *s;
	struct arena *a;
	const struct address *from;
	struct address to;
	struct diags *d;
};

static int load_at(struct move *m, enum state_query query, const struct address *addr,
		   struct record_list *out)
{
	struct record_query q = {query, &addr->instance, addr->logical_id};

	return state_query_records(m->s, &q, m->a, out, m->d);
}

static int refuse_open(struct move *m, const struct address *addr)
{
	struct operation_query q = {QUERY_OPERATIONS_OPEN_AT, &addr->instance, addr->logical_id};
	struct operation_list open;

	if (state_load_operations(m->s, &q, m->a, &open, m->d) != 0)
		return -1;
	return open.count ? edit_fail_record(m->d, "an operation is open on", addr) : 0;
}

/* Something kept there would come back on top of it with the next rollback. */
static int refuse_taken(struct move *m)
{
	struct record_list records, kept;

	if (load_at(m, QUERY_RECORDS_AT, &m->to, &records) != 0 ||
	    load_at(m, QUERY_KEPT_AT, &m->to, &kept) != 0)
		return -1;
	return records.count || kept.count
		       ? edit_fail_record(m->d, "something is recorded already of", &m->to)
		       : 0;
}

static int put_kept(struct move *m, const struct record *r)
{
	struct row row = {state_query(m->s, QUERY_KEPT_PUT, m->d), 1, NULL};

	if (!row.stmt)
		return -1;
	record_put(m->s, &row, r);
	return state_step(m->s, row.stmt, m->d);
}

static int move_records(struct move *m)
{
	struct record_list list;

	if (load_at(m, QUERY_RECORDS_AT, m->from, &list) != 0)
		return -1;
	if (!list.count)
		return edit_fail_record(m->d, "there is no record to be moved of", m->from);
	for (size_t i = 0; i < list.count; i++) {
		struct record *r = &list.items[i];

		if (edit_drop_row(m->s, r, m->d) != 0)
			return -1;
		r->addr = m->to;
		r->version++;
		r->updated_ms = m->s->clock->wall_ms(m->s->clock);
		if (edit_write_record(m->s, r, m->d) != 0)
			return -1;
	}
	return 0;
}

static int move_kept(struct move *m)
{
	struct record_list list;

	if (load_at(m, QUERY_KEPT_AT, m->from, &list) != 0)
		return -1;
	if (!list.count)
		return 0;
	list.items[0].addr = m->to;
	return edit_drop_kept(m->s, m->from, m->d) == 0 ? put_kept(m, &list.items[0]) : -1;
}

static int compare_texts(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Sorted and without doubles, as it was; NULL when it is no list of texts. */
static const char *renamed_list(struct move *m, const char *depends_on)
{
	const char *from = address_key(m->a, m->from), *to = address_key(m->a, &m->to), *text;
	json_t *list = json_parse(text_of(depends_on), m->a, NULL), *out = json_array(), *one;
	const char **names = ARENA_ARRAY(m->a, json_array_size(list) + 1, const char *);
	size_t count = 0, i;

	json_array_foreach(list, i, one)
	{
		const char *name = json_string_value(one);

		if (name)
			names[count++] = strcmp(name, from) == 0 ? to : name;
	}
	qsort(names, count, sizeof(*names), compare_texts);
	for (i = 0; i < count; i++)
		if (!i || strcmp(names[i], names[i - 1]) != 0)
			json_array_append_new(out, json_string(names[i]));
	text = json_text(m->a, out);
	json_decref(list);
	json_decref(out);
	return text;
}

static int load_naming(struct move *m, enum state_query query, struct record_list *out)
{
	struct str quoted = STR_INIT;
	struct record_query q = {query, &m->from->instance, NULL};

	json_quote(&quoted, text_of(address_key(m->a, m->from)));
	q.text = arena_strdup(m->a, str_cstr(&quoted));
	str_release(&quoted);
	return state_query_records(m->s, &q, m->a, out, m->d);
}

/* Of records and of what is kept alike: deletes of both go by it. */
static int rename_in_others(struct move *m)
{
	struct record_list records, kept;

	if (load_naming(m, QUERY_RECORDS_NAMING, &records) != 0 ||
	    load_naming(m, QUERY_KEPT_NAMING, &kept) != 0)
		return -1;
	for (size_t i = 0; i < records.count; i++) {
		struct record *r = &records.items[i];

		r->depends_on = renamed_list(m, r->depends_on);
		r->version++;
		if (edit_write_record(m->s, r, m->d) != 0)
			return -1;
	}
	for (size_t i = 0; i < kept.count; i++) {
		kept.items[i].depends_on = renamed_list(m, kept.items[i].depends_on);
		if (put_kept(m, &kept.items[i]) != 0)
			return -1;
	}
	return 0;
}

int edit_move(struct state *s, const struct state_edit *e, struct diags *d)
{
	struct move m = {.s = s, .a = arena_new(), .from = &e->record->addr, .d = d};
	int result = -1;

	m.to = (struct address){m.from->instance, e->as};
	if (refuse_open(&m, m.from) == 0 && refuse_open(&m, &m.to) == 0 && refuse_taken(&m) == 0 &&
	    move_records(&m) == 0 && move_kept(&m) == 0)
		result = rename_in_others(&m);
	arena_free(m.a);
	return result;
}
