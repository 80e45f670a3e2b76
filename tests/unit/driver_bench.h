/*
 * driver_bench.h - a conductor for tests of drivers: it hands over events, keeps what is
 * remembered, and begins again as after a crash.  Included by one file of a program, which has
 * these definitions of what driver.h promises instead of the conductor's.
 */
#ifndef TESTS_UNIT_DRIVER_BENCH_H
#define TESTS_UNIT_DRIVER_BENCH_H

#include "tests/unit/run_bench.h"

#include <string.h>

#include "base/vec.h"
#include "engine/dispatch.h"
#include "engine/runbook/driver.h"
#include "engine/runbook/weights.h"
#include "engine/session.h"
#include "tests/unit/fake_hands.h"

#define MANIFEST                                                            \
	"Project: shop\nProviders: {route: {Use: rest}}\n"                  \
	"Regions:\n"                                                        \
	"  east: {Hosts: {e1: {Address: 127.0.0.1, Roles: [web]}, "         \
	"e2: {Address: 127.0.0.2, Roles: [web]}, d1: {Address: 127.0.0.3, " \
	"Roles: [db]}}}\n"                                                  \
	"  west: {Hosts: {w1: {Address: 127.0.0.4, Roles: [web]}}}\n"       \
	"Routes:\n"                                                         \
	"  shop: {Type: 'Fake::Route', Name: www}\n"                        \
	"  api: {Type: 'Fake::Route', Name: api, Region: east}\n"           \
	"Stacks: {web: {Template: web.yaml, Parameters: {Capacity: 1}, Targets: [east, west]}}\n"

#define TEMPLATE                                                                   \
	"Parameters: {Capacity: {Type: Number}, Pw: {Type: String, NoEcho: true, " \
	"Default: ''}}\n"                                                          \
	"Resources:\n"                                                             \
	"  A: {Type: 'Cloud::Thing', Properties: {Name: !Sub 'a-${AWS::Region}', " \
	"Size: !Ref Capacity}}\n"

struct owned {
	struct job *job;
	bool timer;
};

struct conduct {
	struct bench *b;
	struct dispatch *dispatch;
	struct arena *a;
	struct step_run run;
	struct procedure_step step;
	struct step_spec spec;
	struct execution_row row;
	const struct step_driver *driver;
	const struct hd_provider *builtins[5];
	struct {
		VEC_OF(struct owned)
	} jobs;
	char *memory; /* JSON; NULL */
	size_t remembered;
	bool unwritable;
	size_t die_after; /* nothing is gone on with when so much was remembered */
	bool over;
	enum step_ended how;
	json_t *result;
	char *reason;
	struct str said;
	const char *fenced; /* region; NULL: none */
	const char *gates;  /* '1' healthy, '0' not; the last one for ever */
	size_t gate_count;
	int64_t bake_ms;
	bool real_time;
	struct engine_idle idle;
	void (*ends)(void *own);
	void *ends_own;
};

/* --- what a conductor does ---------------------------------------------------------------- */

struct engine *step_engine(const struct step_run *s)
{
	return s->x->b->e;
}

struct dispatch *step_dispatch(const struct step_run *s)
{
	return s->x->dispatch;
}

const struct manifest *step_manifest(const struct step_run *s)
{
	return s->x->b->e->project->manifest;
}

const struct execution_row *step_execution(const struct step_run *s)
{
	return &s->x->row;
}

struct diags *step_diags(const struct step_run *s)
{
	return &s->x->b->d;
}

const char *step_output(const struct step_run *s, const char *stack, const char *name,
			const char *region)
{
	(void)s;
	(void)stack;
	(void)name;
	(void)region;
	return NULL;
}

static inline struct job *new_job(struct step_run *s, bool timer)
{
	struct owned *o = arena_vec_add(s->x->a, &s->x->jobs);

	o->job = ARENA_NEW(s->x->a, struct job);
	o->timer = timer;
	return o->job;
}

