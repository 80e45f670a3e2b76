/* cmd_status.c - the matrix of stacks and regions. */
#include "cli/invocation.h"

/* In the worst hour what is recorded must be seen, whatever state the templates are in.
 * The errors that kept the engine from opening are in `diags` already. */
static int run_without_engine(struct invocation *in)
{
	struct status_rows rows = {.count = 0};
	struct diags again = DIAGS_INIT;
	struct engine_options o;

	if (invocation_engine_options(in, &o) == 0 &&
	    engine_status_recorded(&o, in->arena, &rows, &again) == 0 && rows.count) {
		rows.each = in->args->operand_count > 0;
		in->view->show_status(in->view, NULL, &rows);
	}
	diags_release(&again);
	return invocation_exit(in);
}

static int run(struct invocation *in)
{
	struct status_rows rows = {.count = 0};

	if (!in->engine)
		return run_without_engine(in);
	if (engine_status(in->engine, &rows, &in->diags) != 0)
		return invocation_exit(in);
	rows.each = in->args->operand_count > 0;
	in->view->show_status(in->view, engine_project(in->engine)->manifest->project, &rows);
	return EXIT_DONE;
}

const struct command cmd_status = {
	.name = "status",
	.group = GROUP_LOOK,
	.summary = "show the matrix of stacks and regions",
	.operands = "[STACK...]",
	.operand_max = OPERANDS_ANY,
	.help = "Shows for every stack in every region how it stands, from recorded state alone: "
		"how "
		"many resources are recorded, how many changes (~) a plan would show, who holds "
		"a lock. More than a hundred stack instances are summed up by stack and region.\n"
		"\n"
		"With a stack: its instances one by one, with the last operation that had to do "
		"with each, how it fared in it (SUCCEEDED, FAILED, CANCELLED, SKIPPED, PENDING, "
		"RUNNING), when, and why.\n"
		"\n"
		"CURRENT: as the templates say. OUTDATED: templates or parameters changed. FAILED: "
		"the last apply failed in part. INCOMPLETE: it did not come to its end. "
		"ROLLED_BACK: it failed and was rolled back. ROLLBACK_FAILED: going back "
		"failed in part. "
		"INOPERABLE: destroying it failed. "
		"PARTIAL: it left changes out (--only, --exclude). NOT_DEPLOYED: nothing is "
		"recorded. ORPHANED: recorded, and no longer in the "
		"manifest. LOCKED: somebody works on it now.\n"
		"\n"
		"When manifest or templates cannot be read, what is recorded is shown all the "
		"same.",
	.options =
		(const enum option_id[]){OPT_REGION, OPT_PARAM, OPT_PARAM_FILE, OPT_JSON, OPT_END},
	.needs = NEED_ENGINE_IF_POSSIBLE,
	.run = run,
};
