/*
 * cmd_runbook_status.c - runbook status: how an execution stands, from any terminal.
 *
 * --watch looks at recorded state a few times a second and shows what the terminal of the
 * execution itself shows: the same entries of the journal, told by the same view.
 */
#include <poll.h>
#include <string.h>

#include "cli/cmd_runbook.h"
#include "cli/execution.h"
#include "cli/signals.h"
#include "cli/view_execution.h"
#include "cli/watch_status.h"

#define LIST_LIMIT 20
#define LOOK_MS 300

static int say_none(struct invocation *in)
{
	struct diag *g = diag_add(&in->diags, DIAG_EXECUTION_NONE, RANGE_NONE,
				  "no execution of a runbook is recorded");

	diag_hint(&in->diags, g, "'hadeploy runbook run NAME' begins one");
	return -1;
}

static int show_list(struct invocation *in)
{
	const struct option_value *limit = &in->args->options[OPT_LIMIT];
	struct execution_list all = {NULL, 0};

	if (journal_load_executions(in->state, limit->count ? (size_t)limit->number : LIST_LIMIT,
				    in->arena, &all, &in->diags) != 0)
		return invocation_exit(in);
	if (!all.count)
		in->view->show_done(in->view, "no_executions",
				    "No execution of a runbook is recorded.");
	in->view->show_executions(
		in->view,
		&(struct execution_rows){all.items, all.count, in->clock->wall_ms(in->clock)});
	watch_status_show(in);
	return invocation_exit(in);
}

/* Of one that goes on events come between two looks at it. */
static void look_at_chain(struct invocation *in, const struct execution_row *r,
			  const struct journal_list *entries)
{
	int64_t broken = journal_broken_at(entries, r->head);
	struct diag *g;

	if (!broken || !(execution_status_is_over(r->status) || r->gone))
		return;
	g = diag_warn(&in->diags, DIAG_JOURNAL_BROKEN, RANGE_NONE,
		      "the journal of execution '%s' was changed at event %lld: nothing that is "
		      "shown of it is proven",
		      r->id, (long long)broken);
	diag_hint(&in->diags, g, "'hadeploy state check' says more");
}

static int show_one(struct invocation *in, const struct execution_row *r)
{
	struct execution_story story;
	struct journal_list entries;

	if (execution_load(in, in->arena, r, &story, &entries) != 0 ||
	    execution_find_overtaker(in, &story) != 0)
		return invocation_exit(in);
	look_at_chain(in, r, &entries);
	in->view->show_execution(in->view, &story);
	if (!in->args->operand_count)
		watch_status_show(in);
	return EXIT_DONE;
}

/* Nothing is going on: the latest is shown when somebody has to do something about it. */
static int find_left(struct invocation *in, struct execution_row *out)
{
	struct execution_list all = {NULL, 0};

	if (option_given(in->args, OPT_LIMIT) || option_given(in->args, OPT_JSON))
		return 0;
	if (journal_load_executions(in->state, 0, in->arena, &all, &in->diags) != 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		if (execution_is_harmless(&all.items[i]))
			continue;
		if (execution_is_resumable(&all.items[i]))
			*out = all.items[i];
		return 0;
	}
	return 0;
}

/* --- watching ------------------------------------------------------------------------- */

struct watch {
	struct invocation *in;
	struct execution_row row;
	int64_t seen; /* number of the last entry that was shown */
};

static int show_news(struct watch *w, struct arena *a)
{
	struct invocation *in = w->in;
	struct journal_list news = {NULL, 0};

	if (journal_load_entries(in->state, &(struct journal_part){w->row.id, w->seen}, a, &news,
				 &in->diags) != 0)
		return -1;
	for (size_t i = 0; i < news.count; i++) {
		struct event e = {.kind = EVENT_JOURNAL,
				  .entry = &news.items[i],
				  .execution = w->row.id,
				  .wall_ms = news.items[i].at_ms};

		in->view->observer.event(&in->view->observer, &e);
		w->seen = news.items[i].number;
	}
	return 0;
}

/* 1: it is over, or nobody runs it any more; 0: it goes on; -1.  The row is looked at first: what
 * was written before its end is seen behind it. */
