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
/* -1 after errors, which loading has reported already when it went well. */
int constraints_read(const struct parameter *p, struct constraints *c, struct diags *d);
/* The value for this target: given (may be NULL) or the default.  NULL after an error. */
const struct value *parameter_value(struct arena *a, const struct parameter *p,
				    const struct parameter_value *given, struct diags *d);

#endif
