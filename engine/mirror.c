/* mirror.c - when recorded state is committed and pushed: the threads. */
#include "engine/mirror.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "engine/mirror_parts.h"

/* A remote that failed is tried again so much later, as long as the command goes on. */
#define RETRY_MS 10000
/* Between two commits: many instances that end at once need not have one each. */
#define PAUSE_MS 100
/* A remote that is asked for by name of the command; each of its steps has a bound of its own. */
#define PUSH_WAIT_MS (10 * 60 * (int64_t)1000)

struct remote {
	struct mirror *m;
	const char *name;
	pthread_t thread;
	bool running;
	int stop; /* read by the transport */
	/* Guarded by the mirror's lock. */
	char pushed[VCS_ID_LEN + 1];
	char *why; /* it failed; NULL */
	int64_t failing_since_ms, tried_ms, pushed_ms;
	bool down;   /* it failed, not long ago */
	bool failed; /* in this command */
};

struct mirror {
	struct mirror *next; /* of this process */
	size_t users;
	struct arena *a;
	struct mirror_options o;
	struct mirror_settings settings;
	pthread_t thread;
	struct diags failures; /* the writer's, until it is joined */
	struct diags notes;    /* likewise */
	struct remote *remotes;
	size_t remote_count;

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t more;  /* for the threads: something is to be done */
	pthread_cond_t done;  /* for the coordinator */
	struct arena *keys;   /* of `dirty` and `touched` */
	struct map dirty;     /* instances to be written */
	struct map touched;   /* that this command has changed at all */
	bool wide, soon, stopping, ended;
	uint64_t asked, answered; /* requests of the coordinator */
	int64_t due_ms;           /* monotonic */
	char tip[VCS_ID_LEN + 1];
	const char *run;
	json_t *intentions;
	struct mirror_behind behind;
	bool told; /* of what is behind */
};

static int64_t now_ms(void)
{
	return clock_real()->monotonic_ms(clock_real());
}

static int64_t wall_ms(void)
{
	return clock_real()->wall_ms(clock_real());
}

/* False when the time has come. */
static bool wait_until(pthread_cond_t *c, pthread_mutex_t *lock, int64_t at_ms)
{
	struct timespec at = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};

	return pthread_cond_timedwait(c, lock, &at) == 0;
}

static void make_cond(pthread_cond_t *c)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(c, &attributes);
	pthread_condattr_destroy(&attributes);
}

/* --- the repository --- */

struct vcs_repository *mirror_repository(const struct mirror_options *o, bool make, struct diags *d)
{
	struct vcs_repository *r = NULL;
	struct arena *a = arena_new();
	const char *folder = path_dir(a, o->state_path);
	const char *path = path_join(a, folder, "mirror.git");
	enum vcs_found found = vcs_open(o->dir, &r, d);

	if (found == VCS_NOWHERE && (make || file_exists(path)))
		r = file_make_dirs(folder) == 0 ? vcs_open_bare(path, d) : NULL;
	arena_free(a);
	return r;
}

/* --- the writer --- */

static bool open_writer(struct mirror *m, struct mirror_writer *w, struct diags *d)
{
	struct mirror_status status;

	*w = (struct mirror_writer){
		.ref = m->o.settings->ref,
		.project = m->o.settings->project,
		.other = m->o.other_project,
		.notes = &m->notes,
		.command = m->o.command,
		.user = m->o.user,
		.host = m->o.host,
	};
	w->repository = mirror_repository(&m->o, true, d);
	if (w->repository)
		w->db = state_open(m->o.state_path, STATE_READ, clock_real(), d);
	if (!w->db)
		return false;
	w->lineage = state_lineage(w->db, m->a, d);
	mirror_load_status(m->a, m->o.state_path, &status);
	w->base = *status.base ? status.base : NULL;
	return true;
}

/* Takes what is to be written; with the lock. */
static void take_batch(struct mirror *m, struct mirror_batch *out, struct arena *a)
{
	*out = (struct mirror_batch){.wide = m->wide, .run = m->run, .intentions = m->intentions};
	out->items = ARENA_ARRAY(a, m->dirty.live_count, struct rows_key);
	for (size_t i = 0; i < m->dirty.entry_count; i++) {
		if (m->dirty.entries[i].key)
			out->items[out->count++] = *(struct rows_key *)m->dirty.entries[i].value;
	}
	map_release(&m->dirty);
	m->wide = m->soon = false;
}

