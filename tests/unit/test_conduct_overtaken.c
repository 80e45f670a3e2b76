/* test_conduct_overtaken.c - executions that a later one has overtaken. */
#include "tests/unit/conduct_bench.h"

#include <string.h>

#define STEPS                                                                                \
	"Parameters: {From: {Type: Region}, One: {Type: String}, Two: {Type: String}}\n"     \
	"Steps:\n"                                                                           \
	"  - {Name: a, Type: Command, Region: !Ref From, Roles: [web], Command: ok, "        \
	"Reverse: {Type: Command, Region: !Ref From, Roles: [web], Command: ok}}\n"          \
	"  - {Name: b, Type: Command, Region: !Ref From, Roles: [web], Command: !Ref One}\n" \
	"  - {Name: c, Type: Command, Region: !Ref From, Roles: [web], Command: !Ref Two, "  \
	"OnFailure: reverse, "                                                               \
	"Reverse: {Type: Command, Region: !Ref From, Roles: [web], Command: ok}}\n"

/* What failed counts by what it has fenced. */
#define FENCED                                                                                    \
	"Parameters: {From: {Type: Region}, One: {Type: String}, Two: {Type: String}}\n"          \
	"Steps:\n"                                                                                \
	"  - {Name: fence, Type: Fence, Region: !Ref From, Check: primary, By: [{Type: Command, " \
	"Region: !Ref From, Roles: [db], Command: ok}]}\n"                                        \
	"  - {Name: b, Type: Command, Region: !Ref From, Roles: [web], Command: !Ref One}\n"

static const char *begin(struct conduct_bench *c, const char *from, const char *one,
			 const char *two)
{
	const struct parameter_given given[] = {{"From", from}, {"One", one}, {"Two", two}};

	c->q.parameters = given;
	c->q.parameter_count = ARRAY_LEN(given);
	conduct_go(c);
	c->q.parameter_count = 0;
	return arena_strdup(c->b.a, c->result.story.row.id);
}

/* FAILED in its middle: what was begun first of two. */
static const char *old(struct conduct_bench *c)
{
	const char *id = begin(c, "east", "fail", "ok");

	assert_int_equal(c->result.story.row.status, EXECUTION_FAILED);
	return id;
}

/* The same behind a fence. */
static const char *old_fenced(struct conduct_bench *c)
{
	checks_script("primary", "east", "10");
	return old(c);
}

static int go_on(struct conduct_bench *c, const char *id)
{
	c->q.resume = id;
	return conduct_again(c);
}

static void is_refused(struct conduct_bench *c, const char *id)
{
	size_t begun = world_begun("b");

	assert_int_equal(go_on(c, id), -1);
	assert_true(c->result.refused);
	assert_null(c->result.story.row.id);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_OVERTAKEN));
	assert_int_equal(world_begun("b"), begun);
}

static void goes_on(struct conduct_bench *c, const char *id)
{
	size_t begun = world_begun("b");

	go_on(c, id);
	assert_false(c->result.refused);
	assert_int_equal(world_begun("b"), begun + 1);
}

static const struct execution_ask undo = {
	.request = REQUEST_ABORT,
	.step = "",
	.reason = "",
	.text = "",
	.by = {.user = "ann", .host = "h", .command = ""},
};

static enum execution_status aborted(struct conduct_bench *c, const char *id, const char *text)
{
	struct execution_ask ask = undo;

	ask.text = text;
	c->q.abort = &ask;
	go_on(c, id);
	c->q.abort = NULL;
	return c->result.story.row.status;
}

static void what_completed_later_has_overtaken_it(void **state)
{
	struct conduct_bench *c = *state;
	const char *first;

	conduct_runbook(c, STEPS);
	first = old(c);
	begin(c, "east", "ok", "ok");
	is_refused(c, first);
}

static void it_is_not_undone_and_can_be_closed(void **state)
{
	struct conduct_bench *c = *state;
	const char *first;

	conduct_runbook(c, STEPS);
	first = old(c);
	begin(c, "east", "ok", "ok");
	aborted(c, first, "");
	assert_true(c->result.refused);
	assert_int_equal(world_begun("a/reverse"), 0);
	assert_int_equal(aborted(c, first, "keep"), EXECUTION_ABORTED);
	assert_int_equal(world_begun("a/reverse"), 0);
}

