/* execution_lines.c - see execution_lines.h. */
#include "cli/execution_lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/vec.h"
#include "cli/view_text.h"

#define ROWS_SPARE 3   /* the picture never fills the screen */
#define STATE_WIDTH 10 /* of the word before a step */
#define TIME_WIDTH 8   /* behind its name: room for how long it takes */

/* What the journal does not say of a step, or not in a word. */
struct extra {
	const char *path;
	int64_t usual_ms; /* 95 of 100 took at most; 0: nobody knows */
	size_t total, done;
	const char *doing; /* change of an Apply step that began last; "" */
};

struct extras {
	VEC_OF(struct extra)
};

struct execution_lines {
	struct arena *a, *told; /* told: what the story is in */
	VEC_OF(struct journal_entry)
	struct extras extras;
	const char *id;
	struct execution_story story;
	bool stale; /* entries came since the story was told */
};

struct execution_lines *execution_lines_new(void)
{
	struct execution_lines *l = xcalloc(1, sizeof(*l));

	l->a = arena_new();
	l->id = "";
	return l;
}

void execution_lines_free(struct execution_lines *l)
{
	if (!l)
		return;
	arena_free(l->told);
	arena_free(l->a);
	free(l);
}

/* --- events -------------------------------------------------------------------------- */

static struct extra *extra_of(struct execution_lines *l, const char *path)
{
	struct extra *x;

	for (size_t i = 0; i < l->extras.count; i++) {
		if (strcmp(l->extras.items[i].path, path) == 0)
			return &l->extras.items[i];
	}
	x = arena_vec_add(l->a, &l->extras);
	x->path = arena_strdup(l->a, path);
	x->doing = "";
	return x;
}

static void note_usual(struct execution_lines *l, const struct journal_entry *e)
{
	json_t *data = json_parse(text_of(e->data), l->a, NULL);

	*extra_of(l, e->step) = (struct extra){
		.path = extra_of(l, e->step)->path,
		.usual_ms = json_int(data, "Slow", 0),
		.doing = "",
	};
	json_decref(data);
}

static void add_entry(struct execution_lines *l, const struct event *e)
{
	struct journal_entry *copy = arena_vec_add(l->a, l);

	*copy = *e->entry;
	copy->step = arena_strdup(l->a, e->entry->step ? e->entry->step : "");
	copy->data = arena_strdup(l->a, e->entry->data ? e->entry->data : "{}");
	if (e->execution)
		l->id = arena_strdup(l->a, e->execution);
	if (copy->kind == ENTRY_STEP_STARTED && *copy->step)
		note_usual(l, copy);
	l->stale = true;
}

static const char *doing_of(struct execution_lines *l, const struct event *e)
{
	struct str s = STR_INIT;
	const char *text;

	address_format(e->addr, &s);
	text = arena_printf(l->a, "%s %s", e->action ? e->action : "", str_cstr(&s));
	str_release(&s);
	return text;
}

static void follow_apply(struct execution_lines *l, const struct event *e)
{
	struct extra *x = extra_of(l, e->step);

	if (e->kind == EVENT_APPLY_STARTED) {
		x->total = e->total;
		x->done = 0;
	}
	if (e->kind == EVENT_STARTED && e->addr)
		x->doing = doing_of(l, e);
	x->done += e->kind == EVENT_SUCCEEDED || e->kind == EVENT_FAILED ||
		   e->kind == EVENT_LEFT_OPEN || e->kind == EVENT_SKIPPED;
}

void execution_lines_event(struct execution_lines *l, const struct event *e)
{
	if ((e->kind == EVENT_JOURNAL || e->kind == EVENT_RECALLED) && e->entry)
		add_entry(l, e);
	else if (e->step)
		follow_apply(l, e);
}

/* --- the picture --------------------------------------------------------------------- */

/* Runbook and parameters, which a row of the store would have, are in its first entry. */
static void tell(struct execution_lines *l)
{
	struct journal_list entries = {l->items, l->count};
	struct execution_row row = {.id = l->id, .parameters = "{}"};
	json_t *first = json_parse(text_of(l->items[0].data), l->a, NULL);
	const json_t *parameters = json_object_get(first, "Parameters");

	arena_free(l->told);
	l->told = arena_new();
	row.runbook = arena_strdup(l->told, json_str(first, "Runbook", "runbook"));
	if (parameters)
		row.parameters = json_text(l->told, parameters);
	row.started_ms = l->items[0].at_ms;
	execution_story(l->told, &row, &entries, &l->story);
	l->stale = false;
	json_decref(first);
}

static const char *const words[STEP_STATUS_COUNT] = {
	[STEP_NOT_STARTED] = "",
	[STEP_RUNNING] = "running",
	[STEP_PENDING_APPROVAL] = "approve?",
	[STEP_SUCCEEDED] = "done",
	[STEP_FAILED] = "failed",
	[STEP_SKIPPED] = "skipped",
	[STEP_REVERSED] = "undone",
	[STEP_REVERSE_FAILED] = "stuck",
};

/* A line that wraps would spoil the place of all others. */
static void end_line(struct str *out, struct str *line, size_t columns)
{
	struct text cut = cut_to_columns(str_text(line), columns > 1 ? columns - 1 : 1);

	while (cut.len && cut.ptr[cut.len - 1] == ' ')
		cut.len--;
	str_add_text(out, cut);
	str_add_char(out, '\n');
	str_release(line);
}

static void add_apply(struct str *line, const struct extra *x)
{
	if (!x->total)
		return;
	str_printf(line, "  %zu/%zu done", x->done, x->total);
	if (*x->doing && x->done < x->total) {
		str_add(line, "  ");
		shown_text(line, text_of(x->doing));
	}
}

