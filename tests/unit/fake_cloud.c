/* fake_cloud.c - see fake_cloud.h. */
#include "tests/unit/fake_cloud.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "tests/unit/fake_checks.h"

#define THINGS_MAX 12000
#define BUCKETS 16384
#define RULES_MAX 32
#define CALLS_MAX 60000
#define TEXT_MAX 1024

struct thing {
	char name[64], host[32], key[40];
	char state[TEXT_MAX]; /* JSON */
	bool there;
	int polls;    /* until what happens to it is done */
	bool leaving; /* a pending remove */
	size_t made;
	size_t next; /* of its bucket: index + 1 */
};

#define SNAPSHOTS_MAX 64

struct snapshot {
	char name[64], key[40];
	int polls; /* until it is done */
};

struct call_line {
	enum cloud_op op;
	char name[64];
};

/* Everything is in shared memory: a child that dies leaves it as it was. */
struct cloud {
	pthread_mutex_t lock;
	struct thing things[THINGS_MAX];
	size_t thing_count;
	size_t buckets[BUCKETS]; /* by name: index + 1 of the first */
	struct call_line calls[CALLS_MAX];
	size_t call_count;
	size_t at_once, most_at_once, sessions, serial;
	struct snapshot snapshots[SNAPSHOTS_MAX];
	size_t snapshot_count;
	struct cloud_rule rules[RULES_MAX];
	int passed[RULES_MAX], used[RULES_MAX];
	size_t rule_count;
	char last_recorded[CLOUD_OP_COUNT][TEXT_MAX];
	char last_changed[TEXT_MAX];
	void (*hook)(enum cloud_op op, const char *name);
};

static struct cloud *cloud;

struct hd_session {
	const struct hd_host *host;
};

/* One call with its documents. */
struct asked {
	struct hd_session *s;
	struct hd_op *op;
	const struct hd_resource *r;
	enum cloud_op what;
	json_t *document; /* desired, else recorded */
	char name[64], host[32], key[40];
	struct cloud_rule rule;
	bool ruled;
};

static void lock_up(void)
{
	pthread_mutex_lock(&cloud->lock);
}

/* Between two things that happen, never in the middle of one: the world is no process. */
static void die(void)
{
	lock_up();
	_exit(9);
}

static void unlock(void)
{
	pthread_mutex_unlock(&cloud->lock);
}

static struct hd_span span(const char *s)
{
	return (struct hd_span){s, strlen(s)};
}

static void copy_to(char *to, size_t len, struct hd_span from)
{
	snprintf(to, len, "%.*s", (int)from.len, from.len ? from.ptr : "");
}

static size_t *bucket_of(const char *name)
{
	uint32_t hash = 2166136261u;

	while (*name)
		hash = (hash ^ (unsigned char)*name++) * 16777619u;
	return &cloud->buckets[hash % BUCKETS];
}

static struct thing *find_thing(const char *name, const char *host)
{
	for (size_t at = *bucket_of(name); at; at = cloud->things[at - 1].next) {
		struct thing *t = &cloud->things[at - 1];

		if (!strcmp(t->name, name) && (!host || !strcmp(t->host, host)))
			return t;
	}
	return NULL;
}

static struct thing *make_thing(const struct asked *q)
{
	struct thing *t = find_thing(q->name, q->host);

	if (!t) {
		t = &cloud->things[cloud->thing_count++];
		memset(t, 0, sizeof(*t));
		snprintf(t->name, sizeof(t->name), "%s", q->name);
		snprintf(t->host, sizeof(t->host), "%s", q->host);
		t->next = *bucket_of(t->name);
		*bucket_of(t->name) = cloud->thing_count;
	}
	return t;
}

/* --- rules ------------------------------------------------------------------------ */

static bool fits(const struct cloud_rule *r, const struct asked *q)
{
	return r->op == q->what && (!r->name || text_glob(text_of(r->name), text_of(q->name))) &&
	       (!r->host || !strcmp(r->host, q->host));
}

