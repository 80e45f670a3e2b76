/* cmd_diff.c - what would change between two commits. */
#include "cli/invocation.h"

#include <string.h>

static int refuse_range(struct invocation *in, const char *range)
{
	struct diag *g = diag_add(&in->diags, DIAG_DIFF_RANGE, RANGE_NONE,
				  "'%s' names two commits: nothing can follow it", range);

	diag_hint(&in->diags, g, "hadeploy diff %s", range);
	return EXIT_USAGE;
}

static const char *or_head(const char *rev)
{
	return *rev ? rev : "HEAD";
}

/* As git takes them: A..B is A and B; of A...B the first is the commit that both come from. */
static int name_sides(struct invocation *in, struct compare_request *q)
{
	const struct arguments *args = in->args;
	const char *first = args->operands[0], *dots = strstr(first, "..");

	q->from = or_head(first);
	if (args->operand_count > 1)
		q->to = or_head(args->operands[1]);
	if (!dots)
		return 0;
	if (args->operand_count > 1)
		return refuse_range(in, first);
	q->to = or_head(dots + strspn(dots, "."));
	if (dots[2] != '.')
		q->from = or_head(arena_printf(in->arena, "%.*s", (int)(dots - first), first));
	return 0;
}

static int run(struct invocation *in)
{
	struct compare_request q = {.dir = in->dir, .providers = in->providers};
	struct comparison c;
	int usage = name_sides(in, &q);

	if (usage)
		return usage;
	if (invocation_params(in, &q.selection.params, &q.selection.param_count) != 0)
		return EXIT_ERROR;
	q.selection.regions = in->args->options[OPT_REGION].items;
	q.selection.region_count = in->args->options[OPT_REGION].count;
	if (engine_compare(in->arena, &q, &c, &in->diags))
		return invocation_exit(in);
	invocation_show_diags(in);
	in->view->show_comparison(in->view, &c);
	return option_given(in->args, OPT_EXIT_CODE) && c.count ? EXIT_CHANGES : EXIT_DONE;
}

const struct command cmd_diff = {
	.name = "diff",
	.group = GROUP_LOOK,
	.summary = "show what would change between two commits, without network",
	.operands = "REV1 [REV2]",
	.operand_min = 1,
	.operand_max = 2,
	.help = "Reads manifest and templates of both commits (of one alone: and of the folder), "
		"evaluates them for every target and shows what differs, resource by resource. "
		"Nothing is connected to, and neither recorded state nor secrets are needed: what "
		"only a deployment can tell stands for itself, as ${Page.Sha256}. Prints nothing "
		"when nothing would change.\n"
		"\n"
		"REV1..REV2 is the same as both; REV1...REV2 compares REV2 with the commit that "
		"both come from, so that what REV1 has got since does not show.\n"
		"\n"
		"It says what the second commit would change of a deployment of the first; "
		"'hadeploy plan --ref REV' compares with what is deployed.",
	.examples = (const char *const[]){"hadeploy diff HEAD", "what is not committed yet",
					  "hadeploy diff v1.4 v1.5", "between two releases",
					  "hadeploy diff origin/main...HEAD --format markdown",
					  "for a comment on a pull request",
					  "hadeploy diff main HEAD --exit-code",
					  "in CI: exit code 2 when something would change", NULL},
	.options = (const enum option_id[]){OPT_REGION, OPT_PARAM, OPT_PARAM_FILE, OPT_DIFF_FORMAT,
					    OPT_EXIT_CODE, OPT_JSON, OPT_END},
	.run = run,
};
