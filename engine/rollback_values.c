/*
 * rollback_values.c - secrets are recorded as digests alone.  Where the template, with the
 * parameters of now, gives a value of the very same digest, that value is the secret.
 */
#include "engine/rollback.h"

#include <string.h>

#include "engine/secrets.h"

#define DIGEST_TEXT_LEN 64

static const struct value *evaluate(struct arena *a, const struct rollback_source *s,
				    const struct doc_resource *r)
{
	const struct document *doc = s->instance->doc;
	struct diags ignored = DIAGS_INIT;
	const struct value *v;

	v = document_eval_resource(doc, (size_t)(r - doc->resources), s->lookup, a, &ignored);
	diags_release(&ignored);
	return v;
}

json_t *rollback_template_inputs(struct arena *a, const struct rollback_source *s,
				 const struct record *r, const struct value **made)
{
	const struct document *doc = s->instance ? s->instance->doc : NULL;
	const struct doc_resource *now = doc ? document_find(doc, r->addr.logical_id) : NULL;
	const struct value *v;

	if (!now || !s->schema || strcmp(now->type, r->type) != 0)
		return NULL;
	v = evaluate(a, s, now);
	if (made)
		*made = v;
	return v ? schema_desired(s->schema, v) : NULL;
}

/* The digest stands first; behind it may be where the value came from. */
static bool is_digest_of(struct state *s, const json_t *mask, const json_t *value)
{
	const char *digest = json_string_value(json_object_get(mask, "$secret"));
	char now[DIGEST_TEXT_LEN + 1];

	if (!digest || !value || json_is_null(value))
		return false;
	state_secret_digest(s, value, now);
	return !strncmp(digest, now, DIGEST_TEXT_LEN);
}

json_t *rollback_fill(struct state *s, json_t *inputs, const json_t *clear)
{
	json_t *masked = json_array(), *left = json_array();

	secrets_masked_pointers(inputs, masked);
	for (size_t i = 0; i < json_array_size(masked); i++) {
		json_t *pointer = json_array_get(masked, i);
		struct text at = text_of(json_string_value(pointer));
		json_t *value = clear ? json_at(clear, at) : NULL;

		if (is_digest_of(s, json_at(inputs, at), value))
			json_put(inputs, at, json_deep_copy(value));
		else
			json_array_append(left, pointer);
	}
	json_decref(masked);
	return left;
}
