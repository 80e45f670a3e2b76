/*
 * test_rollout_random.c - random sets of instances, waves and preferences; members that fail, are
 * skipped, regions that fall sick, gates that fail, stops, all at random.  Every order of the
 * scheduler is held against a plain model of the rules in rollout.h, and so is its silence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "engine/rollout/rollout.h"
#include "tests/unit/chance.h"

#define ROLLOUTS 4000
#define WAVES_MAX 4
#define REGIONS_MAX 6
#define MEMBERS_MAX 60
#define MOVES_MAX 2000

struct model {
	struct rollout *r;
	uint64_t seed;
	struct rollout_preferences preferences;
	struct rollout_wave waves[WAVES_MAX];
	struct rollout_member members[MEMBERS_MAX];
	struct rollout_spec spec;
	size_t region_base[REGIONS_MAX], wave_base[WAVES_MAX];
	size_t last_wave; /* that has members */
	/* What happened, as the rules see it. */
	enum member_state states[MEMBERS_MAX];
	bool ready[MEMBERS_MAX], started[MEMBERS_MAX], sick[REGIONS_MAX];
	bool gate_asked[WAVES_MAX], gate_passed[WAVES_MAX];
	enum rollout_fault fault;
	size_t fault_at;
	bool over;
};

static uint32_t roll(struct model *m, uint32_t sides)
{
	m->seed = m->seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(m->seed >> 33) % sides;
}

/* --- worlds --------------------------------------------------------------------------- */

static struct rollout_amount some_amount(struct model *m, uint32_t most)
{
	if (roll(m, 3) == 0)
		return (struct rollout_amount){0};
	if (roll(m, 2))
		return (struct rollout_amount){roll(m, 101), true, true};
	return (struct rollout_amount){roll(m, most + 1), false, true};
}

static void make_preferences(struct model *m)
{
	struct rollout_preferences *p = &m->preferences;

	*p = rollout_defaults();
	p->regions = roll(m, 2) ? REGIONS_PARALLEL : REGIONS_SEQUENTIAL;
	p->mode = roll(m, 2) ? CONCURRENCY_STRICT : CONCURRENCY_SOFT;
	p->max_concurrent = some_amount(m, 5);
	p->tolerance = some_amount(m, 4);
	p->min_healthy_regions = roll(m, 3) ? 0 : roll(m, 3);
	p->waves = m->waves;
	p->wave_count = roll(m, WAVES_MAX + 1);
	for (size_t w = 0; w < p->wave_count; w++)
		m->waves[w] = (struct rollout_wave){.name = "w", .tolerance = some_amount(m, 3)};
}

static void make_members(struct model *m)
{
	size_t waves = m->preferences.wave_count ? m->preferences.wave_count : 1;
	uint32_t most = 1 + roll(m, 6), fresh = 1 + roll(m, 5);

	m->spec.region_count = 1 + roll(m, REGIONS_MAX);
	for (size_t w = 0; w < waves; w++)
		for (size_t r = 0; r < m->spec.region_count; r++)
			for (uint32_t n = roll(m, most + 1);
			     n && m->spec.member_count < MEMBERS_MAX; n--) {
				m->members[m->spec.member_count++] =
					(struct rollout_member){w, r, roll(m, fresh) == 0};
				m->region_base[r]++;
				m->wave_base[w]++;
				m->last_wave = w;
			}
	m->spec.members = m->members;
	m->spec.preferences = &m->preferences;
}

/* --- the rules ------------------------------------------------------------------------- */

static bool has_ended(enum member_state s)
{
	return s != MEMBER_PENDING && s != MEMBER_RUNNING;
}

static size_t amount(struct rollout_amount a, size_t base, size_t otherwise)
{
	size_t value = a.percent ? a.value * base / 100 : a.value;

	return a.given ? value : otherwise;
}

static size_t in_region(const struct model *m, size_t region, enum member_state s)
{
	size_t count = 0;

	for (size_t i = 0; i < m->spec.member_count; i++)
		count += m->members[i].region == region && m->states[i] == s;
	return count;
}

static size_t tolerance(const struct model *m, size_t region)
{
	return amount(m->preferences.tolerance, m->region_base[region], 0);
}

