/* together.c - many at once, sessions that end, calls that are cancelled, what is left behind. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/contract.h"

#define THREADS 8
/* How long a call may take when cancelled() says so; the best of a few, as machines are busy. */
#define CANCEL_MS 1000
#define CANCEL_TRIES 3

/* --- threads --- */

struct worker {
	struct suite *s;
	const struct type_spec *t;
	pthread_t thread;
};

static void *live(void *context)
{
	struct worker *w = context;
	struct thing thing;
	struct outcome o;
	int status = thing_make(w->s, w->t, &thing);

	if (expect(w->s, w->t, "threads", status == HD_OK && thing.id, "HD_OK from create", "%s",
		   status_name(status))) {
		status = thing_read(w->s, &thing, &o);
		expect(w->s, w->t, "threads", status == HD_OK, "HD_OK from read", "%s",
		       status_name(status));
		outcome_release(&o);
		status = thing_remove(w->s, &thing, &o);
		expect(w->s, w->t, "threads", status == HD_OK, "HD_OK from remove", "%s",
		       status_name(status));
		outcome_release(&o);
	}
	thing_release(&thing);
	return NULL;
}

void check_threads(struct suite *s, const struct type_spec *t)
{
	struct worker workers[THREADS];

	/* Where there can be only one, eight would wait for each other. */
	if (!wanted(s, "threads") || is_excepted(t, "threads"))
		return;
	for (size_t i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.s = s, .t = t};
		if (pthread_create(&workers[i].thread, NULL, live, &workers[i]))
			abort();
	}
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
}

/* --- sessions --- */

static void reopen(struct suite *s)
{
	s->table->close(s->session);
	s->session = suite_session(s);
	if (!s->session)
		exit(1);
}

/* A token is recorded, and may be polled by the next process. */
void check_sessions(struct suite *s, const struct type_spec *t)
{
	char *key = suite_key(s), *token = NULL;
	json_t *desired = spec_properties(t->create, suite_number(s));
	json_t *recorded = suite_recordable(t, desired);
	struct question q = {.kind = CALL_CREATE, .type = t, .desired = desired, .idem = key};
	struct thing thing = {.type = t, .desired = desired, .key = key};
	struct outcome o;

	suite_ask(s, &q, &o);
	if (t->pending)
		expect(s, t, "poll-later", o.status == HD_PENDING, "HD_PENDING", "%s",
		       status_name((int)o.status));
	if (o.status == HD_PENDING) {
		token = strdup(o.token);
		reopen(s);
		outcome_release(&o);
		q = (struct question){.kind = CALL_POLL,
				      .type = t,
				      .recorded = recorded,
				      .idem = key,
				      .token = token};
		suite_ask_all(s, &q, NULL, &o);
		expect(s, t, "poll-later", o.status == HD_OK && o.id && o.state,
		       "HD_OK with id and state from the token of another session", "%s",
		       status_name((int)o.status));
	}
	thing.id = o.id ? strdup(o.id) : NULL;
	thing.state = o.state ? strdup(o.state) : NULL;
	if (o.has_private)
		str_add_text(&thing.priv, o.private_bytes);
	outcome_release(&o);
	if (thing.id) {
		thing_remove(s, &thing, &o);
		outcome_release(&o);
	}
	thing_release(&thing);
	json_decref(recorded);
	free(token);
}

/* --- cancelled --- */

static int64_t now_ms(void)
{
	return clock_real()->monotonic_ms(clock_real());
}

static int64_t quickest_ms(struct suite *s, const struct question *q, const char **status)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < CANCEL_TRIES && best > CANCEL_MS; i++) {
		int64_t start = now_ms(), took;
		struct outcome o;

		suite_ask(s, q, &o);
		took = now_ms() - start;
		best = took < best ? took : best;
		*status = status_name((int)o.status);
		outcome_release(&o);
	}
	return best;
}

static void cancel_one(struct suite *s, const struct thing *thing, enum call_kind kind)
{
	bool creates = kind == CALL_CREATE;
	char *key = creates ? strdup(thing->key) : suite_key(s);
	json_t *recorded = thing_recorded(thing);
	const char *status = "";
	struct question q = {
		.kind = kind,
		.type = thing->type,
		.id = creates ? NULL : thing->id,
		.idem = key,
		.desired = creates || kind == CALL_UPDATE ? thing->desired : NULL,
		.recorded = creates ? NULL : recorded,
		.priv = &thing->priv,
		.cancelled = true,
	};
	int64_t took = quickest_ms(s, &q, &status);

	expect(s, thing->type, "cancel", took <= CANCEL_MS, "an end within a second",
	       "%s after %lld ms: %s", call_name(kind), (long long)took, status);
	json_decref(recorded);
	free(key);
}

void check_cancel(struct suite *s, const struct type_spec *t)
{
	static const enum call_kind kinds[] = {CALL_READ, CALL_UPDATE, CALL_REMOVE, CALL_CREATE};
	struct thing thing;
	struct outcome o;

	if (!wanted(s, "cancel"))
		return;
	if (thing_make(s, t, &thing) == HD_OK) {
		for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
			cancel_one(s, &thing, kinds[i]);
		thing_remove(s, &thing, &o);
		outcome_release(&o);
	}
	thing_release(&thing);
}

/* --- leaks --- */

static size_t entries(const char *folder)
{
	DIR *d = opendir(folder);
	size_t count = 0;

	while (d && readdir(d))
		count++;
	if (d)
		closedir(d);
	return count;
}

static void use_once(struct suite *s)
{
	reopen(s);
	for (size_t i = 0; i < s->type_count; i++) {
		struct thing thing;
		struct outcome o;

		if (thing_make(s, &s->types[i], &thing) == HD_OK && thing.id) {
			thing_remove(s, &thing, &o);
			outcome_release(&o);
		}
		thing_release(&thing);
	}
	s->table->close(s->session);
	s->session = NULL;
}

/* What a first use opens for good (a library, a log) is no leak; what each use opens is. */
void check_leaks(struct suite *s)
{
	size_t files, threads;

	if (!wanted(s, "leaks"))
		return;
	use_once(s);
	s->session = suite_session(s);
	if (!s->session)
		exit(1);
	use_once(s);
	files = entries("/proc/self/fd");
	threads = entries("/proc/self/task");
	s->session = suite_session(s);
	if (!s->session)
		exit(1);
	use_once(s);
	expect(s, NULL, "leak-files", entries("/proc/self/fd") <= files, "no more open files",
	       "%zu more", entries("/proc/self/fd") - files);
	expect(s, NULL, "leak-threads", entries("/proc/self/task") <= threads, "no more threads",
	       "%zu more", entries("/proc/self/task") - threads);
	s->session = suite_session(s);
}
