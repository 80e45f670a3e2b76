/*
 * planner_paths.c - where a resource differs: from what was applied, from what the world
 * shows, and where its provider foresees a difference.
 */
#include "engine/planner_parts.h"

#include <string.h>

#include "engine/diff.h"
#include "engine/drift.h"
#include "engine/source_marks.h"

bool pointer_within(struct text pointer, struct text parent)
{
	return pointer.len >= parent.len && !memcmp(pointer.ptr, parent.ptr, parent.len) &&
	       (pointer.len == parent.len || pointer.ptr[parent.len] == '/');
}

static bool within_any(const json_t *pointers, struct text pointer)
{
	for (size_t i = 0; i < json_array_size(pointers); i++) {
		const char *s = json_string_value(json_array_get(pointers, i));

		if (s && pointer_within(pointer, text_of(s)))
			return true;
	}
	return false;
}

const char *planner_masked_text(struct planning *p, const json_t *value, const json_t *sensitive)
{
	json_t *box, *pointers;
	const char *text;

	if (!json_array_size(sensitive))
		return json_text(p->a, value);
	box = json_pack("{s:o}", "v", json_deep_copy(value));
	pointers = json_array();
	for (size_t i = 0; i < json_array_size(sensitive); i++) {
		const char *s = json_string_value(json_array_get(sensitive, i));

		json_array_append_new(pointers, json_sprintf("/v%s", s ? s : ""));
	}
	state_mask(p->in->state, box, pointers);
	text = json_text(p->a, json_object_get(box, "v"));
	json_decref(box);
	json_decref(pointers);
	return text;
}

static bool is_masked_text(const char *json)
{
	return json && !strncmp(json, "{\"$secret\":", 11);
}

static struct range path_where(const struct draft *f, const char *pointer)
{
	bool exact = false;
	const struct value *v = value_at(f->properties, text_of(pointer), &exact);
	struct range where = exact ? value_where(v) : RANGE_NONE;

	return where.src ? where : f->c->where;
}

/* Paths of the template come first and are unlike each other, so most drafts need no index. */
static void index_paths(struct draft *f)
{
	for (size_t i = f->by_pointer.live_count; i < f->paths.count; i++)
		map_set(&f->by_pointer, text_of(f->paths.items[i].change.pointer),
			(void *)(uintptr_t)(i + 1));
}

static struct draft_path *add_path(struct draft *f, const char *pointer)
{
	struct draft_path *path = arena_vec_add(f->scratch, &f->paths);
	struct text key = text_of(pointer);

	path->change.pointer = pointer;
	path->change.where = path_where(f, pointer);
	path->change.sensitive = within_any(f->sensitive, key);
	return path;
}

/* The path of this pointer; a new one when there is none yet. */
static struct draft_path *path_at(struct draft *f, const char *pointer)
{
	size_t index;

	index_paths(f);
	index = (size_t)(uintptr_t)map_find(&f->by_pointer, text_of(pointer));
	return index ? &f->paths.items[index - 1] : add_path(f, arena_strdup(f->p->a, pointer));
}

static bool differs_create_only(const struct schema *s, struct str *pointer, const json_t *x,
				const json_t *y);

static bool member_differs(const struct schema *s, struct str *pointer, const char *key,
			   const json_t *x, const json_t *y)
{
	size_t len = pointer->len;
	bool found;

	json_pointer_add(pointer, text_of(key));
	found = differs_create_only(s, pointer, json_object_get(x, key), json_object_get(y, key));
	str_truncate(pointer, len);
	return found;
}

static bool item_differs(const struct schema *s, struct str *pointer, size_t i, const json_t *x,
			 const json_t *y)
{
	size_t len = pointer->len;
	bool found;

	str_printf(pointer, "/%zu", i);
	found = differs_create_only(s, pointer, json_array_get(x, i), json_array_get(y, i));
	str_truncate(pointer, len);
	return found;
}

