/*
 * arguments.h - arguments of functions, judged where they are written.
 *
 * Private to templates/.  A function's row in intrinsic.c says how many arguments it has; here
 * is what each of them is: a string or a list, written out or made by a function, in which
 * range.  What only evaluation can know passes.
 */
#ifndef TEMPLATES_ARGUMENTS_H
#define TEMPLATES_ARGUMENTS_H

#include "templates/template.h"

struct intrinsic;

/* Of a call whose count of arguments is right.  -1 after errors. */
int arguments_check(const struct template *t, const struct node *call, struct diags *d);
/* True when the node surely gives a list or a map. */
bool argument_is_collection(const struct template *t, const struct node *n);

#endif
