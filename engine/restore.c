/* restore.c - stacks whose data a runbook brings back when their region is recreated. */
#include "engine/restore.h"

#include <string.h>

#include "base/json.h"
#include "base/vec.h"
#include "engine/due.h"
#include "engine/recreate.h"

/* --- which ones ------------------------------------------------------------------------ */

static bool is_due_in(const struct engine *e, const struct instance_id *id)
{
	return e->recreation && due_state(e->recreation, instance_id_text(e->arena, id)) == DUE_YET;
}

static bool is_due(const struct engine *e, const struct instance *i)
{
	return i && i->stack->restore && is_due_in(e, &i->id);
}

bool engine_restores(const struct engine *e)
{
	for (size_t i = 0; i < e->project->instance_count; i++) {
		if (is_due(e, &e->project->instances[i]))
			return true;
	}
	return false;
}

/* --- parts ------------------------------------------------------------------------------ */

struct levels {
	struct engine *e;
	const struct plan *plan;
	size_t *of; /* by instance of the plan: so many restores are before it */
	size_t most;
};

static bool same_stack(const struct instance_plan *x, const struct instance_plan *y)
{
	return strcmp(x->id.stack, y->id.stack) == 0;
}

static bool raise_to(struct levels *l, size_t i, size_t level)
{
	if (l->of[i] >= level)
		return false;
	l->of[i] = level;
	return true;
}

/* A stack is in one part, with all its accounts. */
static bool raise_one(struct levels *l, size_t i)
{
	const struct instance_plan *p = &l->plan->instances[i];
	bool changed = false;

	for (size_t k = 0; k < p->need_count; k++) {
		size_t need = p->needs[k];
		size_t level = l->of[need] + is_due(l->e, l->plan->instances[need].instance);

		changed = raise_to(l, i, level) || changed;
	}
	for (size_t k = 0; k < l->plan->instance_count; k++) {
		if (same_stack(&l->plan->instances[k], p))
			changed = raise_to(l, k, l->of[i]) || changed;
	}
	return changed;
}

/* Accounts may need each other in a circle of stacks: then rounds are enough at some time. */
static void find_levels(struct levels *l)
{
	size_t count = l->plan->instance_count;
	bool changed = true;

	for (size_t round = 0; changed && round <= count; round++) {
		changed = false;
		for (size_t i = 0; i < count; i++)
			changed = raise_one(l, i) || changed;
	}
	for (size_t i = 0; i < count; i++)
		l->most = l->of[i] > l->most ? l->of[i] : l->most;
}

static void fill_part(const struct levels *l, size_t level, struct recreation_part *out)
{
	struct arena *a = l->e->arena;
	size_t count = l->plan->instance_count;
	const char **stacks = ARENA_ARRAY(a, count, const char *);
	struct restore *restores = ARENA_ARRAY(a, count, struct restore);

	for (size_t i = 0; i < count; i++) {
		const struct instance_plan *p = &l->plan->instances[i];

		if (!p->instance || l->of[i] != level)
			continue;
		/* Sorted: those of one stack lie side by side. */
		if (!out->stack_count || strcmp(stacks[out->stack_count - 1], p->id.stack) != 0)
			stacks[out->stack_count++] = p->instance->id.stack;
		if (is_due(l->e, p->instance))
			restores[out->restore_count++] =
				(struct restore){&p->instance->id, p->instance->stack->restore};
	}
	out->stacks = stacks;
	out->restores = restores;
}

/* Somebody's data may be in what is taken over.  Recorded with the run (recreate_guard.h). */
static void leave_adopted(struct engine *e, const struct plan *plan)
{
	for (size_t i = 0; i < plan->change_count; i++) {
		const struct instance_id *id = &plan->changes[i].addr.instance;

		if (plan->changes[i].action == ACTION_ADOPT && is_due_in(e, id))
			e->recreation = due_with(e->arena, e->recreation,
						 &(struct due){instance_id_text(e->arena, id),
							       DUE_LEFT, DUE_ADOPTED, 0});
	}
}

