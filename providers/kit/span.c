#include "providers/kit/span.h"

#include <string.h>

#include "base/arena.h"

struct hd_span span_of(const char *s)
{
	return (struct hd_span){s, s ? strlen(s) : 0};
}

struct hd_span span_of_str(const struct str *s)
{
	return (struct hd_span){s->ptr, s->len};
}

struct text span_text(struct hd_span s)
{
	return (struct text){s.ptr ? s.ptr : "", s.len};
}

char *span_cstr(struct arena *a, struct hd_span s)
{
	return arena_strndup(a, s.ptr ? s.ptr : "", s.len);
}

json_t *span_json(struct arena *a, struct hd_span s)
{
	if (s.len == 0)
		return NULL;
	return json_parse(span_text(s), a, NULL);
}

/* "/Environment" is around "/Environment/TOKEN"; equal counts as around. */
static bool pointer_around(const char *outer, const char *inner)
{
	size_t len = strlen(outer);

	return strncmp(outer, inner, len) == 0 && (inner[len] == '\0' || inner[len] == '/');
}

bool span_pointers_touch(struct arena *a, struct hd_span pointers, const char *pointer)
{
	json_t *list = span_json(a, pointers);
	bool touches = false;
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *s = json_string_value(item);

		if (s && (pointer_around(s, pointer) || pointer_around(pointer, s)))
			touches = true;
	}
	json_decref(list);
	return touches;
}
