/*
 * planner_desired.c - one resource of a document against its record: the action, why,
 * and what others may know of it from now on.
 */
#include "engine/planner_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What references to other resources resolve to by now. */
static int evaluate(struct draft *f)
{
	const struct document *doc = f->w->instance->doc;
	struct doc_resource again = *f->c->resource;
	const struct eval_lookup *lookup = known_lookup(f->p->known, &f->w->id);

	f->properties = f->c->resource->properties;
	if (!f->c->resource->ref_count && !value_has_unknown(f->properties))
		return 0;
	f->properties =
		document_eval_resource(doc, f->c->resource_index, lookup, f->scratch, f->p->d);
	if (!f->properties)
		return -1;
	again.properties = f->properties;
	return schema_check(f->c->schema, &again, address_text(f->scratch, &f->c->addr), f->p->d);
}

/* Of one that is a secret for the most part, its parts are. */
static bool is_secret(const struct draft *f, const struct str *pointer, const json_t *j)
{
	const struct schema *s = f->c->schema;

	if (!pointer->len || !schema_is_secret(s, str_text(pointer)))
		return false;
	return !(json_is_object(j) || json_is_array(j)) || !schema_has_shown(s, str_text(pointer));
}

/* Write-only properties are secrets whatever the template says, unless their type says else. */
static void add_write_only(struct draft *f, struct str *pointer, const json_t *j)
{
	size_t len = pointer->len;
	const char *key;
	json_t *member;
	size_t i;

	if (is_secret(f, pointer, j)) {
		json_array_append_new(f->sensitive, json_string(str_cstr(pointer)));
		return;
	}
	json_object_foreach((json_t *)j, key, member)
	{
		json_pointer_add(pointer, text_of(key));
		add_write_only(f, pointer, member);
		str_truncate(pointer, len);
	}
	json_array_foreach(j, i, member)
	{
		str_printf(pointer, "/%zu", i);
		add_write_only(f, pointer, member);
		str_truncate(pointer, len);
	}
}

/* What is unknown yet stays null: there is nothing to mask. */
static json_t *maskable(const struct draft *f)
{
	struct map unknown = MAP_INIT;
	json_t *out = json_array();

	for (size_t i = 0; i < json_array_size(f->unknown); i++)
		map_set(&unknown, text_of(json_string_value(json_array_get(f->unknown, i))), f->c);
	for (size_t i = 0; i < json_array_size(f->sensitive); i++) {
		json_t *s = json_array_get(f->sensitive, i);

		if (!map_has(&unknown, text_of(json_string_value(s))))
			json_array_append(out, s);
	}
	map_release(&unknown);
	return out;
}

static const char *list_text(const struct draft *f, const json_t *list)
{
	return json_array_size(list) ? json_text(f->p->a, list) : "[]";
}

static void write_documents(struct draft *f)
{
	struct str pointer = STR_INIT;
	json_t *pointers;

	f->desired = schema_desired(f->c->schema, f->properties);
	f->unknown = value_unknown_pointers(f->properties);
	f->sensitive = value_sensitive_pointers(f->properties);
	add_write_only(f, &pointer, f->desired);
	str_release(&pointer);
	if (json_array_size(f->sensitive)) {
		pointers = maskable(f);
		f->masked = json_deep_copy(f->desired);
		state_mask(f->p->in->state, f->masked, pointers);
		json_decref(pointers);
	} else
		f->masked = json_incref(f->desired);
	f->c->desired = json_text(f->p->a, f->masked);
	f->c->unknown_pointers = list_text(f, f->unknown);
	f->c->sensitive_pointers = list_text(f, f->sensitive);
}

static const char *endpoint_of(const struct draft *f)
{
	const char *pointer = schema_endpoint_pointer(f->c->schema);
	const json_t *j = pointer ? json_at(f->masked, text_of(pointer)) : NULL;

	return json_is_string(j) ? arena_strdup(f->p->a, json_string_value(j)) : "";
}

