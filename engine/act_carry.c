/*
 * act_carry.c - one action under way: called, polled, asked again with the same key while nobody
 * knows, and read afterwards when it did not say how the thing is now.
 */
#include "engine/act_parts.h"

#include <string.h>

#include "base/limits.h"
#include "engine/session.h"

#define POLL_WAIT_MIN_MS 10
#define POLL_WAIT_MAX_MS 60000

static void tell(struct acting *a, enum event_kind kind, const char *text)
{
	engine_tell(a->e, (struct event){
				  .kind = kind,
				  .addr = &a->op.addr,
				  .type = a->record->type,
				  .action = a->action,
				  .text = text,
				  .endpoint = a->record->endpoint,
				  .elapsed_ms = dispatch_now_ms(a->dispatch) - a->started_ms,
			  });
}

static void over(struct acting *a, enum acting_end end)
{
	a->over = true;
	a->end = end;
}

/* --- the end ----------------------------------------------------------------------------- */

/* What was secret stays so, and what the provider echoes of the step's secrets. */
static void mask_outputs(struct acting *a, const char *state)
{
	struct arena *arena = a->e->arena;
	json_t *j = json_parse(text_of(state), NULL, NULL);
	json_t *pointers = json_parse(text_of(a->record->sensitive), NULL, NULL);
	json_t *before = json_parse(text_of(a->record->outputs), NULL, NULL);
	json_t *more = json_array();

	if (!json_is_array(pointers)) {
		json_decref(pointers);
		pointers = json_array();
	}
	if (before)
		secrets_masked_pointers(before, more);
	secrets_find(a->secrets, j, more);
	secrets_join_pointers(pointers, more);
	state_mask(a->e->state, j, pointers);
	a->outputs = json_text(arena, j);
	a->sensitive = json_text(arena, pointers);
	json_decref(more);
	json_decref(before);
	json_decref(pointers);
	json_decref(j);
}

static void absorb(struct acting *a)
{
	const struct outcome *o = &a->job.work.outcome;
	struct arena *arena = a->e->arena;

	if (o->id && *o->id)
		a->id = arena_strdup(arena, o->id);
	if (o->state)
		mask_outputs(a, o->state);
	if (o->has_private) {
		a->private_bytes =
			(struct text){arena_text(arena, o->private_bytes), o->private_bytes.len};
		a->has_private = true;
	}
	if (o->result)
		a->result = arena_strdup(arena, o->result);
}

static int commit_end(struct acting *a, enum operation_result result, bool tainted)
{
	struct operation ended = a->op;
	struct record record = *a->record;
	const struct state_edit edits[] = {
		{.kind = EDIT_END, .op = &ended},
		{.kind = EDIT_PUT_RECORD, .record = &record},
	};
	const struct diag *g = outcome_error(&a->job.work.outcome);

	ended.result = result;
	ended.ended_ms = 0;
	ended.attempts = a->job.attempts;
	ended.message = result == OPERATION_SUCCEEDED ? a->action : g ? g->summary : "";
	record.id = a->id ? a->id : record.id;
	record.outputs = a->outputs ? a->outputs : record.outputs;
	record.sensitive = a->sensitive ? a->sensitive : record.sensitive;
	if (a->has_private)
		record.private_bytes = a->private_bytes;
	record.tainted = record.tainted || tainted;
	record.updated_ms = 0;
	return state_commit(a->e->state, edits, ARRAY_LEN(edits), a->d);
}

static void end(struct acting *a, enum operation_result result, bool tainted)
{
	bool well = result == OPERATION_SUCCEEDED;

	if (commit_end(a, result, tainted)) {
		over(a, ACTING_OPEN);
		return;
	}
	tell(a, well ? EVENT_SUCCEEDED : EVENT_FAILED, NULL);
	over(a, well ? ACTING_DONE : ACTING_FAILED);
}

static void leave_open(struct acting *a, const char *why)
{
	struct diag *g;

	diags_copy(a->d, &a->job.work.outcome.diags);
	g = diag_add(a->d, DIAG_ACT_OPEN, RANGE_NONE, "what became of '%s' is not known",
		     a->action);
	diag_detail(a->d, g, "%s: %s.", address_text(a->e->arena, &a->op.addr), why);
	diag_hint(a->d, g,
		  "go on with the execution, or make a plan: both ask first what became of it");
	tell(a, EVENT_LEFT_OPEN, NULL);
	over(a, ACTING_OPEN);
}

static void fail(struct acting *a)
{
	struct outcome *o = &a->job.work.outcome;
	bool touched = o->effect == HD_EFFECT_PARTIAL || o->effect == HD_EFFECT_UNKNOWN;

	diags_copy(a->d, &o->diags);
	end(a, OPERATION_FAILED, touched);
}

/* --- calls ------------------------------------------------------------------------------- */

static void prepare(struct acting *a, enum call_kind kind)
{
	struct call *c = &a->job.call;
	const struct record *r = a->record;

	c->kind = kind;
	c->schema_version = r->schema_version;
	c->id = a->id ? a->id : r->id;
	c->recorded =
		call_recorded_text(a->e->arena, r->inputs, a->outputs ? a->outputs : r->outputs);
	c->private_bytes = a->has_private ? a->private_bytes : r->private_bytes;
	c->sensitive = r->sensitive;
	c->idem = a->op.id;
	c->token = kind == CALL_POLL ? a->op.token : "";
	c->what = kind == CALL_ACT ? a->action : "";
	c->args = kind == CALL_ACT ? a->args : "";
	c->secrets = a->secrets;
	dispatch_call(a->dispatch, &a->job);
}

