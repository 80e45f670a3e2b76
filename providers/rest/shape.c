#include "providers/rest/shape.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

struct shape {
	json_t *schema; /* {} when nothing is known */
	struct arena *arena;
};

/* Larger sets are compared in the order in which they come: every pair is looked at. */
#define SET_MAX 1000

enum kinds {
	KIND_STRING = 1,
	KIND_INTEGER = 2,
	KIND_NUMBER = 4,
	KIND_BOOLEAN = 8,
	KIND_ARRAY = 16,
	KIND_OBJECT = 32
};

static const struct {
	const char *name;
	unsigned kind;
} kind_names[] = {
	{"string", KIND_STRING},   {"integer", KIND_INTEGER}, {"number", KIND_NUMBER},
	{"boolean", KIND_BOOLEAN}, {"array", KIND_ARRAY},     {"object", KIND_OBJECT},
};

struct shape *shape_open(struct arena *a, struct text schema)
{
	struct shape *s = ARENA_NEW(a, struct shape);

	s->arena = a;
	s->schema = schema.len ? json_parse(schema, NULL, NULL) : NULL;
	if (!json_is_object(s->schema)) {
		json_decref(s->schema);
		s->schema = json_object();
	}
	return s;
}

void shape_close(struct shape *s)
{
	if (s)
		json_decref(s->schema);
}

/* --- what definitions are told ------------------------------------------------------------- */

static const char *after_properties(const char *pointer)
{
	static const char prefix[] = "/properties/";

	return pointer && strncmp(pointer, prefix, strlen(prefix)) == 0 ? pointer + strlen(prefix)
									: pointer;
}

static json_t *names(const json_t *pointers)
{
	json_t *out = json_array();

	for (size_t i = 0; i < json_array_size(pointers); i++) {
		const char *name = after_properties(json_string_value(json_array_get(pointers, i)));

		if (name)
			json_array_append_new(out, json_string(name));
	}
	return out;
}

json_t *shape_facts(const struct shape *s)
{
	static const struct {
		const char *name, *key;
	} rows[] = {
		{"required", "required"},
		{"primaryIdentifier", "primaryIdentifier"},
		{"readOnly", "readOnlyProperties"},
		{"createOnly", "createOnlyProperties"},
		{"writeOnly", "writeOnlyProperties"},
	};
	json_t *out = json_object();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		json_object_set_new(out, rows[i].name,
				    names(json_object_get(s->schema, rows[i].key)));
	return out;
}

static bool is_among(const json_t *list, const json_t *item)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (json_equal(one, item))
			return true;
	}
	return false;
}

bool shape_is_named(const struct shape *s, const json_t *properties)
{
	json_t *own = names(json_object_get(s->schema, "primaryIdentifier"));
	json_t *decided = names(json_object_get(s->schema, "readOnlyProperties")), *one;
	bool named = json_array_size(own) > 0;
	size_t i;

	json_array_foreach(own, i, one)
	{
		named &= json_object_get(properties, json_string_value(one)) &&
			 !is_among(decided, one);
	}
	json_decref(own);
	json_decref(decided);
	return named;
}

/* --- the schema at a place ------------------------------------------------------------------ */

/* What "$ref": "#/definitions/X" stands for; a ring of them ends somewhere. */
static const json_t *resolved(const struct shape *s, const json_t *node)
{
	static const char prefix[] = "#/definitions/";
	const json_t *all = json_object_get(s->schema, "definitions");

	for (int i = 0; i < 10 && node; i++) {
		const char *ref = json_str(node, "$ref", NULL);

		if (!ref || strncmp(ref, prefix, strlen(prefix)) != 0)
			return node;
		node = json_object_get(all, ref + strlen(prefix));
	}
	return NULL;
}

static unsigned kind_named(const json_t *name)
{
	const char *text = json_string_value(name);

	for (size_t i = 0; text && i < ARRAY_LEN(kind_names); i++) {
		if (strcmp(kind_names[i].name, text) == 0)
			return kind_names[i].kind;
	}
	return 0;
}

