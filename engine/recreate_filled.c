/*
 * recreate_filled.c - what a Restore has filled is the only copy, as far as anybody knows: no run
 * deletes the stack instance without a reason, whatever way it came out of the manifest.
 *
 * The rows of recreations say what was filled, closed ones too.  Only whole instances count: what
 * the template says of one that stays is what somebody has written and reads in the plan.
 */
#include <string.h>

#include "base/vec.h"
#include "engine/due.h"
#include "engine/recreate_guard.h"
#include "engine/run_parts.h"

/* --- what has data ------------------------------------------------------------------------- */

static bool has_completed(const struct execution_row *x)
{
	return x->kind == EXECUTION_REAL && (x->status == EXECUTION_COMPLETED ||
					     x->status == EXECUTION_COMPLETED_WITH_EXCEPTIONS);
}

/* A Restore that somebody ran by hand fills as well. */
bool guard_is_filled(struct engine *e, const struct recreation *c, const struct due *x,
		     const struct execution_list *ran)
{
	if (due_has_data(x))
		return true;
	for (size_t i = 0; i < ran->count; i++) {
		const struct execution_row *row = &ran->items[i];

		if (row->started_ms >= c->since_ms && row->started_ms >= x->since_ms &&
		    has_completed(row) && guard_is_restore(e->arena, e->project->manifest, x, row))
			return true;
	}
	return false;
}

int guard_any_filled(struct engine *e, struct state *s, const struct recreation *c, struct diags *d)
{
	struct execution_list ran = {NULL, 0};
	struct due_list list;

	if (journal_load_executions(s, 0, e->arena, &ran, d) != 0)
		return -1;
	due_list(e->arena, c, &list);
	for (size_t i = 0; i < list.count; i++) {
		if (guard_is_filled(e, c, &list.items[i], &ran))
			return 1;
	}
	return 0;
}

int guard_settle(struct engine *e, struct state *s, const struct recreation *c, struct diags *d)
{
	struct record_list aside;
	int filled = guard_any_filled(e, s, c, d);

	if (filled < 0 || recreation_load_abandoned(s, c->region, e->arena, &aside, d) != 0)
		return -1;
	return filled || aside.count ? recreation_put(s, c, d) : recreation_end(s, c->region, d);
}

/* --- what a plan takes away ----------------------------------------------------------------- */

struct looking {
	struct run *r;
	struct recreation_list rows;
	struct execution_list ran;
};

struct losses {
	VEC_OF(struct run_loss)
};

/* The region was lost later: what was there then is aside. */
static const struct recreation *lost_since(const struct looking *l, const struct recreation *c,
					   const char *region)
{
	for (size_t i = 0; i < l->rows.count; i++) {
		const struct recreation *other = &l->rows.items[i];

		if (other != c && !strcmp(other->region, region) && other->since_ms > c->since_ms)
			return other;
	}
	return NULL;
}

static bool has_stack(struct arena *a, const struct recreation *c, const char *stack)
{
	struct due_list list;
	struct instance_id id;

	due_list(a, c, &list);
	for (size_t i = 0; i < list.count; i++) {
		if (instance_id_parse(a, text_of(list.items[i].instance), &id) &&
		    !strcmp(id.stack, stack))
			return true;
	}
	return false;
}

/* Where its data were brought back once more, they are not in what is aside alone. */
static bool takes_aside(const struct looking *l, const struct recreation *c, const struct change *x)
{
	const struct recreation *later = lost_since(l, c, x->addr.instance.region);

	return later && !has_stack(l->r->e->arena, later, x->addr.instance.stack);
}

static bool takes_live(const struct looking *l, const struct recreation *c, const struct change *x)
{
	bool undone = due_closed(c) == DUE_UNDONE && !recreation_relocates(c);

	if (text_starts(text_of(x->before->deposed), UNDONE_PREFIX))
		return undone;
	return !undone && (x->reason == REASON_NOT_IN_MANIFEST || x->reason == REASON_DESTROY) &&
	       !lost_since(l, c, x->addr.instance.region);
}

static bool takes(const struct looking *l, const struct recreation *c, const struct due *x,
		  const struct change *change)
{
	struct arena *a = l->r->e->arena;

	if (change->action != ACTION_DELETE || !change->before ||
	    strcmp(x->instance, instance_id_text(a, &change->addr.instance)) != 0)
		return false;
	return recreation_abandoned(change->before) ? takes_aside(l, c, change)
						    : takes_live(l, c, change);
}

static const struct change *find_taken(const struct looking *l, const struct recreation *c,
				       const struct due *x)
{
	const struct plan *p = l->r->plan;

	for (size_t i = 0; i < p->change_count; i++) {
		if (takes(l, c, x, &p->changes[i]))
			return &p->changes[i];
	}
	return NULL;
}

