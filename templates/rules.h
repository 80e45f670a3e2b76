/*
 * rules.h - the section Rules: what must hold for the parameters of a target.
 *
 * Private to templates/.  rules_check is called once per document, when the parameters have
 * their values and the conditions can be decided.
 */
#ifndef TEMPLATES_RULES_H
#define TEMPLATES_RULES_H

#include "templates/eval.h"

/* -1 after errors: one for every assertion that does not hold.  One that cannot be decided here
 * passes with a warning. */
int rules_check(struct eval *e);

#endif
