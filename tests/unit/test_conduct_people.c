/* test_conduct_people.c - approvals, requests of other terminals, interrupts, what is held. */
#include "tests/unit/conduct_bench.h"

#include <string.h>

#define COMMAND(name, command)                                                                    \
	"  - {Name: " name ", Type: Command, Region: east, Roles: [web], Command: '" command "'}" \
	"\n"
#define APPROVAL "  - {Name: ok, Type: Approval, Message: 'go on?'%s}\n"

static void approval(struct conduct_bench *c, const char *more)
{
	conduct_runbook(c,
			arena_printf(c->b.a, "Steps:\n" APPROVAL "%s", more, COMMAND("a", "ok")));
}

/* What is asked when the step waits. */
static struct {
	enum execution_request request;
	const char *user, *step, *text;
	const char *when; /* entry kind and step */
	bool asked;
} asking;

static void ask_when(struct conduct_bench *c, const struct journal_entry *e)
{
	const char *what = arena_printf(c->b.a, "%s %s", entry_kind_name(e->kind), e->step);

	if (asking.asked || strcmp(what, asking.when) != 0)
		return;
	asking.asked = true;
	conduct_ask_as(c, asking.user, asking.request, asking.step, asking.text);
}

static void will_ask(struct conduct_bench *c, const char *when, enum execution_request r,
		     const char *step)
{
	memset(&asking, 0, sizeof(asking));
	asking.when = when;
	asking.request = r;
	asking.step = step;
	asking.user = "ann";
	asking.text = "";
	c->on_entry = ask_when;
}

static void an_approval_is_waited_for(void **state)
{
	struct conduct_bench *c = *state;

	approval(c, "");
	will_ask(c, "step-waiting ok", REQUEST_APPROVE, "ok");
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "a");
	assert_true(conduct_told(c, "step-waiting ok|asked ok|step-succeeded ok|"));
}

static void only_approvers_approve(void **state)
{
	struct conduct_bench *c = *state;

	approval(c, ", Approvers: [bob], Timeout: 60s");
	will_ask(c, "step-waiting ok", REQUEST_APPROVE, "ok");
	assert_int_equal(conduct_go(c), -1);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_REQUEST));
	assert_int_equal(world_done("a"), 0);
	will_ask(c, "step-waiting ok", REQUEST_APPROVE, "ok");
	asking.user = "bob";
	assert_int_equal(conduct_go(c), 0);
}

static void what_is_asked_for_must_be_typed(void **state)
{
	struct conduct_bench *c = *state;

	approval(c, ", Confirm: west, Timeout: 60s");
	will_ask(c, "step-waiting ok", REQUEST_APPROVE, "ok");
	assert_int_equal(conduct_go(c), -1);
	will_ask(c, "step-waiting ok", REQUEST_APPROVE, "ok");
	asking.text = "west";
	assert_int_equal(conduct_go(c), 0);
}

static void who_declines_ends_it(void **state)
{
	struct conduct_bench *c = *state;

	approval(c, "");
	will_ask(c, "step-waiting ok", REQUEST_DECLINE, "ok");
	assert_int_equal(conduct_go(c), -1);
	assert_true(c->result.declined);
	assert_true(c->result.refused);
	assert_int_equal(conduct_status(c), EXECUTION_FAILED);
	assert_int_equal(world_begun("a"), 0);
}

static void approved_beforehand_nobody_is_asked(void **state)
{
	struct conduct_bench *c = *state;
	const char *names[] = {"ok"};

	approval(c, ", Confirm: west");
	c->q.approve = names;
	c->q.approve_count = 1;
	assert_int_equal(conduct_go(c), 0);
	assert_false(conduct_told(c, "step-waiting"));
	names[0] = "a";
	assert_int_equal(conduct_go(c), -1);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_APPROVE));
}

static int answers(void *context, const struct step_story *step, const char *message,
		   const char *confirm, struct execution_ask *out)
{
	int *left = context;

	assert_string_equal(step->path, "ok");
	assert_string_equal(message, "go on?");
	assert_string_equal(confirm, "west");
	if (--*left)
		return 0;
	out->request = REQUEST_APPROVE;
	out->text = "west";
	return 1;
}

