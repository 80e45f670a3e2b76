#include "engine/dispatch.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "engine/history.h"
#include "engine/pace.h"

struct dispatch {
	struct engine *e;
	struct diags *d;
	struct workers *workers;
	struct lanes *lanes;
	struct timers timers;
	struct timers watches;
	struct job *ended_first, *ended_last;
	int told_level;   /* INTERRUPTED was given for this */
	int64_t renew_ms; /* when the locks are renewed next */
	int cancel;       /* what is out is to end; workers read it */
	bool locks_lost;
	bool wake_closed;
};

int64_t dispatch_now_ms(const struct dispatch *x)
{
	struct clock *c = x->e->options.clock;

	return c->monotonic_ms(c);
}

struct dispatch *dispatch_new(struct engine *e, struct diags *d)
{
	struct dispatch *x = xcalloc(1, sizeof(*x));
	struct call_context context = engine_call_context(e);

	context.cancel = &x->cancel;
	x->e = e;
	x->d = d;
	x->workers = workers_new(e->options.parallelism, &context);
	x->lanes = lanes_new(e->options.parallelism);
	x->renew_ms = dispatch_now_ms(x) + LOCK_RENEW_MS;
	return x;
}

void dispatch_free(struct dispatch *x)
{
	if (!x)
		return;
	workers_free(x->workers);
	lanes_free(x->lanes);
	timers_release(&x->timers);
	timers_release(&x->watches);
	free(x);
}

void dispatch_cancel(struct dispatch *x)
{
	__atomic_store_n(&x->cancel, 1, __ATOMIC_RELAXED);
}

void dispatch_recall(struct job *j)
{
	__atomic_store_n(&j->recalled, 1, __ATOMIC_RELAXED);
}

int dispatch_level(const struct dispatch *x)
{
	return x->told_level;
}

void dispatch_enroll(struct dispatch *x, struct job *j, const struct instance_id *id,
		     const char *provider, const char *endpoint)
{
	const struct provider_entry *e = registry_entry(x->e->project->registry, provider);

	lanes_enroll(x->lanes, &j->lane,
		     &(struct lane_place){
			     .provider = provider,
			     .account = id->account,
			     .region = id->region,
			     .endpoint = endpoint ? endpoint : "",
			     .concurrency = e ? e->entry->concurrency : 0,
			     .rate = e ? e->entry->rate : PACE_UNLIMITED,
		     });
}

static void end(struct dispatch *x, struct job *j)
{
	j->state = JOB_IDLE;
	j->next = NULL;
	if (x->ended_last)
		x->ended_last->next = j;
	else
		x->ended_first = j;
	x->ended_last = j;
}

static struct job *take_ended(struct dispatch *x)
{
	struct job *j = x->ended_first;

	if (!j)
		return NULL;
	x->ended_first = j->next;
	if (!x->ended_first)
		x->ended_last = NULL;
	return j;
}

/* What waits for an endpoint that was given up fails with the cause of the one that tried. */
static void abandon(struct job *j, const struct outcome *cause)
{
	struct outcome copy;

	outcome_copy_fault(cause, &j->call, &copy);
	outcome_release(&j->work.outcome);
	j->work.outcome = copy;
}

static void enqueue(struct dispatch *x, struct job *j)
{
	j->lane.attempts = j->attempts;
	j->lane.urgent = j->prepared;
	if (lanes_push(x->lanes, &j->lane, dispatch_now_ms(x))) {
		j->state = JOB_QUEUED;
		return;
	}
	abandon(j, lane_cause(&j->lane));
	end(x, j);
}

void dispatch_ask(struct dispatch *x, struct job *j)
{
	assert(j->state == JOB_IDLE);
	j->prepared = false;
	j->attempts = j->waits = 0;
	enqueue(x, j);
}

void dispatch_call(struct dispatch *x, struct job *j)
{
	assert(j->state == JOB_IDLE);
	j->prepared = true;
	j->attempts = j->waits = 0;
	outcome_release(&j->work.outcome);
	enqueue(x, j);
}

