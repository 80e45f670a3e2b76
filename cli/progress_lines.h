/*
 * progress_lines.h - what the live lines say: how far the rollout of each stack is, counts per
 * region and the call that runs longest.  Pure but for its memory: events and times in, text
 * out.  progress.c draws it.
 */
#ifndef CLI_PROGRESS_LINES_H
#define CLI_PROGRESS_LINES_H

#include "base/str.h"
#include "engine/engine.h"

struct progress_lines;

/* How much room there is. */
struct progress_size {
	size_t columns, rows;
};

struct progress_lines *progress_lines_new(void);
void progress_lines_free(struct progress_lines *l); /* accepts NULL */
void progress_lines_event(struct progress_lines *l, const struct event *e, int64_t now_ms);
/* Appends the lines, each with its newline. */
void progress_lines_text(const struct progress_lines *l, int64_t now_ms, struct progress_size size,
			 struct str *out);
/* Rows that these lines take on a screen of so many columns. */
size_t progress_rows(struct text lines, size_t columns);

#endif
