/*
 * timing.h - how long things take in the simulated cloud.
 *
 * A duration is fixed ("2s"), evenly spread ("50ms..500ms"), or has a median and a tail
 * ("2s p95 9s": half of all take less than 2 s, one in twenty more than 9 s; lognormal).  What
 * is drawn follows from a seed and words that name the occasion: the same give the same.
 */
#ifndef PROVIDERS_SIM_TIMING_H
#define PROVIDERS_SIM_TIMING_H

#include "base/json.h"
#include "base/text.h"

enum sim_spread { SPREAD_FIXED, SPREAD_EVEN, SPREAD_TAIL };

struct sim_duration {
	enum sim_spread spread;
	int64_t low_ms, high_ms; /* FIXED: low; TAIL: median and p95 */
};

#define DURATION_MAX_MS (7 * 24 * 3600 * (int64_t)1000)

/* False when the text is none, or longer than a week. */
bool duration_parse(struct text t, struct sim_duration *out);
/* A scalar of a manifest: bare numbers are seconds. */
bool duration_from(const json_t *value, struct sim_duration *out);

/* What chance has to do with one occasion. */
struct sim_dice {
	int64_t seed;
	struct text occasion[4]; /* type, operation, key, what for */
};
/* 0 <= x < 1 */
double dice_roll(const struct sim_dice *dice);
int64_t duration_draw(const struct sim_duration *d, const struct sim_dice *dice);

#endif
