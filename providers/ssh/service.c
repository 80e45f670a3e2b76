/*
 * service.c - SSH::Service: whether a systemd unit runs, and whether it starts at boot.
 *
 * systemctl may take longer than a call, so changes run by themselves on the host
 * (op.h).  When the record goes, the unit is put back to what it was before us: the
 * private bytes keep "was".
 */
#include <string.h>

#include "providers/kit/sh.h"
#include "providers/ssh/op.h"
#include "providers/ssh/type.h"

#define CHANGE_TIMEOUT_S 900

enum wish { WISH_NONE, WISH_YES, WISH_NO };

struct service {
	const char *name;
	enum wish enabled, running;
};

struct seen {
	bool loaded, enabled, running;
};

static bool name_valid(const char *s)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789:_.@\\-";

	return *s != '\0' && *s != '-' && s[strspn(s, allowed)] == '\0';
}

static int service_from(struct ask *a, const json_t *object, struct service *s)
{
	const char *enabled = ask_text(a, object, "Enabled");
	const char *state = ask_text(a, object, "State");

	*s = (struct service){.name = ask_text(a, object, "Name")};
	if (!s->name || !name_valid(s->name))
		return ask_bad_property(a, "/Name", "'%s' is no unit's name",
					s->name ? s->name : "");
	if (enabled)
		s->enabled = strcmp(enabled, "true") == 0 ? WISH_YES : WISH_NO;
	if (state && strcmp(state, "running") != 0 && strcmp(state, "stopped") != 0)
		return ask_bad_property(a, "/State", "'%s' is neither 'running' nor 'stopped'",
					state);
	if (state)
		s->running = strcmp(state, "running") == 0 ? WISH_YES : WISH_NO;
	return 0;
}

static bool line_is(struct text line, const char *key, const char *value)
{
	size_t len = strlen(key);

	return text_starts(line, key) &&
	       text_is((struct text){line.ptr + len, line.len - len}, value);
}

static void parse_seen(struct text output, struct seen *out)
{
	static const char *const enabled[] = {"enabled", "enabled-runtime", "static",
					      "alias",   "indirect",        "generated"};
	static const char *const running[] = {"active", "activating", "reloading"};
	struct text_split split = text_split_start(output);
	struct text line;

	*out = (struct seen){0};
	while (text_next(&split, '\n', &line)) {
		out->loaded |= line_is(line, "LoadState=", "loaded");
		for (size_t i = 0; i < ARRAY_LEN(enabled); i++)
			out->enabled |= line_is(line, "UnitFileState=", enabled[i]);
		for (size_t i = 0; i < ARRAY_LEN(running); i++)
			out->running |= line_is(line, "ActiveState=", running[i]);
	}
}

static int look(struct ask *a, const struct service *s, struct seen *out)
{
	struct str script = STR_INIT;
	struct ssh_reply reply;
	int answer;

	str_add(&script, "exec systemctl show -p LoadState -p ActiveState -p UnitFileState -- ");
	sh_quote(&script, text_of(s->name));
	answer = ask_run(a, SSH_READS, &script, &reply);
	str_release(&script);
	if (answer < 0)
		return -1;
	parse_seen(str_text(&reply.output), out);
	if (reply.code != 0) {
		answer = fault_set(&a->fault, HD_FATAL, DIAG_SSH_SERVICE,
				   "systemctl does not answer on the host");
		fault_detail(&a->fault, "%.*s", TEXT_ARG(text_trim(str_text(&reply.output))));
		fault_hint(&a->fault, "SSH::Service needs systemd there; without it, use "
				      "SSH::Command");
	}
	str_release(&reply.output);
	return answer;
}

static json_t *state_of(const struct ask *a, const struct service *s, const struct seen *seen)
{
	json_t *state = json_object();

	json_object_set_new(state, "Host", json_string(a->host_name));
	json_object_set_new(state, "Name", json_string(s->name));
	if (s->enabled != WISH_NONE)
		json_object_set_new(state, "Enabled", json_boolean(seen->enabled));
	if (s->running != WISH_NONE)
		json_object_set_new(state, "State",
				    json_string(seen->running ? "running" : "stopped"));
	return state;
}

