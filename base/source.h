/*
 * source.h - one input's bytes with a name and a line index; positions in it.
 *
 * The name is what messages show ("shop.yaml", "git:1a2b3c:shop.yaml").  A source
 * outlives every node and diagnostic that points into it.  Loading checks the size
 * (LIMIT_SOURCE_LEN), UTF-8 and the absence of NUL; a byte order mark is skipped.
 */
#ifndef BASE_SOURCE_H
#define BASE_SOURCE_H

#include "base/base.h"
#include "base/text.h"

struct diags;
struct arena;

struct pos {
	uint32_t line, column; /* from 1; column in code points */
};

struct range {
	const struct source *src; /* NULL: no file is to blame */
	struct pos start, end;    /* end is just behind the last character */
};

#define RANGE_NONE ((struct range){NULL, {0, 0}, {0, 0}})

struct source {
	const char *name;
	struct text bytes;            /* without byte order mark */
	const uint32_t *line_offsets; /* line_count of them; [0] is 0 */
	size_t line_count;
	/* Code points before every 256th byte, so that positions in one long line stay cheap. */
	const uint32_t *point_counts;
};

/*
 * Reads a file; `name` is what messages show (NULL: the path).  Everything lives
 * in the arena.  NULL on failure, with a diagnostic at `where` (the place that
 * names the file, or RANGE_NONE).
 */
const struct source *source_load(struct arena *a, const char *path, const char *name,
				 struct range where, struct diags *d);
/* From memory; the bytes are copied. */
const struct source *source_from(struct arena *a, const char *name, struct text bytes,
				 struct diags *d);
/* A copy that lives in another arena. */
const struct source *source_copy(struct arena *a, const struct source *src);
/* Leaves the name alone (line_count becomes 0): messages then name a place and show no line.
 * For files that hold secrets, once they are read. */
void source_forget_lines(const struct source *src);
/* The text of a line (from 1) without its newline or carriage return. */
struct text source_line(const struct source *src, uint32_t line);
/* Byte offset to position, and back (clamped to the text). */
struct pos source_pos(const struct source *src, size_t offset);
size_t source_offset(const struct source *src, struct pos pos);
/* Byte offset of the n-th code point (from 0, clamped); libyaml's mark.index is such an n. */
size_t source_point_offset(const struct source *src, size_t point);

#endif
