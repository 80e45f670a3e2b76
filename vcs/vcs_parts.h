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
/* The library counts its users: each vcs_begin has its vcs_end. */
void vcs_begin(void);
void vcs_end(void);
/* The URL without what may be secret in it: user, password, query, fragment. */
const char *vcs_public_url(struct arena *a, const char *url);
/* "40 hex digits" to the id; false when it is something else. */
bool vcs_parse_id(const char *text, git_oid *out);
char *vcs_id_text(struct arena *a, const git_oid *id);
struct vcs_commit vcs_describe_commit(struct arena *a, git_commit *commit);

#endif
