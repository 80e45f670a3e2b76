/*
 * view_report_svg.c - the timeline as a picture: a band with where the time went, below it a bar
 * per step that began, and lines where the outage began and the application was healthy again.
 */
#include <string.h>

#include "cli/view_report.h"

#define NAMES_WIDTH 220
#define PICTURE_WIDTH 960
#define CHART_WIDTH (PICTURE_WIDTH - NAMES_WIDTH - 20)
#define ROW_HEIGHT 22
#define TOP 58       /* scale and band */
#define ROWS_MAX 400 /* a picture of more says nothing any more */
#define TICKS 6
#define NAME_LEN_MAX 30

struct picture {
	const struct report *r;
	struct str *out;
	int64_t from_ms, to_ms;
	size_t row; /* the next one */
};

static double x_of(const struct picture *p, int64_t at_ms)
{
	int64_t all = p->to_ms - p->from_ms;

	if (at_ms < p->from_ms)
		at_ms = p->from_ms;
	if (at_ms > p->to_ms)
		at_ms = p->to_ms;
	return NAMES_WIDTH + (all ? (double)(at_ms - p->from_ms) * CHART_WIDTH / (double)all : 0);
}

static void find_bounds(struct picture *p)
{
	p->from_ms = p->r->from_ms;
	p->to_ms = p->r->story.row.ended_ms ? p->r->story.row.ended_ms : p->r->to_ms;
	for (size_t i = 0; i < p->r->row_count; i++)
		if (p->r->rows[i].to_ms > p->to_ms)
			p->to_ms = p->r->rows[i].to_ms;
	if (p->to_ms <= p->from_ms)
		p->to_ms = p->from_ms + 1;
}

static size_t shown_rows(const struct report *r)
{
	size_t count = 0;

	for (size_t i = 0; i < r->row_count; i++)
		count += r->rows[i].from_ms != 0;
	return count < ROWS_MAX ? count : ROWS_MAX;
}

static void add_scale(struct picture *p, size_t rows)
{
	for (int i = 0; i <= TICKS; i++) {
		int64_t at_ms = p->from_ms + (p->to_ms - p->from_ms) * i / TICKS;
		char text[CLOCK_TEXT_LEN];
		double x = x_of(p, at_ms);

		clock_format_duration(at_ms - p->from_ms, text);
		str_printf(p->out,
			   "<line class=\"grid\" x1=\"%.1f\" y1=\"20\" x2=\"%.1f\" y2=\"%zu\"/>"
			   "<text class=\"dim\" x=\"%.1f\" y=\"14\" text-anchor=\"%s\">%s</text>\n",
			   x, x, TOP + rows * ROW_HEIGHT, x, i == TICKS ? "end" : "start", text);
	}
}

static void add_band(struct picture *p)
{
	str_printf(p->out, "<text class=\"dim\" x=\"0\" y=\"42\">where the time went</text>\n");
	for (size_t i = 0; i < p->r->span_count && i < ROWS_MAX; i++) {
		const struct report_span *s = &p->r->spans[i];
		double x = x_of(p, s->from_ms);
		char text[CLOCK_TEXT_LEN];

		clock_format_duration(s->to_ms - s->from_ms, text);
		str_printf(p->out,
			   "<rect class=\"part%d\" x=\"%.1f\" y=\"28\" width=\"%.1f\" "
			   "height=\"18\"><title>%s %s</title></rect>\n",
			   (int)s->part, x, x_of(p, s->to_ms) - x, report_part_name(s->part), text);
	}
}

static void add_legend(struct picture *p)
{
	size_t x = NAMES_WIDTH;

	for (int i = 0; i < REPORT_PART_COUNT; i++) {
		if (!p->r->parts_ms[i])
			continue;
		str_printf(p->out,
			   "<rect class=\"part%d\" x=\"%zu\" y=\"54\" width=\"10\" height=\"10\"/>"
			   "<text class=\"dim\" x=\"%zu\" y=\"63\">%s</text>\n",
			   i, x, x + 14, report_part_name((enum report_part)i));
		x += 100;
	}
	str_printf(p->out,
		   "<rect class=\"hollow critical\" x=\"%zu\" y=\"54\" width=\"10\" height=\"10\"/>"
		   "<text class=\"dim\" x=\"%zu\" y=\"63\">critical path</text>\n",
		   x, x + 14);
}

static const char *bar_class(const struct report_row *r)
{
	if (r->group)
		return "group";
	switch (view_report_step_look(r->step->status)) {
	case CELL_BAD:
		return "failed";
	case CELL_DOUBT:
		return "doubtful";
	case CELL_TEXT:
	case CELL_CODE:
	case CELL_RIGHT:
	case CELL_GOOD:
		return "bar";
	}
	return "bar";
}

/* Cut between characters, not within one. */
static void add_name(struct picture *p, const char *name)
{
	struct str shown = STR_INIT;
	size_t len = 0, count = 0;

	while (name[len] && count < NAME_LEN_MAX) {
		do
			len++;
		while (((unsigned char)name[len] & 0xc0) == 0x80);
		count++;
	}
	str_add_len(&shown, name, len);
	view_report_escape(p->out, str_cstr(&shown));
	if (name[len])
		str_add(p->out, "...");
	str_release(&shown);
}

static void add_bar(struct picture *p, const struct report_row *r)
{
	size_t y = TOP + p->row++ * ROW_HEIGHT;
	double x = x_of(p, r->from_ms), width = x_of(p, r->to_ms) - x;
	size_t indent = r->depth < 8 ? r->depth * 10 : 80;
	char text[CLOCK_TEXT_LEN];

	clock_format_duration(r->to_ms > r->from_ms ? r->to_ms - r->from_ms : 0, text);
	str_printf(p->out, "<text x=\"%zu\" y=\"%zu\">", indent, y + 15);
	add_name(p, r->name);
	str_printf(p->out,
		   "</text><rect class=\"%s%s\" x=\"%.1f\" y=\"%zu\" width=\"%.1f\" height=\"14\" "
		   "rx=\"2\"><title>",
		   bar_class(r), r->critical ? " critical" : "", x, y + 4,
		   width < 1.5 ? 1.5 : width);
	view_report_escape(p->out, r->step->path);
	str_printf(p->out, " %s %s</title></rect>\n", step_status_name(r->step->status), text);
}

static void add_mark(struct picture *p, int64_t at_ms, size_t rows, const char *what)
{
	double x = x_of(p, at_ms);

	if (!at_ms)
		return;
	str_printf(p->out,
		   "<line class=\"mark\" x1=\"%.1f\" y1=\"20\" x2=\"%.1f\" y2=\"%zu\"><title>%s"
		   "</title></line>\n",
		   x, x, TOP + rows * ROW_HEIGHT, what);
}

void view_report_svg(const struct report *r, struct str *out)
{
	struct picture p = {.r = r, .out = out};
	size_t rows = shown_rows(r);

	find_bounds(&p);
	str_printf(out,
		   "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %zu\" role=\"img\" "
		   "aria-label=\"timeline of the steps\">\n",
		   PICTURE_WIDTH, TOP + rows * ROW_HEIGHT + 6);
	add_scale(&p, rows);
	add_band(&p);
	add_legend(&p);
	for (size_t i = 0; i < r->row_count && p.row < rows; i++)
		if (r->rows[i].from_ms)
			add_bar(&p, &r->rows[i]);
	add_mark(&p, r->story.row.started_ms, rows, "the execution was started");
	add_mark(&p, r->story.healthy_ms, rows, "the application was healthy again");
	str_add(out, "</svg>\n");
}
