/* view_text.c - text, values and paragraphs for people. */
#include "cli/view_text.h"

#include <string.h>

/* Length of the code point at t, 0 when it is not UTF-8; *point is set. */
static size_t decode(struct text t, uint32_t *point)
{
	const unsigned char *p = (const unsigned char *)t.ptr;
	size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	size_t bad;

	if (len > t.len || (p[0] && !text_utf8_valid((struct text){t.ptr, len}, &bad)))
		return 0;
	*point = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++)
		*point = *point << 6 | (p[i] & 0x3fu);
	return len;
}

/* Control characters, and marks that turn the direction of what follows. */
static bool dangerous(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) ||
	       (point >= 0x200e && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
	       (point >= 0x2066 && point <= 0x2069) || point == 0x061c || point == 0xfeff;
}

static void add_escape(struct str *out, uint32_t point)
{
	if (point == '\n')
		str_add(out, "\\n");
	else if (point == '\t')
		str_add(out, "\\t");
	else if (point == '\r')
		str_add(out, "\\r");
	else if (point < 0x100)
		str_printf(out, "\\x%02x", (unsigned)point);
	else
		str_printf(out, "\\u{%x}", (unsigned)point);
}

/* Appends the first code point of t and returns its length. */
static size_t add_point(struct str *out, struct text t)
{
	uint32_t point = 0;
	size_t len = decode(t, &point);

	if (!len) {
		str_printf(out, "\\x%02x", (unsigned)(unsigned char)t.ptr[0]);
		return 1;
	}
	if (dangerous(point))
		add_escape(out, point);
	else
		str_add_len(out, t.ptr, len);
	return len;
}

void shown_text(struct str *out, struct text t)
{
	for (size_t at = 0; at < t.len;)
		at += add_point(out, (struct text){t.ptr + at, t.len - at});
}

void shown_lines(struct str *out, struct text t, size_t indent)
{
	for (size_t at = 0; at < t.len;) {
		if (t.ptr[at] == '\n') {
			str_add_char(out, '\n');
			if (at + 1 < t.len && t.ptr[at + 1] != '\n')
				str_repeat(out, ' ', indent);
			at++;
		} else if (t.ptr[at] == '\t') {
			str_add_char(out, '\t');
			at++;
		} else {
			at += add_point(out, (struct text){t.ptr + at, t.len - at});
		}
	}
}

static bool point_starts(char c)
{
	return ((unsigned char)c & 0xc0u) != 0x80u;
}

size_t shown_columns(struct text t)
{
	size_t columns = 0;

	for (size_t i = 0; i < t.len; i++)
		columns += point_starts(t.ptr[i]);
	return columns;
}

struct text cut_to_columns(struct text t, size_t columns)
{
	for (size_t i = 0; i < t.len; i++) {
		if (!point_starts(t.ptr[i]))
			continue;
		if (columns == 0)
			return (struct text){t.ptr, i};
		columns--;
	}
	return t;
}

void counted(struct str *out, size_t count, const char *one, const char *many)
{
	str_printf(out, "%zu %s", count, count == 1 ? one : many);
}

void pad_to(struct str *out, size_t line_start, size_t column)
{
	struct text line = {str_cstr(out) + line_start, out->len - line_start};
	size_t now = shown_columns(line);

	str_repeat(out, ' ', now < column ? column - now : 1);
}

static void wrap_paragraph(struct str *out, struct text t, size_t indent, size_t width)
{
	struct text_split words = text_split_start(t);
	struct text word;
	size_t column = 0;

	while (text_next(&words, ' ', &word)) {
		size_t len = shown_columns(word);

		if (!word.len)
			continue;
		if (column && column + 1 + len > width) {
			str_add_char(out, '\n');
			column = 0;
		}
		if (column)
			str_add_char(out, ' ');
		else
			str_repeat(out, ' ', indent);
		column += column ? 1 + len : indent + len;
		str_add_text(out, word);
	}
	str_add_char(out, '\n');
}

void wrapped(struct str *out, struct text t, size_t indent, size_t width)
{
	struct text_split paragraphs = text_split_start(t);
	struct text paragraph;

	while (text_next(&paragraphs, '\n', &paragraph))
		wrap_paragraph(out, paragraph, indent, width);
}

void folded(struct str *out, struct text line, size_t hang, size_t columns)
{
	struct str text = STR_INIT;
	size_t before = 0;

	while (before < line.len && line.ptr[before] == ' ')
		before++;
	if (!columns || columns <= 2 * hang || shown_columns(line) <= columns) {
		str_add_text(out, line);
		str_add_char(out, '\n');
		return;
	}
	wrap_paragraph(&text, (struct text){line.ptr + before, line.len - before}, hang, columns);
	str_repeat(out, ' ', before);
	str_add(out, str_cstr(&text) + hang);
	str_release(&text);
}
