/* test_conduct_fence.c - fences, what proves them, and what may not be done without one. */
#include "tests/unit/conduct_fence.h"

#include <string.h>

/* --- fences ------------------------------------------------------------------------------- */

static void fence(struct conduct_bench *c, const char *way)
{
	conduct_runbook(c, arena_printf(c->b.a, FROM_TO "Steps:\n" FENCE("") PROMOTE, way));
	east_to_west(c);
}

static void no_promotion_without_a_fence(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, FROM_TO "Steps:\n" PROMOTE);
	east_to_west(c);
	assert_int_equal(conduct_go(c), -1);
	assert_true(c->result.refused);
	assert_int_equal(world_begun("promote"), 0);
}

static struct {
	enum execution_request request;
	const char *when, *step, *skips;
	bool asked;
} wish;

static void ask_once(struct conduct_bench *c, const struct journal_entry *e)
{
	const char *what = arena_printf(c->b.a, "%s %s", entry_kind_name(e->kind), e->step);

	if (e->kind == ENTRY_STEP_STARTED && !strcmp(e->step, wish.skips))
		conduct_ask(c, REQUEST_SKIP, wish.skips, "");
	if (wish.asked || strcmp(what, wish.when) != 0)
		return;
	wish.asked = true;
	conduct_ask(c, wish.request, wish.step, "");
}

/* At a terminal; the fence is skipped wherever it is begun. */
static void held(struct conduct_bench *c, enum execution_request r, const char *step)
{
	fence(c, "ok");
	checks_script("primary", "east", "0");
	conduct_saw_healthy(c, "primary", "east");
	c->q.hold_on_failure = true;
	wish.request = r;
	wish.when = "step-failed promote";
	wish.step = step;
	wish.skips = "fence";
	wish.asked = false;
	c->on_entry = ask_once;
}

static void skip_once(struct conduct_bench *c, const struct journal_entry *e)
{
	const char *skipped = arena_printf(c->b.a, "step-skipped %s", wish.skips);

	if (!conduct_told(c, skipped) || strcmp(e->step, wish.skips) != 0)
		ask_once(c, e);
}

static void who_skipped_the_fence_makes_up_for_it(void **state)
{
	struct conduct_bench *c = *state;

	held(c, REQUEST_RETRY, "promote");
	c->on_entry = skip_once;
	assert_int_equal(conduct_go(c), 0);
	assert_false(c->result.refused);
	assert_string_equal(world_order(c), "fence/stop promote");
	assert_true(conduct_told(c, "step-failed promote|paused|asked promote|step-retry fence|"
				    "step-retry promote|resumed|step-started fence|"));
}

/* It is in a group that is over. */
static void a_fence_in_a_group_is_made_up_for(void **state)
{
	struct conduct_bench *c = *state;

	held(c, REQUEST_RETRY, "promote");
	c->on_entry = skip_once;
	wish.skips = "cut/fence";
	conduct_runbook(c, FROM_TO
			"Steps:\n"
			"  - Name: cut\n    Parallel:\n"
			"      - {Name: fence, Type: Fence, Region: !Ref From, Check: primary, "
			"By: [{Name: stop, Type: Command, Region: !Ref From, Roles: [db], "
			"Command: ok}]}\n" PROMOTE);
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "cut/fence/stop promote");
}

/* FAILED behind its fence; the next try of the promotion goes well. */
static void fails_behind_the_fence(struct conduct_bench *c)
{
	conduct_runbook(c,
			FROM_TO "Steps:\n"
				"  - {Name: fence, Type: Fence, Region: !Ref From, Check: primary, "
				"By: [{Name: stop, Type: Command, Region: !Ref From, Roles: [db], "
				"Command: ok}]}\n"
				"  - {Name: promote, Type: Command, Promotes: true, Region: !Ref "
				"To, Roles: [db], Command: fail 1}\n");
	east_to_west(c);
	checks_script("primary", "east", "10");
	assert_int_equal(conduct_go(c), -1);
	assert_string_equal(world_order(c), "fence/stop");
}

