/*
 * recreate_parts.h - a recreation with restores: the stacks, what brings their data back, the
 * stacks behind them, until all is there.
 */
#ifndef CLI_RECREATE_PARTS_H
#define CLI_RECREATE_PARTS_H

#include "cli/run_command.h"

/* Shows the whole plan, asks once, and goes from part to part; stops at the first that fails.  An
 * exit code. */
int recreate_in_parts(struct invocation *in, const struct run_style *style);

#endif
