/* Events folded to how an execution stands: every kind, and every order they should not have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engine/runbook/journal_names.h"

struct told {
	struct arena *a;
	struct execution_story story;
};

static const char started[] =
	"{\"Runbook\":\"failover\",\"Digest\":\"d1\",\"Since\":900,"
	"\"Objectives\":{\"RTO\":300000,\"RPO\":60000},\"Steps\":[{\"Path\":\"a\",\"Kind\":"
	"\"Approval\"},{\"Path\":\"b\",\"Kind\":\"Parallel\"},{\"Path\":\"b/c\",\"Kind\":"
	"\"Command\"}]}";

static void tell(struct told *t, const struct journal_entry *entries, size_t count)
{
	static const struct execution_row row = {.id = "x1", .started_ms = 1000};
	struct journal_entry *copy;
	struct journal_list list;

	t->a = arena_new();
	copy = ARENA_ARRAY(t->a, count + 1, struct journal_entry);
	for (size_t i = 0; i < count; i++) {
		copy[i] = entries[i];
		copy[i].number = (int64_t)i + 1;
		copy[i].step = entries[i].step ? entries[i].step : "";
		copy[i].data = entries[i].data ? entries[i].data : "{}";
	}
	list = (struct journal_list){copy, count};
	execution_story(t->a, &row, &list, &t->story);
}

#define TELL(t, ...)                                                \
	do {                                                        \
		const struct journal_entry list_[] = {__VA_ARGS__}; \
		tell(t, list_, sizeof(list_) / sizeof(list_[0]));   \
	} while (0)

static void steps_are_those_it_was_started_with(void **state)
{
	struct told t;

	(void)state;
	TELL(&t, {.kind = ENTRY_STARTED, .at_ms = 1000, .data = started});
	assert_int_equal(t.story.step_count, 3);
	assert_string_equal(t.story.steps[1].path, "b");
	assert_string_equal(t.story.steps[1].kind, "Parallel");
	assert_int_equal(t.story.steps[2].status, STEP_NOT_STARTED);
	assert_string_equal(t.story.digest, "d1");
	assert_int_equal(t.story.since_ms, 900);
	assert_int_equal(t.story.rto.objective_ms, 300000);
	assert_int_equal(t.story.rpo.objective_ms, 60000);
	assert_false(t.story.rto.known);
	assert_int_equal(t.story.row.status, EXECUTION_RUNNING);
	assert_null(story_step(&t.story, "nothing"));
	arena_free(t.a);
}

static void a_step_from_its_start_to_its_end(void **state)
{
	const struct step_story *step;
	struct told t;

	(void)state;
	TELL(&t, {.kind = ENTRY_STARTED, .at_ms = 1000, .data = started},
	     {.kind = ENTRY_STEP_STARTED,
	      .at_ms = 1100,
	      .step = "b/c",
	      .data = "{\"Attempt\":1,\"Key\":\"k1\"}"},
	     {.kind = ENTRY_STEP_MEMORY, .step = "b/c", .data = "{\"Job\":7}"},
	     {.kind = ENTRY_STEP_PROGRESS, .step = "b/c", .data = "{\"Text\":\"half\"}"},
	     {.kind = ENTRY_STEP_RETRY, .step = "b/c", .data = "{\"Reason\":\"refused\"}"},
	     {.kind = ENTRY_STEP_STARTED,
	      .at_ms = 1200,
	      .step = "b/c",
	      .data = "{\"Attempt\":2,\"Key\":\"k2\",\"Grace\":\"ungraceful\"}"});
	step = story_step(&t.story, "b/c");
	assert_int_equal(step->status, STEP_RUNNING);
	assert_int_equal(step->attempts, 2);
	assert_int_equal(step->started_ms, 1100);
	assert_string_equal(step->key, "k2");
	assert_string_equal(step->memory, "");
	assert_string_equal(step->text, "");
	assert_true(step->ungraceful);
	arena_free(t.a);
	TELL(&t,
	     {.kind = ENTRY_STEP_STARTED, .at_ms = 1100, .step = "b/c", .data = "{\"Key\":\"k\"}"},
	     {.kind = ENTRY_STEP_MEMORY, .step = "b/c", .data = "{\"Job\":7}"},
	     {.kind = ENTRY_STEP_STARTED, .at_ms = 1200, .step = "b/c", .data = "{\"Key\":\"k\"}"},
	     {.kind = ENTRY_STEP_SUCCEEDED,
	      .at_ms = 1300,
	      .step = "b/c",
	      .data = "{\"Result\":{\"Lag\":1}}"});
	step = story_step(&t.story, "b/c");
	assert_int_equal(step->status, STEP_SUCCEEDED);
	assert_string_equal(step->memory, "{\"Job\":7}"); /* the same attempt, after a crash */
	assert_string_equal(step->result, "{\"Lag\":1}");
	assert_int_equal(step->ended_ms, 1300);
	arena_free(t.a);
}

