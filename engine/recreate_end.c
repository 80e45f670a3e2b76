/*
 * recreate_end.c - a recreation into another region holds no more: its stacks are where the
 * manifest says.
 *
 * What was made there is left to the next apply, which takes it away.  So what may be in use, or
 * has data, is not left without a reason; and what a Restore has filled no apply deletes without
 * one either (recreate_filled.c).  What is aside stays, and the row with it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "engine/due.h"
#include "engine/history.h"
#include "engine/recreate_guard.h"

/* --- what it leaves -------------------------------------------------------------------------- */

/* Its stacks were led on when that region was lost as well. */
static const char *place_of(const struct engine *e, const struct recreation *c)
{
	const char *place = c->into;

	for (size_t i = 0; i < e->recreations.count; i++) {
		const struct recreation *next = &e->recreations.items[i];

		if (!strcmp(next->region, place) && next->since_ms > c->since_ms &&
		    due_closed(next) == DUE_OPEN)
			place = next->into;
	}
	return place;
}

/* By the manifest as it is read then; the project has what --region names, the lost one. */
static bool is_wanted(const struct engine *e, const struct instance_id *id)
{
	const struct manifest_stack *s = manifest_stack(e->project->manifest, id->stack);

	for (size_t i = 0; s && i < s->target_count; i++) {
		if (!strcmp(s->targets[i].region->name, id->region) &&
		    !strcmp(s->targets[i].account, id->account))
			return true;
	}
	return false;
}

struct ids {
	VEC_OF(struct instance_id)
};

static int find_left(struct engine *e, struct state *s, struct ids *out, struct diags *d)
{
	const struct recreation *c = e->recreation;
	const char *place = place_of(e, c);
	struct record_list all;

	if (state_load_records(s, NULL, e->arena, &all, d) != 0)
		return -1;
	for (size_t i = 0; recreation_relocates(c) && i < all.count; i++) {
		const struct instance_id *id = &all.items[i].addr.instance;

		if (strcmp(id->region, place) != 0 || is_wanted(e, id) ||
		    (out->count && !instance_id_compare(&out->items[out->count - 1], id)))
			continue;
		*(struct instance_id *)arena_vec_add(e->arena, out) = *id;
	}
	return 0;
}

static const char *left_text(struct engine *e, const struct ids *left)
{
	const char *text = NULL;

	for (size_t i = 0; i < left->count; i++) {
		const char *one = instance_id_text(e->arena, &left->items[i]);

		text = text ? arena_printf(e->arena, "%s, %s", text, one) : one;
	}
	return text;
}

static void refuse(struct engine *e, const char *left, struct diags *d)
{
	const struct recreation *c = e->recreation;
	struct diag *g =
		diag_add(d, DIAG_RECREATE_END, RANGE_NONE,
			 "the end of the recreation of region '%s' would leave what may be "
			 "in use: %s",
			 c->region, left);

	diag_detail(d, g,
		    "The next apply would make their stacks anew, and empty, where the manifest "
		    "says, and delete these. Nothing was changed.");
	diag_hint(
		d, g,
		"they stay, and nothing is to be ended, when the manifest names %s instead of %s; "
		"where %s is back with its data: hadeploy recreate --region %s --undo; else say "
		"why: --reason TEXT",
		c->into, c->region, c->region, c->region);
}

/* What may be in use, or have data. */
static int is_used(struct engine *e, struct state *s, struct diags *d)
{
	return due_is_over(e->recreation) ? 1 : guard_any_filled(e, s, e->recreation, d);
}

int engine_end_means(struct engine *e, const char **left, struct diags *d)
{
	struct state *s = engine_state(e, STATE_WRITE, d);
	struct ids ids = {0};
	int used;

	if (!s || find_left(e, s, &ids, d) != 0)
		return -1;
	*left = left_text(e, &ids);
	used = *left && !e->options.selection.reason ? is_used(e, s, d) : 0;
	if (used > 0)
		refuse(e, *left, d);
	return used ? -1 : 0;
}

/* --- the end --------------------------------------------------------------------------------- */

/* In the history, who and why. */
int engine_end_recreation(struct engine *e, const char *request, struct diags *d)
{
	static const struct plan nothing;
	const struct run_request q = {.mode = RUN_APPLY, .request = request};
	struct run_result r = {.plan = &nothing};
	struct state *s = engine_state(e, STATE_WRITE, d);
	const char *left;
	int rc;

	if (!s || guard_no_execution(e, s, e->project->manifest, d) != 0 ||
	    engine_end_means(e, &left, d) != 0 || history_begin(e, &q, &nothing, d) != 0)
		return -1;
	rc = guard_settle(e, s, due_close(e->arena, e->recreation, DUE_ENDED), d);
	return history_finish(e, &r, rc, d) ? -1 : rc;
}
