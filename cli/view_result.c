/* view_result.c - events as lines, and how a run ended. */
#include <string.h>

#include "cli/view.h"
#include "cli/view_estimate.h"
#include "cli/view_outcome.h"
#include "cli/view_rollback.h"
#include "cli/view_rollout.h"
#include "cli/view_text.h"

/* How people say what was done, what is not, and what will be. */
struct verb {
	const char *action, *past, *noun, *later;
};

static const struct verb verbs[] = {
	{"create", "created", "create", "until it is there"},
	{"update", "updated", "update", "until the update is done"},
	{"replace", "replaced", "replace", "until it is replaced"},
	{"delete", "deleted", "delete", "until it is gone"},
	{"adopt", "adopted", "adopt", "until the update is done"},
	{"retain", "retained, its record is gone", "retain", "until it is done"},
	{"read", "read", "read", "until it can be read"},
	{"none", "is as it should be", "check", "until it is known"},
};

/* Of a named action: "promote done". */
static const struct verb named = {"", "done", "action", "until it is done"};

static const struct verb *verb_of(const char *action)
{
	for (size_t i = 0; action && i < ARRAY_LEN(verbs); i++) {
		if (strcmp(verbs[i].action, action) == 0)
			return &verbs[i];
	}
	return action ? &named : &verbs[1];
}

static void add_duration(struct str *out, int64_t ms)
{
	char text[CLOCK_TEXT_LEN];

	clock_format_duration(ms, text);
	str_add(out, text);
}

static void add_subject(struct str *out, const struct event *e)
{
	if (e->addr)
		address_format(e->addr, out);
	else if (e->endpoint)
		shown_text(out, text_of(e->endpoint));
	str_add(out, ": ");
}

static void add_text(struct str *out, const char *before, const char *text)
{
	if (!text || !*text)
		return;
	str_add(out, before);
	shown_text(out, text_of(text));
}

static void add_succeeded(struct str *out, const struct event *e, const struct style *st)
{
	add_subject(out, e);
	if (verb_of(e->action) == &named)
		str_printf(out, "%s ", e->action);
	paint_text(out, st, PAINT_GREEN, verb_of(e->action)->past);
	str_add(out, " (");
	add_duration(out, e->elapsed_ms);
	str_add(out, ")\n");
}

static void add_failed(struct str *out, const struct event *e, const struct style *st)
{
	add_subject(out, e);
	paint_on(out, st, PAINT_RED);
	str_printf(out, "%s failed",
		   verb_of(e->action) == &named ? e->action : verb_of(e->action)->noun);
	paint_off(out, st);
	str_add(out, " (");
	add_duration(out, e->elapsed_ms);
	str_add(out, ")");
	add_text(out, ": ", e->text);
	str_add_char(out, '\n');
}

static void add_left_open(struct str *out, const struct event *e, const struct style *st)
{
	add_subject(out, e);
	paint_on(out, st, PAINT_YELLOW);
	str_printf(out, "%s left open", verb_of(e->action)->noun);
	paint_off(out, st);
	str_add(out, ": the next run asks what became of it\n");
}

static void add_skipped(struct str *out, const struct event *e, const struct style *st)
{
	add_subject(out, e);
	paint_on(out, st, PAINT_YELLOW);
	str_add(out, "skipped");
	paint_off(out, st);
	add_text(out, ", ", e->text);
	str_add_char(out, '\n');
}

static void add_slow(struct str *out, const struct event *e, const struct style *st)
{
	const char *noun = verb_of(e->action)->noun;

	add_subject(out, e);
	paint_text(out, st, PAINT_YELLOW, "slower than usual");
	str_printf(out, ": the %s has taken ", noun);
	add_duration(out, e->elapsed_ms);
	str_add(out, ", most are over in ");
	add_duration(out, e->usual_ms);
	str_add_char(out, '\n');
}

static void add_retry(struct str *out, const struct event *e)
{
	add_subject(out, e);
	str_add(out, "failed, again in ");
	add_duration(out, e->wait_ms);
	str_printf(out, " (attempt %d", e->attempt);
	if (e->attempt_max)
		str_printf(out, " of %d", e->attempt_max);
	str_add_char(out, ')');
	add_text(out, ": ", e->text);
	str_add_char(out, '\n');
}

static void add_waiting(struct str *out, const struct event *e)
{
	add_subject(out, e);
	str_printf(out, "accepted, waiting %s", verb_of(e->action)->later);
	add_text(out, ": ", e->text);
	str_add_char(out, '\n');
}

