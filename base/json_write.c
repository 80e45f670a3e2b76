/* json_write.c - JSON as text: the canonical form and the one for people. */
#include "base/json.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define INDENT_LEN 2
/* ECMAScript's and RFC 8785's bounds for writing a number without exponent. */
#define POINT_MIN (-5)
#define POINT_MAX 21
#define DIGITS_MAX 17

enum layout { LAYOUT_CANONICAL, LAYOUT_PRETTY };

static void write_value(const json_t *j, struct str *out, enum layout layout, size_t depth);

static void quote_char(struct str *out, char c)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *at = c ? strchr(plain, c) : NULL;

	if (at)
		str_printf(out, "\\%c", letters[at - plain]);
	else if ((unsigned char)c < 0x20)
		str_printf(out, "\\u%04x", (unsigned)c);
	else
		str_add_char(out, c);
}

static bool needs_quoting(char c)
{
	return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

/* Text that is UTF-8 without NUL; runs of ordinary characters go out at once. */
static void quote_valid(struct str *out, struct text t)
{
	size_t start = 0;

	for (size_t i = 0; i < t.len; i++) {
		if (!needs_quoting(t.ptr[i]))
			continue;
		str_add_len(out, t.ptr + start, i - start);
		quote_char(out, t.ptr[i]);
		start = i + 1;
	}
	str_add_len(out, t.ptr + start, t.len - start);
}

/* Bytes that are not UTF-8 become U+FFFD, so that what comes out is always JSON. */
void json_quote(struct str *out, struct text t)
{
	size_t bad;

	str_add_char(out, '"');
	while (!text_utf8_valid(t, &bad)) {
		quote_valid(out, (struct text){t.ptr, bad});
		str_add(out, t.ptr[bad] ? "\xef\xbf\xbd" : "\\u0000");
		t.ptr += bad + 1;
		t.len -= bad + 1;
	}
	quote_valid(out, t);
	str_add_char(out, '"');
}

/* A finite number other than zero as sign, digits and the place of the point. */
struct decimal {
	bool negative;
	char digits[DIGITS_MAX + 1];
	int digit_count;
	int point; /* 0.DIGITS times ten to the power of this */
};

/* "d.ddde+xx" with as few digits as read back equal. */
static void print_shortest(double value, char *out, size_t len)
{
	/* Subnormal numbers have fewer than 15 digits. */
	int precision = fabs(value) < DBL_MIN ? 0 : DBL_DIG - 1;

	for (; precision < DIGITS_MAX; precision++) {
		snprintf(out, len, "%.*e", precision, value);
		if (strtod(out, NULL) == value)
			return;
	}
}

static struct decimal decimal_of(double value)
{
	struct decimal n = {.negative = value < 0};
	char text[40];
	const char *at = text;
	int64_t exponent = 0;

	print_shortest(fabs(value), text, sizeof(text));
	for (; *at && *at != 'e'; at++) {
		if (*at != '.' && n.digit_count < DIGITS_MAX)
			n.digits[n.digit_count++] = *at;
	}
	while (n.digit_count > 1 && n.digits[n.digit_count - 1] == '0')
		n.digit_count--;
	at += strncmp(at, "e+", 2) == 0 ? 2 : 1;
	text_to_int64(text_of(at), -DBL_MAX_10_EXP * 2, DBL_MAX_10_EXP * 2, &exponent);
	n.point = (int)exponent + 1;
	return n;
}

static void write_positional(struct str *out, const struct decimal *n)
{
	int whole = n->point < n->digit_count ? n->point : n->digit_count;

	if (n->point <= 0) {
		str_add(out, "0.");
		str_repeat(out, '0', (size_t)-n->point);
		str_add_len(out, n->digits, (size_t)n->digit_count);
		return;
	}
	str_add_len(out, n->digits, (size_t)whole);
	if (n->point < n->digit_count) {
		str_add_char(out, '.');
		str_add_len(out, n->digits + whole, (size_t)(n->digit_count - whole));
	}
	str_repeat(out, '0', (size_t)(n->point - whole));
}

static void write_exponent(struct str *out, const struct decimal *n)
{
	str_add_char(out, n->digits[0]);
	if (n->digit_count > 1) {
		str_add_char(out, '.');
		str_add_len(out, n->digits + 1, (size_t)n->digit_count - 1);
	}
	str_printf(out, "e%+d", n->point - 1);
}

/* As ECMAScript writes it; a whole number looks like an integer, so 3.0 equals 3. */
static void write_real(struct str *out, double value)
{
	struct decimal n;

	if (value == 0 || !isfinite(value)) {
		str_add(out, value == 0 ? "0" : "null");
		return;
	}
	n = decimal_of(value);
	if (n.negative)
		str_add_char(out, '-');
	if (n.point >= POINT_MIN && n.point <= POINT_MAX)
		write_positional(out, &n);
	else
		write_exponent(out, &n);
}

static void new_line(struct str *out, enum layout layout, size_t depth)
{
	if (layout == LAYOUT_CANONICAL)
		return;
	str_add_char(out, '\n');
	str_repeat(out, ' ', depth * INDENT_LEN);
}

static void write_array(const json_t *j, struct str *out, enum layout layout, size_t depth)
{
	size_t count = json_array_size(j);

	str_add_char(out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			str_add_char(out, ',');
		new_line(out, layout, depth + 1);
		write_value(json_array_get(j, i), out, layout, depth + 1);
	}
	if (count)
		new_line(out, layout, depth);
	str_add_char(out, ']');
}

struct member {
	struct text key;
	const json_t *value;
};

static int compare_members(const void *x, const void *y)
{
	const struct member *a = x, *b = y;
	size_t len = a->key.len < b->key.len ? a->key.len : b->key.len;
	int order = memcmp(a->key.ptr, b->key.ptr, len);

	return order ? order : (a->key.len > b->key.len) - (a->key.len < b->key.len);
}

static struct member *sorted_members(const json_t *j, size_t count)
{
	struct member *members = xcalloc(count, sizeof(*members)), *at = members;
	json_t *object = (json_t *)j; /* jansson's iterators change nothing */

	for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i)) {
		at->key = (struct text){json_object_iter_key(i), json_object_iter_key_len(i)};
		at->value = json_object_iter_value(i);
		at++;
	}
	qsort(members, count, sizeof(*members), compare_members);
	return members;
}

