/*
 * fault_vfs.c - SQLite's files of recorded state on a disk that can fail.
 *
 * The default file system of SQLite is replaced by one that passes everything on, but whose
 * files named "state.db..." have a boundary before whatever changes them.  When a rule wants
 * power to fail, such a file is held in memory as the process sees it, together with what has
 * not been synced: that reaches the disk with xSync, or when the process ends by itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "base/vec.h"
#include "tests/fault/fault.h"

#define SECTOR 512u

/* A write that is not synced yet; bytes NULL: cut to `at`. */
struct unsynced {
	char *bytes;
	size_t len, at;
};

/* One file on disk, for as long as the process lives: its content survives being closed, and
 * its name may change. */
struct image {
	dev_t dev;
	ino_t ino;
	int fd; /* never closed: that would release SQLite's locks */
	char *bytes;
	size_t len, room;
	struct {
		VEC_OF(struct unsynced)
	} unsynced;
	struct image *next;
};

struct shim_file {
	sqlite3_file base;
	struct image *image; /* NULL: nothing is held back */
	sqlite3_file *real;  /* behind this struct */
};

static sqlite3_vfs shim;
static sqlite3_vfs *real_vfs;
static struct image *images;
static pthread_mutex_t images_lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local int answered; /* errno of an answer that was made up */

static bool is_state(const char *path)
{
	const char *name = path ? strrchr(path, '/') : NULL;

	return name && !strncmp(name, "/state.db", strlen("/state.db"));
}

static struct shim_file *shim_of(sqlite3_file *file)
{
	return (struct shim_file *)file;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
	return shim_of(file)->real;
}

/* The result code of an answer: `io` for one that says that the device is broken. */
static int code_of(enum fault_answer answer, int io)
{
	switch (answer) {
	case ANSWER_PASS:
		return SQLITE_OK;
	case ANSWER_EIO:
		answered = EIO;
		return io;
	case ANSWER_FULL:
	case ANSWER_SHORT:
		answered = ENOSPC;
		return io == SQLITE_IOERR_WRITE ? SQLITE_FULL : io;
	}
	return SQLITE_OK;
}

static int change(const char *what, int io)
{
	return code_of(fault_reach(POINT_WRITE, what), io);
}

/* --- what is held back --------------------------------------------------------------- */

static void image_grow(struct image *m, size_t len)
{
	if (len > m->room) {
		m->room = 2 * len;
		m->bytes = xrealloc(m->bytes, m->room, 1);
	}
	if (len > m->len) {
		memset(m->bytes + m->len, 0, len - m->len);
		m->len = len;
	}
}

static struct image *image_find(const struct stat *st)
{
	for (struct image *m = images; m; m = m->next)
		if (m->dev == st->st_dev && m->ino == st->st_ino)
			return m;
	return NULL;
}

static struct image *image_load(const char *path, sqlite3_file *real)
{
	struct image *m;
	struct stat st;
	sqlite3_int64 len = 0;

	if (stat(path, &st) != 0)
		abort();
	m = image_find(&st);
	if (m)
		return m;
	m = xcalloc(1, sizeof(*m));
	*m = (struct image){.dev = st.st_dev, .ino = st.st_ino, .next = images};
	images = m;
	m->fd = open(path, O_RDWR | O_CLOEXEC);
	real->pMethods->xFileSize(real, &len);
	image_grow(m, (size_t)len);
	if (len)
		real->pMethods->xRead(real, m->bytes, (int)len, 0);
	return m;
}

static void image_forget_writes(struct image *m)
{
	for (size_t i = 0; i < m->unsynced.count; i++)
		free(m->unsynced.items[i].bytes);
	m->unsynced.count = 0;
}

static void put_bytes(int fd, const struct unsynced *w, size_t from, size_t to)
{
	if (pwrite(fd, w->bytes + from, to - from, (off_t)(w->at + from)) != (ssize_t)(to - from))
		abort();
}

/* xorshift: whether this sector was lucky. */
static bool is_lucky(unsigned long *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed >> 33 & 1;
}

static void put_write(int fd, const struct unsynced *w, unsigned long *seed)
{
	size_t next;

	if (!w->bytes) {
		if (is_lucky(seed) && ftruncate(fd, (off_t)w->at) != 0)
			abort();
		return;
	}
	for (size_t from = 0; from < w->len; from = next) {
		next = (w->at + from) / SECTOR * SECTOR + SECTOR - w->at;
		next = next < w->len ? next : w->len;
		if (is_lucky(seed))
			put_bytes(fd, w, from, next);
	}
}

static void image_tear(struct image *m, unsigned long seed)
{
	for (size_t i = 0; i < m->unsynced.count; i++)
		put_write(m->fd, &m->unsynced.items[i], &seed);
}

