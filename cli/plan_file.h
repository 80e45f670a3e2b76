/*
 * plan_file.h - plan --out, plan --show and apply --plan.
 */
#ifndef CLI_PLAN_FILE_H
#define CLI_PLAN_FILE_H

#include "cli/invocation.h"

/* Opens what --plan or --show names, into in->saved; with --plan what it was made from is
 * compared with what is on disk.  0, or -1 with errors. */
int plan_file_open(struct invocation *in);
/* Saves a plan under --out.  0, or -1 with errors. */
int plan_file_save(struct invocation *in, const struct plan *p, const struct run_request *q);
/* --show: the plan as it was saved; what it was made from and is different now is a warning. */
int plan_file_show(struct invocation *in);

#endif
