/*
 * run.c - plan, run and drift, from opening the state to unlocking it.
 */
#include <string.h>

#include "base/limits.h"
#include "engine/act.h"
#include "engine/history.h"
#include "engine/known.h"
#include "engine/outside.h"
#include "engine/recreate_guard.h"
#include "engine/result.h"
#include "engine/rollback.h"
#include "engine/run_parts.h"
#include "engine/saved_plan_parts.h"
#include "engine/simulation.h"
#include "engine/state_rows.h"

const char *run_mode_name(enum run_mode m)
{
	static const char *const names[] = {
		[RUN_APPLY] = "apply",
		[RUN_DESTROY] = "destroy",
		[RUN_ROLLBACK] = "rollback",
		[RUN_IMPORT] = "import",
	};

	_Static_assert(ARRAY_LEN(names) == RUN_MODE_COUNT, "a name for every kind of run");
	return names[m];
}

/* --- locks -------------------------------------------------------------------------- */

struct waiting {
	struct engine *e;
	struct str said; /* told once, and again when it is somebody else */
};

/* From another terminal one that waits is stopped as one that runs. */
static bool asked_to_stop(struct engine *e)
{
	if (engine_interrupts(e) > 0)
		return true;
	history_look_queued(e);
	return e->asked > 0;
}

static int tell_waiting(void *context, const struct lock_info *holder)
{
	struct waiting *w = context;
	struct str text = STR_INIT;

	lock_describe_wait(holder, &text);
	if (!text_eq(str_text(&text), str_text(&w->said))) {
		engine_tell(w->e, (struct event){.kind = EVENT_LOCK_WAIT, .text = str_cstr(&text)});
		str_clear(&w->said);
		str_add_text(&w->said, str_text(&text));
	}
	str_release(&text);
	return asked_to_stop(w->e);
}

/* Who was asked to stop need not hear for whom it waited. */
static void give_up(struct engine *e, struct diags *held, struct diags *d)
{
	struct diag *g;

	if (!e->asked) {
		diags_take(d, held);
		return;
	}
	g = diag_add(d, DIAG_RUN_STOPPED, RANGE_NONE, "stopped before it was its turn");
	diag_detail(d, g, "%s asked for it; nothing was changed", history_asked_by(e));
}

static int lock_all(struct run *r, int64_t timeout_ms, struct diags *d)
{
	struct engine *e = r->e;
	struct clock *clock = e->options.clock;
	struct lock_owner owner = engine_owner(e->arena, clock, e->options.command);
	struct waiting waiting = {e, STR_INIT};
	struct lock_wait wait = {timeout_ms, tell_waiting, &waiting, e->run_id};
	struct diags told = DIAGS_INIT;
	size_t count;
	const struct instance_id *ids = run_instances(r, &count);
	int rc = 0;

	e->asked = 0;
	if (count)
		rc = state_lock(e->state, &(struct lock_request){ids, count, &owner, &wait}, &told);
	if (rc)
		give_up(e, &told, d);
	else
		diags_take(d, &told);
	/* From the moment of the locks, however long the question takes: ids of runs that have an
	 * instance in common are in the order in which these runs have it. */
	if (!rc && !e->run_id[0])
		state_new_run_id(clock, clock->wall_ms(clock), e->run_id);
	diags_release(&told);
	str_release(&waiting.said);
	e->renew_ms = clock->monotonic_ms(clock) + LOCK_RENEW_MS;
	return rc;
}

int engine_keep_locks(struct engine *e, struct diags *d)
{
	int64_t now_ms = e->options.clock->monotonic_ms(e->options.clock);

	if (now_ms < e->renew_ms)
		return 0;
	e->renew_ms = now_ms + LOCK_RENEW_MS;
	return state_renew_locks(e->state, d);
}

/* --- what is recorded --------------------------------------------------------------- */

int run_load(struct run *r, enum state_open_mode mode)
{
	if (!engine_state(r->e, mode, r->d))
		return -1;
	r->loaded_at = state_foreign_commits(r->e->state, r->d);
	if (r->loaded_at < 0)
		return -1;
	return engine_load(r->e, r->e->arena, &r->recorded, r->d);
}

/* What happened until the lock was there: mostly nothing. */
static int load_again(struct run *r)
{
	int64_t now = state_foreign_commits(r->e->state, r->d);

	if (now == r->loaded_at)
		return now < 0 ? -1 : 0;
	return run_load(r, STATE_WRITE);
}