static size_t max_concurrent(const struct model *m, size_t region)
{
	size_t base = m->region_base[region];
	size_t most = amount(m->preferences.max_concurrent, base, base);

	return most > base ? base : most ? most : 1;
}

static size_t region_failures(const struct model *m, size_t region)
{
	return in_region(m, region, MEMBER_FAILED) + in_region(m, region, MEMBER_SKIPPED);
}

static size_t wave_tolerance(const struct model *m, size_t wave)
{
	struct rollout_amount a = {0};

	if (wave < m->preferences.wave_count)
		a = m->waves[wave].tolerance;
	return amount(a, m->wave_base[wave], wave == m->last_wave ? SIZE_MAX : 0);
}

static size_t wave_failures(const struct model *m, size_t wave)
{
	size_t count = 0;

	for (size_t i = 0; i < m->spec.member_count; i++)
		count += m->members[i].wave == wave &&
			 (m->states[i] == MEMBER_FAILED || m->states[i] == MEMBER_SKIPPED);
	return count;
}

/* After the end of this member. */
static void find_fault(struct model *m, size_t member)
{
	size_t region = m->members[member].region, wave = m->members[member].wave;

	if (m->fault)
		return;
	if (region_failures(m, region) > tolerance(m, region)) {
		m->fault = ROLLOUT_TOLERANCE;
		m->fault_at = region;
	} else if (wave_failures(m, wave) > wave_tolerance(m, wave)) {
		m->fault = ROLLOUT_WAVE_FAILS;
		m->fault_at = wave;
	}
}

static bool wave_ended(const struct model *m, size_t wave)
{
	for (size_t i = 0; i < m->spec.member_count; i++)
		if (m->members[i].wave == wave && !has_ended(m->states[i]))
			return false;
	return true;
}

static bool turn_of_wave(const struct model *m, size_t wave)
{
	for (size_t w = 0; w < wave; w++)
		if (m->wave_base[w] && !m->gate_passed[w])
			return false;
	return true;
}

static bool turn_of_region(const struct model *m, size_t member)
{
	for (size_t i = 0; i < member; i++)
		if (m->preferences.regions == REGIONS_SEQUENTIAL &&
		    m->members[i].wave == m->members[member].wave &&
		    m->members[i].region < m->members[member].region && !has_ended(m->states[i]))
			return false;
	return true;
}

static bool room_in_region(const struct model *m, size_t region)
{
	size_t most = max_concurrent(m, region), failures = region_failures(m, region);
	size_t left = tolerance(m, region) + 1 - failures;

	if (m->preferences.mode == CONCURRENCY_STRICT && most > left)
		most = left;
	return in_region(m, region, MEMBER_RUNNING) < most;
}

static bool enough_healthy(const struct model *m, size_t member)
{
	size_t healthy = 0;

	if (m->members[member].fresh)
		return true;
	for (size_t r = 0; r < m->spec.region_count; r++)
		healthy += r != m->members[member].region && !m->sick[r] &&
			   !in_region(m, r, MEMBER_FAILED) && !in_region(m, r, MEMBER_RUNNING);
	return healthy >= m->preferences.min_healthy_regions;
}

static bool may_start_but_for_health(const struct model *m, size_t i)
{
	return m->states[i] == MEMBER_PENDING && m->ready[i] && !m->fault &&
	       turn_of_wave(m, m->members[i].wave) && turn_of_region(m, i) &&
	       room_in_region(m, m->members[i].region);
}

/* The first that may; member_count: none. */
static size_t first_to_start(const struct model *m)
{
	size_t i = 0;

	while (i < m->spec.member_count &&
	       !(may_start_but_for_health(m, i) && enough_healthy(m, i)))
		i++;
	return i;
}

static size_t count_state(const struct model *m, enum member_state s)
{
	size_t count = 0;

	for (size_t i = 0; i < m->spec.member_count; i++)
		count += m->states[i] == s;
	return count;
}

/* The wave whose gate is to be asked now; WAVES_MAX: none. */
static size_t gate_due(const struct model *m)
{
	for (size_t w = 0; w < WAVES_MAX && !m->fault; w++)
		if (m->wave_base[w] && !m->gate_asked[w] && turn_of_wave(m, w) && wave_ended(m, w))
			return w;
	return WAVES_MAX;
}

