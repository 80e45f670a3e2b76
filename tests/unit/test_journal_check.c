/* What was changed in a journal shows, rehearsals begin without one, old ones go. */
#include "tests/unit/state_fixture.h"

#include <string.h>
#include <unistd.h>

#include "engine/runbook/journal.h"

#define DAY_MS 86400000

static struct execution_row begun(struct fixture *f, struct state *s, const char *id)
{
	struct execution_row row = {.id = id,
				    .runbook = "failover",
				    .owner = state_fixture_owner(),
				    .started_ms = f->clock.wall_ms};

	assert_int_equal(journal_begin(s, &row, "{}", &f->d), 0);
	return row;
}

static void append(struct fixture *f, struct state *s, struct execution_row *row,
		   enum entry_kind kind, const char *data)
{
	struct journal_entry e = {.kind = kind, .data = data};

	assert_int_equal(journal_append(s, row, &e, 1, &f->d), 0);
}

static const struct parameter_override override = {
	{"web", ACCOUNT_NONE, "west"}, "Size", "3", "x1", "failover", 1};

/* Everything that the store has for runbooks, once. */
static void fill(struct fixture *f)
{
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct execution_row row = begun(f, s, "x1");
	const struct execution_ask ask = {.request = REQUEST_PAUSE};
	const struct check_sample sample = {"shop", "west", 1, true, "", ""};

	append(f, s, &row, ENTRY_CHECK, "{\"Healthy\":true}");
	append(f, s, &row, ENTRY_CHECK, "{\"Healthy\":false}");
	assert_int_equal(journal_ask(s, "x1", &ask, &f->d), 0);
	assert_int_equal(journal_put_overrides(s, &override, 1, &f->d), 0);
	assert_int_equal(journal_put_samples(s, &sample, 1, &f->d), 0);
	assert_int_equal(state_check(s, &f->d), 0);
	state_close(s);
}

static const char empty_all[] = "DELETE FROM execution; DELETE FROM execution_event; "
				"DELETE FROM execution_request; DELETE FROM override; "
				"DELETE FROM check_sample";

static void check_finds(struct fixture *f, enum diag_code code)
{
	struct state *s = state_fixture_open(f, STATE_READ);

	assert_int_equal(state_check(s, &f->d), -1);
	state_fixture_expect(f, code);
	state_close(s);
}

static void every_row_is_under_its_checksum(void **state)
{
	static const char *const changes[] = {
		"execution SET runbook = 'x'",
		"execution SET kind = 'full'",
		"execution SET status = 'COMPLETED'",
		"execution SET status = 'later'",
		"execution SET parameters = '[]'",
		"execution SET user = 'x'",
		"execution SET host = 'x'",
		"execution SET pid = 1",
		"execution SET machine = 'x'",
		"execution SET ended_ms = 1",
		"execution SET entries = 9",
		"execution SET head = 'x'",
		"execution_event SET at_ms = 1 WHERE number = 2",
		"execution_event SET kind = 'asked' WHERE number = 2",
		"execution_event SET step = 'x' WHERE number = 2",
		"execution_event SET data = '{}' WHERE number = 2",
		"execution_event SET previous = 'x' WHERE number = 2",
		"execution_event SET hash = 'x' WHERE number = 2",
		"execution_event SET number = 7 WHERE number = 2",
		"execution_request SET request = 'abort'",
		"execution_request SET user = 'x'",
		"execution_request SET reason = 'x'",
		"execution_request SET asked_ms = 1",
		"override SET value = '4'",
		"override SET parameter = 'x'",
		"override SET region = 'x'",
		"check_sample SET healthy = 0",
		"check_sample SET at_ms = 2",
		"check_sample SET facts = '{}'",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		fill(f);
		state_fixture_sql(f, arena_printf(f->a, "UPDATE %s", changes[i]));
		check_finds(f, DIAG_STATE_CORRUPT);
		state_fixture_sql(f, empty_all);
	}
}

/* Checksums fit, and yet an event is missing, or at the end, or of another execution. */
static void an_event_that_is_gone_or_moved_breaks_the_chain(void **state)
{
	struct fixture *f = *state;
	struct execution_row row;
	struct state *s;

	fill(f);
	state_fixture_sql(f, "DELETE FROM execution_event WHERE number = 2");
	check_finds(f, DIAG_JOURNAL_BROKEN);
	state_fixture_sql(f, empty_all);
	fill(f);
	state_fixture_sql(f, "DELETE FROM execution_event WHERE number = 3");
	s = state_fixture_open(f, STATE_READ);
	assert_int_equal(state_check(s, &f->d), -1);
	assert_string_equal(f->d.first->summary,
			    "the journal of execution 'x1' was changed at event 3");
	state_fixture_expect(f, DIAG_JOURNAL_BROKEN);
	/* What else is recorded can still be used. */
	assert_int_equal(state_fixture_count_records(f, s), 0);
	state_close(s);
	/* Who shortens it and makes the row fit has another head than the event. */
	s = state_fixture_open(f, STATE_WRITE);
	row = (struct execution_row){.id = "x1", .entries = 2};
	assert_int_equal(
		journal_append(s, &row, &(struct journal_entry){.kind = ENTRY_CHECK}, 1, &f->d),
		-1);
	state_fixture_expect(f, DIAG_JOURNAL_MOVED);
	state_close(s);
}

