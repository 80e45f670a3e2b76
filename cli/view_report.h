/*
 * view_report.h - the report of an execution as Markdown, as one HTML file, and as JUnit XML.
 *
 * Markdown and HTML say the same: a sheet of sections with tables, made once by view_report_sheet;
 * HTML adds a picture of the timeline.  All pure; every text of users and services is escaped.
 */
#ifndef CLI_VIEW_REPORT_H
#define CLI_VIEW_REPORT_H

#include "base/str.h"
#include "engine/engine_runbook.h"

/* How a cell is to be read. */
enum cell_look {
	CELL_TEXT,
	CELL_CODE,  /* as it is, in the type of machines */
	CELL_RIGHT, /* a number or a time: aligned to the right */
	CELL_GOOD,
	CELL_BAD,
	CELL_DOUBT
};
struct report_cell {
	const char *text;
	enum cell_look look;
};

/* Cells row by row; a table of two columns without a heading is a list of facts. */
struct report_section {
	const char *title;          /* "" of the first */
	const char *intro;          /* a sentence; "" */
	const char *const *columns; /* NULL: facts */
	size_t column_count;
	const struct report_cell *cells;
	size_t row_count;
	bool timeline; /* the picture stands above its table */
};
struct report_sheet {
	const char *title;
	const char *warning;        /* above all: the chain does not hold; NULL */
	struct report_cell verdict; /* "COMPLETED in 1m12s" */
	const struct report_section *sections;
	size_t section_count;
};
/* What is to be read before anything else: its chain does not hold.  NULL. */
const char *view_report_warning(struct arena *a, const struct report *r);
void view_report_sheet(struct arena *a, const struct report *r, struct report_sheet *out);

void view_report_markdown(const struct report *r, struct str *out);
/* A file of its own: nothing is loaded from anywhere, no script. */
void view_report_html(const struct report *r, struct str *out);
/* Steps that hold no others as test cases, then objectives. */
void view_report_junit(const struct report *r, struct str *out);

/* view_report_svg.c: the timeline; colours are classes of the HTML's style. */
void view_report_svg(const struct report *r, struct str *out);
/* Appends text for HTML, XML and their attributes. */
void view_report_escape(struct str *out, const char *text);
/* How a status looks. */
enum cell_look view_report_step_look(enum step_status s);

#endif
