/* view_report_markdown.c - a report as Markdown, for tickets and wikis. */
#include "cli/view_report.h"

#include <string.h>

#include "cli/view_text.h"

/* What Markdown or a table would take for itself stands behind a backslash; < and & as entities,
 * since many readers take HTML. */
static void escape(struct str *out, const char *text)
{
	struct str safe = STR_INIT;

	shown_text(&safe, text_of(text));
	for (const char *c = str_cstr(&safe); *c; c++) {
		if (*c == '<')
			str_add(out, "&lt;");
		else if (*c == '&')
			str_add(out, "&amp;");
		else {
			if (strchr("\\`*_[]|#~", *c))
				str_add_char(out, '\\');
			str_add_char(out, *c);
		}
	}
	str_release(&safe);
}

/* A fence of backticks longer than any in the text; a bar would end the cell even there. */
static void add_code(struct str *out, const char *text)
{
	struct str safe = STR_INIT;
	size_t longest = 0, run = 0;

	if (!*text)
		return;
	shown_text(&safe, text_of(text));
	for (const char *c = str_cstr(&safe); *c; c++) {
		run = *c == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	str_repeat(out, '`', longest + 1);
	if (longest)
		str_add_char(out, ' ');
	for (const char *c = str_cstr(&safe); *c; c++)
		str_printf(out, *c == '|' ? "\\%c" : "%c", *c);
	if (longest)
		str_add_char(out, ' ');
	str_repeat(out, '`', longest + 1);
	str_release(&safe);
}

static void add_cell(struct str *out, const struct report_cell *c)
{
	bool strong = *c->text && (c->look == CELL_BAD || c->look == CELL_DOUBT);

	if (c->look == CELL_CODE) {
		add_code(out, c->text);
		return;
	}
	if (strong)
		str_add(out, "**");
	escape(out, c->text);
	if (strong)
		str_add(out, "**");
}

static void add_facts(struct str *out, const struct report_section *s)
{
	for (size_t i = 0; i < s->row_count; i++) {
		str_printf(out, "- **%s:** ", s->cells[2 * i].text);
		add_cell(out, &s->cells[2 * i + 1]);
		str_add_char(out, '\n');
	}
}

static void add_table(struct str *out, const struct report_section *s)
{
	for (size_t i = 0; i < s->column_count; i++)
		str_printf(out, "| %s ", s->columns[i]);
	str_add(out, "|\n");
	for (size_t i = 0; i < s->column_count; i++)
		str_add(out, s->cells[i].look == CELL_RIGHT ? "|---:" : "|---");
	str_add(out, "|\n");
	for (size_t row = 0; row < s->row_count; row++) {
		for (size_t i = 0; i < s->column_count; i++) {
			str_add(out, "| ");
			add_cell(out, &s->cells[row * s->column_count + i]);
			str_add_char(out, ' ');
		}
		str_add(out, "|\n");
	}
}

void view_report_markdown(const struct report *r, struct str *out)
{
	struct arena *a = arena_new();
	struct report_sheet sheet;

	view_report_sheet(a, r, &sheet);
	str_add(out, "# ");
	escape(out, sheet.title);
	if (sheet.warning) {
		str_add(out, "\n\n> **");
		escape(out, sheet.warning);
		str_add(out, "**");
	}
	str_add(out, "\n\n**");
	escape(out, sheet.verdict.text);
	str_add(out, "**\n");
	for (size_t i = 0; i < sheet.section_count; i++) {
		const struct report_section *s = &sheet.sections[i];

		if (*s->title)
			str_printf(out, "\n## %s\n", s->title);
		str_add_char(out, '\n');
		if (*s->intro) {
			escape(out, s->intro);
			str_add(out, "\n\n");
		}
		if (s->columns)
			add_table(out, s);
		else
			add_facts(out, s);
	}
	arena_free(a);
}
