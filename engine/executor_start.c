/*
 * executor_start.c - a task has a worker: its resource is evaluated with all that is known
 * by now, its operation is begun, and the call follows once BEGIN is on disk.
 */
#include "engine/executor_parts.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "engine/diff.h"
#include "engine/source_marks.h"
#include "engine/tree.h"

/* Idempotency keys are random, 128 bits. */
#define OPERATION_ID_BYTES 16

void evaluated_release(struct evaluated *v)
{
	json_decref(v->desired);
	json_decref(v->masked);
	json_decref(v->sensitive);
}

static bool is_empty_list(const char *json)
{
	return !json || !*json || !strcmp(json, "[]");
}

static struct diag *complain(struct task *t, enum diag_code code, const char *summary)
{
	struct diag *g = diag_add(t->x->d, code, t->job.call.where, "%s", summary);

	diag_address(t->x->d, g, t->job.call.address);
	return g;
}

/* --- evaluation ------------------------------------------------------------------ */

/* The first part, at any depth, that waits for something. */
static const struct value *first_unknown(const struct value *v)
{
	const struct value *found = NULL;

	if (v->kind == VALUE_UNKNOWN)
		return v;
	for (size_t i = 0; i < v->count && !found; i++) {
		if (v->kind == VALUE_LIST)
			found = first_unknown(v->items[i]);
		else if (v->kind == VALUE_MAP)
			found = first_unknown(v->entries[i].value);
	}
	return found;
}

/* All that the resource refers to is there, so nobody will ever tell. */
static void complain_unknown(struct task *t, const struct value *properties)
{
	const struct value *v = first_unknown(properties);
	const struct value_ref *ref = v->refs;
	struct diag *g = complain(t, DIAG_RUN_STILL_UNKNOWN, "a value is still not known");

	if (value_where(v).src)
		g->where = value_where(v);
	if (ref && ref->attribute)
		diag_detail(t->x->d, g, "'%s' is there, and handed over no attribute '%s'.",
			    ref->logical_id, ref->attribute);
	else if (ref)
		diag_detail(t->x->d, g, "'%s' is there, and has no name to refer to.",
			    ref->logical_id);
	if (ref)
		diag_hint(t->x->d, g, "`hadeploy state show %s/%s` shows the attributes there are",
			  instance_id_text(t->arena, &t->addr.instance), ref->logical_id);
}

static const struct value *evaluate_properties(struct task *t)
{
	const struct change *c = t->change;
	struct doc_resource again = *c->resource;
	const struct eval_lookup *lookup = known_lookup(t->x->known, &c->addr.instance);
	const struct value *v;

	v = document_eval_resource(c->instance->doc, c->resource_index, lookup, t->arena, t->x->d);
	if (!v)
		return NULL;
	if (value_has_unknown(v) && t->kind != TASK_LEARN) {
		complain_unknown(t, v);
		return NULL;
	}
	again.properties = v;
	if (schema_check(t->schema, &again, t->job.call.address, t->x->d) ||
	    tree_export_properties(t->x->plan->project->manifest->files, t->schema, v, t->x->d))
		return NULL;
	return v;
}

static void mask(struct task *t, struct evaluated *v)
{
	json_t *planned = json_parse(text_of(t->change->sensitive_pointers), NULL, NULL);

	v->sensitive = value_sensitive_pointers(t->properties);
	secrets_join_pointers(v->sensitive, planned);
	json_decref(planned);
	v->masked = json_deep_copy(v->desired);
	state_mask(t->x->e->state, v->masked, v->sensitive);
	source_marks_add(t->x->e->state, v->masked, t->properties);
}

static bool covers(const char *outer, const char *pointer)
{
	size_t len = strlen(outer);

	return !strncmp(outer, pointer, len) && (!pointer[len] || pointer[len] == '/');
}

/* A value that waited may have come out as it likes; what is around it too. */
static bool was_unknown(const json_t *unknown, const char *pointer)
{
	const json_t *u;
	size_t i;

	json_array_foreach(unknown, i, u) if (covers(json_string_value(u), pointer) ||
					      covers(pointer, json_string_value(u))) return true;
	return false;
}

