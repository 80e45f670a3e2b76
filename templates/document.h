/*
 * document.h - evaluating one resource or output of a document.
 *
 * Private to templates/: document.c puts the document together, document_items.c
 * evaluates what is in it.
 */
#ifndef TEMPLATES_DOCUMENT_H
#define TEMPLATES_DOCUMENT_H

#include "templates/eval.h"

struct evaluated {
	struct document face;
	struct eval_state st;
	struct names ids; /* of the document to struct section_item, nested stacks too */
};

/* Expands the sections of e->st, whose parameters have values, and decides what is there;
 * opens its nested stacks. */
void document_prepare(struct eval *e, struct eval_state *st);
/* Evaluates every resource and output that is there into doc. */
void document_eval_items(struct eval *e, struct evaluated *doc);
const struct value *resource_properties(struct eval *e, const struct section_item *item);
const struct value *output_value(struct eval *e, const struct section_item *item);
/* Notes what DependsOn names in e->refs.  -1 after errors. */
int resource_dependencies(struct eval *e, const struct section_item *item);
/* DeletionPolicy or UpdateReplacePolicy; *out stays when it says nothing. */
int resource_policy(struct eval *e, const struct section_item *item, const char *key,
		    enum deletion_policy *out);
/* "resource 'X' does not exist for this target", with the reason; NULL, or what is not known. */
const struct value *report_absent(struct eval *e, const struct node *at, struct range where,
				  const struct section_item *item, const char *what);
/* A reference that the resource in the making waits for.  attribute may be NULL. */
void note_ref(struct eval *e, struct range where, const char *id, const char *attribute);

#endif
