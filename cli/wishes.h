/*
 * wishes.h - what a plan is asked for beside the stacks: --only, --exclude, --replace, and how
 * it goes over their targets.
 */
#ifndef CLI_WISHES_H
#define CLI_WISHES_H

#include "cli/invocation.h"

/* Patterns are borrowed from the arguments. */
struct plan_wishes invocation_wishes(const struct invocation *in);
/* --region-concurrency and the like, --on-failure and --override-freeze, into a request.  0, or -1
 * with an error when a region of --region-order is unknown. */
int invocation_rollout(struct invocation *in, struct run_request *out);

#endif
