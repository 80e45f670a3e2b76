/*
 * program.h - the one jq program of a definition: prelude, libraries, and a function for each of
 * its expressions, chosen by number.
 *
 * Input: {"fn": NUMBER, "in": any, "v": {VARIABLE: any, ...}}.  A request function gives
 * {"when": bool, "each": list or null, "request": {path, query, headers, body, endpoint}}: with
 * ForEach and no "item" in v the list and no request, with an item the request of that item, and
 * When is not asked again.  The service's Headers are in "headers" where the step has no others of
 * that name; "endpoint" is the service's, when it has one.  An answer function gives {"id", "keep",
 * "until", "failed"}, those that the step has; of a page, with "page": true beside "fn", {"next",
 * "items"}.  An end function gives the state, items or result, the error function {"code",
 * "message"}.  With "end": NUMBER and "step": NAME beside the "fn" of the last step's answer
 * function both are asked in one run: {"answer", "end"}.  Each expression gives its first value,
 * null when it has none.  What comes from which line of which file is kept, so that jq's errors are
 * shown there.
 */
#ifndef PROVIDERS_REST_PROGRAM_H
#define PROVIDERS_REST_PROGRAM_H

#include "providers/rest/definition.h"

/* Sets t->program, t->lines and every number and line of its expressions. */
void program_build(struct arena *a, struct definition *t);
/* Where line `line` of the program came from; RANGE_NONE: from the prelude. */
struct range program_place(const struct definition *t, unsigned line);
/*
 * HOLES to a jq expression that gives a text; {{ and }} are braces.  -1 with an error at its place
 * when a brace is not closed.  In paths what fills a hole is percent-encoded, and null, "", "." and
 * ".." are errors of the run: they would ask for something else.  In {+JQ} a "/" is kept.
 */
int program_holes(struct arena *a, const char *holes, struct range where, struct text *out,
		  struct diags *d);
/* The same for Headers and Endpoint: nothing is encoded, null is an error, but a text that is one
 * hole and nothing else may be null. */
int program_text_holes(struct arena *a, const char *holes, struct range where, struct text *out,
		       struct diags *d);
/*
 * For whoever makes an expression's source of several nodes of the same file: what follows is shown
 * where the text of this node begins.  Writes a line, a comment of jq's, and begins one.
 */
void program_mark(struct str *out, struct range where);
/* The same, where the last line of an expression stands: behind its source. */
void program_mark_end(struct str *out, struct expression e);

/* prelude.jq */
struct text program_prelude(void);

#endif
