/*
 * conduct_goal.c - the end: waits until the application is healthy where it went, measures the
 * objectives, and writes the last event.
 */
#include <string.h>

#include "engine/runbook/conduct_parts.h"

/* How long the application may take to become healthy behind the last step, when the RTO does not
 * leave it more. */
#define PATIENCE_MS 600000

static void missed(struct conduct *x, const char *name, int64_t actual_ms, int64_t objective_ms)
{
	char actual[CLOCK_TEXT_LEN], objective[CLOCK_TEXT_LEN];
	struct diag *g;

	x->missed = true;
	clock_format_duration(actual_ms, actual);
	clock_format_duration(objective_ms, objective);
	g = (x->q->strict ? diag_add : diag_warn)(x->d, DIAG_CONDUCT_OBJECTIVE, RANGE_NONE,
						  "%s was missed: %s, and the objective is %s",
						  name, actual_ms < 0 ? "it is not known" : actual,
						  objective);
	diag_detail(x->d, g, "Execution %s of '%s'.", x->row.id, x->row.runbook);
}

static void write_objective(struct conduct *x, const char *name, int64_t actual_ms,
			    const char *detail)
{
	int64_t objective_ms =
		!strcmp(name, "RTO") ? x->p->objectives.rto_ms : x->p->objectives.rpo_ms;
	bool met = actual_ms >= 0 && (!objective_ms || actual_ms <= objective_ms);
	json_t *data = json_pack("{s:s, s:I, s:b, s:s}", "Name", name, "Objective",
				 (json_int_t)objective_ms, "Met", met, "Detail", detail);

	if (actual_ms >= 0)
		json_object_set_new(data, "Actual", json_integer((json_int_t)actual_ms));
	if (objective_ms && !met)
		missed(x, name, actual_ms, objective_ms);
	conduct_write(x, ENTRY_OBJECTIVE, "", data);
}

void goal_loss(struct conduct *x, int64_t actual_ms, const char *detail)
{
	if (x->rpo_known)
		return;
	x->rpo_known = true;
	write_objective(x, "RPO", actual_ms, detail);
}

static void rto(struct conduct *x, int64_t actual_ms, const char *detail)
{
	if (x->rto_known)
		return;
	x->rto_known = true;
	write_objective(x, "RTO", actual_ms, detail);
}

/* --- the last event ---------------------------------------------------------------------- */

static int exit_of(const struct conduct *x, enum execution_status status)
{
	switch (status) {
	case EXECUTION_COMPLETED:
		return x->missed && x->q->strict ? 4 : 0;
	case EXECUTION_COMPLETED_WITH_EXCEPTIONS:
		return x->missed && x->q->strict ? 4 : 3;
	case EXECUTION_FAILED:
	case EXECUTION_REVERSED:
	case EXECUTION_ABORTED:
		return x->out->refused || x->out->declined ? 4 : 1;
	case EXECUTION_RUNNING:
	case EXECUTION_PAUSED:
	case EXECUTION_WAITING:
	case EXECUTION_MONITORING:
	case EXECUTION_REVERSING:
		return 1;
	}
	return 1;
}

static void complain(struct conduct *x, enum execution_status status, const char *reason)
{
	struct diag *g;

	if (status == EXECUTION_COMPLETED || status == EXECUTION_COMPLETED_WITH_EXCEPTIONS)
		return;
	/* That is what was wanted. */
	if (x->q->abort && x->aborting)
		return;
	g = diag_add(x->d, DIAG_CONDUCT_FAILED, RANGE_NONE, "runbook '%s' %s%s%s", x->row.runbook,
		     status == EXECUTION_REVERSED  ? "failed, and what it did was undone"
		     : status == EXECUTION_ABORTED ? "was aborted"
						   : "failed",
		     reason ? ": " : "", reason ? reason : "");
	diag_detail(x->d, g, "Execution %s; `hadeploy runbook status %s` shows each step.",
		    x->row.id, x->row.id);
	if (status == EXECUTION_FAILED && x->rehearsal)
		diag_hint(x->d, g, "once the cause is gone, begin the drill anew");
	else if (status == EXECUTION_FAILED)
		diag_hint(x->d, g,
			  "once the cause is gone, go on with `hadeploy runbook run --resume %s`",
			  x->row.id);
}

