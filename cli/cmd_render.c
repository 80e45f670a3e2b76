/* cmd_render.c - a template with everything resolved that can be known. */
#include <string.h>

#include "cli/invocation.h"

static int report_regions(struct invocation *in, size_t count)
{
	struct diag *g =
		diag_add(&in->diags, DIAG_RENDER_CHOICE, RANGE_NONE,
			 "a template is rendered for one region, and these are %zu", count);

	diag_hint(&in->diags, g, "give --region once");
	return invocation_exit(in);
}

static int render(struct invocation *in, struct str *out)
{
	const struct option_value *options = in->args->options;
	const char *format = options[OPT_RENDER_FORMAT].text;
	struct render_request q = {
		.form = format && strcmp(format, "yaml") == 0 ? RENDER_YAML : RENDER_JSON,
		.depth =
			option_given(in->args, OPT_NORMALIZE) ? RENDER_NORMALIZED : RENDER_RESOLVED,
		.region = options[OPT_REGION].text,
	};

	if (!in->single)
		return engine_render(in->engine, &q, out, &in->diags);
	if (invocation_params(in, &q.params, &q.param_count) != 0)
		return -1;
	return single_render(in->single, invocation_template(in, 0), &q, out, &in->diags);
}

static int run(struct invocation *in)
{
	size_t region_count = in->args->options[OPT_REGION].count;
	struct str text = STR_INIT;

	if (in->single && region_count > 1)
		return report_regions(in, region_count);
	if (render(in, &text) == 0)
		term_write(&in->out, &text);
	str_release(&text);
	return invocation_exit(in);
}

const struct command cmd_render = {
	.name = "render",
	.group = GROUP_LOOK,
	.summary = "print a template with everything resolved that can be known",
	.operands = "STACK|FILE",
	.operand_min = 1,
	.operand_max = 1,
	.operand_kind = OPERAND_TEMPLATE,
	.help = "Prints the template of a stack, with the manifest's values for its target, or a "
		"template file, which needs no project: its parameters have their defaults or "
		"what --param gives, --region is AWS::Region (us-east-1 unless given), and "
		"account, "
		"stack name and zones are unknown. '-' is standard input, and REV:path a file of "
		"any commit, as 'git show' names it (from the repository's root; REV:./path from "
		"here), with the files of that commit that it names.\n\n"
		"Parameters, pseudo parameters, mappings, conditions, loops and functions are "
		"replaced by what they give; what waits for a resource or for something unknown "
		"stays the function it was, in long form, with its known parts resolved. Resources "
		"and outputs whose condition is false are gone, and so are parameters, mappings "
		"and conditions that nothing refers to any more. Values of NoEcho parameters and "
		"{{resolve:...}} never show: the reference stays. The result is a template.",
	.examples = (const char *const[]){"hadeploy render web --region east",
					  "a stack's template as it is for one target",
					  "hadeploy render net.yaml --param Zones=3 --format yaml",
					  "a file, without a project",
					  "hadeploy render v1.2:shop/web.yaml",
					  "the file as a release had it",
					  "hadeploy render net.json --normalize --format yaml",
					  "a file in the form in which equal ones are equal", NULL},
	.options = (const enum option_id[]){OPT_REGION, OPT_REF, OPT_PARAM, OPT_PARAM_FILE,
					    OPT_NORMALIZE, OPT_RENDER_FORMAT, OPT_END},
	.needs = NEED_ENGINE | TAKES_TEMPLATES,
	.run = run,
};