/* With the locks held. */
static int recover(struct run *r)
{
	size_t count;
	const struct instance_id *ids = run_instances(r, &count);

	if (history_close_lost(r->e, ids, count, r->d))
		return -1;
	if (!r->recorded.operations.count)
		return 0;
	if (acts_recover(r->e, &r->recorded, r->d) ||
	    (r->recorded.operations.count && executor_recover(r->e, &r->recorded, r->d)))
		return -1;
	return run_load(r, STATE_WRITE);
}

/* A plan looks after open operations when nobody else does. */
static int recover_if_free(struct run *r)
{
	struct diags held = DIAGS_INIT;
	size_t open = r->recorded.operations.count;
	struct diag *g;
	int rc;

	if (!open)
		return 0;
	if (run_load(r, STATE_WRITE))
		return -1;
	if (lock_all(r, 0, &held)) {
		g = diag_note(
			r->d, DIAG_RECOVER_LOCKED, RANGE_NONE,
			"%zu operation%s open, and the lock to look after %s is not to be had",
			open, open == 1 ? " is" : "s are", open == 1 ? "it" : "them");
		if (held.first)
			diag_detail(r->d, g, "%s", held.first->summary);
		diags_release(&held);
		return 0;
	}
	diags_take(r->d, &held);
	/* What happened until the lock was there. */
	rc = run_load(r, STATE_WRITE) || recover(r) ? -1 : 0;
	state_unlock(r->e->state);
	return rc;
}

/* A broken template may not keep anybody from destroying what it made. */
static int evaluate(struct run *r, enum run_mode mode)
{
	struct diags ignored = DIAGS_INIT;

	project_version(r->e->project, r->d);
	if (mode == RUN_APPLY || mode == RUN_IMPORT)
		return engine_evaluate(r->e, PROJECT_DEPLOY, r->d);
	engine_evaluate(r->e, PROJECT_DEPLOY, &ignored);
	diags_release(&ignored);
	return 0;
}

/* --- the plan ------------------------------------------------------------------------ */

/* What was rebuilt from a mirror may be old. */
static int observe(struct run *r, enum run_refresh refresh)
{
	int unverified = r->e->simulation ? 0 : state_is_unverified(r->e->state, r->d);

	if (unverified < 0)
		return -1;
	if (unverified && refresh == REFRESH_NO)
		diag_note(r->d, DIAG_RESTORE_UNVERIFIED, RANGE_NONE,
			  "recorded state was restored from its mirror: everything is read first");
	return run_observe(r, unverified ? REFRESH_YES : refresh);
}

/* With the locks, and all of it was read. */
static int verified(struct run *r)
{
	const struct selection *s = &r->e->options.selection;
	bool whole = !s->stack_count && !s->region_count && !s->account && !r->unread;
	int unverified = r->e->simulation ? 0 : state_is_unverified(r->e->state, r->d);

	if (unverified <= 0 || !whole)
		return unverified < 0 ? -1 : 0;
	return state_set_unverified(r->e->state, false, r->d);
}

static int make_plan(struct run *r, const struct run_request *q)
{
	const bool *halting;

	if (observe(r, q->refresh))
		return -1;
	recreate_sort_out(r);
	if (q->mode == RUN_ROLLBACK)
		return run_make_rollback(r, q);
	if (run_make_plan(r, q))
		return -1;
	halting = run_halting(r, q);
	if (halting)
		rollback_warn(r->plan, halting, r->d);
	return 0;
}

/* --- requests that change nothing ---------------------------------------------------- */

const struct plan *engine_plan(struct engine *e, const struct run_request *q, struct diags *d)
{
	struct run r = {.e = e, .d = d};
	/* What is saved is sealed, with what only a file that is there can keep. */
	enum state_open_mode mode = q->made_from ? STATE_WRITE : STATE_READ;

	if (evaluate(&r, q->mode) || run_load(&r, mode) || recover_if_free(&r) || make_plan(&r, q))
		return NULL;
	recreate_tell(&r);
	if (run_tell_execution(&r, q) || run_tell_policy(&r, q) || guard_tell_filled(&r))
		return NULL;
	if (q->made_from)
		*q->made_from = saved_plan_made_from(&r);
	return q->made_from && !*q->made_from ? NULL : r.plan;
}