static void each_end_of_a_step_is_told_apart(void **state)
{
	static const struct {
		enum entry_kind kind;
		enum step_status status;
	} ends[] = {
		{ENTRY_STEP_SUCCEEDED, STEP_SUCCEEDED},
		{ENTRY_STEP_FAILED, STEP_FAILED},
		{ENTRY_STEP_SKIPPED, STEP_SKIPPED},
		{ENTRY_STEP_REVERSED, STEP_REVERSED},
		{ENTRY_STEP_REVERSE_FAILED, STEP_REVERSE_FAILED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct told t;

		TELL(&t, {.kind = ENTRY_STEP_STARTED, .step = "a"},
		     {.kind = ENTRY_STEP_WAITING, .step = "a", .data = "{\"Message\":\"ok?\"}"},
		     {.kind = ends[i].kind, .step = "a", .data = "{\"Reason\":\"why\"}"});
		assert_int_equal(t.story.steps[0].status, ends[i].status);
		assert_string_equal(t.story.steps[0].reason, "why");
		assert_int_equal(t.story.row.status, EXECUTION_RUNNING);
		arena_free(t.a);
	}
}

static void of_two_approvals_one_may_be_given(void **state)
{
	static const char ask[] = "{\"Message\":\"ok?\",\"Approvers\":[\"ann\"]}";
	struct told t;

	(void)state;
	TELL(&t, {.kind = ENTRY_STEP_WAITING, .step = "a", .data = ask},
	     {.kind = ENTRY_STEP_WAITING, .step = "b", .data = ask},
	     {.kind = ENTRY_STEP_WAITING, .step = "c", .data = "{\"Text\":\"locked\"}"},
	     {.kind = ENTRY_STEP_SUCCEEDED, .step = "b"});
	assert_int_equal(t.story.row.status, EXECUTION_WAITING);
	assert_string_equal(story_step(&t.story, "a")->text, "ok?");
	assert_int_equal(story_step(&t.story, "c")->status, STEP_NOT_STARTED);
	arena_free(t.a);
}

static void what_is_said_of_the_execution(void **state)
{
	struct told t;

	(void)state;
	TELL(&t, {.kind = ENTRY_STARTED, .at_ms = 1000, .data = started},
	     {.kind = ENTRY_DETECTED, .at_ms = 1000, .data = "{\"At\":500}"},
	     {.kind = ENTRY_ASKED, .data = "{\"Number\":4,\"Request\":\"pause\"}"},
	     {.kind = ENTRY_ASKED, .data = "{\"Number\":3}"},
	     {.kind = ENTRY_UNGRACEFUL, .step = "b/c"},
	     {.kind = ENTRY_FENCED, .data = "{\"How\":\"verified\"}"},
	     {.kind = ENTRY_DATA_LOSS, .data = "{\"Reason\":\"r\"}"},
	     {.kind = ENTRY_OBJECTIVE,
	      .data = "{\"Name\":\"RTO\",\"Actual\":2000,\"Objective\":300000,\"Met\":true}"},
	     {.kind = ENTRY_OBJECTIVE, .data = "{\"Name\":\"RPO\",\"Objective\":60000}"},
	     {.kind = ENTRY_ENDED, .at_ms = 3000, .data = "{\"Status\":\"COMPLETED\"}"});
	assert_int_equal(t.story.since_ms, 500);
	assert_int_equal(t.story.asks_taken, 4);
	assert_false(t.story.ungraceful);
	assert_true(story_step(&t.story, "b/c")->ungraceful);
	assert_true(t.story.fenced);
	assert_true(t.story.data_loss_accepted);
	assert_true(t.story.rto.known && t.story.rto.met);
	assert_int_equal(t.story.healthy_ms, 2500);
	assert_false(t.story.rpo.known);
	assert_int_equal(t.story.row.status, EXECUTION_COMPLETED);
	assert_int_equal(t.story.row.ended_ms, 3000);
	arena_free(t.a);
}

/* Kinds of later versions, events with nothing in them, or with the wrong things. */
static void a_story_can_be_told_of_anything(void **state)
{
	static const char *const datas[] = {
		"",
		"{",
		"[]",
		"{\"Steps\":{\"a\":1},\"Since\":\"x\"}",
		"null",
		"\"\\u\"",
		"{\"Steps\":[1,null,{\"Path\":1},{\"Kind\":2,\"Path\":\"p\"}]}",
		"{\"Number\":-1,\"Attempt\":-5,\"Key\":1,\"Name\":\"RTO\",\"Status\":\"later\"}"};
	static const char *const steps[] = {"", "a", "a/b", "\xff"};
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 400; round++) {
		struct journal_entry entries[24];
		struct told t;

		for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
			seed = seed * 1664525 + 1013904223;
			entries[i] = (struct journal_entry){
				.kind = (enum entry_kind)((seed >> 8) % (ENTRY_KIND_COUNT + 3)),
				.step = steps[(seed >> 16) % ARRAY_LEN(steps)],
				.data = datas[(seed >> 20) % ARRAY_LEN(datas)],
				.at_ms = (int64_t)(seed >> 4) - 100000000};
		}
		tell(&t, entries, (size_t)round % (ARRAY_LEN(entries) + 1));
		assert_true((size_t)t.story.row.status < EXECUTION_STATUS_COUNT);
		for (size_t i = 0; i < t.story.step_count; i++) {
			assert_true((size_t)t.story.steps[i].status < STEP_STATUS_COUNT);
			assert_non_null(t.story.steps[i].memory);
		}
		arena_free(t.a);
	}
}

