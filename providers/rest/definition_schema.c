/*
 * definition_schema.c - a schema from YAML to JSON, checked while its places are known.
 *
 * The engine checks schemas too, but of a plugin's, which no user can mend: what it would refuse is
 * refused here, at its line.
 */
#include <string.h>

#include "base/pattern.h"
#include "providers/rest/definition_parts.h"

enum keyword_form {
	WORD_ANY,
	WORD_TEXT,
	WORD_NUMBER,
	WORD_FLAG,
	WORD_KINDS, /* string, integer, ... or a list of them */
	WORD_LIST,
	WORD_CHOICES, /* a list with something in it */
	WORD_MAP,
	WORD_SHAPE,  /* what a value looks like */
	WORD_REST,   /* the same, or true or false */
	WORD_SHAPES, /* such by name */
	WORD_PATTERN,
	WORD_POINTER, /* "/properties/Name" */
	WORD_POINTERS,
	WORD_NAMES,    /* of properties beside it */
	WORD_REFERENCE /* "#/definitions/Name" */
};

struct keyword {
	const char *name;
	enum keyword_form form;
};

static const struct keyword shape_words[] = {
	{"type", WORD_KINDS},
	{"description", WORD_ANY},
	{"title", WORD_ANY},
	{"enum", WORD_CHOICES},
	{"enumCaseInsensitive", WORD_ANY},
	{"knownValues", WORD_ANY},
	{"const", WORD_ANY},
	{"pattern", WORD_PATTERN},
	{"format", WORD_TEXT},
	{"default", WORD_ANY},
	{"examples", WORD_ANY},
	{"minimum", WORD_NUMBER},
	{"maximum", WORD_NUMBER},
	{"minLength", WORD_NUMBER},
	{"maxLength", WORD_NUMBER},
	{"minItems", WORD_NUMBER},
	{"maxItems", WORD_NUMBER},
	{"uniqueItems", WORD_FLAG},
	{"minProperties", WORD_NUMBER},
	{"maxProperties", WORD_NUMBER},
	{"items", WORD_SHAPE},
	{"properties", WORD_SHAPES},
	{"patternProperties", WORD_SHAPES},
	{"additionalProperties", WORD_REST},
	{"required", WORD_NAMES},
	{"dependentRequired", WORD_MAP},
	{"dependentExcluded", WORD_MAP},
	{"requiredXor", WORD_LIST},
	{"requiredOr", WORD_LIST},
	{"deprecated", WORD_FLAG},
	{"$ref", WORD_REFERENCE},
};

/* Of a type as a whole, besides those of an object. */
static const struct keyword type_words[] = {
	{"version", WORD_NUMBER},
	{"definitions", WORD_SHAPES},
	{"attributes", WORD_SHAPES},
	{"readOnlyProperties", WORD_POINTERS},
	{"writeOnlyProperties", WORD_POINTERS},
	{"createOnlyProperties", WORD_POINTERS},
	{"conditionalCreateOnlyProperties", WORD_POINTERS},
	{"primaryIdentifier", WORD_POINTERS},
	{"deprecatedProperties", WORD_POINTERS},
	{"ref", WORD_POINTER},
	{"refOf", WORD_POINTERS},
	{"refJoin", WORD_TEXT},
	{"refText", WORD_TEXT},
	{"endpointProperty", WORD_POINTER},
	{"tagProperty", WORD_POINTER},
	{"openAttributes", WORD_FLAG},
	{"replacementStrategy", WORD_TEXT},
	{"timeouts", WORD_MAP},
};

static const char *const kinds[] = {"string", "integer", "number", "boolean", "array", "object"};

struct schema_checker {
	struct definition_reader *r;
	const struct node *root;
	size_t depth;  /* of properties in properties */
	size_t errors; /* there were before */
};

/* The engine takes no more. */
#define SHAPE_DEPTH_MAX 32