/* What could not be written is to be written later. */
static void give_back(struct mirror *m, const struct mirror_batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct rows_key *key = ARENA_NEW(m->keys, struct rows_key);

		*key = b->items[i];
		map_set(&m->dirty, text_of(instance_id_text(m->keys, &key->instance)), key);
	}
	m->wide = m->wide || b->wide;
	m->due_ms = now_ms() + MIRROR_LATEST_MS;
}

static void write_batch(struct mirror *m, struct mirror_writer *w, bool all)
{
	struct arena *a = arena_new();
	struct mirror_batch b;
	uint64_t asked;
	int rc;

	take_batch(m, &b, a);
	asked = m->asked;
	pthread_mutex_unlock(&m->lock);
	b.all = all;
	b.wide = b.wide || all;
	diags_release(&m->failures);
	rc = mirror_write(w, &b, &m->failures);
	pthread_mutex_lock(&m->lock);
	if (rc != 0)
		give_back(m, &b);
	else if (w->tip)
		memcpy(m->tip, w->tip, sizeof(m->tip));
	m->answered = asked;
	arena_free(a);
	pthread_cond_broadcast(&m->done);
	pthread_cond_broadcast(&m->more);
}

static bool is_due(const struct mirror *m)
{
	return m->soon || m->asked != m->answered || (m->dirty.live_count && now_ms() >= m->due_ms);
}

static void write_loop(struct mirror *m, struct mirror_writer *w)
{
	pthread_mutex_lock(&m->lock);
	write_batch(m, w, true);
	while (!m->stopping || m->asked != m->answered) {
		if (is_due(m))
			write_batch(m, w, false);
		else
			wait_until(&m->more, &m->lock,
				   m->dirty.live_count ? m->due_ms : now_ms() + MIRROR_LATEST_MS);
	}
	pthread_mutex_unlock(&m->lock);
}

static void *writer_main(void *context)
{
	struct mirror *m = context;
	struct mirror_writer w;

	if (open_writer(m, &w, &m->failures))
		write_loop(m, &w);
	mirror_writer_release(&w);
	state_close(w.db);
	vcs_close(w.repository);
	pthread_mutex_lock(&m->lock);
	m->ended = true;
	pthread_cond_broadcast(&m->done);
	pthread_mutex_unlock(&m->lock);
	return NULL;
}

/* --- remotes --- */

/* With the lock. */
static void note_push(struct remote *r, enum vcs_push result, const char *tip, struct diags *d)
{
	r->tried_ms = wall_ms();
	free(r->why);
	r->why = NULL;
	r->failed = result != VCS_PUSHED;
	if (!r->failed) {
		memcpy(r->pushed, tip, sizeof(r->pushed));
		r->pushed_ms = r->tried_ms;
		r->failing_since_ms = 0;
		r->down = false;
		return;
	}
	r->why = xstrdup(d->first ? d->first->summary : "somebody else pushes all the time");
	if (!r->failing_since_ms)
		r->failing_since_ms = r->tried_ms;
}

static void push_once(struct remote *r, struct vcs_repository *repository, struct diags *d)
{
	struct mirror *m = r->m;
	char tip[VCS_ID_LEN + 1];
	enum vcs_push result;
	struct mirror_behind behind = {.at_ms = 0};
	struct mirror_push p = {
		.repository = repository,
		.ref = m->o.settings->ref,
		.remote = r->name,
		.project = m->o.settings->project,
		.other = m->o.other_project,
		.pushed = r->pushed,
		.stop = &r->stop,
		.behind = &behind,
	};

	memcpy(tip, m->tip, sizeof(tip));
	pthread_mutex_unlock(&m->lock);
	diags_release(d);
	result = mirror_push_to(&p, d);
	pthread_mutex_lock(&m->lock);
	if (*behind.what && !*m->behind.what)
		m->behind = behind;
	if (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED) || result == VCS_PUSHED)
		note_push(r, result, tip, d);
	pthread_cond_broadcast(&m->done);
}

static bool has_to_push(const struct remote *r)
{
	return *r->m->tip && strcmp(r->m->tip, r->pushed) != 0;
}

static void *remote_main(void *context)
{
	struct remote *r = context;
	struct mirror *m = r->m;
	struct diags d = DIAGS_INIT;
	struct vcs_repository *repository = NULL;

	pthread_mutex_lock(&m->lock);
	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
		if (!has_to_push(r)) {
			pthread_cond_wait(&m->more, &m->lock);
			continue;
		}
		if (!repository)
			repository = mirror_repository(&m->o, false, &d);
		if (!repository)
			break;
		push_once(r, repository, &d);
		if (r->failed)
			wait_until(&m->more, &m->lock, now_ms() + RETRY_MS);
	}
	pthread_mutex_unlock(&m->lock);
	vcs_close(repository);
	diags_release(&d);
	return NULL;
}

