/* progress_lines.c - counts per rollout and per region, from events. */
#include "cli/progress_lines.h"

#include <string.h>

#include "base/map.h"
#include "base/vec.h"
#include "cli/view_rollout.h"
#include "cli/view_text.h"

#define ROWS_MAX 16    /* regions shown; more would fill the screen */
#define ROLLOUTS_MAX 4 /* rollouts shown above them */

/* A call that is out, or a change that waits to be polled. */
struct running {
	char *address, *label;
	const char *doing;
	int64_t since_ms;
};

struct region {
	char *name;
	size_t total, done, failed, open, skipped;
	int64_t first_ms, last_ms;
	VEC_OF(struct running) /* in the order in which they began */
};

/* Of a stack that goes over several instances. */
struct rollout_line {
	char *stack, *wave; /* wave: "" when there is one */
	size_t over, total, failed;
	int64_t bake_until_ms; /* 0: it does not bake */
};

struct rollout_lines {
	VEC_OF(struct rollout_line) /* in the order in which they began */
};

struct progress_lines {
	struct rollout_lines rollouts;
	struct map by_name;
	VEC_OF(struct region *)
	size_t width; /* of the longest name */
	size_t read_done, read_total;
	int64_t read_since_ms;
	bool reading, applying;
};

static const char *const doings[][2] = {
	{"create", "creating"}, {"update", "updating"}, {"replace", "replacing"},
	{"delete", "deleting"}, {"retain", "keeping"},  {"read", "reading"},
};

static const char *doing_of(const char *action)
{
	for (size_t i = 0; action && i < ARRAY_LEN(doings); i++) {
		if (strcmp(doings[i][0], action) == 0)
			return doings[i][1];
	}
	return "working";
}

struct progress_lines *progress_lines_new(void)
{
	return xcalloc(1, sizeof(struct progress_lines));
}

static void release_running(struct running *r)
{
	free(r->address);
	free(r->label);
}

void progress_lines_free(struct progress_lines *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++) {
		struct region *r = l->items[i];

		for (size_t k = 0; k < r->count; k++)
			release_running(&r->items[k]);
		vec_release(r);
		free(r->name);
		free(r);
	}
	vec_release(l);
	for (size_t i = 0; i < l->rollouts.count; i++) {
		free(l->rollouts.items[i].stack);
		free(l->rollouts.items[i].wave);
	}
	vec_release(&l->rollouts);
	map_release(&l->by_name);
	free(l);
}

static struct region *region_of(struct progress_lines *l, const char *name)
{
	struct region *r = map_find(&l->by_name, text_of(name));
	size_t width = shown_columns(text_of(name));

	if (r)
		return r;
	r = xcalloc(1, sizeof(*r));
	r->name = xstrdup(name);
	*vec_add(l) = r;
	map_set(&l->by_name, text_of(name), r);
	if (width > l->width)
		l->width = width;
	return r;
}

static void count_plan(struct progress_lines *l, const struct plan *p)
{
	l->reading = false;
	for (size_t i = 0; i < p->change_count; i++) {
		if (p->changes[i].action != ACTION_NONE)
			region_of(l, p->changes[i].addr.instance.region)->total++;
	}
}

static char *address_of(const struct event *e)
{
	struct str s = STR_INIT;

	address_format(e->addr, &s);
	return str_steal(&s);
}

static char *label_of(const struct event *e)
{
	struct str s = STR_INIT;

	if (e->endpoint && *e->endpoint) {
		shown_text(&s, text_of(e->endpoint));
		str_add_char(&s, '/');
	}
	shown_text(&s, text_of(e->addr->logical_id));
	return str_steal(&s);
}

static void drop_running(struct region *r, const struct event *e)
{
	char *address = address_of(e);

	for (size_t i = 0; i < r->count; i++) {
		if (strcmp(r->items[i].address, address) != 0)
			continue;
		release_running(&r->items[i]);
		memmove(&r->items[i], &r->items[i + 1], (r->count - i - 1) * sizeof(r->items[0]));
		r->count--;
		break;
	}
	free(address);
}

