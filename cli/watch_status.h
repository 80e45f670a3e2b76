/*
 * watch_status.h - shows whether somebody watches: `watch --status`, and behind `health` and
 * `runbook status`.
 */
#ifndef CLI_WATCH_STATUS_H
#define CLI_WATCH_STATUS_H

#include "cli/invocation.h"

/* Reads what is recorded, of in->state or, where the command has none open, by itself.  0, or -1
 * with errors. */
int watch_status_find(struct invocation *in, struct watch_status *out);
/* Nothing where no watch was ever begun, or where that cannot be read. */
void watch_status_show(struct invocation *in);

#endif
