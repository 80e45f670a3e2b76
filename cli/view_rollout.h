/*
 * view_rollout.h - how a plan goes over its targets, for people: each stack's rollout in words,
 * then its waves step by step; and what is frozen now.
 */
#ifndef CLI_VIEW_ROLLOUT_H
#define CLI_VIEW_ROLLOUT_H

#include "cli/view.h"

/* "10s", "5m", "1h", "1m30s": without what is 0. */
void view_span(struct str *out, int64_t ms);

/* Of the stacks of which there is something to tell; else nothing. */
void view_rollouts(struct str *out, const struct plan *p, const struct style *st);
/* "Frozen until 2027-01-02T00:00:00Z by 'holidays': east, west."  reason: why it does not hold
 * now; NULL: it holds.  Nothing when nothing is frozen that the plan changes. */
void view_freezes(struct str *out, const struct plan *p, int64_t now_ms, const char *reason,
		  const struct style *st);

/* view_rollout_event.c: one line for EVENT_WAVE to EVENT_GATE, or nothing.  Of a rollout over many
 * instances only failures are told one by one. */
void view_rollout_event(struct str *out, const struct event *e, const struct style *st);
/* More instances than anybody reads about one by one. */
#define ROLLOUT_MANY 20

/* The freezes that hold now for regions in which the plan changes something. */
struct freeze_row {
	const struct freeze_window *window;
	int64_t until_ms;
	const char **regions; /* sorted */
	size_t region_count;
};
struct freeze_row *freeze_rows(struct arena *a, const struct plan *p, int64_t now_ms,
			       size_t *count);

#endif
