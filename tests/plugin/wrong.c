/*
 * wrong.c - a provider in memory that keeps the contract, or breaks the rule of it that the
 * config's Fault names: the contract suite must find each.
 *
 *	cc -shared -fPIC -I. -o wrong.so tests/plugin/wrong.c $(pkg-config --libs jansson) -pthread
 */
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "providers/api/provider.h"

#define THINGS_MAX 4096

static const char schema[] =
	"{\"types\": {\"Wrong::Thing\": {\"version\": 1, \"properties\": {"
	"\"Name\": {\"type\": \"string\"}, \"Size\": {\"type\": \"integer\"},"
	"\"Key\": {\"type\": \"string\"}, \"Serial\": {\"type\": \"string\"}},"
	"\"required\": [\"Name\"], \"createOnlyProperties\": [\"/properties/Name\"],"
	"\"writeOnlyProperties\": [\"/properties/Key\"],"
	"\"readOnlyProperties\": [\"/properties/Serial\"], \"ref\": \"/properties/Name\"}}}";

struct thing {
	char name[64], key[64], token[80];
	json_t *state;
	int renamed;
};

struct hd_session {
	const struct hd_host *host;
};

/* The world: it outlives sessions. */
static struct thing things[THINGS_MAX];
static size_t thing_count;
static unsigned sessions;
static char fault[32];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct hd_span span(const char *s)
{
	return (struct hd_span){s, strlen(s)};
}

static int is(const char *name)
{
	return strcmp(fault, name) == 0;
}

static void *idle(void *context)
{
	(void)context;
	pause();
	return NULL;
}

static int wrong_open(const struct hd_host *host, struct hd_op *op, struct hd_span config,
		      struct hd_session **out)
{
	json_t *j = json_loadb(config.ptr, config.len, 0, NULL);
	const char *name = json_string_value(json_object_get(j, "Fault"));
	pthread_t thread;

	(void)op;
	snprintf(fault, sizeof(fault), "%s", name ? name : "");
	json_decref(j);
	sessions++;
	if (is("leak-files"))
		(void)open("/dev/null", O_RDONLY);
	if (is("leak-threads") && pthread_create(&thread, NULL, idle, NULL) == 0)
		pthread_detach(thread);
	*out = calloc(1, sizeof(**out));
	(*out)->host = host;
	return HD_OK;
}

static void wrong_close(struct hd_session *s)
{
	free(s);
}

static int equal(struct hd_span s, const char *text)
{
	return s.len == strlen(text) && (!s.len || memcmp(s.ptr, text, s.len) == 0);
}

static struct thing *by_name(const char *name)
{
	for (size_t i = 0; i < thing_count; i++)
		if (things[i].state && !strcmp(things[i].name, name))
			return &things[i];
	return NULL;
}

static struct thing *by_id(struct hd_span id)
{
	for (size_t i = 0; i < thing_count; i++)
		if (things[i].state && equal(id, things[i].name))
			return &things[i];
	return NULL;
}

static struct thing *by_key(struct hd_span key)
{
	for (size_t i = 0; i < thing_count; i++)
		if (things[i].state && key.len && equal(key, things[i].key))
			return &things[i];
	return NULL;
}

static void hand_over(struct hd_session *s, struct hd_op *op, const struct thing *t)
{
	json_t *shown = json_deep_copy(t->state);
	char *dump, id[80];

	json_object_del(shown, "Key");
	if (is("create-read"))
		json_object_set_new(shown, "Size", json_integer(-1));
	if (is("state-schema"))
		json_object_set_new(shown, "Undeclared", json_true());
	dump = json_dumps(shown, JSON_COMPACT);
	snprintf(id, sizeof(id), "%s%s", t->name, t->renamed ? "-2" : "");
	s->host->set_id(op, span(id));
	s->host->set_state(op, span(dump));
	free(dump);
	json_decref(shown);
}

static void say_secret(struct hd_session *s, struct hd_op *op, const json_t *desired)
{
	const char *secret = json_string_value(json_object_get(desired, "Key"));

	if (is("secrets") && secret)
		s->host->progress(op, span(secret));
}

static struct thing *make(const char *name, struct hd_span key, const json_t *desired)
{
	struct thing *t = &things[thing_count++];

	snprintf(t->name, sizeof(t->name), "%s", name);
	snprintf(t->key, sizeof(t->key), "%.*s", (int)key.len, key.ptr);
	snprintf(t->token, sizeof(t->token), "{\"name\":\"%s\",\"session\":%u}", name, sessions);
	t->state = json_deep_copy(desired);
	json_object_set_new(t->state, "Serial", json_string("s"));
	return t;
}

