/*
 * Recorded state when the process is killed, or the disk fails, at every single write.
 *
 * A child runs the life of three operations, a good state and what leads back to it, and a new
 * name, on a file system layer that lets N calls that
 * change files pass and then kills it, tears the write and kills it, or answers with an
 * error; N counts up until nothing is left to fail.  Each time the state must open, pass
 * its check, and hold everything that was committed, whole.
 */
#include "tests/unit/state_fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"

#define TRIES 5

enum fault { FAULT_KILL, FAULT_TEAR, FAULT_IO, FAULT_FULL };

/* Shared by parent and child. */
struct sweep {
	enum fault fault;
	int calls_left; /* until the fault */
	int committed;  /* commits that returned 0 */
	bool fired;
};

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

/* In the child alone: from here on every database is on the faulty file system. */
static void make_files_faulty(struct fixture *f, struct sweep *w)
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

#define COMMITS 6
#define EDITS 4 /* at most, of one commit */

/* Commit number n of the story: begin, done, replace and begin, done and good; replace and
 * begin, the old one comes back and gets another name. */
static int tell(struct fixture *f, struct state *s, int n)
{
	struct record page = state_fixture_record(&state_fixture_east, "Page"), old = page;
	struct operation first = state_fixture_operation("op1", &page);
	struct operation second = state_fixture_operation("op2", &page);
	struct operation third = state_fixture_operation("op3", &page);
	struct record replaced = page;
	struct instance_record east = {.id = state_fixture_east, .status = "CURRENT"};
	struct state_edit edits[COMMITS][EDITS] = {
		{{.kind = EDIT_BEGIN, .op = &first}, {.kind = EDIT_PENDING, .op = &first}},
		{{.kind = EDIT_PUT_RECORD, .record = &page}, {.kind = EDIT_END, .op = &first}},
		{{.kind = EDIT_DEPOSE, .record = &old}, {.kind = EDIT_BEGIN, .op = &second}},
		{{.kind = EDIT_PUT_RECORD, .record = &page},
		 {.kind = EDIT_END, .op = &second},
		 {.kind = EDIT_PUT_INSTANCE, .instance = &east},
		 {.kind = EDIT_GOOD, .instance = &east}},
		{{.kind = EDIT_DEPOSE, .record = &replaced, .keep = true},
		 {.kind = EDIT_BEGIN, .op = &third}},
		{{.kind = EDIT_RESTORE, .record = &replaced},
		 {.kind = EDIT_END, .op = &third},
		 {.kind = EDIT_MOVE, .record = &page, .as = "Site"}},
	};
	static const size_t counts[COMMITS] = {2, 2, 2, 4, 2, 3};

	old.deposed = "op2";
	replaced.deposed = "op3";
	third.result = OPERATION_FAILED;
	first.result = second.result = OPERATION_SUCCEEDED;
	return state_commit(s, edits[n], counts[n], &f->d);
}

/* An error must have been said, and the right kind of error. */
static void expect_disk_error(struct fixture *f)
{
	const struct diag *g = f->d.first;

	if (!g || (g->code != DIAG_STATE_IO && g->code != DIAG_STATE_DISK_FULL))
		_exit(91);
	diags_release(&f->d);
}

static struct state *open_stubbornly(struct fixture *f)
{
	for (int i = 0; i < TRIES; i++) {
		struct state *s = state_open(f->path, STATE_WRITE, &f->clock.base, &f->d);

		if (s)
			return s;
		expect_disk_error(f);
	}
	_exit(92);
}

static void lock_stubbornly(struct fixture *f, struct state *s)
{
	struct lock_owner owner = state_fixture_owner();

	for (int i = 0; i < TRIES; i++) {
		if (state_lock(s, &(struct lock_request){&state_fixture_east, 1, &owner, NULL},
			       &f->d) == 0)
			return;
		expect_disk_error(f);
	}
	_exit(93);
}

static void live(struct fixture *f, void *context)
{
	struct sweep *w = context;
	struct state *s;

	make_files_faulty(f, w);
	s = open_stubbornly(f);
	lock_stubbornly(f, s);
	for (int n = 0, tries = 0; n < COMMITS; tries++) {
		if (tries > COMMITS + TRIES)
			_exit(94);
		if (tell(f, s, n) == 0)
			w->committed = ++n;
		else
			expect_disk_error(f);
	}
	state_close(s);
}

