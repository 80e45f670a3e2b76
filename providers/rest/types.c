/*
 * types.c - what types there are, before any session: those of definitions, and those whose
 * schemas the kind knows.
 *
 * A type that has a schema and no definition is known and cannot be deployed.  One that only a
 * wildcard is for can be, when its schema's handlers say that somebody makes, reads and removes it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "providers/kit/span.h"
#include "providers/rest/definition_parts.h"
#include "providers/rest/rest.h"
#include "providers/rest/session.h"

struct hd_types {
	const struct rest_kind *kind;
	struct definitions *definitions;
};

/* --- opening --------------------------------------------------------------------------------- */

struct opening {
	const struct rest_kind *kind;
	struct kit_call call;
	struct arena *arena;
	struct diags diags; /* at places in files of the user's */
	struct fault fault; /* about the entry */
};

static int wrong_folder(struct opening *o)
{
	fault_set(&o->fault, HD_FATAL, DIAG_DEFINITION_FOLDER, "provider %s has no 'Definitions'",
		  o->kind->name);
	fault_hint(&o->fault,
		   "Definitions names the folder with the definitions of its types, such "
		   "as Definitions: types; docs/writing-types.md shows how to write them");
	return -1;
}

static int find_folder(struct opening *o, const json_t *config, const char **out)
{
	const json_t *value = json_object_get(config, "Definitions");
	const char *name = json_string_value(value);

	*out = NULL;
	if (!value && (o->kind->bundle || o->kind->schema))
		return 0;
	if (!name || !*name)
		return wrong_folder(o);
	*out = path_join(o->arena,
			 json_str(config, "FilesDir", json_str(config, "ProjectDir", ".")),
			 path_expand_home(o->arena, name));
	return 0;
}

/* True when the kind knows what the type looks like. */
static bool is_published(struct opening *o, const struct definition *t)
{
	const char *text = o->kind->schema ? o->kind->schema(o->arena, t->type) : NULL;
	json_t *schema;

	if (!text)
		return false;
	schema = json_parse(text_of(text), NULL, NULL);
	definition_check_properties(t, schema, &o->diags);
	json_decref(schema);
	return true;
}

/* What a user's type looks like nobody else can say. */
static void check_schema(void *context, const struct definition *t)
{
	struct opening *o = context;
	struct diag *g;

	if (t->schema || (o->kind->schema && strpbrk(t->type, "*?")) || is_published(o, t))
		return;
	g = diag_add(&o->diags, DIAG_DEFINITION_MISSING, t->where, "type '%s' has no 'Schema'",
		     t->type);
	diag_hint(&o->diags, g,
		  strpbrk(t->type, "*?")
			  ? "nobody knows the schemas of its types: write a definition for each"
			  : "Schema says what its properties look like: {properties: {Name: {type: "
			    "string}}}");
}

static struct definitions *open_definitions(struct opening *o, const char *folder)
{
	struct definition_source source = {
		.bundle = o->kind->bundle ? o->kind->bundle() : (struct text){NULL, 0},
		.bundle_name = o->kind->name,
		.folder = folder,
	};
	struct definitions *s;

	source.pool = folder ? jq_pool_hold() : NULL;
	s = definitions_open(&source, &o->diags);
	if (folder)
		jq_pool_release(source.pool);
	if (!s || !folder)
		return s;
	definitions_visit(s, o, check_schema);
	if (!diags_failed(&o->diags))
		return s;
	diags_keep_sources(&o->diags);
	definitions_close(s);
	return NULL;
}

static struct hd_types *open_types(struct opening *o, const json_t *config)
{
	struct definitions *definitions;
	struct hd_types *t;
	const char *folder;

	if (rest_settings_keys(o->kind, config, &o->fault) || find_folder(o, config, &folder))
		return NULL;
	definitions = open_definitions(o, folder);
	if (!definitions)
		return NULL;
	t = xcalloc(1, sizeof(*t));
	*t = (struct hd_types){o->kind, definitions};
	return t;
}

int rest_types_open(const struct rest_kind *kind, const struct hd_host *host, struct hd_op *op,
		    struct hd_span config, struct hd_types **out)
{
	struct opening o = {.kind = kind, .call = {host, op, 0}, .arena = arena_new()};
	json_t *settings = json_parse(span_text(config), NULL, NULL);

	*out = open_types(&o, settings);
	session_say(&o.call, &o.diags);
	if (o.fault.summary.len)
		fault_say(&o.call, &o.fault);
	diags_release(&o.diags);
	fault_release(&o.fault);
	json_decref(settings);
	arena_free(o.arena);
	return *out ? HD_OK : HD_FATAL;
}

void rest_types_close(struct hd_types *t)
{
	if (!t)
		return;
	definitions_close(t->definitions);
	free(t);
}

/* --- asking ---------------------------------------------------------------------------------- */

void rest_types_names(struct hd_types *t, void *context,
		      void (*take)(void *context, struct hd_span name))
{
	size_t count;
	const char *const *names = definitions_types(t->definitions, &count);

	for (size_t i = 0; i < count; i++)
		take(context, span_of(names[i]));
	if (t->kind->names)
		t->kind->names(context, take);
}

static bool has_handler(const json_t *schema, const char *name)
{
	const json_t *handler;
	size_t i;

	json_array_foreach(json_object_get(schema, "handlers"), i, handler)
	{
		if (json_is_string(handler) && strcmp(json_string_value(handler), name) == 0)
			return true;
	}
	return false;
}

static bool is_deployable(const struct definition *t, const json_t *schema)
{
	if (!t || !strpbrk(t->type, "*?"))
		return t != NULL;
	return has_handler(schema, "create") && has_handler(schema, "read") &&
	       has_handler(schema, "delete");
}

/* What somebody published of the type, and what the definition can do; NULL: unknown. */
static json_t *published_schema(const struct hd_types *t, const struct definition *d,
				struct arena *a, const char *type)
{
	const char *text = t->kind->schema ? t->kind->schema(a, type) : NULL;
	json_t *schema = text ? json_parse(text_of(text), NULL, NULL) : NULL;

	if (!schema)
		return NULL;
	json_object_set_new(schema, "published", json_true());
	if (d)
		definition_add_properties(d, schema);
	if (!is_deployable(d, schema))
		json_object_set_new(schema, "deployable", json_false());
	else
		definition_tell_actions(d, schema);
	return schema;
}

static json_t *schema_of(const struct hd_types *t, struct arena *a, const char *type)
{
	struct diags ignored = DIAGS_INIT; /* sessions say it to whom it stops */
	const struct definition *d = definitions_find(t->definitions, type, &ignored);

	diags_release(&ignored);
	if (d && d->schema)
		return json_deep_copy(d->schema);
	return published_schema(t, d, a, type);
}

int rest_types_schema(struct hd_types *t, struct hd_span type, void *context,
		      void (*take)(void *context, struct hd_span schema))
{
	struct arena *a = arena_new();
	json_t *schema = schema_of(t, a, arena_text(a, span_text(type)));
	bool known = schema != NULL;

	if (known)
		take(context, span_of(json_text(a, schema)));
	json_decref(schema);
	arena_free(a);
	return known;
}
