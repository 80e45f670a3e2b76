/*
 * view_table.h - columns as wide as their widest cell, and words of status in their colours.
 *
 * table_open, table_set row by row (row 0: titles), table_row row by row, table_close.  Cells are
 * borrowed; what is made for a table may live in its arena.
 */
#ifndef CLI_VIEW_TABLE_H
#define CLI_VIEW_TABLE_H

#include "base/arena.h"
#include "cli/term.h"

#define TABLE_COLUMNS_MAX 8

struct table {
	struct arena *a;
	size_t columns, rows;
	const char **cells; /* rows times columns */
	size_t widths[TABLE_COLUMNS_MAX];
};

void table_open(struct table *t, size_t columns, size_t rows);
void table_set(struct table *t, size_t row, const char *const *cells);
/* painted: the column whose words have colours. */
void table_row(const struct table *t, size_t row, size_t painted, struct str *out,
	       const struct style *st);
/* Of its widest row. */
size_t table_columns(const struct table *t);
void table_close(struct table *t);

/* "SUCCEEDED", "failed", ... in the colour that it has everywhere. */
void paint_status(struct str *out, const struct style *st, const char *word);

#endif
