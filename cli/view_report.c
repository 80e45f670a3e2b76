/* view_report.c - what stands in a report, as sections with tables. */
#include "cli/view_report.h"

#include <string.h>

#include "base/vec.h"
#include "cli/view_text.h"

struct cells_vec {
	VEC_OF(struct report_cell)
};
struct sections_vec {
	VEC_OF(struct report_section)
};

struct sheet {
	struct arena *a;
	const struct report *r;
	struct sections_vec sections;
	struct cells_vec cells; /* of the section that is being made */
};

static void add(struct sheet *s, enum cell_look look, const char *text)
{
	*arena_vec_add(s->a, &s->cells) = (struct report_cell){text, look};
}

static void close_section(struct sheet *s, const struct report_section *head)
{
	struct report_section *section;
	size_t columns = head->columns ? head->column_count : 2;

	if (!s->cells.count)
		return;
	section = arena_vec_add(s->a, &s->sections);
	*section = *head;
	section->column_count = columns;
	section->cells = s->cells.items;
	section->row_count = s->cells.count / columns;
	s->cells = (struct cells_vec){NULL, 0, 0};
}

/* --- texts ----------------------------------------------------------------------------- */

/* "2026-11-20T15:32:29.123Z"; "" of 0. */
static const char *time_text(struct sheet *s, int64_t ms)
{
	char text[CLOCK_TEXT_LEN];

	if (!ms)
		return "";
	clock_format_rfc3339(ms, text);
	text[strlen(text) - 1] = '\0';
	return arena_printf(s->a, "%s.%03dZ", text, (int)(ms % 1000));
}

static const char *span_text(struct sheet *s, int64_t ms)
{
	char text[CLOCK_TEXT_LEN];

	clock_format_duration(ms, text);
	return arena_strdup(s->a, text);
}

/* Since the clock began: "+12.345s", "-3s" before it. */
static const char *offset_text(struct sheet *s, int64_t at_ms)
{
	int64_t ms = at_ms - s->r->from_ms;

	return at_ms ? arena_printf(s->a, "%c%s", ms < 0 ? '-' : '+',
				    span_text(s, ms < 0 ? -ms : ms))
		     : "";
}

static void fact(struct sheet *s, const char *name, const char *value)
{
	if (!*value)
		return;
	add(s, CELL_TEXT, name);
	add(s, CELL_TEXT, value);
}

static enum cell_look status_look(enum execution_status status)
{
	if (status == EXECUTION_COMPLETED)
		return CELL_GOOD;
	if (status == EXECUTION_FAILED || status == EXECUTION_ABORTED)
		return CELL_BAD;
	return CELL_DOUBT;
}

enum cell_look view_report_step_look(enum step_status s)
{
	static const enum cell_look looks[STEP_STATUS_COUNT] = {
		[STEP_NOT_STARTED] = CELL_TEXT,
		[STEP_RUNNING] = CELL_DOUBT,
		[STEP_PENDING_APPROVAL] = CELL_DOUBT,
		[STEP_SUCCEEDED] = CELL_GOOD,
		[STEP_FAILED] = CELL_BAD,
		[STEP_SKIPPED] = CELL_DOUBT,
		[STEP_REVERSED] = CELL_DOUBT,
		[STEP_REVERSE_FAILED] = CELL_BAD,
	};

	return looks[s];
}

/* "From=east, To=west". */
static const char *parameters_text(struct sheet *s)
{
	json_t *all = json_parse(text_of(s->r->story.row.parameters), s->a, NULL);
	struct str text = STR_INIT;
	const json_t *value;
	const char *key, *result;

	json_object_foreach(all, key, value)
	{
		str_printf(&text, "%s%s=", text.len ? ", " : "", key);
		str_add(&text,
			json_is_string(value) ? json_string_value(value) : json_text(s->a, value));
	}
	json_decref(all);
	result = arena_text(s->a, str_text(&text));
	str_release(&text);
	return result;
}

/* --- sections -------------------------------------------------------------------------- */

static const char *kind_text(const struct report *r)
{
	switch (r->story.row.kind) {
	case EXECUTION_REAL:
		return "";
	case EXECUTION_DRILL_SIMULATED:
		return "drill, simulated: no provider was asked";
	case EXECUTION_DRILL_ISOLATED:
		return "drill, isolated: without traffic, fences and promotion, undone at the end";
	case EXECUTION_DRILL_FULL:
		return "drill, full";
	}
	return "";
}

static void add_facts(struct sheet *s)
{
	const struct report *r = s->r;

	fact(s, "Execution", r->story.row.id);
	fact(s, "Runbook", r->story.row.runbook);
	fact(s, "Kind", kind_text(r));
	fact(s, "Parameters", parameters_text(s));
	fact(s, "Mode", r->mode);
	fact(s, "Started by", r->by);
	fact(s, "Command", r->command);
	fact(s, "Reason", r->reason);
	fact(s, "Detected", r->detected);
	fact(s, "Made from", r->version);
	fact(s, "Clock starts", time_text(s, r->from_ms));
	fact(s, "Execution started", time_text(s, r->story.row.started_ms));
	fact(s, "Healthy again", time_text(s, r->story.healthy_ms));
	fact(s, "Ended", time_text(s, r->story.row.ended_ms));
	fact(s, "Why it ended so", r->end_reason);
	close_section(s, &(struct report_section){.title = "", .intro = ""});
}

