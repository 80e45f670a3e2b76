/*
 * whole.c - the project as it was read when it was whole: files that change while a watch goes on
 * are read at once, and what is broken is told then, not when the region fails.
 *
 * What is watched points into the engine that was read: when another one is taken, all that is
 * known moves over before the old one is closed.
 */
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "engine/engine_private.h"
#include "engine/lock_file.h"
#include "engine/runbook/runbook.h"
#include "engine/watch/watch_parts.h"

#define HASH_START UINT64_C(14695981039346656037)
#define HASH_STEP UINT64_C(1099511628211)

/* --- whether it changed ------------------------------------------------------------------ */

static void add_number(uint64_t *hash, uint64_t n)
{
	*hash = (*hash ^ n) * HASH_STEP;
}

static void add_file(uint64_t *hash, const char *path)
{
	struct stat st = {0};

	if (stat(path, &st))
		st.st_size = -1;
	add_number(hash, (uint64_t)st.st_ino);
	add_number(hash, (uint64_t)st.st_size);
	add_number(hash, (uint64_t)st.st_mtim.tv_sec);
	add_number(hash, (uint64_t)st.st_mtim.tv_nsec);
}

/* Manifest, runbooks, templates as they lie there; what templates include is read when a runbook
 * is about to begin. */
static uint64_t files_now(const struct watching *w)
{
	const struct manifest *m = w->e->project->manifest;
	struct arena *a = arena_new();
	uint64_t hash = HASH_START;

	add_file(&hash, path_join(a, m->dir, MANIFEST_NAME));
	add_file(&hash, path_join(a, m->dir, LOCK_FILE_NAME));
	for (size_t i = 0; i < m->runbook_count; i++)
		add_file(&hash, path_join(a, m->dir, m->runbooks[i].path));
	for (size_t i = 0; i < m->stack_count; i++)
		add_file(&hash, path_join(a, m->dir, m->stacks[i].template_path));
	arena_free(a);
	return hash ? hash : 1;
}

/* --- reading it -------------------------------------------------------------------------- */

/* NULL with errors: it is not whole. */
static struct engine *read_project(struct watching *w, struct diags *d)
{
	struct engine_options o = w->e->options;
	struct engine *e;

	o.selection = (struct selection){.faults = FAULTS_REPORTED};
	e = engine_open(&o, d);
	if (e && (runbook_check_all(e->arena, e->project->manifest, d) || d->error_count)) {
		/* They point into its files. */
		diags_keep_sources(d);
		engine_close(e);
		return NULL;
	}
	if (e)
		e->idle = w->e->idle;
	return e;
}

static const char *first_error(const struct diags *d)
{
	for (const struct diag *g = d->first; g; g = g->next)
		if (g->severity == DIAG_ERROR)
			return g->summary;
	return "";
}

static void tell_broken(struct watching *w, struct diags *d)
{
	diag_hint(d,
		  diag_add(d, DIAG_WATCH_BROKEN, RANGE_NONE,
			   "the project is broken; it is watched as it was read before"),
		  "mend it now: a runbook that needs what is broken is refused");
	w->broken = arena_strdup(w->a, first_error(d));
	watch_tell(w,
		   (struct watch_event){.kind = WATCH_BROKEN, .text = first_error(d), .diags = d});
}

void whole_look(struct watching *w)
{
	uint64_t files = files_now(w);
	bool first = !w->files;
	struct diags found = DIAGS_INIT;
	struct engine *e;

	if (files == w->files)
		return;
	w->files = files;
	e = read_project(w, &found);
	if (!e)
		tell_broken(w, &found);
	diags_release(&found);
	if (e && first) {
		engine_close(e);
	} else if (e) {
		engine_close(w->next);
		w->next = e;
	}
}

/* --- taking it --------------------------------------------------------------------------- */

static struct guarded *item_of(struct watching *w, const struct guarded *old)
{
	for (size_t i = 0; old && i < w->count; i++)
		if (!strcmp(w->items[i].entry.watch->name, old->entry.watch->name))
			return &w->items[i];
	return NULL;
}

/* What is known of it stays; what was refused may be tried again. */
static void carry(struct watching *w, const struct guarded *old)
{
	struct guarded *g = item_of(w, old);
	const struct manifest_watch *m;

	if (!g)
		return;
	m = g->entry.watch;
	*g = *old;
	g->entry.watch = m;
	g->entry.not_before_ms = g->pause_ms = 0;
}

static void carry_outlooks(struct watching *w)
{
	const struct manifest *m = w->e->project->manifest;

	for (size_t i = 0; i < w->outlooks.count; i++) {
		struct outlook *o = &w->outlooks.items[i];
		const struct manifest_region *r = manifest_region(m, o->region);

		/* What is not there any more is dropped before it is looked at (term.c). */
		o->check = manifest_check(m, o->check->name);
		o->region = r ? r->name : "";
	}
}

void whole_take(struct watching *w)
{
	struct diags found = DIAGS_INIT;
	struct watching after = *w;

	if (!w->next)
		return;
	after.e = w->next;
	after.next = w->next = NULL;
	after.d = &found;
	after.count = 0;
	memset(&after.checks, 0, sizeof(after.checks));
	if (subject_add_entries(&after)) {
		tell_broken(w, &found);
		diags_release(&found);
		engine_close(after.e);
		return;
	}
	after.d = w->d;
	after.broken = NULL;
	for (size_t i = 0; i < w->count; i++)
		carry(&after, &w->items[i]);
	after.due = item_of(&after, w->due);
	*w = after;
	carry_outlooks(w);
	w->files = files_now(w);
	diags_release(&found);
	diags_keep_sources(w->d);
	engine_close(w->own);
	w->own = w->e;
	w->ready_ms = 0;
	watch_tell(w, (struct watch_event){.kind = WATCH_READ});
}

void whole_close(struct watching *w)
{
	diags_keep_sources(w->d);
	engine_close(w->next);
	engine_close(w->own);
}
