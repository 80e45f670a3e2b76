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

struct walk {
	struct arena *a;
	struct map marks;   /* pointer to &mark_here or &mark_below */
	struct map emitted; /* pointers */
	struct str pointer; /* of where the walk is */
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

static void emit(struct walk *w, const json_t *before, const json_t *after, bool unknown)
{
	struct diff_path *p = arena_vec_add(w->a, &w->paths);

	p->pointer = arena_text(w->a, str_text(&w->pointer));
	p->before = before ? json_text(w->a, before) : NULL;
	p->after = after && !unknown ? json_text(w->a, after) : NULL;
	p->unknown = unknown;
	map_set(&w->emitted, str_text(&w->pointer), p);
}

/* Members of one object that the other has too come once: `seen` is the one walked first. */
static void add_keys(struct map *keys, const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
		map_set(keys, text_of(key), (void *)value);
}

static int compare_entries(const void *x, const void *y)
{
	return strcmp(((const struct map_entry *)x)->key, ((const struct map_entry *)y)->key);
}

static void walk(struct walk *w, const json_t *before, const json_t *after);

static void walk_members(struct walk *w, const json_t *before, const json_t *after)
{
	struct map keys = MAP_INIT;
	size_t len = w->pointer.len;
	struct map_entry *sorted;

	add_keys(&keys, before);
	add_keys(&keys, after);
	sorted = xcalloc(keys.entry_count + 1, sizeof(*sorted));
	if (keys.entry_count)
		memcpy(sorted, keys.entries, keys.entry_count * sizeof(*sorted));
	qsort(sorted, keys.entry_count, sizeof(*sorted), compare_entries);
	for (size_t i = 0; i < keys.entry_count; i++) {
		json_pointer_add(&w->pointer, text_of(sorted[i].key));
		walk(w, json_object_get(before, sorted[i].key),
		     json_object_get(after, sorted[i].key));
		str_truncate(&w->pointer, len);
	}
	free(sorted);
	map_release(&keys);
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
	const char *mark = map_find(&w->marks, str_text(&w->pointer));

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

void diff_make(struct arena *a, const json_t *before, const json_t *after, const json_t *unknown,
	       struct diff *out)
{
	struct walk w = {.a = a};

	mark_all(&w, unknown);
	if (before || after)
		walk(&w, before, after);
	emit_rest(&w, before, unknown);
	if (w.paths.count)
		qsort(w.paths.items, w.paths.count, sizeof(*w.paths.items), compare_paths);
	*out = (struct diff){w.paths.items, w.paths.count};
	map_release(&w.marks);
	map_release(&w.emitted);
	str_release(&w.pointer);
}