static void the_terminal_is_asked(void **state)
{
	struct conduct_bench *c = *state;
	int left = 3;

	approval(c, ", Confirm: west");
	c->q.ask = answers;
	c->q.context = &left;
	assert_int_equal(conduct_go(c), 0);
	assert_int_equal(left, 0);
}

/* --- pause, skip, retry ------------------------------------------------------------------- */

static size_t passes_paused;

static void resume_later(struct conduct_bench *c)
{
	if (asking.asked && ++passes_paused == 40)
		conduct_ask(c, REQUEST_RESUME, "", "");
}

static void paused_nothing_begins(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n" COMMAND("a", "take 5s") COMMAND("b", "ok"));
	will_ask(c, "step-memory a", REQUEST_PAUSE, "");
	passes_paused = 0;
	c->on_pass = resume_later;
	assert_int_equal(conduct_go(c), 0);
	assert_true(conduct_told(c, "paused|step-succeeded a|asked|resumed|step-started b|"));
	assert_string_equal(world_order(c), "a b");
}

static void a_step_that_runs_is_skipped(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n" COMMAND("a", "hang") COMMAND("b", "ok"));
	will_ask(c, "step-memory a", REQUEST_SKIP, "a");
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "b");
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED_WITH_EXCEPTIONS);
}

static void a_failed_step_is_held_and_tried_again(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n" COMMAND("a", "fail 1") COMMAND("b", "ok"));
	c->q.hold_on_failure = true;
	will_ask(c, "step-failed a", REQUEST_RETRY, "a");
	assert_int_equal(conduct_go(c), 0);
	assert_true(conduct_told(c, "step-failed a|paused|asked a|step-retry a|resumed|"
				    "step-started a|"));
	assert_string_equal(world_order(c), "a b");
}

static void a_failed_step_is_held_and_skipped(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n" COMMAND("a", "fail") COMMAND("b", "ok"));
	c->q.hold_on_failure = true;
	will_ask(c, "step-failed a", REQUEST_SKIP, "a");
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "b");
	assert_int_equal(conduct_step_status(c, "a"), STEP_SKIPPED);
	assert_int_equal(conduct_status(c), EXECUTION_COMPLETED_WITH_EXCEPTIONS);
}

static void requests_that_do_not_fit_are_refused(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n" COMMAND("a", "take 5s"));
	will_ask(c, "step-memory a", REQUEST_RETRY, "a");
	assert_int_equal(conduct_go(c), 0);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_REQUEST));
	will_ask(c, "step-memory a", REQUEST_RESUME, "");
	assert_int_equal(conduct_go(c), 0);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_REQUEST));
	will_ask(c, "step-memory a", REQUEST_SKIP, "nonesuch");
	assert_int_equal(conduct_go(c), 0);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_REQUEST));
}

static void ungraceful_while_it_runs(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n"
			   "  - {Name: a, Type: Command, Ungraceful: {Command: ok}, Region: east, "
			   "Roles: [web], Command: hang}\n"
			   "  - {Name: b, Type: Command, Ungraceful: skip, Region: east, "
			   "Roles: [web], Command: ok}\n");
	will_ask(c, "step-memory a", REQUEST_UNGRACEFUL, "a");
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "a b");
}

static void ungraceful_from_here_on(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(
		c,
		"Steps:\n" COMMAND(
			"a",
			"take 5s") "  - {Name: b, Type: Command, Ungraceful: skip, Region: east, "
				   "Roles: [web], Command: ok}\n");
	will_ask(c, "step-memory a", REQUEST_UNGRACEFUL, "");
	assert_int_equal(conduct_go(c), 0);
	assert_string_equal(world_order(c), "a");
}

/* --- abort, interrupts ----------------------------------------------------------------------- */

#define REVERSIBLE(name, command)                                                            \
	"  - {Name: " name ", Type: Command, Region: east, Roles: [web], Command: '" command \
	"', Reverse: {Type: Command, Region: east, Roles: [web], Command: ok}}\n"

