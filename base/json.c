/* json.c - reading JSON text, and members of objects. */
#include "base/json.h"

#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/limits.h"

/* A walk over the text that knows strings from the rest. */
struct scan {
	struct text text;
	size_t at;
};

static bool scan_over(const struct scan *s)
{
	return s->at >= s->text.len;
}

static void skip_string(struct scan *s)
{
	for (s->at++; !scan_over(s) && s->text.ptr[s->at] != '"'; s->at++)
		s->at += s->text.ptr[s->at] == '\\';
	s->at++;
}

static bool within_depth(struct text t)
{
	struct scan s = {t, 0};
	size_t depth = 0;

	while (!scan_over(&s)) {
		char c = t.ptr[s.at];

		if (c == '"') {
			skip_string(&s);
			continue;
		}
		if (c == '[' || c == '{')
			depth++;
		if ((c == ']' || c == '}') && depth)
			depth--;
		if (depth > LIMIT_JSON_DEPTH)
			return false;
		s.at++;
	}
	return true;
}

static bool in_number(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static struct text number_at(const struct scan *s)
{
	struct text number = {s->text.ptr + s->at, 0};

	while (s->at + number.len < s->text.len && in_number(number.ptr[number.len]))
		number.len++;
	return number;
}

/* Digits with an optional minus, and too many of them for an int64_t. */
static bool is_big_integer(struct text number)
{
	size_t start = text_starts(number, "-");
	int64_t ignored;

	for (size_t i = start; i < number.len; i++) {
		if (number.ptr[i] < '0' || number.ptr[i] > '9')
			return false;
	}
	return number.len > start && !text_to_int64(number, INT64_MIN, INT64_MAX, &ignored);
}

/*
 * jansson refuses a document for one integer beyond 64 bits.  Such integers get a
 * ".0" and so become the nearest real number; all others stay integers.
 */
static void mark_big_integers(struct text t, struct str *out)
{
	struct scan s = {t, 0};

	while (!scan_over(&s)) {
		size_t start = s.at;
		struct text number = number_at(&s);

		if (t.ptr[start] == '"')
			skip_string(&s);
		else
			s.at += number.len ? number.len : 1;
		if (s.at > t.len)
			s.at = t.len;
		str_add_len(out, t.ptr + start, s.at - start);
		if (is_big_integer(number))
			str_add(out, ".0");
	}
}

/*
 * jansson's own texts quote the input, which may hold secrets; these do not.
 */
static const char *error_text(enum json_error_code code)
{
	static const struct {
		enum json_error_code code;
		const char *text;
	} texts[] = {
		{json_error_invalid_utf8, "text that is not UTF-8"},
		{json_error_premature_end_of_input, "the text ends too early"},
		{json_error_end_of_input_expected, "something follows the end of the value"},
		{json_error_invalid_syntax, "not JSON"},
		{json_error_null_character, "a NUL character"},
		{json_error_null_byte_in_key, "a NUL character in a key"},
		{json_error_duplicate_key, "a key occurs twice in one object"},
		{json_error_numeric_overflow, "a number is too large"},
		{json_error_stack_overflow, "nested too deeply"},
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (texts[i].code == code)
			return texts[i].text;
	}
	return "not JSON";
}

static json_t *load(struct text t, json_error_t *error)
{
	return json_loadb(t.len ? t.ptr : "", t.len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES,
			  error);
}

static json_t *load_with_big_integers(struct text t, json_error_t *error)
{
	struct str marked = STR_INIT;
	json_t *j;

	mark_big_integers(t, &marked);
	j = load(str_text(&marked), error);
	str_release(&marked);
	return j;
}

json_t *json_parse(struct text t, struct arena *a, const char **why)
{
	const char *ignored;
	json_error_t error;
	json_t *j;

	if (!why)
		why = &ignored;
	*why = NULL;
	if (t.len > LIMIT_JSON_LEN) {
		*why = "larger than JSON may be";
		return NULL;
	}
	if (!within_depth(t)) {
		*why = "nested too deeply";
		return NULL;
	}
	j = load(t, &error);
	if (!j && json_error_code(&error) == json_error_numeric_overflow)
		j = load_with_big_integers(t, &error);
	if (!j && why != &ignored)
		*why = arena_printf(a, "%s (line %d, column %d)",
				    error_text(json_error_code(&error)), error.line, error.column);
	return j;
}

const char *json_str(const json_t *obj, const char *key, const char *fallback)
{
	const json_t *member = json_object_get(obj, key);

	return json_is_string(member) ? json_string_value(member) : fallback;
}

int64_t json_int(const json_t *obj, const char *key, int64_t fallback)
{
	const json_t *member = json_object_get(obj, key);

	return json_is_integer(member) ? json_integer_value(member) : fallback;
}

bool json_flag(const json_t *obj, const char *key, bool fallback)
{
	const json_t *member = json_object_get(obj, key);

	return json_is_boolean(member) ? json_is_true(member) : fallback;
}

void json_digest(const json_t *j, char out[65])
{
	struct str canonical = STR_INIT;

	json_canonical(j, &canonical);
	digest_sha256(str_text(&canonical), out);
	str_release(&canonical);
}
