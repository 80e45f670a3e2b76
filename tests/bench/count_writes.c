/*
 * count_writes.c - preloaded into a process: how many bytes it writes to files and how often it
 * waits for the disk.  Appends "BYTES SYNCS" to the file named by COUNT_WRITES_TO when it ends.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_llong bytes, syncs;

static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static void count(int fd, ssize_t got)
{
	struct stat st;

	if (got > 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		atomic_fetch_add(&bytes, got);
}

ssize_t write(int fd, const void *from, size_t len)
{
	static ssize_t (*real)(int, const void *, size_t);
	ssize_t got;

	if (!real)
		*(void **)&real = next("write");
	got = real(fd, from, len);
	count(fd, got);
	return got;
}

ssize_t pwrite64(int fd, const void *from, size_t len, off64_t at)
{
	static ssize_t (*real)(int, const void *, size_t, off64_t);
	ssize_t got;

	if (!real)
		*(void **)&real = next("pwrite64");
	got = real(fd, from, len, at);
	count(fd, got);
	return got;
}

ssize_t pwrite(int fd, const void *from, size_t len, off_t at)
{
	return pwrite64(fd, from, len, at);
}

int fsync(int fd)
{
	static int (*real)(int);

	if (!real)
		*(void **)&real = next("fsync");
	atomic_fetch_add(&syncs, 1);
	return real(fd);
}

int fdatasync(int fd)
{
	static int (*real)(int);

	if (!real)
		*(void **)&real = next("fdatasync");
	atomic_fetch_add(&syncs, 1);
	return real(fd);
}

__attribute__((destructor)) static void tell(void)
{
	const char *path = getenv("COUNT_WRITES_TO");
	FILE *out = path ? fopen(path, "ae") : NULL;

	if (!out)
		return;
	fprintf(out, "%lld %lld\n", (long long)bytes, (long long)syncs);
	fclose(out);
}