static struct diag *refuse(struct schema_checker *c, const struct node *at, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

static struct diag *refuse(struct schema_checker *c, const struct node *at, const char *fmt, ...)
{
	struct str text = STR_INIT;
	struct diag *g;
	va_list ap;

	va_start(ap, fmt);
	str_vprintf(&text, fmt, ap);
	va_end(ap);
	g = diag_add(c->r->d, DIAG_DEFINITION_SCHEMA, at->where, "%s", str_cstr(&text));
	str_release(&text);
	return g;
}

static void wants(struct schema_checker *c, const struct node_entry *e, const char *what)
{
	diag_hint(c->r->d,
		  refuse(c, e->value, "'%s' in the schema of %s is %s, and this is %s",
			 e->key->text.ptr, c->r->who, what, node_describe(e->value)),
		  DEFINITION_DOCS);
}

static const struct keyword *find_word(const struct keyword *words, size_t count, struct text name)
{
	for (size_t i = 0; i < count; i++) {
		if (text_is(name, words[i].name))
			return &words[i];
	}
	return NULL;
}

static void report_word(struct schema_checker *c, const struct node *map, const struct node *key)
{
	const char *names[ARRAY_LEN(shape_words) + ARRAY_LEN(type_words)];
	struct diag *g = refuse(c, key, "a schema has no keyword '%s'", key->text.ptr);
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(shape_words); i++)
		names[count++] = shape_words[i].name;
	for (size_t i = 0; map == c->root && i < ARRAY_LEN(type_words); i++)
		names[count++] = type_words[i].name;
	diag_did_you_mean(c->r->d, g, key->text, names, count);
	if (!g->hint)
		diag_hint(c->r->d, g, DEFINITION_DOCS);
}

/* --- pointers ------------------------------------------------------------------------------ */

static const struct node *definition_of(struct schema_checker *c, struct text reference)
{
	static const char head[] = "#/definitions/";
	const struct node *all = node_find(c->root, "definitions");
	const struct node_entry *e = NULL;

	if (text_starts(reference, head) && all)
		e = node_find_entry(all, (struct text){reference.ptr + sizeof(head) - 1,
						       reference.len - (sizeof(head) - 1)});
	return e ? e->value : NULL;
}

/* Definitions that lead to each other in a circle lead nowhere. */
static const struct node *followed(struct schema_checker *c, const struct node *n)
{
	for (size_t i = 0; n && i < 100; i++) {
		const struct node *reference = node_find(n, "$ref");

		if (!reference)
			return n;
		n = definition_of(c, reference->text);
	}
	return NULL;
}

static const struct node *step_into(struct schema_checker *c, const struct node *n,
				    struct text piece)
{
	const struct node_entry *e;
	const struct node *rest;

	n = followed(c, n);
	if (!n || n->kind != NODE_MAP)
		return NULL;
	if (!text_is(piece, "*")) {
		e = node_find_entry(node_find(n, "properties"), piece);
		return e ? e->value : NULL;
	}
	rest = node_find(n, "items");
	return rest ? rest : node_find(n, "additionalProperties");
}

static bool leads_somewhere(struct schema_checker *c, struct text pointer)
{
	const struct node *n = c->root;
	struct text_split split;
	struct text piece;

	pointer.ptr += sizeof("/properties/") - 1;
	pointer.len -= sizeof("/properties/") - 1;
	split = text_split_start(pointer);
	while (n && text_next(&split, '/', &piece))
		n = step_into(c, n, piece);
	return n && n->kind == NODE_MAP;
}

static void check_pointer(struct schema_checker *c, const char *word, const struct node *n)
{
	if (n->kind != NODE_SCALAR || !text_starts(n->text, "/properties/"))
		diag_hint(c->r->d,
			  refuse(c, n,
				 "'%s' in the schema of %s holds something that is no pointer",
				 word, c->r->who),
			  "a pointer looks like /properties/Name");
	else if (!leads_somewhere(c, n->text))
		diag_hint(c->r->d,
			  refuse(c, n, "'%s' in the schema of %s names '%s', which is no property",
				 word, c->r->who, n->text.ptr),
			  "check the spelling, or add it to 'properties'");
}

/* --- values of keywords --------------------------------------------------------------------- */

static void check_shape(struct schema_checker *c, const struct node *n);

static void check_kinds(struct schema_checker *c, const struct node_entry *e)
{
	const struct node *const *items = &e->value;
	size_t count = 1;

	if (e->value->kind == NODE_LIST) {
		items = e->value->items;
		count = e->value->count;
	}
	for (size_t i = 0; i < count; i++) {
		struct diag *g;
		bool known = false;

		for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
			known |= items[i]->kind == NODE_SCALAR && text_is(items[i]->text, kinds[k]);
		if (known)
			continue;
		g = refuse(c, items[i], "'type' in the schema of %s cannot be %s", c->r->who,
			   items[i]->kind == NODE_SCALAR ? items[i]->text.ptr
							 : node_describe(items[i]));
		diag_hint(c->r->d, g,
			  "it is string, integer, number, boolean, array or object, or "
			  "a list of these");
	}
}

