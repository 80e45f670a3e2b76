/*
 * repository.h - finding a repository, its commits, and what differs from them.
 */
#ifndef VCS_REPOSITORY_H
#define VCS_REPOSITORY_H

#include "base/arena.h"
#include "base/diag.h"

struct vcs_repository;

#define VCS_ID_LEN 40
#define VCS_SHORT_ID_LEN 10

enum vcs_found {
	VCS_FOUND,
	VCS_NOWHERE, /* the folder is in no repository: nothing is wrong */
	VCS_FAILED   /* there is one that cannot be read; an error says why */
};
/*
 * Opens the repository that `dir` lies in: an ordinary one, a work tree of another one, a
 * submodule, a shallow clone, or a bare one when `dir` is its folder.  As git does, it looks
 * upwards until the file system ends or GIT_CEILING_DIRECTORIES says so; GIT_DIR is not heeded,
 * because the project's folder tells which repository is meant.  *out is for vcs_close.
 */
enum vcs_found vcs_open(const char *dir, struct vcs_repository **out, struct diags *d);
/* Accepts NULL. */
void vcs_close(struct vcs_repository *r);

/* Where `dir` lies in the repository: "" or "services/shop/", with a slash. */
const char *vcs_prefix(const struct vcs_repository *r);
/* For messages: the work tree's folder, of a bare repository its own. */
const char *vcs_place(const struct vcs_repository *r);
/* Its own folder, absolute: ".git" of the main work tree, wherever `dir` is. */
const char *vcs_folder(const struct vcs_repository *r);
bool vcs_is_bare(const struct vcs_repository *r);
bool vcs_is_shallow(const struct vcs_repository *r);

struct vcs_commit {
	const char *id;      /* VCS_ID_LEN digits */
	const char *subject; /* first line of its message; may be "" */
	const char *author_name, *author_email;
	int64_t author_ms, commit_ms; /* since 1970, whole seconds */
};
/* What `rev` names: a branch, a tag, the beginning of an id, "HEAD~2", as git has it.  All texts
 * are the arena's.  0, or -1 with an error that says what there is, and how to get it. */
int vcs_find(struct vcs_repository *r, const char *rev, struct arena *a, struct vcs_commit *out,
	     struct diags *d);

/* Where the repository stands.  NULL: there is none. */
struct vcs_head {
	const struct vcs_commit *commit; /* NULL: nothing was committed yet */
	const char *branch;              /* "main"; NULL: detached */
	const char *upstream;            /* "refs/remotes/origin/main": what `branch` follows */
};
/* 0, or -1 with an error. */
int vcs_head(struct vcs_repository *r, struct arena *a, struct vcs_head *out, struct diags *d);
/* A tag that names the commit itself, the newest by name; NULL: none does. */
const char *vcs_tag_of(struct vcs_repository *r, const char *id, struct arena *a);
/* URL of the remote that the branch (NULL: none) follows, else of "origin", else of the only one;
 * without user, password and query.  NULL: there is none. */
const char *vcs_remote_url(struct vcs_repository *r, const char *branch, struct arena *a);
/* True when `id` is `descendant` or one of its ancestors; false when either is not there, too. */
bool vcs_contains(struct vcs_repository *r, const char *descendant, const char *id);
bool vcs_has_commit(struct vcs_repository *r, const char *id);

/* How a file of the work tree compares with that of a commit, as `git status` sees it: line ends
 * that an attribute converts make no difference. */
enum vcs_difference { VCS_SAME, VCS_CHANGED, VCS_ADDED /* the commit has no such file */ };
/* path: absolute or below the root.  A file outside the repository counts as added; one of a
 * submodule is compared with the commit that is recorded for that. */
enum vcs_difference vcs_compare_file(struct vcs_repository *r, const char *commit_id,
				     const char *path);
/* Some file below `prefix` ("": anywhere) that git tracks differs from HEAD.  Untracked files do
 * not count: recorded state is one, often.  Those that `git update-index --assume-unchanged` or
 * `--skip-worktree` tells git to overlook do.  0, or -1 with an error. */
int vcs_is_dirty(struct vcs_repository *r, const char *prefix, bool *dirty, struct diags *d);
struct vcs_changes {
	const char *const *paths; /* the first of them, at most as many as were asked for */
	size_t listed;
	size_t count; /* of all */
};
/* The files that vcs_is_dirty looks at and that differ, wherever they lie; texts are the arena's.
 * 0, or -1 with an error. */
int vcs_list_changes(struct vcs_repository *r, size_t max, struct arena *a, struct vcs_changes *out,
		     struct diags *d);

/* A branch, as this repository knows it. */
struct vcs_branch {
	const char *name;   /* "release/1", without the remote */
	const char *remote; /* "origin"; NULL: a branch of this repository itself */
	const char *commit; /* its id */
};
/* All of them, sorted by remote and name; arena's.  What a remote has is as it was when it was
 * last fetched or pushed to: nobody is asked.  0, or -1 with an error. */
int vcs_branches(struct vcs_repository *r, struct arena *a, const struct vcs_branch **out,
		 size_t *count, struct diags *d);

#endif
