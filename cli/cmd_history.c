/* cmd_history.c - what was deployed of a stack, and of which commits. */
#include <string.h>

#include "base/vec.h"
#include "cli/cmd_operation.h"

#define LIST_LIMIT 20

struct deployments {
	VEC_OF(struct deployment_row)
};

static bool is_wanted(const struct invocation *in, const struct instance_id *id)
{
	const struct option_value *regions = &in->args->options[OPT_REGION];
	bool named = !in->args->operand_count;
	bool there = !regions->count;

	for (size_t i = 0; i < in->args->operand_count; i++)
		named = named || !strcmp(in->args->operands[i], id->stack);
	for (size_t i = 0; i < regions->count; i++)
		there = there || !strcmp(regions->items[i], id->region);
	return named && there;
}

static void add(struct invocation *in, struct deployments *out, const struct run_record *r,
		const struct instance_result *x)
{
	struct deployment_row *row = arena_vec_add(in->arena, out);

	*row = (struct deployment_row){
		.run = r,
		.status = x->status,
		.id = x->id,
		.at_ms = x->started_ms ? x->started_ms : r->started_ms,
		.version = version_parse(in->arena, x->version),
	};
}

/* An import, and what older programs did, names its instances alone. */
static void add_named(struct invocation *in, struct deployments *out, const struct run_record *r)
{
	json_t *names = json_parse(text_of(r->instances), in->arena, NULL);
	const json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		struct instance_result x = {.status = operation_run_status(r),
					    .version = r->version};

		if (instance_id_parse(in->arena, text_of(json_string_value(name)), &x.id) &&
		    is_wanted(in, &x.id))
			add(in, out, r, &x);
	}
	json_decref(names);
}

static bool was_its_turn(const struct instance_result *x)
{
	return strcmp(x->status, "PENDING") != 0 && strcmp(x->status, "CANCELLED") != 0 &&
	       strcmp(x->status, "SKIPPED") != 0;
}

static int add_run(struct invocation *in, struct deployments *out, const struct run_record *r)
{
	struct result_list results;

	if (state_load_results(in->state, r->id, in->arena, &results, &in->diags) != 0)
		return -1;
	for (size_t i = 0; i < results.count; i++)
		if (was_its_turn(&results.items[i]) && is_wanted(in, &results.items[i].id))
			add(in, out, r, &results.items[i]);
	if (!results.count)
		add_named(in, out, r);
	return 0;
}

static int run(struct invocation *in)
{
	const struct option_value *limit = &in->args->options[OPT_LIMIT];
	const size_t most = limit->count ? (size_t)limit->number : LIST_LIMIT;
	struct deployments found = {0};
	struct run_list runs = {NULL, 0};

	if (state_load_runs(in->state, 0, in->arena, &runs, &in->diags) != 0)
		return invocation_exit(in);
	for (size_t i = 0; i < runs.count && found.count < most; i++)
		if (add_run(in, &found, &runs.items[i]) != 0)
			return invocation_exit(in);
	if (found.count > most)
		found.count = most;
	in->view->show_deployments(in->view, &(struct deployment_rows){found.items, found.count});
	return EXIT_DONE;
}

const struct command cmd_history = {
	.name = "history",
	.group = GROUP_LOOK,
	.summary = "show what was deployed of a stack, and of which commits",
	.operands = "[STACK...]",
	.operand_max = OPERANDS_ANY,
	.help = "Lists the deployments of stack instances, the latest first: when, how each ended, "
		"the commit and branch that it was made from, who wrote the commit, and the run "
		"(hadeploy operation show RUN tells the rest). An asterisk behind a commit: the "
		"work tree had changes that were not committed. Where a deployment was not made "
		"from a git repository, it says so.\n"
		"\n"
		"Recorded state alone is read. The manifest says how much is kept (State: "
		"History).",
	.examples =
		(const char *const[]){"hadeploy history web --region east", "of one stack instance",
				      "hadeploy history --json", "for programs", NULL},
	.options = (const enum option_id[]){OPT_REGION, OPT_LIMIT, OPT_JSON, OPT_END},
	.needs = NEED_STATE_READ,
	.run = run,
};
