/*
 * view_report_html.c - a report as one HTML file that can be mailed, kept and printed.
 *
 * Nothing is loaded from anywhere and nothing runs: a Content-Security-Policy says so to the
 * browser, too.  Colours follow the reader's preference for light or dark.
 */
#include <string.h>

#include "cli/view_report.h"
#include "cli/view_text.h"

static const char style[] =
	":root{color-scheme:light dark;--ink:#1b1f24;--dim:#59636e;--paper:#fff;--line:#d1d9e0;"
	"--band:#f6f8fa;--good:#1a7f37;--bad:#cf222e;--doubt:#9a6700;--bar:#0969da}\n"
	"@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--dim:#9198a1;--paper:#0d1117;"
	"--line:#3d444d;--band:#151b23;--good:#3fb950;--bad:#f85149;--doubt:#d29922;"
	"--bar:#4493f8}}\n"
	"body{margin:2rem auto;padding:0 1rem;max-width:72rem;background:var(--paper);"
	"color:var(--ink);font:15px/1.5 system-ui,sans-serif}\n"
	"h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem;"
	"border-bottom:1px solid var(--line)}\n"
	".verdict{display:inline-block;margin:.6rem 0;padding:.15rem .7rem;border-radius:1rem;"
	"border:1px solid currentColor;font-weight:600}\n"
	".broken{margin:.6rem 0;padding:.6rem 1rem;border:2px solid var(--bad);color:var(--bad);"
	"font-weight:600}\n"
	".scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}\n"
	"th,td{padding:.25rem .6rem;text-align:left;vertical-align:top;"
	"border-bottom:1px solid var(--line)}th{color:var(--dim);font-weight:600}\n"
	"tbody tr:nth-child(even){background:var(--band)}\n"
	"td.right,th.right{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}\n"
	"code{font:12px/1.4 ui-monospace,monospace;overflow-wrap:anywhere}\n"
	".good{color:var(--good)}.bad{color:var(--bad);font-weight:600}.doubt{color:var(--doubt)}"
	"\n"
	"dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:1rem 0}"
	"dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}p{overflow-wrap:anywhere}\n";

/* Of the picture; CSS that SVG understands. */
static const char picture_style[] =
	"svg{width:100%;height:auto;margin:.5rem 0}\n"
	"svg text{font:12px system-ui,sans-serif;fill:var(--ink)}svg .dim{fill:var(--dim)}\n"
	"svg .grid{stroke:var(--line)}svg .mark{stroke:var(--bad);stroke-dasharray:4 3}\n"
	"svg .bar{fill:var(--bar)}svg .group{fill:var(--dim);opacity:.35}\n"
	"svg .failed{fill:var(--bad)}svg .doubtful{fill:var(--doubt)}\n"
	"svg .hollow{fill:none}svg .critical{stroke:var(--ink);stroke-width:1.5}\n"
	"svg .part0{fill:#8250df}svg .part1{fill:#bf8700}svg .part2{fill:#0969da}"
	"svg .part3{fill:#1b7c83}svg .part4{fill:#cf222e}svg .part5{fill:#6e7781}\n"
	"@media print{body{margin:0;max-width:none;font-size:11px}h2{break-after:avoid}"
	"tr,svg{break-inside:avoid}*{print-color-adjust:exact}}\n";

static const char *const looks[] = {
	[CELL_TEXT] = "",     [CELL_CODE] = "",   [CELL_RIGHT] = "right",
	[CELL_GOOD] = "good", [CELL_BAD] = "bad", [CELL_DOUBT] = "doubt",
};

void view_report_escape(struct str *out, const char *text)
{
	struct str safe = STR_INIT;

	shown_text(&safe, text_of(text));
	for (const char *c = str_cstr(&safe); *c; c++) {
		switch (*c) {
		case '&':
			str_add(out, "&amp;");
			break;
		case '<':
			str_add(out, "&lt;");
			break;
		case '>':
			str_add(out, "&gt;");
			break;
		case '"':
			str_add(out, "&quot;");
			break;
		case '\'':
			str_add(out, "&#39;");
			break;
		default: /* characters are numbers, no enum */
			str_add_char(out, *c);
		}
	}
	str_release(&safe);
}

