/* ready_state.c - what recorded state tells of the standby, without any network. */
#include <string.h>

#include "engine/engine_private.h"
#include "engine/runbook/readiness_parts.h"

/* A runbook that was not tried for so long may not work any more. */
#define DRILL_OLD_MS (90 * 24 * 3600 * (int64_t)1000)

struct readiness_records {
	struct engine *e;
	struct state *state;
	int64_t now_ms; /* wall clock */
	struct status_rows status;
	struct instance_list instances;
	struct execution_list executions;
	struct override_list overrides;
	struct sample_list samples;
	struct recreation_list recreations;
	struct record_list aside;
};

const struct readiness_records *readiness_load(struct engine *e, struct diags *d)
{
	struct readiness_records *all = ARENA_NEW(e->arena, struct readiness_records);

	*all = (struct readiness_records){.e = e,
					  .now_ms = e->options.clock->wall_ms(e->options.clock)};
	if (engine_status(e, &all->status, d))
		return NULL;
	all->state = engine_state(e, STATE_READ, d);
	if (!all->state || state_load_instances(all->state, e->arena, &all->instances, d) ||
	    journal_load_executions(all->state, 0, e->arena, &all->executions, d) ||
	    journal_load_overrides(all->state, e->arena, &all->overrides, d) ||
	    journal_load_samples(all->state, SAMPLE_LATEST, e->arena, &all->samples, d) ||
	    recreation_load(all->state, e->arena, &all->recreations, d) ||
	    recreation_load_abandoned(all->state, NULL, e->arena, &all->aside, d))
		return NULL;
	return all;
}

struct recorded_look {
	const struct readiness_records *all;
	struct readiness *r;
	const struct procedure *p;
};

const char *readiness_age(struct arena *a, int64_t ms)
{
	char text[CLOCK_TEXT_LEN];
	int64_t days = ms / (24 * 3600 * (int64_t)1000);

	if (days >= 2)
		return arena_printf(a, "%lld days", (long long)days);
	clock_format_duration(ms > 0 ? ms : 0, text);
	return arena_strdup(a, text);
}

/* --- instances --------------------------------------------------------------------------- */

static const struct {
	const char *status;
	enum finding_severity severity;
	const char *fact, *todo;
} standings[] = {
	{"NOT_DEPLOYED", FINDING_BLOCKER, "is not deployed", "hadeploy apply"},
	{"FAILED", FINDING_BLOCKER, "failed when it was last applied", "hadeploy apply"},
	{"INCOMPLETE", FINDING_BLOCKER, "is incomplete", "hadeploy apply"},
	{"INOPERABLE", FINDING_BLOCKER, "is inoperable", "hadeploy apply"},
	{"ROLLBACK_FAILED", FINDING_BLOCKER, "could not be rolled back", "hadeploy apply"},
	{"ABANDONED", FINDING_BLOCKER, "is abandoned", "hadeploy recreate"},
	{"PARTIAL", FINDING_WARNING, "was applied in part", "hadeploy apply"},
	{"ROLLED_BACK", FINDING_WARNING, "was rolled back", "hadeploy apply"},
	{"OUTDATED", FINDING_WARNING, "is outdated", "hadeploy apply"},
	{"LOCKED", FINDING_NOTE, "is being worked on", NULL},
};

/* An Apply step brings it there, or up to date, when it is needed. */
static bool is_applied(const struct recorded_look *l, const struct instance_id *id)
{
	for (size_t i = 0; i < l->p->step_count; i++) {
		struct diags ignored = DIAGS_INIT;
		const struct step_spec *s;
		const json_t *item;
		bool names = false;
		size_t k;

		if (l->p->steps[i].kind != STEP_APPLY || l->p->steps[i].role != ROLE_STEP)
			continue;
		s = step_spec(l->r->a, l->r->bound, (struct step_wish){i, STEP_UNGRACEFUL}, NULL,
			      &ignored);
		diags_release(&ignored);
		if (!s || !s->applies || s->left_out || strcmp(s->region, id->region) != 0)
			continue;
		json_array_foreach(json_object_get(s->values, "Stacks"), k, item)
		{
			names |= !strcmp(json_string_value(item), id->stack);
		}
		json_array_foreach(json_object_get(s->values, "Stack"), k, item)
		{
			names |= !strcmp(json_string_value(item), id->stack);
		}
		if (names)
			return true;
	}
	return false;
}