/* What the person approved is what runs: a value that was shown may not have changed. */
static int check_promise(struct task *t, const struct evaluated *v)
{
	json_t *planned = json_parse(text_of(t->change->desired), NULL, NULL);
	json_t *unknown = json_parse(text_of(t->change->unknown_pointers), NULL, NULL);
	struct diff diff = {NULL, 0};
	int rc = 0;

	diff_make(t->arena, planned, v->masked, NULL, &diff);
	for (size_t i = 0; i < diff.count && !rc; i++) {
		struct diag *g;

		if (was_unknown(unknown, diff.paths[i].pointer))
			continue;
		g = complain(t, DIAG_RUN_VALUE_CHANGED, "a planned value changed during the run");
		diag_detail(t->x->d, g, "'%s' was planned as %s and came out as %s.",
			    diff.paths[i].pointer,
			    diff.paths[i].before ? diff.paths[i].before : "absent",
			    diff.paths[i].after ? diff.paths[i].after : "absent");
		diag_hint(t->x->d, g, "this is a fault of hadeploy or a provider: report it");
		rc = -1;
	}
	diff_release(&diff);
	json_decref(planned);
	json_decref(unknown);
	return rc;
}

/* Without unknown and sensitive parts the plan's document is the whole truth. */
int task_evaluate(struct task *t, struct evaluated *v)
{
	const struct change *c = t->change;

	if (c->wanted) {
		v->sensitive = json_parse(text_of(c->sensitive_pointers), NULL, NULL);
		return wanted_evaluate(t, &v->desired, &v->masked);
	}
	t->properties = c->resource->properties;
	if (is_empty_list(c->unknown_pointers) && is_empty_list(c->sensitive_pointers)) {
		v->desired = json_parse(text_of(c->desired), NULL, NULL);
		v->masked = json_incref(v->desired);
		v->sensitive = json_array();
		return 0;
	}
	t->properties = evaluate_properties(t);
	if (!t->properties)
		return -1;
	v->desired = schema_desired(t->schema, t->properties);
	mask(t, v);
	t->secrets = secrets_with_value(
		t->arena, secrets_collect(t->arena, v->desired, v->sensitive), t->properties);
	return check_promise(t, v);
}

/* --- the operation ----------------------------------------------------------------- */

static const char *endpoint_of(struct task *t, const json_t *masked)
{
	const char *pointer = schema_endpoint_pointer(t->schema);
	const json_t *j = pointer ? json_at(masked, text_of(pointer)) : NULL;

	return json_is_string(j) ? arena_strdup(t->arena, json_string_value(j)) : "";
}

static struct record intended(struct task *t, const struct evaluated *v)
{
	struct clock *clock = t->x->e->options.clock;
	int64_t now_ms = clock->wall_ms(clock);
	bool update = t->kind == TASK_UPDATE;

	return (struct record){
		.addr = t->addr,
		.deposed = "",
		.type = t->type,
		.provider = t->provider->name,
		.schema_version = schema_version(t->schema),
		.id = update ? t->before->id : "",
		.inputs = json_text(t->arena, v->masked),
		.outputs = "{}",
		.sensitive = json_text(t->arena, v->sensitive),
		.depends_on = t->change->wanted ? t->change->wanted->depends_on
						: executor_depends_on(t->arena, t->change),
		.endpoint = endpoint_of(t, v->masked),
		.deletion_policy = t->change->wanted ? t->change->wanted->deletion_policy
						     : executor_policy(t->change->resource),
		.created_ms = update ? t->before->created_ms : now_ms,
		.updated_ms = now_ms,
	};
}

static const char *new_operation_id(struct task *t)
{
	char hex[2 * OPERATION_ID_BYTES + 1];

	if (t->kind == TASK_CREATE && t->x->lineage)
		return executor_create_key(t->x, &t->addr);
	clock_random_hex(t->x->e->options.clock, OPERATION_ID_BYTES, hex);
	/* The delete of what this replaces asks for it later. */
	return arena_strdup(t->x->arena, hex);
}

static enum operation_action action_of(const struct task *t)
{
	static const enum operation_action actions[] = {
		[TASK_CREATE] = OPERATION_CREATE,
		[TASK_UPDATE] = OPERATION_UPDATE,
		[TASK_DELETE] = OPERATION_DELETE,
		[TASK_SNAPSHOT] = OPERATION_SNAPSHOT,
	};

	assert((size_t)t->kind < ARRAY_LEN(actions));
	return actions[t->kind];
}

