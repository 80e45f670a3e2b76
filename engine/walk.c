#include "engine/walk.h"

#include <assert.h>
#include <stdlib.h>

#include "base/vec.h"

struct step {
	enum step_state state;
	enum step_kind kind;
	size_t missing;    /* needs that are not done yet */
	size_t cost;       /* 0 for gates and doors */
	size_t priority;   /* costs on the longest way behind it */
	size_t first_user; /* in users, from seal on */
	size_t user_count;
	size_t slot; /* in the heap of ready steps, from 1; 0: not there */
};

struct edge {
	size_t step, need;
};

/* A queue of step numbers that is filled at the end and emptied from the front. */
struct queue {
	VEC_OF(size_t)
	size_t next;
};

struct walk {
	struct {
		VEC_OF(struct step)
	} steps;
	struct {
		VEC_OF(struct edge)
	} edges;
	size_t *users; /* steps that need a step, grouped by that step */
	size_t *heap;  /* READY steps of kind STEP_WORK */
	size_t heap_count;
	struct queue opened;             /* gates that became ready */
	struct queue spoiled;            /* steps whose users must be skipped */
	struct queue doors;              /* that walk_door has yet to tell */
	struct queue told;               /* skipped work that walk_skipped has yet to tell */
	size_t counts[STEP_STATE_COUNT]; /* of STEP_WORK */
	size_t unfinished;               /* gates and doors included */
	bool sealed;
};

struct walk *walk_new(void)
{
	return xcalloc(1, sizeof(struct walk));
}

void walk_free(struct walk *w)
{
	if (!w)
		return;
	vec_release(&w->steps);
	vec_release(&w->edges);
	vec_release(&w->opened);
	vec_release(&w->spoiled);
	vec_release(&w->told);
	vec_release(&w->doors);
	free(w->users);
	free(w->heap);
	free(w);
}

size_t walk_add(struct walk *w, enum step_kind kind)
{
	struct step *s = vec_add(&w->steps);

	assert(!w->sealed);
	s->kind = kind;
	s->cost = kind == STEP_WORK;
	w->unfinished++;
	if (kind == STEP_WORK)
		w->counts[STEP_BLOCKED]++;
	return w->steps.count - 1;
}

void walk_need(struct walk *w, size_t step, size_t need)
{
	struct edge *e = vec_add(&w->edges);

	assert(!w->sealed && step < w->steps.count && need < w->steps.count);
	*e = (struct edge){step, need};
}

void walk_cost(struct walk *w, size_t step, size_t cost)
{
	assert(!w->sealed && cost && w->steps.items[step].kind == STEP_WORK);
	w->steps.items[step].cost = cost;
}

size_t walk_size(const struct walk *w)
{
	return w->steps.count;
}

/* For each step where its edges start among the edges sorted by step. */
static size_t *group_edges(const struct walk *w, size_t *needs)
{
	size_t *first = xcalloc(w->steps.count + 2, sizeof(size_t));

	for (size_t i = 0; i < w->edges.count; i++)
		first[w->edges.items[i].step + 2]++;
	for (size_t i = 2; i < w->steps.count + 2; i++)
		first[i] += first[i - 1];
	for (size_t i = 0; i < w->edges.count; i++)
		needs[first[w->edges.items[i].step + 1]++] = w->edges.items[i].need;
	return first;
}

void walk_mark_needs(const struct walk *w, bool *marked)
{
	size_t *needs = xcalloc(w->edges.count + 1, sizeof(size_t));
	size_t *first = group_edges(w, needs);
	struct {
		VEC_OF(size_t)
	} queue = {NULL, 0, 0};

	assert(!w->sealed);
	for (size_t i = 0; i < w->steps.count; i++)
		if (marked[i])
			*(size_t *)vec_add(&queue) = i;
	for (size_t next = 0; next < queue.count; next++) {
		size_t step = queue.items[next];

		for (size_t i = first[step]; i < first[step + 1]; i++) {
			if (marked[needs[i]])
				continue;
			marked[needs[i]] = true;
			*(size_t *)vec_add(&queue) = needs[i];
		}
	}
	vec_release(&queue);
	free(first);
	free(needs);
}

