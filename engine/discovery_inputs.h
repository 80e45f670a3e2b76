/*
 * discovery_inputs.h - what is recorded as inputs of a thing that somebody else made: the
 * paths that the template names, with the values that the world shows.  For discovery.c.
 */
#ifndef ENGINE_DISCOVERY_INPUTS_H
#define ENGINE_DISCOVERY_INPUTS_H

#include "engine/planner.h"

struct discovery_inputs {
	struct state *state;
	const struct change *change; /* what is wanted */
	const json_t *shown;         /* what the world shows, in clear */
	struct str unreadable; /* create-only properties that it does not show: "Kind, Zone" */
};

/* New reference, secrets masked. */
json_t *discovery_inputs(struct discovery_inputs *in);

#endif
