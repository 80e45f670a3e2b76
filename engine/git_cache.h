/*
 * git_cache.h - other people's repositories, kept on this machine: bare ones below
 * $XDG_CACHE_HOME/hadeploy/git (else ~/.cache/hadeploy/git), one for each URL, shared by all
 * projects.  Whoever fetches holds a lock beside it; who only reads holds none, because what is
 * there never changes.
 */
#ifndef ENGINE_GIT_CACHE_H
#define ENGINE_GIT_CACHE_H

#include "base/arena.h"
#include "base/diag.h"

struct vcs_file_url;

/* The folder of the repository's copy, whether it is there or not.  NULL with an error when there
 * is no place for it. */
const char *git_cache_folder(struct arena *a, const struct vcs_file_url *u, struct diags *d);
bool git_cache_has(const char *folder, const char *commit);

/* What a ref of the remote is now. */
struct git_found {
	const char *ref;    /* "refs/tags/v1.2", "HEAD"; or the commit's id */
	const char *commit; /* 40 digits */
};
/* Fetches what u->ref names (a tag goes before a branch) with all that it is made of.  0, or -1
 * with errors. */
int git_cache_fetch(struct arena *a, const struct vcs_file_url *u, struct git_found *out,
		    struct diags *d);

#endif
