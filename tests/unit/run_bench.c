/* run_bench.c - see run_bench.h. */
#include "tests/unit/run_bench.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/unit/scratch.h"

/* --- the clock ---------------------------------------------------------------------- */

#define WALL_START_MS 1764000000000

static int64_t bench_monotonic_ms(struct clock *c)
{
	return __atomic_load_n(&((struct bench_clock *)c)->now_ms, __ATOMIC_RELAXED);
}

static int64_t bench_wall_ms(struct clock *c)
{
	return WALL_START_MS + bench_monotonic_ms(c) +
	       __atomic_load_n(&((struct bench_clock *)c)->set_ms, __ATOMIC_RELAXED);
}

static void bench_random(struct clock *c, void *out, size_t len)
{
	struct bench_clock *b = (struct bench_clock *)c;
	unsigned char *bytes = out;

	for (size_t i = 0; i < len; i++) {
		b->seed = b->seed * 6364136223846793005u + 1442695040888963407u;
		bytes[i] = (unsigned char)(b->seed >> 40);
	}
}

static void pass_time(void *context, int64_t wait_ms)
{
	struct bench *b = context;

	assert_true(wait_ms >= 0);
	__atomic_add_fetch(&b->clock.now_ms, wait_ms ? wait_ms : 1, __ATOMIC_RELAXED);
}

/* --- the observer ------------------------------------------------------------------- */

static void count_start(struct bench *b)
{
	b->started++;
	if (b->stop_after && b->started >= b->stop_after)
		__atomic_store_n(&b->interrupts, b->stop_level, __ATOMIC_RELAXED);
}

static void note_step(struct bench *b, const struct event *e)
{
	static const struct {
		enum event_kind kind;
		const char *word;
	} words[] = {
		{EVENT_WAVE, "wave"},          {EVENT_INSTANCE_STARTED, "start"},
		{EVENT_INSTANCE_ENDED, "end"}, {EVENT_BAKING, "bake"},
		{EVENT_CHECK, "check"},        {EVENT_GATE, "gate"},
		{EVENT_ROLLING_BACK, "back"},
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (words[i].kind != e->kind)
			continue;
		str_add(&b->steps, words[i].word);
		if (e->kind == EVENT_WAVE)
			str_printf(&b->steps, " %s", e->wave ? e->wave : "-");
		else if (e->instance && *e->instance->region)
			str_printf(&b->steps, " %s", instance_id_text(a, e->instance));
		if (e->text)
			str_printf(&b->steps, " %s", e->text);
		str_add(&b->steps, "|");
		if (b->on_step)
			b->on_step(b, e);
	}
	arena_free(a);
}

static void observe(struct observer *o, const struct event *e)
{
	struct bench *b = (struct bench *)o;

	if (e->kind == EVENT_STARTED)
		count_start(b);
	note_step(b, e);
	b->succeeded += e->kind == EVENT_SUCCEEDED;
	b->failed += e->kind == EVENT_FAILED;
	b->skipped += e->kind == EVENT_SKIPPED;
	b->waiting += e->kind == EVENT_WAITING;
	b->retried += e->kind == EVENT_RETRY;
	b->opened += e->kind == EVENT_BREAKER_OPEN;
	b->recovered += e->kind == EVENT_RECOVERED;
	b->slow += e->kind == EVENT_SLOW;
	if (e->kind == EVENT_SLOW)
		b->slow_after_ms = e->elapsed_ms;
	if (e->kind == EVENT_RETRY)
		str_printf(&b->attempts, "%d/%d ", e->attempt, e->attempt_max);
	if ((e->kind == EVENT_PROGRESS || e->kind == EVENT_RETRY) && e->text)
		str_printf(&b->said, "%s\n", e->text);
}

/* --- the project -------------------------------------------------------------------- */

void bench_file(struct bench *b, const char *name, const char *text)
{
	assert_int_equal(file_write_atomic(path_join(b->a, b->dir, name), text_of(text)), 0);
}

void bench_manifest(struct bench *b, const char *text)
{
	bench_file(b, "hadeploy.yaml", text);
}

