/* recreate_guard.c - no restore over what is there, no delete of the only copy. */
#include "engine/recreate_guard.h"

#include <string.h>

#include "base/json.h"
#include "base/vec.h"
#include "engine/due.h"
#include "engine/relocate.h"
#include "engine/run_parts.h"

/* --- what is to be brought back ------------------------------------------------------------ */

struct finding {
	struct engine *e;
	struct record_list there; /* all that is recorded */
	const struct recreation *c, *former;
};

static bool was_there(const struct finding *f, const struct instance_id *id)
{
	/* In the same region all of it moves aside. */
	for (size_t i = 0; recreation_relocates(f->c) && i < f->there.count; i++) {
		const struct record *r = &f->there.items[i];

		if (!recreation_abandoned(r) && instance_id_compare(&r->addr.instance, id) == 0)
			return true;
	}
	return false;
}

static bool is_made(const struct recreation *c, const struct manifest_target *t)
{
	return strcmp(t->region->name, c->into) == 0 &&
	       (!recreation_relocates(c) || relocate_passed(t, c->region));
}

static void find_target(struct finding *f, const struct manifest_stack *s,
			const struct manifest_target *t)
{
	struct instance_id id = {s->name, t->account, t->region->name};
	bool there = was_there(f, &id);
	const char *text = instance_id_text(f->e->arena, &id);
	struct due x = {text, there ? DUE_LEFT : DUE_YET,
			there ? "it was there before the recreation" : "", 0};

	if (f->former)
		x.since_ms = due_find(f->e->arena, f->former, text).since_ms;
	/* An earlier recreation has filled it. */
	if (there && due_state(f->c, text) != DUE_NOT)
		return;
	if (is_made(f->c, t))
		f->c = due_with(f->e->arena, f->c, &x);
}

static int find_former(struct finding *f, struct state *s, struct diags *d)
{
	struct recreation_list list;

	if (recreation_load(s, f->e->arena, &list, d) != 0)
		return -1;
	f->former = recreation_find(&list, f->c->region);
	if (f->former)
		f->c = due_carry(f->e->arena, f->c, f->former);
	return 0;
}

int guard_find_due(struct engine *e, struct state *s, const struct manifest *m,
		   struct recreation *c, struct diags *d)
{
	struct finding f = {.e = e, .c = c};

	c->restored = due_begun(e->arena, e->options.selection.reason);
	if (s &&
	    (state_load_records(s, NULL, e->arena, &f.there, d) != 0 || find_former(&f, s, d) != 0))
		return -1;
	for (size_t i = 0; i < m->stack_count; i++) {
		for (size_t k = 0; m->stacks[i].restore && k < m->stacks[i].target_count; k++)
			find_target(&f, &m->stacks[i], &m->stacks[i].targets[k]);
	}
	c->restored = f.c->restored;
	return 0;
}

/* --- data that are not back ---------------------------------------------------------------- */

static const char *due_text(struct arena *a, const struct recreation *c)
{
	struct due_list list;
	const char *text = NULL;

	due_list(a, c, &list);
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].state == DUE_YET)
			text = text ? arena_printf(a, "%s, %s", text, list.items[i].instance)
				    : list.items[i].instance;
	}
	return text;
}

static void fail_due(struct engine *e, const struct recreation *c, const char *what,
		     struct diags *d)
{
	struct arena *a = e->arena;
	struct diag *g = diag_add(d, DIAG_RESTORE_UNDONE, RANGE_NONE,
				  "data of region '%s' are not back yet (%s), and %s", c->region,
				  due_text(a, c), what);

	diag_detail(d, g, "Nothing was changed.");
	if (due_closed(c) != DUE_OPEN)
		diag_hint(
			d, g,
			"to have what is ABANDONED again: hadeploy recreate --region %s --undo; "
			"where nobody needs it, say why: hadeploy recreate --region %s --reconcile "
			"--without-restore REASON",
			c->region, c->region);
	else
		diag_hint(d, g,
			  "bring them back first: %s; where nobody needs them, say why: %s "
			  "--without-restore REASON",
			  recreate_command(a, c), recreate_command(a, c));
}

int guard_data_back(struct engine *e, const struct recreation *c, struct diags *d)
{
	if (!due_count(e->arena, c))
		return 0;
	fail_due(e, c, "what is ABANDONED may be the only copy", d);
	return -1;
}

/* --- deletes ------------------------------------------------------------------------------- */

static bool deletes(const struct change *c)
{
	return c->action == ACTION_DELETE || c->action == ACTION_REPLACE;
}

/* What is made to be filled has nothing yet; what the same stack has elsewhere may be the copy that
 * it is filled from. */
static bool is_copy(const struct due *x, const struct instance_id *of, const struct change *c,
		    struct arena *a)
{
	return x->state == DUE_YET && !strcmp(of->stack, c->addr.instance.stack) &&
	       strcmp(x->instance, instance_id_text(a, &c->addr.instance)) != 0;
}

