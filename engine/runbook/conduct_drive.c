/*
 * conduct_drive.c - what driver.h promises to drivers: jobs, memory, progress, ends; and the
 * conductor's own timers and checks, which are jobs too.
 */
#include <string.h>

#include "engine/estimate.h"
#include "engine/runbook/conduct_parts.h"
#include "engine/session.h"

static struct attempt *attempt_of(const struct step_run *s)
{
	return container_of((struct step_run *)s, struct attempt, run);
}

/* --- tries ------------------------------------------------------------------------------- */

struct attempt *attempt_new(struct step *s, enum step_direction direction)
{
	struct conduct *x = s->x;
	struct attempt *at = ARENA_NEW(x->a, struct attempt);
	struct arena *a = arena_new();

	at->s = s;
	at->memory = s->memory ? json_parse(text_of(s->memory), a, NULL) : NULL;
	at->done = s->done ? json_parse(text_of(s->done), a, NULL) : NULL;
	at->run = (struct step_run){
		.x = x,
		.index = s->index,
		.step = s->p,
		.spec = s->spec,
		.direction = direction,
		.key = s->key,
		.memory = at->memory,
		.done = at->done,
		.arena = a,
	};
	at->next = x->attempts;
	x->attempts = at;
	s->now = at;
	return at;
}

static void withdraw(struct errand *r)
{
	struct dispatch *dispatch = r->x->dispatch;

	switch (r->job.state) {
	case JOB_QUEUED:
	case JOB_RETRYING:
	case JOB_RESTING:
		dispatch_withdraw(dispatch, &r->job);
		dispatch_retire(dispatch, &r->job);
		return;
	case JOB_IDLE:
		dispatch_retire(dispatch, &r->job);
		return;
	case JOB_STARTED:
		return;
	case JOB_CALLING: /* comes back, and is not listened to */
		dispatch_recall(&r->job);
		return;
	}
}

void attempt_close(struct attempt *at)
{
	if (at->over)
		return;
	at->over = true;
	if (at->checks)
		check_set_stop(at->checks);
	at->checks = NULL;
	regions_stop(at);
	for (struct errand *r = at->run.x->errands; r; r = r->next)
		if (r->at == at)
			withdraw(r);
	if (at->s->now == at)
		at->s->now = NULL;
}

/* --- jobs -------------------------------------------------------------------------------- */

static struct errand *errand_new(struct conduct *x, struct attempt *at)
{
	struct errand *r = ARENA_NEW(x->a, struct errand);

	r->job.owner = JOB_OF_STEP;
	r->x = x;
	r->at = at;
	r->next = x->errands;
	x->errands = r;
	return r;
}

struct errand *errand_rest(struct conduct *x, struct attempt *at, int64_t wait_ms,
			   void (*due)(struct errand *r))
{
	struct errand *r = errand_new(x, at);

	r->due = due;
	dispatch_rest(x->dispatch, &r->job, wait_ms);
	return r;
}

void errand_again(struct errand *r, int64_t wait_ms)
{
	dispatch_rest(r->x->dispatch, &r->job, wait_ms);
}

void errand_cancel(struct errand *r)
{
	if (r && r->job.state == JOB_RESTING)
		dispatch_withdraw(r->x->dispatch, &r->job);
}

static void late(struct errand *r, const struct dispatch_event *ev)
{
	if (ev->kind == DISPATCH_START)
		dispatch_drop(r->x->dispatch, ev->job);
	if (ev->kind == DISPATCH_ENDED || ev->kind == DISPATCH_DUE) {
		dispatch_retire(r->x->dispatch, ev->job);
		r->x->turned = true;
	}
}

void errand_event(const struct dispatch_event *ev)
{
	struct errand *r = container_of(ev->job, struct errand, job);

	if (r->at && r->at->over)
		late(r, ev);
	else if (r->due && ev->kind == DISPATCH_DUE)
		r->due(r);
	else if (!r->due && ev->kind == DISPATCH_START)
		dispatch_drop(r->x->dispatch, ev->job);
	else if (!r->due && r->at && !r->at->said)
		r->at->driver->event(&r->at->run, ev->job, ev);
}

struct engine *step_engine(const struct step_run *s)
{
	return s->x->e;
}

struct dispatch *step_dispatch(const struct step_run *s)
{
	return s->x->dispatch;
}

const struct manifest *step_manifest(const struct step_run *s)
{
	return s->x->e->project->manifest;
}

const struct execution_row *step_execution(const struct step_run *s)
{
	return &s->x->row;
}

const char *step_policy_reason(const struct step_run *s)
{
	return s->x->q->override_policy;
}

struct diags *step_diags(const struct step_run *s)
{
	return s->x->d;
}

int64_t step_rehearsed_ms(const struct step_run *s)
{
	const struct conduct *x = s->x;
	const struct duration *d = conduct_duration(&x->durations, x->row.runbook, s->step->path);

	if (!x->rehearsal || !d || !d->count || s->direction == STEP_BACK)
		return 0;
	return estimate_of(d->samples_ms, d->count).typical_ms;
}

