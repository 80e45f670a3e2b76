#include "engine/simulation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/call.h"
#include "engine/engine_private.h"
#include "engine/recreation.h"
#include "engine/session.h"

#define FOLDER ".hadeploy/simulate"
#define FIRST_MS 1000              /* of the monotonic clock: 0 is no time anywhere */
#define SIMULATION_DURATIONS 20000 /* passed on to every session */

struct simulation {
	struct clock clock;
	const struct simulation *whole; /* of which it is a part; NULL: it is one itself */
	int64_t started_ms;             /* wall clock, when nothing had passed */
	int64_t passed_ms; /* read and written with __atomic: workers look at the clock */
	struct arena *arena;
	const char *folder, *state_path, *cloud_path;
	int lock_fd;
	const char *durations; /* JSON */
	struct clock_fake chance;
	struct long_change longest[LONG_CHANGES];
	size_t longest_count;
};

/* --- time --------------------------------------------------------------------------- */

static int64_t passed_ms(struct clock *c)
{
	return __atomic_load_n(&container_of(c, struct simulation, clock)->passed_ms,
			       __ATOMIC_RELAXED);
}

static int64_t virtual_wall_ms(struct clock *c)
{
	return container_of(c, struct simulation, clock)->started_ms + passed_ms(c);
}

/* The same in every rehearsal, so that it can be repeated; the coordinator's alone.  One that
 * goes on where another ended needs other keys. */
static void repeatable_random(struct clock *c, void *out, size_t len)
{
	struct clock *source = &container_of(c, struct simulation, clock)->chance.base;

	source->random(source, out, len);
}

struct clock *simulation_clock(struct simulation *s)
{
	return &s->clock;
}

void simulation_pass(void *context, int64_t wait_ms)
{
	struct simulation *s = context;

	if (wait_ms > 0)
		__atomic_add_fetch(&s->passed_ms, wait_ms, __ATOMIC_RELAXED);
}

/* --- the folder ----------------------------------------------------------------------- */

struct simulation *simulation_new(enum engine_world world)
{
	struct simulation *s = xcalloc(1, sizeof(*s));

	s->clock = (struct clock){passed_ms, virtual_wall_ms, repeatable_random, passed_ms};
	s->passed_ms = FIRST_MS;
	/* It is now: what is begun behind it is later. */
	s->started_ms = clock_real()->wall_ms(clock_real()) - FIRST_MS;
	clock_fake_init(&s->chance, 0, world == WORLD_SIMULATED_ON ? (uint64_t)s->started_ms : 0);
	s->arena = arena_new();
	s->lock_fd = -1;
	s->durations = "[]";
	return s;
}

struct simulation *simulation_within(struct simulation *whole)
{
	struct simulation *s = simulation_new(WORLD_SIMULATED);
	uint64_t seed;

	repeatable_random(&whole->clock, &seed, sizeof(seed));
	clock_fake_init(&s->chance, 0, seed);
	s->started_ms = virtual_wall_ms(&whole->clock) - FIRST_MS;
	s->whole = whole;
	return s;
}

void simulation_free(struct simulation *s)
{
	if (!s)
		return;
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	arena_free(s->arena);
	free(s);
}

const char *simulation_state_path(const struct simulation *s)
{
	return s->state_path;
}

const char *simulation_path(struct arena *a, const struct manifest *m)
{
	return path_join(a, path_join(a, m->dir, FOLDER), "state.db");
}

static int refuse_folder(const struct simulation *s, int error, struct diags *d)
{
	diag_add(d, DIAG_SIMULATION_FOLDER, RANGE_NONE,
		 "folder '%s' of rehearsals cannot be used: %s", s->folder, strerror(error));
	return -1;
}

static int lock_folder(struct simulation *s, struct diags *d)
{
	const char *path = path_join(s->arena, s->folder, "lock");
	struct diag *g;

	if (file_make_dirs(s->folder) != 0)
		return refuse_folder(s, errno, d);
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0)
		return refuse_folder(s, errno, d);
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return refuse_folder(s, errno, d);
	g = diag_add(d, DIAG_SIMULATION_BUSY, RANGE_NONE,
		     "another rehearsal of this project is going on");
	diag_hint(d, g, "wait for its end; nothing real is touched by either");
	return -1;
}

static int remove_file(const struct simulation *s, const char *path, struct diags *d)
{
	static const char *const parts[] = {"", "-wal", "-shm", "-journal"};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (unlink(arena_printf(s->arena, "%s%s", path, parts[i])) != 0 && errno != ENOENT)
			return refuse_folder(s, errno, d);
	}
	return 0;
}

/* --- what is recorded ------------------------------------------------------------------ */

static json_t *duration_json(const struct duration *x)
{
	json_t *j = json_object(), *samples = json_array();

	for (size_t i = 0; i < x->count; i++)
		json_array_append_new(samples, json_integer(x->samples_ms[i]));
	json_object_set_new(j, "Type", json_string(x->type));
	json_object_set_new(j, "Action", json_string(x->action));
	json_object_set_new(j, "Address", json_string(x->address));
	json_object_set_new(j, "SamplesMs", samples);
	return j;
}

/* Those of single addresses are left out when there are very many: their types' do. */
static int learn_durations(struct simulation *s, struct state *real, struct diags *d)
{
	struct arena *a = arena_new();
	struct duration_list all = {0};
	json_t *list = json_array();
	int rc = state_load_durations(real, a, &all, d);

	for (size_t i = 0; rc == 0 && i < all.count; i++) {
		if (all.count <= SIMULATION_DURATIONS || !*all.items[i].address)
			json_array_append_new(list, duration_json(&all.items[i]));
	}
	s->durations = json_text(s->arena, list);
	json_decref(list);
	arena_free(a);
	return rc;
}

