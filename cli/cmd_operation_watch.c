/*
 * cmd_operation_watch.c - operation watch: follows a run from another terminal until its end.
 *
 * It looks at recorded state a few times a second, takes no lock, and ends as the run ends.
 *
 *	QUEUED --has its locks, plans--> (nothing recorded) --> RUNNING --> its end
 *	   \--gave up, or had nothing to do--> gone without a run
 */
#include <poll.h>
#include <string.h>

#include "base/map.h"
#include "base/vec.h"
#include "cli/cmd_operation.h"
#include "cli/signals.h"

#define LOOK_MS 300

struct watch {
	struct invocation *in;
	struct run_record run;
	struct map seen;  /* instance to the status that was shown last, in in->arena */
	const char *said; /* whom it waits for, as it was told last */
};

struct news {
	VEC_OF(const struct instance_result *)
};

static int64_t time_of(const struct instance_result *r)
{
	return r->ended_ms ? r->ended_ms : r->started_ms;
}

static int compare_news(const void *x, const void *y)
{
	const struct instance_result *const *a = x, *const *b = y;

	if (time_of(*a) != time_of(*b))
		return time_of(*a) < time_of(*b) ? -1 : 1;
	return (*a)->order < (*b)->order ? -1 : (*a)->order > (*b)->order;
}

static bool is_new(struct watch *w, struct arena *a, const struct instance_result *r)
{
	struct text key = text_of(instance_id_text(a, &r->id));
	const char *before = map_find(&w->seen, key);

	if (before ? strcmp(before, r->status) == 0 : strcmp(r->status, "PENDING") == 0)
		return false;
	map_set(&w->seen, key, arena_strdup(w->in->arena, r->status));
	return true;
}

