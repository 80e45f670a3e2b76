/*
 * textdiff.c - longest common subsequence of lines, after equal beginnings and ends are
 * taken away.
 */
#include "cli/textdiff.h"

#include <assert.h>
#include <string.h>

#include "base/vec.h"

#define CELLS_MAX (4u << 20) /* of the table: 16 MiB; beyond it all lines differ */

struct line {
	struct text text;
	bool ended; /* by a newline */
};

struct lines {
	VEC_OF(struct line)
};

struct script {
	VEC_OF(struct textdiff_line)
};

static struct lines split(struct arena *a, struct text t)
{
	struct lines lines = {0};

	while (t.len) {
		const char *end = memchr(t.ptr, '\n', t.len);
		size_t len = end ? (size_t)(end - t.ptr) : t.len;
		struct line *line = arena_vec_add(a, &lines);

		*line = (struct line){{t.ptr, len}, end != NULL};
		len += end != NULL;
		t = (struct text){t.ptr + len, t.len - len};
	}
	return lines;
}

static bool same(const struct line *x, const struct line *y)
{
	assert(x && y);
	return x->ended == y->ended && text_eq(x->text, y->text);
}

static void add(struct arena *a, struct script *s, enum textdiff_kind kind, const struct line *l)
{
	assert(l);
	*arena_vec_add(a, s) =
		(struct textdiff_line){.kind = kind, .text = l->text, .unended = !l->ended};
}

/* What is left between the equal ends of both texts. */
struct middle {
	const struct line *before, *after;
	size_t before_count, after_count;
};

/* cells[i][j]: length of the longest common subsequence of before[i..] and after[j..]. */
static uint32_t *fill_table(struct arena *a, const struct middle *m)
{
	size_t width = m->after_count + 1;
	uint32_t *cells = ARENA_ARRAY(a, (m->before_count + 1) * width, uint32_t);

	for (size_t i = m->before_count; i-- > 0;) {
		for (size_t j = m->after_count; j-- > 0;) {
			uint32_t down = cells[(i + 1) * width + j];
			uint32_t right = cells[i * width + j + 1];
			uint32_t best = down > right ? down : right;

			if (same(&m->before[i], &m->after[j]))
				best = cells[(i + 1) * width + j + 1] + 1;
			cells[i * width + j] = best;
		}
	}
	return cells;
}

/* Removed lines first where there is a choice, as people are used to. */
static void walk_table(struct arena *a, const struct middle *m, const uint32_t *cells,
		       struct script *s)
{
	size_t i = 0, j = 0, width = m->after_count + 1;

	while (i < m->before_count || j < m->after_count) {
		bool left = i < m->before_count, right = j < m->after_count;

		if (left && right && same(&m->before[i], &m->after[j])) {
			add(a, s, TEXTDIFF_SAME, &m->before[i++]);
			j++;
		} else if (left && (!right || !cells ||
				    cells[(i + 1) * width + j] >= cells[i * width + j + 1])) {
			add(a, s, TEXTDIFF_REMOVED, &m->before[i++]);
		} else {
			add(a, s, TEXTDIFF_ADDED, &m->after[j++]);
		}
	}
}

static void compare_middle(struct arena *a, const struct middle *m, struct script *s)
{
	bool small = (m->before_count + 1) <= CELLS_MAX / (m->after_count + 1);

	if (small) {
		walk_table(a, m, fill_table(a, m), s);
		return;
	}
	for (size_t i = 0; i < m->before_count; i++)
		add(a, s, TEXTDIFF_REMOVED, &m->before[i]);
	for (size_t j = 0; j < m->after_count; j++)
		add(a, s, TEXTDIFF_ADDED, &m->after[j]);
}

static size_t equal_start(const struct lines *x, const struct lines *y)
{
	size_t n = 0;

	while (n < x->count && n < y->count && same(&x->items[n], &y->items[n]))
		n++;
	return n;
}

static size_t equal_end(const struct lines *x, const struct lines *y, size_t start)
{
	size_t n = 0;

	while (n < x->count - start && n < y->count - start &&
	       same(&x->items[x->count - 1 - n], &y->items[y->count - 1 - n]))
		n++;
	return n;
}

static void mark_near(const struct script *s, bool *kept)
{
	size_t since = TEXTDIFF_CONTEXT + 1;

	for (size_t i = 0; i < s->count; i++) {
		since = s->items[i].kind != TEXTDIFF_SAME ? 0 : since + 1;
		kept[i] = since <= TEXTDIFF_CONTEXT;
	}
	since = TEXTDIFF_CONTEXT + 1;
	for (size_t i = s->count; i-- > 0;) {
		since = s->items[i].kind != TEXTDIFF_SAME ? 0 : since + 1;
		kept[i] = kept[i] || since <= TEXTDIFF_CONTEXT;
	}
}

/* Leaving one line out would not save one. */
static void keep_single(bool *kept, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool before = i == 0 || kept[i - 1], after = i + 1 == count || kept[i + 1];

		if (!kept[i] && before && after)
			kept[i] = true;
	}
}

static void leave_out(struct arena *a, const struct script *s, struct textdiff *out)
{
	bool *kept = ARENA_ARRAY(a, s->count + 1, bool);
	struct script short_one = {0};

	mark_near(s, kept);
	keep_single(kept, s->count);
	for (size_t i = 0; i < s->count; i++) {
		struct textdiff_line *last =
			short_one.count ? &short_one.items[short_one.count - 1] : NULL;

		if (kept[i])
			*arena_vec_add(a, &short_one) = s->items[i];
		else if (last && last->kind == TEXTDIFF_LEFT_OUT)
			last->count++;
		else
			*arena_vec_add(a, &short_one) =
				(struct textdiff_line){.kind = TEXTDIFF_LEFT_OUT, .count = 1};
	}
	*out = (struct textdiff){short_one.items, short_one.count};
}

/* A missing newline is worth a word only where the other text has one. */
static void forget_same_ends(const struct lines *x, const struct lines *y, struct textdiff *out)
{
	bool x_ends = x->count && x->items[x->count - 1].ended;
	bool y_ends = y->count && y->items[y->count - 1].ended;

	if (x->count && y->count && x_ends != y_ends)
		return;
	for (size_t i = 0; i < out->count; i++)
		out->lines[i].unended = false;
}

void textdiff_make(struct arena *a, struct text before, struct text after, struct textdiff *out)
{
	struct lines x = split(a, before), y = split(a, after);
	size_t start = equal_start(&x, &y), end = equal_end(&x, &y, start);
	struct middle m = {x.items + start, y.items + start, x.count - start - end,
			   y.count - start - end};
	struct script s = {0};

	for (size_t i = 0; i < start; i++)
		add(a, &s, TEXTDIFF_SAME, &x.items[i]);
	compare_middle(a, &m, &s);
	for (size_t i = x.count - end; i < x.count; i++)
		add(a, &s, TEXTDIFF_SAME, &x.items[i]);
	leave_out(a, &s, out);
	forget_same_ends(&x, &y, out);
}
