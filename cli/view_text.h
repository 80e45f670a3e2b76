/*
 * view_text.h - pieces that all views for people are made of: text that cannot harm a
 * terminal, counts, paragraphs.
 */
#ifndef CLI_VIEW_TEXT_H
#define CLI_VIEW_TEXT_H

#include "base/str.h"

/* Appends t; control characters, text direction marks and bytes that are not UTF-8 become
 * escapes (\x1b, \u{202e}).  Newlines and tabs too. */
void shown_text(struct str *out, struct text t);
/* The same; newlines begin a line that is indented by `indent`, tabs stay. */
void shown_lines(struct str *out, struct text t, size_t indent);
/* Columns that a text takes: code points. */
size_t shown_columns(struct text t);
/* The longest beginning of t that takes at most `columns`. */
struct text cut_to_columns(struct text t, size_t columns);
/* "1 error", "3 errors". */
void counted(struct str *out, size_t count, const char *one, const char *many);
/* Appends a paragraph wrapped to `width`, each line indented; ends with a newline.  Blanks
 * of t separate words; an empty line separates paragraphs. */
void wrapped(struct str *out, struct text t, size_t indent, size_t width);
/* One line, with its blanks before it; what is longer than `columns` goes on in lines indented by
 * `hang`.  columns 0: it is not folded. */
void folded(struct str *out, struct text line, size_t hang, size_t columns);
/* Blanks up to a column, at least one. */
void pad_to(struct str *out, size_t line_start, size_t column);

#endif
