/*
 * version.h - what a run is made from: the commit, and how the files that are used differ from it.
 *
 * A project has one struct versions.  git is asked when somebody first wants to know, and once:
 * who never asks pays nothing.  A project outside of a repository has a version too, which says
 * so; a repository that cannot be read is a warning, never an error, because a deployment must be
 * possible without it.
 *
 * Texts come from commits, so from anybody: they are valid UTF-8 without control characters, but
 * may be long and hold whatever else there is.  What is shown is escaped where it is shown.
 */
#ifndef ENGINE_VERSION_H
#define ENGINE_VERSION_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/json.h"

/* A used file that is not as the commit has it. */
struct version_file {
	const char *path;   /* from the repository's root; absolute when it is outside */
	const char *digest; /* SHA-256 of its bytes, 64 digits; NULL: it may hold secrets */
	bool added;         /* the commit has no such file */
};

/* All NULL, 0 and false outside of a repository, but for `nowhere` and, there too, nothing else. */
struct version {
	const char *commit;                /* 40 digits; NULL: none */
	const char *branch, *tag, *remote; /* NULL: none; remote without secrets */
	const char *author_name, *author_email, *subject;
	int64_t author_ms;
	const char *ref; /* what --ref was given; NULL: the work tree */
	bool dirty;      /* tracked files of the work tree, or some of `files`, differ from it */
	const struct version_file *files; /* sorted by path */
	size_t file_count;
	const char *nowhere; /* why there is no commit: "not in a git repository", "no commit yet",
				"the repository cannot be read"; NULL when there is one */
};

/* Where a version is read. */
struct version_place {
	const char *dir;    /* of the project */
	const char *ref;    /* what --ref was given; NULL: the work tree */
	const char *commit; /* that it names; NULL likewise */
};

struct versions;

/* Asks nothing yet.  All of it, and all that it gives, is the arena's; so are the texts of
 * `place`, which must be there as long. */
struct versions *versions_new(struct arena *a, const struct version_place *place);
/* Without files.  The same each time; a warning the first time. */
const struct version *versions_commit(struct versions *v, struct diags *d);

/* A file that is used. */
struct version_used {
	const char *path;  /* as it can be opened */
	struct text bytes; /* as it was read; ptr NULL: it may hold secrets, or... */
	bool unread;       /* ...nobody here has read it: done when its digest is wanted */
};
/* versions_commit with those of the files that are not as the commit has them; each file is
 * compared once, however often it is asked for. */
const struct version *versions_with(struct versions *v, const struct version_used *used,
				    size_t count, struct diags *d);

/* What is recorded and what --json shows: docs/json.md, "version".  New reference. */
json_t *version_json(const struct version *v);
/* Back from canonical text; texts are the arena's.  NULL for "" and what is no version. */
const struct version *version_parse(struct arena *a, const char *text);

/* "1a2b3c4d5e (main)", "1a2b3c4d5e (tag v1.2), 2 used files differ"; outside of a repository the
 * reason.  One line, not escaped. */
const char *version_text(struct arena *a, const struct version *v);
/* "1a2b3c4d5e"; "-" when there is none. */
const char *version_short_id(struct arena *a, const struct version *v);

#endif
