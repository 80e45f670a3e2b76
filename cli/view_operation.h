/*
 * view_operation.h - the history: runs, and the operations of one.
 */
#ifndef CLI_VIEW_OPERATION_H
#define CLI_VIEW_OPERATION_H

#include "cli/view.h"

void view_runs(struct str *out, const struct run_rows *rows, const struct style *st);
void view_run(struct str *out, const struct run_row *row, const struct operation_list *changes,
	      const struct style *st);
/* view_history.c */
void view_deployments(struct str *out, const struct deployment_rows *rows, const struct style *st);
json_t *json_deployment(const struct deployment_row *row);
/* "made from 1a2b3c4d5e (main), 2 used files differ: web.yaml, db.yaml": escaped, without indent
 * and end of line; nothing for a version that is not known. */
void view_version(struct str *out, const struct version *v);
/* The stack instances that a run changed, one behind the other; many are counted. */
void view_run_instances(struct str *out, const struct run_record *r);
/* "16:01:12Z  web/east  FAILED  Page: it broke": one that has begun, or ended. */
void view_instance(struct str *out, const struct instance_result *r, const struct style *st);
/* How the instances of a run fared, in order; of many those that did not succeed. */
void view_results(struct str *out, const struct result_list *list, const struct style *st);
/* "3 SUCCEEDED, 1 FAILED" */
void view_result_counts(struct str *out, const struct result_list *list);
/* A line of JSON (docs/json.md); new references. */
json_t *json_run(const struct run_row *row);
json_t *json_instance_result(const struct instance_result *r);
json_t *json_run_operation(const char *run, const struct operation *op);

#endif
