#include "engine/executor.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/check_set.h"
#include "engine/estimate.h"
#include "engine/executor_parts.h"

/* A commit is one transaction; larger ones gain nothing. */
#define EDITS_PER_COMMIT 1024

void executor_edit(struct executor *x, const struct state_edit *edit)
{
	if (x->holders)
		holders_follow(x->holders, edit);
	*(struct state_edit *)vec_add(&x->edits) = *edit;
}

void executor_follow(struct executor *x, const struct follow *f)
{
	*(struct follow *)vec_add(&x->follows) = *f;
}

bool executor_may_start(const struct executor *x)
{
	return !x->stopping && !x->broken;
}

/* --- what observers hear --------------------------------------------------------- */

/* An update that turned out to be none says so when it is over, and so does a replacement that
 * became an update. */
static const char *action_of(const struct task *t)
{
	const struct change_progress *p = t->x->progress ? &t->x->progress[t->change_index] : NULL;

	if (p && p->needless)
		return action_name(ACTION_NONE);
	if (p && p->updated)
		return action_name(ACTION_UPDATE);
	if (t->change)
		return action_name(t->change->action);
	return operation_action_name(t->op.action);
}

/* 0 for what ended before it began: its endpoint was given up. */
static int64_t elapsed_ms(const struct task *t)
{
	const struct executor *x = t->x;
	int64_t started = x->progress ? x->progress[t->change_index].started_ms : t->started_ms;

	return started ? dispatch_now_ms(x->dispatch) - started : 0;
}

static void tell(struct task *t, enum event_kind kind, int64_t wait_ms)
{
	struct executor *x = t->x;

	engine_tell(x->e, (struct event){
				  .kind = kind,
				  .addr = &t->addr,
				  .type = t->type,
				  .action = action_of(t),
				  .endpoint = lane_endpoint(&t->job.lane),
				  .elapsed_ms = elapsed_ms(t),
				  .wait_ms = wait_ms,
				  .done = x->changes_over,
				  .total = x->changes_total,
			  });
}

static void tell_started(struct task *t)
{
	struct change_progress *p;

	if (!t->x->progress) {
		tell(t, EVENT_RECOVERING, 0);
		return;
	}
	p = &t->x->progress[t->change_index];
	if (p->told_start)
		return;
	p->told_start = true;
	tell(t, EVENT_STARTED, 0);
}

/* By what this call of the change used to take: a replacement has two. */
static int64_t slow_after_ms(const struct task *t)
{
	struct estimate e = estimate_part(t->change, t->kind == TASK_DELETE ? ESTIMATE_REMOVING
									    : ESTIMATE_MAKING);

	return estimate_slow_after_ms(&e);
}

static void watch(struct task *t)
{
	int64_t after_ms;

	if (!t->change || t->watched)
		return;
	t->watched = true;
	after_ms = slow_after_ms(t);
	if (after_ms != INT64_MAX)
		dispatch_watch(t->x->dispatch, &t->job, t->started_ms + after_ms);
}

static void tell_slow(struct task *t)
{
	struct executor *x = t->x;
	struct change_progress *p = &x->progress[t->change_index];

	if (p->told_slow || t->phase == PHASE_OVER)
		return;
	p->told_slow = true;
	engine_tell(x->e, (struct event){
				  .kind = EVENT_SLOW,
				  .addr = &t->addr,
				  .type = t->type,
				  .action = action_of(t),
				  .endpoint = lane_endpoint(&t->job.lane),
				  .elapsed_ms = dispatch_now_ms(x->dispatch) - t->started_ms,
				  .usual_ms = slow_after_ms(t),
			  });
}

/* A change is over when all its tasks are; then observers hear of it, once. */
static void change_task_over(struct task *t)
{
	struct change_progress *p = &t->x->progress[t->change_index];

	assert(p->left > 0);
	if (--p->left > 0 || t->kind == TASK_LEARN)
		return;
	t->x->changes_over++;
	if (p->open)
		tell(t, EVENT_LEFT_OPEN, 0);
	else if (p->failed)
		tell(t, EVENT_FAILED, 0);
	else if (p->skipped)
		tell(t, EVENT_SKIPPED, 0);
	else
		tell(t, EVENT_SUCCEEDED, 0);
}

static void tell_recovered(struct task *t)
{
	struct executor *x = t->x;
	struct str text = STR_INIT;

	str_printf(&text, "%s %s", operation_action_name(t->op.action),
		   t->op.result == OPERATION_OPEN ? "left open"
						  : operation_result_name(t->op.result));
	engine_tell(x->e, (struct event){
				  .kind = EVENT_RECOVERED,
				  .addr = &t->addr,
				  .type = t->type,
				  .text = str_cstr(&text),
				  .done = ++x->changes_over,
				  .total = x->changes_total,
			  });
	str_release(&text);
}

/* --- ends and commits ------------------------------------------------------------ */

static void free_task(struct task *t)
{
	outcome_release(&t->job.work.outcome);
	diags_release(&t->errors);
	arena_free(t->arena);
	t->arena = NULL;
}