static void look_at_row(struct recorded_look *l, const struct status_row *row)
{
	struct arena *a = l->r->a;

	for (size_t i = 0; i < ARRAY_LEN(standings); i++) {
		bool applied, blocks = standings[i].severity == FINDING_BLOCKER;

		if (strcmp(standings[i].status, row->status) != 0)
			continue;
		applied = blocks && is_applied(l, &row->id);
		finding_add(
			l->r,
			&(struct finding){
				.code = DIAG_READY_INSTANCE,
				.severity = applied ? FINDING_WARNING : standings[i].severity,
				.where = RANGE_NONE,
				.what = arena_printf(a, "%s %s%s", instance_id_text(a, &row->id),
						     standings[i].fact,
						     applied ? ", and the runbook applies it" : ""),
				.todo = standings[i].todo
						? arena_printf(a, "run `%s %s --region %s`",
							       standings[i].todo, row->id.stack,
							       row->id.region)
						: "",
			});
	}
}

static void look_at_instances(struct recorded_look *l)
{
	for (size_t i = 0; i < l->all->status.count; i++) {
		if (!strcmp(l->all->status.rows[i].id.region, l->r->to))
			look_at_row(l, &l->all->status.rows[i]);
	}
}

/* --- parameters -------------------------------------------------------------------------- */

static const struct instance_record *record_of(const struct recorded_look *l,
					       const struct instance_id *like, const char *region)
{
	for (size_t i = 0; i < l->all->instances.count; i++) {
		const struct instance_record *r = &l->all->instances.items[i];

		if (!strcmp(r->id.stack, like->stack) && !strcmp(r->id.account, like->account) &&
		    !strcmp(r->id.region, region))
			return r;
	}
	return NULL;
}

/* The manifest gives this target a value of its own: then it is meant to differ. */
static bool is_declared(const struct recorded_look *l, const struct instance_id *id,
			const char *name)
{
	const struct manifest_stack *s = manifest_stack(l->r->m, id->stack);
	const struct manifest_target *t = s ? manifest_target(s, id->account, id->region) : NULL;

	for (size_t i = 0; t && i < t->parameter_count; i++) {
		if (!strcmp(t->parameters[i].name, name))
			return true;
	}
	return false;
}

/* That one is told of on its own. */
static bool is_set_by_runbook(const struct recorded_look *l, const struct instance_id *id,
			      const char *name)
{
	for (size_t i = 0; i < l->all->overrides.count; i++) {
		const struct parameter_override *o = &l->all->overrides.items[i];

		if (!instance_id_compare(&o->instance, id) && !strcmp(o->parameter, name))
			return true;
	}
	return false;
}

static bool may_differ(const struct recorded_look *l, const struct instance_id *id,
		       const char *name)
{
	return is_declared(l, id, name) || is_set_by_runbook(l, id, name);
}

static void compare_parameters(struct recorded_look *l, const struct instance_record *from,
			       const struct instance_record *to)
{
	json_t *there = json_parse(text_of(from->parameters), NULL, NULL);
	json_t *here = json_parse(text_of(to->parameters), NULL, NULL);
	struct arena *a = l->r->a;
	const char *name;
	json_t *v;

	json_object_foreach(there, name, v)
	{
		const json_t *other = json_object_get(here, name);

		if (!other || json_is_object(v) || json_equal(v, other) ||
		    may_differ(l, &from->id, name) || may_differ(l, &to->id, name))
			continue;
		finding_add(
			l->r,
			&(struct finding){
				.code = DIAG_READY_PARAMETER,
				.severity = FINDING_WARNING,
				.where = RANGE_NONE,
				.what = arena_printf(a, "parameter '%s' of %s is not that of %s",
						     name, instance_id_text(a, &to->id),
						     instance_id_text(a, &from->id)),
				.todo = "apply both the same way, or declare the difference "
					"in Targets",
			});
	}
	json_decref(there);
	json_decref(here);
}

