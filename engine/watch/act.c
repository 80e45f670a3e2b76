/*
 * act.c - executions that a watch begins, and those that another watch began and left behind.
 */
#include <string.h>

#include "base/json.h"
#include "engine/engine_private.h"
#include "engine/runbook/conduct.h"
#include "engine/watch/watch_parts.h"
#include "templates/node.h"

#define LEAVES "From"
#define GOES "To"
/* Between two tries of what was refused. */
#define PAUSE_FIRST_MS 30000
#define PAUSE_LAST_MS 3600000

/* It moved nothing and left nothing behind, whatever came of it. */
static bool is_drill(const struct execution_row *r)
{
	return r->kind == EXECUTION_DRILL_SIMULATED || r->kind == EXECUTION_DRILL_ISOLATED;
}

static bool is_done(const struct execution_row *r)
{
	return r->status == EXECUTION_COMPLETED || r->status == EXECUTION_COMPLETED_WITH_EXCEPTIONS;
}

static void keep_id(char out[RUN_ID_SIZE], const char *id)
{
	struct text t = text_of(id);

	if (t.len >= RUN_ID_SIZE)
		t.len = RUN_ID_SIZE - 1;
	memcpy(out, t.ptr, t.len);
	out[t.len] = '\0';
}

/* --- what is recorded ---------------------------------------------------------------------- */

static bool leaves(const struct manifest_watch *m)
{
	for (size_t i = 0; i < m->parameter_count; i++)
		if (!strcmp(m->parameters[i].name, LEAVES))
			return true;
	return false;
}

/* -1: it left the region; 1: it went there; 0: neither. */
static int moved(const struct execution_row *r, const char *region)
{
	json_t *j = json_parse(text_of(r->parameters), NULL, NULL);
	int how = !strcmp(json_str(j, LEAVES, ""), region) ? -1
		  : !strcmp(json_str(j, GOES, ""), region) ? 1
							   : 0;

	json_decref(j);
	return how;
}

static void add_fact(struct watch_facts *f, const struct manifest_watch *m,
		     const struct execution_row *r)
{
	if (obstacle_is_one(r) && !*f->running)
		keep_id(f->running, r->id);
	if (!execution_status_is_over(r->status) || is_drill(r))
		return;
	if (strcmp(r->runbook, m->runbook) != 0)
		return;
	if (r->ended_ms > f->last_ended_ms)
		f->last_ended_ms = r->ended_ms;
	if (is_done(r) && r->started_ms > f->last_done_ms)
		f->last_done_ms = r->started_ms;
}

int act_facts(struct watching *w, const struct guarded *g, struct watch_facts *out, struct diags *d)
{
	const struct manifest_watch *m = g->entry.watch;
	struct execution_list all = {NULL, 0};
	struct arena *a = arena_new();
	int rc = journal_load_executions(w->lock, 0, a, &all, d), way = 0;

	*out = (struct watch_facts){.last_ended_ms = 0};
	for (size_t i = 0; i < all.count; i++) {
		const struct execution_row *r = &all.items[i];

		add_fact(out, m, r);
		/* The latest that had to do with the region. */
		if (way == 0 && is_done(r) && !is_drill(r) && leaves(m))
			way = moved(r, m->region->name);
		if (way < 0 && !*out->away)
			keep_id(out->away, r->id);
	}
	arena_free(a);
	return rc;
}

/* --- what was left behind ------------------------------------------------------------------- */

static bool is_left(struct watching *w, struct arena *a, const struct lock_list *locks,
		    const struct execution_row *r)
{
	return r->kind == EXECUTION_REAL && !strcmp(r->owner.command, WATCH_COMMAND) &&
	       obstacle_is_left(w, locks, r) && !obstacle_waits_for_somebody(w, a, r);
}

void act_find_left(struct watching *w)
{
	struct execution_list all = {NULL, 0};
	struct lock_list locks = {NULL, 0};
	struct diags ignored = DIAGS_INIT;
	struct arena *a;

	if (watch_now_ms(w) < w->resume_not_before_ms)
		return;
	a = arena_new();
	if (journal_load_executions(w->lock, 0, a, &all, &ignored) ||
	    state_load_locks(w->lock, a, &locks, &ignored))
		all.count = 0;
	for (size_t i = 0; i < all.count && !*w->resume; i++)
		if (is_left(w, a, &locks, &all.items[i]))
			keep_id(w->resume, all.items[i].id);
	diags_release(&ignored);
	arena_free(a);
}

/* --- executions ------------------------------------------------------------------------------ */

