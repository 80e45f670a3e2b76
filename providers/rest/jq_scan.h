/*
 * jq_scan.h - the tokens of a jq program, as far as anybody here needs to know them: what is a
 * word, a field, a variable's dollar, and what stands inside of strings and comments.
 *
 * jq_scan_start, then jq_scan_next until it answers JQ_TOKEN_END.  Strings and comments are passed
 * over; what is interpolated into strings, \(...), is not.  Never fails: what jq would refuse gives
 * some tokens.  Borrows the source, allocates nothing.
 */
#ifndef PROVIDERS_REST_JQ_SCAN_H
#define PROVIDERS_REST_JQ_SCAN_H

#include "base/text.h"

#define JQ_SCAN_DEPTH 64 /* strings in strings */

enum jq_token_kind {
	JQ_TOKEN_END,
	JQ_TOKEN_WORD,  /* a name, with its module:: */
	JQ_TOKEN_FIELD, /* .name */
	JQ_TOKEN_SIGN,  /* one character */
	JQ_TOKEN_OTHER, /* numbers, formats, a piece of a string */
	JQ_TOKEN_DEEP   /* more than JQ_SCAN_DEPTH strings in each other; scanning ends */
};

struct jq_token {
	enum jq_token_kind kind;
	struct text text;
};

struct jq_scan {
	struct text source;
	size_t at;                        /* behind the last token */
	size_t depth;                     /* interpolations that are open */
	size_t parens[JQ_SCAN_DEPTH + 1]; /* open in each of them; [0] is outside of all */
	bool too_deep;
};

void jq_scan_start(struct jq_scan *s, struct text source);
struct jq_token jq_scan_next(struct jq_scan *s);

#endif
