/*
 * state_execution.c - edits of recorded state while a runbook is at work.
 *
 * They go without a manifest, so nobody can tell where an execution works: each one counts.
 */
#include "base/clock.h"
#include "cli/cmd_state.h"
#include "engine/engine_runbook.h"

static void describe(struct invocation *in, const struct execution_row *x, struct diag *g)
{
	char since[CLOCK_TEXT_LEN];

	clock_format_rfc3339(x->started_ms, since);
	diag_detail(&in->diags, g, "%s, since %s, by %s@%s.", execution_status_name(x->status),
		    since, x->owner.user, x->owner.host);
}

static void tell_left(struct invocation *in, const struct execution_row *x)
{
	struct diag *g = diag_warn(&in->diags, DIAG_EXECUTION_LEFT, RANGE_NONE,
				   "execution %s of runbook '%s' is not over, and its process has "
				   "ended",
				   x->id, x->runbook);

	describe(in, x, g);
	diag_hint(&in->diags, g,
		  "`hadeploy runbook run --resume %s` goes on with it, `hadeploy runbook abort %s` "
		  "gives it up",
		  x->id, x->id);
}

static const char GOES_ON[] = "execution %s of runbook '%s' is going on";

/* -1: refused.  Who is asked is only told. */
static int tell_goes_on(struct invocation *in, const struct execution_row *x)
{
	const char *reason = in->args->options[OPT_OVERRIDE_EXECUTION].text;
	bool asks = !option_given(in->args, OPT_YES) && invocation_can_ask(in);
	struct diag *g;

	if (reason) {
		g = diag_note(&in->diags, DIAG_EXECUTION_GOES_ON, RANGE_NONE, GOES_ON, x->id,
			      x->runbook);
		diag_detail(&in->diags, g, "It is overridden: %s", reason);
		return 0;
	}
	g = asks ? diag_warn(&in->diags, DIAG_EXECUTION_GOES_ON, RANGE_NONE, GOES_ON, x->id,
			     x->runbook)
		 : diag_add(&in->diags, DIAG_EXECUTION_GOES_ON, RANGE_NONE, GOES_ON, x->id,
			    x->runbook);
	describe(in, x, g);
	diag_hint(&in->diags, g, "%s",
		  asks ? "what is recorded is what it relies on: wait for its end"
		       : "wait for its end (`hadeploy runbook status --watch`), end it "
			 "(`hadeploy runbook abort`), or say --override-execution REASON");
	return asks ? 0 : -1;
}

int state_check_executions(struct invocation *in)
{
	struct execution_list all = {NULL, 0};
	int status = journal_load_executions(in->state, 0, in->arena, &all, &in->diags);

	for (size_t i = 0; i < all.count; i++) {
		const struct execution_row *x = &all.items[i];

		if (x->kind == EXECUTION_DRILL_SIMULATED || execution_status_is_over(x->status))
			continue;
		if (x->gone)
			tell_left(in, x);
		else if (tell_goes_on(in, x) != 0)
			status = -1;
	}
	invocation_show_diags(in);
	return status;
}
