/* view_shape.c - the shape of one value, in words. */
#include <string.h>

#include "cli/view_text.h"
#include "cli/view_type.h"

#define REFERENCE_PREFIX "#/definitions/"
#define FOLLOW_MAX 16
#define DEPTH_MAX 8
#define CHOICES_SHOWN 24

static const char *reference_name(const json_t *shape)
{
	const char *ref = json_str(shape, "$ref", NULL);

	return ref && text_starts(text_of(ref), REFERENCE_PREFIX) ? ref + strlen(REFERENCE_PREFIX)
								  : NULL;
}

const json_t *shape_resolved(const json_t *schema, const json_t *shape)
{
	const json_t *definitions = json_object_get(schema, "definitions");

	for (int i = 0; shape && i < FOLLOW_MAX; i++) {
		const char *name = reference_name(shape);

		if (!name)
			return shape;
		shape = json_object_get(definitions, name);
	}
	return NULL;
}

const json_t *shape_inner(const json_t *shape, struct str *suffix)
{
	for (int i = 0; json_is_object(shape) && i < DEPTH_MAX; i++) {
		const json_t *rest = json_object_get(shape, "additionalProperties");

		if (json_object_size(json_object_get(shape, "properties")))
			return shape;
		if (json_object_get(shape, "items")) {
			str_add(suffix, "[]");
			shape = json_object_get(shape, "items");
		} else {
			str_add(suffix, "{}");
			shape = rest;
		}
	}
	return NULL;
}

static void add_shape(struct str *out, const json_t *schema, const json_t *shape, int depth);

static void add_kind(struct str *out, const json_t *schema, const json_t *shape, const char *kind,
		     int depth)
{
	const json_t *items = json_object_get(shape, "items");
	const json_t *rest = json_object_get(shape, "additionalProperties");

	if (strcmp(kind, "array") == 0 && items) {
		str_add(out, "list of ");
		add_shape(out, schema, items, depth + 1);
	} else if (strcmp(kind, "array") == 0) {
		str_add(out, "list");
	} else if (strcmp(kind, "object") == 0 && json_is_object(rest) &&
		   !json_object_get(shape, "properties")) {
		str_add(out, "map of ");
		add_shape(out, schema, rest, depth + 1);
	} else {
		shown_text(out, text_of(kind));
	}
}

static void add_kinds(struct str *out, const json_t *schema, const json_t *shape, int depth)
{
	const json_t *type = json_object_get(shape, "type"), *kind;
	size_t i;

	if (json_is_string(type))
		add_kind(out, schema, shape, json_string_value(type), depth);
	else if (!json_is_array(type))
		str_add(out, "any value");
	json_array_foreach(type, i, kind)
	{
		str_add(out, i ? " or " : "");
		if (json_is_string(kind))
			add_kind(out, schema, shape, json_string_value(kind), depth);
	}
}

static void add_choices(struct str *out, const char *before, const json_t *list)
{
	size_t count = json_array_size(list), i;
	const json_t *choice;

	if (!count)
		return;
	str_add(out, before);
	str_add(out, count == 1 ? "" : "one of ");
	json_array_foreach(list, i, choice)
	{
		if (i == CHOICES_SHOWN && count > CHOICES_SHOWN + 1) {
			str_printf(out, " and %zu more", count - i);
			return;
		}
		str_add(out, i ? ", " : "");
		if (json_is_string(choice) && json_string_length(choice) == 0)
			str_add(out, "''");
		else if (json_is_string(choice))
			shown_text(out, text_of(json_string_value(choice)));
		else
			json_canonical(choice, out);
	}
}

static void add_default(struct str *out, const json_t *value)
{
	struct str text = STR_INIT;

	if (!value || json_is_null(value))
		return;
	if (json_is_string(value) && json_string_length(value))
		str_add(&text, json_string_value(value));
	else
		json_canonical(value, &text);
	str_add(out, "; default ");
	shown_text(out, str_text(&text));
	str_release(&text);
}

/* ", 1 to 5 items": whichever of the two bounds there is.  unit: of one, or "". */
static void add_bounds(struct str *out, const json_t *shape, const char *low, const char *high,
		       const char *unit)
{
	const json_t *least = json_object_get(shape, low), *most = json_object_get(shape, high);
	bool at_least =
		least && !(json_is_integer(least) && json_integer_value(least) == 0 && *unit);

	if (!at_least && !most)
		return;
	str_add(out, at_least && most ? ", " : most ? ", at most " : ", at least ");
	if (at_least)
		json_canonical(least, out);
	if (at_least && most)
		str_add(out, " to ");
	if (most)
		json_canonical(most, out);
	if (*unit) {
		const json_t *last = most ? most : least;

		str_add(out, unit);
		str_add(out, json_is_integer(last) && json_integer_value(last) == 1 ? "" : "s");
	}
}

static void add_shape(struct str *out, const json_t *schema, const json_t *shape, int depth)
{
	const json_t *whole = shape_resolved(schema, shape);
	const char *name = reference_name(shape);

	if (name && json_object_size(json_object_get(whole, "properties"))) {
		shown_text(out, text_of(name));
		return;
	}
	if (!whole || depth > DEPTH_MAX) {
		str_add(out, "any value");
		return;
	}
	add_kinds(out, schema, whole, depth);
	add_bounds(out, whole, "minLength", "maxLength", " character");
	add_bounds(out, whole, "minimum", "maximum", "");
	add_bounds(out, whole, "minItems", "maxItems", " item");
	if (json_flag(whole, "uniqueItems", false))
		str_add(out, ", no item twice");
	add_choices(out, ": ", json_object_get(whole, "enum"));
	add_choices(out, ": ", json_object_get(whole, "enumCaseInsensitive"));
	add_choices(out, "; today ", json_object_get(whole, "knownValues"));
	add_default(out, json_object_get(whole, "default"));
}

void view_shape(struct str *out, const json_t *schema, const json_t *shape)
{
	add_shape(out, schema, shape, 0);
}
