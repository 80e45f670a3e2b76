/*
 * cmd_operation.h - the commands of `operation`, which work on the history in recorded state.
 */
#ifndef CLI_CMD_OPERATION_H
#define CLI_CMD_OPERATION_H

#include "cli/invocation.h"

extern const struct command cmd_operation_stop, cmd_operation_watch, cmd_operation_resume;

/* As it is shown: a run whose process is gone is LOST. */
const char *operation_run_status(const struct run_record *r);
/* Beside the record what is counted of it; without its results.  0 or -1. */
int operation_fill_row(struct invocation *in, const struct run_record *r, struct run_row *row);
/* What `operation watch` is about: the one that is named, else the only one that is going on or
 * waits, else the latest.  0 or -1. */
int operation_find_watched(struct invocation *in, struct run_record *out);
/* Those that wait for their turn, with status QUEUED, the latest first.  0 or -1. */
int operation_load_queue(struct invocation *in, struct run_row **rows, size_t *count);
/* Runs that are going on, and those that wait, into the arena.  0 or -1. */
int operation_load_running(struct invocation *in, struct run_list *out);
/* The only one of them; else an error, which with several names them for `hadeploy operation
 * COMMAND`.  0 or -1. */
int operation_find_running(struct invocation *in, const char *command, struct run_record *out);
/* Of a run or of one that waits.  0, or -1 with an error that names the nearest id. */
int operation_find_run(struct invocation *in, const char *id, struct run_record *out);

#endif
