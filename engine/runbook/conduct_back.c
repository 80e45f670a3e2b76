/*
 * conduct_back.c - undoing what was done, the last first: by the `Reverse:` of a step, else by its
 * driver where that can.  What cannot be undone stays, and what fails is told; the rest goes on.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/runbook/conduct_parts.h"

static struct step *reverse_of(const struct step *s)
{
	for (size_t i = 0; i < s->child_count; i++)
		if (s->children[i]->p->role == ROLE_REVERSE)
			return s->children[i];
	return NULL;
}

static bool driver_undoes(const struct step *s)
{
	const struct step_driver *d = step_is_container(s) ? NULL : s->x->setup->driver(s->p->kind);

	return d && d->undoes;
}

/* Part of what failed, or was skipped, in its middle may have happened. */
static bool is_done(const struct step *s)
{
	return s->undoing || s->status == STEP_SUCCEEDED ||
	       (s->begun && (s->status == STEP_FAILED || s->status == STEP_RUNNING ||
			     s->status == STEP_NOT_STARTED || s->status == STEP_SKIPPED));
}

/* The way back of a group stands for those of its steps; ways back have none themselves. */
static bool stands_for_itself(const struct conduct *x, const struct step *s)
{
	for (size_t i = s->index; i != STEP_TOP; i = x->steps[i].p->parent) {
		const struct step *up = &x->steps[i];

		if (up->p->role == ROLE_REVERSE)
			return false;
		if (up != s && reverse_of(up) && is_done(up))
			return false;
	}
	return true;
}

static int compare_ends(const void *a, const void *b)
{
	const struct step *const *x = a, *const *y = b;

	if ((*x)->ended != (*y)->ended)
		return (*x)->ended < (*y)->ended ? 1 : -1;
	return (*x)->index < (*y)->index ? 1 : -1;
}

/* Users are led back once the region may serve them again: what promoted and what fenced is
 * undone before traffic is, the last of them first. */
static void data_first(struct conduct *x)
{
	size_t at = 0;

	while (at < x->back.count && x->back.items[at]->p->kind != STEP_TRAFFIC)
		at++;
	for (size_t i = at + 1; i < x->back.count; i++) {
		struct step *s = x->back.items[i];

		if (s->p->kind != STEP_FENCE && s->p->role != ROLE_BY && !s->promotes)
			continue;
		memmove(&x->back.items[at + 1], &x->back.items[at],
			(i - at) * sizeof(struct step *));
		x->back.items[at++] = s;
	}
}

static void collect(struct conduct *x)
{
	x->back.count = 0;
	x->back_at = 0;
	for (size_t i = 0; i < x->p->step_count; i++) {
		struct step *s = &x->steps[i];

		if (is_done(s) && (reverse_of(s) || driver_undoes(s)) && stands_for_itself(x, s))
			*(struct step **)arena_vec_add(x->a, &x->back) = s;
	}
	if (x->back.count > 1)
		qsort(x->back.items, x->back.count, sizeof(struct step *), compare_ends);
	data_first(x);
}

/* By what is on disk; what cannot be read is not undone. */
static void look_back(struct conduct *x, struct way_back *out)
{
	x->out->story = (struct execution_story){0};
	conduct_tell_story(x);
	execution_way_back(x->a, &x->out->story, out);
	if (!x->out->story.row.id)
		out->point = "its journal cannot be read";
}

const char *back_outlook(struct conduct *x)
{
	struct way_back way;
	const char *stays;

	look_back(x, &way);
	stays = path_list_text(x->a, &way.stays);
	if (way.point)
		return arena_printf(x->a, "abort undoes nothing: %s; stays done: %s", way.point,
				    stays);
	return arena_printf(x->a, "%s%s%s%s%s", way.undone.count ? "abort undoes: " : "",
			    path_list_text(x->a, &way.undone),
			    way.undone.count && way.stays.count ? "; " : "",
			    way.stays.count ? "abort leaves as it is: " : "", stays);
}

static const char *with_left(struct conduct *x, const char *reason, const struct way_back *way)
{
	if (!way->stays.count)
		return reason;
	return arena_printf(x->a, "%s%snot undone: %s", reason ? reason : "", reason ? "; " : "",
			    path_list_text(x->a, &way->stays));
}

void back_or_keep(struct conduct *x, enum execution_status kept, const char *reason)
{
	struct way_back way;
	struct diag *g;

	look_back(x, &way);
	if (!way.point) {
		back_begin(x, reason);
		return;
	}
	g = diag_warn(x->d, DIAG_CONDUCT_NO_RETURN, RANGE_NONE,
		      "nothing of execution %s is undone: %s", x->row.id, way.point);
	diag_detail(x->d, g, "Not undone: %s.", path_list_text(x->a, &way.stays));
	diag_hint(x->d, g,
		  "the way out is forward: %s, or a failback once all is well; undo by hand what "
		  "has to be",
		  kept == EXECUTION_FAILED ? "mend the cause and go on" : "run the failover again");
	goal_end(x, kept, with_left(x, reason, &way));
}

