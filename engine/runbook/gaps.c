/* gaps.c - what nobody fences, gates, measures or approves, and what the standby lacks. */
#include <string.h>

#include "engine/runbook/readiness_parts.h"

static void add(struct readiness_walk *w, const struct finding *f)
{
	finding_add(w->r, f);
}

/* Where to look when no single step is to blame. */
static struct range place_of(const struct readiness_walk *w)
{
	const struct manifest_runbook *entry = manifest_runbook(w->r->m, w->p->name);

	return entry ? entry->where : RANGE_NONE;
}

static void add_of_step(struct readiness_walk *w, const struct lost_step *s, struct finding f)
{
	f.where = s->p->where;
	f.step = s->p->path;
	add(w, &f);
}

/* --- fences and promotions --------------------------------------------------------------- */

static bool is_within(const struct procedure *p, size_t step, size_t outer)
{
	while (step != STEP_TOP && step != outer)
		step = p->steps[step].parent;
	return step == outer;
}

/* The group in which both are goes through its steps one after the other. */
static bool comes_before(const struct procedure *p, size_t first, size_t then)
{
	size_t group = p->steps[then].parent;

	while (group != STEP_TOP && !is_within(p, first, group))
		group = p->steps[group].parent;
	return first < then && (group == STEP_TOP || p->steps[group].kind != STEP_PARALLEL);
}

static bool is_fenced_before(const struct readiness_walk *w, size_t step)
{
	for (size_t i = 0; i < step; i++) {
		const struct lost_step *s = &w->steps[i];

		if (s->spec && s->p->kind == STEP_FENCE && !s->soft && comes_before(w->p, i, step))
			return true;
	}
	return false;
}

static bool look_at_promotions(struct readiness_walk *w)
{
	bool any = false;

	for (size_t i = 0; i < w->p->step_count; i++) {
		const struct lost_step *s = &w->steps[i];

		if (!s->spec || !s->spec->promotes)
			continue;
		any = true;
		if (is_fenced_before(w, i))
			continue;
		add_of_step(
			w, s,
			(struct finding){
				.code = DIAG_READY_NO_FENCE,
				.severity = FINDING_BLOCKER,
				.what = arena_printf(w->r->a,
						     "%s makes a new primary, and no Fence comes "
						     "before it",
						     s->who),
				.todo = "put a step of type Fence before it: it is refused "
					"without one",
			});
	}
	return any;
}

/* --- objectives -------------------------------------------------------------------------- */

static void unmeasured(struct readiness_walk *w, const char *what, const char *todo)
{
	add(w, &(struct finding){.code = DIAG_READY_UNMEASURED,
				 .severity = FINDING_WARNING,
				 .where = place_of(w),
				 .what = arena_printf(w->r->a, "runbook '%s' %s", w->p->name, what),
				 .todo = todo});
}

static void look_at_objectives(struct readiness_walk *w, bool promotes)
{
	const struct runbook_objectives *o = &w->p->objectives;

	if (!o->healthy_count && (o->rto_ms || o->rpo_ms))
		unmeasured(w, "has objectives, and nothing tells when the application is healthy",
			   "name the checks: Objectives: {Healthy: CHECK}");
	if (!o->lag && (o->rpo_ms || promotes))
		unmeasured(w, "may lose data, and nobody measures how much",
			   "name the standby's check: Objectives: {RPO: 60s, Lag: CHECK}");
}

/* --- gates, approvals -------------------------------------------------------------------- */

static void look_at_step(struct readiness_walk *w, const struct lost_step *s)
{
	if (s->p->kind == STEP_TRAFFIC && !s->spec->use_count)
		add_of_step(w, s,
			    (struct finding){
				    .code = DIAG_READY_NO_GATE,
				    .severity = FINDING_WARNING,
				    .what = arena_printf(w->r->a,
							 "%s moves users, and no check looks "
							 "whether they are served",
							 s->who),
				    .todo = "give it Check and Region: it goes back by itself "
					    "when that fails",
			    });
	if (s->p->kind == STEP_APPROVAL &&
	    !json_array_size(json_object_get(s->spec->values, "Approvers")))
		add_of_step(w, s,
			    (struct finding){
				    .code = DIAG_READY_APPROVERS,
				    .severity = FINDING_WARNING,
				    .what = arena_printf(w->r->a, "%s may be approved by anybody",
							 s->who),
				    .todo = "name those who may: Approvers: [ann, bob]",
			    });
}

