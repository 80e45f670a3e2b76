/*
 * state_lock.c - locks of stack instances: taking them, and waiting for it.
 *
 * One row per instance, kept when the lock is free (lock_id ''), because its epoch counts
 * every taking.  A lock is ours as long as lock_id and epoch in the row are those that we
 * wrote; a lease that ran out takes nothing away by itself, only the next holder does.
 *
 *	free --take--> held --release, break--> free
 *	               held --lease over, or holder dead: take--> held by another
 *
 * Who has to wait does it in a queue: state_ticket.c.
 */
#include "engine/state_lock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRY_FIRST_MS 10
#define TRY_LAST_MS 100

enum lock_status { LOCK_FREE, LOCK_OURS, LOCK_EXPIRED, LOCK_DEAD, LOCK_TAKEN };

static int compare_ids(const void *x, const void *y)
{
	return instance_id_compare(x, y);
}

static enum lock_status judge(struct state *s, const struct lock_row *row, const struct lock_try *t)
{
	const struct lock_info *lock = &row->info;

	if (!lock->lock_id[0])
		return LOCK_FREE;
	if (lock_is_ours(lock_find_held(s, &lock->id), lock))
		return LOCK_OURS;
	if (lock->lease_until_ms <= s->clock->wall_ms(s->clock))
		return LOCK_EXPIRED;
	if (strcmp(lock->owner.host, t->owner->host) == 0 &&
	    holder_gone(lock->owner.pid, &row->mark))
		return LOCK_DEAD;
	return LOCK_TAKEN;
}

/* Locks that one holder took together, and has no more. */
struct left_locks {
	struct lock_info first;
	enum lock_status why;
	size_t count;
};

/* One note for all of them: a run may have thousands. */
static void note_taking(struct lock_try *t, const struct left_locks *left)
{
	const struct lock_info *lock = &left->first;
	struct str who = STR_INIT, what = STR_INIT;
	char until[CLOCK_TEXT_LEN];

	if (!left->count)
		return;
	lock_describe_holder(&lock->owner, &who);
	clock_format_rfc3339(lock->lease_until_ms, until);
	str_printf(&what, "lock of '%s'", instance_id_text(t->a, &lock->id));
	if (left->count > 1)
		str_printf(&what, " and %zu more", left->count - 1);
	if (left->why == LOCK_DEAD)
		diag_note(&t->notes, DIAG_LOCK_TAKEN_OVER, RANGE_NONE,
			  "%s taken over: its holder %s is not running any more", str_cstr(&what),
			  str_cstr(&who));
	else
		diag_note(&t->notes, DIAG_LOCK_TAKEN_OVER, RANGE_NONE,
			  "%s taken over from %s, whose lease ended at %s", str_cstr(&what),
			  str_cstr(&who), until);
	str_release(&what);
	str_release(&who);
}

static void add_left(struct lock_try *t, struct left_locks *left, const struct lock_info *lock,
		     enum lock_status why)
{
	if (!left->count || strcmp(left->first.lock_id, lock->lock_id) != 0) {
		note_taking(t, left);
		*left = (struct left_locks){*lock, why, 0};
	}
	left->count++;
}

/* All that another one holds stops the try.  1: all can be taken; 0: see holder; -1. */
static int look_at_all(struct state *s, struct lock_try *t, struct diags *d)
{
	struct left_locks left = {.count = 0};

	for (size_t i = 0; i < t->count; i++) {
		enum lock_status status;
		struct lock_row lock;

		if (lock_read(s, &t->ids[i], t->a, &lock, d) < 0)
			return -1;
		status = judge(s, &lock, t);
		if (status == LOCK_TAKEN) {
			t->holder = lock.info;
			return 0;
		}
		if (status == LOCK_EXPIRED || status == LOCK_DEAD)
			add_left(t, &left, &lock.info, status);
	}
	note_taking(t, &left);
	return 1;
}

/* Writes one row; the epoch it counted comes back. */
static int take_row(struct state *s, const struct lock_try *t, struct held_lock *taken,
		    const struct holder_mark *mark, struct diags *d)
{
	struct row row = {state_query(s, QUERY_LOCK_TAKE, d), 1, NULL};
	int64_t now_ms = s->clock->wall_ms(s->clock);

	if (!row.stmt)
		return -1;
	row_put_instance_id(&row, &taken->id);
	row_put_text(&row, taken->lock_id);
	row_put_text(&row, t->owner->user);
	row_put_text(&row, t->owner->host);
	row_put_text(&row, t->owner->command);
	row_put_int(&row, t->owner->pid);
	row_put_int(&row, t->owner->since_ms ? t->owner->since_ms : now_ms);
	row_put_int(&row, now_ms + LOCK_LEASE_MS);
	row_put_text(&row, mark->machine);
	row_put_text(&row, mark->started);
	if (state_step(s, row.stmt, d) != 1)
		return -1;
	row.next = 0;
	taken->epoch = row_int(&row);
	return state_step(s, row.stmt, d);
}

