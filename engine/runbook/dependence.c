/*
 * dependence.c - what a runbook needs of the region that it assumes lost.
 *
 * Steps are looked at as they are run ungracefully: what is left out then, or is laid over to work
 * elsewhere, needs nothing.  What may fail (OnFailure: continue) costs only its time.
 */
#include <string.h>

#include "engine/runbook/readiness_parts.h"
#include "templates/node.h"

static const char ELSEWHERE[] =
	"let it work elsewhere, or leave it out when the region is lost: Ungraceful: skip, "
	"Ungraceful: {Region: ...}, or OnFailure: continue";

/* --- findings ---------------------------------------------------------------------------- */

static void add(struct readiness_walk *w, const struct finding *f)
{
	finding_add(w->r, f);
}

/* "step 4 'drain' needs region 'east', which this runbook assumes lost: WHY". */
static void needs(struct readiness_walk *w, const struct lost_step *s, const char *why)
{
	struct finding f = {.code = DIAG_READY_LOST_REGION,
			    .severity = s->soft ? FINDING_NOTE : FINDING_BLOCKER,
			    .where = s->p->where,
			    .step = s->p->path,
			    .todo = ELSEWHERE};

	f.what = arena_printf(w->r->a, "%s needs region '%s', which this runbook assumes lost: %s",
			      s->who, w->from->name, why);
	if (s->soft)
		f.todo = "it may fail, and costs its time until then";
	add(w, &f);
}

static bool is_lost(const struct readiness_walk *w, const char *region)
{
	return region && !strcmp(region, w->from->name);
}

/* --- checks ------------------------------------------------------------------------------ */

/* A vantage point that can still be asked from. */
static bool can_ask(const struct readiness_walk *w, const char *from)
{
	if (is_lost(w, from))
		return false;
	for (size_t i = 0; i < w->from->host_count; i++) {
		if (!strcmp(w->from->eval_hosts[i].name, from))
			return false;
	}
	return true;
}

static size_t voices(const struct readiness_walk *w, const struct manifest_check *c)
{
	size_t count = 0;

	for (size_t i = 0; i < c->from_count; i++)
		count += can_ask(w, c->from[i]);
	return count;
}

/* What names a thing of the lost region in a map of the manifest, but for its `From`. */
static const char *named_in_node(const struct readiness_walk *w, const struct node *n)
{
	const char *found = NULL;

	switch (n->kind) {
	case NODE_SCALAR:
		return region_named_in(w->from, n->text);
	case NODE_LIST:
		for (size_t i = 0; i < n->count && !found; i++)
			found = named_in_node(w, n->items[i]);
		return found;
	case NODE_MAP:
		for (size_t i = 0; i < n->count && !found; i++) {
			if (!text_is(n->entries[i].key->text, "From"))
				found = named_in_node(w, n->entries[i].value);
		}
		return found;
	case NODE_CALL:
		break;
	}
	return NULL;
}

enum use_kind { USE_PLAIN, USE_OF_FENCE };

static void look_at_check(struct readiness_walk *w, const struct lost_step *s,
			  const struct check_use *use, enum use_kind kind)
{
	const struct manifest_check *c = use->check;
	struct arena *a = w->r->a;
	const char *named;

	if (!c)
		return;
	if (is_lost(w, use->region)) {
		if (kind == USE_PLAIN && !use->unhealthy)
			needs(w, s, arena_printf(a, "check '%s' is to be healthy there", c->name));
	} else {
		named = c->config ? named_in_node(w, c->config) : NULL;
		if (named)
			needs(w, s, arena_printf(a, "check '%s' asks '%s'", c->name, named));
	}
	if (c->from_count && !voices(w, c))
		needs(w, s,
		      arena_printf(a, "check '%s' is asked from nowhere else (From)", c->name));
	else if (use->unhealthy && c->from_count && voices(w, c) < c->quorum)
		needs(w, s,
		      arena_printf(a,
				   "check '%s' has %zu of the %zu voices of its Quorum without it",
				   c->name, voices(w, c), c->quorum));
}

static void look_at_checks(struct readiness_walk *w, const struct lost_step *s)
{
	enum use_kind own = s->p->kind == STEP_FENCE ? USE_OF_FENCE : USE_PLAIN;

	for (size_t i = 0; i < s->spec->use_count; i++)
		look_at_check(w, s, &s->spec->uses[i], own);
	for (size_t i = 0; i < s->spec->before_count; i++)
		look_at_check(w, s, &s->spec->before[i], USE_PLAIN);
	for (size_t i = 0; i < s->spec->after_count; i++)
		look_at_check(w, s, &s->spec->after[i], USE_PLAIN);
}

/* --- routes ------------------------------------------------------------------------------ */

