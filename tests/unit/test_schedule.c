#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/lanes.h"
#include "engine/schedule.h"
#include "tests/unit/chance.h"

#define STEPS_MAX 40

/* A graph that the walk and the brute force both know. */
struct graph {
	struct walk *walk;
	struct step_time times[STEPS_MAX];
	bool needs[STEPS_MAX][STEPS_MAX]; /* [step][need] */
	size_t count;
};

static void graph_open(struct graph *g)
{
	memset(g, 0, sizeof(*g));
	g->walk = walk_new();
}

static size_t add(struct graph *g, int64_t ms)
{
	g->times[g->count] = (struct step_time){.ms = ms, .lane = SCHEDULE_NO_LANE};
	g->count++;
	return walk_add(g->walk, ms ? STEP_WORK : STEP_GATE);
}

static void need(struct graph *g, size_t step, size_t what)
{
	g->needs[step][what] = true;
	walk_need(g->walk, step, what);
}

static struct schedule at(const struct graph *g, size_t parallelism)
{
	return (struct schedule){.walk = g->walk,
				 .times = g->times,
				 .step_count = g->count,
				 .lane_count = 2,
				 .parallelism = parallelism};
}

static int64_t span(const struct graph *g, size_t parallelism)
{
	struct schedule s = at(g, parallelism);

	return schedule_span(&s);
}

static void nothing_takes_no_time(void **state)
{
	struct graph g;
	struct arena *a = arena_new();
	struct longest_way way;
	struct schedule s;

	(void)state;
	graph_open(&g);
	assert_true(walk_seal(g.walk));
	s = at(&g, 4);
	assert_int_equal(schedule_span(&s), 0);
	schedule_longest(&s, a, &way);
	assert_int_equal(way.count, 0);
	walk_free(g.walk);
	arena_free(a);
}

static void a_chain_takes_the_sum_and_side_by_side_takes_the_longest(void **state)
{
	struct graph g;
	size_t a, b, c;

	(void)state;
	graph_open(&g);
	a = add(&g, 100);
	b = add(&g, 30);
	c = add(&g, 70);
	need(&g, b, a);
	assert_true(walk_seal(g.walk));
	assert_int_equal(c, 2);
	assert_int_equal(span(&g, 8), 130);
	assert_int_equal(span(&g, 2), 130);
	assert_int_equal(span(&g, 1), 200);
	walk_free(g.walk);
}

static void the_longest_way_leaves_gates_out(void **state)
{
	struct graph g;
	struct arena *arena = arena_new();
	struct longest_way way;
	struct schedule s;
	size_t a, gate, b, c;

	(void)state;
	graph_open(&g);
	a = add(&g, 100);
	gate = add(&g, 0);
	b = add(&g, 30);
	c = add(&g, 90);
	need(&g, gate, a);
	need(&g, b, gate);
	need(&g, b, c);
	assert_true(walk_seal(g.walk));
	s = at(&g, 1);
	schedule_longest(&s, arena, &way);
	assert_int_equal(way.ms, 130);
	assert_int_equal(way.count, 2);
	assert_int_equal(way.steps[0], a);
	assert_int_equal(way.steps[1], b);
	walk_free(g.walk);
	arena_free(arena);
}

static void what_is_pending_takes_no_place(void **state)
{
	struct graph g;

	(void)state;
	graph_open(&g);
	for (size_t i = 0; i < 10; i++)
		g.times[add(&g, 60000)].pending = true;
	add(&g, 500);
	assert_true(walk_seal(g.walk));
	assert_int_equal(span(&g, 1), 60000);
	walk_free(g.walk);
}

static void an_endpoint_takes_only_so_many_at_once(void **state)
{
	struct graph g;

	(void)state;
	graph_open(&g);
	for (size_t i = 0; i < 3 * LANE_CALLS; i++)
		g.times[add(&g, 10)].lane = 1;
	add(&g, 25);
	assert_true(walk_seal(g.walk));
	assert_int_equal(span(&g, 64), 30);
	walk_free(g.walk);
}

static void doubled_needs_count_once(void **state)
{
	struct graph g;
	size_t a, b;

	(void)state;
	graph_open(&g);
	a = add(&g, 10);
	b = add(&g, 10);
	need(&g, b, a);
	need(&g, b, a);
	assert_true(walk_seal(g.walk));
	assert_int_equal(span(&g, 2), 20);
	walk_free(g.walk);
}

/* --- against brute force ---------------------------------------------------------------- */

static uint64_t seed;

static uint32_t roll(uint32_t sides)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % sides;
}

