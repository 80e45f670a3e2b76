/* state_mask.c - secrets give way to salted digests, which tell whether they changed. */
#include "engine/state_sqlite.h"

#include <string.h>

#include "base/digest.h"

#define MASK_KEY "$secret"

void state_secret_digest(struct state *s, const json_t *value, char out[65])
{
	struct text salt = {(const char *)s->salt, sizeof(s->salt)};
	struct str plain = STR_INIT;

	json_canonical(value, &plain);
	digest_hmac_sha256(salt, str_text(&plain), out);
	if (plain.ptr)
		explicit_bzero(plain.ptr, plain.cap);
	str_release(&plain);
}

static bool is_mask(const json_t *value)
{
	const char *digest;

	if (!json_is_object(value) || json_object_size(value) != 1)
		return false;
	digest = json_str(value, MASK_KEY, NULL);
	return digest && strspn(digest, "0123456789abcdef") == 64 &&
	       (!digest[64] || digest[64] == ' ');
}

void state_mask_source(struct state *s, json_t *mask, const struct mask_source *source)
{
	const char *digest = json_str(mask, MASK_KEY, NULL);
	json_t *text = json_string(source->text);
	struct str both = STR_INIT;
	char hidden[65];

	if (digest && is_mask(mask)) {
		state_secret_digest(s, text, hidden);
		str_printf(&both, "%.64s %s", digest, source->sensitive ? hidden : source->text);
		json_object_set_new(mask, MASK_KEY, json_string(str_cstr(&both)));
		str_release(&both);
	}
	json_decref(text);
}

bool state_mask_has_source(struct state *s, const json_t *mask, const struct mask_source *source)
{
	static const char no_digest[] = "00000000000000000000000000000000"
					"00000000000000000000000000000000";
	json_t *like = json_pack("{s:s}", MASK_KEY, no_digest);
	const char *had = json_str(mask, MASK_KEY, NULL);
	bool same;

	state_mask_source(s, like, source);
	same = had && is_mask(mask) && !strcmp(had + 64, json_str(like, MASK_KEY, "") + 64);
	json_decref(like);
	return same;
}

static json_t *mask_of(struct state *s, const json_t *value)
{
	char digest[65];

	state_secret_digest(s, value, digest);
	return json_pack("{s:s}", MASK_KEY, digest);
}

/* The caller holds the root, so it keeps its place and kind and loses its content. */
static void mask_root(struct state *s, json_t *document)
{
	json_t *mask = mask_of(s, document);

	if (json_is_object(document)) {
		json_object_clear(document);
		json_object_update(document, mask);
	} else if (json_is_array(document)) {
		json_array_clear(document);
		json_array_append(document, mask);
	}
	json_decref(mask);
}

void state_mask(struct state *s, json_t *document, const json_t *pointers)
{
	const json_t *pointer;
	size_t i;

	json_array_foreach(pointers, i, pointer)
	{
		struct text at = text_of(json_string_value(pointer));
		json_t *value = json_at(document, at);

		if (!value || is_mask(value))
			continue;
		if (at.len)
			json_put(document, at, mask_of(s, value));
		else
			mask_root(s, document);
	}
}