static void an_old_primary_that_is_back_is_fenced_again(void **state)
{
	struct conduct_bench *c = *state;

	fails_behind_the_fence(c);
	checks_script("primary", "east", "110");
	assert_int_equal(conduct_resume(c), 0);
	assert_string_equal(world_order(c), "fence/stop fence/stop promote");
	assert_true(bench_said(&c->b, DIAG_CONDUCT_FENCE_BACK));
}

static void one_that_cannot_be_fenced_again_keeps_it_from_being_promoted(void **state)
{
	struct conduct_bench *c = *state;

	fails_behind_the_fence(c);
	checks_script("primary", "east", "1");
	assert_int_equal(conduct_resume(c), -1);
	assert_int_equal(conduct_step_status(c, "fence"), STEP_FAILED);
	assert_int_equal(world_done("promote"), 0);
	/* Nor by who goes on with that. */
	assert_int_equal(conduct_resume(c), -1);
	assert_int_equal(world_done("promote"), 0);
}

static void one_that_stays_away_is_not(void **state)
{
	struct conduct_bench *c = *state;

	fails_behind_the_fence(c);
	checks_script("primary", "east", "0");
	assert_int_equal(conduct_resume(c), 0);
	assert_string_equal(world_order(c), "fence/stop promote");
}

static void say_fenced(struct conduct_bench *c, const struct journal_entry *e)
{
	if (e->kind == ENTRY_STEP_FAILED && !strcmp(e->step, "fence"))
		conduct_ask(c, REQUEST_SKIP, "fence", "fenced");
	if (e->kind == ENTRY_STEP_FAILED && !strcmp(e->step, "promote"))
		conduct_ask(c, REQUEST_ABORT, "", "keep");
}

/* No check can prove it, and somebody has pulled the plug. */
static void who_switched_it_off_may_say_so(void **state)
{
	struct conduct_bench *c = *state;

	fence(c, "fail");
	conduct_saw_healthy(c, "primary", "east");
	checks_script("primary", "east", "0");
	c->q.hold_on_failure = true;
	c->on_entry = say_fenced;
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "promote");
	assert_true(bench_said(&c->b, DIAG_CONDUCT_FENCE_UNPROVEN));
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED_WITH_EXCEPTIONS);
	assert_true(conduct_told(c, "asked fence|fenced fence|step-skipped fence|resumed|"));
}

static void abort_when_held(struct conduct_bench *c, const struct journal_entry *e)
{
	if (e->kind == ENTRY_PAUSED)
		conduct_ask(c, REQUEST_ABORT, "", "");
}

/* Of two ways the second one may go well: nobody is asked in between. */
static void a_fence_is_held_and_its_ways_are_not(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c,
			FROM_TO "Steps:\n"
				"  - {Name: fence, Type: Fence, Region: !Ref From, Check: primary, "
				"By: [{Type: Command, Region: !Ref From, Roles: [db], Command: "
				"fail}, {Type: Command, Region: !Ref From, Roles: [db], Command: "
				"ok}]}\n" PROMOTE);
	east_to_west(c);
	c->q.hold_on_failure = true;
	c->on_entry = abort_when_held;
	checks_script("primary", "east", "10");
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "fence/by-2 promote");
	checks_script("primary", "east", "1");
	assert_int_equal(conduct_go(c), -1);
	assert_true(conduct_told(c, "step-failed fence|paused|asked|"));
}

static void no_request_goes_round_the_guard(void **state)
{
	struct conduct_bench *c = *state;

	held(c, REQUEST_SKIP, "promote");
	assert_int_equal(conduct_go(c), 0);
	assert_int_equal(world_begun("promote"), 0);
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED_WITH_EXCEPTIONS);
	held(c, REQUEST_RETRY, "promote");
	c->q.hold_on_failure = false;
	assert_int_equal(conduct_go(c), -1);
	assert_true(c->result.refused);
	assert_int_equal(world_begun("promote"), 0);
}