void engine_tell_restores_left(struct engine *e, struct diags *d)
{
	struct due_list list = {NULL, 0};

	if (e->recreation)
		due_list(e->arena, e->recreation, &list);
	for (size_t i = 0; i < list.count; i++) {
		struct diag *g;

		if (list.items[i].state != DUE_LEFT)
			continue;
		g = diag_note(d, DIAG_RESTORE_LEFT_OUT, RANGE_NONE,
			      "%s: its Restore is left out: %s", list.items[i].instance,
			      list.items[i].reason);
		diag_hint(d, g,
			  "it stays as it is; who wants it filled all the same runs the runbook "
			  "of its Restore: hadeploy runbook run RUNBOOK");
	}
}

void engine_recreation_parts(struct engine *e, const struct plan *plan,
			     struct recreation_parts *out)
{
	struct levels l = {e, plan, ARENA_ARRAY(e->arena, plan->instance_count, size_t), 0};
	struct recreation_part *parts;

	*out = (struct recreation_parts){NULL, 0};
	leave_adopted(e, plan);
	if (!engine_restores(e))
		return;
	find_levels(&l);
	parts = ARENA_ARRAY(e->arena, l.most + 1, struct recreation_part);
	for (size_t level = 0; level <= l.most; level++) {
		fill_part(&l, level, &parts[out->count]);
		out->count += parts[out->count].stack_count > 0;
	}
	out->items = parts;
}

/* --- one of them -------------------------------------------------------------------------- */

struct given {
	VEC_OF(struct parameter_given)
};

static bool declares(const struct procedure *p, const char *name)
{
	for (size_t i = 0; i < p->parameter_count; i++) {
		if (strcmp(p->parameters[i].name, name) == 0)
			return true;
	}
	return false;
}

static void give_parameters(struct engine *e, const struct restore *r, const struct procedure *p,
			    struct conduct_request *q)
{
	const struct recreation *c = e->recreation;
	bool moved = recreation_relocates(c);
	const struct parameter_given all[] = {
		{"Region", r->id->region},
		{"Stack", r->id->stack},
		{"Account", r->id->account},
		/* One region cannot be both. */
		{"From", moved ? c->region : NULL},
		{"To", moved ? c->into : NULL},
	};
	struct given given = {0};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (all[i].value && declares(p, all[i].name))
			*arena_vec_add(e->arena, &given) = all[i];
	}
	q->parameters = given.items;
	q->parameter_count = given.count;
}

/* Its parameters tell for which instance it was. */
static bool is_of(const struct engine *e, const struct restore *r, const struct conduct_request *q,
		  const struct execution_row *x)
{
	json_t *given = json_parse(text_of(x->parameters), NULL, NULL);
	struct due due = due_find(e->arena, e->recreation, instance_id_text(e->arena, r->id));
	bool same = !strcmp(x->runbook, r->runbook) && x->kind == EXECUTION_REAL &&
		    x->started_ms >= e->recreation->since_ms && x->started_ms >= due.since_ms;

	for (size_t k = 0; same && k < q->parameter_count; k++)
		same = !strcmp(json_str(given, q->parameters[k].name, ""), q->parameters[k].value);
	json_decref(given);
	return same;
}

/* The latest execution since the region was lost; NULL: none. */
static int find_earlier(struct engine *e, const struct restore *r, const struct conduct_request *q,
			const struct execution_row **out, struct diags *d)
{
	struct state *s = engine_state(e, STATE_WRITE, d);
	struct execution_list list;
	const struct execution_row *rows;

	*out = NULL;
	if (!s || journal_load_executions(s, 0, e->arena, &list, d) != 0)
		return -1;
	rows = list.items; /* in the arena */
	for (size_t i = 0; i < list.count && !*out; i++) {
		if (is_of(e, r, q, rows + i))
			*out = rows + i;
	}
	return 0;
}