static bool all_over(const struct model *m)
{
	if (count_state(m, MEMBER_PENDING) || count_state(m, MEMBER_RUNNING))
		return false;
	return m->fault || !m->spec.member_count || m->gate_passed[m->last_wave];
}

static bool is_starved(const struct model *m)
{
	bool any = false;

	for (size_t i = 0; i < m->spec.member_count; i++)
		any = any || may_start_but_for_health(m, i);
	return any && !count_state(m, MEMBER_RUNNING);
}

/* --- what the scheduler says -------------------------------------------------------------- */

static void follow(struct model *m, const struct rollout_order *o)
{
	switch (o->kind) {
	case ROLLOUT_START:
		assert_int_equal(o->member, first_to_start(m));
		assert_int_equal(o->wave, m->members[o->member].wave);
		assert_false(m->started[o->member]);
		m->started[o->member] = true;
		m->states[o->member] = MEMBER_RUNNING;
		break;
	case ROLLOUT_GATE:
		assert_int_equal(o->wave, gate_due(m));
		m->gate_asked[o->wave] = true;
		break;
	case ROLLOUT_CANCEL:
		assert_true(m->fault != ROLLOUT_WELL);
		assert_int_equal(m->states[o->member], MEMBER_PENDING);
		m->states[o->member] = MEMBER_CANCELLED;
		break;
	case ROLLOUT_WAIT:
		assert_int_equal(first_to_start(m), m->spec.member_count);
		assert_int_equal(gate_due(m), WAVES_MAX);
		assert_true(!m->fault || !count_state(m, MEMBER_PENDING));
		assert_false(all_over(m));
		assert_int_equal(rollout_starved(m->r), is_starved(m));
		break;
	case ROLLOUT_OVER:
		assert_true(all_over(m));
		m->over = true;
		break;
	}
}

static void check_states(const struct model *m)
{
	size_t sum = 0;

	assert_int_equal(rollout_fault(m->r), m->fault);
	if (m->fault && m->fault != ROLLOUT_STOPPED)
		assert_int_equal(rollout_fault_at(m->r), m->fault_at);
	for (size_t i = 0; i < m->spec.member_count; i++)
		assert_int_equal(rollout_state(m->r, i), m->states[i]);
	for (int s = 0; s < MEMBER_STATE_COUNT; s++) {
		assert_int_equal(rollout_count(m->r, (enum member_state)s),
				 count_state(m, (enum member_state)s));
		sum += rollout_count(m->r, (enum member_state)s);
	}
	assert_int_equal(sum, m->spec.member_count);
}

static void listen(struct model *m)
{
	struct rollout_order o;

	do {
		o = rollout_next(m->r);
		follow(m, &o);
	} while (o.kind != ROLLOUT_WAIT && o.kind != ROLLOUT_OVER);
	check_states(m);
}

/* --- what happens --------------------------------------------------------------------------- */

/* A random member in this state; member_count: none. */
static size_t pick(struct model *m, enum member_state s)
{
	size_t count = count_state(m, s), skip = count ? roll(m, (uint32_t)count) : 0, i = 0;

	for (; i < m->spec.member_count; i++)
		if (m->states[i] == s && skip-- == 0)
			break;
	return i;
}

static void end_one(struct model *m, uint32_t badly)
{
	size_t i = pick(m, MEMBER_RUNNING);
	bool bad = roll(m, 100) < badly;

	if (i == m->spec.member_count)
		return;
	m->states[i] = bad ? MEMBER_FAILED : MEMBER_SUCCEEDED;
	find_fault(m, i);
	rollout_ended(m->r, i, bad ? MEMBER_ENDED_BADLY : MEMBER_ENDED_WELL);
}

static void skip_one(struct model *m)
{
	size_t i = pick(m, MEMBER_PENDING);

	if (i == m->spec.member_count)
		return;
	m->states[i] = MEMBER_SKIPPED;
	find_fault(m, i);
	rollout_skip(m->r, i);
}

