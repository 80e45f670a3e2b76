/*
 * nested_shape.h - what evaluation (nested.c) and checking (nested_check.c) of nested stacks
 * say in the same words.
 */
#ifndef TEMPLATES_NESTED_SHAPE_H
#define TEMPLATES_NESTED_SHAPE_H

#include "templates/refs.h"
#include "templates/template.h"

#define NESTED_TYPE "AWS::CloudFormation::Stack"
#define NESTED_OUTPUTS "Outputs." /* what its attributes begin with */

/* Names of properties; properties may be NULL. */
void nested_check_properties(const struct node *properties, struct diags *d);
/* A parameter that the nested template does not have; given: the map of parameters. */
void nested_report_undeclared(const struct template *t, const struct node *given,
			      const struct value_entry *entry, struct diags *d);
/* One that has no value. */
struct nested_missing {
	const char *stack;
	const struct parameter *p;
	const struct node *at; /* where it would be given */
	bool maybe;            /* a warning: this may be a branch that nobody takes */
};
void nested_report_missing(const struct nested_missing *m, struct diags *d);
/* An attribute that a nested stack with these outputs does not have. */
void nested_report_output(struct diags *d, struct range where, const char *stack,
			  const char *attribute, struct name_list outputs);

#endif