/* How much of the story is recorded; -1 when it is none of its beginnings. */
static int story_length(struct fixture *f, struct state *s)
{
	static const struct {
		size_t records, open, kept, instances;
		const char *name;
	} lengths[COMMITS + 1] = {
		{0, 0, 0, 0, ""},     {0, 1, 0, 0, ""},     {1, 0, 0, 0, "Page"},
		{1, 1, 0, 0, "Page"}, {2, 0, 0, 1, "Page"}, {2, 1, 1, 1, "Page"},
		{2, 0, 1, 1, "Site"},
	};
	struct record_list records, kept;
	struct instance_list instances;
	struct operation_list open;
	const char *name;

	assert_int_equal(state_load_records(s, NULL, f->a, &records, &f->d), 0);
	assert_int_equal(state_load_kept(s, NULL, f->a, &kept, &f->d), 0);
	assert_int_equal(state_load_instances(s, f->a, &instances, &f->d), 0);
	assert_int_equal(state_load_open_operations(s, NULL, f->a, &open, &f->d), 0);
	name = records.count ? records.items[0].addr.logical_id : "";
	for (int i = 0; i <= COMMITS; i++)
		if (lengths[i].records == records.count && lengths[i].open == open.count &&
		    lengths[i].kept == kept.count && lengths[i].instances == instances.count &&
		    strcmp(lengths[i].name, name) == 0)
			return i;
	return -1;
}

static int64_t generation_of(struct fixture *f, struct state *s)
{
	struct instance_list instances;

	assert_int_equal(state_load_instances(s, f->a, &instances, &f->d), 0);
	assert_int_equal(instances.count, 1);
	return instances.items[0].generation;
}

/* Afterwards, on a disk that works. */
static void assert_nothing_lost(struct fixture *f, const struct sweep *w)
{
	struct lock_owner owner = state_fixture_owner();
	struct state *s = state_fixture_open(f, STATE_WRITE);
	int length = story_length(f, s);

	assert_int_equal(state_check(s, &f->d), 0);
	assert_true(length == w->committed || length == w->committed + 1);
	diags_release(&f->d);
	assert_int_equal(
		state_lock(s, &(struct lock_request){&state_fixture_east, 1, &owner, NULL}, &f->d),
		0);
	for (int n = length; n < COMMITS; n++)
		assert_int_equal(tell(f, s, n), 0);
	assert_int_equal(generation_of(f, s), 1);
	assert_int_equal(story_length(f, s), COMMITS);
	state_close(s);
}

static void start_over(struct fixture *f)
{
	static const char *const endings[] = {"", "-wal", "-shm", "-journal"};

	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		if (unlink(state_fixture_beside(f, endings[i])) != 0)
			assert_int_equal(errno, ENOENT);
	diags_release(&f->d);
}

static void sweep_all(struct fixture *f, enum fault fault)
{
	bool kills = fault == FAULT_KILL || fault == FAULT_TEAR;
	struct sweep *w =
		mmap(NULL, sizeof(*w), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int calls = 0;

	assert_true(w != MAP_FAILED);
	do {
		int status;

		*w = (struct sweep){.fault = fault, .calls_left = ++calls};
		status = state_fixture_child(f, live, w);
		assert_int_equal(status, w->fired && kills ? -SIGKILL : 0);
		if (!kills)
			assert_int_equal(w->committed, COMMITS);
		assert_nothing_lost(f, w);
		start_over(f);
	} while (w->fired);
	assert_true(calls > 2 * COMMITS); /* the faults did meet the commits */
	munmap(w, sizeof(*w));
}

static void killed_before_any_write_nothing_committed_is_lost(void **state)
{
	sweep_all(*state, FAULT_KILL);
}

static void killed_within_any_write_nothing_committed_is_lost(void **state)
{
	sweep_all(*state, FAULT_TEAR);
}

static void a_disk_error_at_any_write_is_said_and_can_be_repeated(void **state)
{
	sweep_all(*state, FAULT_IO);
}

static void a_full_disk_at_any_write_is_said_and_can_be_repeated(void **state)
{
	sweep_all(*state, FAULT_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(killed_before_any_write_nothing_committed_is_lost),
		STATE_TEST(killed_within_any_write_nothing_committed_is_lost),
		STATE_TEST(a_disk_error_at_any_write_is_said_and_can_be_repeated),
		STATE_TEST(a_full_disk_at_any_write_is_said_and_can_be_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
