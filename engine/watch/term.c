/*
 * term.c - one term of asking: all checks in all regions, until an entry is due, an execution is
 * found that nobody runs, the user asks to stop, or the term has been long enough.
 *
 * What answers need lives as long as the term, so that a watch of months needs no more than one of
 * minutes.  Rows of bad answers and all that was decided from them live on (rule.h); only the
 * thresholds of check_set.h begin anew, so a term ends when nothing is in the balance.
 */
#include <stdio.h>
#include <string.h>

#include "engine/check_set.h"
#include "engine/engine_private.h"
#include "engine/health/sites.h"
#include "engine/watch/watch_parts.h"

#define TERM_MS 600000
#define TICK_MS 1000
#define FACTS_MS 2000 /* between two looks at what is recorded */
/* A set of checks that nobody ends. */
#define FOREVER_MS (INT64_MAX / 4)

struct term {
	struct watching *w;
	struct arena *a;
	struct dispatch *dispatch;
	struct check_sites sites;
	struct check_set set;
	struct job timer;
	struct {
		VEC_OF(struct check_sample)
	} samples; /* not recorded yet */
	int64_t began_ms, recorded_ms, facts_ms, left_ms;
	bool over, urgent;
};

/* --- endpoints ------------------------------------------------------------------------------- */

static struct outlook *outlook_of(struct watching *w, const char *endpoint)
{
	for (size_t i = 0; i < w->outlooks.count; i++)
		if (!strcmp(w->outlooks.items[i].endpoint, endpoint))
			return &w->outlooks.items[i];
	return NULL;
}

static void add_outlook(struct watching *w, const struct check_probe *p)
{
	if (outlook_of(w, p->endpoint))
		return;
	*arena_vec_add(w->a, &w->outlooks) = (struct outlook){
		.check = p->check,
		.region = p->place.region->name,
		.endpoint = arena_strdup(w->a, p->endpoint),
	};
}

static void add_probes(void *context, const struct manifest_check *c,
		       const struct check_probe_list *probes)
{
	struct term *t = context;
	const struct check_wanted wanted = {.check = c, .within_ms = FOREVER_MS};

	check_set_add_probes(&t->set, &wanted, probes);
	for (size_t i = 0; i < probes->count; i++)
		add_outlook(t->w, &probes->items[i]);
}

static bool is_asked_in(const struct watched_check *c, const struct manifest_region *r)
{
	return c->region ? !strcmp(c->region, r->name) : !r->global;
}

static int add_all(struct term *t)
{
	const struct manifest *m = t->w->e->project->manifest;
	int rc = 0;

	check_sites_load(&t->sites);
	for (size_t i = 0; i < t->w->checks.count; i++)
		for (size_t k = 0; k < m->region_count; k++)
			if (is_asked_in(&t->w->checks.items[i], &m->regions[k]))
				rc |= check_sites_add(&t->sites, t->w->checks.items[i].check,
						      &m->regions[k], t->w->d);
	t->w->all.items = t->w->outlooks.items;
	t->w->all.count = t->w->outlooks.count;
	return rc;
}

/* --- what is recorded ------------------------------------------------------------------------ */

static void keep(struct term *t, const struct check_sample *s)
{
	for (size_t i = 0; i < t->samples.count; i++) {
		struct check_sample *old = &t->samples.items[i];

		/* The latest healthy one counts by itself. */
		if (!strcmp(old->check, s->check) && !strcmp(old->region, s->region) &&
		    old->healthy == s->healthy) {
			*old = *s;
			return;
		}
	}
	*arena_vec_add(t->a, &t->samples) = *s;
}

/* Of several hosts of a region one sample: well when all are. */
static void keep_answer(struct term *t, const struct outlook *said,
			const struct check_answer *answer)
{
	struct check_sample s = {
		.check = said->check->name,
		.region = said->region,
		.at_ms = watch_wall_ms(t->w),
		.healthy = true,
		.detail = answer->detail,
		.values = answer->values,
	};

	for (size_t i = 0; i < t->w->all.count; i++) {
		const struct outlook *o = &t->w->all.items[i];

		if (o->check == said->check && !strcmp(o->region, said->region) && o->heard_ms &&
		    !o->healthy)
			s.healthy = false;
	}
	keep(t, &s);
}

static void keep_entries(struct term *t)
{
	struct watching *w = t->w;

	for (size_t i = 0; i < w->count; i++) {
		struct judgement v = entry_judge(&w->items[i].entry, &w->all, watch_now_ms(w));
		struct check_sample s;

		/* What an earlier process knew stands until something else is certain. */
		if (v.standing == STANDING_UNKNOWN)
			continue;
		s = keep_entry(t->a, &w->items[i], &v, watch_wall_ms(w));
		keep(t, &s);
	}
}

