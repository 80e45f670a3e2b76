/*
 * report_times.c - where the time went.
 *
 * The events are walked once; the time between one and the next belongs to whatever was going on:
 *
 *	nobody carried it on > a step ran > an approval or a pause > monitoring > hadeploy itself
 *
 * so the parts always add up to the whole.
 */
#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "base/vec.h"
#include "engine/runbook/report_parts.h"

enum activity { IDLE, RUNS, WAITS };

struct spans_vec {
	VEC_OF(struct report_span)
};

struct walk {
	struct arena *a;
	struct spans_vec spans;
	struct report *r;
	struct report_row *rows;
	enum activity *doing; /* of each row */
	int64_t *since_ms;    /* of each row, when it began to wait */
	size_t running_count, waiting_count;
	bool paused, monitoring;
	int64_t at_ms;    /* up to here all time is accounted for */
	struct map index; /* path to row + 1 */
};

const char *report_part_name(enum report_part p)
{
	static const char *const names[REPORT_PART_COUNT] = {
		[PART_DETECTION] = "detection",
		[PART_DECISION] = "decision",
		[PART_STEPS] = "steps",
		[PART_MONITORING] = "monitoring",
		[PART_INTERRUPTED] = "interrupted",
		[PART_BETWEEN] = "between",
	};

	return names[p];
}

static enum report_part going_on(const struct walk *w)
{
	if (w->running_count)
		return PART_STEPS;
	if (w->waiting_count || w->paused)
		return PART_DECISION;
	return w->monitoring ? PART_MONITORING : PART_BETWEEN;
}

/* Clocks may be set back: then nothing passed.  What is behind the end of the clock does not
 * count. */
static void pass(struct walk *w, int64_t until_ms, enum report_part p)
{
	if (until_ms > w->r->to_ms)
		until_ms = w->r->to_ms;
	if (until_ms <= w->at_ms)
		return;
	w->r->parts_ms[p] += until_ms - w->at_ms;
	if (!w->spans.count || w->spans.items[w->spans.count - 1].part != p)
		*arena_vec_add(w->a, &w->spans) = (struct report_span){p, w->at_ms, until_ms};
	w->spans.items[w->spans.count - 1].to_ms = until_ms;
	w->at_ms = until_ms;
}

static void set(struct walk *w, size_t i, enum activity now, int64_t at_ms)
{
	enum activity before = w->doing[i];

	w->running_count -= before == RUNS;
	w->waiting_count -= before == WAITS;
	w->running_count += now == RUNS;
	w->waiting_count += now == WAITS;
	if (before == WAITS && at_ms > w->since_ms[i])
		w->rows[i].waited_ms += at_ms - w->since_ms[i];
	if (now == WAITS)
		w->since_ms[i] = at_ms;
	w->doing[i] = now;
}

static bool asks_somebody(const struct journal_entry *e)
{
	struct arena *a = arena_new();
	json_t *data = json_parse(text_of(e->data), a, NULL);
	bool asks = json_object_get(data, "Message") != NULL;

	json_decref(data);
	arena_free(a);
	return asks;
}

/* ACTIVITY_KEPT: the event says nothing of it. */
#define ACTIVITY_KEPT ((enum activity)(WAITS + 1))

static enum activity activity_of(const struct journal_entry *e)
{
	static const struct {
		enum entry_kind kind;
		enum activity now;
	} rows[] = {
		{ENTRY_STEP_STARTED, RUNS},   {ENTRY_STEP_RETRY, RUNS},
		{ENTRY_STEP_REVERSING, RUNS}, {ENTRY_STEP_SUCCEEDED, IDLE},
		{ENTRY_STEP_FAILED, IDLE},    {ENTRY_STEP_SKIPPED, IDLE},
		{ENTRY_STEP_REVERSED, IDLE},  {ENTRY_STEP_REVERSE_FAILED, IDLE},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].kind == e->kind)
			return rows[i].now;
	if (e->kind == ENTRY_STEP_WAITING && asks_somebody(e))
		return WAITS;
	return ACTIVITY_KEPT;
}

static void look(struct walk *w, const struct journal_entry *e)
{
	uintptr_t at = (uintptr_t)map_find(&w->index, text_of(e->step));
	enum activity now = activity_of(e);

	/* What a process that died had begun ran for nobody from then on. */
	if (e->kind == ENTRY_RESUMED_BY) {
		for (size_t i = 0; i < w->r->row_count; i++)
			if (w->doing[i] == RUNS)
				set(w, i, IDLE, e->at_ms);
	}
	if (e->kind == ENTRY_PAUSED || e->kind == ENTRY_RESUMED)
		w->paused = e->kind == ENTRY_PAUSED;
	if (e->kind == ENTRY_MONITORING)
		w->monitoring = true;
	if (e->kind == ENTRY_STEP_STARTED)
		w->monitoring = false;
	if (at && now != ACTIVITY_KEPT && !w->rows[at - 1].group)
		set(w, (size_t)at - 1, now, e->at_ms);
}

static void walk_events(struct walk *w, const struct journal_list *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		const struct journal_entry *e = &entries->items[i];

		if (i == 0)
			pass(w, e->at_ms, PART_DETECTION);
		else
			pass(w, e->at_ms,
			     e->kind == ENTRY_RESUMED_BY ? PART_INTERRUPTED : going_on(w));
		look(w, e);
	}
	pass(w, w->r->to_ms, going_on(w));
	for (size_t i = 0; i < w->r->row_count; i++)
		set(w, i, IDLE, w->r->to_ms);
}

void report_add_times(struct arena *a, struct report *r, struct report_row *rows)
{
	struct walk w = {.a = a,
			 .r = r,
			 .rows = rows,
			 .doing = ARENA_ARRAY(a, r->row_count + 1, enum activity),
			 .since_ms = ARENA_ARRAY(a, r->row_count + 1, int64_t),
			 .at_ms = r->from_ms,
			 .index = MAP_INIT};

	for (size_t i = 0; i < r->row_count; i++)
		map_set(&w.index, text_of(rows[i].step->path), (void *)(uintptr_t)(i + 1));
	walk_events(&w, &r->entries);
	r->spans = w.spans.items;
	r->span_count = w.spans.count;
	map_release(&w.index);
}
