/* spec.c - what the suite is told of a provider, and its schema. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "templates/node.h"
#include "tests/contract/contract.h"

static json_t *to_json(const struct node *n);

static json_t *scalar_json(const struct node *n)
{
	json_t *j = NULL;

	if (node_is_null(n))
		return json_null();
	if (n->style == SCALAR_PLAIN)
		j = json_parse(n->text, NULL, NULL);
	return j ? j : json_stringn(n->text.ptr, n->text.len);
}

static json_t *to_json(const struct node *n)
{
	json_t *j;

	if (n->kind == NODE_LIST) {
		j = json_array();
		for (size_t i = 0; i < n->count; i++)
			json_array_append_new(j, to_json(n->items[i]));
		return j;
	}
	if (n->kind == NODE_MAP) {
		j = json_object();
		for (size_t i = 0; i < n->count; i++)
			json_object_set_new(j, n->entries[i].key->text.ptr,
					    to_json(n->entries[i].value));
		return j;
	}
	return scalar_json(n);
}

static int complain(const char *path, const char *what)
{
	fprintf(stderr, "%s: %s\n", path, what);
	return -1;
}

static const struct diag *show(const struct diags *d)
{
	for (const struct diag *g = d->first; g; g = g->next)
		fprintf(stderr, "HD%d %s%s%s\n", (int)g->code, g->summary, g->detail ? ": " : "",
			g->detail ? g->detail : "");
	return d->first;
}

static json_t *read_file(struct suite *s, const char *path)
{
	struct diags d = DIAGS_INIT;
	const struct source *src = source_load(s->a, path, NULL, RANGE_NONE, &d);
	const struct node *root = src ? node_parse(s->a, src, NODE_MANIFEST, &d) : NULL;
	json_t *j = root ? to_json(root) : NULL;

	show(&d);
	diags_release(&d);
	return j;
}

/* Types that depend on the entry's settings. */
static int open_types(struct suite *s, const char *path)
{
	struct call_settings settings = {s->config, NULL};
	struct call_context around = {.clock = clock_real()};
	struct diags d = DIAGS_INIT;

	if (!HD_KNOWS(struct hd_provider, s->table, types_schema) || !s->table->types_open)
		return 0;
	s->opened = call_types_open(s->table, &settings, &around, &d);
	show(&d);
	diags_release(&d);
	return s->opened ? 0 : complain(path, "the provider's types cannot be opened");
}

/* A catalogue gives the schema of one type at a time. */
static void take_schema(void *context, struct hd_span schema)
{
	*(json_t **)context = json_parse((struct text){schema.ptr, schema.len}, NULL, NULL);
}

static json_t *schema_of(const struct suite *s, const char *type)
{
	json_t *j = json_incref(json_object_get(json_object_get(s->schema, "types"), type));

	if (!j && s->opened)
		s->table->types_schema(s->opened, (struct hd_span){type, strlen(type)}, &j,
				       take_schema);
	if (!j && HD_KNOWS(struct hd_provider, s->table, type_schema) && s->table->type_schema)
		s->table->type_schema((struct hd_span){type, strlen(type)}, &j, take_schema);
	return j;
}

static int read_schema(struct suite *s, struct type_spec *t, const char *path)
{
	struct diags d = DIAGS_INIT;
	json_t *j = schema_of(s, t->name);
	struct str text = STR_INIT;

	if (!j)
		return complain(path, arena_printf(s->a, "the provider has no type '%s'", t->name));
	json_canonical(j, &text);
	t->schema = schema_parse(s->a, s->provider, t->name, str_text(&text), &d);
	json_object_set(s->spec, t->name, j);
	t->properties = json_object_get(j, "properties");
	t->open = json_flag(j, "openAttributes", false) ||
		  json_flag(j, "additionalProperties", false) ||
		  json_is_object(json_object_get(j, "additionalProperties"));
	show(&d);
	str_release(&text);
	json_decref(j);
	return t->schema ? 0 : -1;
}

static void read_type(struct type_spec *t, const char *name, const json_t *j)
{
	*t = (struct type_spec){
		.name = name,
		.create = json_object_get(j, "Create"),
		.update = json_object_get(j, "Update"),
		.create_only = json_str(j, "CreateOnly", NULL),
		.missing = json_str(j, "Missing", NULL),
		.secret = json_str(j, "Secret", NULL),
		.fixed_name = json_flag(j, "FixedName", false),
		.natural_name = json_flag(j, "NaturalName", false),
		.pending = json_flag(j, "Pending", false),
		.act = json_object_get(j, "Act"),
		.unshown = json_object_get(j, "Unshown"),
		.except = json_object_get(j, "Except"),
	};
}

static int read_types(struct suite *s, const char *path)
{
	json_t *types = json_object_get(s->spec, "Types"), *j;
	const char *name;
	int rc = 0;

	s->types = ARENA_ARRAY(s->a, json_object_size(types) + 1, struct type_spec);
	json_object_foreach(types, name, j)
	{
		struct type_spec *t = &s->types[s->type_count++];

		read_type(t, name, j);
		if (!json_is_object(t->create))
			rc = complain(path, "a type has no Create");
		else if (read_schema(s, t, path))
			rc = -1;
	}
	return s->type_count ? rc : complain(path, "it has no Types");
}

int spec_load(struct suite *s, const char *path)
{
	json_t *config;

	s->spec = read_file(s, path);
	s->schema =
		json_parse((struct text){s->table->schema.ptr, s->table->schema.len}, NULL, NULL);
	if (!json_is_object(s->spec))
		return complain(path, "it is no map with Config and Types");
	config = json_object_get(s->spec, "Config");
	s->config = config ? json_text(s->a, config) : "{}";
	return open_types(s, path) ? -1 : read_types(s, path);
}

void spec_release(struct suite *s)
{
	if (s->opened)
		s->table->types_close(s->opened);
	json_decref(s->spec);
	json_decref(s->schema);
}

/* "${#N}" alone is the number itself. */
static json_t *with_number(const char *text, unsigned number)
{
	static const char mark[] = "${N}";
	struct str out = STR_INIT;
	const char *at;
	json_t *j;

	if (!strcmp(text, "${#N}"))
		return json_integer(number);
	while ((at = strstr(text, mark))) {
		str_add_len(&out, text, (size_t)(at - text));
		str_printf(&out, "%u", number);
		text = at + sizeof(mark) - 1;
	}
	str_add(&out, text);
	j = json_string(str_cstr(&out));
	str_release(&out);
	return j;
}

json_t *spec_properties(const json_t *pattern, unsigned number)
{
	json_t *out, *value;
	const char *key;

	if (json_is_string(pattern))
		return with_number(json_string_value(pattern), number);
	if (json_is_array(pattern)) {
		out = json_array();
		for (size_t i = 0; i < json_array_size(pattern); i++)
			json_array_append_new(out,
					      spec_properties(json_array_get(pattern, i), number));
		return out;
	}
	if (!json_is_object(pattern))
		return json_deep_copy(pattern);
	out = json_object();
	json_object_foreach((json_t *)(uintptr_t)pattern, key, value)
		json_object_set_new(out, key, spec_properties(value, number));
	return out;
}