/* Some create-only pointer at or below this one differs. */
static bool differs_create_only(const struct schema *s, struct str *pointer, const json_t *x,
				const json_t *y)
{
	const char *key;
	json_t *ignored;

	if ((!x && !y) || (x && y && json_equal(x, y)))
		return false;
	if (schema_is_create_only(s, str_text(pointer)))
		return true;
	json_object_foreach((json_t *)x, key, ignored)
	{
		if (member_differs(s, pointer, key, x, y))
			return true;
	}
	json_object_foreach((json_t *)y, key, ignored)
	{
		if (!json_object_get(x, key) && member_differs(s, pointer, key, x, y))
			return true;
	}
	for (size_t i = 0; i < json_array_size(x) || i < json_array_size(y); i++) {
		if (item_differs(s, pointer, i, x, y))
			return true;
	}
	return false;
}

static json_t *parse(const char *text)
{
	return text && *text ? json_parse(text_of(text), NULL, NULL) : NULL;
}

static bool replaces(const struct draft *f, const char *pointer, const char *before,
		     const char *after)
{
	struct str p = STR_INIT;
	json_t *x, *y;
	bool found;

	if (schema_is_create_only(f->c->schema, text_of(pointer)))
		return true;
	x = parse(before);
	y = parse(after);
	str_add(&p, pointer);
	found = differs_create_only(f->c->schema, &p, x, y);
	str_release(&p);
	json_decref(x);
	json_decref(y);
	return found;
}

/* The world has this value already, though it was never applied: say a property that the
 * provider has a default for and that is written out now.  No ground for a replacement. */
static bool there_already(const struct draft *f, const json_t *outputs, const struct diff_path *d)
{
	const json_t *there =
		!d->before && !d->unknown ? json_at(outputs, text_of(d->pointer)) : NULL;

	return there && d->after && !strcmp(json_text(f->scratch, there), d->after);
}

static void add_input_path(struct draft *f, const json_t *outputs, const struct diff_path *d)
{
	bool again = f->record && replaces(f, d->pointer, d->before, d->after);
	struct draft_path *path;

	if (again && there_already(f, outputs, d))
		return;
	path = add_path(f, d->pointer); /* lives as long as the plan */
	path->from_template = true;
	path->change.before = d->before;
	path->change.after = d->after;
	path->change.unknown = d->unknown;
	path->change.replaces = again;
	if (is_masked_text(d->before) || is_masked_text(d->after))
		path->change.sensitive = true;
}

/* What is wanted, and which pointers of it wait; new references. */
struct wish {
	json_t *document, *unknown;
};

/* Pointers of f->unknown that none of `same` covers. */
static json_t *others(const struct draft *f, const json_t *same)
{
	json_t *left = json_array();

	for (size_t i = 0; i < json_array_size(f->unknown); i++) {
		json_t *at = json_array_get(f->unknown, i);

		if (!within_any(same, text_of(json_string_value(at))))
			json_array_append(left, at);
	}
	return left;
}

/* What only a provider can look up counts as unchanged while it comes from the same source:
 * what is recorded there is taken as wanted. */
static struct wish settled_wish(struct draft *f, const json_t *before)
{
	json_t *same = source_marks_same(f->p->in->state, before, f->properties);
	struct wish w = {json_incref(f->masked), json_incref(f->unknown)};

	if (json_array_size(same)) {
		json_decref(w.document);
		json_decref(w.unknown);
		w = (struct wish){json_deep_copy(f->masked), others(f, same)};
	}
	for (size_t i = 0; i < json_array_size(same); i++) {
		struct text at = text_of(json_string_value(json_array_get(same, i)));

		json_put(w.document, at, json_incref(json_at(before, at)));
	}
	json_decref(same);
	return w;
}

static bool is_mask_of(const struct draft *f, const json_t *mask, const json_t *value)
{
	char digest[65];

	if (!value || !json_object_get(mask, "$secret") || json_object_size(mask) != 1)
		return false;
	state_secret_digest(f->p->in->state, value, digest);
	return !strcmp(json_str(mask, "$secret", ""), digest);
}

