/* recreate_parts.c - a recreation with restores, part by part. */
#include "cli/recreate_parts.h"

#include "cli/ask_step.h"
#include "cli/execution.h"
#include "cli/request.h"
#include "cli/wishes.h"
#include "engine/engine_runbook.h"

static void say_restores(struct invocation *in, const struct recreation_parts *parts)
{
	for (size_t i = 0; i < parts->count; i++) {
		for (size_t k = 0; k < parts->items[i].restore_count; k++) {
			const struct restore *r = &parts->items[i].restores[k];

			diag_note(&in->diags, DIAG_RESTORE_COMES, RANGE_NONE,
				  "%s: runbook '%s' brings its data back when it is there, before "
				  "what needs it is made",
				  instance_id_text(in->arena, r->id), r->runbook);
		}
	}
}

/* An exit code, or -1: yes. */
static int ask(struct invocation *in, const struct plan *plan, const struct run_style *style)
{
	if (!invocation_can_approve(in, "these changes"))
		return EXIT_ERROR;
	in->view->show_plan(in->view, plan, PLAN_FOR_APPLY);
	invocation_show_diags(in);
	return invocation_approve(in, style->question, NULL) ? -1 : invocation_declined_exit();
}

/* What holds was told when all of it was opened. */
static struct engine *open_part(struct invocation *in, const struct recreation_parts *parts,
				size_t i)
{
	struct engine_options o;
	struct diags told = DIAGS_INIT;
	struct engine *e = NULL;

	if (invocation_engine_options(in, &o) == 0) {
		o.selection.stacks = parts->items[i].stacks;
		o.selection.stack_count = parts->items[i].stack_count;
		/* With the first it has begun. */
		if (i)
			o.selection.recreate = RECREATE_REGION;
		e = engine_open(&o, &told);
	}
	if (!e)
		diags_take(&in->diags, &told);
	diags_release(&told);
	return e;
}

static int exit_of_restore(struct invocation *in, int status, const struct conduct_result *r)
{
	if (status == 0)
		return EXIT_DONE;
	if (r->interrupted)
		return EXIT_INTERRUPTED;
	if (r->declined || r->refused)
		return EXIT_REFUSED;
	return r->story.row.id ? execution_exit(&r->story, NULL) : invocation_exit(in);
}

static int restore(struct invocation *in, const struct restore *r)
{
	struct step_question question = {.in = in};
	struct conduct_result result = {.refused = false};
	struct conduct_request q = {
		.hold_on_failure = invocation_can_ask(in),
		.request = request_text(in),
	};
	int status;

	if (invocation_can_ask(in)) {
		q.ask = ask_step;
		q.context = &question;
	}
	status = engine_restore(in->engine, r, &q, &result, &in->diags);
	ask_step_close(&question);
	invocation_show_diags(in);
	if (result.story.row.id)
		in->view->show_execution_end(in->view, &result.story);
	return exit_of_restore(in, status, &result);
}

static int run_part(struct invocation *in, const struct recreation_part *part)
{
	int code = run_command(in, RUN_APPLY);

	for (size_t i = 0; code == EXIT_DONE && i < part->restore_count; i++)
		code = restore(in, &part->restores[i]);
	return code;
}

/* The plan and the names of parts live in the engine of all of it, which stays open. */
static int run_parts(struct invocation *in, const struct recreation_parts *parts)
{
	struct engine *whole = in->engine;
	int code = EXIT_DONE;

	for (size_t i = 0; code == EXIT_DONE && i < parts->count; i++) {
		in->engine = open_part(in, parts, i);
		code = in->engine ? run_part(in, &parts->items[i]) : invocation_exit(in);
		invocation_show_diags(in);
		engine_close(in->engine);
	}
	in->engine = whole;
	return code;
}

int recreate_in_parts(struct invocation *in, const struct run_style *style)
{
	struct run_style approved = *style;
	struct run_request q = {.mode = RUN_APPLY, .wishes = invocation_wishes(in)};
	struct recreation_parts parts;
	const struct plan *plan;
	int code;

	if (invocation_rollout(in, &q) != 0)
		return EXIT_ERROR;
	plan = engine_plan(in->engine, &q, &in->diags);
	if (!plan)
		return invocation_exit(in);
	engine_recreation_parts(in->engine, plan, &parts);
	say_restores(in, &parts);
	code = ask(in, plan, style);
	if (code >= 0)
		return code;
	approved.approved = true;
	in->style = &approved;
	code = run_parts(in, &parts);
	in->style = NULL;
	return code;
}