static void a_reason_lifts_it_and_is_recorded(void **state)
{
	struct conduct_bench *c = *state;
	const char *first, *second;
	struct journal_list list;
	json_t *data = NULL;

	conduct_runbook(c, STEPS);
	first = old(c);
	second = begin(c, "east", "ok", "ok");
	c->q.override_execution = "another application";
	goes_on(c, first);
	assert_int_equal(journal_load_entries(bench_state(&c->b), &(struct journal_part){first, 0},
					      c->b.a, &list, &c->b.d),
			 0);
	for (size_t i = 0; i < list.count && !data; i++)
		if (list.items[i].kind == ENTRY_RESUMED_BY)
			data = json_parse(text_of(list.items[i].data), c->b.a, NULL);
	assert_string_equal(json_str(json_object_get(data, "Overtaken"), "By", ""), second);
	assert_string_equal(json_str(json_object_get(data, "Overtaken"), "Reason", ""),
			    "another application");
	json_decref(data);
}

/* Whoever goes on on top of the later one is the later one from there on. */
static void the_later_of_two_is_who_was_taken_up_last(void **state)
{
	struct conduct_bench *c = *state;
	const char *first, *second;

	conduct_runbook(c, FENCED);
	first = old_fenced(c);
	second = old_fenced(c);
	is_refused(c, first);
	c->q.override_execution = "the second one was a mistake";
	goes_on(c, first);
	c->q.override_execution = NULL;
	is_refused(c, second);
	goes_on(c, first);
}

static void who_is_closed_as_it_is_overtakes_nobody(void **state)
{
	struct conduct_bench *c = *state;
	const char *first, *second;

	conduct_runbook(c, FENCED);
	first = old_fenced(c);
	second = old_fenced(c);
	aborted(c, first, "keep");
	goes_on(c, second);
}

static void what_failed_before_it_moved_anything_has_overtaken_nobody(void **state)
{
	struct conduct_bench *c = *state;
	const char *first;

	conduct_runbook(c, STEPS);
	first = old(c);
	old(c);
	goes_on(c, first);
}

static void what_went_back_has_overtaken_nobody(void **state)
{
	struct conduct_bench *c = *state;
	const char *first;

	conduct_runbook(c, STEPS);
	first = old(c);
	begin(c, "east", "ok", "fail");
	assert_int_equal(c->result.story.row.status, EXECUTION_REVERSED);
	goes_on(c, first);
}

static void a_drill_that_was_undone_has_overtaken_nobody(void **state)
{
	struct conduct_bench *c = *state;
	const char *first;

	conduct_runbook(c, STEPS);
	first = old(c);
	c->q.kind = EXECUTION_DRILL_ISOLATED;
	begin(c, "east", "ok", "ok");
	c->q.kind = EXECUTION_REAL;
	goes_on(c, first);
}

static void what_works_elsewhere_has_overtaken_nobody(void **state)
{
	struct conduct_bench *c = *state;
	const char *first;

	conduct_runbook(c, STEPS);
	first = old(c);
	begin(c, "west", "ok", "ok");
	goes_on(c, first);
}

static void what_may_go_on_beside_it_has_not_overtaken_it(void **state)
{
	struct conduct_bench *c = *state;
	const char *first;

	conduct_runbook(c, "Exclusive: false\n" STEPS);
	first = old(c);
	begin(c, "east", "ok", "ok");
	goes_on(c, first);
}

/* The clock was ahead when the first one was begun. */
static void a_clock_that_was_ahead_changes_nothing(void **state)
{
	struct conduct_bench *c = *state;
	const char *first, *second;

	conduct_runbook(c, STEPS);
	c->b.clock.set_ms += 7200000;
	first = old(c);
	c->b.clock.set_ms -= 7200000;
	second = begin(c, "east", "ok", "ok");
	assert_true(strcmp(second, first) > 0);
	is_refused(c, first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONDUCT_TEST(what_completed_later_has_overtaken_it),
		CONDUCT_TEST(it_is_not_undone_and_can_be_closed),
		CONDUCT_TEST(a_reason_lifts_it_and_is_recorded),
		CONDUCT_TEST(the_later_of_two_is_who_was_taken_up_last),
		CONDUCT_TEST(who_is_closed_as_it_is_overtakes_nobody),
		CONDUCT_TEST(what_failed_before_it_moved_anything_has_overtaken_nobody),
		CONDUCT_TEST(what_went_back_has_overtaken_nobody),
		CONDUCT_TEST(a_drill_that_was_undone_has_overtaken_nobody),
		CONDUCT_TEST(what_works_elsewhere_has_overtaken_nobody),
		CONDUCT_TEST(what_may_go_on_beside_it_has_not_overtaken_it),
		CONDUCT_TEST(a_clock_that_was_ahead_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
