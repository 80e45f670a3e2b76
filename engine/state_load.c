/* state_load.c - rows to structs in the caller's arena, each checked against its checksum. */
#include "engine/state_row.h"

#include <string.h>

struct records_vec {
	VEC_OF(struct record)
};
struct operations_vec {
	VEC_OF(struct operation)
};
struct instances_vec {
	VEC_OF(struct instance_record)
};
struct locks_vec {
	VEC_OF(struct lock_info)
};

/* Starts a query over everything or over one instance.  Without a file there is no
 * statement, and no row will come. */
static int start(struct state *s, enum state_query query, const struct instance_id *instance,
		 struct row *row, struct diags *d)
{
	if (!s->db)
		return 0;
	if (!state_usable(s, d))
		return -1;
	row->stmt = state_query(s, query, d);
	if (!row->stmt)
		return -1;
	row->next = 1;
	if (instance)
		row_put_instance_id(row, instance);
	return 0;
}

/* As state_step. */
static int next_row(struct state *s, struct row *row, struct diags *d)
{
	row->next = 0;
	return row->stmt ? state_step(s, row->stmt, d) : 0;
}

static int fail_row(struct state *s, struct row *row, const char *what, const char *of,
		    struct diags *d)
{
	state_reset(row->stmt);
	return state_corrupt(s, d, "the %s of '%s' does not fit its checksum", what, of);
}

int state_query_records(struct state *s, const struct record_query *q, struct arena *a,
			struct record_list *out, struct diags *d)
{
	struct records_vec found = {NULL, 0, 0};
	struct row row = {NULL, 0, a};
	int got;

	if (start(s, q->query, q->instance, &row, d) != 0)
		return -1;
	if (row.stmt && q->text)
		row_put_text(&row, q->text);
	while ((got = next_row(s, &row, d)) == 1) {
		struct record *r = arena_vec_add(a, &found);

		if (!record_take(s, &row, r))
			return fail_row(s, &row, "record", address_text(a, &r->addr), d);
	}
	if (got != 0)
		return -1;
	*out = (struct record_list){found.items, found.count};
	return 0;
}

int state_load_records(struct state *s, const struct instance_id *instance, struct arena *a,
		       struct record_list *out, struct diags *d)
{
	struct record_query q = {instance ? QUERY_RECORDS_OF : QUERY_RECORDS, instance, NULL};

	return state_query_records(s, &q, a, out, d);
}

int state_load_kept(struct state *s, const struct instance_id *instance, struct arena *a,
		    struct record_list *out, struct diags *d)
{
	struct record_query q = {instance ? QUERY_KEPT_OF : QUERY_KEPT, instance, NULL};

	return state_query_records(s, &q, a, out, d);
}

int state_load_operations(struct state *s, const struct operation_query *q, struct arena *a,
			  struct operation_list *out, struct diags *d)
{
	struct operations_vec found = {NULL, 0, 0};
	struct row row = {NULL, 0, a};
	int got;

	if (start(s, q->query, q->instance, &row, d) != 0)
		return -1;
	if (row.stmt && q->text)
		row_put_text(&row, q->text);
	while ((got = next_row(s, &row, d)) == 1) {
		struct operation *op = arena_vec_add(a, &found);

		if (!operation_take(s, &row, op))
			return fail_row(s, &row, "operation", address_text(a, &op->addr), d);
	}
	if (got != 0)
		return -1;
	*out = (struct operation_list){found.items, found.count};
	return 0;
}

int state_load_open_operations(struct state *s, const struct instance_id *instance, struct arena *a,
			       struct operation_list *out, struct diags *d)
{
	struct operation_query q = {instance ? QUERY_OPERATIONS_OPEN_OF : QUERY_OPERATIONS_OPEN,
				    instance, NULL};

	return state_load_operations(s, &q, a, out, d);
}

int state_load_instances(struct state *s, struct arena *a, struct instance_list *out,
			 struct diags *d)
{
	struct instances_vec found = {NULL, 0, 0};
	struct row row = {NULL, 0, a};
	int got;

	if (start(s, QUERY_INSTANCES, NULL, &row, d) != 0)
		return -1;
	while ((got = next_row(s, &row, d)) == 1) {
		struct instance_record *i = arena_vec_add(a, &found);

		if (!instance_take(s, &row, i))
			return fail_row(s, &row, "stack instance", instance_id_text(a, &i->id), d);
		if (version_take(s, &i->version, a, d) != 0) {
			state_reset(row.stmt);
			return -1;
		}
	}
	if (got != 0)
		return -1;
	*out = (struct instance_list){found.items, found.count};
	return 0;
}

void lock_take(struct row *row, struct lock_row *out)
{
	struct lock_info *lock = &out->info;

	lock->id = row_instance_id(row);
	lock->lock_id = row_text(row);
	lock->epoch = row_int(row);
	lock->owner.user = row_text(row);
	lock->owner.host = row_text(row);
	lock->owner.command = row_text(row);
	lock->owner.pid = row_int(row);
	lock->owner.since_ms = row_int(row);
	lock->lease_until_ms = row_int(row);
	lock->gone = false;
	holder_mark_set(out->mark.machine, sizeof(out->mark.machine), row_bytes(row));
	holder_mark_set(out->mark.started, sizeof(out->mark.started), row_bytes(row));
}

/* Thousands of locks have one holder: it is looked for once. */
static bool is_gone(const struct lock_row *lock, const struct lock_row *before, bool was_gone)
{
	const bool same = lock->info.owner.pid == before->info.owner.pid &&
			  strcmp(lock->mark.machine, before->mark.machine) == 0 &&
			  strcmp(lock->mark.started, before->mark.started) == 0;

	return same ? was_gone : holder_gone(lock->info.owner.pid, &lock->mark);
}

int state_load_locks(struct state *s, struct arena *a, struct lock_list *out, struct diags *d)
{
	struct locks_vec found = {NULL, 0, 0};
	struct row row = {NULL, 0, a};
	struct lock_row lock, before = {0};
	bool gone = false;
	int got;

	if (start(s, QUERY_LOCKS, NULL, &row, d) != 0)
		return -1;
	while ((got = next_row(s, &row, d)) == 1) {
		lock_take(&row, &lock);
		gone = lock.info.gone = is_gone(&lock, &before, gone);
		before = lock;
		*arena_vec_add(a, &found) = lock.info;
	}
	if (got != 0)
		return -1;
	*out = (struct lock_list){found.items, found.count};
	return 0;
}

int64_t state_foreign_commits(struct state *s, struct diags *d)
{
	struct row row = {NULL, 0, NULL};
	int64_t number = 0;
	int got;

	if (start(s, QUERY_DATA_VERSION, NULL, &row, d) != 0)
		return -1;
	got = next_row(s, &row, d);
	if (got == 1) {
		number = sqlite3_column_int64(row.stmt, 0);
		state_reset(row.stmt);
	}
	return got < 0 ? -1 : number;
}
