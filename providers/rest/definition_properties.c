/*
 * definition_properties.c - what a definition says of single properties: Unserved, Shown.
 *
 * The schema of a type may be the provider's own, which is not at hand while a definition is read:
 * paths are read first, and compared with a schema where there is one.
 */
#include <string.h>

#include "providers/rest/definition_parts.h"

#define FOLLOW_MAX 16

struct unserved_row {
	const char *reason, *hint;
	const struct node *values;
};

static void set_values(struct definition_reader *r, const struct definition_key *key,
		       const struct node *value, void *into)
{
	struct unserved_row *row = into;

	for (size_t i = 0; i < value->count; i++) {
		if (value->items[i]->kind == NODE_SCALAR)
			continue;
		definition_wrong_form(r, arena_printf(r->a, "%s[%zu]", key->name, i),
				      value->items[i], FORM_TEXT);
		return;
	}
	if (value->count)
		row->values = value;
	else
		definition_wrong_form(r, key->name, value, FORM_LIST);
}

static const struct definition_key row_rows[] = {
	{"Reason", FORM_TEXT, definition_set_text, offsetof(struct unserved_row, reason)},
	{"Hint", FORM_TEXT, definition_set_text, offsetof(struct unserved_row, hint)},
	{"Values", FORM_LIST, set_values, 0},
};
static const struct definition_keys row_keys = {"a row of 'Unserved'", row_rows,
						ARRAY_LEN(row_rows), NULL, 0};

/* Nothing, what to do instead, or a map. */
static json_t *row_json(struct definition_reader *r, const struct node_entry *e)
{
	struct unserved_row row = {0};
	json_t *out = json_object();

	if (e->value->kind == NODE_MAP)
		definition_read_map(r, &row_keys, e->value, &row);
	else if (e->value->kind != NODE_SCALAR)
		definition_wrong_form(r, e->key->text.ptr, e->value, FORM_MAP);
	else if (!node_is_null(e->value))
		row.hint = e->value->text.ptr;
	if (row.reason)
		json_object_set_new(out, "reason", json_string(row.reason));
	if (row.hint)
		json_object_set_new(out, "hint", json_string(row.hint));
	if (row.values)
		json_object_set_new(out, "values", definition_json(row.values));
	return out;
}

void definition_set_unserved(struct definition_reader *r, const struct definition_key *key,
			     const struct node *value, void *into)
{
	struct definition *t = into;
	json_t *rows = json_object();
	const char *outer = r->who;

	*vec_add(r->values) = rows;
	r->who = arena_printf(r->a, "'%s' of %s", key->name, outer);
	for (size_t i = 0; i < value->count; i++) {
		const struct node_entry *e = &value->entries[i];

		json_object_set_new(rows, arena_printf(r->a, "/properties/%s", e->key->text.ptr),
				    row_json(r, e));
	}
	r->who = outer;
	t->unserved = rows;
	t->unserved_node = value;
}

void definition_set_shown(struct definition_reader *r, const struct definition_key *key,
			  const struct node *value, void *into)
{
	struct definition *t = into;
	json_t *pointers = json_array();

	*vec_add(r->values) = pointers;
	for (size_t i = 0; i < value->count; i++) {
		const struct node *n = value->items[i];

		if (n->kind == NODE_SCALAR)
			json_array_append_new(pointers,
					      json_pack("s+", "/properties/", n->text.ptr));
		else
			definition_wrong_form(r, arena_printf(r->a, "%s[%zu]", key->name, i), n,
					      FORM_TEXT);
	}
	t->shown = pointers;
	t->shown_node = value;
}

/* --- against a schema ----------------------------------------------------------------------- */

static const json_t *followed(const json_t *schema, const json_t *shape)
{
	static const char head[] = "#/definitions/";

	for (int i = 0; shape && i < FOLLOW_MAX; i++) {
		const char *name = json_str(shape, "$ref", NULL);

		if (!name)
			return shape;
		shape = text_starts(text_of(name), head)
				? json_object_get(json_object_get(schema, "definitions"),
						  name + strlen(head))
				: NULL;
	}
	return NULL;
}

static const json_t *step_into(const json_t *shape, struct text piece)
{
	const json_t *items = json_object_get(shape, "items");

	if (text_is(piece, "*"))
		return items ? items : json_object_get(shape, "additionalProperties");
	return json_object_getn(json_object_get(shape, "properties"), piece.ptr, piece.len);
}

static bool is_property(const json_t *schema, struct text path)
{
	struct text_split split = text_split_start(path);
	const json_t *shape = schema;
	struct text piece;

	while (shape && text_next(&split, '/', &piece))
		shape = step_into(followed(schema, shape), piece);
	return json_is_object(shape);
}

static void check_path(const struct definition *t, const json_t *schema, const char *key,
		       const struct node *n, struct diags *d)
{
	if (n->kind != NODE_SCALAR || is_property(schema, n->text))
		return;
	diag_hint(d,
		  diag_add(d, DIAG_DEFINITION_SCHEMA, n->where,
			   "'%s' of type '%s' names '%s', which is no property", key, t->type,
			   n->text.ptr),
		  "check the spelling; what is in another property is written "
		  "Outer/Inner, what is in each item of a list Outer/*/Inner");
}

void definition_check_properties(const struct definition *t, const json_t *schema, struct diags *d)
{
	for (size_t i = 0; t->unserved_node && i < t->unserved_node->count; i++)
		check_path(t, schema, "Unserved", t->unserved_node->entries[i].key, d);
	for (size_t i = 0; t->shown_node && i < t->shown_node->count; i++)
		check_path(t, schema, "Shown", t->shown_node->items[i], d);
}

/* Copies: several threads read the definition, and references are counted in what is shared. */
void definition_add_properties(const struct definition *t, json_t *schema)
{
	if (t->unserved)
		json_object_set_new(schema, "unservedProperties", json_deep_copy(t->unserved));
	if (t->shown)
		json_object_set_new(schema, "shownProperties", json_deep_copy(t->shown));
}
