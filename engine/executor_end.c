/*
 * executor_end.c - an answer came back: what it means for the task.
 */
#include "engine/executor_parts.h"
#include "engine/recreate.h"

#include <string.h>

/* How long a pending operation may go without being asked. */
#define POLL_WAIT_MIN_MS 10
#define POLL_WAIT_MAX_MS 60000

/* What was handed over counts whatever the status says; the outcome's arena goes. */
void task_absorb(struct task *t, const struct outcome *o)
{
	if (o->id && *o->id)
		t->id = arena_strdup(t->arena, o->id);
	if (o->state)
		t->state = arena_strdup(t->arena, o->state);
	if (o->has_private) {
		t->private_bytes =
			(struct text){arena_text(t->arena, o->private_bytes), o->private_bytes.len};
		t->has_private = true;
	}
}

static int64_t poll_wait_ms(int64_t asked_ms)
{
	if (asked_ms < POLL_WAIT_MIN_MS)
		return POLL_WAIT_MIN_MS;
	return asked_ms > POLL_WAIT_MAX_MS ? POLL_WAIT_MAX_MS : asked_ms;
}

static void complain(struct task *t, enum diag_code code, const char *summary, const char *hint)
{
	struct diags *d = &t->job.work.outcome.diags;
	struct diag *g;

	if (diags_failed(d))
		return;
	g = diag_add(d, code, t->job.call.where, "%s", summary);
	diag_hint(d, g, "%s", hint);
	diag_address(d, g, t->job.call.address);
	diag_endpoint(d, g, t->job.call.endpoint);
}

/* The token is on disk before anybody waits for it; an unchanged one is there already. */
void task_wait(struct task *t)
{
	const struct outcome *o = &t->job.work.outcome;
	struct clock *clock = t->x->e->options.clock;
	int64_t wait_ms = poll_wait_ms(o->wait_ms);

	t->op.poll_at_ms = clock->wall_ms(clock) + wait_ms;
	t->op.attempts = t->job.attempts;
	if (strcmp(t->op.token, o->token) != 0) {
		t->op.token = arena_strdup(t->arena, o->token);
		executor_edit(t->x, &(struct state_edit){.kind = EDIT_PENDING, .op = &t->op});
	}
	if (dispatch_now_ms(t->x->dispatch) + wait_ms > t->job.deadline_ms) {
		complain(t, DIAG_RUN_TIMEOUT, "it took longer than it may and is still going on",
			 "run the same command again: it asks first what became of it");
		task_leave_open(t);
		return;
	}
	executor_follow(t->x, &(struct follow){.kind = FOLLOW_REST,
					       .task = t,
					       .wait_ms = wait_ms,
					       .tell = t->phase != PHASE_POLL});
	t->phase = PHASE_POLL;
}

static void gone(struct task *t)
{
	if (t->kind == TASK_DELETE) {
		task_succeed(t);
		return;
	}
	complain(t, DIAG_RUN_GONE, "what should be changed is no longer there",
		 "plan again: it is read first, and created anew when it is gone");
	if (t->kind == TASK_UPDATE)
		task_fail_gone(t);
	else
		task_fail(t);
}

/* Whatever its provider said of it: names outlive regions. */
static void say_outlived(struct task *t)
{
	const struct recreation *lost = t->x->e->recreation;
	struct diags *d = &t->job.work.outcome.diags;
	struct diag *g;

	if (!lost)
		return;
	g = diag_note(d, DIAG_RECREATE_TAKEN, t->job.call.where,
		      "what has its name may be left of region '%s', or be somebody else's",
		      lost->region);
	diag_hint(d, g,
		  "`%s --adopt` takes over what is there; else remove it, or give it another name "
		  "in the template",
		  recreate_command(t->arena, lost));
	diag_address(d, g, t->job.call.address);
}

static void exists(struct task *t)
{
	const char *hint = arena_printf(t->arena,
					"take it over: `hadeploy import %s ID` records it, "
					"`hadeploy apply --adopt` records "
					"and updates it; or remove it, or choose another name",
					t->job.call.address);

	complain(t, DIAG_RUN_EXISTS, "it exists already and was not made by this operation", hint);
	say_outlived(t);
	if (t->kind == TASK_CREATE && t->phase == PHASE_CHANGE && task_can_find(t)) {
		t->exists = true;
		task_look(t);
	} else {
		task_fail(t);
	}
}

/* A pending operation whose endpoint fell silent is not over. */
static void attempts_used_up(struct task *t)
{
	if (t->phase == PHASE_POLL)
		task_leave_open(t);
	else if (t->id || t->state)
		task_fail_partly(t);
	else
		task_fail(t);
}

static void failed(struct task *t)
{
	if (t->job.work.outcome.status == HD_CANCELLED && t->phase == PHASE_POLL)
		task_leave_open(t);
	else if (t->id || t->state)
		task_fail_partly(t);
	else
		task_fail(t);
}

static void partly(struct task *t)
{
	enum hd_status status = t->job.work.outcome.status;

	if (retry_is_passing(status) && executor_may_start(t->x) &&
	    dispatch_again(t->x->dispatch, &t->job))
		return;
	task_fail_partly(t);
}

static void act_on(struct task *t, enum verdict v)
{
	switch (v) {
	case VERDICT_DONE:
		task_succeed(t);
		return;
	case VERDICT_PENDING:
		task_wait(t);
		return;
	case VERDICT_AGAIN:
	case VERDICT_LATER:
		attempts_used_up(t);
		return;
	case VERDICT_LOOK:
		task_look(t);
		return;
	case VERDICT_GONE:
		gone(t);
		return;
	case VERDICT_EXISTS:
		exists(t);
		return;
	case VERDICT_FAIL:
		failed(t);
		return;
	case VERDICT_PARTIAL:
		partly(t);
		return;
	}
}

void task_ended(struct task *t)
{
	const struct outcome *o = &t->job.work.outcome;

	switch (t->phase) {
	case PHASE_NEW: /* its endpoint was given up before it had a turn */
		if (t->recovered) {
			task_leave_open(t);
			return;
		}
		diags_take(t->x->d, &t->job.work.outcome.diags);
		task_refuse(t);
		return;
	case PHASE_CHANGE:
	case PHASE_POLL:
		if (t->kind == TASK_SNAPSHOT) {
			task_copy_ended(t);
			return;
		}
		task_absorb(t, o);
		act_on(t, retry_verdict(o->status, o->effect, call_nature(t->job.call.kind)));
		return;
	case PHASE_FIND:
	case PHASE_READ:
		task_looked(t);
		return;
	case PHASE_OVER:
		return;
	}
}

void task_stop_waiting(struct task *t)
{
	switch (t->phase) {
	case PHASE_CHANGE:
		/* After looking, its earlier call may have done more than it showed. */
		if (t->tries)
			task_leave_open(t);
		else
			attempts_used_up(t);
		return;
	case PHASE_POLL:
	case PHASE_FIND:
	case PHASE_READ:
		task_leave_open(t);
		return;
	case PHASE_NEW:
	case PHASE_OVER:
		return;
	}
}