static void add_time(struct str *line, const struct step_story *s, const struct extra *x,
		     int64_t wall_ms)
{
	if (!s->started_ms)
		return;
	add_span(line, (s->ended_ms ? s->ended_ms : wall_ms) - s->started_ms);
	if (!s->ended_ms && x && x->usual_ms) {
		str_add(line, ", usually ");
		add_span(line, x->usual_ms);
	}
}

static const char *said_of(const struct step_story *s)
{
	if (s->status == STEP_SUCCEEDED || s->status == STEP_REVERSED)
		return "";
	return s->reason && *s->reason ? s->reason : s->text ? s->text : "";
}

static const struct extra *find_extra(const struct execution_lines *l, const char *path)
{
	for (size_t i = 0; i < l->extras.count; i++) {
		if (strcmp(l->extras.items[i].path, path) == 0)
			return &l->extras.items[i];
	}
	return NULL;
}

static size_t name_width(const struct step_story *s)
{
	return 2 * step_depth(s->path) + shown_columns(text_of(step_last_name(s->path)));
}

static void cut_line(struct str *line, size_t columns)
{
	struct text cut = cut_to_columns(str_text(line), columns);

	str_truncate(line, cut.len);
}

static void add_step(const struct execution_lines *l, const struct step_story *s, size_t width,
		     int64_t wall_ms, struct str *line)
{
	const struct extra *x = find_extra(l, s->path);
	size_t start;

	str_printf(line, "  %-*s%*s", STATE_WIDTH, words[s->status], (int)(2 * step_depth(s->path)),
		   "");
	shown_text(line, text_of(step_last_name(s->path)));
	cut_line(line, 2 + STATE_WIDTH + width);
	start = 2 + STATE_WIDTH + width + 2;
	if (s->started_ms)
		pad_to(line, 0, start);
	add_time(line, s, x, wall_ms);
	if (s->ungraceful)
		str_add(line, "  ungraceful");
	if (*said_of(s)) {
		str_add(line, "  ");
		shown_text(line, text_of(said_of(s)));
	}
	if (x && s->status == STEP_RUNNING)
		add_apply(line, x);
}

static void add_clock(const struct execution_story *s, int64_t wall_ms, struct str *line)
{
	const struct objective_story *o = &s->rto;

	if (!s->since_ms)
		return;
	str_add(line, "  RTO ");
	add_span(line, (s->healthy_ms ? s->healthy_ms : wall_ms) - s->since_ms);
	if (o->objective_ms) {
		str_add(line, " of ");
		add_span(line, o->objective_ms);
	}
}

static void add_head(const struct execution_lines *l, int64_t wall_ms, size_t columns,
		     struct str *out)
{
	const struct execution_story *s = &l->story;
	struct str line = STR_INIT;

	shown_text(&line, text_of(s->row.runbook));
	str_printf(&line, "  %s", execution_status_name(s->row.status));
	add_clock(s, wall_ms, &line);
	str_add(&line, s->ungraceful ? "  ungraceful  " : "  ");
	add_parameters(&line, s->row.parameters);
	end_line(out, &line, columns);
}

struct visible {
	VEC_OF(const struct step_story *)
	size_t width; /* of the longest name */
	size_t first; /* the first one that is not over */
};

static bool is_settled(const struct step_story *s)
{
	return s->status != STEP_NOT_STARTED && s->status != STEP_RUNNING &&
	       s->status != STEP_PENDING_APPROVAL && s->status != STEP_FAILED;
}

static void find_visible(const struct execution_story *s, struct arena *a, struct visible *v)
{
	for (size_t i = 0; i < s->step_count; i++) {
		const struct step_story *step = &s->steps[i];

		if (step_is_idle(s, step))
			continue;
		if (v->first == v->count && is_settled(step))
			v->first++;
		*arena_vec_add(a, v) = step;
		if (name_width(step) > v->width)
			v->width = name_width(step);
	}
}

static void add_rest(struct str *out, size_t count, const char *what)
{
	if (count)
		str_printf(out, "  ... %zu %s\n", count, what);
}

/* Where the window of the steps begins: what goes on is in it, with one before it. */
static size_t window_start(const struct visible *v, size_t room)
{
	size_t start = v->first > 1 ? v->first - 1 : 0;

	if (v->count <= room)
		return 0;
	return start + room > v->count ? v->count - room : start;
}

/* In a narrow terminal names give way to how long their steps take. */
static size_t bounded_width(size_t width, size_t columns)
{
	size_t rest = 2 + STATE_WIDTH + 2 + TIME_WIDTH;
	size_t most = columns > rest + TIME_WIDTH ? columns - rest : TIME_WIDTH;

	return width < most ? width : most;
}

void execution_lines_text(struct execution_lines *l, int64_t wall_ms, struct progress_size size,
			  struct str *out)
{
	size_t room = size.rows > ROWS_SPARE + 4 ? size.rows - ROWS_SPARE - 3 : 1, start;
	struct visible v = {0};
	struct arena *a;

	if (!l->count)
		return;
	if (l->stale)
		tell(l);
	a = arena_new();
	find_visible(&l->story, a, &v);
	v.width = bounded_width(v.width, size.columns);
	add_head(l, wall_ms, size.columns, out);
	start = window_start(&v, room);
	add_rest(out, start, "before");
	for (size_t i = start; i < v.count && i < start + room; i++) {
		struct str line = STR_INIT;

		add_step(l, v.items[i], v.width, wall_ms, &line);
		end_line(out, &line, size.columns);
	}
	add_rest(out, v.count > start + room ? v.count - start - room : 0, "more");
	arena_free(a);
}
