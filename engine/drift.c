/* drift.c - see drift.h. */
#include "engine/drift.h"

#include <string.h>

static json_t *parse(const char *text)
{
	return text && *text ? json_parse(text_of(text), NULL, NULL) : NULL;
}

static bool is_mute(const struct schema *s, struct text pointer)
{
	return schema_is_read_only(s, pointer) || schema_is_write_only(s, pointer);
}

static void drop_mute(const struct schema *s, struct str *pointer, json_t *j);

static void drop_mute_members(const struct schema *s, struct str *pointer, json_t *j)
{
	size_t len = pointer->len;
	const char *key;
	json_t *member;
	void *next;

	json_object_foreach_safe(j, next, key, member)
	{
		json_pointer_add(pointer, text_of(key));
		if (is_mute(s, str_text(pointer)))
			json_object_del(j, key);
		else
			drop_mute(s, pointer, member);
		str_truncate(pointer, len);
	}
}

static void drop_mute(const struct schema *s, struct str *pointer, json_t *j)
{
	size_t len = pointer->len;

	if (json_is_object(j))
		drop_mute_members(s, pointer, j);
	for (size_t i = 0; i < json_array_size(j); i++) {
		str_printf(pointer, "/%zu", i);
		drop_mute(s, pointer, json_array_get(j, i));
		str_truncate(pointer, len);
	}
}

/* Mentioned itself, or a key that does not belong into a map that is. */
static bool is_asked_for(const struct drift_request *q, const char *pointer)
{
	struct text at = text_of(pointer);

	if (json_at(q->wanted, at))
		return true;
	while (at.len && at.ptr[at.len - 1] != '/')
		at.len--;
	if (at.len)
		at.len--;
	return at.len && json_at(q->wanted, at) &&
	       !(q->schema && schema_is_declared(q->schema, text_of(pointer)));
}

void drift_find(struct arena *a, const struct drift_request *q, struct diff *out)
{
	json_t *recorded, *seen;
	struct str pointer = STR_INIT;
	size_t kept = 0;

	*out = (struct diff){NULL, 0};
	if (!strcmp(q->recorded, q->seen))
		return;
	recorded = parse(q->recorded);
	seen = parse(q->seen);
	if (recorded && seen) {
		if (q->schema) {
			drop_mute(q->schema, &pointer, recorded);
			drop_mute(q->schema, &pointer, seen);
		}
		diff_make(a, recorded, seen, NULL, out);
	}
	for (size_t i = 0; i < out->count; i++) {
		if (is_asked_for(q, out->paths[i].pointer))
			out->paths[kept++] = out->paths[i];
	}
	out->count = kept;
	str_release(&pointer);
	json_decref(recorded);
	json_decref(seen);
}
