/*
 * run_execution.c - whether an execution of a runbook is going on that works where a run would
 * change something: between two of its steps nothing is locked.
 */
#include "engine/run_parts.h"

#include <string.h>

#include "base/json.h"
#include "base/vec.h"
#include "engine/runbook/journal.h"
#include "engine/runbook/runbook.h"

/* Where an execution works. */
struct worked {
	struct arena *a;
	struct {
		VEC_OF(const char *)
	} regions;
	bool everywhere; /* nobody can say */
};

/* --- where it works ---------------------------------------------------------------------- */

static void add_region(struct worked *w, const struct manifest *m, const char *name)
{
	if (name && manifest_region(m, name))
		*arena_vec_add(w->a, &w->regions) = arena_strdup(w->a, name);
}

struct given {
	VEC_OF(struct parameter_given)
};

static struct given given_of(struct worked *w, const struct manifest *m,
			     const struct execution_row *x)
{
	json_t *j = json_parse(text_of(x->parameters), NULL, NULL), *value;
	struct given out = {0};
	const char *name;

	json_object_foreach(j, name, value)
	{
		const char *text = arena_strdup(w->a, json_string_value(value));

		*(struct parameter_given *)arena_vec_add(w->a, &out) =
			(struct parameter_given){arena_strdup(w->a, name), text};
		add_region(w, m, text);
	}
	json_decref(j);
	return out;
}

/* A step that applies a stack wherever it goes names no region. */
static void add_step(struct worked *w, const struct manifest *m, const struct bound_procedure *b,
		     size_t step)
{
	enum step_kind kind = bound_procedure_of(b)->steps[step].kind;

	for (int grace = 0; grace <= STEP_UNGRACEFUL; grace++) {
		struct diags ignored = DIAGS_INIT;
		const struct step_wish wish = {step, (enum step_grace)grace};
		const struct step_spec *s = step_spec(w->a, b, wish, NULL, &ignored);

		diags_release(&ignored);
		if (s && s->applies && !s->left_out)
			add_region(w, m, s->region);
		if (s && s->applies && !s->left_out && kind == STEP_APPLY && !*s->region)
			w->everywhere = true;
	}
}

/* What its steps say of it; when the runbook cannot be read any more, its parameters. */
static struct worked works_in(const struct run *r, const struct execution_row *x)
{
	const struct manifest *m = r->e->project->manifest;
	struct worked w = {.a = r->e->arena};
	struct given given = given_of(&w, m, x);
	struct diags ignored = DIAGS_INIT;
	const struct procedure *p = runbook_load(w.a, m, x->runbook, &ignored);
	const struct given_list list = {given.items, given.count};
	struct bound_procedure *b = p ? runbook_bind(w.a, p, &list, NULL, &ignored) : NULL;

	diags_release(&ignored);
	for (size_t i = 0; b && i < p->step_count; i++)
		add_step(&w, m, b, i);
	w.everywhere |= !b && !w.regions.count;
	return w;
}

/* --- what a run changes ------------------------------------------------------------------ */

static bool changes(const struct run *r, const struct instance_plan *i)
{
	if (r->plan->rollback || r->e->options.selection.overrides == OVERRIDES_DROPPED)
		return true;
	for (size_t c = i->first_change; c < i->first_change + i->change_count; c++) {
		if (r->plan->changes[c].action != ACTION_NONE)
			return true;
	}
	return false;
}

/* The first instance that is changed where it works; NULL. */
static const struct instance_id *common(const struct run *r, const struct worked *w)
{
	for (size_t i = 0; i < r->plan->instance_count; i++) {
		const struct instance_plan *p = &r->plan->instances[i];

		if (!changes(r, p))
			continue;
		for (size_t k = 0; k < w->regions.count; k++) {
			if (!strcmp(w->regions.items[k], p->id.region))
				return &p->id;
		}
		if (w->everywhere)
			return &p->id;
	}
	return NULL;
}

/* --- what is said ------------------------------------------------------------------------ */

