/* definition_read.c - maps of known keys; a definition's file as a whole. */
#include <string.h>

#include "base/limits.h"
#include "providers/rest/definition_parts.h"
#include "providers/rest/program.h"

static const char *const form_words[] = {
	[FORM_TEXT] = "a text", [FORM_JQ] = "a jq program", [FORM_FLAG] = "true or false",
	[FORM_LIST] = "a list", [FORM_MAP] = "a map",       [FORM_ANY] = "a value",
};

void definition_wrong_form(struct definition_reader *r, const char *name, const struct node *n,
			   enum definition_form form)
{
	struct diag *g =
		diag_add(r->d, DIAG_DEFINITION_FORM, n->where, "'%s' of %s is %s, and this is %s",
			 name, r->who, form_words[form], node_describe(n));

	if (form == FORM_JQ && n->kind != NODE_SCALAR)
		diag_hint(r->d, g,
			  "write the program as a text: in quotes, or behind '|' on lines of its "
			  "own");
	else if (form == FORM_JQ)
		diag_hint(r->d, g, "leave the key out, or write null for a program that gives it");
	else
		diag_hint(r->d, g, DEFINITION_DOCS);
}

void definition_wrong_value(struct definition_reader *r, const char *name, const struct node *n,
			    const struct definition_words *words, const char *hint)
{
	struct diag *g = diag_add(r->d, DIAG_DEFINITION_VALUE, n->where,
				  "'%s' of %s cannot be '%s'", name, r->who, n->text.ptr);
	struct str all = STR_INIT;

	for (size_t i = 0; words && i < words->count; i++)
		str_printf(&all, "%s%s", i ? ", " : "", words->words[i]);
	if (words)
		diag_hint(r->d, g, "it is %s%s", words->count > 1 ? "one of " : "", str_cstr(&all));
	if (words)
		diag_did_you_mean(r->d, g, n->text, words->words, words->count);
	if (hint)
		diag_hint(r->d, g, "%s", hint);
	str_release(&all);
}

int definition_word(struct definition_reader *r, const char *name, const struct node *n,
		    const struct definition_words *words)
{
	for (size_t i = 0; i < words->count; i++) {
		if (text_is(n->text, words->words[i]))
			return (int)i;
	}
	definition_wrong_value(r, name, n, words, NULL);
	return -1;
}

/* The first line of a block text is the one below its mark, and begins where its text does. */
static struct range text_place(const struct node *n)
{
	struct range where = n->where;
	struct text line;
	size_t indent = 0;

	if (n->style != SCALAR_BLOCK)
		return where;
	line = source_line(where.src, ++where.start.line);
	while (indent < line.len && line.ptr[indent] == ' ')
		indent++;
	where.start.column = (uint32_t)indent + 1;
	return where;
}

struct expression definition_expression(const struct node *n)
{
	return (struct expression){.source = n->text, .where = text_place(n)};
}

static bool says_something(const struct node *n)
{
	return n->kind == NODE_SCALAR && text_trim(n->text).len > 0;
}

static bool fits(const struct node *n, enum definition_form form)
{
	switch (form) {
	case FORM_TEXT:
		return says_something(n) && !node_is_null(n);
	case FORM_JQ:
		return says_something(n) && !text_is(n->text, "~");
	case FORM_FLAG:
		return n->kind == NODE_SCALAR &&
		       (text_is(n->text, "true") || text_is(n->text, "false"));
	case FORM_LIST:
		return n->kind == NODE_LIST;
	case FORM_MAP:
		return n->kind == NODE_MAP;
	case FORM_ANY:
		break;
	}
	return true;
}

void definition_set_text(struct definition_reader *r, const struct definition_key *key,
			 const struct node *value, void *into)
{
	const char **member = (const char **)(void *)((char *)into + key->offset);

	(void)r;
	*member = value->text.ptr;
}