void goal_end(struct conduct *x, enum execution_status status, const char *reason)
{
	json_t *data;

	if (status == EXECUTION_COMPLETED && x->exceptions)
		status = EXECUTION_COMPLETED_WITH_EXCEPTIONS;
	data = json_pack("{s:s, s:i}", "Status", execution_status_name(status), "Exit",
			 exit_of(x, status));
	if (reason)
		json_object_set_new(data, "Reason", json_string(reason));
	if (x->missed && x->q->strict)
		conduct_refuse(x);
	if (!conduct_write(x, ENTRY_ENDED, "", data))
		return;
	complain(x, status, reason);
	x->stage = STAGE_OVER;
	x->finished = true;
}

/* --- until it is healthy ----------------------------------------------------------------- */

static void completed(struct conduct *x)
{
	if (x->row.kind == EXECUTION_DRILL_ISOLATED)
		back_begin(x, "the drill is over");
	else
		goal_end(x, EXECUTION_COMPLETED, NULL);
}

static void on_answer(struct check_set *c, const struct check_probe *p,
		      const struct check_answer *answer)
{
	struct conduct *x = c->context;

	conduct_sample(x, p, answer);
	/* Since the first of the answers in a row that made it so. */
	if (!answer->healthy)
		x->green_ms = 0;
	else if (!x->green_ms)
		x->green_ms = conduct_wall_ms(x);
}

static void on_change(struct check_set *c, const struct check_probe *p,
		      const struct check_answer *answer)
{
	conduct_write(c->context, ENTRY_CHECK, "",
		      json_pack("{s:s, s:s, s:b, s:s}", "Check", p->check->name, "Region",
				p->place.region->name, "Healthy", answer->healthy, "Detail",
				answer->detail));
}

static void on_over(struct check_set *c, enum check_set_end end)
{
	struct conduct *x = c->context;
	int64_t green_ms = x->green_ms ? x->green_ms : conduct_wall_ms(x);

	x->goal = NULL;
	if (end == CHECK_SET_FINE)
		rto(x, green_ms > x->since_ms ? green_ms - x->since_ms : 0,
		    "until the application was healthy");
	else
		rto(x, -1,
		    arena_printf(x->a, "the application did not become healthy: %s", c->fault));
	if (end == CHECK_SET_FAULTY) {
		x->failed = true;
		x->why = arena_printf(x->a, "the application did not become healthy: %s", c->fault);
		goal_end(x, EXECUTION_FAILED, x->why);
		return;
	}
	completed(x);
}

static const struct check_listener listener = {
	.over = on_over,
	.changed = on_change,
	.answered = on_answer,
};

static int64_t patience_ms(const struct conduct *x)
{
	int64_t left_ms = x->since_ms + x->p->objectives.rto_ms - conduct_wall_ms(x);

	return left_ms > PATIENCE_MS ? left_ms : PATIENCE_MS;
}

static void monitor(struct conduct *x)
{
	const struct runbook_objectives *o = &x->p->objectives;
	const char *region = bound_to(x->bound);

	x->goal = conduct_check_set(x, &listener, x);
	for (size_t i = 0; i < o->healthy_count; i++)
		conduct_add_check(x, x->goal,
				  &(struct check_use){.check = o->healthy[i],
						      .region = region ? region : "",
						      .within_ms = patience_ms(x)});
	check_set_begin(x->goal, 0);
}

/* Nobody is sent where an isolated drill went. */
static bool is_measured(const struct conduct *x)
{
	return x->p->objectives.healthy_count && bound_to(x->bound) &&
	       x->row.kind != EXECUTION_DRILL_ISOLATED;
}

void goal_begin(struct conduct *x)
{
	if (x->stage != STAGE_MONITORING && is_measured(x) &&
	    !conduct_write(x, ENTRY_MONITORING, "", NULL))
		return;
	x->stage = STAGE_MONITORING;
	x->turned = true;
	if (is_measured(x)) {
		monitor(x);
		return;
	}
	if (x->p->objectives.rto_ms && x->row.kind != EXECUTION_DRILL_ISOLATED)
		rto(x, conduct_wall_ms(x) - x->since_ms, "until the last step was over");
	completed(x);
}
