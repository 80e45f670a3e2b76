/* cmd_apply.c - makes the world as the templates say. */
#include "cli/run_command.h"

static int run(struct invocation *in)
{
	return run_command(in, RUN_APPLY);
}

const struct command cmd_apply = {
	.name = "apply",
	.group = GROUP_DEPLOY,
	.summary = "plan, ask, and make the world as the templates say",
	.operands = "[STACK...]",
	.operand_max = OPERANDS_ANY,
	.help = "Locks the stack instances, shows the plan, asks, and applies it. Every change is "
		"recorded before it begins and after it ends, so the "
		"program can be killed at any moment: the next run finds out what became of what "
		"was going on. When a change fails, nothing more of its stack instance is started, "
		"and the instance is brought back to its last good state; other instances go on. "
		"With --on-failure keep only what depends on the failure is skipped, and what was "
		"done stays.\n"
		"\n"
		"Ctrl-C once: nothing new is started, and what runs is finished. Twice: what runs "
		"is "
		"cancelled. Three times: the program ends at once.\n"
		"\n"
		"A stack with several targets goes over them region by region, and the first "
		"failure is the last unless more are tolerated: the manifest's Rollout says how, "
		"--region-concurrency and the like are stronger, and the plan shows what follows "
		"from it.\n"
		"\n"
		"With --plan the plan that 'hadeploy plan --out' saved is applied, which was "
		"approved when it was looked at: nobody is asked. What it was made for is in the "
		"file; values from a parameter file or the environment are not and are given "
		"again. When anything has changed since, it is refused, and says what.",
	.examples =
		(const char *const[]){
			"hadeploy apply", "everything, after a question",
			"hadeploy apply web --yes --param Capacity=3",
			"one stack with another parameter, without a question",
			"hadeploy apply --yes --refresh", "also mend what was changed from outside",
			"hadeploy apply --on-failure keep", "what was done before a failure stays",
			"hadeploy apply web --max-concurrent 25% --failure-tolerance 1",
			"in each region a quarter at a time, and one may fail",
			"hadeploy apply --simulate",
			"rehearse it: what would happen, and how long it takes",
			"hadeploy apply --plan plan.json",
			"what 'hadeploy plan --out plan.json' showed, or nothing", NULL},
	.options = (const enum option_id[]){OPT_PLAN,
					    OPT_YES,
					    OPT_REGION,
					    OPT_REF,
					    OPT_PARAM,
					    OPT_PARAM_FILE,
					    OPT_REFRESH,
					    OPT_ADOPT,
					    OPT_SIMULATE,
					    OPT_CONTINUE,
					    OPT_ONLY,
					    OPT_EXCLUDE,
					    OPT_REPLACE,
					    OPT_DROP_OVERRIDES,
					    OPT_FULL,
					    OPT_ON_FAILURE,
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
	.needs = NEED_ENGINE | NEED_SIGNALS | TAKES_SAVED_PLAN,
	.run = run,
};
