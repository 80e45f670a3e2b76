/* schema_parse.c - a provider's schema text to struct schema, contract checked. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "engine/schema_read.h"

#define MS_PER_SECOND 1000

void schema_report(const struct schema_reader *r, const char *fmt, ...)
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

/* "/properties/Path" to "/Path"; NULL, with an error, when it has another form. */
static const char *own_pointer(const struct schema_reader *r, const char *keyword, const json_t *j)
{
	const char *pointer = json_string_value(j);

	if (pointer && text_starts(text_of(pointer), "/properties/"))
		return arena_strdup(r->a, pointer + strlen("/properties"));
	schema_report(r, "'%s' holds '%s' where a pointer such as /properties/Name is expected",
		      keyword, pointer ? pointer : "something else");
	return NULL;
}

static const char *known_pointer(const struct schema_reader *r, const char *keyword,
				 const json_t *j)
{
	const char *pointer = own_pointer(r, keyword, j);
	bool shared;

	if (!pointer || schema_shape_at(&r->schema->root, pointer, &shared))
		return pointer;
	schema_report(r, "'%s' names '/properties%s', which is no property", keyword, pointer);
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

static void read_values(const struct schema_reader *r, struct unserved *u, const json_t *list)
{
	const json_t *item;
	size_t i;

	u->values = ARENA_ARRAY(r->a, json_array_size(list), const char *);
	json_array_foreach(list, i, item) u->values[u->value_count++] =
		schema_scalar_text(r->a, item);
}

static char *optional_text(const struct schema_reader *r, const json_t *body, const char *key)
{
	const char *text = json_str(body, key, NULL);

	return text ? arena_strdup(r->a, text) : NULL;
}

/* {"/properties/Rules/ *" without the blank: {"reason": ..., "hint": ..., "values": [...]}} */
static void read_unserved(const struct schema_reader *r, json_t *rows)
{
	static const char keyword[] = "unservedProperties";
	struct schema *s = r->schema;
	const char *key;
	json_t *body;

	if (rows && !json_is_object(rows))
		schema_report(r, "'%s' is no object", keyword);
	s->unserved = ARENA_ARRAY(r->a, json_object_size(rows), struct unserved);
	json_object_foreach(rows, key, body)
	{
		struct unserved *u = &s->unserved[s->unserved_count];
		json_t *name = json_string(key);
		const char *pointer = known_pointer(r, keyword, name);
		char *path;

		json_decref(name);
		if (!pointer)
			continue;
		path = arena_strdup(r->a, pointer + 1);
		for (char *at = strchr(path, '/'); at; at = strchr(at, '/'))
			*at = '.';
		*u = (struct unserved){.path = path};
		u->reason = optional_text(r, body, "reason");
		u->hint = optional_text(r, body, "hint");
		read_values(r, u, json_object_get(body, "values"));
		s->unserved_count++;
	}
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
			schema_report(r, "'timeouts' gives no usable number of seconds for '%s'",
				      names[i]);
		else
			r->schema->timeouts_ms[i] =
				seconds ? seconds * MS_PER_SECOND : OPERATION_DEADLINE_MS;
	}
}

/* A list of names, or an object by name. */
static void read_actions(const struct schema_reader *r, json_t *actions)
{
	struct schema *s = r->schema;
	const char *name;
	json_t *body;

	s->actions = ARENA_ARRAY(r->a, json_array_size(actions) + json_object_size(actions),
				 const char *);
	for (size_t i = 0; i < json_array_size(actions); i++) {
		name = json_string_value(json_array_get(actions, i));
		if (name)
			s->actions[s->action_count++] = arena_strdup(r->a, name);
		else
			schema_report(r, "'actions' has an item that is no name");
	}
	json_object_foreach(actions, name, body)
	{
		s->actions[s->action_count++] = arena_strdup(r->a, name);
	}
	if (actions && !json_is_array(actions) && !json_is_object(actions))
		schema_report(r, "'actions' is neither a list nor an object");
}

static const char **read_names(struct arena *a, const json_t *list, size_t *count)
{
	const char **names = ARENA_ARRAY(a, json_array_size(list) + 1, const char *);
	const json_t *name;
	size_t i;

	json_array_foreach(list, i, name)
	{
		if (json_is_string(name))
			names[(*count)++] = arena_strdup(a, json_string_value(name));
	}
	return names;
}

static void read_action_results(const struct schema_reader *r, json_t *map)
{
	struct schema *s = r->schema;
	const char *action;
	json_t *list;

	s->results = ARENA_ARRAY(r->a, json_object_size(map) + 1, struct action_result);
	json_object_foreach(map, action, list)
	{
		struct action_result *one = &s->results[s->result_count];

		if (!json_is_array(list))
			continue;
		one->action = arena_strdup(r->a, action);
		one->names = read_names(r->a, list, &one->count);
		s->result_count++;
	}
}