const char *step_output(const struct step_run *s, const char *stack, const char *name,
			const char *region)
{
	return conduct_output(s->x, stack, name, region);
}

void step_outlives(struct step_run *s, void (*end)(void *own), void *own)
{
	attempt_of(s)->ends = end;
	attempt_of(s)->ends_own = own;
}

/* An entry of the manifest by its name; what is wrong with it is the step's failure. */
static struct hd_session *session_of(struct step_run *s, const struct step_place *place,
				     const struct provider_entry *entry, const char **why)
{
	const struct instance_id id = {"", place->account, place->region};
	struct diags found = DIAGS_INIT;
	struct hd_session *session;

	if (!entry) {
		*why = arena_printf(s->arena, "there is no provider '%s'", place->provider);
		return NULL;
	}
	session = sessions_get(s->x->e->sessions, entry, &id, &found);
	if (!session)
		*why = arena_printf(s->arena, "provider '%s' cannot be used: %s", place->provider,
				    found.first ? found.first->summary : "it does not say why");
	diags_take(s->x->d, &found);
	return session;
}

struct job *step_job(struct step_run *s, const struct step_place *place)
{
	const struct step_place at = {
		.provider = place->provider,
		.region = place->region ? place->region : "",
		.account = place->account && *place->account ? place->account : ACCOUNT_NONE,
		.endpoint = place->endpoint ? place->endpoint : "",
	};
	const struct instance_id id = {"", at.account, at.region};
	const struct provider_entry *entry =
		registry_entry(s->x->e->project->registry, at.provider);
	const char *why = NULL;
	struct hd_session *session = session_of(s, &at, entry, &why);
	struct errand *r;

	if (!session) {
		step_over(s, STEP_ENDED_FAILED, NULL, why);
		return NULL;
	}
	r = errand_new(s->x, attempt_of(s));
	r->job.call = (struct call){.table = entry->table, .session = session};
	dispatch_enroll(s->x->dispatch, &r->job, &id, entry->name, at.endpoint);
	return &r->job;
}

struct job *step_timer(struct step_run *s)
{
	return &errand_new(s->x, attempt_of(s))->job;
}

/* --- what a try has to say --------------------------------------------------------------- */

static const char *masked(const struct step_run *s, const char *text)
{
	struct str out = STR_INIT;
	const char *kept;

	if (!text)
		return NULL;
	secrets_mask_text(s->spec ? s->spec->secrets : NULL, text_of(text), &out);
	kept = arena_strdup(s->x->a, str_cstr(&out));
	str_release(&out);
	return kept;
}

int step_remember(struct step_run *s, const json_t *memory)
{
	struct attempt *at = attempt_of(s);
	json_t *kept = json_deep_copy(memory);

	conduct_mask(s->spec ? s->spec->secrets : NULL, kept);
	at->s->memory = json_text(s->x->a, kept);
	return step_write(at->s, ENTRY_STEP_MEMORY, kept) ? 0 : -1;
}

void step_progress(struct step_run *s, const char *text)
{
	step_write(attempt_of(s)->s, ENTRY_STEP_PROGRESS,
		   json_pack("{s:s}", "Text", masked(s, text)));
}

void step_over(struct step_run *s, enum step_ended how, json_t *result, const char *reason)
{
	struct attempt *at = attempt_of(s);

	if (at->said || at->over) {
		json_decref(result);
		return;
	}
	if (at->checks)
		check_set_stop(at->checks);
	at->checks = NULL;
	at->said = true;
	at->how = how;
	at->reason = masked(s, reason);
	at->result = result;
	conduct_mask(s->spec ? s->spec->secrets : NULL, result);
	s->x->turned = true;
}

void step_over_outcome(struct step_run *s, const struct outcome *o)
{
	diags_copy(s->x->d, &o->diags);
	step_over(s, STEP_ENDED_FAILED, NULL, outcome_reason(s->arena, o));
}

/* --- checks ------------------------------------------------------------------------------ */

void conduct_tell_check(struct conduct *x, const char *step, const struct check_probe *p,
			const struct check_answer *answer)
{
	json_t *data = json_pack("{s:s, s:s, s:b, s:s}", "Check", p->check->name, "Region",
				 p->place.region->name, "Healthy", answer->healthy, "Detail",
				 answer->detail);
	json_t *values = *answer->values ? json_parse(text_of(answer->values), x->a, NULL) : NULL;

	if (values)
		json_object_set_new(data, "Values", values);
	conduct_write(x, ENTRY_CHECK, step, data);
}

static void on_answer(struct check_set *c, const struct check_probe *p,
		      const struct check_answer *answer)
{
	struct attempt *at = c->context;
	size_t i = 0;

	conduct_sample(at->run.x, p, answer);
	while (i < at->measured.count && at->measured.items[i].probe != p)
		i++;
	if (i == at->measured.count)
		arena_vec_add(at->run.x->a, &at->measured);
	at->measured.items[i] = (struct measured){p, *answer};
}