void definition_set_expression(struct definition_reader *r, const struct definition_key *key,
			       const struct node *value, void *into)
{
	struct expression *member = (struct expression *)(void *)((char *)into + key->offset);

	(void)r;
	*member = definition_expression(value);
}

static void set_rows(struct definition_reader *r, const struct definition_keys *keys,
		     const struct node *map, void *into)
{
	/* Steps ask for the protocol, which the shared rows give. */
	if (keys->more)
		set_rows(r, keys->more, map, (char *)into + keys->more_offset);
	for (size_t i = 0; i < keys->count; i++) {
		const struct definition_key *key = &keys->rows[i];
		const struct node *value = node_find(map, key->name);

		if (!value)
			continue;
		if (!fits(value, key->form))
			definition_wrong_form(r, key->name, value, key->form);
		else if (key->set)
			key->set(r, key, value, into);
	}
}

static bool is_known(const struct definition_keys *keys, struct text name)
{
	for (; keys; keys = keys->more) {
		for (size_t i = 0; i < keys->count; i++) {
			if (text_is(name, keys->rows[i].name))
				return true;
		}
	}
	return false;
}

static void report_unknown(struct definition_reader *r, const struct definition_keys *keys,
			   const struct node *key)
{
	const char *names[64];
	size_t count = 0;
	struct diag *g = diag_add(r->d, DIAG_DEFINITION_KEY, key->where, "%s has no key '%s'",
				  keys->owner, key->text.ptr);

	for (const struct definition_keys *k = keys; k; k = k->more) {
		for (size_t i = 0; i < k->count && count < ARRAY_LEN(names); i++)
			names[count++] = k->rows[i].name;
	}
	diag_did_you_mean(r->d, g, key->text, names, count);
	if (!g->hint)
		diag_hint(r->d, g, DEFINITION_DOCS);
}

void definition_read_map(struct definition_reader *r, const struct definition_keys *keys,
			 const struct node *map, void *into)
{
	for (size_t i = 0; i < map->count && r->d->error_count < LIMIT_DIAGS; i++) {
		if (!is_known(keys, map->entries[i].key->text))
			report_unknown(r, keys, map->entries[i].key);
	}
	set_rows(r, keys, map, into);
}

/* --- files --------------------------------------------------------------------------- */

const struct node *definition_parse(struct definition_reader *r, const struct source *src)
{
	const struct node *root = src ? node_parse(r->a, src, NODE_MANIFEST, r->d) : NULL;

	if (!root || root->kind == NODE_MAP)
		return root;
	diag_hint(r->d,
		  diag_add(r->d, DIAG_DEFINITION_FORM, root->where,
			   "a definition is a map, and this is %s", node_describe(root)),
		  DEFINITION_DOCS);
	return NULL;
}

static const struct definition_key service_file_rows[] = {
	{"Service", FORM_TEXT, NULL, 0},
	{"Description", FORM_TEXT, NULL, 0},
	{"Library", FORM_JQ, definition_set_functions, offsetof(struct service, functions)},
	{"Errors", FORM_MAP, definition_set_errors, offsetof(struct service, errors)},
};
static const struct definition_keys service_file_keys = {
	"a service", service_file_rows, ARRAY_LEN(service_file_rows), &definition_service_keys, 0};

void definition_read_service(struct definition_reader *r, const struct node *root,
			     struct service *out)
{
	definition_read_map(r, &service_file_keys, root, out);
}

#define OPERATION_ROW(name, kind)                                 \
	{                                                         \
		(name), FORM_ANY, definition_set_operation,       \
			offsetof(struct definition, operations) + \
				(kind) * sizeof(struct operation) \
	}

static void set_schema(struct definition_reader *r, const struct definition_key *key,
		       const struct node *value, void *into)
{
	struct definition *t = into;

	(void)key;
	t->schema = definition_schema(r, value);
}

