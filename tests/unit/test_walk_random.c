/*
 * test_walk_random.c - random graphs, random ends in random order, skips and stops; after
 * every move the walk is compared with a plain model of its rules.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/walk.h"
#include "tests/unit/chance.h"

#define GRAPHS 5000
#define STEPS_MAX 40

struct random_walk {
	struct walk *w;
	uint64_t seed;
	size_t count;
	bool needs[STEPS_MAX][STEPS_MAX]; /* of a step, those added before it */
	bool gate[STEPS_MAX];
	bool given_back[STEPS_MAX]; /* walk_skip was called for it */
	size_t cost[STEPS_MAX];
	size_t way[STEPS_MAX]; /* costs on the longest way behind it */
	enum step_state was[STEPS_MAX];
	size_t told[STEPS_MAX];
	size_t out[STEPS_MAX], out_count; /* taken, not finished */
	bool stopped;
};

static uint32_t roll(struct random_walk *r, uint32_t sides)
{
	r->seed = r->seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(r->seed >> 33) % sides;
}

static void add_steps(struct random_walk *r)
{
	uint32_t sparse = 2 + roll(r, 12);

	r->count = 1 + roll(r, STEPS_MAX);
	for (size_t i = 0; i < r->count; i++) {
		r->gate[i] = roll(r, 4) == 0;
		walk_add(r->w, r->gate[i] ? STEP_GATE : STEP_WORK);
		r->cost[i] = r->gate[i] ? 0 : 1;
		if (!r->gate[i] && roll(r, 2))
			walk_cost(r->w, i, r->cost[i] = 1 + roll(r, 9));
		for (size_t n = 0; n < i; n++) {
			r->needs[i][n] = roll(r, sparse) == 0;
			for (uint32_t k = roll(r, 2) + 1; r->needs[i][n] && k; k--)
				walk_need(r->w, i, n);
		}
	}
}

static void find_ways(struct random_walk *r)
{
	for (size_t n = r->count; n-- > 0;)
		for (size_t i = n + 1; i < r->count; i++) {
			size_t way = r->way[i] + r->cost[i];

			if (r->needs[i][n] && way > r->way[n])
				r->way[n] = way;
		}
}

static void check_marks(struct random_walk *r)
{
	bool marked[STEPS_MAX] = {false}, wanted[STEPS_MAX] = {false};
	size_t root = roll(r, (uint32_t)r->count);

	marked[root] = wanted[root] = true;
	for (size_t i = r->count; i-- > 0;)
		for (size_t n = 0; n < i; n++)
			wanted[n] = wanted[n] || (wanted[i] && r->needs[i][n]);
	walk_mark_needs(r->w, marked);
	assert_memory_equal(marked, wanted, sizeof(marked));
}

/* --- the rules ------------------------------------------------------------------------ */

static bool is_over(enum step_state s)
{
	return s == STEP_DONE || s == STEP_FAILED || s == STEP_SKIPPED;
}

/* From one look to the next; several moves may lie between. */
static bool may_become(enum step_state from, enum step_state to)
{
	if (from == to)
		return true;
	if (is_over(from))
		return false;
	return from != STEP_TAKEN || is_over(to);
}

static void check_step(struct random_walk *r, size_t i)
{
	enum step_state s = walk_state(r->w, i);
	bool all_done = true, any_bad = false;

	for (size_t n = 0; n < i; n++) {
		enum step_state need = walk_state(r->w, n);

		if (!r->needs[i][n])
			continue;
		all_done = all_done && need == STEP_DONE;
		any_bad = any_bad || need == STEP_FAILED || need == STEP_SKIPPED;
	}
	if (s == STEP_READY || s == STEP_TAKEN || s == STEP_DONE || s == STEP_FAILED)
		assert_true(all_done);
	if (s == STEP_SKIPPED)
		assert_true(any_bad || r->stopped || r->given_back[i]);
	if (any_bad)
		assert_int_equal(s, STEP_SKIPPED);
	if (all_done)
		assert_int_not_equal(s, STEP_BLOCKED);
	if (r->gate[i])
		assert_true(s != STEP_READY && s != STEP_TAKEN && s != STEP_FAILED);
	if (r->stopped)
		assert_true(s != STEP_BLOCKED && s != STEP_READY);
	assert_true(may_become(r->was[i], s));
	r->was[i] = s;
}