static void add_progress(struct str *out, const struct event *e)
{
	if (!e->text || !*e->text)
		return;
	add_subject(out, e);
	shown_text(out, text_of(e->text));
	str_add_char(out, '\n');
}

static void add_total(struct str *out, const char *before, size_t total, const char *one)
{
	if (!total)
		return;
	str_printf(out, "%s %zu %s%s\n", before, total, one, total == 1 ? "" : "s");
}

/* Without a host it is what a region has one of. */
static void add_endpoint(struct str *out, const struct event *e)
{
	if (!e->endpoint || !*e->endpoint)
		str_printf(out, "An API of region %s", e->addr ? e->addr->instance.region : "?");
	else
		shown_text(out, text_of(e->endpoint));
}

static void add_breaker(struct str *out, const struct event *e, const struct style *st)
{
	add_endpoint(out, e);
	paint_on(out, st, PAINT_YELLOW);
	str_add(out, " does not answer");
	paint_off(out, st);
	str_add(out, "; its other work waits until it does\n");
}

static void add_answers_again(struct str *out, const struct event *e)
{
	add_endpoint(out, e);
	str_add(out, " answers again\n");
}

static void add_sentence(struct str *out, const char *before, const struct event *e)
{
	str_add(out, before);
	if (e->addr) {
		address_format(e->addr, out);
		if (e->text && *e->text)
			str_add(out, ": ");
	}
	add_text(out, "", e->text);
	str_add_char(out, '\n');
}

void view_event(struct str *out, const struct event *e, const struct style *st)
{
	switch (e->kind) {
	case EVENT_LOCK_WAIT:
		add_sentence(out, "Waiting for the lock: ", e);
		return;
	case EVENT_RECOVERING:
		add_sentence(out, "Looking after what an earlier run began: ", e);
		return;
	case EVENT_RECOVERED:
		add_sentence(out, "Recovered ", e);
		return;
	case EVENT_REFRESH_STARTED:
		add_total(out, "Reading", e->total, "resource");
		return;
	case EVENT_APPLY_STARTED:
		add_total(out, "Applying", e->total, "change");
		return;
	case EVENT_WAVE:
	case EVENT_INSTANCE_STARTED:
	case EVENT_INSTANCE_ENDED:
	case EVENT_BAKING:
	case EVENT_CHECK:
	case EVENT_GATE:
		view_rollout_event(out, e, st);
		return;
	case EVENT_ROLLING_BACK:
		add_total(out, "Rolling back", e->total, "stack instance");
		return;
	case EVENT_PROGRESS:
		add_progress(out, e);
		return;
	case EVENT_WAITING:
		add_waiting(out, e);
		return;
	case EVENT_RETRY:
		add_retry(out, e);
		return;
	case EVENT_SLOW:
		add_slow(out, e, st);
		return;
	case EVENT_SUCCEEDED:
		add_succeeded(out, e, st);
		return;
	case EVENT_FAILED:
		add_failed(out, e, st);
		return;
	case EVENT_LEFT_OPEN:
		add_left_open(out, e, st);
		return;
	case EVENT_SKIPPED:
		add_skipped(out, e, st);
		return;
	case EVENT_BREAKER_OPEN:
		add_breaker(out, e, st);
		return;
	case EVENT_BREAKER_CLOSED:
		add_answers_again(out, e);
		return;
	case EVENT_CANCELLING:
		add_sentence(out, "Interrupted: ", e);
		return;
	case EVENT_REFRESHED:
	case EVENT_PLANNED:
	case EVENT_STARTED:
	case EVENT_RECALLED:
	case EVENT_JOURNAL:
	case EVENT_FINISHED:
		return;
	}
}

static void add_done(struct str *out, const struct plan_counts *c)
{
	str_printf(out, "%zu created, %zu updated, ", c->create, c->update);
	if (c->replace)
		str_printf(out, "%zu replaced, ", c->replace);
	str_printf(out, "%zu deleted", c->remove);
	if (c->retain)
		str_printf(out, ", %zu retained", c->retain);
	if (c->adopt)
		str_printf(out, ", %zu adopted", c->adopt);
}

/* And what a plan shows from now on. */
static void add_imported(struct str *out, const struct run_result *r)
{
	str_printf(out, "%zu recorded in ", r->done.import);
	add_duration(out, r->elapsed_ms);
	if (r->next) {
		str_add(out, plan_empty(r->next) ? "; a plan shows no changes" : "; a plan shows ");
		if (!plan_empty(r->next))
			view_plan_counts(out, &r->next->counts);
	}
	str_add(out, ".\n");
}

