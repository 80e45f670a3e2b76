/*
 * executor_check.c - health checks while a plan is carried out: each probe is asked again and
 * again, until all are healthy and the bake time is over, or one is not.
 */
#include "engine/executor_rollout.h"

#include "base/json.h"
#include "base/limits.h"

/* Beyond its own timeout: it may have to wait for a worker. */
#define ANSWER_GRACE_MS 60000
/* Without a bake time answers that go up and down are taken this often, for each that a threshold
 * asks for. */
#define PATIENCE 10
#define BAKING_TOLD_MS 60000 /* how often observers hear that it goes on */

/* One probe, or the timer of the bake time (probe NULL). */
struct asking {
	struct job job;
	struct checking *c;
	const struct check_probe *probe;
	struct gauge gauge;
	size_t answers; /* since the bake time was over */
};

static struct executor *executor_of(const struct checking *c)
{
	return c->s->x;
}

/* --- what is to be checked ----------------------------------------------------------- */

struct checking *checking_new(struct stack_run *s, size_t at,
			      void (*over)(struct checking *c, enum checking_end end))
{
	struct executor *x = s->x;
	struct checking *c = ARENA_NEW(x->arena, struct checking);

	c->s = s;
	c->at = at;
	c->over = over;
	c->next = x->rollouts->checkings;
	x->rollouts->checkings = c;
	return c;
}

static void add_probe(struct checking *c, const struct check_probe *p)
{
	struct arena *a = executor_of(c)->arena;
	struct asking *q = ARENA_NEW(a, struct asking);

	q->job.owner = JOB_OF_CHECK;
	q->c = c;
	q->probe = p;
	*(struct asking **)arena_vec_add(a, &c->asked) = q;
}

void checking_add(struct checking *c, const struct manifest_check *check,
		  const struct check_place *place)
{
	struct executor *x = executor_of(c);
	struct check_probe_list probes = {0};

	if (check_probes(x->arena, check, place, &probes, x->d))
		c->fault = arena_printf(x->arena, "'%s' cannot be carried out", check->name);
	for (size_t i = 0; i < probes.count; i++)
		add_probe(c, &probes.items[i]);
}

/* --- the end ------------------------------------------------------------------------- */

static void withdraw(struct checking *c, struct asking *q)
{
	struct dispatch *x = executor_of(c)->dispatch;

	switch (q->job.state) {
	case JOB_QUEUED:
	case JOB_RETRYING:
	case JOB_RESTING:
		dispatch_withdraw(x, &q->job);
		dispatch_retire(x, &q->job);
		return;
	case JOB_IDLE:
		dispatch_retire(x, &q->job);
		return;
	case JOB_STARTED:
	case JOB_CALLING: /* nobody waits for what it says */
		return;
	}
}

void checking_stop(struct checking *c)
{
	if (c->ended)
		return;
	c->ended = true;
	for (size_t i = 0; i < c->asked.count; i++)
		withdraw(c, c->asked.items[i]);
	if (c->timer)
		withdraw(c, c->timer);
}

static void end(struct checking *c, enum checking_end how)
{
	checking_stop(c);
	c->over(c, how);
}

static bool all_healthy(const struct checking *c)
{
	for (size_t i = 0; i < c->asked.count; i++) {
		if (c->asked.items[i]->gauge.state != GAUGE_HEALTHY)
			return false;
	}
	return true;
}

/* --- asking -------------------------------------------------------------------------- */

static void fail(struct checking *c, const char *fault)
{
	c->fault = fault;
	end(c, CHECKED_UNHEALTHY);
}

static bool enroll(struct asking *q)
{
	struct executor *x = executor_of(q->c);
	const struct check_place *place = &q->probe->place;
	const struct instance_id id = {q->c->s->plan->stack, place->account, place->region->name};
	const struct manifest_check *check = q->probe->check;
	const struct provider_entry *entry =
		registry_entry(x->plan->project->registry, check->provider);
	struct call *call = &q->job.call;

	if (!entry || !HD_KNOWS(struct hd_provider, entry->table, lookup) || !entry->table->lookup)
		return false;
	*call = (struct call){.kind = CALL_LOOKUP, .what = "check", .type = "check"};
	call->args = q->probe->args;
	call->where = check->where;
	call->table = entry->table;
	call->session = sessions_get(x->e->sessions, entry, &id, x->d);
	if (!call->session)
		return false;
	dispatch_enroll(x->dispatch, &q->job, &id, entry->name, "");
	return true;
}

static void ask(struct asking *q)
{
	struct dispatch *x = executor_of(q->c)->dispatch;

	q->job.deadline_ms = dispatch_now_ms(x) + q->probe->check->timeout_ms + ANSWER_GRACE_MS;
	dispatch_call(x, &q->job);
}

static int64_t bake_left_ms(const struct checking *c)
{
	return c->bake_until_ms - dispatch_now_ms(executor_of(c)->dispatch);
}

static void tell_baking(const struct checking *c)
{
	const struct instance_id alone = {c->s->plan->stack, "", ""};

	rollouts_tell(executor_of(c), &(struct event){
					      .kind = EVENT_BAKING,
					      .instance = &alone,
					      .wave = stack_run_wave(c->s, c->at),
					      .wait_ms = bake_left_ms(c),
				      });
}

/* Until the next time that it is told, or the end. */
static void bake_on(struct checking *c)
{
	int64_t left_ms = bake_left_ms(c);

	tell_baking(c);
	dispatch_rest(executor_of(c)->dispatch, &c->timer->job,
		      left_ms < BAKING_TOLD_MS ? left_ms : BAKING_TOLD_MS);
}