void bench_template(struct bench *b, const char *text)
{
	bench_file(b, "web.yaml", text);
}

void bench_many(struct bench *b, size_t count, size_t hosts)
{
	struct str text = STR_INIT;

	str_add(&text, "Resources:\n");
	for (size_t i = 0; i < count; i++)
		str_printf(&text,
			   "  T%zu: {Type: 'Cloud::Thing', Properties: {Name: t%zu, Host: h%zu}}\n",
			   i, i, i % hosts);
	bench_template(b, str_cstr(&text));
	str_release(&text);
}

void bench_param(struct bench *b, const char *name, const char *value)
{
	b->param = (struct param_override){.name = name, .value = value, .origin = "params.json"};
	b->selection.params = &b->param;
	b->selection.param_count = 1;
}

void bench_open(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	b->observer.event = observe;
	b->clock.base =
		(struct clock){bench_monotonic_ms, bench_wall_ms, bench_random, bench_monotonic_ms};
	b->clock.now_ms = 1000;
	b->clock.seed = 42;
	b->parallelism = 16;
	b->stop_level = 1;
	b->on_failure = ON_FAILURE_KEEP;
	b->a = arena_new();
	assert_int_equal(scratch_folder(b->dir, sizeof(b->dir), "hadeploy-run"), 0);
	cloud_reset();
	bench_manifest(b, "Project: shop\n"
			  "Regions: {east: {}, west: {}}\n"
			  "Stacks: {web: {Template: web.yaml, Targets: [east]}}\n");
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *walk)
{
	(void)st;
	(void)flag;
	(void)walk;
	return remove(path);
}

