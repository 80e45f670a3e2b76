/*
 * view_source.h - a line of a file with carets under a range of it.
 */
#ifndef CLI_VIEW_SOURCE_H
#define CLI_VIEW_SOURCE_H

#include "base/source.h"
#include "base/str.h"
#include "cli/term.h"

/*
 * "  14 |   Page-1:" and "     |   ^^^^^^".  Tabs become blanks, bytes that could harm a
 * terminal become escapes, a long line is cut around the range.  Nothing without a place.
 */
void view_source_line(struct str *out, const struct range *where, const struct style *st);

#endif