static void begin_baking(struct checking *c, int64_t bake_ms)
{
	struct executor *x = executor_of(c);

	c->bake_until_ms = dispatch_now_ms(x->dispatch) + bake_ms;
	c->timer = ARENA_NEW(x->arena, struct asking);
	c->timer->job.owner = JOB_OF_CHECK;
	c->timer->c = c;
	bake_on(c);
}

void checking_begin(struct checking *c, int64_t bake_ms)
{
	if (c->fault) {
		end(c, CHECKED_UNHEALTHY);
		return;
	}
	if (bake_ms > 0)
		begin_baking(c, bake_ms);
	for (size_t i = 0; i < c->asked.count && !c->ended; i++) {
		struct asking *q = c->asked.items[i];

		if (enroll(q))
			ask(q);
		else
			fail(c, arena_printf(executor_of(c)->arena,
					     "%s: its provider '%s' carries out no checks",
					     q->probe->label, q->probe->check->provider));
	}
	if (!c->ended && !c->asked.count && !c->timer)
		end(c, CHECKED_HEALTHY);
}

/* --- answers ------------------------------------------------------------------------- */

struct answer {
	bool healthy;
	const char *detail;
};

static const char *first_error(struct arena *a, const struct outcome *o)
{
	for (const struct diag *g = o->diags.first; g; g = g->next) {
		if (g->severity == DIAG_ERROR)
			return arena_strdup(a, g->summary);
	}
	return "it could not be carried out";
}

static struct answer read_answer(struct arena *a, const struct outcome *o)
{
	struct answer answer = {false, "no answer"};
	json_t *j;

	if (o->status != HD_OK)
		return (struct answer){false, first_error(a, o)};
	j = o->result ? json_parse(text_of(o->result), NULL, NULL) : NULL;
	answer.healthy = json_flag(j, "Healthy", false);
	answer.detail = arena_strdup(a, json_str(j, "Detail", answer.healthy ? "" : "no answer"));
	json_decref(j);
	return answer;
}

static void tell_check(const struct asking *q, const char *detail)
{
	struct executor *x = executor_of(q->c);
	const struct check_place *place = &q->probe->place;
	const struct instance_id id = {q->c->s->plan->stack, place->account, place->region->name};
	const char *state = q->gauge.state == GAUGE_HEALTHY ? "healthy" : "unhealthy";

	rollouts_tell(x, &(struct event){
				 .kind = EVENT_CHECK,
				 .instance = &id,
				 .wave = q->c->wave,
				 .text = arena_printf(x->arena, "%s is %s%s%s", q->probe->label,
						      state, *detail ? ": " : "", detail),
				 .total = q->gauge.state == GAUGE_HEALTHY
						  ? q->c->s->plan->spec.member_count
						  : 0,
			 });
}

static bool is_patience_over(struct asking *q)
{
	const struct manifest_check *k = q->probe->check;

	if (q->c->bake_until_ms && bake_left_ms(q->c) > 0)
		return false;
	return ++q->answers > PATIENCE * (k->healthy_threshold + k->unhealthy_threshold);
}

static void decide(struct asking *q, const struct answer *answer)
{
	struct checking *c = q->c;
	struct arena *a = executor_of(c)->arena;
	bool baking = c->timer && bake_left_ms(c) > 0;

	if (q->gauge.state == GAUGE_UNHEALTHY)
		fail(c, arena_printf(a, "%s: %s", q->probe->label, answer->detail));
	else if (!baking && all_healthy(c))
		end(c, CHECKED_HEALTHY);
	else if (is_patience_over(q))
		fail(c, arena_printf(a, "%s is up and down, at last: %s", q->probe->label,
				     answer->detail));
	else
		dispatch_rest(executor_of(c)->dispatch, &q->job, q->probe->check->interval_ms);
}

static void answered(struct asking *q)
{
	struct executor *x = executor_of(q->c);
	struct outcome *o = &q->job.work.outcome;
	enum gauge_state before = q->gauge.state;
	struct answer answer;

	if (q->c->ended) {
		dispatch_retire(x->dispatch, &q->job);
		return;
	}
	answer = read_answer(x->arena, o);
	diags_release(&o->diags);
	gauge_add(&q->gauge, q->probe->check, answer.healthy);
	if (q->gauge.state != before)
		tell_check(q, answer.detail);
	decide(q, &answer);
}

static void due(struct asking *q)
{
	struct checking *c = q->c;

	if (q->probe)
		ask(q);
	else if (bake_left_ms(c) > 0)
		bake_on(c);
	else if (all_healthy(c))
		end(c, CHECKED_HEALTHY);
}

void check_event(struct executor *x, const struct dispatch_event *ev)
{
	struct asking *q = container_of(ev->job, struct asking, job);

	switch (ev->kind) {
	case DISPATCH_ENDED:
		answered(q);
		return;
	case DISPATCH_DUE:
		due(q);
		return;
	case DISPATCH_START:
		dispatch_drop(x->dispatch, ev->job);
		return;
	case DISPATCH_SLOW:
	case DISPATCH_PROGRESS:
	case DISPATCH_INTERRUPTED:
	case DISPATCH_LOCKS_LOST:
	case DISPATCH_QUIET:
		return;
	}
}

void checkings_release(struct rollouts *a)
{
	for (struct checking *c = a->checkings; c; c = c->next) {
		for (size_t i = 0; i < c->asked.count; i++)
			outcome_release(&c->asked.items[i]->job.work.outcome);
	}
}
