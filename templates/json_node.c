/* json_node.c - recursive descent over JSON; what is not JSON ends it without a word. */
#include "templates/json_node.h"

#include <string.h>

#include "base/limits.h"
#include "base/vec.h"

enum outcome { READ_OK, READ_NOT_JSON, READ_REFUSED };

struct json_reader {
	struct node_builder *build;
	const struct source *src;
	const char *at, *end;
	/* The last place that was asked for; places are asked for from front to back. */
	const char *seen;
	struct pos seen_pos;
	struct pos trailing; /* a comma with nothing behind it; line 0: none was found */
	struct str unescaped;
	struct {
		VEC_OF(const struct node *)
	} items; /* of all lists that are open */
	struct {
		VEC_OF(struct node_entry)
	} entries; /* of all maps that are open */
};

/* Places and blanks */

static struct pos here(struct json_reader *r)
{
	for (; r->seen < r->at; r->seen++) {
		if (*r->seen == '\n') {
			r->seen_pos.line++;
			r->seen_pos.column = 1;
		} else if (((unsigned char)*r->seen & 0xc0) != 0x80) {
			r->seen_pos.column++;
		}
	}
	return r->seen_pos;
}

static struct range from(struct json_reader *r, struct pos start)
{
	return (struct range){r->src, start, here(r)};
}

