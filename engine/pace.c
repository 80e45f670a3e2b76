#include "engine/pace.h"

#include <string.h>

/* Calls that may start at once after a pause: what a tenth of a second would have had. */
#define BURST_US 100000
#define US_PER_MS 1000
#define MS_PER_S 1000
/* Of what was seen: gained with every second, and where the cut is over. */
#define GAIN_PART 20
#define GOAL_TIMES 2

void pace_init(struct pace *p, int64_t top)
{
	*p = (struct pace){.top = top, .newest_s = -1};
}

int64_t pace_limit(const struct pace *p, int64_t now_ms)
{
	int64_t limit = p->base + p->gain * (now_ms - p->cut_ms) / MS_PER_S;

	if (!p->base || limit >= p->goal || (p->top && limit >= p->top))
		return p->top;
	return limit;
}

int64_t pace_ready_ms(const struct pace *p, int64_t now_ms)
{
	int64_t ready_ms = (p->next_us + US_PER_MS - 1) / US_PER_MS;

	if (!pace_limit(p, now_ms))
		ready_ms = now_ms;
	return ready_ms > p->hold_until_ms ? ready_ms : p->hold_until_ms;
}

static void count(struct pace *p, int64_t now_ms)
{
	int64_t now_s = now_ms / MS_PER_S;

	if (p->newest_s < 0 || now_s - p->newest_s >= PACE_SECONDS) {
		memset(p->seconds, 0, sizeof(p->seconds));
		p->first_ms = now_ms;
		p->newest_s = now_s;
	}
	while (p->newest_s < now_s)
		p->seconds[++p->newest_s % PACE_SECONDS] = 0;
	p->seconds[now_s % PACE_SECONDS]++;
}

uint64_t pace_start(struct pace *p, int64_t now_ms)
{
	int64_t limit = pace_limit(p, now_ms), earliest_us = now_ms * US_PER_MS - BURST_US;

	count(p, now_ms);
	if (p->next_us < earliest_us)
		p->next_us = earliest_us;
	/* 10^9: a rate is of 1000 seconds, a second has a million parts. */
	if (limit)
		p->next_us += INT64_C(1000000000) / limit;
	return ++p->started;
}

/* The rate of the last seconds, the current one included. */
static int64_t seen(const struct pace *p, int64_t now_ms)
{
	int64_t now_s = now_ms / MS_PER_S, calls = 0, span_ms = now_ms - p->first_ms;
	int64_t window_ms = (PACE_SECONDS - 1) * MS_PER_S + now_ms % MS_PER_S;

	for (int64_t s = now_s - PACE_SECONDS + 1; s <= now_s; s++)
		if (s >= 0 && s <= p->newest_s && s > p->newest_s - PACE_SECONDS)
			calls += p->seconds[s % PACE_SECONDS];
	if (span_ms > window_ms)
		span_ms = window_ms;
	if (span_ms < MS_PER_S)
		span_ms = MS_PER_S;
	return calls * PACE_ONE * MS_PER_S / span_ms;
}

bool pace_throttled(struct pace *p, uint64_t ticket, int64_t now_ms)
{
	int64_t limit = pace_limit(p, now_ms), from = seen(p, now_ms);

	if (ticket <= p->cut_mark)
		return false;
	if (limit && limit < from)
		from = limit;
	if (from < 2 * PACE_ONE)
		from = 2 * PACE_ONE;
	p->base = from / 2;
	p->gain = from / GAIN_PART;
	p->goal = from * GOAL_TIMES;
	p->cut_ms = now_ms;
	p->cut_mark = p->started;
	p->next_us = now_ms * US_PER_MS + INT64_C(1000000000) / p->base;
	return true;
}

void pace_hold(struct pace *p, int64_t until_ms)
{
	if (until_ms > p->hold_until_ms)
		p->hold_until_ms = until_ms;
}