static void random_graph(struct graph *g)
{
	size_t count = 1 + roll(STEPS_MAX - 1);

	graph_open(g);
	for (size_t i = 0; i < count; i++) {
		size_t step = add(g, roll(5) ? 1 + roll(50) : 0);

		g->times[step].pending = g->times[step].ms && !roll(6);
		if (!roll(3))
			g->times[step].lane = roll(2);
		for (size_t n = 0; n < i; n++)
			if (!roll(6))
				need(g, i, n);
	}
	assert_true(walk_seal(g->walk));
}

enum { WAITS, RUNS, OVER };

struct brute {
	const struct graph *g;
	int states[STEPS_MAX];
	int64_t ends[STEPS_MAX];
	size_t places, out[2], left;
};

static bool is_free(const struct brute *b, size_t step)
{
	for (size_t n = 0; n < b->g->count; n++)
		if (b->g->needs[step][n] && b->states[n] != OVER)
			return false;
	return b->states[step] == WAITS;
}

static bool has_lane(const struct step_time *t)
{
	return !t->pending && t->lane != SCHEDULE_NO_LANE;
}

/* The best step that may start, places and lanes aside. */
static size_t best(const struct brute *b)
{
	const struct walk *w = b->g->walk;
	size_t found = STEP_NONE;

	for (size_t i = 0; i < b->g->count; i++)
		if (is_free(b, i) &&
		    (!has_lane(&b->g->times[i]) || b->out[b->g->times[i].lane] < LANE_CALLS) &&
		    (found == STEP_NONE || walk_priority(w, i) > walk_priority(w, found)))
			found = i;
	return found;
}

static void finish(struct brute *b, size_t step)
{
	b->states[step] = OVER;
	b->left--;
}

static bool open_gate(struct brute *b)
{
	for (size_t i = 0; i < b->g->count; i++) {
		if (b->g->times[i].ms || !is_free(b, i))
			continue;
		finish(b, i);
		return true;
	}
	return false;
}

static void begin(struct brute *b, size_t step, int64_t now)
{
	const struct step_time *t = &b->g->times[step];

	b->states[step] = RUNS;
	b->ends[step] = now + t->ms;
	b->places -= !t->pending;
	if (has_lane(t))
		b->out[t->lane]++;
}

static void end_at(struct brute *b, int64_t now)
{
	for (size_t i = 0; i < b->g->count; i++) {
		const struct step_time *t = &b->g->times[i];

		if (b->states[i] != RUNS || b->ends[i] != now)
			continue;
		b->places += !t->pending;
		if (has_lane(t))
			b->out[t->lane]--;
		finish(b, i);
	}
}

/* Millisecond by millisecond. */
static int64_t brute_span(const struct graph *g, size_t parallelism)
{
	struct brute b = {.g = g, .places = parallelism, .left = g->count};

	for (int64_t now = 0;; now++) {
		size_t step;

		end_at(&b, now);
		while (open_gate(&b))
			;
		while (b.places && (step = best(&b)) != STEP_NONE)
			begin(&b, step, now);
		if (!b.left)
			return now;
	}
}

static int64_t brute_longest(const struct graph *g)
{
	int64_t ends[STEPS_MAX] = {0}, longest = 0;

	for (size_t i = 0; i < g->count; i++) {
		for (size_t n = 0; n < i; n++)
			if (g->needs[i][n] && ends[n] > ends[i])
				ends[i] = ends[n];
		ends[i] += g->times[i].ms;
		longest = ends[i] > longest ? ends[i] : longest;
	}
	return longest;
}

static int64_t way_ms(const struct graph *g, const struct longest_way *way)
{
	int64_t sum = 0;

	for (size_t i = 0; i < way->count; i++)
		sum += g->times[way->steps[i]].ms;
	return sum;
}

static void check_random(struct arena *a)
{
	struct graph g;
	struct longest_way way;
	struct schedule s;
	size_t parallelism = 1 + roll(6);

	random_graph(&g);
	s = at(&g, parallelism);
	assert_int_equal(schedule_span(&s), brute_span(&g, parallelism));
	schedule_longest(&s, a, &way);
	assert_int_equal(way.ms, brute_longest(&g));
	assert_int_equal(way_ms(&g, &way), way.ms);
	walk_free(g.walk);
}

static void random_graphs_come_out_as_by_brute_force(void **state)
{
	struct arena *a = arena_new();
	struct chances c = chances_of(500);

	(void)state;
	while (chances_next(&c, &seed))
		check_random(a);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_takes_no_time),
		cmocka_unit_test(a_chain_takes_the_sum_and_side_by_side_takes_the_longest),
		cmocka_unit_test(the_longest_way_leaves_gates_out),
		cmocka_unit_test(what_is_pending_takes_no_place),
		cmocka_unit_test(an_endpoint_takes_only_so_many_at_once),
		cmocka_unit_test(doubled_needs_count_once),
		cmocka_unit_test(random_graphs_come_out_as_by_brute_force),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
