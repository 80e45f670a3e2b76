/*
 * pattern.h - regular expressions of templates and schemas, matched by PCRE2.
 *
 * CloudFormation's are Java's, schemas' are ECMA-262's; both mean the same in PCRE2 but for rare
 * forms, which are told as not available.  Sizes, back-tracking and memory are bounded, so that
 * no expression hangs the program.  A struct pattern is immutable and may be used from several
 * threads.
 */
#ifndef BASE_PATTERN_H
#define BASE_PATTERN_H

#include "base/text.h"

struct arena;
struct pattern;

enum pattern_result {
	PATTERN_MATCHES,
	PATTERN_DIFFERS,
	PATTERN_INVALID,    /* *problem says why */
	PATTERN_UNAVAILABLE /* cannot be checked here; *problem says why */
};

enum pattern_extent {
	PATTERN_WHOLE,    /* the whole text must match: AllowedPattern */
	PATTERN_SOMEWHERE /* any part of it: `pattern` of a schema */
};

/* NULL when it is invalid or too large; *problem (in the arena, may be NULL) says why. */
struct pattern *pattern_compile(struct arena *a, struct text expression, enum pattern_extent extent,
				const char **problem);
void pattern_free(struct pattern *p); /* accepts NULL */
/* PATTERN_UNAVAILABLE when it takes too much time or memory; never PATTERN_INVALID. */
enum pattern_result pattern_try(const struct pattern *p, struct text t);

/* Compiles, matches the whole text, forgets. *problem is NULL unless the answer says otherwise. */
enum pattern_result pattern_match(struct arena *a, struct text expression, struct text t,
				  const char **problem);

#endif
