/*
 * state_commit.c - edits to one durable transaction.
 *
 * First of all each edit looks whether the lock of its instance is still ours (once per
 * instance and commit), inside the same transaction that writes: nobody can take the lock
 * between the look and the write.
 */
#include "engine/state_edit.h"

#include <assert.h>

#include "engine/state_history.h"
#include "engine/state_lock.h"

int edit_fail(struct diags *d, const char *what, const char *which)
{
	struct diag *g = diag_add(d, DIAG_STATE_EDIT, RANGE_NONE, "%s '%s'", what, which);

	diag_hint(d, g, "nothing of this step was recorded; run the command again");
	return -1;
}

int edit_fail_record(struct diags *d, const char *what, const struct address *addr)
{
	struct str text = STR_INIT;
	int result;

	address_format(addr, &text);
	result = edit_fail(d, what, str_cstr(&text));
	str_release(&text);
	return result;
}

/* A statement about one record, ready to run. */
static int start_record(struct state *s, enum state_query query, const struct record *r,
			struct row *row, struct diags *d)
{
	row->stmt = state_query(s, query, d);
	if (!row->stmt)
		return -1;
	row->next = 1;
	row_put_address(row, &r->addr);
	row_put_text(row, r->deposed);
	row->next = 0;
	return 0;
}

int edit_find_version(struct state *s, struct record *r, struct diags *d)
{
	struct row row = {NULL, 0, NULL};
	int got;

	r->version = 0;
	if (start_record(s, QUERY_RECORD_VERSION, r, &row, d) != 0)
		return -1;
	got = state_step(s, row.stmt, d);
	if (got != 1)
		return got;
	r->version = row_int(&row);
	r->created_ms = row_int(&row);
	r->born = row_int(&row);
	state_reset(row.stmt);
	return 0;
}

int edit_write_record(struct state *s, const struct record *filled, struct diags *d)
{
	struct row row = {state_query(s, QUERY_RECORD_PUT, d), 1, NULL};

	if (!row.stmt)
		return -1;
	record_put(s, &row, filled);
	return state_step(s, row.stmt, d);
}

static bool keeps(const struct state_edit *e, const struct record *filled)
{
	return e->keep && !*filled->deposed;
}

static int put_record(struct state *s, const struct state_edit *e, struct diags *d)
{
	struct record filled = record_filled(e->record);
	int64_t now_ms = s->clock->wall_ms(s->clock);

	if (!filled.created_ms)
		filled.created_ms = now_ms;
	if (!filled.updated_ms)
		filled.updated_ms = now_ms;
	if (edit_find_version(s, &filled, d) != 0)
		return -1;
	if (!filled.version && filled.born != BORN_BEFORE &&
	    edit_generation(s, &filled.addr.instance, &filled.born, d) != 0)
		return -1;
	if (filled.version && keeps(e, &filled) && edit_keep(s, &filled.addr, d) != 0)
		return -1;
	filled.version++;
	return edit_write_record(s, &filled, d);
}

int edit_drop_row(struct state *s, const struct record *filled, struct diags *d)
{
	struct row row = {NULL, 0, NULL};

	if (start_record(s, QUERY_RECORD_DROP, filled, &row, d) != 0)
		return -1;
	return state_step(s, row.stmt, d);
}

static int drop_record(struct state *s, const struct state_edit *e, struct diags *d)
{
	struct record filled = record_filled(e->record);

	if (keeps(e, &filled) && edit_keep(s, &filled.addr, d) != 0)
		return -1;
	if (!e->keep && !*filled.deposed && edit_drop_kept(s, &filled.addr, d) != 0)
		return -1;
	return edit_drop_row(s, &filled, d);
}

int edit_read_record(struct state *s, struct record *r, const char *missing, struct arena *a,
		     struct diags *d)
{
	const struct address addr = r->addr;
	struct row row = {NULL, 0, a};
	bool whole;
	int got;

	if (start_record(s, QUERY_RECORD, r, &row, d) != 0)
		return -1;
	got = state_step(s, row.stmt, d);
	if (got == 0)
		return edit_fail_record(d, missing, &addr);
	if (got < 0)
		return -1;
	whole = record_take(s, &row, r);
	state_reset(row.stmt);
	if (!whole)
		return state_corrupt(s, d, "the record of '%s' does not fit its checksum",
				     address_text(a, &addr));
	return 0;
}

