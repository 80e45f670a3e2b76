/*
 * view_human.c - results for people: what one would pipe on stdout, the rest on stderr.
 *
 * On a terminal long work shows live lines, and only what stays interesting is written
 * above them; elsewhere every event that ends something is a line.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/progress.h"
#include "cli/view_compare.h"
#include "cli/view_execution.h"
#include "cli/view_health.h"
#include "cli/view_lock.h"
#include "cli/view_operation.h"
#include "cli/view_plan.h"
#include "cli/view_rollout.h"
#include "cli/view_text.h"
#include "cli/view_type.h"
#include "cli/view_watch.h"

#define VAST 50

struct view_human {
	struct view view; /* must be first */
	struct term *out, *err;
	struct progress *progress; /* NULL: stderr is no terminal */
	size_t deletes_failed;
	struct clock *clock;
	const char *freeze_reason;
	size_t health_lines; /* of the picture that is watched */
	bool markdown;       /* of a comparison */
	bool full;           /* plans are shown whole however long they are */
	bool vast;           /* the plan changes more stack instances than VAST */
	bool several;
	struct map regions; /* keys: names of those of the plan */
	bool applying;      /* or it is over */
	const char *retry;  /* command that tries again what failed; NULL */
	char *question;     /* the one that is open; NULL */
	char *asked;        /* step that it is about */
};

static struct view_human *human_of(struct view *v)
{
	return container_of(v, struct view_human, view);
}

static void write_out(struct view_human *h, struct str *text)
{
	if (h->progress)
		progress_clear(h->progress);
	if (text->len)
		term_write(h->out, text);
	str_release(text);
}

/* Half an answer may stand behind the question: it is told once more below. */
static void write_above_question(struct view_human *h, const struct str *text)
{
	struct str all = STR_INIT;

	str_add_char(&all, '\n');
	str_add_text(&all, str_text(text));
	str_add(&all, h->question);
	term_write(h->err, &all);
	str_release(&all);
}

static void write_err(struct view_human *h, struct str *text)
{
	if (text->len && h->question)
		write_above_question(h, text);
	else if (text->len && h->progress)
		progress_write(h->progress, text);
	else if (text->len)
		term_write(h->err, text);
	str_release(text);
}

/* What scrolls above the live lines must be worth it. */
static bool lasts(const struct event *e)
{
	switch (e->kind) {
	case EVENT_JOURNAL:
		return e->entry && view_journal_lasts(e->entry);
	case EVENT_LOCK_WAIT:
	case EVENT_RECOVERED:
	case EVENT_SLOW:
	case EVENT_FAILED:
	case EVENT_BREAKER_OPEN:
	case EVENT_BREAKER_CLOSED:
	case EVENT_WAVE:
	case EVENT_CHECK:
	case EVENT_GATE:
	case EVENT_ROLLING_BACK:
	case EVENT_CANCELLING:
		return true;
	case EVENT_INSTANCE_STARTED: /* the live lines count them */
	case EVENT_INSTANCE_ENDED:
	case EVENT_BAKING:
	case EVENT_RECOVERING:
	case EVENT_RECALLED:
	case EVENT_REFRESH_STARTED:
	case EVENT_REFRESHED:
	case EVENT_PLANNED:
	case EVENT_APPLY_STARTED:
	case EVENT_STARTED:
	case EVENT_PROGRESS:
	case EVENT_WAITING:
	case EVENT_RETRY:
	case EVENT_SUCCEEDED:
	case EVENT_LEFT_OPEN:
	case EVENT_SKIPPED:
	case EVENT_FINISHED:
		return false;
	}
	return false;
}

/* Of so many instances a line for each change that went well says nothing to anybody. */
static void learn_size(struct view_human *h, const struct plan *p)
{
	size_t members = 0;

	for (size_t i = 0; i < p->rollouts.count; i++) {
		const struct stack_rollout *r = &p->rollouts.items[i];

		members += r->spec.member_count;
		for (size_t k = 0; k < r->spec.region_count; k++)
			map_set(&h->regions, text_of(r->regions[k]), h);
	}
	h->vast |= members > VAST;
	h->several |= members > 1;
}

