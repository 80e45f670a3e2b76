#include "engine/check_set.h"

#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "engine/session.h"

/* Beyond its own timeout: it may have to wait for a worker. */
#define ANSWER_GRACE_MS 60000
/* Without a bake time answers that go up and down are taken this often, for each that a threshold
 * asks for. */
#define PATIENCE 10
#define BAKING_TOLD_MS 60000 /* how often observers hear that it goes on */
#define SOON_MS 1000

/* What is asked about, from one vantage point or several. */
struct endpoint {
	const struct manifest_check *check;
	const char *label;
	enum gauge_state wanted, state;
	int64_t within_ms, until_ms; /* 0: thresholds decide */
	struct vantage *vantages;
	size_t vantage_count;
	size_t mute; /* answers in a row that were none */
};

struct asking {
	struct job job;
	struct check_set *c;
	const struct check_probe *probe; /* NULL: the timer */
	struct endpoint *of;
	struct vantage *vantage;
	int64_t asked_ms;
	size_t answers; /* since the bake time was over */
};

static int64_t now_ms(const struct check_set *c)
{
	return dispatch_now_ms(c->dispatch);
}

/* --- what is to be checked ----------------------------------------------------------- */

static void add_probe(struct check_set *c, struct endpoint *of, const struct check_probe *p)
{
	struct asking *q = ARENA_NEW(c->a, struct asking);

	q->job.owner = JOB_OF_CHECK;
	q->c = c;
	q->probe = p;
	q->of = of;
	q->vantage = &of->vantages[of->vantage_count++];
	*(struct asking **)arena_vec_add(c->a, &c->asked) = q;
}

/* Its probes stand together; how many there are. */
static size_t add_endpoint(struct check_set *c, const struct check_wanted *w,
			   const struct check_probe *probes, size_t count)
{
	struct endpoint *of = ARENA_NEW(c->a, struct endpoint);
	size_t own = 0;

	while (own < count && probes[own].endpoint == probes[0].endpoint)
		own++;
	of->check = w->check;
	of->label = probes[0].endpoint;
	of->wanted = w->unhealthy ? GAUGE_UNHEALTHY : GAUGE_HEALTHY;
	of->within_ms = w->within_ms;
	of->vantages = ARENA_ARRAY(c->a, own, struct vantage);
	for (size_t i = 0; i < own; i++)
		add_probe(c, of, &probes[i]);
	return own;
}

void check_set_add_probes(struct check_set *c, const struct check_wanted *w,
			  const struct check_probe_list *probes)
{
	for (size_t i = 0; i < probes->count;)
		i += add_endpoint(c, w, &probes->items[i], probes->count - i);
}

void check_set_add(struct check_set *c, const struct check_wanted *w,
		   const struct check_place *place)
{
	struct check_probe_list probes = {0};

	if (check_probes(c->a, w->check, place, &probes, c->d))
		c->fault = arena_printf(c->a, "'%s' cannot be carried out", w->check->name);
	check_set_add_probes(c, w, &probes);
}

/* --- the end ------------------------------------------------------------------------- */

static void withdraw(struct check_set *c, struct asking *q)
{
	switch (q->job.state) {
	case JOB_QUEUED:
	case JOB_RETRYING:
	case JOB_RESTING:
		dispatch_withdraw(c->dispatch, &q->job);
		dispatch_retire(c->dispatch, &q->job);
		return;
	case JOB_IDLE:
		dispatch_retire(c->dispatch, &q->job);
		return;
	case JOB_STARTED:
	case JOB_CALLING: /* nobody waits for what it says */
		return;
	}
}

void check_set_stop(struct check_set *c)
{
	if (c->ended)
		return;
	c->ended = true;
	for (size_t i = 0; i < c->asked.count; i++)
		withdraw(c, c->asked.items[i]);
	if (c->timer)
		withdraw(c, c->timer);
}

static void end(struct check_set *c, enum check_set_end how)
{
	check_set_stop(c);
	c->listener->over(c, how);
}

static bool is_fine(const struct asking *q)
{
	return q->of->state == q->of->wanted;
}

static bool all_fine(const struct check_set *c)
{
	for (size_t i = 0; i < c->asked.count; i++) {
		if (!is_fine(c->asked.items[i]))
			return false;
	}
	return true;
}

/* --- asking -------------------------------------------------------------------------- */

static void fail(struct check_set *c, const char *fault)
{
	c->fault = fault;
	end(c, CHECK_SET_FAULTY);
}

static bool enroll(struct asking *q)
{
	struct check_set *c = q->c;
	const struct check_place *place = &q->probe->place;
	const struct instance_id id = {c->stack, place->account, q->probe->from->name};
	const struct manifest_check *check = q->probe->check;
	const struct provider_entry *entry =
		registry_entry(c->e->project->registry, q->probe->provider);
	struct call *call = &q->job.call;

	if (!entry || !HD_KNOWS(struct hd_provider, entry->table, lookup) || !entry->table->lookup)
		return false;
	*call = (struct call){.kind = CALL_LOOKUP, .what = "check", .type = "check"};
	call->args = q->probe->args;
	call->where = check->where;
	call->table = entry->table;
	call->session = sessions_get(c->e->sessions, entry, &id, c->d);
	if (!call->session)
		return false;
	dispatch_enroll(c->dispatch, &q->job, &id, entry->name, "");
	return true;
}

