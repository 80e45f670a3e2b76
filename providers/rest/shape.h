/*
 * shape.h - a type's schema, as far as it says what answers are to look like.
 *
 * Services say the same thing in other words: numbers as text, one item instead of a list, sets in
 * another order, JSON as text.  The engine finds drift by comparing, so what a service shows is
 * brought to the types of the schema, and where it means what the user wrote, to the user's words.
 *
 * A shape is immutable and lives as long as its session.
 */
#ifndef PROVIDERS_REST_SHAPE_H
#define PROVIDERS_REST_SHAPE_H

#include "base/arena.h"
#include "base/json.h"

struct shape;

/* schema: the JSON text of one type; empty: nothing is known, and states stay as they are. */
struct shape *shape_open(struct arena *a, struct text schema);
void shape_close(struct shape *s);
/* $schema: {"required", "primaryIdentifier", "readOnly", "createOnly", "writeOnly"}, names of
 * properties; new reference. */
json_t *shape_facts(const struct shape *s);
/* The template gives what identifies the thing, so that there cannot be two of it. */
bool shape_is_named(const struct shape *s, const json_t *properties);
/* The state as it is handed over: `said` is what the user wrote, as far as it is known, or NULL.
 * New reference. */
json_t *shape_state(const struct shape *s, const json_t *state, const json_t *said);

#endif