/* Where there are no live lines. */
static bool is_told(const struct view_human *h, const struct event *e)
{
	return !h->vast || e->execution || lasts(e) || e->kind == EVENT_INSTANCE_ENDED ||
	       e->kind == EVENT_BAKING || e->kind == EVENT_REFRESH_STARTED ||
	       e->kind == EVENT_APPLY_STARTED;
}

static void close_question(struct view_human *h);

/* Somebody answered from another terminal, or nobody can any more. */
static bool settles_question(const struct view_human *h, const struct journal_entry *e)
{
	static const bool settles[ENTRY_KIND_COUNT] = {
		[ENTRY_STEP_STARTED] = true, [ENTRY_STEP_SUCCEEDED] = true,
		[ENTRY_STEP_FAILED] = true,  [ENTRY_STEP_SKIPPED] = true,
		[ENTRY_STEP_RETRY] = true,   [ENTRY_STEP_REVERSING] = true,
	};

	if (!h->question || (size_t)e->kind >= ENTRY_KIND_COUNT)
		return false;
	return e->kind == ENTRY_ENDED || e->kind == ENTRY_REVERSING ||
	       (settles[e->kind] && strcmp(e->step, h->asked) == 0);
}

static void on_event(struct observer *o, const struct event *e)
{
	struct view_human *h = human_of(container_of(o, struct view, observer));
	struct str text = STR_INIT;

	if (e->kind == EVENT_FAILED && e->action && strcmp(e->action, "delete") == 0)
		h->deletes_failed++;
	if (h->progress)
		progress_event(h->progress, e);
	if (e->kind == EVENT_RECALLED)
		return;
	if (e->kind == EVENT_JOURNAL && e->entry && settles_question(h, e->entry)) {
		str_add_char(&text, '\n');
		term_write(h->err, &text);
		str_release(&text);
		close_question(h);
	}
	if (e->kind == EVENT_PLANNED && e->plan && !e->execution)
		learn_size(h, e->plan);
	h->applying |= e->kind == EVENT_APPLY_STARTED && !e->execution;
	if (h->progress ? !lasts(e) : !is_told(h, e))
		return;
	if (e->kind == EVENT_JOURNAL && e->entry)
		view_journal_entry(&text, e->execution, e->entry, &h->err->style);
	else
		view_event(&text, e, &h->err->style);
	write_err(h, &text);
}

static void show_diags(struct view *v, struct diags *d)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	if (h->several && h->applying)
		view_diags_of_run(&text, d, &(struct diag_run){h->retry, &h->regions},
				  &h->err->style);
	else
		view_diags(&text, d, &h->err->style);
	write_err(h, &text);
}

static void show_plan(struct view *v, const struct plan *p, enum plan_view kind)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	if (h->full)
		view_plan_full(&text, p, kind, &h->out->style);
	else if (kind != PLAN_FOR_DRIFT && view_plan_is_long(p))
		view_plan_summary(&text, p, &h->out->style);
	else
		view_plan(&text, p, kind, &h->out->style);
	if (kind != PLAN_FOR_DRIFT)
		view_freezes(&text, p, h->clock->wall_ms(h->clock), h->freeze_reason,
			     &h->out->style);
	if (kind == PLAN_FOR_APPLY && !plan_empty(p))
		str_add_char(&text, '\n');
	write_out(h, &text);
}

static void show_saved_plan(struct view *v, const struct saved_plan *s)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_saved_plan(&text, s, &h->out->style);
	write_out(h, &text);
}

static void show_result(struct view *v, const struct run_result *r, enum run_mode mode)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_result(&text, r, mode, &h->err->style);
	if (h->deletes_failed)
		str_add(&text,
			"What cannot be reached any more is given up with 'hadeploy state rm "
			"ADDRESS'.\n");
	if (h->progress)
		progress_keep(h->progress);
	write_err(h, &text);
}