/* 0: anything. */
static unsigned kinds_of(const json_t *node)
{
	const json_t *type = json_object_get(node, "type");
	unsigned kinds = kind_named(type);

	for (size_t i = 0; i < json_array_size(type); i++)
		kinds |= kind_named(json_array_get(type, i));
	return kinds;
}

static bool is_set(const json_t *node)
{
	const json_t *ordered = json_object_get(node, "insertionOrder");

	return json_flag(node, "uniqueItems", false) || (ordered && json_is_false(ordered));
}

static const json_t *member_node(const struct shape *s, const json_t *node, const char *key)
{
	const json_t *member = json_object_get(json_object_get(node, "properties"), key);
	const json_t *more = json_object_get(node, "additionalProperties");
	const char *pattern;
	json_t *value;

	if (!member && json_is_object(more))
		member = more;
	if (!member) {
		json_object_foreach(json_object_get(node, "patternProperties"), pattern, value)
			member = value;
	}
	return resolved(s, member);
}

/* --- the same in other words ------------------------------------------------------------- */

static json_t *parsed(const json_t *text)
{
	struct text t = text_trim((struct text){json_string_value(text), json_string_length(text)});

	if (!t.len || (*t.ptr != '{' && *t.ptr != '['))
		return NULL;
	return json_parse(t, NULL, NULL);
}

static bool same_scalar(const json_t *x, const json_t *y)
{
	struct str a = STR_INIT, b = STR_INIT;
	bool same;

	if (json_is_string(x))
		str_add_len(&a, json_string_value(x), json_string_length(x));
	else
		json_canonical(x, &a);
	if (json_is_string(y))
		str_add_len(&b, json_string_value(y), json_string_length(y));
	else
		json_canonical(y, &b);
	same = text_eq(str_text(&a), str_text(&b));
	str_release(&a);
	str_release(&b);
	return same;
}

static bool is_scalar(const json_t *j)
{
	return !json_is_object(j) && !json_is_array(j);
}

enum likeness { LIKE_SAME, LIKE_COVERS }; /* covers: shown may have more members */

static bool means(const json_t *shown, const json_t *said, enum likeness l);

static bool means_object(const json_t *shown, const json_t *said, enum likeness l)
{
	const char *key;
	json_t *value;

	if (l == LIKE_SAME && json_object_size(shown) != json_object_size(said))
		return false;
	json_object_foreach((json_t *)said, key, value)
	{
		const json_t *other = json_object_get(shown, key);

		if (!other || !means(other, value, l))
			return false;
	}
	return true;
}

static bool means_array(const json_t *shown, const json_t *said, enum likeness l)
{
	if (json_array_size(shown) != json_array_size(said))
		return false;
	for (size_t i = 0; i < json_array_size(said); i++) {
		if (!means(json_array_get(shown, i), json_array_get(said, i), l))
			return false;
	}
	return true;
}

/* One is JSON as text, the other the value. */
static bool means_text(const json_t *text, const json_t *value)
{
	json_t *j = parsed(text);
	bool same = j && means(j, value, LIKE_SAME);

	json_decref(j);
	return same;
}

static bool means_other_text(const json_t *x, const json_t *y)
{
	json_t *a = parsed(x), *b = parsed(y);
	bool same = a && b && json_equal(a, b);

	json_decref(a);
	json_decref(b);
	return same;
}

static bool means(const json_t *shown, const json_t *said, enum likeness l)
{
	if (json_is_object(shown) && json_is_object(said))
		return means_object(shown, said, l);
	if (json_is_array(shown) && json_is_array(said))
		return means_array(shown, said, l);
	if (is_scalar(shown) && is_scalar(said))
		return same_scalar(shown, said) || (json_is_string(shown) && json_is_string(said) &&
						    means_other_text(shown, said));
	if (json_is_string(shown))
		return means_text(shown, said);
	return json_is_string(said) && means_text(said, shown);
}

