/* cmd_operation.c - the history: list, show. */
#include "cli/cmd_operation.h"

#include <string.h>

#include "base/vec.h"

#define LIST_LIMIT 20

struct rows {
	VEC_OF(struct run_row)
};

const char *operation_run_status(const struct run_record *r)
{
	return r->gone ? "LOST" : r->status;
}

/* Whom it waits for; one that was served meanwhile waits for nobody. */
static int find_ticket(struct invocation *in, const char *run, const char **waits_for)
{
	struct ticket_list tickets;

	*waits_for = "its turn";
	if (state_load_tickets(in->state, in->arena, &tickets, &in->diags) != 0)
		return -1;
	for (size_t i = 0; i < tickets.count; i++)
		if (strcmp(tickets.items[i].run, run) == 0)
			*waits_for = tickets.items[i].waits_for;
	return 0;
}

int operation_fill_row(struct invocation *in, const struct run_record *r, struct run_row *row)
{
	*row = (struct run_row){.run = r,
				.status = operation_run_status(r),
				.now_ms = in->clock->wall_ms(in->clock)};
	if (strcmp(r->status, "QUEUED") == 0 && find_ticket(in, r->id, &row->waits_for) != 0)
		return -1;
	if (state_count_run_operations(in->state, r->id, &row->operations, &in->diags) != 0)
		return -1;
	return state_load_control_request(in->state, r->id, in->arena, &row->asked, &in->diags);
}

/* A command that waits, as the run that it will be. */
static struct run_record *run_of_ticket(struct arena *a, const struct ticket *t)
{
	struct run_record *r = ARENA_NEW(a, struct run_record);

	*r = (struct run_record){.id = t->run,
				 .command = t->owner.command,
				 .owner = t->owner,
				 .started_ms = t->since_ms,
				 .status = "QUEUED",
				 .instances = t->instances,
				 .counts = "{}",
				 .request = "",
				 .resumes = ""};
	return r;
}

int operation_load_queue(struct invocation *in, struct run_row **rows, size_t *count)
{
	struct ticket_list tickets;
	struct rows found = {0};

	if (state_load_tickets(in->state, in->arena, &tickets, &in->diags) != 0)
		return -1;
	/* The latest first, as runs are. */
	for (size_t i = tickets.count; i > 0; i--) {
		const struct ticket *t = &tickets.items[i - 1];
		struct run_row *row = arena_vec_add(in->arena, &found);

		if (operation_fill_row(in, run_of_ticket(in->arena, t), row) != 0)
			return -1;
		row->waits_for = t->waits_for;
	}
	*rows = found.items;
	*count = found.count;
	return 0;
}

