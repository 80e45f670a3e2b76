#include "cli/view_watch.h"

#include <string.h>

#include "base/clock.h"
#include "cli/json_plan.h"
#include "cli/view_text.h"

static const char *sentence(enum hold hold)
{
	static const char *const sentences[] = {
		[HOLD_NOTHING] = "",
		[HOLD_WAIT] = "",
		[HOLD_CUT_OFF] =
			("nothing answers here any more: this place may be cut off itself, so "
			 "nothing is started"),
		[HOLD_MUTE] = ("something of it cannot be asked, which is no outage: nothing is "
			       "started until it can be asked again"),
		[HOLD_NOT_ARMED] = "it was never seen healthy, so nothing is started",
		[HOLD_RUNNING] = "another execution is not over, so nothing is started",
		[HOLD_AWAY] = "an execution has left the region already, so nothing is started",
		[HOLD_DONE] = "its runbook has been run for this outage, so nothing is started",
		[HOLD_COOL_DOWN] =
			("its runbook has run not long ago: nothing is started before the "
			 "cool-down is over"),
		[HOLD_REFUSED] = "the execution was refused: it is tried again later",
		[HOLD_STATE] = "what is recorded cannot be read: it is tried again at once",
	};

	return sentences[hold];
}

static enum paint paint_of(const struct watch_event *ev)
{
	if (ev->kind == WATCH_STANDING && ev->standing == STANDING_HEALTHY)
		return PAINT_GREEN;
	if (ev->kind == WATCH_STANDING && ev->standing == STANDING_UNHEALTHY)
		return PAINT_RED;
	if (ev->kind == WATCH_BROKEN || ev->kind == WATCH_BLOCKED || ev->kind == WATCH_UNWRITABLE ||
	    ev->kind == WATCH_UNREADY)
		return PAINT_RED;
	return PAINT_BOLD;
}

static const char *word_of(const struct watch_event *ev)
{
	static const char *const words[] = {
		[WATCH_STANDS_BY] = "STANDS BY",
		[WATCH_ACTS] = "WATCHES",
		[WATCH_LOST] = "LOST",
		[WATCH_STANDING] = "",
		[WATCH_HOLDS] = "HOLDS",
		[WATCH_STARTS] = "STARTS",
		[WATCH_RESUMES] = "RESUMES",
		[WATCH_ENDS] = "ENDED",
		[WATCH_BROKEN] = "PROJECT IS BROKEN",
		[WATCH_READ] = "PROJECT WAS READ ANEW",
		[WATCH_GIVES_UP] = "GIVES UP",
		[WATCH_BLOCKED] = "BLOCKED",
		[WATCH_FREE] = "FREE TO ACT",
		[WATCH_UNWRITABLE] = "STATE CANNOT BE WRITTEN",
		[WATCH_WRITABLE] = "STATE CAN BE WRITTEN AGAIN",
		[WATCH_UNREADY] = "WOULD BE REFUSED",
		[WATCH_READY] = "WOULD BEGIN",
	};

	return ev->kind == WATCH_STANDING ? standing_name(ev->standing) : words[ev->kind];
}

static void add_until(struct str *out, int64_t until_ms)
{
	char until[CLOCK_TEXT_LEN];

	if (!until_ms)
		return;
	clock_format_rfc3339(until_ms, until);
	str_printf(out, " (until %s)", until);
}

