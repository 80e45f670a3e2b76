/* compare_instance.c - one stack instance in two commits: resource by resource. */
#include <string.h>

#include "engine/compare_parts.h"
#include "engine/schema.h"

/* One resource on both sides; NULL where it is not. */
struct pair {
	const struct doc_resource *before, *after;
	struct compared result;
	json_t *desired; /* of `after` */
};

struct work {
	const struct comparing *c;
	struct pair *pairs; /* those of `after`, in its order, then what went */
	size_t count;
	struct map by_id; /* logical id after to struct pair */
};

static const struct document *doc_of(const struct instance *i)
{
	return i ? i->doc : NULL;
}

/* --- which belongs to which --- */

static const char *id_before(const struct work *w, const char *id)
{
	const struct document *doc = doc_of(w->c->after);
	const struct template_move *moves;
	size_t count;

	moves = document_moves(doc, w->c->a, &count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(moves[i].to, id) == 0)
			return moves[i].from;
	}
	return NULL;
}

static const struct doc_resource *find_before(const struct work *w, const char *id,
					      const char **moved_from)
{
	const struct document *before = doc_of(w->c->before);
	const struct doc_resource *same = before ? document_find(before, id) : NULL;
	const char *from;

	*moved_from = NULL;
	if (same || !before)
		return same;
	from = id_before(w, id);
	same = from ? document_find(before, from) : NULL;
	if (same)
		*moved_from = arena_strdup(w->c->a, from);
	return same;
}

static void pair_after(struct work *w, struct map *taken)
{
	const struct document *doc = doc_of(w->c->after);

	for (size_t i = 0; doc && i < doc->resource_count; i++) {
		struct pair *p = &w->pairs[w->count++];

		p->after = &doc->resources[i];
		p->before = find_before(w, p->after->logical_id, &p->result.moved_from);
		if (p->before)
			map_set(taken, text_of(p->before->logical_id), p);
		map_set(&w->by_id, text_of(p->after->logical_id), p);
	}
}

static void pair_all(struct work *w)
{
	const struct document *before = doc_of(w->c->before), *after = doc_of(w->c->after);
	struct map taken = MAP_INIT;

	w->pairs = ARENA_ARRAY(w->c->a,
			       (before ? before->resource_count : 0) +
				       (after ? after->resource_count : 0),
			       struct pair);
	pair_after(w, &taken);
	for (size_t i = 0; before && i < before->resource_count; i++) {
		if (!map_has(&taken, text_of(before->resources[i].logical_id)))
			w->pairs[w->count++].before = &before->resources[i];
	}
	map_release(&taken);
}

/* --- one resource --- */

static const char *policy_json(enum deletion_policy p)
{
	static const char *const words[] = {
		[DELETION_DEFAULT] = NULL,
		[DELETION_DELETE] = "\"Delete\"",
		[DELETION_RETAIN] = "\"Retain\"",
		[DELETION_RETAIN_EXCEPT_ON_CREATE] = "\"RetainExceptOnCreate\"",
		[DELETION_SNAPSHOT] = "\"Snapshot\"",
	};

	return words[p];
}

static void add_policy(struct compared *r, const char *name, enum deletion_policy before,
		       enum deletion_policy after)
{
	struct path_change *paths = (struct path_change *)r->paths;

	if (before == after)
		return;
	paths[r->path_count++] = (struct path_change){.pointer = name,
						      .before = policy_json(before),
						      .after = policy_json(after),
						      .where = RANGE_NONE};
}

#define POLICY_COUNT 2

static void add_policies(struct arena *a, struct pair *p)
{
	struct compared *r = &p->result;
	struct path_change *more = ARENA_ARRAY(a, r->path_count + POLICY_COUNT, struct path_change);

	if (r->path_count)
		memcpy(more, r->paths, r->path_count * sizeof(*more));
	r->paths = more;
	add_policy(r, "DeletionPolicy", p->before->deletion_policy, p->after->deletion_policy);
	add_policy(r, "UpdateReplacePolicy", p->before->update_replace_policy,
		   p->after->update_replace_policy);
}