bool step_is_fenced(const struct step_run *s, const char *region)
{
	return s->x->fenced && strcmp(s->x->fenced, region) == 0;
}

int64_t step_rehearsed_ms(const struct step_run *s)
{
	(void)s;
	return 0;
}

void step_outlives(struct step_run *s, void (*end)(void *own), void *own)
{
	s->x->ends = end;
	s->x->ends_own = own;
}

struct job *step_timer(struct step_run *s)
{
	return new_job(s, true);
}

struct job *step_job(struct step_run *s, const struct step_place *place)
{
	struct engine *e = s->x->b->e;
	const struct provider_entry *entry = registry_entry(e->project->registry, place->provider);
	const struct instance_id id = {"@runbook", place->account,
				       *place->region ? place->region : "-"};
	struct job *j = new_job(s, false);

	j->call = (struct call){.table = entry->table, .where = RANGE_NONE};
	j->call.session = sessions_get(e->sessions, entry, &id, &s->x->b->d);
	dispatch_enroll(s->x->dispatch, j, &id, place->provider, place->endpoint);
	return j;
}

int step_remember(struct step_run *s, const json_t *memory)
{
	struct str text = STR_INIT;

	if (s->x->unwritable)
		return -1;
	if (s->x->die_after && s->x->remembered >= s->x->die_after)
		return 0;
	json_canonical(memory, &text);
	free(s->x->memory);
	s->x->memory = str_steal(&text);
	s->x->remembered++;
	return 0;
}

void step_progress(struct step_run *s, const char *text)
{
	str_printf(&s->x->said, "%s|", text);
}

void step_over(struct step_run *s, enum step_ended how, json_t *result, const char *reason)
{
	struct conduct *x = s->x;

	assert_false(x->over);
	x->over = true;
	x->how = how;
	x->result = result;
	x->reason = reason ? xstrdup(reason) : NULL;
	assert_true(how == STEP_ENDED_WELL_DONE || reason);
}

void step_over_outcome(struct step_run *s, const struct outcome *o)
{
	const struct diag *g = outcome_error(o);

	step_over(s, STEP_ENDED_FAILED, NULL, g ? g->summary : "?");
}

void step_checks(struct step_run *s, const struct check_use *uses, size_t count, int64_t bake_ms,
		 void (*over)(struct step_run *s, bool healthy, const char *why))
{
	struct conduct *x = s->x;
	size_t last = strlen(x->gates) - 1;
	char how = x->gates[x->gate_count < last ? x->gate_count : last];

	(void)uses;
	(void)count;
	x->gate_count++;
	x->bake_ms = bake_ms;
	if (how != '-')
		over(s, how == '1', how == '1' ? "" : "shop of w1 (west) is unhealthy: 503");
}

/* --- the bench ---------------------------------------------------------------------------- */

static inline void open_process(struct conduct *x)
{
	struct engine_options o = {
		.dir = x->b->dir,
		.providers = x->builtins,
		.clock = x->real_time ? NULL : &x->b->clock.base,
		.observer = &x->b->observer,
		.wake_fd = -1,
		.parallelism = 8,
	};

	if (!x->b->e) {
		x->b->e = engine_open(&o, &x->b->d);
		if (!x->b->e)
			bench_show(x->b);
		assert_non_null(x->b->e);
		if (!x->real_time)
			x->b->e->idle = x->idle;
	}
	x->dispatch = dispatch_new(x->b->e, &x->b->d);
}

static inline void close_process(struct conduct *x)
{
	if (x->ends)
		x->ends(x->ends_own);
	x->ends = NULL;
	dispatch_free(x->dispatch);
	for (size_t i = 0; i < x->jobs.count; i++)
		outcome_release(&x->jobs.items[i].job->work.outcome);
	x->jobs.count = 0;
}

static inline void forget_end(struct conduct *x)
{
	json_decref(x->result);
	free(x->reason);
	x->result = NULL;
	x->reason = NULL;
	x->over = false;
}

