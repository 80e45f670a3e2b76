/*
 * aws_types.c - the data file of types.  Numbers are little-endian.
 *
 *	"hdtypes1"
 *	u32 types, pieces, bytes of pieces, bytes of values
 *	types times: u32 offset of the name's value, u32 offset of the schema's value;
 *		sorted by name
 *	pieces times: u32 end of the piece
 *	the pieces, one behind the other
 *	the values
 *
 * A value is stored once, however often it occurs: offsets count from the first value, as
 * varints (seven bits a byte, low ones first, the top bit says that more follow).  Its first
 * byte holds the kind below and above it a count up to 30; 31 says that a varint follows:
 *
 *	0 TEXT    count bytes: one below 0x80 is itself, another and the one behind it are
 *		  the number of a piece (fifteen bits, high ones first)
 *	1 RAW     count bytes of UTF-8
 *	2 NUMBER  count characters, as in JSON
 *	3 WORD    one byte: 0 false, 1 true
 *	4 LIST    count offsets
 *	5 OBJECT  count pairs of offsets: of a TEXT or RAW, of a value
 */
#include "providers/aws/aws_types.h"

#include <string.h>

#include "base/json.h"
#include "base/limits.h"

#define MAGIC "hdtypes1"
#define MAGIC_LEN (sizeof(MAGIC) - 1)
#define U32_LEN 4
#define HEAD_COUNT 4
#define HEAD_LEN (MAGIC_LEN + HEAD_COUNT * U32_LEN)
#define ROW_LEN ((size_t)2 * U32_LEN)
#define KIND_BITS 3
#define COUNT_FOLLOWS 31

enum kind { KIND_TEXT, KIND_RAW, KIND_NUMBER, KIND_WORD, KIND_LIST, KIND_OBJECT };

/* The file and its length, as the assembler puts them here. */
__asm__(".pushsection .rodata\n"
	".global aws_types_file\n"
	".hidden aws_types_file\n"
	".global aws_types_file_len\n"
	".hidden aws_types_file_len\n"
	"aws_types_file:\n"
	".incbin \"providers/aws/aws_types.dat\"\n"
	"aws_types_file_end:\n"
	".balign 8\n"
	"aws_types_file_len:\n"
	".quad aws_types_file_end - aws_types_file\n"
	".popsection\n");
extern const char aws_types_file[];
extern const uint64_t aws_types_file_len;

struct text aws_types_data(void)
{
	return (struct text){aws_types_file, (size_t)aws_types_file_len};
}

