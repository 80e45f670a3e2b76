/*
 * view_value.h - JSON values for people: on one line, or as a short block of lines.
 *
 * Texts stand in quotes and are safe on a terminal; what is secret is shown as (sensitive)
 * and what is not known yet as (known after apply).  Long texts and lists are cut, and
 * the cut says how much is missing.
 */
#ifndef CLI_VIEW_VALUE_H
#define CLI_VIEW_VALUE_H

#include "base/json.h"
#include "base/map.h"
#include "base/str.h"

#define VIEW_WIDTH 80
#define SENSITIVE_TEXT "(sensitive)"
#define UNKNOWN_TEXT "(known after apply)"
#define ABSENT_TEXT "(none)"

/* Pointers into a document whose values are not to be shown. */
struct marks {
	struct map unknown, sensitive;
};

/* Both are JSON arrays of pointers, or NULL. */
void marks_init(struct marks *m, const char *unknown, const char *sensitive);
void marks_release(struct marks *m);

/* A masked secret: {"$secret": "..."}. */
bool value_is_secret(const json_t *j);
/* A text of several lines. */
bool value_has_lines(const json_t *j);
/* On one line and whole. */
void value_line(struct str *out, const json_t *j);

/* Where in the document and on the page a block stands. */
struct value_place {
	const struct marks *marks; /* or NULL */
	struct str *pointer;       /* of the value; restored on return */
	size_t indent;
};
/* "Label: value" and, when that is too long, lines below; ends with a newline. */
void value_block(struct str *out, const char *label, const json_t *j, struct value_place place);

#endif
