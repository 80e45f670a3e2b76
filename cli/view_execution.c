/* view_execution.c - executions of runbooks, in a list and one by one. */
#include "cli/view_execution.h"

#include <string.h>

#include "base/arena.h"
#include "cli/view_table.h"
#include "cli/view_text.h"

#define NOTE_INDENT 4

/* --- words --------------------------------------------------------------------------- */

size_t step_depth(const char *path)
{
	size_t depth = 0;

	for (; *path; path++)
		depth += *path == '/';
	return depth;
}

const char *step_last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_over(enum step_status s)
{
	return s == STEP_SUCCEEDED || s == STEP_SKIPPED || s == STEP_REVERSED ||
	       s == STEP_REVERSE_FAILED || s == STEP_FAILED;
}

static const struct step_story *parent_of(const struct execution_story *s, const char *path)
{
	size_t len = (size_t)(step_last_name(path) - path);

	for (size_t i = 0; len && i < s->step_count; i++) {
		const char *other = s->steps[i].path;

		if (strlen(other) == len - 1 && strncmp(other, path, len - 1) == 0)
			return &s->steps[i];
	}
	return NULL;
}

bool step_is_idle(const struct execution_story *s, const struct step_story *step)
{
	const struct step_story *parent = parent_of(s, step->path);

	if (step->status != STEP_NOT_STARTED || !parent)
		return false;
	return is_over(parent->status) || strcmp(step_last_name(step->path), "reverse") == 0;
}

bool step_says_more(const struct execution_story *s, const struct step_story *step)
{
	size_t len = strlen(step->path);

	for (const struct step_story *below = step + 1; below < s->steps + s->step_count; below++)
		if (strncmp(below->path, step->path, len) == 0 && below->path[len] == '/' &&
		    below->status == step->status)
			return false;
	return true;
}

void add_by(struct str *out, const json_t *by)
{
	if (json_is_string(by))
		shown_text(out, text_of(json_string_value(by)));
	if (!json_is_object(by))
		return;
	shown_text(out, text_of(json_str(by, "User", "?")));
	if (*json_str(by, "Host", "")) {
		str_add_char(out, '@');
		shown_text(out, text_of(json_str(by, "Host", "")));
	}
}

void add_parameters(struct str *out, const char *json)
{
	struct arena *a = arena_new();
	json_t *all = json_parse(text_of(json), a, NULL);
	const char *between = "", *name;
	struct str text = STR_INIT;
	json_t *value;

	json_object_foreach(all, name, value)
	{
		str_clear(&text);
		if (json_is_string(value))
			str_add(&text, json_string_value(value));
		else
			json_canonical(value, &text);
		str_add(out, between);
		shown_text(out, text_of(name));
		str_add_char(out, '=');
		shown_text(out, str_text(&text));
		between = ", ";
	}
	str_release(&text);
	json_decref(all);
	arena_free(a);
}

void add_span(struct str *out, int64_t ms)
{
	char text[CLOCK_TEXT_LEN];

	clock_format_duration(ms > 0 ? ms : 0, text);
	str_add(out, text);
}

static const char *kept(struct arena *a, struct str *text)
{
	const char *copy = arena_strdup(a, str_cstr(text));

	str_release(text);
	return copy;
}

static const char *safe(struct arena *a, const char *text)
{
	struct str shown = STR_INIT;

	shown_text(&shown, text_of(text));
	return kept(a, &shown);
}

static const char *time_text(struct arena *a, int64_t wall_ms)
{
	char text[CLOCK_TEXT_LEN];

	if (!wall_ms)
		return "";
	clock_format_rfc3339(wall_ms, text);
	return arena_strdup(a, text);
}

/* "01:30:05Z" */
static const char *hour_text(struct arena *a, int64_t wall_ms)
{
	const char *text = time_text(a, wall_ms);
	const char *hour = strchr(text, 'T');

	return hour ? hour + 1 : text;
}

static const char *took_text(struct arena *a, int64_t from_ms, int64_t to_ms)
{
	struct str text = STR_INIT;

	if (from_ms && to_ms)
		add_span(&text, to_ms - from_ms);
	return kept(a, &text);
}

/* What is lost ended when nobody looked. */
static int64_t end_of(const struct execution_row *r, int64_t now_ms)
{
	return r->ended_ms ? r->ended_ms : r->gone ? 0 : now_ms;
}

static void add_note(struct str *out, const char *note, const struct style *st)
{
	struct str line = STR_INIT;

	if (!*note)
		return;
	str_repeat(&line, ' ', NOTE_INDENT);
	str_add(&line, note);
	folded(out, str_text(&line), NOTE_INDENT, st->columns);
	str_release(&line);
}

/* --- a list -------------------------------------------------------------------------- */