static void what_says_so_itself_is_fenced(void **state)
{
	struct conduct_bench *c = *state;

	fence(c, "ok");
	checks_script("primary", "east", "0");
	checks_values("primary", "east", "{\"Writable\":false,\"Role\":\"standby\"}");
	assert_int_equal(conduct_go(c), 0);
	/* No way was needed. */
	assert_string_equal(world_order(c), "promote");
	assert_true(conduct_told(c, "fenced fence|step-succeeded fence|"));
}

static void a_way_that_went_well_and_silence_is_a_fence(void **state)
{
	struct conduct_bench *c = *state;

	fence(c, "ok");
	checks_script("primary", "east", "10");
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "fence/stop promote");
}

static void silence_alone_is_none(void **state)
{
	struct conduct_bench *c = *state;

	fence(c, "fail");
	checks_script("primary", "east", "0");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_step_status(c, "fence"), STEP_FAILED);
	assert_int_equal(world_begun("promote"), 0);
}

static void a_way_that_did_nothing_is_none(void **state)
{
	struct conduct_bench *c = *state;

	fence(c, "ok");
	checks_values("primary", "east", "{\"Writable\":true,\"Role\":\"primary\"}");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_step_status(c, "fence"), STEP_FAILED);
	assert_int_equal(world_begun("promote"), 0);
}

static void gone_and_the_lease_over_is_a_fence(void **state)
{
	struct conduct_bench *c = *state;
	int64_t began_ms;

	conduct_runbook(c,
			arena_printf(c->b.a,
				     FROM_TO "Steps:\n" FENCE("Lease: 90s, Gone: [shop], ") PROMOTE,
				     "fail"));
	east_to_west(c);
	began_ms = c->b.clock.now_ms;
	conduct_saw_healthy(c, "primary", "east");
	conduct_saw_healthy(c, "shop", "east");
	checks_script("primary", "east", "0");
	checks_script("shop", "east", "0");
	assert_int_equal(conduct_go(c), 0);
	assert_true(c->b.clock.now_ms - began_ms >= 90000);
	assert_string_equal(world_order(c), "promote");
}

/* The clock was ahead then, and was set back. */
static void what_was_seen_in_the_future_was_seen_now(void **state)
{
	struct conduct_bench *c = *state;

	gone_and_the_lease_over_is_a_fence(state);
	c->b.clock.now_ms += 7200000;
	conduct_saw_healthy(c, "shop", "east");
	c->b.clock.now_ms -= 7200000;
	assert_int_equal(conduct_go(c), 0);
}

static void refused(struct conduct_bench *c, const char *gone)
{
	conduct_runbook(c, arena_printf(c->b.a, FROM_TO "Steps:\n" FENCE("Lease: 90s, %s") PROMOTE,
					gone, "fail"));
	east_to_west(c);
	checks_script("primary", "east", "0");
	checks_values("primary", "east", "{\"Refused\":true}");
}

static void a_stopped_primary_on_a_living_host_is_fenced(void **state)
{
	struct conduct_bench *c = *state;

	refused(c, "Gone: [alive], ");
	conduct_saw_healthy(c, "primary", "east");
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "promote");
	assert_true(conduct_told(c, "fenced fence|step-succeeded fence|"));
}

static void a_refusal_by_a_host_that_is_not_seen_is_none(void **state)
{
	struct conduct_bench *c = *state;

	/* Something in its region answers, which may be anything. */
	refused(c, "Gone: [shop], ");
	conduct_saw_healthy(c, "primary", "east");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_step_status(c, "fence"), STEP_FAILED);
	assert_int_equal(world_begun("promote"), 0);
}

/* --- checks that prove nothing --------------------------------------------------------------- */

