/*
 * lock.h - `hadeploy lock`: writes hadeploy.lock (lock_file.h) beside the manifest.
 */
#ifndef ENGINE_LOCK_H
#define ENGINE_LOCK_H

#include "base/arena.h"
#include "base/diag.h"

enum lock_mode {
	LOCK_ADD,     /* what is missing is added, what is unused removed, nothing else changes */
	LOCK_UPGRADE, /* and those that are named move to what their refs are now */
	LOCK_CHECK    /* nothing is fetched or written */
};

enum lock_verb { LOCK_KEPT, LOCK_ADDED, LOCK_MOVED, LOCK_REMOVED };

struct lock_change {
	enum lock_verb verb;
	const char *template;  /* as the manifest writes it */
	const char *ref;       /* "refs/tags/v1.2"; NULL for what LOCK_CHECK would add */
	const char *from, *to; /* commits; NULL */
	bool tag_moved;        /* LOCK_MOVED of a tag, which should not move */
};

struct lock_changes {
	struct lock_change *items; /* sorted by template */
	size_t count;
	bool any; /* one of them is not LOCK_KEPT */
};

struct lock_wish {
	const char *dir; /* of the manifest */
	enum lock_mode mode;
	const char *const *which; /* stacks or templates that LOCK_UPGRADE moves; none: all */
	size_t which_count;
};
/* Without errors the file is written if anything changed.  0, or -1 with errors and the file as it
 * was.  What `out` points to is the arena's. */
int lock_update(struct arena *a, const struct lock_wish *wish, struct lock_changes *out,
		struct diags *d);

#endif
