/*
 * nested.h - nested stacks: AWS::CloudFormation::Stack with a template in a file.
 *
 * Private to templates/.  A nested stack has no resource of its own in the document; its
 * template is expanded in its place, under ids that begin with its own ("Net.Vpc"), in a
 * scope of its own: parameters that the parent gives, conditions, mappings, outputs.
 *
 * document_prepare makes a struct nested_stack for each one that is there and opens them: the
 * template is loaded, the parameters get values, what is inside is prepared.  One whose
 * parameters come from another's outputs opens the other first.  What depends on a nested
 * stack refers to its id while the document is filled; nested_join puts resources in the
 * place of these references.
 */
#ifndef TEMPLATES_NESTED_H
#define TEMPLATES_NESTED_H

#include "templates/eval.h"

struct template_file;

enum nested_progress { NESTED_NEW, NESTED_RUNNING, NESTED_DONE, NESTED_BROKEN };

struct nested_stack {
	struct eval_state st;           /* its inside */
	const struct eval_state *outer; /* where its resource stands */
	const struct section_item *item;
	enum nested_progress progress;
	struct nested_stack *asked_by; /* while running: whose opening needs it */
	size_t depth;                  /* 1: in the stack itself */
	/* For what is inside and says nothing. */
	enum deletion_policy deletion_policy, update_replace_policy;
	struct ref_list refs; /* what everything inside waits for */
	size_t first, end;    /* its resources in the document */
	/* Of these the ones that wait for none of them, and those that none of them waits for. */
	struct {
		VEC_OF(size_t)
	} sources, sinks;
	bool joining; /* nested_join is at it */
};

/* Those of e->st. */
void nested_open_all(struct eval *e, struct eval_state *st);
/* Ref (attribute NULL) or an output of a nested stack that is there.  NULL after an error. */
const struct value *nested_value(struct eval *e, const struct node *at, struct range where,
				 const struct section_item *item, const char *attribute);
/* A parameter of e->st, which is a nested stack's, with what is known by now. */
const struct value *nested_parameter(struct eval *e, const struct parameter *p);
/* A parameter that is needed before what it waits for is there; NULL. */
const struct value *nested_report_waiting(struct eval *e, struct range where,
					  const struct parameter *p, const struct value *v);

/*
 * Completes the references of the document's resources: what is inside of a nested stack waits
 * for what the stack waits for, and who waits for the stack waits for all that is inside.
 */
void nested_join(struct arena *a, const struct eval_state *root, const struct names *ids,
		 struct doc_resource *resources);

/* Of every nested template that is written out in t: its own faults, parameters that it does
 * not have or that are missing, outputs that it does not have.  Files that are not there are
 * warned of, other places passed over: evaluation refuses what is used. */
void nested_check(const struct template *t, struct diags *d);
/* The file as a template, loaded and checked once; NULL when it has errors, which are told
 * once. */
const struct template *nested_template(struct template_file *file,
				       const struct template_file *asked_by, struct diags *d);

#endif