static int move_live(struct state *s, const struct record *to, struct arena *a, struct diags *d)
{
	struct record live = {.addr = to->addr, .deposed = ""}, there = record_filled(to);

	if (edit_find_version(s, &there, d) != 0 ||
	    edit_read_record(s, &live, "there is no record to be replaced of", a, d) != 0)
		return -1;
	if (there.version)
		return edit_fail_record(d, "this operation has replaced one record already of",
					&to->addr);
	if (edit_drop_row(s, &live, d) != 0)
		return -1;
	live.deposed = there.deposed;
	if (to->deletion_policy)
		live.deletion_policy = to->deletion_policy;
	live.version++;
	live.updated_ms = s->clock->wall_ms(s->clock);
	return edit_write_record(s, &live, d);
}

static int depose_record(struct state *s, const struct state_edit *e, struct diags *d)
{
	struct arena *a = arena_new();
	int result;

	assert(e->record->deposed && e->record->deposed[0]);
	result = e->keep ? edit_keep(s, &e->record->addr, d) : 0;
	if (result == 0)
		result = move_live(s, e->record, a, d);
	arena_free(a);
	return result;
}

int edit_write_instance(struct state *s, const struct instance_record *filled, struct diags *d)
{
	struct row row = {state_query(s, QUERY_INSTANCE_PUT, d), 1, NULL};
	char before[VERSION_DIGEST_SIZE];

	if (!row.stmt || version_of_instance(s, &filled->id, before, d) != 0 ||
	    version_keep(s, filled->version, d) != 0)
		return -1;
	instance_put(s, &row, filled);
	return state_step(s, row.stmt, d) == 0 ? version_forget(s, before, d) : -1;
}

int edit_drop_instance(struct state *s, const struct instance_id *id, struct diags *d)
{
	struct row row = {state_query(s, QUERY_INSTANCE_DROP, d), 1, NULL};
	char version[VERSION_DIGEST_SIZE];

	if (!row.stmt || version_of_instance(s, id, version, d) != 0)
		return -1;
	row_put_instance_id(&row, id);
	return state_step(s, row.stmt, d) == 0 ? version_forget(s, version, d) : -1;
}

/* The generation is the store's: whoever writes need not know it. */
static int put_instance(struct state *s, const struct state_edit *e, struct diags *d)
{
	struct instance_record filled = instance_filled(e->instance);

	if (edit_generation(s, &filled.id, &filled.generation, d) != 0)
		return -1;
	return edit_write_instance(s, &filled, d);
}

static int drop_instance(struct state *s, const struct state_edit *e, struct diags *d)
{
	if (edit_drop_instance(s, &e->instance->id, d) != 0)
		return -1;
	edit_forget_generation(s, &e->instance->id);
	return edit_forget_kept(s, &e->instance->id, d);
}

/* A unique index refuses a second open operation on one thing. */
static int begin_operation(struct state *s, const struct state_edit *e, struct diags *d)
{
	struct operation op = *e->op;
	struct row row = {state_query(s, QUERY_OPERATION_BEGIN, d), 1, NULL};
	int code;

	if (!row.stmt)
		return -1;
	op.result = OPERATION_OPEN;
	operation_put(s, &row, &op);
	code = sqlite3_step(row.stmt);
	if (code != SQLITE_DONE && (code & 0xff) != SQLITE_CONSTRAINT)
		state_fail(s, code, d);
	state_reset(row.stmt);
	if ((code & 0xff) == SQLITE_CONSTRAINT)
		return edit_fail_record(d, "an operation is open already on", &op.addr);
	return code == SQLITE_DONE ? 0 : -1;
}

/* What is recorded of an operation that PENDING or END is about; also checks its lock,
 * because such an edit names the operation alone. */
static int read_open(struct state *s, const struct operation *op, struct arena *a,
		     struct operation *out, struct diags *d)
{
	struct row row = {state_query(s, QUERY_OPERATION_PROGRESS, d), 1, a};
	struct instance_id instance;
	bool open;
	int got;

