/*
 * preferences.c - the arithmetic of operation preferences.
 */
#include "engine/rollout/preferences.h"

#define PERCENT_MAX 100
/* More instances than any set has; keeps the arithmetic far from overflowing. */
#define AMOUNT_MAX 1000000000

struct rollout_preferences rollout_defaults(void)
{
	return (struct rollout_preferences){
		.regions = REGIONS_SEQUENTIAL,
		.max_concurrent = {.value = PERCENT_MAX, .percent = true},
		.tolerance = {.value = 0},
		.mode = CONCURRENCY_SOFT,
		.on_failure = ON_FAILURE_DEFAULT,
	};
}

size_t rollout_amount_of(struct rollout_amount a, size_t base, size_t otherwise)
{
	if (!a.given)
		return otherwise;
	return a.percent ? a.value * base / PERCENT_MAX : a.value;
}

size_t rollout_max_concurrent(const struct rollout_preferences *p, size_t base)
{
	size_t most = rollout_amount_of(p->max_concurrent, base, base);

	if (most > base)
		most = base;
	return most ? most : 1;
}

size_t rollout_tolerance(const struct rollout_preferences *p, size_t base)
{
	return rollout_amount_of(p->tolerance, base, 0);
}

size_t rollout_wave_tolerance(const struct rollout_preferences *p, size_t wave, enum wave_place at,
			      size_t base)
{
	struct rollout_amount none = {0};
	size_t otherwise = at == WAVE_LAST ? ROLLOUT_ANY : 0;

	return rollout_amount_of(wave < p->wave_count ? p->waves[wave].tolerance : none, base,
				 otherwise);
}

size_t rollout_allowed(const struct rollout_preferences *p, size_t base, size_t failures)
{
	size_t most = rollout_max_concurrent(p, base), tolerance = rollout_tolerance(p, base);

	if (failures > tolerance)
		return 0;
	if (p->mode == CONCURRENCY_STRICT && most > tolerance + 1 - failures)
		most = tolerance + 1 - failures;
	return most;
}

bool rollout_amount_parse(struct text t, struct rollout_amount *out)
{
	bool percent = text_ends(t, "%");
	int64_t value;

	if (percent)
		t.len--;
	/* "+5" and "-0" are numbers, and nothing that people mean here. */
	if (!t.len || t.ptr[0] < '0' || t.ptr[0] > '9')
		return false;
	if (!text_to_int64(t, 0, percent ? PERCENT_MAX : AMOUNT_MAX, &value))
		return false;
	*out = (struct rollout_amount){.value = (size_t)value, .percent = percent, .given = true};
	return true;
}
