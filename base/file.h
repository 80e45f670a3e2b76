/*
 * file.h - whole files and paths: read, write by temporary name and rename, join.
 *
 * Files are made with mode 0600 and O_CLOEXEC in the folder they will live in.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/base.h"
#include "base/str.h"
#include "base/text.h"

struct arena;

/* Appends.  0, or -1 with errno and `out` as before; EFBIG above max_len, EISDIR for a folder. */
int file_read(const char *path, size_t max_len, struct str *out);
/* Old or new content, never a mixture, after a crash too; a symbolic link is replaced.
 * 0, or -1 with errno. */
int file_write_atomic(const char *path, struct text bytes);
bool file_exists(const char *path);
/* mkdir -p with mode 0700 for what is made.  0, or -1 with errno. */
int file_make_dirs(const char *path);
/* dir/name, or name when it is absolute or dir is "." (give dlopen and exec a slash). */
char *path_join(struct arena *a, const char *dir, const char *name);
/* The part before the last slash; "." when there is none. */
char *path_dir(struct arena *a, const char *path);
/* Without "." and "x/..", so that a file has one name however it is reached. */
const char *path_tidy(struct arena *a, const char *path);
/* Replaces a leading "~/" by $HOME. */
char *path_expand_home(struct arena *a, const char *path);

#endif
