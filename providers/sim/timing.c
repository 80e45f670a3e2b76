#include "providers/sim/timing.h"

#include <math.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/str.h"

/* Of the standard normal distribution, and the circle. */
#define QUANTILE_95 1.6448536269514722
#define TWO_PI 6.283185307179586

static bool parse_time(struct text t, int64_t *out)
{
	return text_to_duration_ms(text_trim(t), out) && *out >= 0 && *out <= DURATION_MAX_MS;
}

/* Cuts the text at the mark; false when it is not there. */
static bool cut(struct text t, struct text mark, struct text *before, struct text *after)
{
	for (size_t i = 0; i + mark.len <= t.len; i++) {
		if (!text_eq((struct text){t.ptr + i, mark.len}, mark))
			continue;
		*before = (struct text){t.ptr, i};
		*after = (struct text){t.ptr + i + mark.len, t.len - i - mark.len};
		return true;
	}
	return false;
}

bool duration_parse(struct text t, struct sim_duration *out)
{
	struct text low = t, high = t;
	struct sim_duration d = {.spread = SPREAD_FIXED};

	if (cut(t, TEXT_LIT(".."), &low, &high))
		d.spread = SPREAD_EVEN;
	else if (cut(t, TEXT_LIT(" p95 "), &low, &high))
		d.spread = SPREAD_TAIL;
	if (!parse_time(low, &d.low_ms) || !parse_time(high, &d.high_ms) || d.high_ms < d.low_ms)
		return false;
	*out = d;
	return true;
}

bool duration_from(const json_t *value, struct sim_duration *out)
{
	json_int_t seconds = json_integer_value(value);

	if (json_is_string(value))
		return duration_parse(text_of(json_string_value(value)), out);
	if (!json_is_integer(value) || seconds < 0 || seconds > DURATION_MAX_MS / 1000)
		return false;
	*out = (struct sim_duration){SPREAD_FIXED, seconds * 1000, seconds * 1000};
	return true;
}

double dice_roll(const struct sim_dice *dice)
{
	unsigned char digest[DIGEST_LEN];
	struct str words = STR_INIT;
	uint64_t number = 0;

	str_printf(&words, "%lld", (long long)dice->seed);
	for (size_t i = 0; i < ARRAY_LEN(dice->occasion); i++)
		str_printf(&words, "\n%.*s", TEXT_ARG(dice->occasion[i]));
	digest_sha256_raw(str_text(&words), digest);
	str_release(&words);
	for (size_t i = 0; i < sizeof(number); i++)
		number = number << 8 | digest[i];
	/* 53 bits: what a double holds exactly. */
	return (double)(number >> 11) / (double)(UINT64_C(1) << 53);
}

/* Box and Muller: two even numbers make a normal one. */
static double roll_normal(const struct sim_dice *dice)
{
	struct sim_dice other = *dice;
	double u = 1.0 - dice_roll(dice);

	other.seed = ~dice->seed;
	return sqrt(-2.0 * log(u)) * cos(TWO_PI * dice_roll(&other));
}

static int64_t draw_tail(const struct sim_duration *d, const struct sim_dice *dice)
{
	double median = d->low_ms > 0 ? (double)d->low_ms : 1.0;
	double tail = d->high_ms > 0 ? (double)d->high_ms : 1.0;
	double ms = median * exp(log(tail / median) / QUANTILE_95 * roll_normal(dice));

	return ms < (double)DURATION_MAX_MS ? (int64_t)ms : DURATION_MAX_MS;
}

int64_t duration_draw(const struct sim_duration *d, const struct sim_dice *dice)
{
	switch (d->spread) {
	case SPREAD_FIXED:
		return d->low_ms;
	case SPREAD_EVEN:
		return d->low_ms +
		       (int64_t)(dice_roll(dice) * (double)(d->high_ms - d->low_ms + 1));
	case SPREAD_TAIL:
		return draw_tail(d, dice);
	}
	return 0;
}
