/* Recorded state: runs, what is asked of them, durations, pruning, fingerprints, seals. */
#include "tests/unit/state_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY_MS 86400000LL

static struct run_record run_of(const char *id, int64_t started_ms)
{
	return (struct run_record){
		.id = id,
		.command = "apply",
		.owner = state_fixture_owner(),
		.started_ms = started_ms,
		.status = "RUNNING",
		.instances = "[\"web/east\"]",
	};
}

static void put_run(struct fixture *f, struct state *s, const struct run_record *r)
{
	assert_int_equal(state_put_run(s, r, &f->d), 0);
}

static struct run_list runs(struct fixture *f, struct state *s, size_t limit)
{
	struct run_list list;

	assert_int_equal(state_load_runs(s, limit, f->a, &list, &f->d), 0);
	return list;
}

static struct operation_list operations(struct fixture *f, struct state *s, const char *run)
{
	struct operation_list list;

	assert_int_equal(state_load_run_operations(s, run, f->a, &list, &f->d), 0);
	return list;
}

/* An operation of a run; ended unless result is OPERATION_OPEN. */
static void operate(struct fixture *f, struct state *s, const char *run, const char *id,
		    enum operation_result result)
{
	struct record r = state_fixture_record(&state_fixture_east, id);
	struct operation op = state_fixture_operation(id, &r);
	struct state_edit begin = {.kind = EDIT_BEGIN, .op = &op};
	struct state_edit end = {.kind = EDIT_END, .op = &op};

	op.run = run;
	op.begun_ms = f->clock.wall_ms;
	assert_int_equal(state_commit(s, &begin, 1, &f->d), 0);
	op.result = result;
	if (result != OPERATION_OPEN)
		assert_int_equal(state_commit(s, &end, 1, &f->d), 0);
}

static void runs_come_back_the_latest_first(void **state)
{
	struct fixture *f = *state;
	struct run_record first = run_of("20251124-160000-aaaaaa", FIXTURE_START_MS);
	struct run_record second = run_of("20251124-160001-000000", FIXTURE_START_MS + 1000);
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct run_list list;

	put_run(f, s, &first);
	put_run(f, s, &second);
	first.ended_ms = FIXTURE_START_MS + 5000;
	first.status = "SUCCEEDED";
	first.counts = "{\"create\":3}";
	put_run(f, s, &first);
	state_close(s);
	s = state_fixture_open(f, STATE_READ);
	list = runs(f, s, 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].id, second.id);
	assert_string_equal(list.items[0].status, "RUNNING");
	assert_string_equal(list.items[0].counts, "{}");
	assert_false(list.items[0].gone);
	assert_string_equal(list.items[1].command, "apply");
	assert_string_equal(list.items[1].owner.user, "ann");
	assert_string_equal(list.items[1].owner.host, "ci-7");
	assert_int_equal(list.items[1].owner.pid, getpid());
	assert_int_equal(list.items[1].started_ms, FIXTURE_START_MS);
	assert_int_equal(list.items[1].ended_ms, FIXTURE_START_MS + 5000);
	assert_string_equal(list.items[1].status, "SUCCEEDED");
	assert_string_equal(list.items[1].instances, "[\"web/east\"]");
	assert_string_equal(list.items[1].counts, "{\"create\":3}");
	assert_int_equal(runs(f, s, 1).count, 1);
	assert_int_equal(state_load_open_runs(s, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].id, second.id);
	state_close(s);
}

static void begin_a_run_and_die(struct fixture *f, void *context)
{
	struct run_record r = run_of("20251124-160000-aaaaaa", FIXTURE_START_MS);
	struct state *s = state_open(f->path, STATE_WRITE, &f->clock.base, &f->d);

	(void)context;
	if (!s || state_put_run(s, &r, &f->d) != 0)
		_exit(1);
}

static void a_run_whose_process_is_gone_shows_as_such(void **state)
{
	struct fixture *f = *state;
	struct state *s;

	assert_int_equal(state_fixture_child(f, begin_a_run_and_die, NULL), 0);
	s = state_fixture_open(f, STATE_READ);
	assert_true(runs(f, s, 0).items[0].gone);
	state_close(s);
}

