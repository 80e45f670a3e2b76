#include "engine/watch/rule.h"

#include <stdio.h>
#include <string.h>

/* So many intervals an answer stays recent, and a restart may take. */
#define PATIENCE 3
/* Answers about one cut come within so many. */
#define SPREAD 2
/* Between two words about the same obstacle. */
#define AGAIN_MS 600000

int64_t check_patience_ms(const struct manifest_check *c)
{
	return PATIENCE * (c->interval_ms + c->timeout_ms);
}

const char *standing_name(enum standing s)
{
	static const char *const names[] = {
		[STANDING_UNKNOWN] = "UNKNOWN",   [STANDING_HEALTHY] = "HEALTHY",
		[STANDING_DOUBTFUL] = "DOUBTFUL", [STANDING_UNHEALTHY] = "UNHEALTHY",
		[STANDING_DUE] = "DUE",
	};

	return names[s];
}

const char *hold_name(enum hold h)
{
	static const char *const names[] = {
		[HOLD_NOTHING] = "",
		[HOLD_WAIT] = "wait",
		[HOLD_CUT_OFF] = "cut off",
		[HOLD_MUTE] = "cannot be asked",
		[HOLD_NOT_ARMED] = "never healthy",
		[HOLD_RUNNING] = "running",
		[HOLD_AWAY] = "away",
		[HOLD_DONE] = "done",
		[HOLD_COOL_DOWN] = "cool-down",
		[HOLD_REFUSED] = "refused",
		[HOLD_STATE] = "state",
	};

	return names[h];
}

/* --- answers ----------------------------------------------------------------------------- */

static void forget(struct outlook *o)
{
	o->bad = o->vouched = 0;
	o->bad_ms = o->sure_ms = o->last_bad_ms = 0;
	o->last_vouched = false;
}

/* It is certain when both the quorum and the answers in a row say so: after one good answer it has
 * to become so again. */
static void look_if_sure(struct outlook *o, int64_t now_ms)
{
	if (o->state == GAUGE_UNHEALTHY && o->bad >= o->check->unhealthy_threshold && !o->sure_ms)
		o->sure_ms = now_ms;
}

/* Whether it is the first sign of life after a silence. */
static bool hear_anybody(struct outlooks *all, const struct outlook *o, int64_t now_ms)
{
	bool silence = now_ms - all->heard_ms > all->silent_ms &&
		       now_ms - all->heard_ms > check_patience_ms(o->check);

	all->heard_ms = now_ms;
	all->silent_ms = check_patience_ms(o->check);
	for (size_t i = 0; silence && i < all->count; i++)
		forget(&all->items[i]);
	return silence;
}

/* In a cut of this place's own nobody answers between two of them.  Vantage points that are asked
 * at the same time speak of one look: what vouches for one of their answers does for all. */
static void vouch(const struct outlooks *all, struct outlook *o, int64_t now_ms)
{
	bool vouched = all->heard_ms >= o->last_bad_ms;
	bool same_look = o->last_bad_ms && now_ms - o->last_bad_ms < o->check->interval_ms / 2;

	o->vouched += vouched && !(same_look && o->last_vouched);
	o->last_vouched = vouched || (same_look && o->last_vouched);
	o->last_bad_ms = now_ms;
}

bool outlook_hear(struct outlooks *all, struct outlook *o, enum outlook_answer answer,
		  int64_t now_ms)
{
	bool reached = answer == ANSWER_GOOD || answer == ANSWER_WRONG;
	bool silence = reached && hear_anybody(all, o, now_ms);

	o->heard_ms = now_ms;
	o->healthy = answer == ANSWER_GOOD;
	o->mute = answer == ANSWER_MUTE;
	if (o->healthy) {
		forget(o);
		return silence;
	}
	if (!o->bad++)
		o->bad_ms = now_ms;
	vouch(all, o, now_ms);
	look_if_sure(o, now_ms);
	return silence;
}

void outlook_state(struct outlook *o, enum gauge_state state, int64_t now_ms)
{
	o->state = state;
	look_if_sure(o, now_ms);
}

/* --- an entry ---------------------------------------------------------------------------- */

static bool is_of(const struct manifest_watch *w, const struct outlook *o)
{
	if (strcmp(o->region, w->region->name) != 0)
		return false;
	for (size_t i = 0; i < w->check_count; i++)
		if (w->checks[i] == o->check)
			return true;
	return false;
}

struct count {
	size_t all, well, sure, unknown;
	int64_t last_ms, spread_ms; /* of first bad answers: the last; between those of one cut */
};

