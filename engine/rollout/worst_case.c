/*
 * worst_case.c - how many members of a rollout can fail before everything has stopped.
 *
 * It stops somewhere: in one cell (members of a wave in a region) when regions are SEQUENTIAL, in
 * one wave when they are PARALLEL.  What fails before that is tolerated: at most the region's
 * tolerance in each region, over all waves, and at most the wave's in each wave.  Where it stops,
 * what is under way may fail as well: MaxConcurrent members of each region in SOFT mode; in
 * STRICT mode a region never has more failures than tolerance + 1.
 *
 * How much can fail is then a flow: from the waves (as much as each tolerates) through the cells
 * (as many members as each has) into the regions (as much as each tolerates), and what is under
 * way where it stops comes in addition.  The greatest flow is the least cut: for each set of
 * waves that are cut off
 *
 *	sum of the tolerances of these waves
 *	+ for each region the lesser of its tolerance and its members in the other waves.
 *
 * With few waves that tolerate anything (most tolerate nothing) all sets are tried and the
 * number is exact; with more, some: it may then be too high, never too low.
 * MinHealthyRegions, which may stop it earlier, and members that are SKIPPED are left out.
 */
#include "engine/rollout/rollout.h"

#include <stdlib.h>

#include "base/base.h"

/* So many sets at most, and less work than this. */
#define SETS_BITS 12
#define SETS_WORK ((size_t)1 << 22)

/* Members of one wave and region. */
struct piece {
	size_t wave, region, count;
};

struct tally {
	const struct rollout_spec *spec;
	struct piece *pieces; /* in order */
	size_t piece_count;
	size_t *worst; /* by piece at which it ends: the least cut so far */
	size_t wave_count;
	size_t *tolerances; /* by wave; ROLLOUT_ANY */
	bool *cut;          /* by wave: it is in the set */
	size_t *bases;      /* by region: members in all */
	size_t *counted;    /* by region: members in waves before that are not in the set */
	size_t kept;        /* sum over regions of the lesser of tolerance and counted */
	size_t passed;      /* sum of the tolerances of the waves in the set so far */
};

static size_t lesser(size_t x, size_t y)
{
	return x < y ? x : y;
}

static size_t tolerance_of(const struct tally *t, size_t region)
{
	return rollout_tolerance(t->spec->preferences, t->bases[region]);
}

static size_t kept_of(const struct tally *t, size_t region)
{
	return lesser(tolerance_of(t, region), t->counted[region]);
}

/* What the region of this piece adds when it stops here. */
static size_t kept_at_end(const struct tally *t, const struct piece *p)
{
	const struct rollout_preferences *pref = t->spec->preferences;
	size_t window = lesser(p->count, rollout_max_concurrent(pref, t->bases[p->region]));
	size_t tolerance = tolerance_of(t, p->region);
	/* A wave in the set adds to the sum by its tolerance, not by its members. */
	size_t tolerated = t->cut[p->wave] ? 0 : p->count - window;

	if (pref->mode == CONCURRENCY_STRICT)
		return lesser(tolerance + 1, t->counted[p->region] + window + tolerated);
	return window + lesser(tolerance, t->counted[p->region] + tolerated);
}

static void go_past(struct tally *t, const struct piece *p)
{
	if (t->cut[p->wave])
		return;
	t->kept -= kept_of(t, p->region);
	t->counted[p->region] += p->count;
	t->kept += kept_of(t, p->region);
}

/* How many pieces from the first one on end together: SEQUENTIAL one, PARALLEL those of a wave. */
static size_t end_together(const struct tally *t, size_t first)
{
	size_t count = 1;

	if (t->spec->preferences->regions == REGIONS_SEQUENTIAL)
		return 1;
	while (first + count < t->piece_count &&
	       t->pieces[first + count].wave == t->pieces[first].wave)
		count++;
	return count;
}