static void operations_name_their_run(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open_locked(f);
	struct operation_count count;

	operate(f, s, "r1", "zz", OPERATION_SUCCEEDED);
	operate(f, s, "r2", "bb", OPERATION_SUCCEEDED);
	operate(f, s, "r1", "aa", OPERATION_OPEN);
	assert_int_equal(operations(f, s, "r1").count, 2);
	assert_string_equal(operations(f, s, "r1").items[0].id, "zz");
	assert_string_equal(operations(f, s, "r1").items[1].id, "aa");
	assert_string_equal(operations(f, s, "r1").items[1].run, "r1");
	assert_int_equal(operations(f, s, "r3").count, 0);
	assert_int_equal(state_count_run_operations(s, "r1", &count, &f->d), 0);
	assert_int_equal(count.begun, 2);
	assert_int_equal(count.open, 1);
	assert_int_equal(state_check(s, &f->d), 0);
	state_close(s);
}

static void ask(struct fixture *f, struct state *s, enum run_control control, const char *user)
{
	struct control_request q = {control, {user, "ci-7", "operation stop", 7, 0}};

	assert_int_equal(state_put_control(s, "r1", &q, &f->d), 0);
}

static void the_strongest_request_counts_and_says_who(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct state *reader = state_fixture_open(f, STATE_WRITE);
	struct control_request asked;
	enum run_control control;

	assert_int_equal(state_load_control(reader, "r1", &control, &f->d), 0);
	assert_int_equal(control, CONTROL_NONE);
	ask(f, s, CONTROL_STOP, "ann");
	assert_int_equal(state_load_control(reader, "r1", &control, &f->d), 0);
	assert_int_equal(control, CONTROL_STOP);
	ask(f, s, CONTROL_ABORT, "bob");
	ask(f, s, CONTROL_STOP, "cleo");
	assert_int_equal(state_load_control_request(reader, "r1", f->a, &asked, &f->d), 0);
	assert_int_equal(asked.control, CONTROL_ABORT);
	assert_string_equal(asked.by.user, "bob");
	assert_string_equal(asked.by.command, "operation stop");
	assert_int_equal(asked.by.since_ms, FIXTURE_START_MS);
	assert_int_equal(state_load_control(reader, "r2", &control, &f->d), 0);
	assert_int_equal(control, CONTROL_NONE);
	state_close(reader);
	state_close(s);
}

static void durations_come_back_sorted_and_the_latest_stay(void **state)
{
	struct fixture *f = *state;
	int64_t many[DURATION_SAMPLES + 3], few[] = {1, 9223372036854775807LL};
	struct duration items[] = {{"T", "update", "", few, 2},
				   {"T", "create", "web/-/east/P", few, 1},
				   {"T", "create", "", many, ARRAY_LEN(many)}};
	struct duration_list list = {items, ARRAY_LEN(items)};
	struct state *s = state_fixture_open(f, STATE_WRITE);

	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = (int64_t)i;
	assert_int_equal(state_put_durations(s, &list, &f->d), 0);
	few[0] = 5;
	list.count = 1;
	assert_int_equal(state_put_durations(s, &list, &f->d), 0);
	state_close(s);
	s = state_fixture_open(f, STATE_READ);
	assert_int_equal(state_load_durations(s, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 3);
	assert_string_equal(list.items[0].action, "create");
	assert_string_equal(list.items[0].address, "");
	assert_int_equal(list.items[0].count, DURATION_SAMPLES);
	assert_int_equal(list.items[0].samples_ms[0], 3);
	assert_string_equal(list.items[1].address, "web/-/east/P");
	assert_int_equal(list.items[2].samples_ms[0], 5);
	assert_true(list.items[2].samples_ms[1] == 9223372036854775807LL);
	state_close(s);
}

/* Four runs, a day apart, with an operation each; the first one's is open; one stray before. */
static struct state *open_with_history(struct fixture *f)
{
	static const char *const ids[] = {"run-1", "run-2", "run-3", "run-4"};
	struct state *s = state_fixture_open_locked(f);

	operate(f, s, "", "stray", OPERATION_SUCCEEDED);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		struct run_record r = run_of(ids[i], f->clock.wall_ms);

		operate(f, s, ids[i], arena_printf(f->a, "op-%zu", i),
			i ? OPERATION_SUCCEEDED : OPERATION_OPEN);
		r.ended_ms = f->clock.wall_ms + 1;
		put_run(f, s, &r);
		clock_fake_advance(&f->clock, DAY_MS);
	}
	return s;
}

static void assert_runs(struct fixture *f, struct state *s, const char *expected)
{
	struct run_list list = runs(f, s, 0);
	const char *text = "";

	for (size_t i = 0; i < list.count; i++)
		text = arena_printf(f->a, "%s %s", text, list.items[i].id);
	assert_string_equal(text, expected);
}

