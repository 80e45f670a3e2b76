/* ask.c - calls, and the things that they make. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/contract/contract.h"

#define TRIES 6
#define END_MS 120000
#define WAIT_MAX_MS 1000

static const char *const names[] = {
	[HD_OK] = "HD_OK",
	[HD_PENDING] = "HD_PENDING",
	[HD_RETRY] = "HD_RETRY",
	[HD_THROTTLED] = "HD_THROTTLED",
	[HD_CONFLICT] = "HD_CONFLICT",
	[HD_NOTFOUND] = "HD_NOTFOUND",
	[HD_EXISTS] = "HD_EXISTS",
	[HD_CANCELLED] = "HD_CANCELLED",
	[HD_FATAL] = "HD_FATAL",
	[HD_UNREACHABLE] = "HD_UNREACHABLE",
};

const char *status_name(int status)
{
	return status >= 0 && (size_t)status < ARRAY_LEN(names) ? names[status] : "no status";
}

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

struct sink {
	const char *secret;
	bool leaked;
};

static void hear(void *context, const char *text)
{
	struct sink *s = context;

	if (s->secret && strstr(text, s->secret))
		s->leaked = true;
}

static bool says(const struct diags *d, const char *secret)
{
	for (const struct diag *g = d->first; g && secret; g = g->next) {
		if (strstr(g->summary, secret) || (g->detail && strstr(g->detail, secret)) ||
		    (g->hint && strstr(g->hint, secret)))
			return true;
	}
	return false;
}

static struct call call_of(struct suite *s, const struct question *q, struct arena *a)
{
	struct call c = {
		.kind = q->kind,
		.table = s->table,
		.session = s->session,
		.schema_version = schema_version(q->type->schema),
		.address = "contract/region/Thing",
		.type = q->type->name,
		.id = q->id,
		.idem = q->idem,
		.token = q->token,
		.where = RANGE_NONE,
	};

	if (q->desired)
		c.desired = json_text(a, q->desired);
	if (q->recorded)
		c.recorded = json_text(a, q->recorded);
	if (q->action) {
		c.what = q->action;
		c.args = json_text(a, q->args);
	}
	if (q->changed)
		c.changed = json_text(a, q->changed);
	if (q->type->secret)
		c.sensitive = arena_printf(a, "[\"%s\"]", q->type->secret);
	if (q->priv)
		c.private_bytes = str_text(q->priv);
	return c;
}

void suite_ask(struct suite *s, const struct question *q, struct outcome *out)
{
	struct arena *a = arena_new();
	int cancel = q->cancelled;
	struct sink sink = {q->secret, false};
	struct call_context around = {.clock = clock_real(), .cancel = &cancel};
	struct call c = call_of(s, q, a);

	around.progress = hear;
	around.sink = &sink;
	call_run(&c, &around, out);
	if (q->secret)
		expect(s, q->type, "secrets", !sink.leaked && !says(&out->diags, q->secret),
		       "the secret in no message and no progress", "it was said by %s",
		       call_name(q->kind));
	arena_free(a);
}

static void pause_ms(int64_t ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};

	nanosleep(&t, NULL);
}

static int64_t now_ms(void)
{
	return clock_real()->monotonic_ms(clock_real());
}

/* Of what is being created the engine gives what it was to become. */
static void poll_to_the_end(struct suite *s, const struct question *q, struct outcome *out)
{
	int64_t end_ms = now_ms() + END_MS;
	json_t *intended = q->kind == CALL_CREATE ? suite_recordable(q->type, q->desired) : NULL;

	while (out->status == HD_PENDING && now_ms() < end_ms) {
		char *token = copy(out->token);
		struct question next = *q;

		pause_ms(out->wait_ms > WAIT_MAX_MS ? WAIT_MAX_MS : out->wait_ms);
		next.kind = CALL_POLL;
		next.desired = NULL;
		if (intended)
			next.recorded = intended;
		next.token = token;
		outcome_release(out);
		suite_ask(s, &next, out);
		free(token);
	}
	json_decref(intended);
}

