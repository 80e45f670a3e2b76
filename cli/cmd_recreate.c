/* cmd_recreate.c - builds what was in a lost region anew, and clears up when it answers again. */
#include <string.h>

#include "cli/recreate_parts.h"
#include "engine/engine_runbook.h"

static const char *region_of(const struct invocation *in)
{
	return in->args->options[OPT_REGION].items[0];
}

static enum recreate_wish wish_of(const struct invocation *in)
{
	if (option_given(in->args, OPT_RECONCILE))
		return RECREATE_RECONCILE;
	if (option_given(in->args, OPT_END_RECREATION))
		return RECREATE_END;
	return option_given(in->args, OPT_AGAIN) ? RECREATE_AGAIN : RECREATE_REGION;
}

static int fail_usage(struct invocation *in, const char *problem, const char *hint)
{
	struct diag *g = diag_add(&in->diags, DIAG_RECREATE_OPTIONS, RANGE_NONE, "%s", problem);

	diag_hint(&in->diags, g, "%s", hint);
	return -1;
}

static int check_options(struct invocation *in)
{
	size_t ways = (size_t)option_given(in->args, OPT_RECONCILE) +
		      option_given(in->args, OPT_END_RECREATION) +
		      option_given(in->args, OPT_AGAIN);

	if (in->args->options[OPT_REGION].count != 1)
		return fail_usage(in, "'recreate' needs one region that is lost",
				  "name it: hadeploy recreate --region REGION");
	if (ways > 1)
		return fail_usage(in, "--again, --reconcile and --end exclude each other",
				  "choose one of them");
	if (option_given(in->args, OPT_INTO) &&
	    strcmp(in->args->options[OPT_INTO].text, region_of(in)) == 0)
		return fail_usage(in, "--into names the lost region itself",
				  "leave it away to build the region anew where it was");
	return 0;
}

static int select_region(struct invocation *in, struct selection *out)
{
	const struct option_value *into = &in->args->options[OPT_INTO];
	const char **one;

	if (check_options(in) != 0)
		return -1;
	out->recreate = wish_of(in);
	out->lost = region_of(in);
	out->into = into->count ? into->text : out->lost;
	if (out->recreate == RECREATE_REGION || out->recreate == RECREATE_AGAIN) {
		/* The selection is copied, and what it names is not. */
		one = ARENA_NEW(in->arena, const char *);
		*one = out->into;
		out->regions = one;
		out->region_count = 1;
	}
	return 0;
}

static int end_recreation(struct invocation *in)
{
	struct str done = STR_INIT;

	if (!invocation_can_approve(in, "the end of a recreation"))
		return EXIT_ERROR;
	if (!invocation_approve(in,
				"The next apply makes the stacks where the manifest says, and "
				"deletes them where it does not. Go back to the manifest? Only "
				"'yes' is accepted: ",
				NULL))
		return invocation_declined_exit();
	if (engine_end_recreation(in->engine, &in->diags) != 0)
		return -1;
	str_printf(&done,
		   "The stacks of region %s are where the manifest says: 'hadeploy plan' shows "
		   "what that means.",
		   region_of(in));
	in->view->show_done(in->view, "ended", str_cstr(&done));
	str_release(&done);
	return EXIT_DONE;
}

static const char *place_of(const struct invocation *in)
{
	const struct option_value *into = &in->args->options[OPT_INTO];

	return into->count ? arena_printf(in->arena, " --into %s", into->text) : "";
}

/* A rehearsal has said what it was. */
static void say_done(struct invocation *in, enum recreate_wish wish)
{
	const struct option_value *into = &in->args->options[OPT_INTO];
	struct str done = STR_INIT;

	if (option_given(in->args, OPT_SIMULATE))
		return;
	if (wish == RECREATE_RECONCILE)
		str_printf(&done, "Region %s is cleared up: nothing of it is ABANDONED.",
			   region_of(in));
	else
		str_printf(&done, "Region %s is recreated%s%s.", region_of(in),
			   into->count ? " in " : "", into->count ? into->text : "");
	in->view->show_done(in->view, wish == RECREATE_RECONCILE ? "reconciled" : "recreated",
			    str_cstr(&done));
	str_release(&done);
}

