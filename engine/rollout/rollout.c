/*
 * rollout.c - the scheduler of one stack's rollout.
 *
 * Members of the same wave and region are a cell: they lie side by side in the spec.  A cell is
 * entered when it is its turn (SEQUENTIAL: one at a time, PARALLEL: all of a wave), and its
 * members that are ready start in their order while the region allows it.
 *
 * Every event and every order costs O(log n): cells that may start something are in heaps, and
 * what is out of date there is thrown away when it comes up.  MinHealthyRegions asks the same of
 * all cells but for their own region, which is healthy or is not: hence two heaps.
 */
#include "engine/rollout/rollout.h"

#include <assert.h>
#include <stdlib.h>

#include "base/base.h"

#define NO_CELL SIZE_MAX

/* Whether the region counts as one of the MinHealthyRegions. */
enum region_health { REGION_GOOD, REGION_BAD };
#define REGION_HEALTH_COUNT (REGION_BAD + 1)

struct heap {
	size_t *items; /* the least first */
	size_t count;
};

struct cell {
	size_t wave, region;
	size_t count;
	size_t open;       /* not ended yet */
	struct heap ready; /* members; those that are not PENDING any more count for nothing */
	bool entered;
	bool queued[REGION_HEALTH_COUNT]; /* in that heap */
};

struct region {
	size_t base;     /* members in the whole rollout */
	size_t failures; /* that count against the tolerance */
	size_t failed;   /* of those, not SKIPPED */
	size_t running;
	size_t cell; /* that was entered last; NO_CELL */
	bool sick;   /* as the checks say */
};

struct wave {
	size_t first_cell, cell_count;
	size_t count;
	size_t open;
	size_t failures, tolerance;
	size_t entered; /* so many of its cells */
};

enum gate_state { GATE_CLOSED, GATE_DUE, GATE_ASKED };

struct rollout {
	const struct rollout_spec *spec;
	const struct rollout_preferences *preferences;
	struct wave *waves;
	size_t wave_count, wave; /* the one that is going on; wave_count: all are done */
	struct cell *cells;
	size_t cell_count;
	struct region *regions;
	enum member_state *states; /* by member, as the next three */
	bool *ready;
	size_t *cell_of;
	size_t *ready_items; /* room for all heaps of cells */
	struct heap startable[REGION_HEALTH_COUNT];
	size_t good; /* regions */
	size_t counts[MEMBER_STATE_COUNT];
	enum gate_state gate;
	enum rollout_fault fault;
	size_t fault_at;
	size_t cancelled; /* members before it are not PENDING any more */
	bool starved;
};

const char *member_state_name(enum member_state s)
{
	static const char *const names[MEMBER_STATE_COUNT] = {
		"PENDING", "RUNNING", "SUCCEEDED", "FAILED", "SKIPPED", "CANCELLED",
	};

	return names[s];
}

/* --- heaps ---------------------------------------------------------------------------- */

