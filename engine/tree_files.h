/*
 * tree_files.h - files of a commit as files, for whom opens them by a path: in a private folder
 * under TMPDIR (else /tmp), laid out as the repository is.
 */
#ifndef ENGINE_TREE_FILES_H
#define ENGINE_TREE_FILES_H

#include "base/diag.h"
#include "vcs/vcs.h"

/* Bytes of one file. */
#define TREE_FILE_LEN_MAX (256u << 20)

struct tree_files;

/* NULL with an error when no folder can be made. */
struct tree_files *tree_files_new(struct diags *d);
/* Removes the folder with all that is in it.  Accepts NULL. */
void tree_files_drop(struct tree_files *f);
/* Absolute. */
const char *tree_files_root(const struct tree_files *f);
/* A file, or a folder with all that is in it; path starts at the repository's root.  What is there
 * already stays.  VCS_READ_BROKEN when it cannot be written, too. */
enum vcs_read tree_files_add(struct tree_files *f, struct vcs_tree *tree, const char *path);

#endif