static enum action action_of(const struct pair *p)
{
	if (strcmp(p->before->type, p->after->type) != 0)
		return ACTION_REPLACE;
	for (size_t i = 0; i < p->result.path_count; i++) {
		if (p->result.paths[i].replaces)
			return ACTION_REPLACE;
	}
	return p->result.path_count ? ACTION_UPDATE : ACTION_NONE;
}

static void compare_pair(struct work *w, struct pair *p)
{
	const struct comparing *c = w->c;
	struct two_values v = {.schema = side_schema(c->to, p->after->type)};
	struct path_change *paths;

	v.before = side_desired(c->from, p->before, &v.before_sensitive);
	v.after = side_desired(c->to, p->after, &v.after_sensitive);
	p->desired = json_incref(v.after);
	p->result.path_count = compare_values(c->a, &v, &paths);
	p->result.paths = paths;
	two_values_release(&v);
	add_policies(c->a, p);
	p->result.action = action_of(p);
}

static void compare_one(struct work *w, struct pair *p)
{
	const struct doc_resource *there = p->after ? p->after : p->before;

	p->result.logical_id = arena_strdup(w->c->a, there->logical_id);
	p->result.type = arena_strdup(w->c->a, there->type);
	if (!p->before)
		p->result.action = ACTION_CREATE;
	else if (!p->after)
		p->result.action = ACTION_DELETE;
	else
		compare_pair(w, p);
}

/* --- what follows from what another resource becomes --- */

/* The attribute is not certain to be what it was. */
static bool becomes_another(const struct work *w, const struct pair *p, const char *attribute)
{
	const struct schema *s = side_schema(w->c->to, p->after->type);
	const char *pointer;

	if (p->result.action == ACTION_REPLACE)
		return true;
	if (p->result.action != ACTION_UPDATE || !attribute)
		return false;
	pointer = arena_printf(w->c->a, "/%s", attribute);
	return !s || schema_is_read_only(s, text_of(pointer));
}

static void find_text(const json_t *j, const char *needle, struct str *pointer, json_t *found)
{
	const size_t len = pointer->len;
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_string(j) && strstr(json_string_value(j), needle))
		json_array_append_new(found, json_string(str_cstr(pointer)));
	json_object_foreach((json_t *)j, key, member)
	{
		json_pointer_add(pointer, text_of(key));
		find_text(member, needle, pointer, found);
		str_truncate(pointer, len);
	}
	json_array_foreach(j, i, member)
	{
		str_printf(pointer, "/%zu", i);
		find_text(member, needle, pointer, found);
		str_truncate(pointer, len);
	}
}

static bool has_path(const struct compared *r, const char *pointer)
{
	for (size_t i = 0; i < r->path_count; i++) {
		if (strcmp(r->paths[i].pointer, pointer) == 0)
			return true;
	}
	return false;
}

static void add_following(struct work *w, struct pair *p, const char *pointer)
{
	struct arena *a = w->c->a;
	const struct schema *s = side_schema(w->c->to, p->after->type);
	struct compared *r = &p->result;
	struct path_change *more = ARENA_ARRAY(a, r->path_count + 1, struct path_change);
	const char *text = json_text(a, json_at(p->desired, text_of(pointer)));

	if (r->path_count)
		memcpy(more, r->paths, r->path_count * sizeof(*more));
	more[r->path_count++] = (struct path_change){
		.pointer = arena_strdup(a, pointer),
		.before = text,
		.after = text,
		.unknown = true,
		.replaces = s && schema_is_create_only(s, text_of(pointer)),
		.where = RANGE_NONE,
	};
	r->paths = more;
}

