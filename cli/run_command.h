/*
 * run_command.h - what apply and destroy share: plan, show, ask, do, report.
 */
#ifndef CLI_RUN_COMMAND_H
#define CLI_RUN_COMMAND_H

#include "cli/invocation.h"

int run_command(struct invocation *in, enum run_mode mode);

#endif
