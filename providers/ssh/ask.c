#include "providers/ssh/ask.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "providers/kit/span.h"
#include "providers/ssh/settings.h"

/* Of what a failed command on the host said. */
#define SAID_LEN 2000

int ask_open(struct ask *a, struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	     struct hd_span token)
{
	*a = (struct ask){.session = s, .r = r};
	a->call = (struct kit_call){s->host, op, r->deadline_ms};
	if (a->call.deadline_ms <= 0)
		a->call.deadline_ms = kit_now_ms(&a->call) + CALL_DEADLINE_MS;
	a->arena = arena_new();
	a->desired = span_json(a->arena, r->desired);
	a->recorded = span_json(a->arena, r->recorded);
	a->token = span_json(a->arena, token);
	a->priv = span_json(a->arena, r->priv);
	if (!json_is_object(a->priv)) {
		json_decref(a->priv);
		a->priv = json_pack("{s:i}", "v", 1);
	}
	return 0;
}

void ask_close(struct ask *a)
{
	json_decref(a->desired);
	json_decref(a->recorded);
	json_decref(a->token);
	json_decref(a->priv);
	fault_release(&a->fault);
	arena_free(a->arena);
}

const json_t *ask_declared(const struct ask *a)
{
	if (json_object_size(a->desired) > 0)
		return a->desired;
	return a->recorded;
}

bool ask_is_recovery(const struct ask *a)
{
	return json_object_size(a->recorded) > 0;
}

const char *ask_text(const struct ask *a, const json_t *object, const char *key)
{
	return settings_text(a->arena, json_object_get(object, key));
}

bool ask_sensitive(const struct ask *a, const char *pointer)
{
	return span_pointers_touch(a->arena, a->r->sensitive, pointer);
}

bool ask_unknown(const struct ask *a, const char *pointer)
{
	return span_pointers_touch(a->arena, a->r->unknown, pointer);
}

static const char *host_name_in_id(const struct ask *a)
{
	const char *host = NULL;

	return ask_name_in_id(a, &host) ? host : NULL;
}

/* The manifest's host of that name; else where the token or the record says it was. */
int ask_find_host(struct ask *a)
{
	const char *name = ask_text(a, ask_declared(a), "Host");

	if (!name)
		name = ask_text(a, a->token, "host");
	if (!name)
		name = host_name_in_id(a);
	if (!name)
		return ask_bad_property(a, "/Host", "it names the host that the resource is on");
	a->host_name = name;
	a->host = host_find(a->session, name);
	if (!a->host && a->token)
		a->host = host_recall(a->session, name, json_object_get(a->token, "place"));
	if (!a->host)
		a->host = host_recall(a->session, name, a->priv);
	if (!a->host)
		return host_unknown(a->session, name, &a->fault);
	return 0;
}

static int run(struct ask *a, struct ssh_request *rq, struct ssh_reply *reply)
{
	rq->call = &a->call;
	return ssh_run(host_link(a->session, a->host), rq, reply, &a->fault);
}

int ask_run(struct ask *a, enum ssh_kind kind, const struct str *script, struct ssh_reply *reply)
{
	struct ssh_request rq = {.kind = kind, .script = str_text(script)};

	return run(a, &rq, reply);
}

int ask_run_body(struct ask *a, const struct str *script, struct text body, struct ssh_reply *reply)
{
	struct ssh_request rq = {.kind = SSH_CHANGES, .script = str_text(script), .body = body};

	return run(a, &rq, reply);
}

static bool says(struct text output, const char *words)
{
	return output.len > 0 && memmem(output.ptr, output.len, words, strlen(words)) != NULL;
}

int ask_host_fault(struct ask *a, const char *what, struct text output)
{
	struct fault *f = &a->fault;
	struct text said = text_trim(output);

	if (said.len > SAID_LEN)
		said = (struct text){said.ptr + said.len - SAID_LEN, SAID_LEN};
	if (says(output, "No space left on device") || says(output, "Disk quota exceeded")) {
		fault_set(f, HD_FATAL, DIAG_SSH_DISK_FULL, "disk full on the host: %s", what);
		fault_hint(f, "make room there and apply again; nothing was left half written");
	} else {
		fault_set(f, HD_FATAL, DIAG_SSH_HOST_COMMAND, "%s did not succeed on the host",
			  what);
		if (says(output, "ermission denied") || says(output, "not permitted"))
			fault_hint(f,
				   "the user lacks the right: set `Become: sudo` for the host or "
				   "the ssh provider, or log in as another user");
		else if (says(output, "o such file") || says(output, "nonexistent"))
			fault_hint(f, "is its directory missing? An SSH::Directory makes it, and "
				      "`!Ref` to that in Path orders the two");
		else if (says(output, "Read-only file system"))
			fault_hint(f, "the file system there is mounted read-only");
	}
	fault_detail(f, "%.*s", TEXT_ARG(said));
	return -1;
}

int ask_bad_property(struct ask *a, const char *pointer, const char *fmt, ...)
{
	va_list ap;

	fault_set(&a->fault, HD_FATAL, DIAG_SSH_PROPERTY, "property '%s' cannot be used",
		  pointer + 1);
	va_start(ap, fmt);
	str_vprintf(&a->fault.detail, fmt, ap);
	va_end(ap);
	a->fault.pointer = pointer;
	return -1;
}

int ask_say(struct ask *a)
{
	return fault_say(&a->call, &a->fault);
}

void ask_hand_over(struct ask *a, json_t *state)
{
	struct str text = STR_INIT;

	json_canonical(state, &text);
	a->call.host->set_state(a->call.op, span_of_str(&text));
	str_clear(&text);
	host_remember(a->host, a->priv);
	json_canonical(a->priv, &text);
	a->call.host->set_private(a->call.op, span_of_str(&text));
	str_release(&text);
	json_decref(state);
}

int ask_done(struct ask *a, json_t *state, int effect)
{
	ask_hand_over(a, state);
	a->call.host->set_effect(a->call.op, effect);
	return HD_OK;
}

void ask_set_natural_id(struct ask *a, const char *name)
{
	struct str id = STR_INIT;

	str_printf(&id, "%s:%s", a->host_name, name);
	a->call.host->set_id(a->call.op, span_of_str(&id));
	str_release(&id);
}

const char *ask_name_in_id(const struct ask *a, const char **host)
{
	char *id = span_cstr(a->arena, a->r->id);
	char *colon = strchr(id, ':');

	if (!colon || colon == id || colon[1] == '\0')
		return NULL;
	*colon = '\0';
	*host = id;
	return colon + 1;
}

int ask_found(struct ask *a, const char *name, json_t *state)
{
	ask_set_natural_id(a, name);
	return ask_done(a, state, HD_EFFECT_NONE);
}

bool ask_is_adoption(const struct ask *a)
{
	return ask_is_recovery(a) && a->r->idem.len == 0 && a->r->id.len == 0;
}
