/*
 * attributes.h - what the simulated cloud makes of the properties it is given: ids, ARNs,
 * addresses and the other values that only the cloud knows.
 *
 * Everything follows from the thing's type, place and key: asked again, it answers the same.
 */
#ifndef PROVIDERS_SIM_ATTRIBUTES_H
#define PROVIDERS_SIM_ATTRIBUTES_H

#include "providers/sim/store.h"
#include "providers/sim/type.h"

/* Of whom values are made up. */
struct sim_subject {
	const struct sim_type *type;
	const struct sim_place *place;
	const char *key;    /* of its creation */
	int64_t nth;        /* another one with the same key */
	int64_t created_ms; /* for times */
};

/* Adds what is not there; a read-only value that is there stays. */
void attributes_fill(const struct sim_subject *s, struct arena *a, json_t *properties);
/* What the cloud calls it: the values of its identifier, joined by '|'. */
const char *attributes_id(const struct sim_subject *s, struct arena *a, const json_t *properties);
/* The name that must be free; "" when it has none. */
const char *attributes_name(const struct sim_type *t, struct arena *a, const json_t *properties);
/* Removes what the pointer leads to; "*" stands for all items of a list. */
void attributes_drop(json_t *properties, const char *pointer);

#endif
