/* The journal in the store: executions, events, what is asked, overrides and samples. */
#include "tests/unit/state_fixture.h"

#include <string.h>
#include <unistd.h>

#include "engine/runbook/journal.h"

static struct execution_row execution(const char *id)
{
	return (struct execution_row){
		.id = id,
		.runbook = "failover",
		.parameters = "{\"From\":\"east\"}",
		.owner = {"ann", "ci-7", "runbook run", getpid(), FIXTURE_START_MS},
		.started_ms = FIXTURE_START_MS,
	};
}

static struct execution_row begun(struct fixture *f, struct state *s, const char *id)
{
	struct execution_row row = execution(id);

	assert_int_equal(journal_begin(s, &row, "{\"Runbook\": \"failover\"}", &f->d), 0);
	return row;
}

static int append(struct fixture *f, struct state *s, struct execution_row *row,
		  struct journal_entry e)
{
	return journal_append(s, row, &e, 1, &f->d);
}

static struct journal_entry entry(enum entry_kind kind, const char *step, const char *data)
{
	return (struct journal_entry){.kind = kind, .step = step, .data = data};
}

static struct journal_list entries(struct fixture *f, struct state *s, const char *id,
				   int64_t after)
{
	struct journal_list list;

	assert_int_equal(
		journal_load_entries(s, &(struct journal_part){id, after}, f->a, &list, &f->d), 0);
	return list;
}

static struct execution_row loaded(struct fixture *f, struct state *s, const char *id)
{
	struct execution_list list;

	assert_int_equal(journal_load_execution(s, id, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 1);
	return list.items[0];
}

static void an_execution_comes_back_with_its_events(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct execution_row row = begun(f, s, "20261121-1"), there;
	struct journal_list list;

	clock_fake_advance(&f->clock, 1500);
	assert_int_equal(
		append(f, s, &row,
		       entry(ENTRY_STEP_STARTED, "a/b", "{ \"Key\" : \"k\", \"Attempt\" : 1 }")),
		0);
	assert_int_equal(row.entries, 2);
	state_close(s);
	s = state_fixture_open(f, STATE_READ);
	there = loaded(f, s, "20261121-1");
	assert_string_equal(there.runbook, "failover");
	assert_string_equal(there.owner.user, "ann");
	assert_int_equal(there.status, EXECUTION_RUNNING);
	assert_int_equal(there.entries, 2);
	assert_string_equal(there.head, row.head);
	assert_false(there.gone);
	list = entries(f, s, "20261121-1", 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].data,
			    "{\"Execution\":\"20261121-1\",\"Runbook\":\"failover\"}");
	assert_string_equal(list.items[0].previous, JOURNAL_ORIGIN);
	assert_string_equal(list.items[1].data, "{\"Attempt\":1,\"Key\":\"k\"}");
	assert_string_equal(list.items[1].step, "a/b");
	assert_int_equal(list.items[1].at_ms, FIXTURE_START_MS + 1500);
	assert_string_equal(list.items[1].previous, list.items[0].hash);
	assert_int_equal(journal_broken_at(&list, there.head), 0);
	assert_int_equal(entries(f, s, "20261121-1", 1).count, 1);
	assert_int_equal(entries(f, s, "20261121-1", 2).count, 0);
	state_close(s);
}

/* So that anybody can make it again with another program. */
static void the_hash_is_of_a_text_that_anybody_can_make(void **state)
{
	struct journal_entry e = {.number = 2,
				  .at_ms = 1764000000000,
				  .kind = ENTRY_STEP_STARTED,
				  .step = "a/\"b\"",
				  .data = "{\"Attempt\":1}",
				  .previous = JOURNAL_ORIGIN};
	char hash[65];

	(void)state;
	journal_hash(&e, hash);
	assert_string_equal(hash,
			    "b2a4b5adbc859edcf099933441a2a211fbad58803d5819659be129df94c56314");
}