static void choose_rule(struct asked *q)
{
	for (size_t i = 0; i < cloud->rule_count && !q->ruled; i++) {
		const struct cloud_rule *r = &cloud->rules[i];

		if (!fits(r, q) || (r->times && cloud->used[i] >= r->times))
			continue;
		if (cloud->passed[i] < r->skip) {
			cloud->passed[i]++;
			continue;
		}
		cloud->used[i]++;
		q->rule = *r;
		q->ruled = true;
	}
}

/* --- a call begins and ends -------------------------------------------------------- */

static json_t *parse(struct hd_span s)
{
	return s.len ? json_parse((struct text){s.ptr, s.len}, NULL, NULL) : NULL;
}

static void log_call(struct asked *q)
{
	struct call_line *line = &cloud->calls[cloud->call_count++];

	line->op = q->what;
	snprintf(line->name, sizeof(line->name), "%s", q->name);
	copy_to(cloud->last_recorded[q->what], TEXT_MAX, q->r->recorded);
	if (q->what == CLOUD_UPDATE)
		copy_to(cloud->last_changed, TEXT_MAX, q->r->changed);
	if (++cloud->at_once > cloud->most_at_once)
		cloud->most_at_once = cloud->at_once;
}

/* An import has nothing but "Name@Host". */
static void take_id(struct asked *q)
{
	char *at;

	copy_to(q->name, sizeof(q->name), q->r->id);
	at = strchr(q->name, '@');
	if (!at)
		return;
	*at = '\0';
	snprintf(q->host, sizeof(q->host), "%.31s", at + 1);
}

static void begin(struct asked *q)
{
	q->document = parse(q->r->desired);
	if (!q->document)
		q->document = parse(q->r->recorded);
	snprintf(q->name, sizeof(q->name), "%s", json_str(q->document, "Name", "?"));
	snprintf(q->host, sizeof(q->host), "%s", json_str(q->document, "Host", ""));
	if (!q->document)
		take_id(q);
	copy_to(q->key, sizeof(q->key), q->r->idem);
	lock_up();
	log_call(q);
	choose_rule(q);
	unlock();
	if (cloud->hook)
		cloud->hook(q->what, q->name);
	if (q->ruled && q->rule.trick == CLOUD_DIES_BEFORE)
		die();
}

static int end(struct asked *q, int status)
{
	if (q->ruled && q->rule.trick == CLOUD_DIES_AFTER)
		die();
	lock_up();
	cloud->at_once--;
	unlock();
	json_decref(q->document);
	return status;
}

static void say(struct asked *q, const char *summary, const char *code)
{
	struct hd_message m = {
		.size = sizeof(m),
		.severity = HD_ERROR,
		.pointer = span("/Size"),
		.code = span(code),
		.summary = span(summary),
		.detail = span("the cloud says so"),
	};

	q->s->host->diagnose(q->op, &m);
}

static void hand_id(struct asked *q)
{
	char id[128];

	snprintf(id, sizeof(id), "%s@%s", q->name, q->host);
	q->s->host->set_id(q->op, span(id));
}

static void hand_over(struct asked *q, const struct thing *t)
{
	const struct hd_host *h = q->s->host;

	if (!q->ruled || q->rule.trick != CLOUD_NO_ID)
		hand_id(q);
	h->set_state(q->op, q->ruled && q->rule.trick == CLOUD_BAD_STATE ? span("{nonsense")
									 : span(t->state));
	h->set_private(q->op, span(t->key));
}

/* --- what happens in the world ------------------------------------------------------ */

static void write_state(struct thing *t, json_t *desired)
{
	json_t *state = json_deep_copy(desired);
	const char *secret = json_str(desired, "Secret", NULL);
	struct str text = STR_INIT;

	str_printf(&text, "s-%zu", ++cloud->serial);
	json_object_set_new(state, "Serial", json_string(str_cstr(&text)));
	if (secret) {
		str_clear(&text);
		str_printf(&text, "<%s>", secret);
		json_object_set_new(state, "Echo", json_string(str_cstr(&text)));
	}
	str_clear(&text);
	json_canonical(state, &text);
	snprintf(t->state, sizeof(t->state), "%s", str_cstr(&text));
	str_release(&text);
	json_decref(state);
}

