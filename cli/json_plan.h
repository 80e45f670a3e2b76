/*
 * json_plan.h - plans, diagnostics and recorded state as JSON (docs/json.md).
 *
 * New references; nothing that is secret is in them.
 */
#ifndef CLI_JSON_PLAN_H
#define CLI_JSON_PLAN_H

#include "base/json.h"
#include "cli/view.h"

/* An object with "schema" and "type"; the caller adds members. */
json_t *json_line(const char *type);
json_t *json_time(int64_t wall_ms);
/* Sets key to a text, or leaves it away when the text is NULL or empty. */
void json_set_text(json_t *object, const char *key, const char *text);
/* Sets key to the value of a JSON text, or leaves it away when there is none. */
void json_set_json(json_t *object, const char *key, const char *json);
json_t *json_counts(const struct plan_counts *c);
json_t *json_address(const struct address *addr);

/* The lines that a plan is, in order; each call takes its line over. */
void json_plan_each(const struct plan *p, enum plan_view kind, void (*line)(void *, json_t *),
		    void *context);
/* json_rollout.c: the lines of its rollouts, in the order in which they begin (json_plan_each has
 * them), and of the freezes that hold now. */
void json_rollouts_each(const struct plan *p, void (*line)(void *, json_t *), void *context);
void json_freezes_each(const struct plan *p, int64_t now_ms, void (*line)(void *, json_t *),
		       void *context);
/* Array of {"stack", "instances", "statuses", "stopped"}: how the members of each rollout fared. */
json_t *json_outcomes(const struct run_result *r);
/* Array of {"address", "properties"} of what a rollback leaves as it is, and of what was skipped
 * ("skipped": true). */
json_t *json_not_restored(const struct plan *p);
json_t *json_plan_head(const struct plan *p);
json_t *json_plan_change(const struct change *c);
/* json_drift.c: of one stack instance, with counts; "IN_SYNC" and the like. */
json_t *json_drift(const struct plan *p, const struct instance_plan *i);
/* How many of them are how: `total`, `drifted`, ... */
json_t *json_drift_counts(const struct plan *p);
const char *json_drift_word(enum drift_status s);
json_t *json_output_change(const struct output_change *o);
json_t *json_diag(const struct diag *g);
/* Masked secrets as "(sensitive)". */
json_t *json_record(const struct record *r);
/* As it is recorded, with the digests of secrets. */
json_t *json_record_raw(const struct record *r);

#endif