static void read_order(const struct schema_reader *r, const char *strategy)
{
	if (!strategy || strcmp(strategy, "create_then_delete") == 0)
		r->schema->order = CREATE_THEN_DELETE;
	else if (strcmp(strategy, "delete_then_create") == 0)
		r->schema->order = DELETE_THEN_CREATE;
	else
		schema_report(r, "'replacementStrategy' is '%s'", strategy);
}

/* Members of definitions that others use as well are told by their pointers alone. */
static void mark_read_only(struct schema *s)
{
	for (size_t i = 0; i < s->read_only.count; i++) {
		bool shared;
		struct shape *at = schema_shape_at(&s->root, s->read_only.pointers[i], &shared);

		if (!shared)
			at->read_only = true;
	}
}

static int compare_names(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void add_attribute(struct schema *s, const char *name)
{
	for (size_t i = 0; i < s->attribute_count; i++) {
		if (strcmp(s->attributes[i], name) == 0)
			return;
	}
	s->attributes[s->attribute_count++] = name;
}

/* Top-level properties that may be set, and everything that GetAtt can ask for. */
static void collect_names(const struct schema_reader *r)
{
	struct schema *s = r->schema;
	size_t room = s->root.member_count + s->read_only.count + s->given.member_count;

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
	for (size_t i = 0; i < s->given.member_count; i++)
		add_attribute(s, s->given.members[i].name);
	if (s->attribute_count)
		qsort(s->attributes, s->attribute_count, sizeof(*s->attributes), compare_names);
}

static void read_type(struct schema_reader *r, const json_t *j)
{
	struct schema *s = r->schema;
	int64_t version = json_int(j, "version", 1);
	const json_t *extent = json_object_get(j, "additionalProperties");

	s->description = arena_strdup(r->a, json_str(j, "description", ""));
	if (version < 1 || version > INT32_MAX)
		schema_report(r, "'version' is no positive number");
	s->version = (uint32_t)version;
	r->definitions = json_object_get(j, "definitions");
	schema_read_shape(r, &s->root, j);
	schema_read_given(r, &s->given, json_object_get(j, "attributes"));
	s->root.kinds = SHAPE_OBJECT;
	s->root.open = json_is_true(extent);
	read_pointers(r, j, "createOnlyProperties", &s->create_only);
	read_pointers(r, j, "readOnlyProperties", &s->read_only);
	read_pointers(r, j, "writeOnlyProperties", &s->write_only);
	read_pointers(r, j, "shownProperties", &s->shown);
	read_pointers(r, j, "fileProperties", &s->files);
	read_pointers(r, j, "conditionalCreateOnlyProperties", &s->maybe_create_only);
	read_pointers(r, j, "primaryIdentifier", &s->identifier);
	read_unserved(r, json_object_get(j, "unservedProperties"));
	s->deprecated = json_flag(j, "deprecated", false);
	s->undeployable = !json_flag(j, "deployable", true);
	s->published = json_flag(j, "published", false);
	s->endpoint_pointer = read_pointer(r, j, "endpointProperty");
	s->ref_pointer = read_pointer(r, j, "ref");
	s->open_attributes = json_flag(j, "openAttributes", false);
	read_timeouts(r, json_object_get(j, "timeouts"));
	read_order(r, json_str(j, "replacementStrategy", NULL));
	read_actions(r, json_object_get(j, "actions"));
	read_action_results(r, json_object_get(j, "actionResults"));
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
			schema_report(r, "type '%s' is no object", name);
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
	struct schema_reader r = {
		.a = a, .provider = provider, .schema = ARENA_NEW(a, struct schema), .d = d};
	size_t errors = d->error_count;
	const char *why = NULL;
	json_t *body = json_parse(json, a, &why);

	r.schema->type = arena_strdup(a, type);
	if (!json_is_object(body))
		schema_report(&r, "it is no JSON object: %s", why ? why : "something else");
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
	struct schema_reader r = {.a = a, .provider = provider, .d = d};
	const char *why = NULL;
	json_t *root = json_parse(json, a, &why), *list;
	size_t errors = d->error_count;

	list = json_object_get(root, "types");
	if (!root)
		schema_report(&r, "it is not JSON: %s", why);
	else if (!json_is_object(list))
		schema_report(&r, "it has no object 'types'");
	else
		read_types(&r, list, types);
	json_decref(root);
	return d->error_count == errors ? 0 : -1;
}
