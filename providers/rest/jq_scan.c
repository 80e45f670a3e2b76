/* jq_scan.c - tokens of jq.  A ) that ends an interpolation leads back into its string. */
#include "providers/rest/jq_scan.h"

#include <string.h>

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The character `ahead` of the place, or NUL at the end. */
static char peek(const struct jq_scan *s, size_t ahead)
{
	return ahead < s->source.len - s->at ? s->source.ptr[s->at + ahead] : '\0';
}

void jq_scan_start(struct jq_scan *s, struct text source)
{
	s->source = source;
	s->at = 0;
	s->depth = 0;
	s->parens[0] = 0;
	s->too_deep = false;
}

/* Comments end at either kind of line end: the releases of jq differ, and what is looked at twice
 * does no harm. */
static void skip_blanks(struct jq_scan *s)
{
	for (;;) {
		while (s->at < s->source.len && strchr(" \t\r\n", s->source.ptr[s->at]))
			s->at++;
		if (peek(s, 0) != '#')
			return;
		while (s->at < s->source.len && !strchr("\r\n", s->source.ptr[s->at]))
			s->at++;
	}
}

/* From inside of a string to behind its end, or into an interpolation. */
static void skip_string(struct jq_scan *s)
{
	while (s->at < s->source.len) {
		char c = s->source.ptr[s->at++];

		if (c == '"')
			return;
		if (c != '\\' || s->at == s->source.len)
			continue;
		if (s->source.ptr[s->at++] != '(')
			continue;
		s->too_deep = s->depth == JQ_SCAN_DEPTH;
		if (!s->too_deep)
			s->parens[++s->depth] = 0;
		return;
	}
}

static void skip_word(struct jq_scan *s)
{
	for (;;) {
		while (is_letter(peek(s, 0)) || is_digit(peek(s, 0)))
			s->at++;
		if (peek(s, 0) != ':' || peek(s, 1) != ':' || !is_letter(peek(s, 2)))
			return;
		s->at += 2;
	}
}

static enum jq_token_kind skip_sign(struct jq_scan *s)
{
	char c = s->source.ptr[s->at++];

	if (c == '"') {
		skip_string(s);
		return JQ_TOKEN_OTHER;
	}
	if (c == '@' || is_digit(c)) {
		while (is_letter(peek(s, 0)) || is_digit(peek(s, 0)))
			s->at++;
		return JQ_TOKEN_OTHER;
	}
	if (c == '(')
		s->parens[s->depth]++;
	if (c != ')')
		return JQ_TOKEN_SIGN;
	if (s->parens[s->depth]) {
		s->parens[s->depth]--;
		return JQ_TOKEN_SIGN;
	}
	if (!s->depth)
		return JQ_TOKEN_SIGN;
	s->depth--;
	skip_string(s);
	return JQ_TOKEN_OTHER;
}

struct jq_token jq_scan_next(struct jq_scan *s)
{
	enum jq_token_kind kind;
	size_t start;

	if (s->too_deep)
		return (struct jq_token){JQ_TOKEN_DEEP, {s->source.ptr + s->at - 2, 2}};
	skip_blanks(s);
	start = s->at;
	if (s->at == s->source.len)
		return (struct jq_token){JQ_TOKEN_END, {s->source.ptr + start, 0}};
	if (is_letter(peek(s, 0))) {
		kind = JQ_TOKEN_WORD;
		skip_word(s);
	} else if (peek(s, 0) == '.' && is_letter(peek(s, 1))) {
		kind = JQ_TOKEN_FIELD;
		s->at++;
		while (is_letter(peek(s, 0)) || is_digit(peek(s, 0)))
			s->at++;
	} else {
		kind = skip_sign(s);
	}
	return (struct jq_token){kind, {s->source.ptr + start, s->at - start}};
}
