#include "engine/schedule.h"

#include <assert.h>
#include <stdlib.h>

#include "base/vec.h"
#include "engine/lanes.h"

/* Steps by a number, the smallest first; then by themselves, so that the order is certain. */
struct entry {
	int64_t key;
	size_t step;
};

struct entries {
	struct entry *items;
	size_t count;
};

static bool before(const struct entry *x, const struct entry *y)
{
	return x->key != y->key ? x->key < y->key : x->step < y->step;
}

static void entries_put(struct entries *h, struct entry e)
{
	size_t at = h->count++;

	for (; at && before(&e, &h->items[(at - 1) / 2]); at = (at - 1) / 2)
		h->items[at] = h->items[(at - 1) / 2];
	h->items[at] = e;
}

static struct entry entries_take(struct entries *h)
{
	struct entry first = h->items[0], last = h->items[--h->count];
	size_t at = 0;

	for (size_t child; (child = 2 * at + 1) < h->count; at = child) {
		if (child + 1 < h->count && before(&h->items[child + 1], &h->items[child]))
			child++;
		if (!before(&h->items[child], &last))
			break;
		h->items[at] = h->items[child];
	}
	h->items[at] = last;
	return first;
}

/* Steps that wait for a place at their endpoint, in the order they came. */
struct line {
	size_t out, first, last; /* first: a step, or STEP_NONE */
};

struct simulation {
	const struct schedule *s;
	size_t *missing; /* needs that are not over, by step */
	size_t *behind;  /* the next in the same line, by step */
	struct line *lines;
	struct entries ready, running;
	struct {
		VEC_OF(size_t)
	} over; /* whose users have yet to hear of it */
	size_t places;
	int64_t now_ms;
};

static size_t *count_needs(const struct schedule *s)
{
	size_t *missing = xcalloc(s->step_count + 1, sizeof(size_t));

	for (size_t i = 0; i < s->step_count; i++) {
		size_t count;
		const size_t *users = walk_users(s->walk, i, &count);

		for (size_t k = 0; k < count; k++)
			missing[users[k]]++;
	}
	return missing;
}

static void may_start(struct simulation *m, size_t step)
{
	int64_t priority = (int64_t)walk_priority(m->s->walk, step);

	if (m->s->times[step].ms > 0)
		entries_put(&m->ready, (struct entry){-priority, step});
	else
		*vec_add(&m->over) = step;
}

/* Gates open in the same moment. */
static void let_go(struct simulation *m)
{
	while (m->over.count) {
		size_t count, step = m->over.items[--m->over.count];
		const size_t *users = walk_users(m->s->walk, step, &count);

		for (size_t i = 0; i < count; i++)
			if (--m->missing[users[i]] == 0)
				may_start(m, users[i]);
	}
}

static struct line *line_of(struct simulation *m, size_t step)
{
	const struct step_time *t = &m->s->times[step];

	return t->pending || t->lane == SCHEDULE_NO_LANE ? NULL : &m->lines[t->lane];
}

static void join(struct simulation *m, struct line *l, size_t step)
{
	m->behind[step] = STEP_NONE;
	if (l->first == STEP_NONE)
		l->first = step;
	else
		m->behind[l->last] = step;
	l->last = step;
}

static void leave(struct simulation *m, struct line *l)
{
	size_t step = l->first;

	l->out--;
	if (step == STEP_NONE)
		return;
	l->first = m->behind[step];
	may_start(m, step);
}

static void start_all(struct simulation *m)
{
	while (m->ready.count && m->places) {
		size_t step = entries_take(&m->ready).step;
		const struct step_time *t = &m->s->times[step];
		struct line *l = line_of(m, step);

		if (l && l->out == LANE_CALLS) {
			join(m, l, step);
			continue;
		}
		if (l)
			l->out++;
		m->places -= !t->pending;
		entries_put(&m->running, (struct entry){m->now_ms + t->ms, step});
	}
}

static void end_next(struct simulation *m)
{
	m->now_ms = m->running.items[0].key;
	while (m->running.count && m->running.items[0].key == m->now_ms) {
		size_t step = entries_take(&m->running).step;
		struct line *l = line_of(m, step);

		m->places += !m->s->times[step].pending;
		if (l)
			leave(m, l);
		*vec_add(&m->over) = step;
	}
}

