/* state_faults.c - the faulty file system, and the sweep over all its faults. */
#include "tests/unit/state_faults.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* SQLite hands its callbacks no context but the file and the file system. */
struct faulty_vfs {
	sqlite3_vfs base;
	sqlite3_vfs *real;
	struct sweep *sweep;
};

struct faulty_file {
	sqlite3_file base;
	struct faulty_vfs *vfs;
	sqlite3_file *real; /* behind this struct */
};

static struct faulty_file *faulty(sqlite3_file *file)
{
	return (struct faulty_file *)file;
}

static sqlite3_file *real(sqlite3_file *file)
{
	return faulty(file)->real;
}

/* SQLITE_OK: the call may pass. */
static int call_fault(struct sweep *w)
{
	if (--w->calls_left != 0)
		return SQLITE_OK;
	w->fired = true;
	if (w->fault == FAULT_KILL)
		kill(getpid(), SIGKILL);
	return w->fault == FAULT_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int faulty_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
	struct sweep *w = faulty(file)->vfs->sweep;
	int code = call_fault(w);

	if (code == SQLITE_OK)
		return real(file)->pMethods->xWrite(real(file), bytes, len, at);
	real(file)->pMethods->xWrite(real(file), bytes, len / 2, at);
	if (w->fault == FAULT_TEAR)
		kill(getpid(), SIGKILL);
	return code;
}

static int other_fault(struct sweep *w)
{
	int code = call_fault(w);

	if (code != SQLITE_OK && w->fault == FAULT_TEAR)
		kill(getpid(), SIGKILL);
	return code;
}

static int faulty_truncate(sqlite3_file *file, sqlite3_int64 len)
{
	int code = other_fault(faulty(file)->vfs->sweep);

	return code ? code : real(file)->pMethods->xTruncate(real(file), len);
}

static int faulty_sync(sqlite3_file *file, int flags)
{
	int code = other_fault(faulty(file)->vfs->sweep);

	return code ? code : real(file)->pMethods->xSync(real(file), flags);
}

static int faulty_close(sqlite3_file *file)
{
	return real(file)->pMethods->xClose(real(file));
}

static int faulty_read(sqlite3_file *file, void *out, int len, sqlite3_int64 at)
{
	return real(file)->pMethods->xRead(real(file), out, len, at);
}

static int faulty_size(sqlite3_file *file, sqlite3_int64 *len)
{
	return real(file)->pMethods->xFileSize(real(file), len);
}

static int faulty_lock(sqlite3_file *file, int level)
{
	return real(file)->pMethods->xLock(real(file), level);
}

static int faulty_unlock(sqlite3_file *file, int level)
{
	return real(file)->pMethods->xUnlock(real(file), level);
}

static int faulty_reserved(sqlite3_file *file, int *out)
{
	return real(file)->pMethods->xCheckReservedLock(real(file), out);
}

static int faulty_control(sqlite3_file *file, int op, void *argument)
{
	return real(file)->pMethods->xFileControl(real(file), op, argument);
}

static int faulty_sector(sqlite3_file *file)
{
	return real(file)->pMethods->xSectorSize(real(file));
}

/* No promises about atomic writes: SQLite must not lean on them. */
static int faulty_traits(sqlite3_file *file)
{
	(void)file;
	return 0;
}

static int faulty_shm_map(sqlite3_file *file, int page, int len, int extend, void volatile **out)
{
	return real(file)->pMethods->xShmMap(real(file), page, len, extend, out);
}

static int faulty_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
	return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

static void faulty_shm_barrier(sqlite3_file *file)
{
	real(file)->pMethods->xShmBarrier(real(file));
}

static int faulty_shm_unmap(sqlite3_file *file, int remove_it)
{
	return real(file)->pMethods->xShmUnmap(real(file), remove_it);
}

static const sqlite3_io_methods faulty_methods = {
	.iVersion = 2,
	.xClose = faulty_close,
	.xRead = faulty_read,
	.xWrite = faulty_write,
	.xTruncate = faulty_truncate,
	.xSync = faulty_sync,
	.xFileSize = faulty_size,
	.xLock = faulty_lock,
	.xUnlock = faulty_unlock,
	.xCheckReservedLock = faulty_reserved,
	.xFileControl = faulty_control,
	.xSectorSize = faulty_sector,
	.xDeviceCharacteristics = faulty_traits,
	.xShmMap = faulty_shm_map,
	.xShmLock = faulty_shm_lock,
	.xShmBarrier = faulty_shm_barrier,
	.xShmUnmap = faulty_shm_unmap,
};

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
	struct faulty_vfs *v = (struct faulty_vfs *)vfs;
	struct faulty_file *ff = faulty(file);
	int code;

	ff->vfs = v;
	ff->real = (sqlite3_file *)(ff + 1);
	code = v->real->xOpen(v->real, name, ff->real, flags, out);
	ff->base.pMethods = ff->real->pMethods ? &faulty_methods : NULL;
	return code;
}

static int faulty_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
	struct faulty_vfs *v = (struct faulty_vfs *)vfs;
	int code = other_fault(v->sweep);

	return code ? code : v->real->xDelete(v->real, name, sync_folder);
}

void state_faults_begin(struct fixture *f, struct sweep *w)
{
	struct faulty_vfs *v = ARENA_NEW(f->a, struct faulty_vfs);

	v->real = sqlite3_vfs_find(NULL);
	v->base = *v->real;
	v->base.pNext = NULL;
	v->base.zName = "faulty";
	v->base.szOsFile = (int)sizeof(struct faulty_file) + v->real->szOsFile;
	v->base.xOpen = faulty_open;
	v->base.xDelete = faulty_delete;
	v->sweep = w;
	if (sqlite3_vfs_register(&v->base, 1) != SQLITE_OK)
		_exit(90);
}

void state_faults_expect(struct fixture *f)
{
	const struct diag *g = f->d.first;

	if (!g || (g->code != DIAG_STATE_IO && g->code != DIAG_STATE_DISK_FULL))
		_exit(91);
	diags_release(&f->d);
}

struct state *state_faults_open(struct fixture *f)
{
	for (int i = 0; i < TRIES; i++) {
		struct state *s = state_open(f->path, STATE_WRITE, &f->clock.base, &f->d);

		if (s)
			return s;
		state_faults_expect(f);
	}
	_exit(92);
}

static void start_over(struct fixture *f)
{
	static const char *const endings[] = {"", "-wal", "-shm", "-journal"};

	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		if (unlink(state_fixture_beside(f, endings[i])) != 0)
			assert_int_equal(errno, ENOENT);
	diags_release(&f->d);
}

void state_faults_sweep(struct fixture *f, enum fault fault, const struct sweep_test *t)
{
	bool kills = fault == FAULT_KILL || fault == FAULT_TEAR;
	struct sweep *w =
		mmap(NULL, sizeof(*w), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int calls = 1 - t->stride;

	assert_true(w != MAP_FAILED);
	do {
		int status;

		*w = (struct sweep){.fault = fault, .calls_left = calls += t->stride};
		status = state_fixture_child(f, t->live, w);
		assert_int_equal(status, w->fired && kills ? -SIGKILL : 0);
		if (!kills)
			assert_int_equal(w->committed, t->commits);
		t->verify(f, w);
		start_over(f);
	} while (w->fired);
	assert_true(calls > 2 * t->commits); /* the faults did meet the commits */
	munmap(w, sizeof(*w));
}
