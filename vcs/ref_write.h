/*
 * ref_write.h - commits onto a reference of its own, made from changes of single files.
 *
 * A commit is written object by object and the reference is moved last, by compare and swap: who
 * reads it sees the old commit or the new one.  Trees and files that did not change are shared.
 * HEAD, index, work tree and every other reference stay as they are.  Objects are on disk (fsync)
 * before the reference is moved, and so is the reference when a function returns.
 */
#ifndef VCS_REF_WRITE_H
#define VCS_REF_WRITE_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"

struct vcs_repository;

/* One file.  path: from the root, names joined by slashes. */
struct vcs_change {
	const char *path;
	struct text bytes; /* ptr NULL: the file goes; none is no error */
};

struct vcs_new_commit {
	const char *expected; /* the commit that the reference names now; NULL: there is none */
	const char *merges;   /* another commit that becomes a parent; NULL */
	const struct vcs_change *changes; /* to the files of `expected` */
	size_t count;
	const char *author, *email; /* may not hold '<', '>' or line ends: they are left out */
	const char *message;
	int64_t at_ms;
};

enum vcs_ref_write {
	VCS_REF_WRITTEN,
	VCS_REF_SAME,  /* nothing would differ: no commit was made */
	VCS_REF_MOVED, /* the reference names another commit than was expected; no error is added */
	VCS_REF_FAILED /* errors say why; the reference is as it was */
};
/* id: VCS_ID_LEN + 1 bytes, the commit that the reference names then. */
enum vcs_ref_write vcs_ref_commit(struct vcs_repository *r, const char *ref,
				  const struct vcs_new_commit *c, char *id, struct diags *d);
/* Lets the reference name `id` when it names `expected` (NULL: it is not there). */
enum vcs_ref_write vcs_ref_set(struct vcs_repository *r, const char *ref, const char *id,
			       const char *expected, struct diags *d);
/* Removes the reference when it names `expected`, which need not be there: true when it did. */
bool vcs_ref_remove(struct vcs_repository *r, const char *ref, const char *expected);
/* Is the commit there, with all of its trees and files? */
bool vcs_is_whole(struct vcs_repository *r, const char *commit);
/* Removes the lock of the reference when it is older than that: true when it did. */
bool vcs_ref_break_lock(struct vcs_repository *r, const char *ref, int64_t age_ms);
/* The commit that the reference names, in the arena; NULL: there is no such reference. */
const char *vcs_ref_commit_id(struct vcs_repository *r, const char *ref, struct arena *a);
/* Something that git takes for the name of a reference, below refs/hadeploy/: everywhere else
 * there may be something of git's own, or of the user's. */
bool vcs_ref_is_own(const char *ref);

/* Id of the file as `commit` has it; "" when it has none.  out: VCS_ID_LEN + 1 bytes. */
void vcs_file_id(struct vcs_repository *r, const char *commit, const char *path, char *out);
/* The id that a file of these bytes has. */
void vcs_bytes_id(struct text bytes, char *out);
/* Every file of the commit by path, sorted; in the arena.  0, or -1 when it cannot be read. */
struct vcs_file {
	const char *path;
	const char *id;
};
int vcs_list_files(struct vcs_repository *r, const char *commit, struct arena *a,
		   struct vcs_file **out, size_t *count);
/* The bytes of a file by its id, without any conversion, appended.  0 or -1. */
int vcs_file_bytes(struct vcs_repository *r, const char *id, size_t max_len, struct str *out);
/* The newest commit that both come from; NULL: none. */
const char *vcs_common_commit(struct vcs_repository *r, const char *x, const char *y,
			      struct arena *a);

/* Opens the bare repository at `path`, which is made when it is not there.  NULL with an error. */
struct vcs_repository *vcs_open_bare(const char *path, struct diags *d);
/* The URL that the settings have for a remote of this name, as it is there; NULL: none. */
const char *vcs_remote_named(struct vcs_repository *r, const char *name, struct arena *a);
/* The URL without what may be secret in it: user, password, query, fragment. */
const char *vcs_shown_url(struct arena *a, const char *url);

#endif
