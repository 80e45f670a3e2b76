/* test_conduct_wishes.c - what is asked of an execution as it is gone on with, and the time that
 * people had for an answer. */
#include "tests/unit/conduct_bench.h"

#include <string.h>

#define AT "Region: east, Roles: [web]"
#define COMMAND(name, command, more) \
	"  - {Name: " name ", Type: Command, " AT ", Command: '" command "'" more "}\n"
#define BACK ", Reverse: {Type: Command, " AT ", Command: ok}"
#define GO_ON ", OnFailure: continue"

static struct execution_ask wishes[4];

static void wish(struct conduct_bench *c, enum execution_request r, const char *step)
{
	wishes[c->q.ask_count++] = (struct execution_ask){
		.request = r,
		.step = step,
		.reason = "the pager is down",
		.text = "",
		.by = {.user = "ann", .host = "ops-1", .pid = 1},
	};
	c->q.asks = wishes;
}

static int goes_on(struct conduct_bench *c, enum execution_request r, const char *step)
{
	c->q.ask_count = 0;
	wish(c, r, step);
	return conduct_resume(c);
}

/* Of the latest event of a kind; NULL: there is none. */
static const char *data_of(struct conduct_bench *c, enum entry_kind kind)
{
	const struct journal_list all = conduct_journal(c);

	for (size_t i = all.count; i > 0; i--)
		if (all.items[i - 1].kind == kind)
			return all.items[i - 1].data;
	return NULL;
}

/* --- steps ------------------------------------------------------------------------------ */

static void a_failed_step_is_skipped(void **state)
{
	struct conduct_bench *c = *state;
	const char *asked;

	conduct_runbook(c, "Steps:\n" COMMAND("a", "ok", "") COMMAND("b", "fail", "")
				   COMMAND("d", "ok", ""));
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_status(c), EXECUTION_FAILED);
	assert_int_equal(goes_on(c, REQUEST_SKIP, "b"), 0);
	assert_string_equal(world_order(c), "a d");
	assert_int_equal(conduct_step_status(c, "b"), STEP_SKIPPED);
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED_WITH_EXCEPTIONS);
	asked = data_of(c, ENTRY_ASKED);
	assert_non_null(strstr(asked, "\"Request\":\"skip\""));
	assert_non_null(strstr(asked, "the pager is down"));
	assert_non_null(strstr(asked, "\"User\":\"ann\""));
}

static void a_failed_step_of_a_group_is_skipped(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n"
			   "  - Name: g\n"
			   "    Parallel:\n"
			   "    - {Name: a, Type: Command, " AT ", Command: fail}\n"
			   "    - {Name: b, Type: Command, " AT
			   ", Command: ok}\n" COMMAND("d", "ok", ""));
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(goes_on(c, REQUEST_SKIP, "g/a"), 0);
	assert_string_equal(world_order(c), "g/b d");
	assert_int_equal(conduct_step_status(c, "g"), STEP_SUCCEEDED);
}

/* Killed in its middle: part of it may have happened, and an abort undoes that. */
static void a_lost_step_is_skipped_and_undone(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n" COMMAND("a", "take 60s", BACK)
				   COMMAND("d", "fail", ", OnFailure: reverse"));
	assert_true(conduct_dies(c, 3, false));
	assert_int_equal(goes_on(c, REQUEST_SKIP, "a"), -1);
	assert_int_equal(conduct_status(c), EXECUTION_REVERSED);
	assert_int_equal(world_done("a/reverse"), 1);
}

static void what_does_not_fit_is_refused_as_a_whole(void **state)
{
	static const struct {
		enum execution_request request;
		const char *step;
	} wrong[] = {
		{REQUEST_SKIP, "bb"},                       /* there is none */
		{REQUEST_SKIP, "a"},                        /* over */
		{REQUEST_RETRY, "a"}, {REQUEST_RETRY, "d"}, /* to come */
		{REQUEST_SKIP, "p"},                        /* passed over */
	};
	struct conduct_bench *c = *state;
	size_t count;

	conduct_runbook(c, "Steps:\n" COMMAND("a", "ok", "") COMMAND("p", "fail", GO_ON)
				   COMMAND("b", "fail", "") COMMAND("d", "ok", ""));
	assert_int_equal(conduct_go(c), -1);
	count = conduct_journal(c).count;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		c->q.ask_count = 0;
		wish(c, REQUEST_SKIP, "b");
		wish(c, wrong[i].request, wrong[i].step);
		assert_int_equal(conduct_resume(c), -1);
		assert_true(c->result.refused);
		assert_true(bench_said(&c->b, DIAG_CONDUCT_WISH));
		assert_int_equal(conduct_journal(c).count, count);
	}
	assert_string_equal(world_order(c), "a");
}