static void say_without_restores(struct invocation *in)
{
	struct diag *g = diag_note(&in->diags, DIAG_RESTORE_COMES, RANGE_NONE,
				   "what brings data back (Restore) is not part of this rehearsal, "
				   "nor of its time");

	diag_hint(&in->diags, g, "'hadeploy runbook drill RUNBOOK --level simulated' rehearses it");
}

static int run(struct invocation *in)
{
	enum recreate_wish wish = wish_of(in);
	bool clears = wish == RECREATE_RECONCILE;
	struct run_style style = {
		.question = clears ? "Clear up the region so? Only 'yes' is accepted: "
				   : "Recreate the region so? Only 'yes' is accepted: ",
		.refresh = clears ? REFRESH_YES : REFRESH_NO,
		.on_failure = ON_FAILURE_KEEP,
		.again = arena_printf(in->arena, "recreate --region %s%s", region_of(in),
				      clears ? " --reconcile" : place_of(in)),
	};
	int code;

	if (wish == RECREATE_END)
		return end_recreation(in);
	in->style = &style;
	if (!clears && option_given(in->args, OPT_SIMULATE) && engine_restores(in->engine))
		say_without_restores(in);
	if (!clears && !option_given(in->args, OPT_SIMULATE) && engine_restores(in->engine))
		code = recreate_in_parts(in, &style);
	else
		code = run_command(in, RUN_APPLY);
	in->style = NULL;
	if (code == EXIT_DONE)
		say_done(in, wish);
	return code;
}

const struct command cmd_recreate = {
	.name = "recreate",
	.group = GROUP_FAILOVER,
	.summary = "build what was in a lost region anew, there or in another region",
	.operands = "",
	.help = "Takes every stack with a target in the region and makes it anew, in dependency "
		"order, from the templates as they are: in the same region, or with --into in "
		"another one, with the parameters of the lost one. What is recorded of the lost "
		"region is set aside first, as ABANDONED: it stays recorded, and nothing is asked "
		"of it, changed or deleted, so that nothing needs the region that failed. "
		"Operations that were open there are closed.\n"
		"\n"
		"The same command again goes on where it was stopped or killed; what was made "
		"stays, also when something fails. With --into the stacks lie in the other region "
		"for every later command, until the manifest says so itself or --end gives it "
		"up.\n"
		"\n"
		"When the region answers again, --reconcile reads what was abandoned, forgets "
		"what is gone, and deletes the rest after a question.",
	.examples = (const char *const[]){"hadeploy recreate --region east", "anew where it was",
					  "hadeploy recreate --region east --into south --yes",
					  "in another region, without a question",
					  "hadeploy recreate --region east --reconcile",
					  "the region is back: delete what is left there",
					  "hadeploy recreate --region east --end",
					  "the stacks are where the manifest says again", NULL},
	.options = (const enum option_id[]){OPT_REGION,
					    OPT_INTO,
					    OPT_AGAIN,
					    OPT_RECONCILE,
					    OPT_END_RECREATION,
					    OPT_YES,
					    OPT_PARAM,
					    OPT_PARAM_FILE,
					    OPT_REFRESH,
					    OPT_ADOPT,
					    OPT_SIMULATE,
					    OPT_CONTINUE,
					    OPT_FULL,
					    OPT_ON_FAILURE,
					    OPT_MAX_CONCURRENT,
					    OPT_FAILURE_TOLERANCE,
					    OPT_CONCURRENCY_MODE,
					    OPT_OVERRIDE_FREEZE,
					    OPT_PARALLELISM,
					    OPT_LOCK_TIMEOUT,
					    OPT_JSON,
					    OPT_END},
	.needs = NEED_ENGINE | NEED_SIGNALS,
	.select = select_region,
	.run = run,
};
