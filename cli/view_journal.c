/* view_journal.c - entries of an execution's journal as lines. */
#include <string.h>

#include "base/arena.h"
#include "cli/view_execution.h"
#include "cli/view_text.h"

struct line {
	struct str *out;
	const struct journal_entry *e;
	const char *execution;
	const json_t *data;
	const struct style *st;
};

/* --- parts --------------------------------------------------------------------------- */

static void add(const struct line *l, const char *before, const char *text)
{
	if (!*text)
		return;
	str_add(l->out, before);
	shown_text(l->out, text_of(text));
}

static const char *said(const struct line *l, const char *key)
{
	return json_str(l->data, key, "");
}

static void add_ms(const struct line *l, const char *before, const char *key)
{
	int64_t ms = json_int(l->data, key, -1);

	if (ms < 0)
		return;
	str_add(l->out, before);
	add_span(l->out, ms);
}

static void add_took(const struct line *l)
{
	if (json_int(l->data, "Millis", -1) < 0)
		return;
	add_ms(l, " (", "Millis");
	str_add_char(l->out, ')');
}

static void painted(const struct line *l, enum paint p, const char *text)
{
	paint_text(l->out, l->st, p, text);
}

static void add_who(const struct line *l, const char *before)
{
	const json_t *by = json_object_get(l->data, "By");

	if (!by)
		return;
	str_add(l->out, before);
	add_by(l->out, by);
}

/* --- the execution ------------------------------------------------------------------- */

static void started(const struct line *l)
{
	struct str parameters = STR_INIT;
	struct str all = STR_INIT;
	const json_t *given = json_object_get(l->data, "Parameters");

	if (given)
		json_canonical(given, &parameters);
	add_parameters(&all, str_cstr(&parameters));
	str_printf(l->out, "execution %s of ", l->execution ? l->execution : "?");
	shown_text(l->out, text_of(said(l, "Runbook")));
	str_printf(l->out, " begins%s%s", all.len ? ": " : "", str_cstr(&all));
	if (strcmp(said(l, "Mode"), "ungraceful") == 0)
		str_add(l->out, " (ungraceful)");
	add(l, ", because ", said(l, "Reason"));
	str_release(&parameters);
	str_release(&all);
}

static void resumed_by(const struct line *l)
{
	str_add(l->out, "gone on with");
	add_who(l, " by ");
}

static void detected(const struct line *l)
{
	char when[CLOCK_TEXT_LEN];

	clock_format_rfc3339(json_int(l->data, "At", l->e->at_ms), when);
	str_printf(l->out, "the outage counts from %s", when);
	add(l, ": ", said(l, "Detail"));
}

static void asked(const struct line *l)
{
	add_who(l, "");
	str_add(l->out, " asks: ");
	shown_text(l->out, text_of(said(l, "Request")));
	if (!*l->e->step)
		add(l, " ", said(l, "Step"));
	add(l, ", because ", said(l, "Reason"));
}

static void paused(const struct line *l)
{
	painted(l, PAINT_YELLOW, "paused");
	add(l, ": ", said(l, "Reason"));
}

static void resumed(const struct line *l)
{
	str_add(l->out, "goes on");
	add_who(l, ", asked by ");
}

static void ungraceful(const struct line *l)
{
	if (!*l->e->step)
		str_add(l->out, "from here on ");
	painted(l, PAINT_YELLOW, "ungraceful");
	add_who(l, ", asked by ");
	add(l, ": ", said(l, "Reason"));
}

static void data_loss(const struct line *l)
{
	painted(l, PAINT_RED, "data loss accepted");
	add_who(l, " by ");
	if (json_int(l->data, "LagSeconds", -1) >= 0)
		str_printf(l->out, ": %llds of changes",
			   (long long)json_int(l->data, "LagSeconds", 0));
	add(l, ", because ", said(l, "Reason"));
}