	if (!row.stmt)
		return -1;
	row_put_text(&row, op->id);
	got = state_step(s, row.stmt, d);
	if (got < 0)
		return -1;
	if (got == 0)
		return edit_fail(d, "there is no operation", op->id);
	row.next = 0;
	instance = row_instance_id(&row);
	out->token = row_text(&row);
	out->poll_at_ms = row_int(&row);
	open = operation_result_parse(row_text(&row), &out->result) &&
	       out->result == OPERATION_OPEN;
	state_reset(row.stmt);
	if (lock_check(s, &instance, d) != 0)
		return -1;
	return open ? 0 : edit_fail(d, "there is an end already of operation", op->id);
}

static int update_operation(struct state *s, const struct operation *op, struct diags *d)
{
	struct row row = {state_query(s, QUERY_OPERATION_UPDATE, d), 1, NULL};

	if (!row.stmt)
		return -1;
	operation_progress_put(s, &row, op);
	row_put_text(&row, op->id);
	return state_step(s, row.stmt, d);
}

static int pend_operation(struct state *s, const struct state_edit *e, struct diags *d)
{
	struct arena *a = arena_new();
	struct operation op;
	int result = -1;

	if (read_open(s, e->op, a, &op, d) == 0) {
		op = *e->op;
		op.result = OPERATION_OPEN;
		op.ended_ms = 0;
		op.message = "";
		result = update_operation(s, &op, d);
	}
	arena_free(a);
	return result;
}

static int end_operation(struct state *s, const struct state_edit *e, struct diags *d)
{
	struct arena *a = arena_new();
	struct operation recorded, op;
	int result = -1;

	assert(e->op->result != OPERATION_OPEN);
	if (read_open(s, e->op, a, &recorded, d) == 0) {
		op = *e->op;
		op.token = recorded.token;
		op.poll_at_ms = recorded.poll_at_ms;
		if (!op.ended_ms)
			op.ended_ms = s->clock->wall_ms(s->clock);
		result = update_operation(s, &op, d);
	}
	arena_free(a);
	return result;
}

/* Which instance an edit is about, where it says so itself. */
static const struct instance_id *record_instance(const struct state_edit *e)
{
	return &e->record->addr.instance;
}

static const struct instance_id *operation_instance(const struct state_edit *e)
{
	return &e->op->addr.instance;
}

static const struct instance_id *own_instance(const struct state_edit *e)
{
	return &e->instance->id;
}

/* It changes nothing of the instance, so no lock of it is needed. */
static int put_result(struct state *s, const struct state_edit *e, struct diags *d)
{
	return history_write_result(s, e->result, d);
}

static const struct {
	/* NULL: needs no lock, or sees to it (read_open) */
	const struct instance_id *(*instance)(const struct state_edit *e);
	int (*apply)(struct state *s, const struct state_edit *e, struct diags *d);
} edit_kinds[] = {
	[EDIT_BEGIN] = {operation_instance, begin_operation},
	[EDIT_PENDING] = {NULL, pend_operation},
	[EDIT_END] = {NULL, end_operation},
	[EDIT_PUT_RECORD] = {record_instance, put_record},
	[EDIT_DROP_RECORD] = {record_instance, drop_record},
	[EDIT_DEPOSE] = {record_instance, depose_record},
	[EDIT_PUT_INSTANCE] = {own_instance, put_instance},
	[EDIT_DROP_INSTANCE] = {own_instance, drop_instance},
	[EDIT_GOOD] = {own_instance, edit_good},
	[EDIT_RESTORE] = {record_instance, edit_restore},
	[EDIT_PUT_RESULT] = {NULL, put_result},
	[EDIT_MOVE] = {record_instance, edit_move},
};

static int apply_edit(struct state *s, const struct state_edit *e, struct diags *d)
{
	assert((size_t)e->kind < ARRAY_LEN(edit_kinds));
	s->settles = s->settles || edit_kinds[e->kind].instance == own_instance;
	if (edit_kinds[e->kind].instance && lock_check(s, edit_kinds[e->kind].instance(e), d) != 0)
		return -1;
	return edit_kinds[e->kind].apply(s, e, d);
}

int state_commit(struct state *s, const struct state_edit *edits, size_t count, struct diags *d)
{
	assert(s->mode == STATE_WRITE);
	if (!count)
		return 0;
	s->commit_count++;
	if (state_begin(s, QUERY_BEGIN_WRITE, d) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (apply_edit(s, &edits[i], d) != 0) {
			state_rollback(s);
			edit_forget_generations(s);
			return -1;
		}
	}
	if (state_end(s, d) == 0)
		return 0;
	edit_forget_generations(s);
	return -1;
}
