/*
 * view.h - how results reach the user: for people (view_human.c) or as JSON lines
 * (view_json.c).
 *
 * A view is the engine's observer as well.  view_x_new, any number of calls, then finish
 * and close.  People get what one would pipe on stdout and everything else on stderr; with
 * JSON all goes to stdout, one object per line (docs/json.md).  The functions that make
 * text are pure, so that tests compare it byte for byte.
 */
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include "base/json.h"
#include "base/map.h"
#include "cli/term.h"
#include "engine/engine_runbook.h"

enum plan_view {
	PLAN_FOR_PLAN,
	PLAN_FOR_APPLY, /* the same, before it is applied */
	PLAN_FOR_DRIFT
};

struct validation {
	const char *project; /* NULL: templates on their own */
	size_t stack_count, instance_count, resource_count;
	const char *template; /* when it is one */
	size_t template_count, warning_count;
};

/* A run of the history, with what is known of it beside its record. */
struct run_row {
	const struct run_record *run;
	const char *status; /* as shown: "LOST" when its process is gone */
	struct operation_count operations;
	struct control_request asked;
	int64_t now_ms;             /* wall clock */
	const char *waits_for;      /* QUEUED: whom; else NULL */
	struct result_list results; /* how its instances fare; only where one run is shown */
};
struct run_rows {
	const struct run_row *items;
	size_t count;
};

/* One stack instance in one run. */
struct deployment_row {
	const struct run_record *run;
	const char *status; /* of the instance in it */
	struct instance_id id;
	int64_t at_ms;                 /* when it began */
	const struct version *version; /* NULL: recorded by an older program */
};
struct deployment_rows {
	const struct deployment_row *items;
	size_t count;
};

struct execution_rows; /* view_execution.h */
struct runbook_rows;
struct runbook_check;

struct view {
	struct observer observer; /* must be first: events arrive with its address */
	/* Sorts, groups and shows; nothing for an empty list. */
	void (*show_diags)(struct view *v, struct diags *d);
	void (*show_plan)(struct view *v, const struct plan *p, enum plan_view kind);
	void (*show_saved_plan)(struct view *v, const struct saved_plan *s);
	void (*show_result)(struct view *v, const struct run_result *r, enum run_mode mode);
	void (*show_validation)(struct view *v, const struct validation *all);
	/* project NULL: it cannot be read, and the rows are what is recorded. */
	void (*show_status)(struct view *v, const char *project, const struct status_rows *rows);
	void (*show_health)(struct view *v, const struct health_result *all);
	/* While it is watched: a row of `all` has another state. */
	void (*show_health_change)(struct view *v, const struct health_row *row,
				   const struct health_result *all);
	/* Something happened while checks are watched. */
	void (*show_watch)(struct view *v, const struct watch_event *ev);
	void (*show_watch_status)(struct view *v, const struct watch_status *w, int64_t now_ms);
	void (*show_outputs)(struct view *v, const struct output_rows *rows);
	/* `future`: what `lock` would do. */
	void (*show_lock)(struct view *v, const struct lock_changes *all, bool future);
	void (*show_type_names)(struct view *v, const char *const *names, size_t count);
	void (*show_type)(struct view *v, const char *name, const json_t *schema);
	void (*show_records)(struct view *v, const struct record_list *records);
	void (*show_runs)(struct view *v, const struct run_rows *rows);
	void (*show_run)(struct view *v, const struct run_row *row,
			 const struct operation_list *changes);
	void (*show_deployments)(struct view *v, const struct deployment_rows *rows);
	/* While a run is watched: an instance has begun, or ended. */
	void (*show_instance)(struct view *v, const struct instance_result *r);
	void (*show_runbooks)(struct view *v, const struct runbook_rows *rows);
	void (*show_runbook_check)(struct view *v, const struct runbook_check *c);
	void (*show_comparison)(struct view *v, const struct comparison *c);
	/* Behind a plan. */
	void (*show_forecasts)(struct view *v, const struct runbook_forecast_list *all);
	void (*show_executions)(struct view *v, const struct execution_rows *rows);
	void (*show_execution)(struct view *v, const struct execution_story *s);
	/* Behind the entries of its journal: how it ended. */
	void (*show_execution_end)(struct view *v, const struct execution_story *s);
	/* Opens a question about a step below everything: what comes meanwhile is written above it,
	 * and when the step goes on it is closed.  NULL: it is answered.  Only where somebody can
	 * be asked. */
	void (*ask)(struct view *v, const char *step, const char *question);
	/* One sentence about what was done, for a person; `subject` says it to a program. */
	void (*show_done)(struct view *v, const char *subject, const char *sentence);
	/* Before somebody else writes to the terminal. */
	void (*pause)(struct view *v);
	void (*finish)(struct view *v, int exit_code);
	void (*close)(struct view *v);
	bool asks; /* a question is open */
};

struct view_setup {
	struct term *out, *err;
	struct clock *clock;
	const char *command;
	bool markdown; /* a comparison, for a pull request */
	bool full;  /* plans for people are never summed up, and alike instances told one by one */
	bool plain; /* the command without options that say of what, or with which values */
	const char *freeze_reason; /* why no freeze holds now; NULL: they hold */
};

struct view *view_human_new(const struct view_setup *setup);
struct view *view_json_new(const struct view_setup *setup);
/* For commands that only report: one SARIF document at the end. */
struct view *view_sarif_new(const struct view_setup *setup);

/* view_diag.c: sorts d; the same cause at several addresses is shown once and counts as one.
 * Ends with the counts when there are several. */
void view_diags(struct str *out, struct diags *d, const struct style *st);
/* The same of a run over several stack instances: says in how many of them, and which command
 * tries them again. */
struct diag_run {
	const char *command;       /* "apply"; NULL: nothing exact can be said */
	const struct map *regions; /* keys: names of all that it goes over */
};
void view_diags_of_run(struct str *out, struct diags *d, const struct diag_run *run,
		       const struct style *st);
/* view_plan.c: stack instances with the same changes are told once, but for drift. */
void view_plan(struct str *out, const struct plan *p, enum plan_view kind, const struct style *st);
/* Each stack instance by itself. */
void view_plan_full(struct str *out, const struct plan *p, enum plan_view kind,
		    const struct style *st);
/* "8 to create, 1 to update, 0 to delete" */
void view_plan_counts(struct str *out, const struct plan_counts *c);
/* "3 changes are left out by --only" */
void view_left_out(struct str *out, const struct plan *p);
/* "1 of 3 resources could not be read" */
void view_unread(struct str *out, const struct plan *p);
/* view_saved.c */
void view_saved_plan(struct str *out, const struct saved_plan *s, const struct style *st);
/* view_result.c */
void view_result(struct str *out, const struct run_result *r, enum run_mode mode,
		 const struct style *st);
/* One line for an event, or nothing when it is not worth one. */
void view_event(struct str *out, const struct event *e, const struct style *st);
/* view_status.c */
void view_status(struct str *out, const char *project, const struct status_rows *rows,
		 const struct style *st);
void view_outputs(struct str *out, const struct output_rows *rows, const struct style *st);
/* People at a terminal see types and ids too; pipes get one address per line. */
enum records_view { RECORDS_TABLE, RECORDS_NAMES };
void view_records(struct str *out, const struct record_list *records, enum records_view kind);

#endif
