/*
 * The journal when the process is killed, or the disk fails, at every single write: every event
 * that was appended is there, whole and in the chain, and nothing of one that was not.
 */
#include "tests/unit/state_faults.h"

#include <unistd.h>

#include "engine/runbook/journal.h"

#define COMMITS 7
#define ID "20261121-1"

static const int64_t entries_after[COMMITS + 1] = {0, 1, 3, 3, 4, 4, 5, 5};

static int append(struct fixture *f, struct state *s, const struct journal_entry *entries,
		  size_t count)
{
	struct journal_entry copy[2] = {entries[0], entries[count - 1]};
	struct execution_list list;

	if (journal_load_execution(s, ID, f->a, &list, &f->d) != 0)
		return -1;
	assert_int_equal(list.count, 1);
	return journal_append(s, &list.items[0], copy, count, &f->d);
}

/* Commit number n of the story. */
static int tell(struct fixture *f, struct state *s, int n)
{
	static const struct journal_entry first[] = {
		{.kind = ENTRY_STEP_STARTED, .step = "a", .data = "{\"Key\":\"k\"}"},
		{.kind = ENTRY_STEP_MEMORY, .step = "a", .data = "{\"Job\":7}"}};
	static const struct journal_entry done = {.kind = ENTRY_STEP_SUCCEEDED, .step = "a"};
	static const struct journal_entry end = {.kind = ENTRY_ENDED,
						 .data = "{\"Status\":\"COMPLETED\"}"};
	const struct parameter_override set = {state_fixture_west, "Size", "3", ID, "failover", 1};
	const struct check_sample sample = {"shop", "west", 1, true, "", ""};
	const struct execution_ask ask = {.request = REQUEST_PAUSE, .step = "", .reason = ""};
	struct execution_row row = {.id = ID, .owner = state_fixture_owner()};

	switch (n) {
	case 0:
		return journal_begin(s, &row, "{}", &f->d);
	case 1:
		return append(f, s, first, 2);
	case 2:
		return journal_ask(s, ID, &ask, &f->d);
	case 3:
		return append(f, s, &done, 1);
	case 4:
		return journal_put_overrides(s, &set, 1, &f->d);
	case 5:
		return append(f, s, &end, 1);
	default:
		return journal_put_samples(s, &sample, 1, &f->d);
	}
}

static void live(struct fixture *f, void *context)
{
	struct sweep *w = context;
	struct state *s;

	state_faults_begin(f, w);
	s = state_faults_open(f);
	for (int n = 0, tries = 0; n < COMMITS; tries++) {
		if (tries > COMMITS + TRIES)
			_exit(94);
		if (tell(f, s, n) == 0)
			w->committed = ++n;
		else
			state_faults_expect(f);
	}
	state_close(s);
}

static void verify(struct fixture *f, const struct sweep *w)
{
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct execution_list list;
	struct journal_list entries;
	int64_t count;

	assert_int_equal(state_check(s, &f->d), 0);
	assert_int_equal(journal_load_executions(s, 0, f->a, &list, &f->d), 0);
	assert_int_equal(
		journal_load_entries(s, &(struct journal_part){ID, 0}, f->a, &entries, &f->d), 0);
	count = (int64_t)entries.count;
	assert_int_equal(list.count, count > 0);
	if (list.count) {
		assert_int_equal(list.items[0].entries, count);
		assert_int_equal(journal_broken_at(&entries, list.items[0].head), 0);
		assert_int_equal(list.items[0].status == EXECUTION_COMPLETED, count == 5);
	}
	assert_true(count == entries_after[w->committed] ||
		    (w->committed < COMMITS && count == entries_after[w->committed + 1]));
	/* And it goes on from there. */
	if (count > 0 && count < 5)
		assert_int_equal(tell(f, s, 5), 0);
	assert_int_equal(state_check(s, &f->d), 0);
	state_close(s);
}

static const struct sweep_test story = {live, verify, COMMITS, 3};

static void killed_before_any_write_no_event_is_lost(void **state)
{
	state_faults_sweep(*state, FAULT_KILL, &story);
}

static void killed_within_any_write_no_event_is_lost(void **state)
{
	state_faults_sweep(*state, FAULT_TEAR, &story);
}

static void a_disk_error_at_any_write_can_be_repeated(void **state)
{
	state_faults_sweep(*state, FAULT_IO, &story);
}

static void a_full_disk_at_any_write_can_be_repeated(void **state)
{
	state_faults_sweep(*state, FAULT_FULL, &story);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(killed_before_any_write_no_event_is_lost),
		STATE_TEST(killed_within_any_write_no_event_is_lost),
		STATE_TEST(a_disk_error_at_any_write_can_be_repeated),
		STATE_TEST(a_full_disk_at_any_write_can_be_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
