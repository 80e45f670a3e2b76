/*
 * test_rollout_run_random.c - random rollouts over a cloud that fails, is stopped and dies at
 * random; what is recorded of each instance is what there is, and one plain run ends it.
 */
#include "tests/unit/chance.h"
#include "tests/unit/run_bench.h"

#include <stdio.h>
#include <string.h>

#define WORLDS 20
#define ROUNDS 3
#define PLACES 9

static const char *const regions[] = {"east", "west", "north"};
static const char *const accounts[] = {"a", "b", "c"};

struct world {
	struct bench *b;
	uint64_t seed;
	int size;                   /* what the template says */
	const char *before[PLACES]; /* the size of B there was, by place */
};

static uint32_t roll(struct world *w, uint32_t sides)
{
	w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(w->seed >> 33) % sides;
}

static const char *pick(struct world *w, const char *const *words, uint32_t count)
{
	return words[roll(w, count)];
}

static void write_project(struct world *w)
{
	static const char *const concurrency[] = {"SEQUENTIAL", "PARALLEL"};
	static const char *const modes[] = {"STRICT", "SOFT"};
	static const char *const failures[] = {"keep", "instance", "wave", "all"};
	static const char *const waves[] = {
		"", ", Waves: [{Percentage: 30}, {}]",
		", Waves: [{Regions: [west], Bake: 1m}, {FailureTolerance: 1}]"};

	bench_manifest(
		w->b,
		arena_printf(w->b->a,
			     "Project: shop\nRegions: {east: {}, west: {}, north: {}}\n"
			     "Accounts: {a: {}, b: {}, c: {}}\n"
			     "Stacks: {web: {Template: web.yaml, Targets: [{Regions: all, "
			     "Accounts: all}], Rollout: {RegionConcurrency: %s, ConcurrencyMode: "
			     "%s, MaxConcurrent: %u, FailureTolerance: %u, OnFailure: %s%s}}}\n",
			     pick(w, concurrency, 2), pick(w, modes, 2), 1 + roll(w, 3), roll(w, 3),
			     pick(w, failures, 4), pick(w, waves, 3)));
	bench_template(w->b, arena_printf(w->b->a,
					  "Resources:\n"
					  "  A: {Type: 'Cloud::Thing', Properties: {Name: !Sub "
					  "'x-${HA::Account}-${HA::Region}', Size: %d}}\n"
					  "  B: {Type: 'Cloud::Thing', Properties: {Name: !Sub "
					  "'${A}-b', Size: %d}}\n",
					  w->size, w->size));
}

static void break_some(struct world *w)
{
	for (uint32_t count = roll(w, 4); count; count--)
		cloud_add_rule(&(struct cloud_rule){
			.op = roll(w, 2) ? CLOUD_CREATE : CLOUD_UPDATE,
			.name = arena_printf(w->b->a, "x-%s-%s%s", pick(w, accounts, 3),
					     pick(w, regions, 3), roll(w, 2) ? "-b" : ""),
			.times = 1,
			.status = HD_FATAL,
			.effect = HD_EFFECT_NONE});
}

static bool is(const char *x, const char *y)
{
	return strcmp(x, y) == 0;
}

static bool is_word(const char *status)
{
	static const char *const words[] = {"SUCCEEDED", "FAILED",      "CANCELLED",
					    "SKIPPED",   "ROLLED_BACK", "ROLLBACK_FAILED"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (is(words[i], status))
			return true;
	}
	return false;
}

static const char *size_at(struct world *w, size_t place)
{
	const char *name =
		arena_printf(w->b->a, "x-%s-%s-b", accounts[place / 3], regions[place % 3]);

	return arena_strdup(w->b->a, cloud_property(name, "Size"));
}

static size_t place_of(const struct instance_id *id)
{
	size_t place = 0;

	while (place < PLACES && (strcmp(accounts[place / 3], id->account) != 0 ||
				  strcmp(regions[place % 3], id->region) != 0))
		place++;
	assert_true(place < PLACES);
	return place;
}

static void check_status(struct world *w, size_t i)
{
	const char *status = w->b->result.statuses[i];
	const struct instance_id *id = &w->b->result.plan->instances[i].id;
	size_t place = place_of(id);
	const char *size = arena_printf(w->b->a, "%d", w->size);

	if (!status)
		return;
	assert_true(is_word(status));
	if (is(status, "SUCCEEDED"))
		assert_string_equal(size_at(w, place), size);
	if (is(status, "CANCELLED") && !w->b->result.interrupted)
		assert_string_equal(size_at(w, place), w->before[place]);
}

static void check_result(struct world *w, int rc)
{
	const struct run_result *r = &w->b->result;
	size_t failed = 0;

	if (!r->statuses)
		return;
	for (size_t i = 0; i < r->plan->instance_count; i++) {
		check_status(w, i);
		failed += r->statuses[i] && !is(r->statuses[i], "SUCCEEDED");
	}
	if (!failed)
		assert_int_equal(rc, 0);
	if (rc == 0)
		assert_true(r->faults[0] == ROLLOUT_WELL);
	else
		assert_true(failed > 0);
}

static void play_round(struct world *w)
{
	struct bench *b = w->b;

	w->size += (int)roll(w, 2);
	write_project(w);
	break_some(w);
	for (size_t i = 0; i < PLACES; i++)
		w->before[i] = size_at(w, i);
	__atomic_add_fetch(&b->clock.now_ms, 1000, __ATOMIC_RELAXED);
	b->stop_after = roll(w, 4) == 0 ? 1 + (int)roll(w, 10) : 0;
	if (roll(w, 4) == 0) {
		cloud_add_rule(&(struct cloud_rule){
			.op = CLOUD_CREATE, .skip = (int)roll(w, 8), .trick = CLOUD_DIES_AFTER});
		bench_dies(b, bench_apply);
	} else {
		check_result(w, bench_apply(b));
	}
	assert_false(bench_said(b, DIAG_ROLLOUT_STUCK));
	b->stop_after = b->interrupts = 0;
	cloud_drop_rules();
}

static void end_world(struct world *w)
{
	struct bench *b = w->b;

	w->size++;
	write_project(w);
	__atomic_add_fetch(&b->clock.now_ms, 1000, __ATOMIC_RELAXED);
	if (bench_apply(b))
		bench_show(b);
	assert_int_equal(b->result.targets_succeeded, PLACES);
	assert_int_equal(cloud_count(), 18);
	assert_int_equal(bench_records(b), 18);
	assert_int_equal(bench_open_operations(b), 0);
	for (size_t i = 0; i < PLACES; i++) {
		const char *name = arena_printf(b->a, "x-%s-%s", accounts[i / 3], regions[i % 3]);

		assert_string_equal(cloud_property(name, "Size"),
				    arena_printf(b->a, "%d", w->size));
	}
	assert_int_equal(bench_apply(b), 0);
	assert_true(plan_empty(b->result.plan));
}

static void rollouts_end_as_they_say(void **state)
{
	struct chances c = chances_of(WORLDS);
	uint64_t seed;

	while (chances_next(&c, &seed)) {
		struct world w = {.b = *state, .seed = seed, .size = 1};

		w.b->on_failure = ON_FAILURE_DEFAULT;
		for (int k = 0; k < ROUNDS; k++)
			play_round(&w);
		end_world(&w);
		bench_teardown(state);
		bench_setup(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {RUN_TEST(rollouts_end_as_they_say)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
