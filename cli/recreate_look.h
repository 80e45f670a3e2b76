/* recreate_look.h - before a region is given up as lost: whether it answers. */
#ifndef CLI_RECREATE_LOOK_H
#define CLI_RECREATE_LOOK_H

#include "cli/run_command.h"

/* Asks the health checks in the region before a recreation begins.  One that answers is told, and
 * named in the question; without a question and without --reason -1 with an error.  0 otherwise. */
int recreate_look(struct invocation *in, struct run_style *style);

#endif
