/*
 * watch.c - the whole of a watch: its entries, the lock, and one term after the other.
 *
 *	stand by --lock is free--> acts: term --due--> execution --> term ...
 *	   ^                          |  \--left by another--> goes on with it --> term
 *	   +-------- lock lost -------+
 */
#include "engine/watch/watch.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "engine/engine_private.h"
#include "engine/watch/status.h"
#include "engine/watch/watch_parts.h"

#define STAND_BY_MS 1000 /* between two looks at the lock */
#define SLACK_MS 2000

const char *watch_event_name(enum watch_event_kind k)
{
	static const char *const names[] = {
		[WATCH_STANDS_BY] = "stands-by", [WATCH_ACTS] = "acts",
		[WATCH_LOST] = "lost",           [WATCH_STANDING] = "standing",
		[WATCH_HOLDS] = "holds",         [WATCH_STARTS] = "starts",
		[WATCH_RESUMES] = "resumes",     [WATCH_ENDS] = "ends",
		[WATCH_BROKEN] = "broken",       [WATCH_READ] = "read",
		[WATCH_GIVES_UP] = "gives-up",   [WATCH_BLOCKED] = "blocked",
		[WATCH_FREE] = "free",           [WATCH_UNWRITABLE] = "unwritable",
		[WATCH_WRITABLE] = "writable",   [WATCH_UNREADY] = "unready",
		[WATCH_READY] = "ready",
	};

	return names[k];
}

int64_t watch_wall_ms(const struct watching *w)
{
	struct clock *c = w->e->options.clock;

	return c->wall_ms(c);
}

int64_t watch_now_ms(const struct watching *w)
{
	struct clock *c = w->e->options.clock;

	return w->base_ms + c->monotonic_ms(c);
}

void watch_tell(struct watching *w, struct watch_event ev)
{
	ev.at_ms = watch_wall_ms(w);
	if (!ev.text)
		ev.text = "";
	if (w->q->tell)
		w->q->tell(w->q->context, &ev);
}

void watch_try_again(struct watching *w)
{
	for (size_t i = 0; i < w->count; i++)
		w->items[i].entry.not_before_ms = w->items[i].pause_ms = 0;
}

/* --- the lock ------------------------------------------------------------------------------ */

static bool is_stopped(struct watching *w)
{
	return engine_interrupts(w->e) > 0;
}

static void pass(struct watching *w, int64_t wait_ms)
{
	struct pollfd fd = {.fd = w->e->options.wake_fd, .events = POLLIN};

	if (w->e->idle.pass)
		w->e->idle.pass(w->e->idle.context, wait_ms);
	else
		poll(&fd, 1, (int)wait_ms);
}

static bool has_code(const struct diags *d, enum diag_code code)
{
	for (const struct diag *g = d->first; g; g = g->next)
		if (g->code == code)
			return true;
	return false;
}

bool watch_renew(struct watching *w)
{
	struct diags said = DIAGS_INIT;
	int64_t now_ms = watch_now_ms(w);

	if (!w->lost && now_ms >= w->renew_ms) {
		w->renew_ms = now_ms + LOCK_RENEW_MS;
		state_renew_locks(w->lock, &said);
		/* What cannot be written now, since it is busy or the disk is full, is not lost. */
		w->lost = has_code(&said, DIAG_LOCK_LOST);
	}
	diags_release(&said);
	return !w->lost;
}

enum taking { TAKEN, TAKEN_BY_OTHER, TAKING_FAILED };

static enum taking take(struct watching *w, struct diags *said)
{
	const struct instance_id id = {WATCH_LOCK_STACK, ACCOUNT_NONE, "-"};
	struct arena *a = arena_new();
	struct lock_owner owner = engine_owner(a, w->e->options.clock, WATCH_COMMAND);
	enum taking result = TAKING_FAILED;

	if (state_lock(w->lock, &(struct lock_request){&id, 1, &owner, NULL}, said) == 0)
		result = TAKEN;
	else if (has_code(said, DIAG_LOCK_HELD) || has_code(said, DIAG_LOCK_QUEUED))
		result = TAKEN_BY_OTHER;
	arena_free(a);
	return result;
}

static const char *who_acts(struct watching *w, struct arena *a)
{
	struct watch_status s;
	struct diags ignored = DIAGS_INIT;
	int rc = watch_status_load(w->lock, watch_wall_ms(w), a, &s, &ignored);

	diags_release(&ignored);
	if (rc || s.life != WATCH_LIFE_GOES_ON)
		return "another one watches";
	return arena_printf(a, "%s@%s (process %lld) watches", s.user, s.host, (long long)s.pid);
}

