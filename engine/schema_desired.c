/* schema_desired.c - desired properties brought to the types that the schema declares. */
#include "engine/schema_type.h"

static json_t *text_to_json(struct text t)
{
	return json_stringn(t.ptr, t.len);
}

static json_t *string_of(const struct value *v)
{
	if (v->kind == VALUE_BOOL)
		return json_string(v->boolean ? "true" : "false");
	return text_to_json(v->text);
}

/* NULL when the text is no number. */
static json_t *number_of(const struct value *v, unsigned kinds)
{
	int64_t integer;
	double number;

	if (v->kind == VALUE_BOOL)
		return NULL;
	if (text_to_int64(v->text, INT64_MIN, INT64_MAX, &integer))
		return json_integer(integer);
	if ((kinds & SHAPE_NUMBER) && text_to_double(v->text, &number))
		return json_real(number);
	return NULL;
}

/* NULL when it is neither true nor false. */
static json_t *boolean_of(const struct value *v)
{
	if (v->kind == VALUE_BOOL)
		return json_boolean(v->boolean);
	if (text_is(v->text, "true") || text_is(v->text, "false"))
		return json_boolean(text_is(v->text, "true"));
	return NULL;
}

/* What the value already is comes first, then what it can be read as. */
static json_t *scalar_json(const struct shape *s, const struct value *v)
{
	json_t *j = NULL;

	if (!s->kinds || (v->kind == VALUE_STRING && (s->kinds & SHAPE_STRING)))
		return value_to_json(v);
	if (s->kinds & SHAPE_BOOLEAN)
		j = boolean_of(v);
	if (!j && (s->kinds & (SHAPE_INTEGER | SHAPE_NUMBER)))
		j = number_of(v, s->kinds);
	if (!j && (s->kinds & SHAPE_STRING))
		j = string_of(v);
	return j ? j : value_to_json(v);
}

static json_t *desired(const struct shape *s, const struct value *v);

static json_t *list_json(const struct shape *s, const struct value *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->count; i++)
		json_array_append_new(list, s->items ? desired(s->items, v->items[i])
						     : value_to_json(v->items[i]));
	return list;
}

static void add_defaults(const struct shape *s, json_t *object)
{
	for (size_t i = 0; i < s->member_count; i++) {
		const struct shape *member = &s->members[i];

		if (member->initial && !member->read_only && !json_object_get(object, member->name))
			json_object_set_new(object, member->name, value_to_json(member->initial));
	}
}

static json_t *map_json(const struct shape *s, const struct value *v)
{
	json_t *object = json_object();

	for (size_t i = 0; i < v->count; i++) {
		const struct value_entry *e = &v->entries[i];
		const struct shape *member = shape_member(s, e->key);

		if (!member)
			member = s->rest;
		json_object_setn_new(object, e->key.ptr, e->key.len,
				     member ? desired(member, e->value) : value_to_json(e->value));
	}
	add_defaults(s, object);
	return object;
}

static json_t *desired(const struct shape *s, const struct value *v)
{
	s = shape_of(s);
	switch (v->kind) {
	case VALUE_LIST:
		return list_json(s, v);
	case VALUE_MAP:
		return map_json(s, v);
	case VALUE_BOOL:
	case VALUE_NUMBER:
	case VALUE_STRING:
		return scalar_json(s, v);
	case VALUE_NULL:
	case VALUE_UNKNOWN:
		break;
	}
	return value_to_json(v);
}

json_t *schema_desired(const struct schema *s, const struct value *properties)
{
	return desired(&s->root, properties);
}