static void what_was_passed_over_is_tried_again(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n"
			   "  - Name: g\n"
			   "    Steps:\n"
			   "    - {Name: p, Type: Command, " AT ", Command: fail 1" GO_ON "}\n"
			   "    - {Name: a, Type: Command, " AT
			   ", Command: ok}\n" COMMAND("b", "fail 1", ""));
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(goes_on(c, REQUEST_RETRY, "p"), 0);
	assert_string_equal(world_order(c), "g/a g/p b");
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED);
}

/* --- guards ----------------------------------------------------------------------------- */

#define FENCE                                                                \
	"  - {Name: fence, Type: Fence, Region: !Ref From, Check: primary, " \
	"By: [{Name: stop, Type: Command, " AT ", Command: %s}]}\n"
#define PROMOTE(command)                                                                     \
	"  - {Name: promote, Promotes: true, Type: Command, Region: !Ref To, Roles: [web], " \
	"Command: " command "}\n"

static void move(struct conduct_bench *c, const char *steps)
{
	static const struct parameter_given given[] = {{"From", "east"}, {"To", "west"}};

	checks_script("primary", "east", "10");
	conduct_runbook(
		c, arena_printf(c->b.a,
				"Parameters: {From: {Type: Region}, To: {Type: Region}}\nSteps:\n"
				"%s",
				steps));
	c->q.parameters = given;
	c->q.parameter_count = 2;
}

static void who_skips_the_fence_does_not_promote(void **state)
{
	struct conduct_bench *c = *state;

	move(c, arena_printf(c->b.a, FENCE PROMOTE("ok"), "fail"));
	checks_script("primary", "east", "1");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(goes_on(c, REQUEST_SKIP, "fence"), -1);
	assert_int_equal(world_begun("promote"), 0);
	assert_int_equal(conduct_status(c), EXECUTION_FAILED);
}

/* Behind it users are led to where nothing was promoted. */
static void who_skips_a_promotion_says_why(void **state)
{
	struct conduct_bench *c = *state;

	move(c, arena_printf(c->b.a, FENCE PROMOTE("fail") COMMAND("d", "ok", ""), "ok"));
	assert_int_equal(conduct_go(c), -1);
	wish(c, REQUEST_SKIP, "promote");
	wishes[0].reason = "";
	assert_int_equal(conduct_resume(c), -1);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_WISH));
	assert_int_equal(world_begun("d"), 0);
	assert_int_equal(goes_on(c, REQUEST_SKIP, "promote"), 0);
	assert_int_equal(world_begun("d"), 1);
}

static int say_it_is_off(struct conduct_bench *c)
{
	c->q.ask_count = 0;
	wish(c, REQUEST_SKIP, "fence");
	wishes[0].text = "fenced";
	wishes[0].reason = "ann has cut its power";
	return conduct_resume(c);
}

static void who_switched_it_off_says_so_as_it_goes_on(void **state)
{
	struct conduct_bench *c = *state;

	move(c, arena_printf(c->b.a, FENCE PROMOTE("ok"), "fail"));
	checks_script("primary", "east", "1");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(say_it_is_off(c), 0);
	assert_int_equal(world_begun("promote"), 1);
	assert_non_null(strstr(data_of(c, ENTRY_FENCED), "\"How\":\"person\""));
}

static void a_fence_that_was_left_out_is_made_up_for_by_a_word(void **state)
{
	struct conduct_bench *c = *state;

	move(c, arena_printf(c->b.a, FENCE PROMOTE("ok"), "fail"));
	checks_script("primary", "east", "1");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(goes_on(c, REQUEST_SKIP, "fence"), -1);
	assert_int_equal(say_it_is_off(c), 0);
	assert_int_equal(world_begun("promote"), 1);
}

static void one_way_to_fence_is_not_left_out(void **state)
{
	struct conduct_bench *c = *state;

	move(c, arena_printf(c->b.a, FENCE PROMOTE("ok"), "fail"));
	checks_script("primary", "east", "1");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(goes_on(c, REQUEST_SKIP, "fence/stop"), -1);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_WISH));
}

/* It may have promoted: nobody goes back behind it. */
static void a_promotion_that_was_skipped_is_one(void **state)
{
	struct conduct_bench *c = *state;

	move(c, arena_printf(c->b.a,
			     "  - {Name: fence, Type: Fence, Region: !Ref From, Check: primary, "
			     "By: [{Name: stop, Type: Command, " AT ", Command: ok}]" BACK
			     "}\n" PROMOTE("fail") COMMAND("d", "fail", ", OnFailure: reverse")));
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(goes_on(c, REQUEST_SKIP, "promote"), -1);
	assert_int_equal(conduct_status(c), EXECUTION_FAILED);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_NO_RETURN));
	assert_int_equal(world_begun("fence/reverse"), 0);
}