/* Nobody restores over what is restored: one that a person has gone on with counts too. */
static bool has_completed(const struct execution_row *x)
{
	return x && (x->status == EXECUTION_COMPLETED ||
		     x->status == EXECUTION_COMPLETED_WITH_EXCEPTIONS);
}

static void complain(const struct restore *r, struct engine *e, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_RESTORE_FAILED, RANGE_NONE,
				  "the data of %s was not brought back; what needs it was not made",
				  instance_id_text(e->arena, r->id));

	diag_hint(d, g, "once the cause is gone, the same command goes on: %s",
		  recreate_command(e->arena, e->recreation));
}

/* A region that was lost before led here: its data are back, too. */
static int record_led(struct engine *e, const struct restore *r, struct diags *d)
{
	for (size_t i = 0; i < e->recreations.count; i++) {
		const struct recreation *c = &e->recreations.items[i];
		struct instance_id id = {r->id->stack, r->id->account, c->into};
		const char *text = instance_id_text(e->arena, &id);

		if (c->since_ms && due_closed(c) == DUE_OPEN &&
		    !strcmp(c->into, e->recreation->region) &&
		    strcmp(c->region, e->recreation->region) != 0 &&
		    due_state(c, text) == DUE_YET &&
		    recreation_put(e->state,
				   due_with(e->arena, c, &(struct due){text, DUE_DONE, "", 0}),
				   d) != 0)
			return -1;
	}
	return 0;
}

static int record_done(struct engine *e, const struct restore *r, struct diags *d)
{
	const struct recreation *row =
		due_with(e->arena, e->recreation,
			 &(struct due){instance_id_text(e->arena, r->id), DUE_DONE, "", 0});
	int rc = recreation_put(e->state, row, d);

	if (rc == 0)
		e->recreation = row;
	return rc == 0 ? record_led(e, r, d) : rc;
}

static void tell_due(struct engine *e, const struct instance *x, struct diags *d)
{
	struct diag *g = diag_note(d, DIAG_RESTORE_DUE, RANGE_NONE,
				   "%s: runbook '%s' has not brought its data back yet",
				   instance_id_text(e->arena, &x->id), x->stack->restore);

	diag_hint(d, g, "before anything that needs it is made: %s",
		  recreate_command(e->arena, e->recreation));
}

int engine_restore(struct engine *e, const struct restore *r, struct conduct_request *q,
		   struct conduct_result *out, struct diags *d)
{
	const struct execution_row *earlier;
	const struct procedure *p;

	/* It was taken over since the plan. */
	if (!is_due_in(e, r->id))
		return 0;
	p = runbook_load(e->arena, e->project->manifest, r->runbook, d);
	if (!p)
		return -1;
	q->runbook = r->runbook;
	q->kind = EXECUTION_REAL;
	q->reason = arena_printf(e->arena, "recreate region %s: %s", e->recreation->region,
				 instance_id_text(e->arena, r->id));
	give_parameters(e, r, p, q);
	if (find_earlier(e, r, q, &earlier, d) != 0)
		return -1;
	if (has_completed(earlier))
		return record_done(e, r, d);
	if (earlier &&
	    (!execution_status_is_over(earlier->status) || earlier->status == EXECUTION_FAILED))
		q->resume = earlier->id;
	if (engine_conduct(e, q, out, d) != 0) {
		complain(r, e, d);
		return -1;
	}
	return record_done(e, r, d);
}

void engine_tell_restores_due(struct engine *e, struct diags *d)
{
	const struct recreation *asked = e->recreation;

	for (size_t i = 0; i < e->project->instance_count; i++) {
		const struct instance *x = &e->project->instances[i];

		for (size_t k = 0; x->stack->restore && k < e->recreations.count; k++) {
			e->recreation = &e->recreations.items[k];
			if (e->recreation->since_ms && e->recreation != asked &&
			    due_closed(e->recreation) == DUE_OPEN &&
			    !strcmp(x->id.region, e->recreation->into) && is_due(e, x))
				tell_due(e, x, d);
		}
	}
	e->recreation = asked;
}
