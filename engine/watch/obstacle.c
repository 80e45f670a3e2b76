/*
 * obstacle.c - executions that are not over and so keep a watch from acting: told with what to
 * type, before the region fails; and those that it may give up by itself when it has to act.
 */
#include <string.h>

#include "engine/engine_private.h"
#include "engine/runbook/conduct.h"
#include "engine/runbook/runbook.h"
#include "engine/watch/watch_parts.h"

#define EXECUTION_LOCK_STACK "@runbook"

/* --- what is recorded of it ---------------------------------------------------------------- */

bool obstacle_is_one(const struct execution_row *r)
{
	return r->kind != EXECUTION_DRILL_SIMULATED && !execution_status_is_over(r->status);
}

static bool is_locked(const struct watching *w, const struct lock_list *locks, const char *id)
{
	for (size_t i = 0; i < locks->count; i++) {
		const struct lock_info *l = &locks->items[i];

		if (!strcmp(l->id.stack, EXECUTION_LOCK_STACK) && !strcmp(l->id.region, id) &&
		    *l->lock_id)
			return !l->gone && l->lease_until_ms > watch_wall_ms(w);
	}
	return false;
}

bool obstacle_is_left(const struct watching *w, const struct lock_list *locks,
		      const struct execution_row *r)
{
	return !execution_status_is_over(r->status) && (r->gone || !is_locked(w, locks, r->id));
}

static int load_story(const struct watching *w, struct arena *a, const struct execution_row *r,
		      struct execution_story *out)
{
	struct journal_list list = {NULL, 0};
	struct diags ignored = DIAGS_INIT;
	int rc =
		journal_load_entries(w->lock, &(struct journal_part){r->id, 0}, a, &list, &ignored);

	diags_release(&ignored);
	if (rc == 0)
		execution_story(a, r, &list, out);
	return rc;
}

static bool is_paused_by_somebody(const struct execution_story *s)
{
	return s->row.status == EXECUTION_PAUSED && s->paused &&
	       strcmp(s->pause_reason, "interrupted") != 0;
}

bool obstacle_waits_for_somebody(const struct watching *w, struct arena *a,
				 const struct execution_row *r)
{
	struct execution_story story;

	return r->status == EXECUTION_PAUSED && load_story(w, a, r, &story) == 0 &&
	       is_paused_by_somebody(&story);
}

/* --- what may be given up ------------------------------------------------------------------ */

static bool is_decisive(const struct execution_story *s, const struct path_list *done)
{
	for (size_t i = 0; i < done->count; i++) {
		const struct step_story *step = story_step(s, done->items[i]);

		if (step->promotes || !strcmp(step->kind, step_kind_name(STEP_FENCE)))
			return true;
	}
	return false;
}

/* What has changed nothing is no loss.  An isolated drill would have been undone at its end anyway;
 * one that was told to fence or to promote (`Drill: run`) is for people to look at. */
enum giving_up obstacle_giving_up(const struct watching *w, struct arena *a,
				  const struct execution_row *r)
{
	struct execution_story s;
	struct way_back way;

	if (load_story(w, a, r, &s) || is_paused_by_somebody(&s))
		return GIVING_UP_NO;
	execution_way_back(a, &s, &way);
	if (!way.undone.count && !way.stays.count)
		return GIVING_UP_NOTHING;
	if (r->kind != EXECUTION_DRILL_ISOLATED || is_decisive(&s, &way.undone) ||
	    is_decisive(&s, &way.stays))
		return GIVING_UP_NO;
	return GIVING_UP_DRILL;
}

/* --- what is told -------------------------------------------------------------------------- */

static enum obstacle_state state_of(const struct watching *w, const struct lock_list *locks,
				    const struct execution_row *r)
{
	if (obstacle_is_left(w, locks, r))
		return OBSTACLE_LEFT;
	if (r->status == EXECUTION_PAUSED)
		return OBSTACLE_PAUSED;
	return r->status == EXECUTION_WAITING ? OBSTACLE_WAITS : OBSTACLE_RUNS;
}

static const char *status_text(const struct execution_row *r, enum obstacle_state state)
{
	return state == OBSTACLE_LEFT && r->status != EXECUTION_PAUSED
		       ? "LOST"
		       : execution_status_name(r->status);
}

static void add_hint(struct diags *d, struct diag *g, const char *id, enum obstacle_state state)
{
	switch (state) {
	case OBSTACLE_RUNS:
		diag_hint(d, g,
			  "`hadeploy runbook status --watch %s` follows it, `hadeploy runbook "
			  "abort %s` ends it",
			  id, id);
		return;
	case OBSTACLE_WAITS:
		diag_hint(d, g,
			  "`hadeploy runbook approve --execution %s`, or `hadeploy runbook abort "
			  "%s`",
			  id, id);
		return;
	case OBSTACLE_PAUSED:
		diag_hint(d, g,
			  "`hadeploy runbook status %s` says why; `hadeploy runbook resume "
			  "--execution %s`, or `hadeploy runbook abort %s`",
			  id, id, id);
		return;
	case OBSTACLE_LEFT:
		diag_hint(d, g,
			  "go on with it (`hadeploy runbook run --resume %s`) or give it up "
			  "(`hadeploy runbook abort %s`)",
			  id, id);
		return;
	}
}

