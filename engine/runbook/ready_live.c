/* ready_live.c - the standby as it is now: its checks, its hosts by ssh, and when all of these are
 * reached whether its resources are as they were recorded. */
#include <string.h>

#include "engine/engine_private.h"
#include "engine/health/look.h"
#include "engine/plan.h"
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

/* --- hosts ------------------------------------------------------------------------------- */

/* Whoever has a session there can do what a step does. */
static const char reach_text[] =
	"Project: p\n"
	"HealthChecks: {ssh: {Type: SSH, Command: 'true', Interval: 1s, Timeout: 5s, "
	"HealthyThreshold: 1, UnhealthyThreshold: 1}}\n";

static const struct manifest_check *reach(struct arena *a)
{
	struct diags ignored = DIAGS_INIT;
	const struct source *src = source_from(a, "ssh", text_of(reach_text), &ignored);
	const struct manifest *m = src ? manifest_parse(a, src, "/", &ignored) : NULL;

	diags_release(&ignored);
	return m ? manifest_check(m, "ssh") : NULL;
}

static bool is_in(const json_t *list, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (!strcmp(json_string_value(one), name))
			return true;
	}
	return false;
}

static const struct eval_host *host_of(const struct readiness *r, const struct health_row *row)
{
	const struct manifest_region *region = manifest_region(r->m, r->to);

	for (size_t i = 0; i < region->host_count; i++) {
		const struct eval_host *h = &region->eval_hosts[i];

		if (!strcmp(row->endpoint,
			    arena_printf(r->a, "ssh of %s (%s)", h->name, region->name)))
			return h;
	}
	return NULL;
}

static bool works_on(const struct step_spec *s, const struct eval_host *h)
{
	if (is_in(json_object_get(s->values, "Hosts"), h->name))
		return true;
	for (size_t i = 0; i < h->role_count; i++) {
		if (is_in(json_object_get(s->values, "Roles"), h->roles[i]))
			return true;
	}
	return false;
}

/* A command of the runbook is to run there. */
static bool is_needed(const struct readiness *r, const struct procedure *p,
		      const struct eval_host *h)
{
	for (size_t i = 0; h && i < p->step_count; i++) {
		struct diags ignored = DIAGS_INIT;
		const struct step_spec *s;

		if (p->steps[i].kind != STEP_COMMAND || p->steps[i].role == ROLE_REVERSE)
			continue;
		s = step_spec(r->a, r->bound, (struct step_wish){i, STEP_UNGRACEFUL}, NULL,
			      &ignored);
		diags_release(&ignored);
		if (s && s->applies && !s->left_out && !strcmp(s->region, r->to) && works_on(s, h))
			return true;
	}
	return false;
}

static void look_at_host(struct readiness *r, const struct procedure *p,
			 const struct health_row *row)
{
	const struct eval_host *h = host_of(r, row);
	bool needed = is_needed(r, p, h);

	if (row->state == GAUGE_HEALTHY)
		return;
	finding_add(r, &(struct finding){
			       .code = DIAG_READY_HOST,
			       .severity = needed ? FINDING_BLOCKER : FINDING_WARNING,
			       .where = manifest_region(r->m, r->to)->where,
			       .what = arena_printf(r->a,
						    "host '%s' in region '%s' is not reached "
						    "by ssh: %s",
						    h ? h->name : row->endpoint, r->to,
						    *row->detail ? row->detail
								 : "it did not answer in time"),
			       .todo = needed ? "a step of the runbook works there" : "",
		       });
}

/* --- drift ------------------------------------------------------------------------------- */

static void look_at_instance(struct readiness *r, const struct plan *p,
			     const struct instance_plan *i)
{
	struct drift_counts n;
	enum drift_status s = plan_drift_of(p, i, &n);
	const char *name = instance_id_text(r->a, &i->id);

	if (s != DRIFT_CHANGED && s != DRIFT_FAILED)
		return;
	finding_add(r, &(struct finding){
			       .code = DIAG_READY_DRIFT,
			       .severity = FINDING_WARNING,
			       .where = RANGE_NONE,
			       .what = s == DRIFT_FAILED
					       ? arena_printf(r->a, "%s could not be read", name)
					       : arena_printf(r->a,
							      "%s was changed from outside: %zu "
							      "of its resources differ or are gone",
							      name,
							      n.of[DRIFT_CHANGED] +
								      n.of[DRIFT_DELETED]),
			       .todo = arena_printf(r->a, "run `hadeploy drift %s --region %s`",
						    i->id.stack, i->id.region),
		       });
}

/* An engine of its own, for one region is selected; its diagnostics are findings here. */
static void look_at_drift(struct engine *e, struct readiness *r)
{
	const char *const regions[] = {r->to};
	const struct rollout_wishes none = {0};
	struct engine_options options = e->options;
	struct diags ignored = DIAGS_INIT;
	struct engine *own;
	const struct plan *p;

	options.observer = NULL;
	options.selection = (struct selection){.regions = regions, .region_count = 1};
	own = engine_open(&options, &ignored);
	p = own ? engine_drift(own, &none, &ignored) : NULL;
	for (size_t i = 0; p && i < p->instance_count; i++)
		look_at_instance(r, p, &p->instances[i]);
	diags_release(&ignored);
	if (own)
		engine_close(own);
}

/* Who asks the world asks from where the runbook would be run. */
static void look_from_here(struct readiness *r)
{
	for (size_t i = 0; i < r->found.count; i++) {
		if (r->found.items[i].here)
			r->found.items[i].severity = FINDING_BLOCKER;
	}
}

int readiness_live(struct engine *e, struct readiness *r, struct diags *d)
{
	const struct procedure *p = r->procedure;
	const struct manifest_check *ssh = reach(r->a);
	const struct health_request q = {
		.mode = HEALTH_ONCE, .region = r->to, .more = ssh, .more_count = ssh ? 1 : 0};
	struct health_result all;
	bool reached = true;

	look_from_here(r);
	if (!r->to || !r->bound)
		return 0;
	routes_find(e, r);
	if (engine_health(e, &q, &all, d) || ready_fences(e, r, d))
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		if (all.rows[i].check != ssh) {
			look_at_row(r, p, &all.rows[i]);
			continue;
		}
		reached = reached && all.rows[i].state == GAUGE_HEALTHY;
		look_at_host(r, p, &all.rows[i]);
	}
	/* What lies behind them would be waited for in vain. */
	if (reached)
		look_at_drift(e, r);
	return 0;
}
