/*
 * conduct_step.c - one step from its turn to its end: checks before, its work, checks after, and
 * again when that failed and tries are left.
 */
#include <string.h>

#include "engine/estimate.h"
#include "engine/runbook/conduct_parts.h"

static const struct conduct *exec(const struct step *s)
{
	return s->x;
}

static int64_t now_ms(const struct step *s)
{
	return dispatch_now_ms(s->x->dispatch);
}

bool conduct_drill_leaves_out(const struct conduct *x, const struct procedure_step *p,
			      const struct step_spec *spec)
{
	if (x->row.kind != EXECUTION_DRILL_ISOLATED)
		return false;
	if (json_object_get(spec->values, "Drill"))
		return spec->drill == DRILL_SKIP;
	return p->kind == STEP_TRAFFIC || p->kind == STEP_FENCE || spec->promotes;
}

/* --- ends -------------------------------------------------------------------------------- */

static json_t *ended_data(struct step *s, const char *reason, const json_t *result)
{
	json_t *data = json_object();

	if (s->straddles && s->tried_ms)
		s->millis = conduct_wall_ms(s->x) - s->tried_ms;
	else if (s->began_ms)
		s->millis = now_ms(s) - s->began_ms;
	if (s->millis < 0)
		s->millis = 0;
	json_object_set_new(data, "Millis", json_integer((json_int_t)s->millis));
	if (reason)
		json_object_set_new(data, "Reason", json_string(reason));
	if (result)
		json_object_set(data, "Result", (json_t *)result);
	return data;
}

/* What was refused before its work has changed nothing. */
static json_t *failed_data(struct step *s, const char *reason)
{
	json_t *data = ended_data(s, reason, NULL);

	if (!s->begun && !s->again)
		json_object_set_new(data, "Begun", json_false());
	if (s->stopped)
		json_object_set_new(data, "Stopped", json_true());
	return data;
}

static void is_over(struct step *s, enum step_status status)
{
	s->status = status;
	s->phase = PHASE_OVER;
	s->ended = s->x->row.entries;
	s->x->turned = true;
}

static void succeeded(struct step *s)
{
	struct attempt *at = s->now;
	json_t *data = ended_data(s, NULL, at->result);

	if (at->result)
		s->result = json_text(s->x->a, at->result);
	s->done = s->memory;
	attempt_close(at);
	if (!step_write(s, ENTRY_STEP_SUCCEEDED, data))
		return;
	is_over(s, STEP_SUCCEEDED);
	conduct_put_duration(s);
	if (s->spec && s->spec->promotes)
		loss_promoted(s->x);
}

/* What it had begun may have happened. */
void step_skip(struct step *s, const char *reason, const struct lock_owner *by)
{
	json_t *data = json_pack("{s:s}", "Reason", reason);

	s->begun = s->begun || s->again;
	s->again = false;
	s->waived = by != NULL;
	s->done = s->memory ? s->memory : s->done;
	if (by)
		json_object_set_new(data, "By", conduct_by(by));
	if (s->attempts && !s->begun)
		json_object_set_new(data, "Begun", json_false());
	if (s->now)
		attempt_close(s->now);
	if (!step_write(s, ENTRY_STEP_SKIPPED, data))
		return;
	s->reason = reason;
	if (by)
		s->x->exceptions++;
	is_over(s, STEP_SKIPPED);
}

/* What a guard keeps from being done may be made up for; who declined has looked. */
static bool is_guarded(const struct step *s)
{
	return s->refused && s->p->kind != STEP_APPROVAL;
}

/* A group fails because a step in it did, which was held; behind a way to fence comes the next. */
static bool may_be_held(const struct step *s)
{
	return s->p->kind == STEP_FENCE || (!step_is_container(s) && s->p->role != ROLE_BY);
}

/* A person looks at it before all that follows is given up. */
static bool is_held(const struct step *s, bool final)
{
	return exec(s)->q->hold_on_failure && (!final || is_guarded(s)) && !s->x->aborting &&
	       !s->x->stopping && may_be_held(s) &&
	       (!s->spec || s->spec->on_failure == STEP_FAILURE_STOP);
}

