/*
 * known.c - records by instance and logical id; their documents are parsed when first
 * asked for, because most resources are referred to by nobody.
 */
#include "engine/known.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"

struct known_record {
	const char *type, *id, *inputs, *outputs, *sensitive;
	const char *unknown; /* pointers into inputs that are not certain; NULL */
	enum known_extent extent;
	json_t *inputs_json, *outputs_json, *sensitive_json; /* NULL until asked for */
	bool parsed;
};

struct known_instance {
	struct known *known;
	struct map records; /* logical id to struct known_record */
	struct eval_lookup lookup;
};

struct known {
	const struct registry *registry;
	struct arena *arena;  /* the records, and texts that were copied */
	struct map instances; /* "stack/account/region" to struct known_instance */
};

struct known *known_new(const struct registry *registry)
{
	struct known *k = xcalloc(1, sizeof(*k));

	k->registry = registry;
	k->arena = arena_new();
	return k;
}

static void record_release(struct known_record *r)
{
	if (!r)
		return;
	json_decref(r->inputs_json);
	json_decref(r->outputs_json);
	json_decref(r->sensitive_json);
}

static void instance_free(struct known_instance *i)
{
	for (size_t e = 0; e < i->records.entry_count; e++) {
		if (i->records.entries[e].key)
			record_release(i->records.entries[e].value);
	}
	map_release(&i->records);
	free(i);
}

void known_free(struct known *k)
{
	if (!k)
		return;
	for (size_t e = 0; e < k->instances.entry_count; e++) {
		if (k->instances.entries[e].key)
			instance_free(k->instances.entries[e].value);
	}
	map_release(&k->instances);
	arena_free(k->arena);
	free(k);
}

/* A secret that only its digest is left of, anywhere inside. */
static bool has_masked(const json_t *j)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_object(j)) {
		if (json_object_size(j) == 1 && json_object_get(j, "$secret"))
			return true;
		json_object_foreach((json_t *)j, key, member)
		{
			if (has_masked(member))
				return true;
		}
	}
	json_array_foreach((json_t *)j, i, member)
	{
		if (has_masked(member))
			return true;
	}
	return false;
}

static json_t *parse(const char *text)
{
	return text && *text ? json_parse(text_of(text), NULL, NULL) : NULL;
}

/* Of a property that is not certain at some depth nothing is. */
static void drop_uncertain(struct known_record *r)
{
	json_t *unknown = parse(r->unknown);

	for (size_t i = 0; i < json_array_size(unknown); i++) {
		const char *p = json_string_value(json_array_get(unknown, i));
		const char *end = p && *p ? strchr(p + 1, '/') : NULL;

		if (p)
			json_drop(r->inputs_json,
				  end ? (struct text){p, (size_t)(end - p)} : text_of(p));
	}
	json_decref(unknown);
}

static void record_parse(struct known_record *r)
{
	if (r->parsed)
		return;
	r->inputs_json = parse(r->inputs);
	if (r->unknown)
		drop_uncertain(r);
	r->outputs_json = parse(r->outputs);
	r->sensitive_json = parse(r->sensitive);
	r->parsed = true;
}

static bool is_sensitive(const struct known_record *r, struct text pointer)
{
	for (size_t i = 0; i < json_array_size(r->sensitive_json); i++) {
		const char *s = json_string_value(json_array_get(r->sensitive_json, i));
		size_t len = s ? strlen(s) : 0;

		if (s && len <= pointer.len && !strncmp(s, pointer.ptr, len) &&
		    (len == pointer.len || pointer.ptr[len] == '/'))
			return true;
	}
	return false;
}

static const json_t *usable(const json_t *document, struct text pointer)
{
	const json_t *j = document ? json_at(document, pointer) : NULL;

	return j && !has_masked(j) ? j : NULL;
}

/* NULL when it is not known. */
static const struct value *answer(const struct known_record *r, struct text pointer,
				  enum known_extent extent, struct arena *a)
{
	const json_t *j = extent == KNOWN_ALL ? usable(r->outputs_json, pointer) : NULL;
	const struct value *v;

	if (!j)
		j = usable(r->inputs_json, pointer);
	if (!j)
		return NULL;
	v = value_from_json(a, j, NULL);
	return is_sensitive(r, pointer) ? value_sensitive(a, v) : v;
}

static const struct schema *schema_of(const struct known *k, const struct known_record *r)
{
	const struct provider_entry *entry;
	const struct schema *schema = NULL;

	return registry_find(k->registry, r->type, &entry, &schema) ? schema : NULL;
}

