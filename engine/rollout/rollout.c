/*
 * rollout.c - the scheduler of one stack's rollout.
 *
 * Members of the same wave and region are a cell: they lie side by side in the spec.  A cell is
 * entered when it is its turn (SEQUENTIAL: one at a time, PARALLEL: all of a wave), and its
 * members that are ready start in their order while the region allows it.
 *
 * Every event and every order costs O(log n): cells that may start something are in heaps, and
 * what is out of date there is thrown away when it comes up.  MinHealthyRegions asks the same of
 * all cells but for their own region, which is healthy or is not, and nothing of fresh members:
 * hence three heaps.
 */
#include "engine/rollout/rollout.h"

#include <assert.h>
#include <stdlib.h>

#include "base/base.h"

#define NO_CELL SIZE_MAX

/* What a cell may start: a member that is there, of a region that counts as one of the
 * MinHealthyRegions or does not; or a fresh one. */
enum offer { OFFER_GOOD, OFFER_BAD, OFFER_FRESH };
#define OFFER_COUNT (OFFER_FRESH + 1)

enum age { AGE_OLD, AGE_FRESH };
#define AGE_COUNT (AGE_FRESH + 1)

struct heap {
	size_t *items; /* the least first */
	size_t count;
};

struct cell {
	size_t wave, region;
	size_t open; /* members that have not ended yet */
	/* Members; those that are not PENDING any more count for nothing. */
	struct heap ready[AGE_COUNT];
	bool entered;
	bool queued[OFFER_COUNT]; /* in that heap */
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
	size_t *ready_items[AGE_COUNT]; /* room for all heaps of cells */
	struct heap startable[OFFER_COUNT];
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

static bool is_good(const struct region *g)
{
	return !g->sick && !g->failed && !g->running;
}

static enum age age_of(enum offer o)
{
	return o == OFFER_FRESH ? AGE_FRESH : AGE_OLD;
}

static bool may_start(struct rollout *r, struct cell *c, enum age age)
{
	const struct region *g = &r->regions[c->region];
	struct heap *ready = &c->ready[age];

	while (ready->count && r->states[ready->items[0]] != MEMBER_PENDING)
		heap_pop(ready);
	return c->entered && ready->count &&
	       g->running < rollout_allowed(r->preferences, g->base, g->failures);
}

static void offer_one(struct rollout *r, size_t cell, enum offer o)
{
	struct cell *c = &r->cells[cell];

	if (c->queued[o] || !may_start(r, c, age_of(o)))
		return;
	c->queued[o] = true;
	heap_push(&r->startable[o], cell);
}

/* To be called whenever something of the cell or its region has changed. */
static void offer(struct rollout *r, size_t cell)
{
	if (cell == NO_CELL)
		return;
	offer_one(r, cell, is_good(&r->regions[r->cells[cell].region]) ? OFFER_GOOD : OFFER_BAD);
	offer_one(r, cell, OFFER_FRESH);
}

static bool still_holds(struct rollout *r, struct cell *c, enum offer o)
{
	bool good = is_good(&r->regions[c->region]);

	return (o == OFFER_FRESH || good == (o == OFFER_GOOD)) && may_start(r, c, age_of(o));
}

/* NO_CELL when there is none. */
static size_t first_startable(struct rollout *r, enum offer o)
{
	struct heap *h = &r->startable[o];

	while (h->count) {
		struct cell *c = &r->cells[h->items[0]];

		if (still_holds(r, c, o))
			return h->items[0];
		heap_pop(h);
		c->queued[o] = false;
	}
	return NO_CELL;
}

static size_t least(size_t x, size_t y)
{
	return x < y ? x : y;
}

/* Which cell may start a member that is there.  One of a good region takes that region away;
 * one of a region that is none takes nothing. */
static size_t old_to_start(struct rollout *r)
{
	size_t wanted = r->preferences->min_healthy_regions;
	size_t good = first_startable(r, OFFER_GOOD), bad = first_startable(r, OFFER_BAD);

	if (!wanted || r->good > wanted)
		return least(good, bad);
	if (r->good == wanted && bad != NO_CELL)
		return bad;
	r->starved = !r->counts[MEMBER_RUNNING] && least(good, bad) != NO_CELL;
	return NO_CELL;
}

/* The heap of what shall start next; NULL. */
static struct heap *heap_to_start(struct rollout *r)
{
	size_t old = old_to_start(r), fresh = first_startable(r, OFFER_FRESH);
	struct heap *heaps;