/* Every change may have gone well, and the gate behind them said no. */
static bool any_fault(const struct run_result *r)
{
	for (size_t i = 0; r->plan && r->faults && i < r->plan->rollouts.count; i++) {
		if (r->faults[i] != ROLLOUT_WELL)
			return true;
	}
	return false;
}

static bool ended_well(const struct run_result *r)
{
	return !any_fault(r) && !r->interrupted && !r->not_begun && !r->failed && !r->left_open &&
	       !r->skipped && !r->targets_failed;
}

static const char *ending(const struct run_result *r)
{
	if (r->interrupted)
		return " interrupted";
	if (outcome_is_partial(r))
		return " partly failed";
	return ended_well(r) ? " complete" : " failed";
}

/* What remains to be said when not everything was done. */
static void add_rest(struct str *out, const struct run_result *r)
{
	size_t targets = r->targets_failed + r->targets_succeeded;

	if (r->failed)
		str_printf(out, "  %zu failed\n", r->failed);
	if (r->left_open)
		str_printf(out, "  %zu left open: the next run asks what became of %s\n",
			   r->left_open, r->left_open == 1 ? "it" : "them");
	if (r->skipped)
		str_printf(out, "  %zu skipped: something %s failed, or the run was stopped\n",
			   r->skipped, r->skipped == 1 ? "it needs" : "they need");
	if (r->targets_failed && !view_has_outcomes(r)) {
		str_printf(out, "  %zu of ", r->targets_failed);
		counted(out, targets, "stack instance", "stack instances");
		str_add(out, r->interrupted ? " not finished\n" : " failed\n");
	}
}

static const char *const titles[] = {
	[RUN_APPLY] = "Apply",
	[RUN_DESTROY] = "Destroy",
	[RUN_ROLLBACK] = "Rollback",
	[RUN_IMPORT] = "Import",
};
_Static_assert(ARRAY_LEN(titles) == RUN_MODE_COUNT, "a title for every kind of run");

static void add_elapsed(struct str *out, const char *before, int64_t ms)
{
	str_add(out, before);
	add_duration(out, ms);
	str_add(out, ".\n");
}

static void add_actual(struct str *out, const struct run_result *r)
{
	str_add(out, " in ");
	add_duration(out, r->elapsed_ms);
	if (r->plan && estimate_is_worth_telling(r->plan)) {
		str_add(out, " (predicted ");
		add_duration(out, r->plan->estimate.typical_ms);
		str_add_char(out, ')');
	}
	str_add(out, ".\n");
}

/* How long it would take, and because of what. */
static void add_rehearsal(struct str *out, const struct run_result *r)
{
	add_elapsed(out, "; it would take ", r->elapsed_ms);
	for (size_t i = 0; i < r->longest_count && r->longest[i].elapsed_ms > 0; i++) {
		const struct long_change *c = &r->longest[i];

		str_add(out, i ? "  " : "The longest:\n  ");
		shown_text(out, text_of(c->address));
		str_printf(out, "  %s  ", c->action);
		add_duration(out, c->elapsed_ms);
		str_add_char(out, '\n');
	}
	if (r->failed)
		str_printf(out, "  %zu failed\n", r->failed);
	if (r->skipped)
		str_printf(out, "  %zu skipped\n", r->skipped);
	str_add(out, "Nothing real was touched.\n");
}

void view_result(struct str *out, const struct run_result *r, enum run_mode mode,
		 const struct style *st)
{
	bool well = ended_well(r);

	paint_on(out, st, well ? PAINT_GREEN : PAINT_RED);
	str_add(out, r->simulated ? "Rehearsal of " : "");
	str_add(out, r->simulated ? run_mode_name(mode) : titles[mode]);
	str_add(out, ending(r));
	paint_off(out, st);
	str_add(out, ": ");
	if (mode == RUN_IMPORT) {
		add_imported(out, r);
	} else {
		add_done(out, &r->done);
		if (r->simulated)
			add_rehearsal(out, r);
		else
			add_actual(out, r);
	}
	if (r->plan && r->plan->unread) {
		str_add(out, "  ");
		view_unread(out, r->plan);
		str_add(out, "; what is recorded was taken instead\n");
	}
	if (!well && !r->simulated)
		add_rest(out, r);
	view_outcomes(out, r, st);
	view_rolled_back(out, r, st);
	if (mode == RUN_ROLLBACK)
		view_not_restored(out, r->plan, st);
	if (!well && !r->simulated)
		view_next_step(out, r, mode);
}
