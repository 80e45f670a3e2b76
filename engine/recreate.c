/*
 * recreate.c - regions that are lost: what holds, what begins, and what is left over later.
 */
#include "engine/recreate.h"

#include <string.h>

#include "base/vec.h"
#include "engine/due.h"
#include "engine/recreate_guard.h"
#include "engine/relocate.h"
#include "engine/run_parts.h"

const char *recreate_command(struct arena *a, const struct recreation *r)
{
	bool moved = recreation_relocates(r);

	return arena_printf(a, "hadeploy recreate --region %s%s%s", r->region,
			    moved ? " --into " : "", moved ? r->into : "");
}

/* --- what holds ------------------------------------------------------------------------- */

static size_t count_aside(const struct record_list *aside, const char *region)
{
	size_t count = 0;

	for (size_t i = 0; i < aside->count; i++)
		count += strcmp(aside->items[i].addr.instance.region, region) == 0;
	return count;
}

static const char *way_on(struct arena *a, const struct manifest *m, const struct recreation *r)
{
	const char *text = "to clear up what is left of it";

	if (!manifest_region(m, r->region))
		return arena_printf(
			a,
			"to clear it up, put %s back under Regions of %s, which no stack "
			"needs to go to: hadeploy recreate --region %s --reconcile",
			r->region, m->src->name, r->region);
	if (due_closed(r) == DUE_ENDED)
		return arena_printf(
			a,
			"to have it again as it was: hadeploy recreate --region %s "
			"--undo; to clear it up: hadeploy recreate --region %s --reconcile",
			r->region, r->region);
	if (recreation_relocates(r))
		text = "when the region answers again";
	return arena_printf(a, "%s: hadeploy recreate --region %s --reconcile", text, r->region);
}

static void say_abandoned(struct engine *e, const struct manifest *m, const struct recreation *r,
			  size_t count, struct diags *d)
{
	char since[CLOCK_TEXT_LEN];
	struct diag *g;

	clock_format_rfc3339(r->since_ms, since);
	g = diag_note(d, DIAG_ABANDONED, RANGE_NONE,
		      "region %s: %zu resource%s ABANDONED since %s; nothing is asked of %s",
		      r->region, count, count == 1 ? " is" : "s are", since,
		      count == 1 ? "it" : "them");
	diag_hint(d, g, "%s", way_on(e->arena, m, r));
}

/* Who takes it back, or clears it up, is not told how. */
static bool is_asked_for(const struct engine *e, const struct recreation *r)
{
	const struct selection *sel = &e->options.selection;

	return sel->recreate == RECREATE_RECONCILE ||
	       (sel->recreate == RECREATE_UNDO && !strcmp(r->region, sel->lost));
}

static struct record_list load(struct engine *e, struct state *s, const struct manifest *m,
			       struct diags *d)
{
	struct diags ignored = DIAGS_INIT;
	struct record_list aside = {NULL, 0};
	size_t count;

	/* What is wrong with the state is told when it is needed. */
	if (s && recreation_load(s, e->arena, &e->recreations, &ignored) == 0 &&
	    e->recreations.count &&
	    recreation_load_abandoned(s, NULL, e->arena, &aside, &ignored) == 0) {
		for (size_t i = 0; i < e->recreations.count; i++) {
			const struct recreation *r = &e->recreations.items[i];

			count = count_aside(&aside, r->region);
			if (count && !is_asked_for(e, r))
				say_abandoned(e, m, r, count, d);
		}
	}
	diags_release(&ignored);
	return aside;
}

/* --- what is asked for ---------------------------------------------------------------------- */

static const struct recreation *add_pending(struct engine *e, const struct selection *sel)
{
	struct recreation_list *list = &e->recreations;
	struct recreation *items = ARENA_ARRAY(e->arena, list->count + 1, struct recreation);
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i].region, sel->lost) != 0)
			items[count++] = list->items[i];
	}
	items[count] = (struct recreation){.region = sel->lost, .into = sel->into};
	*list = (struct recreation_list){items, count + 1};
	return &items[count];
}

static void fail_elsewhere(const struct recreation *r, const char *into, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_RECREATE_ELSEWHERE, RANGE_NONE,
				  "region '%s' is recreated in '%s' already, not in '%s'",
				  r->region, r->into, into);

	if (recreation_relocates(r))
		diag_hint(d, g,
			  "name %s again to go on; where its stacks are lost too: hadeploy "
			  "recreate --region %s --into %s",
			  r->into, r->into, into);
	else
		diag_hint(d, g, "when it was lost once more, add --again");
}