static void hold(struct step *s)
{
	s->phase = PHASE_HELD;
	s->x->outlook = back_outlook(s->x);
	if (!s->x->paused)
		conduct_pause(s->x, "step failed", NULL);
}

static void failed(struct step *s, const char *reason, bool final)
{
	const struct step_spec *spec = s->spec;

	s->reason = reason;
	s->done = s->memory ? s->memory : s->done;
	if (!step_write(s, ENTRY_STEP_FAILED, failed_data(s, reason)))
		return;
	/* What an earlier process had begun may have happened. */
	s->begun = s->begun || s->again;
	s->again = false;
	is_over(s, STEP_FAILED);
	if (is_held(s, final)) {
		hold(s);
		return;
	}
	if (s->refused)
		conduct_refuse(s->x);
	if (spec && spec->on_failure == STEP_FAILURE_CONTINUE && !s->x->aborting)
		s->x->exceptions++;
	if (spec && spec->on_failure == STEP_FAILURE_REVERSE)
		s->wants_reverse = true;
}

/* --- another try ------------------------------------------------------------------------- */

static void take_turn(struct step *s);

/* Calls of an earlier try that took too long. */
static bool is_draining(const struct step *s)
{
	for (const struct errand *r = s->x->errands; r; r = r->next)
		if (r->at && r->at->s == s && r->job.state == JOB_CALLING)
			return true;
	return false;
}

static void rested(struct errand *r)
{
	struct step *s = r->at->s;

	/* A step that waits for its next try is as good as one that waits for its turn. */
	if (!conduct_may_begin(s->x) || is_draining(s)) {
		errand_again(r, CONDUCT_LOOK_MS);
		return;
	}
	attempt_close(r->at);
	take_turn(s);
}

static void rest(struct step *s, const char *reason)
{
	struct conduct *x = s->x;
	int64_t wait_ms = s->spec->retry_wait_ms;

	s->granted--;
	s->reason = reason;
	s->done = s->memory ? s->memory : s->done;
	s->phase = PHASE_RESTING;
	if (!step_write(s, ENTRY_STEP_RETRY,
			json_pack("{s:I, s:s, s:I}", "Attempt", (json_int_t)s->attempts + 1,
				  "Reason", reason, "Wait", (json_int_t)wait_ms)))
		return;
	errand_rest(x, attempt_new(s, STEP_FORWARD), wait_ms, rested);
}

static void tried_badly(struct step *s, const char *reason, bool final)
{
	attempt_close(s->now);
	if (s->granted && !final && !s->x->aborting && !s->x->broken)
		rest(s, reason);
	else
		failed(s, reason, final);
}

void attempt_end(struct attempt *at, enum step_ended how, const char *reason)
{
	step_over(&at->run, how, NULL, reason);
}

void attempt_refuse(struct attempt *at, const char *reason)
{
	at->final = at->refused = true;
	step_over(&at->run, STEP_ENDED_FAILED, NULL, reason);
}

/* --- the parts of a try ------------------------------------------------------------------ */

static void stop_work(struct attempt *at)
{
	if (at->s->phase == PHASE_WORK && at->driver && at->driver->stop && !at->said)
		at->driver->stop(&at->run);
}

static void checked_after(struct attempt *at, enum check_set_end end, const char *why)
{
	if (end == CHECK_SET_FINE)
		succeeded(at->s);
	else
		tried_badly(at->s, arena_printf(at->s->x->a, "after it: %s", why), false);
}

static void after(struct step *s)
{
	struct attempt *at = s->now;

	s->phase = PHASE_AFTER;
	if (s->spec->after_count)
		attempt_ask(at, s->spec->after, s->spec->after_count, 0, checked_after);
	else
		succeeded(s);
}

static void work(struct attempt *at)
{
	struct step *s = at->s;

	s->phase = PHASE_WORK;
	s->begun = true;
	if (s->x->rehearsal && s->p->kind == STEP_APPROVAL) {
		rehearse_begin(at);
		return;
	}
	at->driver = step_is_container(s) ? NULL : s->x->setup->driver(s->p->kind);
	if (at->driver)
		at->driver->begin(&at->run);
	else
		kind_begin(at);
}

