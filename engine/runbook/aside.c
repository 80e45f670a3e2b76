#include "engine/runbook/aside.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"

/* An event that waits for the coordinator. */
struct told {
	struct event event;
	struct told *next;
};

/* Made by the thread, taken by the coordinator; each batch has its own memory. */
struct telling {
	struct arena *arena;
	struct told *first, *last;
};

struct aside {
	struct observer observer; /* of the work: first, so that it leads here */
	struct step_run *s;       /* NULL once the step is over */
	struct arena *arena;
	struct aside_request request;
	struct engine *e;
	struct diags diags; /* the thread's until it is over */
	const char *execution, *step;
	int interrupts; /* atomic */
	int wake[2];
	pthread_t thread;
	bool threaded, joined;
	bool waits;           /* for somebody's lock, as far as is told */
	pthread_mutex_t lock; /* of what follows */
	struct telling telling;
	bool done;
	int rc;
	int64_t passed_ms;
};

/* --- events -------------------------------------------------------------------------------- */

static const char *copied(struct arena *a, const char *text)
{
	return text ? arena_strdup(a, text) : NULL;
}

static struct told *copy_event(struct arena *a, const struct event *e)
{
	struct told *t = ARENA_NEW(a, struct told);

	t->event = *e;
	t->event.plan = NULL;
	t->event.entry = NULL;
	if (e->addr) {
		struct address *addr = ARENA_NEW(a, struct address);

		*addr = address_copy(a, e->addr);
		t->event.addr = addr;
	}
	if (e->instance) {
		struct instance_id *id = ARENA_NEW(a, struct instance_id);

		*id = instance_id_copy(a, e->instance);
		t->event.instance = id;
	}
	t->event.wave = copied(a, e->wave);
	t->event.type = copied(a, e->type);
	t->event.action = copied(a, e->action);
	t->event.text = copied(a, e->text);
	t->event.endpoint = copied(a, e->endpoint);
	return t;
}

/* The plan belongs to the thread, and the end of the work is told as that of the step. */
static bool is_told(enum event_kind k)
{
	return k != EVENT_PLANNED && k != EVENT_FINISHED && k != EVENT_CANCELLING;
}

static void observe(struct observer *o, const struct event *e)
{
	struct aside *a = container_of(o, struct aside, observer);
	struct told *t;

	if (!is_told(e->kind))
		return;
	pthread_mutex_lock(&a->lock);
	if (!a->telling.arena)
		a->telling.arena = arena_new();
	t = copy_event(a->telling.arena, e);
	if (a->telling.last)
		a->telling.last->next = t;
	else
		a->telling.first = t;
	a->telling.last = t;
	pthread_mutex_unlock(&a->lock);
}

/* For whom it waits is seen from other terminals, too. */
static bool tell_lock(struct aside *a, const struct event *e)
{
	if (e->kind == EVENT_LOCK_WAIT) {
		a->waits = true;
		step_progress(a->s, e->text);
		return true;
	}
	if (a->waits)
		step_progress(a->s, "has the lock that it waited for");
	a->waits = false;
	return false;
}

static void tell_all(struct aside *a)
{
	struct telling telling;

	pthread_mutex_lock(&a->lock);
	telling = a->telling;
	a->telling = (struct telling){NULL, NULL, NULL};
	pthread_mutex_unlock(&a->lock);
	for (struct told *t = telling.first; t && a->s; t = t->next) {
		if (tell_lock(a, &t->event))
			continue;
		t->event.execution = a->execution;
		t->event.step = a->step;
		engine_tell(step_engine(a->s), t->event);
	}
	arena_free(telling.arena);
}

/* --- opening ------------------------------------------------------------------------------- */

static int open_wake(struct aside *a)
{
	a->wake[0] = a->wake[1] = -1;
	return pipe2(a->wake, O_CLOEXEC | O_NONBLOCK);
}

static void close_wake(struct aside *a)
{
	for (size_t i = 0; i < ARRAY_LEN(a->wake); i++) {
		if (a->wake[i] >= 0)
			close(a->wake[i]);
	}
}

static const char *const *copied_names(struct arena *a, const char *const *names, size_t count)
{
	const char **out = ARENA_ARRAY(a, count, const char *);

	for (size_t i = 0; i < count; i++)
		out[i] = arena_strdup(a, names[i]);
	return out;
}

/* The work may go on when the step's memory is gone. */
static struct selection copied_selection(struct arena *a, const struct selection *from)
{
	struct selection out = *from;

	out.stacks = copied_names(a, from->stacks, from->stack_count);
	out.regions = copied_names(a, from->regions, from->region_count);
	out.account = copied(a, from->account);
	return out;
}