static void check(struct random_walk *r)
{
	size_t counts[STEP_STATE_COUNT] = {0};
	bool over = true;

	for (size_t i = 0; i < r->count; i++) {
		check_step(r, i);
		counts[r->was[i]] += !r->gate[i];
		over = over && is_over(r->was[i]);
	}
	for (int s = 0; s < STEP_STATE_COUNT; s++)
		assert_int_equal(walk_count(r->w, (enum step_state)s), counts[s]);
	assert_int_equal(counts[STEP_TAKEN], r->out_count);
	assert_int_equal(walk_over(r->w), over);
}

/* The longest way behind it, and of equal ones the first. */
static size_t best_ready(const struct random_walk *r)
{
	size_t best = STEP_NONE;

	for (size_t i = 0; i < r->count; i++)
		if (walk_state(r->w, i) == STEP_READY && !r->gate[i] &&
		    (best == STEP_NONE || r->way[i] > r->way[best]))
			best = i;
	return best;
}

static void check_told(struct random_walk *r)
{
	size_t step;

	while ((step = walk_skipped(r->w)) != STEP_NONE)
		r->told[step]++;
	for (size_t i = 0; i < r->count; i++)
		assert_int_equal(r->told[i], walk_state(r->w, i) == STEP_SKIPPED && !r->gate[i]);
}

/* --- moves --------------------------------------------------------------------------- */

static void take_some(struct random_walk *r)
{
	for (uint32_t most = roll(r, 6); most; most--) {
		size_t best = best_ready(r), step = walk_next(r->w);

		assert_int_equal(step, best);
		if (step == STEP_NONE)
			return;
		assert_false(r->stopped);
		assert_int_equal(walk_priority(r->w, step), r->way[step]);
		r->out[r->out_count++] = step;
		check(r);
	}
}

static void finish_one(struct random_walk *r)
{
	size_t at = roll(r, (uint32_t)r->out_count), step = r->out[at];

	r->out[at] = r->out[--r->out_count];
	r->given_back[step] = roll(r, 20) == 0;
	if (r->given_back[step])
		walk_skip(r->w, step);
	else
		walk_finish(r->w, step, roll(r, 8) ? STEP_ENDED_WELL : STEP_ENDED_BADLY);
}

/* Somebody gives up a step that has not started. */
static void skip_one(struct random_walk *r)
{
	size_t step = roll(r, (uint32_t)r->count);
	enum step_state s = walk_state(r->w, step);

	if (r->gate[step] || (s != STEP_BLOCKED && s != STEP_READY))
		return;
	r->given_back[step] = true;
	walk_skip(r->w, step);
}

static void move(struct random_walk *r)
{
	uint32_t dice = roll(r, 100);

	if (dice == 0) {
		r->stopped = true;
		walk_stop(r->w);
	} else if (dice < 4) {
		skip_one(r);
	} else if (r->out_count) {
		finish_one(r);
	}
}

static void run_one(uint64_t seed)
{
	struct random_walk r = {.seed = seed};

	r.w = walk_new();
	add_steps(&r);
	find_ways(&r);
	check_marks(&r);
	assert_true(walk_seal(r.w));
	check(&r);
	while (!walk_over(r.w)) {
		take_some(&r);
		move(&r);
		check(&r);
		if (roll(&r, 3) == 0)
			check_told(&r);
	}
	check_told(&r);
	assert_int_equal(r.out_count, 0);
	assert_int_equal(walk_next(r.w), STEP_NONE);
	walk_free(r.w);
}

static void random_graphs_with_random_ends_keep_the_rules(void **state)
{
	struct chances c = chances_of(GRAPHS);
	uint64_t seed;

	(void)state;
	while (chances_next(&c, &seed))
		run_one(seed);
}

/* An edge backwards closes a circle exactly when there is a way forwards. */
static void random_circles_are_seen(void **state)
{
	struct chances c = chances_of(GRAPHS);
	uint64_t seed;

	(void)state;
	while (chances_next(&c, &seed)) {
		struct random_walk r = {.seed = seed};
		bool marked[STEPS_MAX] = {false};
		size_t from, to;

		r.w = walk_new();
		add_steps(&r);
		from = roll(&r, (uint32_t)r.count);
		to = roll(&r, (uint32_t)r.count);
		marked[to] = true;
		walk_mark_needs(r.w, marked);
		walk_need(r.w, from, to);
		assert_int_equal(walk_seal(r.w), !marked[from]);
		walk_free(r.w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_graphs_with_random_ends_keep_the_rules),
		cmocka_unit_test(random_circles_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
