/*
 * term.h - what a stream is: a terminal or not, its size, whether to colour, and the one
 * question that may be asked.
 *
 * term_init looks at a descriptor once; sizes are asked anew each time, since windows
 * change.  Colour: on a terminal only, never with NO_COLOR set, TERM=dumb or --no-color.
 */
#ifndef CLI_TERM_H
#define CLI_TERM_H

#include <stdio.h>

#include "base/str.h"

#define TERM_COLUMNS_DEFAULT 80
#define TERM_ROWS_DEFAULT 24

enum paint {
	PAINT_BOLD,
	PAINT_DIM,
	PAINT_RED,
	PAINT_GREEN,
	PAINT_YELLOW,
	PAINT_MAGENTA,
	PAINT_CYAN
};

/* How texts are drawn; zero: without colour, as long as they are. */
struct style {
	bool colour;
	size_t columns; /* of the terminal when the program began; 0: it is none */
};

struct term {
	FILE *stream;
	bool is_terminal;
	struct style style;
	int error; /* errno of the first write that did not work; 0 */
};

enum term_colour { TERM_COLOUR_AUTO, TERM_COLOUR_NEVER };

void term_init(struct term *t, FILE *stream, enum term_colour colour);
size_t term_columns(const struct term *t);
size_t term_rows(const struct term *t);
/* Writes and flushes. */
void term_write(struct term *t, const struct str *text);

/* Between the two, text is painted. */
void paint_on(struct str *out, const struct style *st, enum paint p);
void paint_off(struct str *out, const struct style *st);
void paint_text(struct str *out, const struct style *st, enum paint p, const char *text);

/* What goes on while somebody thinks about an answer.  Zero: nothing. */
struct term_wait {
	/* Called when `wake_fd` is readable, after a signal, and every `every_ms`; nonzero: the
	 * question is over, and the answer is no. */
	int (*tick)(void *context);
	void *context;
	int every_ms;
	int wake_fd; /* -1: none */
};

/* Somebody is there to be asked: stdin and stderr are terminals and CI is not set. */
bool term_can_ask(void);
/* Asks on stderr; true for "yes" alone.  An interrupt and the end of input mean no. */
bool term_ask_yes(const char *question, const struct term_wait *wait);
/* The answer in the next line of a descriptor. */
bool term_read_yes(int fd, const struct term_wait *wait);

#endif
