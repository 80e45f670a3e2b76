/*
 * subject.c - what is watched: the entries, their checks, and those whose answers of good times
 * their runbooks need in bad ones.
 */
#include <string.h>

#include "engine/engine_private.h"
#include "engine/runbook/runbook.h"
#include "engine/watch/watch_parts.h"
#include "templates/node.h"

#define BEST "best"

static bool is_wanted(const struct watch_request *q, const char *name)
{
	for (size_t i = 0; i < q->name_count; i++)
		if (!strcmp(q->names[i], name))
			return true;
	return q->name_count == 0;
}

/* region NULL: in all of them. */
static void add_check(struct watching *w, const struct manifest_check *c, const char *region)
{
	for (size_t i = 0; i < w->checks.count; i++) {
		struct watched_check *old = &w->checks.items[i];

		if (old->check != c)
			continue;
		if (!region)
			old->region = NULL;
		if (!old->region || !strcmp(old->region, region))
			return;
	}
	*arena_vec_add(w->a, &w->checks) = (struct watched_check){c, region};
}

/* --- what the runbook needs to know later ------------------------------------------------ */

static bool is_given(const struct manifest_watch *m, const char *value)
{
	for (size_t i = 0; i < m->parameter_count; i++) {
		const struct node *n = m->parameters[i].value.node;

		if (n && n->kind == NODE_SCALAR && text_is(n->text, value))
			return true;
	}
	return false;
}

/* Which region is the best one is not known before it is time: any will do to see what is fenced.
 */
static const char *any_region(const struct manifest *m, const struct manifest_watch *watch,
			      const struct procedure *p, const char *name)
{
	for (size_t i = 0; i < p->parameter_count; i++) {
		if (strcmp(p->parameters[i].name, name) != 0)
			continue;
		for (size_t k = 0; k < m->failover.prefer_count; k++)
			if (!is_given(watch, m->failover.prefer[k]->name) &&
			    runbook_parameter_allows(&p->parameters[i],
						     m->failover.prefer[k]->name))
				return m->failover.prefer[k]->name;
		for (size_t k = 0; k < m->region_count; k++)
			if (!m->regions[k].global && !is_given(watch, m->regions[k].name) &&
			    runbook_parameter_allows(&p->parameters[i], m->regions[k].name))
				return m->regions[k].name;
	}
	return BEST;
}

struct given_list subject_given(struct arena *a, const struct watching *w,
				const struct manifest_watch *watch, const struct procedure *p)
{
	struct parameter_given *list =
		ARENA_ARRAY(a, watch->parameter_count + 1, struct parameter_given);

	for (size_t i = 0; i < watch->parameter_count; i++) {
		const struct node *n = watch->parameters[i].value.node;
		const char *value = n && n->kind == NODE_SCALAR ? arena_text(a, n->text) : "";

		list[i].name = watch->parameters[i].name;
		list[i].value = strcmp(value, BEST) != 0 ? value
							 : any_region(w->e->project->manifest,
								      watch, p, list[i].name);
	}
	return (struct given_list){list, watch->parameter_count};
}

static void add_named(struct watching *w, const json_t *name, const char *region)
{
	const struct manifest_check *c =
		json_is_string(name)
			? manifest_check(w->e->project->manifest, json_string_value(name))
			: NULL;

	if (c)
		add_check(w, c, region);
}

static void add_fence(struct watching *w, const struct step_spec *s)
{
	const json_t *gone = json_object_get(s->values, "Gone"), *name;
	size_t i;

	for (i = 0; i < s->use_count; i++)
		if (*s->uses[i].region)
			add_check(w, s->uses[i].check, s->uses[i].region);
	add_named(w, gone, s->region);
	json_array_foreach(gone, i, name)
	{
		add_named(w, name, s->region);
	}
}

/* Those of a fence tell when the old primary was known alive last, up to where it had written, and
 * since when its lease runs out. */
static void add_fences(struct watching *w, const struct manifest_watch *m,
		       const struct procedure *p)
{
	static const struct runbook_world none;
	struct given_list parameters = subject_given(w->a, w, m, p);
	struct diags ignored = DIAGS_INIT;
	struct bound_procedure *bound = runbook_bind(w->a, p, &parameters, &none, &ignored);

	for (size_t i = 0; bound && i < p->step_count; i++) {
		const struct step_wish wish = {i, m->ungraceful ? STEP_UNGRACEFUL : STEP_GRACEFUL};
		const struct step_spec *s;

		if (p->steps[i].kind != STEP_FENCE)
			continue;
		s = step_spec(w->a, bound, wish, NULL, &ignored);
		if (s && s->applies && *s->region)
			add_fence(w, s);
	}
	diags_release(&ignored);
}

static int add_entry(struct watching *w, const struct manifest_watch *m)
{
	const struct procedure *p =
		runbook_load(w->e->arena, w->e->project->manifest, m->runbook, w->d);

	if (!p)
		return -1;
	for (size_t i = 0; i < m->check_count; i++)
		add_check(w, m->checks[i], NULL);
	for (size_t i = 0; i < p->objectives.healthy_count; i++)
		add_check(w, p->objectives.healthy[i], NULL);
	if (p->objectives.lag)
		add_check(w, p->objectives.lag, NULL);
	add_fences(w, m, p);
	w->items[w->count++] = (struct guarded){.entry = {.watch = m}};
	return 0;
}

/* --- entries ------------------------------------------------------------------------------- */

static int report_nothing(struct watching *w)
{
	struct diag *g =
		diag_add(w->d, DIAG_WATCH_NOTHING, RANGE_NONE, "the manifest has nothing to watch");

	diag_hint(w->d, g,
		  "say what starts which runbook: Watch: [{Check: NAME, Region: NAME, Runbook: "
		  "NAME, For: 30s}]");
	return -1;
}

static int check_names(struct watching *w)
{
	const struct manifest *m = w->e->project->manifest;
	const char **names = ARENA_ARRAY(w->a, m->watch_count + 1, const char *);
	int rc = 0;

	for (size_t i = 0; i < m->watch_count; i++)
		names[i] = m->watches[i].name;
	for (size_t i = 0; i < w->q->name_count; i++) {
		bool known = false;
		struct diag *g;

		for (size_t k = 0; k < m->watch_count && !known; k++)
			known = !strcmp(names[k], w->q->names[i]);
		if (known)
			continue;
		g = diag_add(w->d, DIAG_WATCH_UNKNOWN, RANGE_NONE, "the manifest watches no '%s'",
			     w->q->names[i]);
		diag_did_you_mean(w->d, g, text_of(w->q->names[i]), names, m->watch_count);
		if (!g->hint)
			diag_hint(w->d, g, "its Watch has '%s'", names[0]);
		rc = -1;
	}
	return rc;
}

int subject_add_entries(struct watching *w)
{
	const struct manifest *m = w->e->project->manifest;
	int rc = 0;

	if (!m->watch_count)
		return report_nothing(w);
	if (check_names(w))
		return -1;
	w->items = ARENA_ARRAY(w->a, m->watch_count, struct guarded);
	for (size_t i = 0; i < m->watch_count; i++)
		if (is_wanted(w->q, m->watches[i].name))
			rc |= add_entry(w, &m->watches[i]);
	for (size_t i = 0; i < m->failover.healthy_count; i++)
		add_check(w, m->failover.healthy[i], NULL);
	return rc;
}
