/*
 * previous.h - the commit that was deployed before.
 */
#ifndef ENGINE_PREVIOUS_H
#define ENGINE_PREVIOUS_H

#include "base/clock.h"
#include "engine/project.h"

/*
 * What `rollback --previous` goes back to: for each stack instance that the selection names, the
 * latest commit that was deployed to it with success and is another than the one that was
 * deployed, or failed half-way, last.  What was rolled back by itself does not count: nothing
 * of it is there.  So twice --previous is there and back.
 *
 * Its id, the arena's; or NULL with an error: nothing else was ever deployed from a commit, the
 * instances were at different commits, or the repository lacks it (with how to get it).
 */
const char *engine_previous_commit(const char *dir, struct clock *clock,
				   const struct selection *sel, struct arena *a, struct diags *d);

#endif
