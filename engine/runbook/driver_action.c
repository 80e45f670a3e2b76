/*
 * driver_action.c - steps Action: a named action of a recorded resource, by an engine of its own.
 *
 * Memory: {"Begun": true}.  The key of the step's attempt is that of the operation, so that a later
 * process finds what this one began, in recorded state.
 */
#include "engine/runbook/drivers.h"

#include <stdlib.h>
#include <string.h>

#include "engine/act.h"
#include "engine/runbook/aside.h"
#include "engine/runbook/driver_call.h"

struct acting_step {
	struct step_run *s;
	struct aside *aside;
	struct job *timer;
	bool over;
};

/* What the thread works with; it may outlive the step. */
struct acting_work {
	struct arena *arena;
	struct act_request request;
	const char *result; /* in the engine's arena */
};

static int work(struct engine *e, void *context, struct diags *d)
{
	struct acting_work *w = context;

	return engine_act(e, &w->request, &w->result, d);
}

static void release_work(void *context)
{
	struct acting_work *w = context;

	arena_free(w->arena);
	free(w);
}

static const struct secrets *copy_secrets(struct arena *a, const struct secrets *from)
{
	struct secrets *s = ARENA_NEW(a, struct secrets);

	if (!from)
		return NULL;
	s->values = ARENA_ARRAY(a, from->count, const char *);
	for (s->count = 0; s->count < from->count; s->count++)
		s->values[s->count] = arena_strdup(a, from->values[s->count]);
	return s;
}

static struct acting_work *new_work(const struct step_run *s)
{
	struct acting_work *w = xcalloc(1, sizeof(*w));
	const json_t *values = s->spec->values, *with = json_object_get(values, "With");
	struct act_request *q = &w->request;

	w->arena = arena_new();
	w->result = "{}";
	q->action = arena_strdup(w->arena, json_str(values, "Action", ""));
	q->args = json_is_object(with) ? json_text(w->arena, with) : "{}";
	q->key = arena_strdup(w->arena, s->key);
	q->run = arena_strdup(w->arena, step_execution(s)->id);
	q->secrets = copy_secrets(w->arena, s->spec->secrets);
	if (address_parse(w->arena, text_of(json_str(values, "Resource", "")), &q->addr))
		return w;
	release_work(w);
	return NULL;
}

static const char *first_error(const struct diags *d)
{
	for (const struct diag *g = d->first; g; g = g->next) {
		if (g->severity == DIAG_ERROR)
			return g->summary;
	}
	return "it failed and did not say why";
}

static void close_all(struct acting_step *p)
{
	p->over = true;
	if (p->aside) {
		step_outlives(p->s, NULL, NULL);
		aside_close(p->aside);
	}
	p->aside = NULL;
	if (p->timer)
		step_withdraw(p->s, p->timer);
}

static void end(struct acting_step *p)
{
	const struct acting_work *w = aside_context(p->aside);
	struct outcome o = {.result = w->result};
	int rc = aside_result(p->aside);
	json_t *result = rc ? NULL : step_result(p->s, &o);
	const char *reason =
		rc ? arena_strdup(p->s->arena, first_error(aside_diags(p->aside))) : NULL;

	aside_report(p->aside);
	close_all(p);
	step_over(p->s, rc ? STEP_ENDED_FAILED : STEP_ENDED_WELL_DONE, result, reason);
}

static int remember(struct step_run *s)
{
	json_t *memory = json_pack("{s:b}", "Begun", 1);
	int rc = s->memory ? 0 : step_remember(s, memory);

	json_decref(memory);
	return rc;
}

static void start(struct acting_step *p, struct acting_work *w)
{
	struct step_run *s = p->s;
	const struct instance_id *id = &w->request.addr.instance;
	struct aside_request q = {.work = work, .context = w, .release = release_work};

	q.selection = (struct selection){
		.stacks = &id->stack,
		.stack_count = 1,
		.regions = &id->region,
		.region_count = 1,
		.account = id->account,
		.faults = FAULTS_LEFT_OUT,
	};
	p->aside = aside_open(s, &q);
	if (!p->aside) {
		close_all(p);
		step_fail(s, "%s", first_error(step_diags(s)));
		return;
	}
	/* However the execution ends, nothing that it works with goes before it is over. */
	step_outlives(s, aside_end, p->aside);
	p->timer = step_timer(s);
	if (!p->timer || aside_start(p->aside)) {
		close_all(p);
		step_fail(s, "it could not be started");
		return;
	}
	dispatch_rest(step_dispatch(s), p->timer,
		      aside_passed_ms(p->aside) ? aside_passed_ms(p->aside) : ASIDE_LOOK_MS);
}

static void begin(struct step_run *s)
{
	struct acting_step *p = ARENA_NEW(s->arena, struct acting_step);
	struct acting_work *w = new_work(s);

	s->own = p;
	p->s = s;
	if (!w) {
		p->over = true;
		step_fail(s, "'%s' is no address of a resource",
			  json_str(s->spec->values, "Resource", ""));
	} else if (remember(s)) {
		p->over = true;
		release_work(w);
		step_fail(s, "it could not be recorded before it was begun");
	} else {
		start(p, w);
	}
}

static void event(struct step_run *s, struct job *j, const struct dispatch_event *ev)
{
	struct acting_step *p = s->own;

	if (p->over || j != p->timer || ev->kind != DISPATCH_DUE)
		return;
	if (aside_look(p->aside))
		end(p);
	else
		dispatch_rest(step_dispatch(s), p->timer, ASIDE_LOOK_MS);
}

static void stop(struct step_run *s)
{
	struct acting_step *p = s->own;
	if (p->over)
		return;
	/* Its thread is the conductor's from here on. */
	aside_cancel(p->aside);
	p->aside = NULL;
	close_all(p);
}

const struct step_driver driver_action = {.begin = begin, .event = event, .stop = stop};