static void checked_before(struct attempt *at, enum check_set_end end, const char *why)
{
	if (end == CHECK_SET_FINE)
		work(at);
	else
		tried_badly(at->s, arena_printf(at->s->x->a, "before it: %s", why), false);
}

/* What was begun by an earlier process had its checks. */
static void before(struct attempt *at, const char *refusal)
{
	struct step *s = at->s;

	if (refusal)
		attempt_refuse(at, refusal);
	else if (s->spec->before_count && !s->was_begun)
		attempt_ask(at, s->spec->before, s->spec->before_count, 0, checked_before);
	else
		work(at);
}

static void regions_asked(struct attempt *at, const char *refusal)
{
	const struct step *s = at->s;

	if (!refusal && !s->was_begun && (s->spec->promotes || s->p->kind == STEP_FENCE))
		loss_ask(at, before);
	else
		before(at, refusal);
}

static void fences_hold(struct attempt *at)
{
	regions_ask(at, regions_asked);
}

/* `cut`: its group is not done with it, and may be gone through once more. */
static void stop(struct step *s, const char *reason, bool cut)
{
	/* Also what an earlier process, or an earlier try, has begun. */
	bool active = s->phase == PHASE_NEW ? s->again || s->begun : s->phase != PHASE_OVER;

	for (size_t i = 0; i < s->child_count; i++)
		stop(s->children[i], reason, cut);
	if (!active)
		return;
	if (s->now) {
		stop_work(s->now);
		attempt_close(s->now);
	}
	if (s->phase == PHASE_HELD) {
		s->phase = PHASE_OVER;
		return;
	}
	s->stopped = cut;
	failed(s, reason, true);
}

static void timed_out(struct errand *r)
{
	struct attempt *at = r->at;
	struct step *s = at->s;
	char limit[CLOCK_TEXT_LEN];

	const char *why;

	if (at->said)
		return;
	clock_format_duration(s->spec->timeout_ms, limit);
	why = arena_printf(s->x->a,
			   s->status == STEP_PENDING_APPROVAL ? "nobody approved within %s"
							      : "it took longer than %s",
			   limit);
	stop_work(at);
	for (size_t i = 0; i < s->child_count; i++)
		stop(s->children[i], "the group that it is in took too long", true);
	if (at->run.direction == STEP_FORWARD)
		tried_badly(s, why, false);
	else
		step_over(&at->run, STEP_ENDED_FAILED, NULL, why);
}

static int64_t slow_after_ms(const struct step *s)
{
	const struct conduct *x = s->x;
	const struct duration *d = conduct_duration(&x->durations, x->row.runbook, s->p->path);
	struct estimate e;
	int64_t after_ms;

	if (!d)
		return INT64_MAX;
	e = estimate_of(d->samples_ms, d->count);
	after_ms = estimate_slow_after_ms(&e);
	/* As long as usual is not yet longer. */
	return after_ms == INT64_MAX ? after_ms : after_ms + 1;
}

static void slow(struct errand *r)
{
	struct step *s = r->at->s;

	step_write(s, ENTRY_STEP_SLOW,
		   json_pack("{s:I, s:I}", "Millis", (json_int_t)(now_ms(s) - s->began_ms), "Usual",
			     (json_int_t)slow_after_ms(s)));
}

/* Nobody can answer what nobody carries; work has to begin anew. */
static int64_t timeout_left_ms(const struct step *s)
{
	int64_t left_ms = s->spec->timeout_ms;

	if (s->p->kind == STEP_APPROVAL && s->straddles)
		left_ms -= s->carried_ms;
	return left_ms > 0 ? left_ms : 0;
}

static void arm(struct attempt *at)
{
	struct step *s = at->s;
	int64_t slow_ms = slow_after_ms(s);

	if (s->spec->timeout_ms > 0)
		at->timeout = errand_rest(s->x, at, timeout_left_ms(s), timed_out);
	if (slow_ms != INT64_MAX && !s->x->rehearsal)
		at->slow = errand_rest(s->x, at, slow_ms, slow);
}

