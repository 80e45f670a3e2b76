/* pattern.c - PCRE2 behind a small face. */
#include "base/pattern.h"

#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/arena.h"
#include "base/str.h"

#define EXPRESSION_LEN_MAX 8192
#define PROBLEM_LEN_MAX 256
#define STEPS_MAX 1000000 /* of back-tracking: tens of milliseconds */
#define HEAP_KIB_MAX 16384

struct pattern {
	pcre2_code *code;
};

static bool is_class_escape(char c)
{
	return c && strchr("dDsSwWhHvV", c);
}

/*
 * "[\w-.]": a hyphen behind a class is itself in Java and ECMA-262, and an error in PCRE2.
 * The copy has it escaped.
 */
static void add_brackets(struct str *out, struct text t, size_t *at)
{
	bool behind_class = false;
	size_t i = *at;

	str_add_char(out, t.ptr[i++]);
	if (i < t.len && t.ptr[i] == '^')
		str_add_char(out, t.ptr[i++]);
	for (; i < t.len && t.ptr[i] != ']'; i++) {
		char c = t.ptr[i], next = i + 1 < t.len ? t.ptr[i + 1] : '\0';

		if (c == '-' && behind_class && next != ']')
			str_add_char(out, '\\');
		behind_class = c == '\\' && is_class_escape(next);
		str_add_char(out, c);
		if (c == '\\' && next) {
			str_add_char(out, next);
			i++;
		} else if (c == '[' && next == ':') {
			while (i + 1 < t.len && t.ptr[i] != ']')
				str_add_char(out, t.ptr[++i]);
			behind_class = true;
		}
	}
	*at = i;
}

static void translate(struct str *out, struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		if (t.ptr[i] == '[')
			add_brackets(out, t, &i);
		if (i >= t.len)
			return;
		str_add_char(out, t.ptr[i]);
		if (t.ptr[i] == '\\' && i + 1 < t.len)
			str_add_char(out, t.ptr[++i]);
	}
}

static const char *say(struct arena *a, int error, size_t offset)
{
	PCRE2_UCHAR text[PROBLEM_LEN_MAX] = "";

	pcre2_get_error_message(error, text, sizeof(text));
	return arena_printf(a, "%s, behind character %zu", (const char *)text, offset);
}

static pcre2_code *compile(struct text t, enum pattern_extent extent, int *error, size_t *offset)
{
	uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX | PCRE2_NO_UTF_CHECK |
			   PCRE2_NEVER_BACKSLASH_C;
	struct str copy = STR_INIT;
	pcre2_code *code;

	if (extent == PATTERN_WHOLE)
		options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
	translate(&copy, t);
	code = pcre2_compile((PCRE2_SPTR)str_cstr(&copy), copy.len, options, error, offset, NULL);
	str_release(&copy);
	return code;
}

struct pattern *pattern_compile(struct arena *a, struct text expression, enum pattern_extent extent,
				const char **problem)
{
	struct pattern *p;
	size_t offset = 0;
	pcre2_code *code;
	int error = 0;

	if (expression.len > EXPRESSION_LEN_MAX) {
		if (problem)
			*problem =
				arena_printf(a, "it is longer than %d bytes", EXPRESSION_LEN_MAX);
		return NULL;
	}
	code = compile(expression, extent, &error, &offset);
	if (!code) {
		if (problem)
			*problem = say(a, error, offset);
		return NULL;
	}
	p = xcalloc(1, sizeof(*p));
	p->code = code;
	return p;
}

void pattern_free(struct pattern *p)
{
	if (!p)
		return;
	pcre2_code_free(p->code);
	free(p);
}

enum pattern_result pattern_try(const struct pattern *p, struct text t)
{
	pcre2_match_context *bounds = pcre2_match_context_create(NULL);
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(p->code, NULL);
	int rc = PCRE2_ERROR_NOMEMORY;

	if (bounds && data) {
		pcre2_set_match_limit(bounds, STEPS_MAX);
		pcre2_set_heap_limit(bounds, HEAP_KIB_MAX);
		rc = pcre2_match(p->code, (PCRE2_SPTR)t.ptr, t.len, 0, 0, data, bounds);
	}
	pcre2_match_data_free(data);
	pcre2_match_context_free(bounds);
	if (rc >= 0)
		return PATTERN_MATCHES;
	return rc == PCRE2_ERROR_NOMATCH ? PATTERN_DIFFERS : PATTERN_UNAVAILABLE;
}

enum pattern_result pattern_match(struct arena *a, struct text expression, struct text t,
				  const char **problem)
{
	struct pattern *p;
	enum pattern_result result;

	*problem = NULL;
	p = pattern_compile(a, expression, PATTERN_WHOLE, problem);
	if (!p)
		return PATTERN_INVALID;
	result = pattern_try(p, t);
	if (result == PATTERN_UNAVAILABLE)
		*problem = "matching it takes too long";
	pattern_free(p);
	return result;
}
