/* file.c - whole files and paths. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

#define READ_LEN ((size_t)64 << 10)

/* Closes and keeps the errno of what went wrong before. */
static void close_quietly(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
}

/* Reads to the end, because pipes and /proc do not say how long they are. */
static int read_all(int fd, size_t max_len, struct str *out)
{
	size_t start_len = out->len;

	for (;;) {
		ssize_t got = read(fd, str_reserve(out, READ_LEN), READ_LEN);

		if (got == 0)
			return 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		str_grown(out, (size_t)got);
		if (out->len - start_len > max_len) {
			errno = EFBIG;
			return -1;
		}
	}
}

int file_read(const char *path, size_t max_len, struct str *out)
{
	size_t start_len = out->len;
	int fd, result;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	result = read_all(fd, max_len, out);
	if (result != 0)
		str_truncate(out, start_len);
	close_quietly(fd);
	return result;
}

static int write_all(int fd, struct text bytes)
{
	while (bytes.len) {
		ssize_t put = write(fd, bytes.ptr, bytes.len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		bytes.ptr += put;
		bytes.len -= (size_t)put;
	}
	return 0;
}

/* A rename is on disk only when the folder is; EINVAL: this file system cannot sync folders. */
static int sync_folder(const char *folder)
{
	int fd, result;

	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	result = fsync(fd) == 0 || errno == EINVAL ? 0 : -1;
	close_quietly(fd);
	return result;
}

static int fill_temporary(int fd, struct text bytes)
{
	if (write_all(fd, bytes) != 0 || fsync(fd) != 0) {
		close_quietly(fd);
		return -1;
	}
	return close(fd);
}

static void remove_quietly(const char *path)
{
	int error = errno;

	unlink(path);
	errno = error;
}

static int replace_file(char *temporary, const char *path, struct text bytes)
{
	int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */

	if (fd < 0)
		return -1;
	if (fill_temporary(fd, bytes) != 0 || rename(temporary, path) != 0) {
		remove_quietly(temporary);
		return -1;
	}
	return 0;
}

int file_write_atomic(const char *path, struct text bytes)
{
	struct arena *a = arena_new();
	const char *slash = strrchr(path, '/'), *folder = path_dir(a, path);
	char *temporary =
		path_join(a, folder, arena_printf(a, ".%s.XXXXXX", slash ? slash + 1 : path));
	int result = replace_file(temporary, path, bytes);

	if (result == 0)
		result = sync_folder(folder);
	arena_free(a);
	return result;
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* mkdir() of a folder that is there may also say EROFS or EACCES. */
static int make_dir(const char *path)
{
	struct stat st;
	int error;

	if (mkdir(path, 0700) == 0)
		return 0;
	error = errno;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	errno = error == EEXIST ? ENOTDIR : error;
	return -1;
}

int file_make_dirs(const char *path)
{
	char *copy = xstrdup(path);
	int result = 0;

	for (char *at = copy; result == 0 && *at; at++) {
		if (*at != '/' || at == copy)
			continue;
		*at = '\0';
		result = make_dir(copy);
		*at = '/';
	}
	if (result == 0)
		result = make_dir(copy);
	free(copy);
	return result;
}

char *path_join(struct arena *a, const char *dir, const char *name)
{
	if (name[0] == '/' || dir[0] == '\0' || strcmp(dir, ".") == 0)
		return arena_strdup(a, name);
	return arena_printf(a, "%s%s%s", dir, text_ends(text_of(dir), "/") ? "" : "/", name);
}

char *path_dir(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return arena_strdup(a, ".");
	while (slash > path && slash[-1] == '/')
		slash--;
	return slash == path ? arena_strdup(a, "/")
			     : arena_strndup(a, path, (size_t)(slash - path));
}

char *path_expand_home(struct arena *a, const char *path)
{
	const char *home = getenv("HOME");

	if (!text_starts(text_of(path), "~/") || !home || !home[0])
		return arena_strdup(a, path);
	return path_join(a, home, path + 2);
}

const char *path_tidy(struct arena *a, const char *path)
{
	const size_t len = strlen(path);
	struct text_split rest = text_split_start((struct text){path, len});
	const char **parts = ARENA_ARRAY(a, len + 1, const char *);
	const char *tidy = path[0] == '/' ? "/" : "";
	struct text part;
	size_t count = 0;

	while (text_next(&rest, '/', &part)) {
		bool up = text_is(part, "..");

		if (!part.len || text_is(part, "."))
			continue;
		if (up && count && strcmp(parts[count - 1], "..") != 0)
			count--;
		else if (!up || path[0] != '/')
			parts[count++] = arena_text(a, part);
	}
	for (size_t i = 0; i < count; i++)
		tidy = arena_printf(a, "%s%s%s", tidy, i ? "/" : "", parts[i]);
	return tidy;
}
