/*
 * yaml_place.c - places in the source from libyaml's marks.
 *
 * libyaml counts lines, columns and mark.index in code points from 0 (2026-11: 0.2.5), and
 * takes U+0085, U+2028, U+2029 and a lone carriage return for line ends, which base/source.c
 * does not; where one of these occurs places come from mark.index instead of line and column.
 */
#include <string.h>

#include "templates/yaml_reader.h"

static bool all_ascii(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		if ((unsigned char)t.ptr[i] >= 0x80)
			return false;
	}
	return true;
}

/* The bytes of what libyaml alone takes for a line end; 0: there is none. */
static size_t unusual_break(const char *at, size_t left)
{
	if (*at == '\r')
		return left < 2 || at[1] != '\n';
	if ((unsigned char)*at == 0xc2)
		return left > 1 && (unsigned char)at[1] == 0x85 ? 2 : 0;
	if (left > 2 && (memcmp(at, "\xe2\x80\xa8", 3) == 0 || memcmp(at, "\xe2\x80\xa9", 3) == 0))
		return 3;
	return 0;
}

static bool only_usual_breaks(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		if ((t.ptr[i] == '\r' || (unsigned char)t.ptr[i] >= 0x80) &&
		    unusual_break(t.ptr + i, t.len - i))
			return false;
	}
	return true;
}

/* From a cursor it is walked this far; beyond, the tables of the source are faster. */
#define WALK_LEN ((size_t)1024)

static size_t given_offset(const struct yaml_reader *r, struct yaml_cursor *c, size_t point)
{
	struct text t = r->given->bytes;

	if (point < c->point || point - c->point > WALK_LEN) {
		c->given_at = source_point_offset(r->given, point);
		c->point = point;
	}
	for (; c->point < point && c->given_at < t.len; c->point++) {
		do
			c->given_at++;
		while (c->given_at < t.len && ((unsigned char)t.ptr[c->given_at] & 0xc0) == 0x80);
	}
	return c->given_at;
}

static struct pos source_pos_near(const struct yaml_reader *r, struct yaml_cursor *c, size_t offset)
{
	struct text t = r->src->bytes;

	if (offset < c->at || offset - c->at > WALK_LEN) {
		c->pos = source_pos(r->src, offset);
		c->at = offset;
	}
	for (; c->at < offset && c->at < t.len; c->at++) {
		if (t.ptr[c->at] == '\n')
			c->pos = (struct pos){c->pos.line + 1, 1};
		else if (c->at + 1 == t.len || ((unsigned char)t.ptr[c->at + 1] & 0xc0) != 0x80)
			c->pos.column++;
	}
	return c->pos;
}

size_t yaml_given_offset(const struct yaml_reader *r, yaml_mark_t mark)
{
	return r->ascii ? mark.index : given_offset(r, r->cursors, mark.index);
}

size_t yaml_offset(const struct yaml_reader *r, yaml_mark_t mark)
{
	return yaml_edit_offset(r, yaml_given_offset(r, mark));
}

static struct pos pos_near(const struct yaml_reader *r, struct yaml_cursor *c, yaml_mark_t mark)
{
	size_t offset;

	if (r->usual_breaks)
		return (struct pos){(uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
	offset = r->ascii ? mark.index : given_offset(r, c, mark.index);
	return source_pos_near(r, c, yaml_edit_offset(r, offset));
}

struct pos yaml_pos(const struct yaml_reader *r, yaml_mark_t mark)
{
	return pos_near(r, r->cursors, mark);
}

struct range yaml_range(const struct yaml_reader *r, yaml_mark_t start, yaml_mark_t end)
{
	return (struct range){r->src, pos_near(r, &r->cursors[0], start),
			      pos_near(r, &r->cursors[1], end)};
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* libyaml ends an anchor before any other character, a colon for one. */
static bool in_anchor(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

static bool in_tag(struct text t, size_t offset)
{
	return !is_blank(t.ptr[offset]) && !strchr(",[]{}", t.ptr[offset]) &&
	       !unusual_break(t.ptr + offset, t.len - offset);
}

/* Behind the tag or anchor at the offset. */
static size_t after_property(struct text t, size_t offset)
{
	bool anchor = t.ptr[offset] == '&';
	const char *close;

	offset++;
	if (!anchor && offset < t.len && t.ptr[offset] == '<') {
		close = memchr(t.ptr + offset, '>', t.len - offset);
		return close ? (size_t)(close + 1 - t.ptr) : t.len;
	}
	while (offset < t.len && (anchor ? in_anchor(t.ptr[offset]) : in_tag(t, offset)))
		offset++;
	return offset;
}

/* Behind blanks, line ends and comments. */
static size_t after_blanks(struct text t, size_t offset)
{
	bool comment = false;

	while (offset < t.len) {
		size_t unusual = unusual_break(t.ptr + offset, t.len - offset);

		if (unusual || t.ptr[offset] == '\n')
			comment = false;
		else if (t.ptr[offset] == '#')
			comment = true;
		else if (!comment && !is_blank(t.ptr[offset]))
			break;
		offset += unusual ? unusual : 1;
	}
	return offset;
}

/* Where the value itself begins, behind its tag, its anchor, blanks and comments. */
struct pos yaml_content_start(const struct yaml_reader *r, yaml_mark_t start, yaml_mark_t end)
{
	struct text t = r->src->bytes;
	size_t offset = yaml_offset(r, start), limit = yaml_offset(r, end);

	while (offset < limit && (t.ptr[offset] == '!' || t.ptr[offset] == '&'))
		offset = after_blanks(t, after_property(t, offset));
	return offset < limit ? source_pos(r->src, offset) : yaml_pos(r, end);
}

/* A block scalar's end mark lies behind the empty lines that follow it. */
struct pos yaml_block_end(const struct yaml_reader *r, yaml_mark_t start, yaml_mark_t end)
{
	size_t first = yaml_offset(r, start), offset = yaml_offset(r, end);

	while (offset > first && is_blank(r->src->bytes.ptr[offset - 1]))
		offset--;
	return source_pos(r->src, offset);
}

static size_t tag_offset(const struct yaml_reader *r, yaml_mark_t start)
{
	struct text t = r->src->bytes;
	size_t offset = yaml_offset(r, start);

	if (offset < t.len && t.ptr[offset] == '&')
		offset = after_blanks(t, after_property(t, offset));
	return offset;
}

struct range yaml_tag_range(const struct yaml_reader *r, yaml_mark_t start)
{
	size_t offset = tag_offset(r, start);

	return (struct range){r->src, source_pos(r->src, offset),
			      source_pos(r->src, after_property(r->src->bytes, offset))};
}

struct pos yaml_tag_start(const struct yaml_reader *r, yaml_mark_t start)
{
	return source_pos(r->src, tag_offset(r, start));
}

void yaml_places_start(struct yaml_reader *r)
{
	r->ascii = all_ascii(r->given->bytes);
	r->usual_breaks = !r->edits.count && only_usual_breaks(r->given->bytes);
	r->cursors[0] = r->cursors[1] = (struct yaml_cursor){.pos = {1, 1}};
}