static json_t *started_data(const struct step *s)
{
	json_t *data =
		json_pack("{s:I, s:s, s:s}", "Attempt", (json_int_t)s->attempts, "Grace",
			  s->grace == STEP_UNGRACEFUL ? "ungraceful" : "graceful", "Key", s->key);
	int64_t slow_ms = slow_after_ms(s);

	if (slow_ms != INT64_MAX)
		json_object_set_new(data, "Slow", json_integer((json_int_t)slow_ms));
	if (s->spec->region && *s->spec->region)
		json_object_set_new(data, "Region", json_string(s->spec->region));
	if (s->promotes)
		json_object_set_new(data, "Promotes", json_true());
	return data;
}

static const char *new_key(struct conduct *x)
{
	char *key = arena_alloc(x->a, 2 * CONDUCT_KEY_BYTES + 1);

	clock_random_hex(x->e->options.clock, CONDUCT_KEY_BYTES, key);
	return key;
}

/* A try that an earlier process began keeps its key, and is not told again. */
static bool write_start(struct step *s)
{
	s->was_begun = s->again && (s->memory || step_is_container(s));
	s->straddles = s->again;
	if (s->again) {
		s->again = false;
		return true;
	}
	s->attempts++;
	s->key = new_key(s->x);
	s->memory = NULL;
	if (!step_write(s, ENTRY_STEP_STARTED, started_data(s)))
		return false;
	s->tried_ms = conduct_wall_ms(s->x);
	if (!s->started_ms)
		s->started_ms = s->tried_ms;
	return true;
}

/* What an earlier process had used up of its tries is used up. */
static void grant(struct step *s)
{
	size_t used = s->attempts ? s->attempts - 1 : 0;

	if (s->granted != SIZE_MAX)
		return;
	s->granted = s->spec->retries;
	if (s->again)
		s->granted -= used < s->granted ? used : s->granted;
}

static void try(struct step *s)
{
	struct attempt *at;
	const char *refusal;

	grant(s);
	s->phase = PHASE_BEFORE;
	s->status = STEP_RUNNING;
	s->promotes = s->spec->promotes;
	s->refused = false;
	if (!write_start(s))
		return;
	s->began_ms = now_ms(s);
	at = attempt_new(s, STEP_FORWARD);
	arm(at);
	refusal = guard_step(s, s->spec);
	if (refusal)
		attempt_refuse(at, refusal);
	else
		guard_look(at, fences_hold);
}

/* --- its turn ---------------------------------------------------------------------------- */

static const char *first_summary(struct arena *a, const struct diags *d)
{
	for (const struct diag *g = d->first; g; g = g->next)
		if (g->severity == DIAG_ERROR)
			return arena_strdup(a, g->summary);
	return "it cannot be worked out";
}

/* Asked for of all, of it, or of a group that it is in. */
static bool is_ungraceful(const struct step *s)
{
	const struct conduct *x = s->x;

	for (size_t i = s->index; i != STEP_TOP; i = x->steps[i].p->parent)
		if (x->steps[i].ungraceful)
			return true;
	return x->ungraceful || (s->again && s->grace == STEP_UNGRACEFUL);
}

/* NULL when it failed: told already. */
static const struct step_spec *work_out(struct step *s)
{
	struct conduct *x = s->x;
	struct diags found = DIAGS_INIT;
	bool known = true;
	const char *why = NULL;

	s->grace = is_ungraceful(s) ? STEP_UNGRACEFUL : STEP_GRACEFUL;
	x->missing = NULL;
	s->is_policy = false;
	s->spec = step_spec(x->e->arena, x->bound, (struct step_wish){s->index, s->grace}, &known,
			    &found);
	if (!s->spec)
		why = first_summary(x->a, &found);
	else if (!known && s->spec->applies && !x->rehearsal)
		why = x->missing ? arena_printf(x->a, "it needs %s, which has no such result",
						x->missing)
				 : "it needs the result of a step that has none";
	diags_take(x->d, &found);
	return why ? (s->reason = why, NULL) : s->spec;
}