static void check_names(struct schema_checker *c, const struct node *map,
			const struct node_entry *e)
{
	const struct node *properties = node_find(map, "properties");

	if (e->value->kind != NODE_LIST) {
		wants(c, e, "a list of names");
		return;
	}
	/* They may be there, misspelt. */
	if (!properties && c->r->d->error_count > c->errors)
		return;
	for (size_t i = 0; i < e->value->count; i++) {
		const struct node *n = e->value->items[i];

		if (n->kind == NODE_SCALAR && properties && node_find_entry(properties, n->text))
			continue;
		diag_hint(c->r->d,
			  refuse(c, n, "'%s' in the schema of %s names '%s', which is no property",
				 e->key->text.ptr, c->r->who,
				 n->kind == NODE_SCALAR ? n->text.ptr : node_describe(n)),
			  "check the spelling, or add it to 'properties'");
	}
}

static void check_pattern(struct schema_checker *c, const struct node_entry *e)
{
	struct pattern *p;
	const char *why = NULL;

	if (e->value->kind != NODE_SCALAR) {
		wants(c, e, "a regular expression");
		return;
	}
	p = pattern_compile(c->r->a, e->value->text, PATTERN_SOMEWHERE, &why);
	if (!p) {
		struct diag *g = refuse(c, e->value, "'pattern' is no regular expression");

		diag_detail(c->r->d, g, "%s", why ? why : "it is too large");
		diag_hint(c->r->d, g, "patterns are those of ECMA-262, as in JSON Schema");
	}
	pattern_free(p);
}

static void check_reference(struct schema_checker *c, const struct node_entry *e)
{
	if (e->value->kind != NODE_SCALAR || !definition_of(c, e->value->text))
		diag_hint(
			c->r->d,
			refuse(c, e->value, "'$ref' leads nowhere in the schema of %s", c->r->who),
			"it looks like '#/definitions/Name', and 'definitions' of the schema has "
			"the name");
}

static bool is_number(const struct node *n)
{
	double number;

	return n->kind == NODE_SCALAR && n->style == SCALAR_PLAIN &&
	       text_to_double(n->text, &number);
}

static bool is_flag(const struct node *n)
{
	return n->kind == NODE_SCALAR && (text_is(n->text, "true") || text_is(n->text, "false"));
}

static void check_shapes(struct schema_checker *c, const struct node_entry *e)
{
	if (e->value->kind != NODE_MAP) {
		wants(c, e, "a map");
		return;
	}
	for (size_t i = 0; i < e->value->count; i++)
		check_shape(c, e->value->entries[i].value);
}

static void check_pointers(struct schema_checker *c, const struct node_entry *e)
{
	if (e->value->kind != NODE_LIST) {
		wants(c, e, "a list of pointers such as /properties/Name");
		return;
	}
	for (size_t i = 0; i < e->value->count; i++)
		check_pointer(c, e->key->text.ptr, e->value->items[i]);
}

static void check_word(struct schema_checker *c, const struct node *map, const struct keyword *word,
		       const struct node_entry *e)
{
	switch (word->form) {
	case WORD_ANY:
		break;
	case WORD_TEXT:
		if (e->value->kind != NODE_SCALAR)
			wants(c, e, "a text");
		break;
	case WORD_CHOICES:
		if (e->value->kind != NODE_LIST || !e->value->count)
			wants(c, e, "a list with something in it");
		break;
	case WORD_LIST:
		if (e->value->kind != NODE_LIST)
			wants(c, e, "a list");
		break;
	case WORD_MAP:
		if (e->value->kind != NODE_MAP)
			wants(c, e, "a map");
		break;
	case WORD_NUMBER:
		if (!is_number(e->value))
			wants(c, e, "a number");
		break;
	case WORD_FLAG:
		if (!is_flag(e->value))
			wants(c, e, "true or false");
		break;
	case WORD_KINDS:
		check_kinds(c, e);
		break;
	case WORD_REST:
		if (is_flag(e->value))
			break;
		check_shape(c, e->value);
		break;
	case WORD_SHAPE:
		check_shape(c, e->value);
		break;
	case WORD_SHAPES:
		check_shapes(c, e);
		break;
	case WORD_PATTERN:
		check_pattern(c, e);
		break;
	case WORD_POINTER:
		check_pointer(c, e->key->text.ptr, e->value);
		break;
	case WORD_POINTERS:
		check_pointers(c, e);
		break;
	case WORD_NAMES:
		check_names(c, map, e);
		break;
	case WORD_REFERENCE:
		check_reference(c, e);
		break;
	}
}

