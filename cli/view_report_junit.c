/* view_report_junit.c - an execution as JUnit XML: CI shows each step as a test, and objectives. */
#include <string.h>

#include "cli/view_report.h"

struct suite {
	size_t tests, failures, skipped;
	struct str cases;
};

enum verdict { VERDICT_GOOD, VERDICT_FAILED, VERDICT_SKIPPED };

static void add_attribute(struct str *out, const char *name, const char *value)
{
	str_printf(out, " %s=\"", name);
	view_report_escape(out, value);
	str_add_char(out, '"');
}

static void add_seconds(struct str *out, const char *name, int64_t ms)
{
	str_printf(out, " %s=\"%lld.%03d\"", name, (long long)(ms / 1000), (int)(ms % 1000));
}

struct test_case {
	const char *class, *name;
	int64_t ms;
	enum verdict verdict;
	const char *message;
};

static void add_case(struct suite *s, const struct test_case *c)
{
	str_add(&s->cases, "    <testcase");
	add_attribute(&s->cases, "classname", c->class);
	add_attribute(&s->cases, "name", c->name);
	add_seconds(&s->cases, "time", c->ms > 0 ? c->ms : 0);
	s->tests++;
	if (c->verdict == VERDICT_GOOD) {
		str_add(&s->cases, "/>\n");
		return;
	}
	str_add(&s->cases, c->verdict == VERDICT_FAILED ? "><failure" : "><skipped");
	add_attribute(&s->cases, "message", c->message);
	str_add(&s->cases, "/></testcase>\n");
	if (c->verdict == VERDICT_FAILED)
		s->failures++;
	else
		s->skipped++;
}

static enum verdict verdict_of(enum step_status s)
{
	if (s == STEP_SUCCEEDED)
		return VERDICT_GOOD;
	if (s == STEP_FAILED || s == STEP_REVERSE_FAILED)
		return VERDICT_FAILED;
	return VERDICT_SKIPPED;
}

/* Of several ways to fence one is enough: those tried before it are no failures. */
static bool is_made_up_for(const struct report *r, const struct report_row *row)
{
	size_t len = row->step->path ? (size_t)(row->name - row->step->path) : 0;

	for (size_t i = 0; len && i < r->row_count; i++) {
		const struct report_row *above = &r->rows[i];

		if (strlen(above->step->path) + 1 == len &&
		    strncmp(above->step->path, row->step->path, len - 1) == 0)
			return !above->group && above->step->status == STEP_SUCCEEDED;
	}
	return false;
}

static void add_step(struct suite *s, const struct report *r, const struct report_row *row)
{
	enum verdict verdict = verdict_of(row->step->status);
	struct str message = STR_INIT;

	if (verdict == VERDICT_FAILED && is_made_up_for(r, row))
		verdict = VERDICT_SKIPPED;

	str_add(&message, step_status_name(row->step->status));
	if (*row->step->reason)
		str_printf(&message, ": %s", row->step->reason);
	add_case(s, &(struct test_case){
			    .class = r->story.row.runbook,
			    .name = row->step->path,
			    .ms = row->to_ms - row->from_ms,
			    .verdict = verdict,
			    .message = str_cstr(&message),
		    });
	str_release(&message);
}

/* What was changed afterwards proves nothing. */
static void add_chain(struct suite *s, const struct report *r)
{
	struct arena *a = arena_new();

	if (r->broken_at)
		add_case(s, &(struct test_case){
				    .class = r->story.row.runbook,
				    .name = "journal",
				    .verdict = VERDICT_FAILED,
				    .message = view_report_warning(a, r),
			    });
	arena_free(a);
}

static void add_objective(struct suite *s, const struct report *r, const char *name,
			  const struct objective_story *o)
{
	char actual[CLOCK_TEXT_LEN], objective[CLOCK_TEXT_LEN];
	struct str message = STR_INIT;

	if (!o->objective_ms)
		return;
	clock_format_duration(o->actual_ms, actual);
	clock_format_duration(o->objective_ms, objective);
	if (o->known)
		str_printf(&message, "%s was %s, the objective is %s", name, actual, objective);
	else
		str_printf(&message, "%s is not known", name);
	if (*o->detail)
		str_printf(&message, "; %s", o->detail);
	if (r->broken_at)
		str_add(&message, "; not proven, since the chain of events does not hold");
	add_case(s, &(struct test_case){
			    .class = r->story.row.runbook,
			    .name = name,
			    .ms = o->actual_ms,
			    .verdict = !o->known || (o->met && r->broken_at) ? VERDICT_SKIPPED
				       : o->met                              ? VERDICT_GOOD
									     : VERDICT_FAILED,
			    .message = str_cstr(&message),
		    });
	str_release(&message);
}

/* Failed for a reason that no step has: a guard, a gate, an abort. */
static void add_execution(struct suite *s, const struct report *r)
{
	const struct execution_row *row = &r->story.row;
	bool failed = row->status == EXECUTION_FAILED || row->status == EXECUTION_ABORTED ||
		      row->status == EXECUTION_REVERSED;

	add_case(s, &(struct test_case){
			    .class = row->runbook,
			    .name = "execution",
			    .ms = r->to_ms - r->from_ms,
			    .verdict = failed                                  ? VERDICT_FAILED
				       : execution_status_is_over(row->status) ? VERDICT_GOOD
									       : VERDICT_SKIPPED,
			    .message = *r->end_reason ? r->end_reason
						      : execution_status_name(row->status),
		    });
}

void view_report_junit(const struct report *r, struct str *out)
{
	struct suite s = {.cases = STR_INIT};
	char started[CLOCK_TEXT_LEN];

	add_chain(&s, r);
	for (size_t i = 0; i < r->row_count; i++)
		if (!r->rows[i].group)
			add_step(&s, r, &r->rows[i]);
	add_objective(&s, r, "RTO", &r->story.rto);
	add_objective(&s, r, "RPO", &r->story.rpo);
	add_execution(&s, r);
	clock_format_rfc3339(r->story.row.started_ms, started);
	str_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite");
	add_attribute(out, "name", r->story.row.runbook);
	add_attribute(out, "id", r->story.row.id);
	str_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\"", s.tests,
		   s.failures, s.skipped);
	add_seconds(out, "time", r->to_ms - r->from_ms);
	add_attribute(out, "timestamp", started);
	str_add(out, ">\n");
	str_add_text(out, str_text(&s.cases));
	str_add(out, "  </testsuite>\n</testsuites>\n");
	str_release(&s.cases);
}
