/*
 * wishes.h - what a plan is asked for beside the stacks: --only, --exclude, --replace.
 */
#ifndef CLI_WISHES_H
#define CLI_WISHES_H

#include "cli/invocation.h"

/* Patterns are borrowed from the arguments. */
struct plan_wishes invocation_wishes(const struct invocation *in);

#endif
