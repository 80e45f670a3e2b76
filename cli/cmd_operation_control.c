/* cmd_operation_control.c - operation stop: asks a run that is going on, from another terminal. */
#include <string.h>

#include "base/vec.h"
#include "cli/cmd_operation.h"
#include "cli/view_operation.h"

struct runs {
	VEC_OF(struct run_record)
};

static int load_running(struct invocation *in, struct runs *out)
{
	struct run_list open = {NULL, 0};

	if (state_load_open_runs(in->state, in->arena, &open, &in->diags) != 0)
		return -1;
	for (size_t i = 0; i < open.count; i++)
		if (!open.items[i].gone)
			*arena_vec_add(in->arena, out) = open.items[i];
	return 0;
}

static int say_many(struct invocation *in, const struct runs *running)
{
	struct str list = STR_INIT;
	struct diag *g;

	for (size_t i = 0; i < running->count; i++) {
		const struct run_record *r = &running->items[i];

		str_printf(&list, "%s%s  %s ", i ? "\n" : "", r->id, r->command);
		view_run_instances(&list, r);
		str_printf(&list, "  by %s@%s", r->owner.user, r->owner.host);
	}
	g = diag_add(&in->diags, DIAG_RUN_CHOICE, RANGE_NONE, "%zu runs are going on",
		     running->count);
	diag_detail(&in->diags, g, "%s", str_cstr(&list));
	diag_hint(&in->diags, g, "name one: hadeploy operation stop %s", running->items[0].id);
	str_release(&list);
	return -1;
}

static int find_only(struct invocation *in, struct run_record *out)
{
	struct runs running = {0};
	struct diag *g;

	if (load_running(in, &running) != 0)
		return -1;
	if (running.count > 1)
		return say_many(in, &running);
	if (running.count == 1) {
		*out = running.items[0];
		return 0;
	}
	g = diag_add(&in->diags, DIAG_RUN_IDLE, RANGE_NONE, "no run is going on");
	diag_hint(&in->diags, g,
		  "a command that waits for a lock or for an answer has not begun yet");
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

	str_printf(&text,
		   "Run %s is asked to stop: %s. 'hadeploy operation show %s' shows how far "
		   "it is.",
		   r->id,
		   control == CONTROL_ABORT ? "what runs is cancelled"
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
	struct run_record r = {.id = ""};
	int found = in->args->operand_count ? find_named(in, in->args->operands[0], &r)
					    : find_only(in, &r);

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
		"or two, needs no lock, and says who asked. With one run going on its id may be "
		"left out.",
	.examples = (const char *const[]){"hadeploy operation stop", "the only run there is",
					  "hadeploy operation stop --now",
					  "as the second Ctrl-C: what runs is cancelled", NULL},
	.options = (const enum option_id[]){OPT_NOW, OPT_JSON, OPT_END},
	.needs = NEED_STATE_WRITE,
	.run = run_stop,
};