void back_begin(struct conduct *x, const char *reason)
{
	if (x->stage != STAGE_BACK &&
	    !conduct_write(x, ENTRY_REVERSING, "",
			   json_pack("{s:s, s:b, s:b}", "Reason", reason ? reason : "", "Abort",
				     x->aborting, "Failed", x->failed)))
		return;
	x->stage = STAGE_BACK;
	collect(x);
	x->turned = true;
}

/* --- one step ---------------------------------------------------------------------------- */

static void is_undone(struct step *s, enum step_status status, const char *reason)
{
	bool well = status == STEP_REVERSED;

	s->undoing = false;
	if (!step_write(s, well ? ENTRY_STEP_REVERSED : ENTRY_STEP_REVERSE_FAILED,
			json_pack("{s:s}", "Reason", reason ? reason : "")))
		return;
	s->status = status;
	s->phase = PHASE_OVER;
}

/* The old primary stays fenced while another one accepts writes. */
static const char *why_not(const struct step *s)
{
	const struct conduct *x = s->x;

	if (s->p->kind != STEP_FENCE && s->p->role != ROLE_BY)
		return NULL;
	for (size_t i = 0; i < x->p->step_count; i++) {
		const struct step *other = &x->steps[i];

		if (other->promotes && (is_done(other) || other->status == STEP_REVERSE_FAILED))
			return arena_printf(x->a,
					    "'%s' has promoted another primary, and that is "
					    "not undone",
					    other->p->path);
	}
	return NULL;
}

static void begin_body(struct step *s, struct step *body)
{
	if (!s->undoing && !step_write(s, ENTRY_STEP_REVERSING, NULL))
		return;
	s->undoing = true;
	if (body->phase == PHASE_NEW)
		step_begin(body);
}

static void begin_one(struct step *s)
{
	struct step *body = reverse_of(s);
	const char *why = why_not(s);

	if (why)
		is_undone(s, STEP_REVERSE_FAILED, why);
	else if (body)
		begin_body(s, body);
	else
		step_begin_back(s);
}

static void body_turn(struct step *s, struct step *body)
{
	step_settle(body);
	if (body->phase == PHASE_NEW && conduct_may_begin(s->x))
		step_begin(body);
	if (body->phase == PHASE_WORK && step_is_container(body))
		tree_turn(body, TREE_GO);
	if (body->phase != PHASE_OVER)
		return;
	if (body->status == STEP_FAILED || body->waived)
		is_undone(s, STEP_REVERSE_FAILED, body->reason);
	else
		is_undone(s, STEP_REVERSED, NULL);
}

/* True when it is over with this one. */
static bool one_turn(struct step *s)
{
	struct step *body = reverse_of(s);

	if (!is_done(s))
		return true;
	if (s->now && s->now->run.direction == STEP_BACK)
		step_settle(s);
	else if (s->undoing && body && body->phase != PHASE_NEW)
		body_turn(s, body);
	else if (conduct_may_begin(s->x))
		begin_one(s);
	return !is_done(s);
}

/* --- all of them ------------------------------------------------------------------------- */

static size_t failures(const struct conduct *x)
{
	size_t count = 0;

	for (size_t i = 0; i < x->p->step_count; i++)
		count += x->steps[i].status == STEP_REVERSE_FAILED;
	return count;
}

static void tell_left(struct conduct *x, const struct way_back *way)
{
	struct diag *g = diag_warn(x->d, DIAG_CONDUCT_LEFT, RANGE_NONE,
				   "%zu %s of execution %s not undone: %s", way->stays.count,
				   way->stays.count == 1 ? "step is" : "steps are", x->row.id,
				   path_list_text(x->a, &way->stays));

	diag_detail(x->d, g, "What has no Reverse stays as it is.");
	diag_hint(x->d, g, "undo by hand what has to be");
}

/* Who reads that it went back believes that all is as before: a fence or a promotion that stays is
 * another matter than a command without a Reverse. */
static void end(struct conduct *x)
{
	bool drill = !x->failed && !x->aborting; /* the end of an isolated one */
	struct way_back way;
	const char *why;

	look_back(x, &way);
	if (way.stays.count && (!drill || way.decisive))
		tell_left(x, &way);
	why = with_left(x, x->why, &way);
	x->exceptions += drill && way.decisive;
	if (failures(x) || (way.decisive && !drill))
		goal_end(x, x->aborting ? EXECUTION_ABORTED : EXECUTION_FAILED, why);
	else if (drill)
		goal_end(x, EXECUTION_COMPLETED, way.decisive ? why : NULL);
	else
		goal_end(x, EXECUTION_REVERSED, why);
}

void back_turn(struct conduct *x)
{
	while (x->back_at < x->back.count && !x->broken) {
		if (!one_turn(x->back.items[x->back_at]))
			return;
		x->back_at++;
		x->turned = true;
	}
	if (!x->broken && conduct_may_begin(x))
		end(x);
}
