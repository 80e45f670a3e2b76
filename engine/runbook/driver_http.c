/*
 * driver_http.c - steps Http and Notify: one act of the provider `probe`.
 *
 * After a crash the same is asked with the same key: a token that was pending is polled, and what
 * was sent without an answer is sent again with the same Idempotency-Key.
 */
#include "engine/runbook/drivers.h"

#include "base/json.h"
#include "engine/runbook/driver_call.h"

#define PROVIDER "probe"

/* Sent before the call, so that a later process knows that there was one. */
static int remember(struct step_act *a)
{
	json_t *memory = json_object();
	int rc;

	json_object_set_new(memory, "Sent", json_true());
	if (a->token)
		json_object_set_new(memory, "Token", json_string(a->token));
	rc = step_remember(a->s, memory);
	json_decref(memory);
	return rc;
}

static void begin_act(struct step_run *s, const char *action, json_t *args)
{
	struct step_act *a = ARENA_NEW(s->arena, struct step_act);
	const struct step_place place = {PROVIDER, s->spec->region, ACCOUNT_NONE, ""};

	s->own = a;
	*a = (struct step_act){.s = s, .action = action, .key = s->key};
	a->args = json_text(s->arena, args);
	a->token = json_str(s->memory, "Token", NULL);
	json_decref(args);
	if (step_act_prepare(a, &place))
		return;
	if (!s->memory && remember(a)) {
		step_fail(s, "it could not be recorded before it was begun");
		return;
	}
	step_act_begin(a);
}

/* A step may take longer than the provider would wait for one call. */
static void add_timeout(const struct step_run *s, json_t *args)
{
	if (s->spec->timeout_ms)
		json_object_set_new(args, "Timeout", json_integer(s->spec->timeout_ms));
}

static void begin_http(struct step_run *s)
{
	static const char *const keys[] = {"Url",    "Method",   "Headers", "Body",
					   "Status", "Contains", "CaFile"};
	json_t *args = step_pick(s->spec->values, keys, ARRAY_LEN(keys));

	add_timeout(s, args);
	begin_act(s, "http", args);
}

/* What a receiver may want to know without reading the message. */
static json_t *event_json(const struct step_run *s)
{
	const struct execution_row *row = step_execution(s);
	json_t *j = json_object();

	json_object_set_new(j, "Execution", json_string(row->id));
	json_object_set_new(j, "Runbook", json_string(row->runbook));
	json_object_set_new(j, "Kind", json_string(execution_kind_name(row->kind)));
	json_object_set_new(j, "Step", json_string(s->step->path));
	return j;
}

static void begin_notify(struct step_run *s)
{
	static const char *const keys[] = {"Url",     "Command", "Environment",
					   "Message", "Headers", "CaFile"};
	json_t *args = step_pick(s->spec->values, keys, ARRAY_LEN(keys));

	add_timeout(s, args);
	json_object_set_new(args, "Event", event_json(s));
	begin_act(s, "notify", args);
}

static void event(struct step_run *s, struct job *j, const struct dispatch_event *ev)
{
	struct step_act *a = s->own;

	(void)j;
	switch (step_act_event(a, ev)) {
	case ACT_GOES_ON:
		return;
	case ACT_PENDING:
		/* What cannot be recorded is done all the same: it is asked with the same key. */
		remember(a);
		return;
	case ACT_DONE:
		step_over(s, STEP_ENDED_WELL_DONE, step_result(s, &a->job->work.outcome), NULL);
		return;
	case ACT_FAILED:
		step_over_outcome(s, &a->job->work.outcome);
		return;
	}
}

static void stop(struct step_run *s)
{
	step_act_stop(s->own);
}

const struct step_driver driver_http = {.begin = begin_http, .event = event, .stop = stop};
const struct step_driver driver_notify = {.begin = begin_notify, .event = event, .stop = stop};
