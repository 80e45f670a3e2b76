/*
 * tree.h - the files of a project: those in its folder, or those of a commit.
 *
 * Manifest, templates, what they include, and runbooks are read through a tree, so that any of
 * them can be of any commit without touching the work tree.  What is no part of a project's
 * versions stays with the folder: recorded state, secrets ({{resolve:file:...}}), keys, files
 * named on the command line.
 *
 * Messages name files of a commit as `git show` does: "v1.2:shop/web.yaml".
 */
#ifndef ENGINE_TREE_H
#define ENGINE_TREE_H

#include "base/arena.h"
#include "base/diag.h"
#include "templates/template.h"
#include "templates/value.h"

struct schema;
struct tree;

/* The files in the folder.  Never NULL; all of a tree is the arena's. */
const struct tree *tree_of_folder(struct arena *a, const char *dir);
/*
 * The files of the commit that `rev` names in the repository that `dir` lies in; the project
 * is where `dir` is in it.  `shown` stands before the colon in messages; NULL: rev.
 * NULL with errors when there is no repository or no such commit.
 */
const struct tree *tree_of_commit(struct arena *a, const char *dir, const char *rev,
				  const char *shown, struct diags *d);

/* The project's folder, absolute when it is there, and as it was named. */
const char *tree_dir(const struct tree *t);
const char *tree_given(const struct tree *t);
/* What the commit was named by, and its id; NULL: the files of the folder. */
const char *tree_ref(const struct tree *t);
const char *tree_commit(const struct tree *t);

/* Paths start at the project's folder.  What is there and cannot be read is there: tree_load says
 * why. */
bool tree_has(const struct tree *t, const char *path);
/* The name that messages show of it. */
const char *tree_name(const struct tree *t, struct arena *a, const char *path);
/* The path from the repository's root of a file with such a name; NULL: it is no file of a
 * commit. */
const char *tree_path(const struct tree *t, const char *name);
/* NULL with an error at `where`, the place that names the file. */
const struct source *tree_load(const struct tree *t, struct arena *a, const char *path,
			       struct range where, struct diags *d);
/* The same of a commit, for a path as `git show` takes it: from the repository's root, or from
 * the folder when it begins with "./" or "../". */
const struct source *tree_load_shown(const struct tree *t, struct arena *a, const char *path,
				     struct diags *d);
/* For template_load of what tree_load gave. */
struct template_loader tree_loader(const struct tree *t);

/*
 * Makes that a file or folder (with all that is in it) can be opened by its path below
 * tree_files_dir: of a commit it is written into a private folder that goes with the tree.
 * 0, or -1 with an error at `where`.
 */
int tree_export(const struct tree *t, const char *path, struct range where, struct diags *d);
/* The folder that corresponds to the project's, where what is exported lies; tree_dir() for the
 * files of the folder.  NULL with an error when there can be none. */
const char *tree_files_dir(const struct tree *t, struct diags *d);

/* The same for what these properties (of a resource of the type) name; what is not known yet is
 * left out.  0, or -1 with errors at their places. */
int tree_export_properties(const struct tree *t, const struct schema *s,
			   const struct value *properties, struct diags *d);

#endif
