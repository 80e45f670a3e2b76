/*
 * textdiff.h - two texts to a list of lines: the same, removed, added, or left out.
 *
 * Pure.  The result is a shortest edit where the texts are small enough to look for one;
 * else what differs is shown as removed and added in whole.  Lines that are the same are
 * kept only near a difference.
 */
#ifndef CLI_TEXTDIFF_H
#define CLI_TEXTDIFF_H

#include "base/arena.h"
#include "base/text.h"

#define TEXTDIFF_CONTEXT 3

enum textdiff_kind { TEXTDIFF_SAME, TEXTDIFF_REMOVED, TEXTDIFF_ADDED, TEXTDIFF_LEFT_OUT };

struct textdiff_line {
	enum textdiff_kind kind;
	struct text text; /* without its newline; borrowed from the texts */
	bool unended;     /* the text ends here without a newline, the other one does not */
	size_t count;     /* TEXTDIFF_LEFT_OUT: how many lines */
};

struct textdiff {
	struct textdiff_line *lines;
	size_t count;
};

void textdiff_make(struct arena *a, struct text before, struct text after, struct textdiff *out);

#endif
