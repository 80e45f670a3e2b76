/*
 * engine.c - opens and closes the engine, and what every request starts with.
 */
#include "engine/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "engine/engine_private.h"
#include "engine/mirror.h"
#include "engine/outside.h"
#include "engine/planner.h"
#include "engine/recreate.h"
#include "engine/restore.h"
#include "engine/runbook/journal.h"
#include "engine/session.h"
#include "engine/simulation.h"
#include "engine/tree.h"

static void take_options(struct engine *e, const struct engine_options *o)
{
	e->options = *o;
	if (!e->options.clock)
		e->options.clock = clock_real();
	if (!e->options.parallelism)
		e->options.parallelism = DEFAULT_PARALLELISM;
	if (e->options.parallelism > LIMIT_PARALLELISM)
		e->options.parallelism = LIMIT_PARALLELISM;
	if (!e->options.command)
		e->options.command = "";
}

/* Stacks and regions that can be named because something of them is recorded.  What is
 * wrong with the state is told when it is needed. */
static void find_recorded(struct engine *e)
{
	struct diags ignored = DIAGS_INIT;
	struct instance_list all = {0};
	struct instance_id *ids;
	struct state *s = engine_state_open(e->options.dir, STATE_READ, e->options.clock, &ignored);

	if (s && state_load_instances(s, e->arena, &all, &ignored) == 0) {
		ids = ARENA_ARRAY(e->arena, all.count, struct instance_id);
		for (size_t i = 0; i < all.count; i++)
			ids[i] = all.items[i].id;
		e->options.selection.recorded = ids;
		e->options.selection.recorded_count = all.count;
	}
	state_close(s);
	diags_release(&ignored);
}

/* What runbooks have set is recorded where the records are; in a rehearsal that goes on it is the
 * rehearsal's. */
static const char *overrides_path(const struct engine *e, const struct manifest *m)
{
	const char *path;

	if (e->options.world == WORLD_REAL || e->options.world == WORLD_SIMULATED)
		return m->state_path;
	path = simulation_path(e->arena, m);
	return file_exists(path) ? path : m->state_path;
}

static void find_recorded_changes(void *context, struct manifest *m, struct diags *d)
{
	struct engine *e = context;
	struct diags ignored = DIAGS_INIT;
	struct override_list all = {0};
	struct state *s = state_open(overrides_path(e, m), STATE_READ, e->options.clock, &ignored);

	if (s && journal_load_overrides(s, e->arena, &all, &ignored) == 0) {
		e->options.selection.set = all.items;
		e->options.selection.set_count = all.count;
	}
	recreate_open(e, s, m, d);
	state_close(s);
	diags_release(&ignored);
}

/* Time and all providers are the simulation's from here on. */
static void enter_simulation(struct engine *e)
{
	e->simulation = e->options.world == WORLD_SIMULATED_WITHIN
				? simulation_within(e->options.within->simulation)
				: simulation_new(e->options.world);
	e->options.clock = simulation_clock(e->simulation);
	e->options.selection.simulator = SIMULATION_PROVIDER;
	e->idle = (struct engine_idle){simulation_pass, e->simulation};
}

/* What has to be there before the first request. */
static int settle(struct engine *e, struct diags *d)
{
	struct call_context context = engine_call_context(e);

	if (e->simulation && simulation_begin(e->simulation, e, d) != 0)
		return -1;
	e->sessions = sessions_new(e->project->manifest, &context);
	sessions_simulate(e->sessions, e->simulation);
	e->outside = outside_new(e);
	return e->simulation && e->options.world != WORLD_SIMULATED_WITHIN
		       ? simulation_seed(e->simulation, e, d)
		       : 0;
}

struct engine *engine_open(const struct engine_options *o, struct diags *d)
{
	struct engine *e = xcalloc(1, sizeof(*e));

	take_options(e, o);
	e->arena = arena_new();
	if (o->world != WORLD_REAL)
		enter_simulation(e);
	if (o->selection.stack_count || o->selection.region_count)
		find_recorded(e);
	e->options.selection.found = find_recorded_changes;
	e->options.selection.context = e;
	e->project = project_open(o->dir, o->providers, &e->options.selection, d);
	if (e->project && settle(e, d) == 0) {
		engine_tell_restores_due(e, d);
		return e;
	}
	engine_close(e);
	return NULL;
}

void engine_mirror_end(struct engine *e, struct diags *d)
{
	if (!e)
		return;
	mirror_close(e->mirror, e->state, d);
	e->mirror = NULL;
}

/* Who opened it to look at something else does not tell. */
static void end_mirror_unheard(struct engine *e)
{
	struct diags ignored = DIAGS_INIT;

	engine_mirror_end(e, &ignored);
	diags_release(&ignored);
}

static struct mirror_options mirror_options_of(struct arena *a, const char *command)
{
	struct lock_owner owner = engine_owner(a, clock_real(), command);

	return (struct mirror_options){.command = command, .user = owner.user, .host = owner.host};
}

static void follow(struct engine *e)
{
	const struct manifest *m = e->project->manifest;
	struct mirror_options o = mirror_options_of(e->arena, e->options.command);
	struct mirror_settings settings = m->mirror;

	settings.project = m->project;
	o.settings = &settings;
	o.dir = m->dir;
	o.state_path = m->state_path;
	e->mirror = mirror_open(&o, e->state);
}

struct mirror *engine_mirror_follow(const char *dir, const char *command, struct state *s)
{
	struct arena *a = arena_new();
	struct mirror_options o = mirror_options_of(a, command);
	struct diags ignored = DIAGS_INIT;
	struct mirror_settings settings;
	struct mirror *m = NULL;