/* True when something was added. */
static bool follow_ref(struct work *w, struct pair *p, const struct doc_ref *ref)
{
	const struct pair *other = map_find(&w->by_id, text_of(ref->logical_id));
	json_t *found, *item;
	struct str pointer = STR_INIT;
	bool added = false;
	const char *needle;
	size_t i;

	if (!other || !other->before || !becomes_another(w, other, ref->attribute))
		return false;
	needle = ref->attribute ? arena_printf(w->c->a, "${%s.%s}", ref->logical_id, ref->attribute)
				: arena_printf(w->c->a, "${%s}", ref->logical_id);
	found = json_array();
	find_text(p->desired, needle, &pointer, found);
	json_array_foreach(found, i, item)
	{
		if (has_path(&p->result, json_string_value(item)))
			continue;
		if (!p->result.path_count)
			p->result.because = other->result.logical_id;
		add_following(w, p, json_string_value(item));
		added = true;
	}
	json_decref(found);
	str_release(&pointer);
	return added;
}

static bool follow_all(struct work *w)
{
	bool added = false;

	for (size_t i = 0; i < w->count; i++) {
		struct pair *p = &w->pairs[i];

		for (size_t k = 0; p->before && p->after && k < p->after->ref_count; k++)
			added |= follow_ref(w, p, &p->after->refs[k]);
		if (p->before && p->after)
			p->result.action = action_of(p);
	}
	return added;
}

/* --- outputs --- */

static json_t *outputs_of(const struct instance *i, json_t **sensitive)
{
	json_t *all = json_object();
	const struct document *doc = doc_of(i);
	struct str pointer = STR_INIT;

	*sensitive = json_array();
	for (size_t k = 0; doc && k < doc->output_count; k++) {
		const struct doc_output *o = &doc->outputs[k];

		json_object_set_new(all, o->name, value_to_json(o->value));
		if (!value_has_sensitive(o->value))
			continue;
		str_clear(&pointer);
		json_pointer_add(&pointer, text_of(o->name));
		json_array_append_new(*sensitive, json_string(str_cstr(&pointer)));
	}
	str_release(&pointer);
	return all;
}

static bool compare_outputs(const struct comparing *c, struct compared *out)
{
	struct two_values v = {0};
	struct path_change *paths;

	v.before = outputs_of(c->before, &v.before_sensitive);
	v.after = outputs_of(c->after, &v.after_sensitive);
	*out = (struct compared){.action = ACTION_UPDATE};
	out->path_count = compare_values(c->a, &v, &paths);
	out->paths = paths;
	two_values_release(&v);
	return out->path_count > 0;
}

/* --- all of it --- */

static bool differs(const struct pair *p)
{
	return p->result.action != ACTION_NONE || p->result.moved_from;
}

static void collect(const struct work *w, struct instance_comparison *out)
{
	struct compared *items = ARENA_ARRAY(w->c->a, w->count + 1, struct compared);

	for (size_t i = 0; i < w->count; i++) {
		if (differs(&w->pairs[i]))
			items[out->count++] = w->pairs[i].result;
		else
			out->alike++;
	}
	if (w->c->before && w->c->after && compare_outputs(w->c, &items[out->count]))
		out->count++;
	out->items = items;
}

bool compare_instance(const struct comparing *c, struct instance_comparison *out)
{
	const struct instance *there = c->after ? c->after : c->before;
	struct work w = {.c = c, .by_id = MAP_INIT};

	*out = (struct instance_comparison){0};
	out->id = (struct instance_id){arena_strdup(c->a, there->id.stack),
				       arena_strdup(c->a, there->id.account),
				       arena_strdup(c->a, there->id.region)};
	out->action = !c->before ? ACTION_CREATE : !c->after ? ACTION_DELETE : ACTION_UPDATE;
	pair_all(&w);
	for (size_t i = 0; i < w.count; i++)
		compare_one(&w, &w.pairs[i]);
	while (follow_all(&w))
		;
	collect(&w, out);
	for (size_t i = 0; i < w.count; i++)
		json_decref(w.pairs[i].desired);
	map_release(&w.by_id);
	return out->count || out->action != ACTION_UPDATE;
}
