/*
 * journal_back.c - what going back would undo, by what is recorded alone: the same answer for who
 * asks beforehand, for the conductor, and for who reads the report.
 */
#include <string.h>

#include "base/vec.h"
#include "engine/runbook/journal.h"
#include "engine/runbook/runbook.h"

struct looking {
	struct arena *a;
	const struct execution_story *s;
};

static bool is_kind(const struct step_story *s, enum step_kind k)
{
	return !strcmp(s->kind, step_kind_name(k));
}

static bool is_group(const struct step_story *s)
{
	return is_kind(s, STEP_RUNBOOK) || is_kind(s, STEP_SEQUENCE) || is_kind(s, STEP_PARALLEL);
}

/* What a way back or a way to fence belongs to; NULL: it stands for itself. */
static const struct step_story *owner_of(const struct execution_story *s,
					 const struct step_story *step)
{
	const char *slash = strrchr(step->path, '/');
	const struct step_story *up;
	size_t len;

	if (!slash)
		return NULL;
	len = (size_t)(slash - step->path);
	for (size_t i = 0; i < s->step_count; i++) {
		up = &s->steps[i];
		if (!strncmp(up->path, step->path, len) && !up->path[len])
			return is_group(up) ? NULL : up;
	}
	return NULL;
}

/* Part of what failed, or was skipped, in its middle may have happened. */
static bool is_done(const struct step_story *s)
{
	return s->status == STEP_SUCCEEDED || s->status == STEP_RUNNING ||
	       s->status == STEP_PENDING_APPROVAL || s->status == STEP_REVERSE_FAILED ||
	       ((s->status == STEP_FAILED || s->status == STEP_SKIPPED) && s->begun);
}

/* Whether somebody would notice that it is not undone. */
static bool changes_the_world(const struct step_story *s)
{
	static const enum step_kind kinds[] = {STEP_APPLY, STEP_ACTION,  STEP_COMMAND,
					       STEP_HTTP,  STEP_TRAFFIC, STEP_FENCE};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (is_kind(s, kinds[i]))
			return true;
	return s->promotes;
}

static bool has_reverse(const struct execution_story *s, const struct step_story *step)
{
	size_t len = strlen(step->path);

	for (size_t i = 0; i < s->step_count; i++)
		if (!strncmp(s->steps[i].path, step->path, len) &&
		    !strcmp(s->steps[i].path + len, "/reverse"))
			return true;
	return false;
}

static bool undoes_itself(const struct execution_story *s, const struct step_story *step)
{
	return has_reverse(s, step) || is_kind(step, STEP_APPLY) || is_kind(step, STEP_TRAFFIC);
}

struct ways {
	size_t tried, done, undone, stuck; /* undone already; done, and nothing undoes them */
};

static struct ways ways_of(const struct execution_story *s, const struct step_story *fence)
{
	struct ways w = {0, 0, 0, 0};

	for (size_t i = 0; i < s->step_count; i++) {
		const struct step_story *one = &s->steps[i];
		const char *slash = strrchr(one->path, '/');

		if (owner_of(s, one) != fence || !strcmp(slash, "/reverse"))
			continue;
		w.undone += one->status == STEP_REVERSED;
		w.tried += is_done(one);
		if (one->status != STEP_SUCCEEDED && one->status != STEP_RUNNING)
			continue;
		w.done++;
		w.stuck += !undoes_itself(s, one);
	}
	return w;
}

/* A fence is undone by its own Reverse, or by those of the ways that went well. */
static bool can_be_undone(const struct execution_story *s, const struct step_story *step)
{
	struct ways w;

	if (!is_kind(step, STEP_FENCE) || has_reverse(s, step))
		return undoes_itself(s, step);
	w = ways_of(s, step);
	return w.done && !w.stuck;
}

/* It keeps the old primary from writing, for certain or most likely. */
static bool is_fenced(const struct execution_story *s, const struct step_story *step)
{
	struct ways w;

	if (!is_kind(step, STEP_FENCE) || step->status == STEP_REVERSED)
		return false;
	w = ways_of(s, step);
	return w.done || (*step->fenced && !w.undone);
}

/* NULL: it is none. */
static const char *point_of(struct looking *l, const struct step_story *step)
{
	const char *did = NULL;

	if (is_fenced(l->s, step))
		did = *step->fenced ? arena_printf(l->a, "has fenced region '%s'", step->fenced)
				    : "has cut off the old primary";
	else if (step->promotes && is_done(step))
		did = step->status == STEP_FAILED || step->status == STEP_SKIPPED
			      ? "may have promoted another primary"
			      : "has promoted another primary";
	if (!did || can_be_undone(l->s, step))
		return NULL;
	return arena_printf(l->a, "'%s' %s, and has no Reverse", step->path, did);
}

static void add(struct looking *l, struct path_list *list, const char *path)
{
	*(const char **)arena_vec_add(l->a, list) = path;
}

static void sort_out(struct looking *l, const struct step_story *step, struct way_back *out)
{
	bool fence = is_kind(step, STEP_FENCE);

	if (fence ? !is_fenced(l->s, step) && !ways_of(l->s, step).tried : !is_done(step))
		return;
	if (!out->point && can_be_undone(l->s, step) && step->status != STEP_REVERSE_FAILED) {
		add(l, &out->undone, step->path);
		return;
	}
	add(l, &out->stays, step->path);
	out->decisive += fence || step->promotes;
}

void execution_way_back(struct arena *a, const struct execution_story *s, struct way_back *out)
{
	struct looking l = {a, s};
	bool drill = s->row.kind == EXECUTION_DRILL_ISOLATED;

	*out = (struct way_back){0};
	for (size_t i = 0; i < s->step_count && !out->point && !drill; i++)
		if (!owner_of(s, &s->steps[i]))
			out->point = point_of(&l, &s->steps[i]);
	for (size_t i = 0; i < s->step_count; i++)
		if (changes_the_world(&s->steps[i]) && !owner_of(s, &s->steps[i]))
			sort_out(&l, &s->steps[i], out);
}

const char *path_list_text(struct arena *a, const struct path_list *list)
{
	struct str text = STR_INIT;
	const char *copy;

	for (size_t i = 0; i < list->count; i++)
		str_printf(&text, "%s%s", i ? ", " : "", list->items[i]);
	copy = arena_strdup(a, str_cstr(&text));
	str_release(&text);
	return copy;
}
