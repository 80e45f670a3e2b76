/*
 * fault_file.c - what the program itself does with names of files, beside SQLite: linked with
 * --wrap for each.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fault/fault.h"

int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __real_mkostemp(char *path, int flags);
int __wrap_mkostemp(char *path, int flags);
int __real_fsync(int fd);
int __wrap_fsync(int fd);

/* False with errno. */
static bool passes(enum fault_point point, const char *what)
{
	enum fault_answer answer = fault_reach(point, what);

	if (answer == ANSWER_PASS)
		return true;
	errno = answer == ANSWER_EIO ? EIO : ENOSPC;
	return false;
}

int __wrap_link(const char *from, const char *to)
{
	return passes(POINT_WRITE, "link") ? __real_link(from, to) : -1;
}

int __wrap_unlink(const char *path)
{
	return passes(POINT_WRITE, "unlink") ? __real_unlink(path) : -1;
}

int __wrap_mkdir(const char *path, mode_t mode)
{
	return passes(POINT_WRITE, "mkdir") ? __real_mkdir(path, mode) : -1;
}

int __wrap_mkostemp(char *path, int flags)
{
	return passes(POINT_WRITE, "mkostemp") ? __real_mkostemp(path, flags) : -1;
}

int __wrap_fsync(int fd)
{
	return passes(POINT_WRITE, "fsync") && passes(POINT_SYNC, "fsync") ? __real_fsync(fd) : -1;
}
