#include "providers/sim/type.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

#define REF_DEPTH 16

/* What is being read. */
struct reading {
	struct arena *a;
	const json_t *schema;
	struct sim_type *type;
	struct {
		struct sim_attribute *items;
		size_t count, capacity;
	} found;
};

/* "/properties/A/B" to "/A/B", which may be said already.  NULL when it leads to no property. */
static const char *property_pointer(struct arena *a, const char *pointer)
{
	static const char prefix[] = "/properties";
	size_t len = strlen(prefix);

	if (strncmp(pointer, prefix, len) == 0 && (!pointer[len] || pointer[len] == '/'))
		pointer += len;
	return pointer[0] == '/' && pointer[1] ? arena_strdup(a, pointer) : NULL;
}

static struct sim_pointers read_pointers(struct arena *a, const json_t *list)
{
	struct sim_pointers p = {ARENA_ARRAY(a, json_array_size(list), const char *), 0};
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *pointer = NULL;

		if (json_is_string(item))
			pointer = property_pointer(a, json_string_value(item));
		if (pointer)
			p.items[p.count++] = pointer;
	}
	return p;
}

static struct sim_pointers read_required(struct arena *a, const json_t *list)
{
	struct sim_pointers p = {ARENA_ARRAY(a, json_array_size(list), const char *), 0};
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		struct str pointer = STR_INIT;

		if (!json_is_string(item))
			continue;
		json_pointer_add(&pointer, text_of(json_string_value(item)));
		p.items[p.count++] = arena_text(a, str_text(&pointer));
		str_release(&pointer);
	}
	return p;
}

bool pointers_have(const struct sim_pointers *p, const char *pointer)
{
	for (size_t i = 0; i < p->count; i++) {
		if (strcmp(p->items[i], pointer) == 0)
			return true;
	}
	return false;
}

/* --- attributes ---------------------------------------------------------------------- */

/* Follows {"$ref": "#/definitions/X"}. */
static const json_t *resolve(const struct reading *r, const json_t *shape)
{
	for (int depth = 0; depth < REF_DEPTH; depth++) {
		const char *ref = json_str(shape, "$ref", NULL);

		if (!ref || ref[0] != '#')
			return shape;
		shape = json_at(r->schema, text_of(ref + 1));
	}
	return NULL;
}

static enum sim_kind kind_of(const json_t *shape)
{
	static const struct {
		const char *word;
		enum sim_kind kind;
	} words[] = {{"string", KIND_TEXT},     {"integer", KIND_INTEGER}, {"number", KIND_NUMBER},
		     {"boolean", KIND_BOOLEAN}, {"array", KIND_LIST},      {"object", KIND_OBJECT}};
	const json_t *type = json_object_get(shape, "type");
	const char *word = json_string_value(json_is_array(type) ? json_array_get(type, 0) : type);

	for (size_t i = 0; word && i < ARRAY_LEN(words); i++) {
		if (strcmp(word, words[i].word) == 0)
			return words[i].kind;
	}
	return json_object_get(shape, "properties") ? KIND_OBJECT : KIND_TEXT;
}

static const char *initial_of(struct arena *a, const json_t *shape)
{
	const json_t *initial = json_object_get(shape, "default");

	if (!initial)
		initial = json_array_get(json_object_get(shape, "enum"), 0);
	return initial ? json_text(a, initial) : NULL;
}

static void add(struct reading *r, const char *pointer, const json_t *shape)
{
	const json_t *minimum;
	const char *slash = strrchr(pointer, '/');

	shape = resolve(r, shape);
	minimum = json_object_get(shape, "minimum");
	*arena_vec_add(r->a, &r->found) = (struct sim_attribute){
		.pointer = pointer,
		.word = slash ? slash + 1 : pointer,
		.kind = kind_of(shape),
		.format = arena_strdup(r->a, json_str(shape, "format", "")),
		.initial = initial_of(r->a, shape),
		.minimum = json_integer_value(minimum),
		.has_minimum = json_is_integer(minimum),
	};
}

/* The shape of what a pointer leads to; NULL when the schema does not say. */
static const json_t *shape_at(const struct reading *r, const char *pointer)
{
	struct text_split split = text_split_start(text_of(*pointer ? pointer + 1 : ""));
	const json_t *shape = r->schema;
	struct text word;

	while (shape && text_next(&split, '/', &word)) {
		char *name = arena_text(r->a, word);

		shape = resolve(r, shape);
		shape = json_object_get(json_object_get(shape, "properties"), name);
	}
	return shape;
}

