/* Recorded state of other versions: converted with a kept copy, or left as it is. */
#include "tests/unit/state_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "engine/result.h"

#define FIXTURE_V1 "tests/fixtures/state/v1.db"
#define FIXTURE_V2 "tests/fixtures/state/v2.db"
#define FIXTURE_V3 "tests/fixtures/state/v3.db"

#define FIXTURE_VERSION "{\"nowhere\":\"no commit yet\"}"

/* A file of ours before the first released schema: nothing in it that anybody knows. */
static void make_version_0(struct fixture *f)
{
	assert_int_equal(file_make_dirs(path_dir(f->a, f->path)), 0);
	state_fixture_sql(f, "PRAGMA application_id = 0x48414450; PRAGMA user_version = 0;"
			     "CREATE TABLE early (note TEXT); INSERT INTO early VALUES ('kept')");
}

static int read_number(const char *path, const char *sql)
{
	sqlite3_stmt *q = NULL;
	int number;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	number = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	sqlite3_close(db);
	return number;
}

static void an_older_file_is_converted_and_a_copy_is_kept(void **state)
{
	struct fixture *f = *state;
	const char *backup = state_fixture_beside(f, ".bak-v0");
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct state *s;
	struct stat st;

	make_version_0(f);
	s = state_fixture_open_locked(f);
	assert_int_equal(f->d.first->code, DIAG_STATE_MIGRATION);
	assert_int_equal(f->d.first->severity, DIAG_NOTE);
	state_fixture_put(f, s, &page);
	assert_int_equal(state_check(s, &f->d), 0);
	state_close(s);
	assert_int_equal(read_number(f->path, "PRAGMA user_version"), STATE_SCHEMA_VERSION);
	assert_int_equal(read_number(f->path, "SELECT count(*) FROM early"), 1);
	assert_int_equal(read_number(backup, "PRAGMA user_version"), 0);
	assert_int_equal(read_number(backup, "SELECT count(*) FROM early"), 1);
	assert_int_equal(stat(backup, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_kept_copy_is_never_overwritten(void **state)
{
	struct fixture *f = *state;
	const char *backup = state_fixture_beside(f, ".bak-v0");

	make_version_0(f);
	assert_int_equal(file_write_atomic(backup, TEXT_LIT("an earlier copy")), 0);
	state_close(state_fixture_open(f, STATE_WRITE));
	assert_true(text_is(state_fixture_bytes(f, backup), "an earlier copy"));
	assert_int_equal(read_number(state_fixture_beside(f, ".bak-v0-2"), "PRAGMA user_version"),
			 0);
}

static void a_reader_converts_in_memory_alone(void **state)
{
	struct fixture *f = *state;
	struct text before;
	struct state *s;

	make_version_0(f);
	before = state_fixture_bytes(f, f->path);
	s = state_fixture_open(f, STATE_READ);
	assert_int_equal(state_fixture_count_records(f, s), 0);
	assert_int_equal(state_check(s, &f->d), 0);
	state_close(s);
	assert_true(text_eq(state_fixture_bytes(f, f->path), before));
	assert_false(file_exists(state_fixture_beside(f, ".bak-v0")));
}

static void a_step_that_fails_leaves_the_file_and_the_copy(void **state)
{
	static const struct migration broken_steps[] = {
		{"CREATE TABLE half_way (x)", NULL},
		{"CREATE TABLE early (note TEXT)", NULL},
	};
	static const struct schema_history broken = {broken_steps, 2};
	struct fixture *f = *state;

	make_version_0(f);
	assert_null(state_open_as(f->path, STATE_WRITE, &f->clock.base, &broken, &f->d));
	assert_string_equal(
		f->d.first->summary,
		arena_printf(f->a, "recorded state '%s' cannot be converted from schema version 0",
			     f->path));
	assert_non_null(strstr(f->d.first->hint, "state.db.bak-v0"));
	state_fixture_expect(f, DIAG_STATE_MIGRATION);
	assert_int_equal(read_number(f->path, "PRAGMA user_version"), 0);
	assert_int_equal(read_number(f->path, "SELECT count(*) FROM sqlite_schema"), 1);
	assert_int_equal(read_number(state_fixture_beside(f, ".bak-v0"), "PRAGMA user_version"), 0);
	assert_null(state_open_as(f->path, STATE_READ, &f->clock.base, &broken, &f->d));
	state_fixture_expect(f, DIAG_STATE_MIGRATION);
	state_close(state_fixture_open(f, STATE_WRITE));
}

/* The next release's history: one step more. */
static void steps_follow_one_another(void **state)
{
	struct fixture *f = *state;
	struct migration next_steps[STATE_SCHEMA_VERSION + 1];
	struct schema_history next = {next_steps, STATE_SCHEMA_VERSION + 1};
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct state *s = state_fixture_open_locked(f);

	state_fixture_put(f, s, &page);
	state_close(s);
	memcpy(next_steps, state_schema()->steps, sizeof(next_steps[0]) * STATE_SCHEMA_VERSION);
	next_steps[STATE_SCHEMA_VERSION] =
		(struct migration){"ALTER TABLE record ADD COLUMN colour TEXT", NULL};
	s = state_open_as(f->path, STATE_WRITE, &f->clock.base, &next, &f->d);
	assert_non_null(s);
	assert_int_equal(state_fixture_count_records(f, s), 1);
	assert_int_equal(schema_compare(s, &next, &f->d), 0);
	state_close(s);
	assert_int_equal(read_number(f->path, "PRAGMA user_version"), STATE_SCHEMA_VERSION + 1);
	assert_true(file_exists(state_fixture_beside(f, ".bak-v4")));
	diags_release(&f->d);
	state_fixture_refused(f, STATE_WRITE, DIAG_STATE_NEWER);
}

static void two_that_make_the_same_file_share_it(void **state)
{
	struct fixture *f = *state;
	struct state *one = state_fixture_open(f, STATE_WRITE), *two;
	struct text before;

	assert_int_equal(state_file_create(f->path, state_schema(), &f->clock.base, &f->d), 0);
	two = state_fixture_open(f, STATE_WRITE);
	assert_memory_equal(one->salt, two->salt, sizeof(one->salt));
	state_close(one);
	state_close(two);
	before = state_fixture_bytes(f, f->path);
	assert_int_equal(state_file_create(f->path, state_schema(), &f->clock.base, &f->d), 0);
	assert_true(text_eq(state_fixture_bytes(f, f->path), before));
}

/*
 * Databases of every released version stay here.  When a version is released, run this
 * program once with HADEPLOY_MAKE_FIXTURE=tests/fixtures/state/vN.db and commit the file.
 */
static void make_released(struct fixture *f, const char *to_path)
{
	struct record page = state_fixture_record(&state_fixture_east, "Page"), old = page;
	struct operation ended = state_fixture_operation("0123456789abcdef", &page);
	struct operation open = state_fixture_operation("fedcba9876543210", &page);
	struct instance_record east = {state_fixture_east,
				       "{\"Port\":80}",
				       "{\"Url\":\"http://x\"}",
				       "stacks/web.yaml",
				       "abc",
				       "INCOMPLETE",
				       FIXTURE_START_MS,
				       "{\"url\":\"Url\"}",
				       "[{\"Export\":\"net\"}]",
				       0,
				       false,
				       FIXTURE_VERSION};
	struct state_edit first[] = {{.kind = EDIT_BEGIN, .op = &ended},
				     {.kind = EDIT_PUT_RECORD, .record = &page},
				     {.kind = EDIT_END, .op = &ended}};
	struct state_edit second[] = {{.kind = EDIT_DEPOSE, .record = &old},
				      {.kind = EDIT_BEGIN, .op = &open},
				      {.kind = EDIT_PENDING, .op = &open},
				      {.kind = EDIT_PUT_INSTANCE, .instance = &east}};
	const struct run_record run = {.id = "20261120-153229-9f2c0a",
				       .command = "apply",
				       .started_ms = FIXTURE_START_MS,
				       .ended_ms = FIXTURE_START_MS + 1,
				       .status = "FAILED"};
	const struct instance_result result = {
		.run = run.id, .id = state_fixture_east, .status = "FAILED", .reason = "it broke"};
	struct state *s = state_fixture_open_locked(f);

	ended.result = OPERATION_SUCCEEDED;
	assert_int_equal(state_commit(s, first, ARRAY_LEN(first), &f->d), 0);
	old.deposed = open.id;
	open.token = "{\"v\":1}";
	open.attempts = 1;
	assert_int_equal(state_commit(s, second, ARRAY_LEN(second), &f->d), 0);
	assert_int_equal(state_put_run(s, &run, &f->d), 0);
	assert_int_equal(state_put_results(s, &result, 1, &f->d), 0);
	state_close(s);
	state_fixture_sql(f, "VACUUM");
	assert_int_equal(file_write_atomic(to_path, state_fixture_bytes(f, f->path)), 0);
}

struct released {
	const char *exports;
	int64_t born;
};

static void assert_released_is_whole(struct fixture *f, struct state *s, const struct released *is)
{
	struct record_list records;
	struct operation_list operations;
	struct instance_list instances;

	assert_int_equal(state_check(s, &f->d), 0);
	assert_int_equal(state_load_records(s, NULL, f->a, &records, &f->d), 0);
	assert_int_equal(records.count, 1);
	assert_string_equal(records.items[0].id, "web-e1:/srv/page");
	assert_string_equal(records.items[0].deposed, "fedcba9876543210");
	assert_int_equal(records.items[0].version, 2);
	assert_int_equal(state_load_open_operations(s, NULL, f->a, &operations, &f->d), 0);
	assert_int_equal(operations.count, 1);
	assert_string_equal(operations.items[0].token, "{\"v\":1}");
	assert_string_equal(operations.items[0].intended.inputs,
			    "{\"Content\":\"hello\",\"Mode\":\"0644\"}");
	assert_int_equal(state_load_instances(s, f->a, &instances, &f->d), 0);
	assert_int_equal(instances.count, 1);
	assert_string_equal(instances.items[0].status, "INCOMPLETE");
	assert_string_equal(instances.items[0].exports, is->exports);
	assert_string_equal(instances.items[0].version, "");
	assert_int_equal(instances.items[0].generation, 0);
	assert_int_equal(records.items[0].born, is->born);
	assert_string_equal(operations.items[0].run, "");
}

/* What an older version recorded counts as good. */
static void assert_old_records_are_kept(struct fixture *f, struct state *s)
{
	struct record old = {.addr = {state_fixture_east, "Page"}, .deposed = "fedcba9876543210"};
	struct state_edit edits[] = {
		{.kind = EDIT_RESTORE, .record = &old},
		{.kind = EDIT_DROP_RECORD,
		 .record = &(struct record){.addr = old.addr},
		 .keep = true},
	};
	struct record_list kept;

	assert_int_equal(state_commit(s, edits, ARRAY_LEN(edits), &f->d), 0);
	assert_int_equal(state_load_kept(s, &state_fixture_east, f->a, &kept, &f->d), 0);
	assert_int_equal(kept.count, 1);
	assert_string_equal(kept.items[0].id, "web-e1:/srv/page");
	assert_int_equal(state_check(s, &f->d), 0);
}

static void copy_fixture(struct fixture *f, const char *path)
{
	assert_int_equal(file_make_dirs(path_dir(f->a, f->path)), 0);
	assert_int_equal(file_write_atomic(f->path, state_fixture_bytes(f, path)), 0);
}

static void assert_opens(struct fixture *f, const char *path, const struct released *is)
{
	struct state *s;

	copy_fixture(f, path);
	s = state_fixture_open(f, STATE_READ);
	assert_released_is_whole(f, s, is);
	state_close(s);
	s = state_fixture_open_locked(f);
	assert_released_is_whole(f, s, is);
	if (is->born == BORN_BEFORE)
		assert_old_records_are_kept(f, s);
	state_close(s);
}

static void state_of_version_1_still_opens(void **state)
{
	assert_opens(*state, FIXTURE_V1, &(struct released){"", BORN_BEFORE});
}

static void state_of_version_2_still_opens(void **state)
{
	assert_opens(*state, FIXTURE_V2, &(struct released){"{\"url\":\"Url\"}", BORN_BEFORE});
}

/* Nobody recorded what its run was made from. */
static void assert_run_has_no_version(struct fixture *f)
{
	struct state *s = state_fixture_open(f, STATE_READ);
	struct result_list results;
	struct run_list runs;

	assert_int_equal(state_load_runs(s, 0, f->a, &runs, &f->d), 0);
	assert_int_equal(runs.count, 1);
	assert_string_equal(runs.items[0].status, "FAILED");
	assert_string_equal(runs.items[0].version, "");
	assert_int_equal(state_load_results(s, runs.items[0].id, f->a, &results, &f->d), 0);
	assert_int_equal(results.count, 1);
	assert_string_equal(results.items[0].version, "");
	state_close(s);
}

static void state_of_version_3_still_opens(void **state)
{
	struct fixture *f = *state;
	const char *make = getenv("HADEPLOY_MAKE_FIXTURE");

	if (make) {
		make_released(f, make);
		skip();
	}
	copy_fixture(f, FIXTURE_V3);
	assert_run_has_no_version(f);
	assert_opens(f, FIXTURE_V3, &(struct released){"{\"url\":\"Url\"}", 0});
	assert_run_has_no_version(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(an_older_file_is_converted_and_a_copy_is_kept),
		STATE_TEST(a_kept_copy_is_never_overwritten),
		STATE_TEST(a_reader_converts_in_memory_alone),
		STATE_TEST(a_step_that_fails_leaves_the_file_and_the_copy),
		STATE_TEST(steps_follow_one_another),
		STATE_TEST(two_that_make_the_same_file_share_it),
		STATE_TEST(state_of_version_1_still_opens),
		STATE_TEST(state_of_version_2_still_opens),
		STATE_TEST(state_of_version_3_still_opens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