static int guard_copy(struct run *r, const struct recreation *c, const struct change *x)
{
	struct arena *a = r->e->arena;
	struct due_list list = {NULL, 0};
	struct instance_id of;

	if (due_closed(c) == DUE_OPEN)
		due_list(a, c, &list);
	for (size_t i = 0; i < list.count; i++) {
		if (!instance_id_parse(a, text_of(list.items[i].instance), &of) ||
		    !is_copy(&list.items[i], &of, x, a))
			continue;
		fail_due(r->e, c,
			 arena_printf(a, "the plan deletes another copy: %s",
				      address_text(a, &x->addr)),
			 r->d);
		return -1;
	}
	return 0;
}

/* What was given up on the command line is not recorded yet. */
static const struct recreation *as_asked(const struct engine *e, const struct recreation *c)
{
	return e->recreation && !strcmp(e->recreation->region, c->region) ? e->recreation : c;
}

static int guard_copies(struct run *r)
{
	const struct recreation_list *list = &r->e->recreations;

	for (size_t i = 0; i < r->plan->change_count; i++) {
		for (size_t k = 0; deletes(&r->plan->changes[i]) && k < list->count; k++) {
			if (guard_copy(r, as_asked(r->e, &list->items[k]), &r->plan->changes[i]))
				return -1;
		}
	}
	return 0;
}

int guard_deletes(struct run *r, const struct run_request *q)
{
	if (r->e->simulation)
		return 0;
	return guard_copies(r) != 0 ? -1 : guard_filled(r, q);
}

/* --- executions ---------------------------------------------------------------------------- */

bool guard_is_restore(struct arena *a, const struct manifest *m, const struct due *x,
		      const struct execution_row *row)
{
	json_t *given = json_parse(text_of(row->parameters), NULL, NULL);
	struct instance_id id;
	bool is = false;

	for (size_t i = 0; instance_id_parse(a, text_of(x->instance), &id) && i < m->stack_count;
	     i++) {
		const struct manifest_stack *s = &m->stacks[i];

		is = is || (!strcmp(s->name, id.stack) && s->restore &&
			    !strcmp(s->restore, row->runbook) &&
			    !strcmp(json_str(given, "Region", id.region), id.region));
	}
	json_decref(given);
	return is;
}

bool guard_owns(struct arena *a, const struct manifest *m, const struct recreation *c,
		const struct execution_row *x)
{
	struct due_list list = {NULL, 0};

	if (c && c->since_ms && x->started_ms >= c->since_ms)
		due_list(a, c, &list);
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].state == DUE_YET && guard_is_restore(a, m, &list.items[i], x))
			return true;
	}
	return false;
}

static void fail_execution(const struct execution_row *x, const char *region, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_RECREATE_EXECUTION, RANGE_NONE,
				  "execution %s of runbook '%s' is not over (%s): region '%s' "
				  "stays as it is",
				  x->id, x->runbook, execution_shown_status(x), region);

	diag_detail(d, g, "It may work on what recreate would set aside. Nothing was changed.%s",
		    x->gone ? " Its process has ended." : "");
	if (x->gone)
		diag_hint(d, g,
			  "go on with it (`hadeploy runbook run --resume %s`) or give it up "
			  "(`hadeploy runbook abort %s`)",
			  x->id, x->id);
	else
		diag_hint(
			d, g,
			"`hadeploy runbook status --watch %s` follows it; `hadeploy runbook abort "
			"%s` ends it",
			x->id, x->id);
}

int guard_no_execution(struct engine *e, struct state *s, const struct manifest *m, struct diags *d)
{
	struct execution_list all = {NULL, 0};

	if (e->options.world != WORLD_REAL || !s)
		return 0;
	if (journal_load_executions(s, 0, e->arena, &all, d) != 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		const struct execution_row *x = &all.items[i];

		if (x->kind == EXECUTION_DRILL_SIMULATED || execution_status_is_over(x->status) ||
		    guard_owns(e->arena, m, e->recreation, x))
			continue;
		fail_execution(x, e->options.selection.lost, d);
		return -1;
	}
	return 0;
}

/* --- what is recorded on the way ----------------------------------------------------------- */

static const struct recreation *leave_adopted(const struct run *r, const struct recreation *c)
{
	struct arena *a = r->e->arena;

	for (size_t i = 0; i < r->adopted.count; i++) {
		const char *text = instance_id_text(a, &r->adopted.items[i]->addr.instance);

		if (due_state(c, text) == DUE_YET)
			c = due_with(a, c, &(struct due){text, DUE_LEFT, DUE_ADOPTED, 0});
	}
	return c;
}

int guard_record(struct run *r)
{
	struct engine *e = r->e;
	const struct recreation *c = e->recreation;
	const char *reason = e->options.selection.without_restore;

	if (!c || e->recreating || !c->since_ms)
		return 0;
	c = leave_adopted(r, c);
	if (reason)
		c = due_given_up(e->arena, c, reason);
	if (c == e->recreation && !reason)
		return 0;
	if (recreation_put(e->state, c, r->d) != 0)
		return -1;
	e->recreation = c;
	return 0;
}
