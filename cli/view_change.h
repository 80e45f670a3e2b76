/*
 * view_change.h - one changed value: on one line, or as a difference of lines.
 */
#ifndef CLI_VIEW_CHANGE_H
#define CLI_VIEW_CHANGE_H

#include "base/str.h"
#include "cli/term.h"

/* Before and after are canonical JSON, masked; NULL: not there. */
struct changed_value {
	const char *label; /* "Content:", "web/east  Url =" */
	const char *before, *after;
	const char *note; /* "forces replacement"; shown in brackets; or NULL */
	bool unknown;     /* after is known only during apply */
	bool sensitive;
};

void view_changed_value(struct str *out, const struct changed_value *c, size_t indent,
			const struct style *st);
/* The value after alone, on one line, for what was not there before. */
void view_new_value(struct str *out, const struct changed_value *c);
/* "/Environment/PORT" to "Environment.PORT"; "/" and "" to "(all)". */
void view_pointer(struct str *out, const char *pointer);

#endif