static void tick(void *context)
{
	watch_renew(context);
	keep_doing(context);
}

static int64_t longer(int64_t pause_ms)
{
	if (!pause_ms)
		return PAUSE_FIRST_MS;
	return pause_ms * 2 < PAUSE_LAST_MS ? pause_ms * 2 : PAUSE_LAST_MS;
}

/* Whether it came to an execution at all.  `before`: what was told when it began. */
static bool conduct(struct watching *w, struct conduct_request *q, const struct watch_event *before)
{
	struct watch_event ev = *before;
	struct conduct_result result;
	struct diags said = DIAGS_INIT;
	const char *id;

	w->said_ms = 0;
	keep_doing(w);
	q->tick = tick;
	q->context = w;
	q->request = w->q->request;
	engine_conduct(w->e, q, &result, &said);
	id = result.story.row.id;
	ev.kind = WATCH_ENDS;
	ev.diags = &said;
	ev.execution = id ? id : q->resume;
	ev.text = id ? execution_status_name(result.story.row.status) : "refused";
	w->out->executed = w->out->executed || id;
	w->out->refused = result.refused || result.declined;
	w->out->interrupted = result.interrupted;
	w->out->status = id ? result.story.row.status : EXECUTION_FAILED;
	w->doing = NULL;
	watch_tell(w, ev);
	diags_release(&said);
	return id != NULL;
}

static const struct parameter_given *parameters_of(struct arena *a, const struct manifest_watch *m)
{
	struct parameter_given *given =
		ARENA_ARRAY(a, m->parameter_count + 1, struct parameter_given);

	for (size_t i = 0; i < m->parameter_count; i++) {
		const struct node *n = m->parameters[i].value.node;

		given[i].name = m->parameters[i].name;
		given[i].value = n && n->kind == NODE_SCALAR ? arena_text(a, n->text) : "";
	}
	return given;
}

void act_start(struct watching *w)
{
	struct guarded *g = w->due;
	const struct manifest_watch *m = g->entry.watch;
	const struct outlook *worst = w->verdict.worst;
	struct arena *a = arena_new();
	struct conduct_request q = {
		.runbook = m->runbook,
		.parameters = parameters_of(a, m),
		.parameter_count = m->parameter_count,
		.kind = EXECUTION_REAL,
		.grace = m->ungraceful ? STEP_UNGRACEFUL : STEP_GRACEFUL,
		.since_ms = w->verdict.since_ms,
		.detected = arena_printf(a, "watch '%s': %s%s%s", m->name, worst->endpoint,
					 *worst->detail ? ": " : "", worst->detail),
	};
	struct watch_event ev = {
		.kind = WATCH_STARTS,
		.watch = m,
		.standing = w->verdict.standing,
		.since_ms = w->verdict.since_ms,
		.text = q.detected,
		.runbook = m->runbook,
	};

	watch_tell(w, ev);
	w->doing = arena_printf(a, "runs '%s'", m->runbook);
	g->pause_ms = conduct(w, &q, &ev) ? 0 : longer(g->pause_ms);
	g->entry.not_before_ms = watch_now_ms(w) + g->pause_ms;
	g->settled = true;
	w->due = NULL;
	arena_free(a);
}

static void resume(struct watching *w, struct arena *a, struct conduct_request *q,
		   enum watch_event_kind kind)
{
	struct watch_event ev = {.kind = kind, .execution = w->resume};

	q->kind = EXECUTION_REAL;
	q->resume = w->resume;
	watch_tell(w, ev);
	w->doing = arena_printf(a, "%s execution %s", w->gives_up ? "gives up" : "goes on with",
				w->resume);
	w->resume_pause_ms = conduct(w, q, &ev) ? 0 : longer(w->resume_pause_ms);
	/* One that cannot be gone on with is tried again later, too. */
	w->resume_not_before_ms =
		watch_now_ms(w) + (w->resume_pause_ms ? w->resume_pause_ms : PAUSE_FIRST_MS);
	*w->resume = '\0';
	w->gives_up = false;
}

void act_resume(struct watching *w)
{
	struct conduct_request q = {.abort = NULL};
	struct arena *a = arena_new();
	const struct execution_ask ask = {
		.request = REQUEST_ABORT,
		.step = "",
		.reason = "a region has to be left",
		.text = "",
		.by = engine_owner(a, w->e->options.clock, WATCH_COMMAND),
	};

	if (w->gives_up)
		q.abort = &ask;
	resume(w, a, &q, w->gives_up ? WATCH_GIVES_UP : WATCH_RESUMES);
	arena_free(a);
}
