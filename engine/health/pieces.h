/*
 * pieces.h - the variables in the texts of health checks: 'http://${Host}:8080/health'.
 *
 * ${Name} is a variable; ${!Name} is the text ${Name}, for shells, as in Fn::Sub.
 */
#ifndef ENGINE_HEALTH_PIECES_H
#define ENGINE_HEALTH_PIECES_H

#include "base/text.h"

enum check_variable {
	VARIABLE_HOST,      /* address of a host */
	VARIABLE_HOST_NAME, /* its name in the manifest */
	VARIABLE_ZONE,      /* its zone; "" when it has none */
	VARIABLE_REGION,
	VARIABLE_AWS_REGION,
	VARIABLE_ACCOUNT,
	VARIABLE_OUTPUT, /* ${Stack.Output} */
	VARIABLE_UNKNOWN
};

struct check_piece {
	bool literal;
	struct text text; /* a literal's; a variable's name */
};

/* The next piece; moves *rest behind it.  False at the end. */
bool check_piece_next(struct text *rest, struct check_piece *out);
enum check_variable check_variable_of(struct text name);
/* The part of a variable that changes from host to host. */
bool check_variable_is_of_host(enum check_variable v);
/* "web.Url": true, and its two parts; the name of an output has no dots. */
bool check_variable_split(struct text name, struct text *stack, struct text *output);
/* Names of all but outputs, for "did you mean"; *count of them. */
const char *const *check_variable_names(size_t *count);

#endif
