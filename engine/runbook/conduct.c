/*
 * conduct.c - the coordinator's loop of an execution.
 *
 *	FORWARD -> MONITORING -> OVER
 *	   |                      ^
 *	   +------> BACK ---------+
 *
 * Each round does whatever may be done now, then takes one event.  All that it waits for is a job
 * of dispatch: calls of drivers and checks, timers, and the look at what is asked.
 */
#include "engine/runbook/conduct.h"

#include <string.h>

#include "engine/runbook/conduct_parts.h"

void conduct_refuse(struct conduct *x)
{
	x->out->refused = true;
}

/* --- interrupts -------------------------------------------------------------------------- */

static void stop_working(struct conduct *x)
{
	for (size_t i = 0; i < x->p->step_count; i++) {
		struct attempt *at = x->steps[i].now;

		if (!at || !at->driver || x->steps[i].phase != PHASE_WORK || at->said)
			continue;
		at->driver->stop(&at->run);
		attempt_close(at);
	}
}

static void interrupted(struct conduct *x, int level)
{
	engine_tell(x->e, (struct event){
				  .kind = EVENT_CANCELLING,
				  .text = level > 1 ? "cancelling what is running"
						    : "finishing what was started, then pausing",
				  .execution = x->row.id,
			  });
	x->stopping = true;
	if (level > 1)
		stop_working(x);
	x->turned = true;
}

/* What only waits needs no end: the next process waits on. */
static void leave(struct conduct *x)
{
	struct diag *g;

	x->finished = true;
	if (!x->paused)
		conduct_pause(x, "interrupted", &x->owner);
	if (x->broken)
		return;
	x->out->interrupted = true;
	g = diag_add(x->d, DIAG_CONDUCT_PAUSED, RANGE_NONE, "execution %s of '%s' is paused",
		     x->row.id, x->row.runbook);
	if (x->rehearsal)
		diag_hint(x->d, g, "begin the drill anew: its world has gone with it");
	else
		diag_hint(x->d, g, "go on with it: `hadeploy runbook run --resume %s`", x->row.id);
}

/* --- rounds ------------------------------------------------------------------------------ */

static void root_failed(struct conduct *x)
{
	x->failed = true;
	x->why = x->root.reason;
	if (x->root.wants_reverse || x->row.kind == EXECUTION_DRILL_ISOLATED)
		back_or_keep(x, EXECUTION_FAILED, x->why);
	else
		goal_end(x, EXECUTION_FAILED, x->why);
}

static void forward_turn(struct conduct *x)
{
	if (x->root.phase != PHASE_OVER)
		tree_turn(&x->root, TREE_GO);
	if (x->aborting) {
		if (conduct_is_draining(x))
			return;
		if (x->keeps)
			goal_end(x, EXECUTION_ABORTED, x->why);
		else
			back_or_keep(x, EXECUTION_ABORTED, x->why);
	} else if (x->root.phase == PHASE_OVER && x->root.status == STEP_FAILED) {
		if (!conduct_is_draining(x) || !x->root.wants_reverse)
			root_failed(x);
	} else if (x->root.phase == PHASE_OVER && !x->paused && !x->stopping) {
		goal_begin(x);
	}
}

static void aborted_elsewhere(struct conduct *x)
{
	if (x->goal)
		check_set_stop(x->goal);
	x->goal = NULL;
	if (x->keeps)
		goal_end(x, EXECUTION_ABORTED, x->why);
	else if (x->stage == STAGE_MONITORING)
		back_or_keep(x, EXECUTION_ABORTED, x->why);
}

static void stage_turn(struct conduct *x)
{
	switch (x->stage) {
	case STAGE_FORWARD:
		forward_turn(x);
		return;
	case STAGE_MONITORING:
		if (x->aborting)
			aborted_elsewhere(x);
		else if (!x->goal && conduct_may_begin(x))
			goal_begin(x);
		return;
	case STAGE_BACK:
		if (x->aborting && x->keeps && !conduct_is_draining(x))
			goal_end(x, EXECUTION_ABORTED, x->why);
		else
			back_turn(x);
		return;
	case STAGE_OVER:
		return;
	}
}

static void turn(struct conduct *x)
{
	do {
		x->turned = false;
		stage_turn(x);
	} while (x->turned && !x->finished && !x->broken);
	if (x->finished)
		return;
	if (x->broken)
		x->finished = true;
	else if (x->stopping && !conduct_is_busy(x))
		leave(x);
}

/* --- events ------------------------------------------------------------------------------ */

