/* cmd_outputs.c - what the stacks give. */
#include "cli/invocation.h"

static int run(struct invocation *in)
{
	struct output_rows rows = {NULL, 0};

	if (engine_outputs(in->engine, &rows, &in->diags) != 0)
		return invocation_exit(in);
	in->view->show_outputs(in->view, &rows);
	return EXIT_DONE;
}

const struct command cmd_outputs = {
	.name = "outputs",
	.group = GROUP_LOOK,
	.summary = "show the outputs of the stacks",
	.operands = "[STACK...]",
	.operand_max = OPERANDS_ANY,
	.help = "Shows the outputs of every stack in every region as the last apply recorded them. "
		"Sensitive ones are named and not shown.",
	.examples = (const char *const[]){"hadeploy outputs web --region east", "of one instance",
					  "hadeploy outputs --json", "for programs", NULL},
	.options = (const enum option_id[]){OPT_REGION, OPT_JSON, OPT_END},
	.needs = NEED_ENGINE | RECORD_IS_ENOUGH,
	.run = run,
};
