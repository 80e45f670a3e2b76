/*
 * known.h - attributes of resources that exist, as evaluation asks for them.
 *
 * The planner and the executor fill it from records as these become certain: an address
 * that is absent answers "not known yet".  Ref follows the schema's ref pointer (else the
 * id); GetAtt looks in the outputs, then in the inputs.  A masked secret is not known
 * either.
 */
#ifndef ENGINE_KNOWN_H
#define ENGINE_KNOWN_H

#include "engine/project.h"
#include "engine/state.h"

struct known;

struct known *known_new(const struct registry *registry);
void known_free(struct known *k);

/* What of a record may be answered. */
enum known_extent {
	KNOWN_ALL,
	KNOWN_INPUTS /* about to change: what the provider computes is not certain */
};
/* Copies what it needs of the record. */
void known_put(struct known *k, const struct record *r, enum known_extent extent);
/*
 * The same without a copy, for texts that outlive k.  unknown: JSON array of pointers into the
 * inputs whose values are not certain, or NULL.
 */
void known_refer(struct known *k, const struct record *r, const char *unknown,
		 enum known_extent extent);
/* It is not known any more. */
void known_drop(struct known *k, const struct address *addr);
/* Valid as long as k; one per instance. */
const struct eval_lookup *known_lookup(struct known *k, const struct instance_id *id);

#endif
