/* conduct_bench.c - see conduct_bench.h. */
#include "tests/unit/conduct_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/documented_events.h"

#define DEEDS_MAX 4096
#define STEP_MS 100
#define PASSES_MAX 20000 /* nothing waits as long as that */

/* --- the world ---------------------------------------------------------------------- */

struct deed {
	char name[64], key[40];
	bool done;
};

static struct world {
	struct deed deeds[DEEDS_MAX];
	size_t count;
	size_t order[DEEDS_MAX], done;
} * world;

static struct deed *deed_of(const char *name, const char *key)
{
	struct deed *d;

	for (size_t i = 0; i < world->count; i++) {
		d = &world->deeds[i];
		if (!strcmp(d->name, name) && !strcmp(d->key, key))
			return d;
	}
	assert_true(world->count < DEEDS_MAX);
	d = &world->deeds[world->count++];
	snprintf(d->name, sizeof(d->name), "%s", name);
	snprintf(d->key, sizeof(d->key), "%s", key);
	return d;
}

size_t world_begun(const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < world->count; i++)
		count += !strcmp(world->deeds[i].name, name);
	return count;
}

size_t world_done(const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < world->count; i++)
		count += !strcmp(world->deeds[i].name, name) && world->deeds[i].done;
	return count;
}

const char *world_order(struct conduct_bench *c)
{
	struct str s = STR_INIT;
	const char *kept;

	for (size_t i = 0; i < world->done; i++)
		str_printf(&s, "%s%s", i ? " " : "", world->deeds[world->order[i]].name);
	kept = arena_strdup(c->b.a, str_cstr(&s));
	str_release(&s);
	return kept;
}

/* --- the driver ---------------------------------------------------------------------- */

static const char *command_of(const struct step_run *s)
{
	return json_str(s->spec->values, "Command", "ok");
}

static const char *name_of(const struct step_run *s)
{
	return s->direction == STEP_BACK ? arena_printf(s->arena, "%s-back", s->step->path)
					 : s->step->path;
}

static int64_t takes_ms(const char *command)
{
	int64_t ms = STEP_MS;

	if (!strncmp(command, "take ", 5))
		assert_true(text_to_duration_ms(text_of(command + 5), &ms));
	return ms;
}

static void fake_begin(struct step_run *s)
{
	json_t *memory = json_pack("{s:s}", "Begun", s->key);
	struct job *j;

	if (!s->memory && step_remember(s, memory)) {
		json_decref(memory);
		return;
	}
	json_decref(memory);
	deed_of(name_of(s), s->key);
	if (!strcmp(command_of(s), "hang"))
		return;
	j = step_timer(s);
	dispatch_rest(step_dispatch(s), j, takes_ms(command_of(s)));
}

static bool goes_well(const struct step_run *s)
{
	const char *command = command_of(s);
	int64_t times;

	if (!strcmp(command, "fail"))
		return false;
	if (!strncmp(command, "fail ", 5) && text_to_int64(text_of(command + 5), 0, 1000, &times))
		return world_begun(name_of(s)) > (size_t)times;
	return true;
}

static void fake_event(struct step_run *s, struct job *j, const struct dispatch_event *ev)
{
	struct deed *d = deed_of(name_of(s), s->key);
	const char *command = command_of(s);
	json_t *result = NULL;

	(void)j;
	assert_int_equal(ev->kind, DISPATCH_DUE);
	if (!goes_well(s)) {
		step_over(s, STEP_ENDED_FAILED, NULL, "it broke");
		return;
	}
	if (!d->done)
		world->order[world->done++] = (size_t)(d - world->deeds);
	d->done = true;
	if (!strncmp(command, "result ", 7))
		result = json_pack("{s:s}", "Stdout", command + 7);
	step_over(s, STEP_ENDED_WELL_DONE, result, NULL);
}

static void fake_stop(struct step_run *s)
{
	(void)s;
}

static const struct step_driver plain = {fake_begin, fake_event, fake_stop, false};
static const struct step_driver undoing = {fake_begin, fake_event, fake_stop, true};