/* --- bringing it to the schema -------------------------------------------------------------- */

struct place {
	const json_t *node; /* of the schema; NULL: not declared */
	const json_t *said; /* NULL */
	int depth;
};

static json_t *brought(const struct shape *s, const json_t *value, struct place at);

static json_t *integer_of(const char *text)
{
	int64_t n;

	return text_to_int64(text_of(text), INT64_MIN, INT64_MAX, &n) ? json_integer(n) : NULL;
}

static json_t *number_of(const char *text)
{
	json_t *j = integer_of(text);
	double d;

	if (!j && text_to_double(text_of(text), &d))
		j = json_real(d);
	return j;
}

/* A text where the schema wants something else; NULL: it stays a text. */
static json_t *from_text(const json_t *value, unsigned kinds)
{
	const char *text = json_string_value(value);
	json_t *j = NULL;

	if ((kinds & KIND_BOOLEAN) && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
		return json_boolean(*text == 't');
	if (kinds & KIND_NUMBER)
		j = number_of(text);
	else if (kinds & KIND_INTEGER)
		j = integer_of(text);
	if (j || !(kinds & (KIND_OBJECT | KIND_ARRAY)))
		return j;
	j = parsed(value);
	if (j && !(json_is_object(j) ? kinds & KIND_OBJECT : kinds & KIND_ARRAY)) {
		json_decref(j);
		j = NULL;
	}
	if (!j && !*text)
		j = kinds & KIND_OBJECT ? json_object() : json_array();
	return j;
}

static json_t *to_text(const json_t *value)
{
	struct str text = STR_INIT;
	json_t *j;

	json_canonical(value, &text);
	j = json_string(str_cstr(&text));
	str_release(&text);
	return j;
}

/* The value in the kind that the schema wants; a new reference. */
static json_t *in_kind(const json_t *value, unsigned kinds)
{
	json_t *j = NULL;

	if (!kinds)
		return json_deep_copy(value);
	if (json_is_string(value) && !(kinds & KIND_STRING))
		j = from_text(value, kinds);
	else if (json_is_number(value) && kinds == KIND_STRING)
		j = to_text(value);
	else if (json_is_boolean(value) && kinds == KIND_STRING)
		j = to_text(value);
	else if (json_is_real(value) && kinds == KIND_INTEGER &&
		 json_real_value(value) == (double)(int64_t)json_real_value(value))
		j = json_integer((int64_t)json_real_value(value));
	if (!j)
		j = json_deep_copy(value);
	if (!json_is_array(j) && kinds == KIND_ARRAY) {
		json_t *list = json_array();

		json_array_append_new(list, j);
		j = list;
	}
	return j;
}

static json_t *brought_object(const struct shape *s, const json_t *value, struct place at)
{
	json_t *out = json_object(), *member;
	const char *key;

	json_object_foreach((json_t *)value, key, member)
	{
		struct place inside = {member_node(s, at.node, key), json_object_get(at.said, key),
				       at.depth + 1};
		json_t *j = brought(s, member, inside);

		if (j)
			json_object_set_new(out, key, j);
	}
	return out;
}

static int compare_texts(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

/* What nobody asked for, in an order of its own: services show sets in any. */
static void append_sorted(json_t *out, json_t *rest)
{
	size_t count = json_array_size(rest);
	char **texts = xcalloc(count + 1, sizeof(*texts));

	for (size_t i = 0; i < count; i++) {
		struct str text = STR_INIT;

		json_canonical(json_array_get(rest, i), &text);
		texts[i] = str_steal(&text);
	}
	qsort(texts, count, sizeof(*texts), compare_texts);
	for (size_t i = 0; i < count; i++) {
		json_array_append_new(out, json_parse(text_of(texts[i]), NULL, NULL));
		free(texts[i]);
	}
	free(texts);
}

static size_t find_meant(const json_t *rest, const json_t *said, enum likeness l)
{
	size_t i = 0;

	while (i < json_array_size(rest) && !means(json_array_get(rest, i), said, l))
		i++;
	return i;
}

/* The user's order for what the user asked for. */
static json_t *brought_set(const struct shape *s, const json_t *value, struct place at)
{
	const json_t *items = resolved(s, json_object_get(at.node, "items"));
	json_t *rest = json_array(), *out = json_array(), *j;

	for (size_t i = 0; i < json_array_size(value); i++) {
		struct place inside = {items, NULL, at.depth + 1};

		j = brought(s, json_array_get(value, i), inside);
		if (j)
			json_array_append_new(rest, j);
	}
	for (size_t i = 0; i < json_array_size(at.said); i++) {
		const json_t *said = json_array_get(at.said, i);
		struct place inside = {items, said, at.depth + 1};
		size_t found = find_meant(rest, said, LIKE_SAME);

		if (found == json_array_size(rest))
			found = find_meant(rest, said, LIKE_COVERS);
		if (found == json_array_size(rest))
			continue;
		j = brought(s, json_array_get(rest, found), inside);
		if (j)
			json_array_append_new(out, j);
		json_array_remove(rest, found);
	}
	append_sorted(out, rest);
	json_decref(rest);
	return out;
}

static json_t *brought_array(const struct shape *s, const json_t *value, struct place at)
{
	const json_t *items = resolved(s, json_object_get(at.node, "items"));
	json_t *out;

	if (is_set(at.node) && json_array_size(value) <= SET_MAX &&
	    json_array_size(at.said) <= SET_MAX)
		return brought_set(s, value, at);
	out = json_array();
	for (size_t i = 0; i < json_array_size(value); i++) {
		struct place inside = {items, json_array_get(at.said, i), at.depth + 1};
		json_t *j = brought(s, json_array_get(value, i), inside);

		if (j)
			json_array_append_new(out, j);
	}
	return out;
}

static json_t *brought(const struct shape *s, const json_t *value, struct place at)
{
	json_t *j, *out;

	if (!value || json_is_null(value) || at.depth > LIMIT_JSON_DEPTH)
		return NULL;
	j = in_kind(value, kinds_of(at.node));
	if (json_is_object(j))
		out = brought_object(s, j, at);
	else if (json_is_array(j))
		out = brought_array(s, j, at);
	else
		out = json_incref(j);
	json_decref(j);
	if (at.said && !json_is_null(at.said) && means(out, at.said, LIKE_SAME)) {
		json_decref(out);
		return json_deep_copy(at.said);
	}
	return out;
}

/* --- what is never shown ------------------------------------------------------------------- */

/* "A/B", "A" followed by "*" for every item, then "B". */
static void drop_path(json_t *j, struct text path)
{
	const char *slash = memchr(path.ptr, '/', path.len);
	struct text head = {path.ptr, slash ? (size_t)(slash - path.ptr) : path.len};
	struct text tail = {slash ? slash + 1 : "", slash ? path.len - head.len - 1 : 0};
	char key[256];

	if (text_is(head, "properties") && json_is_object(j) && tail.len) {
		drop_path(j, tail);
		return;
	}
	if (json_is_array(j)) {
		for (size_t i = 0; i < json_array_size(j); i++)
			drop_path(json_array_get(j, i), text_is(head, "*") ? tail : path);
		return;
	}
	if (!json_is_object(j) || head.len >= sizeof(key))
		return;
	memcpy(key, head.ptr, head.len);
	key[head.len] = '\0';
	if (tail.len)
		drop_path(json_object_get(j, key), tail);
	else
		json_object_del(j, key);
}

json_t *shape_state(const struct shape *s, const json_t *state, const json_t *said)
{
	const json_t *mute = json_object_get(s->schema, "writeOnlyProperties");
	json_t *out = brought_object(s, state, (struct place){s->schema, said, 0});

	for (size_t i = 0; i < json_array_size(mute); i++) {
		const char *name = after_properties(json_string_value(json_array_get(mute, i)));

		if (name)
			drop_path(out, text_of(name));
	}
	return out;
}
