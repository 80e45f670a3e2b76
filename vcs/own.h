/*
 * own.h - bare repositories of our own, into which others are fetched.
 */
#ifndef VCS_OWN_H
#define VCS_OWN_H

#include "base/arena.h"
#include "base/diag.h"

struct vcs_repository;

/*
 * Opens the bare repository in exactly this folder (nothing is searched for), which is made
 * when it is not there: under another name, and renamed, so that nobody meets half of one.
 * For vcs_close.  NULL with an error.
 */
struct vcs_repository *vcs_own(const char *dir, struct diags *d);
/* The commit that a reference ("refs/hadeploy/x") leads to, through tags; NULL: none. */
const char *vcs_reference(struct vcs_repository *r, struct arena *a, const char *name);
/* Removes a reference if it is there. */
void vcs_drop_reference(struct vcs_repository *r, const char *name);

#endif