static void find_in(const struct looking *l, const struct recreation *c, struct losses *out)
{
	struct arena *a = l->r->e->arena;
	struct due_list list;

	due_list(a, c, &list);
	for (size_t i = 0; i < list.count; i++) {
		const struct due *x = &list.items[i];
		const struct change *change = NULL;

		if (guard_is_filled(l->r->e, c, x, &l->ran))
			change = find_taken(l, c, x);
		if (change)
			*arena_vec_add(a, out) = (struct run_loss){c, x->instance, change};
	}
}

static int find(struct run *r, struct losses *out)
{
	struct looking l = {.r = r};

	if (recreation_load(r->e->state, r->e->arena, &l.rows, r->d) != 0 ||
	    journal_load_executions(r->e->state, 0, r->e->arena, &l.ran, r->d) != 0)
		return -1;
	for (size_t i = 0; i < l.rows.count; i++)
		find_in(&l, &l.rows.items[i], out);
	return 0;
}

/* --- what is said --------------------------------------------------------------------------- */

static const char *way_to_keep(struct run *r, const struct run_loss *x)
{
	struct arena *a = r->e->arena;
	const struct instance_id *id = &x->change->addr.instance;

	if (x->change->reason != REASON_NOT_IN_MANIFEST)
		return "";
	if (due_closed(x->by) == DUE_ENDED && recreation_relocates(x->by))
		return arena_printf(
			a, "to keep it, name %s in the Targets of stack %s, or go back to it: %s; ",
			id->region, id->stack, recreate_command(a, x->by));
	return arena_printf(a, "to keep it, name %s in the Targets of stack %s; ", id->region,
			    id->stack);
}

static void explain(struct run *r, const struct run_loss *x, struct diag *g)
{
	char since[CLOCK_TEXT_LEN];

	clock_format_rfc3339(x->by->since_ms, since);
	diag_detail(r->d, g,
		    "They were brought back when region %s was recreated (%s), and it may be the "
		    "only copy.",
		    x->by->region, since);
}

static void refuse(struct run *r, const struct run_loss *x)
{
	struct diag *g = diag_add(r->d, DIAG_RESTORED_DELETED, RANGE_NONE,
				  "the plan deletes %s with the data that its Restore has brought "
				  "back",
				  x->instance);

	explain(r, x, g);
	diag_detail(r->d, g, "Nothing was changed.");
	diag_hint(r->d, g, "%swhere nobody needs them, say why: --accept-data-loss REASON",
		  way_to_keep(r, x));
}

static void tell(struct run *r, const struct run_loss *x)
{
	struct diag *g = diag_warn(r->d, DIAG_RESTORED_DELETED, RANGE_NONE,
				   "this deletes %s with the data that its Restore has brought "
				   "back, and is refused",
				   x->instance);

	explain(r, x, g);
	diag_hint(r->d, g, "%swhere nobody needs them, it takes --accept-data-loss REASON",
		  way_to_keep(r, x));
}

int guard_tell_filled(struct run *r)
{
	struct losses found = {0};

	if (r->e->simulation)
		return 0;
	if (find(r, &found) != 0)
		return -1;
	for (size_t i = 0; i < found.count; i++)
		tell(r, &found.items[i]);
	return 0;
}

int guard_filled(struct run *r, const struct run_request *q)
{
	struct losses found = {0};

	if (find(r, &found) != 0)
		return -1;
	for (size_t i = 0; i < found.count; i++) {
		if (q->loss_reason)
			diag_note(
				r->d, DIAG_RESTORED_DELETED, RANGE_NONE,
				"%s is deleted with the data that its Restore has brought back: %s",
				found.items[i].instance, q->loss_reason);
		else
			refuse(r, &found.items[i]);
	}
	r->losses = found.items;
	r->loss_count = found.count;
	return found.count && !q->loss_reason ? -1 : 0;
}

/* --- what is recorded ------------------------------------------------------------------------ */

/* Made anew in its place it is to be filled again; elsewhere it is no more. */
static enum due_state state_of_lost(const struct run_loss *x)
{
	bool in_place = !strcmp(x->change->addr.instance.region, x->by->into);

	return in_place || due_closed(x->by) != DUE_OPEN ? DUE_YET : DUE_GIVEN_UP;
}

int guard_record_lost(struct run *r)
{
	struct engine *e = r->e;

	for (size_t i = 0; i < r->loss_count; i++) {
		const struct run_loss *x = &r->losses[i];
		struct due gone = {x->instance, state_of_lost(x), "",
				   e->options.clock->wall_ms(e->options.clock)};
		const struct recreation *c = NULL;
		struct recreation_list rows;

		/* One before may have written the same row. */
		if (recreation_load(e->state, e->arena, &rows, r->d) != 0)
			return -1;
		c = recreation_find(&rows, x->by->region);
		c = c ? due_with(e->arena, c, &gone) : NULL;
		if (c && (due_closed(c) == DUE_OPEN ? recreation_put(e->state, c, r->d)
						    : guard_settle(e, e->state, c, r->d)) != 0)
			return -1;
	}
	return 0;
}
