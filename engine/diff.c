/*
 * diff.c - one walk over both documents, members in the order of their keys.
 *
 * Every unknown pointer and every pointer above one is marked first, so that the walk
 * sees at each place whether something below waits for the apply.
 */
#include "engine/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/vec.h"

/* So many members of both objects together are sorted without an allocation. */
#define FEW_KEYS 64

struct walk {
	struct arena *a;
	struct map marks;   /* pointer to &mark_here or &mark_below */
	struct map emitted; /* pointers; only while anything is unknown */
	struct str pointer; /* of where the walk is */
	struct str text;    /* of the value being told */
	struct {
		VEC_OF(struct diff_path)
	} paths;
};

static char mark_here, mark_below;

static bool is_secret(const json_t *j)
{
	return json_is_object(j) && json_object_size(j) == 1 && json_object_get(j, "$secret");
}

static void mark_pointer(struct walk *w, const char *pointer)
{
	size_t len = strlen(pointer);

	map_set(&w->marks, (struct text){pointer, len}, &mark_here);
	while (len > 0) {
		struct text parent;

		while (len > 0 && pointer[len - 1] != '/')
			len--;
		if (!len)
			return;
		parent = (struct text){pointer, --len};
		if (map_has(&w->marks, parent))
			return;
		map_set(&w->marks, parent, &mark_below);
	}
}

static void mark_all(struct walk *w, const json_t *unknown)
{
	for (size_t i = 0; i < json_array_size(unknown); i++) {
		const char *p = json_string_value(json_array_get(unknown, i));

		if (p)
			mark_pointer(w, p);
	}
}

static const char *told_text(struct walk *w, const json_t *j)
{
	str_clear(&w->text);
	json_canonical(j, &w->text);
	return arena_text(w->a, str_text(&w->text));
}

static void emit(struct walk *w, const json_t *before, const json_t *after, bool unknown)
{
	struct diff_path *p = vec_add(&w->paths);

	*p = (struct diff_path){
		.pointer = arena_text(w->a, str_text(&w->pointer)),
		.before = before ? told_text(w, before) : NULL,
		.after = after && !unknown ? told_text(w, after) : NULL,
		.unknown = unknown,
	};
	if (w->marks.live_count)
		map_set(&w->emitted, str_text(&w->pointer), p);
}

static int compare_keys(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static size_t add_keys(const char **keys, size_t count, const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value) keys[count++] = key;
	return count;
}

static void walk(struct walk *w, const json_t *before, const json_t *after);

static void walk_members(struct walk *w, const json_t *before, const json_t *after)
{
	const char *few[FEW_KEYS];
	size_t most = json_object_size(before) + json_object_size(after), count = 0;
	size_t len = w->pointer.len;
	const char **keys = most > FEW_KEYS ? xcalloc(most, sizeof(*keys)) : few;

	count = add_keys(keys, count, before);
	count = add_keys(keys, count, after);
	if (count)
		qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 0; i < count; i++) {
		if (i && !strcmp(keys[i], keys[i - 1]))
			continue;
		json_pointer_add(&w->pointer, text_of(keys[i]));
		walk(w, json_object_get(before, keys[i]), json_object_get(after, keys[i]));
		str_truncate(&w->pointer, len);
	}
	if (keys != few)
		free(keys);
}

static void walk_items(struct walk *w, const json_t *before, const json_t *after)
{
	size_t len = w->pointer.len;

	for (size_t i = 0; i < json_array_size(after); i++) {
		str_printf(&w->pointer, "/%zu", i);
		walk(w, json_array_get(before, i), json_array_get(after, i));
		str_truncate(&w->pointer, len);
	}
}

static bool same_text(const json_t *x, const json_t *y)
{
	struct str a = STR_INIT, b = STR_INIT;
	bool same;

	if (json_is_string(x) || json_is_string(y))
		return json_equal(x, y);
	json_canonical(x, &a);
	json_canonical(y, &b);
	same = text_eq(str_text(&a), str_text(&b));
	str_release(&a);
	str_release(&b);
	return same;
}

static bool objects(const json_t *x, const json_t *y)
{
	return json_is_object(x) && json_is_object(y) && !is_secret(x) && !is_secret(y);
}

static bool arrays_alike(const json_t *x, const json_t *y)
{
	return json_is_array(x) && json_is_array(y) && json_array_size(x) == json_array_size(y);
}

/* A new object of which a part is unknown is shown member by member. */
static bool new_object(const json_t *before, const json_t *after)
{
	return !before && json_is_object(after) && !is_secret(after);
}

static void walk(struct walk *w, const json_t *before, const json_t *after)
{
	const char *mark = w->marks.live_count ? map_find(&w->marks, str_text(&w->pointer)) : NULL;

	if (mark == &mark_here)
		emit(w, before, after, true);
	else if (objects(before, after) || (mark && new_object(before, after)))
		walk_members(w, before, after);
	else if (arrays_alike(before, after))
		walk_items(w, before, after);
	else if (mark)
		emit(w, before, after, true);
	else if (!before || !after || !same_text(before, after))
		emit(w, before, after, false);
}

/* Whether the pointer or one above it has been told. */
static bool was_told(const struct walk *w, const char *pointer)
{
	size_t len = strlen(pointer);

	while (!map_has(&w->emitted, (struct text){pointer, len})) {
		while (len > 0 && pointer[len - 1] != '/')
			len--;
		if (!len)
			return false;
		len--;
	}
	return true;
}

/* Unknown parts that the new document has no place for. */
static void emit_rest(struct walk *w, const json_t *before, const json_t *unknown)
{
	for (size_t i = 0; i < json_array_size(unknown); i++) {
		const char *p = json_string_value(json_array_get(unknown, i));

		if (!p || was_told(w, p))
			continue;
		str_clear(&w->pointer);
		str_add(&w->pointer, p);
		emit(w, json_at(before, text_of(p)), NULL, true);
	}
}

static int compare_paths(const void *x, const void *y)
{
	return strcmp(((const struct diff_path *)x)->pointer,
		      ((const struct diff_path *)y)->pointer);
}

static bool in_order(const struct diff_path *paths, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (compare_paths(&paths[i - 1], &paths[i]) > 0)
			return false;
	return true;
}

void diff_make(struct arena *a, const json_t *before, const json_t *after, const json_t *unknown,
	       struct diff *out)
{
	struct walk w = {.a = a};

	mark_all(&w, unknown);
	if (before || after)
		walk(&w, before, after);
	emit_rest(&w, before, unknown);
	/* Mostly they come in order: members do, and a "/" sorts behind few characters. */
	if (w.paths.count && !in_order(w.paths.items, w.paths.count))
		qsort(w.paths.items, w.paths.count, sizeof(*w.paths.items), compare_paths);
	*out = (struct diff){w.paths.items, w.paths.count};
	map_release(&w.marks);
	map_release(&w.emitted);
	str_release(&w.pointer);
	str_release(&w.text);
}

void diff_release(struct diff *d)
{
	free(d->paths);
	*d = (struct diff){NULL, 0};
}
