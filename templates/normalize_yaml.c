/*
 * normalize_yaml.c - the YAML form: block style, plain text where nothing else could be
 * meant, text of several lines as a literal block, all else in double quotes.
 */
#include "templates/normalize_yaml.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"

#define KEY_LEN_MAX 500 /* of a key that stands before its colon; YAML allows 1024 */

/* Plain scalars */

/* What a YAML 1.1 reader takes for a boolean or null. */
static bool is_reserved(struct text t)
{
	static const char *const words[] = {"y",    "n",     "yes", "no",  "on",
					    "true", "false", "off", "null"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (t.len == strlen(words[i]) && strncasecmp(t.ptr, words[i], t.len) == 0)
			return true;
	}
	return false;
}

/* Letters first, so no number and no date; within, what never ends a plain scalar. */
static bool is_plain(struct text t)
{
	static const char within[] = "_-./:@+=* ";

	if (!t.len || !(isalpha((unsigned char)t.ptr[0]) || t.ptr[0] == '/') || is_reserved(t))
		return false;
	for (size_t i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.ptr[i];

		if (c >= 0x80 || !(isalnum(c) || memchr(within, c, sizeof(within) - 1)))
			return false;
		if (c == ':' && (i + 1 == t.len || t.ptr[i + 1] == ' '))
			return false;
	}
	return t.ptr[t.len - 1] != ' ';
}

/* Quoted scalars */

/* The code point at the front and its bytes; the text is valid UTF-8. */
static uint32_t first_point(struct text t, size_t *len)
{
	unsigned char c = (unsigned char)t.ptr[0];
	uint32_t code;

	*len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	code = *len == 1 ? c : c & (0x7fu >> *len);
	for (size_t i = 1; i < *len; i++)
		code = code << 6 | ((unsigned char)t.ptr[i] & 0x3f);
	return code;
}

/* Control characters, and those that YAML takes for line ends, marks or no text. */
static bool needs_escape(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 ||
	       code == 0xfeff || code == 0xfffe || code == 0xffff;
}

static void write_escaped(uint32_t code, struct str *out)
{
	if (code == '\n')
		str_add(out, "\\n");
	else if (code == '\t')
		str_add(out, "\\t");
	else
		str_printf(out, "\\u%04x", code);
}

static void write_quoted(struct text t, struct str *out)
{
	size_t len;

	str_add_char(out, '"');
	for (; t.len; t.ptr += len, t.len -= len) {
		uint32_t code = first_point(t, &len);

		if (needs_escape(code)) {
			write_escaped(code, out);
			continue;
		}
		if (code == '"' || code == '\\')
			str_add_char(out, '\\');
		str_add_len(out, t.ptr, len);
	}
	str_add_char(out, '"');
}

static void write_text(struct text t, struct str *out)
{
	if (is_plain(t))
		str_add_text(out, t);
	else
		write_quoted(t, out);
}

/* Literal blocks */

static bool is_literal(struct text t)
{
	bool printed = false;
	size_t len;

	if (!memchr(t.ptr, '\n', t.len) || t.ptr[0] == ' ' || t.ptr[0] == '\n' || t.ptr[0] == '\t')
		return false;
	for (; t.len; t.ptr += len, t.len -= len) {
		uint32_t code = first_point(t, &len);

		if (needs_escape(code) && code != '\n' && code != '\t')
			return false;
		printed = printed || (code != '\n' && code != '\t' && code != ' ');
	}
	return printed;
}

static void write_literal(struct text t, size_t indent, struct str *out)
{
	const char *chomp = !text_ends(t, "\n") ? "-" : text_ends(t, "\n\n") ? "+" : "";
	struct text line;
	struct text_split lines;

	if (text_ends(t, "\n"))
		t.len--;
	str_printf(out, "|%s", chomp);
	lines = text_split_start(t);
	while (out->len <= LIMIT_NORMAL_LEN && text_next(&lines, '\n', &line)) {
		str_add_char(out, '\n');
		if (line.len)
			str_repeat(out, ' ', indent);
		str_add_text(out, line);
	}
}

/* Nodes.  The indent is that of the lines that a collection or block takes. */

static void write_node(const struct node *n, size_t indent, struct str *out);

static bool is_empty(const struct node *n)
{
	return (n->kind == NODE_LIST || n->kind == NODE_MAP) && !n->count;
}

static void new_line(size_t indent, struct str *out)
{
	str_add_char(out, '\n');
	str_repeat(out, ' ', indent);
}

/* Behind "key:" or "- ". */
static void write_value(const struct node *n, size_t indent, struct str *out)
{
	if (n->kind == NODE_SCALAR || is_empty(n)) {
		str_add_char(out, ' ');
		write_node(n, indent, out);
		return;
	}
	new_line(indent, out);
	write_node(n, indent, out);
}

static void write_items(const struct node *n, size_t indent, struct str *out)
{
	for (size_t i = 0; i < n->count && out->len <= LIMIT_NORMAL_LEN; i++) {
		if (i)
			new_line(indent, out);
		str_add(out, "- ");
		write_node(n->items[i], indent + 2, out);
	}
}

static void write_entries(const struct node *n, size_t indent, struct str *out)
{
	for (size_t i = 0; i < n->count && out->len <= LIMIT_NORMAL_LEN; i++) {
		const struct node_entry *e = &n->entries[i];

		if (i)
			new_line(indent, out);
		if (e->key->text.len > KEY_LEN_MAX) {
			str_add(out, "? ");
			write_quoted(e->key->text, out);
			new_line(indent, out);
		} else {
			write_text(e->key->text, out);
		}
		str_add_char(out, ':');
		write_value(e->value, indent + 2, out);
	}
}

static void write_map(const struct node *n, size_t indent, struct str *out)
{
	struct arena *a = arena_new();

	write_entries(normal_map(a, n), indent, out);
	arena_free(a);
}

static void write_scalar(const struct node *n, size_t indent, struct str *out)
{
	if (node_is_null(n))
		str_add(out, "null");
	else if (is_literal(n->text))
		write_literal(n->text, indent ? indent : 2, out);
	else
		write_text(n->text, out);
}

static void write_node(const struct node *n, size_t indent, struct str *out)
{
	if (n->kind == NODE_SCALAR)
		write_scalar(n, indent, out);
	else if (is_empty(n))
		str_add(out, n->kind == NODE_LIST ? "[]" : "{}");
	else if (n->kind == NODE_LIST)
		write_items(n, indent, out);
	else
		write_map(n, indent, out);
}

void normal_write_yaml(const struct node *n, struct str *out)
{
	write_node(n, 0, out);
}
