/*
 * schema_pattern.c - patterns of schemas, written for ECMA-262, as POSIX expressions.
 *
 * What has no equal in POSIX (look-ahead, lazy repeats, back references, most escapes) is
 * not translated: a check that is not made is better than one that refuses good values,
 * and the provider checks for itself.
 */
#include <string.h>

#include "base/str.h"
#include "engine/schema_type.h"

#define PATTERN_LEN_MAX 1024

struct translation {
	const char *at;
	struct str out;
	bool dash; /* an escaped '-' in brackets, which POSIX wants last */
};

static const char *class_named(char letter, bool bracketed)
{
	static const struct {
		char letter;
		const char *inside, *alone;
	} classes[] = {
		{'d', "0-9", "[0-9]"},
		{'w', "A-Za-z0-9_", "[A-Za-z0-9_]"},
		{'s', "[:space:]", "[[:space:]]"},
		{'D', NULL, "[^0-9]"},
		{'W', NULL, "[^A-Za-z0-9_]"},
		{'S', NULL, "[^[:space:]]"},
	};

	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		if (classes[i].letter == letter)
			return bracketed ? classes[i].inside : classes[i].alone;
	}
	return NULL;
}

static bool is_letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* t->at is behind a backslash. */
static bool translate_escape(struct translation *t, bool bracketed)
{
	char c = *t->at;
	const char *class_text = c ? class_named(c, bracketed) : NULL;

	if (class_text) {
		str_add(&t->out, class_text);
	} else if (!c || is_letter_or_digit(c)) {
		return false;
	} else if (!bracketed) {
		str_printf(&t->out, "\\%c", c);
	} else if (c == '-') {
		t->dash = true;
	} else if (strchr("]^[", c)) {
		return false;
	} else {
		str_add_char(&t->out, c);
	}
	t->at++;
	return true;
}

/* t->at is behind a '['; ends behind the ']'. */
static bool translate_brackets(struct translation *t)
{
	str_add_char(&t->out, '[');
	t->dash = false;
	if (*t->at == '^')
		str_add_char(&t->out, *t->at++);
	if (*t->at == ']')
		return false;
	while (*t->at && *t->at != ']') {
		char c = *t->at++;

		if (c == '[')
			return false;
		if (c != '\\')
			str_add_char(&t->out, c);
		else if (!translate_escape(t, true))
			return false;
	}
	if (t->dash)
		str_add_char(&t->out, '-');
	if (!*t->at)
		return false;
	str_add_char(&t->out, *t->at++);
	return true;
}

static bool is_repeat(char c)
{
	return c == '*' || c == '+' || c == '?' || c == '}';
}

static bool translate(struct translation *t)
{
	char before = '\0';

	while (*t->at) {
		char c = *t->at++;
		bool good = true;

		if (c == '?' && (before == '(' || is_repeat(before)))
			return false;
		if (c == '\\')
			good = translate_escape(t, false);
		else if (c == '[')
			good = translate_brackets(t);
		else
			str_add_char(&t->out, c);
		if (!good)
			return false;
		before = c == '\\' ? '\0' : c;
	}
	return true;
}

bool shape_pattern_compile(const char *pattern, regex_t *out)
{
	struct translation t = {pattern, STR_INIT, false};
	bool good = strlen(pattern) <= PATTERN_LEN_MAX && translate(&t) &&
		    regcomp(out, str_cstr(&t.out), REG_EXTENDED | REG_NOSUB) == 0;

	str_release(&t.out);
	return good;
}