/* What was recorded as a secret and is none any more, since its type says so, has not changed. */
static void show_recorded(const struct draft *f, struct str *pointer, json_t *before,
			  const json_t *masked, const json_t *desired)
{
	size_t len = pointer->len;
	const char *key;
	json_t *was;
	void *next;

	json_object_foreach_safe(before, next, key, was)
	{
		json_t *now = json_object_get(masked, key);
		const json_t *plain = json_object_get(desired, key);

		json_pointer_add(pointer, text_of(key));
		if (now && schema_is_write_only(f->c->schema, str_text(pointer)) &&
		    is_mask_of(f, was, plain))
			json_object_set(before, key, now);
		else if (now)
			show_recorded(f, pointer, was, now, plain);
		str_truncate(pointer, len);
	}
}

void draft_compare_inputs(struct draft *f)
{
	struct str pointer = STR_INIT;
	json_t *before, *outputs;
	struct diff diff;
	struct wish w;

	if (f->record && !json_array_size(f->unknown) && !strcmp(f->record->inputs, f->c->desired))
		return;
	before = f->record ? parse(f->record->inputs) : NULL;
	if (!before)
		before = json_object();
	outputs = f->record ? parse(f->outputs) : NULL;
	show_recorded(f, &pointer, before, f->masked, f->desired);
	str_release(&pointer);
	w = settled_wish(f, before);
	diff_make(f->p->a, before, w.document, w.unknown, &diff);
	for (size_t i = 0; i < diff.count; i++)
		add_input_path(f, outputs, &diff.paths[i]);
	diff_release(&diff);
	json_decref(w.document);
	json_decref(w.unknown);
	json_decref(before);
	json_decref(outputs);
}

/* recorded -> seen differ in the world; what is wanted there is in the template, or what
 * was recorded when the template leaves it to the provider. */
static void add_world_path(struct draft *f, const struct diff_path *d)
{
	const json_t *want = json_at(f->masked, text_of(d->pointer));
	const char *after = want ? json_text(f->p->a, want) : d->before;
	bool unknown = within_any(f->unknown, text_of(d->pointer));
	bool again;
	struct draft_path *path;

	if (!unknown && after && d->after && !strcmp(after, d->after))
		return;
	again = replaces(f, d->pointer, d->after, after);
	path = path_at(f, d->pointer);
	path->change.before = d->after;
	path->change.after = unknown ? NULL : after;
	path->change.recorded = d->before;
	path->change.unknown = unknown;
	path->change.drift = true;
	path->change.conflict = path->from_template;
	path->change.replaces = path->change.replaces || again;
	if (is_masked_text(d->before) || is_masked_text(d->after))
		path->change.sensitive = true;
	f->drifted = true;
}

static bool moved_around(const struct diff *world, const char *pointer)
{
	for (size_t i = 0; i < world->count; i++) {
		struct text moved = text_of(world->paths[i].pointer), at = text_of(pointer);

		if (pointer_within(moved, at) || pointer_within(at, moved))
			return true;
	}
	return false;
}

/* Somebody did in the world by hand what the template says by now. */
static void settle_paths(struct draft *f, const struct diff *world)
{
	json_t *seen = world->count ? parse(f->outputs) : NULL;

	for (size_t i = 0; i < f->paths.count; i++) {
		struct draft_path *p = &f->paths.items[i];
		const json_t *there = json_at(seen, text_of(p->change.pointer));

		if (!p->from_template || p->change.drift || p->change.unknown || !there ||
		    !p->change.after || !moved_around(world, p->change.pointer) ||
		    strcmp(json_text(f->scratch, there), p->change.after) != 0)
			continue;
		p->change.settled = true;
		p->change.replaces = false;
	}
	json_decref(seen);
}

void draft_compare_world(struct draft *f)
{
	struct drift_request q = {f->c->schema, f->masked, "", f->outputs};
	struct diff diff;

	if (!f->record || !f->record->outputs)
		return;
	q.recorded = f->record->outputs;
	drift_find(f->p->a, &q, &diff);
	for (size_t i = 0; i < diff.count; i++)
		add_world_path(f, &diff.paths[i]);
	settle_paths(f, &diff);
	diff_release(&diff);
}