/* How the thing is now, when the action did not say so. */
static void done(struct acting *a)
{
	absorb(a);
	if (a->job.work.outcome.state) {
		end(a, OPERATION_SUCCEEDED, false);
		return;
	}
	a->reads = true;
	prepare(a, CALL_READ);
}

/* The action is done whatever this says; the next plan reads what could not be read. */
static void was_read(struct acting *a)
{
	const struct outcome *o = &a->job.work.outcome;
	bool known = o->status == HD_OK && o->state;

	if (known)
		absorb(a);
	end(a, OPERATION_SUCCEEDED, !known);
}

static void wait_for_it(struct acting *a)
{
	const struct outcome *o = &a->job.work.outcome;
	struct clock *clock = a->e->options.clock;
	int64_t wait_ms = o->wait_ms;

	wait_ms = wait_ms < POLL_WAIT_MIN_MS ? POLL_WAIT_MIN_MS : wait_ms;
	wait_ms = wait_ms > POLL_WAIT_MAX_MS ? POLL_WAIT_MAX_MS : wait_ms;
	absorb(a);
	a->op.poll_at_ms = clock->wall_ms(clock) + wait_ms;
	a->op.attempts = a->job.attempts;
	if (strcmp(a->op.token, o->token) != 0) {
		a->op.token = arena_strdup(a->e->arena, o->token);
		if (state_commit(a->e->state,
				 &(struct state_edit){.kind = EDIT_PENDING, .op = &a->op}, 1,
				 a->d)) {
			over(a, ACTING_OPEN);
			return;
		}
		tell(a, EVENT_WAITING, NULL);
	}
	if (dispatch_level(a->dispatch) > 1)
		leave_open(a, "it was not waited for");
	else if (dispatch_now_ms(a->dispatch) + wait_ms > a->job.deadline_ms)
		leave_open(a, "it took longer than it may and is still going on");
	else
		dispatch_rest(a->dispatch, &a->job, wait_ms);
}

/* The same call with the same key finds out. */
static void look(struct acting *a)
{
	if (!retry_is_passing(a->job.work.outcome.status) || !dispatch_again(a->dispatch, &a->job))
		leave_open(a, "the answer was lost");
}

static void answered(struct acting *a)
{
	const struct outcome *o = &a->job.work.outcome;

	if (a->reads) {
		was_read(a);
		return;
	}
	switch (retry_verdict(o->status, o->effect, call_nature(a->job.call.kind))) {
	case VERDICT_DONE:
		done(a);
		return;
	case VERDICT_PENDING:
		wait_for_it(a);
		return;
	case VERDICT_LOOK:
		look(a);
		return;
	case VERDICT_AGAIN:
	case VERDICT_LATER:
		if (*a->op.token)
			leave_open(a, "it was accepted, and cannot be asked about");
		else
			fail(a);
		return;
	case VERDICT_PARTIAL:
		absorb(a);
		fail(a);
		return;
	case VERDICT_GONE:
	case VERDICT_EXISTS:
	case VERDICT_FAIL:
		fail(a);
		return;
	}
}

/* --- the loop ---------------------------------------------------------------------------- */

static void interrupted(struct acting *a, int level)
{
	if (level < 2 || a->job.state == JOB_CALLING || a->job.state == JOB_IDLE)
		return;
	dispatch_withdraw(a->dispatch, &a->job);
	leave_open(a, "it was not waited for");
}

static void on_event(struct acting *a, const struct dispatch_event *ev)
{
	switch (ev->kind) {
	case DISPATCH_ENDED:
		answered(a);
		return;
	case DISPATCH_DUE:
		prepare(a, CALL_POLL);
		return;
	case DISPATCH_PROGRESS:
		tell(a, EVENT_PROGRESS, ev->progress.text);
		return;
	case DISPATCH_INTERRUPTED:
		interrupted(a, ev->level);
		return;
	case DISPATCH_LOCKS_LOST:
		over(a, ACTING_OPEN);
		return;
	case DISPATCH_QUIET:
		dispatch_wait(a->dispatch);
		return;
	case DISPATCH_START:
	case DISPATCH_SLOW:
		return;
	}
}

/* -1 with errors: nothing can be called. */
static int enroll(struct acting *a)
{
	const struct instance_id *id = &a->op.addr.instance;
	struct call *c = &a->job.call;

	*c = (struct call){.where = RANGE_NONE, .type = a->record->type};
	c->table = a->provider->table;
	c->session = sessions_get(a->e->sessions, a->provider, id, a->d);
	if (!c->session)
		return -1;
	c->address = address_text(a->e->arena, &a->op.addr);
	c->endpoint = a->record->endpoint;
	a->job.addr = &a->op.addr;
	a->job.type = a->record->type;
	dispatch_enroll(a->dispatch, &a->job, id, a->provider->name, a->record->endpoint);
	return 0;
}

enum acting_end acting_carry(struct acting *a)
{
	struct dispatch_event ev;
	int64_t allowed_ms =
		a->schema ? schema_timeout_ms(a->schema, TIMEOUT_UPDATE) : OPERATION_DEADLINE_MS;

	a->dispatch = dispatch_new(a->e, a->d);
	a->started_ms = dispatch_now_ms(a->dispatch);
	a->job.deadline_ms = a->started_ms + allowed_ms;
	if (enroll(a)) {
		over(a, ACTING_OPEN);
	} else {
		tell(a, EVENT_STARTED, NULL);
		prepare(a, *a->op.token ? CALL_POLL : CALL_ACT);
	}
	while (!a->over) {
		dispatch_next(a->dispatch, &ev);
		on_event(a, &ev);
	}
	dispatch_free(a->dispatch);
	outcome_release(&a->job.work.outcome);
	return a->end;
}
