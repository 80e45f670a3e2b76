/* Reports: what is worked out from the events, and whether a saved one is as it was made. */
#include "tests/unit/report_fixture.h"
#include "tests/unit/state_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "engine/runbook/report.h"

static void make(struct fixture *f, struct report *out)
{
	struct journal_list list;

	report_fixture_chain(f->a, &list);
	report_make(f->a, &list, list.items[list.count - 1].hash, REPORT_OUTAGE_MS + 200000, out);
}

static const struct report_row *row(const struct report *r, const char *path)
{
	for (size_t i = 0; i < r->row_count; i++)
		if (strcmp(r->rows[i].step->path, path) == 0)
			return &r->rows[i];
	return NULL;
}

static void the_time_goes_somewhere_and_adds_up(void **state)
{
	static const int64_t seconds[REPORT_PART_COUNT] = {
		[PART_DETECTION] = 30,  [PART_DECISION] = 25,   [PART_STEPS] = 65,
		[PART_MONITORING] = 15, [PART_INTERRUPTED] = 5, [PART_BETWEEN] = 0,
	};
	struct fixture *f = *state;
	int64_t all_ms = 0;
	struct report r;

	make(f, &r);
	for (int i = 0; i < REPORT_PART_COUNT; i++) {
		assert_int_equal(r.parts_ms[i], seconds[i] * 1000);
		all_ms += r.parts_ms[i];
	}
	assert_int_equal(all_ms, r.to_ms - r.from_ms);
	assert_int_equal(all_ms, r.story.rto.actual_ms);
	assert_int_equal(r.span_count, 6);
	assert_int_equal(r.spans[3].part, PART_INTERRUPTED);
	assert_int_equal(r.spans[3].from_ms, REPORT_OUTAGE_MS + 100000);
	assert_int_equal(r.spans[5].to_ms, r.to_ms);
	assert_int_equal(r.broken_at, 0);
}

static void rows_say_when_how_long_and_what_was_critical(void **state)
{
	struct fixture *f = *state;
	const struct report_row *promote, *scale, *confirm;
	struct report r;

	make(f, &r);
	assert_int_equal(r.row_count, 8);
	promote = row(&r, "data-and-capacity/promote");
	scale = row(&r, "data-and-capacity/scale");
	confirm = row(&r, "confirm");
	assert_string_equal(promote->name, "promote");
	assert_int_equal(promote->depth, 1);
	assert_true(promote->slow);
	assert_int_equal(promote->usual_ms, 8000);
	assert_string_equal(promote->region, "west");
	assert_false(promote->critical); /* scale took longer beside it */
	assert_true(scale->critical);
	assert_int_equal(scale->to_ms - scale->from_ms, 30000);
	assert_int_equal(scale->step->attempts, 2);
	assert_int_equal(confirm->waited_ms, 25000);
	assert_true(confirm->critical);
	assert_true(row(&r, "data-and-capacity")->group);
	assert_int_equal(row(&r, "tell")->from_ms, 0);
	assert_int_equal(row(&r, "tell")->step->status, STEP_SKIPPED);
}

static void it_says_who_answers_for_what(void **state)
{
	struct fixture *f = *state;
	struct report r;

	make(f, &r);
	assert_string_equal(r.by, "ann@ci-7");
	assert_string_equal(r.command, "failover --from east --to west");
	assert_string_equal(r.detected, "check shop of east: connection refused");
	assert_int_equal(r.requests.count, 4);
	assert_string_equal(r.requests.items[0].what, "approve");
	assert_string_equal(r.requests.items[0].who, "bob@desk");
	assert_string_equal(r.requests.items[0].why, "seen the graphs");
	assert_string_equal(r.requests.items[2].what, "resumed by another process");
	assert_int_equal(r.fences.count, 1);
	assert_string_equal(r.fences.items[0].what, "east: lease");
	assert_int_equal(r.losses.count, 1);
	assert_string_equal(r.losses.items[0].what, "data loss accepted: lag 2.5 s");
	assert_int_equal(r.check_count, 3);
	assert_true(r.lag_seconds == 2.5);
	assert_string_equal(r.end_reason, "1 step was skipped");
}