static void look_at_parameters(struct recorded_look *l)
{
	for (size_t i = 0; i < l->all->instances.count; i++) {
		const struct instance_record *to = &l->all->instances.items[i], *from;

		if (strcmp(to->id.region, l->r->to) != 0)
			continue;
		from = record_of(l, &to->id, l->r->from);
		if (from)
			compare_parameters(l, from, to);
	}
}

static void look_at_overrides(struct recorded_look *l)
{
	struct arena *a = l->r->a;

	for (size_t i = 0; i < l->all->overrides.count; i++) {
		const struct parameter_override *o = &l->all->overrides.items[i];

		if (strcmp(o->instance.region, l->r->to) != 0 &&
		    strcmp(o->instance.region, l->r->from) != 0)
			continue;
		finding_add(l->r, &(struct finding){
					  .code = DIAG_READY_OVERRIDE,
					  .severity = FINDING_NOTE,
					  .where = RANGE_NONE,
					  .what = arena_printf(
						  a,
						  "parameter '%s' of %s is '%s' since runbook "
						  "'%s' set it %s ago",
						  o->parameter, instance_id_text(a, &o->instance),
						  o->value, o->runbook,
						  readiness_age(a, l->all->now_ms - o->since_ms)),
					  .todo = "fail back, or give it up: apply "
						  "--drop-overrides",
				  });
	}
}

/* --- drills ------------------------------------------------------------------------------ */

static bool is_this_way(const struct recorded_look *l, const struct execution_row *x)
{
	json_t *given;
	bool same;

	if (strcmp(x->runbook, l->p->name) != 0 || !x->ended_ms)
		return false;
	if (!l->r->from || !l->r->to)
		return true;
	given = json_parse(text_of(x->parameters), NULL, NULL);
	same = !strcmp(json_str(given, "From", l->r->from), l->r->from) &&
	       !strcmp(json_str(given, "To", l->r->to), l->r->to);
	json_decref(given);
	return same;
}

static const char *what_it_was(const struct execution_row *x)
{
	return x->kind == EXECUTION_REAL ? "execution" : "drill";
}

/* How the latest one ended, with its RTO. */
static void tell_last(struct recorded_look *l, const struct execution_row *x)
{
	struct arena *a = l->r->a;
	bool good = x->status == EXECUTION_COMPLETED ||
		    x->status == EXECUTION_COMPLETED_WITH_EXCEPTIONS ||
		    (x->kind == EXECUTION_DRILL_ISOLATED && x->status == EXECUTION_REVERSED);
	bool old = l->all->now_ms - x->ended_ms > DRILL_OLD_MS;
	struct execution_story story = {.rto = {.known = false}};
	const struct journal_part part = {x->id, 0};
	struct journal_list entries;
	struct diags ignored = DIAGS_INIT;
	const char *rto = "";

	if (!journal_load_entries(l->all->state, &part, a, &entries, &ignored))
		execution_story(a, x, &entries, &story);
	diags_release(&ignored);
	if (story.rto.known)
		rto = arena_printf(a, ", RTO %s", readiness_age(a, story.rto.actual_ms));
	finding_add(
		l->r,
		&(struct finding){
			.code = DIAG_READY_DRILL,
			.severity = !good || old || (story.rto.known && !story.rto.met)
					    ? FINDING_WARNING
					    : FINDING_NOTE,
			.where = RANGE_NONE,
			.what = arena_printf(a, "the last %s was %s ago: %s%s", what_it_was(x),
					     readiness_age(a, l->all->now_ms - x->ended_ms),
					     execution_status_name(x->status), rto),
			.todo = !good ? arena_printf(a, "see `hadeploy runbook report %s`", x->id)
				: old ? "try it again: hadeploy runbook drill"
				      : "",
		});
}

