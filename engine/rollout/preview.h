/*
 * preview.h - inside of engine/rollout/: whether the rollouts of a plan can come to an end.
 */
#ifndef ENGINE_ROLLOUT_PREVIEW_H
#define ENGINE_ROLLOUT_PREVIEW_H

#include "engine/rollout/layout.h"

/* An error when orders of stacks and needs of instances go in a circle.  0 or -1. */
int rollout_check_order(const struct plan *plan, const struct rollout_list *list, struct diags *d);

#endif