static void add_templates(struct str *text, const struct validation *all)
{
	if (all->template_count == 1)
		str_printf(text, "Template %s is valid: ", all->template);
	else
		str_printf(text, "%zu templates are valid: ", all->template_count);
	counted(text, all->resource_count, "resource", "resources");
	if (all->warning_count) {
		str_add(text, ", ");
		counted(text, all->warning_count, "warning", "warnings");
	}
	str_add(text, ".\n");
}

static void show_validation(struct view *v, const struct validation *all)
{
	struct str text = STR_INIT;

	if (!all->project) {
		add_templates(&text, all);
		write_err(human_of(v), &text);
		return;
	}
	str_printf(&text, "Project %s is valid: ", all->project);
	counted(&text, all->stack_count, "stack, ", "stacks, ");
	counted(&text, all->instance_count, "stack instance, ", "stack instances, ");
	counted(&text, all->resource_count, "resource.\n", "resources.\n");
	write_err(human_of(v), &text);
}

static void show_status(struct view *v, const char *project, const struct status_rows *rows)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_status(&text, project, rows, &h->out->style);
	write_out(h, &text);
}

static void show_health(struct view *v, const struct health_result *all)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_health(&text, all, &h->out->style);
	write_out(h, &text);
}

/* On a terminal the picture stays where it is. */
static void show_health_change(struct view *v, const struct health_row *row,
			       const struct health_result *all)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	if (h->out->is_terminal) {
		if (h->health_lines)
			str_printf(&text, "\033[%zuA\033[J", h->health_lines);
		h->health_lines = view_health(&text, all, &h->out->style);
	} else {
		view_health_change(&text, row);
	}
	write_out(h, &text);
}

static void show_watch(struct view *v, const struct watch_event *ev)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_watch(&text, ev, &h->out->style);
	write_out(h, &text);
}

static void show_watch_status(struct view *v, const struct watch_status *w, int64_t now_ms)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_watch_status(&text, w, now_ms, &h->out->style);
	write_out(h, &text);
}

static void show_outputs(struct view *v, const struct output_rows *rows)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_outputs(&text, rows, &h->out->style);
	write_out(h, &text);
}

static void show_records(struct view *v, const struct record_list *records)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_records(&text, records, h->out->is_terminal ? RECORDS_TABLE : RECORDS_NAMES);
	write_out(h, &text);
}

static void show_runs(struct view *v, const struct run_rows *rows)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_runs(&text, rows, &h->out->style);
	write_out(h, &text);
}

static void show_deployments(struct view *v, const struct deployment_rows *rows)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_deployments(&text, rows, &h->out->style);
	write_out(h, &text);
}

static void show_run(struct view *v, const struct run_row *row,
		     const struct operation_list *changes)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_run(&text, row, changes, &h->out->style);
	write_out(h, &text);
}

static void show_instance(struct view *v, const struct instance_result *r)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_instance(&text, r, &h->out->style);
	write_out(h, &text);
}

static void show_runbooks(struct view *v, const struct runbook_rows *rows)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_runbooks(&text, rows, &h->out->style);
	write_out(h, &text);
}

static void show_runbook_check(struct view *v, const struct runbook_check *c)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_runbook_check(&text, c, &h->out->style);
	write_out(h, &text);
}

static void show_comparison(struct view *v, const struct comparison *c)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	if (h->markdown)
		view_comparison_markdown(&text, c);
	else
		view_comparison(&text, c, &h->out->style);
	write_out(h, &text);
}

static void show_forecasts(struct view *v, const struct runbook_forecast_list *all)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_forecasts(&text, all, &h->out->style);
	write_out(h, &text);
}

static void show_executions(struct view *v, const struct execution_rows *rows)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_executions(&text, rows, &h->out->style);
	write_out(h, &text);
}

