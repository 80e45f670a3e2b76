/* normalize.c - a tree of long forms is built first, so that writing it is plain. */
#include "templates/normalize.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "templates/normalize_yaml.h"

/* The normal tree has no NODE_CALL; its scalars are SCALAR_QUOTED, or plain for null. */

static struct node *node_new(struct arena *a, enum node_kind kind)
{
	struct node *n = ARENA_NEW(a, struct node);

	n->kind = kind;
	return n;
}

static const struct node *text_node(struct arena *a, struct text text)
{
	struct node *n = node_new(a, NODE_SCALAR);

	n->style = SCALAR_QUOTED;
	n->text = text;
	return n;
}

static const struct node *list_node(struct arena *a, const struct node *const *items, size_t count)
{
	struct node *n = node_new(a, NODE_LIST);

	n->items = items;
	n->count = count;
	return n;
}

static const struct node *normal_of(struct arena *a, const struct node *n);

static const struct node *normal_scalar(struct arena *a, const struct node *n)
{
	return node_is_null(n) ? node_new(a, NODE_SCALAR) : text_node(a, n->text);
}

static const struct node *normal_list(struct arena *a, const struct node *n)
{
	const struct node **items = ARENA_ARRAY(a, n->count, const struct node *);

	for (size_t i = 0; i < n->count; i++)
		items[i] = normal_of(a, n->items[i]);
	return list_node(a, items, n->count);
}

static int by_key(const void *left, const void *right)
{
	const struct text a = ((const struct node_entry *)left)->key->text;
	const struct text b = ((const struct node_entry *)right)->key->text;
	int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static const struct node *normal_map(struct arena *a, const struct node *n)
{
	struct node_entry *entries = ARENA_ARRAY(a, n->count, struct node_entry);
	struct node *map = node_new(a, NODE_MAP);

	for (size_t i = 0; i < n->count; i++)
		entries[i] = (struct node_entry){text_node(a, n->entries[i].key->text),
						 normal_of(a, n->entries[i].value)};
	if (n->count)
		qsort(entries, n->count, sizeof(*entries), by_key);
	map->entries = entries;
	map->count = n->count;
	return map;
}

/* "A.B.C" to ["A", "B.C"]. */
static const struct node *attribute_list(struct arena *a, struct text t)
{
	const char *dot = memchr(t.ptr, '.', t.len);
	const struct node **items = ARENA_ARRAY(a, 2, const struct node *);
	size_t len = dot ? (size_t)(dot - t.ptr) : t.len;

	if (!dot)
		return text_node(a, t);
	items[0] = text_node(a, (struct text){t.ptr, len});
	items[1] = text_node(a, (struct text){dot + 1, t.len - len - 1});
	return list_node(a, items, 2);
}

static const struct node *normal_argument(struct arena *a, const struct node *call)
{
	const struct node *arg = call->arg;

	if (arg->kind != NODE_SCALAR)
		return normal_of(a, arg);
	if (text_is(call->text, "Fn::GetAtt"))
		return attribute_list(a, arg->text);
	return text_node(a, node_is_null(arg) ? TEXT_LIT("") : arg->text);
}

static const struct node *normal_call(struct arena *a, const struct node *call)
{
	struct node_entry *entry = ARENA_NEW(a, struct node_entry);
	struct node *map = node_new(a, NODE_MAP);

	*entry = (struct node_entry){text_node(a, call->text), normal_argument(a, call)};
	map->entries = entry;
	map->count = 1;
	return map;
}

static const struct node *normal_of(struct arena *a, const struct node *n)
{
	switch (n->kind) {
	case NODE_SCALAR:
		return normal_scalar(a, n);
	case NODE_LIST:
		return normal_list(a, n);
	case NODE_MAP:
		return normal_map(a, n);
	case NODE_CALL:
		return normal_call(a, n);
	}
	return n;
}

/* JSON */

static void write_json(const struct node *n, size_t depth, struct str *out);

static void start_line(size_t index, size_t depth, struct str *out)
{
	str_add(out, index ? ",\n" : "\n");
	str_repeat(out, ' ', 2 * depth);
}

static void write_items(const struct node *n, size_t depth, struct str *out)
{
	for (size_t i = 0; i < n->count && out->len <= LIMIT_NORMAL_LEN; i++) {
		start_line(i, depth, out);
		write_json(n->items[i], depth, out);
	}
}

static void write_entries(const struct node *n, size_t depth, struct str *out)
{
	for (size_t i = 0; i < n->count && out->len <= LIMIT_NORMAL_LEN; i++) {
		start_line(i, depth, out);
		json_quote(out, n->entries[i].key->text);
		str_add(out, ": ");
		write_json(n->entries[i].value, depth, out);
	}
}

static void write_json(const struct node *n, size_t depth, struct str *out)
{
	bool list = n->kind == NODE_LIST;

	if (n->kind == NODE_SCALAR && n->style == SCALAR_PLAIN) {
		str_add(out, "null");
		return;
	}
	if (n->kind == NODE_SCALAR) {
		json_quote(out, n->text);
		return;
	}
	str_add_char(out, list ? '[' : '{');
	if (list)
		write_items(n, depth + 1, out);
	else
		write_entries(n, depth + 1, out);
	if (n->count) {
		str_add_char(out, '\n');
		str_repeat(out, ' ', 2 * depth);
	}
	str_add_char(out, list ? ']' : '}');
}

bool node_normalize(const struct node *root, enum normal_form form, struct str *out)
{
	struct arena *a = arena_new();
	const struct node *normal = normal_of(a, root);
	size_t start = out->len;

	if (form == NORMAL_JSON)
		write_json(normal, 0, out);
	else
		normal_write_yaml(normal, out);
	str_add_char(out, '\n');
	arena_free(a);
	return out->len - start <= LIMIT_NORMAL_LEN;
}