/* All of them, in order. */
static void image_flush(struct image *m)
{
	for (size_t i = 0; i < m->unsynced.count; i++) {
		const struct unsynced *w = &m->unsynced.items[i];

		if (w->bytes)
			put_bytes(m->fd, w, 0, w->len);
		else if (ftruncate(m->fd, (off_t)w->at) != 0)
			abort();
	}
	image_forget_writes(m);
}

void fault_files_fail(unsigned long seed)
{
	pthread_mutex_lock(&images_lock);
	seed = seed * 2654435761u;
	for (struct image *m = images; seed && m; m = m->next)
		image_tear(m, seed);
	/* The lock stays: whoever writes now writes to a machine without power. */
}

__attribute__((destructor)) static void flush_all(void)
{
	pthread_mutex_lock(&images_lock);
	for (struct image *m = images; m; m = m->next)
		image_flush(m);
	pthread_mutex_unlock(&images_lock);
}

static void image_note(struct image *m, const void *bytes, size_t len, size_t at)
{
	struct unsynced w = {NULL, len, at};

	if (bytes) {
		w.bytes = xcalloc(len + 1, 1);
		memcpy(w.bytes, bytes, len);
		image_grow(m, at + len);
		memcpy(m->bytes + at, bytes, len);
	} else {
		image_grow(m, at);
		m->len = at;
	}
	*(struct unsynced *)vec_add(&m->unsynced) = w;
}

/* --- a file ------------------------------------------------------------------------- */

static int pass_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
	struct image *m = shim_of(file)->image;

	if (!m)
		return real_of(file)->pMethods->xWrite(real_of(file), bytes, len, at);
	pthread_mutex_lock(&images_lock);
	image_note(m, bytes, (size_t)len, (size_t)at);
	pthread_mutex_unlock(&images_lock);
	return SQLITE_OK;
}

static int shim_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
	enum fault_answer answer = fault_reach(POINT_WRITE, "write");

	if (answer == ANSWER_PASS)
		return pass_write(file, bytes, len, at);
	if (answer == ANSWER_SHORT)
		pass_write(file, bytes, len / 2, at);
	return code_of(answer, SQLITE_IOERR_WRITE);
}

static int image_read(struct image *m, void *bytes, size_t len, size_t at)
{
	size_t there = at < m->len ? m->len - at : 0;

	there = there < len ? there : len;
	if (there)
		memcpy(bytes, m->bytes + at, there);
	memset((char *)bytes + there, 0, len - there);
	return there == len ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int shim_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 at)
{
	int code = code_of(fault_reach(POINT_READ, "read"), SQLITE_IOERR_READ);
	struct image *m = shim_of(file)->image;

	if (code != SQLITE_OK)
		return code;
	if (!m)
		return real_of(file)->pMethods->xRead(real_of(file), bytes, len, at);
	pthread_mutex_lock(&images_lock);
	code = image_read(m, bytes, (size_t)len, (size_t)at);
	pthread_mutex_unlock(&images_lock);
	return code;
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 len)
{
	int code = change("truncate", SQLITE_IOERR_TRUNCATE);
	struct image *m = shim_of(file)->image;

	if (code != SQLITE_OK)
		return code;
	if (!m)
		return real_of(file)->pMethods->xTruncate(real_of(file), len);
	pthread_mutex_lock(&images_lock);
	image_note(m, NULL, 0, (size_t)len);
	pthread_mutex_unlock(&images_lock);
	return SQLITE_OK;
}