static int service_read(struct ask *a)
{
	struct service s;
	struct seen seen;

	if (service_from(a, a->recorded, &s) < 0 || look(a, &s, &seen) < 0)
		return ask_say(a);
	if (!seen.loaded)
		return HD_NOTFOUND;
	return ask_done(a, state_of(a, &s, &seen), HD_EFFECT_NONE);
}

static bool differs(enum wish wish, bool is)
{
	return (wish == WISH_YES && !is) || (wish == WISH_NO && is);
}

/* What a change runs; empty when there is nothing to do. */
static void add_changes(struct str *script, const struct service *s, const struct seen *seen)
{
	if (differs(s->enabled, seen->enabled))
		str_printf(script, "systemctl %s -- '%s'||exit\n",
			   s->enabled == WISH_YES ? "enable" : "disable", s->name);
	if (differs(s->running, seen->running))
		str_printf(script, "systemctl %s -- '%s'||exit\n",
			   s->running == WISH_YES ? "start" : "stop", s->name);
}

static int start(struct ask *a, const struct service *s, struct str *changes, const char *verb)
{
	struct op_start op = {.verb = verb, .timeout_s = CHANGE_TIMEOUT_S};
	json_t *inputs = json_object();
	struct str script = STR_INIT;
	int status;

	str_add(&script, "systemctl daemon-reload\n");
	str_add_text(&script, str_text(changes));
	json_object_set_new(inputs, "Name", json_string(s->name));
	if (s->enabled != WISH_NONE)
		json_object_set_new(inputs, "Enabled", json_boolean(s->enabled == WISH_YES));
	if (s->running != WISH_NONE)
		json_object_set_new(inputs, "State",
				    json_string(s->running == WISH_YES ? "running" : "stopped"));
	json_object_set(inputs, "was", json_object_get(a->priv, "was"));
	op.inputs = inputs;
	op.script = str_text(&script);
	status = op_start(a, &op);
	json_decref(inputs);
	str_release(&script);
	return status;
}

/* The end of a create or update: nothing to do, or the script that does it. */
static int settle(struct ask *a, const struct service *s, const struct seen *seen,
		  struct str *changes)
{
	if (changes->len > 0 || !seen->loaded)
		return start(a, s, changes, a->r->id.len > 0 ? "update" : "create");
	ask_set_natural_id(a, s->name);
	return ask_done(a, state_of(a, s, seen), HD_EFFECT_NONE);
}

static bool restart_wanted(const struct ask *a)
{
	const json_t *before = json_object_get(a->recorded, "RestartOn");
	const json_t *after = json_object_get(a->desired, "RestartOn");

	return after && (!before || !json_equal(before, after));
}

/* What a delete puts back. */
static void keep_was(struct ask *a, const struct seen *seen)
{
	json_object_set_new(a->priv, "was",
			    json_pack("{s:b, s:b}", "Enabled", (int)seen->enabled, "Running",
				      (int)seen->running));
}

static int service_create(struct ask *a)
{
	struct str changes = STR_INIT;
	struct service s;
	struct seen seen;
	int status;

	if (service_from(a, a->desired, &s) < 0 || look(a, &s, &seen) < 0)
		return ask_say(a);
	keep_was(a, &seen);
	add_changes(&changes, &s, &seen);
	status = settle(a, &s, &seen, &changes);
	str_release(&changes);
	return status;
}

static int service_update(struct ask *a)
{
	struct str changes = STR_INIT;
	struct service s;
	struct seen seen;
	int status;

	if (service_from(a, a->desired, &s) < 0 || look(a, &s, &seen) < 0)
		return ask_say(a);
	add_changes(&changes, &s, &seen);
	if (restart_wanted(a) && s.running != WISH_NO && seen.running)
		str_printf(&changes, "systemctl restart -- '%s'||exit\n", s.name);
	status = settle(a, &s, &seen, &changes);
	str_release(&changes);
	return status;
}