/* The way back is the same runbook unless the manifest says otherwise. */
static void look_at_failback(struct readiness_walk *w)
{
	const struct manifest_failover *f = &w->r->m->failover;
	const char *name = f->failback ? f->failback : "failback";
	bool is_failover = f->runbook && !strcmp(f->runbook, w->p->name);

	if (!is_failover || (manifest_runbook(w->r->m, name) && strcmp(name, w->p->name) != 0) ||
	    manifest_runbook(w->r->m, "failback"))
		return;
	add(w,
	    &(struct finding){
		    .code = DIAG_READY_NO_FAILBACK,
		    .severity = FINDING_WARNING,
		    .where = place_of(w),
		    .what = arena_printf(w->r->a,
					 "runbook '%s' has no way back: no runbook makes the old "
					 "primary a standby again",
					 w->p->name),
		    .todo = "write one and name it: Failover: {Failback: RUNBOOK}",
	    });
}

/* --- healthy regions --------------------------------------------------------------------- */

static void look_at_regions(struct readiness_walk *w)
{
	const struct manifest *m = w->r->m;
	size_t wanted = m->failover.min_healthy_regions, there = 0, count;
	const struct manifest_check *const *checks = runbook_region_checks(m, w->p, &count);
	struct finding f = {.code = DIAG_READY_REGIONS,
			    .severity = FINDING_WARNING,
			    .where = m->failover.where};

	for (size_t i = 0; i < m->region_count; i++)
		there += &m->regions[i] != w->from &&
			 region_can_be_healthy(checks, count, &m->regions[i]);
	if (there >= wanted)
		return;
	if (count) {
		f.what = arena_printf(w->r->a,
				      "MinHealthyRegions is %zu, and without '%s' at most %zu can "
				      "be healthy",
				      wanted, w->from->name, there);
		f.todo = "a graceful execution is refused: lower it";
	} else {
		f.what = arena_printf(w->r->a,
				      "MinHealthyRegions is %zu, and nothing tells whether a "
				      "region is healthy",
				      wanted);
		f.todo = "name the checks: Failover: {Healthy: [CHECK]}";
	}
	add(w, &f);
}

/* --- time -------------------------------------------------------------------------------- */

static int64_t written_ms(const struct lost_step *s, const char *key)
{
	int64_t ms = 0;

	text_to_duration_ms(text_of(json_str(s->spec->values, key, "0s")), &ms);
	return ms;
}

static int64_t longest_ms(const struct readiness_walk *w, size_t step);

static int64_t children_ms(const struct readiness_walk *w, size_t parent)
{
	bool beside = parent != STEP_TOP && w->p->steps[parent].kind == STEP_PARALLEL;
	int64_t all = 0;

	for (size_t i = 0; i < w->p->step_count; i++) {
		int64_t one;

		if (w->p->steps[i].parent != parent || w->p->steps[i].role != ROLE_STEP)
			continue;
		one = longest_ms(w, i);
		if (!beside)
			all += one;
		else if (one > all)
			all = one;
	}
	return all;
}

/* As far as somebody wrote it: the time of kinds that say nothing is not theirs to judge. */
static int64_t longest_ms(const struct readiness_walk *w, size_t step)
{
	const struct lost_step *s = &w->steps[step];
	int64_t tries;

	if (!s->spec)
		return 0;
	switch (s->p->kind) {
	case STEP_RUNBOOK:
	case STEP_SEQUENCE:
	case STEP_PARALLEL:
		return children_ms(w, step);
	case STEP_WAIT:
		return written_ms(s, "Duration");
	case STEP_APPROVAL:
	case STEP_CHECK:
	case STEP_APPLY:
	case STEP_ACTION:
	case STEP_COMMAND:
	case STEP_HTTP:
	case STEP_TRAFFIC:
	case STEP_FENCE:
	case STEP_NOTIFY:
		break;
	}
	tries = (int64_t)s->spec->retries + 1;
	return written_ms(s, "Timeout") * tries + s->spec->retry_wait_ms * (tries - 1);
}

