/*
 * view_plan.h - pieces of a plan as text, for the whole plan and for the summary of a long one.
 */
#ifndef CLI_VIEW_PLAN_H
#define CLI_VIEW_PLAN_H

#include "cli/view.h"

/* The counts of everything, and what was compared. */
void view_plan_header(struct str *out, const struct plan *p, const struct style *st);
/* "-/+ web/east/Page  SSH::File  why", without a newline. */
void view_change_line(struct str *out, const struct plan *p, const struct change *c,
		      const struct style *st);
/* How many resources stay as they are, and how many changes are left out. */
void view_unchanged(struct str *out, const struct plan *p);
/* "8 to create, 1 to retain": only what there is. */
void view_some_counts(struct str *out, const struct plan_counts *c);
/* Adds one change to counts. */
void view_count_change(struct plan_counts *n, const struct change *c);
/* Of one stack instance. */
struct plan_counts view_count_instance(const struct plan *p, const struct instance_plan *i);
/* Whether anything is said of this change; what stays as it is is only counted. */
bool view_shows_change(const struct change *c, enum plan_view kind);

/* How many resources are recorded. */
size_t view_recorded(const struct plan *p);

/* view_drift.c: "DRIFTED" and the like; what comes before the resources that differ; and all there
 * is to say when none does. */
const char *view_drift_status(enum drift_status s);
void view_drift_header(struct str *out, const struct plan *p, const struct style *st);
void view_no_drift(struct str *out, const struct plan *p);

/* view_summary.c: a plan of more changes than anybody reads, alike instances taken together. */
bool view_plan_is_long(const struct plan *p);
void view_plan_summary(struct str *out, const struct plan *p, const struct style *st);

#endif
