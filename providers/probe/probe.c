/* probe.c - the probe provider's table, its sessions, and the kinds of checks. */
#include "providers/probe/probe_provider.h"

#include <stdlib.h>
#include <string.h>

#include "providers/kit/span.h"
#include "providers/probe/act.h"

#define KEYS_MAX 16

/* Characters only, so that the bytes are one JSON text (without NUL). */
/* clang-format off */
#define PROBE_JSON(...) #__VA_ARGS__

#define PROBE_SCHEMA \
	"{\"types\": {" PROBE_JSON("HAProxy::Route": {"version": 1, "deployable": false, \
	"description": "Servers of an HAProxy backend by region, for Traffic steps.", \
	"properties": { \
		"Socket": {"type": ["string", "array"], "items": {"type": "string"}, \
			"description": "Runtime API: a path, tcp:HOST:PORT, or a list of them"}, \
		"Roles": {"type": "array", "items": {"type": "string"}, \
			"description": "Of the hosts that ${Host} in Socket stands for"}, \
		"Backend": {"type": "string", "description": "Its name in HAProxy"}, \
		"Servers": {"type": "object", "description": "Names of its servers by region", \
			"additionalProperties": {"type": ["string", "array"], \
				"items": {"type": "string"}}}, \
		"Unreachable": {"type": "string", "enum": ["fail", "ignore"], \
			"default": "fail", \
			"description": "ignore: who does not answer is passed over"}}, \
	"additionalProperties": false, \
	"required": ["Socket", "Backend", "Servers"], \
	"primaryIdentifier": ["/properties/Backend"], \
	"actions": {"weights": {}, "set-weights": {}}}) "}}"
/* clang-format on */
static const char probe_schema[] = PROBE_SCHEMA;

static const struct kind {
	const char *name;
	check_fn *check;
	const char *keys[KEYS_MAX]; /* ends with NULL */
} kinds[] = {
	{"HTTP",
	 check_http,
	 {"Url", "Method", "Headers", "Body", "Status", "Contains", "FollowRedirects", "CaFile",
	  "TlsDays"}},
	{"TCP", check_tcp, {"Host", "Address", "Port"}},
	{"COMMAND", check_command, {"Command", "Environment"}},
	{"POSTGRES",
	 check_postgres,
	 {"Host", "Port", "User", "Password", "Database", "SslMode", "CaFile", "Role", "Writable",
	  "MaxLag", "MaxLagBytes", "Query", "Expect"}},
	{"DNS", check_dns, {"Domain", "Server", "Port", "RecordType", "Equals", "Contains"}},
};

/* --- sessions --------------------------------------------------------------------------- */

static void session_close(struct hd_session *s)
{
	http_client_free(s->client);
	http_client_free(s->direct);
	arena_free(s->arena);
	free(s);
}

/* A check's own timeout is the only one. */
static void make_clients(struct hd_session *s)
{
	struct http_settings direct = {.proxy = "", .connect_ms = CHECK_TIMEOUT_MS_MAX};

	s->settings.http.connect_ms = CHECK_TIMEOUT_MS_MAX;
	s->client = http_client_new(&s->settings.http);
	s->direct = http_client_new(&direct);
}

static int session_open(const struct hd_host *engine, struct hd_op *op, struct hd_span config,
			struct hd_session **out)
{
	struct kit_call call = {engine, op, 0};
	struct hd_session *s = xcalloc(1, sizeof(*s));
	struct fault f = FAULT_INIT;
	json_t *json;
	int answer;

	s->host = engine;
	s->arena = arena_new();
	json = span_json(s->arena, config);
	answer = probe_settings_read(s->arena, json, &s->settings, &f);
	json_decref(json);
	if (answer < 0) {
		session_close(s);
		return fault_say(&call, &f);
	}
	make_clients(s);
	*out = s;
	return HD_OK;
}

/* --- checks ----------------------------------------------------------------------------- */

static const char *list_of_kinds(struct arena *a)
{
	const char *list = kinds[0].name;

	for (size_t i = 1; i < ARRAY_LEN(kinds); i++)
		list = arena_printf(a, "%s%s%s", list, i + 1 < ARRAY_LEN(kinds) ? ", " : " and ",
				    kinds[i].name);
	return list;
}