static void tell_stand_by(struct watching *w)
{
	struct arena *a = arena_new();

	watch_tell(w, (struct watch_event){.kind = WATCH_STANDS_BY, .text = who_acts(w, a)});
	arena_free(a);
}

/* 0: it acts; 1: it was asked to stop, or may not wait; -1. */
static int take_lock(struct watching *w)
{
	bool told = false;

	while (!is_stopped(w)) {
		struct diags said = DIAGS_INIT;
		enum taking result = take(w, &said);

		if (result == TAKEN_BY_OTHER && !told)
			tell_stand_by(w);
		if (result == TAKING_FAILED)
			diags_take(w->d, &said);
		diags_release(&said);
		if (result != TAKEN_BY_OTHER)
			return result == TAKEN ? 0 : -1;
		told = true;
		w->out->busy = w->q->mode == WATCH_ONCE;
		if (w->out->busy)
			return 1;
		pass(w, STAND_BY_MS);
	}
	w->stopped = true;
	return 1;
}

static int act_as_watch(struct watching *w)
{
	int rc = take_lock(w);

	if (rc)
		return rc;
	w->lost = false;
	w->acts_since_ms = watch_wall_ms(w);
	/* It asked nothing while it stood by: that was no silence. */
	w->all.heard_ms = watch_now_ms(w);
	w->renew_ms = watch_now_ms(w) + LOCK_RENEW_MS;
	keep_restore(w);
	w->said_ms = 0;
	keep_doing(w);
	watch_tell(w, (struct watch_event){.kind = WATCH_ACTS});
	return 0;
}

/* --- terms ----------------------------------------------------------------------------------- */

static bool all_settled(const struct watching *w)
{
	for (size_t i = 0; i < w->count; i++)
		if (!w->items[i].settled)
			return false;
	return true;
}

static bool is_over(const struct watching *w)
{
	return w->stopped || w->out->interrupted || (w->q->mode == WATCH_ONCE && all_settled(w));
}

static int act(struct watching *w)
{
	if (*w->resume)
		act_resume(w);
	else if (w->due)
		act_start(w);
	else
		return 0;
	/* Nobody asked anything meanwhile: that was no silence. */
	w->all.heard_ms = watch_now_ms(w);
	if (!watch_renew(w))
		return 0;
	return 0;
}

static int go(struct watching *w)
{
	int rc = act_as_watch(w);

	while (!rc && !is_over(w)) {
		rc = term_run(w);
		if (rc)
			break;
		whole_take(w);
		act(w);
		if (w->lost && !is_over(w)) {
			watch_tell(w, (struct watch_event){.kind = WATCH_LOST});
			rc = act_as_watch(w);
		}
	}
	return rc < 0 ? -1 : 0;
}

/* So long thresholds and For take at most. */
static void set_patience(struct watching *w)
{
	int64_t most_ms = 0, longest_ms = 0;

	for (size_t i = 0; i < w->checks.count; i++) {
		const struct manifest_check *c = w->checks.items[i].check;
		int64_t ms = (c->interval_ms + c->timeout_ms) *
			     (int64_t)(c->healthy_threshold + c->unhealthy_threshold);

		if (ms > most_ms)
			most_ms = ms;
	}
	for (size_t i = 0; i < w->count; i++)
		if (w->items[i].entry.watch->for_ms > longest_ms)
			longest_ms = w->items[i].entry.watch->for_ms;
	w->until_ms = watch_now_ms(w) + most_ms + longest_ms + SLACK_MS;
}

static int run(struct watching *w)
{
	const struct engine_options *o = &w->e->options;
	struct clock *c = o->clock;
	int rc;

	w->base_ms = c->wall_ms(c) - c->monotonic_ms(c);
	w->all.heard_ms = watch_now_ms(w);
	if (subject_add_entries(w))
		return -1;
	set_patience(w);
	w->lock = engine_state_open(o->dir, STATE_WRITE, c, w->d);
	if (!w->lock)
		return -1;
	rc = go(w);
	state_unlock(w->lock);
	state_close(w->lock);
	return rc;
}

int engine_watch(struct engine *e, const struct watch_request *q, struct watch_result *out,
		 struct diags *d)
{
	struct watching w = {.e = e, .q = q, .out = out, .d = d, .a = arena_new()};
	int rc;

	*out = (struct watch_result){.status = EXECUTION_COMPLETED};
	rc = run(&w);
	out->stopped = w.stopped;
	for (size_t i = 0; i < w.count; i++)
		out->unwell += w.items[i].told != STANDING_HEALTHY;
	whole_close(&w);
	arena_free(w.a);
	return rc;
}
