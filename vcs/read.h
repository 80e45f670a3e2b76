/*
 * read.h - the files of a commit, straight from the object database.
 */
#ifndef VCS_READ_H
#define VCS_READ_H

#include "base/arena.h"
#include "base/str.h"

struct vcs_repository;
struct vcs_tree;

enum vcs_read {
	VCS_READ_DONE,
	VCS_READ_ABSENT,
	VCS_READ_FOLDER,    /* it is a folder */
	VCS_READ_LARGE,     /* longer than was allowed */
	VCS_READ_LEAVES,    /* by "..", or by a symbolic link, out of the repository */
	VCS_READ_LOOP,      /* symbolic links that lead nowhere */
	VCS_READ_SUBMODULE, /* in a submodule whose commit is not here */
	VCS_READ_LFS,       /* a pointer of Git LFS: the content is elsewhere */
	VCS_READ_BROKEN     /* the object database lacks it, or it is damaged */
};

/* The files of the commit with this id.  The repository must outlive it; vcs_tree_close.  NULL when
 * the commit is not there. */
struct vcs_tree *vcs_tree_open(struct vcs_repository *r, const char *commit_id);
/* Accepts NULL. */
void vcs_tree_close(struct vcs_tree *t);

/*
 * Appends the file's bytes to `out`, as a checkout would write them: attributes of the commit that
 * convert line ends are heeded.  Symbolic links are followed within the repository, submodules
 * when their commit is here.  path starts at the root and may hold "." and "..".
 * On anything but VCS_READ_DONE `out` is as before.
 */
enum vcs_read vcs_tree_read(struct vcs_tree *t, const char *path, size_t max_len, struct str *out);
/* "is a folder", "leads out of the repository": the rest of a sentence begun by the path. */
const char *vcs_read_text(enum vcs_read result);
/* VCS_READ_DONE for a file, VCS_READ_FOLDER for a folder, otherwise why it is neither. */
enum vcs_read vcs_tree_look(struct vcs_tree *t, const char *path);

/* One thing in a folder. */
struct vcs_entry {
	const char *name;
	bool is_folder; /* what a symbolic link leads to is not looked at: false */
};
/* What is in a folder, sorted by name; arena's.  VCS_READ_DONE, or why not. */
enum vcs_read vcs_tree_list(struct vcs_tree *t, const char *path, struct arena *a,
			    struct vcs_entry **out, size_t *count);

#endif