void dispatch_rest(struct dispatch *x, struct job *j, int64_t wait_ms)
{
	assert(j->state == JOB_IDLE);
	j->state = JOB_RESTING;
	timers_set(&x->timers, &j->timer, dispatch_now_ms(x) + wait_ms);
}

static void send(struct dispatch *x, struct job *j)
{
	struct clock *c = x->e->options.clock;

	j->sent_ms = c->wall_ms(c);
	outcome_release(&j->work.outcome);
	j->work.call = &j->call;
	j->call.deadline_ms = j->deadline_ms;
	j->call.cancel = &j->recalled;
	__atomic_store_n(&j->recalled, 0, __ATOMIC_RELAXED);
	j->attempts++;
	j->state = JOB_CALLING;
	workers_submit(x->workers, &j->work);
}

void dispatch_submit(struct dispatch *x, struct job *j)
{
	assert(j->state == JOB_STARTED);
	j->prepared = true;
	send(x, j);
}

void dispatch_drop(struct dispatch *x, struct job *j)
{
	assert(j->state == JOB_STARTED);
	j->state = JOB_IDLE;
	lanes_done(x->lanes, &j->lane, LANE_NOT_CALLED, dispatch_now_ms(x));
}

void dispatch_withdraw(struct dispatch *x, struct job *j)
{
	assert(j->state == JOB_QUEUED || j->state == JOB_RETRYING || j->state == JOB_RESTING);
	lanes_withdraw(x->lanes, &j->lane);
	timers_clear(&x->timers, &j->timer);
	j->state = JOB_IDLE;
}

void dispatch_retire(struct dispatch *x, struct job *j)
{
	assert(j->state == JOB_IDLE);
	timers_clear(&x->watches, &j->watch);
	lanes_retire(x->lanes, &j->lane);
}

void dispatch_watch(struct dispatch *x, struct job *j, int64_t due_ms)
{
	timers_set(&x->watches, &j->watch, due_ms);
}

static void tell_retry(struct dispatch *x, const struct job *j, int64_t wait_ms)
{
	const struct diag *g = outcome_error(&j->work.outcome);
	const char *why = g ? g->summary : NULL;
	int limit = retry_attempts_max(j->work.outcome.status);

	/* A health check or a step of a runbook that is made again is no resource that is. */
	if (j->owner != JOB_OF_TASK)
		return;
	engine_tell(x->e, (struct event){
				  .kind = EVENT_RETRY,
				  .addr = j->addr,
				  .type = j->type,
				  .action = j->call.kind == CALL_ACT ? j->call.what
								     : call_name(j->call.kind),
				  .text = j->unseen ? "not seen; what is new may be late" : why,
				  .endpoint = lane_endpoint(&j->lane),
				  .attempt = j->attempts + j->waits + 1,
				  .attempt_max = limit ? limit + j->waits : 0,
				  .wait_ms = wait_ms,
			  });
}

static int64_t wait_before_next(struct dispatch *x, const struct job *j)
{
	struct clock *c = x->e->options.clock;
	struct retry_request r = {
		.status = j->work.outcome.status,
		.attempts = j->attempts,
		.waits = j->waits,
		.retry_after_ms = j->work.outcome.retry_after_ms,
		.now_ms = dispatch_now_ms(x),
		.deadline_ms = j->deadline_ms,
	};

	c->random(c, &r.random, sizeof(r.random));
	return retry_wait_ms(&r);
}

bool dispatch_again(struct dispatch *x, struct job *j)
{
	enum hd_status status = j->work.outcome.status;
	int64_t wait_ms = wait_before_next(x, j);

	assert(j->state == JOB_IDLE);
	/* What is pending goes on after the first interrupt. */
	if (wait_ms < 0 || engine_interrupts(x->e) > (j->call.kind == CALL_POLL ? 1 : 0))
		return false;
	tell_retry(x, j, wait_ms);
	if (status == HD_CONFLICT)
		j->waits++, j->attempts--;
	/* What concerns the endpoint holds up its lane, else this job alone waits. */
	if (status == HD_UNREACHABLE) {
		lanes_pause(x->lanes, &j->lane, dispatch_now_ms(x) + wait_ms);
		enqueue(x, j);
	} else {
		j->state = JOB_RETRYING;
		timers_set(&x->timers, &j->timer, dispatch_now_ms(x) + wait_ms);
	}
	return true;
}

