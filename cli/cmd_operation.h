/*
 * cmd_operation.h - the commands of `operation`, which work on the history in recorded state.
 */
#ifndef CLI_CMD_OPERATION_H
#define CLI_CMD_OPERATION_H

#include "cli/invocation.h"

extern const struct command cmd_operation_stop;

/* As it is shown: a run whose process is gone is LOST. */
const char *operation_run_status(const struct run_record *r);
/* 0, or -1 with an error that names the nearest id. */
int operation_find_run(struct invocation *in, const char *id, struct run_record *out);

#endif
