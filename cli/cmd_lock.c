/* cmd_lock.c - the pins of templates from other repositories. */
#include "cli/invocation.h"

static enum lock_mode mode_of(const struct invocation *in)
{
	if (option_given(in->args, OPT_CHECK_LOCK))
		return LOCK_CHECK;
	return option_given(in->args, OPT_UPGRADE) ? LOCK_UPGRADE : LOCK_ADD;
}

static int refuse_words(struct invocation *in)
{
	struct diag *g = diag_add(&in->diags, DIAG_LOCK_WORDS, RANGE_NONE,
				  "only --upgrade takes names: without it everything that is "
				  "missing is locked");

	diag_hint(&in->diags, g, "hadeploy lock --upgrade %s", in->args->operands[0]);
	return EXIT_USAGE;
}

static int run(struct invocation *in)
{
	const struct arguments *args = in->args;
	const enum lock_mode mode = mode_of(in);
	const struct lock_wish wish = {in->dir, mode, args->operands, args->operand_count};
	struct lock_changes changes;

	if (args->operand_count && mode != LOCK_UPGRADE)
		return refuse_words(in);
	if (lock_update(in->arena, &wish, &changes, &in->diags))
		return invocation_exit(in);
	in->view->show_lock(in->view, &changes, mode == LOCK_CHECK);
	return mode == LOCK_CHECK && changes.any ? EXIT_ERROR : invocation_exit(in);
}

const struct command cmd_lock = {
	.name = "lock",
	.group = GROUP_DEPLOY,
	.summary = "pin templates from other repositories to a commit",
	.operands = "[STACK|TEMPLATE...]",
	.operand_max = OPERANDS_ANY,
	.help = "A template that a stack takes from another repository "
		"(git+https://HOST/REPOSITORY//FILE?ref=TAG) is used at the commit that "
		"hadeploy.lock names. This fetches what is not in that file yet and adds it, and "
		"removes what no stack uses; what is there already stays as it is.\n"
		"\n"
		"--upgrade moves all of them, or those of the stacks that are named, to what their "
		"branches and tags are now. --check changes nothing and fetches nothing, and exits "
		"with 1 when something is missing or left over: for CI.\n"
		"\n"
		"Commit hadeploy.lock with the manifest. Whoever has it deploys the same, and once "
		"a template was fetched no network is needed for it.",
	.examples = (const char *const[]){"hadeploy lock", "after a new template was named",
					  "hadeploy lock --upgrade web",
					  "take what the branch of web's template is now",
					  "hadeploy lock --check", "in CI", NULL},
	.options = (const enum option_id[]){OPT_UPGRADE, OPT_CHECK_LOCK, OPT_JSON, OPT_END},
	.run = run,
};
