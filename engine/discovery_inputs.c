/* discovery_inputs.c - see discovery_inputs.h. */
#include "engine/discovery_inputs.h"

#include <string.h>

/* No value has this digest, so what is recorded with it differs from everything. */
#define NO_DIGEST "0000000000000000000000000000000000000000000000000000000000000000"

static json_t *parse(const char *text)
{
	return text && *text ? json_parse(text_of(text), NULL, NULL) : NULL;
}

/* The same place of both documents; NULL: not there. */
struct sides {
	const json_t *wanted, *shown;
};

static json_t *pick(const struct schema *s, struct str *pointer, struct sides x);

static void pick_member(const struct schema *s, struct str *pointer, const char *key,
			struct sides x, json_t *out)
{
	size_t len = pointer->len;

	json_pointer_add(pointer, text_of(key));
	/* A default that the provider filled in is no wish; a key of a free map is there. */
	if (x.wanted)
		json_object_set_new(out, key, pick(s, pointer, x));
	else if (!schema_is_declared(s, str_text(pointer)))
		json_object_set(out, key, (json_t *)x.shown);
	str_truncate(pointer, len);
}

static json_t *pick_members(const struct schema *s, struct str *pointer, struct sides x)
{
	json_t *out = json_object(), *value;
	bool root = !pointer->len;
	const char *key;

	json_object_foreach((json_t *)x.shown, key, value)
	{
		struct sides member = {json_object_get(x.wanted, key), value};

		if (member.wanted || !root)
			pick_member(s, pointer, key, member, out);
	}
	return out;
}

static json_t *pick_items(const struct schema *s, struct str *pointer, struct sides x)
{
	json_t *out = json_array();
	size_t len = pointer->len;

	for (size_t i = 0; i < json_array_size(x.shown); i++) {
		struct sides item = {json_array_get(x.wanted, i), json_array_get(x.shown, i)};

		str_printf(pointer, "/%zu", i);
		json_array_append_new(out, pick(s, pointer, item));
		str_truncate(pointer, len);
	}
	return out;
}

static json_t *pick(const struct schema *s, struct str *pointer, struct sides x)
{
	if (json_is_object(x.wanted) && json_is_object(x.shown))
		return pick_members(s, pointer, x);
	if (json_is_array(x.wanted) && json_array_size(x.wanted) == json_array_size(x.shown))
		return pick_items(s, pointer, x);
	return json_deep_copy(x.shown);
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

	inputs = pick(in->change->schema, &pointer, (struct sides){wanted, in->shown});
	take_create_only(in, &pointer, wanted, inputs);
	mark_secrets(in, inputs);
	str_release(&pointer);
	json_decref(wanted);
	return inputs;
}