/* Http stands for a kind whose driver can undo. */
static const struct step_driver *fake_driver(enum step_kind k)
{
	if (k == STEP_COMMAND)
		return &plain;
	return k == STEP_TRAFFIC || k == STEP_HTTP ? &undoing : NULL;
}

/* --- around a run ---------------------------------------------------------------------- */

static struct conduct_bench *bench_of(struct observer *o)
{
	return container_of(container_of(o, struct bench, observer), struct conduct_bench, b);
}

static void observe(struct observer *o, const struct event *e)
{
	struct conduct_bench *c = bench_of(o);

	if (e->kind != EVENT_JOURNAL)
		return;
	str_printf(&c->told, "%s%s%s|", entry_kind_name(e->entry->kind), *e->entry->step ? " " : "",
		   e->entry->step);
	assert_event_documented(e->entry);
	if (++c->entries == c->dies_after)
		_exit(9);
	if (c->on_entry)
		c->on_entry(c, e->entry);
}

static void pass(void *context, int64_t wait_ms)
{
	struct conduct_bench *c = context;

	assert_true(++c->passes < PASSES_MAX);
	__atomic_add_fetch(&c->b.clock.now_ms, wait_ms > 0 ? wait_ms : 1, __ATOMIC_RELAXED);
	if (c->on_pass)
		c->on_pass(c);
}

void conduct_manifest(struct conduct_bench *c, const char *more)
{
	bench_manifest(
		&c->b,
		arena_printf(
			c->b.a,
			"Project: shop\n"
			"Regions:\n"
			"  east: {Hosts: {e1: {Address: 127.0.0.1, Roles: [web, db]}}}\n"
			"  west: {Hosts: {w1: {Address: 127.0.0.2, Roles: [web, db]}}}\n"
			"HealthChecks:\n"
			"  shop: {Type: HTTP, Url: 'http://x/', Interval: 1s, "
			"HealthyThreshold: 2, UnhealthyThreshold: 2}\n"
			"  primary: {Type: HTTP, Url: 'http://${Host}/', Roles: [db], "
			"Interval: 1s}\n"
			"  alive: {Type: TCP, Address: '${Host}', Port: 22, Interval: 1s}\n"
			"  standby: {Type: POSTGRES, Host: s, User: m, Database: d, Interval: 1s}\n"
			"Runbooks: {go: go.yaml}\n"
			"Stacks: {web: {Template: web.yaml, Targets: [east]}}\n%s",
			more));
}

void conduct_runbook(struct conduct_bench *c, const char *text)
{
	bench_file(&c->b, "go.yaml", text);
}

static int run(struct conduct_bench *c)
{
	const struct conduct_setup setup = {fake_driver, c->preflight, c->primary};
	struct engine *e = bench_engine(&c->b);

	e->idle = (struct engine_idle){pass, c};
	str_clear(&c->told);
	c->passes = c->entries = 0;
	return conduct_with(e, &c->q, &setup, &c->result, &c->b.d);
}

int conduct_go(struct conduct_bench *c)
{
	c->q.resume = NULL;
	return run(c);
}

int conduct_again(struct conduct_bench *c)
{
	return run(c);
}

int conduct_resume(struct conduct_bench *c)
{
	c->q.resume = conduct_id(c);
	assert_non_null(c->q.resume);
	return run(c);
}

bool conduct_dies(struct conduct_bench *c, size_t entries, bool resume)
{
	int status = 0;
	pid_t child;

	if (resume)
		c->q.resume = conduct_id(c);
	diags_release(&c->b.d);
	engine_close(c->b.e);
	c->b.e = NULL;
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		c->dies_after = entries;
		if (!resume)
			c->q.resume = NULL;
		run(c);
		if (!c->entries)
			bench_show(&c->b);
		fflush(stdout);
		engine_close(c->b.e);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	/* Its lease runs out, and keys differ from those of the child. */
	__atomic_add_fetch(&c->b.clock.now_ms, 3600000, __ATOMIC_RELAXED);
	c->b.clock.seed += 977;
	return WEXITSTATUS(status) == 9;
}