static const char *parameters_text(struct arena *a, const struct execution_row *r)
{
	struct str text = STR_INIT;

	add_parameters(&text, r->parameters);
	return kept(a, &text);
}

static const char *kind_text(struct arena *a, const struct execution_row *r)
{
	return r->kind == EXECUTION_REAL ? safe(a, r->runbook)
					 : arena_printf(a, "%s (%s drill)", safe(a, r->runbook),
							execution_kind_name(r->kind));
}

/* Ids say when it was started; what it was given goes below it. */
static void view_executions_narrow(struct str *out, const struct execution_rows *rows,
				   const struct style *st)
{
	static const char *const titles[] = {"EXECUTION", "STATUS", "TOOK", "RUNBOOK"};
	struct table t;

	table_open(&t, ARRAY_LEN(titles), rows->count + 1);
	table_set(&t, 0, titles);
	for (size_t i = 0; i < rows->count; i++) {
		const struct execution_row *r = &rows->items[i];
		const char *const cells[] = {
			r->id,
			execution_shown_status(r),
			took_text(t.a, r->started_ms, end_of(r, rows->now_ms)),
			kind_text(t.a, r),
		};

		table_set(&t, i + 1, cells);
	}
	for (size_t i = 0; i < t.rows; i++) {
		table_row(&t, i, 1, out, st);
		if (i)
			add_note(out,
				 arena_printf(t.a, "%s: %s",
					      safe(t.a, rows->items[i - 1].owner.user),
					      parameters_text(t.a, &rows->items[i - 1])),
				 st);
	}
	table_close(&t);
}

void view_executions(struct str *out, const struct execution_rows *rows, const struct style *st)
{
	static const char *const titles[] = {"EXECUTION", "STATUS",  "STARTED",   "TOOK",
					     "USER",      "RUNBOOK", "PARAMETERS"};
	struct table t;

	if (!rows->count)
		return;
	table_open(&t, ARRAY_LEN(titles), rows->count + 1);
	table_set(&t, 0, titles);
	for (size_t i = 0; i < rows->count; i++) {
		const struct execution_row *r = &rows->items[i];
		const char *const cells[] = {
			r->id,
			execution_shown_status(r),
			time_text(t.a, r->started_ms),
			took_text(t.a, r->started_ms, end_of(r, rows->now_ms)),
			safe(t.a, r->owner.user),
			kind_text(t.a, r),
			parameters_text(t.a, r),
		};

		table_set(&t, i + 1, cells);
	}
	if (st->columns && table_columns(&t) > st->columns) {
		view_executions_narrow(out, rows, st);
	} else {
		for (size_t i = 0; i < t.rows; i++)
			table_row(&t, i, 1, out, st);
	}
	table_close(&t);
}

/* --- one ----------------------------------------------------------------------------- */

/* so_far_ms: of the clock that runs; -1: none does. */
static void add_objective(struct str *out, const char *name, const struct objective_story *o,
			  int64_t so_far_ms, const char *unknown)
{
	if (!o->known && !o->objective_ms && so_far_ms < 0)
		return;
	str_printf(out, "  %s ", name);
	if (o->known)
		add_span(out, o->actual_ms);
	else if (so_far_ms >= 0)
		add_span(out, so_far_ms);
	if (!o->known)
		str_add(out, so_far_ms >= 0 ? " so far" : unknown);
	if (o->objective_ms) {
		str_add(out, ", objective ");
		add_span(out, o->objective_ms);
	}
	if (o->known && o->objective_ms)
		str_add(out, o->met ? ": met" : ": missed");
	else if (o->objective_ms && so_far_ms > o->objective_ms)
		str_add(out, ": missed already");
	if (o->detail && *o->detail) {
		str_add(out, " (");
		shown_text(out, text_of(o->detail));
		str_add_char(out, ')');
	}
	str_add_char(out, '\n');
}

/* Users wait as well while nobody runs it any more. */
static int64_t clock_of(const struct execution_story *s, int64_t now_ms)
{
	if (!s->since_ms)
		return -1;
	if (s->healthy_ms)
		return s->healthy_ms - s->since_ms;
	return execution_status_is_over(s->row.status) ? -1 : now_ms - s->since_ms;
}

static void add_states(struct str *out, const struct execution_story *s)
{
	if (s->ungraceful)
		str_add(out, "  ungraceful: the region that is left is not counted on\n");
	if (s->fenced)
		str_add(out, "  fenced: the old primary accepts no writes any more\n");
	if (s->data_loss_accepted)
		str_add(out, "  data loss was accepted\n");
	if (s->reversing && !execution_status_is_over(s->row.status))
		str_add(out, "  going back: what was done is undone\n");
}

