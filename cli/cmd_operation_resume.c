/*
 * cmd_operation_resume.c - operation resume: runs again what a run was asked for.
 *
 * What it had done is CURRENT and has nothing to do; the plan shows what is left.
 */
#include <string.h>

#include "cli/cmd_operation.h"
#include "cli/request.h"

static bool ended_well(const struct run_record *r)
{
	return strcmp(r->status, "SUCCEEDED") == 0;
}

/* Does a run name an instance that the other one names too? */
static bool share_instances(struct arena *a, const struct run_record *x, const struct run_record *y)
{
	json_t *of_x = json_parse(text_of(x->instances), a, NULL);
	json_t *of_y = json_parse(text_of(y->instances), a, NULL);
	struct map names = MAP_INIT;
	bool shared = false;
	const json_t *one;
	size_t i;

	json_array_foreach(of_x, i, one)
	{
		if (json_is_string(one))
			map_set(&names, text_of(json_string_value(one)), of_x);
	}
	json_array_foreach(of_y, i, one)
	{
		if (json_is_string(one) && map_has(&names, text_of(json_string_value(one))))
			shared = true;
	}
	map_release(&names);
	json_decref(of_x);
	json_decref(of_y);
	return shared;
}

static int say_nothing_left(struct invocation *in, const struct run_record *left,
			    const struct run_record *since)
{
	struct diag *g;

	if (!left) {
		g = diag_add(&in->diags, DIAG_RESUME_NONE, RANGE_NONE, "no run is left to resume");
		diag_hint(&in->diags, g, "'hadeploy operation list' shows how each ended");
		return -1;
	}
	g = diag_add(&in->diags, DIAG_RESUME_NONE, RANGE_NONE,
		     "run '%s' is not resumed unless it is named: '%s' came after it and succeeded",
		     left->id, since->id);
	diag_detail(&in->diags, g, "%s %s, %s %s; they have stack instances in common", left->id,
		    left->command, since->id, since->command);
	diag_hint(&in->diags, g, "to run it again all the same: hadeploy operation resume %s",
		  left->id);
	return -1;
}

/* Within its tolerance a run succeeds although some of it failed. */
static bool has_failures(struct invocation *in, const struct run_record *r)
{
	struct result_list results = {NULL, 0};

	if (state_load_results(in->state, r->id, in->arena, &results, &in->diags) != 0)
		return false;
	for (size_t i = 0; i < results.count; i++)
		if (strcmp(results.items[i].status, "SUCCEEDED") != 0)
			return true;
	return false;
}

/* Results are looked at only where the counts say that there is something in them: there may be a
 * thousand runs of thousands of instances. */
static bool is_left(struct invocation *in, const struct run_record *r)
{
	json_t *counts;
	bool some;

	if (!ended_well(r))
		return r->ended_ms || r->gone;
	counts = json_parse(text_of(r->counts), in->arena, NULL);
	some = json_object_get(counts, "failed") || json_object_get(counts, "skipped");
	json_decref(counts);
	return some && has_failures(in, r);
}

/*
 * The latest of which something is left.  What a later one has brought to a good end is not begun
 * again by default: an old destroy must not come back because nobody named a run.
 */
static int find_left(struct invocation *in, struct run_record *out)
{
	struct run_list runs = {NULL, 0};
	const struct run_record *left = NULL;

	if (state_load_runs(in->state, 0, in->arena, &runs, &in->diags) != 0)
		return -1;
	for (size_t i = 0; i < runs.count && !left; i++)
		if (is_left(in, &runs.items[i]))
			left = &runs.items[i];
	for (const struct run_record *r = runs.items; left && r < left; r++)
		if (ended_well(r) && share_instances(in->arena, r, left))
			return say_nothing_left(in, left, r);
	if (!left)
		return say_nothing_left(in, NULL, NULL);
	*out = *left;
	return 0;
}

static int refuse(struct invocation *in, enum diag_code code, const struct run_record *r,
		  const char *why, const char *hint)
{
	struct diag *g = diag_add(&in->diags, code, RANGE_NONE, "run '%s' cannot be resumed: %s",
				  r->id, why);

	diag_hint(&in->diags, g, "%s", hint);
	return -1;
}

static int check_left(struct invocation *in, const struct run_record *r)
{
	if (!r->ended_ms && !r->gone)
		return refuse(in, DIAG_RESUME_RUNNING, r, "it is going on",
			      arena_printf(in->arena,
					   "watch it: hadeploy operation watch %s; or ask it to "
					   "stop: hadeploy operation stop %s",
					   r->id, r->id));
	if (ended_well(r) && !has_failures(in, r))
		return refuse(in, DIAG_RESUME_NONE, r, "it succeeded, nothing of it is left to do",
			      "'hadeploy plan' shows what there is to do now");
	if (!r->request[0])
		return refuse(
			in, DIAG_RESUME_UNKNOWN, r,
			"an older version ran it and kept no command line",
			arena_printf(in->arena,
				     "run it by hand: hadeploy %s with the same options; what "
				     "is done is not done again",
				     r->command));
	return 0;
}

/* What is said now is stronger than what was said then. */
static void overlay(struct arguments *out, const struct arguments *now)
{
	for (size_t i = 0; i < OPT_END; i++)
		if (now->options[i].count)
			out->options[i] = now->options[i];
}

static int take_over(struct invocation *in, const struct run_record *r)
{
	struct arguments *args = ARENA_NEW(in->arena, struct arguments);
	const struct command *c = request_read(in, r->request, args);

	if (!c)
		return -1;
	if (option_given(args, OPT_PLAN))
		return refuse(in, DIAG_RESUME_SAVED, r, "it carried out a saved plan",
			      "the plan does not hold any more: make a new one with 'hadeploy plan "
			      "--out FILE'");
	overlay(args, in->args);
	in->args = args;
	in->command = c;
	in->resumes = r->id;
	return 0;
}

static int run_resume(struct invocation *in)
{
	struct run_record r = {.id = ""};
	int found = in->args->operand_count ? operation_find_run(in, in->args->operands[0], &r)
					    : find_left(in, &r);

	if (found != 0 || check_left(in, &r) != 0 || take_over(in, &r) != 0)
		return invocation_exit(in);
	in->view->show_done(in->view, "resuming",
			    arena_printf(in->arena, "Resuming run %s: %s", r.id,
					 request_line(in->arena, request_text(in))));
	return invocation_continue(in);
}

const struct command cmd_operation_resume = {
	.name = "operation resume",
	.group = GROUP_STATE,
	.summary = "go on with a run that was stopped, failed or was killed",
	.operands = "[RUN]",
	.operand_max = 1,
	.help = "Runs again what a run was asked for: the same command with the same stacks, "
		"regions, parameters and options. What it had done has nothing to do any more, so "
		"the plan shows what is left, and is asked about as always. Without an id: the "
		"latest run that did not succeed, unless a later one that did has some of its "
		"stack instances.\n"
		"\n"
		"Values that stood in the environment are given again. Templates may have been "
		"mended meanwhile: what they say now counts.",
	.examples = (const char *const[]){"hadeploy operation resume",
					  "the latest run that did not succeed",
					  "hadeploy operation resume 20261120-153229-9f2c0a --yes",
					  "this one, without a question", NULL},
	.options = (const enum option_id[]){OPT_YES, OPT_OVERRIDE_FREEZE, OPT_OVERRIDE_POLICY,
					    OPT_OVERRIDE_EXECUTION, OPT_PARALLELISM,
					    OPT_LOCK_TIMEOUT, OPT_JSON, OPT_END},
	.needs = NEED_STATE_READ,
	.run = run_resume,
};