static void add_objective(struct sheet *s, const char *name, const struct objective_story *o)
{
	if (!o->known && !o->objective_ms && !*o->detail)
		return;
	add(s, CELL_TEXT, name);
	add(s, CELL_RIGHT, o->objective_ms ? span_text(s, o->objective_ms) : "none");
	add(s, CELL_RIGHT, o->known ? span_text(s, o->actual_ms) : "not known");
	if (!o->known)
		add(s, CELL_DOUBT, "not known");
	else if (!o->objective_ms)
		add(s, CELL_TEXT, "");
	else if (o->met && s->r->broken_at)
		add(s, CELL_DOUBT, "recorded as met, not proven");
	else
		add(s, o->met ? CELL_GOOD : CELL_BAD, o->met ? "met" : "missed");
	add(s, CELL_TEXT, o->detail);
}

static void add_objectives(struct sheet *s)
{
	static const char *const columns[] = {"", "Objective", "Actual", "", "Detail"};
	const char *intro = "";

	add_objective(s, "RTO", &s->r->story.rto);
	add_objective(s, "RPO", &s->r->story.rpo);
	if (s->r->lag_seconds >= 0)
		intro = arena_printf(s->a,
				     "Replication lag known last before the cut: %.1f s, at %s.",
				     s->r->lag_seconds, time_text(s, s->r->lag_at_ms));
	close_section(s, &(struct report_section){.title = "Objectives",
						  .intro = intro,
						  .columns = columns,
						  .column_count = ARRAY_LEN(columns)});
}

static void add_breakdown(struct sheet *s)
{
	static const char *const columns[] = {"Part", "Time", "Share", ""};
	static const char *const what[REPORT_PART_COUNT] = {
		[PART_DETECTION] = "from the outage until the execution was started",
		[PART_DECISION] = "an approval was awaited, or it was paused",
		[PART_STEPS] = "at least one step ran",
		[PART_MONITORING] = "steps were over, the application not healthy yet",
		[PART_INTERRUPTED] = "no process carried it on",
		[PART_BETWEEN] = "hadeploy itself",
	};
	int64_t all_ms = s->r->to_ms - s->r->from_ms;

	for (int i = 0; i < REPORT_PART_COUNT; i++) {
		int64_t ms = s->r->parts_ms[i];

		if (!ms && i == PART_INTERRUPTED)
			continue;
		add(s, CELL_TEXT, report_part_name((enum report_part)i));
		add(s, CELL_RIGHT, span_text(s, ms));
		add(s, CELL_RIGHT,
		    arena_printf(s->a, "%.0f%%", all_ms ? 100.0 * (double)ms / (double)all_ms : 0));
		add(s, CELL_TEXT, what[i]);
	}
	close_section(s, &(struct report_section){.title = "Where the time went",
						  .intro = arena_printf(s->a, "%s altogether.",
									span_text(s, all_ms)),
						  .columns = columns,
						  .column_count = ARRAY_LEN(columns)});
}

static const char *row_remarks(struct sheet *s, const struct report_row *row)
{
	struct str text = STR_INIT;
	const char *result;

	if (row->critical)
		str_add(&text, "critical path; ");
	if (row->slow)
		str_printf(&text, "slower than usual (%s); ", span_text(s, row->usual_ms));
	if (row->waited_ms)
		str_printf(&text, "waited %s for approval; ", span_text(s, row->waited_ms));
	if (row->step->ungraceful)
		str_add(&text, "ungraceful; ");
	if (row->step->attempts > 1)
		str_printf(&text, "%zu attempts; ", row->step->attempts);
	if (*row->step->reason)
		str_printf(&text, "%s; ", row->step->reason);
	if (text.len)
		str_truncate(&text, text.len - 2);
	result = arena_text(s->a, str_text(&text));
	str_release(&text);
	return result;
}

static void add_row(struct sheet *s, const struct report_row *row)
{
	bool ran = row->from_ms != 0;

	add(s, CELL_TEXT, row->step->path);
	add(s, CELL_TEXT, row->step->kind);
	add(s, CELL_TEXT, row->region);
	add(s, view_report_step_look(row->step->status), step_status_name(row->step->status));
	add(s, CELL_RIGHT, ran ? offset_text(s, row->from_ms) : "");
	add(s, CELL_RIGHT, ran ? span_text(s, row->to_ms - row->from_ms) : "");
	add(s, CELL_TEXT, row_remarks(s, row));
}

static void add_steps(struct sheet *s)
{
	static const char *const columns[] = {"Step",  "Type", "Region", "Status",
					      "Start", "Took", "Remarks"};

	for (size_t i = 0; i < s->r->row_count; i++)
		add_row(s, &s->r->rows[i]);
	close_section(s, &(struct report_section){.title = "Steps",
						  .intro = "",
						  .columns = columns,
						  .column_count = ARRAY_LEN(columns),
						  .timeline = true});
}

