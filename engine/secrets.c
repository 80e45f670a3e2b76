#include "engine/secrets.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "engine/secret_forms.h"
#include "templates/value.h"

struct found {
	struct arena *arena;
	struct {
		VEC_OF(const char *)
	} values;
};

static void add_form(void *context, struct text form)
{
	struct found *f = context;

	for (size_t i = 0; i < f->values.count; i++)
		if (text_is(form, f->values.items[i]))
			return;
	*arena_vec_add(f->arena, &f->values) = form.ptr;
}

static void add_value(struct found *f, struct text t, size_t min_len)
{
	if (t.len < min_len)
		return;
	*arena_vec_add(f->arena, &f->values) = arena_text(f->arena, t);
	secret_forms(f->arena, t, add_form, f);
}

static void add_text(struct found *f, struct text t)
{
	struct text_split lines = text_split_start(t);
	struct text line;

	add_value(f, t, SECRET_MIN_LEN);
	if (!memchr(t.ptr, '\n', t.len))
		return;
	while (text_next(&lines, '\n', &line))
		add_value(f, text_trim(line), SECRET_LINE_MIN_LEN);
}

static void add_json(struct found *f, const json_t *j)
{
	const char *key;
	json_t *member;
	size_t i;

	switch (json_typeof(j)) {
	case JSON_STRING:
		add_text(f, (struct text){json_string_value(j), json_string_length(j)});
		break;
	case JSON_INTEGER:
	case JSON_REAL:
		add_text(f, text_of(json_text(f->arena, j)));
		break;
	case JSON_ARRAY:
		json_array_foreach(j, i, member) add_json(f, member);
		break;
	case JSON_OBJECT:
		json_object_foreach((json_t *)j, key, member) add_json(f, member);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
	case JSON_NULL:
		break;
	}
}

static int longer_first(const void *x, const void *y)
{
	const char *a = *(const char *const *)x, *b = *(const char *const *)y;
	size_t la = strlen(a), lb = strlen(b);

	if (la != lb)
		return la < lb ? 1 : -1;
	return strcmp(a, b);
}

static const struct secrets *sorted(struct found *f)
{
	struct secrets *s;

	if (!f->values.count)
		return NULL;
	qsort(f->values.items, f->values.count, sizeof(f->values.items[0]), longer_first);
	s = ARENA_NEW(f->arena, struct secrets);
	s->values = f->values.items;
	s->count = f->values.count;
	return s;
}

const struct secrets *secrets_collect(struct arena *a, const json_t *document,
				      const json_t *pointers)
{
	struct found f = {.arena = a};
	const json_t *pointer;
	size_t i;

	json_array_foreach(pointers, i, pointer)
	{
		const json_t *at = json_at(document, text_of(json_string_value(pointer)));

		if (at)
			add_json(&f, at);
	}
	return sorted(&f);
}

const struct secrets *secrets_with(struct arena *a, const struct secrets *s,
				   const char *const *texts, size_t count)
{
	struct found f = {.arena = a};

	for (size_t i = 0; s && i < s->count; i++)
		*arena_vec_add(a, &f.values) = s->values[i];
	for (size_t i = 0; i < count; i++)
		add_text(&f, text_of(texts[i]));
	return sorted(&f);
}

static void add_part(void *context, struct text secret)
{
	add_text(context, secret);
}

const struct secrets *secrets_with_value(struct arena *a, const struct secrets *s,
					 const struct value *v)
{
	struct found f = {.arena = a};

	for (size_t i = 0; s && i < s->count; i++)
		*arena_vec_add(a, &f.values) = s->values[i];
	value_secrets(v, add_part, &f);
	return sorted(&f);
}

static size_t secret_at(const struct secrets *s, struct text t, size_t at)
{
	for (size_t i = 0; i < s->count; i++) {
		size_t len;

		if (s->values[i][0] != t.ptr[at])
			continue;
		len = strlen(s->values[i]);
		if (len <= t.len - at && !memcmp(t.ptr + at, s->values[i], len))
			return len;
	}
	return 0;
}

void secrets_mask_text(const struct secrets *s, struct text t, struct str *out)
{
	size_t plain = 0;

	for (size_t at = 0; s && at < t.len;) {
		size_t len = secret_at(s, t, at);

		if (!len) {
			at++;
			continue;
		}
		str_add_len(out, t.ptr + plain, at - plain);
		str_add(out, SECRET_SHOWN);
		at += len;
		plain = at;
	}
	if (t.len > plain)
		str_add_len(out, t.ptr + plain, t.len - plain);
}

bool secrets_occur(const struct secrets *s, struct text t)
{
	for (size_t i = 0; s && i < s->count; i++)
		if (memmem(t.ptr, t.len, s->values[i], strlen(s->values[i])))
			return true;
	return false;
}

/* What a walk over a document looks for, and where it is. */
struct search {
	const struct secrets *secrets; /* NULL: look for {"$secret": ...} */
	struct str pointer;
	json_t *pointers;
};

static bool is_masked(const json_t *j)
{
	return json_is_object(j) && json_object_size(j) == 1 && json_object_get(j, "$secret");
}

static bool sought(const struct search *s, const json_t *j)
{
	if (!s->secrets)
		return is_masked(j);
	return json_is_string(j) && secrets_occur(s->secrets, (struct text){json_string_value(j),
									    json_string_length(j)});
}

static void look(struct search *s, const json_t *j)
{
	size_t len = s->pointer.len, i;
	const char *key;
	json_t *member;

	if (sought(s, j)) {
		json_array_append_new(s->pointers, json_string(str_cstr(&s->pointer)));
	} else if (json_is_object(j)) {
		json_object_foreach((json_t *)j, key, member)
		{
			json_pointer_add(&s->pointer, text_of(key));
			look(s, member);
			str_truncate(&s->pointer, len);
		}
	} else if (json_is_array(j)) {
		json_array_foreach(j, i, member)
		{
			str_printf(&s->pointer, "/%zu", i);
			look(s, member);
			str_truncate(&s->pointer, len);
		}
	}
}

void secrets_find(const struct secrets *s, const json_t *document, json_t *pointers)
{
	struct search search = {s, STR_INIT, pointers};

	if (s)
		look(&search, document);
	str_release(&search.pointer);
}

void secrets_masked_pointers(const json_t *document, json_t *pointers)
{
	struct search search = {NULL, STR_INIT, pointers};

	look(&search, document);
	str_release(&search.pointer);
}

void secrets_drop_masked(json_t *document)
{
	const char *key;
	json_t *member;
	void *next;
	size_t i;

	if (json_is_object(document)) {
		json_object_foreach_safe(document, next, key, member)
		{
			if (is_masked(member))
				json_object_del(document, key);
			else
				secrets_drop_masked(member);
		}
	} else if (json_is_array(document)) {
		json_array_foreach(document, i, member)
		{
			if (is_masked(member))
				json_array_set_new(document, i, json_null());
			else
				secrets_drop_masked(member);
		}
	}
}

void secrets_join_pointers(json_t *pointers, const json_t *from)
{
	const json_t *x, *y;
	size_t i, k;

	json_array_foreach(from, i, x)
	{
		bool there = false;

		json_array_foreach(pointers, k, y) there = there || json_equal(x, y);
		if (!there)
			json_array_append(pointers, (json_t *)x);
	}
}
