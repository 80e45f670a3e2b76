/*
 * outside_links.c - which instance takes what from which: by the documents of this run, or as
 * recorded.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/outside_parts.h"
#include "engine/planner.h"
#include "engine/recreate.h"

/* --- what is asked ----------------------------------------------------------------- */

void outside_note(struct outside_view *v, const struct outside_link *l)
{
	struct arena *a = v->o->arena;
	const struct manifest_stack *s =
		l->stack ? manifest_stack(v->o->e->project->manifest, l->stack) : NULL;
	const struct manifest_target *t = s ? outside_target(s, &v->instance->id, l->region) : NULL;
	const char *region = t ? t->region->name : l->region;
	const char *key;

	if (!l->export)
		key = arena_printf(a, "%s\n%s\n%s", l->stack, region, l->output);
	else
		key = l->export;
	if (map_set(&v->seen, text_of(key), v))
		return;
	*arena_vec_add(a, &v->links) = (struct outside_link){
		.export = l->export ? arena_strdup(a, l->export) : NULL,
		.stack = l->stack ? arena_strdup(a, l->stack) : NULL,
		.region = region ? arena_strdup(a, region) : NULL,
		.output = l->output ? arena_strdup(a, l->output) : NULL,
		.where = l->where,
	};
}

/* --- exports ----------------------------------------------------------------------- */

/* The one that was there before, or NULL. */
static const struct made_export *add_export(struct outside *o, struct map *among,
					    const struct instance_id *at, const char *export,
					    const struct made_export *m)
{
	const char *key = outside_export_key(o, at, export);
	const struct made_export *first = map_find(among, text_of(key));
	struct made_export *copy;

	if (first)
		return first;
	copy = ARENA_NEW(o->arena, struct made_export);
	*copy = *m;
	map_set(among, text_of(key), copy);
	return NULL;
}

static void add_recorded_exports(struct outside *o, const struct instance_record *r)
{
	json_t *all =
		r->exports && *r->exports ? json_parse(text_of(r->exports), NULL, NULL) : NULL;
	const char *export;
	json_t *output;

	json_object_foreach(all, export, output)
	{
		struct made_export m = {
			.record = r, .output = arena_strdup(o->arena, json_string_value(output))};

		if (json_is_string(output))
			add_export(o, &o->had, &r->id, export, &m);
	}
	json_decref(all);
}

/* --- checks -------------------------------------------------------------------------- */

/* The same for every region where one template does it. */
static void report_repeated(const struct doc_output *out, const struct made_export *first,
			    struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_EXPORT_REPEATED, out->where,
				  "export '%s' is made twice in one region", out->export_name);

	diag_related(d, g, first->instance->doc->outputs[first->index].where, "made here too");
	diag_hint(d, g, "put the stack's name into it: !Sub '${AWS::StackName}-%s'", out->name);
}

static int add_exports(struct outside *o, const struct instance *at, struct diags *d)
{
	int rc = 0;

	for (size_t k = 0; at->doc && k < at->doc->output_count; k++) {
		const struct doc_output *out = &at->doc->outputs[k];
		struct made_export m = {.instance = at, .index = k, .output = out->name};
		const struct made_export *first;

		if (!out->export_name)
			continue;
		first = add_export(o, &o->made, &at->id, out->export_name, &m);
		if (!first)
			continue;
		report_repeated(out, first, d);
		rc = -1;
	}
	return rc;
}

int outside_check(struct outside *o, struct diags *d)
{
	int rc = 0;

	map_release(&o->made);
	for (size_t i = 0; i < o->e->project->instance_count; i++) {
		if (add_exports(o, &o->e->project->instances[i], d))
			rc = -1;
	}
	for (size_t i = 0; i < o->e->project->instance_count; i++) {
		const struct outside_view *v = &o->views[i];

		for (size_t k = 0; k < v->links.count; k++) {
			struct supply s;

			if (outside_locate(o, &v->instance->id, &v->links.items[k], &s, d) ==
			    LOCATED_NOWHERE)
				rc = -1;
		}
	}
	return rc;
}

