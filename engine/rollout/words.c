/*
 * words.c - what a rollout will do, in sentences.
 */
#include <stdlib.h>

#include "base/base.h"
#include "engine/rollout/layout.h"

/* Of more regions and waves the rest is counted. */
#define NAMES_SHOWN 5

struct telling {
	const struct stack_rollout *s;
	const struct rollout_preferences *p;
	size_t *bases; /* by region: members */
	size_t *waves; /* by wave: members */
	size_t regions, waves_used;
	struct str *out;
};

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void count(struct telling *t)
{
	const struct rollout_spec *spec = &t->s->spec;

	t->bases = xcalloc(spec->region_count + 1, sizeof(size_t));
	t->waves = xcalloc(t->s->wave_count + 1, sizeof(size_t));
	for (size_t i = 0; i < spec->member_count; i++) {
		t->regions += !t->bases[spec->members[i].region]++;
		t->waves_used += !t->waves[spec->members[i].wave]++;
	}
}

/* --- regions ------------------------------------------------------------------------------ */

static void add_regions(struct telling *t, const char *between)
{
	size_t told = 0;

	for (size_t r = 0; r < t->s->spec.region_count; r++) {
		if (!t->bases[r])
			continue;
		if (told == NAMES_SHOWN && t->regions > NAMES_SHOWN + 1) {
			str_printf(t->out, "%s%zu more", between, t->regions - told);
			return;
		}
		str_printf(t->out, "%s%s", told++ ? between : "", t->s->regions[r]);
	}
}

static void add_scope(struct telling *t)
{
	size_t members = t->s->spec.member_count;

	str_printf(t->out, "%zu instance%s", members, plural(members));
	if (t->regions == 1) {
		str_add(t->out, " in ");
		add_regions(t, "");
	} else if (t->p->regions == REGIONS_SEQUENTIAL) {
		str_add(t->out, ": ");
		add_regions(t, ", then ");
	} else {
		str_printf(t->out, " in %zu regions side by side", t->regions);
	}
}

/* --- how many at a time -------------------------------------------------------------------- */

/* Over regions: how many may start together at first, and what MaxConcurrent alone would allow. */
struct width {
	size_t least, most, wished;
	bool all; /* of every region */
};

static struct width width_of(const struct telling *t)
{
	struct width w = {.least = SIZE_MAX, .all = true};

	for (size_t r = 0; r < t->s->spec.region_count; r++) {
		size_t base = t->bases[r], now = rollout_allowed(t->p, base, 0);
		size_t wished = rollout_max_concurrent(t->p, base);

		if (!base)
			continue;
		w.least = now < w.least ? now : w.least;
		w.most = now > w.most ? now : w.most;
		w.wished = wished > w.wished ? wished : w.wished;
		w.all = w.all && now == base;
	}
	return w;
}

static void add_amount(struct str *out, const struct rollout_amount *a)
{
	str_printf(out, "%zu%s", a->given ? a->value : 0, a->given && a->percent ? "%" : "");
}

static void add_width(struct telling *t)
{
	struct width w = width_of(t);

	str_add(t->out, "; in a region ");
	if (w.all && w.most > 1)
		str_add(t->out, "all at the same time");
	else if (w.most == 1)
		str_add(t->out, "one at a time");
	else
		str_printf(t->out, "%s%zu at a time", w.least < w.most ? "up to " : "", w.most);
	str_printf(t->out, " (%s, FailureTolerance ",
		   t->p->mode == CONCURRENCY_STRICT ? "STRICT" : "SOFT");
	add_amount(t->out, &t->p->tolerance);
	str_add_char(t->out, ')');
	if (w.most < w.wished)
		str_printf(t->out,
			   ".\nSTRICT lowers it from %zu: at most as many as may still fail, and "
			   "one more",
			   w.wished);
}

/* --- waves --------------------------------------------------------------------------------- */