static void look_at_route(struct readiness_walk *w, const struct lost_step *s, const char *name)
{
	const struct manifest_route *r = manifest_route(w->r->m, name);
	struct arena *a = w->r->a;

	if (r && r->region && is_lost(w, r->region->name))
		needs(w, s, arena_printf(a, "route '%s' is set there (its Region)", name));
}

static void look_at_routes(struct readiness_walk *w, const struct lost_step *s)
{
	const json_t *list = json_object_get(s->spec->values, "Routes"), *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		look_at_route(w, s, json_string_value(item));
	}
	if (is_lost(w, json_str(s->spec->values, "To", "")))
		needs(w, s, "it leads users there");
}

/* --- fences ------------------------------------------------------------------------------ */

static bool is_way_of(const struct readiness_walk *w, size_t way, size_t fence)
{
	return w->p->steps[way].parent == fence && w->p->steps[way].role == ROLE_BY;
}

static bool has_lease(const struct lost_step *s)
{
	return json_array_size(json_object_get(s->spec->values, "Gone")) > 0 &&
	       *json_str(s->spec->values, "Lease", "");
}

static void look_at_gone(struct readiness_walk *w, const struct lost_step *s)
{
	const json_t *list = json_object_get(s->spec->values, "Gone"), *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const struct check_use use = {
			.check = manifest_check(w->r->m, json_string_value(item)),
			.region = s->spec->region,
			.unhealthy = true,
		};

		look_at_check(w, s, &use, USE_OF_FENCE);
	}
}

/* Tried before the ones that can work. */
static void note_slow_way(struct readiness_walk *w, const struct lost_step *way)
{
	add(w,
	    &(struct finding){
		    .code = DIAG_READY_LOST_REGION,
		    .severity = FINDING_NOTE,
		    .where = way->p->where,
		    .step = way->p->path,
		    .what = arena_printf(w->r->a,
					 "%s tries to fence in region '%s' first, though that is "
					 "lost",
					 way->who, w->from->name),
		    .todo = "leave it out then: Ungraceful: skip",
	    });
}

static void look_at_fence(struct readiness_walk *w, size_t fence)
{
	const struct lost_step *s = &w->steps[fence];
	size_t usable = 0;

	look_at_gone(w, s);
	for (size_t i = fence + 1; i < w->p->step_count; i++) {
		const struct lost_step *way = &w->steps[i];

		if (!is_way_of(w, i, fence) || !way->spec)
			continue;
		if (is_lost(w, way->spec->region))
			note_slow_way(w, way);
		else
			usable++;
	}
	if (!is_lost(w, s->spec->region) || usable || has_lease(s))
		return;
	add(w, &(struct finding){
		       .code = DIAG_READY_FENCE,
		       .severity = s->soft ? FINDING_NOTE : FINDING_BLOCKER,
		       .where = s->p->where,
		       .step = s->p->path,
		       .what = arena_printf(w->r->a,
					    "%s cannot be sure of the old primary when region '%s' "
					    "does not answer",
					    s->who, w->from->name),
		       .todo = "give it Lease and Gone, or a way (By) that works from elsewhere",
	       });
}

/* --- texts ------------------------------------------------------------------------------- */

static bool is_secret_reference(const char *text)
{
	return strstr(text, "{{resolve:ssm") || strstr(text, "{{resolve:secretsmanager");
}

static void look_at_text(struct readiness_walk *w, const struct lost_step *s, const char *key,
			 const char *text)
{
	const char *named = region_named_in(w->from, text_of(text));
	struct arena *a = w->r->a;

	if (!named)
		return;
	if (!strcmp(key, "Url")) {
		needs(w, s, arena_printf(a, "its Url leads to '%s'", named));
	} else if (is_secret_reference(text)) {
		needs(w, s, arena_printf(a, "a secret in '%s' lies in '%s'", key, named));
	} else if (!s->soft) {
		add(w, &(struct finding){
			       .code = DIAG_READY_NAMED,
			       .severity = FINDING_WARNING,
			       .where = s->p->where,
			       .step = s->p->path,
			       .what = arena_printf(a,
						    "%s names '%s' of region '%s', which this "
						    "runbook assumes lost, in '%s'",
						    s->who, named, w->from->name, key),
			       .todo = "make sure that nothing there is needed",
		       });
	}
}

/* Keys of which the names are for people, or that are looked at by what they mean. */
static bool is_passed_over(const char *key)
{
	static const char *const keys[] = {"Message", "Region", "Resource", "Approvers", "Hosts"};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (!strcmp(keys[i], key))
			return true;
	}
	return false;
}

static void look_at_value(struct readiness_walk *w, const struct lost_step *s, const char *key,
			  const json_t *v)
{
	const json_t *item;
	const char *name;
	size_t i;

	if (json_is_string(v))
		look_at_text(w, s, key, json_string_value(v));
	json_array_foreach(v, i, item)
	{
		look_at_value(w, s, key, item);
	}
	json_object_foreach((json_t *)v, name, item)
	{
		look_at_value(w, s, key, item);
	}
}