/* The same key gives the same snapshot: its number, from 1. */
static size_t take_snapshot(const struct asked *q)
{
	struct snapshot *p;

	for (size_t i = 0; i < cloud->snapshot_count; i++)
		if (!strcmp(cloud->snapshots[i].key, q->key))
			return i + 1;
	p = &cloud->snapshots[cloud->snapshot_count++];
	snprintf(p->name, sizeof(p->name), "%s", q->name);
	snprintf(p->key, sizeof(p->key), "%s", q->key);
	p->polls = q->ruled ? q->rule.polls : 0;
	return cloud->snapshot_count;
}

static void hand_snapshot(struct asked *q, size_t number)
{
	char json[64];

	snprintf(json, sizeof(json), "{\"SnapshotId\":\"snap-%zu\"}", number);
	if (!q->ruled || q->rule.trick != CLOUD_NO_ID)
		q->s->host->set_result(q->op, span(json));
}

static struct thing *happen(struct asked *q)
{
	struct thing *t = make_thing(q);

	if (q->what == CLOUD_REMOVE) {
		t->leaving = q->ruled && q->rule.polls;
		t->there = t->leaving;
	} else {
		if (q->what == CLOUD_CREATE && strcmp(t->key, q->key) != 0)
			t->made++;
		t->there = true;
		snprintf(t->key, sizeof(t->key), "%s", q->key);
		write_state(t, q->document);
	}
	t->polls = q->ruled ? q->rule.polls : 0;
	return t;
}

static void leak(struct asked *q)
{
	const char *secret = json_str(q->document, "Secret", "?");
	char text[256];

	snprintf(text, sizeof(text), "bad password '%s' given", secret);
	say(q, text, "Leak");
	q->s->host->progress(q->op, span(text));
}

static void hand_token(struct asked *q, const struct thing *t)
{
	char token[256];

	snprintf(token, sizeof(token), "{\"v\":1,\"name\":\"%s\",\"host\":\"%s\",\"polls\":%d}",
		 t->name, t->host, q->what == CLOUD_POLL || q->what == CLOUD_FIND ? 0 : t->polls);
	q->s->host->set_pending(q->op, span(token), q->ruled ? q->rule.wait_ms : 1);
}

static int follow_rule(struct asked *q, struct thing *t)
{
	const struct hd_host *h = q->s->host;

	if (q->rule.status == HD_PENDING) {
		hand_token(q, t);
		return HD_PENDING;
	}
	if (q->rule.status == HD_OK)
		return HD_OK;
	if (q->rule.trick == CLOUD_LEAKS)
		leak(q);
	else
		say(q, q->rule.status == HD_UNREACHABLE ? "the host does not answer" : "it broke",
		    "Broken");
	if (q->rule.trick == CLOUD_HANDS_ID)
		hand_id(q);
	else if (q->rule.effect == HD_EFFECT_PARTIAL)
		hand_over(q, t);
	h->set_effect(q->op, (int)q->rule.effect);
	if (q->rule.wait_ms)
		h->set_retry_after(q->op, q->rule.wait_ms);
	return (int)q->rule.status;
}

static void wait_for_cancel(struct asked *q)
{
	while (!q->s->host->cancelled(q->op))
		sched_yield();
}

