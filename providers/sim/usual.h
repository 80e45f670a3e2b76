/*
 * usual.h - how long things usually take in the real clouds: what a rehearsal goes by when
 * nothing is recorded and the manifest says nothing.
 */
#ifndef PROVIDERS_SIM_USUAL_H
#define PROVIDERS_SIM_USUAL_H

#include "providers/sim/settings.h"

/* False: not an operation that takes a time worth telling. */
bool usual_duration(struct text type, enum sim_op op, struct sim_duration *out);

#endif