static void a_reverse_that_is_skipped_has_undone_nothing(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n"
			   "  - {Name: a, Type: Command, " AT ", Command: ok, Reverse: "
			   "{Type: Command, " AT
			   ", Command: fail}}\n" COMMAND("d", "fail", ", OnFailure: reverse"));
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_step_status(c, "a"), STEP_REVERSE_FAILED);
	assert_int_equal(goes_on(c, REQUEST_SKIP, "a/reverse"), -1);
	assert_int_equal(conduct_step_status(c, "a"), STEP_REVERSE_FAILED);
	assert_int_equal(conduct_status(c), EXECUTION_FAILED);
	assert_non_null(strstr(data_of(c, ENTRY_ENDED), "not undone: a"));
}

/* --- the other form --------------------------------------------------------------------- */

static void a_lost_step_goes_on_ungracefully(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n" COMMAND("a", "hang", ", Ungraceful: {Command: ok}")
				   COMMAND("b", "fail", ", Ungraceful: skip"));
	assert_true(conduct_dies(c, 3, false));
	assert_int_equal(goes_on(c, REQUEST_UNGRACEFUL, ""), 0);
	assert_string_equal(world_order(c), "a");
	assert_non_null(strstr(data_of(c, ENTRY_STEP_RETRY), "ungracefully"));
	assert_int_equal(conduct_step_status(c, "b"), STEP_SKIPPED);
	assert_non_null(strstr(data_of(c, ENTRY_UNGRACEFUL), "the pager is down"));
}

/* --- time for an answer ----------------------------------------------------------------- */

#define SURE "  - {Name: sure, Type: Approval, Message: '?', Timeout: 10m}\n"
#define HOUR_MS 3600000

static void approve_when_waiting(struct conduct_bench *c, const struct journal_entry *e)
{
	if (e->kind == ENTRY_STEP_WAITING)
		conduct_ask(c, REQUEST_APPROVE, "sure", "");
}

/* Nobody could have approved while nobody carried it. */
static void an_approval_waits_for_those_who_could_give_it(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n" SURE);
	assert_true(conduct_dies(c, 3, false));
	c->b.clock.set_ms += HOUR_MS;
	c->on_entry = approve_when_waiting;
	assert_int_equal(conduct_resume(c), 0);
}

static void interrupt_behind_b(struct conduct_bench *c, const struct journal_entry *e)
{
	if (e->kind == ENTRY_STEP_SUCCEEDED && !strcmp(e->step, "g/b"))
		c->b.interrupts = 1;
}

/* Four minutes before an interrupt, and six behind it. */
static void what_was_waited_counts(void **state)
{
	struct conduct_bench *c = *state;
	int64_t began_ms;

	conduct_runbook(c, "Steps:\n"
			   "  - Name: g\n"
			   "    Parallel:\n"
			   "    - {Name: sure, Type: Approval, Message: '?', Timeout: 10m}\n"
			   "    - {Name: b, Type: Command, " AT ", Command: take 240s}\n");
	c->on_entry = interrupt_behind_b;
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_status(c), EXECUTION_PAUSED);
	c->on_entry = NULL;
	c->b.interrupts = 0;
	c->b.clock.set_ms += HOUR_MS;
	began_ms = c->b.clock.now_ms;
	assert_int_equal(conduct_resume(c), -1);
	assert_in_range(c->b.clock.now_ms - began_ms, 5 * 60000, 7 * 60000);
	assert_non_null(strstr(data_of(c, ENTRY_ENDED), "nobody approved within 10m00s"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONDUCT_TEST(a_failed_step_is_skipped),
		CONDUCT_TEST(a_failed_step_of_a_group_is_skipped),
		CONDUCT_TEST(a_lost_step_is_skipped_and_undone),
		CONDUCT_TEST(what_does_not_fit_is_refused_as_a_whole),
		CONDUCT_TEST(what_was_passed_over_is_tried_again),
		CONDUCT_TEST(who_skips_the_fence_does_not_promote),
		CONDUCT_TEST(who_skips_a_promotion_says_why),
		CONDUCT_TEST(who_switched_it_off_says_so_as_it_goes_on),
		CONDUCT_TEST(a_fence_that_was_left_out_is_made_up_for_by_a_word),
		CONDUCT_TEST(one_way_to_fence_is_not_left_out),
		CONDUCT_TEST(a_promotion_that_was_skipped_is_one),
		CONDUCT_TEST(a_reverse_that_is_skipped_has_undone_nothing),
		CONDUCT_TEST(a_lost_step_goes_on_ungracefully),
		CONDUCT_TEST(an_approval_waits_for_those_who_could_give_it),
		CONDUCT_TEST(what_was_waited_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
