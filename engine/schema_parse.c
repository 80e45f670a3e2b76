/* schema_parse.c - a provider's schema text to struct schema, contract checked. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "base/vec.h"
#include "engine/schema_type.h"

/* Contracts nest a few deep; hostile ones would nest far. */
#define SHAPE_DEPTH_MAX 32
#define MS_PER_SECOND 1000

struct schema_reader {
	struct arena *a;
	const char *provider;
	struct schema *schema;
	struct diags *d;
};

static void report(const struct schema_reader *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void report(const struct schema_reader *r, const char *fmt, ...)
{
	struct str why = STR_INIT;
	struct diag *g;
	va_list ap;

	va_start(ap, fmt);
	str_vprintf(&why, fmt, ap);
	va_end(ap);
	if (r->schema)
		g = diag_add(r->d, DIAG_SCHEMA_INVALID, RANGE_NONE,
			     "schema of '%s' from provider '%s' breaks the contract",
			     r->schema->type, r->provider);
	else
		g = diag_add(r->d, DIAG_SCHEMA_INVALID, RANGE_NONE,
			     "schema from provider '%s' breaks the contract", r->provider);
	diag_detail(r->d, g, "%s", str_cstr(&why));
	diag_hint(r->d, g, "use another version of the plugin");
	str_release(&why);
}

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

static void add_kind(const struct schema_reader *r, struct shape *s, const json_t *j)
{
	unsigned kind = json_is_string(j) ? kind_named(json_string_value(j)) : 0;

	if (!kind)
		report(r,
		       "'type' of property '%s' is none of string, integer, number, boolean, "
		       "array, object",
		       s->name ? s->name : "items");
	s->kinds |= kind;
}

static void read_kinds(const struct schema_reader *r, struct shape *s, const json_t *type)
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

/* Scalars as CloudFormation would write them. */
static const char *scalar_text(struct arena *a, const json_t *j)
{
	return json_is_string(j) ? arena_strdup(a, json_string_value(j)) : json_text(a, j);
}

static void read_choices(const struct schema_reader *r, struct shape *s, const json_t *list)
{
	const char **choices;
	const json_t *item;
	size_t i;

	if (!list)
		return;
	choices = ARENA_ARRAY(r->a, json_array_size(list), const char *);
	json_array_foreach(list, i, item) choices[i] = scalar_text(r->a, item);
	s->choices = choices;
	s->choice_count = json_array_size(list);
	if (!s->choice_count)
		report(r, "'enum' of property '%s' is no list with something in it",
		       s->name ? s->name : "items");
}

static void read_pattern(const struct schema_reader *r, struct shape *s, const char *pattern)
{
	struct shape_pattern *p;

	if (!pattern)
		return;
	p = ARENA_NEW(r->a, struct shape_pattern);
	if (!shape_pattern_compile(pattern, &p->compiled))
		return;
	p->text = arena_strdup(r->a, pattern);
	p->next = r->schema->patterns;
	r->schema->patterns = p;
	s->pattern = p;
}

static void read_bounds(struct shape *s, const json_t *j)
{
	const json_t *minimum = json_object_get(j, "minimum");
	const json_t *maximum = json_object_get(j, "maximum");

	s->has_minimum = json_is_number(minimum);
	s->has_maximum = json_is_number(maximum);
	s->minimum = json_number_value(minimum);
	s->maximum = json_number_value(maximum);
}

static int compare_shapes(const void *x, const void *y)
{
	return strcmp(((const struct shape *)x)->name, ((const struct shape *)y)->name);
}

static void read_shape(const struct schema_reader *r, struct shape *s, const json_t *j, int depth);

static const struct shape *new_shape(const struct schema_reader *r, const json_t *j, int depth)
{
	struct shape *s;

	if (!json_is_object(j))
		return NULL;
	s = ARENA_NEW(r->a, struct shape);
	read_shape(r, s, j, depth + 1);
	return s;
}

static void read_members(const struct schema_reader *r, struct shape *s, const json_t *j, int depth)
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
			report(r, "property '%s' is no object", name);
	}
	if (s->member_count)
		qsort(s->members, s->member_count, sizeof(*s->members), compare_shapes);
	s->rest = new_shape(r, rest, depth);
	s->open = s->rest || json_is_true(rest) || (!rest && s->member_count == 0);
}

