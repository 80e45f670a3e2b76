/*
 * pattern.h - AllowedPattern: regular expressions matched against a whole value.
 *
 * Matching is POSIX's extended expressions.  What CloudFormation's users write beyond that
 * is translated: \d \w \s, escapes inside of brackets, (?:groups), lazy quantifiers
 * (which mean nothing for a whole match).  Look-ahead, flags and back references are
 * right there and cannot be checked here; expressions that would grow without bound
 * are refused.
 */
#ifndef TEMPLATES_PATTERN_H
#define TEMPLATES_PATTERN_H

#include "base/text.h"

struct arena;

enum pattern_result {
	PATTERN_MATCHES,
	PATTERN_DIFFERS,
	PATTERN_INVALID,    /* *problem says why */
	PATTERN_UNAVAILABLE /* valid elsewhere, cannot be checked here; *problem says why */
};

enum pattern_result pattern_match(struct arena *a, struct text pattern, struct text t,
				  const char **problem);

#endif
