/*
 * objects.h - the objects that a commit brings: held in memory, then brought to disk together.
 *
 * The library syncs each file and each folder by itself, one after the other, which is most of
 * what a small commit costs.  Here all files are written first, and synced side by side: the file
 * system writes its journal once for all of them.  Only whole and synced files get the name of
 * their object, so whoever finds one may rely on it; folders are synced after that.
 *
 * Private to this folder.  A repository is one thread's.
 */
#ifndef VCS_OBJECTS_H
#define VCS_OBJECTS_H

#include <git2.h>

#include "vcs/vcs_parts.h"

/* From here on, what is written to the repository is held back, and can be read.  0, or the
 * library's code. */
int objects_hold(struct vcs_repository *r);
/* What is held, and what was to be written and is there already, is on disk when it returns 0;
 * else -1, with a reason for vcs_reason().  Nothing is held any more in either case. */
int objects_store(struct vcs_repository *r);
/* Forgets what is held. */
void objects_drop(struct vcs_repository *r);

#endif
