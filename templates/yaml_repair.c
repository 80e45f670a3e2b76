/*
 * yaml_repair.c - what libyaml refuses and other readers of templates take is rewritten
 * in a copy of the text, and the copy is read; places stay those of the source.
 *
 *	[0, !GetAZs]         an empty tagged value before a bracket: a blank in between
 *	"\ud83d\ude00"       an escaped surrogate pair: the escape \U0001f600
 *	a line with tabs     before a comment, or alone between two entries: blanks
 *
 * Only the place where libyaml stopped is ever rewritten, so what it reads is never changed.
 */
#include <stdio.h>
#include <string.h>

#include "templates/yaml_reader.h"

/* Every repair reads from the front again: bytes read in all. */
#define REPAIRS_LEN_MAX ((size_t)32 << 20)

struct yaml_edit {
	size_t at;        /* in the copy */
	size_t was, now;  /* bytes there before and after */
	size_t source_at; /* where that is in the source */
};

/* How many edits begin at or before the offset. */
static size_t edits_before(const struct yaml_reader *r, size_t offset)
{
	size_t low = 0, high = r->edits.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->edits.items[middle].at <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t yaml_edit_offset(const struct yaml_reader *r, size_t offset)
{
	size_t count = edits_before(r, offset);
	const struct yaml_edit *e;

	if (!count)
		return offset;
	e = &r->edits.items[count - 1];
	if (offset < e->at + e->now)
		return e->source_at;
	return e->source_at + e->was + (offset - e->at - e->now);
}

static void note_edit(struct yaml_reader *r, struct yaml_edit edit)
{
	size_t i = r->edits.count;

	edit.source_at = yaml_edit_offset(r, edit.at);
	vec_add(&r->edits);
	for (; i && r->edits.items[i - 1].at > edit.at; i--) {
		r->edits.items[i] = r->edits.items[i - 1];
		r->edits.items[i].at += edit.now - edit.was;
	}
	r->edits.items[i] = edit;
}

static void replace(struct yaml_reader *r, struct yaml_edit edit, const char *by)
{
	struct text t = r->given->bytes;
	struct arena *a = arena_new();
	struct diags none = DIAGS_INIT;
	struct str out = STR_INIT;

	str_add_len(&out, t.ptr, edit.at);
	str_add_len(&out, by, edit.now);
	str_add_len(&out, t.ptr + edit.at + edit.was, t.len - edit.at - edit.was);
	r->given = source_from(a, r->src->name, str_text(&out), &none);
	str_release(&out);
	diags_release(&none);
	arena_free(r->scratch);
	r->scratch = a;
	note_edit(r, edit);
}

static bool ends_flow_value(struct text t, size_t offset)
{
	return offset < t.len && strchr("]},", t.ptr[offset]);
}

static bool part_tag(struct yaml_reader *r, size_t offset)
{
	if (!strstr(r->parser.problem, "whitespace or line break") ||
	    !ends_flow_value(r->given->bytes, offset))
		return false;
	replace(r, (struct yaml_edit){offset, 0, 1, 0}, " ");
	return true;
}

/* "\ud83d" at the offset; the digits, or 0. */
static unsigned escaped_unit(struct text t, size_t offset)
{
	unsigned unit = 0;
	char digits[5] = "";

	if (offset + 6 > t.len || t.ptr[offset] != '\\' || t.ptr[offset + 1] != 'u')
		return 0;
	memcpy(digits, t.ptr + offset + 2, 4);
	return sscanf(digits, "%4x", &unit) == 1 ? unit : 0;
}

/* libyaml stops at the first digit. */
static bool join_surrogates(struct yaml_reader *r, size_t offset)
{
	struct text t = r->given->bytes;
	unsigned high, low;
	char joined[11];

	if (!strstr(r->parser.problem, "invalid Unicode character escape") || offset < 2)
		return false;
	high = escaped_unit(t, offset - 2);
	low = escaped_unit(t, offset + 4);
	if (high < 0xd800 || high > 0xdbff || low < 0xdc00 || low > 0xdfff)
		return false;
	snprintf(joined, sizeof(joined), "\\U%08x",
		 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
	replace(r, (struct yaml_edit){offset - 2, 12, 10, 0}, joined);
	return true;
}

/* From the offset back and forth over blanks: a line of them, or a comment behind them. */
static bool blank_tabs(struct yaml_reader *r, size_t offset)
{
	struct text t = r->given->bytes;
	size_t start = offset, end = offset;
	char blanks[] = "                                ";

	if (offset >= t.len || t.ptr[offset] != '\t')
		return false;
	while (start && (t.ptr[start - 1] == ' ' || t.ptr[start - 1] == '\t'))
		start--;
	while (end < t.len && (t.ptr[end] == ' ' || t.ptr[end] == '\t'))
		end++;
	if ((start && t.ptr[start - 1] != '\n') || (end < t.len && !strchr("\r\n#", t.ptr[end])) ||
	    end - start >= sizeof(blanks))
		return false;
	replace(r, (struct yaml_edit){start, end - start, end - start, 0}, blanks);
	return true;
}

bool yaml_repair(struct yaml_reader *r)
{
	const yaml_parser_t *p = &r->parser;
	size_t offset;

	if (p->error != YAML_SCANNER_ERROR || !p->problem ||
	    r->edits.count * r->given->bytes.len > REPAIRS_LEN_MAX)
		return false;
	offset = yaml_given_offset(r, p->problem_mark);
	return part_tag(r, offset) || join_surrogates(r, offset) || blank_tabs(r, offset);
}
