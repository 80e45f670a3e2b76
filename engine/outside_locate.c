/* outside_locate.c - where the answer to a link is, and what is wrong when it is nowhere. */
#include <stdlib.h>
#include <string.h>

#include "engine/outside_parts.h"
#include "engine/planner.h"

/* --- where it is -------------------------------------------------------------------- */

static bool same_place(const struct instance_id *x, const struct instance_id *y)
{
	return !strcmp(x->account, y->account) && !strcmp(x->region, y->region);
}

const struct instance_record *outside_find_recorded(const struct outside *o,
						    const struct instance_id *id)
{
	size_t low = 0, high = o->recorded.count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = instance_id_compare(&o->recorded.items[mid].id, id);

		if (!order)
			return &o->recorded.items[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* Nobody of this run changes it or takes it away. */
bool outside_stays(const struct outside *o, const struct instance_id *id)
{
	return !planner_covers(o->e->project, &o->e->options.selection, id);
}

/* Every target of every stack is in this run. */
static bool is_whole(const struct outside *o)
{
	const struct manifest *m = o->e->project->manifest;
	size_t count = 0;

	for (size_t i = 0; i < m->stack_count; i++)
		count += m->stacks[i].target_count;
	return count == o->e->project->instance_count;
}

size_t outside_find_output(const struct document *doc, const char *name, const char *export)
{
	for (size_t i = 0; i < doc->output_count; i++) {
		const struct doc_output *out = &doc->outputs[i];

		if (name && !strcmp(out->name, name))
			return i;
		if (!name && export && out->export_name && !strcmp(out->export_name, export))
			return i;
	}
	return doc->output_count;
}

static bool recorded_output(const struct instance_record *r, const char *name)
{
	json_t *all = json_parse(text_of(r->outputs), NULL, NULL);
	bool found = json_object_get(all, name) != NULL;

	json_decref(all);
	return found;
}

/* Names for "did you mean". */
struct candidates {
	struct arena *a;
	VEC_OF(const char *)
};

static void add_member_names(struct candidates *c, const char *json)
{
	json_t *all = json && *json ? json_parse(text_of(json), NULL, NULL) : NULL, *ignored;
	const char *name;

	json_object_foreach(all, name, ignored) * arena_vec_add(c->a, c) = arena_strdup(c->a, name);
	json_decref(all);
}

/* --- exports ---------------------------------------------------------------------- */

const char *outside_export_key(struct outside *o, const struct instance_id *at, const char *export)
{
	return arena_printf(o->arena, "%s\n%s\n%s", at->account, at->region, export);
}

const struct made_export *outside_find_export(struct outside *o, const struct map *among,
					      const struct instance_id *of, const char *export)
{
	return map_find(among, text_of(outside_export_key(o, of, export)));
}

static void suggest_export(const struct outside *o, const struct instance_id *of,
			   const struct outside_link *l, struct diags *d, struct diag *g)
{
	const struct project *p = o->e->project;
	struct candidates c = {.a = arena_new()};

	for (size_t i = 0; i < p->instance_count; i++) {
		const struct document *doc = p->instances[i].doc;

		for (size_t k = 0;
		     doc && same_place(&p->instances[i].id, of) && k < doc->output_count; k++)
			if (doc->outputs[k].export_name)
				*arena_vec_add(c.a, &c) = doc->outputs[k].export_name;
	}
	for (size_t i = 0; i < o->recorded.count; i++) {
		if (same_place(&o->recorded.items[i].id, of))
			add_member_names(&c, o->recorded.items[i].exports);
	}
	diag_did_you_mean(d, g, text_of(l->export), c.items, c.count);
	arena_free(c.a);
}

static enum located locate_export(struct outside *o, const struct instance_id *of,
				  const struct outside_link *l, struct supply *out, struct diags *d)
{
	const struct made_export *m = outside_find_export(o, &o->made, of, l->export);
	struct diag *g;

	if (!m) {
		m = outside_find_export(o, &o->had, of, l->export);
		m = m && outside_stays(o, &m->record->id) ? m : NULL;
	}
	if (m) {
		*out = (struct supply){m->instance, m->index, m->record, m->output};
		return LOCATED;
	}
	if (!o->loaded && !is_whole(o))
		return LOCATED_LATER;
	g = diag_add(d, DIAG_EXPORT_UNKNOWN, l->where, "no stack exports '%s' in region '%s'",
		     l->export, of->region);
	suggest_export(o, of, l, d, g);
	if (!g->hint && is_whole(o))
		diag_hint(d, g, "give the output of a stack in this region Export: {Name: %s}",
			  l->export);
	else if (!g->hint)
		diag_hint(d, g, "apply the stack that exports it first, or plan both in one run");
	return LOCATED_NOWHERE;
}

/* --- outputs ---------------------------------------------------------------------- */

static enum located refuse_stack(const struct outside *o, const struct outside_link *l,
				 struct diags *d)
{
	const struct manifest *m = o->e->project->manifest;
	struct arena *scratch = arena_new();
	const char **names = ARENA_ARRAY(scratch, m->stack_count, const char *);
	struct diag *g =
		diag_add(d, DIAG_OUTPUT_ABSENT, l->where, "there is no stack '%s'", l->stack);

	for (size_t i = 0; i < m->stack_count; i++)
		names[i] = m->stacks[i].name;
	diag_did_you_mean(d, g, text_of(l->stack), names, m->stack_count);
	if (!g->hint)
		diag_hint(d, g, "the section Stacks of %s names what there is", m->src->name);
	arena_free(scratch);
	return LOCATED_NOWHERE;
}

static enum located refuse_region(const struct manifest_stack *s, const struct outside_link *l,
				  struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_OUTPUT_ABSENT, l->where,
				  "stack '%s' does not go to region '%s'", l->stack, l->region);
	struct arena *scratch = arena_new();
	const char **names = ARENA_ARRAY(scratch, s->target_count, const char *);
	struct str list = STR_INIT;

	for (size_t i = 0; i < s->target_count; i++) {
		names[i] = s->targets[i].region->name;
		str_printf(&list, "%s%s", i ? ", " : "", names[i]);
	}
	diag_did_you_mean(d, g, text_of(l->region), names, s->target_count);
	if (!g->hint)
		diag_hint(d, g, "its targets are: %s", str_cstr(&list));
	str_release(&list);
	arena_free(scratch);
	return LOCATED_NOWHERE;
}

enum sought { SOUGHT_THERE, SOUGHT_LOST };

enum called { CALLED_HERE, CALLED_BY_AWS };

static bool has_name(const struct manifest_region *r, const char *name, enum called by)
{
	return !strcmp(by == CALLED_BY_AWS ? r->aws_region : r->name, name);
}

/* The target itself, or a lost region that led to it. */
static bool is_called(const struct manifest_target *t, const char *name, enum called by,
		      enum sought sought)
{
	if (sought == SOUGHT_THERE)
		return has_name(t->region, name, by);
	for (const struct manifest_passed *p = t->passed; p; p = p->next) {
		if (has_name(p->region, name, by))
			return true;
	}
	return false;
}

static const struct manifest_target *target_in(const struct manifest_stack *s, const char *account,
					       const char *region, enum sought sought)
{
	for (size_t pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < s->target_count; i++) {
			const struct manifest_target *t = &s->targets[i];
			if (is_called(t, region, pass ? CALLED_BY_AWS : CALLED_HERE, sought) &&
			    !strcmp(t->account, account))
				return t;
		}
	}
	return NULL;
}