static void look_at_time(struct readiness_walk *w)
{
	int64_t rto_ms = w->p->objectives.rto_ms, all_ms = children_ms(w, STEP_TOP);
	char all[CLOCK_TEXT_LEN], rto[CLOCK_TEXT_LEN];

	if (!rto_ms || all_ms <= rto_ms)
		return;
	clock_format_duration(all_ms, all);
	clock_format_duration(rto_ms, rto);
	add(w,
	    &(struct finding){
		    .code = DIAG_READY_TIMEOUTS,
		    .severity = FINDING_WARNING,
		    .where = place_of(w),
		    .what = arena_printf(w->r->a,
					 "timeouts of runbook '%s' along its longest way are %s, "
					 "and its RTO is %s",
					 w->p->name, all, rto),
		    .todo = "a step that hangs misses the objective: shorten Timeout, Retries "
			    "or Duration",
	    });
}

/* --- the standby ------------------------------------------------------------------------- */

static size_t hosts_with(const struct manifest_region *r, const char *role)
{
	size_t count = 0;

	for (size_t i = 0; i < r->host_count; i++) {
		const struct eval_host *h = &r->eval_hosts[i];

		for (size_t k = 0; k < h->role_count; k++)
			count += !strcmp(h->roles[k], role);
	}
	return count;
}

static void look_at_role(struct readiness_walk *w, const char *role)
{
	size_t there = hosts_with(w->from, role), here = hosts_with(w->to, role);

	if (here >= there)
		return;
	add(w, &(struct finding){
		       .code = DIAG_READY_STANDBY,
		       .severity = FINDING_WARNING,
		       .where = w->to->where,
		       .what = arena_printf(
			       w->r->a, "region '%s' has %zu %s with role '%s', and '%s' has %zu",
			       w->to->name, here, here == 1 ? "host" : "hosts", role, w->from->name,
			       there),
		       .todo = "make sure that they carry the load of the other region",
	       });
}

static void look_at_capacity(struct readiness_walk *w)
{
	for (size_t i = 0; i < w->from->host_count; i++) {
		const struct eval_host *h = &w->from->eval_hosts[i];

		for (size_t k = 0; k < h->role_count; k++)
			look_at_role(w, h->roles[k]);
	}
}

static void look_at_stacks(struct readiness_walk *w)
{
	const struct manifest *m = w->r->m;

	for (size_t i = 0; i < m->stack_count; i++) {
		const struct manifest_stack *s = &m->stacks[i];
		bool there = false, here = false;

		for (size_t k = 0; k < s->target_count; k++) {
			there |= s->targets[k].region == w->from;
			here |= s->targets[k].region == w->to;
		}
		if (there && !here)
			add(w,
			    &(struct finding){
				    .code = DIAG_READY_STANDBY,
				    .severity = FINDING_WARNING,
				    .where = s->where,
				    .what = arena_printf(w->r->a,
							 "stack '%s' goes to region '%s' and not "
							 "to '%s'",
							 s->name, w->from->name, w->to->name),
				    .todo = "add the region to its Targets, if it is needed "
					    "there",
			    });
	}
}

void gaps_find(struct readiness_walk *w)
{
	bool promotes = look_at_promotions(w);

	look_at_objectives(w, promotes);
	for (size_t i = 0; i < w->p->step_count; i++) {
		if (w->steps[i].spec)
			look_at_step(w, &w->steps[i]);
	}
	if (!w->from || !w->to)
		return;
	look_at_failback(w);
	look_at_regions(w);
	look_at_time(w);
	look_at_capacity(w);
	look_at_stacks(w);
}