static void add_notes(struct sheet *s, const char *title, const struct report_notes *notes)
{
	static const char *const columns[] = {"When", "What", "Step", "Who", "Why"};

	for (size_t i = 0; i < notes->count; i++) {
		const struct report_note *n = &notes->items[i];

		add(s, CELL_RIGHT, offset_text(s, n->at_ms));
		add(s, CELL_TEXT, n->what);
		add(s, CELL_TEXT, n->step);
		add(s, CELL_TEXT, n->who);
		add(s, CELL_TEXT, n->why);
	}
	close_section(s, &(struct report_section){.title = title,
						  .intro = "",
						  .columns = columns,
						  .column_count = ARRAY_LEN(columns)});
}

static void add_answer(struct sheet *s, bool healthy, const char *detail, int64_t at_ms)
{
	add(s, healthy ? CELL_GOOD : CELL_BAD,
	    arena_printf(s->a, "%s %s%s%s", offset_text(s, at_ms),
			 healthy ? "healthy" : "unhealthy", *detail ? ": " : "", detail));
}

static void add_checks(struct sheet *s)
{
	static const char *const columns[] = {"Check", "Region", "First", "Last", "Answers"};

	for (size_t i = 0; i < s->r->check_count; i++) {
		const struct report_check *c = &s->r->checks[i];

		add(s, CELL_TEXT, c->check);
		add(s, CELL_TEXT, c->region);
		add_answer(s, c->first_healthy, c->first_detail, c->first_ms);
		add_answer(s, c->last_healthy, c->last_detail, c->last_ms);
		add(s, CELL_TEXT,
		    arena_printf(s->a, "%zu healthy, %zu unhealthy", c->healthy_count,
				 c->unhealthy_count));
	}
	close_section(s, &(struct report_section){.title = "Checks",
						  .intro = "",
						  .columns = columns,
						  .column_count = ARRAY_LEN(columns)});
}

static const char *chain_text(struct sheet *s)
{
	const struct report *r = s->r;

	if (r->broken_at)
		return arena_printf(
			s->a,
			"THE CHAIN DOES NOT HOLD: it breaks at event %lld. Something was "
			"changed there after it was recorded.",
			(long long)r->broken_at);
	return arena_printf(
		s->a,
		"Each of the %zu events names the hash of the one before it, and the chain "
		"holds. The last hash, which stands for all of it: %s",
		r->entries.count, r->head);
}

static void add_events(struct sheet *s)
{
	static const char *const columns[] = {"#", "Time", "Event", "Step", "Data", "Hash"};

	for (size_t i = 0; i < s->r->entries.count; i++) {
		const struct journal_entry *e = &s->r->entries.items[i];

		add(s, CELL_RIGHT, arena_printf(s->a, "%lld", (long long)e->number));
		add(s, CELL_TEXT, time_text(s, e->at_ms));
		add(s, CELL_TEXT, e->word ? e->word : entry_kind_name(e->kind));
		add(s, CELL_TEXT, e->step);
		add(s, CELL_CODE, e->data);
		add(s, CELL_CODE, arena_strndup(s->a, e->hash, 12));
	}
	close_section(s, &(struct report_section){.title = "Events",
						  .intro = chain_text(s),
						  .columns = columns,
						  .column_count = ARRAY_LEN(columns)});
}

static const char *verdict(struct sheet *s)
{
	const struct execution_row *row = &s->r->story.row;
	int64_t end_ms = row->ended_ms ? row->ended_ms : s->r->made_ms;

	return arena_printf(s->a, "%s %s %s", execution_status_name(row->status),
			    row->ended_ms ? "after" : "since",
			    span_text(s, end_ms > row->started_ms ? end_ms - row->started_ms : 0));
}

const char *view_report_warning(struct arena *a, const struct report *r)
{
	if (!r->broken_at)
		return NULL;
	return arena_printf(
		a,
		"THE CHAIN OF EVENTS DOES NOT HOLD: something was changed at event %lld "
		"after it was recorded. Nothing below is proven, neither how the "
		"execution ended nor that an objective was met.",
		(long long)r->broken_at);
}

void view_report_sheet(struct arena *a, const struct report *r, struct report_sheet *out)
{
	struct sheet s = {.a = a, .r = r};

	add_facts(&s);
	add_objectives(&s);
	add_breakdown(&s);
	add_steps(&s);
	add_notes(&s, "Fences", &r->fences);
	add_notes(&s, "Data loss", &r->losses);
	add_notes(&s, "Requests", &r->requests);
	add_checks(&s);
	add_events(&s);
	*out = (struct report_sheet){
		.title = arena_printf(a, "Execution of runbook '%s'", r->story.row.runbook),
		.warning = view_report_warning(a, r),
		.verdict = {verdict(&s),
			    r->broken_at ? CELL_DOUBT : status_look(r->story.row.status)},
		.sections = s.sections.items,
		.section_count = s.sections.count,
	};
}
