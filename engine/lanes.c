#include "engine/lanes.h"

#include <assert.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"
#include "engine/lanes_parts.h"

struct lanes {
	struct arena *arena;
	struct map regions, providers; /* by name */
	struct map groups;             /* by provider and region */
	struct map sessions, lanes;    /* by provider, account, region (and endpoint) */
	struct timers pauses;          /* of lanes */
	struct timers rests;           /* of sessions that their pace holds back */
	size_t parallelism;            /* workers */
	size_t most;                   /* in flight: some are begun ahead */
	size_t in_flight;
	size_t active_regions;
};

static void lane_return(struct lane *l)
{
	size_t limit = l->open ? 1 : l->limit;

	if (l->items.count && l->in_flight < limit && !timer_is_set(&l->pause))
		lane_join(l);
}

struct lanes *lanes_new(size_t parallelism)
{
	struct lanes *l = xcalloc(1, sizeof(*l));

	assert(parallelism > 0);
	l->arena = arena_new();
	l->parallelism = parallelism;
	l->most = parallelism + parallelism / LANES_AHEAD;
	return l;
}

void lanes_free(struct lanes *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->lanes.entry_count; i++) {
		struct lane *lane = l->lanes.entries[i].value;

		outcome_release(&lane->cause);
		heap_release(&lane->items);
	}
	for (size_t i = 0; i < l->sessions.entry_count; i++)
		heap_release(&((struct lane_session *)l->sessions.entries[i].value)->lanes);
	for (size_t i = 0; i < l->groups.entry_count; i++)
		heap_release(&((struct lane_group *)l->groups.entries[i].value)->sessions);
	map_release(&l->groups);
	map_release(&l->sessions);
	map_release(&l->providers);
	map_release(&l->lanes);
	map_release(&l->regions);
	timers_release(&l->pauses);
	timers_release(&l->rests);
	arena_free(l->arena);
	free(l);
}

static struct region *find_region(struct lanes *l, const char *name)
{
	struct region *r = map_find(&l->regions, text_of(name));

	if (r)
		return r;
	r = ARENA_NEW(l->arena, struct region);
	map_set(&l->regions, text_of(name), r);
	return r;
}

static struct provider_load *find_provider(struct lanes *l, const struct lane_place *at)
{
	struct provider_load *p = map_find(&l->providers, text_of(at->provider));

	if (p)
		return p;
	p = ARENA_NEW(l->arena, struct provider_load);
	p->limit = at->concurrency ? at->concurrency : SIZE_MAX;
	map_set(&l->providers, text_of(at->provider), p);
	return p;
}

static struct lane_group *find_group(struct lanes *l, const struct lane_place *at)
{
	struct str key = STR_INIT;
	struct lane_group *g;

	str_printf(&key, "%s/%s", at->provider, at->region);
	g = map_find(&l->groups, str_text(&key));
	if (!g) {
		g = ARENA_NEW(l->arena, struct lane_group);
		g->region = find_region(l, at->region);
		g->provider = find_provider(l, at);
		map_set(&l->groups, str_text(&key), g);
	}
	str_release(&key);
	return g;
}

static struct lane_session *find_session(struct lanes *l, const struct lane_place *at,
					 struct text key)
{
	struct lane_session *s = map_find(&l->sessions, key);

	if (s)
		return s;
	s = ARENA_NEW(l->arena, struct lane_session);
	s->group = find_group(l, at);
	pace_init(&s->pace, at->rate);
	map_set(&l->sessions, key, s);
	return s;
}

static struct lane *find_lane(struct lanes *l, const struct lane_place *at)
{
	struct str key = STR_INIT;
	struct lane_session *session;
	struct lane *lane;

	str_printf(&key, "%s/%s/%s", at->provider, at->account, at->region);
	session = find_session(l, at, str_text(&key));
	str_printf(&key, "/%s", at->endpoint);
	lane = map_find(&l->lanes, str_text(&key));
	if (!lane) {
		lane = ARENA_NEW(l->arena, struct lane);
		lane->session = session;
		lane->endpoint = arena_strdup(l->arena, at->endpoint);
		lane->ceiling = *at->endpoint ? LANE_CALLS : SIZE_MAX;
		lane->limit = lane->ceiling;
		map_set(&l->lanes, str_text(&key), lane);
	}
	str_release(&key);
	return lane;
}

void lanes_enroll(struct lanes *l, struct lane_item *x, const struct lane_place *at)
{
	assert(!x->lane);
	x->lane = find_lane(l, at);
	if (x->lane->session->group->region->enrolled++ == 0)
		l->active_regions++;
}

void lanes_retire(struct lanes *l, struct lane_item *x)
{
	struct region *r;

	if (!x->lane)
		return;
	r = x->lane->session->group->region;
	assert(!x->slot.at && r->enrolled > 0);
	if (--r->enrolled == 0)
		l->active_regions--;
	x->lane = NULL;
}

bool lanes_push(struct lanes *l, struct lane_item *x, int64_t now_ms)
{
	struct lane *lane = x->lane;

	(void)l;
	if (now_ms < lane->given_up_until_ms)
		return false;
	lane_leave(lane);
	lane_add_item(lane, x);
	lane_return(lane);
	return true;
}

void lanes_withdraw(struct lanes *l, struct lane_item *x)
{
	(void)l;
	if (!x->lane || !x->slot.at)
		return;
	lane_leave(x->lane);
	lane_remove_item(x->lane, x);
	lane_return(x->lane);
}

static size_t region_limit(const struct lanes *l)
{
	size_t half = l->parallelism / 2;

	if (l->active_regions < 2)
		return l->most;
	return half ? half : 1;
}

