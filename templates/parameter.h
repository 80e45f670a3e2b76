/*
 * parameter.h - parameters of a template: what is declared, and whether values fit.
 *
 * Private to templates/; struct parameter is in template.h.
 */
#ifndef TEMPLATES_PARAMETER_H
#define TEMPLATES_PARAMETER_H

#include "templates/sections.h"

/* The constraints of a parameter; a node is NULL and a flag false when there is none. */
struct constraints {
	const struct node *allowed, *pattern;
	bool has_min_len, has_max_len, has_min, has_max;
	int64_t min_len, max_len; /* code points */
	double min, max;
};

/* Fills face.parameters and the index.  -1 after errors. */
int parameters_load(struct arena *a, struct sections *s, const struct node *section,
		    struct diags *d);
/* What loading does not need: types, constraints, defaults.  -1 after errors. */
int parameters_check(const struct sections *s, struct diags *d);
/* -1 after errors, which checking reports too. */
int constraints_read(const struct parameter *p, struct constraints *c, struct diags *d);
/* The value for this target: given (may be NULL) or the default.  NULL after an error. */
const struct value *parameter_value(struct arena *a, const struct parameter *p,
				    const struct parameter_value *given, struct diags *d);
/* Asks the parameter store; `name` itself while nobody can say. */
const struct value *parameter_look_up(struct arena *a, const struct parameter *p,
				      const struct value *name, const struct eval_outside *outside,
				      struct diags *d);
/* Asks the parameter store for the values of parameters that are names in it; values as
 * t->parameters, outside may be NULL.  What was asked for in vain becomes NULL, after an error. */
void parameters_look_up(struct arena *a, const struct template *t, const struct value **values,
			const struct eval_outside *outside, struct diags *d);

#endif
