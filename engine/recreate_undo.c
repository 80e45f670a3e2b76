/*
 * recreate_undo.c - a recreation that was begun by mistake.
 *
 * What is aside is recorded as before.  What was made since in the same region becomes left over,
 * which the next plan deletes; in another region nothing names it any more, with the same end; but
 * what a Restore has filled no plan deletes without a reason (recreate_filled.c).
 * What is the same thing as something that was aside is only forgotten: nothing deletes it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "engine/due.h"
#include "engine/history.h"
#include "engine/recreate_guard.h"
#include "engine/run_parts.h"

struct undoing {
	struct engine *e;
	struct state *s;
	const struct recreation *c;
	struct record_list aside, since; /* since: of the regions that it made things in */
	struct instance_list instances;
	struct recreation_undo undo;
	int filled; /* some of it by a Restore */
	struct diags *d;
};

static int refuse(struct undoing *u, const char *why, const char *hint)
{
	struct diag *g =
		diag_add(u->d, DIAG_RECREATE_UNDO, RANGE_NONE,
			 "the recreation of region '%s' cannot be undone: %s", u->c->region, why);

	diag_detail(u->d, g, "Nothing was changed.");
	diag_hint(u->d, g, "%s", hint);
	return -1;
}

/* --- what is there -------------------------------------------------------------------------- */

static bool is_in(const struct instance_id *id, const char *region)
{
	return strcmp(id->region, region) == 0;
}

/* Behind its end things were made where the manifest says. */
static bool is_made_in(const struct undoing *u, const struct instance_id *id)
{
	return is_in(id, u->c->into) || is_in(id, u->c->region);
}

static int load(struct undoing *u)
{
	struct arena *a = u->e->arena;
	size_t count = 0;

	if (recreation_load_abandoned(u->s, u->c->region, a, &u->aside, u->d) != 0 ||
	    state_load_records(u->s, NULL, a, &u->since, u->d) != 0 ||
	    state_load_instances(u->s, a, &u->instances, u->d) != 0)
		return -1;
	for (size_t i = 0; i < u->since.count; i++) {
		if (is_made_in(u, &u->since.items[i].addr.instance) &&
		    !recreation_abandoned(&u->since.items[i]))
			u->since.items[count++] = u->since.items[i];
	}
	u->since.count = count;
	return 0;
}

static int compare_ids(const void *x, const void *y)
{
	return instance_id_compare(x, y);
}

static int lock(struct undoing *u)
{
	struct engine *e = u->e;
	size_t count = 0, all = 0;
	struct instance_id *ids =
		ARENA_ARRAY(e->arena, u->aside.count + u->since.count + u->instances.count + 1,
			    struct instance_id);
	struct lock_owner owner = engine_owner(e->arena, e->options.clock, e->options.command);
	struct lock_wait wait = {.timeout_ms = e->options.lock_timeout_ms};

	for (size_t i = 0; i < u->aside.count; i++)
		ids[all++] = u->aside.items[i].addr.instance;
	for (size_t i = 0; i < u->since.count; i++)
		ids[all++] = u->since.items[i].addr.instance;
	for (size_t i = 0; i < u->instances.count; i++) {
		if (is_made_in(u, &u->instances.items[i].id))
			ids[all++] = u->instances.items[i].id;
	}
	qsort(ids, all, sizeof(*ids), compare_ids);
	for (size_t i = 0; i < all; i++) {
		if (!count || instance_id_compare(&ids[count - 1], &ids[i]) != 0)
			ids[count++] = ids[i];
	}
	if (!count)
		return 0;
	return state_lock(u->s, &(struct lock_request){ids, count, &owner, &wait}, u->d);
}

/* --- what speaks against it ------------------------------------------------------------------ */

static int check_operations(struct undoing *u)
{
	struct operation_list open;

	if (state_load_open_operations(u->s, NULL, u->e->arena, &open, u->d) != 0)
		return -1;
	for (size_t i = 0; i < open.count; i++) {
		if (is_made_in(u, &open.items[i].addr.instance))
			return refuse(u, "nobody knows what became of an operation there",
				      "`hadeploy plan` asks; then run the command again");
	}
	return 0;
}

static int check_restores(struct undoing *u, bool *begun)
{
	struct arena *a = u->e->arena;
	struct execution_list all;

	if (journal_load_executions(u->s, 0, a, &all, u->d) != 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		const struct execution_row *x = &all.items[i];

		if (!guard_owns(a, u->e->project->manifest, u->c, x))
			continue;
		*begun = true;
		if (!execution_status_is_over(x->status))
			return refuse(u, "its restore is not over",
				      arena_printf(a, "give it up first: hadeploy runbook abort %s",
						   x->id));
	}
	return 0;
}

static int check_once(struct undoing *u)
{
	const char *mine = arena_printf(u->e->arena, ABANDONED_PREFIX "%s", u->c->id);

	for (size_t i = 0; i < u->aside.count; i++) {
		if (strncmp(u->aside.items[i].deposed, mine, strlen(mine)) != 0)
			return refuse(u, "the region was recreated more than once",
				      "what is aside stays aside; clear up with --reconcile");
	}
	return 0;
}

static int check_aside(struct undoing *u)
{
	if (u->aside.count)
		return 0;
	return refuse(u, "nothing of it is aside",
		      arena_printf(u->e->arena,
				   "its stacks are where the manifest says with: hadeploy recreate "
				   "--region %s --end",
				   u->c->region));
}

static int check(struct undoing *u)
{
	bool begun = false;

	if (guard_no_execution(u->e, u->s, u->e->project->manifest, u->d) != 0 ||
	    check_aside(u) != 0 || check_once(u) != 0 || check_operations(u) != 0 ||
	    check_restores(u, &begun) != 0)
		return -1;
	u->filled = guard_any_filled(u->e, u->s, u->c, u->d);
	if (u->filled < 0)
		return -1;
	if (u->e->options.selection.reason)
		return 0;
	if (begun || u->filled)
		return refuse(u, "data were brought back, or begun to be, into what it made",
			      "when nobody needs what was made since, say why: --reason TEXT");
	if (due_is_over(u->c) && u->since.count)
		return refuse(u, "it has come to its end, and what it made may be in use",
			      "when nobody needs what was made since, say why: --reason TEXT");
	return 0;
}

/* --- the way back ----------------------------------------------------------------------------- */

static int undo(struct undoing *u, const char *request)
{
	static const struct plan nothing;
	const struct run_request q = {.mode = RUN_APPLY, .request = request};
	struct run_result r = {.plan = &nothing};
	int rc;

	recreate_find_same(u->e, &u->since, &u->aside, &u->undo);
	if (u->filled)
		u->undo.closed = due_close(u->e->arena, u->c, DUE_UNDONE);
	if (history_begin(u->e, &q, &nothing, u->d) != 0)
		return -1;
	rc = recreation_undo(u->s, u->c, &u->undo, u->d);
	return history_finish(u->e, &r, rc, u->d) ? -1 : rc;
}

int engine_undo_recreation(struct engine *e, const char *request, size_t *back, size_t *given_up,
			   struct diags *d)
{
	struct undoing u = {.e = e, .c = e->recreation, .d = d};
	int rc;

	u.s = engine_state(e, STATE_WRITE, d);
	if (!u.s || load(&u) != 0 || lock(&u) != 0)
		return -1;
	rc = load(&u) != 0 || check(&u) != 0 || undo(&u, request) != 0 ? -1 : 0;
	state_unlock(u.s);
	*back = u.aside.count;
	*given_up = u.since.count - u.undo.same_count;
	return rc;
}
