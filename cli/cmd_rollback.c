/* cmd_rollback.c - back to the last good state of what failed. */
#include "cli/run_command.h"

static int run(struct invocation *in)
{
	return run_command(in, RUN_ROLLBACK);
}

const struct command cmd_rollback = {
	.name = "rollback",
	.group = GROUP_DEPLOY,
	.summary = "bring stack instances that failed back to their last good state",
	.operands = "[STACK...]",
	.operand_max = OPERANDS_ANY,
	.help = "Takes every stack instance that is FAILED, INCOMPLETE or ROLLBACK_FAILED and "
		"brings "
		"it back to how it was when it was last CURRENT or ROLLED_BACK: what was made "
		"since "
		"is deleted, what was changed gets its earlier properties, what was replaced is "
		"used "
		"again. It goes by what is recorded, so it works with broken templates, after a "
		"crash, and after a rollback that was itself interrupted or failed: run it again.\n"
		"\n"
		"'hadeploy apply' does this by itself when a change fails, unless --on-failure "
		"keep "
		"is given. 'hadeploy plan --rollback' shows the same without doing it.\n"
		"\n"
		"A resource that cannot be brought back is left as it is with --skip; it is "
		"marked, "
		"and the next apply reads it first. Secrets are not recorded: where the templates "
		"with the parameters of now do not give the earlier value, it stays as it is.",
	.examples = (const char *const[]){"hadeploy rollback",
					  "everything that failed, after a question",
					  "hadeploy rollback web --region east --yes",
					  "one stack in one region, without a question",
					  "hadeploy rollback --skip web/east/Database",
					  "all but one resource", NULL},
	.options = (const enum option_id[]){OPT_YES, OPT_SKIP, OPT_REGION, OPT_PARAM,
					    OPT_PARAM_FILE, OPT_REFRESH, OPT_REGION_CONCURRENCY,
					    OPT_REGION_ORDER, OPT_MAX_CONCURRENT,
					    OPT_FAILURE_TOLERANCE, OPT_CONCURRENCY_MODE,
					    OPT_OVERRIDE_FREEZE, OPT_OVERRIDE_EXECUTION,
					    OPT_PARALLELISM, OPT_LOCK_TIMEOUT, OPT_JSON, OPT_END},
	.needs = NEED_ENGINE | NEED_SIGNALS | RECORD_IS_ENOUGH,
	.run = run,
};
