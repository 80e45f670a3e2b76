/* compare_value.c - two documents to the paths at which they differ, secrets left out. */
#include <string.h>

#include "engine/compare_parts.h"
#include "engine/diff.h"
#include "engine/schema.h"

#define HIDDEN "\"(sensitive)\""

void two_values_release(struct two_values *v)
{
	json_decref(v->before);
	json_decref(v->after);
	json_decref(v->before_sensitive);
	json_decref(v->after_sensitive);
	*v = (struct two_values){0};
}

static bool is_above(const char *upper, const char *lower)
{
	size_t len = strlen(upper);

	return strncmp(upper, lower, len) == 0 && (!lower[len] || lower[len] == '/');
}

/* Something at, above or below the pointer is a secret. */
static bool touches(const json_t *sensitive, const char *pointer)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)sensitive, i, item)
	{
		const char *secret = json_string_value(item);

		if (is_above(secret, pointer) || is_above(pointer, secret))
			return true;
	}
	return false;
}

static struct path_change change_of(const struct two_values *v, const struct diff_path *p)
{
	bool secret =
		touches(v->before_sensitive, p->pointer) || touches(v->after_sensitive, p->pointer);

	return (struct path_change){
		.pointer = p->pointer,
		.before = p->before && secret ? HIDDEN : p->before,
		.after = p->after && secret ? HIDDEN : p->after,
		.sensitive = secret,
		.replaces = v->schema && schema_is_create_only(v->schema, text_of(p->pointer)),
		.where = RANGE_NONE,
	};
}

size_t compare_values(struct arena *a, const struct two_values *v, struct path_change **out)
{
	struct path_change *paths;
	struct diff diff;
	size_t count;

	diff_make(a, v->before, v->after, NULL, &diff);
	paths = ARENA_ARRAY(a, diff.count, struct path_change);
	for (size_t i = 0; i < diff.count; i++) {
		paths[i] = change_of(v, &diff.paths[i]);
		paths[i].pointer = arena_strdup(a, paths[i].pointer);
	}
	count = diff.count;
	diff_release(&diff);
	*out = paths;
	return count;
}