static int create(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
		  const json_t *desired)
{
	const char *name = json_string_value(json_object_get(desired, "Name"));
	struct thing *t = by_key(r->idem);

	if (t && is("same-key"))
		return HD_EXISTS;
	if (!t && by_name(name) && !is("other-key"))
		return HD_EXISTS;
	if (!t)
		t = make(name, r->idem, desired);
	s->host->set_effect(op, HD_EFFECT_DONE);
	s->host->set_pending(op, span(t->token), 1);
	return HD_PENDING;
}

static int wrong_create(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	json_t *desired = json_loadb(r->desired.ptr, r->desired.len, 0, NULL);
	int status;

	if (is("create"))
		return json_decref(desired), HD_FATAL;
	if (is("threads") && pthread_mutex_trylock(&lock) != 0)
		return json_decref(desired), HD_FATAL;
	if (is("threads"))
		usleep(20000);
	else
		pthread_mutex_lock(&lock);
	say_secret(s, op, desired);
	status = create(s, op, r, desired);
	pthread_mutex_unlock(&lock);
	json_decref(desired);
	return status;
}

static int wrong_poll(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
		      struct hd_span token)
{
	json_t *j = json_loadb(token.ptr, token.len, 0, NULL);
	struct thing *t;

	(void)r;
	pthread_mutex_lock(&lock);
	t = by_name(json_string_value(json_object_get(j, "name")));
	if (is("poll-later") && json_integer_value(json_object_get(j, "session")) != sessions)
		t = NULL;
	if (t)
		hand_over(s, op, t);
	pthread_mutex_unlock(&lock);
	json_decref(j);
	return t ? HD_OK : HD_FATAL;
}

static int wrong_read(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	struct thing *t;
	int status;

	if (is("cancel") && s->host->cancelled(op))
		sleep(2);
	if (is("import") && !r->recorded.len)
		return HD_NOTFOUND;
	pthread_mutex_lock(&lock);
	t = by_id(r->id);
	if (t)
		hand_over(s, op, t);
	status = t ? HD_OK : is("missing-read") || is("remove-read") ? HD_FATAL : HD_NOTFOUND;
	pthread_mutex_unlock(&lock);
	return status;
}

static int wrong_update(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	json_t *desired = json_loadb(r->desired.ptr, r->desired.len, 0, NULL);
	struct thing *t;

	pthread_mutex_lock(&lock);
	say_secret(s, op, desired);
	t = by_id(r->id);
	if (t && !is("update") && !is("update-read"))
		json_object_update(t->state, desired);
	if (t) {
		t->renamed = is("update-id");
		hand_over(s, op, t);
		t->renamed = 0;
	}
	pthread_mutex_unlock(&lock);
	json_decref(desired);
	return t ? HD_OK : is("missing-update") ? HD_OK : HD_NOTFOUND;
}

static int wrong_remove(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	struct thing *t;

	pthread_mutex_lock(&lock);
	t = by_id(r->id);
	if (t && !is("remove")) {
		json_decref(t->state);
		t->state = NULL;
	}
	pthread_mutex_unlock(&lock);
	s->host->set_effect(op, t ? HD_EFFECT_DONE : HD_EFFECT_NONE);
	if (is("remove"))
		return HD_FATAL;
	return t || is("remove-twice") || is("missing-remove") ? HD_OK : HD_NOTFOUND;
}

static int wrong_find(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	json_t *recorded = json_loadb(r->recorded.ptr, r->recorded.len, 0, NULL);
	const char *name = json_string_value(json_object_get(recorded, "Name"));
	struct thing *t;

	pthread_mutex_lock(&lock);
	t = r->idem.len ? by_key(r->idem) : by_name(name ? name : "");
	if ((is("find-key") && r->idem.len) || (is("find-name") && !r->idem.len))
		t = NULL;
	if (t)
		hand_over(s, op, t);
	pthread_mutex_unlock(&lock);
	json_decref(recorded);
	return t ? HD_OK : is("missing-find") ? HD_FATAL : HD_NOTFOUND;
}

static int wrong_list(struct hd_session *s, struct hd_op *op, struct hd_span type,
		      struct hd_span cursor)
{
	(void)type;
	(void)cursor;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < thing_count; i++)
		if (things[i].state && !is("list"))
			s->host->item(op, span(things[i].name), span("{}"));
	pthread_mutex_unlock(&lock);
	return HD_OK;
}

const struct hd_provider *hadeploy_provider(void)
{
	static const struct hd_provider table = {
		.abi = HD_ABI,
		.size = sizeof(table),
		.name = "wrong",
		.version = "1",
		.schema = {schema, sizeof(schema) - 1},
		.open = wrong_open,
		.close = wrong_close,
		.read = wrong_read,
		.create = wrong_create,
		.update = wrong_update,
		.remove = wrong_remove,
		.poll = wrong_poll,
		.find = wrong_find,
		.list = wrong_list,
	};

	return &table;
}
