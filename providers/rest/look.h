/*
 * look.h - reading, which other calls do too: after a create, and to say how far one came.
 */
#ifndef PROVIDERS_REST_LOOK_H
#define PROVIDERS_REST_LOOK_H

#include "providers/rest/run.h"

/* The state of the thing c->id as Read of the definition gives it, in the form of the schema; JSON
 * null: there is no such thing.  New reference; NULL with a fault, whose effect is NONE. */
json_t *look_state(struct rest_call *c);
/* What State of another operation gave, in the form of the schema; steals it. */
json_t *look_shaped(struct rest_call *c, json_t *state);
void look_hand_over(struct rest_call *c, const json_t *state);
/* What FindByKey or FindByName gives: a list of {Id, State} or ids.  New reference; NULL with a
 * fault. */
json_t *look_find(struct rest_call *c, enum operation_kind kind);
/* The id of an item, in the arena; NULL: it has none. */
const char *look_id(struct rest_call *c, const json_t *item);

#endif