static void an_abort_undoes_what_was_done(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n" REVERSIBLE("a", "ok") REVERSIBLE("b", "ok")
				   COMMAND("d", "hang"));
	will_ask(c, "step-memory d", REQUEST_ABORT, "");
	assert_int_equal(conduct_go(c), -1);
	assert_string_equal(world_order(c), "a b b/reverse a/reverse");
	assert_int_equal(conduct_status(c), EXECUTION_REVERSED);
	assert_int_equal(conduct_step_status(c, "a"), STEP_REVERSED);
}

static void an_abort_that_keeps_undoes_nothing(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n" REVERSIBLE("a", "ok") COMMAND("d", "hang"));
	will_ask(c, "step-memory d", REQUEST_ABORT, "");
	asking.text = "keep";
	assert_int_equal(conduct_go(c), -1);
	assert_string_equal(world_order(c), "a");
	assert_int_equal(conduct_status(c), EXECUTION_ABORTED);
}

static void interrupt(struct conduct_bench *c, const struct journal_entry *e)
{
	if (e->kind == ENTRY_STEP_MEMORY && !strcmp(e->step, "a"))
		c->b.interrupts = 1;
}

static void interrupt_twice(struct conduct_bench *c, const struct journal_entry *e)
{
	if (e->kind == ENTRY_STEP_MEMORY && !strcmp(e->step, "a"))
		c->b.interrupts = 2;
}

static void an_interrupt_finishes_what_runs_and_pauses(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n" COMMAND("a", "take 5s") COMMAND("b", "ok"));
	c->on_entry = interrupt;
	assert_int_equal(conduct_go(c), -1);
	assert_true(c->result.interrupted);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_PAUSED));
	assert_string_equal(world_order(c), "a");
	assert_int_equal(conduct_status(c), EXECUTION_PAUSED);
	/* Not beside another one. */
	c->on_entry = NULL;
	c->b.interrupts = 0;
	assert_int_equal(conduct_go(c), -1);
	assert_true(c->result.refused);
	assert_true(bench_said(&c->b, DIAG_CONDUCT_UNFINISHED));
	assert_int_equal(conduct_resume(c), 0);
	assert_string_equal(world_order(c), "a b");
}

static void two_interrupts_wait_for_nothing(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n" COMMAND("a", "take 60s") COMMAND("b", "ok"));
	c->on_entry = interrupt_twice;
	assert_int_equal(conduct_go(c), -1);
	assert_true(c->result.interrupted);
	assert_string_equal(world_order(c), "");
	assert_true(c->b.clock.now_ms < 50000);
	c->on_entry = NULL;
	c->b.interrupts = 0;
	assert_int_equal(conduct_resume(c), 0);
	assert_int_equal(world_begun("a"), 1);
	assert_string_equal(world_order(c), "a b");
}

static void an_abandoned_execution_is_aborted(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n" REVERSIBLE("a", "take 5s") COMMAND("b", "ok"));
	c->on_entry = interrupt;
	assert_int_equal(conduct_go(c), -1);
	c->on_entry = NULL;
	c->b.interrupts = 0;
	conduct_ask(c, REQUEST_ABORT, "", "");
	assert_int_equal(conduct_resume(c), -1);
	assert_string_equal(world_order(c), "a a/reverse");
	assert_int_equal(conduct_status(c), EXECUTION_REVERSED);
}

/* Killed behind each event that follows of it. */
static void an_abort_that_was_taken_outlives_crashes(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n" REVERSIBLE("a", "take 5s") COMMAND("b", "ok"));
	c->on_entry = interrupt;
	assert_int_equal(conduct_go(c), -1);
	c->on_entry = NULL;
	c->b.interrupts = 0;
	conduct_ask(c, REQUEST_ABORT, "", "");
	assert_true(conduct_dies(c, 2, true)); /* goes on */
	assert_true(conduct_dies(c, 2, true)); /* goes on, and took it */
	assert_int_equal(conduct_resume(c), -1);
	assert_int_equal(world_done("b"), 0);
	assert_int_equal(world_done("a/reverse"), 1);
	assert_int_equal(conduct_status(c), EXECUTION_REVERSED);
}

