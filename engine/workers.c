#include "engine/workers.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More is not remembered: progress is for the eye. */
#define PROGRESS_QUEUED 256

struct queue {
	struct work *first, *last;
};

struct workers {
	struct call_context context;
	size_t limit;
	pthread_t *threads;
	size_t thread_count; /* coordinator's */
	size_t out;          /* coordinator's */
	int pipe_fds[2];

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t more;  /* todo or stopping */
	struct queue todo, done;
	struct progress *said; /* a ring */
	size_t said_first, said_count;
	size_t idle, queued;
	bool stopping;
};

static void push(struct queue *q, struct work *x)
{
	x->next = NULL;
	if (q->last)
		q->last->next = x;
	else
		q->first = x;
	q->last = x;
}

static struct work *pop(struct queue *q)
{
	struct work *x = q->first;

	if (!x)
		return NULL;
	q->first = x->next;
	if (!q->first)
		q->last = NULL;
	x->next = NULL;
	return x;
}

/* A full pipe is readable already. */
static void ring(struct workers *w)
{
	ssize_t n;

	do
		n = write(w->pipe_fds[1], "", 1);
	while (n < 0 && errno == EINTR);
}

/* What the sink of one call needs to know. */
struct speaker {
	struct workers *workers;
	struct work *work;
};

static void remember_progress(void *sink, const char *text)
{
	struct speaker *s = sink;
	struct workers *w = s->workers;
	bool first = false;

	pthread_mutex_lock(&w->lock);
	if (w->said_count < PROGRESS_QUEUED) {
		size_t at = (w->said_first + w->said_count++) % PROGRESS_QUEUED;
		struct progress *p = &w->said[at];
		size_t len = strnlen(text, CALL_PROGRESS_LEN);

		p->work = s->work;
		memcpy(p->text, text, len);
		p->text[len] = '\0';
		first = w->said_count == 1;
	}
	pthread_mutex_unlock(&w->lock);
	if (first)
		ring(w);
}

static void run(struct workers *w, struct work *x)
{
	struct speaker speaker = {w, x};
	struct call_context context = w->context;
	bool first;

	context.progress = remember_progress;
	context.sink = &speaker;
	call_run(x->call, &context, &x->outcome);
	pthread_mutex_lock(&w->lock);
	first = !w->done.first;
	push(&w->done, x);
	pthread_mutex_unlock(&w->lock);
	if (first)
		ring(w);
}

static void *work_on(void *arg)
{
	struct workers *w = arg;
	struct work *x;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->stopping && !w->todo.first) {
			w->idle++;
			pthread_cond_wait(&w->more, &w->lock);
			w->idle--;
		}
		if (w->stopping)
			break;
		x = pop(&w->todo);
		w->queued--;
		pthread_mutex_unlock(&w->lock);
		run(w, x);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

struct workers *workers_new(size_t thread_limit, const struct call_context *context)
{
	struct workers *w = xcalloc(1, sizeof(*w));

	w->context = *context;
	w->limit = thread_limit;
	w->threads = xcalloc(thread_limit, sizeof(w->threads[0]));
	w->said = xcalloc(PROGRESS_QUEUED, sizeof(w->said[0]));
	if (pipe2(w->pipe_fds, O_CLOEXEC | O_NONBLOCK))
		fail_fast("no file descriptors left for a pipe");
	if (pthread_mutex_init(&w->lock, NULL) || pthread_cond_init(&w->more, NULL))
		fail_fast("cannot make a mutex");
	return w;
}

void workers_free(struct workers *w)
{
	struct work *x;

	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_broadcast(&w->more);
	pthread_mutex_unlock(&w->lock);
	for (size_t i = 0; i < w->thread_count; i++)
		pthread_join(w->threads[i], NULL);
	while ((x = pop(&w->done)))
		outcome_release(&x->outcome);
	pthread_cond_destroy(&w->more);
	pthread_mutex_destroy(&w->lock);
	close(w->pipe_fds[0]);
	close(w->pipe_fds[1]);
	free(w->said);
	free(w->threads);
	free(w);
}

/* Signals are for the coordinator: a worker inherits a mask that blocks them all. */
static bool add_thread(struct workers *w)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&w->threads[w->thread_count], NULL, work_on, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!error)
		w->thread_count++;
	return !error;
}

void workers_submit(struct workers *w, struct work *x)
{
	bool busy;

	w->out++;
	pthread_mutex_lock(&w->lock);
	push(&w->todo, x);
	w->queued++;
	/* A thread that was woken counts as idle until it runs: compare with what waits. */
	busy = w->queued > w->idle;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
	if (!busy || w->thread_count == w->limit || add_thread(w) || w->thread_count)
		return;
	/* No thread at all can be had: slow is better than not at all. */
	pthread_mutex_lock(&w->lock);
	x = pop(&w->todo);
	w->queued--;
	pthread_mutex_unlock(&w->lock);
	run(w, x);
}

struct work *workers_take(struct workers *w)
{
	struct work *x;

	pthread_mutex_lock(&w->lock);
	x = pop(&w->done);
	pthread_mutex_unlock(&w->lock);
	if (x)
		w->out--;
	return x;
}

size_t workers_out(const struct workers *w)
{
	return w->out;
}

bool workers_take_progress(struct workers *w, struct progress *out)
{
	bool any;

	pthread_mutex_lock(&w->lock);
	any = w->said_count > 0;
	if (any) {
		*out = w->said[w->said_first];
		w->said_first = (w->said_first + 1) % PROGRESS_QUEUED;
		w->said_count--;
	}
	pthread_mutex_unlock(&w->lock);
	return any;
}

int workers_fd(const struct workers *w)
{
	return w->pipe_fds[0];
}

void workers_drain_fd(struct workers *w)
{
	char bytes[64];

	while (read(w->pipe_fds[0], bytes, sizeof(bytes)) > 0)
		;
}