static void heap_push(struct heap *h, size_t value)
{
	size_t at = h->count++;

	while (at && h->items[(at - 1) / 2] > value) {
		h->items[at] = h->items[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	h->items[at] = value;
}

static size_t heap_pop(struct heap *h)
{
	size_t least = h->items[0], last = h->items[--h->count], at = 0;

	for (;;) {
		size_t child = 2 * at + 1;

		if (child + 1 < h->count && h->items[child + 1] < h->items[child])
			child++;
		if (child >= h->count || h->items[child] >= last)
			break;
		h->items[at] = h->items[child];
		at = child;
	}
	h->items[at] = last;
	return least;
}

/* --- cells that may start something --------------------------------------------------- */

static enum region_health health_of(const struct region *g)
{
	return g->sick || g->failed || g->running ? REGION_BAD : REGION_GOOD;
}

static bool may_start(struct rollout *r, struct cell *c)
{
	const struct region *g = &r->regions[c->region];

	while (c->ready.count && r->states[c->ready.items[0]] != MEMBER_PENDING)
		heap_pop(&c->ready);
	return c->entered && c->ready.count &&
	       g->running < rollout_allowed(r->preferences, g->base, g->failures);
}

/* To be called whenever something of the cell or its region has changed. */
static void offer(struct rollout *r, size_t cell)
{
	struct cell *c;
	enum region_health health;

	if (cell == NO_CELL)
		return;
	c = &r->cells[cell];
	health = health_of(&r->regions[c->region]);
	if (c->queued[health] || !may_start(r, c))
		return;
	c->queued[health] = true;
	heap_push(&r->startable[health], cell);
}

/* The first cell whose region is in this health; NO_CELL. */
static size_t first_startable(struct rollout *r, enum region_health health)
{
	struct heap *h = &r->startable[health];

	while (h->count) {
		struct cell *c = &r->cells[h->items[0]];

		if (health_of(&r->regions[c->region]) == health && may_start(r, c))
			return h->items[0];
		heap_pop(h);
		c->queued[health] = false;
	}
	return NO_CELL;
}

/* One of a good region takes that region away; one of a region that is none takes nothing. */
static size_t cell_to_start(struct rollout *r)
{
	size_t wanted = r->preferences->min_healthy_regions;
	size_t good = first_startable(r, REGION_GOOD), bad = first_startable(r, REGION_BAD);
	size_t least = good < bad ? good : bad;

	if (!wanted || r->good > wanted)
		return least;
	r->starved = least != NO_CELL && !r->counts[MEMBER_RUNNING];
	if (r->good < wanted)
		return NO_CELL;
	r->starved = r->starved && bad == NO_CELL;
	return bad;
}

/* What changes a region goes in between these two. */
static void before_change(struct rollout *r, const struct region *g)
{
	r->good -= health_of(g) == REGION_GOOD;
}

static void after_change(struct rollout *r, const struct region *g)
{
	r->good += health_of(g) == REGION_GOOD;
	offer(r, g->cell);
}

/* --- from cell to cell and wave to wave ----------------------------------------------- */

static void enter_cell(struct rollout *r, size_t cell)
{
	struct cell *c = &r->cells[cell];

	c->entered = true;
	r->regions[c->region].cell = cell;
	offer(r, cell);
}

/* PARALLEL enters all cells at once, SEQUENTIAL the next when the last one has ended. */
static void enter_cells(struct rollout *r, struct wave *w)
{
	while (w->entered < w->cell_count) {
		size_t last = w->first_cell + w->entered - 1;

		if (r->preferences->regions == REGIONS_SEQUENTIAL && w->entered &&
		    r->cells[last].open)
			return;
		enter_cell(r, w->first_cell + w->entered++);
	}
}

/* Until something has to happen first. */
static void go_on(struct rollout *r)
{
	while (!r->fault && r->gate == GATE_CLOSED && r->wave < r->wave_count) {
		struct wave *w = &r->waves[r->wave];

		enter_cells(r, w);
		if (w->open)
			return;
		if (w->count)
			r->gate = GATE_DUE;
		else
			r->wave++;
	}
}

static void fail(struct rollout *r, enum rollout_fault fault, size_t at)
{
	if (r->fault)
		return;
	r->fault = fault;
	r->fault_at = at;
	r->gate = GATE_CLOSED;
}

/* --- making one ----------------------------------------------------------------------- */

static void count_members(struct rollout *r)
{
	const struct rollout_spec *s = r->spec;

	for (size_t i = 0; i < s->member_count; i++) {
		const struct rollout_member *m = &s->members[i], *before = i ? m - 1 : NULL;

		assert(m->region < s->region_count);
		assert(!before || before->wave < m->wave ||
		       (before->wave == m->wave && before->region <= m->region));
		r->cell_count += !before || before->wave != m->wave || before->region != m->region;
		r->wave_count = m->wave + 1;
	}
}

static void add_member(struct rollout *r, size_t member, size_t *cells)
{
	const struct rollout_member *m = &r->spec->members[member];
	struct cell *c = *cells ? &r->cells[*cells - 1] : NULL;
	struct wave *w = &r->waves[m->wave];

	if (!c || c->wave != m->wave || c->region != m->region) {
		c = &r->cells[(*cells)++];
		c->wave = m->wave;
		c->region = m->region;
		c->ready.items = r->ready_items + member;
		if (!w->cell_count++)
			w->first_cell = *cells - 1;
	}
	c->count++;
	c->open++;
	w->count++;
	w->open++;
	r->regions[m->region].base++;
	r->cell_of[member] = *cells - 1;
}

static void fill(struct rollout *r)
{
	size_t cells = 0;

	for (size_t i = 0; i < r->spec->region_count; i++)
		r->regions[i].cell = NO_CELL;
	for (size_t i = 0; i < r->spec->member_count; i++)
		add_member(r, i, &cells);
	for (size_t w = 0; w < r->wave_count; w++)
		r->waves[w].tolerance = rollout_wave_tolerance(
			r->preferences, w, w + 1 < r->wave_count ? WAVE_BEFORE_OTHERS : WAVE_LAST,
			r->waves[w].count);
	r->good = r->spec->region_count;
	r->counts[MEMBER_PENDING] = r->spec->member_count;
}

struct rollout *rollout_new(const struct rollout_spec *s)
{
	struct rollout *r = xcalloc(1, sizeof(*r));

	r->spec = s;
	r->preferences = s->preferences;
	count_members(r);
	r->waves = xcalloc(r->wave_count + 1, sizeof(*r->waves));
	r->cells = xcalloc(r->cell_count + 1, sizeof(*r->cells));
	r->regions = xcalloc(s->region_count + 1, sizeof(*r->regions));
	r->states = xcalloc(s->member_count + 1, sizeof(*r->states));
	r->ready = xcalloc(s->member_count + 1, sizeof(*r->ready));
	r->cell_of = xcalloc(s->member_count + 1, sizeof(*r->cell_of));
	r->ready_items = xcalloc(s->member_count + 1, sizeof(*r->ready_items));
	for (int i = 0; i < REGION_HEALTH_COUNT; i++)
		r->startable[i].items = xcalloc(r->cell_count + 1, sizeof(size_t));
	fill(r);
	go_on(r);
	return r;
}

void rollout_free(struct rollout *r)
{
	if (!r)
		return;
	for (int i = 0; i < REGION_HEALTH_COUNT; i++)
		free(r->startable[i].items);
	free(r->ready_items);
	free(r->cell_of);
	free(r->ready);
	free(r->states);
	free(r->regions);
	free(r->cells);
	free(r->waves);
	free(r);
}

/* --- what happened -------------------------------------------------------------------- */

static void enter_state(struct rollout *r, size_t member, enum member_state s)
{
	r->counts[r->states[member]]--;
	r->states[member] = s;
	r->counts[s]++;
}

void rollout_ready(struct rollout *r, size_t member)
{
	struct cell *c = &r->cells[r->cell_of[member]];

	if (r->ready[member] || r->states[member] != MEMBER_PENDING)
		return;
	r->ready[member] = true;
	heap_push(&c->ready, member);
	offer(r, r->cell_of[member]);
}

/* FAILED or SKIPPED: against the tolerance of its region, and of its wave. */
static void count_failure(struct rollout *r, const struct rollout_member *m)
{
	struct region *g = &r->regions[m->region];
	struct wave *w = &r->waves[m->wave];

	g->failures++;
	w->failures++;
	if (g->failures > rollout_tolerance(r->preferences, g->base))
		fail(r, ROLLOUT_TOLERANCE, m->region);
	if (w->failures > w->tolerance)
		fail(r, ROLLOUT_WAVE_FAILS, m->wave);
}

static void end_member(struct rollout *r, size_t member, enum member_state s)
{
	const struct rollout_member *m = &r->spec->members[member];
	struct region *g = &r->regions[m->region];
	bool was_running = r->states[member] == MEMBER_RUNNING;

	enter_state(r, member, s);
	r->cells[r->cell_of[member]].open--;
	r->waves[m->wave].open--;
	before_change(r, g);
	g->running -= was_running;
	g->failed += s == MEMBER_FAILED;
	if (s != MEMBER_SUCCEEDED)
		count_failure(r, m);
	after_change(r, g);
	go_on(r);
}

void rollout_ended(struct rollout *r, size_t member, enum member_end end)
{
	assert(r->states[member] == MEMBER_RUNNING);
	end_member(r, member, end == MEMBER_ENDED_WELL ? MEMBER_SUCCEEDED : MEMBER_FAILED);
}

void rollout_skip(struct rollout *r, size_t member)
{
	assert(r->states[member] != MEMBER_RUNNING);
	if (r->states[member] == MEMBER_PENDING)
		end_member(r, member, MEMBER_SKIPPED);
}

void rollout_gate(struct rollout *r, size_t wave, enum gate_end end)
{
	/* It was stopped, or has failed, while the gate was watched. */
	if (r->gate != GATE_ASKED || wave != r->wave)
		return;
	if (end == GATE_FAILED) {
		fail(r, ROLLOUT_GATE_FAILS, wave);
		return;
	}
	r->gate = GATE_CLOSED;
	r->wave++;
	go_on(r);
}

void rollout_region_healthy(struct rollout *r, size_t region, bool healthy)
{
	struct region *g = &r->regions[region];

	before_change(r, g);
	g->sick = !healthy;
	after_change(r, g);
}

void rollout_stop(struct rollout *r)
{
	if (r->wave < r->wave_count)
		fail(r, ROLLOUT_STOPPED, 0);
}

/* --- what to do ----------------------------------------------------------------------- */

static struct rollout_order order_of(enum rollout_kind kind)
{
	return (struct rollout_order){.kind = kind};
}

static struct rollout_order wind_up(struct rollout *r)
{
	for (; r->cancelled < r->spec->member_count; r->cancelled++) {
		size_t member = r->cancelled;

		if (r->states[member] != MEMBER_PENDING)
			continue;
		enter_state(r, member, MEMBER_CANCELLED);
		return (struct rollout_order){ROLLOUT_CANCEL, member,
					      r->spec->members[member].wave};
	}
	return order_of(r->counts[MEMBER_RUNNING] ? ROLLOUT_WAIT : ROLLOUT_OVER);
}

static struct rollout_order start(struct rollout *r, struct cell *c)
{
	size_t member = heap_pop(&c->ready);
	struct region *g = &r->regions[c->region];

	enter_state(r, member, MEMBER_RUNNING);
	before_change(r, g);
	g->running++;
	after_change(r, g);
	return (struct rollout_order){ROLLOUT_START, member, c->wave};
}

struct rollout_order rollout_next(struct rollout *r)
{
	size_t cell;

	r->starved = false;
	if (r->fault)
		return wind_up(r);
	if (r->gate == GATE_DUE) {
		r->gate = GATE_ASKED;
		return (struct rollout_order){.kind = ROLLOUT_GATE, .wave = r->wave};
	}
	if (r->wave == r->wave_count)
		return order_of(ROLLOUT_OVER);
	cell = cell_to_start(r);
	return cell == NO_CELL ? order_of(ROLLOUT_WAIT) : start(r, &r->cells[cell]);
}

/* --- how it stands -------------------------------------------------------------------- */

enum rollout_fault rollout_fault(const struct rollout *r)
{
	return r->fault;
}

size_t rollout_fault_at(const struct rollout *r)
{
	return r->fault_at;
}

enum member_state rollout_state(const struct rollout *r, size_t member)
{
	return r->states[member];
}

size_t rollout_count(const struct rollout *r, enum member_state s)
{
	return r->counts[s];
}

bool rollout_starved(const struct rollout *r)
{
	return r->starved;
}