/* "Endpoint.Address" to "/Endpoint/Address". */
static const char *pointer_of(struct arena *a, const char *name)
{
	char *pointer = arena_printf(a, "/%s", name);

	for (char *at = pointer; *at; at++) {
		if (*at == '.')
			*at = '/';
	}
	return pointer;
}

/* What GetAtt gives.  Of what may be set, and is not, only scalars at the top are made up: a
 * cloud has defaults, but the schema does not say which. */
static void add_given(struct reading *r)
{
	const json_t *given = json_object_get(r->schema, "attributes");
	const char *name;
	json_t *shape;

	json_object_foreach((json_t *)given, name, shape)
	{
		const char *pointer = pointer_of(r->a, name);
		const json_t *real = resolve(r, shape);
		enum sim_kind kind = kind_of(real);
		bool settable = shape_at(r, pointer) != NULL;

		if (pointers_have(&r->type->read_only, pointer) ||
		    pointers_have(&r->type->write_only, pointer) || kind == KIND_OBJECT ||
		    (settable && (kind == KIND_LIST || strchr(pointer + 1, '/'))))
			continue;
		add(r, pointer, real);
	}
}

static void add_read_only(struct reading *r)
{
	const struct sim_pointers *p = &r->type->read_only;

	for (size_t i = 0; i < p->count; i++) {
		const json_t *given = json_object_get(r->schema, "attributes");
		const json_t *shape = shape_at(r, p->items[i]);

		if (strstr(p->items[i], "/*"))
			continue;
		if (!shape)
			shape = json_object_get(given, p->items[i] + 1);
		add(r, p->items[i], shape);
	}
}

/* A name that may be given, and is not. */
static void add_identifier(struct reading *r)
{
	const struct sim_pointers *p = &r->type->identifier;

	for (size_t i = 0; i < p->count; i++) {
		if (!pointers_have(&r->type->read_only, p->items[i]))
			add(r, p->items[i], shape_at(r, p->items[i]));
	}
}

static int compare_attributes(const void *x, const void *y)
{
	return strcmp(((const struct sim_attribute *)x)->pointer,
		      ((const struct sim_attribute *)y)->pointer);
}

static void gather(struct reading *r)
{
	size_t kept = 0;

	add_read_only(r);
	add_given(r);
	add_identifier(r);
	if (r->found.count)
		qsort(r->found.items, r->found.count, sizeof(*r->found.items), compare_attributes);
	for (size_t i = 0; i < r->found.count; i++) {
		if (!kept ||
		    strcmp(r->found.items[kept - 1].pointer, r->found.items[i].pointer) != 0)
			r->found.items[kept++] = r->found.items[i];
	}
	r->type->attributes = r->found.items;
	r->type->attribute_count = kept;
}

static struct sim_pointers read_actions(struct arena *a, const json_t *actions)
{
	size_t room =
		json_is_object(actions) ? json_object_size(actions) : json_array_size(actions);
	struct sim_pointers p = {ARENA_ARRAY(a, room, const char *), 0};
	const char *name;
	json_t *item;
	size_t i;

	if (json_is_object(actions))
		json_object_foreach((json_t *)actions, name, item) p.items[p.count++] =
			arena_strdup(a, name);
	json_array_foreach(actions, i, item)
	{
		if (json_is_string(item))
			p.items[p.count++] = arena_strdup(a, json_string_value(item));
	}
	return p;
}

static bool is_named(const struct sim_type *t)
{
	for (size_t i = 0; i < t->identifier.count; i++) {
		if (!pointers_have(&t->read_only, t->identifier.items[i]))
			return true;
	}
	return false;
}

struct sim_type *type_parse(struct arena *a, const char *name, struct text schema)
{
	struct sim_type *t = ARENA_NEW(a, struct sim_type);
	json_t *j = json_parse(schema, NULL, NULL);
	struct reading r = {.a = a, .schema = j, .type = t};

	t->name = arena_strdup(a, name);
	t->read_only = read_pointers(a, json_object_get(j, "readOnlyProperties"));
	t->write_only = read_pointers(a, json_object_get(j, "writeOnlyProperties"));
	t->create_only = read_pointers(a, json_object_get(j, "createOnlyProperties"));
	t->identifier = read_pointers(a, json_object_get(j, "primaryIdentifier"));
	t->required = read_required(a, json_object_get(j, "required"));
	t->actions = read_actions(a, json_object_get(j, "actions"));
	for (size_t i = 0; i < t->actions.count; i++)
		t->snapshots = t->snapshots || strcmp(t->actions.items[i], "snapshot") == 0;
	t->named = is_named(t);
	gather(&r);
	json_decref(j);
	return t;
}
