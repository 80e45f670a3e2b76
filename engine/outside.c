/* outside.c - the questions of templates, answered as far as the run has come. */
#include "engine/outside.h"

#include <stdlib.h>
#include <string.h>

#include "engine/outside_parts.h"
#include "engine/secrets.h"

static enum outside_answer ask(void *context, struct arena *a, const struct outside_question *q,
			       const struct value **out, struct diags *d);

struct outside *outside_new(struct engine *e)
{
	struct outside *o = xcalloc(1, sizeof(*o));

	o->e = e;
	o->arena = arena_new();
	o->views = ARENA_ARRAY(o->arena, e->project->instance_count, struct outside_view);
	for (size_t i = 0; i < e->project->instance_count; i++) {
		struct outside_view *v = &o->views[i];

		v->o = o;
		v->instance = &e->project->instances[i];
		v->face = (struct eval_outside){ask, v};
	}
	return o;
}

void outside_free(struct outside *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->e->project->instance_count; i++)
		map_release(&o->views[i].seen);
	map_release(&o->resolved);
	map_release(&o->facts);
	map_release(&o->made);
	map_release(&o->had);
	arena_free(o->arena);
	free(o);
}

const struct eval_outside *outside_of(struct outside *o, const struct instance *i)
{
	return &o->views[i->index].face;
}

enum outside_phase outside_enter(struct outside *o, enum outside_phase phase, struct known *known)
{
	enum outside_phase before = o->phase;

	o->phase = phase;
	o->known = known;
	return before;
}

/* --- other stacks ------------------------------------------------------------------ */

static enum outside_answer refuse_secret(const struct supply *s, struct range where,
					 struct diags *d)
{
	struct str id = STR_INIT;
	struct diag *g;

	instance_id_format(&s->record->id, &id);
	g = diag_add(d, DIAG_OUTPUT_ABSENT, where, "output '%s' of '%s' is a secret", s->output,
		     str_cstr(&id));
	diag_detail(d, g, "Only a digest of it is recorded.");
	diag_hint(d, g, "plan and apply both stacks in one run: name '%s' too",
		  s->record->id.stack);
	str_release(&id);
	return OUTSIDE_FAILED;
}

static enum outside_answer recorded_answer(const struct supply *s, struct arena *a,
					   struct range where, const struct value **out,
					   struct diags *d)
{
	json_t *outputs = json_parse(text_of(s->record->outputs), NULL, NULL);
	const json_t *value = json_object_get(outputs, s->output);
	json_t *masked = json_array();
	enum outside_answer answer = OUTSIDE_KNOWN;

	secrets_masked_pointers(value, masked);
	if (json_array_size(masked))
		answer = refuse_secret(s, where, d);
	else
		*out = value_from_json(a, value, NULL);
	json_decref(masked);
	json_decref(outputs);
	return answer;
}

/* What it will be, with all that the plan or the run knows by now. */
static enum outside_answer planned_answer(struct outside *o, const struct supply *s,
					  struct arena *a, const struct value **out,
					  struct diags *d)
{
	const struct instance *i = s->instance;
	const struct eval_lookup *lookup = known_lookup(o->known, &i->id);

	*out = document_eval_output(i->doc, s->index, lookup, a, d);
	if (!*out)
		return OUTSIDE_FAILED;
	return value_has_unknown(*out) ? OUTSIDE_LATER : OUTSIDE_KNOWN;
}

static enum outside_answer ask_link(struct outside_view *v, struct arena *a,
				    const struct outside_question *q, const struct value **out,
				    struct diags *d)
{
	struct outside *o = v->o;
	struct outside_link l = {.where = q->where};
	struct supply s = {0};

	if (q->kind == ASK_EXPORT) {
		l.export = q->name;
	} else {
		l.stack = q->stack;
		l.output = q->name;
		l.region = q->region ? q->region : v->instance->id.region;
	}
	if (o->phase == OUTSIDE_CHECK) {
		outside_note(v, &l);
		return OUTSIDE_LATER;
	}
	switch (outside_locate(o, &v->instance->id, &l, &s, d)) {
	case LOCATED:
		break;
	case LOCATED_LATER:
		return OUTSIDE_LATER;
	case LOCATED_NOWHERE:
		return OUTSIDE_FAILED;
	}
	if (s.instance)
		return planned_answer(o, &s, a, out, d);
	return recorded_answer(&s, a, q->where, out, d);
}

/* --- dynamic references -------------------------------------------------------------- */

