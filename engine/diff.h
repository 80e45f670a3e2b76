/*
 * diff.h - two documents to the list of paths at which they differ.  Pure.
 *
 * Objects are compared member by member, arrays whole when their lengths differ and item
 * by item when equal; scalars by their canonical text.  Pointers to unknown parts of the
 * new document always count as different.  Masked secrets compare by their digests.
 */
#ifndef ENGINE_DIFF_H
#define ENGINE_DIFF_H

#include "base/arena.h"
#include "base/json.h"

struct diff_path {
	const char *pointer;
	const char *before, *after; /* canonical JSON; NULL: not there */
	bool unknown;
};
struct diff {
	struct diff_path *paths; /* sorted by pointer; their texts live in the arena */
	size_t count;
};

/* unknown: JSON array of pointers into `after`, or NULL.  Ends with diff_release. */
void diff_make(struct arena *a, const json_t *before, const json_t *after, const json_t *unknown,
	       struct diff *out);
void diff_release(struct diff *d);

#endif