/* --- other terminals --------------------------------------------------------------------- */

static struct state *open_state(struct conduct_bench *c)
{
	struct state *s = engine_state_open(c->b.dir, STATE_WRITE, &c->b.clock.base, &c->b.d);

	assert_non_null(s);
	return s;
}

const char *conduct_id(struct conduct_bench *c)
{
	struct state *s = open_state(c);
	struct execution_list list;

	assert_int_equal(journal_load_executions(s, 1, c->b.a, &list, &c->b.d), 0);
	state_close(s);
	return list.count ? list.items[0].id : NULL;
}

void conduct_ask_as(struct conduct_bench *c, const char *user, enum execution_request r,
		    const char *step, const char *text)
{
	struct execution_ask q = {
		.request = r,
		.step = step,
		.reason = "because",
		.text = text,
		.by = {.user = user, .host = "desk", .command = "runbook"},
	};
	const char *id = conduct_id(c);
	struct state *s = open_state(c);

	assert_int_equal(journal_ask(s, id, &q, &c->b.d), 0);
	state_close(s);
}

void conduct_ask(struct conduct_bench *c, enum execution_request r, const char *step,
		 const char *text)
{
	conduct_ask_as(c, "ann", r, step, text);
}

void conduct_saw_healthy(struct conduct_bench *c, const char *check, const char *region)
{
	struct clock *clock = &c->b.clock.base;
	const struct check_sample sample = {.check = check,
					    .region = region,
					    .at_ms = clock->wall_ms(clock),
					    .healthy = true,
					    .detail = "",
					    .values = ""};
	struct state *s = open_state(c);

	assert_int_equal(journal_put_samples(s, &sample, 1, &c->b.d), 0);
	state_close(s);
}

struct journal_list conduct_journal(struct conduct_bench *c)
{
	const char *id = conduct_id(c);
	struct state *s = open_state(c);
	struct journal_list list = {NULL, 0};
	struct execution_list rows;

	assert_int_equal(journal_load_execution(s, id, c->b.a, &rows, &c->b.d), 0);
	assert_int_equal(
		journal_load_entries(s, &(struct journal_part){id, 0}, c->b.a, &list, &c->b.d), 0);
	assert_int_equal(journal_broken_at(&list, rows.items[0].head), 0);
	state_close(s);
	return list;
}

static struct execution_story story(struct conduct_bench *c)
{
	struct journal_list list = conduct_journal(c);
	const char *id = conduct_id(c);
	struct state *s = open_state(c);
	struct execution_list rows;
	struct execution_story out;

	assert_int_equal(journal_load_execution(s, id, c->b.a, &rows, &c->b.d), 0);
	execution_story(c->b.a, &rows.items[0], &list, &out);
	state_close(s);
	return out;
}

enum execution_status conduct_status(struct conduct_bench *c)
{
	return story(c).row.status;
}

enum step_status conduct_step_status(struct conduct_bench *c, const char *path)
{
	struct execution_story s = story(c);
	const struct step_story *step = story_step(&s, path);

	assert_non_null(step);
	return step->status;
}

bool conduct_told(const struct conduct_bench *c, const char *what)
{
	return strstr(str_cstr(&c->told), what) != NULL;
}

/* --- setup ----------------------------------------------------------------------------------- */

int conduct_setup_bench(void **state)
{
	static struct conduct_bench c;

	memset(&c, 0, sizeof(c));
	bench_open(&c.b);
	c.b.observer.event = observe;
	if (!world)
		world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(world, 0, sizeof(*world));
	bench_template(&c.b, "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a}}}\n");
	conduct_manifest(&c, "");
	c.q.runbook = "go";
	*state = &c;
	return 0;
}

int conduct_teardown_bench(void **state)
{
	struct conduct_bench *c = *state;

	str_release(&c->told);
	bench_close(&c->b);
	return 0;
}
