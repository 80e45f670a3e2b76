/* Rows of recorded state as JSON, and back into a new one: all of it, or a reason. */
#include "tests/unit/state_fixture.h"

#include <string.h>
#include <unistd.h>

#include "engine/recreation.h"
#include "engine/result.h"
#include "engine/runbook/journal.h"
#include "engine/state_rows.h"

#define VERSION "{\"commit\":\"11\"}"

/* --- something in every table --- */

static void put_run(struct fixture *f, struct state *s, const char *id, int64_t ended_ms)
{
	const struct run_record run = {.id = id,
				       .command = "apply",
				       .started_ms = FIXTURE_START_MS,
				       .ended_ms = ended_ms,
				       .status = ended_ms ? "SUCCEEDED" : "",
				       .version = VERSION};
	const struct instance_result result = {
		.run = id, .id = state_fixture_east, .status = "SUCCEEDED", .version = VERSION};

	assert_int_equal(state_put_run(s, &run, &f->d), 0);
	assert_int_equal(state_put_results(s, &result, 1, &f->d), 0);
}

static void put_execution(struct fixture *f, struct state *s)
{
	const struct execution_ask ask = {.request = REQUEST_PAUSE,
					  .step = "",
					  .reason = "\xC3\xA9",
					  .text = "",
					  .by = state_fixture_owner()};
	struct execution_row row = {.id = "e1",
				    .runbook = "failover",
				    .parameters = "{\"From\":\"east\"}",
				    .owner = state_fixture_owner(),
				    .started_ms = FIXTURE_START_MS};

	assert_int_equal(journal_begin(s, &row, "{\"Runbook\": \"failover\"}", &f->d), 0);
	assert_int_equal(journal_ask(s, "e1", &ask, &f->d), 0);
}

static void put_shared(struct fixture *f, struct state *s)
{
	const struct parameter_override o = {state_fixture_east,  "Size",
					     "{\"$hex\":\"00\"}", "e1",
					     "failover",          FIXTURE_START_MS};
	const struct check_sample c = {"db", "east", FIXTURE_START_MS, true, "", "{}"};
	const struct recreation lost = {"west", "east",           "r9", "ann",
					"here", FIXTURE_START_MS, "[]"};

	assert_int_equal(journal_put_overrides(s, &o, 1, &f->d), 0);
	assert_int_equal(journal_put_samples(s, &c, 1, &f->d), 0);
	assert_int_equal(recreation_begin(s, &lost, &f->d), 0);
}

static struct state *filled(struct fixture *f)
{
	struct state *s = state_fixture_open_locked(f);
	struct record east = state_fixture_record(&state_fixture_east, "Page");
	struct record west = state_fixture_record(&state_fixture_west, "Page");
	struct record next = state_fixture_record(&state_fixture_east, "Next");
	struct operation open = state_fixture_operation("op1", &next);
	const struct instance_record n = {
		.id = state_fixture_east, .status = "CURRENT", .version = VERSION};
	const struct state_edit edits[] = {{.kind = EDIT_PUT_INSTANCE, .instance = &n},
					   {.kind = EDIT_PUT_RECORD, .record = &east},
					   {.kind = EDIT_PUT_RECORD, .record = &west},
					   {.kind = EDIT_GOOD, .instance = &n},
					   {.kind = EDIT_BEGIN, .op = &open}};
	const struct state_edit again = {.kind = EDIT_PUT_RECORD, .record = &east, .keep = true};

	assert_int_equal(state_commit(s, edits, ARRAY_LEN(edits), &f->d), 0);
	east.inputs = "{\"Content\":\"other\"}"; /* what was good is kept */
	assert_int_equal(state_commit(s, &again, 1, &f->d), 0);
	put_run(f, s, "r1", FIXTURE_START_MS + 1);
	put_run(f, s, "r2", 0);
	put_execution(f, s);
	put_shared(f, s);
	return s;
}

/* --- there and back --- */

static struct rows_list keys_of(struct fixture *f, struct state *s)
{
	struct rows_list all = {ARENA_ARRAY(f->a, 64, struct rows_key), 0}, some;

	for (int of = 0; of < ROWS_OF_COUNT; of++) {
		assert_int_equal(rows_list(s, (enum rows_of)of, f->a, &some, &f->d), 0);
		for (size_t i = 0; i < some.count; i++)
			all.items[all.count++] = some.items[i];
	}
	return all;
}

static json_t *file_of(struct fixture *f, struct state *s, const struct rows_key *key)
{
	bool empty;
	json_t *file = rows_file(s, key, &empty, &f->d);

	assert_non_null(file);
	assert_false(empty);
	return file;
}

static const char *bytes_of(struct fixture *f, const json_t *file)
{
	struct str text = STR_INIT;
	const char *kept;

	rows_text(file, &text);
	kept = arena_strdup(f->a, str_cstr(&text));
	str_release(&text);
	return kept;
}

static struct state *new_state(struct fixture *f, const char *name)
{
	struct state *s = state_open(arena_printf(f->a, "%s/%s/state.db", f->dir, name),
				     STATE_WRITE, &f->clock.base, &f->d);

	assert_non_null(s);
	return s;
}

/* Why it is refused; NULL: it is not. */
static const char *fill_new(struct fixture *f, const struct rows_key *key, const json_t *file)
{
	static int number;
	struct state *to = new_state(f, arena_printf(f->a, "new%d", ++number));
	const char *why = NULL;
	int rc;

	assert_int_equal(rows_fill_begin(to, &f->d), 0);
	rc = rows_fill(to, key, file, f->a, &why);
	assert_int_equal(rc != 0, why != NULL);
	state_close(to);
	return why;
}

