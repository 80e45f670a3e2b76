/*
 * view_execution.h - runbooks and their executions: lists, one execution with its steps, entries of
 * its journal as lines, and how it ended.  Pure.
 */
#ifndef CLI_VIEW_EXECUTION_H
#define CLI_VIEW_EXECUTION_H

#include "cli/view.h"

struct execution_rows {
	const struct execution_row *items;
	size_t count;
	int64_t now_ms; /* wall clock */
};

/* One of the manifest's, with what is known of its latest execution. */
struct runbook_row {
	const char *name, *path;
	const struct procedure *procedure;  /* NULL: it has errors */
	const struct execution_story *last; /* NULL: never run */
};
struct runbook_rows {
	const struct runbook_row *items;
	size_t count;
};

/* What runbook check tells: by direction in which it can be run. */
struct runbook_check {
	const char *name;
	const struct procedure *procedure;
	const struct readiness *const *directions;
	size_t direction_count;
	bool inner;        /* other runbooks run it, and it is looked at in them */
	const char *wants; /* a parameter without a value; NULL */
};
/* What an abort would undo, and what would stay: lines; none when nothing was done. */
void view_way_back(struct str *out, const struct execution_story *s, const struct style *st);

/* view_execution_next.c: why it does not go on, and since when; nothing of one that does. */
void view_stopped(struct str *out, const struct execution_story *s, int64_t now_ms,
		  const struct style *st);
/* What to type next: lines, behind an empty one; none when there is nothing to do. */
void view_next(struct str *out, const struct execution_story *s);

void view_executions(struct str *out, const struct execution_rows *rows, const struct style *st);
void view_execution(struct str *out, const struct execution_story *s, int64_t now_ms,
		    const struct style *st);
void view_runbooks(struct str *out, const struct runbook_rows *rows, const struct style *st);
/* view_execution_end.c: what came of it, objectives, what was left out, and what to type next. */
void view_execution_end(struct str *out, const struct execution_story *s, const struct style *st);
/* view_readiness.c */
void view_runbook_check(struct str *out, const struct runbook_check *c, const struct style *st);
/* view_forecast.c */
void view_forecasts(struct str *out, const struct runbook_forecast_list *all,
		    const struct style *st);
json_t *json_forecast(const struct runbook_forecast *r);
void add_wanted(struct str *out, const struct runbook_objectives *o);
/* view_journal.c: one line with its time, or nothing; `execution`: its id. */
void view_journal_entry(struct str *out, const char *execution, const struct journal_entry *e,
			const struct style *st);
/* What is worth a line above the live picture, which shows the rest. */
bool view_journal_lasts(const struct journal_entry *e);

/* Where the step stands below others: slashes of its path. */
size_t step_depth(const char *path);
const char *step_last_name(const char *path);
/* Not begun, and nobody will: what it belongs to is over, or it is there for an undoing. */
bool step_is_idle(const struct execution_story *s, const struct step_story *step);
/* Not of a group in which another step, that stands as it does, says so itself. */
bool step_says_more(const struct execution_story *s, const struct step_story *step);
/* "ann@ci-7" of an entry's By, which may be a text; "". */
void add_by(struct str *out, const json_t *by);
/* "From=east, To=west" of a JSON object; "" of an empty one. */
void add_parameters(struct str *out, const char *json);
/* "1m12s"; nothing below zero. */
void add_span(struct str *out, int64_t ms);

/* json_execution.c: lines of JSON (docs/json.md); new references. */
json_t *json_execution(const struct execution_row *r, int64_t now_ms);
json_t *json_execution_story(const struct execution_story *s, int64_t now_ms);
json_t *json_runbook(const struct runbook_row *r);
/* json_readiness.c */
json_t *json_runbook_check(const struct runbook_check *c);
void json_set_objectives(json_t *j, const struct runbook_objectives *o);
json_t *json_journal(const char *execution, const struct journal_entry *e);

#endif
