/*
 * program.h - the one jq program of a definition: prelude, libraries, and a function for each of its
 * expressions, chosen by number.
 *
 * Input: {"fn": NUMBER, "in": any, "v": {VARIABLE: any, ...}}.  A request function gives
 * {"when": bool, "each": list or null, "request": {path, query, headers, body}}; with for_each and an
 * item given in v, the request of that item.  An answer function gives {"id", "keep", "until",
 * "failed", "next", "items"}, those that the step has.  An end function gives the state, items or
 * result.  What comes from which line of which file is kept, so that jq's errors are shown there.
 */
#ifndef PROVIDERS_REST_PROGRAM_H
#define PROVIDERS_REST_PROGRAM_H

#include "providers/rest/definition.h"

/* Sets t->program, t->lines and every number and line of its expressions. */
void program_build(struct arena *a, struct definition *t);
/* Where line `line` of the program came from; RANGE_NONE: from the prelude. */
struct range program_place(const struct definition *t, unsigned line);
/* HOLES to a jq expression that gives a text: "/zones/{$id}" to "/zones/\($id | ... | @uri)".  -1 with an
 * error at its place when a brace is not closed. */
int program_holes(struct arena *a, const char *holes, struct range where, struct text *out,
		  struct diags *d);

/* prelude.jq */
struct text program_prelude(void);

#endif