static void add_way(struct str *out, const char *what, const char *text, const struct style *st)
{
	struct str line = STR_INIT;

	str_printf(&line, "  %s: ", what);
	shown_text(&line, text_of(text));
	folded(out, str_text(&line), NOTE_INDENT, st->columns);
	str_release(&line);
}

void view_way_back(struct str *out, const struct execution_story *s, const struct style *st)
{
	struct arena *a = arena_new();
	struct way_back way;

	execution_way_back(a, s, &way);
	if (way.point)
		add_way(out, "abort undoes nothing", way.point, st);
	if (way.undone.count)
		add_way(out, "abort undoes", path_list_text(a, &way.undone), st);
	if (way.stays.count)
		add_way(out, way.point ? "stays done" : "abort leaves as it is",
			path_list_text(a, &way.stays), st);
	arena_free(a);
}

/* What may be aborted, and is not going back already. */
static bool may_go_back(const struct execution_story *s)
{
	return !s->reversing && !s->overtaken && s->row.kind != EXECUTION_DRILL_SIMULATED &&
	       (s->row.status == EXECUTION_FAILED || !execution_status_is_over(s->row.status));
}

static void add_head(struct str *out, const struct execution_story *s, int64_t now_ms,
		     const struct style *st)
{
	const struct execution_row *r = &s->row;
	struct arena *a = arena_new();
	const char *took = took_text(a, r->started_ms, end_of(r, now_ms));
	const char *parameters = parameters_text(a, r);
	bool over;

	paint_text(out, st, PAINT_BOLD, r->id);
	str_printf(out, "  %s  ", kind_text(a, r));
	paint_status(out, st, execution_shown_status(r));
	str_printf(out, "\n  started %s by %s@%s (process %lld)%s%s\n", time_text(a, r->started_ms),
		   safe(a, r->owner.user), safe(a, r->owner.host), (long long)r->owner.pid,
		   !*took        ? ""
		   : r->ended_ms ? ", took "
				 : ", running for ",
		   took);
	if (*parameters)
		str_printf(out, "  %s\n", parameters);
	add_states(out, s);
	view_stopped(out, s, now_ms, st);
	over = execution_status_is_over(r->status);
	add_objective(out, "RTO", &s->rto, clock_of(s, now_ms),
		      over ? "not reached" : "not known yet");
	add_objective(out, "RPO", &s->rpo, -1, over ? "not known" : "not known yet");
	if (may_go_back(s))
		view_way_back(out, s, st);
	arena_free(a);
}

/* What to know beside its status. */
static const char *note_of(struct arena *a, const struct execution_story *s,
			   const struct step_story *step)
{
	struct str text = STR_INIT;
	const char *said = step->reason && *step->reason ? step->reason : step->text;

	if (!step_says_more(s, step))
		said = NULL;
	if (step->attempts > 1)
		str_printf(&text, "attempt %zu", step->attempts);
	if (step->ungraceful)
		str_printf(&text, "%sungraceful", text.len ? ", " : "");
	if (said && *said && step->status != STEP_SUCCEEDED) {
		str_add(&text, text.len ? ": " : "");
		shown_text(&text, text_of(said));
	}
	return kept(a, &text);
}

static void set_step(struct table *t, size_t row, const struct execution_story *s,
		     const struct step_story *step, int64_t now_ms)
{
	int64_t end = step->ended_ms ? step->ended_ms : end_of(&s->row, now_ms);
	const char *const cells[] = {
		hour_text(t->a, step->started_ms),
		step_status_name(step->status),
		took_text(t->a, step->started_ms, end),
		step->kind ? step->kind : "",
		safe(t->a, step->path),
	};

	table_set(t, row, cells);
}

void view_execution(struct str *out, const struct execution_story *s, int64_t now_ms,
		    const struct style *st)
{
	static const char *const titles[] = {"STARTED", "STATUS", "TOOK", "KIND", "STEP"};
	const char **notes;
	size_t shown = 0;
	struct table t;

	add_head(out, s, now_ms, st);
	if (!s->step_count)
		return;
	table_open(&t, ARRAY_LEN(titles), s->step_count + 1);
	notes = ARENA_ARRAY(t.a, s->step_count + 1, const char *);
	notes[0] = "";
	table_set(&t, 0, titles);
	for (size_t i = 0; i < s->step_count; i++) {
		if (step_is_idle(s, &s->steps[i]))
			continue;
		shown++;
		set_step(&t, shown, s, &s->steps[i], now_ms);
		notes[shown] = note_of(t.a, s, &s->steps[i]);
	}
	str_add_char(out, '\n');
	for (size_t i = 0; i <= shown; i++) {
		table_row(&t, i, 1, out, st);
		add_note(out, notes[i], st);
	}
	table_close(&t);
	view_next(out, s);
}