static size_t u32_at(const unsigned char *p)
{
	return (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
}

/* Moves *at behind `count` things of `len` bytes; false when they are not there. */
static bool take(struct text data, size_t *at, size_t count, size_t len)
{
	if (count > (data.len - *at) / len)
		return false;
	*at += count * len;
	return true;
}

bool aws_types_open(struct aws_types *t, struct text data)
{
	const unsigned char *bytes = (const unsigned char *)data.ptr;
	size_t heads[HEAD_COUNT], index = HEAD_LEN, ends, pieces, values, end;

	*t = (struct aws_types){0};
	if (data.len < HEAD_LEN || memcmp(bytes, MAGIC, MAGIC_LEN) != 0)
		return false;
	for (size_t i = 0; i < HEAD_COUNT; i++)
		heads[i] = u32_at(bytes + MAGIC_LEN + i * U32_LEN);
	ends = index;
	if (!take(data, &ends, heads[0], ROW_LEN))
		return false;
	pieces = ends;
	if (!take(data, &pieces, heads[1], U32_LEN))
		return false;
	values = pieces;
	if (!take(data, &values, heads[2], 1))
		return false;
	end = values;
	if (!take(data, &end, heads[3], 1))
		return false;
	*t = (struct aws_types){heads[0],       heads[1],       bytes + index, bytes + ends,
				bytes + pieces, bytes + values, heads[2],      heads[3]};
	return true;
}

/* A way through the values; `at` stays within them. */
struct cursor {
	const struct aws_types *t;
	size_t at;
};

static bool next_byte(struct cursor *c, unsigned *out)
{
	if (c->at >= c->t->value_len)
		return false;
	*out = c->t->values[c->at++];
	return true;
}

static bool next_varint(struct cursor *c, size_t *out)
{
	unsigned byte = 0x80;

	*out = 0;
	for (unsigned shift = 0; byte & 0x80; shift += 7) {
		if (shift > 28 || !next_byte(c, &byte))
			return false;
		*out |= (size_t)(byte & 0x7f) << shift;
	}
	return true;
}

/* Every counted thing takes at least a byte, so a count beyond the end is refused at once. */
static bool next_head(struct cursor *c, enum kind *kind, size_t *count)
{
	unsigned byte;

	if (!next_byte(c, &byte) || (byte & ((1u << KIND_BITS) - 1)) > KIND_OBJECT)
		return false;
	*kind = (enum kind)(byte & ((1u << KIND_BITS) - 1));
	*count = byte >> KIND_BITS;
	if (*count == COUNT_FOLLOWS && !next_varint(c, count))
		return false;
	return *count <= c->t->value_len - c->at;
}

/* Pieces are never empty: whoever decodes gets at least a byte for a step. */
static bool find_piece(const struct aws_types *t, size_t number, struct text *out)
{
	size_t start, end;

	if (number >= t->piece_count)
		return false;
	start = number ? u32_at(t->piece_ends + (number - 1) * U32_LEN) : 0;
	end = u32_at(t->piece_ends + number * U32_LEN);
	if (start >= end || end > t->piece_len)
		return false;
	*out = (struct text){(const char *)t->pieces + start, end - start};
	return true;
}

/* The cursor is behind the head of a TEXT of `len` bytes. */
static bool decode_text(struct cursor *c, size_t len, struct str *out)
{
	size_t end = c->at + len;

	while (c->at < end) {
		unsigned byte = c->t->values[c->at++];
		struct text piece;

		if (byte < 0x80) {
			str_add_char(out, (char)byte);
			continue;
		}
		if (c->at == end ||
		    !find_piece(c->t, (size_t)(byte & 0x7f) << 8 | c->t->values[c->at++], &piece))
			return false;
		if (out->len + piece.len > LIMIT_PROVIDER_DOC_LEN)
			return false;
		str_add_text(out, piece);
	}
	return true;
}

/* Appends the characters of the string whose value is at the offset. */
static bool read_string(const struct aws_types *t, size_t offset, struct str *out)
{
	struct cursor c = {t, offset};
	enum kind kind;
	size_t count;

	if (!next_head(&c, &kind, &count))
		return false;
	if (kind == KIND_TEXT)
		return decode_text(&c, count, out);
	if (kind != KIND_RAW)
		return false;
	str_add_len(out, (const char *)t->values + c.at, count);
	return true;
}

struct writer {
	const struct aws_types *t;
	struct str *out;
	size_t start;        /* of what this writer wrote */
	struct str *scratch; /* one decoded string */
};

static bool write_value(struct writer *w, size_t offset, size_t depth);

static bool write_string(struct writer *w, size_t offset)
{
	str_clear(w->scratch);
	if (!read_string(w->t, offset, w->scratch))
		return false;
	json_quote(w->out, str_text(w->scratch));
	return true;
}

static bool write_number(struct writer *w, const struct cursor *c, size_t count)
{
	struct text number = {(const char *)w->t->values + c->at, count};
	double value;

	if (!text_to_double(number, &value))
		return false;
	str_add_text(w->out, number);
	return true;
}

static bool write_word(struct writer *w, struct cursor *c)
{
	unsigned byte;

	if (!next_byte(c, &byte) || byte > 1)
		return false;
	str_add(w->out, byte ? "true" : "false");
	return true;
}

static bool write_parts(struct writer *w, struct cursor *c, enum kind kind, size_t count,
			size_t depth)
{
	size_t offset;

	str_add_char(w->out, kind == KIND_OBJECT ? '{' : '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			str_add_char(w->out, ',');
		if (kind == KIND_OBJECT) {
			if (!next_varint(c, &offset) || !write_string(w, offset))
				return false;
			str_add_char(w->out, ':');
		}
		if (!next_varint(c, &offset) || !write_value(w, offset, depth + 1))
			return false;
	}
	str_add_char(w->out, kind == KIND_OBJECT ? '}' : ']');
	return true;
}

/* Values may hold each other again and again: depth and length bound what damage can do. */
static bool write_value(struct writer *w, size_t offset, size_t depth)
{
	struct cursor c = {w->t, offset};
	enum kind kind;
	size_t count;

	if (depth > LIMIT_JSON_DEPTH || w->out->len - w->start > LIMIT_PROVIDER_DOC_LEN ||
	    !next_head(&c, &kind, &count))
		return false;
	switch (kind) {
	case KIND_TEXT:
	case KIND_RAW:
		return write_string(w, offset);
	case KIND_NUMBER:
		return write_number(w, &c, count);
	case KIND_WORD:
		return write_word(w, &c);
	case KIND_LIST:
	case KIND_OBJECT:
		return write_parts(w, &c, kind, count, depth);
	}
	return false;
}

bool aws_types_name(const struct aws_types *t, size_t i, struct str *out)
{
	return i < t->count && read_string(t, u32_at(t->index + i * ROW_LEN), out);
}

static int compare_text(struct text a, struct text b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* The row of the type; t->count when there is none. */
static size_t find_row(const struct aws_types *t, struct text name, struct str *scratch)
{
	size_t low = 0, high = t->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order;

		str_clear(scratch);
		if (!aws_types_name(t, middle, scratch))
			return t->count;
		order = compare_text(name, str_text(scratch));
		if (order == 0)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return t->count;
}

bool aws_types_schema(const struct aws_types *t, struct text name, struct str *out)
{
	struct str scratch = STR_INIT;
	struct writer w = {t, out, out->len, &scratch};
	size_t row = find_row(t, name, &scratch);
	bool known =
		row < t->count && write_value(&w, u32_at(t->index + row * ROW_LEN + U32_LEN), 0);

	if (!known)
		str_truncate(out, w.start);
	str_release(&scratch);
	return known;
}
