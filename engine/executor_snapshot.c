/*
 * executor_snapshot.c - DeletionPolicy and UpdateReplacePolicy Snapshot: a copy is kept before
 * the thing goes.
 *
 * The task of a delete is one of kind TASK_SNAPSHOT until the copy is there.  That is an
 * operation of its own, with its own BEGIN, key and END; its END and the BEGIN of the delete
 * are one commit.  Without the copy nothing is deleted.  After a crash the same call with
 * the same key gives the same copy, and the plan that follows does not ask for another.
 */
#include "engine/executor_parts.h"

bool task_can_copy(const struct task *t)
{
	const struct hd_provider *table = t->provider->table;

	return HD_KNOWS(struct hd_provider, table, act) && table->act;
}

/* Which record it is about: the live one, or one that was replaced. */
static const char *key_of(const struct task *t, const char *deposed)
{
	return arena_printf(t->x->e->arena, "%s\n%s", address_key(t->arena, &t->addr), deposed);
}

/* The last run was killed while it made the copy, and this one saw it to its end. */
static bool kept_by_recovery(const struct task *t)
{
	const char *deposed = t->creates ? "" : t->before->deposed;

	return !t->creates && map_find(&t->x->e->snapshots, text_of(key_of(t, deposed)));
}

bool task_wants_copy(const struct task *t)
{
	return t->change->snapshot && !t->kept && !kept_by_recovery(t);
}

static void refuse(struct task *t)
{
	struct diag *g = diag_add(t->x->d, DIAG_PROVIDER_CONTRACT, t->job.call.where,
				  "provider '%s' broke its contract", t->provider->table->name);

	diag_detail(t->x->d, g, "It says that it can keep a snapshot of %s, and cannot act.",
		    t->type);
	diag_hint(t->x->d, g, "nothing was deleted; write 'Retain' to keep the resource itself");
	diag_address(t->x->d, g, t->job.call.address);
	dispatch_drop(t->x->dispatch, &t->job);
	task_refuse(t);
}

void task_keep_copy(struct task *t)
{
	if (!task_can_copy(t)) {
		refuse(t);
		return;
	}
	t->kind = TASK_SNAPSHOT;
	executor_set_deadline(t);
	task_begin(t, &(struct evaluated){NULL, NULL, NULL});
	task_prepare(t, CALL_ACT);
}

/* --- answers ------------------------------------------------------------------------- */

/* The id as the provider says it; NULL when it does not. */
static const char *snapshot_id(struct task *t)
{
	const struct outcome *o = &t->job.work.outcome;
	json_t *result = o->result ? json_parse(text_of(o->result), NULL, NULL) : NULL;
	const char *id = json_str(result, "SnapshotId", NULL);

	id = id && *id ? arena_strdup(t->x->e->arena, id) : NULL;
	json_decref(result);
	return id;
}

static void tell(struct task *t, const char *id)
{
	struct executor *x = t->x;
	struct diag *g =
		diag_note(x->d, DIAG_SNAPSHOT_KEPT, t->job.call.where, "snapshot '%s' is kept", id);

	diag_detail(x->d, g, "It is the copy of %s '%s' from before its deletion.", t->type,
		    t->before->id);
	diag_address(x->d, g, t->job.call.address);
	engine_tell(x->e, (struct event){
				  .kind = EVENT_PROGRESS,
				  .addr = &t->addr,
				  .type = t->type,
				  .action = operation_action_name(OPERATION_SNAPSHOT),
				  .text = t->op.message,
				  .endpoint = lane_endpoint(&t->job.lane),
			  });
}

/* Nothing of the task may be started any more: the thing stays, and its copy too. */
static void stay(struct task *t)
{
	t->phase = PHASE_OVER;
	walk_skip(t->x->walk, t->step);
}

/* END, and the delete begins in the same commit. */
static void go_on(struct task *t)
{
	task_end_operation(t, OPERATION_SUCCEEDED);
	t->kept = true;
	t->tries = 0;
	t->kind = TASK_DELETE;
	t->op = (struct operation){0};
	if (!executor_may_start(t->x)) {
		stay(t);
		return;
	}
	executor_set_deadline(t);
	task_remove(t);
}

static void copied(struct task *t)
{
	const char *id = snapshot_id(t);

	if (!id) {
		task_distrust(t, "SnapshotId");
		return;
	}
	t->op.message = arena_printf(t->arena, "snapshot %s", id);
	tell(t, id);
	if (!t->recovered) {
		go_on(t);
		return;
	}
	map_set(&t->x->e->snapshots, text_of(key_of(t, t->op.deposed)), (void *)id);
	task_end_operation(t, OPERATION_SUCCEEDED);
	task_over(t, STEP_ENDED_WELL);
}

/* There is nothing to copy, nor to delete: the delete will find that too. */
static void gone(struct task *t)
{
	if (t->recovered)
		task_abandon(t);
	else
		go_on(t);
}

/* Nobody knows: the same call with the same key finds out. */
static void look(struct task *t)
{
	enum hd_status status = t->job.work.outcome.status;

	t->tries++;
	if (!retry_is_passing(status) || !executor_may_start(t->x) ||
	    !dispatch_again(t->x->dispatch, &t->job))
		task_leave_open(t);
}

void task_copy_ended(struct task *t)
{
	const struct outcome *o = &t->job.work.outcome;

	switch (retry_verdict(o->status, o->effect, call_nature(t->job.call.kind))) {
	case VERDICT_DONE:
		copied(t);
		return;
	case VERDICT_PENDING:
		task_wait(t);
		return;
	case VERDICT_GONE:
		gone(t);
		return;
	case VERDICT_LOOK:
		look(t);
		return;
	case VERDICT_AGAIN:
	case VERDICT_LATER:
		/* One that was accepted, or perhaps was, is not over. */
		if (t->phase == PHASE_POLL || t->tries)
			task_leave_open(t);
		else
			task_fail(t);
		return;
	case VERDICT_EXISTS:
	case VERDICT_FAIL:
	case VERDICT_PARTIAL:
		task_fail(t);
		return;
	}
}
