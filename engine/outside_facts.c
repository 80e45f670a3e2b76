/*
 * outside_facts.c - what only a cloud knows of a place: the zones of a region, the number of an
 * account.
 *
 * Asked for once, by the first apply of a stack instance that uses it, and recorded with that
 * instance: later plans know it without asking, and what was made of it stays as it is when the
 * cloud opens another zone.
 */
#include <string.h>

#include "engine/outside_parts.h"

static const char *word_of(const struct outside_question *q)
{
	return q->kind == ASK_ZONES ? "availability-zones" : "account-id";
}

/* The cloud's name of a region that the question names by either. */
static const char *region_of(const struct outside_view *v, const struct outside_question *q)
{
	const struct manifest *m = v->o->e->project->manifest;

	if (q->kind != ASK_ZONES || !q->region)
		return v->instance->place.aws_region;
	for (size_t i = 0; i < m->region_count; i++) {
		if (strcmp(m->regions[i].name, q->region) == 0)
			return m->regions[i].aws_region;
	}
	return q->region;
}

static struct outside_fact *fact_of(struct outside_view *v, const struct outside_question *q)
{
	const char *what = word_of(q), *region = region_of(v, q);
	struct arena *a = v->o->arena;
	struct outside_fact *f;

	for (size_t i = 0; i < v->facts.count; i++) {
		f = &v->facts.items[i];
		if (strcmp(f->what, what) == 0 && strcmp(f->region, region) == 0)
			return f;
	}
	f = arena_vec_add(a, &v->facts);
	*f = (struct outside_fact){what, arena_strdup(a, region), NULL, q->where};
	return f;
}

/* --- records -------------------------------------------------------------------------- */

/* The value that an instance's record has; NULL. */
static const char *recorded_value(struct arena *a, const struct instance_record *r,
				  const struct outside_fact *f)
{
	json_t *all =
		r && r->imports && *r->imports ? json_parse(text_of(r->imports), NULL, NULL) : NULL;
	const char *text = NULL;
	const json_t *j;
	size_t i;

	json_array_foreach(all, i, j)
	{
		if (strcmp(json_str(j, "Lookup", ""), f->what) == 0 &&
		    strcmp(json_str(j, "Region", ""), f->region) == 0)
			text = json_text(a, json_object_get(j, "Value"));
	}
	json_decref(all);
	return text;
}

static bool same_place(const struct instance_id *x, const struct instance_id *y)
{
	return strcmp(x->account, y->account) == 0 && strcmp(x->region, y->region) == 0;
}

/* Its own record first, then what its neighbours were made with. */
static void find_recorded(struct outside_view *v, struct outside_fact *f)
{
	const struct outside *o = v->o;
	const struct instance_id *id = &v->instance->id;

	if (!o->loaded)
		return;
	f->value = recorded_value(o->arena, outside_find_recorded(o, id), f);
	for (size_t i = 0; !f->value && i < o->recorded.count; i++) {
		if (same_place(&o->recorded.items[i].id, id))
			f->value = recorded_value(o->arena, &o->recorded.items[i], f);
	}
}

json_t *outside_fact_json(const struct outside_fact *f)
{
	json_t *value = f->value ? json_parse(text_of(f->value), NULL, NULL) : NULL;

	return value ? json_pack("{s:s, s:s, s:o}", "Lookup", f->what, "Region", f->region, "Value",
				 value)
		     : NULL;
}

/* --- answers ---------------------------------------------------------------------------- */

static bool is_list_of_texts(const json_t *j)
{
	const json_t *item;
	size_t i;

	json_array_foreach(j, i, item)
	{
		if (!json_is_string(item))
			return false;
	}
	return json_array_size(j) > 0;
}

static bool fits(const struct outside_fact *f, const json_t *j)
{
	return strcmp(f->what, "account-id") == 0 ? json_is_string(j) : is_list_of_texts(j);
}

/* The same place gives all its instances of one run the same answer. */
static int look_up(struct outside_view *v, struct outside_fact *f, struct diags *d)
{
	struct outside *o = v->o;
	const char *key = arena_printf(o->arena, "%s\n%s\n%s\n%s", v->instance->id.account,
				       v->instance->id.region, f->what, f->region);
	json_t *value;

	f->value = map_find(&o->facts, text_of(key));
	if (f->value)
		return 0;
	f->value = outside_lookup_fact(v, f, d);
	if (!f->value)
		return -1;
	value = json_parse(text_of(f->value), NULL, NULL);
	if (!fits(f, value)) {
		diag_detail(d,
			    diag_add(d, DIAG_RESOLVE_ANSWER, f->where,
				     "what the lookup '%s' gives cannot be used", f->what),
			    "The provider handed over something else than %s.",
			    strcmp(f->what, "account-id") == 0 ? "a text" : "a list of names");
		f->value = NULL;
	} else {
		map_set(&o->facts, text_of(key), (void *)(uintptr_t)f->value);
	}
	json_decref(value);
	return f->value ? 0 : -1;
}

enum outside_answer outside_ask_fact(struct outside_view *v, struct arena *a,
				     const struct outside_question *q, const struct value **out,
				     struct diags *d)
{
	struct outside_fact *f = fact_of(v, q);
	json_t *value;

	if (!f->value)
		find_recorded(v, f);
	if (!f->value && v->o->phase != OUTSIDE_APPLY)
		return OUTSIDE_LATER;
	if (!f->value && look_up(v, f, d))
		return OUTSIDE_FAILED;
	value = json_parse(text_of(f->value), NULL, NULL);
	*out = value_from_json(a, value, NULL);
	json_decref(value);
	return OUTSIDE_KNOWN;
}

int outside_prefetch_facts(struct outside_view *v, struct diags *d)
{
	int rc = 0;

	for (size_t i = 0; i < v->facts.count; i++) {
		struct outside_fact *f = &v->facts.items[i];

		if (!f->value)
			find_recorded(v, f);
		if (!f->value && look_up(v, f, d))
			rc = -1;
	}
	return rc;
}
