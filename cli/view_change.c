/* view_change.c - one changed value, as short as its size allows. */
#include "cli/view_change.h"

#include <string.h>

#include "cli/textdiff.h"
#include "cli/view_text.h"
#include "cli/view_value.h"

#define ARROW " -> "
#define DIFF_LINES 60    /* shown of one value */
#define DIFF_COLUMNS 240 /* shown of one line */
#define STEP 2

struct both {
	json_t *before, *after; /* NULL: not there, unknown or not to be shown */
};

static json_t *parse(const char *text)
{
	return text ? json_parse(text_of(text), NULL, NULL) : NULL;
}

void view_pointer(struct str *out, const char *pointer)
{
	struct str plain = STR_INIT;

	if (!pointer[0] || !pointer[1]) {
		str_add(out, "(all)");
		return;
	}
	for (const char *p = pointer + 1; *p; p++) {
		bool escape = p[0] == '~' && (p[1] == '0' || p[1] == '1');

		str_add_char(&plain, escape ? (p[1] == '1' ? '/' : '~') : *p == '/' ? '.' : *p);
		p += escape;
	}
	shown_text(out, str_text(&plain));
	str_release(&plain);
}

static void add_side(struct str *out, const struct changed_value *c, const json_t *j,
		     const char *text)
{
	if (!text)
		str_add(out, ABSENT_TEXT);
	else if (c->sensitive)
		str_add(out, SENSITIVE_TEXT);
	else if (!j)
		str_add(out, "...");
	else
		value_line(out, j);
}

static void add_before(struct str *out, const struct changed_value *c, const struct both *b)
{
	add_side(out, c, b->before, c->before);
}

static void add_after(struct str *out, const struct changed_value *c, const struct both *b)
{
	if (c->unknown)
		str_add(out, UNKNOWN_TEXT);
	else
		add_side(out, c, b->after, c->after);
}

void view_new_value(struct str *out, const struct changed_value *c)
{
	struct both b = {NULL, c->unknown ? NULL : parse(c->after)};

	add_after(out, c, &b);
	json_decref(b.after);
}

static void add_note(struct str *out, const struct changed_value *c, const struct style *st)
{
	if (!c->note)
		return;
	str_add_char(out, ' ');
	paint_on(out, st, PAINT_MAGENTA);
	str_printf(out, "(%s)", c->note);
	paint_off(out, st);
}

static void add_label(struct str *out, const struct changed_value *c, size_t indent)
{
	str_repeat(out, ' ', indent);
	str_add(out, c->label);
}

struct sign {
	const char *text;
	enum paint paint;
	bool painted;
};

static const struct sign signs[] = {
	[TEXTDIFF_SAME] = {"  ", PAINT_DIM, false},
	[TEXTDIFF_REMOVED] = {"- ", PAINT_RED, true},
	[TEXTDIFF_ADDED] = {"+ ", PAINT_GREEN, true},
	[TEXTDIFF_LEFT_OUT] = {"  ", PAINT_DIM, true},
};
_Static_assert(ARRAY_LEN(signs) == TEXTDIFF_LEFT_OUT + 1, "a sign for every kind of line");

static void add_diff_text(struct str *out, const struct textdiff_line *l)
{
	struct text piece = cut_to_columns(l->text, DIFF_COLUMNS);

	if (l->kind == TEXTDIFF_LEFT_OUT) {
		str_add(out, "... ");
		counted(out, l->count, "line alike", "lines alike");
		return;
	}
	shown_text(out, piece);
	if (piece.len < l->text.len)
		str_add(out, " ...");
	if (l->unended)
		str_add(out, " (no newline at the end)");
}

static void add_diff_line(struct str *out, const struct textdiff_line *l, size_t indent,
			  const struct style *st)
{
	const struct sign *sign = &signs[l->kind];

	str_repeat(out, ' ', indent);
	if (sign->painted)
		paint_on(out, st, sign->paint);
	str_add(out, sign->text);
	add_diff_text(out, l);
	if (sign->painted)
		paint_off(out, st);
	str_add_char(out, '\n');
}

static void add_diff(struct str *out, struct text before, struct text after, size_t indent,
		     const struct style *st)
{
	struct arena *a = arena_new();
	struct textdiff diff;

	textdiff_make(a, before, after, &diff);
	for (size_t i = 0; i < diff.count && i < DIFF_LINES; i++)
		add_diff_line(out, &diff.lines[i], indent, st);
	if (diff.count > DIFF_LINES) {
		str_printf(out, "%*s... ", (int)indent, "");
		counted(out, diff.count - DIFF_LINES, "more line", "more lines");
		str_add(out, "; --json has the whole value\n");
	}
	arena_free(a);
}

static struct text string_text(const json_t *j)
{
	return json_is_string(j) ? (struct text){json_string_value(j), json_string_length(j)}
				 : text_of("");
}

static bool both_strings(const struct changed_value *c, const struct both *b)
{
	return (json_is_string(b->before) || !c->before) && (json_is_string(b->after) || !c->after);
}

static bool differs_by_lines(const struct changed_value *c, const struct both *b)
{
	return !c->unknown && !c->sensitive && both_strings(c, b) &&
	       (value_has_lines(b->before) || value_has_lines(b->after));
}

/* Two lines with signs, for what is too long to stand side by side. */
static void add_two_lines(struct str *out, const struct changed_value *c, const struct both *b,
			  size_t indent, const struct style *st)
{
	struct str before = STR_INIT, after = STR_INIT;
	struct textdiff_line l = {.kind = TEXTDIFF_REMOVED};

	add_before(&before, c, b);
	add_after(&after, c, b);
	l.text = str_text(&before);
	add_diff_line(out, &l, indent, st);
	l = (struct textdiff_line){.kind = TEXTDIFF_ADDED, .text = str_text(&after)};
	add_diff_line(out, &l, indent, st);
	str_release(&before);
	str_release(&after);
}

static void add_long(struct str *out, const struct changed_value *c, const struct both *b,
		     size_t indent, const struct style *st)
{
	add_label(out, c, indent);
	add_note(out, c, st);
	str_add_char(out, '\n');
	if (differs_by_lines(c, b))
		add_diff(out, string_text(b->before), string_text(b->after), indent + STEP, st);
	else
		add_two_lines(out, c, b, indent + STEP, st);
}

void view_changed_value(struct str *out, const struct changed_value *c, size_t indent,
			const struct style *st)
{
	struct both b = {parse(c->before), c->unknown ? NULL : parse(c->after)};
	struct str line = STR_INIT;

	add_label(&line, c, indent);
	str_add_char(&line, ' ');
	add_before(&line, c, &b);
	str_add(&line, ARROW);
	add_after(&line, c, &b);
	if (differs_by_lines(c, &b) || shown_columns(str_text(&line)) > VIEW_WIDTH) {
		add_long(out, c, &b, indent, st);
	} else {
		str_add_text(out, str_text(&line));
		add_note(out, c, st);
		str_add_char(out, '\n');
	}
	str_release(&line);
	json_decref(b.before);
	json_decref(b.after);
}