static const struct definition_key type_rows[] = {
	{"Type", FORM_TEXT, NULL, 0},
	{"Service", FORM_TEXT, NULL, 0},
	{"Description", FORM_TEXT, NULL, 0},
	{"Schema", FORM_MAP, set_schema, 0},
	{"Unserved", FORM_MAP, definition_set_unserved, 0},
	{"Shown", FORM_LIST, definition_set_shown, 0},
	{"Library", FORM_JQ, definition_set_functions, offsetof(struct definition, functions)},
	{"Errors", FORM_MAP, definition_set_errors, offsetof(struct definition, errors)},
	OPERATION_ROW("Create", OPERATION_CREATE),
	OPERATION_ROW("Read", OPERATION_READ),
	OPERATION_ROW("Update", OPERATION_UPDATE),
	OPERATION_ROW("Delete", OPERATION_DELETE),
	OPERATION_ROW("FindByKey", OPERATION_FIND_BY_KEY),
	OPERATION_ROW("FindByName", OPERATION_FIND_BY_NAME),
	OPERATION_ROW("List", OPERATION_LIST),
	{"Actions", FORM_MAP, definition_set_actions, 0},
};
static const struct definition_keys type_keys = {"a type", type_rows, ARRAY_LEN(type_rows),
						 &definition_service_keys,
						 offsetof(struct definition, service)};

/* "Description" of the file is the schema's, unless that has one. */
static void add_description(const struct node *root, const struct definition *t)
{
	const struct node *text = node_find(root, "Description");
	json_t *schema = (json_t *)(uintptr_t)t->schema;

	if (text && text->kind == NODE_SCALAR && schema && !json_object_get(schema, "description"))
		json_object_set_new(schema, "description",
				    json_stringn(text->text.ptr, text->text.len));
}

bool definition_only_acts(const struct definition *t)
{
	for (size_t i = 0; i < OPERATION_KIND_COUNT; i++) {
		if (t->operations[i].given)
			return false;
	}
	return t->action_count > 0;
}

/* What the engine is told of act() is what there is. */
static void add_actions(const struct definition *t)
{
	json_t *schema = (json_t *)(uintptr_t)t->schema;

	if (!schema || !t->action_count)
		return;
	definition_tell_actions(t, schema);
	if (definition_only_acts(t))
		json_object_set_new(schema, "deployable", json_false());
}

static void add_properties(struct definition_reader *r, const struct definition *t)
{
	if (!t->schema)
		return;
	definition_check_properties(t, t->schema, r->d);
	definition_add_properties(t, (json_t *)(uintptr_t)t->schema);
}

static bool names(const json_t *pointers, const char *pointer)
{
	json_t *item;
	size_t i;

	json_array_foreach(pointers, i, item)
	{
		if (strcmp(json_string_value(item), pointer) == 0)
			return true;
	}
	return false;
}

/* What nobody can update is replaced, and a plan must say so. */
static void add_replacements(struct definition_reader *r, const struct definition *t)
{
	json_t *schema = (json_t *)(uintptr_t)t->schema, *create_only, *body;
	const char *name;

	if (!schema || t->operations[OPERATION_UPDATE].given || definition_only_acts(t))
		return;
	create_only = json_object_get(schema, "createOnlyProperties");
	if (!create_only)
		create_only = json_array();
	else
		json_incref(create_only);
	json_object_foreach(json_object_get(schema, "properties"), name, body)
	{
		const char *pointer = arena_printf(r->a, "/properties/%s", name);

		if (!names(json_object_get(schema, "readOnlyProperties"), pointer) &&
		    !names(create_only, pointer))
			json_array_append_new(create_only, json_string(pointer));
	}
	json_object_set_new(schema, "createOnlyProperties", create_only);
}

void definition_read_type(struct definition_reader *r, const struct node *root,
			  struct definition *t)
{
	const struct node *type = node_find(root, "Type");

	t->where = type ? type->where : root->where;
	definition_read_map(r, &type_keys, root, t);
	add_description(root, t);
	add_actions(t);
	add_properties(r, t);
	add_replacements(r, t);
}