static void all_tables_come_back(void **state)
{
	struct fixture *f = *state;
	struct state *from = filled(f), *to = new_state(f, "other");
	struct rows_list keys = keys_of(f, from), again;
	const char *why;

	assert_int_equal(rows_fill_begin(to, &f->d), 0);
	for (size_t i = 0; i < keys.count; i++) {
		json_t *file = file_of(f, from, &keys.items[i]);

		if (rows_fill(to, &keys.items[i], file, f->a, &why) != 0)
			fail_msg("%s", why);
		json_decref(file);
	}
	assert_int_equal(rows_fill_end(to, &f->d), 0);
	again = keys_of(f, to);
	assert_int_equal(again.count, keys.count);
	for (size_t i = 0; i < keys.count; i++) {
		json_t *x = file_of(f, from, &keys.items[i]), *y = file_of(f, to, &again.items[i]);

		assert_string_equal(bytes_of(f, x), bytes_of(f, y));
		json_decref(x);
		json_decref(y);
	}
	assert_int_equal(state_check(to, &f->d), 0);
	state_close(to);
	state_close(from);
}

static void every_table_of_the_mirror_has_a_row(void **state)
{
	struct fixture *f = *state;
	struct state *s = filled(f);
	struct rows_list keys = keys_of(f, s);
	const char *table;
	json_t *rows;
	json_t *seen = json_object();

	for (size_t i = 0; i < keys.count; i++) {
		json_t *file = file_of(f, s, &keys.items[i]);

		json_object_foreach(json_object_get(file, "rows"), table, rows)
		{
			if (json_array_size(rows) || !json_object_get(seen, table))
				json_object_set_new(seen, table,
						    json_boolean(json_array_size(rows)));
		}
		json_decref(file);
	}
	json_object_foreach(seen, table, rows)
	{
		if (!json_is_true(rows))
			fail_msg("no row of '%s' was tried", table);
	}
	json_decref(seen);
	state_close(s);
}

/* --- what is no good --- */

/* Puts `harm` in place of one column of one row, of all rows in turn. */
static void harm_each(struct fixture *f, const struct rows_key *key, const json_t *file,
		      const json_t *harm)
{
	const char *table, *column;
	json_t *rows, *value;

	json_object_foreach(json_object_get(file, "rows"), table, rows)
	{
		if (!json_array_size(rows))
			continue;
		json_object_foreach(json_array_get(rows, 0), column, value)
		{
			json_t *copy = json_deep_copy(file), *row;

			row = json_array_get(json_object_get(json_object_get(copy, "rows"), table),
					     0);
			json_object_set(row, column, (json_t *)harm);
			if (!json_equal(value, harm) && key->of != ROWS_META &&
			    key->of != ROWS_SAMPLES && !fill_new(f, key, copy))
				fail_msg("'%s' of '%s' can be anything", column, table);
			json_decref(copy);
		}
	}
}

static void a_column_that_was_changed_is_refused(void **state)
{
	struct fixture *f = *state;
	struct state *s = filled(f);
	struct rows_key keys[] = {{.of = ROWS_INSTANCE, .instance = state_fixture_east},
				  {.of = ROWS_RUN, .name = "r1"},
				  {.of = ROWS_EXECUTION, .name = "e1"},
				  {.of = ROWS_OVERRIDES}};
	json_t *harms[] = {json_null(), json_string("\x01 other"), json_real(1.5),
			   json_pack("{s:s}", "$hex", "0")};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		json_t *file = file_of(f, s, &keys[i]);

		for (size_t k = 0; k < ARRAY_LEN(harms); k++)
			harm_each(f, &keys[i], file, harms[k]);
		json_decref(file);
	}
	for (size_t k = 0; k < ARRAY_LEN(harms); k++)
		json_decref(harms[k]);
	state_close(s);
}

static void what_is_no_file_is_refused(void **state)
{
	static const char *const files[] = {
		"{}",
		"[]",
		"{\"format\":2,\"rows\":{}}",
		"{\"format\":1}",
		"{\"format\":1,\"rows\":[]}",
		"{\"format\":1,\"rows\":{\"instance\":{}}}",
		"{\"format\":1,\"rows\":{\"instance\":[1],\"record\":[null]}}",
		"{\"format\":1,\"rows\":{\"run\":[[]],\"result\":[],\"version\":[]}}",
		"{\"format\":1,\"rows\":{\"run\":[],\"result\":[],\"version\":[]}}",
		"{\"format\":1,\"rows\":{\"meta\":[{\"name\":\"x\"}]}}"};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		json_t *file = json_parse(text_of(files[i]), NULL, NULL);

		assert_non_null(file);
		assert_non_null(fill_new(f, &(struct rows_key){.of = ROWS_RUN, .name = "r"}, file));
		assert_non_null(fill_new(
			f, &(struct rows_key){.of = ROWS_INSTANCE, .instance = state_fixture_east},
			file));
		assert_non_null(fill_new(f, &(struct rows_key){.of = ROWS_META}, file));
		json_decref(file);
	}
}

static void a_file_under_another_name_is_refused(void **state)
{
	struct fixture *f = *state;
	struct state *s = filled(f);
	const struct rows_key key = {.of = ROWS_INSTANCE, .instance = state_fixture_east};
	json_t *file = file_of(f, s, &key);

	assert_null(fill_new(f, &key, file));
	assert_non_null(fill_new(
		f, &(struct rows_key){.of = ROWS_INSTANCE, .instance = state_fixture_west}, file));
	json_decref(file);
	state_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(all_tables_come_back),
		STATE_TEST(every_table_of_the_mirror_has_a_row),
		STATE_TEST(a_column_that_was_changed_is_refused),
		STATE_TEST(what_is_no_file_is_refused),
		STATE_TEST(a_file_under_another_name_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