static int compare_paths(const void *x, const void *y)
{
	return strcmp(((const struct draft_path *)x)->change.pointer,
		      ((const struct draft_path *)y)->change.pointer);
}

/* The first unknown part at or below: "Page.Sha256", "Page". */
static const struct value_ref *awaited(const struct value *v)
{
	const struct value_ref *r = NULL;

	if (v->kind == VALUE_UNKNOWN)
		return v->refs;
	for (size_t i = 0; i < v->count && !r; i++) {
		if (v->kind == VALUE_LIST)
			r = awaited(v->items[i]);
		else if (v->kind == VALUE_MAP)
			r = awaited(v->entries[i].value);
	}
	return r;
}

static const char *cause_of(const struct draft *f, const struct path_change *c)
{
	const struct value_ref *r = NULL;
	bool exact;

	if (c->unknown)
		r = awaited(value_at(f->properties, text_of(c->pointer), &exact));
	if (r && r->attribute)
		return arena_printf(f->p->a, "%s.%s", r->logical_id, r->attribute);
	if (r)
		return arena_strdup(f->p->a, r->logical_id);
	return *c->pointer ? c->pointer + 1 : NULL;
}

/* The path that decides: one that replaces before others, the template before the world. */
static const struct draft_path *deciding(const struct draft *f)
{
	const struct draft_path *best = NULL;

	for (size_t i = 0; i < f->paths.count; i++) {
		const struct draft_path *p = &f->paths.items[i];

		if (p->change.settled)
			continue;
		if (!best || p->change.replaces > best->change.replaces ||
		    (p->change.replaces == best->change.replaces &&
		     p->from_template > best->from_template))
			best = p;
	}
	return best;
}

static void decide(struct draft *f, enum action action, enum reason reason, const char *cause)
{
	f->c->action = action;
	f->c->reason = reason;
	f->c->cause = cause;
}

/* The replacement hangs on values that are not known yet, and may prove the same. */
static bool is_uncertain(const struct draft *f)
{
	for (size_t i = 0; i < f->paths.count; i++) {
		const struct path_change *c = &f->paths.items[i].change;

		if (c->replaces && !c->unknown)
			return false;
	}
	return true;
}

static void decide_by_paths(struct draft *f)
{
	const struct draft_path *p = deciding(f);
	const char *cause = p ? cause_of(f, &p->change) : NULL;

	if (!p && f->record->tainted)
		decide(f, ACTION_UPDATE, REASON_TAINTED, NULL);
	else if (!p)
		decide(f, ACTION_NONE, f->c->moved_from ? REASON_MOVED : REASON_NONE, NULL);
	else if (p->change.replaces) {
		decide(f, ACTION_REPLACE, p->from_template ? REASON_CREATE_ONLY : REASON_DRIFTED,
		       cause);
		f->c->conditional = is_uncertain(f);
	} else
		decide(f, ACTION_UPDATE, p->from_template ? REASON_CHANGED : REASON_DRIFTED, cause);
}

static const char *identity_of(const struct draft *f, const char *endpoint, const char *document)
{
	struct str key = STR_INIT;
	const char *text;

	planner_identity(f->c->schema, endpoint, document, &key);
	text = arena_text(f->scratch, str_text(&key));
	str_release(&key);
	return text;
}

static bool is_requested(const struct draft *f)
{
	return f->p->in->wishes && planner_named(&f->p->in->wishes->replace, &f->c->addr);
}

/* The new thing is made while the old one is there, so it needs a name of its own. */
static int replace_on_request(struct draft *f)
{
	const char *wanted = identity_of(f, f->c->endpoint, f->c->desired);
	const char *there = identity_of(f, f->record->endpoint, f->record->inputs);
	struct diag *g;

	decide(f, ACTION_REPLACE, REASON_REQUESTED, NULL);
	if (!*wanted || strcmp(wanted, there) != 0 ||
	    schema_replacement_order(f->c->schema) == DELETE_THEN_CREATE)
		return 0;
	g = diag_add(f->p->d, DIAG_REPLACE_REFUSED, f->c->where,
		     "'%s' cannot be replaced under its own name",
		     address_text(f->scratch, &f->c->addr));
	diag_detail(f->p->d, g, "The template gives it its name in '%s', which stays the same.",
		    schema_ref_pointer(f->c->schema) + 1);
	diag_hint(f->p->d, g,
		  "give it another name, or take it out of the template, apply, and put it back");
	diag_address(f->p->d, g, address_text(f->scratch, &f->c->addr));
	return -1;
}