/* From nothing at all, and from every beginning of it. */
static void any_beginning_gives_a_report(void **state)
{
	struct fixture *f = *state;
	struct journal_list list;

	report_fixture_chain(f->a, &list);
	for (size_t count = 0; count <= list.count; count++) {
		struct journal_list part = {list.items, count};
		const char *head = count ? list.items[count - 1].hash : "";
		int64_t all_ms = 0;
		struct report r;

		report_make(f->a, &part, head, REPORT_OUTAGE_MS + 200000, &r);
		for (int i = 0; i < REPORT_PART_COUNT; i++)
			all_ms += r.parts_ms[i];
		assert_int_equal(all_ms, r.to_ms - r.from_ms);
		assert_int_equal(r.broken_at, count ? 0 : 1);
		json_decref(report_json(&r));
	}
}

/* --- verifying ------------------------------------------------------------------------- */

static json_t *saved(struct fixture *f)
{
	struct report r;

	make(f, &r);
	return report_json(&r);
}

/* The code of the error, 0: it verifies.  Takes the document. */
static int verified(struct fixture *f, json_t *j)
{
	struct report r;
	int result = report_verify(f->a, "r.json", text_of(json_text(f->a, j)), &r, &f->d);
	int code = f->d.first ? (int)f->d.first->code : 0;

	assert_int_equal(result, code ? -1 : 0);
	json_decref(j);
	return code;
}

static void what_was_saved_verifies(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(verified(f, saved(f)), 0);
}

/* Each scalar anywhere in the document, changed by itself, shows. */
static size_t change_each(struct fixture *f, json_t *whole, json_t *at)
{
	size_t count = 0, i;
	const char *key;
	json_t *value;

	if (json_is_string(at) || json_is_integer(at)) {
		json_t *old = json_deep_copy(at);

		if (json_is_string(at))
			json_string_set(at, "x");
		else
			json_integer_set(at, json_integer_value(at) + 1);
		assert_int_not_equal(verified(f, json_incref(whole)), 0);
		diags_release(&f->d);
		if (json_is_string(at))
			json_string_set(at, json_string_value(old));
		else
			json_integer_set(at, json_integer_value(old));
		json_decref(old);
		return 1;
	}
	json_object_foreach(at, key, value) count += change_each(f, whole, value);
	json_array_foreach(at, i, value) count += change_each(f, whole, value);
	return count;
}

static void every_change_of_it_shows(void **state)
{
	static const char *const said_only[] = {"/made_ms"};
	struct fixture *f = *state;
	json_t *j = saved(f);

	/* When it was made is nowhere in the events. */
	json_put(j, text_of(said_only[0]), json_integer(REPORT_OUTAGE_MS + 200001));
	assert_int_equal(verified(f, json_incref(j)), 0);
	json_object_del(j, "made_ms");
	assert_int_equal(verified(f, json_incref(j)), DIAG_REPORT_FORM);
	diags_release(&f->d);
	json_object_set_new(j, "made_ms", json_string("later"));
	assert_true(change_each(f, j, j) > 300);
	json_decref(j);
}

static void it_says_what_was_changed_and_where(void **state)
{
	struct fixture *f = *state;
	json_t *j = saved(f);

	json_put(j, TEXT_LIT("/events/3/data/Attempt"), json_integer(2));
	assert_int_equal(verified(f, j), DIAG_JOURNAL_BROKEN);
	assert_string_equal(f->d.first->summary, "'r.json' was changed at event 4");
	diags_release(&f->d);
	j = saved(f);
	json_array_remove(json_object_get(j, "events"), 8);
	assert_int_equal(verified(f, j), DIAG_JOURNAL_BROKEN);
	assert_string_equal(f->d.first->summary, "'r.json' was changed at event 9");
	diags_release(&f->d);
	j = saved(f);
	json_array_remove(json_object_get(j, "events"),
			  json_array_size(json_object_get(j, "events")) - 1);
	assert_int_equal(verified(f, j), DIAG_JOURNAL_BROKEN);
	diags_release(&f->d);
	j = saved(f);
	json_put(j, TEXT_LIT("/objectives/0/met"), json_true());
	assert_int_equal(verified(f, j), DIAG_REPORT_SUMMARY);
	assert_string_equal(f->d.first->summary,
			    "'objectives' of 'r.json' does not follow from its events");
	diags_release(&f->d);
	j = saved(f);
	json_object_set_new(j, "approved_by", json_string("everybody"));
	assert_int_equal(verified(f, j), DIAG_REPORT_SUMMARY);
}

