/* schema_shape.c - what values of a type look like: properties and definitions. */
#include <stdlib.h>
#include <string.h>

#include "engine/schema_read.h"

/* Contracts nest a few deep; hostile ones would nest far. */
#define SHAPE_DEPTH_MAX 32

static unsigned kind_named(const char *name)
{
	static const struct {
		const char *name;
		enum shape_kind kind;
	} kinds[] = {{"string", SHAPE_STRING}, {"integer", SHAPE_INTEGER},
		     {"number", SHAPE_NUMBER}, {"boolean", SHAPE_BOOLEAN},
		     {"array", SHAPE_ARRAY},   {"object", SHAPE_OBJECT}};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return kinds[i].kind;
	}
	return 0;
}

static void add_kind(struct schema_reader *r, struct shape *s, const json_t *j)
{
	unsigned kind = json_is_string(j) ? kind_named(json_string_value(j)) : 0;

	if (!kind)
		schema_report(
			r,
			"'type' of property '%s' is none of string, integer, number, boolean, "
			"array, object",
			s->name ? s->name : "items");
	s->kinds |= kind;
}

static void read_kinds(struct schema_reader *r, struct shape *s, const json_t *type)
{
	size_t i;
	const json_t *item;

	if (!type)
		return;
	if (!json_is_array(type)) {
		add_kind(r, s, type);
		return;
	}
	json_array_foreach(type, i, item) add_kind(r, s, item);
}

const char *schema_scalar_text(struct arena *a, const json_t *j)
{
	return json_is_string(j) ? arena_strdup(a, json_string_value(j)) : json_text(a, j);
}

static void read_choices(struct schema_reader *r, struct shape *s, const json_t *list)
{
	const char **choices;
	const json_t *item;
	size_t i;

	if (!list)
		return;
	choices = ARENA_ARRAY(r->a, json_array_size(list), const char *);
	json_array_foreach(list, i, item) choices[i] = schema_scalar_text(r->a, item);
	s->choices = choices;
	s->choice_count = json_array_size(list);
	if (!s->choice_count)
		schema_report(r, "'enum' of property '%s' is no list with something in it",
			      s->name ? s->name : "items");
}

static void read_pattern(struct schema_reader *r, struct shape *s, const char *pattern)
{
	struct shape_pattern *p;

	if (!pattern)
		return;
	p = ARENA_NEW(r->a, struct shape_pattern);
	p->text = arena_strdup(r->a, pattern);
	p->next = r->schema->patterns;
	r->schema->patterns = p;
	s->pattern = p;
}

/* One pair of bounds serves characters, items and members: a shape of several kinds at once has
 * bounds of none in practice. */
static void read_count(const json_t *j, const char *const keys[3], size_t *out)
{
	for (size_t i = 0; i < 3; i++) {
		int64_t n = json_int(j, keys[i], -1);

		if (n >= 0)
			*out = (size_t)n;
	}
}

static void read_bounds(struct shape *s, const json_t *j)
{
	static const char *const least[] = {"minLength", "minItems", "minProperties"};
	static const char *const most[] = {"maxLength", "maxItems", "maxProperties"};
	const json_t *minimum = json_object_get(j, "minimum");
	const json_t *maximum = json_object_get(j, "maximum");

	s->has_minimum = json_is_number(minimum);
	s->has_maximum = json_is_number(maximum);
	s->minimum = json_number_value(minimum);
	s->maximum = json_number_value(maximum);
	s->least = 0;
	s->most = SIZE_MAX;
	read_count(j, least, &s->least);
	read_count(j, most, &s->most);
	s->unique = json_flag(j, "uniqueItems", false);
}

static int compare_shapes(const void *x, const void *y)
{
	return strcmp(((const struct shape *)x)->name, ((const struct shape *)y)->name);
}

static void read_shape(struct schema_reader *r, struct shape *s, const json_t *j, int depth);