static int change(struct asked *q)
{
	struct thing *t;
	int status = HD_OK;

	lock_up();
	t = find_thing(q->name, q->host);
	if (q->what == CLOUD_CREATE && t && t->there && strcmp(t->key, q->key) != 0)
		status = HD_EXISTS;
	else if (q->what != CLOUD_CREATE && (!t || !t->there))
		status = HD_NOTFOUND;
	else if (!q->ruled || q->rule.status == HD_OK || q->rule.happens ||
		 q->rule.status == HD_PENDING)
		t = happen(q);
	else
		t = make_thing(q);
	unlock();
	if (status != HD_OK)
		return end(q, status);
	if (q->ruled && q->rule.trick == CLOUD_WAITS_CANCEL) {
		wait_for_cancel(q);
		q->s->host->set_effect(q->op, (int)q->rule.effect);
		return end(q, HD_CANCELLED);
	}
	if (q->ruled && q->rule.status != HD_OK)
		return end(q, follow_rule(q, t));
	if (q->what != CLOUD_REMOVE)
		hand_over(q, t);
	return end(q, HD_OK);
}

static int cloud_create(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	struct asked q = {.s = s, .op = op, .r = r, .what = CLOUD_CREATE};

	begin(&q);
	return change(&q);
}

static int cloud_update(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	struct asked q = {.s = s, .op = op, .r = r, .what = CLOUD_UPDATE};

	begin(&q);
	return change(&q);
}

static int cloud_remove(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	struct asked q = {.s = s, .op = op, .r = r, .what = CLOUD_REMOVE};

	begin(&q);
	return change(&q);
}

static int cloud_act(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
		     struct hd_span action, struct hd_span args)
{
	struct asked q = {.s = s, .op = op, .r = r, .what = CLOUD_ACT};
	const struct thing *t;
	size_t number = 0;
	char token[64];

	(void)args;
	begin(&q);
	lock_up();
	t = find_thing(q.name, q.host);
	if (action.len != 8 || !t || !t->there)
		q.ruled = false;
	else if (!q.ruled || q.rule.status <= HD_PENDING || q.rule.happens)
		number = take_snapshot(&q);
	unlock();
	if (!t || !t->there)
		return end(&q, HD_NOTFOUND);
	if (q.ruled && q.rule.status == HD_PENDING) {
		snprintf(token, sizeof(token), "{\"snapshot\":%zu}", number);
		s->host->set_pending(op, span(token), q.rule.wait_ms);
		return end(&q, HD_PENDING);
	}
	if (q.ruled && q.rule.status != HD_OK)
		return end(&q, follow_rule(&q, NULL));
	hand_snapshot(&q, number);
	return end(&q, HD_OK);
}

static int poll_snapshot(struct asked *q, size_t number, struct hd_span token)
{
	struct snapshot *p = &cloud->snapshots[number - 1];

	bool waits = q->ruled && q->rule.status == HD_PENDING;

	if (q->ruled && q->rule.status > HD_PENDING)
		return follow_rule(q, NULL);
	if (waits || p->polls-- > 0) {
		q->s->host->set_pending(q->op, token, waits ? q->rule.wait_ms : 1);
		return HD_PENDING;
	}
	hand_snapshot(q, number);
	return HD_OK;
}

static int cloud_read(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	struct asked q = {.s = s, .op = op, .r = r, .what = CLOUD_READ};
	struct thing *t;

	begin(&q);
	if (q.ruled && q.rule.status != HD_OK)
		return end(&q, follow_rule(&q, NULL));
	lock_up();
	t = find_thing(q.name, q.host);
	if (t && t->there)
		hand_over(&q, t);
	unlock();
	return end(&q, t && t->there ? HD_OK : HD_NOTFOUND);
}

static int cloud_find(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	struct asked q = {.s = s, .op = op, .r = r, .what = CLOUD_FIND};
	struct thing *t;
	int status = HD_NOTFOUND;

	begin(&q);
	if (q.ruled && q.rule.status != HD_OK)
		return end(&q, follow_rule(&q, NULL));
	lock_up();
	t = find_thing(q.name, q.host);
	/* Without a key whatever has the name is the one. */
	if (t && t->there && (!*q.key || !strcmp(t->key, q.key))) {
		status = t->polls > 0 ? HD_PENDING : HD_OK;
		if (q.ruled && q.rule.trick == CLOUD_DOUBLES) {
			s->host->item(op, span("one"), span(t->state));
			s->host->item(op, span("two"), span(t->state));
		} else if (status == HD_OK) {
			hand_over(&q, t);
		} else {
			hand_token(&q, t);
		}
	}
	unlock();
	return end(&q, status);
}

