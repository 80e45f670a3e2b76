/* Recorded state: how each instance fares in a run. */
#include "tests/unit/state_fixture.h"

#include <string.h>
#include <unistd.h>

#include "engine/result.h"

#define DAY_MS 86400000LL

static struct instance_result result_of(const char *run, const struct instance_id *id,
					const char *status)
{
	return (struct instance_result){.run = run, .id = *id, .status = status};
}

static void put(struct fixture *f, struct state *s, const struct instance_result *r)
{
	assert_int_equal(state_put_results(s, r, 1, &f->d), 0);
}

static struct result_list results(struct fixture *f, struct state *s, const char *run)
{
	struct result_list list;

	assert_int_equal(state_load_results(s, run, f->a, &list, &f->d), 0);
	return list;
}

static struct result_list last_results(struct fixture *f, struct state *s)
{
	struct result_list list;

	assert_int_equal(state_load_last_results(s, f->a, &list, &f->d), 0);
	return list;
}

static void put_run(struct fixture *f, struct state *s, const char *id, int64_t started_ms)
{
	struct run_record r = {
		.id = id,
		.command = "apply",
		.owner = state_fixture_owner(),
		.started_ms = started_ms,
		.ended_ms = started_ms + 1,
		.status = "SUCCEEDED",
		.request = "[\"apply\",\"web\"]",
		.resumes = "r0",
	};

	assert_int_equal(state_put_run(s, &r, &f->d), 0);
}

static void results_come_back_in_their_order(void **state)
{
	struct fixture *f = *state;
	struct instance_result both[] = {result_of("r1", &state_fixture_west, "PENDING"),
					 result_of("r1", &state_fixture_east, "FAILED")};
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct result_list list;

	both[0].order = 1;
	both[1].reason = "Page: it broke";
	both[1].wave = "canary";
	both[1].started_ms = FIXTURE_START_MS;
	both[1].ended_ms = FIXTURE_START_MS + 7;
	assert_int_equal(state_put_results(s, both, 2, &f->d), 0);
	put(f, s,
	    &(struct instance_result){"r2", state_fixture_west, "RUNNING", "", "", 0, 1, 0, ""});
	state_close(s);
	s = state_fixture_open(f, STATE_READ);
	list = results(f, s, "r1");
	assert_int_equal(list.count, 2);
	assert_int_equal(instance_id_compare(&list.items[0].id, &state_fixture_east), 0);
	assert_string_equal(list.items[0].run, "r1");
	assert_string_equal(list.items[0].status, "FAILED");
	assert_string_equal(list.items[0].reason, "Page: it broke");
	assert_string_equal(list.items[0].wave, "canary");
	assert_int_equal(list.items[0].order, 0);
	assert_int_equal(list.items[0].started_ms, FIXTURE_START_MS);
	assert_int_equal(list.items[0].ended_ms, FIXTURE_START_MS + 7);
	assert_string_equal(list.items[1].status, "PENDING");
	assert_string_equal(list.items[1].reason, "");
	assert_int_equal(results(f, s, "r3").count, 0);
	state_close(s);
}

static void a_result_replaces_the_one_before(void **state)
{
	struct fixture *f = *state;
	struct instance_result r = result_of("r1", &state_fixture_east, "RUNNING");
	struct state *s = state_fixture_open(f, STATE_WRITE);

	put(f, s, &r);
	r.status = "SUCCEEDED";
	put(f, s, &r);
	assert_int_equal(results(f, s, "r1").count, 1);
	assert_string_equal(results(f, s, "r1").items[0].status, "SUCCEEDED");
	assert_int_equal(state_put_results(s, NULL, 0, &f->d), 0);
	state_close(s);
}

/* In the commit that records the thing itself, and without the lock of its instance. */
static void a_result_is_one_edit_of_a_commit(void **state)
{
	struct fixture *f = *state;
	struct instance_result r = result_of("r1", &state_fixture_east, "RUNNING");
	struct state_edit edit = {.kind = EDIT_PUT_RESULT, .result = &r};
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct operation op = state_fixture_operation("0123456789abcdef", &page);
	struct state_edit bad[] = {edit, {.kind = EDIT_END, .op = &op}};
	struct state *s = state_fixture_open(f, STATE_WRITE);

	assert_int_equal(state_commit(s, &edit, 1, &f->d), 0);
	assert_string_equal(results(f, s, "r1").items[0].status, "RUNNING");
	r.status = "SUCCEEDED";
	op.result = OPERATION_SUCCEEDED;
	assert_int_equal(state_commit(s, bad, 2, &f->d), -1);
	state_fixture_expect(f, DIAG_STATE_EDIT);
	assert_string_equal(results(f, s, "r1").items[0].status, "RUNNING");
	state_close(s);
}

