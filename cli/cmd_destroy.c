/* cmd_destroy.c - takes everything away again. */
#include "cli/run_command.h"

static int run(struct invocation *in)
{
	return run_command(in, RUN_DESTROY);
}

const struct command cmd_destroy = {
	.name = "destroy",
	.group = GROUP_DEPLOY,
	.summary = "delete everything that is recorded",
	.operands = "[STACK...]",
	.operand_max = OPERANDS_ANY,
	.help = "Deletes all recorded resources of the project (or of the stacks and regions "
		"named), "
		"in the reverse order of their making, and over the regions and waves of a stack "
		"the "
		"other way round. Resources with DeletionPolicy: Retain stay, "
		"and only their record goes. 'hadeploy plan --destroy' shows the same without "
		"doing it.",
	.examples = (const char *const[]){"hadeploy destroy", "everything, after a question",
					  "hadeploy destroy web --region west --yes",
					  "one stack in one region", NULL},
	.options = (const enum option_id[]){OPT_YES,
					    OPT_REGION,
					    OPT_PARAM,
					    OPT_PARAM_FILE,
					    OPT_REFRESH,
					    OPT_SIMULATE,
					    OPT_CONTINUE,
					    OPT_ONLY,
					    OPT_EXCLUDE,
					    OPT_FULL,
					    OPT_REGION_CONCURRENCY,
					    OPT_REGION_ORDER,
					    OPT_MAX_CONCURRENT,
					    OPT_FAILURE_TOLERANCE,
					    OPT_CONCURRENCY_MODE,
					    OPT_OVERRIDE_FREEZE,
					    OPT_OVERRIDE_POLICY,
					    OPT_OVERRIDE_EXECUTION,
					    OPT_ACCEPT_DATA_LOSS,
					    OPT_PARALLELISM,
					    OPT_LOCK_TIMEOUT,
					    OPT_JSON,
					    OPT_END},
	.needs = NEED_ENGINE | NEED_SIGNALS | RECORD_IS_ENOUGH,
	.run = run,
};