/* What cannot be recorded does not keep anybody from watching. */
static void record(struct term *t)
{
	struct diags ignored = DIAGS_INIT;

	if (t->samples.count) {
		keep_entries(t);
		journal_put_samples(t->w->lock, t->samples.items, t->samples.count, &ignored);
	}
	t->samples.count = 0;
	t->recorded_ms = watch_now_ms(t->w);
	diags_release(&ignored);
}

/* --- entries --------------------------------------------------------------------------------- */

static void tell_hold(struct term *t, struct guarded *g, const struct judgement *v,
		      const struct watch_facts *f, enum hold hold)
{
	const char *id = hold == HOLD_AWAY ? f->away : hold == HOLD_RUNNING ? f->running : NULL;

	if (hold == g->held || hold == HOLD_WAIT)
		return;
	g->held = hold;
	if (hold == HOLD_NOTHING)
		return;
	watch_tell(t->w, (struct watch_event){
				 .kind = WATCH_HOLDS,
				 .watch = g->entry.watch,
				 .standing = v->standing,
				 .hold = hold,
				 .since_ms = v->since_ms,
				 .runbook = g->entry.watch->runbook,
				 .execution = id,
			 });
}

/* What takes care of itself soon is waited for. */
static bool is_settled(const struct watching *w, enum hold hold)
{
	return (hold != HOLD_CUT_OFF && hold != HOLD_WAIT) || watch_now_ms(w) >= w->until_ms;
}

static void consider(struct term *t, struct guarded *g, const struct judgement *v)
{
	struct watching *w = t->w;
	struct watch_facts f;
	enum hold hold;

	if (act_facts(w, g, &f)) {
		t->over = true;
		return;
	}
	hold = entry_hold(&g->entry, v, &w->all, &f, watch_now_ms(w));
	tell_hold(t, g, v, &f, hold);
	if (hold != HOLD_NOTHING) {
		g->settled = is_settled(w, hold);
		return;
	}
	w->due = g;
	w->verdict = *v;
	t->over = true;
}

static void tell_standing(struct term *t, struct guarded *g, const struct judgement *v)
{
	enum standing told = v->standing == STANDING_DUE ? STANDING_UNHEALTHY : v->standing;

	if (told == g->told)
		return;
	g->told = told;
	g->held = HOLD_NOTHING;
	t->urgent = true;
	watch_tell(t->w, (struct watch_event){
				 .kind = WATCH_STANDING,
				 .watch = g->entry.watch,
				 .standing = told,
				 .since_ms = told == STANDING_UNHEALTHY ? v->since_ms : 0,
				 .text = v->worst && told != STANDING_HEALTHY
						 ? arena_printf(t->a, "%s%s%s", v->worst->endpoint,
								*v->worst->detail ? ": " : "",
								v->worst->detail)
						 : "",
			 });
}

static void look_at(struct term *t, struct guarded *g, bool facts)
{
	struct watching *w = t->w;
	struct judgement v = entry_judge(&g->entry, &w->all, watch_now_ms(w));

	tell_standing(t, g, &v);
	if (v.standing == STANDING_HEALTHY) {
		g->entry.armed = true;
		g->entry.well_ms = watch_now_ms(w);
		g->pause_ms = 0;
		g->entry.not_before_ms = 0;
		g->settled = true;
	} else if (v.standing == STANDING_DUE && facts && !t->over) {
		consider(t, g, &v);
	} else if (watch_now_ms(w) >= w->until_ms && v.standing != STANDING_DUE) {
		g->settled = true;
	}
}

static bool all_settled(const struct watching *w)
{
	for (size_t i = 0; i < w->count; i++)
		if (!w->items[i].settled)
			return false;
	return true;
}

static void judge_all(struct term *t)
{
	struct watching *w = t->w;
	bool facts = watch_now_ms(w) >= t->facts_ms;

	for (size_t i = 0; i < w->count && !t->over; i++)
		look_at(t, &w->items[i],
			facts || w->items[i].held == HOLD_NOTHING ||
				w->items[i].held == HOLD_CUT_OFF);
	if (facts)
		t->facts_ms = watch_now_ms(w) + FACTS_MS;
	if (w->q->mode == WATCH_ONCE && all_settled(w))
		t->over = true;
}

/* --- answers --------------------------------------------------------------------------------- */

/* What an earlier process saw does not count on behind a good answer, or a silence. */
static void drop_carried(struct watching *w, const struct outlook *o)
{
	for (size_t i = 0; i < w->count; i++) {
		struct watch_entry *e = &w->items[i].entry;

		if (o && strcmp(o->region, e->watch->region->name) != 0)
			continue;
		for (size_t k = 0; k < e->watch->check_count; k++)
			if (!o || e->watch->checks[k] == o->check)
				e->carried_since_ms = e->carried_sure_ms = 0;
	}
}

