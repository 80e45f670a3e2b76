/*
 * plan_paths.c - the paths of a creation, made from what is wanted when somebody looks: ten
 * thousand creations of ten properties have a hundred thousand, and most plans of that size
 * are only counted.
 */
#include <string.h>

#include "engine/diff.h"
#include "engine/plan.h"

static bool within(const char *pointer, const char *parent)
{
	size_t len = strlen(parent);

	return !strncmp(pointer, parent, len) && (!pointer[len] || pointer[len] == '/');
}

static bool within_any(const json_t *pointers, const char *pointer)
{
	for (size_t i = 0; i < json_array_size(pointers); i++) {
		const char *parent = json_string_value(json_array_get(pointers, i));

		if (parent && within(pointer, parent))
			return true;
	}
	return false;
}

static struct range path_where(const struct change *c, const char *pointer)
{
	struct range where = RANGE_NONE;
	bool exact = false;
	const struct value *v;

	if (c->resource && c->resource->properties) {
		v = value_at(c->resource->properties, text_of(pointer), &exact);
		where = exact ? value_where(v) : RANGE_NONE;
	}
	return where.src ? where : c->where;
}

static json_t *parse(const char *text)
{
	return text && *text ? json_parse(text_of(text), NULL, NULL) : NULL;
}

static void fill(const struct change *c, const struct diff *diff, const json_t *sensitive,
		 struct path_change *out)
{
	for (size_t i = 0; i < diff->count; i++) {
		const struct diff_path *d = &diff->paths[i];

		out[i] = (struct path_change){
			.pointer = d->pointer,
			.after = d->after,
			.unknown = d->unknown,
			.sensitive = within_any(sensitive, d->pointer) ||
				     (d->after && !strncmp(d->after, "{\"$secret\":", 11)),
			.where = path_where(c, d->pointer),
		};
	}
}

const struct path_change *change_paths(const struct change *c, struct arena *a, size_t *count)
{
	json_t *before, *desired, *unknown, *sensitive;
	struct path_change *paths;
	struct diff diff;

	*count = c->path_count;
	if (c->paths || c->action != ACTION_CREATE || !c->desired)
		return c->paths;
	before = json_object();
	desired = parse(c->desired);
	unknown = parse(c->unknown_pointers);
	sensitive = parse(c->sensitive_pointers);
	diff_make(a, before, desired, unknown, &diff);
	*count = diff.count;
	paths = ARENA_ARRAY(a, diff.count, struct path_change);
	fill(c, &diff, sensitive, paths);
	diff_release(&diff);
	json_decref(before);
	json_decref(desired);
	json_decref(unknown);
	json_decref(sensitive);
	return paths;
}