static void check_words(struct schema_checker *c, const struct node *n)
{
	for (size_t i = 0; i < n->count; i++) {
		const struct node_entry *e = &n->entries[i];
		const struct keyword *word =
			find_word(shape_words, ARRAY_LEN(shape_words), e->key->text);

		if (!word && n == c->root)
			word = find_word(type_words, ARRAY_LEN(type_words), e->key->text);
		if (word)
			check_word(c, n, word, e);
		else
			report_word(c, n, e->key);
	}
}

static void check_shape(struct schema_checker *c, const struct node *n)
{
	if (n->kind != NODE_MAP) {
		diag_hint(c->r->d,
			  refuse(c, n, "a property in the schema of %s is a map, and this is %s",
				 c->r->who, node_describe(n)),
			  "write {type: string}, or {} for anything");
		return;
	}
	if (c->depth == SHAPE_DEPTH_MAX) {
		diag_hint(c->r->d,
			  refuse(c, n, "properties in the schema of %s are nested too deep",
				 c->r->who),
			  "give the shapes names in 'definitions', and refer to them with '$ref'");
		return;
	}
	c->depth++;
	check_words(c, n);
	c->depth--;
}

static void check_order(struct schema_checker *c)
{
	const struct node *n = node_find(c->root, "replacementStrategy");

	if (!n || n->kind != NODE_SCALAR || text_is(n->text, "create_then_delete") ||
	    text_is(n->text, "delete_then_create"))
		return;
	diag_hint(c->r->d, refuse(c, n, "'replacementStrategy' cannot be '%s'", n->text.ptr),
		  "it is create_then_delete or delete_then_create");
}

static void check_counts(struct schema_checker *c, const struct node *map)
{
	static const char *const names[] = {"create", "read", "update", "delete"};
	int64_t seconds;

	for (size_t i = 0; map && map->kind == NODE_MAP && i < map->count; i++) {
		const struct node *key = map->entries[i].key, *n = map->entries[i].value;
		bool known = false;

		for (size_t k = 0; k < ARRAY_LEN(names); k++)
			known |= text_is(key->text, names[k]);
		if (!known)
			diag_hint(c->r->d, refuse(c, key, "'timeouts' has no '%s'", key->text.ptr),
				  "it is create, read, update or delete");
		else if (n->kind != NODE_SCALAR)
			wants(c, &map->entries[i], "a number of seconds");
		else if (!text_to_int64(n->text, 1, INT32_MAX, &seconds))
			diag_hint(c->r->d,
				  refuse(c, n, "'%s' of 'timeouts' cannot be '%s'", key->text.ptr,
					 n->text.ptr),
				  "it is a whole number of seconds, from 1 on");
	}
}

static void check_version(struct schema_checker *c)
{
	const struct node_entry *e = node_find_entry(c->root, TEXT_LIT("version"));
	int64_t version;

	if (e && is_number(e->value) && !text_to_int64(e->value->text, 1, INT32_MAX, &version))
		wants(c, e, "a whole number from 1 on");
}

/* --- JSON ------------------------------------------------------------------------------------ */

static json_t *json_of_scalar(const struct node *n)
{
	int64_t whole;
	double number;

	if (n->style != SCALAR_PLAIN)
		return json_stringn(n->text.ptr, n->text.len);
	if (node_is_null(n))
		return json_null();
	if (is_flag(n))
		return json_boolean(text_is(n->text, "true"));
	if (text_to_int64(n->text, INT64_MIN, INT64_MAX, &whole))
		return json_integer(whole);
	if (text_to_double(n->text, &number))
		return json_real(number);
	return json_stringn(n->text.ptr, n->text.len);
}

json_t *definition_json(const struct node *n)
{
	json_t *out = n->kind == NODE_LIST ? json_array() : json_object();

	switch (n->kind) {
	case NODE_LIST:
		for (size_t i = 0; i < n->count; i++)
			json_array_append_new(out, definition_json(n->items[i]));
		return out;
	case NODE_MAP:
		for (size_t i = 0; i < n->count; i++)
			json_object_setn_new(out, n->entries[i].key->text.ptr,
					     n->entries[i].key->text.len,
					     definition_json(n->entries[i].value));
		return out;
	case NODE_SCALAR:
	case NODE_CALL:
		break;
	}
	json_decref(out);
	return json_of_scalar(n);
}

const json_t *definition_schema(struct definition_reader *r, const struct node *map)
{
	struct schema_checker c = {r, map, 0, r->d->error_count};
	json_t *schema;

	check_shape(&c, map);
	check_order(&c);
	check_version(&c);
	check_counts(&c, node_find(map, "timeouts"));
	if (r->d->error_count > c.errors)
		return NULL;
	schema = definition_json(map);
	*vec_add(r->values) = schema;
	return schema;
}
