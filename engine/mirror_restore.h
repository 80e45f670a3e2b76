/*
 * mirror_restore.h - a lost state, rebuilt from its mirror.
 *
 * Every row has the checksum that it had when it was recorded, and is compared with it.  A run that
 * had no end in the mirror may have made things since: what it was about to create becomes an open
 * operation with the key that its calls had, so the next plan or apply looks for each by that key
 * as after any crash, and records or gives up what it finds.  All the rest is compared with the
 * world by the next plan or apply (state_is_unverified).
 */
#ifndef ENGINE_MIRROR_RESTORE_H
#define ENGINE_MIRROR_RESTORE_H

#include "base/arena.h"
#include "base/diag.h"

struct restore_wish {
	const char *dir;  /* of the project */
	const char *from; /* a reference, a commit, a remote's name or a URL; NULL: what is newest
			   * in the reference of the manifest and its remotes */
	const char *other_project; /* NULL, or the name that the project has in the mirror */
	bool set_aside;            /* what is recorded here is set aside */
};
struct restored {
	const char *commit; /* id */
	int64_t commit_ms;
	const char *state_path;
	const char *aside; /* where the old file is now; NULL: there was none */
	size_t instances, records, operations, intentions, runs, executions;
};
/* 0, or -1 with errors; then what was recorded before is as it was.  Texts in the arena. */
int engine_restore_state(const struct restore_wish *w, struct arena *a, struct restored *out,
			 struct diags *d);
/* Is this a file of a mirror that could be restored?  NULL, or what is wrong with it, in the
 * arena.  For whatever bytes. */
const char *mirror_file_fault(const char *path, struct text bytes, struct arena *a);

#endif
