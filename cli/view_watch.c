#include "cli/view_watch.h"

#include "base/clock.h"
#include "cli/json_plan.h"
#include "cli/view_text.h"

static const char *sentence(const struct watch_event *ev)
{
	static const char *const holds[] = {
		[HOLD_NOTHING] = "",
		[HOLD_WAIT] = "",
		[HOLD_CUT_OFF] =
			"nothing answers here any more: this place may be cut off itself, so "
			"nothing is started",
		[HOLD_NOT_ARMED] = "it was never seen healthy, so nothing is started",
		[HOLD_RUNNING] = "another execution is not over, so nothing is started",
		[HOLD_AWAY] = "an execution has left the region already, so nothing is started",
		[HOLD_DONE] = "its runbook has been run for this outage, so nothing is started",
		[HOLD_COOL_DOWN] =
			"its runbook has run not long ago: nothing is started before the "
			"cool-down is over",
		[HOLD_REFUSED] = "the execution was refused: it is tried again later",
	};

	return holds[ev->hold];
}

static enum paint paint_of(const struct watch_event *ev)
{
	if (ev->kind == WATCH_STANDING && ev->standing == STANDING_HEALTHY)
		return PAINT_GREEN;
	if (ev->kind == WATCH_STANDING && ev->standing == STANDING_UNHEALTHY)
		return PAINT_RED;
	return PAINT_BOLD;
}

static const char *word_of(const struct watch_event *ev)
{
	static const char *const words[] = {
		[WATCH_STANDS_BY] = "STANDS BY", [WATCH_ACTS] = "WATCHES",
		[WATCH_LOST] = "LOST",           [WATCH_STANDING] = "",
		[WATCH_HOLDS] = "HOLDS",         [WATCH_STARTS] = "STARTS",
		[WATCH_RESUMES] = "RESUMES",     [WATCH_ENDS] = "ENDED",
	};

	return ev->kind == WATCH_STANDING ? standing_name(ev->standing) : words[ev->kind];
}

static void add_text(struct str *out, const struct watch_event *ev)
{
	char since[CLOCK_TEXT_LEN];

	switch (ev->kind) {
	case WATCH_STANDS_BY:
		str_printf(out, ": %s", ev->text);
		return;
	case WATCH_ACTS:
		return;
	case WATCH_LOST:
		str_add(out, ": another watch has taken over");
		return;
	case WATCH_HOLDS:
		str_printf(out, ": %s", sentence(ev));
		break;
	case WATCH_STARTS:
		str_printf(out, " runbook '%s'", ev->runbook);
		return;
	case WATCH_RESUMES:
		break;
	case WATCH_STANDING:
	case WATCH_ENDS:
		if (ev->since_ms && ev->kind == WATCH_STANDING) {
			clock_format_rfc3339(ev->since_ms, since);
			str_printf(out, " since %s", since);
		}
		str_printf(out, "%s%s", *ev->text ? ": " : "", ev->text);
		break;
	}
	if (ev->execution)
		str_printf(out, "%s(execution %s)", ev->kind == WATCH_RESUMES ? " " : ", ",
			   ev->execution);
}

void view_watch(struct str *out, const struct watch_event *ev, const struct style *st)
{
	char when[CLOCK_TEXT_LEN];

	clock_format_rfc3339(ev->at_ms, when);
	str_printf(out, "%s  ", when);
	if (ev->watch)
		str_printf(out, "%s  ", ev->watch->name);
	paint_text(out, st, paint_of(ev), word_of(ev));
	add_text(out, ev);
	str_add_char(out, '\n');
}

json_t *json_watch(const struct watch_event *ev)
{
	json_t *j = json_line("watch");

	json_set_text(j, "event", watch_event_name(ev->kind));
	json_object_set_new(j, "time", json_time(ev->at_ms));
	if (ev->watch) {
		json_set_text(j, "watch", ev->watch->name);
		json_set_text(j, "region", ev->watch->region->name);
		json_set_text(j, "state", standing_name(ev->standing));
	}
	if (ev->hold)
		json_set_text(j, "hold", hold_name(ev->hold));
	if (ev->since_ms)
		json_object_set_new(j, "since", json_time(ev->since_ms));
	if (ev->runbook)
		json_set_text(j, "runbook", ev->runbook);
	if (ev->execution)
		json_set_text(j, "execution", ev->execution);
	if (*ev->text)
		json_set_text(j, "text", ev->text);
	return j;
}
