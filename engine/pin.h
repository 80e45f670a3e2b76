/*
 * pin.h - templates from other repositories, at the commit that hadeploy.lock pins.
 *
 * A stack's Template that is "git+https://..." is read from the commit that the lock file beside
 * the manifest names (of the same commit as the manifest, with --ref), out of the copy of its
 * repository in the cache, which is fetched when it is not there.  What the template names by
 * relative paths is read from the same commit.
 */
#ifndef ENGINE_PIN_H
#define ENGINE_PIN_H

#include "base/arena.h"
#include "base/diag.h"
#include "templates/template.h"
#include "vcs/vcs.h"

struct manifest;
struct manifest_stack;
struct pin;
struct tree;

/* Where a stack's template is read from. */
struct template_home {
	const struct tree *files;
	const char *path;      /* of the template in it */
	const struct pin *pin; /* NULL: it is the project's own */
};
/* Of a stack of m; m->files is not NULL.  Everything is the arena's.  0, or -1 with errors. */
int template_home(struct arena *a, const struct manifest *m, const struct manifest_stack *s,
		  struct template_home *out, struct diags *d);
/* The template and what it names are, byte for byte, what was locked: 0; else -1 with an error.
 * Call it when the template was checked: then all its files are read. */
int template_home_verify(const struct template_home *home, struct arena *a,
			 const struct template *t, struct range where, struct diags *d);

/* --- for lock.c --- */

/* 0, or -1 with an error at `where`. */
int pin_parse_url(struct arena *a, const char *template, struct range where,
		  struct vcs_file_url *out, struct diags *d);
/* The files of that commit, which is in the cache.  NULL with an error. */
const struct tree *pin_tree(struct arena *a, const struct vcs_file_url *u, const char *commit,
			    struct diags *d);
/* "sha256:..." over names and contents of the template's files. */
const char *pin_digest(struct arena *a, const struct tree *files, const struct template *t);

#endif