static void fill_options(struct aside *a, struct engine_options *o)
{
	struct engine *outer = step_engine(a->s);
	int64_t allowed_ms = a->s->spec->timeout_ms;

	*o = (struct engine_options){
		.dir = outer->options.dir,
		.providers = outer->options.providers,
		.clock = outer->simulation ? NULL : outer->options.clock,
		.observer = &a->observer,
		.interrupts = &a->interrupts,
		.wake_fd = a->wake[0],
		.parallelism = outer->options.parallelism,
		.lock_timeout_ms = allowed_ms ? allowed_ms : OPERATION_DEADLINE_MS,
		.command = arena_printf(a->arena, "runbook %s, step %s",
					step_execution(a->s)->runbook, a->step),
		.selection = copied_selection(a->arena, &a->request.selection),
		.world = outer->simulation ? WORLD_SIMULATED_WITHIN : WORLD_REAL,
		.within = outer,
	};
}

struct aside *aside_open(struct step_run *s, const struct aside_request *q)
{
	struct aside *a = xcalloc(1, sizeof(*a));
	struct engine_options options;

	a->observer.event = observe;
	a->s = s;
	a->arena = arena_new();
	a->request = *q;
	a->execution = arena_strdup(a->arena, step_execution(s)->id);
	a->step = arena_strdup(a->arena, s->step->path);
	pthread_mutex_init(&a->lock, NULL);
	if (open_wake(a) == 0) {
		fill_options(a, &options);
		a->e = engine_open(&options, &a->diags);
	} else {
		diag_add(step_diags(s), DIAG_STEP_THREAD, RANGE_NONE,
			 "step '%s' cannot be begun: too many files are open", a->step);
	}
	if (a->e)
		return a;
	aside_report(a);
	aside_close(a);
	return NULL;
}

void *aside_context(const struct aside *a)
{
	return a->request.context;
}

/* --- the work ------------------------------------------------------------------------------ */

static void *run(void *context)
{
	struct aside *a = context;
	struct clock *clock = a->e->options.clock;
	int64_t began_ms = clock->monotonic_ms(clock);
	int rc = a->request.work(a->e, a->request.context, &a->diags);

	pthread_mutex_lock(&a->lock);
	a->rc = rc;
	a->passed_ms = a->e->simulation ? clock->monotonic_ms(clock) - began_ms : 0;
	a->done = true;
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/* Signals are for the thread that looks at them. */
static int start_thread(struct aside *a)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&a->thread, NULL, run, a);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	a->threaded = rc == 0;
	return rc ? -1 : 0;
}

int aside_start(struct aside *a)
{
	if (a->e->simulation) {
		run(a);
		return 0;
	}
	if (start_thread(a) == 0)
		return 0;
	diag_add(step_diags(a->s), DIAG_STEP_THREAD, RANGE_NONE,
		 "step '%s' cannot be begun: there is no thread for it", a->step);
	return -1;
}

static void interrupt(struct aside *a, int level)
{
	/* A full pipe wakes as well. */
	ssize_t ignored;

	if (level <= __atomic_load_n(&a->interrupts, __ATOMIC_RELAXED))
		return;
	__atomic_store_n(&a->interrupts, level, __ATOMIC_RELAXED);
	ignored = write(a->wake[1], "", 1);
	(void)ignored;
}

static void join(struct aside *a)
{
	if (a->threaded && !a->joined)
		pthread_join(a->thread, NULL);
	a->joined = true;
}

bool aside_look(struct aside *a)
{
	bool done;

	if (a->joined)
		return false;
	interrupt(a, dispatch_level(step_dispatch(a->s)));
	pthread_mutex_lock(&a->lock);
	done = a->done;
	pthread_mutex_unlock(&a->lock);
	tell_all(a);
	if (done)
		join(a);
	return done;
}

/* That this execution has set a parameter is told already. */
static void drop_own_notes(struct aside *a)
{
	struct diag **at = &a->diags.first;

	a->diags.last = NULL;
	while (*at) {
		struct diag *g = *at;

		if (g->code == DIAG_OVERRIDE_HOLDS && g->detail &&
		    strstr(g->detail, a->execution)) {
			*at = g->next;
		} else {
			a->diags.last = g;
			at = &g->next;
		}
	}
}

/* Texts of its files go along: they are closed with the engine. */
void aside_report(struct aside *a)
{
	struct diags found = DIAGS_INIT;

	drop_own_notes(a);
	diags_copy(&found, &a->diags);
	diags_keep_sources(&found);
	diags_take(step_diags(a->s), &found);
}

int aside_result(const struct aside *a)
{
	return a->rc;
}

const struct diags *aside_diags(const struct aside *a)
{
	return &a->diags;
}

int64_t aside_passed_ms(const struct aside *a)
{
	int64_t usual_ms = a->threaded || !a->s ? 0 : step_rehearsed_ms(a->s);

	return a->threaded ? 0 : usual_ms ? usual_ms : a->passed_ms;
}

void aside_cancel(struct aside *a)
{
	a->s = NULL;
	interrupt(a, 2);
}

void aside_close(struct aside *a)
{
	if (!a)
		return;
	join(a);
	diags_release(&a->diags);
	engine_close(a->e);
	if (a->request.release)
		a->request.release(a->request.context);
	arena_free(a->telling.arena);
	pthread_mutex_destroy(&a->lock);
	close_wake(a);
	arena_free(a->arena);
	free(a);
}

void aside_end(void *context)
{
	struct aside *a = context;

	aside_cancel(a);
	aside_close(a);
}
