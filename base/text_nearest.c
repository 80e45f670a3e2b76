/* text_nearest.c - "did you mean": edit distance and the nearest of some names. */
#include "base/text.h"

#include <string.h>

/* What differs between two words, common ends aside; nobody mistypes more than this. */
#define DIFFERENCE_LEN_MAX 96

typedef char (*fold_fn)(char c);

static char fold_nothing(char c)
{
	return c;
}

static char fold_case(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void drop_common_ends(struct text *a, struct text *b, fold_fn fold)
{
	while (a->len && b->len && fold(a->ptr[0]) == fold(b->ptr[0])) {
		a->ptr++;
		b->ptr++;
		a->len--;
		b->len--;
	}
	while (a->len && b->len && fold(a->ptr[a->len - 1]) == fold(b->ptr[b->len - 1])) {
		a->len--;
		b->len--;
	}
}

struct rows {
	size_t before[DIFFERENCE_LEN_MAX + 1], above[DIFFERENCE_LEN_MAX + 1];
	size_t current[DIFFERENCE_LEN_MAX + 1];
};

/* One row of the optimal string alignment table, for a.ptr[i]. */
static void fill_row(struct rows *r, struct text a, struct text b, size_t i, fold_fn fold)
{
	char c = fold(a.ptr[i]);

	r->current[0] = i + 1;
	for (size_t j = 0; j < b.len; j++) {
		size_t cost = c == fold(b.ptr[j]) ? 0 : 1;
		size_t best = min_size(r->current[j], r->above[j + 1]) + 1;

		best = min_size(best, r->above[j] + cost);
		if (i && j && c == fold(b.ptr[j - 1]) && fold(a.ptr[i - 1]) == fold(b.ptr[j]))
			best = min_size(best, r->before[j - 1] + 1);
		r->current[j + 1] = best;
	}
}

static size_t distance(struct text a, struct text b, size_t cap, fold_fn fold)
{
	struct rows r;

	drop_common_ends(&a, &b, fold);
	if ((a.len > b.len ? a.len - b.len : b.len - a.len) >= cap)
		return cap;
	if (a.len > DIFFERENCE_LEN_MAX || b.len > DIFFERENCE_LEN_MAX)
		return cap;
	for (size_t j = 0; j <= b.len; j++)
		r.above[j] = j;
	for (size_t i = 0; i < a.len; i++) {
		fill_row(&r, a, b, i, fold);
		memcpy(r.before, r.above, sizeof(r.above));
		memcpy(r.above, r.current, sizeof(r.above));
	}
	return min_size(r.above[b.len], cap);
}

size_t text_distance(struct text a, struct text b, size_t cap)
{
	return distance(a, b, cap, fold_nothing);
}

/* Short words are near to everything, 'west' to 'east', so they must be nearer. */
static size_t tolerated_distance(size_t len)
{
	if (len < 3)
		return len - (len > 0);
	return len < 6 ? 1 : len / 3;
}

const char *text_nearest(struct text word, const char *const *names, size_t count)
{
	size_t best = tolerated_distance(word.len) + 1;
	const char *nearest = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t d = distance(word, text_of(names[i]), best, fold_case);

		if (d < best) {
			best = d;
			nearest = names[i];
		}
	}
	return nearest;
}