/* The lane that goes first among those of the group; sessions whose pace holds them back rest
 * until it lets them go on. */
static struct lane *next_of(struct lanes *l, struct lane_group *g, int64_t now_ms)
{
	struct lane_session *s;

	if (g->region->in_flight >= region_limit(l) || g->provider->in_flight >= g->provider->limit)
		return NULL;
	while ((s = group_first(g))) {
		int64_t ready_ms = pace_ready_ms(&s->pace, now_ms);

		if (ready_ms <= now_ms)
			return session_first(s);
		session_leave(s);
		timers_set(&l->rests, &s->rest, ready_ms);
	}
	return NULL;
}

static struct lane_item *start(struct lanes *l, struct lane *lane, int64_t now_ms)
{
	struct lane_item *x = lane_first(lane);
	struct lane_group *g = lane->session->group;

	lane_leave(lane);
	lane_remove_item(lane, x);
	x->ticket = pace_start(&lane->session->pace, now_ms);
	lane->in_flight++;
	g->region->in_flight++;
	g->provider->in_flight++;
	l->in_flight++;
	lane_return(lane);
	return x;
}

/* What waited for a time that has come. */
static void wake(struct lanes *l, int64_t now_ms)
{
	struct timer *t;

	while ((t = timers_pop(&l->pauses, now_ms)))
		lane_return(container_of(t, struct lane, pause));
	while ((t = timers_pop(&l->rests, now_ms)))
		session_join(container_of(t, struct lane_session, rest));
}

struct lane_item *lanes_pop(struct lanes *l, int64_t now_ms)
{
	struct lane *best = NULL;

	wake(l, now_ms);
	if (l->in_flight >= l->most)
		return NULL;
	for (size_t i = 0; i < l->groups.entry_count; i++) {
		struct lane *next = next_of(l, l->groups.entries[i].value, now_ms);

		if (next && (!best || lane_before(next, best)))
			best = next;
	}
	return best ? start(l, best, now_ms) : NULL;
}

int64_t lanes_next_ms(const struct lanes *l)
{
	int64_t pause_ms = timers_next_ms(&l->pauses), rest_ms = timers_next_ms(&l->rests);

	return pause_ms < rest_ms ? pause_ms : rest_ms;
}

/* Of a named endpoint, which may have a limit of its own; the session's pace is cut anyway. */
static void throttle(struct lane *lane)
{
	size_t now = lane->limit < lane->in_flight + 1 ? lane->limit : lane->in_flight + 1;

	if (lane->ceiling != SIZE_MAX)
		lane->limit = now > 1 ? now / 2 : 1;
}

static enum lane_change answered(struct lane *lane)
{
	bool was_open = lane->open;

	if (lane->limit < lane->ceiling)
		lane->limit++;
	lane->faults = 0;
	lane->open = false;
	lane->given_up_until_ms = 0;
	return was_open ? LANE_CLOSED : LANE_AS_BEFORE;
}

enum lane_change lanes_done(struct lanes *l, struct lane_item *x, enum lane_answer answer,
			    int64_t now_ms)
{
	struct lane *lane = x->lane;
	enum lane_change change = LANE_AS_BEFORE;

	assert(lane->in_flight > 0);
	lane_leave(lane);
	lane->in_flight--;
	lane->session->group->region->in_flight--;
	lane->session->group->provider->in_flight--;
	l->in_flight--;
	switch (answer) {
	case LANE_ANSWERED:
		change = answered(lane);
		break;
	case LANE_THROTTLED:
		change = answered(lane);
		throttle(lane);
		pace_throttled(&lane->session->pace, x->ticket, now_ms);
		break;
	case LANE_UNREACHABLE:
		if (++lane->faults >= LANE_BREAKER_FAULTS && !lane->open) {
			lane->open = true;
			change = LANE_OPENED;
		}
		break;
	case LANE_NOT_CALLED:
		break;
	}
	lane_return(lane);
	return change;
}

void lanes_pause(struct lanes *l, struct lane_item *x, int64_t until_ms)
{
	struct lane *lane = x->lane;

	if (timer_is_set(&lane->pause) && lane->pause.due_ms >= until_ms)
		return;
	lane_leave(lane);
	timers_set(&l->pauses, &lane->pause, until_ms);
}

void lanes_hold(struct lane_item *x, int64_t until_ms)
{
	pace_hold(&x->lane->session->pace, until_ms);
}

void lanes_give_up(struct lanes *l, struct lane_item *x, const struct outcome *cause,
		   int64_t now_ms)
{
	struct lane *lane = x->lane;
	const struct call anyone = {.where = RANGE_NONE};

	(void)l;
	outcome_release(&lane->cause);
	outcome_copy_fault(cause, &anyone, &lane->cause);
	lane->open = true;
	lane->given_up_until_ms = now_ms + LANE_GIVEN_UP_MS;
}

struct lane_item *lanes_abandoned(struct lanes *l, struct lane_item *x)
{
	struct lane *lane = x->lane;
	struct lane_item *first;

	(void)l;
	first = lane_first(lane);
	if (!first)
		return NULL;
	lane_leave(lane);
	lane_remove_item(lane, first);
	lane_return(lane);
	return first;
}

const struct outcome *lane_cause(const struct lane_item *x)
{
	return &x->lane->cause;
}

const char *lane_endpoint(const struct lane_item *x)
{
	return x->lane ? x->lane->endpoint : "";
}

size_t lanes_in_flight(const struct lanes *l)
{
	return l->in_flight;
}