/* An export of this run that somebody outside of it has. */
static int check_taken(struct outside *o, const struct instance *at, struct diags *d)
{
	int rc = 0;

	for (size_t k = 0; at->doc && k < at->doc->output_count; k++) {
		const struct doc_output *out = &at->doc->outputs[k];
		const struct made_export *m;
		struct diag *g;

		m = out->export_name ? outside_find_export(o, &o->had, &at->id, out->export_name)
				     : NULL;
		if (!m || !outside_stays(o, &m->record->id))
			continue;
		g = diag_add(d, DIAG_EXPORT_REPEATED, out->where,
			     "export '%s' is made by '%s' already", out->export_name,
			     instance_id_text(o->arena, &m->record->id));
		diag_hint(d, g, "put the stack's name into it: !Sub '${AWS::StackName}-%s'",
			  out->name);
		rc = -1;
	}
	return rc;
}

/* What is about to move aside supplies nothing any more. */
static void leave_hidden(struct outside *o)
{
	size_t count = 0;

	for (size_t i = 0; i < o->recorded.count; i++) {
		if (!recreate_hides(o->e, &o->recorded.items[i].id))
			o->recorded.items[count++] = o->recorded.items[i];
	}
	o->recorded.count = count;
}

int outside_load(struct outside *o, struct state *s, struct diags *d)
{
	int rc = 0;

	if (state_load_instances(s, o->arena, &o->recorded, d))
		return -1;
	leave_hidden(o);
	o->loaded = true;
	map_release(&o->had);
	for (size_t i = 0; i < o->recorded.count; i++)
		add_recorded_exports(o, &o->recorded.items[i]);
	for (size_t i = 0; i < o->e->project->instance_count; i++) {
		if (check_taken(o, &o->e->project->instances[i], d))
			rc = -1;
	}
	return rc;
}

/* --- links of plans ------------------------------------------------------------------- */

static struct outside_links recorded_links(struct outside *o, const struct instance_record *r)
{
	json_t *all =
		r && r->imports && *r->imports ? json_parse(text_of(r->imports), NULL, NULL) : NULL;
	struct outside_link *items =
		ARENA_ARRAY(o->arena, json_array_size(all), struct outside_link);
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *j = json_array_get(all, i);
		const char *export = json_str(j, "Export", NULL);

		if (json_object_get(j, "Lookup"))
			continue;
		items[count++] = (struct outside_link){
			.export = export ? arena_strdup(o->arena, export) : NULL,
			.stack = arena_strdup(o->arena, json_str(j, "Stack", "")),
			.region = arena_strdup(o->arena, json_str(j, "Region", "")),
			.output = arena_strdup(o->arena, json_str(j, "Output", "")),
			.where = RANGE_NONE,
		};
	}
	json_decref(all);
	return (struct outside_links){items, count};
}

struct outside_links outside_links(struct outside *o, const struct instance_plan *p)
{
	const struct outside_view *v = p->instance ? &o->views[p->instance->index] : NULL;

	if (v && v->instance->doc)
		return (struct outside_links){v->links.items, v->links.count};
	return recorded_links(o, outside_find_recorded(o, &p->id));
}

struct outside_links outside_past_links(struct outside *o, const struct instance_plan *p)
{
	struct outside_links past = recorded_links(o, outside_find_recorded(o, &p->id));

	return past.count ? past : outside_links(o, p);
}

static size_t find_plan(const struct instance_plan *plans, size_t count,
			const struct instance_id *id)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = instance_id_compare(&plans[mid].id, id);

		if (!order)
			return mid;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return count;
}

size_t outside_supplier(struct outside *o, const struct instance_plan *plans, size_t count,
			const struct outside_link *l, const struct instance_id *of)
{
	struct instance_id id = {l->stack, of->account, l->region};
	const struct made_export *m;

	if (l->export) {
		m = outside_find_export(o, &o->made, of, l->export);
		m = m ? m : outside_find_export(o, &o->had, of, l->export);
		if (!m)
			return count;
		id = m->instance ? m->instance->id : m->record->id;
	}
	return find_plan(plans, count, &id);
}

/* --- what is in use -------------------------------------------------------------------- */