static int add_queue(struct invocation *in, struct rows *out)
{
	struct run_row *queued;
	size_t count;

	if (operation_load_queue(in, &queued, &count) != 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		*arena_vec_add(in->arena, out) = queued[i];
	return 0;
}

static size_t limit_of(const struct invocation *in)
{
	const struct option_value *limit = &in->args->options[OPT_LIMIT];

	return limit->count ? (size_t)limit->number : LIST_LIMIT;
}

static int run_list(struct invocation *in)
{
	struct run_list runs = {NULL, 0};
	struct rows rows = {0};

	if (add_queue(in, &rows) != 0 ||
	    state_load_runs(in->state, limit_of(in), in->arena, &runs, &in->diags) != 0)
		return invocation_exit(in);
	for (size_t i = 0; i < runs.count; i++)
		if (operation_fill_row(in, &runs.items[i], arena_vec_add(in->arena, &rows)) != 0)
			return invocation_exit(in);
	in->view->show_runs(in->view, &(struct run_rows){rows.items, rows.count});
	return EXIT_DONE;
}

static int say_none(struct invocation *in)
{
	struct diag *g = diag_add(&in->diags, DIAG_RUN_NONE, RANGE_NONE,
				  "no run is in the history of this project");

	diag_hint(&in->diags, g, "apply, destroy, rollback and import leave one there");
	return -1;
}

int operation_find_run(struct invocation *in, const char *id, struct run_record *out)
{
	struct {
		VEC_OF(const char *)
	} names = {0};
	struct run_list runs = {NULL, 0};
	struct run_row *queued = NULL;
	size_t count = 0;
	struct diag *g;

	if (state_load_runs(in->state, 0, in->arena, &runs, &in->diags) != 0 ||
	    operation_load_queue(in, &queued, &count) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		*arena_vec_add(in->arena, &names) = queued[i].run->id;
		if (strcmp(queued[i].run->id, id) == 0) {
			*out = *queued[i].run;
			return 0;
		}
	}
	for (size_t i = 0; i < runs.count; i++) {
		*arena_vec_add(in->arena, &names) = runs.items[i].id;
		if (strcmp(runs.items[i].id, id) == 0) {
			*out = runs.items[i];
			return 0;
		}
	}
	g = diag_add(&in->diags, DIAG_RUN_UNKNOWN, RANGE_NONE, "there is no run '%s'", id);
	diag_did_you_mean(&in->diags, g, text_of(id), names.items, names.count);
	if (!g->hint)
		diag_hint(&in->diags, g, "'hadeploy operation list' shows the runs that are kept");
	return -1;
}

/* Without an id: the latest. */
static int find_shown(struct invocation *in, struct run_record *out)
{
	struct run_list runs = {NULL, 0};

	if (in->args->operand_count)
		return operation_find_run(in, in->args->operands[0], out);
	if (state_load_runs(in->state, 1, in->arena, &runs, &in->diags) != 0)
		return -1;
	if (!runs.count)
		return say_none(in);
	*out = runs.items[0];
	return 0;
}

int operation_find_watched(struct invocation *in, struct run_record *out)
{
	struct run_list running;

	if (!in->args->operand_count && operation_load_running(in, &running) != 0)
		return -1;
	if (!in->args->operand_count && running.count)
		return operation_find_running(in, "watch", out);
	return find_shown(in, out);
}

static int run_show(struct invocation *in)
{
	struct operation_list changes = {NULL, 0};
	struct run_record r;
	struct run_row row;

	if (find_shown(in, &r) != 0 || operation_fill_row(in, &r, &row) != 0 ||
	    state_load_results(in->state, r.id, in->arena, &row.results, &in->diags) != 0 ||
	    state_load_run_operations(in->state, r.id, in->arena, &changes, &in->diags) != 0)
		return invocation_exit(in);
	in->view->show_run(in->view, &row, &changes);
	return EXIT_DONE;
}

static const struct command cmd_operation_list = {
	.name = "operation list",
	.group = GROUP_STATE,
	.summary = "list what was done to this project, and by whom",
	.operands = "",
	.help = "Lists the runs of apply, destroy, rollback and import that changed something, the "
		"latest first: how each ended, when it began, how long it took, who started it, "
		"and what it did. One that is running says how far it is. The manifest says how "
		"much is kept (State: History).\n"
		"\n"
		"SUCCEEDED: all that was planned. FAILED: not all of it. STOPPED: somebody asked. "
		"ROLLED_BACK: it failed, and is as it was before. RUNNING: it is going on. LOST: "
		"its process was killed; the next plan or apply finds out what became of its "
		"operations. QUEUED: it waits for its turn, and says for whom.",
	.examples = (const char *const[]){"hadeploy operation list --limit 3", "the latest three",
					  NULL},
	.options = (const enum option_id[]){OPT_LIMIT, OPT_JSON, OPT_END},
	.needs = NEED_STATE_READ,
	.run = run_list,
};

static const struct command cmd_operation_show = {
	.name = "operation show",
	.group = GROUP_STATE,
	.summary = "show each change of a run, and how it ended",
	.operands = "[RUN]",
	.operand_max = 1,
	.help = "Shows a run, the latest one unless its id is given: how each stack instance "
		"fared, in the order of its waves, and why; then every operation with its address, "
		" when it began, how long it took, how many tries it needed, how it ended, "
		"and what went wrong first. An open one is going on, or the process died before "
		"its end was recorded.",
	.examples = (const char *const[]){"hadeploy operation show 20261120-153229-9f2c0a",
					  "one run", NULL},
	.options = (const enum option_id[]){OPT_JSON, OPT_END},
	.needs = NEED_STATE_READ,
	.run = run_show,
};

const struct command cmd_operation = {
	.name = "operation",
	.group = GROUP_STATE,
	.summary = "look at what was done, and stop what is going on",
	.operands = "COMMAND",
	.help = "What runs of this project did and do, also from another terminal. None of it "
		"needs a lock.",
	.children = (const struct command *const[]){&cmd_operation_list, &cmd_operation_show,
						    &cmd_operation_watch, &cmd_operation_stop,
						    &cmd_operation_resume, NULL},
};
