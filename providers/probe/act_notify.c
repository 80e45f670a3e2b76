/* act_notify.c - somebody is told: by a request with a text and the event, or by a program that
 * reads the event.
 *
 * Told twice is better than not told: what may have come is sent again. */
#include <string.h>

#include "providers/probe/act_http.h"

static json_t *event_of(const struct action *act)
{
	json_t *event = json_object_get(act->c.args, "Event");

	return event ? json_incref(event) : json_object();
}

/* {"text": ..., "event": {...}}: what chat services take, and more for who wants it. */
static const char *body_of(const struct action *act, const char *message)
{
	json_t *body = json_object();
	const char *text;

	json_object_set_new(body, "text", json_string(message));
	json_object_set_new(body, "event", event_of(act));
	text = json_text(act->c.arena, body);
	json_decref(body);
	return text;
}

static int tell_url(struct action *act, const char *message)
{
	struct request_keys k;
	struct http_answer a;

	if (request_keys_read(&act->c, &k) < 0)
		return -1;
	k.method = "POST";
	k.body = body_of(act, message);
	request_keys_add(&k, "Content-Type", "application/json");
	if (act_send(act, &k, ACT_MAY_REPEAT, &a) < 0)
		return -1;
	json_object_set_new(act->result, "Status", json_integer(a.status));
	return 0;
}

/* A program of the user's, as for COMMAND checks: {"Message": ..., "Event": {...}} on its input. */
static int tell_program(struct action *act, const char *message)
{
	json_t *said = json_object();
	const char *input;

	json_object_set_new(said, "Message", json_string(message));
	json_object_set_new(said, "Event", event_of(act));
	input = json_text(act->c.arena, said);
	json_decref(said);
	if (check_run(&act->c, input) < 0)
		return -1;
	if (act->c.healthy)
		return 0;
	fault_set(&act->c.fault, HD_FATAL, DIAG_PROBE_COMMAND,
		  "the command that tells somebody failed: %s", str_cstr(&act->c.detail));
	act->c.fault.effect = HD_EFFECT_UNKNOWN;
	return -1;
}

int act_notify(struct action *act)
{
	const json_t *args = act->c.args;
	const char *message = "";

	if (check_text(&act->c, "Message", &message) < 0)
		return -1;
	if (!json_object_get(args, "Url") == !json_object_get(args, "Command"))
		return check_refuse(&act->c, "Url",
				    "it has either a Url or a Command, who is to be told by it");
	return json_object_get(args, "Url") ? tell_url(act, message) : tell_program(act, message);
}
