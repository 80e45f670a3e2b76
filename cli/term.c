/* term.c - streams that may be terminals. */
#include "cli/term.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

#define ANSWER_LEN 64

static const char *const codes[] = {
	[PAINT_BOLD] = "1",    [PAINT_DIM] = "2",      [PAINT_RED] = "31",  [PAINT_GREEN] = "32",
	[PAINT_YELLOW] = "33", [PAINT_MAGENTA] = "35", [PAINT_CYAN] = "36",
};
_Static_assert(ARRAY_LEN(codes) == PAINT_CYAN + 1, "a code for every paint");

static bool environment_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

static bool terminal_draws(void)
{
	const char *kind = getenv("TERM");

	return kind && *kind && strcmp(kind, "dumb") != 0;
}

void term_init(struct term *t, FILE *stream, enum term_colour colour)
{
	*t = (struct term){.stream = stream};
	t->is_terminal = isatty(fileno(stream)) && terminal_draws();
	t->style.colour =
		t->is_terminal && colour == TERM_COLOUR_AUTO && !environment_set("NO_COLOR");
}

static bool window_of(const struct term *t, struct winsize *w)
{
	return t->is_terminal && ioctl(fileno(t->stream), TIOCGWINSZ, w) == 0;
}

size_t term_columns(const struct term *t)
{
	struct winsize w;

	return window_of(t, &w) && w.ws_col ? w.ws_col : TERM_COLUMNS_DEFAULT;
}

size_t term_rows(const struct term *t)
{
	struct winsize w;

	return window_of(t, &w) && w.ws_row ? w.ws_row : TERM_ROWS_DEFAULT;
}

void term_write(struct term *t, const struct str *text)
{
	bool written = fwrite(str_cstr(text), 1, text->len, t->stream) == text->len;

	if ((!written || fflush(t->stream) != 0) && !t->error)
		t->error = errno;
}

void paint_on(struct str *out, const struct style *st, enum paint p)
{
	if (st->colour)
		str_printf(out, "\x1b[%sm", codes[p]);
}

void paint_off(struct str *out, const struct style *st)
{
	if (st->colour)
		str_add(out, "\x1b[0m");
}

void paint_text(struct str *out, const struct style *st, enum paint p, const char *text)
{
	paint_on(out, st, p);
	str_add(out, text);
	paint_off(out, st);
}

bool term_can_ask(void)
{
	const char *ci = getenv("CI");
	bool in_ci = ci && *ci && strcmp(ci, "false") != 0 && strcmp(ci, "0") != 0;

	return !in_ci && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* One line, byte by byte: stdio would read on after an interrupt. */
static size_t read_line(char *line, size_t size)
{
	size_t len = 0;
	char c;

	while (read(STDIN_FILENO, &c, 1) == 1) {
		if (c == '\n')
			return len;
		if (len < size)
			line[len] = c;
		len++;
	}
	fputc('\n', stderr);
	return 0;
}

bool term_ask_yes(const char *question)
{
	char line[ANSWER_LEN];
	size_t len;

	fflush(stdout);
	fputs(question, stderr);
	fflush(stderr);
	len = read_line(line, sizeof(line));
	return len <= sizeof(line) && text_is(text_trim((struct text){line, len}), "yes");
}