static void load_remotes(struct mirror *m)
{
	const struct mirror_settings *settings = m->o.settings;
	struct mirror_status status;

	mirror_load_status(m->a, m->o.state_path, &status);
	m->remotes = ARENA_ARRAY(m->a, settings->remote_count, struct remote);
	m->remote_count = settings->remote_count;
	m->behind = status.behind;
	for (size_t i = 0; i < m->remote_count; i++) {
		struct remote *r = &m->remotes[i];
		const struct mirror_remote_status *was;

		was = mirror_remote_of(m->a, &status,
				       mirror_remote_shown(m->a, settings->remotes[i]));
		r->m = m;
		r->name = settings->remotes[i];
		r->failing_since_ms = was->failing_since_ms;
		r->tried_ms = was->tried_ms;
		r->pushed_ms = was->pushed_ms;
		r->down = was->failing_since_ms && wall_ms() - was->tried_ms < MIRROR_DOWN_MS;
		r->why = was->failing_since_ms ? xstrdup(was->why) : NULL;
		if (strlen(was->pushed) == VCS_ID_LEN)
			memcpy(r->pushed, was->pushed, sizeof(r->pushed));
	}
}

/* --- the coordinator's side --- */

static void changed(void *context, const struct instance_id *id, bool settled)
{
	struct mirror *m = context;
	struct rows_key *key;
	const char *text;

	pthread_mutex_lock(&m->lock);
	text = instance_id_text(m->keys, id);
	key = map_find(&m->touched, text_of(text));
	if (!key) {
		key = ARENA_NEW(m->keys, struct rows_key);
		key->of = ROWS_INSTANCE;
		key->instance.stack = arena_strdup(m->keys, id->stack);
		key->instance.account = arena_strdup(m->keys, id->account);
		key->instance.region = arena_strdup(m->keys, id->region);
		map_set(&m->touched, text_of(text), key);
	}
	if (!m->dirty.live_count)
		m->due_ms = now_ms() + MIRROR_LATEST_MS;
	if (settled && m->due_ms > now_ms() + PAUSE_MS)
		m->due_ms = now_ms() + PAUSE_MS;
	map_set(&m->dirty, text_of(text), key);
	pthread_cond_broadcast(&m->more);
	pthread_mutex_unlock(&m->lock);
}

