/*
 * progress.c - draws the live lines from a thread of its own.
 *
 * The engine's coordinator reports events and then waits for calls; without a second thread
 * nothing would move on the screen meanwhile.  It touches only what is in here.
 */
#include "cli/progress.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "cli/execution_lines.h"
#include "cli/progress_lines.h"

#define DRAW_EVERY_MS 100

struct progress {
	struct term *term;
	struct clock *clock;
	struct progress_lines *lines;
	struct execution_lines *execution; /* of a runbook: shown instead; NULL */
	struct str drawn;                  /* the lines on the screen, above the cursor */
	bool shown;                        /* between the first event and clear or keep */
	bool held;                         /* a question is open: nothing is drawn below it */
	bool over;
	bool threaded;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
};

/* A window that became narrower has wrapped them. */
static void erase(struct progress *p, size_t columns, struct str *out)
{
	size_t rows = progress_rows(str_text(&p->drawn), columns);

	if (rows)
		str_printf(out, "\x1b[%zuA\r\x1b[J", rows);
	str_clear(&p->drawn);
}

/* One write for all of it, so that nothing flickers. */
static void draw(struct progress *p, const struct str *above)
{
	struct progress_size size = {term_columns(p->term), term_rows(p->term)};
	struct str out = STR_INIT;

	erase(p, size.columns, &out);
	if (above)
		str_add_text(&out, str_text(above));
	if (p->shown && p->execution)
		execution_lines_text(p->execution, p->clock->wall_ms(p->clock), size, &p->drawn);
	else if (p->shown)
		progress_lines_text(p->lines, p->clock->monotonic_ms(p->clock), size, &p->drawn);
	str_add_text(&out, str_text(&p->drawn));
	if (out.len)
		term_write(p->term, &out);
	str_release(&out);
}

static void next_moment(struct timespec *at)
{
	clock_gettime(CLOCK_MONOTONIC, at);
	at->tv_nsec += DRAW_EVERY_MS * 1000000;
	if (at->tv_nsec >= 1000000000) {
		at->tv_nsec -= 1000000000;
		at->tv_sec++;
	}
}

static void *draw_until_over(void *context)
{
	struct progress *p = context;
	struct timespec at;

	pthread_mutex_lock(&p->lock);
	while (!p->over) {
		next_moment(&at);
		pthread_cond_timedwait(&p->wake, &p->lock, &at);
		if (!p->over && p->shown)
			draw(p, NULL);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Signals stay with the coordinator, whose waits they end. */
static void start_thread(struct progress *p)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	p->threaded = pthread_create(&p->thread, NULL, draw_until_over, p) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct progress *progress_new(struct term *t, struct clock *clock)
{
	struct progress *p = xcalloc(1, sizeof(*p));
	pthread_condattr_t steady;

	p->term = t;
	p->clock = clock;
	p->lines = progress_lines_new();
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&p->wake, &steady);
	pthread_condattr_destroy(&steady);
	return p;
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->over = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	if (p->threaded)
		pthread_join(p->thread, NULL);
	progress_keep(p);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	progress_lines_free(p->lines);
	execution_lines_free(p->execution);
	str_release(&p->drawn);
	free(p);
}

static bool worth_drawing(const struct event *e)
{
	return e->kind == EVENT_REFRESH_STARTED || e->kind == EVENT_APPLY_STARTED ||
	       e->kind == EVENT_JOURNAL;
}

static void tell(struct progress *p, const struct event *e)
{
	if ((e->kind == EVENT_JOURNAL || e->kind == EVENT_RECALLED) && !p->execution)
		p->execution = execution_lines_new();
	if (p->execution)
		execution_lines_event(p->execution, e);
	else
		progress_lines_event(p->lines, e, p->clock->monotonic_ms(p->clock));
}

/* The thread starts with the first long work: most commands never need it. */
void progress_event(struct progress *p, const struct event *e)
{
	if (worth_drawing(e) && !p->threaded)
		start_thread(p);
	pthread_mutex_lock(&p->lock);
	tell(p, e);
	if (worth_drawing(e) && !p->held) {
		p->shown = true;
		draw(p, NULL);
	}
	pthread_mutex_unlock(&p->lock);
}

void progress_write(struct progress *p, const struct str *text)
{
	pthread_mutex_lock(&p->lock);
	draw(p, text);
	pthread_mutex_unlock(&p->lock);
}

void progress_clear(struct progress *p)
{
	pthread_mutex_lock(&p->lock);
	p->shown = false;
	draw(p, NULL);
	pthread_mutex_unlock(&p->lock);
}

void progress_keep(struct progress *p)
{
	pthread_mutex_lock(&p->lock);
	draw(p, NULL);
	p->shown = false;
	str_clear(&p->drawn);
	pthread_mutex_unlock(&p->lock);
}

void progress_hold(struct progress *p)
{
	progress_keep(p);
	pthread_mutex_lock(&p->lock);
	p->held = true;
	pthread_mutex_unlock(&p->lock);
}

void progress_release(struct progress *p)
{
	pthread_mutex_lock(&p->lock);
	p->held = false;
	p->shown = true;
	draw(p, NULL);
	pthread_mutex_unlock(&p->lock);
}
