/*
 * executor_result.c - how each instance fares, recorded in the commits that change it, and why.
 */
#include "engine/executor_rollout.h"

#include <string.h>

static int64_t wall_ms(const struct executor *x)
{
	struct clock *c = x->e->options.clock;

	return c->wall_ms(c);
}

/* What waits to be written is looked at then: of several states in one commit the last is. */
static void put(struct member_run *m)
{
	struct executor *x = m->s->x;

	/* Nobody could find it again. */
	if (!*m->result.run || m->written == x->commits + 1)
		return;
	m->written = x->commits + 1;
	executor_edit(x, &(struct state_edit){.kind = EDIT_PUT_RESULT, .result = &m->result});
}

void result_pending(struct member_run *m, size_t order)
{
	const struct executor *x = m->s->x;
	const char *wave = stack_run_wave(m->s, m->s->plan->spec.members[m->member].wave);
	const struct instance *i = x->plan->instances[m->instance].instance;

	m->result = (struct instance_result){
		.run = history_run(x->e),
		.id = x->plan->instances[m->instance].id,
		.status = member_state_name(MEMBER_PENDING),
		.reason = "",
		.wave = wave ? wave : "",
		.order = order,
		.version = project_made_from(x->e->project, i),
	};
	put(m);
}

void result_running(struct member_run *m)
{
	m->result.status = member_state_name(MEMBER_RUNNING);
	m->result.started_ms = wall_ms(m->s->x);
	put(m);
}

void result_over(struct member_run *m)
{
	m->result.status = member_state_name(m->end);
	m->result.reason = m->reason ? arena_strdup(m->s->x->plan->arena, m->reason) : "";
	m->result.ended_ms = wall_ms(m->s->x);
	put(m);
}

/* --- why ----------------------------------------------------------------------------- */

static const struct diag *error_of(const struct diags *d, const char *address)
{
	const struct diag *found = NULL;

	if (d->last && d->last->severity == DIAG_ERROR)
		return d->last;
	for (const struct diag *g = d->first; g && !found; g = g->next) {
		if (g->severity == DIAG_ERROR && g->address && !strcmp(g->address, address))
			found = g;
	}
	return found;
}

/* The task has just failed, so what it says is the last that was said. */
const char *reason_of_task(const struct task *t)
{
	struct executor *x = t->x;
	const struct diag *g = error_of(x->d, t->job.call.address);

	return g ? arena_printf(x->arena, "%s: %s", t->addr.logical_id, g->summary) : NULL;
}

static bool went_wrong(const struct member_run *m)
{
	return m->s &&
	       (m->end == MEMBER_FAILED || m->end == MEMBER_SKIPPED || m->end == MEMBER_CANCELLED);
}

const char *reason_of_skip(const struct member_run *m)
{
	struct executor *x = m->s->x;
	const struct instance_plan *p = &x->plan->instances[m->instance];

	for (size_t i = 0; i < p->need_count; i++) {
		const struct member_run *need = &x->rollouts->members[p->needs[i]];
		const struct instance_id *id = &x->plan->instances[p->needs[i]].id;

		if (went_wrong(need))
			return arena_printf(x->arena, "it needs '%s', which is %s",
					    instance_id_text(x->arena, id),
					    member_state_name(need->end));
	}
	return "something that it needs failed";
}

const char *reason_of_stop(const struct executor *x)
{
	const char *by = history_asked_by(x->e);

	if (x->broken)
		return "nothing could be recorded any more";
	return by ? arena_printf(x->arena, "%s asked to stop", by) : "the run was stopped";
}

const char *reason_of_cancel(const struct stack_run *s)
{
	struct arena *a = s->x->arena;
	size_t at = rollout_fault_at(s->r);

	if (s->reason)
		return s->reason;
	switch (rollout_fault(s->r)) {
	case ROLLOUT_TOLERANCE:
		return arena_printf(a, "more failed in region '%s' than is tolerated",
				    s->plan->regions[at]);
	case ROLLOUT_WAVE_FAILS:
		return stack_run_wave(s, at)
			       ? arena_printf(a, "more failed in wave '%s' than is tolerated",
					      stack_run_wave(s, at))
			       : "more failed than is tolerated";
	case ROLLOUT_GATE_FAILS:
		return "the health gate before it was not passed";
	case ROLLOUT_STOPPED:
	case ROLLOUT_WELL:
		break;
	}
	return reason_of_stop(s->x);
}
