/* cmd_rollback.c - back to the last good state of what failed. */
#include "cli/run_command.h"

/* --- to an earlier commit: an apply of its files --- */

static bool goes_to_commit(const struct invocation *in)
{
	return option_given(in->args, OPT_TO_REV) || option_given(in->args, OPT_PREVIOUS);
}

/* From here on it is --to with what was found: the run that is recorded says so too. */
static int find_previous(struct invocation *in, const struct selection *sel)
{
	struct option_value *to = &in->args->options[OPT_TO_REV];

	to->text = engine_previous_commit(in->dir, in->clock, sel, in->arena, &in->diags);
	if (!to->text)
		return -1;
	to->count = 1;
	return 0;
}

static int select_commit(struct invocation *in, struct selection *out)
{
	if (option_given(in->args, OPT_PREVIOUS) && in->args->operand_count &&
	    find_previous(in, out))
		return -1;
	out->ref = in->args->options[OPT_TO_REV].text;
	return 0;
}

/* Data do not come back with a template. */
static void refuse_loss(struct invocation *in, const struct plan *plan)
{
	struct diag *g;

	for (size_t i = 0; i < plan->change_count; i++) {
		const struct change *c = &plan->changes[i];

		if (!change_loses_data(c))
			continue;
		g = diag_add(&in->diags, DIAG_ROLLBACK_TO_DATA, RANGE_NONE,
			     "'%s' holds data and would be %s", address_text(in->arena, &c->addr),
			     c->action == ACTION_REPLACE ? "replaced" : "deleted");
		if (c->cause)
			diag_detail(&in->diags, g, "because of %s", c->cause);
		diag_hint(&in->diags, g,
			  "leave it as it is with --exclude '%s', or go on with "
			  "--accept-data-loss REASON",
			  c->addr.logical_id);
	}
}

static int check_stacks(struct invocation *in)
{
	const struct manifest *m = engine_project(in->engine)->manifest;
	const char *rev = in->args->options[OPT_TO_REV].text;
	int code = EXIT_DONE;

	for (size_t i = 0; i < in->args->operand_count; i++) {
		const char *name = in->args->operands[i];

		if (manifest_stack(m, name))
			continue;
		diag_hint(&in->diags,
			  diag_add(&in->diags, DIAG_ROLLBACK_NO_STACK, RANGE_NONE,
				   "commit '%s' has no stack '%s'", rev, name),
			  "'hadeploy destroy %s' takes it away", name);
		code = EXIT_REFUSED;
	}
	return code;
}

static int deploy_commit(struct invocation *in)
{
	struct run_style style = {
		.question = "Roll back to this commit? Only 'yes' is accepted: ",
		.guard = option_given(in->args, OPT_ACCEPT_DATA_LOSS) ? NULL : refuse_loss,
	};
	int code = check_stacks(in);

	if (code != EXIT_DONE)
		return code;
	in->style = &style;
	code = run_command(in, RUN_APPLY);
	in->style = NULL;
	return code;
}

/* Each of the two ways back has options of its own. */
static int check_options(struct invocation *in, const enum option_id *foreign, size_t count,
			 const char *hint)
{
	for (size_t i = 0; i < count; i++) {
		if (!option_given(in->args, foreign[i]))
			continue;
		diag_hint(&in->diags,
			  diag_add(&in->diags, DIAG_OPTION_IDLE, RANGE_NONE,
				   "--%s has no meaning %s --to", option_row(foreign[i])->name,
				   goes_to_commit(in) ? "with" : "without"),
			  "%s", hint);
		return -1;
	}
	return 0;
}

static int check_usage(struct invocation *in)
{
	static const enum option_id of_state[] = {OPT_SKIP};
	static const enum option_id of_commit[] = {OPT_ONLY, OPT_EXCLUDE, OPT_ON_FAILURE,
						   OPT_ACCEPT_DATA_LOSS};

	if (!goes_to_commit(in))
		return check_options(in, of_commit, ARRAY_LEN(of_commit),
				     "the last good state is gone back to as a whole; --skip "
				     "leaves a resource as it is");
	if (check_options(in, of_state, ARRAY_LEN(of_state),
			  "--exclude leaves a resource as it is"))
		return -1;
	if (in->args->operand_count)
		return 0;
	diag_hint(&in->diags,
		  diag_add(&in->diags, DIAG_OPTION_IDLE, RANGE_NONE,
			   "--to and --previous go back with stacks that are named"),
		  "hadeploy rollback STACK --to REV; all of the project: hadeploy apply --ref REV");
	return -1;
}

static int run(struct invocation *in)
{
	if (check_usage(in))
		return EXIT_USAGE;
	return goes_to_commit(in) ? deploy_commit(in) : run_command(in, RUN_ROLLBACK);
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
		"with the parameters of now do not give the earlier value, it stays as it is.\n"
		"\n"
		"With --to the named stacks are deployed as that commit has them, with rollout, "
		"freezes and rollback on failure as for any apply. What holds data is not replaced "
		"or "
		"deleted on the way without --accept-data-loss.",
	.examples = (const char *const[]){"hadeploy rollback",
					  "everything that failed, after a question",
					  "hadeploy rollback web --region east --yes",
					  "one stack in one region, without a question",
					  "hadeploy rollback --skip web/east/Database",
					  "all but one resource", "hadeploy rollback web --to v1.4",
					  "one stack as an earlier commit has it",
					  "hadeploy rollback web --previous --region east",
					  "as the commit that was deployed before", NULL},
	.options = (const enum option_id[]){OPT_YES,
					    OPT_TO_REV,
					    OPT_PREVIOUS,
					    OPT_SKIP,
					    OPT_ONLY,
					    OPT_EXCLUDE,
					    OPT_ON_FAILURE,
					    OPT_ACCEPT_DATA_LOSS,
					    OPT_REGION,
					    OPT_PARAM,
					    OPT_PARAM_FILE,
					    OPT_REFRESH,
					    OPT_REGION_CONCURRENCY,
					    OPT_REGION_ORDER,
					    OPT_MAX_CONCURRENT,
					    OPT_FAILURE_TOLERANCE,
					    OPT_CONCURRENCY_MODE,
					    OPT_OVERRIDE_FREEZE,
					    OPT_OVERRIDE_POLICY,
					    OPT_OVERRIDE_EXECUTION,
					    OPT_PARALLELISM,
					    OPT_LOCK_TIMEOUT,
					    OPT_JSON,
					    OPT_END},
	.needs = NEED_ENGINE | NEED_SIGNALS | RECORD_IS_ENOUGH,
	.select = select_commit,
	.run = run,
};