/* The target by the manifest's name of its region, or by AWS's; who asks for a region that was
 * lost is led to where its stacks are since. */
const struct manifest_target *outside_target(const struct manifest_stack *s,
					     const struct instance_id *of, const char *region)
{
	const struct manifest_target *t = target_in(s, of->account, region, SOUGHT_THERE);

	return t ? t : target_in(s, of->account, region, SOUGHT_LOST);
}

static enum located refuse_output(const struct outside_link *l, const struct supply *s,
				  struct diags *d)
{
	struct candidates c = {.a = arena_new()};
	struct diag *g = diag_add(d, DIAG_OUTPUT_ABSENT, l->where,
				  "stack '%s' has no output '%s' in region '%s'", l->stack,
				  l->output, l->region);

	for (size_t i = 0; s->instance && i < s->instance->doc->output_count; i++)
		*arena_vec_add(c.a, &c) = s->instance->doc->outputs[i].name;
	if (s->record)
		add_member_names(&c, s->record->outputs);
	diag_did_you_mean(d, g, text_of(l->output), c.items, c.count);
	if (!g->hint && s->record)
		diag_hint(d, g, "it had none at its last apply: hadeploy apply %s", l->stack);
	arena_free(c.a);
	return LOCATED_NOWHERE;
}

static enum located refuse_absent(const struct outside_link *l, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_OUTPUT_ABSENT, l->where,
				  "stack '%s' is not deployed in region '%s'", l->stack, l->region);

	diag_detail(d, g, "Its output '%s' is wanted.", l->output);
	diag_hint(d, g, "deploy it first, or plan both in one run: hadeploy apply %s", l->stack);
	return LOCATED_NOWHERE;
}

static enum located locate_output(struct outside *o, const struct instance_id *of,
				  const struct outside_link *l, struct supply *out, struct diags *d)
{
	const struct manifest_stack *s = manifest_stack(o->e->project->manifest, l->stack);
	const struct manifest_target *t = s ? outside_target(s, of, l->region) : NULL;
	struct instance_id id;

	if (!s || !t)
		return s ? refuse_region(s, l, d) : refuse_stack(o, l, d);
	id = (struct instance_id){s->name, t->account, t->region->name};
	out->output = l->output;
	out->instance = project_instance(o->e->project, &id);
	if (out->instance && out->instance->doc) {
		out->index = outside_find_output(out->instance->doc, l->output, NULL);
		return out->index < out->instance->doc->output_count ? LOCATED
								     : refuse_output(l, out, d);
	}
	out->instance = NULL;
	if (!o->loaded)
		return LOCATED_LATER;
	out->record = outside_find_recorded(o, &id);
	if (!out->record)
		return refuse_absent(l, d);
	return recorded_output(out->record, l->output) ? LOCATED : refuse_output(l, out, d);
}

enum located outside_locate(struct outside *o, const struct instance_id *of,
			    const struct outside_link *l, struct supply *out, struct diags *d)
{
	*out = (struct supply){0};
	return l->export ? locate_export(o, of, l, out, d) : locate_output(o, of, l, out, d);
}