static void skip_blanks(struct json_reader *r)
{
	while (r->at < r->end &&
	       (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
		r->at++;
}

static bool take(struct json_reader *r, char c)
{
	skip_blanks(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

/* Scalars */

/* Four hexadecimal digits behind "\u", or -1. */
static int32_t hex4(const struct json_reader *r, const char *at)
{
	int32_t code = 0;

	if (r->end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = memchr(digits, at[i] | 0x20, sizeof(digits) - 1);

		if (!digit || (at[i] < '0') || (at[i] > '9' && at[i] < 'A'))
			return -1;
		code = code * 16 + (int32_t)(digit - digits);
	}
	return code;
}

static void add_point(struct str *out, int32_t code)
{
	char bytes[4];
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = len; i-- > 1; code >>= 6)
		bytes[i] = (char)(0x80 | (code & 0x3f));
	bytes[0] = (char)(lead[len] | code);
	str_add_len(out, bytes, len);
}

/* Behind "\u".  Half a pair is no character. */
static bool add_unicode(struct json_reader *r)
{
	int32_t code = hex4(r, r->at), low;

	if (code < 0 || (code >= 0xdc00 && code < 0xe000))
		return false;
	r->at += 4;
	if (code >= 0xd800 && code < 0xdc00) {
		if (r->end - r->at < 2 || r->at[0] != '\\' || r->at[1] != 'u')
			return false;
		low = hex4(r, r->at + 2);
		if (low < 0xdc00 || low >= 0xe000)
			return false;
		r->at += 6;
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	}
	add_point(&r->unescaped, code);
	return true;
}

/* Behind the backslash. */
static bool add_escape(struct json_reader *r)
{
	static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	const char *letter;

	if (r->at == r->end)
		return false;
	if (*r->at == 'u') {
		r->at++;
		return add_unicode(r);
	}
	letter = memchr(letters, *r->at++, sizeof(letters) - 1);
	if (!letter)
		return false;
	str_add_char(&r->unescaped, meanings[letter - letters]);
	return true;
}

/* The text behind the opening quote, in the source or in r->unescaped. */
static bool string_text(struct json_reader *r, struct text *out)
{
	const char *start = r->at;
	bool escaped = false;

	str_clear(&r->unescaped);
	for (; r->at < r->end && *r->at != '"';) {
		if ((unsigned char)*r->at < 0x20 && *r->at != '\t')
			return false;
		if (*r->at++ != '\\')
			continue;
		str_add_len(&r->unescaped, start, (size_t)(r->at - 1 - start));
		escaped = true;
		if (!add_escape(r))
			return false;
		start = r->at;
	}
	if (r->at == r->end)
		return false;
	if (escaped)
		str_add_len(&r->unescaped, start, (size_t)(r->at - start));
	*out = escaped ? str_text(&r->unescaped) : (struct text){start, (size_t)(r->at - start)};
	r->at++;
	return true;
}

static enum outcome read_string(struct json_reader *r, const struct node **out)
{
	struct pos start = here(r);
	struct text text;

	r->at++;
	if (!string_text(r, &text))
		return READ_NOT_JSON;
	*out = node_build_scalar(r->build, from(r, start), SCALAR_QUOTED, text);
	return READ_OK;
}

static size_t digits(struct text t, size_t *at)
{
	size_t start = *at;

	while (*at < t.len && t.ptr[*at] >= '0' && t.ptr[*at] <= '9')
		++*at;
	return *at - start;
}

static bool is_number(struct text t)
{
	size_t at = t.len && t.ptr[0] == '-', first = at, whole = digits(t, &at);

	if (!whole || (whole > 1 && t.ptr[first] == '0'))
		return false;
	if (at < t.len && t.ptr[at] == '.') {
		at++;
		if (!digits(t, &at))
			return false;
	}
	if (at < t.len && (t.ptr[at] == 'e' || t.ptr[at] == 'E')) {
		at++;
		at += at < t.len && (t.ptr[at] == '+' || t.ptr[at] == '-');
		if (!digits(t, &at))
			return false;
	}
	return at == t.len;
}

static bool is_word(struct text t)
{
	return text_is(t, "true") || text_is(t, "false") || text_is(t, "null") || is_number(t);
}

/* true, false, null or a number. */
static enum outcome read_word(struct json_reader *r, const struct node **out)
{
	struct pos start = here(r);
	struct text word = {r->at, 0};

	while (r->at < r->end && !strchr(" \t\r\n,]}", *r->at))
		r->at++;
	word.len = (size_t)(r->at - word.ptr);
	if (!is_word(word))
		return READ_NOT_JSON;
	*out = node_build_scalar(r->build, from(r, start), SCALAR_PLAIN, word);
	return READ_OK;
}

/* Collections */

static enum outcome read_value(struct json_reader *r, size_t depth, const struct node **out);

/* A comma, and with it one more item; a trailing one ends the reading there, which is noted. */
static bool take_comma(struct json_reader *r, char close)
{
	const char *comma;

	if (!take(r, ','))
		return false;
	comma = r->at - 1;
	skip_blanks(r);
	if (r->at < r->end && *r->at == close) {
		r->at = comma;
		r->trailing = here(r);
		r->at++;
	}
	return true;
}

static enum outcome read_items(struct json_reader *r, size_t depth)
{
	const struct node *item;
	enum outcome result;

	if (take(r, ']'))
		return READ_OK;
	do {
		result = read_value(r, depth + 1, &item);
		if (result != READ_OK)
			return result;
		*vec_add(&r->items) = item;
	} while (take_comma(r, ']'));
	return take(r, ']') ? READ_OK : READ_NOT_JSON;
}

static enum outcome read_list(struct json_reader *r, size_t depth, const struct node **out)
{
	size_t base = r->items.count;
	struct pos start = here(r);
	enum outcome result;

	r->at++;
	result = read_items(r, depth);
	if (result == READ_OK)
		*out = node_build_list(r->build->a, from(r, start),
				       r->items.items ? r->items.items + base : NULL,
				       r->items.count - base);
	r->items.count = base;
	return result;
}

static enum outcome read_entry(struct json_reader *r, size_t depth)
{
	struct node_entry entry;
	enum outcome result;

	skip_blanks(r);
	if (r->at == r->end || *r->at != '"')
		return READ_NOT_JSON;
	result = read_value(r, depth + 1, &entry.key);
	if (result != READ_OK)
		return result;
	if (!take(r, ':'))
		return READ_NOT_JSON;
	result = read_value(r, depth + 1, &entry.value);
	*vec_add(&r->entries) = entry;
	return result;
}

static enum outcome read_entries(struct json_reader *r, size_t depth)
{
	enum outcome result;

	if (take(r, '}'))
		return READ_OK;
	do {
		result = read_entry(r, depth);
		if (result != READ_OK)
			return result;
	} while (take_comma(r, '}'));
	return take(r, '}') ? READ_OK : READ_NOT_JSON;
}

static enum outcome read_map(struct json_reader *r, size_t depth, const struct node **out)
{
	size_t base = r->entries.count;
	struct pos start = here(r);
	enum outcome result;

	r->at++;
	result = read_entries(r, depth);
	if (result == READ_OK)
		*out = node_build_map(r->build, from(r, start),
				      r->entries.items ? r->entries.items + base : NULL,
				      r->entries.count - base);
	r->entries.count = base;
	return result;
}

static enum outcome read_value(struct json_reader *r, size_t depth, const struct node **out)
{
	struct range where;

	*out = NULL;
	skip_blanks(r);
	if (r->at == r->end)
		return READ_NOT_JSON;
	where = (struct range){r->src, here(r), here(r)};
	if (!node_build_depth(r->build, depth, where) || !node_build_count(r->build, 1, where) ||
	    r->build->d->error_count >= LIMIT_DIAGS)
		return READ_REFUSED;
	switch (*r->at) {
	case '{':
		return read_map(r, depth, out);
	case '[':
		return read_list(r, depth, out);
	case '"':
		return read_string(r, out);
	default:
		return read_word(r, out);
	}
}

static enum outcome read_document(struct json_reader *r, const struct node **out)
{
	enum outcome result = READ_NOT_JSON;

	skip_blanks(r);
	if (r->at < r->end && strchr("{[\"", *r->at))
		result = read_value(r, 0, out);
	skip_blanks(r);
	return result == READ_OK && r->at < r->end ? READ_NOT_JSON : result;
}

/* YAML takes what CloudFormation, which reads this as JSON, refuses. */
static void warn_of_comma(const struct json_reader *r)
{
	const struct range where = {r->src, r->trailing, r->trailing};
	struct diags *d = r->build->d;
	struct diag *g;

	if (!r->trailing.line || r->build->dialect != NODE_TEMPLATE ||
	    !text_ends(text_of(r->src->name), ".json") || !text_starts(r->src->bytes, "{"))
		return;
	g = diag_warn(d, DIAG_JSON_COMMA, where,
		      "nothing follows this comma, and CloudFormation refuses such JSON");
	diag_hint(d, g, "remove the comma");
}

bool json_node_parse(struct node_builder *b, const struct source *src, const struct node **ret_root)
{
	struct diags found = DIAGS_INIT;
	struct node_builder own = *b; /* forgotten when it is no JSON */
	struct json_reader r = {.build = &own, .src = src, .seen_pos = {1, 1}};
	enum outcome result;

	own.d = &found;
	r.at = r.seen = src->bytes.ptr;
	r.end = src->bytes.ptr + src->bytes.len;
	*ret_root = NULL;
	result = read_document(&r, ret_root);
	str_release(&r.unescaped);
	vec_release(&r.items);
	vec_release(&r.entries);
	if (result == READ_NOT_JSON) {
		*ret_root = NULL;
		diags_release(&found);
		r.build = b;
		warn_of_comma(&r);
		return false;
	}
	own.d = b->d;
	*b = own;
	diags_take(b->d, &found);
	if (result == READ_REFUSED)
		*ret_root = NULL;
	return true;
}
