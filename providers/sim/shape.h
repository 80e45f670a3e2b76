/*
 * shape.h - from the properties that are wanted to what exists: secrets are taken out,
 * attributes made up, and what the type forbids is refused.
 */
#ifndef PROVIDERS_SIM_SHAPE_H
#define PROVIDERS_SIM_SHAPE_H

#include "providers/sim/visit.h"

/* Fills in properties, secrets, id and name of a new thing; its key and created_ms are set.
 * 0 or -1. */
int shape_new(struct visit *v, struct sim_thing *t, int64_t nth);
/* The same for one that exists: 1 when something is different now, 0, -1. */
int shape_changed(struct visit *v, struct sim_thing *t);

#endif