static int shim_sync(sqlite3_file *file, int flags)
{
	int code = change("sync", SQLITE_IOERR_FSYNC);
	struct image *m = shim_of(file)->image;

	if (code == SQLITE_OK)
		code = code_of(fault_reach(POINT_SYNC, "sync"), SQLITE_IOERR_FSYNC);
	if (fault_mutation() == MUTATION_NO_SYNC)
		return code;
	/* What could not be synced counts as clean from then on: no later sync writes it. */
	if (m) {
		pthread_mutex_lock(&images_lock);
		if (code == SQLITE_OK)
			image_flush(m);
		else
			image_forget_writes(m);
		pthread_mutex_unlock(&images_lock);
	}
	if (code != SQLITE_OK)
		return code;
	return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int shim_file_size(sqlite3_file *file, sqlite3_int64 *len)
{
	struct image *m = shim_of(file)->image;

	if (!m)
		return real_of(file)->pMethods->xFileSize(real_of(file), len);
	pthread_mutex_lock(&images_lock);
	*len = (sqlite3_int64)m->len;
	pthread_mutex_unlock(&images_lock);
	return SQLITE_OK;
}

static int shim_close(sqlite3_file *file)
{
	return real_of(file)->pMethods->xClose(real_of(file));
}

static int shim_lock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int shim_unlock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int shim_check_lock(sqlite3_file *file, int *held)
{
	return real_of(file)->pMethods->xCheckReservedLock(real_of(file), held);
}

/* Room may be made ahead of writing. */
static int shim_control(sqlite3_file *file, int op, void *argument)
{
	return real_of(file)->pMethods->xFileControl(real_of(file), op, argument);
}

static int shim_sector_size(sqlite3_file *file)
{
	return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int shim_device(sqlite3_file *file)
{
	return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int shim_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
	int code = extend ? change("map", SQLITE_IOERR_SHMSIZE) : SQLITE_OK;

	if (code != SQLITE_OK)
		return code;
	return real_of(file)->pMethods->xShmMap(real_of(file), region, size, extend, out);
}

static int shim_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
	return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void shim_shm_barrier(sqlite3_file *file)
{
	real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int shim_shm_unmap(sqlite3_file *file, int remove)
{
	int code = remove ? change("unmap", SQLITE_IOERR_SHMMAP) : SQLITE_OK;

	if (code != SQLITE_OK)
		return code;
	return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = shim_close,
	.xRead = shim_read,
	.xWrite = shim_write,
	.xTruncate = shim_truncate,
	.xSync = shim_sync,
	.xFileSize = shim_file_size,
	.xLock = shim_lock,
	.xUnlock = shim_unlock,
	.xCheckReservedLock = shim_check_lock,
	.xFileControl = shim_control,
	.xSectorSize = shim_sector_size,
	.xDeviceCharacteristics = shim_device,
	.xShmMap = shim_shm_map,
	.xShmLock = shim_shm_lock,
	.xShmBarrier = shim_shm_barrier,
	.xShmUnmap = shim_shm_unmap,
};

/* --- the file system ------------------------------------------------------------------ */

static int shim_open(sqlite3_vfs *v, const char *path, sqlite3_file *file, int flags, int *out)
{
	struct shim_file *f = shim_of(file);
	int code;

	(void)v;
	if (!is_state(path))
		return real_vfs->xOpen(real_vfs, path, file, flags, out);
	*f = (struct shim_file){.real = (sqlite3_file *)(f + 1)};
	code = flags & SQLITE_OPEN_CREATE ? change("open", SQLITE_CANTOPEN) : SQLITE_OK;
	if (code == SQLITE_OK)
		code = real_vfs->xOpen(real_vfs, path, f->real, flags, out);
	if (code != SQLITE_OK)
		return code;
	f->base.pMethods = &methods;
	if (fault_holds_back()) {
		pthread_mutex_lock(&images_lock);
		f->image = image_load(path, f->real);
		pthread_mutex_unlock(&images_lock);
	}
	return SQLITE_OK;
}

/* What was not synced of it goes with it. */
static void image_remove(const char *path)
{
	struct stat st;
	struct image *m;

	if (stat(path, &st) != 0)
		return;
	pthread_mutex_lock(&images_lock);
	m = image_find(&st);
	if (m && st.st_nlink == 1) {
		image_forget_writes(m);
		m->len = 0;
		m->dev = 0;
		m->ino = 0;
	}
	pthread_mutex_unlock(&images_lock);
}

static int shim_delete(sqlite3_vfs *v, const char *path, int sync)
{
	int code = is_state(path) ? change("delete", SQLITE_IOERR_DELETE) : SQLITE_OK;

	(void)v;
	if (code != SQLITE_OK)
		return code;
	if (is_state(path) && fault_holds_back())
		image_remove(path);
	return real_vfs->xDelete(real_vfs, path, sync);
}

static int shim_access(sqlite3_vfs *v, const char *path, int flags, int *out)
{
	(void)v;
	return real_vfs->xAccess(real_vfs, path, flags, out);
}

static int shim_full_path(sqlite3_vfs *v, const char *path, int room, char *out)
{
	(void)v;
	return real_vfs->xFullPathname(real_vfs, path, room, out);
}

static int shim_last_error(sqlite3_vfs *v, int len, char *text)
{
	int error = answered;

	(void)v;
	answered = 0;
	return error ? error : real_vfs->xGetLastError(real_vfs, len, text);
}

__attribute__((constructor)) static void shim_register(void)
{
	real_vfs = sqlite3_vfs_find(NULL);
	shim = *real_vfs;
	shim.zName = "fault";
	shim.pNext = NULL;
	shim.szOsFile = (int)sizeof(struct shim_file) + real_vfs->szOsFile;
	shim.xOpen = shim_open;
	shim.xDelete = shim_delete;
	shim.xAccess = shim_access;
	shim.xFullPathname = shim_full_path;
	shim.xGetLastError = shim_last_error;
	sqlite3_vfs_register(&shim, 1);
}