static void every_word_has_its_way_back(void **state)
{
	enum execution_status status;
	enum execution_request request;
	enum execution_kind kind;

	(void)state;
	for (int i = 0; i < ENTRY_KIND_COUNT; i++)
		assert_int_equal(entry_kind_parse(entry_kind_name((enum entry_kind)i)), i);
	assert_int_equal(entry_kind_parse("later"), ENTRY_UNKNOWN);
	assert_string_equal(entry_kind_name(ENTRY_UNKNOWN), "unknown");
	for (int i = 0; i < EXECUTION_STATUS_COUNT; i++) {
		assert_true(execution_status_parse(execution_status_name((enum execution_status)i),
						   &status));
		assert_int_equal(status, i);
	}
	for (int i = 0; i < REQUEST_COUNT; i++) {
		assert_true(request_parse(request_name((enum execution_request)i), &request));
		assert_int_equal(request, i);
	}
	for (int i = 0; i <= EXECUTION_DRILL_FULL; i++) {
		assert_true(
			execution_kind_parse(execution_kind_name((enum execution_kind)i), &kind));
		assert_int_equal(kind, i);
	}
	assert_false(execution_kind_parse("", &kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_those_it_was_started_with),
		cmocka_unit_test(a_step_from_its_start_to_its_end),
		cmocka_unit_test(each_end_of_a_step_is_told_apart),
		cmocka_unit_test(of_two_approvals_one_may_be_given),
		cmocka_unit_test(what_is_said_of_the_execution),
		cmocka_unit_test(a_story_can_be_told_of_anything),
		cmocka_unit_test(every_word_has_its_way_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
