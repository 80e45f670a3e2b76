/* value_write.c - values as JSON and YAML. */
#include "templates/value_write.h"

#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "templates/scalar.h"

#define INDENT 2

static void new_line(struct str *out, size_t indent)
{
	str_add_char(out, '\n');
	str_repeat(out, ' ', indent);
}

/* A number whose digits JSON would change stays the text it is. */
static bool number_survives(struct text t)
{
	size_t first = t.len && t.ptr[0] == '-';
	json_t *j;
	bool survives;
	struct value v = {.kind = VALUE_NUMBER, .text = t};

	if (!memchr(t.ptr, '.', t.len))
		return scalar_is_number(t) && !(first && text_is(t, "-0"));
	j = value_to_json(&v);
	survives = !json_is_string(j);
	json_decref(j);
	return survives;
}

static void write_scalar_json(const struct value *v, struct str *out)
{
	switch (v->kind) {
	case VALUE_BOOL:
		str_add(out, v->boolean ? "true" : "false");
		return;
	case VALUE_NUMBER:
		if (number_survives(v->text))
			str_add_text(out, v->text);
		else
			json_quote(out, v->text);
		return;
	case VALUE_STRING:
		json_quote(out, v->text);
		return;
	case VALUE_LIST:
	case VALUE_MAP:
		str_add(out, v->kind == VALUE_LIST ? "[]" : "{}");
		return;
	case VALUE_NULL:
	case VALUE_UNKNOWN:
		str_add(out, "null");
		return;
	}
}

static void write_json(const struct value *v, size_t indent, struct str *out)
{
	bool map = v->kind == VALUE_MAP;

	if (!v->count) {
		write_scalar_json(v, out);
		return;
	}
	str_add_char(out, map ? '{' : '[');
	for (size_t i = 0; i < v->count && out->len <= LIMIT_NORMAL_LEN; i++) {
		if (i)
			str_add_char(out, ',');
		new_line(out, indent + INDENT);
		if (map) {
			json_quote(out, v->entries[i].key);
			str_add(out, ": ");
		}
		write_json(map ? v->entries[i].value : v->items[i], indent + INDENT, out);
	}
	new_line(out, indent);
	str_add_char(out, map ? '}' : ']');
}

bool value_write_json(const struct value *v, struct str *out)
{
	write_json(v, 0, out);
	str_add_char(out, '\n');
	return out->len <= LIMIT_NORMAL_LEN;
}

/* YAML */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Words that some reader takes for a boolean or for nothing. */
static bool is_word_of_yaml(struct text t)
{
	static const char *const words[] = {"true", "false", "yes", "no",  "on",
					    "off",  "y",     "n",   "null"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (t.len == strlen(words[i]) && strncasecmp(t.ptr, words[i], t.len) == 0)
			return true;
	}
	return false;
}

/* Narrower than YAML is: what begins with a letter or a slash and has nothing odd in it. */
static bool is_plain(struct text t)
{
	if (!t.len || !(is_letter(t.ptr[0]) || t.ptr[0] == '/') || is_word_of_yaml(t))
		return false;
	for (size_t i = 0; i < t.len; i++) {
		char c = t.ptr[i];
		bool last = i + 1 == t.len;

		if (c == ':' && (last || t.ptr[i + 1] == ' '))
			return false;
		if (c == ' ' && (last || t.ptr[i + 1] == '#'))
			return false;
		if (!is_letter(c) && !(c >= '0' && c <= '9') && !strchr("-_./:+ @=()<>;~$^", c))
			return false;
	}
	return true;
}

static bool is_printable(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.ptr[i];

		/* C1, line separators and the byte order mark begin with these. */
		if (c < 0x20 || c == 0x7f || c == 0xc2 || c == 0xe2 || c == 0xef)
			return false;
	}
	return true;
}

/* Lines that a block scalar keeps as they are. */
static bool fits_block(struct text t)
{
	struct text_split lines = text_split_start(t);
	struct text line;

	if (!memchr(t.ptr, '\n', t.len) || strchr("\n\t ", t.ptr[0]))
		return false;
	while (text_next(&lines, '\n', &line)) {
		size_t tabs = 0;

		while (tabs < line.len && line.ptr[tabs] == '\t')
			tabs++;
		line = (struct text){line.ptr + tabs, line.len - tabs};
		if (!is_printable(line) || (tabs && !line.len) ||
		    (line.len && line.ptr[line.len - 1] == ' '))
			return false;
	}
	return true;
}