/* Whether the instance will still have it when the plan was applied. */
static bool keeps(const struct plan *plan, const struct instance_plan *p,
		  const struct outside_link *l)
{
	const struct document *doc = p->instance ? p->instance->doc : NULL;

	if (plan->destroy || !doc)
		return false;
	return outside_find_output(doc, l->export ? NULL : l->output, l->export) <
	       doc->output_count;
}

/* For each link the plan's instance that it is taken from; the count when it stays. */
static size_t *find_taken(struct outside *o, const struct plan *plan,
			  const struct instance_record *user, const struct outside_links *links)
{
	size_t *from = ARENA_ARRAY(o->arena, links->count, size_t);

	for (size_t i = 0; i < links->count; i++) {
		const struct outside_link *l = &links->items[i];

		from[i] = outside_supplier(o, plan->instances, plan->instance_count, l, &user->id);
		if (from[i] < plan->instance_count && keeps(plan, &plan->instances[from[i]], l))
			from[i] = plan->instance_count;
	}
	return from;
}

static bool was_reported(const size_t *from, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (from[k] == from[i])
			return true;
	}
	return false;
}

/* "export 'east-url', output 'Plain'": what comes from where links[first] does. */
static const char *taken_words(struct arena *a, const struct outside_links *links,
			       const size_t *from, size_t first)
{
	const char *words = "";

	for (size_t i = first; i < links->count; i++) {
		const struct outside_link *l = &links->items[i];

		if (from[i] == from[first])
			words = arena_printf(a, "%s%s%s '%s'", words, i == first ? "" : ", ",
					     l->export ? "export" : "output",
					     l->export ? l->export : l->output);
	}
	return words;
}

static int check_user(struct outside *o, const struct plan *plan,
		      const struct instance_record *user, struct diags *d)
{
	struct outside_links links = recorded_links(o, user);
	const size_t *from = find_taken(o, plan, user, &links);
	const char *id = instance_id_text(o->arena, &user->id);
	struct diag *g;
	int rc = 0;

	for (size_t i = 0; i < links.count; i++) {
		if (from[i] == plan->instance_count || was_reported(from, i))
			continue;
		g = diag_add(d, DIAG_EXPORT_IN_USE, RANGE_NONE, "'%s' is in use by '%s'",
			     instance_id_text(o->arena, &plan->instances[from[i]].id), id);
		diag_detail(d, g, "'%s' was made with %s.", id,
			    taken_words(o->arena, &links, from, i));
		diag_hint(d, g, "change or destroy '%s' first, or take both into one run", id);
		rc = -1;
	}
	return rc;
}

int outside_check_use(struct outside *o, const struct plan *plan, struct diags *d)
{
	int rc = 0;

	for (size_t i = 0; i < o->recorded.count; i++) {
		const struct instance_record *user = &o->recorded.items[i];

		if (outside_stays(o, &user->id) && check_user(o, plan, user, d))
			rc = -1;
	}
	return rc;
}

/* --- for the record --------------------------------------------------------------------- */

const char *outside_exports_json(struct arena *a, const struct instance *i)
{
	json_t *all = json_object();
	const char *text = "";

	for (size_t k = 0; k < i->doc->output_count; k++) {
		const struct doc_output *out = &i->doc->outputs[k];

		if (out->export_name)
			json_object_set_new(all, out->export_name, json_string(out->name));
	}
	if (json_object_size(all))
		text = json_text(a, all);
	json_decref(all);
	return text;
}

static json_t *link_json(const struct outside_link *l)
{
	if (l->export)
		return json_pack("{s:s}", "Export", l->export);
	return json_pack("{s:s, s:s, s:s}", "Stack", l->stack, "Region", l->region, "Output",
			 l->output);
}

const char *outside_imports_json(struct outside *o, struct arena *a, const struct instance *i)
{
	const struct outside_view *v = &o->views[i->index];
	json_t *all = json_array();
	const char *text = "";

	for (size_t k = 0; k < v->links.count; k++)
		json_array_append_new(all, link_json(&v->links.items[k]));
	for (size_t k = 0; k < v->facts.count; k++) {
		json_t *fact = outside_fact_json(&v->facts.items[k]);

		if (fact)
			json_array_append_new(all, fact);
	}
	if (json_array_size(all))
		text = json_text(a, all);
	json_decref(all);
	return text;
}
