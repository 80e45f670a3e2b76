/* jq_text.c - what is decided about jq by looking at texts alone: words that a program may not use,
 * and numbers that it would spoil. */
#include "providers/rest/jq.h"

#include <string.h>

#include "base/digest.h"
#include "providers/rest/jq_scan.h"

void jq_program_init(struct jq_program *p, struct text source)
{
	p->source = source;
	digest_sha256(source, p->digest);
}

static const char *const forbidden_words[] = {
	"debug",   "env",   "get_search_list", "halt",           "halt_error",        "import",
	"include", "input", "inputs",          "input_filename", "input_line_number", "modulemeta",
	"stderr",
};
static const char *const forbidden_variables[] = {"ENV", "__prog_args"};

static bool in_list(struct text word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_is(word, list[i]))
			return true;
	return false;
}

/* {env: 1} and `def env: 1;` name something of their own. */
static bool names_own(const struct jq_scan *s)
{
	struct jq_scan ahead = *s;
	struct jq_token next = jq_scan_next(&ahead);

	return next.kind == JQ_TOKEN_SIGN && next.text.ptr[0] == ':';
}

/* `dollar`: where the $ before the token is, or NULL.  jq allows blanks between the two. */
static bool is_forbidden(const struct jq_scan *s, const struct jq_token *t, const char *dollar)
{
	if (t->kind == JQ_TOKEN_DEEP)
		return true;
	if (t->kind != JQ_TOKEN_WORD)
		return false;
	if (dollar)
		return in_list(t->text, forbidden_variables, ARRAY_LEN(forbidden_variables));
	return in_list(t->text, forbidden_words, ARRAY_LEN(forbidden_words)) && !names_own(s);
}

bool jq_forbidden(struct text source, struct text *word)
{
	struct jq_scan s;
	struct jq_token t;
	const char *dollar = NULL;

	jq_scan_start(&s, source);
	while (t = jq_scan_next(&s), t.kind != JQ_TOKEN_END) {
		if (is_forbidden(&s, &t, dollar)) {
			const char *from = dollar ? dollar : t.text.ptr;

			*word = (struct text){from, (size_t)(t.text.ptr + t.text.len - from)};
			return true;
		}
		dollar = t.kind == JQ_TOKEN_SIGN && t.text.ptr[0] == '$' ? t.text.ptr : NULL;
	}
	return false;
}

#define SAFE_INTEGER "9007199254740992" /* 2^53 */
#define SAFE_DIGITS (sizeof(SAFE_INTEGER) - 1)

/* Behind the string that begins at `at`. */
static size_t behind_string(struct text json, size_t at)
{
	for (at++; at < json.len; at++) {
		if (json.ptr[at] == '\\')
			at++;
		else if (json.ptr[at] == '"')
			return at + 1;
	}
	return json.len;
}

static bool in_number(char c)
{
	return (c >= '0' && c <= '9') || (c && strchr("+-.eE", c));
}

/* Whether the number is an integer that a double cannot hold for sure. */
static bool is_unsafe(struct text number)
{
	struct text digits = number;

	if (digits.len && digits.ptr[0] == '-')
		digits = (struct text){digits.ptr + 1, digits.len - 1};
	if (digits.len < SAFE_DIGITS)
		return false;
	for (size_t i = 0; i < digits.len; i++)
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
			return false;
	return digits.len > SAFE_DIGITS || memcmp(digits.ptr, SAFE_INTEGER, SAFE_DIGITS) > 0;
}

/* The next such number from *at on; *at moves behind it. */
static bool next_unsafe(struct text json, size_t *at, struct text *number)
{
	while (*at < json.len) {
		size_t start = *at;

		if (json.ptr[start] == '"') {
			*at = behind_string(json, start);
			continue;
		}
		while (*at < json.len && in_number(json.ptr[*at]))
			++*at;
		*number = (struct text){json.ptr + start, *at - start};
		if (is_unsafe(*number))
			return true;
		if (*at == start)
			++*at;
	}
	return false;
}

struct text jq_safe_numbers(struct arena *a, struct text json)
{
	struct str out = STR_INIT;
	struct text number;
	size_t at = 0, copied = 0;

	while (next_unsafe(json, &at, &number)) {
		size_t start = (size_t)(number.ptr - json.ptr);

		str_add_len(&out, json.ptr + copied, start - copied);
		str_add_char(&out, '"');
		str_add_text(&out, number);
		str_add_char(&out, '"');
		copied = at;
	}
	if (!copied)
		return json;
	str_add_len(&out, json.ptr + copied, json.len - copied);
	json = (struct text){arena_text(a, str_text(&out)), out.len};
	str_release(&out);
	return json;
}

#define QUOTED_LEN 16 /* libjq shows up to so much of a value in parentheses */

static const char *const kinds[] = {"object", "array", "string", "number", "boolean", "null"};

/* The length of " (VALUE)" behind the name of a kind, else 0. */
static size_t quoted_value(struct text rest)
{
	size_t most = rest.len < QUOTED_LEN + 2 ? rest.len : QUOTED_LEN + 2;

	if (!text_starts(rest, " ("))
		return 0;
	for (size_t i = most; i > 2; i--)
		if (rest.ptr[i - 1] == ')')
			return i;
	return most;
}

/* At the name of a kind that a value follows, the lengths of both; else false. */
static bool starts_quote(struct text t, size_t *kind, size_t *value)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		*kind = strlen(kinds[i]);
		if (!text_starts(t, kinds[i]))
			continue;
		*value = quoted_value((struct text){t.ptr + *kind, t.len - *kind});
		return *value > 0;
	}
	return false;
}

/* These end a message with the whole text that was looked at. */
static bool starts_whole(struct text t)
{
	return text_starts(t, " (while parsing '") || text_starts(t, "date \"");
}

void jq_plain_error(struct text message, struct str *out)
{
	struct text t = message;

	while (t.len && !starts_whole(t)) {
		size_t kind = 1, value = 0;

		if (!starts_quote(t, &kind, &value)) {
			kind = 1;
			value = 0;
		}
		str_add_len(out, t.ptr, kind);
		t = (struct text){t.ptr + kind + value, t.len - kind - value};
	}
	if (text_starts(t, "date "))
		str_add(out, "a date does not have the format");
}
