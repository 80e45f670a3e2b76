/*
 * vcs_parts.h - what the files of this folder share; nobody else includes it.
 */
#ifndef VCS_VCS_PARTS_H
#define VCS_VCS_PARTS_H

#include <git2.h>

#include "vcs/vcs.h"

struct vcs_repository {
	git_repository *git;
	struct arena *arena; /* of the texts below */
	const char *prefix, *place, *folder;
	struct objects *objects; /* objects.h; the library frees it; NULL: nothing was held yet */
};

/* The library's own words for what went wrong last in this thread; never NULL. */
const char *vcs_reason(void);
/* Before the first use of the library, by each that may be the first; safe in any thread.
 * It is never shut down: the key of its thread-specific data would go to the random numbers of
 * OpenSSL, ahead of the key whose destructor frees them, and each thread would leak them. */
void vcs_begin(void);
/* The URL without what may be secret in it: user, password, query, fragment. */
const char *vcs_public_url(struct arena *a, const char *url);
/* "40 hex digits" to the id; false when it is something else. */
bool vcs_parse_id(const char *text, git_oid *out);
char *vcs_id_text(struct arena *a, const git_oid *id);
struct vcs_commit vcs_describe_commit(struct arena *a, git_commit *commit);

#endif