/* Its own tolerance, as it counts; ROLLOUT_ANY for the last one. */
static size_t wave_tolerates(const struct telling *t, size_t wave)
{
	enum wave_place at = WAVE_LAST;

	for (size_t w = wave + 1; w < t->s->wave_count; w++)
		at = t->waves[w] ? WAVE_BEFORE_OTHERS : at;
	return rollout_wave_tolerance(t->p, wave, at, t->waves[wave]);
}

static bool some_tolerate(const struct telling *t)
{
	for (size_t w = 0; w < t->s->wave_count; w++) {
		size_t may_fail = t->waves[w] ? wave_tolerates(t, w) : 0;

		if (may_fail && may_fail != ROLLOUT_ANY)
			return true;
	}
	return false;
}

static void add_waves(struct telling *t)
{
	bool some = some_tolerate(t);
	size_t told = 0;

	if (t->waves_used < 2)
		return;
	str_printf(t->out, "%zu waves: ", t->waves_used);
	for (size_t w = 0; w < t->s->wave_count; w++) {
		if (!t->waves[w])
			continue;
		if (told == NAMES_SHOWN && t->waves_used > NAMES_SHOWN + 1) {
			str_printf(t->out, ", then %zu more", t->waves_used - told);
			break;
		}
		str_printf(t->out, "%s%s (%zu", told++ ? ", then " : "", t->p->waves[w].name,
			   t->waves[w]);
		if (some && wave_tolerates(t, w) != ROLLOUT_ANY)
			str_printf(t->out, ", %zu may fail", wave_tolerates(t, w));
		str_add_char(t->out, ')');
	}
	str_add(t->out, some ? "; more failures in one stop it.\n"
			     : "; a failure in any but the last stops it.\n");
}

/* --- failures ------------------------------------------------------------------------------ */

static void add_tolerance(struct telling *t)
{
	size_t least = SIZE_MAX, most = 0;

	for (size_t r = 0; r < t->s->spec.region_count; r++) {
		size_t tolerance = rollout_tolerance(t->p, t->bases[r]);

		if (!t->bases[r])
			continue;
		least = tolerance < least ? tolerance : least;
		most = tolerance > most ? tolerance : most;
	}
	if (!most)
		str_add(t->out, "The first failure stops it");
	else if (least == most)
		str_printf(t->out, "It stops when more than %zu in a region fail%s", most,
			   most == 1 ? "s" : "");
	else
		str_printf(t->out, "It stops when more than %zu%% of a region (%zu to %zu) fail",
			   t->p->tolerance.value, least, most);
	str_add(t->out, ": what is under way ends, nothing more starts.\n");
}

static void add_healthy(struct telling *t)
{
	size_t wanted = t->p->min_healthy_regions;

	if (wanted == 1)
		str_add(t->out, "Nothing is changed in a region while no other is healthy.\n");
	else if (wanted)
		str_printf(t->out,
			   "Nothing is changed in a region while fewer than %zu others are "
			   "healthy.\n",
			   wanted);
}

static void add_way_back(struct telling *t)
{
	static const char *const words[] = {
		[ON_FAILURE_DEFAULT] = "",
		[ON_FAILURE_INSTANCE] = "",
		[ON_FAILURE_KEEP] = "What fails stays as it is (OnFailure: keep).\n",
		[ON_FAILURE_WAVE] = "If it fails, the failing wave goes back (OnFailure: wave).\n",
		[ON_FAILURE_ALL] = "If it fails, all that it changed goes back (OnFailure: all).\n",
	};

	str_add(t->out, words[t->p->on_failure]);
}

void rollout_words(const struct stack_rollout *s, struct str *out)
{
	struct telling t = {.s = s, .p = &s->preferences, .out = out};
	size_t members = s->spec.member_count;

	count(&t);
	add_scope(&t);
	if (members > t.regions)
		add_width(&t);
	str_add(out, ".\n");
	add_waves(&t);
	if (members > 1) {
		add_tolerance(&t);
		str_printf(out, "At most %zu of %zu instances can fail before it stops.\n",
			   s->worst_case, members);
	}
	add_healthy(&t);
	add_way_back(&t);
	free(t.bases);
	free(t.waves);
}