void task_over(struct task *t, enum step_end end)
{
	struct executor *x = t->x;

	assert(t->phase != PHASE_OVER);
	t->phase = PHASE_OVER;
	if (end == STEP_ENDED_BADLY) {
		x->failures++;
		if (x->progress)
			x->progress[t->change_index].failed = true;
	}
	walk_finish(x->walk, t->step, end);
	if (end == STEP_ENDED_BADLY)
		executor_halt(t);
	/* What is told of its instance comes behind it. */
	executor_follow(x, &(struct follow){.kind = FOLLOW_TELL, .task = t});
	rollouts_task_over(x->rollouts, t, end == STEP_ENDED_BADLY ? TASK_FAILED : TASK_WENT_WELL);
}

void task_skip(struct task *t)
{
	assert(t->phase == PHASE_NEW);
	t->phase = PHASE_OVER;
	walk_skip(t->x->walk, t->step);
}

static void follow_up(struct executor *x, const struct follow *f)
{
	struct task *t = f->task;

	switch (f->kind) {
	case FOLLOW_SUBMIT:
		if (x->broken) {
			/* Its BEGIN is not on disk. */
			if (t->job.state == JOB_STARTED)
				dispatch_drop(x->dispatch, &t->job);
			task_refuse(t);
			return;
		}
		tell_started(t);
		watch(t);
		/* The second operation of a task has no worker yet. */
		if (t->job.state == JOB_STARTED)
			dispatch_submit(x->dispatch, &t->job);
		else
			dispatch_call(x->dispatch, &t->job);
		return;
	case FOLLOW_REST:
		if (f->tell)
			tell(t, EVENT_WAITING, f->wait_ms);
		if (x->broken || dispatch_level(x->dispatch) > 1)
			task_leave_open(t);
		else
			dispatch_rest(x->dispatch, &t->job, f->wait_ms);
		return;
	case FOLLOW_TELL:
		dispatch_retire(x->dispatch, &t->job);
		if (t->kind == TASK_FORGET)
			tell_started(t);
		/* Done or not, it could not be recorded. */
		if (x->broken && x->progress)
			x->progress[t->change_index].failed = true;
		if (x->progress)
			change_task_over(t);
		else
			tell_recovered(t);
		/* Edits that could not be written may point into it. */
		if (!x->broken)
			free_task(t);
		return;
	case FOLLOW_EVENT:
		engine_tell(x->e, *f->event);
		return;
	}
}

/* What had been begun but not yet sent never happened, so nothing of it is kept; the rest
 * is tried once more at the end. */
static void keep_for_last_try(struct executor *x)
{
	size_t kept = 0;

	for (size_t i = 0; i < x->edits.count; i++)
		if (x->edits.items[i].kind != EDIT_BEGIN)
			x->edits.items[kept++] = x->edits.items[i];
	x->edits.count = kept;
}

static void stop(struct executor *x, int level);

static void flush(struct executor *x)
{
	size_t count = x->follows.count;
	struct follow *follows = x->follows.items;

	if (x->edits.count && !x->broken) {
		if (state_commit(x->e->state, x->edits.items, x->edits.count, x->d)) {
			x->broken = true;
			keep_for_last_try(x);
		} else {
			x->edits.count = 0;
			x->commits++;
		}
	}
	x->follows.items = NULL;
	x->follows.count = x->follows.capacity = 0;
	for (size_t i = 0; i < count; i++)
		follow_up(x, &follows[i]);
	free(follows);
	if (x->broken)
		stop(x, 2);
}

/* --- interrupts ------------------------------------------------------------------ */

/* level 1: what is pending goes on, and so does asking what became of a call. */
static void stop_task(struct task *t, int level)
{
	struct dispatch *dispatch = t->x->dispatch;
	bool asks = t->phase == PHASE_POLL || t->phase == PHASE_FIND || t->phase == PHASE_READ;

	switch (t->job.state) {
	case JOB_QUEUED:
	case JOB_RETRYING:
	case JOB_RESTING:
		if (asks && level < 2)
			return;
		dispatch_withdraw(dispatch, &t->job);
		if (t->phase == PHASE_NEW)
			task_skip(t);
		else
			task_stop_waiting(t);
		return;
	case JOB_IDLE:
	case JOB_STARTED:
	case JOB_CALLING:
		return;
	}
}

static void stop(struct executor *x, int level)
{
	x->stopping = true;
	rollouts_stop(x->rollouts);
	walk_stop(x->walk);
	for (size_t i = 0; i < x->task_count; i++)
		if (x->tasks[i].phase != PHASE_OVER)
			stop_task(&x->tasks[i], level);
}

/* --- the loop -------------------------------------------------------------------- */

static void take_ready(struct executor *x)
{
	size_t step;

	while ((step = walk_next(x->walk)) != STEP_NONE) {
		struct task *t = x->by_step[step];

		if (t->kind == TASK_FORGET || t->kind == TASK_LEARN)
			task_at_once(t);
		else
			dispatch_ask(x->dispatch, &t->job);
	}
}