static void add_running(struct region *r, const struct event *e, int64_t now_ms)
{
	drop_running(r, e);
	*vec_add(r) = (struct running){address_of(e), label_of(e), doing_of(e->action), now_ms};
	if (!r->first_ms)
		r->first_ms = now_ms;
	r->last_ms = now_ms;
}

static void end_running(struct region *r, const struct event *e, int64_t now_ms)
{
	drop_running(r, e);
	r->done += e->kind == EVENT_SUCCEEDED;
	r->failed += e->kind == EVENT_FAILED;
	r->open += e->kind == EVENT_LEFT_OPEN;
	r->skipped += e->kind == EVENT_SKIPPED;
	r->last_ms = now_ms;
}

static void start_reading(struct progress_lines *l, const struct event *e, int64_t now_ms)
{
	l->reading = true;
	l->read_done = 0;
	l->read_total = e->total;
	l->read_since_ms = now_ms;
}

static struct rollout_line *rollout_of(struct progress_lines *l, const char *stack)
{
	size_t width = shown_columns(text_of(stack));
	struct rollout_line *r;

	for (size_t i = 0; i < l->rollouts.count; i++) {
		if (strcmp(l->rollouts.items[i].stack, stack) == 0)
			return &l->rollouts.items[i];
	}
	r = vec_add(&l->rollouts);
	r->stack = xstrdup(stack);
	r->wave = xstrdup("");
	if (width > l->width)
		l->width = width;
	return r;
}

static void name_wave(struct rollout_line *r, const char *wave)
{
	if (strcmp(r->wave, wave ? wave : "") == 0)
		return;
	free(r->wave);
	r->wave = xstrdup(wave ? wave : "");
}

static void follow_rollout(struct progress_lines *l, const struct event *e, int64_t now_ms)
{
	struct rollout_line *r = rollout_of(l, e->instance->stack);

	if (e->kind == EVENT_BAKING) {
		r->bake_until_ms = now_ms + e->wait_ms;
		return;
	}
	r->bake_until_ms = 0;
	if (e->kind == EVENT_GATE)
		return;
	name_wave(r, e->wave);
	if (e->kind == EVENT_WAVE)
		return;
	r->over = e->done;
	r->total = e->total;
	r->failed += e->kind == EVENT_INSTANCE_ENDED && e->text && strcmp(e->text, "FAILED") == 0;
}

void progress_lines_event(struct progress_lines *l, const struct event *e, int64_t now_ms)
{
	if (e->instance &&
	    (e->kind == EVENT_WAVE || e->kind == EVENT_INSTANCE_STARTED ||
	     e->kind == EVENT_INSTANCE_ENDED || e->kind == EVENT_BAKING ||
	     (e->kind == EVENT_GATE && !(e->instance->region && *e->instance->region))))
		follow_rollout(l, e, now_ms);
	if (e->kind == EVENT_REFRESH_STARTED)
		start_reading(l, e, now_ms);
	else if (e->kind == EVENT_REFRESHED)
		l->read_done++;
	else if (e->kind == EVENT_PLANNED && e->plan)
		count_plan(l, e->plan);
	else if (e->kind == EVENT_APPLY_STARTED)
		l->applying = true;
	if (!l->applying || !e->addr)
		return;
	if (e->kind == EVENT_STARTED)
		add_running(region_of(l, e->addr->instance.region), e, now_ms);
	if (e->kind == EVENT_SUCCEEDED || e->kind == EVENT_FAILED || e->kind == EVENT_LEFT_OPEN ||
	    e->kind == EVENT_SKIPPED)
		end_running(region_of(l, e->addr->instance.region), e, now_ms);
}

static void add_duration(struct str *out, int64_t ms)
{
	char text[CLOCK_TEXT_LEN];

	clock_format_duration(ms > 0 ? ms : 0, text);
	str_printf(out, "  %s", text);
}

