/* term.c - streams that may be terminals. */
#include "cli/term.h"

#include <errno.h>
#include <poll.h>
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
	t->style.columns = t->is_terminal ? term_columns(t) : 0;
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

/* 1: there is something to read; 0: the question is over. */
static int await_input(int fd, const struct term_wait *w)
{
	struct pollfd fds[2] = {{.fd = fd, .events = POLLIN},
				{.fd = w->tick ? w->wake_fd : -1, .events = POLLIN}};

	for (;;) {
		int ready = poll(fds, ARRAY_LEN(fds), w->tick ? w->every_ms : -1);

		if (ready < 0 && errno != EINTR)
			return 0;
		if (ready > 0 && fds[0].revents && !fds[1].revents)
			return 1;
		if (!w->tick || w->tick(w->context) != 0)
			return 0;
	}
}

/* Byte by byte: stdio would read on after an interrupt.  False when there is no whole line. */
static bool read_line(int fd, const struct term_wait *w, struct str *line)
{
	char c;

	while (await_input(fd, w) && read(fd, &c, 1) == 1) {
		if (c == '\n')
			return true;
		if (line->len <= ANSWER_LEN)
			str_add_char(line, c);
	}
	return false;
}

bool term_read_yes(int fd, const struct term_wait *wait)
{
	struct str line = STR_INIT;
	bool whole = read_line(fd, wait, &line);
	bool yes = whole && line.len <= ANSWER_LEN && text_is(text_trim(str_text(&line)), "yes");

	if (!whole) /* what is written next begins below the question */
		fputc('\n', stderr);
	str_release(&line);
	return yes;
}

bool term_ask_yes(const char *question, const struct term_wait *wait)
{
	fflush(stdout);
	fputs(question, stderr);
	fflush(stderr);
	return term_read_yes(STDIN_FILENO, wait);
}
