/* value.c - making, finding and comparing values. */
#include "templates/value.h"

#include <string.h>

#include "base/vec.h"
#include "templates/names.h"
#include "templates/node.h"

/* Up to here looking at all keys is faster than hashing. */
#define FEW_KEYS 16

static struct value *value_new(struct arena *a, enum value_kind kind, const struct node *from)
{
	struct value *v = ARENA_NEW(a, struct value);

	v->kind = kind;
	v->from = from;
	return v;
}

const struct value *value_null(struct arena *a, const struct node *from)
{
	return value_new(a, VALUE_NULL, from);
}

const struct value *value_bool(struct arena *a, bool b, const struct node *from)
{
	struct value *v = value_new(a, VALUE_BOOL, from);

	v->boolean = b;
	v->text = b ? TEXT_LIT("true") : TEXT_LIT("false");
	return v;
}

const struct value *value_string(struct arena *a, struct text t, const struct node *from)
{
	struct value *v = value_new(a, VALUE_STRING, from);

	v->text = (struct text){arena_text(a, t), t.len};
	return v;
}

enum mark { MARK_SENSITIVE, MARK_FOREIGN };

static const struct value *marked(struct arena *a, const struct value *v, enum mark mark);

static void mark_parts(struct arena *a, struct value *v, enum mark mark)
{
	const struct value **items;
	struct value_entry *entries;

	if (v->kind == VALUE_LIST) {
		items = ARENA_ARRAY(a, v->count, const struct value *);
		for (size_t i = 0; i < v->count; i++)
			items[i] = marked(a, v->items[i], mark);
		v->items = items;
	} else if (v->kind == VALUE_MAP) {
		entries = ARENA_ARRAY(a, v->count, struct value_entry);
		for (size_t i = 0; i < v->count; i++) {
			entries[i] = v->entries[i];
			entries[i].value = marked(a, v->entries[i].value, mark);
		}
		v->entries = entries;
	}
}

static const struct value *marked(struct arena *a, const struct value *v, enum mark mark)
{
	struct value *copy = value_new(a, v->kind, v->from);

	*copy = *v;
	copy->sensitive |= mark == MARK_SENSITIVE;
	copy->foreign |= mark == MARK_FOREIGN;
	mark_parts(a, copy, mark);
	return copy;
}

const struct value *value_sensitive(struct arena *a, const struct value *v)
{
	return marked(a, v, MARK_SENSITIVE);
}

struct secret_texts {
	struct arena *a;
	struct text whole; /* is known without them */
	VEC_OF(struct text)
};

static void add_secret(void *context, struct text secret)
{
	struct secret_texts *all = context;

	if (!text_eq(secret, all->whole))
		*arena_vec_add(all->a, all) = secret;
}

const struct value *value_secret_of(struct arena *a, const struct value *v,
				    const struct value *const *parts, size_t count)
{
	const struct value *made = marked(a, v, MARK_SENSITIVE);
	struct secret_texts all = {.a = a, .whole = v->text};
	struct value_origin *origin;
	struct value *copy;

	if (v->kind != VALUE_STRING)
		return made;
	for (size_t i = 0; i < count; i++)
		value_secrets(parts[i], add_secret, &all);
	if (!all.count)
		return made;
	origin = ARENA_NEW(a, struct value_origin);
	*origin = (struct value_origin){value_source(v), all.items, all.count};
	copy = ARENA_NEW(a, struct value);
	*copy = *made;
	copy->origin = origin;
	return copy;
}

void value_secrets(const struct value *v, void (*found)(void *context, struct text secret),
		   void *context)
{
	const struct value_origin *o = v->kind == VALUE_STRING ? v->origin : NULL;
	struct text text;

	if (v->sensitive && value_scalar_text(v, &text) && text.len)
		found(context, text);
	for (size_t i = 0; o && i < o->secret_count; i++)
		found(context, o->secrets[i]);
	for (size_t i = 0; i < v->count; i++)
		value_secrets(v->kind == VALUE_LIST ? v->items[i] : v->entries[i].value, found,
			      context);
}

const struct value *value_foreign(struct arena *a, const struct value *v)
{
	return marked(a, v, MARK_FOREIGN);
}

const struct value *value_find(const struct value *map, struct text key)
{
	if (!map || map->kind != VALUE_MAP)
		return NULL;
	for (size_t i = 0; i < map->count; i++) {
		if (text_eq(map->entries[i].key, key))
			return map->entries[i].value;
	}
	return NULL;
}