static void prune(struct fixture *f, struct state *s, int64_t age_ms, size_t count)
{
	struct history_bounds b = {age_ms, count};

	assert_int_equal(state_prune(s, &b, &f->d), 0);
	assert_int_equal(state_check(s, &f->d), 0);
}

static void history_is_bounded_by_count(void **state)
{
	struct fixture *f = *state;
	struct state *s = open_with_history(f);

	prune(f, s, 0, 0);
	prune(f, s, 0, 4);
	assert_runs(f, s, " run-4 run-3 run-2 run-1");
	assert_int_equal(operations(f, s, "").count, 1);
	prune(f, s, 0, 2);
	assert_runs(f, s, " run-4 run-3 run-1"); /* what is open stays */
	assert_int_equal(operations(f, s, "").count, 0);
	assert_int_equal(operations(f, s, "run-1").count, 1);
	assert_int_equal(operations(f, s, "run-2").count, 0);
	assert_int_equal(operations(f, s, "run-3").count, 1);
	state_close(s);
}

static void history_is_bounded_by_age(void **state)
{
	struct fixture *f = *state;
	struct state *s = open_with_history(f);

	ask(f, s, CONTROL_STOP, "ann");
	prune(f, s, 5 * DAY_MS, 1000);
	assert_runs(f, s, " run-4 run-3 run-2 run-1");
	prune(f, s, 5 * DAY_MS / 2, 1000);
	assert_runs(f, s, " run-4 run-3 run-1");
	assert_int_equal(operations(f, s, "").count, 0);
	state_close(s);
}

static void a_run_that_has_no_end_is_kept_until_its_age_counts(void **state)
{
	struct fixture *f = *state;
	struct state *s = open_with_history(f);
	struct run_record r = run_of("run-2", FIXTURE_START_MS + DAY_MS);

	put_run(f, s, &r);
	prune(f, s, 0, 1);
	assert_runs(f, s, " run-4 run-2 run-1");
	prune(f, s, DAY_MS, 1);
	assert_runs(f, s, " run-4 run-1");
	state_close(s);
}

static void durations_of_addresses_grow_old(void **state)
{
	struct fixture *f = *state;
	static const int64_t ms[] = {600};
	struct duration items[] = {{"T", "create", "", ms, 1},
				   {"T", "create", "web/-/east/P", ms, 1}};
	struct duration_list list = {items, ARRAY_LEN(items)};
	struct state *s = state_fixture_open(f, STATE_WRITE);

	assert_int_equal(state_put_durations(s, &list, &f->d), 0);
	clock_fake_advance(&f->clock, 2 * DAY_MS);
	prune(f, s, 3 * DAY_MS, 0);
	assert_int_equal(state_load_durations(s, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 2);
	prune(f, s, DAY_MS, 0);
	assert_int_equal(state_load_durations(s, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].address, "");
	state_close(s);
}

static const char *fingerprint(struct fixture *f, struct state *s)
{
	const struct instance_id ids[] = {state_fixture_west, state_fixture_east};
	const struct instance_id turned[] = {state_fixture_east, state_fixture_west};
	char one[65], two[65];

	assert_int_equal(state_fingerprint(s, ids, 2, one, &f->d), 0);
	assert_int_equal(state_fingerprint(s, turned, 2, two, &f->d), 0);
	assert_string_equal(one, two);
	assert_int_equal(strlen(one), 64);
	return arena_strdup(f->a, one);
}

static void a_fingerprint_tells_of_every_change(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct operation op = state_fixture_operation("op1", &page);
	struct instance_record it = {.id = state_fixture_west, .status = "CURRENT"};
	struct state_edit edits[] = {{.kind = EDIT_PUT_RECORD, .record = &page},
				     {.kind = EDIT_BEGIN, .op = &op},
				     {.kind = EDIT_END, .op = &op},
				     {.kind = EDIT_PUT_INSTANCE, .instance = &it}};
	struct state *s = state_fixture_open(f, STATE_READ);
	const char *absent = fingerprint(f, s), *before, *after;

	state_close(s);
	s = state_fixture_open_locked(f);
	before = fingerprint(f, s);
	assert_string_equal(before, absent);
	for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
		op.result = OPERATION_FAILED;
		assert_int_equal(state_commit(s, &edits[i], 1, &f->d), 0);
		after = fingerprint(f, s);
		assert_string_not_equal(before, after);
		before = after;
	}
	put_run(f, s, &(struct run_record){.id = "r1"});
	assert_string_equal(fingerprint(f, s), before);
	state_close(s);
	s = state_fixture_open(f, STATE_READ);
	assert_string_equal(fingerprint(f, s), before);
	state_close(s);
}

