/* ready_live.c - checks of the standby as they are now; the state of its hosts shows in them. */
#include <string.h>

#include "engine/health/look.h"
#include "engine/runbook/readiness_parts.h"

static bool is_lag(const struct procedure *p, const struct manifest_check *c)
{
	return p->objectives.lag == c;
}

/* Asked in To by a Check step that the runbook begins with. */
static bool is_gate(const struct readiness *r, const struct procedure *p,
		    const struct health_row *row)
{
	for (size_t i = 0; i < p->step_count; i++) {
		struct diags ignored = DIAGS_INIT;
		const struct step_spec *s;

		if (p->steps[i].kind != STEP_CHECK)
			continue;
		s = step_spec(r->a, r->bound, (struct step_wish){i, STEP_GRACEFUL}, NULL, &ignored);
		diags_release(&ignored);
		for (size_t k = 0; s && k < s->use_count; k++) {
			if (s->uses[k].check == row->check && !s->uses[k].unhealthy &&
			    !strcmp(s->uses[k].region, row->region))
				return true;
		}
		if (s && s->promotes)
			return false;
	}
	return false;
}

static void look_at_row(struct readiness *r, const struct procedure *p,
			const struct health_row *row)
{
	bool needed = is_lag(p, row->check) || is_gate(r, p, row);

	if (strcmp(row->region, r->to) != 0 || row->state == GAUGE_HEALTHY)
		return;
	finding_add(r,
		    &(struct finding){
			    .code = DIAG_READY_HEALTH,
			    .severity = needed ? FINDING_BLOCKER : FINDING_NOTE,
			    .where = row->check->where,
			    .what = arena_printf(r->a, "check %s is %s now: %s", row->endpoint,
						 row->state == GAUGE_UNHEALTHY ? "unhealthy"
									       : "not to be asked",
						 row->detail),
			    .todo = needed ? "the runbook cannot go there as it is" : "",
		    });
}

int readiness_live(struct engine *e, struct readiness *r, struct diags *d)
{
	const struct health_request q = {.mode = HEALTH_ONCE};
	const struct procedure *p = bound_procedure_of(r->bound);
	struct health_result all;

	if (!r->to)
		return 0;
	if (engine_health(e, &q, &all, d))
		return -1;
	for (size_t i = 0; i < all.count; i++)
		look_at_row(r, p, &all.rows[i]);
	return 0;
}
