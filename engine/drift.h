/*
 * drift.h - where the world moved away from what was recorded, as far as anybody asked for
 * it to be so.
 *
 * Read-only values move by themselves and write-only ones are not shown: they never count.
 * Nor does a property that the wanted document does not mention, a default of the provider say;
 * but a key that somebody added to a map with free keys does, when the map is mentioned.
 */
#ifndef ENGINE_DRIFT_H
#define ENGINE_DRIFT_H

#include "engine/diff.h"
#include "engine/schema.h"

struct drift_request {
	const struct schema *schema; /* NULL: the type is not known any more */
	const json_t *wanted;        /* properties, masked */
	const char *recorded, *seen; /* states that the provider handed over, masked; "" */
};

/* `before` is what was recorded, `after` what is there.  Ends with diff_release. */
void drift_find(struct arena *a, const struct drift_request *q, struct diff *out);

#endif
