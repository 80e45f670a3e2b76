/* cmd_drift.c - what was changed from outside. */
#include "cli/wishes.h"

/* What is known of some stands beside what could not be read of others. */
static int exit_of_unread(const struct invocation *in, const struct plan *plan)
{
	struct drift_counts n = plan_drift(plan);
	int code = invocation_exit(in);

	if (code != EXIT_ERROR || !n.of[DRIFT_FAILED])
		return code == EXIT_DONE ? EXIT_ERROR : code;
	return n.of[DRIFT_IN_SYNC] || n.of[DRIFT_CHANGED] ? EXIT_PARTLY : EXIT_ERROR;
}

static int run(struct invocation *in)
{
	struct run_request request = {0};
	const struct plan *plan;

	if (invocation_rollout(in, &request))
		return EXIT_ERROR;
	plan = engine_drift(in->engine, &request.rollout, &in->diags);
	if (!plan)
		return invocation_exit(in) == EXIT_DONE ? EXIT_ERROR : invocation_exit(in);
	in->view->show_plan(in->view, plan, PLAN_FOR_DRIFT);
	if (diags_failed(&in->diags))
		return exit_of_unread(in, plan);
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
		"are not needed.\n"
		"\n"
		"A stack with a Rollout is read as it is changed: by its regions, so many "
		"instances at a time, and when more of a region cannot be read than its "
		"FailureTolerance, the rest is not asked (NOT_CHECKED). One without is read all at "
		"once. The options hold for all stacks.",
	.examples =
		(const char *const[]){"hadeploy drift", "everything", "hadeploy drift --exit-code",
				      "in CI: exit code 2 when something drifted",
				      "hadeploy drift --failure-tolerance 100%",
				      "everything, whatever cannot be read", NULL},
	.options =
		(const enum option_id[]){OPT_REGION, OPT_PARAM, OPT_PARAM_FILE, OPT_EXIT_CODE,
					 OPT_REGION_CONCURRENCY, OPT_REGION_ORDER,
					 OPT_MAX_CONCURRENT, OPT_FAILURE_TOLERANCE,
					 OPT_CONCURRENCY_MODE, OPT_PARALLELISM, OPT_JSON, OPT_END},
	.needs = NEED_ENGINE | NEED_SIGNALS | RECORD_IS_ENOUGH,
	.run = run,
};