static void write_block(struct text t, size_t indent, struct str *out)
{
	bool ends = t.ptr[t.len - 1] == '\n';
	bool ends_twice = ends && t.len > 1 && t.ptr[t.len - 2] == '\n';
	struct text_split lines = text_split_start((struct text){t.ptr, t.len - (ends ? 1 : 0)});
	struct text line;

	str_add(out, ends_twice ? "|+" : ends ? "|" : "|-");
	while (out->len <= LIMIT_NORMAL_LEN && text_next(&lines, '\n', &line)) {
		if (line.len)
			new_line(out, indent);
		else
			str_add_char(out, '\n');
		str_add_text(out, line);
	}
}

/* Characters that YAML does not take as they are, or takes for ends of lines. */
static unsigned odd_point(struct text t, size_t *len)
{
	const unsigned char *s = (const unsigned char *)t.ptr;

	*len = t.len > 1 && s[0] == 0xc2 ? 2 : 3;
	if (s[0] == 0x7f) {
		*len = 1;
		return 0x7f;
	}
	if (t.len > 1 && s[0] == 0xc2 && s[1] < 0xa0)
		return s[1];
	if (t.len > 2 && s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0xa8 || s[2] == 0xa9))
		return 0x2000u + (s[2] & 0x3fu);
	if (t.len > 2 && s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf)
		return 0xfeff;
	return 0;
}

static void write_escaped(struct text t, struct str *out)
{
	struct str quoted = STR_INIT;
	size_t len;

	json_quote(&quoted, t);
	t = str_text(&quoted);
	for (size_t i = 0; i < t.len; i += len) {
		struct text rest = {t.ptr + i, t.len - i};
		unsigned odd = odd_point(rest, &len);

		if (odd) {
			str_printf(out, "\\u%04x", odd);
			continue;
		}
		str_add_char(out, t.ptr[i]);
		len = 1;
	}
	str_release(&quoted);
}

static void write_quoted(struct text t, struct str *out)
{
	if (!is_printable(t)) {
		write_escaped(t, out);
		return;
	}
	str_add_char(out, '\'');
	for (size_t i = 0; i < t.len; i++) {
		str_add_char(out, t.ptr[i]);
		if (t.ptr[i] == '\'')
			str_add_char(out, '\'');
	}
	str_add_char(out, '\'');
}

static void write_yaml_key(struct text t, struct str *out)
{
	if (is_plain(t))
		str_add_text(out, t);
	else
		write_quoted(t, out);
}

static void write_scalar_yaml(const struct value *v, size_t indent, struct str *out)
{
	if (v->kind == VALUE_NUMBER)
		str_add_text(out, v->text);
	else if (v->kind != VALUE_STRING)
		write_scalar_json(v, out);
	else if (is_plain(v->text))
		str_add_text(out, v->text);
	else if (fits_block(v->text))
		write_block(v->text, indent, out);
	else
		write_quoted(v->text, out);
}

/* Of a map or list with something in it; the first line goes on where `out` stands. */
static void write_yaml(const struct value *v, size_t indent, struct str *out)
{
	for (size_t i = 0; i < v->count && out->len <= LIMIT_NORMAL_LEN; i++) {
		const struct value *member =
			v->kind == VALUE_MAP ? v->entries[i].value : v->items[i];

		if (i)
			new_line(out, indent);
		if (v->kind == VALUE_MAP) {
			write_yaml_key(v->entries[i].key, out);
			str_add_char(out, ':');
		} else {
			str_add_char(out, '-');
		}
		if (!member->count) {
			str_add_char(out, ' ');
			write_scalar_yaml(member, indent + INDENT, out);
			continue;
		}
		if (v->kind == VALUE_MAP)
			new_line(out, indent + INDENT);
		else
			str_add_char(out, ' ');
		write_yaml(member, indent + INDENT, out);
	}
}

bool value_write_yaml(const struct value *v, struct str *out)
{
	if (v->count)
		write_yaml(v, 0, out);
	else
		write_scalar_yaml(v, 0, out);
	str_add_char(out, '\n');
	return out->len <= LIMIT_NORMAL_LEN;
}