static void look(struct errand *r)
{
	asks_look(r->x);
	if (r->x->q->tick)
		r->x->q->tick(r->x->q->context);
	errand_again(r, CONDUCT_LOOK_MS);
}

static void wait(struct conduct *x)
{
	int64_t began_ms = dispatch_now_ms(x->dispatch);

	dispatch_wait(x->dispatch);
	x->waited_ms += dispatch_now_ms(x->dispatch) - began_ms;
}

static void on_job(const struct dispatch_event *ev)
{
	if (ev->job->owner == JOB_OF_CHECK)
		check_set_event(ev);
	else
		errand_event(ev);
}

static void on_event(struct conduct *x, const struct dispatch_event *ev)
{
	switch (ev->kind) {
	case DISPATCH_START:
	case DISPATCH_ENDED:
	case DISPATCH_DUE:
	case DISPATCH_SLOW:
	case DISPATCH_PROGRESS:
		on_job(ev);
		return;
	case DISPATCH_INTERRUPTED:
		interrupted(x, ev->level);
		return;
	case DISPATCH_LOCKS_LOST:
		x->broken = true;
		return;
	case DISPATCH_QUIET:
		wait(x);
		return;
	}
}

static void loop(struct conduct *x)
{
	struct dispatch_event ev;

	/* What was asked while nobody ran it comes before anything goes on. */
	asks_look(x);
	if (x->q->abort)
		asks_take(x, x->q->abort);
	x->look = errand_rest(x, NULL, CONDUCT_LOOK_MS, look);
	for (turn(x); !x->finished; turn(x)) {
		dispatch_next(x->dispatch, &ev);
		on_event(x, &ev);
	}
}

/* --- the whole --------------------------------------------------------------------------- */

static void stop_all(struct conduct *x)
{
	for (size_t i = 0; i < x->sets.count; i++)
		check_set_stop(x->sets.items[i]);
	for (struct attempt *at = x->attempts; at; at = at->next)
		attempt_close(at);
	errand_cancel(x->look);
}

void conduct_tell_story(struct conduct *x)
{
	struct journal_list list = {NULL, 0};
	struct diags ignored = DIAGS_INIT;
	struct execution_list rows = {NULL, 0};

	if (journal_load_execution(x->state, x->row.id, x->e->arena, &rows, &ignored) == 0 &&
	    rows.count == 1 &&
	    journal_load_entries(x->state, &(struct journal_part){x->row.id, 0}, x->e->arena, &list,
				 &ignored) == 0)
		execution_story(x->e->arena, &rows.items[0], &list, &x->out->story);
	diags_release(&ignored);
}

static int run(struct conduct *x)
{
	enum execution_status status;
	bool begun;

	x->dispatch = dispatch_new(x->e, x->d);
	begun = conduct_start(x) == 0;
	if (begun)
		loop(x);
	stop_all(x);
	/* Its calls are waited for before what they work with goes. */
	dispatch_cancel(x->dispatch);
	dispatch_free(x->dispatch);
	conduct_release(x);
	if (!begun)
		return -1;
	conduct_tell_story(x);
	if (conduct_keep(x))
		return -1;
	status = x->out->story.row.status;
	if (x->broken || x->out->interrupted || !x->row.entries || (x->missed && x->q->strict))
		return -1;
	return status == EXECUTION_COMPLETED || status == EXECUTION_COMPLETED_WITH_EXCEPTIONS ? 0
											      : -1;
}

static int conduct(struct conduct *x)
{
	if (conduct_open(x))
		return -1;
	if (conduct_must_give_up(x))
		return conduct_give_up(x);
	return conduct_prepare(x) ? -1 : run(x);
}

int conduct_with(struct engine *e, const struct conduct_request *q,
		 const struct conduct_setup *setup, struct conduct_result *out, struct diags *d)
{
	struct conduct *x = xcalloc(1, sizeof(*x));
	struct clock *clock = e->options.clock;
	int rc;

	*out = (struct conduct_result){0};
	*x = (struct conduct){.e = e, .q = q, .setup = setup, .out = out, .d = d};
	x->a = arena_new();
	x->began_ms = clock->monotonic_ms(clock);
	x->booted_ms = clock->wall_ms(clock) - clock->boot_ms(clock);
	rc = conduct(x);
	out->overhead_ms = clock->monotonic_ms(clock) - x->began_ms - x->waited_ms;
	if (x->state)
		state_unlock(x->state);
	arena_free(x->a);
	free(x);
	return rc;
}