/* Moves a step from one state to the next; the only place that writes a state. */
static void enter(struct walk *w, size_t step, enum step_state state)
{
	struct step *s = &w->steps.items[step];

	if (s->kind == STEP_WORK) {
		w->counts[s->state]--;
		w->counts[state]++;
	}
	s->state = state;
	if (state == STEP_DONE || state == STEP_FAILED || state == STEP_SKIPPED)
		w->unfinished--;
}

static bool before(const struct walk *w, size_t x, size_t y)
{
	size_t px = w->steps.items[x].priority, py = w->steps.items[y].priority;

	return px != py ? px > py : x < y;
}

static void place(struct walk *w, size_t at, size_t step)
{
	w->heap[at] = step;
	w->steps.items[step].slot = at + 1;
}

static void rise(struct walk *w, size_t at, size_t step)
{
	for (; at > 0 && before(w, step, w->heap[(at - 1) / 2]); at = (at - 1) / 2)
		place(w, at, w->heap[(at - 1) / 2]);
	place(w, at, step);
}

static void sink(struct walk *w, size_t at, size_t step)
{
	for (size_t child; (child = 2 * at + 1) < w->heap_count; at = child) {
		if (child + 1 < w->heap_count && before(w, w->heap[child + 1], w->heap[child]))
			child++;
		if (!before(w, w->heap[child], step))
			break;
		place(w, at, w->heap[child]);
	}
	place(w, at, step);
}

static void heap_remove(struct walk *w, size_t step)
{
	size_t at = w->steps.items[step].slot - 1;
	size_t last = w->heap[--w->heap_count];

	w->steps.items[step].slot = 0;
	if (last == step)
		return;
	rise(w, at, last);
	sink(w, w->steps.items[last].slot - 1, last);
}

static void ready(struct walk *w, size_t step)
{
	enter(w, step, STEP_READY);
	switch (w->steps.items[step].kind) {
	case STEP_WORK:
		rise(w, w->heap_count++, step);
		return;
	case STEP_GATE:
		*vec_add(&w->opened) = step;
		return;
	case STEP_DOOR:
		*vec_add(&w->doors) = step;
		return;
	}
}

static bool queue_take(struct queue *q, size_t *out)
{
	if (q->next == q->count) {
		q->next = q->count = 0;
		return false;
	}
	*out = q->items[q->next++];
	return true;
}

static void release_users(struct walk *w, size_t step)
{
	const struct step *s = &w->steps.items[step];

	for (size_t i = 0; i < s->user_count; i++) {
		size_t user = w->users[s->first_user + i];

		if (--w->steps.items[user].missing == 0 &&
		    w->steps.items[user].state == STEP_BLOCKED)
			ready(w, user);
	}
}

static void skip(struct walk *w, size_t step)
{
	if (w->steps.items[step].slot)
		heap_remove(w, step);
	enter(w, step, STEP_SKIPPED);
	if (w->steps.items[step].kind == STEP_WORK)
		*vec_add(&w->told) = step;
	else if (w->steps.items[step].kind == STEP_DOOR)
		*vec_add(&w->doors) = step;
	*vec_add(&w->spoiled) = step;
}

/* Follows what a finished step means until nothing more follows from it.  Queues, not
 * recursion: chains may be as long as there are resources. */
static void settle(struct walk *w)
{
	size_t step;

	for (;;) {
		if (queue_take(&w->spoiled, &step)) {
			const struct step *s = &w->steps.items[step];

			for (size_t i = 0; i < s->user_count; i++) {
				size_t user = w->users[s->first_user + i];

				if (w->steps.items[user].state == STEP_BLOCKED)
					skip(w, user);
			}
		} else if (queue_take(&w->opened, &step)) {
			if (w->steps.items[step].state != STEP_READY)
				continue;
			enter(w, step, STEP_DONE);
			release_users(w, step);
		} else {
			return;
		}
	}
}

static void group_users(struct walk *w)
{
	size_t at = 0;

	w->users = xcalloc(w->edges.count + 1, sizeof(size_t));
	for (size_t i = 0; i < w->edges.count; i++)
		w->steps.items[w->edges.items[i].need].user_count++;
	for (size_t i = 0; i < w->steps.count; i++) {
		w->steps.items[i].first_user = at;
		at += w->steps.items[i].user_count;
		w->steps.items[i].user_count = 0;
	}
	for (size_t i = 0; i < w->edges.count; i++) {
		const struct edge *e = &w->edges.items[i];
		struct step *need = &w->steps.items[e->need];

		w->users[need->first_user + need->user_count++] = e->step;
		w->steps.items[e->step].missing++;
	}
	vec_release(&w->edges);
}