/* What began or ended since the last look, in the order in which it did. */
static int show_news(struct watch *w, struct arena *a)
{
	struct invocation *in = w->in;
	struct result_list list;
	struct news news = {0};

	if (state_load_results(in->state, w->run.id, a, &list, &in->diags) != 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		if (is_new(w, a, &list.items[i]))
			*arena_vec_add(a, &news) = &list.items[i];
	if (news.count)
		qsort(news.items, news.count, sizeof(*news.items), compare_news);
	for (size_t i = 0; i < news.count; i++)
		in->view->show_instance(in->view, news.items[i]);
	return 0;
}

static int exit_of(const char *status, const struct result_list *results)
{
	size_t well = 0;

	for (size_t i = 0; i < results->count; i++)
		well += strcmp(results->items[i].status, "SUCCEEDED") == 0;
	if (strcmp(status, "STOPPED") == 0)
		return EXIT_INTERRUPTED;
	if (strcmp(status, "LOST") == 0)
		return EXIT_ERROR;
	if (well && well < results->count)
		return EXIT_PARTLY;
	return strcmp(status, "SUCCEEDED") == 0 ? EXIT_DONE : EXIT_ERROR;
}

/* Its last line is the run as `operation show` has it, without its operations. */
static int show_end(struct watch *w)
{
	static const struct operation_list none = {NULL, 0};
	struct invocation *in = w->in;
	struct run_row row;
	struct result_list results;

	if (state_load_results(in->state, w->run.id, in->arena, &results, &in->diags) != 0 ||
	    operation_fill_row(in, &w->run, &row) != 0)
		return -1;
	in->view->show_run(in->view, &row, &none);
	return exit_of(row.status, &results);
}

/* Ctrl-C ends the watching, not the run. */
static int nap(void)
{
	struct pollfd wake = {signals_wake_fd(), POLLIN, 0};

	poll(&wake, 1, LOOK_MS);
	return signals_interrupted() ? -1 : 0;
}

/* 1: it is there; 0: not (yet); -1. */
static int find_run(struct watch *w, struct arena *a)
{
	struct run_list runs;

	if (state_load_run(w->in->state, w->run.id, a, &runs, &w->in->diags) != 0)
		return -1;
	if (runs.count)
		w->run = runs.items[0];
	return runs.count != 0;
}

/* 1: in the queue; 0: not any more; -1. */
static int look_at_queue(struct watch *w, struct arena *a)
{
	struct invocation *in = w->in;
	struct ticket_list tickets;

	if (state_load_tickets(in->state, a, &tickets, &in->diags) != 0)
		return -1;
	for (size_t i = 0; i < tickets.count; i++) {
		const struct ticket *t = &tickets.items[i];

		if (strcmp(t->run, w->run.id) != 0)
			continue;
		if (!w->said || strcmp(w->said, t->waits_for) != 0) {
			w->said = arena_strdup(in->arena, t->waits_for);
			in->view->show_done(
				in->view, "queued",
				arena_printf(a, "Run %s is QUEUED: %s.", t->run, t->waits_for));
		}
		return 1;
	}
	return 0;
}

/* Between queue and run it plans, or waits for an answer, and has its locks. */
static int has_locks(struct watch *w, struct arena *a)
{
	const struct lock_owner *o = &w->run.owner;
	struct lock_list locks;

	if (state_load_locks(w->in->state, a, &locks, &w->in->diags) != 0)
		return -1;
	for (size_t i = 0; i < locks.count; i++)
		if (locks.items[i].owner.pid == o->pid &&
		    strcmp(locks.items[i].owner.host, o->host) == 0)
			return 1;
	return 0;
}

static int say_gone(struct watch *w)
{
	struct diag *g = diag_add(&w->in->diags, DIAG_RUN_NOT_BEGUN, RANGE_NONE,
				  "run '%s' ended before it began: it changed nothing", w->run.id);

	diag_hint(&w->in->diags, g,
		  "it gave up, was stopped, or found nothing to do; its own terminal says which");
	return -1;
}

/* Until it is a run.  0 or -1. */
static int wait_in_queue(struct watch *w)
{
	for (;;) {
		struct arena *a = arena_new();
		int queued = look_at_queue(w, a);
		int locked = queued == 0 ? has_locks(w, a) : queued;
		/* Looked at last: it may have begun, and even ended, while we looked. */
		int found = locked < 0 ? -1 : find_run(w, w->in->arena);

		arena_free(a);
		if (found == 1)
			return 0;
		if (found < 0)
			return -1;
		if (!locked)
			return say_gone(w);
		if (nap() != 0)
			return -1;
	}
}

static bool is_over(const struct run_record *r)
{
	return r->ended_ms || r->gone;
}

/* What is read of the run lives in the arena of its look, but for the last. */
static int look(struct watch *w, struct arena *a)
{
	int found = find_run(w, a);

	if (found == 1 && is_over(&w->run))
		found = find_run(w, w->in->arena);
	if (found == 0)
		say_gone(w); /* the history was pruned meanwhile */
	return found == 1 ? show_news(w, a) : -1;
}

static int follow(struct watch *w)
{
	const char *id = w->run.id;
	bool over, going;

	do {
		struct arena *a = arena_new();

		w->run.id = id;
		going = look(w, a) == 0;
		over = going && is_over(&w->run);
		arena_free(a);
	} while (going && !over && nap() == 0);
	return over ? show_end(w) : -1;
}

static int run_watch(struct invocation *in)
{
	struct watch w = {.in = in, .run = {.id = ""}};
	int code = -1;

	if (operation_find_watched(in, &w.run) != 0)
		return invocation_exit(in);
	if (strcmp(w.run.status, "QUEUED") != 0 || wait_in_queue(&w) == 0)
		code = follow(&w);
	map_release(&w.seen);
	return code < 0 ? invocation_exit(in) : code;
}

const struct command cmd_operation_watch = {
	.name = "operation watch",
	.group = GROUP_STATE,
	.summary = "follow a run from another terminal until its end",
	.operands = "[RUN]",
	.operand_max = 1,
	.help = "Prints each stack instance as it begins and as it ends, until the run has ended, "
		"and exits as the run did: 0 when it succeeded, 3 when some instances failed, 1 "
		"when it failed or its process was killed, 130 when it was stopped. One that is "
		"QUEUED says for whom it waits, and is followed when it begins. Without an id: "
		"the only one that is going on or waits, else the latest. Ctrl-C ends the "
		"watching, not the run.",
	.examples = (const char *const[]){"hadeploy operation watch", "the only run there is",
					  "hadeploy operation watch --json",
					  "a line of JSON for each step", NULL},
	.options = (const enum option_id[]){OPT_JSON, OPT_END},
	.needs = NEED_STATE_READ | NEED_SIGNALS,
	.run = run_watch,
};