static void open_simulation(struct simulation *m, const struct schedule *s)
{
	*m = (struct simulation){.s = s, .places = s->parallelism ? s->parallelism : 1};
	m->missing = count_needs(s);
	m->behind = xcalloc(s->step_count + 1, sizeof(size_t));
	m->lines = xcalloc(s->lane_count + 1, sizeof(struct line));
	for (size_t i = 0; i < s->lane_count; i++)
		m->lines[i].first = STEP_NONE;
	m->ready.items = xcalloc(s->step_count + 1, sizeof(struct entry));
	m->running.items = xcalloc(s->step_count + 1, sizeof(struct entry));
	for (size_t i = 0; i < s->step_count; i++)
		if (!m->missing[i])
			may_start(m, i);
}

static void close_simulation(struct simulation *m)
{
	free(m->missing);
	free(m->behind);
	free(m->lines);
	free(m->ready.items);
	free(m->running.items);
	vec_release(&m->over);
}

int64_t schedule_span(const struct schedule *s)
{
	struct simulation m;
	int64_t span;

	open_simulation(&m, s);
	for (;;) {
		let_go(&m);
		start_all(&m);
		if (!m.running.count)
			break;
		end_next(&m);
	}
	span = m.now_ms;
	close_simulation(&m);
	return span;
}

/* --- the longest way ---------------------------------------------------------------- */

struct way {
	int64_t *starts; /* by step: when all that it needs is over */
	size_t *via;     /* the need that ends last; STEP_NONE */
	size_t last;
	int64_t end_ms;
};

static void pass_on(const struct schedule *s, struct way *w, size_t step, int64_t end_ms)
{
	size_t count;
	const size_t *users = walk_users(s->walk, step, &count);

	for (size_t i = 0; i < count; i++) {
		if (w->via[users[i]] != STEP_NONE && end_ms <= w->starts[users[i]])
			continue;
		w->starts[users[i]] = end_ms;
		w->via[users[i]] = step;
	}
	if (w->last == STEP_NONE || end_ms > w->end_ms) {
		w->end_ms = end_ms;
		w->last = step;
	}
}

/* What a step needs comes before it. */
static void follow_all(const struct schedule *s, struct way *w)
{
	size_t *missing = count_needs(s);
	size_t *order = xcalloc(s->step_count + 1, sizeof(size_t)), count = 0;

	for (size_t i = 0; i < s->step_count; i++)
		if (!missing[i])
			order[count++] = i;
	for (size_t n = 0; n < count; n++) {
		size_t user_count;
		const size_t *users = walk_users(s->walk, order[n], &user_count);

		pass_on(s, w, order[n], w->starts[order[n]] + s->times[order[n]].ms);
		for (size_t i = 0; i < user_count; i++)
			if (--missing[users[i]] == 0)
				order[count++] = users[i];
	}
	assert(count == s->step_count);
	free(order);
	free(missing);
}

static void collect(const struct schedule *s, const struct way *w, struct arena *a,
		    struct longest_way *out)
{
	size_t *steps, at;

	for (size_t i = w->last; i != STEP_NONE; i = w->via[i])
		out->count += s->times[i].ms > 0;
	at = out->count;
	steps = ARENA_ARRAY(a, out->count, size_t);
	for (size_t i = w->last; i != STEP_NONE; i = w->via[i])
		if (s->times[i].ms > 0)
			steps[--at] = i;
	out->steps = steps;
	out->ms = w->end_ms;
}

void schedule_longest(const struct schedule *s, struct arena *a, struct longest_way *out)
{
	struct way w = {.last = STEP_NONE};

	*out = (struct longest_way){NULL, 0, 0};
	w.starts = xcalloc(s->step_count + 1, sizeof(int64_t));
	w.via = xcalloc(s->step_count + 1, sizeof(size_t));
	for (size_t i = 0; i < s->step_count; i++)
		w.via[i] = STEP_NONE;
	follow_all(s, &w);
	collect(s, &w, a, out);
	free(w.starts);
	free(w.via);
}
