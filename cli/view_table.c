/* view_table.c - see view_table.h. */
#include "cli/view_table.h"

#include <string.h>

#include "cli/view_text.h"

static const struct {
	const char *status;
	enum paint paint;
} paints[] = {
	{"SUCCEEDED", PAINT_GREEN},
	{"FAILED", PAINT_RED},
	{"STOPPED", PAINT_YELLOW},
	{"LOST", PAINT_RED},
	{"ROLLED_BACK", PAINT_YELLOW},
	{"RUNNING", PAINT_CYAN},
	{"ROLLBACK_FAILED", PAINT_RED},
	{"CANCELLED", PAINT_YELLOW},
	{"SKIPPED", PAINT_YELLOW},
	{"PENDING", PAINT_DIM},
	{"QUEUED", PAINT_CYAN},
	{"succeeded", PAINT_GREEN},
	{"failed", PAINT_RED},
	{"abandoned", PAINT_YELLOW},
	{"open", PAINT_CYAN},
	{"PAUSED", PAINT_YELLOW},
	{"WAITING_APPROVAL", PAINT_YELLOW},
	{"PENDING_APPROVAL", PAINT_YELLOW},
	{"MONITORING", PAINT_CYAN},
	{"REVERSING", PAINT_YELLOW},
	{"COMPLETED", PAINT_GREEN},
	{"COMPLETED_WITH_EXCEPTIONS", PAINT_YELLOW},
	{"REVERSED", PAINT_YELLOW},
	{"ABORTED", PAINT_RED},
	{"NOT_STARTED", PAINT_DIM},
	{"REVERSE_FAILED", PAINT_RED},
	{"HEALTHY", PAINT_GREEN},
	{"UNHEALTHY", PAINT_RED},
	{"UNKNOWN", PAINT_YELLOW},
};

void paint_status(struct str *out, const struct style *st, const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(paints); i++) {
		if (strcmp(paints[i].status, word) == 0) {
			paint_text(out, st, paints[i].paint, word);
			return;
		}
	}
	shown_text(out, text_of(word));
}

void table_open(struct table *t, size_t columns, size_t rows)
{
	*t = (struct table){.a = arena_new(), .columns = columns, .rows = rows};
	t->cells = ARENA_ARRAY(t->a, columns * rows + 1, const char *);
}

void table_set(struct table *t, size_t row, const char *const *cells)
{
	for (size_t c = 0; c < t->columns; c++) {
		size_t width = shown_columns(text_of(cells[c]));

		t->cells[row * t->columns + c] = cells[c];
		if (width > t->widths[c])
			t->widths[c] = width;
	}
}

void table_row(const struct table *t, size_t row, size_t painted, struct str *out,
	       const struct style *st)
{
	size_t blanks = 0;

	for (size_t c = 0; c < t->columns; c++) {
		const char *cell = t->cells[row * t->columns + c];

		if (*cell)
			str_repeat(out, ' ', blanks);
		if (*cell)
			blanks = 0;
		if (row == 0 && *cell)
			paint_text(out, st, PAINT_BOLD, cell);
		else if (c == painted)
			paint_status(out, st, cell);
		else
			str_add(out, cell);
		blanks += t->widths[c] - shown_columns(text_of(cell)) + 2;
	}
	str_add_char(out, '\n');
}

size_t table_columns(const struct table *t)
{
	size_t columns = 0;

	for (size_t c = 0; c < t->columns; c++)
		columns += t->widths[c] + (c ? 2 : 0);
	return columns;
}

void table_close(struct table *t)
{
	arena_free(t->a);
}
