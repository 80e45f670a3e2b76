/* cmd_validate.c - checks that need no network. */
#include <string.h>

#include "cli/invocation.h"

static int validate_templates(struct invocation *in)
{
	struct validation all = {.template_count = in->args->operand_count};
	int failed = 0;

	invocation_warn_idle(in);
	for (size_t i = 0; i < in->args->operand_count; i++) {
		size_t count;

		all.template = invocation_template(in, i);
		failed |= single_validate(in->single, all.template, &count, &in->diags);
		all.resource_count += count;
	}
	if (all.template && strcmp(all.template, "-") == 0)
		all.template = "<stdin>";
	if (failed)
		return invocation_exit(in);
	all.warning_count = in->diags.warning_count;
	invocation_show_diags(in);
	in->view->show_validation(in->view, &all);
	return EXIT_DONE;
}

static int validate_project(struct invocation *in)
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

static int run(struct invocation *in)
{
	return in->single ? validate_templates(in) : validate_project(in);
}

const struct command cmd_validate = {
	.name = "validate",
	.group = GROUP_DEPLOY,
	.summary = "check manifest and templates, or template files, without network",
	.operands = "[STACK... | FILE...]",
	.operand_max = OPERANDS_ANY,
	.operand_kind = OPERAND_TEMPLATE,
	.help = "Reads hadeploy.yaml and the templates of all stacks (or of those named), "
		"evaluates "
		"them for every target and checks each resource against its type. All faults are "
		"reported in one run, each with its file, line and column. Nothing is connected "
		"to, locked or written.\n\n"
		"With template files (names with a slash or ending in .yaml, .yml, .json or "
		".template; '-' is standard input, REV:path a file of a commit) no project is "
		"needed, and none is asked: they "
		"are checked in all branches, for all regions and values of their parameters, "
		"against the types of the built-in providers.",
	.examples = (const char *const[]){"hadeploy validate", "the whole project",
					  "hadeploy validate web --region east",
					  "one stack in one region",
					  "hadeploy validate templates/*.yaml",
					  "files, without a project",
					  "hadeploy validate --format sarif >hadeploy.sarif",
					  "for annotations in CI", NULL},
	.options = (const enum option_id[]){OPT_REGION, OPT_REF, OPT_PARAM, OPT_PARAM_FILE,
					    OPT_REPORT_FORMAT, OPT_JSON, OPT_END},
	.needs = NEED_ENGINE | TAKES_TEMPLATES,
	.run = run,
};
