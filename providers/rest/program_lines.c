/* program_lines.c - lines of a program back to the files of a definition. */
#include "providers/rest/program_lines.h"

#include "providers/rest/program.h"

uint32_t program_text_line(struct range where)
{
	struct text line;
	size_t at;

	if (!where.src || !where.src->line_count)
		return where.start.line;
	line = where.src->bytes;
	at = source_offset(where.src, where.start);
	if (at < line.len && (line.ptr[at] == '|' || line.ptr[at] == '>'))
		return where.start.line + 1;
	return where.start.line;
}

void program_mark(struct str *out, struct range where)
{
	str_printf(out, "\n" PROGRAM_MARK "%u\n", (unsigned)program_text_line(where));
}

void program_mark_end(struct str *out, struct expression e)
{
	struct text source = e.source;
	uint32_t line = program_text_line(e.where);

	while (source.len && source.ptr[source.len - 1] == '\n')
		source.len--;
	for (size_t i = 0; i < source.len; i++)
		line += source.ptr[i] == '\n';
	str_printf(out, "\n" PROGRAM_MARK "%u\n", (unsigned)line);
}

/* What is written in a line, without the blanks around it. */
static struct range whole_line(const struct source *src, uint32_t line)
{
	struct text all = source_line(src, line), text = text_trim(all);
	size_t start;

	if (!src->line_count)
		return (struct range){src, {line, 1}, {line, 1}};
	start = src->line_offsets[line - 1] + (size_t)(text.ptr - all.ptr);
	return (struct range){src, source_pos(src, start), source_pos(src, start + text.len)};
}

struct range program_place(const struct definition *t, unsigned line)
{
	const struct line_run *run = NULL;
	unsigned ahead;

	for (size_t i = 0; t->lines && i < t->lines->count; i++)
		if (t->lines->items[i].first <= line)
			run = &t->lines->items[i];
	if (!run || !run->src)
		return RANGE_NONE;
	ahead = line - run->first < run->count ? line - run->first : run->count - 1;
	if (run->src->line_count && run->line + ahead > run->src->line_count)
		return whole_line(run->src, (uint32_t)run->src->line_count);
	return whole_line(run->src, run->line + ahead);
}
