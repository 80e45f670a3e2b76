/* json_pointer.c - RFC 6901: finding, setting and removing by path. */
#include "base/json.h"

#include <string.h>

/* The tokens of a pointer, one at a time, unescaped. */
struct walk {
	struct text_split split;
	struct str token;
};

/* False when it is neither empty nor starts with a slash. */
static bool walk_init(struct walk *w, struct text pointer)
{
	struct text ignored;

	*w = (struct walk){text_split_start(pointer), STR_INIT};
	if (!text_next(&w->split, '/', &ignored))
		return false;
	return ignored.len == 0;
}

static void unescape(struct text raw, struct str *out)
{
	str_clear(out);
	if (!memchr(raw.ptr, '~', raw.len)) {
		str_add_text(out, raw);
		return;
	}
	for (size_t i = 0; i < raw.len; i++) {
		char c = raw.ptr[i];

		if (c == '~' && i + 1 < raw.len && (raw.ptr[i + 1] == '0' || raw.ptr[i + 1] == '1'))
			c = raw.ptr[++i] == '0' ? '~' : '/';
		str_add_char(out, c);
	}
}

static bool walk_next(struct walk *w)
{
	struct text raw;

	if (!text_next(&w->split, '/', &raw))
		return false;
	unescape(raw, &w->token);
	return true;
}

static bool walk_at_last(const struct walk *w)
{
	return w->split.done;
}

/* "0", "12"; not "01", "-1", "+1". */
static bool array_index(struct text token, size_t *index)
{
	int64_t n;

	if (!token.len || token.ptr[0] < '0' || token.ptr[0] > '9')
		return false;
	if ((token.ptr[0] == '0' && token.len > 1) || !text_to_int64(token, 0, UINT32_MAX, &n))
		return false;
	*index = (size_t)n;
	return true;
}

static json_t *child(const json_t *parent, struct text token)
{
	size_t index;

	if (json_is_object(parent))
		return json_object_getn(parent, token.ptr, token.len);
	if (json_is_array(parent) && array_index(token, &index))
		return json_array_get(parent, index);
	return NULL;
}

json_t *json_at(const json_t *root, struct text pointer)
{
	json_t *at = (json_t *)root; /* borrowed from it, as jansson's getters do */
	struct walk w;

	if (!walk_init(&w, pointer))
		return NULL;
	while (at && walk_next(&w))
		at = child(at, str_text(&w.token));
	str_release(&w.token);
	return at;
}

/* "-" and the index just behind the last item append. */
static int array_put(json_t *array, struct text token, json_t *value)
{
	size_t index = json_array_size(array);

	if (!text_is(token, "-") && !array_index(token, &index)) {
		json_decref(value);
		return -1;
	}
	if (index == json_array_size(array))
		return json_array_append_new(array, value);
	return json_array_set_new(array, index, value);
}

static int child_put(json_t *parent, struct text token, json_t *value)
{
	if (json_is_object(parent))
		return json_object_setn_new(parent, token.ptr, token.len, value);
	if (json_is_array(parent))
		return array_put(parent, token, value);
	json_decref(value);
	return -1;
}

static json_t *child_or_new_object(json_t *parent, struct text token)
{
	json_t *at = child(parent, token), *made;

	if (at)
		return at;
	made = json_object();
	return child_put(parent, token, made) == 0 ? made : NULL;
}

int json_put(json_t *root, struct text pointer, json_t *value)
{
	json_t *at = root;
	int result = -1;
	struct walk w;

	if (walk_init(&w, pointer)) {
		while (at && walk_next(&w) && !walk_at_last(&w))
			at = child_or_new_object(at, str_text(&w.token));
	}
	if (at && pointer.len && pointer.ptr[0] == '/')
		result = child_put(at, str_text(&w.token), value);
	else
		json_decref(value);
	str_release(&w.token);
	return result;
}

static int child_drop(json_t *parent, struct text token)
{
	size_t index;

	if (json_is_object(parent))
		return json_object_deln(parent, token.ptr, token.len);
	if (json_is_array(parent) && array_index(token, &index))
		return json_array_remove(parent, index);
	return -1;
}

int json_drop(json_t *root, struct text pointer)
{
	json_t *at = root;
	int result = -1;
	struct walk w;

	if (!walk_init(&w, pointer) || !pointer.len)
		return -1;
	while (at && walk_next(&w) && !walk_at_last(&w))
		at = child(at, str_text(&w.token));
	if (at)
		result = child_drop(at, str_text(&w.token));
	str_release(&w.token);
	return result;
}

/* Runs of ordinary characters go out at once. */
void json_pointer_add(struct str *pointer, struct text token)
{
	size_t start = 0;

	str_add_char(pointer, '/');
	for (size_t i = 0; i < token.len; i++) {
		if (token.ptr[i] != '~' && token.ptr[i] != '/')
			continue;
		str_add_len(pointer, token.ptr + start, i - start);
		str_add(pointer, token.ptr[i] == '~' ? "~0" : "~1");
		start = i + 1;
	}
	str_add_len(pointer, token.ptr + start, token.len - start);
}