static int look(struct watch *w)
{
	struct invocation *in = w->in;
	struct arena *a = arena_new();
	struct execution_list found = {NULL, 0};
	int status = journal_load_execution(in->state, w->row.id, a, &found, &in->diags);

	if (status == 0 && found.count)
		status = execution_status_is_over(found.items[0].status) || found.items[0].gone;
	if (status >= 0 && show_news(w, a) != 0)
		status = -1;
	arena_free(a);
	return status;
}

/* Ctrl-C ends the watching, not the execution. */
static int nap(void)
{
	struct pollfd wake = {signals_wake_fd(), POLLIN, 0};

	poll(&wake, 1, LOOK_MS);
	return signals_interrupted() ? -1 : 0;
}

static int show_end(struct watch *w)
{
	struct invocation *in = w->in;
	struct execution_story story;
	struct journal_list entries;

	if (execution_find(in, w->row.id, &w->row) != 0 ||
	    execution_load(in, in->arena, &w->row, &story, &entries) != 0 ||
	    execution_find_overtaker(in, &story) != 0)
		return invocation_exit(in);
	in->view->show_execution_end(in->view, &story);
	return execution_exit(&story, &entries);
}

static int watch(struct invocation *in, const struct execution_row *r)
{
	struct watch w = {.in = in, .row = *r};
	int over;

	do
		over = look(&w);
	while (over == 0 && nap() == 0);
	in->view->pause(in->view);
	return over == 1 ? show_end(&w) : invocation_exit(in);
}

/* Without an id: the only one that is going on, else one that waits for somebody; to be watched
 * else the latest. */
static int find(struct invocation *in, struct execution_row *out)
{
	struct execution_list list = {NULL, 0};

	if (in->args->operand_count)
		return execution_find(in, in->args->operands[0], out);
	if (execution_load_going(in, &list) != 0)
		return -1;
	if (list.count > 1 && option_given(in->args, OPT_WATCH))
		return execution_find_asked(in, in->args->options[OPT_EXECUTION].text, "", out);
	if (!list.count && option_given(in->args, OPT_WATCH) &&
	    journal_load_executions(in->state, 1, in->arena, &list, &in->diags) != 0)
		return -1;
	if (!list.count && option_given(in->args, OPT_WATCH))
		return say_none(in);
	if (list.count == 1)
		*out = list.items[0];
	return list.count ? 0 : find_left(in, out);
}

static int run(struct invocation *in)
{
	struct execution_row r = {.id = NULL};

	if (find(in, &r) != 0)
		return invocation_exit(in);
	if (!r.id)
		return show_list(in);
	return option_given(in->args, OPT_WATCH) ? watch(in, &r) : show_one(in, &r);
}

const struct command cmd_runbook_status = {
	.name = "runbook status",
	.group = GROUP_FAILOVER,
	.summary = "show how an execution stands, or the latest ones",
	.operands = "[EXECUTION]",
	.operand_max = 1,
	.help = "Shows an execution: who runs it and since when, the clock of its RTO, and each "
		"step "
		"with how it stands, how long it took or takes, and what it said last. Without an "
		"id: the one that is going on; else the latest when it waits for somebody (FAILED, "
		"PAUSED, LOST), with what to type; else a list, as with --limit. The beginning "
		"of an id is enough. It reads recorded state alone, takes no lock, and works from "
		"any terminal, also when the manifest is broken.\n"
		"\n"
		"With --watch it follows the execution until its end, and exits as that does: 0 "
		"when it completed, 3 with exceptions, 1 when it failed or its process was killed, "
		"4 when it was refused, 130 when it was interrupted.\n"
		"\n"
		"RUNNING; WAITING_APPROVAL; PAUSED, by somebody or by a failed step; MONITORING: "
		"all steps are over, and the application is not healthy yet; REVERSING: what was "
		"done is undone. COMPLETED; COMPLETED_WITH_EXCEPTIONS: steps were skipped, or "
		"failed and may; REVERSED; ABORTED; FAILED. LOST: its process was killed, and "
		"'hadeploy runbook run --resume' goes on with it.",
	.examples = (const char *const[]){"hadeploy runbook status", "what is going on",
					  "hadeploy runbook status --watch",
					  "follow it from another terminal", NULL},
	.options = (const enum option_id[]){OPT_WATCH, OPT_LIMIT, OPT_JSON, OPT_END},
	.needs = NEED_STATE_READ | NEED_SIGNALS,
	.run = run,
};