static void show_execution(struct view *v, const struct execution_story *s)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_execution(&text, s, h->clock->wall_ms(h->clock), &h->out->style);
	write_out(h, &text);
}

static void show_execution_end(struct view *v, const struct execution_story *s)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_execution_end(&text, s, &h->err->style);
	if (h->progress)
		progress_keep(h->progress);
	write_err(h, &text);
}

/* Half an answer may stand there. */
static void close_question(struct view_human *h)
{
	free(h->question);
	free(h->asked);
	h->question = h->asked = NULL;
	h->view.asks = false;
	if (h->progress)
		progress_release(h->progress);
}

static void ask(struct view *v, const char *step, const char *question)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	if (!question) {
		close_question(h);
		return;
	}
	if (!h->question && h->progress)
		progress_hold(h->progress);
	free(h->question);
	free(h->asked);
	h->question = xstrdup(question);
	h->asked = xstrdup(step);
	h->view.asks = true;
	str_add(&text, question);
	term_write(h->err, &text);
	str_release(&text);
}

static void show_type(struct view *v, const char *name, const json_t *schema)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_type(&text, name, schema, &h->out->style);
	write_out(h, &text);
}

static void show_lock(struct view *v, const struct lock_changes *all, bool future)
{
	struct view_human *h = human_of(v);
	struct str text = STR_INIT;

	view_lock(&text, all, future, &h->out->style);
	write_out(h, &text);
}

static void show_type_names(struct view *v, const char *const *names, size_t count)
{
	struct str text = STR_INIT;

	for (size_t i = 0; i < count; i++) {
		shown_text(&text, text_of(names[i]));
		str_add_char(&text, '\n');
	}
	write_out(human_of(v), &text);
}

static void show_done(struct view *v, const char *subject, const char *sentence)
{
	struct str text = STR_INIT;

	(void)subject;
	str_printf(&text, "%s\n", sentence);
	write_err(human_of(v), &text);
}

static void pause_view(struct view *v)
{
	struct view_human *h = human_of(v);

	if (h->progress)
		progress_clear(h->progress);
}

static void finish(struct view *v, int exit_code)
{
	(void)exit_code;
	pause_view(v);
}

static void close_view(struct view *v)
{
	struct view_human *h = human_of(v);

	progress_free(h->progress);
	map_release(&h->regions);
	free(h->question);
	free(h->asked);
	free(h);
}

struct view *view_human_new(const struct view_setup *setup)
{
	struct view_human *h = xcalloc(1, sizeof(*h));

	h->view = (struct view){
		.observer = {on_event},
		.show_diags = show_diags,
		.show_plan = show_plan,
		.show_saved_plan = show_saved_plan,
		.show_result = show_result,
		.show_validation = show_validation,
		.show_status = show_status,
		.show_health = show_health,
		.show_health_change = show_health_change,
		.show_watch = show_watch,
		.show_watch_status = show_watch_status,
		.show_outputs = show_outputs,
		.show_records = show_records,
		.show_runs = show_runs,
		.show_deployments = show_deployments,
		.show_run = show_run,
		.show_instance = show_instance,
		.show_runbooks = show_runbooks,
		.show_runbook_check = show_runbook_check,
		.show_comparison = show_comparison,
		.show_forecasts = show_forecasts,
		.show_executions = show_executions,
		.show_execution = show_execution,
		.show_execution_end = show_execution_end,
		.ask = ask,
		.show_type = show_type,
		.show_lock = show_lock,
		.show_type_names = show_type_names,
		.show_done = show_done,
		.pause = pause_view,
		.finish = finish,
		.close = close_view,
	};
	h->out = setup->out;
	h->err = setup->err;
	h->full = setup->full;
	h->markdown = setup->markdown;
	h->clock = setup->clock;
	h->freeze_reason = setup->freeze_reason;
	h->retry = setup->plain ? setup->command : NULL;
	if (h->err->is_terminal)
		h->progress = progress_new(h->err, setup->clock);
	return &h->view;
}
