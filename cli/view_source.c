/* view_source.c - the line that a diagnostic is about. */
#include "cli/view_source.h"

#include <stdio.h>

#include "cli/view_text.h"

#define TAB_WIDTH 8
#define LINE_COLUMNS 72 /* of a line's text; with the gutter it is 80 */
#define LEAD_COLUMNS 24 /* kept before the range when the line is cut */
#define CUT "..."
#define CUT_COLUMNS 3
#define SHOWN_COLUMNS 100000 /* of a line that is looked at; what lies behind is left out */

/* A line as it is shown, and the columns of the range in it, from 0; end is behind. */
struct shown_line {
	struct str text;
	size_t start, end;
};

static size_t point_len(struct text t)
{
	size_t len = 1;

	while (len < t.len && ((unsigned char)t.ptr[len] & 0xc0u) == 0x80u)
		len++;
	return len;
}

static void add_shown(struct str *out, struct text point)
{
	size_t columns;

	if (point.ptr[0] != '\t') {
		shown_text(out, point);
		return;
	}
	columns = shown_columns(str_text(out));
	str_repeat(out, ' ', TAB_WIDTH - columns % TAB_WIDTH);
}

/* Columns of a range of one line, counted in code points from 1. */
struct columns {
	uint32_t start, end;
};

static void make_shown(struct shown_line *l, struct text line, struct columns range)
{
	size_t width = 0;
	uint32_t column = 1;

	l->start = l->end = 0;
	for (size_t at = 0; at < line.len && width < SHOWN_COLUMNS; column++) {
		struct text rest = {line.ptr + at, line.len - at};
		struct text point = {rest.ptr, point_len(rest)};
		size_t before = l->text.len;

		if (column == range.start)
			l->start = width;
		add_shown(&l->text, point);
		width += shown_columns((struct text){l->text.ptr + before, l->text.len - before});
		if (column < range.end)
			l->end = width;
		at += point.len;
	}
	if (range.start >= column)
		l->start = width;
	if (l->end <= l->start)
		l->end = l->start + 1;
}

static struct text from_column(struct text t, size_t column)
{
	size_t len = cut_to_columns(t, column).len;

	return (struct text){t.ptr + len, t.len - len};
}

/* How much is left out at the start: nothing while the range is in sight, and no more than
 * brings the end of the line into sight. */
static size_t columns_to_skip(const struct shown_line *l, size_t width)
{
	size_t last = width - LINE_COLUMNS + CUT_COLUMNS, skip;

	if (l->end + CUT_COLUMNS <= LINE_COLUMNS || l->start <= LEAD_COLUMNS)
		return 0;
	skip = l->start - LEAD_COLUMNS;
	return skip < last ? skip : last;
}

static void cut_around(struct shown_line *l)
{
	struct text whole = str_text(&l->text), piece = whole;
	size_t width = shown_columns(whole), room = LINE_COLUMNS, skip;
	struct str cut = STR_INIT;

	if (width <= LINE_COLUMNS)
		return;
	skip = columns_to_skip(l, width);
	if (skip) {
		str_add(&cut, CUT);
		piece = from_column(whole, skip);
		room -= CUT_COLUMNS;
		l->start = l->start - skip + CUT_COLUMNS;
		l->end = l->end - skip + CUT_COLUMNS;
	}
	if (shown_columns(piece) > room) {
		str_add_text(&cut, cut_to_columns(piece, room - CUT_COLUMNS));
		str_add(&cut, CUT);
	} else {
		str_add_text(&cut, piece);
	}
	if (l->end > LINE_COLUMNS)
		l->end = LINE_COLUMNS;
	str_release(&l->text);
	l->text = cut;
}

static void add_carets(struct str *out, const struct shown_line *l, const struct style *st)
{
	str_repeat(out, ' ', l->start);
	paint_on(out, st, PAINT_RED);
	str_repeat(out, '^', l->end - l->start);
	paint_off(out, st);
	str_add_char(out, '\n');
}

static void add_gutter(struct str *out, const char *number, size_t width, const struct style *st)
{
	paint_on(out, st, PAINT_DIM);
	str_printf(out, "%*s |", (int)width, number);
	paint_off(out, st);
	str_add_char(out, ' ');
}

void view_source_line(struct str *out, const struct range *where, const struct style *st)
{
	struct shown_line l = {STR_INIT, 0, 0};
	struct columns range = {where->start.column, where->end.column};
	struct text line;
	char number[16];
	size_t width;

	if (!where->src || !where->start.line || where->start.line > where->src->line_count)
		return;
	line = source_line(where->src, where->start.line);
	if (where->end.line > where->start.line)
		range.end = UINT32_MAX;
	make_shown(&l, line, range);
	cut_around(&l);
	width = (size_t)snprintf(number, sizeof(number), "%u", (unsigned)where->start.line) + 2;
	add_gutter(out, number, width, st);
	str_add_text(out, str_text(&l.text));
	str_add_char(out, '\n');
	add_gutter(out, "", width, st);
	add_carets(out, &l, st);
	str_release(&l.text);
}
