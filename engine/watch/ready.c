/*
 * ready.c - what would keep the runbook of an entry from being begun now, as far as that is known
 * here: told while all is well, since by the time the region fails it is too late.
 */
#include <stdio.h>

#include "engine/engine_private.h"
#include "engine/runbook/preflight.h"
#include "engine/watch/watch_parts.h"

/* Nothing but files, variables and what is recorded is looked at. */
#define LOOK_MS 3600000

static void tell(struct watching *w, struct guarded *g, struct diags *d)
{
	bool was = *g->unready;

	snprintf(g->unready, sizeof(g->unready), "%s", d->first ? d->first->summary : "");
	if (!was && !*g->unready)
		return;
	watch_tell(w, (struct watch_event){
			      .kind = *g->unready ? WATCH_UNREADY : WATCH_READY,
			      .watch = g->entry.watch,
			      .standing = g->told,
			      .text = g->unready,
			      .runbook = g->entry.watch->runbook,
			      .diags = d->first ? d : NULL,
		      });
}

static void add(struct diags *d, const struct blocker *b)
{
	struct diag *g = diag_warn(d, DIAG_WATCH_UNREADY, b->step->where,
				   "step '%s' would fail: %s", b->step->path, b->why);

	if (b->here)
		diag_hint(d, g, "it has to be there where the watch runs; then start that anew");
	else if (*b->todo)
		diag_hint(d, g, "%s", b->todo);
}

static void look_at(struct watching *w, struct guarded *g)
{
	const struct manifest_watch *m = g->entry.watch;
	struct arena *a = arena_new();
	struct diags found = DIAGS_INIT, said = DIAGS_INIT;
	struct preflight_question q = {
		.e = w->e,
		.a = a,
		.procedure = runbook_load(a, w->e->project->manifest, m->runbook, &found),
		.grace = m->ungraceful ? STEP_UNGRACEFUL : STEP_GRACEFUL,
	};
	struct preflight f;

	if (q.procedure) {
		q.given = subject_given(a, w, m, q.procedure);
		if (preflight_look(&q, &f, &found) && found.first)
			diag_warn(&said, DIAG_WATCH_UNREADY, RANGE_NONE, "%s",
				  found.first->summary);
		for (size_t i = 0; i < f.found.count; i++)
			if (!f.found.items[i].spared)
				add(&said, &f.found.items[i]);
		tell(w, g, &said);
	}
	diags_release(&said);
	diags_release(&found);
	arena_free(a);
}

void ready_look(struct watching *w)
{
	int64_t now_ms = watch_now_ms(w);

	/* What is broken was told, and is looked at again when it is whole. */
	if (w->broken || (w->ready_ms && now_ms - w->ready_ms < LOOK_MS))
		return;
	w->ready_ms = now_ms;
	for (size_t i = 0; i < w->count; i++)
		look_at(w, &w->items[i]);
}