/* The innermost step that goes on; NULL: between two. */
static const char *step_of(const struct run *r, const struct execution_row *x)
{
	struct journal_list entries = {NULL, 0};
	struct diags ignored = DIAGS_INIT;
	struct execution_story story;
	const char *at = NULL;

	if (journal_load_entries(r->e->state, &(struct journal_part){x->id, 0}, r->e->arena,
				 &entries, &ignored))
		entries.count = 0;
	diags_release(&ignored);
	execution_story(r->e->arena, x, &entries, &story);
	for (size_t i = 0; i < story.step_count; i++) {
		if (story.steps[i].status == STEP_RUNNING ||
		    story.steps[i].status == STEP_PENDING_APPROVAL)
			at = story.steps[i].path;
	}
	return at;
}

static void describe(const struct run *r, const struct execution_row *x, struct diag *g)
{
	const char *at = step_of(r, x);
	char since[CLOCK_TEXT_LEN];

	clock_format_rfc3339(x->started_ms, since);
	diag_detail(r->d, g, "%s%s%s%s, since %s, by %s@%s.", execution_status_name(x->status),
		    at ? ", at step '" : "", at ? at : "", at ? "'" : "", since, x->owner.user,
		    x->owner.host);
}

static void tell_left(struct run *r, const struct execution_row *x, const struct instance_id *id)
{
	struct diag *g = diag_warn(r->d, DIAG_EXECUTION_LEFT, RANGE_NONE,
				   "execution %s of runbook '%s' works in region '%s', is not "
				   "over, and its process has ended",
				   x->id, x->runbook, id->region);

	describe(r, x, g);
	diag_hint(r->d, g,
		  "`hadeploy runbook run --resume %s` goes on with it, `hadeploy runbook abort %s` "
		  "gives it up",
		  x->id, x->id);
}

static const char GOES_ON[] = "execution %s of runbook '%s' is going on in region '%s'";

static void tell(struct run *r, const struct execution_row *x, const struct instance_id *id)
{
	struct diag *g = diag_warn(r->d, DIAG_EXECUTION_GOES_ON, RANGE_NONE, GOES_ON, x->id,
				   x->runbook, id->region);

	describe(r, x, g);
	diag_hint(r->d, g, "what is changed here changes what it relies on: wait for its end");
}

static void tell_overridden(struct run *r, const struct execution_row *x,
			    const struct instance_id *id, const char *reason)
{
	struct diag *g = diag_note(r->d, DIAG_EXECUTION_GOES_ON, RANGE_NONE, GOES_ON, x->id,
				   x->runbook, id->region);

	diag_detail(r->d, g, "It is overridden: %s", reason);
}

static void refuse(struct run *r, const struct execution_row *x, const struct instance_id *id)
{
	struct diag *g = diag_add(r->d, DIAG_EXECUTION_GOES_ON, RANGE_NONE, GOES_ON, x->id,
				  x->runbook, id->region);

	describe(r, x, g);
	diag_hint(r->d, g,
		  "wait for its end (`hadeploy runbook status --watch`), end it (`hadeploy "
		  "runbook abort`), or say --override-execution REASON");
}

/* --- all of them ------------------------------------------------------------------------- */

static bool is_under_way(const struct execution_row *x)
{
	return x->kind != EXECUTION_DRILL_SIMULATED && !execution_status_is_over(x->status);
}

enum looking { LOOK_ONLY, LOOK_TO_REFUSE };

static int look_at(struct run *r, const struct run_request *q, enum looking how)
{
	struct execution_list all = {NULL, 0};
	int rc = 0;

	if (r->e->simulation || q->execution)
		return 0;
	if (journal_load_executions(r->e->state, 0, r->e->arena, &all, r->d))
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		const struct execution_row *x = &all.items[i];
		const struct instance_id *id;
		struct worked w;

		if (!is_under_way(x))
			continue;
		w = works_in(r, x);
		id = common(r, &w);
		if (!id)
			continue;
		if (x->gone) {
			tell_left(r, x, id);
		} else if (how == LOOK_ONLY || (q->attended && !q->execution_reason)) {
			tell(r, x, id);
		} else if (q->execution_reason) {
			tell_overridden(r, x, id, q->execution_reason);
		} else {
			refuse(r, x, id);
			rc = -1;
		}
	}
	return rc;
}

int run_check_execution(struct run *r, const struct run_request *q)
{
	return look_at(r, q, LOOK_TO_REFUSE);
}

int run_tell_execution(struct run *r, const struct run_request *q)
{
	return look_at(r, q, LOOK_ONLY);
}
