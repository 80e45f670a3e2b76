/* cmd_drift.c - what was changed from outside. */
#include "cli/invocation.h"

static int run(struct invocation *in)
{
	const struct plan *plan = engine_drift(in->engine, &in->diags);

	if (plan)
		in->view->show_plan(in->view, plan, PLAN_FOR_DRIFT);
	if (!plan || diags_failed(&in->diags))
		return invocation_exit(in) == EXIT_DONE ? EXIT_ERROR : invocation_exit(in);
	return option_given(in->args, OPT_EXIT_CODE) && plan->drifted ? EXIT_CHANGES : EXIT_DONE;
}

const struct command cmd_drift = {
	.name = "drift",
	.group = GROUP_LOOK,
	.summary = "read the world and show what was changed from outside",
	.operands = "[STACK...]",
	.operand_max = OPERANDS_ANY,
	.help = "Reads every recorded resource where it lives and shows what differs from what was "
		"applied, and what is gone. Nothing is changed; 'hadeploy apply --refresh' mends "
		"it. What could not be read is an error, and the rest is still shown. What is "
		"recorded is enough: templates may be broken, and their parameters and secrets "
		"are not needed.",
	.examples =
		(const char *const[]){"hadeploy drift", "everything", "hadeploy drift --exit-code",
				      "in CI: exit code 2 when something drifted", NULL},
	.options = (const enum option_id[]){OPT_REGION, OPT_PARAM, OPT_PARAM_FILE, OPT_EXIT_CODE,
					    OPT_PARALLELISM, OPT_JSON, OPT_END},
	.needs = NEED_ENGINE | NEED_SIGNALS | RECORD_IS_ENOUGH,
	.run = run,
};