static int finish_pending(struct asked *q, struct thing *t)
{
	if (!t->leaving) {
		hand_over(q, t);
		return HD_OK;
	}
	t->there = t->leaving = false;
	return HD_OK;
}

static int cloud_poll(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
		      struct hd_span token)
{
	struct asked q = {.s = s, .op = op, .r = r, .what = CLOUD_POLL};
	json_t *j = parse(token);
	struct thing *t;
	int status;

	begin(&q);
	lock_up();
	t = find_thing(json_str(j, "name", "?"), json_str(j, "host", NULL));
	unlock();
	if (json_int(j, "snapshot", 0)) {
		status = poll_snapshot(&q, (size_t)json_int(j, "snapshot", 0), token);
	} else if (q.ruled && q.rule.status != HD_OK) {
		status = follow_rule(&q, t);
	} else if (t->polls-- > 0) {
		s->host->set_pending(op, token, 1);
		status = HD_PENDING;
	} else {
		status = finish_pending(&q, t);
	}
	json_decref(j);
	return end(&q, status);
}

/* --- the table ---------------------------------------------------------------------- */

static int cloud_open(const struct hd_host *host, struct hd_op *op, struct hd_span config,
		      struct hd_session **out)
{
	struct hd_session *s = xcalloc(1, sizeof(*s));

	(void)op;
	(void)config;
	s->host = host;
	lock_up();
	cloud->sessions++;
	unlock();
	*out = s;
	return HD_OK;
}

static void cloud_close(struct hd_session *s)
{
	free(s);
}

#define PROPERTIES                                                                       \
	"\"properties\":{\"Name\":{\"type\":\"string\"},\"Host\":{\"type\":\"string\"}," \
	"\"Kind\":{\"type\":\"string\"},\"Size\":{\"type\":\"integer\"},"                \
	"\"Note\":{\"type\":\"string\"},\"Secret\":{\"type\":\"string\"},"               \
	"\"Tags\":{\"type\":\"object\"},\"Serial\":{\"type\":\"string\"},"               \
	"\"Echo\":{\"type\":\"string\"}},\"required\":[\"Name\"],"                       \
	"\"createOnlyProperties\":[\"/properties/Name\",\"/properties/Host\","           \
	"\"/properties/Kind\"],\"readOnlyProperties\":[\"/properties/Serial\","          \
	"\"/properties/Echo\"],\"endpointProperty\":\"/properties/Host\","               \
	"\"ref\":\"/properties/Name\""
#define SNAPSHOTS "\"actions\":[\"snapshot\"],"

static const char schema_text[] =
	"{\"types\":{\"Cloud::Thing\":{\"version\":1," SNAPSHOTS PROPERTIES "},"
	"\"Cloud::Bare\":{\"version\":1," PROPERTIES "},"
	"\"Cloud::Slot\":{\"version\":1,\"replacementStrategy\":\"delete_then_create\"," SNAPSHOTS
		PROPERTIES "}}}";

static const struct hd_provider table = {
	.abi = HD_ABI,
	.size = sizeof(struct hd_provider),
	.name = "sim",
	.version = "1",
	.schema = {schema_text, sizeof(schema_text) - 1},
	.open = cloud_open,
	.close = cloud_close,
	.read = cloud_read,
	.create = cloud_create,
	.update = cloud_update,
	.remove = cloud_remove,
	.poll = cloud_poll,
	.find = cloud_find,
	.act = cloud_act,
};
const struct hd_provider *const cloud_builtins[] = {&table, &fake_checks, NULL};

/* --- for tests ---------------------------------------------------------------------- */

void cloud_die(void)
{
	die();
}

void cloud_repair(void)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&cloud->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	cloud->at_once = 0;
}