	if (fresh != NO_CELL)
		r->starved = false;
	if (least(old, fresh) == NO_CELL)
		return NULL;
	heaps = r->cells[least(old, fresh)].ready;
	if (old != fresh)
		return &heaps[old < fresh ? AGE_OLD : AGE_FRESH];
	return &heaps[heaps[AGE_OLD].items[0] < heaps[AGE_FRESH].items[0] ? AGE_OLD : AGE_FRESH];
}

/* What changes a region goes in between these two. */
static void before_change(struct rollout *r, const struct region *g)
{
	r->good -= is_good(g);
}

static void after_change(struct rollout *r, const struct region *g)
{
	r->good += is_good(g);
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

static void add_cell(struct rollout *r, size_t cell, size_t first)
{
	const struct rollout_member *m = &r->spec->members[first];
	struct cell *c = &r->cells[cell];
	struct wave *w = &r->waves[m->wave];

	c->wave = m->wave;
	c->region = m->region;
	for (int i = 0; i < AGE_COUNT; i++)
		c->ready[i].items = r->ready_items[i] + first;
	if (!w->cell_count++)
		w->first_cell = cell;
}

static void add_members(struct rollout *r)
{
	size_t cells = 0;

	for (size_t i = 0; i < r->spec->member_count; i++) {
		const struct rollout_member *m = &r->spec->members[i];

		if (!i || m->wave != m[-1].wave || m->region != m[-1].region)
			add_cell(r, cells++, i);
		r->cell_of[i] = cells - 1;
		r->cells[cells - 1].open++;
		r->waves[m->wave].count++;
		r->waves[m->wave].open++;
		r->regions[m->region].base++;
	}
}

static void fill(struct rollout *r)
{
	for (size_t i = 0; i < r->spec->region_count; i++)
		r->regions[i].cell = NO_CELL;
	add_members(r);
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
	for (int i = 0; i < AGE_COUNT; i++)
		r->ready_items[i] = xcalloc(s->member_count + 1, sizeof(size_t));
	for (int i = 0; i < OFFER_COUNT; i++)
		r->startable[i].items = xcalloc(r->cell_count + 1, sizeof(size_t));
	fill(r);
	go_on(r);
	return r;
}

void rollout_free(struct rollout *r)
{
	if (!r)
		return;
	for (int i = 0; i < OFFER_COUNT; i++)
		free(r->startable[i].items);
	for (int i = 0; i < AGE_COUNT; i++)
		free(r->ready_items[i]);
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
	heap_push(&c->ready[r->spec->members[member].fresh ? AGE_FRESH : AGE_OLD], member);
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
	if (r->states[member] == MEMBER_RUNNING)
		end_member(r, member, end == MEMBER_ENDED_WELL ? MEMBER_SUCCEEDED : MEMBER_FAILED);
}

void rollout_skip(struct rollout *r, size_t member)
{
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

static struct rollout_order start(struct rollout *r, struct heap *ready)
{
	size_t member = heap_pop(ready);
	struct region *g = &r->regions[r->spec->members[member].region];

	enter_state(r, member, MEMBER_RUNNING);
	before_change(r, g);
	g->running++;
	after_change(r, g);
	return (struct rollout_order){ROLLOUT_START, member, r->spec->members[member].wave};
}

struct rollout_order rollout_next(struct rollout *r)
{
	struct heap *ready;

	r->starved = false;
	if (r->fault)
		return wind_up(r);
	if (r->gate == GATE_DUE) {
		r->gate = GATE_ASKED;
		return (struct rollout_order){.kind = ROLLOUT_GATE, .wave = r->wave};
	}
	if (r->wave == r->wave_count)
		return order_of(ROLLOUT_OVER);
	ready = heap_to_start(r);
	return ready ? start(r, ready) : order_of(ROLLOUT_WAIT);
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
