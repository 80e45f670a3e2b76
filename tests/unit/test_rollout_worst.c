/*
 * test_rollout_worst.c - the worst case that a plan promises, against all orders in which the
 * members of small rollouts can end: never exceeded, and reached by some order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/map.h"
#include "engine/rollout/rollout.h"
#include "tests/unit/chance.h"

#define MEMBERS_MAX 8
#define CELLS_MAX 9
#define WAVES_MAX 3
#define RANDOM_ROLLOUTS 400

struct end {
	size_t member;
	enum member_end end;
};

/* A search over all ways through one rollout.  Members of a cell are alike, so a state is how
 * many of each cell have ended well, ended badly, and run. */
struct search {
	struct rollout_preferences preferences;
	struct rollout_wave waves[WAVES_MAX];
	struct rollout_member members[MEMBERS_MAX];
	struct rollout_spec spec;
	struct rollout *r;
	struct end path[MEMBERS_MAX];
	size_t length;
	struct map seen;
	size_t worst;
};

static void follow_orders(struct search *s)
{
	for (;;) {
		struct rollout_order o = rollout_next(s->r);

		if (o.kind == ROLLOUT_GATE)
			rollout_gate(s->r, o.wave, GATE_PASSED);
		else if (o.kind == ROLLOUT_WAIT || o.kind == ROLLOUT_OVER)
			return;
	}
}

static void replay(struct search *s)
{
	rollout_free(s->r);
	s->r = rollout_new(&s->spec);
	for (size_t i = 0; i < s->spec.member_count; i++)
		rollout_ready(s->r, i);
	follow_orders(s);
	for (size_t i = 0; i < s->length; i++) {
		rollout_ended(s->r, s->path[i].member, s->path[i].end);
		follow_orders(s);
	}
}

/* What each cell has come to: "213" are so many SUCCEEDED, FAILED and RUNNING. */
static bool is_new(struct search *s)
{
	char key[CELLS_MAX * 4 + 1] = "";
	size_t at = 0;

	for (size_t i = 0; i < s->spec.member_count; i++) {
		const struct rollout_member *m = &s->members[i];
		enum member_state state = rollout_state(s->r, i);

		if (!i || m->wave != m[-1].wave || m->region != m[-1].region) {
			memcpy(key + at, "000.", 5);
			at += 4;
		}
		key[at - 4] = (char)(key[at - 4] + (state == MEMBER_SUCCEEDED));
		key[at - 3] = (char)(key[at - 3] + (state == MEMBER_FAILED));
		key[at - 2] = (char)(key[at - 2] + (state == MEMBER_RUNNING));
	}
	if (map_has(&s->seen, text_of(key)))
		return false;
	map_set(&s->seen, text_of(key), s);
	return true;
}

static void search(struct search *s)
{
	bool runs[MEMBERS_MAX];

	replay(s);
	if (!is_new(s))
		return;
	if (rollout_count(s->r, MEMBER_FAILED) > s->worst)
		s->worst = rollout_count(s->r, MEMBER_FAILED);
	for (size_t i = 0; i < s->spec.member_count; i++)
		runs[i] = rollout_state(s->r, i) == MEMBER_RUNNING;
	for (size_t i = 0; i < s->spec.member_count; i++) {
		if (!runs[i])
			continue;
		s->path[s->length++] = (struct end){i, MEMBER_ENDED_BADLY};
		search(s);
		s->path[s->length - 1].end = MEMBER_ENDED_WELL;
		search(s);
		s->length--;
	}
}

static void tell(const struct search *s, size_t promised)
{
	const struct rollout_preferences *p = &s->preferences;

	if (promised == s->worst)
		return;
	print_message("promised %zu, found %zu: %s %s max %zu%s tolerance %zu%s\n", promised,
		      s->worst, p->regions == REGIONS_PARALLEL ? "PARALLEL" : "SEQUENTIAL",
		      p->mode == CONCURRENCY_STRICT ? "STRICT" : "SOFT", p->max_concurrent.value,
		      p->max_concurrent.percent ? "%" : "", p->tolerance.value,
		      p->tolerance.percent ? "%" : "");
	for (size_t w = 0; w < p->wave_count; w++)
		print_message("wave %zu: tolerance %zu%s given %d\n", w,
			      p->waves[w].tolerance.value, p->waves[w].tolerance.percent ? "%" : "",
			      p->waves[w].tolerance.given);
	for (size_t i = 0; i < s->spec.member_count; i++)
		print_message("member %zu: wave %zu region %zu\n", i, s->members[i].wave,
			      s->members[i].region);
}

static void check(struct search *s)
{
	size_t promised;

	s->spec.members = s->members;
	s->spec.preferences = &s->preferences;
	s->preferences.waves = s->waves;
	s->worst = s->length = 0;
	s->r = NULL;
	search(s);
	promised = rollout_worst_case(&s->spec);
	tell(s, promised);
	assert_int_equal(promised, s->worst);
	rollout_free(s->r);
	map_release(&s->seen);
}

static void add(struct search *s, size_t wave, size_t region, size_t count)
{
	for (; count; count--)
		s->members[s->spec.member_count++] =
			(struct rollout_member){.wave = wave, .region = region};
}

static struct rollout_amount count_of(size_t n)
{
	return (struct rollout_amount){.value = n, .given = true};
}

/* --- all of a kind ------------------------------------------------------------------------ */

/* Two waves by two regions of up to two members. */
static void fill_square(struct search *s, size_t shape)
{
	s->spec.member_count = 0;
	s->spec.region_count = 2;
	for (size_t cell = 0; cell < 4; cell++, shape /= 3)
		add(s, cell / 2, cell % 2, shape % 3);
}

