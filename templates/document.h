/*
 * document.h - evaluating one resource or output of a document.
 *
 * Private to templates/: document.c puts the document together, document_items.c
 * evaluates what is in it.
 */
#ifndef TEMPLATES_DOCUMENT_H
#define TEMPLATES_DOCUMENT_H

#include "templates/eval.h"

/* Evaluates every resource and output that is there into doc. */
void document_eval_items(struct eval *e, struct document *doc);
const struct value *resource_properties(struct eval *e, const struct section_item *item);
const struct value *output_value(struct eval *e, const struct section_item *item);

#endif