static const char *outlook_text(enum giving_up how)
{
	static const char *const texts[] = {
		[GIVING_UP_NO] = "Until it is over no runbook is started, whatever fails.",
		[GIVING_UP_NOTHING] = "It has changed nothing: when a region has to be left, the "
				      "watch gives it up by itself.",
		[GIVING_UP_DRILL] = "It is an isolated drill: when a region has to be left, the "
				    "watch undoes it by itself first, which takes time.",
	};

	return texts[how];
}

static void explain(const struct watching *w, struct arena *a, const struct execution_row *r,
		    enum obstacle_state state, struct diags *d)
{
	enum giving_up how = state == OBSTACLE_LEFT ? obstacle_giving_up(w, a, r) : GIVING_UP_NO;
	struct diag *g = diag_warn(d, DIAG_WATCH_BLOCKED, RANGE_NONE,
				   "execution %s of '%s' keeps the watch from acting: it is %s",
				   r->id, r->runbook, status_text(r, state));

	diag_detail(d, g, "Begun by %s@%s%s. %s", r->owner.user, r->owner.host,
		    state == OBSTACLE_LEFT ? ", and nobody runs it any more" : "",
		    outlook_text(how));
	add_hint(d, g, r->id, state);
}

static int load(const struct watching *w, struct arena *a, struct execution_list *rows,
		struct lock_list *locks)
{
	struct diags ignored = DIAGS_INIT;
	int rc = journal_load_executions(w->lock, 0, a, rows, &ignored) ||
		 state_load_locks(w->lock, a, locks, &ignored);

	diags_release(&ignored);
	return rc ? -1 : 0;
}

static const struct execution_row *first_of(const struct execution_list *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		if (obstacle_is_one(&rows->items[i]))
			return &rows->items[i];
	return NULL;
}

static const struct execution_row *named(const struct execution_list *rows, const char *id)
{
	for (size_t i = 0; i < rows->count; i++)
		if (!strcmp(rows->items[i].id, id))
			return &rows->items[i];
	return NULL;
}

static void tell(struct watching *w, const struct execution_row *r, enum watch_event_kind kind,
		 enum obstacle_state state)
{
	struct arena *a = arena_new();
	struct diags said = DIAGS_INIT;

	if (kind == WATCH_BLOCKED)
		explain(w, a, r, state, &said);
	watch_tell(w, (struct watch_event){
			      .kind = kind,
			      .text = kind == WATCH_BLOCKED ? status_text(r, state)
							    : execution_status_name(r->status),
			      .runbook = r->runbook,
			      .execution = r->id,
			      .diags = said.first ? &said : NULL,
		      });
	diags_release(&said);
	arena_free(a);
}

void obstacle_look(struct watching *w)
{
	struct arena *a = arena_new();
	struct execution_list rows = {NULL, 0};
	struct lock_list locks = {NULL, 0};
	struct obstacle before = w->obstacle;
	const struct execution_row *r, *told;
	enum obstacle_state state;

	if (load(w, a, &rows, &locks) == 0) {
		r = first_of(&rows);
		state = r ? state_of(w, &locks, r) : OBSTACLE_RUNS;
		told = r ? r : named(&rows, before.id);
		switch (obstacle_hear(&w->obstacle, r ? r->id : "", state, watch_now_ms(w))) {
		case NEWS_NONE:
			break;
		case NEWS_BLOCKED:
			tell(w, told, WATCH_BLOCKED, state);
			break;
		case NEWS_FREE:
			if (told)
				tell(w, told, WATCH_FREE, state);
			watch_try_again(w);
			break;
		}
	}
	arena_free(a);
}

void obstacle_explain(const struct watching *w, const char *id, struct diags *d)
{
	struct arena *a = arena_new();
	struct execution_list rows = {NULL, 0};
	struct lock_list locks = {NULL, 0};
	const struct execution_row *r;

	if (load(w, a, &rows, &locks) == 0) {
		r = named(&rows, id);
		if (r)
			explain(w, a, r, state_of(w, &locks, r), d);
	}
	arena_free(a);
}

bool obstacle_may_go(struct watching *w, const char *id)
{
	struct arena *a = arena_new();
	struct execution_list rows = {NULL, 0};
	struct lock_list locks = {NULL, 0};
	const struct execution_row *r;
	bool may = false;

	if (watch_now_ms(w) >= w->resume_not_before_ms && load(w, a, &rows, &locks) == 0) {
		r = named(&rows, id);
		may = r && obstacle_is_left(w, &locks, r) &&
		      obstacle_giving_up(w, a, r) != GIVING_UP_NO;
	}
	arena_free(a);
	return may;
}