static void ask(struct asking *q)
{
	q->asked_ms = now_ms(q->c);
	q->job.deadline_ms = q->asked_ms + q->probe->check->timeout_ms + ANSWER_GRACE_MS;
	dispatch_call(q->c->dispatch, &q->job);
}

static int64_t bake_left_ms(const struct check_set *c)
{
	return c->bake_until_ms - now_ms(c);
}

/* Until the next time that it is told, or the end. */
static void bake_on(struct check_set *c)
{
	int64_t left_ms = bake_left_ms(c);

	if (c->listener->baking)
		c->listener->baking(c, left_ms);
	dispatch_rest(c->dispatch, &c->timer->job,
		      left_ms < BAKING_TOLD_MS ? left_ms : BAKING_TOLD_MS);
}

static void begin_baking(struct check_set *c, int64_t bake_ms)
{
	c->bake_until_ms = now_ms(c) + bake_ms;
	c->timer = ARENA_NEW(c->a, struct asking);
	c->timer->job.owner = JOB_OF_CHECK;
	c->timer->c = c;
	bake_on(c);
}

static void begin_asking(struct asking *q)
{
	if (!enroll(q)) {
		fail(q->c, arena_printf(q->c->a, "%s: its provider '%s' carries out no checks",
					q->probe->label, q->probe->provider));
		return;
	}
	if (q->of->within_ms && !q->of->until_ms)
		q->of->until_ms = now_ms(q->c) + q->of->within_ms;
	ask(q);
}

void check_set_begin(struct check_set *c, int64_t bake_ms)
{
	if (c->fault) {
		end(c, CHECK_SET_FAULTY);
		return;
	}
	if (bake_ms > 0)
		begin_baking(c, bake_ms);
	for (size_t i = 0; i < c->asked.count && !c->ended; i++)
		begin_asking(c->asked.items[i]);
	if (!c->ended && !c->asked.count && !c->timer)
		end(c, CHECK_SET_FINE);
}

/* --- answers ------------------------------------------------------------------------- */

static const char *first_error(struct arena *a, const struct outcome *o)
{
	for (const struct diag *g = o->diags.first; g; g = g->next) {
		if (g->severity == DIAG_ERROR)
			return arena_strdup(a, g->summary);
	}
	return "it could not be carried out";
}

static struct check_answer read_answer(struct arena *a, const struct outcome *o)
{
	struct check_answer answer = {.detail = "no answer", .values = ""};
	const json_t *values = NULL;
	json_t *j;

	if (o->status != HD_OK)
		return (struct check_answer){.detail = first_error(a, o),
					     .values = "",
					     .unasked = o->status != HD_UNREACHABLE};
	j = o->result ? json_parse(text_of(o->result), NULL, NULL) : NULL;
	answer.healthy = json_flag(j, "Healthy", false);
	answer.said_no = !answer.healthy && json_flag(j, "SaidNo", false);
	answer.unasked = !answer.healthy && !json_flag(j, "Asked", true);
	answer.detail = arena_strdup(a, json_str(j, "Detail", answer.healthy ? "" : "no answer"));
	values = json_object_get(j, "Values");
	if (json_is_object(values))
		answer.values = json_text(a, values);
	json_decref(j);
	return answer;
}

static bool is_patience_over(struct asking *q)
{
	const struct manifest_check *k = q->probe->check;

	if (q->of->until_ms)
		return now_ms(q->c) >= q->of->until_ms;
	if (q->c->bake_until_ms && bake_left_ms(q->c) > 0)
		return false;
	if (q->of->mute >= k->unhealthy_threshold * q->of->vantage_count)
		return true;
	return ++q->answers > PATIENCE * (k->healthy_threshold + k->unhealthy_threshold);
}

/* Its state is certain, and is not the one that is wanted. */
static bool is_wrong(const struct asking *q)
{
	return q->of->state != GAUGE_UNKNOWN && !is_fine(q) &&
	       (!q->of->until_ms || now_ms(q->c) >= q->of->until_ms);
}

/* Intervals are from question to question: an answer that takes its Timeout to fail does not make
 * an outage take longer to be seen.  Who waits for something to become so hears of it soon; one bad
 * answer where all should be well is looked at again when its Interval says so. */
static int64_t pause_ms(const struct asking *q, const struct check_answer *answer)
{
	int64_t interval_ms = q->probe->check->interval_ms;
	bool as_wanted = answer->healthy == (q->of->wanted == GAUGE_HEALTHY);
	int64_t left_ms = q->of->until_ms - now_ms(q->c);

	if (q->c->pace == CHECK_PACE_SOON && interval_ms > SOON_MS &&
	    (as_wanted || q->of->until_ms))
		interval_ms = SOON_MS;
	interval_ms -= now_ms(q->c) - q->asked_ms;
	/* The last answer that counts is given when the time is over. */
	if (q->of->until_ms && left_ms > 0 && left_ms < interval_ms)
		interval_ms = left_ms;
	return interval_ms > 0 ? interval_ms : 0;
}