static void try_set(struct tally *t)
{
	size_t wave = ROLLOUT_ANY;

	for (size_t i = 0; i < t->spec->region_count; i++)
		t->counted[i] = 0;
	t->kept = t->passed = 0;
	for (size_t first = 0, count; first < t->piece_count; first += count) {
		const struct piece *p = &t->pieces[first];
		size_t sum;

		count = end_together(t, first);
		if (p->wave != wave && t->cut[p->wave])
			t->passed += t->tolerances[p->wave];
		wave = p->wave;
		sum = t->passed + t->kept;
		for (size_t i = 0; i < count; i++)
			sum += kept_at_end(t, &p[i]) - kept_of(t, p[i].region);
		t->worst[first] = lesser(t->worst[first], sum);
		for (size_t i = 0; i < count; i++)
			go_past(t, &p[i]);
	}
}

/* Waves that tolerate nothing are in every set, waves that tolerate everything in none. */
static void try_sets(struct tally *t)
{
	size_t *some = xcalloc(t->wave_count, sizeof(*some)), count = 0, tried;

	for (size_t w = 0; w < t->wave_count; w++) {
		t->cut[w] = t->tolerances[w] == 0;
		if (t->tolerances[w] && t->tolerances[w] != ROLLOUT_ANY)
			some[count++] = w;
	}
	tried = lesser(count, SETS_BITS);
	while (tried > 1 && t->piece_count << tried > SETS_WORK)
		tried--;
	/* Those beyond what can be tried go with the last one that is. */
	for (size_t set = 0; set < (size_t)1 << tried; set++) {
		for (size_t i = 0; i < count; i++)
			t->cut[some[i]] = set >> lesser(i, tried - 1) & 1;
		try_set(t);
	}
	free(some);
}

/* --- counting ----------------------------------------------------------------------------- */

static void count_members(struct tally *t)
{
	const struct rollout_spec *s = t->spec;

	for (size_t i = 0; i < s->member_count; i++) {
		const struct rollout_member *m = &s->members[i];
		struct piece *p = t->piece_count ? &t->pieces[t->piece_count - 1] : NULL;

		if (!p || p->wave != m->wave || p->region != m->region) {
			p = &t->pieces[t->piece_count++];
			*p = (struct piece){.wave = m->wave, .region = m->region};
		}
		p->count++;
		t->bases[m->region]++;
		t->tolerances[m->wave]++;
	}
	for (size_t w = 0; w < t->wave_count; w++)
		t->tolerances[w] = rollout_wave_tolerance(
			s->preferences, w, w + 1 < t->wave_count ? WAVE_BEFORE_OTHERS : WAVE_LAST,
			t->tolerances[w]);
}

static size_t most(const struct tally *t)
{
	size_t worst = 0;

	for (size_t i = 0; i < t->piece_count; i++)
		if (t->worst[i] != ROLLOUT_ANY && t->worst[i] > worst)
			worst = t->worst[i];
	return worst;
}

size_t rollout_worst_case(const struct rollout_spec *s)
{
	struct tally t = {.spec = s};
	size_t worst;

	if (!s->member_count)
		return 0;
	t.wave_count = s->members[s->member_count - 1].wave + 1;
	t.tolerances = xcalloc(t.wave_count, sizeof(size_t));
	t.cut = xcalloc(t.wave_count, sizeof(bool));
	t.bases = xcalloc(s->region_count, sizeof(size_t));
	t.counted = xcalloc(s->region_count, sizeof(size_t));
	t.pieces = xcalloc(s->member_count, sizeof(struct piece));
	t.worst = xcalloc(s->member_count, sizeof(size_t));
	for (size_t i = 0; i < s->member_count; i++)
		t.worst[i] = ROLLOUT_ANY;
	count_members(&t);
	try_sets(&t);
	worst = lesser(most(&t), s->member_count);
	free(t.tolerances);
	free(t.cut);
	free(t.bases);
	free(t.counted);
	free(t.pieces);
	free(t.worst);
	return worst;
}
