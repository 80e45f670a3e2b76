/* fake_hands.c - see fake_hands.h. */
#include "tests/unit/fake_hands.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"

#define SCRIPTS_MAX 32
#define DONE_MAX 256
#define TEXT_MAX 256
#define ARGS_MAX 4096

struct script {
	char action[32], what[32], answers[32];
	size_t asked, done;
};

struct done {
	char key[65];
};

static struct {
	pthread_mutex_t lock;
	struct script scripts[SCRIPTS_MAX];
	size_t count;
	struct done done[DONE_MAX];
	size_t done_count;
	struct {
		char route[32], json[TEXT_MAX];
	} weights[SCRIPTS_MAX];
	size_t weight_count;
	char args[ARGS_MAX];
	char log[ARGS_MAX];
} hands = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct hd_session {
	const struct hd_host *host;
};

void hands_reset(void)
{
	hands.count = hands.done_count = hands.weight_count = 0;
	hands.log[0] = hands.args[0] = 0;
}

static struct script *script_of(const char *action, const char *what)
{
	struct script *s;

	for (size_t i = 0; i < hands.count; i++) {
		s = &hands.scripts[i];
		if (!strcmp(s->action, action) && !strcmp(s->what, what))
			return s;
	}
	if (hands.count == SCRIPTS_MAX)
		abort();
	s = &hands.scripts[hands.count++];
	memset(s, 0, sizeof(*s));
	snprintf(s->action, sizeof(s->action), "%s", action);
	snprintf(s->what, sizeof(s->what), "%s", what);
	snprintf(s->answers, sizeof(s->answers), ".");
	return s;
}

void hands_script(const char *action, const char *what, const char *answers)
{
	struct script *s = script_of(action, what);

	s->asked = 0;
	snprintf(s->answers, sizeof(s->answers), "%s", answers);
}

size_t hands_done(const char *action, const char *what)
{
	return script_of(action, what)->done;
}

size_t hands_asked(const char *action, const char *what)
{
	return script_of(action, what)->asked;
}

const char *hands_log(void)
{
	return hands.log;
}

const char *hands_args(void)
{
	return hands.args;
}

static char *weights_of(const char *route)
{
	for (size_t i = 0; i < hands.weight_count; i++) {
		if (!strcmp(hands.weights[i].route, route))
			return hands.weights[i].json;
	}
	if (hands.weight_count == SCRIPTS_MAX)
		abort();
	snprintf(hands.weights[hands.weight_count].route, 32, "%s", route);
	snprintf(hands.weights[hands.weight_count].json, TEXT_MAX, "{\"east\":100,\"west\":0}");
	return hands.weights[hands.weight_count++].json;
}

const char *hands_weights(const char *route)
{
	return weights_of(route);
}

void hands_set_weights(const char *route, const char *json)
{
	snprintf(weights_of(route), TEXT_MAX, "%s", json);
}

/* --- the provider ---------------------------------------------------------------------- */

static int fake_open(const struct hd_host *host, struct hd_op *op, struct hd_span config,
		     struct hd_session **out)
{
	struct hd_session *s = xcalloc(1, sizeof(*s));

	(void)op;
	(void)config;
	s->host = host;
	*out = s;
	return HD_OK;
}

static void fake_close(struct hd_session *s)
{
	free(s);
}

static int fake_call(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	(void)s;
	(void)op;
	(void)r;
	return HD_FATAL;
}

static bool done_before(const struct hd_resource *r)
{
	char key[65];

	snprintf(key, sizeof(key), "%.*s", (int)r->idem.len, r->idem.ptr);
	for (size_t i = 0; i < hands.done_count; i++) {
		if (!strcmp(hands.done[i].key, key))
			return true;
	}
	if (hands.done_count == DONE_MAX)
		abort();
	memcpy(hands.done[hands.done_count++].key, key, sizeof(key));
	return false;
}

struct act {
	struct hd_session *s;
	struct hd_op *op;
	json_t *args;
	char action[32], what[32];
};

static void answer(struct act *a, const char *result)
{
	a->s->host->set_result(a->op, (struct hd_span){result, strlen(result)});
}

static void perform(struct act *a)
{
	size_t len = strlen(hands.log);
	const char *weights = "";
	struct arena *arena = arena_new();

	if (!strcmp(a->action, "set-weights"))
		weights = json_text(arena, json_object_get(a->args, "Weights"));
	if (strcmp(a->action, "weights") != 0)
		snprintf(hands.log + len, sizeof(hands.log) - len, "%s %s%s%s|", a->action, a->what,
			 *weights ? " " : "", weights);
	if (*weights)
		hands_set_weights(a->what, weights);
	script_of(a->action, a->what)->done++;
	arena_free(arena);
}

