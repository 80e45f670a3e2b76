#include "providers/probe/act.h"

#include <string.h>

#include "providers/kit/span.h"
#include "providers/probe/probe_provider.h"

#define KEYS_MAX 16

static const struct deed {
	const char *name;
	action_fn *act;
	const char *type;           /* of what it is asked of; "": of nothing */
	const char *keys[KEYS_MAX]; /* ends with NULL */
} deeds[] = {
	{"http",
	 act_http,
	 "",
	 {"Url", "Method", "Headers", "Body", "Status", "Contains", "CaFile"}},
	{"notify",
	 act_notify,
	 "",
	 {"Url", "Headers", "CaFile", "Command", "Environment", "Message", "Event"}},
	{"weights", act_weights, ACT_ROUTE_TYPE, {"Route"}},
	{"set-weights", act_set_weights, ACT_ROUTE_TYPE, {"Route", "Weights"}},
};

static const struct deed *find_deed(struct action *act, struct text name)
{
	for (size_t i = 0; i < ARRAY_LEN(deeds); i++) {
		if (text_is(name, deeds[i].name) && text_is(span_text(act->r->type), deeds[i].type))
			return &deeds[i];
	}
	fault_set(&act->c.fault, HD_FATAL, DIAG_PROBE_ACTION, "provider probe has no action '%.*s'",
		  TEXT_ARG(name));
	fault_detail(&act->c.fault,
		     "it has http and notify, and weights and set-weights of " ACT_ROUTE_TYPE);
	return NULL;
}

/* The action's own time, but for what the engine has left. */
static int read_timeout(struct action *act)
{
	struct check *c = &act->c;
	int64_t left_ms;

	c->timeout_ms = ACT_TIMEOUT_MS;
	if (check_number(c, "Timeout", 1, ACT_TIMEOUT_MS_MAX, &c->timeout_ms) < 0)
		return -1;
	c->started_ms = kit_now_ms(&c->call);
	left_ms = act->r->deadline_ms - c->started_ms;
	if (act->r->deadline_ms > 0 && left_ms < c->timeout_ms)
		c->timeout_ms = left_ms > 1 ? left_ms : 1;
	return 0;
}

static int carry_out(struct action *act, struct text name)
{
	struct check *c = &act->c;
	const struct deed *deed = find_deed(act, name);

	if (!deed)
		return -1;
	c->what = arena_printf(c->arena, "the action %s", deed->name);
	if (check_keys(c, deed->keys) < 0 || read_timeout(act) < 0)
		return -1;
	if (kit_cancelled(&c->call))
		return check_stopped(c);
	return deed->act(act);
}

static int answer(struct action *act)
{
	struct check *c = &act->c;

	json_object_set_new(act->result, "Millis", json_integer(check_passed_ms(c)));
	c->call.host->set_result(c->call.op, span_of(json_text(c->arena, act->result)));
	c->call.host->set_effect(c->call.op, HD_EFFECT_DONE);
	return HD_OK;
}

int probe_act(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	      struct hd_span action, struct hd_span args)
{
	struct action act = {.r = r, .result = json_object()};
	json_t *json;
	int status;

	act.c = (struct check){
		.call = {s->host, op, r->deadline_ms}, .session = s, .arena = arena_new()};
	json = span_json(act.c.arena, args);
	act.c.args = json;
	act.key = span_cstr(act.c.arena, r->idem);
	status = carry_out(&act, span_text(action)) < 0 ? fault_say(&act.c.call, &act.c.fault)
							: answer(&act);
	fault_release(&act.c.fault);
	str_release(&act.c.detail);
	json_decref(act.result);
	json_decref(json);
	arena_free(act.c.arena);
	return status;
}