static void add_element(struct str *out, const char *name, const char *text)
{
	str_printf(out, "<%s>", name);
	view_report_escape(out, text);
	str_printf(out, "</%s>", name);
}

static void add_cell(struct str *out, const char *name, const struct report_cell *c)
{
	const char *class = looks[c->look];

	str_printf(out, *class ? "<%s class=\"%s\">" : "<%s>", name, class);
	if (c->look == CELL_CODE)
		add_element(out, "code", c->text);
	else
		view_report_escape(out, c->text);
	str_printf(out, "</%s>", name);
}

static void add_facts(struct str *out, const struct report_section *s)
{
	str_add(out, "<dl>\n");
	for (size_t i = 0; i < s->row_count; i++) {
		add_element(out, "dt", s->cells[2 * i].text);
		add_cell(out, "dd", &s->cells[2 * i + 1]);
		str_add_char(out, '\n');
	}
	str_add(out, "</dl>\n");
}

static void add_table(struct str *out, const struct report_section *s)
{
	str_add(out, "<div class=\"scroll\"><table>\n<thead><tr>");
	for (size_t i = 0; i < s->column_count; i++) {
		bool right = s->cells[i].look == CELL_RIGHT;

		add_cell(out, "th",
			 &(struct report_cell){s->columns[i], right ? CELL_RIGHT : CELL_TEXT});
	}
	str_add(out, "</tr></thead>\n<tbody>\n");
	for (size_t row = 0; row < s->row_count; row++) {
		str_add(out, "<tr>");
		for (size_t i = 0; i < s->column_count; i++)
			add_cell(out, "td", &s->cells[row * s->column_count + i]);
		str_add(out, "</tr>\n");
	}
	str_add(out, "</tbody></table></div>\n");
}

static void add_section(struct str *out, const struct report *r, const struct report_section *s)
{
	if (*s->title)
		add_element(out, "h2", s->title);
	str_add_char(out, '\n');
	if (*s->intro) {
		add_element(out, "p", s->intro);
		str_add_char(out, '\n');
	}
	if (s->timeline)
		view_report_svg(r, out);
	if (s->columns)
		add_table(out, s);
	else
		add_facts(out, s);
}

static void add_head(struct str *out, const struct report *r, const struct report_sheet *sheet)
{
	str_add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		     "style-src 'unsafe-inline'\">\n"
		     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		     "<meta name=\"generator\" content=\"hadeploy\">\n<title>");
	view_report_escape(out, sheet->title);
	str_add_char(out, ' ');
	view_report_escape(out, r->story.row.id);
	str_add(out, "</title>\n<style>\n");
	str_add(out, style);
	str_add(out, picture_style);
	str_add(out, "</style>\n</head>\n<body>\n");
	add_element(out, "h1", sheet->title);
	if (sheet->warning) {
		str_add(out, "\n<div class=\"broken\" role=\"alert\">");
		view_report_escape(out, sheet->warning);
		str_add(out, "</div>");
	}
	str_printf(out, "\n<div class=\"verdict %s\">", looks[sheet->verdict.look]);
	view_report_escape(out, sheet->verdict.text);
	str_add(out, "</div>\n");
}

void view_report_html(const struct report *r, struct str *out)
{
	struct arena *a = arena_new();
	struct report_sheet sheet;

	view_report_sheet(a, r, &sheet);
	add_head(out, r, &sheet);
	for (size_t i = 0; i < sheet.section_count; i++)
		add_section(out, r, &sheet.sections[i]);
	str_add(out, "</body>\n</html>\n");
	arena_free(a);
}
