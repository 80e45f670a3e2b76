/*
 * view_estimate.h - how long a plan will take, for people: one or two lines.
 */
#ifndef CLI_VIEW_ESTIMATE_H
#define CLI_VIEW_ESTIMATE_H

#include "base/str.h"
#include "engine/engine.h"

/* What is over before anybody has read about it is not foretold. */
#define ESTIMATE_WORTH_MS 5000

bool estimate_is_worth_telling(const struct plan *p);
/* "Takes about 4m10s (usually under 7m00s)." and the longest way; nothing when it is not worth
 * telling. */
void view_estimate(struct str *out, const struct plan *p);

#endif