void suite_ask_all(struct suite *s, const struct question *q, char **first_token,
		   struct outcome *out)
{
	for (int tries = 0; tries < TRIES; tries++) {
		if (tries) {
			outcome_release(out);
			pause_ms(tries * 100);
		}
		suite_ask(s, q, out);
		if (out->status == HD_PENDING && first_token && !*first_token)
			*first_token = copy(out->token);
		poll_to_the_end(s, q, out);
		if (!retry_is_passing(out->status) && out->status != HD_CONFLICT)
			return;
	}
}

struct hd_session *suite_session(struct suite *s)
{
	struct call_settings settings = {s->config, NULL};
	struct call_context around = {.clock = clock_real()};
	struct diags d = DIAGS_INIT;
	struct hd_session *session = call_open(s->table, &settings, &around, &d);

	if (!session)
		fprintf(stderr, "FAIL %s: open(): %s\n", s->provider,
			d.first ? d.first->summary : "no session");
	diags_release(&d);
	return session;
}

unsigned suite_number(struct suite *s)
{
	unsigned number;

	pthread_mutex_lock(&s->lock);
	number = ++s->serial;
	pthread_mutex_unlock(&s->lock);
	return number;
}

char *suite_key(struct suite *s)
{
	char key[64];

	snprintf(key, sizeof(key), "%s%08x", s->run, suite_number(s));
	return strdup(key);
}

/* --- things --- */

json_t *suite_recordable(const struct type_spec *t, const json_t *desired)
{
	json_t *j = json_deep_copy(desired);

	if (t->secret)
		json_drop(j, text_of(t->secret));
	return j;
}

const char *thing_secret(const struct thing *t)
{
	const json_t *j = t->type->secret ? json_at(t->desired, text_of(t->type->secret)) : NULL;

	return json_string_value(j);
}

static void keep(struct thing *t, const struct outcome *o)
{
	if (o->id) {
		free(t->id);
		t->id = copy(o->id);
	}
	if (o->state) {
		free(t->state);
		t->state = copy(o->state);
	}
	if (o->has_private) {
		str_clear(&t->priv);
		str_add_text(&t->priv, o->private_bytes);
	}
}

int thing_make_with(struct suite *s, const struct type_spec *t, json_t *desired, const char *key,
		    struct thing *out)
{
	struct question q = {.kind = CALL_CREATE, .type = t, .desired = desired, .idem = key};
	struct outcome o;
	int status;

	*out = (struct thing){.type = t, .desired = desired, .key = copy(key)};
	q.secret = thing_secret(out);
	suite_ask_all(s, &q, &out->first_token, &o);
	keep(out, &o);
	status = (int)o.status;
	outcome_release(&o);
	return status;
}

int thing_make(struct suite *s, const struct type_spec *t, struct thing *out)
{
	char *key = suite_key(s);
	int status = thing_make_with(s, t, spec_properties(t->create, suite_number(s)), key, out);

	free(key);
	return status;
}

json_t *thing_recorded(const struct thing *t)
{
	json_t *j = suite_recordable(t->type, t->desired);
	json_t *state = t->state ? json_parse(text_of(t->state), NULL, NULL) : NULL;

	json_object_update(j, state);
	if (t->type->secret)
		json_drop(j, text_of(t->type->secret));
	json_decref(state);
	return j;
}

static int ask_about(struct suite *s, const struct thing *t, enum call_kind kind,
		     struct outcome *out)
{
	json_t *recorded = thing_recorded(t);
	char *key = suite_key(s);
	struct question q = {
		.kind = kind,
		.type = t->type,
		.id = t->id,
		.recorded = recorded,
		.priv = &t->priv,
		.secret = thing_secret(t),
		.idem = kind == CALL_READ ? NULL : key,
	};

	suite_ask_all(s, &q, NULL, out);
	json_decref(recorded);
	free(key);
	return (int)out->status;
}

int thing_read(struct suite *s, const struct thing *t, struct outcome *out)
{
	return ask_about(s, t, CALL_READ, out);
}

int thing_remove(struct suite *s, const struct thing *t, struct outcome *out)
{
	return ask_about(s, t, CALL_REMOVE, out);
}

void thing_release(struct thing *t)
{
	json_decref(t->desired);
	free(t->id);
	free(t->state);
	free(t->key);
	free(t->first_token);
	str_release(&t->priv);
	*t = (struct thing){.desired = NULL};
}