static void a_seal_is_of_this_file_and_no_digest_of_a_secret(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_WRITE);
	json_t *text = json_string("plan");
	char one[65], two[65], secret[65];

	state_seal(s, TEXT_LIT("\"plan\""), one);
	state_secret_digest(s, text, secret);
	assert_string_not_equal(one, secret);
	state_seal(s, TEXT_LIT("\"plam\""), two);
	assert_string_not_equal(one, two);
	state_close(s);
	s = state_fixture_open(f, STATE_READ);
	state_seal(s, TEXT_LIT("\"plan\""), two);
	assert_string_equal(one, two);
	state_close(s);
	memcpy(f->path + strlen(f->path) - 3, "two", 3);
	s = state_fixture_open(f, STATE_WRITE);
	state_seal(s, TEXT_LIT("\"plan\""), two);
	assert_string_not_equal(one, two);
	state_close(s);
	json_decref(text);
}

static void every_row_of_the_history_is_under_its_checksum(void **state)
{
	static const char *const changes[] = {
		"run SET command = 'x'",       "run SET pid = 1",
		"run SET ended_ms = 9",        "run SET status = 'FAILED'",
		"run SET counts = '[]'",       "run SET started = 'x'",
		"run SET instances = '[]'",    "run SET user = 'x'",
		"run SET machine = 'x'",       "control SET user = 'x'",
		"control SET pid = 1",         "control SET request = 'abort'",
		"duration SET type = 'x'",     "duration SET samples = '[1]'",
		"duration SET updated_ms = 4",
	};
	static const int64_t ms[] = {600};
	struct fixture *f = *state;
	struct duration took = {"T", "create", "", ms, 1};
	struct duration_list durations = {&took, 1};
	struct run_record r = run_of("r1", FIXTURE_START_MS);

	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct state *s = state_fixture_open(f, STATE_WRITE);

		ask(f, s, CONTROL_STOP, "ann");
		put_run(f, s, &r);
		assert_int_equal(state_put_durations(s, &durations, &f->d), 0);
		assert_int_equal(state_check(s, &f->d), 0);
		state_close(s);
		state_fixture_sql(f, arena_printf(f->a, "UPDATE %s", changes[i]));
		s = state_fixture_open(f, STATE_READ);
		assert_int_equal(state_check(s, &f->d), -1);
		state_fixture_expect(f, DIAG_STATE_CORRUPT);
		state_close(s);
		state_fixture_sql(f, "DELETE FROM run; DELETE FROM control; DELETE FROM duration");
	}
}

static void an_absent_file_has_no_history(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_READ);
	struct operation_count count;
	struct duration_list durations;
	enum run_control control;
	struct run_list open;

	assert_int_equal(runs(f, s, 0).count, 0);
	assert_int_equal(operations(f, s, "r1").count, 0);
	assert_int_equal(state_load_open_runs(s, f->a, &open, &f->d), 0);
	assert_int_equal(open.count, 0);
	assert_int_equal(state_count_run_operations(s, "r1", &count, &f->d), 0);
	assert_int_equal(count.begun, 0);
	assert_int_equal(state_load_durations(s, f->a, &durations, &f->d), 0);
	assert_int_equal(durations.count, 0);
	assert_int_equal(state_load_control(s, "r1", &control, &f->d), 0);
	assert_int_equal(control, CONTROL_NONE);
	state_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(runs_come_back_the_latest_first),
		STATE_TEST(a_run_whose_process_is_gone_shows_as_such),
		STATE_TEST(operations_name_their_run),
		STATE_TEST(the_strongest_request_counts_and_says_who),
		STATE_TEST(durations_come_back_sorted_and_the_latest_stay),
		STATE_TEST(history_is_bounded_by_count),
		STATE_TEST(history_is_bounded_by_age),
		STATE_TEST(a_run_that_has_no_end_is_kept_until_its_age_counts),
		STATE_TEST(durations_of_addresses_grow_old),
		STATE_TEST(a_fingerprint_tells_of_every_change),
		STATE_TEST(a_seal_is_of_this_file_and_no_digest_of_a_secret),
		STATE_TEST(every_row_of_the_history_is_under_its_checksum),
		STATE_TEST(an_absent_file_has_no_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