static enum lane_answer lane_answer_of(const struct outcome *o)
{
	if (o->status == HD_UNREACHABLE)
		return LANE_UNREACHABLE;
	return o->status == HD_THROTTLED ? LANE_THROTTLED : LANE_ANSWERED;
}

static void tell_breaker(struct dispatch *x, const struct job *j, enum lane_change change)
{
	if (change == LANE_AS_BEFORE)
		return;
	engine_tell(x->e, (struct event){
				  .kind = change == LANE_OPENED ? EVENT_BREAKER_OPEN
								: EVENT_BREAKER_CLOSED,
				  .addr = j->addr,
				  .endpoint = lane_endpoint(&j->lane),
			  });
}

/* The endpoint used up a job's attempts: everything else that waits for it ends too. */
static void give_up(struct dispatch *x, struct job *j)
{
	struct lane_item *item;

	lanes_give_up(x->lanes, &j->lane, &j->work.outcome, dispatch_now_ms(x));
	while ((item = lanes_abandoned(x->lanes, &j->lane))) {
		struct job *other = container_of(item, struct job, lane);

		abandon(other, lane_cause(&j->lane));
		end(x, other);
	}
}

/* What was made a moment ago may be there and not be seen yet, where the provider says so.  What
 * counts is when it was looked for: its answer may have come back late. */
static bool is_absence_doubtful(const struct job *j)
{
	const struct outcome *o = &j->work.outcome;

	return o->status == HD_NOTFOUND && o->effect == HD_EFFECT_NONE && j->call.made_ms &&
	       j->sent_ms - j->call.made_ms < o->retry_after_ms;
}

static void came_back(struct dispatch *x, struct job *j)
{
	struct outcome *o = &j->work.outcome;
	enum verdict v;

	j->state = JOB_IDLE;
	j->unseen = is_absence_doubtful(j);
	if (j->unseen) {
		o->status = HD_CONFLICT;
		o->retry_after_ms = 0;
	}
	v = retry_verdict(o->status, o->effect, call_nature(j->call.kind));
	tell_breaker(x, j, lanes_done(x->lanes, &j->lane, lane_answer_of(o), dispatch_now_ms(x)));
	/* What is asked of one call of a session that is too fast goes for all of them. */
	if (o->status == HD_THROTTLED && o->retry_after_ms)
		lanes_hold(&j->lane, dispatch_now_ms(x) + retry_after_ms(o->retry_after_ms));
	if ((v == VERDICT_AGAIN || v == VERDICT_LATER) && dispatch_again(x, j))
		return;
	end(x, j);
	if (o->status == HD_UNREACHABLE && wait_before_next(x, j) < 0)
		give_up(x, j);
}

/* Its own pause is over: DUE for a rest, else the same call again. */
static struct job *fire(struct dispatch *x, struct timer *t)
{
	struct job *j = container_of(t, struct job, timer);

	if (j->state == JOB_RESTING) {
		j->state = JOB_IDLE;
		return j;
	}
	assert(j->state == JOB_RETRYING);
	enqueue(x, j);
	return NULL;
}

static bool renew(struct dispatch *x)
{
	int64_t now_ms = dispatch_now_ms(x);

	if (x->locks_lost || x->e->state_mode != STATE_WRITE || now_ms < x->renew_ms)
		return true;
	x->renew_ms = now_ms + LOCK_RENEW_MS;
	x->locks_lost = state_renew_locks(x->e->state, x->d) != 0;
	return !x->locks_lost;
}

/* The next job with a worker for it; one that needs no START is sent at once. */
static struct job *start_one(struct dispatch *x)
{
	struct lane_item *item;

	while ((item = lanes_pop(x->lanes, dispatch_now_ms(x)))) {
		struct job *j = container_of(item, struct job, lane);

		j->state = JOB_STARTED;
		if (!j->prepared)
			return j;
		send(x, j);
	}
	return NULL;
}

