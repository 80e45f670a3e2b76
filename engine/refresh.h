/*
 * refresh.h - what the world shows of what is recorded: read() of many records in parallel,
 * through the same lanes, retries and breakers as changes.  Writes nothing.
 */
#ifndef ENGINE_REFRESH_H
#define ENGINE_REFRESH_H

#include "engine/engine_private.h"
#include "engine/planner.h"

enum refresh_extent {
	REFRESH_ALL,
	REFRESH_TAINTED /* only records of which nobody knows what they are */
};

struct refresh_request {
	const struct record_list *records;
	enum refresh_extent extent;
	struct observation *observations; /* as many as records, zeroed; filled */
	/* By operation preferences (inquiry.h): what comes behind too many failures stays
	 * SEEN_NOT_ASKED; NULL: all at once. */
	const struct rollout_wishes *wishes;
	struct arena *arena; /* for what was seen */
};

/* 0, or -1 when some could not be read (SEEN_FAILED, errors in d), were not asked, or the user
 * stopped it. */
int refresh_records(struct engine *e, const struct refresh_request *q, struct diags *d);

#endif