static void write_object(const json_t *j, struct str *out, enum layout layout, size_t depth)
{
	size_t count = json_object_size(j);
	struct member *members = sorted_members(j, count);

	str_add_char(out, '{');
	for (size_t i = 0; i < count; i++) {
		if (i)
			str_add_char(out, ',');
		new_line(out, layout, depth + 1);
		json_quote(out, members[i].key);
		str_add(out, layout == LAYOUT_PRETTY ? ": " : ":");
		write_value(members[i].value, out, layout, depth + 1);
	}
	if (count)
		new_line(out, layout, depth);
	str_add_char(out, '}');
	free(members);
}

static void write_scalar(const json_t *j, struct str *out)
{
	if (json_is_string(j))
		json_quote(out, (struct text){json_string_value(j), json_string_length(j)});
	else if (json_is_integer(j))
		str_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(j));
	else if (json_is_real(j))
		write_real(out, json_real_value(j));
	else if (json_is_boolean(j))
		str_add(out, json_is_true(j) ? "true" : "false");
	else
		str_add(out, "null");
}

/* Recursion is as deep as the value, which json_parse and the template reader bound. */
static void write_value(const json_t *j, struct str *out, enum layout layout, size_t depth)
{
	if (json_is_object(j))
		write_object(j, out, layout, depth);
	else if (json_is_array(j))
		write_array(j, out, layout, depth);
	else
		write_scalar(j, out);
}

void json_canonical(const json_t *j, struct str *out)
{
	write_value(j, out, LAYOUT_CANONICAL, 0);
}

void json_pretty(const json_t *j, struct str *out)
{
	write_value(j, out, LAYOUT_PRETTY, 0);
}

const char *json_text(struct arena *a, const json_t *j)
{
	struct str out = STR_INIT;
	const char *text;

	json_canonical(j, &out);
	text = arena_text(a, str_text(&out));
	str_release(&out);
	return text;
}
