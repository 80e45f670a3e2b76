/* ready_fence.c - whether fences would believe their checks: these are asked now, in the region
 * that is left, and are known to be right once they were healthy there. */
#include <string.h>

#include "engine/engine_private.h"
#include "engine/health/look.h"
#include "engine/runbook/journal.h"
#include "engine/runbook/readiness_parts.h"

struct fence_checks {
	struct readiness *r;
	struct {
		VEC_OF(const char *)
	} names;
	struct sample_list healthy; /* of all regions */
};

static bool has_name(const struct fence_checks *f, const char *name)
{
	for (size_t i = 0; i < f->names.count; i++)
		if (!strcmp(f->names.items[i], name))
			return true;
	return false;
}

static void add_name(struct fence_checks *f, const char *name)
{
	if (name && manifest_check(f->r->m, name) && !has_name(f, name))
		*(const char **)arena_vec_add(f->r->a, &f->names) = name;
}

/* What has to be healthy for the fence to be there tells by that alone. */
static void add_step(struct fence_checks *f, const struct step_spec *s)
{
	const json_t *gone = json_object_get(s->values, "Gone"), *one;
	size_t k;

	if (!s->applies || !s->region || strcmp(s->region, f->r->from) != 0)
		return;
	for (size_t i = 0; i < s->use_count; i++)
		if (s->uses[i].check && s->uses[i].unhealthy)
			add_name(f, s->uses[i].check->name);
	add_name(f, json_string_value(gone));
	json_array_foreach(gone, k, one) add_name(f, json_string_value(one));
}

static void collect(struct fence_checks *f)
{
	const struct procedure *p = bound_procedure_of(f->r->bound);

	for (size_t i = 0; i < p->step_count; i++) {
		struct diags ignored = DIAGS_INIT;
		const struct step_spec *s = NULL;

		if (p->steps[i].kind == STEP_FENCE)
			s = step_spec(f->r->a, f->r->bound, (struct step_wish){i, STEP_GRACEFUL},
				      NULL, &ignored);
		diags_release(&ignored);
		if (s)
			add_step(f, s);
	}
}

/* --- what they say ----------------------------------------------------------------------- */

static void load_healthy(struct engine *e, struct fence_checks *f)
{
	struct diags ignored = DIAGS_INIT;
	struct state *s = engine_state(e, STATE_READ, &ignored);

	if (!s || journal_load_samples(s, SAMPLE_HEALTHY, f->r->a, &f->healthy, &ignored))
		f->healthy.count = 0;
	diags_release(&ignored);
}

static bool was_healthy(const struct fence_checks *f, const char *check)
{
	for (size_t i = 0; i < f->healthy.count; i++)
		if (f->healthy.items[i].healthy && !strcmp(f->healthy.items[i].check, check) &&
		    !strcmp(f->healthy.items[i].region, f->r->from))
			return true;
	return false;
}

/* A standby says by itself that it takes no writes: that is proof enough. */
static bool says_so_itself(const struct health_row *row)
{
	json_t *values = *row->values ? json_parse(text_of(row->values), NULL, NULL) : NULL;
	bool says = json_object_get(values, "Writable") != NULL;

	json_decref(values);
	return says;
}

static void look_at(struct fence_checks *f, const struct health_row *row)
{
	struct readiness *r = f->r;

	if (row->unasked)
		finding_add(r, &(struct finding){
				       .code = DIAG_CONDUCT_FENCE_UNASKED,
				       .severity = FINDING_BLOCKER,
				       .where = row->check->where,
				       .what = arena_printf(r->a, "check %s cannot be asked: %s",
							    row->endpoint, row->detail),
				       .todo = "a fence goes by it, and would prove nothing",
			       });
	else if (row->state != GAUGE_HEALTHY && !says_so_itself(row) &&
		 !was_healthy(f, row->check->name))
		finding_add(
			r, &(struct finding){
				   .code = DIAG_CONDUCT_FENCE_UNSEEN,
				   .severity = FINDING_WARNING,
				   .where = row->check->where,
				   .what = arena_printf(r->a,
							"check '%s' was never seen healthy in '%s'",
							row->check->name, r->from),
				   .todo = "a fence there believes its silence only once it was",
			   });
}

int ready_fences(struct engine *e, struct readiness *r, struct diags *d)
{
	struct fence_checks f = {.r = r};
	struct health_request q = {.mode = HEALTH_ONCE, .region = r->from};
	struct health_result all;

	if (!r->from)
		return 0;
	collect(&f);
	if (!f.names.count)
		return 0;
	q.checks = f.names.items;
	q.check_count = f.names.count;
	if (engine_health(e, &q, &all, d))
		return -1;
	load_healthy(e, &f);
	for (size_t i = 0; i < all.count; i++)
		look_at(&f, &all.rows[i]);
	return 0;
}
