/*
 * weights.h - the arithmetic of Traffic steps: how much of a route goes to each region.
 *
 * Weights are whole percentages by region, JSON objects like {"east": 95, "west": 5}.  Pure.
 */
#ifndef ENGINE_RUNBOOK_WEIGHTS_H
#define ENGINE_RUNBOOK_WEIGHTS_H

#include "base/json.h"

/*
 * `percent` for the region `to`, the rest for the others in the proportion that they have in
 * `before`, together 100; new reference.  Where the others have nothing, `to` gets all.
 * NULL: the route has no such region.
 */
json_t *weights_towards(const json_t *before, const char *to, int64_t percent);
/* What the region has; 0 when it is not there. */
int64_t weights_of(const json_t *weights, const char *region);
/* The same for every region, one that is not named having 0. */
bool weights_equal(const json_t *x, const json_t *y);

#endif
