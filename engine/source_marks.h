/*
 * source_marks.h - values that only a provider can look up, between records and plans.
 *
 * Their recorded digests carry the text they came from (state_mask_source), so a plan, which
 * asks nobody, can tell whether anything else is wanted.
 */
#ifndef ENGINE_SOURCE_MARKS_H
#define ENGINE_SOURCE_MARKS_H

#include "base/json.h"
#include "engine/state.h"
#include "templates/value.h"

/* Adds the sources to the masks in `masked`, the masked document of these properties. */
void source_marks_add(struct state *s, json_t *masked, const struct value *properties);
/* Pointers (new array) at which a value is unknown and was recorded in `before` from the same
 * source. */
json_t *source_marks_same(struct state *s, const json_t *before, const struct value *properties);

#endif
