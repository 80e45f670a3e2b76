/* cmd_recreate.c - builds what was in a lost region anew, and clears up when it answers again. */
#include <string.h>

#include "cli/recreate_look.h"
#include "cli/recreate_parts.h"
#include "cli/request.h"
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
	if (option_given(in->args, OPT_UNDO_RECREATION))
		return RECREATE_UNDO;
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
		      option_given(in->args, OPT_UNDO_RECREATION) +
		      option_given(in->args, OPT_AGAIN);

	if (in->args->options[OPT_REGION].count != 1)
		return fail_usage(in, "'recreate' needs one region that is lost",
				  "name it: hadeploy recreate --region REGION");
	if (ways > 1)
		return fail_usage(in, "--again, --reconcile, --end and --undo exclude each other",
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
	out->without_restore = in->args->options[OPT_WITHOUT_RESTORE].text;
	out->reason = in->args->options[OPT_REASON].text;
	/* Nothing is planned: no template is needed, no secret. */
	if (out->recreate == RECREATE_END || out->recreate == RECREATE_UNDO)
		out->faults = FAULTS_LEFT_OUT;
	if (out->recreate == RECREATE_REGION || out->recreate == RECREATE_AGAIN) {
		/* The selection is copied, and what it names is not. */
		one = ARENA_NEW(in->arena, const char *);
		*one = out->into;
		out->regions = one;
		out->region_count = 1;
	}
	return 0;
}

static const char *end_question(struct invocation *in, const char *left)
{
	return arena_printf(in->arena,
			    "The stacks of region %s are where the manifest says then%s%s. Go back "
			    "to the manifest? Only 'yes' is accepted: ",
			    region_of(in),
			    left ? ", made anew and empty by the next apply, which deletes " : "",
			    left ? left : "");
}

static int end_recreation(struct invocation *in)
{
	struct str done = STR_INIT;
	const char *left = NULL;

	if (engine_end_means(in->engine, &left, &in->diags) != 0)
		return -1;
	if (!invocation_can_approve(in, "the end of a recreation"))
		return EXIT_ERROR;
	if (!invocation_approve(in, end_question(in, left), NULL))
		return invocation_declined_exit();
	if (engine_end_recreation(in->engine, request_text(in), &in->diags) != 0)
		return -1;
	str_printf(&done,
		   "The stacks of region %s are where the manifest says: 'hadeploy plan' shows "
		   "what that means.",
		   region_of(in));
	in->view->show_done(in->view, "ended", str_cstr(&done));
	str_release(&done);
	return EXIT_DONE;
}

static int undo_recreation(struct invocation *in)
{
	struct str done = STR_INIT;
	size_t back = 0, given_up = 0;

	if (!invocation_can_approve(in, "the undoing of a recreation"))
		return EXIT_ERROR;
	if (!invocation_approve(in,
				"What was abandoned is recorded as before, and the next apply "
				"deletes what was made since. Undo the recreation? Only 'yes' is "
				"accepted: ",
				NULL))
		return invocation_declined_exit();
	if (engine_undo_recreation(in->engine, request_text(in), &back, &given_up, &in->diags))
		return invocation_exit(in);
	str_printf(&done,
		   "The recreation of region %s is undone: %zu resource%s recorded as before. "
		   "'hadeploy plan --refresh' shows what is to be done, %s.",
		   region_of(in), back, back == 1 ? " is" : "s are",
		   given_up ? "what was made since is deleted by the next apply"
			    : "nothing was made since");
	in->view->show_done(in->view, "undone", str_cstr(&done));
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
	if (wish == RECREATE_UNDO)
		return undo_recreation(in);
	if (!clears && recreate_look(in, &style) != 0)
		return invocation_exit(in);
	in->style = &style;
	if (!clears)
		engine_tell_restores_left(in->engine, &in->diags);
	if (!clears && option_given(in->args, OPT_SIMULATE) && engine_restores(in->engine))
		say_without_restores(in);
	if (!clears && !option_given(in->args, OPT_SIMULATE) && engine_restores(in->engine))
		code = recreate_in_parts(in, &style);
	else
		code = run_command(in, RUN_APPLY);
	in->style = NULL;
	if (code == EXIT_DONE && !clears && !option_given(in->args, OPT_SIMULATE) &&
	    engine_recreation_over(in->engine, &in->diags) != 0)
		code = invocation_exit(in);
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
		"for every later command, until the manifest says so itself. --end gives that up "
		"and leaves what was made there to the next apply; what is in use is not left "
		"without --reason.\n"
		"\n"
		"When the region answers again, --reconcile reads what was abandoned, forgets "
		"what is gone, and deletes the rest after a question.",
	.examples = (const char *const[]){"hadeploy recreate --region east", "anew where it was",
					  "hadeploy recreate --region east --into south --yes",
					  "in another region, without a question",
					  "hadeploy recreate --region east --reconcile",
					  "the region is back: delete what is left there",
					  "hadeploy recreate --region east --undo",
					  "it was a mistake, or all of the region is back", NULL},
	.options = (const enum option_id[]){OPT_REGION,
					    OPT_INTO,
					    OPT_AGAIN,
					    OPT_RECONCILE,
					    OPT_END_RECREATION,
					    OPT_UNDO_RECREATION,
					    OPT_WITHOUT_RESTORE,
					    OPT_REASON,
					    OPT_ACCEPT_DATA_LOSS,
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
					    OPT_OVERRIDE_POLICY,
					    OPT_OVERRIDE_EXECUTION,
					    OPT_PARALLELISM,
					    OPT_LOCK_TIMEOUT,
					    OPT_JSON,
					    OPT_END},
	.needs = NEED_ENGINE | NEED_SIGNALS,
	.select = select_region,
	.run = run,
};