static const struct shape *new_shape(struct schema_reader *r, const json_t *j, int depth)
{
	struct shape *s;

	if (!json_is_object(j))
		return NULL;
	s = ARENA_NEW(r->a, struct shape);
	read_shape(r, s, j, depth + 1);
	return s;
}

static void read_members(struct schema_reader *r, struct shape *s, const json_t *j, int depth)
{
	json_t *properties = json_object_get(j, "properties");
	const json_t *rest = json_object_get(j, "additionalProperties");
	const char *name;
	json_t *body;

	s->members = ARENA_ARRAY(r->a, json_object_size(properties), struct shape);
	json_object_foreach(properties, name, body)
	{
		struct shape *member = &s->members[s->member_count++];

		member->name = arena_strdup(r->a, name);
		if (json_is_object(body))
			read_shape(r, member, body, depth + 1);
		else
			schema_report(r, "property '%s' is no object", name);
	}
	if (s->member_count)
		qsort(s->members, s->member_count, sizeof(*s->members), compare_shapes);
	s->rest = new_shape(r, rest, depth);
	s->open = s->rest || json_is_true(rest) || (!rest && s->member_count == 0);
}

static void read_required(struct schema_reader *r, struct shape *s, const json_t *list)
{
	const char **names = ARENA_ARRAY(r->a, json_array_size(list), const char *);
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *name = json_string_value(item);

		if (name && shape_member(s, text_of(name)))
			names[s->required_count++] = arena_strdup(r->a, name);
		else
			schema_report(r, "'required' names '%s', which is no property",
				      name ? name : "?");
	}
	s->required = names;
}

/* Groups */

static void add_group(struct schema_reader *r, struct shape *s, enum shape_group_kind kind,
		      const char *first, const json_t *list)
{
	struct shape_group *g = (struct shape_group *)(uintptr_t)&s->groups[s->group_count];
	const char **names = ARENA_ARRAY(r->a, json_array_size(list) + 1, const char *);
	const json_t *item;
	size_t i;

	*g = (struct shape_group){kind, names, 0};
	if (first)
		names[g->count++] = arena_strdup(r->a, first);
	json_array_foreach(list, i, item)
	{
		if (json_is_string(item))
			names[g->count++] = arena_strdup(r->a, json_string_value(item));
	}
	if (g->count > 1)
		s->group_count++;
}

static void read_groups(struct schema_reader *r, struct shape *s, const json_t *j)
{
	static const struct {
		const char *keyword;
		enum shape_group_kind kind;
	} rows[] = {{"dependentRequired", GROUP_NEEDS},
		    {"dependentExcluded", GROUP_EXCLUDES},
		    {"requiredOr", GROUP_ANY},
		    {"requiredXor", GROUP_ONE}};
	size_t room = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const json_t *body = json_object_get(j, rows[i].keyword);

		room += json_object_size(body) + json_array_size(body);
	}
	s->groups = room ? ARENA_ARRAY(r->a, room, struct shape_group) : NULL;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *body = json_object_get(j, rows[i].keyword), *list;
		const char *name;
		size_t k;

		json_object_foreach(body, name, list) add_group(r, s, rows[i].kind, name, list);
		json_array_foreach(body, k, list) add_group(r, s, rows[i].kind, NULL, list);
	}
}

/* Definitions */

#define REFERENCE_PREFIX "#/definitions/"

/* The shape of a definition, which is read later: it may refer to itself. */
static struct shape *shape_named(struct schema_reader *r, const char *reference)
{
	struct text name = text_of(reference);
	const json_t *body;
	struct shape *s;

	if (!text_starts(name, REFERENCE_PREFIX)) {
		schema_report(r, "'$ref' is '%s', which is no definition", reference);
		return NULL;
	}
	name.ptr += strlen(REFERENCE_PREFIX);
	name.len -= strlen(REFERENCE_PREFIX);
	s = map_find(&r->named, name);
	if (s)
		return s;
	body = json_object_get(r->definitions, name.ptr);
	if (!json_is_object(body)) {
		schema_report(r, "'$ref' is '%s', which is no definition", reference);
		return NULL;
	}
	s = ARENA_NEW(r->a, struct shape);
	map_set(&r->named, name, s);
	*vec_add(&r->waiting) = (struct shape_waiting){s, body};
	return s;
}