/* Threads of the engine take no signals. */
static void start_threads(struct mirror *m)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&m->thread, NULL, writer_main, m))
		fail_fast("no thread can be made");
	for (size_t i = 0; i < m->remote_count; i++) {
		if (pthread_create(&m->remotes[i].thread, NULL, remote_main, &m->remotes[i]))
			fail_fast("no thread can be made");
		m->remotes[i].running = true;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* An engine within another one has the same state open: they share its mirror. */
static struct mirror *all_mirrors;
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;

static struct mirror *find_mirror(const char *state_path)
{
	struct mirror *m = all_mirrors;

	while (m && strcmp(m->o.state_path, state_path) != 0)
		m = m->next;
	return m;
}

/* The caller's texts may go before the mirror does. */
static void keep_options(struct mirror *m, const struct mirror_options *o)
{
	const char **remotes = ARENA_ARRAY(m->a, o->settings->remote_count, const char *);

	for (size_t i = 0; i < o->settings->remote_count; i++)
		remotes[i] = arena_strdup(m->a, o->settings->remotes[i]);
	m->settings = (struct mirror_settings){true, arena_strdup(m->a, o->settings->ref), remotes,
					       o->settings->remote_count,
					       arena_strdup(m->a, o->settings->project)};
	m->o = (struct mirror_options){
		.settings = &m->settings,
		.dir = arena_strdup(m->a, o->dir),
		.state_path = arena_strdup(m->a, o->state_path),
		.command = arena_strdup(m->a, o->command),
		.user = arena_strdup(m->a, o->user),
		.host = arena_strdup(m->a, o->host),
		.other_project = o->other_project ? arena_strdup(m->a, o->other_project) : NULL,
	};
}

static struct mirror *start(const struct mirror_options *o)
{
	struct mirror *m = xcalloc(1, sizeof(*m));

	m->a = arena_new();
	m->keys = arena_new();
	keep_options(m, o);
	pthread_mutex_init(&m->lock, NULL);
	make_cond(&m->more);
	make_cond(&m->done);
	load_remotes(m);
	start_threads(m);
	m->next = all_mirrors;
	all_mirrors = m;
	return m;
}

struct mirror *mirror_open(const struct mirror_options *o, struct state *s)
{
	struct mirror *m;

	if (!o->settings || !o->settings->on)
		return NULL;
	pthread_mutex_lock(&all_lock);
	m = find_mirror(o->state_path);
	if (!m)
		m = start(o);
	m->users++;
	pthread_mutex_unlock(&all_lock);
	state_on_change(s, changed, m);
	return m;
}

/* True when nobody else has it open. */
static bool leave(struct mirror *m, struct state *s)
{
	struct mirror **at = &all_mirrors;
	bool last;

	state_on_change(s, NULL, NULL);
	pthread_mutex_lock(&all_lock);
	last = --m->users == 0;
	while (last && *at != m)
		at = &(*at)->next;
	if (last)
		*at = m->next;
	pthread_mutex_unlock(&all_lock);
	return last;
}

/* With the lock.  True when all that was asked for is committed. */
static bool await_writer(struct mirror *m, int64_t until_ms)
{
	uint64_t mine = ++m->asked;

	m->wide = true;
	pthread_cond_broadcast(&m->more);
	while (m->answered < mine && !m->ended) {
		if (!wait_until(&m->done, &m->lock, until_ms) && now_ms() >= until_ms)
			return false;
	}
	return m->answered >= mine;
}

static bool is_awaited(const struct remote *r)
{
	return has_to_push(r) && !r->down && !r->failed;
}

/* With the lock. */
static void await_remotes(struct mirror *m, int64_t until_ms)
{
	for (size_t i = 0; i < m->remote_count; i++) {
		while (is_awaited(&m->remotes[i]) && now_ms() < until_ms)
			wait_until(&m->done, &m->lock, until_ms);
	}
}

/* With the lock. */
static void tell_behind(struct mirror *m, struct diags *d, bool refused)
{
	char at[CLOCK_TEXT_LEN] = "";
	struct diag *g;

	clock_format_rfc3339(m->behind.at_ms, at);
	g = (refused ? diag_add : diag_warn)(
		d, DIAG_MIRROR_BEHIND, RANGE_NONE,
		"another machine recorded changes of %s at %s, and the state here does not have "
		"them",
		m->behind.what, at);
	if (refused)
		diag_detail(d, g, "Nothing was changed.");
	diag_hint(d, g, "hadeploy state restore --set-aside takes them over");
	m->told = true;
}

int mirror_intend(struct mirror *m, const char *run, const struct operation *operations,
		  size_t count, struct diags *d)
{
	int64_t until_ms = now_ms() + MIRROR_START_WAIT_MS;
	json_t *intentions, *before;
	bool behind;

	if (!m)
		return 0;
	intentions = mirror_intentions_json(operations, count);
	pthread_mutex_lock(&m->lock);
	m->wide = m->soon = true;
	pthread_cond_broadcast(&m->more);
	before = m->intentions;
	if (before && m->run && strcmp(m->run, run) == 0)
		json_array_extend(intentions, before);
	m->run = arena_strdup(m->a, run);
	m->intentions = intentions;
	if (count && await_writer(m, until_ms))
		await_remotes(m, until_ms);
	/* The writer may still have it, when it was too slow. */
	if (before)
		arena_at_end(m->a, (void (*)(void *))json_decref, before);
	behind = *m->behind.what;
	if (behind)
		tell_behind(m, d, true);
	pthread_mutex_unlock(&m->lock);
	return behind ? -1 : 0;
}

/* --- the end --- */

static void warn(struct diags *d, const struct diags *found)
{
	const struct diag *g = found->first;
	struct diag *w;

	if (!g)
		return;
	w = diag_warn(d, g->code, RANGE_NONE, "%s", g->summary);
	if (g->detail)
		diag_detail(d, w, "%s", g->detail);
	if (g->hint)
		diag_hint(d, w, "%s", g->hint);
}

static void warn_remote(const struct mirror *m, const struct remote *r, struct diags *d)
{
	char since[CLOCK_TEXT_LEN] = "";
	struct diag *w;

	if (!has_to_push(r))
		return;
	w = diag_warn(d, DIAG_MIRROR_PUSH, RANGE_NONE, "the mirror is not pushed to %s",
		      mirror_remote_shown(m->a, r->name));
	if (r->failing_since_ms)
		clock_format_rfc3339(r->failing_since_ms, since);
	diag_detail(d, w, "%s%s%s%s", r->why ? r->why : "It was not done in time.",
		    *since ? " (since " : "", since, *since ? ")" : "");
	diag_hint(d, w, "the next command tries again; hadeploy state mirror push does now");
}

static void save_status(struct mirror *m)
{
	struct mirror_status status;

	mirror_load_status(m->a, m->o.state_path, &status);
	status.behind = m->behind;
	if (*m->tip && !*m->behind.what)
		status.base = m->tip;
	for (size_t i = 0; i < m->remote_count; i++) {
		const struct remote *r = &m->remotes[i];
		struct mirror_remote_status *to;

		to = mirror_remote_of(m->a, &status, mirror_remote_shown(m->a, r->name));
		to->pushed = r->pushed;
		to->pushed_ms = r->pushed_ms;
		to->why = r->why ? r->why : "";
		to->failing_since_ms = r->failing_since_ms;
		to->tried_ms = r->tried_ms;
	}
	mirror_save_status(m->o.state_path, &status);
}

static void join_all(struct mirror *m)
{
	pthread_mutex_lock(&m->lock);
	m->stopping = true;
	for (size_t i = 0; i < m->remote_count; i++)
		__atomic_store_n(&m->remotes[i].stop, 1, __ATOMIC_RELAXED);
	pthread_cond_broadcast(&m->more);
	pthread_mutex_unlock(&m->lock);
	pthread_join(m->thread, NULL);
	for (size_t i = 0; i < m->remote_count; i++)
		pthread_join(m->remotes[i].thread, NULL);
}

static void release(struct mirror *m)
{
	for (size_t i = 0; i < m->remote_count; i++)
		free(m->remotes[i].why);
	pthread_mutex_destroy(&m->lock);
	pthread_cond_destroy(&m->more);
	pthread_cond_destroy(&m->done);
	diags_release(&m->failures);
	diags_release(&m->notes);
	map_release(&m->dirty);
	map_release(&m->touched);
	json_decref(m->intentions);
	arena_free(m->keys);
	arena_free(m->a);
	free(m);
}

/* Which creations have ended was of use as long as the run went on: these files are made anew. */
static void touch_again(struct mirror *m)
{
	for (size_t i = 0; i < m->touched.entry_count; i++) {
		struct map_entry *e = &m->touched.entries[i];

		if (e->key)
			map_set(&m->dirty, (struct text){e->key, e->key_len}, e->value);
	}
}

/* One that was waited for in vain is down as well as one that failed: the next command does not
 * wait for it.  After the threads have ended. */
static void note_late(struct mirror *m)
{
	for (size_t i = 0; i < m->remote_count; i++) {
		struct remote *r = &m->remotes[i];

		if (!is_awaited(r))
			continue;
		r->tried_ms = wall_ms();
		if (!r->failing_since_ms)
			r->failing_since_ms = r->tried_ms;
		free(r->why);
		r->why = xstrdup("it did not take the commit in time");
		r->failed = true;
	}
}

static void finish(struct mirror *m, int64_t wait_ms)
{
	pthread_mutex_lock(&m->lock);
	touch_again(m);
	if (await_writer(m, INT64_MAX / 2))
		await_remotes(m, now_ms() + wait_ms);
	pthread_mutex_unlock(&m->lock);
	join_all(m);
	note_late(m);
	save_status(m);
}

static void tell(struct mirror *m, struct diags *d)
{
	warn(d, &m->notes);
	warn(d, &m->failures);
	for (size_t i = 0; i < m->remote_count; i++)
		warn_remote(m, &m->remotes[i], d);
	if (*m->behind.what && !m->told)
		tell_behind(m, d, false);
}

void mirror_close(struct mirror *m, struct state *s, struct diags *d)
{
	if (!m || !leave(m, s))
		return;
	finish(m, MIRROR_END_WAIT_MS);
	tell(m, d);
	release(m);
}

int mirror_push_now(const struct mirror_options *o, struct state *s, struct diags *d)
{
	struct mirror *m = mirror_open(o, s);
	int rc = 0;

	if (!m || !leave(m, s))
		return 0;
	pthread_mutex_lock(&m->lock);
	for (size_t i = 0; i < m->remote_count; i++)
		m->remotes[i].down = false;
	pthread_mutex_unlock(&m->lock);
	finish(m, PUSH_WAIT_MS);
	tell(m, d);
	if (m->failures.first)
		rc = -1;
	for (size_t i = 0; i < m->remote_count; i++) {
		if (has_to_push(&m->remotes[i]))
			rc = -1;
	}
	release(m);
	return rc;
}
