/*
 * state_lease.c - locks that were taken: whose they are, renewing, checking, giving back,
 * breaking.  The picture is at the top of state_lock.c.
 */
#include "engine/state_lock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int lock_compare_held(const void *x, const void *y)
{
	return instance_id_compare(&((const struct held_lock *)x)->id,
				   &((const struct held_lock *)y)->id);
}

struct held_lock *lock_find_held(struct state *s, const struct instance_id *id)
{
	struct held_lock key = {.id = *id};

	if (!s->held.count)
		return NULL;
	return bsearch(&key, s->held.items, s->held.count, sizeof(key), lock_compare_held);
}

int lock_read(struct state *s, const struct instance_id *id, struct arena *a, struct lock_row *out,
	      struct diags *d)
{
	struct row row = {state_query(s, QUERY_LOCK, d), 1, a};
	int got;

	*out = (struct lock_row){.info.id = *id, .info.lock_id = ""};
	if (!row.stmt)
		return -1;
	row_put_instance_id(&row, id);
	got = state_step(s, row.stmt, d);
	if (got != 1)
		return got;
	row.next = 0;
	lock_take(&row, out);
	state_reset(row.stmt);
	return 1;
}

bool lock_is_ours(const struct held_lock *held, const struct lock_info *lock)
{
	return held && lock->epoch == held->epoch && strcmp(lock->lock_id, held->lock_id) == 0;
}

void lock_describe_holder(const struct lock_owner *o, struct str *out)
{
	str_printf(out, "%s@%s (pid %lld, '%s')", o->user, o->host, (long long)o->pid, o->command);
}

static int fail_lost(struct state *s, const struct instance_id *id, struct diags *d)
{
	struct arena *a = arena_new();
	struct str who = STR_INIT;
	struct lock_row now;
	struct diag *g;
	int got = lock_read(s, id, a, &now, d);

	g = diag_add(d, DIAG_LOCK_LOST, RANGE_NONE,
		     "lock of stack instance '%s' is not ours any "
		     "more",
		     instance_id_text(a, id));
	if (got == 1 && now.info.lock_id[0]) {
		lock_describe_holder(&now.info.owner, &who);
		diag_detail(d, g, "%s has taken it", str_cstr(&who));
	} else if (got >= 0) {
		diag_detail(
			d, g,
			"its time ran out and another run had it meanwhile, or it was broken with "
			"`hadeploy state unlock`");
	}
	diag_hint(d, g,
		  "nothing more is recorded by this run; what it had begun is looked after "
		  "by the next one");
	str_release(&who);
	arena_free(a);
	return -1;
}

int lock_check(struct state *s, const struct instance_id *id, struct diags *d)
{
	struct held_lock *held = lock_find_held(s, id);
	struct lock_row now;
	struct arena *a;
	int got;

	assert(held); /* writing without having locked is a bug */
	if (held->checked_in == s->commit_count)
		return 0;
	a = arena_new();
	got = lock_read(s, id, a, &now, d);
	if (got >= 0 && !lock_is_ours(held, &now.info))
		got = fail_lost(s, id, d);
	arena_free(a);
	if (got < 0)
		return -1;
	held->checked_in = s->commit_count;
	*vec_add(&s->touched) = &held->id;
	return 0;
}

/* A statement about one lock that is ours; 1: there is such a row. */
static int change_ours(struct state *s, enum state_query query, const struct held_lock *held,
		       int64_t lease_until_ms, struct diags *d)
{
	struct row row = {state_query(s, query, d), 1, NULL};

	if (!row.stmt)
		return -1;
	row_put_instance_id(&row, &held->id);
	row_put_text(&row, held->lock_id);
	row_put_int(&row, held->epoch);
	if (query == QUERY_LOCK_RENEW)
		row_put_int(&row, lease_until_ms);
	if (state_step(s, row.stmt, d) != 0)
		return -1;
	return sqlite3_changes(s->db);
}

/* Those that are still ours are renewed even when others are lost. */
int state_renew_locks(struct state *s, struct diags *d)
{
	int64_t until_ms = s->clock->wall_ms(s->clock) + LOCK_LEASE_MS;
	int result = 0;

	if (!s->held.count)
		return 0;
	if (state_begin(s, QUERY_BEGIN_WRITE, d) != 0)
		return -1;
	for (size_t i = 0; i < s->held.count; i++) {
		struct held_lock *held = &s->held.items[i];
		int got = change_ours(s, QUERY_LOCK_RENEW, held, until_ms, d);

		if (got < 0) {
			state_rollback(s);
			return -1;
		}
		if (got == 0)
			result = fail_lost(s, &held->id, d);
	}
	if (state_end(s, d) != 0)
		return -1;
	return result;
}

/* What cannot be released now is free when its lease ends or its holder is gone. */
void state_unlock(struct state *s)
{
	struct diags ignored = DIAGS_INIT;
	int result = 0;

	if (s->held.count && !s->broken && state_begin(s, QUERY_BEGIN_WRITE, &ignored) == 0) {
		for (size_t i = 0; result >= 0 && i < s->held.count; i++)
			result = change_ours(s, QUERY_LOCK_RELEASE, &s->held.items[i], 0, &ignored);
		if (result < 0 || state_end(s, &ignored) != 0)
			state_rollback(s);
	}
	s->held.count = 0;
	arena_free(s->lock_arena);
	s->lock_arena = arena_new();
	diags_release(&ignored);
}

static int fail_unknown(struct state *s, const char *lock_id, struct diags *d)
{
	struct arena *a = arena_new();
	struct lock_list locks = {NULL, 0};
	struct str held = STR_INIT;
	struct diag *g;
	int loaded = state_load_locks(s, a, &locks, d);

	for (size_t i = 0; loaded == 0 && i < locks.count; i++) {
		str_printf(&held, "%s%s  %s  ", i ? "\n" : "", locks.items[i].lock_id,
			   instance_id_text(a, &locks.items[i].id));
		lock_describe_holder(&locks.items[i].owner, &held);
	}
	g = diag_add(d, DIAG_LOCK_UNKNOWN, RANGE_NONE, "there is no lock '%s'", lock_id);
	diag_detail(d, g, "%s", held.len ? str_cstr(&held) : "nothing is locked");
	diag_hint(d, g, "`hadeploy status` shows what is locked");
	str_release(&held);
	arena_free(a);
	return -1;
}

int state_break_lock(struct state *s, const char *lock_id, struct diags *d)
{
	struct row row;
	int result;

	assert(s->mode == STATE_WRITE);
	if (!lock_id[0])
		return fail_unknown(s, lock_id, d);
	if (state_begin(s, QUERY_BEGIN_WRITE, d) != 0)
		return -1;
	row = (struct row){state_query(s, QUERY_LOCK_BREAK, d), 1, NULL};
	if (row.stmt) {
		row_put_text(&row, lock_id);
		result = state_step(s, row.stmt, d);
	} else {
		result = -1;
	}
	if (result != 0) {
		state_rollback(s);
		return -1;
	}
	if (sqlite3_changes(s->db) == 0)
		result = 1;
	if (state_end(s, d) != 0)
		return -1;
	return result ? fail_unknown(s, lock_id, d) : 0;
}
