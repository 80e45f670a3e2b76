/*
 * freeze.h - times at which nothing may be changed.  Pure.
 *
 * A window is a span of absolute time (From, To), or comes again: on Days of the week, Daily
 * between two times of day (which may pass midnight), in UTC.  Days are those on which it begins:
 * Fri 22:00-06:00 ends on Saturday.  What follows on without a gap is one freeze: of Sat and Sun
 * it ends on Monday.  The beginning belongs to it, the end does not.  Windows hold for the regions
 * they name, or for all.
 */
#ifndef ENGINE_ROLLOUT_FREEZE_H
#define ENGINE_ROLLOUT_FREEZE_H

#include "base/source.h"

struct freeze_window {
	const char *name;           /* "holidays", or what it says: for messages */
	int64_t from_ms, to_ms;     /* wall clock; to_ms 0: it comes again */
	unsigned days;              /* bit 0: Monday; 0: each day */
	int from_minute, to_minute; /* of the day; both 0: all day */
	const char *const *regions;
	size_t region_count; /* none: all */
	struct range where;
};

struct freeze_list {
	const struct freeze_window *items;
	size_t count;
};

#define FREEZE_FOR_EVER INT64_MAX
/* The window that holds for this region at this time, of several the one that ends last; NULL:
 * none.  *until_ms: its end; FREEZE_FOR_EVER: every day, all day. */
const struct freeze_window *freeze_at(const struct freeze_list *l, const char *region,
				      int64_t wall_ms, int64_t *until_ms);

#endif