static void hand_over(struct act *a)
{
	char text[TEXT_MAX + 32];

	if (!strcmp(a->action, "weights"))
		snprintf(text, sizeof(text), "{\"Weights\":%s}", weights_of(a->what));
	else if (!strcmp(a->action, "command"))
		snprintf(text, sizeof(text), "{\"ExitCode\":0,\"Stdout\":\"on %s\\n\"}", a->what);
	else
		snprintf(text, sizeof(text), "{\"Status\":200}");
	answer(a, text);
}

static int fail(struct act *a, int status)
{
	struct hd_message m = {.size = sizeof(m), .severity = HD_ERROR};
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "%s failed", a->action);
	m.summary = (struct hd_span){text, strlen(text)};
	a->s->host->diagnose(a->op, &m);
	if (!strcmp(a->action, "command"))
		answer(a, "{\"ExitCode\":3,\"Stdout\":\"\",\"Stderr\":\"no\"}");
	return status;
}

static int pend(struct act *a)
{
	char token[TEXT_MAX];

	snprintf(token, sizeof(token), "{\"action\":\"%s\",\"what\":\"%s\"}", a->action, a->what);
	a->s->host->set_pending(a->op, (struct hd_span){token, strlen(token)}, 1000);
	return HD_PENDING;
}

static int act_locked(struct act *a, const struct hd_resource *r)
{
	struct script *s = script_of(a->action, a->what);
	size_t last = strlen(s->answers) - 1;
	char how = s->answers[s->asked < last ? s->asked : last];

	s->asked++;
	if (how == 'F')
		return fail(a, HD_FATAL);
	if (how == 'U')
		return fail(a, HD_UNREACHABLE);
	if (!done_before(r))
		perform(a);
	if (how == 'P')
		return pend(a);
	if (how == 'L') {
		a->s->host->set_effect(a->op, HD_EFFECT_UNKNOWN);
		return fail(a, HD_RETRY);
	}
	hand_over(a);
	return HD_OK;
}

static const char *thing_of(const json_t *args)
{
	return json_str(args, "Host", json_str(json_object_get(args, "Route"), "RouteName", ""));
}

static int fake_act(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
		    struct hd_span action, struct hd_span args)
{
	struct act a = {.s = s, .op = op};
	int status;

	a.args = json_parse((struct text){args.ptr, args.len}, NULL, NULL);
	snprintf(a.action, sizeof(a.action), "%.*s", (int)action.len, action.ptr);
	snprintf(a.what, sizeof(a.what), "%s", thing_of(a.args));
	pthread_mutex_lock(&hands.lock);
	snprintf(hands.args, sizeof(hands.args), "%.*s", (int)args.len, args.ptr);
	status = act_locked(&a, r);
	pthread_mutex_unlock(&hands.lock);
	json_decref(a.args);
	return status;
}

static int fake_poll(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
		     struct hd_span token)
{
	struct act a = {.s = s, .op = op};
	json_t *j = json_parse((struct text){token.ptr, token.len}, NULL, NULL);

	(void)r;
	snprintf(a.action, sizeof(a.action), "%s", json_str(j, "action", ""));
	snprintf(a.what, sizeof(a.what), "%s", json_str(j, "what", ""));
	json_decref(j);
	pthread_mutex_lock(&hands.lock);
	hand_over(&a);
	pthread_mutex_unlock(&hands.lock);
	return HD_OK;
}

#define NO_TYPES "{\"types\":{}}"
#define ROUTE_TYPES                                                                 \
	"{\"types\":{\"Fake::Route\":{\"version\":1,\"deployable\":false,"          \
	"\"properties\":{\"Name\":{\"type\":\"string\"}},\"actions\":[\"weights\"," \
	"\"set-weights\"]}}}"

#define PROVIDER(provider_name, types)                                                            \
	{                                                                                         \
		.abi = HD_ABI, .size = sizeof(struct hd_provider), .name = provider_name,         \
		.version = "1", .schema = {types, sizeof(types) - 1}, .open = fake_open,          \
		.close = fake_close, .read = fake_call, .create = fake_call, .update = fake_call, \
		.remove = fake_call, .poll = fake_poll, .act = fake_act,                          \
	}

static const struct hd_provider fake_ssh = PROVIDER("ssh", NO_TYPES);
static const struct hd_provider fake_probe = PROVIDER("probe", NO_TYPES);
static const struct hd_provider fake_route = PROVIDER("rest", ROUTE_TYPES);
const struct hd_provider *const hands_builtins[] = {&fake_ssh, &fake_probe, &fake_route, NULL};
