/* cmd_health.c - how what was deployed is: all health checks, once or until Ctrl-C. */
#include "cli/watch_status.h"
#include "engine/engine_runbook.h"

/* Operands name checks, and not stacks. */
static int select_nothing(struct invocation *in, struct selection *out)
{
	(void)in;
	out->stack_count = 0;
	return 0;
}

static void on_change(void *context, const struct health_row *row, const struct health_result *all)
{
	struct invocation *in = context;

	in->view->show_health_change(in->view, row, all);
}

static int run(struct invocation *in)
{
	bool watches = option_given(in->args, OPT_HEALTH_WATCH);
	const struct health_request request = {
		.mode = watches ? HEALTH_WATCH : HEALTH_ONCE,
		.checks = in->args->operands,
		.check_count = in->args->operand_count,
		.changed = watches ? on_change : NULL,
		.context = in,
	};
	struct health_result result;

	if (engine_health(in->engine, &request, &result, &in->diags) != 0)
		return EXIT_ERROR;
	if (!watches) {
		in->view->show_health(in->view, &result);
		watch_status_show(in);
	}
	if (result.interrupted && !watches)
		return EXIT_INTERRUPTED;
	return result.healthy == result.count ? EXIT_DONE : EXIT_ERROR;
}

const struct command cmd_health = {
	.name = "health",
	.group = GROUP_LOOK,
	.summary = "ask the health checks of the manifest",
	.operands = "[CHECK...]",
	.operand_max = OPERANDS_ANY,
	.help = "Asks every check of HealthChecks, or those that are named, in every region: each "
		"so often that its thresholds are certain, from all its vantage points, and "
		"as many of these as its Quorum must say that an endpoint is unhealthy. What "
		"is said is recorded, as far as there is recorded state.\n"
		"\n"
		"The exit code is 0 when all are healthy, and 1 when one is not or nobody could "
		"tell. With --watch checks are asked at their Interval until Ctrl-C: on a "
		"terminal the table is kept up to date, elsewhere each change is a line.",
	.examples = (const char *const[]){"hadeploy health", "all checks in all regions",
					  "hadeploy health shop --region east --watch",
					  "one of them, until Ctrl-C", NULL},
	.options = (const enum option_id[]){OPT_REGION, OPT_HEALTH_WATCH, OPT_PARALLELISM, OPT_JSON,
					    OPT_END},
	.needs = NEED_ENGINE | NEED_SIGNALS | RECORD_IS_ENOUGH,
	.select = select_nothing,
	.run = run,
};
