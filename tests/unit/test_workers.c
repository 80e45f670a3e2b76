/* test_workers.c - threads that run calls; also under the thread sanitizer. */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/workers.h"

struct hd_session {
	const struct hd_host *host;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t calls, inside, most_inside, wanted_inside;
	int unblocked_signals;
};

static void check_signals(struct hd_session *s)
{
	sigset_t now;

	pthread_sigmask(SIG_SETMASK, NULL, &now);
	s->unblocked_signals += !sigismember(&now, SIGINT) || !sigismember(&now, SIGTERM);
}

/* Stays inside until as many are inside as the test wants. */
static int meet(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	(void)r;
	s->host->progress(op, (struct hd_span){"meeting", 7});
	pthread_mutex_lock(&s->lock);
	check_signals(s);
	s->calls++;
	if (++s->inside > s->most_inside)
		s->most_inside = s->inside;
	pthread_cond_broadcast(&s->changed);
	while (s->most_inside < s->wanted_inside)
		pthread_cond_wait(&s->changed, &s->lock);
	s->inside--;
	pthread_mutex_unlock(&s->lock);
	return HD_NOTFOUND;
}

static int open_session(const struct hd_host *host, struct hd_op *op, struct hd_span config,
			struct hd_session **out)
{
	struct hd_session *s = calloc(1, sizeof(*s));

	(void)op;
	(void)config;
	s->host = host;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	*out = s;
	return HD_OK;
}

static const struct hd_provider table = {
	.abi = HD_ABI,
	.size = sizeof(struct hd_provider),
	.name = "meeting",
	.version = "1",
	.open = open_session,
	.read = meet,
};

struct bench {
	struct workers *workers;
	struct hd_session *session;
	struct call call;
};

static void start(struct bench *b, size_t threads, size_t wanted_inside)
{
	struct call_context context = {.clock = clock_real()};
	struct diags d = DIAGS_INIT;

	b->workers = workers_new(threads, &context);
	b->session = call_open(&table, &(struct call_settings){"{}", NULL}, &context, &d);
	b->session->wanted_inside = wanted_inside;
	b->call = (struct call){.kind = CALL_READ, .table = &table, .session = b->session};
}

static void stop(struct bench *b)
{
	workers_free(b->workers);
	pthread_cond_destroy(&b->session->changed);
	pthread_mutex_destroy(&b->session->lock);
	free(b->session);
}

static struct work *wait_for_one(struct bench *b)
{
	struct pollfd p = {workers_fd(b->workers), POLLIN, 0};
	struct work *w;

	while (!(w = workers_take(b->workers))) {
		assert_true(poll(&p, 1, -1) >= 0);
		workers_drain_fd(b->workers);
	}
	return w;
}

static void every_call_comes_back_once(void **state)
{
	enum { COUNT = 2000 };
	static struct work work[COUNT];
	struct bench b;
	size_t back = 0;

	(void)state;
	start(&b, 8, 1);
	for (size_t i = 0; i < COUNT; i++) {
		work[i] = (struct work){.call = &b.call};
		workers_submit(b.workers, &work[i]);
	}
	while (workers_out(b.workers)) {
		struct work *w = wait_for_one(&b);

		assert_int_equal(w->outcome.status, HD_NOTFOUND);
		outcome_release(&w->outcome);
		back++;
	}
	assert_int_equal(back, COUNT);
	assert_int_equal(b.session->calls, COUNT);
	assert_true(b.session->most_inside <= 8);
	stop(&b);
}

static void as_many_run_side_by_side_as_there_are_threads(void **state)
{
	struct work work[6] = {{0}};
	struct bench b;

	(void)state;
	start(&b, 6, 6);
	for (size_t i = 0; i < ARRAY_LEN(work); i++) {
		work[i].call = &b.call;
		workers_submit(b.workers, &work[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(work); i++)
		outcome_release(&wait_for_one(&b)->outcome);
	assert_int_equal(b.session->most_inside, 6);
	stop(&b);
}

static void signals_are_for_the_coordinator(void **state)
{
	struct work work = {0};
	struct bench b;

	(void)state;
	start(&b, 2, 1);
	work.call = &b.call;
	workers_submit(b.workers, &work);
	outcome_release(&wait_for_one(&b)->outcome);
	assert_int_equal(b.session->unblocked_signals, 0);
	stop(&b);
}

static void progress_can_be_taken_while_the_call_runs(void **state)
{
	struct work work[2] = {{0}};
	struct progress p;
	struct pollfd fd;
	struct bench b;

	(void)state;
	start(&b, 2, 2);
	work[0].call = work[1].call = &b.call;
	workers_submit(b.workers, &work[0]);
	fd = (struct pollfd){workers_fd(b.workers), POLLIN, 0};
	assert_int_equal(poll(&fd, 1, -1), 1);
	assert_true(workers_take_progress(b.workers, &p));
	assert_ptr_equal(p.work, &work[0]);
	assert_string_equal(p.text, "meeting");
	assert_null(workers_take(b.workers));
	workers_submit(b.workers, &work[1]);
	outcome_release(&wait_for_one(&b)->outcome);
	outcome_release(&wait_for_one(&b)->outcome);
	stop(&b);
}

static void freeing_waits_for_calls_and_drops_what_waits(void **state)
{
	static struct work work[100];
	struct bench b;

	(void)state;
	start(&b, 1, 1);
	for (size_t i = 0; i < ARRAY_LEN(work); i++) {
		work[i] = (struct work){.call = &b.call};
		workers_submit(b.workers, &work[i]);
	}
	stop(&b);
	for (size_t i = 0; i < ARRAY_LEN(work); i++)
		assert_null(work[i].outcome.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_comes_back_once),
		cmocka_unit_test(as_many_run_side_by_side_as_there_are_threads),
		cmocka_unit_test(signals_are_for_the_coordinator),
		cmocka_unit_test(progress_can_be_taken_while_the_call_runs),
		cmocka_unit_test(freeing_waits_for_calls_and_drops_what_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