/* What its OnFailure says is known without the values that could not be had. */
static void take_policy(struct step *s)
{
	struct diags ignored = DIAGS_INIT;

	s->spec = step_spec(s->x->e->arena, s->x->bound, (struct step_wish){s->index, s->grace},
			    NULL, &ignored);
	s->is_policy = s->spec != NULL;
	diags_release(&ignored);
}

static const char *left_out(const struct step *s)
{
	if (!s->spec->applies)
		return s->spec->reason && *s->spec->reason ? s->spec->reason
							   : "its condition is false";
	if (s->spec->left_out)
		return "it is left out when the execution is ungraceful";
	if (conduct_drill_leaves_out(s->x, s->p, s->spec))
		return "an isolated drill leaves it out";
	return NULL;
}

static void take_turn(struct step *s)
{
	const char *why;

	if (!work_out(s)) {
		take_policy(s);
		failed(s, s->reason, false);
		return;
	}
	why = left_out(s);
	if (why)
		step_skip(s, why, NULL);
	else
		try(s);
}

void step_begin(struct step *s)
{
	s->granted = SIZE_MAX;
	take_turn(s);
}

/* --- back -------------------------------------------------------------------------------- */

static bool write_reversing(struct step *s)
{
	if (s->undoing)
		return true;
	s->key = new_key(s->x);
	s->memory = NULL;
	s->undoing = step_write(s, ENTRY_STEP_REVERSING, json_pack("{s:s}", "Key", s->key));
	return s->undoing;
}

void step_begin_back(struct step *s)
{
	struct attempt *at;

	if ((!s->spec || s->is_policy) && !work_out(s)) {
		step_write(s, ENTRY_STEP_REVERSE_FAILED, json_pack("{s:s}", "Reason", s->reason));
		is_over(s, STEP_REVERSE_FAILED);
		return;
	}
	if (!write_reversing(s))
		return;
	s->phase = PHASE_WORK;
	s->began_ms = now_ms(s);
	at = attempt_new(s, STEP_BACK);
	if (s->spec->timeout_ms > 0)
		at->timeout = errand_rest(s->x, at, s->spec->timeout_ms, timed_out);
	at->driver = s->x->setup->driver(s->p->kind);
	at->driver->begin(&at->run);
}

static void settle_back(struct attempt *at)
{
	struct step *s = at->s;
	bool well = at->how == STEP_ENDED_WELL_DONE;

	attempt_close(at);
	s->undoing = false;
	if (step_write(s, well ? ENTRY_STEP_REVERSED : ENTRY_STEP_REVERSE_FAILED,
		       json_pack("{s:s}", "Reason", well || !at->reason ? "" : at->reason)))
		is_over(s, well ? STEP_REVERSED : STEP_REVERSE_FAILED);
}

/* --- ends that were said ----------------------------------------------------------------- */

void step_settle(struct step *s)
{
	struct attempt *at = s->now;

	if (!at || !at->said || at->over || at->settled)
		return;
	at->settled = true;
	s->refused = at->refused;
	if (at->run.direction == STEP_BACK)
		settle_back(at);
	else if (at->how == STEP_ENDED_WELL_DONE)
		after(s);
	else
		tried_badly(s, at->reason ? at->reason : "it failed", at->final);
}

void step_stop(struct step *s, const char *reason)
{
	stop(s, reason, false);
}

void step_again(struct step *s, const char *reason)
{
	if (!step_write(s, ENTRY_STEP_RETRY,
			json_pack("{s:I, s:s, s:I}", "Attempt", (json_int_t)s->attempts + 1,
				  "Reason", reason, "Wait", (json_int_t)0)))
		return;
	s->phase = PHASE_NEW;
	s->status = STEP_NOT_STARTED;
	s->reason = NULL;
	s->wants_reverse = s->refused = s->stopped = s->passed_over = false;
}

void step_restart_ungraceful(struct step *s)
{
	if (!s->now || s->phase == PHASE_OVER)
		return;
	for (size_t i = 0; i < s->child_count; i++)
		stop(s->children[i], "it goes on ungracefully", true);
	stop_work(s->now);
	attempt_close(s->now);
	step_again(s, "it goes on ungracefully");
}