/* --- a run --------------------------------------------------------------------------- */

static void count_done(const struct plan *p, const struct execution *x, struct run_result *out)
{
	for (size_t i = 0; i < p->change_count; i++) {
		if (x->ends[i] == CHANGE_FAILED)
			out->failed++;
		else if (x->ends[i] == CHANGE_OPEN)
			out->left_open++;
		else if (x->ends[i] == CHANGE_SKIPPED)
			out->skipped++;
		if (x->ends[i] == CHANGE_DONE)
			plan_count(&out->done, p->changes[i].action);
		else if (x->ends[i] == CHANGE_UPDATED)
			plan_count(&out->done, ACTION_UPDATE);
		else
			out->done.none += x->ends[i] == CHANGE_NOTHING;
	}
}

static void count_targets(const struct plan *p, const struct execution *x, struct run_result *out)
{
	for (size_t i = 0; i < p->instance_count; i++) {
		if (run_instance_end(&p->instances[i], x) == INSTANCE_CURRENT)
			out->targets_succeeded++;
		else
			out->targets_failed++;
	}
}

static bool any_stopped(const struct run *r, const struct run_result *out)
{
	for (size_t i = 0; out->faults && i < r->plan->rollouts.count; i++) {
		if (out->faults[i] == ROLLOUT_STOPPED)
			return true;
	}
	return false;
}

static void complain_skipped(struct run *r, const struct run_result *out)
{
	const char *by = history_asked_by(r->e);
	struct diag *g;

	if (!out->interrupted || (!out->skipped && !any_stopped(r, out)))
		return;
	g = diag_add(r->d, DIAG_RUN_STOPPED, RANGE_NONE, "stopped before it was finished");
	if (!out->skipped)
		diag_detail(r->d, g,
			    "All changes were made; the health gate behind them was not "
			    "waited for.");
	else
		diag_detail(r->d, g, "%zu change%s not started%s%s%s.", out->skipped,
			    out->skipped == 1 ? " was" : "s were", by ? "; " : "", by ? by : "",
			    by ? " asked for it" : "");
	diag_hint(r->d, g, "run the same command again to go on");
}

static int execute(struct run *r, const struct run_request *q, struct run_result *out)
{
	struct executor_observed observed = {&r->recorded.records, r->observations,
					     run_halting(r, q), NULL, !q->freeze_reason};
	struct execution x = {0};
	bool settled;
	int rc;

	/* The user may have thought about it for longer than a lease lasts. */
	if (outside_prefetch(r->e->outside, r->plan, r->d) ||
	    state_renew_locks(r->e->state, r->d) || run_record_adopted(r) || run_move_records(r) ||
	    run_mark_applying(r, &observed.turns))
		return -1;
	rc = executor_run(r->e, r->plan, &observed, &x, r->d);
	out->interrupted = rc && x.interrupted;
	count_done(r->plan, &x, out);
	count_targets(r->plan, &x, out);
	run_count_members(r, &x, out);
	run_complain_rollouts(r, &x);
	run_take_back(r, &x);
	settled = x.writable && run_settle(r, &x) == 0;
	complain_skipped(r, out);
	outside_enter(r->e->outside, OUTSIDE_CHECK, NULL);
	known_free(x.known);
	if (settled && rc)
		run_undo_failed(r, &x, out);
	if (settled && !rc && run_forget_overrides(r))
		return -1;
	if (!settled)
		return -1;
	return run_is_tolerated(out) ? 0 : rc;
}

static int execute_rollback(struct run *r, struct run_result *out)
{
	struct execution x;
	int rc = run_rollback(r, &x);

	if (!x.ends)
		return -1;
	out->interrupted = rc && x.interrupted;
	count_done(r->plan, &x, out);
	count_targets(r->plan, &x, out);
	complain_skipped(r, out);
	return rc;
}

static bool confirmed(struct run *r, const struct run_request *q)
{
	struct clock *clock = r->e->options.clock;
	int64_t asked_ms = clock->monotonic_ms(clock);
	bool yes;

	if (q->confirm)
		recreate_tell(r);
	yes = !q->confirm || q->confirm(q->context, r->plan);

	r->thinking_ms = clock->monotonic_ms(clock) - asked_ms;
	return yes;
}

