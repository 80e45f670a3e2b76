/*
 * conduct_tree.c - whose turn it is.  A list goes on with its next step when the one before it is
 * over; a Parallel begins all; a group is over when nothing in it goes on and nothing may begin.
 */
#include <string.h>

#include "engine/runbook/conduct_parts.h"

static const bool containers[] = {
	[STEP_FENCE] = true,    [STEP_RUNBOOK] = true,     [STEP_SEQUENCE] = true,
	[STEP_PARALLEL] = true, [STEP_KIND_COUNT] = false,
};

bool step_is_container(const struct step *s)
{
	return !s->p || containers[s->p->kind];
}

bool step_went_badly(const struct step *s)
{
	return s->phase == PHASE_OVER && s->status == STEP_FAILED &&
	       (!s->spec || s->spec->on_failure != STEP_FAILURE_CONTINUE || s->x->aborting);
}

static bool is_active(const struct step *s)
{
	return s->phase != PHASE_NEW && s->phase != PHASE_OVER;
}

bool conduct_may_begin(const struct conduct *x)
{
	return !x->broken && !x->paused && !x->stopping &&
	       !(x->aborting && x->stage == STAGE_FORWARD);
}

bool conduct_is_busy(const struct conduct *x)
{
	for (size_t i = 0; i < x->p->step_count; i++) {
		const struct step *s = &x->steps[i];

		if (s->now && s->now->driver && s->phase == PHASE_WORK)
			return true;
	}
	return false;
}

bool conduct_is_draining(const struct conduct *x)
{
	for (const struct errand *r = x->errands; r; r = r->next)
		if (r->at && r->at->over && r->job.state == JOB_CALLING)
			return true;
	return false;
}

struct step *conduct_step(struct conduct *x, const char *path)
{
	for (size_t i = 0; i < x->p->step_count; i++)
		if (!strcmp(x->steps[i].p->path, path))
			return &x->steps[i];
	return NULL;
}

struct step *conduct_find(struct conduct *x, const char *path_or_name)
{
	struct step *found = conduct_step(x, path_or_name);
	size_t count = 0;

	if (found)
		return found;
	for (size_t i = 0; i < x->p->step_count; i++)
		if (!strcmp(x->steps[i].p->name, path_or_name)) {
			found = &x->steps[i];
			count++;
		}
	return count == 1 ? found : NULL;
}

/* --- groups ------------------------------------------------------------------------------ */

/* A group's own end, once its children are. */
static void end_group(struct step *s, const struct step *bad)
{
	struct conduct *x = s->x;

	if (bad && bad->wants_reverse)
		s->wants_reverse = true;
	if (s->p) {
		attempt_end(s->now, bad ? STEP_ENDED_FAILED : STEP_ENDED_WELL_DONE,
			    bad ? arena_printf(x->a, "step '%s' failed: %s", bad->p->path,
					       bad->reason ? bad->reason : "")
				: NULL);
		step_settle(s);
		return;
	}
	s->phase = PHASE_OVER;
	s->status = bad ? STEP_FAILED : STEP_SUCCEEDED;
	s->reason = bad ? bad->reason : NULL;
	x->turned = true;
}

static const char *const beside = "stopped, because a step beside it failed";

/* Its next try will not come: it rests before that, or was to be tried again, or gone on with. */
static bool waits_for_try(const struct step *s)
{
	return s->phase == PHASE_RESTING || (s->phase == PHASE_NEW && (s->again || s->begun));
}

static void child_turn(struct step *s, enum tree_way way)
{
	step_settle(s);
	if (s->phase == PHASE_NEW && way == TREE_GO && conduct_may_begin(s->x))
		step_begin(s);
	if (way == TREE_HALT && waits_for_try(s))
		step_stop(s, s->reason ? s->reason : beside);
	if (s->phase == PHASE_WORK && step_is_container(s))
		tree_turn(s, way);
}

static bool is_of_list(const struct step *s)
{
	return s->p->role == ROLE_STEP;
}

static void halt_group(struct step *s)
{
	if (!s->p)
		return;
	attempt_end(s->now, STEP_ENDED_FAILED, beside);
	s->now->final = true;
	step_settle(s);
}

static void sequence_turn(struct step *s, enum tree_way way)
{
	for (size_t i = 0; i < s->child_count; i++) {
		struct step *child = s->children[i];

		if (!is_of_list(child))
			continue;
		child_turn(child, way);
		if (child->phase != PHASE_OVER) {
			if (way == TREE_HALT && child->phase == PHASE_NEW)
				halt_group(s);
			return;
		}
		if (step_went_badly(child)) {
			end_group(s, child);
			return;
		}
	}
	end_group(s, NULL);
}

static const struct step *first_bad(const struct step *s)
{
	for (size_t i = 0; i < s->child_count; i++)
		if (is_of_list(s->children[i]) && step_went_badly(s->children[i]))
			return s->children[i];
	return NULL;
}

static void parallel_turn(struct step *s, enum tree_way way)
{
	const struct step *bad = first_bad(s);
	size_t left = 0, active = 0;

	for (size_t i = 0; i < s->child_count; i++) {
		struct step *child = s->children[i];

		if (!is_of_list(child))
			continue;
		child_turn(child, bad ? TREE_HALT : way);
		left += child->phase != PHASE_OVER;
		active += is_active(child);
		bad = first_bad(s);
	}
	if (active)
		return;
	if (bad || !left)
		end_group(s, bad);
	else if (way == TREE_HALT)
		halt_group(s);
}

void tree_turn(struct step *s, enum tree_way way)
{
	if (s->p && s->p->kind == STEP_FENCE)
		fence_turn(s, way);
	else if (s->p && s->p->kind == STEP_PARALLEL)
		parallel_turn(s, way);
	else
		sequence_turn(s, way);
}
