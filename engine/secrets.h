/*
 * secrets.h - the sensitive values of one operation, to keep them out of texts and
 * documents.
 *
 * Built by the coordinator from the desired properties before a call, read by the worker
 * that runs it, immutable in between; lives in the arena given.
 */
#ifndef ENGINE_SECRETS_H
#define ENGINE_SECRETS_H

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"

/* Shorter values are not looked for in texts: masking every "on" would garble them. */
#define SECRET_MIN_LEN 4
/* Of a value with several lines each line this long is looked for by itself. */
#define SECRET_LINE_MIN_LEN 8
#define SECRET_SHOWN "(sensitive)"

struct secrets {
	const char **values; /* longest first; other forms of them too (secret_forms.h) */
	size_t count;
};

/* The values of `document` at `pointers` (a JSON array); NULL when there are none. */
const struct secrets *secrets_collect(struct arena *a, const json_t *document,
				      const json_t *pointers);
/* These texts too; s may be NULL.  NULL when there are none. */
const struct secrets *secrets_with(struct arena *a, const struct secrets *s,
				   const char *const *texts, size_t count);
/* Those of a value too, and what its texts were put together of. */
struct value;
const struct secrets *secrets_with_value(struct arena *a, const struct secrets *s,
					 const struct value *v);
/* Appends t with each secret shown as "(sensitive)".  s may be NULL. */
void secrets_mask_text(const struct secrets *s, struct text t, struct str *out);
bool secrets_occur(const struct secrets *s, struct text t);
/*
 * Appends to `pointers` (a JSON array) those of string values in `document` that hold a
 * secret, so that what a provider echoes at another place is masked too.
 */
void secrets_find(const struct secrets *s, const json_t *document, json_t *pointers);

/* Pointers at which a document that was recorded holds {"$secret": ...}. */
void secrets_masked_pointers(const json_t *document, json_t *pointers);
/* Takes {"$secret": ...} out: members go, items become null. */
void secrets_drop_masked(json_t *document);
/* Adds the items of `from` that `pointers` does not have yet. */
void secrets_join_pointers(json_t *pointers, const json_t *from);

#endif