static void who_does_not_know_the_end_writes_nothing(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct execution_row row = begun(f, s, "x1"), stale = row;

	assert_int_equal(append(f, s, &row, entry(ENTRY_CHECK, "", "{}")), 0);
	assert_int_equal(append(f, s, &stale, entry(ENTRY_CHECK, "", "{}")), -1);
	assert_string_equal(f->d.first->summary, "execution 'x1' goes on elsewhere");
	state_fixture_expect(f, DIAG_JOURNAL_MOVED);
	assert_int_equal(stale.entries, 1);
	assert_int_equal(entries(f, s, "x1", 0).count, 2);
	stale.id = "x2";
	assert_int_equal(append(f, s, &stale, entry(ENTRY_CHECK, "", "{}")), -1);
	state_fixture_expect(f, DIAG_JOURNAL_UNKNOWN);
	state_close(s);
}

static void all_events_of_an_append_or_none(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct execution_row row = begun(f, s, "x1");
	struct journal_entry two[] = {{.kind = ENTRY_CHECK, .step = "", .data = "{}"},
				      {.kind = ENTRY_CHECK, .step = "", .data = "[1"}};

	assert_int_equal(journal_append(s, &row, two, 2, &f->d), -1);
	state_fixture_expect(f, DIAG_STATE_EDIT);
	assert_int_equal(entries(f, s, "x1", 0).count, 1);
	assert_int_equal(row.entries, 1);
	two[1].data = NULL;
	assert_int_equal(journal_append(s, &row, two, 2, &f->d), 0);
	assert_int_equal(entries(f, s, "x1", 0).count, 3);
	assert_int_equal(journal_begin(s, &row, "{}", &f->d), -1);
	state_fixture_expect(f, DIAG_STATE_EDIT);
	state_close(s);
}

static void the_row_is_as_the_events_say(void **state)
{
	static const struct {
		enum entry_kind kind;
		const char *step, *data;
		enum execution_status status;
	} story[] = {
		{ENTRY_STEP_STARTED, "a", "{}", EXECUTION_RUNNING},
		{ENTRY_STEP_WAITING, "a", "{\"Message\":\"ok?\"}", EXECUTION_WAITING},
		{ENTRY_STEP_PROGRESS, "b", "{}", EXECUTION_WAITING},
		{ENTRY_PAUSED, "", "{\"Reason\":\"operator\"}", EXECUTION_PAUSED},
		{ENTRY_STEP_SUCCEEDED, "b", "{}", EXECUTION_PAUSED},
		{ENTRY_RESUMED, "", "{}", EXECUTION_WAITING},
		{ENTRY_STEP_SUCCEEDED, "a", "{}", EXECUTION_RUNNING},
		{ENTRY_MONITORING, "", "{}", EXECUTION_MONITORING},
		{ENTRY_CHECK, "", "{}", EXECUTION_MONITORING},
		{ENTRY_REVERSING, "", "{}", EXECUTION_REVERSING},
		{ENTRY_STEP_REVERSED, "a", "{}", EXECUTION_REVERSING},
		{ENTRY_ENDED, "", "{\"Status\":\"REVERSED\"}", EXECUTION_REVERSED},
	};
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct execution_row row = begun(f, s, "x1");

	for (size_t i = 0; i < ARRAY_LEN(story); i++) {
		assert_int_equal(
			append(f, s, &row, entry(story[i].kind, story[i].step, story[i].data)), 0);
		assert_int_equal(row.status, story[i].status);
		assert_int_equal(loaded(f, s, "x1").status, story[i].status);
	}
	assert_int_equal(loaded(f, s, "x1").ended_ms, FIXTURE_START_MS);
	assert_int_equal(append(f, s, &row, entry(ENTRY_RESUMED_BY, "", "{}")), 0);
	assert_int_equal(loaded(f, s, "x1").ended_ms, 0);
	state_close(s);
}

