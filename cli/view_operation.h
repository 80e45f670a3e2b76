/*
 * view_operation.h - the history: runs, and the operations of one.
 */
#ifndef CLI_VIEW_OPERATION_H
#define CLI_VIEW_OPERATION_H

#include "cli/view.h"

void view_runs(struct str *out, const struct run_rows *rows, const struct style *st);
void view_run(struct str *out, const struct run_row *row, const struct operation_list *changes,
	      const struct style *st);
/* The stack instances that a run changed, one behind the other. */
void view_run_instances(struct str *out, const struct run_record *r);
/* A line of JSON (docs/json.md); new references. */
json_t *json_run(const struct run_row *row);
json_t *json_run_operation(const char *run, const struct operation *op);

#endif