bool draft_is_endpoint(const struct draft *f, const char *pointer)
{
	const char *endpoint = schema_endpoint_pointer(f->c->schema);

	return endpoint && strcmp(endpoint, pointer) == 0;
}

/* What the schema calls create-only stays a difference whatever the provider says. */
static void drop_same(struct draft *f, const struct refinement *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->paths.count; i++) {
		const char *pointer = f->paths.items[i].change.pointer;
		bool same = false;

		for (size_t s = 0; s < r->same_count && !same; s++)
			same = pointer_within(text_of(pointer), text_of(r->same[s]));
		/* The same endpoint under another name: recorded, not replaced. */
		if (same && draft_is_endpoint(f, pointer))
			f->paths.items[i].change.replaces = same = false;
		if (!same || f->paths.items[i].change.replaces)
			f->paths.items[kept++] = f->paths.items[i];
	}
	f->paths.count = kept;
	map_release(&f->by_pointer);
}

static void mark_replaces(struct draft *f, const struct refinement *r)
{
	for (size_t i = 0; f->record && i < f->paths.count; i++) {
		struct path_change *c = &f->paths.items[i].change;

		for (size_t s = 0; s < r->replace_count; s++) {
			struct text says = text_of(r->replace[s]), at = text_of(c->pointer);

			if (pointer_within(at, says) || pointer_within(says, at))
				c->replaces = true;
		}
	}
}

static const char *foreseen_text(struct draft *f, const struct computed_path *c)
{
	json_t *value = json_parse(text_of(c->json), NULL, NULL), *whole = NULL;
	const char *text;

	if (!value)
		return NULL;
	if (within_any(f->sensitive, text_of(c->pointer)))
		whole = json_pack("[s]", "");
	text = planner_masked_text(f->p, value, whole);
	json_decref(whole);
	json_decref(value);
	return text;
}

static void add_computed(struct draft *f, const json_t *outputs, const struct computed_path *c)
{
	const json_t *there = json_at(outputs, text_of(c->pointer));
	const char *before = there ? json_text(f->p->a, there) : NULL;
	const char *after = foreseen_text(f, c);
	struct draft_path *path;

	if (!after || (before && !strcmp(before, after)))
		return;
	path = path_at(f, c->pointer);
	if (path->from_template || path->change.drift)
		return;
	path->from_template = true;
	path->change.before = before;
	path->change.after = after;
	path->change.computed = true;
	if (is_masked_text(before) || is_masked_text(after))
		path->change.sensitive = true;
}

bool draft_offers_plan(const struct draft *f)
{
	const struct hd_provider *table = f->c->provider->known;

	return f->p->in->refine && HD_KNOWS(struct hd_provider, table, plan) && table->plan;
}

static int ask_provider(struct draft *f, struct refinement *out)
{
	struct refine_request q = {
		.instance = f->w->instance,
		.provider = f->c->provider,
		.resource = f->c->resource,
		.before = f->record,
		.address = address_text(f->scratch, &f->c->addr),
		.desired = json_text(f->scratch, f->desired),
		.unknown_pointers = f->c->unknown_pointers,
		.sensitive_pointers = f->c->sensitive_pointers,
	};

	return f->p->in->refine(f->p->in->context, &q, f->scratch, out, f->p->d);
}

int draft_refine(struct draft *f)
{
	const struct refinement *r = &f->foreseen;
	json_t *outputs;

	if (!draft_offers_plan(f))
		return 0;
	if (ask_provider(f, &f->foreseen))
		return -1;
	drop_same(f, r);
	mark_replaces(f, r);
	outputs = f->record ? parse(f->outputs) : NULL;
	for (size_t i = 0; i < r->computed_count; i++)
		add_computed(f, outputs, &r->computed[i]);
	json_decref(outputs);
	return 0;
}