static bool interrupted(struct dispatch *x, struct dispatch_event *ev)
{
	int level;

	history_look(x->e, dispatch_now_ms(x));
	level = engine_interrupts(x->e);
	if (level <= x->told_level)
		return false;
	x->told_level = level;
	if (level > 1)
		dispatch_cancel(x);
	*ev = (struct dispatch_event){.kind = DISPATCH_INTERRUPTED, .level = level};
	return true;
}

void dispatch_next(struct dispatch *x, struct dispatch_event *ev)
{
	struct work *w;
	struct timer *t;

	ev->job = NULL;
	if (interrupted(x, ev))
		return;
	ev->kind = DISPATCH_LOCKS_LOST;
	if (!renew(x))
		return;
	ev->kind = DISPATCH_PROGRESS;
	if (workers_take_progress(x->workers, &ev->progress)) {
		ev->job = container_of(ev->progress.work, struct job, work);
		return;
	}
	while ((w = workers_take(x->workers)))
		came_back(x, container_of(w, struct job, work));
	ev->kind = DISPATCH_ENDED;
	if ((ev->job = take_ended(x)))
		return;
	ev->kind = DISPATCH_DUE;
	while ((t = timers_pop(&x->timers, dispatch_now_ms(x))))
		if ((ev->job = fire(x, t)))
			return;
	ev->kind = DISPATCH_SLOW;
	if ((t = timers_pop(&x->watches, dispatch_now_ms(x)))) {
		ev->job = container_of(t, struct job, watch);
		return;
	}
	ev->kind = DISPATCH_START;
	if ((ev->job = start_one(x)))
		return;
	/* Sending without START may have ended jobs of a lane given up. */
	ev->kind = x->ended_first ? DISPATCH_ENDED : DISPATCH_QUIET;
	ev->job = take_ended(x);
}

static int64_t next_due_ms(const struct dispatch *x)
{
	int64_t due_ms = timers_next_ms(&x->timers), lanes_ms = lanes_next_ms(x->lanes);
	int64_t look_ms = history_look_ms(x->e);

	if (look_ms < due_ms)
		due_ms = look_ms;
	if (lanes_ms < due_ms)
		due_ms = lanes_ms;
	if (timers_next_ms(&x->watches) < due_ms)
		due_ms = timers_next_ms(&x->watches);
	if (x->e->state_mode == STATE_WRITE && !x->locks_lost && x->renew_ms < due_ms)
		due_ms = x->renew_ms;
	return due_ms;
}

static void drain_wake_fd(struct dispatch *x, const struct pollfd *p)
{
	char bytes[64];

	if (p->revents & POLLIN) {
		if (read(p->fd, bytes, sizeof(bytes)) == 0)
			x->wake_closed = true;
	} else if (p->revents) {
		x->wake_closed = true;
	}
}

bool dispatch_expects(const struct dispatch *x)
{
	return workers_out(x->workers) || timers_next_ms(&x->timers) != TIMERS_NEVER ||
	       lanes_next_ms(x->lanes) != TIMERS_NEVER;
}

void dispatch_wait(struct dispatch *x)
{
	int64_t due_ms = next_due_ms(x), wait_ms = -1;
	struct pollfd fds[2] = {
		{.fd = workers_fd(x->workers), .events = POLLIN},
		{.fd = x->wake_closed ? -1 : x->e->options.wake_fd, .events = POLLIN},
	};

	/* Waiting for nothing would last for ever. */
	assert(dispatch_expects(x));
	if (due_ms != TIMERS_NEVER) {
		wait_ms = due_ms - dispatch_now_ms(x);
		wait_ms = wait_ms < 0 ? 0 : wait_ms > INT32_MAX ? INT32_MAX : wait_ms;
	}
	if (x->e->idle.pass && !workers_out(x->workers)) {
		x->e->idle.pass(x->e->idle.context, wait_ms);
		return;
	}
	if (poll(fds, ARRAY_LEN(fds), (int)wait_ms) <= 0)
		return;
	workers_drain_fd(x->workers);
	drain_wake_fd(x, &fds[1]);
}
