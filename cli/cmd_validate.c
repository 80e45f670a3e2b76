/* cmd_validate.c - checks that need no network. */
#include "cli/invocation.h"

static int run(struct invocation *in)
{
	const struct project *p = engine_project(in->engine);
	struct validation all = {.project = p->manifest->project,
				 .instance_count = p->instance_count};
	const char *stack = NULL;

	if (engine_validate(in->engine, &in->diags) != 0)
		return invocation_exit(in);
	for (size_t i = 0; i < p->instance_count; i++) {
		const struct instance *at = &p->instances[i];

		all.resource_count += at->doc ? at->doc->resource_count : 0;
		all.stack_count += at->stack->name != stack;
		stack = at->stack->name;
	}
	invocation_show_diags(in);
	in->view->show_validation(in->view, &all);
	return EXIT_DONE;
}

const struct command cmd_validate = {
	.name = "validate",
	.group = GROUP_DEPLOY,
	.summary = "check manifest and templates, without network",
	.operands = "[STACK...]",
	.operand_max = OPERANDS_ANY,
	.help = "Reads hadeploy.yaml and the templates of all stacks (or of those named), "
		"evaluates "
		"them for every target and checks each resource against its type. All faults are "
		"reported in one run, each with its file, line and column. Nothing is connected "
		"to, locked or written.",
	.examples = (const char *const[]){"hadeploy validate", "the whole project",
					  "hadeploy validate web --region east",
					  "one stack in one region", NULL},
	.options =
		(const enum option_id[]){OPT_REGION, OPT_PARAM, OPT_PARAM_FILE, OPT_JSON, OPT_END},
	.needs = NEED_ENGINE,
	.run = run,
};
