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
#define FACTS_MS 2000     /* between two looks at what is recorded */
#define OUTLOOK_MS 10000  /* between two of what would speak against an entry */
#define PATIENCE_MS 10000 /* between two tries to record what cannot be */
#define AGAIN_MS 600000   /* between two words about that */
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
	int64_t began_ms, recorded_ms, facts_ms, left_ms, outlook_ms;
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
	struct outlook *known = outlook_of(w, p->endpoint);

	if (known) {
		known->asked = true;
		return;
	}
	*arena_vec_add(w->a, &w->outlooks) = (struct outlook){
		.asked = true,
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

/* A new version of the project may have lost some. */
static void drop_unasked(struct watching *w)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->outlooks.count; i++)
		if (w->outlooks.items[i].asked)
			w->outlooks.items[kept++] = w->outlooks.items[i];
	w->outlooks.count = kept;
}

static int add_all(struct term *t)
{
	const struct manifest *m = t->w->e->project->manifest;
	int rc = 0;

	for (size_t i = 0; i < t->w->outlooks.count; i++)
		t->w->outlooks.items[i].asked = false;
	check_sites_load(&t->sites);
	for (size_t i = 0; i < t->w->checks.count; i++)
		for (size_t k = 0; k < m->region_count; k++)
			if (is_asked_in(&t->w->checks.items[i], &m->regions[k]))
				rc |= check_sites_add(&t->sites, t->w->checks.items[i].check,
						      &m->regions[k], t->w->d);
	drop_unasked(t->w);
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

/* What cannot be recorded does not keep anybody from watching; but a runbook will not begin. */
static void tell_unwritable(struct watching *w, struct diags *d)
{
	int64_t now_ms = watch_now_ms(w);

	if (w->unwritable_ms && now_ms - w->unwritable_ms < AGAIN_MS)
		return;
	w->unwritable_ms = now_ms;
	watch_tell(w, (struct watch_event){.kind = WATCH_UNWRITABLE,
					   .text = d->first ? d->first->summary : "",
					   .diags = d});
}

static void tell_writable(struct watching *w)
{
	if (!w->unwritable_ms)
		return;
	w->unwritable_ms = 0;
	watch_tell(w, (struct watch_event){.kind = WATCH_WRITABLE});
	watch_try_again(w);
}

static void record(struct term *t)
{
	struct watching *w = t->w;
	struct diags said = DIAGS_INIT;
	struct check_sample own = keep_watch(t->a, w);

	if (t->samples.count)
		keep_entries(t);
	keep(t, &own);
	t->recorded_ms = watch_now_ms(w);
	if (journal_put_samples(w->lock, t->samples.items, t->samples.count, &said) == 0) {
		tell_writable(w);
	} else {
		tell_unwritable(w, &said);
		t->recorded_ms = watch_now_ms(w) + PATIENCE_MS;
	}
	t->samples.count = 0;
	diags_release(&said);
}

/* --- entries --------------------------------------------------------------------------------- */

/* `said`: why, when what is recorded cannot be read. */
static void tell_hold(struct term *t, struct guarded *g, const struct judgement *v,
		      const struct watch_facts *f, struct diags *said)
{
	struct watch_event ev = {
		.kind = WATCH_HOLDS,
		.watch = g->entry.watch,
		.standing = v->standing,
		.hold = g->held,
		.since_ms = v->since_ms,
		.until_ms = entry_held_until(&g->entry, f, g->held),
		.runbook = g->entry.watch->runbook,
	};

	if (g->held == HOLD_AWAY)
		ev.execution = f->away;
	if (g->held == HOLD_RUNNING) {
		ev.execution = f->running;
		obstacle_explain(t->w, f->running, said);
	}
	ev.diags = said->first ? said : NULL;
	watch_tell(t->w, ev);
}

/* What takes care of itself soon is waited for. */
static bool is_settled(const struct watching *w, enum hold hold)
{
	return (hold != HOLD_CUT_OFF && hold != HOLD_WAIT) || watch_now_ms(w) >= w->until_ms;
}

static void begin(struct term *t, struct guarded *g, const struct judgement *v)
{
	t->w->due = g;
	t->w->verdict = *v;
	t->over = true;
}

/* What is in the way and may be given up goes first. */
static bool gives_up(struct term *t, enum hold hold, const struct watch_facts *f)
{
	struct watching *w = t->w;

	if (hold != HOLD_RUNNING || *w->resume || !obstacle_may_go(w, f->running))
		return false;
	snprintf(w->resume, sizeof(w->resume), "%s", f->running);
	w->gives_up = t->over = true;
	return true;
}

static void consider(struct term *t, struct guarded *g, const struct judgement *v)
{
	struct watching *w = t->w;
	struct diags said = DIAGS_INIT;
	struct watch_facts f;
	enum hold hold = HOLD_STATE;

	if (act_facts(w, g, &f, &said) == 0)
		hold = entry_hold(&g->entry, v, &w->all, &f, watch_now_ms(w));
	if (hold == HOLD_NOTHING)
		begin(t, g, v);
	else if (!gives_up(t, hold, &f))
		g->settled = is_settled(w, hold);
	if (hold != g->held && hold != HOLD_WAIT && !w->gives_up) {
		g->held = hold;
		if (hold != HOLD_NOTHING)
			tell_hold(t, g, v, &f, &said);
	}
	diags_release(&said);
}

/* Told to others (status.c), not here: nothing is due. */
static void look_out(struct term *t, struct guarded *g)
{
	struct watching *w = t->w;
	struct diags ignored = DIAGS_INIT;
	struct watch_facts f;
	const char *by;

	g->would = HOLD_STATE;
	if (act_facts(w, g, &f, &ignored) == 0)
		g->would = entry_outlook(&g->entry, &f, watch_now_ms(w));
	g->would_until_ms = entry_held_until(&g->entry, &f, g->would);
	by = g->would == HOLD_RUNNING ? f.running : g->would == HOLD_AWAY ? f.away : "";
	snprintf(g->would_by, sizeof(g->would_by), "%s", by);
	diags_release(&ignored);
}

static void look_out_all(struct term *t)
{
	for (size_t i = 0; i < t->w->count; i++)
		look_out(t, &t->w->items[i]);
	t->outlook_ms = watch_now_ms(t->w);
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
				w->items[i].held == HOLD_CUT_OFF || w->items[i].held == HOLD_MUTE);
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
				   : answer->unasked ? ANSWER_MUTE
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
	if (t->urgent || now_ms - t->outlook_ms >= OUTLOOK_MS)
		look_out_all(t);
	if (t->urgent || t->over || now_ms - t->recorded_ms >= TICK_MS)
		record(t);
	t->urgent = false;
	if (!watch_renew(w))
		t->over = true;
	if (now_ms - t->left_ms >= FACTS_MS && !t->over) {
		t->left_ms = now_ms;
		act_find_left(w);
		whole_look(w);
		if (!*w->resume)
			obstacle_look(w);
		t->over = *w->resume != '\0' || (w->next && is_quiet(w));
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

	whole_look(t->w);
	act_find_left(t->w);
	t->over = *t->w->resume != '\0';
	if (t->over)
		return;
	obstacle_look(t->w);
	ready_look(t->w);
	look_out_all(t);
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
