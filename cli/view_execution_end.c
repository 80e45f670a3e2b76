/* view_execution_end.c - how an execution ended, and what to type next; runbooks in a list. */
#include <string.h>

#include "base/arena.h"
#include "cli/view_execution.h"
#include "cli/view_table.h"
#include "cli/view_text.h"

/* --- its end ------------------------------------------------------------------------- */

static const struct {
	enum step_status status;
	const char *word;
} outcomes[] = {
	{STEP_FAILED, "failed"},
	{STEP_SKIPPED, "skipped"},
	{STEP_REVERSED, "undone"},
	{STEP_REVERSE_FAILED, "could not be undone"},
	{STEP_PENDING_APPROVAL, "waits for approval"},
	{STEP_RUNNING, "was running"},
};

static void add_steps(struct str *out, const struct execution_story *s)
{
	for (size_t k = 0; k < ARRAY_LEN(outcomes); k++) {
		for (size_t i = 0; i < s->step_count; i++) {
			const struct step_story *step = &s->steps[i];

			if (step->status != outcomes[k].status || !step_says_more(s, step))
				continue;
			str_printf(out, "  %s: ", outcomes[k].word);
			shown_text(out, text_of(step->path));
			if (step->reason && *step->reason) {
				str_add(out, " (");
				shown_text(out, text_of(step->reason));
				str_add_char(out, ')');
			}
			str_add_char(out, '\n');
		}
	}
}

static void add_objective(struct str *out, const char *name, const struct objective_story *o,
			  const struct style *st)
{
	if (!o->known)
		return;
	str_printf(out, "  %s ", name);
	add_span(out, o->actual_ms);
	if (o->objective_ms) {
		str_add(out, ", objective ");
		add_span(out, o->objective_ms);
		str_add(out, ": ");
		paint_text(out, st, o->met ? PAINT_GREEN : PAINT_RED, o->met ? "met" : "missed");
	}
	if (o->detail && *o->detail) {
		str_add(out, " (");
		shown_text(out, text_of(o->detail));
		str_add_char(out, ')');
	}
	str_add_char(out, '\n');
}

/* It can be gone on with: it failed, was interrupted, or its process is gone. */
static bool is_resumable(const struct execution_story *s)
{
	return s->row.status == EXECUTION_FAILED || !execution_status_is_over(s->row.status);
}

void view_execution_end(struct str *out, const struct execution_story *s, const struct style *st)
{
	const struct execution_row *r = &s->row;

	str_printf(out, "Execution %s of ", r->id);
	shown_text(out, text_of(r->runbook));
	if (r->kind != EXECUTION_REAL)
		str_printf(out, " (%s drill)", execution_kind_name(r->kind));
	str_add(out, ": ");
	paint_status(out, st, execution_shown_status(r));
	if (r->ended_ms) {
		str_add(out, " in ");
		add_span(out, r->ended_ms - r->started_ms);
	}
	str_add_char(out, '\n');
	add_objective(out, "RTO", &s->rto, st);
	add_objective(out, "RPO", &s->rpo, st);
	if (s->data_loss_accepted)
		str_add(out, "  data loss was accepted\n");
	add_steps(out, s);
	if (is_resumable(s) && !s->overtaken && r->kind != EXECUTION_DRILL_SIMULATED)
		str_printf(out, "  'hadeploy runbook run --resume %s' goes on with it\n", r->id);
	else if (r->kind != EXECUTION_DRILL_SIMULATED || execution_status_is_over(r->status))
		str_printf(out, "  'hadeploy runbook report %s' has all of it\n", r->id);
}

/* --- runbooks ------------------------------------------------------------------------- */

static const char *const parameter_kinds[] = {
	[PARAMETER_REGION] = "Region",
	[PARAMETER_STRING] = "String",
	[PARAMETER_NUMBER] = "Number",
};

static void add_declared(struct str *out, const struct procedure *p)
{
	for (size_t i = 0; i < p->parameter_count; i++) {
		const struct runbook_parameter *q = &p->parameters[i];

		str_add(out, i ? ", " : "  parameters: ");
		shown_text(out, text_of(q->name));
		str_printf(out, " (%s", parameter_kinds[q->kind]);
		if (q->initial) {
			str_add(out, ", default ");
			shown_text(out, text_of(q->initial));
		}
		str_add_char(out, ')');
	}
	if (p->parameter_count)
		str_add_char(out, '\n');
}

void add_wanted(struct str *out, const struct runbook_objectives *o)
{
	const char *between = "  objectives: ";

	if (o->rto_ms) {
		str_printf(out, "%sRTO ", between);
		add_span(out, o->rto_ms);
		between = ", ";
	}
	if (o->rpo_ms) {
		str_printf(out, "%sRPO ", between);
		add_span(out, o->rpo_ms);
		between = ", ";
	}
	for (size_t i = 0; i < o->healthy_count; i++) {
		str_printf(out, "%s%s", i ? ", " : between, i ? "" : "healthy when ");
		shown_text(out, text_of(o->healthy[i]->name));
		between = ", ";
	}
	if (*between == ',')
		str_add_char(out, '\n');
}

static void add_last(struct str *out, const struct execution_story *s, const struct style *st)
{
	char when[CLOCK_TEXT_LEN];

	clock_format_rfc3339(s->row.started_ms, when);
	str_printf(out, "  last: %s  ", s->row.id);
	paint_status(out, st, execution_shown_status(&s->row));
	str_printf(out, "  %s", when);
	if (s->row.kind != EXECUTION_REAL)
		str_printf(out, ", %s drill", execution_kind_name(s->row.kind));
	if (s->rto.known) {
		str_add(out, ", RTO ");
		add_span(out, s->rto.actual_ms);
	}
	str_add_char(out, '\n');
}

void view_runbooks(struct str *out, const struct runbook_rows *rows, const struct style *st)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct runbook_row *r = &rows->items[i];

		paint_text(out, st, PAINT_BOLD, r->name);
		str_add(out, "  ");
		if (!r->procedure)
			str_printf(out, "has errors: 'hadeploy runbook check %s'", r->name);
		else if (r->procedure->description)
			shown_text(out, text_of(r->procedure->description));
		else
			shown_text(out, text_of(r->path));
		str_add_char(out, '\n');
		if (r->procedure) {
			add_declared(out, r->procedure);
			add_wanted(out, &r->procedure->objectives);
		}
		if (r->last)
			add_last(out, r->last, st);
	}
}