static void begin_or_go_on(struct engine *e, struct diags *d)
{
	const struct selection *sel = &e->options.selection;
	const struct recreation *r = recreation_find(&e->recreations, sel->lost);
	bool again = r && (due_closed(r) != DUE_OPEN ||
			   (sel->recreate == RECREATE_AGAIN && !recreation_relocates(r)));
	struct diag *g;

	if (r && !again && strcmp(r->into, sel->into) != 0) {
		fail_elsewhere(r, sel->into, d);
		return;
	}
	if (!r || again) {
		e->recreation = add_pending(e, sel);
		e->recreating = true;
		return;
	}
	e->recreation = r;
	g = diag_note(
		d, DIAG_RECREATE_GOES_ON, RANGE_NONE,
		"the recreation of region '%s' goes on: what was made since is not made again",
		r->region);
	if (!recreation_relocates(r))
		diag_hint(d, g, "when the region was lost once more since: add --again");
}

/* What holds when it has ended. */
static void drop_ended(struct engine *e)
{
	struct recreation_list *list = &e->recreations;
	struct recreation *items = ARENA_ARRAY(e->arena, list->count, struct recreation);
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i].region, e->options.selection.lost) != 0)
			items[count++] = list->items[i];
		else
			e->recreation = &list->items[i];
	}
	*list = (struct recreation_list){items, count};
}

/* What is asked for has been done: behind its end there is only what is aside. */
static bool is_settled(const struct engine *e, const struct record_list *aside)
{
	const struct recreation *c = e->recreation;

	return due_closed(c) != DUE_OPEN &&
	       (e->options.selection.recreate == RECREATE_END || !count_aside(aside, c->region));
}

static void find_begun(struct engine *e, const struct record_list *aside, struct diags *d)
{
	const char *region = e->options.selection.lost;
	struct diag *g;

	if (!e->recreation)
		e->recreation = recreation_find(&e->recreations, region);
	if (e->recreation && !is_settled(e, aside))
		return;
	g = diag_add(d, DIAG_RECREATE_NONE, RANGE_NONE,
		     e->recreation ? "the recreation of region '%s' is over and has ended"
				   : "region '%s' was not recreated",
		     region);
	diag_hint(
		d, g, "its stacks are where the manifest says%s",
		count_aside(aside, region)
			? "; what is ABANDONED is cleared up with --reconcile, or taken back with "
			  "--undo"
			: ", and nothing of it is ABANDONED");
	e->recreation = NULL;
}

/* --- the selection ------------------------------------------------------------------------ */

static bool takes_part(const struct manifest_stack *s, const struct selection *sel)
{
	for (size_t i = 0; i < s->target_count; i++) {
		const struct manifest_target *t = &s->targets[i];

		if (strcmp(t->region->name, sel->into) == 0 &&
		    (strcmp(sel->lost, sel->into) == 0 || relocate_passed(t, sel->lost)))
			return true;
	}
	return false;
}

/* A part of the region is selected by its stacks. */
static bool is_named(const struct selection *sel, const char *name)
{
	for (size_t i = 0; i < sel->stack_count; i++) {
		if (strcmp(sel->stacks[i], name) == 0)
			return true;
	}
	return sel->stack_count == 0;
}

/* The stacks of the lost region, where they are to be. */
static void select_stacks(struct engine *e, const struct manifest *m, struct diags *d)
{
	struct selection *sel = &e->options.selection;
	const char **names = ARENA_ARRAY(e->arena, m->stack_count, const char *);
	size_t count = 0;

	for (size_t i = 0; i < m->stack_count; i++) {
		if (takes_part(&m->stacks[i], sel) && is_named(sel, m->stacks[i].name))
			names[count++] = m->stacks[i].name;
	}
	sel->stacks = names;
	sel->stack_count = count;
	/* A region that there is not is said of the selection. */
	if (count || !manifest_region(m, sel->into))
		return;
	diag_hint(d,
		  diag_add(d, DIAG_RECREATE_NOTHING, RANGE_NONE, "no stack goes to region '%s'",
			   sel->lost),
		  "the section Stacks of %s says which stack goes where", m->src->name);
}