static void the_latest_run_of_each_instance_counts(void **state)
{
	struct fixture *f = *state;
	const struct instance_result all[] = {
		result_of("20251124-160002-b", &state_fixture_east, "SUCCEEDED"),
		result_of("20251124-160001-a", &state_fixture_west, "FAILED"),
		result_of("20251124-160001-a", &state_fixture_east, "FAILED"),
		result_of("20251124-160000-c", &state_fixture_west, "SUCCEEDED"),
	};
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct result_list list;

	assert_int_equal(last_results(f, s).count, 0);
	assert_int_equal(state_put_results(s, all, ARRAY_LEN(all), &f->d), 0);
	list = last_results(f, s);
	assert_int_equal(list.count, 2);
	assert_int_equal(instance_id_compare(&list.items[0].id, &state_fixture_east), 0);
	assert_string_equal(list.items[0].run, "20251124-160002-b");
	assert_string_equal(list.items[0].status, "SUCCEEDED");
	assert_string_equal(list.items[1].run, "20251124-160001-a");
	assert_string_equal(list.items[1].status, "FAILED");
	state_close(s);
}

static void without_a_file_there_are_none(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_READ);

	assert_int_equal(results(f, s, "r1").count, 0);
	assert_int_equal(last_results(f, s).count, 0);
	state_close(s);
}

static void results_go_with_their_run(void **state)
{
	static const struct history_bounds bounds = {DAY_MS, 0};
	struct fixture *f = *state;
	const struct instance_result old = result_of("r1", &state_fixture_east, "SUCCEEDED");
	const struct instance_result new = result_of("r2", &state_fixture_east, "SUCCEEDED");
	struct state *s = state_fixture_open(f, STATE_WRITE);

	put_run(f, s, "r1", FIXTURE_START_MS - 2 * DAY_MS);
	put_run(f, s, "r2", FIXTURE_START_MS);
	put(f, s, &old);
	put(f, s, &new);
	assert_int_equal(state_prune(s, &bounds, &f->d), 0);
	assert_int_equal(results(f, s, "r1").count, 0);
	assert_int_equal(results(f, s, "r2").count, 1);
	state_close(s);
}

static void results_of_a_run_that_is_kept_are_kept(void **state)
{
	static const struct history_bounds bounds = {DAY_MS, 0};
	struct fixture *f = *state;
	struct instance_result old = result_of("r1", &state_fixture_east, "RUNNING");
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct operation op = state_fixture_operation("0123456789abcdef", &page);
	struct state_edit begin = {.kind = EDIT_BEGIN, .op = &op};
	struct state *s = state_fixture_open_locked(f);

	op.run = "r1";
	put_run(f, s, "r1", FIXTURE_START_MS - 2 * DAY_MS);
	assert_int_equal(state_commit(s, &begin, 1, &f->d), 0);
	put(f, s, &old);
	assert_int_equal(state_prune(s, &bounds, &f->d), 0);
	assert_int_equal(results(f, s, "r1").count, 1);
	state_close(s);
}

static void a_changed_result_is_damage(void **state)
{
	struct fixture *f = *state;
	const struct instance_result r = result_of("r1", &state_fixture_east, "FAILED");
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct result_list list;

	put_run(f, s, "r1", FIXTURE_START_MS);
	put(f, s, &r);
	assert_int_equal(state_check(s, &f->d), 0);
	state_close(s);
	state_fixture_sql(f, "UPDATE result SET status = 'SUCCEEDED'");
	s = state_fixture_open(f, STATE_READ);
	assert_int_equal(state_check(s, &f->d), -1);
	state_fixture_expect(f, DIAG_STATE_CORRUPT);
	state_close(s);
	s = state_fixture_open(f, STATE_READ);
	assert_int_equal(state_load_last_results(s, f->a, &list, &f->d), -1);
	state_fixture_expect(f, DIAG_STATE_CORRUPT);
	state_close(s);
}

static void a_run_keeps_what_was_asked_for(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct run_list runs;

	put_run(f, s, "r1", FIXTURE_START_MS);
	assert_int_equal(state_load_runs(s, 0, f->a, &runs, &f->d), 0);
	assert_string_equal(runs.items[0].request, "[\"apply\",\"web\"]");
	assert_string_equal(runs.items[0].resumes, "r0");
	state_close(s);
	state_fixture_sql(f, "UPDATE run SET request = '[\"destroy\"]'");
	s = state_fixture_open(f, STATE_READ);
	assert_int_equal(state_load_runs(s, 0, f->a, &runs, &f->d), -1);
	state_fixture_expect(f, DIAG_STATE_CORRUPT);
	state_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(results_come_back_in_their_order),
		STATE_TEST(a_result_replaces_the_one_before),
		STATE_TEST(a_result_is_one_edit_of_a_commit),
		STATE_TEST(the_latest_run_of_each_instance_counts),
		STATE_TEST(without_a_file_there_are_none),
		STATE_TEST(results_go_with_their_run),
		STATE_TEST(results_of_a_run_that_is_kept_are_kept),
		STATE_TEST(a_changed_result_is_damage),
		STATE_TEST(a_run_keeps_what_was_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