/* Orders the steps so that what a step needs comes before it.  Gives how many have one. */
static size_t sort_steps(const struct walk *w, size_t *order)
{
	size_t *missing = xcalloc(w->steps.count + 1, sizeof(size_t));
	size_t count = 0;

	for (size_t i = 0; i < w->steps.count; i++) {
		missing[i] = w->steps.items[i].missing;
		if (!missing[i])
			order[count++] = i;
	}
	for (size_t next = 0; next < count; next++) {
		const struct step *s = &w->steps.items[order[next]];

		for (size_t i = 0; i < s->user_count; i++) {
			size_t user = w->users[s->first_user + i];

			if (--missing[user] == 0)
				order[count++] = user;
		}
	}
	free(missing);
	return count;
}

static void weigh(struct walk *w, const size_t *order)
{
	for (size_t n = w->steps.count; n-- > 0;) {
		struct step *s = &w->steps.items[order[n]];
		size_t longest = 0;

		for (size_t i = 0; i < s->user_count; i++) {
			const struct step *user = &w->steps.items[w->users[s->first_user + i]];
			size_t way = user->priority + user->cost;

			if (way > longest)
				longest = way;
		}
		s->priority = longest;
	}
}

bool walk_seal(struct walk *w)
{
	size_t *order = xcalloc(w->steps.count + 1, sizeof(size_t));
	bool acyclic;

	assert(!w->sealed);
	w->sealed = true;
	group_users(w);
	acyclic = sort_steps(w, order) == w->steps.count;
	if (acyclic) {
		weigh(w, order);
		w->heap = xcalloc(w->steps.count + 1, sizeof(size_t));
		for (size_t i = 0; i < w->steps.count; i++)
			if (!w->steps.items[i].missing)
				ready(w, i);
		settle(w);
	}
	free(order);
	return acyclic;
}

size_t walk_next(struct walk *w)
{
	size_t step;

	assert(w->sealed);
	if (!w->heap_count)
		return STEP_NONE;
	step = w->heap[0];
	heap_remove(w, step);
	enter(w, step, STEP_TAKEN);
	return step;
}

void walk_finish(struct walk *w, size_t step, enum step_end end)
{
	assert(w->steps.items[step].state == STEP_TAKEN);
	switch (end) {
	case STEP_ENDED_WELL:
		enter(w, step, STEP_DONE);
		release_users(w, step);
		break;
	case STEP_ENDED_BADLY:
		enter(w, step, STEP_FAILED);
		*vec_add(&w->spoiled) = step;
		break;
	}
	settle(w);
}

void walk_skip(struct walk *w, size_t step)
{
	enum step_state state = w->steps.items[step].state;

	assert(state == STEP_BLOCKED || state == STEP_READY || state == STEP_TAKEN);
	skip(w, step);
	settle(w);
}

size_t walk_door(struct walk *w)
{
	size_t step;

	return queue_take(&w->doors, &step) ? step : STEP_NONE;
}

void walk_open(struct walk *w, size_t door)
{
	const struct step *s = &w->steps.items[door];

	assert(s->kind == STEP_DOOR && s->state == STEP_READY);
	enter(w, door, STEP_DONE);
	release_users(w, door);
	settle(w);
}

void walk_stop(struct walk *w)
{
	for (size_t i = 0; i < w->steps.count; i++) {
		enum step_state state = w->steps.items[i].state;

		if (state == STEP_BLOCKED || state == STEP_READY)
			skip(w, i);
	}
	settle(w);
}

size_t walk_skipped(struct walk *w)
{
	size_t step;

	return queue_take(&w->told, &step) ? step : STEP_NONE;
}

bool walk_over(const struct walk *w)
{
	return w->unfinished == 0;
}

enum step_state walk_state(const struct walk *w, size_t step)
{
	return w->steps.items[step].state;
}

size_t walk_priority(const struct walk *w, size_t step)
{
	return w->steps.items[step].priority;
}

const size_t *walk_users(const struct walk *w, size_t step, size_t *count)
{
	const struct step *s = &w->steps.items[step];

	assert(w->sealed);
	*count = s->user_count;
	return w->users + s->first_user;
}

size_t walk_count(const struct walk *w, enum step_state s)
{
	return w->counts[s];
}