/* What is not needed any more is not due. */
static void give_up(struct engine *e, struct diags *d)
{
	const char *reason = e->options.selection.without_restore;
	size_t count = e->recreation ? due_count(e->arena, e->recreation) : 0;

	if (!reason || !count)
		return;
	e->recreation = due_given_up(e->arena, e->recreation, reason);
	diag_note(d, DIAG_RESTORE_GIVEN_UP, RANGE_NONE,
		  "region %s: %zu restore%s given up (--without-restore): %s",
		  e->recreation->region, count, count == 1 ? " is" : "s are", reason);
}

static void find_due(struct engine *e, struct state *s, const struct manifest *m, struct diags *d)
{
	struct recreation *c = ARENA_NEW(e->arena, struct recreation);

	*c = *e->recreation;
	if (guard_find_due(e, s, m, c, d) == 0)
		e->recreation = c;
}

/* How it is reached, the manifest says. */
static void fail_unreached(const struct engine *e, const struct manifest *m, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_RECREATE_PLACE, RANGE_NONE,
				  "region '%s' is not in the manifest, and what is ABANDONED of it "
				  "cannot be reached",
				  e->options.selection.lost);

	diag_detail(d, g, "Nothing was changed.");
	diag_hint(d, g, "put it back under Regions of %s, which no stack needs to go to",
		  m->src->name);
}

/* What --region names is read of the project; its end needs nothing of the lost one. */
static void select_reached(struct engine *e, const struct manifest *m, struct diags *d)
{
	struct selection *sel = &e->options.selection;
	const char **one = ARENA_NEW(e->arena, const char *);

	if (manifest_region(m, sel->lost) || !e->recreation)
		return;
	if (sel->recreate != RECREATE_END)
		fail_unreached(e, m, d);
	/* What is not there is said once. */
	*one = e->recreation->into;
	sel->regions = one;
	sel->region_count = manifest_region(m, *one) ? 1 : 0;
}

/* Before anything is changed or asked. */
static void check(struct engine *e, struct state *s, const struct manifest *m, struct diags *d)
{
	enum recreate_wish wish = e->options.selection.recreate;

	if (!e->recreation || guard_no_execution(e, s, m, d) != 0)
		return;
	if (e->recreating)
		find_due(e, s, m, d);
	give_up(e, d);
	if (wish == RECREATE_RECONCILE || wish == RECREATE_END)
		guard_data_back(e, e->recreation, d);
}

void recreate_open(struct engine *e, struct state *s, struct manifest *m, struct diags *d)
{
	enum recreate_wish wish = e->options.selection.recreate;
	struct record_list aside = load(e, s, m, d);

	if (wish == RECREATE_END || wish == RECREATE_UNDO)
		drop_ended(e);
	if (wish == RECREATE_RECONCILE || wish == RECREATE_END || wish == RECREATE_UNDO) {
		find_begun(e, &aside, d);
		select_reached(e, m, d);
	} else if (wish != RECREATE_NOTHING) {
		begin_or_go_on(e, d);
	}
	if (e->recreations.count && relocate_manifest(e->arena, m, &e->recreations, d) != 0)
		return;
	check(e, s, m, d);
	if ((wish == RECREATE_REGION || wish == RECREATE_AGAIN) && !diags_failed(d))
		select_stacks(e, m, d);
}

/* --- what is seen -------------------------------------------------------------------------- */

bool recreate_hides(const struct engine *e, const struct instance_id *id)
{
	return e->recreating && strcmp(id->region, e->recreation->region) == 0;
}

struct ids {
	VEC_OF(struct instance_id)
};

static bool hide(const struct engine *e, struct arena *a, struct ids *ids,
		 const struct instance_id *id)
{
	if (!recreate_hides(e, id))
		return false;
	if (!ids->count || instance_id_compare(&ids->items[ids->count - 1], id) != 0)
		*(struct instance_id *)arena_vec_add(a, ids) = *id;
	return true;
}

