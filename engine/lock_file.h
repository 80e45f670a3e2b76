/*
 * lock_file.h - hadeploy.lock: which commits the templates from other repositories are of.
 *
 *	{
 *	  "lockVersion": 1,
 *	  "templates": {
 *	    "git+https://host/org/repo//web.yaml?ref=v1.2": {
 *	      "commit": "40 digits",
 *	      "digest": "sha256:64 digits",
 *	      "ref": "refs/tags/v1.2"
 *	    }
 *	  }
 *	}
 *
 * Sorted, one member a line: two people's changes to it can be merged, and read.
 */
#ifndef ENGINE_LOCK_FILE_H
#define ENGINE_LOCK_FILE_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"

#define LOCK_FILE_NAME "hadeploy.lock"

struct pin {
	const char *template; /* as the manifest writes it */
	const char *ref;      /* in full; "HEAD"; or the id of a commit, when that was asked for */
	const char *commit;   /* 40 digits */
	const char *digest;   /* of the template and the files it names: pin.h */
};

struct lock_file {
	struct pin *pins; /* sorted by template */
	size_t count;
};

/* Texts are the arena's.  0, or -1 with an error that names the file `name`. */
int lock_file_parse(struct arena *a, const char *name, struct text bytes, struct lock_file *out,
		    struct diags *d);
/* Appends it; the pins may be in any order. */
void lock_file_write(const struct lock_file *lock, struct str *out);
/* NULL when there is none. */
const struct pin *lock_file_find(const struct lock_file *lock, const char *template);

#endif
