/* cmd_operation_control.c - operation stop: asks a run that is going on, from another terminal. */
#include <string.h>

#include "base/vec.h"
#include "cli/cmd_operation.h"
#include "cli/view_operation.h"

struct runs {
	VEC_OF(struct run_record)
};

int operation_load_running(struct invocation *in, struct run_list *out)
{
	struct run_list open = {NULL, 0};
	struct run_row *queued = NULL;
	struct runs found = {0};
	size_t count = 0;

	if (state_load_open_runs(in->state, in->arena, &open, &in->diags) != 0 ||
	    operation_load_queue(in, &queued, &count) != 0)
		return -1;
	for (size_t i = 0; i < open.count; i++)
		if (!open.items[i].gone)
			*arena_vec_add(in->arena, &found) = open.items[i];
	for (size_t i = 0; i < count; i++)
		*arena_vec_add(in->arena, &found) = *queued[i].run;
	*out = (struct run_list){found.items, found.count};
	return 0;
}

static int say_many(struct invocation *in, const char *command, const struct run_list *running)
{
	struct str list = STR_INIT;
	struct diag *g;

	for (size_t i = 0; i < running->count; i++) {
		const struct run_record *r = &running->items[i];

		str_printf(&list, "%s%s  %s  %s ", i ? "\n" : "", r->id, r->status, r->command);
		view_run_instances(&list, r);
		str_printf(&list, "  by %s@%s", r->owner.user, r->owner.host);
	}
	g = diag_add(&in->diags, DIAG_RUN_CHOICE, RANGE_NONE, "%zu runs are going on or wait",
		     running->count);
	diag_detail(&in->diags, g, "%s", str_cstr(&list));
	diag_hint(&in->diags, g, "name one: hadeploy operation %s %s", command,
		  running->items[0].id);
	str_release(&list);
	return -1;
}

int operation_find_running(struct invocation *in, const char *command, struct run_record *out)
{
	struct run_list running;
	struct diag *g;

	if (operation_load_running(in, &running) != 0)
		return -1;
	if (running.count > 1)
		return say_many(in, command, &running);
	if (running.count == 1) {
		*out = running.items[0];
		return 0;
	}
	g = diag_add(&in->diags, DIAG_RUN_IDLE, RANGE_NONE, "no run is going on");
	diag_hint(&in->diags, g, "a command that plans or waits for an answer has not begun yet");
	return -1;
}

static int find_named(struct invocation *in, const char *id, struct run_record *out)
{
	struct diag *g;

	if (operation_find_run(in, id, out) != 0)
		return -1;
	if (!out->ended_ms && !out->gone)
		return 0;
	g = diag_add(&in->diags, DIAG_RUN_IDLE, RANGE_NONE, "run '%s' is not going on: %s", id,
		     operation_run_status(out));
	if (out->gone)
		diag_hint(&in->diags, g,
			  "its process was killed: 'hadeploy plan' finds out what became of it");
	return -1;
}

static void report(struct invocation *in, const struct run_record *r, enum run_control control)
{
	struct str text = STR_INIT;

	if (!strcmp(r->status, "QUEUED"))
		str_printf(&text, "Run %s is asked to wait no longer; it has changed nothing.",
			   r->id);
	else
		str_printf(
			&text,
			"Run %s is asked to stop: %s. 'hadeploy operation show %s' shows how far "
			"it is.",
			r->id,
			control == CONTROL_ABORT
				? "what runs is cancelled"
				: "what was started is finished, nothing new is begun",
			r->id);
	in->view->show_done(in->view, "stop_requested", str_cstr(&text));
	str_release(&text);
}

static int run_stop(struct invocation *in)
{
	struct control_request q = {
		.control = option_given(in->args, OPT_NOW) ? CONTROL_ABORT : CONTROL_STOP,
		.by = engine_owner(in->arena, in->clock, in->command->name),
	};
	struct run_record r = {.id = "", .status = ""};
	int found = in->args->operand_count ? find_named(in, in->args->operands[0], &r)
					    : operation_find_running(in, "stop", &r);

	if (found == 0 && state_put_control(in->state, r.id, &q, &in->diags) == 0)
		report(in, &r, q.control);
	return invocation_exit(in);
}

const struct command cmd_operation_stop = {
	.name = "operation stop",
	.group = GROUP_STATE,
	.summary = "ask a run to stop, from another terminal",
	.operands = "[RUN]",
	.operand_max = 1,
	.help = "Asks a run that is going on to stop, as Ctrl-C in its own terminal does: nothing "
		"new is begun, and what was started is finished. It takes notice within a second "
		"or two, needs no lock, and says who asked. One that is QUEUED waits no longer. "
		"With one run going on its id may be "
		"left out.",
	.examples = (const char *const[]){"hadeploy operation stop", "the only run there is",
					  "hadeploy operation stop --now",
					  "as the second Ctrl-C: what runs is cancelled", NULL},
	.options = (const enum option_id[]){OPT_NOW, OPT_JSON, OPT_END},
	.needs = NEED_STATE_WRITE,
	.run = run_stop,
};
