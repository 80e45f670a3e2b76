/* cmd_status.c - the matrix of stacks and regions. */
#include "cli/invocation.h"

static int run(struct invocation *in)
{
	struct status_rows rows = {NULL, 0};
	const char *project = engine_project(in->engine)->manifest->project;

	if (engine_status(in->engine, &rows, &in->diags) != 0)
		return invocation_exit(in);
	in->view->show_status(in->view, project, &rows);
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
		"a lock.\n"
		"\n"
		"CURRENT: as the templates say. OUTDATED: templates or parameters changed. FAILED: "
		"the last apply failed in part. INCOMPLETE: it did not come to its end. "
		"NOT_DEPLOYED: nothing is recorded. ORPHANED: recorded, and no longer in the "
		"manifest. LOCKED: somebody works on it now.",
	.options =
		(const enum option_id[]){OPT_REGION, OPT_PARAM, OPT_PARAM_FILE, OPT_JSON, OPT_END},
	.needs = NEED_ENGINE,
	.run = run,
};