/* The rows of all that is not ours yet, under one lock id. */
static int take_all(struct state *s, const struct lock_try *t, struct held_lock *taken,
		    size_t *taken_count, struct diags *d)
{
	struct holder_mark mark;
	char lock_id[STATE_LOCK_ID_LEN + 1];

	clock_random_hex(s->clock, STATE_LOCK_ID_LEN / 2, lock_id);
	holder_mark(t->owner->pid, &mark);
	for (size_t i = 0; i < t->count; i++) {
		struct held_lock *held = lock_find_held(s, &t->ids[i]);
		struct held_lock *next = &taken[*taken_count];
		struct lock_row lock;

		if (lock_read(s, &t->ids[i], t->a, &lock, d) < 0)
			return -1;
		if (lock_is_ours(held, &lock.info))
			continue;
		*next = (struct held_lock){.id = t->ids[i]};
		memcpy(next->lock_id, lock_id, sizeof(lock_id));
		if (take_row(s, t, next, &mark, d) != 0)
			return -1;
		++*taken_count;
	}
	return 0;
}

static void keep(struct held_lock *held, const struct held_lock *taken, struct instance_id id)
{
	*held = *taken;
	held->id = id;
}

/* Only after the commit: before it, nothing is ours.  What is new is sorted in once, behind a
 * search over what was held before: no id is taken twice. */
static void keep_taken(struct state *s, const struct held_lock *taken, size_t count)
{
	struct held_lock **known = xcalloc(count + 1, sizeof(*known));

	for (size_t i = 0; i < count; i++) {
		known[i] = lock_find_held(s, &taken[i].id);
		if (known[i])
			keep(known[i], &taken[i], known[i]->id);
	}
	for (size_t i = 0; i < count; i++) {
		if (!known[i])
			keep(vec_add(&s->held), &taken[i],
			     instance_id_copy(s->lock_arena, &taken[i].id));
	}
	qsort(s->held.items, s->held.count, sizeof(*s->held.items), lock_compare_held);
	free(known);
}

/* Behind somebody.  What is written of it is worth a commit of its own. */
static int try_later(struct state *s, struct lock_try *t, struct diags *d)
{
	int written = t->patient ? ticket_wait(s, t, d) : 0;

	if (written == 1)
		return state_end(s, d);
	state_rollback(s);
	return written;
}

/* 1: all taken; 0: somebody holds one of them, or wanted it earlier; -1. */
static int try_once(struct state *s, struct lock_try *t, struct diags *d)
{
	struct held_lock *taken = ARENA_ARRAY(t->a, t->count, struct held_lock);
	size_t taken_count = 0;
	int result;

	if (state_begin(s, QUERY_BEGIN_WRITE, d) != 0)
		return -1;
	result = look_at_all(s, t, d);
	if (result == 1)
		result = ticket_look(s, t, d);
	if (result == 0)
		return try_later(s, t, d);
	if (result == 1 &&
	    (take_all(s, t, taken, &taken_count, d) != 0 || ticket_served(s, t->place, d) != 0))
		result = -1;
	if (result != 1) {
		state_rollback(s);
		return result;
	}
	if (state_end(s, d) != 0)
		return -1;
	if (taken_count)
		keep_taken(s, taken, taken_count);
	return 1;
}

static int fail_queued(const struct lock_info *ahead, struct diags *d)
{
	struct str who = STR_INIT, what = STR_INIT;
	struct diag *g;

	lock_describe_holder(&ahead->owner, &who);
	instance_id_format(&ahead->id, &what);
	g = diag_add(d, DIAG_LOCK_QUEUED, RANGE_NONE,
		     "stack instance '%s' is waited for by %s, who came earlier", str_cstr(&what),
		     str_cstr(&who));
	diag_hint(d, g,
		  "wait with --lock-timeout 60s; 'hadeploy operation list' shows who is QUEUED");
	str_release(&who);
	str_release(&what);
	return -1;
}

