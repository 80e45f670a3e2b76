/*
 * cmd_runbook_report.c - the report of an execution, and whether one that was saved is as it was
 * made.
 */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "cli/cmd_runbook.h"
#include "cli/execution.h"
#include "cli/out_file.h"
#include "cli/view_report.h"

static int say_none(struct invocation *in)
{
	struct diag *g = diag_add(&in->diags, DIAG_EXECUTION_NONE, RANGE_NONE,
				  "no execution of a runbook is recorded");

	diag_hint(&in->diags, g, "'hadeploy runbook run NAME' and 'runbook drill' leave one");
	return -1;
}

/* Without an id: the latest. */
static int find(struct invocation *in, struct execution_row *out)
{
	struct execution_list latest = {NULL, 0};

	if (in->args->operand_count)
		return execution_find(in, in->args->operands[0], out);
	if (journal_load_executions(in->state, 1, in->arena, &latest, &in->diags) != 0)
		return -1;
	if (!latest.count)
		return say_none(in);
	*out = latest.items[0];
	return 0;
}

/* Of one that is over every report is the same, byte for byte, whenever it is made. */
static void make(struct invocation *in, const struct execution_row *row,
		 const struct journal_list *entries, struct report *out)
{
	int64_t made_ms = row->ended_ms ? row->ended_ms : in->clock->wall_ms(in->clock);

	report_make(in->arena, entries, row->head, made_ms, out);
}

static void view_json(const struct report *r, struct str *out)
{
	json_t *j = report_json(r);

	json_pretty(j, out);
	if (out->len && out->ptr[out->len - 1] != '\n')
		str_add_char(out, '\n');
	json_decref(j);
}

static const struct {
	const char *name;
	void (*view)(const struct report *r, struct str *out);
} formats[] = {
	{"markdown", view_report_markdown},
	{"html", view_report_html},
	{"json", view_json},
	{"junit", view_report_junit},
};

static void view(const struct invocation *in, const struct report *r, struct str *out)
{
	const char *name = in->args->options[OPT_EXECUTION_FORMAT].text;
	size_t i = 0;

	while (name && i + 1 < ARRAY_LEN(formats) && strcmp(formats[i].name, name) != 0)
		i++;
	formats[i].view(r, out);
}

static int save(struct invocation *in, const struct str *text)
{
	const char *path = in->args->options[OPT_REPORT_OUT].text;
	struct str done = STR_INIT;
	struct diag *g;

	if (file_write_atomic(path, str_text(text)) != 0) {
		g = diag_add(&in->diags, DIAG_REPORT_FILE, RANGE_NONE,
			     "report '%s' cannot be written: %s", path, strerror(errno));
		diag_hint(&in->diags, g, "without --out it is printed");
		return -1;
	}
	str_printf(&done, "Saved '%s'.", path);
	in->view->show_done(in->view, "report_saved", str_cstr(&done));
	str_release(&done);
	return 0;
}

/* It is shown all the same: what stands before the break is what was recorded. */
static void say_broken(struct invocation *in, const struct report *r)
{
	struct diag *g = diag_add(&in->diags, DIAG_JOURNAL_BROKEN, RANGE_NONE,
				  "the journal of execution '%s' was changed at event %lld",
				  r->story.row.id, (long long)r->broken_at);

	diag_hint(&in->diags, g, "'hadeploy state check' says more");
}

static int run_report(struct invocation *in)
{
	struct execution_row row;
	struct journal_list entries;
	struct str text = STR_INIT;
	struct report r;

	if (!in->state) {
		invocation_project_is_here(in);
		return invocation_exit(in);
	}
	if (option_given(in->args, OPT_REPORT_OUT) &&
	    out_file_check(in, in->args->options[OPT_REPORT_OUT].text, OUT_REPORT) != 0)
		return invocation_exit(in);
	if (find(in, &row) != 0 ||
	    journal_load_entries(in->state, &(struct journal_part){row.id, 0}, in->arena, &entries,
				 &in->diags) != 0)
		return invocation_exit(in);
	make(in, &row, &entries, &r);
	view(in, &r, &text);
	if (r.broken_at)
		say_broken(in, &r);
	if (option_given(in->args, OPT_REPORT_OUT))
		save(in, &text);
	else
		term_write(&in->out, &text);
	str_release(&text);
	return invocation_exit(in);
}