static bool has_voice(const struct endpoint *of)
{
	for (size_t i = 0; i < of->vantage_count; i++) {
		if (of->vantages[i].last != VOICE_NONE)
			return true;
	}
	return false;
}

static void give_up(struct asking *q, const struct check_answer *answer)
{
	struct check_set *c = q->c;
	const char *how = "is up and down, at last";

	if (!has_voice(q->of)) {
		c->mute = true;
		how = q->of->vantage_count > 1 ? "can be asked from nowhere, at last"
					       : "cannot be asked";
	}
	fail(c, arena_printf(c->a, "%s %s: %s", q->of->label, how, answer->detail));
}

static void decide(struct asking *q, const struct check_answer *answer)
{
	struct check_set *c = q->c;
	bool baking = c->timer && bake_left_ms(c) > 0;

	if (is_wrong(q))
		fail(c, arena_printf(c->a, "%s: %s", q->of->label, answer->detail));
	else if (!baking && all_fine(c))
		end(c, CHECK_SET_FINE);
	else if (!is_fine(q) && is_patience_over(q))
		give_up(q, answer);
	else
		dispatch_rest(c->dispatch, &q->job, pause_ms(q, answer));
}

/* A host that cannot be reached itself says nothing about the endpoint. */
static bool is_cut_off(const struct asking *q)
{
	return q->probe->remote && q->job.work.outcome.status != HD_OK;
}

static enum voice voice_of(const struct asking *q, const struct check_answer *answer)
{
	if (is_cut_off(q) || (answer->unasked && q->of->wanted == GAUGE_UNHEALTHY))
		return VOICE_NONE;
	return answer->healthy ? VOICE_HEALTHY : VOICE_UNHEALTHY;
}

static void hear(struct asking *q, const struct check_answer *answer)
{
	struct endpoint *of = q->of;
	enum voice voice = voice_of(q, answer);

	vantage_hear(q->vantage, of->check, voice);
	of->mute = voice == VOICE_NONE && !is_cut_off(q) && !has_voice(of) ? of->mute + 1 : 0;
	of->state = check_quorum(of->check, of->vantages, of->vantage_count);
}

/* Of several vantage points one answer for the endpoint: false as long as there is none. */
static bool join(const struct asking *q, const struct check_answer *answer,
		 struct check_answer *out)
{
	const struct endpoint *of = q->of;
	enum gauge_state now = check_quorum_now(of->check, of->vantages, of->vantage_count);

	*out = *answer;
	out->healthy = now == GAUGE_HEALTHY;
	if (of->check->from_count && *answer->detail)
		out->detail = arena_printf(q->c->a, "%s (%s)", answer->detail,
					   q->probe->label + strlen(of->label) + 1);
	return now != GAUGE_UNKNOWN;
}

static void tell(const struct asking *q, enum gauge_state before, const struct check_answer *answer)
{
	const struct check_listener *l = q->c->listener;
	struct check_answer joined;
	bool known = join(q, answer, &joined);

	/* A good answer is no reason for what the others' bad ones make of the endpoint. */
	if (l->answered && known && (joined.healthy || !answer->healthy))
		l->answered(q->c, q->probe, &joined);
	joined.healthy = q->of->state == GAUGE_HEALTHY;
	if (l->changed && q->of->state != before && q->of->state != GAUGE_UNKNOWN)
		l->changed(q->c, q->probe, &joined);
}

static void answered(struct asking *q)
{
	struct check_set *c = q->c;
	struct outcome *o = &q->job.work.outcome;
	struct endpoint *of = q->of;
	enum gauge_state before = of->state;
	struct check_answer answer;

	if (c->ended) {
		dispatch_retire(c->dispatch, &q->job);
		return;
	}
	answer = read_answer(c->a, o);
	diags_release(&o->diags);
	hear(q, &answer);
	tell(q, before, &answer);
	/* Who heard it may have stopped the set. */
	if (!c->ended)
		decide(q, &answer);
}

static void due(struct asking *q)
{
	struct check_set *c = q->c;

	if (q->probe)
		ask(q);
	else if (bake_left_ms(c) > 0)
		bake_on(c);
	else if (all_fine(c))
		end(c, CHECK_SET_FINE);
}

void check_set_event(const struct dispatch_event *ev)
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
		dispatch_drop(q->c->dispatch, ev->job);
		return;
	case DISPATCH_SLOW:
	case DISPATCH_PROGRESS:
	case DISPATCH_INTERRUPTED:
	case DISPATCH_LOCKS_LOST:
	case DISPATCH_QUIET:
		return;
	}
}

void check_set_release(struct check_set *c)
{
	for (size_t i = 0; i < c->asked.count; i++)
		outcome_release(&c->asked.items[i]->job.work.outcome);
}