static void executions_are_found_by_their_beginning(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct execution_list list;

	begun(f, s, "20261121-a");
	begun(f, s, "20261121-b");
	begun(f, s, "20261121");
	assert_string_equal(loaded(f, s, "20261121-b").id, "20261121-b");
	assert_string_equal(loaded(f, s, "20261121").id, "20261121");
	assert_int_equal(journal_load_execution(s, "2027", f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 0);
	assert_int_equal(journal_load_execution(s, "20261121-", f->a, &list, &f->d), -1);
	state_fixture_expect(f, DIAG_JOURNAL_AMBIGUOUS);
	assert_int_equal(journal_load_executions(s, 2, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].id, "20261121-b");
	state_close(s);
}

static void requests_come_in_order_and_say_who(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct execution_ask skip = {.request = REQUEST_SKIP,
				     .step = "data/promote",
				     .reason = "by hand",
				     .by = {"bob", "desk", "runbook skip", 7, 0}};
	struct ask_list asks;

	begun(f, s, "x1");
	assert_int_equal(journal_ask(s, "x2", &skip, &f->d), -1);
	state_fixture_expect(f, DIAG_JOURNAL_UNKNOWN);
	for (int i = 0; i < REQUEST_COUNT; i++) {
		skip.request = (enum execution_request)i;
		assert_int_equal(journal_ask(s, "x1", &skip, &f->d), 0);
	}
	assert_int_equal(journal_load_asks(s, &(struct journal_part){"x1", 0}, f->a, &asks, &f->d),
			 0);
	assert_int_equal(asks.count, REQUEST_COUNT);
	for (size_t i = 0; i < REQUEST_COUNT; i++)
		assert_int_equal(asks.items[i].request, i);
	assert_string_equal(asks.items[2].step, "data/promote");
	assert_string_equal(asks.items[2].reason, "by hand");
	assert_string_equal(asks.items[2].text, "");
	assert_string_equal(asks.items[2].by.user, "bob");
	assert_int_equal(asks.items[2].by.since_ms, FIXTURE_START_MS);
	assert_int_equal(journal_load_asks(s, &(struct journal_part){"x1", asks.items[2].number},
					   f->a, &asks, &f->d),
			 0);
	assert_int_equal(asks.count, REQUEST_COUNT - 3);
	state_close(s);
}

static void overrides_are_set_replaced_and_taken_away(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct parameter_override both[] = {
		{state_fixture_west, "Capacity", "3", "x1", "failover", 5},
		{state_fixture_east, "Capacity", "0", NULL, NULL, 0}};
	char before[65], after[65];
	struct override_list list;

	assert_int_equal(state_fingerprint(s, &state_fixture_west, 1, before, &f->d), 0);
	assert_int_equal(journal_put_overrides(s, both, 2, &f->d), 0);
	assert_int_equal(state_fingerprint(s, &state_fixture_west, 1, after, &f->d), 0);
	assert_string_not_equal(before, after);
	both[0].value = "4";
	both[1].value = NULL;
	assert_int_equal(journal_put_overrides(s, both, 1, &f->d), 0);
	assert_int_equal(journal_load_overrides(s, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].instance.region, "east");
	assert_int_equal(list.items[0].since_ms, FIXTURE_START_MS);
	assert_string_equal(list.items[1].value, "4");
	assert_string_equal(list.items[1].execution, "x1");
	assert_int_equal(journal_put_overrides(s, both, 2, &f->d), 0);
	assert_int_equal(journal_load_overrides(s, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 1);
	state_close(s);
}

static void the_latest_answer_and_the_latest_healthy_one_are_kept(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct check_sample c = {"standby", "west", 10, true, "ok", "{\"LagSeconds\":2}"};
	struct sample_list list;

	assert_int_equal(journal_put_samples(s, &c, 1, &f->d), 0);
	c = (struct check_sample){"standby", "west", 20, false, "refused", NULL};
	assert_int_equal(journal_put_samples(s, &c, 1, &f->d), 0);
	assert_int_equal(journal_load_samples(s, SAMPLE_LATEST, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 1);
	assert_false(list.items[0].healthy);
	assert_string_equal(list.items[0].detail, "refused");
	assert_int_equal(journal_load_samples(s, SAMPLE_HEALTHY, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.items[0].at_ms, 10);
	assert_string_equal(list.items[0].values, "{\"LagSeconds\":2}");
	state_close(s);
}

static void an_absent_file_has_no_executions(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_READ);
	struct execution_list list;
	struct override_list overrides;
	struct sample_list samples;
	struct ask_list asks;

	assert_int_equal(journal_load_executions(s, 0, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 0);
	assert_int_equal(journal_load_execution(s, "x", f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 0);
	assert_int_equal(entries(f, s, "x", 0).count, 0);
	assert_int_equal(journal_load_asks(s, &(struct journal_part){"x", 0}, f->a, &asks, &f->d),
			 0);
	assert_int_equal(asks.count, 0);
	assert_int_equal(journal_load_overrides(s, f->a, &overrides, &f->d), 0);
	assert_int_equal(overrides.count, 0);
	assert_int_equal(journal_load_samples(s, SAMPLE_LATEST, f->a, &samples, &f->d), 0);
	assert_int_equal(samples.count, 0);
	state_close(s);
}

/* Of one that is over, or whose process has ended; what comes later has another number. */
static void a_request_that_nobody_took_is_taken_back(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct execution_row row = begun(f, s, "x1");
	struct execution_ask pause = {.request = REQUEST_PAUSE, .by = row.owner};
	struct ask_list asks;

	assert_int_equal(journal_ask(s, "x1", &pause, &f->d), 0);
	assert_int_equal(journal_withdraw(s, "x1", 1, &f->d), 0);
	assert_int_equal(append(f, s, &row, entry(ENTRY_ENDED, "", "{\"Status\": \"FAILED\"}")), 0);
	assert_int_equal(journal_withdraw(s, "x1", 1, &f->d), 1);
	assert_int_equal(journal_ask(s, "x1", &pause, &f->d), 0);
	assert_int_equal(journal_load_asks(s, &(struct journal_part){"x1", 0}, f->a, &asks, &f->d),
			 0);
	assert_int_equal(asks.count, 1);
	assert_int_equal(asks.items[0].number, 2);
	state_close(s);
}

static void no_event_goes_into_a_file_without_a_name(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct execution_row row = begun(f, s, "x1");
	const char *aside = arena_printf(f->a, "%s.aside", f->path);

	assert_int_equal(rename(f->path, aside), 0);
	assert_int_equal(append(f, s, &row, entry(ENTRY_MONITORING, "", "{}")), -1);
	state_fixture_expect(f, DIAG_STATE_IO);
	assert_int_equal(row.entries, 1);
	assert_int_equal(rename(aside, f->path), 0);
	assert_int_equal(append(f, s, &row, entry(ENTRY_MONITORING, "", "{}")), 0);
	assert_int_equal(entries(f, s, "x1", 0).count, 2);
	state_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(an_execution_comes_back_with_its_events),
		STATE_TEST(the_hash_is_of_a_text_that_anybody_can_make),
		STATE_TEST(who_does_not_know_the_end_writes_nothing),
		STATE_TEST(all_events_of_an_append_or_none),
		STATE_TEST(the_row_is_as_the_events_say),
		STATE_TEST(executions_are_found_by_their_beginning),
		STATE_TEST(requests_come_in_order_and_say_who),
		STATE_TEST(overrides_are_set_replaced_and_taken_away),
		STATE_TEST(the_latest_answer_and_the_latest_healthy_one_are_kept),
		STATE_TEST(an_absent_file_has_no_executions),
		STATE_TEST(a_request_that_nobody_took_is_taken_back),
		STATE_TEST(no_event_goes_into_a_file_without_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