static void add(struct count *n, struct judgement *v, const struct outlook *o, int64_t now_ms)
{
	bool recent = now_ms - o->heard_ms <= check_patience_ms(o->check);
	int64_t spread_ms = SPREAD * (o->check->interval_ms + o->check->timeout_ms);

	n->all++;
	n->well += o->state == GAUGE_HEALTHY && o->healthy && recent;
	n->sure += o->sure_ms && recent;
	n->unknown += o->state == GAUGE_UNKNOWN;
	if (o->bad_ms > n->last_ms)
		n->last_ms = o->bad_ms;
	if (spread_ms > n->spread_ms)
		n->spread_ms = spread_ms;
	if (o->sure_ms > v->sure_ms)
		v->sure_ms = o->sure_ms;
	v->vouched = v->vouched && o->last_vouched && o->vouched >= o->check->unhealthy_threshold;
	if (!v->worst || (v->worst->healthy && !o->healthy))
		v->worst = o;
	if (o->mute)
		v->mute = v->worst = o;
}

/* What has been down for days is not this outage: it began with the first answer about it. */
static int64_t first_bad(const struct watch_entry *e, const struct outlooks *all,
			 const struct count *n)
{
	int64_t first_ms = n->last_ms;

	for (size_t i = 0; i < all->count; i++) {
		const struct outlook *o = &all->items[i];

		if (is_of(e->watch, o) && o->bad_ms && o->bad_ms < first_ms &&
		    o->bad_ms >= n->last_ms - n->spread_ms)
			first_ms = o->bad_ms;
	}
	return first_ms;
}

static int64_t earlier(int64_t carried_ms, int64_t own_ms)
{
	return carried_ms && carried_ms < own_ms ? carried_ms : own_ms;
}

static enum standing standing_of(const struct watch_entry *e, const struct judgement *v,
				 const struct count *n, int64_t now_ms)
{
	if (n->all && n->well == n->all)
		return STANDING_HEALTHY;
	if (n->all && n->sure == n->all)
		return now_ms - v->sure_ms >= e->watch->for_ms ? STANDING_DUE : STANDING_UNHEALTHY;
	return n->unknown || !n->all ? STANDING_UNKNOWN : STANDING_DOUBTFUL;
}

struct judgement entry_judge(const struct watch_entry *e, const struct outlooks *all,
			     int64_t now_ms)
{
	struct judgement v = {.vouched = true};
	struct count n = {0};

	for (size_t i = 0; i < all->count; i++)
		if (is_of(e->watch, &all->items[i]))
			add(&n, &v, &all->items[i], now_ms);
	v.since_ms = earlier(e->carried_since_ms, first_bad(e, all, &n));
	v.sure_ms = earlier(e->carried_sure_ms, v.sure_ms);
	v.due_ms = v.sure_ms + e->watch->for_ms;
	v.standing = standing_of(e, &v, &n, now_ms);
	return v;
}

enum hold entry_hold(const struct watch_entry *e, const struct judgement *v,
		     const struct outlooks *all, const struct watch_facts *f, int64_t now_ms)
{
	if (now_ms - all->heard_ms > all->silent_ms)
		return HOLD_CUT_OFF;
	if (v->mute)
		return HOLD_MUTE;
	if (!v->vouched)
		return HOLD_WAIT;
	return entry_outlook(e, f, now_ms);
}

enum hold entry_outlook(const struct watch_entry *e, const struct watch_facts *f, int64_t now_ms)
{
	if (!e->armed)
		return HOLD_NOT_ARMED;
	if (*f->running)
		return HOLD_RUNNING;
	if (*f->away)
		return HOLD_AWAY;
	if (f->last_done_ms && f->last_done_ms >= e->well_ms)
		return HOLD_DONE;
	if (f->last_ended_ms && now_ms - f->last_ended_ms < e->watch->cool_down_ms)
		return HOLD_COOL_DOWN;
	return now_ms < e->not_before_ms ? HOLD_REFUSED : HOLD_NOTHING;
}

int64_t entry_held_until(const struct watch_entry *e, const struct watch_facts *f, enum hold h)
{
	if (h == HOLD_COOL_DOWN)
		return f->last_ended_ms + e->watch->cool_down_ms;
	return h == HOLD_REFUSED ? e->not_before_ms : 0;
}

/* --- an execution in the way ------------------------------------------------------------- */

enum obstacle_news obstacle_hear(struct obstacle *o, const char *id, enum obstacle_state state,
				 int64_t now_ms)
{
	bool told = o->told;

	if (!*id) {
		*o = (struct obstacle){.id = ""};
		return told ? NEWS_FREE : NEWS_NONE;
	}
	if (strcmp(o->id, id) != 0 || o->state != state) {
		*o = (struct obstacle){.state = state, .seen_ms = now_ms, .told = told};
		snprintf(o->id, sizeof(o->id), "%s", id);
		return NEWS_NONE;
	}
	if (state == OBSTACLE_RUNS && (!told || o->said_ms))
		return NEWS_NONE;
	if (o->said_ms ? now_ms - o->said_ms < AGAIN_MS : now_ms == o->seen_ms)
		return NEWS_NONE;
	o->said_ms = now_ms;
	o->told = true;
	return NEWS_BLOCKED;
}
