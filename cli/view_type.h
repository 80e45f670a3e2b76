/*
 * view_type.h - what is known about one resource type, as a page for people.
 *
 * Reads a type's schema (the vocabulary of providers/api/provider.h); what a schema does not
 * say is left away.
 */
#ifndef CLI_VIEW_TYPE_H
#define CLI_VIEW_TYPE_H

#include "base/json.h"
#include "cli/term.h"

void view_type(struct str *out, const char *name, const json_t *schema, const struct style *st);

/* view_shape.c: one value in words, "list of string, 1 to 5 items"; a named one by its name.
 * Shapes of objects are resolved with the schema's definitions. */
void view_shape(struct str *out, const json_t *schema, const json_t *shape);
/* Follows references; NULL when they lead nowhere. */
const json_t *shape_resolved(const json_t *schema, const json_t *shape);
/* The object that a property holds, alone or in a list or map, when it has no name of its own:
 * "[]" or "{}" is appended to `suffix` for each.  NULL: it holds none. */
const json_t *shape_inner(const json_t *shape, struct str *suffix);

#endif