/* --- verifying ------------------------------------------------------------------------- */

static int read_report(struct invocation *in, const char *path, struct report *out)
{
	struct str text = STR_INIT;
	struct diag *g;
	int result;

	if (file_read(path, LIMIT_SOURCE_LEN, &text) != 0) {
		g = diag_add(&in->diags, DIAG_REPORT_FILE, RANGE_NONE,
			     "report '%s' cannot be read: %s", path, strerror(errno));
		diag_hint(&in->diags, g,
			  "name a file that 'runbook report --format json' has made");
		return -1;
	}
	result = report_verify(in->arena, path, str_text(&text), out, &in->diags);
	str_release(&text);
	return result;
}

/* What was made up with all its hashes only shows here, or to who knows the last hash. */
static int compare(struct invocation *in, const char *path, const struct report *r,
		   struct str *done)
{
	struct execution_list found = {NULL, 0};
	struct journal_list recorded;

	if (in->state && *r->story.row.id &&
	    journal_load_execution(in->state, r->story.row.id, in->arena, &found, &in->diags) != 0)
		return -1;
	if (!found.count || strcmp(found.items[0].id, r->story.row.id) != 0) {
		str_add(done, " The execution is not recorded here: compare the last hash with one "
			      "that was written down.");
		return 0;
	}
	if (journal_load_entries(in->state, &(struct journal_part){r->story.row.id, 0}, in->arena,
				 &recorded, &in->diags) != 0 ||
	    report_compare(r, path, &recorded, &in->diags) != 0)
		return -1;
	str_add(done, " Its events are those that are recorded here.");
	if (recorded.count > r->entries.count)
		str_printf(done, " There are %zu more since.", recorded.count - r->entries.count);
	return 0;
}

static int run_verify(struct invocation *in)
{
	const char *path = in->args->options[OPT_VERIFY].text;
	struct str done = STR_INIT;
	struct report r;

	if (read_report(in, path, &r) != 0)
		return invocation_exit(in);
	str_printf(&done, "The report is as it was made: %zu events of execution %s, last hash %s.",
		   r.entries.count, r.story.row.id, r.head);
	if (compare(in, path, &r, &done) == 0)
		in->view->show_done(in->view, "report_verified", str_cstr(&done));
	str_release(&done);
	return invocation_exit(in);
}

static int run(struct invocation *in)
{
	return option_given(in->args, OPT_VERIFY) ? run_verify(in) : run_report(in);
}

const struct command cmd_runbook_report = {
	.name = "runbook report",
	.group = GROUP_FAILOVER,
	.summary = "print the report of an execution, or verify one",
	.operands = "[EXECUTION]",
	.operand_max = 1,
	.help = "Prints what happened in an execution, the latest one unless an id or the "
		"beginning "
		"of one is given: objectives against what they were, where the time went, each "
		"step "
		"with the critical path, who asked for what and why, fences, accepted data loss, "
		"what checks said, and every event. HTML is one file with a picture of the "
		"timeline; JSON has all hashes; JUnit is for CI.\n"
		"\n"
		"Every event names the hash of the one before it. --verify reads a report that was "
		"saved as JSON, follows the hashes, works out the rest of it again, and compares "
		"it with what is recorded here: exit code 1 says that something was changed, and "
		"the message what and where (docs/reports.md).",
	.examples =
		(const char *const[]){"hadeploy runbook report --format html --out failover.html",
				      "the latest execution, to be mailed",
				      "hadeploy runbook report --verify failover.json",
				      "was it changed since it was made?", NULL},
	.options = (const enum option_id[]){OPT_EXECUTION_FORMAT, OPT_REPORT_OUT, OPT_VERIFY,
					    OPT_JSON, OPT_END},
	.needs = NEED_STATE_IF_PROJECT,
	.run = run,
};