void recreate_hide(const struct engine *e, struct arena *a, struct recorded *r)
{
	struct ids ids = {0};
	size_t count = 0, recorded = r->records.count;

	if (!e->recreating)
		return;
	for (size_t i = 0; i < r->records.count; i++)
		if (!hide(e, a, &ids, &r->records.items[i].addr.instance))
			r->records.items[count++] = r->records.items[i];
	r->records.count = count;
	r->hidden_records = recorded - count;
	count = 0;
	for (size_t i = 0; i < r->operations.count; i++)
		if (!hide(e, a, &ids, &r->operations.items[i].addr.instance))
			r->operations.items[count++] = r->operations.items[i];
	r->hidden_operations = r->operations.count - count;
	r->operations.count = count;
	count = 0;
	for (size_t i = 0; i < r->instances.count; i++)
		if (!hide(e, a, &ids, &r->instances.items[i].id))
			r->instances.items[count++] = r->instances.items[i];
	r->instances.count = count;
	r->hidden = ids.items;
	r->hidden_count = ids.count;
}

/* --- the beginning ------------------------------------------------------------------------- */

void recreate_tell(const struct run *r)
{
	const struct engine *e = r->e;
	size_t count = r->recorded.hidden_records, open = r->recorded.hidden_operations;
	struct diag *g;

	if (!e->recreating)
		return;
	g = diag_note(r->d, DIAG_RECREATE_BEGINS, RANGE_NONE,
		      "what is recorded of region %s will be ABANDONED: %zu resource%s",
		      e->recreation->region, count, count == 1 ? "" : "s");
	diag_detail(r->d, g,
		    "It stays recorded, and nothing is asked of it, changed or deleted until the "
		    "region answers again and --reconcile is asked for.");
	if (open)
		diag_detail(r->d, g, "Of %zu operation%s there nobody will ask what became.", open,
			    open == 1 ? "" : "s");
}

bool recreate_is_due(const struct engine *e)
{
	return e->recreating || recreate_reconciles(e) ||
	       (e->recreation && e->options.selection.without_restore);
}

/* Where nothing was there to be set aside, what is aside is still of the one before. */
static const char *id_of(struct run *r, const struct recreation *c)
{
	struct engine *e = r->e;
	struct recreation_list rows;
	struct record_list aside;
	const struct recreation *former;

	if (recreation_load(e->state, e->arena, &rows, r->d) != 0 ||
	    recreation_load_abandoned(e->state, c->region, e->arena, &aside, r->d) != 0)
		return NULL;
	former = recreation_find(&rows, c->region);
	return former && aside.count && !r->recorded.hidden_records
		       ? former->id
		       : arena_strdup(e->arena, e->run_id);
}

static int begin(struct run *r)
{
	struct engine *e = r->e;
	struct clock *clock = e->options.clock;
	struct lock_owner owner = engine_owner(e->arena, clock, e->options.command);
	struct recreation *row = ARENA_NEW(e->arena, struct recreation);

	*row = *e->recreation;
	row->id = id_of(r, row);
	if (!row->id)
		return -1;
	row->user = owner.user;
	row->host = owner.host;
	row->since_ms = clock->wall_ms(clock);
	if (guard_find_due(e, e->state, e->project->manifest, row, r->d) != 0)
		return -1;
	if (e->options.selection.without_restore)
		row->restored =
			due_given_up(e->arena, row, e->options.selection.without_restore)->restored;
	if (recreation_begin(e->state, row, r->d) != 0)
		return -1;
	e->recreation = row;
	e->recreating = false;
	return 0;
}

int recreate_begin(struct run *r)
{
	struct engine *e = r->e;

	/* Somebody may have begun one while the question was thought about. */
	if ((e->recreating || recreate_reconciles(e)) &&
	    guard_no_execution(e, e->state, e->project->manifest, r->d) != 0)
		return -1;
	if ((e->recreating && begin(r) != 0) || guard_record(r) != 0 || guard_record_lost(r) != 0)
		return -1;
	return recreate_reconciles(e) ? recreate_clear_up(r) : 0;
}

bool engine_recreation_begins(const struct engine *e)
{
	return e->recreating;
}

int engine_recreation_over(struct engine *e, struct diags *d)
{
	struct state *s = engine_state(e, STATE_WRITE, d);
	const struct recreation *c;
	struct recreation_list list;

	/* A part of it has written since. */
	if (!s || recreation_load(s, e->arena, &list, d) != 0)
		return -1;
	c = recreation_find(&list, e->options.selection.lost);
	if (!c || due_is_over(c) || due_count(e->arena, c))
		return 0;
	return recreation_put(s, due_ended(e->arena, c), d);
}