/* Killed while the last one is undone: the others still are. */
static void the_way_back_outlives_a_crash(void **state)
{
	struct conduct_bench *c = *state;
	size_t n;

	conduct_runbook(
		c, "Steps:\n" REVERSIBLE("a", "ok") REVERSIBLE(
			   "b", "ok") "  - {Name: d, Type: Command, Region: east, Roles: [web], "
				      "OnFailure: reverse, Command: fail}\n");
	assert_true(conduct_dies(c, 1, false));
	for (n = 0; n < 40 && conduct_dies(c, 3, true); n++)
		;
	assert_true(n > 3 && n < 40);
	assert_int_equal(world_done("a/reverse"), 1);
	assert_int_equal(world_done("b/reverse"), 1);
	assert_int_equal(conduct_step_status(c, "a"), STEP_REVERSED);
	assert_int_equal(conduct_status(c), EXECUTION_REVERSED);
}

/* The command of its way back fails once. */
static void what_could_not_be_undone_is_tried_again(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c,
			"Steps:\n"
			"  - {Name: a, Type: Command, Region: east, Roles: [web], Command: ok, "
			"Reverse: {Type: Command, Region: east, Roles: [web], Command: fail 1}}\n"
			"  - {Name: d, Type: Command, Region: east, Roles: [web], "
			"OnFailure: reverse, Command: fail}\n");
	assert_int_equal(conduct_go(c), -1);
	assert_int_equal(conduct_step_status(c, "a"), STEP_REVERSE_FAILED);
	assert_int_equal(conduct_status(c), EXECUTION_FAILED);
	assert_int_equal(conduct_resume(c), -1);
	assert_int_equal(conduct_step_status(c, "a"), STEP_REVERSED);
	assert_int_equal(conduct_status(c), EXECUTION_REVERSED);
}

static void an_abort_that_keeps_outlives_a_crash(void **state)
{
	struct conduct_bench *c = *state;

	conduct_runbook(c, "Steps:\n" REVERSIBLE("a", "take 5s") COMMAND("b", "ok"));
	c->on_entry = interrupt;
	assert_int_equal(conduct_go(c), -1);
	c->on_entry = NULL;
	c->b.interrupts = 0;
	conduct_ask(c, REQUEST_ABORT, "", "keep");
	assert_true(conduct_dies(c, 2, true)); /* goes on */
	assert_true(conduct_dies(c, 2, true)); /* goes on, and took it */
	assert_int_equal(conduct_resume(c), -1);
	assert_string_equal(world_order(c), "a");
	assert_int_equal(conduct_status(c), EXECUTION_ABORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONDUCT_TEST(an_approval_is_waited_for),
		CONDUCT_TEST(only_approvers_approve),
		CONDUCT_TEST(what_is_asked_for_must_be_typed),
		CONDUCT_TEST(who_declines_ends_it),
		CONDUCT_TEST(approved_beforehand_nobody_is_asked),
		CONDUCT_TEST(the_terminal_is_asked),
		CONDUCT_TEST(paused_nothing_begins),
		CONDUCT_TEST(a_step_that_runs_is_skipped),
		CONDUCT_TEST(a_failed_step_is_held_and_tried_again),
		CONDUCT_TEST(a_failed_step_is_held_and_skipped),
		CONDUCT_TEST(requests_that_do_not_fit_are_refused),
		CONDUCT_TEST(ungraceful_while_it_runs),
		CONDUCT_TEST(ungraceful_from_here_on),
		CONDUCT_TEST(an_abort_undoes_what_was_done),
		CONDUCT_TEST(an_abort_that_keeps_undoes_nothing),
		CONDUCT_TEST(an_interrupt_finishes_what_runs_and_pauses),
		CONDUCT_TEST(two_interrupts_wait_for_nothing),
		CONDUCT_TEST(an_abandoned_execution_is_aborted),
		CONDUCT_TEST(an_abort_that_was_taken_outlives_crashes),
		CONDUCT_TEST(an_abort_that_keeps_outlives_a_crash),
		CONDUCT_TEST(the_way_back_outlives_a_crash),
		CONDUCT_TEST(what_could_not_be_undone_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