void bench_close(struct bench *b)
{
	engine_close(b->e);
	diags_release(&b->d);
	str_release(&b->said);
	str_release(&b->attempts);
	str_release(&b->steps);
	arena_free(b->a);
	nftw(b->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int bench_setup(void **state)
{
	static struct bench b;

	bench_open(&b);
	*state = &b;
	return 0;
}

int bench_teardown(void **state)
{
	bench_close(*state);
	return 0;
}

/* --- requests ----------------------------------------------------------------------- */

static void forget_last(struct bench *b)
{
	engine_close(b->e);
	b->e = NULL;
	diags_release(&b->d);
	str_clear(&b->said);
	str_clear(&b->steps);
	b->started = b->succeeded = b->failed = b->skipped = b->waiting = 0;
	b->retried = b->opened = b->recovered = b->slow = 0;
}

struct engine *bench_engine(struct bench *b)
{
	struct engine_options o = {
		.dir = b->dir,
		.providers = cloud_builtins,
		.clock = &b->clock.base,
		.observer = &b->observer,
		.interrupts = &b->interrupts,
		.wake_fd = -1,
		.parallelism = b->parallelism,
		.command = "apply",
		.selection = b->selection,
	};

	forget_last(b);
	b->e = engine_open(&o, &b->d);
	if (!b->e)
		bench_show(b);
	assert_non_null(b->e);
	b->e->idle = (struct engine_idle){pass_time, b};
	return b->e;
}

static int confirm(void *context, const struct plan *plan)
{
	struct bench *b = context;

	if (b->tamper)
		b->tamper(plan);
	return !b->declines;
}

static int run(struct bench *b, enum run_mode mode, enum run_refresh refresh)
{
	struct run_request q = {
		.mode = mode,
		.refresh = refresh,
		.on_failure = b->on_failure,
		.wishes = b->wishes,
		.confirm = confirm,
		.context = b,
	};

	return engine_run(bench_engine(b), &q, &b->result, &b->d);
}

int bench_run(struct bench *b, const struct run_request *q)
{
	struct run_request copy = *q;

	copy.confirm = confirm;
	copy.context = b;
	return engine_run(bench_engine(b), &copy, &b->result, &b->d);
}

int bench_apply(struct bench *b)
{
	return run(b, RUN_APPLY, REFRESH_NO);
}

int bench_refresh(struct bench *b)
{
	return run(b, RUN_APPLY, REFRESH_YES);
}

int bench_destroy(struct bench *b)
{
	return run(b, RUN_DESTROY, REFRESH_NO);
}

int bench_rollback(struct bench *b)
{
	return run(b, RUN_ROLLBACK, REFRESH_NO);
}

const struct plan *bench_plan_rollback(struct bench *b)
{
	struct run_request q = {.mode = RUN_ROLLBACK, .wishes = b->wishes};

	return engine_plan(bench_engine(b), &q, &b->d);
}

const struct plan *bench_plan(struct bench *b, enum run_refresh refresh)
{
	struct run_request q = {.mode = RUN_APPLY, .refresh = refresh, .wishes = b->wishes};

	return engine_plan(bench_engine(b), &q, &b->d);
}

const struct plan *bench_plan_with(struct bench *b, const struct run_request *q)
{
	return engine_plan(bench_engine(b), q, &b->d);
}

const struct plan *bench_drift(struct bench *b)
{
	struct rollout_wishes wishes = {0};

	return engine_drift(bench_engine(b), &wishes, &b->d);
}

bool bench_dies(struct bench *b, int (*request)(struct bench *b))
{
	int status = 0;
	pid_t child;

	forget_last(b);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		request(b);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 9 || WEXITSTATUS(status) == 1);
	cloud_repair();
	cloud_drop_rules();
	/* Its lease runs out. */
	__atomic_add_fetch(&b->clock.now_ms, 3600000, __ATOMIC_RELAXED);
	b->clock.seed += 77;
	return WEXITSTATUS(status) == 9;
}

void bench_apply_dying(struct bench *b)
{
	assert_true(bench_dies(b, bench_apply));
}

void bench_rollback_dying(struct bench *b)
{
	assert_true(bench_dies(b, bench_rollback));
}

/* --- looking ------------------------------------------------------------------------ */

struct state *bench_state(struct bench *b)
{
	if (!b->e)
		bench_engine(b);
	assert_non_null(engine_state(b->e, STATE_READ, &b->d));
	return b->e->state;
}

const struct record *bench_record(struct bench *b, const char *logical_id)
{
	struct record_list list;

	assert_int_equal(state_load_records(bench_state(b), NULL, b->a, &list, &b->d), 0);
	for (size_t i = 0; i < list.count; i++)
		if (!strcmp(list.items[i].addr.logical_id, logical_id) && !*list.items[i].deposed)
			return &list.items[i];
	return NULL;
}

size_t bench_records(struct bench *b)
{
	struct record_list list;

	assert_int_equal(state_load_records(bench_state(b), NULL, b->a, &list, &b->d), 0);
	return list.count;
}

size_t bench_open_operations(struct bench *b)
{
	struct operation_list list;

	assert_int_equal(state_load_open_operations(bench_state(b), NULL, b->a, &list, &b->d), 0);
	return list.count;
}

const struct instance_record *bench_instance(struct bench *b, const char *region)
{
	struct instance_list list;

	assert_int_equal(state_load_instances(bench_state(b), b->a, &list, &b->d), 0);
	for (size_t i = 0; i < list.count; i++)
		if (!strcmp(list.items[i].id.region, region))
			return &list.items[i];
	return NULL;
}

const struct diag *bench_diag(const struct bench *b, enum diag_code code)
{
	for (const struct diag *g = b->d.first; g; g = g->next)
		if (g->code == code)
			return g;
	return NULL;
}

bool bench_said(const struct bench *b, enum diag_code code)
{
	return bench_diag(b, code) != NULL;
}

void bench_show(const struct bench *b)
{
	for (const struct diag *g = b->d.first; g; g = g->next)
		fprintf(stderr, "HD%d %s %s: %s\n", (int)g->code, g->address ? g->address : "",
			g->summary, g->detail ? g->detail : "");
}

bool bench_state_holds(struct bench *b, const char *text)
{
	static const char *const names[] = {"state.db", "state.db-wal"};
	bool found = false;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct str bytes = STR_INIT;
		const char *path = arena_printf(b->a, "%s/.hadeploy/%s", b->dir, names[i]);

		if (file_read(path, 64u << 20, &bytes) == 0)
			found = found || memmem(bytes.ptr, bytes.len, text, strlen(text));
		str_release(&bytes);
	}
	return found;
}