/* True when the pointer's token, with ~0 and ~1, is the key. */
static bool token_is(struct text token, struct text key)
{
	size_t k = 0;

	for (size_t i = 0; i < token.len; i++, k++) {
		char c = token.ptr[i];

		if (c == '~' && i + 1 < token.len)
			c = token.ptr[++i] == '1' ? '/' : '~';
		if (k >= key.len || key.ptr[k] != c)
			return false;
	}
	return k == key.len;
}

static const struct value *member(const struct value *v, struct text token)
{
	int64_t index;

	if (v->kind == VALUE_LIST && text_to_int64(token, 0, INT64_MAX, &index))
		return (uint64_t)index < v->count ? v->items[index] : NULL;
	for (size_t i = 0; v->kind == VALUE_MAP && i < v->count; i++) {
		if (token_is(token, v->entries[i].key))
			return v->entries[i].value;
	}
	return NULL;
}

const struct value *value_at(const struct value *root, struct text pointer, bool *exact)
{
	struct text_split tokens = text_split_start(pointer);
	struct text token;
	const struct value *next;

	*exact = true;
	text_next(&tokens, '/', &token);
	while (text_next(&tokens, '/', &token)) {
		next = member(root, token);
		if (!next) {
			*exact = false;
			return root;
		}
		root = next;
	}
	return root;
}

const char *value_source(const struct value *v)
{
	if (v->kind == VALUE_UNKNOWN)
		return v->text.ptr;
	return v->kind == VALUE_STRING && v->origin ? v->origin->source : NULL;
}

struct range value_where(const struct value *v)
{
	return v->from ? v->from->where : RANGE_NONE;
}

bool value_scalar_text(const struct value *v, struct text *out)
{
	if (v->kind != VALUE_BOOL && v->kind != VALUE_NUMBER && v->kind != VALUE_STRING)
		return false;
	*out = v->text;
	return true;
}

/* Comparing */

static bool equal_lists(const struct value *x, const struct value *y)
{
	if (x->count != y->count)
		return false;
	for (size_t i = 0; i < x->count; i++) {
		if (!value_equal(x->items[i], y->items[i]))
			return false;
	}
	return true;
}

static bool equal_few(const struct value *x, const struct value *y)
{
	for (size_t i = 0; i < x->count; i++) {
		const struct value *other = value_find(y, x->entries[i].key);

		if (!other || !value_equal(x->entries[i].value, other))
			return false;
	}
	return true;
}

static bool equal_many(const struct value *x, const struct value *y)
{
	struct arena *scratch = arena_new();
	struct names members = {0};
	bool equal = true;

	for (size_t i = 0; i < y->count; i++)
		names_add(scratch, &members, y->entries[i].key,
			  (void *)(uintptr_t)y->entries[i].value);
	for (size_t i = 0; equal && i < x->count; i++) {
		const struct value *other = names_find(&members, x->entries[i].key);

		equal = other && value_equal(x->entries[i].value, other);
	}
	arena_free(scratch);
	return equal;
}

/* Keys are unique in each map, so equal counts make one direction enough. */
static bool equal_maps(const struct value *x, const struct value *y)
{
	if (x->count != y->count)
		return false;
	return x->count <= FEW_KEYS ? equal_few(x, y) : equal_many(x, y);
}

bool value_equal(const struct value *x, const struct value *y)
{
	struct text a, b;

	if (value_scalar_text(x, &a) && value_scalar_text(y, &b))
		return text_eq(a, b);
	if (x->kind != y->kind)
		return false;
	switch (x->kind) {
	case VALUE_NULL:
		return true;
	case VALUE_LIST:
		return equal_lists(x, y);
	case VALUE_MAP:
		return equal_maps(x, y);
	case VALUE_UNKNOWN: /* nobody can say */
	case VALUE_BOOL:
	case VALUE_NUMBER:
	case VALUE_STRING:
		return false;
	}
	return false;
}

bool value_has_unknown(const struct value *v)
{
	if (v->kind == VALUE_UNKNOWN)
		return true;
	for (size_t i = 0; i < v->count; i++) {
		if (value_has_unknown(v->kind == VALUE_LIST ? v->items[i] : v->entries[i].value))
			return true;
	}
	return false;
}

bool value_has_sensitive(const struct value *v)
{
	if (v->sensitive)
		return true;
	for (size_t i = 0; i < v->count; i++) {
		if (value_has_sensitive(v->kind == VALUE_LIST ? v->items[i] : v->entries[i].value))
			return true;
	}
	return false;
}

bool value_has_foreign(const struct value *v)
{
	if (v->foreign)
		return true;
	for (size_t i = 0; i < v->count; i++) {
		if (value_has_foreign(v->kind == VALUE_LIST ? v->items[i] : v->entries[i].value))
			return true;
	}
	return false;
}