/* Nothing is cut off whose end could not be seen. */
static void a_check_that_cannot_be_asked_proves_nothing(void **state)
{
	static const char *const scripts[] = {"?", "!"};
	struct conduct_bench *c = *state;

	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		fence(c, "ok");
		conduct_saw_healthy(c, "primary", "east");
		checks_script("primary", "east", scripts[i]);
		assert_int_equal(conduct_go(c), -1);
		assert_int_equal(conduct_step_status(c, "fence"), STEP_FAILED);
		assert_string_equal(world_order(c), "");
		assert_true(bench_said(&c->b, DIAG_CONDUCT_FENCE_UNASKED));
	}
}

/* Its program was taken away by what was to fence it. */
static void nor_does_one_that_cannot_be_asked_any_more(void **state)
{
	struct conduct_bench *c = *state;

	fence(c, "ok");
	checks_script("primary", "east", "1?");
	assert_int_equal(conduct_go(c), -1);
	assert_string_equal(world_order(c), "fence/stop");
	assert_true(bench_said(&c->b, DIAG_CONDUCT_FENCE_UNASKED));
}

static void nor_the_silence_of_one_that_was_never_healthy(void **state)
{
	struct conduct_bench *c = *state;

	fence(c, "ok");
	checks_script("primary", "east", "0");
	assert_int_equal(conduct_go(c), -1);
	assert_string_equal(world_order(c), "");
	assert_true(bench_said(&c->b, DIAG_CONDUCT_FENCE_UNSEEN));
	/* Also to who gives the region up: no lease bounds the wrong. */
	c->q.grace = STEP_UNGRACEFUL;
	assert_int_equal(conduct_go(c), -1);
	assert_string_equal(world_order(c), "");
	/* Seen once, it is believed. */
	conduct_saw_healthy(c, "primary", "east");
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "fence/stop promote");
}

/* As in a failback from where nothing was promoted: 'no' is an answer, of a check that works. */
static void a_no_proves_where_the_check_works(void **state)
{
	struct conduct_bench *c = *state;

	fence(c, "ok");
	checks_script("primary", "east", "n");
	assert_int_equal(conduct_go(c), -1);
	assert_string_equal(world_order(c), "");
	conduct_saw_healthy(c, "primary", "west");
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "fence/stop promote");
}

static void a_primary_that_says_it_writes_is_not_gone(void **state)
{
	struct conduct_bench *c = *state;

	fence(c, "ok");
	conduct_saw_healthy(c, "primary", "east");
	checks_script("primary", "east", "0");
	checks_values("primary", "east", "{\"Writable\":true,\"Role\":\"primary\"}");
	assert_int_equal(conduct_go(c), -1);
	assert_string_equal(world_order(c), "fence/stop");
}

static void leased(struct conduct_bench *c, const char *shop)
{
	conduct_runbook(c,
			arena_printf(c->b.a,
				     FROM_TO "Steps:\n" FENCE("Lease: 90s, Gone: [shop], ") PROMOTE,
				     "fail"));
	east_to_west(c);
	checks_script("primary", "east", "0");
	checks_script("shop", "east", shop);
}

static void what_cannot_be_asked_is_not_gone(void **state)
{
	struct conduct_bench *c = *state;

	leased(c, "?");
	conduct_saw_healthy(c, "primary", "east");
	conduct_saw_healthy(c, "shop", "east");
	c->q.grace = STEP_UNGRACEFUL;
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_step_status(c, "fence"), STEP_FAILED);
	assert_int_equal(world_begun("promote"), 0);
}

/* Something there was seen healthy, and this never: it is wrong rather than gone. */
static void what_was_never_healthy_is_not_gone(void **state)
{
	struct conduct_bench *c = *state;

	leased(c, "0");
	conduct_saw_healthy(c, "primary", "east");
	c->q.grace = STEP_UNGRACEFUL;
	assert_int_equal(conduct_go(c), -1);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_FENCE_UNSEEN));
	assert_int_equal(world_begun("promote"), 0);
}