static void add_region(struct str *out, const struct region *r, size_t width, int64_t now_ms)
{
	str_printf(out, "%-*s  %zu/%zu done", (int)width, r->name, r->done, r->total);
	if (r->failed)
		str_printf(out, "  %zu failed", r->failed);
	if (r->open)
		str_printf(out, "  %zu left open", r->open);
	if (r->skipped)
		str_printf(out, "  %zu skipped", r->skipped);
	if (r->count) {
		const struct running *oldest = &r->items[0];

		str_printf(out, "  %zu running  %s %s", r->count, oldest->label, oldest->doing);
		add_duration(out, now_ms - oldest->since_ms);
	} else if (r->first_ms) {
		add_duration(out, r->last_ms - r->first_ms);
	}
}

/* A line that wraps would spoil the place of all others. */
static void end_line(struct str *out, size_t start, size_t columns)
{
	struct text line = {out->ptr + start, out->len - start};

	if (columns > 1)
		str_truncate(out, start + cut_to_columns(line, columns - 1).len);
	str_add_char(out, '\n');
}

static void add_reading(const struct progress_lines *l, int64_t now_ms, struct progress_size size,
			struct str *out)
{
	size_t start = out->len;

	str_printf(out, "reading the world  %zu/%zu", l->read_done, l->read_total);
	add_duration(out, now_ms - l->read_since_ms);
	end_line(out, start, size.columns);
}

static void add_rollout(struct str *out, const struct rollout_line *r, size_t width, int64_t now_ms)
{
	str_printf(out, "%-*s", (int)width, r->stack);
	if (*r->wave) {
		str_add(out, "  ");
		shown_text(out, text_of(r->wave));
	}
	str_printf(out, "  %zu/%zu instances over", r->over, r->total);
	if (r->failed)
		str_printf(out, "  %zu failed", r->failed);
	if (r->bake_until_ms) {
		int64_t ms = r->bake_until_ms - now_ms;

		str_add(out, "  baking, ");
		view_span(out, ms > 0 ? ms - ms % 1000 : 0);
		str_add(out, " left");
	}
}

/* Returns how many lines. */
static size_t add_rollouts(const struct progress_lines *l, int64_t now_ms,
			   struct progress_size size, struct str *out)
{
	size_t shown = 0;

	for (size_t i = 0; i < l->rollouts.count && shown < ROLLOUTS_MAX; i++) {
		const struct rollout_line *r = &l->rollouts.items[i];
		size_t start = out->len;

		if (r->total < 2 || (r->over == r->total && !r->bake_until_ms))
			continue;
		add_rollout(out, r, l->width, now_ms);
		end_line(out, start, size.columns);
		shown++;
	}
	return shown;
}

static void add_regions(const struct progress_lines *l, int64_t now_ms, struct progress_size size,
			struct str *out)
{
	size_t taken = 3 + (size.rows > 3 + ROLLOUTS_MAX ? add_rollouts(l, now_ms, size, out) : 0);
	size_t room = size.rows > taken ? size.rows - taken : 1, shown, start;

	if (room > ROWS_MAX)
		room = ROWS_MAX;
	shown = l->count < room ? l->count : room;
	for (size_t i = 0; i < shown; i++) {
		start = out->len;
		add_region(out, l->items[i], l->width, now_ms);
		end_line(out, start, size.columns);
	}
	if (shown == l->count)
		return;
	start = out->len;
	str_add(out, "... ");
	counted(out, l->count - shown, "more region", "more regions");
	end_line(out, start, size.columns);
}

void progress_lines_text(const struct progress_lines *l, int64_t now_ms, struct progress_size size,
			 struct str *out)
{
	if (l->reading)
		add_reading(l, now_ms, size, out);
	else if (l->applying)
		add_regions(l, now_ms, size, out);
}

size_t progress_rows(struct text lines, size_t columns)
{
	struct text_split split = text_split_start(lines);
	struct text line;
	size_t rows = 0;

	/* What follows the last newline is empty. */
	while (text_next(&split, '\n', &line) && !split.done) {
		size_t width = shown_columns(line);

		rows += columns && width ? (width - 1) / columns + 1 : 1;
	}
	return rows;
}