/* The end of the run in the history. */
static int finish(struct run *r, struct run_result *out, int rc)
{
	out->interrupted = rc && engine_interrupts(r->e) > 0;
	return history_finish(r->e, out, rc, r->d) ? -1 : rc;
}

/* A rollback without changes still makes the instance good. */
static bool nothing_to_run(const struct run *r)
{
	return r->plan->rollback ? !r->plan->instance_count : plan_empty(r->plan);
}

static int run_nothing(struct run *r, struct run_result *out)
{
	out->done.none = r->plan->counts.none;
	count_targets(r->plan, NULL, out);
	return r->plan->rollback ? 0 : run_settle(r, NULL);
}

static int import(struct run *r, const struct run_request *q, struct run_result *out)
{
	out->next = r->next;
	if (plan_empty(r->plan))
		return 0;
	if (!confirmed(r, q)) {
		out->declined = true;
		return -1;
	}
	if (history_begin(r->e, q, r->plan, r->d))
		return -1;
	out->run = history_run(r->e);
	return finish(r, out, run_import_record(r, out));
}

static int plan_and_execute(struct run *r, const struct run_request *q, struct run_result *out)
{
	if (make_plan(r, q) || (q->saved && saved_plan_check_plan(r, q->saved)))
		return -1;
	if (r->refused)
		return -1;
	out->plan = r->plan;
	if (run_check_execution(r, q)) {
		out->refused = true;
		return -1;
	}
	if (q->mode == RUN_IMPORT)
		return import(r, q, out);
	if (nothing_to_run(r) && !recreate_is_due(r->e))
		return run_drop_overrides(r) ? -1 : run_nothing(r, out);
	if (run_check_policy(r, q) || run_check_freeze(r, q) || guard_deletes(r, q)) {
		out->refused = true;
		return -1;
	}
	if ((!plan_empty(r->plan) || recreate_is_due(r->e)) && !confirmed(r, q)) {
		out->declined = true;
		return -1;
	}
	if (run_drop_overrides(r) || recreate_begin(r) || history_begin(r->e, q, r->plan, r->d))
		return -1;
	out->run = history_run(r->e);
	return finish(r, out, r->plan->rollback ? execute_rollback(r, out) : execute(r, q, out));
}

static int run_locked(struct run *r, const struct run_request *q, struct run_result *out)
{
	int rc;

	if ((q->mode == RUN_APPLY && run_check_overrides(r)) || load_again(r) || recover(r) ||
	    (q->saved && saved_plan_check_state(r, q->saved)))
		return -1;
	rc = plan_and_execute(r, q, out);
	if (rc == 0 && verified(r))
		return -1;
	return r->unread ? -1 : rc;
}

static bool did_anything(const struct run_result *r)
{
	return r->failed || r->left_open || r->skipped || r->targets_failed || r->done.import ||
	       plan_counts_changes(&r->done);
}

int engine_run(struct engine *e, const struct run_request *q, struct run_result *out,
	       struct diags *d)
{
	struct clock *clock = e->options.clock;
	int64_t started_ms = clock->monotonic_ms(clock);
	struct run r = {.e = e, .d = d};
	int rc = -1;

	*out = (struct run_result){.saved = q->saved != NULL};
	if (!(q->saved && saved_plan_check_inputs(e, q->saved, d)) && !evaluate(&r, q->mode) &&
	    !run_load(&r, STATE_WRITE) && !lock_all(&r, e->options.lock_timeout_ms, d)) {
		rc = run_locked(&r, q, out);
		state_unlock(e->state);
	}
	/* Asking to stop when nothing was left to do stops nothing. */
	out->interrupted = rc && engine_interrupts(e) > 0;
	out->not_begun = rc && !did_anything(out);
	out->elapsed_ms = clock->monotonic_ms(clock) - started_ms - r.thinking_ms;
	out->simulated = e->simulation != NULL;
	if (e->simulation)
		out->longest = simulation_longest(e->simulation, &out->longest_count);
	if (out->declined) /* nothing was started that could finish */
		return rc;
	engine_tell(e, (struct event){
			       .kind = EVENT_FINISHED,
			       .elapsed_ms = out->elapsed_ms,
			       .done = plan_counts_changes(&out->done),
			       .total = out->plan ? out->plan->change_count - out->plan->counts.none
						  : 0,
		       });
	return rc;
}