static const char *resolve_local(struct outside_view *v, const char *body, struct range where,
				 struct diags *d)
{
	struct outside *o = v->o;
	const char *whole = arena_printf(o->arena, "%s%s%s", RESOLVE_OPEN, body, RESOLVE_CLOSE),
		   *text;
	struct placed_text placed = {text_of(whole), where};

	return manifest_resolve(o->arena, o->e->project->manifest->dir, placed, &text, d) ? NULL
											  : text;
}

static bool asks_providers(const struct outside *o)
{
	return o->phase == OUTSIDE_APPLY;
}

static bool read_reference(const char *whole, struct resolve_piece *p)
{
	struct resolve_scan scan = resolve_start(text_of(whole), RESOLVE_WHOLE);

	return resolve_next(&scan, p) && p->kind == RESOLVE_REFERENCE;
}

/* The same reference is the same value all through a run. */
static enum outside_answer ask_reference(struct outside_view *v, const char *body,
					 struct range where, const char **out, struct diags *d)
{
	struct outside *o = v->o;
	const char *whole = arena_printf(o->arena, "%s%s%s", RESOLVE_OPEN, body, RESOLVE_CLOSE);
	const char *key = arena_printf(o->arena, "%s\n%s\n%s", v->instance->id.account,
				       v->instance->id.region, body);
	struct resolve_piece p;
	bool local;

	if (o->phase == OUTSIDE_CHECK || !read_reference(whole, &p))
		return OUTSIDE_LATER;
	*out = map_find(&o->resolved, text_of(key));
	if (*out)
		return OUTSIDE_KNOWN;
	local = resolve_is_local(p.ref.service);
	if (!local && !asks_providers(o))
		return OUTSIDE_LATER;
	*out = local ? resolve_local(v, body, where, d) : outside_lookup(v, &p.ref, where, d);
	if (!*out)
		return OUTSIDE_FAILED;
	map_set(&o->resolved, text_of(key), (void *)*out);
	return OUTSIDE_KNOWN;
}

static enum outside_answer ask(void *context, struct arena *a, const struct outside_question *q,
			       const struct value **out, struct diags *d)
{
	struct outside_view *v = context;
	enum outside_answer answer = OUTSIDE_FAILED;
	const char *body = q->name, *text = NULL;

	switch (q->kind) {
	case ASK_EXPORT:
	case ASK_STACK_OUTPUT:
		return ask_link(v, a, q, out, d);
	case ASK_ZONES:
	case ASK_ACCOUNT:
		return outside_ask_fact(v, a, q, out, d);
	case ASK_PARAMETER_STORE:
		body = arena_printf(a, "ssm:%s", q->name);
		answer = ask_reference(v, body, q->where, &text, d);
		break;
	case ASK_RESOLVE:
		answer = ask_reference(v, body, q->where, &text, d);
		break;
	}
	if (answer == OUTSIDE_KNOWN)
		*out = value_string(a, text_of(text), NULL);
	return answer;
}

/* --- before an apply ------------------------------------------------------------------ */

static int fetch_text(struct outside_view *v, const struct value *from, struct diags *d)
{
	struct resolve_scan scan = resolve_start(text_of(value_source(from)), RESOLVE_WHOLE);
	struct resolve_piece p;
	const char *text;
	int rc = 0;

	while (resolve_next(&scan, &p)) {
		if (p.kind == RESOLVE_REFERENCE &&
		    ask_reference(v, arena_text(v->o->arena, p.ref.body), value_where(from), &text,
				  d) == OUTSIDE_FAILED)
			rc = -1;
	}
	return rc;
}

static int fetch(struct outside_view *v, const struct value *from, struct diags *d)
{
	int rc = 0;

	if (value_source(from))
		return fetch_text(v, from, d);
	for (size_t i = 0; i < from->count; i++) {
		if (fetch(v, from->kind == VALUE_LIST ? from->items[i] : from->entries[i].value, d))
			rc = -1;
	}
	return rc;
}

static bool needs_values(const struct change *c)
{
	return c->resource && (c->action == ACTION_CREATE || c->action == ACTION_UPDATE ||
			       c->action == ACTION_REPLACE);
}

int outside_prefetch(struct outside *o, const struct plan *plan, struct diags *d)
{
	enum outside_phase before = outside_enter(o, OUTSIDE_APPLY, o->known);
	int rc = 0;

	for (size_t i = 0; i < plan->change_count; i++) {
		const struct change *c = &plan->changes[i];

		if (needs_values(c) &&
		    (outside_prefetch_facts(&o->views[c->instance->index], d) ||
		     fetch(&o->views[c->instance->index], c->resource->properties, d)))
			rc = -1;
	}
	outside_enter(o, before, o->known);
	return rc;
}