	manifest_load_mirror(a, dir, &settings);
	o.settings = &settings;
	o.dir = dir;
	o.state_path = manifest_state_path(a, dir, &ignored);
	if (o.state_path)
		m = mirror_open(&o, s);
	diags_release(&ignored);
	arena_free(a);
	return m;
}

/* Plugins are unloaded with the project: sessions go before it. */
void engine_close(struct engine *e)
{
	if (!e)
		return;
	sessions_close(e->sessions);
	outside_free(e->outside);
	end_mirror_unheard(e);
	state_close(e->state);
	project_close(e->project);
	map_release(&e->snapshots);
	simulation_free(e->simulation);
	arena_free(e->arena);
	free(e);
}

const struct project *engine_project(const struct engine *e)
{
	return e->project;
}

const char *engine_commit(const struct engine *e)
{
	const struct tree *files = e->project->manifest->files;

	return files ? tree_commit(files) : NULL;
}

struct state *engine_state(struct engine *e, enum state_open_mode mode, struct diags *d)
{
	if (e->state && mode == STATE_WRITE && e->state_mode == STATE_READ) {
		state_close(e->state);
		e->state = NULL;
	}
	if (!e->state) {
		e->state = state_open(e->simulation ? simulation_state_path(e->simulation)
						    : e->project->manifest->state_path,
				      mode, e->options.clock, d);
		e->state_mode = mode;
		if (e->simulation && e->state)
			state_relax(e->state);
		else if (e->state && mode == STATE_WRITE)
			follow(e);
	}
	return e->state;
}

struct state *engine_state_open(const char *dir, enum state_open_mode mode, struct clock *clock,
				struct diags *d)
{
	struct arena *a = arena_new();
	struct diags found = DIAGS_INIT;
	const char *path = manifest_state_path(a, dir, &found);
	struct state *s =
		path ? state_open(path, mode, clock ? clock : clock_real(), &found) : NULL;

	diags_keep_sources(&found);
	diags_take(d, &found);
	arena_free(a);
	return s;
}

static const struct eval_outside *outside_for(void *context, const struct instance *i)
{
	const struct engine *e = context;

	return outside_of(e->outside, i);
}

int engine_evaluate(struct engine *e, enum project_purpose purpose, struct diags *d)
{
	const struct lookup_source nothing_known = {NULL, outside_for, e};

	if (e->evaluated && (purpose == PROJECT_LOOK || e->purpose == PROJECT_DEPLOY))
		return 0;
	if (project_evaluate(e->project, &nothing_known, purpose, d) ||
	    outside_check(e->outside, d))
		return -1;
	e->evaluated = true;
	e->purpose = purpose;
	return 0;
}

static bool names_it(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return count == 0;
}

bool engine_selects(const struct engine *e, const struct instance_id *id)
{
	const struct selection *s = &e->options.selection;

	return names_it(s->stacks, s->stack_count, id->stack) &&
	       names_it(s->regions, s->region_count, id->region) &&
	       (!s->account || !strcmp(s->account, id->account));
}

/* Asks once per run of items that belong to the same instance: they are sorted. */
struct filter {
	const struct engine *e;
	const struct instance_id *last;
	bool kept;
};

static bool keeps(struct filter *f, const struct instance_id *id)
{
	const struct engine *e = f->e;

	if (!f->last || instance_id_compare(f->last, id) != 0)
		f->kept = planner_covers(e->project, &e->options.selection, id);
	f->last = id;
	return f->kept;
}

static void keep_selected(const struct engine *e, struct recorded *r)
{
	struct filter f = {e, NULL, false};
	size_t count = 0;

	for (size_t i = 0; i < r->records.count; i++)
		if (keeps(&f, &r->records.items[i].addr.instance))
			r->records.items[count++] = r->records.items[i];
	r->records.count = count;
	f.last = NULL;
	count = 0;
	for (size_t i = 0; i < r->operations.count; i++)
		if (keeps(&f, &r->operations.items[i].addr.instance))
			r->operations.items[count++] = r->operations.items[i];
	r->operations.count = count;
	f.last = NULL;
	count = 0;
	for (size_t i = 0; i < r->instances.count; i++)
		if (keeps(&f, &r->instances.items[i].id))
			r->instances.items[count++] = r->instances.items[i];
	r->instances.count = count;
}

int engine_load(struct engine *e, struct arena *a, struct recorded *out, struct diags *d)
{
	*out = (struct recorded){.hidden = NULL};
	if (state_load_records(e->state, NULL, a, &out->records, d) ||
	    state_load_open_operations(e->state, NULL, a, &out->operations, d) ||
	    state_load_instances(e->state, a, &out->instances, d))
		return -1;
	recreate_hide(e, a, out);
	if (recreate_show(e, a, out, d))
		return -1;
	keep_selected(e, out);
	return 0;
}

struct call_context engine_call_context(const struct engine *e)
{
	return (struct call_context){
		.clock = e->options.clock,
		.interrupts = e->options.interrupts,
		.types = e->project->registry,
	};
}

void engine_tell(struct engine *e, struct event ev)
{
	struct observer *o = e->options.observer;

	if (e->simulation)
		simulation_note(e->simulation, &ev);
	if (!o)
		return;
	ev.wall_ms = e->options.clock->wall_ms(e->options.clock);
	o->event(o, &ev);
}

int engine_interrupts(const struct engine *e)
{
	const int *interrupts = e->options.interrupts;

	int count = interrupts ? __atomic_load_n(interrupts, __ATOMIC_RELAXED) : 0;

	return count > e->asked ? count : e->asked;
}
