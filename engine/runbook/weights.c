#include "engine/runbook/weights.h"

#include <string.h>

#define ALL 100

/* Providers may hand over shares as they divide them. */
static int64_t whole(const json_t *j)
{
	double x = json_is_number(j) ? json_number_value(j) : 0;

	if (!(x > 0))
		return 0;
	return x > ALL ? ALL : (int64_t)(x + 0.5);
}

int64_t weights_of(const json_t *weights, const char *region)
{
	return whole(json_object_get(weights, region));
}

static int64_t sum_of_others(const json_t *before, const char *to)
{
	const char *region;
	json_t *weight;
	int64_t sum = 0;

	json_object_foreach((json_t *)before, region, weight)
	{
		if (strcmp(region, to) != 0)
			sum += whole(weight);
	}
	return sum;
}

json_t *weights_towards(const json_t *before, const char *to, int64_t percent)
{
	int64_t others = sum_of_others(before, to), rest = ALL - percent, passed = 0, given = 0;
	const char *region;
	json_t *weight, *out;

	if (!json_object_get(before, to))
		return NULL;
	if (!others)
		rest = 0;
	out = json_object();
	/* Each gets up to where the sum so far ends: the parts add up to the rest exactly. */
	json_object_foreach((json_t *)before, region, weight)
	{
		int64_t share = ALL - rest;

		if (strcmp(region, to) != 0) {
			passed += whole(weight);
			share = others ? (2 * passed * rest + others) / (2 * others) - given : 0;
			given += share;
		}
		json_object_set_new(out, region, json_integer(share));
	}
	return out;
}

static bool within(const json_t *x, const json_t *y)
{
	const char *region;
	json_t *weight;

	json_object_foreach((json_t *)x, region, weight)
	{
		if (whole(weight) != weights_of(y, region))
			return false;
	}
	return true;
}

bool weights_equal(const json_t *x, const json_t *y)
{
	return within(x, y) && within(y, x);
}