static void on_change(struct check_set *c, const struct check_probe *p,
		      const struct check_answer *answer)
{
	const struct attempt *at = c->context;

	conduct_tell_check(at->run.x, at->s->p->path, p, answer);
}

static void on_over(struct check_set *c, enum check_set_end end)
{
	struct attempt *at = c->context;

	at->checks = NULL;
	at->run.x->turned = true;
	at->checked(at, end, c->fault);
}

static const struct check_listener listener = {
	.over = on_over,
	.changed = on_change,
	.answered = on_answer,
};

/* What is recorded of instances, loaded when a check first needs it. */
static void load_recorded(struct conduct *x)
{
	struct diags ignored = DIAGS_INIT;

	if (x->loaded)
		return;
	x->loaded = true;
	if (state_load_instances(x->state, x->a, &x->recorded, &ignored))
		x->recorded.count = 0;
	diags_release(&ignored);
}

const char *conduct_output(void *context, const char *stack, const char *name, const char *region)
{
	struct conduct *x = context;

	load_recorded(x);
	for (size_t i = 0; i < x->recorded.count; i++) {
		const struct instance_record *r = &x->recorded.items[i];
		json_t *outputs;
		const json_t *value;
		const char *text = NULL;

		if (strcmp(r->id.stack, stack) != 0 || strcmp(r->id.region, region) != 0)
			continue;
		outputs = json_parse(text_of(r->outputs), x->a, NULL);
		value = json_object_get(outputs, name);
		if (json_is_string(value))
			text = arena_strdup(x->a, json_string_value(value));
		else if (value)
			text = json_text(x->a, value);
		json_decref(outputs);
		return text;
	}
	return NULL;
}

/* Outputs of the instances in the region where a check is made. */
struct output_place {
	struct conduct *x;
	const char *region;
};

static const char *output_there(void *context, const char *stack, const char *name)
{
	const struct output_place *o = context;

	return conduct_output(o->x, stack, name, o->region);
}

struct check_set *conduct_check_set(struct conduct *x, const struct check_listener *l,
				    void *context)
{
	struct check_set *c = ARENA_NEW(x->a, struct check_set);

	*c = (struct check_set){
		.e = x->e,
		.dispatch = x->dispatch,
		.a = x->a,
		.d = x->d,
		.stack = "",
		.pace = CHECK_PACE_SOON,
		.listener = l,
		.context = context,
	};
	*(struct check_set **)arena_vec_add(x->a, &x->sets) = c;
	return c;
}

void conduct_add_check(struct conduct *x, struct check_set *set, const struct check_use *use)
{
	struct output_place *o = ARENA_NEW(x->a, struct output_place);
	const struct manifest *m = x->e->project->manifest;
	const struct check_place place = {
		.manifest = m,
		.region = manifest_region(m, use->region),
		.account = ACCOUNT_NONE,
		.output = output_there,
		.context = o,
	};

	*o = (struct output_place){x, use->region};
	if (!place.region)
		set->fault =
			arena_printf(x->a, "'%s' has no region to be asked in", use->check->name);
	else
		check_set_add(set,
			      &(struct check_wanted){use->check, use->unhealthy, use->within_ms},
			      &place);
}

void attempt_ask(struct attempt *at, const struct check_use *uses, size_t count, int64_t bake_ms,
		 void (*checked)(struct attempt *at, enum check_set_end end, const char *why))
{
	struct conduct *x = at->run.x;

	at->checked = checked;
	at->measured.count = 0;
	at->checks = conduct_check_set(x, &listener, at);
	for (size_t i = 0; i < count; i++)
		conduct_add_check(x, at->checks, &uses[i]);
	check_set_begin(at->checks, bake_ms);
}

static void gate_checked(struct attempt *at, enum check_set_end end, const char *why)
{
	at->gate(&at->run, end == CHECK_SET_FINE, why);
}

void step_checks(struct step_run *s, const struct check_use *uses, size_t count, int64_t bake_ms,
		 void (*over)(struct step_run *s, bool healthy, const char *why))
{
	struct attempt *at = attempt_of(s);

	at->gate = over;
	attempt_ask(at, uses, count, bake_ms, gate_checked);
}

/* --- the end ----------------------------------------------------------------------------- */

static void release_attempt(struct attempt *at)
{
	if (at->ends)
		at->ends(at->ends_own);
	json_decref(at->result);
	json_decref(at->memory);
	json_decref(at->done);
	arena_free(at->run.arena);
}

/* Calls that are out have been waited for. */
void conduct_release(struct conduct *x)
{
	for (struct attempt *at = x->attempts; at; at = at->next)
		release_attempt(at);
	for (struct errand *r = x->errands; r; r = r->next)
		outcome_release(&r->job.work.outcome);
	for (size_t i = 0; i < x->sets.count; i++)
		check_set_release(x->sets.items[i]);
}