static void ready_one(struct model *m)
{
	size_t i = pick(m, MEMBER_PENDING);

	if (i == m->spec.member_count)
		return;
	m->ready[i] = true;
	rollout_ready(m->r, i);
}

static void answer_gate(struct model *m, uint32_t badly)
{
	bool bad = roll(m, 100) < badly;

	for (size_t w = 0; w < WAVES_MAX; w++) {
		if (!m->gate_asked[w] || m->gate_passed[w])
			continue;
		m->gate_passed[w] = !bad && !m->fault;
		if (bad && !m->fault) {
			m->fault = ROLLOUT_GATE_FAILS;
			m->fault_at = w;
		}
		rollout_gate(m->r, w, bad ? GATE_FAILED : GATE_PASSED);
		return;
	}
}

static void turn_health(struct model *m)
{
	size_t region = roll(m, (uint32_t)m->spec.region_count);

	m->sick[region] = !m->sick[region];
	rollout_region_healthy(m->r, region, !m->sick[region]);
}

static void stop(struct model *m)
{
	if (!m->fault && !all_over(m))
		m->fault = ROLLOUT_STOPPED;
	rollout_stop(m->r);
}

struct odds {
	uint32_t fails, skips, sickens, stops;
};

static void move(struct model *m, const struct odds *o)
{
	if (roll(m, 1000) < o->stops)
		stop(m);
	else if (roll(m, 1000) < o->skips)
		skip_one(m);
	else if (roll(m, 1000) < o->sickens)
		turn_health(m);
	else if (roll(m, 3) == 0)
		ready_one(m);
	else if (roll(m, 3) == 0)
		answer_gate(m, o->fails);
	else
		end_one(m, o->fails);
}

/* Whatever happened, it comes to an end when what runs ends, what waits becomes ready, gates are
 * answered, and who starves is stopped. */
static void wind_up(struct model *m)
{
	const struct odds calm = {0};

	for (size_t i = 0; i < m->spec.member_count; i++) {
		m->ready[i] = m->ready[i] || m->states[i] == MEMBER_PENDING;
		rollout_ready(m->r, i);
	}
	listen(m);
	for (int i = 0; i < MOVES_MAX && !m->over; i++) {
		if (rollout_starved(m->r))
			stop(m);
		move(m, &calm);
		listen(m);
	}
	assert_true(m->over);
}

/* --- promises -------------------------------------------------------------------------------- */

static void check_promises(const struct model *m)
{
	assert_true(count_state(m, MEMBER_FAILED) <= rollout_worst_case(&m->spec));
	for (size_t r = 0; r < m->spec.region_count; r++) {
		size_t failed = in_region(m, r, MEMBER_FAILED), most = max_concurrent(m, r);

		if (m->preferences.mode == CONCURRENCY_STRICT)
			most = 1;
		assert_true(failed <= tolerance(m, r) + most);
		if (m->fault == ROLLOUT_WELL)
			assert_true(region_failures(m, r) <= tolerance(m, r));
	}
	if (m->fault == ROLLOUT_WELL)
		assert_int_equal(count_state(m, MEMBER_CANCELLED), 0);
}

static void run_one(uint64_t seed)
{
	struct model m = {.seed = seed};
	struct odds odds;
	uint32_t moves;

	make_preferences(&m);
	make_members(&m);
	odds = (struct odds){roll(&m, 3) ? roll(&m, 20) : roll(&m, 101), roll(&m, 3) ? 0 : 50,
			     m.preferences.min_healthy_regions ? 200 : 0, roll(&m, 3) ? 0 : 10};
	m.r = rollout_new(&m.spec);
	if (roll(&m, 2))
		for (size_t i = 0; i < m.spec.member_count; i++) {
			m.ready[i] = true;
			rollout_ready(m.r, i);
		}
	listen(&m);
	for (moves = 4 * MEMBERS_MAX; moves && !m.over; moves--) {
		move(&m, &odds);
		listen(&m);
	}
	wind_up(&m);
	check_promises(&m);
	rollout_free(m.r);
}

static void every_order_is_the_rules(void **state)
{
	struct chances c = chances_of(ROLLOUTS);
	uint64_t seed;

	(void)state;
	while (chances_next(&c, &seed))
		run_one(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_order_is_the_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