/* Only what we had set is put back. */
static int service_remove(struct ask *a)
{
	const json_t *was = json_object_get(a->priv, "was");
	struct str changes = STR_INIT;
	struct service s;
	struct seen seen;
	int status;

	if (service_from(a, a->recorded, &s) < 0 || look(a, &s, &seen) < 0)
		return ask_say(a);
	if (!seen.loaded)
		return HD_NOTFOUND;
	if (s.enabled != WISH_NONE)
		s.enabled = json_flag(was, "Enabled", false) ? WISH_YES : WISH_NO;
	if (s.running != WISH_NONE)
		s.running = json_flag(was, "Running", false) ? WISH_YES : WISH_NO;
	add_changes(&changes, &s, &seen);
	if (changes.len == 0) {
		a->call.host->set_effect(a->call.op, HD_EFFECT_NONE);
		status = HD_OK;
	} else {
		status = start(a, &s, &changes, "delete");
	}
	str_release(&changes);
	return status;
}

static void fill_failure(struct ask *a, const struct op_report *r)
{
	fault_set(&a->fault, HD_FATAL, DIAG_SSH_SERVICE,
		  r->phase == OP_TIMED_OUT ? "systemctl took too long"
					   : "systemctl ended with an error");
	op_detail_tail(&a->fault, r);
	fault_hint(&a->fault, "`systemctl status` and `journalctl -u` on the host say more");
}

/* How the unit is now is handed over. */
static int failed(struct ask *a, const struct op_report *r, const struct service *s)
{
	struct seen seen;
	bool known = look(a, s, &seen) == 0 && seen.loaded;
	json_t *state = known ? state_of(a, s, &seen) : NULL;

	if (known)
		ask_set_natural_id(a, s->name);
	if (r->phase == OP_LOST || r->phase == OP_GONE)
		return op_lost(a, r, state);
	if (known)
		ask_hand_over(a, state);
	fill_failure(a, r);
	a->fault.effect = known ? HD_EFFECT_PARTIAL : HD_EFFECT_NONE;
	return ask_say(a);
}

static int no_unit(struct ask *a, const struct service *s)
{
	fault_set(&a->fault, HD_FATAL, DIAG_SSH_SERVICE, "there is no such unit on the host");
	fault_detail(&a->fault, "'%s' on %s", s->name, a->host_name);
	a->fault.pointer = "/Name";
	return ask_say(a);
}

static int service_ended(struct ask *a, const struct op_report *r)
{
	const json_t *inputs = json_object_get(a->token, "in");
	struct service s;
	struct seen seen;

	if (service_from(a, inputs ? inputs : ask_declared(a), &s) < 0)
		return ask_say(a);
	if (json_object_get(inputs, "was"))
		json_object_set(a->priv, "was", json_object_get(inputs, "was"));
	if (r->phase != OP_ENDED || r->code != 0)
		return failed(a, r, &s);
	if (strcmp(json_str(a->token, "op", ""), "delete") == 0) {
		a->call.host->set_effect(a->call.op, HD_EFFECT_DONE);
		return HD_OK;
	}
	if (look(a, &s, &seen) < 0)
		return ask_say(a);
	if (!seen.loaded)
		return no_unit(a, &s);
	ask_set_natural_id(a, s.name);
	return ask_done(a, state_of(a, &s, &seen), HD_EFFECT_DONE);
}

static int service_poll(struct ask *a)
{
	return op_settle(a, service_ended);
}

static int service_plan(struct ask *a)
{
	struct service s;

	if (!ask_unknown(a, "") && service_from(a, a->desired, &s) < 0)
		return ask_say(a);
	return HD_OK;
}

static int service_find(struct ask *a)
{
	struct service s = {.enabled = WISH_YES, .running = WISH_YES};
	const char *host;
	struct seen seen;

	if (ask_is_recovery(a) && !ask_is_adoption(a))
		return op_find(a);
	if (!ask_is_adoption(a))
		s.name = ask_name_in_id(a, &host);
	else if (service_from(a, a->recorded, &s) < 0)
		return ask_say(a);
	if (!s.name || !name_valid(s.name))
		return HD_NOTFOUND;
	if (look(a, &s, &seen) < 0)
		return ask_say(a);
	if (!seen.loaded)
		return HD_NOTFOUND;
	keep_was(a, &seen);
	return ask_found(a, s.name, state_of(a, &s, &seen));
}

const struct type type_service = {
	.name = "SSH::Service",
	.read = service_read,
	.create = service_create,
	.update = service_update,
	.remove = service_remove,
	.poll = service_poll,
	.plan = service_plan,
	.find = service_find,
};
