/* state_fixture.c - a folder, a clock and records for the tests of recorded state. */
#include "tests/unit/state_fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/unit/scratch.h"

const struct instance_id state_fixture_east = {"web", ACCOUNT_NONE, "east"};
const struct instance_id state_fixture_west = {"web", ACCOUNT_NONE, "west"};

int state_fixture_setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	if (scratch_folder(f->dir, sizeof(f->dir), "hadeploy-state"))
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/.hadeploy/state.db", f->dir);
	clock_fake_init(&f->clock, FIXTURE_START_MS, (uint64_t)getpid());
	f->a = arena_new();
	*state = f;
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

int state_fixture_teardown(void **state)
{
	struct fixture *f = *state;

	nftw(f->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	diags_release(&f->d);
	arena_free(f->a);
	free(f);
	return 0;
}

static void print_diags(const struct diags *d)
{
	for (const struct diag *g = d->first; g; g = g->next)
		print_message("HD%04d %s\n", (int)g->code, g->summary);
}

struct state *state_fixture_open(struct fixture *f, enum state_open_mode mode)
{
	struct state *s = state_open(f->path, mode, &f->clock.base, &f->d);

	if (!s)
		print_diags(&f->d);
	assert_non_null(s);
	return s;
}

void state_fixture_expect(struct fixture *f, enum diag_code code)
{
	const struct diag *g = f->d.first;

	while (g && g->severity != DIAG_ERROR)
		g = g->next;
	if (!g || g->code != code)
		print_diags(&f->d);
	assert_int_equal(g ? (int)g->code : 0, code);
	diags_release(&f->d);
}

void state_fixture_refused(struct fixture *f, enum state_open_mode mode, enum diag_code code)
{
	assert_null(state_open(f->path, mode, &f->clock.base, &f->d));
	assert_int_equal(f->d.error_count, 1);
	state_fixture_expect(f, code);
}

struct lock_owner state_fixture_owner(void)
{
	return (struct lock_owner){"ann", "ci-7", "apply", getpid(), FIXTURE_START_MS};
}

struct state *state_fixture_open_locked(struct fixture *f)
{
	const struct instance_id ids[] = {state_fixture_west, state_fixture_east};
	struct lock_owner owner = state_fixture_owner();
	struct state *s = state_fixture_open(f, STATE_WRITE);

	assert_int_equal(
		state_lock(s, &(struct lock_request){ids, ARRAY_LEN(ids), &owner, NULL}, &f->d), 0);
	return s;
}

struct record state_fixture_record(const struct instance_id *instance, const char *logical_id)
{
	return (struct record){
		.addr = {*instance, logical_id},
		.deposed = "",
		.type = "SSH::File",
		.provider = "ssh",
		.schema_version = 3,
		.id = "web-e1:/srv/page",
		.inputs = "{\"Content\":\"hello\",\"Mode\":\"0644\"}",
		.outputs = "{\"Size\":5}",
		.private_bytes = TEXT_LIT("\x00\xff\x01"),
		.sensitive = "[\"/Token\"]",
		.depends_on = "[\"web/-/east/Dir\"]",
		.endpoint = "web-e1",
		.deletion_policy = "Retain",
	};
}

struct operation state_fixture_operation(const char *id, const struct record *intended)
{
	return (struct operation){
		.id = id,
		.addr = intended->addr,
		.deposed = "",
		.action = OPERATION_CREATE,
		.desired_digest = "d1",
		.intended = *intended,
		.begun_ms = FIXTURE_START_MS + 5,
	};
}

void state_fixture_put(struct fixture *f, struct state *s, const struct record *r)
{
	struct state_edit edit = {.kind = EDIT_PUT_RECORD, .record = r};
	int result = state_commit(s, &edit, 1, &f->d);

	if (result != 0)
		print_diags(&f->d);
	assert_int_equal(result, 0);
}

size_t state_fixture_count_records(struct fixture *f, struct state *s)
{
	struct record_list list;

	assert_int_equal(state_load_records(s, NULL, f->a, &list, &f->d), 0);
	return list.count;
}

void state_fixture_sql(struct fixture *f, const char *sql)
{
	char *why = NULL;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	sqlite3_exec(db, sql, NULL, NULL, &why);
	if (why)
		print_message("%s\n", why);
	assert_null(why);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

struct text state_fixture_bytes(struct fixture *f, const char *path)
{
	struct str content = STR_INIT;
	struct text copy;

	assert_int_equal(file_read(path, (size_t)16 << 20, &content), 0);
	copy = (struct text){arena_text(f->a, str_text(&content)), content.len};
	str_release(&content);
	return copy;
}

const char *state_fixture_beside(struct fixture *f, const char *suffix)
{
	return arena_printf(f->a, "%s%s", f->path, suffix);
}

int state_fixture_child(struct fixture *f, void (*body)(struct fixture *f, void *context),
			void *context)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		body(f, context);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}