static void add_text(struct str *out, const struct watch_event *ev)
{
	char since[CLOCK_TEXT_LEN];

	switch (ev->kind) {
	case WATCH_STANDS_BY:
		str_printf(out, ": %s", ev->text);
		return;
	case WATCH_ACTS:
	case WATCH_READ:
	case WATCH_WRITABLE:
		return;
	case WATCH_READY:
		str_printf(out, " runbook '%s'", ev->runbook);
		return;
	case WATCH_BROKEN:
	case WATCH_UNWRITABLE:
	case WATCH_UNREADY:
		str_printf(out, ": %s", ev->text);
		return;
	case WATCH_BLOCKED:
		str_printf(out, ": execution %s is %s", ev->execution, ev->text);
		return;
	case WATCH_FREE:
		str_printf(out, ": execution %s is over (%s)", ev->execution, ev->text);
		return;
	case WATCH_LOST:
		str_add(out, ": another watch has taken over");
		return;
	case WATCH_HOLDS:
		str_printf(out, ": %s", sentence(ev->hold));
		add_until(out, ev->until_ms);
		break;
	case WATCH_STARTS:
		str_printf(out, " runbook '%s'", ev->runbook);
		return;
	case WATCH_RESUMES:
		break;
	case WATCH_GIVES_UP:
		str_printf(out, " execution %s, which nobody runs", ev->execution);
		return;
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
		str_printf(out, " (execution %s)", ev->execution);
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
	if (ev->until_ms)
		json_object_set_new(j, "until", json_time(ev->until_ms));
	if (ev->runbook)
		json_set_text(j, "runbook", ev->runbook);
	if (ev->execution)
		json_set_text(j, "execution", ev->execution);
	if (*ev->text)
		json_set_text(j, "text", ev->text);
	return j;
}

/* --- who watches ------------------------------------------------------------------------- */

static enum hold hold_named(const char *name)
{
	for (int i = HOLD_NOTHING; i <= HOLD_STATE; i++)
		if (!strcmp(hold_name((enum hold)i), name))
			return (enum hold)i;
	return HOLD_NOTHING;
}

static void add_entry(struct str *out, const struct watch_status_entry *e, const struct style *st)
{
	char since[CLOCK_TEXT_LEN];
	enum hold hold = hold_named(e->hold);

	str_printf(out, "  %s  ", e->name);
	/* What it is called where it is told. */
	if (!strcmp(e->standing, standing_name(STANDING_DUE)))
		paint_text(out, st, PAINT_RED, standing_name(STANDING_UNHEALTHY));
	else
		paint_text(out, st, PAINT_BOLD, e->standing);
	if (e->since_ms) {
		clock_format_rfc3339(e->since_ms, since);
		str_printf(out, " since %s", since);
	}
	if (*e->detail) {
		str_add(out, "\n    ");
		shown_text(out, text_of(e->detail));
	}
	if (*e->unready) {
		str_printf(out, "\n    '%s' would be refused: ", e->runbook);
		shown_text(out, text_of(e->unready));
	}
	if (*e->unready && hold == HOLD_NOTHING) {
		str_add_char(out, '\n');
		return;
	}
	if (hold == HOLD_NOTHING || hold == HOLD_WAIT) {
		str_printf(out, "\n    starts '%s' when it is down\n", e->runbook);
		return;
	}
	str_printf(out, "\n    %s", sentence(hold));
	add_until(out, e->until_ms);
	if (*e->execution)
		str_printf(out, "\n    (execution %s)", e->execution);
	str_add_char(out, '\n');
}

/* Longer than between two records, and than an answer that is slow. */
#define SILENT_MS 60000

static void add_watcher(struct str *out, const struct watch_status *w, int64_t now_ms)
{
	char when[CLOCK_TEXT_LEN];

	shown_text(out, text_of(w->user));
	str_add_char(out, '@');
	shown_text(out, text_of(w->host));
	clock_format_rfc3339(w->since_ms, when);
	str_printf(out, " (process %lld) since %s\n", (long long)w->pid, when);
	if (w->life == WATCH_LIFE_GOES_ON && now_ms - w->looked_ms < SILENT_MS)
		return;
	clock_format_rfc3339(w->looked_ms, when);
	str_printf(out, "  it recorded something last at %s\n", when);
}

void view_watch_status(struct str *out, const struct watch_status *w, int64_t now_ms,
		       const struct style *st)
{
	switch (w->life) {
	case WATCH_LIFE_NEVER:
		str_add(out, "Nobody watches: no watch was ever begun here.\n");
		return;
	case WATCH_LIFE_OVER:
		paint_text(out, st, PAINT_RED, "NOBODY WATCHES");
		str_add(out, ": the last was ");
		add_watcher(out, w, now_ms);
		return;
	case WATCH_LIFE_GOES_ON:
		paint_text(out, st, PAINT_BOLD, "WATCHED");
		str_add(out, " by ");
		add_watcher(out, w, now_ms);
		break;
	}
	if (*w->broken) {
		paint_text(out, st, PAINT_RED, "  PROJECT IS BROKEN");
		str_add(out, ": ");
		shown_text(out, text_of(w->broken));
		str_add_char(out, '\n');
	}
	if (*w->doing) {
		str_printf(out, "  it %s: 'hadeploy runbook status' shows how that stands\n",
			   w->doing);
		return;
	}
	for (size_t i = 0; i < w->count; i++)
		add_entry(out, &w->items[i], st);
}

static json_t *json_entry(const struct watch_status_entry *e)
{
	json_t *j = json_object();

	json_set_text(j, "watch", e->name);
	json_set_text(j, "region", e->region);
	json_set_text(j, "runbook", e->runbook);
	json_set_text(j, "state", e->standing);
	if (*e->detail)
		json_set_text(j, "detail", e->detail);
	if (e->since_ms)
		json_object_set_new(j, "since", json_time(e->since_ms));
	if (*e->hold)
		json_set_text(j, "hold", e->hold);
	if (e->until_ms)
		json_object_set_new(j, "until", json_time(e->until_ms));
	if (*e->execution)
		json_set_text(j, "execution", e->execution);
	if (*e->unready)
		json_set_text(j, "unready", e->unready);
	return j;
}

json_t *json_watch_status(const struct watch_status *w)
{
	json_t *j = json_line("watch_status"), *list = json_array();

	json_object_set_new(j, "watched", json_boolean(w->life == WATCH_LIFE_GOES_ON));
	if (w->life != WATCH_LIFE_NEVER) {
		json_set_text(j, "user", w->user);
		json_set_text(j, "host", w->host);
		json_object_set_new(j, "pid", json_integer(w->pid));
		json_object_set_new(j, "since", json_time(w->since_ms));
		json_object_set_new(j, "looked", json_time(w->looked_ms));
	}
	if (*w->broken)
		json_set_text(j, "broken", w->broken);
	if (*w->doing)
		json_set_text(j, "doing", w->doing);
	for (size_t i = 0; i < w->count; i++)
		json_array_append_new(list, json_entry(&w->items[i]));
	json_object_set_new(j, "entries", list);
	return j;
}
