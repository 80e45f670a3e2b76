/* cmd_plan.c - what would be done, and why. */
#include "cli/plan_file.h"
#include "cli/out_file.h"
#include "cli/wishes.h"

static enum run_mode mode_of(const struct invocation *in)
{
	if (option_given(in->args, OPT_ROLLBACK))
		return RUN_ROLLBACK;
	return option_given(in->args, OPT_DESTROY) ? RUN_DESTROY : RUN_APPLY;
}

/* Where it goes when the region is lost has nothing to do with an end. */
static bool foretells(const struct run_request *r)
{
	return r->mode == RUN_APPLY;
}

/* What the project's runbooks would take as things are; true when one is too late. */
static bool show_forecasts(struct invocation *in)
{
	struct runbook_forecast_list all;
	bool late = false;

	if (engine_forecasts(in->engine, &all, &in->diags) != 0)
		return false;
	in->view->show_forecasts(in->view, &all);
	for (size_t i = 0; i < all.count; i++)
		late |= runbook_forecast_is_late(&all.items[i]);
	return late;
}

static int run(struct invocation *in)
{
	struct run_request request = {
		.mode = mode_of(in),
		.refresh = option_given(in->args, OPT_REFRESH) ? REFRESH_YES : REFRESH_NO,
		.wishes = invocation_wishes(in),
	};
	const char *made_from = NULL;
	const struct plan *plan;
	bool late;
	int code;

	if (in->saved)
		return plan_file_show(in);
	if (invocation_rollout(in, &request) != 0 ||
	    (option_given(in->args, OPT_OUT) &&
	     out_file_check(in, in->args->options[OPT_OUT].text, OUT_PLAN) != 0))
		return EXIT_ERROR;
	if (option_given(in->args, OPT_OUT))
		request.made_from = &made_from;
	plan = engine_plan(in->engine, &request, &in->diags);
	code = invocation_exit(in);

	/* A host that is down hides nothing of the others, and what is forbidden is looked at. */
	if (plan && (code == EXIT_DONE || plan->unread || invocation_forbidden(in)))
		in->view->show_plan(in->view, plan, PLAN_FOR_PLAN);
	if (!plan || code != EXIT_DONE)
		return code == EXIT_DONE ? EXIT_ERROR : code;
	late = foretells(&request) && show_forecasts(in);
	if (made_from && plan_file_save(in, plan, &request))
		return EXIT_ERROR;
	if (late && option_given(in->args, OPT_STRICT))
		return EXIT_REFUSED;
	return option_given(in->args, OPT_EXIT_CODE) && !plan_empty(plan) ? EXIT_CHANGES
									  : EXIT_DONE;
}

const struct command cmd_plan = {
	.name = "plan",
	.group = GROUP_DEPLOY,
	.summary = "show what would be created, changed and deleted, and why",
	.operands = "[STACK...]",
	.operand_max = OPERANDS_ANY,
	.help = "Compares the templates with recorded state and shows every change with its "
		"reason. "
		"Without --refresh no connection is made, so what somebody changed by hand is not "
		"seen. Nothing is changed; operations that an earlier run left without an end are "
		"looked after first when nobody works on them.\n"
		"\n"
		"With --out the plan is saved, to be looked at and approved, and applied later "
		"as it is; --show shows a saved one.\n"
		"\n"
		"Signs: + create, ~ update in place, -/+ replace, -/+? replace if a value that is "
		"not known yet proves different, - delete, = retain (the record goes, the thing "
		"stays), > only the logical id changes. Stack instances whose changes are the "
		"same are shown once. Of more than 200 changes a summary is "
		"shown, unless --full is given.\n"
		"\n"
		"Runbooks with an RTO that were tried are told with the RTO that is predicted "
		"from recorded durations; with --strict one that 5 of 100 executions would miss "
		"is exit code 4.",
	.examples =
		(const char *const[]){"hadeploy plan", "all stacks in all regions",
				      "hadeploy plan web --region east --refresh",
				      "one stack in one region, compared with the world",
				      "hadeploy plan --exit-code --json >plan.jsonl",
				      "in CI: exit code 2 when there are changes",
				      "hadeploy plan --only 'web/*/Db*'",
				      "these alone, with what they need",
				      "hadeploy plan --out plan.json",
				      "to be applied with 'hadeploy apply --plan plan.json'", NULL},
	.options = (const enum option_id[]){OPT_REGION,
					    OPT_REF,
					    OPT_PARAM,
					    OPT_PARAM_FILE,
					    OPT_REFRESH,
					    OPT_ADOPT,
					    OPT_DESTROY,
					    OPT_ROLLBACK,
					    OPT_OUT,
					    OPT_SHOW,
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
					    OPT_EXIT_CODE,
					    OPT_STRICT,
					    OPT_PARALLELISM,
					    OPT_JSON,
					    OPT_END},
	.needs = NEED_ENGINE | NEED_SIGNALS | TAKES_SAVED_PLAN,
	.run = run,
};
