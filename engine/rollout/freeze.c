/*
 * freeze.c - whether a moment lies in a freeze window.
 */
#include "engine/rollout/freeze.h"

#include <string.h>

#define MINUTE_MS ((int64_t)60 * 1000)
#define DAY_MINUTES (24 * 60)
#define DAY_MS (DAY_MINUTES * MINUTE_MS)
#define WEEK_DAYS 7
/* 1970-01-01 was a Thursday; bit 0 is Monday. */
#define EPOCH_WEEKDAY 3

static bool names_region(const struct freeze_window *w, const char *region)
{
	for (size_t i = 0; i < w->region_count; i++)
		if (!strcmp(w->regions[i], region))
			return true;
	return !w->region_count;
}

static int64_t day_of(int64_t wall_ms)
{
	return wall_ms / DAY_MS - (wall_ms % DAY_MS < 0);
}

static bool on_day(const struct freeze_window *w, int64_t day)
{
	int64_t weekday = ((day + EPOCH_WEEKDAY) % WEEK_DAYS + WEEK_DAYS) % WEEK_DAYS;

	return !w->days || (w->days >> weekday & 1);
}

/* When the one that begins on this day ends, if it holds at that time; 0: it does not. */
static int64_t end_of_day(const struct freeze_window *w, int64_t day, int64_t wall_ms)
{
	int minutes = w->to_minute - w->from_minute;
	int64_t from = day * DAY_MS + w->from_minute * MINUTE_MS, to;

	/* Past midnight; or all day. */
	if (minutes <= 0)
		minutes += DAY_MINUTES;
	to = from + minutes * MINUTE_MS;
	return on_day(w, day) && from <= wall_ms && wall_ms < to ? to : 0;
}

/* Days that touch each other are one freeze: of a weekend it says Monday. */
static int64_t end_of_recurring(const struct freeze_window *w, int64_t wall_ms)
{
	int64_t end = 0, at = wall_ms;

	for (int i = 0; i <= WEEK_DAYS; i++) {
		int64_t day = day_of(at), next = end_of_day(w, day, at);

		if (!next)
			next = end_of_day(w, day - 1, at);
		if (!next)
			return end;
		end = at = next;
	}
	return FREEZE_FOR_EVER;
}

static int64_t end_of(const struct freeze_window *w, int64_t wall_ms)
{
	if (!w->to_ms)
		return end_of_recurring(w, wall_ms);
	return w->from_ms <= wall_ms && wall_ms < w->to_ms ? w->to_ms : 0;
}

const struct freeze_window *freeze_at(const struct freeze_list *l, const char *region,
				      int64_t wall_ms, int64_t *until_ms)
{
	const struct freeze_window *found = NULL;
	int64_t until = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct freeze_window *w = &l->items[i];
		int64_t end = names_region(w, region) ? end_of(w, wall_ms) : 0;

		if (end > until) {
			found = w;
			until = end;
		}
	}
	if (found)
		*until_ms = until;
	return found;
}