static void read_shape(struct schema_reader *r, struct shape *s, const json_t *j, int depth)
{
	const json_t *initial = json_object_get(j, "default");
	const char *reference = json_str(j, "$ref", NULL);

	if (depth > SHAPE_DEPTH_MAX) {
		schema_report(r, "properties are nested more than %d deep", SHAPE_DEPTH_MAX);
		return;
	}
	s->most = SIZE_MAX;
	s->open = true;
	if (reference) {
		s->is = shape_named(r, reference);
		return;
	}
	read_kinds(r, s, json_object_get(j, "type"));
	read_choices(r, s, json_object_get(j, "enum"));
	read_pattern(r, s, json_str(j, "pattern", NULL));
	read_bounds(s, j);
	read_members(r, s, j, depth);
	read_required(r, s, json_object_get(j, "required"));
	read_groups(r, s, j);
	if (json_str(j, "format", NULL))
		s->format = arena_strdup(r->a, json_str(j, "format", NULL));
	s->items = new_shape(r, json_object_get(j, "items"), depth);
	if (initial)
		s->initial = value_from_json(r->a, initial, NULL);
}

static void read_waiting(struct schema_reader *r)
{
	for (size_t i = 0; i < r->waiting.count; i++) {
		struct shape_waiting w = r->waiting.items[i];

		read_shape(r, w.shape, w.body, 0);
	}
	vec_release(&r->waiting);
}

/* A definition that is nothing but another one leads on; a circle of those leads nowhere. */
static void shorten(struct shape *s)
{
	const struct shape *end = s->is;

	for (size_t i = 0; end && end->is; i++)
		end = i < SHAPE_DEPTH_MAX ? end->is : NULL;
	s->is = end;
}

static void shorten_members(struct shape *s);

static void shorten_all(struct schema_reader *r, struct shape *root)
{
	shorten_members(root);
	for (size_t i = 0; i < r->named.entry_count; i++) {
		shorten(r->named.entries[i].value);
		shorten_members(r->named.entries[i].value);
	}
}

static void shorten_part(const struct shape *part)
{
	struct shape *s = (struct shape *)(uintptr_t)part;

	if (s && s->is)
		shorten(s);
	else if (s)
		shorten_members(s);
}

/* Only what is written inside of this one: definitions have their own turn. */
static void shorten_members(struct shape *s)
{
	for (size_t i = 0; i < s->member_count; i++)
		shorten_part(&s->members[i]);
	shorten_part(s->items);
	shorten_part(s->rest);
}

void schema_read_shape(struct schema_reader *r, struct shape *s, const json_t *j)
{
	map_release(&r->named);
	r->named = MAP_INIT;
	read_shape(r, s, j, 0);
	read_waiting(r);
	shorten_all(r, s);
}

void schema_read_given(struct schema_reader *r, struct shape *s, const json_t *attributes)
{
	json_t *body = json_object();

	json_object_set(body, "properties", (json_t *)(uintptr_t)attributes);
	read_shape(r, s, body, 0);
	read_waiting(r);
	shorten_all(r, s);
	map_release(&r->named);
	r->named = MAP_INIT;
	json_decref(body);
}

struct shape *schema_shape_at(struct shape *s, const char *pointer, bool *shared)
{
	struct text_split split = text_split_start(text_of(pointer + 1));
	struct text piece;

	*shared = false;
	while (s && text_next(&split, '/', &piece)) {
		*shared |= s->is != NULL;
		s = (struct shape *)(uintptr_t)shape_of(s);
		s = text_is(piece, "*") ? (struct shape *)(uintptr_t)(s->items ? s->items : s->rest)
					: shape_member(s, piece);
	}
	return s;
}