static void fenced(const struct line *l)
{
	add(l, "", said(l, "Region"));
	painted(l, PAINT_GREEN, " accepts no writes any more");
	add(l, " (", said(l, "How"));
	add(l, ": ", said(l, "Detail"));
	if (*said(l, "How"))
		str_add_char(l->out, ')');
}

static void reversing(const struct line *l)
{
	painted(l, PAINT_YELLOW, "going back: what was done is undone");
	add(l, ", because ", said(l, "Reason"));
}

static void monitoring(const struct line *l)
{
	str_add(l->out, "all steps are over; waits until the application is healthy");
}

static void objective(const struct line *l)
{
	bool met = json_flag(l->data, "Met", true);

	add(l, "", said(l, "Name"));
	add_ms(l, " ", "Actual");
	if (json_int(l->data, "Objective", 0)) {
		add_ms(l, ", objective ", "Objective");
		str_add(l->out, ": ");
		painted(l, met ? PAINT_GREEN : PAINT_RED, met ? "met" : "missed");
	}
	add(l, ", ", said(l, "Detail"));
}

static void check(const struct line *l)
{
	bool healthy = json_flag(l->data, "Healthy", false);

	add(l, "check ", said(l, "Check"));
	add(l, " of ", said(l, "Region"));
	str_add(l->out, ": ");
	painted(l, healthy ? PAINT_GREEN : PAINT_YELLOW, healthy ? "healthy" : "unhealthy");
	add(l, ", ", said(l, "Detail"));
}

static void ended(const struct line *l)
{
	str_add(l->out, "ended: ");
	shown_text(l->out, text_of(said(l, "Status")));
	add(l, ", ", said(l, "Reason"));
}

/* --- steps --------------------------------------------------------------------------- */

static void step_started(const struct line *l)
{
	int64_t attempt = json_int(l->data, "Attempt", 1);

	str_add(l->out, "begins");
	if (attempt > 1)
		str_printf(l->out, ", attempt %lld", (long long)attempt);
	if (strcmp(said(l, "Grace"), "ungraceful") == 0)
		str_add(l->out, ", ungraceful");
	if (json_int(l->data, "Slow", 0) > 0)
		add_ms(l, ", usually over within ", "Slow");
}

static void step_progress(const struct line *l)
{
	if (*said(l, "Refused")) {
		painted(l, PAINT_YELLOW, said(l, "Refused"));
		str_add(l->out, " was not followed");
		add(l, ": ", said(l, "Text"));
		return;
	}
	add(l, "", said(l, "Text"));
}

static void step_waiting(const struct line *l)
{
	const json_t *approvers = json_object_get(l->data, "Approvers"), *one;
	size_t i;

	if (!*said(l, "Message")) {
		str_add(l->out, "waits");
		add(l, ": ", said(l, "Text"));
		return;
	}
	painted(l, PAINT_YELLOW, "waits for approval");
	json_array_foreach(approvers, i, one)
		add(l, i ? ", " : " by ", json_is_string(one) ? json_string_value(one) : "?");
	add(l, ": ", said(l, "Message"));
	add(l, " ('hadeploy runbook approve ", l->e->step);
	str_add(l->out, "')");
}

static void step_slow(const struct line *l)
{
	painted(l, PAINT_YELLOW, "slower than usual");
	add_ms(l, ": it has taken ", "Millis");
	add_ms(l, ", most are over in ", "Usual");
}

static void step_retry(const struct line *l)
{
	bool waits = json_int(l->data, "Wait", 0) > 0;

	str_add(l->out, waits ? "failed" : "is tried again");
	if (waits)
		add_ms(l, ", again in ", "Wait");
	if (json_int(l->data, "Attempt", 0))
		str_printf(l->out, " (attempt %lld)", (long long)json_int(l->data, "Attempt", 0));
	add(l, ": ", said(l, "Reason"));
}

static void step_succeeded(const struct line *l)
{
	painted(l, PAINT_GREEN, "done");
	add_took(l);
}