static void look_at_texts(struct readiness_walk *w, const struct lost_step *s)
{
	const char *key;
	const json_t *v;

	json_object_foreach(s->spec->values, key, v)
	{
		if (!is_passed_over(key))
			look_at_value(w, s, key, v);
	}
}

/* --- where it works ---------------------------------------------------------------------- */

/* Why a step of this kind cannot do without its region; NULL: it can. */
static const char *const why_there[STEP_KIND_COUNT] = {
	[STEP_APPLY] = "it applies stacks there",
	[STEP_ACTION] = "its resource is there",
	[STEP_COMMAND] = "its hosts are there",
};

/* Named by themselves, hosts need no Region.  Of those of which one does, another one will. */
static bool needs_lost_host(const struct readiness_walk *w, const struct step_spec *spec)
{
	const json_t *hosts = json_object_get(spec->values, "Hosts"), *host;
	size_t i, lost = 0;

	json_array_foreach(hosts, i, host)
	{
		lost += !can_ask(w, json_string_value(host));
	}
	if (!strcmp(json_str(spec->values, "Run", "each"), "one"))
		return lost && lost == json_array_size(hosts);
	return lost > 0;
}

static void look_at_place(struct readiness_walk *w, const struct lost_step *s)
{
	if (why_there[s->p->kind] && (is_lost(w, s->spec->region) || needs_lost_host(w, s->spec)))
		needs(w, s, why_there[s->p->kind]);
}

static void look_at_outputs(struct readiness_walk *w)
{
	for (size_t i = 0; i < w->taken.count; i++) {
		const struct taken_output *t = &w->taken.items[i];
		const struct lost_step *s = t->step == STEP_TOP ? NULL : &w->steps[t->step];

		if (!is_lost(w, t->region) || !s || !s->spec || s->soft)
			continue;
		add(w,
		    &(struct finding){
			    .code = DIAG_READY_NAMED,
			    .severity = FINDING_WARNING,
			    .where = s->p->where,
			    .step = s->p->path,
			    .what = arena_printf(w->r->a,
						 "%s takes output '%s' of stack '%s' in region "
						 "'%s', which this runbook assumes lost",
						 s->who, t->name, t->stack, t->region),
			    .todo = "the recorded value is taken; make sure that what it names is "
				    "not needed",
		    });
	}
}

/* --- what is not in steps ---------------------------------------------------------------- */

/* Settings of providers as they are used in a region that is left: those of its own go before
 * those of the entry. */
static void look_at_settings(struct readiness_walk *w, const struct manifest_provider *p)
{
	const struct node *own = w->to->providers ? node_find(w->to->providers, p->name) : NULL;

	for (size_t i = 0; p->config && i < p->config->count; i++) {
		const struct node_entry *e = &p->config->entries[i];
		const char *named;

		if (own && own->kind == NODE_MAP && node_find_entry(own, e->key->text))
			continue;
		named = named_in_node(w, e->value);
		if (named)
			add(w, &(struct finding){
				       .code = DIAG_READY_LOST_REGION,
				       .severity = FINDING_BLOCKER,
				       .where = e->value->where,
				       .what = arena_printf(
					       w->r->a,
					       "provider '%s' needs region '%s', which runbook "
					       "'%s' assumes lost: its settings name '%s'",
					       p->name, w->from->name, w->p->name, named),
				       .todo = "let it be reached without that region, or give "
					       "the other one settings of its own",
			       });
	}
}

static void look_at_state(struct readiness_walk *w)
{
	const char *named = w->q->host ? region_named_in(w->from, text_of(w->q->host)) : NULL;

	if (named)
		add(w, &(struct finding){
			       .code = DIAG_READY_LOST_REGION,
			       .severity = FINDING_BLOCKER,
			       .where = RANGE_NONE,
			       .what = arena_printf(w->r->a,
						    "recorded state lies on this machine, '%s' of "
						    "region '%s', which runbook '%s' assumes lost",
						    named, w->from->name, w->p->name),
			       .todo = "run hadeploy from outside of the regions that may be left",
		       });
}

void dependence_find(struct readiness_walk *w)
{
	for (size_t i = 0; i < w->p->step_count; i++) {
		const struct lost_step *s = &w->steps[i];

		if (!s->spec || s->p->role == ROLE_BY)
			continue;
		look_at_place(w, s);
		look_at_checks(w, s);
		look_at_texts(w, s);
		if (s->p->kind == STEP_TRAFFIC)
			look_at_routes(w, s);
		if (s->p->kind == STEP_FENCE)
			look_at_fence(w, i);
	}
	look_at_outputs(w);
	for (size_t i = 0; i < w->r->m->provider_count; i++)
		look_at_settings(w, &w->r->m->providers[i]);
	look_at_state(w);
}
