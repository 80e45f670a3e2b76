/* cmd_import.c - records what exists already. */
#include <string.h>

#include "base/vec.h"
#include "cli/run_command.h"

static int run(struct invocation *in)
{
	return run_command(in, RUN_IMPORT);
}

static int complain(struct invocation *in, const char *summary)
{
	struct diag *g = diag_add(&in->diags, DIAG_IMPORT_OPERANDS, RANGE_NONE, "%s", summary);

	diag_hint(&in->diags, g,
		  "write `hadeploy import ADDRESS ID`, or `hadeploy import --file FILE`");
	return -1;
}

static int read_wishes(struct invocation *in)
{
	const struct option_value *file = &in->args->options[OPT_IMPORT_FILE];
	struct import_wish *one;

	if (file->count && in->args->operand_count)
		return complain(in, "an address and a file at the same time");
	if (file->count)
		return import_file_load(in->arena, file->text, &in->imports, &in->diags);
	if (!in->args->operand_count)
		return complain(in, "it is not said what is to be imported");
	one = ARENA_NEW(in->arena, struct import_wish);
	*one = (struct import_wish){
		.address = in->args->operands[0],
		.id = in->args->operand_count > 1 ? in->args->operands[1] : NULL,
		.where = RANGE_NONE,
	};
	in->imports = (struct import_wishes){one, 1};
	return 0;
}

struct names {
	VEC_OF(const char *)
};

static void add_name(struct arena *a, struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (!strcmp(names->items[i], name))
			return;
	}
	*arena_vec_add(a, names) = name;
}

/* Only the stacks and regions of the addresses are read and locked. */
static int select_named(struct invocation *in, struct selection *s)
{
	struct names stacks = {0}, regions = {0};

	if (read_wishes(in))
		return -1;
	for (size_t i = 0; i < in->imports.count; i++) {
		struct address addr;

		if (!address_parse(in->arena, text_of(in->imports.items[i].address), &addr))
			continue; /* the engine says so, at its place */
		add_name(in->arena, &stacks, addr.instance.stack);
		add_name(in->arena, &regions, addr.instance.region);
	}
	s->stacks = stacks.items;
	s->stack_count = stacks.count;
	s->regions = regions.items;
	s->region_count = regions.count;
	return 0;
}

const struct command cmd_import = {
	.name = "import",
	.group = GROUP_DEPLOY,
	.summary = "record what exists already as a resource of a template",
	.operands = "[ADDRESS [ID]]",
	.operand_max = 2,
	.help = "Reads the thing where it lives and records it under the address, as it is: "
		"nothing changes in the world. The resource must be in the template. Without an ID "
		"the provider looks for what has the name that the template gives. Afterwards "
		"'hadeploy plan' shows what differs from the template; how much that is, is told "
		"at once.\n"
		"\n"
		"With --file many are imported together, all or none: a YAML or JSON map of "
		"addresses to ids (an empty one: by name). Where the stack has a Rollout with a "
		"FailureTolerance, so many instances of a region that cannot be read are left out, "
		"and the others are imported.",
	.examples = (const char *const[]){"hadeploy import web/east/Database db-4711", "by its id",
					  "hadeploy import web/east/Page",
					  "what has the Host and Path of the template",
					  "hadeploy import --file found.yaml --yes",
					  "many, without a question", NULL},
	.options = (const enum option_id[]){OPT_IMPORT_FILE, OPT_YES, OPT_PARAM, OPT_PARAM_FILE,
					    OPT_REGION_CONCURRENCY, OPT_REGION_ORDER,
					    OPT_MAX_CONCURRENT, OPT_FAILURE_TOLERANCE,
					    OPT_CONCURRENCY_MODE, OPT_OVERRIDE_EXECUTION,
					    OPT_PARALLELISM, OPT_LOCK_TIMEOUT, OPT_JSON, OPT_END},
	.needs = NEED_ENGINE | NEED_SIGNALS,
	.select = select_named,
	.run = run,
};
