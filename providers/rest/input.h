/*
 * input.h - what jq programs of a definition are given: definition.h, DEFINITION_VARIABLES.
 */
#ifndef PROVIDERS_REST_INPUT_H
#define PROVIDERS_REST_INPUT_H

#include "providers/rest/call.h"

/* All variables that do not depend on a step; new reference, NULL with a fault. */
json_t *input_variables(struct rest_call *c);
/* {stack, logical, random} of an address "stack/account/region/Net.Vpc" or
 * "stack/region/Vpc"; new reference. */
json_t *input_name(struct text address, struct text idem);
/* The key as every service takes it; in the arena. */
const char *input_key(struct arena *a, struct text idem);

struct input_question {
	unsigned function;
	const json_t *in; /* `.`; NULL: null */
	json_t *variables;
	bool page;
	unsigned end;     /* with an answer function: the end function, asked in the same run; 0 */
	const char *step; /* whose answer it is */
};
/* Runs one function of the type's program.  A new reference, null when it gives nothing; NULL with
 * a fault at the place of `where`. */
json_t *input_ask(struct rest_call *c, const struct input_question *q, struct range where);

#endif