/* A read-only attribute that is the id itself (a group's GroupId, a topic's ARN) is another word
 * for what Ref gives, so an update in place leaves it, too, as it is. */
static enum known_extent extent_of(const struct known *k, const struct known_record *r,
				   struct text pointer)
{
	const json_t *j = usable(r->outputs_json, pointer);
	const struct schema *schema = schema_of(k, r);

	if (*r->id && json_is_string(j) && strcmp(json_string_value(j), r->id) == 0 && schema &&
	    schema_is_read_only(schema, pointer))
		return KNOWN_ALL;
	return r->extent;
}

/* "A.B" is the attribute of that name, else member B of attribute A. */
static const struct value *answer_attribute(const struct known *k, const struct known_record *r,
					    const char *attribute, struct arena *a)
{
	struct text_split parts = text_split_start(text_of(attribute));
	struct str pointer = STR_INIT;
	const struct value *v;
	struct text part;

	json_pointer_add(&pointer, text_of(attribute));
	v = answer(r, str_text(&pointer), extent_of(k, r, str_text(&pointer)), a);
	if (!v && strchr(attribute, '.')) {
		str_clear(&pointer);
		while (text_next(&parts, '.', &part))
			json_pointer_add(&pointer, part);
		v = answer(r, str_text(&pointer), r->extent, a);
	}
	str_release(&pointer);
	return v;
}

/* What Ref gives names the thing, so an update in place leaves it as it is, unless the
 * template itself changes it. */
static const struct value *answer_ref(const struct known *k, const struct known_record *r,
				      struct arena *a)
{
	const struct schema *schema = schema_of(k, r);
	const char *pointer = schema ? schema_ref_pointer(schema) : NULL;
	enum known_extent extent = r->extent;

	if (!pointer)
		return *r->id ? value_string(a, text_of(arena_strdup(a, r->id)), NULL) : NULL;
	if (schema_is_read_only(schema, text_of(pointer)))
		extent = KNOWN_ALL;
	return answer(r, text_of(pointer), extent, a);
}

static const struct value *lookup(void *context, struct arena *a, const char *logical_id,
				  const char *attribute)
{
	const struct known_instance *i = context;
	struct known_record *r = map_find(&i->records, text_of(logical_id));

	if (!r)
		return NULL;
	record_parse(r);
	return attribute ? answer_attribute(i->known, r, attribute, a) : answer_ref(i->known, r, a);
}

static struct known_instance *instance_of(struct known *k, const struct instance_id *id)
{
	struct str key = STR_INIT;
	struct known_instance *i;

	str_printf(&key, "%s/%s/%s", id->stack, id->account, id->region);
	i = map_find(&k->instances, str_text(&key));
	if (!i) {
		i = xcalloc(1, sizeof(*i));
		i->known = k;
		i->lookup = (struct eval_lookup){lookup, i};
		map_set(&k->instances, str_text(&key), i);
	}
	str_release(&key);
	return i;
}

static const char *given(const char *s)
{
	return s ? s : "";
}

static void put(struct known_instance *i, const char *logical_id, struct known_record *n)
{
	record_release(map_set(&i->records, text_of(logical_id), n));
}

void known_put(struct known *k, const struct record *r, enum known_extent extent)
{
	struct known_record *n = ARENA_NEW(k->arena, struct known_record);

	n->type = arena_strdup(k->arena, given(r->type));
	n->id = arena_strdup(k->arena, given(r->id));
	n->inputs = arena_strdup(k->arena, given(r->inputs));
	n->outputs = arena_strdup(k->arena, given(r->outputs));
	n->sensitive = arena_strdup(k->arena, given(r->sensitive));
	n->extent = extent;
	put(instance_of(k, &r->addr.instance), r->addr.logical_id, n);
}

void known_refer(struct known *k, const struct record *r, const char *unknown,
		 enum known_extent extent)
{
	struct known_record *n = ARENA_NEW(k->arena, struct known_record);

	n->type = given(r->type);
	n->id = given(r->id);
	n->inputs = given(r->inputs);
	n->outputs = given(r->outputs);
	n->sensitive = given(r->sensitive);
	n->unknown = unknown;
	n->extent = extent;
	put(instance_of(k, &r->addr.instance), r->addr.logical_id, n);
}

void known_drop(struct known *k, const struct address *addr)
{
	record_release(
		map_remove(&instance_of(k, &addr->instance)->records, text_of(addr->logical_id)));
}

const struct eval_lookup *known_lookup(struct known *k, const struct instance_id *id)
{
	return &instance_of(k, id)->lookup;
}