static int copy_state(struct simulation *s, struct engine *e, struct diags *d)
{
	struct clock *clock = clock_real();
	struct state *real = state_open(e->project->manifest->state_path, STATE_READ, clock, d);
	int rc = -1;

	if (!real)
		return -1;
	if (learn_durations(s, real, d) == 0)
		rc = e->options.world == WORLD_SIMULATED_ON && file_exists(s->state_path)
			     ? 0
			     : state_copy(real, s->state_path, d);
	state_close(real);
	return rc;
}

static void tell(struct diags *d)
{
	struct diag *g = diag_note(d, DIAG_SIMULATION, RANGE_NONE,
				   "this is a rehearsal: nothing real is asked or changed");

	diag_detail(d, g,
		    "Provider sim answers all calls, with a state of its own in '" FOLDER "'.");
}

int simulation_begin(struct simulation *s, struct engine *e, struct diags *d)
{
	const char *dir = e->project->manifest->dir;

	if (s->whole) {
		s->folder = s->whole->folder;
		s->state_path = s->whole->state_path;
		s->cloud_path = s->whole->cloud_path;
		s->durations = s->whole->durations;
		return 0;
	}
	s->folder = path_join(s->arena, dir, FOLDER);
	s->state_path = simulation_path(s->arena, e->project->manifest);
	s->cloud_path = path_join(s->arena, s->folder, "sim.db");
	if (lock_folder(s, d) != 0)
		return -1;
	if (e->options.world != WORLD_SIMULATED_ON &&
	    (remove_file(s, s->state_path, d) != 0 || remove_file(s, s->cloud_path, d) != 0))
		return -1;
	if (copy_state(s, e, d) != 0)
		return -1;
	tell(d);
	return 0;
}

static int seed_one(struct engine *e, const struct record *r, struct arena *a, struct diags *d)
{
	const struct provider_entry *entry = registry_entry(e->project->registry, r->provider);
	struct call_context around = engine_call_context(e);
	struct call call = {.kind = CALL_ACT, .where = RANGE_NONE, .what = "seed", .args = "{}"};
	struct outcome out;
	int rc;

	/* Nobody could change it in the world either. */
	if (!entry || !*r->id)
		return 0;
	call.table = entry->table;
	call.session = sessions_get(e->sessions, entry, &r->addr.instance, d);
	if (!call.session)
		return -1;
	call.type = r->type;
	call.id = r->id;
	call.address = address_text(a, &r->addr);
	/* What was made since has its address. */
	call.idem = recreation_abandoned(r) ? arena_printf(a, "%s %s", call.address, r->deposed)
					    : call.address;
	call.recorded = call_recorded_text(a, r->inputs, r->outputs);
	call_run(&call, &around, &out);
	/* A type that nobody knows any more: the run will say so when it is about it. */
	rc = out.status == HD_OK || out.status == HD_FATAL ? 0 : -1;
	if (rc != 0)
		diags_take(d, &out.diags);
	outcome_release(&out);
	return rc;
}

int simulation_seed(struct simulation *s, struct engine *e, struct diags *d)
{
	struct record_list records = {0}, aside = {0};
	struct arena *a = arena_new();
	int rc = 0;

	(void)s;
	if (!engine_state(e, STATE_READ, d) ||
	    state_load_records(e->state, NULL, a, &records, d) != 0 ||
	    recreation_load_abandoned(e->state, NULL, a, &aside, d) != 0)
		rc = -1;
	for (size_t i = 0; rc == 0 && i < records.count; i++)
		rc = seed_one(e, &records.items[i], a, d);
	for (size_t i = 0; rc == 0 && i < aside.count; i++)
		rc = seed_one(e, &aside.items[i], a, d);
	arena_free(a);
	return rc;
}

/* --- settings --------------------------------------------------------------------------- */

const struct manifest_provider *simulation_entry(const struct manifest *m)
{
	static const struct manifest_provider none = {.name = SIMULATION_PROVIDER,
						      .use = SIMULATION_PROVIDER};

	for (size_t i = 0; i < m->provider_count; i++) {
		if (m->providers[i].use && strcmp(m->providers[i].use, SIMULATION_PROVIDER) == 0)
			return &m->providers[i];
	}
	return &none;
}

const char *simulation_config(const struct simulation *s, struct arena *a, const char *settings)
{
	json_t *config = json_parse(text_of(settings), NULL, NULL);
	const char *text;

	json_object_set_new(config, "File", json_string(s->cloud_path));
	json_object_set_new(config, "Rehearsal", json_true());
	json_object_set_new(config, "Durations", json_parse(text_of(s->durations), NULL, NULL));
	text = json_text(a, config);
	json_decref(config);
	return text;
}

/* --- the longest changes ------------------------------------------------------------------ */

void simulation_note(struct simulation *s, const struct event *ev)
{
	size_t at = s->longest_count;

	if (ev->kind != EVENT_SUCCEEDED || !ev->addr || !ev->action)
		return;
	while (at > 0 && s->longest[at - 1].elapsed_ms < ev->elapsed_ms)
		at--;
	if (at == LONG_CHANGES)
		return;
	if (s->longest_count < LONG_CHANGES)
		s->longest_count++;
	memmove(&s->longest[at + 1], &s->longest[at],
		(s->longest_count - 1 - at) * sizeof(s->longest[0]));
	s->longest[at] = (struct long_change){
		.address = address_text(s->arena, ev->addr),
		.action = arena_strdup(s->arena, ev->action),
		.elapsed_ms = ev->elapsed_ms,
	};
}

const struct long_change *simulation_longest(const struct simulation *s, size_t *count)
{
	*count = s->longest_count;
	return s->longest;
}
