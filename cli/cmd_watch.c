/* cmd_watch.c - starts runbooks by itself when a region is out of order. */
#include "cli/execution.h"
#include "cli/invocation.h"
#include "cli/request.h"
#include "cli/watch_status.h"

/* Operands name entries of Watch, and not stacks. */
static int select_nothing(struct invocation *in, struct selection *out)
{
	(void)in;
	out->stack_count = 0;
	return 0;
}

static void tell(void *context, const struct watch_event *ev)
{
	struct invocation *in = context;

	if (ev->diags)
		in->view->show_diags(in->view, ev->diags);
	in->view->show_watch(in->view, ev);
}

static int once_exit(struct invocation *in, const struct watch_result *r)
{
	struct diag *g;

	if (r->busy) {
		g = diag_add(&in->diags, DIAG_WATCH_BUSY, RANGE_NONE, "another watch acts");
		diag_hint(&in->diags, g, "nothing is to be done here as long as it does");
		return EXIT_REFUSED;
	}
	if (r->executed) {
		const struct execution_story s = {.row = {.status = r->status}};

		return r->refused ? EXIT_REFUSED : execution_exit(&s, NULL);
	}
	if (r->refused)
		return EXIT_REFUSED;
	return r->unwell ? EXIT_ERROR : EXIT_DONE;
}

/* The errors that kept the engine from opening do not matter here: the watch has told its own. */
static int show_status(struct invocation *in)
{
	struct watch_status status;

	diags_release(&in->diags);
	if (watch_status_find(in, &status) != 0)
		return invocation_exit(in);
	in->view->show_watch_status(in->view, &status, in->clock->wall_ms(in->clock));
	return status.life == WATCH_LIFE_GOES_ON ? EXIT_DONE : EXIT_ERROR;
}

static int watch(struct invocation *in)
{
	bool once = option_given(in->args, OPT_ONCE);
	const struct watch_request request = {
		.mode = once ? WATCH_ONCE : WATCH_ON,
		.names = in->args->operands,
		.name_count = in->args->operand_count,
		.request = request_text(in),
		.tell = tell,
		.context = in,
	};
	struct watch_result result;

	if (engine_watch(in->engine, &request, &result, &in->diags) != 0)
		return invocation_exit(in);
	if (result.interrupted || (once && result.stopped))
		return EXIT_INTERRUPTED;
	return once ? once_exit(in, &result) : EXIT_DONE;
}

static int run(struct invocation *in)
{
	if (option_given(in->args, OPT_WATCH_STATUS))
		return show_status(in);
	return in->engine ? watch(in) : invocation_exit(in);
}

const struct command cmd_watch = {
	.name = "watch",
	.group = GROUP_FAILOVER,
	.summary = "start runbooks when checks say that a region is down",
	.operands = "[NAME...]",
	.operand_max = OPERANDS_ANY,
	.help = "Asks the checks that the manifest's Watch names, in all regions, and starts the "
		"runbook of an entry when every endpoint of its checks in its region has been "
		"unhealthy for its For, beyond thresholds and quorum. Nothing is watched without "
		"Watch. What goes up and down starts nothing; nor does a region that was never "
		"seen "
		"healthy, a place from where nothing at all answers, a region that was left "
		"already, an outage that a runbook has completed for, and a runbook that ran "
		"within "
		"its CoolDown.\n"
		"\n"
		"One watch of a project acts; a second one stands by and takes over when the first "
		"is gone. An execution that a watch began, and that lost its process, is gone on "
		"with. What was seen is recorded: after a restart within a few intervals an outage "
		"counts from its first unhealthy answer.\n"
		"\n"
		"It goes on until Ctrl-C or SIGTERM: exit code 0, or 130 when that paused an "
		"execution, which the next watch goes on with. With --once, for cron, it ends when "
		"every entry is certain: 0 all are healthy, or the runbook completed; 1 one is not "
		"healthy, or the runbook failed; 3 it completed with steps that did not; 4 it was "
		"refused, or another watch acts; 130 interrupted.\n"
		"\n"
		"With --status it asks and starts nothing: it says who watches since when, how "
		"each entry stands, and what keeps its runbook from being started now. Exit code 1 "
		"when nobody watches.",
	.examples = (const char *const[]){"hadeploy watch", "until Ctrl-C", "hadeploy watch --once",
					  "from cron", "hadeploy watch --status",
					  "does somebody watch, and could it act?", NULL},
	.options = (const enum option_id[]){OPT_ONCE, OPT_WATCH_STATUS, OPT_PARALLELISM,
					    OPT_LOCK_TIMEOUT, OPT_JSON, OPT_END},
	.needs = NEED_ENGINE_IF_POSSIBLE | NEED_SIGNALS | RECORD_IS_ENOUGH,
	.select = select_nothing,
	.run = run,
};