static void a_chain_says_where_it_breaks(void **state)
{
	struct fixture *f = *state;
	struct journal_list list;
	struct execution_list rows;
	struct state *s;

	fill(f);
	s = state_fixture_open(f, STATE_READ);
	assert_int_equal(journal_load_executions(s, 0, f->a, &rows, &f->d), 0);
	assert_int_equal(
		journal_load_entries(s, &(struct journal_part){"x1", 0}, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 3);
	assert_int_equal(journal_broken_at(&list, rows.items[0].head), 0);
	assert_int_equal(journal_broken_at(&list, list.items[1].hash), 4);
	list.items[1].data = "{}";
	assert_int_equal(journal_broken_at(&list, rows.items[0].head), 2);
	journal_hash(&list.items[1], list.items[1].hash);
	assert_int_equal(journal_broken_at(&list, rows.items[0].head), 3);
	list.count = 0;
	assert_int_equal(journal_broken_at(&list, rows.items[0].head), 1);
	state_close(s);
}

static size_t count_executions(struct fixture *f, struct state *s)
{
	struct execution_list list;

	assert_int_equal(journal_load_executions(s, 0, f->a, &list, &f->d), 0);
	return list.count;
}

static void a_rehearsal_has_what_is_set_and_no_executions(void **state)
{
	struct fixture *f = *state;
	const char *copy = arena_printf(f->a, "%s/copy.db", f->dir);
	struct override_list overrides;
	struct journal_list entries;
	struct sample_list samples;
	struct ask_list asks;
	struct state *s;

	fill(f);
	s = state_fixture_open(f, STATE_READ);
	assert_int_equal(state_copy(s, copy, &f->d), 0);
	state_close(s);
	s = state_open(copy, STATE_READ, &f->clock.base, &f->d);
	assert_non_null(s);
	assert_int_equal(count_executions(f, s), 0);
	assert_int_equal(
		journal_load_entries(s, &(struct journal_part){"x1", 0}, f->a, &entries, &f->d), 0);
	assert_int_equal(entries.count, 0);
	assert_int_equal(journal_load_asks(s, &(struct journal_part){"x1", 0}, f->a, &asks, &f->d),
			 0);
	assert_int_equal(asks.count, 0);
	assert_int_equal(journal_load_overrides(s, f->a, &overrides, &f->d), 0);
	assert_int_equal(overrides.count, 1);
	assert_int_equal(journal_load_samples(s, SAMPLE_HEALTHY, f->a, &samples, &f->d), 0);
	assert_int_equal(samples.count, 1);
	assert_int_equal(state_check(s, &f->d), 0);
	state_close(s);
}

static void prune(struct fixture *f, struct state *s, int64_t age_ms, size_t count)
{
	struct history_bounds b = {age_ms, count};

	assert_int_equal(state_prune(s, &b, &f->d), 0);
	assert_int_equal(state_check(s, &f->d), 0);
}

static void old_executions_go_and_open_ones_stay(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct execution_row open, row;
	const struct execution_ask ask = {.request = REQUEST_PAUSE};
	struct journal_list entries;
	struct ask_list asks;

	open = begun(f, s, "x0");
	for (int i = 1; i <= 4; i++) {
		clock_fake_advance(&f->clock, DAY_MS);
		row = begun(f, s, arena_printf(f->a, "x%d", i));
		assert_int_equal(journal_ask(s, row.id, &ask, &f->d), 0);
		append(f, s, &row, ENTRY_ENDED, "{\"Status\":\"COMPLETED\"}");
	}
	prune(f, s, 0, 0);
	prune(f, s, 5 * DAY_MS, 5);
	assert_int_equal(count_executions(f, s), 5);
	prune(f, s, 0, 3);
	assert_int_equal(count_executions(f, s), 4); /* x0 has no end */
	assert_int_equal(
		journal_load_entries(s, &(struct journal_part){"x1", 0}, f->a, &entries, &f->d), 0);
	assert_int_equal(entries.count, 0);
	assert_int_equal(journal_load_asks(s, &(struct journal_part){"x1", 0}, f->a, &asks, &f->d),
			 0);
	assert_int_equal(asks.count, 0);
	prune(f, s, DAY_MS + DAY_MS / 2, 0);
	assert_int_equal(count_executions(f, s), 3); /* x3, x4, and x0, whose process lives */
	append(f, s, &open, ENTRY_CHECK, "{}");
	append(f, s, &open, ENTRY_ENDED, "{\"Status\":\"FAILED\"}");
	prune(f, s, DAY_MS + DAY_MS / 2, 0);
	assert_int_equal(count_executions(f, s), 2);
	state_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(every_row_is_under_its_checksum),
		STATE_TEST(an_event_that_is_gone_or_moved_breaks_the_chain),
		STATE_TEST(a_chain_says_where_it_breaks),
		STATE_TEST(a_rehearsal_has_what_is_set_and_no_executions),
		STATE_TEST(old_executions_go_and_open_ones_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