/* For more than another endpoint, of which the provider may say that it is the same. */
static bool surely_replaces(const struct draft *f)
{
	for (size_t i = 0; i < f->paths.count; i++) {
		const struct path_change *c = &f->paths.items[i].change;

		if (c->replaces && (c->unknown || !draft_is_endpoint(f, c->pointer)))
			return true;
	}
	return false;
}

static int compare(struct draft *f, bool same_type)
{
	/* A creation's paths are made when somebody asks: change_paths. */
	if (f->record || draft_offers_plan(f))
		draft_compare_inputs(f);
	if (same_type)
		draft_compare_world(f);
	if (same_type && !surely_replaces(f) && draft_refine(f))
		return -1;
	if (f->paths.count)
		qsort(f->paths.items, f->paths.count, sizeof(*f->paths.items), compare_paths);
	return 0;
}

/*
 * A record whose thing is gone, or of a create that ended before there was an id, is like
 * none: the thing is created.  A tainted one with an id is updated, because a provider
 * reads before it writes, so that repeating what was done does no harm.
 */
static int settle(struct draft *f, const struct record *r, const struct observation *seen)
{
	bool gone = seen && seen->seen == SEEN_GONE;
	bool nameless = r && r->tainted && !*r->id;
	bool same_type = !r || !strcmp(r->type, f->c->type);
	int rc = 0;

	if (r && !gone && !nameless)
		f->record = f->c->before = r;
	f->outputs = seen && seen->seen == SEEN_PRESENT ? seen->outputs : r ? r->outputs : NULL;
	f->outputs = f->outputs ? f->outputs : "";
	f->drifted = gone;
	if (compare(f, same_type || !f->record))
		return -1;
	if (!r)
		decide(f, ACTION_CREATE, REASON_NEW, NULL);
	else if (gone || nameless)
		decide(f, ACTION_CREATE, gone ? REASON_GONE : REASON_TAINTED, NULL);
	else if (!same_type)
		decide(f, ACTION_REPLACE, REASON_CREATE_ONLY, "Type");
	else if (is_requested(f))
		rc = replace_on_request(f);
	else
		decide_by_paths(f);
	f->c->snapshot = f->c->action == ACTION_REPLACE &&
			 f->c->resource->update_replace_policy == DELETION_SNAPSHOT;
	return rc;
}

static int settle_again(struct draft *f, const struct record *r)
{
	f->paths.count = 0;
	map_release(&f->by_pointer);
	f->foreseen = (struct refinement){0};
	f->c->conditional = false;
	f->c->desired = json_text(f->p->a, f->masked);
	return settle(f, r, planner_observation(f->p, r));
}

/* With the commit that was applied there may be nothing to do.  When there is, the new one is
 * applied with it. */
static int leave_commit(struct draft *f, const struct record *r)
{
	json_t *desired = f->desired, *masked = f->masked;
	int rc;

	f->desired = draft_with_old_commit(f, desired);
	f->masked = masked == desired ? json_incref(f->desired) : draft_with_old_commit(f, masked);
	rc = settle_again(f, r);
	if (!rc && f->c->action != ACTION_NONE) {
		json_decref(f->desired);
		json_decref(f->masked);
		f->desired = json_incref(desired);
		f->masked = json_incref(masked);
		rc = settle_again(f, r);
	}
	json_decref(desired);
	json_decref(masked);
	f->c->only_commit = !rc && draft_only_commit(f);
	return rc;
}

static int decide_on_commit(struct draft *f, const struct record *r)
{
	f->c->only_commit = draft_only_commit(f);
	return f->c->only_commit && f->w->instance->stack->ignore_commit ? leave_commit(f, r) : 0;
}

