/*
 * render.h - a template with everything resolved that can be known.
 *
 * document_eval with eval_input.partial, then template_render.  What came out known is
 * printed as a value; what waits for something stays the function it was, in long form, with
 * its known parts resolved.  Loops are unrolled, resources and outputs whose condition is
 * false are gone.  The result is a template again, and rendering that changes nothing more.
 *
 * Kept are the parameters, mappings and conditions that what is left refers to.  Sensitive
 * values never show: references to NoEcho parameters stay references, their defaults go,
 * and {{resolve:...}} stays as written.  Rules are about parameters and go.
 */
#ifndef TEMPLATES_RENDER_H
#define TEMPLATES_RENDER_H

#include "base/str.h"
#include "templates/template.h"

enum render_form { RENDER_JSON, RENDER_YAML };

/* Appends the whole text, with a newline at its end.  False: it is longer than
 * LIMIT_NORMAL_LEN, and cut off. */
bool template_render(const struct document *doc, enum render_form form, struct str *out);

#endif
