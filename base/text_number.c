/* text_number.c - text to numbers and durations, without locale and without surprises. */
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Longer decimal numbers than this are no numbers that a person meant. */
#define NUMBER_LEN_MAX 400

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Counts downwards, because the negative side holds one number more. */
static bool read_negated(struct text digits, int64_t *out)
{
	int64_t n = 0;

	if (!digits.len)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		int digit = digits.ptr[i] - '0';

		if (!is_digit(digits.ptr[i]) || n < (INT64_MIN + digit) / 10)
			return false;
		n = n * 10 - digit;
	}
	*out = n;
	return true;
}

bool text_to_int64(struct text t, int64_t min, int64_t max, int64_t *out)
{
	bool negative = text_starts(t, "-");
	int64_t n;

	if (negative)
		t = (struct text){t.ptr + 1, t.len - 1};
	if (!read_negated(t, &n) || (!negative && n == INT64_MIN))
		return false;
	if (!negative)
		n = -n;
	if (n < min || n > max)
		return false;
	*out = n;
	return true;
}

static size_t skip_digits(struct text t, size_t i)
{
	while (i < t.len && is_digit(t.ptr[i]))
		i++;
	return i;
}

static size_t skip_sign(struct text t, size_t i)
{
	return i < t.len && (t.ptr[i] == '-' || t.ptr[i] == '+') ? i + 1 : i;
}

/* strtod() alone would take hexadecimal, "inf", "nan" and leading blanks too. */
static bool is_decimal(struct text t)
{
	size_t start = skip_sign(t, 0), i = skip_digits(t, start), digit_count = i - start;

	if (i < t.len && t.ptr[i] == '.') {
		start = i + 1;
		i = skip_digits(t, start);
		digit_count += i - start;
	}
	if (!digit_count)
		return false;
	if (i < t.len && (t.ptr[i] == 'e' || t.ptr[i] == 'E')) {
		start = skip_sign(t, i + 1);
		i = skip_digits(t, start);
		if (i == start)
			return false;
	}
	return i == t.len;
}

bool text_to_double(struct text t, double *out)
{
	char copy[NUMBER_LEN_MAX + 1];
	double value;

	if (t.len > NUMBER_LEN_MAX || !is_decimal(t))
		return false;
	memcpy(copy, t.ptr, t.len);
	copy[t.len] = '\0';
	value = strtod(copy, NULL);
	if (!isfinite(value))
		return false;
	*out = value;
	return true;
}

bool text_to_duration_ms(struct text t, int64_t *out_ms)
{
	static const struct {
		const char *suffix; /* "ms" before the two it ends like */
		int64_t ms;
	} units[] = {{"ms", 1},          {"s", 1000},         {"m", 60 * 1000},
		     {"h", 3600 * 1000}, {"d", 86400 * 1000}, {"", 1000}};
	int64_t count;
	size_t u = 0;

	while (!text_ends(t, units[u].suffix))
		u++;
	t.len -= strlen(units[u].suffix);
	if (text_starts(t, "-") || !text_to_int64(t, 0, INT64_MAX / units[u].ms, &count))
		return false;
	*out_ms = count * units[u].ms;
	return true;
}