/* Nobody ever looked, and now it is lost. */
static void a_region_that_was_never_looked_at_can_be_given_up(void **state)
{
	struct conduct_bench *c = *state;
	int64_t began_ms = c->b.clock.now_ms;

	leased(c, "0");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(world_begun("fence/stop"), 0);
	c->q.grace = STEP_UNGRACEFUL;
	assert_int_equal(conduct_go(c), 0);
	assert_true(c->b.clock.now_ms - began_ms >= 90000);
	assert_string_equal(world_order(c), "promote");
}

static void gone_but_for_one_is_none(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c,
			arena_printf(c->b.a,
				     FROM_TO "Steps:\n" FENCE("Lease: 90s, Gone: [shop], ") PROMOTE,
				     "fail"));
	east_to_west(c);
	checks_script("primary", "east", "0");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(world_begun("promote"), 0);
}

static void a_promotion_that_stays_keeps_the_fence(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(
		c, FROM_TO
		"Steps:\n"
		"  - {Name: fence, Type: Fence, Region: !Ref From, Check: primary, "
		"By: [{Name: stop, Type: Command, Region: !Ref From, Roles: [db], Command: ok}], "
		"Reverse: {Type: Command, Region: !Ref From, Roles: [db], Command: ok}}\n"
		"  - {Name: promote, Type: Command, Promotes: true, Region: !Ref To, Roles: [db], "
		"Command: ok, "
		"Reverse: {Type: Command, Region: !Ref To, Roles: [db], Command: fail}}\n"
		"  - {Name: d, Type: Command, " AT ", OnFailure: reverse, Command: fail}\n");
	east_to_west(c);
	checks_script("primary", "east", "10");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_step_status(c, "fence"), STEP_REVERSE_FAILED);
	assert_int_equal(world_begun("fence/reverse"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONDUCT_TEST(no_promotion_without_a_fence),
		CONDUCT_TEST(who_skipped_the_fence_makes_up_for_it),
		CONDUCT_TEST(a_fence_in_a_group_is_made_up_for),
		CONDUCT_TEST(who_switched_it_off_may_say_so),
		CONDUCT_TEST(an_old_primary_that_is_back_is_fenced_again),
		CONDUCT_TEST(one_that_cannot_be_fenced_again_keeps_it_from_being_promoted),
		CONDUCT_TEST(one_that_stays_away_is_not),
		CONDUCT_TEST(a_fence_is_held_and_its_ways_are_not),
		CONDUCT_TEST(no_request_goes_round_the_guard),
		CONDUCT_TEST(what_says_so_itself_is_fenced),
		CONDUCT_TEST(a_way_that_went_well_and_silence_is_a_fence),
		CONDUCT_TEST(silence_alone_is_none),
		CONDUCT_TEST(a_way_that_did_nothing_is_none),
		CONDUCT_TEST(gone_and_the_lease_over_is_a_fence),
		CONDUCT_TEST(what_was_seen_in_the_future_was_seen_now),
		CONDUCT_TEST(a_stopped_primary_on_a_living_host_is_fenced),
		CONDUCT_TEST(a_refusal_by_a_host_that_is_not_seen_is_none),
		CONDUCT_TEST(a_check_that_cannot_be_asked_proves_nothing),
		CONDUCT_TEST(nor_does_one_that_cannot_be_asked_any_more),
		CONDUCT_TEST(nor_the_silence_of_one_that_was_never_healthy),
		CONDUCT_TEST(a_no_proves_where_the_check_works),
		CONDUCT_TEST(a_primary_that_says_it_writes_is_not_gone),
		CONDUCT_TEST(what_cannot_be_asked_is_not_gone),
		CONDUCT_TEST(what_was_never_healthy_is_not_gone),
		CONDUCT_TEST(a_region_that_was_never_looked_at_can_be_given_up),
		CONDUCT_TEST(gone_but_for_one_is_none),
		CONDUCT_TEST(a_promotion_that_stays_keeps_the_fence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
