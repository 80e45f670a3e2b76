/* What instances, runs and results are made from: one row for all that is the same, and none that
 * nobody names. */
#include "tests/unit/state_fixture.h"

#include <string.h>

#include "engine/result.h"

#define ONE "{\"commit\":\"11\"}"
#define TWO "{\"commit\":\"22\"}"

static void expect_rows(struct fixture *f, struct state *s, int wanted)
{
	sqlite3_stmt *q = NULL;

	assert_int_equal(sqlite3_prepare_v2(s->db, "SELECT count(*) FROM version", -1, &q, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(q, 0), wanted);
	sqlite3_finalize(q);
	assert_int_equal(state_check(s, &f->d), 0);
}

static void deploy(struct fixture *f, struct state *s, const struct instance_id *id,
		   const char *version)
{
	const struct instance_record n = {.id = *id, .status = "CURRENT", .version = version};
	const struct state_edit edits[] = {{.kind = EDIT_PUT_INSTANCE, .instance = &n},
					   {.kind = EDIT_GOOD, .instance = &n}};

	assert_int_equal(state_commit(s, edits, ARRAY_LEN(edits), &f->d), 0);
}

static void put_run(struct fixture *f, struct state *s, const char *id, const char *version)
{
	const struct run_record run = {.id = id,
				       .started_ms = FIXTURE_START_MS,
				       .ended_ms = FIXTURE_START_MS + 1,
				       .status = "SUCCEEDED",
				       .version = version};
	const struct instance_result result = {
		.run = id, .id = state_fixture_east, .status = "SUCCEEDED", .version = version};

	assert_int_equal(state_put_run(s, &run, &f->d), 0);
	assert_int_equal(state_put_results(s, &result, 1, &f->d), 0);
}

static void what_is_the_same_is_one_row(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open_locked(f);
	struct instance_list list;
	struct result_list results;
	struct run_list runs;

	deploy(f, s, &state_fixture_east, ONE);
	deploy(f, s, &state_fixture_west, ONE);
	put_run(f, s, "r1", ONE);
	expect_rows(f, s, 1);
	assert_int_equal(state_load_instances(s, f->a, &list, &f->d), 0);
	assert_string_equal(list.items[0].version, ONE);
	assert_string_equal(list.items[1].version, ONE);
	assert_int_equal(state_load_runs(s, 0, f->a, &runs, &f->d), 0);
	assert_string_equal(runs.items[0].version, ONE);
	assert_int_equal(state_load_last_results(s, f->a, &results, &f->d), 0);
	assert_string_equal(results.items[0].version, ONE);
	state_close(s);
}

static void what_nobody_names_any_more_goes(void **state)
{
	const struct history_bounds latest = {.run_count = 1};
	const struct instance_record east = {.id = state_fixture_east};
	const struct state_edit drop = {.kind = EDIT_DROP_INSTANCE, .instance = &east};
	struct fixture *f = *state;
	struct state *s = state_fixture_open_locked(f);

	deploy(f, s, &state_fixture_east, ONE);
	deploy(f, s, &state_fixture_east, TWO);
	expect_rows(f, s, 1);
	assert_int_equal(state_commit(s, &drop, 1, &f->d), 0);
	expect_rows(f, s, 0);
	put_run(f, s, "r1", ONE);
	put_run(f, s, "r2", TWO);
	expect_rows(f, s, 2);
	assert_int_equal(state_prune(s, &latest, &f->d), 0);
	expect_rows(f, s, 1);
	deploy(f, s, &state_fixture_east, TWO);
	put_run(f, s, "r3", ONE);
	assert_int_equal(state_prune(s, &latest, &f->d), 0);
	expect_rows(f, s, 2);
	state_close(s);
}

static void expect_damage(struct fixture *f, const char *sql)
{
	struct state *s = state_fixture_open_locked(f);
	struct instance_list list;

	deploy(f, s, &state_fixture_east, ONE);
	state_close(s);
	state_fixture_sql(f, sql);
	s = state_fixture_open(f, STATE_READ);
	assert_int_equal(state_load_instances(s, f->a, &list, &f->d), -1);
	state_fixture_expect(f, DIAG_STATE_CORRUPT);
	state_close(s);
}

static void a_version_that_was_changed_is_damage(void **state)
{
	expect_damage(*state, "UPDATE version SET document = '{}'");
}

static void a_version_that_is_missing_is_damage(void **state)
{
	expect_damage(*state, "DELETE FROM version");
}

static void another_version_in_its_place_is_damage(void **state)
{
	expect_damage(*state, "UPDATE instance SET made_from = ''");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(what_is_the_same_is_one_row),
		STATE_TEST(what_nobody_names_any_more_goes),
		STATE_TEST(a_version_that_was_changed_is_damage),
		STATE_TEST(a_version_that_is_missing_is_damage),
		STATE_TEST(another_version_in_its_place_is_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