void cloud_reset(void)
{
	checks_reset();
	if (!cloud)
		cloud = mmap(NULL, sizeof(*cloud), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(cloud, 0, sizeof(*cloud));
	cloud_repair();
}

void cloud_add_rule(const struct cloud_rule *r)
{
	cloud->rules[cloud->rule_count++] = *r;
}

void cloud_drop_rules(void)
{
	cloud->rule_count = 0;
	memset(cloud->passed, 0, sizeof(cloud->passed));
	memset(cloud->used, 0, sizeof(cloud->used));
}

void cloud_set_hook(void (*hook)(enum cloud_op op, const char *name))
{
	cloud->hook = hook;
}

size_t cloud_calls(enum cloud_op op, const char *name_pattern)
{
	size_t count = 0;

	for (size_t i = 0; i < cloud->call_count; i++)
		count += cloud->calls[i].op == op &&
			 text_glob(text_of(name_pattern), text_of(cloud->calls[i].name));
	return count;
}

size_t cloud_first_call(enum cloud_op op, const char *name)
{
	for (size_t i = 0; i < cloud->call_count; i++)
		if (cloud->calls[i].op == op && !strcmp(cloud->calls[i].name, name))
			return i;
	return SIZE_MAX;
}

size_t cloud_count(void)
{
	size_t count = 0;

	for (size_t i = 0; i < cloud->thing_count; i++)
		count += cloud->things[i].there;
	return count;
}

bool cloud_has(const char *name)
{
	const struct thing *t = find_thing(name, NULL);

	return t && t->there;
}

const char *cloud_property(const char *name, const char *property)
{
	static char value[TEXT_MAX];
	const struct thing *t = find_thing(name, NULL);
	json_t *j = t ? json_parse(text_of(t->state), NULL, NULL) : NULL;
	struct str text = STR_INIT;
	const json_t *p = json_object_get(j, property);

	if (json_is_string(p))
		str_add(&text, json_string_value(p));
	else if (p)
		json_canonical(p, &text);
	snprintf(value, sizeof(value), "%s", str_cstr(&text));
	str_release(&text);
	json_decref(j);
	return value;
}

void cloud_meddle(const char *name, const char *property, const char *value)
{
	struct thing *t = find_thing(name, NULL);
	json_t *j = json_parse(text_of(t->state), NULL, NULL);
	struct str text = STR_INIT;

	if (value)
		json_object_set_new(j, property, json_string(value));
	else
		json_object_del(j, property);
	json_canonical(j, &text);
	snprintf(t->state, sizeof(t->state), "%s", str_cstr(&text));
	str_release(&text);
	json_decref(j);
}

void cloud_lose(const char *name)
{
	find_thing(name, NULL)->there = false;
}

void cloud_place(const char *state)
{
	struct asked q = {.what = CLOUD_CREATE};
	json_t *j = json_parse(text_of(state), NULL, NULL);
	struct thing *t;

	snprintf(q.name, sizeof(q.name), "%s", json_str(j, "Name", "?"));
	snprintf(q.host, sizeof(q.host), "%s", json_str(j, "Host", ""));
	t = make_thing(&q);
	t->there = true;
	snprintf(t->key, sizeof(t->key), "theirs");
	snprintf(t->state, sizeof(t->state), "%s", state);
	json_decref(j);
}

size_t cloud_made(const char *name)
{
	const struct thing *t = find_thing(name, NULL);

	return t ? t->made : 0;
}

size_t cloud_snapshots(const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < cloud->snapshot_count; i++)
		count += !strcmp(cloud->snapshots[i].name, name);
	return count;
}

size_t cloud_most_at_once(void)
{
	return cloud->most_at_once;
}

size_t cloud_sessions(void)
{
	return cloud->sessions;
}

const char *cloud_last_recorded(enum cloud_op op)
{
	return cloud->last_recorded[op];
}

const char *cloud_last_changed(void)
{
	return cloud->last_changed;
}
