/* value_json.c - values to and from JSON, and for people. */
#include "templates/value.h"

#include <string.h>

#include "templates/scalar.h"

/* From JSON */

static const struct value *list_from_json(struct arena *a, const json_t *j, const struct node *from)
{
	struct value *v = ARENA_NEW(a, struct value);
	const struct value **items = ARENA_ARRAY(a, json_array_size(j), const struct value *);

	v->kind = VALUE_LIST;
	v->from = from;
	v->count = json_array_size(j);
	for (size_t i = 0; i < v->count; i++)
		items[i] = value_from_json(a, json_array_get(j, i), from);
	v->items = items;
	return v;
}

static const struct value *map_from_json(struct arena *a, const json_t *j, const struct node *from)
{
	struct value *v = ARENA_NEW(a, struct value);
	struct value_entry *entries = ARENA_ARRAY(a, json_object_size(j), struct value_entry);
	const char *key;
	json_t *member;

	v->kind = VALUE_MAP;
	v->from = from;
	json_object_foreach((json_t *)(uintptr_t)j, key, member)
	{
		entries[v->count].key = text_of(arena_strdup(a, key));
		entries[v->count].value = value_from_json(a, member, from);
		v->count++;
	}
	v->entries = entries;
	return v;
}

static const struct value *number_from_json(struct arena *a, const json_t *j,
					    const struct node *from)
{
	struct value *v = ARENA_NEW(a, struct value);

	v->kind = VALUE_NUMBER;
	v->from = from;
	v->text = text_of(json_text(a, j));
	return v;
}

const struct value *value_from_json(struct arena *a, const json_t *j, const struct node *from)
{
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		return map_from_json(a, j, from);
	case JSON_ARRAY:
		return list_from_json(a, j, from);
	case JSON_STRING:
		return value_string(a, (struct text){json_string_value(j), json_string_length(j)},
				    from);
	case JSON_INTEGER:
	case JSON_REAL:
		return number_from_json(a, j, from);
	case JSON_TRUE:
	case JSON_FALSE:
		return value_bool(a, json_is_true(j), from);
	case JSON_NULL:
		return value_null(a, from);
	}
	return value_null(a, from);
}

/* To JSON */

/* A number whose digits JSON would change (5.10, 1.0, -0) stays the text it was written as:
 * versions look like numbers, and a schema that wants a number reads either. */
static json_t *number_to_json(struct text t)
{
	struct str shown = STR_INIT;
	int64_t whole;
	double real;
	json_t *j;

	if (text_to_int64(t, INT64_MIN, INT64_MAX, &whole))
		j = json_integer(whole);
	else
		j = text_to_double(t, &real) ? json_real(real) : NULL;
	if (j)
		json_canonical(j, &shown);
	if (!text_eq(str_text(&shown), t)) {
		json_decref(j);
		j = json_stringn(t.ptr, t.len);
	}
	str_release(&shown);
	return j;
}

static json_t *list_to_json(const struct value *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->count; i++)
		json_array_append_new(list, value_to_json(v->items[i]));
	return list;
}

static json_t *map_to_json(const struct value *v)
{
	json_t *map = json_object();
	struct str key = STR_INIT;

	for (size_t i = 0; i < v->count; i++) {
		str_clear(&key);
		str_add_text(&key, v->entries[i].key);
		json_object_set_new(map, str_cstr(&key), value_to_json(v->entries[i].value));
	}
	str_release(&key);
	return map;
}

json_t *value_to_json(const struct value *v)
{
	switch (v->kind) {
	case VALUE_BOOL:
		return json_boolean(v->boolean);
	case VALUE_NUMBER:
		return number_to_json(v->text);
	case VALUE_STRING:
		return json_stringn(v->text.ptr, v->text.len);
	case VALUE_LIST:
		return list_to_json(v);
	case VALUE_MAP:
		return map_to_json(v);
	case VALUE_NULL:
	case VALUE_UNKNOWN:
		return json_null();
	}
	return json_null();
}

/* Pointers */

typedef bool value_test_fn(const struct value *v);

static bool is_unknown(const struct value *v)
{
	return v->kind == VALUE_UNKNOWN;
}

static bool is_sensitive(const struct value *v)
{
	return v->sensitive;
}

/* The outermost parts that pass; what lies inside them needs no pointer of its own. */
static void collect(const struct value *v, value_test_fn *test, struct str *pointer, json_t *out)
{
	size_t len = pointer->len;
	char index[32];

	if (test(v)) {
		json_array_append_new(out, json_stringn(str_cstr(pointer), pointer->len));
		return;
	}
	for (size_t i = 0; i < v->count; i++) {
		if (v->kind == VALUE_MAP) {
			json_pointer_add(pointer, v->entries[i].key);
			collect(v->entries[i].value, test, pointer, out);
		} else {
			snprintf(index, sizeof(index), "%zu", i);
			json_pointer_add(pointer, text_of(index));
			collect(v->items[i], test, pointer, out);
		}
		str_truncate(pointer, len);
	}
}

static json_t *pointers(const struct value *v, value_test_fn *test)
{
	struct str pointer = STR_INIT;
	json_t *out = json_array();

	collect(v, test, &pointer, out);
	str_release(&pointer);
	return out;
}

json_t *value_unknown_pointers(const struct value *v)
{
	return pointers(v, is_unknown);
}

json_t *value_sensitive_pointers(const struct value *v)
{
	return pointers(v, is_sensitive);
}

/* For people */

static void format_parts(const struct value *v, struct str *out)
{
	bool map = v->kind == VALUE_MAP;

	str_add_char(out, map ? '{' : '[');
	for (size_t i = 0; i < v->count; i++) {
		if (i)
			str_add(out, ", ");
		if (map) {
			str_add_text(out, v->entries[i].key);
			str_add(out, ": ");
		}
		value_format(map ? v->entries[i].value : v->items[i], out);
	}
	str_add_char(out, map ? '}' : ']');
}

void value_format(const struct value *v, struct str *out)
{
	if (v->sensitive) {
		str_add(out, "(sensitive)");
		return;
	}
	switch (v->kind) {
	case VALUE_NULL:
		str_add(out, "null");
		break;
	case VALUE_UNKNOWN:
		str_add(out, "(known after apply)");
		break;
	case VALUE_BOOL:
	case VALUE_NUMBER:
		str_add_text(out, v->text);
		break;
	case VALUE_STRING:
		json_quote(out, v->text);
		break;
	case VALUE_LIST:
	case VALUE_MAP:
		format_parts(v, out);
		break;
	}
}