static void step_failed(const struct line *l)
{
	painted(l, PAINT_RED, "failed");
	add_took(l);
	add(l, ": ", said(l, "Reason"));
}

static void step_skipped(const struct line *l)
{
	const char *why = said(l, "Reason");

	painted(l, PAINT_YELLOW, "skipped");
	add_who(l, " by ");
	/* What is there without a reason says no more. */
	if (!text_starts(text_of(why), "skipped by "))
		add(l, ": ", why);
}

static void step_reversing(const struct line *l)
{
	str_add(l->out, "is being undone");
}

static void step_reversed(const struct line *l)
{
	painted(l, PAINT_YELLOW, "undone");
	add_took(l);
}

static void step_reverse_failed(const struct line *l)
{
	painted(l, PAINT_RED, "could not be undone");
	add(l, ": ", said(l, "Reason"));
}

/* --- the table ----------------------------------------------------------------------- */

static const struct {
	void (*add)(const struct line *l); /* NULL: for machines alone */
	bool lasts;                        /* worth a line above the live picture */
} kinds[ENTRY_KIND_COUNT] = {
	[ENTRY_STARTED] = {started, true},
	[ENTRY_RESUMED_BY] = {resumed_by, true},
	[ENTRY_DETECTED] = {detected, true},
	[ENTRY_STEP_STARTED] = {step_started, false},
	[ENTRY_STEP_MEMORY] = {NULL, false},
	[ENTRY_STEP_PROGRESS] = {step_progress, false},
	[ENTRY_STEP_WAITING] = {step_waiting, true},
	[ENTRY_STEP_SLOW] = {step_slow, true},
	[ENTRY_STEP_RETRY] = {step_retry, true},
	[ENTRY_STEP_SUCCEEDED] = {step_succeeded, false},
	[ENTRY_STEP_FAILED] = {step_failed, true},
	[ENTRY_STEP_SKIPPED] = {step_skipped, false},
	[ENTRY_STEP_REVERSING] = {step_reversing, false},
	[ENTRY_STEP_REVERSED] = {step_reversed, false},
	[ENTRY_STEP_REVERSE_FAILED] = {step_reverse_failed, true},
	[ENTRY_CHECK] = {check, true},
	[ENTRY_ASKED] = {asked, true},
	[ENTRY_PAUSED] = {paused, true},
	[ENTRY_RESUMED] = {resumed, true},
	[ENTRY_UNGRACEFUL] = {ungraceful, true},
	[ENTRY_DATA_LOSS] = {data_loss, true},
	[ENTRY_FENCED] = {fenced, true},
	[ENTRY_REVERSING] = {reversing, true},
	[ENTRY_MONITORING] = {monitoring, true},
	[ENTRY_OBJECTIVE] = {objective, true},
	[ENTRY_ENDED] = {ended, false},
};

static bool is_known(const struct journal_entry *e)
{
	return (size_t)e->kind < ARRAY_LEN(kinds);
}

bool view_journal_lasts(const struct journal_entry *e)
{
	return is_known(e) && kinds[e->kind].lasts;
}

void view_journal_entry(struct str *out, const char *execution, const struct journal_entry *e,
			const struct style *st)
{
	struct arena *a = arena_new();
	json_t *data = json_parse(text_of(e->data ? e->data : ""), a, NULL);
	struct line l = {out, e, execution, data, st};
	char when[CLOCK_TEXT_LEN];

	if (is_known(e) && kinds[e->kind].add) {
		clock_format_rfc3339(e->at_ms, when);
		paint_text(out, st, PAINT_DIM, strchr(when, 'T') + 1);
		str_add(out, "  ");
		if (e->step && *e->step) {
			shown_text(out, text_of(e->step));
			str_add(out, ": ");
		}
		kinds[e->kind].add(&l);
		str_add_char(out, '\n');
	}
	json_decref(data);
	arena_free(a);
}