static void what_is_no_report_is_refused(void **state)
{
	static const char too_early[] =
		"{\"type\":\"execution_report\",\"made_ms\":1,\"events\":[{\"kind\":\"started\","
		"\"step\":\"\",\"data\":{},\"number\":1,\"at_ms\":-9223372036854775808}]}";
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"1",
		"{}",
		"{\"type\":\"execution_report\"}",
		"{\"type\":\"execution_report\",\"made_ms\":1,\"events\":{}}",
		"{\"type\":\"execution_report\",\"made_ms\":1,\"events\":[1]}",
		too_early};
	struct fixture *f = *state;
	struct report r;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		assert_int_equal(report_verify(f->a, "x", text_of(texts[i]), &r, &f->d), -1);
		state_fixture_expect(f, DIAG_REPORT_FORM);
	}
	/* No events: nothing to hold on to. */
	assert_int_equal(report_verify(f->a, "x",
				       TEXT_LIT("{\"type\":\"execution_report\",\"made_ms\":1,"
						"\"events\":[]}"),
				       &r, &f->d),
			 -1);
	state_fixture_expect(f, DIAG_JOURNAL_BROKEN);
}

/* --- with a store ----------------------------------------------------------------------- */

static void record(struct fixture *f, struct execution_row *row)
{
	struct state *s = state_fixture_open(f, STATE_WRITE);
	const struct journal_entry *events;
	size_t count = report_fixture_events(&events);

	*row = report_fixture_row();
	assert_int_equal(journal_begin(s, row, report_fixture_started(), &f->d), 0);
	for (size_t i = 0; i < count; i++) {
		struct journal_entry e = events[i];

		assert_int_equal(journal_append(s, row, &e, 1, &f->d), 0);
	}
	state_close(s);
}

static void a_report_is_compared_with_what_is_recorded(void **state)
{
	struct fixture *f = *state;
	struct journal_list recorded, forged;
	struct execution_row there;
	struct report r;
	struct state *s;

	record(f, &there);
	assert_int_equal(there.status, EXECUTION_COMPLETED_WITH_EXCEPTIONS);
	s = state_fixture_open(f, STATE_READ);
	assert_int_equal(journal_load_entries(s, &(struct journal_part){there.id, 0}, f->a,
					      &recorded, &f->d),
			 0);
	make(f, &r);
	assert_int_equal(report_compare(&r, "r.json", &recorded, &f->d), 0);
	/* One that was made up, with hashes that fit. */
	report_fixture_chain(f->a, &forged);
	forged.items[5].data = "{\"Number\":1,\"Request\":\"approve\"}";
	for (size_t i = 5; i < forged.count; i++) {
		memcpy(forged.items[i].previous, forged.items[i - 1].hash, 65);
		journal_hash(&forged.items[i], forged.items[i].hash);
	}
	report_make(f->a, &forged, forged.items[forged.count - 1].hash, 1, &r);
	assert_int_equal(r.broken_at, 0);
	assert_int_equal(report_compare(&r, "r.json", &recorded, &f->d), -1);
	assert_string_equal(f->d.first->summary,
			    "event 6 of 'r.json' is not the one that is recorded");
	state_fixture_expect(f, DIAG_REPORT_OTHER);
	state_close(s);
}

/* The golden cases' recorded state: HADEPLOY_MAKE_FIXTURE=FILE writes it. */
static void the_recorded_execution_is_sound(void **state)
{
	const char *to_path = getenv("HADEPLOY_MAKE_FIXTURE");
	struct fixture *f = *state;
	struct execution_row there;
	struct state *s;

	record(f, &there);
	s = state_fixture_open(f, STATE_READ);
	assert_int_equal(state_check(s, &f->d), 0);
	state_close(s);
	if (to_path) {
		state_fixture_sql(f, "PRAGMA wal_checkpoint(TRUNCATE); VACUUM");
		assert_int_equal(file_write_atomic(to_path, state_fixture_bytes(f, f->path)), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(the_time_goes_somewhere_and_adds_up),
		STATE_TEST(rows_say_when_how_long_and_what_was_critical),
		STATE_TEST(it_says_who_answers_for_what),
		STATE_TEST(any_beginning_gives_a_report),
		STATE_TEST(what_was_saved_verifies),
		STATE_TEST(every_change_of_it_shows),
		STATE_TEST(it_says_what_was_changed_and_where),
		STATE_TEST(what_is_no_report_is_refused),
		STATE_TEST(a_report_is_compared_with_what_is_recorded),
		STATE_TEST(the_recorded_execution_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
