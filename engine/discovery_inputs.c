/* discovery_inputs.c - see discovery_inputs.h. */
#include "engine/discovery_inputs.h"

#include <string.h>

/* No value has this digest, so what is recorded with it differs from everything. */
#define NO_DIGEST "0000000000000000000000000000000000000000000000000000000000000000"

static json_t *parse(const char *text)
{
	return text && *text ? json_parse(text_of(text), NULL, NULL) : NULL;
}

static json_t *pick(const struct schema *s, struct str *pointer, const json_t *wanted,
		    const json_t *shown);

static void pick_member(const struct schema *s, struct str *pointer, const char *key,
			const json_t *wanted, const json_t *shown, json_t *out)
{
	size_t len = pointer->len;

	json_pointer_add(pointer, text_of(key));
	/* A default that the provider filled in is no wish; a key of a free map is there. */
	if (wanted)
		json_object_set_new(out, key, pick(s, pointer, wanted, shown));
	else if (!schema_is_declared(s, str_text(pointer)))
		json_object_set(out, key, (json_t *)shown);
	str_truncate(pointer, len);
}

static json_t *pick_members(const struct schema *s, struct str *pointer, const json_t *wanted,
			    const json_t *shown)
{
	json_t *out = json_object(), *value;
	bool root = !pointer->len;
	const char *key;

	json_object_foreach((json_t *)shown, key, value)
	{
		const json_t *wish = json_object_get(wanted, key);

		if (wish || !root)
			pick_member(s, pointer, key, wish, value, out);
	}
	return out;
}

static json_t *pick_items(const struct schema *s, struct str *pointer, const json_t *wanted,
			  const json_t *shown)
{
	json_t *out = json_array();
	size_t len = pointer->len;

	for (size_t i = 0; i < json_array_size(shown); i++) {
		str_printf(pointer, "/%zu", i);
		json_array_append_new(
			out, pick(s, pointer, json_array_get(wanted, i), json_array_get(shown, i)));
		str_truncate(pointer, len);
	}
	return out;
}

static json_t *pick(const struct schema *s, struct str *pointer, const json_t *wanted,
		    const json_t *shown)
{
	if (json_is_object(wanted) && json_is_object(shown))
		return pick_members(s, pointer, wanted, shown);
	if (json_is_array(wanted) && json_array_size(wanted) == json_array_size(shown))
		return pick_items(s, pointer, wanted, shown);
	return json_deep_copy(shown);
}

/*
 * What can neither be read nor changed is taken to be as the template says: the other
 * answer would replace the thing.  The caller tells the user.
 */
static void take_create_only(struct discovery_inputs *in, struct str *pointer, const json_t *wanted,
			     json_t *inputs)
{
	const struct schema *s = in->change->schema;
	size_t len = pointer->len;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)wanted, key, value)
	{
		const json_t *there;

		json_pointer_add(pointer, text_of(key));
		there = json_at(inputs, str_text(pointer));
		if (there && json_is_object(value)) {
			take_create_only(in, pointer, value, inputs);
		} else if (!there && !json_is_null(value) &&
			   schema_is_create_only(s, str_text(pointer))) {
			json_put(inputs, str_text(pointer), json_deep_copy(value));
			str_printf(&in->unreadable, "%s%s", in->unreadable.len ? ", " : "",
				   str_cstr(pointer) + 1);
		}
		str_truncate(pointer, len);
	}
}

static void mark_secrets(struct discovery_inputs *in, json_t *inputs)
{
	json_t *pointers = parse(in->change->sensitive_pointers);

	state_mask(in->state, inputs, pointers);
	for (size_t i = 0; i < json_array_size(pointers); i++) {
		struct text at = text_of(json_string_value(json_array_get(pointers, i)));

		if (at.len && !json_at(inputs, at))
			json_put(inputs, at, json_pack("{s:s}", "$secret", NO_DIGEST));
	}
	json_decref(pointers);
}

json_t *discovery_inputs(struct discovery_inputs *in)
{
	json_t *wanted = parse(in->change->desired), *inputs;
	struct str pointer = STR_INIT;

	inputs = pick(in->change->schema, &pointer, wanted, in->shown);
	take_create_only(in, &pointer, wanted, inputs);
	mark_secrets(in, inputs);
	str_release(&pointer);
	json_decref(wanted);
	return inputs;
}