static void keep_paths(struct draft *f)
{
	struct path_change *paths;

	if (!f->paths.count)
		return;
	paths = ARENA_ARRAY(f->p->a, f->paths.count, struct path_change);
	for (size_t i = 0; i < f->paths.count; i++)
		paths[i] = f->paths.items[i].change;
	f->c->paths = paths;
	f->c->path_count = f->paths.count;
}

/* With what the provider foresees, be it what is there already. */
static const char *foreseen_inputs(const struct draft *f)
{
	json_t *certain = json_deep_copy(f->desired);
	const char *text;

	for (size_t i = 0; i < f->foreseen.computed_count; i++) {
		const struct computed_path *c = &f->foreseen.computed[i];
		json_t *value = json_parse(text_of(c->json), NULL, NULL);

		if (value)
			json_put(certain, text_of(c->pointer), value);
	}
	text = json_text(f->p->a, certain);
	json_decref(certain);
	return text;
}

/* What is wanted, in clear, so that a secret that is passed on can be compared. */
static const char *wanted_inputs(const struct draft *f)
{
	if (f->foreseen.computed_count)
		return foreseen_inputs(f);
	return f->masked == f->desired ? f->c->desired : json_text(f->p->a, f->desired);
}

/*
 * What is certain before the change is made: the wanted properties without those that are
 * unknown.  What is created or replaced has no identity yet.
 */
static void tell_known(struct draft *f)
{
	bool stays = f->c->action == ACTION_NONE || f->c->action == ACTION_UPDATE;
	bool any_unknown = json_array_size(f->unknown) > 0;
	struct record r = {.id = "", .outputs = ""};

	if (stays) {
		r = *f->record;
		r.outputs = f->outputs;
	}
	r.addr = f->c->addr;
	r.type = f->c->type;
	r.inputs = wanted_inputs(f);
	r.sensitive = f->c->sensitive_pointers;
	known_refer(f->p->known, &r, any_unknown ? f->c->unknown_pointers : NULL,
		    f->c->action == ACTION_NONE ? KNOWN_ALL : KNOWN_INPUTS);
}

static void draft_release(struct draft *f)
{
	json_decref(f->desired);
	json_decref(f->masked);
	json_decref(f->unknown);
	json_decref(f->sensitive);
	map_release(&f->by_pointer);
	arena_free(f->scratch);
}

static int draft_make(struct draft *f)
{
	const struct record *r = map_find(&f->w->live, text_of(f->c->addr.logical_id));
	bool found;

	found = registry_find(f->p->in->project->registry, f->c->type, &f->c->provider,
			      &f->c->schema);
	assert(found); /* project_evaluate checked it */
	(void)found;
	if (r && f->p->moved_from.live_count)
		f->c->moved_from =
			map_find(&f->p->moved_from, text_of(address_key(f->scratch, &f->c->addr)));
	if (evaluate(f))
		return -1;
	write_documents(f);
	f->c->endpoint = endpoint_of(f);
	if (settle(f, r, r ? planner_observation(f->p, r) : NULL) || decide_on_commit(f, r))
		return -1;
	keep_paths(f);
	tell_known(f);
	f->p->plan->drifted += f->drifted;
	f->p->plan->settled += f->c->action == ACTION_NONE && f->paths.count;
	return 0;
}

int planner_desired(struct planning *p, const struct planning_instance *w, size_t resource_index)
{
	const struct doc_resource *r = &w->instance->doc->resources[resource_index];
	struct change c = {
		.addr = {w->instance->id, r->logical_id},
		.type = r->type,
		.instance = w->instance,
		.resource = r,
		.resource_index = resource_index,
		.where = r->where,
	};
	struct draft f = {.p = p, .w = w, .c = &c, .scratch = arena_new()};
	int rc = draft_make(&f);

	draft_release(&f);
	if (!rc)
		*(struct change *)arena_vec_add(p->a, &p->changes) = c;
	return rc;
}
