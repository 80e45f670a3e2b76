/*
 * keep.c - what a watch leaves for the next one: how each entry stood, as a sample called
 * "@watch/NAME" beside those of the checks.
 */
#include <string.h>

#include "base/json.h"
#include "engine/engine_private.h"
#include "engine/watch/watch_parts.h"

/* A restart takes a while, also where checks are asked every second. */
#define RESTART_MS 30000
#define DOING_MS 10000

static const char *sample_name(struct arena *a, const struct manifest_watch *m)
{
	return arena_printf(a, WATCH_LOCK_STACK "/%s", m->name);
}

struct check_sample keep_entry(struct arena *a, const struct guarded *g, const struct judgement *v,
			       int64_t now_ms)
{
	const struct manifest_watch *m = g->entry.watch;
	bool sure = v->standing == STANDING_UNHEALTHY || v->standing == STANDING_DUE;
	bool bad = sure || v->standing == STANDING_DOUBTFUL;
	json_t *j = json_pack(
		"{s:s, s:I, s:I, s:s, s:I, s:s, s:s}", "Standing", standing_name(v->standing),
		"Since", (json_int_t)(bad ? v->since_ms : 0), "Sure",
		(json_int_t)(sure ? v->sure_ms : 0), "Hold", hold_name(g->would), "Until",
		(json_int_t)g->would_until_ms, "Execution", g->would_by, "Unready", g->unready);
	const struct check_sample s = {
		.check = sample_name(a, m),
		.region = m->region->name,
		.at_ms = now_ms,
		.healthy = v->standing == STANDING_HEALTHY,
		.detail = v->worst ? v->worst->detail : "",
		.values = json_text(a, j),
	};

	json_decref(j);
	return s;
}

struct check_sample keep_watch(struct arena *a, const struct watching *w)
{
	struct clock *c = w->e->options.clock;
	struct lock_owner owner = engine_owner(a, c, WATCH_COMMAND);
	json_t *list = json_array();
	json_t *j = json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:o}", "User", owner.user, "Host",
			      owner.host, "Pid", (json_int_t)owner.pid, "Since",
			      (json_int_t)w->acts_since_ms, "Broken", w->broken ? w->broken : "",
			      "Doing", w->doing ? w->doing : "", "Watches", list);
	struct check_sample s = {
		.check = WATCH_LOCK_STACK,
		.region = "-",
		.at_ms = watch_wall_ms(w),
		.healthy = !w->broken,
		.detail = "",
	};

	for (size_t i = 0; i < w->count; i++) {
		const struct manifest_watch *m = w->items[i].entry.watch;

		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "Name", m->name, "Region",
						      m->region->name, "Runbook", m->runbook));
	}
	s.values = json_text(a, j);
	json_decref(j);
	return s;
}

void keep_doing(struct watching *w)
{
	int64_t now_ms = watch_now_ms(w);
	struct diags ignored = DIAGS_INIT;
	struct check_sample s;
	struct arena *a;

	if (w->said_ms && now_ms - w->said_ms < DOING_MS)
		return;
	w->said_ms = now_ms;
	a = arena_new();
	s = keep_watch(a, w);
	journal_put_samples(w->lock, &s, 1, &ignored);
	diags_release(&ignored);
	arena_free(a);
}

/* --- read back ------------------------------------------------------------------------------ */

static const struct check_sample *sample_of(const struct sample_list *list, const char *check,
					    const char *region)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->items[i].check, check) && !strcmp(list->items[i].region, region))
			return &list->items[i];
	return NULL;
}

/* As far as its checks say: all of them were healthy. */
static int64_t checks_well_ms(const struct sample_list *healthy, const struct manifest_watch *m)
{
	int64_t well_ms = INT64_MAX;

	for (size_t i = 0; i < m->check_count; i++) {
		const struct check_sample *s =
			sample_of(healthy, m->checks[i]->name, m->region->name);

		if (!s)
			return 0;
		if (s->at_ms < well_ms)
			well_ms = s->at_ms;
	}
	return well_ms;
}

static int64_t gap_ms(const struct manifest_watch *m)
{
	int64_t most_ms = RESTART_MS;

	for (size_t i = 0; i < m->check_count; i++)
		if (check_patience_ms(m->checks[i]) > most_ms)
			most_ms = check_patience_ms(m->checks[i]);
	return most_ms;
}

static void carry(struct watch_entry *e, const struct check_sample *s, int64_t now_ms)
{
	json_t *j;

	if (s->healthy || now_ms - s->at_ms > gap_ms(e->watch) || s->at_ms > now_ms)
		return;
	j = json_parse(text_of(s->values), NULL, NULL);
	e->carried_since_ms = json_int(j, "Since", 0);
	e->carried_sure_ms = json_int(j, "Sure", 0);
	json_decref(j);
}

static void restore(struct watching *w, struct arena *a, struct watch_entry *e)
{
	const char *name = sample_name(a, e->watch), *region = e->watch->region->name;
	struct sample_list latest = {NULL, 0}, healthy = {NULL, 0};
	struct diags ignored = DIAGS_INIT;
	const struct check_sample *s;

	if (journal_load_samples(w->lock, SAMPLE_LATEST, a, &latest, &ignored) ||
	    journal_load_samples(w->lock, SAMPLE_HEALTHY, a, &healthy, &ignored))
		healthy.count = latest.count = 0;
	diags_release(&ignored);
	e->well_ms = checks_well_ms(&healthy, e->watch);
	s = sample_of(&healthy, name, region);
	if (s && s->at_ms > e->well_ms)
		e->well_ms = s->at_ms;
	e->armed = e->well_ms > 0;
	s = sample_of(&latest, name, region);
	if (s)
		carry(e, s, watch_now_ms(w));
}

void keep_restore(struct watching *w)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < w->count; i++)
		restore(w, a, &w->items[i].entry);
	arena_free(a);
}