static inline struct conduct *open_conduct(struct bench *b)
{
	struct conduct *x = xcalloc(1, sizeof(*x));

	x->b = b;
	x->a = arena_new();
	x->gates = "1";
	x->row = (struct execution_row){.id = "20261121-1-abc", .runbook = "failover"};
	memcpy(x->builtins, hands_builtins, 3 * sizeof(x->builtins[0]));
	x->builtins[3] = cloud_builtins[0];
	hands_reset();
	bench_manifest(b, "Project: shop\nRegions: {east: {}}\n");
	x->idle = bench_engine(b)->idle;
	engine_close(b->e);
	b->e = NULL;
	bench_manifest(b, MANIFEST);
	bench_template(b, TEMPLATE);
	open_process(x);
	return x;
}

static inline void close_conduct(struct conduct *x)
{
	close_process(x);
	forget_end(x);
	free(x->memory);
	str_release(&x->said);
	json_decref(x->spec.values);
	arena_free(x->a);
	free(x);
}

static inline void begin(struct conduct *x, enum step_direction direction)
{
	forget_end(x);
	x->run = (struct step_run){
		.x = x,
		.step = &x->step,
		.spec = &x->spec,
		.direction = direction,
		.key = direction == STEP_BACK ? "b0b0" : "a1a1",
		.arena = x->a,
	};
	if (x->memory && direction == STEP_FORWARD)
		x->run.memory = json_parse(text_of(x->memory), NULL, NULL);
	if (x->memory && direction == STEP_BACK)
		x->run.done = json_parse(text_of(x->memory), NULL, NULL);
	x->driver->begin(&x->run);
}

static inline void forget_memory(struct conduct *x)
{
	json_decref((json_t *)x->run.memory);
	json_decref((json_t *)x->run.done);
	x->run.memory = x->run.done = NULL;
}

static inline bool dead(const struct conduct *x)
{
	return x->die_after && x->remembered >= x->die_after;
}

static inline void loop(struct conduct *x)
{
	struct dispatch_event ev;

	while (!x->over && !dead(x)) {
		dispatch_next(x->dispatch, &ev);
		if (ev.kind == DISPATCH_QUIET)
			dispatch_wait(x->dispatch);
		else if (ev.job)
			x->driver->event(&x->run, ev.job, &ev);
	}
}

static inline void load(struct conduct *x, enum step_kind kind, const char *region,
			const char *values)
{
	x->step = (struct procedure_step){.path = "data/it", .name = "it", .kind = kind};
	x->step.where = RANGE_NONE;
	x->spec = (struct step_spec){.applies = true, .region = region, .timeout_ms = 600000};
	x->spec.values = json_parse(text_of(values), NULL, NULL);
	assert_non_null(x->spec.values);
	x->driver = driver_of(kind);
	assert_non_null(x->driver);
}

static inline void run(struct conduct *x, enum step_direction direction)
{
	begin(x, direction);
	loop(x);
	if (!x->over)
		x->driver->stop(&x->run);
	forget_memory(x);
}

/* The process is killed when so much was remembered, and another one goes on. */
static inline void run_killed(struct conduct *x, size_t after)
{
	x->die_after = after;
	run(x, STEP_FORWARD);
	assert_false(x->over);
	close_process(x);
	open_process(x);
	x->die_after = 0;
	run(x, STEP_FORWARD);
}

static const char *result_at(const struct conduct *x, const char *pointer)
{
	const json_t *j = json_at(x->result, text_of(pointer));

	return j ? json_text(x->a, j) : "absent";
}

/* Threads and locks take real time. */
static inline void in_real_time(struct conduct *x)
{
	close_process(x);
	engine_close(x->b->e);
	x->b->e = NULL;
	x->real_time = true;
	open_process(x);
}

#define TEST(name)                                        \
	static void name##_on(struct conduct *x);         \
	static void name(void **state)                    \
	{                                                 \
		struct conduct *x = open_conduct(*state); \
                                                          \
		name##_on(x);                             \
		close_conduct(x);                         \
	}                                                 \
	static void name##_on(struct conduct *x)

#endif