static void tell_skipped(struct executor *x)
{
	size_t step;

	while ((step = walk_skipped(x->walk)) != STEP_NONE) {
		struct task *t = x->by_step[step];

		t->phase = PHASE_OVER;
		if (x->progress)
			x->progress[t->change_index].skipped = true;
		executor_follow(x, &(struct follow){.kind = FOLLOW_TELL, .task = t});
		rollouts_task_over(x->rollouts, t, TASK_SKIPPED);
	}
}

/* All that the plan wants has come to some end. */
static bool is_over(const struct executor *x)
{
	return walk_over(x->walk) && rollouts_over(x->rollouts);
}

static void interrupted(struct executor *x, int level)
{
	const char *by = history_asked_by(x->e);
	struct str text = STR_INIT;

	if (by)
		str_printf(&text, "%s asked to stop: ", by);
	str_add(&text, level > 1 ? "cancelling what is running"
				 : "finishing what was started; nothing new is begun");
	engine_tell(x->e, (struct event){.kind = EVENT_CANCELLING, .text = str_cstr(&text)});
	str_release(&text);
	stop(x, level);
}

static void on_progress(struct executor *x, const struct dispatch_event *ev)
{
	const struct task *t = container_of(ev->job, struct task, job);

	engine_tell(x->e, (struct event){
				  .kind = EVENT_PROGRESS,
				  .addr = &t->addr,
				  .type = t->type,
				  .action = action_of(t),
				  .text = ev->progress.text,
				  .endpoint = lane_endpoint(&t->job.lane),
			  });
}

/* What is left waits for each other: orders of rollouts, and what is passed on between stacks. */
static void give_up(struct executor *x)
{
	struct diag *g = diag_add(x->d, DIAG_ROLLOUT_STUCK, RANGE_NONE,
				  "what is left to do waits for each other");

	diag_detail(x->d, g, "%zu change%s cannot start.", walk_count(x->walk, STEP_BLOCKED),
		    walk_count(x->walk, STEP_BLOCKED) == 1 ? "" : "s");
	diag_hint(x->d, g, "apply the stacks one by one, or give them the same RegionOrder");
	x->failures++;
	stop(x, 1);
}

static void rest(struct executor *x)
{
	if (x->edits.count + x->follows.count && !(x->broken && !x->follows.count))
		flush(x);
	else if (is_over(x))
		return;
	else if (dispatch_expects(x->dispatch) || x->stopping)
		dispatch_wait(x->dispatch);
	else
		give_up(x);
}

static struct task *task_of(const struct dispatch_event *ev)
{
	assert(ev->job);
	return container_of(ev->job, struct task, job);
}

static void on_event(struct executor *x, const struct dispatch_event *ev)
{
	if (ev->job && ev->job->owner == JOB_OF_CHECK) {
		check_set_event(ev);
		return;
	}
	switch (ev->kind) {
	case DISPATCH_START:
		task_start(task_of(ev));
		break;
	case DISPATCH_ENDED:
		task_ended(task_of(ev));
		break;
	case DISPATCH_DUE:
		task_prepare(task_of(ev), CALL_POLL);
		dispatch_call(x->dispatch, ev->job);
		break;
	case DISPATCH_SLOW:
		tell_slow(task_of(ev));
		break;
	case DISPATCH_PROGRESS:
		on_progress(x, ev);
		break;
	case DISPATCH_INTERRUPTED:
		interrupted(x, ev->level);
		break;
	case DISPATCH_LOCKS_LOST:
		x->broken = true;
		keep_for_last_try(x);
		stop(x, 2);
		break;
	case DISPATCH_QUIET:
		rest(x);
		break;
	}
}

int executor_loop(struct executor *x)
{
	struct dispatch_event ev;

	while (!is_over(x)) {
		rollouts_turn(x->rollouts);
		take_ready(x);
		dispatch_next(x->dispatch, &ev);
		on_event(x, &ev);
		tell_skipped(x);
		if (x->edits.count >= EDITS_PER_COMMIT && !x->broken)
			flush(x);
	}
	tell_skipped(x);
	while (x->follows.count)
		flush(x);
	/* The disk may have room again; what cannot be written stays open and is recovered. */
	if (x->broken && x->edits.count) {
		struct diags again = DIAGS_INIT;

		state_commit(x->e->state, x->edits.items, x->edits.count, &again);
		diags_release(&again);
	}
	return x->failures || x->broken ? -1 : 0;
}

void executor_release(struct executor *x)
{
	for (size_t i = 0; i < x->task_count; i++)
		free_task(&x->tasks[i]);
	/* All is over: at most checks are out that nobody waits for. */
	dispatch_cancel(x->dispatch);
	dispatch_free(x->dispatch);
	walk_free(x->walk);
	rollouts_free(x->rollouts);
	holders_free(x->holders);
	vec_release(&x->edits);
	vec_release(&x->follows);
	arena_free(x->arena);
}