static void read_required(const struct schema_reader *r, struct shape *s, const json_t *list)
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
			report(r, "'required' names '%s', which is no property", name ? name : "?");
	}
	s->required = names;
}

static void read_shape(const struct schema_reader *r, struct shape *s, const json_t *j, int depth)
{
	const json_t *initial = json_object_get(j, "default");

	if (depth > SHAPE_DEPTH_MAX) {
		report(r, "properties are nested more than %d deep", SHAPE_DEPTH_MAX);
		return;
	}
	read_kinds(r, s, json_object_get(j, "type"));
	read_choices(r, s, json_object_get(j, "enum"));
	read_pattern(r, s, json_str(j, "pattern", NULL));
	read_bounds(s, j);
	read_members(r, s, j, depth);
	read_required(r, s, json_object_get(j, "required"));
	s->items = new_shape(r, json_object_get(j, "items"), depth);
	if (initial)
		s->initial = value_from_json(r->a, initial, NULL);
}

/* "/properties/Path" to "/Path"; NULL, with an error, when it has another form. */
static const char *own_pointer(const struct schema_reader *r, const char *keyword, const json_t *j)
{
	const char *pointer = json_string_value(j);

	if (pointer && text_starts(text_of(pointer), "/properties/"))
		return arena_strdup(r->a, pointer + strlen("/properties"));
	report(r, "'%s' holds '%s' where a pointer such as /properties/Name is expected", keyword,
	       pointer ? pointer : "something else");
	return NULL;
}

/* The shape a pointer leads to; NULL when it leads nowhere. */
static struct shape *shape_at(struct shape *s, const char *pointer)
{
	struct text_split split = text_split_start(text_of(pointer + 1));
	struct text piece;

	while (s && text_next(&split, '/', &piece))
		s = text_is(piece, "*") ? (struct shape *)s->items : shape_member(s, piece);
	return s;
}

static const char *known_pointer(const struct schema_reader *r, const char *keyword,
				 const json_t *j)
{
	const char *pointer = own_pointer(r, keyword, j);

	if (!pointer || shape_at(&r->schema->root, pointer))
		return pointer;
	report(r, "'%s' names '/properties%s', which is no property", keyword, pointer);
	return NULL;
}

static void read_pointers(const struct schema_reader *r, const json_t *j, const char *keyword,
			  struct pointer_set *out)
{
	const json_t *list = json_object_get(j, keyword), *item;
	size_t i;

	out->pointers = ARENA_ARRAY(r->a, json_array_size(list), const char *);
	json_array_foreach(list, i, item)
	{
		const char *pointer = known_pointer(r, keyword, item);

		if (pointer)
			out->pointers[out->count++] = pointer;
	}
}

static const char *read_pointer(const struct schema_reader *r, const json_t *j, const char *keyword)
{
	const json_t *pointer = json_object_get(j, keyword);

	return pointer ? known_pointer(r, keyword, pointer) : NULL;
}

static void read_timeouts(const struct schema_reader *r, const json_t *timeouts)
{
	static const char *const names[] = {[TIMEOUT_READ] = "read",
					    [TIMEOUT_CREATE] = "create",
					    [TIMEOUT_UPDATE] = "update",
					    [TIMEOUT_DELETE] = "delete"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		int64_t seconds = json_int(timeouts, names[i], 0);

		if (seconds > INT64_MAX / MS_PER_SECOND || seconds < 0)
			report(r, "'timeouts' gives no usable number of seconds for '%s'",
			       names[i]);
		else
			r->schema->timeouts_ms[i] =
				seconds ? seconds * MS_PER_SECOND : OPERATION_DEADLINE_MS;
	}
}

static void read_order(const struct schema_reader *r, const char *strategy)
{
	if (!strategy || strcmp(strategy, "create_then_delete") == 0)
		r->schema->order = CREATE_THEN_DELETE;
	else if (strcmp(strategy, "delete_then_create") == 0)
		r->schema->order = DELETE_THEN_CREATE;
	else
		report(r, "'replacementStrategy' is '%s'", strategy);
}

