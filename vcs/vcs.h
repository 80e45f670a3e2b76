/*
 * vcs.h - versions: what the engine knows of git.
 *
 * The parts, all over one open repository: repository.h (finding it, its commits, what differs
 * from them), read.h (files of a commit), ref_write.h (commits onto a reference of our own),
 * remote.h (fetching and pushing) and signature.h (who signed one); url.h takes URLs apart, and
 * own.h has the repositories that are ours alone.  Nothing here runs a `git` program; nothing
 * changes the work tree, the index or a user's branch.
 *
 * A struct vcs_repository belongs to one thread at a time; several may be open.  Ids of commits
 * are 40 lower-case hexadecimal digits.  Paths are relative to the repository's root, with
 * slashes and without "." or "..", unless it is said otherwise.
 */
#ifndef VCS_VCS_H
#define VCS_VCS_H

#include "vcs/own.h"
#include "vcs/read.h"
#include "vcs/ref_write.h"
#include "vcs/remote.h"
#include "vcs/repository.h"
#include "vcs/signature.h"
#include "vcs/url.h"

#endif