static void answered(struct check_set *c, const struct check_probe *p,
		     const struct check_answer *answer)
{
	struct term *t = c->context;
	struct watching *w = t->w;
	struct outlook *o = outlook_of(w, p->endpoint);
	enum outlook_answer said = answer->healthy   ? ANSWER_GOOD
				   : *answer->values ? ANSWER_WRONG
						     : ANSWER_BAD;

	snprintf(o->detail, sizeof(o->detail), "%s", answer->detail);
	if (outlook_hear(&w->all, o, said, watch_now_ms(w)))
		drop_carried(w, NULL);
	if (answer->healthy)
		drop_carried(w, o);
	keep_answer(t, o, answer);
}

static void changed(struct check_set *c, const struct check_probe *p,
		    const struct check_answer *answer)
{
	struct term *t = c->context;

	outlook_state(outlook_of(t->w, p->endpoint),
		      answer->healthy ? GAUGE_HEALTHY : GAUGE_UNHEALTHY, watch_now_ms(t->w));
}

static void over(struct check_set *c, enum check_set_end how)
{
	struct term *t = c->context;
	struct diag *g;

	t->over = true;
	if (how == CHECK_SET_FINE || t->w->d->error_count)
		return;
	g = diag_add(t->w->d, DIAG_WATCH_CHECK, RANGE_NONE, "a health check cannot be asked: %s",
		     c->fault);
	diag_hint(t->w->d, g, "its Provider has to be one that carries out checks");
}

static const struct check_listener listener = {
	.over = over, .changed = changed, .answered = answered};

/* --- the loop -------------------------------------------------------------------------------- */

/* Nothing is in the balance: no row of bad answers that is not certain yet. */
static bool is_quiet(const struct watching *w)
{
	for (size_t i = 0; i < w->all.count; i++)
		if (w->all.items[i].bad && !w->all.items[i].sure_ms)
			return false;
	return true;
}

static void look_around(struct term *t)
{
	struct watching *w = t->w;
	int64_t now_ms = watch_now_ms(w);

	judge_all(t);
	if (t->urgent || t->over || now_ms - t->recorded_ms >= TICK_MS)
		record(t);
	t->urgent = false;
	if (!watch_renew(w))
		t->over = true;
	if (now_ms - t->left_ms >= FACTS_MS && !t->over) {
		t->left_ms = now_ms;
		act_find_left(w);
		t->over = *w->resume != '\0';
	}
	if (now_ms - t->began_ms >= 2 * TERM_MS || (now_ms - t->began_ms >= TERM_MS && is_quiet(w)))
		t->over = true;
}

static void on_event(struct term *t, const struct dispatch_event *ev)
{
	switch (ev->kind) {
	case DISPATCH_START:
	case DISPATCH_ENDED:
	case DISPATCH_DUE:
		if (ev->job == &t->timer)
			dispatch_rest(t->dispatch, &t->timer, TICK_MS);
		else
			check_set_event(ev);
		return;
	case DISPATCH_INTERRUPTED:
		t->w->stopped = t->over = true;
		return;
	case DISPATCH_QUIET:
		look_around(t);
		if (!t->over)
			dispatch_wait(t->dispatch);
		return;
	case DISPATCH_SLOW:
	case DISPATCH_PROGRESS:
	case DISPATCH_LOCKS_LOST:
		return;
	}
}

static void ask(struct term *t)
{
	struct dispatch_event ev;

	act_find_left(t->w);
	t->over = *t->w->resume != '\0';
	if (t->over)
		return;
	check_set_begin(&t->set, FOREVER_MS);
	dispatch_rest(t->dispatch, &t->timer, TICK_MS);
	while (!t->over) {
		dispatch_next(t->dispatch, &ev);
		on_event(t, &ev);
	}
	check_set_stop(&t->set);
	if (t->timer.state == JOB_RESTING)
		dispatch_withdraw(t->dispatch, &t->timer);
	record(t);
}

int term_run(struct watching *w)
{
	size_t errors = w->d->error_count;
	struct term t = {.w = w, .a = arena_new()};

	t.began_ms = t.recorded_ms = t.left_ms = watch_now_ms(w);
	t.dispatch = dispatch_new(w->e, w->d);
	t.sites = (struct check_sites){.e = w->e, .a = t.a, .add = add_probes, .context = &t};
	t.set = (struct check_set){.e = w->e,
				   .dispatch = t.dispatch,
				   .a = t.a,
				   .d = w->d,
				   .stack = "",
				   .pace = CHECK_PACE_OWN,
				   .listener = &listener,
				   .context = &t};
	if (add_all(&t) == 0)
		ask(&t);
	dispatch_cancel(t.dispatch);
	dispatch_free(t.dispatch);
	check_set_release(&t.set);
	arena_free(t.a);
	return w->d->error_count == errors ? 0 : -1;
}