static void fill_preferences(struct search *s, size_t which)
{
	struct rollout_preferences *p = &s->preferences;

	*p = rollout_defaults();
	p->regions = which % 2 ? REGIONS_PARALLEL : REGIONS_SEQUENTIAL;
	p->mode = which / 2 % 2 ? CONCURRENCY_STRICT : CONCURRENCY_SOFT;
	p->max_concurrent = count_of(1 + which / 4 % 3);
	p->tolerance = count_of(which / 12 % 3);
	p->wave_count = 2;
	s->waves[0].tolerance = count_of(which / 36 % 3);
}

static void every_order_of_small_rollouts(void **state)
{
	struct search s = {0};

	(void)state;
	for (size_t shape = 1; shape < 81; shape++)
		for (size_t which = 0; which < 108; which++) {
			fill_square(&s, shape);
			fill_preferences(&s, which);
			check(&s);
		}
}

/* --- random ------------------------------------------------------------------------------- */

static uint32_t roll(uint64_t *seed, uint32_t sides)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % sides;
}

static struct rollout_amount some_amount(uint64_t *seed, uint32_t most)
{
	if (roll(seed, 4) == 0)
		return (struct rollout_amount){0};
	if (roll(seed, 3) == 0)
		return (struct rollout_amount){roll(seed, 101), true, true};
	return count_of(roll(seed, most + 1));
}

static void fill_at_random(struct search *s, uint64_t *seed)
{
	struct rollout_preferences *p = &s->preferences;

	*s = (struct search){.spec = {.region_count = 3}};
	*p = rollout_defaults();
	p->regions = roll(seed, 2) ? REGIONS_PARALLEL : REGIONS_SEQUENTIAL;
	p->mode = roll(seed, 2) ? CONCURRENCY_STRICT : CONCURRENCY_SOFT;
	p->max_concurrent = some_amount(seed, 4);
	p->tolerance = some_amount(seed, 3);
	p->wave_count = WAVES_MAX;
	for (size_t w = 0; w < WAVES_MAX; w++)
		s->waves[w].tolerance = some_amount(seed, 3);
	for (size_t cell = 0; cell < CELLS_MAX; cell++) {
		size_t count = roll(seed, 4) ? 0 : 1 + roll(seed, 4);

		if (s->spec.member_count + count <= MEMBERS_MAX)
			add(s, cell / 3, cell % 3, count);
	}
}

static void every_order_of_random_rollouts(void **state)
{
	struct chances c = chances_of(RANDOM_ROLLOUTS);
	struct search s;
	uint64_t seed;

	(void)state;
	while (chances_next(&c, &seed)) {
		fill_at_random(&s, &seed);
		check(&s);
	}
}

/* --- examples ------------------------------------------------------------------------------ */

static struct rollout_member many[1000];

static size_t promised(const char *max_concurrent, const char *tolerance,
		       enum concurrency_mode mode, enum region_concurrency regions)
{
	struct rollout_preferences p = rollout_defaults();
	struct rollout_spec spec = {&p, many, 30, 3};

	rollout_amount_parse(text_of(max_concurrent), &p.max_concurrent);
	rollout_amount_parse(text_of(tolerance), &p.tolerance);
	p.mode = mode;
	p.regions = regions;
	for (size_t i = 0; i < spec.member_count; i++)
		many[i] = (struct rollout_member){.region = i / 10};
	return rollout_worst_case(&spec);
}

/* Ten accounts in each of three regions. */
static void what_a_plan_promises(void **state)
{
	(void)state;
	/* One region, all of it under way. */
	assert_int_equal(promised("100%", "0", CONCURRENCY_SOFT, REGIONS_SEQUENTIAL), 10);
	assert_int_equal(promised("100%", "0", CONCURRENCY_STRICT, REGIONS_SEQUENTIAL), 1);
	assert_int_equal(promised("100%", "0", CONCURRENCY_STRICT, REGIONS_PARALLEL), 3);
	/* Two in each of the first regions, and the third stops: two more, and five at once. */
	assert_int_equal(promised("50%", "20%", CONCURRENCY_SOFT, REGIONS_SEQUENTIAL), 11);
	assert_int_equal(promised("50%", "20%", CONCURRENCY_STRICT, REGIONS_SEQUENTIAL), 7);
	assert_int_equal(promised("50%", "20%", CONCURRENCY_SOFT, REGIONS_PARALLEL), 21);
	assert_int_equal(promised("50%", "20%", CONCURRENCY_STRICT, REGIONS_PARALLEL), 9);
	assert_int_equal(promised("100%", "100%", CONCURRENCY_SOFT, REGIONS_PARALLEL), 30);
}

/* As many waves as there are members, all of which tolerate something: it may promise too much,
 * and does not take for ever. */
static void many_waves_are_no_matter(void **state)
{
	static struct rollout_wave waves[ARRAY_LEN(many)];
	struct rollout_preferences p = rollout_defaults();
	struct rollout_spec spec = {&p, many, ARRAY_LEN(many), 10};

	(void)state;
	p.waves = waves;
	p.wave_count = ARRAY_LEN(waves);
	p.tolerance = count_of(3);
	for (size_t i = 0; i < ARRAY_LEN(many); i++) {
		waves[i].tolerance = count_of(1);
		many[i] = (struct rollout_member){.wave = i, .region = i % 10};
	}
	assert_int_equal(rollout_worst_case(&spec), 31);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_order_of_small_rollouts),
		cmocka_unit_test(every_order_of_random_rollouts),
		cmocka_unit_test(what_a_plan_promises),
		cmocka_unit_test(many_waves_are_no_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