static enum schema_timeout timeout_of(const struct task *t)
{
	/* A copy takes as long as making the thing anew may. */
	if (t->kind == TASK_CREATE || t->kind == TASK_SNAPSHOT)
		return TIMEOUT_CREATE;
	return t->kind == TASK_UPDATE ? TIMEOUT_UPDATE : TIMEOUT_DELETE;
}

void executor_set_deadline(struct task *t)
{
	int64_t now_ms = dispatch_now_ms(t->x->dispatch);

	t->started_ms = now_ms;
	t->job.deadline_ms = now_ms + (t->schema ? schema_timeout_ms(t->schema, timeout_of(t))
						 : OPERATION_DEADLINE_MS);
}

/* The record a delete is about: a replaced one got its name when its successor was made. */
static const char *deposed_of(const struct task *t)
{
	if (t->kind == TASK_DELETE || t->kind == TASK_FORGET || t->kind == TASK_SNAPSHOT)
		return t->creates ? t->creates->op.id : t->before->deposed;
	/* A create that replaces says under which name the old one is kept. */
	return t->keeps_old ? t->op.id : "";
}

void task_begin(struct task *t, const struct evaluated *v)
{
	struct clock *clock = t->x->e->options.clock;
	bool goes = t->kind == TASK_DELETE || t->kind == TASK_SNAPSHOT;
	char digest[65] = "";

	t->op.id = new_operation_id(t);
	t->op.run = history_run(t->x->e);
	t->op.addr = t->addr;
	t->op.action = action_of(t);
	t->op.deposed = deposed_of(t);
	t->op.token = t->op.message = "";
	t->op.begun_ms = clock->wall_ms(clock);
	if (v->desired)
		state_secret_digest(t->x->e->state, v->desired, digest);
	t->op.desired_digest = arena_strdup(t->arena, digest);
	t->op.intended = goes ? *t->before : intended(t, v);
	if (goes)
		t->op.intended.deposed = t->op.deposed;
	t->phase = PHASE_CHANGE;
	executor_edit(t->x, &(struct state_edit){.kind = EDIT_BEGIN, .op = &t->op});
	executor_follow(t->x, &(struct follow){.kind = FOLLOW_SUBMIT, .task = t});
}

static enum call_kind call_of(const struct task *t)
{
	if (t->kind == TASK_CREATE)
		return CALL_CREATE;
	return t->kind == TASK_UPDATE ? CALL_UPDATE : CALL_REMOVE;
}

/* What others may know of it: secrets in clear, so that they can be passed on. */
void executor_learn(struct task *t, const char *id, const char *outputs, const char *sensitive)
{
	struct record r = {
		.addr = t->addr,
		.type = t->type,
		.id = id,
		.inputs = t->desired,
		.outputs = outputs,
		.sensitive = sensitive,
	};

	known_put(t->x->known, &r, KNOWN_ALL);
}

/* The thing stays as it is recorded. */
static void learn_recorded(struct task *t, const struct evaluated *v)
{
	t->desired = json_text(t->arena, v->desired);
	executor_learn(t, t->before->id, t->fresh_outputs ? t->fresh_outputs : t->before->outputs,
		       json_text(t->arena, v->sensitive));
}

/* --- starting ---------------------------------------------------------------------- */

static void drop(struct task *t)
{
	dispatch_drop(t->x->dispatch, &t->job);
}

bool executor_can_call(struct task *t)
{
	struct hd_session *session;
	struct diag *g;

	if (!t->provider || !t->schema) {
		g = complain(t, DIAG_PROVIDER_GONE,
			     "the provider of this resource is not configured any more");
		diag_detail(t->x->d, g, "It was made through the entry '%s' as %s.",
			    t->before && t->before->provider ? t->before->provider : "?", t->type);
		diag_hint(t->x->d, g,
			  "put the entry back, or give the record up with `hadeploy state rm`");
		return false;
	}
	session = sessions_get(t->x->e->sessions, t->provider, &t->addr.instance, t->x->d);
	t->job.call.table = t->provider->table;
	t->job.call.session = session;
	return session != NULL;
}

/* The record goes, the thing stays. */
static void forget(struct task *t)
{
	struct record *r = ARENA_NEW(t->arena, struct record);

	*r = *t->before;
	r->deposed = deposed_of(t);
	executor_edit(t->x,
		      &(struct state_edit){.kind = EDIT_DROP_RECORD, .record = r, .keep = true});
	task_over(t, STEP_ENDED_WELL);
}

