/*
 * executor_record.c - how a task ends: END and the record that goes with it, in one commit.
 */
#include "engine/executor_record.h"

#include <stdlib.h>
#include <string.h>

#include "engine/executor_parts.h"

static int64_t wall_ms(const struct task *t)
{
	struct clock *c = t->x->e->options.clock;

	return c->wall_ms(c);
}

/* --- beside the properties ----------------------------------------------------------- */

static const char *const policies[] = {
	[DELETION_DEFAULT] = "",
	[DELETION_DELETE] = "Delete",
	[DELETION_RETAIN] = "Retain",
	[DELETION_RETAIN_EXCEPT_ON_CREATE] = "RetainExceptOnCreate",
	[DELETION_SNAPSHOT] = "Snapshot",
};

const char *executor_policy(const struct doc_resource *r)
{
	return policies[r->deletion_policy];
}

static int compare_texts(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

const char *executor_depends_on(struct arena *a, const struct change *c)
{
	size_t count = c->resource->ref_count;
	const char **keys = ARENA_ARRAY(a, count, const char *);
	json_t *out = json_array();
	const char *text;

	for (size_t i = 0; i < count; i++) {
		struct address to = {c->addr.instance, c->resource->refs[i].logical_id};

		keys[i] = address_key(a, &to);
	}
	if (count)
		qsort(keys, count, sizeof(keys[0]), compare_texts);
	for (size_t i = 0; i < count; i++)
		if (!i || strcmp(keys[i], keys[i - 1]) != 0)
			json_array_append_new(out, json_string(keys[i]));
	text = json_text(a, out);
	json_decref(out);
	return text;
}

/* --- documents --------------------------------------------------------------------- */

static json_t *parse_list(const char *text)
{
	json_t *j = text && *text ? json_parse(text_of(text), NULL, NULL) : NULL;

	if (!json_is_array(j)) {
		json_decref(j);
		j = json_array();
	}
	return j;
}

static json_t *parse_state(const struct task *t)
{
	json_t *j = t->state ? json_parse(text_of(t->state), NULL, NULL) : NULL;

	return j ? j : json_object();
}

/* Sensitive are the paths of the inputs, those that held a secret in the record before, and
 * wherever the provider echoes a secret. */
static json_t *sensitive_paths(struct task *t, const json_t *state)
{
	json_t *pointers = parse_list(t->op.intended.sensitive);
	json_t *before = t->before && t->before->outputs
				 ? json_parse(text_of(t->before->outputs), NULL, NULL)
				 : NULL;
	json_t *more = json_array();

	if (t->kind == TASK_UPDATE && before)
		secrets_masked_pointers(before, more);
	secrets_find(t->secrets, state, more);
	secrets_join_pointers(pointers, more);
	json_decref(more);
	json_decref(before);
	return pointers;
}

const char *task_masked_state(struct task *t, const char **sensitive)
{
	json_t *state = parse_state(t), *pointers = sensitive_paths(t, state);
	const char *text;

	state_mask(t->x->e->state, state, pointers);
	text = json_text(t->arena, state);
	*sensitive = json_text(t->arena, pointers);
	json_decref(state);
	json_decref(pointers);
	return text;
}

/* --- edits ------------------------------------------------------------------------- */

/* What an earlier run began took as long as nobody looked. */
static void measure(struct task *t)
{
	struct history_sample took = {
		.type = t->type,
		.action = operation_action_name(t->op.action),
		.addr = &t->addr,
		.elapsed_ms = dispatch_now_ms(t->x->dispatch) - t->started_ms,
	};

	if (!t->recovered)
		history_measure(t->x->e, &took);
}

void task_end_operation(struct task *t, enum operation_result result)
{
	const struct diag *g = outcome_error(&t->job.work.outcome);
	struct operation *ended;

	if (result == OPERATION_SUCCEEDED)
		measure(t);
	t->op.result = result;
	t->op.ended_ms = wall_ms(t);
	t->op.attempts = t->job.attempts;
	if (result != OPERATION_SUCCEEDED)
		t->op.message = g ? arena_strdup(t->arena, g->summary) : "";
	/* The task may have begun its next operation when the edit goes to disk. */
	ended = ARENA_NEW(t->arena, struct operation);
	*ended = t->op;
	executor_edit(t->x, &(struct state_edit){.kind = EDIT_END, .op = ended});
}

static void put(struct task *t, const struct record *r)
{
	struct record *copy = ARENA_NEW(t->arena, struct record);

	*copy = *r;
	executor_edit(t->x,
		      &(struct state_edit){.kind = EDIT_PUT_RECORD, .record = copy, .keep = true});
}

/* The record as intended, with what was handed over. */
static struct record made_record(struct task *t)
{
	struct record r = t->op.intended;
	const char *sensitive;

	r.deposed = "";
	r.outputs = task_masked_state(t, &sensitive);
	r.sensitive = sensitive;
	r.updated_ms = wall_ms(t);
	if (t->unknown)
		r.inputs = executor_found_inputs(t, r.inputs, r.outputs);
	if (t->id)
		r.id = t->id;
	if (t->has_private)
		r.private_bytes = t->private_bytes;
	else if (t->kind == TASK_UPDATE && t->before)
		r.private_bytes = t->before->private_bytes;
	return r;
}

/* The old one keeps its record under another name until it is deleted; unless it is the same
 * thing, which a delete would destroy. */
static void depose_old(struct task *t, const struct record *made)
{
	struct record *old;

	if (!t->keeps_old || !t->before)
		return;
	t->same_thing = !strcmp(t->before->id, made->id) && !strcmp(t->before->type, made->type);
	if (t->same_thing)
		return;
	old = ARENA_NEW(t->arena, struct record);
	*old = *t->before;
	old->deposed = t->op.deposed;
	/* Should somebody else have to delete it, without this template.  Who finishes another
	 * process's work has none. */
	if (t->change && t->change->resource)
		old->deletion_policy = policies[t->change->resource->update_replace_policy];
	executor_edit(t->x, &(struct state_edit){.kind = EDIT_DEPOSE, .record = old, .keep = true});
}

/* The old one stays in the world and leaves the record: the new one is no version of it. */
static void give_up_old(struct task *t)
{
	struct record *old;

	if (t->keeps_old || !t->before || !t->change || t->change->action != ACTION_REPLACE)
		return;
	old = ARENA_NEW(t->arena, struct record);
	*old = *t->before;
	executor_edit(t->x,
		      &(struct state_edit){.kind = EDIT_DROP_RECORD, .record = old, .keep = true});
}

static void record_made(struct task *t, const struct record *r)
{
	if (t->kind == TASK_CREATE) {
		depose_old(t, r);
		give_up_old(t);
	}
	put(t, r);
}

static void drop_record(struct task *t)
{
	struct record *r = ARENA_NEW(t->arena, struct record);

	*r = t->op.intended;
	r->addr = t->addr;
	r->deposed = t->op.deposed;
	executor_edit(t->x,
		      &(struct state_edit){.kind = EDIT_DROP_RECORD, .record = r, .keep = true});
}

static void take_diags(struct task *t)
{
	diags_take(t->x->d, &t->job.work.outcome.diags);
}

/* --- ends -------------------------------------------------------------------------- */

void task_distrust(struct task *t, const char *missing)
{
	struct diags *d = &t->job.work.outcome.diags;
	struct diag *g = diag_add(d, DIAG_PROVIDER_CONTRACT, t->job.call.where,
				  "provider '%s' broke its contract", t->provider->table->name);

	diag_detail(d, g, "The finished %s of %s handed over no %s.",
		    operation_action_name(t->op.action), t->type, missing);
	diag_address(d, g, t->job.call.address);
	diag_endpoint(d, g, t->job.call.endpoint);
	task_fail_partly(t);
}

static void learn(struct task *t, const struct record *r)
{
	/* A recovered operation has no plan around it. */
	if (t->x->plan)
		executor_learn(t, r->id, t->state ? t->state : "{}", r->sensitive);
}

void task_succeed(struct task *t)
{
	struct record r;

	if (t->kind == TASK_DELETE) {
		drop_record(t);
	} else if (!t->state || (t->kind == TASK_CREATE && !t->id)) {
		task_distrust(t, t->state ? "id" : "state");
		return;
	} else {
		r = made_record(t);
		r.tainted = t->doubtful;
		record_made(t, &r);
		learn(t, &r);
	}
	/* That it is gone is what was wanted, whatever is said of it. */
	if (t->job.work.outcome.status != HD_NOTFOUND)
		take_diags(t);
	task_end_operation(t, OPERATION_SUCCEEDED);
	task_over(t, STEP_ENDED_WELL);
}

/* What an earlier run's operation ended with is worth a warning; this run is not to blame. */
static void warn_of_recovered(struct task *t)
{
	struct diags *d = t->x->d;

	for (const struct diag *g = t->job.work.outcome.diags.first; g; g = g->next) {
		struct diag *w = diag_warn(d, g->code, g->where, "%s", g->summary);

		if (g->detail)
			diag_detail(d, w, "%s", g->detail);
		if (g->foreign_code)
			diag_foreign_code(d, w, g->foreign_code);
		diag_hint(d, w, "this is how an interrupted %s of an earlier run ended",
			  operation_action_name(t->op.action));
		diag_address(d, w, t->job.call.address);
		diag_endpoint(d, w, t->job.call.endpoint);
	}
}

static void end_failed(struct task *t)
{
	task_end_operation(t, OPERATION_FAILED);
	if (t->recovered)
		warn_of_recovered(t);
	else
		take_diags(t);
	task_over(t, t->recovered ? STEP_ENDED_WELL : STEP_ENDED_BADLY);
}

void task_fail(struct task *t)
{
	end_failed(t);
}

void task_fail_unknown(struct task *t)
{
	task_end_operation(t, OPERATION_FAILED);
	take_diags(t);
	task_over(t, STEP_ENDED_BADLY);
}

/* What is recorded of a thing that was changed half-way: its old inputs, so that the next
 * plan sees the difference, and its state as far as it is known. */
static void taint_before(struct task *t)
{
	struct record r = *t->before;
	const char *sensitive;

	r.tainted = true;
	if (t->state)
		r.outputs = task_masked_state(t, &sensitive);
	if (t->has_private)
		r.private_bytes = t->private_bytes;
	if (t->kind == TASK_DELETE)
		r.deposed = t->op.deposed;
	r.updated_ms = wall_ms(t);
	put(t, &r);
}

void task_fail_partly(struct task *t)
{
	struct record r;

	if (t->kind == TASK_SNAPSHOT) {
		/* The thing itself is as it was. */
	} else if (t->kind != TASK_CREATE && t->before) {
		taint_before(t);
	} else if (t->kind == TASK_CREATE && (t->id || !t->before)) {
		r = made_record(t);
		r.tainted = true;
		record_made(t, &r);
	}
	end_failed(t);
}

void task_fail_gone(struct task *t)
{
	t->state = NULL;
	if (t->before)
		taint_before(t);
	end_failed(t);
}

void task_abandon(struct task *t)
{
	diags_release(&t->job.work.outcome.diags);
	task_end_operation(t, OPERATION_ABANDONED);
	task_over(t, STEP_ENDED_WELL);
}

/* In a run the provider's own error stands beside it. */
static struct diag *unclear(struct task *t, const struct diag *error)
{
	const char *action = operation_action_name(t->op.action);
	struct range where = t->job.call.where;
	struct diags *d = t->x->d;

	if (t->recovered)
		return diag_add(d, DIAG_RECOVER_UNCLEAR, where,
				"cannot tell what became of an interrupted %s", action);
	if (error)
		return diag_warn(d, DIAG_RUN_UNCLEAR, where, "the %s is left open", action);
	return diag_add(d, DIAG_RUN_UNCLEAR, where, "the %s is left open", action);
}

/* Both sides: what is recorded here, and what the provider says. */
static void explain_open(struct task *t, const struct diag *error)
{
	char begun[CLOCK_TEXT_LEN];
	struct diag *g = unclear(t, error);

	clock_format_rfc3339(t->op.begun_ms, begun);
	diag_detail(
		t->x->d, g, "recorded: %s of %s begun at %s, operation %s, %s\nprovider: %s%s%s",
		operation_action_name(t->op.action), t->type, begun, t->op.id,
		*t->op.token ? "accepted, not finished" : "no answer recorded",
		error ? error->summary : "not asked, the run was stopped",
		error && error->detail ? "\n" : "", error && error->detail ? error->detail : "");
	diag_hint(t->x->d, g, "%s",
		  error && error->hint
			  ? error->hint
			  : "run the same command again: it asks first what became of it");
	diag_address(t->x->d, g, t->job.call.address);
	diag_endpoint(t->x->d, g, t->job.call.endpoint);
}

static const struct diag *first_error(const struct diags *d)
{
	const struct diag *g = d->first;

	while (g && g->severity != DIAG_ERROR)
		g = g->next;
	return g;
}

void task_leave_open(struct task *t)
{
	struct diags *said = &t->job.work.outcome.diags;

	if (!first_error(said))
		said = &t->errors;
	explain_open(t, first_error(said));
	/* Looking may fail for a reason of its own: that of the change comes first. */
	if (!t->recovered) {
		diags_take(t->x->d, &t->errors);
		diags_take(t->x->d, said);
	}
	if (t->x->progress)
		t->x->progress[t->change_index].open = true;
	task_over(t, STEP_ENDED_BADLY);
}

void task_refuse(struct task *t)
{
	task_over(t, STEP_ENDED_BADLY);
}
