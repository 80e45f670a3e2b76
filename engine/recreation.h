/*
 * recreation.h - regions that were lost and built anew, as recorded: what was there before, and
 * where its stacks are since.
 *
 * A recreation begins in one transaction: what is recorded of the region moves aside, open
 * operations there are closed, and a row says so.  What is aside is ABANDONED: no command reads,
 * changes or deletes it, until somebody says that the region answers again
 * (recreation_take_back).  A recreation into another region is a relocation too: as long as
 * its row is there, the manifest's targets in the lost region lie in the other one
 * (manifest_relocate).
 *
 * Rules of state.h hold: reading in any mode; writing needs STATE_WRITE and the locks of the
 * instances.  Results live in the arena.
 */
#ifndef ENGINE_RECREATION_H
#define ENGINE_RECREATION_H

#include "engine/state.h"

/* Records that are aside have this and the id of the recreation as `deposed`. */
#define ABANDONED_PREFIX "abandoned-"
bool recreation_abandoned(const struct record *r);
/* Those that were made in the same region and given up have this and the id. */
#define UNDONE_PREFIX "undone-"

struct recreation {
	const char *region; /* lost; at most one recreation of each */
	const char *into;   /* the same, or the region that its stacks are in since */
	const char *id;     /* as of a run: sorts by time */
	const char *user, *host;
	int64_t since_ms;     /* wall clock */
	const char *restored; /* JSON array of instance texts whose Restore is done */
};
struct recreation_list {
	struct recreation *items; /* in the order in which they began */
	size_t count;
};

/* Its stacks are elsewhere. */
bool recreation_relocates(const struct recreation *r);
/* Of this region; NULL. */
const struct recreation *recreation_find(const struct recreation_list *list, const char *region);

int recreation_load(struct state *s, struct arena *a, struct recreation_list *out, struct diags *d);
/*
 * Moves all that is recorded of the region aside and writes the row, or replaces it; what was
 * aside before stays.  Open operations are closed as abandoned.  Every instance of the region
 * of which something is recorded must be locked.  0, or -1 with nothing changed.
 */
int recreation_begin(struct state *s, const struct recreation *r, struct diags *d);
/* Writes the row again: `restored` changed. */
int recreation_put(struct state *s, const struct recreation *r, struct diags *d);
/* Forgets that the region was recreated; what is aside stays. */
int recreation_end(struct state *s, const char *region, struct diags *d);

/* What is aside, of one region or (NULL) of all. */
int recreation_load_abandoned(struct state *s, const char *region, struct arena *a,
			      struct record_list *out, struct diags *d);
/* These are gone, or are not ours to delete: forgotten. */
int recreation_forget(struct state *s, const struct record *const *records, size_t count,
		      struct diags *d);
/* These are recorded again as what is left over from a replacement: deposed, so that the next plan
 * of their instances deletes them.  Their instances must be locked. */
int recreation_take_back(struct state *s, const struct record *const *records, size_t count,
			 struct diags *d);

/* What was made since. */
struct recreation_undo {
	const struct record *const *same; /* as something that is aside: only forgotten */
	size_t same_count;
	const struct recreation *closed; /* the row from then on; NULL: none */
};
/*
 * The recreation never was: what it set aside is recorded as before, and the row goes or is
 * closed.  In the same region what was made since is left over (deposed) from then on, and its
 * instances are not known; in another one it stays as it is.  All instances must be locked.  0,
 * or -1 with nothing changed.
 */
int recreation_undo(struct state *s, const struct recreation *c, const struct recreation_undo *u,
		    struct diags *d);

#endif