static void look_at_drills(struct recorded_look *l)
{
	struct arena *a = l->r->a;

	for (size_t i = 0; i < l->all->executions.count; i++) {
		if (is_this_way(l, &l->all->executions.items[i])) {
			tell_last(l, &l->all->executions.items[i]);
			return;
		}
	}
	finding_add(l->r, &(struct finding){
				  .code = DIAG_READY_DRILL,
				  .severity = l->r->from ? FINDING_WARNING : FINDING_NOTE,
				  .where = RANGE_NONE,
				  .what = arena_printf(a, "runbook '%s' was never tried%s%s",
						       l->p->name, l->r->to ? " towards " : "",
						       l->r->to ? l->r->to : ""),
				  .todo = arena_printf(a,
						       "begin with `hadeploy runbook drill %s "
						       "--level simulated`",
						       l->p->name),
			  });
}

/* --- lag --------------------------------------------------------------------------------- */

static void tell_sample(struct recorded_look *l, const struct check_sample *s)
{
	struct arena *a = l->r->a;
	json_t *values = *s->values ? json_parse(text_of(s->values), NULL, NULL) : NULL;
	const json_t *lag = json_object_get(values, "LagSeconds");
	double seconds = json_is_number(lag) ? json_number_value(lag) : 0;
	bool behind = l->p->objectives.rpo_ms && seconds * 1000 > (double)l->p->objectives.rpo_ms;
	const char *what = s->healthy ? "healthy" : "unhealthy";

	if (json_is_number(lag))
		what = arena_printf(a, "%s, %.1f s behind", what, seconds);
	finding_add(l->r,
		    &(struct finding){
			    .code = DIAG_READY_LAG,
			    .severity = behind || !s->healthy ? FINDING_WARNING : FINDING_NOTE,
			    .where = RANGE_NONE,
			    .what = arena_printf(a, "check '%s' in region '%s' was %s, %s ago",
						 s->check, s->region, what,
						 readiness_age(a, l->all->now_ms - s->at_ms)),
			    .todo = behind ? "that is more than the RPO" : "",
		    });
	json_decref(values);
}

static void look_at_lag(struct recorded_look *l)
{
	const struct manifest_check *lag = l->p->objectives.lag;
	struct arena *a = l->r->a;

	for (size_t i = 0; lag && i < l->all->samples.count; i++) {
		const struct check_sample *s = &l->all->samples.items[i];

		if (strcmp(s->check, lag->name) != 0 || strcmp(s->region, l->r->to) != 0)
			continue;
		tell_sample(l, s);
		return;
	}
	if (lag)
		finding_add(l->r, &(struct finding){
					  .code = DIAG_READY_LAG,
					  .severity = FINDING_NOTE,
					  .where = RANGE_NONE,
					  .what = arena_printf(a,
							       "check '%s' was never asked in "
							       "region '%s'",
							       lag->name, l->r->to),
					  .todo = "run `hadeploy health`, or `hadeploy watch`",
				  });
}

/* --- time -------------------------------------------------------------------------------- */

static int look_at_forecast(struct recorded_look *l, struct diags *d)
{
	const struct conduct_forecast *f = &l->r->forecast;
	int64_t rto_ms = l->p->objectives.rto_ms;
	struct arena *a = l->r->a;

	if (engine_forecast(l->all->e, l->r->bound, &l->r->forecast, d))
		return -1;
	l->r->forecast_known = true;
	if (f->measured && rto_ms && f->p95_ms > rto_ms)
		finding_add(l->r,
			    &(struct finding){
				    .code = DIAG_READY_FORECAST,
				    .severity = FINDING_WARNING,
				    .where = RANGE_NONE,
				    .what = arena_printf(
					    a,
					    "predicted RTO is %s in 95 of 100, and the "
					    "objective %s",
					    readiness_age(a, f->p95_ms), readiness_age(a, rto_ms)),
				    .todo = "shorten the steps that decide it",
			    });
	return 0;
}

int readiness_recorded(const struct readiness_records *all, struct readiness *r, struct diags *d)
{
	struct recorded_look l = {all, r, r->procedure};
	const struct recreated_look moved = {&all->recreations, &all->aside, all->now_ms};

	if (r->from && r->to)
		recreated_find(&moved, r);
	if (!r->bound)
		return 0;
	if (r->from && r->to) {
		look_at_instances(&l);
		look_at_parameters(&l);
		look_at_overrides(&l);
		look_at_lag(&l);
	}
	look_at_drills(&l);
	begin_find(all->e, r);
	return look_at_forecast(&l, d);
}