static void mark_read_only(struct schema *s)
{
	for (size_t i = 0; i < s->read_only.count; i++)
		shape_at(&s->root, s->read_only.pointers[i])->read_only = true;
}

static int compare_names(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Top-level properties that may be set, and everything that GetAtt can ask for. */
static void collect_names(const struct schema_reader *r)
{
	struct schema *s = r->schema;
	size_t room = s->root.member_count + s->read_only.count;

	s->settable = ARENA_ARRAY(r->a, s->root.member_count, const char *);
	s->attributes = ARENA_ARRAY(r->a, room, const char *);
	for (size_t i = 0; i < s->root.member_count; i++) {
		if (!s->root.members[i].read_only)
			s->settable[s->settable_count++] = s->root.members[i].name;
		if (schema_has_attribute(s, text_of(s->root.members[i].name)))
			s->attributes[s->attribute_count++] = s->root.members[i].name;
	}
	for (size_t i = 0; i < s->read_only.count; i++) {
		char *name = arena_strdup(r->a, s->read_only.pointers[i] + 1);

		if (!strchr(name, '/'))
			continue;
		for (char *at = strchr(name, '/'); at; at = strchr(at, '/'))
			*at = '.';
		s->attributes[s->attribute_count++] = name;
	}
	if (s->attribute_count)
		qsort(s->attributes, s->attribute_count, sizeof(*s->attributes), compare_names);
}

static void read_type(const struct schema_reader *r, const json_t *j)
{
	struct schema *s = r->schema;
	int64_t version = json_int(j, "version", 1);
	const json_t *extent = json_object_get(j, "additionalProperties");

	s->description = arena_strdup(r->a, json_str(j, "description", ""));
	if (version < 1 || version > INT32_MAX)
		report(r, "'version' is no positive number");
	s->version = (uint32_t)version;
	read_shape(r, &s->root, j, 0);
	s->root.kinds = SHAPE_OBJECT;
	s->root.open = json_is_true(extent);
	read_pointers(r, j, "createOnlyProperties", &s->create_only);
	read_pointers(r, j, "readOnlyProperties", &s->read_only);
	read_pointers(r, j, "writeOnlyProperties", &s->write_only);
	s->endpoint_pointer = read_pointer(r, j, "endpointProperty");
	s->ref_pointer = read_pointer(r, j, "ref");
	s->open_attributes = json_flag(j, "openAttributes", false);
	read_timeouts(r, json_object_get(j, "timeouts"));
	read_order(r, json_str(j, "replacementStrategy", NULL));
	mark_read_only(s);
	collect_names(r);
}

static void read_types(struct schema_reader *r, json_t *types, struct map *out)
{
	const char *name;
	json_t *body;

	json_object_foreach(types, name, body)
	{
		if (!json_is_object(body)) {
			report(r, "type '%s' is no object", name);
			continue;
		}
		r->schema = ARENA_NEW(r->a, struct schema);
		r->schema->type = arena_strdup(r->a, name);
		map_set(out, text_of(name), r->schema);
		read_type(r, body);
		r->schema = NULL;
	}
}

struct schema *schema_parse(struct arena *a, const char *provider, const char *type,
			    struct text json, struct diags *d)
{
	struct schema_reader r = {a, provider, ARENA_NEW(a, struct schema), d};
	size_t errors = d->error_count;
	const char *why = NULL;
	json_t *body = json_parse(json, a, &why);

	r.schema->type = arena_strdup(a, type);
	if (!json_is_object(body))
		report(&r, "it is no JSON object: %s", why ? why : "something else");
	else
		read_type(&r, body);
	json_decref(body);
	if (d->error_count == errors)
		return r.schema;
	schema_release(r.schema);
	return NULL;
}

int schema_set_parse(struct arena *a, const char *provider, struct text json, struct map *types,
		     struct diags *d)
{
	struct schema_reader r = {a, provider, NULL, d};
	const char *why = NULL;
	json_t *root = json_parse(json, a, &why), *list;
	size_t errors = d->error_count;

	list = json_object_get(root, "types");
	if (!root)
		report(&r, "it is not JSON: %s", why);
	else if (!json_is_object(list))
		report(&r, "it has no object 'types'");
	else
		read_types(&r, list, types);
	json_decref(root);
	return d->error_count == errors ? 0 : -1;
}
