/*
 * cmd_runbook_abort.c - runbook abort: of an execution whose process is there it is a request; one
 * that nobody runs any more is ended here, and what it did is undone by this process.
 */
#include "cli/cmd_runbook.h"
#include "cli/execution.h"
#include "cli/request.h"
#include "cli/view_execution.h"
#include "cli/view_text.h"

static const char *named(const struct invocation *in)
{
	if (in->args->operand_count)
		return in->args->operands[0];
	return in->args->options[OPT_EXECUTION].text;
}

/* 1: nobody runs it, and it can be ended here; 0: it is asked. */
static int look(struct invocation *in, struct execution_row *r)
{
	struct execution_list going = {NULL, 0};

	if (named(in)) {
		if (execution_find(in, named(in), r) != 0)
			return -1;
		return execution_is_resumable(r);
	}
	if (execution_load_going(in, &going) != 0)
		return -1;
	/* What failed is over: to undo it has to be said on purpose. */
	return going.count ? 0 : execution_find_left(in, r);
}

static int exit_of(const struct invocation *in, const struct execution_story *s)
{
	if (s->row.status == EXECUTION_REVERSED)
		return EXIT_DONE;
	if (s->row.status == EXECUTION_ABORTED && option_given(in->args, OPT_KEEP))
		return EXIT_DONE;
	return s->row.status == EXECUTION_PAUSED ? EXIT_INTERRUPTED : EXIT_ERROR;
}

static int end_here(struct invocation *in, const struct execution_row *r)
{
	const struct option_value *reason = &in->args->options[OPT_REASON];
	const struct execution_ask ask = {
		.request = REQUEST_ABORT,
		.step = "",
		.reason = reason->count ? reason->text : "",
		.text = option_given(in->args, OPT_KEEP) ? "keep" : "",
		.by = engine_owner(in->arena, in->clock, in->command->name),
	};
	const struct conduct_request q = {
		.runbook = r->runbook,
		.kind = r->kind,
		.resume = r->id,
		.abort = &ask,
		.reason = reason->text,
		.override_execution = in->args->options[OPT_OVERRIDE_EXECUTION].text,
		.request = request_text(in),
	};
	struct conduct_result result = {.refused = false};

	state_close(in->state);
	in->state = NULL;
	if (invocation_open_engine(in) != 0)
		return invocation_exit(in);
	engine_conduct(in->engine, &q, &result, &in->diags);
	invocation_show_diags(in);
	if (!result.story.row.id)
		return result.refused ? EXIT_REFUSED : invocation_exit(in);
	in->view->show_execution_end(in->view, &result.story);
	return exit_of(in, &result.story);
}

/* Who can be asked is told beforehand what goes back and what does not. */
static bool is_meant(struct invocation *in, const struct execution_row *r)
{
	struct execution_story s;
	struct str question = STR_INIT;
	bool yes;

	if (option_given(in->args, OPT_KEEP) || !invocation_can_ask(in) ||
	    execution_load(in, in->arena, r, &s, NULL) != 0 ||
	    execution_find_overtaker(in, &s) != 0)
		return true;
	/* It is refused, with what to do instead. */
	if (s.overtaken && !option_given(in->args, OPT_OVERRIDE_EXECUTION))
		return true;
	view_way_back(&question, &s, &in->err.style);
	str_printf(&question, "Abort execution %s of ", r->id);
	shown_text(&question, text_of(r->runbook));
	str_add(&question, "? Only 'yes' is accepted: ");
	yes = invocation_approve(in, str_cstr(&question), NULL);
	str_release(&question);
	return yes;
}

static int run(struct invocation *in)
{
	struct execution_row row;
	int here = look(in, &row);

	if (here < 0 || (!here && execution_find_asked(in, named(in), "", &row) != 0))
		return invocation_exit(in);
	if (!is_meant(in, &row))
		return invocation_declined_exit();
	return here ? end_here(in, &row) : runbook_ask(in);
}

const struct command cmd_runbook_abort = {
	.name = "runbook abort",
	.group = GROUP_FAILOVER,
	.summary = "end an execution, and undo what it did",
	.operands = "[EXECUTION]",
	.operand_max = 1,
	.help = "Nothing more is begun. What was done is undone in the opposite order where a step "
		"can be: those with Reverse, Traffic and Apply; 'hadeploy runbook status' tells "
		"beforehand which, and which stay done. Once a fence has cut off the old primary, "
		"or another one was promoted, and no Reverse undoes that, nothing is undone: to go "
		"back would leave nobody serving. With --keep nothing is undone either.\n"
		"\n"
		"An execution whose process was killed is ended, and undone, by this command "
		"itself; one that failed is, when it is named. When its runbook has changed since "
		"it began nothing is undone, and the steps that would have been are named. When a "
		"later execution has changed something where it works it is refused: to undo the "
		"earlier one would work on top of that; --keep ends it as it is.",
	.examples = (const char *const[]){"hadeploy runbook abort --reason 'false alarm'",
					  "back to where it was", "hadeploy runbook abort --keep",
					  "stop here, as it is", NULL},
	.options = (const enum option_id[]){OPT_KEEP, OPT_EXECUTION, OPT_OVERRIDE_EXECUTION,
					    OPT_REASON, OPT_YES, OPT_JSON, OPT_END},
	.needs = NEED_STATE_WRITE | NEED_SIGNALS | RECORD_IS_ENOUGH,
	.select = runbook_select,
	.run = run,
};