static int refuse_type(struct check *c, const char *type)
{
	const char *names[ARRAY_LEN(kinds)], *near;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		names[i] = kinds[i].name;
	near = text_nearest(text_of(type), names, ARRAY_LEN(names));
	if (type)
		fault_set(&c->fault, HD_FATAL, DIAG_PROBE_TYPE, "there is no check of type '%s'",
			  type);
	else
		fault_set(&c->fault, HD_FATAL, DIAG_PROBE_TYPE, "a check has no 'Type'");
	fault_detail(&c->fault, "types are %s", list_of_kinds(c->arena));
	if (near)
		fault_hint(&c->fault, "did you mean '%s'?", near);
	return -1;
}

static const struct kind *find_kind(struct check *c)
{
	const char *type = json_str(c->args, "Type", NULL);

	for (size_t i = 0; type && i < ARRAY_LEN(kinds); i++) {
		if (strcmp(type, kinds[i].name) == 0)
			return &kinds[i];
	}
	refuse_type(c, type);
	return NULL;
}

static int carry_out(struct check *c)
{
	const struct kind *k = find_kind(c);

	if (!k)
		return -1;
	c->what = arena_printf(c->arena, "a check of type %s", k->name);
	c->timeout_ms = CHECK_TIMEOUT_MS;
	if (check_keys(c, k->keys) < 0 ||
	    check_number(c, "Timeout", 1, CHECK_TIMEOUT_MS_MAX, &c->timeout_ms) < 0)
		return -1;
	c->started_ms = kit_now_ms(&c->call);
	if (kit_cancelled(&c->call))
		return check_stopped(c);
	return k->check(c);
}

static int answer(struct check *c)
{
	json_t *result = json_object();

	json_object_set_new(result, "Healthy", json_boolean(c->healthy));
	json_object_set_new(result, "Detail", json_string(str_cstr(&c->detail)));
	json_object_set_new(result, "Millis", json_integer(check_passed_ms(c)));
	if (c->said_no)
		json_object_set_new(result, "SaidNo", json_true());
	if (c->unasked)
		json_object_set_new(result, "Asked", json_false());
	if (c->values)
		json_object_set(result, "Values", c->values);
	c->call.host->set_result(c->call.op, span_of(json_text(c->arena, result)));
	json_decref(result);
	return HD_OK;
}

static int session_check(struct hd_session *s, struct hd_op *op, struct hd_span args)
{
	struct check c = {.call = {s->host, op, 0}, .session = s, .arena = arena_new()};
	json_t *json = span_json(c.arena, args);
	int status;

	c.args = json;
	status = carry_out(&c) < 0 ? fault_say(&c.call, &c.fault) : answer(&c);
	str_release(&c.detail);
	json_decref(c.values);
	json_decref(json);
	arena_free(c.arena);
	return status;
}

static int session_lookup(struct hd_session *s, struct hd_op *op, struct hd_span what,
			  struct hd_span args)
{
	struct kit_call call = {s->host, op, 0};
	struct fault f = FAULT_INIT;

	if (text_is(span_text(what), "check"))
		return session_check(s, op, args);
	fault_set(&f, HD_FATAL, DIAG_PROBE_TYPE, "provider probe looks up nothing but checks");
	fault_detail(&f, "asked for '%.*s'", TEXT_ARG(span_text(what)));
	return fault_say(&call, &f);
}

/* --- resources: there are none ------------------------------------------------------------ */

static int no_resource(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	struct kit_call call = {s->host, op, 0};
	struct fault f = FAULT_INIT;

	fault_set(&f, HD_FATAL, DIAG_PROBE_TYPE, "provider probe has no types of resources");
	fault_detail(&f, "'%.*s'", TEXT_ARG(span_text(r->type)));
	return fault_say(&call, &f);
}

static int no_poll(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
		   struct hd_span token)
{
	(void)token;
	return no_resource(s, op, r);
}

const struct hd_provider hadeploy_provider_probe = {
	.abi = HD_ABI,
	.size = sizeof(struct hd_provider),
	.name = "probe",
	.version = "1",
	.schema = {probe_schema, sizeof(probe_schema) - 1},
	.open = session_open,
	.close = session_close,
	.read = no_resource,
	.create = no_resource,
	.update = no_resource,
	.remove = no_resource,
	.poll = no_poll,
	.act = probe_act,
	.lookup = session_lookup,
};