static int fail_held(const struct lock_info *holder, struct diags *d)
{
	struct str who = STR_INIT, what = STR_INIT;
	char since[CLOCK_TEXT_LEN], until[CLOCK_TEXT_LEN];
	struct diag *g;

	if (!holder->lock_id[0])
		return fail_queued(holder, d);
	lock_describe_holder(&holder->owner, &who);
	instance_id_format(&holder->id, &what);
	clock_format_rfc3339(holder->owner.since_ms, since);
	clock_format_rfc3339(holder->lease_until_ms, until);
	g = diag_add(d, DIAG_LOCK_HELD, RANGE_NONE, "stack instance '%s' is locked by %s",
		     str_cstr(&what), str_cstr(&who));
	diag_detail(d, g,
		    "locked since %s; the lease runs until %s and is renewed as long as that "
		    "process lives",
		    since, until);
	diag_hint(d, g,
		  "wait for it with --lock-timeout 60s; when it is gone for good: hadeploy state "
		  "unlock %s",
		  holder->lock_id);
	str_release(&who);
	str_release(&what);
	return -1;
}

/* Only the coordinator waits here, and only in short naps; it is asked between them. */
static void nap(int64_t ms)
{
	struct timespec t = {0, (long)ms * 1000000};

	nanosleep(&t, NULL);
}

/* 1: waited, try again; 0: the time is over, or the caller gave up. */
static int wait_once(struct state *s, const struct lock_wait *wait, const struct lock_info *holder,
		     int64_t deadline_ms, int64_t *nap_ms)
{
	int64_t left_ms = deadline_ms - s->clock->monotonic_ms(s->clock);

	if (left_ms <= 0)
		return 0;
	if (wait->waiting && wait->waiting(wait->context, holder) != 0)
		return 0;
	nap(*nap_ms < left_ms ? *nap_ms : left_ms);
	*nap_ms = *nap_ms * 2 < TRY_LAST_MS ? *nap_ms * 2 : TRY_LAST_MS;
	return 1;
}

static size_t sort_once(struct instance_id *ids, size_t count)
{
	size_t kept = 0;

	qsort(ids, count, sizeof(*ids), compare_ids);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || instance_id_compare(&ids[kept - 1], &ids[i]) != 0)
			ids[kept++] = ids[i];
	return kept;
}

/* What owner may leave out. */
static struct lock_owner owner_filled(const struct lock_owner *o)
{
	struct lock_owner f = *o;

	f.user = o->user ? o->user : "";
	f.host = o->host ? o->host : "";
	f.command = o->command ? o->command : "";
	return f;
}

static int try_and_report(struct state *s, struct lock_try *t, struct diags *d)
{
	int got;

	t->notes = DIAGS_INIT;
	got = try_once(s, t, d);
	if (got == 1)
		diags_take(d, &t->notes);
	diags_release(&t->notes);
	map_release(&t->wanted);
	return got;
}

static int64_t deadline(struct state *s, const struct lock_wait *wait)
{
	return s->clock->monotonic_ms(s->clock) + wait->timeout_ms;
}

/* Until it has them, or must not wait any more.  1 or -1. */
static int try_all(struct state *s, struct lock_try *t, const struct lock_wait *wait,
		   struct diags *d)
{
	int64_t nap_ms = TRY_FIRST_MS, deadline_ms = deadline(s, wait);
	int got;

	do {
		t->a = arena_new();
		got = try_and_report(s, t, d);
		if (t->place->number && wait->run)
			memcpy(wait->run, t->place->run, RUN_ID_SIZE);
		if (got == 0 && !wait_once(s, wait, &t->holder, deadline_ms, &nap_ms))
			got = fail_held(&t->holder, d);
		arena_free(t->a);
	} while (got == 0);
	return got;
}

int state_lock(struct state *s, const struct lock_request *q, struct diags *d)
{
	static const struct lock_wait no_wait = {0, NULL, NULL, NULL};
	const struct lock_wait *wait = q->wait ? q->wait : &no_wait;
	struct lock_owner filled = owner_filled(q->owner);
	struct arena *a = arena_new();
	struct instance_id *sorted = ARENA_ARRAY(a, q->count, struct instance_id);
	struct lock_place place = {.number = 0};
	struct lock_try t = {
		.ids = sorted, .owner = &filled, .patient = wait->timeout_ms > 0, .place = &place};
	int got;

	assert(s->mode == STATE_WRITE);
	if (wait->run)
		wait->run[0] = '\0';
	if (q->count)
		memcpy(sorted, q->ids, q->count * sizeof(*q->ids));
	t.count = sort_once(sorted, q->count);
	got = try_all(s, &t, wait, d);
	if (got != 1)
		ticket_leave(s, &place);
	str_release(&place.said);
	arena_free(a);
	return got == 1 ? 0 : -1;
}
