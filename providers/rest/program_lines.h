/*
 * program_lines.h - which line of a program came from which line of which file.
 *
 * Runs of lines in ascending order; program.c writes them, program_place reads them.  A run holds
 * until the next one begins; its places never go beyond its last line.
 */
#ifndef PROVIDERS_REST_PROGRAM_LINES_H
#define PROVIDERS_REST_PROGRAM_LINES_H

#include "base/source.h"
#include "base/vec.h"

/* Begins the comment that program_mark writes. */
#define PROGRAM_MARK "#@line "

struct line_run {
	unsigned first;           /* line of the program, from 1 */
	unsigned count;           /* lines that the run has; later ones are its last */
	const struct source *src; /* NULL: the prelude */
	uint32_t line;            /* of the file, of the first one */
};

struct program_lines {
	VEC_OF(struct line_run)
};

/* The line of the file in which the text of a scalar begins: block scalars have it below. */
uint32_t program_text_line(struct range where);

#endif