/* The old one of a replacement is the new one, or stays: nothing is left to delete. */
static bool nothing_left(const struct task *t)
{
	return t->creates && (t->creates->same_thing || t->creates->stays);
}

/* The thing is somebody else's by now: only the record goes. */
static bool another_holds(const struct task *t)
{
	return t->kind == TASK_DELETE && t->x->holders && holders_other(t->x->holders, t->before);
}

static void end_needless(struct task *t, const struct evaluated *v)
{
	if (t->kind == TASK_UPDATE) {
		/* What was adopted is recorded by then, and that was asked for. */
		t->x->progress[t->change_index].needless = t->change->action != ACTION_ADOPT;
		learn_recorded(t, v);
	}
	task_over(t, STEP_ENDED_WELL);
}

static void start_wanted(struct task *t)
{
	struct evaluated v = {NULL, NULL, NULL};
	int rc = task_evaluate(t, &v);

	if (!rc)
		task_settle_doubt(t, &v);
	if (rc) {
		drop(t);
		task_refuse(t);
	} else if (t->kind == TASK_UPDATE && task_find_changed(t, &v)) {
		drop(t);
		end_needless(t, &v);
	} else {
		t->desired = json_text(t->arena, v.desired);
		task_begin(t, &v);
		task_prepare(t, call_of(t));
	}
	evaluated_release(&v);
}

void task_remove(struct task *t)
{
	task_begin(t, &(struct evaluated){NULL, NULL, NULL});
	task_prepare(t, CALL_REMOVE);
}

static void start_removal(struct task *t)
{
	struct evaluated none = {NULL, NULL, NULL};

	switch (task_doubt_removal(t)) {
	case REMOVAL_NEEDED:
		if (task_wants_copy(t))
			task_keep_copy(t);
		else
			task_remove(t);
		return;
	case REMOVAL_NEEDLESS:
		drop(t);
		end_needless(t, &none);
		return;
	case REMOVAL_REFUSED:
		drop(t);
		task_refuse(t);
		return;
	}
}

void task_start(struct task *t)
{
	struct evaluated none = {NULL, NULL, NULL};

	t->arena = arena_new();
	executor_set_deadline(t);
	if (t->recovered) {
		recover_start(t);
		return;
	}
	if (!t->x->progress[t->change_index].started_ms)
		t->x->progress[t->change_index].started_ms = t->started_ms;
	if (nothing_left(t)) {
		drop(t);
		end_needless(t, &none);
	} else if (another_holds(t)) {
		drop(t);
		forget(t);
	} else if (!executor_can_call(t)) {
		drop(t);
		task_refuse(t);
	} else if (t->kind == TASK_DELETE) {
		start_removal(t);
	} else {
		start_wanted(t);
	}
}

/* --- without a call ---------------------------------------------------------------- */

/* What is still unknown, nobody was asked for: it is as little known as a digest is. */
static void drop_unknown(struct task *t, struct evaluated *v)
{
	json_t *unknown = value_unknown_pointers(t->properties);

	for (size_t i = json_array_size(unknown); i-- > 0;)
		json_drop(v->desired, text_of(json_string_value(json_array_get(unknown, i))));
	json_decref(unknown);
}

static int evaluate_alone(struct task *t, struct evaluated *v)
{
	struct outside *o = t->x->e->outside;
	int rc;

	outside_enter(o, OUTSIDE_APPLY_ALONE, t->x->known);
	rc = task_evaluate(t, v);
	outside_enter(o, OUTSIDE_APPLY, t->x->known);
	return rc;
}

static void learn(struct task *t)
{
	struct evaluated v = {NULL, NULL, NULL};

	if (evaluate_alone(t, &v)) {
		task_refuse(t);
	} else {
		drop_unknown(t, &v);
		learn_recorded(t, &v);
		task_over(t, STEP_ENDED_WELL);
	}
	evaluated_release(&v);
}

void task_at_once(struct task *t)
{
	t->arena = arena_new();
	t->started_ms = dispatch_now_ms(t->x->dispatch);
	t->x->progress[t->change_index].started_ms = t->started_ms;
	if (t->kind == TASK_FORGET)
		forget(t);
	else
		learn(t);
}
